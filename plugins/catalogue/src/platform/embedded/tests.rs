//! What the tests of these platforms share: records of nodes, and what each
//! control says of each node.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cisb_sdk::fake::{FakeFacts, FakeNode, laws};
use cisb_sdk::rule::{self, Cx};
use cisb_sdk::verdict::{Outcome, Verdict};

use crate::control::Control;
use crate::platform::Platform;
use crate::table::{self, Row, Table};

/// A record that the project carries.
pub(in crate::platform) fn record(name: &str) -> FakeNode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/nodes");
    FakeNode::from_record(&root.join(name)).unwrap()
}

/// What a control says of a node; whatever it is, it keeps the laws.
pub(in crate::platform) fn judge(platform: &Platform, name: &str, node: &FakeNode) -> Outcome {
    let control = controls(platform).remove(name).unwrap();
    let (facts, outcome) = run(platform, &control, node);
    assert_eq!(laws::broken(&facts, &outcome), None, "{name}: {outcome:#?}");
    outcome
}

#[track_caller]
pub(in crate::platform) fn is(outcome: &Outcome, verdict: Verdict, words: &str) {
    let whole = format!("{outcome:?}");
    assert_eq!(outcome.verdict, verdict, "{outcome:#?}");
    assert!(whole.contains(words), "{words}: {outcome:#?}");
}

/// Holds a table: a letter for each node, and each control that the profiles
/// use and that looks at the node in the table.
pub(in crate::platform) fn hold(platform: &Platform, nodes: &[FakeNode], table: &[(&str, &str)]) {
    let wanted: BTreeMap<&str, &str> = table.iter().copied().collect();
    assert_eq!(wanted.len(), table.len(), "a control stands twice");
    let mut found = BTreeMap::new();
    let controls = controls(platform);
    let used = used(platform);
    for (name, control) in &controls {
        let is_policy = matches!(&control.rule, rule::Rule::Code { name, .. }
            if name.starts_with("policies-") || name == "asked");
        if is_policy || !used.contains(*name) {
            continue;
        }
        let mut letters = String::new();
        for node in nodes {
            let (facts, outcome) = run(platform, control, node);
            assert_eq!(laws::broken(&facts, &outcome), None, "{name}: {outcome:#?}");
            letters.push(letter(outcome.verdict));
        }
        found.insert(*name, letters);
    }
    let mut wrong = Vec::new();
    for (name, letters) in &found {
        let wanted = wanted.get(name).copied().unwrap_or("no row");
        if wanted != letters {
            wrong.push(format!("(\"{name}\", \"{letters}\"), // not {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(found.len(), table.len(), "a row of no control");
}

fn letter(verdict: Verdict) -> char {
    match verdict {
        Verdict::Pass => 'P',
        Verdict::Fail => 'F',
        Verdict::Manual => 'M',
        Verdict::NotApplicable => 'N',
        Verdict::Error => 'E',
    }
}

fn controls(platform: &Platform) -> BTreeMap<&'static str, Control> {
    let all = platform.controls().into_iter();
    all.map(|control| (control.name, control)).collect()
}

/// The controls that the platform's profiles use.
fn used(platform: &Platform) -> BTreeSet<String> {
    let tables = table::read_all(&table::folder()).unwrap();
    let own = tables.iter().filter(|it| it.platform == platform.name);
    own.flat_map(Table::rows)
        .map(|(_, Row(_, control, ..))| control.clone())
        .collect()
}

fn run(platform: &Platform, control: &Control, node: &FakeNode) -> (FakeFacts, Outcome) {
    let profile = platform.code.profile();
    node.run(&platform.requests(), control.uses, |cx| {
        let cx = Cx {
            find: profile.find,
            ..*cx
        };
        rule::evaluate(&control.rule, &cx, profile.codes).unwrap()
    })
}
