//! What every check keeps, whatever a node shows or hides: a verdict cites what
//! it saw, and a fact that goes missing never turns one into a pass.

use crate::facts::Observation;
use crate::verdict::{Outcome, Verdict};

use super::{Fact, FakeFacts, FakeNode, Loss};

/// The first law that an outcome breaks, if it breaks one.
///
/// A pass, a fail and a not-applicable cite something; nothing cites what was
/// never served; the whole is the worst of its subjects; every verdict says why.
pub fn broken(facts: &FakeFacts, outcome: &Outcome) -> Option<String> {
    let cited = outcome
        .subjects
        .iter()
        .flat_map(|s| &s.observations)
        .chain(&outcome.observations);
    for observation in cited.clone() {
        if facts.cited(*observation).is_none() {
            return Some(format!("cites {observation}, which was never served"));
        }
    }
    let silent = |verdict, observations: &[Observation]| {
        observations.is_empty()
            && matches!(
                verdict,
                Verdict::Pass | Verdict::Fail | Verdict::NotApplicable
            )
    };
    if let Some(subject) = outcome
        .subjects
        .iter()
        .find(|s| silent(s.state, &s.observations))
    {
        return Some(format!(
            "{}: {:?} cites nothing",
            subject.key, subject.state
        ));
    }
    let cited: Vec<Observation> = cited.copied().collect();
    if silent(outcome.verdict, &cited) {
        return Some(format!("{:?} cites nothing", outcome.verdict));
    }
    if let Some(worst) = outcome.subjects.iter().map(|s| s.state).max()
        && worst > outcome.verdict
    {
        return Some(format!(
            "{:?} although a subject is {worst:?}",
            outcome.verdict
        ));
    }
    if outcome.verdict != Verdict::Pass && outcome.reason.is_empty() {
        return Some(format!("{:?} without a reason", outcome.verdict));
    }
    None
}

/// A node with one fact missing.
#[derive(Debug, Clone)]
pub struct Lost {
    /// What is missing.
    pub fact: Fact,
    /// How.
    pub loss: Loss,
    /// The node without it.
    pub node: FakeNode,
}

/// A node once for every fact that it can lose, and every way to lose it.
pub fn losses(node: &FakeNode) -> Vec<Lost> {
    let facts = node.known().into_iter();
    let ways = facts.flat_map(|fact| {
        let ways: &[Loss] = match fact {
            Fact::Path(_) | Fact::Process(..) => &[Loss::Gone, Loss::Unknown, Loss::Unreadable],
            Fact::ProcessTable => &[Loss::Gone, Loss::Unknown],
            // A server always knows; only we may not.
            Fact::Objects(..) | Fact::Api => &[Loss::Unknown],
        };
        ways.iter().map(move |&loss| (fact.clone(), loss))
    });
    ways.map(|(fact, loss)| Lost {
        node: node.lose(&fact, loss),
        fact,
        loss,
    })
    .collect()
}

/// Runs a check on a node and once more for every fact lost in every way, and
/// returns each law that it breaks, with the fact that brings it about. For
/// many checks on one node, [`violations_among`] makes the losses only once.
///
/// `run` evaluates the check on a node and returns the facts it was given too,
/// so that what it cites can be looked up.
pub fn violations(node: &FakeNode, run: impl Fn(&FakeNode) -> (FakeFacts, Outcome)) -> Vec<String> {
    violations_among(node, &losses(node), run)
}

