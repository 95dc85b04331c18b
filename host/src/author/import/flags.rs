//! Test items over flags and fields: their names and comparisons in the
//! language of rules.

use cisb_contract::engine::{Engine, Of};

use super::read::Item;
use super::reason::{Reason, Why};
use crate::author::language::{Limit, OneOrMany, Rule, Scalar, Setting, Test, Texts};

/// Settings that are lists of words.
const LISTS: [&str; 6] = [
    "authorization-mode",
    "disable-admission-plugins",
    "enable-admission-plugins",
    "feature-gates",
    "tls-cipher-suites",
    "cipher-suites",
];

/// A demand on a component's setting.
pub(super) fn setting(component: &str, item: &Item, engine: &Engine) -> Result<Rule, Why> {
    let of = engine.components.get(component);
    let (name, item) = named(item, of)?;
    if let Some(gate) = gate(&name, &item)? {
        return Ok(Rule::Setting(Box::new(Setting {
            component: component.to_owned(),
            ..gate
        })));
    }
    let (name, item) = admission(name, item);
    let is_list = LISTS.contains(&name.as_str());
    let mut rule = Setting {
        component: component.to_owned(),
        test: Test::default(),
        ..Setting::default()
    };
    let is_zero = item.op == "noteq" && item.value.trim_end_matches('s') == "0";
    if item.set && is_zero && name.contains("timeout") {
        rule.not_zero = Some(true);
    } else {
        rule.test = test(&item, is_list)?;
    }
    // What is not there is none of what kube-bench compares; where the value of
    // a setting that nobody writes is known, that is compared instead.
    let turned = rule.not_zero.is_some()
        || [
            rule.test.is_not.is_some(),
            rule.test.lacks.is_some(),
            rule.test.unlike.is_some(),
        ]
        .contains(&true)
        || rule.test.within.is_some();
    rule.written = turned && !of.is_some_and(|of| of.defaults.contains(&name));
    rule.name = name;
    Ok(Rule::Setting(Box::new(rule)))
}

/// The flag that switches admission plugins off.
const OFF: &str = "disable-admission-plugins";

/// What is demanded of the plugins that are switched off, as a demand on those
/// that are on: whether one runs is told by both flags and by the defaults.
fn admission(name: String, mut item: Item) -> (String, Item) {
    let turned = match item.op.as_str() {
        "has" => "nothave",
        "nothave" => "has",
        _ => return (name, item),
    };
    if name != OFF || !item.set {
        return (name, item);
    }
    item.op = turned.to_owned();
    ("enable-admission-plugins".to_owned(), item)
}

/// Whether an item says that nothing is switched off, beside another one that
/// says that a plugin is not: that one tells it already.
pub(super) fn is_nothing_off(item: &Item, all: &[Item]) -> bool {
    let is_off = |item: &Item| item.flag.trim_start_matches('-') == OFF;
    !item.set && is_off(item) && all.iter().any(|i| i.set && is_off(i) && i.op == "nothave")
}

/// The name of a setting, and what is demanded of it.
fn named(item: &Item, of: Option<&Of>) -> Result<(String, Item), Why> {
    let mut item = item.clone();
    let knows = |name: &str| of.is_some_and(|of| of.knows(name));
    if item.flag.starts_with('-') {
        let flag = bare(&item.flag)?.to_owned();
        // `--profiling=false` is the flag and its value.
        if let Some((name, value)) = flag.split_once('=') {
            if item.op.is_empty() && item.set {
                item.op = "eq".to_owned();
                item.value = value.to_owned();
            }
            return Ok((name.to_owned(), item));
        }
        if knows(&flag) || item.path.is_empty() {
            return Ok((flag, item));
        }
    }
    let path = item.path.trim();
    if path.starts_with(['{', '.', '[']) {
        let at = pointer(path)?;
        if let Some(gate) = at.strip_prefix("/featureGates/") {
            return Ok((format!("gate:{gate}"), item));
        }
        let flag = of.and_then(|of| of.flag(&at)).map(str::to_owned);
        let last = at.rsplit('/').next().unwrap_or_default();
        return Ok(match flag {
            Some(flag) => (flag, item),
            None if knows(last) && !of.is_some_and(|of| of.any_flag) => (last.to_owned(), item),
            None => (at, item),
        });
    }
    let word = item.flag.trim().to_owned();
    let is_word = !word.is_empty()
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if is_word && knows(&word) && word.contains('-') {
        return Ok((word, item));
    }
    // A field by its name alone, or a variable that stands in for a flag.
    let field = of.and_then(|of| {
        let mut fields = of.fields.iter();
        fields.find(|(_, at)| at.rsplit('/').next() == Some(word.as_str()))
    });
    if let Some((flag, _)) = field.filter(|_| is_word) {
        return Ok((flag.clone(), item));
    }
    let variable = of.filter(|of| !of.variables.is_empty()).and_then(|of| {
        let name = word.strip_prefix(&of.variables)?;
        Some(name.to_ascii_lowercase().replace('_', "-"))
    });
    match variable {
        Some(flag) if knows(&flag) => Ok((flag, item)),
        _ => Err(Why::because(
            Reason::Tests,
            format!("`{}` names no flag and no field", cut(&item.flag)),
        )),
    }
}

