//! Objects of the Kubernetes API: listing them, and reading what Kubernetes
//! itself would read from them.

use crate::facts::{Cause, Error, Facts, Observation};
use crate::json::{self, Value};
use crate::list::ToList;
use crate::prelude::*;
use crate::say;
use crate::strings;

pub mod admission;
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
    loop {
        let page = facts
            .list_objects(request, start)
            .map_err(|e| unlisted(request, &e))?;
        objects.observation = page.observation;
        for item in &page.items {
            let item = json::parse(item).map_err(|e| Unlisted {
                detail: say![request, ": an object is not JSON: ", e],
                observation: Some(page.observation),
                absent: false,
                unrecorded: false,
            })?;
            objects.items.push(item);
        }
        match page.next {
            // A host that does not move on would keep this check forever.
            Some(next) if Some(next) > start => start = Some(next),
            Some(next) => {
                return Err(Unlisted {
                    detail: say![request, ": the list does not move on to page ", next],
                    observation: Some(page.observation),
                    absent: false,
                    unrecorded: false,
                });
            }
            None => return Ok(objects),
        }
    }
}

fn unlisted(request: &str, error: &Error) -> Unlisted {
    let said = error.text();
    Unlisted {
        detail: if strings::contains(said, request) {
            said.to_owned()
        } else {
            say![request, ": ", said]
        },
        observation: error.observation(),
        absent: error.is_not_found(),
        unrecorded: error.cause == Cause::NotRecorded,
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
pub fn texts(object: &Value, pointer: &str) -> Vec<String> {
    let strings = array(object, pointer).iter().filter_map(Value::as_str);
    strings.map(str::to_owned).to_list()
}

/// Whether the value at a JSON pointer is `true`.
pub fn is_true(object: &Value, pointer: &str) -> bool {
    object.pointer(pointer).and_then(Value::as_bool) == Some(true)
}

/// The object's name.
pub fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// The object's namespace, empty for a cluster-wide object.
pub fn namespace(object: &Value) -> &str {
    text(object, "/metadata/namespace")
}

/// The value of a label.
pub fn label<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.pointer("/metadata/labels")?.get(name)?.as_str()
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

/// Whether a label selector picks an object with these labels. An absent
/// selector picks nothing, an empty one everything.
pub fn selects(selector: Option<&Value>, labels: Option<&Value>) -> bool {
    let Some(selector) = selector.filter(|s| !s.is_null()) else {
        return false;
    };
    let value = |key: &str| labels.and_then(|l| l.get(key)).and_then(Value::as_str);
    let exact = match selector.get("matchLabels").and_then(Value::as_object) {
        Some(wanted) => wanted.iter().all(|(k, v)| value(k) == v.as_str()),
        None => true,
    };
    exact
        && array(selector, "/matchExpressions").iter().all(|e| {
            let seen = value(text(e, "/key"));
            let listed = || seen.is_some_and(|s| array(e, "/values").iter().any(|v| v.is_text(s)));
            match text(e, "/operator") {
                "In" => listed(),
                "NotIn" => !listed(),
                "Exists" => seen.is_some(),
                "DoesNotExist" => seen.is_none(),
                _ => false,
            }
        })
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
