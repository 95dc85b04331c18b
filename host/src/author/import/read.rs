//! Files of checks as kube-bench reads them: members that it does not know are
//! passed over, as it does; what it could not read is told with its place.

use super::File;
use crate::author::language::Target;
use crate::author::mistake::{Mistake, Mistakes};
use crate::author::tree::{self, Data, Node};

/// A file of checks.
#[derive(Debug, Clone, Default)]
pub(super) struct Controls {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) version: Option<String>,
    pub(super) kind: String,
    pub(super) groups: Vec<Part>,
}

/// A group of checks.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub(super) id: String,
    pub(super) text: String,
    /// Whether none of it is run.
    pub(super) skipped: bool,
    pub(super) checks: Vec<Source>,
}

/// A check.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    pub(super) id: String,
    pub(super) text: String,
    /// `manual`, `skip` or anything else, which is as nothing.
    pub(super) kind: String,
    pub(super) audit: String,
    pub(super) config: String,
    pub(super) items: Vec<Item>,
    /// How the items are combined: `and` if absent.
    pub(super) combined: String,
    pub(super) remediation: String,
    pub(super) scored: bool,
    /// Where it stands, for people.
    pub(super) place: String,
}

/// One thing that a check demands.
#[derive(Debug, Clone, Default)]
pub(super) struct Item {
    pub(super) flag: String,
    pub(super) path: String,
    /// Whether it must be there, or must not.
    pub(super) set: bool,
    /// How its value is compared; empty if it is not.
    pub(super) op: String,
    pub(super) value: String,
}

impl Source {
    /// Whether kube-bench runs its audit.
    pub(super) fn executed(&self) -> bool {
        let has = !self.audit.trim().is_empty() || !self.config.trim().is_empty();
        has && self.kind != "manual" && self.kind != "skip"
    }
}

impl Controls {
    pub(super) fn checks(&self) -> impl Iterator<Item = &Source> {
        self.groups.iter().flat_map(|g| &g.checks)
    }

    pub(super) fn target(&self) -> Target {
        match self.kind.as_str() {
            "master" => Target::Master,
            "controlplane" => Target::Controlplane,
            "etcd" => Target::Etcd,
            "policies" => Target::Policies,
            "managedservices" => Target::Managedservices,
            _ => Target::Node,
        }
    }

    /// Where it comes among the others.
    pub(super) fn order(&self) -> (u32, String) {
        let number = self.id.parse().unwrap_or(u32::MAX);
        (number, self.id.clone())
    }
}

/// The checks of a file; none if it has no groups, as files beside them may.
pub(super) fn controls(file: &File) -> Result<Option<Controls>, Mistakes> {
    if is_empty(&file.text) {
        return Ok(None);
    }
    let wrong = |one: Mistake| Mistakes {
        file: file.name.clone(),
        all: vec![one],
    };
    let tree = lenient(&file.text).map_err(wrong)?;
    if tree.member("groups").is_none() {
        return Ok(None);
    }
    parts(file, &tree).map(Some).map_err(wrong)
}

/// The most lines that are moved in a file.
const MOVED: usize = 256;

/// Reads YAML as kube-bench does, to which a text in quotes may go on in a line
/// that is not further in than its name: such a line is moved.
pub(super) fn lenient(text: &str) -> Result<Node, Mistake> {
    let mut found = tree::read(text);
    let mut moved: Vec<String> = Vec::new();
    for _ in 0..MOVED {
        let Err(mistake) = &found else { break };
        if !mistake.text.contains("multiline quoted scalar") {
            break;
        }
        if moved.is_empty() {
            moved = text.lines().map(str::to_owned).collect();
        }
        let line = usize::try_from(mistake.spot.line).unwrap_or_default();
        let Some(line) = line.checked_sub(1).and_then(|at| moved.get_mut(at)) else {
            break;
        };
        if line.len() > text.len() {
            break;
        }
        line.insert_str(0, "    ");
        found = tree::read(&moved.join("\n"));
    }
    found
}

/// Whether a text is nothing but comments and marks.
pub(super) fn is_empty(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .all(|l| l.is_empty() || l.starts_with('#') || l == "---")
}

