//! Nodes on which a managed platform's own controls are tried: one that is as
//! it should be, one that is not, one that hides what decides, and one that has
//! nothing to judge.

use std::collections::BTreeSet;

use cisb_sdk::fake::{FakeNode, laws};
use cisb_sdk::rule;
use cisb_sdk::verdict::{Outcome, Verdict};

use crate::control::Decided;
use crate::platform::Platform;

/// What is expected of a control.
pub(in crate::platform) struct Case {
    /// Its name.
    pub(in crate::platform) control: &'static str,
    /// Passes; or goes to a person, where nothing else can be.
    pub(in crate::platform) good: (FakeNode, Verdict),
    /// Fails, or goes to a person.
    pub(in crate::platform) bad: (FakeNode, Verdict),
    /// Hides what decides: always an error.
    pub(in crate::platform) hidden: FakeNode,
    /// Has nothing to judge: not applicable with a witness, or a person's.
    pub(in crate::platform) nothing: (FakeNode, Verdict),
}

/// Runs a control and insists on the laws.
pub(in crate::platform) fn run(platform: &Platform, node: &FakeNode, name: &str) -> Outcome {
    let controls = platform.controls();
    let control = controls.iter().find(|it| it.name == name).unwrap();
    let (facts, outcome) = node.run(&platform.requests(), control.uses, |cx| {
        rule::evaluate(&control.rule, cx, platform.code.profile().codes).unwrap()
    });
    let broken = laws::broken(&facts, &outcome);
    assert!(broken.is_none(), "{name}: {broken:?} in {outcome:#?}");
    outcome
}

/// Tries every case, and that each own control has one or is only asked about.
pub(in crate::platform) fn hold(platform: &Platform, cases: &[Case], asked: &[(&str, &str)]) {
    let mut tried = BTreeSet::new();
    for case in cases {
        let name = case.control;
        for (node, verdict, what) in [
            (&case.good.0, case.good.1, "a good node"),
            (&case.bad.0, case.bad.1, "a bad node"),
            (&case.hidden, Verdict::Error, "a node that hides it"),
            (&case.nothing.0, case.nothing.1, "a node without it"),
        ] {
            let outcome = run(platform, node, name);
            assert_eq!(outcome.verdict, verdict, "{name} on {what}: {outcome:#?}");
            let seen = !outcome.observations.is_empty() || !outcome.subjects.is_empty();
            assert!(seen, "{name} on {what}: nothing is cited");
        }
        tried.insert(name);
    }
    for (name, command) in asked {
        let outcome = run(platform, &FakeNode::new().without_api(), name);
        assert_eq!(outcome.verdict, Verdict::Manual, "{name}");
        let reason = &outcome.reason;
        assert!(reason.contains(command), "{name}: {reason}");
        assert!(outcome.expected.len() > 20, "{name}: {}", outcome.expected);
        tried.insert(name);
    }
    let start = format!("{}-", platform.name);
    for control in platform.controls() {
        let name = control.name;
        let is_own = name.starts_with(&start);
        assert_eq!(is_own, tried.contains(name), "{name}: no test");
        if asked.iter().any(|(it, _)| *it == name) {
            let by_person = matches!(control.decided, Decided::ByPerson(_));
            assert!(by_person, "{name}");
        }
    }
}

/// A cluster that holds these objects: resource, API version, items.
pub(in crate::platform) fn holding(lists: &[(&str, &str, &str)]) -> FakeNode {
    let mut node = FakeNode::new();
    for (resource, version, items) in lists {
        node = node.objects(resource, version, items);
    }
    node
}
