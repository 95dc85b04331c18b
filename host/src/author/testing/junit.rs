//! What came of cases, for pipelines that show tests: a suite for each file of
//! cases, a test for each check of a case, and one suite for what no case has
//! shown.

use std::io::{self, Write};

use super::{Tested, TestedCase, TestedCheck, text};
use crate::report::xml;

/// Writes it. `coverage`: whether a gap is a failure.
pub fn write(tested: &Tested, coverage: bool, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n")?;
    let mut files: Vec<Option<&str>> = Vec::new();
    for case in &tested.cases {
        if !files.contains(&case.file.as_deref()) {
            files.push(case.file.as_deref());
        }
    }
    for file in files {
        let cases = tested.cases.iter().filter(|c| c.file.as_deref() == file);
        suite(tested, file, &cases.collect::<Vec<_>>(), out)?;
    }
    gaps(tested, coverage, out)?;
    out.write_all(b"</testsuites>\n")
}

fn open(
    name: &str,
    tests: usize,
    failures: usize,
    skipped: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" \
         skipped=\"{skipped}\" time=\"0\">",
        xml::line(name)
    )
}

fn suite(
    tested: &Tested,
    file: Option<&str>,
    cases: &[&TestedCase],
    out: &mut dyn Write,
) -> io::Result<()> {
    let checks = || cases.iter().flat_map(|case| &case.checks);
    let failures = checks().filter(|check| !check.passed).count();
    let name = file.unwrap_or(&tested.profile.id);
    open(name, checks().count(), failures, 0, out)?;
    for case in cases {
        for check in &case.checks {
            one(case, check, out)?;
        }
    }
    out.write_all(b"  </testsuite>\n")
}

fn one(case: &TestedCase, check: &TestedCheck, out: &mut dyn Write) -> io::Result<()> {
    let name = format!("{} {}", check.check, check.title);
    write!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\" time=\"0\"",
        xml::line(&name),
        xml::line(&case.name),
    )?;
    if check.passed {
        return out.write_all(b"/>\n");
    }
    let told = check
        .differences
        .iter()
        .map(|d| format!("{}: expected {}, seen {}", d.what, d.expected, d.seen));
    let told: Vec<String> = told.collect();
    let mut body = told.clone();
    if let Some(file) = &case.file {
        body.insert(0, format!("{file}:{}", case.line));
    }
    body.push(check.seen.reason.clone());
    let evidence = check.seen.evidence.iter();
    body.extend(evidence.map(|e| format!("{} {}: {}", e.kind, e.subject, e.fact)));
    write!(
        out,
        ">\n      <failure type=\"unexpected\" message=\"{}\">{}</failure>\n    </testcase>\n",
        xml::line(&told.join("; ")),
        xml::text(&body.join("\n")),
    )
}

fn gaps(tested: &Tested, coverage: bool, out: &mut dyn Write) -> io::Result<()> {
    let checks = &tested.coverage.checks;
    let lacking = checks.iter().filter(|c| !c.lacks.is_empty()).count();
    let (failures, skipped) = match coverage {
        true => (lacking, 0),
        false => (0, lacking),
    };
    let name = format!("{} coverage", tested.profile.id);
    open(&name, checks.len(), failures, skipped, out)?;
    for check in checks {
        let title = format!("{} {}", check.check, check.title);
        write!(
            out,
            "    <testcase name=\"{}\" classname=\"coverage\" time=\"0\"",
            xml::line(&title)
        )?;
        let said = xml::line(&text::lacking(check));
        match (check.lacks.is_empty(), coverage) {
            (true, _) => out.write_all(b"/>\n")?,
            (false, true) => write!(
                out,
                ">\n      <failure type=\"coverage\" message=\"{said}\"/>\n    </testcase>\n"
            )?,
            (false, false) => write!(
                out,
                ">\n      <skipped message=\"{said}\"/>\n    </testcase>\n"
            )?,
        }
    }
    out.write_all(b"  </testsuite>\n")
}
