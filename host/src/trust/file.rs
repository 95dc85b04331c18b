//! Files that decide what may run: policies, locks, grants, keys. They must
//! belong to root or to the caller, and nobody else may be able to change or
//! exchange them.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::StatVfsMountFlags;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 4 << 20;

/// Why a file is not believed.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened, read or written.
    #[error("cannot {what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Its folder is not there.
    #[error("cannot write {path}: there is no folder {folder}: make it, or name another file")]
    NoFolder {
        /// The file.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// A directory, a device or the like.
    #[error("{0} is not a file")]
    NotAFile(PathBuf),
    /// A file or the like.
    #[error("{0} is not a directory")]
    NotAFolder(PathBuf),
    /// Larger than the limit.
    #[error("{0} is larger than {MAX_BYTES} bytes")]
    TooLarge(PathBuf),
    /// Not UTF-8.
    #[error("{0} is not UTF-8 text")]
    NotText(PathBuf),
    /// Somebody else could have written it.
    #[error("{path} is not trusted: {what}")]
    Untrusted {
        /// The file.
        path: PathBuf,
        /// Why, and the way out.
        what: String,
    },
    /// It lies on the machine that is judged.
    #[error(
        "{path} is not trusted: it lies in the scanned root {root}, and a node does not say what \
         may judge it: keep it elsewhere"
    )]
    Scanned {
        /// The file.
        path: PathBuf,
        /// The root.
        root: PathBuf,
    },
}

/// Reads a file that decides something, whole and once.
///
/// `scanned` is the root of the scan, if it is not this machine's own.
pub fn read(path: &Path, scanned: Option<&Path>) -> Result<String, FileError> {
    let bytes = read_bytes(path, scanned, Secrecy::Public)?;
    String::from_utf8(bytes).map_err(|_| FileError::NotText(path.to_owned()))
}

/// Reads a file that decides nothing by itself, such as a signature or a public
/// key: whole, once, and bounded.
pub fn read_any(path: &Path) -> Result<Vec<u8>, FileError> {
    let file = open(path, path)?;
    whole(file, path)
}

/// [`read_any`], of what a scan of a large cluster wrote.
pub fn read_large(path: &Path) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    open(path, path)?
        .read_to_end(&mut bytes)
        .map_err(|source| FileError::Io {
            what: "read",
            path: path.to_owned(),
            source,
        })?;
    Ok(bytes)
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Anybody.
    Public,
    /// Its owner alone.
    Private,
}

/// [`read`], of bytes; a private file must not be readable by others either.
pub fn read_bytes(
    path: &Path,
    scanned: Option<&Path>,
    secrecy: Secrecy,
) -> Result<Vec<u8>, FileError> {
    let real = safe_place(path, scanned)?;
    let file = open(&real, path)?;
    // Of the file that is open, so that nobody exchanges it in between.
    let stat = file.metadata().map_err(|e| failed("look at", path, e))?;
    let me = rustix::process::geteuid().as_raw();
    belongs(stat.uid(), stat.mode(), me, secrecy).map_err(|what| untrusted(path, what))?;
    whole(file, path)
}

/// Where a folder really is whose content decides something: nobody but root
/// and the caller can add to it, take from it or exchange it.
pub fn folder(path: &Path, scanned: Option<&Path>) -> Result<PathBuf, FileError> {
    let real = safe_place(path, scanned)?;
    let stat = std::fs::metadata(&real).map_err(|e| failed("look at", path, e))?;
    if !stat.is_dir() {
        return Err(FileError::NotAFolder(path.to_owned()));
    }
    let me = rustix::process::geteuid().as_raw();
    // Where anybody may add to it, being sticky helps nothing.
    match is_read_only(&real) {
        true => Ok(real),
        false => belongs(stat.uid(), stat.mode(), me, Secrecy::Public)
            .map(|()| real)
            .map_err(|what| untrusted(path, what)),
    }
}

/// Where something really is: a link may stand for it, and what it leads to
/// counts. Nobody but root and the caller can exchange a folder above it.
fn safe_place(path: &Path, scanned: Option<&Path>) -> Result<PathBuf, FileError> {
    let real = std::fs::canonicalize(path).map_err(|e| failed("open", path, e))?;
    is_elsewhere(path, &real, scanned)?;
    let me = rustix::process::geteuid().as_raw();
    for folder in real.ancestors().skip(1) {
        let stat = std::fs::metadata(folder).map_err(|e| failed("look at", path, e))?;
        folder_is_safe(folder, &stat, me).map_err(|what| untrusted(path, what))?;
    }
    Ok(real)
}

