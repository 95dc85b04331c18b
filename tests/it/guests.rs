//! Profiles that misbehave, and what the operator sees of it: a verdict of
//! `error` with our words, or a refusal before anything runs.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Ran, Record, findings, guest, scan, workspace};

/// A node with a static pod, a shadow file, a key under an innocent name, and
/// a process that borrowed the kubelet's name.
fn victim() -> Record {
    Record::new()
        .file("/etc/kubernetes/manifests/etcd.yaml", "0600", "kind: Pod\n")
        .file(
            "/etc/shadow",
            "0640",
            "root:$6$CANARY-hash:19000:0:99999:7:::\n",
        )
        .file(
            "/etc/kubernetes/notes.txt",
            "0644",
            "-----BEGIN PRIVATE KEY-----\nQ0FOQVJZLWtleQ==\n-----END PRIVATE KEY-----\n",
        )
        .process(json!({
            "pid": 4242, "ppid": 1, "uid": 1000, "comm": "kubelet", "exe": "/tmp/kubelet",
            "argv": ["kubelet", "--config", "/etc/shadow"], "env": {},
            "cgroup": "/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope",
        }))
}

fn run(name: &str) -> Ran {
    let ran = scan(&guest(name), victim().path(), &[]);
    for output in [&ran.out, &ran.err] {
        assert!(!output.contains("CANARY"), "{name}: {output}");
        assert!(!output.contains("Q0FOQVJZLWtleQ"), "{name}: {output}");
    }
    ran
}

/// One check, no verdict from facts, a reason in our words, exit code 4.
#[track_caller]
fn is_stopped(name: &str, needles: &[&str]) -> Value {
    let ran = run(name);
    let report = ran.report();
    let finding = findings(&report)["1.1.1"].clone();
    assert_eq!(finding["verdict"], "error", "{name}: {finding:#}");
    let reason = finding["reason"].as_str().unwrap();
    assert!(
        needles.iter().any(|needle| reason.contains(needle)),
        "{name}: {reason}"
    );
    assert_eq!(ran.code, 4, "{name}: {:#}", report["problems"]);
    finding
}

/// Nothing of it ran: a refusal in the report, exit code 3.
#[track_caller]
fn is_refused(ran: &Ran, needles: &[&str]) {
    let report = ran.report();
    let refusal = &report["profiles"][0]["refused"]["reason"];
    let reason = refusal.as_str().unwrap_or_else(|| panic!("{report:#}"));
    for needle in needles {
        assert!(reason.contains(needle), "{needle}: {reason}");
    }
    assert_eq!(report["findings"], json!([]), "{reason}");
    assert_eq!(ran.code, 3, "{reason}");
}

#[test]
fn an_honest_guest_passes() {
    let ran = run("honest");
    let report = ran.report();
    assert_eq!(findings(&report)["1.1.1"]["verdict"], "pass", "{report:#}");
    assert_eq!(ran.code, 0, "{report:#}");
}

