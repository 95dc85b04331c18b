//! Clusters that kubeadm made, and others with static pods and a kubelet where
//! it puts them: what the common controls are written for.

use cisb_sdk::contract::manifest::Requests;

use super::{Code, Platform, as_they_are};

pub(super) const PLATFORM: Platform = Platform {
    name: "kubeadm",
    code: Code::Plain,
    globs: &[],
    requests: Requests::default,
    controls: as_they_are,
    words: &[],
    procedures: &[],
    // etcd's image has a version of its own.
    versions: &[
        (
            "/etc/kubernetes/manifests/kube-apiserver.yaml",
            "/spec/containers/*/image",
        ),
        (
            "/etc/kubernetes/manifests/kube-controller-manager.yaml",
            "/spec/containers/*/image",
        ),
        (
            "/etc/kubernetes/manifests/kube-scheduler.yaml",
            "/spec/containers/*/image",
        ),
    ],
    provider: None,
};
