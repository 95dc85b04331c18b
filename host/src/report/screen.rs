//! The closing screen: the end of the text, which is what a terminal shows.
//! Two dozen lines at most, none wider than the terminal.

use cisb_contract::manifest::{Change, Tailoring};

use super::escape;
use super::layout::State;
use super::text::{TextOptions, wrap};
use super::{Gap, ProblemKind, ProfileRun, Report, exit};
use crate::checksums;
use crate::finding::{Decision, Finding, Subject, Verdict};

/// The most lines.
pub(crate) const LINES: usize = 24;

/// What begins the line of a node whose version the profile was not written for.
pub(crate) const OUTSIDE: &str = "OUTSIDE";

/// What marks a profile that did not run.
pub(crate) const REFUSED: &str = " REFUSED (";

/// How many causes of gaps are shown.
const GAPS: usize = 3;

/// How many lines say what is a provider's.
const PROVIDER: usize = 2;

/// How many profiles are shown.
const PROFILES: usize = 2;

/// The lines, without line ends; escaped, and at most [`LINES`].
pub(crate) fn lines(report: &Report, options: &TextOptions) -> Vec<String> {
    let head = head(report, options);
    let next = next(report, options);
    // Two failures come before the second cause of a gap.
    let failed = worst_first(report).len();
    let least = match failed.min(2) {
        0 => 0,
        shown => 2 + 2 * shown + usize::from(failed > shown),
    };
    let mut causes = GAPS;
    let (gaps, room) = loop {
        let gaps = gaps(report, options.width, causes);
        let room = LINES.saturating_sub(head.len() + gaps.len() + next.len());
        if room >= least || causes <= 1 {
            break (gaps, room);
        }
        causes -= 1;
    };
    let failures = failures(report, options.width, room);
    head.into_iter()
        .chain(failures)
        .chain(gaps)
        .chain(next)
        .map(|line| fit(&line, options.width))
        .collect()
}

fn head(report: &Report, options: &TextOptions) -> Vec<String> {
    let node = &report.node;
    let name = if node.name.is_empty() {
        "unnamed"
    } else {
        &node.name
    };
    let version = report
        .cluster
        .version
        .as_ref()
        .or(node.kubernetes_version.as_ref());
    let version = version.map_or("version unknown".to_owned(), |v| format!("Kubernetes {v}"));
    let role = match node.role.as_str() {
        "unknown" => "role unknown",
        role => role,
    };
    // Nobody knows which machine a tree is for.
    let platform = match node.platform.as_str() {
        "" => String::new(),
        platform => format!(", {platform}"),
    };
    let cluster = match &report.cluster.name {
        Some(cluster) => format!(" of {cluster}"),
        None => String::new(),
    };
    let captured = match &node.captured {
        Some(time) => format!(", captured {time}"),
        None => String::new(),
    };
    let source = match node.source.starts_with(&node.origin) {
        true => node.source.clone(),
        false => format!("{}: {}", node.origin, node.source),
    };
    let mut lines = vec![
        "== Scan ==".to_owned(),
        field(
            "Node",
            &format!("{name}{cluster}, {role}, {version}{platform}"),
        ),
        field("Source", &format!("{source}{captured}")),
    ];
    for profile in report.profiles.iter().take(PROFILES) {
        lines.push(field("Profile", &profile_line(profile)));
        if profile.refused.is_none() && !profile.signers.is_empty() {
            lines.push(field("Signed by", &profile.signer));
        }
        let mut name = "Tailored";
        for made_from in &profile.tailored {
            for part in wrap(&tailored(made_from), options.width.saturating_sub(11)) {
                lines.push(field(name, &part));
                name = "";
            }
        }
        if let Some(why) = profile.chosen.strip_prefix(DETECTED) {
            let mut name = "Chosen";
            for part in broken(why, options.width.saturating_sub(11)) {
                lines.push(field(name, part));
                name = "";
            }
        }
    }
    if report.profiles.len() > PROFILES {
        let more = report.profiles.len() - PROFILES;
        lines.push(field("", &format!("and {more} more profiles")));
    }
    let s = &report.summary;
    let api = match (report.cluster.api.as_str(), &report.cluster.version) {
        ("none", _) => "none was asked for",
        ("live", None) => "asked for, and it did not say its version",
        (other, _) => other,
    };
    lines.push(field("API", api));
    lines.push(field(
        "Verdicts",
        &format!(
            "{} pass, {} fail, {} manual, {} not-applicable, {} error",
            s.pass, s.fail, s.manual, s.not_applicable, s.error
        ),
    ));
    lines.push(field("Coverage", &coverage(report)));
    if let Some(outside) = report.coverage.profile_range.strip_prefix("outside") {
        let range = outside.trim_start_matches(':').trim();
        lines.push(field(OUTSIDE, &format!("the profile's range: {range}")));
    }
    lines.extend(providers(report, options.width));
    lines.push(field("Exit code", &exit_line(report, options)));
    lines
}

