//! `cisb lock`: pins the profiles that may run, and shows what an update
//! changes before it is accepted.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::scan::ProfileArgs;
use crate::profile::gate::GateError;
use crate::profile::lock::{Change, Difference, Lock, LockError, Pin, Update};
use crate::profile::refusal::Refused;
use crate::profile::{Gate, Place};
use crate::report::escape::line;
use crate::trust::file::{self, FileError};

/// Lines of one list that are shown.
const SHOWN: usize = 40;

/// `cisb lock`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cisb lock                                pins every installed profile
  cisb lock --profile cis-1.12.wasm        pins one, and leaves the others as they are
  cisb lock --check                        shows what differs, and writes nothing
  cisb lock --accept-capabilities sha256:…
      accepts by name that a profile asks for more than before

Exit codes: 0 the lock is as the profiles are, 2 usage or configuration,
3 a profile is refused, or asks for more than was accepted; with --check, or
anything differs.")]
pub struct LockArgs {
    /// Which profiles.
    #[command(flatten)]
    pub profile: ProfileArgs,

    /// The lock [default: /etc/cisb/cisb.lock]
    #[arg(long, value_name = "FILE")]
    pub lock: Option<PathBuf>,

    /// Pin only what this policy believes [default: /etc/cisb/trust.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,

    /// Pin profiles that nobody signed, as far as the trust policy permits it
    #[arg(long)]
    pub allow_unsigned: bool,

    /// Accept that a profile asks for more: the digest of all that it asks for; repeat for several
    #[arg(long, value_name = "DIGEST")]
    pub accept_capabilities: Vec<String>,

    /// Show what differs from the lock, and write nothing
    #[arg(long)]
    pub check: bool,
}

