//! What Kubernetes and kubeadm ship themselves of rights that the policies
//! look at. A label can be forged, so contents are compared: a shipped role
//! may hold no more of a power than its row here, a shipped binding may name
//! nobody but its own.
//!
//! Source: the bootstrap policy of the API server (`bootstrappolicy`) and
//! kubeadm's `clusterinfo`, `node` and `kubeconfig` phases, 1.28 to 1.36. Rows
//! hold the union over these versions: the API server adds to its roles on
//! upgrade and removes nothing.

use super::rbac::{Binding, BoundTo, Grant, PolicyRule, Power, Role, granted};
use crate::prelude::*;
use crate::say;
use crate::strings;

/// Role (`namespace/name` for a Role), verbs, group, resources.
type Row = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const RULES: &[Row] = &[
    ("cluster-admin", "*", "*", "*"),
    ("admin", "get,list,watch", "", "secrets"),
    ("admin", "impersonate", "", "serviceaccounts"),
    ("admin", "create", "", "pods,serviceaccounts/token"),
    ("edit", "get,list,watch", "", "secrets"),
    ("edit", "impersonate", "", "serviceaccounts"),
    ("edit", "create", "", "pods,serviceaccounts/token"),
    ("system:aggregate-to-edit", "get,list,watch", "", "secrets"),
    ("system:aggregate-to-edit", "impersonate", "", "serviceaccounts"),
    ("system:aggregate-to-edit", "create", "", "pods,serviceaccounts/token"),
    ("system:controller:certificate-controller", "update", "certificates.k8s.io", "certificatesigningrequests/approval"),
    ("system:controller:clusterrole-aggregation-controller", "escalate", "rbac.authorization.k8s.io", "clusterroles"),
    ("system:controller:daemon-set-controller", "create", "", "pods"),
    ("system:controller:disruption-controller", "get", "*", "*/scale"),
    ("system:controller:expand-controller", "get", "", "secrets"),
    ("system:controller:generic-garbage-collector", "delete,get,list,patch,update,watch", "*", "*"),
    ("system:controller:horizontal-pod-autoscaler", "get,update", "*", "*/scale"),
    ("system:controller:horizontal-pod-autoscaler", "get,list,watch", "custom.metrics.k8s.io", "*"),
    ("system:controller:horizontal-pod-autoscaler", "get,list,watch", "external.metrics.k8s.io", "*"),
    ("system:controller:job-controller", "create", "", "pods"),
    ("system:controller:namespace-controller", "delete,deletecollection,get,list,watch", "*", "*"),
    ("system:controller:persistent-volume-binder", "create", "", "persistentvolumes,pods"),
    ("system:controller:persistent-volume-binder", "get,list", "", "secrets"),
    ("system:controller:replicaset-controller", "create", "", "pods"),
    ("system:controller:replication-controller", "create", "", "pods"),
    ("system:controller:resourcequota-controller", "list,watch", "*", "*"),
    ("system:controller:statefulset-controller", "create", "", "pods"),
    ("system:kube-controller-manager", "get", "", "secrets"),
    ("system:kube-controller-manager", "list,watch", "*", "*"),
    ("system:kube-controller-manager", "create", "", "serviceaccounts/token"),
    ("system:kubelet-api-admin", "*", "", "nodes/proxy,nodes/log,nodes/metrics,nodes/stats,nodes/configz,nodes/healthz,nodes/pods"),
    ("system:node", "create", "", "pods,serviceaccounts/token"),
    ("system:node", "get,list,watch", "", "secrets"),
    ("system:persistent-volume-provisioner", "create", "", "persistentvolumes"),
    ("kube-system/system:controller:bootstrap-signer", "get,list,watch", "", "secrets"),
    ("kube-system/system:controller:token-cleaner", "get,list,watch", "", "secrets"),
];

/// Binding, role, subjects as `kind:name`. None of these is namespaced.
#[rustfmt::skip]
const BINDINGS: &[(&str, &str, &[&str])] = &[
    ("cluster-admin", "cluster-admin", &["Group:system:masters"]),
    ("system:kube-controller-manager", "system:kube-controller-manager", &["User:system:kube-controller-manager"]),
    ("system:kube-scheduler", "system:kube-scheduler", &["User:system:kube-scheduler"]),
    ("system:volume-scheduler", "system:volume-scheduler", &["User:system:kube-scheduler"]),
    ("system:node", "system:node", &[]),
    ("system:node-proxier", "system:node-proxier", &["User:system:kube-proxy"]),
];

