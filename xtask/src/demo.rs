//! `cargo xtask demo`: from a fresh clone to a report about a real node.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::profiles;
use crate::sys::{self, Workspace};

/// The record that the demonstration scans.
pub const RECORD: &str = "tests/nodes/kubeadm-control-plane";

/// Builds what is needed, scans [`RECORD`] and prints the report.
pub fn run(workspace: &Workspace) -> Result<()> {
    let start = Instant::now();
    build_host(workspace)?;
    profiles::run(workspace)?;
    println!("demo: built in {:.0?}", start.elapsed());

    let profile = workspace.target().join("profiles/cis-1.10.wasm");
    ensure!(profile.is_file(), "there is no {}", profile.display());
    println!("demo: cisb scan --profile cis-1.10.wasm --node {RECORD}\n");
    let mut scan = std::process::Command::new(workspace.cisb());
    scan.current_dir(&workspace.root)
        .arg("scan")
        .arg("--profile")
        .arg(&profile)
        .args(["--node", RECORD]);
    let status = scan.status().context("the host cannot be started")?;
    match status.code() {
        Some(0) => {}
        // The demonstration node was set up with defaults, and those do not
        // meet everything: that is the point of showing it.
        Some(1) => println!("\ndemo: exit code 1: some findings fail"),
        Some(4) => println!("\ndemo: exit code 4: not everything could be assessed"),
        _ => bail!("the scan did not work: {status}"),
    }
    println!(
        "demo: now your own: target/release/cisb scan --profile target/profiles/cis-1.10.wasm"
    );
    Ok(())
}

/// Builds the host as a user runs it.
pub fn build_host(workspace: &Workspace) -> Result<()> {
    sys::run(
        workspace
            .cargo()
            .args(["build", "--release", "--locked", "--package", "cisb"]),
    )
}
