//! From a kube-bench configuration to a profile in YAML. What its audits look
//! at becomes typed reads; nothing of an audit is ever run. What has no
//! counterpart is left to a person, with the reason, and counted.

use std::collections::BTreeMap;

use cisb_contract::manifest::{Assessment, Benchmark};

use super::language::{Check, Group, Platform, Profile, Rule, Section};
use super::lower;
use super::mistake::{Mistake, Mistakes};
use super::pack::{self, PackError};
use super::schema;
use super::tree;

mod audit;
mod coverage;
mod emit;
mod flags;
mod items;
mod openshift;
mod policies;
mod read;
mod reason;
mod shell;
mod stat;
mod variables;

pub use coverage::{Count, Coverage, Kept};
pub use reason::{Reason, Why};

use audit::Looked;
use read::{Controls, Source};
use variables::Variables;

/// A file of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What messages call it.
    pub name: String,
    /// What it holds.
    pub text: String,
}

/// A configuration of kube-bench.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// What the profile is called: the folder's name.
    pub name: String,
    /// The files of checks, in any order.
    pub controls: Vec<File>,
    /// The `config.yaml` of all profiles, above the folder; none if absent.
    pub common: Option<File>,
    /// The `config.yaml` in the folder, which overrides it; none if absent.
    pub own: Option<File>,
}

/// What became of it.
#[derive(Debug)]
pub struct Imported {
    /// The profile, for `cisb profile build`.
    pub yaml: String,
    /// What was translated, and what was not.
    pub coverage: Coverage,
    /// What the person should know besides, each a line.
    pub notes: Vec<String>,
}

/// Why a configuration does not become a profile.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// What is written there cannot be read.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
    /// There is nothing to import.
    #[error(
        "{0} has no checks: name the folder of one benchmark, such as cfg/cis-1.12, whose YAML \
         files have `groups`"
    )]
    Empty(String),
    /// A fault of the build of cisb.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A fault of ours: what was made would not build.
    #[error("the profile made of it would not build: {0}; please report it")]
    Refused(Mistakes),
}

/// Turns a configuration of kube-bench into a profile in YAML.
pub fn kube_bench(configuration: &Configuration) -> Result<Imported, ImportError> {
    let mut variables = Variables::read(configuration)?;
    let mut all = Vec::new();
    for file in &configuration.controls {
        all.extend(read::controls(file)?);
    }
    if all
        .iter()
        .all(|controls| controls.checks().next().is_none())
    {
        return Err(ImportError::Empty(configuration.name.clone()));
    }
    all.sort_by_key(Controls::order);
    let platform = platform(&all);
    variables.platform = platform.map(Platform::word);
    let ready = &pack::ready()?.engine;
    let engine = platform.and_then(|p| ready.platforms.get(p.word()));
    let engine = engine.unwrap_or(ready);
    let mut import = Import {
        platform,
        ready,
        variables,
        engine,
        notes: Vec::new(),
        made: Vec::new(),
    };
    let mut profile = import.profile(configuration, &all);
    let yaml = import.settle(&mut profile)?;
    let coverage = Coverage::of(&profile.id, &all, &import.made);
    Ok(Imported {
        yaml,
        coverage,
        notes: import.notes,
    })
}

/// The platform whose only process the audits look for.
fn platform(all: &[Controls]) -> Option<Platform> {
    let checks = || all.iter().flat_map(Controls::checks);
    let any = |needle: &str| {
        let mut audits = checks().filter(|c| c.executed());
        audits.any(|c| c.audit.contains(needle) || c.config.contains(needle))
    };
    if any("journalctl -u k3s") || any("journalctl -m -u k3s") {
        return Some(Platform::K3s);
    }
    any("/var/snap/microk8s/").then_some(Platform::Microk8s)
}

/// What became of a check.
struct Made {
    /// The target of its section.
    target: String,
    /// Its id, as kube-bench has it.
    id: String,
    /// Whether kube-bench runs its audit.
    executed: bool,
    /// Why it was left to a person; none if it was translated.
    kept: Option<Why>,
}

