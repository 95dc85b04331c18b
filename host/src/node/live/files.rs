//! The live file tree: every path is resolved inside one root, described before
//! it is opened, and opened only if it is a regular file or a directory.
//!
//! A lookup gives an `O_PATH` descriptor, which has no effect on what it names:
//! a FIFO does not block and a tape does not rewind. Only after `fstat` has said
//! what it is, that same object is reopened for reading through
//! `/proc/self/fd`, so nothing can be put in its place in between.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use rustix::fs::{
    CWD, Dir, FileType, Mode, OFlags, PROC_SUPER_MAGIC, ResolveFlags, fstat, fstatfs, open, openat,
    openat2, readlinkat,
};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::users::{self, Names};
use super::walk::walk;
use crate::node::{Contents, File, Files, Kind, Listing, Miss, Stat};

/// A path that changes under the lookup this often is given up.
const LOOKUPS: usize = 64;
/// Contents that change while they are read this often are given up.
const READS: usize = 4;

/// A directory that stands for a node's `/`.
pub(super) struct Root {
    fd: OwnedFd,
    /// Our own `/proc/self/fd`, if there is a real one.
    reopen: Option<OwnedFd>,
    resolver: Resolver,
    names: OnceLock<Names>,
}

/// Who resolves paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resolver {
    /// `openat2`.
    Kernel,
    /// [`walk`].
    Walk,
}

