//! What only a person can tell: what to look at, and what is known of the
//! place to look in.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::{self, text};
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::{Basis, Outcome, Verdict};

/// The request for nodes that says at which provider they are.
const NODES: &str = "provider-nodes";
/// How many places are named at most.
const NAMED: usize = 3;

/// Says what to look at: `look` in the rule. Where the check may list nodes,
/// shows the first of the instances they are.
pub(super) fn asked(cx: &Cx<'_>, with: &Value) -> Outcome {
    let mut outcome = Outcome {
        verdict: Verdict::Manual,
        reason: with["look"].as_str().unwrap_or_default().to_owned(),
        expected: with["expected"].as_str().unwrap_or_default().to_owned(),
        actual: String::new(),
        basis: Basis::Explicit,
        subjects: Vec::new(),
        observations: Vec::new(),
    };
    if with["nodes"].as_bool() != Some(true) {
        return outcome;
    }
    match kubernetes::list(cx.facts, NODES) {
        Ok(nodes) => {
            let mut named = Vec::new();
            for node in &nodes.items {
                let id = text(node, "/spec/providerID");
                if !id.is_empty() && named.len() < NAMED {
                    named.push(id);
                }
            }
            outcome.actual = match named.is_empty() {
                true => say![nodes.items.len(), " nodes, none names its instance"],
                false => say![
                    nodes.items.len(),
                    " nodes, the first ",
                    strings::join(&named, ", ")
                ],
            };
            outcome.observations.push(nodes.observation);
        }
        Err(unlisted) => {
            outcome.actual = say!["nodes are not known: ", unlisted.detail];
            outcome.observations = unlisted.observations();
        }
    }
    outcome
}
