//! Why a profile does not run: the stage that refuses it, a code that stays the
//! same when sentences change, and the sentence.

use super::bundle::BundleError;
use super::grants::GrantError;
use super::lock::Unlocked;
use super::manifest::ManifestError;
use super::signature::SignatureError;
use super::source::SourceError;
use super::verify::VerifyError;
use crate::engine::CompileError;
use crate::engine::link::LinkError;
use crate::trust::dsse::EnvelopeError;
use crate::trust::policy::Distrust;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} [{}]", code.as_str())]
pub struct Refused {
    /// `bundle`, `source`, `signature`, `manifest`, `verify`, `lock`, `grant`, `compile` or
    /// `link`.
    pub stage: &'static str,
    /// Which of the known reasons.
    pub code: Code,
    /// One sentence with the way out.
    pub reason: String,
}

macro_rules! codes {
    ($($name:ident = $word:literal, $meaning:literal;)*) => {
        /// Every reason for which a profile or a bundle is refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its word, in reports and messages.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What it means, for the documentation.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }
    };
}

codes! {
    Unreadable = "unreadable", "its file cannot be read";
    TooLarge = "too-large", "it is larger than any profile may be, or than it was granted";
    Damaged = "damaged", "the store's copy was changed after it was imported";
    Unsigned = "unsigned", "nobody signed it, and the trust policy wants signatures";
    BadEnvelope = "bad-envelope", "its signatures cannot be read";
    WrongPayloadType = "wrong-payload-type", "its signatures are over another kind of text";
    BadStatement = "bad-statement", "what is signed is no statement about a profile";
    UnknownKey = "unknown-key", "no key that the policy knows signed it";
    BadSignature = "bad-signature", "a known key is named, and its signature does not fit";
    OtherBytes = "other-bytes", "it was signed, and then changed";
    OtherManifest = "other-manifest", "its manifest is not the one that was signed";
    RevokedKey = "revoked-key", "the policy revokes the key that signed it";
    RevokedDigest = "revoked-digest", "the policy revokes this component";
    KeyNotForProfile = "key-not-for-profile", "the key that signed it is for other profiles";
    KeyNotValid = "key-not-valid", "the key that signed it is not valid at the time of the scan";
    KeyCountedOnce = "key-counted-once", "one key signed it twice, where two are wanted";
    TooFewSignatures = "too-few-signatures", "fewer keys signed it than the rule wants";
    RoleMissing = "role-missing", "no key with a role that the rule wants signed it";
    NoRule = "no-rule", "no rule of the policy is for it";
    OlderEpoch = "older-epoch", "its epoch is below the one that the rule wants";
    OlderVersion = "older-version", "its version is below the one that the rule wants";
    TooWide = "too-wide", "it asks for more than the rule lets any profile ask for";
    NotPinned = "not-pinned", "the lock does not pin it";
    LockMismatch = "lock-mismatch", "the lock pins another profile of this id";
    CapabilitiesWidened = "capabilities-widened", "it asks for more than the lock accepts";
    SignerMissing = "signer-missing", "a signature that the lock pins is not on it";
    NotAComponent = "not-a-component", "it is no WebAssembly component";
    NoManifest = "no-manifest", "it has no manifest";
    ManyManifests = "many-manifests", "it has more than one manifest, or one hidden inside";
    BadManifest = "bad-manifest", "its manifest does not parse or contradicts itself";
    TooMuch = "too-much", "it is too much to compile, or nested too deep";
    ImportsWasi = "imports-wasi", "it imports WASI";
    UnknownImport = "unknown-import", "it imports what cisb does not offer";
    ImportVersion = "import-version", "it imports another version of the contract";
    UngrantedImport = "ungranted-import", "it imports a capability that it does not request";
    NoChecks = "no-checks", "it answers for no check";
    OtherWorld = "other-world", "it targets a world that this host does not run";
    Grant = "grant", "what it needs does not fit what it was granted";
    Compile = "compile", "it does not compile";
    Link = "link", "it does not fit the contract";
    NotABundle = "not-a-bundle", "it is no bundle, or not laid out as one";
    BundleCut = "bundle-cut", "the bundle ends too early";
    BundleTrailing = "bundle-trailing", "something follows the end of the bundle or of an entry";
    BundleName = "bundle-name", "the bundle holds a name that could lead elsewhere, or that none has";
    BundleEntry = "bundle-entry", "the bundle holds a link, a device or whatever is no plain file";
    BundleTwice = "bundle-twice", "the bundle holds a name twice";
    BundleTooLarge = "bundle-too-large", "the bundle holds more than is read of one";
    BundleDigest = "bundle-digest", "a blob of the bundle is not what its name says";
    BundleMissing = "bundle-missing", "a blob that the bundle names is not in it";
    BundleExtra = "bundle-extra", "the bundle holds a blob that belongs to no profile";
    BundleLabels = "bundle-labels", "the bundle's labels are not those of the component";
    OlderThanStored = "older-than-stored", "the store has a later epoch of it";
}

