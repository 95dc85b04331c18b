//! What the predicates ask of a node. Each answer says what was seen, or why it
//! could not be.

use std::cell::OnceCell;

use cisb_contract::manifest::VersionAt;
use semver::Version;
use serde_json::Value;

use crate::document;
use crate::node::{Miss, Node, Origin, Place, Resource};

/// The largest document that is read for a version.
const DOCUMENT_LIMIT: u64 = 1 << 20;

/// An answer, as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Yes(String),
    No(String),
}

/// A node as detection sees it.
pub struct Facts<'a> {
    node: &'a Node,
    /// What the operator says the version is.
    told: Option<String>,
    /// Where a version may be read.
    places: Vec<VersionAt>,
    version: OnceCell<Option<(Version, String)>>,
    object: OnceCell<Result<Value, String>>,
}

impl<'a> Facts<'a> {
    /// Of a node; `told` is a version that the operator states, `places` are
    /// those that the candidates' manifests name.
    pub fn new(node: &'a Node, told: Option<String>, places: Vec<VersionAt>) -> Self {
        Self {
            node,
            told,
            places,
            version: OnceCell::new(),
            object: OnceCell::new(),
        }
    }

    /// The node's Kubernetes version: as the operator says, as the record or
    /// the node's own object says, as documents of the node say, or as the API
    /// server says, in this order.
    pub fn version(&self) -> Option<&Version> {
        self.stated_version().map(|(version, _)| version)
    }

    /// The version and who states it, for a report; empty if nobody does.
    pub(super) fn stated(&self) -> String {
        self.stated_version()
            .map_or_else(String::new, |(version, source)| {
                format!(", Kubernetes {version} ({source})")
            })
    }

    /// Why there is no version.
    pub(super) fn no_version(&self) -> String {
        let api = match self.node.cluster.present() {
            true => "its API does not say",
            false => "no API server was asked for",
        };
        let places: Vec<&str> = self.places.iter().map(|at| at.path.as_str()).collect();
        match places.is_empty() {
            true => api.to_owned(),
            false => format!(
                "{api}, and no image with a version in {}",
                places.join(", ")
            ),
        }
    }

    fn stated_version(&self) -> Option<&(Version, String)> {
        self.version
            .get_or_init(|| {
                let of = |text: &str, source: &str| Some((bare(text)?, source.to_owned()));
                let told = || of(self.told.as_deref()?, "as stated");
                let record = || {
                    let version = self.node.identity.kubernetes_version.as_deref()?;
                    of(version, "record")
                };
                let object = || {
                    let object = self.object().as_ref().ok()?;
                    let version = object.pointer("/status/nodeInfo/kubeletVersion")?;
                    of(version.as_str()?, "Node object")
                };
                let server = || {
                    let version = self.node.cluster.version().ok()?;
                    of(&version, "API server")
                };
                told()
                    .or_else(record)
                    .or_else(object)
                    .or_else(|| self.documented())
                    .or_else(server)
            })
            .as_ref()
    }

    /// The version that the node's documents state, if they agree on its minor.
    fn documented(&self) -> Option<(Version, String)> {
        let mut found: Vec<(Version, String)> = self
            .places
            .iter()
            .filter_map(|at| {
                let version = read(self.node, at)?;
                Some((version, format!("image in {}", at.path)))
            })
            .collect();
        let agree = found
            .windows(2)
            .all(|pair| (pair[0].0.major, pair[0].0.minor) == (pair[1].0.major, pair[1].0.minor));
        (agree && !found.is_empty()).then(|| found.remove(0))
    }