/// Why there is no lock; exit code 2.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says what it is of")]
pub enum LockCommandError {
    #[error(transparent)]
    Gate(#[from] GateError),
    #[error("the lock: {0}")]
    File(#[from] FileError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error("no profile is installed, and none is named: there is nothing to pin")]
    Nothing,
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Locked {
    /// The lock is as the profiles are.
    Done,
    /// Something is refused, not accepted, or, with `--check`, different.
    Refused,
}

/// How a lock is to be changed.
#[derive(Debug)]
pub struct LockPlan {
    /// Which profiles.
    pub wanted: super::resolve::Wanted,
    /// What they are held against; without a lock.
    pub trust: crate::request::Trust,
    /// The lock.
    pub path: PathBuf,
    /// `--accept-capabilities`.
    pub accepted: Vec<String>,
    /// `--check`.
    pub check: bool,
}

/// Brings the lock up to date with these profiles, and says what that changes.
/// `refused` hears of profiles that cannot be pinned.
pub fn run(
    plan: &LockPlan,
    gate: &Gate,
    places: &[Place],
    refused: &mut dyn FnMut(&Place, Refused),
    out: &mut dyn Write,
) -> Result<Locked, LockCommandError> {
    if places.is_empty() {
        return Err(LockCommandError::Nothing);
    }
    let old = match file::exists(&plan.path) {
        true => Lock::parse(&plan.path, &file::read(&plan.path, None)?)?,
        false => Lock::default(),
    };
    let mut pins: Vec<Pin> = Vec::new();
    let mut whole = true;
    for place in places {
        match gate.admit(place) {
            Ok(verified) => pins.push(Pin::of(&verified)),
            Err(error) => {
                whole = false;
                refused(place, error);
            }
        }
    }
    // A profile that is refused stays pinned as it was: nothing is lost over it.
    let all = plan.wanted.names.is_empty() && whole;
    let update = old.update(&pins, all);
    write_changes(&update, out)?;
    let unaccepted: Vec<&Difference> = update.unaccepted(&plan.accepted).collect();
    for difference in &unaccepted {
        writeln!(
            out,
            "\n{} asks for more than is accepted. If it may: --accept-capabilities {}",
            line(&difference.new.id),
            difference.new.capabilities
        )?;
    }
    let refused = !(whole && unaccepted.is_empty());
    if plan.check {
        let same = update.changes.is_empty();
        if same && whole {
            writeln!(out, "{} is as the profiles are", plan.path.display())?;
        }
        return Ok(if same && whole {
            Locked::Done
        } else {
            Locked::Refused
        });
    }
    if !unaccepted.is_empty() {
        writeln!(out, "{} was not changed", plan.path.display())?;
        return Ok(Locked::Refused);
    }
    if update.lock != old || !file::exists(&plan.path) {
        file::write(&plan.path, update.lock.text().as_bytes(), 0o644)?;
    }
    let pinned = update.lock.pins().len();
    let word = if pinned == 1 { "profile" } else { "profiles" };
    writeln!(out, "{} pins {pinned} {word}", plan.path.display())?;
    Ok(if refused {
        Locked::Refused
    } else {
        Locked::Done
    })
}

fn write_changes(update: &Update, out: &mut dyn Write) -> io::Result<()> {
    for change in &update.changes {
        match change {
            Change::Added(pin) => {
                let checks = pin.checks.len();
                writeln!(
                    out,
                    "+ {} {}: {checks} checks, asks for {} things, signed by {}",
                    line(&pin.id),
                    line(&pin.version),
                    pin.asks.len(),
                    signers(pin)
                )?;
                writeln!(out, "  component     {}", pin.digest)?;
                writeln!(out, "  capabilities  {}", pin.capabilities)?;
            }
            Change::Removed(pin) => writeln!(
                out,
                "- {} {}: not installed any more",
                line(&pin.id),
                line(&pin.version)
            )?,
            Change::Updated(difference) => write_difference(difference, out)?,
        }
    }
    Ok(())
}

fn write_difference(it: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let (old, new) = (&it.old, &it.new);
    writeln!(
        out,
        "~ {} {} (epoch {}) -> {} (epoch {})",
        line(&new.id),
        line(&old.version),
        old.epoch,
        line(&new.version),
        new.epoch
    )?;
    if new.epoch < old.epoch {
        writeln!(out, "  it is older than what was pinned")?;
    }
    writeln!(out, "  component     {} -> {}", old.digest, new.digest)?;
    for (head, lines) in [
        ("asks for, and did not:", &it.more),
        ("asked for, and does no more:", &it.less),
    ] {
        if lines.is_empty() {
            continue;
        }
        writeln!(out, "  {head}")?;
        for text in lines.iter().take(SHOWN) {
            writeln!(out, "    {}", line(text))?;
        }
        if let Some(more @ 1..) = lines.len().checked_sub(SHOWN) {
            writeln!(out, "    and {more} more")?;
        }
    }
    if it.more.is_empty() && it.less.is_empty() {
        writeln!(out, "  asks for the same")?;
    }
    for (head, ids) in [
        ("checks added:  ", &it.added),
        ("checks removed:", &it.removed),
        ("checks changed:", &it.changed),
    ] {
        if !ids.is_empty() {
            writeln!(out, "  {head} {}", line(&ids.join(" ")))?;
        }
    }
    if old.signers != new.signers {
        writeln!(out, "  signed by     {} -> {}", signers(old), signers(new))?;
    }
    Ok(())
}

fn signers(pin: &Pin) -> String {
    match pin.signers.is_empty() {
        true => "nobody".to_owned(),
        false => {
            let all: Vec<&str> = pin.signers.iter().map(String::as_str).collect();
            line(&all.join(", ")).into_owned()
        }
    }
}

/// Where the lock is.
pub fn path(given: Option<PathBuf>, set: Option<&Path>) -> PathBuf {
    given
        .or_else(|| set.map(Path::to_owned))
        .unwrap_or_else(|| crate::profile::lock::PATH.into())
}
