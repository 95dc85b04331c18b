//! RKE2: a kubelet of its own below `rke2 server` or `rke2 agent`, and the
//! control plane as static pods that rke2 writes.

use cisb_sdk::component::Component;
use cisb_sdk::contract::manifest::Requests;
use cisb_sdk::files::Owner;
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::files::{FilesRule, Set};

use super::{Code, Platform, directory, glob, put};
use crate::control::Control;

mod procedures;
mod words;

pub(super) const PLATFORM: Platform = Platform {
    name: "rke2",
    code: Code::Plain,
    // Its kubelet says where the static pods are: by --pod-manifest-path, from
    // 1.32 on by staticPodPath of a drop-in.
    globs: &[
        // The second is the copy for people.
        (
            "admin-kubeconfigs",
            &[
                "/var/lib/rancher/rke2/server/cred/admin.kubeconfig",
                "/etc/rancher/rke2/rke2.yaml",
            ],
        ),
        (
            "component-kubeconfigs",
            &[
                "/var/lib/rancher/rke2/server/cred/{scheduler,controller}.kubeconfig",
                "/var/lib/rancher/rke2/agent/{kubelet,kubeproxy}.kubeconfig",
            ],
        ),
        (
            "etcd-usual-data-dir",
            &["/var/lib/rancher/rke2/server/db/etcd"],
        ),
        (
            "pki",
            &[
                "/var/lib/rancher/rke2/server/tls",
                "/var/lib/rancher/rke2/server/tls/*",
                "/var/lib/rancher/rke2/server/tls/{kube-controller-manager,kube-scheduler,temporary-certs}/**",
                "/var/lib/rancher/rke2/server/tls/etcd/client.*",
                "/var/lib/rancher/rke2/server/tls/etcd/*-ca.key",
            ],
        ),
        (
            "pki-certificates",
            &["/var/lib/rancher/rke2/server/tls/**/*.crt"],
        ),
        ("pki-keys", &["/var/lib/rancher/rke2/server/tls/**/*.key"]),
    ],
    requests,
    controls,
    words: &[words::WORDS],
    procedures: procedures::PROCEDURES,
    // etcd's image has a version of its own. An agent has kube-proxy alone.
    versions: &[
        (
            "/var/lib/rancher/rke2/agent/pod-manifests/kube-apiserver.yaml",
            "/spec/containers/*/image",
        ),
        (
            "/var/lib/rancher/rke2/agent/pod-manifests/kube-proxy.yaml",
            "/spec/containers/*/image",
        ),
    ],
    provider: None,
};

fn requests() -> Requests {
    Requests {
        files: vec![glob(
            "pki-etcd",
            &[
                "/var/lib/rancher/rke2/server/tls/etcd/*-client.*",
                "/var/lib/rancher/rke2/server/tls/etcd/*-ca.crt",
            ],
            "owners of the files that etcd itself reads",
        )],
        ..Requests::default()
    }
}

fn controls(controls: &mut Vec<Control>) {
    for name in [
        "admin-kubeconfig-mode",
        "admin-kubeconfig-mode-644",
        "admin-kubeconfig-owner",
    ] {
        let absent = "neither server/cred/admin.kubeconfig in /var/lib/rancher/rke2 nor \
                      /etc/rancher/rke2/rke2.yaml is here";
        let of = Set::Glob {
            request: "admin-kubeconfigs".to_owned(),
            absent: absent.to_owned(),
        };
        super::files_of(controls, name, of, None);
    }
    let tls = "/var/lib/rancher/rke2/server/tls";
    for (name, request) in [
        ("pki-owner", "pki"),
        ("pki-certificates-mode", "pki-certificates"),
        ("pki-certificates-mode-644", "pki-certificates"),
        ("pki-keys-mode", "pki-keys"),
    ] {
        let of = directory(request, tls, Component::KubeApiserver);
        super::files_of(controls, name, of, None);
    }
    etcd_may_own_what_it_reads(controls);
}

/// With `profile: cis` rke2 runs etcd as a user of its own, and hands it the
/// certificates and keys that it reads: all of them or none.
fn etcd_may_own_what_it_reads(controls: &mut Vec<Control>) {
    let Some(mut control) = controls.iter().find(|it| it.name == "pki-owner").cloned() else {
        return;
    };
    let all_of = |name: &str| {
        Rule::Files(FilesRule {
            of: directory(
                "pki-etcd",
                "/var/lib/rancher/rke2/server/tls/etcd",
                Component::KubeApiserver,
            ),
            mode: None,
            owner: Some(Owner {
                user: name.to_owned(),
                group: name.to_owned(),
            }),
        })
    };
    let etcd = Rule::AnyOf(vec![all_of("root"), all_of("etcd")]);
    control.rule = Rule::AllOf(vec![control.rule, etcd]);
    control.uses = &[
        "kube-apiserver",
        "kubelet",
        "kubelet-config",
        "static-pods",
        "static-pod-path",
        "static-pod-flag",
        "pki",
        "pki-etcd",
    ];
    put(controls, control);
}

#[cfg(test)]
mod tests;
