//! The file tree of a fake node: follows links, lists, and expands globs, and
//! says where it could not look.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::facts::FileKind;

use super::glob;

/// How many symbolic links one path may pass.
const MAX_LINKS: u32 = 16;

/// What can be known of one path.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) kind: FileKind,
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) owner: Option<String>,
    pub(super) group: Option<String>,
    pub(super) size: u64,
    pub(super) sha256: Option<String>,
    pub(super) contents: Contents,
    pub(super) target: String,
    pub(super) barred: Barred,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub(super) enum Contents {
    Kept(Rc<Kept>),
    Withheld,
    NotPermitted(String),
    TooLarge(String),
    None,
}

/// The contents of a file, parsed at most once however often they are served.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) bytes: Vec<u8>,
    documents: OnceCell<Result<Vec<Value>, String>>,
}

impl Kept {
    pub(super) fn new(bytes: Vec<u8>) -> Rc<Self> {
        Rc::new(Self {
            bytes,
            documents: OnceCell::new(),
        })
    }

    /// The documents of a YAML or JSON text.
    pub(super) fn documents(&self) -> Result<&[Value], String> {
        let parsed = self.documents.get_or_init(|| {
            let text = std::str::from_utf8(&self.bytes).map_err(|e| e.to_string())?;
            serde_saphyr::from_multiple(text).map_err(|e| e.to_string())
        });
        parsed.as_deref().map_err(Clone::clone)
    }
}

/// Whether a path may be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Barred {
    No,
    /// The scanner may not look.
    NotPermitted,
    /// Nobody knows what is there.
    Unknown,
}

/// Why a path leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    NotFound,
    NotPermitted,
    NotRecorded,
    Loop,
}

/// Names, and whether they are all.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) names: Vec<String>,
    pub(super) complete: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    pub(super) entries: Rc<BTreeMap<String, Entry>>,
    /// The globs outside which nothing is known; none: everything is known.
    pub(super) scope: Option<Vec<String>>,
}

impl Tree {
    pub(super) fn entries_mut(&mut self) -> &mut BTreeMap<String, Entry> {
        Rc::make_mut(&mut self.entries)
    }

    /// The path after links, and what is there.
    pub(super) fn find(&self, path: &str) -> Result<(String, &Entry), Lost> {
        let resolved = self.resolve(path, &mut 0)?;
        match self.entries.get(&resolved) {
            Some(entry) => Ok((resolved, entry)),
            // A parent of something recorded, not itself recorded.
            None => Err(Lost::NotRecorded),
        }
    }

    /// The names in a directory that was found. `scoped`: those that are asked
    /// for are known to be recorded, if any are.
    pub(super) fn list(&self, dir: &str, scoped: bool) -> Listed {
        let known = self.entries.get(dir).is_none_or(|e| {
            e.barred == Barred::No && !matches!(e.contents, Contents::NotPermitted(_))
        });
        let mut listed = Listed {
            names: Vec::new(),
            complete: known && (scoped || self.covers(&join(dir, "\u{1}"))),
        };
        if !known {
            return listed;
        }
        let prefix = if dir == "/" {
            "/".to_owned()
        } else {
            format!("{dir}/")
        };
        for (path, entry) in self.entries.range(prefix.clone()..) {
            let Some(rest) = path.strip_prefix(&prefix) else {
                break;
            };
            let name = rest.split('/').next().unwrap_or(rest);
            if name == rest && entry.barred == Barred::Unknown {
                listed.complete = false;
            } else if listed.names.last().is_none_or(|last| last != name)
                && self.barred(&format!("{prefix}{name}")) != Barred::Unknown
            {
                listed.names.push(name.to_owned());
            }
        }
        listed.names.sort();
        listed.names.dedup();
        listed
    }

    /// The paths that a glob matches.
    pub(super) fn expand(&self, pattern: &str) -> Listed {
        let mut listed = Listed {
            names: Vec::new(),
            complete: true,
        };
        let scoped = self
            .scope
            .as_ref()
            .is_none_or(|s| s.iter().any(|g| g == pattern));
        for one in glob::alternatives(pattern) {
            let parts: Vec<&str> = one.split('/').filter(|p| !p.is_empty()).collect();
            self.walk(String::new(), &parts, scoped, &mut listed);
        }
        listed.names.sort();
        listed.names.dedup();
        listed
    }

