//! Skeleton.
use super::{Cluster, Node};
use std::path::Path;
/// x
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct LiveError;
/// x
pub fn open(
    _: &Path,
    _: Option<&Path>,
    _: Option<&str>,
    _: Box<dyn Cluster>,
) -> Result<Node, LiveError> {
    Err(LiveError)
}
