//! The report as kube-bench writes it with `--json`, field for field and in
//! its order, for whatever already reads that. The shape has no place for a
//! refused profile, for coverage or for severities: those are said on standard
//! error and by the exit code. Its other outputs, and the exit code of
//! `cisb run`, stand in files of their own below.

pub mod exit;
pub mod junit;
pub mod text;

use std::io::{self, Write};

use serde::Serialize;

use super::escape::SafeJson;
use super::layout::{self, GroupView, SectionView, State, Tally};
use super::{Report, ScannedCluster, ScannedNode};
use crate::finding::{Finding, Verdict};

/// Writes the report on one line with a line end.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    line(&Output::of(report, &layout::sections(report)), out)
}

/// [`write()`] for `cisb run`: sections of these targets (of all, if none is
/// named) are there even where nothing of them was selected, and without totals
/// the output is the list of sections alone.
pub fn write_run(
    report: &Report,
    targets: &[String],
    totals: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let output = Output::of(report, &layout::whole_sections(report, targets));
    match totals {
        true => line(&output, out),
        false => line(&output.controls, out),
    }
}

fn line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, SafeJson::like_go());
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

// The order of fields is the order in the output.

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    controls: Vec<Controls<'a>>,
    totals: Totals,
}

#[derive(Serialize)]
struct Controls<'a> {
    id: &'a str,
    version: &'a str,
    detected_version: String,
    text: &'a str,
    node_type: &'a str,
    /// Null where nothing was selected.
    tests: Option<Vec<Group<'a>>>,
    #[serde(flatten)]
    totals: Totals,
}

#[derive(Serialize)]
struct Group<'a> {
    section: &'a str,
    r#type: &'static str,
    pass: usize,
    fail: usize,
    warn: usize,
    info: usize,
    desc: &'a str,
    results: Vec<Check<'a>>,
}

#[derive(Serialize)]
struct Check<'a> {
    test_number: &'a str,
    test_desc: String,
    audit: String,
    #[serde(rename = "AuditEnv")]
    audit_env: &'static str,
    #[serde(rename = "AuditConfig")]
    audit_config: &'static str,
    r#type: &'static str,
    remediation: &'a str,
    test_info: [&'a str; 1],
    status: &'static str,
    actual_value: &'a str,
    scored: bool,
    #[serde(rename = "IsMultiple")]
    is_multiple: bool,
    expected_result: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

#[derive(Serialize)]
struct Totals {
    total_pass: usize,
    total_fail: usize,
    total_warn: usize,
    total_info: usize,
}

impl<'a> Output<'a> {
    fn of(report: &'a Report, sections: &[SectionView<'a>]) -> Self {
        let version = detected_version(&report.cluster, &report.node);
        Self {
            controls: sections
                .iter()
                .map(|section| Controls::of(section, &version))
                .collect(),
            totals: Totals::of(&report.findings),
        }
    }
}

impl<'a> Controls<'a> {
    fn of(section: &SectionView<'a>, version: &str) -> Self {
        Self {
            id: section.id,
            version: section.profile,
            detected_version: version.to_owned(),
            text: section.title,
            node_type: section.target,
            tests: (!section.groups.is_empty())
                .then(|| section.groups.iter().map(Group::of).collect()),
            totals: Totals::of(section.findings()),
        }
    }
}

impl<'a> Group<'a> {
    fn of(group: &GroupView<'a>) -> Self {
        let tally = Tally::of(group.findings.iter().copied());
        Self {
            section: group.id,
            r#type: "",
            pass: tally.get(State::Pass),
            fail: tally.get(State::Fail),
            warn: tally.get(State::Warn),
            info: tally.get(State::Info),
            desc: group.title,
            results: group.findings.iter().map(|f| Check::of(f)).collect(),
        }
    }
}

impl<'a> Check<'a> {
    fn of(finding: &'a Finding) -> Self {
        let state = State::of(finding);
        Self {
            test_number: &finding.check,
            test_desc: layout::title(finding),
            audit: looked_at(finding),
            audit_env: "",
            audit_config: "",
            r#type: match finding.verdict {
                _ if finding.skipped => "skip",
                Verdict::Manual => "manual",
                _ => "",
            },
            remediation: &finding.remediation,
            test_info: [&finding.remediation],
            status: state.word(),
            actual_value: &finding.actual,
            scored: finding.scored,
            is_multiple: false,
            expected_result: &finding.expected,
            reason: match state {
                State::Pass => "",
                _ => &finding.reason,
            },
        }
    }
}

impl Check<'_> {
    /// The check alone, on one line.
    fn json(&self) -> io::Result<String> {
        let mut out = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, SafeJson::like_go());
        self.serialize(&mut serializer)?;
        String::from_utf8(out).map_err(io::Error::other)
    }
}

impl Totals {
    fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let tally = Tally::of(findings);
        Self {
            total_pass: tally.get(State::Pass),
            total_fail: tally.get(State::Fail),
            total_warn: tally.get(State::Warn),
            total_info: tally.get(State::Info),
        }
    }
}

/// Where kube-bench puts its shell script: what was looked at, each once.
fn looked_at(finding: &Finding) -> String {
    let mut seen: Vec<String> = Vec::new();
    for evidence in &finding.evidence {
        let looked = format!("{} {}", evidence.kind, evidence.subject);
        if !seen.contains(&looked) {
            seen.push(looked);
        }
    }
    seen.join("; ")
}

/// `1.31`, or `none` where the version is not known.
fn detected_version(cluster: &ScannedCluster, node: &ScannedNode) -> String {
    let known = cluster
        .version
        .as_ref()
        .or(node.kubernetes_version.as_ref());
    let minor = known.and_then(|version| {
        let mut parts = version.trim_start_matches('v').split('.');
        let (major, minor) = (parts.next()?, parts.next()?);
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // Some providers write `27+`.
        let minor = minor.trim_end_matches('+');
        (digits(major) && digits(minor)).then(|| format!("{major}.{minor}"))
    });
    minor.unwrap_or_else(|| "none".to_owned())
}

#[cfg(test)]
mod tests;
