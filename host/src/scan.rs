//! The story of a scan, every stage in order.
//!
//! A mistake of the operator's ends it with a [`ScanError`]. A profile's failure
//! does not: it becomes an entry in the report, and the scan goes on.

mod selection;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cisb_contract::Manifest;
use cisb_contract::manifest::{
    Check, Group, Instead, Ownership, Parameter, ParameterType, Procedure, Section,
};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::capability::Shared;
use crate::checksums::{Checksums, ChecksumsError};
use crate::cli::inspect::Inspection;
use crate::detect::{self, Candidate, Choice, DetectError, Facts};
use crate::engine::run::{Obstacle, Outcome, Usage};
use crate::engine::{Engine, EngineError, MAX_JOBS, cache, link, run};
use crate::finding::{Basis, Decision, Finding, Verdict};
use crate::node::cluster::{Access, ClusterError};
use crate::node::live::LiveError;
use crate::node::record::RecordError;
use crate::node::recording::Recorder;
use crate::node::{self, Cluster, NoCluster, Node};
use crate::profile::gate::GateError;
use crate::profile::grants::{self, Grants, GrantsError};
use crate::profile::refusal::Refused;
use crate::profile::signature::Standing;
use crate::profile::{Gate, Place, Unverified, Verified, source};
use crate::report::{
    Coverage, Gap, ProfileRun, Refusal, Report, SCHEMA_VERSION, ScannedCluster, ScannedNode,
    Signer, Summary, Timings, Tool,
};
use crate::request::{ClusterSource, Collect, NodeSource, Scan, Selection};
use crate::trust::policy;
use selection::Selected;

/// What a scan tells while it runs.
#[derive(Debug, Clone)]
pub struct Progress {
    /// What is done: a profile's id, and the check.
    pub what: String,
    /// How many checks are done.
    pub done: usize,
    /// How many there are.
    pub total: usize,
}

/// Who listens to progress. Checks run on several threads.
pub type Listener<'a> = dyn FnMut(Progress) + Send + 'a;

/// A mistake of the operator's, or a machine that cannot run a scan at all.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The live node cannot be opened.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// The record cannot be opened, or the evidence not be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The API server's configuration is refused.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// There is no telling what may run.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The grants file is refused.
    #[error(transparent)]
    Grants(#[from] GrantsError),
    /// The list of checksums is refused.
    #[error(transparent)]
    Checksums(#[from] ChecksumsError),
    /// No sandbox.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No profile is named, and facts do not choose one.
    #[error(transparent)]
    Detect(#[from] DetectError),
    /// Something named on the command line does not exist.
    #[error("{0}")]
    Unknown(String),
    /// A record's own objects and an API server were both asked for.
    #[error(
        "a node record brings its own API objects: leave out --kubeconfig and --in-cluster, or \
         scan a live node"
    )]
    TwoClusters,
}

