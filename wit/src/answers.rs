//! What code says of itself to whoever puts a manifest around it: a custom
//! section of the core module, written when it is compiled. It decides nothing
//! where the profile runs.

use serde::{Deserialize, Serialize};

/// The custom section of a core module that says what the module answers.
pub const ANSWERS_SECTION: &str = "cisb:answers";

/// Which checks a module answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answers {
    /// The checks that it has a function for, by their ids.
    pub checks: Vec<String>,
    /// Whether it evaluates rules for the others.
    #[serde(default)]
    pub rules: bool,
}
