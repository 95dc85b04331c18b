//! Comparisons: what a value is held to, with parameters in their places.

use cisb_contract::manifest::ParameterType;
use cisb_contract::rule::{self, Operand};
use serde_json::Value;

use super::{At, Lower};
use crate::author::language::{Condition, Days, Limit, OneOrMany, Scalar, Test, Texts};

/// What is needed where nothing is compared.
pub(super) const ONE: &str = "write how it is compared, such as `is`, `has` or `at-least`";

const SCALARS: &[ParameterType] = &[
    ParameterType::String,
    ParameterType::Boolean,
    ParameterType::Integer,
];

impl Lower<'_> {
    pub(super) fn conditions(&mut self, conditions: &[Condition], at: &At) -> Vec<rule::Condition> {
        let mut lowered = Vec::new();
        for (i, condition) in conditions.iter().enumerate() {
            let at = at.to(i);
            self.pointer(&condition.at, &at.to("at"));
            if let Some(test) = self.test(&condition.test, &at) {
                lowered.push(rule::Condition {
                    at: condition.at.clone(),
                    test,
                });
            }
        }
        lowered
    }

    /// The one comparison of several that may be written; none if none is.
    pub(super) fn test(&mut self, test: &Test, at: &At) -> Option<rule::Test> {
        let Test {
            is,
            is_not,
            one_of,
            none_of,
            has,
            lacks,
            has_one_of,
            has_none_of,
            within,
            at_least,
            at_most,
            days_left,
            set,
            like,
            unlike,
        } = test;
        if let Some(value) = is {
            return Some(rule::Test::Is(self.scalar(value, &at.to("is"))));
        }
        if let Some(value) = is_not {
            return Some(rule::Test::IsNot(self.scalar(value, &at.to("is-not"))));
        }
        if let Some(values) = one_of {
            let values = self.values(values, SCALARS, &at.to("one-of"));
            return Some(rule::Test::OneOf(values));
        }
        if let Some(values) = none_of {
            let values = self.values(values, SCALARS, &at.to("none-of"));
            return Some(rule::Test::NoneOf(values));
        }
        if let Some(element) = has {
            return Some(rule::Test::Has(self.text(element, &at.to("has"))));
        }
        if let Some(element) = lacks {
            return Some(rule::Test::Lacks(self.text(element, &at.to("lacks"))));
        }
        if let Some(values) = has_one_of {
            let values = self.values(values, SCALARS, &at.to("has-one-of"));
            return Some(rule::Test::HasOneOf(values));
        }
        if let Some(values) = has_none_of {
            let values = self.values(values, SCALARS, &at.to("has-none-of"));
            return Some(rule::Test::HasNoneOf(values));
        }
        if let Some(values) = within {
            let values = self.values(values, SCALARS, &at.to("within"));
            return Some(rule::Test::Within(values));
        }
        if let Some(limit) = at_least {
            return Some(rule::Test::AtLeast(self.limit(limit, &at.to("at-least"))));
        }
        if let Some(limit) = at_most {
            return Some(rule::Test::AtMost(self.limit(limit, &at.to("at-most"))));
        }
        if let Some(days) = days_left {
            return Some(rule::Test::DaysLeft(self.days(days, &at.to("days-left"))));
        }
        if let Some(is) = set {
            return Some(rule::Test::Set(*is));
        }
        if let Some(patterns) = like {
            return Some(rule::Test::Like(self.patterns(patterns, &at.to("like"))));
        }
        let patterns = unlike.as_ref()?;
        let patterns = self.patterns(patterns, &at.to("unlike"));
        Some(rule::Test::Unlike(patterns))
    }

    pub(super) fn scalar(&mut self, value: &Scalar, at: &At) -> Operand<Value> {
        let text = match value {
            Scalar::Boolean(is) => return Operand::Value((*is).into()),
            Scalar::Integer(number) => return Operand::Value((*number).into()),
            Scalar::Text(text) => text,
        };
        match self.reference(text, SCALARS, at) {
            Some(parameter) => Operand::Parameter { parameter },
            None => Operand::Value(text.as_str().into()),
        }
    }

    /// A list of values, or the parameter that is one.
    pub(super) fn values(
        &mut self,
        values: &Texts,
        types: &[ParameterType],
        at: &At,
    ) -> Operand<Vec<Operand<Value>>> {
        match values {
            Texts::Parameter(text) => match self.reference(text, &[ParameterType::List], at) {
                Some(parameter) => Operand::Parameter { parameter },
                None => {
                    if !text.contains("${") {
                        let text = format!("`{text}` is one value: write a list, as [{text}]");
                        self.wrong(at, text);
                    }
                    Operand::Value(Vec::new())
                }
            },
            Texts::List(values) => {
                let mut lowered = Vec::new();
                for (i, value) in values.iter().enumerate() {
                    let at = at.to(i);
                    if types == [ParameterType::String] && !matches!(value, Scalar::Text(_)) {
                        self.wrong(&at, "this is a list of texts: write it in quotes");
                    }
                    lowered.push(self.scalar(value, &at));
                }
                Operand::Value(lowered)
            }
        }
    }

    /// A list of texts, or the parameter that is one.
    pub(super) fn texts(&mut self, values: &Texts, at: &At) -> Operand<Vec<Operand<String>>> {
        match self.values(values, &[ParameterType::String], at) {
            Operand::Parameter { parameter } => Operand::Parameter { parameter },
            Operand::Value(values) => Operand::Value(
                values
                    .into_iter()
                    .map(|value| match value {
                        Operand::Parameter { parameter } => Operand::Parameter { parameter },
                        Operand::Value(value) => {
                            Operand::Value(value.as_str().unwrap_or_default().to_owned())
                        }
                    })
                    .collect(),
            ),
        }
    }

    pub(super) fn limit(&mut self, limit: &Limit, at: &At) -> Operand<Value> {
        let text = match limit {
            Limit::Integer(number) => return Operand::Value((*number).into()),
            Limit::Text(text) => text,
        };
        let types = [ParameterType::Integer, ParameterType::String];
        if let Some(parameter) = self.reference(text, &types, at) {
            return Operand::Parameter { parameter };
        }
        if !text.contains("${") && !is_duration(text) {
            let text = match text.parse::<i64>() {
                Ok(number) => {
                    format!("`{text}` is a text: write the number {number} without quotes")
                }
                Err(_) => {
                    format!("`{text}` is neither a whole number nor a duration such as 30m or 4h")
                }
            };
            self.wrong(at, text);
        }
        Operand::Value(text.as_str().into())
    }

    fn days(&mut self, days: &Days, at: &At) -> Operand<i64> {
        let text = match days {
            Days::Integer(days) => return Operand::Value(*days),
            Days::Parameter(text) => text,
        };
        match self.reference(text, &[ParameterType::Integer], at) {
            Some(parameter) => Operand::Parameter { parameter },
            None => {
                if !text.contains("${") {
                    self.wrong(
                        at,
                        format!("`{text}` is no number of days: write it without quotes"),
                    );
                }
                Operand::Value(0)
            }
        }
    }

    fn patterns(&mut self, patterns: &OneOrMany<String>, at: &At) -> Operand<Vec<Operand<String>>> {
        // One that is a list stands for all of them.
        let parameters = &self.profile.parameters;
        let is_list = |text: &str| {
            let name = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'));
            let parameter = name.and_then(|name| parameters.get(name));
            parameter.is_some_and(|p| p.kind == ParameterType::List)
        };
        if let OneOrMany::One(text) = patterns
            && is_list(text)
            && let Some(parameter) = self.reference(text, &[ParameterType::List], at)
        {
            return Operand::Parameter { parameter };
        }
        let mut lowered = Vec::new();
        for (i, pattern) in patterns.as_slice().iter().enumerate() {
            let at = match patterns {
                OneOrMany::One(_) => at.clone(),
                OneOrMany::Many(_) => at.to(i),
            };
            lowered.push(self.text(pattern, &at));
        }
        Operand::Value(lowered)
    }
}

/// Whether a text is a duration as Go writes it.
fn is_duration(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let Some((number, after)) = number.and_then(|at| rest.split_at_checked(at)) else {
            return false;
        };
        let unit = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let Some((unit, after)) = after.split_at_checked(unit) else {
            return false;
        };
        if number.parse::<f64>().is_err()
            || !["ns", "us", "µs", "ms", "s", "m", "h"].contains(&unit)
        {
            return false;
        }
        rest = after;
    }
    !text.is_empty()
}
