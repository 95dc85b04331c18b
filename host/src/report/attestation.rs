//! A signed result: an in-toto statement about a report, and whether a report
//! is the one that was signed. Pure: values in, values out.
//!
//! Such a signature proves that whoever holds the key vouched for these bytes.
//! It does not prove that the node was as the report says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::Report;
use crate::evidence::hex;
use crate::finding::{Decision, Verdict};
use crate::trust::dsse::{Envelope, EnvelopeError};
use crate::trust::statement::{self, StatementError, sha256};

/// in-toto's own predicate for the results of tests.
pub const PREDICATE_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// What a scan was asked for and found, that the report does not say itself.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Root of the scanned tree; none for a record.
    pub root: Option<String>,
    /// The process table; none for a record or a tree.
    pub proc: Option<String>,
    /// The digest of the record, lower-case hex.
    pub record: Option<String>,
    /// `--set`, and what stands for it in the settings.
    pub parameters: BTreeMap<String, String>,
    /// What the selection left of the profile.
    pub selection: Value,
    /// Whether a person set the time of the scan.
    pub time_was_set: bool,
    /// The exit code.
    pub exit_code: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TestResult {
    result: Outcome,
    configuration: Vec<Resource>,
    #[serde(default)]
    passed_tests: Vec<String>,
    #[serde(default)]
    warned_tests: Vec<String>,
    #[serde(default)]
    failed_tests: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Outcome {
    Passed,
    Warned,
    Failed,
}

/// in-toto's ResourceDescriptor, as far as it is used here.
#[derive(Serialize, Deserialize)]
struct Resource {
    name: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    digest: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    annotations: Map<String, Value>,
}

/// The statement about a report that was written as these bytes, as JSON.
pub fn statement(report: &Report, bytes: &[u8], name: &str, context: &Context) -> Vec<u8> {
    let digest = hex(&Sha256::digest(bytes));
    let (passed_tests, warned_tests, failed_tests) = tests(report);
    let result = TestResult {
        result: outcome(context.exit_code, &warned_tests),
        configuration: configuration(report, context),
        passed_tests,
        warned_tests,
        failed_tests,
    };
    statement::about(name, &digest, PREDICATE_TYPE, result)
}

/// Nothing that was not assessed makes a result better.
fn outcome(exit_code: u8, warned: &[String]) -> Outcome {
    match (exit_code, warned.is_empty()) {
        (0, true) => Outcome::Passed,
        (0, false) => Outcome::Warned,
        _ => Outcome::Failed,
    }
}

/// Checks by what became of them. One that a person or nobody judged is
/// neither passed nor failed.
fn tests(report: &Report) -> (Vec<String>, Vec<String>, Vec<String>) {
    let of = |wanted: &dyn Fn(&crate::finding::Finding) -> bool| {
        let findings = report.findings.iter().filter(|finding| wanted(finding));
        let names = findings.map(|finding| format!("{}/{}", finding.profile, finding.check));
        names.collect()
    };
    let required = |f: &crate::finding::Finding| f.decision == Decision::Required;
    (
        of(&|f| f.verdict == Verdict::Pass),
        of(&|f| {
            matches!(f.verdict, Verdict::Manual | Verdict::Error)
                || (f.verdict == Verdict::Fail && !required(f))
        }),
        of(&|f| f.verdict == Verdict::Fail && required(f)),
    )
}

/// Everything that the result depends on.
fn configuration(report: &Report, context: &Context) -> Vec<Resource> {
    let node = &report.node;
    let mut all = vec![
        resource(
            "tool",
            None,
            json!({"name": report.tool.name, "version": report.tool.version,
                "reportSchema": report.schema_version}),
        ),
        resource(
            "scan",
            None,
            json!({"time": report.started, "timeWasSet": context.time_was_set,
                "selection": context.selection, "exitCode": context.exit_code}),
        ),
        resource(
            "node",
            context.record.as_deref(),
            json!({"name": node.name, "origin": node.origin, "root": context.root,
                "proc": context.proc, "platform": node.platform, "role": node.role,
                "cluster": report.cluster.name, "api": report.cluster.api}),
        ),
    ];
    for profile in &report.profiles {
        let signers: Vec<Value> = profile
            .signers
            .iter()
            .map(|s| json!({"name": s.name, "key": s.key}))
            .collect();
        all.push(resource(
            &format!("profile {}", profile.id),
            profile.digest.strip_prefix("sha256:"),
            json!({"id": profile.id, "version": profile.version, "epoch": profile.epoch,
                "manifest": profile.manifest_digest, "capabilities": profile.capabilities,
                "signers": signers, "grants": profile.grants,
                "refused": profile.refused.as_ref().map(|refused| &refused.code)}),
        ));
    }
    for input in &report.inputs {
        all.push(resource(
            &input.kind,
            input.digest.strip_prefix("sha256:"),
            json!({}),
        ));
    }
    // Nothing relabels a finding here, and whoever relies on that can see it.
    all.push(resource("exceptions", None, json!({"register": null})));
    all.push(resource("parameters", None, json!(context.parameters)));
    let coverage = &report.coverage;
    all.push(resource(
        "coverage",
        None,
        json!({"declared": coverage.declared, "selected": coverage.selected,
            "assessed": coverage.assessed, "errors": report.summary.error,
            "profileRange": coverage.profile_range}),
    ));
    all
}

fn resource(name: &str, digest: Option<&str>, annotations: Value) -> Resource {
    Resource {
        name: name.to_owned(),
        digest: digest.map(sha256).unwrap_or_default(),
        annotations: match annotations {
            Value::Object(map) => map,
            _ => Map::new(),
        },
    }
}

/// Why a report is not the one that was signed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it")]
pub enum AttestationError {
    #[error("its signature cannot be read: {0}")]
    Envelope(#[from] EnvelopeError),
    #[error("what is signed is no statement about a report: {0}")]
    Statement(String),
    #[error(
        "its signature is for other bytes: it names sha256:{signed}, and the report has \
         sha256:{is}"
    )]
    OtherBytes { signed: String, is: String },
    #[error("it is no report of cisb: {0}")]
    Report(String),
    #[error("the signature says that {0}, and the report says otherwise")]
    Disagree(String),
}