impl Root {
    /// Opens the root once; every path starts from this descriptor.
    pub(super) fn open(path: &Path) -> io::Result<Arc<Self>> {
        let fd = open(
            path,
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let reopen = own_descriptors();
        // An old kernel says ENOSYS, a seccomp profile that predates it EPERM.
        let probe = openat2(
            &fd,
            ".",
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
            IN_ROOT,
        );
        let resolver = match (probe, &reopen) {
            (Ok(_), Some(_)) => Resolver::Kernel,
            _ => Resolver::Walk,
        };
        Ok(Arc::new(Self {
            fd,
            reopen,
            resolver,
            names: OnceLock::new(),
        }))
    }

    /// The same root without `openat2`.
    #[cfg(test)]
    fn walking(path: &Path) -> Arc<Self> {
        let root = Self::open(path).map(Arc::into_inner).unwrap().unwrap();
        Arc::new(Self {
            resolver: Resolver::Walk,
            ..root
        })
    }

    /// Finds a path and describes it.
    pub(super) fn find(self: &Arc<Self>, path: &str) -> Result<Found, Miss> {
        let (fd, resolved) = self.lookup(path)?;
        let (mut stat, mark) = describe(&fd, resolved).map_err(|errno| miss(errno, path))?;
        let names = self.names.get_or_init(|| self.read_names());
        stat.owner = names.users.get(&stat.uid).cloned();
        stat.group = names.groups.get(&stat.gid).cloned();
        Ok(Found {
            fd,
            stat,
            mark,
            root: Arc::clone(self),
        })
    }

    /// The target of `path` if it is a link; links on the way to it are followed.
    pub(super) fn link_at(&self, path: &str) -> Result<Option<String>, Miss> {
        let Some((parent, name)) = path.rsplit_once('/') else {
            return Err(Miss::BadPath(format!("{path:?} is not an absolute path")));
        };
        if name.is_empty() {
            return Ok(None);
        }
        let (parent, _) = self.lookup(if parent.is_empty() { "/" } else { parent })?;
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = openat(parent, name, flags, Mode::empty()).map_err(|errno| miss(errno, path))?;
        match readlinkat(&fd, "", Vec::new()) {
            Ok(target) => target.into_string().map(Some).map_err(|_| {
                Miss::BadPath(format!("{path:?} is a link to a name that is not UTF-8"))
            }),
            // It is not a link.
            Err(Errno::INVAL | Errno::NOENT) => Ok(None),
            Err(errno) => Err(miss(errno, path)),
        }
    }

    /// What `path` names and where, inside the root, it is.
    fn lookup(&self, path: &str) -> Result<(OwnedFd, String), Miss> {
        if !path.starts_with('/') || path.contains('\0') {
            return Err(Miss::BadPath(format!("{path:?} is not an absolute path")));
        }
        let (fd, resolved) = match self.resolver {
            Resolver::Kernel => self.lookup_in_kernel(path)?,
            Resolver::Walk => walk(self.fd.as_fd(), path).map_err(|errno| miss(errno, path))?,
        };
        // procfs is full of doors to other roots, and its files describe the
        // scanner's machine, not the scanned tree.
        if fstatfs(&fd).map_err(|errno| miss(errno, path))?.f_type == PROC_SUPER_MAGIC {
            return Err(Miss::BadPath(format!(
                "{path:?} leads into procfs, which is not walked"
            )));
        }
        let resolved = String::from_utf8(resolved)
            .map_err(|_| Miss::BadPath(format!("{path:?} leads to a name that is not UTF-8")))?;
        Ok((fd, resolved))
    }

    fn lookup_in_kernel(&self, path: &str) -> Result<(OwnedFd, Vec<u8>), Miss> {
        for _ in 0..LOOKUPS {
            let flags = OFlags::PATH | OFlags::CLOEXEC;
            match openat2(&self.fd, path, flags, Mode::empty(), IN_ROOT) {
                // Something on the way was renamed meanwhile.
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(errno) => return Err(miss(errno, path)),
                Ok(fd) => {
                    let resolved = self.place_of(&fd).map_err(|errno| miss(errno, path))?;
                    if let Some(resolved) = resolved {
                        return Ok((fd, resolved));
                    }
                }
            }
        }
        Err(Miss::Raced)
    }

    /// The descriptor's path inside the root; none if it has just left it.
    fn place_of(&self, fd: &OwnedFd) -> rustix::io::Result<Option<Vec<u8>>> {
        let there = self.link_of(fd)?;
        let root = self.link_of(&self.fd)?;
        if there.ends_with(b" (deleted)") && fstat(fd)?.st_nlink == 0 {
            return Ok(None);
        }
        let root = root.strip_suffix(b"/").unwrap_or(&root);
        Ok(match there.strip_prefix(root) {
            Some(b"") => Some(b"/".to_vec()),
            Some(inside) if inside.starts_with(b"/") => Some(inside.to_vec()),
            _ => None,
        })
    }

    fn link_of(&self, fd: &OwnedFd) -> rustix::io::Result<Vec<u8>> {
        let descriptors = self.reopen.as_ref().ok_or(Errno::NOENT)?;
        let link = readlinkat(descriptors, fd.as_raw_fd().to_string(), Vec::new())?;
        Ok(link.into_bytes())
    }

    fn read_names(&self) -> Names {
        let read = |path: &str| {
            let (fd, resolved) = self.lookup(path).ok()?;
            let (stat, mark) = describe(&fd, resolved).ok()?;
            if stat.kind != Kind::Regular {
                return None;
            }
            let mut file = self.reopen(&fd, path, OFlags::empty()).ok()?;
            steady(&mut file, &mark, users::LIMIT, read_whole).ok()
        };
        let parse = |path| {
            read(path)
                .map(|text| users::parse(&text))
                .unwrap_or_default()
        };
        Names {
            users: parse("/etc/passwd"),
            groups: parse("/etc/group"),
        }
    }

    /// Opens for reading what `fd` already names. Call it only for a regular
    /// file or a directory.
    fn reopen(&self, fd: &OwnedFd, path: &str, flags: OFlags) -> Result<std::fs::File, Miss> {
        let descriptors = self.reopen.as_ref().ok_or_else(|| {
            Miss::Other("nothing can be read without /proc/self/fd: mount procfs at /proc".into())
        })?;
        let name = fd.as_raw_fd().to_string();
        let flags = flags | OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let quiet = openat(descriptors, &name, flags | OFlags::NOATIME, Mode::empty());
        let opened = match quiet {
            // Only the owner may leave the access time alone.
            Err(Errno::PERM) => openat(descriptors, &name, flags, Mode::empty()),
            other => other,
        };
        opened
            .map(std::fs::File::from)
            .map_err(|errno| match errno {
                // It has been found; it cannot be absent.
                Errno::NOENT | Errno::STALE => Miss::Raced,
                errno => miss(errno, path),
            })
    }
}

const IN_ROOT: ResolveFlags = ResolveFlags::IN_ROOT.union(ResolveFlags::NO_MAGICLINKS);

/// Our own open descriptors as links, if `/proc` really is procfs.
fn own_descriptors() -> Option<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = openat(CWD, "/proc/self/fd", flags, Mode::empty()).ok()?;
    (fstatfs(&fd).ok()?.f_type == PROC_SUPER_MAGIC).then_some(fd)
}

