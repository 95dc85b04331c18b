//! From what a check's tests demand to a rule over what its audit looks at.

use cisb_contract::engine::Engine;

use super::audit::Looked;
use super::flags;
use super::read::Item;
use super::reason::{Reason, Why};
use crate::author::language::{
    Condition, Document, Files, Mode, Process, Rule, Scalar, Setting, Test, Texts,
};

/// The rule of a check.
pub(super) fn rule(
    looked: &Looked,
    items: &[Item],
    combined_by: &str,
    engine: &Engine,
) -> Result<Rule, Why> {
    let any = match combined_by {
        "" | "and" => false,
        "or" => true,
        other => {
            let detail = format!("`{other}` combines nothing: kube-bench knows `and` and `or`");
            return Err(Why::because(Reason::Tests, detail));
        }
    };
    let mut rules: Vec<Rule> = Vec::new();
    for item in items {
        // What is printed where nothing is there: a rule says that by itself.
        if any && (is_absence(item) || flags::is_nothing_off(item, items)) {
            continue;
        }
        let rule = one(looked, item, engine)?;
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    combined(rules, any).ok_or_else(|| Why::from(Reason::Tests))
}

/// Rules of which all or any must hold.
pub(super) fn combined(mut rules: Vec<Rule>, any: bool) -> Option<Rule> {
    match rules.len() {
        0 => None,
        1 => rules.pop(),
        _ if any => Some(Rule::Any(rules)),
        _ => Some(Rule::All(rules)),
    }
}

/// Whether an item is met by words for nothing.
fn is_absence(item: &Item) -> bool {
    let words = item.flag.to_ascii_lowercase();
    match item.set {
        true => item.op.is_empty() && words.contains("not found"),
        // The name of a file that is not printed.
        false => words.starts_with('$'),
    }
}

fn one(looked: &Looked, item: &Item, engine: &Engine) -> Result<Rule, Why> {
    match looked {
        Looked::Settings(component) => flags::setting(component, item, engine),
        Looked::Process(executable) => process(executable, item),
        Looked::Files(files) => stated(files, item),
        Looked::Encryption(component) => encryption(component, item),
        Looked::Documents(files) => document(files, item),
    }
}

fn process(executable: &str, item: &Item) -> Result<Rule, Why> {
    Ok(Rule::Process(Box::new(Process {
        executable: executable.to_owned(),
        runs: None,
        flag: Some(flags::bare(&item.flag)?.to_owned()),
        test: flags::test(item, false)?,
    })))
}

/// A demand on mode or owner.
fn stated(files: &[Files], item: &Item) -> Result<Rule, Why> {
    let wrong = || {
        let detail = format!(
            "`{}` is neither a mode nor an owner",
            flags::cut(&item.flag)
        );
        Why::because(Reason::Tests, detail)
    };
    if !item.set {
        return Err(wrong());
    }
    let value = match (item.op.as_str(), item.value.trim()) {
        ("bitmask" | "eq", value) if !value.is_empty() => value,
        ("", _) => item.flag.trim(),
        _ => return Err(wrong()),
    };
    let is_mode = (3..=4).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    let is_owner = value.split(':').count() == 2
        && value.split(':').all(|p| {
            !p.is_empty()
                && p.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        });
    let rules = files.iter().map(|of| {
        let mut of = of.clone();
        match is_mode {
            true => of.mode = Some(Mode::Text(value.to_owned())),
            false => of.owner = Some(value.to_owned()),
        }
        Rule::Files(Box::new(of))
    });
    match is_mode || is_owner {
        true => combined(rules.collect(), false).ok_or_else(wrong),
        false => Err(wrong()),
    }
}

fn encryption(component: &str, item: &Item) -> Result<Rule, Why> {
    if !item.set || item.op != "valid_elements" {
        return Err(Why::because(
            Reason::Tests,
            "only a list of encryption providers is understood",
        ));
    }
    let providers = item.value.split(',').map(|p| p.trim().to_owned());
    Ok(Rule::Setting(Box::new(Setting {
        component: component.to_owned(),
        name: "encryption-provider-config".to_owned(),
        encrypts_secrets_with: Some(Texts::List(providers.map(Scalar::Text).collect())),
        ..Setting::default()
    })))
}

fn document(files: &Files, item: &Item) -> Result<Rule, Why> {
    let at = flags::pointer(&item.path)?;
    let test = flags::test(item, false)?;
    // What kube-bench compares must be there.
    let mut require = vec![Condition {
        at: at.clone(),
        test: test.clone(),
    }];
    if test.set.is_none()
        && (test.is_not.is_some() || test.lacks.is_some() || test.unlike.is_some())
    {
        require.insert(
            0,
            Condition {
                at,
                test: Test {
                    set: Some(true),
                    ..Test::default()
                },
            },
        );
    }
    Ok(Rule::Document(Box::new(Document {
        paths: files.paths.clone(),
        manifest: files.manifest.clone(),
        require,
        ..Document::default()
    })))
}
