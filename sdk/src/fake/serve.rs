//! Serves a fake node to one check, within its requests and no further, and
//! keeps a receipt for every answer.

use std::cell::RefCell;
use std::rc::Rc;

use crate::contract::manifest::{Requests, Verb};
use crate::facts::{
    self, Cause, Error, Facts, Found, Matches, NodeInfo, Observation, Page, Place, ProcessInfo,
};

use super::opened::{Grant, open_granted, translate};
use super::prune::prune;
use super::tree::Lost;
use super::{FakeNode, FakeProcess, Listing, glob};

/// How many objects a page holds: few, so that tests turn pages.
const PAGE: usize = 50;

/// The first receipt: not a number that anybody guesses.
const FIRST_OBSERVATION: Observation = 0x5eed_0000;

/// What one check may ask of a [`FakeNode`].
#[derive(Clone)]
pub struct FakeFacts(Rc<Session>);

pub(super) struct Session {
    pub(super) node: FakeNode,
    /// Those that the check uses, and no others.
    pub(super) requests: Requests,
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
    pub(super) fn observe(&self, what: impl Into<String>) -> Observation {
        let mut seen = self.seen.borrow_mut();
        seen.push(what.into());
        FIRST_OBSERVATION + seen.len() as u64 - 1
    }

    pub(super) fn missing(&self, cause: Cause, detail: String) -> Error {
        Error {
            cause,
            observation: Some(self.observe(detail.clone())),
            detail,
        }
    }

    pub(super) fn lost(&self, path: &str, lost: Lost) -> Error {
        match lost {
            Lost::NotFound => self.missing(Cause::NotFound, format!("{path}: not found")),
            Lost::NotPermitted => {
                self.missing(Cause::NotPermitted, format!("{path}: permission denied"))
            }
            Lost::NotRecorded => self.missing(Cause::NotRecorded, format!("{path}: not recorded")),
            Lost::Loop => self.missing(Cause::BadPath, format!("{path}: too many links")),
        }
    }
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
            return Err(Error::refused(
                Cause::Invalid,
                format!("{path}: not an absolute path"),
            ));
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
            return Err(Error::refused(
                Cause::Denied,
                format!("{path}: no files request that this check uses covers it"),
            ));
        }
        open_granted(&self.0, path, path, grant)
    }

    fn glob(&self, request: &str) -> Result<Matches, Error> {
        let found = self.0.requests.files.iter().find(|r| r.id == request);
        let Some(found) = found else {
            return Err(Error::refused(
                Cause::Denied,
                format!("{request}: not a files request that this check uses"),
            ));
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
            hint: match complete {
                true => String::new(),
                false => format!("{request}: not everything could be searched"),
            },
        })
    }

    fn find(&self, request: &str) -> Result<Found, Error> {
        let found = self.0.requests.processes.iter().find(|r| r.id == request);
        let Some(found) = found else {
            return Err(Error::refused(
                Cause::Denied,
                format!("{request}: not a processes request that this check uses"),
            ));
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
            return Err(Error::refused(
                Cause::Denied,
                format!(
                    "{request}: not a kubernetes request with the verb list that this check uses"
                ),
            ));
        };
        let name = &found.resource;
        let Some(objects) = &self.0.node.objects else {
            let why = format!("{name}: no API server was asked for");
            return Err(self.0.missing(Cause::Unreachable, why));
        };
        match objects.get(&(found.api_version.clone(), name.clone())) {
            None => Err(self
                .0
                .missing(Cause::NotRecorded, format!("{name}: not recorded"))),
            Some(Listing::Forbidden(why)) => Err(self.0.missing(Cause::NotPermitted, why.clone())),
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
            _ => Err(self.0.missing(
                Cause::Unreachable,
                "the server's version is not known".to_owned(),
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
            return Err(Error::refused(
                Cause::Denied,
                format!(
                    "{name}: the processes request {} does not declare this variable",
                    self.request
                ),
            ));
        }
        if let Some(why) = &self.it().error {
            let why = format!("environment of {}: {why}", self.it().comm);
            return Err(self.session.missing(Cause::NotPermitted, why));
        }
        Ok(self.it().env.get(name).cloned())
    }

    fn open_named(&self, name: &str, path: &str) -> Result<Rc<dyn facts::Entry>, Error> {
        let it = self.it();
        if matches!(it.place, Place::Foreign | Place::Unknown) {
            return Err(Error::refused(
                Cause::Denied,
                format!("{path}: {} is not a process of this node", it.comm),
            ));
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
            return Err(Error::refused(
                Cause::Denied,
                format!(
                    "{name} of {}: no named request that this check uses declares it",
                    self.request
                ),
            ));
        }
        let named = match &flag {
            Some(flag) => flag_values(&it.args, flag),
            None => it.env.get(name).cloned().into_iter().collect(),
        };
        if !named
            .iter()
            .any(|v| v == path || v.split(',').any(|v| v == path))
        {
            return Err(Error::refused(
                Cause::Denied,
                format!("{path}: not what {name} of {} names", it.comm),
            ));
        }
        let on_node = translate(&self.session, it, path)?;
        open_granted(&self.session, path, &on_node, grant)
    }
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
