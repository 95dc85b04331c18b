//! Finds the files of a set where the running components themselves look for
//! them, and says what it means when there are none.

use alloc::rc::Rc;

use super::Located;
use crate::component::{self, Component, Instance, Presence};
use crate::config::{self, Problem, Reading, Stop, kubelet};
use crate::facts::{Entry, Error, FileKind, Matches, Origin, Place, Process};
use crate::prelude::*;
use crate::rule::Cx;
use crate::say;
use crate::static_pod;
use crate::strings;
use crate::systemd;
use crate::verdict::Verdict;

/// Where kubeadm keeps certificates and keys, on the node and in its pods.
const KUBEADM_PKI: &str = "/etc/kubernetes/pki";

/// A set of files.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub enum Set {
    /// What a files request matches, wherever it is.
    Glob {
        /// The files request.
        request: String,
        /// What its absence says.
        absent: String,
    },
    /// What a files request matches below a directory, where a component runs
    /// that is expected to use it.
    Directory {
        /// The files request.
        request: String,
        /// The directory that it covers.
        path: String,
        /// Whose directory it is.
        component: Component,
    },
    /// The static pod manifests that declare a component.
    Manifest(Component),
    /// The kubeconfigs that a component is told to use.
    Kubeconfig(Component),
    /// The directory in which etcd keeps its data.
    EtcdDataDir,
    /// The kubelet's own configuration files.
    KubeletConfig,
    /// The certificate authorities that the kubelet trusts its clients by.
    KubeletClientCa,
    /// The live files of a systemd unit.
    Unit {
        /// The files request that covers them.
        request: String,
        /// The unit's name.
        name: String,
    },
    /// The configuration and state of the node's container network.
    Cni {
        /// The files request that covers the usual places.
        request: String,
    },
    /// The file that a setting names.
    #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
    Setting {
        /// Whose setting.
        component: Component,
        /// The flag.
        name: String,
    },
    /// The files that a field of documents names.
    #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
    Field {
        /// The files request for the documents.
        request: String,
        /// The field; `*` stands for every element.
        pointer: String,
    },
}

pub(in crate::rule) fn locate(set: &Set, cx: &Cx<'_>) -> Located {
    let mut located = Located::default();
    match set {
        Set::Glob { request, absent } => {
            located.nothing(Verdict::NotApplicable, absent);
            glob(cx, request, &mut located);
        }
        Set::Directory {
            request,
            path,
            component,
        } => directory(cx, request, path, *component, &mut located),
        // What is hidden in one process is no pod.
        Set::Manifest(_) if component::ONLY_EMBEDDED => {}
        Set::Manifest(component) => manifests(cx, *component, &mut located),
        Set::Kubeconfig(component) => {
            for instance in &instances(cx, *component, &mut located) {
                kubeconfigs(cx, instance, &mut located);
            }
        }
        Set::EtcdDataDir => {
            for instance in &instances(cx, Component::Etcd, &mut located) {
                located.nothing(
                    Verdict::Error,
                    "nothing names the data directory, and etcd's default lies below its working \
                     directory, which is not known",
                );
                setting(cx, instance, "data-dir", &mut located);
            }
        }
        Set::KubeletConfig => {
            for instance in &instances(cx, Component::Kubelet, &mut located) {
                kubelet_config(cx, instance, &mut located);
            }
        }
        Set::KubeletClientCa => {
            for instance in &instances(cx, Component::Kubelet, &mut located) {
                located.nothing(
                    Verdict::NotApplicable,
                    &say![instance.label, " is told no client certificate authorities"],
                );
                setting(cx, instance, "client-ca-file", &mut located);
            }
        }
        Set::Unit { request, name } => unit(cx, request, name, &mut located),
        Set::Cni { request } => cni(cx, request, &mut located),
        #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
        Set::Setting { component, name } => {
            for instance in &instances(cx, *component, &mut located) {
                located.nothing(
                    Verdict::NotApplicable,
                    &say![instance.label, " is not told --", name],
                );
                setting(cx, instance, name, &mut located);
            }
        }
        #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
        Set::Field { request, pointer } => named_by_field(cx, request, pointer, &mut located),
    }
    located
}

