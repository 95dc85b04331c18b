//! Flags that say which machine and which API server.

use std::path::{Path, PathBuf};

use clap::Args;

use super::UsageError;
use crate::config::Settings;
use crate::request::{ClusterSource, NodeSource};

/// What is looked at.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is looked at")]
pub struct NodeArgs {
    /// The file tree, where it is mounted elsewhere than at /
    #[arg(long, value_name = "DIR", env = "CISB_ROOT", hide_env_values = true)]
    pub root: Option<PathBuf>,

    /// The process table; needed with --root, so that two machines are never mixed
    #[arg(
        long,
        value_name = "DIR",
        env = "CISB_PROC",
        hide_env_values = true,
        conflicts_with = "static_tree"
    )]
    pub proc: Option<PathBuf>,

    /// Judge the tree without processes: a rendered tree or an image before rollout
    #[arg(long = "static")]
    pub static_tree: bool,

    /// Ask the API server that this file names
    #[arg(
        long,
        value_name = "FILE",
        env = "CISB_KUBECONFIG",
        hide_env_values = true,
        conflicts_with = "in_cluster"
    )]
    pub kubeconfig: Option<PathBuf>,

    /// Let the kubeconfig run the program that it names to get a credential
    #[arg(long, requires = "kubeconfig")]
    pub kubeconfig_exec: bool,

    /// Ask the API server with the service account of the pod that cisb runs in
    #[arg(long)]
    pub in_cluster: bool,

    /// A name for the cluster in the report
    #[arg(
        long,
        value_name = "NAME",
        env = "CISB_CLUSTER",
        hide_env_values = true
    )]
    pub cluster: Option<String>,

    /// A name for the node in the report; its own if absent
    #[arg(
        long,
        value_name = "NAME",
        env = "CISB_NODE_NAME",
        hide_env_values = true
    )]
    pub node_name: Option<String>,
}

/// This machine, or a tree of it.
pub(super) fn live(args: &NodeArgs, settings: &Settings) -> Result<NodeSource, UsageError> {
    let root = match (&args.root, &settings.root) {
        (Some(root), _) | (None, Some(root)) => root.clone(),
        (None, None) => PathBuf::from("/"),
    };
    let proc = match (&args.proc, &settings.proc) {
        _ if args.static_tree => None,
        (Some(proc), _) => Some(proc.clone()),
        // A root from the command line is not the one that the file's /proc belongs to.
        (None, Some(proc)) if args.root.is_none() => Some(proc.clone()),
        _ if is_top(&root) => Some(PathBuf::from("/proc")),
        _ => return Err(UsageError::RootWithoutProc(root)),
    };
    Ok(NodeSource::Live { root, proc })
}

/// A record, or this machine.
pub(super) fn source(
    node: Option<PathBuf>,
    args: &NodeArgs,
    settings: &Settings,
) -> Result<NodeSource, UsageError> {
    let Some(record) = node.filter(|node| node != Path::new("live")) else {
        return live(args, settings);
    };
    let foreign = [
        (args.root.is_some(), "--root"),
        (args.proc.is_some(), "--proc"),
        (args.static_tree, "--static"),
        // It would set the objects of one cluster beside the files of another node.
        (args.kubeconfig.is_some(), "--kubeconfig"),
        (args.in_cluster, "--in-cluster"),
    ];
    match foreign.into_iter().find(|(given, _)| *given) {
        Some((_, flag)) => Err(UsageError::RecordAnd(record, flag)),
        None => Ok(NodeSource::Record(record)),
    }
}

/// The API server; flags before the settings, of which only one is taken.
pub(super) fn cluster(args: &NodeArgs, settings: &Settings) -> ClusterSource {
    if let Some(path) = &args.kubeconfig {
        ClusterSource::Kubeconfig {
            path: path.clone(),
            exec: args.kubeconfig_exec,
        }
    } else if args.in_cluster || (settings.in_cluster && settings.kubeconfig.is_none()) {
        ClusterSource::InCluster
    } else if let Some(path) = &settings.kubeconfig {
        ClusterSource::Kubeconfig {
            path: path.clone(),
            exec: false,
        }
    } else {
        ClusterSource::None
    }
}

/// Whether a path is `/`, however it is written.
fn is_top(path: &Path) -> bool {
    path.is_absolute() && path.components().count() == 1
}
