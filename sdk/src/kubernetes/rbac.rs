//! Role-based access control as the API server evaluates it: which verbs on
//! which resources a role grants, and whom a binding gives it to.

use super::{array, key, name, namespace, selects, text, texts};
use crate::json::Value;
use crate::list::ToList;
use crate::prelude::*;
use crate::say;
use crate::strings;

/// One rule of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyRule {
    /// Verbs; `*` is all.
    pub verbs: Vec<String>,
    /// API groups; empty text is the core group, `*` is all.
    pub groups: Vec<String>,
    /// Resources, `resource/subresource`, `*/subresource`, or `*` for all.
    pub resources: Vec<String>,
    /// Names of objects; all if empty.
    pub names: Vec<String>,
    /// Paths that are no resources.
    pub urls: Vec<String>,
}

impl PolicyRule {
    fn read(rule: &Value) -> Self {
        Self {
            verbs: texts(rule, "/verbs"),
            groups: texts(rule, "/apiGroups"),
            resources: texts(rule, "/resources"),
            names: texts(rule, "/resourceNames"),
            urls: texts(rule, "/nonResourceURLs"),
        }
    }

    /// Whether anything in the rule stands for more than it names.
    pub fn has_wildcard(&self) -> bool {
        let star = |list: &[String]| list.iter().any(|s| s == "*");
        star(&self.verbs)
            || star(&self.groups)
            || star(&self.urls)
            || self.resources.iter().any(|r| strings::has(r, b'*'))
    }

    /// `verbs on resources (group)`, for a person.
    pub fn describe(&self) -> String {
        let verbs = strings::join(&self.verbs, ",");
        let mut words = if self.resources.is_empty() {
            say![verbs, " on ", strings::join(&self.urls, ",")]
        } else {
            let groups: Vec<_> = self.groups.iter().map(|g| group_name(g)).to_list();
            let resources = strings::join(&self.resources, ",");
            say![
                verbs,
                " on ",
                resources,
                " (",
                strings::join(&groups, ","),
                ")"
            ]
        };
        if !self.names.is_empty() {
            words.push_str(" named ");
            words.push_str(&strings::join(&self.names, ","));
        }
        words
    }
}

fn group_name(group: &str) -> &str {
    if group.is_empty() { "core" } else { group }
}

/// Something a role may allow: these verbs on these resources.
#[derive(Debug, Clone, Copy)]
pub struct Power {
    /// Verbs, each of which counts. `*` only matches a rule that says `*`.
    pub verbs: &'static [&'static str],
    /// The API group; `*` only matches a rule that says `*`.
    pub group: &'static str,
    /// Resources. `name/*` is any subresource of `name` that has a name.
    pub resources: &'static [&'static str],
    /// Whether a RoleBinding can give it: not for cluster-wide resources.
    pub namespaced: bool,
}

/// What a role grants of a power.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// `verb resource` pairs, each once.
    pub rights: Vec<String>,
    /// The rules that grant it, for a person.
    pub rules: Vec<String>,
    /// Whether every rule is limited to named objects.
    pub named: bool,
}

impl Grant {
    /// Whether nothing is granted.
    pub fn is_empty(&self) -> bool {
        self.rights.is_empty()
    }

    /// Whether all rights are among the other's.
    pub fn within(&self, other: &Self) -> bool {
        self.rights.iter().all(|r| other.rights.contains(r))
    }
}

/// What rules grant of some powers. With `in_namespace`, only of those that a
/// RoleBinding can give.
pub fn granted(powers: &[Power], rules: &[PolicyRule], in_namespace: bool) -> Grant {
    let mut grant = Grant {
        named: true,
        ..Grant::default()
    };
    for rule in rules {
        let mut matched = false;
        for power in powers.iter().filter(|p| p.namespaced || !in_namespace) {
            if !rule.groups.iter().any(|g| g == "*" || g == power.group) {
                continue;
            }
            for resource in power.resources {
                if !rule.resources.iter().any(|r| covers(r, resource)) {
                    continue;
                }
                for verb in power.verbs {
                    // A request without an object's name never matches a rule
                    // with names; creating a subresource does carry one.
                    let nameless = *verb == "deletecollection"
                        || (*verb == "create" && !strings::has(resource, b'/'));
                    if (rule.names.is_empty() || !nameless)
                        && rule.verbs.iter().any(|v| v == "*" || v == verb)
                    {
                        let right = say![verb, " ", resource];
                        matched = true;
                        if !grant.rights.contains(&right) {
                            grant.rights.push(right);
                        }
                    }
                }
            }
        }
        if matched {
            grant.named &= !rule.names.is_empty();
            grant.rules.push(rule.describe());
        }
    }
    grant
}

