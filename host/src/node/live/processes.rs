//! The live process table, read from a procfs and nothing else.
//!
//! Each process is read relative to one descriptor of its directory: if the
//! process ends and its number is given to another, the reads fail instead of
//! mixing the two. Whether the table is the whole node's is worked out in
//! [`super::view`], before any process is looked at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustix::fd::OwnedFd;
use rustix::fs::{Dir, Mode, OFlags, PROC_SUPER_MAGIC, fstatfs, open, openat};
use rustix::io::Errno;

use super::files::Root;
use super::folder::{Folder, Skip, refused};
use super::place::{self, Signs};
use super::translate;
use super::view::View;
use super::{mounts, proc};
use crate::node::{Miss, Place, Process, Processes, Table};

/// A longer argument list is cut, and the process says so.
const ARGUMENTS: usize = 2 << 20;
/// All argument lists together.
const ALL_ARGUMENTS: usize = 64 << 20;
/// A mount table.
pub(super) const MOUNTS: usize = 16 << 20;
/// More processes are not read.
const PROCESSES: usize = 200_000;
/// A process that is replaced while it is read is tried again this often.
const TRIES: usize = 2;

/// A procfs that was opened.
pub(super) struct Procfs {
    fd: OwnedFd,
    path: PathBuf,
    /// Whether the kernel vouches for what is in it.
    genuine: bool,
    root: Arc<Root>,
    table: OnceLock<Result<(View, Table), Miss>>,
}

