//! Policy engines behind webhooks: which objects of Kyverno and Gatekeeper are
//! set to refuse pods of a namespace. What those objects ask of a pod is never
//! evaluated, so they are named and make no pass.

use super::admission::applies;
use super::{array, name, namespace, text, texts};
use crate::json::Value;
use crate::strings;

/// Whether a ClusterPolicy of Kyverno, or a Policy, is set to refuse pods of a
/// namespace. A rule's own action outweighs the policy's; without either a
/// violation is only reported.
pub fn kyverno(policy: &Value, object: &Value) -> bool {
    let own = namespace(policy);
    if !own.is_empty() && own != name(object) {
        return false;
    }
    let whole = text(policy, "/spec/validationFailureAction");
    array(policy, "/spec/rules").iter().any(|rule| {
        let action = match text(rule, "/validate/failureAction") {
            "" => whole,
            own => own,
        };
        let picked = |filters: &str| {
            let filters = array(rule, filters);
            (
                filters.len(),
                filters.iter().filter(|f| picks(f, object)).count(),
            )
        };
        let (all, every) = picked("/match/all");
        // Once written in lower case.
        action.eq_ignore_ascii_case("Enforce")
            && (picked("/match/any").1 > 0
                || (all > 0 && all == every)
                || picks(&rule["match"], object))
    })
}

/// Whether a filter of a rule of Kyverno picks pods of a namespace.
fn picks(filter: &Value, object: &Value) -> bool {
    let kinds = texts(filter, "/resources/kinds");
    let named = texts(filter, "/resources/namespaces");
    kinds
        .iter()
        .any(|kind| strings::among(strings::after_last(kind, b'/'), &["Pod", "*"]))
        && (named.is_empty() || is_like(name(object), &named))
        && applies(filter, "/resources/namespaceSelector", object)
}

/// Whether a constraint of Gatekeeper is set to refuse pods of a namespace.
pub fn gatekeeper(constraint: &Value, object: &Value) -> bool {
    let named = texts(constraint, "/spec/match/namespaces");
    let kinds = array(constraint, "/spec/match/kinds");
    let sees = |kind: &Value| {
        let has = |list: &str, wanted: &str| {
            let list = texts(kind, list);
            strings::among("*", &list) || strings::among(wanted, &list)
        };
        has("/apiGroups", "") && has("/kinds", "Pod")
    };
    strings::among(text(constraint, "/spec/enforcementAction"), &["", "deny"])
        && text(constraint, "/spec/match/scope") != "Cluster"
        && (kinds.is_empty() || kinds.iter().any(sees))
        && (named.is_empty() || is_like(name(object), &named))
        && !is_like(
            name(object),
            &texts(constraint, "/spec/match/excludedNamespaces"),
        )
        && applies(constraint, "/spec/match/namespaceSelector", object)
}

/// Whether a name is among some in which `*` stands for anything.
fn is_like(name: &str, list: &[&str]) -> bool {
    list.iter().any(|like| match strings::cut(like, b'*') {
        None => *like == name,
        Some((start, end)) => {
            name.strip_prefix(start)
                .is_some_and(|rest| match strings::cut(end, b'*') {
                    None => rest.ends_with(end),
                    Some((part, _)) => strings::contains(rest, part),
                })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    fn app() -> Value {
        json!({"metadata": {"name": "app", "labels": {"team": "a"}}})
    }

    #[test]
    fn kyverno_refuses_where_a_rule_is_enforced_and_picks_pods() {
        let of = |kind: &str| json!({"resources": {"kinds": [kind]}});
        let pods = || json!({"any": [of("Pod")]});
        let within = |namespaces: &[&str]| json!({"any": [{"resources": {"kinds": ["Pod"], "namespaces": namespaces}}]});
        let team = |team: &str| {
            let selector = json!({"matchLabels": {"team": team}});
            json!({"any": [{"resources": {"kinds": ["Pod"], "namespaceSelector": selector}}]})
        };
        for (whole, own, picked, refuses) in [
            ("Enforce", "", pods(), true),
            ("enforce", "", pods(), true),
            ("Audit", "Enforce", pods(), true),
            ("", "Enforce", pods(), true),
            ("Enforce", "Audit", pods(), false),
            ("Audit", "", pods(), false),
            ("", "", pods(), false),
            ("Enforce", "", of("Pod"), true),
            ("Enforce", "", of("v1/Pod"), true),
            ("Enforce", "", of("*"), true),
            ("Enforce", "", of("Deployment"), false),
            ("Enforce", "", json!({}), false),
            ("Enforce", "", json!({"all": [of("Pod"), of("*")]}), true),
            (
                "Enforce",
                "",
                json!({"all": [of("Pod"), of("Service")]}),
                false,
            ),
            (
                "Enforce",
                "",
                json!({"any": [of("Service"), of("Pod")]}),
                true,
            ),
            ("Enforce", "", within(&["app"]), true),
            ("Enforce", "", within(&["a*"]), true),
            ("Enforce", "", within(&["other", "*-prod"]), false),
            ("Enforce", "", team("a"), true),
            ("Enforce", "", team("b"), false),
        ] {
            let rule = json!({"match": picked, "validate": {"failureAction": own}});
            let spec = json!({"validationFailureAction": whole, "rules": [rule]});
            let policy = json!({"metadata": {"name": "p"}, "spec": spec});
            assert_eq!(kyverno(&policy, &app()), refuses, "{policy}");
            for (at, holds) in [("app", refuses), ("other", false)] {
                let policy = json!({"metadata": {"name": "p", "namespace": at}, "spec": spec});
                assert_eq!(kyverno(&policy, &app()), holds, "{policy}");
            }
        }
    }

    #[test]
    fn gatekeeper_refuses_where_a_constraint_denies_and_sees_pods() {
        let kinds = |group: &str, kind: &str| json!({"match": {"kinds": [{"apiGroups": [group], "kinds": [kind]}]}});
        for (spec, refuses) in [
            (json!({}), true),
            (json!({"enforcementAction": "deny"}), true),
            (json!({"enforcementAction": "dryrun"}), false),
            (json!({"enforcementAction": "warn"}), false),
            (json!({"enforcementAction": "scoped"}), false),
            (kinds("", "Pod"), true),
            (kinds("*", "*"), true),
            (kinds("apps", "Deployment"), false),
            (kinds("", "Service"), false),
            (json!({"match": {"scope": "Cluster"}}), false),
            (json!({"match": {"namespaces": ["app"]}}), true),
            (json!({"match": {"namespaces": ["*pp"]}}), true),
            (json!({"match": {"namespaces": ["*p*"]}}), true),
            (json!({"match": {"namespaces": ["kube-*", "other"]}}), false),
            (json!({"match": {"excludedNamespaces": ["kube-*"]}}), true),
            (json!({"match": {"excludedNamespaces": ["a*"]}}), false),
            (
                json!({"match": {"namespaceSelector": {"matchLabels": {"team": "a"}}}}),
                true,
            ),
            (
                json!({"match": {"namespaceSelector": {"matchLabels": {"team": "b"}}}}),
                false,
            ),
        ] {
            let constraint = json!({"metadata": {"name": "c"}, "spec": spec});
            assert_eq!(gatekeeper(&constraint, &app()), refuses, "{constraint}");
        }
    }
}
