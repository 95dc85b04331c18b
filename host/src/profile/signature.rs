//! What a signature on a profile says, and whether it is believed: an envelope
//! beside the component, held against the trust policy before anything of the
//! component is looked at.

use std::collections::BTreeMap;

use cisb_contract::Manifest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Verified;
use super::source::Unverified;
use crate::trust::Policy;
use crate::trust::dsse::{Envelope, EnvelopeError};
use crate::trust::policy::{Claims, Distrust, Signer};
use crate::trust::statement::{self, StatementError, sha256};

/// What kind of statement a profile's signature is over.
pub const PREDICATE_TYPE: &str = "https://cisb.dev/attestation/profile-release/v1";

/// What is said of a profile. A member that this host does not know might be a
/// condition, so there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Release {
    /// Its id.
    pub profile: String,
    /// Its version.
    pub version: String,
    /// Its epoch.
    pub epoch: u64,
    /// The digest of its manifest's text.
    pub manifest: BTreeMap<String, String>,
    /// The digest of what it asks for, see `capabilities`.
    pub capabilities: BTreeMap<String, String>,
    /// The world that it targets.
    pub world: String,
}

/// Why a profile's signatures are refused.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// None.
    #[error(
        "it is not signed, and the trust policy wants signatures{0}: have it signed with `cisb \
         profile sign`"
    )]
    Unsigned(&'static str),
    /// Not for this policy.
    #[error(
        "it is not signed, and the trust policy lets --allow-unsigned run other profiles only: \
         add a pattern for {0} to its `unsigned`, or have it signed with `cisb profile sign`"
    )]
    UnsignedNotPermitted(String),
    /// Not an envelope of ours.
    #[error("its signatures cannot be read: {0}")]
    Envelope(#[from] EnvelopeError),
    /// Signed, and something else.
    #[error("what is signed is no statement about a profile: {0}")]
    Statement(String),
    /// Signed for other bytes.
    #[error(
        "its signatures are for other bytes: they name sha256:{signed}, and the component has \
         sha256:{is}"
    )]
    OtherBytes {
        /// What is signed.
        signed: String,
        /// What is there.
        is: String,
    },
    /// The component says something else than the signature.
    #[error("its manifest is not the one that was signed: {what} is {is}, and {signed} was signed")]
    OtherManifest {
        /// Which member.
        what: &'static str,
        /// What the manifest says.
        is: String,
        /// What was signed.
        signed: String,
    },
    /// The policy says no.
    #[error(transparent)]
    Distrust(#[from] Distrust),
}

/// How a profile stands with whoever signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody signed it.
    Unsigned,
    /// It has signatures, and there is no policy to hold them against.
    Unchecked,
    /// The policy believes these keys.
    Signed(Vec<Signer>),
}

impl Standing {
    /// Who is believed.
    pub fn signers(&self) -> &[Signer] {
        match self {
            Self::Signed(signers) => signers,
            _ => &[],
        }
    }

    /// In a report: the signers with their roles, `unsigned` or `unchecked`.
    pub fn words(&self) -> String {
        match self {
            Self::Unsigned => "unsigned".to_owned(),
            Self::Unchecked => "unchecked".to_owned(),
            Self::Signed(signers) => {
                let words = signers.iter().map(|signer| {
                    let roles: Vec<&str> = signer.roles.iter().map(|r| r.word()).collect();
                    format!("{} ({})", signer.name, roles.join(", "))
                });
                words.collect::<Vec<_>>().join(", ")
            }
        }
    }
}

/// A component whose signatures were looked at, and nothing else of it.
/// Only [`authenticate`] makes one.
#[derive(Debug)]
pub struct Authenticated {
    pub(super) unverified: Unverified,
    pub(super) standing: Standing,
    pub(super) release: Option<Release>,
}

/// What a scan believes.
#[derive(Debug, Clone, Copy)]
pub struct Belief<'a> {
    /// The policy, if there is one.
    pub policy: Option<&'a Policy>,
    /// `--allow-unsigned`.
    pub allow_unsigned: bool,
    /// The time of the scan.
    pub now: Timestamp,
}

/// Holds a component's signatures against a policy.
pub fn authenticate(
    unverified: Unverified,
    belief: &Belief<'_>,
) -> Result<Authenticated, SignatureError> {
    let (standing, release) = look(&unverified, belief)?;
    Ok(Authenticated {
        unverified,
        standing,
        release,
    })
}

