//! Profiles of ours that are written as anybody writes them: `profile.yaml` in
//! a folder under `plugins/`, built with `cisb profile build`.

use std::process::Command;

use anyhow::{Context, Result};
use cisb_contract::{Manifest, ZSTD_MAGIC};

use crate::sys::{self, Workspace};
use crate::{component, demo};

/// What such a file is called.
const SOURCE: &str = "profile.yaml";

/// A profile that was built.
pub struct Written {
    /// What it says of itself.
    pub manifest: Manifest,
    /// How many bytes that takes in it.
    pub size: usize,
    /// The component.
    pub component: Vec<u8>,
}

/// Builds all of them, by the names of their folders, with the host of `builder`,
/// which is built before.
pub fn build(workspace: &Workspace, builder: &Workspace) -> Result<Vec<Written>> {
    let plugins = workspace.path("plugins");
    let folders = plugins
        .read_dir()
        .with_context(|| format!("{} cannot be listed", plugins.display()))?;
    let mut names = Vec::new();
    for folder in folders {
        let folder = folder?;
        if folder.path().join(SOURCE).is_file() {
            names.push(folder.file_name());
        }
    }
    names.sort();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    demo::build_host(builder)?;
    let output = tempfile::tempdir().context("there is no folder to build profiles in")?;
    let mut written = Vec::new();
    for name in names {
        let built = output.path().join(&name).with_extension("wasm");
        let source = plugins.join(&name).join(SOURCE);
        sys::read(
            Command::new(builder.cisb())
                .args(["--log", "error", "profile", "build"])
                .arg(&source)
                .arg("-o")
                .arg(&built),
        )?;
        let component =
            std::fs::read(&built).with_context(|| format!("{} cannot be read", built.display()))?;
        let read = || -> Result<(Manifest, usize)> {
            let section = component::check(&component)?;
            let manifest = match section.starts_with(&ZSTD_MAGIC) {
                true => serde_json::from_slice(&zstd::decode_all(section)?)?,
                false => serde_json::from_slice(section)?,
            };
            Ok((manifest, section.len()))
        };
        let (manifest, size) =
            read().with_context(|| format!("{} is no profile", source.display()))?;
        written.push(Written {
            manifest,
            size,
            component,
        });
    }
    Ok(written)
}
