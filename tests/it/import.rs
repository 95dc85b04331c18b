//! `cisb profile import kube-bench`: what is translated, what is left to a
//! person and why, and that the result builds and scans. The benchmarks of
//! kube-bench itself are looked at where they lie beside the project.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Ran, cisb, expect, findings, node, profile, scan, workspace};

/// A configuration of our own.
const OWN: &str = "tests/cases/import/own-1.0";

/// Where the benchmarks of kube-bench lie, if they do.
const ALL: &str = "../shared/reference/kube-bench-cfg";

/// The differences between our cis-1.12 and the imported one.
const REVIEWED: &str = "tests/cases/import/cis-1.12.txt";

fn import(folder: &Path, more: &[&str]) -> Ran {
    let words = ["profile", "import", "kube-bench"].map(Path::new);
    let more = more.iter().map(Path::new);
    cisb(words.into_iter().chain([folder]).chain(more))
}

/// Imports and builds: the folder, the component, the coverage and the YAML.
fn built(folder: &Path) -> (TempDir, PathBuf, Value, String) {
    let out = tempfile::tempdir().unwrap();
    let yaml = out.path().join("imported.yaml");
    let path = yaml.to_str().unwrap();
    let ran = import(folder, &["-o", path, "--format", "json"]);
    assert_eq!(ran.code, 0, "{}: {}", folder.display(), ran.err);
    let coverage: Value = serde_json::from_str(&ran.out).unwrap();
    let ran = cisb(["profile", "build", path]);
    assert_eq!(ran.code, 0, "{}: {}", folder.display(), ran.err);
    let text = fs::read_to_string(&yaml).unwrap();
    let component = out.path().join("imported.wasm");
    (out, component, coverage, text)
}

/// The benchmarks of kube-bench, if they are here.
fn benchmarks() -> Option<PathBuf> {
    Some(workspace().path(ALL)).filter(|folder| folder.is_dir())
}

#[test]
fn what_audits_look_at_becomes_reads_that_scan() {
    let (_out, component, coverage, yaml) = built(&workspace().path(OWN));
    assert_eq!(coverage["total"]["checks"], 15);
    assert_eq!(coverage["total"]["executed"], 13);
    assert_eq!(coverage["total"]["translated"], 8);
    assert!(!yaml.contains("rm -rf"), "{yaml}");
    assert!(!yaml.contains("frobnicate --all"), "{yaml}");
    assert!(yaml.contains("Give it to its owner alone."), "{yaml}");

    let good = scan(&component, &node("kubeadm-control-plane"), &[]).report();
    let asked = "judge by the title and the remediation; ";
    expect(
        "good",
        &good,
        &[
            ("4.1.1", "pass", "mode 600"),
            ("4.1.2", "pass", "owner root:root"),
            ("4.1.3", "pass", "mode 600"),
            (
                "4.1.4",
                "not-applicable",
                "/etc/our-agent/config.yaml is not there",
            ),
            ("4.2.1", "pass", "anonymous-auth"),
            ("4.2.2", "pass", "read-only-port"),
            ("4.2.3", "not-applicable", "our-agent"),
            ("4.2.4", "manual", "the benchmark leaves it to a person"),
            ("4.2.5", "manual", "it runs `frobnicate`"),
            ("4.2.6", "manual", "`noteqx` with `0` has no counterpart"),
            ("4.2.7", "manual", "nothing explains $mysteryconf"),
            ("4.2.8", "manual", "it has no audit"),
            ("4.2.9", "manual", "kubelet has no flag `never-heard-of`"),
            ("5.1.2", "manual", asked),
        ],
    );
    let weak = scan(&component, &node("kubeadm-weak"), &[]).report();
    let found = findings(&weak);
    assert_eq!(found["4.2.1"]["verdict"], "fail", "{}", found["4.2.1"]);
}

