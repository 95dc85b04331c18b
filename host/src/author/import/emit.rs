//! A profile as YAML: members in the order in which a person reads them, texts
//! in quotes wherever YAML could take them for something else.

use std::fmt::Write as _;

use serde_json::Value;

use crate::author::language::{Check, Profile, Section};

/// The text of a profile.
pub(super) fn profile(profile: &Profile) -> String {
    let mut out = String::new();
    let header = [
        ("id", profile.id.as_str()),
        ("version", profile.version.as_str()),
        ("title", profile.title.as_str()),
    ];
    for (name, text) in header {
        let _ = writeln!(out, "{name}: {}", quoted(text));
    }
    if let Some(platform) = profile.platform {
        let _ = writeln!(out, "platform: {}", platform.word());
    }
    if let Some(benchmark) = &profile.benchmark {
        out.push_str("benchmark:\n");
        value(&mut out, 2, &json(benchmark));
    }
    out.push_str("\nsections:\n");
    for section in &profile.sections {
        part(&mut out, section);
    }
    out.push_str("\nchecks:\n");
    for check in &profile.checks {
        one(&mut out, check);
        out.push('\n');
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

fn part(out: &mut String, section: &Section) {
    let _ = writeln!(out, "  - id: {}", quoted(&section.id));
    let _ = writeln!(out, "    title: {}", quoted(&section.title));
    let _ = writeln!(out, "    target: {}", section.target.word());
    out.push_str("    groups:\n");
    for group in &section.groups {
        let _ = writeln!(out, "      - id: {}", quoted(&group.id));
        let _ = writeln!(out, "        title: {}", quoted(&group.title));
    }
}

fn one(out: &mut String, check: &Check) {
    let _ = writeln!(out, "  - id: {}", quoted(&check.id));
    let _ = writeln!(out, "    title: {}", quoted(&check.title));
    if let Some(group) = &check.group {
        let _ = writeln!(out, "    group: {}", quoted(group));
    }
    if let Some(assessment) = &check.assessment {
        let _ = writeln!(out, "    assessment: {}", scalar(&json(assessment)));
    }
    if let Some(scored) = check.scored {
        let _ = writeln!(out, "    scored: {scored}");
    }
    if !check.remediation.is_empty() {
        let _ = write!(out, "    remediation: ");
        block(out, 6, &check.remediation);
    }
    out.push_str("    rule:\n");
    value(out, 6, &json(&check.rule));
}

fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// A value in lines of its own.
fn value(out: &mut String, indent: usize, of: &Value) {
    match of {
        Value::Object(members) => {
            for (name, member) in members {
                let _ = write!(out, "{:indent$}{}:", "", key(name));
                below(out, indent, member);
            }
        }
        Value::Array(items) => {
            for item in items {
                let mut text = String::new();
                value(&mut text, indent + 2, item);
                let rest = text.get(indent + 2..).unwrap_or_default();
                let _ = write!(out, "{:indent$}- {rest}", "");
            }
        }
        other => {
            let _ = writeln!(out, "{:indent$}{}", "", scalar(other));
        }
    }
}

/// What stands behind a name.
fn below(out: &mut String, indent: usize, of: &Value) {
    match of {
        Value::Array(items) if items.iter().all(|i| !i.is_object() && !i.is_array()) => {
            let items: Vec<String> = items.iter().map(scalar).collect();
            let _ = writeln!(out, " [{}]", items.join(", "));
        }
        Value::Object(members) if members.is_empty() => out.push_str(" {}\n"),
        Value::Object(_) | Value::Array(_) => {
            out.push('\n');
            value(out, indent + 2, of);
        }
        other => {
            let _ = writeln!(out, " {}", scalar(other));
        }
    }
}

fn scalar(of: &Value) -> String {
    match of {
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

fn key(name: &str) -> String {
    match is_plain(name) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

/// Whether a text can stand without quotes for certain: a word of letters that
/// no YAML takes for a boolean, a number or nothing.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "null", "y"];
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'/')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
        && text != "n"
        && text != "N"
}

/// A text in one line: plain, or in double quotes with JSON's escapes, which
/// YAML reads as well.
fn quoted(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let json = Value::String(text.to_owned()).to_string();
    // YAML takes these for the ends of lines or refuses them; JSON does neither.
    let mut out = String::new();
    for c in json.chars() {
        match c {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// A text of several lines.
fn block(out: &mut String, indent: usize, text: &str) {
    let is_bare = |c: char| c == '\n' || (c >= ' ' && !('\u{7f}'..='\u{9f}').contains(&c));
    let is_safe = text.contains('\n')
        && text.chars().all(is_bare)
        && !text.contains(['\u{2028}', '\u{2029}', '\u{feff}', '\u{fffe}', '\u{ffff}'])
        && text.chars().next().is_some_and(|c| !c.is_whitespace())
        && !text.ends_with('\n');
    if !is_safe {
        let _ = writeln!(out, "{}", quoted(text));
        return;
    }
    out.push_str("|-\n");
    for line in text.lines() {
        match line.trim_end() {
            "" => out.push('\n'),
            line => {
                let _ = writeln!(out, "{:indent$}{line}", "");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_text_is_it_is_read_back() {
        for text in [
            "",
            " ",
            "true",
            "1.10",
            "0600",
            "a: b",
            "# no",
            "- no",
            "*x",
            "&x",
            "!x",
            "'",
            "\"",
            "\\",
            "a\tb",
            "a\nb",
            "\u{85}",
            "\u{2028}",
            "\u{feff}x",
            "{}",
            "[a]",
            "n",
            "~",
            "@",
            "`",
            "%",
            "a #b",
            "é🔹",
            "\u{0}",
        ] {
            let yaml = format!("a: {}\n", quoted(text));
            let tree = crate::author::tree::read(&yaml).unwrap();
            assert_eq!(tree.to_json()["a"], text, "{yaml:?}");
        }
    }

    #[test]
    fn lines_stay_lines() {
        let mut yaml = "a: ".to_owned();
        block(&mut yaml, 2, "one: 1\n\n  # two\nthree");
        let tree = crate::author::tree::read(&yaml).unwrap();
        assert_eq!(tree.to_json()["a"], "one: 1\n\n  # two\nthree");
    }
}
