//! The component that a profile in YAML becomes: the engine for rules, which
//! reads what to check from its manifest. `cisb profile build` carries it ready
//! built.

#![cfg_attr(target_arch = "wasm32", no_std)]

use cisb_sdk::component::embedded;
use cisb_sdk::rule::Profile;

/// No function of its own: all is said by rules, about components where
/// Kubernetes itself keeps them, or where the platform hides them whose
/// requests the manifest has.
pub const RULES: Profile = Profile {
    codes: &[],
    find: Some(embedded::find_if_requested),
};

cisb_sdk::profile!(RULES);
