//! What keeps pods out of a namespace before they run.
//!
//! Pod Security admission is read from the namespace's labels. Policies of the
//! API server and webhooks are found and named where they see pods; what their
//! expressions or engines refuse is not evaluated here, so they never make a
//! pass. A reader of one engine's policies belongs in [`guards`].

use super::{array, label, name, selects, text};
use crate::json::Value;
use crate::prelude::*;
use crate::say;

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
    match enforced(namespace) {
        Some((level, pin)) => {
            let level = match level {
                Level::Privileged => "privileged",
                Level::Baseline => "baseline",
                Level::Restricted => "restricted",
            };
            match pin {
                Some(pin) => say!["enforces ", level, " as of ", pin],
                None => say!["enforces ", level],
            }
        }
        None => match label(namespace, "pod-security.kubernetes.io/enforce") {
            Some(other) => say!["enforces `", other, "`, which is no level"],
            None => "enforces no Pod Security level".to_owned(),
        },
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
    let labels = namespace.pointer("/metadata/labels");
    let applies = |selector: Option<&Value>| {
        // Here an absent selector means every namespace.
        selector.is_none_or(|s| s.is_null() || selects(Some(s), labels))
    };
    let mut found = Vec::new();
    for policy in policies {
        let denies = bindings.iter().any(|b| {
            text(b, "/spec/policyName") == name(policy)
                && array(b, "/spec/validationActions")
                    .iter()
                    .any(|a| a.is_text("Deny"))
                && applies(b.pointer("/spec/matchResources/namespaceSelector"))
        });
        let sees = array(policy, "/spec/matchConstraints/resourceRules")
            .iter()
            .any(sees_pods);
        if denies && sees && applies(policy.pointer("/spec/matchConstraints/namespaceSelector")) {
            found.push(say!["ValidatingAdmissionPolicy/", name(policy)]);
        }
    }
    for configuration in webhooks {
        for webhook in array(configuration, "/webhooks") {
            if array(webhook, "/rules").iter().any(sees_pods)
                && applies(webhook.pointer("/namespaceSelector"))
            {
                found.push(say![
                    "webhook ",
                    text(webhook, "/name"),
                    " of ",
                    name(configuration)
                ]);
            }
        }
    }
    found
}

/// Whether a rule of a policy or webhook sees pods being created.
pub fn sees_pods(rule: &Value) -> bool {
    let has = |pointer: &str, wanted: &[&str]| {
        array(rule, pointer)
            .iter()
            .filter_map(Value::as_str)
            .any(|s| wanted.contains(&s))
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
