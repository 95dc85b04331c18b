//! `cisb profile new`: makes a folder and writes a profile's first files into it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use cisb::author::new::{self, Files, Language};
use cisb::cli::new::NewArgs;
use cisb::report::exit;

use super::say;

pub(super) fn run(args: &NewArgs) -> anyhow::Result<u8> {
    let files = new::files(&args.name, args.lang)?;
    let folder = match &args.output {
        Some(folder) => folder.clone(),
        None => PathBuf::from(&args.name),
    };
    empty(&folder)?;
    write(&folder, &files)?;
    let what = match args.lang {
        Language::Yaml => "in YAML",
        Language::Rust => "with Rust functions",
        Language::Js => "with JavaScript functions (experimental)",
        Language::Python => "with Python functions (experimental)",
    };
    say(&format!(
        "began the profile {} {what}: {} says what to do next",
        args.name,
        folder.join("README.md").display()
    ));
    Ok(exit::CLEAN)
}

/// That nothing of somebody's lies where the profile goes.
fn empty(folder: &Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot look into {}", folder.display());
    let mut entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(cannot),
    };
    if entries.next().is_some() {
        bail!(
            "{} is there and not empty: choose another folder with --output DIR",
            folder.display()
        );
    }
    Ok(())
}

fn write(folder: &Path, files: &Files) -> anyhow::Result<()> {
    for (path, text) in files {
        let path = folder.join(path);
        let cannot = || format!("cannot write {}", path.display());
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(cannot)?;
        }
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(cannot)?;
    }
    Ok(())
}
