//! Controls over files: modes and owners of manifests, kubeconfigs, keys, units
//! and data directories. All of them look at `stat`, none at contents.

use cisb_sdk::component::Component;
use cisb_sdk::contract::manifest::Severity;
use cisb_sdk::files::{Mode, Owner};
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::files::{FilesRule, Set};

use crate::control::{Control, Decided};

pub mod readable;
mod requests;

pub use requests::requests;

/// The controls, in the order of the benchmark.
pub fn controls() -> Vec<Control> {
    let mut all = Vec::new();
    for (component, names, uses) in [
        (
            Component::KubeApiserver,
            [
                "kube-apiserver-manifest-mode",
                "kube-apiserver-manifest-owner",
            ],
            API_SERVER,
        ),
        (
            Component::KubeControllerManager,
            [
                "kube-controller-manager-manifest-mode",
                "kube-controller-manager-manifest-owner",
            ],
            &[
                "kube-controller-manager",
                "kubelet",
                "kubelet-config",
                "static-pods",
                "static-pod-path",
                "static-pod-flag",
            ],
        ),
        (
            Component::KubeScheduler,
            [
                "kube-scheduler-manifest-mode",
                "kube-scheduler-manifest-owner",
            ],
            &[
                "kube-scheduler",
                "kubelet",
                "kubelet-config",
                "static-pods",
                "static-pod-path",
                "static-pod-flag",
            ],
        ),
        (
            Component::Etcd,
            ["etcd-manifest-mode", "etcd-manifest-owner"],
            &[
                "etcd",
                "kube-apiserver",
                "kubelet",
                "kubelet-config",
                "static-pods",
                "static-pod-path",
                "static-pod-flag",
            ],
        ),
    ] {
        let set = Set::Manifest(component);
        let by = "mode and owner of every manifest that declares it";
        pair(&mut all, names, component.name(), uses, &set, PRIVATE, by);
    }
    pair(
        &mut all,
        ["cni-files-mode", "cni-files-owner"],
        "kubelet",
        &["kubelet", "cni-files", "kubelet-cni-conf-dir"],
        &Set::Cni {
            request: "cni-files".to_owned(),
        },
        PRIVATE,
        "mode and owner of every file in the network's usual directories",
    );
    pair_owned(
        &mut all,
        ["etcd-data-dir-mode", "etcd-data-dir-owner"],
        "etcd",
        &[
            "etcd",
            "kube-apiserver",
            "kubelet",
            "kubelet-config",
            "static-pods",
            "static-pod-path",
            "static-pod-flag",
            "etcd-config",
            "etcd-data-dir",
            "etcd-config-data-dir",
            "etcd-usual-data-dir",
        ],
        &Set::EtcdDataDir,
        Mode(0o700),
        "etcd",
        "mode and owner of the directory that etcd is told to use",
    );
    pair(
        &mut all,
        ["admin-kubeconfig-mode", "admin-kubeconfig-owner"],
        "kubeadm",
        &["admin-kubeconfigs"],
        &Set::Glob {
            request: "admin-kubeconfigs".to_owned(),
            absent: "neither admin.conf nor super-admin.conf is in /etc/kubernetes".to_owned(),
        },
        PRIVATE,
        "mode and owner of admin.conf and super-admin.conf",
    );
    pair(
        &mut all,
        [
            "kube-scheduler-kubeconfig-mode",
            "kube-scheduler-kubeconfig-owner",
        ],
        "kube-scheduler",
        &[
            "kube-scheduler",
            "kubelet",
            "kubelet-config",
            "static-pods",
            "static-pod-path",
            "static-pod-flag",
            "scheduler-config",
            "kube-scheduler-kubeconfig",
            "kube-scheduler-config-kubeconfig",
            "component-kubeconfigs",
        ],
        &Set::Kubeconfig(Component::KubeScheduler),
        PRIVATE,
        "mode and owner of the kubeconfigs that it is told to use",
    );
    pair(
        &mut all,
        [
            "kube-controller-manager-kubeconfig-mode",
            "kube-controller-manager-kubeconfig-owner",
        ],
        "kube-controller-manager",
        &[
            "kube-controller-manager",
            "kubelet",
            "kubelet-config",
            "static-pods",
            "static-pod-path",
            "static-pod-flag",
            "kube-controller-manager-kubeconfig",
            "component-kubeconfigs",
        ],
        &Set::Kubeconfig(Component::KubeControllerManager),
        PRIVATE,
        "mode and owner of the kubeconfigs that it is told to use",
    );
    pki(&mut all);
    pair(
        &mut all,
        ["kubelet-unit-mode", "kubelet-unit-owner"],
        "kubelet",
        &["kubelet-unit"],
        &Set::Unit {
            request: "kubelet-unit".to_owned(),
            name: "kubelet.service".to_owned(),
        },
        PRIVATE,
        "mode and owner of the unit and every live drop-in",
    );
    pair(
        &mut all,
        ["kube-proxy-kubeconfig-mode", "kube-proxy-kubeconfig-owner"],
        "kube-proxy",
        &[
            "kube-proxy",
            "kubelet",
            "kubelet-config",
            "static-pods",
            "static-pod-path",
            "static-pod-flag",
            "kube-proxy-config",
            "kube-proxy-kubeconfig",
            "kube-proxy-config-kubeconfig",
        ],
        &Set::Kubeconfig(Component::KubeProxy),
        PRIVATE,
        "mode and owner of the kubeconfig that it is told to use",
    );
    pair(
        &mut all,
        ["kubelet-kubeconfig-mode", "kubelet-kubeconfig-owner"],
        "kubelet",
        &["kubelet", "kubelet-kubeconfig"],
        &Set::Kubeconfig(Component::Kubelet),
        PRIVATE,
        "mode and owner of the kubeconfig that it is told to use",
    );
    pair(
        &mut all,
        ["kubelet-client-ca-mode", "kubelet-client-ca-owner"],
        "kubelet",
        &[
            "kubelet",
            "kubelet-config",
            "kubelet-client-ca",
            "kubelet-config-client-ca",
        ],
        &Set::KubeletClientCa,
        PRIVATE,
        "mode and owner of the file that it is told to trust",
    );
    pair(
        &mut all,
        ["kubelet-config-mode", "kubelet-config-owner"],
        "kubelet",
        &["kubelet", "kubelet-config"],
        &Set::KubeletConfig,
        PRIVATE,
        "mode and owner of its configuration file and every drop-in",
    );
    all
}