fn look(
    unverified: &Unverified,
    belief: &Belief<'_>,
) -> Result<(Standing, Option<Release>), SignatureError> {
    let Some(policy) = belief.policy else {
        let standing = match unverified.envelope() {
            None => Standing::Unsigned,
            Some(_) => Standing::Unchecked,
        };
        return Ok((standing, None));
    };
    policy.revokes(unverified.digest())?;
    let Some(envelope) = unverified.envelope() else {
        return match (belief.allow_unsigned, policy.permits_unsigned()) {
            (true, true) => Ok((Standing::Unsigned, None)),
            (false, true) => Err(SignatureError::Unsigned(
                ", or --allow-unsigned where it permits that",
            )),
            (true, false) => Err(SignatureError::Unsigned(
                " and does not let --allow-unsigned run any profile",
            )),
            (false, false) => Err(SignatureError::Unsigned("")),
        };
    };
    let envelope = Envelope::parse(envelope)?;
    let signed = envelope.signed_by(policy.keys().iter().map(|key| &key.public));
    let hints: Vec<&str> = envelope.hints().flatten().collect();
    policy.knows(&signed, &hints)?;
    // Only now is what was signed worth reading.
    let release = release(&envelope, unverified.digest())?;
    let claims = Claims {
        profile: &release.profile,
        version: &release.version,
        epoch: release.epoch,
    };
    let signers = policy.admits(&claims, &signed, belief.now)?;
    Ok((Standing::Signed(signers), Some(release)))
}

/// What an envelope says of the component with this digest. Its signatures are
/// not looked at.
pub fn release(envelope: &Envelope, digest: &str) -> Result<Release, SignatureError> {
    statement::read(envelope, PREDICATE_TYPE, "component", digest).map_err(|error| match error {
        StatementError::Other(what) => SignatureError::Statement(what),
        StatementError::OtherBytes { signed, is } => SignatureError::OtherBytes { signed, is },
    })
}

/// That an envelope is about this component and nothing else, whoever signed it.
pub fn fits(envelope: &[u8], verified: &Verified) -> Result<(), SignatureError> {
    let envelope = Envelope::parse(envelope)?;
    let release = release(&envelope, verified.digest())?;
    agrees(
        &release,
        verified.manifest(),
        verified.manifest_digest(),
        verified.capabilities(),
    )
}

/// That a component's manifest is what was signed.
pub(super) fn agrees(
    release: &Release,
    manifest: &Manifest,
    manifest_digest: &str,
    capabilities: &str,
) -> Result<(), SignatureError> {
    let signed_capabilities = prefixed(&release.capabilities);
    let manifest_digest = format!("sha256:{manifest_digest}");
    let signed_manifest = prefixed(&release.manifest);
    let (is_epoch, signed_epoch) = (manifest.epoch.to_string(), release.epoch.to_string());
    let pairs: [(&'static str, &str, &str); 6] = [
        ("the id", &manifest.id, &release.profile),
        ("the version", &manifest.version, &release.version),
        ("the epoch", &is_epoch, &signed_epoch),
        ("the world", &manifest.world, &release.world),
        ("the digest", &manifest_digest, &signed_manifest),
        (
            "the digest of what it asks for",
            capabilities,
            &signed_capabilities,
        ),
    ];
    match pairs.into_iter().find(|(_, is, signed)| is != signed) {
        None => Ok(()),
        Some((what, is, signed)) => Err(SignatureError::OtherManifest {
            what,
            is: is.to_owned(),
            signed: match signed {
                "" => "nothing".to_owned(),
                signed => signed.to_owned(),
            },
        }),
    }
}

fn prefixed(digest: &BTreeMap<String, String>) -> String {
    let sha256 = digest.get("sha256");
    sha256.map_or_else(String::new, |hex| format!("sha256:{hex}"))
}

/// The statement that a signature of this component is over, as JSON. It is the
/// same for everybody who signs.
pub fn statement(verified: &Verified) -> Vec<u8> {
    let manifest = verified.manifest();
    let release = Release {
        profile: manifest.id.clone(),
        version: manifest.version.clone(),
        epoch: manifest.epoch,
        manifest: sha256(verified.manifest_digest()),
        capabilities: sha256(verified.capabilities().trim_start_matches("sha256:")),
        world: manifest.world.clone(),
    };
    statement::about(&manifest.id, verified.digest(), PREDICATE_TYPE, release)
}