/// A component's instances; says why if there are none.
fn instances(cx: &Cx<'_>, component: Component, located: &mut Located) -> Vec<Instance> {
    match component::find(cx, component) {
        Presence::Here(instances) => {
            let mut known = Vec::new();
            for instance in instances {
                located.observations.extend(&instance.observations);
                if instance.argv.is_empty() {
                    let text = "its arguments are not known";
                    located.problem(&instance.label, text, &instance.observations);
                } else {
                    known.push(instance);
                }
            }
            known
        }
        Presence::NotHere(words) => {
            located.observations.extend(&words.observations);
            located.nothing(Verdict::NotApplicable, &words.text);
            Vec::new()
        }
        Presence::Unknown(words) => {
            located.problem(component.name(), &words.text, &words.observations);
            Vec::new()
        }
    }
}

/// Notes a search, and whether it saw everything.
fn searched(key: &str, matches: &Matches, located: &mut Located) {
    located.observations.push(matches.observation);
    if !matches.complete {
        let text = "not all of it could be searched";
        located.problem(key, text, &[matches.observation]);
    }
}

fn glob(cx: &Cx<'_>, request: &str, located: &mut Located) {
    let matches = match cx.facts.glob(request) {
        Ok(matches) => matches,
        Err(error) => return located.lack(request, &error),
    };
    searched(request, &matches, located);
    for path in matches.paths {
        located.add(&path, cx.facts.open(&path));
    }
}

fn directory(cx: &Cx<'_>, request: &str, path: &str, component: Component, located: &mut Located) {
    let users = instances(cx, component, located);
    if users.is_empty() {
        return;
    }
    glob(cx, request, located);
    // It is not there. Then the component must keep its files elsewhere.
    let below = say!["=", path, "/"];
    let mut named = Vec::new();
    for instance in &users {
        for flag in &instance.args.flags {
            if !flag.name.ends_with("-file") {
                continue;
            }
            let given = say![flag.spelled, "=", flag.value];
            if strings::contains(&given, &below) {
                let text = say![
                    "nothing was found in ",
                    path,
                    ", but ",
                    component.name(),
                    " has ",
                    given
                ];
                return located.nothing(Verdict::Error, &text);
            }
            named.push(given);
        }
    }
    // Where the API server sees the node's own path, files there that none of
    // its flags names are somebody else's, as the kubelet's on Talos.
    let mut found = "nothing was found in ";
    if path == KUBEADM_PKI && !named.is_empty() && !located.files.is_empty() {
        located.files.clear();
        found = "no flag names anything in ";
    }
    let text = say![
        found,
        path,
        ": look at what ",
        component.name(),
        " uses instead: ",
        strings::join(&named, " ")
    ];
    located.nothing(Verdict::Manual, &text);
}

fn manifests(cx: &Cx<'_>, component: Component, located: &mut Located) {
    let name = component.name();
    let pods = static_pod::read(cx.facts, name);
    located.observations.extend(&pods.observations);
    for problem in &pods.problems {
        // What cannot be read may declare the component too.
        let key = strings::find(problem, ": ").and_then(|at| problem.get(..at));
        let key = key.unwrap_or(problem);
        located.problem(key, problem, &pods.observations);
    }
    let kubelets = watchers(cx, located);
    let mut files: Vec<&str> = Vec::new();
    for container in &pods.containers {
        if !strings::among(&container.file, &files) {
            files.push(&container.file);
            let opened = reopen(cx, &kubelets, &container.file);
            located.add(&container.file, opened);
        }
    }
    if !files.is_empty() || !located.problems.is_empty() {
        return;
    }
    let found = instances(cx, component, located);
    if found.is_empty() {
        return;
    }
    let mut is_pod = kubelets.is_empty();
    for instance in &found {
        let process = instance.process.as_ref();
        is_pod |= process.is_some_and(|p| p.info().place == Place::StaticPod);
    }
    let (verdict, text) = match (is_pod, pods.has_url) {
        (true, true) => (
            Verdict::NotApplicable,
            " comes from a URL that the kubelet fetches",
        ),
        (true, false) => (
            Verdict::Error,
            " runs, but the manifest that declares it was not found",
        ),
        (false, _) => (
            Verdict::NotApplicable,
            " runs, but no static pod manifest declares it",
        ),
    };
    located.nothing(verdict, &say![name, text]);
}

/// The kubelets, which say where manifests are. Without them only the usual
/// place is known, and that is enough only where no kubelet can be hidden.
fn watchers(cx: &Cx<'_>, located: &mut Located) -> Vec<Rc<dyn Process>> {
    let found = match component::own_processes(cx.facts, "kubelet") {
        Ok(found) => found,
        Err(error) => {
            located.lack("kubelet", &error);
            return Vec::new();
        }
    };
    if found.own.is_empty() && !found.complete && cx.facts.node().origin != Origin::Tree {
        let text = say!["which manifests are live is not known: ", found.hint];
        located.problem("kubelet", &text, &[found.observation]);
    }
    if found.own.iter().any(|k| k.info().args.is_empty()) {
        let text = "its arguments are not known, and so not where its manifests are";
        located.problem("kubelet", text, &[found.observation]);
    }
    found.own
}

