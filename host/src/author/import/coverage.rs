//! How much of a configuration was translated: by section, in total, and why
//! the rest was not.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::Made;
use super::read::Controls;
use super::reason::Reason;

/// The coverage of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Coverage {
    /// The profile.
    pub profile: String,
    /// By section, in the order of the profile.
    pub sections: Vec<Count>,
    /// All of them.
    pub total: Count,
    /// Each check that kube-bench runs and that was left to a person.
    pub kept: Vec<Kept>,
}

/// What came of a section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Count {
    /// The section; `total` for all.
    pub section: String,
    /// Its checks.
    pub checks: usize,
    /// Those whose audit kube-bench runs.
    pub executed: usize,
    /// Those of them that became rules.
    pub translated: usize,
    /// Checks that were left to a person, by reason.
    pub manual: BTreeMap<Reason, usize>,
}

/// A check that kube-bench runs and that was left to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Kept {
    /// Its section.
    pub section: String,
    /// Its id, as kube-bench has it.
    pub id: String,
    /// Why, as it is counted.
    pub reason: Reason,
    /// What it was; empty if the reason says all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Coverage {
    /// Counts.
    pub(super) fn of(profile: &str, all: &[Controls], made: &[Made]) -> Self {
        let mut coverage = Self {
            profile: profile.to_owned(),
            sections: Vec::new(),
            total: Count {
                section: "total".to_owned(),
                ..Count::default()
            },
            kept: Vec::new(),
        };
        for controls in all {
            let section = controls.target().word();
            if !coverage.sections.iter().any(|s| s.section == section)
                && controls.checks().next().is_some()
            {
                coverage.sections.push(Count {
                    section: section.to_owned(),
                    ..Count::default()
                });
            }
        }
        for one in made {
            let Coverage {
                sections, total, ..
            } = &mut coverage;
            let of = sections.iter_mut().filter(|s| s.section == one.target);
            for count in of.chain([total]) {
                count.checks += 1;
                count.executed += usize::from(one.executed);
                match &one.kept {
                    None => count.translated += 1,
                    Some(why) => *count.manual.entry(why.reason).or_default() += 1,
                }
            }
            if let (true, Some(why)) = (one.executed, &one.kept) {
                coverage.kept.push(Kept {
                    section: one.target.clone(),
                    id: one.id.clone(),
                    reason: why.reason,
                    detail: why.detail.clone(),
                });
            }
        }
        coverage
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let wide = |name: &str| name.len();
        let names = self.sections.iter().map(|s| wide(&s.section));
        let width = names.max().unwrap_or_default().max(7);
        let _ = writeln!(
            text,
            "{:width$}  checks  executed  translated  share",
            "section"
        );
        for count in self.sections.iter().chain([&self.total]) {
            let _ = writeln!(
                text,
                "{:width$}  {:6}  {:8}  {:10}  {}",
                count.section,
                count.checks,
                count.executed,
                count.translated,
                count.share()
            );
        }
        if !self.total.manual.is_empty() {
            text.push_str("\nleft to a person:\n");
        }
        for (reason, count) in &self.total.manual {
            let _ = writeln!(text, "{count:5}  {}", reason.sentence());
        }
        if !self.kept.is_empty() {
            text.push_str("\nexecuted by kube-bench, not translated:\n");
        }
        for kept in &self.kept {
            let detail = match kept.detail.as_str() {
                "" => kept.reason.sentence(),
                detail => detail,
            };
            let _ = writeln!(text, "  {} {}: {detail}", kept.section, kept.id);
        }
        text
    }
}

impl Count {
    /// The share of the executed audits that became rules.
    fn share(&self) -> String {
        match (self.translated * 1000).checked_div(self.executed) {
            Some(share) => format!("{}.{} %", share / 10, share % 10),
            None => "none".to_owned(),
        }
    }
}
