//! JSON as a check reads it: a small value, a parser, and ways to look inside.
//!
//! An exception to taking libraries first, for a measured reason. A component
//! is compiled before its first check runs, in time proportional to its code,
//! and serde_json brings 85 KB of it into a profile: derived visitors for each
//! type, maps as B-trees, and floating point numbers with their tables. This
//! room is 4 KB. Natively, where size is no matter, serde_json stays: it writes
//! the rules into the manifest, and the tests here compare the two.

use core::ops::Index;

use crate::prelude::*;
use crate::say;
use crate::strings;

/// How deep lists and objects may nest, as in serde_json.
const DEPTH: u32 = 127;

/// A text of a document. What a document holds is kept for good, so values are
/// a few words that are copied freely: a check runs in an instance of its own,
/// whose memory goes when it answers. Natively, where tests ask again and again,
/// each text is read once.
pub type Text = &'static str;

/// A JSON value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written: nothing here calculates with fractions.
    Number(Text),
    /// A text.
    String(Text),
    /// A list.
    Array(&'static [Value]),
    /// Members in the order in which they are written. Of two with the same
    /// name the last counts.
    Object(&'static [(Text, Value)]),
}

static NULL: Value = Value::Null;

impl Value {
    /// A list of these elements.
    pub fn list(items: Vec<Self>) -> Self {
        Self::Array(items.leak())
    }

    /// The member of this name of an object.
    pub fn get(&self, name: &str) -> Option<&'static Self> {
        member(self.as_object()?, name)
    }

    /// The value at a JSON pointer (RFC 6901).
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        let mut at = self;
        let mut rest = pointer;
        while !rest.is_empty() {
            rest = rest.strip_prefix('/')?;
            let mut end = 0;
            let mut is_plain = true;
            for byte in rest.bytes() {
                match byte {
                    b'/' => break,
                    b'~' => is_plain = false,
                    _ => {}
                }
                end += 1;
            }
            let (token, after) = rest.split_at_checked(end)?;
            at = match at {
                Self::Object(members) if is_plain => member(members, token)?,
                Self::Array(items) => items.get(index(token)?)?,
                _ => {
                    let members = at.as_object()?;
                    let meant = members.iter().rfind(|(name, _)| names(token, name));
                    &meant?.1
                }
            };
            rest = after;
        }
        Some(at)
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<Text> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is this text.
    pub fn is_text(&self, wanted: &str) -> bool {
        self.as_str() == Some(wanted)
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(is) => Some(*is),
            _ => None,
        }
    }

    /// The number, if it is a whole one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(text) if *text != "-0" => match text.strip_prefix("-") {
                Some(digits) => 0_i64.checked_sub_unsigned(strings::number(digits, 10)?),
                None => i64::try_from(strings::number(text, 10)?).ok(),
            },
            _ => None,
        }
    }

    /// The elements, if it is a list.
    pub fn as_array(&self) -> Option<&'static [Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The elements; none if it is no list.
    pub fn items(&self) -> &'static [Self] {
        self.as_array().unwrap_or_default()
    }

    /// The members, if it is an object.
    pub fn as_object(&self) -> Option<&'static [(Text, Self)]> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// The member of this name; `null` if there is none.
impl Index<&str> for Value {
    type Output = Self;

    fn index(&self, name: &str) -> &Self {
        self.get(name).unwrap_or(&NULL)
    }
}

impl From<bool> for Value {
    fn from(is: bool) -> Self {
        Self::Bool(is)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(say![number].leak())
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::String(text)
    }
}

