//! How a value is compared. The type of what it is compared with decides how it
//! is read; a value of another type is no answer.

use super::moment;
use crate::config::plain;
use crate::json::Value;
use crate::prelude::*;
use crate::say;
use crate::strings;
use crate::values;

/// What stands where the host keeps a secret back.
const MASKED: &str = "masked";

/// A comparison.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub enum Test {
    /// It is this boolean, whole number or text.
    Is(Value),
    /// It is not this, or not there.
    IsNot(Value),
    /// It is one of these.
    OneOf(Vec<Value>),
    /// It is none of these, or not there.
    NoneOf(Vec<Value>),
    /// It is a list with this element.
    Has(String),
    /// It is a list without this element, or not there.
    Lacks(String),
    /// It is a list with one of these elements, or more of them.
    HasOneOf(Vec<Value>),
    /// It is a list without any of these elements, or not there.
    HasNoneOf(Vec<Value>),
    /// It is a list of nothing but these elements.
    Within(Vec<Value>),
    /// It is this whole number or duration, or more.
    AtLeast(Value),
    /// It is this whole number or duration, or less.
    AtMost(Value),
    /// It is a time so many days after the scan, or later: the number of days,
    /// with the time of the scan where that is known.
    DaysLeft(Value),
    /// It is there and not empty, or is not.
    Set(bool),
    /// It is a text like one of these, in which `*` stands for anything.
    Like(Vec<String>),
    /// It is no text like these, or not there.
    Unlike(Vec<String>),
}

/// Whether something holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// That cannot be told; why.
    Unknown(String),
}

impl Held {
    fn of(is: bool) -> Self {
        match is {
            true => Self::Yes,
            false => Self::No,
        }
    }

    /// The opposite.
    fn turned(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown => unknown,
        }
    }
}

/// A value, and whether it is a word of a command line: those are all texts, and
/// mean what their flag's type makes of them.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The value; none if it is not there.
    pub value: Option<&'a Value>,
    /// Whether it is a word.
    pub is_word: bool,
}

impl Test {
    /// Compares a value.
    pub fn holds(&self, seen: Seen<'_>) -> Held {
        let value = seen.value.filter(|v| !v.is_null());
        if let Test::Set(wanted) = self {
            return Held::of(value.is_some_and(is_something) == *wanted);
        }
        let Some(value) = value else {
            return Held::of(self.holds_of_nothing());
        };
        if is_masked(value) {
            return Held::Unknown("the host masks what it is".to_owned());
        }
        let is = |wanted: &Value| equals(value, wanted, seen.is_word);
        match self {
            Test::Is(wanted) => is(wanted),
            Test::IsNot(wanted) => is(wanted).turned(),
            Test::OneOf(wanted) => among(wanted, is),
            Test::NoneOf(wanted) => among(wanted, is).turned(),
            Test::Has(element) => with_element(value, element, seen.is_word),
            Test::Lacks(element) => with_element(value, element, seen.is_word).turned(),
            Test::HasOneOf(wanted) => shares(value, wanted, seen.is_word),
            Test::HasNoneOf(wanted) => shares(value, wanted, seen.is_word).turned(),
            Test::Within(wanted) => within(value, wanted, seen.is_word),
            Test::AtLeast(least) => compare(value, least, seen.is_word, |v, l| v >= l),
            Test::AtMost(most) => compare(value, most, seen.is_word, |v, m| v <= m),
            Test::DaysLeft(limit) => match value.as_str() {
                Some(text) => moment::holds(text, limit),
                None => mistyped(value, "a time"),
            },
            Test::Like(patterns) => like(value, patterns),
            Test::Unlike(patterns) => like(value, patterns).turned(),
            Test::Set(_) => Held::No,
        }
    }

    /// Whether it holds of a value that is not there.
    fn holds_of_nothing(&self) -> bool {
        matches!(
            self,
            Test::IsNot(_)
                | Test::NoneOf(_)
                | Test::Lacks(_)
                | Test::HasNoneOf(_)
                | Test::Within(_)
                | Test::Unlike(_)
        )
    }

    /// What should be, for a person.
    pub fn expected(&self) -> String {
        match self {
            Test::Is(value) => shown(value),
            Test::IsNot(value) => say!["anything but ", shown(value)],
            Test::OneOf(values) => say!["one of ", all(values)],
            Test::NoneOf(values) => say!["none of ", all(values)],
            Test::Has(element) => say!["a list with ", element],
            Test::Lacks(element) => say!["a list without ", element],
            Test::HasOneOf(values) => say!["a list with one of ", all(values)],
            Test::HasNoneOf(values) => say!["a list with none of ", all(values)],
            Test::Within(values) => say!["only of ", all(values)],
            Test::AtLeast(value) => say![shown(value), " or more"],
            Test::AtMost(value) => say![shown(value), " or less"],
            Test::DaysLeft(limit) => moment::expected(limit),
            Test::Set(true) => "set".to_owned(),
            Test::Set(false) => "not set".to_owned(),
            Test::Like(patterns) => say!["like ", strings::join(patterns, " or ")],
            Test::Unlike(patterns) => say!["not like ", strings::join(patterns, " or ")],
        }
    }
}