/// Opens a manifest the way it was found: below the directory that a kubelet
/// names, or at the usual place.
fn reopen(cx: &Cx<'_>, kubelets: &[Rc<dyn Process>], file: &str) -> Result<Rc<dyn Entry>, Error> {
    for process in kubelets {
        let named = kubelet::load(process)
            .ok()
            .and_then(|k| k.static_pod_path());
        let Some((path, Ok(opened))) = named else {
            continue;
        };
        let path = strings::trim_end(&path, b'/');
        if file == path {
            return Ok(opened);
        }
        if let Some(name) = file.strip_prefix(path).and_then(|n| n.strip_prefix("/"))
            && !strings::has(name, b'/')
        {
            return opened.open_child(name);
        }
    }
    cx.facts.open(file)
}

/// Adds the file that a setting names, if it names one.
fn setting(cx: &Cx<'_>, instance: &Instance, name: &str, located: &mut Located) {
    match config::read(cx.facts, instance, name) {
        Ok(reading) => add(cx, instance, &reading, located),
        Err(Stop::Problem(problem)) => wanting(instance, &say!["--", name], &problem, located),
        // Then nothing can name a file in it.
        Err(Stop::Removed(_)) => {}
    }
}

/// Adds the file that a flag names, if it names one.
fn flagged(cx: &Cx<'_>, instance: &Instance, name: &str, located: &mut Located) {
    match config::flag(instance, name) {
        Ok(None) => {}
        Ok(Some(reading)) => add(cx, instance, &reading, located),
        Err(problem) => wanting(instance, &say!["--", name], &problem, located),
    }
}

/// Adds the file that a value names, if it is set.
fn add(cx: &Cx<'_>, instance: &Instance, reading: &Reading, located: &mut Located) {
    located.observations.extend(&reading.observations);
    if reading.is_set() {
        match reading.open(cx.facts, instance) {
            Ok(entry) => located.files.push(entry),
            Err(problem) => wanting(instance, reading.origin.text(), &problem, located),
        }
    }
}

fn wanting(instance: &Instance, what: &str, problem: &Problem, located: &mut Located) {
    let what = what.strip_prefix("flag ").unwrap_or(what);
    let key = say![instance.label, " ", what];
    located.problem(&key, &problem.text, &problem.observations);
}

fn kubeconfigs(cx: &Cx<'_>, instance: &Instance, located: &mut Located) {
    let text = " is told no kubeconfig, so it keeps no credentials in one";
    located.nothing(Verdict::NotApplicable, &say![instance.label, text]);
    let (is_proxy, is_scheduler, is_manager) = match instance.component {
        Component::KubeProxy => (true, false, false),
        Component::KubeScheduler => (false, true, false),
        Component::KubeControllerManager => (false, false, true),
        _ => (false, false, false),
    };
    // kube-proxy and kube-scheduler ignore --kubeconfig once they have a
    // configuration file; the others have no such file.
    match config::flag(instance, "config") {
        Ok(Some(config)) if (is_proxy || is_scheduler) && config.is_set() => {
            client_connection(cx, instance, &config, located);
        }
        Err(problem) if is_proxy || is_scheduler => {
            wanting(instance, "--config", &problem, located);
        }
        _ => flagged(cx, instance, "kubeconfig", located),
    }
    if is_scheduler || is_manager {
        flagged(cx, instance, "authentication-kubeconfig", located);
        flagged(cx, instance, "authorization-kubeconfig", located);
    }
}

/// Adds the kubeconfig that a component's configuration file names.
fn client_connection(cx: &Cx<'_>, instance: &Instance, config: &Reading, located: &mut Located) {
    match config::named_document(cx.facts, instance, config, "", "") {
        Ok((entry, document)) => {
            located.observations.push(entry.observation());
            let pointer = "/clientConnection/kubeconfig";
            if let Some(reading) = config::field(&entry, document, pointer) {
                add(cx, instance, &reading, located);
            }
        }
        Err(problem) => wanting(instance, "--config", &problem, located),
    }
}

