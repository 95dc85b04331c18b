//! `cargo xtask bench`: how long a whole scan takes and how much memory, as a
//! user would see it, beside what we hold ourselves to. Measures, never fails.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::demo;
use crate::profiles;
use crate::sys::{self, Workspace};

const SCAN_GOAL: Duration = Duration::from_millis(100);
const WARM_GOAL: Duration = Duration::from_millis(30);
const VERIFY_GOAL: Duration = Duration::from_millis(2);
const MEMORY_GOAL: u64 = 64 << 20;

/// Builds, then times `runs` scans of a record, without its API objects and with
/// them, each compiled anew and with compiled code that is kept.
pub fn run(workspace: &Workspace, runs: usize) -> Result<()> {
    demo::build_host(workspace)?;
    profiles::run(workspace)?;
    let profile = workspace.target().join("profiles/cis-1.10.wasm");
    let whole = workspace.path(demo::RECORD);
    let record = workspace.target().join("bench/record");
    copy_without_objects(&whole, &record)?;
    // Where compiled code is believed: a folder that only this user can write.
    let folder = tempfile::tempdir().context("there is no folder for a cache")?;
    let cold = folder.path().join("none");
    let warm = folder.path().join("cache");
    let scan = |record: &Path, cache: &Path| {
        let mut scan = Command::new(workspace.cisb());
        scan.arg("scan")
            .arg("--profile")
            .arg(&profile)
            .arg("--node")
            .arg(record)
            .arg("--cache")
            .arg(cache)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        scan
    };
    let mut warming = Command::new(workspace.cisb());
    warming.args(["cache", "warm", "--profile"]).arg(&profile);
    sys::run(warming.arg("--cache").arg(&warm))?;

    println!("scan of {}, whole process", demo::RECORD);
    println!("                                first     median      least       goal");
    for (what, record, cache, goal) in [
        ("compiled, without objects", &record, &cold, Some(SCAN_GOAL)),
        ("compiled, with objects", &whole, &cold, None),
        ("kept, without objects", &record, &warm, Some(WARM_GOAL)),
        ("kept, with objects", &whole, &warm, Some(WARM_GOAL)),
    ] {
        let mut times = times(runs, || scan(record, cache))?;
        let first = times.first().copied().unwrap_or_default();
        times.sort();
        let least = times.first().copied().unwrap_or_default();
        let goal = goal.map_or_else(String::new, |goal| format!("{goal:?}"));
        println!(
            "{what:<25} {first:>11.1?} {:>10.1?} {least:>10.1?} {goal:>10}",
            median(&times)
        );
    }
    let mut verified = verifications(workspace, &profile, folder.path(), runs)?;
    verified.sort();
    let least = verified.first().copied().unwrap_or_default();
    println!(
        "{:<25} {:>11} {:>10.1?} {least:>10.1?} {:>10}",
        "two signatures and a lock",
        "",
        median(&verified),
        format!("{VERIFY_GOAL:?}")
    );
    let mut peak = 0;
    for _ in 0..5 {
        peak = peak.max(peak_memory(scan(&record, &cold))?);
    }
    let size = std::fs::metadata(&profile)?.len();
    println!("              measured       goal");
    println!(
        "memory     {:>8} KiB   {} KiB",
        peak >> 10,
        MEMORY_GOAL >> 10
    );
    println!(
        "component  {:>8} KiB   {} KiB",
        size >> 10,
        profiles::MAX_BYTES >> 10
    );
    for (what, cache) in [("compiles", &cold), ("uses what is kept", &warm)] {
        println!("where the time of a scan with objects goes that {what}, by its own log:");
        let logged = scan(&whole, cache)
            .env("CISB_LOG", "debug")
            .stderr(Stdio::piped())
            .output()
            .context("the host cannot be started")?;
        for line in String::from_utf8_lossy(&logged.stderr).lines() {
            if let Some((_, spent)) = line.split_once("spent: ") {
                println!("  {spent}");
            }
        }
    }
    Ok(())
}