/// A value for a person: lists with their elements, an empty text as such.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Array(items) if items.iter().all(|i| !i.is_object()) => {
            say!["[", all(items), "]"]
        }
        Value::String("") => "an empty text".to_owned(),
        value => plain(value),
    }
}

fn all(values: &[Value]) -> String {
    let mut texts = Vec::new();
    for value in values {
        texts.push(shown(value));
    }
    strings::join(&texts, ", ")
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Whether the host replaced a part of it.
fn is_masked(value: &Value) -> bool {
    match value {
        Value::String(text) => strings::contains(text, MASKED),
        Value::Array(items) => items.iter().any(is_masked),
        _ => false,
    }
}

/// What a value is, for a sentence that says what it is not.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn mistyped(value: &Value, wanted: &str) -> Held {
    Held::Unknown(say![shown(value), " is ", kind(value), ", not ", wanted])
}

fn equals(value: &Value, wanted: &Value, is_word: bool) -> Held {
    match (value, wanted) {
        (Value::Bool(value), Value::Bool(wanted)) => Held::of(value == wanted),
        (Value::String(value), Value::String(wanted)) => Held::of(value == wanted),
        (Value::Number(a), Value::Number(b)) => match (value.as_i64(), wanted.as_i64()) {
            (Some(value), Some(wanted)) => Held::of(value == wanted),
            // What is not whole is no whole number.
            _ => Held::of(a == b),
        },
        (Value::String(text), Value::Bool(wanted)) if is_word => match values::boolean(text) {
            Some(value) => Held::of(value == *wanted),
            None => mistyped(value, "a boolean"),
        },
        (Value::String(text), Value::Number(_)) if is_word => match values::integer(text) {
            Some(number) => Held::of(Some(number) == wanted.as_i64()),
            None => mistyped(value, "a whole number"),
        },
        _ => mistyped(value, kind(wanted)),
    }
}

fn among(wanted: &[Value], is: impl Fn(&Value) -> Held) -> Held {
    let mut answer: Option<Held> = None;
    for wanted in wanted {
        match is(wanted) {
            Held::Yes => return Held::Yes,
            // Of the types that may be meant one is its own.
            Held::No => answer = Some(Held::No),
            unknown => answer = answer.or(Some(unknown)),
        }
    }
    answer.unwrap_or(Held::No)
}

/// The elements of a list; of a word the parts between commas.
fn elements(value: &Value, is_word: bool) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => {
            let mut texts = Vec::new();
            for item in *items {
                texts.push(plain(item));
            }
            Some(texts)
        }
        Value::String(text) if is_word => Some(values::list(text)),
        _ => None,
    }
}

fn with_element(value: &Value, element: &str, is_word: bool) -> Held {
    match elements(value, is_word) {
        Some(elements) => Held::of(strings::among(element, &elements)),
        None => mistyped(value, "a list"),
    }
}

fn shares(value: &Value, wanted: &[Value], is_word: bool) -> Held {
    let Some(elements) = elements(value, is_word) else {
        return mistyped(value, "a list");
    };
    let is_there = |wanted: &Value| strings::among(&plain(wanted), &elements);
    Held::of(wanted.iter().any(is_there))
}

fn within(value: &Value, wanted: &[Value], is_word: bool) -> Held {
    let Some(elements) = elements(value, is_word) else {
        return mistyped(value, "a list");
    };
    let mut known = Vec::new();
    for value in wanted {
        known.push(plain(value));
    }
    Held::of(elements.iter().all(|e| strings::among(e, &known)))
}

/// Compares whole numbers or durations, as the limit is one or the other.
fn compare(value: &Value, limit: &Value, is_word: bool, is: fn(i64, i64) -> bool) -> Held {
    if let Some(limit) = limit.as_i64() {
        let number = match value {
            Value::String(text) if is_word => values::integer(text),
            value => value.as_i64(),
        };
        return match number {
            Some(number) => Held::of(is(number, limit)),
            None => mistyped(value, "a whole number"),
        };
    }
    let limit = limit.as_str().and_then(values::duration);
    match (value.as_str().and_then(values::duration), limit) {
        (Some(value), Some(limit)) => Held::of(is(value, limit)),
        (_, None) => {
            Held::Unknown("the rule's limit is neither a number nor a duration".to_owned())
        }
        (None, _) => mistyped(value, "a duration"),
    }
}

fn like(value: &Value, patterns: &[String]) -> Held {
    match value.as_str() {
        Some(text) => Held::of(patterns.iter().any(|p| matches(p, text))),
        None => mistyped(value, "a text"),
    }
}

