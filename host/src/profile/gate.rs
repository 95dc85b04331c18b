//! What a profile must pass before it is compiled, in the one order that there
//! is: read once, signatures, manifest, policy, lock.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::lock::{self, Lock, LockError};
use super::refusal::Refused;
use super::signature::{self, Belief};
use super::{Place, Unverified, Verified, source, verify};
use crate::request;
use crate::trust::file::{self, FileError};
use crate::trust::policy::{self, Policy, PolicyError};

/// What a scan believes and has pinned.
#[derive(Debug)]
pub struct Gate {
    policy: Option<(PathBuf, Policy)>,
    lock: Option<(PathBuf, Lock)>,
    allow_unsigned: bool,
    now: Timestamp,
}

/// Why there is no telling what may run; exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The policy is not to be had, or not to be trusted.
    #[error("the trust policy: {0}")]
    PolicyFile(FileError),
    /// The policy does not parse.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The lock is not to be had, or not to be trusted.
    #[error("the lock: {0}")]
    LockFile(FileError),
    /// The lock does not parse.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// `--locked`, and nothing is.
    #[error(
        "--locked, and there is no lock at {0}: `cisb lock` writes one, --lock FILE names another"
    )]
    NoLock(PathBuf),
}

impl Gate {
    /// [`Gate::open`] without the lock, which need not be there: for making one.
    pub fn open_unlocked(request: &request::Trust, now: Timestamp) -> Result<Self, GateError> {
        let policy = named(request.policy.as_deref(), policy::PATH);
        let policy = policy.map(|path| read_policy(path, None)).transpose()?;
        Ok(Self {
            policy,
            allow_unsigned: request.allow_unsigned,
            ..Self::ajar(now)
        })
    }

    /// Reads policy and lock: those that were named, else the system's where
    /// there are any. `scanned` is the root of the scan.
    pub fn open(
        request: &request::Trust,
        scanned: Option<&Path>,
        now: Timestamp,
    ) -> Result<Self, GateError> {
        let policy = named(request.policy.as_deref(), policy::PATH);
        let policy = policy.map(|path| read_policy(path, scanned)).transpose()?;
        let lock = match named(request.lock.as_deref(), lock::PATH) {
            None if request.locked => return Err(GateError::NoLock(lock::PATH.into())),
            None => None,
            Some(path) if request.locked && !file::exists(&path) => {
                return Err(GateError::NoLock(path));
            }
            Some(path) => {
                let text = file::read(&path, scanned).map_err(GateError::LockFile)?;
                let lock = Lock::parse(&path, &text)?;
                Some((path, lock))
            }
        };
        Ok(Self {
            policy,
            lock,
            allow_unsigned: request.allow_unsigned,
            now,
        })
    }

    /// Lets everything through that is a profile: for looking at one.
    pub fn ajar(now: Timestamp) -> Self {
        Self {
            policy: None,
            lock: None,
            allow_unsigned: false,
            now,
        }
    }

    /// A gate with this policy and no lock.
    pub fn of(policy: Policy, now: Timestamp) -> Self {
        Self {
            policy: Some((PathBuf::new(), policy)),
            ..Self::ajar(now)
        }
    }

    /// The policy and where it is.
    pub fn policy(&self) -> Option<(&Path, &Policy)> {
        let (path, policy) = self.policy.as_ref()?;
        Some((path, policy))
    }

    /// The lock and where it is.
    pub fn lock(&self) -> Option<(&Path, &Lock)> {
        let (path, lock) = self.lock.as_ref()?;
        Some((path, lock))
    }

    /// Reads a profile and lets it through or refuses it.
    pub fn admit(&self, place: &Place) -> Result<Verified, Refused> {
        self.judge(source::read(place)?)
    }

    /// The same for bytes that were read.
    pub fn judge(&self, unverified: Unverified) -> Result<Verified, Refused> {
        let belief = Belief {
            policy: self.policy.as_ref().map(|(_, policy)| policy),
            allow_unsigned: self.allow_unsigned,
            now: self.now,
        };
        let authenticated = signature::authenticate(unverified, &belief)?;
        let lock = self.lock.as_ref().map(|(_, lock)| lock);
        Ok(verify::verify(authenticated, &belief, lock)?)
    }
}

fn read_policy(path: PathBuf, scanned: Option<&Path>) -> Result<(PathBuf, Policy), GateError> {
    let text = file::read(&path, scanned).map_err(GateError::PolicyFile)?;
    let policy = Policy::parse(&path, &text)?;
    Ok((path, policy))
}

/// What was named, or the usual one where there is one.
fn named(given: Option<&Path>, usual: &str) -> Option<PathBuf> {
    match given {
        Some(path) => Some(path.to_owned()),
        None => Some(PathBuf::from(usual)).filter(|path| file::exists(path)),
    }
}
