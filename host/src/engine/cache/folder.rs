//! The folder of a cache: opened so that nobody else can have put anything into
//! it, and every file in it through that one open folder.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, Stat};
use rustix::io::Errno;

/// What a file is called while it is written.
pub(super) const FRESH: &str = ".new";
/// Everything that is opened here.
const ALWAYS: OFlags = OFlags::CLOEXEC.union(OFlags::NOFOLLOW);

/// Why a folder is no cache.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {what}")]
pub struct FolderError {
    /// The folder, or the one above it that is to blame.
    pub(super) path: PathBuf,
    /// Why, and the way out.
    pub(super) what: String,
    /// Whether it is another user's, which is nothing to warn of.
    pub(super) foreign: bool,
}

/// Why a file of the folder is not used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("it is {0}, not a file")]
    Kind(&'static str),
    #[error("it belongs to uid {0}, not to you")]
    Owner(u32),
    #[error("its mode {0:04o} lets others {1}")]
    Mode(u32, &'static str),
    #[error("it has {0} bytes, and no entry has more than {1}")]
    TooLarge(u64, u64),
    #[error("it cannot be read: {0}")]
    System(#[from] io::Error),
}

/// A folder that belongs to this user and that nobody else can write.
pub(super) struct Folder {
    fd: OwnedFd,
    path: PathBuf,
    user: u32,
}

/// What is wrong with a folder, or none.
type Opened<T> = Result<T, FolderError>;

impl Folder {
    /// Opens the folder; none if there is none.
    pub(super) fn open(path: &Path) -> Opened<Option<Self>> {
        Self::walk(path, false)
    }

    /// Opens the folder, and makes it and what is missing above it.
    pub(super) fn make(path: &Path) -> Opened<Self> {
        Self::walk(path, true)?
            .ok_or_else(|| error(path, "it was removed while it was made: try again"))
    }

    /// Walks down from `/`, so that each folder is looked at and then held.
    fn walk(path: &Path, make: bool) -> Opened<Option<Self>> {
        let user = rustix::process::geteuid().as_raw();
        let cannot = |at: &Path, errno: io::Error| error(at, format!("cannot open it: {errno}"));
        let (real, above) = real(path).map_err(|errno| cannot(path, errno))?;
        let mut fd = rustix::fs::open(
            "/",
            OFlags::PATH | ALWAYS | OFlags::DIRECTORY,
            Mode::empty(),
        )
        .map_err(|errno| cannot(Path::new("/"), errno.into()))?;
        let mut at = PathBuf::from("/");
        let root = rustix::fs::fstat(&fd).map_err(|errno| cannot(&at, errno.into()))?;
        // Where there is no cache, nothing above it matters.
        let mut safe = passage(&at, &root, user);
        let last = above.components().count();
        for (depth, name) in real.components().enumerate() {
            let Component::Normal(name) = name else {
                continue;
            };
            at.push(name);
            let flags = OFlags::PATH | ALWAYS;
            let mut next = rustix::fs::openat(&fd, name, flags, Mode::empty());
            if make && matches!(next, Err(Errno::NOENT)) {
                safe?;
                safe = Ok(());
                let mode = match depth == last {
                    true => Mode::RWXU,
                    false => Mode::RWXU | Mode::RGRP | Mode::XGRP | Mode::ROTH | Mode::XOTH,
                };
                match rustix::fs::mkdirat(&fd, name, mode) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(errno) => return Err(error(&at, format!("cannot make it: {errno}"))),
                }
                next = rustix::fs::openat(&fd, name, flags, Mode::empty());
            }
            fd = match next {
                Ok(next) => next,
                Err(Errno::NOENT) => return Ok(None),
                Err(errno) => return Err(cannot(&at, errno.into())),
            };
            let stat = rustix::fs::fstat(&fd).map_err(|errno| cannot(&at, errno.into()))?;
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => {}
                FileType::Symlink => {
                    return Err(error(
                        &at,
                        "it is a symbolic link: name the folder that it leads to",
                    ));
                }
                other => {
                    return Err(error(
                        &at,
                        format!("it is {}, not a folder: name another one", word(other)),
                    ));
                }
            }
            safe = safe.and_then(|()| match depth == last {
                true => private(&at, &stat, user),
                false => passage(&at, &stat, user),
            });
        }
        safe?;
        Ok(Some(Self { fd, path: at, user }))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a file whole, once; none if there is none. A `secret` is one that
    /// others may not even read.
    pub(super) fn read(
        &self,
        name: &str,
        largest: u64,
        secret: bool,
    ) -> Result<Option<Vec<u8>>, FileError> {
        // Opening a FIFO waits for nobody, and a device is never read.
        let flags = OFlags::RDONLY | ALWAYS | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = match rustix::fs::openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(FileError::Kind(word(FileType::Symlink))),
            // A socket.
            Err(Errno::NXIO) => return Err(FileError::Kind(word(FileType::Socket))),
            Err(errno) => return Err(FileError::System(errno.into())),
        };
        let stat = rustix::fs::fstat(&file).map_err(io::Error::from)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        if kind != FileType::RegularFile {
            return Err(FileError::Kind(word(kind)));
        }
        if stat.st_uid != self.user {
            return Err(FileError::Owner(stat.st_uid));
        }
        let mode = stat.st_mode & 0o7777;
        if mode & 0o022 != 0 {
            return Err(FileError::Mode(mode, "write it"));
        }
        if secret && mode & 0o077 != 0 {
            return Err(FileError::Mode(mode, "read it"));
        }
        let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
        if size > largest {
            return Err(FileError::TooLarge(size, largest));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
        file.take(largest + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > largest {
            return Err(FileError::TooLarge(bytes.len() as u64, largest));
        }
        Ok(Some(bytes))
    }

    /// Waits until no other process writes here. It holds until dropped.
    pub(super) fn lock(&self) -> io::Result<OwnedFd> {
        let fd = self.listing()?;
        rustix::fs::flock(&fd, FlockOperation::LockExclusive)?;
        Ok(fd)
    }

    /// Writes a file that only this user may read, whole or not at all. Under
    /// the lock, so that nobody else has one that is not finished.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        // A writer that was killed left one.
        self.remove(OsStr::new(FRESH))?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | ALWAYS;
        let fresh = rustix::fs::openat(&self.fd, FRESH, flags, Mode::RUSR | Mode::WUSR)?;
        let mut file = File::from(fresh);
        let written = file
            .write_all(bytes)
            .and_then(|()| file.sync_all())
            .and_then(|()| Ok(rustix::fs::renameat(&self.fd, FRESH, &self.fd, name)?))
            .and_then(|()| Ok(rustix::fs::fsync(self.listing()?)?));
        if written.is_err() {
            // The first error is the one to tell.
            let _ = self.remove(OsStr::new(FRESH));
        }
        written
    }

    /// Removes a file, or the link that has its name; false if there is none.
    pub(super) fn remove(&self, name: &OsStr) -> io::Result<bool> {
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// The names of what is in it, sorted.
    pub(super) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(self.listing()?)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// The folder once more, as one that can be listed, locked and synced.
    fn listing(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | ALWAYS;
        Ok(rustix::fs::openat(&self.fd, ".", flags, Mode::empty())?)
    }
}

/// A path without links above its last name, and what lies above that.
fn real(path: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let absolute = std::path::absolute(path)?;
    let name = absolute.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut above = absolute.parent().unwrap_or(Path::new("/")).to_owned();
    let mut missing = vec![name.to_owned()];
    let above = loop {
        match above.canonicalize() {
            Ok(real) => break real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                missing.push(above.file_name().ok_or(error)?.to_owned());
                above.pop();
            }
            Err(error) => return Err(error),
        }
    };
    let mut real = above;
    real.extend(missing.into_iter().rev());
    let above = real.parent().unwrap_or(Path::new("/")).to_owned();
    Ok((real, above))
}

/// Whether a folder above the cache lets nobody else exchange what is in it.
fn passage(path: &Path, stat: &Stat, user: u32) -> Opened<()> {
    if stat.st_uid != 0 && stat.st_uid != user {
        return Err(error(
            path,
            format!(
                "it belongs to uid {} and could be exchanged with all that is in it: name a \
                 folder elsewhere with --cache DIR",
                stat.st_uid
            ),
        ));
    }
    // In one with the sticky bit others exchange only what is theirs.
    if stat.st_mode & 0o022 != 0 && stat.st_mode & 0o1000 == 0 {
        return Err(error(
            path,
            format!(
                "its mode {:04o} lets others exchange what is in it: chmod go-w, or name a folder \
                 elsewhere with --cache DIR",
                stat.st_mode & 0o7777
            ),
        ));
    }
    Ok(())
}

/// Whether the folder itself is this user's alone.
fn private(path: &Path, stat: &Stat, user: u32) -> Opened<()> {
    if stat.st_uid != user {
        let what = format!(
            "it belongs to uid {}, not to you (uid {user}): name a folder of your own with \
             --cache DIR",
            stat.st_uid
        );
        return Err(FolderError {
            foreign: stat.st_uid == 0,
            ..error(path, what)
        });
    }
    if stat.st_mode & 0o022 != 0 {
        return Err(error(
            path,
            format!(
                "its mode {:04o} lets others write it: chmod go-w it, then `cisb cache clear` and \
                 `cisb cache warm`",
                stat.st_mode & 0o7777
            ),
        ));
    }
    Ok(())
}

fn error(path: &Path, what: impl Into<String>) -> FolderError {
    FolderError {
        path: path.to_owned(),
        what: what.into(),
        foreign: false,
    }
}

fn word(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a file",
        FileType::Directory => "a folder",
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Unknown => "of an unknown kind",
    }
}