/// Scans a node.
pub fn run(request: &Scan, progress: &mut Listener<'_>) -> Result<Report, ScanError> {
    let progress = Mutex::new(progress);
    let scanned = request.node.foreign_root();
    let gate = Gate::open(&request.trust, scanned, request.now)?;
    let grants = match &request.grants {
        Some(path) => Grants::read(path, scanned)?,
        None => Grants::default(),
    };
    let checksums = match &request.checksums {
        Some(path) => Some(Checksums::read(path)?),
        None => None,
    };
    let named: Vec<_> = request.profiles.iter().map(|p| load(&gate, p)).collect();
    // Names are settled before anything is opened: a typing error is not worth a scan.
    let settled = match named.is_empty() {
        true => None,
        false => Some(settle(request, &named)?),
    };
    let started = Instant::now();
    let node = open(request)?;
    tracing::debug!("spent: node {} µs", micros(started));
    let (node, recorder) = match &request.evidence {
        Some(path) => {
            let (node, recorder) = node::recording::recording(node);
            (node, Some((path, recorder)))
        }
        None => (node, None),
    };
    let (loaded, why) = match settled {
        Some(_) => (named, None),
        None => {
            let choice = choose(request, &node)?;
            (vec![load(&gate, &choice.place)], Some(choice.why))
        }
    };
    let (selected, parameters) = match settled {
        Some(settled) => settled,
        None => settle(request, &loaded)?,
    };
    let shared = Arc::new(Shared::new(node, request.now.to_string()));

    let mut report = blank(request, &shared.node);
    report.inputs = gate
        .inputs()
        .iter()
        .chain(grants.input())
        .cloned()
        .collect();
    let mut obstacles = Vec::new();
    let started = Instant::now();
    let engine = Engine::new(request.jobs)?;
    tracing::debug!("spent: engine {} µs", micros(started));
    let cache = cache::open(&request.cache);
    for profile in loaded {
        let mut entry = profile.entry(request.profiles.len(), why.as_deref());
        let runnable = profile.verified.and_then(|verified| {
            let granted = grants::meet(&verified, &grants)?;
            entry.grants = granted.lines();
            if let Some((_, recorder)) = &recorder {
                remember_searches(recorder, verified.manifest());
            }
            tell(&progress, format!("{}: compiling", entry.id), 0, 0);
            let started = Instant::now();
            let compiled = cache::compiled(cache.as_ref(), &engine, verified)?;
            let linked = link::link(&engine, compiled, granted)?;
            entry.timings.compile = micros(started);
            Ok(linked)
        });
        match runnable {
            Ok(linked) => {
                let started = Instant::now();
                let outcomes = checks(
                    &linked,
                    &shared,
                    &selected,
                    &parameters,
                    request.jobs,
                    &progress,
                );
                entry.timings.checks = micros(started);
                let t = &entry.timings;
                tracing::debug!(
                    "spent: {}: load {} µs, compile {} µs, checks {} µs",
                    entry.id,
                    t.load,
                    t.compile,
                    t.checks
                );
                let manifest = linked.verified().manifest();
                report.coverage.declared += manifest.checks.len();
                report.coverage.profile_range = range(manifest, &shared, told(request));
                for (check, outcome) in outcomes {
                    if let Some(obstacle) = outcome.as_ref().and_then(|o| o.obstacle.clone()) {
                        obstacles.push((check.id.clone(), obstacle));
                    }
                    report.findings.push(finding(manifest, check, outcome));
                }
            }
            Err(refused) => {
                entry.refused = Some(Refusal {
                    stage: refused.stage.to_owned(),
                    code: refused.code.as_str().to_owned(),
                    reason: refused.reason,
                });
            }
        }
        report.profiles.push(entry);
    }
    if let Some(checksums) = checksums {
        let findings = checksums.judge(&shared.node);
        report.coverage.declared += findings.len();
        report.findings.extend(findings);
        report.profiles.push(checksums.entry());
    }
    report.cluster.version = shared
        .node
        .cluster
        .present()
        .then(|| shared.node.cluster.version().ok())
        .flatten();
    report.summary = Summary::of(&report.findings);
    report.coverage.selected = report.findings.len();
    report.coverage.assessed = report
        .findings
        .iter()
        .filter(|f| !f.skipped && matches!(f.verdict, Verdict::Pass | Verdict::Fail))
        .count();
    report.coverage.gaps = gaps(&obstacles);
    if let Some((path, recorder)) = recorder {
        node::record::write::write(&recorder, &request.now.to_string(), path)?;
    }
    Ok(report)
}

/// The parameters of each profile, by its id.
type Parameters = BTreeMap<String, Map<String, Value>>;

/// What names on the command line mean in these profiles.
fn settle(request: &Scan, loaded: &[Loaded]) -> Result<(Selected, Parameters), ScanError> {
    let manifests = || {
        loaded
            .iter()
            .filter_map(|l| l.verified.as_ref().ok().map(|v| v.manifest()))
    };
    let selected =
        Selected::resolve(&request.selection, manifests()).map_err(ScanError::Unknown)?;
    Ok((selected, parameters(&request.parameters, manifests())?))
}

/// The installed profile that fits the node. One that cannot be read is passed
/// over here; named with --profile it is refused in the report.
fn choose(request: &Scan, node: &Node) -> Result<Choice<Place>, ScanError> {
    let candidates: Vec<Candidate<Place>> = request
        .installed
        .iter()
        .zip(inspect_all(&request.installed))
        .filter_map(|(place, inspected)| match inspected {
            Ok(inspection) => Some(Candidate {
                place: place.clone(),
                manifest: inspection.manifest,
            }),
            Err(error) => {
                tracing::warn!("{} is passed over: {error}", place.shown());
                None
            }
        })
        .collect();
    let mut places = Vec::new();
    for at in candidates.iter().flat_map(|c| &c.manifest.versions) {
        if !places.contains(at) {
            places.push(at.clone());
        }
    }
    Ok(detect::choose(
        &candidates,
        &Facts::new(node, told(request), places),
    )?)
}

