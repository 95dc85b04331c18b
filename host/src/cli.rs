//! The command line: words in, a plan out. Parsing opens nothing, asks no
//! clock and prints nothing; `main` does what the plan says.

pub mod attest;
pub mod author;
pub mod bundle;
mod cache;
pub mod inspect;
pub mod key;
pub mod list;
pub mod lock;
pub mod near;
pub mod new;
mod node;
pub mod passphrase;
pub mod registry;
pub mod resolve;
pub mod run;
mod scan;
pub mod sign;
pub mod trust;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde::Deserialize;

pub use self::cache::{CacheArgs, CacheCommand};
pub use self::node::NodeArgs;
pub use self::run::{RunArgs, RunPlan};
pub use self::scan::{Destination, InstalledArgs, ScanArgs, ScanPlan};
use crate::author::schema::{self, Kind};
use crate::config::Settings;
use crate::report::{asff, json};
use crate::request;

/// Audits Kubernetes nodes with sandboxed CIS benchmark profiles.
///
/// A profile is one WebAssembly component that can look only at what its
/// manifest asks for and you grant. cisb changes nothing on the node, opens no
/// network connection that you did not ask for, and never counts as passed what
/// it could not see.
#[derive(Debug, Parser)]
#[command(
    name = "cisb",
    version,
    arg_required_else_help = true,
    after_help = EXIT_CODES
)]
pub struct Cli {
    /// Settings from this file instead of /etc/cisb/cisb.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// How much to say on standard error about what happens inside
    #[arg(
        long,
        global = true,
        value_name = "LEVEL",
        env = "CISB_LOG",
        default_value = "warn"
    )]
    pub log: LogLevel,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing fails the policy
  1  findings do (--exit-code N replaces it)
  2  the command line, the configuration or an output is wrong
  3  a profile was refused
  4  the scan is incomplete
When several hold, the first of 2, 3, 1, 4 is returned; the report's problems say all.

Settings come from flags, then CISB_* variables, then /etc/cisb/cisb.toml.";

