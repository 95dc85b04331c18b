//! What a profile must pass before it is compiled, in the one order that there
//! is: read once, signatures, manifest, policy, lock.

use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;

use super::lock::{self, Lock, LockError};
use super::refusal::Refused;
use super::signature::{self, Belief};
use super::{Place, Unverified, Verified, source, verify};
use crate::report::Input;
use crate::request;
use crate::trust::file::{self, FileError};
use crate::trust::policy::{self, Policy, PolicyError};

/// What a scan believes and has pinned.
#[derive(Debug)]
pub struct Gate {
    policy: Option<(PathBuf, Policy)>,
    lock: Option<(PathBuf, Lock)>,
    inputs: Vec<Input>,
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
            policy: policy.map(|(path, policy, _)| (path, policy)),
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
        let mut inputs = Vec::new();
        let policy = policy.map(|path| read_policy(path, scanned)).transpose()?;
        let policy = policy.map(|(path, policy, text)| {
            inputs.push(Input::of("trust-policy", &path, &text));
            (path, policy)
        });
        let lock = match named(request.lock.as_deref(), lock::PATH) {
            None if request.locked => return Err(GateError::NoLock(lock::PATH.into())),
            None => None,
            Some(path) if request.locked && !file::exists(&path) => {
                return Err(GateError::NoLock(path));
            }
            Some(path) => {
                let text = file::read(&path, scanned).map_err(GateError::LockFile)?;
                let lock = Lock::parse(&path, &text)?;
                inputs.push(Input::of("lock", &path, &text));
                Some((path, lock))
            }
        };
        Ok(Self {
            policy,
            lock,
            inputs,
            allow_unsigned: request.allow_unsigned,
            now,
        })
    }

    /// Lets everything through that is a profile: for looking at one.
    pub fn ajar(now: Timestamp) -> Self {
        Self {
            policy: None,
            lock: None,
            inputs: Vec::new(),
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

    /// The files that it comes from, for the report.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
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
        let started = Instant::now();
        let authenticated = signature::authenticate(unverified, &belief)?;
        let signatures = started.elapsed();
        let lock = self.lock.as_ref().map(|(_, lock)| lock);
        let verified = verify::verify(authenticated, &belief, lock)?;
        tracing::debug!(
            "spent: {}: signatures {} µs, manifest and lock {} µs",
            verified.manifest().id,
            signatures.as_micros(),
            started.elapsed().saturating_sub(signatures).as_micros()
        );
        Ok(verified)
    }
}

fn read_policy(
    path: PathBuf,
    scanned: Option<&Path>,
) -> Result<(PathBuf, Policy, String), GateError> {
    let text = file::read(&path, scanned).map_err(GateError::PolicyFile)?;
    let policy = Policy::parse(&path, &text)?;
    Ok((path, policy, text))
}

/// What was named, or the usual one where there is one.
fn named(given: Option<&Path>, usual: &str) -> Option<PathBuf> {
    match given {
        Some(path) => Some(path.to_owned()),
        None => Some(PathBuf::from(usual)).filter(|path| file::exists(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::PrivateKey;
    use crate::trust::dsse::Envelope;

    /// The smallest component with a manifest: it exports nothing, and is read
    /// no further than signatures and manifest go.
    fn component(title: &str) -> Vec<u8> {
        let manifest = serde_json::json!({
            "schema": cisb_contract::MANIFEST_SCHEMA, "id": "small", "version": "1.0.0",
            "epoch": 1, "title": title,
            "benchmark": {"name": "b", "version": "1", "kubernetes": ">=1.28"},
            "world": cisb_contract::WORLD, "min-host": "0.1.0", "requests": {},
            "sections": [{"id": "1", "title": "s", "target": "node", "groups": [{"id": "1.1", "title": "g"}]}],
            "checks": [{"id": "1.1.1", "control": "c", "title": "t", "group": "1.1",
                "component": "kubelet", "level": 1, "assessment": "automated",
                "severity": "low", "rationale": "r", "remediation": {"set": "s"}, "uses": []}],
        })
        .to_string();
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        let name = cisb_contract::MANIFEST_SECTION.as_bytes();
        let size = u32::try_from(1 + name.len() + manifest.len()).unwrap();
        bytes.push(0);
        // LEB128 of a size below 2^14.
        bytes.push(u8::try_from(size & 0x7f).unwrap() | 0x80);
        bytes.push(u8::try_from(size >> 7).unwrap());
        bytes.push(u8::try_from(name.len()).unwrap());
        bytes.extend(name);
        bytes.extend(manifest.as_bytes());
        bytes
    }

    fn belief(policy: &Policy) -> Belief<'_> {
        Belief {
            policy: Some(policy),
            allow_unsigned: false,
            now: Timestamp::UNIX_EPOCH,
        }
    }

    /// An envelope that the key signed for these bytes, as `cisb profile sign`
    /// makes it.
    fn envelope(bytes: &[u8], key: &PrivateKey) -> Vec<u8> {
        use sha2::{Digest as _, Sha256};
        let digest = crate::evidence::hex(&Sha256::digest(bytes));
        let statement = serde_json::json!({
            "_type": crate::trust::statement::STATEMENT_TYPE,
            "subject": [{"name": "small", "digest": {"sha256": digest}}],
            "predicateType": signature::PREDICATE_TYPE,
            "predicate": {"profile": "small", "version": "1.0.0", "epoch": 1,
                "manifest": {"sha256": "00"}, "capabilities": {"sha256": "00"},
                "world": cisb_contract::WORLD},
        });
        let mut envelope = Envelope::around(statement.to_string().as_bytes());
        assert!(envelope.sign(key));
        envelope.to_json()
    }

    #[test]
    fn the_bytes_that_were_read_are_the_bytes_that_are_judged() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::file(folder.path().join("small.wasm"));
        let key = PrivateKey::of(1);
        let policy = Policy::wanting(vec![("k".to_owned(), key.public().clone())]);
        let first = component("first");
        std::fs::write(&place.path, &first).unwrap();
        std::fs::write(&place.envelope, envelope(&first, &key)).unwrap();
        let unverified = source::read(&place).unwrap();
        // Whoever swaps the files now is too late.
        std::fs::write(&place.path, component("second")).unwrap();
        std::fs::write(&place.envelope, "{}").unwrap();
        let authenticated = signature::authenticate(unverified, &belief(&policy)).unwrap();
        assert_eq!(authenticated.unverified.bytes, first);
    }

    #[test]
    fn nothing_of_a_component_is_looked_at_before_a_known_key_signed_it() {
        let key = PrivateKey::of(1);
        let garbage = b"no component at all".to_vec();
        let signed = envelope(&garbage, &PrivateKey::of(2));
        let judge = |envelope| {
            let unverified = Unverified::from_bytes("x".to_owned(), garbage.clone(), envelope);
            Gate::of(
                Policy::wanting(vec![("k".to_owned(), key.public().clone())]),
                Timestamp::UNIX_EPOCH,
            )
            .judge(unverified)
            .unwrap_err()
        };
        assert_eq!(judge(Some(signed)).code.as_str(), "unknown-key");
        assert_eq!(judge(None).code.as_str(), "unsigned");
        let signed = envelope(&garbage, &key);
        assert_eq!(judge(Some(signed)).code.as_str(), "not-a-component");
    }
}
