//! Small nodes, and which of a few profiles fits them.

use std::collections::BTreeMap;

use cisb_contract::manifest::VersionAt;
use serde_json::{Value, json};

use super::*;
use crate::node::{
    Cluster, Contents, File, Files, Identity, Kind, Listing, Miss, NoCluster, Node, Objects,
    Origin, Place, Process, Processes, Resource, Stat, Table,
};

struct Tree(BTreeMap<String, String>);

struct Text(Stat, String);

impl Files for Tree {
    fn find(&self, path: &str) -> Result<Box<dyn File>, Miss> {
        if path.starts_with("/closed") {
            return Err(Miss::NotPermitted("you may not".to_owned()));
        }
        let text = self.0.get(path).ok_or(Miss::NotFound)?;
        let stat = Stat {
            kind: Kind::Regular,
            mode: 0o600,
            uid: 0,
            gid: 0,
            owner: None,
            group: None,
            size: 0,
            resolved: path.to_owned(),
        };
        Ok(Box::new(Text(stat, text.clone())))
    }
}

impl File for Text {
    fn stat(&self) -> &Stat {
        &self.0
    }
    fn read(&self, _: u64) -> Result<Contents, Miss> {
        Ok(Contents {
            bytes: self.1.clone().into_bytes(),
            sha256: String::new(),
        })
    }
    fn digest(&self, _: u64) -> Result<String, Miss> {
        Err(Miss::WrongType("text"))
    }
    fn list(&self, _: usize) -> Result<Listing, Miss> {
        Err(Miss::WrongType("text"))
    }
}

struct Running(Table);

impl Processes for Running {
    fn table(&self) -> Result<&Table, Miss> {
        Ok(&self.0)
    }
    fn environment(&self, _: u32, _: &[String]) -> Result<BTreeMap<String, String>, Miss> {
        Err(Miss::NotFound)
    }
    fn translate(&self, _: u32, path: &str) -> Result<String, Miss> {
        Ok(path.to_owned())
    }
}

struct Api {
    nodes: Result<Vec<Value>, Miss>,
    version: &'static str,
}

impl Cluster for Api {
    fn present(&self) -> bool {
        true
    }
    fn list(&self, resource: &Resource) -> Result<Objects, Miss> {
        assert_eq!(resource.plural, "nodes");
        Ok(Objects {
            items: self.nodes.clone()?,
            resource_version: String::new(),
        })
    }
    fn version(&self) -> Result<String, Miss> {
        Ok(self.version.to_owned())
    }
}

fn process(name: &str, place: Place) -> Process {
    Process {
        pid: 1,
        ppid: None,
        uid: None,
        comm: name.chars().take(15).collect(),
        exe: Some(format!("/usr/bin/{name}")),
        argv: Vec::new(),
        start: None,
        cgroup: None,
        pidns: None,
        place,
        declared: None,
        error: None,
    }
}

/// A node named `one` on which these run.
fn node(running: &[&str]) -> Node {
    Node {
        identity: Identity {
            name: "one".to_owned(),
            origin: Origin::Live,
            source: String::new(),
            captured: None,
            kubernetes_version: None,
            platform: String::new(),
        },
        files: Box::new(Tree(BTreeMap::new())),
        processes: Box::new(Running(Table {
            processes: running.iter().map(|it| process(it, Place::Node)).collect(),
            complete: true,
            hint: String::new(),
        })),
        cluster: Box::new(NoCluster),
    }
}

fn version(mut node: Node, version: &str) -> Node {
    node.identity.kubernetes_version = Some(version.to_owned());
    node
}

fn api(mut node: Node, nodes: Result<Vec<Value>, Miss>, version: &'static str) -> Node {
    node.cluster = Box::new(Api { nodes, version });
    node
}

fn profile(id: &'static str, range: &str, applies: Value) -> Candidate<&'static str> {
    let manifest = json!({
        "schema": "", "id": id, "version": "1.0.0", "epoch": 1, "title": "",
        "benchmark": {"name": "", "version": "", "kubernetes": range},
        "world": "", "min-host": "", "requests": {}, "sections": [], "checks": [],
        "applies": applies,
    });
    Candidate {
        place: id,
        manifest: serde_json::from_value(manifest).unwrap(),
    }
}

/// Two of one benchmark, one of a platform, and one of a distribution.
fn installed() -> Vec<Candidate<&'static str>> {
    let plain = |id, range: &str| {
        let applies = json!([{"executables": ["kubelet", "kube-apiserver"], "kubernetes": range}]);
        profile(id, range, applies)
    };
    vec![
        plain("plain-2", ">=1.28, <1.32"),
        plain("plain-1", ">=1.26, <1.29"),
        profile(
            "cloud",
            ">=1.20, <1.40",
            json!([{"executables": ["kubelet"], "provider-id-prefix": "aws:///",
                    "node-label": "cloud/nodegroup"}]),
        ),
        profile(
            "small",
            ">=1.20, <1.40",
            json!([{"executables": ["small"], "version-contains": "+small"},
                   {"paths": ["/etc/small.yaml"], "absent-paths": ["/etc/big.yaml"]}]),
        ),
    ]
}

