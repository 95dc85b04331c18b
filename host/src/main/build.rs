//! `cisb profile build`: reads the YAML, of a profile or of changes to
//! another one, and the code that is named, and writes the component.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use cisb::author::mistake::Mistakes;
use cisb::author::{self, AuthorError, Built, code, tailor, tree};
use cisb::cli::resolve::{ResolveError, Wanted};
use cisb::profile::source::MAX_COMPONENT_BYTES;
use cisb::profile::{Gate, Place};
use cisb::report::exit;
use cisb::scan;

use super::say;

pub(super) fn run(
    source: &Path,
    component: Option<&Path>,
    output: &Path,
    force: bool,
    installed: &Wanted,
) -> anyhow::Result<u8> {
    let Some(built) = made(source, component, installed, "nothing was built")? else {
        return Ok(exit::USAGE);
    };
    if !force {
        replaceable(output, &built.manifest.id)?;
    }
    write(output, &built.component)
        .with_context(|| format!("cannot write the profile to {}", output.display()))?;
    let manifest = &built.manifest;
    let checks = manifest.checks.len();
    let requests = manifest.requests.ids().count();
    say(&format!(
        "built {} {}: {checks} check{}, {requests} request{}, {} bytes, in {}",
        manifest.id,
        manifest.version,
        if checks == 1 { "" } else { "s" },
        if requests == 1 { "" } else { "s" },
        built.component.len(),
        output.display()
    ));
    if let Some(limits) = &built.limits {
        say(&format!(
            "it is larger than what runs without a grant: it needs `{limits}` in a [[grant]] for \
             {}, and `cisb cache warm` to start quickly",
            manifest.id
        ));
    }
    Ok(exit::CLEAN)
}

fn read_code(path: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read {}", path.display());
    let file = std::fs::File::open(path).with_context(cannot)?;
    if file.metadata().with_context(cannot)?.is_dir() {
        bail!("{} is a directory: name the .wasm in it", path.display());
    }
    let mut bytes = Vec::new();
    file.take(MAX_COMPONENT_BYTES + 1)
        .read_to_end(&mut bytes)
        .with_context(cannot)?;
    if bytes.len() as u64 > MAX_COMPONENT_BYTES {
        bail!(
            "{} has more than {MAX_COMPONENT_BYTES} bytes, and no host runs so large a profile",
            path.display()
        );
    }
    Ok(bytes)
}

