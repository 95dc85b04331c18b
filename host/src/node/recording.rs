//! Remembers, masked, everything that is asked of a node, so that a record of
//! it gives the same answers and says of nothing else that it is not there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::record::format::{Content, Entry, Fault};
use super::record::read::digest;
use super::record::scope::escape;
use super::{
    Cluster, Contents, File, Files, Identity, Kind, Listing, Miss, Node, Objects, Processes,
    Resource, Stat, Table,
};
use crate::mask;

/// What was asked and answered so far.
#[derive(Clone)]
pub struct Recorder {
    pub(super) identity: Identity,
    pub(super) processes: Arc<dyn Processes>,
    pub(super) cluster: Arc<dyn Cluster>,
    memory: Arc<Mutex<Memory>>,
}

/// What a record of it needs.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) entries: BTreeMap<String, Entry>,
    /// Kept contents by path, masked.
    pub(super) contents: BTreeMap<String, Vec<u8>>,
    /// Paths that are absent and directories that were listed, as globs.
    pub(super) globs: BTreeSet<String>,
    /// Prefixes of paths that were looked up already, and what they resolve to.
    walked: HashMap<String, Result<String, Miss>>,
    pub(super) table_read: bool,
    /// Executables that were searched for; none: it was not said.
    pub(super) executables: Option<BTreeSet<String>>,
    pub(super) environments: BTreeMap<u32, Environment>,
    pub(super) translations: BTreeMap<u32, BTreeMap<String, Result<String, Miss>>>,
    pub(super) objects: BTreeMap<Resource, Result<Objects, Miss>>,
    pub(super) version: Option<Result<String, Miss>>,
}

/// What was asked of a process's environment.
#[derive(Debug, Default)]
pub(super) struct Environment {
    pub(super) names: BTreeSet<String>,
    pub(super) values: BTreeMap<String, String>,
    pub(super) miss: Option<Miss>,
}

impl Recorder {
    /// Says which executables were searched for, by name. Processes of others
    /// keep what tells them apart but lose their arguments. Without a call, all
    /// keep theirs.
    pub fn searched(&self, executables: &[String]) {
        let names = executables
            .iter()
            .map(|name| name.rsplit('/').next().unwrap_or(name).to_owned());
        self.memory()
            .executables
            .get_or_insert_default()
            .extend(names);
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        lock(&self.memory)
    }
}

/// Wraps a node's doors. Use the node that comes back; write the recorder's
/// memory with [`super::record::write::write`].
pub fn recording(node: Node) -> (Node, Recorder) {
    let Node {
        identity,
        files,
        processes,
        cluster,
    } = node;
    let recorder = Recorder {
        identity: identity.clone(),
        processes: Arc::from(processes),
        cluster: Arc::from(cluster),
        memory: Arc::default(),
    };
    let files = RecordedFiles {
        inner: Arc::from(files),
        memory: Arc::clone(&recorder.memory),
    };
    let node = Node {
        identity,
        files: Box::new(files),
        processes: Box::new(recorder.clone()),
        cluster: Box::new(recorder.clone()),
    };
    (node, recorder)
}

