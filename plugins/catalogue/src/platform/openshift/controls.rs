//! The controls of OpenShift, and what it changes about the common ones.

use cisb_sdk::component::Component;
use cisb_sdk::contract::manifest::Severity::{self, Critical, High, Low, Medium};
use cisb_sdk::files::{Mode, Owner};
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::files::{FilesRule, Set};
use cisb_sdk::rule::setting::{Demand, Expect, SettingRule};
use serde_json::json;

use crate::control::{Control, Decided};
use crate::platform::put;
use crate::policies::OPENSHIFT_CODES;
use Decided::{ByFacts, ByPerson};

mod cluster;
mod settings;

pub(in crate::platform) use cluster::constraints;

const APISERVER: &[&str] = &[
    "kube-apiserver",
    "openshift-config",
    "kubelet",
    "kubelet-config",
    "static-pods",
    "static-pod-flag",
    "static-pod-path",
];
const APISERVER_FILES: &[&str] = &[
    "kube-apiserver",
    "openshift-config",
    "openshift-files",
    "apiserver-files",
    "kubelet",
    "kubelet-config",
    "static-pods",
    "static-pod-flag",
    "static-pod-path",
];
const MANAGER: &[&str] = &[
    "kube-controller-manager",
    "openshift-manager-config",
    "kubelet",
    "kubelet-config",
    "static-pods",
    "static-pod-flag",
    "static-pod-path",
];
const SCHEDULER: &[&str] = &[
    "kube-scheduler",
    "scheduler-config",
    "kubelet",
    "kubelet-config",
    "static-pods",
    "static-pod-flag",
    "static-pod-path",
];
const KUBELET: &[&str] = &["kubelet", "kubelet-config"];

/// The requests of common controls over components that are told by a file:
/// with those for the file.
const WITH_CONFIG: &[&[&str]] = &[
    APISERVER,
    APISERVER_FILES,
    MANAGER,
    &[
        "kube-controller-manager",
        "openshift-manager-config",
        "kubelet",
        "kubelet-config",
        "static-pods",
        "static-pod-path",
        "static-pod-flag",
        "kube-controller-manager-kubeconfig",
        "component-kubeconfigs",
    ],
    &[
        "etcd",
        "etcd-config",
        "etcd-ca",
        "etcd-ca-field",
        "kube-apiserver",
        "openshift-config",
        "openshift-client-ca",
        "client-ca",
        "kubelet",
        "kubelet-config",
        "static-pods",
        "static-pod-flag",
        "static-pod-path",
    ],
    &[
        "kube-apiserver",
        "openshift-config",
        "kubelet",
        "kubelet-config",
        "static-pods",
        "static-pod-path",
        "static-pod-flag",
        "pki",
    ],
    &[
        "kube-apiserver",
        "openshift-config",
        "kubelet",
        "kubelet-config",
        "static-pods",
        "static-pod-path",
        "static-pod-flag",
        "pki-certificates",
    ],
    &[
        "kube-apiserver",
        "openshift-config",
        "kubelet",
        "kubelet-config",
        "static-pods",
        "static-pod-path",
        "static-pod-flag",
        "pki-keys",
    ],
];

/// Changes the common policies: whom OpenShift makes administrators, and what
/// it has of its own in the namespace default.
pub(in crate::platform) fn of_policies(controls: &mut Vec<Control>) {
    // What its code leaves out no benchmark of OpenShift asks.
    controls.retain(|control| match &control.rule {
        Rule::Code { name, .. } => OPENSHIFT_CODES.iter().any(|(it, _)| it == name),
        _ => true,
    });
    for control in controls.iter_mut() {
        if let ("default-namespace-unused", Rule::Code { with, .. }) =
            (control.name, &mut control.rule)
        {
            // OpenShift has a Service of its own there.
            *with = json!({"own": "openshift"}).into();
        }
        if let Rule::Code { name, with } = &mut control.rule
            && name == "policies-holders"
        {
            // Source: openshift/origin, bindata/v3.11.0/openshift-apiserver/rbac (cluster-admins).
            *with = json!({
                "power": with["power"],
                "administrators": ["Group:system:cluster-admins", "User:system:admin"],
            })
            .into();
        }
    }
}

/// Changes the common controls and adds those of OpenShift.
pub(super) fn change(controls: &mut Vec<Control>) {
    of_policies(controls);
    for control in controls.iter_mut() {
        // The list that has all of the control's requests, and the file's.
        let same = |list: &&&[&str]| {
            let common = |id: &&&str| !id.starts_with("openshift-");
            list.iter().filter(common).count() == control.uses.len()
                && control.uses.iter().all(|id| list.contains(id))
        };
        if let Some(list) = WITH_CONFIG.iter().find(same) {
            control.uses = list;
        }
        if let Rule::Files(FilesRule {
            of: Set::Directory { path, .. },
            ..
        }) = &mut control.rule
        {
            "/etc/kubernetes/static-pod-resources".clone_into(path);
        }
    }
    manifests(controls);
    files(controls);
    for control in settings::controls().into_iter().chain(cluster::controls()) {
        put(controls, control);
    }
}

