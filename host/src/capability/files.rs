//! `cisb:host/files`: paths that a glob, a flag or a document names.
//!
//! Authority is checked on the path as it was asked for; secrets are judged by
//! the file that was found and by what is in it.

mod search;

use std::sync::{Arc, OnceLock, PoisonError};

use cisb_contract::manifest::Right;
use wasmtime::component::Resource;

use super::{MAX_FILE_BYTES, Session, Shared, denied, refused};
use crate::engine::wit::files::{FileKind, Host, HostEntry, Matches, Stat};
use crate::engine::wit::types::{Cause, Error as WitError};
use crate::evidence::{Turnout, stat_fact};
use crate::mask::Secrecy;
use crate::node::{File, Kind, Miss};
use crate::profile::grants::right_word;
use crate::{document, mask};

/// How many names of a directory are served.
const MAX_NAMES: usize = 10_000;

/// The longest file that is kept between checks. Longer ones are read anew.
const MAX_KEPT_BYTES: usize = 256 << 10;

/// A file that was read, and what was derived from it: the same for all checks.
pub struct Kept {
    bytes: Vec<u8>,
    sha256: String,
    secrecy: Secrecy,
    /// Parsed, masked, one JSON text each.
    documents: OnceLock<Result<Vec<String>, String>>,
}

impl Kept {
    fn texts(&self) -> &[String] {
        match self.documents.get() {
            Some(Ok(texts)) => texts,
            Some(Err(_)) | None => &[],
        }
    }
}

impl Shared {
    /// Reads a file, once for a run.
    fn read(&self, path: &str, file: &Arc<dyn File>, limit: u64) -> Result<Arc<Kept>, Miss> {
        let stat = file.stat();
        if stat.kind == Kind::Regular && stat.size > limit {
            return Err(Miss::TooLarge {
                size: stat.size,
                limit,
            });
        }
        // The path alone could come to mean another file once links change.
        let key = format!("{path}\0{}", stat.resolved);
        let lock = || self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = lock().get(&key) {
            return Ok(kept.clone());
        }
        let read = file.read(limit)?;
        let kept = Arc::new(Kept {
            secrecy: mask::secrecy(&stat.resolved, &read.bytes),
            bytes: read.bytes,
            sha256: read.sha256,
            documents: OnceLock::new(),
        });
        if kept.bytes.len() <= MAX_KEPT_BYTES {
            lock().insert(key, kept.clone());
        }
        Ok(kept)
    }
}

/// An entry that a check holds.
pub struct Entry {
    observation: u64,
    /// The path on the node.
    path: String,
    /// The path as the process that named it sees it; the same without one.
    seen_as: String,
    /// The process through which it was named: what the document says is a
    /// path in that process's view.
    pid: Option<u32>,
    file: Arc<dyn File>,
    rights: Vec<Right>,
    /// Ids of the requests that opened it.
    via: Vec<String>,
    depth: u32,
    limit: u64,
}

/// What opening a path takes.
pub(super) struct Opening {
    pub(super) path: String,
    pub(super) seen_as: String,
    pub(super) pid: Option<u32>,
    pub(super) rights: Vec<Right>,
    pub(super) via: Vec<String>,
    pub(super) depth: u32,
    pub(super) limit: u64,
}

/// A path that a guest may ask for: absolute, and written in one way only, so
/// that a glob decides what it looks like it decides.
fn is_plain(path: &str) -> bool {
    path == "/"
        || (path.starts_with('/')
            && path.len() <= 4096
            && !path.contains('\0')
            && path[1..]
                .split('/')
                .all(|part| !part.is_empty() && part != "." && part != ".."))
}

