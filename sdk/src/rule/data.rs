//! Rules for what our own profiles have functions for: fields of documents and
//! of objects, processes, and rules about rules. A profile that is nothing but
//! a manifest says all it checks by these and the other rules.

use super::files::{self, Set};
use super::{Code, Cx, Failure, Rule, evaluate, worst};
use crate::facts::Observation;
use crate::order;
use crate::prelude::*;
use crate::say;
use crate::verdict::{Basis, Outcome, Subject, Verdict};

pub mod condition;
pub mod document;
pub mod moment;
pub mod objects;
pub mod parameter;
pub mod process;
mod read;
pub mod test;

#[cfg(test)]
mod tests;

/// A rule of these kinds.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub enum DataRule {
    /// No rule may hold.
    NoneOf(Vec<Rule>),
    /// A rule that counts where another one holds.
    When {
        /// What must hold for it to count.
        holds: Box<Rule>,
        /// The rule.
        rule: Box<Rule>,
    },
    /// A person must look: says at what.
    Ask(String),
    /// Whether there are files of a set.
    Exist {
        /// Which files.
        of: Set,
        /// Whether there must be one, or must not.
        is: bool,
    },
    /// Fields of documents.
    Document(document::DocumentRule),
    /// Fields of objects.
    Objects(objects::ObjectsRule),
    /// Processes.
    Process(process::ProcessRule),
}

/// Evaluates a rule of these kinds.
pub(super) fn judge(
    rule: &DataRule,
    cx: &Cx<'_>,
    codes: &[(&str, Code)],
) -> Result<Outcome, Failure> {
    Ok(match rule {
        DataRule::NoneOf(rules) => return none_of(rules, cx, codes),
        DataRule::When { holds, rule } => return when(holds, rule, cx, codes),
        DataRule::Ask(look) => outcome(Verdict::Manual, look.clone(), Vec::new()),
        DataRule::Exist { of, is } => exist(of, *is, cx),
        DataRule::Document(rule) => document::evaluate(rule, cx),
        DataRule::Objects(rule) => objects::evaluate(rule, cx),
        DataRule::Process(rule) => process::evaluate(rule, cx),
    })
}

/// An answer without subjects.
pub(crate) fn outcome(verdict: Verdict, reason: String, observations: Vec<Observation>) -> Outcome {
    Outcome {
        verdict,
        reason,
        expected: String::new(),
        actual: String::new(),
        basis: Basis::Explicit,
        subjects: Vec::new(),
        observations,
    }
}

/// The answer that subjects add up to: the worst decides and speaks.
pub(crate) fn summed(mut subjects: Vec<Subject>, observations: Vec<Observation>) -> Outcome {
    order::sort(&mut subjects, |a, b| {
        a.state > b.state || (a.state == b.state && a.key < b.key)
    });
    let Some(first) = subjects.first() else {
        return outcome(
            Verdict::Error,
            "nothing was judged".to_owned(),
            observations,
        );
    };
    let mut like = 0_usize;
    for subject in &subjects {
        like += usize::from(subject.state == first.state);
    }
    let others = match like {
        1 => String::new(),
        n => say![" (and ", n - 1, " more)"],
    };
    let reason = match first.state {
        Verdict::Pass | Verdict::Fail if first.reason.is_empty() => {
            say![first.key, ": ", first.actual, others]
        }
        _ => say![first.key, ": ", first.reason, others],
    };
    Outcome {
        verdict: first.state,
        reason,
        expected: first.expected.clone(),
        actual: first.actual.clone(),
        basis: first.basis.clone(),
        observations,
        subjects,
    }
}

/// Everything that an answer cites.
fn cited(outcome: &Outcome) -> Vec<Observation> {
    let mut all = Vec::new();
    order::cite(&mut all, &outcome.observations);
    for subject in &outcome.subjects {
        order::cite(&mut all, &subject.observations);
    }
    all
}

/// No rule may hold: one that does is a fail, and one that cannot be told might.
fn none_of(rules: &[Rule], cx: &Cx<'_>, codes: &[(&str, Code)]) -> Result<Outcome, Failure> {
    let mut worst_of: Option<Outcome> = None;
    let mut seen = Vec::new();
    for rule in rules {
        let mut outcome = evaluate(rule, cx, codes)?;
        order::cite(&mut seen, &cited(&outcome));
        turn(&mut outcome.verdict);
        for subject in &mut outcome.subjects {
            turn(&mut subject.state);
            subject.expected = say!["not: ", subject.expected];
        }
        if !outcome.expected.is_empty() {
            outcome.expected = say!["not: ", outcome.expected];
        }
        // A verdict on the whole follows from its subjects; turned, the best of
        // them would decide, so only those that decided are kept.
        let verdict = outcome.verdict;
        outcome.subjects.retain(|s| s.state == verdict);
        let is_worse = |w: &Outcome| worst(outcome.verdict) > worst(w.verdict);
        if worst_of.as_ref().is_none_or(is_worse) {
            worst_of = Some(outcome);
        }
    }
    match worst_of {
        Some(mut outcome) => {
            order::cite(&mut outcome.observations, &seen);
            Ok(outcome)
        }
        None => Err(Failure::BadSettings("a rule combines no rules".to_owned())),
    }
}

fn turn(verdict: &mut Verdict) {
    *verdict = match *verdict {
        Verdict::Pass => Verdict::Fail,
        Verdict::Fail => Verdict::Pass,
        other => other,
    };
}

/// A rule that counts where another one holds. Where it does not, what was seen
/// for that is the witness.
fn when(
    holds: &Rule,
    rule: &Rule,
    cx: &Cx<'_>,
    codes: &[(&str, Code)],
) -> Result<Outcome, Failure> {
    let condition = evaluate(holds, cx, codes)?;
    let seen = cited(&condition);
    let because = &condition.reason;
    match condition.verdict {
        Verdict::Pass => {
            let mut outcome = evaluate(rule, cx, codes)?;
            order::cite(&mut outcome.observations, &seen);
            Ok(outcome)
        }
        Verdict::Fail | Verdict::NotApplicable => {
            let text = say!["does not apply: ", because];
            Ok(outcome(Verdict::NotApplicable, text, seen))
        }
        unknown => {
            let text = say!["whether it applies is not known: ", because];
            Ok(outcome(unknown, text, seen))
        }
    }
}

/// Whether there are files of a set.
fn exist(of: &Set, is: bool, cx: &Cx<'_>) -> Outcome {
    let located = files::locate(of, cx);
    let expected = match is {
        true => "a file that is there",
        false => "no such file",
    };
    let mut subjects = Vec::new();
    for entry in &located.files {
        subjects.push(Subject {
            key: entry.path(),
            state: if is { Verdict::Pass } else { Verdict::Fail },
            expected: expected.to_owned(),
            actual: "is there".to_owned(),
            reason: String::new(),
            basis: Basis::Explicit,
            observations: vec![entry.observation()],
        });
    }
    // One that is there suffices, whatever else is not known.
    if !is || subjects.is_empty() {
        for problem in &located.problems {
            subjects.push(problem.subject(expected));
        }
    }
    if !subjects.is_empty() {
        return summed(subjects, located.observations);
    }
    // Where a component is not here, neither are its files; only a search that
    // found none says that there are none.
    let verdict = match (of, is) {
        (Set::Glob { .. }, true) => Verdict::Fail,
        (Set::Glob { .. }, false) => Verdict::Pass,
        _ => located.empty.verdict,
    };
    let mut answer = outcome(verdict, located.empty.reason, located.observations);
    answer.expected = expected.to_owned();
    answer.actual = "no such file".to_owned();
    answer
}
