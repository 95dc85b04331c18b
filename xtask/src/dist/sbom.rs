//! What is in a release, as CycloneDX 1.6: a list for the program and one for
//! the profiles, of what is really linked, and nothing of the machine that
//! built it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::profiles::Built;
use crate::setup::TARGET;
use crate::sys::{self, Workspace};

/// The package whose code is in every component.
const CATALOGUE: &str = "cisb-catalogue";

/// A package by name and version, as the lock tells them apart.
type Id = (String, String);

/// What Cargo knows of the packages, read once.
#[derive(Debug)]
pub(super) struct Sources {
    facts: BTreeMap<Id, Facts>,
    host: Graph,
    profiles: Graph,
    rust: String,
}

/// What is said of one package.
#[derive(Debug, Clone, Default)]
struct Facts {
    license: String,
    description: String,
    repository: String,
    /// SHA-256 of the package as its registry has it; empty for ours.
    checksum: String,
    ours: bool,
}

/// Packages and what each is linked with.
#[derive(Debug, Default, PartialEq, Eq)]
struct Graph {
    root: Option<Id>,
    nodes: BTreeMap<Id, Node>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Node {
    features: String,
    on: BTreeSet<Id>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    description: Option<String>,
    repository: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

impl Sources {
    /// Asks Cargo.
    pub(super) fn read(workspace: &Workspace) -> Result<Self> {
        let metadata = sys::read(workspace.cargo().args([
            "metadata",
            "--locked",
            "--format-version",
            "1",
            "--quiet",
        ]))?;
        let lock = std::fs::read_to_string(workspace.path("Cargo.lock"))
            .context("Cargo.lock cannot be read")?;
        let version = sys::read_line(
            Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
                .arg("--version"),
        )?;
        let tree = |package: &str, target: &str, features: &[&str]| {
            let printed = sys::read(
                workspace
                    .cargo()
                    .args(["tree", "--locked", "--quiet", "--charset", "ascii"])
                    .args(["--package", package, "--target", target])
                    .args(["--edges", "normal,no-proc-macro", "--prefix", "depth"])
                    .args(["--format", "|{p}|{f}|"])
                    .args(features),
            )?;
            graph(&String::from_utf8(printed)?)
        };
        // Beside the program's path, so that the same build names the same target.
        let here = sys::read_line(
            Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
                .args(["--print", "host-tuple"]),
        )?;
        Ok(Self {
            facts: facts(&metadata, &lock)?,
            host: tree("cisb", &here, &[])?,
            profiles: tree(CATALOGUE, TARGET, &["--all-features"])?,
            rust: version
                .split(' ')
                .nth(1)
                .context("rustc does not say its version")?
                .to_owned(),
        })
    }

    /// What is in the program with this digest.
    pub(super) fn host(&self, digest: &str) -> Result<Vec<u8>> {
        let root = self
            .host
            .root
            .as_ref()
            .context("the program has no package")?;
        let purl = format!("pkg:generic/cisb@{}", encoded(&root.1));
        let mut subject = self.component(root, &self.host, "application")?;
        subject["bom-ref"] = json!(purl);
        subject["purl"] = json!(purl);
        subject["hashes"] = sha256(digest);
        let edges = self.edges(&self.host, Some((root, &purl)));
        self.document(subject, &self.host, Some(root), Vec::new(), edges)
    }

    /// What is in the profiles: each by its digest, and the code of all.
    pub(super) fn profiles(&self, built: &[Built]) -> Result<Vec<u8>> {
        let code = self
            .profiles
            .root
            .as_ref()
            .context("the profiles have no package")?;
        let purl = format!("pkg:generic/cisb-profiles@{}", encoded(&code.1));
        let subject = json!({
            "type": "application",
            "bom-ref": purl,
            "name": "cisb-profiles",
            "version": code.1,
            "licenses": [{"expression": self.fact(code)?.license}],
            "purl": purl,
        });
        let mut components = Vec::new();
        let mut edges = self.edges(&self.profiles, None);
        let mut refs = BTreeSet::new();
        for profile in built {
            let id = format!("profile:{}", profile.id);
            components.push(json!({
                "type": "application",
                "bom-ref": id,
                "name": profile.id,
                "version": profile.version,
                "licenses": [{"expression": self.fact(code)?.license}],
                "hashes": sha256(&sys::sha256(&profile.bytes)),
            }));
            edges.insert(id.clone(), BTreeSet::from([reference(code)]));
            refs.insert(id);
        }
        // The contract comes in as text that generates the code of the SDK.
        let contract = (String::from("cisb-contract"), code.1.clone());
        components.push(self.component(&contract, &Graph::default(), "library")?);
        edges.insert(reference(&contract), BTreeSet::new());
        for (id, on) in &mut edges {
            if id.starts_with("pkg:cargo/cisb-sdk@") {
                on.insert(reference(&contract));
            }
        }
        edges.insert(purl, refs);
        self.document(subject, &self.profiles, None, components, edges)
    }

    /// What depends on what, by reference. The root may have another.
    fn edges(
        &self,
        graph: &Graph,
        root: Option<(&Id, &str)>,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let named = |id: &Id| match root {
            Some((root, name)) if root == id => name.to_owned(),
            _ => reference(id),
        };
        let mut edges = BTreeMap::new();
        for (id, node) in &graph.nodes {
            let mut on: BTreeSet<String> = node.on.iter().map(named).collect();
            if Some(id) == graph.root.as_ref() {
                on.insert(self.standard());
            }
            edges.insert(named(id), on);
        }
        edges.insert(self.standard(), BTreeSet::new());
        edges
    }

    fn document(
        &self,
        subject: Value,
        graph: &Graph,
        without: Option<&Id>,
        more: Vec<Value>,
        edges: BTreeMap<String, BTreeSet<String>>,
    ) -> Result<Vec<u8>> {
        let mut components = more;
        for id in graph.nodes.keys().filter(|id| Some(*id) != without) {
            components.push(self.component(id, graph, "library")?);
        }
        components.push(json!({
            "type": "library",
            "bom-ref": self.standard(),
            "name": "rust-std",
            "version": self.rust,
            "description": "The standard library of Rust",
            "licenses": [{"expression": "MIT OR Apache-2.0"}],
            "purl": self.standard(),
        }));
        components.sort_by_key(|component| component["bom-ref"].to_string());
        let dependencies: Vec<Value> = edges
            .into_iter()
            .map(|(id, on)| json!({"ref": id, "dependsOn": on}))
            .collect();
        let mut document = json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {"component": subject},
            "components": components,
            "dependencies": dependencies,
        });
        // Another list has another number, and the same has the same.
        let digest = sys::sha256(document.to_string().as_bytes());
        document["serialNumber"] = json!(serial(&digest));
        let mut text = serde_json::to_vec_pretty(&document)?;
        text.push(b'\n');
        Ok(text)
    }

