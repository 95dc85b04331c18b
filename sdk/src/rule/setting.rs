//! Judges settings of a component: what every instance of it makes of a flag,
//! a field or a feature gate, against what is demanded.

use super::{Cx, audit_policy, encryption};
use crate::component::{self, Component, Instance, Presence, Words};
use crate::config::{self, Content, Origin, Problem, Reading, Stop, plain};
use crate::defaults::{self, Removed};
use crate::json::Value;
use crate::order;
use crate::prelude::*;
use crate::say;
use crate::strings;
use crate::values;
use crate::verdict::{Basis, Outcome, Subject, Verdict};

/// What is demanded of a component's settings. Every demand must be met, by
/// every instance on the node.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub struct SettingRule {
    /// Whose settings.
    pub component: Component,
    /// What is demanded.
    pub demands: Vec<Demand>,
}

/// What is demanded of one setting.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub struct Demand {
    /// The flag's name without dashes, `gate:NAME` for a feature gate, or
    /// `/pointer` for a field that has no flag. A field that has a flag is
    /// named by the flag.
    pub setting: String,
    /// What its value should be.
    pub expect: Expect,
    /// Whether it must be written down: a default that is as good does not count.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        serde(skip_serializing_if = "core::ops::Not::not")
    )]
    pub literal: bool,
}

/// What a value should be.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub enum Expect {
    /// Anything but nothing.
    Set,
    /// Nothing.
    Unset,
    /// This boolean, number or text.
    Is(Value),
    /// Not this boolean, number or text.
    IsNot(Value),
    /// Anything but this, or nothing, whatever the default is.
    NotWritten(Value),
    /// A list with this element.
    Has(String),
    /// A list without this element.
    Lacks(String),
    /// A list of nothing but these elements, and at least one.
    Within(Vec<String>),
    /// This number or more.
    AtLeast(i64),
    /// A duration that is not zero.
    NotZero,
    /// An address that only the node itself reaches.
    Loopback,
    /// Names an encryption configuration in which the first provider for
    /// secrets is one of these.
    EncryptsSecretsWith(Vec<String>),
    /// Names an audit policy that does this.
    AuditPolicy(audit_policy::Demand),
    /// Names a file whose contents are not those of another setting's file.
    DiffersFrom {
        /// Whose setting.
        component: Component,
        /// The flag.
        setting: String,
    },
    /// Whatever a person finds right: says what to ask.
    Person(String),
    /// A comparison of the kinds that documents have too.
    #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
    Test(super::data::test::Test),
}

/// What one demand comes to.
pub(super) struct Judged {
    pub(super) state: Verdict,
    /// Why, where expected and actual do not say it.
    pub(super) reason: String,
    /// What was seen, where it is not the value itself.
    pub(super) actual: Option<String>,
    /// Receipts besides the reading's.
    pub(super) observations: Vec<u64>,
}

impl Judged {
    pub(super) fn new(state: Verdict, reason: &str) -> Self {
        Self {
            state,
            reason: reason.to_owned(),
            actual: None,
            observations: Vec::new(),
        }
    }

    fn met(is: bool) -> Self {
        let state = if is { Verdict::Pass } else { Verdict::Fail };
        Self::new(state, "")
    }

    /// A value that its component itself could not have read.
    fn unreadable(kind: &str) -> Self {
        let text = say![
            "the value is not ",
            kind,
            ", so what the component makes of it is not known"
        ];
        Self::new(Verdict::Error, &text)
    }

    pub(super) fn problem(problem: &Problem) -> Self {
        Self {
            observations: problem.observations.clone(),
            ..Self::new(Verdict::Error, &problem.text)
        }
    }
}