fn parts(file: &File, tree: &Node) -> Result<Controls, Mistake> {
    let mut controls = Controls {
        id: word(tree, "id")?,
        text: word(tree, "text")?,
        version: Some(word(tree, "version")?).filter(|v| !v.is_empty()),
        kind: word(tree, "type")?,
        groups: Vec::new(),
    };
    for group in list(tree, "groups")? {
        let mut part = Part {
            id: word(group, "id")?,
            text: word(group, "text")?,
            skipped: word(group, "type")? == "skip",
            checks: Vec::new(),
        };
        for check in list(group, "checks")? {
            part.checks.push(source(file, check)?);
        }
        controls.groups.push(part);
    }
    Ok(controls)
}

fn source(file: &File, check: &Node) -> Result<Source, Mistake> {
    mapping(check, "a check")?;
    let mut source = Source {
        id: word(check, "id")?,
        text: word(check, "text")?,
        kind: word(check, "type")?,
        audit: word(check, "audit")?,
        config: word(check, "audit_config")?,
        remediation: word(check, "remediation")?,
        scored: word(check, "scored")? == "true",
        place: format!("{}:{}", file.name, check.spot.line),
        ..Source::default()
    };
    if let Some(tests) = check.member("tests").map(|m| &m.node)
        && tests.data != Data::Null
    {
        mapping(tests, "`tests`")?;
        source.combined = word(tests, "bin_op")?;
        for item in list(tests, "test_items")? {
            source.items.push(demand(item)?);
        }
    }
    Ok(source)
}

fn demand(item: &Node) -> Result<Item, Mistake> {
    mapping(item, "a test item")?;
    let mut demand = Item {
        flag: word(item, "flag")?,
        path: word(item, "path")?,
        set: word(item, "set")? != "false",
        ..Item::default()
    };
    // What only a variable says has the flag's name in it.
    if demand.flag.is_empty() && demand.path.is_empty() {
        demand.flag = word(item, "env")?;
    }
    if let Some(compare) = item.member("compare").map(|m| &m.node)
        && compare.data != Data::Null
    {
        mapping(compare, "`compare`")?;
        demand.op = word(compare, "op")?;
        demand.value = word(compare, "value")?;
    }
    Ok(demand)
}

fn mapping(node: &Node, what: &str) -> Result<(), Mistake> {
    match node.data {
        Data::Map(_) => Ok(()),
        _ => Err(Mistake::at(
            node.spot,
            format!("{what} is {}: write its members, as `id:`", node.kind()),
        )),
    }
}

/// A list; nothing if it is absent.
fn list<'a>(node: &'a Node, name: &str) -> Result<&'a [Node], Mistake> {
    mapping(node, "this")?;
    let Some(member) = node.member(name) else {
        return Ok(&[]);
    };
    match &member.node.data {
        Data::List(items) => Ok(items),
        Data::Null => Ok(&[]),
        _ => Err(Mistake::at(
            member.node.spot,
            format!(
                "`{name}` is {}: write a list, each element after a dash",
                member.node.kind()
            ),
        )),
    }
}

/// A text, as it is written; nothing if it is absent.
fn word(node: &Node, name: &str) -> Result<String, Mistake> {
    mapping(node, "this")?;
    let Some(member) = node.member(name) else {
        return Ok(String::new());
    };
    match &member.node.data {
        Data::Null => Ok(String::new()),
        Data::Boolean(is) => Ok(is.to_string()),
        Data::Number(_, written) => Ok(written.clone()),
        Data::Text(text) => Ok(text.clone()),
        Data::List(_) | Data::Map(_) => Err(Mistake::at(
            member.node.spot,
            format!("`{name}` is {}: write a text", member.node.kind()),
        )),
    }
}

/// The texts of a member, whether one or several.
pub(super) fn words(node: &Node, name: &str) -> Vec<String> {
    let Some(member) = node.member(name) else {
        return Vec::new();
    };
    let text = |node: &Node| match &node.data {
        Data::Text(text) => Some(text.clone()),
        Data::Number(_, written) => Some(written.clone()),
        _ => None,
    };
    match &member.node.data {
        Data::List(items) => items.iter().filter_map(text).collect(),
        _ => text(&member.node).into_iter().collect(),
    }
}
