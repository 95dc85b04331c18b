//! Bindings that name everybody: who sent no credential, and whom any issuer
//! vouches for, which on some clouds is anybody with an account there.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::rbac::{Binding, PolicyRule, Rbac};
use cisb_sdk::kubernetes::text;
use cisb_sdk::prelude::*;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::Verdict;

use super::access::{RBAC, rbac};
use super::sheet::{Lists, Policy, Sheet, add};

/// A name for everybody, its kind, and the bindings that Kubernetes ships for
/// it, each to the cluster role of its own name.
type Row = (&'static str, &'static str, &'static [&'static str]);

/// Source: `bootstrappolicy` of the API server, 1.15 to 1.36.
const NAMES: &[Row] = &[
    ("system:anonymous", "User", &[]),
    (
        "system:unauthenticated",
        "Group",
        &["system:public-info-viewer"],
    ),
    (
        "system:authenticated",
        "Group",
        &[
            "system:basic-user",
            "system:discovery",
            "system:public-info-viewer",
        ],
    ),
];

/// Whom is bound to the name that `with.name` says.
pub(super) const EVERYBODY: Policy = Policy {
    requests: RBAC,
    expected: "",
    least: Verdict::Pass,
    words: "",
    judge: everybody,
};

fn everybody(lists: &Lists<'_>, sheet: &mut Sheet, with: &Value) {
    let name = text(with, "/name");
    let Some((name, kind, shipped)) = NAMES.iter().find(|row| row.0 == name) else {
        return sheet.misnamed("name", name);
    };
    sheet.expected = match shipped.is_empty() {
        true => say!["no binding names ", name],
        false => say![
            "no binding names ",
            name,
            " but ",
            strings::join(shipped, ", ")
        ],
    };
    sheet.words = say!["nothing else is bound to ", name];
    let rbac = rbac(lists);
    for binding in &rbac.bindings {
        if !binding.subjects.iter().any(|s| s.is(kind, name)) {
            continue;
        }
        let (grants, harmless) = grants(&rbac, binding);
        let ships = binding.namespace.is_empty()
            && binding.role_kind == "ClusterRole"
            && binding.role == binding.name
            && strings::among(binding.name, shipped);
        let (state, reason) = match (ships && lists.exempts_shipped(), harmless) {
            (true, true) => (Verdict::Pass, "as shipped"),
            (true, false) => (
                Verdict::Fail,
                "the binding is as shipped, but its role grants more than what it ships with",
            ),
            (false, _) => (Verdict::Fail, "whoever reaches the API server has this"),
        };
        let actual = say!["gives ", binding.role_kind, " ", binding.role, ": ", grants];
        sheet.put(binding.key(), state, actual, reason, &[]);
    }
}

/// What a binding's role grants, and whether that is no more than what is said
/// to everybody: versions and health, and what they may do themselves.
fn grants(rbac: &Rbac<'_>, binding: &Binding<'_>) -> (String, bool) {
    let Some(role) = rbac.role_of(binding) else {
        return ("nothing, there is no such role".to_owned(), true);
    };
    let mut rules = String::new();
    let mut harmless = true;
    for rule in &role.rules {
        add(&mut rules, "; ", &rule.describe());
        harmless &= is_harmless(rule);
    }
    (rules, harmless)
}

fn is_harmless(rule: &PolicyRule<'_>) -> bool {
    let only = |verb: &str| rule.verbs.iter().all(|it| *it == verb);
    let reviews = |resource: &&str| resource.starts_with("selfsubject");
    match rule.resources.is_empty() {
        true => only("get") && !strings::among("*", &rule.urls),
        false => only("create") && rule.resources.iter().all(reviews),
    }
}
