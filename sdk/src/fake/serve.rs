//! Serves a fake node to one check, within its requests and no further, and
//! keeps a receipt for every answer.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;

use crate::contract::manifest::{Requests, Right, Verb};
use crate::facts::{
    self, Error, Facts, FileKind, Found, Matches, Missing, NodeInfo, Observation, Page, Place,
    ProcessInfo, Stat,
};

use super::tree::{self, Barred, Contents, Kept, Lost};
use super::{FakeNode, FakeProcess, Listing, glob};

/// How many objects a page holds: few, so that tests turn pages.
const PAGE: usize = 50;

/// The first receipt: not a number that anybody guesses.
const FIRST_OBSERVATION: Observation = 0x5eed_0000;

/// What one check may ask of a [`FakeNode`].
#[derive(Clone)]
pub struct FakeFacts(Rc<Session>);

struct Session {
    node: FakeNode,
    /// Those that the check uses, and no others.
    requests: Requests,
    seen: RefCell<Vec<String>>,
    logged: RefCell<Vec<String>>,
}

impl FakeFacts {
    pub(super) fn new(node: &FakeNode, requests: &Requests, uses: &[&str]) -> Self {
        Self(Rc::new(Session {
            node: node.clone(),
            requests: used(requests, uses),
            seen: RefCell::default(),
            logged: RefCell::default(),
        }))
    }

    /// What an observation stands for; none if it was never served.
    pub fn cited(&self, observation: Observation) -> Option<String> {
        let at = usize::try_from(observation.checked_sub(FIRST_OBSERVATION)?).ok()?;
        self.0.seen.borrow().get(at).cloned()
    }

    /// What the check wrote to its log.
    pub fn logged(&self) -> Vec<String> {
        self.0.logged.borrow().clone()
    }
}

impl Session {
    fn observe(&self, what: impl Into<String>) -> Observation {
        let mut seen = self.seen.borrow_mut();
        seen.push(what.into());
        FIRST_OBSERVATION + seen.len() as u64 - 1
    }

    fn missing(&self, detail: String) -> Missing {
        Missing {
            observation: self.observe(detail.clone()),
            detail,
        }
    }

    fn lost(&self, path: &str, lost: Lost) -> Error {
        match lost {
            Lost::NotFound => Error::NotFound(self.missing(format!("{path}: not found"))),
            Lost::NotPermitted => {
                Error::NotPermitted(self.missing(format!("{path}: permission denied")))
            }
            Lost::NotRecorded => Error::NotRecorded(self.missing(format!("{path}: not recorded"))),
            Lost::Loop => Error::BadPath(self.missing(format!("{path}: too many links"))),
        }
    }
}

/// What an opened path may be used for.
#[derive(Clone)]
struct Grant {
    rights: Vec<Right>,
    depth: u32,
    /// The requests that opened it.
    ids: Vec<String>,
    /// The process whose view of the file system its paths are in.
    process: Option<usize>,
}

impl Facts for FakeFacts {
    fn scan_time(&self) -> String {
        self.0.node.scan_time.clone()
    }

    fn node(&self) -> NodeInfo {
        let node = &self.0.node;
        NodeInfo {
            observation: self.0.observe(format!("node {}", node.name)),
            name: node.name.clone(),
            origin: node.origin,
            kubernetes_version: node.version.clone(),
            has_api: node.objects.is_some(),
        }
    }

    fn open(&self, path: &str) -> Result<Rc<dyn facts::Entry>, Error> {
        if !path.starts_with('/') || path.split('/').any(|p| p == "..") {
            return Err(Error::Invalid(format!("{path}: not an absolute path")));
        }
        let mut grant = Grant {
            rights: Vec::new(),
            depth: 0,
            ids: Vec::new(),
            process: None,
        };
        for request in &self.0.requests.files {
            if request.paths.iter().any(|g| glob::matches(g, path)) {
                grant.rights.extend(&request.rights);
                grant.depth = grant.depth.max(request.depth);
                grant.ids.push(request.id.clone());
            }
        }
        if grant.ids.is_empty() {
            return Err(Error::Denied(format!(
                "{path}: no files request that this check uses covers it"
            )));
        }
        open_granted(&self.0, path, path, grant)
    }

