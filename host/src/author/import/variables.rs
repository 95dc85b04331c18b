//! What the variables of audits stand for: `$apiserverbin`, `$kubeletconf` and
//! their like, which `config.yaml` explains for each kind of section.

use std::collections::BTreeMap;

use super::reason::{Reason, Why};
use super::{Configuration, File, read};
use crate::author::language::{Files, OneOrMany, Place, SettingName, Target};
use crate::author::mistake::{Mistake, Mistakes};
use crate::author::tree::{self, Data, Node};

/// What the configuration files say of each component of each kind of section.
#[derive(Debug, Default)]
pub(super) struct Variables {
    all: BTreeMap<(String, String), Parts>,
    /// The platform that runs every component in one process, if that is meant:
    /// its files are those below a folder of this name.
    pub(super) platform: Option<&'static str>,
}

/// What is said of one component.
#[derive(Debug, Default)]
struct Parts {
    bins: Vec<String>,
    /// Files by the end of the variable's name, and whether the profile itself
    /// names them.
    files: BTreeMap<&'static str, (Vec<String>, bool)>,
}

/// Ends of variables, the members that name files, and the one for where none
/// of those is there. The longer ends come first.
const KINDS: [(&str, &str, &str); 5] = [
    ("kubeconfig", "kubeconfig", "defaultkubeconfig"),
    ("datadir", "datadirs", "defaultdatadir"),
    ("cafile", "cafile", "defaultcafile"),
    ("conf", "confs", "defaultconf"),
    ("svc", "svc", "defaultsvc"),
];

/// A variable, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) component: String,
    pub(super) kind: &'static str,
}

/// A word as a variable: `$xconf`, `${xconf}`, `${xbin:-y}`.
pub(super) fn variable(word: &str) -> Option<Variable> {
    let name = word.strip_prefix('$')?;
    let name = match name.strip_prefix('{') {
        Some(inner) => {
            let inner = inner.strip_suffix('}')?;
            inner.split_once(":-").map_or(inner, |(name, _)| name)
        }
        None => name,
    };
    if !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let kinds = KINDS.iter().map(|(end, ..)| *end).chain(["bin"]);
    for kind in kinds {
        if let Some(component) = name.strip_suffix(kind).filter(|c| !c.is_empty()) {
            return Some(Variable {
                component: component.to_owned(),
                kind,
            });
        }
    }
    None
}

/// The component of Kubernetes of a name in such files.
fn conventional(name: &str) -> Option<&'static str> {
    Some(match name {
        "apiserver" => "kube-apiserver",
        "controllermanager" => "kube-controller-manager",
        "scheduler" => "kube-scheduler",
        "etcd" => "etcd",
        "kubelet" => "kubelet",
        "proxy" => "kube-proxy",
        _ => return None,
    })
}

/// The component of Kubernetes that an executable is.
pub(super) fn known(executable: &str) -> Option<&'static str> {
    let file = executable.rsplit('/').next().unwrap_or(executable);
    const KNOWN: [&str; 6] = [
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "etcd",
        "kubelet",
        "kube-proxy",
    ];
    KNOWN.into_iter().find(|known| *known == file)
}

impl Variables {
    pub(super) fn read(configuration: &Configuration) -> Result<Self, Mistakes> {
        let mut variables = Self::default();
        let files = [(&configuration.common, false), (&configuration.own, true)];
        for (file, is_own) in files {
            if let Some(file) = file {
                variables.add(file, is_own)?;
            }
        }
        Ok(variables)
    }

    fn add(&mut self, file: &File, is_own: bool) -> Result<(), Mistakes> {
        if read::is_empty(&file.text) {
            return Ok(());
        }
        let wrong = |one: Mistake| Mistakes {
            file: file.name.clone(),
            all: vec![one],
        };
        let tree = tree::read(&file.text).map_err(wrong)?;
        let Data::Map(sections) = &tree.data else {
            let text = format!("a configuration is {}: write a mapping", tree.kind());
            return Err(wrong(Mistake::at(tree.spot, text)));
        };
        for section in sections {
            let Data::Map(components) = &section.node.data else {
                continue;
            };
            for component in components {
                let key = (section.name.clone(), component.name.clone());
                self.all
                    .entry(key)
                    .or_default()
                    .add(&component.node, is_own);
            }
        }
        Ok(())
    }

