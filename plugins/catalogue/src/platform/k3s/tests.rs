//! The controls on nodes of K3s: as it is hardened, as weak as it can be told to
//! be, with what decides hidden, and without it.

use Verdict::{Error, Fail, Manual, NotApplicable, Pass};
use cisb_sdk::fake::{FakeNode, FakeProcess};
use cisb_sdk::verdict::{Outcome, Verdict};

use super::PLATFORM;
use crate::platform::embedded::tests::{hold, is, record};

const DATA: &str = "/var/lib/rancher/k3s";
const UNIT: &str = "/etc/systemd/system/k3s.service";
const CONFIG: &str = "/etc/rancher/k3s/config.yaml";

fn judge(name: &str, node: &FakeNode) -> Outcome {
    crate::platform::embedded::tests::judge(&PLATFORM, name, node)
}

/// A hardened server whose etcd is not.
fn open_etcd() -> FakeNode {
    let text = format!(
        "data-dir: {DATA}/server/db/etcd\n\
         client-transport-security:\n  auto-tls: true\n  \
         trusted-ca-file: {DATA}/server/tls/client-ca.crt\n\
         peer-transport-security:\n  auto-tls: true\n"
    );
    record("k3s-server")
        .dir(&format!("{DATA}/server/db/etcd"), 0o755, 1000, 1000)
        .file(&format!("{DATA}/server/db/etcd/config"), 0o600, 0, 0, &text)
        .file(
            CONFIG,
            0o600,
            0,
            0,
            "cluster-init: true\nkube-apiserver-arg: [etcd-cafile=, etcd-certfile=]\n",
        )
}

/// An agent whose drop-in and authority everybody may write.
fn open_agent() -> FakeNode {
    let drop_in = format!("{DATA}/agent/etc/kubelet.conf.d/50-site.conf");
    let text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n\
                authentication: {anonymous: {enabled: true}}\n";
    let authority = format!("{DATA}/agent/client-ca.crt");
    record("k3s-agent")
        .file(&drop_in, 0o666, 1000, 1000, text)
        .file(&authority, 0o666, 1000, 1000, "")
}

/// A server of a version that still had the oldest flags, with these.
fn old(args: &str) -> FakeNode {
    started("k3s-server", args).version("v1.21.14+k3s1")
}

/// A server with these words behind `k3s server` in its unit.
fn started(name: &str, args: &str) -> FakeNode {
    let text = format!("[Service]\nExecStart=/usr/local/bin/k3s \\\n    server {args}\n");
    record(name).file(UNIT, 0o644, 0, 0, &text)
}

/// A hardened server on which nothing that decides may be looked at.
fn hidden() -> FakeNode {
    record("k3s-server")
        .unreadable("/etc/systemd/system")
        .unreadable(DATA)
        .unreadable("/etc/rancher/k3s")
}

