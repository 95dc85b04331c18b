//! Reads the manifests of static pods: which directory the kubelet watches,
//! what every file in it declares, and where a container's paths lie on the
//! node.

use alloc::rc::Rc;

use crate::component;
use crate::config::kubelet;
use crate::facts::{Cause, Entry, Error, Facts, Observation};
use crate::json::{self, Value};
use crate::prelude::*;
use crate::say;
use crate::strings;

/// Where kubeadm and most others keep the manifests.
pub const DIRECTORY: &str = "/etc/kubernetes/manifests";

/// The files request that covers [`DIRECTORY`] when no kubelet names another.
pub const REQUEST: &str = "static-pods";

/// All manifests of a node.
#[derive(Debug, Clone, Default)]
pub struct StaticPods {
    /// The file name of the program that is looked for.
    executable: String,
    /// The directories that were searched.
    pub directories: Vec<String>,
    /// Whether a kubelet also fetches static pods, which then need no file.
    pub has_url: bool,
    /// Every container that runs it, of every document of every file.
    pub containers: Vec<Rc<Container>>,
    /// What could not be read. While there is one, a manifest that was not
    /// found may still exist.
    pub problems: Vec<String>,
    /// Receipts for the search and for every file.
    pub observations: Vec<Observation>,
}

/// A container of a static pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Container {
    /// The manifest's path.
    pub file: String,
    /// The manifest's receipt.
    pub observation: Observation,
    /// The container's name; never identifies it.
    pub name: String,
    /// The file name of the program that it runs.
    pub executable: String,
    /// Its argument list, the program first; `$(VAR)` resolved where the
    /// manifest itself has the value.
    pub argv: Vec<String>,
    /// Its image, with tag.
    pub image: String,
    /// Variables with a literal value.
    pub environment: Vec<(String, String)>,
    /// Its hostPath mounts.
    pub mounts: Vec<Mount>,
}

/// A path of the node inside a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where the container sees it.
    pub container_path: String,
    /// Where it lies on the node.
    pub node_path: String,
}

impl Container {
    /// Where a path of this container lies on the node; none if it is the
    /// image's own.
    pub fn node_path(&self, path: &str) -> Option<String> {
        let mut found: Option<&Mount> = None;
        for mount in &self.mounts {
            let at = mount.container_path.as_str();
            let inside = path
                .strip_prefix(at)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("/") || at == "/");
            // Of several the longest, and of equals the last.
            if inside && found.is_none_or(|f| at.len() >= f.container_path.len()) {
                found = Some(mount);
            }
        }
        let mount = found?;
        let rest = path.get(mount.container_path.len()..)?;
        let rest = strings::trim_start(rest, b'/');
        let base = strings::trim_end(&mount.node_path, b'/');
        Some(match rest {
            "" => mount.node_path.clone(),
            rest => say![base, "/", rest],
        })
    }

    /// The image's tag.
    pub fn tag(&self) -> Option<&str> {
        let image = strings::before(&self.image, b'@');
        let name = strings::after_last(image, b'/');
        strings::cut(name, b':').map(|(_, tag)| tag)
    }
}

/// Reads every manifest of the node, for the containers that run a program.
pub fn read(facts: &dyn Facts, executable: &str) -> StaticPods {
    let mut pods = StaticPods {
        executable: executable.to_owned(),
        ..StaticPods::default()
    };
    for source in sources(facts, &mut pods) {
        match source {
            Source::Default => read_default(facts, &mut pods),
            Source::Named { path, opened } => read_named(&path, opened, &mut pods),
        }
    }
    pods
}

/// Where manifests come from.
enum Source {
    Default,
    Named {
        path: String,
        opened: Result<Rc<dyn Entry>, Error>,
    },
}

/// What the running kubelets watch; the usual directory where none is known.
fn sources(facts: &dyn Facts, pods: &mut StaticPods) -> Vec<Source> {
    let found = match component::own_processes(facts, "kubelet") {
        Ok(found) => found,
        Err(error) => {
            pods.problems.push(say!["kubelet: ", error]);
            return vec![Source::Default];
        }
    };
    pods.observations.push(found.observation);
    let mut sources = Vec::new();
    for process in &found.own {
        pods.observations.push(process.observation());
        let kubelet = match kubelet::load(process) {
            Ok(kubelet) => kubelet,
            Err(problem) => {
                pods.problems.push(problem.text);
                pods.observations.extend(&problem.observations);
                sources.push(Source::Default);
                continue;
            }
        };
        pods.observations.extend(kubelet.observations());
        pods.has_url |= kubelet.has_static_pod_url();
        if let Some((path, opened)) = kubelet.static_pod_path() {
            sources.push(Source::Named { path, opened });
        }
    }
    if found.own.is_empty() {
        sources.push(Source::Default);
    }
    sources
}

