//! What a K3s was told, and where: its unit, the files of variables that the unit
//! names, its configuration files, and what the node's own object says that the
//! running K3s was started with.

use super::built_in;
use crate::component::embedded::Whole;
use crate::config::{self, Problem};
use crate::facts::Error;
use crate::json::{self, Value};
use crate::kubernetes;
use crate::prelude::*;
use crate::rule::Cx;
use crate::say;
use crate::static_pod;
use crate::strings;
use crate::systemd;
use crate::values;

/// The files request for the unit and its drop-ins.
const UNIT: &str = "k3s-unit-text";
/// The files request for the files of variables that the unit names.
const VARIABLES: &str = "k3s-variables";
/// The files request for its configuration files.
const CONFIG: &str = "k3s-config";
/// The request for the node's annotations.
const NODES: &str = "k3s-nodes";

const MAIN: &str = "/etc/rancher/k3s/config.yaml";
/// Flags that take a value and matter here; the next word is theirs even if it
/// looks like a flag.
const VALUED: &[&str] = &[
    "config",
    "data-dir",
    "datastore-cafile",
    "datastore-certfile",
    "datastore-endpoint",
    "datastore-keyfile",
    "etcd-arg",
    "https-listen-port",
    "kube-apiserver-arg",
    "kube-controller-manager-arg",
    "kube-proxy-arg",
    "kube-scheduler-arg",
    "kubelet-arg",
    "server",
];

/// What is compared with what the running K3s was started with.
const COMPARED: &[&str] = &[
    "kube-apiserver-arg",
    "kube-controller-manager-arg",
    "kube-proxy-arg",
    "kube-scheduler-arg",
    "kubelet-arg",
    "cluster-init",
    "protect-kernel-defaults",
    "secrets-encryption",
];

/// Variables that stand in for flags.
const STAND_INS: &[(&str, &str)] = &[
    ("K3S_CLUSTER_INIT", "cluster-init"),
    ("K3S_CONFIG_FILE", "config"),
    ("K3S_DATASTORE_CAFILE", "datastore-cafile"),
    ("K3S_DATASTORE_CERTFILE", "datastore-certfile"),
    ("K3S_DATASTORE_ENDPOINT", "datastore-endpoint"),
    ("K3S_DATASTORE_KEYFILE", "datastore-keyfile"),
    ("K3S_DATA_DIR", "data-dir"),
    ("K3S_URL", "server"),
];

/// What a K3s was told: names without dashes, values in order.
pub(super) type Told = Vec<(String, String)>;

#[inline(never)]
fn push(told: &mut Told, name: &str, value: &str) {
    told.push((name.to_owned(), value.to_owned()));
}

#[inline(never)]
pub(super) fn last<'a>(told: &'a Told, name: &str) -> Option<&'a str> {
    let found = told.iter().rfind(|(n, _)| n == name);
    found.map(|(_, value)| value.as_str())
}

/// Whether a switch is given, and not as off.
pub(super) fn is_on(told: &Told, name: &str) -> bool {
    last(told, name).is_some_and(|v| v.is_empty() || values::boolean(v) == Some(true))
}

#[inline(never)]
pub(super) fn all(told: &Told, name: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (n, value) in told {
        if n == name {
            all.push(value.clone());
        }
    }
    all
}

/// What it was told: its configuration files, then its command line, which
/// overrides them, with variables where no flag is given.
pub(super) fn told(cx: &Cx<'_>, whole: &mut Whole, is_server: bool) -> Result<Told, Box<Problem>> {
    let started = annotation(cx, whole);
    let (line, variables) = match unit(cx, whole, is_server) {
        Ok(found) => found,
        // The node's own object says it too, configuration files included.
        Err(problem) => return started.ok_or(problem),
    };
    let mut told = Told::new();
    let file = last(&variables, "K3S_CONFIG_FILE").filter(|v| !v.is_empty());
    let file = file.or_else(|| last(&line, "config"));
    configuration(cx, whole, file.unwrap_or(MAIN), &mut told)?;
    told.extend(line);
    stand_in(&mut told, |name| last(&variables, name));
    match started {
        Some(started) if differs(whole, &told, &started) => Ok(started),
        _ => Ok(told),
    }
}

/// Whether the running K3s was started with something else than its files say
/// now: it is what counts.
fn differs(whole: &mut Whole, told: &Told, started: &Told) -> bool {
    let mut differ = Vec::new();
    for name in COMPARED {
        if all(told, name) != all(started, name)
            && (name.ends_with("-arg") || is_on(told, name) != is_on(started, name))
        {
            differ.push(say!["--", name]);
        }
    }
    if !differ.is_empty() {
        whole.notes.push(say![
            "its files were changed since K3s was started: the node's annotation \
             k3s.io/node-args has another ",
            strings::join(&differ, ", "),
            " and is what counts"
        ]);
    }
    !differ.is_empty()
}

