//! What every policy check needs: the lists it judges, the operator's
//! parameters, and the sheet on which subjects are written down until they add
//! up to a verdict.

use cisb_sdk::facts::Observation;
use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::{self, Objects, Unlisted};
use cisb_sdk::list::ToList;
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::{Basis, Outcome, Subject, Verdict};

/// The name of the parameter that lists the namespaces of the system.
pub(super) const SYSTEM_NAMESPACES: &str = "system-namespaces";
/// The name of the parameter that exempts what Kubernetes and kubeadm ship.
pub(super) const SHIPPED_DEFAULTS: &str = "shipped-defaults";
/// The default of [`SYSTEM_NAMESPACES`].
pub(super) const SYSTEM: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// The namespaces whose offenders are a person's to judge.
pub(super) fn system_namespaces(cx: &Cx<'_>) -> Vec<String> {
    let owned = |list: &[Value]| {
        let names = list.iter().filter_map(Value::as_str);
        names.map(str::to_owned).to_list()
    };
    match cx.parameters.get(SYSTEM_NAMESPACES) {
        Some(Value::Array(list)) => owned(list),
        _ => SYSTEM.map(str::to_owned).to_vec(),
    }
}

/// Whether what Kubernetes and kubeadm ship is exempt.
pub(super) fn exempts_shipped(cx: &Cx<'_>) -> bool {
    cx.parameters.get(SHIPPED_DEFAULTS) != Some(&Value::Bool(false))
}

/// Several lists, all of which came.
pub(super) struct Lists {
    lists: Vec<(&'static str, Objects)>,
}

impl Lists {
    /// The objects of a request.
    pub(super) fn of(&self, request: &str) -> &[Value] {
        let list = self.lists.iter().find(|(id, _)| *id == request);
        list.map_or(&[], |(_, objects)| &objects.items)
    }

    /// The receipt for the list of a request.
    pub(super) fn seen(&self, request: &str) -> Vec<Observation> {
        let lists = self.lists.iter().filter(|(id, _)| *id == request);
        lists.map(|(_, objects)| objects.observation).to_list()
    }

    /// The receipts for all lists.
    pub(super) fn all_seen(&self) -> Vec<Observation> {
        self.lists.iter().map(|(_, o)| o.observation).to_list()
    }
}

/// Lists all of these, or says which could not be listed and why: a check
/// that lacks one of its lists judges nothing.
pub(super) fn lists(cx: &Cx<'_>, requests: &[&'static str]) -> Result<Lists, Box<Outcome>> {
    let mut came = Vec::new();
    let mut missing = Vec::new();
    for request in requests {
        match kubernetes::list(cx.facts, request) {
            Ok(objects) => came.push((*request, objects)),
            Err(unlisted) => missing.push((*request, unlisted)),
        }
    }
    if missing.is_empty() {
        Ok(Lists { lists: came })
    } else {
        let mut outcome = unknown(&missing);
        outcome
            .observations
            .extend(came.iter().map(|(_, o)| o.observation));
        Err(Box::new(outcome))
    }
}

