//! `cargo xtask test`: everything that must hold before a change goes in, in
//! order, the cheap first. CI runs this and nothing else.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::sys::{self, Workspace};
use crate::{book, demo, foreign, guests, profiles, setup, tidy};

type Step = (&'static str, fn(&Workspace) -> Result<()>);

const STEPS: &[Step] = &[
    ("setup", |_| setup::run().map(|_| ())),
    ("fmt", fmt),
    ("tidy", tidy::run),
    ("clippy", clippy),
    ("host", demo::build_host),
    ("profiles", profiles::run),
    ("guests", guests::run),
    ("foreign", foreign::run),
    ("tests", tests),
    ("reproducible", profiles::reproduce),
    ("docs", docs),
    ("book", book::run),
    ("deny", deny),
];

/// Runs every step until one fails, and says how long each took.
pub fn run(workspace: &Workspace) -> Result<()> {
    let start = Instant::now();
    let mut times = Vec::new();
    for (name, step) in STEPS {
        println!("── {name}");
        let step_start = Instant::now();
        step(workspace).with_context(|| format!("step {name}"))?;
        times.push((*name, step_start.elapsed()));
    }
    println!("── done");
    for (name, time) in times {
        println!("{}", line(name, time));
    }
    println!("{}", line("all", start.elapsed()));
    Ok(())
}

fn line(name: &str, time: Duration) -> String {
    format!("{name:<14}{:>7.1} s", time.as_secs_f64())
}

fn fmt(workspace: &Workspace) -> Result<()> {
    sys::run(workspace.cargo().args(["fmt", "--all", "--check"]))?;
    sys::run(
        workspace
            .cargo()
            .args(["fmt", "--check", "--manifest-path", book::PRESS]),
    )
}

// Everything is built with one profile, so that nothing is built twice.

fn clippy(workspace: &Workspace) -> Result<()> {
    sys::run(
        workspace
            .cargo()
            .args(["clippy", "--quiet", "--release", "--locked"])
            .args(["--workspace", "--all-targets", "--", "-D", "warnings"]),
    )
}

fn tests(workspace: &Workspace) -> Result<()> {
    sys::run(
        workspace
            .cargo()
            .args(["test", "--quiet", "--release", "--locked", "--workspace"]),
    )
}

fn docs(workspace: &Workspace) -> Result<()> {
    sys::run(
        workspace
            .cargo()
            .args(["doc", "--quiet", "--release", "--locked"])
            .args(["--workspace", "--no-deps", "--lib"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

fn deny(workspace: &Workspace) -> Result<()> {
    let installed = workspace
        .cargo()
        .args(["deny", "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !installed {
        println!("deny: cargo-deny is not installed, so licences and sources were not looked at");
        return Ok(());
    }
    for manifest in ["Cargo.toml", book::PRESS] {
        sys::run(
            workspace
                .cargo()
                .args(["deny", "--manifest-path", manifest])
                .args(["check", "bans", "licenses", "sources"]),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_says_how_long_it_took() {
        assert_eq!(
            line("fmt", Duration::from_millis(1_250)),
            "fmt               1.2 s"
        );
    }

    #[test]
    fn ci_runs_this_command_and_nothing_else() {
        let script = std::fs::read_to_string(Workspace::find().unwrap().path(".ci/run")).unwrap();
        assert!(script.contains("cargo xtask test"), "{script}");
    }
}
