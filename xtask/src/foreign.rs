//! Builds the demonstration profile's code in every language but YAML, which
//! needs none: Rust always, JavaScript and Python where their tools and packages
//! are to be had. What was built from the same source is not built again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::profiles::{self, Package};
use crate::setup;
use crate::sys::{self, Workspace};

/// Where the demonstration lies.
const SOURCE: &str = "tests/foreign";

/// What a new profile in JavaScript and in Python begins with: the demonstration
/// is built by the same tools in the same way.
const BEGUN: &str = "host/assets/new";

/// The folder of what is built: `rust.wasm`, `js.wasm` and `python.wasm`.
pub fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target().join("foreign")
}

/// Builds all that can be built, and says what cannot.
pub fn run(workspace: &Workspace) -> Result<()> {
    let folder = folder(workspace);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    let package = Package::named("cisb-foreign", "cisb_foreign");
    let module = profiles::compile(workspace, &package, "", setup::run()?)?;
    std::fs::write(folder.join("rust.wasm"), module)?;
    println!("foreign: built rust");
    for (language, build) in [
        ("js", javascript as fn(&Path) -> Result<Made>),
        ("python", python),
    ] {
        let what = one(workspace, &folder, language, build)
            .with_context(|| format!("the demonstration in {language} cannot be built"))?;
        println!("foreign: {what}");
    }
    Ok(())
}

/// What became of a language.
enum Made {
    /// Its component is built, here.
    Component(PathBuf),
    /// It is not, for want of this.
    Skipped(String),
}

/// Builds one language, unless it was built of the same source before.
fn one(
    workspace: &Workspace,
    folder: &Path,
    language: &str,
    build: fn(&Path) -> Result<Made>,
) -> Result<String> {
    let inputs = inputs(workspace, language)?;
    let mut all = Vec::new();
    for (path, text) in &inputs {
        all.extend_from_slice(path.as_bytes());
        all.extend_from_slice(text);
    }
    let digest = sys::sha256(&all);
    let (wasm, stamp) = (
        folder.join(format!("{language}.wasm")),
        folder.join(format!("{language}.source")),
    );
    if wasm.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|old| old == digest) {
        return Ok(format!("{language} was built of this source before"));
    }
    let _ = std::fs::remove_file(&wasm);
    let at = folder.join(language);
    for (path, text) in &inputs {
        let path = at.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, text)?;
    }
    match build(&at)? {
        Made::Skipped(why) => Ok(format!("skipped {language}: {why}")),
        Made::Component(built) => {
            std::fs::rename(built, &wasm)?;
            std::fs::write(stamp, digest)?;
            Ok(format!("built {language}"))
        }
    }
}

/// The files that a language's component is built from, by their paths.
fn inputs(workspace: &Workspace, language: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let (app, begun): (&str, &[&str]) = match language {
        "js" => (
            "app.js",
            &["build.mjs", "package-lock.json", "package.json"],
        ),
        _ => ("app.py", &["requirements.txt"]),
    };
    let mut wanted = vec![
        (format!("{SOURCE}/{language}/{app}"), app.to_owned()),
        (format!("{SOURCE}/world.wit"), "wit/world.wit".to_owned()),
    ];
    for name in begun {
        wanted.push((format!("{BEGUN}/{language}/{name}"), (*name).to_owned()));
    }
    for package in ["host", "profile"] {
        for entry in workspace.path("wit").join(package).read_dir()? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            wanted.push((
                format!("wit/{package}/{name}"),
                format!("wit/deps/cisb-{package}/{name}"),
            ));
        }
    }
    wanted.sort();
    wanted
        .into_iter()
        .map(|(from, to)| {
            let bytes = std::fs::read(workspace.path(&from));
            Ok((to, bytes.with_context(|| format!("{from} cannot be read"))?))
        })
        .collect()
}

fn javascript(at: &Path) -> Result<Made> {
    for program in ["node", "npm"] {
        if !runs(program, "--version") {
            return Ok(Made::Skipped(format!("there is no {program}")));
        }
    }
    let installed = quietly(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
            .current_dir(at),
    );
    if let Err(why) = installed {
        return Ok(Made::Skipped(format!("its packages cannot be had: {why}")));
    }
    sys::run(Command::new("node").arg("build.mjs").current_dir(at))?;
    Ok(Made::Component(at.join("app.wasm")))
}

fn python(at: &Path) -> Result<Made> {
    if !runs("python3", "--version") {
        return Ok(Made::Skipped("there is no python3".to_owned()));
    }
    let installed = quietly(
        Command::new("python3")
            .args(["-m", "venv", "venv"])
            .current_dir(at),
    )
    .and_then(|()| {
        quietly(
            Command::new(at.join("venv/bin/pip"))
                .args(["install", "--quiet", "--disable-pip-version-check"])
                .args(["--only-binary", ":all:", "--require-hashes"])
                .args(["-r", "requirements.txt"])
                .current_dir(at),
        )
    });
    if let Err(why) = installed {
        return Ok(Made::Skipped(format!("its packages cannot be had: {why}")));
    }
    let words = "-d wit -w answers componentize --stub-wasi app -o app.wasm";
    sys::read(
        Command::new(at.join("venv/bin/componentize-py"))
            .args(words.split(' '))
            .current_dir(at),
    )?;
    Ok(Made::Component(at.join("app.wasm")))
}

fn runs(program: &str, word: &str) -> bool {
    let ran = Command::new(program)
        .arg(word)
        .stdin(Stdio::null())
        .output();
    ran.is_ok_and(|output| output.status.success())
}

/// Runs a program that may well fail; the last line of what it says is why.
fn quietly(command: &mut Command) -> Result<(), String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut lines = said.lines().filter(|line| !line.trim().is_empty());
    Err(lines.next_back().unwrap_or("it says nothing").to_owned())
}