/// How long cisb says that it takes to verify a profile: two signatures, the
/// manifest, a policy and a lock, each time in another process.
fn verifications(
    workspace: &Workspace,
    profile: &Path,
    folder: &Path,
    runs: usize,
) -> Result<Vec<Duration>> {
    let at = |name: &str| folder.join(name);
    let signed = at("signed.wasm");
    std::fs::copy(profile, &signed).context("the profile cannot be copied")?;
    let cisb = |words: &[&str], paths: &[&Path]| {
        let mut command = Command::new(workspace.cisb());
        command.args(words).args(paths);
        command
    };
    for role in ["publisher", "site"] {
        let (key, public) = (
            at(role).with_extension("key"),
            at(role).with_extension("pub"),
        );
        sys::run(&mut cisb(&["key", "generate", "-o"], &[&key]))?;
        sys::run(&mut cisb(&["profile", "sign", "--key"], &[&key, &signed]))?;
        let words = [
            "key",
            "trust",
            "--name",
            role,
            "--role",
            role,
            "--require",
            "--trust",
        ];
        sys::run(&mut cisb(&words, &[&at("trust.toml"), &public]))?;
    }
    let held = [
        "--trust".as_ref(),
        &*at("trust.toml"),
        "--lock".as_ref(),
        &*at("cisb.lock"),
    ];
    sys::run(cisb(&["lock", "--profile"], &[&signed]).args(held))?;
    let mut times = Vec::new();
    for _ in 0..runs.max(1) {
        let output = cisb(&["profile", "verify"], &[&signed])
            .args(held)
            .env("CISB_LOG", "debug")
            .output()
            .context("the host cannot be started")?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let spent = said
            .lines()
            .find_map(|line| line.split_once(": signatures ").map(|(_, spent)| spent))
            .context("cisb does not say how long it took to verify")?;
        let micros = spent.split(' ').filter_map(|word| word.parse::<u64>().ok());
        times.push(Duration::from_micros(micros.sum()));
    }
    Ok(times)
}

/// How long each of so many runs takes.
fn times(runs: usize, scan: impl Fn() -> Command) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for _ in 0..runs.max(1) {
        let start = Instant::now();
        let status = scan().status().context("the host cannot be started")?;
        times.push(start.elapsed());
        if !matches!(status.code(), Some(0 | 1 | 4)) {
            bail!("the scan does not work: {status}");
        }
    }
    Ok(times)
}

fn median(sorted: &[Duration]) -> Duration {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// The high-water mark of a process's resident memory, in bytes. The kernel
/// drops it with the process, so it is read again and again until then; what
/// is missed is what grows within the last fraction of a millisecond.
fn peak_memory(mut command: Command) -> Result<u64> {
    let mut child = command.spawn().context("the host cannot be started")?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Ok(text) = std::fs::read_to_string(&status) {
            peak = peak.max(high_water(&text).unwrap_or_default());
        }
        if child.try_wait()?.is_some() {
            return Ok(peak);
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn high_water(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

fn copy_without_objects(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        std::fs::remove_dir_all(to).with_context(|| format!("{} is in the way", to.display()))?;
    }
    copy(from, to, true)
}

fn copy(from: &Path, to: &Path, top: bool) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in from
        .read_dir()
        .with_context(|| format!("{} cannot be listed", from.display()))?
    {
        let entry = entry?;
        if top && entry.file_name() == "objects" {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, false)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read_in_bytes() {
        assert_eq!(high_water("Name:\tx\nVmHWM:\t    2048 kB\n"), Some(2 << 20));
        assert_eq!(high_water("Name:\tx\n"), None);
    }

    #[test]
    fn the_median_of_none_is_nothing() {
        assert_eq!(median(&[]), Duration::ZERO);
        assert_eq!(median(&[Duration::ZERO, SCAN_GOAL, SCAN_GOAL]), SCAN_GOAL);
    }
}
