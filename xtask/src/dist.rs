//! `cargo xtask dist`: what a release is, laid out in one folder and packed,
//! with everything that somebody without a network needs to check it.
//! The same source, compiler and key give the same bytes.

mod key;
mod pack;
mod sbom;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::profiles::{self, Built};
use crate::setup;
use crate::sys::{self, Workspace};

pub use key::Chosen;

/// What tells an output of this command from another folder.
const SUMS: &str = "SHA256SUMS";

/// Shells that a release has completions for, each with the name under which
/// the shell looks for them.
const SHELLS: [(&str, &str); 3] = [("bash", "cisb"), ("zsh", "_cisb"), ("fish", "cisb.fish")];

/// Texts that a release carries.
const TEXTS: [&str; 3] = ["LICENSE", "README.md", "CHANGELOG.md"];

/// What somebody wants of a release.
#[derive(Debug)]
pub struct Options {
    /// The release's key; none for a key of this machine.
    pub key: Option<PathBuf>,
    /// What opens the key.
    pub passphrase: Option<PathBuf>,
    /// Where it goes.
    pub output: PathBuf,
}

/// Builds a release.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let output = std::path::absolute(&options.output)?;
    replaceable(&output)?;
    let library = setup::run()?;
    build_host(workspace)?;
    let key = Chosen::of(workspace, options, &output)?;
    let built = profiles::build(workspace, workspace, library)?;

    // Everything is made beside the old output, which goes when this is whole.
    let staging = beside(&output)?;
    remove(&staging)?;
    lay_out(workspace, &staging, &key, &built)?;
    let signer = key.open(options.passphrase.as_deref())?;
    let sums = pack::sums(&staging)?;
    write(&staging.join(SUMS), sums.as_bytes())?;
    write(
        &staging.join(format!("{SUMS}.sig")),
        &signer.sign(sums.as_bytes()),
    )?;
    let name = name(&key);
    let archive = pack::archive(&staging, &name)?;
    let file = format!("{name}.tar.zst");
    write(&staging.join(&file), &archive)?;
    write(&staging.join(format!("{file}.sig")), &signer.sign(&archive))?;
    remove(&output)?;
    std::fs::rename(&staging, &output)
        .with_context(|| format!("{} cannot be moved into place", staging.display()))?;

    println!(
        "dist: {} files in {}",
        sums.lines().count() + 2,
        output.display()
    );
    println!(
        "dist: {file}  {} bytes  sha256:{}",
        archive.len(),
        sys::sha256(&archive)
    );
    println!("dist: signed with the key {}", key.id);
    if key.development {
        println!(
            "dist: THIS IS A DEVELOPMENT BUILD: {} signed it, which nobody else has any reason to \
             believe; --key FILE makes a release",
            key.path.display()
        );
    }
    Ok(())
}

/// What the archive and the folder in it are called.
fn name(key: &Chosen) -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let kind = if key.development { "-development" } else { "" };
    let system = std::env::consts::OS;
    format!(
        "cisb-{}{kind}-{system}-{architecture}",
        env!("CARGO_PKG_VERSION")
    )
}

/// Everything but sums and archive.
fn lay_out(workspace: &Workspace, to: &Path, key: &Chosen, built: &[Built]) -> Result<()> {
    let cisb = to.join("bin/cisb");
    copy(&workspace.cisb(), &cisb)?;
    for text in TEXTS {
        copy(&workspace.path(text), &to.join(text))?;
    }
    write(&to.join(key.public_name()), &key.public)?;
    if key.development {
        write(&to.join("DEVELOPMENT"), DEVELOPMENT.as_bytes())?;
    }
    for profile in built {
        let path = to.join(format!("profiles/{}.wasm", profile.id));
        write(&path, &profile.bytes)?;
        // By the program that will verify it.
        sys::read(
            key.arguments(Command::new(&cisb).args(["profile", "sign"]))
                .arg(&path),
        )?;
    }
    for (shell, file) in SHELLS {
        let text = sys::read(Command::new(&cisb).args(["completions", shell]))?;
        write(&to.join(format!("completions/{shell}/{file}")), &text)?;
    }
    manual(&cisb, &to.join("man/man1"))?;
    let sources = sbom::Sources::read(workspace)?;
    let host = sources.host(&sys::sha256(&std::fs::read(&cisb)?))?;
    write(&to.join("sbom/cisb.cdx.json"), &host)?;
    write(&to.join(PROFILES_SBOM), &sources.profiles(built)?)?;
    bundle(&cisb, to, key, built)
}

