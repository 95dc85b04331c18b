//! Finds the files of a set where the running components themselves look for
//! them, and says what it means when there are none.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::Located;
use crate::args::Flag;
use crate::component::{self, Component, Instance, Presence};
use crate::config::{self, kubelet};
use crate::facts::{Entry, Error, FileKind, Origin, Place, Process};
use crate::rule::Cx;
use crate::static_pod;
use crate::systemd;
use crate::verdict::Verdict;

/// A set of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
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
}

pub(super) fn locate(set: &Set, cx: &Cx<'_>) -> Located {
    let mut located = Located::default();
    match set {
        Set::Glob { request, absent } => {
            located.nothing(Verdict::NotApplicable, absent.clone());
            glob(cx, request, &mut located);
        }
        Set::Directory {
            request,
            path,
            component,
        } => directory(cx, request, path, *component, &mut located),
        Set::Manifest(component) => manifests(cx, *component, &mut located),
        Set::Kubeconfig(component) => {
            for instance in &instances(cx, *component, &mut located) {
                kubeconfigs(cx, instance, &mut located);
            }
        }
        Set::EtcdDataDir => {
            for instance in &instances(cx, Component::Etcd, &mut located) {
                if let Err((text, error)) = etcd_data_dir(cx, instance, &mut located) {
                    let key = format!("{} --data-dir", instance.label);
                    match error {
                        Some(error) => located.lack(&key, format!("{text}{error}"), &error),
                        None => located.problem(&key, text, instance.observations.clone()),
                    }
                }
            }
        }
        Set::KubeletConfig => {
            for instance in &instances(cx, Component::Kubelet, &mut located) {
                kubelet_config(cx, instance, &mut located);
            }
        }
        Set::KubeletClientCa => {
            for instance in &instances(cx, Component::Kubelet, &mut located) {
                kubelet_client_ca(cx, instance, &mut located);
            }
        }
        Set::Unit { request, name } => unit(cx, request, name, &mut located),
        Set::Cni { request } => cni(cx, request, &mut located),
    }
    located
}

/// A component's instances; says why if there are none.
fn instances(cx: &Cx<'_>, component: Component, located: &mut Located) -> Vec<Instance> {
    match component::find(cx, component) {
        Presence::Here(instances) => {
            for instance in &instances {
                located.observations.extend(&instance.observations);
            }
            instances
        }
        Presence::NotHere(words) => {
            located.observations.extend(words.observations);
            located.nothing(Verdict::NotApplicable, words.text);
            Vec::new()
        }
        Presence::Unknown(words) => {
            located.problem(component.name(), words.text, words.observations);
            Vec::new()
        }
    }
}

fn glob(cx: &Cx<'_>, request: &str, located: &mut Located) {
    let matches = match cx.facts.glob(request) {
        Ok(matches) => matches,
        Err(error) => return located.lack(request, error.to_string(), &error),
    };
    located.observations.push(matches.observation);
    if !matches.complete {
        let text = "not all of it could be searched".to_owned();
        located.problem(request, text, vec![matches.observation]);
    }
    for path in matches.paths {
        located.add(&path, "", cx.facts.open(&path));
    }
}

fn directory(cx: &Cx<'_>, request: &str, path: &str, component: Component, located: &mut Located) {
    let users = instances(cx, component, located);
    if users.is_empty() {
        return;
    }
    glob(cx, request, located);
    // It is not there. Then the component must keep its files elsewhere.
    let named: Vec<String> = users
        .iter()
        .flat_map(|i| &i.args.flags)
        .filter(|f| f.name.ends_with("-file"))
        .map(|f| format!("{}={}", f.spelled, f.value))
        .collect();
    let inside = named.iter().find(|n| n.contains(&format!("={path}/")));
    if let Some(flag) = inside {
        located.nothing(
            Verdict::Error,
            format!(
                "nothing was found in {path}, but {} has {flag}",
                component.name()
            ),
        );
    } else {
        located.nothing(
            Verdict::Manual,
            format!(
                "nothing was found in {path}: look at what {} uses instead: {}",
                component.name(),
                named.join(" ")
            ),
        );
    }
}

