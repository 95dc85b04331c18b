//! Compiles profiles ahead of scans: the first stages of a scan, and the code is
//! kept instead of run.

use std::path::Path;

use crate::detect::DetectError;
use crate::engine::Engine;
use crate::engine::cache::{CacheError, KeepError, Keeper, Kept};
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
        /// At which stage.
        stage: &'static str,
        /// Why.
        reason: String,
    },
}

/// Why nothing more can be kept; exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum WarmError {
    /// There is no profile to compile.
    #[error(transparent)]
    None(#[from] DetectError),
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
    let engine = Engine::new(1).map_err(CacheError::from)?;
    let keeper = Keeper::open(&engine, &request.cache)?;
    for path in profiles {
        tell(one(&engine, &keeper, path)?);
    }
    Ok(())
}

fn one(engine: &Engine, keeper: &Keeper, path: &Path) -> Result<Warmed, CacheError> {
    let loaded = scan::load(path);
    let refused = |stage, reason| {
        Ok(Warmed::Refused {
            name: path.display().to_string(),
            stage,
            reason,
        })
    };
    let verified = match loaded.verified {
        Ok(verified) => verified,
        Err((stage, reason)) => return refused(stage, reason),
    };
    match keeper.keep(engine, &verified) {
        Ok(kept) => Ok(Warmed::Kept {
            id: verified.manifest().id.clone(),
            kept,
        }),
        Err(KeepError::Cache(error)) => Err(error),
        Err(error) => refused("compile", error.to_string()),
    }
}