/// Whether a rule's resource covers a requested one, as the RBAC authorizer
/// compares them: `*` is everything, `*/sub` is that subresource of anything,
/// and `pods/*` is nothing at all.
fn covers(rule: &str, requested: &str) -> bool {
    if rule == "*" || rule == requested {
        return true;
    }
    let Some((resource, sub)) = strings::cut(requested, b'/') else {
        return false;
    };
    match strings::cut(rule, b'/') {
        Some((r, s)) if sub == "*" => (r == resource || r == "*") && s != "*",
        Some(("*", s)) => s == sub,
        _ => false,
    }
}

/// A Role or ClusterRole.
#[derive(Debug, Clone)]
pub struct Role {
    /// Empty for a ClusterRole.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its rules; those of an aggregated role as the API server filled them in,
    /// or, where it has not yet, gathered here.
    pub rules: Vec<PolicyRule>,
    /// Whether it carries the label of what the API server ships.
    pub labelled: bool,
    /// Names of the ClusterRoles whose rules it takes over.
    pub aggregates: Vec<String>,
}

impl Role {
    /// Its stable key.
    pub fn key(&self) -> String {
        let kind = if self.namespace.is_empty() {
            "ClusterRole"
        } else {
            "Role"
        };
        key(kind, &self.namespace, &self.name)
    }
}

/// Whom a binding names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundTo {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: String,
    /// A service account's namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl BoundTo {
    /// For a person: `User alice`, `ServiceAccount ns/name`.
    pub fn describe(&self) -> String {
        if self.namespace.is_empty() {
            say![self.kind, " ", self.name]
        } else {
            say![self.kind, " ", self.namespace, "/", self.name]
        }
    }

    /// Whether this is everybody, or everybody of a kind, however it is put.
    pub fn is_everybody(&self) -> bool {
        match self.kind.as_str() {
            "Group" => {
                matches!(
                    self.name.as_str(),
                    "system:authenticated" | "system:unauthenticated"
                ) || self.name.starts_with("system:serviceaccounts")
            }
            "User" => self.name == "system:anonymous",
            _ => false,
        }
    }

    /// The namespace of a service account, also of one that is written as a user.
    pub fn service_account(&self) -> Option<(&str, &str)> {
        match self.kind.as_str() {
            "ServiceAccount" => Some((&self.namespace, &self.name)),
            "User" => {
                let account = self.name.strip_prefix("system:serviceaccount:")?;
                strings::cut(account, b':')
            }
            _ => None,
        }
    }

    /// Whether this is a service account of one of these namespaces.
    pub fn is_account_of(&self, namespaces: &[String]) -> bool {
        self.service_account()
            .is_some_and(|(ns, _)| namespaces.iter().any(|n| n == ns))
    }
}

/// A RoleBinding or ClusterRoleBinding.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Empty for a ClusterRoleBinding.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `Role` or `ClusterRole`.
    pub role_kind: String,
    /// The role's name.
    pub role: String,
    /// Whom it names.
    pub subjects: Vec<BoundTo>,
    /// Whether it carries the label of what the API server ships.
    pub labelled: bool,
}

impl Binding {
    /// Its stable key.
    pub fn key(&self) -> String {
        let kind = if self.namespace.is_empty() {
            "ClusterRoleBinding"
        } else {
            "RoleBinding"
        };
        key(kind, &self.namespace, &self.name)
    }

    /// Whom it names, for a person.
    pub fn who(&self) -> String {
        if self.subjects.is_empty() {
            return "nobody".to_owned();
        }
        let all: Vec<_> = self.subjects.iter().map(BoundTo::describe).to_list();
        strings::join(&all, ", ")
    }
}

/// All roles and bindings of a cluster.
#[derive(Debug, Clone, Default)]
pub struct Rbac {
    /// ClusterRoles and Roles.
    pub roles: Vec<Role>,
    /// ClusterRoleBindings and RoleBindings.
    pub bindings: Vec<Binding>,
}

