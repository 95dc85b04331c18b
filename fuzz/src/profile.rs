//! What must hold of components, their manifests and what is signed of them.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use cisb::profile::bundle::{self, Memory};
use cisb::profile::lock::{Lock, Pin};
use cisb::profile::signature::{self, Standing};
use cisb::profile::{Gate, Unverified, Verified};
use cisb::trust::Policy;
use cisb::trust::dsse::{Envelope, PAYLOAD_TYPE};
use cisb_contract::MANIFEST_MAX_BYTES;
use ed25519_dalek::Signature;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{keys, nowhere, shell};

/// The manifest that targets take where they need a profile.
const USUAL: &[u8] = include_bytes!("../seeds/manifest/usual.json");

/// A profile that is let through, as bytes.
pub(crate) fn usual() -> Vec<u8> {
    shell::around(USUAL)
}

/// A component as a stranger hands it over.
pub(crate) fn component(data: &[u8]) {
    if let Some(verified) = judged(data.to_vec()) {
        assert_eq!(verified.bytes(), data, "other bytes would be compiled");
        holds(&verified);
    }
}

/// A manifest's text.
pub(crate) fn manifest(data: &[u8]) {
    let Some(verified) = judged(shell::around(data)) else {
        return;
    };
    holds(&verified);
    let text = serde_json::to_vec(verified.manifest()).expect("a manifest has a JSON form");
    // Numbers and escapes may grow; a text that grows beyond the limit is none.
    if text.len() > MANIFEST_MAX_BYTES {
        return;
    }
    let again = judged(shell::around(&text)).expect("its own text is refused");
    assert_eq!(again.manifest(), verified.manifest());
    assert_eq!(again.asks(), verified.asks());
    assert_eq!(again.capabilities(), verified.capabilities());
}

/// A manifest's section, which may be compressed.
pub(crate) fn packed(data: &[u8]) {
    if let Some(verified) = judged(shell::around(data)) {
        let text = match zstd::stream::decode_all(data) {
            Ok(text) => text,
            Err(_) => data.to_vec(),
        };
        assert!(text.len() <= MANIFEST_MAX_BYTES, "it unpacks to too much");
        assert_eq!(verified.manifest_digest(), hex(&Sha256::digest(&text)));
    }
}

/// A bundle as a stranger hands it over.
pub(crate) fn bundle(data: &[u8]) {
    let mut blobs = Memory::default();
    let Ok(read) = bundle::read(data, &mut blobs) else {
        return;
    };
    let bytes: usize = blobs.0.values().map(Vec::len).sum();
    assert!(bytes <= data.len(), "it holds more than it has");
    for (digest, content) in &blobs.0 {
        assert_eq!(*digest, hex(&Sha256::digest(content)), "a blob is another");
    }
    assert!(!read.profiles.is_empty(), "it holds no profile");
    for packed in &read.profiles {
        for named in packed.blobs() {
            let content = blobs
                .0
                .get(named.hex())
                .expect("a blob is named and not there");
            assert_eq!(named.size, content.len() as u64);
        }
    }
    let again = bundle::read(data, &mut Memory::default()).expect("it was read before");
    assert_eq!(again.profiles, read.profiles);
}

