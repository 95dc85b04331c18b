//! The bytes of a record by name, from a directory or from a `.tar.zst` that is
//! read as a stream into memory and never unpacked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Dir, FileType, Mode, OFlags, fstat, openat};
use sha2::{Digest as _, Sha256};

use crate::evidence::hex;

use super::{ENTRY_LIMIT, FILE_LIMIT, Flaw};

/// Bytes of an archive at most, unpacked.
const TOTAL_LIMIT: u64 = 1 << 30;
/// The log of the largest window that is decompressed.
const WINDOW_LIMIT: u32 = 27;
/// Bytes of a name at most.
const NAME_LIMIT: usize = 4096;

/// Where a record's files are.
#[derive(Debug)]
pub enum Source {
    /// A directory, read lazily.
    Directory(OwnedFd),
    /// An archive, read whole.
    Archive(BTreeMap<String, Vec<u8>>),
    /// A record with files that stand for those of the same name in it.
    Changed(Box<Self>, BTreeMap<String, Vec<u8>>),
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, Flaw> {
        let name = path.file_name().map_or_else(
            || path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        );
        let io = |error| Flaw::io(&name, error);
        let kind = std::fs::metadata(path).map_err(io)?;
        if kind.is_dir() {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let fd =
                rustix::fs::open(path, flags, Mode::empty()).map_err(|error| io(error.into()))?;
            return Ok(Self::Directory(fd));
        }
        // A FIFO would block before it could be refused.
        if !kind.is_file() {
            return Err(Flaw::invalid(&name, "it is neither a directory nor a file"));
        }
        let mut file = File::open(path).map_err(io)?;
        let mut magic = [0; 4];
        let is_zstd = file.read_exact(&mut magic).is_ok() && magic == [0x28, 0xb5, 0x2f, 0xfd];
        if !is_zstd {
            return Err(Flaw::invalid(
                &name,
                "it is neither a directory nor a .tar.zst",
            ));
        }
        unpack(&name, magic.chain(file)).map(Self::Archive)
    }

    /// A file of at most `limit` bytes; none if there is none of that name.
    pub(super) fn read(&self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        match self {
            Self::Directory(root) => read_beneath(root, name, limit),
            Self::Archive(files) => match files.get(name) {
                Some(bytes) if size(bytes) > limit => Err(too_large(limit)),
                found => Ok(found.cloned()),
            },
            Self::Changed(record, files) => match files.get(name) {
                Some(bytes) => Ok(Some(bytes.clone())),
                None => record.read(name, limit),
            },
        }
    }

    /// The names of files in the folder for objects; none if there is no such folder.
    pub(super) fn objects(&self) -> io::Result<Option<BTreeSet<String>>> {
        match self {
            Self::Directory(root) => list_beneath(root, "objects"),
            Self::Archive(files) => Ok(objects_of(files)),
            Self::Changed(record, files) => Ok(match (record.objects()?, objects_of(files)) {
                (Some(mut names), Some(more)) => {
                    names.extend(more);
                    Some(names)
                }
                (names, more) => names.or(more),
            }),
        }
    }
}

fn objects_of(files: &BTreeMap<String, Vec<u8>>) -> Option<BTreeSet<String>> {
    let inside = files
        .keys()
        .filter_map(|name| name.strip_prefix("objects/"));
    let names: BTreeSet<String> = inside.map(str::to_owned).collect();
    // The folder itself is kept under its name with an empty last part.
    (!names.is_empty()).then(|| names.into_iter().filter(|name| !name.is_empty()).collect())
}