/// What `cisb` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check a node against profiles and report
    Scan(Box<ScanArgs>),
    /// Check a node with kube-bench's flags, outputs and exit codes
    Run(Box<RunArgs>),
    /// Record what profiles would look at, to be scanned elsewhere
    Collect(Box<CollectArgs>),
    /// Build, import, look at, sign and carry profiles
    #[command(subcommand, arg_required_else_help = true)]
    Profile(ProfileCommand),
    /// Say whether a report is what a believed key signed
    VerifyReport(Box<attest::VerifyReportArgs>),
    /// Carry profiles to machines without a network
    #[command(subcommand, arg_required_else_help = true)]
    Bundle(bundle::BundleCommand),
    /// Pin the profiles that may run
    Lock(Box<lock::LockArgs>),
    /// Make keys, and say which are believed
    #[command(subcommand, arg_required_else_help = true)]
    Key(key::KeyCommand),
    /// Compile profiles once, so that scans need not
    #[command(subcommand, arg_required_else_help = true)]
    Cache(CacheCommand),
    /// Print the JSON Schema of an output, or of what authors write
    Schema {
        /// Of what
        #[arg(value_name = "NAME")]
        name: SchemaName,
    },
    /// Print completions for a shell
    Completions {
        /// Which shell
        #[arg(value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
    /// Print a manual page
    Man {
        /// The page of a command, such as `scan` or `profile test`; of cisb itself if absent
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
    /// Print the version of cisb, of its contract and of its report
    Version,
}

/// What can be done with profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// Begin a profile: a folder with what it takes
    New(new::NewArgs),
    /// Build a profile from YAML, with nothing else installed, or around compiled code
    Build(BuildArgs),
    /// Run cases: what a profile should say of which nodes, and what no case shows
    Test(Box<author::TestArgs>),
    /// Hold the rules of a good profile to one
    Check(Box<author::CheckArgs>),
    /// Say what each check takes: fuel, memory, time
    Bench(Box<author::BenchArgs>),
    /// Turn the checks of another tool into a profile in YAML
    #[command(subcommand, arg_required_else_help = true)]
    Import(ImportCommand),
    /// List the profiles that are installed
    List {
        /// Where profiles are installed.
        #[command(flatten)]
        installed: InstalledArgs,
        /// How to print them
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: InspectFormat,
    },
    /// Show what a profile is, what it asks to see and what it checks, without running it
    Inspect {
        /// The component, or the id of an installed one
        #[arg(value_name = "FILE|ID")]
        profile: PathBuf,
        /// Where profiles are installed.
        #[command(flatten)]
        installed: InstalledArgs,
        /// How to print it
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: InspectFormat,
        /// What it is held against.
        #[command(flatten)]
        trust: Box<trust::TrustArgs>,
    },
    /// Take a profile out of the store
    Remove {
        /// Its id
        #[arg(value_name = "ID")]
        id: String,
        /// The store [default: /var/lib/cisb/store]
        #[arg(long, value_name = "DIR")]
        store: Option<PathBuf>,
    },
    /// Put a profile or a bundle into an OCI registry
    Push(Box<registry::PushArgs>),
    /// Get a profile or a bundle out of an OCI registry
    Pull(Box<registry::PullArgs>),
    /// Sign a profile, or add a signature to those of others
    Sign(sign::SignArgs),
    /// Say whether the trust policy believes a profile, and the lock pins it
    #[command(after_help = "Exit codes: 0 it may run, 2 usage or configuration, 3 it is refused.")]
    Verify {
        /// The component, or the id of an installed one
        #[arg(value_name = "FILE|ID")]
        profile: PathBuf,
        /// Where profiles are installed.
        #[command(flatten)]
        installed: InstalledArgs,
        /// Want this public key's signature instead of what a policy says; repeat for several
        #[arg(long = "key", value_name = "FILE.pub", conflicts_with = "trust")]
        keys: Vec<PathBuf>,
        /// What it is held against.
        #[command(flatten)]
        trust: Box<trust::TrustArgs>,
    },
}

/// What can be imported.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Turn a benchmark of kube-bench into a profile in YAML
    ///
    /// What its audits look at becomes typed reads of files, settings and
    /// objects; nothing of an audit is run. What has no counterpart is left to
    /// a person, with the reason, and counted.
    KubeBench(ImportArgs),
}

/// `cisb profile import kube-bench`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cisb profile import kube-bench cfg/own-1.0 -o own.yaml    # and tells what was translated
  cisb profile build own.yaml                               # writes own.wasm
The config.yaml in DIR and the one above it say what the variables of audits stand for.")]
pub struct ImportArgs {
    /// The folder of one benchmark, with master.yaml, node.yaml and the like
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// Where to write the YAML; standard output, without the coverage, if absent
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Replace a file that is there
    #[arg(long, requires = "output")]
    pub force: bool,

    /// How to print what was translated
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: InspectFormat,
}

/// `cisb profile build`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cisb profile build mine.yaml                              # writes mine.wasm
  cisb profile inspect mine.wasm
  cisb scan --profile mine.wasm --node node.tar.zst
  cisb profile build overlay.yaml --profiles DIR            # changes to one of these
  cisb profile build mine.yaml --component code.wasm        # around code that was compiled
For an editor: cisb schema profile > profile.schema.json")]
pub struct BuildArgs {
    /// The profile in YAML, or an overlay: changes to the profile that it extends
    #[arg(value_name = "FILE")]
    pub source: PathBuf,

    /// Where to write the component; beside the source, ending in .wasm, if absent
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Compiled code that answers the checks without a rule: a component, or a core module
    /// made for wasm32-unknown-unknown, which becomes one
    #[arg(long, value_name = "CODE.wasm")]
    pub component: Option<PathBuf>,

    /// Replace a file there that is not an earlier build of this profile
    #[arg(long)]
    pub force: bool,

