//! Which checks a person selected, checked against what the profiles declare.

use std::collections::BTreeSet;

use cisb_contract::Manifest;
use cisb_contract::manifest::Check;

use super::section_of;
use crate::profile::manifest::TARGETS;
use crate::request::Selection;

/// A selection whose every name exists.
#[derive(Debug)]
pub(super) struct Selected {
    wanted: Selection,
}

impl Selected {
    /// Checks every name. With no readable manifest nothing can be said of
    /// names, and the profile's refusal is the report.
    pub(super) fn resolve<'a>(
        wanted: &Selection,
        manifests: impl Iterator<Item = &'a Manifest>,
    ) -> Result<Self, String> {
        let (mut targets, mut groups, mut checks) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for manifest in manifests {
            for section in &manifest.sections {
                targets.insert(section.target.as_str());
                groups.insert(section.id.as_str());
                groups.extend(section.groups.iter().map(|g| g.id.as_str()));
            }
            checks.extend(manifest.checks.iter().map(|c| c.id.as_str()));
        }
        if !checks.is_empty() {
            let known = |names: &[String], kind: &str, valid: &[&BTreeSet<&str>]| match names
                .iter()
                .find(|name| !valid.iter().any(|set| set.contains(name.as_str())))
            {
                Some(name) => Err(unknown(
                    kind,
                    name,
                    valid.iter().flat_map(|set| set.iter().copied()),
                )),
                None => Ok(()),
            };
            for name in &wanted.targets {
                if !targets.contains(name.as_str()) && TARGETS.contains(&name.as_str()) {
                    return Err(format!(
                        "the profile has no target `{name}`; it has {}",
                        targets.iter().copied().collect::<Vec<_>>().join(", ")
                    ));
                }
            }
            known(&wanted.targets, "target", &[&targets])?;
            known(&wanted.checks, "check", &[&checks])?;
            known(&wanted.groups, "group", &[&groups])?;
            if !wanted.skip_strangers {
                known(&wanted.skip, "check or group", &[&checks, &groups])?;
            }
        }
        Ok(Self {
            wanted: wanted.clone(),
        })
    }

    /// Whether a check is in the report.
    pub(super) fn includes(&self, manifest: &Manifest, check: &Check) -> bool {
        let wanted = &self.wanted;
        let place = section_of(manifest, check);
        let target = place.map_or("", |(section, _)| section.target.as_str());
        let listed =
            |names: &[String], name: &str| names.is_empty() || names.iter().any(|n| n == name);
        let in_group = wanted.groups.is_empty()
            || wanted
                .groups
                .iter()
                .any(|g| *g == check.group || place.is_some_and(|(section, _)| section.id == *g));
        listed(&wanted.targets, target)
            && listed(&wanted.checks, &check.id)
            && in_group
            && wanted.level.is_none_or(|level| check.level <= level)
            && wanted.scored.is_none_or(|scored| check.scored == scored)
    }

    /// Whether a check of the report is not run.
    pub(super) fn skips(&self, check: &Check) -> bool {
        self.wanted.skip.iter().any(|name| {
            *name == check.id
                || *name == check.group
                || check
                    .group
                    .split_once('.')
                    .is_some_and(|(section, _)| section == name)
        })
    }
}

/// Says that a name does not exist, and which ones are near it.
pub(super) fn unknown<'a>(kind: &str, name: &str, valid: impl Iterator<Item = &'a str>) -> String {
    let mut valid: Vec<&str> = valid.collect();
    valid.sort_unstable();
    valid.dedup();
    let mut near: Vec<(usize, &str)> = valid
        .iter()
        .map(|v| (strsim::damerau_levenshtein(name, v), *v))
        .filter(|(distance, v)| *distance <= (v.len() / 3).max(1))
        .collect();
    near.sort_unstable();
    let shown = name.escape_debug();
    let words = match near.as_slice() {
        [] if valid.len() <= 12 => format!("there are {}", valid.join(", ")),
        [] => format!(
            "there are {} of them: list them with `cisb profile inspect FILE`",
            valid.len()
        ),
        near => format!(
            "did you mean {}?",
            near.iter()
                .take(4)
                .map(|(_, v)| *v)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    format!("there is no {kind} `{shown}`; {words}")
}