fn read_default(facts: &dyn Facts, pods: &mut StaticPods) {
    if pods.directories.iter().any(|d| d == DIRECTORY) {
        return;
    }
    pods.directories.push(DIRECTORY.to_owned());
    let matches = match facts.glob(REQUEST) {
        Ok(matches) => matches,
        Err(error) if error.is_not_found() => {
            pods.observations.extend(error.observations());
            return;
        }
        Err(error) => {
            pods.observations.extend(error.observations());
            return pods.problems.push(say![DIRECTORY, ": ", error]);
        }
    };
    pods.observations.push(matches.observation);
    if !matches.complete {
        let text = say![DIRECTORY, " could not be searched completely"];
        pods.problems.push(text);
    }
    for path in matches.paths {
        if strings::after_last(&path, b'/').starts_with(".") {
            continue;
        }
        read_file(&path, facts.open(&path), pods);
    }
}

fn read_named(path: &str, opened: Result<Rc<dyn Entry>, Error>, pods: &mut StaticPods) {
    let path = strings::trim_end(path, b'/');
    if pods.directories.iter().any(|d| d == path) {
        return;
    }
    pods.directories.push(path.to_owned());
    let entry = match opened {
        Ok(entry) => entry,
        Err(error) => {
            pods.observations.extend(error.observations());
            // The kubelet creates no directory; without one it runs no static pods.
            if !error.is_not_found() {
                pods.problems.push(say![path, ": ", error]);
            }
            return;
        }
    };
    pods.observations.push(entry.observation());
    let children = match entry.children() {
        Ok(children) => children,
        // It may name a single file.
        Err(error) if error.cause == Cause::WrongType => return read_file(path, Ok(entry), pods),
        Err(error) => return pods.problems.push(say![path, ": ", error]),
    };
    pods.observations.push(children.observation);
    if !children.complete {
        let text = say![path, " could not be searched completely"];
        pods.problems.push(text);
    }
    for name in children.paths.iter().filter(|n| !n.starts_with(".")) {
        read_file(&say![path, "/", name], entry.open_child(name), pods);
    }
}

fn read_file(path: &str, opened: Result<Rc<dyn Entry>, Error>, pods: &mut StaticPods) {
    let documents = opened.and_then(|entry| {
        pods.observations.push(entry.observation());
        entry.read_document().map(|d| (entry.observation(), d))
    });
    let (observation, documents) = match documents {
        Ok(read) => read,
        // The kubelet skips directories; it does not descend.
        Err(error) if error.cause == Cause::WrongType => {
            return pods.observations.extend(error.observation);
        }
        Err(error) => {
            pods.observations.extend(error.observations());
            return pods.problems.push(say![path, ": ", error]);
        }
    };
    for text in documents {
        if !may_run(&text, &pods.executable) {
            continue;
        }
        match json::parse(&text) {
            Ok(document) => read_document(path, observation, &document, pods),
            Err(error) => pods.problems.push(say![path, ": ", error]),
        }
    }
}

/// Whether a document can declare a container that runs a program: whether its
/// text has the name, which is letters and dashes that JSON never escapes, or
/// anything that [`container`] puts words together from: a variable in a
/// command, or a shell's script. Most manifests have neither, and reading them
/// is what a check spends its time on.
fn may_run(document: &str, executable: &str) -> bool {
    [executable, "$(", "sh\""]
        .iter()
        .any(|sign| strings::contains(document, sign))
}

fn read_document(path: &str, observation: Observation, document: &Value, pods: &mut StaticPods) {
    let kind = document["kind"].as_str().unwrap_or_default();
    let lists = document["items"].as_array();
    if let Some(items) = lists.filter(|_| kind == "PodList" || kind == "List") {
        for item in items {
            read_document(path, observation, item, pods);
        }
        return;
    }
    if document.is_null() || (!kind.is_empty() && kind != "Pod") {
        return;
    }
    let spec = &document["spec"];
    for group in ["containers", "initContainers"] {
        for value in spec[group].items() {
            let container = container(path, observation, spec, value);
            if container.executable == pods.executable {
                pods.containers.push(Rc::new(container));
            }
        }
    }
}

