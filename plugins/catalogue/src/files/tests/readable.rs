//! The controls that let everybody read, each on a node that keeps it, breaks
//! it, hides it, and has no need of it.

use cisb_sdk::fake::{Fact, Loss};
use cisb_sdk::verdict::Verdict;

use super::cases::{CASES, assert_verdict, gone, node, respoil};
use crate::files::readable;

/// What takes the need away, and the file that is spoiled: those of the
/// siblings, and the certificates, which these have no owner's control for.
fn cases() -> impl Iterator<Item = (&'static str, &'static str, &'static [&'static str])> {
    let certificates: &[&str] = &[
        "/etc/kubernetes/manifests/kube-apiserver.yaml",
        "kube-apiserver",
    ];
    CASES.iter().copied().chain([(
        "pki-certificates",
        "/etc/kubernetes/pki/etcd/peer.crt",
        certificates,
    )])
}

#[test]
fn every_file_may_be_read_by_all_and_written_by_its_owner_only() {
    for control in readable::controls() {
        let sibling = control.name.strip_suffix("-mode-644").unwrap();
        let (_, path, needless) = cases().find(|(name, ..)| *name == sibling).unwrap();
        let name = control.name;
        assert_verdict(&node(), name, Verdict::Pass);
        let public = respoil(&node(), path, 0o644, 0);
        assert_verdict(&public, name, Verdict::Pass);
        assert_verdict(&public, &format!("{sibling}-mode"), Verdict::Fail);

        let writable = respoil(&node(), path, 0o664, 0);
        let outcome = assert_verdict(&writable, name, Verdict::Fail);
        assert!(outcome.reason.contains(path), "{}", outcome.reason);

        let hidden = node().lose(&Fact::Path(path.to_owned()), Loss::Unknown);
        assert_verdict(&hidden, name, Verdict::Error);

        assert_verdict(&gone(&node(), needless), name, Verdict::NotApplicable);
    }
}

#[test]
fn a_kube_proxy_kubeconfig_that_nobody_can_name_is_an_error() {
    let config = "/var/lib/kube-proxy/config.conf";
    for name in [
        "kube-proxy-kubeconfig-mode",
        "kube-proxy-kubeconfig-mode-644",
        "kube-proxy-kubeconfig-owner",
    ] {
        let outcome = assert_verdict(&gone(&node(), &[config]), name, Verdict::Error);
        assert!(outcome.reason.contains(config), "{}", outcome.reason);
    }
}
