//! Clusters that people make and run themselves: kubeadm on Flatcar and on
//! instances of the clouds, kind, and Talos. Which profile is taken for them,
//! and what their own places and ways come to.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Expected, Record, chosen, detect, expect, findings, node};

/// What the chosen profile says of a record.
fn judged(record: &Path, profile: &str, expected: &[Expected<'_>]) {
    let report = report(record);
    assert_eq!(report["profiles"][0]["id"], profile);
    expect(&record.display().to_string(), &report, expected);
}

fn report(record: &Path) -> Value {
    detect(record, &["--format", "json"]).report()
}

/// Scans a record with the profile that is found for it: check, verdict, and
/// words of the reason. What is decided cites what was seen.
#[track_caller]
/// What is in the first screen, behind its heading.
fn screen(record: &str) -> String {
    let text = detect(&node(record), &[]).out;
    text.split("== Scan ==").nth(1).unwrap().to_owned()
}

const RECORDS: [&str; 4] = [
    "flatcar-control-plane",
    "kind-control-plane",
    "talos-control-plane",
    "talos-worker",
];

#[test]
fn each_version_gets_the_newest_benchmark_of_kubernetes_itself() {
    for record in RECORDS {
        for (version, id) in [
            ("v1.26.15", "cis-1.8"),
            ("v1.30.14", "cis-1.11"),
            ("v1.31.9", "cis-1.11"),
            ("v1.32.1", "cis-1.12"),
            ("v1.34.2", "cis-1.12"),
            ("v1.36.0", "cis-1.12"),
        ] {
            let mut record_of = Record::of(record);
            record_of.node()["kubernetes"] = json!({"version": version});
            let (found, why) = chosen(record_of.path());
            assert_eq!(found, id, "{record} {version}: {why}");
            let newer = version == "v1.36.0";
            assert_eq!(why.contains("newer than"), newer, "{record}: {why}");
        }
    }
}

#[test]
fn a_manifest_states_the_version_where_there_is_one_and_talos_is_asked_for_it() {
    for (record, id) in [
        ("flatcar-control-plane", "cis-1.12"),
        ("kind-control-plane", "cis-1.11"),
    ] {
        let mut record = Record::of(record);
        record.node()["kubernetes"] = json!({});
        let (found, why) = chosen(record.path());
        assert_eq!(found, id, "{why}");
    }
    let mut record = Record::of("talos-worker");
    record.node()["kubernetes"] = json!({});
    let ran = detect(record.path(), &[]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    for part in ["which profile?", "cis-1.12 (", "cis-1.11 ("] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    let offered = ran.err.split("choose with --profile:").nth(1).unwrap();
    for other in ["eks-", "gke-", "aks-", "rke", "rh-", "k3s-", "tkgi-"] {
        assert!(!offered.contains(other), "{other}: {offered}");
    }
}

/// A control plane or worker whose Node object says which cloud it runs in.
fn instance(record: &str, provider: &str, labels: &[&str]) -> Record {
    let mut record = Record::of(record);
    record.node()["kubernetes"] = json!({"version": "v1.33.6"});
    let labels: serde_json::Map<_, _> = labels
        .iter()
        .map(|label| ((*label).to_owned(), json!("some")))
        .collect();
    let nodes = json!({"kind": "NodeList", "apiVersion": "v1", "items": [{
        "metadata": {"name": record.node()["hostname"], "labels": labels},
        "spec": {"providerID": provider},
    }]});
    let objects = record.path().join("objects");
    std::fs::create_dir_all(&objects).unwrap();
    std::fs::write(objects.join("core_v1_nodes.json"), nodes.to_string()).unwrap();
    let version = json!({"gitVersion": "v1.33.6"}).to_string();
    std::fs::write(objects.join("version.json"), version).unwrap();
    record
}

#[test]
fn instances_of_a_cloud_are_not_its_managed_nodes() {
    let common = [
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
    ];
    for (provider, label) in [
        (
            "aws:///eu-west-1a/i-0eeeeeeeeeeeeeee5",
            "topology.k8s.aws/zone-id",
        ),
        (
            "azure:///subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v",
            "topology.disk.csi.azure.com/zone",
        ),
        ("gce://project/europe-west1-b/v", "topology.gke.io/zone"),
    ] {
        let labels = [&common[..], &[label]].concat();
        for record in RECORDS.iter().chain(&["kubeadm-worker"]) {
            let record_of = instance(record, provider, &labels);
            let (found, why) = chosen(record_of.path());
            assert_eq!(found, "cis-1.12", "{record} {provider}: {why}");
        }
    }
}

#[test]
fn kubeadm_on_flatcar_is_judged_where_its_system_extension_put_it() {
    judged(
        &node("flatcar-control-plane"),
        "cis-1.12",
        &[
            (
                "1.1.1",
                "pass",
                "manifests/kube-apiserver.yaml has mode 600",
            ),
            ("1.1.21", "pass", "all 11 files"),
            ("1.3.1", "fail", "--terminated-pod-gc-threshold"),
            (
                "4.1.1",
                "fail",
                "/usr/lib/systemd/system/kubelet.service has mode 644",
            ),
            ("4.1.2", "pass", "all 2 files"),
            ("4.1.9", "fail", "/var/lib/kubelet/config.yaml has mode 644"),
            ("4.2.1", "pass", "of /var/lib/kubelet/config.yaml"),
            // Cilium stands in for kube-proxy.
            ("4.3.1", "not-applicable", "no process is kube-proxy"),
        ],
    );
}

#[test]
fn a_kubelet_in_opt_bin_under_a_unit_of_its_own_is_the_same_node() {
    let unit = "[Service]\nExecStart=/opt/bin/kubelet\n";
    let path = "/etc/systemd/system/kubelet.service";
    let mut record = Record::of("flatcar-control-plane").file(path, "0600", unit);
    let folder = record.node()["entries"]["/usr/lib"].clone();
    for path in ["/etc/systemd", "/etc/systemd/system"] {
        record.node()["entries"][path] = folder.clone();
    }
    for process in record.node()["processes"].as_array_mut().unwrap() {
        if process["comm"] == "kubelet" {
            process["exe"] = json!("/opt/bin/kubelet");
            process["argv"][0] = json!("/opt/bin/kubelet");
        }
    }
    // The unit in /etc shadows the extension's; the extension's drop-in stays.
    let drop_in = "kubelet.service.d/10-kubeadm.conf has mode 644";
    judged(
        record.path(),
        "cis-1.12",
        &[
            ("4.1.1", "fail", drop_in),
            ("4.1.2", "pass", "all 2 files"),
            ("4.2.1", "pass", "of /var/lib/kubelet/config.yaml"),
        ],
    );
}

#[test]
fn a_node_of_kind_is_judged_as_what_kubeadm_made_of_it() {
    judged(
        &node("kind-control-plane"),
        "cis-1.11",
        &[
            (
                "1.1.1",
                "pass",
                "manifests/kube-apiserver.yaml has mode 600",
            ),
            ("1.2.6", "pass", "Node,RBAC"),
            ("4.1.1", "fail", "(and 2 more)"),
            ("4.1.5", "pass", "/etc/kubernetes/kubelet.conf has mode 600"),
            ("4.2.1", "pass", "of /var/lib/kubelet/config.yaml"),
            ("4.2.9", "fail", "--tls-cert-file is not set"),
        ],
    );
    // Looked at from the machine that kind runs on, it is somebody else's.
    let mut outside = Record::of("kind-control-plane");
    for process in outside.node()["processes"].as_array_mut().unwrap() {
        process["place"] = json!("foreign");
    }
    let found = findings(&report(outside.path()));
    let finding = &found["4.2.1"];
    assert_ne!(finding["verdict"], "pass", "{finding}");
}

#[test]
fn talos_hands_its_static_pods_over_and_has_no_manifest_files() {
    let fetched = "comes from a URL that the kubelet fetches";
    judged(
        &node("talos-control-plane"),
        "cis-1.12",
        &[
            ("1.1.1", "not-applicable", fetched),
            ("1.1.2", "not-applicable", fetched),
            ("1.1.3", "not-applicable", fetched),
            ("1.1.4", "not-applicable", fetched),
            ("1.1.5", "not-applicable", fetched),
            ("1.1.6", "not-applicable", fetched),
            // A container of containerd, not a pod.
            ("1.1.7", "not-applicable", "no static pod manifest"),
            ("1.1.8", "not-applicable", "no static pod manifest"),
        ],
    );
    // Without the file that says so, the manifests are missed.
    let mut hidden = Record::of("talos-control-plane");
    let entry = &mut hidden.node()["entries"]["/etc/kubernetes/kubelet.yaml"];
    *entry = json!({"error": "not-permitted"});
    let lacking = "/etc/kubernetes/kubelet.yaml: not permitted";
    judged(
        hidden.path(),
        "cis-1.12",
        &[
            ("1.1.1", "error", lacking),
            ("1.1.3", "error", lacking),
            ("1.1.5", "error", lacking),
            ("4.2.1", "error", lacking),
            ("4.2.4", "error", lacking),
        ],
    );
}

#[test]
fn the_control_plane_of_talos_is_judged_by_its_arguments() {
    judged(
        &node("talos-control-plane"),
        "cis-1.12",
        &[
            ("1.1.11", "pass", "/var/lib/etcd has mode 700"),
            ("1.1.12", "manual", "no name for 60:60"),
            ("1.1.15", "pass", "kube-scheduler/kubeconfig has mode 400"),
            ("1.1.16", "fail", "65536:65536"),
            ("1.1.18", "fail", "65535:65535"),
            // The kubelet's certificate authority lies there alone.
            (
                "1.1.19",
                "manual",
                "no flag names anything in /etc/kubernetes/pki",
            ),
            (
                "1.1.20",
                "manual",
                "no flag names anything in /etc/kubernetes/pki",
            ),
            (
                "1.1.21",
                "manual",
                "/system/secrets/kubernetes/kube-apiserver/",
            ),
            ("1.2.1", "pass", "--anonymous-auth is false"),
            ("1.2.5", "fail", "--kubelet-certificate-authority"),
            ("1.2.7", "pass", "authorization-config.yaml"),
            ("1.2.15", "pass", "--profiling is false"),
            ("1.2.28", "pass", "secretbox"),
            ("1.3.2", "pass", "--profiling is false"),
            // The scheduler ignores the flag beside a configuration file.
            ("1.4.1", "fail", "--profiling"),
            ("2.1", "pass", "/system/secrets/etcd/server.crt"),
            ("2.7", "pass", "/system/secrets/etcd/ca.crt"),
            ("3.2.1", "pass", "auditpolicy.yaml"),
        ],
    );
}

#[test]
fn the_kubelet_of_talos_is_judged_by_the_file_that_talos_writes() {
    let file = "of /etc/kubernetes/kubelet.yaml";
    judged(
        &node("talos-worker"),
        "cis-1.11",
        &[
            ("1.1.1", "not-applicable", "no process is kube-apiserver"),
            ("1.2.1", "not-applicable", "no process is kube-apiserver"),
            ("4.1.1", "not-applicable", "it is started in another way"),
            ("4.1.5", "pass", "/etc/kubernetes/kubeconfig-kubelet"),
            ("4.1.7", "pass", "/etc/kubernetes/pki/ca.crt has mode 400"),
            ("4.1.9", "pass", "/etc/kubernetes/kubelet.yaml has mode 600"),
            ("4.2.1", "pass", file),
            ("4.2.2", "pass", file),
            ("4.2.4", "fail", "10255"),
            ("4.2.5", "pass", "5m0s"),
            ("4.2.7", "fail", "--hostname-override"),
        ],
    );
}

#[test]
fn the_first_screen_says_what_was_found_and_what_to_do() {
    for (record, parts) in [
        (
            "flatcar-control-plane",
            [
                "Profile    cis-1.12",
                "kubelet and kube-apiserver run, Kubernetes 1.33.6 (record)",
                "1.1.12 critical",
                "collect again with --kubeconfig",
            ],
        ),
        (
            "kind-control-plane",
            [
                "Profile    cis-1.11",
                "kubelet and kube-apiserver run, Kubernetes 1.31.9 (record)",
                "1.1.12 critical",
                "allow the scanner's account to list",
            ],
        ),
        (
            "talos-control-plane",
            [
                "Profile    cis-1.12",
                "kubelet and kube-apiserver run, Kubernetes 1.34.2 (record)",
                "1.2.5",
                "collect again with --kubeconfig",
            ],
        ),
        (
            "talos-worker",
            [
                "Profile    cis-1.11",
                "kubelet runs, Kubernetes 1.30.14 (record)",
                "4.2.4",
                "10255 (readOnlyPort of",
            ],
        ),
    ] {
        let screen = screen(record);
        for part in parts {
            assert!(screen.contains(part), "{record}: {part}: {screen}");
        }
    }
}