impl From<SourceError> for Refused {
    fn from(error: SourceError) -> Self {
        let code = match &error {
            SourceError::Read { .. } | SourceError::NotAFile(_) => Code::Unreadable,
            SourceError::TooLarge { .. } => Code::TooLarge,
            SourceError::Damaged { .. } => Code::Damaged,
        };
        Self::at("source", code, &error)
    }
}

impl From<BundleError> for Refused {
    fn from(error: BundleError) -> Self {
        Self::at("bundle", error.code(), &error)
    }
}

impl From<SignatureError> for Refused {
    fn from(error: SignatureError) -> Self {
        let code = match &error {
            SignatureError::Unsigned(_) | SignatureError::UnsignedNotPermitted(_) => Code::Unsigned,
            SignatureError::Envelope(EnvelopeError::PayloadType(_)) => Code::WrongPayloadType,
            SignatureError::Envelope(_) => Code::BadEnvelope,
            SignatureError::Statement(_) => Code::BadStatement,
            SignatureError::OtherBytes { .. } => Code::OtherBytes,
            SignatureError::OtherManifest { .. } => Code::OtherManifest,
            SignatureError::Distrust(distrust) => match distrust {
                Distrust::RevokedDigest(_) => Code::RevokedDigest,
                Distrust::UnknownKey { .. } => Code::UnknownKey,
                Distrust::BadSignature(_) => Code::BadSignature,
                Distrust::RevokedKey(_) => Code::RevokedKey,
                Distrust::KeyNotForProfile { .. } => Code::KeyNotForProfile,
                Distrust::KeyNotValid { .. } => Code::KeyNotValid,
                Distrust::NoRule(_) => Code::NoRule,
                Distrust::KeyCountedOnce { .. } => Code::KeyCountedOnce,
                Distrust::TooFewSignatures { .. } => Code::TooFewSignatures,
                Distrust::RoleMissing { .. } => Code::RoleMissing,
                Distrust::OlderEpoch { .. } => Code::OlderEpoch,
                Distrust::OlderVersion { .. } => Code::OlderVersion,
                Distrust::TooWide { .. } => Code::TooWide,
            },
        };
        Self::at("signature", code, &error)
    }
}

impl From<VerifyError> for Refused {
    fn from(error: VerifyError) -> Self {
        let (stage, code) = match error {
            VerifyError::Signature(error) => return error.into(),
            VerifyError::Manifest(ref error) => (
                "manifest",
                match error {
                    ManifestError::NotWasm(_) | ManifestError::CoreModule => Code::NotAComponent,
                    ManifestError::Missing => Code::NoManifest,
                    ManifestError::NotOne(_) | ManifestError::Nested => Code::ManyManifests,
                    ManifestError::TooLarge(_)
                    | ManifestError::Unpack(_)
                    | ManifestError::Parse(_)
                    | ManifestError::Schema(_)
                    | ManifestError::Invalid(_) => Code::BadManifest,
                    ManifestError::TooMuch(_) => Code::TooMuch,
                },
            ),
            VerifyError::Lock(ref error) => (
                "lock",
                match error {
                    Unlocked::NotPinned(_) => Code::NotPinned,
                    Unlocked::Other { .. } => Code::LockMismatch,
                    Unlocked::Widened { .. } => Code::CapabilitiesWidened,
                    Unlocked::SignerMissing { .. } => Code::SignerMissing,
                },
            ),
            VerifyError::Wasi(_) => ("verify", Code::ImportsWasi),
            VerifyError::UnknownImport(_) => ("verify", Code::UnknownImport),
            VerifyError::ImportVersion(_) => ("verify", Code::ImportVersion),
            VerifyError::Ungranted { .. } => ("verify", Code::UngrantedImport),
            VerifyError::NoChecks(_) => ("verify", Code::NoChecks),
            VerifyError::World(_) => ("verify", Code::OtherWorld),
        };
        Self::at(stage, code, &error)
    }
}

impl From<GrantError> for Refused {
    fn from(error: GrantError) -> Self {
        let code = match &error {
            GrantError::Glob(_) => Code::Grant,
            GrantError::Limit { .. } => Code::TooLarge,
        };
        Self::at("grant", code, &error)
    }
}

impl From<CompileError> for Refused {
    fn from(error: CompileError) -> Self {
        Self::at("compile", Code::Compile, &error)
    }
}

impl From<LinkError> for Refused {
    fn from(error: LinkError) -> Self {
        Self::at("link", Code::Link, &error)
    }
}

impl Refused {
    /// A refusal with an error's words.
    pub(crate) fn at(stage: &'static str, code: Code, error: &dyn std::error::Error) -> Self {
        Self {
            stage,
            code,
            reason: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_codes_have_the_same_word() {
        let words: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        let plain = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(words.iter().all(plain));
    }
}
