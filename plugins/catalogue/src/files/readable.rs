//! Controls over the same files as their siblings, as older benchmarks have
//! them: everybody may read, nobody but the owner may write (mode 644).

use cisb_sdk::files::Mode;
use cisb_sdk::rule::Rule;

use crate::control::Control;

/// A control, and the sibling that demands mode 600 of the same files.
const SIBLINGS: &[(&str, &str)] = &[
    (
        "kube-apiserver-manifest-mode-644",
        "kube-apiserver-manifest-mode",
    ),
    (
        "kube-controller-manager-manifest-mode-644",
        "kube-controller-manager-manifest-mode",
    ),
    (
        "kube-scheduler-manifest-mode-644",
        "kube-scheduler-manifest-mode",
    ),
    ("etcd-manifest-mode-644", "etcd-manifest-mode"),
    ("cni-files-mode-644", "cni-files-mode"),
    ("admin-kubeconfig-mode-644", "admin-kubeconfig-mode"),
    (
        "kube-scheduler-kubeconfig-mode-644",
        "kube-scheduler-kubeconfig-mode",
    ),
    (
        "kube-controller-manager-kubeconfig-mode-644",
        "kube-controller-manager-kubeconfig-mode",
    ),
    ("pki-certificates-mode-644", "pki-certificates-mode"),
    ("kubelet-unit-mode-644", "kubelet-unit-mode"),
    (
        "kube-proxy-kubeconfig-mode-644",
        "kube-proxy-kubeconfig-mode",
    ),
    ("kubelet-kubeconfig-mode-644", "kubelet-kubeconfig-mode"),
    ("kubelet-client-ca-mode-644", "kubelet-client-ca-mode"),
    ("kubelet-config-mode-644", "kubelet-config-mode"),
];

/// The controls.
pub fn controls() -> Vec<Control> {
    let strict = super::controls();
    let relaxed = |(name, sibling): &(&'static str, &str)| {
        let sibling = strict.iter().find(|control| control.name == *sibling)?;
        let Rule::Files(rule) = &sibling.rule else {
            return None;
        };
        let mut rule = rule.clone();
        rule.mode = Some(Mode(0o644));
        Some(Control {
            name,
            rule: Rule::Files(rule),
            ..sibling.clone()
        })
    };
    SIBLINGS.iter().filter_map(relaxed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_one_has_its_sibling() {
        let names: Vec<&str> = controls().iter().map(|control| control.name).collect();
        let wanted: Vec<&str> = SIBLINGS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, wanted);
    }
}
