//! What bad input gets: one clear sentence, the right exit code, and never a
//! report that looks complete.

use std::path::Path;

use crate::harness::{Ran, Record, cis, cisb, findings, guest, node, scan};

/// Usage or configuration: exit code 2, nothing on standard output, and words
/// that name the thing.
#[track_caller]
fn is_usage(ran: &Ran, needles: &[&str]) {
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.is_empty(), "{ran:?}");
    for needle in needles {
        assert!(ran.err.contains(needle), "{needle}: {}", ran.err);
    }
}

/// A profile that cannot be used: exit code 3, and the report says why.
#[track_caller]
fn is_refused(profile: &Path, needle: &str) {
    let record = Record::new();
    let ran = scan(profile, record.path(), &[]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(
        ran.out.contains(needle) || ran.err.contains(needle),
        "{needle}: {ran:?}"
    );
}

#[test]
fn a_wrong_flag_is_named() {
    is_usage(&cisb(["scan", "--proflie", "x.wasm"]), &["--proflie"]);
}

#[test]
fn no_command_shows_what_there_is() {
    let ran = cisb::<&str>([]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("scan"), "{}", ran.err);
}

#[test]
fn the_version_is_on_standard_output() {
    let ran = cisb(["--version"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with("cisb "), "{}", ran.out);
}

#[test]
fn an_unknown_check_is_named_with_near_matches() {
    let ran = scan(
        &guest("honest"),
        Record::new().path(),
        &["--check", "1.1.11"],
    );
    is_usage(&ran, &["1.1.11", "1.1.1?"]);
}

#[test]
fn an_unknown_target_is_answered_with_the_list() {
    let ran = scan(
        &guest("honest"),
        Record::new().path(),
        &["--targets", "mastre"],
    );
    is_usage(&ran, &["mastre", "master"]);
}

#[test]
fn a_missing_profile_is_named() {
    let ran = scan(Path::new("missing.wasm"), Record::new().path(), &[]);
    assert!(matches!(ran.code, 2 | 3), "{ran:?}");
    assert!(
        ran.out.contains("missing.wasm") || ran.err.contains("missing.wasm"),
        "{ran:?}"
    );
}

#[test]
fn what_is_no_component_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(guest("honest")).unwrap();
    for (name, bytes, needle) in [
        ("empty.wasm", Vec::new(), "not a WebAssembly component"),
        (
            "text.wasm",
            b"kind: Pod\n".to_vec(),
            "not a WebAssembly component",
        ),
        ("half.wasm", whole[..whole.len() / 2].to_vec(), ""),
        (
            "core.wasm",
            wat::parse_str("(module)").unwrap(),
            "core WebAssembly module",
        ),
        (
            "bare.wasm",
            wat::parse_str("(component)").unwrap(),
            "no `cisb:manifest` section",
        ),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        is_refused(&path, needle);
    }
}

#[test]
fn every_cut_of_a_component_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(guest("honest")).unwrap();
    let record = Record::new();
    for tenth in 0..10 {
        let path = folder.path().join("cut.wasm");
        std::fs::write(&path, &whole[..whole.len() * tenth / 10]).unwrap();
        let ran = scan(&path, record.path(), &[]);
        assert_eq!(ran.code, 3, "{tenth} tenths: {ran:?}");
    }
}

#[test]
fn a_root_without_its_processes_is_not_mixed_with_ours() {
    let folder = tempfile::tempdir().unwrap();
    let ran = cisb([
        "scan".as_ref(),
        "--profile".as_ref(),
        guest("honest").as_os_str(),
        "--root".as_ref(),
        folder.path().as_os_str(),
    ]);
    is_usage(&ran, &["--proc", "--static"]);
}

#[test]
fn a_root_that_is_not_there_is_named() {
    let ran = cisb([
        "scan".as_ref(),
        "--profile".as_ref(),
        guest("honest").as_os_str(),
        "--static".as_ref(),
        "--root".as_ref(),
        "/no-such-root".as_ref(),
    ]);
    assert!(matches!(ran.code, 2 | 4), "{ran:?}");
    assert!(ran.out.is_empty() || ran.code == 4, "{ran:?}");
    assert!(
        format!("{}{}", ran.out, ran.err).contains("/no-such-root"),
        "{ran:?}"
    );
}

#[test]
fn a_process_table_that_is_not_there_is_named() {
    let root = tempfile::tempdir().unwrap();
    let ran = cisb([
        "scan".as_ref(),
        "--profile".as_ref(),
        guest("honest").as_os_str(),
        "--root".as_ref(),
        root.path().as_os_str(),
        "--proc".as_ref(),
        "/no-such-proc".as_ref(),
    ]);
    assert!(matches!(ran.code, 2 | 4), "{ran:?}");
    assert!(
        format!("{}{}", ran.out, ran.err).contains("/no-such-proc"),
        "{ran:?}"
    );
}

#[test]
fn a_kubeconfig_that_points_nowhere_is_named() {
    let ran = scan(
        &guest("honest"),
        Record::new().path(),
        &["--kubeconfig", "/no-such-kubeconfig"],
    );
    assert!(matches!(ran.code, 2 | 4), "{ran:?}");
    assert!(!ran.err.is_empty(), "{ran:?}");
}

