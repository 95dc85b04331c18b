//! Role-based access control as the API server evaluates it: which verbs on
//! which resources a role grants, and whom a binding gives it to.

use super::{array, key, name, namespace, selects, text, texts};
use crate::json::Value;
use crate::prelude::*;
use crate::say;
use crate::strings;

/// One rule of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyRule<'a> {
    /// Verbs; `*` is all.
    pub verbs: Vec<&'a str>,
    /// API groups; empty text is the core group, `*` is all.
    pub groups: Vec<&'a str>,
    /// Resources, `resource/subresource`, `*/subresource`, or `*` for all.
    pub resources: Vec<&'a str>,
    /// Names of objects; all if empty.
    pub names: Vec<&'a str>,
    /// Paths that are no resources.
    pub urls: Vec<&'a str>,
}

impl<'a> PolicyRule<'a> {
    /// One walk over its members: a cluster has hundreds of rules.
    fn read(rule: &'a Value) -> Self {
        let mut read = Self::default();
        for (name, list) in rule.as_object().unwrap_or_default() {
            let into = match *name {
                "verbs" => &mut read.verbs,
                "apiGroups" => &mut read.groups,
                "resources" => &mut read.resources,
                "resourceNames" => &mut read.names,
                "nonResourceURLs" => &mut read.urls,
                _ => continue,
            };
            *into = texts(list, "");
        }
        read
    }

    /// Whether anything in the rule stands for more than it names.
    pub fn has_wildcard(&self) -> bool {
        let mut any = false;
        for list in [&self.verbs, &self.groups, &self.urls] {
            any |= strings::among("*", list);
        }
        for resource in &self.resources {
            any |= strings::has(resource, b'*');
        }
        any
    }

    /// `verbs on resources (group)`, for a person.
    pub fn describe(&self) -> String {
        let mut words = strings::join(&self.verbs, ",");
        let mut add = |before: &str, list: &[&str]| {
            words.push_str(before);
            words.push_str(&strings::join(list, ","));
        };
        if self.resources.is_empty() {
            add(" on ", &self.urls);
        } else {
            let mut groups = self.groups.clone();
            for group in &mut groups {
                if group.is_empty() {
                    *group = "core";
                }
            }
            add(" on ", &self.resources);
            add(" (", &groups);
            add(")", &[]);
        }
        if !self.names.is_empty() {
            add(" named ", &self.names);
        }
        words
    }
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
        self.rights.iter().all(|r| strings::among(r, &other.rights))
    }
}

