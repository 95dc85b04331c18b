//! `cisb cache`: compiled code that is kept, and the flag that says where.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::scan::{self, ProfileArgs};
use super::trust::TrustArgs;
use super::{Ambient, Plan};
use crate::config::Settings;
use crate::engine::cache;
use crate::request::Warm;

/// Where compiled code is kept. No variable says it: code that is executed as it
/// is comes from nowhere that the environment names.
#[derive(Debug, Args)]
pub struct CacheArgs {
    /// Where compiled profiles are kept [default: /var/cache/cisb]
    #[arg(long = "cache", value_name = "DIR")]
    pub place: Option<PathBuf>,
}

impl CacheArgs {
    /// The folder.
    pub(super) fn folder(self, settings: &Settings) -> PathBuf {
        let named = self.place.or_else(|| settings.cache.clone());
        named.unwrap_or_else(|| PathBuf::from(cache::FOLDER))
    }
}

/// What can be done with compiled code.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Compile profiles and keep the code for later scans of the same user
    #[command(after_help = WARM)]
    Warm {
        /// Which profiles.
        #[command(flatten)]
        profile: ProfileArgs,
        /// What they must be.
        #[command(flatten)]
        trust: Box<TrustArgs>,
        /// Where.
        #[command(flatten)]
        cache: CacheArgs,
    },
    /// Remove the compiled code, and nothing else
    Clear {
        /// From where.
        #[command(flatten)]
        cache: CacheArgs,
    },
}

const WARM: &str = "\
Scans use what is kept, and find the same with it and without it. Only this
command writes it: a scan never does.

The folder must be yours and writable by nobody else. Whatever in it was changed,
or was compiled by another version of cisb, is compiled anew.

Exit codes: 0 all is kept, 2 the folder or the command line is wrong, 3 a profile
was refused; the others are kept.";

pub(super) fn plan(command: CacheCommand, settings: &Settings, ambient: Ambient) -> Plan {
    match command {
        CacheCommand::Warm {
            profile,
            trust,
            cache,
        } => Plan::Warm {
            request: Box::new(Warm {
                profiles: Vec::new(),
                installed: Vec::new(),
                trust: trust.trust(settings),
                cache: cache.folder(settings),
                now: ambient.now,
            }),
            wanted: scan::wanted(profile, settings),
        },
        CacheCommand::Clear { cache } => Plan::Clear {
            cache: cache.folder(settings),
        },
    }
}
