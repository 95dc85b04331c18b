//! Settings of the cluster that are fields of API objects: one field of the
//! objects of one request, against what it should be.

use cisb_sdk::config::plain;
use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::{self, key_of, name, text};
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::{Basis, Outcome, Subject, Verdict};

use super::sheet::few;

/// Judges a field. In the rule: `of` the request, `kind` what its objects are
/// called, `name` of the only object that counts, `at` the field's pointer with
/// `*` for every element, `is` the values one of which it should have (else any
/// will do), `unset` if it should have none, `expected` as a sentence, `else`
/// what a person should look at where it has not (else that fails), and
/// `optional` if a server without the resource is one without such objects.
pub(super) fn objects(cx: &Cx<'_>, with: &Value) -> Outcome {
    let mut outcome = Outcome {
        verdict: Verdict::Error,
        reason: String::new(),
        expected: text(with, "/expected").to_owned(),
        actual: "not known".to_owned(),
        basis: Basis::Explicit,
        subjects: Vec::new(),
        observations: Vec::new(),
    };
    let mut items = Vec::new();
    match kubernetes::list(cx.facts, text(with, "/of")) {
        Ok(listed) => {
            outcome.observations.push(listed.observation);
            items = listed.items;
        }
        Err(unlisted) => {
            outcome.observations = unlisted.observations();
            if !(unlisted.absent && kubernetes::is_true(with, "/optional")) {
                outcome.reason = say!["not listed: ", unlisted.detail];
                return outcome;
            }
        }
    }
    let only = text(with, "/name");
    let (kind, at) = (text(with, "/kind"), text(with, "/at"));
    items.retain(|item| only.is_empty() || name(item) == only);
    if items.is_empty() && !only.is_empty() {
        outcome.reason = say!["there is no ", kind, "/", only];
        return outcome;
    }
    let steps = strings::split(at.strip_prefix("/").unwrap_or(at), b'/');
    let mut met = false;
    for item in &items {
        let mut values = Vec::new();
        collect(item, &steps, &mut values);
        let has = match with["is"].as_array() {
            Some(list) => values.iter().any(|v| list.iter().any(|w| w.is_text(v))),
            None => !values.is_empty(),
        };
        let good = has != kubernetes::is_true(with, "/unset");
        met |= good;
        let field = strings::replace(at.strip_prefix("/").unwrap_or(at), b'/', '.');
        let actual = match values.is_empty() {
            true => say![field, " is not set"],
            false => say![field, " is ", few(&values)],
        };
        outcome.subjects.push(Subject {
            key: key_of(kind, item),
            state: if good { Verdict::Pass } else { Verdict::Manual },
            expected: outcome.expected.clone(),
            actual,
            reason: String::new(),
            basis: Basis::Explicit,
            observations: outcome.observations.clone(),
        });
    }
    let look = text(with, "/else");
    outcome.verdict = match (met, look) {
        (true, _) => Verdict::Pass,
        (false, "") => Verdict::Fail,
        (false, _) => Verdict::Manual,
    };
    outcome.actual = match outcome.subjects.first() {
        None => say!["no object of the kind ", kind],
        Some(first) => say![first.key, ": ", first.actual],
    };
    for subject in &mut outcome.subjects {
        if subject.state != Verdict::Pass {
            // One object that has it is enough.
            subject.state = if met { Verdict::Pass } else { outcome.verdict };
        } else if let Verdict::Pass = outcome.verdict {
            outcome.actual = say![subject.key, ": ", subject.actual];
        }
    }
    outcome.reason = match (met, look) {
        (false, look) if !look.is_empty() => say![outcome.actual, ": ", look],
        _ => outcome.actual.clone(),
    };
    outcome
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
