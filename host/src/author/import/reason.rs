//! Why a check of kube-bench is left to a person.

use serde::Serialize;

/// Why, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The benchmark leaves it to a person.
    Person,
    /// The benchmark skips it.
    Skipped,
    /// It has no audit.
    NoAudit,
    /// It has no tests.
    NoTests,
    /// Its audit computes over objects of the API.
    Api,
    /// Its audit looks inside pods, or at what only their programs tell.
    Pods,
    /// Its audit asks a provider's own tools.
    Provider,
    /// Its audit runs a helper of the image.
    Helper,
    /// Its audit runs commands whose meaning is not known here.
    Commands,
    /// Its tests compare what no rule compares.
    Tests,
    /// It reads a variable that no configuration file explains.
    Variable,
    /// The rule that it would be is refused.
    Refused,
}

impl Reason {
    /// The word of machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Skipped => "skipped",
            Self::NoAudit => "no-audit",
            Self::NoTests => "no-tests",
            Self::Api => "api",
            Self::Pods => "pods",
            Self::Provider => "provider",
            Self::Helper => "helper",
            Self::Commands => "commands",
            Self::Tests => "tests",
            Self::Variable => "variable",
            Self::Refused => "refused",
        }
    }

    /// What it says to people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Person => "the benchmark leaves it to a person",
            Self::Skipped => "the benchmark skips it",
            Self::NoAudit => "it has no audit",
            Self::NoTests => "it has no tests",
            Self::Api => "its audit computes over objects of the API what no rule says",
            Self::Pods => "its audit looks inside pods",
            Self::Provider => "its audit asks a provider's tools",
            Self::Helper => "its audit runs a script that is not part of the configuration",
            Self::Commands => "its audit runs commands whose meaning is not known here",
            Self::Tests => "its tests compare what no rule compares",
            Self::Variable => "its audit uses a variable that no configuration file explains",
            Self::Refused => "the rule that it would be is refused",
        }
    }
}

/// A reason, with what it was in this case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The reason.
    pub reason: Reason,
    /// What it was, for people; empty if the reason says all.
    pub detail: String,
}

impl From<Reason> for Why {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            detail: String::new(),
        }
    }
}

impl Why {
    /// A reason with what it was.
    pub fn because(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }

    /// What a person is asked: what the audit was about, and why it is asked.
    pub fn question(&self, audit: &str) -> String {
        let about = about(audit);
        let detail = match self.detail.as_str() {
            "" => String::new(),
            detail => format!(": {}", detail.replace("${", "$ {")),
        };
        let end = match about.as_str() {
            "" => String::new(),
            about => format!("; kube-bench looked at {about}"),
        };
        format!(
            "judge by the title and the remediation; {}{detail}{end}",
            self.reason.sentence()
        )
    }
}

/// What an audit is about, in a few words: never its text.
fn about(audit: &str) -> String {
    const ABOUT: &[(&str, &str)] = &[
        ("gcloud ", "the provider's account"),
        ("aws ", "the provider's account"),
        ("az ", "the provider's account"),
        ("oc rsh", "files and processes inside pods"),
        ("oc exec", "files and processes inside pods"),
        ("configmap", "a config map"),
        (
            "/proxy/configz",
            "what the kubelet tells of its configuration",
        ),
        ("kubectl ", "objects of the API"),
        ("oc ", "objects of the API"),
        ("journalctl", "the journal"),
        ("systemctl", "units of systemd"),
        ("openssl", "certificates"),
        ("stat ", "mode or owner of files"),
        ("ps ", "flags of processes"),
        ("grep ", "lines of files"),
        ("cat ", "files"),
    ];
    let mut found: Vec<&str> = Vec::new();
    for (needle, words) in ABOUT {
        if audit.contains(needle) && !found.contains(words) {
            found.push(words);
        }
    }
    found.truncate(2);
    found.join(" and ")
}
