//! The exit code and every reason for it: a function of the report, what was
//! asked, and the policy. One list, in the order in which codes win:
//!
//! | code | meaning |
//! |---|---|
//! | 2 | usage or configuration (no report) |
//! | 3 | a profile was refused |
//! | 1 | findings fail the policy (`--exit-code N` replaces it) |
//! | 4 | the scan is incomplete |
//! | 0 | none of these |
//!
//! 5 is kept for problems with exceptions.

use std::collections::BTreeMap;

use cisb_contract::manifest::Severity;

use super::{Problem, ProblemKind, Report};
use crate::finding::{Decision, Evidence, Finding, Verdict};
use crate::request::{FailOn, Selection};

/// Nothing fails the policy.
pub const CLEAN: u8 = 0;
/// Findings fail the policy.
pub const FINDINGS: u8 = 1;
/// The command line or the configuration is wrong.
pub const USAGE: u8 = 2;
/// A profile was refused.
pub const REFUSED: u8 = 3;
/// Not everything that was asked for could be assessed.
pub const INCOMPLETE: u8 = 4;

/// What makes a scan fail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// `--fail-on`.
    pub fail_on: FailOn,
    /// `--fail-on-severity`: milder findings do not fail the scan.
    pub fail_on_severity: Option<Severity>,
    /// `--exit-code`: instead of 1. Never 0, which would hide an incomplete scan.
    pub exit_code: Option<u8>,
}

/// Writes every reason for the exit code into the report's problems, worst
/// kind first, behind those that the scan itself put there. Judging twice adds
/// nothing.
pub fn judge(report: &mut Report, selection: &Selection, policy: &Policy) {
    for problem in problems(report, selection, policy) {
        if !report.problems.contains(&problem) {
            report.problems.push(problem);
        }
    }
    report.problems.sort_by_key(|problem| rank(problem.kind));
}

/// The exit code of a report that was judged.
pub fn exit_code(report: &Report, policy: &Policy) -> u8 {
    let has = |kind| report.problems.iter().any(|problem| problem.kind == kind);
    if has(ProblemKind::Refused) {
        REFUSED
    } else if has(ProblemKind::Findings) && policy.fail_on != FailOn::Never {
        policy.exit_code.unwrap_or(FINDINGS)
    } else if has(ProblemKind::Incomplete) {
        INCOMPLETE
    } else {
        CLEAN
    }
}

/// Every reason for the exit code that the report's findings and profiles give.
pub fn problems(report: &Report, selection: &Selection, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    for profile in &report.profiles {
        if let Some(refused) = &profile.refused {
            problems.push(Problem {
                kind: ProblemKind::Refused,
                text: format!(
                    "profile {} was refused ({}): {}",
                    profile.id,
                    refused.place(),
                    refused.reason
                ),
            });
        }
    }
    problems.extend(failing(report, policy));
    problems.extend(unassessed(report, selection));
    problems
}

/// Whether a finding fails the policy.
pub fn fails(finding: &Finding, policy: &Policy) -> bool {
    if finding.skipped
        || finding.decision != Decision::Required
        || policy
            .fail_on_severity
            .is_some_and(|least| finding.severity < least)
    {
        return false;
    }
    match policy.fail_on {
        // `never` still counts what it silences, so that it can be said.
        FailOn::Fail | FailOn::Never => finding.verdict == Verdict::Fail && finding.scored,
        FailOn::Judged => finding.verdict == Verdict::Fail,
        FailOn::Warn => matches!(
            finding.verdict,
            Verdict::Fail | Verdict::Manual | Verdict::Error
        ),
    }
}

