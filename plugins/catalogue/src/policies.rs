//! The policies: who may do what, what pods may do, and how the network, the
//! secrets and the namespaces are used. All of them ask the API server, and
//! none of them answers without it.

use cisb_sdk::rule::Code;

#[cfg(any(feature = "cloud", not(target_arch = "wasm32")))]
mod absent;
mod access;
mod accounts;
#[cfg(any(not(target_arch = "wasm32"), feature = "cloud", feature = "openshift"))]
mod asked;
#[cfg(any(feature = "gke", not(target_arch = "wasm32")))]
mod certificates;
mod cluster;
#[cfg(not(target_arch = "wasm32"))]
mod controls;
mod engines;
#[cfg(any(feature = "gke", not(target_arch = "wasm32")))]
mod everybody;
#[cfg(any(feature = "openshift", not(target_arch = "wasm32")))]
mod fields;
#[cfg(any(feature = "cloud", not(target_arch = "wasm32")))]
mod objects;
#[cfg(any(feature = "openshift", not(target_arch = "wasm32")))]
mod scc;
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
    ($($(#[$if:meta])? $name:literal: $policy:path,)+; $($(#[$when:meta])? $own:literal: $function:path,)*) => {
        &[
            $($(#[$if])? ($name, |cx, with| sheet::run(cx, with, &$policy)),)+
            $($(#[$when])? ($own, $function),)*
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
    #[cfg(any(not(target_arch = "wasm32"), feature = "cloud"))]
    "asked": asked::asked,
    #[cfg(any(not(target_arch = "wasm32"), feature = "units"))]
    "units-address-filter": crate::units::address_filter,
    #[cfg(any(not(target_arch = "wasm32"), feature = "k3s"))]
    "embedded-part": crate::embedded::part,
    #[cfg(any(not(target_arch = "wasm32"), feature = "microk8s"))]
    "embedded-dqlite": crate::embedded::dqlite,
    #[cfg(any(not(target_arch = "wasm32"), feature = "k3s", feature = "microk8s"))]
    "embedded-etcd-client": crate::embedded::etcd_client,
};

/// What profiles of managed platforms have besides.
#[cfg(any(feature = "cloud", not(target_arch = "wasm32")))]
pub const CLOUD_CODES: &[(&str, Code)] = codes! {
    "objects-nodes": objects::NODES,
    "objects-services": objects::SERVICES,
    "objects-ingresses": objects::INGRESSES,
    "objects-storageclasses": objects::STORAGE_CLASSES,
    "objects-serviceaccounts": objects::ACCOUNTS,
    "objects-configmaps": objects::CONFIG_MAPS,
    "objects-daemonsets": objects::DAEMON_SETS,
    "objects-pods": objects::PODS,
    #[cfg(any(feature = "gke", not(target_arch = "wasm32")))]
    "objects-certificates": certificates::MANAGED,
    #[cfg(any(feature = "gke", not(target_arch = "wasm32")))]
    "policies-everybody": everybody::EVERYBODY,
    ;
    "absent": absent::absent,
};

/// The functions that the rules of OpenShift's controls name: without those for
/// what its benchmarks do not ask, and for what constraints decide there.
#[cfg(any(feature = "openshift", not(target_arch = "wasm32")))]
pub const OPENSHIFT_CODES: &[(&str, Code)] = codes! {
    "policies-holders": access::HOLDERS,
    "policies-wildcards": access::WILDCARDS,
    "policies-default-accounts": accounts::DEFAULT_ACCOUNTS,
    "policies-token-mounts": accounts::TOKEN_MOUNTS,
    "policies-running": workloads::RUNNING,
    "policies-network": cluster::NETWORK_POLICIES,
    "policies-secret-storage": cluster::SECRET_STORAGE,
    "policies-boundaries": cluster::NAMESPACES,
    "policies-default-namespace": cluster::DEFAULT_NAMESPACE,
    "policies-scc": scc::USERS,
    "policies-anonymous": scc::ANONYMOUS,
    ;
    "asked": asked::asked,
    "fields": fields::fields,
};
