//! What came of the rules, for people.

use std::io::{self, Write};

use super::{Complaint, Conformance};
use crate::report::escape;

/// How many checks or requests of one complaint are named; JSON has all.
const SUBJECTS: usize = 8;

/// Writes it.
pub fn write(conformance: &Conformance, out: &mut dyn Write) -> io::Result<()> {
    for complaint in &conformance.complaints {
        one(complaint, out)?;
    }
    let Conformance {
        id,
        version,
        rules,
        nodes,
        errors,
        warnings,
        ..
    } = conformance;
    let name = match version.as_str() {
        "" => id.clone(),
        version => format!("{id} {version}"),
    };
    writeln!(
        out,
        "{}: {}, {}, {}, {}",
        escape::line(&name),
        count(rules.len(), "rule"),
        count(nodes.len(), "node"),
        count(*errors, "error"),
        count(*warnings, "warning")
    )
}

fn one(complaint: &Complaint, out: &mut dyn Write) -> io::Result<()> {
    let severity = complaint.severity.word();
    let words = escape::line(&complaint.words);
    writeln!(out, "{severity} [{}] {words}", complaint.rule.id())?;
    for (what, list) in [("of", &complaint.subjects), ("on", &complaint.nodes)] {
        if list.is_empty() {
            continue;
        }
        let shown: Vec<&str> = list.iter().take(SUBJECTS).map(String::as_str).collect();
        let more = match list.len().saturating_sub(SUBJECTS) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        writeln!(out, "  {what} {}{more}", escape::line(&shown.join(", ")))?;
    }
    writeln!(out, "  {}", complaint.cure)
}

fn count(count: usize, what: &str) -> String {
    let many = if count == 1 { "" } else { "s" };
    format!("{count} {what}{many}")
}
