//! A node made up for a test: files, processes and objects that a native test
//! writes down or takes from a node record, served like the host serves them.
//!
//! [`FakeNode`] is the node. [`FakeNode::facts`] opens it to a check under the
//! requests of a manifest: what they do not cover is refused here too.
//! [`laws`] holds what every check must keep when facts go missing.

mod glob;
pub mod laws;
mod manifest;
mod opened;
mod prune;
mod record;
mod serve;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::contract::manifest::Requests;
use crate::facts::{FileKind, Identity, Origin, Place};
use crate::rule::Cx;
use crate::verdict::Outcome;

pub use glob::matches as glob_matches;
pub use record::RecordError;
pub use serve::FakeFacts;
use tree::{Barred, Contents, Entry, Kept, Tree};

/// A node made up for a test.
#[derive(Debug, Clone)]
pub struct FakeNode {
    name: String,
    origin: Origin,
    scan_time: String,
    version: Option<String>,
    tree: Tree,
    users: BTreeMap<u32, String>,
    groups: BTreeMap<u32, String>,
    processes: Rc<Vec<FakeProcess>>,
    /// Why the process table was not seen whole.
    incomplete: Option<String>,
    /// None: there is no API.
    objects: Option<Rc<BTreeMap<Resource, Listing>>>,
    server_version: Option<String>,
}

/// `group/version` or `version`, and the plural name.
type Resource = (String, String);

#[derive(Debug, Clone)]
enum Listing {
    Items(Rc<[Value]>),
    Forbidden(String),
}

/// A process of a fake node.
#[derive(Debug, Clone)]
pub struct FakeProcess {
    pid: u32,
    comm: String,
    exe: Option<String>,
    uid: Option<u32>,
    place: Place,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    /// Target and source; empty: it shares the node's file system.
    mounts: Vec<(String, String)>,
    error: Option<String>,
}

/// One thing that a node tells, for a test that takes it away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// A path, with everything below it.
    Path(String),
    /// A process.
    Process(u32, String),
    /// The objects of a resource: its API version and plural name.
    Objects(String, String),
    /// The whole process table.
    ProcessTable,
    /// The API server.
    Api,
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path),
            Self::Process(pid, name) => write!(f, "process {name} ({pid})"),
            Self::Objects(version, plural) => write!(f, "{version} {plural}"),
            Self::ProcessTable => f.write_str("the process table"),
            Self::Api => f.write_str("the API server"),
        }
    }
}

/// How a fact goes missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It is truly not there, and everybody can see that.
    Gone,
    /// Nobody recorded it: it may or may not be there.
    Unknown,
    /// It is there, and may not be looked at.
    Unreadable,
}

impl Default for FakeNode {
    fn default() -> Self {
        Self::new()
    }
}

/// Building a node.
impl FakeNode {
    /// A node without files, processes or objects; all of it was looked at.
    pub fn new() -> Self {
        let root = BTreeMap::from([(0, "root".to_owned())]);
        Self {
            name: "fake-node".to_owned(),
            origin: Origin::Recorded,
            scan_time: "2026-11-21T10:30:00Z".to_owned(),
            version: Some("v1.31.0".to_owned()),
            tree: Tree::default(),
            users: root.clone(),
            groups: root,
            processes: Rc::default(),
            incomplete: None,
            objects: Some(Rc::default()),
            server_version: None,
        }
    }

    /// Adds a file. Its parent directories appear as 0755 root:root.
    #[must_use]
    pub fn file(self, path: &str, mode: u32, uid: u32, gid: u32, contents: &str) -> Self {
        let mut entry = plain(FileKind::Regular, mode, uid, gid);
        entry.size = contents.len() as u64;
        entry.contents = Contents::Kept(Kept::new(contents.as_bytes().to_vec()));
        self.put(path, entry)
    }

    /// Adds a directory.
    #[must_use]
    pub fn dir(self, path: &str, mode: u32, uid: u32, gid: u32) -> Self {
        self.put(path, plain(FileKind::Directory, mode, uid, gid))
    }

    /// Adds a symbolic link.
    #[must_use]
    pub fn symlink(self, path: &str, target: &str) -> Self {
        let mut entry = plain(FileKind::Symlink, 0o777, 0, 0);
        target.clone_into(&mut entry.target);
        self.put(path, entry)
    }

    /// Names a user id. Only 0, root, has a name from the start.
    #[must_use]
    pub fn user(mut self, uid: u32, name: &str) -> Self {
        self.users.insert(uid, name.to_owned());
        self
    }

    /// Names a group id. Only 0, root, has a name from the start.
    #[must_use]
    pub fn group(mut self, gid: u32, name: &str) -> Self {
        self.groups.insert(gid, name.to_owned());
        self
    }

    /// Takes the names of all users and groups away.
    #[must_use]
    pub fn without_names(mut self) -> Self {
        self.users.clear();
        self.groups.clear();
        self
    }