/// Judges the settings of every instance.
pub fn evaluate(rule: &SettingRule, cx: &Cx<'_>) -> Outcome {
    let instances = match component::find(cx, rule.component) {
        Presence::Here(instances) => instances,
        Presence::NotHere(words) => return nothing(Verdict::NotApplicable, words),
        Presence::Unknown(words) => return nothing(Verdict::Error, words),
    };
    let mut subjects = Vec::new();
    for instance in &instances {
        for demand in &rule.demands {
            subjects.push(judge(cx, instance, demand));
        }
    }
    outcome(subjects)
}

/// The answer where there is nothing to judge.
fn nothing(verdict: Verdict, words: Words) -> Outcome {
    Outcome {
        verdict,
        reason: words.text,
        expected: String::new(),
        actual: String::new(),
        basis: Basis::Explicit,
        subjects: Vec::new(),
        observations: words.observations,
    }
}

/// The answer that subjects add up to: the worst decides and speaks.
fn outcome(mut subjects: Vec<Subject>) -> Outcome {
    order::sort(&mut subjects, |a, b| a.state > b.state);
    let Some(first) = subjects.first() else {
        return nothing(
            Verdict::Error,
            Words {
                text: "the rule demands nothing".to_owned(),
                observations: Vec::new(),
            },
        );
    };
    let mut reason = match first.state {
        Verdict::Error | Verdict::NotApplicable => first.key.clone(),
        _ => say![first.key, " is ", first.actual],
    };
    if first.state == Verdict::Fail {
        reason = say![reason, ", should be ", first.expected];
    }
    if !first.reason.is_empty() {
        reason = say![reason, ": ", first.reason];
    }
    Outcome {
        verdict: first.state,
        reason,
        expected: first.expected.clone(),
        actual: first.actual.clone(),
        basis: first.basis.clone(),
        observations: Vec::new(),
        subjects,
    }
}

fn judge(cx: &Cx<'_>, instance: &Instance, demand: &Demand) -> Subject {
    let mut subject = Subject {
        key: key(instance, &demand.setting),
        state: Verdict::Error,
        expected: expected(&demand.expect),
        actual: String::new(),
        reason: String::new(),
        basis: Basis::Explicit,
        observations: instance.observations.clone(),
    };
    let reading = match config::read(cx.facts, instance, &demand.setting) {
        Ok(reading) => reading,
        Err(Stop::Problem(problem)) => {
            subject.reason = problem.text;
            subject.observations.extend(&problem.observations);
            return subject;
        }
        Err(Stop::Removed(row)) => return removed(subject, instance, row),
    };
    if let Some(row) = removed_plugin(instance, demand, &reading) {
        return removed(subject, instance, row);
    }
    let judged = match demand.literal && !reading.is_set() {
        true => Judged::met(false),
        false => expect(cx, instance, &reading, &demand.expect),
    };
    subject.state = judged.state;
    subject.actual = judged
        .actual
        .unwrap_or_else(|| actual(&reading, &demand.expect));
    subject.basis = basis(instance, &reading);
    order::cite(&mut subject.observations, &reading.observations);
    order::cite(&mut subject.observations, &judged.observations);
    let mut unwritten_reason = String::new();
    if demand.literal && !reading.is_set() {
        unwritten_reason = unwritten(cx, instance, &reading, &demand.expect);
    }
    let mut reasons: Vec<&str> = Vec::new();
    let said = [judged.reason, unwritten_reason];
    for reason in said.iter().chain(&reading.notes).chain(&instance.notes) {
        if !reason.is_empty() {
            reasons.push(reason);
        }
    }
    subject.reason = strings::join(&reasons, "; ");
    subject
}

/// That a default would do, if it does: the benchmark wants it written down.
fn unwritten(cx: &Cx<'_>, instance: &Instance, reading: &Reading, demand: &Expect) -> String {
    let Origin::Default(source) = &reading.origin else {
        return String::new();
    };
    let does = expect(cx, instance, reading, demand).state == Verdict::Pass;
    match does {
        true => say!["the ", source, " would do, but it is demanded in writing"],
        false => source.clone(),
    }
}

