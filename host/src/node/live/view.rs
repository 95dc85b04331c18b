//! How much of the node a procfs shows, and which namespaces are the node's.
//!
//! "No kubelet runs here" may only be said by somebody who would have seen one.
//! A container's own procfs shows its own processes, and a mount option can hide
//! those of others. So the table counts as whole only on evidence.

use std::path::Path;

use rustix::fd::{AsRawFd, OwnedFd};

use super::folder::Folder;
use super::mounts::{self, Mounts};
use super::place;
use super::proc;
use super::processes::MOUNTS;

/// The kernel gives the first namespace of each kind a fixed number: PID since
/// and user long ago, network and mount lately. Nothing else ever has these.
const INITIAL_PID: &[u8] = b"pid:[4026531836]";
const INITIAL_NET: &[u8] = b"net:[4026531833]";
const INITIAL_MNT: &[u8] = b"mnt:[4026531832]";
const INITIAL_USER: &[u8] = b"user:[4026531837]";

/// `CAP_SYS_PTRACE`, which sees through `hidepid`.
const PTRACE: u64 = 1 << 19;

/// What is known of a procfs before its processes are read.
#[derive(Debug, Default)]
pub(super) struct View {
    /// Why it may not show everything, each with its cure. None: it shows everything.
    pub(super) hints: Vec<String>,
    pid: Namespace,
    net: Namespace,
    mnt: Namespace,
    user: Namespace,
    /// The node's mount table.
    pub(super) mounts: Option<Mounts>,
    /// See [`place::depth`].
    pub(super) cgroup_depth: usize,
    /// Whether its processes are those of the machine whose files are scanned,
    /// as far as that can be told.
    pub(super) is_the_node: bool,
}

/// One of the node's namespaces.
#[derive(Debug, Default)]
struct Namespace {
    link: Option<Vec<u8>>,
    /// The link is that of the node's first process, so another link is another
    /// namespace. Otherwise it is only what the first namespace would be called.
    certain: bool,
}

impl Namespace {
    fn of(init: Option<&Folder>, name: &str, initial: &[u8]) -> Self {
        match init.and_then(|init| init.link(name).ok()) {
            Some(link) => Self {
                link: Some(link),
                certain: true,
            },
            None => Self {
                link: Some(initial.to_vec()),
                certain: false,
            },
        }
    }

    fn is(&self, link: &[u8]) -> Option<bool> {
        match &self.link {
            Some(own) if own == link => Some(true),
            Some(_) if self.certain => Some(false),
            _ => None,
        }
    }
}

impl View {
    /// Looks at the first process, at the kernel's threads and at the scanner itself.
    pub(super) fn of(procfs: &OwnedFd, path: &Path, genuine: bool, root: &OwnedFd) -> Self {
        let init = Folder::open(procfs, "1").ok();
        let own = Folder::open(procfs, "self").ok();
        let mut view = Self {
            hints: Vec::new(),
            pid: Namespace::of(init.as_ref(), "ns/pid", INITIAL_PID),
            net: Namespace::of(init.as_ref(), "ns/net", INITIAL_NET),
            mnt: Namespace::of(init.as_ref(), "ns/mnt", INITIAL_MNT),
            user: Namespace::of(init.as_ref(), "ns/user", INITIAL_USER),
            mounts: None,
            cgroup_depth: 0,
            is_the_node: genuine,
        };
        let lines = init.as_ref().and_then(|init| init.text("cgroup").ok());
        view.cgroup_depth = place::depth(&String::from_utf8_lossy(&lines.unwrap_or_default()));
        view.mounts = view.node_mounts(init.as_ref(), own.as_ref());
        let path = path.display();
        if !genuine {
            view.hints.push(format!(
                "{path} is not a mounted procfs: mount the node's there, or name it with --proc"
            ));
            return view;
        }
        if !shows_the_node(procfs, init.as_ref(), own.as_ref()) {
            // The table of a container whose root is scanned belongs to it, as in
            // a node that is itself a container. Beside any other root it does not.
            view.is_the_node = is_root_of(root, init.as_ref(), own.as_ref()) == Some(true);
            view.hints.push(format!(
                "{path} shows a private PID namespace, not the node's: run on the node, or in a pod with hostPID: true"
            ));
        }
        let hides = hides_processes(procfs, own.as_ref());
        if hides != Some(false) && !sees_through(init.as_ref(), own.as_ref()) {
            let why = if hides.is_some() {
                "is mounted with hidepid"
            } else {
                "may hide processes"
            };
            view.hints.push(format!(
                "{path} {why}: run as root with CAP_SYS_PTRACE, or remount it with hidepid=0"
            ));
        }
        view
    }

