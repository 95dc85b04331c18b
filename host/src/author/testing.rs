//! Runs cases: what a profile says of each node held against what its author
//! expects, and which verdicts of which checks no case has shown.

pub mod junit;
pub mod text;

use cisb_contract::Manifest;
use cisb_contract::manifest::Check;
use serde::Serialize;

use super::cases::read::{Ready, Suite};
use super::cases::{ExpectMembers, Word};
use crate::finding::{Evidence, Finding, Subject, Verdict};
use crate::trial::{Ran, Stage, Trial};

/// The `schemaVersion` of what is told as JSON.
const SCHEMA_VERSION: &str = "0.1";

/// The name of the case that every profile has.
const DARK: &str = "nothing can be read";

/// The time at which nothing can be read.
const DARK_NOW: &str = "2026-01-01T00:00:00Z";

/// What came of all cases.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tested {
    schema_version: &'static str,
    /// What was tested.
    pub profile: Profile,
    /// What came of all.
    pub summary: Summary,
    /// The cases in their order; last the one on a node of which nothing can
    /// be read.
    pub cases: Vec<TestedCase>,
    /// What cases have shown.
    pub coverage: Coverage,
}

/// A profile that was tested.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The component's digest.
    pub digest: String,
}

/// Counts.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Cases.
    pub cases: usize,
    /// Those of which something was not as expected.
    pub failed: usize,
    /// What was expected, check by check.
    pub expectations: usize,
    /// Those that did not come true.
    pub unmet: usize,
}

/// What came of a case.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestedCase {
    /// The file that it stands in; none for the one that every profile has.
    pub file: Option<String>,
    /// Where it is written.
    pub line: u64,
    /// Its name.
    pub name: String,
    /// Whether everything was as expected.
    pub passed: bool,
    /// Its checks.
    pub checks: Vec<TestedCheck>,
}

/// What a check said in a case.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestedCheck {
    /// Its id.
    pub check: String,
    /// What it demands.
    pub title: String,
    /// Whether it said what was expected.
    pub passed: bool,
    /// What was expected.
    pub expected: ExpectMembers,
    /// What it said.
    pub seen: Seen,
    /// Where they differ.
    pub differences: Vec<Difference>,
}

/// What a check said.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "as in a finding")]
pub struct Seen {
    pub verdict: Verdict,
    pub reason: String,
    pub expected: String,
    pub actual: String,
    pub subjects: Vec<Subject>,
    pub evidence: Vec<Evidence>,
}

/// Something that was not as expected.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// What: `verdict`, `reason`, `actual`, a subject, or `behaviour`.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub seen: String,
}

/// What cases have shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// Whether nothing is lacking.
    pub complete: bool,
    /// Check by check.
    pub checks: Vec<Covered>,
}

/// What cases have shown of a check.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Covered {
    /// Its id.
    pub check: String,
    /// What it demands.
    pub title: String,
    /// Whether a case passes it.
    pub pass: bool,
    /// Whether a case fails it.
    pub fail: bool,
    /// Whether a case takes from it what it looks at.
    pub unreadable: bool,
    /// What is lacking: `pass`, `fail`, `unreadable`. Nothing of a check that a
    /// person decides.
    pub lacks: Vec<&'static str>,
}

impl Tested {
    /// Whether every case came out as expected.
    pub fn passed(&self) -> bool {
        self.summary.failed == 0
    }
}

/// Runs the cases, of these checks alone if any are named.
pub fn run(trial: &Trial, suites: &[Suite], only: &[String]) -> Tested {
    let chosen = |check: &&Check| only.is_empty() || only.contains(&check.id);
    let checks: Vec<&Check> = trial.manifest().checks.iter().filter(chosen).collect();
    let mut cases = Vec::new();
    let mut shown = Shown::default();
    for suite in suites {
        for case in &suite.cases {
            let tested = one(trial, &checks, case);
            if tested.is_empty() {
                continue;
            }
            shown.add(case.dark, &tested);
            cases.push(TestedCase::of(Some(suite), case.line, &case.name, tested));
        }
    }
    let left = checks.iter().filter(|check| !shown.is_dark(&check.id));
    let tested = dark(trial, left.copied());
    shown.add(true, &tested);
    if !tested.is_empty() {
        cases.push(TestedCase::of(None, 0, DARK, tested));
    }
    let manifest = trial.manifest();
    Tested {
        schema_version: SCHEMA_VERSION,
        profile: Profile {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            digest: format!("sha256:{}", trial.verified().digest()),
        },
        summary: summary(&cases),
        coverage: shown.coverage(manifest, &checks),
        cases,
    }
}

/// Runs one case.
fn one(trial: &Trial, checks: &[&Check], case: &Ready) -> Vec<TestedCheck> {
    let expected = case.expect.iter();
    let expected = expected.filter_map(|(id, expected)| {
        let check = checks.iter().find(|check| check.id == *id)?;
        Some((*check, expected))
    });
    expected
        .map(|(check, expected)| {
            let ran = trial.run(&case.stage, check, &case.parameters);
            let differences = differences(expected, &ran);
            TestedCheck::of(expected.clone(), ran, differences)
        })
        .collect()
}

/// A check that sees nothing and says that all is well, or is not, guesses. A
/// case of an author's own that expects something else of it is believed.
fn dark<'a>(trial: &Trial, checks: impl Iterator<Item = &'a Check>) -> Vec<TestedCheck> {
    let stage = Stage::dark(DARK_NOW.to_owned());
    let parameters = trial.defaults();
    checks
        .map(|check| {
            let ran = trial.run(&stage, check, &parameters);
            let verdict = ran.finding.verdict;
            let mut differences = misbehaviour(&ran);
            if !matches!(verdict, Verdict::Error | Verdict::Manual) {
                differences.push(Difference {
                    what: "verdict".to_owned(),
                    expected: "error or manual".to_owned(),
                    seen: verdict.word().to_owned(),
                });
            }
            let expected = match verdict {
                Verdict::Manual => Word::Manual,
                _ => Word::Error,
            };
            TestedCheck::of(ExpectMembers::of(expected), ran, differences)
        })
        .collect()
}

