//! Profiles of ours that are written as anybody writes them: `profile.yaml` in
//! a folder under `plugins/`, built by the same code as `cisb profile build`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use cisb::author::{self, Built};

use crate::sys::Workspace;

/// What such a file is called.
const SOURCE: &str = "profile.yaml";

/// Builds all of them, by the names of their folders.
pub fn build(workspace: &Workspace) -> Result<Vec<Built>> {
    let plugins = workspace.path("plugins");
    let folders = plugins
        .read_dir()
        .with_context(|| format!("{} cannot be listed", plugins.display()))?;
    let mut sources = Vec::new();
    for folder in folders {
        let source: PathBuf = folder?.path().join(SOURCE);
        if source.is_file() {
            sources.push(source);
        }
    }
    sources.sort();
    sources
        .iter()
        .map(|source| {
            let text = std::fs::read_to_string(source)
                .with_context(|| format!("{} cannot be read", source.display()))?;
            let name = source.strip_prefix(&workspace.root).unwrap_or(source);
            Ok(author::build(&name.display().to_string(), &text)?)
        })
        .collect()
}