/// The file tree under a root.
pub(super) struct Tree(pub(super) Arc<Root>);

impl Files for Tree {
    fn find(&self, path: &str) -> Result<Box<dyn File>, Miss> {
        Ok(Box::new(self.0.find(path)?))
    }
}

/// One file or directory of a live tree.
pub(super) struct Found {
    fd: OwnedFd,
    stat: Stat,
    mark: Mark,
    root: Arc<Root>,
}

impl Found {
    fn contents<T>(&self, limit: u64, take: Take<T>) -> Result<T, Miss> {
        if self.stat.kind != Kind::Regular {
            return Err(Miss::WrongType(self.stat.kind.word()));
        }
        if self.stat.size > limit {
            return Err(Miss::TooLarge {
                size: self.stat.size,
                limit,
            });
        }
        let mut file = self
            .root
            .reopen(&self.fd, &self.stat.resolved, OFlags::empty())?;
        steady(&mut file, &self.mark, limit, take)
    }
}

impl File for Found {
    fn stat(&self) -> &Stat {
        &self.stat
    }

    fn read(&self, limit: u64) -> Result<Contents, Miss> {
        let bytes = self.contents(limit, read_whole)?;
        let sha256 = hex(&Sha256::digest(&bytes));
        Ok(Contents { bytes, sha256 })
    }

    fn digest(&self, limit: u64) -> Result<String, Miss> {
        self.contents(limit, |source, _| {
            let mut hash = Sha256::new();
            let mut buffer = [0; 64 << 10];
            let mut total = 0;
            loop {
                let count = match source.read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    other => other?,
                };
                if count == 0 {
                    return Ok((total, hex(&hash.finalize())));
                }
                total += count as u64;
                hash.update(&buffer[..count]);
            }
        })
    }

    fn list(&self, limit: usize) -> Result<Listing, Miss> {
        if self.stat.kind != Kind::Directory {
            return Err(Miss::WrongType(self.stat.kind.word()));
        }
        let path = &self.stat.resolved;
        // It has been found; a directory removed since is not an absent one.
        let fail = |errno| {
            if errno == Errno::NOENT {
                Miss::Raced
            } else {
                miss(errno, path)
            }
        };
        let mut last = None;
        for _ in 0..READS {
            let directory = self.root.reopen(&self.fd, path, OFlags::DIRECTORY)?;
            let mut directory = Dir::new(directory).map_err(fail)?;
            let before = Mark::of(&directory.stat().map_err(fail)?);
            let listing = names(&mut directory, limit).map_err(fail)?;
            if !listing.complete || Mark::of(&directory.stat().map_err(fail)?) == before {
                return Ok(listing);
            }
            last = Some(listing);
        }
        // Names come and go faster than they can be read.
        let listing = last.ok_or(Miss::Raced)?;
        Ok(Listing {
            complete: false,
            ..listing
        })
    }
}