/// The verdict when lists are missing. One cause is said once.
fn unknown(missing: &[(&'static str, Unlisted)]) -> Outcome {
    let mut causes: Vec<(&str, Vec<&str>)> = Vec::new();
    for (request, unlisted) in missing {
        let cause = unlisted.detail.as_str();
        let cause = cause.strip_prefix(request).unwrap_or(cause);
        let cause = cause.strip_prefix(": ").unwrap_or(cause);
        match causes.iter_mut().find(|(c, _)| *c == cause) {
            Some((_, requests)) => requests.push(request),
            None => causes.push((cause, vec![request])),
        }
    }
    let reasons = causes
        .iter()
        .map(|(cause, r)| say![strings::join(r, ", "), ": ", cause]);
    let reason = say!["not listed: ", strings::join(&reasons.to_list(), "; ")];
    let subjects = missing.iter().map(|(request, unlisted)| Subject {
        key: (*request).to_owned(),
        state: Verdict::Error,
        expected: "listed".to_owned(),
        actual: "not listed".to_owned(),
        reason: unlisted.detail.clone(),
        basis: Basis::Explicit,
        observations: unlisted.observations(),
    });
    Outcome {
        verdict: Verdict::Error,
        reason,
        expected: String::new(),
        actual: "unknown".to_owned(),
        basis: Basis::Explicit,
        subjects: subjects.to_list(),
        observations: Vec::new(),
    }
}

/// A list that only adds to what is shown, or that not every cluster serves.
#[derive(Default)]
pub(super) struct Optional {
    /// The objects; none if the server does not serve the resource.
    pub(super) items: Vec<Value>,
    /// The receipt, also for a resource that is not served.
    pub(super) seen: Vec<Observation>,
    /// Why it is not known, if it is not.
    pub(super) unknown: Option<String>,
    /// Whether it is not known because the node record does not say.
    pub(super) unrecorded: bool,
}

/// Lists what may be missing.
pub(super) fn optional(cx: &Cx<'_>, request: &str) -> Optional {
    match kubernetes::list(cx.facts, request) {
        Ok(objects) => Optional {
            items: objects.items,
            seen: vec![objects.observation],
            ..Optional::default()
        },
        Err(unlisted) => Optional {
            seen: unlisted.observations(),
            unknown: (!unlisted.absent).then_some(unlisted.detail),
            unrecorded: unlisted.unrecorded,
            items: Vec::new(),
        },
    }
}

/// How many buckets the index of a sheet has.
const BUCKETS: usize = 256;

/// Subjects on their way to a verdict.
#[derive(Default)]
pub(super) struct Sheet {
    subjects: Vec<Subject>,
    /// Places in `subjects`, in buckets by a sum of their keys: a cluster may
    /// have thousands.
    index: Vec<Vec<usize>>,
    seen: Vec<Observation>,
    /// What should be, for every subject that does not say otherwise.
    pub(super) expected: String,
    /// What is said in addition to the counts.
    pub(super) notes: Vec<String>,
}

impl Sheet {
    /// An empty sheet for a check that rests on these receipts.
    pub(super) fn new(expected: impl Into<String>, seen: Vec<Observation>) -> Self {
        Self {
            expected: expected.into(),
            seen,
            ..Self::default()
        }
    }

    /// Writes down a subject, and hands it back. One that is there already
    /// keeps its key: the worse state stays, and what was seen is added.
    pub(super) fn put(
        &mut self,
        key: String,
        state: Verdict,
        actual: String,
        reason: &str,
        seen: Vec<Observation>,
    ) -> Option<&mut Subject> {
        let at = self.place(&key);
        if let Some(known) = self.subjects.get_mut(at) {
            if !strings::contains(&known.actual, &actual) {
                known.actual.push_str("; ");
                known.actual.push_str(&actual);
            }
            if state > known.state {
                known.state = state;
                known.reason = reason.to_owned();
            }
        } else {
            self.subjects.push(Subject {
                key,
                state,
                expected: self.expected.clone(),
                actual,
                reason: reason.to_owned(),
                basis: Basis::Explicit,
                observations: seen,
            });
        }
        self.subjects.get_mut(at)
    }

    /// Where a key is in `subjects`, or will be when it is written down next.
    fn place(&mut self, key: &str) -> usize {
        let sum = key.bytes().fold(0, |sum: usize, byte| {
            sum.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        self.index.resize_with(BUCKETS, Vec::new);
        let Some(bucket) = self.index.get_mut(sum % BUCKETS) else {
            return self.subjects.len();
        };
        for at in bucket.iter() {
            if self.subjects.get(*at).is_some_and(|s| s.key == key) {
                return *at;
            }
        }
        bucket.push(self.subjects.len());
        self.subjects.len()
    }

    /// Adds receipts.
    pub(super) fn cite(&mut self, seen: &[Observation]) {
        self.seen.extend(seen);
    }

    /// Whether no subject is written down.
    pub(super) fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }

    /// Whether a subject is in this state.
    pub(super) fn has(&self, state: Verdict) -> bool {
        self.subjects.iter().any(|s| s.state == state)
    }

    /// Adds up: the worst subject decides, and `good` is the reason if all
    /// pass.
    pub(super) fn finish(self, good: &str) -> Outcome {
        self.close(Verdict::Pass, good)
    }

    /// Adds up for a check that only a person can pass: `look` says what they
    /// must look at.
    pub(super) fn finish_open(self, look: &str) -> Outcome {
        self.close(Verdict::Manual, look)
    }

    /// What the check is about is not here; the receipts are the witness.
    pub(super) fn finish_absent(self, why: &str) -> Outcome {
        let mut outcome = self.close(Verdict::NotApplicable, why);
        outcome.verdict = Verdict::NotApplicable;
        outcome
    }

    fn close(mut self, least: Verdict, words: &str) -> Outcome {
        self.subjects = by_state(self.subjects);
        let worst = self.subjects.first().map_or(least, |s| s.state);
        let verdict = worst.max(least);
        let mut reasons = Vec::new();
        for (state, ask) in [
            (Verdict::Fail, "not met by"),
            (Verdict::Error, "not known of"),
            (Verdict::Manual, "a person must decide on"),
        ] {
            let keys = self.subjects.iter().filter(|s| s.state == state);
            let keys: Vec<_> = keys.map(|s| s.key.as_str()).to_list();
            if !keys.is_empty() {
                reasons.push(say![ask, " ", few(&keys)]);
            }
            // What a person must look at stands behind what fails.
            if state == Verdict::Fail && (worst <= Verdict::Pass || least == Verdict::Manual) {
                reasons.push(words.to_owned());
            }
        }
        reasons.append(&mut self.notes);
        let deciding = self.subjects.iter().filter(|s| s.state == verdict);
        let deciding = deciding.take(3).map(|s| say![s.key, ": ", s.actual]);
        let mut actual = strings::join(&deciding.to_list(), "; ");
        if actual.is_empty() || verdict == Verdict::Pass {
            words.clone_into(&mut actual);
        }
        Outcome {
            verdict,
            reason: strings::join(&reasons, "; "),
            expected: self.expected,
            actual,
            basis: Basis::Explicit,
            subjects: self.subjects,
            observations: self.seen,
        }
    }
}

/// The verdict when a profile's table names what there is not.
pub(super) fn misnamed(what: &str, name: &str) -> Outcome {
    let mut sheet = Sheet::default();
    let actual = say![
        "the profile names the ",
        what,
        " `",
        name,
        "`, which does not exist"
    ];
    sheet.put(what.to_owned(), Verdict::Error, actual, "", Vec::new());
    sheet.finish("")
}

/// The deciding subjects first, each state in the order of the server's lists.
/// Not a sort: the standard one is 5 KB of code for every type.
fn by_state(mut subjects: Vec<Subject>) -> Vec<Subject> {
    let mut sorted = Vec::with_capacity(subjects.len());
    for state in [
        Verdict::Fail,
        Verdict::Error,
        Verdict::Manual,
        Verdict::Pass,
        Verdict::NotApplicable,
    ] {
        let mut rest = Vec::with_capacity(subjects.len());
        for subject in subjects {
            if subject.state == state {
                sorted.push(subject);
            } else {
                rest.push(subject);
            }
        }
        subjects = rest;
    }
    sorted
}

/// The first of some names, and how many there are.
pub(super) fn few(names: &[impl AsRef<str>]) -> String {
    let mut words: Vec<&str> = names.iter().take(4).map(AsRef::as_ref).to_list();
    let more = names.len().saturating_sub(words.len());
    let text = say!["and ", more, " more"];
    if more > 0 {
        words.push(&text);
    }
    strings::join(&words, ", ")
}
