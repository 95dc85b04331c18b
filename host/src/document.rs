//! Reads YAML, JSON and TOML as Kubernetes' components and container runtimes
//! would, within limits, and points into what was read.
//!
//! Components read their files with a YAML 1.1 reader that turns YAML into JSON
//! first, so this does: plain `yes`, `on` and `y` are booleans, `0644` is an
//! octal number, a timestamp is a string, and a repeated key is an error.

mod certificate;
mod toml;

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Bytes of one file that are parsed at most.
pub const SIZE_LIMIT: usize = 4 << 20;
/// How deep documents may nest.
pub const DEPTH_LIMIT: usize = 64;
/// Values in one file at most, aliases expanded.
const NODE_LIMIT: usize = 200_000;
/// Documents in one file at most.
const DOCUMENT_LIMIT: usize = 256;

/// Why bytes are not the documents they should be. Never quotes the contents:
/// they may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Larger than the limit.
    #[error("too large to parse: {size} bytes, the limit is {limit}")]
    TooLarge {
        /// Bytes there.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Neither YAML nor JSON in UTF-8, a repeated key, or past a limit.
    #[error("not YAML or JSON: {0}")]
    Malformed(String),
    /// Called TOML, and not it.
    #[error("not TOML: {0}")]
    NotToml(String),
}

/// Parses a file by its name and its contents: TOML where it is called so, else
/// what [`parse`] reads. What that is not may be certificates, or TOML with a
/// table, for runtimes call theirs `.conf` too.
pub fn parse_file(path: &str, bytes: &[u8]) -> Result<Vec<Value>, DocumentError> {
    if bytes.len() <= SIZE_LIMIT
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        // No TOML begins with a brace: that is what masking leaves of it.
        if path.ends_with(".toml") && !text.trim_start().starts_with('{') {
            return toml::read(text).map(|document| vec![document]);
        }
        return match parse(bytes) {
            Err(_) if certificate::is_one(text) => {
                certificate::read(text).map(|document| vec![document])
            }
            Err(error) if toml::has_table(text) => match toml::read(text) {
                Ok(document) => Ok(vec![document]),
                Err(_) => Err(error),
            },
            parsed => parsed,
        };
    }
    parse(bytes)
}

/// Parses YAML or JSON of one or more documents, each a mapping or a list; empty
/// documents are skipped. Plain text, which is a scalar to YAML, is no document.
pub fn parse(bytes: &[u8]) -> Result<Vec<Value>, DocumentError> {
    if bytes.len() > SIZE_LIMIT {
        return Err(DocumentError::TooLarge {
            size: bytes.len(),
            limit: SIZE_LIMIT,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let documents = match json(text)? {
        Some(document) => vec![document],
        None => yaml(text)?,
    };
    let mut nodes = 0;
    for document in &documents {
        if !document.is_object() && !document.is_array() {
            return Err(malformed("it is plain text, not a mapping or a list"));
        }
        bounded(document, 0, &mut nodes)?;
    }
    Ok(documents)
}

/// The values that a pointer leads to, in which `*` stands for any one token.
pub fn at<'a>(document: &'a Value, pattern: &str) -> Vec<&'a Value> {
    let mut found = vec![document];
    for token in pattern.split('/').skip(1) {
        found = found
            .into_iter()
            .flat_map(|value| -> Vec<&Value> {
                match value {
                    Value::Object(members) if token == "*" => members.values().collect(),
                    Value::Array(items) if token == "*" => items.iter().collect(),
                    value => value.pointer(&format!("/{token}")).into_iter().collect(),
                }
            })
            .collect();
    }
    found
}

/// Whether a JSON pointer matches a pattern, in which `*` stands for any one token.
pub fn pointer_matches(pattern: &str, pointer: &str) -> bool {
    let (mut pattern, mut pointer) = (pattern.split('/'), pointer.split('/'));
    loop {
        match (pattern.next(), pointer.next()) {
            (None, None) => return true,
            (Some(wanted), Some(token)) if wanted == "*" || wanted == token => {}
            _ => return false,
        }
    }
}

/// Fields by which an object is known; no pruning removes them.
const IDENTITY: [&str; 4] = [
    "/apiVersion",
    "/kind",
    "/metadata/name",
    "/metadata/namespace",
];

/// An API object pruned to the fields that match the patterns, with everything
/// below them. `apiVersion`, `kind`, `metadata.name` and `metadata.namespace`
/// stay. A list keeps its length: elements without a wanted field become empty.
pub fn select(object: &Value, patterns: &[String]) -> Value {
    let patterns = patterns.iter().map(String::as_str).chain(IDENTITY);
    let patterns: Vec<Vec<String>> = patterns.map(tokens).collect();
    prune(
        object,
        &patterns.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    )
    .unwrap_or_else(|| Value::Object(Map::new()))
}

/// The tokens of a JSON pointer, `~1` and `~0` undone; none for the whole document.
fn tokens(pointer: &str) -> Vec<String> {
    let unescape = |token: &str| token.replace("~1", "/").replace("~0", "~");
    pointer.split('/').skip(1).map(unescape).collect()
}

/// What of a value the rests of patterns want; none if nothing of it.
fn prune(value: &Value, patterns: &[&[String]]) -> Option<Value> {
    if patterns.iter().any(|rest| rest.is_empty()) {
        return Some(value.clone());
    }
    let below = |name: &str| -> Vec<&[String]> {
        let wanted = patterns.iter().filter_map(|rest| rest.split_first());
        wanted
            .filter(|(first, _)| *first == "*" || *first == name)
            .map(|(_, rest)| rest)
            .collect()
    };
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter_map(|(name, field)| {
                let below = below(name);
                if below.is_empty() {
                    return None;
                }
                Some((name.clone(), prune(field, &below)?))
            });
            Some(Value::Object(kept.collect()))
        }
        Value::Array(items) => {
            let empty = |item: &Value| match item {
                Value::Object(_) => Value::Object(Map::new()),
                Value::Array(_) => Value::Array(Vec::new()),
                _ => Value::Null,
            };
            let kept = items.iter().enumerate().map(|(index, item)| {
                let below = below(&index.to_string());
                if below.is_empty() {
                    empty(item)
                } else {
                    prune(item, &below).unwrap_or_else(|| empty(item))
                }
            });
            Some(Value::Array(kept.collect()))
        }
        _ => None,
    }
}