fn lock(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

struct RecordedFiles {
    inner: Arc<dyn Files>,
    memory: Arc<Mutex<Memory>>,
}

impl Files for RecordedFiles {
    fn find(&self, path: &str) -> Result<Box<dyn File>, Miss> {
        let found = self.inner.find(path);
        lock(&self.memory).note(self.inner.as_ref(), path, &found);
        Ok(Box::new(RecordedFile {
            found: found?,
            files: Arc::clone(&self.inner),
            memory: Arc::clone(&self.memory),
        }))
    }
}

struct RecordedFile {
    found: Box<dyn File>,
    files: Arc<dyn Files>,
    memory: Arc<Mutex<Memory>>,
}

impl RecordedFile {
    /// Changes what is remembered of this file.
    fn remember(&self, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = lock(&self.memory)
            .entries
            .get_mut(&self.found.stat().resolved)
        {
            change(entry);
        }
    }

    /// Remembers why it could not be read, unless its type or size says so.
    fn remember_miss(&self, miss: &Miss, limit: u64) {
        let told = match miss {
            Miss::WrongType(_) => true,
            Miss::TooLarge { .. } => self.found.stat().size > limit,
            _ => false,
        };
        let fault = Fault::of(miss);
        // Only a record withholds by itself, and it keeps the digest.
        let digest = matches!(miss, Miss::Withheld(_))
            .then(|| self.found.digest(limit).ok())
            .flatten();
        self.remember(|entry| match miss {
            _ if told => {}
            Miss::Withheld(why) => {
                entry.sha256 = digest;
                entry.content = Some(Content::Withheld);
                entry.withheld = Some(why.clone());
            }
            _ if entry.content.is_none() => {
                entry.error = Some(fault.error);
                entry.detail = fault.detail;
            }
            _ => {}
        });
    }
}

impl File for RecordedFile {
    fn stat(&self) -> &Stat {
        self.found.stat()
    }

    fn read(&self, limit: u64) -> Result<Contents, Miss> {
        let contents = self
            .found
            .read(limit)
            .inspect_err(|miss| self.remember_miss(miss, limit))?;
        let path = &self.found.stat().resolved;
        let (content, withheld, kept) = match mask::secrecy(path, &contents.bytes) {
            mask::Secrecy::Withheld(why) => (Content::Withheld, Some(why.to_owned()), None),
            mask::Secrecy::Open => {
                let masked = mask::text(path, &contents.bytes);
                let original = digest(&masked.bytes) == contents.sha256;
                (
                    if original {
                        Content::Kept
                    } else {
                        Content::Masked
                    },
                    None,
                    Some(masked.bytes),
                )
            }
        };
        let mut memory = lock(&self.memory);
        if let Some(entry) = memory.entries.get_mut(path) {
            entry.sha256 = Some(contents.sha256.clone());
            entry.content = Some(content);
            entry.withheld = withheld;
            (entry.error, entry.detail) = (None, None);
        }
        if let Some(bytes) = kept {
            memory.contents.insert(path.clone(), bytes);
        }
        drop(memory);
        Ok(contents)
    }

    fn digest(&self, limit: u64) -> Result<String, Miss> {
        let digest = self
            .found
            .digest(limit)
            .inspect_err(|miss| self.remember_miss(miss, limit))?;
        self.remember(|entry| entry.sha256 = Some(digest.clone()));
        Ok(digest)
    }

    fn list(&self, limit: usize) -> Result<Listing, Miss> {
        let listing = self
            .found
            .list(limit)
            .inspect_err(|miss| self.remember_miss(miss, u64::MAX))?;
        let folder = self.found.stat().resolved.trim_end_matches('/');
        let mut memory = lock(&self.memory);
        // A record's listing is made of its entries, so each name needs one.
        for name in &listing.names {
            let path = format!("{folder}/{name}");
            let found = self.files.find(&path);
            memory.note(self.files.as_ref(), &path, &found);
            // A link to nowhere is listed, but leads nowhere.
            let entry = memory
                .entries
                .entry(path)
                .or_insert_with(|| fault_entry(&Miss::NotFound));
            // A listed name exists, even if no more is known of it.
            if entry.kind.is_none() && entry.error.as_deref() == Some("not-recorded") {
                entry.error = Some("partial".to_owned());
            }
        }
        if listing.complete {
            memory.globs.insert(format!("{}/*", escape(folder)));
        } else if let Some(entry) = memory.entries.get_mut(&self.found.stat().resolved) {
            entry.error = Some("partial".to_owned());
        }
        drop(memory);
        Ok(listing)
    }
}

impl Memory {
    /// Remembers a lookup: the links and directories on the way, and what was
    /// there or what was missing first.
    fn note(&mut self, files: &dyn Files, path: &str, found: &Result<Box<dyn File>, Miss>) {
        if !path.starts_with('/') {
            return;
        }
        let whole = found
            .as_ref()
            .map(|file| self.seen(file.stat()))
            .map_err(Miss::clone);
        let parts: Vec<&str> = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        // What was asked for so far, and where on the node that lies.
        let (mut asked, mut at) = (String::new(), String::new());
        for (index, part) in parts.iter().enumerate() {
            asked = format!("{asked}/{part}");
            if *part == ".." {
                at.truncate(at.rfind('/').unwrap_or(0));
                continue;
            }
            let physical = format!("{at}/{part}");
            let last = index + 1 == parts.len();
            let resolved = if last {
                whole.clone()
            } else {
                self.walk(files, &asked)
            };
            match resolved {
                Ok(resolved) => {
                    if resolved != physical {
                        self.entries.insert(physical, link_entry(&resolved));
                    }
                    at = if resolved == "/" {
                        String::new()
                    } else {
                        resolved
                    };
                }
                // A parent that a record knows only by what is below it.
                Err(miss) if !last && (whole.is_ok() || matches!(miss, Miss::NotRecorded(_))) => {
                    at = physical
                }
                Err(miss) => {
                    if miss == Miss::NotFound {
                        self.globs.insert(escape(&physical));
                    } else {
                        self.entries
                            .entry(physical)
                            .or_insert_with(|| fault_entry(&miss));
                    }
                    // A failure on the way may be told in other words than the whole.
                    if whole.as_ref().err() != Some(&miss)
                        && let Err(miss) = &whole
                        && !parts.contains(&"..")
                    {
                        let path = format!("/{}", parts.join("/"));
                        self.entries
                            .entry(path)
                            .or_insert_with(|| fault_entry(miss));
                    }
                    return;
                }
            }
        }
    }

    /// Looks up a directory on the way, once.
    fn walk(&mut self, files: &dyn Files, path: &str) -> Result<String, Miss> {
        if let Some(known) = self.walked.get(path) {
            return known.clone();
        }
        let resolved = files.find(path).map(|file| self.seen(file.stat()));
        self.walked.insert(path.to_owned(), resolved.clone());
        resolved
    }

    /// Remembers what a path is. Returns where it lies.
    fn seen(&mut self, stat: &Stat) -> String {
        let entry = self.entries.entry(stat.resolved.clone()).or_default();
        if entry.kind.is_none() {
            *entry = Entry {
                kind: Some(stat.kind.word().to_owned()),
                mode: Some(format!("{:04o}", stat.mode)),
                uid: Some(stat.uid),
                gid: Some(stat.gid),
                user: stat.owner.clone(),
                group: stat.group.clone(),
                size: Some(stat.size),
                ..Entry::default()
            };
        }
        stat.resolved.clone()
    }
}

fn link_entry(target: &str) -> Entry {
    Entry {
        kind: Some(Kind::Symlink.word().to_owned()),
        target: Some(target.to_owned()),
        ..Entry::default()
    }
}

fn fault_entry(miss: &Miss) -> Entry {
    let Fault { error, detail } = Fault::of(miss);
    Entry {
        error: Some(error),
        detail,
        ..Entry::default()
    }
}

impl Processes for Recorder {
    fn table(&self) -> Result<&Table, Miss> {
        self.memory().table_read = true;
        self.processes.table()
    }

    fn environment(&self, pid: u32, names: &[String]) -> Result<BTreeMap<String, String>, Miss> {
        let result = self.processes.environment(pid, names);
        let mut memory = self.memory();
        let environment = memory.environments.entry(pid).or_default();
        environment.names.extend(names.iter().cloned());
        match &result {
            Ok(values) => {
                let masked = values
                    .iter()
                    .map(|(name, value)| (name.clone(), mask::mask_env(name, value)));
                environment.values.extend(masked);
            }
            Err(miss) => environment.miss = Some(miss.clone()),
        }
        result
    }

    fn translate(&self, pid: u32, path: &str) -> Result<String, Miss> {
        let result = self.processes.translate(pid, path);
        self.memory()
            .translations
            .entry(pid)
            .or_default()
            .insert(path.to_owned(), result.clone());
        result
    }
}

impl Cluster for Recorder {
    fn present(&self) -> bool {
        self.cluster.present()
    }

    fn list(&self, resource: &Resource) -> Result<Objects, Miss> {
        let result = self.cluster.list(resource);
        let mut masked = result.clone();
        if let Ok(objects) = &mut masked {
            for object in &mut objects.items {
                mask::mask_object(&resource.plural, object);
            }
        }
        self.memory().objects.insert(resource.clone(), masked);
        result
    }

    fn version(&self) -> Result<String, Miss> {
        let result = self.cluster.version();
        self.memory().version = Some(result.clone());
        result
    }
}
