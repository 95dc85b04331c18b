//! Links a compiled component to the capabilities it imports, once for a run.
//!
//! Every interface of the contract is behind the session's grants; a component
//! that imports one without a request that opens it was refused before.

use std::sync::Arc;

use wasmtime::component::{HasSelf, Linker};

use super::bindings::{Profile, ProfilePre};
use super::{Compiled, Engine, one_line};
use crate::capability::Session;
use crate::profile::Verified;
use crate::profile::grants::Granted;

/// A component that can be instantiated.
pub struct Linked {
    pub(super) engine: wasmtime::Engine,
    pub(super) pre: ProfilePre<Session>,
    verified: Verified,
    granted: Arc<Granted>,
}

impl Linked {
    /// What was verified before.
    pub fn verified(&self) -> &Verified {
        &self.verified
    }
    /// What it may see.
    pub fn granted(&self) -> &Arc<Granted> {
        &self.granted
    }
}

/// Why a component was not linked.
#[derive(Debug, thiserror::Error)]
#[error("it does not fit this host's contract: {0}")]
pub struct LinkError(String);

/// Links a component.
pub fn link(engine: &Engine, compiled: Compiled, granted: Granted) -> Result<Linked, LinkError> {
    let fail = |e: wasmtime::Error| LinkError(one_line(&format!("{e:#}")));
    let mut linker: Linker<Session> = Linker::new(&engine.inner);
    Profile::add_to_linker::<_, HasSelf<_>>(&mut linker, |session| session).map_err(fail)?;
    let pre = linker.instantiate_pre(&compiled.component).map_err(fail)?;
    Ok(Linked {
        engine: engine.inner.clone(),
        pre: ProfilePre::new(pre).map_err(fail)?,
        verified: compiled.verified,
        granted: Arc::new(granted),
    })
}
