//! The controls on nodes of MicroK8s: hardened, weak, a worker, with what decides
//! hidden, and without it.

use Verdict::{Error, Fail, NotApplicable, Pass};
use cisb_sdk::fake::{FakeNode, FakeProcess};
use cisb_sdk::verdict::{Outcome, Verdict};

use super::PLATFORM;
use crate::platform::embedded::tests::{hold, is, record};

fn judge(name: &str, node: &FakeNode) -> Outcome {
    crate::platform::embedded::tests::judge(&PLATFORM, name, node)
}

/// What each says of: the hardened node, the weak one, a worker, the hidden one,
/// and a node without MicroK8s.
#[rustfmt::skip]
const TABLE: &[(&str, &str)] = &[
    ("admin-kubeconfig-mode", "PFNEN"),
    ("admin-kubeconfig-owner", "PFNEN"),
    ("audit-policy-covers-key-concerns", "PFNEN"),
    ("audit-policy-exists", "PFNEN"),
    ("cni-files-mode", "PFPEN"),
    ("cni-files-owner", "PFPEN"),
    ("dqlite-peer-certificate", "PFPEN"),
    ("dqlite-tls", "PFPPN"),
    ("etcd-auto-tls-off", "NNNEN"),
    ("etcd-client-cert-auth", "NNNEN"),
    ("etcd-data-dir-mode", "PFPEN"),
    ("etcd-data-dir-owner-root", "PFPEN"),
    ("etcd-manifest-mode", "PFPEN"),
    ("etcd-manifest-owner", "PFPEN"),
    ("etcd-peer-auto-tls-off", "NNNEN"),
    ("etcd-serving-certificate", "NNNEN"),
    ("etcd-unique-ca", "NNNEN"),
    ("kube-apiserver-always-pull-images", "PFNEN"),
    ("kube-apiserver-anonymous-auth-off", "PFNEN"),
    ("kube-apiserver-audit-log-maxage", "PFNEN"),
    ("kube-apiserver-audit-log-maxbackup", "PFNEN"),
    ("kube-apiserver-audit-log-maxsize", "PFNEN"),
    ("kube-apiserver-audit-log-path", "PFNEN"),
    ("kube-apiserver-authorization-node", "PFNEN"),
    ("kube-apiserver-authorization-not-always-allow", "PFNEN"),
    ("kube-apiserver-authorization-rbac", "PFNEN"),
    ("kube-apiserver-client-ca-file", "PFNEN"),
    ("kube-apiserver-deny-service-external-ips-off", "PFNEN"),
    ("kube-apiserver-encryption-provider-config", "PFNEN"),
    ("kube-apiserver-encryption-providers", "PFNEN"),
    ("kube-apiserver-etcd-cafile", "NNNEN"),
    ("kube-apiserver-etcd-client-certificate", "NNNEN"),
    ("kube-apiserver-event-rate-limit", "PFNEN"),
    ("kube-apiserver-kubelet-certificate-authority", "PFNEN"),
    ("kube-apiserver-kubelet-client-certificate", "PFNEN"),
    ("kube-apiserver-manifest-mode-644", "PFNEN"),
    ("kube-apiserver-manifest-owner", "PFNEN"),
    ("kube-apiserver-namespace-lifecycle", "PFNEN"),
    ("kube-apiserver-node-restriction", "PFNEN"),
    ("kube-apiserver-not-always-admit", "PFNEN"),
    ("kube-apiserver-profiling-off", "PFNEN"),
    ("kube-apiserver-request-timeout", "MMNEN"),
    ("kube-apiserver-secure-port-on", "PFNEN"),
    ("kube-apiserver-security-context-deny", "FFNEN"),
    ("kube-apiserver-service-account-admission", "PFNEN"),
    ("kube-apiserver-service-account-key-file", "PFNEN"),
    ("kube-apiserver-service-account-lookup", "PFNEN"),
    ("kube-apiserver-serving-certificate", "PFNEN"),
    ("kube-apiserver-strong-ciphers-legacy", "PFNEN"),
    ("kube-apiserver-token-auth-file-unset", "PFNEN"),
    ("kube-controller-manager-bind-address", "PFNEN"),
    ("kube-controller-manager-kubeconfig-mode", "PFNEN"),
    ("kube-controller-manager-kubeconfig-owner", "PFNEN"),
    ("kube-controller-manager-manifest-mode", "PFNEN"),
    ("kube-controller-manager-manifest-owner", "PFNEN"),
    ("kube-controller-manager-profiling-off", "PFNEN"),
    ("kube-controller-manager-root-ca-file", "PFNEN"),
    ("kube-controller-manager-rotate-kubelet-server-certificate", "PFNEN"),
    ("kube-controller-manager-service-account-credentials", "PFNEN"),
    ("kube-controller-manager-service-account-private-key-file", "PFNEN"),
    ("kube-controller-manager-terminated-pod-gc-threshold", "PFNEN"),
    ("kube-proxy-kubeconfig-mode", "PFPEN"),
    ("kube-proxy-kubeconfig-owner", "PFPEN"),
    ("kube-scheduler-bind-address", "PFNEN"),
    ("kube-scheduler-kubeconfig-mode", "PFNEN"),
    ("kube-scheduler-kubeconfig-owner", "PFNEN"),
    ("kube-scheduler-manifest-mode", "PFNEN"),
    ("kube-scheduler-manifest-owner", "PFNEN"),
    ("kube-scheduler-profiling-off", "PFNEN"),
    ("kubelet-anonymous-auth-off", "PFPEN"),
    ("kubelet-authorization-not-always-allow", "PFPEN"),
    ("kubelet-client-ca-file", "PFPEN"),
    ("kubelet-client-ca-mode", "PNPEN"),
    ("kubelet-client-ca-owner", "PNPEN"),
    ("kubelet-config-mode", "PFPEN"),
    ("kubelet-config-owner", "PFPEN"),
    ("kubelet-event-qps", "PPPEN"),
    ("kubelet-hostname-override-unset", "PFPEN"),
    ("kubelet-iptables-util-chains", "PFPEN"),
    ("kubelet-kubeconfig-mode", "PFPEN"),
    ("kubelet-kubeconfig-owner", "PFPEN"),
    ("kubelet-protect-kernel-defaults", "PFPEN"),
    ("kubelet-read-only-port-off", "PFPEN"),
    ("kubelet-rotate-certificates", "PFPEN"),
    ("kubelet-rotate-server-certificate", "PFPEN"),
    ("kubelet-serving-certificate", "PFPEN"),
    ("kubelet-streaming-idle-timeout", "PFPEN"),
    ("kubelet-strong-ciphers", "PFPEN"),
    ("kubelet-unit-mode", "PFPEN"),
    ("kubelet-unit-owner", "PFPEN"),
    ("pki-certificates-mode", "PFNEN"),
    ("pki-keys-mode", "PFNEN"),
    ("pki-owner", "PFNEN"),
];

