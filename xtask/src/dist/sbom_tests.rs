//! The lists of this very source: whole, closed, and the same every time.

use super::*;
use crate::table::Row;

fn built(id: &str) -> Built {
    let manifest = include_str!("../../../fuzz/seeds/manifest/usual.json");
    Built {
        id: id.to_owned(),
        version: "1.0.0".to_owned(),
        path: "profiles".into(),
        bytes: id.as_bytes().to_vec(),
        manifest: 0,
        row: Row::of(&serde_json::from_str(manifest).unwrap()),
    }
}

fn lists() -> Vec<(&'static str, Value, String)> {
    let workspace = Workspace::find().unwrap();
    let sources = Sources::read(&workspace).unwrap();
    let host = sources.host(&"ab".repeat(32)).unwrap();
    let profiles = sources.profiles(&[built("a"), built("b")]).unwrap();
    assert_eq!(host, sources.host(&"ab".repeat(32)).unwrap());
    [("cisb", host), ("cisb-profiles", profiles)]
        .map(|(name, bytes)| {
            let value = serde_json::from_slice(&bytes).unwrap();
            (name, value, String::from_utf8(bytes).unwrap())
        })
        .to_vec()
}

fn strings<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    let each = list.as_array().unwrap().iter();
    each.map(|it| it[member].as_str().unwrap()).collect()
}

#[test]
fn a_list_has_what_cyclonedx_requires() {
    for (name, list, _) in lists() {
        assert_eq!(list["bomFormat"], "CycloneDX");
        assert_eq!(list["specVersion"], "1.6");
        assert_eq!(list["version"], 1);
        let serial = list["serialNumber"].as_str().unwrap();
        let groups: Vec<usize> = serial
            .strip_prefix("urn:uuid:")
            .unwrap()
            .split('-')
            .map(|group| {
                assert!(
                    group.bytes().all(|b| b"0123456789abcdef".contains(&b)),
                    "{serial}"
                );
                group.len()
            })
            .collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert_eq!(list["metadata"]["component"]["name"], name);
        assert!(list["metadata"].get("timestamp").is_none());
        for component in list["components"].as_array().unwrap() {
            assert!(["library", "application"].contains(&component["type"].as_str().unwrap()));
            for member in ["name", "version", "bom-ref"] {
                assert!(
                    !component[member].as_str().unwrap().is_empty(),
                    "{component}"
                );
            }
            let license = component["licenses"][0]["expression"].as_str().unwrap();
            assert!(!license.is_empty() && !license.contains('/'), "{component}");
            for hash in component["hashes"].as_array().into_iter().flatten() {
                assert_eq!(hash["alg"], "SHA-256");
                assert_eq!(hash["content"].as_str().unwrap().len(), 64);
            }
        }
    }
}

