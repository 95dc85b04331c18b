//! What of a manifest decides which functions a profile needs: each check's id,
//! and whether a rule says all of it.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The checks of a manifest in YAML.
#[derive(Debug, Deserialize)]
pub(crate) struct Sheet {
    checks: Vec<Check>,
}

#[derive(Debug, Deserialize)]
struct Check {
    id: String,
    #[serde(default)]
    rule: Option<IgnoredAny>,
}

/// Something that does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// What, and the way out.
    pub(crate) text: String,
    /// The number of the function that it is about; none if it is about a check.
    pub(crate) function: Option<usize>,
}

impl Sheet {
    /// Reads a manifest. All that is wrong with it otherwise is for
    /// `cisb profile build` to say.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        serde_saphyr::from_str(text).map_err(|e| e.to_string())
    }

    /// What does not fit between a manifest and the ids that have a function.
    pub(crate) fn complaints(&self, manifest: &str, functions: &[String]) -> Vec<Complaint> {
        let mut found = Vec::new();
        for Check { id, rule } in &self.checks {
            if rule.is_none() && !functions.contains(id) {
                found.push(Complaint {
                    text: format!(
                        "the check `{id}` of {manifest} has neither a rule nor a function: add \
                         `\"{id}\" => function`, or give it a `rule`"
                    ),
                    function: None,
                });
            }
        }
        for (at, id) in functions.iter().enumerate() {
            let text = if functions.iter().take(at).any(|other| other == id) {
                format!("the check `{id}` has two functions: leave one of them out")
            } else {
                match self.checks.iter().find(|check| check.id == *id) {
                    Some(Check { rule: None, .. }) => continue,
                    Some(_) => format!(
                        "the check `{id}` of {manifest} has a rule, which answers it: leave the \
                         function out, or write `uses` in place of `rule`"
                    ),
                    None => format!(
                        "{manifest} has no check `{id}`: write it there, or leave its function out"
                    ),
                }
            };
            found.push(Complaint {
                text,
                function: Some(at),
            });
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "id: m\nchecks:\n  - {id: \"1\", rule: {ask: x}}\n  - {id: \"2\"}\n";

    fn complaints(functions: &[&str]) -> Vec<(String, Option<usize>)> {
        let functions: Vec<String> = functions.iter().map(|&f| f.to_owned()).collect();
        let sheet = Sheet::read(MANIFEST).unwrap();
        let all = sheet.complaints("m.yaml", &functions);
        all.into_iter().map(|c| (c.text, c.function)).collect()
    }

    #[test]
    fn a_check_without_an_answer_and_an_answer_without_a_check_are_told_by_id() {
        assert_eq!(complaints(&["2"]), []);
        for (functions, words, at) in [
            (&[][..], "`2` of m.yaml has neither", None),
            (&["2", "3"], "m.yaml has no check `3`", Some(1)),
            (&["1", "2"], "`1` of m.yaml has a rule", Some(0)),
            (&["2", "2"], "`2` has two functions", Some(1)),
        ] {
            let found = complaints(functions);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].0.contains(words), "{found:?}");
            assert_eq!(found[0].1, at);
        }
    }

    #[test]
    fn a_manifest_that_is_none_says_why() {
        assert!(Sheet::read("id: m\n").unwrap_err().contains("checks"));
    }
}
