//! The file tree of a record: paths are resolved by its entries, never by the
//! file system they happen to lie on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::archive::Source;
use super::format::{Content, Entry, Fault};
use super::scope::Scope;
use super::{FILE_LIMIT, Flaw, kind};
use crate::node::{Contents, File, Files, Kind, Listing, Miss, Stat};

/// Links that one lookup follows at most.
const LINK_LIMIT: usize = 40;

/// A record's file tree.
struct Tree {
    entries: BTreeMap<String, Known>,
    /// Names by directory, also of directories that have no entry themselves.
    children: BTreeMap<String, BTreeSet<String>>,
    scope: Option<Scope>,
    source: Arc<Source>,
}

/// What is known of a path.
#[derive(Debug, Clone)]
enum Known {
    Link(String),
    Miss(Miss),
    Thing(Thing),
}

#[derive(Debug, Clone)]
struct Thing {
    stat: Stat,
    sha256: Option<String>,
    content: Option<Content>,
    /// What withheld contents are.
    withheld: Option<String>,
    fault: Option<Fault>,
}

/// Reads a record's entries.
pub(super) fn files(
    source: &Arc<Source>,
    entries: BTreeMap<String, Entry>,
    globs: Option<Vec<String>>,
) -> Result<impl Files + use<>, Flaw> {
    let mut known = BTreeMap::new();
    let mut children: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, entry) in entries {
        let flaw = |reason: String| Flaw::invalid("node.json", format!("entry {path:?}: {reason}"));
        if !is_clean(&path) {
            return Err(flaw(
                "it is not an absolute path without . and ..".to_owned(),
            ));
        }
        // What the record does not speak of is no witness that something exists.
        let exists = entry.kind.is_some() || entry.error.as_deref() != Some("not-recorded");
        let entry = check(&path, entry).map_err(flaw)?;
        if exists {
            let mut below = path.as_str();
            while let Some((parent, name)) = split(below) {
                let new = children
                    .entry(parent.to_owned())
                    .or_default()
                    .insert(name.to_owned());
                if !new {
                    break;
                }
                below = parent;
            }
        }
        known.insert(path, entry);
    }
    let scope = globs.map(Scope::new).transpose()?;
    Ok(Tree {
        entries: known,
        children,
        scope,
        source: Arc::clone(source),
    })
}

fn check(path: &str, entry: Entry) -> Result<Known, String> {
    let fault = entry.error.map(|error| Fault {
        error,
        detail: entry.detail,
    });
    let Some(word) = &entry.kind else {
        let fault = fault.ok_or("it has neither a kind nor an error")?;
        return Ok(Known::Miss(fault.miss()));
    };
    let kind = kind(word).ok_or_else(|| format!("{word:?} is not a kind"))?;
    if kind == Kind::Symlink {
        let target = entry.target.ok_or("a symlink without a target")?;
        return if target.is_empty() || target.contains('\0') {
            Err("its target is no path".to_owned())
        } else {
            Ok(Known::Link(target))
        };
    }
    let text = entry.mode.as_deref().ok_or("its mode is missing")?;
    let digits = !text.is_empty() && text.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
    let mode = u32::from_str_radix(text, 8)
        .ok()
        .filter(|mode| digits && *mode <= 0o7777);
    let sha256 = entry.sha256;
    if let Some(digest) = &sha256
        && (digest.len() != 64
            || !digest
                .bytes()
                .all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit)))
    {
        return Err("its sha256 is not 64 lower-case hexadecimal digits".to_owned());
    }
    if matches!(entry.content, Some(Content::Kept | Content::Masked)) && sha256.is_none() {
        return Err("its contents were kept, but its sha256 is missing".to_owned());
    }
    if entry.content.is_some() && kind != Kind::Regular {
        return Err("only a file has contents".to_owned());
    }
    if kind == Kind::Regular && entry.size.is_none() {
        return Err("its size is missing".to_owned());
    }
    let stat = Stat {
        kind,
        mode: mode.ok_or_else(|| format!("{text:?} is not a mode"))?,
        uid: entry.uid.ok_or("its uid is missing")?,
        gid: entry.gid.ok_or("its gid is missing")?,
        owner: entry.user,
        group: entry.group,
        size: entry.size.unwrap_or(0),
        resolved: path.to_owned(),
    };
    Ok(Known::Thing(Thing {
        stat,
        sha256,
        content: entry.content,
        withheld: entry.withheld,
        fault,
    }))
}

