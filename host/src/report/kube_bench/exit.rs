//! The exit code of `cisb run`, and what standard error says beside an output
//! that has no place for it.
//!
//! kube-bench exits with 0 whatever failed, unless `--exit-code N` is given,
//! and counts a scored check that it could not run as failed. Here such a check
//! is no failure, so whoever asks for a gate gets one for it, too: 4.
//!
//! | code | meaning |
//! |---|---|
//! | 2 | usage or configuration (no output) |
//! | 3 | a profile was refused |
//! | N | a scored check failed, and `--exit-code N` was given |
//! | 4 | nothing was assessed, or nothing of a target that was named; with `--exit-code`, also a scored check that could not be |
//! | 0 | none of these |

use crate::finding::Finding;
use crate::report::Report;
use crate::report::exit::{self, CLEAN, INCOMPLETE, Policy, REFUSED};
use crate::request::Selection;

/// The exit code of a scan, and sentences for standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code.
    pub code: u8,
    /// What the output does not say.
    pub said: Vec<String>,
}

/// What a report comes to; `wanted` is `--exit-code`, 0 where no gate is asked for.
pub fn outcome(report: &Report, selection: &Selection, wanted: u8) -> Outcome {
    let mut said = Vec::new();
    let refused = report.profiles.iter().filter_map(|profile| {
        let refusal = profile.refused.as_ref()?;
        Some(format!(
            "profile {} was refused ({}): {}",
            profile.id,
            refusal.place(),
            refusal.reason
        ))
    });
    said.extend(refused);
    let is_refused = !said.is_empty();
    if let Some(outside) = report.coverage.profile_range.strip_prefix("outside: ") {
        said.push(format!(
            "the profile was not written for this version of Kubernetes, {outside}: \
             --benchmark ID or --profile FILE names another"
        ));
    }
    for gap in &report.coverage.gaps {
        let checks = match gap.checks.len() {
            1 => "1 check was".to_owned(),
            n => format!("{n} checks were"),
        };
        let cure = match gap.cure.as_str() {
            "" => String::new(),
            cure => format!(": {cure}"),
        };
        said.push(format!("{checks} not assessed: {}{cure}", gap.cause));
    }
    let unassessed = unassessed(report, selection);
    let gated = exit::errors(report, selection, |finding| finding.scored).filter(|_| wanted != 0);
    let is_incomplete = !unassessed.is_empty() || gated.is_some();
    said.extend(unassessed);
    said.extend(gated);
    let fails = |finding| exit::fails(finding, &Policy::default());
    let code = if is_refused {
        REFUSED
    } else if wanted != 0 && report.findings.iter().any(fails) {
        wanted
    } else if is_incomplete {
        INCOMPLETE
    } else {
        CLEAN
    };
    Outcome { code, said }
}

/// Whether there is nothing that could be printed but an output that would look
/// like a clean one.
pub fn is_void(report: &Report) -> bool {
    report.findings.is_empty() && report.profiles.iter().any(|p| p.refused.is_some())
}

/// Sentences on what was asked for and not assessed at all.
fn unassessed(report: &Report, selection: &Selection) -> Vec<String> {
    if !report.findings.iter().any(exit::is_assessed) {
        let why = match report.findings.iter().all(|finding| finding.skipped) {
            true => "no check ran",
            false => "no check found what it is about",
        };
        return vec![format!("nothing was assessed: {why}")];
    }
    let is_missing = |target: &&String| {
        let of = |finding: &&Finding| finding.target == **target && !finding.skipped;
        let ran = report.findings.iter().filter(of);
        // What --check, --group or --skip left out was not asked for.
        ran.clone().next().is_some() && !exit::is_target_assessed(ran)
    };
    let words = |target: &String| {
        format!("target {target} was asked for and none of its checks found what it is about")
    };
    selection
        .targets
        .iter()
        .filter(is_missing)
        .map(words)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Verdict;
    use crate::report::fixture;

    fn with(findings: Vec<Finding>) -> Report {
        fixture::report(fixture::node("n", "worker"), findings, Vec::new())
    }

    fn judged(id: &str, verdict: Verdict) -> Finding {
        fixture::judged(id, verdict, "/x", "a", "b", "why")
    }

    fn error(id: &str, kind: &str, why: &str) -> Finding {
        fixture::missing(id, Verdict::Error, kind, "x", why, "could not look")
    }

    fn code(report: &Report, targets: &[&str], wanted: u8) -> u8 {
        let selection = Selection {
            targets: targets.iter().map(|target| (*target).to_owned()).collect(),
            ..Selection::default()
        };
        outcome(report, &selection, wanted).code
    }

    #[test]
    fn a_failure_counts_only_where_a_code_is_given() {
        let failed = with(vec![judged("4.2.1", Verdict::Fail)]);
        assert_eq!([code(&failed, &[], 0), code(&failed, &[], 42)], [0, 42]);
        let unscored = with(vec![judged("1.1.20", Verdict::Fail)]);
        assert_eq!([code(&unscored, &[], 0), code(&unscored, &[], 42)], [0, 0]);
    }

    #[test]
    fn a_gate_does_not_open_for_what_nobody_could_see() {
        let mixed = with(vec![
            judged("2.1", Verdict::Pass),
            error("4.2.1", "file", "not-permitted"),
        ]);
        assert_eq!([code(&mixed, &[], 0), code(&mixed, &[], 1)], [0, 4]);
        assert_eq!(code(&mixed, &["etcd", "node"], 0), 4);
        let unscored = with(vec![
            judged("2.1", Verdict::Pass),
            error("1.1.20", "file", "not-permitted"),
        ]);
        assert_eq!(code(&unscored, &[], 1), 0);
        assert_eq!(code(&mixed, &["etcd"], 0), 0);
        // A failure says more than that something was not seen.
        let both = with(vec![
            judged("2.1", Verdict::Fail),
            error("4.2.1", "file", "not-permitted"),
        ]);
        assert_eq!(code(&both, &[], 9), 9);
    }

    #[test]
    fn an_api_that_nobody_asked_for_is_excused_unless_named() {
        let report = with(vec![
            judged("4.2.1", Verdict::Pass),
            error(
                "5.1.1",
                "objects",
                "unreachable: no API server was asked for",
            ),
        ]);
        assert_eq!([code(&report, &[], 0), code(&report, &[], 1)], [0, 0]);
        assert_eq!(code(&report, &["node", "policies"], 0), 4);
    }

    #[test]
    fn nothing_assessed_is_incomplete() {
        assert_eq!(code(&with(Vec::new()), &[], 0), 4);
        let absent = fixture::finding("4.2.1");
        assert_eq!(code(&with(vec![absent.clone()]), &[], 0), 4);
        let mut skipped = absent;
        skipped.skipped = true;
        let report = with(vec![judged("2.1", Verdict::Pass), skipped]);
        // What was skipped by hand was not asked for.
        assert_eq!(code(&report, &["etcd", "node", "policies"], 0), 0);
    }

    #[test]
    fn a_refusal_comes_first_and_is_said() {
        let report = fixture::refused();
        let outcome = outcome(&report, &Selection::default(), 42);
        assert_eq!(outcome.code, REFUSED);
        assert!(outcome.said[0].contains("was refused"), "{outcome:?}");
        assert!(!is_void(&report));
        let mut nothing_else = report;
        nothing_else.findings.clear();
        assert!(is_void(&nothing_else));
    }
}