#[test]
fn the_coverage_says_what_was_left_and_why() {
    let out = tempfile::tempdir().unwrap();
    let yaml = out.path().join("own.yaml");
    let ran = import(&workspace().path(OWN), &["-o", yaml.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for line in [
        "section   checks  executed  translated  share",
        "node          13        11           7  63.6 %",
        "policies       2         2           1  50.0 %",
        "total         15        13           8  61.5 %",
        "    1  the benchmark leaves it to a person",
        "  node 4.2.5: it runs `frobnicate`",
        "  policies 5.1.2: its audit computes over objects of the API what no rule says",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
    assert!(ran.err.contains("then `cisb profile build "), "{}", ran.err);

    let again = import(&workspace().path(OWN), &["-o", yaml.to_str().unwrap()]);
    assert_ne!(again.code, 0);
    assert!(
        again.err.contains("is there already: choose another -o"),
        "{}",
        again.err
    );
    let forced = import(
        &workspace().path(OWN),
        &["-o", yaml.to_str().unwrap(), "--force"],
    );
    assert_eq!(forced.code, 0, "{}", forced.err);
    let printed = import(&workspace().path(OWN), &[]);
    assert_eq!(printed.out, fs::read_to_string(&yaml).unwrap());
    assert!(
        printed.err.contains("translated 8 of the 13 audits"),
        "{}",
        printed.err
    );
}

/// A folder with one file of checks.
fn with(name: &str, text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    folder
}

#[test]
fn what_cannot_be_read_is_told_with_its_place_and_the_way_out() {
    let cases = [
        ("node.yaml", "groups: [", "node.yaml:1:", "this is not YAML"),
        (
            "node.yaml",
            "id: 1\ngroups: seven\n",
            "node.yaml:2:9:",
            "`groups` is the text `seven`: write a list",
        ),
        (
            "node.yaml",
            "groups:\n  - checks: [7]\n",
            "node.yaml:2:",
            "a check is the number `7`",
        ),
        (
            "node.yaml",
            "groups:\n  - checks:\n      - id: 1\n        audit: [a]\n",
            "node.yaml:4:",
            "`audit` is a list: write a text",
        ),
        (
            "node.yaml",
            "groups:\n  - checks:\n      - id: 1\n        audit: x\n        tests: 5\n",
            "node.yaml:5:",
            "`tests` is the number `5`",
        ),
        ("config.yaml", "a: [", "config.yaml:1:", "this is not YAML"),
        (
            "config.yaml",
            "[]",
            "config.yaml:1:",
            "a configuration is a list: write a mapping",
        ),
    ];
    for (name, text, place, words) in cases {
        let folder = with(name, text);
        let ran = import(folder.path(), &[]);
        assert_eq!(ran.code, 2, "{text}: {}", ran.err);
        for part in [place, words, "nothing was imported"] {
            assert!(ran.err.contains(part), "{part}\n{}", ran.err);
        }
    }
    for (name, text) in [("node.yaml", ""), ("node.yaml", "a: 1"), ("other.txt", "x")] {
        let folder = with(name, text);
        let ran = import(folder.path(), &[]);
        assert_ne!(ran.code, 0);
        assert!(
            ran.err.contains("has no checks: name the folder"),
            "{}",
            ran.err
        );
    }
    let folder = with("node.yaml", "");
    let file = import(&folder.path().join("node.yaml"), &[]);
    assert!(
        file.err
            .contains("is a file: name the folder of one benchmark"),
        "{}",
        file.err
    );
    let gone = import(&folder.path().join("gone"), &[]);
    assert!(gone.err.contains("cannot read"), "{}", gone.err);
    fs::write(folder.path().join("node.yaml"), [0xff, 0xfe]).unwrap();
    let bytes = import(folder.path(), &[]);
    assert!(bytes.err.contains("is not UTF-8"), "{}", bytes.err);
    let own = workspace().path(OWN);
    let json = import(&own, &["--format", "json"]);
    assert!(json.err.contains("name a file with -o"), "{}", json.err);
}

#[test]
fn without_configuration_files_known_components_are_known() {
    let text = fs::read_to_string(workspace().path(OWN).join("node.yaml")).unwrap();
    let folder = with("node.yaml", &text);
    let (_out, _, coverage, _) = built(folder.path());
    // Only what is said of the agent is missing.
    assert_eq!(coverage["total"]["translated"], 5);
    let kept = coverage["kept"].as_array().unwrap();
    let agent = kept.iter().find(|k| k["id"] == "4.1.4").unwrap();
    assert_eq!(agent["reason"], "variable");
}

/// Checks over the journal of K3s.
const JOURNAL: &str = "\
type: master
groups:
  - id: 1
    checks:
      - id: 1.1
        text: Nobody profiles the API server
        audit: journalctl -m -u k3s | grep 'Running kube-apiserver' | tail -n1
        tests: {test_items: [{flag: --profiling, compare: {op: eq, value: false}}]}
        scored: true
      - id: 1.2
        text: The API server's manifest is private
        audit: stat -c permissions=%a $apiserverconf
        tests: {test_items: [{flag: permissions, compare: {op: bitmask, value: 600}}]}
        scored: true
";

#[test]
fn what_the_journal_of_k3s_tells_is_read_where_k3s_is_told_it() {
    let folder = with("master.yaml", JOURNAL);
    let (_out, component, coverage, yaml) = built(folder.path());
    assert!(yaml.contains("\nplatform: k3s\n"), "{yaml}");
    assert_eq!(coverage["kept"][0]["reason"], "refused");
    assert_eq!(coverage["kept"][0]["id"], "1.2");
    let ours = profile("k3s-cis-1.9");
    for record in ["k3s-server", "k3s-server-weak", "k3s-agent"] {
        let found = findings(&scan(&component, &node(record), &[]).report());
        let verdict = &found["1.1"]["verdict"];
        let check = ["--check", "1.2.15"];
        let expected = findings(&scan(&ours, &node(record), &check).report());
        assert_eq!(
            verdict, &expected["1.2.15"]["verdict"],
            "{record}: {}",
            found["1.1"]
        );
    }
    // On a node of another platform nothing is said of what K3s would do.
    let found = findings(&scan(&component, &node("kubeadm-control-plane"), &[]).report());
    assert_eq!(
        found["1.1"]["verdict"], "not-applicable",
        "{}",
        found["1.1"]
    );
}

/// The least share of the executed audits that is translated, in thousandths.
const RATCHET: u64 = 923;

#[test]
fn every_benchmark_of_kube_bench_is_imported_and_builds() {
    let Some(all) = benchmarks() else {
        println!("skipped: {ALL} is not here");
        return;
    };
    let mut folders: Vec<PathBuf> = all
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let (mut executed, mut translated) = (0, 0);
    for folder in &folders {
        let (_out, component, coverage, _) = built(folder);
        assert!(component.is_file());
        let total = &coverage["total"];
        let (ran, done) = (
            total["executed"].as_u64().unwrap(),
            total["translated"].as_u64().unwrap(),
        );
        let share = (done * 1000).checked_div(ran).unwrap_or(1000);
        println!(
            "{:26} {done:4} of {ran:4} executed audits translated, {}.{} %",
            coverage["profile"].as_str().unwrap(),
            share / 10,
            share % 10
        );
        executed += ran;
        translated += done;
    }
    let share = translated * 1000 / executed;
    println!(
        "total {translated} of {executed}, {}.{} %",
        share / 10,
        share % 10
    );
    assert_eq!(folders.len(), 46);
    assert!(
        share >= RATCHET,
        "{translated} of {executed} executed audits"
    );
}

/// The records of nodes that kubeadm made, ours and those beside the project.
fn records() -> Vec<(String, PathBuf)> {
    const OURS: [&str; 5] = [
        "kubeadm-control-plane",
        "kubeadm-weak",
        "kubeadm-worker",
        "kubelet-drop-ins",
        "modes-and-owners",
    ];
    let mut all: Vec<(String, PathBuf)> = OURS
        .iter()
        .map(|name| ((*name).to_owned(), node(name)))
        .collect();
    let beside = workspace().path("../shared/nodes");
    for name in [
        "kubeadm-busy-cluster",
        "kubeadm-control-plane",
        "kubeadm-weak",
        "kubeadm-worker",
    ] {
        let path = beside.join(name);
        if path.is_dir() {
            all.push((format!("shared/{name}"), path));
        }
    }
    all
}

#[test]
fn the_imported_cis_1_12_agrees_with_ours_but_for_what_was_reviewed() {
    let Some(all) = benchmarks() else {
        println!("skipped: {ALL} is not here");
        return;
    };
    let (_out, component, _, _) = built(&all.join("cis-1.12"));
    // Check, our verdict, the imported one's: in which records.
    let mut differences: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, path) in records() {
        let ours = findings(&scan(&profile("cis-1.12"), &path, &[]).report());
        let theirs = findings(&scan(&component, &path, &[]).report());
        for (check, our) in &ours {
            let word = |finding: &Value| finding["verdict"].as_str().unwrap().to_owned();
            let (our, their) = (word(our), word(&theirs[check]));
            // What is left to a person there is no difference of judgement, if
            // the import itself left it.
            if our != their && their == "manual" {
                let reason = theirs[check]["reason"].as_str().unwrap();
                assert!(
                    reason.starts_with("judge by the title"),
                    "{check}: {reason}"
                );
            }
            if our != their && their != "manual" {
                let key = format!("{check} {our} {their}");
                differences.entry(key).or_default().insert(name.clone());
            }
        }
    }
    let text = fs::read_to_string(workspace().path(REVIEWED)).unwrap();
    let reviewed: BTreeMap<String, &str> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let (key, reason) = line.split_once(": ").unwrap();
            assert!(reason.len() > 20, "{line}");
            (key.to_owned(), reason)
        })
        .collect();
    let unexplained: Vec<_> = differences
        .iter()
        .filter(|(key, _)| !reviewed.contains_key(*key))
        .collect();
    assert!(unexplained.is_empty(), "unexplained: {unexplained:#?}");
    // An entry that explains nothing is out of date.
    let stale: Vec<_> = reviewed
        .keys()
        .filter(|key| !differences.contains_key(*key))
        .collect();
    if records().len() > 5 {
        assert!(stale.is_empty(), "explained, but not there: {stale:#?}");
    }
    println!("unexplained: none of {}", differences.len());
}