/// What the node's object says that it was started with.
fn annotation(cx: &Cx<'_>, whole: &mut Whole) -> Option<Told> {
    let nodes = kubernetes::list(cx.facts, NODES).ok()?;
    let name = cx.facts.node().name;
    for node in &nodes.items {
        if !node["metadata"]["name"].is_text(&name) {
            continue;
        }
        let stated = |which: &str| {
            let text = node.pointer(which)?.as_str()?;
            json::parse(text).ok()
        };
        let mut words = Vec::new();
        for word in stated("/metadata/annotations/k3s.io~1node-args")?.items() {
            words.push(word.as_str()?.to_owned());
        }
        let mut told = flags(words.get(1..).unwrap_or_default(), true);
        let variables = stated("/metadata/annotations/k3s.io~1node-env")?;
        stand_in(&mut told, |name| variables[name].as_str());
        whole.observations.push(nodes.observation);
        return Some(told);
    }
    None
}

/// Adds what variables say where no flag does.
fn stand_in<'a>(told: &mut Told, value: impl Fn(&str) -> Option<&'a str>) {
    for (variable, flag) in STAND_INS {
        if last(told, flag).is_none()
            && let Some(value) = value(variable)
        {
            push(told, flag, value);
        }
    }
}

/// The command line of the unit, and the variables of the files that it names.
fn unit(cx: &Cx<'_>, whole: &mut Whole, is_server: bool) -> Result<(Told, Told), Box<Problem>> {
    let (name, role) = match is_server {
        true => ("k3s.service", "server"),
        false => ("k3s-agent.service", "agent"),
    };
    let unit = systemd::unit(cx.facts, UNIT, name).map_err(|e| whole.unread(name, &e))?;
    whole.observations.push(unit.observation);
    if !unit.complete {
        return Err(whole.problem(say![
            name,
            ": not all directories of units could be searched"
        ]));
    }
    if unit.files.is_empty() {
        return Err(whole.problem(say![
            "no unit is ",
            name,
            ", and K3s wipes its own arguments: what it was told is known only from the node's \
             annotation k3s.io/node-args, for which the API is needed"
        ]));
    }
    let mut texts = Vec::new();
    for (path, opened) in unit.files {
        let text = whole.text(&path, opened)?;
        texts.push(text);
    }
    let lines = systemd::values(&texts, "Service", "ExecStart");
    let line = lines.last().map_or("", |line| line.as_str());
    let words = static_pod::shell_words(strings::trim_start(line, b'-'));
    let words = words.unwrap_or_default();
    let Some(at) = words.iter().position(|word| word == role) else {
        return Err(whole.problem(say![name, " does not plainly start k3s ", role, ": ", line]));
    };
    let mut variables = Told::new();
    for value in systemd::values(&texts, "Service", "Environment") {
        for word in static_pod::shell_words(&value).unwrap_or_default() {
            assign(&word, &mut variables);
        }
    }
    let named = systemd::values(&texts, "Service", "EnvironmentFile");
    if !named.is_empty() {
        read_variables(cx, whole, &named, name, &mut variables)?;
    }
    let line = flags(words.get(at + 1..).unwrap_or_default(), false);
    Ok((line, variables))
}

/// Reads the files of variables that the unit names, as far as they are there.
fn read_variables(
    cx: &Cx<'_>,
    whole: &mut Whole,
    named: &[String],
    unit: &str,
    variables: &mut Told,
) -> Result<(), Box<Problem>> {
    whole.search(cx.facts, VARIABLES)?;
    let own = unit.strip_suffix(".service").unwrap_or(unit);
    for value in named {
        let path = strings::trim_start(value, b'-');
        let path = match path.strip_suffix("/%N") {
            Some(dir) => say![dir, "/", own],
            None => path.to_owned(),
        };
        let opened = cx.facts.open(&path);
        if opened.as_ref().is_err_and(Error::is_not_found) {
            continue;
        }
        let text = whole.text(&path, opened)?;
        for line in strings::split(&text, b'\n') {
            let line = line.trim_ascii();
            if !line.starts_with("#") {
                assign(line, variables);
            }
        }
    }
    Ok(())
}

/// `NAME=value`, quotes around the value removed.
fn assign(text: &str, variables: &mut Told) {
    if let Some((name, value)) = strings::cut(text, b'=') {
        let value = strings::trim_end(strings::trim_start(value, b'"'), b'"');
        let value = strings::trim_end(strings::trim_start(value, b'\''), b'\'');
        push(variables, name, value);
    }
}