    fn glob(&self, request: &str) -> Result<Matches, Error> {
        let found = self.0.requests.files.iter().find(|r| r.id == request);
        let Some(found) = found else {
            return Err(Error::Denied(format!(
                "{request}: not a files request that this check uses"
            )));
        };
        let mut paths = Vec::new();
        let mut complete = true;
        for pattern in &found.paths {
            let listed = self.0.node.tree.expand(pattern);
            complete &= listed.complete;
            paths.extend(listed.names);
        }
        paths.sort();
        paths.dedup();
        let observation = self
            .0
            .observe(format!("glob {request}: {} paths", paths.len()));
        Ok(Matches {
            observation,
            paths,
            complete,
        })
    }

    fn find(&self, request: &str) -> Result<Found, Error> {
        let found = self.0.requests.processes.iter().find(|r| r.id == request);
        let Some(found) = found else {
            return Err(Error::Denied(format!(
                "{request}: not a processes request that this check uses"
            )));
        };
        let node = &self.0.node;
        let mut hint = node.incomplete.clone();
        let mut processes: Vec<Rc<dyn facts::Process>> = Vec::new();
        for (index, process) in node.processes.iter().enumerate() {
            if !found.executables.iter().any(|e| is_named(process, e)) {
                continue;
            }
            if let Some(why) = &process.error {
                hint.get_or_insert_with(|| format!("process {}: {why}", process.comm));
            }
            processes.push(Rc::new(Running {
                session: Rc::clone(&self.0),
                observation: self.0.observe(format!("process {}", process.comm)),
                request: request.to_owned(),
                index,
            }));
        }
        Ok(Found {
            observation: self
                .0
                .observe(format!("find {request}: {} processes", processes.len())),
            processes,
            complete: hint.is_none(),
            hint: hint.unwrap_or_default(),
        })
    }

    fn list_objects(&self, request: &str, start: Option<u32>) -> Result<Page, Error> {
        let found = self.0.requests.kubernetes.iter().find(|r| r.id == request);
        let Some(found) = found.filter(|r| r.verbs.contains(&Verb::List)) else {
            return Err(Error::Denied(format!(
                "{request}: not a kubernetes request with the verb list that this check uses"
            )));
        };
        let name = &found.resource;
        let Some(objects) = &self.0.node.objects else {
            let why = format!("{name}: no API server was asked for");
            return Err(Error::Unreachable(self.0.missing(why)));
        };
        match objects.get(&(found.api_version.clone(), name.clone())) {
            None => Err(Error::NotRecorded(
                self.0.missing(format!("{name}: not recorded")),
            )),
            Some(Listing::Forbidden(why)) => Err(Error::NotPermitted(self.0.missing(why.clone()))),
            Some(Listing::Items(items)) => {
                let start = start.map_or(0, |s| s as usize).min(items.len());
                let end = items.len().min(start + PAGE);
                Ok(Page {
                    observation: self.0.observe(format!("{name}: {} objects", items.len())),
                    items: items[start..end]
                        .iter()
                        .map(|o| prune(o, name, &found.fields).to_string())
                        .collect(),
                    next: (end < items.len()).then(|| u32::try_from(end).unwrap_or(u32::MAX)),
                })
            }
        }
    }

    fn server_version(&self) -> Result<(Observation, String), Error> {
        match (&self.0.node.objects, &self.0.node.server_version) {
            (Some(_), Some(version)) => Ok((
                self.0.observe(format!("server version {version}")),
                version.clone(),
            )),
            _ => Err(Error::Unreachable(
                self.0
                    .missing("the server's version is not known".to_owned()),
            )),
        }
    }

    fn log(&self, message: &str) {
        self.0.logged.borrow_mut().push(message.to_owned());
    }
}

struct Running {
    session: Rc<Session>,
    observation: Observation,
    request: String,
    index: usize,
}

impl Running {
    fn it(&self) -> &FakeProcess {
        &self.session.node.processes[self.index]
    }
}

impl facts::Process for Running {
    fn observation(&self) -> Observation {
        self.observation
    }

    fn info(&self) -> ProcessInfo {
        let it = self.it();
        ProcessInfo {
            pid: it.pid,
            comm: it.comm.clone(),
            exe: it.exe.clone(),
            uid: it.uid,
            identity: it.identity(),
            place: it.place,
            args: it.args.clone(),
        }
    }

