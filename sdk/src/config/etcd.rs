//! etcd: with `--config-file` nothing but the file counts; else flags override
//! `ETCD_*` variables, which override defaults.

use super::{
    Content, Origin, Problem, Reading, Source, Stop, default, field, flag, named_document,
};
use crate::component::Instance;
use crate::defaults::Set;
use crate::facts::Facts;
use crate::prelude::*;
use crate::say;
use crate::strings;

/// Where the configuration file has the settings that are not at its top.
const FIELDS: &[(&str, &str)] = &[
    ("cert-file", "/client-transport-security/cert-file"),
    ("key-file", "/client-transport-security/key-file"),
    (
        "client-cert-auth",
        "/client-transport-security/client-cert-auth",
    ),
    (
        "trusted-ca-file",
        "/client-transport-security/trusted-ca-file",
    ),
    ("auto-tls", "/client-transport-security/auto-tls"),
    ("peer-cert-file", "/peer-transport-security/cert-file"),
    ("peer-key-file", "/peer-transport-security/key-file"),
    (
        "peer-client-cert-auth",
        "/peer-transport-security/client-cert-auth",
    ),
    (
        "peer-trusted-ca-file",
        "/peer-transport-security/trusted-ca-file",
    ),
    ("peer-auto-tls", "/peer-transport-security/auto-tls"),
];

pub(super) fn read(facts: &dyn Facts, instance: &Instance, setting: &str) -> Result<Reading, Stop> {
    let mut reading = match given(instance, "config-file")? {
        Some(config) => from_file(facts, instance, &config, setting)?,
        None => match given(instance, setting)? {
            Some(reading) => reading,
            None => default(instance, setting, Set::Usual)?,
        },
    };
    let ca = match setting {
        "client-cert-auth" => "trusted-ca-file",
        "peer-client-cert-auth" => "peer-trusted-ca-file",
        _ => return Ok(reading),
    };
    if !reading.is_set() && read(facts, instance, ca)?.is_set() {
        let note = say![
            "--",
            ca,
            " alone already makes etcd ask for client certificates"
        ];
        reading.notes.push(note);
    }
    Ok(reading)
}

/// A flag, or the variable that stands in for it.
fn given(instance: &Instance, setting: &str) -> Result<Option<Reading>, Problem> {
    let found = flag(instance, setting)?;
    if found.is_some() {
        return Ok(found);
    }
    let name = say![
        "ETCD_",
        strings::replace(setting, b'-', '_').to_ascii_uppercase()
    ];
    let value = match (&instance.process, &instance.manifest) {
        (Some(process), _) => process
            .environment(&name)
            .map_err(|e| Problem::of(&say!["etcd's ", name], &e))?,
        (None, Some(manifest)) => {
            let found = manifest.environment.iter().rev().find(|(n, _)| *n == name);
            found.map(|(_, value)| value.clone())
        }
        (None, None) => None,
    };
    // An empty variable counts as none.
    let value = value.filter(|v| !v.is_empty());
    Ok(value.map(|value| {
        Reading::of(
            Content::Words(vec![value]),
            Origin::Explicit(say!["variable ", name]),
            Source::Named(name),
        )
    }))
}

fn from_file(
    facts: &dyn Facts,
    instance: &Instance,
    config: &Reading,
    setting: &str,
) -> Result<Reading, Stop> {
    let (entry, document) = named_document(facts, instance, config, "", "")?;
    let top = say!["/", setting];
    let pointer = FIELDS.iter().find(|(flag, _)| *flag == setting);
    let pointer = pointer.map_or(top.as_str(), |(_, pointer)| pointer);
    let mut reading = match field(&entry, &document, pointer) {
        Some(reading) => reading,
        None => default(instance, setting, Set::Usual)?,
    };
    reading.observations.push(entry.observation());
    if instance.args.last(setting).is_some() {
        let note = say![
            "--",
            setting,
            " is given too and ignored: --config-file decides"
        ];
        reading.notes.push(note);
    }
    Ok(reading)
}
