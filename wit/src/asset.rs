//! How the ready-built component for rules lies in the host: one Zstandard
//! frame with the engine's description and the component in every variant.
//!
//! A variant imports what its profile requests and nothing else, so that the
//! imports stay an upper bound of what the profile can do. The variants differ
//! in their wrapping only; in one frame the code they share takes no room.

use serde::{Deserialize, Serialize};

use crate::engine::Engine;

/// The interfaces that a variant may go without, in the order of their bits in
/// a variant's number.
pub const OPTIONAL: [&str; 3] = ["files", "processes", "kubernetes"];

/// What stands before the components, as JSON in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Index {
    /// What the engine needs.
    pub engine: Engine,
    /// How many bytes each variant has. Variant `n` imports those of
    /// [`OPTIONAL`] whose bit is set in `n`.
    pub sizes: Vec<usize>,
}

/// The number of the variant that imports what these requests open.
pub fn variant(requests: &crate::manifest::Requests) -> usize {
    let files = !requests.files.is_empty() || !requests.named.is_empty();
    let opened = [
        files,
        !requests.processes.is_empty(),
        !requests.kubernetes.is_empty(),
    ];
    let bits = opened.iter().enumerate();
    bits.map(|(bit, open)| usize::from(*open) << bit).sum()
}
