//! The words a scan speaks: checks, verdicts, evidence, findings. Plain data.

use cisb_contract::manifest::{Assessment, Ownership, Severity};
use serde::{Deserialize, Serialize};

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The requirement is met.
    Pass,
    /// The requirement is not met.
    Fail,
    /// A person must decide.
    Manual,
    /// What the check is about is not here.
    NotApplicable,
    /// It should have been assessed and could not be.
    Error,
}

impl Verdict {
    /// The word used in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Manual => "manual",
            Self::NotApplicable => "not-applicable",
            Self::Error => "error",
        }
    }
}

/// What is made of a finding. More come with exceptions and providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It counts.
    Required,
    /// The provider of a managed service answers for it.
    ProviderOwned,
}

/// Where the judged value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "source")]
pub enum Basis {
    /// It is written down.
    Explicit,
    /// The default of a component and version.
    Default(String),
    /// It follows from several facts.
    Derived(String),
    /// Something a newer contract says.
    Other(String),
}

/// A fact that the host served, as a report keeps it. Everything that changes
/// from run to run without the node changing (pid, start time, mtime, resource
/// version) stays out of `digest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// SHA-256 of the normalised fact, its first 16 hex digits: the same fact has the same id.
    pub id: String,
    /// `file`, `directory`, `search`, `process`, `process-search`, `objects`, `version`, `node`.
    pub kind: String,
    /// Path, executable, or `resource.group/version`.
    pub subject: String,
    /// What was seen, in one line: `mode 0600, owner root:root (0:0), sha256 …`.
    pub fact: String,
    /// Whether the answer was an absence or a refusal, and which.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missing: Option<String>,
}

/// One thing that a check judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// Stable key: a path, `component --flag`, `Kind/namespace/name[/container]`.
    pub key: String,
    /// The verdict on this one.
    pub state: Verdict,
    /// What should be.
    pub expected: String,
    /// What was seen.
    pub actual: String,
    /// Why, where the above do not say it.
    pub reason: String,
    /// Where the value comes from.
    pub basis: Basis,
    /// Ids of [`Evidence`] in the same finding.
    pub evidence: Vec<String>,
    /// What is made of it.
    pub decision: Decision,
}

/// A check with its verdict and everything it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The id of the profile that it belongs to.
    pub profile: String,
    /// The benchmark's id: text.
    pub check: String,
    /// The control's stable name.
    pub control: String,
    /// Without `(Automated)` or `(Manual)`.
    pub title: String,
    /// The group's id in the benchmark, such as `1.2`.
    pub section: String,
    /// `master`, `etcd`, `controlplane`, `node`, `policies`, `managedservices`.
    pub target: String,
    /// Such as `kube-apiserver`.
    pub component: String,
    /// 1 or 2.
    pub level: u8,
    /// As the benchmark says.
    pub assessment: Assessment,
    /// Whether the benchmark counts it.
    pub scored: bool,
    /// Ours.
    pub severity: Severity,
    /// Who can change it.
    pub ownership: Ownership,
    /// Whether facts decide it in this profile.
    pub judged: bool,
    /// What it comes to.
    pub verdict: Verdict,
    /// Where the deciding value comes from.
    pub basis: Basis,
    /// One sentence.
    pub reason: String,
    /// What should be.
    pub expected: String,
    /// What was seen.
    pub actual: String,
    /// Each thing that was judged.
    pub subjects: Vec<Subject>,
    /// What the verdict rests on.
    pub evidence: Vec<Evidence>,
    /// What is made of it.
    pub decision: Decision,
    /// Why it matters.
    pub rationale: String,
    /// What to do, whole paragraphs.
    pub remediation: String,
    /// Further reading.
    pub references: Vec<String>,
    /// Set when `--skip` named it: it was not run, and the verdict is not-applicable.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub skipped: bool,
}