/// The Kubernetes version that the operator states.
fn told(request: &Scan) -> Option<String> {
    let mut stated = request.parameters.iter();
    let (_, value) = stated.find(|(name, _)| name == "kubernetes-version")?;
    Some(value.clone())
}

/// Records a node: everything the profiles request, and what their checks look
/// at beyond that because a flag or a document names it.
///
/// The report says what could not be recorded.
pub fn collect(request: &Collect, progress: &mut Listener<'_>) -> Result<Report, ScanError> {
    // Without a name, whatever is installed may be asked of the record later.
    let profiles = match request.profiles.is_empty() {
        true => &request.installed,
        false => &request.profiles,
    };
    if profiles.is_empty() {
        return Err(DetectError::NoneInstalled.into());
    }
    let scan = Scan {
        profiles: profiles.clone(),
        installed: Vec::new(),
        trust: request.trust.clone(),
        node: request.node.clone(),
        cluster: request.cluster.clone(),
        cluster_name: request.cluster_name.clone(),
        node_name: request.node_name.clone(),
        selection: Selection::default(),
        parameters: Vec::new(),
        grants: request.grants.clone(),
        checksums: None,
        evidence: Some(request.output.clone()),
        cache: request.cache.clone(),
        now: request.now,
        jobs: 1,
    };
    run(&scan, progress)
}

fn tell(progress: &Mutex<&mut Listener<'_>>, what: String, done: usize, total: usize) {
    let mut listener = progress.lock().unwrap_or_else(PoisonError::into_inner);
    listener(Progress { what, done, total });
}

/// A profile after its first stages.
pub(crate) struct Loaded {
    name: String,
    digest: String,
    pub(crate) verified: Result<Verified, Refused>,
    micros: u64,
}

/// Takes a component through the stages that come before it is compiled.
pub(crate) fn load(gate: &Gate, place: &Place) -> Loaded {
    let started = Instant::now();
    match source::read(place) {
        Ok(unverified) => {
            let (name, digest) = (unverified.name().to_owned(), unverified.digest().to_owned());
            Loaded {
                name,
                digest,
                verified: gate.judge(unverified),
                micros: micros(started),
            }
        }
        Err(error) => Loaded {
            name: place.shown(),
            digest: String::new(),
            verified: Err(error.into()),
            micros: micros(started),
        },
    }
}

impl Loaded {
    /// Its entry in the report: `asked` were named, or it was detected.
    fn entry(&self, asked: usize, detected: Option<&str>) -> ProfileRun {
        let chosen = match (detected, asked) {
            (Some(why), _) => why,
            (None, 1) => "the only one given with --profile",
            (None, _) => "given with --profile",
        };
        let mut entry = ProfileRun {
            id: self.name.clone(),
            version: String::new(),
            epoch: 0,
            title: String::new(),
            benchmark: String::new(),
            kubernetes: String::new(),
            digest: if self.digest.is_empty() {
                String::new()
            } else {
                format!("sha256:{}", self.digest)
            },
            manifest_digest: String::new(),
            signer: Standing::Unsigned.words(),
            signers: Vec::new(),
            capabilities: String::new(),
            chosen: chosen.to_owned(),
            grants: Vec::new(),
            tailored: Vec::new(),
            sections: Vec::new(),
            refused: None,
            timings: Timings {
                load: self.micros,
                ..Timings::default()
            },
        };
        if let Ok(verified) = &self.verified {
            let manifest = verified.manifest();
            entry.id.clone_from(&manifest.id);
            entry.version.clone_from(&manifest.version);
            entry.epoch = manifest.epoch;
            entry.title.clone_from(&manifest.title);
            entry.benchmark = format!("{} {}", manifest.benchmark.name, manifest.benchmark.version);
            entry.kubernetes.clone_from(&manifest.benchmark.kubernetes);
            entry.manifest_digest = format!("sha256:{}", verified.manifest_digest());
            entry.sections.clone_from(&manifest.sections);
            entry.tailored.clone_from(&manifest.tailored);
            entry.capabilities = verified.capabilities().to_owned();
            entry.signer = verified.standing().words();
            entry.signers = verified.standing().signers().iter().map(signer).collect();
        }
        entry
    }
}

