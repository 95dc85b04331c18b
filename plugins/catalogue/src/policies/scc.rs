//! Security context constraints, which decide on OpenShift what pods may do:
//! what each of them allows, and who may use it.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::rbac::{Binding, BoundTo, PolicyRule};
use cisb_sdk::kubernetes::{is_true, key_of, name, text, texts};
use cisb_sdk::prelude::*;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::Verdict;

use super::access::rbac;
use super::sheet::{Lists, Policy, Sheet};

/// The namespaces of OpenShift's own components, beside Kubernetes'. Nobody
/// else may make one that begins so.
#[cfg(not(target_arch = "wasm32"))]
pub(super) const SYSTEM: [&str; 5] = [
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "openshift",
    "openshift-*",
];

/// What a check of constraints may look for: its name, whether a constraint
/// allows it, and what it is called.
type Look = (&'static str, fn(&Value) -> bool, &'static str);

const LOOKS: &[Look] = &[
    ("privileged", privileged, "privileged containers"),
    (
        "host-pid",
        host_pid,
        "the node's process ids (allowHostPID)",
    ),
    ("host-ipc", host_ipc, "the node's IPC (allowHostIPC)"),
    (
        "host-network",
        host_network,
        "the node's network (allowHostNetwork)",
    ),
    (
        "escalation",
        escalation,
        "privilege escalation (allowPrivilegeEscalation)",
    ),
    ("root", root, "containers as root (runAsUser)"),
    (
        "net-raw",
        net_raw,
        "NET_RAW, which requiredDropCapabilities does not drop",
    ),
    (
        "added-capabilities",
        added,
        "more capabilities than NET_BIND_SERVICE",
    ),
    (
        "kept-capabilities",
        kept,
        "capabilities: requiredDropCapabilities lacks ALL",
    ),
    (
        "any",
        any,
        "privileged containers or namespaces of the node",
    ),
];

fn privileged(scc: &Value) -> bool {
    is_true(scc, "/allowPrivilegedContainer")
}

fn host_pid(scc: &Value) -> bool {
    is_true(scc, "/allowHostPID")
}

fn host_ipc(scc: &Value) -> bool {
    is_true(scc, "/allowHostIPC")
}

fn host_network(scc: &Value) -> bool {
    is_true(scc, "/allowHostNetwork")
}

/// Unset is allowed.
fn escalation(scc: &Value) -> bool {
    let allowed = scc.pointer("/allowPrivilegeEscalation");
    allowed.and_then(Value::as_bool) != Some(false)
}

/// Whether user 0 is within: only `MustRunAsNonRoot`, a range of the namespace
/// and a user or range above 0 keep it out.
fn root(scc: &Value) -> bool {
    let number = |field: &str| scc.pointer(field).and_then(Value::as_i64);
    match text(scc, "/runAsUser/type") {
        "MustRunAsNonRoot" => false,
        "MustRunAsRange" => number("/runAsUser/uidRangeMin").is_some_and(|least| least <= 0),
        "MustRunAs" => number("/runAsUser/uid").is_none_or(|user| user == 0),
        _ => true,
    }
}

fn net_raw(scc: &Value) -> bool {
    let dropped = texts(scc, "/requiredDropCapabilities");
    !strings::among("ALL", &dropped) && !strings::among("NET_RAW", &dropped)
}

fn kept(scc: &Value) -> bool {
    !strings::among("ALL", &texts(scc, "/requiredDropCapabilities"))
}

fn added(scc: &Value) -> bool {
    let within = |list: &str| texts(scc, list).iter().all(|c| *c == "NET_BIND_SERVICE");
    !within("/allowedCapabilities") || !within("/defaultAddCapabilities")
}

fn any(scc: &Value) -> bool {
    privileged(scc) || host_pid(scc) || host_ipc(scc) || host_network(scc)
}

/// Who may use constraints that allow what `with.look` names.
pub(super) const USERS: Policy = Policy {
    requests: &[
        "sccs",
        "clusterroles",
        "roles",
        "clusterrolebindings",
        "rolebindings",
    ],
    expected: "",
    least: Verdict::Pass,
    words: "",
    judge: users,
};

fn users(lists: &Lists<'_>, sheet: &mut Sheet, with: &Value) {
    let wanted = text(with, "/look");
    let Some((_, allows, words)) = LOOKS.iter().find(|look| look.0 == wanted) else {
        return sheet.misnamed("look", wanted);
    };
    let sccs = lists.of("sccs");
    if sccs.is_empty() {
        let actual = "the list is empty, and OpenShift always has some".to_owned();
        sheet.put("sccs".to_owned(), Verdict::Error, actual, "", &["sccs"]);
        return;
    }
    sheet.expected = say![
        "only the cluster's own components may use constraints that allow ",
        words
    ];
    sheet.words.clone_from(&sheet.expected);
    let rbac = rbac(lists);
    for scc in sccs {
        if !allows(scc) {
            continue;
        }
        let key = key_of("SecurityContextConstraints", scc);
        let actual = say!["allows ", words];
        sheet.put(key.clone(), Verdict::Pass, actual, "", &["sccs"]);
        for (kind, field) in [("User", "/users"), ("Group", "/groups")] {
            for name in texts(scc, field) {
                let subject = BoundTo {
                    kind,
                    namespace: "",
                    name,
                };
                let (state, reason) = judge(lists, &[subject]);
                let actual = say!["names ", kind, " ", name];
                if state != Verdict::Pass {
                    sheet.put(key.clone(), state, actual, reason, &["sccs"]);
                }
            }
        }
        for binding in &rbac.bindings {
            let Some(role) = rbac.role_of(binding) else {
                continue;
            };
            if !role.rules.iter().any(|rule| uses(rule, name(scc))) {
                continue;
            }
            let (state, reason) = judge(lists, &binding.subjects);
            if state != Verdict::Pass {
                let actual = say![
                    binding.key(),
                    " lets ",
                    binding.who(),
                    " use it, by ",
                    role.key()
                ];
                sheet.put(key.clone(), state, actual, reason, &[]);
            }
        }
    }
    if sheet.is_empty() {
        sheet.words = say!["no constraint allows ", words];
    }
}

