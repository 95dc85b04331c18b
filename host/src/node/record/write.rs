//! Writes what a recorder saw as a node record.

use std::path::Path;

use super::RecordError;
use crate::node::recording::Recorder;

/// Writes a record, to a `.tar.zst` if `dest` is named so, else to a directory
/// that must not exist yet. `captured` (RFC 3339) is when the node was looked
/// at; a recorded node keeps its own. Files are 0600, and the record appears
/// whole or not at all. The same recording gives the same bytes.
pub fn write(_recorder: &Recorder, _captured: &str, dest: &Path) -> Result<(), RecordError> {
    Err(RecordError::Invalid {
        path: dest.to_owned(),
        file: "node.json".to_owned(),
        reason: "writing records is not built yet".to_owned(),
    })
}
