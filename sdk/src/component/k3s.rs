//! K3s: one process is every component. It wipes its own argument list, so what
//! it was told is read where it was told: its unit, the files of variables that
//! the unit names, and its configuration files. Where the API is granted, the
//! node's annotation says what the running process was started with.

use super::embedded::{Whole, only};
use super::{Component, Presence, Processes, k3s_built_in as built_in};
use crate::config::{self, Problem};
use crate::facts::{Error, ProcessInfo};
use crate::json::{self, Value};
use crate::kubernetes;
use crate::prelude::*;
use crate::rule::Cx;
use crate::say;
use crate::static_pod;
use crate::strings;
use crate::systemd;
use crate::values;

/// The processes request.
pub(super) const REQUEST: &str = "k3s";
/// The files request for the unit and its drop-ins.
const UNIT: &str = "k3s-unit-text";
/// The files request for the files of variables that the unit names.
const VARIABLES: &str = "k3s-variables";
/// The files request for its configuration files.
const CONFIG: &str = "k3s-config";
/// The files request for what its datastore keeps on the node.
const DATASTORE: &str = "k3s-datastore";
/// The files request for the kubelet's drop-ins.
const DROP_INS: &str = "k3s-kubelet-drop-ins";
/// The request for the node's annotations.
const NODES: &str = "k3s-nodes";

const MAIN: &str = "/etc/rancher/k3s/config.yaml";
const DATA: &str = "/var/lib/rancher/k3s";

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
type Told = Vec<(String, String)>;

pub(super) fn find(
    cx: &Cx<'_>,
    component: Component,
    found: Result<Processes, Error>,
) -> Result<Presence, Box<Problem>> {
    let process = match only("k3s server or k3s agent", found, |info| {
        role(info).is_some()
    })? {
        Ok(process) => process,
        Err(presence) => return Ok(presence),
    };
    let mut whole = Whole::of(&process);
    whole.version = super::version(cx, component, None);
    if let Some(minor) = whole.version.minor
        && !built_in::covers(minor)
    {
        return Err(whole.problem(built_in::outside(minor)));
    }
    let is_server = role(&process.info()) == Some("server");
    let told = told(cx, &mut whole, is_server)?;
    let node = Node { is_server, told };
    if let Some(why) = node.left_out(component) {
        return Ok(whole.without(why));
    }
    if component == Component::Etcd {
        return node.etcd(cx, whole);
    }
    node.part(cx, component, whole)
}

/// Whether a process is `k3s server` or `k3s agent`, which other commands of
/// the same executable are not. It shows the command and the sub-command in one
/// argument, and as its name.
fn role(info: &ProcessInfo) -> Option<&'static str> {
    let shown = strings::join(&info.args, " ");
    let command = strings::split(shown.trim_ascii(), b' ');
    for role in ["server", "agent"] {
        let named = say!["k3s-", role];
        if command.get(1) == Some(&role)
            || strings::after_last(command.first().unwrap_or(&""), b'/') == named
            || info.comm == named
        {
            return Some(role);
        }
    }
    None
}

/// A node of K3s.
struct Node {
    is_server: bool,
    told: Told,
}

impl Node {
    /// The last value of a flag.
    fn last(&self, name: &str) -> Option<&str> {
        last(&self.told, name)
    }

    fn is_on(&self, name: &str) -> bool {
        is_on(&self.told, name)
    }

    /// Why a component does not run inside this K3s, if a flag says so.
    fn left_out(&self, component: Component) -> Option<String> {
        let switch = match component {
            Component::KubeApiserver => "disable-apiserver",
            Component::KubeControllerManager => "disable-controller-manager",
            Component::KubeScheduler => "disable-scheduler",
            Component::Etcd => "disable-etcd",
            Component::Kubelet => "disable-agent",
            Component::KubeProxy => "disable-kube-proxy",
        };
        let is_agent = matches!(component, Component::Kubelet | Component::KubeProxy);
        let name = component.name();
        if !self.is_server && !is_agent {
            return Some(say!["this is a K3s agent: ", name, " runs on servers only"]);
        }
        let switch = match self.is_server && is_agent && self.is_on("disable-agent") {
            true => "disable-agent",
            false => switch,
        };
        (self.is_server && self.is_on(switch))
            .then(|| say!["K3s runs without ", name, ": --", switch, " is set"])
    }

    fn data(&self) -> &str {
        match self.last("data-dir") {
            Some(dir) if !dir.is_empty() => strings::trim_end(dir, b'/'),
            _ => DATA,
        }
    }

