//! Nodes of GKE as they are recorded: common controls find their files there.

use std::path::{Path, PathBuf};

use cisb_sdk::fake::{FakeNode, FakeProcess};
use cisb_sdk::verdict::Verdict;

use super::judged;

fn record(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/nodes")
        .join(name)
}

/// Check of a profile, verdict, and words of the reason or of what is seen.
#[track_caller]
fn seen(record_name: &str, expected: &[(&str, Verdict, &str)]) {
    let node = FakeNode::from_record(&record(record_name)).unwrap();
    for (name, verdict, words) in expected {
        let outcome = judged(name, &node);
        let said = format!("{} | {}", outcome.reason, outcome.actual);
        assert_eq!(outcome.verdict, *verdict, "{record_name} {name}: {said}");
        assert!(said.contains(words), "{record_name} {name}: {said}");
    }
}

#[test]
fn a_node_of_container_optimized_os_is_judged() {
    use Verdict::{Fail, NotApplicable, Pass};
    seen(
        "gke-cos",
        &[
            ("kubelet-config-mode", Pass, "mode 600"),
            ("kubelet-config-owner", Pass, "root:root"),
            ("kubelet-kubeconfig-mode-644", Pass, "mode 600"),
            ("kubelet-unit-mode-644", Pass, "mode 644"),
            ("kubelet-client-ca-mode-644", Pass, "mode 600"),
            (
                "kubelet-anonymous-auth-off",
                Pass,
                "/home/kubernetes/kubelet-config.yaml",
            ),
            ("kubelet-authorization-not-always-allow", Pass, "Webhook"),
            (
                "kubelet-client-ca-file",
                Pass,
                "/etc/srv/kubernetes/pki/ca-certificates.crt",
            ),
            ("kubelet-read-only-port-off", Pass, "0 (readOnlyPort"),
            ("kubelet-serving-certificate", Pass, "serverTLSBootstrap"),
            ("kubelet-rotate-server-certificate", Pass, "true"),
            // Dataplane V2 does its work.
            (
                "kube-proxy-kubeconfig-mode-644",
                NotApplicable,
                "kube-proxy",
            ),
        ],
    );
    seen(
        "gke-cos-weak",
        &[
            ("kubelet-config-mode-644", Fail, "666"),
            ("kubelet-config-owner", Fail, "chronos"),
            ("kubelet-kubeconfig-mode-644", Fail, "664"),
            ("kubelet-unit-mode-644", Fail, "664"),
            ("kubelet-client-ca-mode-644", Fail, "646"),
            ("kube-proxy-kubeconfig-mode-644", Fail, "666"),
            ("kube-proxy-kubeconfig-owner", Fail, "chronos"),
            ("kubelet-anonymous-auth-off", Fail, "true"),
            (
                "kubelet-authorization-not-always-allow",
                Fail,
                "AlwaysAllow",
            ),
            ("kubelet-read-only-port-off", Fail, "10255"),
            ("kubelet-iptables-util-chains", Fail, "false"),
            ("kubelet-rotate-certificates", Fail, "false"),
            ("kubelet-rotate-server-certificate", Fail, "false"),
            ("kubelet-hostname-override-unset", Fail, "old"),
            ("gke-cos", Fail, "Ubuntu"),
            ("gke-network-policy-enabled", Fail, "anetd"),
            ("gke-dashboard-off", Fail, "kubernetes-dashboard"),
            (
                "gke-managed-certificates",
                Fail,
                "gone, which does not exist",
            ),
        ],
    );
}

#[test]
fn what_a_node_s_file_leaves_out_has_its_default() {
    let path = "/home/kubernetes/kubelet-config.yaml";
    let text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
    let kubelet = FakeProcess::new(
        "/home/kubernetes/bin/kubelet",
        &["kubelet", "--config", path],
    );
    let node = FakeNode::new()
        .version("v1.30.14-gke.1850000")
        .dir("/home/kubernetes", 0o755, 0, 0)
        .file(path, 0o600, 0, 0, text)
        .process(kubelet);
    for (name, verdict, words) in [
        (
            "kubelet-read-only-port-off",
            Verdict::Pass,
            "not set (default 0)",
        ),
        (
            "kubelet-rotate-server-certificate",
            Verdict::Pass,
            "not set (default true)",
        ),
        (
            "kubelet-protect-kernel-defaults",
            Verdict::Fail,
            "not set (default false)",
        ),
        ("kubelet-serving-certificate", Verdict::Fail, "not set"),
        ("kubelet-strong-ciphers", Verdict::Fail, "not set"),
    ] {
        let outcome = judged(name, &node);
        let said = format!("{} | {}", outcome.reason, outcome.actual);
        assert_eq!(outcome.verdict, verdict, "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
    }
}

#[test]
fn what_cannot_be_read_of_a_node_is_an_error() {
    use Verdict::{Error, Manual, Pass};
    seen(
        "gke-cos-unreadable",
        &[
            ("kubelet-anonymous-auth-off", Error, "kubelet-config.yaml"),
            ("kubelet-read-only-port-off", Error, "kubelet-config.yaml"),
            ("kubelet-config-mode-644", Pass, "mode 600"),
            ("gke-cos-containerd", Error, "may not list it"),
            ("gke-bindings-authenticated", Error, "may not list it"),
            ("gke-managed-certificates", Error, "may not list it"),
            ("gke-auditd-logging", Manual, "does another agent"),
        ],
    );
}
