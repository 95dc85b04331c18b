//! The outputs of `cisb run`, and JUnit and ASFF beside them: goldens, nothing
//! lost, nothing forged, shapes as kube-bench's.

use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use super::text::Parts;
use super::{junit, text};
use crate::finding::Verdict;
use crate::report::asff::{self, Account};
use crate::report::layout::State;
use crate::report::tests::{HOSTILE, golden, hostile};
use crate::report::{Report, escape, fixture};

const ALL: Parts = Parts {
    results: true,
    remediations: true,
    summary: true,
    totals: true,
    test_output: false,
};

fn written(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn as_text(report: &Report, targets: &[&str], parts: &Parts) -> String {
    let targets: Vec<String> = targets.iter().map(|t| (*t).to_owned()).collect();
    written(|out| text::write(report, &targets, parts, false, out))
}

fn as_json(report: &Report, targets: &[&str], totals: bool) -> String {
    let targets: Vec<String> = targets.iter().map(|t| (*t).to_owned()).collect();
    written(|out| super::write_run(report, &targets, totals, out))
}

fn as_junit(report: &Report) -> String {
    written(|out| junit::write(report, &[], out))
}

fn as_our_junit(report: &Report) -> String {
    written(|out| crate::report::junit::write(report, out))
}

fn as_asff(report: &Report) -> String {
    let arn = "arn:aws:eks:eu-central-1:123456789012:cluster/prod";
    let account = Account::new(arn, None, None).unwrap();
    written(|out| asff::write(report, &account, out))
}

/// Every element with its attributes' names, in the order of the text.
fn elements(xml: &str) -> Vec<(String, Vec<String>)> {
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = |key: &str| key.to_owned();
                let attributes = tag
                    .attributes()
                    .map(|attribute| name(attribute.unwrap().key.as_ref()))
                    .collect();
                found.push((name(tag.name().as_ref()), attributes));
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

fn count(xml: &str, element: &str) -> usize {
    elements(xml)
        .iter()
        .filter(|(name, _)| name == element)
        .count()
}

#[test]
fn goldens() {
    let report = fixture::control_plane();
    let parts = Parts {
        test_output: true,
        ..ALL
    };
    golden("control-plane.run.txt", &as_text(&report, &[], &parts));
    golden("control-plane.run.junit.xml", &as_junit(&report));
    golden("control-plane.junit.xml", &as_our_junit(&report));
    golden("refused.junit.xml", &as_our_junit(&fixture::refused()));
    golden("control-plane.asff.json", &as_asff(&report));
}

#[test]
fn parts_are_left_out_one_by_one() {
    let report = fixture::control_plane();
    let whole = as_text(&report, &[], &ALL);
    let has = |text: &str, line: &str| text.lines().any(|l| l.starts_with(line));
    for (parts, gone, stay) in [
        (
            Parts {
                results: false,
                ..ALL
            },
            "[",
            ["== Remediations", "== Summary master", "== Summary total"],
        ),
        (
            Parts {
                remediations: false,
                ..ALL
            },
            "== Remediations",
            ["[FAIL]", "== Summary master", "== Summary total"],
        ),
        (
            Parts {
                summary: false,
                ..ALL
            },
            "== Summary master",
            ["[FAIL]", "== Remediations", "== Summary total"],
        ),
        (
            Parts {
                totals: false,
                ..ALL
            },
            "== Summary total",
            ["[FAIL]", "== Remediations", "== Summary master"],
        ),
    ] {
        let text = as_text(&report, &[], &parts);
        assert!(has(&whole, gone) && !has(&text, gone), "{gone}: {text}");
        for line in stay {
            assert!(has(&text, line), "{line}: {text}");
        }
    }
}

#[test]
fn a_section_without_checks_is_there_and_empty() {
    let mut report = fixture::control_plane();
    report.findings.retain(|finding| finding.target == "etcd");
    let targets = ["etcd", "node"];
    let json: Value = serde_json::from_str(&as_json(&report, &targets, true)).unwrap();
    let sections: Vec<_> = json["Controls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["node_type"].as_str().unwrap(), c["tests"].is_null()))
        .collect();
    assert_eq!(sections, [("etcd", false), ("node", true)]);
    assert_eq!(json["Controls"][1]["total_pass"], 0);
    let text = as_text(&report, &targets, &ALL);
    assert!(text.contains("[INFO] 4 Worker node\n\n== Summary node ==\n0 checks PASS\n"));
    let junit = written(|out| junit::write(&report, &["node".to_owned()], out));
    assert!(junit.contains("tests=\"0\" failures=\"0\" errors=\"0\" time=\"0\"></testsuite>"));
    // Of a profile that did not run nothing is there at all.
    let refused = fixture::refused();
    let text = as_text(&refused, &[], &ALL);
    let sections = refused.profiles[0].sections.len();
    assert_eq!(text.matches("== Summary ").count(), sections + 1, "{text}");
}

#[test]
fn sections_come_by_number() {
    let mut report = fixture::control_plane();
    report.profiles[0].sections.reverse();
    let json: Value = serde_json::from_str(&as_json(&report, &[], true)).unwrap();
    let ids: Vec<_> = json["Controls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["1", "2", "4", "5"]);
}

#[test]
fn without_totals_json_is_a_list() {
    let report = fixture::control_plane();
    let list = as_json(&report, &[], false);
    let whole = as_json(&report, &[], true);
    let whole: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&list).unwrap(),
        whole["Controls"]
    );
    assert!(list.ends_with("]\n") && list.lines().count() == 1);
}

#[test]
fn every_finding_is_in_every_output() {
    let mut report = fixture::control_plane();
    // One that no section has a place for.
    let mut stray = fixture::finding("4.2.1");
    stray.section = "9.9".into();
    report.findings.push(stray);
    let all = report.findings.len();
    let text = as_text(&report, &[], &ALL);
    let titled = |l: &&str| l.ends_with("(Automated)") || l.ends_with("(Manual)");
    assert_eq!(text.lines().filter(titled).count(), all);
    for xml in [as_junit(&report), as_our_junit(&report)] {
        assert_eq!(count(&xml, "testcase"), all, "{xml}");
    }
    let asff: Vec<Value> = serde_json::from_str(&as_asff(&report)).unwrap();
    assert_eq!(asff.len(), all);
    // Each FAIL and WARN has its paragraph.
    for finding in &report.findings {
        let due = matches!(State::of(finding), State::Fail | State::Warn);
        let start = format!("{} ", finding.check);
        let has = text.lines().any(|line| line.starts_with(&start));
        assert_eq!(has, due, "{}", finding.check);
    }
}

#[test]
fn our_junit_tells_errors_from_what_nobody_asked_for() {
    let mut report = fixture::control_plane();
    report.findings.push(fixture::missing(
        "4.1.1",
        Verdict::Error,
        "file",
        "/x",
        "not-permitted",
        "/x is not readable",
    ));
    let xml = as_our_junit(&report);
    assert_eq!(count(&xml, "error"), 1, "{xml}");
    assert!(xml.contains("<skipped message=\"not assessed: no API server was asked for"));
    // The counts of the suites are those of their children.
    for (attribute, element) in [
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
        ("tests", "testcase"),
    ] {
        let sum: usize = xml
            .split(&format!(" {attribute}=\""))
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().parse::<usize>().unwrap())
            .sum();
        assert_eq!(sum, count(&xml, element), "{element}");
    }
}

#[test]
fn nothing_is_forged() {
    let report = hostile();
    let acts = |c: char| c != '\n' && escape::is_hostile(c);
    let parts = Parts {
        test_output: true,
        ..ALL
    };
    let text = as_text(&report, &[], &parts).replace("\n\t ", "\n");
    assert!(!text.contains(acts), "{:?}", text.find(acts));
    let passes = report
        .findings
        .iter()
        .filter(|f| f.verdict == Verdict::Pass)
        .count();
    assert_eq!(text.matches("[PASS]").count(), passes);
    let asff = as_asff(&report);
    assert!(!asff.contains(acts));
    assert!(asff.contains("9.9.9"), "{HOSTILE}");
    serde_json::from_str::<Value>(&asff).unwrap();
    for xml in [as_junit(&report), as_our_junit(&report)] {
        assert!(!xml.contains(acts), "{:?}", xml.find(acts));
        let cases = count(&xml, "testcase");
        assert!(cases >= report.findings.len(), "{cases}");
    }
    // What a test printed is still the check's JSON.
    let mut report = fixture::control_plane();
    report.findings[0].actual = "\u{fffe}\u{0}</system-out><x a='\"'>&amp;]]>".into();
    let xml = as_junit(&report);
    let json = unescaped(xml.split("<system-out>").nth(1).unwrap());
    let check: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(check["actual_value"], *report.findings[0].actual);
}

/// What stands before the end of an element.
fn unescaped(xml: &str) -> String {
    let text = xml.split("</").next().unwrap();
    [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    .replace("&amp;", "&")
}

#[test]
fn junit_has_the_elements_of_kube_bench() {
    // Beside the repository, where the project keeps what it compares with.
    let sample = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/reference/samples/kube-bench/junit.out");
    let Ok(theirs) = std::fs::read_to_string(sample) else {
        use std::io::Write as _;
        let _ = writeln!(
            std::io::stderr(),
            "skipped: no sample of kube-bench's JUnit here"
        );
        return;
    };
    let kinds = |xml: &str| {
        let mut kinds = elements(xml);
        kinds.sort();
        kinds.dedup();
        kinds
    };
    let ours = as_junit(&fixture::control_plane());
    assert_eq!(kinds(&ours), kinds(&theirs));
    // To the byte, but for what is in them.
    let bare = |xml: &str| {
        let line = xml.lines().nth(2).unwrap().to_owned();
        let mut text = String::new();
        let mut quoted = false;
        for c in line.chars() {
            if c == '"' {
                quoted = !quoted;
            }
            if !quoted || c == '"' {
                text.push(c);
            }
        }
        text
    };
    assert_eq!(bare(&ours), bare(&theirs));
    assert!(ours.starts_with("<testsuites>\n<testsuite name=\""));
    assert!(ours.ends_with("    </testcase>\n</testsuite>\n</testsuites>\n"));
    assert!(theirs.ends_with("    </testcase>\n</testsuite>\n</testsuites>\n"));
}
