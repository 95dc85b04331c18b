//! Bundles: profiles in one file for the way to a machine without a network. A
//! bundle is a tar of an OCI image layout, so that ordinary tools can carry it
//! to a registry. Pure: bytes in, blobs and words out.

pub mod layout;
pub mod read;
pub mod write;

use std::collections::BTreeMap;
use std::io::{self, Read};

pub use layout::{Blobs, Bundle, Packed};
pub use read::read;

use super::refusal::Code;

/// Bytes of one blob at most: a component, or what is said about one.
pub const MAX_BLOB: u64 = super::source::MAX_COMPONENT_BYTES;

/// Bytes of a JSON document at most that says what a layout holds.
pub const MAX_JSON: u64 = 1 << 20;

/// Blobs of one bundle at most.
pub const MAX_BLOBS: usize = 2048;

/// Profiles of one bundle at most.
pub const MAX_PROFILES: usize = 256;

/// Bytes of one bundle at most.
pub const MAX_TOTAL: u64 = 256 << 20;

/// Characters of a stranger's name that a message shows.
const SHOWN: usize = 120;

/// Why a bundle is refused.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It cannot be read on.
    #[error("it cannot be read: {0}")]
    Read(io::Error),
    /// What it holds cannot be kept.
    #[error("what it holds cannot be kept: {0}")]
    Keep(io::Error),
    /// Not a tar, or one that was damaged.
    #[error("it is no bundle: {0}: `cisb bundle create` makes one")]
    NotABundle(String),
    /// It ends too early.
    #[error("it ends in the middle of {0}: it was cut off on its way, so have it sent again")]
    Cut(String),
    /// Something comes after its end.
    #[error("something follows its end: it was changed on its way, so have it sent again")]
    Trailing,
    /// A name that could lead elsewhere, or that no bundle has.
    #[error(
        "it holds an entry `{0}`; a bundle holds `oci-layout`, `index.json` and \
         `blobs/sha256/<digest>` and nothing else"
    )]
    Name(String),
    /// A link, a device, a directory, a long name.
    #[error("its entry `{name}` is {kind}; a bundle holds plain files and nothing else")]
    Kind {
        /// The entry.
        name: String,
        /// What it is.
        kind: &'static str,
    },
    /// The same name again.
    #[error("it holds the entry `{0}` twice, so it says two things at once")]
    Twice(String),
    /// Larger than anything that is read.
    #[error("{what} has {size} bytes; at most {limit} are read")]
    TooLarge {
        /// The entry, or the whole.
        what: String,
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// More of them than are read.
    #[error("it holds more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A blob with other content than its name.
    #[error("its blob sha256:{named} has the digest sha256:{is}: it was changed on its way")]
    Digest {
        /// The name.
        named: String,
        /// What it is.
        is: String,
    },
    /// A descriptor that does not fit its blob.
    #[error("its {what} sha256:{digest} has {is} bytes, and {said} are named")]
    Size {
        /// Of what.
        what: &'static str,
        /// Which.
        digest: String,
        /// What is named.
        said: u64,
        /// What is there.
        is: u64,
    },
    /// A blob that is named and not there.
    #[error("its {what} sha256:{digest} is named and not there")]
    Missing {
        /// Of what.
        what: &'static str,
        /// Which.
        digest: String,
    },
    /// A blob that is there and not named.
    #[error("its blob sha256:{0} belongs to no profile in it, so nothing vouches for it")]
    Extra(String),
    /// Not the JSON that it should be.
    #[error("its {what} is not understood: {why}")]
    Layout {
        /// The document.
        what: String,
        /// Why.
        why: String,
    },
    /// Labels and component disagree.
    #[error("its labels are not those of its component {id}: {what} is {is}, and {says} is named")]
    Labels {
        /// The profile.
        id: String,
        /// Which label.
        what: &'static str,
        /// What the component says.
        is: String,
        /// What the label says.
        says: String,
    },
    /// The store has a later one.
    #[error(
        "its epoch is {is}, and the store has {id} {version} of epoch {stored}, which is later: \
         --allow-older goes back"
    )]
    Older {
        /// The profile.
        id: String,
        /// Its epoch.
        is: u64,
        /// The store's version.
        version: String,
        /// The store's epoch.
        stored: u64,
    },
}

impl BundleError {
    /// The code of the refusal.
    pub fn code(&self) -> Code {
        match self {
            Self::Read(_) => Code::Unreadable,
            Self::Keep(_) | Self::NotABundle(_) | Self::Layout { .. } => Code::NotABundle,
            Self::Cut(_) => Code::BundleCut,
            Self::Trailing => Code::BundleTrailing,
            Self::Name(_) => Code::BundleName,
            Self::Kind { .. } => Code::BundleEntry,
            Self::Twice(_) => Code::BundleTwice,
            Self::TooLarge { .. } | Self::TooMany { .. } => Code::BundleTooLarge,
            Self::Digest { .. } | Self::Size { .. } => Code::BundleDigest,
            Self::Missing { .. } => Code::BundleMissing,
            Self::Extra(_) => Code::BundleExtra,
            Self::Labels { .. } => Code::BundleLabels,
            Self::Older { .. } => Code::OlderThanStored,
        }
    }
}

/// Blobs in memory, by their digests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory(pub BTreeMap<String, Vec<u8>>);

impl Blobs for Memory {
    fn put(&mut self, digest: &str, content: &mut dyn Read) -> io::Result<()> {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        self.0.insert(digest.to_owned(), bytes);
        Ok(())
    }

    fn get(&self, digest: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.get(digest).cloned())
    }

    fn size(&self, digest: &str) -> io::Result<Option<u64>> {
        Ok(self.0.get(digest).map(|bytes| bytes.len() as u64))
    }
}

/// A stranger's name, short enough for a message.
fn shown(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    match text.char_indices().nth(SHOWN) {
        None => text.into_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
