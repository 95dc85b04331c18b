//! Reads a file of cases and holds it to the profile that it is about: every
//! mistake with its place, and nothing runs before there is none.

use std::collections::BTreeMap;
use std::path::Path;

use cisb_contract::Manifest;
use cisb_contract::manifest::{self, ParameterType};
use serde_json::{Map, Value};

use super::{Case, Cases, Expect, ExpectMembers, Parameter, node};
use crate::author::language::Scalar;
use crate::author::mistake::{Mistake, Mistakes, Spot};
use crate::author::schema::{self, hint};
use crate::author::{said, tree};
use crate::cli::near;
use crate::trial::Stage;

/// A file of cases that was understood.
pub struct Suite {
    /// The file, as messages call it.
    pub file: String,
    /// Its cases in their order.
    pub cases: Vec<Ready>,
}

/// A case that can run.
pub struct Ready {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub line: u64,
    /// Its node.
    pub stage: Stage,
    /// Whether nothing of the node can be read.
    pub dark: bool,
    /// The values of all of the profile's parameters.
    pub parameters: Map<String, Value>,
    /// What is expected of which check.
    pub expect: Vec<(String, ExpectMembers)>,
}

/// Reads a file of cases. `folder` is where it lies: paths in it start there.
pub fn read(file: &str, text: &str, folder: &Path, manifest: &Manifest) -> Result<Suite, Mistakes> {
    let (starts, one) = ("cases start with `cases:`", "one file is one list of cases");
    let tree = tree::read_as(text, starts, one).map_err(|one| said(file, vec![one]))?;
    let wrong = schema::hold(&tree, schema::Kind::Cases);
    if !wrong.is_empty() {
        return Err(said(file, wrong));
    }
    let Cases { cases } = serde_json::from_value(tree.to_json()).map_err(|error| {
        // The schema is made of the types; what passes it is one of them.
        let start = Spot { line: 1, column: 1 };
        said(file, vec![Mistake::at(start, error.to_string())])
    })?;
    let mut ready = Vec::new();
    let mut wrong = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let at = tree.nearest(&["cases".to_owned(), index.to_string()]);
        let before = cases.get(..index).unwrap_or_default();
        if before.iter().any(|other| other.name == case.name) {
            let text = format!(
                "another case is called `{}`: give this one its own",
                case.name
            );
            wrong.push(Mistake::at(tree::spot_at(at, &["name"]), text));
        }
        match one_case(case, at, manifest, folder) {
            Ok(case) => ready.push(case),
            Err(more) => wrong.extend(more),
        }
    }
    match wrong.is_empty() {
        true => Ok(Suite {
            file: file.to_owned(),
            cases: ready,
        }),
        false => Err(said(file, wrong)),
    }
}

fn one_case(
    case: &Case,
    at: &tree::Node,
    manifest: &Manifest,
    folder: &Path,
) -> Result<Ready, Vec<Mistake>> {
    let mut wrong = Vec::new();
    let parameters = parameters(&case.parameters, at, manifest, &mut wrong);
    known(&case.expect, at, manifest, &mut wrong);
    let stage = match node::open(case, at, manifest, folder) {
        Ok(stage) if wrong.is_empty() => stage,
        Ok(_) => return Err(wrong),
        Err(more) => {
            wrong.extend(more);
            return Err(wrong);
        }
    };
    let members = |expect: &Expect| match expect {
        Expect::Members(members) => (**members).clone(),
        Expect::Verdict(verdict) => ExpectMembers::of(*verdict),
    };
    let expect = case.expect.iter();
    Ok(Ready {
        name: case.name.clone(),
        line: at.spot.line,
        stage,
        dark: case.node.as_ref().is_some_and(|node| node.unreadable),
        parameters,
        expect: expect.map(|(id, e)| (id.clone(), members(e))).collect(),
    })
}

/// Holds the names of checks to the profile's.
fn known(
    expect: &BTreeMap<String, Expect>,
    at: &tree::Node,
    manifest: &Manifest,
    wrong: &mut Vec<Mistake>,
) {
    if expect.is_empty() {
        let text = "nothing is expected: write a check's id and its verdict";
        wrong.push(Mistake::at(tree::spot_at(at, &["expect"]), text));
    }
    let ids = || manifest.checks.iter().map(|check| check.id.as_str());
    for check in expect.keys() {
        if !ids().any(|id| id == check) {
            let hint = hint(&near::closest(check, ids()));
            let text = format!("{} has no check `{check}`{hint}", manifest.id);
            wrong.push(Mistake::at(
                tree::name_spot_at(at, &["expect"], check),
                text,
            ));
        }
    }
}

/// Types the values, and fills in what the profile has.
fn parameters(
    given: &BTreeMap<String, Parameter>,
    at: &tree::Node,
    manifest: &Manifest,
    wrong: &mut Vec<Mistake>,
) -> Map<String, Value> {
    let mut values = Map::new();
    for parameter in &manifest.parameters {
        let value = match given.get(&parameter.name) {
            None => parameter.default.clone(),
            Some(value) => typed(parameter, value).unwrap_or_else(|text| {
                let path = ["parameters", parameter.name.as_str()];
                wrong.push(Mistake::at(tree::spot_at(at, &path), text));
                Value::Null
            }),
        };
        values.insert(parameter.name.clone(), value);
    }
    for name in given.keys() {
        if !values.contains_key(name) {
            let hint = hint(&near::closest(name, values.keys().map(String::as_str)));
            let text = format!("{} has no parameter `{name}`{hint}", manifest.id);
            wrong.push(Mistake::at(
                tree::name_spot_at(at, &["parameters"], name),
                text,
            ));
        }
    }
    values
}

fn typed(parameter: &manifest::Parameter, value: &Parameter) -> Result<Value, String> {
    let text = |value: &Scalar| match value {
        Scalar::Boolean(is) => is.to_string(),
        Scalar::Integer(number) => number.to_string(),
        Scalar::Text(text) => text.clone(),
    };
    Ok(match (parameter.kind, value) {
        (ParameterType::Boolean, Parameter::Boolean(is)) => Value::from(*is),
        (ParameterType::Integer, Parameter::Integer(number)) => Value::from(*number),
        (ParameterType::String, Parameter::Text(text)) => Value::from(text.as_str()),
        (ParameterType::List, Parameter::List(all)) => all.iter().map(text).collect(),
        (kind, _) => {
            let wanted = match kind {
                ParameterType::Boolean => "true or false",
                ParameterType::Integer => "a whole number",
                ParameterType::String => "a text: write it in quotes",
                ParameterType::List => "a list: write it in brackets, as [a, b]",
            };
            return Err(format!("the parameter `{}` is {wanted}", parameter.name));
        }
    })
}
