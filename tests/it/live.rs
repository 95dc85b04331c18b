//! Scans of a file tree on this machine, and of the machine itself: nothing is
//! claimed about what is not there.

use std::ffi::OsStr;
use std::path::Path;

use crate::harness::{NOW, Ran, cis, cisb, findings};

fn scan(root: &Path, more: &[&str]) -> Ran {
    let profile = cis();
    let mut args: Vec<&OsStr> = vec![
        "scan".as_ref(),
        "--profile".as_ref(),
        profile.as_os_str(),
        "--root".as_ref(),
        root.as_os_str(),
        "--now".as_ref(),
        NOW.as_ref(),
        "--format".as_ref(),
        "json".as_ref(),
    ];
    args.extend(more.iter().map(OsStr::new));
    cisb(args)
}

#[test]
fn a_tree_without_kubernetes_is_incomplete_and_claims_nothing() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("etc")).unwrap();
    std::fs::write(root.path().join("etc/passwd"), "root:x:0:0::/:/bin/sh\n").unwrap();
    let ran = scan(root.path(), &["--static"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    for (check, finding) in findings(&ran.report()) {
        assert!(
            !matches!(finding["verdict"].as_str(), Some("pass" | "fail")),
            "{check}: {finding:#}"
        );
    }
}

#[test]
fn an_empty_process_table_of_another_root_is_a_witness() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("etc/kubernetes/manifests")).unwrap();
    let ran = scan(root.path(), &["--proc", "/proc"]);
    assert!(matches!(ran.code, 1 | 4), "{ran:?}");
    for (check, finding) in findings(&ran.report()) {
        if finding["verdict"] == "not-applicable" {
            assert!(
                !finding["evidence"].as_array().unwrap().is_empty(),
                "{check}"
            );
        }
    }
}

#[test]
fn the_mode_of_a_file_under_root_is_judged_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("etc/kubernetes");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("admin.conf");
    std::fs::write(&file, "apiVersion: v1\nkind: Config\n").unwrap();
    for (mode, verdict) in [(0o600, "pass"), (0o644, "fail")] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let ran = scan(root.path(), &["--static", "--check", "1.1.13"]);
        let finding = findings(&ran.report())["1.1.13"].clone();
        assert_eq!(finding["verdict"], verdict, "{mode:o}: {finding:#}");
    }
}
