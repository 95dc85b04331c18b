//! Reads what a component is effectively told: its flags, its environment and
//! its configuration files, in the order in which the component itself lets
//! one override the other.

use alloc::rc::Rc;

use crate::component::{Component, Instance};
use crate::defaults::{self, Removed, Set};
use crate::facts::{Cause, Entry, Error, Facts, Observation};
use crate::json::{self, Value};
use crate::order;
use crate::prelude::*;
use crate::say;
use crate::strings;
use crate::values;

pub mod apiserver;
pub mod etcd;
pub mod kubelet;

mod replaced;

/// Why a configuration could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    /// What, and why.
    pub text: String,
    /// Receipts for having looked.
    pub observations: Vec<Observation>,
}

impl Problem {
    /// A fact that could not be served.
    pub fn of(what: &str, error: &Error) -> Box<Self> {
        Box::new(Self {
            text: about(what, error.text()),
            observations: error.observations(),
        })
    }

    /// A document that is not what it should be.
    pub fn bad(what: &str, why: &str, observation: Observation) -> Box<Self> {
        Box::new(Self {
            text: say![what, ": ", why],
            observations: vec![observation],
        })
    }
}

/// What is to be said of something, by its name unless it begins with that
/// already, as the host's words do with a path.
pub(crate) fn about(what: &str, text: &str) -> String {
    match text.starts_with(what) {
        true => text.to_owned(),
        false => say![what, ": ", text],
    }
}

/// What a component makes of one setting.
#[derive(Clone)]
pub struct Reading {
    /// The value.
    pub content: Content,
    /// Where it comes from.
    pub origin: Origin,
    /// Where a path in it can be opened.
    pub source: Source,
    /// What a reader of a verdict on it should know.
    pub notes: Vec<String>,
    /// Set if facts do not decide what the value comes to: says what is there.
    pub open_question: Option<String>,
    /// Set if a list may hold more than is known: says why.
    pub incomplete: Option<String>,
    /// Receipts for what was read.
    pub observations: Vec<Observation>,
}

/// A value in the form in which it was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// There is none.
    Nothing,
    /// Every value of a flag or variable, in order.
    Words(Vec<String>),
    /// A list that follows from other facts.
    List(Vec<String>),
    /// A value of a document or of the defaults table.
    Json(Value),
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It is written down there.
    Explicit(String),
    /// It is a default: component, version and source.
    Default(String),
    /// It follows from other facts.
    Derived(String),
}

/// How a path that a value names is opened.
#[derive(Clone)]
pub enum Source {
    /// It names none.
    None,
    /// Through the process, by the name of a flag or variable.
    Named(String),
    /// Through the document, by the field's pointer.
    Field(Rc<dyn Entry>, String),
}

/// Why a setting has no value to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It could not be read.
    Problem(Box<Problem>),
    /// The running version no longer has it.
    Removed(&'static Removed),
}

impl From<Box<Problem>> for Stop {
    fn from(problem: Box<Problem>) -> Self {
        Self::Problem(problem)
    }
}

/// A setting's value. Boxed, as what is said of it is a lot to carry about.
pub type Read = Result<Box<Reading>, Stop>;

/// The value of a flag, if it is given.
pub type Given = Result<Option<Box<Reading>>, Box<Problem>>;

/// Reads one setting of an instance. A setting is named by its flag;
/// `gate:NAME` is a feature gate, `/pointer` a field of the component's
/// configuration file that has no flag.
pub fn read(facts: &dyn Facts, instance: &Instance, setting: &str) -> Read {
    if instance.argv.is_empty() {
        let text = say!["the arguments of ", instance.label, " could not be read"];
        return Err(instance.problem(text).into());
    }
    let mut reading = match instance.component {
        Component::KubeApiserver => apiserver::read(facts, instance, setting),
        Component::KubeControllerManager => flag_or_default(instance, setting),
        Component::KubeScheduler => replaced::read(facts, instance, setting, &replaced::SCHEDULER),
        Component::Kubelet => kubelet::read(instance, setting),
        Component::KubeProxy => replaced::read(facts, instance, setting, &replaced::PROXY),
        Component::Etcd => etcd::read(facts, instance, setting),
    }?;
    if setting == "tls-cipher-suites" {
        newest_tls(facts, instance, &mut reading)?;
    }
    order::cite(&mut reading.observations, &instance.observations);
    Ok(reading)
}

