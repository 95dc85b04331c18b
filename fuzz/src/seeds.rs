//! The seeds: made by the same code that makes what users have, and what a
//! stranger would rather hand over. `BLESS=1 cargo test --release -p cisb-fuzz`
//! writes them; every test run replays them and what fuzzing found.

use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use cisb::profile::bundle::layout::Suggested;
use cisb::profile::bundle::{Memory, write};
use cisb::profile::lock::{Lock, Pin};
use cisb::profile::{Gate, Unverified, signature};
use cisb::trust::dsse::PAYLOAD_TYPE;
use cisb::trust::edit::{self, NewKey};
use cisb::trust::policy::Role;
use ed25519_dalek::Signer as _;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{TARGETS, keys, nowhere, profile, shell};

const USUAL: &str = include_str!("../seeds/manifest/usual.json");

struct Seed {
    target: &'static str,
    name: &'static str,
    bytes: Vec<u8>,
}

fn seed(target: &'static str, name: &'static str, bytes: impl Into<Vec<u8>>) -> Seed {
    Seed {
        target,
        name,
        bytes: bytes.into(),
    }
}

/// The usual manifest with one member changed.
fn changed(pointer: &str, to: Value) -> Vec<u8> {
    let mut manifest: Value = serde_json::from_str(USUAL).unwrap();
    *manifest.pointer_mut(pointer).unwrap() = to;
    serde_json::to_vec(&manifest).unwrap()
}

fn packed(text: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(text, 19).unwrap()
}

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("seeds")
        .join(target)
}

/// An envelope that these keys signed.
fn envelope(payload: &[u8], signers: &[u8]) -> Value {
    let mut message = format!(
        "DSSEv1 {} {PAYLOAD_TYPE} {} ",
        PAYLOAD_TYPE.len(),
        payload.len()
    )
    .into_bytes();
    message.extend(payload);
    let signatures: Vec<Value> = signers
        .iter()
        .map(|&byte| {
            let signature = keys::nobody(byte).sign(&message).to_bytes();
            json!({
                "keyid": keys::public(byte).id().as_str(),
                "sig": BASE64_STANDARD.encode(signature),
            })
        })
        .collect();
    json!({
        "payload": BASE64_STANDARD.encode(payload),
        "payloadType": PAYLOAD_TYPE,
        "signatures": signatures,
    })
}

fn components() -> Vec<Seed> {
    let usual = profile::usual();
    let twice = [shell::around(b"{}"), shell::around(b"{}")[8..].to_vec()].concat();
    // A component within a component has a head and a size of its own.
    let inner = shell::around(USUAL.as_bytes());
    let mut nested = inner[..8].to_vec();
    shell::section(&mut nested, 4, &inner);
    let mut deep = inner.clone();
    for _ in 0..12 {
        let mut outer = inner[..8].to_vec();
        shell::section(&mut outer, 4, &deep);
        deep = outer;
    }
    let module = [b"\0asm\x01\0\0\0".to_vec(), usual[8..].to_vec()].concat();
    let mut long = usual[..8].to_vec();
    long.extend([0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, b'x']);
    vec![
        seed("component", "usual", usual.clone()),
        seed(
            "component",
            "packed",
            shell::around(&packed(USUAL.as_bytes())),
        ),
        seed("component", "manifest-twice", twice),
        seed("component", "manifest-nested", nested),
        seed("component", "deep", deep),
        seed("component", "core-module", module),
        seed("component", "cut-off", usual[..usual.len() / 2].to_vec()),
        seed("component", "length-beyond-the-end", long),
        seed("component", "without-manifest", usual[..8].to_vec()),
    ]
}