fn manifests(cx: &Cx<'_>, component: Component, located: &mut Located) {
    let name = component.name();
    let pods = static_pod::read(cx.facts);
    located.observations.extend(&pods.observations);
    for problem in &pods.problems {
        // What cannot be read may declare the component too.
        let key = problem.split(": ").next().unwrap_or_default();
        located.problem(key, problem.clone(), pods.observations.clone());
    }
    let kubelets = watchers(cx, located);
    let mut files: Vec<&str> = Vec::new();
    for container in pods.containers.iter().filter(|c| c.executable == name) {
        if !files.contains(&container.file.as_str()) {
            files.push(&container.file);
            let opened = reopen(cx, &kubelets, &container.file);
            located.add(&container.file, "", opened);
        }
    }
    if files.is_empty() && located.problems.is_empty() {
        let found = instances(cx, component, located);
        let is_pod = |i: &Instance| {
            let process = i.process.as_ref();
            process.is_some_and(|p| p.info().place == Place::StaticPod)
        };
        if !found.is_empty() && (kubelets.is_empty() || found.iter().any(is_pod)) {
            located.nothing(
                Verdict::Error,
                format!("{name} runs, but the manifest that declares it was not found"),
            );
        } else if !found.is_empty() {
            located.nothing(
                Verdict::NotApplicable,
                format!("{name} runs, but no static pod manifest declares it"),
            );
        }
    }
}

/// The kubelets, which say where manifests are. Without them only the usual
/// place is known, and that is enough only where no kubelet can be hidden.
fn watchers(cx: &Cx<'_>, located: &mut Located) -> Vec<Rc<dyn Process>> {
    let found = match component::own_processes(cx.facts, "kubelet") {
        Ok(found) => found,
        Err(error) => {
            located.lack("kubelet", error.to_string(), &error);
            return Vec::new();
        }
    };
    if found.own.is_empty() && !found.complete && cx.facts.node().origin != Origin::Tree {
        let text = format!("which manifests are live is not known: {}", found.hint);
        located.problem("kubelet", text, vec![found.observation]);
    }
    if found.own.iter().any(|k| k.info().args.is_empty()) {
        let text = "its arguments are not known, and so not where its manifests are".to_owned();
        located.problem("kubelet", text, vec![found.observation]);
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
        let path = path.trim_end_matches('/');
        if file == path {
            return Ok(opened);
        }
        if let Some(name) = file.strip_prefix(path).and_then(|n| n.strip_prefix('/'))
            && !name.contains('/')
        {
            return opened.open_child(name);
        }
    }
    cx.facts.open(file)
}

/// Adds the file that a flag names, if it names one. True if it does.
fn flagged(cx: &Cx<'_>, instance: &Instance, name: &str, located: &mut Located) -> bool {
    match flag(instance, name) {
        Ok(Some(flag)) => {
            let opened = instance.open_named(cx.facts, &flag.spelled, &flag.value);
            let note = format!("{} {}: ", instance.label, flag.spelled);
            match opened {
                Ok(entry) => located.add(&flag.value, "", Ok(entry)),
                Err(error) => located.lack(&flag.value, format!("{note}{error}"), &error),
            }
            true
        }
        Ok(None) => false,
        Err(text) => {
            let key = format!("{} --{name}", instance.label);
            located.problem(&key, text, instance.observations.clone());
            true
        }
    }
}

/// A flag that is set and not empty; the reason if that is not certain.
fn flag<'a>(instance: &'a Instance, name: &'a str) -> Result<Option<&'a Flag>, String> {
    if let Some(by) = instance.args.swallowed_by(name) {
        return Err(format!(
            "--{name} may be the value of --{by}, whose type is not known"
        ));
    }
    if instance.argv.is_empty() {
        return Err(format!("the arguments of {} are not known", instance.label));
    }
    Ok(instance.args.last(name).filter(|f| !f.value.is_empty()))
}

