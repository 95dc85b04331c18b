//! Judges an audit policy by walking its rules as the API server does: the
//! first that matches a request sets the level.

use super::setting::Judged;
use crate::component::Instance;
use crate::config::{self, Problem, Reading, document};
use crate::facts::Facts;
use crate::json::Value;
use crate::prelude::*;
use crate::say;
use crate::strings;
use crate::verdict::Verdict;

/// What an audit policy should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub enum Demand {
    /// Log something.
    LogsSomething,
    /// Log what matters for security, and no secret contents.
    CoversKeyConcerns,
}

impl Demand {
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::LogsSomething => "a policy that logs something",
            Self::CoversKeyConcerns => {
                "a policy that logs every request, secret contents at Metadata only"
            }
        }
    }
}

/// How much of a request is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    None,
    Metadata,
    Request,
    RequestResponse,
}

/// A request that matters, and what should be logged of it.
struct Concern {
    group: &'static str,
    resource: &'static str,
    verbs: &'static [&'static str],
    /// Whether its contents are secret.
    is_secret: bool,
}

const WRITES: &[&str] = &["create", "update", "patch", "delete"];

const CONCERNS: &[Concern] = &[
    secret(
        "",
        "secrets",
        &[
            "get", "list", "watch", "create", "update", "patch", "delete",
        ],
    ),
    secret(
        "",
        "configmaps",
        &[
            "get", "list", "watch", "create", "update", "patch", "delete",
        ],
    ),
    secret("authentication.k8s.io", "tokenreviews", &["create"]),
    plain("", "pods", WRITES),
    plain("apps", "deployments", WRITES),
    plain("", "pods/exec", &["create", "get"]),
    plain("", "pods/portforward", &["create", "get"]),
    plain("", "pods/proxy", &["create", "get"]),
    plain("", "services/proxy", &["create", "get"]),
    // Stands for whatever has no rule of its own.
    plain("rbac.authorization.k8s.io", "clusterrolebindings", WRITES),
];

const fn secret(
    group: &'static str,
    resource: &'static str,
    verbs: &'static [&'static str],
) -> Concern {
    Concern {
        group,
        resource,
        verbs,
        is_secret: true,
    }
}

const fn plain(
    group: &'static str,
    resource: &'static str,
    verbs: &'static [&'static str],
) -> Concern {
    Concern {
        is_secret: false,
        ..secret(group, resource, verbs)
    }
}

/// Judges the policy that a flag names.
pub(super) fn judge(
    facts: &dyn Facts,
    instance: &Instance,
    reading: &Reading,
    demand: Demand,
) -> Judged {
    if !reading.is_set() {
        return Judged::new(Verdict::Fail, "without a policy no event is logged");
    }
    match judge_file(facts, instance, reading, demand) {
        Ok(judged) => judged,
        Err(problem) => Judged::problem(&problem),
    }
}

fn judge_file(
    facts: &dyn Facts,
    instance: &Instance,
    reading: &Reading,
    demand: Demand,
) -> Result<Judged, Box<Problem>> {
    let entry = reading.open(facts, instance)?;
    let document = document(&*entry, "Policy", "audit.k8s.io")?;
    let path = entry.path();
    let rules = document["rules"].items();
    if rules.is_empty() {
        return Err(Problem::bad(&path, "has no rules", entry.observation()));
    }
    let mut logs = false;
    for rule in rules {
        let Some(level) = level(rule) else {
            let level = config::plain(&rule["level"]);
            let why = say!["has a rule with the unknown level ", level];
            return Err(Problem::bad(&path, &why, entry.observation()));
        };
        logs |= level > Level::None;
    }
    let (state, reason) = match demand {
        Demand::LogsSomething if logs => (Verdict::Pass, String::new()),
        Demand::LogsSomething => (Verdict::Fail, "every rule has the level None".to_owned()),
        Demand::CoversKeyConcerns => concerns(rules),
    };
    Ok(Judged {
        actual: Some(say![rules.len(), " rules in ", path]),
        observations: vec![entry.observation()],
        ..Judged::new(state, &reason)
    })
}

