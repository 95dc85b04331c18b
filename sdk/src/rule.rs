//! The data form of a check, and the engine that evaluates it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::facts::Facts;
use crate::verdict::Outcome;

/// What a check demands, as data: the `with` member of a check in the manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Rule {
    /// A function of the profile, by name.
    Code {
        /// Its name in [`Profile::codes`].
        name: String,
        /// What it is called with.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        with: Value,
    },
}

/// What a rule or function works with.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// The questions it may ask.
    pub facts: &'a dyn Facts,
    /// The profile's parameters, each with a value.
    pub parameters: &'a Map<String, Value>,
}

/// A check that a rule cannot say.
pub type Code = fn(&Cx<'_>, &Value) -> Outcome;

/// What a profile's component is made of: its functions, by name.
#[derive(Clone, Copy)]
pub struct Profile {
    /// Functions that [`Rule::Code`] names.
    pub codes: &'static [(&'static str, Code)],
}

/// Why a check was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The settings do not parse.
    BadSettings(String),
    /// The rule names a function that the profile does not have.
    Internal(String),
}
