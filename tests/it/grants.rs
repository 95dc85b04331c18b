//! What an operator does not grant: it is never looked at, and what rests on it
//! is never a pass and never an absence.

use std::fs;

use crate::harness::{cis, findings, node, scan};

/// Scans the control plane with these grants.
fn granted(text: &str, more: &[&str]) -> std::collections::BTreeMap<String, serde_json::Value> {
    let folder = tempfile::tempdir().unwrap();
    let grants = folder.path().join("grants.toml");
    fs::write(&grants, text).unwrap();
    let mut args = vec!["--format", "json", "--grants", grants.to_str().unwrap()];
    args.extend(more);
    let ran = scan(&cis(), &node("kubeadm-control-plane"), &args);
    findings(&ran.report())
}

#[test]
fn without_a_grant_nothing_passes_and_nothing_is_absent() {
    let found = granted(
        "[[grant]]\nprofile = \"another\"\nprocesses = [\"kubelet\"]\n",
        &[],
    );
    assert_eq!(found.len(), 130);
    for (check, finding) in found {
        let verdict = finding["verdict"].as_str().unwrap();
        assert!(
            !matches!(verdict, "pass" | "fail" | "not-applicable"),
            "{check}: {finding}"
        );
    }
}

#[test]
fn a_folder_that_is_granted_in_part_is_not_called_clean() {
    let text = r#"
        [[grant]]
        profile = "cis-1.10"
        processes = ["kubelet", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kube-proxy"]
        named = ["stat", "read"]
        files = [
            { path = "/etc/kubernetes/manifests/*", rights = ["stat", "read"] },
            { path = "/etc/kubernetes/pki/etcd/*", rights = ["stat"] },
        ]
    "#;
    let found = granted(text, &["--check", "1.1.1,1.1.19"]);
    assert_eq!(found["1.1.1"]["verdict"], "pass", "{}", found["1.1.1"]);
    assert_eq!(found["1.1.19"]["verdict"], "error", "{}", found["1.1.19"]);
}
