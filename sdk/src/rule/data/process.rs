//! Judges processes of an executable: that one runs or none does, or what a
//! flag of each says.

use super::document::subject;
use super::test::{Held, Seen, Test};
use super::{outcome, summed};
use crate::args::{Args, Style};
use crate::component::{self, Processes};
use crate::facts::{Identity, Origin, Process};
use crate::json::Value;
use crate::prelude::*;
use crate::rule::Cx;
use crate::say;
use crate::verdict::{Outcome, Subject, Verdict};

/// What is demanded of processes.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub struct ProcessRule {
    /// The processes request.
    pub request: String,
    /// What is demanded.
    pub demand: Demand,
}

/// What is demanded of each.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub enum Demand {
    /// That one runs, or that none does.
    Runs(bool),
    /// What one of its flags says.
    Flag {
        /// The flag's name without dashes.
        name: String,
        /// How it is compared.
        test: Test,
    },
}

/// Judges the processes.
pub fn evaluate(rule: &ProcessRule, cx: &Cx<'_>) -> Outcome {
    let name = rule.request.as_str();
    let found = match component::own_processes(cx.facts, name) {
        Ok(found) => found,
        Err(error) => {
            let text = say![name, ": ", error.text()];
            return outcome(Verdict::Error, text, error.observations());
        }
    };
    if found.own.is_empty() {
        return absent(rule, cx, &found);
    }
    let mut subjects = Vec::new();
    for (i, process) in found.own.iter().enumerate() {
        let label = match found.own.len() {
            1 => name.to_owned(),
            _ => say![name, "#", i + 1],
        };
        subjects.push(judge(&rule.demand, label, &**process));
    }
    summed(subjects, vec![found.observation])
}

/// The answer where none runs, or none is known to.
fn absent(rule: &ProcessRule, cx: &Cx<'_>, found: &Processes) -> Outcome {
    let name = &rule.request;
    let mut seen = vec![found.observation];
    for process in &found.foreign {
        seen.push(process.observation());
    }
    if cx.facts.node().origin == Origin::Tree {
        let text = say![
            "a file tree has no processes, and no unit in it starts ",
            name
        ];
        return outcome(Verdict::Error, text, seen);
    }
    if !found.complete {
        let text = say![name, " was not found: ", found.hint];
        return outcome(Verdict::Error, text, seen);
    }
    let mut text = say!["no process is ", name];
    if !found.foreign.is_empty() {
        text = say![text, " but in pods of others"];
    }
    let (verdict, expected) = match &rule.demand {
        Demand::Runs(true) => (Verdict::Fail, "a process that runs"),
        Demand::Runs(false) => (Verdict::Pass, "no process"),
        Demand::Flag { .. } => (Verdict::NotApplicable, ""),
    };
    Outcome {
        expected: expected.to_owned(),
        actual: "does not run".to_owned(),
        ..outcome(verdict, text, seen)
    }
}

fn judge(demand: &Demand, label: String, process: &dyn Process) -> Subject {
    let info = process.info();
    let mut subject = match demand {
        Demand::Runs(should) => {
            let (state, expected) = match should {
                true => (Verdict::Pass, "a process that runs"),
                false => (Verdict::Fail, "no process"),
            };
            Subject {
                actual: "runs".to_owned(),
                ..subject(label, state, expected, String::new())
            }
        }
        Demand::Flag { name, test } => flag(label, name, test, &info.args),
    };
    if info.identity == Identity::Weak {
        let note = say![
            "known only by its name `",
            info.comm,
            "`, its executable could not be read"
        ];
        subject.reason = match subject.reason.is_empty() {
            true => say![subject.actual, ", ", note],
            false => say![subject.reason, "; ", note],
        };
    }
    subject.observations.push(process.observation());
    subject
}

fn flag(label: String, name: &str, test: &Test, args: &[String]) -> Subject {
    let key = say![label, " --", name];
    let expected = test.expected();
    let unknown = |why: String| subject(key.clone(), Verdict::Error, &expected, why);
    if args.is_empty() {
        return unknown("its arguments could not be read".to_owned());
    }
    let args = Args::parse(Style::Pflag, args);
    if let Some(by) = args.swallowed_by(name) {
        return unknown(say![
            "it may be the value of --",
            by,
            ", whose type is not known"
        ]);
    }
    let word = args.last(name).map(|f| f.value.clone());
    let value = word.as_ref().map(|w| Value::String(w.clone().leak()));
    let held = test.holds(Seen {
        value: value.as_ref(),
        is_word: true,
    });
    let actual = match &word {
        Some(word) if word.is_empty() => "set to nothing".to_owned(),
        Some(word) => word.clone(),
        None => "not set".to_owned(),
    };
    let (state, reason) = match held {
        Held::Yes => (Verdict::Pass, String::new()),
        Held::No => (Verdict::Fail, say!["is ", actual, ", should be ", expected]),
        Held::Unknown(why) => (Verdict::Error, why),
    };
    Subject {
        actual,
        ..subject(key.clone(), state, &expected, reason)
    }
}