/// A hardened node on which nothing that decides may be looked at.
fn hidden() -> FakeNode {
    record("microk8s-control-plane")
        .unreadable("/var/snap/microk8s")
        .unreadable("/etc/systemd/system")
        .incomplete_processes("run as root")
}

#[test]
fn each_control_says_what_it_should_of_each_node() {
    let nodes = [
        record("microk8s-control-plane"),
        record("microk8s-weak"),
        record("microk8s-worker"),
        hidden(),
        FakeNode::new(),
    ];
    hold(&PLATFORM, &nodes, TABLE);
}

#[test]
fn without_kubelite_nothing_of_it_is_applicable() {
    let kubeadm = record("kubeadm-control-plane");
    is(
        &judge("kube-apiserver-profiling-off", &kubeadm),
        NotApplicable,
        "no process is kubelite",
    );
    is(
        &judge("dqlite-tls", &kubeadm),
        NotApplicable,
        "no process is k8s-dqlite",
    );
    is(
        &judge("kubelet-config-mode", &kubeadm),
        NotApplicable,
        "no file of the snap",
    );
    let hidden = FakeNode::new().incomplete_processes("run as root");
    is(
        &judge("kube-apiserver-profiling-off", &hidden),
        Error,
        "run as root",
    );
}

#[test]
fn arguments_come_from_the_files_that_kubelite_names() {
    let file = "/var/snap/microk8s/6089/args/kube-apiserver";
    let node = |text: &str| record("microk8s-control-plane").file(file, 0o600, 0, 0, text);
    let name = "kube-apiserver-profiling-off";
    is(
        &judge(
            name,
            &node("# --profiling=true\n--v=2 --profiling=\"false\"\n"),
        ),
        Pass,
        "false",
    );
    is(&judge(name, &node("--profiling='true'\n")), Fail, "true");
    is(
        &judge(name, &node("--profiling=false\n--v=${LEVEL}\n")),
        Error,
        "uses a variable",
    );
    is(&judge(name, &record("microk8s-hidden")), Error, file);
    let worker = judge(name, &record("microk8s-worker"));
    is(&worker, NotApplicable, "--start-control-plane=false");
    let audit = judge(
        "kube-apiserver-audit-log-path",
        &record("microk8s-control-plane"),
    );
    is(&audit, Pass, "/var/log/kubernetes/audit.log");
}

#[test]
fn an_etcd_beside_it_is_judged_by_its_own_process() {
    let file = "/var/snap/microk8s/6089/args/kube-apiserver";
    let text = "--etcd-servers=https://127.0.0.1:12379\n--etcd-cafile=${SNAP_DATA}/certs/ca.crt\n";
    let node = record("microk8s-control-plane").file(file, 0o600, 0, 0, text);
    is(
        &judge("etcd-client-cert-auth", &node),
        Error,
        "https://127.0.0.1:12379",
    );
    is(
        &judge("kube-apiserver-etcd-cafile", &node),
        Pass,
        "certs/ca.crt",
    );
    is(
        &judge("kube-apiserver-etcd-client-certificate", &node),
        Fail,
        "not set",
    );
    let with = |args: &[&str]| node.clone().process(FakeProcess::new("etcd", args));
    let name = "etcd-client-cert-auth";
    is(&judge(name, &with(&["--client-cert-auth"])), Pass, "true");
    is(&judge(name, &with(&[])), Fail, "--client-cert-auth");
}

#[test]
fn the_version_is_the_snap_s_where_nobody_else_says_it() {
    let node = record("microk8s-weak").without_version();
    let name = "kube-scheduler-profiling-off";
    is(&judge(name, &node), Fail, "kube-scheduler 1.28");
}