    fn environment(&self, name: &str) -> Result<Option<String>, Error> {
        let declared =
            self.session.requests.processes.iter().any(|r| {
                r.id == self.request && r.environment.iter().any(|declared| declared == name)
            });
        if !declared {
            return Err(Error::Denied(format!(
                "{name}: the processes request {} does not declare this variable",
                self.request
            )));
        }
        if let Some(why) = &self.it().error {
            let why = format!("environment of {}: {why}", self.it().comm);
            return Err(Error::NotPermitted(self.session.missing(why)));
        }
        Ok(self.it().env.get(name).cloned())
    }

    fn open_named(&self, name: &str, path: &str) -> Result<Rc<dyn facts::Entry>, Error> {
        let it = self.it();
        if matches!(it.place, Place::Foreign | Place::Unknown) {
            return Err(Error::Denied(format!(
                "{path}: {} is not a process of this node",
                it.comm
            )));
        }
        let flag = name.starts_with('-').then(|| bare(name));
        let mut grant = Grant {
            rights: Vec::new(),
            depth: 0,
            ids: Vec::new(),
            process: Some(self.index),
        };
        for request in &self.session.requests.named {
            let declared = match &flag {
                Some(flag) => request.flags.iter().any(|f| bare(f) == *flag),
                None => request.environment.iter().any(|e| e == name),
            };
            if declared && request.process == self.request {
                grant.rights.extend(&request.rights);
                grant.depth = grant.depth.max(request.depth);
                grant.ids.push(request.id.clone());
            }
        }
        if grant.ids.is_empty() {
            return Err(Error::Denied(format!(
                "{name} of {}: no named request that this check uses declares it",
                self.request
            )));
        }
        let named = match &flag {
            Some(flag) => flag_values(&it.args, flag),
            None => it.env.get(name).cloned().into_iter().collect(),
        };
        if !named
            .iter()
            .any(|v| v == path || v.split(',').any(|v| v == path))
        {
            return Err(Error::Denied(format!(
                "{path}: not what {name} of {} names",
                it.comm
            )));
        }
        let on_node = translate(&self.session, it, path)?;
        open_granted(&self.session, path, &on_node, grant)
    }
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
        Err(Error::Denied(format!(
            "{}: the requests {} do not have the right {right:?}",
            self.asked,
            self.grant.ids.join(", ")
        )))
    }

    fn kept(&self) -> Result<&Kept, Error> {
        let missing = |what: &str| self.session.missing(format!("{}: {what}", self.asked));
        match self.it().map(|e| (e.kind, &e.contents)) {
            Some((FileKind::Regular, contents)) => match contents {
                Contents::Kept(kept) if has_private_key(&kept.bytes) => {
                    Err(Error::Withheld(missing("it holds a private key")))
                }
                Contents::Kept(kept) => Ok(kept),
                Contents::Withheld => Err(Error::Withheld(missing("its contents are secret"))),
                Contents::NotPermitted(why) => Err(Error::NotPermitted(missing(why))),
                Contents::TooLarge(why) => Err(Error::TooLarge(missing(why))),
                Contents::None => Err(Error::NotRecorded(missing("its contents were not kept"))),
            },
            _ => Err(Error::WrongType(missing("not a regular file"))),
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
            Error::Unparsable(self.session.missing(why))
        })
    }

    fn read_document(&self) -> Result<Vec<String>, Error> {
        self.allowed(Right::Read)?;
        let documents = self.kept()?.documents().map_err(|e| {
            let why = format!("{}: {e}", self.asked);
            Error::Unparsable(self.session.missing(why))
        })?;
        Ok(documents.iter().map(Value::to_string).collect())
    }

    fn children(&self) -> Result<Matches, Error> {
        if self.it().is_some_and(|e| e.kind != FileKind::Directory) {
            let why = format!("{}: not a directory", self.asked);
            return Err(Error::WrongType(self.session.missing(why)));
        }
        if self.grant.depth == 0 {
            return Err(Error::Denied(format!(
                "{}: the requests {} go no deeper",
                self.asked,
                self.grant.ids.join(", ")
            )));
        }
        if let Some(Contents::NotPermitted(why)) = self.it().map(|e| &e.contents) {
            let why = format!("{}: {why}", self.asked);
            return Err(Error::NotPermitted(self.session.missing(why)));
        }
        let listed = self.session.node.tree.list(&self.resolved, false);
        let what = format!("children of {}: {}", self.asked, listed.names.len());
        Ok(Matches {
            observation: self.session.observe(what),
            paths: listed.names,
            complete: listed.complete,
        })
    }

    fn open_child(&self, name: &str) -> Result<Rc<dyn facts::Entry>, Error> {
        if name.is_empty() || name == "." || name == ".." || name.contains('/') {
            return Err(Error::Invalid(format!("{name}: not the name of a child")));
        }
        let Some(depth) = self.grant.depth.checked_sub(1) else {
            return Err(Error::Denied(format!(
                "{}/{name}: the requests {} go no deeper",
                self.asked,
                self.grant.ids.join(", ")
            )));
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
            return Err(Error::Denied(format!(
                "{pointer} of {}: no fields request that this check uses declares it",
                self.asked
            )));
        }
        let documents = self.kept()?.documents().unwrap_or_default();
        if !documents
            .iter()
            .any(|d| d.pointer(pointer).and_then(Value::as_str) == Some(path))
        {
            return Err(Error::Denied(format!(
                "{path}: not what {pointer} of {} names",
                self.asked
            )));
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

fn open_granted(
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

fn translate(session: &Session, process: &FakeProcess, path: &str) -> Result<String, Error> {
    if !path.starts_with('/') {
        let why = format!("{path}: relative to a directory that is not known");
        return Err(Error::BadPath(session.missing(why)));
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
            Error::BadPath(session.missing(why))
        })
}

fn is_named(process: &FakeProcess, executable: &str) -> bool {
    match &process.exe {
        Some(exe) => exe.rsplit('/').next() == Some(executable),
        None => process.comm.chars().eq(executable.chars().take(15)),
    }
}

/// A flag's name without its dashes, `_` read as `-`.
fn bare(flag: &str) -> String {
    let name = flag.strip_prefix("--").or_else(|| flag.strip_prefix('-'));
    name.unwrap_or(flag).replace('_', "-")
}

/// Everything that a flag is set to.
fn flag_values(args: &[String], flag: &str) -> Vec<String> {
    let mut values = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        if !arg.starts_with('-') {
            continue;
        }
        match arg.split_once('=') {
            Some((name, value)) if bare(name) == flag => values.push(value.to_owned()),
            None if bare(arg) == flag => values.extend(args.get(at + 1).cloned()),
            _ => {}
        }
    }
    values
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

/// The requests that a check uses.
fn used(all: &Requests, uses: &[&str]) -> Requests {
    fn pick<T: Clone>(all: &[T], uses: &[&str], id: fn(&T) -> &str) -> Vec<T> {
        let used = all.iter().filter(|r| uses.contains(&id(r)));
        used.cloned().collect()
    }
    Requests {
        files: pick(&all.files, uses, |r| &r.id),
        processes: pick(&all.processes, uses, |r| &r.id),
        named: pick(&all.named, uses, |r| &r.id),
        fields: pick(&all.fields, uses, |r| &r.id),
        kubernetes: pick(&all.kubernetes, uses, |r| &r.id),
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

/// What a request keeps of an object.
fn prune(object: &Value, resource: &str, fields: &[String]) -> Value {
    let mut kept = Value::Null;
    let always = ["/metadata/name", "/metadata/namespace"];
    for field in always.into_iter().chain(fields.iter().map(String::as_str)) {
        if resource == "secrets" && (field.starts_with("/data") || field.starts_with("/stringData"))
        {
            continue;
        }
        let tokens: Vec<&str> = field.split('/').skip(1).collect();
        copy(object, &mut kept, &tokens);
    }
    if let Some(metadata) = kept.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        if let Some(notes) = metadata
            .get_mut("annotations")
            .and_then(Value::as_object_mut)
        {
            notes.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    kept
}

fn copy(from: &Value, to: &mut Value, tokens: &[&str]) {
    let Some((token, rest)) = tokens.split_first() else {
        from.clone_into(to);
        return;
    };
    let token = token.replace("~1", "/").replace("~0", "~");
    match from {
        Value::Object(map) => {
            for (key, value) in map.iter().filter(|(k, _)| token == "*" || **k == token) {
                if !to.is_object() {
                    *to = Value::Object(serde_json::Map::new());
                }
                if let Some(to) = to.as_object_mut() {
                    copy(value, to.entry(key.clone()).or_insert(Value::Null), rest);
                }
            }
        }
        Value::Array(list) if token == "*" => {
            if !to.is_array() {
                *to = Value::Array(vec![Value::Null; list.len()]);
            }
            if let Some(to) = to.as_array_mut() {
                for (value, to) in list.iter().zip(to) {
                    copy(value, to, rest);
                }
            }
        }
        _ => {}
    }
}
