//! Of which paths a record may say that they are not there.

use std::collections::HashSet;

use globset::{GlobBuilder, GlobMatcher};

use super::Flaw;
use super::read::split;

/// Globs of a scope at most.
const GLOB_LIMIT: usize = 200_000;

/// Of which paths a record knows that they are absent. A recorder writes one
/// glob for each path, so those without wildcards are looked up, not matched.
pub(super) struct Scope {
    paths: HashSet<String>,
    /// Directories of which all names are known.
    listed: HashSet<String>,
    globs: Vec<Glob>,
}

struct Glob {
    whole: GlobMatcher,
    /// For a glob that ends in `/*` or `/**`: what stands before, and whether
    /// everything below is meant.
    folder: Option<(GlobMatcher, bool)>,
}

impl Scope {
    pub(super) fn new(globs: Vec<String>) -> Result<Self, Flaw> {
        if globs.len() > GLOB_LIMIT {
            return Err(Flaw::invalid(
                "node.json",
                format!("scope: more than {GLOB_LIMIT} globs"),
            ));
        }
        let mut scope = Self {
            paths: HashSet::new(),
            listed: HashSet::new(),
            globs: Vec::new(),
        };
        for glob in globs {
            let flaw = |reason: String| {
                Flaw::invalid("node.json", format!("scope: glob {glob:?}: {reason}"))
            };
            if !glob.starts_with('/') {
                return Err(flaw("it does not start with a slash".to_owned()));
            }
            if let Some(path) = literal(&glob) {
                scope.paths.insert(path);
            } else if let Some(folder) = glob.strip_suffix("/*").and_then(literal) {
                scope.listed.insert(if folder.is_empty() {
                    "/".to_owned()
                } else {
                    folder
                });
            } else {
                let compile = |glob: &str| {
                    let built = GlobBuilder::new(glob)
                        .literal_separator(true)
                        .backslash_escape(true)
                        .build();
                    built
                        .map(|glob| glob.compile_matcher())
                        .map_err(|error| flaw(error.to_string()))
                };
                let folder = match (glob.strip_suffix("/*"), glob.strip_suffix("/**")) {
                    (Some(folder), _) => Some((folder, false)),
                    (_, Some(folder)) => Some((folder, true)),
                    _ => None,
                };
                let folder = folder
                    .map(|(folder, deep)| Ok((compile(folder)?, deep)))
                    .transpose()?;
                scope.globs.push(Glob {
                    whole: compile(&glob)?,
                    folder,
                });
            }
        }
        Ok(scope)
    }

    /// Whether it is known that this path is absent if it has no entry.
    pub(super) fn covers(&self, path: &str) -> bool {
        self.paths.contains(path)
            || split(path).is_some_and(|(parent, _)| self.listed.contains(parent))
            || self.globs.iter().any(|glob| glob.whole.is_match(path))
    }

    /// Whether all names of this directory are known.
    pub(super) fn lists(&self, path: &str) -> bool {
        let is_folder =
            |matcher: &GlobMatcher, path: &str| matcher.is_match(path.trim_end_matches('/'));
        self.listed.contains(path)
            || self
                .globs
                .iter()
                .filter_map(|glob| glob.folder.as_ref())
                .any(|(matcher, deep)| {
                    is_folder(matcher, path)
                        || *deep
                            && path
                                .match_indices('/')
                                .any(|(at, _)| is_folder(matcher, &path[..at]))
                })
    }
}

/// The path that a glob without wildcards stands for.
fn literal(glob: &str) -> Option<String> {
    let mut path = String::with_capacity(glob.len());
    let mut characters = glob.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => path.push(characters.next()?),
            '*' | '?' | '[' | ']' | '{' | '}' => return None,
            _ => path.push(character),
        }
    }
    Some(path)
}

/// A glob that matches this path only.
pub(crate) fn escape(path: &str) -> String {
    let mut glob = String::with_capacity(path.len());
    for character in path.chars() {
        if r"\*?[]{}!".contains(character) {
            glob.push('\\');
        }
        glob.push(character);
    }
    glob
}
