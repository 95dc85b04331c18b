//! Who may do what: the checks on roles and bindings.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::rbac::{Binding, Grant, Power, Rbac, Role, granted};
use cisb_sdk::kubernetes::shipped;
use cisb_sdk::list::ToList;
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::{Outcome, Verdict};

use super::sheet::{Lists, Sheet, exempts_shipped, lists, misnamed, system_namespaces};

/// The requests of every check here.
pub(super) const RBAC: &[&str] = &[
    "clusterroles",
    "roles",
    "clusterrolebindings",
    "rolebindings",
];

const SECRETS: &[Power] = &[power(&["get", "list", "watch"], "", &["secrets"], true)];
const PODS: &[Power] = &[power(&["create"], "", &["pods"], true)];
const VOLUMES: &[Power] = &[power(&["create"], "", &["persistentvolumes"], false)];
const TOKENS: &[Power] = &[power(&["create"], "", &["serviceaccounts/token"], true)];
const EVERYTHING: &[Power] = &[power(&["*"], "*", &["*"], true)];
const NODE_PROXY: &[Power] = &[power(
    &["create", "delete", "get", "patch", "update"],
    "",
    &["nodes/proxy"],
    false,
)];
const APPROVAL: &[Power] = &[power(
    &["patch", "update"],
    "certificates.k8s.io",
    &["certificatesigningrequests/approval"],
    false,
)];
const WEBHOOKS: &[Power] = &[power(
    &["create", "delete", "deletecollection", "patch", "update"],
    "admissionregistration.k8s.io",
    &[
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
    ],
    false,
)];
const ESCALATION: &[Power] = &[
    power(
        &["bind", "escalate"],
        "rbac.authorization.k8s.io",
        &["clusterroles", "roles"],
        true,
    ),
    power(&["impersonate"], "", &["serviceaccounts"], true),
    power(&["impersonate"], "", &["groups", "users"], false),
    power(
        &["impersonate"],
        "authentication.k8s.io",
        &["uids", "userextras/*"],
        false,
    ),
    // Constrained impersonation, since 1.35.
    power(
        &[
            "impersonate:arbitrary-node",
            "impersonate:associated-node",
            "impersonate:serviceaccount",
            "impersonate:user-info",
        ],
        "authentication.k8s.io",
        &[
            "groups",
            "nodes",
            "serviceaccounts",
            "uids",
            "userextras/*",
            "users",
        ],
        false,
    ),
    // To the API server this means nothing; whoever wrote it meant something.
    power(
        &["impersonate"],
        "rbac.authorization.k8s.io",
        &["clusterroles", "roles"],
        true,
    ),
];
/// All that a joining node needs, and nothing else.
const JOINING: &[(&str, &str)] = &[
    ("", "nodes"),
    ("", "configmaps"),
    ("certificates.k8s.io", "certificatesigningrequests"),
    (
        "certificates.k8s.io",
        "certificatesigningrequests/nodeclient",
    ),
    (
        "certificates.k8s.io",
        "certificatesigningrequests/selfnodeclient",
    ),
];

const fn power(
    verbs: &'static [&'static str],
    group: &'static str,
    resources: &'static [&'static str],
    namespaced: bool,
) -> Power {
    Power {
        verbs,
        group,
        resources,
        namespaced,
    }
}

fn powers(name: &str) -> Option<(&'static [Power], &'static str)> {
    Some(match name {
        "everything" => (EVERYTHING, "do everything with everything"),
        "secrets" => (SECRETS, "get, list or watch Secrets"),
        "create-pods" => (PODS, "create Pods"),
        "escalation" => (ESCALATION, "bind, escalate or impersonate"),
        "persistent-volumes" => (VOLUMES, "create PersistentVolumes"),
        "node-proxy" => (NODE_PROXY, "use nodes/proxy"),
        "approval" => (APPROVAL, "approve certificate signing requests"),
        "webhooks" => (WEBHOOKS, "change webhook configurations"),
        "tokens" => (TOKENS, "create service account tokens"),
        _ => return None,
    })
}

/// The roles and bindings of listed objects.
pub(super) fn rbac(lists: &Lists) -> Rbac {
    Rbac::read(
        lists.of("clusterroles"),
        lists.of("roles"),
        lists.of("clusterrolebindings"),
        lists.of("rolebindings"),
    )
}

