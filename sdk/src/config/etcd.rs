//! etcd: with `--config-file` nothing but the file counts; else flags override
//! `ETCD_*` variables, which override defaults.

use super::{
    Content, Given, Origin, Problem, Read, Reading, Source, default, field, flag, named_document,
    note_ignored, or_default,
};
use crate::component::Instance;
use crate::defaults::Set;
use crate::facts::Facts;
use crate::prelude::*;
use crate::say;
use crate::strings;

/// Settings that the configuration file has below `client-transport-security`,
/// and with `peer-` before them below `peer-transport-security`. The others are
/// at its top.
const SECURITY: &[&str] = &[
    "cert-file",
    "key-file",
    "client-cert-auth",
    "trusted-ca-file",
    "auto-tls",
];

pub(super) fn read(facts: &dyn Facts, instance: &Instance, setting: &str) -> Read {
    let mut reading = match given(instance, "config-file")? {
        Some(config) => from_file(facts, instance, &config, setting)?,
        None => or_default(given(instance, setting)?, instance, setting)?,
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
fn given(instance: &Instance, setting: &str) -> Given {
    let found = flag(instance, setting)?;
    if found.is_some() {
        return Ok(found);
    }
    let mut name = say!["ETCD_", strings::replace(setting, b'-', '_')];
    name.make_ascii_uppercase();
    let mut value = None;
    if let Some(process) = &instance.process {
        let asked = process.environment(&name);
        value = asked.map_err(|e| Problem::of(&say!["etcd's ", name], &e))?;
    } else if let Some(manifest) = &instance.manifest {
        let found = manifest.environment.iter().rfind(|(n, _)| *n == name);
        value = found.map(|(_, value)| value.clone());
    }
    // An empty variable counts as none.
    let Some(value) = value.filter(|v| !v.is_empty()) else {
        return Ok(None);
    };
    Ok(Some(Reading::of(
        Content::Words(vec![value]),
        Origin::Explicit(say!["variable ", name]),
        Source::Named(name),
    )))
}

fn from_file(facts: &dyn Facts, instance: &Instance, config: &Reading, setting: &str) -> Read {
    let (entry, document) = named_document(facts, instance, config, "", "")?;
    let pointer = field_of(setting);
    let mut reading = match field(&entry, document, &pointer) {
        Some(reading) => reading,
        None => default(instance, setting, Set::Usual)?,
    };
    reading.observations.push(entry.observation());
    note_ignored(&mut reading, instance, setting, "--config-file");
    Ok(reading)
}

/// The field of the configuration file that a flag has.
pub(super) fn field_of(setting: &str) -> String {
    let (side, name) = match setting.strip_prefix("peer-") {
        Some(name) => ("peer", name),
        None => ("client", setting),
    };
    match strings::among(name, SECURITY) {
        true => say!["/", side, "-transport-security/", name],
        false => say!["/", setting],
    }
}

/// Flags that the file has under the same name, or in its part on transport.
#[cfg(not(target_arch = "wasm32"))]
pub const FLAGS: &[&str] = &[
    "advertise-client-urls",
    "auto-tls",
    "cert-file",
    "client-cert-auth",
    "data-dir",
    "initial-advertise-peer-urls",
    "key-file",
    "listen-client-urls",
    "listen-metrics-urls",
    "listen-peer-urls",
    "peer-auto-tls",
    "peer-cert-file",
    "peer-client-cert-auth",
    "peer-key-file",
    "peer-trusted-ca-file",
    "tls-min-version",
    "trusted-ca-file",
    "wal-dir",
];
