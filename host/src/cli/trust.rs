//! Flags that say what a profile must be before it runs, and what it may do.

use std::path::PathBuf;

use clap::Args;

use crate::config::Settings;
use crate::request::Trust;

/// What a profile must be, and may do.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What a profile must be, and may do")]
pub struct TrustArgs {
    #[command(flatten)]
    pub(super) believe: BeliefArgs,

    /// Grant no more than this file allows
    #[arg(long, value_name = "FILE")]
    pub grants: Option<PathBuf>,
}

/// What a profile must be. None of it comes from the environment: who sets a
/// variable does not decide what runs.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What a profile must be")]
pub struct BeliefArgs {
    /// Take only what this policy believes [default: /etc/cisb/trust.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,

    /// Take only what this lock pins [default: /etc/cisb/cisb.lock, if there is one]
    #[arg(long, value_name = "FILE")]
    pub lock: Option<PathBuf>,

    /// Take nothing without a lock; where there is one, it always holds
    #[arg(long)]
    pub locked: bool,

    /// Take profiles that nobody signed, as far as the trust policy permits it;
    /// without a policy they are taken anyway
    #[arg(long)]
    pub allow_unsigned: bool,
}

impl BeliefArgs {
    /// What they come to with these settings.
    pub(super) fn trust(&self, settings: &Settings) -> Trust {
        Trust {
            policy: self.trust.clone().or_else(|| settings.trust.clone()),
            lock: self.lock.clone().or_else(|| settings.lock.clone()),
            locked: self.locked || settings.locked,
            allow_unsigned: self.allow_unsigned,
        }
    }
}

impl TrustArgs {
    /// What they come to with these settings.
    pub(super) fn trust(&self, settings: &Settings) -> Trust {
        self.believe.trust(settings)
    }

    /// The grants file.
    pub(super) fn grants(&self, settings: &Settings) -> Option<PathBuf> {
        self.grants.clone().or_else(|| settings.grants.clone())
    }
}
