//! What holds of RKE1's own controls, and of components in Docker containers.

use cisb_sdk::verdict::Verdict;

use super::PLATFORM;
use crate::platform::cases::{Case, OPS, hold, judge, node};

const ALL: &str = "rke-all-roles";
const SSL: &str = "/etc/kubernetes/ssl";
const ADMIN: &str = "/etc/kubernetes/ssl/kubecfg-kube-admin.yaml";
const CERTIFICATE: &str = "/etc/kubernetes/ssl/kube-proxy.pem";
const KEY: &str = "/etc/kubernetes/ssl/kube-proxy-key.pem";
const NO_ADMIN: (&str, &str) = (ALL, "it lies beside cluster.yml");
const WORKER: (&str, &str) = ("rke-worker", "no process is kube-apiserver");

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { control: "admin-kubeconfig-mode", record: ALL, file: (ADMIN, 0o600), broken: (0o644, 0), hidden: SSL, absent: NO_ADMIN },
    Case { control: "admin-kubeconfig-mode-644", record: ALL, file: (ADMIN, 0o644), broken: (0o664, 0), hidden: SSL, absent: NO_ADMIN },
    Case { control: "admin-kubeconfig-owner", record: ALL, file: (ADMIN, 0o600), broken: (0o600, OPS), hidden: SSL, absent: NO_ADMIN },
    Case { control: "pki-owner", record: "rke-etcd-as-root", file: (KEY, 0o600), broken: (0o600, OPS), hidden: SSL, absent: WORKER },
    Case { control: "pki-certificates-mode", record: ALL, file: (CERTIFICATE, 0o600), broken: (0o644, 0), hidden: SSL, absent: WORKER },
    Case { control: "pki-certificates-mode-644", record: ALL, file: (CERTIFICATE, 0o644), broken: (0o664, 0), hidden: SSL, absent: WORKER },
    Case { control: "pki-keys-mode", record: ALL, file: (KEY, 0o600), broken: (0o640, 0), hidden: SSL, absent: WORKER },
];

#[test]
fn each_control_over_files_of_rke_has_its_four_cases() {
    hold(&PLATFORM, CASES, &[]);
}

#[test]
fn a_keys_mode_is_no_certificates() {
    // Readable by all: a fault of a key, and of no certificate.
    let open = node(ALL).file(KEY, 0o644, 0, 0, "");
    let certificates = judge(&PLATFORM, "pki-certificates-mode", &open);
    assert_eq!(certificates.verdict, Verdict::Pass, "{certificates:#?}");
    let keys = judge(&PLATFORM, "pki-keys-mode", &open);
    assert_eq!(keys.verdict, Verdict::Fail, "{keys:#?}");
}

#[test]
fn where_the_root_is_read_only_all_lies_below_opt_rke() {
    let key = "/opt/rke/etc/kubernetes/ssl/kube-node-key.pem";
    let there = node(ALL).file(key, 0o644, 0, 0, "");
    let keys = judge(&PLATFORM, "pki-keys-mode", &there);
    assert_eq!(keys.verdict, Verdict::Fail, "{keys:#?}");
}

#[test]
fn what_docker_starts_has_no_manifest() {
    for control in ["kube-apiserver-manifest-mode", "etcd-manifest-owner"] {
        let outcome = judge(&PLATFORM, control, &node(ALL));
        assert_eq!(outcome.verdict, Verdict::NotApplicable, "{outcome:#?}");
        let words = "runs, but no static pod manifest declares it";
        assert!(outcome.reason.contains(words), "{}", outcome.reason);
    }
    // A kubelet that cannot be asked may have manifests anywhere.
    for control in ["kube-apiserver-manifest-mode", "etcd-manifest-owner"] {
        let outcome = judge(&PLATFORM, control, &node("rke-unreadable"));
        assert_eq!(outcome.verdict, Verdict::Error, "{outcome:#?}");
    }
}

#[test]
fn a_path_in_a_container_is_the_nodes_by_its_mounts() {
    let outcome = judge(&PLATFORM, "etcd-data-dir-mode", &node(ALL));
    assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:#?}");
    let subject = &outcome.subjects[0];
    assert!(subject.key.contains("/var/lib/etcd"), "{subject:#?}");
}