    /// Where the profile lies that an overlay extends by its id.
    #[command(flatten)]
    pub installed: InstalledArgs,
}

/// `cisb collect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cisb collect --profile cis-1.10.wasm -o node.tar.zst
  cisb scan --profile cis-1.10.wasm --node node.tar.zst     # anywhere, same findings")]
pub struct CollectArgs {
    /// Whose requests say what is recorded.
    #[command(flatten)]
    pub profile: scan::ProfileArgs,

    /// Where to write the record: a directory, or a file ending in .tar.zst
    #[arg(short = 'o', long = "output", value_name = "PATH")]
    pub output: PathBuf,

    /// What is recorded.
    #[command(flatten)]
    pub node: NodeArgs,

    /// Where compiled code may be taken from.
    #[command(flatten)]
    pub cache: CacheArgs,

    /// What a profile must be, and may do.
    #[command(flatten)]
    pub trust: trust::TrustArgs,

    /// The time that the record bears, RFC 3339; the clock's if absent
    #[arg(long, value_name = "TIME", env = "CISB_NOW", hide_env_values = true)]
    pub now: Option<Timestamp>,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// For people
    Text,
    /// The whole report; `cisb schema report` describes it
    Json,
    /// As kube-bench writes it with --json
    KubeBench,
    /// For pipelines that show tests
    Junit,
    /// For AWS Security Hub; needs --cluster-arn
    Asff,
}

/// The formats of what is not a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InspectFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// What `cisb scan --format json` prints
    Report,
    /// What `cisb profile build` reads
    Profile,
    /// What it reads to change another profile
    Overlay,
    /// The cases that `cisb profile test` reads
    Cases,
}

/// What the machine says, handed in so that parsing asks nobody.
#[derive(Debug, Clone, Copy)]
pub struct Ambient {
    /// The clock.
    pub now: Timestamp,
    /// How many checks may run at once if nobody says.
    pub jobs: usize,
}

/// What is to be done.
#[derive(Debug)]
pub enum Plan {
    /// Scan and report.
    Scan(Box<ScanPlan>),
    /// Scan and print as kube-bench does.
    Run(Box<RunPlan>),
    /// Record a node.
    Collect {
        /// The recording, without its profiles.
        request: Box<request::Collect>,
        /// Its profiles, as they were named.
        wanted: resolve::Wanted,
    },
    /// List what is installed.
    List {
        /// Where to look.
        wanted: resolve::Wanted,
        /// How.
        format: InspectFormat,
    },
    /// Show a profile.
    Inspect {
        /// The component, as it was named.
        wanted: resolve::Wanted,
        /// How.
        format: InspectFormat,
        /// What it is held against.
        trust: request::Trust,
    },
    /// Sign a profile.
    Sign {
        /// The component, as it was named.
        wanted: resolve::Wanted,
        /// How.
        args: sign::SignArgs,
    },
    /// Say whether a profile is believed.
    Verify {
        /// The component, as it was named.
        wanted: resolve::Wanted,
        /// Public keys that it is held against instead of a policy.
        keys: Vec<PathBuf>,
        /// What it is held against.
        trust: request::Trust,
        /// At which time.
        now: Timestamp,
    },
    /// Say whether a report is believed.
    VerifyReport {
        /// Which, and by which keys.
        args: Box<attest::VerifyReportArgs>,
        /// By which policy.
        trust: request::Trust,
        /// At which time.
        now: Timestamp,
    },
    /// Take a profile out of a store.
    Remove {
        /// Which.
        id: String,
        /// Where.
        store: PathBuf,
    },
    /// Ask a registry.
    Registry(Box<registry::RegistryPlan>),
    /// Pack, show, judge or import a bundle.
    Bundle(bundle::BundlePlan),
    /// Bring the lock up to date.
    Lock {
        /// How.
        plan: Box<lock::LockPlan>,
        /// At which time.
        now: Timestamp,
    },
    /// Make or list keys, or change the trust policy.
    Key(key::KeyCommand),
    /// Compile profiles and keep the code.
    Warm {
        /// Where; without its profiles.
        request: Box<request::Warm>,
        /// Its profiles, as they were named.
        wanted: resolve::Wanted,
    },
    /// Remove what is kept.
    Clear {
        /// `--cache`.
        cache: PathBuf,
    },
    /// Build a profile.
    Build {
        /// The YAML.
        source: PathBuf,
        /// Where the component goes.
        output: PathBuf,
        /// The code that answers.
        component: Option<PathBuf>,
        /// Whether any file there is replaced.
        force: bool,
        /// Where what it extends may be installed.
        installed: resolve::Wanted,
    },
    /// Begin a profile.
    New(new::NewArgs),
    /// Import a configuration of kube-bench.
    Import(ImportArgs),
    /// Test, check or measure a profile.
    Author(author::AuthorPlan),
    /// Print these bytes.
    Print(Vec<u8>),
}

