//! Judges fields of objects of the API: of every object that counts, or of its
//! elements.

use super::condition::{self, Condition};
use super::document::subject;
use super::test::{Held, matches};
use super::{outcome, summed};
use crate::json::Value;
use crate::kubernetes::{self, key_of, namespace};
use crate::prelude::*;
use crate::rule::Cx;
use crate::say;
use crate::verdict::{Outcome, Subject, Verdict};

/// What is demanded of objects.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub struct ObjectsRule {
    /// The kubernetes request that lists them.
    pub request: String,
    /// What one is called in a subject's key, such as `Pod`.
    pub kind: String,
    /// Namespaces whose objects do not count; `*` stands for anything.
    pub exempt: Vec<Value>,
    /// Which objects count: those of which all of this holds.
    pub only: Vec<Condition>,
    /// Pointers to elements that are judged each by itself; the object is, if
    /// there are none.
    pub each: Vec<String>,
    /// What must hold of each, all of it.
    pub require: Vec<Condition>,
    /// In place of `require`: whether there must be one that counts, or must
    /// not.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub exist: Option<bool>,
}

/// Judges the objects.
pub fn evaluate(rule: &ObjectsRule, cx: &Cx<'_>) -> Outcome {
    let objects = match kubernetes::list(cx.facts, &rule.request) {
        Ok(objects) => objects,
        Err(unlisted) => {
            let seen = unlisted.observations();
            let verdict = match unlisted.absent && !seen.is_empty() {
                true => Verdict::NotApplicable,
                false => Verdict::Error,
            };
            return outcome(verdict, unlisted.detail, seen);
        }
    };
    let expected = match rule.exist {
        Some(true) => say!["one of which holds ", condition::expected(&rule.only)],
        Some(false) => say!["none of which holds ", condition::expected(&rule.only)],
        None => condition::expected(&rule.require),
    };
    let mut subjects = Vec::new();
    let mut exempt = 0_usize;
    for object in &objects.items {
        if is_exempt(rule, namespace(object)) {
            exempt += 1;
            continue;
        }
        let key = key_of(&rule.kind, object);
        match condition::counts(&rule.only, object) {
            Held::Yes => judge(rule, key, object, &expected, &mut subjects),
            Held::No => {}
            Held::Unknown(why) => {
                let text = say!["whether it counts is not known: ", why];
                subjects.push(subject(key, Verdict::Error, &expected, text));
            }
        }
    }
    for subject in &mut subjects {
        subject.observations.push(objects.observation);
    }
    let seen = vec![objects.observation];
    if rule.exist == Some(true) && subjects.iter().any(|s| s.state == Verdict::Pass) {
        // One suffices, whatever the others are.
        subjects.retain(|s| s.state == Verdict::Pass);
    }
    if !subjects.is_empty() {
        return summed(subjects, seen);
    }
    let mut text = say!["none of ", objects.items.len(), " ", rule.kind, " counts"];
    if exempt > 0 {
        text = say![text, ", ", exempt, " are in exempt namespaces"];
    }
    let verdict = match rule.exist {
        Some(true) => Verdict::Fail,
        Some(false) => Verdict::Pass,
        None => Verdict::NotApplicable,
    };
    Outcome {
        expected,
        actual: text.clone(),
        ..outcome(verdict, text, seen)
    }
}

fn is_exempt(rule: &ObjectsRule, namespace: &str) -> bool {
    let names = rule.exempt.iter().filter_map(Value::as_str);
    !namespace.is_empty() && names.into_iter().any(|name| matches(name, namespace))
}

/// Judges an object that counts, or its elements.
fn judge(
    rule: &ObjectsRule,
    key: String,
    object: &Value,
    expected: &str,
    subjects: &mut Vec<Subject>,
) {
    if let Some(should) = rule.exist {
        let state = if should { Verdict::Pass } else { Verdict::Fail };
        subjects.push(Subject {
            actual: "is there".to_owned(),
            ..subject(key, state, expected, String::new())
        });
        return;
    }
    let mut put = |key: String, value: &Value| {
        let (state, reason, actual) = condition::judge(&rule.require, value);
        subjects.push(Subject {
            actual,
            ..subject(key, state, expected, reason)
        });
    };
    if rule.each.is_empty() {
        return put(key, object);
    }
    let mut unknown = None;
    for pointer in &rule.each {
        match condition::values(object, pointer) {
            Ok(found) => {
                for one in found {
                    if let Some(value) = one.value {
                        // An element that has a name is called by it.
                        let name = value["name"].as_str().unwrap_or_default();
                        let key = match name.is_empty() {
                            true => say![key, one.at],
                            false => say![key, "/", name],
                        };
                        put(key, value);
                    }
                }
            }
            Err(why) => unknown = Some(why),
        }
    }
    if let Some(why) = unknown {
        subjects.push(subject(key, Verdict::Error, expected, why));
    }
}
