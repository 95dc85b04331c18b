//! Reads YAML and JSON as Kubernetes' components would, within limits, and
//! points into what was read.

use serde_json::Value;

/// Why bytes are not the documents they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Larger than the limit.
    #[error("too large to parse: {size} bytes, the limit is {limit}")]
    TooLarge {
        /// Bytes there.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Neither YAML nor JSON in UTF-8, a repeated key, or past a limit.
    #[error("not YAML or JSON: {0}")]
    Malformed(String),
}

/// Parses YAML or JSON of one or more documents; empty documents are skipped.
pub fn parse(_bytes: &[u8]) -> Result<Vec<Value>, DocumentError> {
    Err(DocumentError::Malformed("parsing is not built yet".to_owned()))
}

/// Whether a JSON pointer matches a pattern, in which `*` stands for any one token.
pub fn pointer_matches(pattern: &str, pointer: &str) -> bool {
    let (mut pattern, mut pointer) = (pattern.split('/'), pointer.split('/'));
    loop {
        match (pattern.next(), pointer.next()) {
            (None, None) => return true,
            (Some(wanted), Some(token)) if wanted == "*" || wanted == token => {}
            _ => return false,
        }
    }
}

/// An API object pruned to the fields that match the patterns, with everything
/// below them. `apiVersion`, `kind`, `metadata.name` and `metadata.namespace` stay.
pub fn select(_object: &Value, _patterns: &[String]) -> Value {
    Value::Null
}
