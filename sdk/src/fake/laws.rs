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

/// Runs a check on a node and once more for every fact lost in every way, and
/// returns each law that it breaks, with the fact that brings it about.
///
/// `run` evaluates the check on a node and returns the facts it was given too,
/// so that what it cites can be looked up.
pub fn violations(node: &FakeNode, run: impl Fn(&FakeNode) -> (FakeFacts, Outcome)) -> Vec<String> {
    let (facts, whole) = run(node);
    let mut found: Vec<String> = broken(&facts, &whole).into_iter().collect();
    for fact in node.known() {
        for loss in [Loss::Gone, Loss::Unknown, Loss::Unreadable] {
            let (facts, outcome) = run(&node.lose(&fact, loss));
            let say = |law: &str| format!("{fact} {loss:?}: {law}");
            if let Some(law) = broken(&facts, &outcome) {
                found.push(say(&law));
            }
            let became_pass = outcome.verdict == Verdict::Pass && whole.verdict != Verdict::Pass;
            if became_pass && !(loss == Loss::Gone && was_at_fault(&whole, &fact)) {
                found.push(say(&format!("{:?} became Pass", whole.verdict)));
            }
            if loss != Loss::Gone
                && outcome.verdict == Verdict::NotApplicable
                && whole.verdict != Verdict::NotApplicable
            {
                found.push(say(&format!("{:?} became NotApplicable", whole.verdict)));
            }
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