/// As [`violations`], with what [`losses`] made of the node.
pub fn violations_among(
    node: &FakeNode,
    losses: &[Lost],
    run: impl Fn(&FakeNode) -> (FakeFacts, Outcome),
) -> Vec<String> {
    let (facts, whole) = run(node);
    let mut found: Vec<String> = broken(&facts, &whole).into_iter().collect();
    for Lost { fact, loss, node } in losses {
        let (facts, outcome) = run(node);
        let mut say = |law: &str| found.push(format!("{fact} {loss:?}: {law}"));
        if let Some(law) = broken(&facts, &outcome) {
            say(&law);
        }
        let became = |verdict| outcome.verdict == verdict && whole.verdict != verdict;
        let gone = *loss == Loss::Gone;
        if became(Verdict::Pass) && !(gone && was_at_fault(&whole, fact)) {
            say(&format!("{:?} became Pass", whole.verdict));
        }
        // What is truly gone leaves a witness, which `broken` asks for.
        if became(Verdict::NotApplicable) && !gone {
            say(&format!("{:?} became NotApplicable", whole.verdict));
        }
    }
    found
}

/// Whether what is gone was itself judged and found wanting: without a badly
/// kept file the rest may well be in order.
fn was_at_fault(outcome: &Outcome, fact: &Fact) -> bool {
    let Fact::Path(path) = fact else {
        return false;
    };
    let below = format!("{path}/");
    let mut wanting = outcome
        .subjects
        .iter()
        .filter(|s| s.state > Verdict::Pass)
        .peekable();
    wanting.peek().is_some() && wanting.all(|s| s.key == *path || s.key.starts_with(&below))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::manifest::Requests;
    use crate::facts::Facts;
    use crate::rule::Cx;
    use crate::verdict::Basis;

    /// A check of one file; `trusting` takes every absence for a pass.
    fn check(cx: &Cx<'_>, trusting: bool) -> Outcome {
        let (verdict, seen) = match cx.facts.open("/a").and_then(|e| Ok((e.stat()?, e))) {
            Ok((stat, entry)) if stat.mode == 0o600 => (Verdict::Pass, entry.observation()),
            Ok((_, entry)) => (Verdict::Fail, entry.observation()),
            Err(error) => {
                let seen = error.observation().unwrap_or_default();
                let absent = trusting || error.is_not_found();
                let verdict = if trusting {
                    Verdict::Pass
                } else if absent {
                    Verdict::NotApplicable
                } else {
                    Verdict::Error
                };
                (verdict, seen)
            }
        };
        Outcome {
            verdict,
            reason: "test".to_owned(),
            expected: String::new(),
            actual: String::new(),
            basis: Basis::Explicit,
            subjects: Vec::new(),
            observations: vec![seen],
        }
    }

    fn found(trusting: bool) -> Vec<String> {
        let request = json!({"files": [
            {"id": "a", "paths": ["/a"], "rights": ["stat"], "why": "test"}]});
        let requests: Requests = serde_json::from_value(request).unwrap_or_default();
        let node = FakeNode::new().file("/a", 0o644, 0, 0, "");
        violations(&node, |node| {
            node.run(&requests, &["a"], |cx| check(cx, trusting))
        })
    }

    #[test]
    fn a_check_that_trusts_in_absence_is_caught() {
        assert_eq!(
            found(true),
            [
                "/a Gone: Fail became Pass",
                "/a Unknown: Fail became Pass",
                "/a Unreadable: Fail became Pass",
            ]
        );
        assert_eq!(found(false), Vec::<String>::new());
    }

    #[test]
    fn an_outcome_cites_what_was_served_and_no_more() {
        let facts = FakeNode::new().facts(&Requests::default(), &[]);
        let seen = facts.node().observation;
        let outcome = |verdict, observations: Vec<Observation>| Outcome {
            verdict,
            reason: "test".to_owned(),
            expected: String::new(),
            actual: String::new(),
            basis: Basis::Explicit,
            subjects: Vec::new(),
            observations,
        };
        for verdict in [Verdict::Pass, Verdict::Fail, Verdict::NotApplicable] {
            assert!(broken(&facts, &outcome(verdict, Vec::new())).is_some());
            assert!(broken(&facts, &outcome(verdict, vec![seen])).is_none());
            assert!(broken(&facts, &outcome(verdict, vec![seen + 1])).is_some());
        }
        assert!(broken(&facts, &outcome(Verdict::Error, Vec::new())).is_none());
    }
}
