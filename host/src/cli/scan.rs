//! `cisb scan`: its flags, and what they come to.

use std::path::{Path, PathBuf};

use cisb_contract::manifest::Severity;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::attest::Signing;
use super::cache::CacheArgs;
use super::node::{self, NodeArgs};
use super::passphrase::PassphraseArgs;
use super::resolve::Wanted;
use super::trust::TrustArgs;
use super::{Ambient, Format, UsageError};
use crate::config::Settings;
use crate::report::asff::Account;
use crate::report::exit::Policy;
use crate::request::{ClusterSource, FailOn, NodeSource, Scan, Selection};

const EXAMPLES: &str = "\
Examples:
  cisb scan
      this machine, as root, with the installed profile that fits it
  cisb scan --profile cis-1.10.wasm --root /host --proc /proc --in-cluster
      from a pod with hostPID and the host's / mounted at /host
  cisb scan --profile cis-1.10.wasm --node node.tar.zst --format json
      a record that `cisb collect` made
  cisb scan --profile cis-1.10.wasm --targets node --fail-on-severity high \\
      --output json=report.json --output kube-bench=kube-bench.json
      in a pipeline: words on the terminal, data in files

Exit codes: 0 nothing fails the policy, 1 findings do, 2 usage or configuration,
3 a profile was refused, 4 the scan is incomplete.";

/// `cisb scan`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ScanArgs {
    /// Which profiles.
    #[command(flatten)]
    pub profile: ProfileArgs,

    /// Where compiled code may be taken from.
    #[command(flatten)]
    pub cache: CacheArgs,

    /// How many checks run at once; findings do not depend on it
    #[arg(long, value_name = "N", env = "CISB_JOBS", hide_env_values = true, value_parser = jobs)]
    pub jobs: Option<usize>,

    /// The time of the scan, RFC 3339; the clock's if absent
    #[arg(long, value_name = "TIME", env = "CISB_NOW", hide_env_values = true)]
    pub now: Option<Timestamp>,

    /// `live` for this machine, or a node record: a directory or a .tar.zst
    #[arg(
        long,
        value_name = "live|PATH",
        env = "CISB_NODE",
        hide_env_values = true,
        help_heading = "What is looked at"
    )]
    pub node: Option<PathBuf>,

    /// What is looked at.
    #[command(flatten)]
    pub machine: NodeArgs,

    /// Which checks.
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// What fails.
    #[command(flatten)]
    pub policy: PolicyArgs,

    /// What comes out.
    #[command(flatten)]
    pub output: OutputArgs,

    /// Compare binaries with this list of digests, as sha256sum writes it:
    /// kubelet, kubectl, or any path
    #[arg(long, value_name = "FILE", help_heading = "Which checks")]
    pub checksums: Option<PathBuf>,

    /// What a profile must be, and may do.
    #[command(flatten)]
    pub trust: TrustArgs,
}

/// Which profiles, and where they are.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// The profile: a component file, or the id of an installed one; repeat for
    /// several. If absent, the installed one that fits the node; for `collect`,
    /// `lock` and `cache warm` all that are installed
    #[arg(
        long = "profile",
        value_name = "FILE|ID",
        env = "CISB_PROFILE",
        hide_env_values = true
    )]
    pub profiles: Vec<PathBuf>,

    /// Where they are.
    #[command(flatten)]
    pub installed: InstalledArgs,
}

/// Where profiles are installed.
#[derive(Debug, Default, Args)]
pub struct InstalledArgs {
    /// Where profiles are installed [default: the store, then /usr/share/cisb/profiles and
    /// /etc/cisb/profiles]
    #[arg(
        long = "profiles",
        value_name = "DIR",
        env = "CISB_PROFILES",
        hide_env_values = true
    )]
    pub folder: Option<PathBuf>,

    /// The store that `cisb bundle import` fills [default: /var/lib/cisb/store, if there is one]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
}

