//! Who may do what: the checks on roles and bindings.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::rbac::{Binding, BoundTo, Grant, Power, Rbac, Role, granted};
use cisb_sdk::kubernetes::{key_of, shipped, text, texts};
use cisb_sdk::prelude::*;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::Verdict;

use super::sheet::{Lists, Policy, Sheet, add};

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

/// What a check of holders may name, and what it is called.
const POWERS: &[(&str, &[Power], &str)] = &[
    ("everything", EVERYTHING, "do everything with everything"),
    ("secrets", SECRETS, "get, list or watch Secrets"),
    ("create-pods", PODS, "create Pods"),
    ("escalation", ESCALATION, "bind, escalate or impersonate"),
    ("persistent-volumes", VOLUMES, "create PersistentVolumes"),
    ("node-proxy", NODE_PROXY, "use nodes/proxy"),
    ("approval", APPROVAL, "approve certificate signing requests"),
    ("webhooks", WEBHOOKS, "change webhook configurations"),
    ("tokens", TOKENS, "create service account tokens"),
];

/// The roles and bindings of listed objects.
#[inline(never)]
pub(super) fn rbac<'a>(lists: &'a Lists<'_>) -> Rbac<'a> {
    Rbac::read(
        lists.of("clusterroles"),
        lists.of("roles"),
        lists.of("clusterrolebindings"),
        lists.of("rolebindings"),
    )
}

/// Who holds a power. `with.power` names it, `with.administrators` those whom
/// the platform itself makes administrators, each as `Kind:name` or `Kind:start*`.
pub(super) const HOLDERS: Policy = Policy {
    requests: RBAC,
    expected: "",
    least: Verdict::Pass,
    words: "",
    judge: holders,
};

fn holders(lists: &Lists<'_>, sheet: &mut Sheet, with: &Value) {
    let name = text(with, "/power");
    let Some((_, powers, words)) = POWERS.iter().find(|p| p.0 == name) else {
        return sheet.misnamed("power", name);
    };
    let rbac = rbac(lists);
    sheet.expected = match name {
        "everything" => {
            "cluster-admin is bound to nobody but whom Kubernetes and kubeadm bind".to_owned()
        }
        _ => say!["nobody outside of the cluster's own components may ", words],
    };
    sheet.words = say!["only what Kubernetes and kubeadm ship may ", words];
    for binding in &rbac.bindings {
        let Some(role) = rbac.role_of(binding) else {
            continue;
        };
        let grant = granted(powers, &role.rules, !binding.namespace.is_empty());
        if grant.is_empty() {
            continue;
        }
        let administrators = texts(with, "/administrators");
        let (state, reason) = judge(lists, binding, role, &grant, powers, &administrators);
        let of = [binding_list(binding), role_list(role)];
        let actual = gives(binding, role, &grant.rules);
        sheet.put(binding.key(), state, actual, reason, &of);
    }
    for role in &rbac.roles {
        let grant = granted(powers, &role.rules, !role.namespace.is_empty());
        if grant.is_empty() || !rbac.bindings_of(role).is_empty() {
            continue;
        }
        let (state, reason) = if lists.exempts_shipped() && shipped::is_grant(role, powers, &grant)
        {
            (Verdict::Pass, "as shipped, and bound to nobody")
        } else {
            (
                Verdict::Manual,
                "one binding away from use; remove it if nothing needs it",
            )
        };
        let actual = say!["bound to nobody: ", strings::join(&grant.rules, "; ")];
        sheet.put(role.key(), state, actual, reason, &[role_list(role)]);
    }
}

/// What a binding does, for a person.
fn gives(binding: &Binding<'_>, role: &Role<'_>, rules: &[String]) -> String {
    let rules = strings::join(rules, "; ");
    say!["gives ", role.key(), " to ", binding.who(), ": ", rules]
}