    /// Whether one of these executables runs here, outside other people's pods.
    pub(super) fn runs(&self, names: &[String]) -> Said {
        let table = match self.node.processes.table() {
            Ok(table) => table,
            Err(miss) => return Said::No(format!("processes cannot be seen: {miss}")),
        };
        let mut running: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| {
                table
                    .processes
                    .iter()
                    .filter(|process| process.place != Place::Foreign)
                    .any(|process| match &process.exe {
                        Some(exe) => exe.rsplit('/').next() == Some(*name),
                        // The kernel keeps fifteen bytes of a name.
                        None => process.comm == name.get(..15).unwrap_or(name),
                    })
            })
            .collect();
        running.dedup();
        match (running.as_slice(), table.complete) {
            ([], true) => Said::No(match names {
                [one] => format!("{one} does not run"),
                many => format!("none of {} runs", many.join(", ")),
            }),
            ([], false) => Said::No(format!("{} is not seen: {}", names.join(", "), table.hint)),
            (some, _) if self.node.identity.origin == Origin::Tree => {
                Said::Yes(format!("a unit starts {}", some.join(" and ")))
            }
            ([one], _) => Said::Yes(format!("{one} runs")),
            (many, _) => Said::Yes(format!("{} run", many.join(" and "))),
        }
    }

    /// Whether one of these paths is there.
    pub(super) fn exists(&self, paths: &[String]) -> Said {
        let mut reasons = Vec::new();
        for path in paths {
            match self.node.files.find(path) {
                Ok(_) => return Said::Yes(format!("{path} is there")),
                Err(Miss::NotFound) => reasons.push(format!("{path} is not there")),
                Err(miss) => reasons.push(format!("{path}: {miss}")),
            }
        }
        Said::No(reasons.join(", "))
    }

    /// Whether none of these paths is there.
    pub(super) fn absent(&self, paths: &[String]) -> Said {
        for path in paths {
            match self.node.files.find(path) {
                Ok(_) => return Said::No(format!("{path} is there")),
                Err(Miss::NotFound) => {}
                Err(miss) => return Said::No(format!("{path}: {miss}")),
            }
        }
        Said::Yes(format!("no {}", paths.join(", ")))
    }

    /// Whether the node's provider id starts so.
    pub(super) fn provider(&self, prefix: &str) -> Said {
        match self.object() {
            Err(why) => Said::No(format!("its provider is not known: {why}")),
            Ok(object) => match object.pointer("/spec/providerID").and_then(Value::as_str) {
                Some(id) if id.starts_with(prefix) => Said::Yes(format!("its provider id is {id}")),
                Some(id) => Said::No(format!("its provider id is {id}")),
                None => Said::No("it has no provider id".to_owned()),
            },
        }
    }

    /// Whether the node carries a label.
    pub(super) fn label(&self, label: &str) -> Said {
        match self.object() {
            Err(why) => Said::No(format!("its labels are not known: {why}")),
            Ok(object) => {
                let labels = object.pointer("/metadata/labels");
                match labels.and_then(|labels| labels.get(label)).is_some() {
                    true => Said::Yes(format!("it has the label {label}")),
                    false => Said::No(format!("it has no label {label}")),
                }
            }
        }
    }

    /// Whether the server's version contains a text, or else the node's own.
    pub(super) fn version_contains(&self, text: &str) -> Said {
        let stated = self
            .node
            .cluster
            .version()
            .ok()
            .or_else(|| self.node.identity.kubernetes_version.clone());
        match stated {
            Some(version) if version.contains(text) => {
                Said::Yes(format!("its version is {version}"))
            }
            Some(version) => Said::No(format!("its version is {version}")),
            None => Said::No("its version is not known".to_owned()),
        }
    }

    /// The node's own API object: the one of its name, or the only one.
    fn object(&self) -> &Result<Value, String> {
        self.object.get_or_init(|| {
            if !self.node.cluster.present() {
                return Err("no API server was asked for".to_owned());
            }
            let nodes = Resource {
                group: String::new(),
                version: "v1".to_owned(),
                plural: "nodes".to_owned(),
            };
            let list = self.node.cluster.list(&nodes).map_err(|e| e.to_string())?;
            let name = &self.node.identity.name;
            let named = |object: &&Value| {
                object.pointer("/metadata/name").and_then(Value::as_str) == Some(name)
            };
            match (list.items.iter().find(named), list.items.as_slice()) {
                (Some(object), _) => Ok(object.clone()),
                (None, [only]) if name.is_empty() => Ok(only.clone()),
                _ => Err(format!(
                    "the API has no Node `{name}`: --node-name says what this one is called there"
                )),
            }
        })
    }
}

/// The version in a field of a document of the node: what follows the last
/// colon of an image's name.
fn read(node: &Node, at: &VersionAt) -> Option<Version> {
    let contents = node.files.find(&at.path).ok()?.read(DOCUMENT_LIMIT).ok()?;
    let documents = document::parse_file(&at.path, &contents.bytes).ok()?;
    let mut found = documents
        .iter()
        .flat_map(|document| document::at(document, &at.field))
        .filter_map(Value::as_str)
        .filter_map(|text| {
            let tag = text.split('@').next().unwrap_or(text);
            bare(tag.rsplit_once(':')?.1)
        });
    found.next()
}

/// The version in `v1.31.4-eks-1+x`, without what follows the patch.
pub(super) fn bare(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches('v');
    let mut parts = text
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .next()?
        .split('.');
    let mut number = || parts.next()?.parse::<u64>().ok();
    let (major, minor) = (number()?, number()?);
    Some(Version::new(major, minor, number().unwrap_or(0)))
}
