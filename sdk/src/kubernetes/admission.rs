//! What keeps pods out of a namespace before they run.
//!
//! Pod Security admission is read from the namespace's labels. Policies of the
//! API server and webhooks are found and named where they see pods; what their
//! expressions or engines refuse is not evaluated here, so they never make a
//! pass. Which policies of an engine are set to refuse is in
//! [`engines`](super::engines).

use super::{array, key_of, label, name, selects, text, texts};
use crate::json::Value;
use crate::prelude::*;
use crate::say;
use crate::strings;

/// A level of the Pod Security Standards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Forbids nothing.
    Privileged,
    /// Forbids what opens the node.
    Baseline,
    /// Demands hardening.
    Restricted,
}

/// What a namespace's labels make Pod Security admission enforce. The second
/// is the version the level is pinned to, if it is.
pub fn enforced(namespace: &Value) -> Option<(Level, Option<&str>)> {
    let level = match label(namespace, "pod-security.kubernetes.io/enforce")? {
        "privileged" => Level::Privileged,
        "baseline" => Level::Baseline,
        "restricted" => Level::Restricted,
        // Whatever the API server makes of it, nobody meant it.
        _ => return None,
    };
    let pin = label(namespace, "pod-security.kubernetes.io/enforce-version");
    Some((level, pin.filter(|v| *v != "latest")))
}

/// For a person.
pub fn describe(namespace: &Value) -> String {
    let Some(level) = label(namespace, "pod-security.kubernetes.io/enforce") else {
        return "enforces no Pod Security level".to_owned();
    };
    match enforced(namespace) {
        None => say!["enforces `", level, "`, which is no level"],
        Some((_, None)) => say!["enforces ", level],
        Some((_, Some(pin))) => say!["enforces ", level, " as of ", pin],
    }
}

/// The policies and webhooks that see pods created in a namespace, besides Pod
/// Security: names of what may refuse them.
pub fn guards(
    namespace: &Value,
    policies: &[Value],
    bindings: &[Value],
    webhooks: &[Value],
) -> Vec<String> {
    let mut found = Vec::new();
    for policy in policies {
        let mut denies = false;
        for binding in bindings {
            denies |= text(binding, "/spec/policyName") == name(policy)
                && strings::among("Deny", &texts(binding, "/spec/validationActions"))
                && applies(binding, "/spec/matchResources/namespaceSelector", namespace);
        }
        if denies
            && any_sees_pods(policy, "/spec/matchConstraints/resourceRules")
            && applies(
                policy,
                "/spec/matchConstraints/namespaceSelector",
                namespace,
            )
        {
            found.push(key_of("ValidatingAdmissionPolicy", policy));
        }
    }
    for configuration in webhooks {
        for webhook in array(configuration, "/webhooks") {
            if any_sees_pods(webhook, "/rules") && applies(webhook, "/namespaceSelector", namespace)
            {
                let hook = text(webhook, "/name");
                found.push(say!["webhook ", hook, " of ", name(configuration)]);
            }
        }
    }
    found
}

/// Whether the selector at a pointer picks a namespace. Here an absent one
/// means every namespace.
pub(super) fn applies(object: &Value, pointer: &str, namespace: &Value) -> bool {
    match object.pointer(pointer) {
        Some(selector) if !selector.is_null() => {
            selects(Some(selector), namespace.pointer("/metadata/labels"))
        }
        _ => true,
    }
}

/// Whether one of the rules at a pointer sees pods being created.
pub fn any_sees_pods(object: &Value, pointer: &str) -> bool {
    array(object, pointer).iter().any(sees_pods)
}

fn sees_pods(rule: &Value) -> bool {
    let has = |pointer: &str, wanted: &[&str]| {
        texts(rule, pointer)
            .iter()
            .any(|s| strings::among(s, wanted))
    };
    has("/operations", &["*", "CREATE"])
        && has("/apiGroups", &["*", ""])
        && has("/resources", &["*", "*/*", "pods"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    fn labelled(labels: Value) -> Value {
        json!({"metadata": {"name": "n", "labels": labels}})
    }

    #[test]
    fn labels_say_what_is_enforced() {
        let enforce = "pod-security.kubernetes.io/enforce";
        let version = "pod-security.kubernetes.io/enforce-version";
        for (labels, expected) in [
            (json!({}), None),
            (
                json!({"pod-security.kubernetes.io/warn": "restricted"}),
                None,
            ),
            (json!({enforce: "strict"}), None),
            (json!({enforce: "baseline"}), Some((Level::Baseline, None))),
            (
                json!({enforce: "restricted", version: "latest"}),
                Some((Level::Restricted, None)),
            ),
            (
                json!({enforce: "restricted", version: "v1.24"}),
                Some((Level::Restricted, Some("v1.24"))),
            ),
        ] {
            assert_eq!(enforced(&labelled(labels)), expected);
        }
    }

    #[test]
    fn a_policy_guards_where_it_is_bound_to_deny() {
        let rule = json!({"operations": ["CREATE"], "apiGroups": [""], "resources": ["pods"]});
        let policy = json!({"metadata": {"name": "p"}, "spec": {"matchConstraints": {"resourceRules": [rule]}}});
        let binding = |actions: &[&str], selector: Value| json!({"spec": {"policyName": "p", "validationActions": actions, "matchResources": {"namespaceSelector": selector}}});
        let namespace = labelled(json!({"team": "a"}));
        for (binding, count) in [
            (binding(&["Deny"], json!(null)), 1),
            (binding(&["Deny"], json!({"matchLabels": {"team": "a"}})), 1),
            (binding(&["Deny"], json!({"matchLabels": {"team": "b"}})), 0),
            (binding(&["Warn", "Audit"], json!(null)), 0),
        ] {
            let found = guards(&namespace, std::slice::from_ref(&policy), &[binding], &[]);
            assert_eq!(found.len(), count);
        }
    }

    #[test]
    fn a_webhook_guards_where_it_sees_pods() {
        let hook = |resource: &str, selector: Value| {
            json!({"metadata": {"name": "engine"}, "webhooks": [{"name": "h", "namespaceSelector": selector,
                "rules": [{"operations": ["*"], "apiGroups": ["*"], "resources": [resource]}]}]})
        };
        let namespace = labelled(json!({"team": "a"}));
        for (hook, count) in [
            (hook("pods", json!({})), 1),
            (hook("*", json!(null)), 1),
            (hook("services", json!({})), 0),
            (hook("pods", json!({"matchLabels": {"team": "b"}})), 0),
        ] {
            assert_eq!(guards(&namespace, &[], &[], &[hook]).len(), count);
        }
    }
}
