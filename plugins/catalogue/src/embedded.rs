//! Functions for platforms that run every component in one process: what such a
//! component cannot have, and what depends on where the platform keeps its data.

#[cfg(any(not(target_arch = "wasm32"), feature = "microk8s"))]
use cisb_sdk::args::{Args, Style};
use cisb_sdk::component::{self, Component, Presence, Words};
use cisb_sdk::facts::Observation;
use cisb_sdk::json::Value;
use cisb_sdk::prelude::*;
use cisb_sdk::rule::{self, Cx, Rule};
use cisb_sdk::say;
use cisb_sdk::strings;
#[cfg(any(not(target_arch = "wasm32"), feature = "microk8s"))]
use cisb_sdk::values;
use cisb_sdk::verdict::{Basis, Outcome, Verdict};

/// Not applicable where a component (`component`) is part of the platform's own
/// process, and therefore has none of what the check is about (`lacks`).
#[cfg(any(not(target_arch = "wasm32"), feature = "k3s"))]
pub(crate) fn part(cx: &Cx<'_>, with: &Value) -> Outcome {
    let Some(component) = named(with) else {
        return answer(
            Verdict::Error,
            "the rule names no component".to_owned(),
            &[],
        );
    };
    match component::find(cx, component) {
        Presence::Here(instances) => {
            let mut seen = Vec::new();
            for instance in instances {
                seen.extend(instance.observations);
            }
            let lacks = with["lacks"].as_str().unwrap_or_default();
            let text = say![component.name(), " is part of another process: ", lacks];
            answer(Verdict::NotApplicable, text, &seen)
        }
        Presence::NotHere(words) => said(Verdict::NotApplicable, words),
        Presence::Unknown(words) => said(Verdict::Error, words),
    }
}

/// Evaluates a rule over how the API server reaches etcd, where it does: it may
/// keep its data behind a socket of this node, where nobody is to be
/// authenticated, or where only a secret says.
pub(crate) fn etcd_client(cx: &Cx<'_>, with: &Value) -> Outcome {
    let instances = match component::find(cx, Component::KubeApiserver) {
        Presence::Here(instances) => instances,
        Presence::NotHere(words) => return said(Verdict::NotApplicable, words),
        Presence::Unknown(words) => return said(Verdict::Error, words),
    };
    for instance in &instances {
        let servers = strings::join(&instance.args.values("etcd-servers"), ",");
        if servers.starts_with("unix:") {
            let text = say![
                "the API server keeps its data behind a socket of this node, not in etcd: \
                 --etcd-servers is ",
                servers
            ];
            return answer(Verdict::NotApplicable, text, &instance.observations);
        }
        if instance
            .unsettled
            .iter()
            .any(|(name, _)| name == "etcd-servers")
        {
            let text = "a secret says where the API server keeps its data: if --datastore-endpoint \
                        names https servers of etcd, --datastore-cafile, --datastore-certfile and \
                        --datastore-keyfile must be set beside it";
            return answer(Verdict::Manual, text.to_owned(), &instance.observations);
        }
    }
    match Rule::read(with).map(|rule| rule::evaluate(&rule, cx, &[])) {
        Ok(Ok(outcome)) => outcome,
        _ => answer(Verdict::Error, "the rule cannot be read".to_owned(), &[]),
    }
}

/// Whether k8s-dqlite, where it runs, has what its members talk to each other
/// with: the files, or no `flag` that switches them off.
#[cfg(any(not(target_arch = "wasm32"), feature = "microk8s"))]
pub(crate) fn dqlite(cx: &Cx<'_>, with: &Value) -> Outcome {
    let found = match component::own_processes(cx.facts, "k8s-dqlite") {
        Ok(found) => found,
        Err(error) => {
            return answer(
                Verdict::Error,
                error.text().to_owned(),
                &error.observations(),
            );
        }
    };
    let mut seen = vec![found.observation];
    let Some(process) = found.own.first() else {
        return match found.complete {
            true => answer(
                Verdict::NotApplicable,
                "no process is k8s-dqlite".to_owned(),
                &seen,
            ),
            false => answer(
                Verdict::Error,
                say!["k8s-dqlite was not found: ", found.hint],
                &seen,
            ),
        };
    };
    seen.push(process.observation());
    let argv = process.info().args;
    if argv.is_empty() {
        let text = "the arguments of k8s-dqlite could not be read";
        return answer(Verdict::Error, text.to_owned(), &seen);
    }
    let args = Args::parse(Style::Pflag, &argv);
    let flag = with["flag"].as_str().unwrap_or_default();
    if !flag.is_empty() {
        let (is_on, text) = match args.last(flag) {
            Some(given) => (
                values::boolean(&given.value) == Some(true),
                given.value.as_str(),
            ),
            None => (true, "not set, and true by default"),
        };
        return answer(verdict(is_on), say!["--", flag, " is ", text], &seen);
    }
    let files = match cx.facts.glob("microk8s-dqlite-certificates") {
        Ok(files) => files,
        Err(error) => {
            return answer(
                Verdict::Error,
                error.text().to_owned(),
                &error.observations(),
            );
        }
    };
    seen.push(files.observation);
    let dir = args.values("storage-dir").pop().unwrap_or_default();
    let dir = strings::trim_end(&dir, b'/');
    let has = |name: &str| files.paths.contains(&say![dir, "/", name]);
    let has_both = has("cluster.crt") && has("cluster.key");
    if !has_both && !files.complete {
        return answer(
            Verdict::Error,
            say![dir, " was not seen whole: ", files.hint],
            &seen,
        );
    }
    let text = match has_both {
        true => say!["cluster.crt and cluster.key are in ", dir],
        false => say!["cluster.crt or cluster.key is not in ", dir],
    };
    answer(verdict(has_both), text, &seen)
}

#[cfg(any(not(target_arch = "wasm32"), feature = "microk8s"))]
fn verdict(is_good: bool) -> Verdict {
    match is_good {
        true => Verdict::Pass,
        false => Verdict::Fail,
    }
}

#[cfg(any(not(target_arch = "wasm32"), feature = "k3s"))]
fn named(with: &Value) -> Option<Component> {
    let mut all = Component::ALL.into_iter();
    all.find(|component| with["component"].is_text(component.name()))
}

fn said(verdict: Verdict, words: Words) -> Outcome {
    answer(verdict, words.text, &words.observations)
}

fn answer(verdict: Verdict, reason: String, observations: &[Observation]) -> Outcome {
    Outcome {
        verdict,
        reason,
        expected: String::new(),
        actual: String::new(),
        basis: Basis::Explicit,
        subjects: Vec::new(),
        observations: observations.to_vec(),
    }
}
