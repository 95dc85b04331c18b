//! Keeps secrets out of guests, records, reports and logs: which contents are
//! withheld whole, and which values are replaced by the word `masked`.
//!
//! Every function is idempotent: what a record kept masked stays as it is when
//! it is masked again, so a replay serves the same bytes. Key names, flag names,
//! paths and orders stay; only values go.

mod assignments;
mod names;
mod secrecy;
mod tokens;
mod values;

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use crate::document;

/// What stands where a secret was.
pub const MASKED: &str = "masked";

/// Whether the contents of a file may be served at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// They may, masked.
    Open,
    /// They may not, not even as a digest; the text says what they are.
    Withheld(&'static str),
}

/// Judges a file by its path after links were followed and by what is in it.
/// Give all bytes that were read: a key may stand anywhere in them.
pub fn secrecy(resolved_path: &str, bytes: &[u8]) -> Secrecy {
    secrecy::secrecy(resolved_path, bytes)
}

/// A text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The text; the original, byte for byte, if `changed` is false.
    pub bytes: Vec<u8>,
    /// Whether anything was replaced.
    pub changed: bool,
}

/// Masks a whole file for `read-text` and for a record. A YAML, JSON or TOML
/// document in which a value was masked comes back as JSON (which is YAML), one
/// document after the other; parsed, it equals the masked document. Bytes that are not
/// UTF-8 are masked where they are ASCII.
pub fn text(path: &str, bytes: &[u8]) -> Masked {
    let masked = match std::str::from_utf8(bytes) {
        Ok(text) => {
            let parse = |text: &str| document::parse_file(path, text.as_bytes()).ok();
            masked_text(text, values::is_cloud(path), 0, &parse).map(String::into_bytes)
        }
        Err(_) => {
            // One byte, one character: offsets agree, and the other bytes stay.
            let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            let masked = mask_text(&text);
            (masked != text).then(|| {
                masked
                    .chars()
                    .map(|c| u8::try_from(c).unwrap_or(b'?'))
                    .collect()
            })
        }
    };
    match masked {
        Some(bytes) => Masked {
            bytes,
            changed: true,
        },
        None => Masked {
            bytes: bytes.to_vec(),
            changed: false,
        },
    }
}

/// Masks tokens, keys and credentials anywhere in text that is no document.
pub fn mask_text(text: &str) -> String {
    masked(text).unwrap_or_else(|| text.to_owned())
}

/// A text without its secrets; none if it has none, as most.
fn masked(text: &str) -> Option<String> {
    let mut text = Cow::Borrowed(text);
    // One replacement may bring the parts of another together.
    for _ in 0..ROUNDS {
        let tokens = tokens::find(&text);
        let masked = match tokens.is_empty() {
            true => Cow::Borrowed(&*text),
            false => Cow::Owned(replace(&text, &tokens)),
        };
        let assignments = assignments::find(&masked);
        let masked = match (assignments.is_empty(), masked) {
            (true, Cow::Borrowed(_)) => break,
            (true, Cow::Owned(masked)) => masked,
            (false, masked) => replace(&masked, &assignments),
        };
        if masked == text {
            break;
        }
        text = Cow::Owned(masked);
    }
    match text {
        Cow::Borrowed(_) => None,
        Cow::Owned(masked) => Some(masked),
    }
}

/// Honest text is done after one round and an empty one.
const ROUNDS: usize = 8;

/// Masks a parsed document by its keys, and every string in it by what it looks
/// like. `path` is where it was read: a cloud's configuration names its secrets
/// in ways that elsewhere are none. Returns how many values changed.
pub fn mask_value(path: &str, value: &mut Value) -> usize {
    values::walk(value, values::is_cloud(path), 0)
}

/// Masks an API object: Secret payloads, and values that look like secrets.
/// Managed fields and the last applied configuration are removed. `plural` is
/// the resource's name (`secrets`), because items of a list name no kind.
pub fn mask_object(plural: &str, object: &mut Value) -> usize {
    values::strip_object(plural, object) + values::walk(object, false, 0)
}