impl Rbac {
    /// Reads listed objects.
    pub fn read(
        cluster_roles: &[Value],
        roles: &[Value],
        cluster_role_bindings: &[Value],
        role_bindings: &[Value],
    ) -> Self {
        let mut all: Vec<_> = cluster_roles.iter().chain(roles).map(read_role).to_list();
        for (i, object) in cluster_roles.iter().enumerate() {
            let selectors = array(object, "/aggregationRule/clusterRoleSelectors");
            if selectors.is_empty() {
                continue;
            }
            let mut names = Vec::new();
            let mut rules = Vec::new();
            for other in cluster_roles {
                let labels = other.pointer("/metadata/labels");
                if selectors.iter().any(|s| selects(Some(s), labels)) {
                    names.push(name(other).to_owned());
                    rules.extend(array(other, "/rules").iter().map(PolicyRule::read));
                }
            }
            if let Some(role) = all.get_mut(i) {
                if role.rules.is_empty() {
                    role.rules = rules;
                }
                role.aggregates = names;
            }
        }
        let bindings = cluster_role_bindings.iter().chain(role_bindings);
        Self {
            roles: all,
            bindings: bindings.map(read_binding).to_list(),
        }
    }

    /// The role that a binding gives. None if it does not exist: the binding
    /// then gives nothing.
    pub fn role_of(&self, binding: &Binding) -> Option<&Role> {
        let wanted = if binding.role_kind == "Role" {
            binding.namespace.as_str()
        } else {
            ""
        };
        self.roles
            .iter()
            .find(|r| r.name == binding.role && r.namespace == wanted)
    }

    /// The bindings that give a role to somebody.
    pub fn bindings_of<'a>(&'a self, role: &'a Role) -> impl Iterator<Item = &'a Binding> {
        self.bindings.iter().filter(move |b| {
            b.role == role.name
                && !b.subjects.is_empty()
                && if role.namespace.is_empty() {
                    b.role_kind == "ClusterRole"
                } else {
                    b.role_kind == "Role" && b.namespace == role.namespace
                }
        })
    }

    /// The bindings that name a service account.
    pub fn bindings_to_account<'a>(
        &'a self,
        namespace: &'a str,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Binding> {
        let account = Some((namespace, name));
        self.bindings
            .iter()
            .filter(move |b| b.subjects.iter().any(|s| s.service_account() == account))
    }
}

fn read_role(object: &Value) -> Role {
    Role {
        namespace: namespace(object).to_owned(),
        name: name(object).to_owned(),
        rules: array(object, "/rules")
            .iter()
            .map(PolicyRule::read)
            .to_list(),
        labelled: is_labelled(object),
        aggregates: Vec::new(),
    }
}

fn read_binding(object: &Value) -> Binding {
    let subject = |s: &Value| {
        let kind = text(s, "/kind");
        BoundTo {
            kind: kind.to_owned(),
            // Only service accounts live in namespaces.
            namespace: match kind {
                "ServiceAccount" => text(s, "/namespace").to_owned(),
                _ => String::new(),
            },
            name: text(s, "/name").to_owned(),
        }
    };
    Binding {
        namespace: namespace(object).to_owned(),
        name: name(object).to_owned(),
        role_kind: text(object, "/roleRef/kind").to_owned(),
        role: text(object, "/roleRef/name").to_owned(),
        subjects: array(object, "/subjects").iter().map(subject).to_list(),
        labelled: is_labelled(object),
    }
}