/// Opens a file below a directory. Each part of its name is opened by itself and
/// never through a link, so it cannot leave the directory, whatever is in there.
fn open_beneath(root: &OwnedFd, name: &str, last: OFlags) -> io::Result<Option<OwnedFd>> {
    let none_if_absent = |result: rustix::io::Result<OwnedFd>| match result {
        Ok(fd) => Ok(Some(fd)),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => Ok(None),
        Err(rustix::io::Errno::LOOP) => Err(link()),
        Err(error) => Err(error.into()),
    };
    if !is_safe(name) {
        return Err(io::Error::other("its name leads out of the record"));
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let (folders, file) = name
        .rsplit_once('/')
        .map_or((None, name), |(folders, file)| (Some(folders), file));
    let mut parent: Option<OwnedFd> = None;
    for folder in folders.iter().flat_map(|folders| folders.split('/')) {
        let at = parent.as_ref().unwrap_or(root).as_fd();
        let opened = openat(at, folder, flags | OFlags::PATH, Mode::empty());
        let Some(fd) = none_if_absent(opened)? else {
            return Ok(None);
        };
        match FileType::from_raw_mode(fstat(&fd)?.st_mode) {
            FileType::Directory => parent = Some(fd),
            FileType::Symlink => return Err(link()),
            _ => return Ok(None),
        }
    }
    none_if_absent(openat(
        parent.as_ref().unwrap_or(root).as_fd(),
        file,
        flags | last,
        Mode::empty(),
    ))
}

fn read_beneath(root: &OwnedFd, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(fd) = open_beneath(root, name, OFlags::empty())? else {
        return Ok(None);
    };
    let stat = fstat(&fd)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("it is not a regular file"));
    }
    let expected = u64::try_from(stat.st_size).unwrap_or_default().min(limit);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or_default());
    File::from(fd)
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if size(&bytes) > limit {
        Err(too_large(limit))
    } else {
        Ok(Some(bytes))
    }
}

fn list_beneath(root: &OwnedFd, name: &str) -> io::Result<Option<BTreeSet<String>>> {
    let Some(fd) = open_beneath(root, name, OFlags::DIRECTORY)? else {
        return Ok(None);
    };
    let mut names = BTreeSet::new();
    for entry in Dir::new(fd)? {
        let entry = entry?;
        if let Ok(name) = entry.file_name().to_str()
            && name != "."
            && name != ".."
        {
            names.insert(name.to_owned());
        }
        if names.len() > ENTRY_LIMIT {
            return Err(io::Error::other(format!("more than {ENTRY_LIMIT} files")));
        }
    }
    Ok(Some(names))
}

/// See [`super::digest`].
pub(super) fn digest(path: &Path) -> io::Result<String> {
    let meta = std::fs::metadata(path)?;
    if meta.is_file() {
        return file_digest(path);
    }
    let mut lines = BTreeMap::new();
    walk(path, "", &mut lines)?;
    let mut whole = Sha256::new();
    for (name, digest) in lines {
        whole.update(format!("{digest}  {name}\n"));
    }
    Ok(hex(&whole.finalize()))
}

fn walk(folder: &Path, prefix: &str, lines: &mut BTreeMap<String, String>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), &format!("{name}/"), lines)?;
        } else if kind.is_file() {
            lines.insert(name, file_digest(&entry.path())?);
        } else {
            // A record holds nothing else, and no link is followed out of it.
            return Err(io::Error::other(format!(
                "{name} is neither file nor directory"
            )));
        }
        if lines.len() > 2 * ENTRY_LIMIT {
            return Err(io::Error::other(format!("more than {ENTRY_LIMIT} files")));
        }
    }
    Ok(())
}

fn file_digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