/// What a profile was made from, and how much of it was changed.
fn tailored(of: &Tailoring) -> String {
    let count = |is: fn(&Change) -> bool| of.changes.iter().filter(|c| is(c)).count();
    let counts = [
        (count(|c| matches!(c, Change::Skip { .. })), "left out"),
        (
            count(|c| matches!(c, Change::Manual { .. })),
            "left to a person",
        ),
        (count(|c| matches!(c, Change::Add { .. })), "added"),
        (
            count(|c| {
                matches!(
                    c,
                    Change::Severity { .. } | Change::Level { .. } | Change::Parameter { .. }
                )
            }),
            "weighed or set otherwise",
        ),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(n, what)| format!("{n} {what}")).collect();
    let digest = of.digest.get(..19).unwrap_or(&of.digest);
    format!(
        "from {} {} ({digest}…): {}",
        of.id,
        of.version,
        counts.join(", ")
    )
}

/// What is a provider's: how many checks, and what it says about them, once.
fn providers(report: &Report, width: usize) -> Vec<String> {
    let mut owned = report.findings.iter().filter(|f| is_providers(f));
    let Some(first) = owned.next() else {
        return Vec::new();
    };
    let text = format!(
        "{} checks not attested: {}",
        owned.count() + 1,
        first.reason
    );
    let mut name = "Provider";
    let mut lines = Vec::new();
    for part in wrap(&text, width.saturating_sub(11)).iter().take(PROVIDER) {
        lines.push(field(name, part));
        name = "";
    }
    lines
}

/// Whether only a provider can look at it.
pub(super) fn is_providers(finding: &Finding) -> bool {
    finding.decision == Decision::ProviderOwned
}

fn profile_line(profile: &ProfileRun) -> String {
    match &profile.refused {
        Some(refused) => format!(
            "{}{REFUSED}{}): {}",
            profile.id,
            refused.place(),
            refused.reason
        ),
        None => {
            let chosen = match profile.chosen.starts_with(DETECTED) {
                true => "",
                false => &format!(": {}", profile.chosen),
            };
            let name = format!("{} {}", profile.id, profile.version);
            match profile.signers.is_empty() {
                true => format!("{}, {}{chosen}", name.trim_end(), profile.signer),
                false => format!("{}{chosen}", name.trim_end()),
            }
        }
    }
}

/// How the report begins to say why a profile was chosen by what was found.
const DETECTED: &str = "detected: ";

/// A text in two parts, the first of which fits; it is broken at a comma.
fn broken(text: &str, width: usize) -> Vec<&str> {
    let fits = |at: &usize| *at < width;
    let at = text
        .match_indices(", ")
        .map(|(at, _)| at + 1)
        .filter(fits)
        .last();
    match at {
        Some(at) if text.len() > width => vec![&text[..at], text[at..].trim_start()],
        _ => vec![text],
    }
}

