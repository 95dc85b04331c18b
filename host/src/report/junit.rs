//! JUnit for pipelines that show tests: one suite for each section. It keeps to
//! both published schemas, the stricter of which wants every suite to bear a
//! time without a zone, a host, properties and both streams.
//!
//! A check is a failure exactly where it fails a scan by default, an error
//! where it could not be assessed, and skipped, with a message, where a person
//! must look or where it does not apply. Checks that only lack an API that
//! nobody asked for are skipped: they do not make the scan incomplete either.

use std::io::{self, Write};

use super::exit::{self, Policy};
use super::layout::{self, SectionView};
use super::{ProfileRun, Report, text, xml};
use crate::finding::{Finding, Verdict};

/// Writes the report.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n")?;
    let mut id = 0;
    for section in layout::sections(report) {
        suite(report, &section, id, out)?;
        id += 1;
    }
    for profile in report.profiles.iter().filter(|p| p.refused.is_some()) {
        refused(report, profile, id, out)?;
        id += 1;
    }
    out.write_all(b"</testsuites>\n")
}

/// How a check is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Passed,
    Failed,
    Broken,
    Skipped,
}

fn shown(report: &Report, finding: &Finding) -> Shown {
    let excused = report.cluster.api == "none" && exit::waits_for_api(finding);
    match finding.verdict {
        _ if finding.skipped => Shown::Skipped,
        Verdict::Pass => Shown::Passed,
        Verdict::Fail if exit::fails(finding, &Policy::default()) => Shown::Failed,
        Verdict::Error if !excused => Shown::Broken,
        Verdict::Fail | Verdict::Manual | Verdict::NotApplicable | Verdict::Error => Shown::Skipped,
    }
}

fn suite(
    report: &Report,
    section: &SectionView<'_>,
    id: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let count = |wanted| {
        let is = |finding: &&Finding| shown(report, finding) == wanted;
        section.findings().filter(is).count()
    };
    let name = format!("{} {}", section.id, section.title);
    let counts = [
        section.findings().count(),
        count(Shown::Failed),
        count(Shown::Broken),
        count(Shown::Skipped),
    ];
    open(report, section.profile, &name, id, counts, out)?;
    let profile = report.profiles.iter().find(|p| p.id == section.profile);
    properties(report, profile, section.target, out)?;
    for group in &section.groups {
        for finding in &group.findings {
            case(report, group.title, finding, out)?;
        }
    }
    close(out)
}

/// A profile that did not run is a test that broke.
fn refused(
    report: &Report,
    profile: &ProfileRun,
    id: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    open(
        report,
        &profile.id,
        "Refused profile",
        id,
        [1, 0, 1, 0],
        out,
    )?;
    properties(report, Some(profile), "", out)?;
    let (stage, reason) = match &profile.refused {
        Some(refusal) => (refusal.place(), refusal.reason.as_str()),
        None => (String::new(), ""),
    };
    writeln!(
        out,
        "    <testcase name=\"{0}\" classname=\"Refused profile\" time=\"0\">\n      <error type=\"refused\" \
         message=\"{1}\">{2}</error>\n    </testcase>",
        xml::line(&profile.id),
        xml::line(&format!("refused ({stage}): {reason}")),
        xml::text(reason),
    )?;
    close(out)
}

fn open(
    report: &Report,
    package: &str,
    name: &str,
    id: usize,
    [tests, failures, errors, skipped]: [usize; 4],
    out: &mut dyn Write,
) -> io::Result<()> {
    // The schema knows neither zones nor fractions.
    let timestamp: String = report.started.chars().take(19).collect();
    let host = match report.node.name.trim() {
        "" => "localhost",
        name => name,
    };
    writeln!(
        out,
        "  <testsuite package=\"{}\" id=\"{id}\" name=\"{}\" timestamp=\"{}\" hostname=\"{}\" \
         tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"0\">",
        xml::line(package),
        xml::line(name),
        xml::line(&timestamp),
        xml::line(host),
    )
}

fn close(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"    <system-out></system-out>\n    <system-err></system-err>\n  </testsuite>\n")
}

/// What the verdicts rest on: the same for a whole suite.
fn properties(
    report: &Report,
    profile: Option<&ProfileRun>,
    target: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let tool = format!("{} {}", report.tool.name, report.tool.version);
    let version = report.node.kubernetes_version.as_deref();
    let mut rows = vec![
        ("tool", tool.as_str()),
        ("target", target),
        ("node", &report.node.name),
        ("origin", &report.node.origin),
        ("cluster", report.cluster.name.as_deref().unwrap_or("")),
        ("kubernetes", version.unwrap_or("")),
        ("started", &report.started),
    ];
    if let Some(profile) = profile {
        rows.extend([
            ("profile", profile.id.as_str()),
            ("profile-version", &profile.version),
            ("profile-digest", &profile.digest),
            ("profile-signer", &profile.signer),
        ]);
    }
    out.write_all(b"    <properties>\n")?;
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        let value = xml::line(value);
        writeln!(out, "      <property name=\"{name}\" value=\"{value}\"/>")?;
    }
    out.write_all(b"    </properties>\n")
}

fn case(report: &Report, group: &str, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let name = format!("{} {}", finding.check, layout::title(finding));
    write!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\" time=\"0\"",
        xml::line(&name),
        xml::line(group),
    )?;
    let message = xml::line(&text::reason(finding));
    let word = finding.verdict.word();
    match shown(report, finding) {
        Shown::Passed => return out.write_all(b"/>\n"),
        Shown::Failed => write!(
            out,
            ">\n      <failure type=\"{word}\" message=\"{message}\">{}</failure>",
            xml::text(&body(finding))
        )?,
        Shown::Broken => write!(
            out,
            ">\n      <error type=\"{word}\" message=\"{message}\">{}</error>",
            xml::text(&body(finding))
        )?,
        Shown::Skipped => {
            let said = match finding.verdict {
                _ if finding.skipped => message,
                // Said in the reason.
                Verdict::Error => message,
                _ => format!("{word}: {message}"),
            };
            write!(out, ">\n      <skipped message=\"{said}\"/>")?;
        }
    }
    out.write_all(b"\n    </testcase>\n")
}

/// What was judged, subject by subject, and what to do.
fn body(finding: &Finding) -> String {
    let mut lines: Vec<String> = finding
        .subjects
        .iter()
        .filter(|subject| !matches!(subject.state, Verdict::Pass | Verdict::NotApplicable))
        .map(text::judged)
        .collect();
    if !finding.remediation.trim().is_empty() {
        lines.push(finding.remediation.trim().to_owned());
    }
    lines.join("\n")
}