/// Whether a rule lets somebody use a constraint by name. Administrators, who
/// may do everything, are judged elsewhere.
fn uses(rule: &PolicyRule<'_>, scc: &str) -> bool {
    let has = |list: &[&str], wanted: &str| strings::among(wanted, list);
    let resource = has(&rule.resources, "securitycontextconstraints");
    (has(&rule.verbs, "use") || has(&rule.verbs, "*"))
        && (has(&rule.groups, "security.openshift.io") || (has(&rule.groups, "*") && resource))
        && (resource || has(&rule.resources, "*"))
        && (rule.names.is_empty() || has(&rule.names, scc))
}

/// What it means that these may use a constraint.
fn judge(lists: &Lists<'_>, subjects: &[BoundTo<'_>]) -> (Verdict, &'static str) {
    let mut state = (Verdict::Pass, "");
    for subject in subjects {
        if subject.is_everybody() && !is_of_system_namespace(lists, subject) {
            return (Verdict::Fail, "names everybody, or everybody of a kind");
        }
        if !is_own(lists, subject) {
            state = (
                Verdict::Manual,
                "do those it names need it, and can a narrower constraint do?",
            );
        }
    }
    state
}

/// Whether a group is that of the service accounts of one system namespace.
fn is_of_system_namespace(lists: &Lists<'_>, subject: &BoundTo<'_>) -> bool {
    let group = subject.name.strip_prefix("system:serviceaccounts:");
    subject.kind == "Group" && group.is_some_and(|ns| lists.is_system(ns))
}

/// Whether this is an administrator that ships, a node, or a component of the
/// cluster.
fn is_own(lists: &Lists<'_>, subject: &BoundTo<'_>) -> bool {
    let account = subject.service_account();
    account.is_some_and(|(ns, _)| lists.is_system(ns))
        || is_of_system_namespace(lists, subject)
        || subject.is("User", "system:admin")
        || (subject.kind == "Group"
            && strings::among(
                subject.name,
                &["system:cluster-admins", "system:masters", "system:nodes"],
            ))
}

/// Bindings that ship and name those who did not log in, with their roles.
/// Until 4.15 all of these do, from 4.16 on only in clusters that were
/// upgraded. Source: openshift/origin, bindata/v3.11.0/openshift-apiserver/rbac,
/// and the release notes of 4.16.
const SHIPPED: &[(&str, &str)] = &[
    ("cluster-status-binding", "cluster-status"),
    ("self-access-reviewers", "self-access-reviewer"),
    ("system:discovery", "system:discovery"),
    ("system:oauth-token-deleters", "system:oauth-token-deleter"),
    ("system:openshift:discovery", "system:openshift:discovery"),
    (
        "system:openshift:public-info-viewer",
        "system:openshift:public-info-viewer",
    ),
    ("system:public-info-viewer", "system:public-info-viewer"),
    ("system:scope-impersonation", "system:scope-impersonation"),
    ("system:webhooks", "system:webhook"),
];

/// What those may do who did not log in.
pub(super) const ANONYMOUS: Policy = Policy {
    requests: &["clusterrolebindings", "rolebindings"],
    expected: "bindings give those who did not log in no role but the shipped ones",
    least: Verdict::Pass,
    words: "no binding gives those who did not log in another role than the shipped ones",
    judge: anonymous,
};

fn anonymous(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    let rbac = rbac(lists);
    for binding in &rbac.bindings {
        let names = |subject: &BoundTo<'_>| {
            subject.is("Group", "system:unauthenticated") || subject.is("User", "system:anonymous")
        };
        if !binding.subjects.iter().any(names) {
            continue;
        }
        let (state, reason) = match is_shipped(binding) {
            true => (Verdict::Pass, "as shipped"),
            false => (Verdict::Fail, "not among what ships"),
        };
        let actual = say!["gives ", binding.role_kind, " ", binding.role];
        let of = match binding.namespace {
            "" => "clusterrolebindings",
            _ => "rolebindings",
        };
        sheet.put(binding.key(), state, actual, reason, &[of]);
    }
}

fn is_shipped(binding: &Binding<'_>) -> bool {
    binding.namespace.is_empty()
        && binding.role_kind == "ClusterRole"
        && SHIPPED.contains(&(binding.name, binding.role))
}
