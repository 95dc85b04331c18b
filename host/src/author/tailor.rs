//! Tailoring: what an overlay makes of another profile. The result is a profile
//! of its own, with the other one's code and a manifest that says what it was
//! made from and what was changed, and why.

mod component;
pub mod language;

use std::collections::BTreeSet;

use cisb_contract::Manifest;
use cisb_contract::asset;
use cisb_contract::manifest::{self, Assessment, Change, ParameterType, Tailoring};
use serde_json::Value;

use self::language::{Overlay, Weighed};
use super::language::{Group, Parameter, Profile, Section, Target};
use super::lower::{self, At, Base};
use super::mistake::{Mistake, Mistakes};
use super::pack::{self, Ready};
use super::schema::{Kind, among, hint};
use super::tree::Node;
use super::{AuthorError, Built, acceptable, said, typed};
use crate::cli::near;
use crate::profile::Verified;

/// An overlay, read and not yet held to what it extends.
#[derive(Debug)]
pub struct Read {
    file: String,
    overlay: Overlay,
    tree: Node,
}

/// What was made, and what of the overlay could be said better.
#[derive(Debug)]
pub struct Tailored {
    /// The profile.
    pub built: Built,
    /// The digest of what it was made from, where the overlay does not say it.
    pub unpinned: Option<String>,
}

/// Whether a text is an overlay.
pub fn is_overlay(text: &str) -> bool {
    super::tree::read(text).is_ok_and(|tree| tree.member("extends").is_some())
}

/// Reads an overlay; `file` is what messages call it.
pub fn read(file: &str, text: &str) -> Result<Read, Mistakes> {
    let (overlay, tree) = typed(file, text, Kind::Overlay)?;
    Ok(Read {
        file: file.to_owned(),
        overlay,
        tree,
    })
}

impl Read {
    /// What it extends: an id or a file.
    pub fn extends(&self) -> &str {
        &self.overlay.extends
    }

    /// A mistake in what it extends.
    pub fn no_such(&self, why: &str) -> Mistakes {
        let spot = self.tree.nearest(&["extends".to_owned()]).spot;
        said(&self.file, vec![Mistake::at(spot, why)])
    }

    /// Makes the profile.
    pub fn build(&self, base: &Verified) -> Result<Tailored, AuthorError> {
        let ready = pack::ready()?;
        let code = component::code(base.bytes())
            .ok_or_else(|| self.no_such("its component cannot be taken apart"))?;
        let mut tailor = Tailor {
            overlay: &self.overlay,
            file: &self.tree,
            manifest: base.manifest().clone(),
            changes: Vec::new(),
            mistakes: Vec::new(),
        };
        tailor.all(base, ready, &code);
        let Tailor {
            manifest, mistakes, ..
        } = tailor;
        if !mistakes.is_empty() {
            return Err(said(&self.file, mistakes).into());
        }
        acceptable(&self.file, &manifest)?;
        let code = match ready.variant(&code) {
            // The same engine, with an import for each thing that it asks for.
            Some(_) => ready.components.get(asset::variant(&manifest.requests)),
            None => None,
        }
        .map_or(code.as_slice(), Vec::as_slice);
        Ok(Tailored {
            unpinned: match self.overlay.digest {
                Some(_) => None,
                None => Some(format!("sha256:{}", base.digest())),
            },
            built: Built {
                limits: None,
                component: pack::describe(code.to_vec(), &manifest, None)?,
                manifest,
            },
        })
    }
}

struct Tailor<'a> {
    overlay: &'a Overlay,
    file: &'a Node,
    /// The other profile's, which becomes that of the new one.
    manifest: Manifest,
    changes: Vec<Change>,
    mistakes: Vec<Mistake>,
}

