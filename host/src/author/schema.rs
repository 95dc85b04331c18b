//! The JSON Schema of the language, made of its types, and what holds an
//! author's file to it: so an editor and cisb agree on what is right.

use serde_json::{Map, Value};

use super::cases::Cases;
use super::language::Profile;
use super::mistake::Mistake;
use super::tailor::language::Overlay;
use super::tree::{Data, Member, Node};
use crate::cli::near;

/// What a file of YAML is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A profile.
    Profile,
    /// Changes to another profile.
    Overlay,
    /// Cases of a profile.
    Cases,
}

/// The schema, for editors.
pub fn schema(of: Kind) -> Value {
    let (mut schema, title) = match of {
        Kind::Profile => (schemars::schema_for!(Profile).to_value(), "cisb profile"),
        Kind::Overlay => (schemars::schema_for!(Overlay).to_value(), "cisb overlay"),
        Kind::Cases => (schemars::schema_for!(Cases).to_value(), "cisb cases"),
    };
    tidy(&mut schema);
    if let Value::Object(members) = &mut schema {
        members.insert("title".to_owned(), title.into());
    }
    schema
}

/// The schema as a file.
pub fn text(of: Kind) -> String {
    let mut text = serde_json::to_string_pretty(&schema(of)).unwrap_or_default();
    text.push('\n');
    text
}

/// Holds a file to the schema: everything that is wrong, in no order.
pub fn hold(file: &Node, of: Kind) -> Vec<Mistake> {
    let (what, is) = match of {
        Kind::Profile => (
            "the profile",
            "a profile is a mapping that begins with `id: NAME`",
        ),
        Kind::Overlay => (
            "the overlay",
            "an overlay is a mapping that begins with `extends: PROFILE`",
        ),
        Kind::Cases => ("the file", "cases are a mapping that begins with `cases:`"),
    };
    if !matches!(file.data, Data::Map(_)) {
        let text = match file.data {
            Data::Null => "the file says nothing".to_owned(),
            _ => format!("the file is {}", file.kind()),
        };
        return vec![Mistake::at(file.spot, format!("{text}: {is}"))];
    }
    let schema = schema(of);
    let mut holder = Holder {
        schema: &schema,
        mistakes: Vec::new(),
    };
    holder.node(&schema, file, what);
    holder.mistakes
}

/// Takes out what is there for Rust's sake: `null` for what may be left out,
/// line breaks and links of comments, formats of numbers.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(members) => {
            members.remove("format");
            members.remove("default");
            if let Some(Value::Array(types)) = members.get_mut("type") {
                types.retain(|t| t != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    members.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
                choices.retain(|c| c["type"] != "null");
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    members.remove("anyOf");
                    members.extend(only.into_iter().filter(|(name, _)| name != "description"));
                }
            }
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = text
                    .replace('\n', " ")
                    .replace("[`", "`")
                    .replace("`]", "`");
            }
            if members.contains_key("properties") && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), false.into());
            }
            for (name, member) in members {
                match member {
                    // Names here are an author's, and none of a schema's words.
                    Value::Object(named) if matches!(&**name, "properties" | "$defs") => {
                        named.values_mut().for_each(tidy);
                    }
                    member => tidy(member),
                }
            }
        }
        _ => {}
    }
}

struct Holder<'a> {
    schema: &'a Value,
    mistakes: Vec<Mistake>,
}

