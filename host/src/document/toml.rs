//! TOML, in which container runtimes are configured: one table, as JSON.

use serde_json::{Map, Number, Value};

use super::{DocumentError, bounded};

/// Reads a text. A date becomes a text, as JSON has none.
pub(super) fn read(text: &str) -> Result<Value, DocumentError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table: ::toml::Table = ::toml::from_str(text).map_err(|error| refused(text, &error))?;
    let value = json(::toml::Value::Table(table))?;
    bounded(&value, 0, &mut 0).map_err(|error| match error {
        DocumentError::Malformed(why) => DocumentError::NotToml(why),
        other => other,
    })?;
    Ok(value)
}

/// Whether a line heads a table. `NAME="value"` alone is TOML as well, but files
/// of nothing else are read by shells and by systemd.
pub(super) fn has_table(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.split('#').next().unwrap_or_default().trim();
        line.len() > 2 && line.starts_with('[') && line.ends_with(']')
    })
}

/// Where a text is wrong, without a word of it.
fn refused(text: &str, error: &::toml::de::Error) -> DocumentError {
    let what = "a syntax error, or a key that stands twice,";
    DocumentError::NotToml(match error.span().and_then(|span| text.get(..span.start)) {
        Some(before) => format!("{what} in line {}", before.matches('\n').count() + 1),
        None => what.trim_end_matches(',').to_owned(),
    })
}

fn json(value: ::toml::Value) -> Result<Value, DocumentError> {
    Ok(match value {
        ::toml::Value::String(text) => Value::String(text),
        ::toml::Value::Integer(number) => Value::Number(number.into()),
        ::toml::Value::Float(number) => match Number::from_f64(number) {
            Some(number) => Value::Number(number),
            None => return Err(DocumentError::NotToml("a number is not finite".to_owned())),
        },
        ::toml::Value::Boolean(is) => Value::Bool(is),
        ::toml::Value::Datetime(date) => Value::String(date.to_string()),
        ::toml::Value::Array(items) => {
            let items: Result<Vec<Value>, _> = items.into_iter().map(json).collect();
            Value::Array(items?)
        }
        ::toml::Value::Table(members) => {
            let mut fields = Map::new();
            for (name, member) in members {
                fields.insert(name, json(member)?);
            }
            Value::Object(fields)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::document::{parse, parse_file};

    const RUNTIME: &str = "\
# containerd
version = 3
imports = []
[plugins.\"io.containerd.cri.v1.runtime\"]
  enable_selinux = true
  since = 2024-01-02T03:04:05Z
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  SystemdCgroup = true
";

    #[test]
    fn tables_become_members() {
        let wanted = json!({
            "version": 3, "imports": [],
            "plugins": {"io.containerd.cri.v1.runtime": {
                "enable_selinux": true, "since": "2024-01-02T03:04:05Z",
                "containerd": {"runtimes": {"runc": {"options": {"SystemdCgroup": true}}}},
            }},
        });
        for path in ["/etc/containerd/config.toml", "/etc/crio/crio.conf"] {
            assert_eq!(
                parse_file(path, RUNTIME.as_bytes()).unwrap(),
                vec![wanted.clone()]
            );
        }
        parse(RUNTIME.as_bytes()).unwrap_err();
    }

    #[test]
    fn what_is_called_toml_is_nothing_else() {
        let refused = |path: &str, text: &str, words: &str| {
            let error = parse_file(path, text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
            assert!(!error.contains("CANARY"), "{error}");
        };
        refused("/a.toml", "a: 1\n", "not TOML: a syntax error");
        refused("/a.toml", "a = 1\nCANARY = 1\nCANARY = 2\n", "in line 3");
        refused("/a.toml", "a = nan\n", "not finite");
        refused("/a.toml", &format!("a = {}", "[".repeat(9_000)), "not TOML");
        // What is broken otherwise is not mended, and an environment is no table.
        refused("/a.yaml", "[a]\nb: [\n", "not YAML or JSON");
        refused("/etc/default/kubelet", "A=\"b\"\n", "plain text");
        refused(
            "/a.conf",
            "[Service]\nExecStart=/bin/a\n",
            "not YAML or JSON",
        );
    }

    #[test]
    fn an_empty_file_says_nothing_and_a_masked_one_is_json() {
        assert_eq!(parse_file("/a.toml", b"").unwrap(), [json!({})]);
        assert_eq!(
            parse_file("/a.toml", b"{\"a\": \"masked\"}").unwrap(),
            [json!({"a": "masked"})]
        );
        assert_eq!(
            parse_file("/a.yaml", b"a: 1\n[b]: 2\n").is_ok(),
            parse(b"a: 1\n[b]: 2\n").is_ok()
        );
    }
}
