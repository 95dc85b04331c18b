//! What every policy check needs: the lists it judges, the operator's
//! parameters, and the sheet on which subjects are written down until they add
//! up to a verdict.

use cisb_sdk::facts::Observation;
use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::{self, Objects, Unlisted, namespace};
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

/// A check of the policies: what it lists, and how it judges that.
pub(super) struct Policy {
    /// The requests of the lists, all of which it needs.
    pub(super) requests: &'static [&'static str],
    /// What should be, for every subject that does not say otherwise.
    pub(super) expected: &'static str,
    /// The verdict where nothing is wrong: `Pass`, or `Manual` for what only a
    /// person can pass.
    pub(super) least: Verdict,
    /// Why, then: that it is met, or at what a person must look.
    pub(super) words: &'static str,
    /// Writes down what it finds.
    pub(super) judge: fn(&Lists<'_>, &mut Sheet, &Value),
}

/// Runs a policy. Without one of its lists it judges nothing.
#[inline(never)]
pub(super) fn run(cx: &Cx<'_>, with: &Value, policy: &Policy) -> Outcome {
    let mut lists = Lists {
        cx,
        lists: Vec::new(),
    };
    let mut sheet = Sheet {
        least: policy.least,
        expected: policy.expected.to_owned(),
        words: policy.words.to_owned(),
        ..Sheet::default()
    };
    let mut missing = Vec::new();
    for request in policy.requests {
        match kubernetes::list(cx.facts, request) {
            Ok(objects) => {
                let count = say![objects.items.len(), " ", request];
                add(&mut sheet.listed, ", ", &count);
                sheet.receipts.push((request, objects.observation));
                sheet.cite(Some(objects.observation));
                lists.lists.push((request, objects));
            }
            Err(unlisted) => missing.push((*request, unlisted)),
        }
    }
    if !missing.is_empty() {
        return unknown(missing, sheet.seen);
    }
    (policy.judge)(&lists, &mut sheet, with);
    sheet.close()
}

/// Several lists, all of which came, and what the operator says.
pub(super) struct Lists<'a> {
    pub(super) cx: &'a Cx<'a>,
    lists: Vec<(&'static str, Objects)>,
}

impl Lists<'_> {
    /// The objects of a request.
    #[inline(never)]
    pub(super) fn of(&self, request: &str) -> &[Value] {
        for (id, objects) in &self.lists {
            if *id == request {
                return &objects.items;
            }
        }
        &[]
    }

    /// The pods of a namespace.
    #[inline(never)]
    pub(super) fn pods_of(&self, ns: &str) -> Vec<&Value> {
        let mut pods = Vec::new();
        for pod in self.of("pods") {
            if namespace(pod) == ns {
                pods.push(pod);
            }
        }
        pods
    }

    /// Whether a namespace is one whose offenders are a person's to judge.
    #[inline(never)]
    pub(super) fn is_system(&self, ns: &str) -> bool {
        match self.cx.parameters.get(SYSTEM_NAMESPACES) {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).any(|name| {
                // `openshift-*` is every namespace that begins so.
                match name.strip_suffix("*") {
                    Some(prefix) => ns.starts_with(prefix),
                    None => name == ns,
                }
            }),
            _ => strings::among(ns, &SYSTEM),
        }
    }

    /// Whether what Kubernetes and kubeadm ship is exempt.
    pub(super) fn exempts_shipped(&self) -> bool {
        let shipped = self.cx.parameters.get(SHIPPED_DEFAULTS);
        shipped.and_then(Value::as_bool) != Some(false)
    }
}

