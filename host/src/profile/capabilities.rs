//! What a profile could ever be served, as a sorted list of single rights. Two
//! profiles with the same list can do the same; what one has and the other has
//! not is what an update widens.

use std::collections::BTreeSet;

use cisb_contract::Manifest;
use cisb_contract::manifest::Right;
use sha2::{Digest as _, Sha256};

use super::grants::{resource_name, right_word};
use crate::evidence::hex;

/// Levels of children that are listed one by one; more are one right more.
const MAX_DEPTH: u32 = 16;

/// Every right that a manifest asks for, one line each, and every interface
/// that the component imports.
///
/// Reasons, ids of file requests and their order do not matter, and neither do
/// limits that the host sets anyway.
pub fn list(manifest: &Manifest, imports: &[String]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let requests = &manifest.requests;
    for request in &requests.files {
        for path in &request.paths {
            add(&mut all, &request.rights, path, request.depth);
        }
    }
    let executables = |id: &str| {
        let named = requests.processes.iter().find(|p| p.id == id);
        named.map_or_else(|| id.to_owned(), |p| sorted(&p.executables))
    };
    for request in &requests.processes {
        for executable in &request.executables {
            all.insert(format!("processes: the arguments of {executable}"));
            for name in &request.environment {
                all.insert(format!(
                    "processes: the environment variable {name} of {executable}"
                ));
            }
        }
    }
    for request in &requests.named {
        let whose = executables(&request.process);
        let flags = request.flags.iter().map(|flag| format!("--{flag}"));
        for name in flags.chain(request.environment.iter().cloned()) {
            let what = format!("what {name} of {whose} names");
            add(&mut all, &request.rights, &what, request.depth);
        }
    }
    for request in &requests.fields {
        let whose = sorted(&request.documents);
        for pointer in &request.pointers {
            let what = format!("what {pointer} of {whose} names");
            add(&mut all, &request.rights, &what, request.depth);
        }
    }
    for request in &requests.kubernetes {
        let resource = resource_name(&request.api_version, &request.resource);
        for field in &request.fields {
            all.insert(format!("kubernetes: list {field} of {resource}"));
        }
        if request.fields.is_empty() {
            all.insert(format!("kubernetes: list {resource}"));
        }
    }
    all.extend(imports.iter().map(|import| format!("import: {import}")));
    all
}

/// The digest of such a list: `sha256:` and the digest of its lines.
pub fn digest(list: &BTreeSet<String>) -> String {
    let mut hash = Sha256::new();
    for line in list {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    format!("sha256:{}", hex(&hash.finalize()))
}

fn add(all: &mut BTreeSet<String>, rights: &[Right], what: &str, depth: u32) {
    let rights: BTreeSet<Right> = rights.iter().copied().chain([Right::Stat]).collect();
    for right in rights {
        let word = right_word(right);
        all.insert(format!("files: {word} {what}"));
        for level in 1..=depth.min(MAX_DEPTH) {
            all.insert(format!("files: {word} {what}, children of level {level}"));
        }
        if depth > MAX_DEPTH {
            all.insert(format!("files: {word} {what}, children of any level"));
        }
    }
}

fn sorted(names: &[String]) -> String {
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(requests: serde_json::Value) -> Manifest {
        serde_json::from_value(serde_json::json!({
            "schema": cisb_contract::MANIFEST_SCHEMA, "id": "p", "version": "1.0.0", "epoch": 1,
            "title": "t", "benchmark": {"name": "b", "version": "1", "kubernetes": ">=1.28"},
            "world": cisb_contract::WORLD, "min-host": "0.1.0", "sections": [], "checks": [],
            "requests": requests,
        }))
        .unwrap()
    }

    fn files(paths: &[&str], rights: &[&str], depth: u32, why: &str) -> Manifest {
        manifest(serde_json::json!({
            "files": [{"id": "f", "paths": paths, "rights": rights, "depth": depth, "why": why}]
        }))
    }

    #[test]
    fn words_and_order_are_no_capability() {
        let one = list(&files(&["/a", "/b"], &["read"], 0, "one"), &[]);
        let two = list(&files(&["/b", "/a"], &["stat", "read"], 0, "two"), &[]);
        assert_eq!(digest(&one), digest(&two));
    }

    #[test]
    fn less_is_no_more() {
        let much = list(&files(&["/a"], &["read", "digest"], 3, "w"), &[]);
        let less = list(&files(&["/a"], &["stat"], 1, "w"), &[]);
        assert!(less.is_subset(&much));
        assert!(!much.is_subset(&less));
        assert_ne!(digest(&less), digest(&much));
    }

    #[test]
    fn every_kind_of_request_is_a_capability() {
        let all = serde_json::json!({
            "files": [{"id": "f", "paths": ["/a"], "rights": ["digest"], "why": "w"}],
            "processes": [{"id": "etcd", "executables": ["etcd"], "environment": ["X"], "why": "w"}],
            "named": [{"id": "n", "process": "etcd", "flags": ["config-file"], "rights": ["read"], "why": "w"}],
            "fields": [{"id": "x", "documents": ["n"], "pointers": ["/a"], "rights": ["stat"], "why": "w"}],
            "kubernetes": [{"id": "k", "api-version": "v1", "resource": "pods", "verbs": ["list"], "fields": ["/spec"], "why": "w"}],
        });
        let lines = list(&manifest(all), &["cisb:host/files@0.1.0".to_owned()]);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(
            lines,
            [
                "files: digest /a",
                "files: read what --config-file of etcd names",
                "files: stat /a",
                "files: stat what --config-file of etcd names",
                "files: stat what /a of n names",
                "import: cisb:host/files@0.1.0",
                "kubernetes: list /spec of pods",
                "processes: the arguments of etcd",
                "processes: the environment variable X of etcd",
            ]
        );
    }
}