/// A bundle with one profile.
fn bundle(signed: bool, keys: &[Suggested]) -> Vec<u8> {
    let unverified = Unverified::from_bytes("usual".to_owned(), profile::usual(), None);
    let verified = Gate::ajar(Timestamp::UNIX_EPOCH).judge(unverified).unwrap();
    let statement = signature::statement(&verified);
    let item = write::Item {
        envelope: signed.then(|| envelope(&statement, &[1, 2]).to_string().into_bytes()),
        sbom: signed.then(|| br#"{"bomFormat":"CycloneDX"}"#.to_vec()),
        verified,
    };
    let mut blobs = Memory::default();
    let packed = write::pack(&[item], keys, &mut blobs).unwrap();
    let mut bytes = Vec::new();
    write::tar(&packed, &blobs, &mut bytes).unwrap();
    bytes
}

/// The same with another head of its first entry, whose sum is right.
fn headed(change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut bytes = bundle(false, &[]);
    let head = &mut bytes[..512];
    change(head);
    head[148..156].fill(b' ');
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    bytes
}

fn bundles() -> Vec<Seed> {
    let name = |text: &'static [u8]| {
        headed(move |head| {
            head[..100].fill(0);
            head[..text.len()].copy_from_slice(text);
        })
    };
    let kind = |byte: u8| headed(move |head| head[156] = byte);
    let key = Suggested {
        name: "release".to_owned(),
        role: Role::Publisher,
        pem: keys::public(1).pem(),
    };
    let usual = bundle(true, &[key]);
    let entry = bundle(false, &[])[..1024].to_vec();
    let twice = [entry, bundle(false, &[])].concat();
    let large = headed(|head| head[124..136].copy_from_slice(b"77777777777\0"));
    vec![
        seed("bundle", "unsigned", bundle(false, &[])),
        seed("bundle", "cut-off", usual[..usual.len() / 2].to_vec()),
        seed(
            "bundle",
            "trailing",
            [usual.clone(), b"more".to_vec()].concat(),
        ),
        seed("bundle", "usual", usual),
        seed("bundle", "name-up", name(b"../oci-layout")),
        seed("bundle", "name-absolute", name(b"/oci-layout")),
        seed("bundle", "name-twice", twice),
        seed("bundle", "hard-link", kind(b'1')),
        seed("bundle", "link", kind(b'2')),
        seed("bundle", "device", kind(b'3')),
        seed("bundle", "long-name", kind(b'L')),
        seed("bundle", "sparse", kind(b'S')),
        seed("bundle", "large", large),
    ]
}

fn manifests() -> Vec<Seed> {
    let twice = changed("/checks/1/id", json!("1.1.1"));
    let many: Vec<Value> = (0..200)
        .map(|n| json!({"id": format!("f{n}"), "paths": ["/{a,b}/{c,d}/**"], "rights": ["read"], "why": "w"}))
        .collect();
    let nested = "[".repeat(4000);
    let frame = packed(USUAL.as_bytes());
    let bomb = packed(&vec![b' '; 8 << 20]);
    vec![
        seed("manifest", "usual.json", USUAL),
        seed(
            "manifest",
            "other-schema.json",
            changed("/schema", json!("cisb.manifest/9")),
        ),
        seed(
            "manifest",
            "id-that-leads-out.json",
            changed("/id", json!("../../etc/passwd")),
        ),
        seed("manifest", "check-twice.json", twice),
        seed(
            "manifest",
            "escapes.json",
            changed("/title", json!("\u{1b}[2J\u{202e}\n\t\"\\\u{0}\u{7f}")),
        ),
        seed(
            "manifest",
            "largest-epoch.json",
            changed("/epoch", json!(u64::MAX)),
        ),
        seed(
            "manifest",
            "relative-path.json",
            changed("/requests/files/0/paths/0", json!("etc/shadow")),
        ),
        seed(
            "manifest",
            "many-requests.json",
            changed("/requests/files", json!(many)),
        ),
        seed(
            "manifest",
            "why-with-lines.json",
            changed("/requests/files/0/why", json!("a\nb\r\n\tc")),
        ),
        seed(
            "manifest",
            "deep.json",
            changed("/parameters/0/default", json!([[[[[[[["x"]]]]]]]])),
        ),
        seed("manifest", "braces.json", nested),
        seed("packed", "usual", frame.clone()),
        seed("packed", "plain.json", USUAL),
        seed(
            "packed",
            "two-frames",
            [frame.clone(), frame.clone()].concat(),
        ),
        seed("packed", "cut-off", frame[..frame.len() - 5].to_vec()),
        seed("packed", "bomb", bomb),
        seed("packed", "only-magic", [0x28, 0xb5, 0x2f, 0xfd]),
    ]
}