impl AttestationError {
    /// Which of the reasons, the same when sentences change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Envelope(EnvelopeError::PayloadType(_)) => "wrong-payload-type",
            Self::Envelope(_) => "bad-envelope",
            Self::Statement(_) => "bad-statement",
            Self::OtherBytes { .. } => "other-bytes",
            Self::Report(_) => "bad-report",
            Self::Disagree(_) => "disagree",
        }
    }
}

/// What a signed report binds, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// Names and texts, in order.
    pub fields: Vec<(&'static str, String)>,
}

/// That an envelope is about this report and says of it what it says itself.
/// The signatures are not looked at.
pub fn check(envelope: &Envelope, bytes: &[u8]) -> Result<Attested, AttestationError> {
    let digest = hex(&Sha256::digest(bytes));
    let predicate: TestResult = statement::read(envelope, PREDICATE_TYPE, "report", &digest)
        .map_err(|error| match error {
            StatementError::Other(what) => AttestationError::Statement(what),
            StatementError::OtherBytes { signed, is } => {
                AttestationError::OtherBytes { signed, is }
            }
        })?;
    let report: Report =
        serde_json::from_slice(bytes).map_err(|e| AttestationError::Report(e.to_string()))?;
    agrees(&report, &predicate)?;
    Ok(Attested {
        fields: fields(&report, &predicate),
    })
}

/// Whoever reads the statement alone must not read something else.
fn agrees(report: &Report, predicate: &TestResult) -> Result<(), AttestationError> {
    let (passed, warned, failed) = tests(report);
    for (what, signed, is) in [
        ("passed", &predicate.passed_tests, passed),
        (
            "left to a person or not assessed",
            &predicate.warned_tests,
            warned,
        ),
        ("failed", &predicate.failed_tests, failed),
    ] {
        if *signed != is {
            let words = format!("{} checks {what}", signed.len());
            return Err(AttestationError::Disagree(words));
        }
    }
    for profile in &report.profiles {
        let name = format!("profile {}", profile.id);
        let of = |r: &&Resource| r.name == name;
        let signed = predicate.configuration.iter().find(of);
        let signed = signed.and_then(|r| r.digest.get("sha256"));
        if signed.map(String::as_str) != profile.digest.strip_prefix("sha256:") {
            let words = format!("the {name} is another");
            return Err(AttestationError::Disagree(words));
        }
    }
    Ok(())
}

