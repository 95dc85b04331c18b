//! JUnit as kube-bench writes it with `--junit`, to the byte: one suite for
//! each section, what failed as a failure with its remediation, what a person
//! must look at and what does not apply as skipped, and the check's JSON beside.

use std::io::{self, Write};

use super::Check;
use crate::finding::Finding;
use crate::report::layout::{self, GroupView, SectionView, State, Tally};
use crate::report::{Report, xml};

/// Writes the report, with a suite for each section of these targets (of all,
/// if none is named).
pub fn write(report: &Report, targets: &[String], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"<testsuites>\n")?;
    for section in layout::whole_sections(report, targets) {
        suite(&section, out)?;
    }
    out.write_all(b"\n</testsuites>\n")
}

fn suite(section: &SectionView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let tally = Tally::of(section.findings());
    let tests: usize = State::ALL.iter().map(|state| tally.get(*state)).sum();
    write!(
        out,
        "<testsuite name=\"{}\" tests=\"{tests}\" failures=\"{}\" errors=\"0\" time=\"0\">",
        xml::line(section.title),
        tally.get(State::Fail),
    )?;
    for group in &section.groups {
        for finding in &group.findings {
            case(group, finding, out)?;
        }
    }
    if tests > 0 {
        out.write_all(b"\n")?;
    }
    out.write_all(b"</testsuite>")
}

fn case(group: &GroupView<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let name = format!("{} {}", finding.check, layout::title(finding));
    write!(
        out,
        "\n    <testcase name=\"{}\" classname=\"{}\" time=\"0\">",
        xml::line(&name),
        xml::line(group.title),
    )?;
    match State::of(finding) {
        State::Fail => write!(
            out,
            "\n        <failure type=\"\">{}</failure>",
            xml::text(&finding.remediation)
        )?,
        State::Warn | State::Info => out.write_all(b"\n        <skipped></skipped>")?,
        State::Pass => {}
    }
    let json = Check::of(finding).json()?;
    write!(
        out,
        "\n        <system-out>{}</system-out>\n    </testcase>",
        xml::text(&json)
    )
}
