//! OpenShift 3.10 and 3.11: the master and the nodes read two files below
//! `/etc/origin`, and most of what the hardening guide asks is in them.

use super::{Code, Platform};

mod controls;
mod words;

#[cfg(test)]
mod tests;

pub(super) const PLATFORM: Platform = Platform {
    name: "openshift3",
    code: Code::Openshift,
    globs: &[
        (
            "cni-files",
            &["/etc/cni/net.d/**", "/etc/origin/openvswitch/**"],
        ),
        (
            "kubelet-unit",
            &[
                "/{etc,usr/lib}/systemd/system/{atomic-openshift,origin}-node.service",
                "/etc/systemd/system/{atomic-openshift,origin}-node.service.d/*.conf",
            ],
        ),
    ],
    requests: controls::requests,
    controls: controls::change,
    words: &[words::WORDS],
    procedures: words::PROCEDURES,
    versions: &[],
    provider: None,
};