impl Session {
    /// Opens a path whose authority is settled.
    pub(super) fn open_entry(
        &mut self,
        opening: Opening,
    ) -> wasmtime::Result<Result<Resource<Entry>, WitError>> {
        if let Err(full) = self.room() {
            return Ok(Err(full));
        }
        let file = match self.shared.find(&opening.path) {
            Ok(file) => file,
            Err(miss) => return Ok(Err(self.miss("file", &opening.path, &miss))),
        };
        let kind = match file.stat().kind {
            Kind::Directory => "directory",
            _ => "file",
        };
        let observation = self
            .ledger
            .mint(kind, opening.path.clone(), Turnout::Served);
        self.ledger.add(observation, "exists");
        let entry = Entry {
            observation,
            path: opening.path,
            seen_as: opening.seen_as,
            pid: opening.pid,
            file,
            rights: opening.rights,
            via: opening.via,
            depth: opening.depth,
            limit: opening.limit,
        };
        match self.table.push(entry) {
            Ok(resource) => Ok(Ok(resource)),
            Err(_) => Err(wasmtime::Error::new(super::Spent::Handles)),
        }
    }

    fn open_granted(
        &mut self,
        path: String,
    ) -> wasmtime::Result<Result<Resource<Entry>, WitError>> {
        if !is_plain(&path) {
            return Ok(Err(refused(
                Cause::Invalid,
                format!(
                    "`{}` is not an absolute path without `.`, `..` and empty parts",
                    path.escape_debug()
                ),
            )));
        }
        let granted = self.granted.clone();
        let mut rights = Vec::new();
        let mut via = Vec::new();
        let (mut depth, mut limit) = (0, 0);
        for files in &granted.files {
            if self.uses(&files.request.id) && files.covers(&path) {
                rights.extend(files.rights(&path));
                via.push(files.request.id.clone());
                depth = depth.max(files.request.depth);
                limit = limit.max(files.request.max_bytes.unwrap_or(MAX_FILE_BYTES));
            }
        }
        if via.is_empty() {
            return Ok(Err(denied(
                &format!("`{}`", path.escape_debug()),
                "no files request of this check covers it",
            )));
        }
        self.asked.extend(via.iter().cloned());
        if rights.is_empty() {
            return Ok(Err(denied(
                &format!("`{path}`"),
                &format!("{} does not allow it for this profile", granted.source),
            )));
        }
        rights.sort_unstable();
        rights.dedup();
        self.open_entry(Opening {
            seen_as: path.clone(),
            path,
            pid: None,
            rights,
            via,
            depth,
            limit: limit.min(MAX_FILE_BYTES),
        })
    }

    fn need(&self, entry: &Entry, right: Right) -> Result<(), WitError> {
        if entry.rights.contains(&right) {
            return Ok(());
        }
        Err(denied(
            &format!("`{}` of `{}`", right_word(right), entry.path),
            &format!(
                "the request `{}` does not ask for it, or the grants do not allow it",
                entry.via.join(", ")
            ),
        ))
    }

    /// Reads a file, once for a run, and keeps secret contents in the host.
    fn contents(
        &mut self,
        entry: &Resource<Entry>,
    ) -> wasmtime::Result<Result<Arc<Kept>, WitError>> {
        let entry = self.table.get(entry)?;
        if let Err(e) = self.need(entry, Right::Read) {
            return Ok(Err(e));
        }
        let (path, observation) = (entry.path.clone(), entry.observation);
        let kept = match self.shared.read(&path, &entry.file, entry.limit) {
            Ok(kept) => kept,
            Err(miss) => return Ok(Err(self.miss("file", &path, &miss))),
        };
        if let Err(e) = self.spend(kept.bytes.len()) {
            return Ok(Err(e));
        }
        self.ledger
            .add(observation, format!("sha256 {}", kept.sha256));
        if let Secrecy::Withheld(why) = kept.secrecy {
            let miss = Miss::Withheld(why.to_owned());
            return Ok(Err(self.miss("file", &path, &miss)));
        }
        Ok(Ok(kept))
    }

    /// The documents of a file: parsed and masked once for a run.
    pub(super) fn parsed(
        &mut self,
        entry: &Resource<Entry>,
    ) -> wasmtime::Result<Result<Arc<Kept>, WitError>> {
        let kept = match self.contents(entry)? {
            Ok(kept) => kept,
            Err(e) => return Ok(Err(e)),
        };
        let path = self.table.get(entry)?.path.clone();
        let parsed = kept.documents.get_or_init(|| parse(&path, &kept.bytes));
        match parsed {
            Ok(_) => Ok(Ok(kept)),
            Err(reason) => {
                let reason = reason.clone();
                Ok(Err(self.unparsable(&path, &reason)))
            }
        }
    }

