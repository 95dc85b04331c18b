//! A path that was opened: serves what its requests have rights to.

use std::rc::Rc;

use serde_json::Value;

use crate::contract::manifest::Right;
use crate::facts::{self, Cause, Error, FileKind, Matches, Observation, Stat};

use super::FakeProcess;
use super::serve::Session;
use super::tree::{self, Barred, Contents, Kept, Lost};

/// What an opened path may be used for.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) rights: Vec<Right>,
    pub(super) depth: u32,
    /// The requests that opened it.
    pub(super) ids: Vec<String>,
    /// The process whose view of the file system its paths are in.
    pub(super) process: Option<usize>,
}

struct Opened {
    session: Rc<Session>,
    observation: Observation,
    asked: String,
    /// As the process sees it, where one named it.
    view: String,
    resolved: String,
    grant: Grant,
}

impl Opened {
    fn it(&self) -> Option<&tree::Entry> {
        self.session.node.tree.entries.get(&self.resolved)
    }

    fn allowed(&self, right: Right) -> Result<(), Error> {
        if self.grant.rights.contains(&right) {
            return Ok(());
        }
        Err(Error::refused(
            Cause::Denied,
            format!(
                "{}: the requests {} do not have the right {right:?}",
                self.asked,
                self.grant.ids.join(", ")
            ),
        ))
    }

    fn kept(&self) -> Result<&Kept, Error> {
        let missing = |cause, what: &str| {
            let detail = format!("{}: {what}", self.asked);
            self.session.missing(cause, detail)
        };
        match self.it().map(|e| (e.kind, &e.contents)) {
            Some((FileKind::Regular, contents)) => match contents {
                Contents::Kept(kept) if has_private_key(&kept.bytes) => {
                    Err(missing(Cause::Withheld, "it holds a private key"))
                }
                Contents::Kept(kept) => Ok(kept),
                Contents::Withheld => Err(missing(Cause::Withheld, "its contents are secret")),
                Contents::NotPermitted(why) => Err(missing(Cause::NotPermitted, why)),
                Contents::TooLarge(why) => Err(missing(Cause::TooLarge, why)),
                Contents::None => Err(missing(Cause::NotRecorded, "its contents were not kept")),
            },
            _ => Err(missing(Cause::WrongType, "not a regular file")),
        }
    }
}

impl facts::Entry for Opened {
    fn observation(&self) -> Observation {
        self.observation
    }

    fn path(&self) -> String {
        self.asked.clone()
    }

    fn stat(&self) -> Result<Stat, Error> {
        let Some(it) = self.it() else {
            return Err(self.session.lost(&self.asked, Lost::NotRecorded));
        };
        let node = &self.session.node;
        Ok(Stat {
            kind: it.kind,
            mode: it.mode,
            uid: it.uid,
            gid: it.gid,
            owner: it
                .owner
                .clone()
                .or_else(|| node.users.get(&it.uid).cloned()),
            group: it
                .group
                .clone()
                .or_else(|| node.groups.get(&it.gid).cloned()),
            size: it.size,
            resolved_path: self.resolved.clone(),
        })
    }

    /// The recorded digest, or a stand-in that is equal for equal contents.
    fn digest(&self) -> Result<String, Error> {
        self.allowed(Right::Digest)?;
        if let Some(sha256) = self.it().and_then(|e| e.sha256.clone()) {
            return Ok(sha256);
        }
        match self.it().map(|e| &e.contents) {
            Some(Contents::Kept(kept)) => Ok(stand_in_digest(&kept.bytes)),
            _ => self.kept().map(|k| stand_in_digest(&k.bytes)),
        }
    }

    fn read_text(&self) -> Result<String, Error> {
        self.allowed(Right::Read)?;
        String::from_utf8(self.kept()?.bytes.clone()).map_err(|_| {
            let why = format!("{}: not UTF-8", self.asked);
            self.session.missing(Cause::Unparsable, why)
        })
    }

    fn read_document(&self) -> Result<Vec<String>, Error> {
        self.allowed(Right::Read)?;
        let documents = self.kept()?.documents().map_err(|e| {
            let why = format!("{}: {e}", self.asked);
            self.session.missing(Cause::Unparsable, why)
        })?;
        Ok(documents.iter().map(Value::to_string).collect())
    }

    fn children(&self) -> Result<Matches, Error> {
        if self.it().is_some_and(|e| e.kind != FileKind::Directory) {
            let why = format!("{}: not a directory", self.asked);
            return Err(self.session.missing(Cause::WrongType, why));
        }
        if self.grant.depth == 0 {
            return Err(Error::refused(
                Cause::Denied,
                format!(
                    "{}: the requests {} go no deeper",
                    self.asked,
                    self.grant.ids.join(", ")
                ),
            ));
        }
        if let Some(Contents::NotPermitted(why)) = self.it().map(|e| &e.contents) {
            let why = format!("{}: {why}", self.asked);
            return Err(self.session.missing(Cause::NotPermitted, why));
        }
        let listed = self.session.node.tree.list(&self.resolved, false);
        let what = format!("children of {}: {}", self.asked, listed.names.len());
        Ok(Matches {
            observation: self.session.observe(what),
            paths: listed.names,
            complete: listed.complete,
            hint: match listed.complete {
                true => String::new(),
                false => format!("{} has more names than are listed", self.asked),
            },
        })
    }