    /// Whether the record says what is at `path`.
    pub(super) fn covers(&self, path: &str) -> bool {
        self.scope
            .as_ref()
            .is_none_or(|s| s.iter().any(|g| glob::matches(g, path)))
    }

    fn walk(&self, at: String, parts: &[&str], scoped: bool, out: &mut Listed) {
        let Some((part, rest)) = parts.split_first() else {
            match self.resolve_parent(&at) {
                Ok(()) => out.names.push(at),
                Err(Lost::NotFound) => {}
                Err(_) => out.complete = false,
            }
            return;
        };
        if *part == "**" {
            self.walk(at.clone(), rest, scoped, out);
        } else if !glob::is_wild(part) {
            return self.walk(format!("{at}/{part}"), rest, scoped, out);
        }
        let here = if at.is_empty() { "/" } else { &at };
        let dir = match self.resolve(here, &mut 0) {
            Ok(dir) => dir,
            Err(Lost::NotFound) => return,
            Err(_) => {
                out.complete = false;
                return;
            }
        };
        if self
            .entries
            .get(&dir)
            .is_some_and(|e| e.kind != FileKind::Directory)
        {
            return;
        }
        let listed = self.list(&dir, scoped);
        out.complete &= listed.complete;
        for name in listed.names {
            let path = format!("{at}/{name}");
            if *part == "**" {
                let is_dir = self
                    .entries
                    .get(&format!("{}/{name}", dir.trim_end_matches('/')))
                    .is_none_or(|e| e.kind == FileKind::Directory);
                if is_dir {
                    self.walk(path, parts, scoped, out);
                } else if rest.is_empty() {
                    out.names.push(path);
                }
            } else if glob::component(part, &name) {
                self.walk(path, rest, scoped, out);
            }
        }
    }

    /// Whether the last name of `path` exists, without following it.
    fn resolve_parent(&self, path: &str) -> Result<(), Lost> {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        let dir = self.resolve(if dir.is_empty() { "/" } else { dir }, &mut 0)?;
        match self.step(&join(&dir, name)) {
            // What may not be looked at is still named by its directory.
            Err(Lost::NotPermitted) => Ok(()),
            other => other,
        }
    }

    fn resolve(&self, path: &str, links: &mut u32) -> Result<String, Lost> {
        let mut at = "/".to_owned();
        self.step(&at)?;
        for name in path.split('/').filter(|n| !n.is_empty() && *n != ".") {
            if name == ".." {
                at = parent(&at);
                continue;
            }
            if self
                .entries
                .get(&at)
                .is_some_and(|e| e.kind != FileKind::Directory)
            {
                return Err(Lost::NotFound);
            }
            let next = join(&at, name);
            self.step(&next)?;
            at = match self.entries.get(&next) {
                Some(e) if e.kind == FileKind::Symlink => {
                    *links += 1;
                    if *links > MAX_LINKS {
                        return Err(Lost::Loop);
                    }
                    let target = if e.target.starts_with('/') {
                        e.target.clone()
                    } else {
                        join(&at, &e.target)
                    };
                    self.resolve(&target, links)?
                }
                _ => next,
            };
        }
        Ok(at)
    }

    fn step(&self, path: &str) -> Result<(), Lost> {
        match self.entries.get(path).map(|e| e.barred) {
            Some(Barred::No) => Ok(()),
            Some(Barred::NotPermitted) => Err(Lost::NotPermitted),
            Some(Barred::Unknown) => Err(Lost::NotRecorded),
            None if path == "/" || self.has_below(path) => Ok(()),
            None if self.covers(path) => Err(Lost::NotFound),
            None => Err(Lost::NotRecorded),
        }
    }

    fn has_below(&self, path: &str) -> bool {
        let prefix = format!("{path}/");
        self.entries
            .range(prefix.clone()..)
            .next()
            .is_some_and(|(p, _)| p.starts_with(&prefix))
    }

    fn barred(&self, path: &str) -> Barred {
        self.entries.get(path).map_or(Barred::No, |e| e.barred)
    }
}

pub(super) fn join(dir: &str, name: &str) -> String {
    format!("{}/{name}", dir.trim_end_matches('/'))
}

pub(super) fn parent(path: &str) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/".to_owned(),
        Some((dir, _)) => dir.to_owned(),
    }
}