/// What each says of: the hardened server, the weak one, that with an open etcd,
/// the agent, the open agent, two old servers, the hidden one, and a node without
/// K3s.
#[rustfmt::skip]
const TABLE: &[(&str, &str)] = &[
    ("admin-kubeconfig-mode", "PFPNNPPEN"),
    ("admin-kubeconfig-mode-644", "PFPNNPPEN"),
    ("admin-kubeconfig-owner", "PFPNNPPEN"),
    ("audit-policy-covers-key-concerns", "PFFNNPPEN"),
    ("audit-policy-exists", "PFFNNPPEN"),
    ("cni-files-mode", "PFPPPPPEN"),
    ("cni-files-mode-644", "PFPPPPPEN"),
    ("cni-files-owner", "PFPPPPPEN"),
    ("etcd-auto-tls-off", "PNFNNPPEN"),
    ("etcd-client-cert-auth", "PNFNNPPEN"),
    ("etcd-data-dir-mode", "PNFNNPPEN"),
    ("etcd-data-dir-owner-root", "PNFNNPPEN"),
    ("etcd-manifest-mode", "NNNNNNNEN"),
    ("etcd-manifest-mode-644", "NNNNNNNEN"),
    ("etcd-manifest-owner", "NNNNNNNEN"),
    ("etcd-peer-auto-tls-off", "PNFNNPPEN"),
    ("etcd-peer-certificate", "PNFNNPPEN"),
    ("etcd-peer-client-cert-auth", "PNFNNPPEN"),
    ("etcd-serving-certificate", "PNFNNPPEN"),
    ("etcd-unique-ca", "PNFNNPPEN"),
    ("k3s-cloud-controller-kubeconfig-mode-644", "PFPNNPPEN"),
    ("k3s-cloud-controller-kubeconfig-owner", "PFPNNPPEN"),
    ("kube-apiserver-always-pull-images", "PFFNNPPEN"),
    ("kube-apiserver-anonymous-auth-off", "PFPNNPPEN"),
    ("kube-apiserver-audit-log-maxage", "PFFNNPPEN"),
    ("kube-apiserver-audit-log-maxbackup", "PFFNNPPEN"),
    ("kube-apiserver-audit-log-maxsize", "PFFNNPPEN"),
    ("kube-apiserver-audit-log-path", "PFFNNPPEN"),
    ("kube-apiserver-authorization-node", "PFPNNPPEN"),
    ("kube-apiserver-authorization-not-always-allow", "PFPNNPPEN"),
    ("kube-apiserver-authorization-rbac", "PFPNNPPEN"),
    ("kube-apiserver-basic-auth-file-unset", "NNNNNNNEN"),
    ("kube-apiserver-client-ca-file", "PFPNNPPEN"),
    ("kube-apiserver-deny-service-external-ips", "PFPNNFFEN"),
    ("kube-apiserver-deny-service-external-ips-off", "FPFNNPPEN"),
    ("kube-apiserver-encryption-provider-config", "PFFNNPPEN"),
    ("kube-apiserver-encryption-providers", "PFFNNPPEN"),
    ("kube-apiserver-etcd-cafile", "PNFNNPPEN"),
    ("kube-apiserver-etcd-client-certificate", "PNFNNPPEN"),
    ("kube-apiserver-event-rate-limit", "PFFNNPPEN"),
    ("kube-apiserver-insecure-bind-address-unset", "NNNNNPFEN"),
    ("kube-apiserver-insecure-port-off", "NNNNNPFEN"),
    ("kube-apiserver-kubelet-certificate-authority", "PFPNNPPEN"),
    ("kube-apiserver-kubelet-client-certificate", "PFPNNPPEN"),
    ("kube-apiserver-kubelet-https", "NNNNNPFEN"),
    ("kube-apiserver-manifest-mode", "NNNNNNNEN"),
    ("kube-apiserver-manifest-mode-644", "NNNNNNNEN"),
    ("kube-apiserver-manifest-owner", "NNNNNNNEN"),
    ("kube-apiserver-namespace-lifecycle", "PFPNNPPEN"),
    ("kube-apiserver-node-restriction", "PFPNNPPEN"),
    ("kube-apiserver-not-always-admit", "PFPNNPPEN"),
    ("kube-apiserver-pod-security-policy", "NNNNNPFEN"),
    ("kube-apiserver-profiling-off", "PFPNNPPEN"),
    ("kube-apiserver-request-timeout", "MMMNNMMEN"),
    ("kube-apiserver-secure-port-on", "PFPNNPPEN"),
    ("kube-apiserver-security-context-deny", "NNNNNPFEN"),
    ("kube-apiserver-service-account-admission", "PFPNNPPEN"),
    ("kube-apiserver-service-account-key-file", "PFPNNPPEN"),
    ("kube-apiserver-service-account-lookup", "PFPNNPPEN"),
    ("kube-apiserver-serving-certificate", "PFPNNPPEN"),
    ("kube-apiserver-strong-ciphers-legacy", "PFPNNPPEN"),
    ("kube-apiserver-strong-ciphers-with-rsa-gcm", "PFPNNPPEN"),
    ("kube-apiserver-token-auth-file-unset", "PFPNNPPEN"),
    ("kube-controller-manager-bind-address", "PFPNNPPEN"),
    ("kube-controller-manager-kubeconfig-mode", "PFPNNPPEN"),
    ("kube-controller-manager-kubeconfig-mode-644", "PFPNNPPEN"),
    ("kube-controller-manager-kubeconfig-owner", "PFPNNPPEN"),
    ("kube-controller-manager-manifest-mode", "NNNNNNNEN"),
    ("kube-controller-manager-manifest-mode-644", "NNNNNNNEN"),
    ("kube-controller-manager-manifest-owner", "NNNNNNNEN"),
    ("kube-controller-manager-profiling-off", "PFPNNPPEN"),
    ("kube-controller-manager-root-ca-file", "PFPNNPPEN"),
    ("kube-controller-manager-rotate-kubelet-server-certificate", "PFPNNPPEN"),
    ("kube-controller-manager-service-account-credentials", "PFPNNPPEN"),
    ("kube-controller-manager-service-account-private-key-file", "PFPNNPPEN"),
    ("kube-controller-manager-terminated-pod-gc-threshold", "PFFNNPPEN"),
    ("kube-proxy-kubeconfig-mode", "PFPPPPPEN"),
    ("kube-proxy-kubeconfig-mode-644", "PFPPPPPEN"),
    ("kube-proxy-kubeconfig-owner", "PFPPPPPEN"),
    ("kube-proxy-metrics-local", "PFPPPPPEN"),
    ("kube-scheduler-bind-address", "PFPNNPPEN"),
    ("kube-scheduler-kubeconfig-mode", "PFPNNPPEN"),
    ("kube-scheduler-kubeconfig-mode-644", "PFPNNPPEN"),
    ("kube-scheduler-kubeconfig-owner", "PFPNNPPEN"),
    ("kube-scheduler-manifest-mode", "NNNNNNNEN"),
    ("kube-scheduler-manifest-mode-644", "NNNNNNNEN"),
    ("kube-scheduler-manifest-owner", "NNNNNNNEN"),
    ("kube-scheduler-profiling-off", "PFPNNPPEN"),
    ("kubelet-anonymous-auth-off", "PFPPFPPEN"),
    ("kubelet-authorization-not-always-allow", "PFPPPPPEN"),
    ("kubelet-client-ca-file", "PFPPPPPEN"),
    ("kubelet-client-ca-mode", "PNPPFPPEN"),
    ("kubelet-client-ca-mode-644", "PNPPFPPEN"),
    ("kubelet-client-ca-owner", "PNPPFPPEN"),
    ("kubelet-config-mode", "NNNPFNNEN"),
    ("kubelet-config-mode-644", "NNNPFNNEN"),
    ("kubelet-config-owner", "NNNPFNNEN"),
    ("kubelet-event-qps", "PFPPPPPEN"),
    ("kubelet-event-qps-unlimited", "PMMPPPPEN"),
    ("kubelet-hostname-override-unset", "PFPPPPPEN"),
    ("kubelet-iptables-util-chains", "PFPPPPPEN"),
    ("kubelet-kubeconfig-mode", "PFPPPPPEN"),
    ("kubelet-kubeconfig-mode-644", "PFPPPPPEN"),
    ("kubelet-kubeconfig-owner", "PFPPPPPEN"),
    ("kubelet-pod-pids-limit", "PFFPFPPEN"),
    ("kubelet-protect-kernel-defaults", "PFFPFPPEN"),
    ("kubelet-read-only-port-off", "PFPPPPPEN"),
    ("kubelet-rotate-certificates", "PFPPPPPEN"),
    ("kubelet-rotate-server-certificate", "PFPPPPPEN"),
    ("kubelet-serving-certificate", "PFPPPPPEN"),
    ("kubelet-streaming-idle-timeout", "PFPPPPPEN"),
    ("kubelet-strong-ciphers", "PFFFFPPEN"),
    ("kubelet-unit-mode", "NNNNNNNEN"),
    ("kubelet-unit-mode-644", "NNNNNNNEN"),
    ("kubelet-unit-owner", "NNNNNNNEN"),
    ("pki-certificates-mode", "PFPNNPPEN"),
    ("pki-certificates-mode-644", "PFPNNPPEN"),
    ("pki-keys-mode", "PFPNNPPEN"),
    ("pki-owner", "PFPNNPPEN"),
];