fn signer(signer: &policy::Signer) -> Signer {
    Signer {
        name: signer.name.clone(),
        key: signer.key.to_string(),
        roles: signer.roles.iter().map(|r| r.word().to_owned()).collect(),
    }
}

/// Opens what is to be scanned.
fn open(request: &Scan) -> Result<Node, ScanError> {
    match &request.node {
        NodeSource::Record(path) => {
            if request.cluster != ClusterSource::None {
                return Err(ScanError::TwoClusters);
            }
            let mut node = node::record::open(path)?;
            if let Some(name) = &request.node_name {
                node.identity.name.clone_from(name);
            }
            Ok(node)
        }
        NodeSource::Live { root, proc } => {
            let cluster: Box<dyn Cluster> = match &request.cluster {
                ClusterSource::None => Box::new(NoCluster),
                ClusterSource::Kubeconfig { path, exec } => {
                    node::cluster::open(&Access::Kubeconfig {
                        path: path.clone(),
                        exec: *exec,
                    })?
                }
                ClusterSource::InCluster => node::cluster::open(&Access::InCluster)?,
            };
            Ok(node::live::open(
                root,
                proc.as_deref(),
                request.node_name.as_deref(),
                cluster,
            )?)
        }
    }
}

fn remember_searches(recorder: &Recorder, manifest: &Manifest) {
    for processes in &manifest.requests.processes {
        recorder.searched(&processes.executables);
    }
}

