//! The language of an overlay: what of another profile is left out, asked of a
//! person, weighed otherwise or added, each with its reason. Schema and messages
//! are made of these types, as those of profiles are.

use std::collections::BTreeMap;

use cisb_contract::manifest::{Applies, Requests, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::author::language::{Check, Platform, Section};

/// Changes to another profile, which make a profile of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "overlay")]
pub struct Overlay {
    /// The profile that is changed: the id of an installed one, or a file that
    /// ends in `.wasm`, from this file's folder.
    pub extends: String,
    /// The digest that it must have, as `cisb profile inspect` prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub digest: Option<String>,
    /// The id of what is made: another one than that of what it is made from.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$"))]
    pub id: String,
    /// Its version, such as `1.0.0`.
    #[serde(default = "first_version")]
    pub version: String,
    /// Counts up with every release; never goes back.
    #[serde(default = "one")]
    pub epoch: u64,
    /// One line for people.
    pub title: String,
    /// When it fits a node, for scans that name no profile: any one suffices.
    /// Without it the profile is used only where it is named.
    #[serde(default)]
    pub applies: Vec<Applies>,
    /// The platform of its nodes, for added checks: see the profile's.
    #[serde(default)]
    pub platform: Option<Platform>,
    /// Checks that do not run any more. They stay in reports, as not assessed.
    #[serde(default)]
    pub skip: Vec<Decided>,
    /// Checks that a person judges, with what they find.
    #[serde(default)]
    pub manual: Vec<Decided>,
    /// Checks that weigh otherwise.
    #[serde(default)]
    pub change: Vec<Weighed>,
    /// Parameters with another default, by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, Default>,
    /// Sections for added checks, after those that there are.
    #[serde(default)]
    pub sections: Vec<Section>,
    /// Requests that rules of added checks name.
    #[serde(default)]
    pub requests: Requests,
    /// Checks that are added.
    #[serde(default)]
    pub add: Vec<Added>,
}

/// A check about which something is decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "decision")]
pub struct Decided {
    /// Its id, such as `"1.1.1"`: a text.
    pub check: String,
    /// Why: whoever reads the report reads it.
    pub reason: String,
}

/// A check that weighs otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "change", extend("anyOf" = [{"required": ["severity"]}, {"required": ["level"]}]))]
pub struct Weighed {
    /// Its id, such as `"1.1.1"`: a text.
    pub check: String,
    /// How much harm it may do if it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// 1, or 2 for what suits only some clusters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2))]
    pub level: Option<u8>,
    /// Why.
    pub reason: String,
}

/// What a parameter is where no operator sets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "default")]
pub struct Default {
    /// Its value, of the parameter's type.
    pub value: serde_json::Value,
    /// Why.
    pub reason: String,
}

/// A check that is added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "added check")]
pub struct Added {
    /// Why.
    pub reason: String,
    /// The check, as a profile has it. Its `group` is one of the other
    /// profile's, or of `sections` here.
    pub check: Check,
}

fn first_version() -> String {
    "0.1.0".to_owned()
}

fn one() -> u64 {
    1
}
