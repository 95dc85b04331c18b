//! Which of the installed profiles fits a node: the predicates of their
//! manifests, held against the node. No platform is known here, and nothing is
//! guessed: where facts do not settle it, the answer is a question.

mod facts;

use std::fmt;

use cisb_contract::Manifest;
use cisb_contract::manifest::Applies;
use semver::{Version, VersionReq};

pub use facts::Facts;
use facts::{Said, bare};

/// A profile that could be taken.
#[derive(Debug)]
pub struct Candidate<T> {
    /// Where it is: what the caller gets back.
    pub place: T,
    /// What it says of itself.
    pub manifest: Manifest,
}

/// The profile that was taken, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice<T> {
    /// Where it is.
    pub place: T,
    /// What was found, and what was compared.
    pub why: String,
}

/// Facts do not say which profile fits.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DetectError {
    /// There is nothing to choose from.
    #[error(
        "no profile is named and none is installed: name one with --profile FILE, or the folder \
         that holds them with --profiles DIR"
    )]
    NoneInstalled,
    /// No predicate holds.
    #[error(
        "no installed profile fits this node: {facts}; to scan it all the same, name one with \
         --profile: {ids}"
    )]
    NoneFits {
        /// What was looked at.
        facts: String,
        /// What there is.
        ids: String,
    },
    /// Nothing states a version of Kubernetes.
    #[error(
        "which profile? {facts}, but nothing states its Kubernetes version ({missing}): choose \
         with --profile: {ids}"
    )]
    NoVersion {
        /// What holds.
        facts: String,
        /// Why there is no version.
        missing: String,
        /// Which fit but for the version.
        ids: String,
    },
    /// Older than anything.
    #[error(
        "which profile? the node runs Kubernetes {version}, older than every profile is for: \
         choose with --profile: {ids}"
    )]
    TooOld {
        /// The version.
        version: String,
        /// Those that fit, each with its range.
        ids: String,
    },
    /// Several fit equally.
    #[error("which profile? several fit equally ({facts}): choose with --profile: {ids}")]
    Several {
        /// What holds.
        facts: String,
        /// Those that fit.
        ids: String,
    },
}

/// A candidate whose predicates hold, but perhaps for the version.
struct Fit<'a, T> {
    candidate: &'a Candidate<T>,
    /// What holds, as a person reads it.
    held: Vec<String>,
    /// Whether the version lies in the range of the predicates.
    range: Ranged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ranged {
    Inside,
    /// The version is newer than any that the range holds.
    Newer,
    Older,
    /// There is no version to compare.
    Unknown,
}

/// Takes the profile with the most conditions that all hold; of several, the
/// one for the newest versions.
pub fn choose<T: Clone>(
    candidates: &[Candidate<T>],
    facts: &Facts<'_>,
) -> Result<Choice<T>, DetectError> {
    if candidates.is_empty() {
        return Err(DetectError::NoneInstalled);
    }
    let mut unmet = Vec::new();
    let mut fits: Vec<Fit<'_, T>> = candidates
        .iter()
        .filter_map(|candidate| fit(candidate, facts, &mut unmet))
        .collect();
    let Some(most) = fits.iter().map(|fit| fit.held.len()).max() else {
        unmet.sort();
        unmet.dedup();
        return Err(DetectError::NoneFits {
            facts: join(&unmet, "; "),
            ids: ids(candidates.iter()),
        });
    };
    fits.retain(|fit| fit.held.len() == most);
    let held = join(&fits[0].held, ", ");
    let all = ids(fits.iter().map(|fit| fit.candidate));

    if fits.iter().any(|fit| fit.range == Ranged::Unknown) && fits.len() > 1 {
        return Err(DetectError::NoVersion {
            facts: held,
            missing: facts.no_version(),
            ids: all,
        });
    }
    let inside: Vec<&Fit<'_, T>> = fits.iter().filter(|f| f.range == Ranged::Inside).collect();
    let newer: Vec<&Fit<'_, T>> = fits.iter().filter(|f| f.range == Ranged::Newer).collect();
    let unknown = fits.iter().filter(|f| f.range == Ranged::Unknown);
    let (best, note) = match (newest(&inside), newest(&newer)) {
        (best, _) if !best.is_empty() => (best, ""),
        (_, best) if !best.is_empty() => (best, ", newer than any profile is for"),
        _ => (unknown.collect(), ", version unknown"),
    };
    match best.as_slice() {
        [only] => Ok(Choice {
            place: only.candidate.place.clone(),
            why: format!(
                "detected: {}{}{note}",
                join(&only.held, ", "),
                facts.stated()
            ),
        }),
        [] => Err(DetectError::TooOld {
            version: facts
                .version()
                .map_or_else(String::new, ToString::to_string),
            ids: all,
        }),
        several => Err(DetectError::Several {
            facts: held,
            ids: ids(several.iter().map(|fit| fit.candidate)),
        }),
    }
}

