//! What an author wrote, as values that know where they stand.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::mistake::{Mistake, Spot};

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it starts.
    pub spot: Spot,
    /// What it is.
    pub data: Data,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number, and how it is written.
    Number(serde_json::Number, String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Members in their order.
    Map(Vec<Member>),
}

/// A member of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where that starts.
    pub spot: Spot,
    /// What it holds.
    pub node: Node,
}

/// The longest file that is read.
pub const MAX_BYTES: usize = 1 << 20;

/// Reads YAML 1.2: `yes` is a text and `0600` the number 600, as editors see it.
pub fn read(text: &str) -> Result<Node, Mistake> {
    read_as(
        text,
        "a profile starts with its `id`",
        "one file is one profile",
    )
}

/// The same of another file: `starts` says with what it does, and `one` that
/// it is one document.
pub(super) fn read_as(text: &str, starts: &str, one: &str) -> Result<Node, Mistake> {
    let start = Spot { line: 1, column: 1 };
    if text.len() > MAX_BYTES {
        let what = format!(
            "the file has {} bytes, {MAX_BYTES} are read at most",
            text.len()
        );
        return Err(Mistake::at(start, what));
    }
    if text.trim().is_empty() {
        return Err(Mistake::at(start, format!("the file is empty: {starts}")));
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 64,
            max_nodes: 100_000,
            max_aliases: 1_000,
        },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        strict_booleans: true,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::Reject,
        with_snippet: false,
    };
    let raw: Spanned<Raw> =
        serde_saphyr::from_str_with_options(text, options).map_err(|e| refused(&e, one))?;
    let chars = text.char_indices().map(|(at, _)| at).collect::<Vec<_>>();
    Ok(node(raw, text, &chars))
}

/// What the reader of YAML has against a text, in our words.
fn refused(error: &serde_saphyr::Error, one: &str) -> Mistake {
    use serde_saphyr::Error;
    let bare = error.without_snippet();
    let what = match bare {
        Error::DuplicateMappingKey { key, .. } => match key {
            Some(key) => format!("`{key}` stands twice in one mapping: leave one of them out"),
            None => "a name stands twice in one mapping: leave one of them out".to_owned(),
        },
        Error::UnknownAnchor { .. } => {
            "an alias has no anchor: a text that begins with `*` needs quotes".to_owned()
        }
        Error::MultipleDocuments { .. } => {
            format!("a second document starts here: {one}")
        }
        Error::Budget { .. } => "the file nests too deep or is too long".to_owned(),
        other => {
            let text = other.to_string();
            let text = text.split('\n').next().unwrap_or_default();
            let text = text.strip_prefix("error: ").unwrap_or(text);
            // The place stands before the sentence.
            let end = text.rfind(" at line ").or_else(|| text.rfind(" line "));
            let text = end.and_then(|end| text.get(..end)).unwrap_or(text);
            format!(
                "this is not YAML: {text}; look at the indentation, at `: ` in texts without \
                 quotes, and at quotes that do not end"
            )
        }
    };
    let spot = error.location().map_or(Spot { line: 1, column: 1 }, spot);
    Mistake::at(spot, what)
}

fn spot(at: serde_saphyr::Location) -> Spot {
    Spot {
        line: at.line().max(1),
        column: at.column().max(1),
    }
}

/// What the reader hands out, not yet with the text that stands there.
enum Raw {
    Null,
    Boolean(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

fn node(raw: Spanned<Raw>, text: &str, chars: &[usize]) -> Node {
    let at = raw.referenced;
    let data = match raw.value {
        Raw::Null => Data::Null,
        Raw::Boolean(is) => Data::Boolean(is),
        Raw::Number(number) => {
            let written = written(raw.defined, text, chars);
            Data::Number(number, written)
        }
        Raw::Text(text) => Data::Text(text),
        Raw::List(items) => Data::List(items.into_iter().map(|i| node(i, text, chars)).collect()),
        Raw::Map(members) => Data::Map(
            members
                .into_iter()
                .map(|(name, value)| Member {
                    spot: spot(name.referenced),
                    name: name.value,
                    node: node(value, text, chars),
                })
                .collect(),
        ),
    };
    Node {
        spot: spot(at),
        data,
    }
}

/// How a plain scalar is written.
fn written(at: serde_saphyr::Location, text: &str, chars: &[usize]) -> String {
    let start = usize::try_from(at.span().offset()).unwrap_or(usize::MAX);
    let rest = chars.get(start).and_then(|at| text.get(*at..));
    let rest = rest.unwrap_or_default();
    let end = rest.find(|c: char| c.is_whitespace() || ",]}".contains(c));
    rest.get(..end.unwrap_or(rest.len()))
        .unwrap_or_default()
        .to_owned()
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Boolean(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(serde_json::Number::from_f64(value).map_or(Raw::Null, Raw::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Raw::Map(members))
    }
}

impl Node {
    /// The value without its places.
    pub fn to_json(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Boolean(is) => Value::Bool(*is),
            // A mode such as 0600 is what its digits say.
            Data::Number(number, written) if *written != number.to_string() => {
                Value::String(written.clone())
            }
            Data::Number(number, _) => Value::Number(number.clone()),
            Data::Text(text) => Value::String(text.clone()),
            Data::List(items) => items.iter().map(Self::to_json).collect(),
            Data::Map(members) => {
                let members = members.iter().map(|m| (m.name.clone(), m.node.to_json()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }

    /// The member of this name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        match &self.data {
            Data::Map(members) => members.iter().find(|m| m.name == name),
            _ => None,
        }
    }

    /// The value at a path of names and numbers, or the nearest one above it.
    pub fn nearest(&self, path: &[String]) -> &Self {
        let Some((step, rest)) = path.split_first() else {
            return self;
        };
        let below = match &self.data {
            Data::Map(_) => self.member(step).map(|m| &m.node),
            Data::List(items) => step.parse().ok().and_then(|at: usize| items.get(at)),
            _ => None,
        };
        below.map_or(self, |node| node.nearest(rest))
    }

    /// What it is, for a sentence.
    pub fn kind(&self) -> String {
        match &self.data {
            Data::Null => "nothing".to_owned(),
            Data::Boolean(is) => format!("the boolean `{is}`"),
            Data::Number(_, written) => format!("the number `{written}`"),
            Data::Text(text) if text.chars().count() > 40 => "a text".to_owned(),
            Data::Text(text) => format!("the text `{text}`"),
            Data::List(_) => "a list".to_owned(),
            Data::Map(_) => "a mapping".to_owned(),
        }
    }
}

/// Where the value at a path starts, or the nearest one above it.
pub(super) fn spot_at(node: &Node, path: &[&str]) -> Spot {
    above(node, path).spot
}

/// Where the name of a member of what is at a path starts.
pub(super) fn name_spot_at(node: &Node, path: &[&str], name: &str) -> Spot {
    let node = above(node, path);
    node.member(name).map_or(node.spot, |member| member.spot)
}

fn above<'a>(node: &'a Node, path: &[&str]) -> &'a Node {
    let path: Vec<String> = path.iter().map(|step| (*step).to_owned()).collect();
    node.nearest(&path)
}
