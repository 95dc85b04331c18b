//! Every output of the same reports: goldens, nothing lost, nothing forged, the
//! published schema.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::exit::{self, Policy};
use super::text::TextOptions;
use super::{Report, escape, fixture, json, kube_bench, screen, text};
use crate::finding::{Basis, Decision, Verdict};
use crate::request::Selection;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/report/golden")
        .join(path)
}

/// Compares with a file beside the tests; `BLESS=1` writes it instead.
pub(super) fn golden(name: &str, actual: &str) {
    let path = here(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "{} differs; BLESS=1 rewrites it. Now:\n{actual}",
        path.display()
    );
}

fn judged(mut report: Report) -> (Report, TextOptions) {
    let policy = Policy::default();
    exit::judge(&mut report, &Selection::default(), &policy);
    let options = TextOptions {
        command: "cisb scan --profile mini-1.0.wasm".into(),
        exit_code: exit::exit_code(&report, &policy),
        ..TextOptions::default()
    };
    (report, options)
}

fn as_text(report: &Report, options: &TextOptions) -> String {
    let mut out = Vec::new();
    text::write(report, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn as_json(report: &Report) -> String {
    let mut out = Vec::new();
    json::write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn as_kube_bench(report: &Report) -> String {
    let mut out = Vec::new();
    kube_bench::write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn everything() -> [(&'static str, Report); 5] {
    [
        ("control-plane", fixture::control_plane()),
        ("worker", fixture::worker()),
        ("no-root", fixture::no_root()),
        ("no-host-pid", fixture::no_host_pid()),
        ("refused", fixture::refused()),
    ]
}

#[test]
fn text_at_80_columns() {
    for (name, report) in everything() {
        let (report, options) = judged(report);
        golden(&format!("{name}.txt"), &as_text(&report, &options));
    }
}

#[test]
fn colour_only_adds_escapes() {
    let (report, options) = judged(fixture::control_plane());
    let colored = as_text(
        &report,
        &TextOptions {
            color: true,
            ..options.clone()
        },
    );
    golden("control-plane.color.txt", &colored.replace('\x1b', "<ESC>"));
    let plain = anstream::adapter::strip_str(&colored).to_string();
    assert_eq!(plain, as_text(&report, &options));
}

#[test]
fn kube_bench_json() {
    let (report, _) = judged(fixture::control_plane());
    golden("control-plane.kube-bench.json", &as_kube_bench(&report));
}

#[test]
fn what_is_a_providers_is_said_once() {
    let (mut report, options) = judged(fixture::control_plane());
    let evidence = "Provider runs this part of the cluster; its audit reports are in a portal";
    for finding in report.findings.iter_mut().take(3) {
        finding.decision = Decision::ProviderOwned;
        finding.verdict = Verdict::Manual;
        finding.reason = evidence.into();
        finding.remediation = "nothing that a customer could do".into();
    }
    let text = as_text(&report, &options);
    assert_eq!(text.matches("provider-owned, not attested").count(), 3);
    // In the section, and on the closing screen.
    assert_eq!(text.matches("runs this part of the").count(), 2);
    assert!(
        text.contains("\nProvider   3 checks not attested: Provider runs"),
        "{text}"
    );
    assert!(!text.contains("nothing that a customer"), "{text}");
}

#[test]
fn the_closing_screen_fits() {
    let mut many = fixture::control_plane();
    for n in 0..40 {
        let mut finding = many.findings[3].clone();
        finding.check = format!("1.2.{}", 100 + n);
        finding.subjects[0].key = "/a/very/long/path".repeat(n);
        finding.remediation = "word ".repeat(n * 3) + "漢字漢字漢字漢字";
        many.findings.push(finding);
        many.profiles.push(fixture::refused().profiles[1].clone());
        many.coverage
            .gaps
            .push(fixture::no_host_pid().coverage.gaps[0].clone());
    }
    many.coverage.profile_range = "outside: v1.99.0 is not in >=1.28, <1.32".into();
    for (name, report) in everything().into_iter().chain([("many", many)]) {
        let (report, options) = judged(report);
        let lines = screen::lines(&report, &options);
        assert!(lines.len() <= screen::LINES, "{name}: {}", lines.len());
        for line in &lines {
            assert!(escape::columns(line) <= 80, "{name}: {line}");
        }
        let text = as_text(&report, &options);
        assert!(text.ends_with(&(lines.join("\n") + "\n")), "{name}");
        let joined = lines.join("\n");
        let assessed = format!(
            "assessed {} of {}",
            report.coverage.assessed, report.coverage.selected
        );
        assert!(joined.contains(&assessed), "{name}");
        // The worst failure and what cures most are never pushed off.
        for words in [&report.node.name, &report.profiles[0].signer] {
            assert!(joined.contains(words.as_str()), "{name}: {words}");
        }
        if name == "many" {
            assert!(joined.contains("1.2.5 critical"), "{joined}");
            assert!(joined.contains("hostPID: true"), "{joined}");
        }
    }
}

#[test]
fn every_finding_is_in_every_format() {
    for (name, mut report) in everything() {
        // Two that no section has a place for.
        let mut stray = fixture::finding("4.2.1");
        stray.profile = "unknown-profile".into();
        report.findings.push(stray);
        let mut stray = fixture::finding("4.2.1");
        stray.section = "9.9".into();
        report.findings.push(stray);
        let (report, options) = judged(report);

        let text = as_text(&report, &options);
        let kube_bench: Value = serde_json::from_str(&as_kube_bench(&report)).unwrap();
        let json: Value = serde_json::from_str(&as_json(&report)).unwrap();
        let results: Vec<&Value> = kube_bench["Controls"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|controls| controls["tests"].as_array().unwrap())
            .flat_map(|group| group["results"].as_array().unwrap())
            .collect();
        assert_eq!(results.len(), report.findings.len(), "{name}");
        assert_eq!(
            json["findings"].as_array().unwrap().len(),
            report.findings.len()
        );
        for finding in &report.findings {
            let id = &finding.check;
            let times = |count: usize| {
                assert_eq!(
                    count,
                    report.findings.iter().filter(|f| f.check == *id).count(),
                    "{name} {id}"
                )
            };
            times(
                text.lines()
                    .filter(|l| l.starts_with('[') && l.split(' ').nth(1) == Some(id))
                    .count(),
            );
            times(results.iter().filter(|r| r["test_number"] == **id).count());
            times(
                json["findings"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|f| f["check"] == **id)
                    .count(),
            );
        }
        // Totals agree with lines.
        for word in ["PASS", "FAIL", "WARN"] {
            let lines = text
                .lines()
                .filter(|l| l.starts_with(&format!("[{word}]")))
                .count();
            let total = &kube_bench["Totals"][format!("total_{}", word.to_lowercase())];
            assert_eq!(total.as_u64().unwrap() as usize, lines, "{name} {word}");
        }
    }
}

#[test]
fn what_is_not_a_pass_says_why() {
    for (name, report) in everything() {
        let (report, options) = judged(report);
        let text = as_text(&report, &options);
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let is_check = line.ends_with("(Automated)") || line.ends_with("(Manual)");
            if line.starts_with('[') && is_check && !line.starts_with("[PASS]") {
                let reason = lines[at + 1];
                assert!(
                    reason.starts_with("       ") && !reason.trim().is_empty(),
                    "{name}: {line}"
                );
            }
        }
    }
}

#[test]
fn the_four_states() {
    use super::layout::State::{self, Fail, Info, Pass, Warn};
    for (verdict, scored, state) in [
        (Verdict::Pass, true, Pass),
        (Verdict::Pass, false, Pass),
        (Verdict::Fail, true, Fail),
        (Verdict::Fail, false, Warn),
        (Verdict::Manual, true, Warn),
        (Verdict::Error, true, Warn),
        (Verdict::Error, false, Warn),
        (Verdict::NotApplicable, true, Info),
    ] {
        let mut finding = fixture::finding("4.2.1");
        finding.verdict = verdict;
        finding.scored = scored;
        assert_eq!(State::of(&finding), state, "{verdict:?} {scored}");
        finding.skipped = true;
        assert_eq!(State::of(&finding), Info);
    }
}

/// What a hostile node or profile would like a terminal or a log to do.
pub(super) const HOSTILE: &str = "x\x1b[2K\x1b]8;;http://evil\x07y\r[PASS] 9.9.9 forged (Automated)\n[PASS] 9.9.9 forged (Automated)\n\u{9b}31m\u{202e}z\u{200b}\u{2028}[PASS] 9.9.9 forged (Automated)";

pub(super) fn hostile() -> Report {
    let mut report = fixture::control_plane();
    let h = || HOSTILE.to_owned();
    for finding in &mut report.findings {
        for text in [
            &mut finding.title,
            &mut finding.reason,
            &mut finding.expected,
            &mut finding.actual,
            &mut finding.rationale,
            &mut finding.remediation,
            &mut finding.component,
        ] {
            *text = h();
        }
        finding.basis = Basis::Other(h());
        finding.references = vec![h()];
        for subject in &mut finding.subjects {
            subject.key = h();
            subject.actual = h();
            subject.expected = h();
            subject.reason = h();
        }
        for evidence in &mut finding.evidence {
            evidence.subject = h();
            evidence.fact = h();
        }
    }
    // A check whose id and place are hostile, too.
    let mut stray = report.findings[3].clone();
    stray.check = h();
    stray.section = h();
    stray.target = h();
    stray.profile = h();
    report.findings.push(stray);
    report.node.name = h();
    report.node.source = h();
    report.node.captured = Some(h());
    report.node.kubernetes_version = Some(h());
    report.node.platform = h();
    report.cluster.name = Some(h());
    report.cluster.version = Some(h());
    let profile = &mut report.profiles[0];
    profile.version = h();
    profile.title = h();
    profile.signer = h();
    for section in &mut profile.sections {
        section.title = h();
        for group in &mut section.groups {
            group.title = h();
        }
    }
    report.coverage.profile_range = format!("outside: {HOSTILE}");
    for gap in &mut report.coverage.gaps {
        gap.cause = h();
        gap.cure = h();
    }
    let mut refused = fixture::refused().profiles.remove(1);
    refused.id = h();
    if let Some(refusal) = &mut refused.refused {
        refusal.reason = h();
    }
    report.profiles.push(refused);
    report
}

#[test]
fn nothing_is_forged() {
    let (report, options) = judged(hostile());
    let options = TextOptions {
        command: format!("cisb scan {HOSTILE}"),
        ..options
    };
    let text = as_text(&report, &options);
    let passes = report
        .findings
        .iter()
        .filter(|f| f.verdict == Verdict::Pass)
        .count();
    assert_eq!(
        text.lines().filter(|l| l.starts_with("[PASS]")).count(),
        passes
    );
    // Nothing but the line ends that we write ourselves.
    let hostile_char = |c: char| c != '\n' && escape::is_hostile(c);
    assert!(
        !text.contains(hostile_char),
        "{:?}",
        text.find(hostile_char)
    );
    assert_eq!(text.matches("[PASS]").count(), passes);
    for json in [as_json(&report), as_kube_bench(&report)] {
        assert!(!json.contains(hostile_char));
        serde_json::from_str::<Value>(&json).unwrap();
    }
    // JSON keeps the truth.
    let back: Report = serde_json::from_str(&as_json(&report)).unwrap();
    assert_eq!(back.findings, report.findings);
}

#[test]
fn kube_bench_fields_are_those_of_kube_bench() {
    // Beside the repository, where the project keeps what it compares with.
    let sample = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/reference/samples/kube-bench/json.out");
    let Ok(theirs) = std::fs::read_to_string(sample) else {
        // Said aloud, so that nobody takes silence for a comparison.
        use std::io::Write as _;
        let _ = writeln!(
            std::io::stderr(),
            "skipped: no sample of kube-bench's JSON here"
        );
        return;
    };
    // Keys in order, as they stand in the text, once for each kind of object.
    fn keys(text: &str) -> Vec<Vec<String>> {
        let (mut shapes, mut open): (Vec<Vec<String>>, Vec<Vec<String>>) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}', '"']) {
            let c = rest.as_bytes()[at];
            rest = &rest[at + 1..];
            match c {
                b'{' => open.push(Vec::new()),
                b'}' => {
                    let mut shape = open.pop().unwrap();
                    shape.retain(|key| key != "reason");
                    if !shapes.contains(&shape) {
                        shapes.push(shape);
                    }
                }
                _ => {
                    let mut end = 0;
                    while rest.as_bytes()[end] != b'"' {
                        end += if rest.as_bytes()[end] == b'\\' { 2 } else { 1 };
                    }
                    if rest[end + 1..].starts_with(':') {
                        open.last_mut().unwrap().push(rest[..end].to_owned());
                    }
                    rest = &rest[end + 1..];
                }
            }
        }
        shapes.sort();
        shapes
    }
    let (report, _) = judged(fixture::control_plane());
    assert_eq!(keys(&as_kube_bench(&report)), keys(&theirs));
}

/// The part of JSON Schema that ours uses. An unknown keyword is a failure, so
/// that nothing in the schema goes unchecked.
fn validate(schema: &Value, root: &Value, value: &Value, at: &str, errors: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().unwrap() {
        let ok = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                validate(&root["$defs"][name], root, value, at, errors);
                !root["$defs"][name].is_null()
            }
            "type" => match rule.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "integer" => value.is_i64() || value.is_u64(),
                other => panic!("type {other} is unknown to this validator"),
            },
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "minimum" => value.as_i64() >= rule.as_i64(),
            "format" => value.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(),
            "required" => rule
                .as_array()
                .unwrap()
                .iter()
                .all(|key| value.get(key.as_str().unwrap()).is_some()),
            "items" => {
                for (n, item) in value.as_array().unwrap().iter().enumerate() {
                    validate(rule, root, item, &format!("{at}/{n}"), errors);
                }
                true
            }
            "properties" => {
                for (key, item) in value.as_object().into_iter().flatten() {
                    if let Some(schema) = rule.get(key) {
                        validate(schema, root, item, &format!("{at}/{key}"), errors);
                    }
                }
                true
            }
            "additionalProperties" => {
                assert_eq!(rule, &Value::Bool(false));
                value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .all(|(key, _)| schema["properties"].get(key).is_some())
            }
            other => panic!("keyword {other} is unknown to this validator"),
        };
        if !ok {
            errors.push(format!("{at}: {keyword}"));
        }
    }
}

