//! Judges settings of a component.

use serde::{Deserialize, Serialize};

use super::Cx;
use crate::component::Component;
use crate::verdict::{Basis, Outcome, Verdict};

/// What is demanded of a component's settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SettingRule {
    /// Whose settings.
    pub component: Component,
}

/// Judges the settings.
pub fn evaluate(_rule: &SettingRule, _cx: &Cx<'_>) -> Outcome {
    Outcome {
        verdict: Verdict::Error,
        reason: "settings are not judged yet".to_owned(),
        expected: String::new(),
        actual: String::new(),
        basis: Basis::Explicit,
        subjects: Vec::new(),
        observations: Vec::new(),
    }
}
