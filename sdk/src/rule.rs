//! The data form of a check, and the engine that evaluates it.

use crate::component::{Component, Presence};
use crate::facts::Facts;
use crate::json::{self, Value};
use crate::order;
use crate::prelude::*;
use crate::say;
use crate::verdict::{Outcome, Verdict};

pub mod audit_policy;
#[cfg(any(feature = "data", not(target_arch = "wasm32")))]
pub mod data;
pub mod encryption;
pub mod files;
mod read;
pub mod setting;

/// What a check demands, as data: the `with` member of a check in the manifest.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
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
        #[cfg_attr(
            not(target_arch = "wasm32"),
            serde(skip_serializing_if = "Value::is_null")
        )]
        with: Value,
    },
    /// Every rule must hold: the worst decides.
    AllOf(Vec<Rule>),
    /// One rule must hold: the best decides.
    AnyOf(Vec<Rule>),
    /// What our own profiles have functions for.
    #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
    #[cfg_attr(not(target_arch = "wasm32"), serde(untagged))]
    Data(data::DataRule),
}

/// What a rule or function works with.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// The questions it may ask.
    pub facts: &'a dyn Facts,
    /// An object: the profile's parameters, each with a value.
    pub parameters: &'a Value,
    /// [`Profile::find`].
    pub find: Option<Find>,
}

/// A check that a rule cannot say.
pub type Code = fn(&Cx<'_>, &Value) -> Outcome;

/// Finds a component's instances where a platform hides them, such as in a
/// single process that is all components; none where it does not.
pub type Find = fn(&Cx<'_>, Component) -> Option<Presence>;

/// What a profile's component is made of: its functions, by name.
#[derive(Clone, Copy)]
pub struct Profile {
    /// Functions that [`Rule::Code`] names.
    pub codes: &'static [(&'static str, Code)],
    /// How the platform's components are found, before they are looked for as
    /// processes and static pods.
    pub find: Option<Find>,
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
    let read = || {
        let settings = json::parse(settings)?;
        let parameters = match settings.get("parameters") {
            Some(parameters) => *parameters,
            None => Value::Object(&[]),
        };
        if parameters.as_object().is_none() {
            return Err("parameters: not an object".to_owned());
        }
        let with = settings["with"];
        #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
        let with = data::parameter::fill(&with, &parameters)?;
        #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
        let with = data::moment::fill(&with, &|| facts.scan_time());
        let rule = Rule::read(&with)?;
        Ok((parameters, rule))
    };
    let bad = |why: String| Failure::BadSettings(say!["check ", check, ": ", why]);
    let (parameters, rule) = read().map_err(bad)?;
    let cx = Cx {
        facts,
        parameters: &parameters,
        find: profile.find,
    };
    evaluate(&rule, &cx, profile.codes)
}

/// Runs one check of a profile whose functions have the ids of checks: by its
/// function, which is handed what the manifest says under `with`, or else by its
/// rule, as [`run`] does.
pub fn answer(
    profile: &Profile,
    facts: &dyn Facts,
    check: &str,
    settings: &str,
) -> Result<Outcome, Failure> {
    let Some((_, code)) = profile.codes.iter().find(|(id, _)| *id == check) else {
        return run(profile, facts, check, settings);
    };
    let settings = match json::parse(settings) {
        Ok(settings) => settings,
        Err(why) => return Err(Failure::BadSettings(say!["check ", check, ": ", why])),
    };
    let cx = Cx {
        facts,
        parameters: &settings["parameters"],
        find: profile.find,
    };
    Ok(code(&cx, &settings["with"]))
}

/// Evaluates a rule.
pub fn evaluate(rule: &Rule, cx: &Cx<'_>, codes: &[(&str, Code)]) -> Result<Outcome, Failure> {
    match rule {
        Rule::Setting(rule) => Ok(setting::evaluate(rule, cx)),
        Rule::Files(rule) => Ok(files::evaluate(rule, cx)),
        Rule::Code { name, with } => match codes.iter().find(|(n, _)| n == name) {
            Some((_, code)) => Ok(code(cx, with)),
            None => Err(Failure::Internal(say![
                "the rule names the function `",
                name,
                "`, which the profile does not have"
            ])),
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
                // Two rules may stop at the same.
                let says_more = !other.reason.is_empty() && other.reason != first.reason;
                if first.verdict != Verdict::Pass && says_more {
                    first.reason = say![first.reason, "; or: ", other.reason];
                }
            }
            Ok(first)
        }
        #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
        Rule::Data(rule) => data::judge(rule, cx, codes),
    }
}

