//! The demonstration profile in Rust: functions for what its manifest has no
//! rule for. The other languages say the same in their own way.

#![cfg_attr(target_arch = "wasm32", no_std)]

use cisb_sdk::author::*;
use cisb_sdk::kubernetes;

cisb_sdk::profile! {
    manifest: "demo.yaml",
    checks: {
        "1" => admin_kubeconfig,
        "3" => host_network,
        "4" => leftovers,
    }
}

/// Only its owner has rights in the kubeconfig.
fn admin_kubeconfig(cx: &Cx<'_>, _: &Value) -> Outcome {
    const EXPECTED: &str = "mode 600 or stricter";
    let found = match cx.facts.glob("admin-kubeconfig") {
        Ok(found) => found,
        Err(error) => return unknown(&error),
    };
    let seen = vec![found.observation];
    if !found.complete {
        return answer(Verdict::Error, found.hint, seen);
    }
    let Some(path) = found.paths.into_iter().next() else {
        let reason = "/etc/kubernetes/admin.conf is not there".to_owned();
        return Outcome {
            expected: EXPECTED.to_owned(),
            actual: "no such file".to_owned(),
            ..answer(Verdict::NotApplicable, reason, seen)
        };
    };
    let entry = match cx.facts.open(&path) {
        Ok(entry) => entry,
        Err(error) => return unknown(&error),
    };
    let mode = match entry.stat() {
        Ok(stat) => stat.mode,
        Err(error) => return unknown(&error),
    };
    let state = match mode & 0o177 {
        0 => Verdict::Pass,
        _ => Verdict::Fail,
    };
    let actual = say!["mode ", cisb_sdk::strings::Octal(mode)];
    let reason = say![path, " has ", actual];
    let judged = judged(
        vec![subject(
            path,
            state,
            EXPECTED,
            actual,
            vec![entry.observation()],
        )],
        seen,
    );
    Outcome { reason, ..judged }
}

/// No pod is on the node's network.
fn host_network(cx: &Cx<'_>, _: &Value) -> Outcome {
    let pods = match kubernetes::list(cx.facts, "pods-2") {
        Ok(pods) => pods,
        Err(unlisted) => {
            let seen = unlisted.observations();
            return answer(Verdict::Error, unlisted.detail, seen);
        }
    };
    let mut subjects = Vec::new();
    for pod in &pods.items {
        let is = pod.pointer("/spec/hostNetwork").and_then(Value::as_bool);
        let actual = match is {
            Some(true) => "/spec/hostNetwork is true",
            Some(false) => "/spec/hostNetwork is false",
            None => "/spec/hostNetwork is not set",
        };
        let state = match is {
            Some(true) => Verdict::Fail,
            _ => Verdict::Pass,
        };
        let mut one = subject(
            kubernetes::key_of("Pod", pod),
            state,
            "/spec/hostNetwork: anything but true",
            actual.to_owned(),
            vec![pods.observation],
        );
        if state == Verdict::Fail {
            one.reason = say![actual, ", should be anything but true"];
        }
        subjects.push(one);
    }
    match subjects.is_empty() {
        true => {
            let reason = "none of 0 Pod counts".to_owned();
            answer(Verdict::NotApplicable, reason, vec![pods.observation])
        }
        false => judged(subjects, vec![pods.observation]),
    }
}

/// Nothing is left among the static pod manifests.
fn leftovers(cx: &Cx<'_>, _: &Value) -> Outcome {
    const EXPECTED: &str = "no such file";
    let found = match cx.facts.glob("leftovers") {
        Ok(found) => found,
        Err(error) => return unknown(&error),
    };
    let seen = vec![found.observation];
    if !found.complete {
        return answer(Verdict::Error, found.hint, seen);
    }
    if !found.paths.is_empty() {
        let there = |path: String| {
            let there = "is there".to_owned();
            subject(path, Verdict::Fail, EXPECTED, there, seen.clone())
        };
        return judged(found.paths.into_iter().map(there).collect(), seen.clone());
    }
    Outcome {
        expected: EXPECTED.to_owned(),
        actual: EXPECTED.to_owned(),
        ..answer(
            Verdict::Pass,
            "/etc/kubernetes/manifests/*.bak is not there".to_owned(),
            seen,
        )
    }
}
