//! What must hold of envelopes, policies, locks, grants and keys.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use cisb::profile::Verified;
use cisb::profile::grants::{self, Grants, MOST, USUAL};
use cisb::profile::lock::Lock;
use cisb::trust::dsse::{Envelope, MAX_BYTES};
use cisb::trust::edit::{self, NewKey};
use cisb::trust::policy::Role;
use cisb::trust::{Policy, PublicKey};
use cisb_contract::manifest::Right;

use crate::{keys, nowhere, profile};

/// An envelope.
pub(crate) fn envelope(data: &[u8]) {
    let Ok(envelope) = Envelope::parse(data) else {
        return;
    };
    assert!(envelope.payload().len() < MAX_BYTES);
    let json = envelope.to_json();
    // Ours may be longer than theirs: they need no padding and no key ids.
    if json.len() <= MAX_BYTES {
        let again = Envelope::parse(&json).expect("its own text is refused");
        assert_eq!(again, envelope);
        assert_eq!(again.to_json(), json);
    }
    let keys = [keys::public(1), keys::public(2)];
    let signed = envelope.signed_by(&keys);
    assert!(signed.repeated.is_subset(&signed.keys));
    assert!(signed.keys.len() <= envelope.hints().count());
    // Another key did not sign it, whatever the hints say.
    let others = envelope.signed_by([&keys::public(4)]);
    assert!(others.keys.is_empty(), "a key signed that never did");
    // The order in which keys are asked changes nothing.
    assert_eq!(envelope.signed_by(keys.iter().rev()), signed);
}

/// A trust policy.
pub(crate) fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(policy) = Policy::parse(nowhere(), text) else {
        return;
    };
    let ids: BTreeSet<_> = policy.keys().iter().map(|key| key.public.id()).collect();
    assert_eq!(ids.len(), policy.keys().len(), "one key stands twice");
    for key in policy.keys() {
        assert!(!key.roles.is_empty());
        assert_eq!(key.revoked, policy.revoked().contains(key.public.id()));
    }
    let new = NewKey {
        name: "one that no input has \u{1}".to_owned(),
        public: keys::public(9),
        roles: vec![Role::Site],
        profiles: vec!["*".to_owned()],
        not_before: None,
        not_after: None,
        require: data.len().is_multiple_of(2),
    };
    match edit::add(nowhere(), text, &new) {
        Ok(added) => {
            let after = Policy::parse(nowhere(), &added).expect("what was added is no policy");
            assert_eq!(after.keys().len(), policy.keys().len() + 1);
            let last = after.keys().last().expect("there is one");
            assert_eq!((&last.name, &last.public), (&new.name, &new.public));
            for (before, after) in policy.keys().iter().zip(after.keys()) {
                assert_eq!((&before.name, &before.public), (&after.name, &after.public));
                assert_eq!(before.revoked, after.revoked, "a key was revived");
            }
            for comment in comments(text) {
                assert!(added.contains(comment), "the comment {comment:?} is lost");
            }
            revoked(&added, &new.name);
        }
        // The key is there already, or the text has a shape that a person has
        // to change.
        Err(edit::EditError::Shape(_) | edit::EditError::Policy(_)) => {}
        Err(error) => panic!("{error}"),
    }
    if let Some(key) = policy.keys().first() {
        revoked(text, &key.name);
    }
}

/// That revoking a key does that, and no more the second time.
fn revoked(text: &str, name: &str) {
    let (once, id) = match edit::revoke(nowhere(), text, name) {
        Ok(revoked) => revoked,
        Err(edit::EditError::Shape(_)) => return,
        Err(error) => panic!("{error}"),
    };
    let policy = Policy::parse(nowhere(), &once).expect("what was revoked is no policy");
    assert!(policy.revoked().contains(&id));
    let key = policy.keys().iter().find(|key| *key.public.id() == id);
    assert!(key.is_some_and(|key| key.revoked), "the key is not revoked");
    let (twice, _) = edit::revoke(nowhere(), &once, name).expect("once it could be");
    assert_eq!(once, twice);
}

/// Lines that are nothing but a comment, as far as that is plain to see.
fn comments(text: &str) -> impl Iterator<Item = &str> {
    let plain = !text.contains("\"\"\"") && !text.contains("'''") && !text.contains('\r');
    let lines = text.lines().filter(move |_| plain);
    lines.filter(|line| line.starts_with('#'))
}

/// A lock.
pub(crate) fn lock(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(lock) = Lock::parse(nowhere(), text) else {
        return;
    };
    let printed = lock.text();
    let again = Lock::parse(nowhere(), &printed)
        .unwrap_or_else(|error| panic!("its own text is refused: {error}\n{printed}"));
    assert_eq!(again, lock);
    assert_eq!(again.text(), printed);
    let pins: Vec<_> = lock.pins().values().cloned().collect();
    let update = lock.update(&pins, true);
    assert!(update.changes.is_empty(), "it differs from itself");
    assert_eq!(update.lock, lock);
}

/// Grants.
pub(crate) fn grants(data: &[u8]) {
    static PROFILE: OnceLock<Verified> = OnceLock::new();
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(allowed) = Grants::parse(text, nowhere()) else {
        return;
    };
    let profile = PROFILE.get_or_init(profile::usual_verified);
    let Ok(granted) = grants::meet(profile, &allowed) else {
        return;
    };
    let requests = &profile.manifest().requests;
    assert_eq!(granted.files.len(), requests.files.len());
    for (file, request) in granted.files.iter().zip(&requests.files) {
        assert_eq!(&file.request, request);
        for path in ["/etc/kubernetes/kubelet.conf", "/etc/shadow", "/"] {
            for right in file.rights(path) {
                let asked = request.rights.contains(&right) || right == Right::Stat;
                assert!(asked, "{right:?} on {path} was not requested");
            }
        }
    }
    assert_eq!(granted.processes.len(), requests.processes.len());
    assert_eq!(granted.kubernetes.len(), requests.kubernetes.len());
    let limits = granted.limits;
    assert!(limits.component_bytes <= MOST.component_bytes.max(USUAL.component_bytes));
    assert!(limits.functions <= MOST.functions.max(USUAL.functions));
    assert!(limits.memory_bytes <= MOST.memory_bytes.max(USUAL.memory_bytes));
    assert!(limits.fuel <= MOST.fuel.max(USUAL.fuel));
    assert!(limits.seconds <= MOST.seconds.max(USUAL.seconds));
}

/// A public key.
pub(crate) fn key(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(key) = PublicKey::parse(text, "input") else {
        return;
    };
    for form in [key.pem(), key.line()] {
        let again = PublicKey::parse(&form, "its own form").expect("its own form is refused");
        assert_eq!(again, key);
    }
    assert!(cisb::trust::KeyId::parse(key.id().as_str()).is_some());
    assert!(!key.verifies(b"a text that nobody signed", &[0; 64]));
}