/// An envelope beside a profile, held against a policy that wants two keys.
pub(crate) fn signature(data: &[u8]) {
    static POLICY: OnceLock<String> = OnceLock::new();
    let policy = POLICY.get_or_init(|| {
        format!(
            "[[key]]\nname = \"release\"\npublic = \"{}\"\nroles = [\"publisher\"]\nprofiles = \
             [\"*\"]\n[[key]]\nname = \"site\"\npublic = \"{}\"\nroles = [\"site\"]\nprofiles = \
             [\"*\"]\n[[rule]]\nprofiles = [\"*\"]\nroles = [\"publisher\"]\n",
            keys::line(1),
            keys::line(2)
        )
    });
    let policy = Policy::parse(nowhere(), policy).expect("it is a policy");
    let bytes = usual();
    let digest = hex(&Sha256::digest(&bytes));
    let gate = Gate::of(policy, Timestamp::UNIX_EPOCH);
    let unverified = Unverified::from_bytes("usual".to_owned(), bytes, Some(data.to_vec()));
    let Ok(verified) = gate.judge(unverified) else {
        return;
    };
    let Standing::Signed(signers) = verified.standing() else {
        panic!("a profile is let through that nobody signed");
    };
    assert!(signers.iter().any(|signer| signer.name == "release"));
    // The envelope is looked at once more, with nothing of the host's.
    let envelope: Value = serde_json::from_slice(data).expect("it is no JSON");
    assert_eq!(envelope["payloadType"], PAYLOAD_TYPE);
    let payload = decode(&envelope["payload"]).expect("its payload is not base64");
    let statement: Value = serde_json::from_slice(&payload).expect("its payload is no JSON");
    assert_eq!(statement["subject"][0]["digest"]["sha256"], *digest);
    let mut message = format!(
        "DSSEv1 {} {PAYLOAD_TYPE} {} ",
        PAYLOAD_TYPE.len(),
        payload.len()
    )
    .into_bytes();
    message.extend(&payload);
    let release = keys::nobody(1).verifying_key();
    let signatures = envelope["signatures"].as_array().expect("it has no list");
    assert!(
        signatures.iter().any(|signature| {
            decode(&signature["sig"])
                .and_then(|bytes| Signature::from_slice(&bytes).ok())
                .is_some_and(|it| release.verify_strict(&message, &it).is_ok())
        }),
        "no signature by the release key is in it"
    );
}

/// What an envelope says, whoever signed it.
pub(crate) fn statement(data: &[u8]) {
    let digest = hex(&Sha256::digest(usual()));
    let envelope = Envelope::around(data);
    let Ok(release) = signature::release(&envelope, &digest) else {
        return;
    };
    let statement: Value = serde_json::from_slice(data).expect("it is no JSON");
    let subjects = statement["subject"].as_array().expect("it has no subjects");
    assert_eq!(subjects.len(), 1);
    assert_eq!(subjects[0]["digest"]["sha256"], *digest);
    assert_eq!(statement["predicateType"], signature::PREDICATE_TYPE);
    assert_eq!(statement["predicate"]["profile"], *release.profile);
    assert_eq!(statement["predicate"]["epoch"], release.epoch);
}

/// A profile that is let through without a policy.
fn judged(bytes: Vec<u8>) -> Option<Verified> {
    let unverified = Unverified::from_bytes("input".to_owned(), bytes, None);
    Gate::ajar(Timestamp::UNIX_EPOCH).judge(unverified).ok()
}

/// The fixed profile, let through.
pub(crate) fn usual_verified() -> Verified {
    judged(usual()).expect("the usual profile is refused")
}

/// What holds of every profile that is let through.
fn holds(verified: &Verified) {
    let manifest = verified.manifest();
    assert!(!manifest.id.is_empty() && manifest.id.len() <= 64);
    assert_eq!(verified.digest(), hex(&Sha256::digest(verified.bytes())));
    // What is signed of it says what it is.
    let envelope = Envelope::around(&signature::statement(verified));
    let release = signature::release(&envelope, verified.digest()).expect("its own statement");
    assert_eq!(release.profile, manifest.id);
    assert_eq!(release.version, manifest.version);
    assert_eq!(release.epoch, manifest.epoch);
    // Its pin is read back, and lets it run.
    let update = Lock::default().update(&[Pin::of(verified)], true);
    let text = update.lock.text();
    let lock = Lock::parse(nowhere(), &text)
        .unwrap_or_else(|error| panic!("its own lock is refused: {error}\n{text}"));
    assert_eq!(lock, update.lock);
    lock.allows(verified)
        .expect("its own lock does not let it run");
}

fn decode(text: &Value) -> Option<Vec<u8>> {
    let text = text.as_str()?.trim_end_matches('=');
    let padded = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
    let standard = BASE64_STANDARD.decode(&padded);
    standard.or_else(|_| BASE64_URL_SAFE.decode(&padded)).ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