    fn parts(&self, target: Target, component: &str) -> Option<&Parts> {
        let of = |section: &str| self.all.get(&(section.to_owned(), component.to_owned()));
        // A section that says nothing of it means what another says.
        of(target.word()).or_else(|| ["master", "node", "etcd"].into_iter().find_map(of))
    }

    /// The component of Kubernetes behind a variable, or the executable.
    pub(super) fn component(&self, target: Target, variable: &Variable) -> Result<String, Why> {
        if let Some(known) = conventional(&variable.component) {
            return Ok(known.to_owned());
        }
        let parts = self.parts(target, &variable.component);
        let bins = parts.map(|p| p.bins.as_slice()).unwrap_or_default();
        let words = || bins.iter().flat_map(|b| b.split_whitespace());
        if let Some(known) = words().find_map(known) {
            return Ok(known.to_owned());
        }
        match words().next() {
            Some(first) => Ok(first.rsplit('/').next().unwrap_or(first).to_owned()),
            None => Err(unexplained(variable)),
        }
    }

    /// The files that a variable stands for.
    pub(super) fn files(&self, target: Target, variable: &Variable) -> Result<Files, Why> {
        let named = self.parts(target, &variable.component);
        let named = named.and_then(|parts| parts.files.get(variable.kind));
        if let Some((paths, true)) = named {
            return paths_of(paths).ok_or_else(|| unexplained(variable));
        }
        if let Some(files) =
            conventional(&variable.component).and_then(|component| typed(component, variable.kind))
        {
            return Ok(files);
        }
        let paths = named.map(|(paths, _)| paths.as_slice()).unwrap_or_default();
        paths_of(paths).ok_or_else(|| unexplained(variable))
    }
}

fn unexplained(variable: &Variable) -> Why {
    let detail = format!(
        "nothing explains ${}{}: import with the config.yaml of this configuration",
        variable.component, variable.kind
    );
    Why::because(Reason::Variable, detail)
}

/// A rule's files at these paths.
pub(super) fn paths_of(paths: &[String]) -> Option<Files> {
    let mut all: Vec<String> = Vec::new();
    for path in paths {
        let path = path.trim();
        if path.starts_with('/') && !path.contains('$') && !all.iter().any(|p| p == path) {
            all.push(path.to_owned());
        }
    }
    let paths = match all.len() {
        0 => return None,
        1 => OneOrMany::One(all.pop()?),
        _ => OneOrMany::Many(all),
    };
    Some(Files {
        paths: Some(paths),
        ..Files::default()
    })
}

/// The files of a component as cisb finds them: where it is told that they are.
fn typed(component: &'static str, kind: &str) -> Option<Files> {
    let mut files = Files::default();
    match (component, kind) {
        ("kubelet", "conf") => files.place = Some(Place::KubeletConfig),
        ("kube-proxy", "conf") => {
            files.setting = Some(SettingName {
                component: component.to_owned(),
                name: "config".to_owned(),
            });
        }
        (_, "conf") => files.manifest = Some(component.to_owned()),
        ("etcd" | "kube-apiserver", "kubeconfig") => return None,
        (_, "kubeconfig") => files.kubeconfig = Some(component.to_owned()),
        ("kubelet", "cafile") => files.place = Some(Place::KubeletClientCa),
        ("kubelet" | "kube-proxy" | "etcd", "svc") => {
            files.unit = Some(format!("{component}.service"));
        }
        ("etcd", "datadir") => files.place = Some(Place::EtcdDataDir),
        _ => return None,
    }
    Some(files)
}

impl Parts {
    fn add(&mut self, node: &Node, is_own: bool) {
        let bins = read::words(node, "bins");
        if !bins.is_empty() {
            self.bins = bins;
        }
        for (end, list, default) in KINDS {
            let mut paths = read::words(node, list);
            if paths.is_empty() {
                paths = read::words(node, default);
            }
            if !paths.is_empty() {
                self.files.insert(end, (paths, is_own));
            }
        }
    }
}