    fn node_mounts(&self, init: Option<&Folder>, own: Option<&Folder>) -> Option<Mounts> {
        let read = |folder: &Folder| mounts::parse(&folder.bytes("mountinfo", MOUNTS).ok()?.0);
        init.and_then(read).or_else(|| {
            // Where the first process is closed to us, we may still share its mounts.
            let own = own?;
            let shared = self.is_node_mounts(&own.link("ns/mnt").ok()?) == Some(true);
            if shared && own.link("root").ok()? == b"/" {
                read(own)
            } else {
                None
            }
        })
    }

    /// Whether this is the node's PID namespace.
    pub(super) fn is_node_pid_namespace(&self, link: Option<&str>) -> Option<bool> {
        self.pid.is(link?.as_bytes())
    }

    /// Whether this is the node's network namespace.
    pub(super) fn is_node_network(&self, link: Option<&str>) -> Option<bool> {
        self.net.is(link?.as_bytes())
    }

    /// Whether this is the node's user namespace.
    pub(super) fn is_node_users(&self, link: Option<&str>) -> Option<bool> {
        self.user.is(link?.as_bytes())
    }

    /// Whether this is the node's mount namespace.
    pub(super) fn is_node_mounts(&self, link: &[u8]) -> Option<bool> {
        self.mnt.is(link)
    }
}

/// Whether a procfs is that of the initial PID namespace. Any of these proves it:
/// the first process is in it; a kernel thread is to be seen; the scanner is in
/// it (and a procfs shows only what is in its namespace and below).
fn shows_the_node(procfs: &OwnedFd, init: Option<&Folder>, own: Option<&Folder>) -> bool {
    let namespace = |folder: Option<&Folder>| folder.and_then(|it| it.link("ns/pid").ok());
    if let Some(link) = namespace(init) {
        return link == INITIAL_PID;
    }
    let threads = Folder::open(procfs, "2").and_then(|thread| thread.stat());
    threads.is_ok_and(|thread| thread.kernel_thread)
        || namespace(own).is_some_and(|link| link == INITIAL_PID)
}

/// Whether the scanned root is what the first process has for its root.
fn is_root_of(root: &OwnedFd, init: Option<&Folder>, own: Option<&Folder>) -> Option<bool> {
    let mounted = |folder: &Folder| mounts::parse(&folder.bytes("mountinfo", MOUNTS).ok()?.0);
    let own = own?;
    let here = own.link(&format!("fd/{}", root.as_raw_fd())).ok()?;
    let table = mounted(own)?;
    let scanned = table.by_id(mount_of(root, own)?)?;
    // A directory inside a mount is not the root of anything.
    Some(scanned.is_at(&here) && mounted(init?)?.root()?.shows_the_same_as(scanned))
}

/// The id of the mount that a descriptor of ours is on.
fn mount_of(fd: &OwnedFd, own: &Folder) -> Option<u32> {
    let info = own.text(&format!("fdinfo/{}", fd.as_raw_fd())).ok()?;
    let info = String::from_utf8(info).ok()?;
    info.lines()
        .find_map(|line| line.strip_prefix("mnt_id:"))?
        .trim()
        .parse()
        .ok()
}

/// Whether the mount hides other users' processes; none if that cannot be told.
fn hides_processes(procfs: &OwnedFd, own: Option<&Folder>) -> Option<bool> {
    let own = own?;
    let table = mounts::parse(&own.bytes("mountinfo", MOUNTS).ok()?.0)?;
    let options = &table.by_id(mount_of(procfs, own)?)?.options;
    let hides = options.split(|&byte| byte == b',').any(|option| {
        option
            .strip_prefix(b"hidepid=")
            .is_some_and(|value| value != b"0" && value != b"off")
    });
    Some(hides)
}

/// Whether the scanner sees hidden processes too. The capability alone would not
/// do: in a user namespace of its own everybody has it.
fn sees_through(init: Option<&Folder>, own: Option<&Folder>) -> bool {
    let capabilities = own.and_then(|own| proc::status(&own.text("status").ok()?).capabilities);
    capabilities.is_some_and(|bits| bits & PTRACE != 0)
        && init.is_some_and(|init| init.link("ns/pid").is_ok())
}