/// kubeadm's; they carry no label.
#[rustfmt::skip]
const KUBEADM_BINDINGS: &[(&str, &str, &[&str])] = &[
    ("kubeadm:cluster-admins", "cluster-admin", &["Group:kubeadm:cluster-admins"]),
    ("kubeadm:apiserver-kubelet-client", "system:kubelet-api-admin", &["User:kube-apiserver-kubelet-client"]),
    ("kubeadm:get-nodes", "kubeadm:get-nodes", &["Group:system:bootstrappers:kubeadm:default-node-token"]),
    ("kubeadm:kubelet-bootstrap", "system:node-bootstrapper", &["Group:system:bootstrappers:kubeadm:default-node-token"]),
    ("kubeadm:node-autoapprove-bootstrap", "system:certificates.k8s.io:certificatesigningrequests:nodeclient", &["Group:system:bootstrappers:kubeadm:default-node-token"]),
    ("kubeadm:node-autoapprove-certificate-rotation", "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", &["Group:system:nodes"]),
];

/// The rules that a role ships with.
fn rules(role: &Role<'_>) -> Vec<PolicyRule<'static>> {
    let mut rules = Vec::new();
    if !role.labelled {
        return rules;
    }
    let wanted = match role.namespace {
        "" => role.name.to_owned(),
        namespace => say![namespace, "/", role.name],
    };
    for (name, verbs, group, resources) in RULES {
        if *name == wanted {
            rules.push(PolicyRule {
                verbs: strings::split(verbs, b','),
                groups: vec![group],
                resources: strings::split(resources, b','),
                ..PolicyRule::default()
            });
        }
    }
    rules
}

/// Whether what a role grants of some powers is what it ships with.
pub fn is_grant(role: &Role<'_>, powers: &[Power], grant: &Grant) -> bool {
    grant.within(&granted(powers, &rules(role), false))
}

/// Whether a rule with a wildcard is one that the role ships with.
pub fn is_wildcard_rule(role: &Role<'_>, seen: &PolicyRule<'_>) -> bool {
    if role.labelled && role.name == "cluster-admin" && role.namespace.is_empty() {
        return true;
    }
    let within = |some: &[&str], all: &[&str]| {
        !some.is_empty() && some.iter().all(|s| strings::among(s, all))
    };
    seen.urls.is_empty()
        && rules(role).iter().any(|rule| {
            within(&seen.verbs, &rule.verbs)
                && within(&seen.groups, &rule.groups)
                && within(&seen.resources, &rule.resources)
        })
}

/// Whether a binding gives the role it ships with to nobody but those it ships
/// with.
pub fn is_binding(binding: &Binding<'_>) -> bool {
    if !binding.namespace.is_empty() {
        return binding.labelled
            && matches!(binding.namespace, "kube-system" | "kube-public")
            && is_controller(binding);
    }
    binding.role_kind == "ClusterRole"
        && (is_row(binding, KUBEADM_BINDINGS)
            || (binding.labelled && (is_row(binding, BINDINGS) || is_controller(binding))))
}

/// Whether a binding is one of these and names nobody but those of its row.
fn is_row(binding: &Binding<'_>, rows: &[(&str, &str, &[&str])]) -> bool {
    for (name, role, expected) in rows {
        if binding.name == *name && binding.role == *role {
            return binding.subjects.iter().all(|s| {
                s.namespace.is_empty() && strings::among(&say![s.kind, ":", s.name], expected)
            });
        }
    }
    false
}

/// A controller's binding: its own role, to its own service account.
fn is_controller(binding: &Binding<'_>) -> bool {
    let Some(account) = binding.name.strip_prefix("system:controller:") else {
        return false;
    };
    let own = |s: &BoundTo<'_>| s.is("ServiceAccount", account) && s.namespace == "kube-system";
    binding.role == binding.name && binding.subjects.iter().all(own)
}