#[test]
fn each_control_says_what_it_should_of_each_node() {
    let insecure = "--kube-apiserver-arg=insecure-port=8080 \
                    --kube-apiserver-arg=insecure-bind-address=0.0.0.0 \
                    --kube-apiserver-arg=kubelet-https=false";
    let policies = "--kube-apiserver-arg=enable-admission-plugins+=PodSecurityPolicy";
    let nodes = [
        record("k3s-server"),
        record("k3s-server-weak"),
        open_etcd(),
        record("k3s-agent"),
        open_agent(),
        old(policies),
        old(insecure),
        hidden(),
        FakeNode::new(),
    ];
    hold(&PLATFORM, &nodes, TABLE);
}

#[test]
fn without_k3s_nothing_of_it_is_applicable() {
    let kubeadm = record("kubeadm-control-plane");
    let name = "kube-apiserver-profiling-off";
    is(
        &judge(name, &kubeadm),
        NotApplicable,
        "no process is k3s server or k3s agent",
    );
    // Other commands of the same executable are no K3s.
    let client = FakeProcess::new("k3s", &["kubectl", "get", "pods"]);
    is(
        &judge(name, &FakeNode::new().process(client)),
        NotApplicable,
        "no process is k3s",
    );
    let hidden = FakeNode::new().incomplete_processes("run as root");
    is(&judge(name, &hidden), Error, "run as root");
    let two = record("k3s-server").process(FakeProcess::new("k3s", &["agent"]));
    is(&judge(name, &two), Error, "2 processes are");
}

