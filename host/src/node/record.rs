//! A node record: a directory or an archive that stands for a node. It is a
//! stranger's file, so everything in it is checked and bounded.

pub mod archive;
pub mod read;
pub mod write;

use std::path::{Path, PathBuf};

use super::Node;

/// The format this host reads and writes.
pub const FORMAT: &str = "cisb-node/1";

/// Why a record cannot be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A file of it cannot be opened, read or written.
    #[error("node record {}: {file}: {source}", .path.display())]
    Io {
        /// The record.
        path: PathBuf,
        /// The file in it.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of it is not what the format says.
    #[error("node record {}: {file}: {reason}", .path.display())]
    Invalid {
        /// The record.
        path: PathBuf,
        /// The file in it.
        file: String,
        /// What is wrong.
        reason: String,
    },
}

/// Opens a record: a directory or a `.tar.zst`.
pub fn open(path: &Path) -> Result<Node, RecordError> {
    Err(RecordError::Invalid {
        path: path.to_owned(),
        file: "node.json".to_owned(),
        reason: "reading records is not built yet".to_owned(),
    })
}