/// All profiles in one file, for machines without a network.
fn bundle(cisb: &Path, to: &Path, key: &Chosen, built: &[Built]) -> Result<()> {
    let name = format!("cisb-profiles-{}.cisbb", env!("CARGO_PKG_VERSION"));
    // The key is suggested under its own name, so that nobody takes a
    // development key for a release key.
    let (owner, _) = key.public_name().split_once('.').unwrap_or_default();
    let suggested = format!("cisb-{owner}={}", key.public_name());
    let mut create = Command::new(cisb);
    create
        .args(["bundle", "create", "-o", &name, "--sbom", PROFILES_SBOM])
        .args(["--suggest", &suggested])
        .current_dir(to);
    for profile in built {
        create.arg(format!("profiles/{}.wasm", profile.id));
    }
    sys::read(&mut create).map(|_| ())
}

const PROFILES_SBOM: &str = "sbom/cisb-profiles.cdx.json";

const DEVELOPMENT: &str = "\
This was signed with a key of the machine that built it, not with a release key.
It is for trying things out: install nothing of it on a machine that matters.
";

/// A page for cisb and for each of its commands.
fn manual(cisb: &Path, folder: &Path) -> Result<()> {
    let page = |command: &[&str]| sys::read(Command::new(cisb).arg("man").args(command));
    let root = page(&[])?;
    let mut names = commands(&String::from_utf8_lossy(&root));
    ensure!(!names.is_empty(), "the manual names no command");
    write(&folder.join("cisb.1"), &root)?;
    while let Some(name) = names.pop() {
        let page = page(&[&name])?;
        // Commands of commands have pages too.
        names.extend(commands(&String::from_utf8_lossy(&page)));
        write(&folder.join(format!("cisb-{name}.1")), &page)?;
    }
    Ok(())
}

/// The commands that a manual page refers to.
fn commands(page: &str) -> Vec<String> {
    page.lines()
        .filter_map(|line| line.strip_prefix("cisb\\-")?.strip_suffix("(1)"))
        .map(|name| name.replace("\\-", "-"))
        .filter(|name| name != "help" && !name.ends_with("-help"))
        .collect()
}

/// As a user gets it: the lock decides what is in it.
fn build_host(workspace: &Workspace) -> Result<()> {
    crate::demo::build_host(workspace)
}

/// That nothing is lost where the output goes.
fn replaceable(output: &Path) -> Result<()> {
    let Ok(mut entries) = output.read_dir() else {
        ensure!(
            output.symlink_metadata().is_err(),
            "{} is no folder: name another with --output",
            output.display()
        );
        return Ok(());
    };
    if entries.next().is_some() && !output.join(SUMS).is_file() {
        bail!(
            "{} has files in it that are no release: empty it, or name another folder with --output",
            output.display()
        );
    }
    Ok(())
}

/// A folder beside another, so that it can be moved there.
fn beside(output: &Path) -> Result<PathBuf> {
    let name = output.file_name().context("--output names no folder")?;
    let mut name = name.to_os_string();
    name.push(".new");
    Ok(output.with_file_name(name))
}

fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let bytes =
        std::fs::read(from).with_context(|| format!("{} cannot be read", from.display()))?;
    write(to, &bytes)?;
    let mode = std::fs::metadata(from)?.permissions();
    std::fs::set_permissions(to, mode)?;
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_commands() {
        let page = ".TP\ncisb\\-scan(1)\nCheck\n.TP\ncisb\\-verify\\-report(1)\ncisb\\-help(1)\n";
        assert_eq!(commands(page), ["scan", "verify-report"]);
    }

    #[test]
    fn a_folder_of_somebody_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("dist");
        replaceable(&output).unwrap();
        std::fs::create_dir(&output).unwrap();
        replaceable(&output).unwrap();
        std::fs::write(output.join("thesis.txt"), "x").unwrap();
        let said = replaceable(&output).unwrap_err().to_string();
        assert!(said.contains("that are no release"), "{said}");
        std::fs::write(output.join(SUMS), "").unwrap();
        replaceable(&output).unwrap();
        let said = replaceable(&output.join("thesis.txt"))
            .unwrap_err()
            .to_string();
        assert!(said.contains("is no folder"), "{said}");
    }
}
