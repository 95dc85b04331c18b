//! Resolves a path inside a root one component at a time, for kernels and
//! sandboxes without `openat2`. It gives the same answers: an absolute link
//! starts at the root, `..` stops there, and nothing is opened but `O_PATH`.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, fstat, fstatfs, openat, readlinkat};
use rustix::io::{Errno, Result};

/// As many links as the kernel follows.
const LINKS: usize = 40;
/// The kernel's `PATH_MAX`, which counts the final NUL.
const PATH_MAX: usize = 4096;
/// Components that may wait; 40 links of the longest target stay far below it.
const COMPONENTS: usize = 1 << 17;

/// What the path leads to and the path itself, links resolved.
pub(super) fn walk(root: BorrowedFd<'_>, path: &str) -> Result<(OwnedFd, Vec<u8>)> {
    if path.len() >= PATH_MAX {
        return Err(Errno::NAMETOOLONG);
    }
    // The directories from the root down to where the walk stands. Going up pops
    // one, so that `..` is never asked of a directory somebody has moved away.
    let mut trail: Vec<(OwnedFd, Vec<u8>)> = Vec::new();
    let mut waiting: Vec<Vec<u8>> = Vec::new();
    push(&mut waiting, path.as_bytes())?;
    let mut links = 0;
    while let Some(name) = waiting.pop() {
        let here = trail.last().map_or(root, |(fd, _)| fd.as_fd());
        match name.as_slice() {
            b"" | b"." => drop(open(here, b".")?),
            b".." => {
                open(here, b".")?;
                trail.pop();
            }
            name => {
                let fd = open(here, name)?;
                if FileType::from_raw_mode(fstat(&fd)?.st_mode) != FileType::Symlink {
                    trail.push((fd, name.to_vec()));
                    continue;
                }
                links += 1;
                if links > LINKS || fstatfs(&fd)?.f_type == rustix::fs::PROC_SUPER_MAGIC {
                    return Err(Errno::LOOP);
                }
                let target = readlinkat(&fd, "", Vec::new())?.into_bytes();
                if target.is_empty() {
                    return Err(Errno::NOENT);
                }
                if target.starts_with(b"/") {
                    trail.clear();
                }
                push(&mut waiting, &target)?;
            }
        }
    }
    let mut resolved = Vec::new();
    for (_, name) in &trail {
        resolved.push(b'/');
        resolved.extend_from_slice(name);
    }
    if resolved.is_empty() {
        resolved.push(b'/');
    }
    let fd = match trail.pop() {
        Some((fd, _)) => fd,
        None => open(root, b".")?,
    };
    Ok((fd, resolved))
}

fn open(here: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd> {
    openat(
        here,
        name,
        OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// Puts a path's components on the stack, the first on top. An empty last
/// component (a trailing slash) stays: what it follows must be a directory.
fn push(waiting: &mut Vec<Vec<u8>>, path: &[u8]) -> Result<()> {
    let relative = path
        .iter()
        .position(|&byte| byte != b'/')
        .unwrap_or(path.len());
    waiting.extend(
        path[relative..]
            .split(|&byte| byte == b'/')
            .rev()
            .map(<[u8]>::to_vec),
    );
    if waiting.len() > COMPONENTS {
        Err(Errno::NAMETOOLONG)
    } else {
        Ok(())
    }
}
