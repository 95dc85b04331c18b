//! Reads what a component is effectively told: its flags, its environment and
//! its configuration files, in the order in which the component itself lets
//! one override the other.

pub mod kubelet;

use crate::facts::{Entry, Error, Observation};
use serde_json::Value;

/// Why a configuration could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    /// What, and why.
    pub text: String,
    /// Receipts for having looked.
    pub observations: Vec<Observation>,
}

impl Problem {
    /// A fact that could not be served.
    pub fn of(what: &str, error: &Error) -> Self {
        Self {
            text: format!("{what}: {error}"),
            observations: error.observation().into_iter().collect(),
        }
    }

    /// A document that is not what it should be.
    pub fn bad(what: &str, why: &str, observation: Observation) -> Self {
        Self {
            text: format!("{what}: {why}"),
            observations: vec![observation],
        }
    }
}

/// Reads the one document of a file, which must be of this kind and API group;
/// an empty kind takes any.
pub fn document(entry: &dyn Entry, kind: &str, group: &str) -> Result<Value, Problem> {
    let path = entry.path();
    let texts = entry.read_document().map_err(|e| Problem::of(&path, &e))?;
    let bad = |why: &str| Problem::bad(&path, why, entry.observation());
    let mut documents = Vec::new();
    for text in &texts {
        let document: Value = serde_json::from_str(text).map_err(|e| bad(&e.to_string()))?;
        if !document.is_null() {
            documents.push(document);
        }
    }
    let document = match documents.pop() {
        Some(document) if documents.is_empty() => document,
        Some(_) => return Err(bad("holds more than one document")),
        None => return Err(bad("is empty")),
    };
    if !document.is_object() {
        return Err(bad("is not a mapping"));
    }
    if !kind.is_empty() {
        let of = document["apiVersion"].as_str().unwrap_or_default();
        let has = document["kind"].as_str().unwrap_or_default();
        if has != kind || of.split('/').next() != Some(group) {
            return Err(bad(&format!("is not a {kind} of {group}")));
        }
    }
    Ok(document)
}
