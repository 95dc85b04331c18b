//! The CIS Kubernetes Benchmark v1.10 as a cisb profile: a table of controls.

#[cfg(test)]
mod judged;
pub mod table;

cisb_sdk::profile!(cisb_catalogue::PROFILE);
