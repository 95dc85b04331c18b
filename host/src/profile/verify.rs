//! Decides whether a component may be compiled: its outside agrees with itself
//! and with what was signed, it wants nothing that a cisb host does not offer,
//! and it is the one that the site has pinned.

use std::collections::BTreeSet;

use cisb_contract::{Manifest, WORLD};

use super::capabilities;
use super::lock::{Lock, Unlocked};
use super::manifest::{self, ManifestError};
use super::signature::{self, Authenticated, Belief, SignatureError, Standing};

/// A component that may be compiled. Only [`verify`] makes one.
#[derive(Debug)]
pub struct Verified {
    name: String,
    bytes: Vec<u8>,
    digest: String,
    manifest: Manifest,
    manifest_digest: String,
    imports: Vec<String>,
    functions: u32,
    capabilities: String,
    standing: Standing,
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
    /// How many functions it defines.
    pub fn functions(&self) -> u32 {
        self.functions
    }
    /// The digest of what it asks for, `sha256:…`.
    pub fn capabilities(&self) -> &str {
        &self.capabilities
    }
    /// What it asks for, a line each.
    pub fn asks(&self) -> BTreeSet<String> {
        capabilities::list(&self.manifest, &self.imports)
    }
    /// Who signed it, as far as that is believed.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }
}

/// Why a component is refused.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Its outside is refused.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Its signatures are for another manifest, or the policy does not let it run.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It is not what the lock pins.
    #[error(transparent)]
    Lock(#[from] Unlocked),
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

/// The one thing that a profile exports.
pub(super) const CHECKS: &str = "cisb:profile/checks@0.1.0";
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
pub fn verify(
    authenticated: Authenticated,
    belief: &Belief<'_>,
    lock: Option<&Lock>,
) -> Result<Verified, VerifyError> {
    let Authenticated {
        unverified,
        standing,
        release,
    } = authenticated;
    let outside = manifest::read(&unverified)?;
    let asks = capabilities::digest(&capabilities::list(&outside.manifest, &outside.imports));
    if let Some(release) = &release {
        signature::agrees(release, &outside.manifest, &outside.manifest_digest, &asks)?;
    }
    if let Some(policy) = belief.policy {
        let id = &outside.manifest.id;
        if standing == Standing::Unsigned && !policy.permits_unsigned_profile(id) {
            return Err(SignatureError::UnsignedNotPermitted(id.clone()).into());
        }
        policy
            .bounds(&outside.manifest)
            .map_err(SignatureError::from)?;
    }
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
    let verified = Verified {
        name: unverified.name,
        bytes: unverified.bytes,
        digest: unverified.digest,
        capabilities: asks,
        manifest: outside.manifest,
        manifest_digest: outside.manifest_digest,
        imports: outside.imports,
        functions: outside.functions,
        standing,
    };
    if let Some(lock) = lock {
        lock.allows(&verified)?;
    }
    Ok(verified)
}
