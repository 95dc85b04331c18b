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
    match judge_file(facts, instance, reading, allowed) {
        Ok(judged) => judged,
        Err(problem) => Judged::problem(&problem),
    }
}

fn judge_file(
    facts: &dyn Facts,
    instance: &Instance,
    reading: &Reading,
    allowed: &[String],
) -> Result<Judged, Box<Problem>> {
    let entry = reading.open(facts, instance)?;
    // The other name that an API server knows it by, and that Talos writes.
    let document =
        document(&*entry, "EncryptionConfig", "v1").or_else(|_| document(&*entry, KIND, GROUP))?;
    let path = entry.path();
    let (state, actual, reason) = judge_document(document, allowed)
        .map_err(|why| Problem::bad(&path, why, entry.observation()))?;
    Ok(Judged {
        actual: Some(say![actual, " (", path, ")"]),
        observations: vec![entry.observation()],
        ..Judged::new(state, &reason)
    })
}

/// The verdict, what was seen and why; or what the document should be and is not.
fn judge_document(
    document: Value,
    allowed: &[String],
) -> Result<(Verdict, String, String), &'static str> {
    let Some(entries) = document["resources"].as_array() else {
        return Err("has no list of resources");
    };
    let covers = |entry: &&Value| {
        let mut resources = entry["resources"].items().iter();
        resources.any(|r| matches!(r.as_str(), Some("secrets" | "secrets." | "*." | "*.*")))
    };
    let Some(first) = entries.iter().find(covers) else {
        let text = "no entry covers secrets, so they are stored unencrypted";
        return Ok((
            Verdict::Fail,
            "no provider for secrets".to_owned(),
            text.to_owned(),
        ));
    };
    let mut names = Vec::new();
    for provider in first["providers"].items() {
        let Some(name) = name(provider) else {
            return Err("has a provider that is not one of a known form");
        };
        names.push(name);
    }
    let Some(writer) = names.first() else {
        return Err("has an entry without providers");
    };
    let kind = strings::before(writer, b' ');
    let shown = strings::join(&names, ", ");
    if kind == "identity" {
        let text = "identity comes first, so secrets are written unencrypted";
        return Ok((Verdict::Fail, shown, text.to_owned()));
    }
    if !strings::among(kind, allowed) {
        let text = say![kind, " writes secrets, which is not among them"];
        return Ok((Verdict::Fail, shown, text));
    }
    let mut notes = Vec::new();
    if writer == "kms v1" {
        notes.push("KMS v1 is deprecated since 1.28 and off by default since 1.29");
    }
    if strings::among("identity", &names) {
        notes.push("identity after it still reads what was stored unencrypted");
    }
    Ok((Verdict::Pass, shown, strings::join(&notes, "; ")))
}

/// A provider's name; of KMS, with its API version.
fn name(provider: &Value) -> Option<String> {
    let mut found = None;
    for (name, settings) in provider.as_object()? {
        if settings.is_object() {
            if found.is_some() {
                return None;
            }
            found = Some((*name, settings));
        }
    }
    let (name, settings) = found?;
    Some(match name {
        "kms" => say!["kms ", settings["apiVersion"].as_str().unwrap_or("v1")],
        name => name.to_owned(),
    })
}
