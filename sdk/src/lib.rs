//! What an author of a cisb profile sees.
//!
//! A check is data: a [`rule::Rule`] that the engine here evaluates, citing
//! the observations it used by itself. What a rule cannot say is a Rust
//! function beside it ([`rule::Code`]). Readers know how the components of
//! Kubernetes read their own arguments and files.
//!
//! Inside a component the facts come from the host; in a native test they come
//! from a [`fake::FakeNode`].

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod args;
pub mod component;
pub mod config;
pub mod defaults;
pub mod facts;
#[cfg(not(target_arch = "wasm32"))]
pub mod fake;
pub mod files;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod guest;
pub mod json;
pub mod kubernetes;
mod order;
#[doc(hidden)]
pub mod prelude;
pub mod rule;
pub mod static_pod;
pub mod strings;
pub mod systemd;
pub mod values;
pub mod verdict;

#[cfg(not(target_arch = "wasm32"))]
pub use cisb_contract as contract;

/// Makes a crate a profile: exports the contract's one interface, answered by
/// the engine with these functions. Does nothing outside WebAssembly.
///
/// ```
/// use cisb_sdk::rule::Profile;
///
/// cisb_sdk::profile!(Profile { codes: &[], find: None });
/// ```
#[macro_export]
macro_rules! profile {
    ($profile:expr) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Component;
            impl $crate::guest::exports::cisb::profile::checks::Guest for Component {
                fn run(
                    check: $crate::prelude::String,
                    settings: $crate::prelude::String,
                ) -> ::core::result::Result<
                    $crate::verdict::Outcome,
                    $crate::guest::exports::cisb::profile::checks::Failure,
                > {
                    $crate::guest::run(&$profile, &check, &settings)
                }
            }
    $crate::guest::bindings::export!(Component with_types_in $crate::guest::bindings);
        };
    };
}
