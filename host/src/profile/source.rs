//! Where a component's bytes come from. They are read once; the bytes that are
//! checked are the bytes that are compiled.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::evidence::hex;
use crate::trust::dsse;

/// The largest component that is read at all. What a profile may have without
/// a grant that says so is less: see `grants`.
pub const MAX_COMPONENT_BYTES: u64 = 32 << 20;

/// What is written after a component's name for its signatures.
pub const ENVELOPE_SUFFIX: &str = ".dsse.json";

/// Where a component and its signatures are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The component.
    pub path: PathBuf,
    /// Its signatures, which need not be there.
    pub envelope: PathBuf,
    /// What a store calls it; none for a file, which has its own name.
    pub name: Option<String>,
    /// The digest that a store keeps it under, lower-case hex.
    pub digest: Option<String>,
}

impl Place {
    /// A file, with its signatures beside it.
    pub fn file(path: PathBuf) -> Self {
        let mut envelope = path.clone().into_os_string();
        envelope.push(ENVELOPE_SUFFIX);
        Self {
            path,
            envelope: envelope.into(),
            name: None,
            digest: None,
        }
    }

    /// The store or the folder that it is in.
    pub fn shelf(&self) -> &Path {
        // STORE/blobs/sha256/DIGEST
        let up = if self.digest.is_some() { 3 } else { 1 };
        self.path.ancestors().nth(up).unwrap_or(&self.path)
    }

    /// How messages name it.
    pub fn shown(&self) -> String {
        match &self.name {
            Some(name) => name.clone(),
            None => self.path.display().to_string(),
        }
    }
}

impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Self {
        Self::file(path)
    }
}

/// A component whose bytes were read and not yet looked at.
#[derive(Debug, Clone)]
pub struct Unverified {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) digest: String,
    pub(super) envelope: Option<Vec<u8>>,
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

    /// The envelope with its signatures, as it was read.
    pub fn envelope(&self) -> Option<&[u8]> {
        self.envelope.as_deref()
    }

    /// From bytes that somebody else read, once.
    pub fn from_bytes(name: String, bytes: Vec<u8>, envelope: Option<Vec<u8>>) -> Self {
        let digest = hex(&Sha256::digest(&bytes));
        Self {
            name,
            bytes,
            digest,
            envelope,
        }
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
        source: io::Error,
    },
    /// Not a regular file.
    #[error("{0} is not a regular file")]
    NotAFile(PathBuf),
    /// Larger than the limit.
    #[error("{path} has {size} bytes; at most {limit} are read")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// A store's file is not what the store says.
    #[error(
        "{path} was changed after it was imported: its digest is sha256:{digest}; import its \
         bundle again"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Its digest, lower-case hex.
        digest: String,
    },
}

/// Reads a component and its signatures, once.
pub fn read(place: &Place) -> Result<Unverified, SourceError> {
    let bytes = whole(&place.path, MAX_COMPONENT_BYTES)?;
    let envelope = match whole(&place.envelope, dsse::MAX_BYTES as u64) {
        Ok(bytes) => Some(bytes),
        Err(SourceError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let name = place.name.clone().unwrap_or_else(|| {
        place.path.file_name().map_or_else(
            || place.path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        )
    });
    let unverified = Unverified::from_bytes(name, bytes, envelope);
    match &place.digest {
        Some(digest) if *digest != unverified.digest => Err(SourceError::Damaged {
            path: place.path.clone(),
            digest: unverified.digest,
        }),
        _ => Ok(unverified),
    }
}

fn whole(path: &Path, limit: u64) -> Result<Vec<u8>, SourceError> {
    let fail = |source| SourceError::Read {
        path: path.to_owned(),
        source,
    };
    let meta = std::fs::metadata(path).map_err(fail)?;
    if !meta.is_file() {
        return Err(SourceError::NotAFile(path.to_owned()));
    }
    // One byte more than it has, so that its end is seen without growing.
    let room = usize::try_from(meta.len().min(limit) + 1).unwrap_or_default();
    let mut bytes = Vec::with_capacity(room);
    File::open(path)
        .map_err(fail)?
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(fail)?;
    match bytes.len() as u64 > limit {
        true => Err(SourceError::TooLarge {
            path: path.to_owned(),
            size: meta.len(),
            limit,
        }),
        false => Ok(bytes),
    }
}