/// A profile that was stopped said nothing, whatever was expected.
fn misbehaviour(ran: &Ran) -> Vec<Difference> {
    let fault = ran.fault.then(|| Difference {
        what: "behaviour".to_owned(),
        expected: "an answer".to_owned(),
        seen: ran.finding.reason.clone(),
    });
    fault.into_iter().collect()
}

fn differences(expected: &ExpectMembers, ran: &Ran) -> Vec<Difference> {
    let finding = &ran.finding;
    let mut found = misbehaviour(ran);
    let mut differ = |what: &str, expected: String, seen: &str| {
        found.push(Difference {
            what: what.to_owned(),
            expected,
            seen: seen.to_owned(),
        });
    };
    let verdict = Verdict::from(expected.verdict);
    if verdict != finding.verdict {
        differ("verdict", verdict.word().to_owned(), finding.verdict.word());
    }
    for (what, part, whole) in [
        ("reason", &expected.reason, &finding.reason),
        ("actual", &expected.actual, &finding.actual),
    ] {
        if let Some(part) = part
            && !whole.contains(part.as_str())
        {
            differ(what, format!("a text with `{part}`"), whole);
        }
    }
    for (key, state) in &expected.subjects {
        let state = Verdict::from(*state);
        let seen = finding.subjects.iter().find(|s| s.key == *key);
        match seen.map(|subject| subject.state) {
            Some(seen) if seen == state => {}
            Some(seen) => differ(key, state.word().to_owned(), seen.word()),
            None => {
                let all = finding.subjects.iter().map(|s| s.key.as_str());
                let all: Vec<&str> = all.take(5).collect();
                let seen = match all.is_empty() {
                    true => "nothing is judged by itself".to_owned(),
                    false => format!("it is not judged; these are: {}", all.join(", ")),
                };
                differ(key, state.word().to_owned(), &seen);
            }
        }
    }
    found
}

impl TestedCase {
    fn of(suite: Option<&Suite>, line: u64, name: &str, checks: Vec<TestedCheck>) -> Self {
        Self {
            file: suite.map(|suite| suite.file.clone()),
            line,
            name: name.to_owned(),
            passed: checks.iter().all(|check| check.passed),
            checks,
        }
    }
}

impl TestedCheck {
    fn of(expected: ExpectMembers, ran: Ran, differences: Vec<Difference>) -> Self {
        let Finding {
            check,
            title,
            verdict,
            reason,
            expected: wanted,
            actual,
            subjects,
            evidence,
            ..
        } = ran.finding;
        Self {
            check,
            title,
            passed: differences.is_empty(),
            expected,
            seen: Seen {
                verdict,
                reason,
                expected: wanted,
                actual,
                subjects,
                evidence,
            },
            differences,
        }
    }
}

fn summary(cases: &[TestedCase]) -> Summary {
    let checks = || cases.iter().flat_map(|case| &case.checks);
    Summary {
        cases: cases.len(),
        failed: cases.iter().filter(|case| !case.passed).count(),
        expectations: checks().count(),
        unmet: checks().filter(|check| !check.passed).count(),
    }
}

/// Checks that said what was expected, and what that was.
#[derive(Debug, Default)]
struct Shown(Vec<(String, Shows)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    Verdict(Verdict),
    Dark,
}

impl Shown {
    fn add(&mut self, dark: bool, tested: &[TestedCheck]) {
        for check in tested {
            let is_dark = dark || check.expected.verdict == Word::Error;
            // An author who expects it has thought of it, even if it is not so.
            if is_dark {
                self.0.push((check.check.clone(), Shows::Dark));
            }
            if check.passed {
                let shows = Shows::Verdict(check.seen.verdict);
                self.0.push((check.check.clone(), shows));
            }
        }
    }

    fn has(&self, check: &str, shows: Shows) -> bool {
        self.0.iter().any(|(id, it)| id == check && *it == shows)
    }

    fn is_dark(&self, check: &str) -> bool {
        self.has(check, Shows::Dark)
    }

    fn coverage(&self, manifest: &Manifest, checks: &[&Check]) -> Coverage {
        let checks = checks.iter().map(|check| self.covered(manifest, check));
        let checks: Vec<Covered> = checks.collect();
        Coverage {
            complete: checks.iter().all(|check| check.lacks.is_empty()),
            checks,
        }
    }

    fn covered(&self, manifest: &Manifest, check: &Check) -> Covered {
        let verdict = |verdict| self.has(&check.id, Shows::Verdict(verdict));
        let (pass, fail) = (verdict(Verdict::Pass), verdict(Verdict::Fail));
        let unreadable = self.is_dark(&check.id);
        // Of what tailoring left to a person, facts decide nothing.
        let judged = check.judged && manifest.instead(&check.id).is_none();
        let lacks = match judged {
            true => {
                let all = [(pass, "pass"), (fail, "fail"), (unreadable, "unreadable")];
                let lacking = all.into_iter().filter(|(shown, _)| !shown);
                lacking.map(|(_, word)| word).collect()
            }
            // What a person decides is the same wherever nothing is looked at.
            false => Vec::new(),
        };
        Covered {
            check: check.id.clone(),
            title: check.title.clone(),
            pass,
            fail,
            unreadable,
            lacks,
        }
    }
}