fn removed(mut subject: Subject, instance: &Instance, row: &Removed) -> Subject {
    let at = u32::from(row.at);
    subject.state = Verdict::NotApplicable;
    subject.actual = say!["removed in 1.", at];
    subject.reason = say![
        subject.actual,
        ", replaced by ",
        row.by,
        " (",
        instance.version.source,
        ")"
    ];
    subject
}

/// An admission plugin that the running version does not have.
fn removed_plugin(
    instance: &Instance,
    demand: &Demand,
    reading: &Reading,
) -> Option<&'static Removed> {
    let (Expect::Has(plugin) | Expect::Lacks(plugin)) = &demand.expect else {
        return None;
    };
    let is_listed = reading.list()?.contains(plugin);
    if is_listed || !demand.setting.ends_with("-admission-plugins") {
        return None;
    }
    let name = say!["admission:", plugin];
    defaults::removed(instance.component, &name, instance.version.minor)
}

fn key(instance: &Instance, setting: &str) -> String {
    let label = &instance.label;
    match (setting.strip_prefix("gate:"), setting.strip_prefix("/")) {
        (Some(gate), _) => say![label, " featureGates.", gate],
        (None, Some(field)) => say![label, " ", strings::replace(field, b'/', '.')],
        (None, None) => say![label, " --", setting],
    }
}

fn basis(instance: &Instance, reading: &Reading) -> Basis {
    match (&reading.origin, &instance.process) {
        (Origin::Default(text), _) => Basis::Default(text.clone()),
        (Origin::Derived(text), _) => Basis::Derived(text.clone()),
        (Origin::Explicit(_), Some(_)) => Basis::Explicit,
        (Origin::Explicit(_), None) => {
            let file = instance.manifest.as_ref().map_or("", |m| m.file.as_str());
            Basis::Derived(say![file, " declares it; no process was looked at"])
        }
    }
}

fn actual(reading: &Reading, demand: &Expect) -> String {
    if let (Origin::Derived(_), Expect::Has(plugin) | Expect::Lacks(plugin)) =
        (&reading.origin, demand)
    {
        let has = reading.list().is_some_and(|l| l.contains(plugin));
        return say![plugin, if has { " on" } else { " off" }];
    }
    let shown = reading.shown(matches!(
        demand,
        Expect::Has(_) | Expect::Lacks(_) | Expect::Within(_) | Expect::Person(_)
    ));
    match &reading.origin {
        Origin::Default(_) => say!["not set (default ", shown, ")"],
        Origin::Explicit(place) if reading.is_set() && !place.starts_with("flag") => {
            say![shown, " (", place, ")"]
        }
        _ => shown,
    }
}

fn expected(demand: &Expect) -> String {
    match demand {
        Expect::Set => "set".to_owned(),
        Expect::Unset => "not set".to_owned(),
        Expect::Is(value) => plain(value),
        Expect::IsNot(value) => say!["anything but ", plain(value)],
        Expect::NotWritten(value) => say!["not set to ", plain(value)],
        Expect::Has(element) => say!["a list with ", element],
        Expect::Lacks(element) => say!["a list without ", element],
        Expect::Within(elements) => say!["only of ", strings::join(elements, ", ")],
        Expect::AtLeast(least) => say![least, " or more"],
        Expect::NotZero => "a duration other than 0".to_owned(),
        Expect::Loopback => "a loopback address".to_owned(),
        Expect::EncryptsSecretsWith(providers) => {
            let providers = strings::join(providers, " or ");
            say!["secrets encrypted first with ", providers]
        }
        Expect::AuditPolicy(demand) => demand.expected().to_owned(),
        Expect::DiffersFrom { component, setting } => {
            say!["a file other than ", component.name(), " --", setting]
        }
        Expect::Person(_) => "what this cluster needs".to_owned(),
        #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
        Expect::Test(test) => test.expected(),
    }
}

