//! `cisb run`: kube-bench's flags, and what they come to.

mod switches;

use std::path::{Path, PathBuf};

use cisb_contract::Manifest;
use clap::Args;
use jiff::Timestamp;

use self::switches::Switches;
use super::cache::CacheArgs;
use super::node::{self, NodeArgs};
use super::resolve::Wanted;
use super::scan::{self, ProfileArgs};
use super::trust::TrustArgs;
use super::{Ambient, UsageError, near};
use crate::config::Settings;
use crate::report::asff::Account;
use crate::report::kube_bench::text::Parts;
use crate::request::{ClusterSource, NodeSource, Scan, Selection};

const NOTES: &str = "\
Examples:
  cisb run --benchmark cis-1.10 --targets master,node --json
  cisb run --profile cis-1.10.wasm --exit-code 1 --noremediations
  cisb run --profile cis-1.10.wasm --root /host --proc /proc --in-cluster --junit \\
      --outputfile junit.xml

Exit codes:
  0  the scan is done, whatever failed
  N  a scored check failed, and --exit-code N was given
  2  the command line, the configuration or the output file is wrong
  3  a profile was refused
  4  nothing was assessed, or nothing of a target that --targets names; with
     --exit-code also a scored check that could not be assessed

Where it differs from kube-bench:
  A check that could not be assessed is WARN, never FAIL and never PASS; if it
  is scored, it ends in 4 with --exit-code. A component that is not on the node is INFO.
  An id that --check or --group names and no profile has is an error.
  --outputfile works with every format, replaces the file whole, and only its
  owner may read it; text is printed as well.
  No API server is asked unless --kubeconfig or --in-cluster says so.
  --asff prints the findings and sends nothing. What passes is among them, as
  archived: so that what was mended is closed.
  Profiles carry what kube-bench reads from its configuration: --config-dir is
  noted and not read, and so is --config unless it names a cisb.toml.";

/// `cisb run`.
#[derive(Debug, Args)]
#[command(after_help = NOTES, args_override_self = true)]
pub struct RunArgs {
    /// The profile by its id, such as cis-1.10; if absent, the one that fits the node
    #[arg(long, value_name = "ID", conflicts_with = "version")]
    pub benchmark: Option<String>,

