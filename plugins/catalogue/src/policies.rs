//! The policies: who may do what, what pods may do, and how the network, the
//! secrets and the namespaces are used. All of them ask the API server, and
//! none of them answers without it.

use cisb_sdk::rule::Code;

mod access;
mod accounts;
mod asked;
mod cluster;
#[cfg(not(target_arch = "wasm32"))]
mod controls;
mod engines;
mod server;
mod sheet;
#[cfg(test)]
mod tests;
mod workloads;

#[cfg(not(target_arch = "wasm32"))]
pub use controls::{controls, parameters, requests};

/// Names, each with a function that has the sheet run a policy; then names of
/// functions of their own.
macro_rules! codes {
    ($($name:literal: $policy:path,)+; $($(#[$when:meta])? $own:literal: $function:path,)+) => {
        &[
            $(($name, |cx, with| sheet::run(cx, with, &$policy)),)+
            $($(#[$when])? ($own, $function),)+
        ]
    };
}

/// The functions that the rules name.
pub const CODES: &[(&str, Code)] = codes! {
    "policies-holders": access::HOLDERS,
    "policies-wildcards": access::WILDCARDS,
    "policies-masters": access::MASTERS,
    "policies-bootstrap-tokens": access::BOOTSTRAP_TOKENS,
    "policies-default-accounts": accounts::DEFAULT_ACCOUNTS,
    "policies-token-mounts": accounts::TOKEN_MOUNTS,
    "policies-client-certificates": accounts::CLIENT_CERTIFICATES,
    "policies-account-tokens": accounts::ACCOUNT_TOKENS,
    "policies-running": workloads::RUNNING,
    "policies-admitted": workloads::ADMITTED,
    "policies-mechanism": workloads::MECHANISM,
    "policies-plugin": cluster::NETWORK_PLUGIN,
    "policies-network": cluster::NETWORK_POLICIES,
    "policies-secret-storage": cluster::SECRET_STORAGE,
    "policies-provenance": cluster::PROVENANCE,
    "policies-boundaries": cluster::NAMESPACES,
    "policies-default-namespace": cluster::DEFAULT_NAMESPACE,
    ;
    "asked": asked::asked,
    #[cfg(not(all(target_arch = "wasm32", any(feature = "k3s", feature = "microk8s"))))]
    "units-address-filter": crate::units::address_filter,
    #[cfg(any(not(target_arch = "wasm32"), feature = "k3s"))]
    "embedded-part": crate::embedded::part,
    #[cfg(any(not(target_arch = "wasm32"), feature = "microk8s"))]
    "embedded-dqlite": crate::embedded::dqlite,
    #[cfg(any(not(target_arch = "wasm32"), feature = "k3s", feature = "microk8s"))]
    "embedded-etcd-client": crate::embedded::etcd_client,
};