fn container(path: &str, observation: Observation, spec: &Value, value: &Value) -> Container {
    let mut environment = Vec::new();
    for variable in value["env"].items() {
        if let (Some(name), Some(value)) = (variable["name"].as_str(), variable["value"].as_str()) {
            environment.push((name.to_owned(), value.to_owned()));
        }
    }
    let mut argv = Vec::new();
    for words in ["command", "args"] {
        for word in value[words].items() {
            if let Some(word) = word.as_str() {
                argv.push(expand(word, &environment));
            }
        }
    }
    let argv = unwrap_shell(argv);
    let mut mounts = Vec::new();
    for declared in value["volumeMounts"].items() {
        mounts.extend(mount(spec, declared));
    }
    let program = argv.first().map_or("", String::as_str);
    Container {
        file: path.to_owned(),
        observation,
        name: text(&value["name"]),
        executable: strings::after_last(program, b'/').to_owned(),
        argv,
        image: text(&value["image"]),
        environment,
        mounts,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn mount(spec: &Value, mount: &Value) -> Option<Mount> {
    let volumes = spec["volumes"].items();
    let volume = volumes
        .iter()
        .find(|v| v["name"].as_str() == mount["name"].as_str())?;
    let node_path = volume["hostPath"]["path"].as_str()?;
    let node_path = match mount["subPath"].as_str() {
        Some(below) => say![strings::trim_end(node_path, b'/'), "/", below],
        None => node_path.to_owned(),
    };
    let container_path = mount["mountPath"].as_str()?;
    Some(Mount {
        container_path: match strings::trim_end(container_path, b'/') {
            "" => "/".to_owned(),
            path => path.to_owned(),
        },
        node_path,
    })
}

/// Replaces `$(NAME)` by the variable's value as the kubelet does: `$$` is a
/// dollar sign, and what has no value stays.
fn expand(word: &str, environment: &[(String, String)]) -> String {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    loop {
        let (before, from) = strings::split_at(rest, b"$", true);
        out.push_str(before);
        if from.is_empty() {
            return out;
        }
        if let Some(after) = from.strip_prefix("$$") {
            out.push('$');
            rest = after;
            continue;
        }
        let name = from.strip_prefix("$(").and_then(|r| strings::cut(r, b')'));
        let value = name.and_then(|(name, after)| {
            let (_, value) = environment.iter().rev().find(|(n, _)| n == name)?;
            Some((value, after))
        });
        match value {
            Some((value, after)) => {
                out.push_str(value);
                rest = after;
            }
            None => {
                out.push('$');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
}

/// The command that `sh -c "exec program --flag"` comes to. What is more than
/// one simple command stays as it is.
fn unwrap_shell(argv: Vec<String>) -> Vec<String> {
    let program = argv.first().map_or("", |p| strings::after_last(p, b'/'));
    if !matches!(program, "sh" | "bash" | "ash" | "dash") {
        return argv;
    }
    let is_script = |a: &String| a.starts_with("-") && !a.starts_with("--") && a.ends_with("c");
    let script = argv
        .iter()
        .position(is_script)
        .and_then(|i| argv.get(i + 1));
    let words = script.and_then(|s| shell_words(s));
    let Some(words) = words else { return argv };
    let is_assignment = |w: &String| {
        let name = strings::cut(w, b'=').map(|(name, _)| name);
        name.is_some_and(|n| n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
    };
    let mut command = words.as_slice();
    while let [word, rest @ ..] = command
        && (word == "exec" || is_assignment(word))
    {
        command = rest;
    }
    match command.is_empty() {
        true => argv,
        false => command.to_vec(),
    }
}

/// Splits one simple command as a shell does; none if it is more than that. A
/// redirection ends the words.
pub(crate) fn shell_words(script: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = script.trim_ascii().chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        end if end == c => break,
                        '\\' if c == '"' => word.push(chars.next()?),
                        '$' | '`' if c == '"' => return None,
                        other => word.push(other),
                    }
                }
            }
            '\\' => match chars.next()? {
                '\n' => {}
                other => word.get_or_insert_default().push(other),
            },
            ' ' | '\t' => words.extend(word.take()),
            '>' | '<' => {
                // `2>&1`: the number belongs to the redirection.
                let number = word
                    .take()
                    .filter(|w| w.bytes().any(|b| !b.is_ascii_digit()));
                words.extend(number);
                return Some(words);
            }
            '\n' | ';' | '&' | '|' | '(' | ')' | '$' | '`' => return None,
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Some(words)
}