fn failing(report: &Report, policy: &Policy) -> Option<Problem> {
    let ids = ids(report.findings.iter().filter(|f| fails(f, policy)));
    if ids.is_empty() {
        return None;
    }
    let counted = match policy.fail_on {
        FailOn::Fail | FailOn::Never => "scored and failed",
        FailOn::Judged => "judged and failed",
        FailOn::Warn => "failed or for a person to look at",
    };
    let severity = match policy.fail_on_severity {
        Some(least) => format!(" of severity {} or worse", severity_word(least)),
        None => String::new(),
    };
    let text = format!("{}{severity} {counted}: {}", checks(&ids), list(&ids));
    Some(match policy.fail_on {
        FailOn::Never => Problem {
            kind: ProblemKind::Note,
            text: format!("{text}; --fail-on never keeps them out of the exit code"),
        },
        _ => Problem {
            kind: ProblemKind::Findings,
            text,
        },
    })
}

fn unassessed(report: &Report, selection: &Selection) -> Vec<Problem> {
    let incomplete = |text| Problem {
        kind: ProblemKind::Incomplete,
        text,
    };
    let mut problems = Vec::new();
    problems.extend(errors(report, selection, |_| true).map(incomplete));
    if !report.findings.iter().any(is_assessed) {
        let why = if report.findings.is_empty() {
            "no check ran"
        } else {
            "no check found what it is about"
        };
        problems.push(incomplete(format!("nothing was assessed: {why}")));
    } else {
        for target in &selection.targets {
            let findings = report.findings.iter().filter(|f| f.target == *target);
            if !is_target_assessed(findings) {
                problems.push(incomplete(format!(
                    "target {target} was asked for and none of its checks found what it is about"
                )));
            }
        }
    }
    problems
}

/// The checks that count and could not be assessed, in one sentence. Those that
/// only lack an API that nobody asked for are excused unless they were named.
pub(super) fn errors(
    report: &Report,
    selection: &Selection,
    counts: impl Fn(&Finding) -> bool,
) -> Option<String> {
    let no_api = report.cluster.api == "none";
    let errors = ids(report.findings.iter().filter(|finding| {
        let excused = no_api && waits_for_api(finding) && !is_named(finding, selection);
        finding.verdict == Verdict::Error && !excused && counts(finding)
    }));
    (!errors.is_empty()).then(|| {
        let (checks, list) = (checks(&errors), list(&errors));
        format!("{checks} could not be assessed: {list}")
    })
}

/// Whether something that is here was looked at. Not-applicable does not
/// count: a machine without Kubernetes is not an audited one. What is left to a
/// person counts where there was something to show.
pub fn is_assessed(finding: &Finding) -> bool {
    let shows = |evidence: &Evidence| {
        evidence.missing.is_none()
            && matches!(
                evidence.kind.as_str(),
                "file" | "directory" | "process" | "objects"
            )
    };
    !finding.skipped
        && match finding.verdict {
            Verdict::Pass | Verdict::Fail => true,
            Verdict::Manual => finding.evidence.iter().any(shows),
            Verdict::NotApplicable | Verdict::Error => false,
        }
}

/// Whether a target was looked at, by its findings. Beside checks whose subject
/// is not here, what is left to a person proves nothing: on a worker, checks of
/// the control plane can still show the kubelet.
pub fn is_target_assessed<'a>(findings: impl Iterator<Item = &'a Finding> + Clone) -> bool {
    let decided = |finding: &Finding| matches!(finding.verdict, Verdict::Pass | Verdict::Fail);
    let mut ran = findings.filter(|finding| !finding.skipped);
    let is_manual_alone = ran.clone().all(|f| f.verdict == Verdict::Manual);
    ran.any(|finding| decided(finding) || (is_manual_alone && is_assessed(finding)))
}

/// Whether the API is all that an unassessed check lacks: an API answer is
/// missing, and nothing else is but what was looked for and is not there.
pub fn waits_for_api(finding: &Finding) -> bool {
    let of_api = |evidence: &&Evidence| matches!(evidence.kind.as_str(), "objects" | "version");
    let (api, rest): (Vec<_>, Vec<_>) = finding.evidence.iter().partition(of_api);
    let absent =
        |missing: &str| missing.starts_with("not-found") || missing.starts_with("not found");
    finding.verdict == Verdict::Error
        // The version alone is missing to checks that ask the API for nothing else.
        && api
            .iter()
            .any(|evidence| evidence.kind == "objects" && evidence.missing.is_some())
        && rest
            .iter()
            .all(|evidence| evidence.missing.as_deref().is_none_or(absent))
}

