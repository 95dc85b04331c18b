//! What came of cases, for people: those that failed with what was expected,
//! seen and served, then what no case has shown.

use std::io::{self, Write};

use super::{Covered, Tested, TestedCase, TestedCheck};
use crate::report::escape;

/// How many pieces of evidence of one check are printed; JSON has all.
const EVIDENCE: usize = 8;

/// Writes it.
pub fn write(tested: &Tested, out: &mut dyn Write) -> io::Result<()> {
    for case in tested.cases.iter().filter(|case| !case.passed) {
        failed(case, out)?;
    }
    let summary = &tested.summary;
    let profile = &tested.profile;
    write!(
        out,
        "{} {}: {}, {}",
        profile.id,
        profile.version,
        count(summary.cases, "case"),
        count(summary.expectations, "expectation"),
    )?;
    match summary.unmet {
        0 => writeln!(out, ", all met")?,
        unmet => writeln!(out, ", {unmet} not met")?,
    }
    coverage(tested, out)
}

fn failed(case: &TestedCase, out: &mut dyn Write) -> io::Result<()> {
    let name = escape::line(&case.name);
    match &case.file {
        Some(file) => writeln!(out, "FAILED {}:{}: {name}", escape::line(file), case.line)?,
        None => writeln!(out, "FAILED on a node where {name}")?,
    }
    for check in case.checks.iter().filter(|check| !check.passed) {
        one(check, out)?;
    }
    writeln!(out)
}

fn one(check: &TestedCheck, out: &mut dyn Write) -> io::Result<()> {
    let title = escape::line(&check.title);
    writeln!(out, "  {} {title}", escape::line(&check.check))?;
    let mut line = |name: &str, text: &str| match text.is_empty() {
        true => Ok(()),
        false => writeln!(out, "    {:<9} {}", escape::line(name), escape::line(text)),
    };
    for difference in &check.differences {
        line(
            &difference.what,
            &format!("expected {}, seen {}", difference.expected, difference.seen),
        )?;
    }
    let seen = &check.seen;
    let told = |what: &str| check.differences.iter().any(|d| d.what == what);
    if !told("reason") && !told("behaviour") {
        line("reason", &seen.reason)?;
    }
    if !told("actual") && seen.actual != seen.reason {
        line("actual", &seen.actual)?;
    }
    let evidence = seen.evidence.iter();
    for evidence in evidence.take(EVIDENCE) {
        let text = format!("{} {}: {}", evidence.kind, evidence.subject, evidence.fact);
        line("evidence", &text)?;
    }
    match seen.evidence.len().saturating_sub(EVIDENCE) {
        0 => Ok(()),
        more => line("", &format!("and {more} more; --format json has all")),
    }
}

fn coverage(tested: &Tested, out: &mut dyn Write) -> io::Result<()> {
    let checks = &tested.coverage.checks;
    let whole = checks.iter().filter(|check| check.lacks.is_empty()).count();
    let all = checks.len();
    writeln!(
        out,
        "coverage: {whole} of {} with cases for pass, for fail and for what cannot be read",
        count(all, "check")
    )?;
    for check in checks.iter().filter(|check| !check.lacks.is_empty()) {
        let title = escape::line(&check.title);
        let id = escape::line(&check.check);
        writeln!(out, "  {id:<8} {}: {title}", lacking(check))?;
    }
    Ok(())
}

/// `no case passes or fails it`.
pub(super) fn lacking(check: &Covered) -> String {
    let words = check.lacks.iter().map(|lack| match *lack {
        "pass" => "passes it",
        "fail" => "fails it",
        _ => "takes from it what it looks at",
    });
    let words: Vec<&str> = words.collect();
    format!("no case {}", words.join(", none "))
}

fn count(count: usize, what: &str) -> String {
    let many = if count == 1 { "" } else { "s" };
    format!("{count} {what}{many}")
}
