//! Compiles profiles ahead of scans: the first stages of a scan, and the code is
//! kept instead of run.

use crate::detect::DetectError;
use crate::engine::Engine;
use crate::engine::cache::{CacheError, KeepError, Keeper, Kept};
use crate::profile::gate::GateError;
use crate::profile::refusal::{Code, Refused};
use crate::profile::{Gate, Place};
use crate::request::Warm;
use crate::scan;

/// What became of one profile.
#[derive(Debug)]
pub enum Warmed {
    /// Its code is kept.
    Kept {
        /// Its id.
        id: String,
        /// How.
        kept: Kept,
    },
    /// It was refused.
    Refused {
        /// Its file.
        name: String,
        /// Where and why.
        why: Refused,
    },
}

/// Why nothing more can be kept; exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum WarmError {
    /// There is no profile to compile.
    #[error(transparent)]
    None(#[from] DetectError),
    /// There is no telling what may be compiled.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The cache cannot be filled.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// Compiles what is asked for and tells of each. A profile that is refused does
/// not keep the others from it.
pub fn warm(request: &Warm, tell: &mut dyn FnMut(Warmed)) -> Result<(), WarmError> {
    let profiles = match request.profiles.is_empty() {
        true => &request.installed,
        false => &request.profiles,
    };
    if profiles.is_empty() {
        return Err(DetectError::NoneInstalled.into());
    }
    let gate = Gate::open(&request.trust, None, request.now)?;
    let engine = Engine::new(1).map_err(CacheError::from)?;
    let keeper = Keeper::open(&engine, &request.cache)?;
    for place in profiles {
        tell(one(&engine, &keeper, &gate, place)?);
    }
    Ok(())
}

fn one(engine: &Engine, keeper: &Keeper, gate: &Gate, place: &Place) -> Result<Warmed, CacheError> {
    let refused = |why| {
        Ok(Warmed::Refused {
            name: place.shown(),
            why,
        })
    };
    let verified = match scan::load(gate, place).verified {
        Ok(verified) => verified,
        Err(why) => return refused(why),
    };
    match keeper.keep(engine, &verified) {
        Ok(kept) => Ok(Warmed::Kept {
            id: verified.manifest().id.clone(),
            kept,
        }),
        Err(KeepError::Cache(error)) => Err(error),
        Err(KeepError::Compile(error)) => refused(error.into()),
        Err(KeepError::Entry(error)) => refused(Refused::at("compile", Code::Compile, &error)),
    }
}