/// Masks the values of secret-bearing flags (`--token=x`, `--token x`), also
/// inside a shell's command string, and credentials anywhere in an argument.
/// Returns how many arguments changed.
pub fn mask_args(args: &mut [String]) -> usize {
    let mut count = 0;
    // The flag whose value the next argument is.
    let mut pending: Option<String> = None;
    for arg in args {
        let masked = match (pending.take(), flag(arg)) {
            (Some(name), _) if !arg.starts_with("--") => {
                if names::is_plain(&name, arg) {
                    arg.clone()
                } else {
                    MASKED.to_owned()
                }
            }
            (_, Some((name, Some(value)))) if names::is_secret(name) => {
                if names::is_plain(name, value) {
                    arg.clone()
                } else {
                    format!("{name}={MASKED}")
                }
            }
            (_, Some((name, None))) if names::is_secret(name) => {
                pending = Some(name.to_owned());
                arg.clone()
            }
            _ => mask_text(arg),
        };
        count += usize::from(*arg != masked);
        *arg = masked;
    }
    count
}

/// The value of an environment variable, masked if its name or it looks secret.
pub fn mask_env(name: &str, value: &str) -> String {
    match names::is_secret(name) {
        true if names::is_plain(name, value) => value.to_owned(),
        true => MASKED.to_owned(),
        false => text_within(value, false, 1).unwrap_or_else(|| value.to_owned()),
    }
}

/// An argument's flag with its dashes, and its value where it is in the same argument.
fn flag(arg: &str) -> Option<(&str, Option<&str>)> {
    let body = arg.strip_prefix('-')?;
    if body.is_empty() || arg.contains(char::is_whitespace) && !arg.contains('=') {
        return None;
    }
    match arg.split_once('=') {
        Some((name, _)) if name.contains(char::is_whitespace) => None,
        Some((name, value)) => Some((name, Some(value))),
        None => Some((arg, None)),
    }
}

/// A text within a document without its secrets, as a document if it is one;
/// none if it has none.
fn text_within(text: &str, cloud: bool, level: usize) -> Option<String> {
    masked_text(text, cloud, level, &|text| {
        document::parse(text.as_bytes()).ok()
    })
}

/// A text without its secrets, as the documents that a reader finds in it.
fn masked_text(
    text: &str,
    cloud: bool,
    level: usize,
    parse: &dyn Fn(&str) -> Option<Vec<Value>>,
) -> Option<String> {
    let masked = mask_text(text);
    let Some(mut documents) = parse(text) else {
        // What was no document must not become one: a replay would judge it.
        let broken = parse(&masked).is_none();
        let masked = if broken {
            masked
        } else {
            format!("{masked}\n{NO_DOCUMENT}\n")
        };
        return (masked != text).then_some(masked);
    };
    let count: usize = documents
        .iter_mut()
        .map(|value| values::walk(value, cloud, level))
        .sum();
    if count == 0 && masked == text {
        return None;
    }
    // Without a secret value, one in a comment: the rest stays as it was written.
    // Units of systemd may be TOML by accident, and stay what they are as well.
    let is_same = parse(&masked).as_ref() == Some(&documents);
    let stays = is_same && (count == 0 || document::parse(text.as_bytes()).is_err());
    Some(if stays { masked } else { as_json(&documents) })
}

/// A line that no document can end with.
const NO_DOCUMENT: &str = "}{ masked";

fn as_json(documents: &[Value]) -> String {
    let texts: Vec<String> = documents
        .iter()
        .map(|document| format!("{document:#}\n"))
        .collect();
    texts.join("---\n")
}

fn replace(text: &str, secrets: &[Range<usize>]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut from = 0;
    for secret in secrets {
        masked.push_str(&text[from..secret.start]);
        masked.push_str(MASKED);
        from = secret.end;
    }
    masked.push_str(&text[from..]);
    masked
}

#[cfg(test)]
#[path = "mask/tests.rs"]
mod tests;
