//! The text that `cisb run` prints: kube-bench's headings, lines and counts, in
//! its order. Beneath a line that is not a pass stands the reason, indented;
//! kube-bench has none there, and readers of its text skip indented lines.
//!
//! Nothing is wrapped: the text is for pipelines.

use std::io::{self, Write};

use crate::finding::{Finding, Verdict};
use crate::report::layout::{self, SectionView, State, Tally};
use crate::report::text::{self, Pen, TextOptions};
use crate::report::{Report, escape};

/// Which parts are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Headings and checks: not with `--noresults`.
    pub results: bool,
    /// What to do: not with `--noremediations`.
    pub remediations: bool,
    /// Counts of each section: not with `--nosummary`.
    pub summary: bool,
    /// Counts of all: not with `--nototals`.
    pub totals: bool,
    /// What was seen, beneath what failed: `--include-test-output`.
    pub test_output: bool,
}

/// Writes the report. Sections of these targets are printed even where nothing
/// of them was selected; of all, if none is named.
pub fn write(
    report: &Report,
    targets: &[String],
    parts: &Parts,
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let options = TextOptions {
        color,
        width: usize::MAX,
        ..TextOptions::default()
    };
    let pen = &mut Pen {
        out,
        options: &options,
    };
    let sections = layout::whole_sections(report, targets);
    for section in &sections {
        let tally = Tally::of(section.findings());
        if parts.results {
            results(pen, section, parts.test_output)?;
        }
        if parts.remediations {
            remediations(pen, section, tally)?;
        }
        if parts.summary {
            pen.tally(section.target, tally)?;
        }
    }
    if parts.totals {
        pen.tally("total", Tally::of(&report.findings))?;
    }
    Ok(())
}

fn results(pen: &mut Pen<'_>, section: &SectionView<'_>, test_output: bool) -> io::Result<()> {
    pen.line(State::Info, section.id, section.title)?;
    for group in &section.groups {
        pen.line(State::Info, group.id, group.title)?;
        for finding in &group.findings {
            let state = State::of(finding);
            pen.line(state, &finding.check, &layout::title(finding))?;
            if test_output && state == State::Fail {
                for line in finding.actual.lines() {
                    writeln!(pen.out, "\t {}", escape::report_line(line))?;
                }
            }
            if state != State::Pass {
                pen.indented(7, &text::reason(finding))?;
            }
        }
    }
    writeln!(pen.out)
}

/// One paragraph for each FAIL and WARN, also for those that need no change but
/// another look: whoever looks for the paragraph of a check finds one.
fn remediations(pen: &mut Pen<'_>, section: &SectionView<'_>, tally: Tally) -> io::Result<()> {
    if tally.get(State::Fail) + tally.get(State::Warn) == 0 {
        return Ok(());
    }
    pen.heading("Remediations", section.target, text::style(State::Warn))?;
    for finding in section.findings() {
        if matches!(State::of(finding), State::Fail | State::Warn) {
            remediation(pen.out, finding)?;
        }
    }
    writeln!(pen.out)
}

fn remediation(out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
    let words = match finding.verdict {
        // What is to be cured is that nobody could look.
        Verdict::Error => text::reason(finding),
        _ => finding.remediation.trim().to_owned(),
    };
    let id = escape::report_line(&finding.check);
    for (at, line) in words.lines().enumerate() {
        let line = escape::report_line(line);
        match at {
            0 => writeln!(out, "{id} {line}")?,
            _ => writeln!(out, "  {line}")?,
        }
    }
    if words.is_empty() {
        writeln!(out, "{id} {}", escape::report_line(&text::reason(finding)))?;
    }
    writeln!(out)
}