/// Judges a value.
fn expect(cx: &Cx<'_>, instance: &Instance, reading: &Reading, demand: &Expect) -> Judged {
    if let Some(question) = &reading.open_question
        && !matches!(demand, Expect::Set | Expect::Unset)
    {
        return Judged::new(Verdict::Manual, question);
    }
    match demand {
        Expect::Set => Judged::met(reading.is_set()),
        Expect::Unset => Judged::met(!reading.is_set()),
        Expect::Is(value) => equals(reading, value, true),
        Expect::IsNot(value) => equals(reading, value, false),
        Expect::NotWritten(value) => match reading.is_set() {
            true => equals(reading, value, false),
            false if equals(reading, value, true).state == Verdict::Pass => {
                let text =
                    "not written down, which is all that is demanded; the default is the same";
                Judged::new(Verdict::Pass, text)
            }
            false => Judged::met(true),
        },
        Expect::Has(element) => element_of(reading, element, true),
        Expect::Lacks(element) => element_of(reading, element, false),
        Expect::Within(elements) => within(reading, elements),
        Expect::AtLeast(least) => match reading.integer() {
            Some(number) => Judged::met(number >= *least),
            None if matches!(reading.content, Content::Nothing) => Judged::met(false),
            None => Judged::unreadable("a whole number"),
        },
        Expect::NotZero => match reading.duration() {
            Some(duration) => Judged::met(duration != 0),
            None => Judged::unreadable("a duration"),
        },
        Expect::Loopback => match reading.text().as_deref().map(values::is_loopback) {
            None => Judged::met(false),
            Some(Some(is)) => Judged::met(is),
            Some(None) => Judged::unreadable("an address"),
        },
        Expect::EncryptsSecretsWith(providers) => {
            encryption::judge(cx.facts, instance, reading, providers)
        }
        Expect::AuditPolicy(demand) => audit_policy::judge(cx.facts, instance, reading, *demand),
        Expect::DiffersFrom { component, setting } => {
            differs(cx, instance, reading, *component, setting)
        }
        Expect::Person(question) => Judged::new(Verdict::Manual, question),
        #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
        Expect::Test(test) => compared(reading, test),
    }
}

fn equals(reading: &Reading, value: &Value, should: bool) -> Judged {
    if matches!(reading.content, Content::Nothing) {
        return Judged::met(!should);
    }
    let is = match value {
        Value::Bool(value) => match reading.boolean() {
            Some(boolean) => boolean == *value,
            None => return Judged::unreadable("a boolean"),
        },
        Value::Number(_) => match reading.integer() {
            Some(number) => Some(number) == value.as_i64(),
            None => return Judged::unreadable("a whole number"),
        },
        Value::String(value) => match reading.text() {
            Some(text) if should && is_other_loopback(&text, value) => {
                let why = say!["a loopback address too, but ", value, " is demanded"];
                return Judged::new(Verdict::Fail, &why);
            }
            Some(text) => text == *value,
            None => return Judged::unreadable("a text"),
        },
        _ => return Judged::new(Verdict::Error, "the rule compares with a list or object"),
    };
    Judged::met(is == should)
}

fn is_other_loopback(text: &str, wanted: &str) -> bool {
    let is = |text| values::is_loopback(text) == Some(true);
    text != wanted && is(text) && is(wanted)
}

fn element_of(reading: &Reading, element: &str, should: bool) -> Judged {
    // A kubelet's mode is one word, an API server's is a list.
    let list = reading.list().or_else(|| reading.text().map(|t| vec![t]));
    let Some(list) = list else {
        return Judged::unreadable("a list");
    };
    let has = list.iter().any(|e| e == element);
    match &reading.incomplete {
        Some(why) if !has => Judged::new(Verdict::Error, why),
        _ => Judged::met(has == should),
    }
}

fn within(reading: &Reading, elements: &[String]) -> Judged {
    let Some(list) = reading.list() else {
        return Judged::unreadable("a list");
    };
    if list.is_empty() {
        let text = "the suites that its Go version chooses are used";
        return Judged::new(Verdict::Fail, text);
    }
    let mut others = Vec::new();
    for element in list {
        if !elements.contains(&element) {
            others.push(element);
        }
    }
    match others.is_empty() {
        true => Judged::met(true),
        false => {
            let text = say!["not among them: ", strings::join(&others, ", ")];
            Judged::new(Verdict::Fail, &text)
        }
    }
}