    /// Lets the scanner see the name of a path, and nothing else of it.
    #[must_use]
    pub fn unreadable(self, path: &str) -> Self {
        self.bar(path, Barred::NotPermitted)
    }

    /// Lets the scanner stat a file and not read it, or not list a directory.
    #[must_use]
    pub fn unreadable_contents(mut self, path: &str) -> Self {
        if let Some(entry) = self.tree.entries_mut().get_mut(path) {
            entry.contents = Contents::NotPermitted("permission denied".to_owned());
        }
        self
    }

    /// Keeps the contents of a file from the check, as the host does with keys.
    #[must_use]
    pub fn withheld(mut self, path: &str) -> Self {
        if let Some(entry) = self.tree.entries_mut().get_mut(path) {
            entry.contents = Contents::Withheld;
        }
        self
    }

    /// Limits what is known of the files to what these globs match.
    #[must_use]
    pub fn scope(mut self, globs: &[&str]) -> Self {
        self.tree.scope = Some(globs.iter().map(|&g| g.to_owned()).collect());
        self
    }

    /// Adds a process; pids count up from 1000.
    #[must_use]
    pub fn process(mut self, mut process: FakeProcess) -> Self {
        process.pid = self.processes.last().map_or(1000, |p| p.pid + 1);
        Rc::make_mut(&mut self.processes).push(process);
        self
    }

    /// Says that there may be processes that were not seen, and what cures it.
    #[must_use]
    pub fn incomplete_processes(mut self, hint: &str) -> Self {
        self.incomplete = Some(hint.to_owned());
        self
    }

    /// Adds the objects of a resource: a JSON array, or a list with `items`.
    /// Text that is neither is an empty list.
    #[must_use]
    pub fn objects(mut self, resource: &str, api_version: &str, json: &str) -> Self {
        let value = serde_json::from_str(json).unwrap_or(Value::Null);
        self.put_objects(resource, api_version, Listing::Items(items(value)));
        self
    }

    /// Lets the API server refuse to list a resource.
    #[must_use]
    pub fn forbidden(mut self, resource: &str, api_version: &str) -> Self {
        let why = format!("{resource}: the server answered 403");
        self.put_objects(resource, api_version, Listing::Forbidden(why));
        self
    }

    /// Takes the API server away.
    #[must_use]
    pub fn without_api(mut self) -> Self {
        self.objects = None;
        self
    }