fn chosen(node: &Node) -> Result<Choice<&'static str>, String> {
    choose(&installed(), &Facts::new(node, None, Vec::new())).map_err(|e| e.to_string())
}

#[track_caller]
fn asserts(node: &Node, id: &str, why: &[&str]) {
    let choice = chosen(node).unwrap();
    assert_eq!(choice.place, id, "{}", choice.why);
    for part in why {
        assert!(choice.why.contains(part), "{part}: {}", choice.why);
    }
}

#[test]
fn the_newest_profile_that_the_version_is_in_is_taken() {
    let at = |v| version(node(&["kubelet"]), v);
    asserts(
        &at("v1.28.3"),
        "plain-2",
        &["kubelet runs", "1.28.3 (record)"],
    );
    asserts(&at("v1.27.1-eks-1"), "plain-1", &["1.27.1"]);
    asserts(
        &at("v1.36.0"),
        "plain-2",
        &["newer than any profile is for"],
    );
    let error = chosen(&at("v1.18.2")).unwrap_err();
    assert!(
        error.contains("1.18.2, older than every profile"),
        "{error}"
    );
    assert!(
        error.contains("plain-1 (Kubernetes >=1.26, <1.29), plain-2"),
        "{error}"
    );
}

#[test]
fn without_a_version_it_asks() {
    let error = chosen(&node(&["kubelet"])).unwrap_err();
    for part in [
        "which profile? kubelet runs",
        "no API server was asked for",
        "--profile: plain-1",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(!error.contains("cloud"), "{error}");
    let node = node(&["kubelet"]);
    let told = Facts::new(&node, Some("1.27".to_owned()), Vec::new());
    let choice = choose(&installed(), &told).unwrap();
    assert_eq!(choice.place, "plain-1");
    assert!(choice.why.contains("as stated"), "{}", choice.why);
}

#[test]
fn an_only_profile_needs_no_version() {
    let only = [installed().remove(0)];
    let node = node(&["kubelet"]);
    let choice = choose(&only, &Facts::new(&node, None, Vec::new())).unwrap();
    assert!(choice.why.contains("version unknown"), "{}", choice.why);
}

#[test]
fn more_conditions_that_hold_win() {
    let object = |label: &str| {
        json!({"metadata": {"name": "one", "labels": {label: "x"}},
               "spec": {"providerID": "aws:///zone/i-1"},
               "status": {"nodeInfo": {"kubeletVersion": "v1.27.9"}}})
    };
    let here = || node(&["kubelet"]);
    let cloud = api(here(), Ok(vec![object("cloud/nodegroup")]), "v1.31.0");
    asserts(
        &cloud,
        "cloud",
        &["provider id is aws:///zone/i-1", "label cloud/nodegroup"],
    );
    // kubeadm on the same machines is not the platform, and each node has its
    // own version, whatever the server's is.
    let kubeadm = api(here(), Ok(vec![object("other")]), "v1.31.0");
    asserts(&kubeadm, "plain-1", &["1.27.9 (Node object)"]);
    // What the API does not show holds nothing.
    let denied = api(here(), Err(Miss::NotPermitted("no".to_owned())), "v1.31.0");
    asserts(&denied, "plain-2", &["1.31.0 (API server)"]);
    let mut stranger = api(here(), Ok(vec![object("cloud/nodegroup")]), "v1.31.0");
    stranger.identity.name = "two".to_owned();
    asserts(&stranger, "plain-2", &[]);
}

#[test]
fn any_one_alternative_suffices_and_an_unreadable_path_is_not_absent() {
    let with = |path: &str| {
        let mut node = version(node(&[]), "v1.30.0");
        node.files = Box::new(Tree(BTreeMap::from([(path.to_owned(), String::new())])));
        node
    };
    asserts(
        &with("/etc/small.yaml"),
        "small",
        &["/etc/small.yaml is there"],
    );
    let small = version(node(&["small"]), "v1.30.0+small1");
    asserts(&small, "small", &["small runs", "v1.30.0+small1"]);
    let mut profiles = installed();
    profiles[3].manifest.applies[1].absent_paths = vec!["/closed/file".to_owned()];
    let node = with("/etc/small.yaml");
    let error = choose(&profiles, &Facts::new(&node, None, Vec::new())).unwrap_err();
    assert!(
        error.to_string().contains("/closed/file: not permitted"),
        "{error}"
    );
}

#[test]
fn a_node_without_kubernetes_is_told_what_was_looked_at() {
    let error = chosen(&node(&["bash"])).unwrap_err();
    assert!(
        error.contains("none of kubelet, kube-apiserver runs"),
        "{error}"
    );
    assert!(error.contains("its provider is not known"), "{error}");
    assert_eq!(
        choose::<()>(&[], &Facts::new(&node(&[]), None, Vec::new())),
        Err(DetectError::NoneInstalled)
    );
}

#[test]
fn a_process_that_cannot_be_seen_is_not_called_absent() {
    let mut hidden = node(&[]);
    hidden.processes = Box::new(Running(Table {
        processes: Vec::new(),
        complete: false,
        hint: "run with hostPID: true".to_owned(),
    }));
    let error = chosen(&hidden).unwrap_err();
    assert!(error.contains("is not seen: run with hostPID"), "{error}");
}

#[test]
fn somebody_s_pod_is_not_the_node() {
    let mut guest = version(node(&[]), "v1.30.0");
    guest.processes = Box::new(Running(Table {
        processes: vec![process("kube-apiserver", Place::Foreign)],
        complete: true,
        hint: String::new(),
    }));
    assert!(chosen(&guest).is_err());
}

#[test]
fn two_that_fit_equally_are_a_question() {
    let mut profiles = installed();
    profiles.push(profile(
        "other-2",
        ">=1.28, <1.32",
        json!([{"executables": ["kubelet"]}]),
    ));
    profiles[4].manifest.benchmark.name = "another".to_owned();
    let node = version(node(&["kubelet"]), "v1.30.0");
    let error = choose(&profiles, &Facts::new(&node, None, Vec::new())).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("several fit equally (kubelet runs)"),
        "{error}"
    );
    assert!(
        error.contains("other-2") && error.contains("plain-2"),
        "{error}"
    );
    assert!(!error.contains("plain-1"), "{error}");
}

