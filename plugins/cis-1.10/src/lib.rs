//! The CIS Kubernetes Benchmark v1.10 as a cisb profile: a table of controls.

#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(test)]
mod judged;
pub mod table;

cisb_sdk::profile!(cisb_catalogue::PROFILE);
