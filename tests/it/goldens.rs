//! What an operator sees, whole: the text of real scans, kept in
//! `cases/<scenario>/stdout` beside the command that made it. `BLESS=1` writes
//! them anew; read the difference as a user would.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::harness::{Record, cis, workspace};

/// The last lines, which is what a terminal shows.
const SCREEN: usize = 24;
const COLUMNS: usize = 80;

#[test]
fn a_control_plane() {
    golden("control-plane", &Record::of("kubeadm-control-plane"));
}

#[test]
fn a_worker() {
    golden("worker", &Record::of("kubeadm-worker"));
}

#[test]
fn a_control_plane_seen_without_root() {
    let mut record = Record::of("kubeadm-weak");
    for (path, entry) in record.node()["entries"].as_object_mut().unwrap() {
        // What lies in a folder that only root may enter, and what only root reads.
        let hidden = entry["mode"] == "0600" || entry["mode"] == "0700";
        let below = ["/var/lib/etcd/", "/var/lib/kubelet/pki/"];
        if hidden || below.iter().any(|folder| path.starts_with(folder)) {
            entry["error"] = json!("not-permitted");
        }
    }
    for process in record.node()["processes"].as_array_mut().unwrap() {
        process["exe"] = json!(null);
    }
    golden("no-root", &record);
}

#[test]
fn a_worker_seen_from_a_pod_without_host_pid() {
    let mut record = Record::of("kubeadm-worker");
    record.node()["processes"] = json!([]);
    record.node()["scope"] = json!({
        "globs": ["/**"],
        "processes": "partial",
        "hint": "/proc shows a private PID namespace, not the node's: \
                 run on the node, or in a pod with hostPID: true",
    });
    golden("no-host-pid", &record);
}

/// Runs the case's command where the record is `node` and the profile lies
/// beside it, so that no path of this machine is in the text.
fn golden(name: &str, record: &Record) {
    let case = workspace().path("tests/cases").join(name);
    let command = std::fs::read_to_string(case.join("cmd")).unwrap();
    let here = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(record.path(), here.path().join("node")).unwrap();
    std::os::unix::fs::symlink(cis(), here.path().join("cis-1.10.wasm")).unwrap();
    let output = Command::new(workspace().cisb())
        .args(command.split_whitespace().skip(1))
        .current_dir(here.path())
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let code = output.status.code().unwrap_or(-1);
    assert!(
        text.contains(&format!("\nExit code  {code}: ")),
        "{name}: {code}"
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{name}");
    fits(name, &text);
    same(name, &case.join("stdout"), &text);
}

/// The closing screen stands alone on a small terminal.
fn fits(name: &str, text: &str) {
    let lines: Vec<&str> = text.lines().collect();
    let screen = &lines[lines.len().saturating_sub(SCREEN)..];
    assert!(screen.contains(&"== Scan =="), "{name}: {screen:#?}");
    for line in screen {
        assert!(line.chars().count() <= COLUMNS, "{name}: {line}");
    }
    for word in [
        "Node ",
        "Profile ",
        "Verdicts ",
        "Coverage ",
        "Exit code ",
        "Next ",
    ] {
        assert!(
            screen.iter().any(|line| line.starts_with(word)),
            "{name}: {word}"
        );
    }
}

fn same(name: &str, path: &PathBuf, text: &str) {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, text).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    let differs = kept.lines().zip(text.lines()).position(|(a, b)| a != b);
    let at = differs.unwrap_or_else(|| kept.lines().count().min(text.lines().count()));
    assert!(
        kept == text,
        "{name}: {} differs from line {}; BLESS=1 rewrites it\n  kept: {}\n  now:  {}",
        path.display(),
        at + 1,
        kept.lines().nth(at).unwrap_or("(end)"),
        text.lines().nth(at).unwrap_or("(end)"),
    );
}
