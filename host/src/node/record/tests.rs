//! Records that are sound, hostile, partial, and written by ourselves.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::read::digest;
use super::*;
use crate::node::recording::{Recorder, recording};
use crate::node::{Miss, Place, Resource};

/// A record in a fresh directory.
struct Made {
    dir: TempDir,
    node: Value,
}

impl Made {
    fn new() -> Self {
        let node = json!({"format": FORMAT, "hostname": "n", "captured": "2026-01-02T03:04:05Z",
            "platform": {"os": "linux", "arch": "amd64"}, "kubernetes": {"version": "v1.30.2"},
            "processes": [], "entries": {}});
        Self {
            dir: TempDir::new().unwrap(),
            node,
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("record")
    }

    fn entry(mut self, path: &str, entry: Value) -> Self {
        self.node["entries"][path] = entry;
        self
    }

    fn folder(self, path: &str) -> Self {
        self.entry(path, json!({"kind": "directory", "mode": "0755", "uid": 0, "gid": 0, "user": "root", "group": null}))
    }

    fn link(self, path: &str, target: &str) -> Self {
        self.entry(
            path,
            json!({"kind": "symlink", "mode": "0777", "uid": 0, "gid": 0, "target": target}),
        )
    }

    fn file(self, path: &str, contents: &str) -> Self {
        self.stored(&format!("root{path}"), contents.as_bytes()).entry(
            path,
            json!({"kind": "file", "mode": "0640", "uid": 7, "gid": 8, "user": null, "group": "g",
                   "size": contents.len(), "sha256": digest(contents.as_bytes()), "content": "kept"}),
        )
    }

    fn stored(self, name: &str, bytes: &[u8]) -> Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    fn set(mut self, name: &str, value: Value) -> Self {
        self.node[name] = value;
        self
    }

    fn save(&self) -> PathBuf {
        fs::create_dir_all(self.path()).unwrap();
        fs::write(self.path().join("node.json"), self.node.to_string()).unwrap();
        self.path()
    }

    fn open(&self) -> Node {
        open(&self.save()).unwrap()
    }

    fn refused(&self) -> String {
        open(&self.save())
            .err()
            .expect("the record is refused")
            .to_string()
    }
}

fn pods() -> Resource {
    Resource {
        group: String::new(),
        version: "v1".into(),
        plural: "pods".into(),
    }
}

fn miss(node: &Node, path: &str) -> Miss {
    node.files.find(path).err().unwrap()
}

fn read(node: &Node, path: &str) -> Result<String, Miss> {
    node.files
        .find(path)?
        .read(1 << 20)
        .map(|contents| String::from_utf8(contents.bytes).unwrap())
}

#[test]
fn tells_what_an_entry_tells() {
    let made = Made::new().folder("/etc").file("/etc/a", "x\n");
    let node = made.open();
    assert_eq!(node.identity.origin, Origin::Recorded);
    assert_eq!(
        (node.identity.name.as_str(), node.identity.platform.as_str()),
        ("n", "linux/amd64")
    );
    assert_eq!(node.identity.kubernetes_version.as_deref(), Some("v1.30.2"));
    let file = node.files.find("/etc/../etc/./a").unwrap();
    let stat = file.stat();
    assert_eq!(
        (stat.kind, stat.mode, stat.uid, stat.gid, stat.size),
        (Kind::Regular, 0o640, 7, 8, 2)
    );
    assert_eq!(
        (
            stat.owner.as_deref(),
            stat.group.as_deref(),
            stat.resolved.as_str()
        ),
        (None, Some("g"), "/etc/a")
    );
    assert_eq!(file.read(10).unwrap().bytes, b"x\n");
    assert_eq!(file.digest(10).unwrap(), digest(b"x\n"));
    assert_eq!(file.read(1), Err(Miss::TooLarge { size: 2, limit: 1 }));
    assert_eq!(file.list(9), Err(Miss::WrongType("file")));
    let listing = node.files.find("/etc").unwrap().list(9).unwrap();
    assert_eq!(
        (listing.names, listing.complete),
        (vec!["a".to_owned()], true)
    );
    assert_eq!(miss(&node, "/etc/b"), Miss::NotFound);
    assert_eq!(miss(&node, "/etc/a/b"), Miss::NotFound);
    assert!(matches!(miss(&node, "/"), Miss::NotRecorded(_)));
    assert!(matches!(miss(&node, "etc"), Miss::BadPath(_)));
}

#[test]
fn parents_without_an_entry_lead_on() {
    let made = Made::new().file("/opt/a/b", "x");
    let node = made.open();
    assert_eq!(read(&node, "/opt/a/b").unwrap(), "x");
    assert!(matches!(miss(&node, "/opt/a"), Miss::NotRecorded(_)));
    assert_eq!(miss(&node, "/opt/c"), Miss::NotFound);
}

#[test]
fn follows_links_inside_the_root() {
    let node = Made::new()
        .file("/a/real", "x")
        .link("/rel", "a/real")
        .link("/abs", "/a/real")
        .link("/a/up", "../../../a/real")
        .link("/dir", "/a/.")
        .link("/loop", "/loop2")
        .link("/loop2", "loop")
        .link("/gone", "/none")
        .open();
    for path in [
        "/rel",
        "/abs",
        "/a/up",
        "/dir/real",
        "/dir/up",
        "/../../rel",
    ] {
        assert_eq!(
            node.files.find(path).unwrap().stat().resolved,
            "/a/real",
            "{path}"
        );
    }
    assert!(matches!(miss(&node, "/loop"), Miss::BadPath(_)));
    assert_eq!(miss(&node, "/gone"), Miss::NotFound);
}

#[test]
fn a_directory_that_could_not_be_read_may_hold_anything() {
    let made = || {
        Made::new()
            .folder("/etc")
            .entry(
                "/etc/closed",
                json!({"kind": "directory", "mode": "0700", "uid": 0, "gid": 0, "error": "not-permitted"}),
            )
            .file("/etc/closed/seen", "x\n")
    };
    let node = made().open();
    assert!(node.files.find("/etc/closed/seen").is_ok());
    for path in ["/etc/closed/a", "/etc/closed/a/b"] {
        assert!(matches!(miss(&node, path), Miss::NotPermitted(_)), "{path}");
    }
    assert_eq!(miss(&node, "/etc/a"), Miss::NotFound);
    // Within a scope it was looked for by name.
    let scoped = made().set("scope", json!({"globs": ["/etc/closed/a"]}));
    assert_eq!(miss(&scoped.open(), "/etc/closed/a"), Miss::NotFound);
}

#[test]
fn outside_its_scope_it_does_not_know() {
    let scope = json!({"globs": ["/etc/kubernetes/**", "/etc/\\*x", "/srv/*", "/opt/*.conf", "/only/this"]});
    let node = Made::new()
        .folder("/etc")
        .folder("/srv")
        .folder("/srv/sub")
        .folder("/opt")
        .folder("/etc/kubernetes")
        .set("scope", scope)
        .open();
    for path in [
        "/etc/kubernetes/a",
        "/etc/kubernetes/a/b",
        "/etc/*x",
        "/srv/a",
        "/srv/a/b",
        "/opt/a.conf",
        "/only/this",
        "/only/this/too",
    ] {
        assert_eq!(miss(&node, path), Miss::NotFound, "{path}");
    }
    for path in [
        "/etc/x",
        "/etc/other",
        "/srv/sub/a",
        "/opt/a",
        "/only",
        "/only/that",
        "/none",
    ] {
        assert!(matches!(miss(&node, path), Miss::NotRecorded(_)), "{path}");
    }
    let complete = |path: &str| node.files.find(path).unwrap().list(9).unwrap().complete;
    assert!(complete("/srv") && complete("/etc/kubernetes"));
    assert!(!complete("/etc") && !complete("/opt") && !complete("/srv/sub"));
}

#[test]
fn contents_that_are_masked_withheld_or_not_kept() {
    let file = |content: Value| json!({"kind": "file", "mode": "0600", "uid": 0, "gid": 0, "size": 3, "sha256": digest(b"abc"), "content": content});
    let made = Made::new()
        .entry("/masked", file(json!("masked")))
        .stored("root/masked", b"masked\n")
        .entry("/withheld", file(json!("withheld")))
        .entry("/none", file(Value::Null))
        .entry("/corrupt", file(json!("kept")))
        .stored("root/corrupt", b"abd")
        .entry("/missing", file(json!("kept")))
        .entry("/denied", json!({"kind": "file", "mode": "0600", "uid": 0, "gid": 0, "size": 3, "error": "not-permitted"}))
        .entry("/hidden", json!({"error": "not-permitted"}));
    let node = made.open();
    let contents = node.files.find("/masked").unwrap().read(9).unwrap();
    assert_eq!(
        (contents.bytes.as_slice(), contents.sha256),
        (&b"masked\n"[..], digest(b"abc"))
    );
    let withheld = node.files.find("/withheld").unwrap();
    assert!(matches!(withheld.read(9), Err(Miss::Withheld(_))));
    assert_eq!(withheld.digest(9).unwrap(), digest(b"abc"));
    assert!(matches!(read(&node, "/none"), Err(Miss::NotRecorded(_))));
    for path in ["/corrupt", "/missing"] {
        assert!(
            read(&node, path)
                .unwrap_err()
                .to_string()
                .contains("corrupt record")
        );
    }
    assert_eq!(node.files.find("/denied").unwrap().stat().mode, 0o600);
    assert!(matches!(read(&node, "/denied"), Err(Miss::NotPermitted(_))));
    assert!(matches!(miss(&node, "/hidden"), Miss::NotPermitted(_)));
}

#[test]
fn never_leaves_the_record() {
    let made = Made::new()
        .file("/etc/a", "x")
        .file("/deep/a", "x")
        .file("/pipe", "x");
    let outside = made.dir.path().join("outside");
    fs::write(&outside, "x").unwrap();
    let root = made.path().join("root");
    fs::remove_file(root.join("etc/a")).unwrap();
    std::os::unix::fs::symlink(&outside, root.join("etc/a")).unwrap();
    fs::create_dir(made.dir.path().join("folder")).unwrap();
    fs::write(made.dir.path().join("folder/a"), "x").unwrap();
    fs::remove_dir_all(root.join("deep")).unwrap();
    std::os::unix::fs::symlink(made.dir.path().join("folder"), root.join("deep")).unwrap();
    fs::remove_file(root.join("pipe")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.join("pipe"),
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    let node = made.open();
    for path in ["/etc/a", "/deep/a", "/pipe"] {
        let error = read(&node, path).unwrap_err().to_string();
        assert!(error.contains("corrupt record"), "{path}: {error}");
    }
}

#[test]
fn refuses_malformed_records_by_file() {
    let bad = |value: Value| Made::new().entry("/x", value).refused();
    let base = json!({"kind": "file", "mode": "0644", "uid": 0, "gid": 0, "size": 1});
    let with = |name: &str, value: Value| {
        let mut entry = base.clone();
        entry[name] = value;
        entry
    };
    for mode in ["", "0844", "10000", "-1", "+7", "rw"] {
        assert!(
            bad(with("mode", json!(mode))).contains("is not a mode"),
            "{mode}"
        );
    }
    assert!(bad(with("mode", Value::Null)).contains("mode is missing"));
    assert!(bad(with("uid", Value::Null)).contains("uid is missing"));
    assert!(bad(with("size", Value::Null)).contains("size is missing"));
    assert!(bad(with("kind", json!("door"))).contains("not a kind"));
    assert!(bad(with("content", json!("kept"))).contains("sha256 is missing"));
    assert!(bad(with("sha256", json!("zz"))).contains("64"));
    assert!(bad(json!({"kind": "symlink"})).contains("without a target"));
    assert!(bad(json!({})).contains("neither a kind nor an error"));
    for path in ["etc", "/a/../b", "/a//b", "/a/", "/./a", ""] {
        assert!(
            Made::new()
                .entry(path, base.clone())
                .refused()
                .contains("absolute path"),
            "{path}"
        );
    }
    let process = json!({"pid": 1, "comm": "a", "argv": []});
    assert!(
        Made::new()
            .set("processes", json!([process, process]))
            .refused()
            .contains("twice")
    );
    assert!(
        Made::new()
            .set("format", json!("cisb-node/2"))
            .refused()
            .contains("cisb-node/2")
    );
    assert!(
        Made::new()
            .set("format", Value::Null)
            .refused()
            .contains("names no format")
    );
    assert!(
        Made::new()
            .set("scope", json!({"globs": ["/a[", "/b"]}))
            .refused()
            .contains("glob")
    );
    assert!(
        Made::new()
            .set("scope", json!({"processes": "some"}))
            .refused()
            .contains("whole")
    );
    assert!(
        Made::new()
            .stored("objects/core_v1_pods.json", b"{")
            .refused()
            .contains("objects/core_v1_pods.json")
    );
    assert!(
        Made::new()
            .stored("objects/core_v1_pods.json", b"{}")
            .refused()
            .contains("items")
    );

    let made = Made::new();
    made.save();
    fs::write(
        made.path().join("node.json"),
        r#"{"format": "cisb-node/1", "entries": {"/a": {"error": "x"}, "/a": {"error": "y"}}}"#,
    )
    .unwrap();
    assert!(
        open(&made.path())
            .err()
            .unwrap()
            .to_string()
            .contains("twice")
    );
    fs::write(made.path().join("node.json"), "{").unwrap();
    assert!(
        open(&made.path())
            .err()
            .unwrap()
            .to_string()
            .contains("node.json")
    );
    fs::remove_file(made.path().join("node.json")).unwrap();
    assert!(
        open(&made.path())
            .err()
            .unwrap()
            .to_string()
            .contains("no node record")
    );
    assert!(open(&made.path().join("none")).is_err());
}

#[test]
fn processes_and_whose_they_are() {
    let hash = "0123456789abcdef0123456789abcdef";
    let uuid = "01234567-89ab-cdef-0123-456789abcdef";
    let node = Made::new()
        .set("processes", json!([
            {"pid": 5, "comm": "kubelet", "exe": "/usr/bin/kubelet", "argv": ["kubelet", "--v=2"], "env": {"A": "1", "B": "2"}},
            {"pid": 1, "comm": "systemd", "argv": [], "cgroup": "/init.scope", "pidns": "pid:[1]", "env": {}},
            {"pid": 6, "comm": "a", "argv": [], "cgroup": format!("/kubepods/burstable/pod{hash}/x"), "pidns": "pid:[2]",
             "mounts": [{"target": "/etc/kubernetes", "source": "/host/etc"}, {"target": "/etc/kubernetes/pki", "source": "/pki"}]},
            {"pid": 7, "comm": "a", "argv": [], "cgroup": format!("/kubepods/pod{uuid}/x")},
            {"pid": 8, "comm": "a", "argv": [], "pidns": "pid:[2]"},
            {"pid": 9, "comm": "a", "place": "host-network-pod"},
            {"pid": 10, "comm": "a", "argv": [], "mounts": []},
        ]))
        .open();
    let table = node.processes.table().unwrap();
    assert!(table.complete);
    let places: Vec<_> = table
        .processes
        .iter()
        .map(|process| (process.pid, process.place))
        .collect();
    assert_eq!(
        places,
        [
            (1, Place::Node),
            (5, Place::Node),
            (6, Place::StaticPod),
            (7, Place::Foreign),
            (8, Place::Foreign),
            (9, Place::HostNetworkPod),
            (10, Place::Unknown),
        ]
    );
    assert!(
        table.processes[5].error.is_some(),
        "its arguments are missing"
    );
    let environment = node
        .processes
        .environment(5, &["A".into(), "C".into()])
        .unwrap();
    assert_eq!(environment, [("A".to_owned(), "1".to_owned())].into());
    assert!(matches!(
        node.processes.environment(6, &["A".into()]),
        Err(Miss::NotRecorded(_))
    ));
    assert_eq!(node.processes.environment(99, &[]), Err(Miss::NotFound));
    let translate = |pid, path: &str| node.processes.translate(pid, path);
    assert_eq!(translate(5, "/a").unwrap(), "/a");
    assert_eq!(translate(6, "/etc/kubernetes/a").unwrap(), "/host/etc/a");
    assert_eq!(translate(6, "/etc/kubernetes/pki/b").unwrap(), "/pki/b");
    assert_eq!(translate(6, "/etc/kubernetes").unwrap(), "/host/etc");
    assert!(matches!(
        translate(6, "/etc/kubernetesx"),
        Err(Miss::BadPath(_))
    ));
    let partial = Made::new()
        .set("scope", json!({"processes": "partial"}))
        .open();
    let table = partial.processes.table().unwrap();
    assert!(!table.complete && !table.hint.is_empty());
    assert!(matches!(
        Made::new()
            .set("processes", Value::Null)
            .open()
            .processes
            .table(),
        Err(Miss::NotRecorded(_))
    ));
}

#[test]
fn objects_and_what_is_missing() {
    let none = Made::new().open();
    assert!(!none.cluster.present());
    assert!(matches!(
        none.cluster.list(&pods()),
        Err(Miss::Unreachable(_))
    ));
    let made = Made::new()
        .stored(
            "objects/core_v1_pods.json",
            br#"{"metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "p"}}]}"#,
        )
        .stored(
            "objects/core_v1_secrets.metadata.json",
            br#"{"items": [{"metadata": {"name": "s"}}]}"#,
        )
        .stored("objects/core_v1_nodes.metadata.json", br#"{"items": []}"#)
        .stored(
            "objects/core_v1_services.error",
            b"forbidden: no list on services\n",
        )
        .stored("objects/version.json", br#"{"gitVersion": "v1.30.2"}"#);
    let node = made.open();
    let resource = |plural: &str| Resource {
        plural: plural.into(),
        ..pods()
    };
    let objects = node.cluster.list(&pods()).unwrap();
    assert_eq!(
        (objects.items.len(), objects.resource_version.as_str()),
        (1, "7")
    );
    assert_eq!(
        node.cluster.list(&resource("secrets")).unwrap().items.len(),
        1
    );
    assert!(matches!(
        node.cluster.list(&resource("nodes")),
        Err(Miss::NotRecorded(_))
    ));
    assert_eq!(
        node.cluster.list(&resource("services")),
        Err(Miss::NotPermitted("no list on services".into()))
    );
    assert!(matches!(
        node.cluster.list(&resource("configmaps")),
        Err(Miss::NotPermitted(_))
    ));
    assert_eq!(node.cluster.version().unwrap(), "v1.30.2");
    let narrow = made.set("scope", json!({"kinds": ["core_v1_pods"]})).open();
    assert!(matches!(
        narrow.cluster.list(&resource("configmaps")),
        Err(Miss::NotRecorded(_))
    ));
}

/// An archive of these members: name, type, contents.
fn archive(dir: &Path, members: &[(&str, tar::EntryType, &[u8])]) -> PathBuf {
    let path = dir.join("r.tar.zst");
    let mut tar = tar::Builder::new(Vec::new());
    for (name, kind, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o600);
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    fs::write(
        &path,
        zstd::encode_all(tar.into_inner().unwrap().as_slice(), 1).unwrap(),
    )
    .unwrap();
    path
}

#[test]
fn refuses_hostile_archives() {
    use tar::EntryType;
    let dir = TempDir::new().unwrap();
    let node = json!({"format": FORMAT, "entries": {}}).to_string();
    let good = ("node.json", EntryType::Regular, node.as_bytes());
    assert!(open(&archive(dir.path(), &[good])).is_ok());
    assert!(
        open(&archive(
            dir.path(),
            &[
                ("./", EntryType::Directory, b""),
                ("./node.json", EntryType::Regular, node.as_bytes())
            ]
        ))
        .is_ok()
    );
    assert!(
        open(&archive(
            dir.path(),
            &[good, ("kube-bench/x.json", EntryType::Regular, b"{}")]
        ))
        .is_ok()
    );
    for (name, kind) in [
        ("../node.json", EntryType::Regular),
        ("root/../../x", EntryType::Regular),
        ("/etc/x", EntryType::Regular),
        ("root//x", EntryType::Regular),
        ("other", EntryType::Regular),
        ("objects/a/b.json", EntryType::Regular),
        ("root/x", EntryType::Symlink),
        ("root/x", EntryType::Link),
        ("root/x", EntryType::Fifo),
        ("root/x", EntryType::Char),
        ("node.json", EntryType::Regular),
    ] {
        let result = open(&archive(dir.path(), &[good, (name, kind, b"")]));
        assert!(
            matches!(result, Err(RecordError::Invalid { .. })),
            "{name} {kind:?}"
        );
    }
    let long = vec![b'a'; 1 << 20];
    assert!(
        open(&archive(
            dir.path(),
            &[
                good,
                ("././@LongLink", EntryType::GNULongName, &long),
                ("x", EntryType::Regular, b"")
            ]
        ))
        .is_err()
    );
    assert!(
        open(&archive(dir.path(), &[("root/x", EntryType::Regular, b"")]))
            .err()
            .unwrap()
            .to_string()
            .contains("no node record")
    );

    // Cut short anywhere, it is refused.
    let noise: Vec<u8> = (0..200_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let path = archive(dir.path(), &[good, ("root/x", EntryType::Regular, &noise)]);
    let bytes = fs::read(&path).unwrap();
    for cut in [5, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..cut]).unwrap();
        assert!(open(&path).is_err(), "{cut}");
    }
    fs::write(&path, b"not zstd").unwrap();
    assert!(
        open(&path)
            .err()
            .unwrap()
            .to_string()
            .contains("neither a directory")
    );
}

#[test]
fn refuses_bombs() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("r.tar.zst");
    // A file that is larger than any may be, and tiny when compressed.
    let mut encoder = zstd::Encoder::new(fs::File::create(&path).unwrap(), 1).unwrap();
    let mut header = tar::Header::new_gnu();
    header.set_path("root/x").unwrap();
    header.set_mode(0o600);
    header.set_size(FILE_LIMIT + 512);
    header.set_cksum();
    encoder.write_all(header.as_bytes()).unwrap();
    let zeros = vec![0_u8; 1 << 20];
    for _ in 0..(FILE_LIMIT >> 20) + 1 {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap();
    assert!(fs::metadata(&path).unwrap().len() < 1 << 20);
    assert!(
        open(&path)
            .err()
            .unwrap()
            .to_string()
            .contains("larger than")
    );

    let entries: String = (0..=ENTRY_LIMIT)
        .map(|n| format!(r#""/{n}":{{"error":"x"}},"#))
        .collect();
    let made = Made::new();
    made.save();
    fs::write(
        made.path().join("node.json"),
        format!(
            r#"{{"format":"{FORMAT}","entries":{{{}}}}}"#,
            entries.trim_end_matches(',')
        ),
    )
    .unwrap();
    assert!(
        open(&made.path())
            .err()
            .unwrap()
            .to_string()
            .contains("more than")
    );
}

/// Everything that can be asked of a node, in words. Asked of a recording and of
/// the record of it, the answers must be the same.
fn ask(node: &Node, paths: &[&str]) -> Vec<String> {
    let mut said = Vec::new();
    for path in paths {
        match node.files.find(path) {
            Err(miss) => said.push(format!("{path}: {miss:?}")),
            Ok(file) => {
                let stat = file.stat();
                let read = file.read(1 << 20).and_then(|contents| {
                    Ok((mask(&stat.resolved, &contents.bytes)?, contents.sha256))
                });
                said.push(format!("{path}: {stat:?} {read:?} {:?}", file.list(100)));
            }
        }
    }
    let table = node.processes.table();
    said.push(format!("{table:?}"));
    for process in table.iter().flat_map(|table| &table.processes) {
        let names = ["A".to_owned(), "DB_PASSWORD".to_owned()];
        let environment = node.processes.environment(process.pid, &names);
        let masked = environment.map(|all| {
            all.iter()
                .map(|(name, value)| crate::mask::mask_env(name, value))
                .collect::<Vec<_>>()
        });
        said.push(format!(
            "{masked:?} {:?}",
            node.processes.translate(process.pid, "/etc/a")
        ));
    }
    for plural in ["pods", "secrets", "nodes"] {
        let objects = node.cluster.list(&Resource {
            plural: plural.into(),
            ..pods()
        });
        let masked = objects.map(|mut objects| {
            objects.items.iter_mut().for_each(|object| {
                crate::mask::mask_object(plural, object);
            });
            objects
        });
        said.push(format!("{masked:?}"));
    }
    said.push(format!(
        "{} {:?}",
        node.cluster.present(),
        node.cluster.version()
    ));
    said
}

/// What a guest would see of a file.
fn mask(path: &str, bytes: &[u8]) -> Result<String, Miss> {
    match crate::mask::secrecy(path, bytes) {
        crate::mask::Secrecy::Withheld(why) => Err(Miss::Withheld(why.to_owned())),
        crate::mask::Secrecy::Open => {
            Ok(String::from_utf8_lossy(&crate::mask::text(path, bytes).bytes).into_owned())
        }
    }
}

const PATHS: [&str; 15] = [
    "/etc",
    "/etc/a",
    "/etc/kubeconfig",
    "/etc/link",
    "/etc/linked/a",
    "/etc/gone",
    "/none",
    "/none/below",
    "/etc/key",
    "/etc/dangling",
    "/etc/denied",
    "/etc/loop",
    "/srv",
    "/etc/../etc/a",
    "/etc/a/below",
];

fn busy() -> Made {
    let kubeconfig = "kind: Config\nusers:\n- user:\n    token: CANARY\n";
    let key = "-----BEGIN RSA PRIVATE KEY-----\nCANARY\n-----END RSA PRIVATE KEY-----\n";
    Made::new()
        .folder("/etc")
        .file("/etc/a", "plain\n")
        .file("/etc/kubeconfig", kubeconfig)
        .file("/etc/key", key)
        .file("/etc/[odd] *name", "x")
        .link("/etc/link", "a")
        .link("/etc/linked", "/etc")
        .link("/etc/dangling", "/nowhere")
        .link("/etc/loop", "loop")
        .entry("/etc/denied", json!({"error": "not-permitted", "detail": "permission denied"}))
        .folder("/srv")
        .file("/srv/secret", "token=CANARY\n")
        .file("/srv/deep/er", "x")
        .set("processes", json!([
            {"pid": 1, "comm": "kubelet", "exe": "/usr/bin/kubelet", "argv": ["kubelet", "--token", "CANARY"],
             "env": {"A": "1", "DB_PASSWORD": "CANARY", "OTHER": "CANARY"}},
            {"pid": 2, "comm": "x", "argv": ["x", "--password=CANARY"], "cgroup": "/system.slice/x", "start": 7,
             "mounts": [{"target": "/srv", "source": "/mnt"}]},
        ]))
        .stored("objects/core_v1_pods.json", br#"{"metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "p", "managedFields": []},
            "spec": {"containers": [{"env": [{"name": "TOKEN", "value": "CANARY"}]}]}}]}"#)
        .stored("objects/core_v1_secrets.json", br#"{"items": [{"metadata": {"name": "s"}, "data": {"k": "CANARY"}}]}"#)
        .stored("objects/core_v1_nodes.error", b"forbidden: no\n")
        .stored("objects/version.json", br#"{"gitVersion": "v1.30.2"}"#)
}

fn record(node: Node, paths: &[&str]) -> (Vec<String>, Recorder) {
    let (node, recorder) = recording(node);
    let said = ask(&node, paths);
    (said, recorder)
}

/// All bytes below a directory, by name.
fn tree(root: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(
                    fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
                    0o600
                );
                found.push((
                    path.strip_prefix(root).unwrap().to_owned(),
                    fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    found.sort();
    found
}

fn same(left: &[(PathBuf, String)], right: &[(PathBuf, String)]) {
    for ((name, left), (other, right)) in left.iter().zip(right) {
        assert_eq!(name, other);
        let differ = left
            .lines()
            .zip(right.lines())
            .find(|(left, right)| left != right);
        assert_eq!(differ, None, "{}", name.display());
    }
    assert_eq!(left, right);
}

/// What was asked, without the arguments, which a record keeps masked.
fn without_arguments(said: &[String]) -> Vec<String> {
    said.iter()
        .filter(|line| !line.starts_with("Ok(Table"))
        .cloned()
        .collect()
}

#[test]
fn a_record_of_a_node_answers_as_the_node_did() {
    let made = busy();
    let (said, recorder) = record(made.open(), &PATHS);
    let dir = TempDir::new().unwrap();
    for name in ["pack", "pack.tar.zst"] {
        let dest = dir.path().join(name);
        write::write(&recorder, "2026-05-06T07:08:09Z", &dest).unwrap();
        let replay = open(&dest).unwrap();
        assert_eq!(
            without_arguments(&ask(&replay, &PATHS)),
            without_arguments(&said),
            "{name}"
        );
        assert_eq!(
            replay.processes.table().unwrap().processes[0].argv,
            ["kubelet", "--token", "masked"]
        );
        // What the scan did not ask for, the record does not know.
        for path in ["/etc2", "/srv/deep/er", "/etc/linked/../other", "/usr"] {
            let known = replay.files.find(path).err();
            assert!(
                matches!(known, Some(Miss::NotRecorded(_)) | None)
                    || path == "/etc/linked/../other",
                "{path}: {known:?}"
            );
        }
        assert!(matches!(
            replay.processes.environment(1, &["OTHER".into()]),
            Err(Miss::NotRecorded(_))
        ));
        assert!(matches!(
            replay.processes.translate(1, "/etc/b"),
            Err(Miss::NotRecorded(_))
        ));
        assert!(matches!(
            replay.cluster.list(&Resource {
                plural: "roles".into(),
                ..pods()
            }),
            Err(Miss::NotRecorded(_))
        ));
        assert!(
            matches!(read(&replay, "/srv/secret"), Err(Miss::NotRecorded(_))),
            "it was listed, not read"
        );
    }
    let pack = tree(&dir.path().join("pack"));
    for (name, bytes) in &pack {
        assert!(!bytes.contains("CANARY"), "{}", name.display());
    }

    // The same recording gives the same bytes, and a record of the record too.
    let again = dir.path().join("again");
    write::write(&recorder, "2026-05-06T07:08:09Z", &again).unwrap();
    same(&tree(&again), &pack);
    let (_, second) = record(open(&dir.path().join("pack")).unwrap(), &PATHS);
    let copy = dir.path().join("copy");
    write::write(&second, "2027-01-01T00:00:00Z", &copy).unwrap();
    same(&tree(&copy), &pack);
    let (_, third) = record(open(&dir.path().join("pack.tar.zst")).unwrap(), &PATHS);
    write::write(
        &third,
        "2027-01-01T00:00:00Z",
        &dir.path().join("copy.tar.zst"),
    )
    .unwrap();
    assert_eq!(
        fs::read(dir.path().join("copy.tar.zst")).unwrap(),
        fs::read(dir.path().join("pack.tar.zst")).unwrap()
    );
    let names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().contains("partial")),
        "{names:?}"
    );
}

#[test]
fn what_was_not_asked_for_is_not_kept() {
    let made = busy();
    let (node, recorder) = recording(made.open());
    node.files.find("/etc/link").unwrap();
    node.files.find("/etc/gone").err().unwrap();
    let dest = made.dir.path().join("small");
    write::write(&recorder, "2026-05-06T07:08:09Z", &dest).unwrap();
    let small = open(&dest).unwrap();
    assert_eq!(
        small.files.find("/etc/link").unwrap().stat().resolved,
        "/etc/a"
    );
    assert!(matches!(read(&small, "/etc/a"), Err(Miss::NotRecorded(_))));
    assert_eq!(miss(&small, "/etc/gone"), Miss::NotFound);
    assert!(matches!(
        miss(&small, "/etc/kubeconfig"),
        Miss::NotRecorded(_)
    ));
    assert!(!small.files.find("/etc").unwrap().list(9).unwrap().complete);
    assert!(matches!(small.processes.table(), Err(Miss::NotRecorded(_))));
    assert!(matches!(
        small.cluster.list(&pods()),
        Err(Miss::NotRecorded(_))
    ));
}

#[test]
fn only_searched_executables_keep_their_arguments() {
    let made = busy();
    let (node, recorder) = recording(made.open());
    node.processes.table().unwrap();
    recorder.searched(&["/usr/local/bin/kubelet".into()]);
    let dest = made.dir.path().join("pack.tar.zst");
    write::write(&recorder, "2026-05-06T07:08:09Z", &dest).unwrap();
    let replay = open(&dest).unwrap();
    let table = replay.processes.table().unwrap();
    assert!(table.complete, "absence is still known");
    assert_eq!(table.processes[0].argv.len(), 3);
    assert_eq!(
        (
            table.processes[1].argv.len(),
            table.processes[1].error.is_some()
        ),
        (0, true)
    );
}

#[test]
fn a_record_is_never_overwritten_half_way() {
    let made = busy();
    let (_, recorder) = recording(made.open());
    let dest = made.dir.path().join("taken");
    fs::create_dir(&dest).unwrap();
    fs::write(dest.join("mine"), "x").unwrap();
    write::write(&recorder, "2026-05-06T07:08:09Z", &dest).unwrap_err();
    assert_eq!(fs::read_dir(&dest).unwrap().count(), 1);
    write::write(
        &recorder,
        "2026-05-06T07:08:09Z",
        &made.dir.path().join("none/x.tar.zst"),
    )
    .unwrap_err();
}

/// The project's shared records, where they are at hand.
fn shared() -> Vec<PathBuf> {
    let nodes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/nodes");
    let mut found = Vec::new();
    let mut folders = vec![nodes];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().join("node.json").exists() {
                found.push(entry.path());
            } else if entry.path().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn shared_records_open_and_round_trip() {
    let records = shared();
    if records.is_empty() {
        eprintln!("skipped: no shared records beside this project");
        return;
    }
    let dir = TempDir::new().unwrap();
    for (index, path) in records.iter().enumerate() {
        let text = fs::read_to_string(path.join("node.json")).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        let node = open(path).unwrap();
        let mut paths: Vec<&str> = Vec::new();
        for (name, entry) in json["entries"].as_object().unwrap() {
            paths.push(name);
            let file = node.files.find(name).unwrap();
            if entry["content"] == "kept" {
                assert_eq!(
                    file.read(1 << 20).unwrap().sha256,
                    entry["sha256"],
                    "{name}"
                );
            }
        }
        let (said, recorder) = record(node, &paths);
        let dest = dir.path().join(format!("{index}.tar.zst"));
        write::write(&recorder, "2026-05-06T07:08:09Z", &dest).unwrap();
        assert_eq!(
            without_arguments(&ask(&open(&dest).unwrap(), &paths)),
            without_arguments(&said),
            "{}",
            path.display()
        );
    }
}

#[test]
fn shared_records_hold_nothing_to_mask() {
    for path in shared() {
        let node = open(&path).unwrap();
        let text = fs::read_to_string(path.join("node.json")).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        for (name, entry) in json["entries"].as_object().unwrap() {
            if entry["content"] == "kept" {
                let bytes = node.files.find(name).unwrap().read(1 << 20).unwrap().bytes;
                assert_eq!(
                    mask(name, &bytes).as_deref(),
                    Ok(&*String::from_utf8_lossy(&bytes)),
                    "{}{name}",
                    path.display()
                );
            }
        }
        for process in &node.processes.table().unwrap().processes {
            let mut argv = process.argv.clone();
            crate::mask::mask_args(&mut argv);
            assert_eq!(argv, process.argv, "{}", path.display());
        }
        for resource in [
            "core_v1_pods",
            "core_v1_nodes",
            "core_v1_configmaps",
            "rbac.authorization.k8s.io_v1_clusterroles",
            "apps_v1_deployments",
            "core_v1_serviceaccounts",
        ] {
            let mut parts = resource.splitn(3, '_').map(str::to_owned);
            let group = parts
                .next()
                .filter(|group| group != "core")
                .unwrap_or_default();
            let resource = Resource {
                group,
                version: parts.next().unwrap(),
                plural: parts.next().unwrap(),
            };
            for object in node
                .cluster
                .list(&resource)
                .into_iter()
                .flat_map(|objects| objects.items)
            {
                let mut bare = object.clone();
                bare["metadata"]
                    .as_object_mut()
                    .unwrap()
                    .remove("managedFields");
                if let Some(annotations) = bare["metadata"]
                    .get_mut("annotations")
                    .and_then(Value::as_object_mut)
                {
                    annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
                }
                let mut masked = bare.clone();
                crate::mask::mask_object(&resource.plural, &mut masked);
                // The signature under the public kubeconfig is made with a token.
                if object["metadata"]["name"] != "cluster-info" {
                    assert_eq!(masked, bare, "{}", path.display());
                }
            }
        }
    }
}