impl Tailor<'_> {
    fn wrong(&mut self, at: &At, text: impl Into<String>) {
        let spot = self.file.nearest(&at.0).spot;
        self.mistakes.push(Mistake::at(spot, text));
    }

    fn all(&mut self, base: &Verified, ready: &Ready, code: &[u8]) {
        self.about(base);
        self.decisions();
        self.weights();
        self.parameters();
        self.added(base, ready, code);
        if self.changes.is_empty() && self.mistakes.is_empty() {
            let text = "nothing is changed: write `skip`, `manual`, `change`, `parameters` or \
                        `add`";
            self.wrong(&At::default(), text);
        }
        let overlay = self.overlay;
        let made_from = Tailoring {
            id: self.manifest.id.clone(),
            version: self.manifest.version.clone(),
            digest: format!("sha256:{}", base.digest()),
            changes: std::mem::take(&mut self.changes),
        };
        let manifest = &mut self.manifest;
        manifest.tailored.push(made_from);
        manifest.id.clone_from(&overlay.id);
        manifest.version.clone_from(&overlay.version);
        manifest.epoch = overlay.epoch;
        manifest.title = overlay.title.trim().to_owned();
        manifest.applies.clone_from(&overlay.applies);
    }

    /// The overlay's own members.
    fn about(&mut self, base: &Verified) {
        let overlay = self.overlay;
        let top = At::default();
        let is = format!("sha256:{}", base.digest());
        let is_digest = |text: &str| {
            let hex = text.strip_prefix("sha256:").unwrap_or_default();
            hex.len() == 64
                && hex
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        if let Some(wanted) = overlay.digest.as_ref().filter(|d| !is_digest(d)) {
            let text = format!(
                "`{wanted}` is no digest: write `sha256:` and 64 digits, as `cisb profile inspect` \
                 prints it"
            );
            self.wrong(&top.to("digest"), text);
        } else if let Some(wanted) = &overlay.digest
            && *wanted != is
        {
            let text = format!(
                "{} {} is {is}, not what is pinned here: read what changed, and then pin that",
                self.manifest.id, self.manifest.version
            );
            self.wrong(&top.to("digest"), text);
        }
        if overlay.id == self.manifest.id {
            let text = format!(
                "`{}` is the id of what this extends: choose one of your own",
                overlay.id
            );
            self.wrong(&top.to("id"), text);
        }
        if !lower::is_name(&overlay.id) {
            let text = format!(
                "`{}` is no id: use letters, digits, `.`, `-` and `_`, 64 at most",
                overlay.id
            );
            self.wrong(&top.to("id"), text);
        }
        if overlay.title.trim().is_empty() {
            let text = "the title is empty: say what this profile is for";
            self.wrong(&top.to("title"), text);
        }
        if semver::Version::parse(&overlay.version).is_err() {
            let text = format!(
                "`{}` is no version: write three numbers, such as 1.0.0",
                overlay.version
            );
            self.wrong(&top.to("version"), text);
        }
        for (i, applies) in overlay.applies.iter().enumerate() {
            if let Some(range) = &applies.kubernetes
                && let Err(error) = semver::VersionReq::parse(range)
            {
                let at = top.to("applies").to(i).to("kubernetes");
                let text =
                    format!("`{range}` is no range of versions such as `>=1.28, <1.32`: {error}");
                self.wrong(&at, text);
            }
        }
    }

    /// A reason that somebody can read, as a sentence in one line.
    fn reason(&mut self, reason: &str, at: &At) -> String {
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        if reason.is_empty() {
            let text = "the reason is empty: whoever reads the report asks for it";
            self.wrong(&at.to("reason"), text);
        }
        reason
    }

    /// The place of a check of the other profile.
    fn check(&mut self, id: &str, at: &At) -> Option<usize> {
        let found = self.manifest.checks.iter().position(|c| c.id == id);
        if found.is_none() {
            let ids = self.manifest.checks.iter().map(|c| c.id.as_str());
            let near = near::closest(id, ids);
            let end = match near.is_empty() {
                true => format!(
                    ": `cisb profile inspect {}` lists them",
                    self.overlay.extends
                ),
                false => hint(&near),
            };
            let text = format!("{} has no check `{id}`{end}", self.manifest.id);
            self.wrong(&at.to("check"), text);
        }
        found
    }

    fn decisions(&mut self) {
        let overlay = self.overlay;
        let mut seen = BTreeSet::new();
        let skipped = overlay.skip.iter().enumerate();
        let skipped = skipped.map(|(i, one)| (one, At::default().to("skip").to(i), true));
        let manual = overlay.manual.iter().enumerate();
        let manual = manual.map(|(i, one)| (one, At::default().to("manual").to(i), false));
        for (decided, at, skip) in skipped.chain(manual) {
            let reason = self.reason(&decided.reason, &at);
            let check = decided.check.clone();
            let Some(place) = self.check(&check, &at) else {
                continue;
            };
            if !seen.insert(&decided.check) {
                let text = format!(
                    "of the check `{check}` something else is decided above: leave one out"
                );
                self.wrong(&at.to("check"), text);
                continue;
            }
            if skip {
                self.changes.push(Change::Skip { check, reason });
                continue;
            }
            if let Some(found) = self.manifest.checks.get_mut(place) {
                found.assessment = Assessment::Manual;
                found.judged = false;
            }
            self.changes.push(Change::Manual { check, reason });
        }
    }

    fn weights(&mut self) {
        let mut seen = BTreeSet::new();
        for (i, weighed) in self.overlay.change.iter().enumerate() {
            let at = At::default().to("change").to(i);
            let Weighed {
                check,
                severity,
                level,
                reason,
            } = weighed;
            let reason = self.reason(reason, &at);
            let Some(place) = self.check(check, &at) else {
                continue;
            };
            if !seen.insert(check) {
                let text = format!("the check `{check}` is changed above: write it in one place");
                self.wrong(&at.to("check"), text);
            }
            let Some(found) = self.manifest.checks.get_mut(place) else {
                continue;
            };
            let (was, stood) = (found.severity, found.level);
            let mut same = Vec::new();
            if let Some(to) = *severity {
                found.severity = to;
                match to == was {
                    true => same.push("severity"),
                    false => self.changes.push(Change::Severity {
                        check: check.clone(),
                        from: was,
                        to,
                        reason: reason.clone(),
                    }),
                }
            }
            if let Some(to) = *level {
                found.level = to;
                match to == stood {
                    true => same.push("level"),
                    false => self.changes.push(Change::Level {
                        check: check.clone(),
                        from: stood,
                        to,
                        reason,
                    }),
                }
            }
            for member in same {
                let text = format!("this is the {member} that `{check}` has: leave it out");
                self.wrong(&at.to(member), text);
            }
        }
    }

    fn parameters(&mut self) {
        for (name, new) in &self.overlay.parameters {
            let at = At::default().to("parameters").to(name);
            let reason = self.reason(&new.reason, &at);
            let known = &mut self.manifest.parameters;
            let Some(parameter) = known.iter_mut().find(|p| p.name == *name) else {
                let names = self.manifest.parameters.iter().map(|p| p.name.as_str());
                let names: Vec<&str> = names.collect();
                let near = near::closest(name, names.iter().copied());
                let end = match (near.is_empty(), names.is_empty()) {
                    (false, _) => hint(&near),
                    (true, false) => format!(": there are {}", among(&names)),
                    (true, true) => ", and no other".to_owned(),
                };
                let text = format!("{} has no parameter `{name}`{end}", self.manifest.id);
                self.wrong(&at, text);
                continue;
            };
            let (is, wanted) = match parameter.kind {
                ParameterType::String => (new.value.is_string(), "a text"),
                ParameterType::Boolean => (new.value.is_boolean(), "true or false"),
                ParameterType::Integer => (new.value.is_i64(), "a whole number"),
                ParameterType::List => (is_texts(&new.value), "a list of texts"),
            };
            let from = std::mem::replace(&mut parameter.default, new.value.clone());
            if !is {
                let found = self.file.nearest(&at.to("value").0).kind();
                let text = format!("the parameter `{name}` is {wanted}, and this is {found}");
                self.wrong(&at.to("value"), text);
            } else if from == new.value {
                let text = format!("this is the value that `{name}` has: leave it out");
                self.wrong(&at.to("value"), text);
            }
            self.changes.push(Change::Parameter {
                name: name.clone(),
                from,
                to: new.value.clone(),
                reason,
            });
        }
    }

    fn added(&mut self, base: &Verified, ready: &Ready, code: &[u8]) {
        let overlay = self.overlay;
        let mut places = Vec::new();
        for (i, added) in overlay.add.iter().enumerate() {
            let at = At::default().to("add").to(i);
            let reason = self.reason(&added.reason, &at);
            let check = added.check.id.clone();
            let at = at.to("check");
            let before = overlay.add.iter().take(i);
            if before.into_iter().any(|other| other.check.id == check) {
                let text = format!("the id `{check}` is taken by a check above: choose another");
                self.wrong(&at.to("id"), text);
            }
            if self.manifest.checks.iter().any(|c| c.id == check) {
                let text = format!(
                    "the id `{check}` is taken by a check of {}: choose another, or `skip` that \
                     one and say in whose place this stands",
                    self.manifest.id
                );
                self.wrong(&at.to("id"), text);
            }
            self.changes.push(Change::Add { check, reason });
            places.push(at);
        }
        self.sections();
        if overlay.add.is_empty() {
            return;
        }
        let profile = self.profile();
        let requests = self.manifest.requests.clone();
        let variant = ready.variant(code);
        let rules = self.manifest.rules.clone();
        let of = Base {
            id: &self.manifest.id.clone(),
            requests: &requests,
            rules: &rules,
            is_engine: variant.is_some(),
        };
        match lower::added(&profile, &places, self.file, &ready.engine, &of) {
            Ok((checks, requests)) => {
                if variant.is_none() {
                    self.reachable(&requests, base.imports());
                }
                self.manifest.checks.extend(checks);
                self.manifest.requests = requests;
            }
            Err(mistakes) => self.mistakes.extend(mistakes),
        }
    }

    /// Whether the code imports what is newly asked for.
    fn reachable(&mut self, requests: &manifest::Requests, imports: &[String]) {
        let id = self.manifest.id.clone();
        for (interface, asked) in [
            (
                "files",
                !requests.files.is_empty() || !requests.named.is_empty(),
            ),
            ("processes", !requests.processes.is_empty()),
            ("kubernetes", !requests.kubernetes.is_empty()),
        ] {
            let start = format!("cisb:host/{interface}@");
            if asked && !imports.iter().any(|import| import.starts_with(&start)) {
                let text = format!(
                    "{id} does not import cisb:host/{interface}, so no check of it can look there: \
                     put these checks into a profile of its own, and scan with both, --profile \
                     after --profile"
                );
                self.wrong(&At::default().to("add"), text);
            }
        }
    }

    /// The sections, with those that are added.
    fn sections(&mut self) {
        let overlay = self.overlay;
        for (i, section) in overlay.sections.iter().enumerate() {
            let at = At::default().to("sections").to(i);
            if self.manifest.sections.iter().any(|s| s.id == section.id) {
                let text = format!("there is a section `{}`: choose another id", section.id);
                self.wrong(&at.to("id"), text);
            }
            for (g, group) in section.groups.iter().enumerate() {
                let mut known = self.manifest.sections.iter().flat_map(|s| &s.groups);
                if known.any(|k| k.id == group.id) {
                    let at = at.to("groups").to(g).to("id");
                    self.wrong(
                        &at,
                        format!("there is a group `{}`: choose another id", group.id),
                    );
                }
            }
            self.manifest.sections.push(manifest::Section {
                id: section.id.clone(),
                title: section.title.clone(),
                target: section.target.word().to_owned(),
                groups: section.groups.iter().map(group).collect(),
            });
        }
    }

    /// The added checks as a profile, with what the other one has that they may
    /// name.
    fn profile(&self) -> Profile {
        let Overlay { id, title, .. } = self.overlay;
        let sections = self.manifest.sections.iter().map(|section| Section {
            id: section.id.clone(),
            title: section.title.clone(),
            target: Target::default(),
            groups: section
                .groups
                .iter()
                .map(|group| Group {
                    id: group.id.clone(),
                    title: group.title.clone(),
                })
                .collect(),
        });
        let parameters = self.manifest.parameters.iter().map(|p| {
            let parameter = Parameter {
                kind: p.kind,
                default: p.default.clone(),
                description: p.description.clone(),
            };
            (p.name.clone(), parameter)
        });
        Profile {
            id: id.clone(),
            version: self.overlay.version.clone(),
            epoch: self.overlay.epoch,
            title: title.clone(),
            license: None,
            benchmark: None,
            applies: Vec::new(),
            platform: self.overlay.platform,
            versions: Vec::new(),
            target: None,
            sections: sections.collect(),
            parameters: parameters.collect(),
            procedures: self.manifest.procedures.clone(),
            requests: self.overlay.requests.clone(),
            checks: self.overlay.add.iter().map(|a| a.check.clone()).collect(),
        }
    }
}

fn group(group: &Group) -> manifest::Group {
    manifest::Group {
        id: group.id.clone(),
        title: group.title.clone(),
    }
}

fn is_texts(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|all| all.iter().all(Value::is_string))
}
