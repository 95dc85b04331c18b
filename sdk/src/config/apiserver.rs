//! kube-apiserver: flags and defaults, and the files that replace some flags:
//! structured authentication and authorization.

use super::{
    Content, Origin, Problem, Reading, Source, Stop, default, flag, flag_or_default,
    named_document, said_by,
};
use crate::component::Instance;
use crate::defaults::{self, Set};
use crate::facts::Facts;
use crate::json::Value;
use crate::list::ToList;
use crate::prelude::*;
use crate::say;
use crate::strings;

const GROUP: &str = "apiserver.config.k8s.io";

pub(super) fn read(facts: &dyn Facts, instance: &Instance, setting: &str) -> Result<Reading, Stop> {
    match setting {
        "anonymous-auth" => anonymous(facts, instance),
        "authorization-mode" => authorization(facts, instance),
        "enable-admission-plugins" | "disable-admission-plugins" => admission(instance),
        "audit-log-path" => audit_log_path(instance),
        "audit-log-maxage" | "audit-log-maxbackup" | "audit-log-maxsize" => {
            audit_rotation(instance, setting)
        }
        _ => flag_or_default(instance, setting),
    }
}

/// A flag with a value that is not empty.
fn set_flag(instance: &Instance, name: &str) -> Result<Option<Reading>, Problem> {
    Ok(flag(instance, name)?.filter(Reading::is_set))
}

/// A flag and a file that say the same thing: the API server refuses to start.
fn conflict(instance: &Instance, flag: &str, file: &str) -> Stop {
    Stop::Problem(instance.problem(say![
        "--",
        flag,
        " and ",
        file,
        " exclude each other, so one of them was misread"
    ]))
}

/// Whether anonymous requests are accepted, and where only on some paths.
fn anonymous(facts: &dyn Facts, instance: &Instance) -> Result<Reading, Stop> {
    let own = flag(instance, "anonymous-auth")?;
    let Some(config) = set_flag(instance, "authentication-config")? else {
        return match own {
            Some(reading) => Ok(reading),
            None => default(instance, "anonymous-auth", Set::Usual),
        };
    };
    let kind = "AuthenticationConfiguration";
    let (entry, document) = named_document(facts, instance, &config, kind, GROUP)?;
    let anonymous = &document["anonymous"];
    if anonymous.is_null() {
        let mut reading = match own {
            Some(reading) => reading,
            None => default(instance, "anonymous-auth", Set::Usual)?,
        };
        let note = say![entry.path(), " does not say anything of anonymous"];
        reading.notes.push(note);
        reading.observations.push(entry.observation());
        return Ok(reading);
    }
    if own.is_some() {
        let file = say!["anonymous in ", entry.path()];
        return Err(conflict(instance, "anonymous-auth", &file));
    }
    // An omitted boolean is false.
    let enabled = anonymous["enabled"].as_bool().unwrap_or(false);
    let mut reading = said_by(&entry, "anonymous.enabled", Value::Bool(enabled));
    let conditions = anonymous["conditions"].as_array();
    let paths: Vec<&str> = conditions
        .into_iter()
        .flatten()
        .filter_map(|c| c["path"].as_str())
        .to_list();
    if enabled && !paths.is_empty() {
        let only = say![
            "anonymous requests are accepted only on ",
            strings::join(&paths, ", ")
        ];
        reading.open_question = Some(only);
    }
    Ok(reading)
}

