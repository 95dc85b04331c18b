//! The little that every command needs of the system: where the workspace is,
//! and how to run a program so that its failure names it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The folder that holds the workspace.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Absolute, with links resolved.
    pub root: PathBuf,
}

impl Workspace {
    /// The workspace that this crate belongs to.
    pub fn find() -> Result<Self> {
        // Cargo tells a program it runs where its package is now; what the
        // compiler saw is where it was built, which a moved folder outlives.
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package
            .parent()
            .context("the package lies in no folder")?
            .canonicalize()
            .with_context(|| format!("the workspace around {} is gone", package.display()))?;
        if !root.join("wit/profile").is_dir() {
            bail!("{} is not the cisb workspace", root.display());
        }
        Ok(Self { root })
    }

    /// A path in the workspace.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Where Cargo puts what it builds for this machine.
    pub fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.path("target"), |dir| self.root.join(dir))
    }

    /// The host, as a user runs it.
    pub fn cisb(&self) -> PathBuf {
        self.target().join("release/cisb")
    }

    /// `cargo`, started in this workspace.
    pub fn cargo(&self) -> Command {
        let mut command =
            Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsStr::new("cargo").into()));
        command.current_dir(&self.root).stdin(Stdio::null());
        // What cargo says of this package to it is no word to the next cargo:
        // build scripts that read such variables would run again each time.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
    }

    /// The names of all tracked and all new, unignored files, sorted. Without
    /// git, every file outside `target`.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let listed = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(&self.root)
            .stderr(Stdio::null())
            .output();
        let mut files = match listed {
            Ok(output) if output.status.success() => String::from_utf8(output.stdout)
                .context("git lists a name that is not UTF-8")?
                .split_terminator('\0')
                .map(PathBuf::from)
                .filter(|file| self.root.join(file).symlink_metadata().is_ok())
                .collect(),
            _ => {
                let mut found = Vec::new();
                walk(&self.root, &self.root, &mut found)?;
                found
            }
        };
        files.sort();
        files.dedup();
        Ok(files)
    }
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = folder
        .read_dir()
        .with_context(|| format!("{} cannot be listed", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let relative = path.strip_prefix(root)?.to_owned();
        if relative == Path::new("target") || relative == Path::new(".git") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(root, &path, found)?;
        } else {
            found.push(relative);
        }
    }
    Ok(())
}

/// Runs a program whose output goes where ours goes.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{} cannot be started", shown(command)))?;
    if !status.success() {
        bail!("{} failed: {status}", shown(command));
    }
    Ok(())
}

/// Runs a program and returns what it wrote to its standard output.
pub fn read(command: &mut Command) -> Result<Vec<u8>> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{} cannot be started", shown(command)))?;
    if !output.status.success() {
        bail!("{} failed: {}", shown(command), output.status);
    }
    Ok(output.stdout)
}

/// The same as text, without the end of its last line.
pub fn read_line(command: &mut Command) -> Result<String> {
    let text = String::from_utf8(read(command)?)
        .with_context(|| format!("{} did not write UTF-8", shown(command)))?;
    Ok(text.trim_end().to_owned())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut text = program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy()
        .into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 in lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex(sha2::Sha256::digest(bytes).as_slice())
}
