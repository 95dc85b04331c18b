//! Decides whether a component may be compiled: its outside agrees with itself,
//! and it wants nothing that a cisb host does not offer.
//!
//! Signatures come with their own stage; until then every profile is unsigned
//! and the report says so.

use std::collections::BTreeSet;

use cisb_contract::{Manifest, WORLD};

use super::Unverified;
use super::manifest::{self, ManifestError};

/// A component that may be compiled. Only [`verify`] makes one.
#[derive(Debug)]
pub struct Verified {
    name: String,
    bytes: Vec<u8>,
    digest: String,
    manifest: Manifest,
    manifest_digest: String,
    imports: Vec<String>,
}

impl Verified {
    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The bytes that were verified.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// SHA-256 of the component, lower-case hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }
    /// What the component says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
    /// SHA-256 of the manifest, lower-case hex.
    pub fn manifest_digest(&self) -> &str {
        &self.manifest_digest
    }
    /// Names of the interfaces it imports.
    pub fn imports(&self) -> &[String] {
        &self.imports
    }
}

/// Why a component is refused.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Its outside is refused.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// It imports WASI.
    #[error(
        "it imports `{0}`, and cisb offers no WASI: build it for wasm32-unknown-unknown, or tell \
         the toolchain to leave WASI out"
    )]
    Wasi(String),
    /// It imports something unknown.
    #[error("it imports `{0}`, which cisb does not offer; there are {OFFERED_WORDS}")]
    UnknownImport(String),
    /// It imports an interface of another version.
    #[error("it imports `{0}`; this host offers version 0.1 of it")]
    ImportVersion(String),
    /// It imports an interface without a request that opens it.
    #[error(
        "it imports `{interface}` and requests nothing that opens it: add {remedy} to its \
         manifest, or leave the import out"
    )]
    Ungranted {
        /// The interface.
        interface: String,
        /// The request that would open it.
        remedy: &'static str,
    },
    /// It does not export the one thing a profile exports.
    #[error("it does not export `{0}`, so it answers for no check")]
    NoChecks(&'static str),
    /// Its manifest names another world.
    #[error("its manifest targets the world `{0}`; this host runs `{WORLD}`")]
    World(String),
}

const CHECKS: &str = "cisb:profile/checks@0.1.0";
const OFFERED: [&str; 6] = [
    "types",
    "context",
    "files",
    "processes",
    "kubernetes",
    "log",
];
const OFFERED_WORDS: &str = "cisb:host/types, context, files, processes, kubernetes and log";

/// Verifies a component.
pub fn verify(unverified: Unverified) -> Result<Verified, VerifyError> {
    let outside = manifest::read(&unverified)?;
    if outside.manifest.world != WORLD {
        return Err(VerifyError::World(outside.manifest.world));
    }
    let mut interfaces = BTreeSet::new();
    for import in &outside.imports {
        if import.starts_with("wasi:") {
            return Err(VerifyError::Wasi(import.clone()));
        }
        let Some((interface, version)) = import
            .strip_prefix("cisb:host/")
            .and_then(|rest| rest.split_once('@'))
            .filter(|(interface, _)| OFFERED.contains(interface))
        else {
            return Err(VerifyError::UnknownImport(import.clone()));
        };
        if !version.starts_with("0.1.") {
            return Err(VerifyError::ImportVersion(import.clone()));
        }
        interfaces.insert(interface);
    }
    let requests = &outside.manifest.requests;
    let opened: [(&str, bool, &'static str); 3] = [
        (
            "files",
            // Processes open files, so that their interface names that of files.
            !(requests.files.is_empty()
                && requests.named.is_empty()
                && requests.processes.is_empty()),
            "a `files` or `named` request",
        ),
        (
            "processes",
            !requests.processes.is_empty(),
            "a `processes` request",
        ),
        (
            "kubernetes",
            !requests.kubernetes.is_empty(),
            "a `kubernetes` request",
        ),
    ];
    for (interface, open, remedy) in opened {
        if interfaces.contains(interface) && !open {
            return Err(VerifyError::Ungranted {
                interface: format!("cisb:host/{interface}"),
                remedy,
            });
        }
    }
    if !outside.exports.iter().any(|e| e == CHECKS) {
        return Err(VerifyError::NoChecks(CHECKS));
    }
    Ok(Verified {
        name: unverified.name,
        bytes: unverified.bytes,
        digest: unverified.digest,
        manifest: outside.manifest,
        manifest_digest: outside.manifest_digest,
        imports: outside.imports,
    })
}
