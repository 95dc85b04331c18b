//! Runs one check in a fresh store and judges the answer: a guest's word counts
//! only as far as the ledger bears it out.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cisb_contract::manifest::Check;
use wasmtime::{ResourceLimiter, Store, Trap};

use super::bindings::exports::cisb::profile::checks as guest;
use super::link::Linked;
use super::one_line;
use crate::capability::{Session, Shared, Spent};
use crate::evidence::{Ledger, Turnout};
use crate::finding::{Basis, Decision, Evidence, Subject, Verdict};
use crate::mask;
use crate::report::escape;

/// What large lists of objects may raise the memory of a check to.
const MEMORY_CEILING: usize = 256 << 20;
/// Core instances of a check.
pub(super) const INSTANCES: u32 = 64;
/// Memories of a check.
pub(super) const MEMORIES: u32 = 4;
/// Tables of a check.
pub(super) const TABLES: u32 = 64;
/// Elements of a check's tables, all together.
pub(super) const TABLE_ELEMENTS: usize = 20_000;
/// What large lists of objects may raise the fuel of a check to.
const FUEL_CEILING: u64 = 10_000_000_000;
/// Instructions granted for each byte of objects that is served.
const FUEL_PER_BYTE: u64 = 1_000;
/// Bytes that pass between guest and host in one call.
const HOSTCALL_BYTES: usize = 8 << 20;
/// Subjects of one answer.
const MAX_SUBJECTS: usize = 5_000;
/// Bytes of one text of an answer; the rest is cut, and said to be.
const MAX_TEXT: usize = 4 << 10;
/// Bytes of all texts of an answer.
const MAX_ANSWER: usize = 4 << 20;

/// What a check comes to once the host has looked at its answer.
#[derive(Debug)]
pub struct Outcome {
    /// The verdict on the whole.
    pub verdict: Verdict,
    /// One sentence.
    pub reason: String,
    /// What should be.
    pub expected: String,
    /// What was seen.
    pub actual: String,
    /// Where the deciding value comes from.
    pub basis: Basis,
    /// Each thing that was judged.
    pub subjects: Vec<Subject>,
    /// What was cited.
    pub evidence: Vec<Evidence>,
    /// What stood in the way, if the verdict is `error`.
    pub obstacle: Option<Obstacle>,
    /// Whether the profile misbehaved: trapped, flooded, or made something up.
    pub fault: bool,
    /// Fuel that was used.
    pub fuel: u64,
    /// What else was used.
    pub usage: Usage,
}

/// What a check used beside fuel: an author looks at it, no verdict does.
#[derive(Debug, Default)]
pub struct Usage {
    /// Bytes of linear memory at the most.
    pub memory: usize,
    /// Ids of the requests by which it asked.
    pub requests: BTreeSet<String>,
    /// Whether it logged more than is kept.
    pub flooded: bool,
}

/// What stood in the way of an assessment: explains a gap in coverage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// No API server, or no answer from it.
    Unreachable(String),
    /// The process table was not seen whole.
    Processes(String),
    /// The scanner may not look.
    NotPermitted(String),
    /// The API server refuses.
    Forbidden(String),
    /// The record does not say.
    NotRecorded(String),
    /// The profile was not granted it.
    Denied,
    /// The profile misbehaved.
    Profile,
    /// Anything else.
    Other,
}

/// Memory and tables of one check, summed over all of them: wasmtime's own
/// limits count each memory alone.
#[derive(Debug)]
pub struct Limits {
    memory: usize,
    memory_limit: usize,
    tables: usize,
}

