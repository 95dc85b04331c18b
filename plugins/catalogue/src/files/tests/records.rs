//! Every recorded node beside the project: kube-bench's verdict beside ours, and
//! every fact lost in turn.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use cisb_sdk::fake::{FakeNode, laws};
use cisb_sdk::verdict::Verdict;

use super::{all_requests, evaluated, run};
use crate::control::Control;
use crate::files::controls;

/// The benchmark's ids in the order of [`controls`].
fn by_id() -> Vec<(String, Control)> {
    let ids = (1..=21)
        .map(|n| format!("1.1.{n}"))
        .chain((1..=10).map(|n| format!("4.1.{n}")));
    let controls = controls();
    assert_eq!(controls.len(), 31);
    ids.zip(controls).collect()
}

const UNSCORED: &[&str] = &[
    "1.1.9", "1.1.10", "1.1.20", "1.1.21", "4.1.3", "4.1.4", "4.1.7", "4.1.8",
];

const CNI: &str = "no kubelet since 1.24 has --cni-conf-dir: the runtime's default is judged";
const UNIT: &str = "the unit itself is 0644; only its drop-in 10-kubeadm.conf was looked at";
const CA: &str =
    "the kubelet trusts no client authorities: a file at the usual path is not its own";

/// Where our verdict differs from kube-bench's on a kubeadm node: the check,
/// ours, theirs, the records, and what makes ours right.
#[rustfmt::skip]
const KEPT: &[(&str, &str, &str, &[&str], &str)] = &[
    ("1.1.9", "PASS", "WARN", &["11-01", "11-02", "11-07", "11-08", "11-12"], CNI),
    ("1.1.10", "PASS", "WARN",
        &["11-00", "11-01", "11-02", "11-06", "11-07", "11-08", "11-10", "11-12", "11-14", "11-15"], CNI),
    ("4.1.1", "FAIL", "PASS", &["11-02", "11-03", "11-04", "11-07", "11-10", "11-12"], UNIT),
    ("4.1.7", "INFO", "PASS", &["11-01", "11-02", "11-03", "11-11"], CA),
    ("4.1.7", "INFO", "WARN", &["11-00", "11-04", "11-12", "11-14"], CA),
    ("4.1.8", "INFO", "PASS", &["11-00", "11-01", "11-04", "11-11", "11-12"], CA),
    ("4.1.8", "INFO", "WARN", &["11-02", "11-03", "11-14"], CA),
];

/// The recorded nodes; none, and a word about it, where they are not at hand.
fn records() -> Vec<(String, PathBuf)> {
    let nodes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/nodes");
    let list = |dir: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        entries.map(|e| e.path()).collect()
    };
    let mut found = list(&nodes);
    found.extend(list(&nodes.join("kubeadm-variants")));
    found.retain(|p| p.join("node.json").is_file());
    found.sort();
    if found.is_empty() {
        // The harness shows it; a test that did nothing must not look like one that did.
        let word = "skipped: the node records are not beside the project";
        let _ = writeln!(std::io::stderr(), "{word}");
    }
    let name = |p: &PathBuf| p.file_name().map(|n| n.to_string_lossy().into_owned());
    found
        .into_iter()
        .map(|p| (name(&p).unwrap_or_default(), p))
        .collect()
}

fn projected(id: &str, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail if !UNSCORED.contains(&id) => "FAIL",
        Verdict::NotApplicable => "INFO",
        Verdict::Fail | Verdict::Manual | Verdict::Error => "WARN",
    }
}

#[test]
fn verdicts_are_kube_benchs_but_for_the_differences_we_keep()
-> Result<(), Box<dyn std::error::Error>> {
    let requests = all_requests();
    let mut differences: BTreeMap<(String, String, String), Vec<String>> = BTreeMap::new();
    let mut compared = 0;
    for (name, record) in records() {
        let is_kubeadm = name.starts_with("kubeadm") || name.starts_with("11-");
        let verdicts = record.join("kube-bench/cis-1.10.json");
        if !is_kubeadm || !verdicts.is_file() {
            continue;
        }
        let theirs: BTreeMap<String, String> =
            serde_json::from_str(&std::fs::read_to_string(verdicts)?)?;
        let node = FakeNode::from_record(&record)?;
        for (id, control) in by_id() {
            // A target that kube-bench did not run has no verdict.
            let Some(theirs) = theirs.get(&id) else {
                continue;
            };
            compared += 1;
            let outcome = node.check(&requests, control.uses, |cx| evaluated(&control, cx));
            let ours = projected(&id, outcome.verdict);
            if ours != theirs {
                differences
                    .entry((id, ours.to_owned(), theirs.clone()))
                    .or_default()
                    .push(name.clone());
            }
        }
    }
    if compared > 0 {
        let kept: BTreeMap<_, _> = KEPT
            .iter()
            .map(|(id, ours, theirs, records, _)| {
                let key = ((*id).to_owned(), (*ours).to_owned(), (*theirs).to_owned());
                (key, records.iter().map(|&r| r.to_owned()).collect())
            })
            .collect();
        assert_eq!(differences, kept);
    }
    Ok(())
}

#[test]
fn no_lost_fact_makes_a_verdict_better() -> Result<(), Box<dyn std::error::Error>> {
    let requests = all_requests();
    let mut broken = Vec::new();
    for (name, record) in records() {
        let node = FakeNode::from_record(&record)?;
        let losses = laws::losses(&node);
        for control in controls() {
            let found =
                laws::violations_among(&node, &losses, |node| run(&requests, &control, node));
            broken.extend(
                found
                    .iter()
                    .map(|v| format!("{name} {}: {v}", control.name)),
            );
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    Ok(())
}