/// Who holds a power. `with.power` names it.
pub(super) fn holders(cx: &Cx<'_>, with: &Value) -> Outcome {
    let lists = match lists(cx, RBAC) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let name = with.get("power").and_then(Value::as_str).unwrap_or("");
    let Some((powers, words)) = powers(name) else {
        return misnamed("power", name);
    };
    let rbac = rbac(&lists);
    let expected = say!["nobody outside of the cluster's own components may ", words];
    let expected = match name {
        "everything" => {
            "cluster-admin is bound to nobody but whom Kubernetes and kubeadm bind".into()
        }
        _ => expected,
    };
    let mut sheet = Sheet::new(expected, lists.all_seen());
    let system = system_namespaces(cx);
    let exempt = exempts_shipped(cx);
    for binding in &rbac.bindings {
        let Some(role) = rbac.role_of(binding) else {
            continue;
        };
        let grant = granted(powers, &role.rules, !binding.namespace.is_empty());
        if grant.is_empty() {
            continue;
        }
        let (state, reason) = judge(binding, role, &grant, powers, &system, exempt);
        let seen = seen(&lists, binding, role);
        let actual = say![
            "gives ",
            role.key(),
            " to ",
            binding.who(),
            ": ",
            strings::join(&grant.rules, "; ")
        ];
        sheet.put(binding.key(), state, actual, reason, seen);
    }
    for role in &rbac.roles {
        if rbac.bindings_of(role).next().is_some() {
            continue;
        }
        let grant = granted(powers, &role.rules, !role.namespace.is_empty());
        if grant.is_empty() {
            continue;
        }
        let (state, reason) = if exempt && shipped::is_grant(role, powers, &grant) {
            (Verdict::Pass, "as shipped, and bound to nobody")
        } else {
            (
                Verdict::Manual,
                "bound to nobody now, but one binding away from use; remove it if nothing needs it",
            )
        };
        let request = role_list(role);
        let actual = say!["bound to nobody: ", strings::join(&grant.rules, "; ")];
        sheet.put(role.key(), state, actual, reason, lists.seen(request));
    }
    sheet.finish(&say!["only what Kubernetes and kubeadm ship may ", words])
}

fn judge(
    binding: &Binding,
    role: &Role,
    grant: &Grant,
    powers: &[Power],
    system: &[String],
    exempt: bool,
) -> (Verdict, &'static str) {
    let as_shipped = shipped::is_grant(role, powers, grant);
    if exempt && shipped::is_binding(binding) {
        return if as_shipped {
            (Verdict::Pass, "as shipped")
        } else {
            (
                Verdict::Fail,
                "the binding is as shipped, but its role grants more than what it ships with",
            )
        };
    }
    if binding.subjects.is_empty() {
        return (
            Verdict::Manual,
            "names nobody now; remove it if nothing needs it",
        );
    }
    let masters =
        |s: &cisb_sdk::kubernetes::rbac::BoundTo| s.kind == "Group" && s.name == "system:masters";
    if binding.subjects.iter().all(masters) {
        return (
            Verdict::Pass,
            "adds nothing: the API server allows system:masters everything",
        );
    }
    if binding.subjects.iter().any(|s| s.is_everybody()) {
        return (Verdict::Fail, "names everybody, or everybody of a kind");
    }
    if binding.subjects.iter().all(|s| s.is_account_of(system)) {
        return (
            Verdict::Manual,
            "names only service accounts of system namespaces: is the right part of their work?",
        );
    }
    if !binding.namespace.is_empty() {
        return (
            Verdict::Manual,
            "limited to one namespace and to those it names: do they need it?",
        );
    }
    if grant.named {
        return (
            Verdict::Manual,
            "limited to named objects: do those it names need it?",
        );
    }
    (Verdict::Fail, "not among what ships, and cluster-wide")
}

fn role_list(role: &Role) -> &'static str {
    if role.namespace.is_empty() {
        "clusterroles"
    } else {
        "roles"
    }
}

fn binding_list(binding: &Binding) -> &'static str {
    if binding.namespace.is_empty() {
        "clusterrolebindings"
    } else {
        "rolebindings"
    }
}

fn seen(lists: &Lists, binding: &Binding, role: &Role) -> Vec<u64> {
    let mut seen = lists.seen(binding_list(binding));
    seen.extend(lists.seen(role_list(role)));
    seen
}

/// Roles that say `*`.
pub(super) fn wildcards(cx: &Cx<'_>, _: &Value) -> Outcome {
    let lists = match lists(cx, RBAC) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let rbac = rbac(&lists);
    let system = system_namespaces(cx);
    let exempt = exempts_shipped(cx);
    let expected = "verbs, API groups and resources are named, no `*`";
    let mut sheet = Sheet::new(expected, lists.all_seen());
    for role in &rbac.roles {
        let wild: Vec<_> = role.rules.iter().filter(|r| r.has_wildcard()).to_list();
        if wild.is_empty() {
            continue;
        }
        let more = |r: &&&cisb_sdk::kubernetes::rbac::PolicyRule| {
            !(exempt && shipped::is_wildcard_rule(role, r))
        };
        let beyond: Vec<_> = wild.iter().filter(more).map(|r| r.describe()).to_list();
        let bindings: Vec<_> = rbac.bindings_of(role).to_list();
        let who: Vec<_> = bindings.iter().map(|b| b.who()).to_list();
        let who = match who.is_empty() {
            true => "bound to nobody".to_owned(),
            false => say!["bound to ", strings::join(&who, ", ")],
        };
        let seen = lists.seen(role_list(role));
        if beyond.is_empty() {
            let rules: Vec<_> = wild.iter().map(|r| r.describe()).to_list();
            let actual = say![strings::join(&rules, "; "), "; ", who];
            sheet.put(role.key(), Verdict::Pass, actual, "as shipped", seen);
            continue;
        }
        let of_system = system.contains(&role.namespace)
            || (!bindings.is_empty()
                && bindings
                    .iter()
                    .flat_map(|b| &b.subjects)
                    .all(|s| s.is_account_of(&system)));
        let (state, reason) = if of_system {
            (
                Verdict::Manual,
                "reaches only system namespaces: can the rule name what it needs?",
            )
        } else {
            (Verdict::Fail, "a wildcard also grants what is added later")
        };
        let actual = say![strings::join(&beyond, "; "), "; ", who];
        sheet.put(role.key(), state, actual, reason, seen);
    }
    sheet.finish("only roles that Kubernetes ships use wildcards")
}

