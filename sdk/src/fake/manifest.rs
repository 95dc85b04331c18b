//! Runs the functions of a profile as its component would: with what the
//! manifest beside them says.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{FakeNode, laws};
use crate::contract::manifest::Requests;
use crate::rule::{self, Profile};
use crate::verdict::Outcome;

/// What of a manifest in YAML a function depends on.
#[derive(Deserialize)]
struct Sheet {
    #[serde(default)]
    requests: Requests,
    #[serde(default)]
    parameters: BTreeMap<String, Parameter>,
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Parameter {
    default: Value,
}

#[derive(Deserialize)]
struct Check {
    id: String,
    #[serde(default)]
    uses: Option<Vec<String>>,
    #[serde(default)]
    with: Value,
}

impl FakeNode {
    /// Runs a check that has a function, with the requests and parameters of this
    /// manifest in YAML, and insists on [`laws::broken`].
    ///
    /// # Panics
    /// If the manifest has no such check, or the answer breaks a law.
    #[track_caller]
    #[expect(clippy::panic, reason = "only tests call it, and it fails theirs")]
    pub fn answer(&self, manifest: &str, profile: &Profile, check: &str) -> Outcome {
        match self.answered(manifest, profile, check) {
            Ok(outcome) => outcome,
            Err(why) => panic!("{why}"),
        }
    }

    fn answered(&self, manifest: &str, profile: &Profile, check: &str) -> Result<Outcome, String> {
        let sheet: Sheet = serde_saphyr::from_str(manifest).map_err(|e| e.to_string())?;
        let found = sheet.checks.iter().find(|it| it.id == check);
        let found = found.ok_or_else(|| format!("the manifest has no check `{check}`"))?;
        let Some(uses) = &found.uses else {
            return Err(format!(
                "the check `{check}` has no `uses`: its rule is tried with the profile that is \
                 built"
            ));
        };
        let uses: Vec<&str> = uses.iter().map(String::as_str).collect();
        let defaults = sheet.parameters.iter();
        let defaults: BTreeMap<_, _> = defaults.map(|(name, p)| (name, &p.default)).collect();
        let settings = json!({"parameters": defaults, "with": found.with}).to_string();
        let facts = self.facts(&sheet.requests, &uses);
        let outcome = rule::answer(profile, &facts, check, &settings)
            .map_err(|failure| format!("the check `{check}` was not answered: {failure:?}"))?;
        match laws::broken(&facts, &outcome) {
            None => Ok(outcome),
            Some(broken) => Err(format!("{broken:?} in {outcome:#?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::author::{Cx, Outcome, Verdict, judged, subject, unknown};

    const MANIFEST: &str = "\
parameters:
  least: {type: integer, default: 2, description: x}
requests:
  files:
    - {id: conf, paths: [/etc/x], rights: [stat], why: y}
checks:
  - {id: \"1\", title: a, uses: [conf], with: {path: /etc/x}}
  - {id: \"2\", title: b, uses: [], with: {path: /etc/x}}
  - {id: \"3\", title: c, rule: {ask: d}}
";

    const PROFILE: Profile = Profile {
        codes: &[("1", exists), ("2", exists)],
        find: None,
    };

    fn exists(cx: &Cx<'_>, with: &crate::json::Value) -> Outcome {
        assert_eq!(cx.parameters["least"].as_i64(), Some(2));
        let path = with["path"].as_str().unwrap();
        match cx.facts.open(path) {
            Ok(entry) => judged(
                vec![subject(
                    entry.path(),
                    Verdict::Pass,
                    "is there",
                    "is there".to_owned(),
                    vec![entry.observation()],
                )],
                Vec::new(),
            ),
            Err(error) => unknown(&error),
        }
    }

    #[test]
    fn a_function_sees_what_its_check_may_use_and_no_more() {
        let node = FakeNode::new().file("/etc/x", 0o600, 0, 0, "");
        let outcome = node.answer(MANIFEST, &PROFILE, "1");
        assert_eq!(outcome.verdict, Verdict::Pass);
        assert_eq!(outcome.reason, "/etc/x: is there");
        let outcome = node.answer(MANIFEST, &PROFILE, "2");
        assert_eq!(outcome.verdict, Verdict::Error, "{outcome:?}");
    }

    #[test]
    fn what_cannot_be_run_says_why() {
        let why = |check: &str| {
            FakeNode::new()
                .answered(MANIFEST, &PROFILE, check)
                .unwrap_err()
        };
        assert!(why("3").contains("has no `uses`"));
        assert!(why("9").contains("no check `9`"));
    }
}
