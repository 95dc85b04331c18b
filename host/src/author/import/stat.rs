//! Audits that print mode or owner of files: which files those are.

use super::reason::{Reason, Why};
use super::shell::Command;
use super::variables::{Variables, paths_of, variable};
use crate::author::language::{Files, Place, Target};

/// The files that an audit prints mode or owner of.
pub(super) fn read(
    text: &str,
    commands: &[Command],
    target: Target,
    variables: &Variables,
) -> Result<Vec<Files>, Why> {
    if let Some(files) = told(text) {
        return Ok(vec![files]);
    }
    let pod = Pod::of(text);
    let mut all: Vec<Files> = Vec::new();
    let mut loops: Vec<(&str, &[String])> = Vec::new();
    let mut found: Vec<String> = Vec::new();
    for command in commands {
        let words = &command.words;
        match (words.as_slice(), command.head()) {
            ([_, name, within, values @ ..], "for") if within == "in" => {
                loops.push((name, values));
            }
            (_, "find") if !words.iter().any(|w| w == "stat") => {
                let folder = words.get(1).and_then(|word| variable(word));
                match folder {
                    // The file itself, where the name's pattern fits it.
                    Some(named) => {
                        all.push(variables.files(target, &named)?);
                        found = Vec::new();
                    }
                    None => found = globs(words)?,
                }
            }
            _ => {}
        }
        let Some(at) = words
            .iter()
            .position(|w| w == "stat" || w.ends_with("/stat"))
        else {
            continue;
        };
        let operands = operands(words.get(at + 1..).unwrap_or_default())?;
        let before = words.get(..at).unwrap_or_default();
        let inner = before.iter().position(|w| w == "find");
        let mut paths = Vec::new();
        match (operands.as_slice(), inner) {
            // `find ... -exec stat -c ... {} ;` and `find ... | xargs stat -c ...`.
            (_, Some(find)) => paths = globs(before.get(find..).unwrap_or_default())?,
            ([], None) if command.head() == "xargs" => paths.clone_from(&found),
            _ => {}
        }
        for operand in operands {
            let bare = operand.trim_start_matches('$').trim_matches(['{', '}']);
            if let Some((_, values)) = loops.iter().find(|(name, _)| *name == bare)
                && operand.starts_with('$')
            {
                paths.extend(values.iter().cloned());
            } else if let Some(named) = variable(operand) {
                all.push(variables.files(target, &named)?);
            } else if operand.starts_with('/') {
                paths.push(operand.to_owned());
            } else if operand != "{}" {
                return Err(unknown());
            }
        }
        let paths: Vec<String> = match &pod {
            None => paths,
            Some(pod) => paths.iter().flat_map(|path| pod.on_node(path)).collect(),
        };
        if !paths.is_empty() {
            if paths
                .iter()
                .any(|p| !p.starts_with('/') || p.contains(['$', '`']))
            {
                return Err(unknown());
            }
            all.extend(paths_of(&paths));
        }
    }
    let mut files: Vec<Files> = Vec::new();
    for one in all {
        if !files.contains(&one) {
            files.push(one);
        }
    }
    match files.is_empty() {
        true => Err(unknown()),
        false => Ok(files),
    }
}

fn unknown() -> Why {
    Why::because(Reason::Commands, "which files it looks at is not plain")
}

/// Files that an audit finds by a component's flag, as cisb finds them.
fn told(text: &str) -> Option<Files> {
    let place = if text.contains("cni-conf-dir") || text.contains("find /var/lib/cni/networks") {
        Place::Cni
    } else if text.contains("--client-ca-file") && text.contains("kubelet") {
        Place::KubeletClientCa
    } else if text.contains("data-dir")
        && (text.contains("$etcdbin") || text.contains("etcddatadir"))
    {
        Place::EtcdDataDir
    } else {
        return None;
    };
    Some(Files {
        place: Some(place),
        ..Files::default()
    })
}

