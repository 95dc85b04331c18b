//! Where a bundle lies while it is looked at: a folder inside the store that
//! only its owner can enter, and that is gone afterwards whatever happens.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use sha2::{Digest as _, Sha256};

use super::StoreError;
use crate::evidence::hex;
use crate::profile::bundle::layout::Blobs;

/// What it is called. One import at a time holds the store, so what is there
/// before was left by one that was killed.
pub(super) const NAME: &str = ".staging";

/// A staging folder.
#[derive(Debug)]
pub(super) struct Staging {
    path: PathBuf,
}

impl Staging {
    /// Makes it, and clears away what another left.
    pub(super) fn make(store: &Path) -> Result<Self, StoreError> {
        let path = store.join(NAME);
        let fail = |what| {
            let path = path.clone();
            move |source| StoreError::Io { what, path, source }
        };
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(fail("clear")(error));
            }
            _ => {}
        }
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(fail("create"))?;
        Ok(Self { path })
    }

    /// Where a blob lies.
    pub(super) fn blob(&self, digest: &str) -> PathBuf {
        self.path.join(digest)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What cannot be removed now, the next import removes.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

impl Blobs for Staging {
    fn put(&mut self, digest: &str, content: &mut dyn Read) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(self.blob(digest))?;
        let mut buffer = vec![0_u8; 64 << 10];
        loop {
            match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => file.write_all(&buffer[..read])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        file.sync_all()
    }

    fn get(&self, digest: &str) -> io::Result<Option<Vec<u8>>> {
        get(&self.path, digest, u64::MAX)
    }

    fn size(&self, digest: &str) -> io::Result<Option<u64>> {
        size(&self.path, digest)
    }
}

/// A blob in a folder, if it is the one that it is called.
pub(super) fn get(folder: &Path, digest: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(folder.join(digest)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok((hex(&Sha256::digest(&bytes)) == digest).then_some(bytes))
}

/// How large a blob in a folder is.
pub(super) fn size(folder: &Path, digest: &str) -> io::Result<Option<u64>> {
    match std::fs::symlink_metadata(folder.join(digest)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Ok(stat) if !stat.is_file() => Ok(None),
        other => Ok(Some(other?.len())),
    }
}

/// Holds a store for as long as this is kept: others wait.
pub(super) fn lock(store: &Path) -> Result<File, StoreError> {
    let fail = |source| StoreError::Io {
        what: "lock",
        path: store.to_owned(),
        source,
    };
    let folder = File::open(store).map_err(fail)?;
    rustix::fs::flock(&folder, FlockOperation::LockExclusive)
        .map_err(io::Error::from)
        .map_err(fail)?;
    Ok(folder)
}

/// Makes what happened in a folder last.
pub(super) fn sync(folder: &Path) -> Result<(), StoreError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|source| StoreError::Io {
        what: "sync",
        path: folder.to_owned(),
        source,
    })
}