/// Which checks run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which checks")]
pub struct SelectionArgs {
    /// Checks of these targets: master, controlplane, etcd, node, policies, managedservices
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = item, env = "CISB_TARGETS", hide_env_values = true)]
    pub targets: Vec<String>,

    /// These checks, such as 1.2.5
    #[arg(long = "check", value_name = "IDS", value_delimiter = ',', value_parser = item, env = "CISB_CHECK", hide_env_values = true)]
    pub checks: Vec<String>,

    /// Checks of these groups, such as 1.2
    #[arg(long = "group", value_name = "IDS", value_delimiter = ',', value_parser = item, env = "CISB_GROUP", hide_env_values = true)]
    pub groups: Vec<String>,

    /// Not these checks or groups; they stay in the report as skipped
    #[arg(long, value_name = "IDS", value_delimiter = ',', value_parser = item, env = "CISB_SKIP", hide_env_values = true)]
    pub skip: Vec<String>,

    /// 1 for level 1 only, 2 for both
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2), env = "CISB_LEVEL", hide_env_values = true)]
    pub level: Option<u8>,

    /// Set a parameter of the profile; `cisb profile inspect` lists them
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
}

/// What makes the scan fail.
#[derive(Debug, Args)]
#[command(next_help_heading = "What fails the scan")]
pub struct PolicyArgs {
    /// Which findings make the exit code 1
    #[arg(
        long,
        value_name = "WHICH",
        env = "CISB_FAIL_ON",
        hide_env_values = true
    )]
    pub fail_on: Option<FailOn>,

    /// Only findings of this severity or a worse one
    #[arg(long, value_name = "SEVERITY", value_parser = severity(), env = "CISB_FAIL_ON_SEVERITY", hide_env_values = true)]
    pub fail_on_severity: Option<Severity>,

    /// The exit code instead of 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..), env = "CISB_EXIT_CODE", hide_env_values = true)]
    pub exit_code: Option<u8>,
}

/// What comes out.
#[derive(Debug, Args)]
#[command(next_help_heading = "What comes out")]
pub struct OutputArgs {
    /// What standard output gets
    #[arg(
        long,
        value_name = "FORMAT",
        env = "CISB_FORMAT",
        hide_env_values = true
    )]
    pub format: Option<Format>,

    /// Also write the report to a file that only its owner may read; repeat for several
    #[arg(long = "output", value_name = "FORMAT=PATH", value_parser = destination)]
    pub outputs: Vec<Destination>,

    /// The cluster, for the format asff
    #[arg(
        long,
        value_name = "ARN",
        env = "CISB_CLUSTER_ARN",
        hide_env_values = true
    )]
    pub cluster_arn: Option<String>,

    /// The account, for the format asff; the cluster's if absent
    #[arg(
        long,
        value_name = "DIGITS",
        env = "CISB_AWS_ACCOUNT",
        hide_env_values = true
    )]
    pub aws_account: Option<String>,

    /// The region, for the format asff; the cluster's if absent
    #[arg(
        long,
        value_name = "NAME",
        env = "CISB_AWS_REGION",
        hide_env_values = true
    )]
    pub aws_region: Option<String>,

    /// Keep exactly what the scan looked at, as a node record that gives the same findings
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,

    /// Sign each JSON report that --output writes, with this private key; the signature goes
    /// beside it, into REPORT.dsse.json
    #[arg(long, value_name = "KEY")]
    pub sign: Option<PathBuf>,

    /// What opens the key.
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
}

/// A file that gets the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// In which format.
    pub format: Format,
    /// Where.
    pub path: PathBuf,
}

/// A scan and what is done with its report.
#[derive(Debug)]
pub struct ScanPlan {
    /// The scan, without its profiles.
    pub scan: Scan,
    /// Its profiles, as they were named.
    pub wanted: Wanted,
    /// What makes it fail.
    pub policy: Policy,
    /// What standard output gets.
    pub format: Format,
    /// What files get.
    pub outputs: Vec<Destination>,
    /// Whose findings they are, where a format asks.
    pub account: Option<Account>,
    /// With which key JSON reports are signed.
    pub signing: Option<Signing>,
    /// Whether a person set the time of the scan.
    pub time_was_set: bool,
    /// The command again, without selection and outputs.
    pub command: String,
}

