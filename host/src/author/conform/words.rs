//! Rules about the words of a manifest: what a person reads in a report.

use cisb_contract::Manifest;

use super::{Book, Rule};

/// What reports add to a title themselves.
const ADDED: [&str; 2] = ["(Automated)", "(Manual)"];

pub(super) fn hold(manifest: &Manifest, book: &mut Book) {
    for check in &manifest.checks {
        let title = check.title.trim();
        if title.is_empty() {
            book.add(Rule::Title, "it has no title", &check.id, "");
        }
        if let Some(added) = ADDED.iter().find(|added| title.ends_with(**added)) {
            let words = format!("its title ends in {added}, which reports add");
            book.add(Rule::Title, words, &check.id, "");
        }
        if check.rationale.trim().is_empty() {
            book.add(
                Rule::Rationale,
                "it does not say why it matters",
                &check.id,
                "",
            );
        }
        let own = &check.remediation;
        if check.judged && own.set.trim().is_empty() && own.procedure.is_empty() {
            book.add(
                Rule::Remediation,
                "it does not say what to do",
                &check.id,
                "",
            );
        }
    }
}