    /// The profile that is for this version of Kubernetes, such as 1.31
    #[arg(
        long,
        value_name = "X.Y",
        env = "KUBE_BENCH_VERSION",
        hide_env_values = true
    )]
    pub version: Option<String>,

    /// Which profiles.
    #[command(flatten)]
    pub profile: ProfileArgs,

    /// Where compiled code may be taken from.
    #[command(flatten)]
    pub cache: CacheArgs,

    /// What a profile must be, and may do.
    #[command(flatten)]
    pub trust: TrustArgs,

    /// The time of the scan, RFC 3339; the clock's if absent
    #[arg(long, value_name = "TIME", env = "CISB_NOW", hide_env_values = true)]
    pub now: Option<Timestamp>,

    /// The exit code when a scored check fails; 0 for none
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub exit_code: u8,

    /// Not read: profiles carry their own knowledge
    #[arg(short = 'D', long, value_name = "DIR")]
    pub config_dir: Option<PathBuf>,

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

    /// Checks of these targets: master, controlplane, etcd, node, policies, managedservices
    #[arg(short = 's', long, value_name = "A,B", value_delimiter = ',', value_parser = scan::item, env = "CISB_TARGETS", hide_env_values = true, help_heading = "Which checks")]
    pub targets: Vec<String>,

    /// These checks, such as 1.2.5
    #[arg(
        short = 'c',
        long,
        value_name = "IDS",
        conflicts_with = "group",
        env = "CISB_CHECK",
        hide_env_values = true,
        help_heading = "Which checks"
    )]
    pub check: Option<String>,

    /// Checks of these groups, such as 1.2
    #[arg(
        short = 'g',
        long,
        value_name = "IDS",
        env = "CISB_GROUP",
        hide_env_values = true,
        help_heading = "Which checks"
    )]
    pub group: Option<String>,

    /// Not these checks or groups; they stay in the output as INFO
    #[arg(
        long,
        value_name = "IDS",
        env = "CISB_SKIP",
        hide_env_values = true,
        help_heading = "Which checks"
    )]
    pub skip: Option<String>,

    /// On or off.
    #[command(flatten)]
    pub switches: Switches,

    /// Write to this file
    #[arg(long, value_name = "FILE", help_heading = "What comes out")]
    pub outputfile: Option<PathBuf>,

    /// The cluster, for --asff
    #[arg(
        long,
        value_name = "ARN",
        env = "KUBE_BENCH_CLUSTER_ARN",
        hide_env_values = true,
        help_heading = "What comes out"
    )]
    pub cluster_arn: Option<String>,

    /// The account, for --asff; the cluster's if absent
    #[arg(
        long,
        value_name = "DIGITS",
        env = "KUBE_BENCH_AWS_ACCOUNT",
        hide_env_values = true,
        help_heading = "What comes out"
    )]
    pub aws_account: Option<String>,

    /// The region, for --asff; the cluster's if absent
    #[arg(
        long,
        value_name = "NAME",
        env = "KUBE_BENCH_AWS_REGION",
        hide_env_values = true,
        help_heading = "What comes out"
    )]
    pub aws_region: Option<String>,

    /// For its variable: the node's name where --node-name does not say it.
    #[arg(long, hide = true, env = "KUBE_BENCH_NODE_NAME")]
    pub kube_bench_node_name: Option<String>,

    /// Words that are no flags, as kube-bench's former commands `master` and `node` were.
    #[arg(hide = true)]
    pub words: Vec<String>,

    /// A `--config` that is not ours.
    #[arg(skip)]
    pub foreign_config: Option<PathBuf>,
}

/// A scan whose profile is still to be found, and what is done with its report.
#[derive(Debug)]
pub struct RunPlan {
    /// The scan, without its profiles.
    pub scan: Scan,
    /// `--benchmark`.
    pub benchmark: Option<String>,
    /// `--version`.
    pub version: Option<String>,
    /// Profiles, as they were named.
    pub wanted: Wanted,
    /// What comes out.
    pub output: Output,
    /// Which file gets it.
    pub file: Option<PathBuf>,
    /// `--exit-code`.
    pub exit_code: u8,
    /// Sentences for standard error.
    pub notes: Vec<String>,
}

/// What comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Text.
    Text(Parts),
    /// `--json`; with totals or without.
    Json(bool),
    /// `--junit`.
    Junit,
    /// `--asff`.
    Asff(Account),
}

