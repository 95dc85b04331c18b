//! A node record: a directory or an archive that stands for a node. It is a
//! stranger's file, so everything in it is checked and bounded.
//!
//! ```text
//! archive  bytes by name, from a directory or a .tar.zst ─▶ format  node.json
//! read     its file tree        processes  its process table     objects  its cluster
//! write    a recorder's memory ─▶ a record
//! ```

pub mod archive;
pub mod draft;
pub mod format;
pub mod objects;
pub mod processes;
pub mod read;
pub(super) mod scope;
pub mod write;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::archive::Source;
use self::format::NodeFile;
use super::{Identity, Kind, Node, Origin};

/// The format this host reads and writes.
pub const FORMAT: &str = "cisb-node/1";

/// Bytes of `node.json` at most.
const NODE_LIMIT: u64 = 64 << 20;
/// Bytes of any other file at most.
const FILE_LIMIT: u64 = 64 << 20;
/// Paths, processes, or files of an archive at most.
const ENTRY_LIMIT: usize = 200_000;

/// Why a record cannot be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A file of it cannot be opened, read or written.
    #[error("node record {}: {file}: {source}", .path.display())]
    Io {
        /// The record.
        path: PathBuf,
        /// The file in it.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file of it is not what the format says.
    #[error("node record {}: {file}: {reason}", .path.display())]
    Invalid {
        /// The record.
        path: PathBuf,
        /// The file in it.
        file: String,
        /// What is wrong.
        reason: String,
    },
}

/// What is wrong with which file, before it is known of which record.
#[derive(Debug)]
struct Flaw {
    file: String,
    what: What,
}

#[derive(Debug)]
enum What {
    Io(io::Error),
    Invalid(String),
}

impl Flaw {
    fn invalid(file: &str, reason: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            what: What::Invalid(reason.into()),
        }
    }

    fn io(file: &str, source: io::Error) -> Self {
        Self {
            file: file.to_owned(),
            what: What::Io(source),
        }
    }

    fn of(self, record: &Path) -> RecordError {
        let (path, file) = (record.to_owned(), self.file);
        match self.what {
            What::Io(source) => RecordError::Io { path, file, source },
            What::Invalid(reason) => RecordError::Invalid { path, file, reason },
        }
    }
}

/// Opens a record: a directory or a `.tar.zst`.
pub fn open(path: &Path) -> Result<Node, RecordError> {
    load(path).map_err(|flaw| flaw.of(path))
}

/// The digest of a whole record, lower-case hex: of an archive's bytes, or of
/// the sorted list of a directory's files, each with its own digest.
pub fn digest(path: &Path) -> io::Result<String> {
    archive::digest(path)
}

fn load(path: &Path) -> Result<Node, Flaw> {
    let source = Arc::new(Source::open(path)?);
    let node = node_file(&source)?;
    assemble(&source, node, path.display().to_string())
}

/// Puts a record's parts together; `shown` is what a report calls it.
fn assemble(source: &Arc<Source>, node: NodeFile, shown: String) -> Result<Node, Flaw> {
    let platform = node.platform.clone().unwrap_or_default();
    let identity = Identity {
        name: node.hostname.clone().unwrap_or_default(),
        origin: Origin::Recorded,
        source: shown,
        captured: node.captured.clone(),
        kubernetes_version: node
            .kubernetes
            .clone()
            .and_then(|kubernetes| kubernetes.version),
        platform: format!("{}/{}", platform.os, platform.arch)
            .trim_matches('/')
            .to_owned(),
    };
    let scope = node.scope.clone().unwrap_or_default();
    Ok(Node {
        identity,
        files: Box::new(read::files(source, node.entries, scope.globs)?),
        processes: Box::new(processes::processes(
            node.processes,
            node.processes_error,
            node.scope.as_ref(),
        )?),
        cluster: Box::new(objects::objects(source, scope.kinds, node.objects_error)?),
    })
}

fn node_file(source: &Source) -> Result<NodeFile, Flaw> {
    const FILE: &str = "node.json";
    let bytes = source
        .read(FILE, NODE_LIMIT)
        .map_err(|error| Flaw::io(FILE, error))?;
    let bytes =
        bytes.ok_or_else(|| Flaw::invalid(FILE, "it is missing, so this is no node record"))?;
    let format = serde_json::from_slice::<serde_json::Value>(&bytes)
        .map_err(|error| Flaw::invalid(FILE, error.to_string()))?;
    match format.get("format").and_then(serde_json::Value::as_str) {
        Some(FORMAT) => {}
        Some(other) => {
            return Err(Flaw::invalid(
                FILE,
                format!("its format is {other:?}; this version reads {FORMAT:?}"),
            ));
        }
        None => {
            return Err(Flaw::invalid(
                FILE,
                format!("it names no format; this version reads {FORMAT:?}"),
            ));
        }
    }
    serde_json::from_slice(&bytes).map_err(|error| Flaw::invalid(FILE, error.to_string()))
}

/// The kind of a word.
fn kind(word: &str) -> Option<Kind> {
    let all = [
        Kind::Regular,
        Kind::Directory,
        Kind::Symlink,
        Kind::Fifo,
        Kind::Socket,
        Kind::CharDevice,
        Kind::BlockDevice,
        Kind::Unknown,
    ];
    all.into_iter().find(|kind| kind.word() == word)
}
