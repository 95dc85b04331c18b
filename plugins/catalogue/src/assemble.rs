//! Joins a profile's table with the controls' rules and words to the manifest
//! that its component carries. Runs when a profile is built, never inside it.

use std::collections::{BTreeMap, BTreeSet};

use cisb_sdk::contract::manifest::{
    Applies, Assessment, Benchmark, Check, Group, Manifest, Parameter, ParameterType, Procedure,
    Remediation, Requests, Section,
};
use cisb_sdk::contract::{MANIFEST_SCHEMA, WORLD};

use crate::control::{Control, Decided};
use crate::words;

/// A section of a benchmark: its id, its title, its target, and its groups by
/// id and title.
pub type SectionRow = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// A check of a benchmark.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The benchmark's id.
    pub id: &'static str,
    /// The name of the control.
    pub control: &'static str,
    /// 1 or 2.
    pub level: u8,
    /// As the benchmark says.
    pub assessment: Assessment,
    /// Whether the benchmark counts it.
    pub scored: bool,
}

/// What a profile is besides its controls.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Such as `cis-1.10`.
    pub id: &'static str,
    /// The profile's own version.
    pub version: &'static str,
    /// Counts up with every release.
    pub epoch: u64,
    /// One line for people.
    pub title: &'static str,
    /// The document.
    pub benchmark: (&'static str, &'static str),
    /// The Kubernetes versions it was written for.
    pub kubernetes: &'static str,
    /// When it fits a node.
    pub applies: Vec<Applies>,
    /// Its sections.
    pub sections: &'static [SectionRow],
}

/// Why a profile cannot be assembled: a table and the catalogue disagree.
#[derive(Debug, PartialEq, Eq)]
pub struct Mismatch(pub String);

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

/// Assembles a manifest.
pub fn manifest(identity: &Identity, rows: &[Row]) -> Result<Manifest, Mismatch> {
    let controls = crate::controls();
    let mut checks = Vec::with_capacity(rows.len());
    for row in rows {
        let control = controls
            .iter()
            .find(|c| c.name == row.control)
            .ok_or_else(|| Mismatch(format!("{}: no control `{}`", row.id, row.control)))?;
        checks.push(check(row, control)?);
    }
    let used: BTreeSet<&str> = checks
        .iter()
        .flat_map(|c| c.uses.iter().map(String::as_str))
        .collect();
    let wanted: BTreeSet<&str> = checks
        .iter()
        .map(|c| c.remediation.procedure.as_str())
        .collect();
    Ok(Manifest {
        schema: MANIFEST_SCHEMA.to_owned(),
        id: identity.id.to_owned(),
        version: identity.version.to_owned(),
        epoch: identity.epoch,
        title: identity.title.to_owned(),
        benchmark: Benchmark {
            name: identity.benchmark.0.to_owned(),
            version: identity.benchmark.1.to_owned(),
            kubernetes: identity.kubernetes.to_owned(),
        },
        world: WORLD.to_owned(),
        min_host: "0.1.0".to_owned(),
        applies: identity.applies.clone(),
        requests: only(crate::requests(), &used)?,
        parameters: parameters(),
        procedures: procedures(&wanted),
        sections: identity
            .sections
            .iter()
            .map(|(id, title, target, groups)| Section {
                id: (*id).to_owned(),
                title: (*title).to_owned(),
                target: (*target).to_owned(),
                groups: groups
                    .iter()
                    .map(|(id, title)| Group {
                        id: (*id).to_owned(),
                        title: (*title).to_owned(),
                    })
                    .collect(),
            })
            .collect(),
        checks,
    })
}

fn check(row: &Row, control: &Control) -> Result<Check, Mismatch> {
    let words = words::of(control.name)
        .ok_or_else(|| Mismatch(format!("{}: no words for `{}`", row.id, control.name)))?;
    let group = row
        .id
        .rsplit_once('.')
        .ok_or_else(|| Mismatch(format!("`{}` has no group", row.id)))?
        .0;
    Ok(Check {
        id: row.id.to_owned(),
        control: control.name.to_owned(),
        title: words.title.to_owned(),
        group: group.to_owned(),
        component: control.component.to_owned(),
        level: row.level,
        assessment: row.assessment,
        scored: row.scored,
        severity: control.severity,
        ownership: cisb_sdk::contract::manifest::Ownership::Customer,
        judged: matches!(control.decided, Decided::ByFacts(_)),
        rationale: words.rationale.to_owned(),
        remediation: Remediation {
            procedure: words.procedure.to_owned(),
            set: words.set.to_owned(),
            breaks: words.breaks.to_owned(),
        },
        references: words.references.iter().map(|r| (*r).to_owned()).collect(),
        uses: control.uses.iter().map(|u| (*u).to_owned()).collect(),
        with: serde_json::to_value(&control.rule)
            .map_err(|e| Mismatch(format!("{}: {e}", control.name)))?,
    })
}

/// The requests that are used, and those that the used ones name.
fn only(mut requests: Requests, used: &BTreeSet<&str>) -> Result<Requests, Mismatch> {
    let known: BTreeSet<String> = requests.ids().map(|(id, _)| id.to_owned()).collect();
    if let Some(missing) = used.iter().find(|u| !known.contains(**u)) {
        return Err(Mismatch(format!(
            "a control uses `{missing}`, which is no request"
        )));
    }
    if known.len() != requests.ids().count() {
        return Err(Mismatch("two requests have the same id".to_owned()));
    }
    requests.files.retain(|r| used.contains(r.id.as_str()));
    requests.processes.retain(|r| used.contains(r.id.as_str()));
    requests.named.retain(|r| used.contains(r.id.as_str()));
    requests.fields.retain(|r| used.contains(r.id.as_str()));
    requests.kubernetes.retain(|r| used.contains(r.id.as_str()));
    Ok(requests)
}

fn procedures(wanted: &BTreeSet<&str>) -> BTreeMap<String, Procedure> {
    words::PROCEDURES
        .iter()
        .filter(|p| wanted.contains(p.name))
        .map(|p| {
            let procedure = Procedure {
                change: p.change.to_owned(),
                effect: p.effect.to_owned(),
                rollback: p.rollback.to_owned(),
                verify: p.verify.to_owned(),
            };
            (p.name.to_owned(), procedure)
        })
        .collect()
}

/// What an operator may set for every profile of the catalogue.
fn parameters() -> Vec<Parameter> {
    let mut parameters = vec![Parameter {
        name: "kubernetes-version".to_owned(),
        kind: ParameterType::String,
        default: "".into(),
        description: "the node's Kubernetes version, such as v1.30.2, where nothing on the node \
                      states it"
            .to_owned(),
    }];
    parameters.extend(crate::policies::parameters());
    parameters
}
