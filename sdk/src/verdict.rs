//! What a check answers. Mirrors `wit/profile`.

use crate::facts::Observation;
use crate::prelude::*;

/// What a check comes to. Ordered by how much it decides when several subjects
/// are judged together: the greatest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// What the check is about is not here, and a cited witness shows it.
    NotApplicable,
    /// The requirement is met.
    Pass,
    /// A person must decide.
    Manual,
    /// It should have been assessed and could not be.
    Error,
    /// The requirement is not met.
    Fail,
}

/// Where the value that was judged comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// It is written down.
    Explicit,
    /// It is the default of a component and version; names both and the source.
    Default(String),
    /// It follows from several facts; says how.
    Derived(String),
    /// Something that the contract has no word for.
    Other(String),
}

/// One thing that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// A path, `component --flag`, or `Kind/namespace/name[/container]`.
    pub key: String,
    /// The verdict on this one.
    pub state: Verdict,
    /// What should be.
    pub expected: String,
    /// What was seen.
    pub actual: String,
    /// Why, where `expected` and `actual` do not say it.
    pub reason: String,
    /// Where the value comes from.
    pub basis: Basis,
    /// The receipts for what was seen.
    pub observations: Vec<Observation>,
}

/// The answer to one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict on the whole.
    pub verdict: Verdict,
    /// One sentence for a person.
    pub reason: String,
    /// What should be.
    pub expected: String,
    /// What was seen.
    pub actual: String,
    /// Where the deciding value comes from.
    pub basis: Basis,
    /// Each thing that was judged, the deciding ones first.
    pub subjects: Vec<Subject>,
    /// Receipts that the verdict rests on besides its subjects'.
    pub observations: Vec<Observation>,
}
