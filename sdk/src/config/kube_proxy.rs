//! kube-proxy: with `--config` the file decides, and flags for what it has a
//! field for are ignored.

use super::{Content, Reading, Stop, default, field, flag, flag_or_default, named_document};
use crate::component::Instance;
use crate::defaults::Set;
use crate::facts::Facts;
use crate::json::Value;
use crate::say;

/// Flags that a field of the file replaces.
const FIELDS: &[(&str, &str)] = &[
    ("metrics-bind-address", "/metricsBindAddress"),
    ("healthz-bind-address", "/healthzBindAddress"),
    ("bind-address", "/bindAddress"),
    ("profiling", "/enableProfiling"),
];

pub(super) fn read(facts: &dyn Facts, instance: &Instance, setting: &str) -> Result<Reading, Stop> {
    let config = flag(instance, "config")?.filter(Reading::is_set);
    let field_of = FIELDS.iter().find(|(flag, _)| *flag == setting);
    let Some((config, (_, pointer))) = config.zip(field_of) else {
        let reading = flag_or_default(instance, setting)?;
        // An empty address is the default's place.
        return match reading.is_set() || field_of.is_none() {
            true => Ok(reading),
            false => default(instance, setting, Set::Usual),
        };
    };
    let (kind, group) = ("KubeProxyConfiguration", "kubeproxy.config.k8s.io");
    let (entry, document) = named_document(facts, instance, &config, kind, group)?;
    let given = field(&entry, &document, pointer);
    let given = given.filter(|r| r.content != Content::Json(Value::String("")));
    let mut reading = match given {
        Some(reading) => reading,
        None => default(instance, setting, Set::Usual)?,
    };
    reading.observations.push(entry.observation());
    if flag(instance, setting)?.is_some() {
        let note = say!["--", setting, " is given too and ignored: --config decides"];
        reading.notes.push(note);
    }
    Ok(reading)
}