fn failed(what: &'static str, path: &Path, source: io::Error) -> FileError {
    let path = path.to_owned();
    FileError::Io { what, path, source }
}

fn untrusted(path: &Path, what: String) -> FileError {
    let path = path.to_owned();
    FileError::Untrusted { path, what }
}

/// That something does not lie on the machine that is judged.
fn is_elsewhere(path: &Path, real: &Path, scanned: Option<&Path>) -> Result<(), FileError> {
    if let Some(root) = scanned
        && let Ok(root) = std::fs::canonicalize(root)
        && root.components().count() > 1
        && real.starts_with(&root)
    {
        return Err(FileError::Scanned {
            path: path.to_owned(),
            root,
        });
    }
    Ok(())
}

/// Opens what is a file and nothing else; `shown` is what it is called.
fn open(path: &Path, shown: &Path) -> Result<File, FileError> {
    let fail = |source| FileError::Io {
        what: "open",
        path: shown.to_owned(),
        source,
    };
    // A FIFO that somebody laid there would block.
    let nonblocking = rustix::fs::OFlags::NONBLOCK;
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(nonblocking.bits().cast_signed())
        .open(path)
        .map_err(fail)?;
    match file.metadata().map_err(fail)?.is_file() {
        true => Ok(file),
        false => Err(FileError::NotAFile(shown.to_owned())),
    }
}

fn whole(file: File, path: &Path) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| FileError::Io {
            what: "read",
            path: path.to_owned(),
            source,
        })?;
    match bytes.len() as u64 > MAX_BYTES {
        true => Err(FileError::TooLarge(path.to_owned())),
        false => Ok(bytes),
    }
}

/// Whether a file of this owner and mode can have been written by nobody but
/// root and `user`, and read by nobody else if it is private; else why not,
/// with the way out.
pub fn belongs(owner: u32, mode: u32, user: u32, secrecy: Secrecy) -> Result<(), String> {
    if owner != 0 && owner != user {
        return Err(format!(
            "it belongs to uid {owner}, and must belong to root or to uid {user}"
        ));
    }
    if mode & 0o022 != 0 {
        return Err(format!(
            "its mode {:04o} lets others write it: chmod go-w",
            mode & 0o7777
        ));
    }
    if secrecy == Secrecy::Private && mode & 0o077 != 0 {
        return Err(format!(
            "its mode {:04o} lets others read it: chmod 600, and make a new key if they could",
            mode & 0o7777
        ));
    }
    Ok(())
}

/// Whether nobody but root and `user` can exchange what a directory holds.
fn folder_is_safe(folder: &Path, stat: &Metadata, user: u32) -> Result<(), String> {
    let (owner, mode) = (stat.uid(), stat.mode());
    let shown = folder.display();
    if owner != 0 && owner != user {
        return Err(format!(
            "its directory {shown} belongs to uid {owner}, who could exchange it: it must belong \
             to root or to uid {user}"
        ));
    }
    // In a sticky directory nobody renames what is not theirs; on a mount that
    // is read-only, such as a ConfigMap's, nobody does anything.
    let sticky = mode & 0o1000 != 0;
    if mode & 0o022 != 0 && !sticky && !is_read_only(folder) {
        return Err(format!(
            "the mode {:04o} of its directory {shown} lets others exchange it: chmod go-w {shown}",
            mode & 0o7777
        ));
    }
    Ok(())
}

fn is_read_only(folder: &Path) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|stat| stat.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// Whether there is anything at a path. What cannot be looked at is there.
pub fn exists(path: &Path) -> bool {
    !matches!(
        std::fs::symlink_metadata(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound
    )
}

/// Writes a file whole or not at all, with this mode. Where one is already, it
/// is replaced, never written through.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    replace(path, bytes, mode).map_err(|source| match path.parent() {
        Some(folder) if source.kind() == io::ErrorKind::NotFound && !here(folder).exists() => {
            FileError::NoFolder {
                path: path.to_owned(),
                folder: folder.to_owned(),
            }
        }
        _ => failed("write", path, source),
    })
}

/// The folder of a file that was named without one is this one.
fn here(folder: &Path) -> &Path {
    match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    }
}