/// The verdict when lists are missing. One cause is said once.
fn unknown(missing: Vec<(&'static str, Unlisted)>, seen: Vec<Observation>) -> Outcome {
    let mut causes: Vec<(&str, String)> = Vec::new();
    for (request, unlisted) in &missing {
        // The words begin with the request, or with the resource and its group.
        let mut cause = unlisted.detail.as_str();
        while let Some(at) = strings::find(cause, ": ")
            && let (Some(name), Some(words)) = (cause.get(..at), cause.get(at + 2..))
            && strings::split_at(name, b" /", true).1.is_empty()
        {
            cause = words;
        }
        match causes.iter_mut().find(|(c, _)| *c == cause) {
            Some((_, requests)) => add(requests, ", ", request),
            None => causes.push((cause, (*request).to_owned())),
        }
    }
    let mut reason = String::new();
    for (cause, requests) in causes {
        add(&mut reason, "; ", &say![requests, ": ", cause]);
    }
    let mut subjects = Vec::new();
    for (request, unlisted) in missing {
        subjects.push(Subject {
            key: request.to_owned(),
            state: Verdict::Error,
            expected: "listed".to_owned(),
            actual: "not listed".to_owned(),
            observations: unlisted.observations(),
            reason: unlisted.detail,
            basis: Basis::Explicit,
        });
    }
    Outcome {
        verdict: Verdict::Error,
        reason: say!["not listed: ", reason],
        expected: String::new(),
        actual: "unknown".to_owned(),
        basis: Basis::Explicit,
        subjects,
        observations: seen,
    }
}

/// A list that only adds to what is shown, or that not every cluster serves.
#[derive(Default)]
pub(super) struct Optional {
    /// The objects; none if the server does not serve the resource.
    pub(super) items: Vec<Value>,
    /// The receipt, also for a resource that is not served.
    pub(super) seen: Option<Observation>,
    /// Why it is not known, if it is not.
    pub(super) unknown: Option<String>,
    /// Whether it is not known because the node record does not say.
    pub(super) unrecorded: bool,
}

/// Lists what may be missing.
pub(super) fn optional(cx: &Cx<'_>, request: &str) -> Optional {
    let mut optional = Optional::default();
    match kubernetes::list(cx.facts, request) {
        Ok(objects) => {
            optional.items = objects.items;
            optional.seen = Some(objects.observation);
        }
        Err(unlisted) => {
            optional.seen = unlisted.observation;
            optional.unrecorded = unlisted.unrecorded;
            if !unlisted.absent {
                optional.unknown = Some(unlisted.detail);
            }
        }
    }
    optional
}

/// How many buckets the index of a sheet has.
const BUCKETS: usize = 256;

/// Subjects on their way to a verdict.
pub(super) struct Sheet {
    subjects: Vec<Subject>,
    /// Places in `subjects`, in buckets by a sum of their keys: a cluster may
    /// have thousands.
    index: Vec<Vec<usize>>,
    /// How many objects of each kind were listed.
    listed: String,
    /// The receipt for each list.
    receipts: Vec<(&'static str, Observation)>,
    seen: Vec<Observation>,
    /// What should be, for every subject that does not say otherwise.
    pub(super) expected: String,
    /// What is said in addition to the counts.
    pub(super) notes: String,
    /// The verdict where nothing is wrong.
    pub(super) least: Verdict,
    /// Why, then.
    pub(super) words: String,
}

impl Default for Sheet {
    fn default() -> Self {
        Self {
            subjects: Vec::new(),
            index: Vec::new(),
            listed: String::new(),
            receipts: Vec::new(),
            seen: Vec::new(),
            expected: String::new(),
            notes: String::new(),
            least: Verdict::Pass,
            words: String::new(),
        }
    }
}

impl Sheet {
    /// Writes down a subject that rests on the lists of these requests, on all
    /// if none is named, and hands it back. One that is there already keeps its
    /// key: the worse state stays, and what was seen is added.
    #[inline(never)]
    pub(super) fn put(
        &mut self,
        key: String,
        state: Verdict,
        actual: String,
        reason: &str,
        of: &[&str],
    ) -> Option<&mut Subject> {
        let at = self.place(&key);
        if let Some(known) = self.subjects.get_mut(at) {
            if !strings::contains(&known.actual, &actual) {
                add(&mut known.actual, "; ", &actual);
            }
            if state > known.state {
                known.state = state;
                known.reason = reason.to_owned();
            }
        } else {
            let observations = self.receipts(of);
            self.subjects.push(Subject {
                key,
                state,
                expected: self.expected.clone(),
                actual,
                reason: reason.to_owned(),
                basis: Basis::Explicit,
                observations,
            });
        }
        self.subjects.get_mut(at)
    }

    /// The receipts for the lists of these requests; for all if none is named.
    fn receipts(&self, of: &[&str]) -> Vec<Observation> {
        let mut receipts = Vec::new();
        for (request, observation) in &self.receipts {
            if of.is_empty() || strings::among(request, of) {
                receipts.push(*observation);
            }
        }
        receipts
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
    #[inline(never)]
    pub(super) fn cite(&mut self, seen: Option<Observation>) {
        self.seen.extend(seen);
    }

    /// Adds to what is said.
    #[inline(never)]
    pub(super) fn note(&mut self, note: &str) {
        add(&mut self.notes, "; ", note);
    }

    /// Whether no subject is written down.
    pub(super) fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }

    /// Whether a subject is in this state.
    #[inline(never)]
    pub(super) fn has(&self, state: Verdict) -> bool {
        self.subjects.iter().any(|s| s.state == state)
    }

    /// The profile's table names what there is not.
    pub(super) fn misnamed(&mut self, what: &str, name: &str) {
        let actual = say![
            "the profile names the ",
            what,
            " `",
            name,
            "`, which does not exist"
        ];
        self.put(what.to_owned(), Verdict::Error, actual, "", &[]);
    }

    /// Adds up: the worst subject decides.
    fn close(self) -> Outcome {
        let mut verdict = self.least;
        let mut good = true;
        for subject in &self.subjects {
            verdict = verdict.max(subject.state);
            good &= subject.state <= Verdict::Pass;
        }
        let mut reason = String::new();
        let mut actual = String::new();
        // The deciding subjects first, each state in the order of the server's
        // lists. Not a sort: the standard one is 5 KB of code for every type.
        let mut subjects = Vec::new();
        let mut rest = self.subjects;
        for (state, ask) in [
            (Verdict::Fail, "not met by "),
            (Verdict::Error, "not known of "),
            (Verdict::Manual, "a person must decide on "),
            (Verdict::Pass, ""),
            (Verdict::NotApplicable, ""),
        ] {
            let mut keys = Vec::new();
            let mut others = Vec::new();
            for subject in rest {
                if subject.state != state {
                    others.push(subject);
                    continue;
                }
                if state == verdict && state != Verdict::Pass && keys.len() < 3 {
                    add(&mut actual, "; ", &say![subject.key, ": ", subject.actual]);
                }
                keys.push(subject.key.clone());
                subjects.push(subject);
            }
            rest = others;
            if !ask.is_empty() && !keys.is_empty() {
                add(&mut reason, "; ", &say![ask, few(&keys)]);
            }
            // What a person must look at stands behind what fails.
            if state == Verdict::Fail && (good || self.least == Verdict::Manual) {
                add(&mut reason, "; ", &self.words);
            }
        }
        // A report in the form of kube-bench shows nothing else of a pass.
        if verdict == Verdict::Pass {
            actual = self.words;
        } else if actual.is_empty() {
            actual = self.listed;
        }
        add(&mut reason, "; ", &self.notes);
        Outcome {
            verdict,
            reason,
            expected: self.expected,
            actual,
            basis: Basis::Explicit,
            subjects,
            observations: self.seen,
        }
    }
}

/// Appends, with something between, unless either is empty.
#[inline(never)]
pub(super) fn add(text: &mut String, between: &str, more: &str) {
    if !text.is_empty() && !more.is_empty() {
        text.push_str(between);
    }
    text.push_str(more);
}

/// The first of some names, and how many there are.
#[inline(never)]
pub(super) fn few(names: &[String]) -> String {
    let mut text = String::new();
    for (at, name) in names.iter().enumerate() {
        if at == 4 {
            add(&mut text, ", ", &say!["and ", names.len() - at, " more"]);
            break;
        }
        add(&mut text, ", ", name);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cause_is_said_once_whatever_it_begins_with() {
        let missing = |detail: &str| Unlisted {
            detail: detail.to_owned(),
            observation: Some(1),
            absent: false,
            unrecorded: false,
        };
        let outcome = unknown(
            vec![
                ("pods", missing("pods: no API server is known")),
                (
                    "roles",
                    missing("roles.rbac.authorization.k8s.io: no API server is known"),
                ),
                (
                    "csrs",
                    missing(
                        "csrs: certificatesigningrequests.certificates.k8s.io: no API server is known",
                    ),
                ),
                ("nodes", missing("nodes: https://[::1]:6443: refused")),
            ],
            vec![7],
        );
        assert_eq!(
            outcome.reason,
            "not listed: pods, roles, csrs: no API server is known; nodes: https://[::1]:6443: refused"
        );
        assert_eq!(outcome.verdict, Verdict::Error);
        assert_eq!(outcome.observations, [7]);
        let reason = "roles.rbac.authorization.k8s.io: no API server is known";
        assert!(outcome.subjects.iter().any(|s| s.reason == reason));
    }

    #[test]
    fn what_was_listed_stands_where_no_subject_decides() {
        let mut sheet = Sheet {
            listed: "2 pods".to_owned(),
            words: "look at pods".to_owned(),
            least: Verdict::Manual,
            ..Sheet::default()
        };
        sheet.put("a".to_owned(), Verdict::Pass, "seen".to_owned(), "", &[]);
        let outcome = sheet.close();
        assert_eq!(outcome.verdict, Verdict::Manual);
        assert_eq!(
            (outcome.reason, outcome.actual),
            ("look at pods".to_owned(), "2 pods".to_owned())
        );
        let mut sheet = Sheet {
            listed: "2 pods".to_owned(),
            words: "ask somebody".to_owned(),
            least: Verdict::Manual,
            ..Sheet::default()
        };
        for (key, state) in [("a", Verdict::Pass), ("b", Verdict::Fail)] {
            sheet.put(key.to_owned(), state, "seen".to_owned(), "", &[]);
        }
        let outcome = sheet.close();
        assert_eq!(outcome.reason, "not met by b; ask somebody");
        assert_eq!(outcome.actual, "b: seen");
        assert_eq!(outcome.subjects[0].key, "b");
    }
}