fn names(directory: &mut Dir, limit: usize) -> rustix::io::Result<Listing> {
    let mut names = Vec::new();
    let mut complete = true;
    for entry in directory {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        if names.len() >= limit {
            complete = false;
            break;
        }
        match name.to_str() {
            Ok(name) => names.push(name.to_owned()),
            Err(_) => complete = false,
        }
    }
    names.sort_unstable();
    Ok(Listing { names, complete })
}

/// What changes when contents do.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    size: i64,
    mtime: (i64, i64),
}

impl Mark {
    fn of(stat: &rustix::fs::Stat) -> Self {
        #[expect(
            clippy::unnecessary_cast,
            reason = "the fields differ between architectures"
        )]
        let mtime = (stat.st_mtime as i64, stat.st_mtime_nsec as i64);
        Self {
            size: stat.st_size,
            mtime,
        }
    }
}

/// Takes something from at most `limit + 1` bytes and says how many there were.
type Take<T> = fn(&mut dyn Read, u64) -> io::Result<(u64, T)>;

/// Takes the contents while they stay what they were when the file was found.
fn steady<T>(file: &mut std::fs::File, found: &Mark, limit: u64, take: Take<T>) -> Result<T, Miss> {
    let failed = |error: io::Error| Miss::Other(format!("cannot be read: {error}"));
    for _ in 0..READS {
        let before = Mark::of(&fstat(&*file).map_err(|errno| failed(errno.into()))?);
        let size = u64::try_from(before.size).unwrap_or(0);
        if size > limit {
            return Err(Miss::TooLarge { size, limit });
        }
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let (read, taken) =
            take(&mut (&*file).take(limit.saturating_add(1)), size).map_err(failed)?;
        if read > limit {
            return Err(Miss::TooLarge {
                size: read.max(size),
                limit,
            });
        }
        let after = Mark::of(&fstat(&*file).map_err(|errno| failed(errno.into()))?);
        if before == after && before == *found {
            return Ok(taken);
        }
    }
    Err(Miss::Raced)
}

fn read_whole(source: &mut dyn Read, size: u64) -> io::Result<(u64, Vec<u8>)> {
    // The size is checked against the limit before, so it can be trusted for this.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
    source.read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64, bytes))
}

fn describe(fd: &OwnedFd, resolved: String) -> rustix::io::Result<(Stat, Mark)> {
    let stat = fstat(fd)?;
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::Regular,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Symlink,
        FileType::Fifo => Kind::Fifo,
        FileType::Socket => Kind::Socket,
        FileType::CharacterDevice => Kind::CharDevice,
        FileType::BlockDevice => Kind::BlockDevice,
        FileType::Unknown => Kind::Unknown,
    };
    let described = Stat {
        kind,
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        owner: None,
        group: None,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        resolved,
    };
    Ok((described, Mark::of(&stat)))
}

/// What an error number says about the path. `ENOENT` is an honest "not there":
/// where a directory on the way may not be searched, the kernel says `EACCES`.
fn miss(errno: Errno, path: &str) -> Miss {
    match errno {
        Errno::NOENT | Errno::NOTDIR => Miss::NotFound,
        Errno::ACCESS | Errno::PERM => Miss::NotPermitted(format!(
            "the scanner may not look at {path:?}: run it as root"
        )),
        Errno::LOOP => Miss::BadPath(format!(
            "{path:?} leads through too many links, or a magic one"
        )),
        Errno::NAMETOOLONG => Miss::BadPath(format!("a path of {} bytes is too long", path.len())),
        Errno::XDEV => Miss::BadPath(format!("{path:?} leads out of the scanned root")),
        Errno::MFILE | Errno::NFILE => {
            Miss::Other("too many files are open: raise the limit (ulimit -n)".into())
        }
        errno => Miss::Other(format!("{path:?}: {}", io::Error::from(errno))),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
