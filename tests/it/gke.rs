//! GKE through the door: its nodes and clusters are found and told from others,
//! what is Google's is labelled, and nothing passes that nobody saw.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{Record, chosen, detect, findings, node, workspace};

fn report(node: &Path) -> Value {
    detect(node, &["--format", "json"]).report()
}

/// A file of a record's recorded API.
fn object(record: &Record, name: &str) -> PathBuf {
    record.path().join("objects").join(name)
}

#[test]
fn each_version_of_gke_gets_its_benchmark_without_an_api() {
    for (version, id) in [
        ("v1.15.12-gke.20", "gke-1.0"),
        ("v1.19.16-gke.3600", "gke-1.0"),
        ("v1.20.15-gke.1000", "gke-1.2.0"),
        ("v1.27.16-gke.1008000", "gke-1.2.0"),
        ("v1.28.15-gke.1159000", "gke-1.6.0"),
        ("v1.29.15-gke.1549000", "gke-1.6.0"),
        ("v1.30.14-gke.1850000", "gke-1.8.0"),
        ("v1.31.13-gke.1008000", "gke-1.9.0"),
        ("v1.37.1-gke.1000", "gke-1.9.0"),
    ] {
        let mut record = Record::of("gke-cos");
        record.node()["kubernetes"] = json!({"version": version});
        std::fs::remove_dir_all(record.path().join("objects")).unwrap();
        assert_eq!(chosen(record.path()).0, id, "{version}");
    }
}

#[test]
fn a_cluster_is_known_by_its_api_alone_and_by_its_tree_alone() {
    let ran = detect(&node("gke-autopilot"), &[]);
    for part in [
        "Profile    gke-1.9.0",
        "it has the label cloud.google.com/gke-nodepool",
        "its version is v1.32.9-gke.1108000",
    ] {
        let screen: String = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
        let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(screen.contains(&part), "{part}: {}", ran.out);
    }
    let mut record = Record::of("gke-cos");
    record.node()["processes"] = json!([]);
    std::fs::remove_dir_all(record.path().join("objects")).unwrap();
    assert_eq!(chosen(record.path()).0, "gke-1.9.0");
}

#[test]
fn what_only_looks_like_gke_is_not() {
    let other = |version: &str, labels: Value, provider: &str| {
        let mut record = Record::of("kubeadm-worker");
        record.node()["kubernetes"] = json!({"version": version});
        let name = record.node()["hostname"].clone();
        let objects = record.path().join("objects");
        std::fs::create_dir_all(&objects).unwrap();
        let list = json!({"kind": "NodeList", "apiVersion": "v1", "items": [{
            "metadata": {"name": name, "labels": labels},
            "spec": {"providerID": provider},
        }]});
        std::fs::write(object(&record, "core_v1_nodes.json"), list.to_string()).unwrap();
        let version = json!({"gitVersion": version}).to_string();
        std::fs::write(object(&record, "version.json"), version).unwrap();
        chosen(record.path()).0
    };
    // kubeadm on Compute Engine.
    let id = other("v1.31.4", json!({}), "gce://project/zone/worker-1");
    assert_eq!(id, "cis-1.11");
    // Google's software on one's own machines: the version says GKE, the nodes do not.
    let pool = json!({"baremetal.cluster.gke.io/node-pool": "pool-1"});
    let id = other("v1.30.3-gke.200", pool, "baremetal://192.0.2.7");
    assert_eq!(id, "cis-1.11");
    // A version of somebody else that begins alike.
    let id = other("v1.30.3+gkeless", json!({}), "gce://project/zone/worker-1");
    assert_eq!(id, "cis-1.11");
}

#[test]
fn the_first_screen_of_a_good_node_is_right() {
    let ran = detect(&node("gke-cos"), &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let screen = ran.out.split("== Scan ==").nth(1).unwrap();
    for part in [
        "Profile    gke-1.9.0",
        "Chosen     kubelet runs, /home/kubernetes/kubelet-config.yaml is there",
        "0 fail",
        "0 error",
        "of 57 checks",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
}

#[test]
fn a_weak_cluster_fails_where_it_is_weak() {
    let found = findings(&report(&node("gke-cos-weak")));
    for (check, words) in [
        ("3.2.1", "anonymous"),
        ("3.2.4", "read-only-port"),
        ("4.1.1", "ClusterRoleBinding/ops"),
        ("5.4.2", "Node/gke-old-pool-1-0f0b3237-wmnh"),
        ("5.5.1", "Node/gke-old-pool-2-5e6f7a8b-q3r4"),
        ("5.6.5", "Node/gke-old-pool"),
        ("5.6.7", "anetd or calico-node"),
        ("5.6.8", "Ingress/shop/web"),
        ("5.7.2", "cos-auditd-logging"),
        ("5.10.1", "kubernetes-dashboard"),
    ] {
        let finding = &found[check];
        assert_eq!(finding["verdict"], "fail", "{check}: {finding}");
        let reason = finding["reason"].as_str().unwrap();
        assert!(reason.contains(words), "{check}: {reason}");
    }
    // Newer benchmarks look at bindings to everybody.
    let newer = workspace().target().join("profiles/gke-1.9.0.wasm");
    let ran = crate::harness::scan(&newer, &node("gke-cos-weak"), &["--group", "4.1"]);
    let found = findings(&ran.report());
    for (check, binding) in [
        ("4.1.8", "guests"),
        ("4.1.9", "world"),
        ("4.1.10", "everyone"),
    ] {
        assert_eq!(found[check]["verdict"], "fail", "{check}");
        let reason = found[check]["reason"].as_str().unwrap();
        assert!(
            reason.contains(&format!("ClusterRoleBinding/{binding}")),
            "{reason}"
        );
    }
}

#[test]
fn what_is_google_s_is_labelled_and_out_of_the_gate() {
    let profile = workspace().target().join("profiles/gke-1.0.wasm");
    let report = crate::harness::scan(&profile, &node("gke-cos"), &[]).report();
    let found = findings(&report);
    for check in ["1.1.1", "1.2.1", "2.7", "3.2.1"] {
        let finding = &found[check];
        assert_eq!(finding["verdict"], "manual", "{check}");
        assert_eq!(finding["ownership"], "provider", "{check}");
        assert_eq!(finding["decision"], "provider-owned", "{check}");
        let reason = finding["reason"].as_str().unwrap();
        assert!(reason.contains("compliance-reports-manager"), "{reason}");
    }
    // A node is Google's image and the customer's pool.
    assert_eq!(found["4.2.1"]["ownership"], "shared");
    assert_eq!(found["4.2.1"]["verdict"], "pass");
}

#[test]
fn without_an_api_nothing_of_the_api_passes() {
    let record = Record::of("gke-cos");
    std::fs::remove_dir_all(record.path().join("objects")).unwrap();
    for profile in [
        "gke-1.0",
        "gke-1.2.0",
        "gke-1.6.0",
        "gke-1.8.0",
        "gke-1.9.0",
    ] {
        let path = workspace()
            .target()
            .join(format!("profiles/{profile}.wasm"));
        let report = crate::harness::scan(&path, record.path(), &[]).report();
        let mut seen = 0;
        for (check, finding) in findings(&report) {
            let target = finding["target"].as_str().unwrap();
            if matches!(target, "policies" | "managedservices" | "controlplane") {
                let verdict = finding["verdict"].as_str().unwrap();
                assert!(
                    matches!(verdict, "manual" | "error"),
                    "{profile} {check}: {verdict}"
                );
                seen += 1;
            }
        }
        assert!(seen > 50, "{profile}: {seen}");
    }
}