/// A command line that cannot be followed; exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// Two machines would be mixed.
    #[error(
        "--root {0} names another tree than this machine's, whose processes would not belong to it: give --proc DIR for its process table, or --static for none"
    )]
    RootWithoutProc(PathBuf),
    /// A record and flags for a live scan.
    #[error("--node {0} is a record and {1} is for a live scan: leave one of them out")]
    RecordAnd(PathBuf, &'static str),
    /// Two outputs to the same file.
    #[error("--output names {0} twice: each output needs a file of its own")]
    SameOutput(PathBuf),
    /// A parameter twice.
    #[error("--set names {0} twice: give it once")]
    SetTwice(String),
    /// Findings for Security Hub, of nobody knows which cluster.
    #[error("{0} needs the cluster that the findings are about: give --cluster-arn ARN or set {1}")]
    NoClusterArn(&'static str, &'static str),
    /// Security Hub would refuse it.
    #[error(transparent)]
    Account(#[from] asff::AccountError),
    /// A word among the flags of `cisb run`.
    #[error("cisb run takes flags only: for {0} say --targets {0}")]
    RunWord(String),
    /// A flag that kube-bench has and `cisb run` has not.
    #[error("--{0} is kube-bench's own: {1}")]
    RunForeign(&'static str, &'static str),
    /// A signature of nothing.
    #[error("--sign signs a report in a file: add --output json=FILE")]
    NothingToSign,
    /// Every check is left out.
    #[error("--scored=false and --unscored=false leave no check: leave one of them out")]
    NeitherScored,
    /// A digest is not chosen.
    #[error("{0} names a digest, which is what comes of a push: name a tag, or nothing")]
    PushDigest(String),
    /// Neither of the two.
    #[error("--output {0} is to end in .wasm for a component or in .cisbb for a bundle")]
    PullForm(PathBuf),
    /// The component would replace what it is made of.
    #[error("{0} is the source itself: give -o FILE for the component")]
    OverSource(PathBuf),
    /// No such page.
    #[error("there is no command {name}{}", near::hint(.near))]
    NoCommand {
        /// What was asked for.
        name: String,
        /// What is like it.
        near: Vec<String>,
    },
}

/// Reads the command line and the `CISB_*` variables.
pub fn parse(argv: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut cli = Cli::try_parse_from(argv)?;
    // Ours is TOML; kube-bench's own configuration is accepted and not read.
    if let Command::Run(args) = &mut cli.command {
        let foreign = |path: &mut PathBuf| path.extension().is_none_or(|end| end != "toml");
        args.foreign_config = cli.config.take_if(foreign);
    }
    Ok(cli)
}

/// What a command line comes to with these settings.
pub fn plan(cli: Cli, settings: &Settings, ambient: Ambient) -> Result<Plan, UsageError> {
    match cli.command {
        Command::Scan(args) => {
            let plan = scan::plan(*args, cli.config.as_deref(), settings, ambient)?;
            Ok(Plan::Scan(Box::new(plan)))
        }
        Command::Run(args) => Ok(Plan::Run(Box::new(run::plan(*args, settings, ambient)?))),
        Command::Collect(args) => {
            let (request, wanted) = collect(*args, settings, ambient)?;
            let request = Box::new(request);
            Ok(Plan::Collect { request, wanted })
        }
        Command::Profile(ProfileCommand::New(args)) => Ok(Plan::New(args)),
        Command::Profile(ProfileCommand::Build(args)) => build(args, settings),
        Command::Profile(ProfileCommand::Test(args)) => {
            Ok(Plan::Author(author::test(*args, settings, ambient)))
        }
        Command::Profile(ProfileCommand::Check(args)) => {
            Ok(Plan::Author(author::check(*args, settings, ambient)))
        }
        Command::Profile(ProfileCommand::Bench(args)) => {
            Ok(Plan::Author(author::bench(*args, settings, ambient)))
        }
        Command::Profile(ProfileCommand::Import(ImportCommand::KubeBench(args))) => {
            Ok(Plan::Import(args))
        }
        Command::Profile(ProfileCommand::Inspect {
            profile,
            installed,
            format,
            trust,
        }) => Ok(Plan::Inspect {
            trust: trust.trust(settings),
            wanted: resolve::Wanted::new(vec![profile], &installed, settings),
            format,
        }),
        Command::Profile(ProfileCommand::List { installed, format }) => Ok(Plan::List {
            wanted: resolve::Wanted::new(Vec::new(), &installed, settings),
            format,
        }),
        Command::Profile(ProfileCommand::Sign(args)) => Ok(Plan::Sign {
            wanted: resolve::Wanted::new(vec![args.profile.clone()], &args.installed, settings),
            args,
        }),
        Command::Profile(ProfileCommand::Verify {
            profile,
            installed,
            keys,
            trust,
        }) => Ok(Plan::Verify {
            wanted: resolve::Wanted::new(vec![profile], &installed, settings),
            keys,
            trust: trust.trust(settings),
            now: ambient.now,
        }),
        Command::Profile(ProfileCommand::Remove { id, store }) => Ok(Plan::Remove {
            id,
            store: bundle::store_path(store, settings),
        }),
        Command::Profile(ProfileCommand::Push(args)) => {
            let plan = registry::push(*args, settings)?;
            Ok(Plan::Registry(Box::new(plan)))
        }
        Command::Profile(ProfileCommand::Pull(args)) => {
            let plan = registry::pull(*args, settings)?;
            Ok(Plan::Registry(Box::new(plan)))
        }
        Command::Bundle(command) => Ok(Plan::Bundle(bundle::plan(command, settings))),
        Command::Lock(args) => {
            let args = *args;
            let plan = lock::LockPlan {
                wanted: scan::wanted(args.profile, settings),
                trust: request::Trust {
                    policy: args.trust.or_else(|| settings.trust.clone()),
                    lock: None,
                    locked: false,
                    allow_unsigned: args.allow_unsigned,
                },
                path: lock::path(args.lock, settings.lock.as_deref()),
                accepted: args.accept_capabilities,
                check: args.check,
            };
            Ok(Plan::Lock {
                plan: Box::new(plan),
                now: ambient.now,
            })
        }
        Command::VerifyReport(args) => Ok(Plan::VerifyReport {
            trust: request::Trust {
                policy: args.trust.clone().or_else(|| settings.trust.clone()),
                ..request::Trust::default()
            },
            args,
            now: ambient.now,
        }),
        Command::Key(command) => Ok(Plan::Key(command)),
        Command::Cache(command) => Ok(cache::plan(command, settings, ambient)),
        Command::Schema {
            name: SchemaName::Report,
        } => Ok(Plan::Print(json::SCHEMA.into())),
        Command::Schema {
            name: SchemaName::Profile,
        } => Ok(Plan::Print(schema::text(Kind::Profile).into_bytes())),
        Command::Schema {
            name: SchemaName::Overlay,
        } => Ok(Plan::Print(schema::text(Kind::Overlay).into_bytes())),
        Command::Schema {
            name: SchemaName::Cases,
        } => Ok(Plan::Print(schema::text(Kind::Cases).into_bytes())),
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "cisb", &mut out);
            Ok(Plan::Print(out))
        }
        Command::Man { command } => man(&command).map(Plan::Print),
        Command::Version => Ok(Plan::Print(version().into_bytes())),
    }
}