/// Reads words as flags: `--a=b`, `--a b` where the flag takes a value, `--a`.
/// The annotation divides every flag that has a value.
fn flags(words: &[String], is_divided: bool) -> Told {
    let mut told = Told::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let body = strings::trim_start(word, b'-');
        if body.len() == word.len() {
            continue;
        }
        let (name, mut value) = strings::cut(body, b'=').unwrap_or((body, ""));
        let name = match name {
            "c" => "config",
            "d" => "data-dir",
            "s" => "server",
            name => name,
        };
        if !strings::has(body, b'=')
            && let Some(next) = words.get(at)
            && (strings::among(name, VALUED) || (is_divided && !next.starts_with("-")))
        {
            value = next;
            at += 1;
        }
        push(&mut told, name, value);
    }
    told
}

/// Reads the configuration file and those of the directory beside it, in the
/// order of their names: a later one replaces what one before it says, but adds
/// to it where the name ends in `+`.
fn configuration(
    cx: &Cx<'_>,
    whole: &mut Whole,
    main: &str,
    told: &mut Told,
) -> Result<(), Box<Problem>> {
    if main != MAIN {
        let text = say![
            "K3s is told to read ",
            main,
            ", and only ",
            MAIN,
            " may be read"
        ];
        return Err(whole.problem(text));
    }
    let paths = whole.search(cx.facts, CONFIG)?;
    // `config.yaml` sorts before what is in `config.yaml.d`.
    for path in &paths {
        let entry = cx.facts.open(path).map_err(|e| whole.unread(path, &e))?;
        whole.observations.push(entry.observation());
        let texts = entry.read_document().map_err(|e| whole.unread(path, &e))?;
        for text in &texts {
            let document = json::parse(text).map_err(|why| whole.problem(say![path, ": ", why]))?;
            if document.is_null() {
                continue;
            }
            let Some(members) = document.as_object() else {
                return Err(whole.problem(say![path, " is not a mapping"]));
            };
            for (name, value) in members {
                take(name, value, told);
            }
        }
    }
    Ok(())
}

fn take(name: &str, value: &Value, told: &mut Told) {
    let own = strings::trim_end(name, b'+');
    if own == name {
        built_in::remove(told, name);
    }
    if value.as_array().is_none() {
        return push(told, own, &config::plain(value));
    }
    for element in value.items() {
        push(told, own, &config::plain(element));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, is_divided: bool) -> Vec<String> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let told = flags(&words, is_divided).into_iter();
        told.map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    #[test]
    fn a_flag_takes_the_next_word_only_if_it_takes_values() {
        assert_eq!(
            read(
                "--cluster-init --kubelet-arg --v=2 -d /srv --disable traefik x",
                false
            ),
            [
                "cluster-init=",
                "kubelet-arg=--v=2",
                "data-dir=/srv",
                "disable="
            ]
        );
        assert_eq!(
            read("--secrets-encryption=false --kubelet-arg", false),
            ["secrets-encryption=false", "kubelet-arg="]
        );
        // The annotation divides switches too.
        assert_eq!(
            read("--cluster-init false --debug --kubelet-arg v=2", true),
            ["cluster-init=false", "debug=", "kubelet-arg=v=2"]
        );
    }

    #[test]
    fn a_switch_is_on_unless_its_last_value_is_off() {
        let on = |text: &str| {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            is_on(&flags(&words, false), "cluster-init")
        };
        assert!(on("--cluster-init") && on("--cluster-init=false --cluster-init=true"));
        assert!(!on("--cluster-init=false") && !on("--other") && !on("--cluster-init=?"));
    }

    #[test]
    fn variables_lose_their_quotes() {
        let mut variables = Told::new();
        for line in ["K3S_URL='https://a:6443'", "K3S_X=\"b=c\"", "no assignment"] {
            assign(line, &mut variables);
        }
        assert_eq!(last(&variables, "K3S_URL"), Some("https://a:6443"));
        assert_eq!(last(&variables, "K3S_X"), Some("b=c"));
        assert_eq!(variables.len(), 2);
    }

    #[test]
    fn a_name_with_a_plus_adds_to_what_is_there() {
        let mut told = Told::new();
        for (name, json) in [("a", "[1, 2]"), ("a+", "3"), ("b", "true"), ("b", "false")] {
            let Ok(value) = json::parse(json) else {
                continue;
            };
            take(name, &value, &mut told);
        }
        assert_eq!(all(&told, "a"), ["1", "2", "3"]);
        assert_eq!(all(&told, "b"), ["false"]);
    }
}