impl Files for Tree {
    fn find(&self, path: &str) -> Result<Box<dyn File>, Miss> {
        if !path.starts_with('/') || path.contains('\0') {
            return Err(Miss::BadPath(format!("{path} is not an absolute path")));
        }
        let resolved = self.resolve(path)?;
        match self.entries.get(&resolved) {
            Some(Known::Thing(thing)) => Ok(Box::new(Found {
                thing: thing.clone(),
                listing: self.listing(&resolved),
                source: Arc::clone(&self.source),
            })),
            _ => Err(Miss::NotRecorded(format!(
                "{resolved} is a directory of which only the contents were recorded"
            ))),
        }
    }
}

impl Tree {
    /// Follows a path by its parts; what it gives exists, perhaps only as the
    /// parent of an entry.
    fn resolve(&self, path: &str) -> Result<String, Miss> {
        // A lookup that failed on the node fails the same way here.
        if let Some(Known::Miss(miss)) = self.entries.get(path) {
            return Err(miss.clone());
        }
        let mut rest: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut at = String::new();
        let mut links = 0;
        while let Some(name) = rest.pop() {
            match name.as_str() {
                "" | "." => continue,
                ".." => {
                    at.truncate(at.rfind('/').unwrap_or(0));
                    continue;
                }
                _ => {}
            }
            let full = format!("{at}/{name}");
            match self.entries.get(&full) {
                Some(Known::Link(target)) => {
                    links += 1;
                    if links > LINK_LIMIT {
                        return Err(Miss::BadPath(format!(
                            "more than {LINK_LIMIT} symbolic links"
                        )));
                    }
                    if target.starts_with('/') {
                        at.clear();
                    }
                    rest.extend(target.split('/').rev().map(str::to_owned));
                }
                Some(Known::Miss(miss)) => return Err(miss.clone()),
                Some(Known::Thing(thing)) => {
                    let goes_on = rest.iter().any(|part| !part.is_empty());
                    if goes_on && thing.stat.kind != Kind::Directory {
                        return Err(Miss::NotFound);
                    }
                    at = full;
                }
                None if self.children.contains_key(&full) => at = full,
                None => return Err(self.unseen(&at, &full, &rest)),
            }
        }
        Ok(if at.is_empty() { "/".to_owned() } else { at })
    }

    /// Says what is known of a path that has no entry. In a record of the whole
    /// node a directory that could not be read may hold it; where a scope says
    /// what was looked at, that was looked at by name.
    fn unseen(&self, parent: &str, path: &str, rest: &[String]) -> Miss {
        let fault = match self.entries.get(parent) {
            Some(Known::Thing(thing)) if self.scope.is_none() => thing.fault.as_ref(),
            _ => None,
        };
        fault.map_or_else(|| self.absent(path, rest), Fault::miss)
    }

    /// Says of a path that has no entry whether it is known to be absent. If
    /// what was asked for, further down, is known to be absent, that will do.
    fn absent(&self, path: &str, rest: &[String]) -> Miss {
        let Some(scope) = &self.scope else {
            return Miss::NotFound;
        };
        let plain = !rest.iter().any(|part| part == "..");
        let further = rest
            .iter()
            .rev()
            .filter(|part| plain && !part.is_empty() && *part != ".");
        let mut asked = path.to_owned();
        let mut covered = scope.covers(&asked);
        for part in further {
            asked = format!("{asked}/{part}");
            covered |= scope.covers(&asked);
        }
        if covered {
            Miss::NotFound
        } else {
            Miss::NotRecorded(format!("{path} is outside the record's scope"))
        }
    }