    fn unparsable(&mut self, path: &str, reason: &str) -> WitError {
        if let Err(full) = self.room() {
            return full;
        }
        let observation = self.ledger.mint(
            "file",
            path.to_owned(),
            Turnout::Refused("unparsable", reason.to_owned()),
        );
        WitError {
            cause: Cause::Unparsable,
            observation: Some(observation),
            detail: format!("{path}: {reason}"),
        }
    }
}

fn parse(path: &str, bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut values = document::parse_file(path, bytes).map_err(|e| e.to_string())?;
    let mut texts = Vec::with_capacity(values.len());
    for value in &mut values {
        mask::mask_value(path, value);
        texts.push(value.to_string());
    }
    Ok(texts)
}

impl Host for Session {
    fn open(&mut self, path: String) -> wasmtime::Result<Result<Resource<Entry>, WitError>> {
        self.enter()?;
        self.open_granted(path)
    }

    fn glob(&mut self, request: String) -> wasmtime::Result<Result<Matches, WitError>> {
        self.enter()?;
        if let Err(full) = self.room() {
            return Ok(Err(full));
        }
        let granted = self.granted.clone();
        let Some(files) = granted
            .files
            .iter()
            .find(|f| f.request.id == request && self.uses(&request))
        else {
            return Ok(Err(denied(
                &format!("the files request `{}`", request.escape_debug()),
                "the check does not declare it in `uses`",
            )));
        };
        self.asked.insert(request);
        let patterns: Vec<String> = files
            .request
            .paths
            .iter()
            .flat_map(|p| search::alternatives(p))
            .collect();
        // What the grants narrow was not searched whole: an empty answer must
        // not look like an absence.
        let narrowed = patterns
            .iter()
            .find(|p| !files.leaves_whole(p))
            .map(|p| format!("{p} is not granted: {} does not allow it", granted.source));
        let shared = self.shared.clone();
        let found = search::expand(&patterns, |path| shared.find(path));
        let paths: Vec<String> = found
            .paths
            .into_iter()
            .filter(|path| !files.rights(path).is_empty())
            .collect();
        let obstacle = narrowed.or(found.obstacle);
        let turnout = obstacle
            .as_ref()
            .map_or(Turnout::Served, |why| Turnout::Partial(why.clone()));
        let observation = self
            .ledger
            .mint("search", files.request.paths.join(" "), turnout);
        self.ledger.add(observation, found_fact(&paths));
        Ok(Ok(Matches {
            observation,
            complete: obstacle.is_none(),
            paths,
            hint: obstacle.unwrap_or_default(),
        }))
    }
}

/// A search's outcome as one line.
fn found_fact(paths: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<&str> = paths.iter().take(SHOWN).map(String::as_str).collect();
    match paths.len() {
        0 => "nothing found".to_owned(),
        n if n > SHOWN => format!("{n} found: {}, …", shown.join(", ")),
        n => format!("{n} found: {}", shown.join(", ")),
    }
}

impl HostEntry for Session {
    fn observation(&mut self, entry: Resource<Entry>) -> wasmtime::Result<u64> {
        self.enter()?;
        Ok(self.table.get(&entry)?.observation)
    }

    fn path(&mut self, entry: Resource<Entry>) -> wasmtime::Result<String> {
        self.enter()?;
        Ok(self.table.get(&entry)?.path.clone())
    }

