//! Live scans: of this machine as it is, of trees under `--root`, and of
//! processes that stand in for components. Nothing is claimed about what is not
//! there, and what is there is judged as its record is.

use std::path::Path;

use serde_json::Value;

use crate::harness::{NOW, cis, cisb, findings, node, scan};
use crate::machine::{Machine, Quiet, as_root, skipped};

const RECORDS: [&str; 3] = ["kubeadm-control-plane", "kubeadm-worker", "kubeadm-weak"];

/// The words for a scan of this machine.
fn here<'a>(profile: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let profile = profile.to_str().unwrap();
    let mut words = vec!["scan", "--profile", profile, "--now", NOW];
    words.extend(more);
    words
}

#[test]
fn a_machine_without_kubernetes_is_incomplete_and_every_absence_has_its_witness() {
    let (Some(()), Some(_quiet)) = (as_root(), Quiet::wait()) else {
        return;
    };
    if Path::new("/etc/kubernetes").exists() || Path::new("/var/lib/kubelet").exists() {
        skipped::<()>("this machine has files of Kubernetes");
        return;
    }
    let ran = cisb(here(&cis(), &["--format", "json"]));
    assert_eq!(ran.code, 4, "{}", ran.err);
    let report = ran.report();
    assert_eq!(report["node"]["role"], "unknown");
    let found = findings(&report);
    assert_eq!(found.len(), 130);
    for (check, finding) in &found {
        let evidence = finding["evidence"].as_array().unwrap();
        match finding["verdict"].as_str().unwrap() {
            "not-applicable" => {
                let seen_whole = evidence
                    .iter()
                    .all(|it| it["missing"].is_null() || it["missing"] == "not-found");
                assert!(!evidence.is_empty() && seen_whole, "{check}: {finding:#}");
                let component = finding["component"].as_str().unwrap();
                let names_it = evidence.iter().any(|it| {
                    it["kind"] == "process-search"
                        && (it["subject"] == component || it["subject"] == "kubelet")
                        || it["kind"] == "search"
                });
                assert!(names_it, "{check}: {finding:#}");
            }
            "error" => assert!(
                finding["reason"].as_str().unwrap().contains("--kubeconfig"),
                "{check}: {finding:#}"
            ),
            other => panic!("{check}: {other}: {finding:#}"),
        }
    }
    // Each component is missed by name.
    for (check, name) in [
        ("1.2.1", "kube-apiserver"),
        ("1.3.1", "kube-controller-manager"),
        ("1.4.1", "kube-scheduler"),
        ("2.1", "etcd"),
        ("4.2.1", "kubelet"),
        ("4.3.1", "kube-proxy"),
    ] {
        let reason = found[check]["reason"].as_str().unwrap();
        assert!(reason.contains(name), "{check}: {reason}");
    }
    let text = cisb(here(&cis(), &[]));
    assert!(text.out.contains("nothing was assessed"), "{}", text.out);
    assert!(text.out.contains("assessed 0 of 130"), "{}", text.out);
}

#[test]
fn stand_ins_and_a_tree_are_judged_as_their_record_is() {
    let (Some(()), Some(quiet)) = (as_root(), Quiet::wait()) else {
        return;
    };
    for name in RECORDS {
        let machine = Machine::of(&quiet, &node(name));
        let live = machine.scan(&[]).report();
        let recorded = scan(&cis(), &node(name), &[]).report();
        assert_eq!(live["node"]["origin"], "live", "{name}");
        assert_eq!(live["node"]["role"], recorded["node"]["role"], "{name}");
        same_but_for_the_api(name, &findings(&recorded), &findings(&live));
    }
}

/// A live scan without an API server knows no API objects; for the rest, the
/// two agree on verdict, subjects and facts.
fn same_but_for_the_api(
    name: &str,
    recorded: &std::collections::BTreeMap<String, Value>,
    live: &std::collections::BTreeMap<String, Value>,
) {
    let mut wrong = Vec::new();
    for (check, was) in recorded {
        let is = &live[check];
        if was["verdict"] != is["verdict"] {
            wrong.push(format!(
                "{check}: recorded {}: {}; live {}: {}",
                was["verdict"], was["reason"], is["verdict"], is["reason"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{name}\n{}", wrong.join("\n"));
}