#[test]
fn an_agent_has_no_control_plane_and_a_server_may_lack_parts() {
    let agent = record("k3s-agent");
    is(
        &judge("etcd-auto-tls-off", &agent),
        NotApplicable,
        "etcd runs on servers only",
    );
    for (flag, control) in [
        ("disable-apiserver", "kube-apiserver-profiling-off"),
        ("disable-scheduler", "kube-scheduler-profiling-off"),
        (
            "disable-controller-manager",
            "kube-controller-manager-profiling-off",
        ),
        ("disable-kube-proxy", "kube-proxy-metrics-local"),
        ("disable-agent", "kubelet-anonymous-auth-off"),
        ("disable-agent", "kube-proxy-metrics-local"),
        ("disable-etcd", "etcd-auto-tls-off"),
    ] {
        let node = started("k3s-server", &format!("--{flag}"));
        is(
            &judge(control, &node),
            NotApplicable,
            &format!("--{flag} is set"),
        );
        let node = started("k3s-server", &format!("--{flag}=false"));
        is(&judge(control, &node), Pass, "");
    }
}

#[test]
fn the_command_line_wins_over_files_and_later_files_over_earlier_ones() {
    let name = "kube-apiserver-profiling-off";
    let drop_in = "/etc/rancher/k3s/config.yaml.d/90-z.yaml";
    let with = |text: &str| record("k3s-server").file(drop_in, 0o600, 0, 0, text);
    is(
        &judge(name, &with("kube-apiserver-arg: [profiling=true]\n")),
        Fail,
        "true",
    );
    let policy = "audit-policy-exists";
    is(
        &judge(policy, &with("kube-apiserver-arg+: [profiling=true]\n")),
        Pass,
        "audit.yaml",
    );
    is(
        &judge(policy, &with("kube-apiserver-arg: [profiling=true]\n")),
        Fail,
        "not set",
    );
    is(
        &judge(
            name,
            &started("k3s-server", "--kube-apiserver-arg profiling=true"),
        ),
        Fail,
        "true",
    );
    is(
        &judge(name, &with("kube-apiserver-arg: [\n")),
        Error,
        drop_in,
    );
    is(&judge(name, &with("- profiling\n")), Error, "not a mapping");
    let other = started("k3s-server", "--config=/srv/k3s.yaml");
    is(&judge(name, &other), Error, "/srv/k3s.yaml");
    let plugins = "kube-apiserver-node-restriction";
    let only = with("kube-apiserver-arg: [enable-admission-plugins=AlwaysAdmit]\n");
    is(&judge(plugins, &only), Fail, "NodeRestriction off");
    let more = with("kube-apiserver-arg: [enable-admission-plugins+=AlwaysAdmit]\n");
    is(&judge(plugins, &more), Pass, "NodeRestriction on");
}