fn judge(
    lists: &Lists<'_>,
    binding: &Binding<'_>,
    role: &Role<'_>,
    grant: &Grant,
    powers: &[Power],
    administrators: &[&str],
) -> (Verdict, &'static str) {
    let all = |is: &dyn Fn(&BoundTo<'_>) -> bool| binding.subjects.iter().all(is);
    if lists.exempts_shipped() && shipped::is_binding(binding) {
        if shipped::is_grant(role, powers, grant) {
            (Verdict::Pass, "as shipped")
        } else {
            (
                Verdict::Fail,
                "the binding is as shipped, but its role grants more than what it ships with",
            )
        }
    } else if binding.subjects.is_empty() {
        (
            Verdict::Manual,
            "names nobody now; remove it if nothing needs it",
        )
    } else if all(&is_master) {
        (
            Verdict::Pass,
            "adds nothing: the API server allows system:masters everything",
        )
    } else if lists.exempts_shipped() && all(&|s| is_master(s) || is_among(s, administrators)) {
        (
            Verdict::Pass,
            "names only those whom the platform makes administrators",
        )
    } else if !all(&|s| !s.is_everybody()) {
        (Verdict::Fail, "names everybody, or everybody of a kind")
    } else if all(&|s| is_of_system(lists, s)) {
        (
            Verdict::Manual,
            "names only service accounts of system namespaces: is the right part of their work?",
        )
    } else if !binding.namespace.is_empty() {
        (
            Verdict::Manual,
            "limited to one namespace and to those it names: do they need it?",
        )
    } else if grant.named {
        (
            Verdict::Manual,
            "limited to named objects: do those it names need it?",
        )
    } else {
        (Verdict::Fail, "not among what ships, and cluster-wide")
    }
}

fn is_master(subject: &BoundTo<'_>) -> bool {
    subject.is("Group", "system:masters")
}

/// Whether this is one of them, each as `Kind:name` or `Kind:start*`.
fn is_among(subject: &BoundTo<'_>, list: &[&str]) -> bool {
    let whole = say![subject.kind, ":", subject.name];
    list.iter().any(|one| match one.strip_suffix("*") {
        Some(start) => whole.starts_with(start),
        None => whole == *one,
    })
}

/// Whether this is a service account of a system namespace.
fn is_of_system(lists: &Lists<'_>, subject: &BoundTo<'_>) -> bool {
    match subject.service_account() {
        Some((namespace, _)) => lists.is_system(namespace),
        None => false,
    }
}

fn role_list(role: &Role<'_>) -> &'static str {
    match role.namespace {
        "" => "clusterroles",
        _ => "roles",
    }
}

fn binding_list(binding: &Binding<'_>) -> &'static str {
    match binding.namespace {
        "" => "clusterrolebindings",
        _ => "rolebindings",
    }
}

/// Roles that say `*`. `with.administrators` as in [`HOLDERS`].
pub(super) const WILDCARDS: Policy = Policy {
    requests: RBAC,
    expected: "verbs, API groups and resources are named, no `*`",
    least: Verdict::Pass,
    words: "only roles that Kubernetes ships use wildcards",
    judge: wildcards,
};

fn wildcards(lists: &Lists<'_>, sheet: &mut Sheet, with: &Value) {
    let rbac = rbac(lists);
    let administrators = texts(with, "/administrators");
    for role in &rbac.roles {
        let (mut wild, mut beyond) = (String::new(), String::new());
        for rule in &role.rules {
            if rule.has_wildcard() {
                let words = rule.describe();
                add(&mut wild, "; ", &words);
                if !(lists.exempts_shipped() && shipped::is_wildcard_rule(role, rule)) {
                    add(&mut beyond, "; ", &words);
                }
            }
        }
        if wild.is_empty() {
            continue;
        }
        let mut who = String::new();
        let mut of_system = true;
        for binding in rbac.bindings_of(role) {
            add(&mut who, ", ", &binding.who());
            let own = |s| is_of_system(lists, s) || is_among(s, &administrators);
            of_system &= binding.subjects.iter().all(own);
        }
        of_system &= !who.is_empty();
        let (state, reason) = if beyond.is_empty() {
            (Verdict::Pass, "as shipped")
        } else if of_system || lists.is_system(role.namespace) {
            (
                Verdict::Manual,
                "reaches only what is the cluster's own: can the rule name what it needs?",
            )
        } else {
            (Verdict::Fail, "a wildcard also grants what is added later")
        };
        let rules = match state {
            Verdict::Pass => wild,
            _ => beyond,
        };
        let who = match who.is_empty() {
            true => "nobody",
            false => &who,
        };
        let actual = say![rules, "; bound to ", who];
        sheet.put(role.key(), state, actual, reason, &[role_list(role)]);
    }
}

/// Bindings that name `system:masters`, and requests made by its members.
pub(super) const MASTERS: Policy = Policy {
    requests: &["clusterrolebindings", "rolebindings", "csrs"],
    expected: "nobody is a member of system:masters; its only binding is the shipped one",
    least: Verdict::Manual,
    words: "membership is written in client certificates, which the API does not show: \
            find those issued with O=system:masters (on kubeadm: super-admin.conf, and admin.conf \
            before 1.29) and who has them",
    judge: masters,
};

fn masters(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    for binding in &rbac(lists).bindings {
        if !binding.subjects.iter().any(is_master) {
            continue;
        }
        let (state, reason) = if lists.exempts_shipped() && shipped::is_binding(binding) {
            (Verdict::Pass, "as shipped")
        } else if binding.subjects.iter().any(BoundTo::is_everybody) {
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
        let (kind, role) = (binding.role_kind, binding.role);
        let actual = say!["gives ", kind, " ", role, " to ", binding.who()];
        let of = [binding_list(binding)];
        sheet.put(binding.key(), state, actual, reason, &of);
    }
    for request in lists.of("csrs") {
        if strings::among("system:masters", &texts(request, "/spec/groups")) {
            let user = text(request, "/spec/username");
            sheet.put(
                key_of("CertificateSigningRequest", request),
                Verdict::Manual,
                say!["made by ", user, ", a member of system:masters"],
                "somebody uses the group",
                &["csrs"],
            );
        }
    }
}

/// Whether bootstrap tokens reach more than a joining node needs.
pub(super) const BOOTSTRAP_TOKENS: Policy = Policy {
    requests: RBAC,
    expected: "bootstrap tokens reach only what a joining node needs",
    least: Verdict::Pass,
    words: "bindings give bootstrap tokens nothing but what a joining node needs",
    judge: bootstrap_tokens,
};

fn bootstrap_tokens(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    let rbac = rbac(lists);
    let token = |s: &BoundTo<'_>| {
        s.is("Group", "system:bootstrappers")
            || (s.kind == "Group" && s.name.starts_with("system:bootstrappers:"))
            || (s.kind == "User" && s.name.starts_with("system:bootstrap:"))
    };
    for binding in &rbac.bindings {
        if !binding.subjects.iter().any(token) {
            continue;
        }
        let Some(role) = rbac.role_of(binding) else {
            continue;
        };
        let mut rules = Vec::new();
        let mut joining = true;
        for rule in &role.rules {
            rules.push(rule.describe());
            joining &= rule.urls.is_empty();
            for verb in &rule.verbs {
                joining &= strings::among(verb, &["get", "list", "watch", "create"]);
            }
            for resource in &rule.resources {
                for group in &rule.groups {
                    joining &= JOINING.contains(&(*group, *resource));
                }
                // Settings of the cluster are read by name.
                if *resource == "configmaps" {
                    joining &= !rule.names.is_empty() && rule.verbs.iter().all(|v| *v == "get");
                }
            }
        }
        let (state, reason) = if joining {
            (Verdict::Pass, "what a joining node needs")
        } else {
            (Verdict::Fail, "more than a joining node needs")
        };
        let actual = gives(binding, role, &rules);
        let of = [binding_list(binding), role_list(role)];
        sheet.put(binding.key(), state, actual, reason, &of);
    }
}