fn envelopes() -> Vec<Seed> {
    let usual = Unverified::from_bytes("usual".to_owned(), profile::usual(), None);
    let usual = Gate::ajar(Timestamp::UNIX_EPOCH).judge(usual).unwrap();
    let statement = signature::statement(&usual);
    let text = String::from_utf8(statement.clone()).unwrap();
    let other = text.replace(usual.digest(), &"0".repeat(64));
    let two_subjects = text.replace(
        "\"subject\":[",
        "\"subject\":[{\"name\":\"x\",\"digest\":{}},",
    );
    let good = envelope(&statement, &[1, 2]);
    let edit = |change: &dyn Fn(&mut Value)| {
        let mut envelope = good.clone();
        change(&mut envelope);
        envelope.to_string()
    };
    let mut all = vec![
        seed("statement", "usual.json", statement.clone()),
        seed("statement", "other-bytes.json", other.clone()),
        seed("statement", "two-subjects.json", two_subjects),
        seed(
            "statement",
            "condition.json",
            text.replace("\"epoch\":1", "\"epoch\":1,\"only-on\":\"test\""),
        ),
    ];
    for target in ["envelope", "signature"] {
        all.extend([
            seed(target, "both.json", good.to_string()),
            seed(
                target,
                "release.json",
                envelope(&statement, &[1]).to_string(),
            ),
            seed(
                target,
                "site-only.json",
                envelope(&statement, &[2]).to_string(),
            ),
            seed(
                target,
                "stranger.json",
                envelope(&statement, &[3]).to_string(),
            ),
            seed(
                target,
                "one-twice.json",
                envelope(&statement, &[1, 1]).to_string(),
            ),
            seed(
                target,
                "other-bytes.json",
                envelope(other.as_bytes(), &[1, 2]).to_string(),
            ),
            seed(target, "none.json", envelope(&statement, &[]).to_string()),
            seed(
                target,
                "many.json",
                envelope(&statement, &[3; 17]).to_string(),
            ),
            seed(
                target,
                "hint-lies.json",
                edit(&|it| {
                    it["signatures"][0]["keyid"] = json!(keys::public(2).id().as_str());
                }),
            ),
            seed(
                target,
                "url-safe.json",
                edit(&|it| {
                    it["payload"] = json!(BASE64_URL_SAFE_NO_PAD.encode(&statement));
                }),
            ),
            seed(
                target,
                "other-type.json",
                edit(&|it| {
                    it["payloadType"] = json!("application/json");
                }),
            ),
            seed(
                target,
                "short-signature.json",
                edit(&|it| {
                    it["signatures"] = json!([{"sig": "AAAA"}]);
                }),
            ),
            seed(
                target,
                "zero-signature.json",
                edit(&|it| {
                    it["signatures"] = json!([{"sig": BASE64_STANDARD.encode([0; 64])}]);
                }),
            ),
        ]);
    }
    all
}

