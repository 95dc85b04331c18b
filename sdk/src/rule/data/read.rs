//! Reads these rules from JSON, as `rule/read.rs` reads the others.

use super::DataRule;
use super::condition::Condition;
use super::document::DocumentRule;
use super::objects::{Beside, ObjectsRule, Pair};
use super::process::{Demand, ProcessRule};
use super::test::Test;
use crate::json::Value;
use crate::prelude::*;
use crate::rule::Rule;
use crate::rule::read::Reader;

impl Reader {
    /// Reads a rule of these kinds; none if the kind is another.
    pub(in crate::rule) fn data(&mut self, kind: &str, body: &Value) -> Option<DataRule> {
        Some(match kind {
            "none-of" => DataRule::NoneOf(self.list(body, Self::rule)),
            "when" => {
                self.only(body, &["holds", "rule"]);
                let rule = |it: &mut Self, name| Box::new(it.rule(&body[name]));
                DataRule::When {
                    holds: rule(self, "holds"),
                    rule: rule(self, "rule"),
                }
            }
            "ask" => DataRule::Ask(self.text(body)),
            "exist" => {
                self.only(body, &["of", "is"]);
                DataRule::Exist {
                    of: self.set(&body["of"]),
                    is: self.some(body["is"].as_bool(), "a boolean"),
                }
            }
            "document" => {
                self.only(body, &["of", "only", "each", "which", "require"]);
                DataRule::Document(DocumentRule {
                    of: self.set(&body["of"]),
                    only: self.list(&body["only"], Self::condition),
                    each: self.list(&body["each"], Self::text),
                    which: self.perhaps(body, "which", Self::condition),
                    require: self.list(&body["require"], Self::condition),
                })
            }
            "objects" => {
                let known = [
                    "request", "kind", "exempt", "only", "each", "which", "require", "beside",
                    "exist",
                ];
                self.only(body, &known);
                DataRule::Objects(ObjectsRule {
                    request: self.text(&body["request"]),
                    kind: self.text(&body["kind"]),
                    exempt: self.list(&body["exempt"], |_, value| *value),
                    only: self.list(&body["only"], Self::condition),
                    each: self.list(&body["each"], Self::text),
                    which: self.perhaps(body, "which", Self::condition),
                    require: self.list(&body["require"], Self::condition),
                    beside: body.get("beside").map(|beside| self.beside(beside)),
                    exist: body
                        .get("exist")
                        .map(|is| self.some(is.as_bool(), "a boolean")),
                })
            }
            "process" => {
                self.only(body, &["request", "demand"]);
                let (kind, demand) = self.tagged(&body["demand"]);
                DataRule::Process(ProcessRule {
                    request: self.text(&body["request"]),
                    demand: match kind {
                        "runs" => Demand::Runs(self.some(demand.as_bool(), "a boolean")),
                        "flag" => {
                            self.only(demand, &["name", "test"]);
                            Demand::Flag {
                                name: self.text(&demand["name"]),
                                test: self.test(&demand["test"]),
                            }
                        }
                        other => {
                            self.unknown(other);
                            Demand::Runs(true)
                        }
                    },
                })
            }
            _ => return None,
        })
    }

    fn beside(&mut self, json: &Value) -> Beside {
        self.only(json, &["request", "kind", "same-namespace", "on", "only"]);
        Beside {
            request: self.text(&json["request"]),
            kind: self.text(&json["kind"]),
            same_namespace: match json.get("same-namespace") {
                None => false,
                Some(same) => self.some(same.as_bool(), "a boolean"),
            },
            on: self.list(&json["on"], |it, pair| {
                it.only(pair, &["at", "equals"]);
                Pair {
                    at: it.text(&pair["at"]),
                    equals: it.text(&pair["equals"]),
                }
            }),
            only: self.list(&json["only"], Self::condition),
        }
    }

    /// A list that need not be there.
    fn perhaps<T>(&mut self, body: &Value, name: &str, read: fn(&mut Self, &Value) -> T) -> Vec<T> {
        match body.get(name) {
            None => Vec::new(),
            Some(list) => self.list(list, read),
        }
    }

    fn condition(&mut self, json: &Value) -> Condition {
        self.only(json, &["at", "test"]);
        Condition {
            at: self.text(&json["at"]),
            test: self.test(&json["test"]),
        }
    }

    /// Reads a comparison.
    pub(in crate::rule) fn test(&mut self, json: &Value) -> Test {
        let (kind, body) = self.tagged(json);
        let value = |_: &mut Self, value: &Value| *value;
        match kind {
            "is" => Test::Is(*body),
            "is-not" => Test::IsNot(*body),
            "one-of" => Test::OneOf(self.list(body, value)),
            "none-of" => Test::NoneOf(self.list(body, value)),
            "has" => Test::Has(self.text(body)),
            "lacks" => Test::Lacks(self.text(body)),
            "has-one-of" => Test::HasOneOf(self.list(body, value)),
            "has-none-of" => Test::HasNoneOf(self.list(body, value)),
            "within" => Test::Within(self.list(body, value)),
            "at-least" => Test::AtLeast(*body),
            "at-most" => Test::AtMost(*body),
            "days-left" => Test::DaysLeft(*body),
            "set" => Test::Set(self.some(body.as_bool(), "a boolean")),
            "like" => Test::Like(self.list(body, Self::text)),
            "unlike" => Test::Unlike(self.list(body, Self::text)),
            other => {
                self.unknown(other);
                Test::Set(true)
            }
        }
    }
}

/// A rule of these kinds, as any rule.
impl From<DataRule> for Rule {
    fn from(rule: DataRule) -> Self {
        Self::Data(rule)
    }
}
