//! A scan without `--profile`: which of the installed profiles is taken, what is
//! said of it, and what is asked where facts do not settle it.

use std::path::Path;

use serde_json::json;

use crate::harness::{Ran, Record, cis, cisb, node, profiles, workspace};

fn detect(folder: &Path, node: &Path, more: &[&str]) -> Ran {
    let words = ["scan", "--profiles"].map(Path::new).into_iter();
    let words = words.chain([folder, Path::new("--node"), node]);
    cisb(words.chain(more.iter().map(Path::new)))
}

/// A worker of this version.
fn worker(version: &str) -> Record {
    let mut record = Record::of("kubeadm-worker");
    record.node()["kubernetes"] = json!({"version": version});
    record
}

fn chosen(version: &str) -> (String, String) {
    let record = worker(version);
    let more = ["--check", "4.2.1", "--format", "json"];
    let report = detect(&profiles(), record.path(), &more).report();
    let entry = &report["profiles"][0];
    let text = |member: &str| entry[member].as_str().unwrap().to_owned();
    (text("id"), text("chosen"))
}

#[test]
fn each_version_of_kubernetes_gets_the_newest_benchmark_for_it() {
    for (version, id) in [
        ("v1.15.12", "cis-1.5"),
        ("v1.18.20", "cis-1.6"),
        ("v1.21.14", "cis-1.20"),
        ("v1.23.17", "cis-1.23"),
        ("v1.24.17", "cis-1.24"),
        ("v1.25.16", "cis-1.7"),
        ("v1.26.15", "cis-1.8"),
        ("v1.27.16-eks-1", "cis-1.9"),
        ("v1.28.15", "cis-1.10"),
        ("v1.30.14", "cis-1.11"),
        ("v1.34.1+x1", "cis-1.12"),
        ("v1.36.2", "cis-1.12"),
    ] {
        let (found, why) = chosen(version);
        assert_eq!(found, id, "{version}: {why}");
        assert!(
            why.starts_with("detected: kubelet runs, Kubernetes 1."),
            "{why}"
        );
        assert_eq!(why.contains("newer than"), version == "v1.36.2", "{why}");
    }
}

#[test]
fn the_closing_screen_says_what_was_found_and_why() {
    let text = detect(&profiles(), &node("kubeadm-control-plane"), &[]).out;
    let screen = text.split("== Scan ==").nth(1).unwrap();
    for part in [
        "Profile    cis-1.12",
        "Chosen     kubelet and kube-apiserver run, Kubernetes 1.36.2 (record),",
        "newer than any profile is for",
        "OUTSIDE    the profile's range: v1.36.2 is not in >=1.32, <1.35",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
}

#[test]
fn a_version_that_nobody_states_is_asked_for() {
    let record = worker("");
    let ran = detect(&profiles(), record.path(), &[]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.out.is_empty());
    for part in [
        "which profile? kubelet runs",
        "cis-1.5 (Kubernetes",
        "cis-1.12 (Kubernetes",
    ] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    let more = [
        "--set",
        "kubernetes-version=v1.31.0",
        "--check",
        "4.2.1",
        "--format",
        "json",
    ];
    let report = detect(&profiles(), record.path(), &more).report();
    assert_eq!(report["profiles"][0]["id"], "cis-1.11");
    let why = report["profiles"][0]["chosen"].as_str().unwrap();
    assert!(why.contains("1.31.0 (as stated)"), "{why}");
}

#[test]
fn what_is_too_old_or_no_node_at_all_is_asked_about() {
    let ran = detect(&profiles(), worker("v1.14.10").path(), &[]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("older than every profile"), "{}", ran.err);
    let ran = detect(&profiles(), Record::new().path(), &[]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("none of kubelet, kube-apiserver runs"),
        "{}",
        ran.err
    );
}

#[test]
fn an_installed_profile_goes_by_its_id() {
    let profiles = profiles();
    let profiles = profiles.to_str().unwrap();
    let record = node("kubeadm-worker");
    let words = |id: &'static str| {
        let words = [
            "scan",
            "--profiles",
            profiles,
            "--profile",
            id,
            "--check",
            "4.2.1",
        ];
        let more = ["--format", "json", "--node", record.to_str().unwrap()];
        cisb(words.into_iter().chain(more))
    };
    let report = words("cis-1.8").report();
    assert_eq!(report["profiles"][0]["id"], "cis-1.8");
    let ran = words("cis-1.80");
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err
            .contains("did you mean cis-1.10, cis-1.20 or cis-1.8?"),
        "{}",
        ran.err
    );
    // With its ending it is a file, and a file that is missing is a profile that
    // was refused.
    assert_eq!(words("cis-1.80.wasm").code, 3);
}

#[test]
fn without_any_profile_it_says_where_they_would_be() {
    if ["/usr/share/cisb/profiles", "/etc/cisb/profiles"]
        .iter()
        .any(|folder| Path::new(folder).exists())
    {
        return;
    }
    let node = node("kubeadm-worker");
    let ran = cisb(["scan", "--node", node.to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("--profile FILE"), "{}", ran.err);
    let ran = cisb(["profile", "list"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("no profile is installed"), "{}", ran.out);
}

#[test]
fn what_is_installed_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(cis(), folder.path().join("cis-1.10.wasm")).unwrap();
    std::fs::write(folder.path().join("junk.wasm"), "junk").unwrap();
    let list = |format: &str| {
        let words = ["profile", "list", "--format", format, "--profiles"];
        cisb(words.map(Path::new).into_iter().chain([folder.path()]))
    };
    let ran = list("text");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let row = ran.out.lines().nth(1).unwrap();
    for part in [
        "cis-1.10 ",
        "130 (",
        "unsigned",
        "CIS Kubernetes Benchmark 1.10.0",
    ] {
        assert!(row.contains(part), "{part}: {row}");
    }
    assert!(ran.err.contains("junk.wasm is no profile"), "{}", ran.err);
    let listed: serde_json::Value = serde_json::from_str(&list("json").out).unwrap();
    assert_eq!(listed[0]["id"], "cis-1.10");
    assert_eq!(listed[0]["checks"], 130);
    // A scan passes over what is no profile, and says so in its log.
    let record = workspace().path("tests/nodes/kubeadm-worker");
    let ran = detect(
        folder.path(),
        &record,
        &["--check", "4.2.1", "--format", "json"],
    );
    assert_eq!(ran.report()["profiles"][0]["id"], "cis-1.10");
}
