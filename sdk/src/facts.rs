//! What a check can ask, as one trait: the WIT imports answer it inside a
//! component, and [`crate::fake::FakeNode`] answers it in native tests.
//!
//! Types mirror `wit/host`; see there for what each one promises.

use alloc::rc::Rc;

use crate::prelude::*;
use crate::strings::Piece;

/// The host's receipt for one fact.
pub type Observation = u64;

/// A fact that could not be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The receipt for having looked.
    pub observation: Observation,
    /// What was looked for and what happened.
    pub detail: String,
}

/// Why a question has no answer. Only `NotFound` says that something is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each case is documented in wit/host/types.wit")]
pub enum Error {
    Denied(String),
    NotFound(Missing),
    NotPermitted(Missing),
    NotRecorded(Missing),
    Withheld(Missing),
    TooLarge(Missing),
    WrongType(Missing),
    Raced(Missing),
    BadPath(Missing),
    Unparsable(Missing),
    Unreachable(Missing),
    Invalid(String),
    Quota(String),
    Other(String),
}

impl Error {
    /// The receipt, where there is one.
    pub fn observation(&self) -> Option<Observation> {
        self.missing().map(|m| m.observation)
    }

    /// The same as a list.
    pub fn observations(&self) -> Vec<Observation> {
        match self.observation() {
            Some(observation) => vec![observation],
            None => Vec::new(),
        }
    }

    /// Whether the fact was looked for completely and is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound(_))
    }

    /// The host's words.
    pub fn text(&self) -> &str {
        match self {
            Self::Denied(text) | Self::Invalid(text) | Self::Quota(text) | Self::Other(text) => {
                text
            }
            other => other.missing().map_or("", |m| &m.detail),
        }
    }

    fn missing(&self) -> Option<&Missing> {
        match self {
            Self::NotFound(m)
            | Self::NotPermitted(m)
            | Self::NotRecorded(m)
            | Self::Withheld(m)
            | Self::TooLarge(m)
            | Self::WrongType(m)
            | Self::Raced(m)
            | Self::BadPath(m)
            | Self::Unparsable(m)
            | Self::Unreachable(m) => Some(m),
            Self::Denied(_) | Self::Invalid(_) | Self::Quota(_) | Self::Other(_) => None,
        }
    }
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.text())
    }
}

impl Piece for Error {
    fn put(&self, text: &mut String) {
        self.text().put(text);
    }
}

/// What a path stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each case is documented in wit/host/types.wit")]
pub enum FileKind {
    Regular,
    Directory,
    Symlink,
    Fifo,
    Socket,
    CharDevice,
    BlockDevice,
    Unknown,
}

/// What `stat` tells of a file or directory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each field is documented in wit/host/files.wit"
)]
pub struct Stat {
    pub kind: FileKind,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub owner: Option<String>,
    pub group: Option<String>,
    pub size: u64,
    pub resolved_path: String,
}

/// The outcome of a search for paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matches {
    /// The receipt for the search, also when it found nothing.
    pub observation: Observation,
    /// Absolute paths, or names for a directory's children, sorted bytewise.
    pub paths: Vec<String>,
    /// Whether everything was searched.
    pub complete: bool,
}

/// Where the facts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each case is documented in wit/host/context.wit"
)]
pub enum Origin {
    Live,
    Recorded,
    Tree,
}

/// The node that is being scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each field is documented in wit/host/context.wit"
)]
pub struct NodeInfo {
    pub observation: Observation,
    pub name: String,
    pub origin: Origin,
    pub kubernetes_version: Option<String>,
    pub has_api: bool,
}

/// How sure the host is of a process's executable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each case is documented in wit/host/processes.wit"
)]
pub enum Identity {
    Strong,
    Weak,
}

/// Whose process it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each case is documented in wit/host/processes.wit"
)]
pub enum Place {
    Node,
    StaticPod,
    HostNetworkPod,
    Foreign,
    Unknown,
}

/// What is known of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each field is documented in wit/host/processes.wit"
)]
pub struct ProcessInfo {
    pub pid: u32,
    pub comm: String,
    pub exe: Option<String>,
    pub uid: Option<u32>,
    pub identity: Identity,
    pub place: Place,
    pub args: Vec<String>,
}

/// The outcome of a search for processes.
#[derive(Clone)]
pub struct Found {
    /// The receipt for the search, also when it found nothing.
    pub observation: Observation,
    /// The processes, by pid.
    pub processes: Vec<Rc<dyn Process>>,
    /// Whether the whole process table was seen.
    pub complete: bool,
    /// Why the search is not complete and what cures it.
    pub hint: String,
}

/// A part of a list of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The receipt for the whole list.
    pub observation: Observation,
    /// Objects as JSON text.
    pub items: Vec<String>,
    /// Where the next page starts.
    pub next: Option<u32>,
}

/// One file or directory. See `resource entry` in `wit/host/files.wit`.
#[expect(
    missing_docs,
    reason = "each method is documented in wit/host/files.wit"
)]
pub trait Entry {
    fn observation(&self) -> Observation;
    fn path(&self) -> String;
    fn stat(&self) -> Result<Stat, Error>;
    fn digest(&self) -> Result<String, Error>;
    fn read_text(&self) -> Result<String, Error>;
    fn read_document(&self) -> Result<Vec<String>, Error>;
    fn children(&self) -> Result<Matches, Error>;
    fn open_child(&self, name: &str) -> Result<Rc<dyn Entry>, Error>;
    fn open_field(&self, pointer: &str, path: &str) -> Result<Rc<dyn Entry>, Error>;
}

/// One process. See `resource process` in `wit/host/processes.wit`.
#[expect(
    missing_docs,
    reason = "each method is documented in wit/host/processes.wit"
)]
pub trait Process {
    fn observation(&self) -> Observation;
    fn info(&self) -> ProcessInfo;
    fn environment(&self, name: &str) -> Result<Option<String>, Error>;
    fn open_named(&self, name: &str, path: &str) -> Result<Rc<dyn Entry>, Error>;
}

/// Everything a check can ask.
#[expect(missing_docs, reason = "each method is documented in wit/host")]
pub trait Facts {
    fn scan_time(&self) -> String;
    fn node(&self) -> NodeInfo;
    fn open(&self, path: &str) -> Result<Rc<dyn Entry>, Error>;
    fn glob(&self, request: &str) -> Result<Matches, Error>;
    fn find(&self, request: &str) -> Result<Found, Error>;
    fn list_objects(&self, request: &str, start: Option<u32>) -> Result<Page, Error>;
    /// The receipt and the `gitVersion`.
    fn server_version(&self) -> Result<(Observation, String), Error>;
    fn log(&self, message: &str);
}
