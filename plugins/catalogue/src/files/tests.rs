//! Controls over files on made-up nodes, on every recorded kubeadm node beside
//! kube-bench's verdict, and with every fact of those nodes lost in turn.

use cisb_sdk::contract::manifest::{Requests, Right};
use cisb_sdk::fake::{FakeFacts, FakeNode};
use cisb_sdk::rule::{self, Cx, Rule};
use cisb_sdk::verdict::Outcome;

use super::{controls, requests};
use crate::control::Control;

mod cases;
mod readable;
mod records;

/// These requests, and those of the controls over settings, which these use too.
fn all_requests() -> Requests {
    let mut all = crate::settings::requests();
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
fn a_rule_reads_back_from_its_manifest_as_it_was_written() {
    for control in crate::controls() {
        let text = serde_json::to_string(&control.rule).unwrap();
        let back = Rule::read(&cisb_sdk::json::parse(&text).unwrap());
        assert_eq!(back.as_ref(), Ok(&control.rule), "{text}");
    }
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