/// One JSON document; none if the text is YAML. JSON has its own reader because
/// YAML's knows neither all of its escapes nor its number syntax.
fn json(text: &str) -> Result<Option<Value>, DocumentError> {
    if !text.trim_start().starts_with(['{', '[']) {
        return Ok(None);
    }
    match serde_json::from_str::<Strict>(text) {
        Ok(Strict(document)) => Ok(Some(document)),
        Err(error) if error.is_data() => Err(malformed(&format!(
            "{REPEATED} at line {} column {}",
            error.line(),
            error.column()
        ))),
        // Flow-style YAML also starts with a bracket.
        Err(_) => Ok(None),
    }
}

const REPEATED: &str = "a key stands twice in one mapping";

fn yaml(text: &str) -> Result<Vec<Value>, DocumentError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH_LIMIT,
            max_documents: DOCUMENT_LIMIT,
            max_nodes: NODE_LIMIT,
            max_aliases: 10_000,
            max_anchors: 10_000,
            max_total_scalar_bytes: 2 * SIZE_LIMIT,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: NODE_LIMIT,
            max_replay_stack_depth: 16,
        },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        legacy_octal_numbers: true,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::Reject,
        with_snippet: false,
    };
    serde_saphyr::from_multiple_with_options::<Value>(text, options)
        .map_err(|error| malformed(&describe(&error)))
}

/// Says what is wrong without a word of the contents.
fn describe(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::Error;
    let what = match error.without_snippet() {
        Error::DuplicateMappingKey { .. } => REPEATED,
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            "it is too deep, too long or has too many aliases"
        }
        Error::UnknownAnchor { .. } => "an alias has no anchor",
        Error::NonFiniteFloat { .. } => "a number is not finite",
        _ => "a syntax error",
    };
    match error.location() {
        Some(at) => format!("{what} at line {} column {}", at.line(), at.column()),
        None => what.to_owned(),
    }
}

fn malformed(what: &str) -> DocumentError {
    DocumentError::Malformed(what.to_owned())
}

/// Holds JSON, and YAML after its aliases are expanded, to the same limits.
fn bounded(value: &Value, depth: usize, nodes: &mut usize) -> Result<(), DocumentError> {
    *nodes += 1;
    if *nodes > NODE_LIMIT {
        return Err(malformed(&format!("it has more than {NODE_LIMIT} values")));
    }
    if depth > DEPTH_LIMIT {
        return Err(malformed(&format!(
            "it nests deeper than {DEPTH_LIMIT} levels"
        )));
    }
    match value {
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| bounded(item, depth + 1, nodes)),
        Value::Object(fields) => fields
            .values()
            .try_for_each(|field| bounded(field, depth + 1, nodes)),
        _ => Ok(()),
    }
}

