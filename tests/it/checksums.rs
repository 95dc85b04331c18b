//! `--checksums`: binaries beside the operator's own list of digests.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Ran, Record, cis, cisb, findings, scan};

/// Two digests that differ.
const HERE: &str = "9a271f2a916b0b6ee6cecb2426f0b3206ef074578be55d9bc94f6f3fe3ab86aa";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn list(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sums"), text).unwrap();
    folder
}

/// Scans a record with a list and looks at one name's finding.
fn judged(record: &Record, name: &str, digest: &str) -> (Ran, Value) {
    let sums = list(&format!("{digest}  {name}\n"));
    let path = sums.path().join("sums");
    let more = ["--check", "4.2.1", "--checksums", path.to_str().unwrap()];
    let ran = scan(&cis(), record.path(), &more);
    let finding = findings(&ran.report())[name].clone();
    (ran, finding)
}

/// A record with a kubelet that runs, and its binary.
fn kubelet(path: &str, sha256: &str) -> Record {
    let mut record = Record::of("kubeadm-worker");
    record.node()["entries"][path] = json!({
        "kind": "file", "mode": "0755", "uid": 0, "gid": 0, "user": "root", "group": "root",
        "size": 2, "sha256": sha256, "content": "withheld",
    });
    record
}

#[test]
fn a_binary_that_is_the_listed_one_passes_and_says_what_was_seen() {
    let (_, finding) = judged(&kubelet("/usr/bin/kubelet", HERE), "kubelet", HERE);
    assert_eq!(finding["verdict"], "pass", "{finding:#}");
    assert_eq!(finding["reason"], "/usr/bin/kubelet is what the list says");
    let fact = finding["evidence"][0]["fact"].as_str().unwrap();
    assert!(fact.contains("mode 0755") && fact.contains(HERE), "{fact}");
    assert_eq!(finding["subjects"][0]["key"], "/usr/bin/kubelet");
}

#[test]
fn another_binary_fails_the_scan_wherever_one_lies() {
    let mut record = kubelet("/usr/bin/kubelet", HERE);
    let other = kubelet("/opt/bin/kubelet", EMPTY).node()["entries"]["/opt/bin/kubelet"].clone();
    record.node()["entries"]["/opt/bin/kubelet"] = other;
    let (ran, finding) = judged(&record, "kubelet", HERE);
    assert_eq!(finding["verdict"], "fail", "{finding:#}");
    assert_eq!(
        finding["reason"],
        "/opt/bin/kubelet is not what the list says"
    );
    assert_eq!(finding["actual"], format!("sha256:{EMPTY}, sha256:{HERE}"));
    assert_eq!(ran.code, 1, "{}", ran.err);
}

#[test]
fn what_runs_from_a_place_that_is_not_seen_is_an_error() {
    let record = Record::of("kubeadm-worker");
    let (ran, finding) = judged(&record, "kubelet", HERE);
    assert_eq!(finding["verdict"], "error", "{finding:#}");
    let reason = finding["reason"].as_str().unwrap();
    assert!(reason.contains("runs from /usr/bin/kubelet"), "{reason}");
    assert_eq!(ran.code, 4);
}

#[test]
fn a_name_that_is_nowhere_does_not_apply_and_a_path_that_is_gone_fails() {
    let record = Record::of("kubeadm-worker");
    let (_, finding) = judged(&record, "kubectl", HERE);
    assert_eq!(finding["verdict"], "not-applicable");
    assert_eq!(finding["evidence"].as_array().unwrap().len(), 7);
    let (_, finding) = judged(&record, "/usr/bin/kubectl", HERE);
    assert_eq!(finding["verdict"], "fail", "{finding:#}");
    assert!(finding["reason"].as_str().unwrap().contains("is not there"));
}

#[test]
fn the_list_is_named_in_the_report_beside_the_profile() {
    let sums = list(&format!("{HERE}  kubectl\n"));
    let path = sums.path().join("sums");
    let more = ["--check", "4.2.1", "--checksums", path.to_str().unwrap()];
    let record = Record::of("kubeadm-worker");
    let report = scan(&cis(), record.path(), &more).report();
    let entry = &report["profiles"][1];
    assert_eq!(entry["id"], "checksums");
    assert!(entry["digest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(report["coverage"]["declared"], 131);
}

#[test]
fn a_list_that_is_none_is_refused_before_anything_is_scanned() {
    let sums = list("kubelet\n");
    let path = sums.path().join("sums");
    for (path, what) in [
        (path.as_path(), "line 1 is not a SHA-256 digest"),
        (
            Path::new("/no/such/list"),
            "cannot read the checksums in /no/such/list",
        ),
    ] {
        let profile = cis();
        let words = [
            "scan",
            "--profile",
            profile.to_str().unwrap(),
            "--checksums",
        ];
        let ran = cisb(words.into_iter().chain([path.to_str().unwrap()]));
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains(what), "{}", ran.err);
        assert!(ran.out.is_empty());
    }
}
