//! What the function of a check is written with: `use cisb_sdk::author::*;`.
//!
//! A function asks [`Facts`], and answers with an [`Outcome`]. Whatever it was
//! served has a receipt; a verdict that cites none is not believed. What cannot
//! be told is an error, never a pass.

pub use crate::facts::{Cause, Entry, Error, Facts, Observation, Process, Stat};
pub use crate::json::Value;
pub use crate::prelude::*;
pub use crate::rule::Cx;
pub use crate::say;
pub use crate::verdict::{Basis, Outcome, Subject, Verdict};

use crate::rule::data;

/// An answer on the whole, and the receipts that it rests on.
pub fn answer(verdict: Verdict, reason: String, observations: Vec<Observation>) -> Outcome {
    data::outcome(verdict, reason, observations)
}

/// An error that says why a check could not be told: what the host said, and its
/// receipt for having looked.
pub fn unknown(error: &Error) -> Outcome {
    answer(
        Verdict::Error,
        error.text().to_owned(),
        error.observations(),
    )
}

/// One thing that was judged, and the receipts for what was seen of it.
pub fn subject(
    key: String,
    state: Verdict,
    expected: &str,
    actual: String,
    observations: Vec<Observation>,
) -> Subject {
    Subject {
        key,
        state,
        expected: expected.to_owned(),
        actual,
        reason: String::new(),
        basis: Basis::Explicit,
        observations,
    }
}

/// The answer that subjects add up to: the worst decides and speaks. The
/// receipts are those besides the subjects' own, such as a search's.
pub fn judged(subjects: Vec<Subject>, observations: Vec<Observation>) -> Outcome {
    data::summed(subjects, observations)
}
