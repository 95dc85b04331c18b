//! Where a component's bytes come from. They are read once; the bytes that are
//! checked are the bytes that are compiled.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::evidence::hex;

/// The largest component that is read. Ours are below 200 KB; a component with
/// an interpreter inside needs a grant that names a larger size.
pub const MAX_COMPONENT_BYTES: u64 = 4 << 20;

/// A component whose bytes were read and not yet looked at.
#[derive(Debug)]
pub struct Unverified {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) digest: String,
}

impl Unverified {
    /// The file's name, for messages and for the report.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// SHA-256 of the bytes, lower-case hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// Why a component's bytes could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Not a regular file.
    #[error("{0} is not a regular file")]
    NotAFile(PathBuf),
    /// Larger than the limit.
    #[error("{path} has {size} bytes; a profile may have {MAX_COMPONENT_BYTES}")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        size: u64,
    },
}

/// Reads a component from a file, once.
pub fn read(path: &Path) -> Result<Unverified, SourceError> {
    let fail = |source| SourceError::Read {
        path: path.to_owned(),
        source,
    };
    let meta = std::fs::metadata(path).map_err(fail)?;
    if !meta.is_file() {
        return Err(SourceError::NotAFile(path.to_owned()));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(fail)?
        .take(MAX_COMPONENT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(fail)?;
    if bytes.len() as u64 > MAX_COMPONENT_BYTES {
        return Err(SourceError::TooLarge {
            path: path.to_owned(),
            size: meta.len(),
        });
    }
    let digest = hex(&Sha256::digest(&bytes));
    Ok(Unverified {
        name: path.file_name().map_or_else(
            || path.display().to_string(),
            |n| n.to_string_lossy().into_owned(),
        ),
        bytes,
        digest,
    })
}