fn kubeconfigs(cx: &Cx<'_>, instance: &Instance, located: &mut Located) {
    let component = instance.component;
    let from_file = match component {
        // These ignore --kubeconfig once they have a configuration file.
        Component::KubeProxy | Component::KubeScheduler => client_connection(cx, instance, located),
        _ => false,
    };
    let mut named = from_file;
    if !from_file {
        named = flagged(cx, instance, "kubeconfig", located);
    }
    if matches!(
        component,
        Component::KubeScheduler | Component::KubeControllerManager
    ) {
        named |= flagged(cx, instance, "authentication-kubeconfig", located);
        named |= flagged(cx, instance, "authorization-kubeconfig", located);
    }
    if !named {
        located.nothing(
            Verdict::NotApplicable,
            format!(
                "{} is told no kubeconfig, so it keeps no credentials in one",
                instance.label
            ),
        );
    }
}

/// Adds the kubeconfig that a component's configuration file names. True if
/// there is such a file, whatever it says.
fn client_connection(cx: &Cx<'_>, instance: &Instance, located: &mut Located) -> bool {
    const POINTER: &str = "/clientConnection/kubeconfig";
    let found = match flag(instance, "config") {
        Ok(Some(flag)) => flag,
        Ok(None) => return false,
        Err(text) => {
            located.problem(&instance.label, text, instance.observations.clone());
            return true;
        }
    };
    let key = format!("{} {}", instance.label, found.spelled);
    let entry = match instance.open_named(cx.facts, &found.spelled, &found.value) {
        Ok(entry) => entry,
        Err(error) => {
            located.lack(&key, error.to_string(), &error);
            return true;
        }
    };
    located.observations.push(entry.observation());
    match config::document(&*entry, "", "") {
        Ok(document) => match document.pointer(POINTER).and_then(|v| v.as_str()) {
            Some(path) if !path.is_empty() => {
                located.add(path, "", entry.open_field(POINTER, path));
            }
            _ => located.nothing(
                Verdict::NotApplicable,
                format!("{} names no kubeconfig in {POINTER}", entry.path()),
            ),
        },
        Err(problem) => located.problem(&key, problem.text, problem.observations),
    }
    true
}

/// etcd reads a configuration file and nothing else if it has one; else its
/// flags win over its environment.
fn etcd_data_dir(
    cx: &Cx<'_>,
    instance: &Instance,
    located: &mut Located,
) -> Result<(), (String, Option<Error>)> {
    const POINTER: &str = "/data-dir";
    const VARIABLE: &str = "ETCD_DATA_DIR";
    let known = |name| flag(instance, name).map_err(|text| (text, None));
    let because = |what: &str| {
        let what = format!("{what}: ");
        move |error| (what, Some(error))
    };
    if let Some(file) = known("config-file")? {
        let entry = instance
            .open_named(cx.facts, &file.spelled, &file.value)
            .map_err(because(&file.spelled))?;
        located.observations.push(entry.observation());
        let document = config::document(&*entry, "", "").map_err(|p| (p.text, None))?;
        if let Some(path) = document.pointer(POINTER).and_then(|v| v.as_str()) {
            let opened = entry.open_field(POINTER, path);
            located.add(path, "", opened);
            return Ok(());
        }
    } else if let Some(dir) = known("data-dir")? {
        let opened = instance.open_named(cx.facts, &dir.spelled, &dir.value);
        let opened = opened.map_err(because(&dir.spelled))?;
        located.add(&dir.value, "", Ok(opened));
        return Ok(());
    } else if let Some(process) = &instance.process {
        let value = process.environment(VARIABLE).map_err(because(VARIABLE))?;
        if let Some(path) = value.filter(|v| !v.is_empty()) {
            let opened = process.open_named(VARIABLE, &path);
            located.add(&path, "", Ok(opened.map_err(because(VARIABLE))?));
            return Ok(());
        }
    }
    let text = "nothing names the data directory, and etcd's default lies below its working \
                directory, which is not known";
    Err((text.to_owned(), None))
}

