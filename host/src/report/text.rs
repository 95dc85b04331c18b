//! The report for people: kube-bench's layout, which they have in their fingers
//! and in their greps, with a reason under everything that is not a pass, and
//! a closing screen.
//!
//! Every line that begins in the first column is ours. Text of strangers is
//! escaped to one line, and what continues over several is indented.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::escape;
use super::layout::{self, SectionView, State, Tally};
use super::{ProblemKind, Report, screen};
use crate::finding::{Finding, Subject, Verdict};

/// How many subjects of one finding are printed; JSON has all.
const SUBJECTS: usize = 5;

/// How the text is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextOptions {
    /// Whether to use colours.
    pub color: bool,
    /// Columns; titles may be longer, people grep them whole.
    pub width: usize,
    /// The command that made the report, without its output flags and
    /// selection, for the next one: `cisb scan --profile cis-1.10.wasm`.
    pub command: String,
    /// The exit code that goes with the report.
    pub exit_code: u8,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            color: false,
            width: 80,
            command: "cisb scan ...".to_owned(),
            exit_code: 0,
        }
    }
}

/// Writes the report.
pub fn write(report: &Report, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut pen = Pen { out, options };
    let sections = layout::sections(report);
    let several = report.profiles.len() > 1;
    let mut profile = None;
    for section in &sections {
        if several && profile != Some(section.profile) {
            profile = Some(section.profile);
            pen.heading("Profile", section.profile, HEADING)?;
        }
        pen.section(section)?;
    }
    pen.tally("total", Tally::of(&report.findings))?;
    pen.problems(report)?;
    for line in screen::lines(report, options) {
        match emphasis(&line).filter(|_| options.color) {
            Some(style) => writeln!(pen.out, "{style}{line}{style:#}")?,
            None => writeln!(pen.out, "{line}")?,
        }
    }
    Ok(())
}

const HEADING: Style = Style::new().bold();

pub(super) fn style(state: State) -> Style {
    let color = match state {
        State::Pass => AnsiColor::Green,
        State::Fail => AnsiColor::Red,
        State::Warn => AnsiColor::Yellow,
        State::Info => AnsiColor::Blue,
    };
    color.on_default()
}

/// What of the closing screen must not be overlooked.
fn emphasis(line: &str) -> Option<Style> {
    if line.starts_with("== ") {
        Some(HEADING)
    } else if line.starts_with(screen::OUTSIDE) {
        Some(style(State::Warn))
    } else if line.contains(screen::REFUSED) {
        Some(style(State::Fail))
    } else {
        None
    }
}

/// Writes lines that begin with a state, headings and counts.
pub(super) struct Pen<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) options: &'a TextOptions,
}