fn errors(value: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(json::SCHEMA).unwrap();
    let mut errors = Vec::new();
    validate(&schema, &schema, value, "", &mut errors);
    errors
}

/// A report in which every optional member and every shape occurs.
fn full() -> Report {
    let (mut report, _) = judged(fixture::refused());
    report.node.captured = Some("2026-01-01T00:00:00Z".into());
    report.cluster.name = Some("prod".into());
    report.cluster.version = Some("v1.31.4".into());
    report.findings[0].skipped = true;
    report.findings[1].basis = Basis::Default("kubelet 1.31: types.go".into());
    report.findings[1].decision = Decision::ProviderOwned;
    report.findings[2].basis = Basis::Derived("from two flags".into());
    report.findings[3].basis = Basis::Other("new".into());
    report.profiles[0].tailored = vec![
        serde_json::from_value(serde_json::json!({
            "id": "base", "version": "1.0.0", "digest": "sha256:3333", "changes": [
                {"skip": {"check": "1.1.1", "reason": "r"}},
                {"manual": {"check": "1.1.2", "reason": "r"}},
                {"add": {"check": "1.1.3", "reason": "r"}},
                {"severity": {"check": "1.1.2", "from": "low", "to": "high", "reason": "r"}},
                {"level": {"check": "1.1.2", "from": 1, "to": 2, "reason": "r"}},
                {"parameter": {"name": "p", "from": ["a"], "to": ["b"], "reason": "r"}},
            ],
        }))
        .unwrap(),
    ];
    report
}

