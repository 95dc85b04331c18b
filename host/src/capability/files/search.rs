//! Expands path globs over a node's file tree, and knows what it could not see.

use globset::GlobMatcher;
use std::collections::BTreeSet;

use crate::capability::Sought;
use crate::node::{Kind, Miss};
use crate::profile::grants::glob;

/// How many paths one search looks at. `/**` on a node would be millions.
const MAX_VISITS: usize = 20_000;
/// How many paths one search finds.
const MAX_FOUND: usize = 10_000;
/// How deep `**` goes.
const MAX_DEPTH: usize = 24;
/// How many names of one directory are looked at.
const MAX_NAMES: usize = 10_000;

/// What was found.
pub(super) struct Found {
    /// Sorted bytewise, each once.
    pub(super) paths: Vec<String>,
    /// Why there may be more; none if everything was searched.
    pub(super) obstacle: Option<String>,
}

/// Expands globs that have no braces.
pub(super) fn expand(patterns: &[String], find: impl Fn(&str) -> Sought) -> Found {
    let mut walk = Walk {
        find: &find,
        found: BTreeSet::new(),
        obstacle: None,
        visits: 0,
    };
    for pattern in patterns {
        let parts: Vec<Part> = pattern
            .split('/')
            .filter(|p| !p.is_empty())
            .map(Part::new)
            .collect();
        walk.step("", &parts, 0);
    }
    Found {
        paths: walk.found.into_iter().collect(),
        obstacle: walk.obstacle,
    }
}

/// Writes out a pattern's braces: `/{a,b/c}/d` is `/a/d` and `/b/c/d`. They may
/// span path components, which are walked one by one.
pub(super) fn alternatives(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('{') else {
        return vec![pattern.to_owned()];
    };
    let Some((inside, after)) = rest.split_once('}') else {
        return vec![pattern.to_owned()];
    };
    let tails = alternatives(after);
    inside
        .split(',')
        .flat_map(|choice| {
            tails
                .iter()
                .map(move |tail| format!("{before}{choice}{tail}"))
        })
        .collect()
}

enum Part {
    Literal(String),
    Any,
    Glob(Option<GlobMatcher>),
}

impl Part {
    fn new(text: &str) -> Self {
        if text == "**" {
            Self::Any
        } else if text.contains(['*', '?', '[', '{', '\\']) {
            Self::Glob(glob(text).ok().map(|g| g.compile_matcher()))
        } else {
            Self::Literal(text.to_owned())
        }
    }
}

struct Walk<'a> {
    find: &'a dyn Fn(&str) -> Sought,
    found: BTreeSet<String>,
    obstacle: Option<String>,
    visits: usize,
}

impl Walk<'_> {
    fn blocked(&mut self, why: String) {
        self.obstacle.get_or_insert(why);
    }

    fn step(&mut self, at: &str, parts: &[Part], depth: usize) {
        self.visits += 1;
        if self.visits > MAX_VISITS || self.found.len() >= MAX_FOUND {
            self.blocked(format!("the search was cut after {MAX_VISITS} paths"));
            return;
        }
        if depth > MAX_DEPTH {
            self.blocked(format!("{at} is deeper than {MAX_DEPTH} levels"));
            return;
        }
        let Some((part, rest)) = parts.split_first() else {
            self.end(at);
            return;
        };
        match part {
            Part::Literal(name) => self.step(&format!("{at}/{name}"), rest, depth + 1),
            Part::Glob(matcher) => {
                for name in self.names(at) {
                    if matcher.as_ref().is_some_and(|m| m.is_match(&name)) {
                        self.step(&format!("{at}/{name}"), rest, depth + 1);
                    }
                }
            }
            Part::Any => {
                // `**` stands for no component too: `/a/**` is everything
                // below `/a`, and `/a/**/b` includes `/a/b`.
                if !rest.is_empty() {
                    self.step(at, rest, depth);
                }
                for name in self.names(at) {
                    let child = format!("{at}/{name}");
                    if rest.is_empty() {
                        self.end(&child);
                    }
                    if self.is_real_directory(&child) {
                        self.step(&child, parts, depth + 1);
                    }
                }
            }
        }
    }

    fn end(&mut self, path: &str) {
        match (self.find)(path) {
            Ok(_) => {
                self.found.insert(path.to_owned());
            }
            Err(Miss::NotFound) => {}
            // There, but not to be looked at: the check must hear of it when it
            // opens the path, so it counts as found.
            Err(Miss::BadPath(_) | Miss::Raced) => {
                self.found.insert(path.to_owned());
            }
            Err(miss) => self.blocked(format!("{path}: {miss}")),
        }
    }

    /// Directories are entered; links to them are not, so that a link to a
    /// parent does not make the tree endless.
    fn is_real_directory(&mut self, path: &str) -> bool {
        (self.find)(path).is_ok_and(|f| {
            let stat = f.stat();
            stat.kind == Kind::Directory
                && stat.resolved.rsplit('/').next() == path.rsplit('/').next()
        })
    }

    fn names(&mut self, dir: &str) -> Vec<String> {
        let path = if dir.is_empty() { "/" } else { dir };
        let listed = match (self.find)(path) {
            Ok(file) if file.stat().kind == Kind::Directory => file.list(MAX_NAMES),
            Ok(_) | Err(Miss::NotFound) => return Vec::new(),
            Err(miss) => Err(miss),
        };
        match listed {
            Ok(listing) => {
                if !listing.complete {
                    self.blocked(format!("{path} has more names than were listed"));
                }
                listing.names
            }
            Err(miss) => {
                self.blocked(format!("{path}: {miss}"));
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_may_span_components() {
        assert_eq!(alternatives("/a/*"), ["/a/*"]);
        assert_eq!(
            alternatives("/{a,b/c}/d.{x,y}"),
            ["/a/d.x", "/a/d.y", "/b/c/d.x", "/b/c/d.y"]
        );
    }
}