/// JSON in which no object names a key twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, Strict(field))) = map.next_entry::<String, Strict>()? {
            if fields.insert(name, field).is_some() {
                return Err(A::Error::custom(REPEATED));
            }
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(text: &str) -> Value {
        let mut documents = parse(text.as_bytes()).unwrap();
        assert_eq!(documents.len(), 1, "{text}");
        documents.remove(0)
    }

    fn refused(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn reads_scalars_as_a_yaml_1_1_reader_does() {
        let document = one(
            "a: yes\nb: 'yes'\nc: off\nd: 0644\ne: 2024-01-02T03:04:05Z\nf: 1.5\ng: ~\nh: 4h0m0s\ni: 007x\n",
        );
        assert_eq!(
            document,
            json!({"a": true, "b": "yes", "c": false, "d": 420, "e": "2024-01-02T03:04:05Z",
                   "f": 1.5, "g": null, "h": "4h0m0s", "i": "007x"})
        );
    }

    #[test]
    fn reads_many_documents_and_skips_empty_ones() {
        let documents = parse(b"---\n# nothing\n---\na: 1\n---\n- b\n---\n").unwrap();
        assert_eq!(documents, [json!({"a": 1}), json!(["b"])]);
        assert_eq!(parse(b"").unwrap(), Vec::<Value>::new());
        assert_eq!(parse(b"# only a comment\n").unwrap(), Vec::<Value>::new());
    }

    #[test]
    fn reads_json_with_its_own_escapes_and_flow_yaml() {
        assert_eq!(
            one(r#"{"a": "\ud83d\ude00\/"}"#),
            json!({"a": "\u{1f600}/"})
        );
        assert_eq!(
            one("{a: 1, b: [x, y z]}"),
            json!({"a": 1, "b": ["x", "y z"]})
        );
        assert_eq!(one("\u{feff}a: 1\n"), json!({"a": 1}));
    }

    #[test]
    fn resolves_aliases_and_merge_keys() {
        assert_eq!(
            one("a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2\n")["d"],
            json!({"b": 1, "e": 2})
        );
    }

    #[test]
    fn refuses_repeated_keys() {
        assert!(refused("a: 1\nb: 2\na: 3\n").contains("twice"));
        assert!(refused(r#"{"a": {"b": 1, "b": 2}}"#).contains("twice"));
    }

    #[test]
    fn refuses_bombs() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let below = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
        }
        refused(&bomb);
        refused(&"[".repeat(5_000));
        refused(&format!("{}1{}", "[".repeat(100), "]".repeat(100)));
        refused(&format!(
            "{{\"a\": {}1{}}}",
            "[".repeat(100),
            "]".repeat(100)
        ));
        refused(&"- ".repeat(5_000));
        refused(&"---\na: 1\n".repeat(1_000));
        assert_eq!(
            parse(&vec![b' '; SIZE_LIMIT + 1]),
            Err(DocumentError::TooLarge {
                size: SIZE_LIMIT + 1,
                limit: SIZE_LIMIT
            })
        );
        parse(b"\xff\xfe").unwrap_err();
        refused("just some words\n");
        refused("\"json\"");
    }

    #[test]
    fn errors_do_not_quote_the_contents() {
        for text in [
            "token: CANARY: x\n",
            "CANARY: 1\nCANARY: 2\n",
            "{\"CANARY\": 1, \"CANARY\": 2}",
            "a: *CANARY\n",
            "a: \"CANARY\\q\"\n",
        ] {
            assert!(!refused(text).contains("CANARY"), "{}", refused(text));
        }
    }

    #[test]
    fn a_pattern_leads_to_every_value_that_it_matches() {
        let pod = serde_json::json!({"spec": {"containers": [{"image": "a"}, {"name": "b"}]}});
        assert_eq!(at(&pod, "/spec/containers/*/image"), ["a"]);
        assert_eq!(at(&pod, "/spec/containers/1/name"), ["b"]);
        assert_eq!(at(&pod, "/spec/none/*").len(), 0);
        assert_eq!(at(&pod, ""), [&pod]);
    }

    #[test]
    fn pointers_match_by_token() {
        assert!(pointer_matches("/a/*/c", "/a/0/c"));
        assert!(pointer_matches("", ""));
        assert!(!pointer_matches("/a/*", "/a"));
        assert!(!pointer_matches("/a/*", "/a/b/c"));
    }

    #[test]
    fn selects_fields_and_keeps_identity() {
        let pod = json!({
            "kind": "Pod", "metadata": {"name": "p", "namespace": "n", "labels": {"a.b/c": "d", "x": "y"}},
            "spec": {"containers": [{"name": "c", "image": "i"}, {"image": "j"}], "hostPID": true},
        });
        let patterns = [
            "/spec/containers/*/name".to_owned(),
            "/metadata/labels/a.b~1c".to_owned(),
        ];
        assert_eq!(
            select(&pod, &patterns),
            json!({
                "kind": "Pod", "metadata": {"name": "p", "namespace": "n", "labels": {"a.b/c": "d"}},
                "spec": {"containers": [{"name": "c"}, {}]},
            })
        );
        assert_eq!(
            select(&select(&pod, &patterns), &patterns),
            select(&pod, &patterns)
        );
        assert_eq!(select(&pod, &[String::new()]), pod);
    }
}