    /// etcd, if it is the datastore: it has left its configuration.
    fn etcd(&self, cx: &Cx<'_>, mut whole: Whole) -> Result<Presence, Box<Problem>> {
        let argv = |data: &str| vec![say!["--config-file=", data, "/server/db/etcd/config"]];
        match self.datastore(cx, &mut whole)? {
            Datastore::Etcd => {
                Ok(whole.part(cx.facts, Component::Etcd, argv(self.data()), Vec::new()))
            }
            Datastore::Other => Ok(whole.without(
                "K3s keeps its data in another datastore, which --datastore-endpoint names: it \
                 runs no etcd"
                    .to_owned(),
            )),
            Datastore::Sqlite => Ok(whole.without(say![
                "K3s keeps its data in SQLite: no etcd is in ",
                self.data(),
                "/server/db, and nothing tells it to run one"
            ])),
        }
    }

    /// Where the API server keeps its data.
    fn datastore(&self, cx: &Cx<'_>, whole: &mut Whole) -> Result<Datastore, Box<Problem>> {
        if self
            .last("datastore-endpoint")
            .is_some_and(|v| !v.is_empty())
        {
            return Ok(Datastore::Other);
        }
        if self.data() != DATA {
            let text = say!["K3s keeps its data in ", self.data(), ", not in ", DATA];
            return Err(whole.problem(say![text, ", where it may be looked at"]));
        }
        let matches = cx.facts.glob(DATASTORE);
        let matches = matches.map_err(|e| whole.unread("K3s' datastore", &e))?;
        whole.observations.push(matches.observation);
        if !matches.complete {
            return Err(whole.problem(say!["K3s' datastore was not seen whole: ", matches.hint]));
        }
        if matches.paths.iter().any(|p| p.ends_with("/etcd/config")) {
            return Ok(Datastore::Etcd);
        }
        let joins = self.last("server").is_some_and(|v| !v.is_empty());
        if joins || self.is_on("cluster-init") {
            let text = "K3s is told to be a member of an etcd cluster, but etcd's configuration \
                        is not in its data directory";
            return Err(whole.problem(text.to_owned()));
        }
        Ok(Datastore::Sqlite)
    }

    /// A component with the arguments that K3s gives it.
    fn part(
        &self,
        cx: &Cx<'_>,
        component: Component,
        mut whole: Whole,
    ) -> Result<Presence, Box<Problem>> {
        let flag = match component {
            Component::KubeApiserver => "kube-apiserver-arg",
            Component::KubeControllerManager => "kube-controller-manager-arg",
            Component::KubeScheduler => "kube-scheduler-arg",
            Component::KubeProxy => "kube-proxy-arg",
            Component::Kubelet | Component::Etcd => "kubelet-arg",
        };
        let mut given = all(&self.told, flag);
        let mut known = built_in::Known {
            minor: whole.version.minor,
            data: self.data(),
            args: Vec::new(),
            unsettled: Vec::new(),
        };
        match component {
            Component::KubeApiserver => {
                known.add(component);
                self.apiserver(cx, &mut whole, &mut known, &given);
            }
            Component::Kubelet => {
                if self.drop_ins(cx, &mut whole)? {
                    // It copies what these name into its own directory.
                    given.retain(|g| {
                        let name = strings::before(strings::trim_start(g, b'-'), b'=');
                        name != "config" && name != "config-dir"
                    });
                    known.drop_ins(cx.facts.node().kubernetes_version.as_deref());
                } else {
                    known.add(component);
                }
                if self.is_on("protect-kernel-defaults") {
                    known.set("protect-kernel-defaults", "true");
                }
            }
            _ => known.add(component),
        }
        let argv = built_in::merged(known.args, &given);
        known.unsettled.retain(|(name, _)| {
            let given = say!["--", name, "="];
            !argv.iter().any(|arg| arg.starts_with(given.as_str()))
        });
        Ok(whole.part(cx.facts, component, argv, known.unsettled))
    }

