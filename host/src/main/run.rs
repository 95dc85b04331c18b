//! What `cisb run` does: finds the profile, scans, and prints as kube-bench does.

use std::io::{self, Write};

use anyhow::Context as _;
use cisb::cli::resolve::{self, Found};
use cisb::cli::run::{self, Output, RunPlan};
use cisb::report::kube_bench::{exit, junit, text};
use cisb::report::{Report, asff, kube_bench};
use cisb::scan;

use super::{print, say, with_progress, write_private};

pub(super) fn run(mut plan: RunPlan) -> anyhow::Result<u8> {
    for note in &plan.notes {
        say(note);
    }
    match profiles(&plan)? {
        Found::Named(profiles) => plan.scan.profiles = profiles,
        Found::Among(installed) => {
            plan.scan.profiles.clear();
            plan.scan.installed = installed;
        }
    }
    let report = with_progress(|progress| scan::run(&plan.scan, progress))?;
    if !plan.scan.installed.is_empty() {
        for profile in &report.profiles {
            say(&format!("profile {}, {}", profile.id, profile.chosen));
        }
    }
    let outcome = exit::outcome(&report, &plan.scan.selection, plan.exit_code);
    // Nothing rather than an output without a failure that nothing stands behind.
    if !exit::is_void(&report) {
        put(&plan, &report)?;
    }
    for word in strangers(&plan, &report).iter().chain(&outcome.said) {
        say(word);
    }
    Ok(outcome.code)
}

/// What is to be said of names to skip, by the profiles that ran.
fn strangers(plan: &RunPlan, report: &Report) -> Vec<String> {
    if plan.scan.selection.skip.is_empty() {
        return Vec::new();
    }
    let ran = |id: &str| report.profiles.iter().any(|profile| profile.id == id);
    let paths = [&*plan.scan.profiles, &*plan.scan.installed].concat();
    let manifests: Vec<_> = scan::inspect_all(&paths)
        .into_iter()
        .filter_map(Result::ok)
        .map(|inspection| inspection.manifest)
        .filter(|manifest| ran(&manifest.id))
        .collect();
    run::strangers(&plan.scan.selection, &manifests)
}

fn profiles(plan: &RunPlan) -> anyhow::Result<Found> {
    let (benchmark, version) = (plan.benchmark.as_deref(), plan.version.as_deref());
    let (shelves, scanned) = (plan.wanted.shelves(), plan.wanted.scanned.as_deref());
    if !plan.wanted.names.is_empty() {
        let given = plan.wanted.places()?;
        let profiles = resolve::narrow(given, benchmark, version)?;
        return Ok(Found::Named(profiles));
    }
    Ok(resolve::resolve(benchmark, version, &shelves, scanned)?)
}

/// Data goes to the file instead of standard output, text to both.
fn put(plan: &RunPlan, report: &Report) -> anyhow::Result<()> {
    if let Some(path) = &plan.file {
        let mut bytes = Vec::new();
        write(plan, report, false, &mut bytes)?;
        write_private(path, &bytes)
            .with_context(|| format!("cannot write the output to {}", path.display()))?;
        if !matches!(plan.output, Output::Text(_)) {
            return Ok(());
        }
    }
    let choice = anstream::AutoStream::choice(&io::stdout());
    let color = choice != anstream::ColorChoice::Never;
    print(|out| write(plan, report, color, out))
}

fn write(plan: &RunPlan, report: &Report, color: bool, out: &mut dyn Write) -> io::Result<()> {
    let targets = &plan.scan.selection.targets;
    match &plan.output {
        Output::Text(parts) => text::write(report, targets, parts, color, out),
        Output::Json(totals) => kube_bench::write_run(report, targets, *totals, out),
        Output::Junit => junit::write(report, targets, out),
        Output::Asff(account) => asff::write(report, account, out),
    }
}
