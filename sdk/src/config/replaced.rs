//! kube-scheduler and kube-proxy: with `--config` the file decides what it has
//! a field for, and the flag is ignored.

use super::{Read, default, field, flag, flag_or_default, named_document, note_ignored};
use crate::component::Instance;
use crate::defaults::Set;
use crate::facts::Facts;

/// The configuration file of a component.
pub(super) struct File {
    kind: &'static str,
    group: &'static str,
    /// Flags that a field of the file replaces.
    pub(super) fields: &'static [(&'static str, &'static str)],
    /// Whether an empty value stands for the default.
    empty_is_default: bool,
}

pub(super) static SCHEDULER: File = File {
    kind: "KubeSchedulerConfiguration",
    group: "kubescheduler.config.k8s.io",
    fields: &[
        ("profiling", "/enableProfiling"),
        ("contention-profiling", "/enableContentionProfiling"),
    ],
    empty_is_default: false,
};

pub(super) static PROXY: File = File {
    kind: "KubeProxyConfiguration",
    group: "kubeproxy.config.k8s.io",
    fields: &[
        ("metrics-bind-address", "/metricsBindAddress"),
        ("healthz-bind-address", "/healthzBindAddress"),
        ("bind-address", "/bindAddress"),
        ("profiling", "/enableProfiling"),
    ],
    empty_is_default: true,
};

pub(super) fn read(facts: &dyn Facts, instance: &Instance, setting: &str, file: &File) -> Read {
    let config = flag(instance, "config")?.filter(|r| r.is_set());
    let field_of = file.fields.iter().find(|(flag, _)| *flag == setting);
    let Some((_, pointer)) = field_of else {
        return flag_or_default(instance, setting);
    };
    let Some(config) = config else {
        let reading = flag_or_default(instance, setting)?;
        return match reading.is_set() || !file.empty_is_default {
            true => Ok(reading),
            false => default(instance, setting, Set::Usual),
        };
    };
    let (entry, document) = named_document(facts, instance, &config, file.kind, file.group)?;
    let said = field(&entry, document, pointer);
    let mut reading = match said {
        Some(reading) if !file.empty_is_default || reading.text().as_deref() != Some("") => reading,
        _ => default(instance, setting, Set::Usual)?,
    };
    reading.observations.push(entry.observation());
    note_ignored(&mut reading, instance, setting, "--config");
    Ok(reading)
}