#[test]
fn reports_match_the_published_schema() {
    for (name, report) in everything().into_iter().chain([("full", full())]) {
        let (report, _) = judged(report);
        let value: Value = serde_json::from_str(&as_json(&report)).unwrap();
        assert_eq!(errors(&value), Vec::<String>::new(), "{name}");
        assert_eq!(
            serde_json::from_value::<Report>(value).unwrap().findings,
            report.findings
        );
    }
}

#[test]
fn the_schema_refuses_what_it_does_not_know() {
    let value: Value = serde_json::from_str(&as_json(&full())).unwrap();
    // An unknown member in any object, anywhere.
    fn objects(value: &Value, at: String, out: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                out.push(at.clone());
                map.iter()
                    .for_each(|(key, v)| objects(v, format!("{at}/{key}"), out));
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(n, v)| objects(v, format!("{at}/{n}"), out)),
            _ => {}
        }
    }
    let mut paths = Vec::new();
    objects(&value, String::new(), &mut paths);
    assert!(paths.len() > 20);
    for path in paths {
        let mut changed = value.clone();
        changed.pointer_mut(&path).unwrap()["surprise"] = Value::Bool(true);
        assert!(
            !errors(&changed).is_empty(),
            "{path}/surprise was let through"
        );
    }
    for (path, wrong) in [
        ("/schemaVersion", Value::from("9")),
        ("/findings/0/verdict", Value::from("PASS")),
        ("/findings/0/check", Value::from(1.1)),
        ("/findings/0/severity", Value::Null),
        ("/summary/pass", Value::from(-1)),
        ("/problems/0/kind", Value::from("fatal")),
    ] {
        let mut changed = value.clone();
        *changed.pointer_mut(path).unwrap() = wrong;
        assert!(!errors(&changed).is_empty(), "{path}");
    }
}

#[test]
fn the_schema_names_nothing_that_no_report_has() {
    let schema: Value = serde_json::from_str(json::SCHEMA).unwrap();
    let text = as_json(&full());
    let definitions = schema["$defs"]
        .as_object()
        .unwrap()
        .values()
        .chain([&schema]);
    for definition in definitions {
        for key in definition["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key)
        {
            assert!(text.contains(&format!("\"{key}\":")), "{key}");
        }
    }
}