impl Limits {
    fn new(memory_limit: usize) -> Self {
        Self {
            memory: 0,
            memory_limit,
            tables: 0,
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Bomb {
    #[error("it asked for more than {0} bytes of memory")]
    Memory(usize),
    #[error("it asked for tables of more than {TABLE_ELEMENTS} elements")]
    Table,
}

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.memory = self.memory.saturating_add(desired.saturating_sub(current));
        if self.memory > self.memory_limit {
            return Err(wasmtime::Error::new(Bomb::Memory(self.memory_limit)));
        }
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.tables = self.tables.saturating_add(desired.saturating_sub(current));
        if self.tables > TABLE_ELEMENTS {
            return Err(wasmtime::Error::new(Bomb::Table));
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        INSTANCES as usize
    }
    fn tables(&self) -> usize {
        TABLES as usize
    }
    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}

/// Runs one check.
pub fn run(
    linked: &Linked,
    shared: &Arc<Shared>,
    check: &Check,
    index: usize,
    settings: &str,
) -> Outcome {
    let started = Instant::now();
    let served = served_bytes(linked, shared, check);
    let limits = linked.granted().limits;
    let fuel = limits
        .fuel
        .saturating_add(FUEL_PER_BYTE.saturating_mul(served as u64))
        .min(FUEL_CEILING.max(limits.fuel));
    let memory = limits
        .memory_bytes
        .saturating_add(served.saturating_mul(8))
        .min(MEMORY_CEILING);
    // A list of objects also takes longer to read.
    let slack = u64::try_from(served >> 20).unwrap_or(u64::MAX);
    let session = Session::new(
        shared.clone(),
        linked.granted().clone(),
        check.uses.iter().cloned(),
        Ledger::new(index),
        format!("{} {}", linked.verified().manifest().id, check.id),
        Instant::now() + Duration::from_secs(limits.seconds + slack.min(110)),
        Limits::new(memory),
    );
    let mut store = Store::new(&linked.engine, session);
    store.limiter(|session| &mut session.limits);
    store.set_hostcall_fuel(HOSTCALL_BYTES);
    let answer = store.set_fuel(fuel).and_then(|()| {
        let profile = linked.pre.instantiate(&mut store)?;
        profile
            .cisb_profile_checks()
            .call_run(&mut store, &check.id, settings)
    });
    let used = fuel.saturating_sub(store.get_fuel().unwrap_or(0));
    let session = store.into_data();
    let mut outcome = match answer {
        Ok(Ok(answer)) => judge(answer, &session.ledger),
        Ok(Err(failure)) => fault(match failure {
            guest::Failure::UnknownCheck => {
                "the profile does not know this check, although its manifest declares it".to_owned()
            }
            guest::Failure::BadSettings(text) => {
                format!(
                    "the profile does not understand its settings: {}",
                    tidy(&text)
                )
            }
            guest::Failure::Internal(text) => {
                format!("the profile reports a fault of its own: {}", tidy(&text))
            }
            guest::Failure::Other(text) => format!(
                "the profile gives no verdict: {}",
                match tidy(&text) {
                    empty if empty.is_empty() => "it does not say why".to_owned(),
                    why => why,
                }
            ),
        }),
        Err(error) => fault(trap_words(&error)),
    };
    outcome.fuel = used;
    outcome.usage = Usage {
        memory: session.limits.memory,
        flooded: session.flooded(),
        requests: session.asked.clone(),
    };
    tracing::debug!(
        "{}: {used} fuel, {} µs",
        session.name,
        started.elapsed().as_micros()
    );
    if outcome.verdict == Verdict::Error && outcome.obstacle.is_none() {
        outcome.obstacle = Some(obstacle(&session.ledger, &outcome));
        explain(&mut outcome, &session.ledger);
    }
    outcome
}

/// How many bytes of objects a check's requests come to. Lists are fetched
/// here, before the check's clock starts.
fn served_bytes(linked: &Linked, shared: &Shared, check: &Check) -> usize {
    if !shared.node.cluster.present() {
        return 0;
    }
    linked
        .granted()
        .kubernetes
        .iter()
        .filter(|(request, granted)| *granted && check.uses.contains(&request.id))
        .map(|(request, _)| shared.pruned(request).bytes())
        .fold(0, usize::saturating_add)
}

/// What a trap means, in words for an operator.
fn trap_words(error: &wasmtime::Error) -> String {
    let why = if let Some(bomb) = error.downcast_ref::<Bomb>() {
        bomb.to_string()
    } else if let Some(spent) = error.downcast_ref::<Spent>() {
        spent.to_string()
    } else if let Some(trap) = error.downcast_ref::<Trap>() {
        match trap {
            Trap::OutOfFuel => "it used up its budget of instructions".to_owned(),
            Trap::StackOverflow => "it recursed too deep".to_owned(),
            Trap::UnreachableCodeReached => "it stopped itself (trap: unreachable)".to_owned(),
            other => format!("it trapped: {}", one_line(&other.to_string())),
        }
    } else {
        format!(
            "it broke the contract: {}",
            tidy(&one_line(&error.root_cause().to_string()))
        )
    };
    format!("the profile was stopped: {why}")
}

fn fault(reason: String) -> Outcome {
    Outcome {
        verdict: Verdict::Error,
        reason,
        expected: String::new(),
        actual: String::new(),
        basis: Basis::Explicit,
        subjects: Vec::new(),
        evidence: Vec::new(),
        obstacle: Some(Obstacle::Profile),
        fault: true,
        fuel: 0,
        usage: Usage::default(),
    }
}

/// Everything here is guest-controlled: texts are masked, cut and cleaned,
/// receipts are looked up, and a verdict that its receipts do not bear becomes
/// an error.
fn judge(answer: guest::Outcome, ledger: &Ledger) -> Outcome {
    if answer.subjects.len() > MAX_SUBJECTS {
        return fault(format!(
            "the profile answered with {} subjects; at most {MAX_SUBJECTS} are taken",
            answer.subjects.len()
        ));
    }
    let size = answer.reason.len()
        + answer.expected.len()
        + answer.actual.len()
        + answer
            .subjects
            .iter()
            .map(|s| s.key.len() + s.expected.len() + s.actual.len() + s.reason.len())
            .sum::<usize>();
    if size > MAX_ANSWER {
        return fault(format!(
            "the profile answered with {size} bytes; at most {MAX_ANSWER} are taken"
        ));
    }
    let mut cited: Vec<u64> = answer.observations.clone();
    let mut subjects = Vec::with_capacity(answer.subjects.len());
    for subject in answer.subjects {
        let evidence = match ledger.evidence_of(subject.observations.iter().copied()) {
            Ok(evidence) => evidence,
            Err(invented) => return fault(format!("the profile makes things up: {invented}")),
        };
        let mut state = verdict(subject.state);
        let mut reason = tidy(&subject.reason);
        if let Err(why) = bears(state, &subject.observations, ledger) {
            state = Verdict::Error;
            reason = format!("{why}; the profile said: {reason}");
        }
        cited.extend(&subject.observations);
        subjects.push(Subject {
            key: tidy(&subject.key),
            state,
            expected: tidy(&subject.expected),
            actual: tidy(&subject.actual),
            reason,
            basis: basis(subject.basis),
            evidence: evidence.into_iter().map(|e| e.id).collect(),
            decision: Decision::Required,
        });
    }
    let evidence = match ledger.evidence_of(cited.iter().copied()) {
        Ok(evidence) => evidence,
        Err(invented) => return fault(format!("the profile makes things up: {invented}")),
    };
    let mut outcome = Outcome {
        verdict: verdict(answer.verdict),
        reason: tidy(&answer.reason),
        expected: tidy(&answer.expected),
        actual: tidy(&answer.actual),
        basis: basis(answer.basis),
        subjects,
        evidence,
        obstacle: None,
        fault: false,
        fuel: 0,
        usage: Usage::default(),
    };
    let contradiction = (outcome.verdict == Verdict::Pass)
        .then(|| {
            outcome
                .subjects
                .iter()
                .find(|s| matches!(s.state, Verdict::Fail | Verdict::Error))
        })
        .flatten()
        .map(|s| format!("it passes although {} does not", s.key));
    if let Some(why) = contradiction.or_else(|| bears(outcome.verdict, &cited, ledger).err()) {
        outcome.reason = format!("not accepted: {why}; the profile said: {}", outcome.reason);
        outcome.verdict = Verdict::Error;
        outcome.obstacle = Some(Obstacle::Profile);
        outcome.fault = true;
    }
    outcome
}

/// Whether a verdict rests on what it cites. Law 1 and law 3, in the host: a
/// profile that errs on the side of passing is not believed.
fn bears(verdict: Verdict, cited: &[u64], ledger: &Ledger) -> Result<(), String> {
    let turnouts: Vec<&Turnout> = cited
        .iter()
        .filter_map(|id| ledger.turnout(*id).ok())
        .collect();
    match verdict {
        Verdict::Error | Verdict::Manual => Ok(()),
        Verdict::Pass | Verdict::Fail | Verdict::NotApplicable if turnouts.is_empty() => Err(
            format!("a verdict of {} cites no observation", verdict.word()),
        ),
        Verdict::Fail => Ok(()),
        Verdict::Pass => {
            if turnouts
                .iter()
                .any(|t| matches!(t, Turnout::Served | Turnout::Absent))
            {
                Ok(())
            } else {
                Err("a pass rests only on what could not be looked at".to_owned())
            }
        }
        Verdict::NotApplicable => {
            match turnouts
                .iter()
                .find(|t| matches!(t, Turnout::Partial(_) | Turnout::Refused(..)))
            {
                None => Ok(()),
                Some(_) => {
                    Err("not-applicable rests on a search that did not see everything".to_owned())
                }
            }
        }
    }
}

/// A guest hears that a search was incomplete, not why: the host adds that.
fn explain(outcome: &mut Outcome, ledger: &Ledger) {
    let cut = ledger
        .obstacles()
        .find_map(|(kind, turnout)| match turnout {
            Turnout::Partial(why) if kind == "search" => Some(why),
            _ => None,
        });
    if let Some(why) = cut
        && !outcome.reason.contains(why)
    {
        outcome.reason = tidy(&format!("{}; {why}", outcome.reason));
    }
}

/// Which obstacle explains an error: the most telling one that was met.
fn obstacle(ledger: &Ledger, outcome: &Outcome) -> Obstacle {
    let cited = |why: &str| outcome.evidence.iter().any(|e| e.fact.contains(why));
    let mut found: Vec<Obstacle> = ledger
        .obstacles()
        .map(|(kind, turnout)| match (kind, turnout) {
            ("process-search", Turnout::Partial(hint)) => Obstacle::Processes(hint.clone()),
            ("process-search", Turnout::Refused(_, why)) => Obstacle::Processes(why.clone()),
            (_, Turnout::Refused("unreachable", why)) => Obstacle::Unreachable(why.clone()),
            ("objects" | "version", Turnout::Refused("not-permitted", why)) => {
                Obstacle::Forbidden(why.clone())
            }
            (_, Turnout::Refused("not-permitted", why)) => Obstacle::NotPermitted(why.clone()),
            (_, Turnout::Refused("not-recorded", why)) => Obstacle::NotRecorded(why.clone()),
            (_, Turnout::Partial(why)) if why.contains("is not granted") => Obstacle::Denied,
            (_, Turnout::Partial(why)) if why.contains("not permitted") => {
                Obstacle::NotPermitted(why.clone())
            }
            (_, Turnout::Partial(why)) if why.contains("not recorded") => {
                Obstacle::NotRecorded(why.clone())
            }
            _ => Obstacle::Other,
        })
        .collect();
    found.sort();
    let telling = found
        .iter()
        .find(|o| match o {
            Obstacle::Unreachable(why)
            | Obstacle::Processes(why)
            | Obstacle::NotPermitted(why)
            | Obstacle::Forbidden(why)
            | Obstacle::NotRecorded(why) => cited(why),
            _ => false,
        })
        .or_else(|| found.first());
    match telling {
        Some(obstacle) => obstacle.clone(),
        None if outcome.reason.contains("is not granted") => Obstacle::Denied,
        None => Obstacle::Other,
    }
}

fn verdict(verdict: guest::Verdict) -> Verdict {
    match verdict {
        guest::Verdict::Pass => Verdict::Pass,
        guest::Verdict::Fail => Verdict::Fail,
        guest::Verdict::Manual => Verdict::Manual,
        guest::Verdict::NotApplicable => Verdict::NotApplicable,
        guest::Verdict::Error => Verdict::Error,
    }
}

fn basis(basis: guest::Basis) -> Basis {
    match basis {
        guest::Basis::Explicit => Basis::Explicit,
        guest::Basis::Default(text) => Basis::Default(tidy(&text)),
        guest::Basis::Derived(text) => Basis::Derived(tidy(&text)),
        guest::Basis::Other(text) => Basis::Other(tidy(&text)),
    }
}

/// A guest's text as a report keeps it.
fn tidy(text: &str) -> String {
    let mut text = escape::line(&mask::mask_text(text)).into_owned();
    if text.len() > MAX_TEXT {
        let end = text.floor_char_boundary(MAX_TEXT);
        text.truncate(end);
        text.push_str(" … (cut)");
    }
    text
}