#[test]
fn a_datastore_elsewhere_is_no_etcd_of_this_node() {
    let variables = "/etc/systemd/system/k3s.service.env";
    let file = |text: &str| record("k3s-server").file(variables, 0o600, 0, 0, text);
    let node = file("K3S_DATASTORE_ENDPOINT='masked'\n");
    is(
        &judge("etcd-client-cert-auth", &node),
        NotApplicable,
        "--datastore-endpoint",
    );
    is(
        &judge("kube-apiserver-etcd-cafile", &node),
        Manual,
        "--datastore-cafile",
    );
    let hidden = record("k3s-server").unreadable(variables);
    is(&judge("etcd-client-cert-auth", &hidden), Error, variables);
    let moved = started("k3s-server", "--data-dir=/srv/k3s");
    is(&judge("etcd-client-cert-auth", &moved), Error, "/srv/k3s");
    let sqlite = started("k3s-server-sqlite", "--cluster-init");
    is(
        &judge("etcd-client-cert-auth", &sqlite),
        Error,
        "member of an etcd cluster",
    );
}

#[test]
fn what_the_running_k3s_was_started_with_counts() {
    let nodes = |args: &str| {
        format!(
            r#"{{"items": [{{"metadata": {{"name": "k3s-server", "annotations":
            {{"k3s.io/node-args": "[\"server\"{args}]", "k3s.io/node-env": "{{}}"}}}}}}]}}"#
        )
    };
    let name = "kube-apiserver-profiling-off";
    let with = |args: &str| record("k3s-server").objects("nodes", "v1", &nodes(args));
    let weak = with(r#",\"--kube-apiserver-arg\",\"profiling=true\",\"--cluster-init\",\"true\""#);
    is(
        &judge(name, &weak),
        Fail,
        "files were changed since K3s was started",
    );
    // Without a unit it is all that is known.
    let bare =
        |node: FakeNode| node.file(UNIT, 0o644, 0, 0, "[Service]\nExecStart=/usr/bin/other\n");
    is(&judge(name, &bare(weak)), Fail, "profiling");
    is(
        &judge(name, &bare(record("k3s-server"))),
        Error,
        "does not plainly start k3s server",
    );
    is(&judge(name, &bare(with(""))), Pass, "false");
    let gone = FakeNode::new().process(FakeProcess::new("k3s", &["server"]));
    is(&judge(name, &gone), Error, "k3s.io/node-args");
}

#[test]
fn a_version_outside_the_table_is_an_error_and_an_unknown_one_is_not_guessed() {
    let name = "kube-apiserver-profiling-off";
    for version in ["v1.20.15+k3s1", "v1.37.0+k3s1"] {
        let node = record("k3s-server").version(version);
        is(&judge(name, &node), Error, "the table covers 1.21 to 1.36");
    }
    let unknown = record("k3s-server").without_version();
    is(&judge(name, &unknown), Pass, "false");
    is(
        &judge("kube-apiserver-insecure-port-off", &unknown),
        Error,
        "version",
    );
    // 1.32 closes the port only since its fourth patch.
    let port = "kubelet-read-only-port-off";
    let at = |version: &str| judge(port, &record("k3s-agent").version(version));
    is(&at("v1.32.3+k3s1"), Fail, "10255");
    is(&at("v1.32.4+k3s1"), Pass, "0");
    is(
        &judge(port, &record("k3s-agent").without_version()),
        Error,
        "patch",
    );
    // Since 1.32 the kubelet is told by files.
    let files = record("k3s-server").version("v1.33.1+k3s1");
    is(
        &judge(port, &files),
        Error,
        "00-k3s-defaults.conf is not there",
    );
}
