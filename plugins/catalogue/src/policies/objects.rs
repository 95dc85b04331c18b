//! Objects whose field must have one of some values: nodes of a provider, its
//! load balancers, the settings of its add-ons. What is wanted stands in the
//! rule, so that a platform's controls are data.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::{array, key_of};
use cisb_sdk::prelude::*;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::Verdict;

use super::sheet::{Lists, Policy, Sheet};

/// A policy over the objects of one request.
macro_rules! over {
    ($name:ident, $request:literal, $kind:literal) => {
        /// Judges objects of this kind.
        pub(super) const $name: Policy = Policy {
            requests: &[$request],
            expected: "",
            least: Verdict::Pass,
            words: "",
            judge: |lists, sheet, with| judge(lists, sheet, with, $request, $kind),
        };
    };
}

over!(NODES, "provider-nodes", "Node");
over!(SERVICES, "provider-services", "Service");
over!(INGRESSES, "provider-ingresses", "Ingress");
over!(STORAGE_CLASSES, "provider-storageclasses", "StorageClass");
over!(ACCOUNTS, "provider-serviceaccounts", "ServiceAccount");
over!(CONFIG_MAPS, "provider-configmaps", "ConfigMap");
over!(DAEMON_SETS, "provider-daemonsets", "DaemonSet");
over!(PODS, "provider-pods", "Pod");

/// The rule's members:
///
/// - `where`: `{pointer, is}`, which objects count; all if it is left out;
/// - `pointer` and `is`: the field, and what it may be, each a text that may end
///   in `*`; a number or boolean is compared as JSON writes it. `*` as a token of
///   the pointer stands for every element of a list: each must match, with
///   `some` one is enough;
/// - `absent`: the verdict on an object without the field; `otherwise` if left out;
/// - `otherwise`: the verdict on another value: `fail` or `manual`;
/// - `any`: one object that has it suffices; else each must;
/// - `none`: the verdict where no object counts: `pass`, `manual`, or
///   `not-applicable`;
/// - `expected`, `words`: what should be, and what is said where it is.
fn judge(
    lists: &Lists<'_>,
    sheet: &mut Sheet,
    with: &Value,
    request: &'static str,
    kind: &'static str,
) {
    let said = |member: &str| with[member].as_str().unwrap_or_default().to_owned();
    sheet.expected = said("expected");
    sheet.words = said("words");
    let any = with["any"].as_bool() == Some(true);
    let otherwise = verdict(&with["otherwise"], Verdict::Fail);
    let absent = verdict(&with["absent"], otherwise);
    let only = &with["where"];
    let mut good = false;
    let mut bad = Vec::new();
    for object in lists.of(request) {
        if only.as_object().is_some() && !matches(object, only).1 {
            continue;
        }
        let (found, matched) = matches(object, with);
        good |= matched;
        let key = key_of(kind, object);
        match (matched, found) {
            (true, Some(value)) => {
                sheet.put(key, Verdict::Pass, value, "", &[]);
            }
            (_, Some(value)) => bad.push((key, otherwise, value)),
            (_, None) => bad.push((key, absent, "not set".to_owned())),
        }
    }
    if bad.is_empty() && !good {
        sheet.least = verdict(&with["none"], Verdict::Manual);
        sheet.words = say!["no ", kind, " to judge: ", sheet.words];
    }
    for (key, state, value) in bad {
        let state = match any && good {
            true => Verdict::Pass,
            false => state,
        };
        sheet.put(key, state, value, "", &[]);
    }
}

/// The value at a rule's pointer, and whether it is one of those wanted. Of
/// several values it is the one that decides.
fn matches(object: &Value, rule: &Value) -> (Option<String>, bool) {
    let pointer = rule["pointer"].as_str().unwrap_or_default();
    let some = rule["some"].as_bool() == Some(true);
    let mut values = Vec::new();
    collect(object, pointer, &mut values);
    let mut found = (None, false);
    for value in values {
        let matched = array(rule, "/is").iter().any(|wanted| {
            let wanted = wanted.as_str().unwrap_or_default();
            match wanted.strip_suffix('*') {
                Some(start) => value.starts_with(start),
                None => value == wanted,
            }
        });
        found = (Some(value), matched);
        if matched == some {
            break;
        }
    }
    found
}

/// The values at a pointer in which `*` stands for every element of a list.
fn collect(at: &Value, pointer: &str, values: &mut Vec<String>) {
    if let Some(star) = strings::find(pointer, "/*") {
        let (list, rest) = (pointer.get(..star), pointer.get(star + 2..));
        for item in array(at, list.unwrap_or_default()) {
            collect(item, rest.unwrap_or_default(), values);
        }
        return;
    }
    let value = match at.pointer(pointer) {
        None => return,
        Some(Value::String(text) | Value::Number(text)) => (*text).to_owned(),
        Some(Value::Bool(true)) => "true".to_owned(),
        Some(Value::Bool(false)) => "false".to_owned(),
        Some(_) => "neither a text, a number nor a boolean".to_owned(),
    };
    values.push(value);
}

fn verdict(word: &Value, default: Verdict) -> Verdict {
    match word.as_str() {
        Some("pass") => Verdict::Pass,
        Some("fail") => Verdict::Fail,
        Some("manual") => Verdict::Manual,
        Some("not-applicable") => Verdict::NotApplicable,
        _ => default,
    }
}