/// [`write()`], with what the system says.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    let mut fresh = std::ffi::OsString::from(".");
    fresh.push(name);
    fresh.push(format!(".{}.new", std::process::id()));
    let fresh = path.with_file_name(fresh);
    let mut file = create(&fresh, mode)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&fresh, path));
    if written.is_err() {
        // The name is ours alone; what cannot be removed is said by the error.
        let _ = std::fs::remove_file(&fresh);
    }
    written
}

/// Writes a file that must not be there yet.
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let fail = |source| failed("write", path, source);
    let mut file = create(path, mode).map_err(fail)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(fail)
}

/// `create_new` follows no link that somebody laid there.
fn create(path: &Path, mode: u32) -> io::Result<File> {
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn made(mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.toml");
        std::fs::write(&path, "x").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn what_others_can_write_is_not_believed() {
        let (folder, path) = made(0o644);
        assert_eq!(read(&path, None).unwrap(), "x");
        for mode in [0o664, 0o646, 0o666] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let said = read(&path, None).unwrap_err().to_string();
            assert!(said.contains("lets others write it: chmod go-w"), "{said}");
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let said = read(&path, None).unwrap_err().to_string();
        assert!(said.contains("lets others exchange it"), "{said}");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o1777)).unwrap();
        assert!(read(&path, None).is_ok());
    }

    #[test]
    fn what_somebody_else_owns_is_not_believed() {
        assert!(belongs(0, 0o644, 1000, Secrecy::Public).is_ok());
        assert!(belongs(1000, 0o644, 1000, Secrecy::Public).is_ok());
        let said = belongs(1001, 0o644, 1000, Secrecy::Public).unwrap_err();
        assert!(said.contains("uid 1001"), "{said}");
    }

    #[test]
    fn a_private_file_is_its_owner_s_alone() {
        let (_folder, path) = made(0o600);
        assert!(read_bytes(&path, None, Secrecy::Private).is_ok());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let said = read_bytes(&path, None, Secrecy::Private)
            .unwrap_err()
            .to_string();
        assert!(said.contains("lets others read it: chmod 600"), "{said}");
    }

    #[test]
    fn a_node_does_not_say_what_may_judge_it() {
        let (folder, path) = made(0o644);
        let said = read(&path, Some(folder.path())).unwrap_err().to_string();
        assert!(said.contains("lies in the scanned root"), "{said}");
        // Neither through a link that lies outside.
        let outside = tempfile::tempdir().unwrap();
        let link = outside.path().join("trust.toml");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(
            read(&link, Some(folder.path())),
            Err(FileError::Scanned { .. })
        ));
        assert!(read(&path, Some(outside.path())).is_ok());
        assert!(read(&path, Some(Path::new("/"))).is_ok());
    }

    #[test]
    fn a_folder_that_others_can_add_to_is_not_believed() {
        let (outer, file) = made(0o644);
        let path = outer.path().join("store");
        std::fs::create_dir(&path).unwrap();
        let chmod = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        chmod(&path, 0o755);
        let real = std::fs::canonicalize(&path).unwrap();
        assert_eq!(folder(&path, None).unwrap(), real);
        for mode in [0o775, 0o757, 0o1777] {
            chmod(&path, mode);
            let said = folder(&path, None).unwrap_err().to_string();
            assert!(said.contains("lets others write it: chmod go-w"), "{said}");
        }
        chmod(&path, 0o755);
        chmod(outer.path(), 0o777);
        let said = folder(&path, None).unwrap_err().to_string();
        assert!(said.contains("lets others exchange it"), "{said}");
        chmod(outer.path(), 0o755);
        assert!(matches!(folder(&file, None), Err(FileError::NotAFolder(_))));
        let inside = folder(&path, Some(outer.path()));
        assert!(matches!(inside, Err(FileError::Scanned { .. })));
    }

    #[test]
    fn a_pipe_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        assert!(matches!(read(&path, None), Err(FileError::NotAFile(_))));
    }

    #[test]
    fn a_link_is_replaced_and_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, link) = (folder.path().join("victim"), folder.path().join("link"));
        std::fs::write(&victim, "keep").unwrap();
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        write(&link, b"new", 0o600).unwrap();
        assert_eq!(std::fs::read(&victim).unwrap(), b"keep");
        assert_eq!(std::fs::read(&link).unwrap(), b"new");
        assert!(write_new(&link, b"other", 0o600).is_err());
        assert_eq!(folder.path().read_dir().unwrap().count(), 2);
    }
}
