//! What an author of a cisb profile sees.
//!
//! A check is data: a [`rule::Rule`] that the engine here evaluates, citing
//! the observations it used by itself. What a rule cannot say is a Rust
//! function beside it ([`rule::Code`]). Readers know how the components of
//! Kubernetes read their own arguments and files.
//!
//! Inside a component the facts come from the host; in a native test they come
//! from a [`fake::FakeNode`].

pub mod args;
pub mod component;
pub mod config;
pub mod defaults;
pub mod facts;
#[cfg(not(target_arch = "wasm32"))]
pub mod fake;
pub mod files;
mod order;
pub mod rule;
pub mod static_pod;
pub mod systemd;
pub mod values;
pub mod verdict;

pub use cisb_contract as contract;