fn kubelet_config(cx: &Cx<'_>, instance: &Instance, located: &mut Located) {
    located.nothing(
        Verdict::NotApplicable,
        &say![instance.label, " is configured by flags alone"],
    );
    flagged(cx, instance, "config", located);
    flagged_directory(cx, instance, "config-dir", Some(".conf"), located);
}

/// Adds the files below the directory that a flag names.
fn flagged_directory(
    cx: &Cx<'_>,
    instance: &Instance,
    name: &str,
    suffix: Option<&str>,
    located: &mut Located,
) {
    let opened = match config::flag(instance, name) {
        Ok(Some(reading)) if reading.is_set() => reading.open(cx.facts, instance),
        Ok(_) => return,
        Err(problem) => Err(problem),
    };
    match opened {
        Ok(dir) => below(&dir, suffix, located),
        Err(problem) => wanting(instance, &say!["--", name], &problem, located),
    }
}

/// Adds every file below a directory, or those whose names end in `suffix`.
fn below(dir: &Rc<dyn Entry>, suffix: Option<&str>, located: &mut Located) {
    let path = dir.path();
    let children = match dir.children() {
        Ok(children) => children,
        Err(error) => return located.lack(&path, &error),
    };
    searched(&path, &children, located);
    for name in &children.paths {
        let key = say![strings::trim_end(&path, b'/'), "/", name];
        match dir.open_child(name) {
            Ok(child) => match child.stat() {
                Ok(stat) if stat.kind == FileKind::Directory => below(&child, suffix, located),
                _ if suffix.is_none_or(|s| name.ends_with(s)) => {
                    located.files.push(child);
                }
                _ => {}
            },
            Err(error) => located.lack(&key, &error),
        }
    }
}

fn unit(cx: &Cx<'_>, request: &str, name: &str, located: &mut Located) {
    let unit = match systemd::unit(cx.facts, request, name) {
        Ok(unit) => unit,
        Err(error) => return located.lack(name, &error),
    };
    located.observations.push(unit.observation);
    if !unit.complete {
        let text = "not all directories of units could be searched";
        located.problem(name, text, &[unit.observation]);
    }
    located.nothing(
        Verdict::NotApplicable,
        &say![
            "no directory of units has ",
            name,
            ": it is started in another way"
        ],
    );
    for (path, opened) in unit.files {
        located.add(&path, opened);
    }
}

fn cni(cx: &Cx<'_>, request: &str, located: &mut Located) {
    located.skip_directories = true;
    let kubelets = instances(cx, Component::Kubelet, located);
    if kubelets.is_empty() {
        return;
    }
    glob(cx, request, located);
    for instance in &kubelets {
        flagged_directory(cx, instance, "cni-conf-dir", None, located);
    }
    located.nothing(
        Verdict::Manual,
        "the usual directories of the container network are empty: look where this node's \
         container runtime and its plugins keep theirs",
    );
}

/// Adds the files that a field of documents names.
#[cfg(any(feature = "data", not(target_arch = "wasm32")))]
fn named_by_field(cx: &Cx<'_>, request: &str, pointer: &str, located: &mut Located) {
    use crate::json;
    use crate::rule::data::condition;

    located.nothing(
        Verdict::NotApplicable,
        "no document that names a file is there",
    );
    let mut documents = Located::default();
    glob(cx, request, &mut documents);
    located.observations.append(&mut documents.observations);
    located.problems.append(&mut documents.problems);
    for entry in &documents.files {
        let key = entry.path();
        located.observations.push(entry.observation());
        located.nothing(
            Verdict::NotApplicable,
            &say!["no field ", pointer, " of a document names a file"],
        );
        let texts = match entry.read_document() {
            Ok(texts) => texts,
            Err(error) => {
                located.lack(&key, &error);
                continue;
            }
        };
        for text in &texts {
            let read = json::parse(text);
            let read = match &read {
                Ok(document) => condition::values(document, pointer),
                Err(why) => Err(why.clone()),
            };
            let found = match read {
                Ok(found) => found,
                Err(why) => {
                    located.problem(&key, &why, &[entry.observation()]);
                    continue;
                }
            };
            for one in found {
                let Some(value) = one.value.filter(|v| !v.is_null()) else {
                    continue;
                };
                match value.as_str() {
                    Some("") => {}
                    Some(path) => located.add(path, entry.open_field(&one.at, path)),
                    None => {
                        let what = say![one.at, " is no path"];
                        located.problem(&key, &what, &[entry.observation()]);
                    }
                }
            }
        }
    }
}
