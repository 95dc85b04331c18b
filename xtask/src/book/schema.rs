//! A JSON Schema as a page: a table for each kind of value, with links to the
//! kinds that it is made of.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use super::markdown::{anchor, cell};

/// The page: the whole first, then every definition by name.
pub(super) fn page(head: &str, root: &str, schema: &Value) -> Result<String> {
    let mut out = format!("{head}\n## {root}\n");
    body(&mut out, schema).with_context(|| root.to_owned())?;
    let defs = schema.get("$defs").and_then(Value::as_object);
    for (name, def) in defs.into_iter().flatten() {
        write!(out, "\n## {name}\n")?;
        body(&mut out, def).with_context(|| name.clone())?;
    }
    Ok(out)
}

fn body(out: &mut String, schema: &Value) -> Result<()> {
    if let Some(words) = text(schema, "description") {
        write!(out, "\n{}\n", linked(&paragraph(words)))?;
    }
    if let Some(members) = schema.get("properties").and_then(Value::as_object) {
        table(out, schema, members)?;
    }
    let choice = choices(schema);
    let demands = |choice: &Value| choice.get("required").is_some() && !is_typed(choice);
    if choice.iter().all(|choice| demands(choice)) {
        for (key, word) in [("oneOf", "Exactly one"), ("anyOf", "At least one")] {
            let names = array(schema, key).iter().filter_map(|choice| {
                let names = array(choice, "required").iter().filter_map(Value::as_str);
                let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
                (!names.is_empty()).then(|| names.join(" with "))
            });
            let names: Vec<String> = names.collect();
            if !names.is_empty() {
                write!(
                    out,
                    "\n{word} of these must be there: {}.\n",
                    names.join(", ")
                )?;
            }
        }
    } else {
        out.push_str("\nOne of these:\n\n| | |\n|---|---|\n");
        for choice in choice {
            let (what, words) = alternative(choice)?;
            writeln!(out, "| {what} | {} |", cell(&linked(words)))?;
        }
    }
    if schema.get("properties").is_none() && choices(schema).is_empty() {
        write!(out, "\n{}.\n", first_up(&kind(schema)?))?;
    }
    Ok(())
}

fn table(out: &mut String, schema: &Value, members: &Map<String, Value>) -> Result<()> {
    let required: Vec<&str> = array(schema, "required")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    out.push_str("\n| member | | type | |\n|---|---|---|---|\n");
    for (name, member) in members {
        let must = match required.contains(&name.as_str()) {
            true => "required",
            false => "",
        };
        let kind = kind(member).with_context(|| name.clone())?;
        let words = text(member, "description").with_context(|| format!("{name} has no words"))?;
        let words = cell(&linked(words));
        writeln!(out, "| `{name}` | {must} | {} | {words} |", cell(&kind))?;
    }
    Ok(())
}

/// One of several forms, and what it is for.
fn alternative(choice: &Value) -> Result<(String, &str)> {
    let words = text(choice, "description").unwrap_or_default();
    // A mapping with one member says by its name which kind it is.
    let members = choice.get("properties").and_then(Value::as_object);
    let what = match members {
        Some(members) => {
            let parts = members
                .iter()
                .map(|(name, member)| Ok(format!("`{name}`: {}", kind(member)?)))
                .collect::<Result<Vec<_>>>()?;
            parts.join(", ")
        }
        None => kind(choice)?,
    };
    Ok((cell(&what), words))
}

/// A type in a few words.
fn kind(schema: &Value) -> Result<String> {
    if let Some(to) = text(schema, "$ref") {
        let name = to.rsplit('/').next().unwrap_or(to);
        return Ok(format!("[{name}](#{})", anchor(name)));
    }
    if let Some(value) = schema.get("const") {
        return Ok(format!("`{value}`"));
    }
    if schema.get("enum").is_some() {
        let values: Vec<String> = array(schema, "enum")
            .iter()
            .map(|value| format!("`{value}`"))
            .collect();
        return Ok(values.join(", "));
    }
    if !choices(schema).is_empty() {
        let kinds = choices(schema)
            .into_iter()
            .filter(|choice| text(choice, "type") != Some("null"))
            .map(|choice| Ok(alternative(choice)?.0))
            .collect::<Result<Vec<_>>>()?;
        return Ok(kinds.join(" or "));
    }
    let types = match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(some)) => some.iter().filter_map(Value::as_str).collect(),
        None if matches!(schema, Value::Bool(true)) => return Ok("anything".to_owned()),
        None if schema.get("allOf").is_some() => match array(schema, "allOf") {
            [one] => return kind(one),
            _ => bail!("allOf with several parts"),
        },
        None => return Ok("anything".to_owned()),
        Some(other) => bail!("the type {other}"),
    };
    let words = types
        .into_iter()
        .filter(|name| *name != "null")
        .map(|name| named(name, schema))
        .collect::<Result<Vec<_>>>()?;
    Ok(words.join(" or "))
}

