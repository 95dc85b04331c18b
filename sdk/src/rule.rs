//! The data form of a check, and the engine that evaluates it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::facts::Facts;
use crate::order;
use crate::verdict::{Outcome, Verdict};

pub mod audit_policy;
pub mod encryption;
pub mod files;
pub mod setting;

/// What a check demands, as data: the `with` member of a check in the manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Rule {
    /// Settings of a component.
    Setting(setting::SettingRule),
    /// Kind, mode and owner of files.
    Files(files::FilesRule),
    /// A function of the profile, by name.
    Code {
        /// Its name in [`Profile::codes`].
        name: String,
        /// What it is called with.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        with: Value,
    },
    /// Every rule must hold: the worst decides.
    AllOf(Vec<Rule>),
    /// One rule must hold: the best decides.
    AnyOf(Vec<Rule>),
}

/// What a rule or function works with.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// The questions it may ask.
    pub facts: &'a dyn Facts,
    /// The profile's parameters, each with a value.
    pub parameters: &'a Map<String, Value>,
}

/// A check that a rule cannot say.
pub type Code = fn(&Cx<'_>, &Value) -> Outcome;

/// What a profile's component is made of: its functions, by name.
#[derive(Clone, Copy)]
pub struct Profile {
    /// Functions that [`Rule::Code`] names.
    pub codes: &'static [(&'static str, Code)],
}

/// Why a check was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The settings do not parse.
    BadSettings(String),
    /// The rule names a function that the profile does not have.
    Internal(String),
}

/// Runs one check as the component's `run` does: `settings` is a JSON object
/// with the members `parameters` and `with`, the check's [`Rule`].
pub fn run(
    profile: &Profile,
    facts: &dyn Facts,
    check: &str,
    settings: &str,
) -> Result<Outcome, Failure> {
    let bad = |e: serde_json::Error| Failure::BadSettings(format!("check {check}: {e}"));
    let mut settings: Map<String, Value> = serde_json::from_str(settings).map_err(bad)?;
    let parameters = match settings.remove("parameters") {
        Some(Value::Object(parameters)) => parameters,
        None | Some(Value::Null) => Map::new(),
        Some(_) => {
            let text = format!("check {check}: `parameters` is not an object");
            return Err(Failure::BadSettings(text));
        }
    };
    let with = settings.remove("with").unwrap_or_default();
    let rule: Rule = serde_json::from_value(with).map_err(bad)?;
    let cx = Cx {
        facts,
        parameters: &parameters,
    };
    evaluate(&rule, &cx, profile.codes)
}

/// Evaluates a rule.
pub fn evaluate(rule: &Rule, cx: &Cx<'_>, codes: &[(&str, Code)]) -> Result<Outcome, Failure> {
    match rule {
        Rule::Setting(rule) => Ok(setting::evaluate(rule, cx)),
        Rule::Files(rule) => Ok(files::evaluate(rule, cx)),
        Rule::Code { name, with } => match codes.iter().find(|(n, _)| n == name) {
            Some((_, code)) => Ok(code(cx, with)),
            None => Err(Failure::Internal(format!(
                "the rule names the function `{name}`, which the profile does not have"
            ))),
        },
        Rule::AllOf(rules) => {
            let (mut first, others) = ranked(rules, cx, codes, worst)?;
            for other in others {
                first.subjects.extend(other.subjects);
                first.observations.extend(other.observations);
            }
            Ok(first)
        }
        Rule::AnyOf(rules) => {
            let (mut first, others) = ranked(rules, cx, codes, best)?;
            for other in others {
                // What one rule found wanting another makes up for: it stays
                // evidence, but is no subject.
                let seen = other.subjects.into_iter().flat_map(|s| s.observations);
                first.observations.extend(seen);
                first.observations.extend(other.observations);
                if first.verdict != Verdict::Pass && !other.reason.is_empty() {
                    first.reason = format!("{}; or: {}", first.reason, other.reason);
                }
            }
            Ok(first)
        }
    }
}

/// Evaluates rules: the outcome that decides, and the others.
fn ranked(
    rules: &[Rule],
    cx: &Cx<'_>,
    codes: &[(&str, Code)],
    rank: fn(Verdict) -> u8,
) -> Result<(Outcome, std::vec::IntoIter<Outcome>), Failure> {
    let mut outcomes = Vec::with_capacity(rules.len());
    for rule in rules {
        outcomes.push(evaluate(rule, cx, codes)?);
    }
    // Of equals the first decides.
    order::sort(&mut outcomes, |a, b| rank(a.verdict) > rank(b.verdict));
    let mut outcomes = outcomes.into_iter();
    match outcomes.next() {
        Some(first) => Ok((first, outcomes)),
        None => Err(Failure::BadSettings("a rule combines no rules".to_owned())),
    }
}

fn worst(verdict: Verdict) -> u8 {
    verdict as u8
}

/// How much a verdict decides when one rule suffices: what could not be
/// assessed might have passed, so it outranks a fail.
fn best(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::NotApplicable => 0,
        Verdict::Fail => 1,
        Verdict::Manual => 2,
        Verdict::Error => 3,
        Verdict::Pass => 4,
    }
}
