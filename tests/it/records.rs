//! Node records replay: the same record gives the same bytes, and what a scan
//! kept gives the same findings.

use serde_json::Value;

use crate::harness::{cis, cisb, findings, node, scan};

const RECORDS: [&str; 3] = ["kubeadm-control-plane", "kubeadm-worker", "kubeadm-weak"];

#[test]
fn two_scans_of_a_record_give_the_same_bytes_however_many_run_at_once() {
    for name in RECORDS {
        let first = scan(&cis(), &node(name), &["--jobs", "1"]);
        assert!(matches!(first.code, 0 | 1 | 4), "{name}: {}", first.err);
        let again = scan(&cis(), &node(name), &["--jobs", "1"]);
        let many = scan(&cis(), &node(name), &["--jobs", "4"]);
        assert_eq!(first.out, again.out, "{name}");
        assert_eq!(first.out, many.out, "{name}");
    }
}

#[test]
fn every_check_has_a_finding_and_every_verdict_a_ground() {
    for name in RECORDS {
        let report = scan(&cis(), &node(name), &[]).report();
        let found = findings(&report);
        assert_eq!(found.len(), 130, "{name}");
        for (check, finding) in &found {
            let verdict = finding["verdict"].as_str().unwrap();
            let evidence = finding["evidence"].as_array().unwrap();
            if matches!(verdict, "pass" | "fail" | "not-applicable") {
                assert!(
                    !evidence.is_empty(),
                    "{name} {check}: {verdict} cites nothing"
                );
            } else {
                assert_ne!(
                    finding["reason"], "",
                    "{name} {check}: {verdict} without a reason"
                );
            }
        }
    }
}

#[test]
fn what_a_scan_kept_gives_the_same_findings() {
    let folder = tempfile::tempdir().unwrap();
    for name in RECORDS {
        let pack = folder.path().join(format!("{name}.tar.zst"));
        let kept = scan(&cis(), &node(name), &["--evidence", pack.to_str().unwrap()]);
        let replayed = scan(&cis(), &pack, &[]);
        let (kept, replayed) = (kept.report(), replayed.report());
        let (kept, replayed) = (findings(&kept), findings(&replayed));
        for (check, finding) in &kept {
            assert_eq!(
                without_evidence(finding),
                without_evidence(&replayed[check]),
                "{name} {check}"
            );
        }
    }
}

#[test]
fn a_pack_that_is_asked_about_what_it_never_kept_says_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("one.tar.zst");
    let name = node("kubeadm-control-plane");
    scan(
        &cis(),
        &name,
        &["--check", "1.1.1", "--evidence", pack.to_str().unwrap()],
    );
    let ran = scan(&cis(), &pack, &["--check", "1.1.13"]);
    let finding = findings(&ran.report())["1.1.13"].clone();
    assert_eq!(finding["verdict"], "error", "{finding:#}");
    assert!(
        finding["reason"].as_str().unwrap().contains("not recorded"),
        "{finding:#}"
    );
    assert_eq!(ran.code, 4);
}

#[test]
fn a_worker_is_not_judged_as_a_control_plane() {
    let report = scan(&cis(), &node("kubeadm-worker"), &[]).report();
    let found = findings(&report);
    for check in ["1.1.1", "1.2.1", "1.3.1", "1.4.1", "2.1"] {
        assert_eq!(
            found[check]["verdict"], "not-applicable",
            "{check}: {:#}",
            found[check]
        );
    }
}

#[test]
fn a_collected_record_is_private_and_scans_like_its_tree() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("etc/kubernetes")).unwrap();
    std::fs::write(
        root.path().join("etc/kubernetes/admin.conf"),
        "kind: Config\n",
    )
    .unwrap();
    let pack = folder.path().join("copy.tar.zst");
    let ran = cisb([
        "collect".as_ref(),
        "--profile".as_ref(),
        cis().as_os_str(),
        "--static".as_ref(),
        "--root".as_ref(),
        root.path().as_os_str(),
        "-o".as_ref(),
        pack.as_os_str(),
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mode = pack.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let finding = findings(&scan(&cis(), &pack, &[]).report())["1.1.13"].clone();
    assert_eq!(finding["verdict"], "fail", "{finding:#}");
}

/// A finding without what names the record rather than the node.
fn without_evidence(finding: &Value) -> Value {
    let mut finding = finding.clone();
    if let Some(members) = finding.as_object_mut() {
        members.remove("evidence");
    }
    finding
}
