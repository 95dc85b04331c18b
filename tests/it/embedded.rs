//! Nodes of K3s and MicroK8s, where one process is every component: which profile
//! is taken, what the first screen says, and what the checks come to.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Expected, Record, chosen, detect, expect, findings, node};

/// What the chosen profile says of a record. Each of these verdicts cites what
/// it saw, errors too.
fn judged(record: &Path, expected: &[Expected<'_>]) {
    let checks: Vec<&str> = expected.iter().map(|(check, ..)| *check).collect();
    let ran = detect(record, &["--check", &checks.join(","), "--format", "json"]);
    let report = ran.report();
    let found = findings(&report);
    assert_eq!(found.len(), checks.len(), "{}", ran.err);
    expect(&record.display().to_string(), &report, expected);
    for (check, finding) in found {
        assert_ne!(finding["evidence"], json!([]), "{check} cites nothing");
    }
}

/// Check, verdict, and words of the reason.
#[track_caller]
#[test]
fn each_version_of_k3s_gets_its_benchmark() {
    for (version, id) in [
        ("v1.21.14+k3s1", "cis-1.6-k3s"),
        ("v1.22.17+k3s1", "k3s-cis-1.23"),
        ("v1.23.17+k3s1", "k3s-cis-1.23"),
        ("v1.24.17+k3s1", "k3s-cis-1.24"),
        ("v1.25.16+k3s4", "k3s-cis-1.7"),
        ("v1.26.15+k3s1", "k3s-cis-1.8"),
        ("v1.27.6+k3s10", "k3s-cis-1.9"),
        ("v1.27.4-rc.0+k3s1", "k3s-cis-1.9"),
        ("v1.36.0+k3s1", "k3s-cis-1.9"),
    ] {
        for name in ["k3s-server", "k3s-agent"] {
            let mut record = Record::of(name);
            record.node()["kubernetes"] = json!({"version": version});
            let (found, why) = chosen(record.path());
            assert_eq!(found, id, "{name} {version}: {why}");
            assert!(why.starts_with("detected: k3s"), "{why}");
        }
    }
}

#[test]
fn a_k3s_of_unknown_version_is_a_question_that_names_its_profiles_only() {
    let mut record = Record::of("k3s-server");
    record.node()["kubernetes"] = json!({});
    let ran = detect(record.path(), &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for part in [
        "k3s runs",
        "choose with --profile",
        "k3s-cis-1.9",
        "cis-1.6-k3s",
    ] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert!(!ran.err.contains("cis-1.12"), "{}", ran.err);
}

#[test]
fn kubelite_is_microk8s_whatever_its_version() {
    for version in ["v1.24.17", "v1.28.15", "v1.34.1"] {
        for name in ["microk8s-control-plane", "microk8s-worker"] {
            let mut record = Record::of(name);
            record.node()["kubernetes"] = json!({"version": version});
            let (found, why) = chosen(record.path());
            assert_eq!(found, "cis-1.24-microk8s", "{name} {version}: {why}");
        }
    }
}

#[test]
fn a_hardened_server_passes_and_the_first_screen_says_so() {
    judged(
        &node("k3s-server"),
        &[
            ("1.1.1", "not-applicable", "part of another process"),
            (
                "1.1.11",
                "pass",
                "/var/lib/rancher/k3s/server/db/etcd has mode 700",
            ),
            ("1.2.1", "pass", "--anonymous-auth is false"),
            (
                "1.2.16",
                "pass",
                "/var/lib/rancher/k3s/server/logs/audit.log",
            ),
            (
                "1.2.23",
                "pass",
                "/var/lib/rancher/k3s/server/tls/etcd/client.crt",
            ),
            ("1.2.28", "pass", "aescbc"),
            (
                "2.2",
                "pass",
                "client-cert-auth of /var/lib/rancher/k3s/server/db/etcd/config",
            ),
            ("2.7", "pass", "etcd/server-ca.crt"),
            ("3.2.2", "pass", "audit.yaml"),
            ("4.2.5", "pass", "5m"),
        ],
    );
    let ran = detect(&node("k3s-server"), &[]);
    let screen = ran.out.split("== Scan ==").nth(1).unwrap();
    for part in [
        "Profile    k3s-cis-1.9",
        "Chosen     k3s runs",
        "Kubernetes 1.30.6 (record)",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
}

#[test]
fn a_weak_server_fails_by_what_its_unit_says() {
    judged(
        &node("k3s-server-weak"),
        &[
            ("1.1.13", "fail", "k3s.yaml has mode 666"),
            ("1.1.21", "fail", ".key has mode 644"),
            ("1.2.1", "fail", "--anonymous-auth is true"),
            ("1.2.6", "fail", "AlwaysAllow"),
            ("1.2.23", "not-applicable", "behind a socket of this node"),
            ("1.3.7", "fail", "0.0.0.0"),
            ("2.1", "not-applicable", "SQLite"),
            ("4.2.1", "fail", "--anonymous-auth is true"),
            ("4.3.1", "fail", "0.0.0.0:10249"),
        ],
    );
}

#[test]
fn an_agent_is_told_by_its_drop_ins() {
    judged(
        &node("k3s-agent"),
        &[
            ("1.2.1", "not-applicable", "this is a K3s agent"),
            ("2.1", "not-applicable", "this is a K3s agent"),
            ("4.1.9", "pass", "all 2 files have mode 600"),
            ("4.2.1", "pass", "00-k3s-defaults.conf"),
            ("4.2.13", "pass", "50-site.conf"),
        ],
    );
}

#[test]
fn a_unit_that_cannot_be_read_leaves_nothing_known() {
    let ran = detect(&node("k3s-server-hidden"), &["--format", "json"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    let found = findings(&ran.report());
    for (check, finding) in &found {
        // What nobody tells K3s is known all the same: who may read its files.
        let is_file = ["1.1.13", "1.1.14"].contains(&check.as_str());
        assert_eq!(finding["verdict"] == "pass", is_file, "{check}: {finding}");
    }
    judged(
        &node("k3s-server-hidden"),
        &[("1.2.1", "error", "/etc/systemd/system/k3s.service")],
    );
}

#[test]
fn microk8s_is_judged_by_its_files_of_arguments() {
    judged(
        &node("microk8s-control-plane"),
        &[
            (
                "1.1.1",
                "pass",
                "/var/snap/microk8s/6089/args/kube-apiserver",
            ),
            ("1.2.8", "pass", "RBAC,Node"),
            ("1.2.18", "pass", "/var/log/kubernetes/audit.log"),
            ("2.1", "not-applicable", "k8s-dqlite"),
            ("2.4", "pass", "cluster.crt and cluster.key"),
            ("2.5", "pass", "--enable-tls"),
            ("4.2.1", "pass", "--anonymous-auth is false"),
        ],
    );
    judged(
        &node("microk8s-weak"),
        &[
            ("1.1.21", "fail", ".key has mode 666"),
            ("1.2.6", "fail", "AlwaysAllow"),
            ("2.5", "fail", "--enable-tls is false"),
            ("4.2.4", "fail", "10255"),
        ],
    );
    judged(
        &node("microk8s-hidden"),
        &[(
            "1.2.6",
            "error",
            "/var/snap/microk8s/6089/args/kube-apiserver",
        )],
    );
}

#[test]
fn without_an_api_no_policy_of_either_passes() {
    for name in ["k3s-server", "microk8s-control-plane"] {
        let ran = detect(&node(name), &["--targets", "policies", "--format", "json"]);
        let found = findings(&ran.report());
        assert!(found.len() >= 30, "{name}");
        let passes = found.values().filter(|f: &&Value| f["verdict"] == "pass");
        assert_eq!(passes.count(), 0, "{name}");
    }
}
