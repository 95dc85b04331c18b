//! Packs what an author in Rust builds on into the host's file: the SDK, the
//! contract, and the versions of the crates that they are tested with. The host
//! never names the SDK; it only carries its source to whoever begins a profile.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use toml::{Table, Value};

use crate::profiles::PACKING;
use crate::sys::{self, Workspace};

/// Where the host has it.
pub const ASSET: &str = "host/assets/sdk.zst";

/// The folder of a new profile that it becomes.
const FOLDER: &str = "cisb";

/// Our packages in it.
const PACKAGES: [&str; 3] = ["sdk", "sdk/macros", "wit"];

/// What begins a profile in Rust, whose lock file is packed too.
const TEMPLATE: &str = "host/assets/new/rust";

/// Says how large it is, and holds the host's file to the source.
pub fn run(workspace: &Workspace) -> Result<()> {
    let size = hold(workspace)?;
    println!("{ASSET}  {size} bytes");
    Ok(())
}

/// Compares what the source packs to with the host's file; with `BLESS=1` writes
/// that. Says how many bytes it has.
pub fn hold(workspace: &Workspace) -> Result<usize> {
    let asset = build(workspace)?;
    let path = workspace.path(ASSET);
    if std::fs::read(&path).is_ok_and(|old| old == asset) {
        return Ok(asset.len());
    }
    ensure!(
        std::env::var_os("BLESS").is_some_and(|it| it == "1"),
        "{ASSET} is not what sdk/ and wit/ pack to: write it with BLESS=1 cargo xtask sdk"
    );
    std::fs::write(&path, &asset).with_context(|| format!("{ASSET} cannot be written"))?;
    Ok(asset.len())
}

/// The host's file: paths and their texts, as JSON.
fn build(workspace: &Workspace) -> Result<Vec<u8>> {
    let mut files = BTreeMap::new();
    for path in workspace.files()? {
        let source = workspace.path(&path);
        let ours = ["sdk/", "wit/"].iter().any(|room| path.starts_with(room));
        if ours && source.is_file() {
            let text = std::fs::read_to_string(&source)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            files.insert(format!("{FOLDER}/{}", path.display()), text);
        }
    }
    files.insert(format!("{FOLDER}/LICENSE"), text(workspace, "LICENSE")?);
    files.insert(
        format!("{FOLDER}/Cargo.toml"),
        manifest(workspace).context("the workspace's Cargo.toml cannot be cut down")?,
    );
    files.insert("Cargo.lock".to_owned(), lock(workspace, &files)?);
    let text = serde_json::to_vec(&files)?;
    zstd::bulk::compress(&text, PACKING).context("the SDK cannot be compressed")
}

fn text(workspace: &Workspace, path: &str) -> Result<String> {
    std::fs::read_to_string(workspace.path(path)).with_context(|| format!("{path} cannot be read"))
}

/// The workspace around the packages, with what they take from it.
fn manifest(workspace: &Workspace) -> Result<String> {
    let ours: Table = toml::from_str(&text(workspace, "Cargo.toml")?)?;
    let of = |name: &str| ours.get("workspace").and_then(|it| it.get(name));
    let mut wanted: Vec<String> = Vec::new();
    for package in PACKAGES {
        let manifest: Table = toml::from_str(&text(workspace, &format!("{package}/Cargo.toml"))?)?;
        dependencies(&manifest, &mut wanted);
    }
    let known = of("dependencies").and_then(Value::as_table);
    let mut kept = Table::new();
    for (name, dependency) in known.into_iter().flatten() {
        if wanted.contains(name) {
            kept.insert(name.clone(), dependency.clone());
        }
    }
    let mut cut = Table::new();
    let members = PACKAGES.iter().map(|it| Value::from(*it)).collect();
    cut.insert("members".to_owned(), Value::Array(members));
    for name in ["resolver", "package", "lints"] {
        let value = of(name).with_context(|| format!("it has no {name}"))?;
        cut.insert(name.to_owned(), value.clone());
    }
    cut.insert("dependencies".to_owned(), Value::Table(kept));
    let whole = Table::from_iter([("workspace".to_owned(), Value::Table(cut))]);
    Ok(format!(
        "# The SDK for profiles and the contract, as of one version of cisb.\n\n{}",
        toml::to_string(&whole)?
    ))
}

/// The names that a manifest takes from its workspace.
fn dependencies(manifest: &Table, names: &mut Vec<String>) {
    for (key, value) in manifest {
        let Value::Table(table) = value else { continue };
        match key.as_str() {
            "dependencies" | "dev-dependencies" => names.extend(table.keys().cloned()),
            "target" => {
                for platform in table.values().filter_map(Value::as_table) {
                    dependencies(platform, names);
                }
            }
            _ => {}
        }
    }
}

/// The lock file of a profile that builds on it: our versions, and no others.
fn lock(workspace: &Workspace, files: &BTreeMap<String, String>) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let write = |path: &str, text: &str| -> Result<()> {
        let path = folder.path().join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
    };
    for (path, text) in files {
        write(path, text)?;
    }
    for name in ["Cargo.toml", "src/lib.rs"] {
        write(name, &text(workspace, &format!("{TEMPLATE}/{name}"))?)?;
    }
    write("Cargo.lock", &text(workspace, "Cargo.lock")?)?;
    resolve(workspace, folder.path()).context("the lock file of a new profile cannot be made")?;
    Ok(std::fs::read_to_string(folder.path().join("Cargo.lock"))?)
}

/// Has Cargo drop from a lock file what a project does not take.
fn resolve(workspace: &Workspace, folder: &Path) -> Result<()> {
    sys::read(
        workspace
            .cargo()
            .args(["metadata", "--quiet", "--offline", "--format-version", "1"])
            .current_dir(folder),
    )
    .map(|_| ())
}
