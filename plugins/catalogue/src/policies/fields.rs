//! Settings that are fields of API objects or of configuration files: one field
//! of the objects of one request, against what it should be.

use cisb_sdk::config::{self, Problem, plain};
use cisb_sdk::facts::Observation;
use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::{self, key_of, name, text};
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::{Basis, Outcome, Subject, Verdict};

use super::sheet::few;

/// Judges a field. In the rule: `of` the request for objects, `kind` what they
/// are called, `name` of the only object that counts, `optional` if a server
/// without the resource is one without such objects; or `file` the request for
/// files, and `absent` what it means that there is none. Then `at` the field's
/// pointer with `*` for every element, `is` the values one of which it should
/// have or `least` the least number (else any will do), `unset` to demand the
/// opposite, `expected` as a sentence, and `else` what a person should look at
/// where it is not so (without it that fails).
pub(super) fn fields(cx: &Cx<'_>, with: &Value) -> Outcome {
    let mut outcome = Outcome {
        verdict: Verdict::Error,
        reason: String::new(),
        expected: text(with, "/expected").to_owned(),
        actual: "not known".to_owned(),
        basis: Basis::Explicit,
        subjects: Vec::new(),
        observations: Vec::new(),
    };
    let found = match with["file"].as_str() {
        Some(request) => documents(cx, request, &mut outcome),
        None => listed(cx, with, &mut outcome),
    };
    let items = match found {
        Ok(items) => items,
        Err(why) => {
            outcome.reason = why;
            return outcome;
        }
    };
    if let ([], Some(absent)) = (items.as_slice(), with["absent"].as_str()) {
        outcome.verdict = Verdict::NotApplicable;
        absent.clone_into(&mut outcome.reason);
        outcome.actual = "no such file".to_owned();
        return outcome;
    }
    judge(&items, with, &mut outcome);
    outcome
}

/// What holds the field: by which name, itself, and its receipts.
type Item = (String, Value, Vec<Observation>);

/// The objects of a request, or why they are not known.
fn listed(cx: &Cx<'_>, with: &Value, outcome: &mut Outcome) -> Result<Vec<Item>, String> {
    let (kind, only) = (text(with, "/kind"), text(with, "/name"));
    let mut items = Vec::new();
    match kubernetes::list(cx.facts, text(with, "/of")) {
        Ok(listed) => {
            outcome.observations.push(listed.observation);
            for item in &listed.items {
                if only.is_empty() || name(item) == only {
                    items.push((key_of(kind, item), *item, vec![listed.observation]));
                }
            }
        }
        Err(unlisted) => {
            outcome.observations = unlisted.observations();
            if !(unlisted.absent && kubernetes::is_true(with, "/optional")) {
                return Err(say!["not listed: ", unlisted.detail]);
            }
        }
    }
    match items.is_empty() && !only.is_empty() {
        true => Err(say!["there is no ", kind, "/", only]),
        false => Ok(items),
    }
}

/// The documents of the files of a request, or why one is not known.
fn documents(cx: &Cx<'_>, request: &str, outcome: &mut Outcome) -> Result<Vec<Item>, String> {
    let matches = match cx.facts.glob(request) {
        Ok(matches) => matches,
        Err(error) => {
            outcome.observations = error.observations();
            return Err(say![request, ": ", error]);
        }
    };
    outcome.observations.push(matches.observation);
    if !matches.complete {
        return Err(say![request, ": ", matches.hint]);
    }
    let mut items = Vec::new();
    for path in matches.paths {
        let opened = cx.facts.open(&path).map_err(|e| Problem::of(&path, &e));
        let read = opened.and_then(|entry| {
            config::document(&*entry, "", "").map(|document| (entry.observation(), document))
        });
        match read {
            Ok((observation, document)) => items.push((path, document, vec![observation])),
            Err(problem) => {
                outcome.observations.extend(&problem.observations);
                return Err(problem.text);
            }
        }
    }
    Ok(items)
}

/// Judges each; one that is as it should be is enough.
fn judge(items: &[Item], with: &Value, outcome: &mut Outcome) {
    let at = text(with, "/at");
    let at = at.strip_prefix("/").unwrap_or(at);
    let steps = strings::split(at, b'/');
    let field = strings::replace(at, b'/', '.');
    let look = text(with, "/else");
    let mut met = false;
    for (key, item, observations) in items {
        let mut values = Vec::new();
        collect(item, &steps, &mut values);
        let good = wanted(with, &values) != kubernetes::is_true(with, "/unset");
        met |= good;
        outcome.subjects.push(Subject {
            key: key.clone(),
            state: if good { Verdict::Pass } else { Verdict::Fail },
            expected: outcome.expected.clone(),
            actual: match values.is_empty() {
                true => say![field, " is not set"],
                false => say![field, " is ", few(&values)],
            },
            reason: String::new(),
            basis: Basis::Explicit,
            observations: observations.clone(),
        });
    }
    outcome.verdict = match (met, look) {
        (true, _) => Verdict::Pass,
        (false, "") => Verdict::Fail,
        (false, _) => Verdict::Manual,
    };
    outcome.actual = say!["no object of the kind ", text(with, "/kind")];
    // The first that is as it should be speaks, else the first of all.
    let first = outcome.subjects.iter().find(|it| it.state == Verdict::Pass);
    if let Some(subject) = first.or(outcome.subjects.first()) {
        outcome.actual = say![subject.key, ": ", subject.actual];
    }
    for subject in &mut outcome.subjects {
        subject.state = outcome.verdict;
    }
    outcome.reason = match met || look.is_empty() {
        true => outcome.actual.clone(),
        false => say![outcome.actual, ": ", look],
    };
}

/// Whether values are what the rule names: one of `is`, also as a part of a
/// list with commas, or `least` or more, or any at all.
fn wanted(with: &Value, values: &[String]) -> bool {
    if let Some(list) = with["is"].as_array() {
        let mut parts = values.iter().flat_map(|value| strings::split(value, b','));
        return parts.any(|part| list.iter().any(|it| it.is_text(part)));
    }
    match with["least"].as_i64() {
        Some(least) => values
            .iter()
            .any(|value| cisb_sdk::values::integer(value).is_some_and(|it| it >= least)),
        None => !values.is_empty(),
    }
}

/// The values at the end of some steps, empty ones left out; an object is one
/// value.
fn collect(value: &Value, steps: &[&str], values: &mut Vec<String>) {
    let Some((step, rest)) = steps.split_first() else {
        let is_empty = value.is_null()
            || value.is_text("")
            || value.as_array().is_some_and(<[Value]>::is_empty)
            || value.as_object().is_some_and(|members| members.is_empty());
        if let (false, Some(list)) = (is_empty, value.as_array()) {
            for element in list {
                values.push(plain(element));
            }
        } else if !is_empty {
            values.push(plain(value));
        }
        return;
    };
    if *step == "*" {
        for element in value.items() {
            collect(element, rest, values);
        }
    } else if let Some(member) = value.get(step) {
        collect(member, rest, values);
    }
}
