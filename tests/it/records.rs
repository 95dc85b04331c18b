//! Node records replay: the same record gives the same bytes, and what a scan
//! kept gives the same findings.

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::harness::{NOW, Ran, cis, cisb, findings, node, run, scan, workspace};
use crate::machine::{Machine, Quiet, as_root};

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
fn a_limit_of_address_space_changes_no_finding() {
    let usual = scan(&cis(), &node("kubeadm-control-plane"), &[]);
    // Less than one memory of a check usually reserves.
    let limited = run(&[
        OsStr::new("sh"),
        "-c".as_ref(),
        "ulimit -v 2000000 && exec \"$@\"".as_ref(),
        "sh".as_ref(),
        workspace().cisb().as_os_str(),
        "scan".as_ref(),
        "--profile".as_ref(),
        cis().as_os_str(),
        "--node".as_ref(),
        node("kubeadm-control-plane").as_os_str(),
        "--format=json".as_ref(),
        "--now".as_ref(),
        NOW.as_ref(),
    ]);
    assert_eq!(usual.out, limited.out, "{}", limited.err);
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
    let mut nodes: Vec<PathBuf> = RECORDS.iter().map(|name| node(name)).collect();
    nodes.extend(shared());
    for (index, node) in nodes.iter().enumerate() {
        // An archive and a folder in turn, and each of both forms of each record.
        let pack = match index % 2 {
            0 => folder.path().join(format!("{index}.tar.zst")),
            _ => folder.path().join(index.to_string()),
        };
        let kept = scan(&cis(), node, &["--evidence", pack.to_str().unwrap()]);
        assert!(
            matches!(kept.code, 0 | 1 | 4),
            "{}: {}",
            node.display(),
            kept.err
        );
        same_findings(&kept, &scan(&cis(), &pack, &[]), &node.display());
    }
}

/// Real records beside the project, where they are at hand: the written ones,
/// and some of those drawn at random.
fn shared() -> Vec<PathBuf> {
    let folder = workspace().path("../shared/nodes");
    let names = [
        "kubeadm-busy-cluster",
        "eks-al2023",
        "aks-ubuntu",
        "rke2-server",
        "kubeadm-variants/11-03",
        "kubeadm-variants/11-12",
    ];
    let there = names.iter().map(|name| folder.join(name));
    there
        .filter(|path| path.join("node.json").is_file())
        .collect()
}

/// Byte for byte, evidence and all; only the first difference is shown.
fn same_findings(a: &Ran, b: &Ran, what: &impl std::fmt::Display) {
    let (a, b) = (a.report(), b.report());
    let bytes = |report: &serde_json::Value| report["findings"].to_string();
    if bytes(&a) == bytes(&b) {
        return;
    }
    let (a, b) = (findings(&a), findings(&b));
    for (check, finding) in &a {
        assert_eq!(finding, &b[check], "{what} {check}");
    }
    panic!("{what}: the findings are in another order");
}

#[test]
fn what_a_live_scan_kept_gives_the_same_findings() {
    let (Some(()), Some(quiet)) = (as_root(), Quiet::wait()) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for name in RECORDS {
        let machine = Machine::of(&quiet, &node(name));
        let pack = folder.path().join(format!("{name}.tar.zst"));
        let live = machine.scan(&["--evidence", pack.to_str().unwrap()]);
        same_findings(&live, &scan(&cis(), &pack, &[]), &name);
        // A second look at the same machine finds the same.
        same_findings(&live, &machine.scan(&["--jobs", "1"]), &name);
        let taken = folder.path().join(name);
        let ran = machine.collect(&taken);
        assert_eq!(ran.code, 0, "{name}: {ran:?}");
        same_findings(&live, &scan(&cis(), &taken, &[]), &name);
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
