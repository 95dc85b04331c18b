//! RKE1: every component in a Docker container that `rke` started from
//! cluster.yml. None is a static pod.

use cisb_sdk::component::Component;
use cisb_sdk::contract::manifest::Requests;
use cisb_sdk::rule::files::Set;

use super::{Code, Platform, directory};
use crate::control::Control;

mod procedures;
mod words;

pub(super) const PLATFORM: Platform = Platform {
    name: "rke",
    code: Code::Plain,
    // Where the root file system is read-only, rke puts all below /opt/rke.
    globs: &[
        (
            "admin-kubeconfigs",
            &[
                "/{etc,opt/rke/etc}/kubernetes/admin.conf",
                "/{etc,opt/rke/etc}/kubernetes/ssl/kubecfg-kube-admin.yaml",
            ],
        ),
        (
            "component-kubeconfigs",
            &[
                "/{etc,opt/rke/etc}/kubernetes/ssl/kubecfg-kube-{scheduler,controller-manager,node,proxy}.yaml",
            ],
        ),
        (
            "etcd-usual-data-dir",
            &["/var/lib/etcd", "/opt/rke/var/lib/etcd"],
        ),
        (
            "pki",
            &[
                "/{etc,opt/rke/etc}/kubernetes/ssl",
                "/{etc,opt/rke/etc}/kubernetes/ssl/**",
            ],
        ),
        (
            "pki-certificates",
            // Every .pem but those whose names end in `ey`: keys.
            &["/{etc,opt/rke/etc}/kubernetes/ssl/{*[!y],*[!e]y}.pem"],
        ),
        ("pki-keys", &["/{etc,opt/rke/etc}/kubernetes/ssl/*-key.pem"]),
        (
            "cni-files",
            &[
                "/{etc,opt/rke/etc}/cni/net.d/**",
                "/{var,opt/rke/var}/lib/cni/networks/**",
            ],
        ),
    ],
    requests: Requests::default,
    controls: |all| change(all),
    words: &[words::WORDS],
    procedures: procedures::PROCEDURES,
    versions: &[],
    provider: None,
};

fn change(controls: &mut [Control]) {
    for name in [
        "admin-kubeconfig-mode",
        "admin-kubeconfig-mode-644",
        "admin-kubeconfig-owner",
    ] {
        let absent = "rke leaves no administrator's kubeconfig on a node: it lies beside \
                      cluster.yml";
        let of = Set::Glob {
            request: "admin-kubeconfigs".to_owned(),
            absent: absent.to_owned(),
        };
        super::files_of(controls, name, of, None);
    }
    for (name, request) in [
        ("pki-owner", "pki"),
        ("pki-certificates-mode", "pki-certificates"),
        ("pki-certificates-mode-644", "pki-certificates"),
        ("pki-keys-mode", "pki-keys"),
    ] {
        let of = directory(request, "/etc/kubernetes/ssl", Component::KubeApiserver);
        super::files_of(controls, name, of, None);
    }
}

#[cfg(test)]
mod tests;
