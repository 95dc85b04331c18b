//! Builds the guests under `tests/guests`: from a few lines of WebAssembly text
//! to a component with a manifest, such as a stranger might hand in.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cisb_contract::{MANIFEST_SCHEMA, Manifest, WORLD};
use serde_json::{Map, Value, json};
use wit_parser::{Resolve, WorldId};

use crate::component;
use crate::sys::Workspace;

/// Divides the prelude: imports stand before it, the rest after.
const DIVIDER: &str = ";; ---- the guest's fields ----";

/// A guest and its source.
#[derive(Debug, Clone)]
pub struct Guest {
    /// The file's name without its extension.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// Builds all guests into `target/guests` and says how many there are.
pub fn run(workspace: &Workspace) -> Result<()> {
    let folder = workspace.target().join("guests");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    let guests = list(workspace)?;
    for guest in &guests {
        write(workspace, &folder, guest)?;
    }
    println!("guests: {} in {}", guests.len(), folder.display());
    Ok(())
}

/// All guests, by name.
pub fn list(workspace: &Workspace) -> Result<Vec<Guest>> {
    let folder = workspace.path("tests/guests");
    let mut guests = Vec::new();
    for entry in folder
        .read_dir()
        .with_context(|| format!("{} cannot be listed", folder.display()))?
    {
        let path = entry?.path();
        let name = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        if name != "prelude" && path.extension().is_some_and(|extension| extension == "wat") {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            guests.push(Guest { name, text });
        }
    }
    guests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(guests)
}

/// Builds one guest into a folder and returns its path.
pub fn write(workspace: &Workspace, folder: &Path, guest: &Guest) -> Result<PathBuf> {
    let bytes = build(workspace, guest).with_context(|| format!("guest {}", guest.name))?;
    let path = folder.join(format!("{}.wasm", guest.name));
    std::fs::write(&path, bytes)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}

/// The component of one guest. Not checked against our own rules: it is here
/// to break them.
pub fn build(workspace: &Workspace, guest: &Guest) -> Result<Vec<u8>> {
    let bytes = component::encode(&module(workspace, guest)?)?;
    let manifest = manifest(&guest.name, &directives(&guest.text, ";;! "))?;
    Ok(component::add_manifest(
        &bytes,
        &serde_json::to_vec(&manifest)?,
    ))
}

/// The core module of one guest, which says what world it implements.
pub fn module(workspace: &Workspace, guest: &Guest) -> Result<Vec<u8>> {
    let prelude = std::fs::read_to_string(workspace.path("tests/guests/prelude.wat"))
        .context("the guests' prelude cannot be read")?;
    let mut module = wat::parse_str(module_text(&prelude, &guest.text)?)?;
    let (resolve, world) = world(workspace, &directives(&guest.text, ";;@ "))?;
    wit_component::embed_component_metadata(
        &mut module,
        &resolve,
        world,
        wit_component::StringEncoding::UTF8,
    )?;
    Ok(module)
}

/// The contract as a resolved world.
pub fn contract(workspace: &Workspace) -> Result<(Resolve, WorldId)> {
    world(workspace, "")
}

fn world(workspace: &Workspace, beyond: &str) -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    resolve.push_dir(workspace.path("wit/host"))?;
    let (mut package, _) = resolve.push_dir(workspace.path("wit/profile"))?;
    if !beyond.is_empty() {
        package = resolve.push_str("guest.wit", beyond)?;
    }
    let world = resolve.select_world(&[package], None)?;
    Ok((resolve, world))
}

fn module_text(prelude: &str, guest: &str) -> Result<String> {
    let (imports, rest) = prelude
        .split_once(DIVIDER)
        .context("the prelude has no divider")?;
    ensure!(
        guest.starts_with(";; "),
        "its first line must be a comment that says the crime"
    );
    // A guest that brings its own memory does so for its size.
    let rest = if guest.contains("(memory (export") {
        rest.lines()
            .filter(|line| !line.starts_with("(memory (export"))
            .collect::<Vec<_>>()
            .join("\n")
    } else {
        rest.to_owned()
    };
    Ok(format!("(module\n{imports}\n{guest}\n{rest}\n)"))
}

/// The lines of a guest's text that begin with a mark, without it.
fn directives(text: &str, mark: &str) -> String {
    text.lines()
        .filter_map(|line| line.strip_prefix(mark))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// A manifest with one check that uses every request, changed by JSON texts
/// that are merged into it one after the other.
fn manifest(name: &str, changes: &str) -> Result<Manifest> {
    let mut manifest = json!({
        "schema": MANIFEST_SCHEMA,
        "id": name,
        "version": "0.1.0",
        "epoch": 1,
        "title": "A guest of the test suite",
        "benchmark": {"name": "none", "version": "0", "kubernetes": ">=1.0"},
        "world": WORLD,
        "min-host": "0.1.0",
        "requests": {},
        "sections": [{
            "id": "1", "title": "Guests", "target": "master",
            "groups": [{"id": "1.1", "title": "Guests"}],
        }],
        "checks": [{"id": "1.1.1"}],
    });
    for change in serde_json::Deserializer::from_str(changes).into_iter::<Value>() {
        merge(&mut manifest, change.context("a `;;!` line is not JSON")?);
    }
    let requests: Vec<Value> = manifest["requests"]
        .as_object()
        .into_iter()
        .flat_map(Map::values)
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|request| request.get("id").cloned())
        .collect();
    for check in manifest["checks"].as_array_mut().into_iter().flatten() {
        let mut whole = json!({
            "control": "guest",
            "title": "The guest behaves",
            "group": "1.1",
            "component": "guest",
            "level": 1,
            "assessment": "automated",
            "scored": true,
            "severity": "high",
            "judged": true,
            "rationale": "A guest is a stranger.",
            "remediation": {"set": "Refuse it."},
            "uses": requests,
        });
        merge(&mut whole, check.take());
        *check = whole;
    }
    serde_json::from_value(manifest).context("the manifest does not parse")
}

/// RFC 7396.
fn merge(target: &mut Value, change: Value) {
    let Value::Object(change) = change else {
        *target = change;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    if let Value::Object(target) = target {
        for (key, value) in change {
            if value.is_null() {
                target.remove(&key);
            } else {
                merge(target.entry(key).or_insert(Value::Null), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guest_becomes_a_component_with_one_manifest() {
        let workspace = Workspace::find().unwrap();
        let guests = list(&workspace).unwrap();
        assert!(guests.len() > 20, "only {} guests", guests.len());
        for guest in guests {
            let bytes = build(&workspace, &guest).unwrap();
            let checked = component::check(&bytes);
            // Only what a guest imports may be wrong with it as a file.
            match guest.name.as_str() {
                "unknown-import" | "imports-wasi" => {
                    let error = format!("{:#}", checked.unwrap_err());
                    assert!(error.contains("imports only cisb:host"), "{error}");
                }
                _ => assert!(checked.is_ok(), "{}: {checked:?}", guest.name),
            }
        }
    }

    #[test]
    fn a_change_is_merged_and_checks_are_filled_in() {
        let manifest = manifest(
            "g",
            r#"{"requests": {"files": [{"id": "f", "paths": ["/f"], "rights": ["stat"], "why": "w"}]}}
               {"checks": [{"id": "1.1.1"}, {"id": "1.1.2", "uses": []}]}"#,
        )
        .unwrap();
        assert_eq!(manifest.checks[0].uses, ["f"]);
        assert!(manifest.checks[1].uses.is_empty());
        assert_eq!(manifest.checks[1].group, "1.1");
    }
}