/// Compares the file that a value names with the one that a setting of another
/// component names, by their digests.
fn differs(
    cx: &Cx<'_>,
    instance: &Instance,
    reading: &Reading,
    other: Component,
    setting: &str,
) -> Judged {
    if !reading.is_set() {
        return Judged::met(false);
    }
    match compare(cx, instance, reading, other, setting) {
        Ok(judged) => judged,
        Err(problem) => Judged::problem(&problem),
    }
}

fn compare(
    cx: &Cx<'_>,
    instance: &Instance,
    reading: &Reading,
    other: Component,
    setting: &str,
) -> Result<Judged, Box<Problem>> {
    let mut seen = Vec::new();
    let own = digest(cx, instance, reading, &mut seen)?;
    let theirs = say![other.name(), " --", setting];
    let (state, text) = match component::find(cx, other) {
        Presence::Here(instances) => {
            let mut answer = (Verdict::Pass, say![theirs, " has other contents"]);
            for instance in &instances {
                let reading = match config::read(cx.facts, instance, setting) {
                    Ok(reading) if reading.is_set() => reading,
                    Ok(_) | Err(Stop::Removed(_)) => {
                        let text = say![theirs, " is not set, nothing to compare with"];
                        return Ok(Judged::new(Verdict::Manual, &text));
                    }
                    Err(Stop::Problem(problem)) => return Err(problem),
                };
                if digest(cx, instance, &reading, &mut seen)? == own {
                    let text = say![instance.label, " --", setting, " has the same contents"];
                    answer = (Verdict::Fail, text);
                    break;
                }
            }
            answer
        }
        Presence::NotHere(words) => {
            seen.extend(&words.observations);
            let text = say![
                "compare it with the file of --",
                setting,
                " where ",
                other.name(),
                " runs, not here: ",
                words.text,
                "; this one has the SHA-256 ",
                own
            ];
            (Verdict::Manual, text)
        }
        Presence::Unknown(words) => {
            return Err(Box::new(Problem {
                text: words.text,
                observations: words.observations,
            }));
        }
    };
    Ok(Judged {
        observations: seen,
        ..Judged::new(state, &text)
    })
}

/// The digest of the file that a value names. Adds what was seen for it.
fn digest(
    cx: &Cx<'_>,
    instance: &Instance,
    reading: &Reading,
    seen: &mut Vec<u64>,
) -> Result<String, Box<Problem>> {
    let entry = reading.open(cx.facts, instance)?;
    let digest = entry.digest();
    let digest = digest.map_err(|e| Problem::of(&entry.path(), &e))?;
    seen.extend(&reading.observations);
    seen.push(entry.observation());
    Ok(digest)
}

/// Compares what a setting is as a value of a document is compared.
#[cfg(any(feature = "data", not(target_arch = "wasm32")))]
fn compared(reading: &Reading, test: &super::data::test::Test) -> Judged {
    use super::data::test::{Held, Seen};

    let mut is_word = false;
    let value = match &reading.content {
        Content::Nothing => None,
        Content::Words(words) => {
            is_word = true;
            let word = words.last().cloned().unwrap_or_default();
            Some(Value::String(word.leak()))
        }
        Content::List(elements) => {
            let mut items = Vec::new();
            for element in elements {
                items.push(Value::String(element.clone().leak()));
            }
            Some(Value::list(items))
        }
        Content::Json(value) => Some(*value),
    };
    let seen = Seen {
        value: value.as_ref(),
        is_word,
    };
    match test.holds(seen) {
        Held::Yes => Judged::met(true),
        Held::No => Judged::met(false),
        Held::Unknown(why) => Judged::new(Verdict::Error, &why),
    }
}