/// Builds a profile, around the code that is named, or tells what is wrong with
/// its source and what therefore did not happen.
pub(super) fn made(
    source: &Path,
    component: Option<&Path>,
    installed: &Wanted,
    undone: &str,
) -> anyhow::Result<Option<Built>> {
    let text = read(source)?;
    let name = source.display().to_string();
    let made = match (tailor::is_overlay(&text), component) {
        (true, None) => tailored(source, &name, &text, installed),
        (true, Some(_)) => bail!(
            "{name} is an overlay, whose checks the profile that it extends answers: leave \
             --component out"
        ),
        (false, None) => author::build(&name, &text),
        (false, Some(code)) => {
            let read = code::read(&code.display().to_string(), read_code(code)?);
            author::build_around(&name, &text, &read?)
        }
    };
    match made {
        Ok(built) => Ok(Some(built)),
        Err(AuthorError::Mistakes(mistakes)) => {
            tell(&mistakes);
            count(mistakes.all.len(), undone);
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Tells mistakes, each beginning with its place, as editors expect it.
pub(super) fn tell(mistakes: &Mistakes) {
    let mut err = io::stderr().lock();
    for line in mistakes.to_string().lines() {
        let _ = writeln!(err, "{}", cisb::report::escape::line(line));
    }
}

/// Says how many mistakes there are, and what therefore did not happen.
pub(super) fn count(mistakes: usize, undone: &str) {
    let many = if mistakes == 1 { "" } else { "s" };
    say(&format!("{mistakes} mistake{many}, {undone}"));
}

/// Builds an overlay on the profile that it extends.
fn tailored(
    source: &Path,
    name: &str,
    text: &str,
    installed: &Wanted,
) -> Result<Built, AuthorError> {
    let overlay = tailor::read(name, text)?;
    let extends = overlay.extends();
    let is_file = extends.contains('/') || extends.ends_with(".wasm");
    let place = match is_file {
        true => Place::file(source.with_file_name(extends)),
        false => {
            let wanted = Wanted {
                names: vec![extends.into()],
                ..installed.clone()
            };
            let named = wanted.ids();
            let mut places = named.map_err(|why| match why {
                ResolveError::NoneInstalled(folders) => overlay.no_such(&format!(
                    "no profile is installed in {folders}: name the file that it extends, such as \
                     ./{extends}.wasm, or the folder that holds it with --profiles DIR"
                )),
                why => overlay.no_such(&why.to_string()),
            })?;
            let none = || overlay.no_such("no such profile is installed");
            places.pop().ok_or_else(none)?
        }
    };
    let gate = Gate::ajar(jiff::Timestamp::UNIX_EPOCH);
    let base = gate
        .admit(&place)
        .map_err(|refused| overlay.no_such(&refused.reason))?;
    let made = overlay.build(&base)?;
    if let Some(digest) = made.unpinned {
        say(&format!(
            "made from {} {}: write `digest: {digest}` into {name} to hold to it",
            base.manifest().id,
            base.manifest().version
        ));
    }
    Ok(made.built)
}

/// Reads what an author wrote.
pub(super) fn read(source: &Path) -> anyhow::Result<String> {
    let cannot = || format!("cannot read {}", source.display());
    let file = std::fs::File::open(source).with_context(cannot)?;
    if file.metadata().with_context(cannot)?.is_dir() {
        bail!("{} is a directory: name the YAML in it", source.display());
    }
    let mut bytes = Vec::new();
    file.take(tree::MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(cannot)?;
    if bytes.starts_with(b"\0asm") {
        bail!(
            "{} is a component already: `cisb profile inspect` shows it",
            source.display()
        );
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(_) => bail!("{} is not UTF-8, and so not YAML", source.display()),
    }
}

/// Whether what lies there may be replaced: an earlier build of the profile may,
/// as that is what building again is for; anything else is somebody's.
fn replaceable(output: &Path, id: &str) -> anyhow::Result<()> {
    match std::fs::metadata(output) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        // Pipes and devices are written to.
        Ok(stat) if !stat.is_file() && !stat.is_dir() => return Ok(()),
        Ok(stat) if stat.is_dir() => bail!(
            "{} is a directory: name the file, such as {}",
            output.display(),
            output.join(format!("{id}.wasm")).display()
        ),
        _ => {}
    }
    match scan::inspect(&Place::file(output.to_owned())) {
        Ok(old) if old.manifest.id == id => Ok(()),
        Ok(old) => bail!(
            "{} is the profile {}, not {id}: choose another -o, or replace it with --force",
            output.display(),
            old.manifest.id
        ),
        Err(_) => bail!(
            "{} is there and is no profile: choose another -o, or replace it with --force",
            output.display()
        ),
    }
}

/// Writes a file whole or not at all.
fn write(output: &Path, bytes: &[u8]) -> io::Result<()> {
    if std::fs::metadata(output).is_ok_and(|stat| !stat.is_file()) {
        return std::fs::OpenOptions::new()
            .write(true)
            .open(output)?
            .write_all(bytes);
    }
    let name = output.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    let mut fresh = std::ffi::OsString::from(".");
    fresh.push(name);
    fresh.push(format!(".{}.new", std::process::id()));
    let fresh = output.with_file_name(fresh);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&fresh)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&fresh, output));
    if written.is_err() {
        let _ = std::fs::remove_file(&fresh);
    }
    written
}
