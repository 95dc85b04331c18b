//! Tests of controls over files that a platform changes: each on a record of a
//! node that keeps it, with one file broken, with its place hidden, and on a
//! record where there is nothing to judge.

use std::collections::BTreeSet;
use std::path::Path;

use cisb_sdk::fake::{FakeNode, laws};
use cisb_sdk::rule;
use cisb_sdk::verdict::{Outcome, Verdict};

use super::Platform;

/// What is expected of one control.
pub(super) struct Case {
    /// Its name.
    pub(super) control: &'static str,
    /// A record of a node that keeps it, once `file` is as it should be.
    pub(super) record: &'static str,
    /// A file that it judges, and the mode it has there.
    pub(super) file: (&'static str, u32),
    /// The mode and the user that break it.
    pub(super) broken: (u32, u32),
    /// What hides the file if it cannot be looked into.
    pub(super) hidden: &'static str,
    /// A record where the control does not apply, and what is said there.
    pub(super) absent: (&'static str, &'static str),
}

/// Somebody with a name.
pub(super) const OPS: u32 = 1001;

/// The node of a record that the project carries.
pub(super) fn node(record: &str) -> FakeNode {
    let records = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/nodes");
    FakeNode::from_record(&records.join(record))
        .unwrap_or_else(|error| panic!("{record}: {error}"))
        .user(0, "root")
        .group(0, "root")
        .user(OPS, "ops")
        .group(OPS, "ops")
}

/// What a control of a platform says of a node, which keeps the laws.
#[track_caller]
pub(super) fn judge(platform: &Platform, control: &str, node: &FakeNode) -> Outcome {
    let controls = platform.controls();
    let control = controls.iter().find(|it| it.name == control).unwrap();
    let requests = platform.requests();
    let (facts, outcome) = node.run(&requests, control.uses, |cx| {
        rule::evaluate(&control.rule, cx, platform.code.profile().codes).unwrap()
    });
    let broken = laws::broken(&facts, &outcome);
    assert!(broken.is_none(), "{broken:?} in {outcome:#?}");
    outcome
}

/// Every control that the platform changes or adds has its case, and each comes
/// out as it says. `others` are tested elsewhere.
#[track_caller]
pub(super) fn hold(platform: &Platform, cases: &[Case], others: &[&str]) {
    let common = crate::controls();
    let is_changed = |control: &&crate::control::Control| {
        common
            .iter()
            .find(|it| it.name == control.name)
            .is_none_or(|it| it.rule != control.rule || it.uses != control.uses)
    };
    let controls = platform.controls();
    let changed: BTreeSet<&str> = controls
        .iter()
        .filter(is_changed)
        .map(|it| it.name)
        .collect();
    let named = cases.iter().map(|case| case.control);
    let tested: BTreeSet<&str> = named.chain(others.iter().copied()).collect();
    assert_eq!(changed, tested);
    for case in cases {
        one(platform, case);
    }
}

#[track_caller]
fn one(platform: &Platform, case: &Case) {
    let name = case.control;
    let judge = |node: &FakeNode| judge(platform, name, node);
    let (path, mode) = case.file;
    let sound = node(case.record).file(path, mode, 0, 0, "");
    let outcome = judge(&sound);
    assert_eq!(outcome.verdict, Verdict::Pass, "{name}: {outcome:#?}");
    let (mode, user) = case.broken;
    let outcome = judge(&sound.clone().file(path, mode, user, user, ""));
    assert_eq!(outcome.verdict, Verdict::Fail, "{name}: {outcome:#?}");
    assert!(outcome.reason.contains(path), "{name}: {}", outcome.reason);
    let outcome = judge(&sound.unreadable(case.hidden));
    assert_eq!(outcome.verdict, Verdict::Error, "{name}: {outcome:#?}");
    let (record, words) = case.absent;
    let outcome = judge(&node(record));
    assert_eq!(
        outcome.verdict,
        Verdict::NotApplicable,
        "{name}: {outcome:#?}"
    );
    assert!(outcome.reason.contains(words), "{name}: {}", outcome.reason);
    let seen = outcome.observations.len()
        + outcome
            .subjects
            .iter()
            .map(|it| it.observations.len())
            .sum::<usize>();
    assert!(seen > 0, "{name}: no witness");
}
