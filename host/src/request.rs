//! What a person asked for, after flags, environment and `cisb.toml` are read
//! and before anything is opened. Plain data.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::profile::Place;

/// A scan.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Components, in order; none: the one of `installed` that fits.
    pub profiles: Vec<Place>,
    /// Components to choose from where none is named.
    pub installed: Vec<Place>,
    /// What a profile must be to run.
    pub trust: Trust,
    /// What is scanned.
    pub node: NodeSource,
    /// Which API server, if any.
    pub cluster: ClusterSource,
    /// `--cluster`: a name for the report.
    pub cluster_name: Option<String>,
    /// `--node-name`.
    pub node_name: Option<String>,
    /// Which checks.
    pub selection: Selection,
    /// `--set name=value`, not yet typed.
    pub parameters: Vec<(String, String)>,
    /// `--grants FILE`.
    pub grants: Option<PathBuf>,
    /// `--checksums FILE`: digests that binaries should have.
    pub checksums: Option<PathBuf>,
    /// `--evidence FILE`: keep exactly what the scan looked at.
    pub evidence: Option<PathBuf>,
    /// `--cache DIR`: where compiled code may be taken from.
    pub cache: PathBuf,
    /// The time of the scan: `--now`, or the clock as `main` read it.
    pub now: Timestamp,
    /// How many checks run at once.
    pub jobs: usize,
}

/// A recording of a live node.
#[derive(Debug, Clone)]
pub struct Collect {
    /// Components whose requests say what is recorded; none: all of `installed`.
    pub profiles: Vec<Place>,
    /// Components that are installed.
    pub installed: Vec<Place>,
    /// What a profile must be to run.
    pub trust: Trust,
    /// Always [`NodeSource::Live`].
    pub node: NodeSource,
    /// Which API server, if any.
    pub cluster: ClusterSource,
    /// `--cluster`.
    pub cluster_name: Option<String>,
    /// `--node-name`.
    pub node_name: Option<String>,
    /// `--grants FILE`.
    pub grants: Option<PathBuf>,
    /// `-o`: a directory, or a `.tar.zst`.
    pub output: PathBuf,
    /// `--cache DIR`: where compiled code may be taken from.
    pub cache: PathBuf,
    /// The time of the recording.
    pub now: Timestamp,
}

/// Profiles to be compiled ahead of scans.
#[derive(Debug, Clone)]
pub struct Warm {
    /// Components, in order; none: all of `installed`.
    pub profiles: Vec<Place>,
    /// Components that are installed.
    pub installed: Vec<Place>,
    /// What a profile must be.
    pub trust: Trust,
    /// `--cache DIR`: where the code is kept.
    pub cache: PathBuf,
    /// The time at which keys must be valid.
    pub now: Timestamp,
}

/// What a profile must be before it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// `--trust FILE`; none for the system's, if there is one.
    pub policy: Option<PathBuf>,
    /// `--lock FILE`; none for the system's, if there is one.
    pub lock: Option<PathBuf>,
    /// `--locked`: there must be a lock.
    pub locked: bool,
    /// `--allow-unsigned`.
    pub allow_unsigned: bool,
}

/// What is scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeSource {
    /// This machine: file tree under `root`, process table at `proc`. No
    /// process table with `--static`.
    Live {
        /// `/` unless `--root` says otherwise.
        root: PathBuf,
        /// `/proc` unless `--proc` says otherwise; none with `--static`.
        proc: Option<PathBuf>,
    },
    /// A node record: a directory or a `.tar.zst`.
    Record(PathBuf),
}

impl NodeSource {
    /// The root that is scanned, where it is not the running system's own: what
    /// lies in it says nothing about what may judge it.
    pub fn foreign_root(&self) -> Option<&std::path::Path> {
        match self {
            Self::Live { root, .. } => Some(root),
            Self::Record(path) => Some(path),
        }
    }
}

/// Which API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterSource {
    /// None, or a record's own objects.
    None,
    /// `--kubeconfig FILE`; programs it names run only with `--kubeconfig-exec`.
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// Whether it may run a program to get a credential.
        exec: bool,
    },
    /// `--in-cluster`: the service account of the pod we run in.
    InCluster,
}

/// Which checks. Empty lists select everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// `--targets`.
    pub targets: Vec<String>,
    /// `--check`: check ids.
    pub checks: Vec<String>,
    /// `--group`: group ids such as `1.2`.
    pub groups: Vec<String>,
    /// `--skip`: check or group ids. Skipped checks stay in the report.
    pub skip: Vec<String>,
    /// `--level`: 1 selects level 1, 2 selects both.
    pub level: Option<u8>,
    /// Only checks that the benchmark counts, or only those that it does not.
    pub scored: Option<bool>,
    /// Whether names in `skip` that no profile has are passed over: they hide nothing.
    pub skip_strangers: bool,
}

/// What makes a scan fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    /// A scored check that failed.
    #[default]
    Fail,
    /// Also an unscored or manual check that facts judged and that failed.
    Judged,
    /// Also whatever a person must look at.
    Warn,
    /// Nothing does.
    Never,
}