#[test]
fn a_kubeconfig_that_wants_to_run_a_program_is_refused_unless_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let proof = folder.path().join("it-ran");
    let config = folder.path().join("config");
    std::fs::write(
        &config,
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
             clusters: [{{name: c, cluster: {{server: \"https://127.0.0.1:1\"}}}}]\n\
             contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
             users:\n- name: u\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n\
             \x20     command: touch\n      args: [\"{}\"]\n      interactiveMode: Never\n",
            proof.display()
        ),
    )
    .unwrap();
    let root = tempfile::tempdir().unwrap();
    let ran = cisb([
        "scan".as_ref(),
        "--profile".as_ref(),
        guest("honest").as_os_str(),
        "--static".as_ref(),
        "--root".as_ref(),
        root.path().as_os_str(),
        "--kubeconfig".as_ref(),
        config.as_os_str(),
    ]);
    assert!(!proof.exists(), "the program ran");
    assert!(
        format!("{}{}", ran.out, ran.err).contains("--kubeconfig-exec"),
        "{ran:?}"
    );
}

#[test]
fn a_corrupt_record_is_named_with_its_fault() {
    for (text, needle) in [
        ("{", "node.json"),
        ("[]", "node.json"),
        (r#"{"format": "cisb-node/9"}"#, "cisb-node/9"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("node.json"), text).unwrap();
        let ran = scan(&guest("honest"), folder.path(), &[]);
        is_usage(&ran, &[needle]);
    }
    let folder = tempfile::tempdir().unwrap();
    is_usage(&scan(&guest("honest"), folder.path(), &[]), &["node.json"]);
}

#[test]
fn a_corrupt_archive_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.tar.zst");
    std::fs::write(&path, b"not an archive").unwrap();
    is_usage(&scan(&guest("honest"), &path, &[]), &["node.tar.zst"]);
}

/// A kubeconfig for a server that is not there, with a line more in its cluster.
fn kubeconfig(folder: &Path, more: &str) -> String {
    let path = folder.join("config");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: c\n  cluster:\n    \
         server: https://127.0.0.1:1\n{more}contexts: [{{name: c, context: {{cluster: c, user: \
         u}}}}]\nusers: [{{name: u, user: {{token: CANARY}}}}]\n"
    );
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn an_api_server_that_does_not_answer_leaves_the_scan_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let config = kubeconfig(folder.path(), "");
    let root = folder.path().to_str().unwrap();
    let profile = cis();
    let words = ["scan", "--profile", profile.to_str().unwrap(), "--static"];
    let ran = cisb([&words[..], &["--root", root, "--kubeconfig", &config]].concat());
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(
        ran.out.contains("127.0.0.1:1 cannot be reached"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("0 pass, 0 fail"), "{}", ran.out);
    // Neither a library's words nor the credential.
    assert!(!ran.err.contains("kube_client"), "{}", ran.err);
    assert!(!format!("{}{}", ran.out, ran.err).contains("CANARY"));
}

#[test]
fn a_kubeconfig_that_trusts_anybody_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = kubeconfig(folder.path(), "    insecure-skip-tls-verify: true\n");
    let profile = guest("honest");
    let words = ["scan", "--profile", profile.to_str().unwrap()];
    let ran = cisb([&words[..], &["--kubeconfig", &config]].concat());
    is_usage(&ran, &["insecure-skip-tls-verify", "certificate-authority"]);
}

#[test]
fn a_record_and_an_api_server_are_not_mixed() {
    let record = Record::new();
    let ran = scan(&guest("honest"), record.path(), &["--in-cluster"]);
    is_usage(&ran, &["--node", "--in-cluster"]);
}

#[test]
fn a_folder_that_is_no_process_table_claims_nothing() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path().to_str().unwrap();
    let profile = cis();
    let words = [
        "scan",
        "--profile",
        profile.to_str().unwrap(),
        "--format",
        "json",
    ];
    let ran = cisb([&words[..], &["--root", root, "--proc", root]].concat());
    assert_eq!(ran.code, 4, "{}", ran.err);
    for (check, finding) in findings(&ran.report()) {
        let verdict = finding["verdict"].as_str().unwrap();
        let by_process = finding["evidence"].to_string().contains("process-search");
        assert!(!matches!(verdict, "pass" | "fail"), "{check}: {finding:#}");
        assert!(
            verdict != "not-applicable" || !by_process,
            "{check}: {finding:#}"
        );
    }
    assert!(ran.out.contains("is not a mounted procfs"));
}

#[test]
fn what_is_said_is_said_once_and_in_one_line() {
    let record = scan(&guest("honest"), Path::new("/no-such-record"), &[]);
    is_usage(&record, &["/no-such-record"]);
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.wasm");
    std::fs::write(&text, "kind: Pod\n").unwrap();
    let profile = cisb(["profile", "inspect", text.to_str().unwrap()]);
    assert_eq!(profile.code, 3, "{profile:?}");
    assert!(profile.err.contains("text.wasm"), "{}", profile.err);
    for ran in [record, profile] {
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        assert!(ran.err.matches("os error 2").count() <= 1, "{}", ran.err);
        assert!(!ran.err.contains("\\n"), "{}", ran.err);
    }
}

#[test]
fn a_parameter_changes_what_a_profile_exempts() {
    let verdict = |more: &[&str]| {
        let more = [&["--check", "5.1.3"], more].concat();
        let ran = scan(&cis(), &node("kubeadm-control-plane"), &more);
        findings(&ran.report())["5.1.3"]["verdict"].clone()
    };
    assert_eq!(verdict(&[]), "pass");
    assert_eq!(verdict(&["--set", "shipped-defaults=false"]), "fail");
}
