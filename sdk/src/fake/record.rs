//! Reads a node record's directory into a fake node.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;

use crate::facts::{FileKind, Origin, Place};

use super::tree::{Barred, Contents, Entry, Kept, Tree};
use super::{FakeNode, FakeProcess, Listing, items};

/// A node record that could not be read.
#[derive(Debug)]
pub struct RecordError {
    path: String,
    reason: String,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

impl std::error::Error for RecordError {}

#[derive(Deserialize)]
struct Record {
    format: String,
    hostname: String,
    captured: String,
    #[serde(default)]
    kubernetes: Kubernetes,
    #[serde(default)]
    processes: Vec<RecordedProcess>,
    entries: BTreeMap<String, RecordedEntry>,
    #[serde(default)]
    scope: Option<Scope>,
}

#[derive(Deserialize, Default)]
struct Kubernetes {
    version: Option<String>,
}

#[derive(Deserialize)]
struct Scope {
    #[serde(default)]
    globs: Option<Vec<String>>,
    #[serde(default)]
    processes: Option<String>,
}

#[derive(Deserialize)]
struct RecordedProcess {
    pid: u32,
    #[serde(default)]
    uid: Option<u32>,
    comm: String,
    #[serde(default)]
    exe: Option<String>,
    #[serde(default)]
    argv: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    cgroup: Option<String>,
    #[serde(default)]
    place: Option<String>,
    #[serde(default)]
    mounts: Vec<Mount>,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Deserialize)]
struct Mount {
    target: String,
    source: String,
}

#[derive(Deserialize)]
struct RecordedEntry {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    uid: u32,
    #[serde(default)]
    gid: u32,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    sha256: Option<String>,
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    target: String,
    #[serde(default)]
    error: Option<String>,
}

impl FakeNode {
    /// The node that a record's directory stands for.
    pub fn from_record(dir: &Path) -> Result<Self, RecordError> {
        let text = read(&dir.join("node.json"))?;
        let record: Record = serde_json::from_slice(&text)
            .map_err(|e| wrong(&dir.join("node.json"), &e.to_string()))?;
        if record.format != "cisb-node/1" {
            return Err(wrong(dir, &format!("unknown format {}", record.format)));
        }
        let mut entries = BTreeMap::new();
        for (path, entry) in record.entries {
            let kept = dir.join("root").join(path.trim_start_matches('/'));
            entries.insert(path, recorded(entry, &kept)?);
        }
        let (globs, whole) = match record.scope {
            Some(scope) => (scope.globs, scope.processes.as_deref() != Some("partial")),
            None => (None, true),
        };
        let (objects, server_version) = objects(&dir.join("objects"))?;
        Ok(Self {
            name: record.hostname,
            origin: Origin::Recorded,
            scan_time: record.captured,
            version: record.kubernetes.version,
            tree: Tree {
                entries: Rc::new(entries),
                scope: globs,
            },
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            processes: Rc::new(record.processes.into_iter().map(process).collect()),
            incomplete: (!whole).then(|| "the record holds a part of the processes".to_owned()),
            objects: objects.map(Rc::new),
            server_version,
        })
    }
}

fn recorded(entry: RecordedEntry, kept: &Path) -> Result<Entry, RecordError> {
    let kind = match entry.kind.as_deref() {
        Some("file") => FileKind::Regular,
        Some("directory") => FileKind::Directory,
        Some("symlink") => FileKind::Symlink,
        Some("fifo") => FileKind::Fifo,
        Some("socket") => FileKind::Socket,
        Some("char-device") => FileKind::CharDevice,
        Some("block-device") => FileKind::BlockDevice,
        _ => FileKind::Unknown,
    };
    let mode = entry
        .mode
        .as_deref()
        .and_then(|m| u32::from_str_radix(m, 8).ok());
    let contents = match (entry.error, entry.content.as_deref()) {
        (Some(e), _) if e.starts_with("too-large") => Contents::TooLarge(e),
        (Some(e), _) => Contents::NotPermitted(e),
        (None, Some("kept" | "masked")) => Contents::Kept(Kept::new(read(kept)?)),
        (None, Some("withheld")) => Contents::Withheld,
        (None, _) => Contents::None,
    };
    Ok(Entry {
        kind,
        // What was not even described could not be looked at.
        barred: if mode.is_none() {
            Barred::NotPermitted
        } else {
            Barred::No
        },
        mode: mode.unwrap_or(0),
        uid: entry.uid,
        gid: entry.gid,
        owner: entry.user,
        group: entry.group,
        size: entry.size,
        sha256: entry.sha256,
        contents,
        target: entry.target,
    })
}