fn kubelet_config(cx: &Cx<'_>, instance: &Instance, located: &mut Located) {
    let mut named = flagged(cx, instance, "config", located);
    if let Ok(Some(flag)) = flag(instance, "config-dir") {
        named = true;
        match instance.open_named(cx.facts, &flag.spelled, &flag.value) {
            Ok(dir) => below(&dir, Some(".conf"), located),
            Err(error) => {
                let key = format!("{} {}", instance.label, flag.spelled);
                located.lack(&key, error.to_string(), &error);
            }
        }
    } else if let Err(text) = flag(instance, "config-dir") {
        named = true;
        located.problem(&instance.label, text, instance.observations.clone());
    }
    if !named {
        located.nothing(
            Verdict::NotApplicable,
            format!("{} is configured by flags alone", instance.label),
        );
    }
}

/// Adds every file below a directory, or those whose names end in `suffix`.
fn below(dir: &Rc<dyn Entry>, suffix: Option<&str>, located: &mut Located) {
    let path = dir.path();
    let children = match dir.children() {
        Ok(children) => children,
        Err(error) => return located.lack(&path, error.to_string(), &error),
    };
    located.observations.push(children.observation);
    if !children.complete {
        let text = "not all of it could be searched".to_owned();
        located.problem(&path, text, vec![children.observation]);
    }
    for name in &children.paths {
        let key = format!("{}/{name}", path.trim_end_matches('/'));
        match dir.open_child(name) {
            Ok(child) => match child.stat() {
                Ok(stat) if stat.kind == FileKind::Directory => below(&child, suffix, located),
                _ if suffix.is_none_or(|s| name.ends_with(s)) => {
                    located.add(&key, "", Ok(child));
                }
                _ => {}
            },
            Err(error) => located.lack(&key, error.to_string(), &error),
        }
    }
}

fn kubelet_client_ca(cx: &Cx<'_>, instance: &Instance, located: &mut Located) {
    const POINTER: &str = "/authentication/x509/clientCAFile";
    if flagged(cx, instance, "client-ca-file", located) {
        return;
    }
    let Some(process) = &instance.process else {
        let text = "without its process the kubelet's configuration is not known".to_owned();
        return located.problem(&instance.label, text, instance.observations.clone());
    };
    let kubelet = match kubelet::load(process) {
        Ok(kubelet) => kubelet,
        Err(problem) => {
            return located.problem(&instance.label, problem.text, problem.observations);
        }
    };
    located.observations.extend(kubelet.observations());
    match kubelet.field(POINTER) {
        Some((layer, value)) if value.as_str().is_some_and(|v| !v.is_empty()) => {
            let path = value.as_str().unwrap_or_default();
            located.add(path, "", layer.entry.open_field(POINTER, path));
        }
        _ => located.nothing(
            Verdict::NotApplicable,
            format!(
                "{} is told no client certificate authorities",
                instance.label
            ),
        ),
    }
}

fn unit(cx: &Cx<'_>, request: &str, name: &str, located: &mut Located) {
    let unit = match systemd::unit(cx.facts, request, name) {
        Ok(unit) => unit,
        Err(error) => return located.lack(name, error.to_string(), &error),
    };
    located.observations.push(unit.observation);
    if !unit.complete {
        let text = "not all directories of units could be searched".to_owned();
        located.problem(name, text, vec![unit.observation]);
    }
    located.nothing(
        Verdict::NotApplicable,
        format!("no directory of units has {name}: it is started in another way"),
    );
    for (path, opened) in unit.files {
        located.add(&path, "", opened);
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
        match flag(instance, "cni-conf-dir") {
            Ok(Some(flag)) => match instance.open_named(cx.facts, &flag.spelled, &flag.value) {
                Ok(dir) => below(&dir, None, located),
                Err(error) => located.lack(&flag.value, error.to_string(), &error),
            },
            Ok(None) => {}
            Err(text) => located.problem(&instance.label, text, instance.observations.clone()),
        }
    }
    located.nothing(
        Verdict::Manual,
        "the usual directories of the container network are empty: look where this node's \
         container runtime and its plugins keep theirs",
    );
}