/// The authorizers in the order in which they are asked.
fn authorization(facts: &dyn Facts, instance: &Instance) -> Result<Reading, Stop> {
    let own = set_flag(instance, "authorization-mode")?;
    let Some(config) = set_flag(instance, "authorization-config")? else {
        return match own {
            Some(reading) => Ok(reading),
            None => default(instance, "authorization-mode", Set::Usual),
        };
    };
    let kind = "AuthorizationConfiguration";
    let (entry, document) = named_document(facts, instance, &config, kind, GROUP)?;
    if own.is_some() {
        let file = say!["--authorization-config ", entry.path()];
        return Err(conflict(instance, "authorization-mode", &file));
    }
    let authorizers = document["authorizers"].as_array();
    let types: Vec<Value> = authorizers
        .into_iter()
        .flatten()
        .map(|a| a["type"].clone())
        .to_list();
    if types.is_empty() || types.iter().any(|t| t.as_str().is_none()) {
        let why = "lists no authorizers, or one without a type";
        return Err(Problem::bad(&entry.path(), why, entry.observation()).into());
    }
    Ok(said_by(&entry, "authorizers", Value::list(types)))
}

/// The admission plugins that run: the version's defaults and the enabled
/// ones, without the disabled ones. The API server refuses to start with one
/// that is both.
fn admission(instance: &Instance) -> Result<Reading, Stop> {
    let list = |name: &str| -> Result<Vec<String>, Problem> {
        let reading = flag(instance, name)?;
        Ok(reading.and_then(|r| r.list()).unwrap_or_default())
    };
    let enabled = list("enable-admission-plugins")?;
    let disabled = list("disable-admission-plugins")?;
    let minor = instance.version.minor;
    let (defaults, incomplete) = match defaults::admission_plugins(minor) {
        Ok(defaults) => (defaults, None),
        Err(text) => (Vec::new(), Some(text)),
    };
    if let Some(both) = enabled.iter().find(|p| disabled.contains(p)) {
        let text = say![
            both,
            " is both enabled and disabled, with which it cannot have started"
        ];
        return Err(Stop::Problem(instance.problem(text)));
    }
    let mut running = Vec::new();
    for plugin in strings::owned(&defaults).iter().chain(&enabled) {
        if !disabled.contains(plugin) && !running.contains(plugin) {
            running.push(plugin.clone());
        }
    }
    let version = match minor {
        Some(minor) => say!["of 1.", minor],
        None => "that every covered version has".to_owned(),
    };
    let origin = Origin::Derived(say![
        "the default plugins ",
        version,
        " (",
        defaults::PLUGINS_SOURCE,
        "), with --enable-admission-plugins=",
        strings::join(&enabled, ","),
        " and --disable-admission-plugins=",
        strings::join(&disabled, ",")
    ]);
    let mut reading = Reading::of(Content::List(running), origin, Source::None);
    reading.incomplete = incomplete;
    if let Some(config) = set_flag(instance, "admission-control-config-file")? {
        let note = say!["plugins are configured by ", config.shown()];
        reading.notes.push(note);
    }
    Ok(reading)
}

/// Where audit events are written, and whether any are.
fn audit_log_path(instance: &Instance) -> Result<Reading, Stop> {
    let mut reading = flag_or_default(instance, "audit-log-path")?;
    let has_policy = set_flag(instance, "audit-policy-file")?.is_some();
    let has_webhook = set_flag(instance, "audit-webhook-config-file")?.is_some();
    if reading.text().as_deref() == Some("-") {
        let note =
            "events go to standard output: how long they live is up to the container runtime";
        reading.notes.push(note.to_owned());
    }
    if !reading.is_set() && has_webhook {
        let note = "events go to the webhook of --audit-webhook-config-file only";
        reading.notes.push(note.to_owned());
    }
    if !has_policy {
        let note = "without --audit-policy-file no event is logged";
        reading.notes.push(note.to_owned());
    }
    Ok(reading)
}

/// How audit files are rotated, and whether there are any.
fn audit_rotation(instance: &Instance, setting: &str) -> Result<Reading, Stop> {
    let mut reading = flag_or_default(instance, setting)?;
    let path = set_flag(instance, "audit-log-path")?.and_then(|r| r.text());
    match path.as_deref() {
        None => reading
            .notes
            .push("--audit-log-path is not set, so no file is written".to_owned()),
        Some("-") => reading
            .notes
            .push("standard output is not rotated".to_owned()),
        Some(_) => {}
    }
    Ok(reading)
}
