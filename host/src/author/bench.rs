//! What each check takes on a node: fuel, which is the same on every machine,
//! memory, and the time that it took here.

use std::io::{self, Write};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::report::escape;
use crate::trial::{Stage, Trial};

/// The `schemaVersion` of what is told as JSON.
const SCHEMA_VERSION: &str = "0.1";

/// How often a check runs for its time: the least of them is told.
const RUNS: usize = 3;

/// What a profile takes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    schema_version: String,
    /// Its id.
    pub profile: String,
    /// Its version.
    pub version: String,
    /// The component's digest.
    pub digest: String,
    /// The record that its checks looked at, as it was named.
    pub node: String,
    /// What all checks take.
    pub total_fuel: u64,
    /// What one check may take.
    pub fuel_limit: u64,
    /// What a check takes at the most, in bytes.
    pub memory_peak: usize,
    /// What one check may take.
    pub memory_limit: usize,
    /// The time of all checks, in microseconds: of this machine, for information.
    pub micros: u64,
    /// The checks, the costliest first.
    pub checks: Vec<MeasuredCheck>,
}

/// What a check takes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeasuredCheck {
    /// Its id.
    pub check: String,
    /// What it said.
    pub verdict: String,
    /// Instructions.
    pub fuel: u64,
    /// What it took in the baseline.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<u64>,
    /// Bytes of memory at the most.
    pub memory: usize,
    /// Microseconds here.
    pub micros: u64,
}

/// Why two measurements are not compared.
#[derive(Debug, thiserror::Error)]
#[error("the baseline is of the profile {before}, and this is {now}: measure that one again")]
pub struct OtherProfile {
    before: String,
    now: String,
}

/// Runs every check on a node.
pub fn run(trial: &Trial, stage: &Stage, node: String) -> Measured {
    let parameters = trial.defaults();
    let manifest = trial.manifest();
    let one = |check| {
        // What is read and kept for all checks is no check's own time.
        let ran = trial.run(stage, check, &parameters);
        let timed = (0..RUNS).map(|_| {
            let started = Instant::now();
            let again = trial.run(stage, check, &parameters);
            drop(again);
            u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
        });
        MeasuredCheck {
            micros: timed.min().unwrap_or(0),
            check: ran.finding.check,
            verdict: ran.finding.verdict.word().to_owned(),
            fuel: ran.cost.fuel,
            before: None,
            memory: ran.cost.memory,
        }
    };
    let mut checks: Vec<MeasuredCheck> = manifest.checks.iter().map(one).collect();
    // Of equals, the manifest's order.
    checks.sort_by_key(|check| std::cmp::Reverse(check.fuel));
    let limits = trial.limits();
    Measured {
        schema_version: SCHEMA_VERSION.to_owned(),
        profile: manifest.id.clone(),
        version: manifest.version.clone(),
        digest: format!("sha256:{}", trial.verified().digest()),
        node,
        total_fuel: checks.iter().map(|check| check.fuel).sum(),
        fuel_limit: limits.fuel,
        memory_peak: checks.iter().map(|c| c.memory).max().unwrap_or(0),
        memory_limit: limits.memory_bytes,
        micros: checks.iter().map(|check| check.micros).sum(),
        checks,
    }
}

impl Measured {
    /// Reads what was told as JSON.
    pub fn read(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// Puts what checks took before beside what they take. New ones have none.
    pub fn compare(&mut self, baseline: &Self) -> Result<(), OtherProfile> {
        if self.profile != baseline.profile {
            return Err(OtherProfile {
                before: baseline.profile.clone(),
                now: self.profile.clone(),
            });
        }
        for check in &mut self.checks {
            let before = baseline.checks.iter().find(|b| b.check == check.check);
            check.before = before.map(|before| before.fuel);
        }
        Ok(())
    }

    /// The checks that take so many percent more than before, in words.
    pub fn over(&self, percent: u32) -> Vec<String> {
        let grown = |check: &&MeasuredCheck| {
            check.before.is_some_and(|before| {
                let most = u128::from(before) * (100 + u128::from(percent));
                u128::from(check.fuel) * 100 > most
            })
        };
        let checks = self.checks.iter().filter(grown);
        checks
            .map(|check| {
                let growth = growth(check).unwrap_or_default();
                let before = check.before.unwrap_or_default();
                format!(
                    "check {} takes {} fuel instead of {before} ({growth})",
                    check.check, check.fuel
                )
            })
            .collect()
    }

    /// Writes it for people.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let compared = self.checks.iter().any(|check| check.before.is_some());
        let header = if compared { "     before  growth" } else { "" };
        writeln!(
            out,
            "{:<12} {:>12}{header} {:>10} {:>8}  verdict",
            "check", "fuel", "memory", "µs"
        )?;
        for check in &self.checks {
            let beside = match (compared, check.before) {
                (false, _) => String::new(),
                (true, None) => format!("{:>11} {:>7}", "-", "new"),
                (true, Some(before)) => {
                    format!("{before:>11} {:>7}", growth(check).unwrap_or_default())
                }
            };
            writeln!(
                out,
                "{:<12} {:>12}{beside} {:>10} {:>8}  {}",
                escape::line(&check.check),
                check.fuel,
                check.memory,
                check.micros,
                check.verdict
            )?;
        }
        writeln!(
            out,
            "\n{} {} on {}: {} fuel for {} checks (a check may take {}), at most {} bytes of memory \
             (of {}), {} µs on this machine",
            escape::line(&self.profile),
            escape::line(&self.version),
            escape::line(&self.node),
            self.total_fuel,
            self.checks.len(),
            self.fuel_limit,
            self.memory_peak,
            self.memory_limit,
            self.micros
        )
    }
}

/// `+12.5 %`, if there was something before.
fn growth(check: &MeasuredCheck) -> Option<String> {
    let before = i128::from(check.before.filter(|before| *before > 0)?);
    let tenths = (i128::from(check.fuel) - before) * 1000 / before;
    let sign = if tenths < 0 { '-' } else { '+' };
    Some(format!(
        "{sign}{}.{}%",
        tenths.abs() / 10,
        tenths.abs() % 10
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fuel: u64, before: Option<u64>) -> MeasuredCheck {
        MeasuredCheck {
            check: "1".to_owned(),
            verdict: "pass".to_owned(),
            fuel,
            before,
            memory: 0,
            micros: 0,
        }
    }

    #[test]
    fn growth_is_told_in_tenths_of_a_percent() {
        let told = |fuel, before| growth(&check(fuel, before)).unwrap_or_default();
        assert_eq!(told(1125, Some(1000)), "+12.5%");
        assert_eq!(told(990, Some(1000)), "-1.0%");
        assert_eq!(told(1000, Some(1000)), "+0.0%");
        assert_eq!(told(1000, None), "");
        assert_eq!(told(1000, Some(0)), "");
    }
}
