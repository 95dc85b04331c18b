//! Unknown is never pass, through the command line: facts are taken away from
//! records in turn, and no verdict gets better for it. Every check and every
//! fact, natively: `plugins/catalogue/tests/laws.rs`. Here a part of them shows
//! that host and sandbox keep what the checks keep.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Record, cis, findings, node, scan};

const RECORDS: [&str; 3] = ["kubeadm-control-plane", "kubeadm-worker", "kubeadm-weak"];

/// Of so many facts one is taken: each scan compiles the profile anew.
const SAMPLE: usize = 7;

fn verdicts(path: &Path) -> BTreeMap<String, Value> {
    let ran = scan(&cis(), path, &[]);
    assert!(matches!(ran.code, 0 | 1 | 4), "{}: {ran:?}", path.display());
    findings(&ran.report())
}

/// What is wrong with the verdicts after `what` was taken away.
fn gains(
    what: &str,
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (check, now) in after {
        let was = &before[check];
        let (is, had) = (&now["verdict"], &was["verdict"]);
        let line = format!("{what}: {check} was {had}, is {is}: {}", now["reason"]);
        // A check that failed because of this very fact may pass without it.
        let because = was["subjects"].as_array().unwrap().iter().any(|subject| {
            subject["state"] == "fail" && subject["key"].as_str().unwrap().contains(what)
        });
        if is == "pass" && had != "pass" && !because {
            wrong.push(line.clone());
        }
        if is == "not-applicable" && now["evidence"].as_array().unwrap().is_empty() {
            wrong.push(format!("{line}, without a witness"));
        }
    }
    wrong
}

#[test]
fn a_file_that_cannot_be_read_makes_no_verdict_better() {
    each_entry(|record, path| {
        record.node()["entries"][path]["error"] = json!("not-permitted");
    });
}

#[test]
fn a_file_that_is_gone_makes_no_verdict_better() {
    each_entry(|record, path| {
        record.node()["entries"]
            .as_object_mut()
            .unwrap()
            .remove(path);
    });
}

fn each_entry(change: impl Fn(&mut Record, &str)) {
    let mut wrong = Vec::new();
    for name in RECORDS {
        let before = verdicts(&node(name));
        let mut record = Record::of(name);
        let whole = record.node().clone();
        let files: Vec<String> = whole["entries"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, entry)| entry["kind"] == "file")
            .map(|(path, _)| path.clone())
            .collect();
        for path in files.iter().step_by(SAMPLE) {
            change(&mut record, path);
            wrong.extend(gains(path, &before, &verdicts(record.path())));
            *record.node() = whole.clone();
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_process_that_is_gone_makes_no_verdict_better() {
    let mut wrong = Vec::new();
    for name in RECORDS {
        let before = verdicts(&node(name));
        let mut record = Record::of(name);
        let whole = record.node().clone();
        for index in (0..whole["processes"].as_array().unwrap().len()).step_by(2) {
            let comm = whole["processes"][index]["comm"]
                .as_str()
                .unwrap()
                .to_owned();
            record.node()["processes"]
                .as_array_mut()
                .unwrap()
                .remove(index);
            wrong.extend(gains(&comm, &before, &verdicts(record.path())));
            *record.node() = whole.clone();
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_process_table_that_was_seen_in_part_makes_nothing_inapplicable() {
    for name in RECORDS {
        let mut record = Record::of(name);
        record.node()["scope"] = json!({"globs": ["/**"], "processes": "partial", "kinds": []});
        record.node()["processes"] = json!([]);
        for (check, finding) in verdicts(record.path()) {
            for evidence in finding["evidence"].as_array().unwrap() {
                let partial = evidence["kind"] == "process-search";
                assert!(
                    !(matches!(finding["verdict"].as_str(), Some("pass" | "not-applicable"))
                        && partial),
                    "{name} {check}: {finding:#}"
                );
            }
        }
    }
}

#[test]
fn objects_that_are_gone_make_no_verdict_better() {
    let name = "kubeadm-control-plane";
    let before = verdicts(&node(name));
    let record = Record::of(name);
    let folder = record.path().join("objects");
    let mut wrong = Vec::new();
    let mut lists: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    lists.sort();
    for path in lists.into_iter().step_by(SAMPLE) {
        let bytes = std::fs::read(&path).unwrap();
        let what = path.file_stem().unwrap().to_string_lossy().into_owned();
        std::fs::remove_file(&path).unwrap();
        wrong.extend(gains(&what, &before, &verdicts(record.path())));
        std::fs::write(&path, bytes).unwrap();
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    std::fs::remove_dir_all(&folder).unwrap();
    for (check, finding) in verdicts(record.path()) {
        if finding["target"] == "policies" {
            assert_ne!(finding["verdict"], "pass", "{check}: {finding:#}");
        }
    }
}