impl ValueEnum for FailOn {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Fail, Self::Judged, Self::Warn, Self::Never]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Fail => PossibleValue::new("fail").help("scored checks that failed (default)"),
            Self::Judged => {
                PossibleValue::new("judged").help("also unscored and manual checks that failed")
            }
            Self::Warn => PossibleValue::new("warn").help("also what a person must look at"),
            Self::Never => PossibleValue::new("never").help("none"),
        })
    }
}

pub(super) fn plan(
    args: ScanArgs,
    config: Option<&Path>,
    settings: &Settings,
    ambient: Ambient,
) -> Result<ScanPlan, UsageError> {
    let command = command(&args, config);
    let node = node::source(args.node, &args.machine, settings)?;
    let cluster = match &node {
        NodeSource::Record(_) => ClusterSource::None,
        NodeSource::Live { .. } => node::cluster(&args.machine, settings),
    };
    let chosen = args.selection;
    let or = |given: Vec<String>, set: &[String]| match given.is_empty() {
        true => set.to_vec(),
        false => given,
    };
    // A check or a group that is asked for by hand is not narrowed by the file.
    let by_hand = !(chosen.checks.is_empty() && chosen.groups.is_empty());
    let selection = Selection {
        targets: match by_hand {
            true => chosen.targets,
            false => or(chosen.targets, &settings.targets),
        },
        checks: chosen.checks,
        groups: chosen.groups,
        skip: or(chosen.skip, &settings.skip),
        level: chosen.level.or(settings.level),
        scored: None,
        skip_strangers: false,
    };
    for (at, output) in args.output.outputs.iter().enumerate() {
        if args.output.outputs[..at]
            .iter()
            .any(|o| o.path == output.path)
        {
            return Err(UsageError::SameOutput(output.path.clone()));
        }
    }
    let format = args
        .output
        .format
        .or(settings.format)
        .unwrap_or(Format::Text);
    let account = account(&args.output, format)?;
    let is_json = |output: &Destination| output.format == Format::Json;
    if args.output.sign.is_some() && !args.output.outputs.iter().any(is_json) {
        return Err(UsageError::NothingToSign);
    }
    Ok(ScanPlan {
        wanted: Wanted {
            scanned: node.foreign_root().map(Path::to_owned),
            ..wanted(args.profile, settings)
        },
        scan: Scan {
            profiles: Vec::new(),
            installed: Vec::new(),
            trust: args.trust.trust(settings),
            node,
            cluster,
            cluster_name: args.machine.cluster.or_else(|| settings.cluster.clone()),
            node_name: args
                .machine
                .node_name
                .or_else(|| settings.node_name.clone()),
            selection,
            parameters: parameters(chosen.set, settings)?,
            grants: args.trust.grants(settings),
            checksums: args.checksums,
            evidence: args.output.evidence,
            cache: args.cache.folder(settings),
            now: args.now.unwrap_or(ambient.now),
            jobs: args.jobs.or(settings.jobs).unwrap_or(ambient.jobs).max(1),
        },
        policy: Policy {
            fail_on: args.policy.fail_on.or(settings.fail_on).unwrap_or_default(),
            fail_on_severity: args.policy.fail_on_severity.or(settings.fail_on_severity),
            exit_code: args.policy.exit_code.or(settings.exit_code),
        },
        format,
        outputs: args.output.outputs,
        signing: args.output.sign.map(|key| Signing {
            key,
            passphrase: args.output.passphrase.passphrase_file,
        }),
        time_was_set: args.now.is_some(),
        account,
        command,
    })
}

/// The profiles of the command line, else those of the settings.
pub(super) fn wanted(args: ProfileArgs, settings: &Settings) -> Wanted {
    let names = match args.profiles.is_empty() {
        true => settings.profile.clone(),
        false => args.profiles,
    };
    Wanted::new(names, &args.installed, settings)
}

/// Whose findings they are, if any output is for Security Hub.
fn account(output: &OutputArgs, format: Format) -> Result<Option<Account>, UsageError> {
    let mut formats = output.outputs.iter().map(|output| output.format);
    if format != Format::Asff && !formats.any(|format| format == Format::Asff) {
        return Ok(None);
    }
    let arn = output
        .cluster_arn
        .as_deref()
        .ok_or(UsageError::NoClusterArn("asff", "CISB_CLUSTER_ARN"))?;
    let (account, region) = (output.aws_account.as_deref(), output.aws_region.as_deref());
    Ok(Some(Account::new(arn, account, region)?))
}