/// Bindings that name `system:masters`, and requests made by its members.
pub(super) fn masters(cx: &Cx<'_>, _: &Value) -> Outcome {
    let lists = match lists(cx, &["clusterrolebindings", "rolebindings", "csrs"]) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let rbac = rbac(&lists);
    let exempt = exempts_shipped(cx);
    let expected = "nobody is a member of system:masters; its only binding is the shipped one";
    let mut sheet = Sheet::new(expected, lists.all_seen());
    for binding in &rbac.bindings {
        let named = |s: &cisb_sdk::kubernetes::rbac::BoundTo| {
            s.kind == "Group" && s.name == "system:masters"
        };
        if !binding.subjects.iter().any(named) {
            continue;
        }
        let actual = say![
            "gives ",
            binding.role_kind,
            " ",
            binding.role,
            " to ",
            binding.who()
        ];
        let (state, reason) = if exempt && shipped::is_binding(binding) {
            (Verdict::Pass, "as shipped")
        } else if binding.subjects.iter().any(|s| s.is_everybody()) {
            (
                Verdict::Fail,
                "reckons with members of the group, and gives the role to everybody of a kind too",
            )
        } else {
            (
                Verdict::Fail,
                "reckons with members of the group, whom no binding can restrict",
            )
        };
        sheet.put(
            binding.key(),
            state,
            actual,
            reason,
            lists.seen(binding_list(binding)),
        );
    }
    for request in lists.of("csrs") {
        let groups = cisb_sdk::kubernetes::texts(request, "/spec/groups");
        if groups.iter().any(|g| g == "system:masters") {
            let name = cisb_sdk::kubernetes::name(request);
            let user = cisb_sdk::kubernetes::text(request, "/spec/username");
            sheet.put(
                say!["CertificateSigningRequest/", name],
                Verdict::Manual,
                say!["made by ", user, ", a member of system:masters"],
                "somebody uses the group",
                lists.seen("csrs"),
            );
        }
    }
    sheet.finish_open(
        "membership is written in client certificates, which the API does not show: \
         find those issued with O=system:masters (on kubeadm: super-admin.conf, and admin.conf before 1.29) \
         and who has them",
    )
}

/// Whether bootstrap tokens reach more than a joining node needs.
pub(super) fn bootstrap_tokens(cx: &Cx<'_>, _: &Value) -> Outcome {
    let lists = match lists(cx, RBAC) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let rbac = rbac(&lists);
    let expected = "bootstrap tokens reach only what a joining node needs";
    let mut sheet = Sheet::new(expected, lists.all_seen());
    for binding in &rbac.bindings {
        let token = |s: &cisb_sdk::kubernetes::rbac::BoundTo| match s.kind.as_str() {
            "Group" => {
                s.name == "system:bootstrappers" || s.name.starts_with("system:bootstrappers:")
            }
            "User" => s.name.starts_with("system:bootstrap:"),
            _ => false,
        };
        if !binding.subjects.iter().any(token) {
            continue;
        }
        let Some(role) = rbac.role_of(binding) else {
            continue;
        };
        let rules: Vec<_> = role.rules.iter().map(|r| r.describe()).to_list();
        let actual = say![
            "gives ",
            role.key(),
            " to ",
            binding.who(),
            ": ",
            strings::join(&rules, "; ")
        ];
        let joining = role.rules.iter().all(|r| {
            let known = r.resources.iter().all(|resource| {
                r.groups
                    .iter()
                    .all(|g| JOINING.contains(&(g.as_str(), resource.as_str())))
            });
            let verbs = ["get", "list", "watch", "create"];
            known
                && r.urls.is_empty()
                && r.verbs.iter().all(|v| verbs.contains(&v.as_str()))
                // Settings of the cluster are read by name.
                && (!r.resources.iter().any(|s| s == "configmaps")
                    || (!r.names.is_empty() && r.verbs.iter().all(|v| v == "get")))
        });
        let (state, reason) = if joining {
            (Verdict::Pass, "what a joining node needs")
        } else {
            (Verdict::Fail, "more than a joining node needs")
        };
        sheet.put(
            binding.key(),
            state,
            actual,
            reason,
            seen(&lists, binding, role),
        );
    }
    sheet.finish("bindings give bootstrap tokens nothing but what a joining node needs")
}