impl Procfs {
    /// Opens a process table. Paths that processes name are looked up in `root`.
    pub(super) fn open(path: &Path, root: Arc<Root>) -> rustix::io::Result<Self> {
        let fd = open(
            path,
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let genuine = fstatfs(&fd)?.f_type == PROC_SUPER_MAGIC;
        Ok(Self {
            fd,
            path: path.to_owned(),
            genuine,
            root,
            table: OnceLock::new(),
        })
    }

    fn read(&self) -> &Result<(View, Table), Miss> {
        self.table.get_or_init(|| {
            let view = View::of(&self.fd, &self.path, self.genuine, self.root.descriptor());
            let table = self.read_table(&view)?;
            Ok((view, table))
        })
    }

    fn read_table(&self, view: &View) -> Result<Table, Miss> {
        let mut hints = view.hints.clone();
        let mut processes = Vec::new();
        let (mut refused, mut bytes) = (0, 0);
        let pids = self.pids()?;
        if pids.len() > PROCESSES {
            hints.push(format!(
                "there are more than {PROCESSES} processes, the rest was not read"
            ));
        }
        for &pid in pids.iter().take(PROCESSES) {
            let Some(mut process) = self.read_process(pid, view) else {
                continue;
            };
            refused += usize::from(process.comm.is_empty() && process.error.is_some());
            bytes += process.argv.iter().map(String::len).sum::<usize>();
            if bytes > ALL_ARGUMENTS {
                process.argv.clear();
                process.error = Some("the processes before it have too many arguments".into());
            }
            processes.push(process);
        }
        if bytes > ALL_ARGUMENTS {
            hints.push("the arguments of all processes together are too long to keep".into());
        }
        if refused > 0 {
            hints.push(format!("{refused} processes may not be read: run as root"));
        }
        Ok(Table {
            processes,
            complete: hints.is_empty(),
            hint: hints.join("; "),
        })
    }

    fn pids(&self) -> Result<Vec<u32>, Miss> {
        let listing = || -> rustix::io::Result<Vec<u32>> {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let mut pids = Vec::new();
            for entry in Dir::new(openat(&self.fd, ".", flags, Mode::empty())?)? {
                let name = entry?.file_name().to_bytes().to_vec();
                if let Some(pid) = str::from_utf8(&name)
                    .ok()
                    .and_then(|name| name.parse().ok())
                {
                    pids.push(pid);
                }
            }
            pids.sort_unstable();
            Ok(pids)
        };
        listing().map_err(|errno| {
            Miss::Other(format!(
                "the processes in {} cannot be listed: {errno}",
                self.path.display()
            ))
        })
    }

    /// One process; none if it is gone, over, or a thread of the kernel.
    fn read_process(&self, pid: u32, view: &View) -> Option<Process> {
        let mut replaced = None;
        for _ in 0..TRIES {
            match self.try_process(pid, view) {
                Err(Skip::Gone | Skip::NotAProcess) => return None,
                Err(Skip::Refused(reason)) => return Some(unread(pid, reason)),
                Ok((process, true)) => return Some(process),
                Ok((process, false)) => replaced = Some(process),
            }
        }
        replaced.map(|process| Process {
            error: Some("it ran another program each time it was read".into()),
            ..process
        })
    }

    /// Reads a process and says whether it stayed the same meanwhile.
    fn try_process(&self, pid: u32, view: &View) -> Result<(Process, bool), Skip> {
        let dir = Folder::open(&self.fd, &pid.to_string())?;
        let before = dir.stat()?;
        if before.kernel_thread || before.is_over() {
            return Err(Skip::NotAProcess);
        }
        let exe_before = dir.link("exe");
        let mut error = None;
        let (argv, intact) = match dir.bytes("cmdline", ARGUMENTS) {
            Ok((bytes, cut)) => {
                let list: Vec<&[u8]> = proc::arguments(&bytes);
                let intact = list.iter().all(|one| str::from_utf8(one).is_ok());
                if cut {
                    error = Some(format!("its arguments are longer than {ARGUMENTS} bytes"));
                }
                let list = list
                    .iter()
                    .map(|one| String::from_utf8_lossy(one).into_owned());
                (list.collect(), intact)
            }
            Err(Errno::NOENT | Errno::SRCH) => return Err(Skip::Gone),
            Err(errno) => {
                error = Some(format!("its arguments cannot be read: {errno}"));
                (Vec::new(), true)
            }
        };
        if !intact {
            error = Some("an argument is not UTF-8".into());
        }
        // Since Linux 5.18 no program starts without an argument. If they are gone,
        // so is its main thread, and what flags it has cannot be told.
        if argv.is_empty() && error.is_none() {
            error = Some("its arguments are gone".into());
        }
        let status = dir
            .text("status")
            .map(|text| proc::status(&text))
            .unwrap_or_default();
        let cgroup = dir
            .text("cgroup")
            .ok()
            .and_then(|text| String::from_utf8(text).ok());
        let pidns = dir
            .link("ns/pid")
            .ok()
            .and_then(|link| String::from_utf8(link).ok());
        let namespace = |name: &str| String::from_utf8(dir.link(name).ok()?).ok();
        let netns = namespace("ns/net");
        let users = namespace("ns/user");
        let signs = Signs {
            group: cgroup
                .as_deref()
                .map(|lines| place::group(lines, view.cgroup_depth)),
            pid_namespace: view
                .is_node_pid_namespace(pidns.as_deref())
                .or_else(|| status.namespaces.map(|count| count == 1)),
            network: view.is_node_network(netns.as_deref()),
            users: view.is_node_users(users.as_deref()),
        };
        let place = match place::place(signs) {
            Place::Node | Place::Container if !view.is_the_node => Place::Unknown,
            place => place,
        };
        let exe = dir.link("exe");
        let after = dir.stat()?;
        let same = (&before.comm, before.start) == (&after.comm, after.start) && exe_before == exe;
        let process = Process {
            pid,
            ppid: Some(after.ppid),
            uid: status.uid,
            comm: after.comm,
            exe: exe.ok().as_deref().and_then(proc::executable),
            argv,
            start: Some(after.start),
            cgroup: cgroup
                .as_deref()
                .and_then(place::main_path)
                .map(str::to_owned),
            pidns,
            place,
            declared: None,
            error,
        };
        Ok((process, same))
    }

    /// The process of the table, if it is still the same one.
    fn again(&self, pid: u32) -> Result<(&View, Folder, u64), Miss> {
        let (view, table) = self.read().as_ref().map_err(Clone::clone)?;
        let found = table
            .processes
            .binary_search_by_key(&pid, |process| process.pid);
        let process = found.ok().and_then(|index| table.processes.get(index));
        let start = process.ok_or(Miss::NotFound)?.start;
        let start = start.ok_or_else(|| refused(pid))?;
        let dir = Folder::open(&self.fd, &pid.to_string()).map_err(|skip| skip.miss(pid))?;
        dir.check(pid, start)?;
        Ok((view, dir, start))
    }
}

impl Processes for Procfs {
    fn table(&self) -> Result<&Table, Miss> {
        self.read()
            .as_ref()
            .map(|(_, table)| table)
            .map_err(Clone::clone)
    }