struct Import<'a> {
    /// What runs every component in one process, if the audits are about that.
    platform: Option<Platform>,
    /// The engine as the profile is built with it.
    ready: &'a cisb_contract::engine::Engine,
    /// What of it is for the platform.
    variables: Variables,
    engine: &'a cisb_contract::engine::Engine,
    notes: Vec<String>,
    made: Vec<Made>,
}

impl Import<'_> {
    fn profile(&mut self, configuration: &Configuration, all: &[Controls]) -> Profile {
        let id = named(&configuration.name, "imported");
        let version = all.iter().find_map(|c| c.version.clone());
        let title = format!("{}, imported from kube-bench", configuration.name);
        let mut sections: Vec<Section> = Vec::new();
        let mut checks: Vec<Check> = Vec::new();
        let mut groups = Names::default();
        let mut parts = Names::default();
        let mut ids = Names::default();
        for controls in all {
            if controls.checks().next().is_none() {
                continue;
            }
            let mut section = Section {
                id: parts.fresh(&named(&controls.id, "0")),
                title: said(&controls.text, &controls.id),
                target: controls.target(),
                groups: Vec::new(),
            };
            for group in &controls.groups {
                if group.checks.is_empty() {
                    continue;
                }
                let name = groups.fresh(&named(&group.id, &controls.id));
                section.groups.push(Group {
                    id: name.clone(),
                    title: said(&group.text, &group.id),
                });
                for source in &group.checks {
                    let check_id = ids.fresh(&named(&source.id, &name));
                    if check_id != source.id {
                        self.notes.push(format!(
                            "{}: the id `{}` becomes `{check_id}`",
                            source.place, source.id
                        ));
                    }
                    checks.push(self.check(controls, group.skipped, source, check_id, &name));
                }
            }
            sections.push(section);
        }
        Profile {
            id,
            version: "0.1.0".to_owned(),
            epoch: 1,
            title,
            license: None,
            benchmark: version.map(|version| Benchmark {
                name: "imported from kube-bench".to_owned(),
                version,
                kubernetes: "*".to_owned(),
            }),
            applies: Vec::new(),
            platform: self.platform,
            versions: Vec::new(),
            target: None,
            sections,
            parameters: BTreeMap::new(),
            procedures: BTreeMap::new(),
            requests: Default::default(),
            checks,
        }
    }

    fn check(
        &mut self,
        controls: &Controls,
        skipped: bool,
        source: &Source,
        id: String,
        group: &str,
    ) -> Check {
        let executed = source.executed() && !skipped;
        let translated = match executed {
            true => self.translate(controls, source),
            false if skipped || source.kind == "skip" => Err(Reason::Skipped.into()),
            false if source.kind == "manual" => Err(Reason::Person.into()),
            false => Err(Reason::NoAudit.into()),
        };
        let (rule, kept) = match translated {
            Ok(rule) => (rule, None),
            Err(why) => (Rule::Ask(why.question(&source.audit)), Some(why)),
        };
        let assessment = kept.is_some().then_some(Assessment::Manual);
        self.made.push(Made {
            target: controls.target().word().to_owned(),
            id: source.id.clone(),
            executed,
            kept,
        });
        Check {
            title: said(&source.text, &source.id),
            scored: (!source.scored && assessment.is_none()).then_some(false),
            id,
            control: None,
            group: Some(group.to_owned()),
            component: None,
            level: 1,
            assessment,
            severity: cisb_contract::manifest::Severity::Medium,
            ownership: Default::default(),
            rationale: String::new(),
            remediation: source.remediation.trim().to_owned(),
            breaks: String::new(),
            procedure: String::new(),
            references: Vec::new(),
            why: String::new(),
            when: None,
            rule: Some(rule),
            uses: None,
            with: None,
        }
    }

    /// The rule that reads what an audit looks at and demands what its tests do.
    fn translate(&self, controls: &Controls, source: &Source) -> Result<Rule, Why> {
        if source.items.is_empty() {
            return Err(Reason::NoTests.into());
        }
        if let Some(rule) = policies::rule(source) {
            return rule;
        }
        if let Some(rule) = openshift::rule(source) {
            return rule;
        }
        let looked = audit::read(source, controls.target(), &self.variables)?;
        let fields = match &looked {
            Looked::Settings(component) if component == "kubelet" => openshift::told(source),
            _ => None,
        };
        let items = fields.as_ref().unwrap_or(&source.items);
        items::rule(&looked, items, &source.combined, self.engine)
    }

    /// Makes the YAML, and leaves to a person what would not build.
    fn settle(&mut self, profile: &mut Profile) -> Result<String, ImportError> {
        // Each round leaves at least one check more to a person.
        for _ in 0..=profile.checks.len() {
            let yaml = emit::profile(profile);
            let wrong = mistakes(profile, &yaml, self.ready);
            let Some(first) = wrong.first() else {
                return Ok(yaml);
            };
            let refused = |first: &Wrong| {
                ImportError::Refused(Mistakes {
                    file: profile.id.clone(),
                    all: vec![first.mistake.clone()],
                })
            };
            let error = refused(first);
            let mut changed = false;
            for one in &wrong {
                let found = one
                    .check
                    .and_then(|at| Some((profile.checks.get_mut(at)?, self.made.get_mut(at)?)));
                let Some((check, made)) = found else { continue };
                if made.kept.is_some() {
                    continue;
                }
                let why = Why::because(Reason::Refused, one.mistake.text.clone());
                check.rule = Some(Rule::Ask(why.question("")));
                check.assessment = Some(Assessment::Manual);
                check.scored = None;
                made.kept = Some(why);
                changed = true;
            }
            if !changed {
                return Err(error);
            }
        }
        Err(ImportError::Empty(profile.id.clone()))
    }
}

