//! Controls that the profiles share: each demands one thing, under a stable
//! name, with its own words, its rule, and the requests that it uses. A profile
//! is a table on top.

pub mod control;

/// What every profile's component is made of.
pub const PROFILE: cisb_sdk::rule::Profile = cisb_sdk::rule::Profile { codes: &[] };