    fn open_child(&self, name: &str) -> Result<Rc<dyn facts::Entry>, Error> {
        if name.is_empty() || name == "." || name == ".." || name.contains('/') {
            return Err(Error::refused(
                Cause::Invalid,
                format!("{name}: not the name of a child"),
            ));
        }
        let Some(depth) = self.grant.depth.checked_sub(1) else {
            return Err(Error::refused(
                Cause::Denied,
                format!(
                    "{}/{name}: the requests {} go no deeper",
                    self.asked,
                    self.grant.ids.join(", ")
                ),
            ));
        };
        let grant = Grant {
            depth,
            ..self.grant.clone()
        };
        open_granted(
            &self.session,
            &tree::join(&self.view, name),
            &tree::join(&self.asked, name),
            grant,
        )
    }

    fn open_field(&self, pointer: &str, path: &str) -> Result<Rc<dyn facts::Entry>, Error> {
        let mut grant = Grant {
            rights: Vec::new(),
            depth: 0,
            ids: Vec::new(),
            process: self.grant.process,
        };
        for request in &self.session.requests.fields {
            if request.documents.iter().any(|d| self.grant.ids.contains(d))
                && request.pointers.iter().any(|p| pointer_matches(p, pointer))
            {
                grant.rights.extend(&request.rights);
                grant.depth = grant.depth.max(request.depth);
                grant.ids.push(request.id.clone());
            }
        }
        if grant.ids.is_empty() {
            return Err(Error::refused(
                Cause::Denied,
                format!(
                    "{pointer} of {}: no fields request that this check uses declares it",
                    self.asked
                ),
            ));
        }
        let documents = self.kept()?.documents().unwrap_or_default();
        if !documents
            .iter()
            .any(|d| d.pointer(pointer).and_then(Value::as_str) == Some(path))
        {
            return Err(Error::refused(
                Cause::Denied,
                format!("{path}: not what {pointer} of {} names", self.asked),
            ));
        }
        let view = if path.starts_with('/') {
            path.to_owned()
        } else {
            tree::join(&tree::parent(&self.view), path)
        };
        let on_node = match grant.process {
            Some(index) => translate(&self.session, &self.session.node.processes[index], &view)?,
            None => view.clone(),
        };
        open_granted(&self.session, &view, &on_node, grant)
    }
}

pub(super) fn open_granted(
    session: &Rc<Session>,
    view: &str,
    path: &str,
    grant: Grant,
) -> Result<Rc<dyn facts::Entry>, Error> {
    let (resolved, entry) = session
        .node
        .tree
        .find(path)
        .map_err(|lost| session.lost(path, lost))?;
    debug_assert!(entry.barred == Barred::No, "a barred path was resolved");
    Ok(Rc::new(Opened {
        observation: session.observe(format!("path {path}")),
        session: Rc::clone(session),
        asked: path.to_owned(),
        view: view.to_owned(),
        resolved,
        grant,
    }))
}

pub(super) fn translate(
    session: &Session,
    process: &FakeProcess,
    path: &str,
) -> Result<String, Error> {
    if !path.starts_with('/') {
        let why = format!("{path}: relative to a directory that is not known");
        return Err(session.missing(Cause::BadPath, why));
    }
    if process.mounts.is_empty() {
        return Ok(path.to_owned());
    }
    let below = |target: &str| {
        let rest = path.strip_prefix(target.trim_end_matches('/'))?;
        (rest.is_empty() || rest.starts_with('/')).then(|| rest.to_owned())
    };
    process
        .mounts
        .iter()
        .filter_map(|(target, source)| Some((target.len(), source, below(target)?)))
        .max_by_key(|(length, ..)| *length)
        .map(|(_, source, rest)| format!("{}{rest}", source.trim_end_matches('/')))
        .ok_or_else(|| {
            let why = format!("{path}: no mount of {} shows it on the node", process.comm);
            session.missing(Cause::BadPath, why)
        })
}

fn pointer_matches(pattern: &str, pointer: &str) -> bool {
    let mut pattern = pattern.split('/');
    let mut pointer = pointer.split('/');
    loop {
        match (pattern.next(), pointer.next()) {
            (None, None) => return true,
            (Some(p), Some(q)) if p == "*" || p == q => {}
            _ => return false,
        }
    }
}

fn has_private_key(bytes: &[u8]) -> bool {
    String::from_utf8_lossy(bytes).contains("PRIVATE KEY-----")
}

/// Not SHA-256: only as long, and equal for equal contents.
fn stand_in_digest(bytes: &[u8]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for &byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}").repeat(4)
}
