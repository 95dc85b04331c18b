//! The data form of a check, and the engine that evaluates it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::facts::Facts;
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
        Rule::AllOf(rules) => combine(rules, cx, codes, worst),
        Rule::AnyOf(rules) => combine(rules, cx, codes, best),
    }
}

fn combine(
    rules: &[Rule],
    cx: &Cx<'_>,
    codes: &[(&str, Code)],
    rank: fn(Verdict) -> u8,
) -> Result<Outcome, Failure> {
    let mut outcomes = Vec::with_capacity(rules.len());
    for rule in rules {
        outcomes.push(evaluate(rule, cx, codes)?);
    }
    // The deciding outcome speaks; the others add what they saw. Stable, so
    // that of equals the first decides.
    outcomes.sort_by_key(|o| std::cmp::Reverse(rank(o.verdict)));
    let mut outcomes = outcomes.into_iter();
    let Some(mut first) = outcomes.next() else {
        let text = "a rule combines no rules".to_owned();
        return Err(Failure::BadSettings(text));
    };
    for other in outcomes {
        first.subjects.extend(other.subjects);
        first.observations.extend(other.observations);
    }
    Ok(first)
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