    fn component(&self, id: &Id, graph: &Graph, kind: &str) -> Result<Value> {
        let facts = self.fact(id)?;
        let mut component = json!({
            "type": kind,
            "bom-ref": reference(id),
            "name": id.0,
            "version": id.1,
            "purl": reference(id),
            "licenses": [{"expression": expression(&facts.license)}],
        });
        if !facts.description.is_empty() {
            let words: Vec<&str> = facts.description.split_whitespace().collect();
            component["description"] = json!(words.join(" "));
        }
        if !facts.checksum.is_empty() {
            component["hashes"] = sha256(&facts.checksum);
        }
        if !facts.ours && !facts.repository.is_empty() {
            component["externalReferences"] = json!([{"type": "vcs", "url": facts.repository}]);
        }
        if let Some(node) = graph.nodes.get(id)
            && !node.features.is_empty()
        {
            component["properties"] = json!([{"name": "cargo:features", "value": node.features}]);
        }
        Ok(component)
    }

    fn fact(&self, (name, version): &Id) -> Result<&Facts> {
        let id = (name.clone(), version.clone());
        let facts = self
            .facts
            .get(&id)
            .with_context(|| format!("nothing is known of {name} {version}"))?;
        ensure!(
            !facts.license.is_empty(),
            "{name} {version} names no licence"
        );
        ensure!(
            facts.ours || !facts.checksum.is_empty(),
            "Cargo.lock has no checksum of {name} {version}"
        );
        Ok(facts)
    }

