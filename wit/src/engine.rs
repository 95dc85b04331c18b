//! What the host knows of the engine that evaluates rules: it is carried beside
//! the engine's component, so that the host names no component of Kubernetes
//! and none of its files.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::manifest::{Parameter, Requests};

/// What a manifest must request for the rules that it carries.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Engine {
    /// The components whose settings are read, by name.
    pub components: BTreeMap<String, Of>,
    /// Files that the engine finds by itself, by name, and the requests that it
    /// needs for them.
    pub places: BTreeMap<String, BTreeSet<String>>,
    /// What the engine lets an operator set, whatever the profile.
    pub parameters: Vec<Parameter>,
    /// The requests that the others name.
    pub requests: Requests,
    /// The same for nodes whose platform runs every component in one process.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub platforms: BTreeMap<String, Engine>,
}

/// What rules about one component need.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Of {
    /// For any setting.
    pub uses: BTreeSet<String>,
    /// For settings whose reading needs more, all of it.
    pub settings: BTreeMap<String, BTreeSet<String>>,
    /// For the static pod manifests that declare it; none if it is no static pod.
    pub manifest: BTreeSet<String>,
    /// For the kubeconfigs that it is told to use; none if it has none.
    pub kubeconfig: BTreeSet<String>,
    /// Flags, and the field of the configuration file that each has.
    pub fields: BTreeMap<String, String>,
    /// The request for that file; empty if there is none.
    pub document: String,
    /// Flags that no field stands in for.
    pub alone: BTreeSet<String>,
    /// Whether flags that are not among these are read for certain too.
    pub any_flag: bool,
    /// Whether fields that have no flag are read.
    pub reads_fields: bool,
    /// Settings that take from what another one makes: they are read as that
    /// other one, so that a demand on them would be turned around.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub takes_from: BTreeMap<String, String>,
    /// Settings whose value is known where nobody sets them.
    pub defaults: BTreeSet<String>,
    /// What the variable that stands in for a flag starts with; empty if none
    /// does.
    pub variables: String,
}

impl Of {
    /// Whether a flag is read for certain.
    pub fn knows(&self, flag: &str) -> bool {
        self.any_flag || self.fields.contains_key(flag) || self.alone.contains(flag)
    }

    /// The flags that it knows by name.
    pub fn names(&self) -> Vec<&str> {
        let names = self.fields.keys().chain(&self.alone);
        names.map(String::as_str).collect()
    }

    /// The flag that has a field.
    pub fn flag(&self, pointer: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(_, field)| *field == pointer);
        found.map(|(flag, _)| flag.as_str())
    }

    /// The request for the file, and the field of it, that a flag has.
    pub fn field(&self, flag: &str) -> Option<(&str, &str)> {
        let field = self.fields.get(flag)?;
        Some((self.document.as_str(), field.as_str()))
    }

    /// The variable that stands in for a flag.
    pub fn variable(&self, flag: &str) -> Option<String> {
        let name = flag.replace('-', "_").to_ascii_uppercase();
        (!self.variables.is_empty()).then(|| format!("{}{name}", self.variables))
    }
}
