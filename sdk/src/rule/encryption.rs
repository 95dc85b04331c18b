//! Judges how an API server encrypts secrets at rest: the first configured
//! entry that covers them, and in it the first provider, which is the one that
//! writes.

use super::setting::Judged;
use crate::component::Instance;
use crate::config::{Problem, Reading, document};
use crate::facts::Facts;
use crate::json::Value;
use crate::prelude::*;
use crate::say;
use crate::strings;
use crate::verdict::Verdict;

const KIND: &str = "EncryptionConfiguration";
const GROUP: &str = "apiserver.config.k8s.io";

/// Judges the encryption configuration that a flag names.
pub(super) fn judge(
    facts: &dyn Facts,
    instance: &Instance,
    reading: &Reading,
    allowed: &[String],
) -> Judged {
    if !reading.is_set() {
        return Judged::new(Verdict::Fail, "secrets are stored unencrypted");
    }
    let read = reading
        .open(facts, instance)
        .and_then(|entry| Ok((document(&*entry, KIND, GROUP)?, entry)));
    let (document, entry) = match read {
        Ok(read) => read,
        Err(problem) => return Judged::problem(problem),
    };
    let path = entry.path();
    let bad = |why: &str| Judged::problem(Problem::bad(&path, why, entry.observation()));
    let Some(entries) = document["resources"].as_array() else {
        return bad("has no list of resources");
    };
    let covers = |entry: &&Value| {
        let resources = entry["resources"].as_array().into_iter().flatten();
        resources
            .filter_map(Value::as_str)
            .any(|r| matches!(r, "secrets" | "secrets." | "*." | "*.*"))
    };
    let answer = |state, actual: String, reason: String| Judged {
        actual: Some(say![actual, " (", path, ")"]),
        observations: vec![entry.observation()],
        ..Judged::new(state, reason)
    };
    let Some(first) = entries.iter().find(covers) else {
        let text = "no entry covers secrets, so they are stored unencrypted";
        return answer(
            Verdict::Fail,
            "no provider for secrets".to_owned(),
            text.to_owned(),
        );
    };
    let Some(providers) = first["providers"].as_array() else {
        return bad("has an entry without providers");
    };
    let names: Option<Vec<String>> = providers.iter().map(name).collect();
    let Some(names) = names.filter(|n| !n.is_empty()) else {
        return bad("has a provider that is not one of a known form");
    };
    let Some(writer) = names.first() else {
        return bad("has an entry without providers");
    };
    let kind = strings::before(writer, b' ');
    let shown = strings::join(&names, ", ");
    let (state, mut reason) = match kind {
        "identity" => (
            Verdict::Fail,
            "identity comes first, so secrets are written unencrypted".to_owned(),
        ),
        kind if allowed.iter().any(|a| a == kind) => (Verdict::Pass, String::new()),
        kind => (
            Verdict::Fail,
            say![kind, " writes secrets, which is not among them"],
        ),
    };
    if state == Verdict::Pass {
        let mut notes = Vec::new();
        if writer == "kms v1" {
            notes.push("KMS v1 is deprecated since 1.28 and off by default since 1.29");
        }
        if names.iter().any(|n| n == "identity") {
            notes.push("identity after it still reads what was stored unencrypted");
        }
        reason = strings::join(&notes, "; ");
    }
    answer(state, shown, reason)
}

/// A provider's name; of KMS, with its API version.
fn name(provider: &Value) -> Option<String> {
    let members = provider.as_object()?;
    let mut given = members.iter().filter(|(_, v)| v.is_object());
    let (name, settings) = given.next()?;
    if given.next().is_some() {
        return None;
    }
    Some(match (*name, settings["apiVersion"].as_str()) {
        ("kms", version) => say!["kms ", version.unwrap_or("v1")],
        (name, _) => name.to_owned(),
    })
}
