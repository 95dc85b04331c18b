//! `cargo xtask fuzz`: hands what strangers could hand to cisb to the targets of
//! the package `cisb-fuzz`, guided by the code that each input reaches. Made for
//! the ordinary compiler; a C++ compiler builds libFuzzer.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::sys::{self, Workspace};

/// What makes a program count where it has been, and what it compared.
const FLAGS: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Megabytes that an input may cost, and seconds.
const MEMORY: u32 = 1024;
const SECONDS: u32 = 10;

/// Fuzzes one target, or all of them in turn, each for so many seconds.
pub fn run(workspace: &Workspace, target: Option<&str>, seconds: u64) -> Result<()> {
    let known = targets(workspace)?;
    let chosen: Vec<&String> = match target {
        None => known.iter().collect(),
        Some(name) => {
            let found = known.iter().find(|it| *it == name);
            vec![found.with_context(|| {
                format!("there is no target {name}; there are {}", known.join(", "))
            })?]
        }
    };
    let program = build(workspace)?;
    let mut failed = Vec::new();
    for target in chosen {
        println!("── {target}");
        if !fuzz(workspace, &program, target, seconds)? {
            failed.push(target.as_str());
        }
    }
    ensure!(
        failed.is_empty(),
        "{} found something: mend it, and keep the input as fuzz/seeds/TARGET/found-WHAT",
        failed.join(", ")
    );
    Ok(())
}

/// Says which targets there are.
pub fn list(workspace: &Workspace) -> Result<()> {
    for name in targets(workspace)? {
        let seeds = workspace.path("fuzz/seeds").join(&name).read_dir()?.count();
        println!("{name:<12}{seeds:>3} seeds");
    }
    Ok(())
}

/// The targets, by their folders of seeds: a test holds that each has one.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.path("fuzz/seeds");
    let mut names = Vec::new();
    for entry in folder
        .read_dir()
        .with_context(|| format!("{} cannot be listed", folder.display()))?
    {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn build(workspace: &Workspace) -> Result<PathBuf> {
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let there = Command::new(&compiler)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !there {
        bail!(
            "libFuzzer is built with a C++ compiler, and {} is none: install one (the package g++ \
             or clang), or name it in CXX",
            compiler.display()
        );
    }
    let here = sys::read_line(
        Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
            .args(["--print", "host-tuple"]),
    )?;
    let folder = workspace.target().join("fuzz");
    sys::run(
        workspace
            .cargo()
            .args(["build", "--locked", "--profile", "fuzz"])
            .args(["--package", "cisb-fuzz", "--features", "libfuzzer"])
            // Named, so that what runs at build time is not made to count.
            .args(["--target", &here])
            .arg("--target-dir")
            .arg(&folder)
            .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"))
            .env_remove("RUSTFLAGS"),
    )?;
    Ok(folder.join(here).join("fuzz/cisb-fuzz"))
}

/// Whether nothing was found.
fn fuzz(workspace: &Workspace, program: &Path, target: &str, seconds: u64) -> Result<bool> {
    let seeds = workspace.path("fuzz/seeds").join(target);
    // Whatever reached something new in an earlier run is where this one begins.
    let corpus = workspace.target().join("fuzz/corpus").join(target);
    let found = workspace.target().join("fuzz/found").join(target);
    for folder in [&corpus, &found] {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut artifacts = found.clone().into_os_string();
    artifacts.push("/");
    let mut prefix = std::ffi::OsString::from("-artifact_prefix=");
    prefix.push(&artifacts);
    let mut command = Command::new(program);
    command
        .env("CISB_FUZZ_TARGET", target)
        .env("RUST_BACKTRACE", "1")
        .args(arguments(seconds))
        .arg(prefix)
        .arg(&corpus)
        .arg(&seeds);
    let status = command
        .status()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    if !status.success() {
        println!("{target}: what was found lies in {}", found.display());
    }
    Ok(status.success())
}

fn arguments(seconds: u64) -> Vec<String> {
    vec![
        format!("-max_total_time={seconds}"),
        format!("-rss_limit_mb={MEMORY}"),
        // One allocation is never more than this, whatever an input says of sizes.
        format!("-malloc_limit_mb={}", MEMORY / 8),
        format!("-timeout={SECONDS}"),
        "-max_len=65536".to_owned(),
        "-use_value_profile=1".to_owned(),
        "-print_final_stats=1".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_target_is_named_with_those_there_are() {
        let workspace = Workspace::find().unwrap();
        let said = run(&workspace, Some("nothing"), 1).unwrap_err().to_string();
        assert!(said.contains("there is no target nothing"), "{said}");
        assert!(said.contains("envelope, grants"), "{said}");
    }

    #[test]
    fn an_input_costs_little() {
        let arguments = arguments(60).join(" ");
        for limit in ["-rss_limit_mb=1024", "-timeout=10", "-max_total_time=60"] {
            assert!(arguments.contains(limit), "{arguments}");
        }
    }
}