/// Runs the selected checks, on several threads, and keeps the manifest's order.
/// A check that was skipped has no outcome.
fn checks<'a>(
    linked: &'a link::Linked,
    shared: &Arc<Shared>,
    selected: &Selected,
    parameters: &Parameters,
    jobs: usize,
    progress: &Mutex<&mut Listener<'_>>,
) -> Vec<(&'a Check, Option<Outcome>)> {
    let manifest = linked.verified().manifest();
    let settings = parameters.get(&manifest.id).cloned().unwrap_or_default();
    let chosen: Vec<(usize, &Check)> = manifest
        .checks
        .iter()
        .enumerate()
        .filter(|(_, check)| selected.includes(manifest, check))
        .collect();
    let (left, done) = (Mutex::new(chosen.iter()), AtomicUsize::new(0));
    // Neighbours ask for the same lists and documents, and one would wait while
    // the other reads them: so half of the threads begin at the end.
    let next = |from_end| {
        let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
        match from_end {
            true => left.next_back(),
            false => left.next(),
        }
    };
    let work = |from_end| {
        let mut mine = Vec::new();
        while let Some((index, check)) = next(from_end) {
            let outcome = match selected.skips(check) {
                true => None,
                false => outcome(linked, shared, check, *index, &settings),
            };
            mine.push((*index, *check, outcome));
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            tell(
                progress,
                format!("{} {}", manifest.id, check.id),
                done,
                chosen.len(),
            );
        }
        mine
    };
    let mut all = std::thread::scope(|scope| {
        let others: Vec<_> = (1..jobs.clamp(1, MAX_JOBS))
            .map(|thread| scope.spawn(move || work(thread % 2 == 1)))
            .collect();
        let mut all = work(false);
        for other in others {
            // A panic in a host function is our bug; it must not look like a result.
            match other.join() {
                Ok(part) => all.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_by_key(|(index, ..)| *index);
    all.into_iter()
        .map(|(_, check, outcome)| (check, outcome))
        .collect()
}

/// Runs a check, unless tailoring leaves it out. It is told the values of the
/// profile's parameters, and its own part of the manifest.
pub(crate) fn outcome(
    linked: &link::Linked,
    shared: &Arc<Shared>,
    check: &Check,
    index: usize,
    parameters: &Map<String, Value>,
) -> Option<Outcome> {
    let manifest = linked.verified().manifest();
    if matches!(manifest.instead(&check.id), Some(Instead::Skip(_))) {
        return None;
    }
    let settings = serde_json::json!({"parameters": parameters, "with": check.with}).to_string();
    let outcome = run::run(linked, shared, check, index, &settings);
    Some(left_to_a_person(manifest, check, outcome))
}

/// Puts a check and its outcome together.
pub(crate) fn finding(manifest: &Manifest, check: &Check, outcome: Option<Outcome>) -> Finding {
    let skipped = outcome.is_none();
    // Nobody saw a witness that what tailoring leaves out is not here.
    let (verdict, reason) = match manifest.instead(&check.id) {
        Some(Instead::Skip(why)) => (Verdict::Manual, said_of(manifest, "leaves it out", why)),
        _ => (
            Verdict::NotApplicable,
            "not run: --skip names it".to_owned(),
        ),
    };
    let outcome = outcome.unwrap_or_else(|| Outcome {
        verdict,
        reason,
        expected: String::new(),
        actual: String::new(),
        basis: Basis::Explicit,
        subjects: Vec::new(),
        evidence: Vec::new(),
        obstacle: None,
        fault: false,
        fuel: 0,
        usage: Usage::default(),
    });
    // What only the provider can see and change is no failure of the cluster's.
    let decision = match (check.ownership, outcome.verdict) {
        (Ownership::Provider, Verdict::Manual) => Decision::ProviderOwned,
        _ => Decision::Required,
    };
    let target =
        section_of(manifest, check).map_or(String::new(), |(section, _)| section.target.clone());
    Finding {
        profile: manifest.id.clone(),
        check: check.id.clone(),
        control: check.control.clone(),
        title: check.title.clone(),
        section: check.group.clone(),
        target,
        component: check.component.clone(),
        level: check.level,
        assessment: check.assessment,
        scored: check.scored,
        severity: check.severity,
        ownership: check.ownership,
        judged: check.judged,
        verdict: outcome.verdict,
        basis: outcome.basis,
        reason: outcome.reason,
        expected: outcome.expected,
        actual: outcome.actual,
        subjects: outcome.subjects,
        evidence: outcome.evidence,
        decision,
        rationale: check.rationale.clone(),
        remediation: remediation(manifest, check),
        references: check.references.clone(),
        skipped,
    }
}

/// What a check came to whose verdict tailoring leaves to a person: what was
/// seen stays, and what does not apply still does not.
fn left_to_a_person(manifest: &Manifest, check: &Check, outcome: Outcome) -> Outcome {
    let Some(Instead::Manual(why)) = manifest.instead(&check.id) else {
        return outcome;
    };
    if outcome.verdict == Verdict::NotApplicable || outcome.fault {
        return outcome;
    }
    let said = said_of(manifest, "leaves it to a person", why);
    let seen = match (outcome.verdict, outcome.reason.as_str()) {
        (_, "") => outcome.actual.clone(),
        (Verdict::Error, reason) => format!("not to be told: {reason}"),
        (_, reason) => reason.to_owned(),
    };
    let end = match seen.is_empty() {
        true => String::new(),
        false => format!("; seen: {seen}"),
    };
    Outcome {
        verdict: Verdict::Manual,
        reason: format!("{said}{end}"),
        obstacle: None,
        ..outcome
    }
}

/// What the last tailoring that decides about a check does, and why.
fn said_of(manifest: &Manifest, what: &str, why: &str) -> String {
    format!("{} {what}: {why}", manifest.id)
}

/// The section and the group of a check.
pub(crate) fn section_of<'a>(
    manifest: &'a Manifest,
    check: &Check,
) -> Option<(&'a Section, &'a Group)> {
    manifest.sections.iter().find_map(|section| {
        section
            .groups
            .iter()
            .find(|group| group.id == check.group)
            .map(|group| (section, group))
    })
}

/// The whole remediation: the check's own part and the procedure it names.
fn remediation(manifest: &Manifest, check: &Check) -> String {
    let own = &check.remediation;
    let mut lines = vec![format!("Set: {}", own.set)];
    if let Some(Procedure {
        change,
        effect,
        rollback,
        verify,
    }) = manifest.procedures.get(&own.procedure)
    {
        lines.push(format!("Where: {change}"));
        lines.push(format!("Effect: {effect}"));
        if !own.breaks.is_empty() {
            lines.push(format!("May break: {}", own.breaks));
        }
        lines.push(format!("Back out: {rollback}"));
        lines.push(format!("Verify: {verify}"));
    } else if !own.breaks.is_empty() {
        lines.push(format!("May break: {}", own.breaks));
    }
    lines.retain(|line| !line.ends_with(": "));
    lines.join("\n")
}

fn blank(request: &Scan, node: &Node) -> Report {
    let identity = &node.identity;
    Report {
        schema_version: SCHEMA_VERSION.to_owned(),
        tool: Tool {
            name: "cisb".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        started: request.now.to_string(),
        node: ScannedNode {
            name: identity.name.clone(),
            origin: match identity.origin {
                node::Origin::Live => "live",
                node::Origin::Recorded => "record",
                node::Origin::Tree => "tree",
            }
            .to_owned(),
            source: identity.source.clone(),
            captured: identity.captured.clone(),
            platform: identity.platform.clone(),
            kubernetes_version: identity.kubernetes_version.clone(),
            role: role(node).to_owned(),
        },
        cluster: ScannedCluster {
            name: request.cluster_name.clone(),
            api: match (node.cluster.present(), identity.origin) {
                (false, _) => "none",
                (true, node::Origin::Recorded) => "recorded",
                (true, _) => "live",
            }
            .to_owned(),
            version: None,
        },
        inputs: Vec::new(),
        profiles: Vec::new(),
        findings: Vec::new(),
        summary: Summary::default(),
        coverage: Coverage::default(),
        problems: Vec::new(),
    }
}

/// What a node's own processes show it to be.
fn role(node: &Node) -> &'static str {
    let Ok(table) = node.processes.table() else {
        return "unknown";
    };
    let runs = |name: &str| {
        table.processes.iter().any(|p| {
            // Without root the executable is not to be seen, the name is.
            let is_named = match &p.exe {
                Some(exe) => exe.rsplit('/').next() == Some(name),
                None => p.comm == name,
            };
            p.place != node::Place::Foreign && is_named
        })
    };
    if runs("kube-apiserver") {
        "control-plane"
    } else if runs("kubelet") {
        "worker"
    } else {
        "unknown"
    }
}

/// Whether the cluster's version lies in the benchmark's range.
fn range(manifest: &Manifest, shared: &Shared, told: Option<String>) -> String {
    let facts = Facts::new(&shared.node, told, manifest.versions.clone());
    let wanted = &manifest.benchmark.kubernetes;
    match (facts.version(), semver::VersionReq::parse(wanted)) {
        (Some(version), Ok(range)) if range.matches(version) => "inside".to_owned(),
        (Some(version), Ok(_)) => format!("outside: v{version} is not in {wanted}"),
        _ => "unknown".to_owned(),
    }
}

/// Unassessed checks by cause, with the one thing that cures it.
fn gaps(obstacles: &[(String, Obstacle)]) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    for (check, obstacle) in obstacles {
        let (cause, cure) = match obstacle {
            Obstacle::Unreachable(why) if why.starts_with("no API server was asked for") => (
                "no API server was asked for".to_owned(),
                "--kubeconfig FILE or --in-cluster",
            ),
            Obstacle::Unreachable(why) if why.starts_with("the record holds no API objects") => (
                "the record holds no API objects".to_owned(),
                "collect again with --kubeconfig, or scan the live node",
            ),
            Obstacle::Unreachable(why) => (
                why.clone(),
                "check the address and the CA in the kubeconfig",
            ),
            Obstacle::Processes(hint) => cause_and_cure(hint),
            Obstacle::NotPermitted(_) => (
                "files or processes that this user may not look at".to_owned(),
                "run as root",
            ),
            Obstacle::Forbidden(_) => (
                "the API server refuses to list what is needed".to_owned(),
                "allow the scanner's account to list what the reasons name",
            ),
            Obstacle::NotRecorded(_) => (
                "the record does not hold what is needed".to_owned(),
                "record again with `cisb collect` and this profile",
            ),
            Obstacle::Denied => (
                "the grants file does not allow what is needed".to_owned(),
                "widen the file given with --grants",
            ),
            Obstacle::Profile => ("the profile misbehaved".to_owned(), "see the reasons above"),
            Obstacle::Other => ("other reasons, named with each check".to_owned(), ""),
        };
        match gaps.iter_mut().find(|g| g.cause == cause) {
            Some(gap) => gap.checks.push(check.clone()),
            None => gaps.push(Gap {
                cause,
                cure: cure.to_owned(),
                checks: vec![check.clone()],
            }),
        }
    }
    gaps
}

/// A hint is a cause and its cure, unless there are several or there is no cure.
fn cause_and_cure(hint: &str) -> (String, &str) {
    let hint = hint.strip_prefix("not recorded: ").unwrap_or(hint);
    match hint.split_once(": ") {
        Some((cause, cure)) if !cause.contains(['(', ';']) && !cure.contains("; ") => {
            (cause.to_owned(), cure)
        }
        _ => (hint.to_owned(), ""),
    }
}

/// Types `--set name=value` by the manifests, and fills in the defaults.
fn parameters<'a>(
    given: &[(String, String)],
    manifests: impl Iterator<Item = &'a Manifest>,
) -> Result<Parameters, ScanError> {
    let mut typed = BTreeMap::new();
    let mut known: Vec<&str> = Vec::new();
    for manifest in manifests {
        let mut values = Map::new();
        for parameter in &manifest.parameters {
            known.push(&parameter.name);
            let value = match given.iter().rev().find(|(name, _)| *name == parameter.name) {
                Some((_, text)) => value(parameter, text).map_err(ScanError::Unknown)?,
                None => parameter.default.clone(),
            };
            values.insert(parameter.name.clone(), value);
        }
        typed.insert(manifest.id.clone(), values);
    }
    // Without a readable manifest nobody can say what exists.
    if !typed.is_empty()
        && let Some((name, _)) = given
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()))
    {
        return Err(ScanError::Unknown(selection::unknown(
            "parameter",
            name,
            known.iter().copied(),
        )));
    }
    Ok(typed)
}