    fn stat(&mut self, entry: Resource<Entry>) -> wasmtime::Result<Result<Stat, WitError>> {
        self.enter()?;
        let entry = self.table.get(&entry)?;
        if let Err(e) = self.need(entry, Right::Stat) {
            return Ok(Err(e));
        }
        let stat = entry.file.stat().clone();
        let observation = entry.observation;
        self.ledger.add(observation, stat_fact(&stat));
        Ok(Ok(Stat {
            kind: match stat.kind {
                Kind::Regular => FileKind::Regular,
                Kind::Directory => FileKind::Directory,
                Kind::Symlink => FileKind::Symlink,
                Kind::Fifo => FileKind::Fifo,
                Kind::Socket => FileKind::Socket,
                Kind::CharDevice => FileKind::CharDevice,
                Kind::BlockDevice => FileKind::BlockDevice,
                Kind::Unknown => FileKind::Unknown,
            },
            mode: stat.mode,
            uid: stat.uid,
            gid: stat.gid,
            owner: stat.owner,
            group: stat.group,
            size: stat.size,
            resolved_path: stat.resolved,
        }))
    }

    fn digest(&mut self, entry: Resource<Entry>) -> wasmtime::Result<Result<String, WitError>> {
        self.enter()?;
        let held = self.table.get(&entry)?;
        if let Err(e) = self.need(held, Right::Digest) {
            return Ok(Err(e));
        }
        let (path, observation) = (held.path.clone(), held.observation);
        let size = usize::try_from(held.file.stat().size).unwrap_or(usize::MAX);
        let digest = held.file.digest(held.limit);
        if let Err(e) = self.spend(size) {
            return Ok(Err(e));
        }
        match digest {
            Ok(digest) => {
                self.ledger.add(observation, format!("sha256 {digest}"));
                Ok(Ok(digest))
            }
            Err(miss) => Ok(Err(self.miss("file", &path, &miss))),
        }
    }

    fn read_text(&mut self, entry: Resource<Entry>) -> wasmtime::Result<Result<String, WitError>> {
        self.enter()?;
        let kept = match self.contents(&entry)? {
            Ok(kept) => kept,
            Err(e) => return Ok(Err(e)),
        };
        let path = self.table.get(&entry)?.path.clone();
        match String::from_utf8(mask::text(&path, &kept.bytes).bytes) {
            Ok(text) => Ok(Ok(text)),
            Err(_) => Ok(Err(self.unparsable(&path, "it is not UTF-8"))),
        }
    }

    fn read_document(
        &mut self,
        entry: Resource<Entry>,
    ) -> wasmtime::Result<Result<Vec<String>, WitError>> {
        self.enter()?;
        Ok(self.parsed(&entry)?.map(|kept| kept.texts().to_vec()))
    }

    fn children(&mut self, entry: Resource<Entry>) -> wasmtime::Result<Result<Matches, WitError>> {
        self.enter()?;
        if let Err(full) = self.room() {
            return Ok(Err(full));
        }
        let held = self.table.get(&entry)?;
        if held.depth == 0 {
            return Ok(Err(denied(
                &format!("the list of `{}`", held.path),
                &format!("the request `{}` allows no depth", held.via.join(", ")),
            )));
        }
        let path = held.path.clone();
        match held.file.list(MAX_NAMES) {
            Ok(listing) => {
                let hint = match listing.complete {
                    true => String::new(),
                    false => format!("{path} has more names than are listed: {MAX_NAMES}"),
                };
                let turnout = match listing.complete {
                    true => Turnout::Served,
                    false => Turnout::Partial(hint.clone()),
                };
                let observation = self.ledger.mint("search", path, turnout);
                self.ledger.add(observation, found_fact(&listing.names));
                Ok(Ok(Matches {
                    observation,
                    paths: listing.names,
                    complete: listing.complete,
                    hint,
                }))
            }
            Err(miss) => Ok(Err(self.miss("directory", &path, &miss))),
        }
    }

