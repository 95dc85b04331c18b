//! Masks parsed documents and API objects by the names of their fields.

use serde_json::{Map, Value};

use super::names::{is_plain, is_secret};
use super::{MASKED, mask_args, masked, text_within};

/// Documents inside strings of documents that are looked into.
pub(super) const EMBEDDING_LIMIT: usize = 4;

/// Masks everything below a value. `cloud`: it belongs to a cloud's
/// configuration, where fields named `…key` are secret as well.
pub(super) fn walk(value: &mut Value, cloud: bool, level: usize) -> usize {
    match value {
        Value::Object(fields) => object(fields, cloud, level),
        Value::Array(items) => array(items, cloud, level),
        Value::String(text) => match string(text, level) {
            Some(masked) => replace(text, masked),
            None => 0,
        },
        _ => 0,
    }
}

/// Whether a path names a cloud's configuration.
pub(super) fn is_cloud(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name == "azure.json"
        || name.starts_with("cloud.")
        || name.contains("cloud-")
        || name.contains("cloud_")
}

/// Removes what no one may see of an API object: the fields that repeat it, and
/// the values of Secrets and of binary data.
pub(super) fn strip_object(plural: &str, object: &mut Value) -> usize {
    let mut count = 0;
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        count += usize::from(metadata.remove("managedFields").is_some());
        if let Some(annotations) = metadata
            .get_mut("annotations")
            .and_then(Value::as_object_mut)
        {
            count += usize::from(
                annotations
                    .remove("kubectl.kubernetes.io/last-applied-configuration")
                    .is_some(),
            );
        }
    }
    if let Some(fields) = object.as_object_mut() {
        if plural == "secrets" {
            count += payload(fields);
        }
        count += fields.get_mut("binaryData").map_or(0, all);
    }
    count
}

fn object(fields: &mut Map<String, Value>, cloud: bool, level: usize) -> usize {
    let mut count = names(fields);
    let is_text =
        |fields: &Map<String, Value>, name: &str| fields.get(name).is_some_and(Value::is_string);
    let secret_kind = fields.get("kind").and_then(Value::as_str) == Some("Secret");
    if secret_kind
        || (is_text(fields, "type") && fields.get("stringData").is_some_and(Value::is_object))
    {
        count += payload(fields);
    }
    // A variable or header: { name, value }.
    let named = fields
        .get("name")
        .and_then(Value::as_str)
        .is_some_and(is_secret);
    if named && let Some(value) = fields.get_mut("value") {
        count += scalar("", value);
    }
    // Credentials of a kubeconfig's user that a program or an issuer gives.
    if let Some(config) = fields
        .get_mut("auth-provider")
        .and_then(|provider| provider.get_mut("config"))
    {
        count += all(config);
    }
    let plugin = fields
        .get_mut("exec")
        .filter(|exec| exec.get("command").is_some());
    if let Some(variables) = plugin
        .and_then(|exec| exec.get_mut("env"))
        .and_then(Value::as_array_mut)
    {
        count += variables
            .iter_mut()
            .filter_map(|variable| variable.get_mut("value"))
            .map(all)
            .sum::<usize>();
    }
    for (name, field) in fields.iter_mut() {
        let secret = is_secret(name) || cloud && is_cloud_key(name);
        count += match field {
            Value::Array(items) if secret => {
                let (scalars, rest): (Vec<_>, Vec<_>) = items
                    .iter_mut()
                    .partition(|item| !item.is_object() && !item.is_array());
                scalars
                    .into_iter()
                    .map(|item| scalar(name, item))
                    .sum::<usize>()
                    + rest
                        .into_iter()
                        .map(|item| walk(item, cloud, level))
                        .sum::<usize>()
            }
            Value::String(_) | Value::Number(_) if secret => scalar(name, field),
            _ => walk(field, cloud, level),
        };
    }
    count
}

/// Masks credentials in names that are addresses, as those of registries' hosts.
fn names(fields: &mut Map<String, Value>) -> usize {
    let bears = |name: &&String| name.contains("://") && name.contains('@');
    let found: Vec<String> = fields.keys().filter(bears).cloned().collect();
    let mut count = 0;
    for name in found {
        let Some(masked) = masked(&name).filter(|masked| *masked != name) else {
            continue;
        };
        // Two that differ in what is masked stay two.
        let mut free = masked.clone();
        let mut number = 2;
        while fields.contains_key(&free) {
            free = format!("{masked}#{number}");
            number += 1;
        }
        if let Some(value) = fields.remove(&name) {
            fields.insert(free, value);
            count += 1;
        }
    }
    count
}

fn is_cloud_key(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("key")
}

fn array(items: &mut [Value], cloud: bool, level: usize) -> usize {
    let is_word = |item: &Value| {
        let text = item.as_str();
        text.is_some_and(|text| !text.starts_with('-') && !is_embedded(text))
    };
    // Words among which no value can follow a flag, and other values, each for
    // itself.
    if items.iter().all(is_word) || !items.iter().all(Value::is_string) {
        return items.iter_mut().map(|item| walk(item, cloud, level)).sum();
    }
    let mut args: Vec<String> = items
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    // A list of strings may be a command line, in which a value follows its flag.
    mask_args(&mut args);
    let mut count = 0;
    for (item, arg) in items.iter_mut().zip(args) {
        let masked = Value::String(string(&arg, level).unwrap_or(arg));
        count += usize::from(*item != masked);
        *item = masked;
    }
    count
}

/// A string that may be a document of its own, such as a kubeconfig in a
/// ConfigMap; none if there is nothing to mask in it.
fn string(text: &str, level: usize) -> Option<String> {
    if !is_embedded(text) {
        return masked(text);
    }
    if level >= EMBEDDING_LIMIT {
        // Deeper than anything honest, so not worth telling apart.
        return Some(MASKED.to_owned());
    }
    text_within(text, false, level + 1)
}

fn is_embedded(text: &str) -> bool {
    text.contains('\n') || text.trim_start().starts_with(['{', '['])
}

/// Masks the payload of a Secret, keeping the names of its keys.
fn payload(fields: &mut Map<String, Value>) -> usize {
    ["data", "stringData"]
        .iter()
        .filter_map(|name| fields.get_mut(*name).map(all))
        .sum()
}

/// Masks every scalar below a value.
fn all(value: &mut Value) -> usize {
    match value {
        Value::Object(fields) => fields.values_mut().map(all).sum(),
        Value::Array(items) => items.iter_mut().map(all).sum(),
        _ => scalar("", value),
    }
}

/// Masks one value of a secret name, unless it is none itself.
fn scalar(name: &str, value: &mut Value) -> usize {
    match value {
        Value::String(text) if is_plain(name, text) => 0,
        Value::String(text) => replace(text, MASKED.to_owned()),
        Value::Number(_) => {
            *value = Value::from(MASKED);
            1
        }
        _ => 0,
    }
}

fn replace(text: &mut String, masked: String) -> usize {
    let changed = *text != masked;
    *text = masked;
    usize::from(changed)
}
