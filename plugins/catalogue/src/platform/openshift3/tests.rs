//! Every control of OpenShift 3's table on a good node, on a weak one, with
//! nothing readable and where there is nothing to judge.

use cisb_sdk::fake::FakeNode;
use cisb_sdk::verdict::Verdict;

use crate::platform::named;
use crate::platform::openshift::tests::{hold, record, run};

#[test]
fn every_control_of_openshift_3_passes_fails_and_has_a_witness() {
    hold(
        "openshift3",
        ["openshift3-master-good", "openshift3-master-weak"],
        include_str!("verdicts.txt"),
    );
}

#[test]
fn a_node_without_the_files_of_openshift_3_has_the_search_as_witness() {
    let platform = named("openshift3").unwrap();
    for name in [
        "origin-audit-on",
        "origin-kubelet-cert-dir",
        "origin-etcd-pod-mode",
    ] {
        let outcome = run(platform, &FakeNode::new(), name);
        assert_eq!(outcome.verdict, Verdict::NotApplicable, "{name}");
        assert!(!outcome.observations.is_empty(), "{name}");
    }
}

#[test]
fn files_of_openshift_3_that_cannot_be_read_are_an_error() {
    let platform = named("openshift3").unwrap();
    let node = record("openshift3-master-unreadable");
    for name in [
        "origin-audit-on",
        "origin-not-always-admit",
        "origin-kubelet-cert-dir",
    ] {
        assert_eq!(run(platform, &node, name).verdict, Verdict::Error, "{name}");
    }
}

#[test]
fn what_the_guide_leaves_to_a_person_says_at_what_to_look() {
    let platform = named("openshift3").unwrap();
    let outcome = run(platform, &FakeNode::new(), "origin-request-timeout");
    assert_eq!(outcome.verdict, Verdict::Manual);
    assert!(
        outcome.reason.contains("grep request-timeout"),
        "{}",
        outcome.reason
    );
}
