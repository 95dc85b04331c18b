//! Puts the operator's values where a rule names a parameter: an object with the
//! one member `parameter` stands for the value of that name.

use crate::json::Value;
use crate::prelude::*;
use crate::say;

/// The member that names a parameter.
const PARAMETER: &str = "parameter";

/// The rule with every parameter's value in its place.
pub fn fill(rule: &Value, parameters: &Value) -> Result<Value, String> {
    Ok(match rule {
        Value::Object([(PARAMETER, Value::String(name))]) => match parameters.get(name) {
            Some(value) => *value,
            None => return Err(say!["there is no parameter `", name, "`"]),
        },
        Value::Object(members) => {
            let mut filled = Vec::with_capacity(members.len());
            for (name, member) in *members {
                filled.push((*name, fill(member, parameters)?));
            }
            Value::Object(filled.leak())
        }
        Value::Array(items) => {
            let mut filled = Vec::with_capacity(items.len());
            for item in *items {
                filled.push(fill(item, parameters)?);
            }
            Value::list(filled)
        }
        other => *other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn a_name_becomes_its_value_wherever_it_stands() {
        let rule = json!({"a": [{"is": {"parameter": "n"}}], "parameter": "kept", "b": 1});
        let filled = fill(&rule, &json!({"n": [1]}));
        let wanted = json!({"a": [{"is": [1]}], "parameter": "kept", "b": 1});
        assert_eq!(filled, Ok(wanted));
        let missing = fill(&json!({"parameter": "x"}), &json!({}));
        assert!(missing.is_err_and(|e| e.contains("`x`")));
    }
}
