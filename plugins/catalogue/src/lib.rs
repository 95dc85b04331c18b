//! Controls that the profiles share: each demands one thing, under a stable
//! name, with its own words, its rule, and the requests that it uses. A profile
//! is a table on top.

pub mod control;
pub mod files;
pub mod settings;