fn fields(report: &Report, predicate: &TestResult) -> Vec<(&'static str, String)> {
    let of = |name: &str| {
        let mut all = predicate.configuration.iter();
        all.find(|resource| resource.name == name)
    };
    let note = |resource: Option<&Resource>, name: &str| {
        resource
            .and_then(|r| r.annotations.get(name))
            .cloned()
            .unwrap_or(Value::Null)
    };
    let mut fields = Vec::new();
    let set = note(of("scan"), "timeWasSet");
    fields.push((
        "time",
        match set {
            Value::Bool(false) => format!("{}, by the scanner's clock", report.started),
            _ => format!("{}, as a person set it", report.started),
        },
    ));
    let (root, proc) = (note(of("node"), "root"), note(of("node"), "proc"));
    let record = of("node").and_then(|node| node.digest.get("sha256"));
    let place = match (root, proc, record) {
        (_, _, Some(digest)) => format!("record sha256:{digest}"),
        (Value::String(root), Value::String(proc), None) => {
            format!("live, root {root}, processes {proc}")
        }
        (Value::String(root), _, None) => format!("tree {root}, without processes"),
        _ => "not said".to_owned(),
    };
    fields.push(("node", format!("{}: {place}", report.node.name)));
    for profile in &report.profiles {
        let said = match &profile.refused {
            Some(refused) => format!("{}, refused ({})", profile.id, refused.place()),
            None => format!(
                "{} {}, {}, {}",
                profile.id, profile.version, profile.signer, profile.digest
            ),
        };
        fields.push(("profile", said));
    }
    for input in &report.inputs {
        fields.push(("input", format!("{} {}", input.kind, input.digest)));
    }
    let parameters = of("parameters").map(|r| &r.annotations);
    if let Some(parameters) = parameters.filter(|all| !all.is_empty()) {
        let all: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
            .collect();
        fields.push(("set", all.join(", ")));
    }
    fields.push((
        "coverage",
        format!(
            "{} of {} checks assessed, {} selected of {}",
            report.coverage.assessed,
            report.coverage.selected,
            report.coverage.selected,
            report.coverage.declared
        ),
    ));
    let word = match predicate.result {
        Outcome::Passed => "passed",
        Outcome::Warned => "passed, and something is left to a person",
        Outcome::Failed => "failed or incomplete",
    };
    fields.push((
        "result",
        format!(
            "{word}: {} passed, {} failed, {} left to a person or not assessed",
            predicate.passed_tests.len(),
            predicate.failed_tests.len(),
            predicate.warned_tests.len()
        ),
    ));
    fields
}

#[cfg(test)]
mod tests_of_statements {
    use super::*;
    use crate::report::{fixture, json};

    fn written(report: &Report) -> Vec<u8> {
        let mut bytes = Vec::new();
        json::write(report, &mut bytes).unwrap();
        bytes
    }

    fn envelope(change: impl FnOnce(&mut Value)) -> (Envelope, Vec<u8>) {
        let report = fixture::control_plane();
        let bytes = written(&report);
        let context = Context {
            exit_code: 1,
            ..Context::default()
        };
        let statement = statement(&report, &bytes, "report.json", &context);
        let mut value = serde_json::from_slice(&statement).unwrap();
        change(&mut value);
        (Envelope::around(value.to_string().as_bytes()), bytes)
    }

    #[test]
    fn a_statement_is_about_the_report_it_was_made_of() {
        let (envelope, bytes) = envelope(|_| {});
        let said = check(&envelope, &bytes).unwrap().fields;
        assert!(said.iter().any(|(name, _)| *name == "coverage"), "{said:?}");
        let (.., result) = said.last().unwrap();
        assert!(result.starts_with("failed or incomplete: "), "{result}");
        let mut other = bytes.clone();
        other.push(b'\n');
        let said = check(&envelope, &other).unwrap_err();
        assert_eq!(said.code(), "other-bytes");
    }

    #[test]
    fn a_statement_that_says_more_than_the_report_is_none() {
        for change in [
            |s: &mut Value| s["predicate"]["failedTests"] = json!([]),
            |s: &mut Value| s["predicate"]["passedTests"] = json!(["mini-1.0/1.1.1"]),
            |s: &mut Value| s["predicate"]["configuration"] = json!([]),
        ] {
            let (envelope, bytes) = envelope(change);
            let said = check(&envelope, &bytes).unwrap_err();
            assert_eq!(said.code(), "disagree", "{said}");
        }
        let (envelope, bytes) = envelope(|s| s["predicateType"] = "x".into());
        assert_eq!(
            check(&envelope, &bytes).unwrap_err().code(),
            "bad-statement"
        );
    }

    #[test]
    fn what_was_not_assessed_is_not_passed() {
        let (envelope, _) = envelope(|_| {});
        let said: Value = serde_json::from_slice(envelope.payload()).unwrap();
        let predicate = &said["predicate"];
        let listed = |name: &str| predicate[name].as_array().unwrap().len();
        let report = fixture::control_plane();
        assert_eq!(listed("passedTests"), report.summary.pass);
        assert_eq!(listed("failedTests"), report.summary.fail);
        assert_eq!(
            listed("warnedTests"),
            report.summary.manual + report.summary.error
        );
        assert_eq!(predicate["result"], "FAILED");
        assert_eq!(outcome(0, &[]), Outcome::Passed);
        assert_eq!(outcome(0, &["x".to_owned()]), Outcome::Warned);
        for code in 1..=4 {
            assert_eq!(outcome(code, &[]), Outcome::Failed);
        }
    }
}
