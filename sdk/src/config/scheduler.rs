//! kube-scheduler: with `--config` the file decides what it has a field for,
//! and the flag is ignored.

use super::{Reading, Stop, default, field, flag, flag_or_default, named_document};
use crate::component::Instance;
use crate::defaults::Set;
use crate::facts::Facts;
use crate::say;

/// Flags that a field of the file replaces.
const FIELDS: &[(&str, &str)] = &[
    ("profiling", "/enableProfiling"),
    ("contention-profiling", "/enableContentionProfiling"),
];

pub(super) fn read(facts: &dyn Facts, instance: &Instance, setting: &str) -> Result<Reading, Stop> {
    let config = flag(instance, "config")?.filter(Reading::is_set);
    let Some((config, (_, pointer))) = config.zip(FIELDS.iter().find(|(flag, _)| *flag == setting))
    else {
        return flag_or_default(instance, setting);
    };
    let (kind, group) = ("KubeSchedulerConfiguration", "kubescheduler.config.k8s.io");
    let (entry, document) = named_document(facts, instance, &config, kind, group)?;
    let mut reading = match field(&entry, &document, pointer) {
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