/// Evaluates rules: the outcome that decides, and the others.
fn ranked(
    rules: &[Rule],
    cx: &Cx<'_>,
    codes: &[(&str, Code)],
    rank: fn(Verdict) -> u8,
) -> Result<(Outcome, vec::IntoIter<Outcome>), Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::manifest::Requests;
    use crate::fake::FakeNode;
    use crate::verdict::Basis;

    const PROFILE: Profile = Profile {
        codes: &[("say", say)],
        find: None,
    };

    /// Answers with the verdict that it is called with.
    fn say(cx: &Cx<'_>, with: &Value) -> Outcome {
        let verdict = match with.as_str() {
            Some("pass") => Verdict::Pass,
            Some("fail") => Verdict::Fail,
            Some("manual") => Verdict::Manual,
            Some("error") => Verdict::Error,
            _ => Verdict::NotApplicable,
        };
        let greeting = cx.parameters.get("greeting").and_then(Value::as_str);
        Outcome {
            verdict,
            reason: greeting.unwrap_or_default().to_owned(),
            expected: String::new(),
            actual: String::new(),
            basis: Basis::Explicit,
            subjects: Vec::new(),
            observations: Vec::new(),
        }
    }

    fn answer(settings: &str) -> Result<Outcome, Failure> {
        let facts = FakeNode::new().facts(&Requests::default(), &[]);
        run(&PROFILE, &facts, "1.2.3", settings)
    }

    #[test]
    fn the_worst_of_all_and_the_best_of_any_decide() {
        for (combined, all, any) in [
            (["pass", "fail"], Verdict::Fail, Verdict::Pass),
            (["pass", "error"], Verdict::Error, Verdict::Pass),
            (["fail", "error"], Verdict::Fail, Verdict::Error),
            (["manual", "fail"], Verdict::Fail, Verdict::Manual),
            (["absent", "pass"], Verdict::Pass, Verdict::Pass),
            (["absent", "fail"], Verdict::Fail, Verdict::Fail),
        ] {
            let [a, b] =
                combined.map(|w| format!(r#"{{"code": {{"name": "say", "with": "{w}"}}}}"#));
            for (kind, wanted) in [("all-of", all), ("any-of", any)] {
                let settings = format!(r#"{{"with": {{"{kind}": [{a}, {b}]}}}}"#);
                let verdict = answer(&settings).map(|o| o.verdict);
                assert_eq!(verdict, Ok(wanted), "{kind} {combined:?}");
            }
        }
    }

    #[test]
    fn what_two_of_any_say_alike_is_said_once() {
        let rule = r#"{"code": {"name": "say", "with": "fail"}}"#;
        let with = format!(r#"{{"any-of": [{rule}, {rule}]}}"#);
        let settings = format!(r#"{{"parameters": {{"greeting": "hi"}}, "with": {with}}}"#);
        assert_eq!(answer(&settings).map(|o| o.reason), Ok("hi".to_owned()));
    }

    #[test]
    fn a_function_with_the_id_of_its_check_is_handed_what_the_manifest_says() {
        let facts = FakeNode::new().facts(&Requests::default(), &[]);
        let answered = |check: &str, with: &str| {
            let settings = format!(r#"{{"parameters": {{"greeting": "hi"}}, "with": {with}}}"#);
            super::answer(&PROFILE, &facts, check, &settings).map(|o| (o.verdict, o.reason))
        };
        let hi = "hi".to_owned();
        assert_eq!(
            answered("say", r#""fail""#),
            Ok((Verdict::Fail, hi.clone()))
        );
        // Every other check has a rule.
        let rule = r#"{"code": {"name": "say", "with": "pass"}}"#;
        assert_eq!(answered("1", rule), Ok((Verdict::Pass, hi)));
        let none = answered("1", "null");
        assert!(matches!(none, Err(Failure::BadSettings(_))), "{none:?}");
        let broken = super::answer(&PROFILE, &facts, "say", "{");
        assert!(matches!(broken, Err(Failure::BadSettings(_))), "{broken:?}");
    }

    #[test]
    fn parameters_reach_the_function() {
        let settings = r#"{"parameters": {"greeting": "hi"}, "with": {"code": {"name": "say"}}}"#;
        assert_eq!(answer(settings).map(|o| o.reason), Ok("hi".to_owned()));
    }

    #[test]
    fn settings_that_do_not_parse_say_where() {
        for settings in [
            "",
            "[]",
            r#"{"with": null}"#,
            r#"{"with": {"setting": {"component": "nobody", "demands": []}}}"#,
            r#"{"with": {"code": {"name": "say", "wiht": 1}}}"#,
            r#"{"parameters": 1, "with": {"code": {"name": "say"}}}"#,
            r#"{"with": {"all-of": []}}"#,
        ] {
            let answer = answer(settings);
            assert!(matches!(answer, Err(Failure::BadSettings(_))), "{answer:?}");
        }
        let unknown = answer(r#"{"with": {"code": {"name": "sing"}}}"#);
        assert!(matches!(unknown, Err(Failure::Internal(text)) if text.contains("`sing`")));
    }
}
