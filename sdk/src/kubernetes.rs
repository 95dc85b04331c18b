//! Objects of the Kubernetes API: listing them, and reading what Kubernetes
//! itself would read from them.

use crate::facts::{Cause, Error, Facts, Observation};
use crate::json::{self, Value};
use crate::prelude::*;
use crate::say;
use crate::strings;

pub mod admission;
pub mod engines;
pub mod network;
pub mod pods;
pub mod rbac;
pub mod shipped;

/// All objects of one request.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    /// The receipt for the list.
    pub observation: Observation,
    /// The objects, pruned to the request's fields.
    pub items: Vec<Value>,
}

/// Why the objects of a request are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlisted {
    /// Names the request and what happened.
    pub detail: String,
    /// The receipt for having asked, where there is one.
    pub observation: Option<Observation>,
    /// Whether the server was asked and does not serve the resource.
    pub absent: bool,
    /// Whether the node record does not say.
    pub unrecorded: bool,
}

impl Unlisted {
    /// The receipt for having asked, as a list.
    pub fn observations(&self) -> Vec<Observation> {
        match self.observation {
            Some(observation) => vec![observation],
            None => Vec::new(),
        }
    }
}

/// Lists the objects of a request, all pages. A page that does not come, or an
/// object that does not parse, makes the whole list unknown.
pub fn list(facts: &dyn Facts, request: &str) -> Result<Objects, Unlisted> {
    let mut objects = Objects::default();
    let mut start = None;
    let fault = loop {
        let page = match facts.list_objects(request, start) {
            Ok(page) => page,
            Err(error) => return Err(unlisted(request, error)),
        };
        objects.observation = page.observation;
        let mut fault = None;
        for item in &page.items {
            match json::parse(item) {
                Ok(item) => objects.items.push(item),
                Err(why) => fault = Some(say![request, ": an object is not JSON: ", why]),
            }
        }
        if let Some(fault) = fault {
            break fault;
        }
        match page.next {
            None => return Ok(objects),
            // A host that does not move on would keep this check forever.
            Some(next) if Some(next) <= start => {
                break say![request, ": the list does not move on to page ", next];
            }
            next => start = next,
        }
    };
    Err(Unlisted {
        detail: fault,
        observation: Some(objects.observation),
        absent: false,
        unrecorded: false,
    })
}

fn unlisted(request: &str, error: Error) -> Unlisted {
    Unlisted {
        absent: error.is_not_found(),
        unrecorded: error.cause == Cause::NotRecorded,
        observation: error.observation,
        detail: if strings::contains(&error.detail, request) {
            error.detail
        } else {
            say![request, ": ", error.detail]
        },
    }
}

/// The text at a JSON pointer, empty if there is none.
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The list at a JSON pointer, empty if there is none.
pub fn array<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object.pointer(pointer).map_or(&[], Value::items)
}

/// The texts of the list at a JSON pointer.
pub fn texts<'a>(object: &'a Value, pointer: &str) -> Vec<&'a str> {
    let items = array(object, pointer);
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        texts.extend(item.as_str());
    }
    texts
}

/// Whether the value at a JSON pointer is `true`.
pub fn is_true(object: &Value, pointer: &str) -> bool {
    object.pointer(pointer).and_then(Value::as_bool) == Some(true)
}

/// The object's name.
pub fn name(object: &Value) -> &str {
    metadata(object, "name").as_str().unwrap_or_default()
}

/// The object's namespace, empty for a cluster-wide object.
pub fn namespace(object: &Value) -> &str {
    metadata(object, "namespace").as_str().unwrap_or_default()
}

/// A member of the object's metadata, without a walk along a pointer: every
/// object is asked for these, again and again.
#[inline(never)]
fn metadata<'a>(object: &'a Value, member: &str) -> &'a Value {
    &object["metadata"][member]
}

/// The value of a label.
pub fn label<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    metadata(object, "labels").get(name)?.as_str()
}

/// The stable key of an object: `Kind/namespace/name`, or `Kind/name` for a
/// cluster-wide one.
pub fn key(kind: &str, namespace: &str, name: &str) -> String {
    if namespace.is_empty() {
        say![kind, "/", name]
    } else {
        say![kind, "/", namespace, "/", name]
    }
}

/// [`key`] of an object.
pub fn key_of(kind: &str, object: &Value) -> String {
    key(kind, namespace(object), name(object))
}

/// Whether a label selector picks an object with these labels. An absent
/// selector picks nothing, an empty one everything.
pub fn selects(selector: Option<&Value>, labels: Option<&Value>) -> bool {
    let Some(selector) = selector else {
        return false;
    };
    if selector.is_null() {
        return false;
    }
    let value = |key: &str| labels?.get(key)?.as_str();
    let exact = selector.get("matchLabels").and_then(Value::as_object);
    for (label, wanted) in exact.unwrap_or_default() {
        if value(label) != wanted.as_str() {
            return false;
        }
    }
    for expression in array(selector, "/matchExpressions") {
        let seen = value(text(expression, "/key"));
        let among = seen.is_some_and(|s| strings::among(s, &texts(expression, "/values")));
        let holds = match text(expression, "/operator") {
            "In" => among,
            "NotIn" => !among,
            "Exists" => seen.is_some(),
            "DoesNotExist" => seen.is_none(),
            _ => false,
        };
        if !holds {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn a_selector_picks_as_the_api_server_does() {
        let labels = json!({"app": "web", "tier": "front"});
        for (selector, picks) in [
            (json!(null), false),
            (json!({}), true),
            (json!({"matchLabels": {"app": "web"}}), true),
            (json!({"matchLabels": {"app": "db"}}), false),
            (
                json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "x"]}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}),
                false,
            ),
            (
                json!({"matchExpressions": [{"key": "none", "operator": "NotIn", "values": ["web"]}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "none", "operator": "Exists"}]}),
                false,
            ),
            (
                json!({"matchExpressions": [{"key": "none", "operator": "DoesNotExist"}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "app", "operator": "Later"}]}),
                false,
            ),
        ] {
            assert_eq!(selects(Some(&selector), Some(&labels)), picks, "{selector}");
        }
        assert!(!selects(None, Some(&labels)));
    }
}
