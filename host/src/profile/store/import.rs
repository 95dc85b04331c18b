//! Takes a bundle into a store: read into staging, every profile judged there,
//! and only then moved in.

use std::io::Read;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use super::staging::{self, Staging};
use super::{ImportError, Kept, Store, StoreError};
use crate::profile::bundle::layout::{self, Blobs as _, Bundle, Labels, Packed};
use crate::profile::bundle::{self, BundleError, MAX_BLOB, Memory};
use crate::profile::refusal::Refused;
use crate::profile::{Gate, Unverified, Verified, signature};
use crate::trust::dsse::Envelope;
use crate::trust::file;

/// What an import did.
#[derive(Debug)]
pub struct Imported {
    /// For each profile of the bundle, by its id.
    pub changes: Vec<(Labels, Change)>,
    /// What was in the store, damaged, and is not any more.
    pub lost: Vec<String>,
}

/// What became of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The store did not have it.
    New,
    /// It took another's place.
    Replaced(Labels),
    /// It was there, and has other signatures now.
    Countersigned,
    /// It was there, and has another SBOM now.
    Described,
    /// It was there.
    Same,
}

impl Store {
    /// Imports a bundle, which makes a store where none is. On any failure the
    /// store is what it was.
    pub fn import(
        path: &Path,
        input: impl Read,
        gate: &Gate,
        allow_older: bool,
    ) -> Result<Imported, ImportError> {
        let made = make(path)?;
        let imported = import(path, input, gate, allow_older);
        if imported.is_err() {
            for folder in made.iter().rev() {
                // One that is not empty after all stays.
                let _ = std::fs::remove_dir(folder);
            }
        }
        imported
    }
}

fn import(
    path: &Path,
    input: impl Read,
    gate: &Gate,
    allow_older: bool,
) -> Result<Imported, ImportError> {
    let path = file::folder(path, None).map_err(StoreError::from)?;
    let _lock = staging::lock(&path)?;
    let store = Store { path };
    let (before, index, damage) = match file::exists(&store.path.join("index.json")) {
        true => {
            let (before, damage) = store.read()?;
            (before, store.profiles()?, damage)
        }
        false => (Bundle::default(), Vec::new(), Vec::new()),
    };
    let mut staged = Staging::make(&store.path)?;
    let bundle = bundle::read(input, &mut staged).map_err(|error| match error {
        BundleError::Keep(source) => ImportError::Store(StoreError::Io {
            what: "write to",
            path: store.path.clone(),
            source,
        }),
        error => refused(error),
    })?;
    let mut import = Import {
        store: &store,
        staged: &staged,
        gate,
        allow_older,
        fresh: Memory::default(),
    };
    let (mut packed, mut changes, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for it in bundle.profiles {
        let (id, labels) = (it.labels.id.clone(), it.labels.clone());
        let old = before.profiles.iter().find(|old| old.labels.id == id);
        // What the index says of it holds even where it is damaged.
        let was = index.iter().find(|old| old.labels.id == id);
        match import.take(it, old, was.map(|old| &old.labels))? {
            Ok((it, change)) => {
                packed.push(it);
                changes.push((labels, change));
            }
            Err(refused) => wrong.push((Some(id), refused)),
        }
    }
    if !wrong.is_empty() {
        return Err(ImportError::Refused(wrong));
    }
    let fresh = import.fresh;
    for (digest, bytes) in &fresh.0 {
        staged.put(digest, &mut bytes.as_slice()).or_else(|error| {
            match error.kind() == std::io::ErrorKind::AlreadyExists {
                true => Ok(()),
                false => Err(StoreError::Io {
                    what: "write to",
                    path: store.path.clone(),
                    source: error,
                }),
            }
        })?;
    }
    let mut after = before;
    for it in packed {
        after.profiles.retain(|old| old.labels.id != it.labels.id);
        after.profiles.push(it);
    }
    after.profiles.sort_by(|a, b| a.labels.id.cmp(&b.labels.id));
    // From here on there is nothing left to refuse.
    move_in(&store, &staged, &after)?;
    store.write(&after)?;
    store.sweep(&after)?;
    let lost = index
        .iter()
        .filter(|old| {
            after
                .profiles
                .iter()
                .all(|it| it.labels.id != old.labels.id)
        })
        .map(|old| format!("{} was damaged and is gone", old.labels.id));
    let damage = damage.iter().map(ToString::to_string);
    Ok(Imported {
        changes,
        lost: lost.chain(damage).collect(),
    })
}

struct Import<'a> {
    store: &'a Store,
    staged: &'a Staging,
    gate: &'a Gate,
    allow_older: bool,
    /// Envelopes that were joined, and their manifests.
    fresh: Memory,
}

type Taken = Result<(Packed, Change), Refused>;