/// The suites of TLS 1.3 cannot be chosen: with it as the least version,
/// `--tls-cipher-suites` decides nothing.
fn newest_tls(facts: &dyn Facts, instance: &Instance, reading: &mut Reading) -> Result<(), Stop> {
    let least = match read(facts, instance, "tls-min-version") {
        Ok(least) => least,
        Err(Stop::Removed(_)) => return Ok(()),
        Err(stop) => return Err(stop),
    };
    if least.text().as_deref() == Some("VersionTLS13") {
        reading.origin = Origin::Derived(
            "TLS 1.3 is the least version, its suites are fixed and strong".to_owned(),
        );
        reading.content = Content::List(vec!["TLS_AES_128_GCM_SHA256".to_owned()]);
        reading.notes.push(say![
            "--tls-min-version is VersionTLS13 (",
            least.origin.text(),
            ")"
        ]);
        reading.observations.extend(&least.observations);
    }
    Ok(())
}

impl Origin {
    /// The words of any case.
    pub fn text(&self) -> &str {
        match self {
            Self::Explicit(text) | Self::Default(text) | Self::Derived(text) => text,
        }
    }
}

impl Reading {
    /// A value that is not there.
    pub fn nothing() -> Box<Self> {
        Self::of(
            Content::Nothing,
            Origin::Explicit(String::new()),
            Source::None,
        )
    }

    /// A value of which nothing more is to be said.
    pub fn of(content: Content, origin: Origin, source: Source) -> Box<Self> {
        Box::new(Self {
            content,
            origin,
            source,
            notes: Vec::new(),
            open_question: None,
            incomplete: None,
            observations: Vec::new(),
        })
    }

    /// Whether somebody wrote a value down, other than an empty one.
    pub fn is_set(&self) -> bool {
        if matches!(self.origin, Origin::Default(_)) {
            return false;
        }
        match &self.content {
            Content::Nothing | Content::Json(Value::Null) => false,
            Content::Words(words) => words.last().is_some_and(|w| !w.is_empty()),
            Content::List(elements) => !elements.is_empty(),
            Content::Json(Value::String(text)) => !text.is_empty(),
            Content::Json(Value::Array(elements)) => !elements.is_empty(),
            Content::Json(_) => true,
        }
    }

    /// The value as one text, if it is a scalar.
    pub fn text(&self) -> Option<String> {
        match &self.content {
            Content::Nothing | Content::List(_) => None,
            Content::Words(words) => words.last().cloned(),
            Content::Json(value) => scalar(value),
        }
    }

    /// The value as a list.
    pub fn list(&self) -> Option<Vec<String>> {
        match &self.content {
            Content::Nothing => Some(Vec::new()),
            Content::Words(words) => Some(values::lists(words)),
            Content::List(elements) => Some(elements.clone()),
            Content::Json(value) => {
                let mut list = Vec::new();
                for element in value.as_array()? {
                    list.push(element.as_str()?.to_owned());
                }
                Some(list)
            }
        }
    }

    /// The value as a boolean. Every occurrence of a flag must be one, or the
    /// component would not have started.
    pub fn boolean(&self) -> Option<bool> {
        match &self.content {
            Content::Words(words) => {
                let mut last = None;
                for word in words {
                    last = Some(values::boolean(word)?);
                }
                last
            }
            Content::Json(value) => value.as_bool(),
            Content::Nothing | Content::List(_) => None,
        }
    }

    /// The value as a whole number.
    pub fn integer(&self) -> Option<i64> {
        match &self.content {
            Content::Words(words) => words.last().and_then(|w| values::integer(w)),
            Content::Json(value) => value.as_i64(),
            Content::Nothing | Content::List(_) => None,
        }
    }

    /// The value as a duration in nanoseconds.
    pub fn duration(&self) -> Option<i64> {
        match &self.content {
            // A configuration file may say 0 for 0s.
            Content::Json(number @ Value::Number(_)) => number.as_i64(),
            _ => self.text().and_then(|t| values::duration(&t)),
        }
    }

    /// The value for a person to read: all of a list, of a scalar that is given
    /// several times the one that counts.
    pub fn shown(&self, is_list: bool) -> String {
        let texts = match &self.content {
            Content::Nothing => return "not set".to_owned(),
            Content::Words(words) => match words.as_slice() {
                [.., last] if !is_list && words.len() > 1 => {
                    return say![last, " (the last of ", words.len(), ")"];
                }
                words => {
                    let shown = strings::join(words, ",");
                    return match shown.is_empty() {
                        true => "set to nothing".to_owned(),
                        false => shown,
                    };
                }
            },
            Content::List(elements) => elements,
            Content::Json(Value::Array(elements)) => {
                let mut texts = Vec::new();
                for element in *elements {
                    texts.push(plain(element));
                }
                &texts.clone()
            }
            Content::Json(value) => return plain(value),
        };
        strings::join(texts, ",")
    }