/// What `stat` looks at; its format must print mode or owner.
fn operands(words: &[String]) -> Result<Vec<&str>, Why> {
    let mut formats = false;
    let mut operands = Vec::new();
    let mut rest = words.iter().map(String::as_str);
    while let Some(word) = rest.next() {
        let format = match word {
            "-c" | "--format" | "--printf" => rest.next(),
            "-L" | "--" | ";" | "+" => continue,
            word => match word
                .strip_prefix("--format=")
                .or_else(|| word.strip_prefix("-c").filter(|f| f.starts_with('%')))
            {
                Some(format) => Some(format),
                None => {
                    operands.push(word);
                    continue;
                }
            },
        };
        let format = format.unwrap_or_default();
        formats = format.contains("%a") || format.contains("%U:%G");
    }
    match formats {
        true => Ok(operands),
        false => Err(Why::because(
            Reason::Commands,
            "what it prints is neither mode nor owner",
        )),
    }
}

/// What `find` finds, as globs.
fn globs(words: &[String]) -> Result<Vec<String>, Why> {
    let mut folders: Vec<&str> = Vec::new();
    let mut name: Option<&str> = None;
    let mut path: Option<&str> = None;
    let mut only_files = false;
    let mut rest = words.iter().skip(1).map(String::as_str);
    while let Some(word) = rest.next() {
        match word {
            "-name" => name = rest.next(),
            "-wholename" | "-path" => path = rest.next(),
            "-type" => only_files = rest.next() == Some("f"),
            "-mindepth" | "-maxdepth" => {
                rest.next();
            }
            // A file that is left out only makes it stricter.
            "!" | "-not" => {
                rest.next();
                rest.next();
            }
            "-exec" | "-print0" | "-print" | "-L" | "-follow" | "xargs" => break,
            word if word.starts_with('-') => return Err(unknown()),
            word => folders.push(word),
        }
    }
    let mut globs = Vec::new();
    for folder in folders {
        let base = folder.trim_end_matches('/');
        match (name, path) {
            (Some(name), None) => globs.push(format!("{base}/**/{name}")),
            (None, Some(path)) => {
                let below = path.trim_start_matches('*').trim_start_matches('/');
                let below = below.replace('*', "**/*").replace("**/***/*", "**");
                let below = below.trim_start_matches("**/").to_owned();
                globs.push(format!("{base}/**/{}", glob_of(&below)));
            }
            // A single file is found by its own name.
            (None, None) if base.rsplit('/').next().is_some_and(|n| n.contains('.')) => {
                globs.push(base.to_owned());
            }
            (None, None) if only_files => {
                return Err(Why::because(
                    Reason::Commands,
                    "it looks at every file of a folder but at no folder in it, which no rule does",
                ));
            }
            (None, None) => {
                globs.push(base.to_owned());
                globs.push(format!("{base}/**"));
            }
            (Some(_), Some(_)) => return Err(unknown()),
        }
    }
    Ok(globs)
}

/// A pattern over a whole path, whose stars match slashes, as a glob.
fn glob_of(pattern: &str) -> String {
    match pattern.strip_suffix("**/*") {
        // `secrets*` is the folder's name and all below it.
        Some(start) if !start.is_empty() && !start.ends_with('/') => format!("{start}*/**"),
        _ => pattern.to_owned(),
    }
}

/// A pod of OpenShift whose files are looked at from inside: they are files of
/// its node.
struct Pod {
    component: Option<&'static str>,
}

impl Pod {
    fn of(text: &str) -> Option<Self> {
        if !text.contains("oc rsh") && !text.contains("oc exec") {
            return None;
        }
        const ALL: [(&str, &str); 4] = [
            ("-n openshift-kube-apiserver", "kube-apiserver"),
            (
                "-n openshift-kube-controller-manager",
                "kube-controller-manager",
            ),
            ("-n openshift-kube-scheduler", "openshift-kube-scheduler"),
            ("-n openshift-etcd", "etcd"),
        ];
        let found = ALL.iter().find(|(namespace, _)| text.contains(namespace));
        Some(Self {
            component: found.map(|(_, component)| *component),
        })
    }

    /// Where a file of the pod lies on the node: its revisions keep theirs each.
    fn on_node(&self, path: &str) -> Vec<String> {
        let Some(component) = self.component else {
            return vec![path.to_owned()];
        };
        let stem = component.trim_start_matches("openshift-");
        let resources = "/etc/kubernetes/static-pod-resources";
        if let Some(below) = path.strip_prefix("/etc/kubernetes/static-pod-certs") {
            return vec![format!("{resources}/{stem}-certs{below}")];
        }
        match path.strip_prefix(resources) {
            Some(below) => vec![format!("{resources}/{{{component},{stem}}}-pod-*{below}")],
            None => vec![path.to_owned()],
        }
    }
}
