//! The report: the one value that every output prints, and the exit code.
//! Pure: no file, no clock.

pub mod asff;
pub mod attestation;
pub mod escape;
pub mod exit;
#[cfg(test)]
mod fixture;
pub mod json;
pub mod junit;
pub mod kube_bench;
mod layout;
mod screen;
#[cfg(test)]
mod tests;
pub mod text;
pub(crate) mod xml;

use cisb_contract::manifest::{Section, Tailoring};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::evidence::hex;
use crate::finding::{Finding, Verdict};

/// The `schemaVersion` of the JSON report.
pub const SCHEMA_VERSION: &str = "0.1";

/// Everything a scan found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: String,
    /// What made it.
    pub tool: Tool,
    /// The time of the scan, RFC 3339: `--now` or the clock.
    pub started: String,
    /// What was scanned.
    pub node: ScannedNode,
    /// The cluster behind it.
    pub cluster: ScannedCluster,
    /// Files that said what may run and what it may do.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub inputs: Vec<Input>,
    /// The profiles that were asked for, also those that were refused.
    pub profiles: Vec<ProfileRun>,
    /// One for each selected check, in the profile's order.
    pub findings: Vec<Finding>,
    /// Counts.
    pub summary: Summary,
    /// How much was assessed, and what was not.
    pub coverage: Coverage,
    /// Everything that went wrong or needs saying; decides the exit code.
    pub problems: Vec<Problem>,
}

/// What made the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `cisb`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The node that was scanned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScannedNode {
    /// Its name.
    pub name: String,
    /// `live`, `record` or `tree`.
    pub origin: String,
    /// What was opened: roots and /proc, or the record.
    pub source: String,
    /// When a record was captured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub captured: Option<String>,
    /// `linux/amd64`.
    pub platform: String,
    /// The version that is known without asking the API.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kubernetes_version: Option<String>,
    /// `control-plane`, `worker`, `unknown`: what its processes show.
    pub role: String,
}

/// The cluster behind the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScannedCluster {
    /// `--cluster`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// `none`, `live` or `recorded`.
    pub api: String,
    /// What the API server says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
}

/// A file that said what may run, or what it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// `trust-policy`, `lock` or `grants`.
    pub kind: String,
    /// Where it is.
    pub path: String,
    /// `sha256:…` of its text.
    pub digest: String,
}

/// A profile and how it fared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileRun {
    /// The id, or the file's name if it was refused before the manifest could be read.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its epoch.
    pub epoch: u64,
    /// One line.
    pub title: String,
    /// The benchmark's name and version.
    pub benchmark: String,
    /// The semver range of Kubernetes versions that it was written for.
    pub kubernetes: String,
    /// `sha256:…` of the component.
    pub digest: String,
    /// `sha256:…` of the manifest.
    pub manifest_digest: String,
    /// Whose signatures the trust policy believes, with their roles; `unsigned`
    /// where there is none, `unchecked` where there is no policy to ask.
    pub signer: String,
    /// Each of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub signers: Vec<Signer>,
    /// `sha256:…` of what it asks for.
    #[serde(default)]
    pub capabilities: String,
    /// Why this profile: `--profile`.
    pub chosen: String,
    /// What it was granted, one line for each request.
    pub grants: Vec<String>,
    /// What it was made from by tailoring, and what that changed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tailored: Vec<Tailoring>,
    /// The benchmark's sections, for outputs that print them.
    pub sections: Vec<Section>,
    /// Why it did not run, if it did not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refused: Option<Refusal>,
    /// Where its time went, in microseconds; absent where reproducibility matters.
    #[serde(skip)]
    pub timings: Timings,
}

/// A key whose signature is believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// What the trust policy calls it.
    pub name: String,
    /// The key's id.
    pub key: String,
    /// What it is for: `publisher`, `reviewer`, `site`.
    pub roles: Vec<String>,
}

/// Where the time went, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// Reading, manifest, verification.
    pub load: u64,
    /// Compilation.
    pub compile: u64,
    /// Running the checks.
    pub checks: u64,
}

/// Why a profile did not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// `source`, `signature`, `manifest`, `verify`, `lock`, `grant`, `compile`, `link`.
    pub stage: String,
    /// Which of the known reasons; it stays when sentences change.
    #[serde(default)]
    pub code: String,
    /// One sentence with the way out.
    pub reason: String,
}

impl Refusal {
    /// Where it was refused, for a bracket: the stage, and the code where that
    /// says more.
    pub fn place(&self) -> String {
        match self.code.is_empty() || self.code == self.stage {
            true => self.stage.clone(),
            false => format!("{}: {}", self.stage, self.code),
        }
    }
}

impl Input {
    /// A file with this text.
    pub(crate) fn of(kind: &str, path: &Path, text: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            path: path.display().to_string(),
            digest: format!("sha256:{}", hex(&Sha256::digest(text))),
        }
    }
}

/// Counts of verdicts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Passed.
    pub pass: usize,
    /// Failed.
    pub fail: usize,
    /// For a person.
    pub manual: usize,
    /// Not here.
    pub not_applicable: usize,
    /// Could not be assessed.
    pub error: usize,
    /// All.
    pub total: usize,
}

impl Summary {
    /// Counts findings.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut summary = Self::default();
        for finding in findings {
            summary.total += 1;
            match finding.verdict {
                Verdict::Pass => summary.pass += 1,
                Verdict::Fail => summary.fail += 1,
                Verdict::Manual => summary.manual += 1,
                Verdict::NotApplicable => summary.not_applicable += 1,
                Verdict::Error => summary.error += 1,
            }
        }
        summary
    }
}

/// How much was assessed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// Checks of the profiles before any selection.
    pub declared: usize,
    /// Checks that the selection left.
    pub selected: usize,
    /// Checks that something which is here was judged by: pass or fail.
    pub assessed: usize,
    /// Whether the node's version lies in the profile's range: `inside`,
    /// `outside: v1.36.2 is not in >=1.28, <1.32` or `unknown`.
    pub profile_range: String,
    /// Unassessed checks by cause.
    pub gaps: Vec<Gap>,
}

/// Checks that were not assessed for one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The cause in a few words: `no API server was asked for`.
    pub cause: String,
    /// The one flag or mount that cures it; empty if none is known.
    pub cure: String,
    /// The checks' ids.
    pub checks: Vec<String>,
}

/// What kind of thing a problem is; each has one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// Findings fail the policy: exit 1.
    Findings,
    /// A profile was refused: exit 3.
    Refused,
    /// The scan is incomplete: exit 4.
    Incomplete,
    /// Worth saying, no exit code of its own.
    Note,
}

/// Something that went wrong or needs saying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What kind.
    pub kind: ProblemKind,
    /// One sentence.
    pub text: String,
}
