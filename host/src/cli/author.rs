//! `cisb profile test`, `check` and `bench`: their flags, and what they come to.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::resolve::Wanted;
use super::trust::TrustArgs;
use super::{Ambient, InspectFormat, InstalledArgs};
use crate::config::Settings;
use crate::request::Trust;

/// `cisb profile test`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cisb profile test mine.yaml              # with the cases in mine.test.yaml
  cisb profile test mine.wasm --cases cases --require-coverage --format junit
For an editor: cisb schema cases > cases.schema.json

Exit codes: 0 all is as expected, 1 a case fails or coverage is wanted and has
gaps, 2 usage or a mistake in a file, 3 the profile is refused.")]
pub struct TestArgs {
    /// The profile: a component, or its YAML, which is built in memory
    #[arg(value_name = "FILE")]
    pub profile: PathBuf,

    /// Cases: a file, or a folder of files that end in .test.yaml; repeat for several
    /// [default: beside the profile, called as it is but ending in .test.yaml]
    #[arg(long, value_name = "PATH")]
    pub cases: Vec<PathBuf>,

    /// These checks alone
    #[arg(long = "check", value_name = "IDS", value_delimiter = ',')]
    pub checks: Vec<String>,

    /// Fail where a check has no case that passes it, fails it, or takes from it
    /// what it looks at
    #[arg(long)]
    pub require_coverage: bool,

    /// How to print what came of them
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TestFormat,

    /// Where a profile is found that the YAML changes.
    #[command(flatten)]
    pub installed: InstalledArgs,

    /// What a profile must be, and may do.
    #[command(flatten)]
    pub trust: TrustArgs,
}

/// `cisb profile check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cisb profile check mine.wasm
  cisb profile check mine.wasm --node node.tar.zst --strict
Each rule has an id that stays; docs/src/testing.md says what it demands.

Exit codes: 0 no error, 1 an error, or with --strict a warning, 2 usage, 3 the
site's own policy, lock or grants refuse the profile.")]
pub struct CheckArgs {
    /// The profile: a component, or its YAML, which is built in memory
    #[arg(value_name = "FILE")]
    pub profile: PathBuf,

    /// Run the checks on this node record too; repeat for several
    #[arg(long = "node", value_name = "RECORD")]
    pub nodes: Vec<PathBuf>,

    /// Fail for a warning too
    #[arg(long)]
    pub strict: bool,

    /// How to print what came of it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: InspectFormat,

    /// Where a profile is found that the YAML changes.
    #[command(flatten)]
    pub installed: InstalledArgs,

    /// What a profile must be, and may do.
    #[command(flatten)]
    pub trust: TrustArgs,
}

/// `cisb profile bench`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cisb profile bench mine.wasm --node node.tar.zst
  cisb profile bench mine.wasm --node node.tar.zst --format json > before.json
  cisb profile bench mine.wasm --node node.tar.zst --baseline before.json --fail-over 5
Fuel counts instructions: the same on every machine. Time is told beside it.

Exit codes: 0, 1 a check takes more fuel than --fail-over lets it, 2 usage, 3 the
profile is refused.")]
pub struct BenchArgs {
    /// The profile: a component, or its YAML, which is built in memory
    #[arg(value_name = "FILE")]
    pub profile: PathBuf,

    /// The node record that its checks look at
    #[arg(long = "node", value_name = "RECORD")]
    pub node: PathBuf,

    /// What an earlier run printed as JSON
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Fail if a check takes so much more fuel than in the baseline, in percent
    #[arg(long, value_name = "PERCENT", requires = "baseline")]
    pub fail_over: Option<u32>,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: InspectFormat,

    /// Where a profile is found that the YAML changes.
    #[command(flatten)]
    pub installed: InstalledArgs,

    /// What a profile must be, and may do.
    #[command(flatten)]
    pub trust: TrustArgs,
}

/// The formats of `cisb profile test`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people
    Text,
    /// Every case with what was expected, seen and served
    Json,
    /// For pipelines that show tests
    Junit,
}

/// What may run, and what it may see.
#[derive(Debug)]
pub struct Admission {
    /// What a profile must be.
    pub trust: Trust,
    /// `--grants FILE`.
    pub grants: Option<PathBuf>,
    /// The time at which keys must be valid.
    pub now: Timestamp,
    /// Where a profile is found that another one changes.
    pub installed: Wanted,
}

/// Cases to be run.
#[derive(Debug)]
pub struct TestPlan {
    /// The profile.
    pub profile: PathBuf,
    /// Where the cases are; none for the usual file.
    pub cases: Vec<PathBuf>,
    /// Which checks; none for all.
    pub checks: Vec<String>,
    /// Whether gaps fail.
    pub require_coverage: bool,
    /// How to print.
    pub format: TestFormat,
    /// What may run.
    pub admission: Admission,
}

/// What an author asks of a profile.
#[derive(Debug)]
pub enum AuthorPlan {
    /// Run its cases.
    Test(TestPlan),
    /// Hold rules to it.
    Check(CheckArgs, Admission),
    /// Measure it.
    Bench(BenchArgs, Admission),
}

fn admission(
    trust: &TrustArgs,
    installed: &InstalledArgs,
    settings: &Settings,
    ambient: Ambient,
) -> Admission {
    Admission {
        installed: Wanted::new(Vec::new(), installed, settings),
        trust: trust.trust(settings),
        grants: trust.grants(settings),
        now: ambient.now,
    }
}

pub(super) fn test(args: TestArgs, settings: &Settings, ambient: Ambient) -> AuthorPlan {
    AuthorPlan::Test(TestPlan {
        admission: admission(&args.trust, &args.installed, settings, ambient),
        profile: args.profile,
        cases: args.cases,
        checks: args.checks,
        require_coverage: args.require_coverage,
        format: args.format,
    })
}

pub(super) fn check(args: CheckArgs, settings: &Settings, ambient: Ambient) -> AuthorPlan {
    let admission = admission(&args.trust, &args.installed, settings, ambient);
    AuthorPlan::Check(args, admission)
}

pub(super) fn bench(args: BenchArgs, settings: &Settings, ambient: Ambient) -> AuthorPlan {
    let admission = admission(&args.trust, &args.installed, settings, ambient);
    AuthorPlan::Bench(args, admission)
}