/// For files that nobody but their owner may read.
const PRIVATE: Mode = Mode(0o600);

const API_SERVER: &[&str] = &[
    "kube-apiserver",
    "kubelet",
    "kubelet-config",
    "static-pods",
    "static-pod-path",
    "static-pod-flag",
];

fn pki(all: &mut Vec<Control>) {
    let set = |request: &str| Set::Directory {
        request: request.to_owned(),
        path: "/etc/kubernetes/pki".to_owned(),
        component: Component::KubeApiserver,
    };
    all.push(Control {
        name: "pki-owner",
        component: "kube-apiserver",
        severity: Severity::High,
        uses: &[
            "kube-apiserver",
            "kubelet",
            "kubelet-config",
            "static-pods",
            "static-pod-path",
            "static-pod-flag",
            "pki",
        ],
        decided: Decided::ByFacts("owner of the directory and everything in it"),
        rule: owner(&set("pki"), "root"),
    });
    all.push(Control {
        name: "pki-certificates-mode",
        component: "kube-apiserver",
        severity: Severity::Low,
        uses: &[
            "kube-apiserver",
            "kubelet",
            "kubelet-config",
            "static-pods",
            "static-pod-path",
            "static-pod-flag",
            "pki-certificates",
        ],
        decided: Decided::ByFacts("mode of every certificate in the directory"),
        rule: mode(&set("pki-certificates"), PRIVATE),
    });
    all.push(Control {
        name: "pki-keys-mode",
        component: "kube-apiserver",
        severity: Severity::Critical,
        uses: &[
            "kube-apiserver",
            "kubelet",
            "kubelet-config",
            "static-pods",
            "static-pod-path",
            "static-pod-flag",
            "pki-keys",
        ],
        decided: Decided::ByFacts("mode of every private key in the directory"),
        rule: mode(&set("pki-keys"), PRIVATE),
    });
}

fn pair(
    all: &mut Vec<Control>,
    names: [&'static str; 2],
    component: &'static str,
    uses: &'static [&'static str],
    set: &Set,
    at_most: Mode,
    by: &'static str,
) {
    pair_owned(all, names, component, uses, set, at_most, "root", by);
}

#[expect(clippy::too_many_arguments, reason = "one row of a table")]
fn pair_owned(
    all: &mut Vec<Control>,
    [mode_name, owner_name]: [&'static str; 2],
    component: &'static str,
    uses: &'static [&'static str],
    set: &Set,
    at_most: Mode,
    by_whom: &str,
    by: &'static str,
) {
    let mut push = |name, rule| {
        all.push(Control {
            name,
            component,
            severity: severity(set),
            uses,
            decided: Decided::ByFacts(by),
            rule,
        });
    };
    push(mode_name, mode(set, at_most));
    push(owner_name, owner(set, by_whom));
}

/// What hands out the cluster weighs more than what hands out a node, and that
/// more than what only describes it.
fn severity(set: &Set) -> Severity {
    match set {
        Set::Glob { .. } | Set::EtcdDataDir => Severity::Critical,
        Set::Cni { .. } | Set::KubeletClientCa => Severity::Medium,
        _ => Severity::High,
    }
}

fn mode(set: &Set, at_most: Mode) -> Rule {
    Rule::Files(FilesRule {
        of: set.clone(),
        mode: Some(at_most),
        owner: None,
    })
}

fn owner(set: &Set, name: &str) -> Rule {
    Rule::Files(FilesRule {
        of: set.clone(),
        mode: None,
        owner: Some(Owner {
            user: name.to_owned(),
            group: name.to_owned(),
        }),
    })
}

#[cfg(test)]
mod tests;