fn concerns(rules: &[Value]) -> (Verdict, String) {
    let mut lacks = Vec::new();
    let mut exempt = Vec::new();
    for concern in CONCERNS {
        let mut unlogged = Vec::new();
        let mut leaking = Vec::new();
        for verb in concern.verbs {
            let (least, most, level) = levels(rules, concern, verb);
            if level == Level::None {
                unlogged.push(*verb);
            } else if least == Level::None {
                exempt.push(say![verb, " ", concern.resource]);
            }
            if concern.is_secret && most > Level::Metadata {
                leaking.push(*verb);
            }
        }
        for (verbs, what) in [
            (unlogged, " is not logged"),
            (leaking, " is logged with its contents"),
        ] {
            if !verbs.is_empty() {
                lacks.push(say![
                    strings::join(&verbs, "/"),
                    " ",
                    concern.resource,
                    what
                ]);
            }
        }
    }
    if !lacks.is_empty() {
        return (Verdict::Fail, strings::join(&lacks, ", "));
    }
    if !exempt.is_empty() {
        let text = say![
            "some users, namespaces or names are exempt from logging of ",
            strings::join(&exempt, ", "),
            ": say whether they may be"
        ];
        return (Verdict::Manual, text);
    }
    (Verdict::Pass, String::new())
}

/// The least and the most that any request of this kind is logged with, and
/// the level of one that no narrower rule catches.
fn levels(rules: &[Value], concern: &Concern, verb: &str) -> (Level, Level, Level) {
    let (mut least, mut most) = (Level::RequestResponse, Level::None);
    for rule in rules.iter().filter(|r| matches(r, concern, verb)) {
        let level = level(rule).unwrap_or(Level::None);
        least = least.min(level);
        most = most.max(level);
        if !is_narrow(rule, concern) {
            return (least, most, level);
        }
    }
    // What no rule matches is not logged.
    (Level::None, most, Level::None)
}

fn level(rule: &Value) -> Option<Level> {
    Some(match rule["level"].as_str()? {
        "None" => Level::None,
        "Metadata" => Level::Metadata,
        "Request" => Level::Request,
        "RequestResponse" => Level::RequestResponse,
        _ => return None,
    })
}

fn texts(value: &Value) -> impl Iterator<Item = &'static str> {
    value.items().iter().filter_map(Value::as_str)
}

fn has_any(value: &Value) -> bool {
    !value.items().is_empty()
}

/// Whether a rule catches some requests of this kind.
fn matches(rule: &Value, concern: &Concern, verb: &str) -> bool {
    if has_any(&rule["verbs"]) && !texts(&rule["verbs"]).any(|v| v == verb || v == "*") {
        return false;
    }
    if !has_any(&rule["resources"]) {
        return !has_any(&rule["nonResourceURLs"]);
    }
    entries(rule, concern).next().is_some()
}

/// The entries of a rule's resources that catch this one.
fn entries<'a>(rule: &'a Value, concern: &'a Concern) -> impl Iterator<Item = &'a Value> {
    let all = rule["resources"].as_array().into_iter().flatten();
    all.filter(|entry| {
        let group = entry["group"].as_str().unwrap_or_default();
        let wanted = concern.resource;
        let sub = strings::cut(wanted, b'/');
        group == concern.group
            && (!has_any(&entry["resources"])
                || texts(&entry["resources"]).any(|r| match sub {
                    _ if r == "*" || r == wanted => true,
                    Some((of, name)) => r == say![of, "/*"] || r == say!["*/", name],
                    None => false,
                }))
    })
}

/// Whether a rule that matches catches only some users, namespaces or names.
fn is_narrow(rule: &Value, concern: &Concern) -> bool {
    let narrows = ["users", "userGroups", "namespaces"];
    if narrows.iter().any(|n| has_any(&rule[*n])) {
        return true;
    }
    has_any(&rule["resources"])
        && entries(rule, concern).all(|entry| has_any(&entry["resourceNames"]))
}