    fn open_child(
        &mut self,
        entry: Resource<Entry>,
        name: String,
    ) -> wasmtime::Result<Result<Resource<Entry>, WitError>> {
        self.enter()?;
        let held = self.table.get(&entry)?;
        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
            return Ok(Err(refused(
                Cause::Invalid,
                format!("`{}` is not a name in a directory", name.escape_debug()),
            )));
        }
        if held.depth == 0 {
            return Ok(Err(denied(
                &format!("what lies in `{}`", held.path),
                &format!("the request `{}` allows no more depth", held.via.join(", ")),
            )));
        }
        let join = |dir: &str| format!("{}/{name}", dir.trim_end_matches('/'));
        let opening = Opening {
            path: join(&held.path),
            seen_as: join(&held.seen_as),
            pid: held.pid,
            rights: held.rights.clone(),
            via: held.via.clone(),
            depth: held.depth - 1,
            limit: held.limit,
        };
        self.open_entry(opening)
    }

    fn open_field(
        &mut self,
        entry: Resource<Entry>,
        pointer: String,
        path: String,
    ) -> wasmtime::Result<Result<Resource<Entry>, WitError>> {
        self.enter()?;
        let kept = match self.parsed(&entry)? {
            Ok(kept) => kept,
            Err(e) => return Ok(Err(e)),
        };
        let held = self.table.get(&entry)?;
        let granted = self.granted.clone();
        let Some((request, rights)) = granted.fields.iter().find(|(request, _)| {
            self.uses(&request.id)
                && request.documents.iter().any(|d| held.via.contains(d))
                && request
                    .pointers
                    .iter()
                    .any(|p| document::pointer_matches(p, &pointer))
        }) else {
            return Ok(Err(denied(
                &format!("what `{}` in `{}` names", pointer.escape_debug(), held.path),
                "no fields request of this check covers it",
            )));
        };
        if rights.is_empty() {
            return Ok(Err(denied(
                &format!("what `{pointer}` in `{}` names", held.path),
                &format!("{} does not allow it for this profile", granted.source),
            )));
        }
        self.asked.insert(request.id.clone());
        // Guest-controlled: the document itself must say the path.
        let says = kept.texts().iter().any(|text| {
            serde_json::from_str::<serde_json::Value>(text)
                .ok()
                .as_ref()
                .and_then(|v| v.pointer(&pointer))
                .and_then(serde_json::Value::as_str)
                == Some(path.as_str())
        });
        if !says {
            return Ok(Err(refused(
                Cause::Invalid,
                format!(
                    "`{}` in `{}` does not say `{}`",
                    pointer.escape_debug(),
                    held.path,
                    path.escape_debug()
                ),
            )));
        }
        let seen_as = absolute(&held.seen_as, &path);
        let (pid, via, depth) = (held.pid, vec![request.id.clone()], request.depth);
        let (rights, limit) = (rights.clone(), MAX_FILE_BYTES);
        let Some(seen_as) = seen_as else {
            let miss = Miss::BadPath("it leads above the root".to_owned());
            return Ok(Err(self.miss("file", &path, &miss)));
        };
        let node_path = match pid {
            None => Ok(seen_as.clone()),
            Some(pid) => self.shared.node.processes.translate(pid, &seen_as),
        };
        match node_path {
            Ok(path) => self.open_entry(Opening {
                path,
                seen_as,
                pid,
                rights,
                via,
                depth,
                limit,
            }),
            Err(miss) => Ok(Err(self.miss("file", &seen_as, &miss))),
        }
    }

    fn drop(&mut self, entry: Resource<Entry>) -> wasmtime::Result<()> {
        self.table.delete(entry)?;
        Ok(())
    }
}

/// A path that a document names: a relative one starts where the document lies.
fn absolute(document: &str, path: &str) -> Option<String> {
    let start = if path.starts_with('/') {
        ""
    } else {
        document.rsplit_once('/').map_or("", |(dir, _)| dir)
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling() {
        for good in ["/", "/etc", "/etc/kubernetes/a.conf", "/..data"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in [
            "",
            "etc",
            "/etc/",
            "//etc",
            "/etc/../shadow",
            "/./etc",
            "/a\0b",
        ] {
            assert!(!is_plain(bad), "{bad}");
        }
    }

    #[test]
    fn a_relative_path_starts_at_its_document() {
        let at = |path| absolute("/var/lib/kubelet/config.yaml", path);
        assert_eq!(
            at("pki/ca.crt").as_deref(),
            Some("/var/lib/kubelet/pki/ca.crt")
        );
        assert_eq!(at("../x").as_deref(), Some("/var/lib/x"));
        assert_eq!(at("/etc/x").as_deref(), Some("/etc/x"));
        assert_eq!(at("../../../../x"), None);
    }
}
