//! `cisb bundle`: its flags, and its words. A bundle is looked at without
//! anything of it being believed, compiled or kept.

mod look;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use self::look::{Seen, SeenKey, SeenProfile, look, write_json, write_text};
use super::passphrase::PassphraseArgs;
use super::trust::BeliefArgs;
use super::{InspectFormat, InstalledArgs, resolve::Wanted};
use crate::config::Settings;
use crate::profile::bundle::layout::{Labels, Suggested, is_key_name};
use crate::profile::store::{self, Change, Imported};
use crate::report::escape::line;
use crate::request::Trust;
use crate::trust::policy::Role;

/// What can be done with bundles.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// Pack profiles with their signatures into one file
    Create(CreateArgs),
    /// Show what a bundle holds, and what the trust policy says of it
    Inspect(LookArgs),
    /// Say whether every profile of a bundle may run
    #[command(after_help = "Exit codes: 0 all may run, 2 usage or configuration, 3 it is refused.")]
    Verify(VerifyArgs),
    /// Add a signature to every profile of a bundle: the mark of who looked it through
    Sign(SignArgs),
    /// Take the profiles of a bundle into the store, all of them or none
    Import(ImportArgs),
}

/// `cisb bundle sign`.
#[derive(Debug, Args)]
#[command(after_help = "\
Inspect and verify the bundle first: a signature says that you did. What is in it
already stays as it is; the bundle that comes out is another file.

Exit codes: 0 signed, 2 usage or configuration, 3 it is refused.")]
pub struct SignArgs {
    /// The bundle
    #[arg(value_name = "FILE.cisbb")]
    pub bundle: PathBuf,

    /// Where the bundle with one more signature goes
    #[arg(short = 'o', long = "output", value_name = "FILE.cisbb")]
    pub output: PathBuf,

    /// The private key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,

    /// What opens it.
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
}

/// `cisb bundle create`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cisb bundle create -o site.cisbb cis-1.12.wasm
  cisb bundle create -o all.cisbb cis-1.10 cis-1.12 --sbom cisb.cdx.json \\
      --suggest publisher=release.pub --suggest example:reviewer=vetter.pub
      installed profiles by their ids, an SBOM for all, and two public keys
  cisb bundle create -o two.cisbb a.wasm b.wasm --sbom a=a.cdx.json --sbom b=b.cdx.json

The same profiles, signatures, SBOMs and keys give the same bytes.")]
pub struct CreateArgs {
    /// Where the bundle goes
    #[arg(short = 'o', long = "output", value_name = "FILE.cisbb")]
    pub output: PathBuf,

    /// Components, or ids of installed ones; the signatures beside them come along
    #[arg(value_name = "PROFILE", required = true)]
    pub profiles: Vec<PathBuf>,

    /// What a profile was made of, as CycloneDX JSON: of the profile ID, or of all of them
    #[arg(long = "sbom", value_name = "[ID=]FILE", value_parser = sbom)]
    pub sboms: Vec<Sbom>,

    /// A public key that the receiver may want to trust; it is shown, never taken by itself
    #[arg(long = "suggest", value_name = "NAME[:ROLE]=FILE.pub", value_parser = suggestion)]
    pub suggestions: Vec<Suggestion>,

    /// Where profiles are installed.
    #[command(flatten)]
    pub installed: InstalledArgs,
}

/// `cisb bundle inspect`.
#[derive(Debug, Args)]
pub struct LookArgs {
    /// The bundle
    #[arg(value_name = "FILE.cisbb")]
    pub bundle: PathBuf,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: InspectFormat,

    /// What it is held against.
    #[command(flatten)]
    pub trust: BeliefArgs,
}

/// `cisb bundle verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The bundle
    #[arg(value_name = "FILE.cisbb")]
    pub bundle: PathBuf,

    /// What it is held against.
    #[command(flatten)]
    pub trust: BeliefArgs,
}

/// `cisb bundle import`.
#[derive(Debug, Args)]
#[command(after_help = "\
What the trust policy refuses is not imported. A lock that was not named on the
command line is for scans alone: an update is imported first and pinned then, by
`cisb lock`.

Exit codes: 0 imported, 2 usage or configuration, 3 refused, and nothing is
imported.")]
pub struct ImportArgs {
    /// The bundle
    #[arg(value_name = "FILE.cisbb")]
    pub bundle: PathBuf,

    /// The store, which is made if it is not there [default: /var/lib/cisb/store]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,

    /// Go back to an older epoch of a profile than the store has
    #[arg(long)]
    pub allow_older: bool,

    /// What it is held against.
    #[command(flatten)]
    pub trust: BeliefArgs,
}

/// What a profile was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sbom {
    /// Of which profile; of all if none.
    pub id: Option<String>,
    /// The file.
    pub path: PathBuf,
}

/// A key that is suggested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The file.
    pub path: PathBuf,
}

