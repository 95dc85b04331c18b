//! The findings in the benchmark's order, for outputs that print sections and
//! groups, and the four states that such outputs know.

use cisb_contract::manifest::Assessment;

use super::{ProfileRun, Report};
use crate::finding::{Finding, Verdict};

/// The four states of kube-bench, in the order in which they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Pass,
    Fail,
    Warn,
    Info,
}

impl State {
    pub(crate) const ALL: [Self; 4] = [Self::Pass, Self::Fail, Self::Warn, Self::Info];

    pub(crate) fn of(finding: &Finding) -> Self {
        match finding.verdict {
            _ if finding.skipped => Self::Info,
            Verdict::Pass => Self::Pass,
            Verdict::Fail if finding.scored => Self::Fail,
            Verdict::Fail | Verdict::Manual | Verdict::Error => Self::Warn,
            Verdict::NotApplicable => Self::Info,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Warn => "WARN",
            Self::Info => "INFO",
        }
    }
}

/// How many findings are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally([usize; 4]);

impl Tally {
    pub(crate) fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut tally = Self::default();
        for finding in findings {
            tally.0[State::of(finding) as usize] += 1;
        }
        tally
    }

    pub(crate) fn get(self, state: State) -> usize {
        self.0[state as usize]
    }
}

/// A title as people grep it.
pub(crate) fn title(finding: &Finding) -> String {
    let assessment = match finding.assessment {
        Assessment::Automated => "Automated",
        Assessment::Manual => "Manual",
    };
    format!("{} ({assessment})", finding.title)
}

/// A section with findings.
#[derive(Debug)]
pub(crate) struct SectionView<'a> {
    pub(crate) profile: &'a str,
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) target: &'a str,
    pub(crate) groups: Vec<GroupView<'a>>,
}

impl<'a> SectionView<'a> {
    pub(crate) fn findings(&self) -> impl Iterator<Item = &'a Finding> + '_ {
        self.groups
            .iter()
            .flat_map(|group| &group.findings)
            .copied()
    }
}

/// A group with findings.
#[derive(Debug)]
pub(crate) struct GroupView<'a> {
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) findings: Vec<&'a Finding>,
}

/// Every finding of the report in exactly one group. What no profile has a
/// place for comes last, in sections made for it: nothing is lost.
pub(crate) fn sections(report: &Report) -> Vec<SectionView<'_>> {
    laid_out(report, |_| false)
}

/// [`sections`], and those of the named targets (of all, if none is named) also
/// where nothing of them was selected: each control file of kube-bench's is in
/// its output, sorted by the number it bears.
pub(crate) fn whole_sections<'a>(report: &'a Report, targets: &[String]) -> Vec<SectionView<'a>> {
    let mut views = laid_out(report, |target| {
        targets.is_empty() || targets.iter().any(|named| named == target)
    });
    let place = |view: &SectionView<'_>| {
        let of = |profile: &ProfileRun| profile.id == view.profile;
        let profile = report.profiles.iter().position(of).unwrap_or(usize::MAX);
        (profile, view.id.parse::<u64>().unwrap_or(u64::MAX))
    };
    views.sort_by_key(place);
    views
}

fn laid_out(report: &Report, keeps: impl Fn(&str) -> bool) -> Vec<SectionView<'_>> {
    let mut taken = vec![false; report.findings.len()];
    let mut views = Vec::new();
    for profile in &report.profiles {
        views.extend(sections_of(report, profile, &keeps, &mut taken));
    }
    for (finding, _) in report
        .findings
        .iter()
        .zip(taken)
        .filter(|(_, taken)| !taken)
    {
        let group = GroupView {
            id: &finding.section,
            title: "",
            findings: vec![finding],
        };
        views.push(SectionView {
            profile: &finding.profile,
            id: &finding.section,
            title: "",
            target: &finding.target,
            groups: vec![group],
        });
    }
    views
}

fn sections_of<'a>(
    report: &'a Report,
    profile: &'a ProfileRun,
    keeps: &impl Fn(&str) -> bool,
    taken: &mut [bool],
) -> Vec<SectionView<'a>> {
    let mut views = Vec::new();
    for section in &profile.sections {
        let mut groups = Vec::new();
        for group in &section.groups {
            let mut findings = Vec::new();
            for (finding, taken) in report.findings.iter().zip(taken.iter_mut()) {
                let belongs = finding.profile == profile.id
                    && finding.section == group.id
                    && finding.target == section.target;
                if belongs && !*taken {
                    *taken = true;
                    findings.push(finding);
                }
            }
            if !findings.is_empty() {
                groups.push(GroupView {
                    id: &group.id,
                    title: &group.title,
                    findings,
                });
            }
        }
        let kept = profile.refused.is_none() && keeps(&section.target);
        if !groups.is_empty() || kept {
            views.push(SectionView {
                profile: &profile.id,
                id: &section.id,
                title: &section.title,
                target: &section.target,
                groups,
            });
        }
    }
    views
}
