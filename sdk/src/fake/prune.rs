//! Removes from an object what a request did not ask for, and what no profile
//! may see.

use serde_json::Value;

/// What a request keeps of an object.
pub(super) fn prune(object: &Value, resource: &str, fields: &[String]) -> Value {
    let mut kept = Value::Null;
    let always = ["/metadata/name", "/metadata/namespace"];
    for field in always.into_iter().chain(fields.iter().map(String::as_str)) {
        if resource == "secrets" && (field.starts_with("/data") || field.starts_with("/stringData"))
        {
            continue;
        }
        let tokens: Vec<&str> = field.split('/').skip(1).collect();
        copy(object, &mut kept, &tokens);
    }
    if let Some(metadata) = kept.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        if let Some(notes) = metadata
            .get_mut("annotations")
            .and_then(Value::as_object_mut)
        {
            notes.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    kept
}

fn copy(from: &Value, to: &mut Value, tokens: &[&str]) {
    let Some((token, rest)) = tokens.split_first() else {
        from.clone_into(to);
        return;
    };
    let token = token.replace("~1", "/").replace("~0", "~");
    match from {
        Value::Object(map) => {
            for (key, value) in map.iter().filter(|(k, _)| token == "*" || **k == token) {
                if !to.is_object() {
                    *to = Value::Object(serde_json::Map::new());
                }
                if let Some(to) = to.as_object_mut() {
                    copy(value, to.entry(key.clone()).or_insert(Value::Null), rest);
                }
            }
        }
        Value::Array(list) if token == "*" => {
            if !to.is_array() {
                *to = Value::Array(vec![Value::Null; list.len()]);
            }
            if let Some(to) = to.as_array_mut() {
                for (value, to) in list.iter().zip(to) {
                    copy(value, to, rest);
                }
            }
        }
        _ => {}
    }
}