fn named(name: &str, schema: &Value) -> Result<String> {
    Ok(match name {
        "string" => match text(schema, "pattern").or(text(schema, "format")) {
            Some(pattern) => format!("text, `{pattern}`"),
            None => "text".to_owned(),
        },
        "boolean" => "`true` or `false`".to_owned(),
        "integer" | "number" => {
            let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
            match (bound("minimum"), bound("maximum")) {
                (Some(least), Some(most)) => format!("number, {least} to {most}"),
                (Some(least), None) if least > 0 => format!("number, {least} or more"),
                _ => "number".to_owned(),
            }
        }
        "array" => match schema.get("items") {
            Some(items) => format!("list of {}", kind(items)?),
            None => "list".to_owned(),
        },
        "object" => match schema.get("additionalProperties") {
            Some(of @ Value::Object(_)) => format!("mapping of names to {}", kind(of)?),
            _ if schema.get("properties").is_some() => {
                let members = schema.get("properties").and_then(Value::as_object);
                let names: Vec<String> = members
                    .into_iter()
                    .flat_map(|members| members.keys().map(|name| format!("`{name}`")))
                    .collect();
                format!("mapping with {}", names.join(", "))
            }
            _ => "mapping".to_owned(),
        },
        other => bail!("the type {other}"),
    })
}

/// The forms of which one or more fits.
fn choices(schema: &Value) -> Vec<&Value> {
    ["oneOf", "anyOf"]
        .iter()
        .flat_map(|key| array(schema, key))
        .collect()
}

fn is_typed(schema: &Value) -> bool {
    ["type", "$ref", "const", "enum"]
        .iter()
        .any(|key| schema.get(key).is_some())
}

fn array<'a>(schema: &'a Value, key: &str) -> &'a [Value] {
    match schema.get(key) {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}

fn text<'a>(schema: &'a Value, key: &str) -> Option<&'a str> {
    schema.get(key).and_then(Value::as_str)
}

/// Names of types in comments, as links to their headings.
fn linked(words: &str) -> String {
    let mut out = String::new();
    for (at, part) in words.split('`').enumerate() {
        let bracketed = out.ends_with('[');
        let (name, member) = match part.split_once("::") {
            Some((name, member)) => (name, Some(member)),
            None => (part, None),
        };
        let is_type = name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric());
        if at % 2 == 0 {
            // The bracket that closed a link went with it.
            let part = part.strip_prefix(']').filter(|_| out.ends_with(')'));
            out += part.unwrap_or(words.split('`').nth(at).unwrap_or_default());
        } else if is_type && (bracketed || member.is_some()) {
            out.truncate(out.len() - usize::from(bracketed));
            if let Some(member) = member {
                out += &format!("`{}` of ", member.replace('_', "-"));
            }
            out += &format!("[{name}](#{})", anchor(name));
        } else {
            out += &format!("`{part}`");
        }
    }
    out
}

/// Words as paragraphs: single line breaks of a comment are none.
fn paragraph(words: &str) -> String {
    let parts = words.split("\n\n").map(|part| part.split_whitespace());
    let parts: Vec<String> = parts
        .map(|words| words.collect::<Vec<_>>().join(" "))
        .collect();
    parts.join("\n\n")
}

fn first_up(words: &str) -> String {
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_form_of_a_schema_is_shown() {
        for (schema, wanted) in [
            (
                json!({"$ref": "#/$defs/OneOrMany"}),
                "[OneOrMany](#oneormany)",
            ),
            (
                json!({"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}),
                "[A](#a)",
            ),
            (json!({"type": ["string", "null"]}), "text"),
            (json!({"type": "string", "pattern": "^a$"}), "text, `^a$`"),
            (json!({"enum": ["a", 1]}), "`\"a\"`, `1`"),
            (
                json!({"type": "integer", "minimum": 1, "maximum": 2}),
                "number, 1 to 2",
            ),
            (json!({"type": "integer", "minimum": 0}), "number"),
            (
                json!({"type": "array", "items": {"type": "boolean"}}),
                "list of `true` or `false`",
            ),
            (
                json!({"type": "object", "additionalProperties": {"type": "string"}}),
                "mapping of names to text",
            ),
            (
                json!({"oneOf": [{"properties": {"all": {"type": "string"}}, "type": "object"}]}),
                "`all`: text",
            ),
        ] {
            assert_eq!(kind(&schema).unwrap(), wanted, "{schema}");
        }
        assert!(kind(&json!({"type": "tensor"})).is_err());
    }

    #[test]
    fn members_are_a_table_and_what_excludes_each_other_is_said() {
        let schema = json!({
            "properties": {"a": {"type": "string", "description": "x | y\nz"}, "b": {"description": "w"}},
            "required": ["a"],
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        });
        let page = page("# T\n", "Root", &schema).unwrap();
        assert!(
            page.contains("| `a` | required | text | x \\| y z |"),
            "{page}"
        );
        let silent = json!({"properties": {"c": {"type": "string"}}});
        let error = super::page("", "Root", &silent).unwrap_err();
        assert!(format!("{error:#}").contains("c has no words"), "{error:#}");
        assert!(page.contains("| `b` |  | anything | w |"), "{page}");
        assert!(
            page.contains("Exactly one of these must be there: `a`, `b`."),
            "{page}"
        );
    }

    #[test]
    fn types_that_comments_name_are_links() {
        for (words, wanted) in [
            ("see [`Group`].", "see [Group](#group)."),
            ("see `File::max_bytes`", "see `max-bytes` of [File](#file)"),
            ("a `Secret` and [`stat`]", "a `Secret` and [`stat`]"),
            ("[`A`] and [`B`]", "[A](#a) and [B](#b)"),
        ] {
            assert_eq!(linked(words), wanted);
        }
    }
}