impl Pen<'_> {
    fn section(&mut self, section: &SectionView<'_>) -> io::Result<()> {
        self.line(State::Info, section.id, section.title)?;
        let first_owned = section.findings().find(|f| screen::is_providers(f));
        for group in &section.groups {
            // A benchmark whose section has one group of the same number needs one line.
            if group.id != section.id {
                self.line(State::Info, group.id, group.title)?;
            }
            for finding in &group.findings {
                let first = first_owned.is_some_and(|owned| std::ptr::eq(owned, *finding));
                self.finding(finding, first)?;
            }
        }
        writeln!(self.out)?;
        self.remediations(section)?;
        self.tally(section.target, Tally::of(section.findings()))
    }

    /// `first`: of those of a section that are its provider's.
    fn finding(&mut self, finding: &Finding, first: bool) -> io::Result<()> {
        let state = State::of(finding);
        self.line(state, &finding.check, &layout::title(finding))?;
        if state == State::Pass {
            return Ok(());
        }
        if screen::is_providers(finding) {
            // Whose it is, the first of a section says for all of it.
            let whose = match first {
                true => &format!(": {}", reason(finding)),
                false => "",
            };
            return self.indented(7, &format!("provider-owned, not attested{whose}"));
        }
        self.indented(7, &reason(finding))?;
        let bad: Vec<&Subject> = finding
            .subjects
            .iter()
            .filter(|subject| !matches!(subject.state, Verdict::Pass | Verdict::NotApplicable))
            .collect();
        let said = |subject: &Subject| finding.reason.contains(&subject.key);
        if bad.len() == 1 && said(bad[0]) {
            return Ok(());
        }
        for subject in bad.iter().take(SUBJECTS) {
            self.indented(7, &format!("- {}", judged(subject)))?;
        }
        match bad.len().saturating_sub(SUBJECTS) {
            0 => Ok(()),
            more => self.indented(7, &format!("- and {more} more: --format json has all")),
        }
    }

    fn remediations(&mut self, section: &SectionView<'_>) -> io::Result<()> {
        let due: Vec<&Finding> = section.findings().filter(|f| needs_remedy(f)).collect();
        if due.is_empty() {
            return Ok(());
        }
        self.heading("Remediations", section.target, style(State::Warn))?;
        for finding in due {
            let text = format!("{} {}", finding.check, finding.remediation.trim());
            for (at, line) in text.lines().enumerate() {
                let indent = if at == 0 { 0 } else { 2 };
                // What is indented already is a command or a file: never broken.
                if at > 0 && line.starts_with("  ") {
                    writeln!(self.out, "  {}", escape::report_line(line))?;
                } else {
                    for (row, line) in wrap(line, self.options.width.saturating_sub(2))
                        .iter()
                        .enumerate()
                    {
                        let indent = if row == 0 { indent } else { 2 };
                        writeln!(self.out, "{:indent$}{line}", "")?;
                    }
                }
            }
            writeln!(self.out)?;
        }
        Ok(())
    }

    pub(super) fn tally(&mut self, of: &str, tally: Tally) -> io::Result<()> {
        let worst = [State::Fail, State::Warn]
            .into_iter()
            .find(|state| tally.get(*state) > 0);
        self.heading("Summary", of, style(worst.unwrap_or(State::Pass)))?;
        for state in State::ALL {
            writeln!(self.out, "{} checks {}", tally.get(state), state.word())?;
        }
        writeln!(self.out)
    }

    fn problems(&mut self, report: &Report) -> io::Result<()> {
        if report.problems.is_empty() {
            return Ok(());
        }
        self.heading("Problems", "", HEADING)?;
        for problem in &report.problems {
            let kind = match problem.kind {
                ProblemKind::Findings => "findings",
                ProblemKind::Refused => "refused",
                ProblemKind::Incomplete => "incomplete",
                ProblemKind::Note => "note",
            };
            let text = format!("{kind}: {}", problem.text);
            for (row, line) in wrap(&text, self.options.width.saturating_sub(2))
                .iter()
                .enumerate()
            {
                let indent = if row == 0 { 0 } else { 2 };
                writeln!(self.out, "{:indent$}{line}", "")?;
            }
        }
        writeln!(self.out)
    }

    pub(super) fn line(&mut self, state: State, id: &str, title: &str) -> io::Result<()> {
        let word = state.word();
        if self.options.color {
            let style = style(state);
            write!(self.out, "{style}[{word}]{style:#}")?;
        } else {
            write!(self.out, "[{word}]")?;
        }
        writeln!(
            self.out,
            " {} {}",
            escape::report_line(id),
            escape::report_line(title).trim_end()
        )
    }

    pub(super) fn heading(&mut self, what: &str, of: &str, style: Style) -> io::Result<()> {
        let of = match of {
            "" => String::new(),
            of => format!(" {}", escape::report_line(of)),
        };
        if self.options.color {
            writeln!(self.out, "{style}== {what}{of} =={style:#}")
        } else {
            writeln!(self.out, "== {what}{of} ==")
        }
    }

    pub(super) fn indented(&mut self, indent: usize, text: &str) -> io::Result<()> {
        for line in wrap(text, self.options.width.saturating_sub(indent)) {
            writeln!(self.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }
}

/// Why a finding is not a pass; never empty.
pub(super) fn reason(finding: &Finding) -> String {
    if finding.reason.trim().is_empty() {
        let seen = if finding.actual.is_empty() {
            finding.verdict.word()
        } else {
            &finding.actual
        };
        return match finding.expected.as_str() {
            "" => format!("{}: no reason was given", finding.verdict.word()),
            wanted => format!("{seen}; wanted {wanted}"),
        };
    }
    match finding.verdict {
        // A warning that is an error in truth says so.
        Verdict::Error => format!("not assessed: {}", finding.reason),
        _ => finding.reason.clone(),
    }
}

/// A subject in one line.
pub(super) fn judged(subject: &Subject) -> String {
    let mut text = subject.key.clone();
    if !subject.actual.is_empty() {
        text += &format!(": {}", subject.actual);
    }
    if !subject.expected.is_empty() && subject.state == Verdict::Fail {
        text += &format!("; wanted {}", subject.expected);
    }
    if !subject.reason.is_empty() && (subject.actual.is_empty() || subject.state == Verdict::Error)
    {
        text += &format!(": {}", subject.reason);
    }
    text
}

fn needs_remedy(finding: &Finding) -> bool {
    // Nobody else can change what is a provider's.
    !screen::is_providers(finding)
        && matches!(State::of(finding), State::Fail | State::Warn)
        && matches!(finding.verdict, Verdict::Fail | Verdict::Manual)
        && !finding.remediation.trim().is_empty()
}

/// Escapes a text and breaks it at spaces; words are never broken, so that
/// paths can be copied. At least one line.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let text = escape::report_line(text);
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let columns = escape::columns(word);
        if !line.is_empty() && used + 1 + columns > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if !line.is_empty() {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += columns;
    }
    lines.push(line);
    lines
}