    /// Opens the path that the value names.
    pub fn open(
        &self,
        facts: &dyn Facts,
        instance: &Instance,
    ) -> Result<Rc<dyn Entry>, Box<Problem>> {
        let path = self.text().unwrap_or_default();
        let opened = match &self.source {
            Source::None => Err(Error::refused(
                Cause::Other,
                "is no path of a file".to_owned(),
            )),
            Source::Named(name) => instance.open_named(facts, name, &path),
            Source::Field(entry, pointer) => entry.open_field(pointer, &path),
        };
        opened.map_err(|e| Problem::of(&path, &e))
    }
}

/// A scalar as text. By hand: the formatter of JSON brings that of floating
/// point numbers, with its tables.
fn scalar(value: &Value) -> Option<String> {
    Some(match value {
        Value::String(text) => (*text).to_owned(),
        Value::Bool(true) => "true".to_owned(),
        Value::Bool(false) => "false".to_owned(),
        Value::Number(_) => match value.as_i64() {
            Some(number) => say![number],
            None => "a number that is not whole".to_owned(),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    })
}

/// Any value for a person to read.
pub fn plain(value: &Value) -> String {
    scalar(value).unwrap_or_else(|| match value {
        Value::Null => "null".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        _ => "an object".to_owned(),
    })
}

/// A flag that is set.
pub(crate) fn flag(instance: &Instance, name: &str) -> Given {
    if let Some(by) = instance.args.swallowed_by(name) {
        return Err(instance.problem(swallowed(name, by)));
    }
    if let Some((_, why)) = instance.unsettled.iter().find(|(n, _)| n == name) {
        return Err(instance.problem(say!["--", name, " is not known: ", why]));
    }
    let words = instance.args.values(name);
    if words.is_empty() {
        return Ok(None);
    }
    let name = say!["--", name];
    Ok(Some(Reading::of(
        Content::Words(words),
        Origin::Explicit(say!["flag ", name]),
        Source::Named(name),
    )))
}

/// A flag whose reading depends on one of unknown type before it.
fn swallowed(name: &str, by: &str) -> String {
    say![
        "--",
        name,
        " may be the value of --",
        by,
        ", whose type is not known"
    ]
}

/// A feature gate that flags name.
pub(crate) fn gate(instance: &Instance, name: &str) -> Given {
    let Some(mut reading) = flag(instance, "feature-gates")? else {
        return Ok(None);
    };
    let Content::Words(words) = &reading.content else {
        return Ok(None);
    };
    let Some(value) = values::gate(words, name) else {
        return Ok(None);
    };
    reading.content = Content::Words(vec![value]);
    reading.origin = Origin::Explicit(say![name, " in --feature-gates"]);
    Ok(Some(reading))
}

/// The default of a setting, or that it is not set and has none.
pub(crate) fn default(instance: &Instance, setting: &str, set: Set) -> Read {
    let minor = instance.version.minor;
    if let Some(removed) = defaults::removed(instance.component, setting, minor) {
        return Err(Stop::Removed(removed));
    }
    match defaults::of(instance.component, setting, set, minor) {
        Ok(Some(default)) => Ok(Reading::of(
            Content::Json(default.value),
            Origin::Default(default.basis),
            Source::None,
        )),
        Ok(None) => Ok(Reading::nothing()),
        Err(text) => Err(instance.problem(text).into()),
    }
}

/// What is given, else the default.
pub(crate) fn or_default(given: Option<Box<Reading>>, instance: &Instance, setting: &str) -> Read {
    match given {
        Some(reading) => Ok(reading),
        None => default(instance, setting, Set::Usual),
    }
}

/// A flag, a gate or their default: a component without a configuration file.
pub(crate) fn flag_or_default(instance: &Instance, setting: &str) -> Read {
    let given = match setting.strip_prefix("gate:") {
        // The gates that are judged are of beta features: they follow AllBeta.
        Some(name) => match gate(instance, name)? {
            None => gate(instance, "AllBeta")?,
            given => given,
        },
        None => flag(instance, setting)?,
    };
    or_default(given, instance, setting)
}

/// A field of a configuration file, where the file says anything of it.
pub(crate) fn field(entry: &Rc<dyn Entry>, document: Value, pointer: &str) -> Option<Box<Reading>> {
    let value = document.pointer(pointer).filter(|v| !v.is_null())?;
    let mut reading = said_by(entry, &dotted(pointer), *value);
    reading.source = Source::Field(Rc::clone(entry), pointer.to_owned());
    Some(reading)
}

/// What a file says.
pub(crate) fn said_by(entry: &Rc<dyn Entry>, field: &str, value: Value) -> Box<Reading> {
    let origin = Origin::Explicit(say![field, " of ", entry.path()]);
    let mut reading = Reading::of(Content::Json(value), origin, Source::None);
    reading.observations.push(entry.observation());
    reading
}

/// Says that a flag is given although a file decides, which `by` names.
pub(crate) fn note_ignored(reading: &mut Reading, instance: &Instance, setting: &str, by: &str) {
    if instance.args.last(setting).is_some() {
        let note = say!["--", setting, " is given too and ignored: ", by, " decides"];
        reading.notes.push(note);
    }
}

/// `/a/b` as people write it.
pub(crate) fn dotted(pointer: &str) -> String {
    strings::replace(strings::trim_start(pointer, b'/'), b'/', '.')
}

/// Opens and reads the document that a flag of an instance names.
pub(crate) fn named_document(
    facts: &dyn Facts,
    instance: &Instance,
    reading: &Reading,
    kind: &str,
    group: &str,
) -> Result<(Rc<dyn Entry>, Value), Box<Problem>> {
    let read = || {
        let entry = reading.open(facts, instance)?;
        let document = document(&*entry, kind, group)?;
        Ok((entry, document))
    };
    read().map_err(|mut problem: Box<Problem>| {
        problem.text = say![
            reading.origin.text(),
            " names a file that cannot be read: ",
            problem.text
        ];
        problem
    })
}

/// Reads the one document of a file, which must be of this kind and API group;
/// an empty kind takes any.
pub fn document(entry: &dyn Entry, kind: &str, group: &str) -> Result<Value, Box<Problem>> {
    let path = entry.path();
    let texts = entry.read_document().map_err(|e| Problem::of(&path, &e))?;
    only_document(&texts, kind, group).map_err(|why| Problem::bad(&path, &why, entry.observation()))
}

fn only_document(texts: &[String], kind: &str, group: &str) -> Result<Value, String> {
    let mut found = Value::Null;
    for text in texts {
        let document = json::parse(text)?;
        if !found.is_null() && !document.is_null() {
            return Err("holds more than one document".to_owned());
        }
        if !document.is_null() {
            found = document;
        }
    }
    let of = found["apiVersion"].as_str().unwrap_or_default();
    if found.is_null() {
        Err("is empty".to_owned())
    } else if !found.is_object() {
        Err("is not a mapping".to_owned())
    } else if !kind.is_empty()
        && (!found["kind"].is_text(kind) || strings::before(of, b'/') != group)
    {
        Err(say!["is not a ", kind, " of ", group])
    } else {
        Ok(found)
    }
}

/// What is known of how a component is configured, for whoever must say what a
/// rule about it looks at.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Flags, and the field of the configuration file that each has.
    pub fields: Vec<(&'static str, String)>,
    /// Flags that no field stands in for.
    pub alone: Vec<&'static str>,
    /// Whether flags that are not among these are read for certain too.
    pub any: bool,
}

/// How a component is configured.
#[cfg(not(target_arch = "wasm32"))]
pub fn known(component: Component) -> Known {
    let file = |file: &replaced::File| {
        let fields = file.fields.iter();
        fields.map(|(flag, p)| (*flag, (*p).to_owned())).collect()
    };
    match component {
        // Nothing but flags, and of some the files that they name.
        Component::KubeApiserver | Component::KubeControllerManager => Known {
            any: true,
            ..Known::default()
        },
        // Its file has few of its flags.
        Component::KubeScheduler => Known {
            fields: file(&replaced::SCHEDULER),
            any: true,
            ..Known::default()
        },
        Component::KubeProxy => Known {
            fields: file(&replaced::PROXY),
            alone: vec!["config", "hostname-override", "kubeconfig"],
            any: false,
        },
        Component::Kubelet => Known {
            fields: kubelet::fields().map(|(f, p)| (f, p.to_owned())).collect(),
            alone: kubelet::FLAGS_ALONE.to_vec(),
            any: false,
        },
        Component::Etcd => Known {
            fields: etcd::FLAGS
                .iter()
                .map(|f| (*f, etcd::field_of(f)))
                .collect(),
            alone: vec!["config-file"],
            any: false,
        },
    }
}
