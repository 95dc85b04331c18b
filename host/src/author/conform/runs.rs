//! Rules about what checks do: each runs twice on every node, one of which is
//! empty, and one can not be read.

use std::collections::BTreeSet;

use cisb_contract::Manifest;
use cisb_contract::manifest::Check;

use super::{Book, Named, Rule};
use crate::finding::Verdict;
use crate::node::record::draft::Draft;
use crate::trial::{Ran, Stage, Trial};

/// The time at which made-up nodes are looked at.
const NOW: &str = "2026-01-01T00:00:00Z";

/// The node on which nothing is.
const EMPTY: &str = "an empty node";

/// The node of which nothing can be read.
const DARK: &str = "an unreadable node";

/// Runs every check, and says on which nodes.
pub(super) fn hold(trial: &Trial, records: Vec<Named>, book: &mut Book) -> Vec<String> {
    let given = !records.is_empty();
    let mut nodes = Vec::new();
    let mut asked = BTreeSet::new();
    let made = |name: &str, stage| Named {
        name: name.to_owned(),
        stage,
    };
    // It is made of nothing, so it opens.
    if let Ok(node) = Draft::new(EMPTY).open() {
        nodes.push(made(EMPTY, Stage::new(node, NOW.to_owned())));
    }
    nodes.push(made(DARK, Stage::dark(NOW.to_owned())));
    nodes.extend(records);
    let parameters = trial.defaults();
    for node in &nodes {
        for check in &trial.manifest().checks {
            let ran = trial.run(&node.stage, check, &parameters);
            let again = trial.run(&node.stage, check, &parameters);
            asked.extend(ran.cost.requests.iter().cloned());
            if let Some(words) = differs(&ran, &again) {
                book.add(Rule::Same, words, &check.id, &node.name);
            }
            one(trial, check, &ran, &node.name, book);
            if node.name == DARK {
                guesses(&ran, check, book);
            }
        }
    }
    if given {
        never_asked(trial.manifest(), &asked, book);
    }
    nodes.into_iter().map(|node| node.name).collect()
}

fn one(trial: &Trial, check: &Check, ran: &Ran, node: &str, book: &mut Book) {
    let limits = trial.limits();
    let (finding, cost) = (&ran.finding, &ran.cost);
    if ran.fault {
        let rule = match is_about_evidence(&finding.reason) {
            true => Rule::Evidence,
            false => Rule::Answer,
        };
        book.add(rule, finding.reason.clone(), &check.id, node);
        return;
    }
    if finding.verdict != Verdict::Pass && finding.reason.trim().is_empty() {
        let words = format!("it answers {} without a reason", finding.verdict.word());
        book.add(Rule::Reason, words, &check.id, node);
    }
    if cost.fuel > limits.fuel / 2 {
        let words = format!("it takes more than half of {} fuel", limits.fuel);
        book.add(Rule::Fuel, words, &check.id, node);
    }
    if cost.memory > limits.memory_bytes / 2 {
        let words = format!("it takes more than half of {} bytes", limits.memory_bytes);
        book.add(Rule::Memory, words, &check.id, node);
    }
    if cost.flooded {
        book.add(Rule::Log, "it logs more than is kept", &check.id, node);
    }
}

/// The host takes back a verdict that its citations do not bear.
fn is_about_evidence(reason: &str) -> bool {
    reason.starts_with("not accepted: ") || reason.starts_with("the profile makes things up")
}

/// What was not seen decides nothing.
fn guesses(ran: &Ran, check: &Check, book: &mut Book) {
    let verdict = ran.finding.verdict;
    if !ran.fault && !matches!(verdict, Verdict::Error | Verdict::Manual) {
        let words = format!("it answers {} where nothing can be read", verdict.word());
        book.add(Rule::Guess, words, &check.id, DARK);
    }
}

/// What two runs of a check on a node do not share.
fn differs(ran: &Ran, again: &Ran) -> Option<String> {
    if ran.finding != again.finding {
        return Some("it answers otherwise the second time".to_owned());
    }
    let (first, second) = (ran.cost.fuel, again.cost.fuel);
    (first != second).then(|| format!("it takes {first} fuel, and {second} the second time"))
}

fn never_asked(manifest: &Manifest, asked: &BTreeSet<String>, book: &mut Book) {
    for (id, _) in manifest.requests.ids() {
        let of_check = manifest
            .checks
            .iter()
            .any(|c| c.uses.iter().any(|u| u == id));
        // One that no check uses was complained about.
        if of_check && !asked.contains(id) {
            book.add(Rule::RequestAsked, "no check asked by it", id, "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::Cost;

    #[test]
    fn two_runs_are_held_to_each_other() {
        let ran = |reason: &str, fuel| Ran {
            finding: finding(reason),
            cost: Cost {
                fuel,
                memory: 0,
                requests: BTreeSet::new(),
                flooded: false,
            },
            fault: false,
        };
        assert_eq!(differs(&ran("a", 1), &ran("a", 1)), None);
        let told = differs(&ran("a", 1), &ran("a", 2)).unwrap();
        assert!(told.contains("1 fuel, and 2"), "{told}");
        let told = differs(&ran("a", 1), &ran("b", 1)).unwrap();
        assert!(told.contains("otherwise"), "{told}");
    }

    fn finding(reason: &str) -> crate::finding::Finding {
        serde_json::from_value(serde_json::json!({
            "profile": "p", "check": "1", "control": "c", "title": "t", "section": "1",
            "target": "node", "component": "kubelet", "level": 1, "assessment": "automated",
            "scored": true, "severity": "low", "ownership": "customer", "judged": true,
            "verdict": "fail", "basis": {"kind": "explicit"}, "reason": reason, "expected": "",
            "actual": "", "subjects": [], "evidence": [], "decision": "required",
            "rationale": "", "remediation": "", "references": [],
        }))
        .unwrap()
    }
}