/// Whether a text is like a pattern, in which `*` stands for anything.
pub fn matches(pattern: &str, text: &str) -> bool {
    let parts = strings::split(pattern, b'*');
    let [first, middle @ .., last] = parts.as_slice() else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    for part in middle {
        match strings::find(rest, part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    fn holds(test: &Test, value: Value, is_word: bool) -> Held {
        test.holds(Seen {
            value: Some(&value),
            is_word,
        })
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|t| (*t).to_owned()).collect()
    }

    #[test]
    fn the_type_of_the_wanted_value_decides() {
        let list = |json: Value| json.items().to_vec();
        for (test, value, wanted) in [
            (Test::Is(json!(true)), json!(true), Held::Yes),
            (Test::Is(json!(true)), json!(false), Held::No),
            (Test::IsNot(json!(5)), json!(6), Held::Yes),
            (Test::Is(json!(1)), json!(1.5), Held::No),
            (
                Test::OneOf(list(json!([80, "http"]))),
                json!("http"),
                Held::Yes,
            ),
            (Test::OneOf(list(json!([80, "http"]))), json!(81), Held::No),
            (Test::NoneOf(list(json!(["a"]))), json!("b"), Held::Yes),
            (Test::Has("a".to_owned()), json!(["a", "b"]), Held::Yes),
            (Test::Lacks("a".to_owned()), json!([]), Held::Yes),
            (
                Test::Within(list(json!(["a", "b"]))),
                json!(["b"]),
                Held::Yes,
            ),
            (
                Test::Within(list(json!(["a", "b"]))),
                json!(["c"]),
                Held::No,
            ),
            (Test::AtLeast(json!(3)), json!(3), Held::Yes),
            (Test::AtMost(json!(3)), json!(4), Held::No),
            (Test::AtLeast(json!("5m")), json!("1h"), Held::Yes),
            (Test::AtMost(json!("5m")), json!("1h"), Held::No),
            (Test::Set(true), json!(""), Held::No),
            (Test::Set(true), json!(false), Held::Yes),
            (Test::Set(false), json!({}), Held::Yes),
            (Test::Set(true), json!("masked"), Held::Yes),
            (
                Test::Like(texts(&["*:latest"])),
                json!("a/b:latest"),
                Held::Yes,
            ),
            (
                Test::Unlike(texts(&["*:latest"])),
                json!("a/b:1"),
                Held::Yes,
            ),
        ] {
            assert_eq!(holds(&test, value, false), wanted, "{test:?} {value:?}");
        }
    }

    #[test]
    fn another_type_or_a_masked_value_is_no_answer() {
        let list = |json: Value| json.items().to_vec();
        for (test, value) in [
            (Test::Is(json!(true)), json!("true")),
            (Test::IsNot(json!(true)), json!("true")),
            (Test::Is(json!("1")), json!(1)),
            (Test::OneOf(list(json!([80]))), json!("80")),
            (Test::Has("a".to_owned()), json!("a")),
            (Test::Within(list(json!(["a"]))), json!({})),
            (Test::AtLeast(json!(3)), json!("3")),
            (Test::AtLeast(json!("3m")), json!(3)),
            (Test::AtLeast(json!("3m")), json!("3")),
            (Test::AtLeast(json!(true)), json!("3")),
            (Test::Unlike(texts(&["a"])), json!(["a"])),
            (Test::IsNot(json!("changeme")), json!("masked")),
            (Test::Lacks("x".to_owned()), json!(["a masked part"])),
        ] {
            let held = holds(&test, value, false);
            assert!(matches!(held, Held::Unknown(_)), "{test:?} {value:?}");
        }
    }

    #[test]
    fn a_word_means_what_its_flag_s_type_makes_of_it() {
        for (test, word, wanted) in [
            (Test::Is(json!(true)), "T", Held::Yes),
            (Test::IsNot(json!(false)), "0", Held::No),
            (Test::Is(json!(16)), "0x10", Held::Yes),
            (Test::AtLeast(json!(16)), "020", Held::Yes),
            (Test::Has("b".to_owned()), "a,b", Held::Yes),
        ] {
            assert_eq!(holds(&test, word.into(), true), wanted, "{test:?} {word}");
        }
        for test in [
            Test::Is(json!(true)),
            Test::Is(json!(1)),
            Test::AtMost(json!(1)),
        ] {
            let held = holds(&test, "many".into(), true);
            assert!(matches!(held, Held::Unknown(_)), "{test:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_none_of_what_is_not_wanted() {
        let nothing = Seen {
            value: None,
            is_word: false,
        };
        for (test, wanted) in [
            (Test::Is(json!(false)), Held::No),
            (Test::IsNot(json!(true)), Held::Yes),
            (Test::OneOf(Vec::new()), Held::No),
            (Test::NoneOf(Vec::new()), Held::Yes),
            (Test::Has(String::new()), Held::No),
            (Test::Lacks(String::new()), Held::Yes),
            (Test::Within(Vec::new()), Held::Yes),
            (Test::AtLeast(json!(0)), Held::No),
            (Test::AtMost(json!(0)), Held::No),
            (Test::Set(true), Held::No),
            (Test::Set(false), Held::Yes),
            (Test::Like(texts(&["*"])), Held::No),
            (Test::Unlike(texts(&["*"])), Held::Yes),
        ] {
            assert_eq!(test.holds(nothing), wanted, "{test:?}");
        }
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, is) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*b", "ab", true),
            ("*a*", "xay", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*", "", true),
            ("ab*b", "ab", false),
        ] {
            assert_eq!(matches(pattern, text), is, "{pattern} {text}");
        }
    }
}