    /// Sets what the record and the API server say of the Kubernetes version.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        self.version = Some(version.to_owned());
        self.server_version = Some(version.to_owned());
        self
    }

    /// Takes the record's word for the Kubernetes version away.
    #[must_use]
    pub fn without_version(mut self) -> Self {
        self.version = None;
        self.server_version = None;
        self
    }

    /// Sets where the facts come from.
    #[must_use]
    pub fn origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// Opens the node to a check: `uses` are the ids of the requests it has.
    pub fn facts(&self, requests: &Requests, uses: &[&str]) -> FakeFacts {
        FakeFacts::new(self, requests, uses)
    }

    /// Runs a check with no parameters set, and hands back what it was served.
    pub fn run(
        &self,
        requests: &Requests,
        uses: &[&str],
        check: impl FnOnce(&Cx<'_>) -> Outcome,
    ) -> (FakeFacts, Outcome) {
        self.run_with(&Map::new(), requests, uses, check)
    }

    /// Runs a check, and hands back what it was served.
    pub fn run_with(
        &self,
        parameters: &Map<String, Value>,
        requests: &Requests,
        uses: &[&str],
        check: impl FnOnce(&Cx<'_>) -> Outcome,
    ) -> (FakeFacts, Outcome) {
        let facts = self.facts(requests, uses);
        let outcome = check(&Cx {
            facts: &facts,
            parameters: &Value::Object(parameters.clone()).into(),
            find: None,
        });
        (facts, outcome)
    }

    /// Runs a check as [`Self::run`] does, and insists on [`laws::broken`].
    ///
    /// # Panics
    /// If the outcome breaks a law.
    #[track_caller]
    pub fn check(
        &self,
        requests: &Requests,
        uses: &[&str],
        check: impl FnOnce(&Cx<'_>) -> Outcome,
    ) -> Outcome {
        let (facts, outcome) = self.run(requests, uses, check);
        let broken = laws::broken(&facts, &outcome);
        assert!(broken.is_none(), "{broken:?} in {outcome:#?}");
        outcome
    }

    fn put(mut self, path: &str, entry: Entry) -> Self {
        let mut at = tree::parent(path);
        while at != "/" && !self.tree.entries.contains_key(&at) {
            let dir = plain(FileKind::Directory, 0o755, 0, 0);
            self.tree.entries_mut().insert(at.clone(), dir);
            at = tree::parent(&at);
        }
        self.tree.entries_mut().insert(path.to_owned(), entry);
        self
    }

    fn bar(mut self, path: &str, barred: Barred) -> Self {
        match self.tree.entries_mut().get_mut(path) {
            Some(entry) => entry.barred = barred,
            None => {
                let mut entry = plain(FileKind::Unknown, 0, 0, 0);
                entry.barred = barred;
                self = self.put(path, entry);
            }
        }
        self
    }

    fn put_objects(&mut self, resource: &str, api_version: &str, listing: Listing) {
        Rc::make_mut(self.objects.get_or_insert_default())
            .insert((api_version.to_owned(), resource.to_owned()), listing);
    }
}

/// Taking facts away.
impl FakeNode {
    /// Everything that can be taken away, one by one.
    pub fn known(&self) -> Vec<Fact> {
        let paths = self.tree.entries.keys().cloned().map(Fact::Path);
        let processes = self
            .processes
            .iter()
            .map(|p| Fact::Process(p.pid, p.comm.clone()));
        let objects = self
            .objects
            .iter()
            .flat_map(|o| o.keys())
            .map(|(version, plural)| Fact::Objects(version.clone(), plural.clone()));
        paths
            .chain(processes)
            .chain(objects)
            .chain([Fact::ProcessTable, Fact::Api])
            .collect()
    }

    /// The same node with one fact missing. An unreadable process is one whose
    /// arguments could not be read; objects cannot be gone, only unread.
    #[must_use]
    pub fn lose(&self, fact: &Fact, loss: Loss) -> Self {
        let mut node = self.clone();
        match (fact, loss) {
            (Fact::Path(path), Loss::Unreadable) => node = node.bar(path, Barred::NotPermitted),
            (Fact::Path(path), _) => {
                let below = format!("{path}/");
                node.tree
                    .entries_mut()
                    .retain(|p, _| p != path && !p.starts_with(&below));
                if loss == Loss::Unknown {
                    node = node.bar(path, Barred::Unknown);
                }
            }
            (Fact::Process(pid, _), Loss::Unreadable) => {
                for process in Rc::make_mut(&mut node.processes)
                    .iter_mut()
                    .filter(|p| p.pid == *pid)
                {
                    process.args.clear();
                    process.exe = None;
                    process.error = Some("its arguments could not be read".to_owned());
                }
            }
            (Fact::Process(pid, _), _) => {
                Rc::make_mut(&mut node.processes).retain(|p| p.pid != *pid);
                if loss == Loss::Unknown {
                    node.incomplete = Some("one process was not recorded".to_owned());
                }
            }
            (Fact::Objects(version, plural), _) => {
                let why = format!("{plural}: the server answered 403");
                node.put_objects(plural, version, Listing::Forbidden(why));
            }
            (Fact::ProcessTable, _) => {
                node.processes = Rc::default();
                if loss != Loss::Gone {
                    node.incomplete = Some("no process was recorded".to_owned());
                }
            }
            (Fact::Api, _) => node.objects = None,
        }
        node
    }
}

impl FakeProcess {
    /// A process of the node itself, run by root. `args` are without the
    /// program's name.
    pub fn new(executable: &str, args: &[&str]) -> Self {
        let all = std::iter::once(executable).chain(args.iter().copied());
        Self {
            pid: 0,
            comm: executable.chars().take(15).collect(),
            exe: Some(format!("/usr/bin/{executable}")),
            uid: Some(0),
            place: Place::Node,
            args: all.map(str::to_owned).collect(),
            env: BTreeMap::new(),
            mounts: Vec::new(),
            error: None,
        }
    }

    /// Says whose process it is.
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Sets its user.
    #[must_use]
    pub fn uid(mut self, uid: u32) -> Self {
        self.uid = Some(uid);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Gives it a file system of its own, in which `target` is the node's `source`.
    #[must_use]
    pub fn mount(mut self, target: &str, source: &str) -> Self {
        self.mounts.push((target.to_owned(), source.to_owned()));
        self
    }

    /// Makes its executable unreadable, so that only its name is left.
    #[must_use]
    pub fn without_exe(mut self) -> Self {
        self.exe = None;
        self
    }

    /// Makes its arguments unreadable.
    #[must_use]
    pub fn unreadable(mut self, why: &str) -> Self {
        self.args.clear();
        self.error = Some(why.to_owned());
        self
    }

    fn identity(&self) -> Identity {
        if self.exe.is_some() {
            Identity::Strong
        } else {
            Identity::Weak
        }
    }
}

fn plain(kind: FileKind, mode: u32, uid: u32, gid: u32) -> Entry {
    Entry {
        kind,
        mode,
        uid,
        gid,
        owner: None,
        group: None,
        size: 0,
        sha256: None,
        contents: Contents::None,
        target: String::new(),
        barred: Barred::No,
    }
}

fn items(value: Value) -> Rc<[Value]> {
    match value {
        Value::Array(items) => items.into(),
        Value::Object(mut list) => list.remove("items").map_or_else(|| [].into(), items),
        _ => [].into(),
    }
}