/// What is to be done with a bundle.
#[derive(Debug)]
pub enum BundlePlan {
    /// Pack.
    Create {
        /// Profiles, as they were named.
        wanted: Wanted,
        /// `--sbom`.
        sboms: Vec<Sbom>,
        /// `--suggest`.
        suggestions: Vec<Suggestion>,
        /// Where to.
        output: PathBuf,
    },
    /// Show.
    Inspect {
        /// Which.
        bundle: PathBuf,
        /// How.
        format: InspectFormat,
        /// What it is held against.
        trust: Trust,
    },
    /// Judge.
    Verify {
        /// Which.
        bundle: PathBuf,
        /// What it is held against.
        trust: Trust,
    },
    /// Sign what is in it.
    Sign(SignArgs),
    /// Take in.
    Import {
        /// Which.
        bundle: PathBuf,
        /// Where to.
        store: PathBuf,
        /// What it is held against.
        trust: Trust,
        /// Whether the lock counts: it was named.
        locked: bool,
        /// `--allow-older`.
        allow_older: bool,
    },
}

pub(super) fn plan(command: BundleCommand, settings: &Settings) -> BundlePlan {
    match command {
        BundleCommand::Create(args) => BundlePlan::Create {
            wanted: Wanted::new(args.profiles, &args.installed, settings),
            sboms: args.sboms,
            suggestions: args.suggestions,
            output: args.output,
        },
        BundleCommand::Inspect(args) => BundlePlan::Inspect {
            bundle: args.bundle,
            format: args.format,
            trust: args.trust.trust(settings),
        },
        BundleCommand::Verify(args) => BundlePlan::Verify {
            bundle: args.bundle,
            trust: args.trust.trust(settings),
        },
        BundleCommand::Sign(args) => BundlePlan::Sign(args),
        BundleCommand::Import(args) => BundlePlan::Import {
            bundle: args.bundle,
            store: store_path(args.store, settings),
            locked: args.trust.locked || args.trust.lock.is_some(),
            trust: args.trust.trust(settings),
            allow_older: args.allow_older,
        },
    }
}

/// The store that was named, or the usual one.
pub(super) fn store_path(given: Option<PathBuf>, settings: &Settings) -> PathBuf {
    given
        .or_else(|| settings.store.clone())
        .unwrap_or_else(|| store::PATH.into())
}

/// `FILE`, `ID=FILE`.
fn sbom(text: &str) -> Result<Sbom, String> {
    let (id, path) = match text.split_once('=') {
        // A path may have such a sign; an id has no such sign.
        Some((id, path)) if !id.contains('/') => (Some(id.to_owned()), path),
        _ => (None, text),
    };
    match path.is_empty() || id.as_ref().is_some_and(String::is_empty) {
        true => Err("it is FILE, or ID=FILE".to_owned()),
        false => Ok(Sbom {
            id,
            path: path.into(),
        }),
    }
}

/// `NAME=FILE.pub`, `NAME:ROLE=FILE.pub`.
fn suggestion(text: &str) -> Result<Suggestion, String> {
    let form = "it is NAME=FILE.pub, or NAME:ROLE=FILE.pub";
    let (name, path) = text.split_once('=').ok_or(form)?;
    let (name, role) = name.split_once(':').unwrap_or((name, "publisher"));
    let roles = Role::ALL.map(Role::word);
    let role = Role::ALL.into_iter().find(|known| known.word() == role);
    let role = role.ok_or_else(|| format!("its role is one of {}", roles.join(", ")))?;
    if !is_key_name(name) {
        return Err("its name is letters, digits, `.`, `-` and `_`".to_owned());
    }
    match path.is_empty() {
        true => Err(form.to_owned()),
        false => Ok(Suggestion {
            name: name.to_owned(),
            role,
            path: path.into(),
        }),
    }
}

/// The command that would take a suggested key, and the one that gets it out of
/// the bundle.
pub fn take(key: &Suggested) -> String {
    let (name, role) = (&key.name, key.role.word());
    format!("cisb key trust {name}.pub --name {name} --role {role}")
}

/// What an import did, for people.
pub fn write_imported(imported: &Imported, out: &mut dyn Write) -> io::Result<()> {
    for (labels, change) in &imported.changes {
        let name = named(labels);
        match change {
            Change::New => writeln!(out, "new            {name}")?,
            Change::Replaced(old) => {
                writeln!(out, "replaced       {name}")?;
                writeln!(out, "  instead of   {}", named(old))?;
            }
            Change::Countersigned => writeln!(out, "countersigned  {name}")?,
            Change::Described => writeln!(out, "described      {name}")?,
            Change::Same => writeln!(out, "there already  {name}")?,
        }
    }
    Ok(())
}

/// A profile by its id, version and epoch.
pub fn named(labels: &Labels) -> String {
    let (id, version) = (line(&labels.id), line(&labels.version));
    format!("{id} {version} (epoch {})", labels.epoch)
}
