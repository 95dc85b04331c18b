//! VMs of TKGI: BOSH's links, bpm's containers, and what a node does not tell.

use std::path::Path;

use crate::harness::{Expected, cis, cisb, expect, findings, node, profile, scan};

/// What the profile says of one of the project's records.
fn judged(record: &str, expected: &[Expected<'_>]) {
    expect(
        record,
        &scan(&profile("tkgi-1.2.53"), &node(record), &[]).report(),
        expected,
    );
}

/// Scans a record and looks at checks: id, verdict, words.
#[track_caller]
#[test]
fn both_kinds_of_vm_are_found_by_their_jobs() {
    let profiles = cis();
    let profiles = profiles.parent().unwrap();
    for record in ["tkgi-master", "tkgi-worker"] {
        let words = ["scan", "--profiles"].map(Path::new).into_iter();
        let record = node(record);
        let words = words.chain([profiles, Path::new("--node"), &record]);
        let text = cisb(words).out;
        let screen = text.split("== Scan ==").nth(1).unwrap();
        for part in ["Profile    tkgi-1.2.53", "/var/vcap/jobs/"] {
            assert!(screen.contains(part), "{part}: {screen}");
        }
    }
}

#[test]
fn jobs_are_judged_behind_boshs_links() {
    judged(
        "tkgi-master",
        &[
            ("1.1.1", "pass", "config/bpm.yml has mode 600"),
            ("1.1.11", "pass", "/var/vcap/store/etcd has mode 700"),
            ("1.1.12", "fail", "owner vcap:vcap"),
            ("1.1.21", "pass", "all 4 files have mode 600"),
            ("2.7", "pass", "has other contents"),
            ("3.2.1", "pass", "config/audit_policy.yml"),
            ("4.1.1", "not-applicable", "no process is kubelet"),
        ],
    );
    judged(
        "tkgi-worker",
        &[
            ("4.1.1", "pass", "/monit has mode 640"),
            ("4.1.9", "pass", "config/kubeletconfig.yml has mode 640"),
            ("4.2.6", "pass", "kubeletconfig.yml"),
            ("1.2.1", "not-applicable", "no process is kube-apiserver"),
        ],
    );
}

#[test]
fn what_is_weak_fails() {
    judged(
        "tkgi-master-weak",
        &[
            ("1.1.2", "fail", "config/bpm.yml has owner root:vcap"),
            ("1.1.11", "fail", "/var/vcap/store/etcd has mode 755"),
            ("1.1.21", "fail", "has mode 640"),
            ("1.2.1", "fail", "--anonymous-auth is true"),
            ("1.2.8", "fail", "should be a list with Node"),
            ("2.2", "fail", "--client-cert-auth is not set"),
        ],
    );
    judged(
        "tkgi-worker-weak",
        &[
            ("4.1.2", "fail", "/monit has owner vcap:vcap"),
            ("4.1.9", "fail", "has mode 666"),
            ("4.2.2", "fail", "AlwaysAllow"),
        ],
    );
}

#[test]
fn what_cannot_be_read_is_an_error_that_names_it() {
    judged(
        "tkgi-unreadable",
        &[
            ("2.7", "error", "config/etcd-ca.crt: not permitted"),
            ("3.2.1", "error", "config/audit_policy.yml: not permitted"),
            ("5.1.1", "error", "no API objects"),
        ],
    );
}

/// The checks with a fact that kube-bench's table leaves to a person.
#[test]
fn what_tkgis_table_leaves_to_a_person_is_judged() {
    let report = scan(&profile("tkgi-1.2.53"), &node("tkgi-master"), &[]).report();
    let mut found = findings(&report);
    let report = scan(&profile("tkgi-1.2.53"), &node("tkgi-worker"), &[]).report();
    found.extend(
        findings(&report)
            .into_iter()
            .filter(|(id, _)| id.starts_with("4.")),
    );
    let mut judged = 0;
    for (check, finding) in &found {
        if finding["assessment"] != "manual" || check.starts_with("5.") {
            continue;
        }
        let verdict = finding["verdict"].as_str().unwrap();
        if ["3.1.1", "1.2.26", "4.2.9"].contains(&check.as_str()) {
            assert_ne!(verdict, "pass", "{check}: {finding}");
            continue;
        }
        assert!(
            ["pass", "fail", "not-applicable"].contains(&verdict),
            "{check}: {finding}"
        );
        judged += 1;
    }
    assert!(judged > 80, "{judged}");
}

#[test]
fn a_job_that_is_not_on_the_node_is_not_guessed_at() {
    judged(
        "kubeadm-control-plane",
        &[
            (
                "1.1.1",
                "manual",
                "nothing was found in /var/vcap/jobs/kube-apiserver",
            ),
            (
                "1.1.8",
                "manual",
                "nothing was found in /var/vcap/jobs/etcd",
            ),
            (
                "4.1.1",
                "manual",
                "nothing was found in /var/vcap/jobs/kubelet",
            ),
        ],
    );
}
