//! Finds secrets that are known by their own look, wherever they stand: private
//! keys, JSON web tokens, cluster tokens, access keys, credentials in URLs.

use std::ops::Range;

/// The parts of a text to mask, in order and apart.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hit = match bytes[at] {
            b'-' => private_key(text, at),
            b':' => user_info(bytes, at),
            b'@' => data_source(bytes, at, found.last().map_or(0, |last| last.end)),
            byte if byte.is_ascii_alphanumeric() && starts_word(bytes, at) => word(bytes, at),
            _ => None,
        };
        match hit {
            Some(range) if !range.is_empty() => {
                at = range.end.max(at + 1);
                if &text.as_bytes()[range.clone()] != super::MASKED.as_bytes() {
                    found.push(range);
                }
            }
            _ => at += 1,
        }
    }
    found
}

/// Whether bytes hold a private key in text form, and what kind.
pub(super) fn has_private_key(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(start) = position(rest, b"-----BEGIN ") {
        rest = &rest[start + 11..];
        let label = &rest[..rest.len().min(64)];
        let label = &label[..position(label, b"-----").unwrap_or(label.len())];
        if position(label, b"PRIVATE KEY").is_some() {
            return true;
        }
    }
    position(bytes, b"PuTTY-User-Key-File-").is_some()
}

/// Whether the text is one token and nothing else.
pub(super) fn is_token(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty()
        && !text.contains(char::is_whitespace)
        && word(text.as_bytes(), 0).is_some_and(|range| range == (0..text.len()))
}

/// `-----BEGIN … PRIVATE KEY-----` to its end, or to the text's.
fn private_key(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text[at..].strip_prefix("-----BEGIN ")?;
    let label = &rest[..rest.find("-----")?];
    if label.len() > 64 || !label.contains("PRIVATE KEY") {
        return None;
    }
    let end = match rest.find("-----END ") {
        Some(end) => {
            let after = end + 9;
            rest[after..]
                .find("-----")
                .map_or(rest.len(), |dashes| after + dashes + 5)
        }
        None => rest.len(),
    };
    Some(at..at + 11 + end)
}

/// What stands between `://` and `@`.
fn user_info(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if !bytes[at..].starts_with(b"://") || at == 0 || !bytes[at - 1].is_ascii_alphanumeric() {
        return None;
    }
    let start = at + 3;
    let url = &bytes[start
        ..start
            + run(&bytes[start..], |b| {
                !b.is_ascii_whitespace() && !b"\"'`<>\\".contains(&b)
            })];
    let authority = &url[..url
        .iter()
        .position(|b| b"/?#".contains(b))
        .unwrap_or(url.len())];
    if let Some(end) = authority.iter().rposition(|b| *b == b'@') {
        return Some(start..start + end);
    }
    // A password with a slash in it: `user:pa/ss@host`, but not `host:80/a@b`.
    let colon = authority.iter().position(|b| *b == b':')?;
    let port = &authority[colon + 1..];
    if !port.is_empty() && port.iter().all(u8::is_ascii_digit) || url.starts_with(b"[") {
        return None;
    }
    let end = url.iter().position(|b| *b == b'@')?;
    Some(start..start + end)
}

/// `user:password` before `@tcp(` or `@unix(`, as data source names have it.
fn data_source(bytes: &[u8], at: usize, from: usize) -> Option<Range<usize>> {
    if !bytes[at..].starts_with(b"@tcp(") && !bytes[at..].starts_with(b"@unix(") {
        return None;
    }
    let back = bytes[from..at]
        .iter()
        .rev()
        .take_while(|b| !b.is_ascii_whitespace() && !b"\"'=/".contains(b));
    let start = at - back.count();
    bytes[start..at].contains(&b':').then_some(start..at)
}

/// A token that starts here.
fn word(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &bytes[at..];
    // Most words are none for their first letter.
    if !may_start(rest[0]) && rest.get(6) != Some(&b'.') {
        return None;
    }
    let length = web_token(rest)
        .or_else(|| cluster_token(rest))
        .or_else(|| bootstrap_token(bytes, at))
        .or_else(|| access_key(rest))
        .or_else(|| prefixed(rest))
        .or_else(|| encoded_key(rest));
    match length {
        Some(length) => Some(at..at + length),
        None => bearer(rest).map(|range| at + range.start..at + range.end),
    }
}

/// Whether any token but a bootstrap token starts with this byte.
fn may_start(byte: u8) -> bool {
    const STARTS: [bool; 256] = {
        let mut starts = [false; 256];
        let mut mark = 0;
        while mark < MARKS.len() {
            starts[MARKS[mark][0] as usize] = true;
            mark += 1;
        }
        let others = b"eKALbB";
        let mut other = 0;
        while other < others.len() {
            starts[others[other] as usize] = true;
            other += 1;
        }
        starts
    };
    STARTS[usize::from(byte)]
}

