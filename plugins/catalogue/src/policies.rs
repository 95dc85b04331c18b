//! The policies: who may do what, what pods may do, and how the network, the
//! secrets and the namespaces are used. All of them ask the API server, and
//! none of them answers without it.

use cisb_sdk::rule::Code;

mod access;
mod accounts;
mod cluster;
#[cfg(not(target_arch = "wasm32"))]
mod controls;
mod server;
mod sheet;
#[cfg(test)]
mod tests;
mod workloads;

#[cfg(not(target_arch = "wasm32"))]
pub use controls::{controls, parameters, requests};

/// The functions that the rules name.
pub const CODES: &[(&str, Code)] = &[
    ("policies-holders", access::holders),
    ("policies-wildcards", access::wildcards),
    ("policies-masters", access::masters),
    ("policies-bootstrap-tokens", access::bootstrap_tokens),
    ("policies-default-accounts", accounts::default_accounts),
    ("policies-token-mounts", accounts::token_mounts),
    (
        "policies-client-certificates",
        accounts::client_certificates,
    ),
    ("policies-account-tokens", accounts::account_tokens),
    ("policies-running", workloads::running),
    ("policies-mechanism", workloads::mechanism),
    ("policies-plugin", cluster::plugin),
    ("policies-network", cluster::network_policies),
    ("policies-secret-storage", cluster::secret_storage),
    ("policies-provenance", cluster::provenance),
    ("policies-boundaries", cluster::boundaries),
    ("policies-default-namespace", cluster::default_namespace),
    ("units-address-filter", crate::units::address_filter),
];