/// Those for the newest versions; of several editions of one benchmark, the
/// last.
fn newest<'a, 'b, T>(fits: &[&'a Fit<'b, T>]) -> Vec<&'a Fit<'b, T>> {
    let benchmark = |fit: &Fit<'b, T>| &fit.candidate.manifest.benchmark;
    let best = |fits: &[&'a Fit<'b, T>], of: &dyn Fn(&Fit<'b, T>) -> Option<Version>| {
        let newest = fits.iter().map(|fit| of(fit)).max();
        fits.iter()
            .filter(|fit| Some(of(fit)) == newest)
            .copied()
            .collect::<Vec<_>>()
    };
    let newest = best(fits, &|fit| end(&benchmark(fit).kubernetes));
    let same = newest
        .windows(2)
        .all(|pair| benchmark(pair[0]).name == benchmark(pair[1]).name);
    match same {
        true => best(&newest, &|fit| bare(&benchmark(fit).version)),
        false => newest,
    }
}

/// The best of a candidate's alternatives: any one suffices.
fn fit<'a, T>(
    candidate: &'a Candidate<T>,
    facts: &Facts<'_>,
    unmet: &mut Vec<String>,
) -> Option<Fit<'a, T>> {
    let mut best: Option<Fit<'_, T>> = None;
    for applies in &candidate.manifest.applies {
        if let Some((held, range)) = holds(applies, facts, unmet)
            // Of equals the first says more about what runs.
            && best.as_ref().is_none_or(|best| held.len() > best.held.len())
        {
            best = Some(Fit {
                candidate,
                held,
                range,
            });
        }
    }
    best
}

/// What holds of a set of predicates, if all of it does. A fact that cannot be
/// had does not hold.
fn holds(
    applies: &Applies,
    facts: &Facts<'_>,
    unmet: &mut Vec<String>,
) -> Option<(Vec<String>, Ranged)> {
    let mut held = Vec::new();
    let mut asked = Vec::new();
    if !applies.executables.is_empty() {
        asked.push(facts.runs(&applies.executables));
    }
    if !applies.paths.is_empty() {
        asked.push(facts.exists(&applies.paths));
    }
    if !applies.absent_paths.is_empty() {
        asked.push(facts.absent(&applies.absent_paths));
    }
    if let Some(prefix) = &applies.provider_id_prefix {
        asked.push(facts.provider(prefix));
    }
    if let Some(label) = &applies.node_label {
        asked.push(facts.label(label));
    }
    if let Some(text) = &applies.version_contains {
        asked.push(facts.version_contains(text));
    }
    // An empty set fits nothing.
    let mut all = !asked.is_empty();
    for answer in asked {
        match answer {
            Said::Yes(what) => held.push(what),
            Said::No(what) => {
                unmet.push(what);
                all = false;
            }
        }
    }
    let range = match (applies.kubernetes.as_deref(), facts.version()) {
        (None, _) => Ranged::Inside,
        (Some(_), None) => Ranged::Unknown,
        (Some(range), Some(version)) => ranged(range, version),
    };
    all.then_some((held, range))
}

fn ranged(range: &str, version: &Version) -> Ranged {
    match VersionReq::parse(range) {
        Ok(parsed) if parsed.matches(version) => Ranged::Inside,
        Ok(_) if end(range).is_some_and(|end| *version >= end) => Ranged::Newer,
        Ok(_) => Ranged::Older,
        Err(_) => Ranged::Unknown,
    }
}

/// The first version past a range: what `<` names, or the next minor of what
/// `<=` names. A range without an end has none.
pub(crate) fn end(range: &str) -> Option<Version> {
    let parsed = VersionReq::parse(range).ok()?;
    parsed
        .comparators
        .iter()
        .filter_map(|it| {
            let minor = it.minor.unwrap_or_default();
            match it.op {
                semver::Op::Less => Some(Version::new(it.major, minor, it.patch.unwrap_or(0))),
                semver::Op::LessEq => Some(Version::new(it.major, minor + 1, 0)),
                _ => None,
            }
        })
        .max()
}

/// Ids with their ranges, in the order of versions.
fn ids<'a, T: 'a>(candidates: impl Iterator<Item = &'a Candidate<T>>) -> String {
    let mut all: Vec<(Option<Version>, String)> = candidates
        .map(|candidate| {
            let Manifest { id, benchmark, .. } = &candidate.manifest;
            let text = format!("{id} (Kubernetes {})", benchmark.kubernetes);
            (end(&benchmark.kubernetes), text)
        })
        .collect();
    all.sort();
    join(
        &all.into_iter().map(|(_, text)| text).collect::<Vec<_>>(),
        ", ",
    )
}

fn join(parts: &[impl fmt::Display], between: &str) -> String {
    let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
    parts.join(between)
}

/// The version that a text such as `v1.31.4-eks-1` states.
pub fn version(text: &str) -> Option<Version> {
    bare(text)
}

#[cfg(test)]
mod tests;
