//! What should not be on a node: a process that should not run, a file that
//! should not be there. Only a search that saw everything passes.

use cisb_sdk::facts::{Error, Observation, Place};
use cisb_sdk::json::Value;
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::{Basis, Outcome, Verdict};

/// What a search found: its receipt, the finds, and why it is not complete.
type Searched = (Observation, Vec<String>, Option<String>);

/// The rule's members: `process` or `files`, the request that is searched, and
/// `expected`. Processes of pods are not the node's.
pub(super) fn absent(cx: &Cx<'_>, with: &Value) -> Outcome {
    let said = |member: &str| with[member].as_str().unwrap_or_default();
    let searched = match said("process") {
        "" => files(cx, said("files")),
        request => processes(cx, request),
    };
    let (verdict, reason, observations) = match searched {
        Err(error) => {
            let seen = error.observation().into_iter().collect();
            (Verdict::Error, error.text().to_owned(), seen)
        }
        Ok((seen, found, missing)) => match (found.is_empty(), missing) {
            (false, _) => {
                let text = say!["found ", strings::join(&found, ", ")];
                (Verdict::Fail, text, vec![seen])
            }
            (true, Some(why)) => (Verdict::Error, why, vec![seen]),
            (true, None) => (Verdict::Pass, said("expected").to_owned(), vec![seen]),
        },
    };
    Outcome {
        verdict,
        actual: reason.clone(),
        reason,
        expected: said("expected").to_owned(),
        basis: Basis::Explicit,
        subjects: Vec::new(),
        observations,
    }
}

fn processes(cx: &Cx<'_>, request: &str) -> Result<Searched, Error> {
    let found = cx.facts.find(request)?;
    let mut named = Vec::new();
    for process in &found.processes {
        let info = process.info();
        if info.place != Place::Foreign {
            // No number: a fact does not change because a process was restarted.
            named.push(info.exe.unwrap_or(info.comm));
        }
    }
    let missing = (!found.complete).then(|| found.hint.clone());
    Ok((found.observation, named, missing))
}

fn files(cx: &Cx<'_>, request: &str) -> Result<Searched, Error> {
    let matches = cx.facts.glob(request)?;
    let missing = (!matches.complete).then(|| matches.hint.clone());
    Ok((matches.observation, matches.paths, missing))
}
