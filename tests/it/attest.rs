//! Signed results: a report and its signature, made by a scan and looked at by
//! somebody else.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{NOW, Ran, cisb, copy, node};
use crate::site::Site;

/// Scans with `--sign` and says where the report is.
fn signed(site: &Site, key: &str, more: &[&OsStr]) -> (Ran, PathBuf) {
    let report = site.path("report.json");
    let (key, output) = (site.key(key), format!("json={}", report.display()));
    let mut args: Vec<&OsStr> = vec![
        "--output".as_ref(),
        output.as_ref(),
        "--sign".as_ref(),
        key.as_os_str(),
    ];
    args.extend(more);
    (site.scan(&site.honest(), &args), report)
}

fn verify(report: &Path, more: &[&Path]) -> Ran {
    cisb(["verify-report".as_ref(), report].iter().chain(more))
}

#[test]
fn a_signed_report_is_what_it_was() {
    let site = Site::new();
    let policy = site.usual();
    site.sign(&site.honest(), "publisher");
    let (ran, report) = signed(&site, "site", &["--trust".as_ref(), policy.as_os_str()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = verify(&report, &["--key".as_ref(), &site.public("site")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for words in [
        &*format!("site {}", site.id("site")),
        "2026-11-21T12:00:00Z, as a person set it",
        "small: record sha256:",
        "honest 0.1.0, publisher (publisher), sha256:",
        "trust-policy sha256:",
        "1 of 1 checks assessed",
        "passed: 1 passed, 0 failed",
    ] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    // The same scan gives the same bytes, and so the same signature.
    let envelope = fs::read(Site::envelope(&report)).unwrap();
    let (_, report) = signed(&site, "site", &["--trust".as_ref(), policy.as_os_str()]);
    assert_eq!(fs::read(Site::envelope(&report)).unwrap(), envelope);
}

#[test]
fn a_report_that_was_changed_is_not_believed() {
    let site = Site::new();
    let (_, report) = signed(&site, "site", &[]);
    let key = site.public("site");
    let text = fs::read_to_string(&report).unwrap();
    fs::write(&report, text.replace("\"pass\": 1", "\"pass\": 2")).unwrap();
    let ran = verify(&report, &["--key".as_ref(), &key]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("[other-bytes]"), "{ran:?}");
    fs::write(&report, text).unwrap();
    assert_eq!(verify(&report, &["--key".as_ref(), &key]).code, 0);
    // A signature of something else says nothing about it.
    let profile = site.honest();
    site.sign(&profile, "site");
    fs::copy(Site::envelope(&profile), Site::envelope(&report)).unwrap();
    let ran = verify(&report, &["--key".as_ref(), &key]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("[bad-statement]"), "{ran:?}");
}

#[test]
fn whose_signature_counts_a_policy_or_a_key_says() {
    let site = Site::new();
    let (_, report) = signed(&site, "site", &[]);
    let ran = verify(&report, &["--key".as_ref(), &site.public("stranger")]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("[unknown-key]"), "{ran:?}");
    let keys = [site.public("site"), site.public("stranger")];
    let ran = verify(
        &report,
        &["--key".as_ref(), &keys[0], "--key".as_ref(), &keys[1]],
    );
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("did not sign it"), "{ran:?}");

    let policy = site.policy(
        "[[key]]\nname = \"auditors\"\npublic = \"$site\"\nroles = [\"site\"]\nprofiles = []\n",
    );
    let ran = verify(&report, &["--trust".as_ref(), &policy]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("signed by  auditors sha256:"),
        "{}",
        ran.out
    );
    let words = ["key", "revoke", "auditors", "--trust"].map(Path::new);
    assert_eq!(cisb(words.iter().chain(&[policy.as_path()])).code, 0);
    let ran = verify(&report, &["--trust".as_ref(), &policy]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("[revoked-key]"), "{ran:?}");
    let ran = verify(&report, &["--trust".as_ref(), &site.path("none.toml")]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("--key FILE.pub names a key"), "{ran:?}");
}

#[test]
fn the_statement_binds_what_the_result_depends_on() {
    let site = Site::new();
    let folder = site.path("record");
    copy(&node("kubeadm-control-plane"), &folder);
    let report = site.path("report.json");
    let grants = site.path("grants.toml");
    fs::write(&grants, "[[grant]]\nprofile = \"*\"\nrequests = \"all\"\n").unwrap();
    let (key, profile) = (site.key("site"), site.honest());
    let scan = |more: &[&OsStr]| {
        let output = format!("json={}", report.display());
        let mut args: Vec<&OsStr> = vec![
            "scan".as_ref(),
            "--profile".as_ref(),
            profile.as_os_str(),
            "--node".as_ref(),
            folder.as_os_str(),
            "--grants".as_ref(),
            grants.as_os_str(),
            "--output".as_ref(),
            output.as_ref(),
            "--sign".as_ref(),
            key.as_os_str(),
        ];
        args.extend(more);
        cisb(args);
        let envelope = fs::read(Site::envelope(&report)).unwrap();
        let envelope = cisb::trust::dsse::Envelope::parse(&envelope).unwrap();
        let statement: Value = serde_json::from_slice(envelope.payload()).unwrap();
        assert_eq!(
            statement["predicateType"],
            "https://in-toto.io/attestation/test-result/v0.1"
        );
        statement["predicate"]["configuration"].clone()
    };
    let of = |all: &Value, name: &str| {
        let all = all.as_array().unwrap();
        let found = all.iter().find(|resource| resource["name"] == name);
        found.unwrap_or_else(|| panic!("no {name}")).clone()
    };
    let all = scan(&[
        "--now".as_ref(),
        NOW.as_ref(),
        "--skip".as_ref(),
        "1.1.1".as_ref(),
    ]);
    assert_eq!(of(&all, "scan")["annotations"]["timeWasSet"], true);
    assert_eq!(
        of(&all, "scan")["annotations"]["selection"]["skip"][0],
        "1.1.1"
    );
    assert!(of(&all, "grants")["digest"]["sha256"].is_string());
    assert!(of(&all, "profile honest")["digest"]["sha256"].is_string());
    assert_eq!(of(&all, "coverage")["annotations"]["selected"], 1);
    assert_eq!(
        of(&all, "exceptions")["annotations"]["register"],
        Value::Null
    );
    let record = of(&all, "node")["digest"]["sha256"].clone();
    assert_eq!(of(&scan(&[]), "scan")["annotations"]["timeWasSet"], false);
    assert_eq!(of(&scan(&[]), "node")["digest"]["sha256"], record);
    let manifest = folder.join("root/etc/kubernetes/manifests/etcd.yaml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, format!("{text}\n# changed\n")).unwrap();
    assert_ne!(of(&scan(&[]), "node")["digest"]["sha256"], record);
}

#[test]
fn there_must_be_a_report_to_sign_and_a_key_to_sign_it_with() {
    let site = Site::new();
    let key = site.key("site");
    let ran = site.scan(&site.honest(), &["--sign".as_ref(), key.as_os_str()]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("add --output json=FILE"), "{ran:?}");
    let output = format!("json={}", site.path("r.json").display());
    let none = site.path("none.key");
    let ran = site.scan(
        &site.honest(),
        &[
            "--output".as_ref(),
            output.as_ref(),
            "--sign".as_ref(),
            none.as_os_str(),
        ],
    );
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(!site.path("r.json").exists());
}

#[test]
fn a_sealed_key_signs_with_its_passphrase() {
    let site = Site::new();
    let (key, phrase) = (site.path("sealed.key"), site.path("phrase"));
    cisb::trust::file::write(&phrase, b"correct horse\n", 0o600).unwrap();
    let words = ["key", "generate", "-o"].map(Path::new);
    let with = ["--passphrase-file".as_ref(), phrase.as_path()];
    site.done(words.iter().chain(&[key.as_path()]).chain(&with));
    let text = fs::read_to_string(&key).unwrap();
    assert!(
        text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"),
        "{text}"
    );
    let profile = site.honest();
    let sign = |more: &[&Path]| {
        let words = ["profile", "sign", "--key"].map(Path::new);
        let rest = [key.as_path(), profile.as_path()];
        cisb(words.iter().chain(&rest).chain(more))
    };
    let ran = sign(&[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("is sealed with a passphrase"), "{ran:?}");
    assert_eq!(sign(&with).code, 0);
    cisb::trust::file::write(&phrase, b"wrong\n", 0o600).unwrap();
    let ran = sign(&with);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("does not open"), "{ran:?}");
}