/// The manifests that operators write. A script starts most of what they
/// declare, so they are known by their names.
fn manifests(controls: &mut Vec<Control>) {
    let of = |request: &str, path: &str, component| Set::Directory {
        request: request.to_owned(),
        path: path.to_owned(),
        component,
    };
    let pods = "/etc/kubernetes/manifests";
    for (names, component, set, uses) in [
        (
            &[
                "kube-apiserver-manifest-mode",
                "kube-apiserver-manifest-mode-644",
                "kube-apiserver-manifest-owner",
            ][..],
            "kube-apiserver",
            of("apiserver-pods", pods, Component::KubeApiserver),
            &[
                "kube-apiserver",
                "openshift-config",
                "apiserver-pods",
                "kubelet",
                "kubelet-config",
                "static-pods",
                "static-pod-path",
                "static-pod-flag",
            ][..],
        ),
        (
            &[
                "kube-controller-manager-manifest-mode",
                "kube-controller-manager-manifest-mode-644",
                "kube-controller-manager-manifest-owner",
            ],
            "kube-controller-manager",
            of(
                "controller-manager-pods",
                pods,
                Component::KubeControllerManager,
            ),
            &[
                "kube-controller-manager",
                "openshift-manager-config",
                "controller-manager-pods",
                "kubelet",
                "kubelet-config",
                "static-pods",
                "static-pod-path",
                "static-pod-flag",
            ],
        ),
        (
            &[
                "kube-scheduler-manifest-mode",
                "kube-scheduler-manifest-mode-644",
                "kube-scheduler-manifest-owner",
            ],
            "kube-scheduler",
            of("scheduler-pods", pods, Component::KubeScheduler),
            &[
                "kube-scheduler",
                "scheduler-pods",
                "kubelet",
                "kubelet-config",
                "static-pods",
                "static-pod-path",
                "static-pod-flag",
            ],
        ),
        (
            &[
                "etcd-manifest-mode",
                "etcd-manifest-mode-644",
                "etcd-manifest-owner",
            ],
            "etcd",
            of("etcd-pods", pods, Component::Etcd),
            &[
                "etcd",
                "kube-apiserver",
                "etcd-pods",
                "kubelet",
                "kubelet-config",
                "static-pods",
                "static-pod-path",
                "static-pod-flag",
            ],
        ),
        (
            &["etcd-data-dir-mode", "etcd-data-dir-owner"],
            "etcd",
            of("etcd-member", "/var/lib/etcd", Component::Etcd),
            &[
                "etcd",
                "kube-apiserver",
                "etcd-member",
                "kubelet",
                "kubelet-config",
                "static-pods",
                "static-pod-path",
                "static-pod-flag",
            ],
        ),
    ] {
        for name in names {
            let Some(severity) = controls.iter().find(|c| c.name == *name) else {
                continue;
            };
            let severity = severity.severity;
            let mode = match *name {
                "etcd-data-dir-mode" => 0o700,
                name if name.ends_with("-644") => 0o644,
                _ => 0o600,
            };
            let by = match names.len() {
                2 => "mode and owner of /var/lib/etcd/member",
                _ => "mode and owner of its manifest, and of the revisions kept of it",
            };
            put(
                controls,
                Control {
                    name,
                    component,
                    severity,
                    uses,
                    decided: ByFacts(by),
                    rule: files_rule(set.clone(), name, mode),
                },
            );
        }
    }
}

/// A demand of an owner where the name says so, else of a mode.
fn files_rule(of: Set, name: &str, mode: u32) -> Rule {
    let is_owner = name.ends_with("-owner");
    Rule::Files(FilesRule {
        of,
        mode: (!is_owner).then_some(Mode(mode)),
        owner: is_owner.then(|| Owner {
            user: "root".to_owned(),
            group: "root".to_owned(),
        }),
    })
}

#[rustfmt::skip]
fn files(controls: &mut Vec<Control>) {
    let glob = |request: &str, absent: &str| Set::Glob {
        request: request.to_owned(),
        absent: absent.to_owned(),
    };
    let bootstrap = "/etc/kubernetes/kubeconfig is not there";
    let secret = "neither /var/lib/kubelet/config.json nor /var/data/kubelet/config.json is there";
    let proxy = "no pod of this node has a kube-proxy-config.yaml in a volume of a ConfigMap";
    for (name, component, severity, request, absent, by) in [
        ("admin-kubeconfig-mode", "kubelet", High, "admin-kubeconfigs", bootstrap, "mode of /etc/kubernetes/kubeconfig"),
        ("admin-kubeconfig-mode-644", "kubelet", High, "admin-kubeconfigs", bootstrap, "mode of /etc/kubernetes/kubeconfig"),
        ("admin-kubeconfig-owner", "kubelet", High, "admin-kubeconfigs", bootstrap, "owner of /etc/kubernetes/kubeconfig"),
        ("kubelet-pull-secret-mode", "kubelet", High, "kubelet-pull-secret", secret, "mode of the kubelet's config.json"),
        ("kubelet-pull-secret-owner", "kubelet", High, "kubelet-pull-secret", secret, "owner of the kubelet's config.json"),
        ("kube-proxy-config-volume-mode-644", "kube-proxy", Medium, "proxy-config-volumes", proxy, "mode of kube-proxy-config.yaml in the volumes of pods"),
        ("kube-proxy-config-volume-owner", "kube-proxy", Medium, "proxy-config-volumes", proxy, "owner of kube-proxy-config.yaml in the volumes of pods"),
    ] {
        let mode = if name.ends_with("-644") { 0o644 } else { 0o600 };
        put(
            controls,
            Control {
                name,
                component,
                severity,
                uses: match request {
                    "admin-kubeconfigs" => &["admin-kubeconfigs"],
                    "kubelet-pull-secret" => &["kubelet-pull-secret"],
                    _ => &["proxy-config-volumes"],
                },
                decided: ByFacts(by),
                rule: files_rule(glob(request, absent), name, mode),
            },
        );
    }
}
