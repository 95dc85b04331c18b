//! Conditions on the fields of a document or an object.

use super::test::{Held, Seen, Test, shown};
use crate::json::Value;
use crate::prelude::*;
use crate::say;
use crate::strings;
use crate::verdict::Verdict;

/// What the values at a pointer must be.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub struct Condition {
    /// A JSON pointer; `*` as a whole token stands for every element of a list
    /// or member of a mapping.
    pub at: String,
    /// How they are compared.
    pub test: Test,
}

/// A value that a pointer leads to.
#[derive(Debug, Clone)]
pub struct Found<'a> {
    /// The pointer without stars.
    pub at: String,
    /// The value; none if it is not there.
    pub value: Option<&'a Value>,
}

/// What becomes of a condition.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Whether it holds.
    pub held: Held,
    /// The value that decides, for a person.
    pub actual: String,
}

/// The values at a pointer, each with where it is. A star over what is not there
/// leads to none; a star over what has no elements is an error that says so.
pub fn values<'a>(value: &'a Value, pointer: &str) -> Result<Vec<Found<'a>>, String> {
    let mut found = vec![Found {
        at: String::new(),
        value: Some(value),
    }];
    let mut rest = pointer;
    while let Some(at) = star(rest) {
        let before = rest.get(..at).unwrap_or_default();
        rest = rest.get(at + 2..).unwrap_or_default();
        let mut next = Vec::new();
        for one in found {
            let path = say![one.at, before];
            let Some(below) = one.value.and_then(|v| v.pointer(before)) else {
                continue;
            };
            match below {
                Value::Null => {}
                Value::Array(items) => {
                    for (i, item) in items.iter().enumerate() {
                        next.push(Found {
                            at: say![path, "/", i],
                            value: Some(item),
                        });
                    }
                }
                Value::Object(members) => {
                    for (name, member) in *members {
                        next.push(Found {
                            at: say![path, "/", name],
                            value: Some(member),
                        });
                    }
                }
                other => return Err(say![path, " is ", shown(other), ", which has no elements"]),
            }
        }
        found = next;
    }
    for one in &mut found {
        one.value = one.value.and_then(|v| v.pointer(rest));
        one.at = say![one.at, rest];
    }
    Ok(found)
}

/// Where the first `/*` stands that is a whole token.
fn star(pointer: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + strings::find(pointer.get(from..)?, "/*")?;
        match pointer.as_bytes().get(at + 2) {
            None | Some(b'/') => return Some(at),
            Some(_) => from = at + 2,
        }
    }
}

impl Condition {
    /// Whether every value at the pointer does, or with `some` one of them.
    pub fn holds(&self, value: &Value, some: bool) -> Answer {
        let found = match values(value, &self.at) {
            Ok(found) => found,
            Err(why) => {
                return Answer {
                    held: Held::Unknown(why),
                    actual: "not known".to_owned(),
                };
            }
        };
        // What decides at once, else what is not known, else the first.
        let mut answer: Option<Answer> = None;
        for one in found {
            let held = self.test.holds(Seen {
                value: one.value,
                is_word: false,
            });
            let ends = match some {
                true => held == Held::Yes,
                false => held == Held::No,
            };
            let is_unknown = matches!(held, Held::Unknown(_));
            let was_unknown = answer
                .as_ref()
                .is_some_and(|a| matches!(a.held, Held::Unknown(_)));
            if ends || answer.is_none() || is_unknown && !was_unknown {
                let actual = match one.value.filter(|v| !v.is_null()) {
                    None => say![one.at, " is not set"],
                    Some(value) => say![one.at, " is ", shown(value)],
                };
                answer = Some(Answer { held, actual });
            }
            if ends {
                break;
            }
        }
        answer.unwrap_or_else(|| Answer {
            held: if some { Held::No } else { Held::Yes },
            actual: say![self.at, " leads to nothing"],
        })
    }

    /// What should be, for a person.
    pub fn expected(&self) -> String {
        say![self.at, ": ", self.test.expected()]
    }
}

/// What all of several conditions should be.
pub fn expected(conditions: &[Condition]) -> String {
    let mut texts = Vec::new();
    for condition in conditions {
        texts.push(condition.expected());
    }
    strings::join(&texts, ", ")
}

/// Whether something counts: every condition holds of it.
pub fn counts(conditions: &[Condition], value: &Value) -> Held {
    let mut held = Held::Yes;
    for condition in conditions {
        match condition.holds(value, true).held {
            Held::Yes => {}
            Held::No => return Held::No,
            unknown => held = unknown,
        }
    }
    held
}

/// Judges what must hold of one thing.
pub fn judge(conditions: &[Condition], value: &Value) -> (Verdict, String, String) {
    let mut worst = (Verdict::Pass, String::new(), String::new());
    for condition in conditions {
        let answer = condition.holds(value, false);
        let (state, reason) = match answer.held {
            Held::Yes => (Verdict::Pass, String::new()),
            Held::No => {
                let text = say![answer.actual, ", should be ", condition.test.expected()];
                (Verdict::Fail, text)
            }
            Held::Unknown(why) => (
                Verdict::Error,
                say![condition.at, " cannot be judged, ", why],
            ),
        };
        if state > worst.0 || worst.2.is_empty() {
            worst = (state, reason, answer.actual);
        }
    }
    worst
}
