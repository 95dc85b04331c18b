//! kube-apiserver: flags and defaults, and the files that replace some flags:
//! structured authentication and authorization.

use super::{
    Content, Given, Origin, Problem, Read, Reading, Source, Stop, flag, flag_or_default,
    named_document, or_default, said_by,
};
use crate::component::Instance;
use crate::defaults;
use crate::facts::Facts;
use crate::json::Value;
use crate::prelude::*;
use crate::say;
use crate::strings;

const GROUP: &str = "apiserver.config.k8s.io";

pub(super) fn read(facts: &dyn Facts, instance: &Instance, setting: &str) -> Read {
    match setting {
        "anonymous-auth" => anonymous(facts, instance),
        "authorization-mode" => authorization(facts, instance),
        "enable-admission-plugins" | "disable-admission-plugins" => admission(instance),
        _ => {
            let mut reading = flag_or_default(instance, setting)?;
            if setting.starts_with("audit-log-") {
                reading.notes = audit(instance, &reading, setting)?;
            }
            Ok(reading)
        }
    }
}

/// A flag with a value that is not empty.
fn set_flag(instance: &Instance, name: &str) -> Given {
    Ok(flag(instance, name)?.filter(|r| r.is_set()))
}

/// A flag and a file that say the same thing: the API server refuses to start.
fn conflict(instance: &Instance, flag: &str, file: &str) -> Stop {
    let text = say![
        "--",
        flag,
        " and ",
        file,
        " exclude each other, so one of them was misread"
    ];
    instance.problem(text).into()
}

/// Whether anonymous requests are accepted, and where only on some paths.
fn anonymous(facts: &dyn Facts, instance: &Instance) -> Read {
    let setting = "anonymous-auth";
    let own = flag(instance, setting)?;
    let Some(config) = set_flag(instance, "authentication-config")? else {
        return or_default(own, instance, setting);
    };
    let kind = "AuthenticationConfiguration";
    let (entry, document) = named_document(facts, instance, &config, kind, GROUP)?;
    let anonymous = document["anonymous"];
    if anonymous.is_null() {
        let mut reading = or_default(own, instance, setting)?;
        let note = say![entry.path(), " does not say anything of anonymous"];
        reading.notes.push(note);
        reading.observations.push(entry.observation());
        return Ok(reading);
    }
    if own.is_some() {
        let file = say!["anonymous in ", entry.path()];
        return Err(conflict(instance, setting, &file));
    }
    // An omitted boolean is false.
    let enabled = anonymous["enabled"].as_bool() == Some(true);
    let mut reading = said_by(&entry, "anonymous.enabled", Value::Bool(enabled));
    let mut paths = Vec::new();
    for condition in anonymous["conditions"].items() {
        paths.extend(condition["path"].as_str());
    }
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
fn authorization(facts: &dyn Facts, instance: &Instance) -> Read {
    let setting = "authorization-mode";
    let own = set_flag(instance, setting)?;
    let Some(config) = set_flag(instance, "authorization-config")? else {
        return or_default(own, instance, setting);
    };
    let kind = "AuthorizationConfiguration";
    let (entry, document) = named_document(facts, instance, &config, kind, GROUP)?;
    if own.is_some() {
        let file = say!["--authorization-config ", entry.path()];
        return Err(conflict(instance, setting, &file));
    }
    let authorizers = document["authorizers"].items();
    let mut types = Vec::new();
    for authorizer in authorizers {
        if authorizer["type"].as_str().is_some() {
            types.push(authorizer["type"]);
        }
    }
    if types.is_empty() || types.len() < authorizers.len() {
        let why = "lists no authorizers, or one without a type";
        return Err(Problem::bad(&entry.path(), why, entry.observation()).into());
    }
    Ok(said_by(&entry, "authorizers", Value::list(types)))
}

/// The admission plugins that run: the version's defaults and the enabled
/// ones, without the disabled ones. The API server refuses to start with one
/// that is both.
fn admission(instance: &Instance) -> Read {
    let list = |name: &str| -> Result<Vec<String>, Box<Problem>> {
        let reading = flag(instance, name)?;
        Ok(reading.and_then(|r| r.list()).unwrap_or_default())
    };
    let enabled = list("enable-admission-plugins")?;
    let disabled = list("disable-admission-plugins")?;
    let minor = instance.version.minor;
    let (mut running, incomplete) = match defaults::admission_plugins(minor) {
        Ok(defaults) => (defaults, None),
        Err(text) => (Vec::new(), Some(text)),
    };
    running.retain(|p| !disabled.contains(p));
    for plugin in &enabled {
        if disabled.contains(plugin) {
            let text = say![
                plugin,
                " is both enabled and disabled, with which it cannot have started"
            ];
            return Err(instance.problem(text).into());
        }
        if !running.contains(plugin) {
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
        let note = say!["plugins are configured by ", config.shown(false)];
        reading.notes.push(note);
    }
    Ok(reading)
}

/// What a reader of an audit log's setting should know: whether events are
/// logged at all, and whether files are written and rotated.
fn audit(instance: &Instance, reading: &Reading, setting: &str) -> Result<Vec<String>, Stop> {
    let mut notes = Vec::new();
    if setting != "audit-log-path" {
        match set_flag(instance, "audit-log-path")?.and_then(|r| r.text()) {
            None => notes.push("--audit-log-path is not set, so no file is written"),
            Some(path) if path == "-" => notes.push("standard output is not rotated"),
            Some(_) => {}
        }
        return Ok(strings::owned(&notes));
    }
    if reading.text().as_deref() == Some("-") {
        notes.push(
            "events go to standard output: how long they live is up to the container runtime",
        );
    }
    if !reading.is_set() && set_flag(instance, "audit-webhook-config-file")?.is_some() {
        notes.push("events go to the webhook of --audit-webhook-config-file only");
    }
    if set_flag(instance, "audit-policy-file")?.is_none() {
        notes.push("without --audit-policy-file no event is logged");
    }
    Ok(strings::owned(&notes))
}
