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
use crate::strings;
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
    /// Which of those elements count: those of which all of this holds.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        serde(skip_serializing_if = "Vec::is_empty")
    )]
    pub which: Vec<Condition>,
    /// What must hold of each, all of it.
    pub require: Vec<Condition>,
    /// An object of another resource that must be there for each.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub beside: Option<Beside>,
    /// In place of `require`: whether there must be one that counts, or must
    /// not.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub exist: Option<bool>,
}

/// An object of another resource that belongs to what is judged.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub struct Beside {
    /// The kubernetes request that lists them.
    pub request: String,
    /// What one is called, such as `Secret`.
    pub kind: String,
    /// Whether it lies in the namespace of the object that is judged.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        serde(skip_serializing_if = "core::ops::Not::not")
    )]
    pub same_namespace: bool,
    /// Its fields, and those of what is judged that they equal.
    pub on: Vec<Pair>,
    /// What else must hold of it.
    pub only: Vec<Condition>,
}

/// Two fields that are equal, and there.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub struct Pair {
    /// A pointer into the other object.
    pub at: String,
    /// A pointer into what is judged.
    pub equals: String,
}

impl Beside {
    /// What should be there, for a person.
    fn expected(&self) -> String {
        let mut parts = Vec::new();
        for Pair { at, equals } in &self.on {
            parts.push(say![at, " is its ", equals]);
        }
        if self.same_namespace {
            parts.push("that lies in its namespace".to_owned());
        }
        if !self.only.is_empty() {
            parts.push(condition::expected(&self.only));
        }
        say![
            "a ",
            self.kind,
            " of which ",
            strings::join(&parts, " and ")
        ]
    }

    /// Judges whether one is there for an object, or for an element of it.
    fn judge(&self, others: &[Value], object: &Value, value: &Value) -> (Verdict, String, String) {
        let mut unlike = None;
        let mut unknown = None;
        for other in others {
            let is_related = !self.same_namespace || namespace(other) == namespace(object);
            if !is_related || !self.on.iter().all(|pair| pair.holds(other, value)) {
                continue;
            }
            match condition::counts(&self.only, other) {
                Held::Yes => {
                    let text = say![key_of(&self.kind, other), " is there"];
                    return (Verdict::Pass, String::new(), text);
                }
                Held::No => unlike = unlike.or(Some(other)),
                Held::Unknown(why) => unknown = unknown.or(Some((other, why))),
            }
        }
        if let Some((other, why)) = unknown {
            let text = say![key_of(&self.kind, other), " cannot be judged, ", why];
            return (Verdict::Error, text, "not known".to_owned());
        }
        let (what, seen) = match unlike {
            None => (
                say!["there is not ", self.expected()],
                say!["no ", self.kind],
            ),
            Some(other) => {
                let (_, reason, seen) = condition::judge(&self.only, other);
                let key = key_of(&self.kind, other);
                (say![key, ": ", reason], say![key, ": ", seen])
            }
        };
        (Verdict::Fail, what, seen)
    }
}

impl Pair {
    fn holds(&self, other: &Value, value: &Value) -> bool {
        let theirs = other.pointer(&self.at).filter(|v| !v.is_null());
        theirs.is_some() && theirs == value.pointer(&self.equals)
    }
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
    let mut observations = vec![objects.observation];
    let others = match &rule.beside {
        None => Vec::new(),
        Some(beside) => match kubernetes::list(cx.facts, &beside.request) {
            Ok(others) => {
                observations.push(others.observation);
                others.items
            }
            // Whether one is missing that nobody could see is not known.
            Err(unlisted) => {
                observations.extend(unlisted.observations());
                return outcome(Verdict::Error, unlisted.detail, observations);
            }
        },
    };
    let expected = match rule.exist {
        Some(true) => say!["one of which holds ", condition::expected(counted(rule))],
        Some(false) => say!["none of which holds ", condition::expected(counted(rule))],
        None => wanted(rule),
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
            Held::Yes => judge(rule, key, object, &others, &expected, &mut subjects),
            Held::No => {}
            Held::Unknown(why) => {
                let text = say!["whether it counts is not known: ", why];
                subjects.push(subject(key, Verdict::Error, &expected, text));
            }
        }
    }
    for subject in &mut subjects {
        subject.observations.extend(&observations);
    }
    let seen = observations;
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

/// What says which ones count: objects, or their elements.
fn counted(rule: &ObjectsRule) -> &[Condition] {
    match rule.each.is_empty() {
        true => &rule.only,
        false => &rule.which,
    }
}

/// What must hold of each, for a person.
fn wanted(rule: &ObjectsRule) -> String {
    let mut parts = Vec::new();
    if !rule.require.is_empty() {
        parts.push(condition::expected(&rule.require));
    }
    if let Some(beside) = &rule.beside {
        parts.push(beside.expected());
    }
    strings::join(&parts, ", ")
}

/// Judges an object that counts, or its elements.
fn judge(
    rule: &ObjectsRule,
    key: String,
    object: &Value,
    others: &[Value],
    expected: &str,
    subjects: &mut Vec<Subject>,
) {
    let mut put = |key: String, value: &Value| {
        if let Some(should) = rule.exist {
            let state = if should { Verdict::Pass } else { Verdict::Fail };
            return subjects.push(Subject {
                actual: "is there".to_owned(),
                ..subject(key, state, expected, String::new())
            });
        }
        let mut judged = condition::judge(&rule.require, value);
        if let Some(beside) = &rule.beside {
            let other = beside.judge(others, object, value);
            if rule.require.is_empty() || other.0 > judged.0 {
                judged = other;
            }
        }
        let (state, reason, actual) = judged;
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
                        match condition::counts(&rule.which, value) {
                            Held::Yes => {}
                            Held::No => continue,
                            Held::Unknown(why) => {
                                unknown = Some(say![one.at, ": ", why]);
                                continue;
                            }
                        }
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
