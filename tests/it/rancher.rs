//! Nodes of RKE2 and RKE1: which profile is taken for them, and what their own
//! places and ways come to.

use serde_json::{Value, json};

use crate::harness::{Expected, Record, chosen, detect, expect, findings, node, profile, scan};

/// What a profile says of one of the project's records.
fn judged(id: &str, record: &str, expected: &[Expected<'_>]) {
    expect(
        record,
        &scan(&profile(id), &node(record), &[]).report(),
        expected,
    );
}

/// Scans a record with a profile and looks at checks: id, verdict, words.
#[track_caller]
#[test]
fn each_version_of_rke2_and_rke_gets_the_newest_benchmark_for_it() {
    for (record, version, id) in [
        ("rke2-agent", "v1.22.17+rke2r1", "rke2-cis-1.23"),
        ("rke2-agent", "v1.23.17+rke2r10", "rke2-cis-1.23"),
        ("rke2-agent", "v1.24.17+rke2r1", "rke2-cis-1.24"),
        ("rke2-agent", "v1.25.16+rke2r1", "rke2-cis-1.7"),
        ("rke2-agent", "v1.26.15+rke2r1", "rke2-cis-1.8"),
        ("rke2-server-hardened", "v1.31.4+rke2r1", "rke2-cis-1.8"),
        ("rke2-server-weak", "v1.34.2+rke2r1", "rke2-cis-1.8"),
        ("rke-worker", "v1.23.16", "rke-cis-1.23"),
        ("rke-weak", "v1.24.17", "rke-cis-1.24"),
        ("rke-all-roles", "v1.26.15", "rke-cis-1.7"),
        ("rke-worker", "v1.30.8", "rke-cis-1.7"),
    ] {
        let mut record = Record::of(record);
        record.node()["kubernetes"] = json!({"version": version});
        let (found, why) = chosen(record.path());
        assert_eq!(found, id, "{version}: {why}");
        let newer = ["v1.34.2+rke2r1", "v1.30.8"].contains(&version);
        assert_eq!(why.contains("newer than"), newer, "{version}: {why}");
    }
}

#[test]
fn rke2_states_its_version_in_its_manifests() {
    for (record, id) in [
        ("rke2-server-hardened", "rke2-cis-1.8"),
        ("rke2-agent", "rke2-cis-1.8"),
    ] {
        let mut record = Record::of(record);
        record.node()["kubernetes"] = json!({});
        let (found, why) = chosen(record.path());
        assert_eq!(found, id, "{why}");
        assert!(
            why.contains("(image in /var/lib/rancher/rke2/agent/pod-manifests/"),
            "{why}"
        );
    }
    // RKE1 states it nowhere on the node: then it is asked for.
    let mut record = Record::of("rke-worker");
    record.node()["kubernetes"] = json!({});
    let ran = detect(record.path(), &[]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    for part in ["which profile?", "rke-cis-1.23 (", "rke-cis-1.7 ("] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert!(!ran.err.contains("rke2-cis"), "{}", ran.err);
}

#[test]
fn neither_is_taken_for_another_nor_another_for_them() {
    for (record, id) in [
        ("kubeadm-worker", "cis-1.12"),
        ("kubeadm-control-plane", "cis-1.12"),
    ] {
        let (found, why) = chosen(&node(record));
        assert_eq!(found, id, "{record}: {why}");
    }
    // What an RKE2 that was taken away left behind.
    let rest = "/var/lib/rancher/rke2/agent/pod-manifests/kube-proxy.yaml";
    let mut once = Record::of("kubeadm-worker").file(rest, "0600", "{}");
    for folder in [
        "/var/lib/rancher",
        "/var/lib/rancher/rke2",
        "/var/lib/rancher/rke2/agent",
        "/var/lib/rancher/rke2/agent/pod-manifests",
        "/etc/rancher",
        "/etc/rancher/rke2",
    ] {
        let entries = &mut once.node()["entries"];
        entries[folder] = entries["/etc"].clone();
    }
    let (found, why) = chosen(once.path());
    assert_eq!(found, "cis-1.12", "{why}");
    // What a kubelet that is configured for a cloud has beside it changes nothing.
    let text = "{}";
    let azure = Record::of("rke2-agent").file("/etc/kubernetes/azure.json", "0600", text);
    let (found, why) = chosen(azure.path());
    assert_eq!(found, "rke2-cis-1.8", "{why}");
}

#[test]
fn the_first_screen_of_a_weak_server_says_what_to_do() {
    let text = detect(&node("rke2-server-weak"), &[]).out;
    let screen = text.split("== Scan ==").nth(1).unwrap();
    for part in [
        "Profile    rke2-cis-1.8",
        "/var/lib/rancher/rke2/agent is there",
        "OUTSIDE    the profile's range: v1.34.2 is not in >=1.26, <1.32",
        "1.1.11 critical",
        "/var/lib/rancher/rke2/server/db/etcd",
        "collect again with --kubeconfig",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
}

#[test]
fn what_rke2_sets_under_a_cis_profile_passes() {
    judged(
        "rke2-cis-1.8",
        "rke2-server-hardened",
        &[
            (
                "1.1.1",
                "pass",
                "pod-manifests/kube-apiserver.yaml has mode 600",
            ),
            ("1.1.7", "pass", "pod-manifests/etcd.yaml has mode 600"),
            ("1.1.12", "pass", "server/db/etcd has owner etcd:etcd"),
            ("1.1.13", "pass", "all 2 files have mode 600"),
            ("1.1.19", "pass", "all "),
            ("1.2.29", "pass", "aescbc, identity"),
            ("2.1", "pass", "server/db/etcd/config"),
            ("2.5", "pass", "peer-transport-security.client-cert-auth"),
            (
                "3.2.1",
                "pass",
                "2 rules in /etc/rancher/rke2/audit-policy.yaml",
            ),
            ("4.1.1", "not-applicable", "it is started in another way"),
            ("4.2.3", "pass", "agent/client-ca.crt"),
        ],
    );
}

#[test]
fn what_a_person_changed_for_the_worse_fails() {
    judged(
        "rke2-cis-1.8",
        "rke2-server-weak",
        &[
            ("1.1.3", "fail", "kube-controller-manager.yaml has mode 644"),
            ("1.1.13", "fail", "/etc/rancher/rke2/rke2.yaml has mode 644"),
            ("1.1.19", "fail", "tls/etcd/client.key has owner ops:ops"),
            ("1.1.21", "fail", "service.current.key has mode 644"),
            ("1.2.1", "fail", "--anonymous-auth is true"),
            ("2.2", "fail", "client-transport-security.client-cert-auth"),
            ("4.2.1", "pass", "kubelet.conf.d/00-rke2-defaults.conf"),
        ],
    );
    judged(
        "rke-cis-1.24",
        "rke-weak",
        &[
            (
                "1.1.1",
                "not-applicable",
                "no static pod manifest declares it",
            ),
            ("1.1.11", "fail", "/var/lib/etcd has mode 755"),
            (
                "1.1.19",
                "fail",
                "kubecfg-kube-proxy.yaml has owner ops:ops",
            ),
            (
                "1.1.21",
                "fail",
                "kube-service-account-token-key.pem has mode 644",
            ),
            ("2.2", "fail", "--client-cert-auth is not set"),
            ("4.2.4", "fail", "--read-only-port is 10255"),
        ],
    );
}

#[test]
fn what_cannot_be_read_is_an_error_that_names_it() {
    judged(
        "rke2-cis-1.8",
        "rke2-server-unreadable",
        &[
            ("1.1.1", "error", "pod-manifests/kube-apiserver.yaml"),
            ("1.1.11", "error", "server/db/etcd/config: not permitted"),
            ("2.2", "error", "server/db/etcd/config: not permitted"),
            ("3.2.1", "error", "/etc/rancher/rke2/audit-policy.yaml"),
            ("5.1.1", "error", "no API objects"),
        ],
    );
    judged(
        "rke-cis-1.7",
        "rke-unreadable",
        &[
            ("1.1.1", "error", "which manifests are live is not known"),
            ("3.2.1", "error", "/etc/kubernetes/audit-policy.yaml"),
            ("4.2.1", "error", "kubelet was not found"),
        ],
    );
}

#[test]
fn components_in_docker_are_the_nodes_and_their_paths_are_translated() {
    judged(
        "rke-cis-1.7",
        "rke-all-roles",
        &[
            ("1.1.11", "pass", "/var/lib/etcd has mode 700"),
            ("1.1.12", "pass", "/var/lib/etcd has owner etcd:etcd"),
            ("1.1.20", "pass", "all 11 files have mode 600"),
            ("1.1.21", "pass", "all 10 files have mode 600"),
            ("2.7", "fail", "has the same contents"),
            ("4.1.5", "pass", "kubecfg-kube-node.yaml has mode 600"),
            ("4.2.9", "pass", "kube-kubelet-192-168-56-20.pem"),
        ],
    );
    // With a network of its own it is somebody's cluster in a container.
    let mut nested = Record::of("rke-all-roles");
    for process in nested.node()["processes"].as_array_mut().unwrap() {
        if process["comm"] == "kube-apiserver" {
            process["place"] = json!("foreign");
        }
    }
    let report = scan(
        &profile("rke-cis-1.7"),
        nested.path(),
        &["--check", "1.2.1"],
    )
    .report();
    let finding = &findings(&report)["1.2.1"];
    assert_eq!(finding["verdict"], "not-applicable", "{finding}");
}

/// The checks that kube-bench's tables skip on these platforms, by profile, on a
/// node that has what decides them.
#[test]
fn what_a_rancher_table_skips_is_judged_from_the_node() {
    for (id, record, checks) in [
        (
            "rke2-cis-1.7",
            "rke2-server-hardened",
            "1.1.12 1.2.18 1.2.19 1.2.20 1.2.21 1.2.30 1.2.31 1.3.6 2.1 2.2 2.4 2.5 3.2.1 4.1.1 \
             4.1.2 4.2.7",
        ),
        ("rke2-cis-1.24", "rke2-server-hardened", "1.1.12 2.1 4.2.12"),
        (
            "rke-cis-1.7",
            "rke-all-roles",
            "1.1.1 1.1.2 1.1.7 1.1.8 1.1.12 1.1.13 1.1.14 1.1.15 1.1.16 1.1.17 1.1.18 1.2.5 1.2.12 \
             1.2.29 1.2.30 1.3.6 4.1.1 4.1.2 4.1.9 4.1.10 4.2.7 4.2.8 4.2.9 4.2.11 4.2.12",
        ),
        (
            "rke-cis-1.23",
            "rke-all-roles",
            "1.1.1 1.1.12 1.2.6 1.2.30 1.2.31 1.3.6 4.2.6 4.2.8 4.2.10 4.2.12",
        ),
    ] {
        let report = scan(&profile(id), &node(record), &[]).report();
        let found = findings(&report);
        for check in checks.split(' ') {
            let finding = &found[check];
            let verdict = finding["verdict"].as_str().unwrap();
            assert!(
                ["pass", "fail", "not-applicable"].contains(&verdict),
                "{id} {check}: {finding}"
            );
            assert!(
                !finding["evidence"].as_array().unwrap().is_empty(),
                "{id} {check} cites nothing"
            );
        }
    }
}

#[test]
fn files_that_are_not_where_the_platform_keeps_them_are_not_guessed_at() {
    judged(
        "rke2-cis-1.8",
        "kubeadm-control-plane",
        &[
            (
                "1.1.13",
                "not-applicable",
                "neither server/cred/admin.kubeconfig",
            ),
            (
                "1.1.19",
                "manual",
                "nothing was found in /var/lib/rancher/rke2/server/tls",
            ),
            (
                "1.1.21",
                "manual",
                "--client-ca-file=/etc/kubernetes/pki/ca.crt",
            ),
        ],
    );
    judged(
        "rke-cis-1.24",
        "kubeadm-control-plane",
        &[
            (
                "1.1.19",
                "manual",
                "nothing was found in /etc/kubernetes/ssl",
            ),
            (
                "1.1.20",
                "manual",
                "nothing was found in /etc/kubernetes/ssl",
            ),
        ],
    );
}

#[test]
fn an_agent_has_no_control_plane_and_says_what_shows_it() {
    let report = scan(&profile("rke2-cis-1.8"), &node("rke2-agent"), &[]).report();
    for (check, finding) in findings(&report) {
        let verdict = &finding["verdict"];
        // The container network's files are every node's.
        if ["1.1.9", "1.1.10"].contains(&check.as_str()) {
            continue;
        }
        match check.split('.').next() {
            Some("1" | "2") => {
                assert_eq!(*verdict, "not-applicable", "{check}: {finding}");
                let evidence = finding["evidence"].as_array();
                assert!(evidence.is_some_and(|it| !it.is_empty()), "{check}");
            }
            Some("5") => assert_ne!(*verdict, Value::from("pass"), "{check}"),
            _ => {}
        }
    }
}