/// The `CISB_*` variables that mean something.
pub fn variables() -> Vec<String> {
    fn of(command: &clap::Command, names: &mut Vec<String>) {
        let own = command.get_arguments().filter_map(clap::Arg::get_env);
        names.extend(own.map(|name| name.to_string_lossy().into_owned()));
        command.get_subcommands().for_each(|sub| of(sub, names));
    }
    let mut names = Vec::new();
    of(&Cli::command(), &mut names);
    names.sort_unstable();
    names.dedup();
    names
}

fn collect(
    args: CollectArgs,
    settings: &Settings,
    ambient: Ambient,
) -> Result<(request::Collect, resolve::Wanted), UsageError> {
    let request = request::Collect {
        profiles: Vec::new(),
        installed: Vec::new(),
        trust: args.trust.trust(settings),
        node: node::live(&args.node, settings)?,
        cluster: node::cluster(&args.node, settings),
        cluster_name: args.node.cluster.or_else(|| settings.cluster.clone()),
        node_name: args.node.node_name.or_else(|| settings.node_name.clone()),
        grants: args.trust.grants(settings),
        output: args.output,
        cache: args.cache.folder(settings),
        now: args.now.unwrap_or(ambient.now),
    };
    let wanted = resolve::Wanted {
        scanned: request.node.foreign_root().map(Path::to_owned),
        ..scan::wanted(args.profile, settings)
    };
    Ok((request, wanted))
}

