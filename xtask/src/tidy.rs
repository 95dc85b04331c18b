//! `cargo xtask tidy`: what the project promises of its own source, held by a
//! program. Each rule is a function from text to complaints; a test shows that
//! it fires.

mod arrows;
mod contract;
mod markdown;
mod released;
mod source;
mod words;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::sys::Workspace;
use crate::{book, guests};

/// Folders whose files are data about other machines, not our words.
const DATA: &[&str] = &["tests/nodes/", "tests/cases/"];

/// Holds every rule to the whole source.
pub fn run(workspace: &Workspace) -> Result<()> {
    let complaints = complaints(workspace)?;
    for complaint in &complaints {
        println!("tidy: {complaint}");
    }
    ensure!(complaints.is_empty(), "{} complaints", complaints.len());
    Ok(())
}

fn complaints(workspace: &Workspace) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut tests = String::new();
    let mut texts = Vec::new();
    for path in workspace.files()? {
        let name = path.to_string_lossy();
        if DATA.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        let bytes = std::fs::read(workspace.path(&path))
            .with_context(|| format!("{name} cannot be read"))?;
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        if name.starts_with("tests/it/") {
            tests.push_str(&text);
        }
        texts.push((path, text));
    }
    let only_tests: BTreeSet<String> = texts
        .iter()
        .flat_map(|(path, text)| source::test_modules(&path.to_string_lossy(), text))
        .collect();
    for (path, text) in &texts {
        let test = source::is_for_tests(&path.to_string_lossy(), &only_tests);
        found.extend(file(workspace, path, text, test));
    }
    found.extend(contract::undocumented(workspace)?);
    found.extend(released::broken(workspace)?);
    found.extend(untested_guests(
        guests::list(workspace)?
            .iter()
            .map(|guest| guest.name.as_str()),
        &tests,
    ));
    match words::published(workspace)? {
        Some(published) => found.extend(words::borrowed(workspace, &published)?),
        None => {
            println!("tidy: the published titles are not beside this folder: words not compared")
        }
    }
    Ok(found)
}

fn file(workspace: &Workspace, path: &Path, text: &str, test: bool) -> Vec<String> {
    let name = path.to_string_lossy();
    let mut found = source::foreign_places(&name, text, test);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("rs") => {
            found.extend(source::purpose(&name, text));
            found.extend(source::engine(&name, text));
            found.extend(source::doors(&name, text, test));
        }
        Some("md") => found.extend(markdown::lost_paths(&name, text, |path| {
            workspace.path(path).exists() || book::is_generated(path)
        })),
        _ if name.ends_with("Cargo.toml") => found.extend(arrows::forbidden(&name, text)),
        _ => {}
    }
    found
}

/// A guest that no test names proves nothing.
fn untested_guests<'a>(guests: impl Iterator<Item = &'a str>, tests: &str) -> Vec<String> {
    guests
        .filter(|guest| !tests.contains(&format!("\"{guest}\"")))
        .map(|guest| format!("tests/guests/{guest}.wat: no test under tests/it names it"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_is_tidy() {
        let found = complaints(&Workspace::find().unwrap()).unwrap();
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }

    #[test]
    fn a_guest_that_no_test_names_is_found() {
        let found = untested_guests(["loop", "bomb"].into_iter(), r#"scan("loop")"#);
        assert_eq!(
            found,
            ["tests/guests/bomb.wat: no test under tests/it names it"]
        );
    }
}