fn coverage(report: &Report) -> String {
    let coverage = &report.coverage;
    let mut text = format!(
        "assessed {} of {} checks",
        coverage.assessed, coverage.selected
    );
    if coverage.declared != coverage.selected {
        text += &format!(" selected from {}", coverage.declared);
    }
    let elsewhere = |f: &&Finding| f.verdict == Verdict::NotApplicable && !f.skipped;
    match report.findings.iter().filter(elsewhere).count() {
        0 => {}
        1 => text += "; 1 does not apply here",
        n => text += &format!("; {n} do not apply here"),
    }
    text
}

fn exit_line(report: &Report, options: &TextOptions) -> String {
    let reasons: Vec<&str> = [
        (ProblemKind::Refused, "a profile was refused"),
        (ProblemKind::Findings, "findings fail the policy"),
        (ProblemKind::Incomplete, "the scan is incomplete"),
    ]
    .into_iter()
    .filter(|(kind, _)| report.problems.iter().any(|problem| problem.kind == *kind))
    .map(|(_, words)| words)
    .collect();
    let reasons = match reasons.as_slice() {
        [] => "nothing fails the policy".to_owned(),
        some => some.join(", "),
    };
    format!("{}: {reasons}", options.exit_code)
}

fn failures(report: &Report, width: usize, room: usize) -> Vec<String> {
    let failed = worst_first(report);
    // A blank line, a heading, a line for what is left out.
    let fit = room.saturating_sub(3) / 2;
    if failed.is_empty() || fit == 0 {
        return Vec::new();
    }
    let mut lines = vec![
        String::new(),
        format!("Failed checks, the worst first ({})", failed.len()),
    ];
    // Where there is room, the way out gets a second line.
    let rows = 1 + usize::from(room.saturating_sub(3) / 3 >= failed.len());
    for finding in failed.iter().take(fit) {
        lines.extend(failure(finding, width, rows));
    }
    if failed.len() > fit {
        lines.push(format!("  and {} more above", failed.len() - fit));
    }
    lines
}

/// Failed checks by severity, those that count before those that do not.
fn worst_first(report: &Report) -> Vec<&Finding> {
    let mut failed: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|f| f.verdict == Verdict::Fail && State::of(f) != State::Info)
        .collect();
    failed.sort_by_key(|f| (std::cmp::Reverse(f.severity), !f.scored));
    failed
}

fn failure(finding: &Finding, width: usize, rows: usize) -> Vec<String> {
    let subject = finding.subjects.iter().find(|s| s.state == Verdict::Fail);
    let key = subject.map_or(finding.component.as_str(), |s| &s.key);
    let of = |field: fn(&Subject) -> &String, whole| {
        let own = subject.map(field).filter(|text| !text.is_empty());
        own.unwrap_or(whole).clone()
    };
    let seen = of(|s| &s.actual, &finding.actual);
    let wanted = of(|s| &s.expected, &finding.expected);
    let severity = exit::severity_word(finding.severity);
    let lead = format!("  {} {severity}  ", finding.check);
    // Of subject, seen and wanted none may push the others off the line.
    let room = width.saturating_sub(escape::columns(&lead) + 6);
    let [key, seen, wanted] = share(room, [key, &seen, &wanted]);
    let fix = match first_sentence(&finding.remediation) {
        "" => finding.reason.as_str(),
        sentence => sentence,
    };
    let mut lines = vec![format!("{lead}{key}: {seen} -> {wanted}")];
    let fix = wrap(&format!("fix: {fix}"), width.saturating_sub(9));
    let mut fix = fix.into_iter();
    let first: Vec<String> = fix.by_ref().take(rows - 1).collect();
    lines.extend(first.iter().map(|row| format!("    {row}")));
    // What is left goes on the last row, which is cut to the width.
    let rest: Vec<String> = fix.collect();
    if !rest.is_empty() {
        let indent = if rows > 1 { "         " } else { "    " };
        lines.push(format!("{indent}{}", rest.join(" ")));
    }
    lines
}