#[test]
fn the_last_edition_of_a_benchmark_is_taken() {
    let mut profiles = installed();
    profiles.push(profile(
        "plain-10",
        ">=1.30, <1.32",
        json!([{"executables": ["kubelet"], "kubernetes": ">=1.30, <1.32"}]),
    ));
    profiles[0].manifest.benchmark.version = "1.9.0".to_owned();
    profiles[4].manifest.benchmark.version = "1.10.0".to_owned();
    let node = version(node(&["kubelet"]), "v1.30.0");
    let choice = choose(&profiles, &Facts::new(&node, None, Vec::new())).unwrap();
    assert_eq!(choice.place, "plain-10");
}

#[test]
fn an_image_states_the_version_where_nothing_else_does() {
    let at = |path: &str| VersionAt {
        path: path.to_owned(),
        field: "/spec/containers/*/image".to_owned(),
    };
    let places = vec![at("/one.yaml"), at("/two.yaml"), at("/none.yaml")];
    let stated = |one: &str, two: &str| {
        let pod = |image: &str| format!("spec:\n  containers:\n  - image: {image}\n");
        let mut node = node(&["kubelet"]);
        node.files = Box::new(Tree(BTreeMap::from([
            ("/one.yaml".to_owned(), pod(one)),
            ("/two.yaml".to_owned(), pod(two)),
        ])));
        let facts = Facts::new(&node, None, places.clone());
        facts.version().map(ToString::to_string)
    };
    let image = "host:5000/kube-apiserver:v1.30.2@sha256:00";
    assert_eq!(stated(image, "x:v1.30.5").as_deref(), Some("1.30.2"));
    // A node between two versions states none, nor does a digest.
    assert_eq!(stated(image, "x:v1.31.0"), None);
    assert_eq!(stated("kube-apiserver@sha256:00", "[]"), None);
}

#[test]
fn a_range_ends_where_it_says() {
    assert_eq!(end(">=1.28, <1.32"), Some(Version::new(1, 32, 0)));
    assert_eq!(end("<=1.30"), Some(Version::new(1, 31, 0)));
    assert_eq!(end(">=1.28"), None);
    assert_eq!(end("nonsense"), None);
}
