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
#[cfg(feature = "author")]
pub mod author;
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
#[cfg(feature = "author")]
#[doc(hidden)]
pub use cisb_sdk_macros as macros;

/// Makes a crate a profile: exports the contract's one interface, answered by
/// these functions and by the engine.
///
/// A check of the manifest that has a rule is answered by the engine. Every other
/// one needs a function here, by its id; if one is missing, or if there is one for
/// no check, the crate does not compile. `PROFILE` is what tests run:
///
/// ```ignore
/// cisb_sdk::profile! {
///     manifest: "my-nodes.yaml",
///     checks: {
///         "3" => sessions_end,
///     }
/// }
/// ```
///
/// Our own profiles name a [`rule::Profile`] instead, whose functions rules call
/// by their names:
///
/// ```
/// use cisb_sdk::rule::Profile;
///
/// cisb_sdk::profile!(Profile { codes: &[], find: None });
/// ```
#[macro_export]
macro_rules! profile {
    (manifest: $manifest:literal, checks: { $($id:literal => $function:path),* $(,)? } $(,)?) => {
        /// The functions of this profile, by the ids of the checks they answer.
        pub const PROFILE: $crate::rule::Profile = $crate::rule::Profile {
            codes: &[$(($id, $function)),*],
            find: ::core::option::Option::Some($crate::component::embedded::find_if_requested),
        };
        $crate::macros::hold! { $manifest $(, $id)* }
        $crate::profile!(@export $crate::guest::answer, PROFILE);
    };
    ($profile:expr) => {
        $crate::profile!(@export $crate::guest::run, $profile);
    };
    (@export $run:path, $profile:expr) => {
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
                    $run(&$profile, &check, &settings)
                }
            }
    $crate::guest::bindings::export!(Component with_types_in $crate::guest::bindings);
        };
    };
}
