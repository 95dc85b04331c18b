//! A record that is made up in memory, from nothing or from one that is there:
//! the nodes that an author writes down for a test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::archive::Source;
use super::format::{Content, Entry, Fault, Kubernetes, NodeFile, ProcessEntry};
use super::{FORMAT, RecordError, assemble, node_file, read};
use crate::node::{Node, Place, Resource};

/// A record before it is opened.
#[derive(Debug)]
pub struct Draft {
    shown: String,
    node: NodeFile,
    files: BTreeMap<String, Vec<u8>>,
    record: Option<Source>,
}

/// Whose a thing is, and who may do what with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// Permission bits.
    pub mode: u32,
    /// Owner: number, and name if it has one.
    pub user: (u32, Option<String>),
    /// Group: number, and name if it has one.
    pub group: (u32, Option<String>),
}

impl Owned {
    /// What root owns.
    pub fn by_root(mode: u32) -> Self {
        let root = || (0, Some("root".to_owned()));
        Self {
            mode,
            user: root(),
            group: root(),
        }
    }
}

impl Draft {
    /// A node on which nothing is and nothing runs, and without an API.
    pub fn new(shown: &str) -> Self {
        let mut draft = Self {
            shown: shown.to_owned(),
            node: NodeFile {
                format: FORMAT.to_owned(),
                hostname: Some("node".to_owned()),
                processes: Some(Vec::new()),
                ..NodeFile::default()
            },
            files: BTreeMap::new(),
            record: None,
        };
        draft.thing("/", "directory", Owned::by_root(0o755));
        draft
    }

    /// A record as it is, to be changed.
    pub fn of(path: &Path) -> Result<Self, RecordError> {
        let read = || {
            let source = Source::open(path)?;
            let node = node_file(&source)?;
            Ok((source, node))
        };
        let (record, node) = read().map_err(|flaw: super::Flaw| flaw.of(path))?;
        Ok(Self {
            shown: path.display().to_string(),
            node,
            files: BTreeMap::new(),
            record: Some(record),
        })
    }

    /// When it was captured, RFC 3339.
    pub fn captured(&self) -> Option<&str> {
        self.node.captured.as_deref()
    }

    /// Names the node.
    pub fn name(&mut self, name: &str) {
        self.node.hostname = Some(name.to_owned());
    }

    /// Says which version of Kubernetes it has, such as `v1.31.0`.
    pub fn version(&mut self, version: &str) {
        self.node.kubernetes = Some(Kubernetes {
            version: Some(version.to_owned()),
        });
        // The API server says it too, where there is one.
        if self.has_api() {
            let text = serde_json::json!({"gitVersion": version}).to_string();
            let file = "objects/version.json".to_owned();
            self.files.insert(file, text.into_bytes());
        }
    }

    /// Puts a file there; without contents, what is in it is not known.
    pub fn file(&mut self, path: &str, owned: Owned, content: Option<&str>) {
        let mut entry = entry("file", owned);
        entry.size = Some(content.map_or(0, |text| text.len() as u64));
        if let Some(text) = content {
            entry.sha256 = Some(read::digest(text.as_bytes()));
            entry.content = Some(Content::Kept);
            let file = format!("root{path}");
            self.files.insert(file, text.as_bytes().to_vec());
        }
        self.put(path, entry);
    }

    /// Puts something else there: a directory, a pipe, a socket, a device.
    pub fn thing(&mut self, path: &str, kind: &str, owned: Owned) {
        self.put(path, entry(kind, owned));
    }

    /// Puts a symbolic link there.
    pub fn link(&mut self, path: &str, target: &str) {
        let entry = Entry {
            kind: Some("symlink".to_owned()),
            target: Some(target.to_owned()),
            ..Entry::default()
        };
        self.put(path, entry);
    }

    /// Says that nobody may look at what lies there.
    pub fn unreadable(&mut self, path: &str) {
        let entry = Entry {
            error: Some("not-permitted".to_owned()),
            detail: Some("it cannot be read".to_owned()),
            ..Entry::default()
        };
        self.put(path, entry);
    }