#[test]
fn every_edge_ends_at_a_component_and_every_component_has_an_edge() {
    for (name, list, _) in lists() {
        let root = list["metadata"]["component"]["bom-ref"].as_str().unwrap();
        let mut known: BTreeSet<&str> = strings(&list["components"], "bom-ref")
            .into_iter()
            .collect();
        assert_eq!(
            known.len(),
            list["components"].as_array().unwrap().len(),
            "{name}: twice"
        );
        assert!(known.insert(root), "{name}: it is in itself");
        let from: Vec<&str> = strings(&list["dependencies"], "ref");
        assert_eq!(
            from.iter().copied().collect::<BTreeSet<_>>(),
            known,
            "{name}"
        );
        let mut reached = BTreeSet::from([root]);
        let edges: Vec<(&str, &Value)> = list["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| (it["ref"].as_str().unwrap(), &it["dependsOn"]))
            .collect();
        for (_, on) in &edges {
            for it in on.as_array().unwrap() {
                assert!(
                    known.contains(it.as_str().unwrap()),
                    "{name}: nothing is {it}"
                );
            }
        }
        while let Some(next) = edges
            .iter()
            .filter(|(id, _)| reached.contains(id))
            .flat_map(|(_, on)| on.as_array().unwrap())
            .map(|it| it.as_str().unwrap())
            .find(|it| !reached.contains(it))
        {
            reached.insert(next);
        }
        assert_eq!(
            reached, known,
            "{name}: something is not reached from {root}"
        );
    }
}

#[test]
fn what_is_linked_is_listed_and_what_is_not_is_not() {
    let lists = lists();
    let names = |at: usize| strings(&lists[at].1["components"], "name");
    let host = names(0);
    for name in ["cisb-contract", "wasmtime", "kube", "zstd-sys", "rust-std"] {
        assert!(host.contains(&name), "the host lists no {name}");
    }
    // For tests, for the build, for profiles, for procedural macros.
    for name in [
        "tempfile",
        "cc",
        "cisb-sdk",
        "wit-bindgen",
        "serde_derive",
        "libfuzzer-sys",
    ] {
        assert!(!host.contains(&name), "the host lists {name}");
    }
    let profiles = names(1);
    for name in [
        "a",
        "b",
        "cisb-catalogue",
        "cisb-sdk",
        "cisb-contract",
        "wit-bindgen",
    ] {
        assert!(profiles.contains(&name), "the profiles list no {name}");
    }
    for name in ["wasmtime", "serde_json", "toml", "cisb"] {
        assert!(!profiles.contains(&name), "the profiles list {name}");
    }
    let graph = lists[1].1["dependencies"].as_array().unwrap();
    let sdk = graph
        .iter()
        .find(|it| it["ref"].as_str().unwrap().contains("cisb-sdk"));
    assert!(
        sdk.unwrap()["dependsOn"]
            .to_string()
            .contains("cisb-contract")
    );
}

#[test]
fn a_list_has_no_path_of_this_machine() {
    let workspace = Workspace::find().unwrap();
    let root = workspace.root.display().to_string();
    for (name, _, text) in lists() {
        assert!(!text.contains(&root), "{name} names {root}");
        for part in ["file://", "/.cargo/", "/registry/", "\"/"] {
            assert!(!text.contains(part), "{name} has {part}");
        }
    }
}

#[test]
fn a_tree_is_read_with_its_repetitions() {
    let printed = "0|a v1.0.0 (/somewhere)||\n1|b v2.0.0+x|f,g|\n2|c v3.0.0||\n1|c v3.0.0|| (*)\n";
    let graph = graph(printed).unwrap();
    let id = |name: &str, version: &str| (name.to_owned(), version.to_owned());
    assert_eq!(graph.root, Some(id("a", "1.0.0")));
    let on = &graph.nodes[&id("a", "1.0.0")].on;
    assert_eq!(on.len(), 2);
    assert_eq!(graph.nodes[&id("b", "2.0.0+x")].features, "f,g");
    assert_eq!(graph.nodes[&id("b", "2.0.0+x")].on.len(), 1);
    for bad in ["", "x", "0|a||\n", "1|a v1||\n", "0|a v1||\n0|b v1||\n"] {
        assert!(super::graph(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn what_is_not_known_is_an_error() {
    let metadata = br#"{"packages": [{"name": "a", "version": "1.0.0", "license": "MIT/Apache-2.0",
        "description": null, "repository": null, "source": "registry"}]}"#;
    let sources = |lock: &str| Sources {
        facts: facts(metadata, lock).unwrap(),
        host: Graph::default(),
        profiles: Graph::default(),
        rust: "1.0.0".to_owned(),
    };
    let id = (String::from("a"), String::from("1.0.0"));
    let without = sources("[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n");
    let said = without.fact(&id).unwrap_err().to_string();
    assert!(said.contains("no checksum"), "{said}");
    let said = without
        .fact(&(String::from("b"), String::from("1")))
        .unwrap_err();
    assert!(
        said.to_string().contains("nothing is known of b 1"),
        "{said}"
    );
    let with = sources("[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"00\"\n");
    let component = with.component(&id, &Graph::default(), "library").unwrap();
    assert_eq!(component["licenses"][0]["expression"], "MIT OR Apache-2.0");
}

#[test]
fn a_version_is_encoded_in_an_address() {
    let id = (String::from("zstd-sys"), String::from("2.0.1+zstd.1.5"));
    assert_eq!(reference(&id), "pkg:cargo/zstd-sys@2.0.1%2Bzstd.1.5");
}
