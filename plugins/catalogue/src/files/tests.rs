//! Controls over files on made-up nodes, on every recorded kubeadm node beside
//! kube-bench's verdict, and with every fact of those nodes lost in turn.

use cisb_sdk::fake::{FakeFacts, FakeNode};
use cisb_sdk::rule::{self, Cx};
use cisb_sdk::verdict::Outcome;
use serde_json::json;

use super::*;

mod cases;
mod records;

/// The requests of the controls over settings, as far as these use them.
fn all_requests() -> Requests {
    let process = |name: &str, environment: &[&str]| json!({"id": name, "executables": [name], "environment": environment, "why": "test"});
    let shared = json!({
        "files": [
            {"id": "static-pods", "rights": ["read"], "depth": 1, "why": "test",
             "paths": ["/etc/kubernetes/manifests", "/etc/kubernetes/manifests/*"]}
        ],
        "processes": [
            process("kube-apiserver", &[]), process("kube-controller-manager", &[]),
            process("kube-scheduler", &[]), process("etcd", &["ETCD_CONFIG_FILE", "ETCD_DATA_DIR"]),
            process("kubelet", &[]), process("kube-proxy", &[])
        ],
        "named": [
            {"id": "kubelet-config", "process": "kubelet", "flags": ["config", "config-dir"],
             "rights": ["read"], "depth": 4, "why": "test"},
            {"id": "kube-proxy-config", "process": "kube-proxy", "flags": ["config"],
             "rights": ["read"], "why": "test"},
            {"id": "static-pod-flag", "process": "kubelet", "flags": ["pod-manifest-path"],
             "rights": ["read"], "depth": 1, "why": "test"},
            {"id": "scheduler-config", "process": "kube-scheduler", "flags": ["config"],
             "rights": ["read"], "why": "test"},
            {"id": "etcd-config", "process": "etcd", "flags": ["config-file"],
             "environment": ["ETCD_CONFIG_FILE"],
             "rights": ["read"], "why": "test"}
        ],
        "fields": [
            {"id": "static-pod-path", "documents": ["kubelet-config"],
             "pointers": ["/staticPodPath"], "rights": ["read"], "depth": 1, "why": "test"}
        ]
    });
    let mut all: Requests = serde_json::from_value(shared).unwrap_or_default();
    let ours = requests();
    all.files.extend(ours.files);
    all.named.extend(ours.named);
    all.fields.extend(ours.fields);
    all
}

fn run(requests: &Requests, control: &Control, node: &FakeNode) -> (FakeFacts, Outcome) {
    node.run(requests, control.uses, |cx| evaluated(control, cx))
}

fn evaluated(control: &Control, cx: &Cx<'_>) -> Outcome {
    match rule::evaluate(&control.rule, cx, &[]) {
        Ok(outcome) => outcome,
        Err(failure) => unreachable!("{}: {failure:?}", control.name),
    }
}

#[test]
fn every_request_that_a_control_uses_exists() {
    let requests = all_requests();
    let known: Vec<&str> = requests.ids().map(|(id, _)| id).collect();
    for control in controls() {
        for id in control.uses {
            assert!(known.contains(id), "{} uses {id}", control.name);
        }
    }
    let mut ids = known.clone();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), known.len(), "an id is used twice");
}

#[test]
fn a_rule_reads_back_from_its_manifest_as_it_was_written() -> Result<(), serde_json::Error> {
    for control in controls() {
        let text = serde_json::to_string(&control.rule)?;
        let back: Rule = serde_json::from_str(&text)?;
        assert_eq!(back, control.rule, "{text}");
    }
    Ok(())
}

#[test]
fn none_of_these_requests_reads_contents() {
    let requests = requests();
    let files = requests.files.iter().map(|r| &r.rights);
    let named = requests.named.iter().map(|r| &r.rights);
    let fields = requests.fields.iter().map(|r| &r.rights);
    for rights in files.chain(named).chain(fields) {
        assert_eq!(rights.as_slice(), [Right::Stat]);
    }
}