fn build(args: BuildArgs, settings: &Settings) -> Result<Plan, UsageError> {
    let output = match args.output {
        Some(output) => output,
        None => args.source.with_extension("wasm"),
    };
    if output == args.source || args.component.as_ref() == Some(&output) {
        return Err(UsageError::OverSource(output));
    }
    Ok(Plan::Build {
        source: args.source,
        output,
        component: args.component,
        force: args.force,
        installed: resolve::Wanted::new(Vec::new(), &args.installed, settings),
    })
}

/// The page of a command, by its words or by the page's name without `cisb-`.
fn man(command: &[String]) -> Result<Vec<u8>, UsageError> {
    let mut root = Cli::command();
    root.build();
    let mut pages = vec![(String::new(), &root)];
    let mut at = 0;
    while let Some((above, command)) = pages.get(at).cloned() {
        let below = command
            .get_subcommands()
            .filter(|sub| sub.get_name() != "help");
        pages.extend(below.map(|sub| {
            let name = format!("{above} {}", sub.get_name());
            (name.trim_start().to_owned(), sub)
        }));
        at += 1;
    }
    let asked = command.join(" ");
    let name = |words: &str| words.replace(' ', "-");
    let found = pages.iter().find(|(words, _)| name(words) == name(&asked));
    let Some((_, page)) = found.cloned() else {
        let known = pages.iter().map(|(words, _)| words.as_str());
        return Err(UsageError::NoCommand {
            near: near::closest(&asked, known),
            name: asked,
        });
    };
    let mut out = Vec::new();
    // Writing to memory cannot fail.
    let _ = clap_mangen::Man::new(page.clone()).render(&mut out);
    Ok(out)
}

fn version() -> String {
    format!(
        "cisb {}\ncontract {}\nmanifest {}\nreport {}\n",
        env!("CARGO_PKG_VERSION"),
        cisb_contract::WORLD,
        cisb_contract::MANIFEST_SCHEMA,
        crate::report::SCHEMA_VERSION,
    )
}

#[cfg(test)]
mod tests;
