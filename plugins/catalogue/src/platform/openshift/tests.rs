//! Every control of OpenShift's tables on a good node, on a weak one, with
//! nothing readable and where there is nothing to judge; how the operators'
//! files become arguments; and what constraints, bindings and objects come to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cisb_sdk::fake::{FakeNode, Loss, laws};
use cisb_sdk::rule::{self, Cx};
use cisb_sdk::verdict::{Outcome, Verdict};
use serde_json::{Map, Value};

use crate::control::{Control, Decided};
use crate::platform::{self, Platform};
use crate::{assemble, table};
use Verdict::{Error, Fail, Manual, NotApplicable, Pass};

mod arguments;
mod objects;

/// A record of this project.
pub(in crate::platform) fn record(name: &str) -> FakeNode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/nodes");
    FakeNode::from_record(&folder.join(name)).unwrap()
}

/// Runs a control of a platform with the parameters that its profiles have, and
/// insists on the laws.
pub(in crate::platform) fn run(platform: &Platform, node: &FakeNode, name: &str) -> Outcome {
    let controls = platform.controls();
    let control = controls.iter().find(|it| it.name == name).unwrap();
    let parameters: Map<String, Value> = crate::policies::parameters(platform.code)
        .into_iter()
        .map(|it| (it.name, it.default))
        .collect();
    let profile = platform.code.profile();
    let requests = platform.requests();
    let (facts, outcome) = node.run_with(&parameters, &requests, control.uses, |cx| {
        let cx = Cx {
            find: profile.find,
            ..*cx
        };
        rule::evaluate(&control.rule, &cx, profile.codes).unwrap()
    });
    let broken = laws::broken(&facts, &outcome);
    assert!(broken.is_none(), "{name}: {broken:?} in {outcome:#?}");
    outcome
}

/// The same of OpenShift 4.
fn openshift(node: &FakeNode, name: &str) -> Outcome {
    run(platform::named("openshift").unwrap(), node, name)
}

/// The controls that a platform's tables name.
fn controls_of(platform: &Platform) -> BTreeMap<&'static str, Control> {
    let controls = platform.controls();
    let mut named = BTreeMap::new();
    for table in table::read_all(&table::folder()).unwrap() {
        if table.platform == platform.name {
            for (_, row) in table.rows() {
                let control = assemble::control(platform, &controls, row).unwrap();
                named.insert(control.name, control);
            }
        }
    }
    named
}

/// A node of which nothing can be read, though all of it is there.
fn unreadable(mut node: FakeNode) -> FakeNode {
    for fact in node.known() {
        node = node.lose(&fact, Loss::Unreadable);
    }
    node
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        NotApplicable => "not-applicable",
        Pass => "pass",
        Manual => "manual",
        Error => "error",
        Fail => "fail",
    }
}

/// Holds the controls of a platform to a list: each with its verdicts on a good
/// node, on a weak one, and on an empty one without an API. Where nothing can
/// be read every control is an error, but for what is only asked.
pub(in crate::platform) fn hold(name: &str, [good, weak]: [&str; 2], list: &str) {
    let platform = platform::named(name).unwrap();
    let (good, weak, empty) = (record(good), record(weak), FakeNode::new().without_api());
    let hidden = unreadable(good.clone());
    let mut seen = String::new();
    for (name, control) in controls_of(platform) {
        let verdicts = [&good, &weak, &empty].map(|node| run(platform, node, name).verdict);
        seen.push_str(&format!("{name} {}\n", verdicts.map(word).join(" ")));
        let asked = matches!(control.decided, Decided::ByPerson(_)) && control.uses.is_empty();
        let wanted = if asked { Manual } else { Error };
        let outcome = run(platform, &hidden, name);
        assert_eq!(outcome.verdict, wanted, "{name} unread: {outcome:#?}");
        assert!(!outcome.reason.is_empty(), "{name}");
    }
    assert_eq!(seen, list, "\n{seen}");
}

#[test]
fn every_control_passes_fails_and_has_a_witness_where_it_should() {
    hold(
        "openshift",
        [
            "openshift-control-plane-good",
            "openshift-control-plane-weak",
        ],
        include_str!("tests/verdicts.txt"),
    );
}

#[test]
fn a_control_plane_that_cannot_be_read_passes_nothing_of_it() {
    let node = record("openshift-control-plane-unreadable");
    let platform = platform::named("openshift").unwrap();
    for (name, control) in controls_of(platform) {
        let outcome = run(platform, &node, name);
        if control.uses.contains(&"openshift-config") {
            assert_eq!(outcome.verdict, Error, "{name}: {outcome:#?}");
        }
        if !control.uses.contains(&"sccs") {
            continue;
        }
        assert_eq!(outcome.verdict, Error, "{name}: {outcome:#?}");
        assert!(
            outcome.reason.starts_with("not listed"),
            "{}",
            outcome.reason
        );
    }
}

#[test]
fn a_worker_has_nothing_of_the_control_plane_and_says_by_what() {
    let node = record("openshift-worker");
    for name in [
        "kube-apiserver-manifest-mode",
        "kube-apiserver-audit-log-path",
        "kube-controller-manager-root-ca-file",
        "kube-scheduler-secure-port",
        "etcd-data-dir-mode",
        "etcd-unique-ca",
        "pki-keys-mode",
    ] {
        let outcome = openshift(&node, name);
        assert_eq!(outcome.verdict, NotApplicable, "{name}: {outcome:#?}");
        assert!(
            outcome.reason.contains("no process is"),
            "{}",
            outcome.reason
        );
    }
    for name in [
        "kubelet-config-mode-644",
        "kubelet-pull-secret-mode",
        "pods-no-privileged",
    ] {
        assert_eq!(openshift(&node, name).verdict, Pass, "{name}");
    }
}

#[test]
fn no_two_names_of_requests_and_none_of_secrets_is_read() {
    let platform = platform::named("openshift").unwrap();
    let requests = platform.requests();
    let mut ids = BTreeSet::new();
    for (id, _) in requests.ids() {
        assert!(ids.insert(id.to_owned()), "{id} stands twice");
    }
    for request in &requests.files {
        if request.paths.iter().any(|path| path.contains("secrets")) {
            assert_eq!(request.rights, [cisb_sdk::contract::manifest::Right::Stat]);
        }
    }
    for request in &requests.kubernetes {
        assert_ne!(request.resource, "secrets");
        assert_ne!(request.resource, "configmaps");
    }
}
