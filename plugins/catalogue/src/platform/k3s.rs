//! K3s: one process is every component, its settings come from its own unit and
//! configuration files, and its files lie below `/var/lib/rancher/k3s`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cisb_sdk::component::Component;
use cisb_sdk::contract::manifest::{
    FileRequest, KubernetesRequest, ProcessRequest, Requests, Right, Severity, Verb,
};
use cisb_sdk::files::Mode;
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::files::{FilesRule, Set};
use serde_json::json;

use super::embedded::{behind_etcd, file, root, texts};
use super::{Code, Platform, put};
use crate::control::{Control, Decided};

#[cfg(test)]
mod tests;
mod words;

pub(super) const PLATFORM: Platform = Platform {
    name: "k3s",
    code: Code::K3s,
    globs: &[
        (
            "admin-kubeconfigs",
            &[
                "/var/lib/rancher/k3s/server/cred/admin.kubeconfig",
                "/etc/rancher/k3s/k3s.yaml",
            ],
        ),
        (
            "pki",
            &[
                "/var/lib/rancher/k3s/server/tls",
                "/var/lib/rancher/k3s/server/tls/**",
            ],
        ),
        (
            "pki-certificates",
            &["/var/lib/rancher/k3s/server/tls/**/*.crt"],
        ),
        ("pki-keys", &["/var/lib/rancher/k3s/server/tls/**/*.key"]),
        (
            "cni-files",
            // The lock beside the addresses holds nothing.
            &[
                "/var/lib/rancher/k3s/agent/etc/cni/net.d/**",
                "/var/lib/cni/networks/*/{[0-9a-f]*,last_reserved_ip.*}",
            ],
        ),
    ],
    requests,
    controls,
    words: words::WORDS,
    procedures: words::PROCEDURES,
    versions: &[],
    provider: None,
};

/// What says how K3s was started and told.
const READER: &[&str] = &[
    "k3s",
    "k3s-unit-text",
    "k3s-variables",
    "k3s-config",
    "k3s-nodes",
];

/// Requests of the common controls that this platform answers by others: its
/// components have no processes, flags and static pods of their own.
const HIDDEN: &[&str] = &[
    "etcd",
    "etcd-ca",
    "etcd-data-dir",
    "etcd-usual-data-dir",
    "component-kubeconfigs",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubelet",
    "kubelet-cni-conf-dir",
    "kubelet-unit",
    "kube-proxy-config",
    "kube-proxy-config-kubeconfig",
    "kube-scheduler-config-kubeconfig",
    "scheduler-config",
    "static-pod-flag",
    "static-pod-path",
    "static-pods",
];

/// What each control uses instead of what the common ones do.
static USES: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut all = crate::controls();
    own(&mut all);
    let uses = |control: &Control| {
        let hides = control.uses.iter().any(|id| HIDDEN.contains(id));
        let kept = control.uses.iter().filter(|id| !HIDDEN.contains(id));
        let mut uses: Vec<&str> = kept.copied().collect();
        if hides {
            uses.extend(READER);
            let is_for = |id| control.uses.contains(&id);
            if is_for("kube-apiserver") || is_for("etcd") {
                uses.push("k3s-datastore");
            }
            if is_for("kubelet") {
                uses.extend(["kubelet-config", "k3s-kubelet-drop-ins"]);
            }
        }
        uses.sort_unstable();
        uses.dedup();
        uses
    };
    all.iter().map(|it| (it.name, uses(it))).collect()
});

fn controls(all: &mut Vec<Control>) {
    own(all);
    for control in all {
        if let Some(uses) = USES.get(control.name) {
            control.uses = uses;
        }
    }
}

/// Changes rules and adds controls, with the requests that the common ones use.
fn own(all: &mut Vec<Control>) {
    for control in all.iter_mut() {
        let Rule::Files(rule) = &mut control.rule else {
            continue;
        };
        match &mut rule.of {
            Set::Manifest(component) => {
                let lacks = "no file declares it as a pod";
                control.rule = part(*component, lacks);
                control.decided = Decided::ByFacts("whether K3s runs it in its own process");
            }
            Set::Unit { .. } => {
                let lacks = "no unit of its own starts it, K3s' does";
                control.rule = part(Component::Kubelet, lacks);
                control.uses = &["kubelet"];
                control.decided = Decided::ByFacts("whether K3s runs it in its own process");
            }
            Set::Directory { path, .. } => {
                "/var/lib/rancher/k3s/server/tls".clone_into(path);
            }
            Set::Glob { absent, .. } => {
                "neither admin.kubeconfig of K3s nor /etc/rancher/k3s/k3s.yaml is here"
                    .clone_into(absent);
            }
            _ => {}
        }
    }
    for name in [
        "kube-apiserver-etcd-client-certificate",
        "kube-apiserver-etcd-cafile",
    ] {
        behind_etcd(all, name);
    }
    let data_dir = all.iter().find(|it| it.name == "etcd-data-dir-owner");
    if let Some(mut control) = data_dir.cloned() {
        control.name = "etcd-data-dir-owner-root";
        control.rule = Rule::Files(FilesRule {
            of: Set::EtcdDataDir,
            mode: None,
            owner: Some(root()),
        });
        all.push(control);
    }
    for (name, mode, owner) in [
        (
            "k3s-cloud-controller-kubeconfig-mode-644",
            Some(Mode(0o644)),
            None,
        ),
        ("k3s-cloud-controller-kubeconfig-owner", None, Some(root())),
    ] {
        put(
            all,
            Control {
                name,
                component: "cloud-controller-manager",
                severity: Severity::High,
                uses: &["k3s-cloud-controller-kubeconfig"],
                decided: Decided::ByFacts("mode and owner of cloud-controller.kubeconfig"),
                rule: Rule::Files(FilesRule {
                    of: Set::Glob {
                        request: "k3s-cloud-controller-kubeconfig".to_owned(),
                        absent: "K3s' cloud controller keeps no kubeconfig here".to_owned(),
                    },
                    mode,
                    owner,
                }),
            },
        );
    }
}

