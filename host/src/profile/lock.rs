//! `cisb.lock`: the profiles that a site has looked at and pinned, with what
//! each may ask for and who signed it. Pure: text in, text out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Verified;
use crate::evidence::hex;

/// Where it is unless `--lock` says otherwise.
pub const PATH: &str = "/etc/cisb/cisb.lock";

/// The version of its format.
const VERSION: u32 = 1;

/// Lines of a difference that a message shows.
const SHOWN: usize = 8;

/// A lock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    pins: BTreeMap<String, Pin>,
}

/// One pinned profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pin {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its epoch.
    pub epoch: u64,
    /// The component's digest: what is compiled.
    pub digest: String,
    /// The manifest's digest.
    pub manifest: String,
    /// The digest of what it may ask for: what the site accepted.
    pub capabilities: String,
    /// The world that it targets.
    pub world: String,
    /// Ids of the keys whose signatures counted.
    pub signers: BTreeSet<String>,
    /// What it may ask for, a line each: the text of `capabilities`.
    pub asks: BTreeSet<String>,
    /// Its checks, each with the beginning of its digest.
    pub checks: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    version: u32,
    #[serde(default)]
    profile: Vec<Pin>,
}

/// Why a lock cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the lock {path}{place}: {what}")]
pub struct LockError {
    path: PathBuf,
    place: String,
    what: String,
}

/// Why a lock does not let a profile run.
#[derive(Debug, thiserror::Error)]
pub enum Unlocked {
    /// It is not in the lock.
    #[error("the lock does not pin {0}: `cisb lock` pins it, after a look at it")]
    NotPinned(String),
    /// Another file of the same id.
    #[error(
        "the lock pins another {id}: {what} is {is}, and {pinned} is pinned; `cisb lock --check` \
         shows what differs"
    )]
    Other {
        /// The profile.
        id: String,
        /// Which member.
        what: &'static str,
        /// What is there.
        is: String,
        /// What is pinned.
        pinned: String,
    },
    /// It asks for more than was accepted.
    #[error(
        "it asks for more than the lock accepts of {id}: {more}; `cisb lock` shows all of it and \
         how to accept it"
    )]
    Widened {
        /// The profile.
        id: String,
        /// What it asks for beyond.
        more: String,
    },
    /// A signature that was there is not there any more.
    #[error(
        "the lock pins {id} with a signature by the key {key}, which the trust policy does not \
         find on it"
    )]
    SignerMissing {
        /// The profile.
        id: String,
        /// The key.
        key: String,
    },
}

impl Pin {
    /// What is to be pinned of a profile.
    pub fn of(verified: &Verified) -> Self {
        let manifest = verified.manifest();
        let checks = manifest.checks.iter().map(|check| {
            // A check of a manifest always has a JSON form.
            let json = serde_json::to_vec(check).unwrap_or_default();
            let mut digest = hex(&Sha256::digest(&json));
            digest.truncate(16);
            (check.id.clone(), digest)
        });
        let signers = verified.standing().signers().iter();
        Self {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            epoch: manifest.epoch,
            digest: format!("sha256:{}", verified.digest()),
            manifest: format!("sha256:{}", verified.manifest_digest()),
            capabilities: verified.capabilities().to_owned(),
            world: manifest.world.clone(),
            signers: signers.map(|s| s.key.to_string()).collect(),
            asks: verified.asks(),
            checks: checks.collect(),
        }
    }
}

impl Lock {
    /// Understands a lock's text.
    pub fn parse(path: &Path, text: &str) -> Result<Self, LockError> {
        let bad = |place: String, what: String| LockError {
            path: path.to_owned(),
            place,
            what,
        };
        let wire: Wire = toml::from_str(text).map_err(|error| {
            let (place, what) = crate::config::place(text, &error);
            bad(place, what)
        })?;
        if wire.version != VERSION {
            let what = format!(
                "it has the format {}; this cisb reads {VERSION}",
                wire.version
            );
            return Err(bad(String::new(), what));
        }
        let mut pins = BTreeMap::new();
        for pin in wire.profile {
            if super::capabilities::digest(&pin.asks) != pin.capabilities {
                let what = format!(
                    "{}: what it asks for does not have the digest that was accepted: somebody \
                     changed the file by hand",
                    pin.id
                );
                return Err(bad(String::new(), what));
            }
            if let Some(twice) = pins.insert(pin.id.clone(), pin) {
                return Err(bad(String::new(), format!("{} is pinned twice", twice.id)));
            }
        }
        Ok(Self { pins })
    }

    /// Its text: the same for the same pins.
    pub fn text(&self) -> String {
        let wire = Wire {
            version: VERSION,
            profile: self.pins.values().cloned().collect(),
        };
        // Texts and lists of them always have a TOML form.
        let body = toml::to_string_pretty(&wire).unwrap_or_default();
        format!("# Written by `cisb lock`: change it with that.\n{body}")
    }

    /// Its pins, by id.
    pub fn pins(&self) -> &BTreeMap<String, Pin> {
        &self.pins
    }