    fn standard(&self) -> String {
        format!("pkg:generic/rust-std@{}", encoded(&self.rust))
    }
}

fn facts(metadata: &[u8], lock: &str) -> Result<BTreeMap<Id, Facts>> {
    let metadata: Metadata =
        serde_json::from_slice(metadata).context("cargo metadata does not parse")?;
    let lock: Lock = toml::from_str(lock).context("Cargo.lock does not parse")?;
    let mut checksums: BTreeMap<Id, String> = lock
        .package
        .into_iter()
        .map(|it| ((it.name, it.version), it.checksum.unwrap_or_default()))
        .collect();
    let each = metadata.packages.into_iter().map(|package| {
        let id = (package.name, package.version);
        let facts = Facts {
            license: package.license.unwrap_or_default(),
            description: package.description.unwrap_or_default(),
            repository: package.repository.unwrap_or_default(),
            checksum: checksums.remove(&id).unwrap_or_default(),
            ours: package.source.is_none(),
        };
        (id, facts)
    });
    Ok(each.collect())
}

/// Understands `cargo tree`: a depth, a package, its features. A package that
/// was shown before stands without what it depends on.
fn graph(printed: &str) -> Result<Graph> {
    let mut graph = Graph::default();
    let mut above: Vec<Id> = Vec::new();
    for line in printed.lines().filter(|line| !line.is_empty()) {
        let bad = || format!("cargo tree prints {line:?}");
        let mut parts = line.split('|');
        let depth: usize = parts
            .next()
            .and_then(|it| it.parse().ok())
            .with_context(bad)?;
        let mut words = parts.next().with_context(bad)?.split(' ');
        let name = words.next().with_context(bad)?.to_owned();
        let version = words
            .next()
            .and_then(|it| it.strip_prefix('v'))
            .with_context(bad)?;
        let id = (name, version.to_owned());
        let features = parts.next().with_context(bad)?;
        ensure!(depth <= above.len(), bad());
        above.truncate(depth);
        if let Some(parent) = above.last() {
            graph
                .nodes
                .entry(parent.clone())
                .or_default()
                .on
                .insert(id.clone());
        } else {
            ensure!(graph.root.is_none(), "cargo tree prints two packages");
            graph.root = Some(id.clone());
        }
        graph.nodes.entry(id.clone()).or_default().features = features.to_owned();
        above.push(id);
    }
    ensure!(graph.root.is_some(), "cargo tree prints nothing");
    Ok(graph)
}

/// A package's address, which is also how the document refers to it.
fn reference((name, version): &Id) -> String {
    format!("pkg:cargo/{}@{}", encoded(name), encoded(version))
}

/// Percent-encoded where an address would read something else.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

/// An SPDX expression: some packages still divide licences with a slash.
fn expression(license: &str) -> String {
    let parts: Vec<&str> = license.split('/').map(str::trim).collect();
    parts.join(" OR ")
}

fn sha256(digest: &str) -> Value {
    json!([{"alg": "SHA-256", "content": digest}])
}

/// A UUID of version 8, which is for numbers that are made of a digest.
fn serial(digest: &str) -> String {
    let variant = match digest.as_bytes()[16] {
        b'0'..=b'3' => '8',
        b'4'..=b'7' => '9',
        b'8' | b'9' | b'a' | b'b' => 'a',
        _ => 'b',
    };
    format!(
        "urn:uuid:{}-{}-8{}-{variant}{}-{}",
        &digest[..8],
        &digest[8..12],
        &digest[13..16],
        &digest[17..20],
        &digest[20..32]
    )
}

#[cfg(test)]
#[path = "sbom_tests.rs"]
mod tests;