/// What rules grant of some powers. With `in_namespace`, only of those that a
/// RoleBinding can give.
pub fn granted(powers: &[Power], rules: &[PolicyRule<'_>], in_namespace: bool) -> Grant {
    let mut grant = Grant {
        named: true,
        ..Grant::default()
    };
    let is =
        |wanted: &str, list: &[&str]| strings::among("*", list) || strings::among(wanted, list);
    for rule in rules {
        let mut matched = false;
        for power in powers {
            if (in_namespace && !power.namespaced) || !is(power.group, &rule.groups) {
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
                    if is(verb, &rule.verbs) && (rule.names.is_empty() || !nameless) {
                        let right = say![verb, " ", resource];
                        matched = true;
                        if !strings::among(&right, &grant.rights) {
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
pub struct Role<'a> {
    /// Empty for a ClusterRole.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its rules; those of an aggregated role as the API server filled them in,
    /// or, where it has not yet, gathered here.
    pub rules: Vec<PolicyRule<'a>>,
    /// Whether it carries the label of what the API server ships.
    pub labelled: bool,
    /// Names of the ClusterRoles whose rules it takes over.
    pub aggregates: Vec<&'a str>,
}

impl<'a> Role<'a> {
    fn read(object: &'a Value) -> Self {
        let mut role = Self {
            namespace: namespace(object),
            name: name(object),
            rules: Vec::new(),
            labelled: is_labelled(object),
            aggregates: Vec::new(),
        };
        role.take(object);
        role
    }

    /// Takes over an object's rules.
    fn take(&mut self, object: &'a Value) {
        for rule in array(object, "/rules") {
            self.rules.push(PolicyRule::read(rule));
        }
    }

    /// Its stable key.
    pub fn key(&self) -> String {
        cluster_or_not("Role", self.namespace, self.name)
    }
}

/// The key of a Role or RoleBinding, or of their cluster-wide kin.
fn cluster_or_not(kind: &str, namespace: &str, name: &str) -> String {
    let key = key(kind, namespace, name);
    if namespace.is_empty() {
        say!["Cluster", key]
    } else {
        key
    }
}

/// Whom a binding names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundTo<'a> {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: &'a str,
    /// A service account's namespace.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
}

impl<'a> BoundTo<'a> {
    fn read(subject: &'a Value) -> Self {
        let kind = text(subject, "/kind");
        Self {
            kind,
            // Only service accounts live in namespaces.
            namespace: match kind {
                "ServiceAccount" => text(subject, "/namespace"),
                _ => "",
            },
            name: text(subject, "/name"),
        }
    }

    /// Whether this is a group or user of this name.
    pub fn is(&self, kind: &str, name: &str) -> bool {
        self.kind == kind && self.name == name
    }

    /// Whether this is everybody, or everybody of a kind, however it is put.
    pub fn is_everybody(&self) -> bool {
        self.is("User", "system:anonymous")
            || self.is("Group", "system:authenticated")
            || self.is("Group", "system:unauthenticated")
            || (self.kind == "Group" && self.name.starts_with("system:serviceaccounts"))
    }

    /// The namespace of a service account, also of one that is written as a
    /// user, and its name.
    pub fn service_account(&self) -> Option<(&'a str, &'a str)> {
        match self.kind {
            "ServiceAccount" => Some((self.namespace, self.name)),
            "User" => {
                let account = self.name.strip_prefix("system:serviceaccount:")?;
                strings::cut(account, b':')
            }
            _ => None,
        }
    }
}

/// A RoleBinding or ClusterRoleBinding.
#[derive(Debug, Clone)]
pub struct Binding<'a> {
    /// Empty for a ClusterRoleBinding.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// `Role` or `ClusterRole`.
    pub role_kind: &'a str,
    /// The role's name.
    pub role: &'a str,
    /// Whom it names.
    pub subjects: Vec<BoundTo<'a>>,
    /// Whether it carries the label of what the API server ships.
    pub labelled: bool,
}

impl<'a> Binding<'a> {
    fn read(object: &'a Value) -> Self {
        let mut subjects = Vec::new();
        for subject in array(object, "/subjects") {
            subjects.push(BoundTo::read(subject));
        }
        Self {
            namespace: namespace(object),
            name: name(object),
            role_kind: text(object, "/roleRef/kind"),
            role: text(object, "/roleRef/name"),
            subjects,
            labelled: is_labelled(object),
        }
    }

    /// Its stable key.
    pub fn key(&self) -> String {
        cluster_or_not("RoleBinding", self.namespace, self.name)
    }

    /// Whom it names, for a person: `User alice, ServiceAccount ns/name`.
    pub fn who(&self) -> String {
        let mut who = String::new();
        for subject in &self.subjects {
            if !who.is_empty() {
                who.push_str(", ");
            }
            who.push_str(subject.kind);
            who.push(' ');
            if !subject.namespace.is_empty() {
                who.push_str(subject.namespace);
                who.push('/');
            }
            who.push_str(subject.name);
        }
        if who.is_empty() {
            who.push_str("nobody");
        }
        who
    }
}

/// All roles and bindings of a cluster.
#[derive(Debug, Clone, Default)]
pub struct Rbac<'a> {
    /// ClusterRoles and Roles.
    pub roles: Vec<Role<'a>>,
    /// ClusterRoleBindings and RoleBindings.
    pub bindings: Vec<Binding<'a>>,
}

impl<'a> Rbac<'a> {
    /// Reads listed objects.
    pub fn read(
        cluster_roles: &'a [Value],
        roles: &'a [Value],
        cluster_role_bindings: &'a [Value],
        role_bindings: &'a [Value],
    ) -> Self {
        let mut rbac = Self::default();
        for object in cluster_roles {
            let mut role = Role::read(object);
            let filled = !role.rules.is_empty();
            // Few roles aggregate: the others are not compared with all.
            for selector in array(object, "/aggregationRule/clusterRoleSelectors") {
                for other in cluster_roles {
                    let labels = other.pointer("/metadata/labels");
                    let taken = name(other);
                    if selects(Some(selector), labels) && !strings::among(taken, &role.aggregates) {
                        role.aggregates.push(taken);
                        if !filled {
                            role.take(other);
                        }
                    }
                }
            }
            rbac.roles.push(role);
        }
        for object in roles {
            rbac.roles.push(Role::read(object));
        }
        for list in [cluster_role_bindings, role_bindings] {
            for object in list {
                rbac.bindings.push(Binding::read(object));
            }
        }
        rbac
    }

    /// The role that a binding gives. None if it does not exist: the binding
    /// then gives nothing.
    pub fn role_of(&self, binding: &Binding<'_>) -> Option<&Role<'a>> {
        self.roles.iter().find(|role| gives(binding, role))
    }

    /// The bindings that give a role to somebody.
    pub fn bindings_of(&self, role: &Role<'_>) -> Vec<&Binding<'a>> {
        let mut bindings = Vec::new();
        for binding in &self.bindings {
            if gives(binding, role) && !binding.subjects.is_empty() {
                bindings.push(binding);
            }
        }
        bindings
    }

    /// The bindings that name a service account.
    pub fn bindings_to_account(&self, namespace: &str, name: &str) -> Vec<&Binding<'a>> {
        let mut bindings = Vec::new();
        for binding in &self.bindings {
            for subject in &binding.subjects {
                // Mostly the names differ, and the namespaces do not.
                if subject.name.ends_with(name)
                    && subject.service_account() == Some((namespace, name))
                {
                    bindings.push(binding);
                    break;
                }
            }
        }
        bindings
    }
}

/// Whether a binding gives a role: one of its own namespace, or a ClusterRole.
fn gives(binding: &Binding<'_>, role: &Role<'_>) -> bool {
    let wanted = match binding.role_kind {
        "Role" => binding.namespace,
        _ => "",
    };
    role.name == binding.role && role.namespace == wanted
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
        let roles = [part, whole];
        let rbac = Rbac::read(&roles, &[], &[], &[]);
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
        let (roles, bindings) = ([role("one"), role("two")], [binding]);
        let rbac = Rbac::read(&[], &roles, &[], &bindings);
        let found = rbac.role_of(&rbac.bindings[0]).map(Role::key);
        assert_eq!(found.as_deref(), Some("Role/two/r"));
        assert_eq!(rbac.bindings_of(&rbac.roles[0]).len(), 0);
        assert_eq!(rbac.bindings_of(&rbac.roles[1]).len(), 1);
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
                kind,
                namespace: "",
                name,
            };
            assert_eq!(subject.is_everybody(), everybody, "{kind} {name}");
        }
    }
}
