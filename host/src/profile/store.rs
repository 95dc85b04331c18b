//! The store: the profiles of this machine, in an OCI image layout that bundles
//! are imported into, all of a bundle or nothing of it.

mod import;
mod staging;

use std::io;
use std::path::{Path, PathBuf};

use super::bundle::layout::{self, Blobs, Bundle, Descriptor, Index, Labels};
use super::bundle::{BundleError, MAX_BLOB, Memory, write};
use super::refusal::Refused;
use super::source::Place;
use crate::trust::file::{self, FileError};

pub use import::{Change, Imported};

/// Where it is unless `--store` says otherwise.
pub const PATH: &str = "/var/lib/cisb/store";

/// A store that nobody but root and the caller can change.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
}

/// A profile in the store.
#[derive(Debug, Clone)]
pub struct Stored {
    /// What the import found it to be.
    pub labels: Labels,
    /// Where it is.
    pub place: Place,
}

/// Why there is no using a store; exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else could have changed it.
    #[error("the store: {0}")]
    File(#[from] FileError),
    /// The system does not let us.
    #[error("the store: cannot {what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Not as cisb left it.
    #[error("the store {path} is damaged: {what}; move it away and import its bundles again")]
    Damaged {
        /// The store.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Nothing of that id.
    #[error("the store {path} has no profile {id}; there is {have}")]
    Unknown {
        /// The store.
        path: PathBuf,
        /// What was asked for.
        id: String,
        /// What there is.
        have: String,
    },
}

/// Why a bundle was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no using the store; exit code 2.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bundle, or profiles in it, each with its id; exit code 3.
    #[error("nothing was imported")]
    Refused(Vec<(Option<String>, Refused)>),
}

/// Gives a profile of a store other signatures.
pub fn countersign(place: &Place, envelope: &[u8]) -> Result<(), StoreError> {
    let store = Store {
        path: file::folder(place.shelf(), None)?,
    };
    let _lock = staging::lock(&store.path)?;
    let (mut bundle, _) = store.read()?;
    let packed = bundle
        .profiles
        .iter_mut()
        .find(|packed| Some(packed.component.hex()) == place.digest.as_deref());
    let packed = packed.ok_or_else(|| {
        let what = "the profile is not in it any more".to_owned();
        StoreError::Damaged {
            path: store.path.clone(),
            what,
        }
    })?;
    let mut fresh = Memory::default();
    packed.sign(envelope, &mut fresh);
    let blobs = store.path.join("blobs/sha256");
    for (digest, bytes) in &fresh.0 {
        file::write(&blobs.join(digest), bytes, 0o644)?;
    }
    staging::sync(&blobs)?;
    store.write(&bundle)?;
    store.sweep(&bundle)
}

/// What a profile of a store was made of, if that is known and whole.
pub fn sbom(place: &Place) -> Option<Vec<u8>> {
    let digest = place.digest.as_deref()?;
    let store = Store::open(place.shelf(), None).ok()??;
    let (bundle, _) = store.read().ok()?;
    let mut all = bundle.profiles.iter();
    let packed = all.find(|packed| packed.component.hex() == digest)?;
    let sbom = &packed.sbom.as_ref()?.content;
    layout::fetch("SBOM", sbom, MAX_BLOB, &Kept(&store.path)).ok()
}