pub(super) fn plan(
    args: RunArgs,
    settings: &Settings,
    ambient: Ambient,
) -> Result<RunPlan, UsageError> {
    if let Some(word) = args.words.into_iter().next() {
        return Err(UsageError::RunWord(word));
    }
    let switches = args.switches;
    if let Some((flag, instead)) = switches.foreign {
        return Err(UsageError::RunForeign(flag, instead));
    }
    let scored = match (switches.scored, switches.unscored) {
        (true, true) => None,
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) => return Err(UsageError::NeitherScored),
    };
    let node = node::source(args.node, &args.machine, settings)?;
    let cluster = match &node {
        NodeSource::Record(_) => ClusterSource::None,
        NodeSource::Live { .. } => node::cluster(&args.machine, settings),
    };
    let checks = ids(args.check.as_deref());
    let groups = ids(args.group.as_deref());
    let by_hand = !(checks.is_empty() && groups.is_empty());
    let selection = Selection {
        targets: match args.targets.is_empty() && !by_hand {
            true => settings.targets.clone(),
            false => args.targets,
        },
        checks,
        groups,
        skip: match args.skip {
            Some(skip) => ids(Some(&skip)),
            None => settings.skip.clone(),
        },
        level: settings.level,
        scored,
        skip_strangers: true,
    };
    let mut notes = Vec::new();
    if let Some(folder) = &args.config_dir {
        notes.push(unread("--config-dir", folder));
    }
    if let Some(file) = &args.foreign_config {
        notes.push(unread("--config", file));
    }
    // As kube-bench decides among several.
    let output = if switches.junit {
        Output::Junit
    } else if switches.json {
        Output::Json(!switches.nototals)
    } else if switches.asff {
        let arn = args
            .cluster_arn
            .ok_or(UsageError::NoClusterArn("--asff", "KUBE_BENCH_CLUSTER_ARN"))?;
        let (account, region) = (args.aws_account.as_deref(), args.aws_region.as_deref());
        Output::Asff(Account::new(&arn, account, region)?)
    } else {
        Output::Text(Parts {
            results: !switches.noresults,
            remediations: !switches.noremediations,
            summary: !switches.nosummary,
            totals: !switches.nototals,
            test_output: switches.include_test_output,
        })
    };
    let node_name = args.machine.node_name.or(args.kube_bench_node_name);
    Ok(RunPlan {
        wanted: Wanted {
            scanned: node.foreign_root().map(Path::to_owned),
            ..scan::wanted(args.profile, settings)
        },
        scan: Scan {
            profiles: Vec::new(),
            installed: Vec::new(),
            trust: args.trust.trust(settings),
            node,
            cluster,
            cluster_name: args.machine.cluster.or_else(|| settings.cluster.clone()),
            node_name: node_name.or_else(|| settings.node_name.clone()),
            selection,
            parameters: scan::parameters(Vec::new(), settings)?,
            grants: args.trust.grants(settings),
            checksums: None,
            evidence: None,
            cache: args.cache.folder(settings),
            now: args.now.unwrap_or(ambient.now),
            jobs: settings.jobs.unwrap_or(ambient.jobs).max(1),
        },
        benchmark: args.benchmark.filter(|id| !id.is_empty()),
        version: args.version.filter(|version| !version.is_empty()),
        output,
        file: args.outputfile.filter(|path| !path.as_os_str().is_empty()),
        exit_code: args.exit_code,
        notes,
    })
}

/// A sentence on each name to skip that no profile has. It is no mistake: it
/// hides nothing, and lists of what to skip are shared among benchmarks.
pub fn strangers(selection: &Selection, manifests: &[Manifest]) -> Vec<String> {
    let mut known: Vec<&str> = Vec::new();
    for manifest in manifests {
        known.extend(manifest.checks.iter().map(|check| check.id.as_str()));
        for section in &manifest.sections {
            known.push(&section.id);
            known.extend(section.groups.iter().map(|group| group.id.as_str()));
        }
    }
    if known.is_empty() {
        return Vec::new();
    }
    let strange = |name: &&String| !known.contains(&name.as_str());
    let said = |name: &String| {
        let near = near::hint(&near::closest(name, known.iter().copied()));
        format!("--skip names {name}, which no profile has{near}")
    };
    selection.skip.iter().filter(strange).map(said).collect()
}

/// kube-bench's variables that are set and mean nothing here.
pub fn foreign_variables<'a>(set: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let database = "cisb writes to no database";
    set.into_iter()
        .filter_map(|name| {
            let why = match name {
                "KUBE_BENCH_K8S_ENV" => "--kubeconfig FILE or --in-cluster names the API server",
                "KUBE_BENCH_K8S_HOST" => database,
                name if name.starts_with("KUBE_BENCH_PGSQL_") => database,
                _ => return None,
            };
            Some(format!("{name} is set and means nothing here: {why}"))
        })
        .collect()
}

fn unread(flag: &str, path: &Path) -> String {
    format!(
        "{flag} {} is not read: profiles carry their own knowledge, and /etc/cisb/cisb.toml or \
         --config FILE.toml the settings of cisb",
        path.display()
    )
}

/// The names of a list as kube-bench takes it: spaces and empty names mean nothing.
fn ids(list: Option<&str>) -> Vec<String> {
    list.unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
