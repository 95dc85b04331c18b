//! Judges kind, mode and owner of files.

use serde::{Deserialize, Serialize};

use super::Cx;
use crate::verdict::{Basis, Outcome, Verdict};

/// What is demanded of a set of files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FilesRule {}

/// Judges the files.
pub fn evaluate(_rule: &FilesRule, _cx: &Cx<'_>) -> Outcome {
    Outcome {
        verdict: Verdict::Error,
        reason: "files are not judged yet".to_owned(),
        expected: String::new(),
        actual: String::new(),
        basis: Basis::Explicit,
        subjects: Vec::new(),
        observations: Vec::new(),
    }
}
