//! MicroK8s: `kubelite` is every component of Kubernetes. Its flags name the
//! files that hold the arguments of each. The datastore is k8s-dqlite, a
//! process of its own, unless the API server's arguments name an etcd.

use alloc::rc::Rc;

use super::embedded::{Whole, only};
use super::{Component, Presence, Processes, minor};
use crate::args::{Args, Style};
use crate::config::{self, Problem};
use crate::facts::Error;
use crate::prelude::*;
use crate::rule::Cx;
use crate::say;
use crate::strings;
use crate::values;

/// The processes request.
pub(super) const REQUEST: &str = "kubelite";
/// The processes request of an etcd beside it.
const ETCD: &str = "etcd";
/// What says the snap's version.
const SNAP: &str = "/snap/microk8s/current/meta/snap.yaml";
/// Where a file of arguments is if no flag names it.
const ARGS: &str = "/var/snap/microk8s/current/args/";

pub(super) fn find(
    cx: &Cx<'_>,
    component: Component,
    found: Result<Processes, Error>,
) -> Result<Presence, Box<Problem>> {
    let process = match only(REQUEST, found, |_| true)? {
        Ok(process) => process,
        Err(presence) => return Ok(presence),
    };
    let mut whole = Whole::of(&process);
    let argv = process.info().args;
    if argv.is_empty() {
        let text = "the arguments of kubelite could not be read";
        return Err(whole.problem(text.to_owned()));
    }
    let told = Args::parse(Style::Pflag, &argv);
    let control = told.last("start-control-plane");
    let has_control = control.is_none_or(|f| values::boolean(&f.value) == Some(true));
    version(cx, &mut whole, component);
    let file = match component {
        Component::KubeApiserver | Component::Etcd => "apiserver",
        Component::KubeControllerManager => "controller-manager",
        Component::KubeScheduler => "scheduler",
        Component::Kubelet => "kubelet",
        Component::KubeProxy => "proxy",
    };
    if !has_control && !matches!(component, Component::Kubelet | Component::KubeProxy) {
        let text = say![
            "kubelite has --start-control-plane=false: ",
            component.name(),
            " runs on other nodes"
        ];
        return Ok(whole.without(text));
    }
    let flag = say![file, "-args-file"];
    let (opened, path) = match told.last(&flag) {
        Some(named) => {
            let opened = process.open_named(&say!["--", flag], &named.value);
            (opened, named.value.clone())
        }
        None => {
            let name = match file {
                "kubelet" => file.to_owned(),
                name => say!["kube-", name],
            };
            let path = say![ARGS, name];
            (cx.facts.open(&path), path)
        }
    };
    let text = whole.text(&path, opened)?;
    let argv = words(&text, &path);
    if argv.iter().any(|arg| strings::has(arg, b'$')) {
        let text = say![path, " uses a variable other than the snap's own"];
        return Err(whole.problem(text));
    }
    match component {
        Component::Etcd => datastore(cx, &mut whole, argv),
        _ => Ok(whole.part(cx.facts, component, argv, Vec::new())),
    }
}

/// etcd, if the API server is told one: then its own process counts.
fn datastore(
    cx: &Cx<'_>,
    whole: &mut Whole,
    mut argv: Vec<String>,
) -> Result<Presence, Box<Problem>> {
    argv.insert(0, String::new());
    let args = Args::parse(Style::Pflag, &argv);
    let servers = strings::join(&args.values("etcd-servers"), ",");
    if servers.starts_with("unix:") {
        let text = say![
            "MicroK8s keeps its data in k8s-dqlite, not in etcd: --etcd-servers is ",
            servers
        ];
        return Ok(whole.without(text));
    }
    let found = super::own_processes(cx.facts, ETCD).map_err(|e| whole.unread(ETCD, &e))?;
    whole.observations.push(found.observation);
    let Some(process) = found.own.first() else {
        let text = say![
            "the API server uses etcd at ",
            servers,
            ", and whether that is on this node is not known: no process was seen"
        ];
        return Err(whole.problem(text));
    };
    whole.observations.push(process.observation());
    let args = Args::parse(Style::Go, &process.info().args);
    Ok(whole.instance(Component::Etcd, args, Rc::clone(process), Vec::new()))
}

/// The version: the node's or the operator's word, else the snap's.
fn version(cx: &Cx<'_>, whole: &mut Whole, component: Component) {
    whole.version = super::version(cx, component, None);
    if whole.version.minor.is_some() {
        return;
    }
    let Ok(entry) = cx.facts.open(SNAP) else {
        return;
    };
    if let Ok(document) = config::document(&*entry, "", "")
        && let Some(version) = document["version"].as_str()
    {
        whole.version.minor = minor(version);
        whole.version.source = say![SNAP, " says ", version];
        whole.observations.push(entry.observation());
    }
}

/// The arguments that a file holds: a line at a time, quotes removed, divided
/// at blanks, the snap's own variables expanded.
fn words(text: &str, path: &str) -> Vec<String> {
    let data = strings::find(path, "/args/").and_then(|at| path.get(..at));
    let data = data.unwrap_or_default();
    let own = [
        ("${SNAP_DATA}", data),
        ("$SNAP_DATA", data),
        ("${SNAP_COMMON}", "/var/snap/microk8s/common"),
        ("$SNAP_COMMON", "/var/snap/microk8s/common"),
        ("${SNAP}", "/snap/microk8s/current"),
    ];
    let mut words = Vec::new();
    for line in strings::split(text, b'\n') {
        let line = line.trim_ascii();
        if line.starts_with("#") {
            continue;
        }
        for part in strings::split(line, b' ') {
            let mut word = String::new();
            for c in part.chars() {
                if c != '"' && c != '\'' {
                    word.push(c);
                }
            }
            for (variable, value) in own {
                while let Some(at) = strings::find(&word, variable) {
                    word.replace_range(at..at + variable.len(), value);
                }
            }
            if !word.is_empty() {
                words.push(word);
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_arguments_is_read_as_kubelite_reads_it() {
        let text = "--cert-dir=${SNAP_DATA}/certs\n\n  # --a=b\n--x 'y' --z=\"1 2\"\n\
                    --log-dir=$SNAP_COMMON/log\n--other=${OTHER}\n";
        assert_eq!(
            words(text, "/var/snap/microk8s/6089/args/kubelet"),
            [
                "--cert-dir=/var/snap/microk8s/6089/certs",
                "--x",
                "y",
                "--z=1",
                "2",
                "--log-dir=/var/snap/microk8s/common/log",
                "--other=${OTHER}"
            ]
        );
    }
}