    /// Says that nothing lies there, nor below it.
    pub fn absent(&mut self, path: &str) {
        let below = format!("{}/", path.trim_end_matches('/'));
        let entries = &mut self.node.entries;
        entries.retain(|other, _| other != path && !other.starts_with(&below));
    }

    /// A file lies in folders.
    fn put(&mut self, path: &str, entry: Entry) {
        let mut parent = path;
        while let Some((above, _)) = read::split(parent) {
            let folder = || self::entry("directory", Owned::by_root(0o755));
            let entries = &mut self.node.entries;
            entries.entry(above.to_owned()).or_insert_with(folder);
            parent = above;
        }
        self.node.entries.insert(path.to_owned(), entry);
    }

    /// Adds a process.
    pub fn process(
        &mut self,
        executable: &str,
        args: Vec<String>,
        uid: u32,
        environment: BTreeMap<String, String>,
        place: Place,
        unreadable: bool,
    ) {
        let all = self.node.processes.get_or_insert_default();
        let pid = all.iter().map(|p| p.pid).max().unwrap_or(0) + 1;
        let name = executable.rsplit('/').next().unwrap_or(executable);
        all.push(ProcessEntry {
            pid,
            ppid: Some(1),
            uid: Some(uid),
            // The kernel keeps so much of a name.
            comm: name.chars().take(15).collect(),
            exe: Some(executable.to_owned()),
            argv: Some(args),
            env: Some(environment),
            place: Some(super::format::place_word(place).to_owned()),
            error: unreadable.then(|| "it cannot be read".to_owned()),
            ..ProcessEntry::default()
        });
    }

    /// Takes out the processes with these executables' file names.
    pub fn no_processes(&mut self, names: &BTreeSet<String>) {
        let own = |process: &ProcessEntry| {
            let exe = process.exe.as_deref().unwrap_or(&process.comm);
            exe.rsplit('/').next().unwrap_or(exe).to_owned()
        };
        if let Some(all) = &mut self.node.processes {
            all.retain(|process| !names.contains(&own(process)));
        }
    }

    /// Says that nobody may look at the process table.
    pub fn no_process_table(&mut self) {
        self.node.processes = None;
        self.node.processes_error = Some(refused());
    }

    /// Says which objects of a resource there are.
    pub fn objects(&mut self, resource: &Resource, items: &[serde_json::Value]) {
        let text = serde_json::json!({"items": items}).to_string();
        let stem = super::objects::stem(resource);
        let file = format!("objects/{stem}.json");
        self.files.insert(file, text.into_bytes());
    }

    /// Says that there is an API, if only an empty one.
    pub fn api(&mut self) {
        self.files.insert("objects/".to_owned(), Vec::new());
    }

    /// Says that the API refuses a resource.
    pub fn no_objects(&mut self, resource: &Resource) {
        let stem = super::objects::stem(resource);
        let text = refused().line().into_bytes();
        self.files.insert(format!("objects/{stem}.error"), text);
    }

    fn has_objects(&self) -> bool {
        self.files.keys().any(|name| name.starts_with("objects/"))
    }

    /// Whether objects of an API are known.
    pub fn has_api(&self) -> bool {
        // What cannot be listed is told when the record is opened.
        let recorded = self.record.as_ref().map(Source::objects);
        self.has_objects() || matches!(recorded, Some(Ok(Some(_))))
    }

    /// The node that it stands for.
    pub fn open(self) -> Result<Node, RecordError> {
        let source = match self.record {
            Some(record) => Source::Changed(Box::new(record), self.files),
            None => Source::Archive(self.files),
        };
        let node = assemble(&Arc::new(source), self.node, self.shown.clone());
        node.map_err(|flaw| flaw.of(Path::new(&self.shown)))
    }
}

fn refused() -> Fault {
    Fault {
        error: "not-permitted".to_owned(),
        detail: Some("it cannot be read".to_owned()),
    }
}

fn entry(kind: &str, owned: Owned) -> Entry {
    Entry {
        kind: Some(kind.to_owned()),
        mode: Some(format!("{:04o}", owned.mode)),
        uid: Some(owned.user.0),
        gid: Some(owned.group.0),
        user: owned.user.1,
        group: owned.group.1,
        ..Entry::default()
    }
}
