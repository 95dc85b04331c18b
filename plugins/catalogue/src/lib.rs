//! Controls that the profiles share: each demands one thing, under a stable
//! name, with its own words, its rule, and the requests that it uses. A profile
//! is a table on top.

#[cfg(not(target_arch = "wasm32"))]
pub mod assemble;
pub mod control;
pub mod words;

/// What every profile's component is made of.
pub const PROFILE: cisb_sdk::rule::Profile = cisb_sdk::rule::Profile { codes: &[] };

/// Every control, in no particular order.
pub fn controls() -> Vec<control::Control> {
    Vec::new()
}

/// Every request that a control may use.
pub fn requests() -> cisb_sdk::contract::manifest::Requests {
    cisb_sdk::contract::manifest::Requests::default()
}
