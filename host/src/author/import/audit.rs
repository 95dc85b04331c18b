//! What an audit looks at: the component whose flags it greps, the files whose
//! mode it prints, the document that it shows.

use super::flags;
use super::read::Source;
use super::reason::{Reason, Why};
use super::shell::{self, Command};
use super::stat;
use super::variables::{Variable, Variables, known, paths_of, variable};
use crate::author::language::{Files, Target};

/// What an audit looks at.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Looked {
    /// The settings of a component of Kubernetes.
    Settings(String),
    /// The flags of another executable.
    Process(String),
    /// Mode or owner of files.
    Files(Vec<Files>),
    /// The providers of the encryption configuration of a component.
    Encryption(String),
    /// Files that are YAML or JSON.
    Documents(Box<Files>),
}

/// Commands that change nothing of what flags, lines and files say.
const PLAIN: [&str; 21] = [
    "ps",
    "grep",
    "egrep",
    "cat",
    "tail",
    "head",
    "tr",
    "true",
    "test",
    "[",
    "[[",
    "echo",
    "wc",
    "journalctl",
    "exit",
    "return",
    "set",
    "cut",
    "uniq",
    "sort",
    "sed",
];

/// Tools of providers.
const PROVIDERS: [&str; 4] = ["gcloud", "aws", "az", "aliyun"];

/// What an audit looks at, or why that is not known.
pub(super) fn read(source: &Source, target: Target, variables: &Variables) -> Result<Looked, Why> {
    let (text, config) = match source.audit.trim() {
        "" => (source.config.as_str(), true),
        text => (text, false),
    };
    let commands = shell::commands(text);
    let heads: Vec<&str> = commands.iter().map(Command::head).collect();
    let among = |names: &[&str]| heads.iter().any(|head| names.contains(head));
    if among(&PROVIDERS) {
        return Err(Reason::Provider.into());
    }
    if source.items.iter().any(|i| i.flag == "provider")
        && text.contains("encryption-provider-config")
    {
        return Ok(Looked::Encryption("kube-apiserver".to_owned()));
    }
    if commands.iter().any(|c| c.words.iter().any(|w| w == "stat")) {
        return stat::read(text, &commands, target, variables).map(Looked::Files);
    }
    if let Some(component) = openshift(text) {
        return Ok(Looked::Settings(component.to_owned()));
    }
    if among(&["oc"]) {
        let inside = ["rsh", "exec", "debug"];
        let words = || commands.iter().flat_map(|c| &c.words);
        return Err(match words().any(|w| inside.contains(&w.as_str())) {
            true => Reason::Pods.into(),
            false => Reason::Api.into(),
        });
    }
    if among(&["kubectl"]) {
        return Err(Reason::Api.into());
    }
    if let Some(head) = heads.iter().find(|head| head.ends_with(".sh")) {
        return Err(Why::because(
            Reason::Helper,
            format!("it runs {}", flags::cut(head)),
        ));
    }
    if let Some(unknown) = heads
        .iter()
        .find(|head| !PLAIN.contains(head) && !head.contains('=') && !is_end(head))
    {
        return Err(Why::because(
            Reason::Commands,
            format!("it runs `{}`", flags::cut(unknown)),
        ));
    }
    if let Some(component) = journal(text) {
        return Ok(Looked::Settings(component.to_owned()));
    }
    if heads.contains(&"ps") {
        return processes(&commands, target, variables);
    }
    shown(&commands, config, target, variables)
}

/// Whether words only end a test that another command began.
fn is_end(head: &str) -> bool {
    ["-gt", "-eq", "-ge", "-lt", "]", "]]"].contains(&head)
}

/// The component whose start the journal tells.
fn journal(text: &str) -> Option<&'static str> {
    let at = text.find("journalctl")?;
    let rest = text.get(at..)?;
    let after = rest.split("Running ").nth(1)?;
    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    known(after.get(..end.unwrap_or(after.len()))?)
}

/// The kubelet, if what it tells of its configuration is shown.
fn openshift(text: &str) -> Option<&'static str> {
    let other = ["configmap", "get cm ", "oc rsh", "oc exec"];
    let is = text.contains("/proxy/configz") && !other.iter().any(|w| text.contains(w));
    is.then_some("kubelet")
}

/// The component whose processes are listed.
fn processes(commands: &[Command], target: Target, variables: &Variables) -> Result<Looked, Why> {
    let mut wanted: Vec<&str> = Vec::new();
    for command in commands {
        let mut inverted = false;
        let mut by_name = false;
        for word in command.arguments() {
            let flags = word.strip_prefix('-').filter(|f| !f.starts_with('-'));
            match (command.head(), flags) {
                ("grep" | "egrep", Some(flags)) => inverted |= flags.contains('v'),
                ("ps", Some(flags)) => by_name |= flags.ends_with('C'),
                ("grep" | "egrep", None) if !inverted && word != "--" => wanted.push(word),
                ("ps", None) if by_name => wanted.push(word),
                _ => {}
            }
        }
    }
    for word in &wanted {
        if let Some(named) = variable(word) {
            return looked(variables.component(target, &named)?);
        }
        if let Some(known) = known(word.trim_matches('/')) {
            return looked(known.to_owned());
        }
    }
    match wanted.first() {
        Some(word) if is_executable(word) => looked((*word).to_owned()),
        _ => Err(Why::because(
            Reason::Commands,
            "whose processes it lists is not plain",
        )),
    }
}

fn looked(component: String) -> Result<Looked, Why> {
    Ok(match known(&component) {
        Some(known) => Looked::Settings(known.to_owned()),
        None => Looked::Process(component),
    })
}

fn is_executable(word: &str) -> bool {
    !word.starts_with('-')
        && !word.is_empty()
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// The file that is shown: a component's configuration, or a document.
fn shown(
    commands: &[Command],
    config: bool,
    target: Target,
    variables: &Variables,
) -> Result<Looked, Why> {
    let unplain = || Why::because(Reason::Commands, "which file it shows is not plain");
    let mut named: Vec<&str> = Vec::new();
    for command in commands {
        if !["cat", "grep", "egrep"].contains(&command.head()) {
            continue;
        }
        let files = command.arguments().iter();
        named.extend(
            files
                .map(String::as_str)
                .filter(|w| w.starts_with('/') || variable(w).is_some()),
        );
    }
    named.sort_unstable();
    named.dedup();
    let Some(first) = named.first() else {
        return Err(unplain());
    };
    let base = first.trim_end_matches("/*");
    if let Some(Variable { component, kind }) = variable(base)
        && named.iter().all(|w| w.trim_end_matches("/*") == base)
    {
        let named = Variable { component, kind };
        if kind != "conf" {
            return Err(unplain());
        }
        return match variables.component(target, &named)? {
            it if known(&it).is_some() => Ok(Looked::Settings(it)),
            _ => variables
                .files(target, &named)
                .map(|files| Looked::Documents(Box::new(files))),
        };
    }
    let heads_only_cat = commands
        .iter()
        .all(|c| ["cat", "test", "["].contains(&c.head()));
    match paths_of(&[(*first).to_owned()]) {
        Some(files) if named.len() == 1 && config && heads_only_cat => {
            Ok(Looked::Documents(Box::new(files)))
        }
        _ => Err(unplain()),
    }
}