impl<'a> Holder<'a> {
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|to| to.strip_prefix('#')) {
            Some(pointer) => self.schema.pointer(pointer).unwrap_or(schema),
            None => schema,
        }
    }

    /// Holds a value to a part of the schema. `what` is what a sentence calls it.
    fn node(&mut self, schema: &'a Value, node: &Node, what: &str) {
        let schema = self.resolve(schema);
        let choices = |name: &str| schema[name].as_array().map(Vec::as_slice);
        if let Some(choices) = choices("anyOf")
            && !are_demands(choices)
        {
            return self.any_of(choices, node, what);
        }
        if let Some(choices) = choices("oneOf")
            && !are_demands(choices)
        {
            return match choices.iter().all(|c| c.get("const").is_some()) {
                true => self.word(choices, node, what),
                false => self.kind(schema, choices, node, what),
            };
        }
        if let Some(words) = choices("enum") {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            return self.one_of_words(&words, node, what);
        }
        match schema["type"].as_str() {
            Some("object") => self.object(schema, node, what),
            Some("array") => self.list(schema, node, what),
            Some("string") => match &node.data {
                Data::Text(_) => self.fixed(schema, node, what),
                Data::Number(_, written) => {
                    let text = format!("{what} is a text: write \"{written}\", in quotes");
                    self.wrong(node, text);
                }
                Data::Boolean(is) => {
                    let text = format!("{what} is a text: write \"{is}\", in quotes");
                    self.wrong(node, text);
                }
                _ => self.mistyped(node, what, "a text"),
            },
            Some("integer") => match &node.data {
                Data::Number(number, _) if number.is_i64() || number.is_u64() => {
                    self.range(schema, node, what);
                }
                _ => self.mistyped(node, what, "a whole number"),
            },
            Some("boolean") => match &node.data {
                Data::Boolean(_) => self.fixed(schema, node, what),
                Data::Text(text) if ["yes", "no", "on", "off"].contains(&text.as_str()) => {
                    let should = matches!(text.as_str(), "yes" | "on");
                    self.wrong(node, format!("{what} is a boolean: write {should}"));
                }
                _ => self.mistyped(node, what, "true or false"),
            },
            _ => {}
        }
    }

    fn wrong(&mut self, node: &Node, text: String) {
        self.mistakes.push(Mistake::at(node.spot, text));
    }

    fn mistyped(&mut self, node: &Node, what: &str, wanted: &str) {
        let found = node.kind();
        self.wrong(node, format!("{what} is {wanted}, and this is {found}"));
    }

    /// A value that can be one only.
    fn fixed(&mut self, schema: &Value, node: &Node, what: &str) {
        if let Some(only) = schema.get("const")
            && *only != node.to_json()
        {
            self.wrong(node, format!("{what} can only be {only}: leave it out"));
        }
    }

    fn range(&mut self, schema: &Value, node: &Node, what: &str) {
        let Some(number) = node.to_json().as_i64() else {
            return self.mistyped(node, what, "a whole number in decimal");
        };
        let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
        if least.is_some_and(|l| number < l) || most.is_some_and(|m| number > m) {
            let text = match (least, most) {
                (Some(least), Some(most)) => format!("from {least} to {most}"),
                (Some(least), None) => format!("{least} or more"),
                _ => "smaller".to_owned(),
            };
            self.wrong(node, format!("{what} must be {text}, and this is {number}"));
        }
    }

    /// A choice of types: the one that fits, else what could be.
    fn any_of(&mut self, choices: &'a [Value], node: &Node, what: &str) {
        let resolved = choices.iter().map(|c| self.resolve(c));
        let fitting: Vec<&Value> = resolved.filter(|c| fits(c, node)).collect();
        if let Some(first) = fitting.first() {
            return self.node(first, node, what);
        }
        let words: Vec<&str> = choices
            .iter()
            .filter_map(|c| match self.resolve(c)["type"].as_str()? {
                "string" => Some("a text"),
                "integer" => Some("a whole number"),
                "boolean" => Some("true or false"),
                "array" => Some("a list"),
                _ => Some("a mapping"),
            })
            .collect();
        self.mistyped(node, what, &words.join(" or "));
    }

    fn word(&mut self, choices: &[Value], node: &Node, what: &str) {
        let words = choices.iter().filter_map(|c| c["const"].as_str());
        let words: Vec<&str> = words.collect();
        self.one_of_words(&words, node, what);
    }

    fn one_of_words(&mut self, words: &[&str], node: &Node, what: &str) {
        let Data::Text(text) = &node.data else {
            return self.mistyped(node, what, &format!("one of {}", words.join(", ")));
        };
        if words.contains(&text.as_str()) {
            return;
        }
        let near = near::closest(text, words.iter().copied());
        let hint = match near.is_empty() {
            true => format!(": it can be {}", among(words)),
            false => hint(&near),
        };
        self.wrong(node, format!("{what} cannot be `{text}`{hint}"));
    }

    /// A mapping with one member, whose name says what it is.
    fn kind(&mut self, schema: &'a Value, choices: &'a [Value], node: &Node, what: &str) {
        let names: Vec<&str> = choices.iter().filter_map(tag).collect();
        let title = schema["title"].as_str().unwrap_or("choice");
        let Data::Map(members) = &node.data else {
            let text = format!(
                "{what} is {}, and this is {}: write one of {}, with what it needs below it",
                article(title),
                node.kind(),
                among(&names)
            );
            return self.wrong(node, text);
        };
        for member in members {
            match choices
                .iter()
                .find(|c| tag(c) == Some(member.name.as_str()))
            {
                Some(choice) => {
                    let below = &choice["properties"][member.name.as_str()];
                    let what = format!("`{}`", member.name);
                    self.node(below, &member.node, &what);
                }
                None => self.unknown(member, title, &names),
            }
        }
        let known = members.iter().filter(|m| names.contains(&m.name.as_str()));
        if let [first, second, ..] = known.collect::<Vec<_>>().as_slice() {
            let text = format!(
                "{} is of one kind, and this one is `{}` already: put both in a list under `all` \
                 or `any`",
                article(title),
                first.name
            );
            self.mistakes.push(Mistake::at(second.spot, text));
        }
        if members.is_empty() {
            let text = format!("{what} is empty: write one of {}", among(&names));
            self.wrong(node, text);
        }
    }

    fn unknown(&mut self, member: &Member, title: &str, names: &[&str]) {
        let near = near::closest(&member.name, names.iter().copied());
        let hint = match near.is_empty() {
            true => format!(": it can have {}", among(names)),
            false => hint(&near),
        };
        let text = format!(
            "unknown member `{}` in {}{hint}",
            member.name,
            article(title)
        );
        self.mistakes.push(Mistake::at(member.spot, text));
    }

    fn list(&mut self, schema: &'a Value, node: &Node, what: &str) {
        let Data::List(items) = &node.data else {
            let text = format!(
                "{what} is a list, and this is {}: begin each element with `- `",
                node.kind()
            );
            return self.wrong(node, text);
        };
        if items.is_empty() && schema["minItems"].as_u64() > Some(0) {
            self.wrong(node, format!("{what} is an empty list: write at least one"));
        }
        for item in items {
            let what = format!("an element of {what}");
            self.node(&schema["items"], item, &what);
        }
    }

    fn object(&mut self, schema: &'a Value, node: &Node, what: &str) {
        let title = schema["title"].as_str();
        let Data::Map(members) = &node.data else {
            return self.mistyped(node, what, "a mapping");
        };
        let called = title.map_or_else(|| what.to_owned(), article);
        let properties = schema["properties"].as_object();
        let names = properties.into_iter().flat_map(Map::keys);
        let names: Vec<&str> = names.map(String::as_str).collect();
        for member in members {
            let below = properties.and_then(|p| p.get(&member.name));
            match below.or_else(|| schema.get("additionalProperties").filter(|s| s.is_object())) {
                Some(below) => {
                    let what = format!("`{}`", member.name);
                    self.node(below, &member.node, &what);
                }
                None => self.unknown(member, title.unwrap_or(what), &names),
            }
        }
        // A misspelt member is there, and was complained about.
        let meant = |m: &Member| near::closest(&m.name, names.iter().copied());
        let is_known = |m: &&Member| names.contains(&m.name.as_str());
        let strangers = members.iter().filter(|m| !is_known(m));
        let misspelt: Vec<String> = strangers.flat_map(meant).collect();
        let has = |name: &str| {
            members.iter().any(|m| m.name == name) || misspelt.iter().any(|m| m == name)
        };
        for name in texts(&schema["required"]) {
            if !has(name) {
                self.wrong(node, format!("{called} needs `{name}`"));
            }
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let names: Vec<&str> = choices.iter().filter_map(demanded).collect();
            let given = members.iter().filter(|m| names.contains(&m.name.as_str()));
            match given.collect::<Vec<_>>().as_slice() {
                [] if names.iter().any(|name| has(name)) => {}
                [] => self.wrong(node, format!("{called} needs one of {}", among(&names))),
                [_] => {}
                [first, second, ..] => {
                    let text = format!(
                        "`{}` and `{}` exclude each other in {called}: leave one of them out",
                        first.name, second.name
                    );
                    self.mistakes.push(Mistake::at(second.spot, text));
                }
            }
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let names: Vec<&str> = choices.iter().filter_map(demanded).collect();
            if !names.iter().any(|name| has(name)) {
                let text = format!("{called} demands nothing: add {}", among(&names));
                self.wrong(node, text);
            }
        }
    }
}

