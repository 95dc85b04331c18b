//! OpenShift's records through the door: which profile is taken, what the first
//! screen says, and the verdicts that kube-bench gets wrong.

use serde_json::{Value, json};

use crate::harness::{Record, chosen, detect, findings, node};

/// The worker's record, of another version.
fn worker(version: &str) -> Record {
    let mut record = Record::of("openshift-worker");
    record.node()["kubernetes"] = json!({"version": version});
    record
}

/// The result of a check of a record's own profile.
fn result(record: &str, check: &str) -> Value {
    let report = detect(&node(record), &["--check", check, "--format", "json"]).report();
    findings(&report)[check].clone()
}

#[test]
fn each_version_of_openshift_4_gets_its_benchmark_without_oc_and_without_the_api() {
    for (version, id) in [
        ("v1.13.4+c2a5caf", "rh-1.0"),
        ("v1.23.12+8a6bfe4", "rh-1.0"),
        ("v1.24.6+5658434", "rh-1.4"),
        ("v1.25.14+a52e8df", "rh-1.4"),
        ("v1.26.9+636f2be", "rh-1.8"),
        ("v1.34.1+openshift", "rh-1.8"),
        ("v1.36.0+openshift", "rh-1.8"),
    ] {
        let (found, why) = chosen(worker(version).path());
        assert_eq!(found, id, "{version}: {why}");
        assert!(
            why.contains("kubelet runs, /etc/machine-config-daemon is there"),
            "{why}"
        );
        assert_eq!(
            why.contains("newer than"),
            version.contains("1.36"),
            "{why}"
        );
    }
}

#[test]
fn the_label_of_the_node_shows_openshift_where_its_files_do_not() {
    let mut record = worker("v1.27.8+4fab27b");
    let node = record.node();
    let entries = node["entries"].as_object_mut().unwrap();
    entries.retain(|path, _| !path.starts_with("/etc/machine-config-daemon"));
    let (found, why) = chosen(record.path());
    assert_eq!(found, "rh-1.8", "{why}");
    assert!(why.contains("node.openshift.io/os_id"), "{why}");
}

#[test]
fn openshift_3_is_known_by_its_own_files() {
    let report = detect(
        &node("openshift3-master-good"),
        &["--check", "1.15", "--format", "json"],
    )
    .report();
    assert_eq!(report["profiles"][0]["id"], "rh-0.7");
}

#[test]
fn other_nodes_are_not_taken_for_openshift() {
    for record in ["kubeadm-control-plane", "kubeadm-worker"] {
        let (found, why) = chosen(&node(record));
        assert!(!found.starts_with("rh-"), "{record}: {found}: {why}");
    }
}

#[test]
fn the_first_screen_says_what_was_found_and_what_to_do() {
    let text = detect(&node("openshift-control-plane-good"), &[]).out;
    let screen = text.split("== Scan ==").nth(1).unwrap();
    for part in [
        "Node       master-0, control-plane, Kubernetes v1.27.8+4fab27b",
        "Profile    rh-1.8",
        "/etc/machine-config-daemon is there",
        "0 fail",
        "0 error",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    let weak = detect(&node("openshift-control-plane-weak"), &[]).out;
    let screen = weak.split("== Scan ==").nth(1).unwrap();
    assert!(screen.contains("Profile    rh-1.0"), "{screen}");
    assert!(
        screen.contains("Failed checks, the worst first"),
        "{screen}"
    );
    // Where a setting lives for good, and not the file that is written anew.
    assert!(weak.contains("unsupportedConfigOverrides"));
    assert!(weak.contains("KubeletConfig (machineconfiguration.openshift.io)"));
    assert!(!weak.contains("kubeadm init phase"));
}

#[test]
fn effective_arguments_are_read_through_the_mounts_of_the_pod() {
    for (check, verdict, part) in [
        ("1.2.18", "pass", "/var/log/kube-apiserver/audit.log"),
        ("1.2.16", "pass", "6443"),
        ("1.3.3", "pass", "service-account.key"),
        ("3.2.1", "pass", "policy.yaml"),
        ("2.7", "pass", "etcd-serving-ca"),
    ] {
        let result = result("openshift-control-plane-good", check);
        assert_eq!(result["verdict"], verdict, "{check}: {result}");
        assert!(result.to_string().contains(part), "{check}: {result}");
    }
}

#[test]
fn constraints_are_judged_by_who_may_use_them() {
    // A constraint with allowHostPID is there in both; kube-bench passes for it.
    let good = result("openshift-control-plane-good", "5.2.2");
    assert_eq!(good["verdict"], "pass", "{good}");
    let weak = result("openshift-control-plane-weak", "5.2.2");
    assert_eq!(weak["verdict"], "fail", "{weak}");
    let reason = weak["reason"].as_str().unwrap();
    assert!(
        reason.contains("SecurityContextConstraints/team"),
        "{reason}"
    );
}

#[test]
fn a_configuration_that_cannot_be_read_is_never_a_pass() {
    for check in ["1.2.20", "1.2.7", "1.2.31", "5.2.1", "1.3.2"] {
        let result = result("openshift-control-plane-unreadable", check);
        assert_eq!(result["verdict"], "error", "{check}: {result}");
    }
}