/// A signed or encrypted JSON web token, or a detached signature.
fn web_token(rest: &[u8]) -> Option<usize> {
    if !rest.starts_with(b"eyJ") {
        return None;
    }
    let mut end = run(rest, is_base64url);
    let header = end;
    let mut parts = 1;
    while parts < 5 && rest.get(end) == Some(&b'.') {
        end += 1 + run(&rest[end + 1..], is_base64url);
        parts += 1;
    }
    (header >= 10 && parts >= 3 && end >= header + 10).then_some(end)
}

/// A k3s or rke2 token: `K10`, the CA's hash, `::`, and credentials.
fn cluster_token(rest: &[u8]) -> Option<usize> {
    let hash = run(rest.strip_prefix(b"K10")?, |b| b.is_ascii_hexdigit());
    let end = 3 + hash;
    if hash < 32 || !rest[end..].starts_with(b"::") {
        return None;
    }
    Some(
        end + run(&rest[end..], |b| {
            !b.is_ascii_whitespace() && !b"\"'`,".contains(&b)
        }),
    )
}

/// A bootstrap token: six characters, a dot, sixteen characters.
fn bootstrap_token(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    if run(rest, is_part) != 6 || rest.get(6) != Some(&b'.') || run(&rest[7..], is_part) != 16 {
        return None;
    }
    // Part of a longer host, file or image name?
    let before = at.checked_sub(1).map(|index| bytes[index]);
    let after = (rest.get(23).copied(), rest.get(24).copied());
    let joined = before.is_some_and(|b| b"._-".contains(&b))
        || after
            .0
            .is_some_and(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        || (after.0 == Some(b'.') && after.1.is_some_and(|b| b.is_ascii_alphanumeric()));
    (!joined).then_some(23)
}

/// An access key id of a cloud.
fn access_key(rest: &[u8]) -> Option<usize> {
    let known = rest.starts_with(b"AKIA") || rest.starts_with(b"ASIA");
    let length = run(rest, |b| b.is_ascii_uppercase() || b.is_ascii_digit());
    (known && length == 20 && !rest.get(20).is_some_and(|b| is_base64url(*b))).then_some(length)
}

/// Tokens that carry their issuer's mark.
const MARKS: [&[u8]; 14] = [
    b"ghp_",
    b"gho_",
    b"ghs_",
    b"ghu_",
    b"ghr_",
    b"github_pat_",
    b"glpat-",
    b"xoxb-",
    b"xoxp-",
    b"hvs.",
    b"AIza",
    b"dckr_pat_",
    b"npm_",
    b"ya29.",
];

fn prefixed(rest: &[u8]) -> Option<usize> {
    let mark = MARKS.iter().find(|mark| rest.starts_with(mark))?;
    let length = run(&rest[mark.len()..], is_base64url);
    (length >= 16).then_some(mark.len() + length)
}

/// How base64 of `-----BEGIN … PRIVATE KEY` starts, by the key's kind.
const ENCODED: [&[u8]; 6] = [
    b"LS0tLS1CRUdJTiBQUklWQVRF",
    b"LS0tLS1CRUdJTiBSU0EgUFJJVkFURS",
    b"LS0tLS1CRUdJTiBFQyBQUklWQVRF",
    b"LS0tLS1CRUdJTiBEU0EgUFJJVkFURS",
    b"LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVE",
    b"LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURS",
];

fn encoded_key(rest: &[u8]) -> Option<usize> {
    ENCODED
        .iter()
        .any(|start| rest.starts_with(start))
        .then(|| run(rest, |b| is_base64url(b) || b"+/=".contains(&b)))
}

/// What follows `Bearer` or `Basic`, unless it is a plain word.
fn bearer(rest: &[u8]) -> Option<Range<usize>> {
    let scheme = [&b"bearer"[..], b"basic"].into_iter().find(|name| {
        rest.get(..name.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(name))
    })?;
    let gap = run(&rest[scheme.len()..], |b| b == b' ' || b == b'\t');
    let start = scheme.len() + gap;
    let length = run(&rest[start..], |b| is_base64url(b) || b"+/=.~".contains(&b));
    let value = &rest[start..start + length];
    let looks_random = length >= 24 || value.iter().any(u8::is_ascii_digit);
    (gap > 0 && length >= 8 && looks_random).then_some(start..start + length)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn starts_word(bytes: &[u8], at: usize) -> bool {
    at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

fn run(bytes: &[u8], keep: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| keep(**byte)).count()
}

pub(super) fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