fn policies() -> Vec<Seed> {
    let new = |byte: u8, name: &str, role: Role, until: Option<&str>| NewKey {
        name: name.to_owned(),
        public: keys::public(byte),
        roles: vec![role],
        profiles: vec!["*".to_owned()],
        not_before: None,
        not_after: until.map(str::to_owned),
        require: true,
    };
    let one = edit::add(nowhere(), "", &new(1, "release", Role::Publisher, None)).unwrap();
    let until = Some("2027-01-01T00:00:00Z");
    let two = edit::add(nowhere(), &one, &new(2, "site", Role::Site, until)).unwrap();
    let (revoked, _) = edit::revoke(nowhere(), &two, "site").unwrap();
    let (a, b) = (keys::line(1), keys::line(2));
    let written = format!(
        "# by hand\nunsigned = [\"dev-*\"]\n\n[[key]] # ours\nname = 'release'\npublic = \"{a}\"\nroles \
         = [\"publisher\", \"reviewer\"]\nprofiles = [\"cis-*\"]\n\n[[rule]]\nprofiles = \
         [\"cis-*\"]\nthreshold = 1\nmin-epoch = 3\nmin-version = \"1.2.3\"\n\n[revoked]\ndigests = \
         [\"sha256:{}\"]\n",
        "0".repeat(64)
    );
    let inline = format!(
        "key = [{{ name = \"a\", public = \"{a}\", roles = [\"site\"], profiles = [\"*\"] }}]\nrule = \
         []\nrevoked = {{ keys = [] }}\n"
    );
    let dotted = format!(
        "revoked.keys = []\n[[key]]\nname = \"a\"\npublic = \"{a}\"\nroles = [\"site\"]\nprofiles = \
         [\"*\"]\n"
    );
    let one_key_twice = format!(
        "[[key]]\nname = \"a\"\npublic = \"{a}\"\nroles = [\"publisher\"]\nprofiles = \
         [\"*\"]\n[[key]]\nname = \"b\"\npublic = \"{a}\"\nroles = [\"site\"]\nprofiles = [\"*\"]\n"
    );
    let zero = format!(
        "[[key]]\nname = \"b\"\npublic = \"{b}\"\nroles = [\"site\"]\nprofiles = \
         [\"*\"]\n[[rule]]\nprofiles = [\"*\"]\nthreshold = 0\n"
    );
    vec![
        seed("policy", "one.toml", one),
        seed("policy", "two.toml", two),
        seed("policy", "revoked.toml", revoked),
        seed("policy", "written.toml", written),
        seed("policy", "inline.toml", inline),
        seed("policy", "dotted.toml", dotted),
        seed("policy", "one-key-twice.toml", one_key_twice),
        seed("policy", "threshold-zero.toml", zero),
        seed("policy", "empty.toml", ""),
        seed("policy", "unknown-member.toml", "trusted = true\n"),
    ]
}

