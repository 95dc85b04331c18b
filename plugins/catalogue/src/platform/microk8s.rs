//! MicroK8s: `kubelite` is every component, files of the snap hold their
//! arguments, and the datastore is k8s-dqlite unless it was told to be etcd.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cisb_sdk::contract::manifest::{NamedRequest, ProcessRequest, Requests, Right, Severity};
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::files::Set;
use serde_json::json;

use super::embedded::{behind_etcd, file, root, texts};
use super::{Code, Platform, put};
use crate::control::{Control, Decided};

#[cfg(test)]
mod tests;
mod words;

pub(super) const PLATFORM: Platform = Platform {
    name: "microk8s",
    code: Code::Microk8s,
    globs: &[
        (
            "admin-kubeconfigs",
            &["/var/snap/microk8s/current/credentials/client.config"],
        ),
        (
            "pki",
            &[
                "/var/snap/microk8s/current/certs",
                "/var/snap/microk8s/current/certs/**",
            ],
        ),
        (
            "pki-certificates",
            &["/var/snap/microk8s/current/certs/**/*.crt"],
        ),
        ("pki-keys", &["/var/snap/microk8s/current/certs/**/*.key"]),
        (
            "cni-files",
            &["/var/snap/microk8s/current/args/cni-network/**"],
        ),
        (
            "kubelet-unit",
            &[
                "/{etc,run,usr/lib,lib}/systemd/system/snap.microk8s.daemon-kubelite.service",
                "/{etc,run,usr/lib,lib}/systemd/system/snap.microk8s.daemon-kubelite.service.d/*.conf",
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

/// What says how kubelite was told.
const READER: &[&str] = &[
    "kubelite",
    "microk8s-args",
    "microk8s-usual-args",
    "microk8s-snap",
];

/// Requests of the common controls that this platform answers by others.
const HIDDEN: &[&str] = &[
    "component-kubeconfigs",
    "etcd-usual-data-dir",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-proxy-config",
    "kube-proxy-config-kubeconfig",
    "kube-scheduler",
    "kube-scheduler-config-kubeconfig",
    "kubelet",
    "kubelet-cni-conf-dir",
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
        let hides = control
            .uses
            .iter()
            .any(|id| HIDDEN.contains(id) || *id == "etcd");
        let kept = control.uses.iter().filter(|id| !HIDDEN.contains(id));
        let mut uses: Vec<&str> = kept.copied().collect();
        if hides {
            uses.extend(READER);
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
                let (request, uses) = arguments(component.name());
                rule.of = glob(request, "no file of the snap holds its arguments");
                control.uses = uses;
                control.decided = Decided::ByFacts("mode and owner of the file of its arguments");
            }
            Set::KubeletConfig => {
                let (request, uses) = arguments("kubelet");
                rule.of = glob(request, "no file of the snap holds its arguments");
                control.uses = uses;
                control.decided = Decided::ByFacts("mode and owner of the file of its arguments");
            }
            Set::EtcdDataDir => {
                rule.of = glob(
                    "microk8s-data-dir",
                    "neither k8s-dqlite nor etcd has data here",
                );
                control.uses = &["microk8s-data-dir"];
                control.decided = Decided::ByFacts("mode and owner of the datastore's directory");
            }
            Set::Unit { name, .. } => {
                "snap.microk8s.daemon-kubelite.service".clone_into(name);
            }
            Set::Directory { path, .. } => {
                "/var/snap/microk8s/current/certs".clone_into(path);
            }
            Set::Glob { absent, .. } => {
                "the snap has no client.config here".clone_into(absent);
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
        if let Rule::Files(rule) = &mut control.rule {
            rule.owner = Some(root());
        }
        all.push(control);
    }
    for (name, flag) in [
        ("dqlite-peer-certificate", ""),
        ("dqlite-tls", "enable-tls"),
    ] {
        put(
            all,
            Control {
                name,
                component: "k8s-dqlite",
                severity: Severity::High,
                uses: &["k8s-dqlite", "microk8s-dqlite-certificates"],
                decided: Decided::ByFacts("the certificate beside its data, and --enable-tls"),
                rule: Rule::Code {
                    name: "embedded-dqlite".to_owned(),
                    with: json!({"flag": flag}).into(),
                },
            },
        );
    }
}

/// The request for a component's file of arguments, alone and as a list.
fn arguments(component: &str) -> (&'static str, &'static [&'static str]) {
    match component {
        "kube-apiserver" => ("microk8s-apiserver-file", &["microk8s-apiserver-file"]),
        "kube-controller-manager" => ("microk8s-manager-file", &["microk8s-manager-file"]),
        "kube-scheduler" => ("microk8s-scheduler-file", &["microk8s-scheduler-file"]),
        "kubelet" => ("microk8s-kubelet-file", &["microk8s-kubelet-file"]),
        _ => ("microk8s-datastore-file", &["microk8s-datastore-file"]),
    }
}

fn glob(request: &str, absent: &str) -> Set {
    Set::Glob {
        request: request.to_owned(),
        absent: absent.to_owned(),
    }
}

fn requests() -> Requests {
    let stat: &[Right] = &[Right::Stat];
    let read: &[Right] = &[Right::Stat, Right::Read];
    let arguments = "mode and owner of a file of arguments";
    let credentials = "mode and owner of a component's credentials";
    let process = |id: &str, why: &str| ProcessRequest {
        id: id.to_owned(),
        executables: texts(&[id]),
        environment: Vec::new(),
        why: why.to_owned(),
    };
    Requests {
        files: vec![
            file(
                "microk8s-usual-args",
                &["/var/snap/microk8s/current/args/{kubelet,kube-*}"],
                read,
                "the arguments of the components",
            ),
            file(
                "microk8s-snap",
                &["/snap/microk8s/current/meta/snap.yaml"],
                read,
                "the version of Kubernetes",
            ),
            file(
                "microk8s-apiserver-file",
                &["/var/snap/microk8s/current/args/kube-apiserver"],
                stat,
                arguments,
            ),
            file(
                "microk8s-manager-file",
                &["/var/snap/microk8s/current/args/kube-controller-manager"],
                stat,
                arguments,
            ),
            file(
                "microk8s-scheduler-file",
                &["/var/snap/microk8s/current/args/kube-scheduler"],
                stat,
                arguments,
            ),
            file(
                "microk8s-kubelet-file",
                &["/var/snap/microk8s/current/args/kubelet"],
                stat,
                arguments,
            ),
            file(
                "microk8s-datastore-file",
                &["/var/snap/microk8s/current/args/{etcd,k8s-dqlite}"],
                stat,
                arguments,
            ),
            file(
                "microk8s-data-dir",
                &[
                    "/var/snap/microk8s/current/var/kubernetes/backend",
                    "/var/snap/microk8s/common/var/run/etcd",
                ],
                stat,
                "mode and owner of the cluster's data",
            ),
            file(
                "microk8s-dqlite-certificates",
                &["/var/snap/microk8s/*/var/kubernetes/backend/cluster.{crt,key}"],
                stat,
                "whether the datastore's members have certificates",
            ),
            file(
                "kubelet-kubeconfig",
                &["/var/snap/microk8s/*/credentials/kubelet.config"],
                stat,
                credentials,
            ),
            file(
                "kube-proxy-kubeconfig",
                &["/var/snap/microk8s/*/credentials/proxy.config"],
                stat,
                credentials,
            ),
            file(
                "kube-scheduler-kubeconfig",
                &["/var/snap/microk8s/*/credentials/scheduler.config"],
                stat,
                credentials,
            ),
            file(
                "kube-controller-manager-kubeconfig",
                &["/var/snap/microk8s/*/credentials/controller.config"],
                stat,
                credentials,
            ),
            file(
                "kubelet-client-ca",
                &["/var/snap/microk8s/*/certs/*.crt"],
                stat,
                "mode and owner of the authorities that the kubelet trusts",
            ),
            file(
                "client-ca",
                &["/var/snap/microk8s/*/certs/*.crt"],
                &[Right::Stat, Right::Digest],
                "the API server's client certificate authority is compared with etcd's",
            ),
            file(
                "apiserver-files",
                &[
                    "/var/snap/microk8s/*/args/*.{yaml,yml,json}",
                    "/var/snap/microk8s/*/*.{yaml,yml,json}",
                ],
                read,
                "these files decide who is let in, what is logged and how secrets are stored; \
                 keys in them are masked",
            ),
            file(
                "kubelet-config",
                &["/var/snap/microk8s/*/args/*.{yaml,yml}"],
                read,
                "the kubelet's configuration file, where its arguments name one",
            ),
        ],
        processes: vec![
            process("kubelite", "it is every component of Kubernetes"),
            process("k8s-dqlite", "its arguments decide how the data is kept"),
        ],
        named: vec![NamedRequest {
            id: "microk8s-args".to_owned(),
            process: "kubelite".to_owned(),
            flags: texts(&[
                "apiserver-args-file",
                "controller-manager-args-file",
                "kubelet-args-file",
                "proxy-args-file",
                "scheduler-args-file",
            ]),
            environment: Vec::new(),
            rights: read.to_vec(),
            depth: 0,
            why: "the arguments of the components".to_owned(),
        }],
        ..Requests::default()
    }
}
