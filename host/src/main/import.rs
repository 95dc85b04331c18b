//! `cisb profile import`: reads a folder of kube-bench, writes the profile in
//! YAML and tells what was translated.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use cisb::author::import::{self, Configuration, File, ImportError};
use cisb::author::tree;
use cisb::cli::{ImportArgs, InspectFormat};
use cisb::report::exit;

use super::{print, say};

/// The most files that a folder is taken for a configuration with.
const MAX_FILES: usize = 64;

pub(super) fn run(args: &ImportArgs) -> anyhow::Result<u8> {
    let ImportArgs {
        folder,
        output,
        force,
        format,
    } = args;
    let configuration = read(folder)?;
    let imported = match import::kube_bench(&configuration) {
        Ok(imported) => imported,
        Err(ImportError::Mistakes(mistakes)) => {
            let mut err = std::io::stderr().lock();
            for line in mistakes.to_string().lines() {
                let _ = writeln!(err, "{}", cisb::report::escape::line(line));
            }
            drop(err);
            say("nothing was imported");
            return Ok(exit::USAGE);
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(output) = output {
        write(output, &imported.yaml, *force)?;
    }
    for note in &imported.notes {
        say(note);
    }
    match (format, output) {
        (InspectFormat::Json, Some(_)) => {
            let json = serde_json::to_string_pretty(&imported.coverage)?;
            print(|out| writeln!(out, "{json}"))?;
        }
        (InspectFormat::Json, None) => {
            bail!("the profile goes to standard output: with --format json name a file with -o")
        }
        (InspectFormat::Text, Some(output)) => {
            let text = imported.coverage.text();
            print(|out| {
                text.lines()
                    .try_for_each(|line| writeln!(out, "{}", cisb::report::escape::line(line)))
            })?;
            say(&format!(
                "wrote {}: look it over, then `cisb profile build {}`",
                output.display(),
                output.display()
            ));
        }
        (InspectFormat::Text, None) => {
            print(|out| out.write_all(imported.yaml.as_bytes()))?;
            let total = &imported.coverage.total;
            say(&format!(
                "translated {} of the {} audits that kube-bench runs, of {} checks",
                total.translated, total.executed, total.checks
            ));
        }
    }
    Ok(exit::CLEAN)
}

/// The configuration in a folder, with the settings of all profiles above it.
fn read(folder: &Path) -> anyhow::Result<Configuration> {
    let cannot = || format!("cannot read {}", folder.display());
    if !fs::metadata(folder).with_context(cannot)?.is_dir() {
        bail!(
            "{} is a file: name the folder of one benchmark, such as cfg/cis-1.12",
            folder.display()
        );
    }
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        let ends = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
        if ends && path.is_file() {
            paths.push(path);
        }
    }
    if paths.len() > MAX_FILES {
        bail!(
            "{} has {} YAML files, at most {MAX_FILES} are read: name the folder of one benchmark",
            folder.display(),
            paths.len()
        );
    }
    paths.sort();
    let full = fs::canonicalize(folder).with_context(cannot)?;
    let mut configuration = Configuration {
        name: full
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        ..Configuration::default()
    };
    for path in paths {
        let file = text(&path)?;
        match path.file_stem().is_some_and(|stem| stem == "config") {
            true => configuration.own = Some(file),
            false => configuration.controls.push(file),
        }
    }
    let above = full.parent().map(|above| above.join("config.yaml"));
    if let Some(above) = above.filter(|above| above.is_file()) {
        configuration.common = Some(text(&above)?);
    }
    Ok(configuration)
}

fn text(path: &Path) -> anyhow::Result<File> {
    let cannot = || format!("cannot read {}", path.display());
    let file = fs::File::open(path).with_context(cannot)?;
    let mut bytes = Vec::new();
    file.take(tree::MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(cannot)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(File {
            name: path.display().to_string(),
            text,
        }),
        Err(_) => bail!("{} is not UTF-8, and so not YAML", path.display()),
    }
}

/// Writes the profile; what is there already may have been worked on.
fn write(output: &Path, yaml: &str, force: bool) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    match force {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    match options.open(output) {
        Ok(mut file) => file
            .write_all(yaml.as_bytes())
            .with_context(|| format!("cannot write {}", output.display())),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => bail!(
            "{} is there already: choose another -o, or replace it with --force",
            output.display()
        ),
        Err(error) => Err(error).with_context(|| format!("cannot write {}", output.display())),
    }
}
