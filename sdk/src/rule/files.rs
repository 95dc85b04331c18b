//! Judges mode and owner of files: every file of a set, one subject each.

mod locate;

use alloc::rc::Rc;

use super::Cx;
use crate::config::about;
use crate::facts::{Entry, Error, FileKind, Observation, Stat};
use crate::files::{Mode, Owner, owner};
use crate::order;
use crate::prelude::*;
use crate::say;
use crate::strings::{self, Octal};
use crate::verdict::{Basis, Outcome, Subject, Verdict};

pub use locate::Set;
pub(super) use locate::locate;

/// What is demanded of a set of files.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub struct FilesRule {
    /// Which files.
    pub of: Set,
    /// The permission bits that each may have at most.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub mode: Option<Mode>,
    /// Whom each must belong to.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        serde(skip_serializing_if = "Option::is_none")
    )]
    pub owner: Option<Owner>,
}

/// What was found of a set.
#[derive(Default)]
pub(super) struct Located {
    pub(super) files: Vec<Rc<dyn Entry>>,
    /// Why a part of the set is not known.
    pub(super) problems: Vec<Unknown>,
    /// Receipts for the searches.
    pub(super) observations: Vec<Observation>,
    /// What it means that the set is empty.
    pub(super) empty: Empty,
    /// Whether directories are left out.
    skip_directories: bool,
}

/// A part of a set that is not known.
pub(super) struct Unknown {
    key: String,
    text: String,
    observations: Vec<Observation>,
}

/// What an empty set comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Empty {
    pub(super) verdict: Verdict,
    pub(super) reason: String,
}

#[cfg(any(feature = "data", not(target_arch = "wasm32")))]
impl Unknown {
    /// It as a subject, for rules that judge files in another way.
    pub(super) fn subject(&self, expected: &str) -> Subject {
        Subject {
            key: self.key.clone(),
            state: Verdict::Error,
            expected: expected.to_owned(),
            actual: "not known".to_owned(),
            reason: self.text.clone(),
            basis: Basis::Explicit,
            observations: self.observations.clone(),
        }
    }
}

impl Default for Empty {
    fn default() -> Self {
        Self {
            verdict: Verdict::Error,
            reason: "no file was found to judge".to_owned(),
        }
    }
}

impl Located {
    /// Adds a file, or the reason why it is not known.
    fn add(&mut self, key: &str, opened: Result<Rc<dyn Entry>, Error>) {
        match opened {
            Ok(entry) => self.files.push(entry),
            Err(error) => self.lack(key, &error),
        }
    }

    fn lack(&mut self, key: &str, error: &Error) {
        self.problem(key, error.text(), &error.observations());
    }

    fn problem(&mut self, key: &str, text: &str, observations: &[Observation]) {
        self.problems.push(Unknown {
            key: key.to_owned(),
            text: text.to_owned(),
            observations: observations.to_vec(),
        });
    }

    fn nothing(&mut self, verdict: Verdict, reason: &str) {
        self.empty = Empty {
            verdict,
            reason: reason.to_owned(),
        };
    }
}

/// Judges the files.
pub fn evaluate(rule: &FilesRule, cx: &Cx<'_>) -> Outcome {
    let located = locate(&rule.of, cx);
    let mut subjects: Vec<Subject> = Vec::new();
    for entry in &located.files {
        let subject = match entry.stat() {
            Ok(stat) if located.skip_directories && stat.kind == FileKind::Directory => continue,
            Ok(stat) => judge(rule, &**entry, &stat),
            Err(error) => {
                let mut seen = error.observations();
                seen.insert(0, entry.observation());
                unknown(rule, entry.path(), error.text(), &seen)
            }
        };
        // Two ways to one file are one subject.
        if known(&mut subjects, &subject.key).is_none() {
            subjects.push(subject);
        }
    }
    for problem in located.problems {
        let Unknown {
            key,
            text,
            observations,
        } = problem;
        match known(&mut subjects, &key) {
            // What is known to be wrong stays wrong.
            Some(subject) => {
                subject.state = subject.state.max(Verdict::Error);
                subject.reason = text;
                subject.observations.extend(&observations);
            }
            None => subjects.push(unknown(rule, key, &text, &observations)),
        }
    }
    order::sort(&mut subjects, |a, b| {
        a.state > b.state || (a.state == b.state && a.key < b.key)
    });
    let mut outcome = Outcome {
        verdict: located.empty.verdict,
        reason: located.empty.reason,
        expected: rule.expected(),
        actual: "no such file".to_owned(),
        basis: Basis::Explicit,
        subjects: Vec::new(),
        observations: located.observations,
    };
    if let Some(worst) = subjects.first() {
        outcome.verdict = worst.state;
        outcome.reason = reason(worst, &subjects);
        outcome.actual.clone_from(&worst.actual);
    }
    outcome.subjects = subjects;
    outcome
}

fn known<'a>(subjects: &'a mut [Subject], key: &str) -> Option<&'a mut Subject> {
    subjects.iter_mut().find(|s| s.key == key)
}

impl FilesRule {
    fn expected(&self) -> String {
        let mut both = Vec::new();
        if let Some(mode) = self.mode {
            both.push(say!["mode ", mode, " or stricter"]);
        }
        if let Some(owner) = &self.owner {
            both.push(say!["owner ", owner]);
        }
        strings::join(&both, ", ")
    }
}

fn judge(rule: &FilesRule, entry: &dyn Entry, stat: &Stat) -> Subject {
    let mut state = Verdict::Pass;
    let mut actual = Vec::new();
    let mut why = String::new();
    if let Some(mode) = rule.mode {
        actual.push(say!["mode ", Octal(stat.mode)]);
        if !mode.allows(stat.mode) {
            state = Verdict::Fail;
        }
    }
    if let Some(wanted) = &rule.owner {
        actual.push(say!["owner ", owner(stat)]);
        let (verdict, reason) = wanted.owns(stat);
        state = state.max(verdict);
        why = reason;
    }
    Subject {
        key: stat.resolved_path.clone(),
        state,
        expected: rule.expected(),
        actual: strings::join(&actual, ", "),
        reason: why,
        basis: Basis::Explicit,
        observations: vec![entry.observation()],
    }
}

fn unknown(rule: &FilesRule, key: String, reason: &str, observations: &[Observation]) -> Subject {
    Subject {
        key,
        state: Verdict::Error,
        expected: rule.expected(),
        actual: "not known".to_owned(),
        reason: reason.to_owned(),
        basis: Basis::Explicit,
        observations: observations.to_vec(),
    }
}

fn reason(worst: &Subject, all: &[Subject]) -> String {
    let mut like = 0_usize;
    for subject in all {
        like += usize::from(subject.state == worst.state);
    }
    let others = match like {
        1 => String::new(),
        n => say![" (and ", n - 1, " more)"],
    };
    match worst.state {
        Verdict::Pass if all.len() > 1 => {
            say!["all ", all.len(), " files have ", worst.expected]
        }
        Verdict::Pass | Verdict::Fail => say![worst.key, " has ", worst.actual, others],
        _ => say![about(&worst.key, &worst.reason), others],
    }
}