    /// What K3s tells the API server where that depends on its own settings.
    fn apiserver(
        &self,
        cx: &Cx<'_>,
        whole: &mut Whole,
        known: &mut built_in::Known<'_>,
        given: &[String],
    ) {
        // It leaves to a file what the file says.
        for (file, flag) in [
            ("authorization-config=", "authorization-mode"),
            ("authentication-config=", "anonymous-auth"),
        ] {
            if given
                .iter()
                .any(|g| strings::trim_start(g, b'-').starts_with(file))
            {
                built_in::remove(&mut known.args, flag);
            }
        }
        if self.last("https-listen-port").is_some() {
            known.unset("secure-port", "it follows from --https-listen-port");
        }
        if self.is_on("secrets-encryption") {
            known.set(
                "encryption-provider-config",
                "@/server/cred/encryption-config.json",
            );
        }
        match self.datastore(cx, whole) {
            Ok(Datastore::Etcd) => {
                known.set("etcd-servers", "https://127.0.0.1:2379");
                known.set("etcd-cafile", "@/server/tls/etcd/server-ca.crt");
                known.set("etcd-certfile", "@/server/tls/etcd/client.crt");
                known.set("etcd-keyfile", "@/server/tls/etcd/client.key");
            }
            Ok(Datastore::Sqlite) => {
                known.set("etcd-servers", "unix://kine.sock");
            }
            Ok(Datastore::Other) => {
                let why = "what --datastore-endpoint names decides it, and that is a secret";
                for flag in ["servers", "cafile", "certfile", "keyfile"] {
                    known.unset(&say!["etcd-", flag], why);
                }
            }
            Err(problem) => {
                for flag in ["servers", "cafile", "certfile", "keyfile"] {
                    known.unset(&say!["etcd-", flag], &problem.text);
                }
            }
        }
    }

    /// Whether this K3s tells the kubelet by files, as it does since 1.32.
    fn drop_ins(&self, cx: &Cx<'_>, whole: &mut Whole) -> Result<bool, Box<Problem>> {
        if self.data() != DATA {
            let text = say![
                "K3s keeps the kubelet's files in ",
                self.data(),
                ", not in ",
                DATA
            ];
            return Err(whole.problem(say![text, ", where they may be read"]));
        }
        let is_there = !whole.search(cx.facts, DROP_INS)?.is_empty();
        if !is_there && whole.version.minor.is_some_and(|m| m >= built_in::FILES) {
            let text = say![
                DATA,
                "/agent/etc/kubelet.conf.d/00-k3s-defaults.conf is not there, which K3s 1.",
                built_in::FILES,
                " and later write for the kubelet"
            ];
            return Err(whole.problem(text));
        }
        Ok(is_there)
    }
}

/// Where a server keeps its data.
enum Datastore {
    Etcd,
    Sqlite,
    Other,
}

#[inline(never)]
fn push(told: &mut Told, name: &str, value: &str) {
    told.push((name.to_owned(), value.to_owned()));
}

#[inline(never)]
fn last<'a>(told: &'a Told, name: &str) -> Option<&'a str> {
    let found = told.iter().rfind(|(n, _)| n == name);
    found.map(|(_, value)| value.as_str())
}

/// Whether a switch is given, and not as off.
fn is_on(told: &Told, name: &str) -> bool {
    last(told, name).is_some_and(|v| v.is_empty() || values::boolean(v) == Some(true))
}

#[inline(never)]
fn all(told: &Told, name: &str) -> Vec<String> {
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
fn told(cx: &Cx<'_>, whole: &mut Whole, is_server: bool) -> Result<Told, Box<Problem>> {
    let started = annotation(cx, whole);
    let (line, variables) = match unit(cx, whole, is_server) {
        Ok(found) => found,
        // The node's own object says it too, configuration files included.
        Err(problem) => return started.ok_or(problem),
    };
    let mut told = Told::new();
    let stand_in = |name: &str| {
        let (variable, _) = STAND_INS.iter().find(|(_, flag)| *flag == name)?;
        last(&variables, variable).filter(|v| !v.is_empty())
    };
    let file = stand_in("config").or_else(|| last(&line, "config"));
    configuration(cx, whole, file.unwrap_or(MAIN), &mut told)?;
    told.extend(line);
    for (variable, flag) in STAND_INS {
        if last(&told, flag).is_none()
            && let Some(value) = last(&variables, variable)
        {
            push(&mut told, flag, value);
        }
    }
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
        if node["metadata"]["name"].is_text(&name) {
            let text = node.pointer("/metadata/annotations/k3s.io~1node-args")?;
            let words = json::parse(text.as_str()?).ok()?;
            let mut list = Vec::new();
            for word in words.items() {
                list.push(word.as_str()?.to_owned());
            }
            whole.observations.push(nodes.observation);
            return Some(flags(list.get(1..).unwrap_or_default(), true));
        }
    }
    None
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
mod tests;
