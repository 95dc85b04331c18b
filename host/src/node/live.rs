//! A node as it is now: its file tree under a root and its process table in a procfs.

mod contents;
mod declared;
mod files;
mod folder;
mod mounts;
mod place;
mod proc;
mod processes;
mod translate;
mod users;
mod view;
mod walk;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::declared::Declared;
use self::files::{Root, Tree};
use self::processes::Procfs;
use super::{Cluster, Files, Identity, Node, Origin, Processes};

/// Why a live node could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// There is no such directory, or it may not be entered.
    #[error("the root {} cannot be opened: name a directory with --root", .path.display())]
    Root {
        /// What was asked for.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// There is no process table to read.
    #[error("the process table {} cannot be opened: name a mounted procfs with --proc", .path.display())]
    Proc {
        /// What was asked for.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

/// Opens the file tree under `root` and, unless only the tree is scanned, the
/// process table in `proc`. The name is the one given, else the node's own.
pub fn open(
    root: &Path,
    proc: Option<&Path>,
    node_name: Option<&str>,
    cluster: Box<dyn Cluster>,
) -> Result<Node, LiveError> {
    let tree = Root::open(root).map_err(|source| LiveError::Root {
        path: root.to_owned(),
        source,
    })?;
    let whole_machine = root == Path::new("/");
    let name = match node_name {
        Some(name) => name.to_owned(),
        None => host_name(&tree)
            .or_else(|| whole_machine.then(kernel_host_name).flatten())
            .unwrap_or_default(),
    };
    let (origin, source, processes): (_, _, Box<dyn Processes>) = match proc {
        Some(path) => {
            let table = Procfs::open(path, Arc::clone(&tree)).map_err(|errno| LiveError::Proc {
                path: path.to_owned(),
                source: errno.into(),
            })?;
            let source = format!(
                "live: root {}, processes {}",
                root.display(),
                path.display()
            );
            (Origin::Live, source, Box::new(table))
        }
        None => (
            Origin::Tree,
            format!("tree: root {}, without processes", root.display()),
            Box::new(Declared::read(&Tree(Arc::clone(&tree)), TREE_ONLY)),
        ),
    };
    // A tree may be that of another machine; this one's platform says nothing of it.
    let platform = if origin == Origin::Live {
        platform()
    } else {
        String::new()
    };
    let identity = Identity {
        name,
        origin,
        source,
        captured: None,
        kubernetes_version: None,
        platform,
    };
    Ok(Node {
        identity,
        files: Box::new(Tree(tree)),
        processes,
        cluster,
    })
}

/// The name that the tree's `/etc/hostname` states.
fn host_name(tree: &Arc<Root>) -> Option<String> {
    let found = Tree(Arc::clone(tree)).find("/etc/hostname").ok()?;
    let text = String::from_utf8(found.read(4096).ok()?.bytes).ok()?;
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))?;
    usable_name(line)
}

fn kernel_host_name() -> Option<String> {
    usable_name(
        std::fs::read_to_string("/proc/sys/kernel/hostname")
            .ok()?
            .trim(),
    )
}

/// A name as DNS knows it, or nothing: it comes from a file and goes into reports.
fn usable_name(name: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (!name.is_empty() && name.len() <= 253 && name.bytes().all(plain)).then(|| name.to_owned())
}

/// `linux/amd64`, in the words that Kubernetes uses.
fn platform() -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "loongarch64" => "loong64",
        "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
        "powerpc64" => "ppc64",
        other => other,
    };
    format!("{}/{architecture}", std::env::consts::OS)
}

/// A scan that was asked for the tree only sees no process, and claims of none
/// that it is absent.
const TREE_ONLY: &str =
    "only a file tree is scanned: leave out --static, and name a procfs with --proc";

#[cfg(test)]
#[path = "live/tests.rs"]
mod tests;
