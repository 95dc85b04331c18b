//! Joins a profile's table with the controls' rules and words to the manifest
//! that its component carries. Runs when a profile is built, never inside it.

use std::collections::{BTreeMap, BTreeSet};

use cisb_sdk::contract::manifest::{
    Check, Group, Manifest, Ownership, Parameter, ParameterType, Procedure, Remediation, Requests,
    Section, VersionAt,
};
use cisb_sdk::contract::{MANIFEST_SCHEMA, WORLD};
use cisb_sdk::rule::Rule;

use crate::control::{Control, Decided, Words};
use crate::platform::Platform;
use crate::table::{self, Counted, Row, Table};

/// Why a profile cannot be assembled: a table and the catalogue disagree.
#[derive(Debug, PartialEq, Eq)]
pub struct Mismatch(pub String);

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

/// The kinds of rule that the code of every profile evaluates, whatever its
/// platform: functions are for the catalogue's own controls.
const EVALUATED: [&str; 4] = ["setting", "files", "all-of", "any-of"];

/// Assembles a manifest.
pub fn manifest(table: &Table) -> Result<Manifest, Mismatch> {
    let platform = platform(table)?;
    let controls = platform.controls();
    let mut checks = Vec::new();
    for (group, row) in table.rows() {
        let control = control(platform, &controls, row)?;
        checks.push(check(platform, group, row, &control)?);
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
        tailored: Vec::new(),
        rules: EVALUATED.map(str::to_owned).to_vec(),
        versions: versions(platform),
        requests: only(platform.requests(), &used)?,
        parameters: parameters(platform),
        procedures: procedures(platform, &wanted)?,
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

/// The features of this package that build a profile's code, with commas
/// between: its platform's, and those of functions that few profiles ask for.
pub fn features(platform: &Platform, manifest: &Manifest) -> String {
    let mut features: Vec<&str> = platform.code.feature().into_iter().collect();
    let asks = |check: &Check| check.with["code"]["name"] == "units-address-filter";
    if manifest.checks.iter().any(asks) {
        features.push("units");
    }
    features.join(",")
}

/// The platform that a table names.
pub fn platform(table: &Table) -> Result<&'static Platform, Mismatch> {
    table
        .platform()
        .ok_or_else(|| Mismatch(format!("no platform `{}`", table.platform)))
}

/// The control of a row. What is the provider's nobody else can look at: it is
/// not assessed, whatever the control says elsewhere.
pub fn control(
    platform: &Platform,
    controls: &[Control],
    Row(id, name, _, _, _, ownership): &Row,
) -> Result<Control, Mismatch> {
    let mut control = controls
        .iter()
        .find(|c| c.name == name)
        .cloned()
        .ok_or_else(|| Mismatch(format!("{id}: no control `{name}`")))?;
    if *ownership == Ownership::Provider {
        let Some(provider) = platform.provider else {
            let name = platform.name;
            return Err(Mismatch(format!("{id}: {name} names no provider")));
        };
        control.uses = &[];
        control.decided = Decided::ByPerson("the provider's: not to be seen from here");
        control.rule = Rule::Code {
            name: "asked".to_owned(),
            with: serde_json::json!({
                "look": format!(
                    "{} runs this part of the cluster; {}",
                    provider.name, provider.evidence
                ),
            })
            .into(),
        };
    }
    Ok(control)
}

fn check(
    platform: &Platform,
    group: &table::Group,
    row: &Row,
    control: &Control,
) -> Result<Check, Mismatch> {
    let Row(id, _, level, assessment, counted, ownership) = row;
    let words = platform
        .words(control.name)
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
        ownership: *ownership,
        judged: matches!(control.decided, Decided::ByFacts(_)),
        rationale: match (ownership, platform.provider) {
            // One sentence for all of them: a manifest has room for a line on each.
            (Ownership::Provider, Some(provider)) => format!(
                "{} alone sees and sets this: dated evidence of it stands in for a look of one's own.",
                provider.name
            ),
            _ => words.rationale.to_owned(),
        },
        remediation: remediation(platform, words, *ownership),
        // What is the provider's points to its evidence, not to how others set it.
        references: match ownership {
            Ownership::Provider => Vec::new(),
            _ => words.references.iter().map(|r| (*r).to_owned()).collect(),
        },
        uses: control.uses.iter().map(|u| (*u).to_owned()).collect(),
        with: serde_json::to_value(&control.rule)
            .map_err(|e| Mismatch(format!("{}: {e}", control.name)))?,
    })
}

/// What to change. What is the provider's nobody else can.
fn remediation(platform: &Platform, words: &Words, ownership: Ownership) -> Remediation {
    match (ownership, platform.provider) {
        (Ownership::Provider, Some(provider)) => Remediation {
            procedure: String::new(),
            set: format!(
                "Nothing to change here: get dated evidence from {} and attest it",
                provider.name
            ),
            breaks: String::new(),
        },
        _ => Remediation {
            procedure: words.procedure.to_owned(),
            set: words.set.to_owned(),
            breaks: words.breaks.to_owned(),
        },
    }
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

fn procedures(
    platform: &Platform,
    wanted: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Procedure>, Mismatch> {
    wanted
        .iter()
        .filter(|name| !name.is_empty())
        .map(|name| {
            let p = platform
                .procedure(name)
                .ok_or_else(|| Mismatch(format!("no procedure `{name}`")))?;
            let procedure = Procedure {
                change: p.change.to_owned(),
                effect: p.effect.to_owned(),
                rollback: p.rollback.to_owned(),
                verify: p.verify.to_owned(),
            };
            Ok((p.name.to_owned(), procedure))
        })
        .collect()
}

/// Where the platform's documents state the version of Kubernetes.
fn versions(platform: &Platform) -> Vec<VersionAt> {
    let at = |(path, field): &(&str, &str)| VersionAt {
        path: (*path).to_owned(),
        field: (*field).to_owned(),
    };
    platform.versions.iter().map(at).collect()
}

/// What an operator may set for every profile of the catalogue.
fn parameters(platform: &Platform) -> Vec<Parameter> {
    let mut parameters = parameters_of_all();
    parameters.extend(crate::policies::parameters(platform.code));
    parameters
}

/// What an operator may set for every profile whose rules are about components.
pub fn parameters_of_all() -> Vec<Parameter> {
    vec![Parameter {
        name: "kubernetes-version".to_owned(),
        kind: ParameterType::String,
        default: "".into(),
        description: "the node's Kubernetes version, such as v1.30.2, where nothing on the node \
                      states it"
            .to_owned(),
    }]
}