impl Import<'_> {
    /// Judges a profile, and says what the store gets of it.
    fn take(
        &mut self,
        mut packed: Packed,
        old: Option<&Packed>,
        was: Option<&Labels>,
    ) -> Result<Taken, StoreError> {
        let component = match self.staged_blob(&packed.component) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(error.into())),
        };
        let envelope = match &packed.envelope {
            None => None,
            Some(attached) => match self.staged_blob(&attached.content) {
                Ok(bytes) => Some(bytes),
                Err(error) => return Ok(Err(error.into())),
            },
        };
        let (gate, name) = (self.gate, packed.labels.id.clone());
        let judge = |envelope: Option<Vec<u8>>| {
            let unverified = Unverified::from_bytes(name.clone(), component.clone(), envelope);
            gate.judge(unverified)
        };
        let verified = match judge(envelope.clone()) {
            Ok(verified) => verified,
            Err(refused) => return Ok(Err(refused)),
        };
        if let Err(error) = packed.labels.agree(&verified) {
            return Ok(Err(error.into()));
        }
        if let Some(envelope) = &envelope
            && let Err(error) = signature::fits(envelope, &verified)
        {
            return Ok(Err(error.into()));
        }
        let Some(was) = was else {
            return Ok(Ok((packed, Change::New)));
        };
        if was.epoch > packed.labels.epoch && !self.allow_older {
            let error = BundleError::Older {
                id: packed.labels.id.clone(),
                is: packed.labels.epoch,
                version: was.version.clone(),
                stored: was.epoch,
            };
            return Ok(Err(error.into()));
        }
        let Some(old) = old else {
            return Ok(Ok((packed, Change::Replaced(was.clone()))));
        };
        if old.component.digest != packed.component.digest {
            return Ok(Ok((packed, Change::Replaced(old.labels.clone()))));
        }
        let sbom_was = old.sbom.as_ref().map(|it| it.content.digest.clone());
        if packed.sbom.is_none()
            && let Some(bytes) = old.sbom.as_ref().and_then(|it| self.kept_blob(&it.content))
        {
            packed.describe(&bytes, &mut self.fresh);
        }
        let was = old
            .envelope
            .as_ref()
            .and_then(|it| self.kept_blob(&it.content));
        let best = self.best(was.as_deref(), envelope.as_deref(), &verified, &judge);
        if let Some(best) = &best
            && envelope.as_ref() != Some(best)
        {
            packed.sign(best, &mut self.fresh);
        }
        let sbom_is = packed.sbom.as_ref().map(|it| &it.content.digest);
        let change = if best != was {
            Change::Countersigned
        } else if sbom_is != sbom_was.as_ref() {
            Change::Described
        } else {
            Change::Same
        };
        Ok(Ok((packed, change)))
    }

    /// Which signatures a component gets that has some: all of both, if that is
    /// possible; else the new ones, if they are worth no less.
    fn best(
        &self,
        was: Option<&[u8]>,
        is: Option<&[u8]>,
        verified: &Verified,
        judge: &dyn Fn(Option<Vec<u8>>) -> Result<Verified, Refused>,
    ) -> Option<Vec<u8>> {
        let Some(was) = was else {
            return is.map(<[u8]>::to_vec);
        };
        let worth = |it: &Verified| it.standing().signers().len();
        let before = judge(Some(was.to_vec())).map_or(0, |old| worth(&old));
        let joined = is.map_or_else(|| Some(was.to_vec()), |is| join(was, is));
        if let Some(joined) = joined
            && let Ok(admitted) = judge(Some(joined.clone()))
            && worth(&admitted) >= worth(verified).max(before)
        {
            return Some(joined);
        }
        // Without a policy nothing is worth anything: what is there stays.
        let policy = self.gate.policy().is_some();
        match is {
            Some(is) if policy && worth(verified) >= before => Some(is.to_vec()),
            _ => Some(was.to_vec()),
        }
    }

    fn staged_blob(&self, wanted: &layout::Descriptor) -> Result<Vec<u8>, BundleError> {
        layout::fetch("blob", wanted, MAX_BLOB, self.staged)
    }

    /// A blob of the store; none if it is not what it was.
    fn kept_blob(&self, wanted: &layout::Descriptor) -> Option<Vec<u8>> {
        layout::fetch("blob", wanted, MAX_BLOB, &Kept(&self.store.path)).ok()
    }
}

/// Both envelopes' signatures; the longer one as it is, if it has them all.
fn join(was: &[u8], is: &[u8]) -> Option<Vec<u8>> {
    let (old, new) = (Envelope::parse(was).ok()?, Envelope::parse(is).ok()?);
    let joined = new.join(&old)?;
    Some(if joined.len() == new.len() && new.len() > old.len() {
        is.to_vec()
    } else if joined.len() == old.len() {
        was.to_vec()
    } else {
        joined.to_json()
    })
}

/// Moves in what the store will name and what is not there yet.
fn move_in(store: &Store, staged: &Staging, after: &Bundle) -> Result<(), StoreError> {
    let fail = |what, path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Io { what, path, source }
    };
    let layout = store.path.join("oci-layout");
    if !file::exists(&layout) {
        file::write(&layout, layout::LAYOUT.as_bytes(), 0o644)?;
    }
    let blobs = store.path.join("blobs/sha256");
    for folder in [&store.path.join("blobs"), &blobs] {
        if !file::exists(folder) {
            let made = std::fs::DirBuilder::new().mode(0o755).create(folder);
            made.map_err(fail("create", folder))?;
        }
    }
    // Another folder there would be written to instead.
    file::folder(&store.path.join("blobs"), None)?;
    file::folder(&blobs, None)?;
    for digest in after.digests() {
        let from = staged.blob(digest);
        if file::exists(&from) {
            // Over one that is there, too: it may have been damaged.
            std::fs::rename(&from, blobs.join(digest)).map_err(fail("write to", &blobs))?;
        }
    }
    staging::sync(&blobs)?;
    staging::sync(&store.path)
}

/// Makes the folders that are not there, and says which.
fn make(path: &Path) -> Result<Vec<std::path::PathBuf>, StoreError> {
    let missing: Vec<&Path> = path
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !file::exists(folder))
        .collect();
    let mut made = Vec::new();
    for folder in missing.into_iter().rev() {
        let created = std::fs::DirBuilder::new().mode(0o755).create(folder);
        created.map_err(|source| StoreError::Io {
            what: "create",
            path: folder.to_owned(),
            source,
        })?;
        made.push(folder.to_owned());
    }
    Ok(made)
}

fn refused(error: BundleError) -> ImportError {
    ImportError::Refused(vec![(None, error.into())])
}
