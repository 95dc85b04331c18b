//! What holds of RKE2's own controls, and of its kubelet's ways to say where
//! static pods are.

use cisb_sdk::verdict::Verdict;

use super::PLATFORM;
use crate::platform::cases::{Case, OPS, hold, judge, node};

const SERVER: &str = "rke2-server-hardened";
const ADMIN: &str = "/var/lib/rancher/rke2/server/cred/admin.kubeconfig";
const COPY: &str = "/etc/rancher/rke2/rke2.yaml";
const TLS: &str = "/var/lib/rancher/rke2/server/tls";
const CERTIFICATE: &str = "/var/lib/rancher/rke2/server/tls/etcd/client.crt";
const KEY: &str = "/var/lib/rancher/rke2/server/tls/service.key";
const NO_ADMIN: (&str, &str) = ("rke2-agent", "neither server/cred/admin.kubeconfig");
const AGENT: (&str, &str) = ("rke2-agent", "no process is kube-apiserver");

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { control: "admin-kubeconfig-mode", record: SERVER, file: (COPY, 0o600), broken: (0o644, 0), hidden: "/etc/rancher/rke2", absent: NO_ADMIN },
    Case { control: "admin-kubeconfig-mode-644", record: SERVER, file: (COPY, 0o644), broken: (0o664, 0), hidden: "/etc/rancher/rke2", absent: NO_ADMIN },
    Case { control: "admin-kubeconfig-owner", record: SERVER, file: (ADMIN, 0o600), broken: (0o600, OPS), hidden: ADMIN, absent: NO_ADMIN },
    Case { control: "pki-owner", record: SERVER, file: (KEY, 0o600), broken: (0o600, OPS), hidden: TLS, absent: AGENT },
    Case { control: "pki-certificates-mode", record: SERVER, file: (CERTIFICATE, 0o600), broken: (0o644, 0), hidden: TLS, absent: AGENT },
    Case { control: "pki-certificates-mode-644", record: SERVER, file: (CERTIFICATE, 0o644), broken: (0o664, 0), hidden: TLS, absent: AGENT },
    Case { control: "pki-keys-mode", record: SERVER, file: (KEY, 0o600), broken: (0o640, 0), hidden: TLS, absent: AGENT },
];

#[test]
fn each_control_over_files_of_rke2_has_its_four_cases() {
    hold(&PLATFORM, CASES, &[]);
}

#[test]
fn etcd_owns_all_that_it_reads_or_nothing() {
    let owner = |node| judge(&PLATFORM, "pki-owner", &node).verdict;
    let server = || node(SERVER).user(990, "etcd").group(990, "etcd");
    let peer = "/var/lib/rancher/rke2/server/tls/etcd/peer-server-client.key";
    assert_eq!(owner(server()), Verdict::Pass);
    // Half of them root's: etcd cannot read that.
    assert_eq!(owner(server().file(peer, 0o600, 0, 0, "")), Verdict::Fail);
    assert_eq!(
        owner(server().file(peer, 0o600, OPS, OPS, "")),
        Verdict::Fail
    );
    // What etcd signs with is not for etcd to read.
    let authority = "/var/lib/rancher/rke2/server/tls/etcd/server-ca.key";
    assert_eq!(
        owner(server().file(authority, 0o600, 990, 990, "")),
        Verdict::Fail
    );
    // Without a CIS profile all of it is root's.
    let client = "/var/lib/rancher/rke2/server/tls/etcd/client.key";
    let plain = node("rke2-server-weak").file(client, 0o600, 0, 0, "");
    assert_eq!(owner(plain), Verdict::Pass);
}

#[test]
fn manifests_are_where_a_flag_or_a_drop_in_says() {
    for (record, verdict) in [
        ("rke2-server-hardened", Verdict::Pass),
        ("rke2-server-weak", Verdict::Fail),
        ("rke2-server-unreadable", Verdict::Error),
        ("rke2-agent", Verdict::NotApplicable),
    ] {
        for control in [
            "kube-apiserver-manifest-mode",
            "kube-controller-manager-manifest-mode",
            "kube-scheduler-manifest-mode",
            "etcd-manifest-mode",
        ] {
            let outcome = judge(&PLATFORM, control, &node(record));
            assert_eq!(outcome.verdict, verdict, "{record} {control}: {outcome:#?}");
        }
    }
}
