//! OpenShift 4: operators run the control plane as static pods and tell it by
//! configuration files, the machine config operator writes the nodes' files,
//! and security context constraints decide what pods may do.

use super::{Code, Platform};

mod controls;
mod requests;
#[cfg(test)]
pub(in crate::platform) mod tests;
mod words;

pub(super) use controls::{constraints, of_policies};
pub(super) use requests::requests;
pub(super) use words::w;

pub(super) const PLATFORM: Platform = Platform {
    name: "openshift",
    code: Code::Openshift,
    globs: &[
        ("admin-kubeconfigs", &["/etc/kubernetes/kubeconfig"]),
        (
            "pki",
            &[
                "/etc/kubernetes/static-pod-resources/*/secrets",
                "/etc/kubernetes/static-pod-resources/*/secrets/**",
            ],
        ),
        (
            "pki-certificates",
            &["/etc/kubernetes/static-pod-resources/*/secrets/**/*.crt"],
        ),
        (
            "pki-keys",
            &["/etc/kubernetes/static-pod-resources/*/secrets/**/*.key"],
        ),
        // What Multus and its plugins are configured by. Open vSwitch's state
        // belongs to a user of its own and is no configuration.
        (
            "cni-files",
            &[
                "/etc/cni/net.d/**",
                "/run/multus/cni/net.d/**",
                "/var/lib/cni/networks/**",
            ],
        ),
    ],
    requests,
    controls: controls::change,
    words: &[words::WORDS, words::OWN],
    procedures: words::PROCEDURES,
    // Images go by their digests here, so no document states the version.
    versions: &[],
    provider: None,
};
