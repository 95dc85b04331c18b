//! Audits of OpenShift: what its operators write into config maps lies in a
//! file on the node, which the component's own flag names; and constraints are
//! objects like others.

use super::flags;
use super::items;
use super::read::{Item, Source};
use super::reason::{Reason, Why};
use super::shell;
use crate::author::language::{Condition, Document, Objects, Rule, Scalar, SettingName, Test};

/// The rule of an audit of OpenShift's own; none if it is no such.
pub(super) fn rule(source: &Source) -> Option<Result<Rule, Why>> {
    let text = source.audit.as_str();
    let commands = shell::commands(text);
    if !commands.iter().any(|c| c.head() == "oc") {
        return None;
    }
    let inside = ["rsh", "exec", "debug"];
    if commands
        .iter()
        .any(|c| c.words.iter().any(|w| inside.contains(&w.as_str())))
    {
        return None;
    }
    // The program of a filter is its last word.
    let filters = commands.iter().filter(|c| ["jq", "yq"].contains(&c.head()));
    let programs: Vec<&str> = filters
        .filter_map(|c| c.words.last().map(String::as_str))
        .collect();
    if text.contains("oc get scc ") {
        return Some(constraint(source, text, &programs));
    }
    let shows = text.contains("configmap") || text.contains("get cm ");
    if !shows {
        return None;
    }
    let component = [
        ("openshift-kube-apiserver", "kube-apiserver"),
        (
            "openshift-kube-controller-manager",
            "kube-controller-manager",
        ),
    ]
    .into_iter()
    .find(|(namespace, _)| text.contains(namespace));
    // What is computed of several things is no field of one.
    let plain = [
        "VALUE=",
        "grep",
        "awk",
        "clusteroperator",
        "describe",
        "clusterrole",
        "observedConfig",
        "auditConfig",
    ];
    let (_, component) = component?;
    if plain.iter().any(|word| text.contains(word)) {
        return None;
    }
    Some(configured(component, source, &programs))
}

