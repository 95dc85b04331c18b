//! Joins a profile's table with the controls' rules and words to the manifest
//! that its component carries. Runs when a profile is built, never inside it.

use std::collections::{BTreeMap, BTreeSet};

use cisb_sdk::contract::manifest::{
    Check, Group, Manifest, Parameter, ParameterType, Procedure, Remediation, Requests, Section,
    VersionAt,
};
use cisb_sdk::contract::{MANIFEST_SCHEMA, WORLD};

use crate::control::{Control, Decided};
use crate::table::{self, Counted, Row, Table};
use crate::words;

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
pub fn manifest(table: &Table) -> Result<Manifest, Mismatch> {
    let controls = crate::controls();
    let mut checks = Vec::new();
    for (group, row) in table.rows() {
        let Row(id, name, ..) = row;
        let control = controls
            .iter()
            .find(|c| c.name == name)
            .ok_or_else(|| Mismatch(format!("{id}: no control `{name}`")))?;
        checks.push(check(group, row, control)?);
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
        id: table.id.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        epoch: table.epoch,
        title: table.title.clone(),
        benchmark: table.document(),
        world: WORLD.to_owned(),
        min_host: "0.1.0".to_owned(),
        applies: table.applies.clone(),
        versions: versions(),
        requests: only(crate::requests(), &used)?,
        parameters: parameters(),
        procedures: procedures(&wanted),
        sections: table
            .sections
            .iter()
            .map(|section| Section {
                id: section.id.clone(),
                title: section.title.clone(),
                target: section.target.clone(),
                groups: section
                    .groups
                    .iter()
                    .map(|group| Group {
                        id: group.id.clone(),
                        title: group.title.clone(),
                    })
                    .collect(),
            })
            .collect(),
        checks,
    })
}

fn check(group: &table::Group, row: &Row, control: &Control) -> Result<Check, Mismatch> {
    let Row(id, _, level, assessment, counted) = row;
    let words = words::of(control.name)
        .ok_or_else(|| Mismatch(format!("{id}: no words for `{}`", control.name)))?;
    Ok(Check {
        id: id.clone(),
        control: control.name.to_owned(),
        title: words.title.to_owned(),
        group: group.id.clone(),
        component: control.component.to_owned(),
        level: *level,
        assessment: *assessment,
        scored: *counted == Counted::Scored,
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

/// Where a control plane's static pods state the version of Kubernetes: etcd's
/// has a version of its own.
fn versions() -> Vec<VersionAt> {
    [
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
    ]
    .map(|name| VersionAt {
        path: format!("/etc/kubernetes/manifests/{name}.yaml"),
        field: "/spec/containers/*/image".to_owned(),
    })
    .into()
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