fn value(parameter: &Parameter, text: &str) -> Result<Value, String> {
    let bad = |what: &str| format!("--set {}: `{text}` is not {what}", parameter.name);
    Ok(match parameter.kind {
        ParameterType::String => Value::from(text),
        ParameterType::Boolean => {
            Value::from(text.parse::<bool>().map_err(|_| bad("true or false"))?)
        }
        ParameterType::Integer => {
            Value::from(text.parse::<i64>().map_err(|_| bad("a whole number"))?)
        }
        ParameterType::List => Value::from(
            text.split(',')
                .map(str::trim)
                .filter(|t| !t.is_empty())
                .collect::<Vec<_>>(),
        ),
    })
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// What a profile says of itself, without compiling or running it; and whoever
/// signed it, as the trust policy has it.
pub fn inspect(place: &Place) -> Result<Inspection, Refused> {
    inspect_at(place, &Gate::ajar(Timestamp::UNIX_EPOCH))
}

/// The same, with what this gate would say of it.
pub fn inspect_at(place: &Place, gate: &Gate) -> Result<Inspection, Refused> {
    inspect_bytes(source::read(place)?, gate)
}

/// The same of bytes that were read.
pub fn inspect_bytes(unverified: Unverified, gate: &Gate) -> Result<Inspection, Refused> {
    let size = unverified.size();
    let verdict = match gate.policy().is_some() || gate.lock().is_some() {
        true => Some(gate.judge(unverified.clone()).map(|admitted| {
            let standing = admitted.standing();
            (
                standing.words(),
                standing.signers().iter().map(signer).collect(),
            )
        })),
        false => None,
    };
    let verified = Gate::ajar(Timestamp::UNIX_EPOCH).judge(unverified)?;
    let standing = verified.standing().words();
    let (signer, signers, verdict) = match verdict {
        None => (standing, Vec::new(), None),
        Some(Ok((signer, signers))) => (signer, signers, Some(Ok(()))),
        Some(Err(refused)) => (standing, Vec::new(), Some(Err(refused))),
    };
    Ok(Inspection {
        asks: verified.asks(),
        signers,
        refused: verdict
            .as_ref()
            .and_then(|v| v.as_ref().err())
            .map(|refused| Refusal {
                stage: refused.stage.to_owned(),
                code: refused.code.as_str().to_owned(),
                reason: refused.reason.clone(),
            }),
        admitted: verdict.map(|verdict| verdict.is_ok()),
        manifest: verified.manifest().clone(),
        digest: format!("sha256:{}", verified.digest()),
        manifest_digest: format!("sha256:{}", verified.manifest_digest()),
        capabilities: verified.capabilities().to_owned(),
        size,
        signer,
        imports: verified.imports().to_vec(),
    })
}

/// What these profiles say of themselves, in their order. There may be fifty:
/// each core reads its share.
pub fn inspect_all(places: &[Place]) -> Vec<Result<Inspection, Refused>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = places.len().div_ceil(cores).max(1);
    let each = |places: &[Place]| places.iter().map(inspect).collect();
    std::thread::scope(|scope| {
        let parts: Vec<_> = places
            .chunks(share)
            .map(|places| scope.spawn(move || -> Vec<_> { each(places) }))
            .collect();
        let join = |part: std::thread::ScopedJoinHandle<'_, Vec<_>>| match part.join() {
            Ok(inspected) => inspected,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        parts.into_iter().flat_map(join).collect()
    })
}