/// A demand on one of the feature gates.
fn gate(name: &str, item: &Item) -> Result<Option<Setting>, Why> {
    let (gate, value) = if let Some(gate) = name.strip_prefix("gate:") {
        (gate, item.value.as_str())
    } else if name == "feature-gates" && ["has", "nothave"].contains(&item.op.as_str()) {
        match item.value.split_once('=') {
            Some((gate, value)) => (gate, value),
            None => return Ok(None),
        }
    } else {
        return Ok(None);
    };
    let value = match value {
        "true" => true,
        "false" => false,
        _ if item.op.is_empty() => true,
        _ => return Err(compares(item)),
    };
    let mut rule = Setting {
        name: format!("gate:{gate}"),
        ..Setting::default()
    };
    match (item.set, item.op.as_str()) {
        (false, _) => rule.test.set = Some(false),
        (true, "") => rule.test.set = Some(true),
        (true, "eq" | "has") => rule.test.is = Some(Scalar::Boolean(value)),
        (true, "noteq" | "nothave") => rule.not_written = Some(Scalar::Boolean(value)),
        _ => return Err(compares(item)),
    }
    Ok(Some(rule))
}

/// A flag without its dashes.
pub(super) fn bare(flag: &str) -> Result<&str, Why> {
    let bare = flag.trim().trim_start_matches('-');
    let is = |b: u8| b.is_ascii_alphanumeric() || b"-_.=/,:".contains(&b);
    match !bare.is_empty() && flag.trim().starts_with('-') && bare.bytes().all(is) {
        true => Ok(bare),
        false => Err(Why::because(
            Reason::Tests,
            format!("`{}` is no flag", cut(flag)),
        )),
    }
}

/// How an item compares.
pub(super) fn test(item: &Item, is_list: bool) -> Result<Test, Why> {
    let mut test = Test::default();
    if !item.set {
        test.set = Some(false);
        return Ok(test);
    }
    let value = item.value.trim();
    let number = || value.parse::<i64>().map_err(|_| compares(item));
    match item.op.as_str() {
        "" => test.set = Some(true),
        "eq" => test.is = Some(scalar(value)),
        "noteq" => test.is_not = Some(scalar(value)),
        "gte" => test.at_least = Some(Limit::Integer(number()?)),
        "gt" => test.at_least = Some(Limit::Integer(number()?.saturating_add(1))),
        "lte" => test.at_most = Some(Limit::Integer(number()?)),
        "lt" => test.at_most = Some(Limit::Integer(number()?.saturating_sub(1))),
        "has" if is_list => test.has = Some(value.to_owned()),
        "nothave" if is_list => test.lacks = Some(value.to_owned()),
        "has" if is_plain(value) => test.like = Some(OneOrMany::One(format!("*{value}*"))),
        "nothave" if is_plain(value) => test.unlike = Some(OneOrMany::One(format!("*{value}*"))),
        "valid_elements" => {
            let words = value.split(',').map(str::trim).filter(|w| !w.is_empty());
            let words: Vec<Scalar> = words.map(|w| Scalar::Text(w.to_owned())).collect();
            if words.is_empty() {
                return Err(compares(item));
            }
            test.within = Some(Texts::List(words));
        }
        _ => return Err(compares(item)),
    }
    match value.contains("${") {
        true => Err(compares(item)),
        false => Ok(test),
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains('*')
}

/// A value as its type: kube-bench knows texts alone.
fn scalar(value: &str) -> Scalar {
    match (value, value.parse::<i64>()) {
        ("true", _) => Scalar::Boolean(true),
        ("false", _) => Scalar::Boolean(false),
        (text, Ok(number)) if number.to_string() == text => Scalar::Integer(number),
        (text, _) => Scalar::Text(text.to_owned()),
    }
}

/// That an item compares what no rule does.
fn compares(item: &Item) -> Why {
    let detail = format!(
        "`{}` with `{}` has no counterpart",
        cut(&item.op),
        cut(&item.value)
    );
    Why::because(Reason::Tests, detail)
}

/// The beginning of a text, in one line.
pub(super) fn cut(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(40) {
        Some((at, _)) => format!("{}...", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

/// A path such as `{.authentication.anonymous.enabled}` as a JSON pointer.
pub(super) fn pointer(path: &str) -> Result<String, Why> {
    let wrong = || {
        Why::because(
            Reason::Tests,
            format!(
                "the path `{}` leads through what no pointer says",
                cut(path)
            ),
        )
    };
    let path = path.trim();
    let inner = match path.strip_prefix('{') {
        Some(inner) => inner.trim_end_matches('}'),
        None => path,
    };
    let inner = inner.strip_prefix('$').unwrap_or(inner);
    let inner = inner.replace("[*]", ".*");
    let inner = inner.strip_prefix('.').unwrap_or(&inner);
    let is = |b: u8| b.is_ascii_alphanumeric() || b"-_*".contains(&b);
    let mut at = String::new();
    for part in inner.split('.') {
        if part.is_empty() || !part.bytes().all(is) {
            return Err(wrong());
        }
        at.push('/');
        at.push_str(part);
    }
    Ok(at)
}