fn is_named(finding: &Finding, selection: &Selection) -> bool {
    // `--group 5` names all of section 5.
    let names = |group: &String| {
        let rest = finding.section.strip_prefix(group.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    selection.targets.contains(&finding.target)
        || selection.groups.iter().any(names)
        || selection.checks.contains(&finding.check)
}

fn rank(kind: ProblemKind) -> u8 {
    match kind {
        ProblemKind::Refused => 0,
        ProblemKind::Findings => 1,
        ProblemKind::Incomplete => 2,
        ProblemKind::Note => 3,
    }
}

/// The word for a severity in every output.
pub fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// Ids in order, each profile's once, so that two profiles' `1.1.1` count twice.
fn ids<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<&'a str> {
    findings.map(|finding| finding.check.as_str()).collect()
}

fn checks(ids: &[&str]) -> String {
    match ids.len() {
        1 => "1 check".to_owned(),
        n => format!("{n} checks"),
    }
}

/// All ids, an id that several profiles share with how often.
fn list(ids: &[&str]) -> String {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for id in ids {
        *times.entry(id).or_default() += 1;
    }
    let mut words: Vec<String> = Vec::new();
    for id in ids {
        match times.remove(id) {
            Some(1) => words.push((*id).to_owned()),
            Some(n) => words.push(format!("{id} ({n} times)")),
            None => {}
        }
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Report, fixture};

    fn with(findings: Vec<Finding>) -> Report {
        fixture::report(fixture::node("n", "worker"), findings, Vec::new())
    }

    fn pass(id: &str) -> Finding {
        fixture::judged(id, Verdict::Pass, "/x", "a", "a", "fine")
    }

    fn fail(id: &str) -> Finding {
        fixture::judged(id, Verdict::Fail, "/x", "a", "b", "wrong")
    }

    fn manual(id: &str) -> Finding {
        fixture::judged(id, Verdict::Manual, "/x", "a", "b", "look")
    }

    fn error(id: &str, kind: &str, why: &str) -> Finding {
        fixture::missing(id, Verdict::Error, kind, "x", why, "could not look")
    }

    fn no_api(id: &str) -> Finding {
        error(id, "objects", "unreachable: no API server was asked for")
    }

    fn absent(id: &str) -> Finding {
        fixture::missing(
            id,
            Verdict::NotApplicable,
            "process-search",
            "x",
            "not-found",
            "not here",
        )
    }

    fn code(mut report: Report, selection: &Selection, policy: &Policy) -> u8 {
        judge(&mut report, selection, policy);
        let before = report.problems.clone();
        judge(&mut report, selection, policy);
        assert_eq!(report.problems, before, "judging twice changes nothing");
        exit_code(&report, policy)
    }

    fn fail_on(fail_on: FailOn) -> Policy {
        Policy {
            fail_on,
            ..Policy::default()
        }
    }

    fn targets(names: &[&str]) -> Selection {
        Selection {
            targets: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Selection::default()
        }
    }

    #[test]
    fn what_fails_the_policy() {
        use FailOn::{Fail, Judged, Never, Warn};
        // 4.2.1 is scored; 1.1.20 is manual and unscored.
        for (finding, expected) in [
            (pass("4.2.1"), [0, 0, 0, 0]),
            (fail("4.2.1"), [1, 1, 1, 0]),
            (fail("1.1.20"), [0, 1, 1, 0]),
            (manual("1.1.20"), [0, 0, 1, 0]),
        ] {
            for (policy, expected) in [Fail, Judged, Warn, Never].into_iter().zip(expected) {
                let report = with(vec![pass("2.1"), finding.clone()]);
                let got = code(report, &Selection::default(), &fail_on(policy));
                assert_eq!(got, expected, "{} {policy:?}", finding.check);
            }
        }
    }

    #[test]
    fn milder_findings_can_be_let_through() {
        // 4.1.1 is medium, 4.2.1 critical.
        for (least, id, expected) in [
            (Severity::Medium, "4.1.1", 1),
            (Severity::High, "4.1.1", 0),
            (Severity::Critical, "4.2.1", 1),
        ] {
            let policy = Policy {
                fail_on_severity: Some(least),
                ..Policy::default()
            };
            assert_eq!(
                code(with(vec![fail(id)]), &Selection::default(), &policy),
                expected
            );
        }
    }

    #[test]
    fn a_provider_s_finding_and_a_skipped_one_do_not_fail() {
        let mut provider = fail("4.2.1");
        provider.decision = Decision::ProviderOwned;
        let mut skipped = fail("4.2.1");
        skipped.skipped = true;
        for finding in [provider, skipped] {
            let report = with(vec![pass("2.1"), finding]);
            assert_eq!(code(report, &Selection::default(), &Policy::default()), 0);
        }
    }

    #[test]
    fn never_silences_findings_and_says_so() {
        let mut report = with(vec![fail("4.2.1")]);
        judge(&mut report, &Selection::default(), &fail_on(FailOn::Never));
        assert_eq!(report.problems.len(), 1);
        assert_eq!(report.problems[0].kind, ProblemKind::Note);
        assert!(
            report.problems[0].text.contains("4.2.1"),
            "{:?}",
            report.problems
        );
        // It does not silence an incomplete scan, nor a refused profile.
        let broken = with(vec![fail("4.2.1"), error("4.1.1", "file", "not-permitted")]);
        assert_eq!(
            code(broken, &Selection::default(), &fail_on(FailOn::Never)),
            4
        );
        assert_eq!(
            code(
                fixture::refused(),
                &Selection::default(),
                &fail_on(FailOn::Never)
            ),
            3
        );
    }

    #[test]
    fn exit_code_replaces_one_and_only_one() {
        let policy = Policy {
            exit_code: Some(42),
            ..Policy::default()
        };
        let all = Selection::default();
        assert_eq!(code(with(vec![fail("4.2.1")]), &all, &policy), 42);
        assert_eq!(code(with(vec![pass("4.2.1")]), &all, &policy), 0);
        assert_eq!(
            code(
                with(vec![error("4.2.1", "file", "not-permitted")]),
                &all,
                &policy
            ),
            4
        );
        assert_eq!(code(fixture::refused(), &all, &policy), 3);
    }

    #[test]
    fn refused_before_findings_before_incomplete_and_all_are_said() {
        let mut report = fixture::refused();
        report
            .findings
            .push(error("4.1.1", "file", "not-permitted"));
        judge(&mut report, &Selection::default(), &Policy::default());
        let kinds: Vec<_> = report.problems.iter().map(|p| p.kind).collect();
        assert_eq!(
            kinds,
            [
                ProblemKind::Refused,
                ProblemKind::Findings,
                ProblemKind::Incomplete
            ]
        );
        assert_eq!(exit_code(&report, &Policy::default()), 3);
        report.problems.remove(0);
        assert_eq!(exit_code(&report, &Policy::default()), 1);
        report.problems.remove(0);
        assert_eq!(exit_code(&report, &Policy::default()), 4);
    }

    #[test]
    fn an_error_makes_the_scan_incomplete() {
        for why in [
            "not-permitted",
            "not-recorded",
            "withheld",
            "too-large",
            "not-found",
        ] {
            let report = with(vec![pass("2.1"), error("4.2.1", "file", why)]);
            assert_eq!(
                code(report, &Selection::default(), &Policy::default()),
                4,
                "{why}"
            );
        }
        let mut silent = error("4.2.1", "file", "x");
        silent.evidence.clear();
        let report = with(vec![pass("2.1"), silent]);
        assert_eq!(code(report, &Selection::default(), &Policy::default()), 4);
    }

    #[test]
    fn without_an_api_its_checks_are_excused_unless_named() {
        let all = Selection::default();
        let policy = Policy::default();
        let report = || with(vec![pass("4.2.1"), no_api("5.1.1")]);
        assert_eq!(code(report(), &all, &policy), 0);
        assert_eq!(code(report(), &targets(&["node", "policies"]), &policy), 4);
        assert_eq!(code(report(), &targets(&["node"]), &policy), 0);
        let named = Selection {
            checks: vec!["4.2.1".into(), "5.1.1".into()],
            ..all.clone()
        };
        assert_eq!(code(report(), &named, &policy), 4);
        for (group, expected) in [("5.1", 4), ("5", 4), ("5.2", 0), ("5.", 0), ("4", 0)] {
            let named = Selection {
                groups: vec![group.into()],
                ..all.clone()
            };
            assert_eq!(code(report(), &named, &policy), expected, "{group}");
        }
        // Asked for and not answering is no excuse.
        let mut asked = report();
        asked.cluster.api = "live".into();
        assert_eq!(code(asked, &all, &policy), 4);
        // Nor is it when something else could not be read, too.
        let mut both = no_api("5.1.1");
        both.evidence.push(fixture::evidence(
            "file",
            "/x",
            "denied",
            Some("not-permitted"),
        ));
        assert_eq!(code(with(vec![pass("4.2.1"), both]), &all, &policy), 4);
        // Nor when only the version is missing: that is no check of the API.
        let version = error("5.1.1", "version", "unreachable");
        assert_eq!(code(with(vec![pass("4.2.1"), version]), &all, &policy), 4);
        // What was looked for and is not there does not take the excuse away.
        let mut absent = no_api("5.1.1");
        absent
            .evidence
            .push(fixture::evidence("file", "/x", "absent", Some("not-found")));
        assert_eq!(code(with(vec![pass("4.2.1"), absent]), &all, &policy), 0);
    }

    #[test]
    fn a_run_that_assessed_nothing_is_incomplete() {
        let all = Selection::default();
        let policy = Policy::default();
        assert_eq!(code(with(vec![]), &all, &policy), 4);
        assert_eq!(
            code(with(vec![absent("1.1.1"), absent("4.2.1")]), &all, &policy),
            4
        );
        assert_eq!(code(with(vec![no_api("5.1.1")]), &all, &policy), 4);
        let mut skipped = pass("4.2.1");
        skipped.skipped = true;
        assert_eq!(code(with(vec![skipped]), &all, &policy), 4);
        // A person can decide only what there is to see.
        assert_eq!(code(with(vec![manual("1.1.20")]), &all, &policy), 0);
        let mut empty = manual("1.1.20");
        empty.evidence[0].missing = Some("not-found".into());
        assert_eq!(code(with(vec![empty]), &all, &policy), 4);
    }

    #[test]
    fn a_target_asked_for_by_name_must_be_assessed() {
        let report = || with(vec![absent("1.1.1"), pass("4.2.1")]);
        assert_eq!(code(report(), &Selection::default(), &Policy::default()), 0);
        assert_eq!(code(report(), &targets(&["node"]), &Policy::default()), 0);
        assert_eq!(
            code(report(), &targets(&["master", "node"]), &Policy::default()),
            4
        );
        assert_eq!(
            code(report(), &targets(&["etcd", "node"]), &Policy::default()),
            4
        );
        // A person can look at what there is, but not beside what is not here.
        let master = targets(&["master", "node"]);
        let mut mixed = report();
        mixed.findings.push(manual("1.1.20"));
        assert_eq!(code(mixed.clone(), &master, &Policy::default()), 4);
        mixed.findings.remove(0);
        assert_eq!(code(mixed, &master, &Policy::default()), 0);
    }
}
