//! Finds the values of secret-bearing names in text: `token=…`, `"auth": "…"`,
//! `password: …`, `--token …`, in unit files, shell strings, INI, TOML, and in
//! YAML or JSON that does not parse.

use std::ops::Range;

use super::names::{is_plain, is_secret};

/// The parts of a text to mask, in order and apart.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    // While set: lines indented deeper than this belong to a secret value.
    let mut block: Option<Block> = None;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let indent = bare.len() - bare.trim_start().len();
        let content = bare.trim();
        if let Some(open) = &block
            && !content.is_empty()
        {
            if indent > open.indent && (open.scalar || !is_entry(content)) {
                if content != super::MASKED {
                    found.push(start + indent..start + indent + content.len());
                }
                start += line.len();
                continue;
            }
            block = None;
        }
        let opened = scan(bare, start, &mut found);
        if !content.is_empty() {
            block = opened.map(|scalar| Block { indent, scalar });
        }
        start += line.len();
    }
    found
}

struct Block {
    indent: usize,
    /// Opened by `|` or `>`: every deeper line belongs to it.
    scalar: bool,
}

/// Whether a line is a key of its own, not a piece of a plain scalar.
fn is_entry(content: &str) -> bool {
    content.ends_with(':') || content.contains(": ")
}

/// Scans one line. Says whether a secret's value goes on below it, and how.
fn scan(line: &str, offset: usize, found: &mut Vec<Range<usize>>) -> Option<bool> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_name(bytes[at]) {
            at += 1;
            continue;
        }
        let end = at
            + bytes[at..]
                .iter()
                .take_while(|byte| is_name(**byte))
                .count();
        let name = &line[at..end];
        if name.len() > 128 || !is_secret(name) || is_group(&line[..at]) {
            at = end;
            continue;
        }
        match value(line, at, end) {
            Value::Here(range) => {
                if !is_plain(name, &line[range.clone()]) {
                    found.push(offset + range.start..offset + range.end);
                }
                at = range.end.max(end);
            }
            Value::Below { scalar } => return Some(scalar),
            Value::None => at = end,
        }
    }
    None
}

/// Whether what stands before a name makes it the end of a group's name, such as
/// `system:bootstrappers:kubeadm:default-node-token`.
fn is_group(before: &str) -> bool {
    let word = before
        .rsplit(|c: char| !(c.is_ascii_alphanumeric() || "_-.:".contains(c)))
        .next();
    word.is_some_and(|word| word.starts_with("system:bootstrappers:"))
}

enum Value {
    Here(Range<usize>),
    Below { scalar: bool },
    None,
}

/// The value of the name that stands at `start..end` of a line.
fn value(line: &str, start: usize, end: usize) -> Value {
    let bytes = line.as_bytes();
    let after_quote = end + quote(&bytes[end..]).map_or(0, <[u8]>::len);
    let separator = after_quote + spaces(&bytes[after_quote..]);
    let spaced = separator > after_quote;
    match bytes.get(separator) {
        Some(b'=') => {
            let skip = if bytes.get(separator + 1) == Some(&b'>') {
                2
            } else {
                1
            };
            let first = separator + skip + spaces(&bytes[separator + skip..]);
            // `key=value` alone on a line may hold spaces; on a command line it may not.
            let alone = line[..start].trim().is_empty() || line[..start].trim() == "export";
            here(line, first, if alone || spaced { &[] } else { b" \t" })
        }
        Some(b':') => {
            let skip = if bytes.get(separator + 1) == Some(&b'=') {
                2
            } else {
                1
            };
            let first = separator + skip + spaces(&bytes[separator + skip..]);
            let quoted = quote(&bytes[separator + skip..]).is_some();
            if first == separator + skip && first < bytes.len() && !quoted && after_quote == end {
                return Value::None; // `token:ttl`, a word with a colon in it
            }
            match line[first..].trim() {
                "" => Value::Below { scalar: false },
                scalar if scalar.starts_with(['|', '>']) => Value::Below { scalar: true },
                _ if line[..start].contains('{') => here(line, first, b",}"),
                _ => here(line, first, &[]),
            }
        }
        Some(byte) if spaced && *byte != b'-' && name_is_flag(&bytes[start..end]) => {
            here(line, separator, b" \t")
        }
        _ => Value::None,
    }
}

/// A value that starts at `first`: up to its closing quote, or to the first of
/// `stops`, a quote, or the end of the line.
fn here(line: &str, first: usize, stops: &[u8]) -> Value {
    let bytes = line.as_bytes();
    let rest = &bytes[first..];
    if let Some(open) = quote(rest) {
        let from = first + open.len();
        return Value::Here(from..closing(bytes, from, open));
    }
    if rest.first() == Some(&b'{') {
        return Value::None;
    }
    if rest.first() == Some(&b'[') {
        let close = rest
            .iter()
            .position(|byte| *byte == b']')
            .unwrap_or(rest.len());
        return Value::Here(first + 1..first + close.max(1));
    }
    let length = rest
        .iter()
        .take_while(|byte| !stops.contains(byte) && !b"\"'".contains(byte))
        .count();
    let value = line[first..first + length]
        .trim_end()
        .trim_end_matches('\\')
        .trim_end();
    Value::Here(first..first + value.len())
}

/// Where the quote that was opened closes: at the same quote, not escaped.
fn closing(bytes: &[u8], from: usize, open: &[u8]) -> usize {
    let mut at = from;
    while at < bytes.len() {
        if bytes[at..].starts_with(open) {
            return at;
        }
        // Inside plain double quotes a backslash takes the next byte with it.
        at += if open == b"\"" && bytes[at] == b'\\' {
            2
        } else {
            1
        };
    }
    bytes.len()
}

/// The quote that bytes start with, with the backslashes of one inside a string.
fn quote(bytes: &[u8]) -> Option<&[u8]> {
    let slashes = bytes.iter().take_while(|byte| **byte == b'\\').count();
    match bytes.get(slashes) {
        Some(b'"') => Some(&bytes[..=slashes]),
        Some(b'\'') if slashes == 0 => Some(&bytes[..1]),
        _ => None,
    }
}

fn name_is_flag(name: &[u8]) -> bool {
    name.starts_with(b"-") && name.len() > 2
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)
}

fn spaces(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| **byte == b' ' || **byte == b'\t')
        .count()
}