fn is_labelled(object: &Value) -> bool {
    super::label(object, "kubernetes.io/bootstrapping") == Some("rbac-defaults")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    const SECRETS: &[Power] = &[Power {
        verbs: &["get", "list", "watch"],
        group: "",
        resources: &["secrets"],
        namespaced: true,
    }];
    const TOKENS: &[Power] = &[Power {
        verbs: &["create"],
        group: "",
        resources: &["serviceaccounts/token"],
        namespaced: true,
    }];
    const PODS: &[Power] = &[Power {
        verbs: &["create"],
        group: "",
        resources: &["pods"],
        namespaced: true,
    }];
    const PROXY: &[Power] = &[Power {
        verbs: &["get", "create"],
        group: "",
        resources: &["nodes/proxy"],
        namespaced: false,
    }];

    fn rights(powers: &[Power], rule: Value, in_namespace: bool) -> String {
        granted(powers, &[PolicyRule::read(&rule)], in_namespace)
            .rights
            .join(", ")
    }

    #[test]
    fn a_rule_grants_what_the_authorizer_would_allow() {
        let core = |verbs: &[&str], resources: &[&str]| json!({"verbs": verbs, "apiGroups": [""], "resources": resources});
        for (powers, rule, expected) in [
            (
                SECRETS,
                core(&["get", "create"], &["secrets"]),
                "get secrets",
            ),
            (
                SECRETS,
                core(&["*"], &["*"]),
                "get secrets, list secrets, watch secrets",
            ),
            (
                SECRETS,
                json!({"verbs": ["list"], "apiGroups": ["*"], "resources": ["secrets"]}),
                "list secrets",
            ),
            (
                SECRETS,
                json!({"verbs": ["list"], "apiGroups": ["apps"], "resources": ["*"]}),
                "",
            ),
            (
                SECRETS,
                json!({"verbs": ["get"], "nonResourceURLs": ["*"]}),
                "",
            ),
            (TOKENS, core(&["create"], &["serviceaccounts"]), ""),
            (
                TOKENS,
                core(&["create"], &["*/token"]),
                "create serviceaccounts/token",
            ),
            (TOKENS, core(&["create"], &["serviceaccounts/*"]), ""),
            (
                TOKENS,
                json!({"verbs": ["create"], "apiGroups": [""], "resources": ["serviceaccounts/token"], "resourceNames": ["x"]}),
                "create serviceaccounts/token",
            ),
            // A name is not known when something is created.
            (
                PODS,
                json!({"verbs": ["create"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["x"]}),
                "",
            ),
            (PODS, core(&["create"], &["pods/exec", "*/scale"]), ""),
            (PROXY, core(&["get"], &["nodes/proxy"]), "get nodes/proxy"),
            (PROXY, core(&["get"], &["nodes"]), ""),
        ] {
            assert_eq!(rights(powers, rule, false), expected, "{rule}");
        }
        assert_eq!(rights(PROXY, core(&["get"], &["nodes/proxy"]), true), "");
    }

    #[test]
    fn an_aggregated_role_has_the_rules_of_others_if_none_are_filled_in() {
        let part = json!({"metadata": {"name": "part", "labels": {"to": "all"}},
            "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}]});
        let whole = json!({"metadata": {"name": "whole"},
            "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "all"}}]}});
        let rbac = Rbac::read(&[part, whole], &[], &[], &[]);
        let whole = &rbac.roles[1];
        assert_eq!(whole.aggregates, ["part"]);
        assert_eq!(
            granted(SECRETS, &whole.rules, false).rights,
            ["get secrets"]
        );
    }

    #[test]
    fn a_binding_finds_its_role_in_its_own_namespace() {
        let role = |ns: &str| json!({"metadata": {"name": "r", "namespace": ns}, "rules": []});
        let binding = json!({"metadata": {"name": "b", "namespace": "two"},
            "roleRef": {"kind": "Role", "name": "r"}, "subjects": [{"kind": "User", "name": "u"}]});
        let rbac = Rbac::read(&[], &[role("one"), role("two")], &[], &[binding]);
        let found = rbac.role_of(&rbac.bindings[0]).map(Role::key);
        assert_eq!(found.as_deref(), Some("Role/two/r"));
        assert_eq!(rbac.bindings_of(&rbac.roles[0]).count(), 0);
        assert_eq!(rbac.bindings_of(&rbac.roles[1]).count(), 1);
    }

    #[test]
    fn everybody_has_several_names() {
        for (kind, name, everybody) in [
            ("Group", "system:authenticated", true),
            ("Group", "system:serviceaccounts:dev", true),
            ("User", "system:anonymous", true),
            ("Group", "developers", false),
            ("User", "system:authenticated", false),
        ] {
            let subject = BoundTo {
                kind: kind.into(),
                namespace: String::new(),
                name: name.into(),
            };
            assert_eq!(subject.is_everybody(), everybody, "{kind} {name}");
        }
    }
}
