//! Network policies, and which network plugins enforce them.

use super::{array, selects, text};
use crate::json::Value;
use crate::prelude::*;
use crate::strings;
use core::ptr;

/// A network plugin, by what its DaemonSet's images are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plugin {
    /// Its name.
    pub name: &'static str,
    /// Part of an image's repository, whole path components.
    image: &'static str,
    /// Whether it enforces NetworkPolicy.
    pub enforces: bool,
}

#[rustfmt::skip]
const PLUGINS: &[Plugin] = &[
    Plugin { name: "Calico", image: "calico/node", enforces: true },
    Plugin { name: "Cilium", image: "cilium/cilium", enforces: true },
    Plugin { name: "GKE Dataplane V2", image: "cilium/anetd", enforces: true },
    Plugin { name: "Antrea", image: "antrea/antrea-agent-ubuntu", enforces: true },
    Plugin { name: "Antrea", image: "antrea/antrea-ubuntu", enforces: true },
    Plugin { name: "kube-router", image: "cloudnativelabs/kube-router", enforces: true },
    Plugin { name: "Weave Net", image: "weaveworks/weave-npc", enforces: true },
    Plugin { name: "Azure Network Policy Manager", image: "azure-npm", enforces: true },
    Plugin { name: "AWS VPC CNI network policy agent", image: "amazon/aws-network-policy-agent", enforces: true },
    Plugin { name: "OVN-Kubernetes", image: "ovn-kube-u", enforces: true },
    Plugin { name: "kube-network-policies", image: "networking/kube-network-policies", enforces: true },
    Plugin { name: "Flannel", image: "flannel/flannel", enforces: false },
    Plugin { name: "Flannel", image: "flannel-io/flannel", enforces: false },
];

/// The known network plugins among DaemonSets, each with the DaemonSet.
pub fn plugins(daemon_sets: &[Value]) -> Vec<(Plugin, &Value)> {
    let mut found: Vec<(Plugin, &Value)> = Vec::new();
    for set in daemon_sets {
        for container in array(set, "/spec/template/spec/containers") {
            let image = text(container, "/image");
            for plugin in PLUGINS {
                let last = found.last();
                let known = last.is_some_and(|(p, s)| p.name == plugin.name && ptr::eq(*s, set));
                if !known && is_image(image, plugin.image) {
                    found.push((*plugin, set));
                }
            }
        }
    }
    found
}

/// Whether an image reference's repository ends in these path components.
fn is_image(reference: &str, wanted: &str) -> bool {
    let repository = strings::before(reference, b'@');
    // A colon after the last slash starts the tag; before it, a port.
    let repository = match strings::cut_last(repository, b':') {
        Some((before, tag)) if !strings::has(tag, b'/') => before,
        _ => repository,
    };
    repository
        .strip_suffix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with("/"))
}

/// Whether a policy, of whichever kind, picks every pod of its namespace.
pub fn picks_all(policy: &Value) -> bool {
    // NetworkPolicy, CiliumNetworkPolicy, then Calico's, whose selector is text.
    let everything = |selector: &Value| selects(Some(selector), None);
    let calico = text(policy, "/spec/selector");
    policy.pointer("/spec/podSelector").is_some_and(everything)
        || policy
            .pointer("/spec/endpointSelector")
            .is_some_and(everything)
        || (policy.pointer("/spec/selector").is_some() && matches!(calico, "" | "all()"))
}

/// What a cluster-wide policy picks of a namespace: all of its pods, maybe
/// some, or, with `None`, nothing.
pub fn reach(policy: &Value, namespace: &Value) -> Option<bool> {
    let labels = namespace.pointer("/metadata/labels");
    if let Some(subject) = policy.pointer("/spec/subject") {
        // AdminNetworkPolicy and BaselineAdminNetworkPolicy.
        return if selects(subject.pointer("/namespaces"), labels) {
            Some(true)
        } else if selects(subject.pointer("/pods/namespaceSelector"), labels) {
            Some(selects(subject.pointer("/pods/podSelector"), None))
        } else {
            None
        };
    }
    // Calico's namespace selector is an expression, which is not evaluated.
    let everywhere = matches!(text(policy, "/spec/namespaceSelector"), "" | "all()");
    Some(everywhere && picks_all(policy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn an_image_is_known_by_its_repository() {
        for (reference, known) in [
            ("docker.example/calico/node:v3", true),
            ("host.example:5000/calico/node@sha256:00", true),
            ("host.example:5000/calico/node", true),
            ("calico/node", true),
            ("docker.example/notcalico/node:v3", false),
            ("docker.example/x:calico/node", false),
        ] {
            assert_eq!(is_image(reference, "calico/node"), known, "{reference}");
        }
    }

    #[test]
    fn a_policy_picks_all_pods_with_an_empty_selector() {
        for (spec, all) in [
            (json!({"podSelector": {}}), true),
            (
                json!({"podSelector": {"matchLabels": {"app": "web"}}}),
                false,
            ),
            (json!({"endpointSelector": {}}), true),
            (json!({"selector": "all()"}), true),
            (json!({"selector": "app == 'web'"}), false),
            (json!({}), false),
        ] {
            assert_eq!(picks_all(&json!({"spec": spec})), all);
        }
    }

    #[test]
    fn a_cluster_wide_policy_reaches_the_namespaces_it_selects() {
        let namespace = json!({"metadata": {"name": "n", "labels": {"team": "a"}}});
        for (spec, expected) in [
            (json!({"subject": {"namespaces": {}}}), Some(true)),
            (
                json!({"subject": {"namespaces": {"matchLabels": {"team": "b"}}}}),
                None,
            ),
            (
                json!({"subject": {"pods": {"namespaceSelector": {}, "podSelector": {}}}}),
                Some(true),
            ),
            (
                json!({"subject": {"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"x": "y"}}}}}),
                Some(false),
            ),
            (json!({"endpointSelector": {}}), Some(true)),
            (
                json!({"endpointSelector": {"matchLabels": {"x": "y"}}}),
                Some(false),
            ),
            (json!({"selector": "all()"}), Some(true)),
            (
                json!({"selector": "all()", "namespaceSelector": "team == 'b'"}),
                Some(false),
            ),
        ] {
            assert_eq!(
                reach(&json!({"spec": spec}), &namespace),
                expected,
                "{spec}"
            );
        }
    }
}