/// `--set` over the settings' `[set]`.
pub(super) fn parameters(
    given: Vec<(String, String)>,
    settings: &Settings,
) -> Result<Vec<(String, String)>, UsageError> {
    for (at, (name, _)) in given.iter().enumerate() {
        if given[..at].iter().any(|(other, _)| other == name) {
            return Err(UsageError::SetTwice(name.clone()));
        }
    }
    let mut parameters: Vec<(String, String)> = settings
        .set
        .iter()
        .filter(|(name, _)| !given.iter().any(|(other, _)| other == *name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    parameters.extend(given);
    Ok(parameters)
}

/// The command again, for the report's last line.
fn command(args: &ScanArgs, config: Option<&Path>) -> String {
    let mut words = vec!["cisb".to_owned(), "scan".to_owned()];
    let mut flag = |name: &str, value: Option<&Path>| {
        if let Some(value) = value {
            words.push(name.to_owned());
            words.push(quoted(&value.to_string_lossy()));
        }
    };
    flag("--config", config);
    for profile in &args.profile.profiles {
        flag("--profile", Some(profile));
    }
    flag("--profiles", args.profile.installed.folder.as_deref());
    flag("--store", args.profile.installed.store.as_deref());
    flag("--cache", args.cache.place.as_deref());
    let machine = &args.machine;
    flag(
        "--node",
        args.node
            .as_deref()
            .filter(|node| *node != Path::new("live")),
    );
    flag("--root", machine.root.as_deref());
    flag("--proc", machine.proc.as_deref());
    flag("--kubeconfig", machine.kubeconfig.as_deref());
    flag("--trust", args.trust.believe.trust.as_deref());
    flag("--lock", args.trust.believe.lock.as_deref());
    flag("--grants", args.trust.grants.as_deref());
    for (given, name) in [
        (args.trust.believe.locked, "--locked"),
        (args.trust.believe.allow_unsigned, "--allow-unsigned"),
        (machine.static_tree, "--static"),
        (machine.kubeconfig_exec, "--kubeconfig-exec"),
        (machine.in_cluster, "--in-cluster"),
    ] {
        if given {
            words.push(name.to_owned());
        }
    }
    for (name, value) in &args.selection.set {
        words.push("--set".to_owned());
        words.push(quoted(&format!("{name}={value}")));
    }
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,@%+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// One name of a list.
pub(super) fn item(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a name is missing: separate names by single commas".to_owned()),
        name => Ok(name.to_owned()),
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err("it must be NAME=VALUE".to_owned()),
    }
}

fn destination(text: &str) -> Result<Destination, String> {
    let formats = || {
        let names = Format::value_variants().iter();
        let names = names.filter_map(ValueEnum::to_possible_value);
        let names: Vec<_> = names.map(|name| name.get_name().to_owned()).collect();
        names.join(", ")
    };
    let Some((format, path)) = text.split_once('=') else {
        return Err(format!(
            "it must be FORMAT=PATH, and FORMAT one of {}",
            formats()
        ));
    };
    let Ok(format) = <Format as ValueEnum>::from_str(format, false) else {
        return Err(format!("{format} is not a format: one of {}", formats()));
    };
    match path {
        "" => Err("the path is missing".to_owned()),
        "-" => Err("standard output gets what --format says".to_owned()),
        path => Ok(Destination {
            format,
            path: path.into(),
        }),
    }
}

fn jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(jobs) if (1..=256).contains(&jobs) => Ok(jobs),
        _ => Err("it must be a number from 1 to 256".to_owned()),
    }
}

fn severity() -> impl clap::builder::TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(["low", "medium", "high", "critical"]).map(|word| {
        match word.as_str() {
            "low" => Severity::Low,
            "medium" => Severity::Medium,
            "high" => Severity::High,
            _ => Severity::Critical,
        }
    })
}