/// Fields of the file that `--openshift-config` names.
fn configured(component: &str, source: &Source, programs: &[&str]) -> Result<Rule, Why> {
    let mut fields: Vec<Field> = Vec::new();
    for program in programs {
        if program.starts_with(".data") {
            continue;
        }
        let field = field(program).ok_or_else(|| Why::from(Reason::Api))?;
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    if fields.is_empty() {
        return Err(Reason::Api.into());
    }
    let mut rules = Vec::new();
    let paired = fields.len() == source.items.len();
    for (at, item) in source.items.iter().enumerate() {
        let of = match (fields.as_slice(), paired) {
            ([one], _) => one,
            (several, true) => several.get(at).ok_or_else(|| Why::from(Reason::Api))?,
            _ => return Err(Reason::Api.into()),
        };
        let condition = demand(of, item)?;
        let rule = Rule::Document(Box::new(Document {
            setting: Some(SettingName {
                component: component.to_owned(),
                name: "openshift-config".to_owned(),
            }),
            require: vec![condition],
            ..Document::default()
        }));
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    items::combined(rules, source.combined == "or").ok_or_else(|| Why::from(Reason::Tests))
}

/// A field that a filter shows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    at: String,
    /// Whether it is a list of texts.
    is_list: bool,
}

/// The field of a filter's program, such as `.apiServerArguments["x"][]?`.
fn field(program: &str) -> Option<Field> {
    let mut at = String::new();
    let mut rest = program.trim();
    let mut is_list = false;
    while !rest.is_empty() {
        if let Some(after) = rest
            .strip_prefix("[]?")
            .or_else(|| rest.strip_prefix("[]"))
            .or_else(|| rest.strip_prefix("[0]"))
        {
            is_list = true;
            rest = after;
            continue;
        }
        let (name, after) = if let Some(inner) = rest
            .strip_prefix("[\"")
            .or_else(|| rest.strip_prefix(".[\""))
        {
            inner.split_once("\"]")?
        } else if let Some(inner) = rest.strip_prefix(".\"") {
            inner.split_once('"')?
        } else {
            let inner = rest.strip_prefix('.')?;
            let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            inner.split_at_checked(end.unwrap_or(inner.len()))?
        };
        if name.is_empty() || name.contains(['/', '~', '*']) {
            return None;
        }
        at.push('/');
        at.push_str(name);
        rest = after;
    }
    let arguments = ["/apiServerArguments", "/extendedArguments"];
    let is_list = is_list || arguments.iter().any(|a| at.starts_with(&format!("{a}/")));
    (!at.is_empty()).then_some(Field { at, is_list })
}

/// What an item demands of a field.
fn demand(field: &Field, item: &Item) -> Result<Condition, Why> {
    let mut at = field.at.clone();
    let mut is_list = field.is_list;
    if !item.path.is_empty() {
        // The path leads from what the file for it shows, which may be above.
        let below = flags::pointer(&item.path)?;
        if !at.ends_with(&below) {
            at.push_str(&below);
        }
        is_list = at.starts_with("/apiServerArguments/");
    }
    let word = item.flag.trim();
    let is_word =
        !word.is_empty() && word != "null" && word != "pass" && !word.contains([' ', '*']);
    let mut test = Test::default();
    match (item.set, item.op.as_str(), item.path.is_empty()) {
        (false, _, false) => test.set = Some(false),
        (true, "has", false) if is_list => test.has = Some(item.value.clone()),
        (true, "nothave", false) if is_list => test.lacks = Some(item.value.clone()),
        (false, "", true) if is_word && is_list => test.lacks = Some(word.to_owned()),
        (true, "", true) if is_word && is_list => test.has = Some(word.to_owned()),
        (true, "", true) if is_word => test.is = Some(Scalar::Text(word.to_owned())),
        _ => return Err(Reason::Tests.into()),
    }
    Ok(Condition { at, test })
}

/// That there is a constraint which allows no more than this.
fn constraint(source: &Source, text: &str, programs: &[&str]) -> Result<Rule, Why> {
    let said = ["pass", "true"];
    let expects = source
        .items
        .iter()
        .all(|i| i.set && i.op.is_empty() && said.contains(&i.flag.as_str()));
    let counts = text.contains("if . > 0 then") || text.contains("[[ -n \"$sccs\" ]]");
    if !expects || !counts || source.items.is_empty() || programs.is_empty() {
        return Err(Reason::Api.into());
    }
    let mut rules = Vec::new();
    for program in programs {
        let only = selected(program).ok_or_else(|| Why::from(Reason::Api))?;
        rules.push(Rule::Objects(Box::new(Objects {
            resource: "securitycontextconstraints".to_owned(),
            api_version: "security.openshift.io/v1".to_owned(),
            kind: Some("SecurityContextConstraints".to_owned()),
            only: vec![only],
            exist: Some(true),
            ..Objects::default()
        })));
    }
    items::combined(rules, false).ok_or_else(|| Why::from(Reason::Tests))
}

/// The one condition of `select(...)`.
fn selected(program: &str) -> Option<Condition> {
    let (_, after) = program.split_once("select(")?;
    if after.contains("select(") || after.contains(" and ") || after.contains(" or ") {
        return None;
    }
    let mut test = Test::default();
    if let Some(inner) = after.strip_prefix("(.") {
        let (name, rest) = inner.split_once(" // [])")?;
        let (_, rest) = rest.split_once("index(\"")?;
        let (element, _) = rest.split_once("\")")?;
        test.has = Some(element.to_owned());
        return name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric())
            .then(|| Condition {
                at: format!("/{name}"),
                test,
            });
    }
    let (inner, _) = after.split_once(')')?;
    let (path, value) = inner.split_once("==")?;
    let at = flags::pointer(&format!("{{{}}}", path.trim())).ok()?;
    match value.trim() {
        "true" => test.is = Some(Scalar::Boolean(true)),
        "false" => test.is = Some(Scalar::Boolean(false)),
        "null" => test.set = Some(false),
        text => {
            let text = text.strip_prefix('"')?.strip_suffix('"')?;
            test.is = Some(Scalar::Text(text.to_owned()));
        }
    }
    Some(Condition { at, test })
}

/// What is demanded of the one field that an audit shows of what the kubelet
/// tells of its configuration.
pub(super) fn told(source: &Source) -> Option<Vec<Item>> {
    let commands = shell::commands(&source.audit);
    let mut programs = commands.iter().filter(|c| c.head() == "jq");
    let program = programs.next()?.words.last()?;
    if programs.next().is_some() {
        return None;
    }
    let field = field(program.strip_prefix(".kubeletconfig")?)?;
    let path = format!("{{{}}}", field.at.replace('/', "."));
    let items = source.items.iter().map(|item| {
        let is_word = item.path.is_empty() && item.op.is_empty();
        is_word.then(|| Item {
            flag: String::new(),
            path: path.clone(),
            set: true,
            op: if item.set { "eq" } else { "noteq" }.to_owned(),
            value: item.flag.clone(),
        })
    });
    items.collect()
}