/// Something that would not build, and the check that it is in.
struct Wrong {
    check: Option<usize>,
    mistake: Mistake,
}

/// All that would not build.
fn mistakes(profile: &Profile, yaml: &str, engine: &cisb_contract::engine::Engine) -> Vec<Wrong> {
    let tree = match tree::read(yaml) {
        Ok(tree) => tree,
        Err(mistake) => {
            return vec![Wrong {
                check: None,
                mistake,
            }];
        }
    };
    let mut found = schema::hold(&tree, schema::Kind::Profile);
    if found.is_empty() {
        found = match lower::manifest(profile, &tree, engine, None) {
            Ok(_) => Vec::new(),
            Err(found) => found,
        };
    }
    let starts: Vec<u64> = (0..profile.checks.len())
        .map(|at| {
            let path = ["checks".to_owned(), at.to_string()];
            tree.nearest(&path).spot.line
        })
        .collect();
    found
        .into_iter()
        .map(|mistake| Wrong {
            check: starts.iter().rposition(|start| *start <= mistake.spot.line),
            mistake,
        })
        .collect()
}

/// Ids that are taken.
#[derive(Default)]
struct Names(BTreeMap<String, usize>);

impl Names {
    /// An id that is not taken yet.
    fn fresh(&mut self, id: &str) -> String {
        let mut name = id.to_owned();
        let mut count = 1;
        while self.0.contains_key(&name) {
            count += 1;
            let short: String = id.chars().take(56).collect();
            name = format!("{short}-{count}");
        }
        self.0.insert(name.clone(), count);
        name
    }
}

/// A text as an id.
fn named(text: &str, otherwise: &str) -> String {
    let kept: String = text
        .trim()
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || ".-_".contains(c) => c,
            _ => '-',
        })
        .take(64)
        .collect();
    let kept = kept.trim_start_matches('.').to_owned();
    match (kept.is_empty(), otherwise) {
        (false, _) => kept,
        (true, "") => "0".to_owned(),
        (true, otherwise) => named(otherwise, ""),
    }
}

/// A text in one line, or what stands in for it.
fn said(text: &str, otherwise: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match (text.is_empty(), otherwise.trim()) {
        (false, _) => text,
        (true, "") => "without a title".to_owned(),
        (true, otherwise) => otherwise.to_owned(),
    }
}

#[cfg(test)]
mod tests;
