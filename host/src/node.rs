//! Where facts come from: one door for a live machine and for a node record.
//!
//! Nothing here knows of grants, masks or profiles. The capabilities ask these
//! doors only for what is granted, and mask what comes back.

pub mod cluster;
pub mod dark;
pub mod live;
pub mod record;
pub mod recording;

use std::collections::BTreeMap;

/// A node, live or recorded.
pub struct Node {
    /// Who the node is and where its facts come from.
    pub identity: Identity,
    /// Its file tree.
    pub files: Box<dyn Files>,
    /// Its process table.
    pub processes: Box<dyn Processes>,
    /// Its cluster's API objects.
    pub cluster: Box<dyn Cluster>,
}

/// Where facts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This machine.
    Live,
    /// A node record.
    Recorded,
    /// A file tree without processes.
    Tree,
}

/// Who the node is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its name, empty if unknown.
    pub name: String,
    /// Where its facts come from.
    pub origin: Origin,
    /// What was opened, for the report: `live, root /host, proc /proc`, or a record's path.
    pub source: String,
    /// When a record was captured, RFC 3339.
    pub captured: Option<String>,
    /// The Kubernetes version, where a record states it.
    pub kubernetes_version: Option<String>,
    /// `linux/amd64`.
    pub platform: String,
}

/// Why a fact could not be had. Only `NotFound` says that something is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Miss {
    /// Looked for completely, and not there.
    #[error("not found")]
    NotFound,
    /// The scanner may not look.
    #[error("not permitted: {0}")]
    NotPermitted(String),
    /// The record does not say.
    #[error("not recorded: {0}")]
    NotRecorded(String),
    /// It exists; its contents were not kept.
    #[error("withheld: {0}")]
    Withheld(String),
    /// Larger than the limit.
    #[error("too large: {size} bytes, the limit is {limit}")]
    TooLarge {
        /// Bytes there.
        size: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// Not of the type that is needed.
    #[error("it is a {0}")]
    WrongType(&'static str),
    /// Changed on every try.
    #[error("it changed while it was read, on every try")]
    Raced,
    /// Links loop, or the path has no translation.
    #[error("{0}")]
    BadPath(String),
    /// No API server, or no answer from it.
    #[error("{0}")]
    Unreachable(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// What a path stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link that was not followed.
    Symlink,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// Anything else.
    Unknown,
}

impl Kind {
    /// The word for it in a node record and in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Regular => "file",
            Self::Directory => "directory",
            Self::Symlink => "symlink",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
            Self::CharDevice => "char-device",
            Self::BlockDevice => "block-device",
            Self::Unknown => "unknown",
        }
    }
}

/// What `stat` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// After links were followed.
    pub kind: Kind,
    /// 0o7777 at most.
    pub mode: u32,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// The owner's name on the node; none if it has none there.
    pub owner: Option<String>,
    /// The group's name on the node; none if it has none there.
    pub group: Option<String>,
    /// In bytes.
    pub size: u64,
    /// The path inside the root after links were followed.
    pub resolved: String,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The bytes; a record may have masked them.
    pub bytes: Vec<u8>,
    /// SHA-256 of the original, lower-case hex.
    pub sha256: String,
}

/// Names in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Sorted bytewise.
    pub names: Vec<String>,
    /// False: a limit was met or a name is not UTF-8, so there is more.
    pub complete: bool,
}

/// A file tree.
pub trait Files: Send + Sync {
    /// Finds a path, following links inside the root. An absolute link starts
    /// at the root; `..` stops there.
    fn find(&self, path: &str) -> Result<Box<dyn File>, Miss>;
}

/// One file or directory, found once.
pub trait File: Send + Sync {
    /// What it is.
    fn stat(&self) -> &Stat;
    /// Reads a regular file of at most `limit` bytes.
    fn read(&self, limit: u64) -> Result<Contents, Miss>;
    /// SHA-256 of the contents of a regular file of at most `limit` bytes.
    fn digest(&self, limit: u64) -> Result<String, Miss>;
    /// At most `limit` names of a directory.
    fn list(&self, limit: usize) -> Result<Listing, Miss>;
}

/// Whose process it is. See `place` in `wit/host/processes.wit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each case is documented in the WIT")]
pub enum Place {
    Node,
    StaticPod,
    /// Of a container outside pods that has the node's network and users: only
    /// root starts such a one. Profiles see it as the node's own.
    Container,
    HostNetworkPod,
    Foreign,
    Unknown,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// In the process table that was opened.
    pub pid: u32,
    /// Its parent.
    pub ppid: Option<u32>,
    /// Effective user id.
    pub uid: Option<u32>,
    /// The kernel's short name.
    pub comm: String,
    /// The executable as its own mount namespace names it, ` (deleted)` removed.
    pub exe: Option<String>,
    /// The argument list.
    pub argv: Vec<String>,
    /// Start time in clock ticks since boot.
    pub start: Option<u64>,
    /// The cgroup v2 path, or the v1 path of the first hierarchy that has one.
    pub cgroup: Option<String>,
    /// The PID namespace, such as `pid:[4026531836]`.
    pub pidns: Option<String>,
    /// Whose it is.
    pub place: Place,
    /// The unit that would start it, in a tree where nothing runs.
    pub declared: Option<String>,
    /// A reason if it could not be read whole; what is read is kept.
    pub error: Option<String>,
}

/// The process table as far as it could be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// By pid.
    pub processes: Vec<Process>,
    /// Whether all of the node's processes were seen.
    pub complete: bool,
    /// Why not, and what cures it.
    pub hint: String,
}

/// A process table.
pub trait Processes: Send + Sync {
    /// The table, read once for each run.
    fn table(&self) -> Result<&Table, Miss>;
    /// The values of these environment variables, of those the process has.
    fn environment(&self, pid: u32, names: &[String]) -> Result<BTreeMap<String, String>, Miss>;
    /// Translates a path from the process's view of the file system to the node's.
    fn translate(&self, pid: u32, path: &str) -> Result<String, Miss>;
}

/// An API resource.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// Empty for the core group.
    pub group: String,
    /// Such as `v1`.
    pub version: String,
    /// The plural name, such as `clusterroles`.
    pub plural: String,
}

/// A whole list of objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Objects {
    /// As the server returned them.
    pub items: Vec<serde_json::Value>,
    /// The list's resource version.
    pub resource_version: String,
}

/// A cluster's API.
pub trait Cluster: Send + Sync {
    /// Whether there is one: an API server was given, or objects were recorded.
    fn present(&self) -> bool;
    /// All objects of a resource, all pages.
    fn list(&self, resource: &Resource) -> Result<Objects, Miss>;
    /// The server's `gitVersion`.
    fn version(&self) -> Result<String, Miss>;
}

/// No API server was asked for.
#[derive(Debug)]
pub struct NoCluster;

impl NoCluster {
    const WHY: &str = "no API server was asked for: give --kubeconfig FILE or --in-cluster";
}

impl Cluster for NoCluster {
    fn present(&self) -> bool {
        false
    }
    fn list(&self, _: &Resource) -> Result<Objects, Miss> {
        Err(Miss::Unreachable(Self::WHY.to_owned()))
    }
    fn version(&self) -> Result<String, Miss> {
        Err(Miss::Unreachable(Self::WHY.to_owned()))
    }
}
