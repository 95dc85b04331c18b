//! Audits over objects of the API: those whose question a rule can ask. They
//! are known by what they list and by the fields that they look at; an audit
//! that looks at more is none of them.

use super::read::Source;
use super::reason::{Reason, Why};
use super::shell;
use crate::author::language::{Condition, Objects, OneOrMany, Rule, Scalar, Test, Texts};

/// Fields of a pod's specification whose truth is asked about.
const POD: [&str; 3] = ["hostPID", "hostIPC", "hostNetwork"];

/// Fields of a container's security context whose truth is asked about.
const CONTAINER: [&str; 2] = ["privileged", "allowPrivilegeEscalation"];

/// The rule of an audit over the API; none if it is about something else.
pub(super) fn rule(source: &Source) -> Option<Result<Rule, Why>> {
    let text = source.audit.as_str();
    let commands = shell::commands(text);
    let heads: Vec<&str> = commands.iter().map(shell::Command::head).collect();
    let is_api = text.contains("kubectl get ")
        && !heads
            .iter()
            .any(|h| ["oc", "gcloud", "aws", "az", "ps"].contains(h));
    if !is_api {
        return None;
    }
    let lists = |resource: &str| {
        ["kubectl get ", "kubectl -n default get "]
            .iter()
            .any(|get| text.contains(&format!("{get}{resource} ")))
    };
    let demanded = demands(source);
    if lists("psp") || !demanded {
        return Some(Err(Reason::Api.into()));
    }
    let found = pods(text, &lists)
        .or_else(|| service_accounts(text, &lists))
        .or_else(|| roles(text, &lists))
        .or_else(|| bindings(text, &lists));
    Some(found.ok_or_else(|| Reason::Api.into()))
}

/// Whether what is demanded is what such audits print where nothing is wrong.
fn demands(source: &Source) -> bool {
    !source.items.is_empty()
        && source.items.iter().all(|item| {
            let word = item.flag.as_str();
            match (item.set, item.op.as_str()) {
                // A word for what is wrong must not be printed.
                (false, _) => true,
                (true, "eq") => {
                    item.value == "true" && word.ends_with("is_compliant")
                        || item.value == "false" && word == "automountServiceAccountToken"
                        || item.value == item.flag && word.starts_with("NO_")
                }
                (true, "") => word.starts_with("NO_"),
                _ => false,
            }
        })
}

/// Pods whose specification or containers have a field that is true.
fn pods(text: &str, lists: &dyn Fn(&str) -> bool) -> Option<Rule> {
    if !lists("pods") || lists("serviceaccounts") || lists("serviceaccount") {
        return None;
    }
    let asked: Vec<&str> = POD
        .iter()
        .chain(&CONTAINER)
        .copied()
        .filter(|field| text.contains(&format!(".{field}")))
        .collect();
    let mut rule = objects("pods", "v1", "Pod");
    let isnt = |at: String, value| condition(&at, is_not(value));
    match asked.as_slice() {
        [field] if POD.contains(field) => {
            rule.require = vec![isnt(format!("/spec/{field}"), true)];
        }
        [field] if text.contains("containers[]") => {
            let init = ["initContainers[]", "ephemeralContainers[]"];
            let mut each = vec!["/spec/containers/*".to_owned()];
            for name in init.iter().filter(|name| text.contains(*name)) {
                each.push(format!("/spec/{}/*", name.trim_end_matches("[]")));
            }
            rule.each = Some(OneOrMany::Many(each));
            rule.require = vec![isnt(format!("/securityContext/{field}"), true)];
        }
        [] if text.contains(".spec.automountServiceAccountToken != false") => {
            rule.require = vec![condition(
                "/spec/automountServiceAccountToken",
                is(Scalar::Boolean(false)),
            )];
        }
        _ => return None,
    }
    Some(Rule::Objects(Box::new(rule)))
}

/// Default service accounts whose tokens pods are given, and pods that use them.
fn service_accounts(text: &str, lists: &dyn Fn(&str) -> bool) -> Option<Rule> {
    let is_about = (lists("serviceaccounts") || lists("serviceaccount"))
        && text.contains("automountServiceAccountToken")
        && (text.contains("metadata.name=default")
            || text.contains(".metadata.name == \"default\""));
    if !is_about {
        return None;
    }
    let mut rule = objects("serviceaccounts", "v1", "ServiceAccount");
    if text.contains("!= \"kube-system\"") {
        rule.exempt = Some(texts(&["kube-system"]));
    }
    rule.only = vec![condition(
        "/metadata/name",
        is(Scalar::Text("default".to_owned())),
    )];
    rule.require = vec![condition(
        "/automountServiceAccountToken",
        is(Scalar::Boolean(false)),
    )];
    let accounts = Rule::Objects(Box::new(rule));
    if !lists("pods") {
        return Some(accounts);
    }
    if !text.contains(".spec.serviceAccountName == \"default\"") {
        return None;
    }
    let mut pods = objects("pods", "v1", "Pod");
    pods.require = vec![condition(
        "/spec/serviceAccountName",
        is_not_text("default"),
    )];
    Some(Rule::All(vec![accounts, Rule::Objects(Box::new(pods))]))
}