fn others() -> Vec<Seed> {
    let usual = profile::usual_verified();
    let lock = Lock::default().update(&[Pin::of(&usual)], true).lock.text();
    let asks = lock.replacen("asks = [", "asks = [\"more\", ", 1);
    let pin = lock.find("[[profile]]").unwrap();
    let twice = format!("{lock}\n{}", &lock[pin..]);
    let grants = "\
[[grant]]
profile = \"usual\"
files = [{ path = \"/etc/kubernetes/*\", rights = [\"read\"] }]
named = [\"stat\"]
processes = [\"kubelet\"]
kubernetes = [\"pods\"]
limits = { functions = 20000, memory-bytes = 33554432, seconds = 5 }
";
    let weak = [
        &[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0, 1][..],
        &[0; 31][..],
    ]
    .concat();
    vec![
        seed("lock", "usual.toml", lock.clone()),
        seed("lock", "empty.toml", "version = 1\n"),
        seed("lock", "asks-changed.toml", asks),
        seed("lock", "twice.toml", twice),
        seed(
            "lock",
            "other-version.toml",
            lock.replacen("version = 1", "version = 2", 1),
        ),
        seed("grants", "usual.toml", grants),
        seed(
            "grants",
            "all.toml",
            "[[grant]]\nprofile = \"*\"\nrequests = \"all\"\n",
        ),
        seed(
            "grants",
            "signer.toml",
            "[[grant]]\nprofile = \"*\"\nsigner = \"release\"\nrequests = \"all\"\n",
        ),
        seed(
            "grants",
            "everything.toml",
            "[[grant]]\nprofile = \"*\"\nfiles = [{ path = \"/**\", rights = [\"stat\", \"digest\", \"read\"] }]\nlimits = { fuel = 18446744073709551615 }\n",
        ),
        seed(
            "grants",
            "largest.toml",
            "[[grant]]\nprofile = \"*\"\nlimits = { component-bytes = 33554432, functions = 100000, memory-bytes = 268435456, fuel = 5000000000, seconds = 60 }\n",
        ),
        seed("grants", "none.toml", ""),
        seed("key", "usual.pem", keys::public(1).pem()),
        seed("key", "line.txt", keys::line(1)),
        seed("key", "weak.txt", BASE64_STANDARD.encode(weak)),
        seed("key", "cut-off.pem", &keys::public(1).pem()[..60]),
        seed(
            "key",
            "private.pem",
            "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        ),
        seed(
            "key",
            "rsa.txt",
            "MCIwDQYJKoZIhvcNAQEBBQADEQAwDgIHAOa1q9fFawIDAQAB",
        ),
    ]
}

fn made() -> Vec<Seed> {
    let all = [
        components(),
        bundles(),
        manifests(),
        envelopes(),
        policies(),
        others(),
    ];
    all.into_iter().flatten().collect()
}

#[test]
fn the_seeds_are_what_is_made_now() {
    let bless = std::env::var_os("BLESS").is_some();
    for seed in made() {
        let path = folder(seed.target).join(seed.name);
        if bless {
            std::fs::create_dir_all(folder(seed.target)).unwrap();
            std::fs::write(&path, &seed.bytes).unwrap();
        }
        let kept = std::fs::read(&path).unwrap_or_default();
        assert!(
            kept == seed.bytes,
            "{}/{} is another: BLESS=1 writes it",
            seed.target,
            seed.name
        );
    }
}

/// All seeds of a target with their names, those that fuzzing found among them.
pub(crate) fn kept(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = folder(target).read_dir().unwrap();
    let mut seeds: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(&path).unwrap())
        })
        .collect();
    seeds.sort();
    seeds
}

#[test]
fn what_holds_of_a_target_holds_of_every_seed() {
    for target in TARGETS {
        let seeds = kept(target.name);
        assert!(seeds.len() > 2, "{} has {} seeds", target.name, seeds.len());
        for (name, bytes) in seeds {
            println!("{}/{name}", target.name);
            (target.body)(&bytes);
        }
    }
}

#[test]
fn every_folder_of_seeds_has_a_target() {
    for entry in folder("").read_dir().unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(crate::Target::named(&name).is_some(), "{name}");
    }
}

// A target that refuses everything finds nothing.

#[test]
fn good_seeds_are_let_through() {
    let policy = format!(
        "[[key]]\nname = \"release\"\npublic = \"{}\"\nroles = [\"publisher\"]\nprofiles = \
         [\"*\"]\n[[rule]]\nprofiles = [\"*\"]\n",
        keys::line(1)
    );
    let read = |target: &str, name: &str| std::fs::read(folder(target).join(name)).unwrap();
    let judged = |envelope: &str| {
        let policy = cisb::trust::Policy::parse(nowhere(), &policy).unwrap();
        let envelope = read("signature", envelope);
        let it = Unverified::from_bytes("usual".to_owned(), profile::usual(), Some(envelope));
        Gate::of(policy, Timestamp::UNIX_EPOCH).judge(it).is_ok()
    };
    for good in [
        "both.json",
        "release.json",
        "one-twice.json",
        "hint-lies.json",
        "url-safe.json",
    ] {
        assert!(judged(good), "{good}");
    }
    for bad in [
        "site-only.json",
        "stranger.json",
        "other-bytes.json",
        "zero-signature.json",
    ] {
        assert!(!judged(bad), "{bad}");
    }
    let ajar = |bytes: Vec<u8>| {
        let it = Unverified::from_bytes("it".to_owned(), bytes, None);
        Gate::ajar(Timestamp::UNIX_EPOCH).judge(it).is_ok()
    };
    assert!(ajar(read("component", "usual")) && ajar(read("component", "packed")));
    assert!(ajar(shell::around(&read("packed", "usual"))));
    assert!(!ajar(shell::around(&read("packed", "two-frames"))));
    for good in [
        "one.toml",
        "two.toml",
        "revoked.toml",
        "written.toml",
        "inline.toml",
        "dotted.toml",
    ] {
        let text = String::from_utf8(read("policy", good)).unwrap();
        cisb::trust::Policy::parse(nowhere(), &text).unwrap();
    }
    for good in ["usual.toml", "all.toml", "largest.toml"] {
        let text = String::from_utf8(read("grants", good)).unwrap();
        cisb::profile::grants::Grants::parse(&text, nowhere()).unwrap();
    }
}
