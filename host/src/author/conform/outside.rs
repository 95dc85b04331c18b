//! Rules about what a component shows before it runs: what is beside its
//! manifest, and what of the machine that built it is left in it.

use std::collections::BTreeMap;

use cisb_contract::manifest::ParameterType;
use wasmparser::{Parser, Payload};

use super::{Book, Rule};
use crate::profile::Verified;

/// Where people keep their work. In parts, as this file is no such place.
const HOMES: [&str; 5] = [
    concat!("/ho", "me/"),
    concat!("/Use", "rs/"),
    "/root/",
    "\\Users\\",
    "/.cargo/",
];

/// What the files of a source end in. A path of a node is no such file.
const SOURCES: [&str; 10] = [
    ".rs", ".c", ".cc", ".cpp", ".h", ".go", ".js", ".ts", ".py", ".zig",
];

/// The standard sections and what they hold, in words.
const SECTIONS: [(&str, &str); 4] = [
    ("component-name", "name"),
    ("version", "version"),
    ("licenses", "licence"),
    ("description", "description"),
];

pub(super) fn hold(verified: &Verified, book: &mut Book) {
    let manifest = verified.manifest();
    let sections = sections(verified.bytes());
    for (section, what) in SECTIONS {
        if !sections.contains_key(section) {
            let words = format!("no section `{section}` says its {what}");
            book.add(Rule::Metadata, words, "", "");
        }
    }
    if let Some(version) = sections.get("version")
        && *version != manifest.version.as_bytes()
    {
        let words = format!(
            "the section says {}, the manifest {}",
            String::from_utf8_lossy(version),
            manifest.version
        );
        book.add(Rule::Version, words, "", "");
    }
    if let Some(path) = machine_path(verified.bytes()) {
        book.add(Rule::MachinePath, format!("it holds `{path}`"), "", "");
    }
    let imports = |interface: &str| {
        let start = format!("cisb:host/{interface}@");
        verified.imports().iter().any(|i| i.starts_with(&start))
    };
    let requests = &manifest.requests;
    for (interface, ids) in [
        (
            "files",
            requests.files.iter().map(|r| &r.id).collect::<Vec<_>>(),
        ),
        ("files", requests.fields.iter().map(|r| &r.id).collect()),
        (
            "processes",
            requests.processes.iter().map(|r| &r.id).collect(),
        ),
        ("processes", requests.named.iter().map(|r| &r.id).collect()),
        (
            "kubernetes",
            requests.kubernetes.iter().map(|r| &r.id).collect(),
        ),
    ] {
        for id in ids.into_iter().filter(|_| !imports(interface)) {
            let words = format!("it does not import `cisb:host/{interface}`");
            book.add(Rule::RequestImport, words, id, "");
        }
    }
    for (id, _) in requests.ids() {
        let of_check = manifest
            .checks
            .iter()
            .any(|c| c.uses.iter().any(|u| u == id));
        if !of_check {
            book.add(Rule::RequestUse, "no check uses it", id, "");
        }
    }
    for parameter in &manifest.parameters {
        let default = &parameter.default;
        let (fits, what) = match parameter.kind {
            ParameterType::String => (default.is_string(), "a text"),
            ParameterType::Boolean => (default.is_boolean(), "true or false"),
            ParameterType::Integer => (default.is_i64() || default.is_u64(), "a whole number"),
            ParameterType::List => {
                let texts = default
                    .as_array()
                    .map(|all| all.iter().all(|v| v.is_string()));
                (texts.unwrap_or(false), "a list of texts")
            }
        };
        if !fits {
            let words = format!("its default {default} is not {what}");
            book.add(Rule::Parameter, words, &parameter.name, "");
        }
    }
}

/// The custom sections of the outermost component.
fn sections(bytes: &[u8]) -> BTreeMap<String, &[u8]> {
    let mut found = BTreeMap::new();
    let mut depth = 0_usize;
    // What does not parse was refused before.
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 => {
                found.insert(section.name().to_owned(), section.data());
            }
            _ => {}
        }
    }
    found
}

/// The first path of a source file in somebody's folder.
fn machine_path(bytes: &[u8]) -> Option<String> {
    let is_path = |b: &u8| b.is_ascii_alphanumeric() || b"/\\.-_+@:".contains(b);
    bytes.split(|b| !is_path(b)).find_map(|run| {
        let run = std::str::from_utf8(run).ok()?;
        let start = HOMES.iter().filter_map(|home| run.find(home)).min()?;
        let rest = run.get(start..)?;
        // Texts lie in a component without anything between them.
        let ends = SOURCES.iter().filter_map(|end| {
            let at = rest.find(end)? + end.len();
            let next = rest.as_bytes().get(at);
            (!next.is_some_and(u8::is_ascii_alphanumeric)).then_some(at)
        });
        let end = ends.min()?;
        rest.get(..end).map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_source_is_found_and_one_of_a_node_is_not() {
        let found = |text: &str| machine_path(format!("\0\u{1}{text}\0").as_bytes());
        for path in [
            concat!("/ho", "me/me/p/src/lib.rs"),
            concat!("/Use", "rs/me/p/main.go"),
            "/root/.cargo/registry/src/x-1.0/src/a.rs",
            "C:\\Users\\me\\main.c",
        ] {
            assert!(found(path).is_some(), "{path}");
        }
        for path in [
            "/home/kubernetes/kubelet-config.yaml",
            "/root/.kube/config",
            "/etc/x.rs",
            "src/lib.rs",
        ] {
            assert_eq!(found(path), None);
        }
        let wordy = found(concat!("at /ho", "me/me/a.rs:3:5")).unwrap();
        assert!(wordy.ends_with("/a.rs"), "{wordy}");
    }
}