fn gaps(report: &Report, width: usize, causes: usize) -> Vec<String> {
    let mut gaps: Vec<&Gap> = report.coverage.gaps.iter().collect();
    if gaps.is_empty() {
        return Vec::new();
    }
    gaps.sort_by_key(|gap| std::cmp::Reverse(gap.checks.len()));
    let total: usize = gaps.iter().map(|gap| gap.checks.len()).sum();
    let mut lines = vec![
        String::new(),
        format!("Not assessed, and what cures it ({total})"),
    ];
    for gap in gaps.iter().take(causes) {
        let lead = format!("  {:>3}  ", gap.checks.len());
        if gap.cure.is_empty() {
            lines.push(format!("{lead}{}", gap.cause));
            continue;
        }
        let whole = format!("{lead}{} -> {}", gap.cause, gap.cure);
        if escape::columns(&escape::line(&whole)) <= width {
            lines.push(whole);
        } else {
            lines.push(format!("{lead}{}", gap.cause));
            lines.push(format!("       -> {}", gap.cure));
        }
    }
    if gaps.len() > causes {
        let rest: usize = gaps.iter().skip(causes).map(|gap| gap.checks.len()).sum();
        let other = match gaps.len() - causes {
            1 => "another cause".to_owned(),
            more => format!("{more} other causes"),
        };
        lines.push(format!("  {rest:>3}  for {other}, above"));
    }
    lines
}

fn next(report: &Report, options: &TextOptions) -> Vec<String> {
    let largest = report
        .coverage
        .gaps
        .iter()
        .max_by_key(|gap| gap.checks.len());
    let flags = match (worst_first(report).first(), largest) {
        (Some(worst), _) if worst.profile != checksums::PROFILE => {
            format!("--check {} --format json", worst.check)
        }
        // A flag that cures more than half of what is missing is what comes next.
        (None, Some(gap))
            if gap.cure.starts_with("--") && gap.checks.len() * 2 > report.summary.error =>
        {
            gap.cure.split(" or ").next().unwrap_or_default().to_owned()
        }
        (None, Some(gap)) if !gap.checks.is_empty() => {
            format!("--check {} --format json", gap.checks[0])
        }
        _ => "--format json".to_owned(),
    };
    let whole = field("Next", &format!("{} {flags}", options.command));
    let line = if escape::columns(&escape::line(&whole)) <= options.width {
        whole
    } else {
        field("Next", &format!("cisb scan ... {flags}"))
    };
    vec![String::new(), line]
}

fn field(name: &str, text: &str) -> String {
    format!("{name:<10} {text}")
}

/// The first sentence of the first line.
fn first_sentence(text: &str) -> &str {
    let line = text.trim().lines().next().unwrap_or_default();
    let line = line.strip_prefix("Set: ").unwrap_or(line);
    match line.find(". ") {
        Some(end) => &line[..=end],
        None => line,
    }
}

/// Cuts three texts so that they fit together: who is short leaves room to the
/// others.
fn share(room: usize, texts: [&str; 3]) -> [String; 3] {
    let texts = texts.map(|text| escape::line(text).into_owned());
    let mut lengths: Vec<usize> = texts.iter().map(|text| escape::columns(text)).collect();
    lengths.sort_unstable();
    let mut left = room;
    let mut cap = 0;
    for (at, length) in lengths.iter().enumerate() {
        cap = left / (3 - at);
        left -= cap.min(*length);
        if *length > cap {
            break;
        }
    }
    texts.map(|text| fit(&text, cap.max(8)))
}

/// A text of at most so many columns, escaped; what is cut ends in `...`.
fn fit(text: &str, width: usize) -> String {
    let text = escape::report_line(text);
    let text = text.trim_end();
    if escape::columns(text) <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 3;
    for c in text.chars() {
        used += escape::char_columns(c);
        if used > width {
            break;
        }
        cut.push(c);
    }
    cut.truncate(cut.trim_end().len());
    cut + "..."
}