/// Reads an archive into memory, within limits.
fn unpack(archive: &str, compressed: impl Read) -> Result<BTreeMap<String, Vec<u8>>, Flaw> {
    let io = |error| Flaw::io(archive, error);
    let mut decoder = zstd::Decoder::new(compressed).map_err(io)?;
    decoder.window_log_max(WINDOW_LIMIT).map_err(io)?;
    let mut capped = Capped {
        inner: decoder,
        left: TOTAL_LIMIT,
    };
    let mut files = BTreeMap::new();
    let mut tar = tar::Archive::new(&mut capped);
    // Raw: the library would read a long name of any length.
    let mut long_name: Option<Vec<u8>> = None;
    for (count, entry) in tar.entries().map_err(io)?.raw(true).enumerate() {
        let mut entry = entry.map_err(io)?;
        if count >= 2 * ENTRY_LIMIT {
            return Err(Flaw::invalid(
                archive,
                format!("it holds more than {ENTRY_LIMIT} files"),
            ));
        }
        let kind = entry.header().entry_type();
        if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
            let mut bytes = Vec::new();
            (&mut entry)
                .take(2 * NAME_LIMIT as u64)
                .read_to_end(&mut bytes)
                .map_err(io)?;
            long_name = if kind.is_gnu_longname() {
                Some(bytes)
            } else {
                pax_path(&bytes).or(long_name)
            };
            continue;
        }
        if kind.is_pax_global_extensions() {
            continue;
        }
        let name = long_name
            .take()
            .unwrap_or_else(|| entry.path_bytes().into_owned());
        let name = clean(&name).map_err(|reason| Flaw::invalid(archive, reason))?;
        let Some(name) = name else { continue };
        if kind.is_dir() {
            if name == "objects" {
                files.insert("objects/".to_owned(), Vec::new());
            }
            continue;
        }
        if !kind.is_file() {
            return Err(Flaw::invalid(&name, "it is neither a file nor a directory"));
        }
        if !is_wanted(&name) {
            return Err(Flaw::invalid(
                &name,
                "no file of that name belongs in a record",
            ));
        }
        let mut bytes = Vec::new();
        (&mut entry)
            .take(FILE_LIMIT + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| Flaw::io(&name, error))?;
        if size(&bytes) > FILE_LIMIT {
            return Err(Flaw::io(&name, too_large(FILE_LIMIT)));
        }
        if size(&bytes) != entry.header().size().map_err(io)? {
            return Err(Flaw::io(
                &name,
                io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends within it"),
            ));
        }
        if name.starts_with("kube-bench/") {
            continue;
        }
        if files.insert(name.clone(), bytes).is_some() {
            return Err(Flaw::invalid(&name, "it stands in the archive twice"));
        }
    }
    // To the end: a checksum stands there.
    io::copy(&mut capped, &mut io::sink()).map_err(io)?;
    Ok(files)
}

/// A name in an archive without `./` and a slash at its end; none for the top.
fn clean(name: &[u8]) -> Result<Option<String>, String> {
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let name = std::str::from_utf8(name).map_err(|_| "a name in it is not UTF-8".to_owned())?;
    let short = name
        .strip_prefix("./")
        .unwrap_or(name)
        .trim_end_matches('/');
    if short.is_empty() || short == "." {
        return if name.starts_with('/') {
            Err(format!("{name:?} leads out of the record"))
        } else {
            Ok(None)
        };
    }
    if is_safe(short) {
        Ok(Some(short.to_owned()))
    } else {
        Err(format!("{short:?} leads out of the record"))
    }
}

/// Whether a name stays below where it starts.
fn is_safe(name: &str) -> bool {
    name.len() <= NAME_LIMIT
        && !name.contains('\0')
        && name
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
}

fn is_wanted(name: &str) -> bool {
    let object = name.strip_prefix("objects/").is_some_and(|file| {
        !file.contains('/') && (file.ends_with(".json") || file.ends_with(".error"))
    });
    name == "node.json" || object || name.starts_with("root/") || name.starts_with("kube-bench/")
}

/// The `path` record of a pax header.
fn pax_path(bytes: &[u8]) -> Option<Vec<u8>> {
    let records = tar::PaxExtensions::new(bytes);
    let paths = records
        .filter_map(Result::ok)
        .filter(|record| record.key_bytes() == b"path");
    paths.last().map(|record| record.value_bytes().to_vec())
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn link() -> io::Error {
    io::Error::other("it is a symbolic link, which a record may not hold")
}

fn too_large(limit: u64) -> io::Error {
    io::Error::other(format!("larger than {limit} bytes"))
}

/// A reader that fails after so many bytes, instead of ending quietly.
struct Capped<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(u64::try_from(count).unwrap_or(u64::MAX))
            .ok_or_else(|| {
                io::Error::other(format!("larger than {TOTAL_LIMIT} bytes when decompressed"))
            })?;
        Ok(count)
    }
}