fn process(process: RecordedProcess) -> FakeProcess {
    FakeProcess {
        pid: process.pid,
        comm: process.comm,
        exe: process.exe,
        uid: process.uid,
        place: match process.place.as_deref() {
            Some("node" | "container") => Place::Node,
            Some("static-pod") => Place::StaticPod,
            Some("host-network-pod") => Place::HostNetworkPod,
            Some("foreign") => Place::Foreign,
            Some(_) => Place::Unknown,
            None => place(process.cgroup.as_deref()),
        },
        args: process.argv,
        env: process.env,
        mounts: process
            .mounts
            .into_iter()
            .map(|m| (m.target, m.source))
            .collect(),
        error: process.error,
    }
}

/// A static pod's uid is a hash of its manifest, 32 hex digits; an ordinary
/// pod's is a UUID. Outside `kubepods` it is no pod's.
fn place(cgroup: Option<&str>) -> Place {
    let Some((_, pods)) = cgroup.and_then(|c| c.split_once("kubepods")) else {
        return Place::Node;
    };
    let is_static = pods.split(['/', '-', '.']).any(|part| {
        part.strip_prefix("pod")
            .is_some_and(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()))
    });
    if is_static {
        Place::StaticPod
    } else {
        Place::Foreign
    }
}

type Objects = Option<BTreeMap<(String, String), Listing>>;

fn objects(dir: &Path) -> Result<(Objects, Option<String>), RecordError> {
    let Ok(files) = fs::read_dir(dir) else {
        return Ok((None, None));
    };
    let mut objects = BTreeMap::new();
    let mut server_version = None;
    for file in files {
        let path = file.map_err(|e| wrong(dir, &e.to_string()))?.path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else {
            continue;
        };
        let parse = || -> Result<Value, RecordError> {
            serde_json::from_slice(&read(&path)?).map_err(|e| wrong(&path, &e.to_string()))
        };
        if name == "version.json" {
            server_version = parse()?["gitVersion"].as_str().map(str::to_owned);
            continue;
        }
        let (stem, listing) = if let Some(stem) = name.strip_suffix(".error") {
            let why = String::from_utf8_lossy(&read(&path)?).trim().to_owned();
            (stem, Listing::Forbidden(why))
        } else if let Some(stem) = name.strip_suffix(".json") {
            let stem = stem.strip_suffix(".metadata").unwrap_or(stem);
            (stem, Listing::Items(items(parse()?)))
        } else {
            continue;
        };
        let mut parts = stem.splitn(3, '_');
        let (Some(group), Some(version), Some(plural)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong(&path, "its name is not group_version_resource"));
        };
        let api_version = if group == "core" {
            version.to_owned()
        } else {
            format!("{group}/{version}")
        };
        objects.insert((api_version, plural.to_owned()), listing);
    }
    Ok((Some(objects), server_version))
}

fn read(path: &Path) -> Result<Vec<u8>, RecordError> {
    fs::read(path).map_err(|e| wrong(path, &e.to_string()))
}

fn wrong(path: &Path, reason: &str) -> RecordError {
    RecordError {
        path: path.display().to_string(),
        reason: reason.to_owned(),
    }
}
