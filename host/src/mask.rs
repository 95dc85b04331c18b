//! Keeps secrets out of guests, records, reports and logs: which contents are
//! withheld whole, and which values are replaced by the word `masked`.
//!
//! Every function is idempotent: what a record kept masked stays as it is when
//! it is masked again, so a replay serves the same bytes. Key names, flag names,
//! paths and orders stay; only values go.

use serde_json::Value;

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
pub fn secrecy(_resolved_path: &str, _bytes: &[u8]) -> Secrecy {
    Secrecy::Withheld("masking is not built yet")
}

/// A text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The text; the original, byte for byte, if `changed` is false.
    pub bytes: Vec<u8>,
    /// Whether anything was replaced.
    pub changed: bool,
}

/// Masks a whole file for `read-text` and for a record. A YAML or JSON document
/// in which a value was masked comes back as JSON (which is YAML), one document
/// after the other; parsed, it equals the masked document.
pub fn text(_path: &str, _bytes: &[u8]) -> Masked {
    Masked {
        bytes: MASKED.as_bytes().to_vec(),
        changed: true,
    }
}

/// Masks tokens, keys and credentials anywhere in text that is no document.
pub fn mask_text(_text: &str) -> String {
    MASKED.to_owned()
}

/// Masks a parsed document by its keys, and every string in it by what it looks
/// like. Returns how many values changed.
pub fn mask_value(_path: &str, value: &mut Value) -> usize {
    *value = Value::from(MASKED);
    1
}

/// Masks an API object: Secret payloads, and values that look like secrets.
/// Managed fields and the last applied configuration are removed. `plural` is
/// the resource's name (`secrets`), because items of a list name no kind.
pub fn mask_object(_plural: &str, object: &mut Value) -> usize {
    *object = Value::from(MASKED);
    1
}

/// Masks the values of secret-bearing flags (`--token=x`, `--token x`), also
/// inside a shell's command string, and credentials anywhere in an argument.
/// Returns how many arguments changed.
pub fn mask_args(args: &mut [String]) -> usize {
    args.iter_mut().for_each(|arg| *arg = MASKED.to_owned());
    args.len()
}

/// The value of an environment variable, masked if its name or it looks secret.
pub fn mask_env(_name: &str, _value: &str) -> String {
    MASKED.to_owned()
}