/// The answer of a part that lacks something.
fn part(component: Component, lacks: &str) -> Rule {
    Rule::Code {
        name: "embedded-part".to_owned(),
        with: json!({"component": component.name(), "lacks": lacks}).into(),
    }
}

fn requests() -> Requests {
    let stat: &[Right] = &[Right::Stat];
    let read: &[Right] = &[Right::Stat, Right::Read];
    let digest: &[Right] = &[Right::Stat, Right::Digest];
    let told = "K3s wipes its arguments: what it was told stands here";
    Requests {
        files: vec![
            file(
                "k3s-unit-text",
                &[
                    "/{etc,run,usr/lib,usr/local/lib,lib}/systemd/system/{k3s,k3s-agent}.service",
                    "/{etc,run,usr/lib,usr/local/lib,lib}/systemd/system/{k3s,k3s-agent}.service.d/*.conf",
                ],
                read,
                told,
            ),
            file(
                "k3s-variables",
                &[
                    "/etc/systemd/system/{k3s,k3s-agent}.service.env",
                    "/etc/{default,sysconfig}/{k3s,k3s-agent}",
                ],
                read,
                told,
            ),
            file(
                "k3s-config",
                &[
                    "/etc/rancher/k3s/config.yaml",
                    "/etc/rancher/k3s/config.yaml.d/*.{yaml,yml}",
                ],
                read,
                told,
            ),
            file(
                "k3s-datastore",
                &["/var/lib/rancher/k3s/server/db/{etcd/config,state.db}"],
                stat,
                "whether the cluster's data is in etcd or in SQLite",
            ),
            file(
                "k3s-kubelet-drop-ins",
                &["/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf"],
                stat,
                "whether the kubelet is told by files or by flags",
            ),
            file(
                "k3s-cloud-controller-kubeconfig",
                &["/var/lib/rancher/k3s/server/cred/cloud-controller.kubeconfig"],
                stat,
                "mode and owner of the cloud controller's credentials",
            ),
            FileRequest {
                depth: 3,
                ..file(
                    "kubelet-config",
                    &["/var/lib/rancher/k3s/agent/etc/kubelet.conf.d"],
                    read,
                    "the kubelet's drop-ins decide who may reach it",
                )
            },
            file(
                "kubelet-kubeconfig",
                &["/var/lib/rancher/k3s/agent/kubelet.kubeconfig"],
                stat,
                "mode and owner of the kubelet's credentials",
            ),
            file(
                "kubelet-client-ca",
                &["/var/lib/rancher/k3s/agent/client-ca.crt"],
                stat,
                "mode and owner of the authorities that the kubelet trusts",
            ),
            file(
                "kube-proxy-kubeconfig",
                &["/var/lib/rancher/k3s/agent/kubeproxy.kubeconfig"],
                stat,
                "mode and owner of kube-proxy's credentials",
            ),
            file(
                "kube-scheduler-kubeconfig",
                &["/var/lib/rancher/k3s/server/cred/scheduler.kubeconfig"],
                stat,
                "mode and owner of the scheduler's credentials",
            ),
            file(
                "kube-controller-manager-kubeconfig",
                &["/var/lib/rancher/k3s/server/cred/controller.kubeconfig"],
                stat,
                "mode and owner of the controller manager's credentials",
            ),
            file(
                "apiserver-files",
                &[
                    "/etc/rancher/k3s/{audit,auth,encryption}*.{yaml,yml,json}",
                    "/var/lib/rancher/k3s/server/*.{yaml,yml,json}",
                    "/var/lib/rancher/k3s/server/cred/encryption-config.json",
                ],
                read,
                "these files decide who is let in, what is logged and how secrets are stored; \
                 keys in them are masked",
            ),
            file(
                "etcd-config",
                &["/var/lib/rancher/k3s/server/db/etcd/config"],
                read,
                "etcd's configuration decides who may read the data",
            ),
            file(
                "client-ca",
                &["/var/lib/rancher/k3s/server/tls/client-ca.crt"],
                digest,
                "the API server's client certificate authority is compared with etcd's",
            ),
        ],
        processes: vec![ProcessRequest {
            id: "k3s".to_owned(),
            executables: texts(&["k3s", "k3s-server", "k3s-agent"]),
            environment: Vec::new(),
            why: "it is every component of Kubernetes".to_owned(),
        }],
        kubernetes: vec![KubernetesRequest {
            id: "k3s-nodes".to_owned(),
            api_version: "v1".to_owned(),
            resource: "nodes".to_owned(),
            verbs: vec![Verb::List],
            fields: texts(&[
                "/metadata/annotations/k3s.io~1node-args",
                "/metadata/annotations/k3s.io~1node-env",
            ]),
            why: "the node says what its K3s was started with".to_owned(),
        }],
        ..Requests::default()
    }
}