/// Roles whose rules allow everything, or reach what they should not.
fn roles(text: &str, lists: &dyn Fn(&str) -> bool) -> Option<Rule> {
    let both = lists("roles,clusterroles");
    let is_named = text.contains("metadata.name !=") || text.contains("whitelist");
    if is_named || !(both || lists("roles")) {
        return None;
    }
    let mut kinds = vec![("roles", "Role")];
    if both || lists("clusterroles") {
        kinds.push(("clusterroles", "ClusterRole"));
    }
    let wildcards = ["verbs", "resources", "apiGroups"]
        .iter()
        .all(|field| text.contains(&format!(".{field}[]? == \"*\"")));
    let anywhere = text.contains("jq -c '.rules'") && text.contains("\\[\\\"\\*\\\"\\]");
    let made: Vec<Rule> = kinds
        .iter()
        .map(|(resource, kind)| {
            let of = || objects(resource, "rbac.authorization.k8s.io/v1", kind);
            if wildcards || anywhere {
                let mut rule = of();
                rule.each = Some(OneOrMany::One("/rules/*".to_owned()));
                let fields = ["/verbs", "/resources", "/apiGroups"];
                rule.require = fields.iter().map(|at| condition(at, lacks("*"))).collect();
                return Some(Rule::Objects(Box::new(rule)));
            }
            // One rule of a role may name the resource and another the verbs:
            // only what has both is wrong, and that no condition says.
            None
        })
        .collect::<Option<Vec<Rule>>>()?;
    match made.len() {
        1 => made.into_iter().next(),
        _ => Some(Rule::All(made)),
    }
}

/// Bindings to cluster-admin, or to those that nobody has authenticated.
fn bindings(text: &str, lists: &dyn Fn(&str) -> bool) -> Option<Rule> {
    if !lists("clusterrolebindings") {
        return None;
    }
    let api = "rbac.authorization.k8s.io/v1";
    if text.contains("roleRef") && text.contains("\"cluster-admin\"") && !lists("rolebindings") {
        let mut rule = objects("clusterrolebindings", api, "ClusterRoleBinding");
        rule.only = vec![condition(
            "/roleRef/name",
            is(Scalar::Text("cluster-admin".to_owned())),
        )];
        if text.contains("\"${role_name}\" != \"cluster-admin\"") {
            rule.require = vec![condition(
                "/metadata/name",
                is(Scalar::Text("cluster-admin".to_owned())),
            )];
            return Some(Rule::Objects(Box::new(rule)));
        }
        let groups: Vec<&str> = ["system:masters", "system:nodes"]
            .into_iter()
            .filter(|group| text.contains(&format!(".name != \"{group}\"")))
            .collect();
        if groups.is_empty() || !text.contains(".kind != \"Group\"") {
            return None;
        }
        rule.each = Some(OneOrMany::One("/subjects/*".to_owned()));
        rule.require = vec![
            condition("/kind", is(Scalar::Text("Group".to_owned()))),
            condition(
                "/name",
                Test {
                    one_of: Some(texts(&groups)),
                    ..Test::default()
                },
            ),
        ];
        return Some(Rule::Objects(Box::new(rule)));
    }
    let who = [
        "system:anonymous",
        "system:unauthenticated",
        "system:authenticated",
    ];
    let who = who
        .into_iter()
        .find(|who| text.contains(&format!(".name==\"{who}\"")))?;
    let spared: Vec<&str> = [
        "system:public-info-viewer",
        "system:basic-user",
        "system:discovery",
    ]
    .into_iter()
    .filter(|name| text.contains(&format!(".metadata.name != \"{name}\"")))
    .collect();
    let kinds = [
        ("clusterrolebindings", "ClusterRoleBinding"),
        ("rolebindings", "RoleBinding"),
    ];
    let made = kinds
        .into_iter()
        .filter(|(resource, _)| lists(resource))
        .map(|(resource, kind)| {
            let mut rule = objects(resource, api, kind);
            if resource == "clusterrolebindings" && !spared.is_empty() {
                rule.only = vec![condition(
                    "/metadata/name",
                    Test {
                        none_of: Some(texts(&spared)),
                        ..Test::default()
                    },
                )];
            }
            rule.each = Some(OneOrMany::One("/subjects/*".to_owned()));
            rule.require = vec![condition("/name", is_not_text(who))];
            Rule::Objects(Box::new(rule))
        });
    Some(Rule::All(made.collect()))
}

fn objects(resource: &str, api_version: &str, kind: &str) -> Objects {
    Objects {
        resource: resource.to_owned(),
        api_version: api_version.to_owned(),
        kind: Some(kind.to_owned()),
        ..Objects::default()
    }
}

fn condition(at: &str, test: Test) -> Condition {
    Condition {
        at: at.to_owned(),
        test,
    }
}

fn is(value: Scalar) -> Test {
    Test {
        is: Some(value),
        ..Test::default()
    }
}

fn is_not(value: bool) -> Test {
    Test {
        is_not: Some(Scalar::Boolean(value)),
        ..Test::default()
    }
}

fn is_not_text(value: &str) -> Test {
    Test {
        is_not: Some(Scalar::Text(value.to_owned())),
        ..Test::default()
    }
}

fn lacks(value: &str) -> Test {
    Test {
        lacks: Some(value.to_owned()),
        ..Test::default()
    }
}

fn texts(values: &[&str]) -> Texts {
    Texts::List(
        values
            .iter()
            .map(|v| Scalar::Text((*v).to_owned()))
            .collect(),
    )
}
