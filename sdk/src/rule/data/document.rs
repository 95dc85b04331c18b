//! Judges fields of documents: of every document of every file of a set.

use super::condition::{self, Condition};
use super::test::Held;
use super::{outcome, summed};
use crate::facts::Entry;
use crate::json::{self, Value};
use crate::prelude::*;
use crate::rule::Cx;
use crate::rule::files::{self, Set};
use crate::say;
use crate::verdict::{Basis, Outcome, Subject, Verdict};

/// What is demanded of documents.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub struct DocumentRule {
    /// Which files.
    pub of: Set,
    /// Which documents count: those of which all of this holds.
    pub only: Vec<Condition>,
    /// Pointers to elements that are judged each by itself; the document is, if
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
}

/// Judges the documents.
pub fn evaluate(rule: &DocumentRule, cx: &Cx<'_>) -> Outcome {
    let located = files::locate(&rule.of, cx);
    let expected = condition::expected(&rule.require);
    let mut subjects = Vec::new();
    let mut seen = located.observations;
    for problem in &located.problems {
        subjects.push(problem.subject(&expected));
    }
    let mut counted = 0_usize;
    for entry in &located.files {
        seen.push(entry.observation());
        let documents = match read(&**entry) {
            Ok(documents) => documents,
            Err(why) => {
                let key = entry.path();
                let mut subject = subject(key, Verdict::Error, &expected, why);
                subject.observations.push(entry.observation());
                subjects.push(subject);
                continue;
            }
        };
        for (i, document) in documents.iter().enumerate() {
            let key = match i {
                0 => entry.path(),
                i => say![entry.path(), "#", i + 1],
            };
            counted += 1;
            let before = subjects.len();
            parts(rule, &key, document, &expected, &mut subjects);
            for subject in subjects.iter_mut().skip(before) {
                subject.observations.push(entry.observation());
            }
        }
    }
    if !subjects.is_empty() {
        return summed(subjects, seen);
    }
    if counted > 0 {
        let text = match rule.each.is_empty() {
            true => "no document is one that counts",
            false => "no document has an element that counts",
        };
        return outcome(Verdict::NotApplicable, text.to_owned(), seen);
    }
    outcome(located.empty.verdict, located.empty.reason, seen)
}

/// The documents of a file. An empty file is one document that says nothing.
fn read(entry: &dyn Entry) -> Result<Vec<Value>, String> {
    let texts = match entry.read_document() {
        Ok(texts) => texts,
        Err(error) => return Err(error.text().to_owned()),
    };
    let mut documents = Vec::new();
    for text in &texts {
        documents.push(json::parse(text)?);
    }
    if documents.is_empty() {
        documents.push(Value::Null);
    }
    Ok(documents)
}

/// Judges a document that counts, or its elements.
fn parts(
    rule: &DocumentRule,
    key: &str,
    document: &Value,
    expected: &str,
    subjects: &mut Vec<Subject>,
) {
    match condition::counts(&rule.only, document) {
        Held::Yes => {}
        Held::No => return,
        Held::Unknown(why) => {
            let text = say!["whether it counts is not known: ", why];
            subjects.push(subject(key.to_owned(), Verdict::Error, expected, text));
            return;
        }
    }
    if rule.each.is_empty() {
        subjects.push(judged(rule, key.to_owned(), document, expected));
    }
    for pointer in &rule.each {
        match condition::values(document, pointer) {
            Ok(found) => {
                for one in found {
                    // What is not there is nothing to judge.
                    let Some(value) = one.value else {
                        continue;
                    };
                    let key = say![key, " ", one.at];
                    match condition::counts(&rule.which, value) {
                        Held::Yes => subjects.push(judged(rule, key, value, expected)),
                        Held::No => {}
                        Held::Unknown(why) => {
                            let text = say!["whether it counts is not known: ", why];
                            subjects.push(subject(key, Verdict::Error, expected, text));
                        }
                    }
                }
            }
            Err(why) => subjects.push(subject(key.to_owned(), Verdict::Error, expected, why)),
        }
    }
}

fn judged(rule: &DocumentRule, key: String, value: &Value, expected: &str) -> Subject {
    let (state, reason, actual) = condition::judge(&rule.require, value);
    Subject {
        actual,
        ..subject(key, state, expected, reason)
    }
}

/// A subject of which no receipt is cited yet.
pub(super) fn subject(key: String, state: Verdict, expected: &str, reason: String) -> Subject {
    Subject {
        key,
        state,
        expected: expected.to_owned(),
        actual: "not known".to_owned(),
        reason,
        basis: Basis::Explicit,
        observations: Vec::new(),
    }
}
