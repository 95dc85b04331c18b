//! The directory of one process: everything is read relative to its descriptor,
//! so that no read can be answered by another process with the same number.

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, openat, readlinkat};
use rustix::io::Errno;

use super::proc;
use crate::node::Miss;

/// The largest of the small files.
const SMALL: usize = 1 << 20;

/// Why a process is not in the table, or only by its number.
pub(super) enum Skip {
    Gone,
    NotAProcess,
    Refused(String),
}

impl From<Errno> for Skip {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT | Errno::SRCH => Self::Gone,
            Errno::ACCESS | Errno::PERM => Self::Refused("it may not be read: run as root".into()),
            errno => Self::Refused(format!("it cannot be read: {errno}")),
        }
    }
}

impl Skip {
    pub(super) fn miss(self, pid: u32) -> Miss {
        match self {
            Self::Gone | Self::NotAProcess => {
                Miss::Other(format!("process {pid} has ended since it was listed"))
            }
            Self::Refused(_) => refused(pid),
        }
    }
}

pub(super) fn refused(pid: u32) -> Miss {
    Miss::NotPermitted(format!(
        "process {pid} may not be looked into: run as root with CAP_SYS_PTRACE"
    ))
}

/// The directory of one process.
pub(super) struct Folder(OwnedFd);

impl Folder {
    pub(super) fn open(procfs: impl AsFd, name: &str) -> Result<Self, Skip> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(openat(procfs, name, flags, Mode::empty())?))
    }

    pub(super) fn stat(&self) -> Result<proc::Stat, Skip> {
        proc::stat(&self.text("stat")?).ok_or_else(|| Skip::Refused("its stat is torn".into()))
    }

    /// That the process is still the one that started at `start`.
    pub(super) fn check(&self, pid: u32, start: u64) -> Result<(), Miss> {
        let now = self.stat().map_err(|skip| skip.miss(pid))?;
        if now.start == start {
            Ok(())
        } else {
            Err(Skip::Gone.miss(pid))
        }
    }

    pub(super) fn link(&self, name: &str) -> rustix::io::Result<Vec<u8>> {
        Ok(readlinkat(&self.0, name, Vec::new())?.into_bytes())
    }

    /// A small file.
    pub(super) fn text(&self, name: &str) -> rustix::io::Result<Vec<u8>> {
        match self.bytes(name, SMALL)? {
            (bytes, false) => Ok(bytes),
            (_, true) => Err(Errno::FBIG),
        }
    }

    /// At most `limit` bytes, and whether there are more.
    pub(super) fn bytes(&self, name: &str, limit: usize) -> rustix::io::Result<(Vec<u8>, bool)> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = openat(&self.0, name, flags, Mode::empty())?;
        let mut bytes = Vec::new();
        while bytes.len() <= limit {
            let old = bytes.len();
            bytes.resize(old + (32 << 10), 0);
            let count = loop {
                match rustix::io::read(&fd, &mut bytes[old..]) {
                    Err(Errno::INTR) => {}
                    other => break other?,
                }
            };
            bytes.truncate(old + count);
            if count == 0 {
                return Ok((bytes, false));
            }
        }
        bytes.truncate(limit);
        Ok((bytes, true))
    }
}