/// The last of the members that has this name.
#[inline(never)]
fn member(members: &'static [(Text, Value)], name: &str) -> Option<&'static Value> {
    for (key, value) in members.iter().rev() {
        // Names mostly differ in length: that is no call.
        if key.len() == name.len() && *key == name {
            return Some(value);
        }
    }
    None
}

/// The place in a list that a token of a pointer names: no sign, no leading
/// zero.
fn index(token: &str) -> Option<usize> {
    if token.len() > 1 && token.starts_with('0') || !token.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    usize::try_from(strings::number(token, 10)?).ok()
}

/// Whether a token of a pointer names a member: `~1` is a slash, `~0` a tilde.
fn names(token: &str, name: &str) -> bool {
    let mut rest = token.as_bytes();
    for byte in name.bytes() {
        let (meant, after) = match rest {
            [b'~', b'1', after @ ..] => (b'/', after),
            [b'~', b'0', after @ ..] => (b'~', after),
            [meant, after @ ..] => (*meant, after),
            [] => return false,
        };
        if meant != byte {
            return false;
        }
        rest = after;
    }
    rest.is_empty()
}

/// Reads a JSON text. An error says where it stops being JSON, and why.
#[cfg(target_arch = "wasm32")]
pub fn parse(json: &str) -> Result<Value, String> {
    read(json)
}

#[cfg(not(target_arch = "wasm32"))]
pub use native::parse;

fn read(json: &str) -> Result<Value, String> {
    let mut parser = Parser {
        json: json.to_owned().leak(),
        at: 0,
        complaint: None,
    };
    let value = parser.value(DEPTH);
    parser.next();
    if parser.at < parser.json.len() {
        parser.fail("nothing more was expected");
    }
    match parser.complaint {
        None => Ok(value),
        Some((at, why)) => Err(say!["not JSON at byte ", at, ": ", why]),
    }
}

/// Why a text is not JSON.
type Why = &'static str;

/// Reads on after a complaint, but nothing: it is at the end then. What it
/// answered is thrown away. That is less code than to pass a failure on from
/// everywhere.
struct Parser {
    json: Text,
    at: usize,
    /// Where it stopped being JSON first, and why.
    complaint: Option<(usize, Why)>,
}

impl Parser {
    fn fail(&mut self, why: Why) {
        if self.complaint.is_none() {
            self.complaint = Some((self.at, why));
        }
        self.json = "";
    }

    /// The next byte; 0, which is nowhere good in JSON, at the end.
    #[inline]
    fn peek(&self) -> u8 {
        self.json.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// The next byte that is no space.
    fn next(&mut self) -> u8 {
        loop {
            match self.peek() {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return byte,
            }
        }
    }

    /// Takes this byte, if it is next.
    fn takes(&mut self, byte: u8) -> bool {
        let is = self.peek() == byte;
        self.at += usize::from(is);
        is
    }

    fn value(&mut self, depth: u32) -> Value {
        match self.next() {
            b'"' => Value::String(self.string()),
            b'[' => self.list(depth),
            b'{' => self.object(depth),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => Value::Number(self.number()),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Value {
        let rest = self.json.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            self.fail("a value was expected");
        }
        self.at += word.len();
        value
    }

    fn list(&mut self, depth: u32) -> Value {
        let mut items = Vec::new();
        let mut more = self.enters(depth, b']');
        while more {
            items.push(self.value(depth - 1));
            more = self.goes_on(b']', "`,` or `]` was expected");
        }
        Value::list(items)
    }

    fn object(&mut self, depth: u32) -> Value {
        let mut members = Vec::new();
        let mut more = self.enters(depth, b'}');
        while more {
            if self.next() != b'"' {
                self.fail("a name was expected");
            }
            let name = self.string();
            if self.next() != b':' {
                self.fail("`:` was expected");
            }
            self.at += 1;
            members.push((name, self.value(depth - 1)));
            more = self.goes_on(b'}', "`,` or `}` was expected");
        }
        Value::Object(members.leak())
    }

    /// Takes what opens a list or object, and says whether it holds anything.
    fn enters(&mut self, depth: u32, end: u8) -> bool {
        if depth == 0 {
            self.fail("too deep");
            return false;
        }
        self.at += 1;
        self.next();
        !self.takes(end)
    }

    /// Takes what follows an element, and says whether another one does.
    fn goes_on(&mut self, end: u8, why: Why) -> bool {
        let byte = self.next();
        if byte != b',' && byte != end {
            self.fail(why);
        }
        self.at += 1;
        byte == b','
    }

    fn number(&mut self) -> Text {
        let start = self.at;
        self.takes(b'-');
        let first = self.peek();
        let whole = self.digits();
        if whole == 0 || (whole > 1 && first == b'0') {
            self.fail("a value was expected");
        }
        if self.takes(b'.') && self.digits() == 0 {
            self.fail("a digit was expected");
        }
        if self.takes(b'e') || self.takes(b'E') {
            let _ = self.takes(b'+') || self.takes(b'-');
            if self.digits() == 0 {
                self.fail("a digit was expected");
            }
        }
        self.since(start)
    }

    /// Takes digits, and says how many.
    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        self.at - start
    }

    fn since(&self, start: usize) -> Text {
        self.json.get(start..self.at).unwrap_or_default()
    }

    fn string(&mut self) -> Text {
        self.at += 1;
        let start = self.at;
        self.plain();
        let text = self.since(start);
        if self.takes(b'"') {
            return text;
        }
        let mut whole = text.to_owned();
        while !self.takes(b'"') {
            if !self.takes(b'\\') {
                self.fail(match self.at < self.json.len() {
                    true => "a text holds a control character",
                    false => "the text does not end",
                });
                break;
            }
            whole.push(self.escape());
            let start = self.at;
            self.plain();
            whole.push_str(self.since(start));
        }
        whole.leak()
    }

    /// Takes the part of a text that stands for itself.
    fn plain(&mut self) {
        let rest = self.json.as_bytes().get(self.at..);
        self.at += plain(rest.unwrap_or_default());
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> char {
        let byte = self.peek();
        self.at += 1;
        match byte {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'"' | b'\\' | b'/' => char::from(byte),
            b'u' => {
                let mut code = self.hex();
                // Beyond the first plane two escapes make one character.
                if let high @ 0xD800..0xDC00 = code
                    && self.takes(b'\\')
                    && self.takes(b'u')
                {
                    code = match self.hex().wrapping_sub(0xDC00) {
                        low @ 0..0x400 => 0x10000 + ((high - 0xD800) << 10) + low,
                        _ => high,
                    };
                }
                char::from_u32(code).unwrap_or_else(|| {
                    self.fail("half a surrogate pair");
                    '?'
                })
            }
            _ => {
                self.fail("an unknown escape");
                '?'
            }
        }
    }

    fn hex(&mut self) -> u32 {
        let mut code = 0;
        for _ in 0..4 {
            match char::from(self.peek()).to_digit(16) {
                Some(digit) => code = code << 4 | digit,
                None => self.fail("four hexadecimal digits were expected"),
            }
            self.at += 1;
        }
        code
    }
}

/// How many bytes come before the first that means something inside a text: a
/// quote, a backslash or a control character. Eight at a time, for documents
/// are texts for the most part.
fn plain(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(eight) = strings::eight(bytes, at) {
        // Clears the five bits that control characters have, and no others.
        let control = strings::zeros(eight & strings::all(!0x1F));
        let quote = strings::zeros(eight ^ strings::all(b'"'));
        let backslash = strings::zeros(eight ^ strings::all(b'\\'));
        let found = control | quote | backslash;
        at += found.trailing_zeros() as usize / 8;
        if found != 0 {
            return at;
        }
    }
    while let Some(byte) = bytes.get(at)
        && !matches!(byte, b'"' | b'\\' | 0..0x20)
    {
        at += 1;
    }
    at
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    //! To and from serde_json, where size is no matter.

    use std::collections::HashMap;
    use std::sync::{LazyLock, Mutex, PoisonError};

    use serde::ser::{Serialize, Serializer};

    use super::Value;

    /// Reads a JSON text. An error says where it stops being JSON, and why.
    pub fn parse(json: &str) -> Result<Value, String> {
        type Read = HashMap<Box<str>, Result<Value, String>>;
        static READ: LazyLock<Mutex<Read>> = LazyLock::new(Mutex::default);
        let mut all = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(read) = all.get(json) {
            return read.clone();
        }
        let read = super::read(json);
        all.insert(json.into(), read.clone());
        read
    }

    impl From<serde_json::Value> for Value {
        fn from(value: serde_json::Value) -> Self {
            match value {
                serde_json::Value::Null => Self::Null,
                serde_json::Value::Bool(is) => Self::Bool(is),
                serde_json::Value::Number(number) => Self::Number(number.to_string().leak()),
                serde_json::Value::String(text) => Self::String(text.leak()),
                serde_json::Value::Array(items) => {
                    Self::list(items.into_iter().map(Self::from).collect())
                }
                serde_json::Value::Object(members) => {
                    let members = members.into_iter();
                    let members = members.map(|(k, v)| (&*k.leak(), v.into()));
                    Self::Object(members.collect::<Vec<_>>().leak())
                }
            }
        }
    }

    impl core::fmt::Display for Value {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str(&serde_json::to_string(self).map_err(|_| core::fmt::Error)?)
        }
    }

    /// For tests that change one member.
    #[cfg(test)]
    impl Value {
        pub(crate) fn with(&self, name: super::Text, value: Self) -> Self {
            let mut members = self.as_object().unwrap_or_default().to_vec();
            members.retain(|(key, _)| *key != name);
            members.push((name, value));
            Self::Object(members.leak())
        }
    }

    impl Serialize for Value {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Null => serializer.serialize_unit(),
                Self::Bool(is) => serializer.serialize_bool(*is),
                Self::Number(digits) => {
                    let number: serde_json::Number =
                        digits.parse().map_err(serde::ser::Error::custom)?;
                    number.serialize(serializer)
                }
                Self::String(text) => serializer.serialize_str(text),
                Self::Array(items) => serializer.collect_seq(*items),
                Self::Object(members) => {
                    serializer.collect_map(members.iter().map(|(k, v)| (k, v)))
                }
            }
        }
    }
}

/// Writes a value as JSON, in tests.
#[cfg(test)]
macro_rules! json {
    ($($json:tt)+) => {
        $crate::json::Value::from(::serde_json::json!($($json)+))
    };
}
#[cfg(test)]
pub(crate) use json;

#[cfg(test)]
mod tests;