/// Whether a schema's choices are members of which one must be there.
fn are_demands(choices: &[Value]) -> bool {
    choices.iter().all(|c| demanded(c).is_some())
}

/// The one member that a choice demands, if it says nothing else.
fn demanded(choice: &Value) -> Option<&str> {
    match choice.as_object()?.len() {
        1 => choice["required"][0].as_str(),
        _ => None,
    }
}

/// The member that a kind is known by.
fn tag(choice: &Value) -> Option<&str> {
    choice["required"][0].as_str()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// Whether a value is of a schema's type.
fn fits(schema: &Value, node: &Node) -> bool {
    match (schema["type"].as_str(), &node.data) {
        (Some("string"), Data::Text(_))
        | (Some("boolean"), Data::Boolean(_))
        | (Some("array"), Data::List(_))
        | (Some("object"), Data::Map(_)) => true,
        (Some("integer"), Data::Number(number, _)) => number.is_i64() || number.is_u64(),
        (None, Data::Map(_)) => schema.get("oneOf").is_some(),
        _ => false,
    }
}

/// `a files rule`, `an objects rule`.
fn article(title: &str) -> String {
    match title.starts_with(['a', 'e', 'i', 'o', 'u']) {
        true => format!("an {title}"),
        false => format!("a {title}"),
    }
}

/// `` `a`, `b` or `c` ``.
pub(super) fn among(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    match quoted.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        other => other.concat(),
    }
}

/// `` : did you mean `a`? ``.
pub(super) fn hint(near: &[String]) -> String {
    match near {
        [] => String::new(),
        near => {
            let near: Vec<&str> = near.iter().map(String::as_str).collect();
            format!(": did you mean {}?", among(&near))
        }
    }
}