    fn environment(&self, pid: u32, names: &[String]) -> Result<BTreeMap<String, String>, Miss> {
        if names.is_empty() {
            return Ok(BTreeMap::new());
        }
        let (_, dir, start) = self.again(pid)?;
        let (environ, cut) = dir
            .bytes("environ", ARGUMENTS)
            .map_err(|errno| Skip::from(errno).miss(pid))?;
        // Not before it is known whose environment this is.
        dir.check(pid, start)?;
        if cut {
            let limit = ARGUMENTS as u64;
            return Err(Miss::TooLarge {
                size: limit + 1,
                limit,
            });
        }
        let mut values = BTreeMap::new();
        for name in names {
            let Some(value) = proc::variable(&environ, name) else {
                continue;
            };
            let value = str::from_utf8(value)
                .map_err(|_| Miss::Other(format!("{name} of process {pid} is not UTF-8")))?;
            values.insert(name.clone(), value.to_owned());
        }
        Ok(values)
    }

    fn translate(&self, pid: u32, path: &str) -> Result<String, Miss> {
        if !path.starts_with('/') {
            return Err(Miss::BadPath(format!(
                "{path:?} is relative to the working directory of process {pid}, which is not followed"
            )));
        }
        let (view, dir, start) = self.again(pid)?;
        let namespace = dir
            .link("ns/mnt")
            .map_err(|errno| Skip::from(errno).miss(pid))?;
        let base = dir
            .link("root")
            .map_err(|errno| Skip::from(errno).miss(pid))?;
        let answer = if view.is_node_mounts(&namespace) == Some(true) {
            if base == b"/" {
                Ok(path.to_owned())
            } else {
                Err(Miss::BadPath(format!(
                    "process {pid} runs under another root directory"
                )))
            }
        } else {
            let node = view.mounts.as_ref().ok_or_else(|| {
                Miss::NotPermitted(
                    "the node's mount table may not be read: run as root with CAP_SYS_PTRACE"
                        .into(),
                )
            })?;
            let (text, cut) = dir
                .bytes("mountinfo", MOUNTS)
                .map_err(|errno| Skip::from(errno).miss(pid))?;
            let table = (!cut).then(|| mounts::parse(&text)).flatten();
            let table = table.ok_or_else(|| {
                Miss::Other(format!(
                    "the mount table of process {pid} cannot be understood"
                ))
            })?;
            translate::follow(&table, node, path, |path| self.root.link_at(path))
        };
        dir.check(pid, start)?;
        answer
    }
}

fn unread(pid: u32, reason: String) -> Process {
    Process {
        pid,
        ppid: None,
        uid: None,
        comm: String::new(),
        exe: None,
        argv: Vec::new(),
        start: None,
        cgroup: None,
        pidns: None,
        place: Place::Unknown,
        declared: None,
        error: Some(reason),
    }
}

#[cfg(test)]
#[path = "processes_tests.rs"]
mod tests;