    /// That a profile is the one that is pinned.
    pub fn allows(&self, verified: &Verified) -> Result<(), Unlocked> {
        let manifest = verified.manifest();
        let id = manifest.id.clone();
        let Some(pinned) = self.pins.get(&id) else {
            return Err(Unlocked::NotPinned(id));
        };
        if verified.capabilities() != pinned.capabilities {
            let asks = verified.asks();
            let more: Vec<&str> = asks.difference(&pinned.asks).map(String::as_str).collect();
            if !more.is_empty() {
                return Err(Unlocked::Widened {
                    id,
                    more: some(&more),
                });
            }
        }
        let members = [
            (
                "the digest",
                format!("sha256:{}", verified.digest()),
                &pinned.digest,
            ),
            (
                "the manifest",
                format!("sha256:{}", verified.manifest_digest()),
                &pinned.manifest,
            ),
            (
                "the digest of what it asks for",
                verified.capabilities().to_owned(),
                &pinned.capabilities,
            ),
            ("the version", manifest.version.clone(), &pinned.version),
        ];
        for (what, is, pinned) in members {
            if is != *pinned {
                return Err(Unlocked::Other {
                    id,
                    what,
                    is,
                    pinned: pinned.clone(),
                });
            }
        }
        let signers = verified.standing().signers().iter();
        let signers: BTreeSet<String> = signers.map(|s| s.key.to_string()).collect();
        match pinned.signers.difference(&signers).next() {
            Some(key) => Err(Unlocked::SignerMissing {
                id,
                key: key.clone(),
            }),
            None => Ok(()),
        }
    }

    /// What these profiles change of the lock. `all`: what is pinned and not
    /// among them is gone.
    pub fn update(&self, profiles: &[Pin], all: bool) -> Update {
        let mut lock = match all {
            true => Self::default(),
            false => self.clone(),
        };
        let mut changes = Vec::new();
        for pin in profiles {
            match self.pins.get(&pin.id) {
                None => changes.push(Change::Added(pin.clone())),
                Some(old) if old == pin => {}
                Some(old) => changes.push(Change::Updated(Box::new(Difference::of(old, pin)))),
            }
            lock.pins.insert(pin.id.clone(), pin.clone());
        }
        for (id, pin) in &self.pins {
            if !lock.pins.contains_key(id) {
                changes.push(Change::Removed(pin.clone()));
            }
        }
        Update { lock, changes }
    }
}

/// A lock that is to be, and what is new in it.
#[derive(Debug)]
pub struct Update {
    /// The lock.
    pub lock: Lock,
    /// What changes, in the order of the profiles.
    pub changes: Vec<Change>,
}

impl Update {
    /// The changes that somebody must accept by name: profiles that ask for more.
    pub fn unaccepted<'a>(
        &'a self,
        accepted: &'a [String],
    ) -> impl Iterator<Item = &'a Difference> {
        self.changes.iter().filter_map(move |change| match change {
            Change::Updated(difference)
                if !difference.more.is_empty()
                    && !accepted.contains(&difference.new.capabilities) =>
            {
                Some(&**difference)
            }
            _ => None,
        })
    }
}

/// One change of a lock.
#[derive(Debug)]
pub enum Change {
    /// A profile that was not pinned.
    Added(Pin),
    /// A profile that is another.
    Updated(Box<Difference>),
    /// A profile that is pinned no more.
    Removed(Pin),
}

/// What differs between two profiles of one id.
#[derive(Debug)]
pub struct Difference {
    /// What was pinned.
    pub old: Pin,
    /// What is there.
    pub new: Pin,
    /// What it asks for and did not.
    pub more: Vec<String>,
    /// What it asked for and does no more.
    pub less: Vec<String>,
    /// Checks that are new.
    pub added: Vec<String>,
    /// Checks that are gone.
    pub removed: Vec<String>,
    /// Checks that are others.
    pub changed: Vec<String>,
}

impl Difference {
    fn of(old: &Pin, new: &Pin) -> Self {
        let without = |these: &BTreeMap<String, String>, those: &BTreeMap<String, String>| {
            let ids = these.keys().filter(|id| !those.contains_key(*id));
            ids.cloned().collect()
        };
        let changed = new
            .checks
            .iter()
            .filter(|(id, digest)| old.checks.get(*id).is_some_and(|before| before != *digest));
        Self {
            more: new.asks.difference(&old.asks).cloned().collect(),
            less: old.asks.difference(&new.asks).cloned().collect(),
            added: without(&new.checks, &old.checks),
            removed: without(&old.checks, &new.checks),
            changed: changed.map(|(id, _)| id.clone()).collect(),
            old: old.clone(),
            new: new.clone(),
        }
    }
}

/// The first few of a list.
fn some(lines: &[&str]) -> String {
    let shown = lines
        .iter()
        .take(SHOWN)
        .copied()
        .collect::<Vec<_>>()
        .join("; ");
    match lines.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{shown}; and {more} more"),
        _ => shown,
    }
}