#[test]
fn an_endless_loop_is_stopped() {
    let start = Instant::now();
    for name in ["loop-in-check", "loop-in-start"] {
        is_stopped(name, &["used up its budget of instructions"]);
    }
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn more_memory_than_allowed_stops_it() {
    is_stopped("memory-bomb", &["more than 33554432 bytes of memory"]);
    is_stopped("memory-at-birth", &["more than 33554432 bytes of memory"]);
}

#[test]
fn a_table_without_measure_stops_it() {
    is_stopped("table-bomb", &["tables of more than 20000 elements"]);
}

#[test]
fn handles_without_measure_stop_it() {
    is_stopped(
        "handle-bomb",
        &["more open entries", "asked more questions"],
    );
}

#[test]
fn a_flood_of_log_lines_is_cut_and_the_check_still_counts() {
    let ran = run("log-flood");
    assert_eq!(findings(&ran.report())["1.1.1"]["verdict"], "pass");
    assert!(ran.err.len() < 100_000, "{} bytes of log", ran.err.len());
    assert!(ran.err.lines().count() < 250);
}

#[test]
fn endless_recursion_is_stopped() {
    is_stopped("deep-recursion", &["recursed too deep"]);
}

#[test]
fn a_huge_question_is_not_taken() {
    is_stopped("huge-question", &["stopped", "too long"]);
}

#[test]
fn a_huge_answer_is_not_taken() {
    is_stopped("huge-answer", &["stopped", "bytes"]);
}

#[test]
fn a_long_answer_is_cut() {
    let ran = run("long-answer");
    let reason = findings(&ran.report())["1.1.1"]["reason"]
        .as_str()
        .unwrap()
        .len();
    assert!(reason < 5_000, "{reason} bytes of reason");
}

#[test]
fn an_answer_outside_its_memory_is_not_taken() {
    is_stopped("answer-out-of-bounds", &["broke the contract"]);
}

#[test]
fn an_import_that_no_host_has_is_refused_by_name() {
    is_refused(
        &run("unknown-import"),
        &["cisb:later/network@0.1.0", "does not offer"],
    );
}

#[test]
fn wasi_is_refused_by_name() {
    is_refused(
        &run("imports-wasi"),
        &["wasi:cli/environment@0.2.0", "no WASI"],
    );
}

#[test]
fn an_import_that_nothing_requests_is_refused() {
    is_refused(
        &run("ungranted-import"),
        &["cisb:host/kubernetes", "`kubernetes` request"],
    );
}

#[test]
fn two_manifests_are_refused() {
    let bytes = std::fs::read(guest("honest")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.wasm");
    std::fs::write(&path, xtask::component::add_manifest(&bytes, b"{}")).unwrap();
    let ran = scan(&path, victim().path(), &[]);
    is_refused(&ran, &["2 `cisb:manifest` sections", "exactly one"]);
}

#[test]
fn a_path_outside_the_request_is_denied_and_named() {
    is_stopped("outside-request", &["/etc/shadow"]);
}

#[test]
fn a_request_opens_nothing_for_a_check_that_does_not_use_it() {
    let ran = run("outside-uses");
    let found = findings(&ran.report());
    assert_eq!(found["1.1.1"]["verdict"], "error");
    assert_eq!(found["1.1.2"]["verdict"], "pass");
}

#[test]
fn a_password_database_is_never_read_whatever_is_requested() {
    is_stopped("reads-shadow", &["/etc/shadow"]);
}

#[test]
fn a_private_key_is_never_read_whatever_its_name() {
    let finding = findings(&run("reads-key").report())["1.1.1"].clone();
    assert_ne!(finding["verdict"], "pass", "{finding:#}");
    assert!(
        !finding.to_string().contains("BEGIN PRIVATE KEY"),
        "{finding:#}"
    );
}

#[test]
fn a_process_that_borrowed_a_name_opens_nothing() {
    let ran = run("follows-a-kubelet");
    let finding = findings(&ran.report())["1.1.1"].clone();
    assert!(
        matches!(finding["verdict"].as_str(), Some("error" | "manual")),
        "{finding:#}"
    );
}

#[test]
fn a_check_that_the_profile_does_not_know_is_said() {
    is_stopped("unknown-check", &["does not know this check"]);
}

#[test]
fn an_invented_receipt_is_not_accepted() {
    is_stopped("invented-observation", &["makes things up"]);
}

#[test]
fn a_pass_without_evidence_is_not_a_pass() {
    is_stopped("pass-without-evidence", &["cites no observation"]);
}

#[test]
fn an_absence_without_a_witness_is_not_accepted() {
    is_stopped("absent-without-witness", &["cites no observation"]);
}

#[test]
fn a_reason_cannot_reach_the_terminal() {
    let node = victim();
    for format in ["text", "json", "kube-bench"] {
        let ran = scan(
            &guest("terminal-escapes"),
            node.path(),
            &["--format", format],
        );
        for output in [&ran.out, &ran.err] {
            assert!(
                !output.contains(['\u{1b}', '\u{7}', '\r', '\u{9b}', '\u{202e}']),
                "{format}: {output:?}"
            );
            assert!(
                !output
                    .lines()
                    .any(|line| line.trim_start().starts_with("[PASS] 1.1.1 forged")),
                "{format}: {output}"
            );
        }
        assert_eq!(ran.code, 1, "{format}: {ran:?}");
    }
}

#[test]
fn a_trap_in_one_check_leaves_the_others() {
    let ran = run("trap-in-one-check");
    let found = findings(&ran.report());
    let verdicts: Vec<_> = found
        .values()
        .map(|f| f["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["pass", "error", "pass"]);
    assert!(
        found["1.1.2"]["reason"]
            .as_str()
            .unwrap()
            .contains("stopped itself")
    );
    assert_eq!(ran.code, 4);
}

#[test]
fn every_guest_is_here() {
    let source = concat!(include_str!("guests.rs"), include_str!("secrets.rs"));
    for guest in xtask::guests::list(workspace()).unwrap() {
        assert!(
            source.contains(&format!("\"{}\"", guest.name)),
            "{}",
            guest.name
        );
    }
}