    fn listing(&self, path: &str) -> Listing {
        let names = self
            .children
            .get(path)
            .map(|names| names.iter().cloned().collect());
        let complete = self.scope.as_ref().is_none_or(|scope| scope.lists(path));
        Listing {
            names: names.unwrap_or_default(),
            complete,
        }
    }
}

/// An entry that was found.
struct Found {
    thing: Thing,
    listing: Listing,
    source: Arc<Source>,
}

impl Found {
    /// Refuses what is no file, could not be read, or is too large.
    fn regular(&self, limit: u64) -> Result<(), Miss> {
        let Thing { stat, fault, .. } = &self.thing;
        if stat.kind != Kind::Regular {
            return Err(Miss::WrongType(stat.kind.word()));
        }
        if stat.size > limit {
            return Err(Miss::TooLarge {
                size: stat.size,
                limit,
            });
        }
        fault.as_ref().map_or(Ok(()), |fault| Err(fault.miss()))
    }
}

impl File for Found {
    fn stat(&self) -> &Stat {
        &self.thing.stat
    }

    fn read(&self, limit: u64) -> Result<Contents, Miss> {
        self.regular(limit)?;
        let content = match self.thing.content {
            Some(Content::Withheld) => {
                let why = self
                    .thing
                    .withheld
                    .as_deref()
                    .unwrap_or("its contents were not kept in the record");
                return Err(Miss::Withheld(why.to_owned()));
            }
            Some(content) => content,
            None => {
                return Err(Miss::NotRecorded(
                    "its contents were not kept in the record".to_owned(),
                ));
            }
        };
        let corrupt = |why: String| {
            Miss::Other(format!(
                "corrupt record: root{}: {why}",
                self.thing.stat.resolved
            ))
        };
        let name = format!("root{}", self.thing.stat.resolved);
        let bytes = self
            .source
            .read(&name, FILE_LIMIT)
            .map_err(|error| corrupt(error.to_string()))?;
        let bytes = bytes.ok_or_else(|| corrupt("it is missing".to_owned()))?;
        let sha256 = self.thing.sha256.clone().unwrap_or_default();
        if content == Content::Kept && digest(&bytes) != sha256 {
            return Err(corrupt("its sha256 is not the one in node.json".to_owned()));
        }
        Ok(Contents { bytes, sha256 })
    }

    fn digest(&self, limit: u64) -> Result<String, Miss> {
        self.regular(limit)?;
        self.thing
            .sha256
            .clone()
            .ok_or_else(|| Miss::NotRecorded("its digest is not in the record".to_owned()))
    }

    fn list(&self, limit: usize) -> Result<Listing, Miss> {
        let Thing { stat, fault, .. } = &self.thing;
        if stat.kind != Kind::Directory {
            return Err(Miss::WrongType(stat.kind.word()));
        }
        let partial = fault.as_ref().is_some_and(|fault| fault.error == "partial");
        if let Some(fault) = fault
            && !partial
        {
            return Err(fault.miss());
        }
        let mut names = self.listing.names.clone();
        let complete = self.listing.complete && !partial && names.len() <= limit;
        names.truncate(limit);
        Ok(Listing { names, complete })
    }
}

/// SHA-256 in lower-case hex.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A path's parent and its name; none for the root.
pub(super) fn split(path: &str) -> Option<(&str, &str)> {
    let (parent, name) = path.rsplit_once('/')?;
    (!name.is_empty()).then_some((if parent.is_empty() { "/" } else { parent }, name))
}

fn is_clean(path: &str) -> bool {
    path == "/"
        || path.strip_prefix('/').is_some_and(|rest| {
            !rest.contains('\0')
                && rest
                    .split('/')
                    .all(|part| !part.is_empty() && part != "." && part != "..")
        })
}