impl Store {
    /// The store at a path; none if nothing is there. `scanned` is the root of
    /// the scan.
    pub fn open(path: &Path, scanned: Option<&Path>) -> Result<Option<Self>, StoreError> {
        if !file::exists(path) {
            return Ok(None);
        }
        let path = file::folder(path, scanned)?;
        if !file::exists(&path.join("index.json")) {
            return Ok(None);
        }
        file::folder(&path.join("blobs"), None)?;
        file::folder(&path.join("blobs/sha256"), None)?;
        Ok(Some(Self { path }))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its profiles, in the order of their ids. Only the index is read.
    pub fn profiles(&self) -> Result<Vec<Stored>, StoreError> {
        let index = self.index()?;
        let text: Index = serde_json::from_slice(&index)
            .map_err(|error| self.damaged(&BundleError::NotABundle(error.to_string())))?;
        let profiles = text.manifests.iter().filter_map(|entry| {
            let is = entry.artifact_type.as_deref() == Some(layout::PROFILE_TYPE);
            is.then(|| self.stored(entry))
        });
        profiles.collect()
    }

    /// One of them.
    pub fn find(&self, id: &str) -> Result<Option<Stored>, StoreError> {
        let mut all = self.profiles()?.into_iter();
        Ok(all.find(|stored| stored.labels.id == id))
    }

    /// Takes a profile out, with all that no other needs.
    pub fn remove(&self, id: &str) -> Result<Labels, StoreError> {
        let _lock = staging::lock(&self.path)?;
        let all = self.profiles()?;
        let Some(found) = all.iter().find(|it| it.labels.id == id) else {
            let have: Vec<&str> = all.iter().map(|it| &*it.labels.id).collect();
            return Err(StoreError::Unknown {
                path: self.path.clone(),
                id: id.to_owned(),
                have: match have.is_empty() {
                    true => "none".to_owned(),
                    false => have.join(", "),
                },
            });
        };
        // One that is damaged goes, too.
        let (mut bundle, _) = self.read()?;
        bundle.profiles.retain(|it| it.labels.id != id);
        self.write(&bundle)?;
        self.sweep(&bundle)?;
        Ok(found.labels.clone())
    }

    fn stored(&self, entry: &Descriptor) -> Result<Stored, StoreError> {
        let damaged = |what: String| StoreError::Damaged {
            path: self.path.clone(),
            what,
        };
        let labels = Labels::parse(&entry.annotations).map_err(damaged)?;
        let digest = |key: &str| {
            entry
                .annotations
                .get(key)
                .filter(|it| layout::is_digest(it))
        };
        let component = digest(write::COMPONENT);
        let component = component
            .ok_or_else(|| damaged(format!("its index does not say where {} is", labels.id)))?;
        let blobs = self.path.join("blobs/sha256");
        let envelope = match digest(write::ENVELOPE) {
            Some(envelope) => blobs.join(envelope),
            // A name that no blob has.
            None => blobs.join(format!("{component}{}", super::source::ENVELOPE_SUFFIX)),
        };
        let place = Place {
            path: blobs.join(component),
            envelope,
            name: Some(labels.id.clone()),
            digest: Some(component.clone()),
        };
        Ok(Stored { labels, place })
    }

    fn index(&self) -> Result<Vec<u8>, StoreError> {
        let path = self.path.join("index.json");
        let secrecy = file::Secrecy::Public;
        Ok(file::read_bytes(&path, None, secrecy)?)
    }

    /// Everything in it that is whole, and what is not.
    fn read(&self) -> Result<(Bundle, Vec<BundleError>), StoreError> {
        Bundle::salvage(&self.index()?, &Kept(&self.path)).map_err(|error| self.damaged(&error))
    }

    /// Replaces the index, after which the store is another.
    fn write(&self, bundle: &Bundle) -> Result<(), StoreError> {
        let index = self.path.join("index.json");
        file::write(&index, &write::stored_index(bundle), 0o644)?;
        staging::sync(&self.path)
    }

    /// Removes blobs that nothing names.
    fn sweep(&self, bundle: &Bundle) -> Result<(), StoreError> {
        let known = bundle.digests();
        let folder = self.path.join("blobs/sha256");
        let fail = |what, path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Io { what, path, source }
        };
        for entry in std::fs::read_dir(&folder).map_err(fail("list", &folder))? {
            let path = entry.map_err(fail("list", &folder))?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            if name.is_none_or(|name| !known.contains(name)) {
                std::fs::remove_file(&path).map_err(fail("remove", &path))?;
            }
        }
        Ok(())
    }

    fn damaged(&self, error: &BundleError) -> StoreError {
        StoreError::Damaged {
            path: self.path.clone(),
            what: error.to_string(),
        }
    }
}

/// The blobs of a layout on disk, which are read and not added to. What was
/// changed since is not there.
struct Kept<'a>(&'a Path);

impl Blobs for Kept<'_> {
    fn put(&mut self, _: &str, _: &mut dyn io::Read) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn get(&self, digest: &str) -> io::Result<Option<Vec<u8>>> {
        staging::get(&self.0.join("blobs/sha256"), digest, MAX_BLOB)
    }

    fn size(&self, digest: &str) -> io::Result<Option<u64>> {
        staging::size(&self.0.join("blobs/sha256"), digest)
    }
}
