//! The fake node serves what a manifest covers, refuses the rest, and tells
//! what is absent from what is not known.

use serde_json::json;

use super::*;
use crate::facts::{Cause, Error, Facts};

fn requests(json: Value) -> Requests {
    serde_json::from_value(json).unwrap_or_default()
}

fn standard() -> Requests {
    requests(json!({
        "files": [
            {"id": "conf", "paths": ["/etc/k/**/*.conf"], "rights": ["read"], "why": "test"},
            {"id": "keys", "paths": ["/etc/k/pki"], "rights": ["stat"], "depth": 2, "why": "test"}
        ],
        "processes": [
            {"id": "kubelet", "executables": ["kubelet"], "environment": ["K_DIR"], "why": "test"}
        ],
        "named": [
            {"id": "kubelet-config", "process": "kubelet", "flags": ["config"],
             "environment": ["K_DIR"], "rights": ["read"], "why": "test"}
        ],
        "fields": [
            {"id": "kubelet-ca", "documents": ["kubelet-config"],
             "pointers": ["/authentication/*/clientCAFile"], "rights": ["stat"], "why": "test"}
        ],
        "kubernetes": [
            {"id": "roles", "api-version": "rbac.authorization.k8s.io/v1",
             "resource": "clusterroles", "verbs": ["list"], "fields": ["/rules/*/verbs"],
             "why": "test"}
        ]
    }))
}

const ALL: &[&str] = &[
    "conf",
    "keys",
    "kubelet",
    "kubelet-config",
    "kubelet-ca",
    "roles",
];

fn node() -> FakeNode {
    FakeNode::new()
        .file("/etc/k/a.conf", 0o600, 0, 0, "a: 1\n---\nb: [x]\n")
        .file("/etc/k/d/b.conf", 0o644, 7, 0, "text")
        .file(
            "/etc/k/pki/ca.key",
            0o600,
            0,
            0,
            "-----BEGIN PRIVATE KEY-----",
        )
        .file(
            "/srv/kubelet/config.yaml",
            0o644,
            0,
            0,
            "authentication: {x509: {clientCAFile: pki/ca.crt}}",
        )
        .file("/srv/kubelet/pki/ca.crt", 0o644, 0, 0, "ca")
        .symlink("/lib", "srv")
        .process(FakeProcess::new(
            "kubelet",
            &["--config", "/lib/kubelet/config.yaml"],
        ))
}

fn kubelet(facts: &FakeFacts) -> Result<Rc<dyn crate::facts::Process>, Error> {
    let found = facts.find("kubelet")?;
    found
        .processes
        .first()
        .cloned()
        .ok_or_else(|| Error::refused(Cause::Other, "no kubelet".to_owned()))
}

#[test]
fn a_file_is_served_with_its_rights_and_no_others() -> Result<(), Error> {
    let facts = node().facts(&standard(), ALL);
    let file = facts.open("/etc/k/a.conf")?;
    assert_eq!(file.stat()?.mode, 0o600);
    assert_eq!(file.stat()?.owner.as_deref(), Some("root"));
    assert_eq!(file.read_document()?, ["{\"a\":1}", "{\"b\":[\"x\"]}"]);
    assert!(matches!(
        file.digest(),
        Err(Error {
            cause: Cause::Denied,
            ..
        })
    ));
    assert_eq!(facts.open("/etc/k/d/b.conf")?.stat()?.owner, None);
    let receipt = facts.cited(file.observation());
    assert_eq!(receipt.as_deref(), Some("path /etc/k/a.conf"));
    assert_eq!(facts.cited(1), None);
    Ok(())
}

#[test]
fn what_no_request_covers_is_denied() {
    let facts = node().facts(&standard(), &["keys"]);
    assert!(matches!(
        facts.open("/etc/k/a.conf"),
        Err(Error {
            cause: Cause::Denied,
            ..
        })
    ));
    assert!(matches!(
        facts.open("/etc/shadow"),
        Err(Error {
            cause: Cause::Denied,
            ..
        })
    ));
    assert!(matches!(
        facts.glob("conf"),
        Err(Error {
            cause: Cause::Denied,
            ..
        })
    ));
    assert!(matches!(
        facts.find("kubelet"),
        Err(Error {
            cause: Cause::Denied,
            ..
        })
    ));
    assert!(matches!(
        facts.list_objects("roles", None),
        Err(Error {
            cause: Cause::Denied,
            ..
        })
    ));
}

#[test]
fn children_open_as_deep_as_the_request_goes() -> Result<(), Error> {
    let node = node().file("/etc/k/pki/a/b/c", 0o600, 0, 0, "");
    let facts = node.facts(&standard(), ALL);
    let dir = facts.open("/etc/k/pki")?;
    assert_eq!(dir.children()?.paths, ["a", "ca.key"]);
    let deeper = dir.open_child("a")?;
    assert_eq!(deeper.children()?.paths, ["b"]);
    let deepest = deeper.open_child("b")?;
    assert!(matches!(
        deepest.children(),
        Err(Error {
            cause: Cause::Denied,
            ..
        })
    ));
    assert!(matches!(
        deepest.open_child("c"),
        Err(Error {
            cause: Cause::Denied,
            ..
        })
    ));
    assert!(matches!(
        dir.open_child("../x"),
        Err(Error {
            cause: Cause::Invalid,
            ..
        })
    ));
    let key = dir.open_child("ca.key")?;
    assert!(matches!(
        key.read_text(),
        Err(Error {
            cause: Cause::Denied,
            ..
        })
    ));
    Ok(())
}

#[test]
fn secrets_are_withheld_even_where_reading_was_asked_for() -> Result<(), Error> {
    let node = node()
        .file(
            "/etc/k/key.conf",
            0o600,
            0,
            0,
            "-----BEGIN RSA PRIVATE KEY-----",
        )
        .withheld("/etc/k/a.conf");
    let facts = node.facts(&standard(), ALL);
    for path in ["/etc/k/key.conf", "/etc/k/a.conf"] {
        assert!(matches!(
            facts.open(path)?.read_text(),
            Err(Error {
                cause: Cause::Withheld,
                ..
            })
        ));
    }
    Ok(())
}

#[test]
fn absent_unreadable_and_unrecorded_are_three_things() -> Result<(), Error> {
    let open = |node: FakeNode| node.facts(&standard(), ALL).open("/etc/k/a.conf").err();
    let fact = Fact::Path("/etc/k/a.conf".to_owned());
    assert!(matches!(
        open(node().lose(&fact, Loss::Gone)),
        Some(Error {
            cause: Cause::NotFound,
            ..
        })
    ));
    assert!(matches!(
        open(node().lose(&fact, Loss::Unknown)),
        Some(Error {
            cause: Cause::NotRecorded,
            ..
        })
    ));
    assert!(matches!(
        open(node().lose(&fact, Loss::Unreadable)),
        Some(Error {
            cause: Cause::NotPermitted,
            ..
        })
    ));
    let outside = node().scope(&["/srv/**"]).lose(&fact, Loss::Gone);
    assert!(matches!(
        open(outside),
        Some(Error {
            cause: Cause::NotRecorded,
            ..
        })
    ));

    let seen = |node: FakeNode| -> Result<_, Error> {
        let matches = node.facts(&standard(), ALL).glob("conf")?;
        Ok((matches.paths.len(), matches.complete))
    };
    assert_eq!(seen(node())?, (2, true));
    assert_eq!(seen(node().lose(&fact, Loss::Gone))?, (1, true));
    assert_eq!(seen(node().lose(&fact, Loss::Unknown))?, (1, false));
    assert_eq!(seen(node().lose(&fact, Loss::Unreadable))?, (2, true));
    assert_eq!(seen(node().unreadable("/etc/k/d"))?, (1, false));
    assert_eq!(seen(node().unreadable_contents("/etc/k"))?, (0, false));
    assert_eq!(seen(node().scope(&["/etc/k/**/*.conf"]))?, (2, true));
    let (_, complete) = seen(node().scope(&["/etc/k/a.conf"]))?;
    assert!(!complete);
    Ok(())
}

#[test]
fn a_flag_names_a_path_only_if_declared_and_only_its_own() -> Result<(), Error> {
    let facts = node().facts(&standard(), ALL);
    let process = kubelet(&facts)?;
    let config = process.open_named("--config", "/lib/kubelet/config.yaml")?;
    assert_eq!(config.stat()?.resolved_path, "/srv/kubelet/config.yaml");
    let refused = [
        ("--config", "/etc/shadow"),
        ("--kubeconfig", "/x"),
        ("HOME", "/x"),
    ];
    for (name, path) in refused {
        assert!(
            matches!(
                process.open_named(name, path),
                Err(Error {
                    cause: Cause::Denied,
                    ..
                })
            ),
            "{name}"
        );
    }
    let pointer = "/authentication/x509/clientCAFile";
    let ca = config.open_field(pointer, "pki/ca.crt")?;
    assert_eq!(ca.path(), "/lib/kubelet/pki/ca.crt");
    assert!(matches!(
        config.open_field(pointer, "/etc/shadow"),
        Err(Error {
            cause: Cause::Denied,
            ..
        })
    ));
    assert!(matches!(
        config.open_field("/kind", "x"),
        Err(Error {
            cause: Cause::Denied,
            ..
        })
    ));
    Ok(())
}

#[test]
fn every_way_to_write_a_flag_or_variable_names_its_path() -> Result<(), Error> {
    for args in [
        &["--config=/a"][..],
        &["-config=/a"],
        &["--config", "/a"],
        &["--config=/b,/a"],
    ] {
        let process = FakeProcess::new("kubelet", args).env("K_DIR", "/a");
        let node = FakeNode::new().file("/a", 0o600, 0, 0, "").process(process);
        let facts = node.facts(&standard(), ALL);
        kubelet(&facts)?.open_named("--config", "/a")?;
        kubelet(&facts)?.open_named("K_DIR", "/a")?;
    }
    Ok(())
}

#[test]
fn a_foreign_process_opens_nothing() -> Result<(), Error> {
    let process = FakeProcess::new("kubelet", &["--config=/etc/k/a.conf"]).place(Place::Foreign);
    let node = FakeNode::new()
        .file("/etc/k/a.conf", 0o600, 0, 0, "")
        .process(process);
    let facts = node.facts(&standard(), ALL);
    let opened = kubelet(&facts)?.open_named("--config", "/etc/k/a.conf");
    assert!(matches!(
        opened,
        Err(Error {
            cause: Cause::Denied,
            ..
        })
    ));
    Ok(())
}

#[test]
fn a_path_is_translated_by_the_longest_mount() -> Result<(), Error> {
    let process = FakeProcess::new("kubelet", &["--config=/data/x/c", "--config=/etc/none"])
        .mount("/data", "/srv")
        .mount("/data/x", "/opt");
    let node = FakeNode::new()
        .file("/opt/c", 0o600, 0, 0, "")
        .process(process);
    let facts = node.facts(&standard(), ALL);
    let process = kubelet(&facts)?;
    assert_eq!(
        process.open_named("--config", "/data/x/c")?.path(),
        "/opt/c"
    );
    let lost = process.open_named("--config", "/etc/none");
    assert!(matches!(
        lost,
        Err(Error {
            cause: Cause::BadPath,
            ..
        })
    ));
    Ok(())
}

#[test]
fn processes_match_by_executable_and_say_if_more_may_run() -> Result<(), Error> {
    let node = FakeNode::new()
        .process(FakeProcess::new("bash", &["kubelet", "--config=/a"]))
        .process(FakeProcess::new("kubelet", &[]).without_exe());
    let found = node.facts(&standard(), ALL).find("kubelet")?;
    assert_eq!(found.processes.len(), 1);
    assert_eq!(found.processes[0].info().identity, Identity::Weak);
    assert!(found.complete);
    for fact in [Fact::Process(1000, String::new()), Fact::ProcessTable] {
        let found = node
            .lose(&fact, Loss::Unknown)
            .facts(&standard(), ALL)
            .find("kubelet")?;
        assert!(!found.complete && !found.hint.is_empty());
    }
    Ok(())
}

#[test]
fn objects_are_pruned_and_paged_and_may_be_refused() -> Result<(), Error> {
    const RBAC: &str = "rbac.authorization.k8s.io/v1";
    let object = json!({
        "metadata": {"name": "a", "uid": "1"},
        "rules": [{"verbs": ["get"], "resources": ["pods"]}, {"resources": ["x"]}]
    });
    let list = json!({"items": vec![object; 60]}).to_string();
    let node = FakeNode::new().objects("clusterroles", RBAC, &list);
    let facts = node.facts(&standard(), ALL);
    let page = facts.list_objects("roles", None)?;
    assert_eq!(page.items.len(), 50);
    assert_eq!(
        page.items[0],
        json!({"metadata": {"name": "a"}, "rules": [{"verbs": ["get"]}, null]}).to_string()
    );
    let last = facts.list_objects("roles", page.next)?;
    assert_eq!((last.items.len(), last.next), (10, None));

    let asked = |node: FakeNode| {
        node.facts(&standard(), ALL)
            .list_objects("roles", None)
            .err()
    };
    let refused = asked(node.clone().forbidden("clusterroles", RBAC));
    assert!(matches!(
        refused,
        Some(Error {
            cause: Cause::NotPermitted,
            ..
        })
    ));
    assert!(matches!(
        asked(node.without_api()),
        Some(Error {
            cause: Cause::Unreachable,
            ..
        })
    ));
    assert!(matches!(
        asked(FakeNode::new()),
        Some(Error {
            cause: Cause::NotRecorded,
            ..
        })
    ));
    Ok(())
}

#[test]
fn a_node_record_reads_back_as_its_node() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::temp_dir().join(format!("cisb-fake-record-{}", std::process::id()));
    std::fs::create_dir_all(dir.join("root/etc/k"))?;
    std::fs::create_dir_all(dir.join("objects"))?;
    std::fs::write(dir.join("root/etc/k/a.conf"), "a: masked")?;
    std::fs::write(
        dir.join("objects/version.json"),
        r#"{"gitVersion":"v1.30.1"}"#,
    )?;
    std::fs::write(dir.join("objects/core_v1_pods.json"), r#"{"items":[{}]}"#)?;
    let file = |extra: Value| {
        let mut entry = json!({"kind": "file", "mode": "0640", "uid": 9, "gid": 0,
            "user": null, "group": "root", "size": 3, "sha256": "ab"});
        if let (Some(entry), Value::Object(extra)) = (entry.as_object_mut(), extra) {
            entry.extend(extra);
        }
        entry
    };
    let record = json!({
        "format": "cisb-node/1", "hostname": "n", "captured": "2026-01-01T00:00:00Z",
        "kubernetes": {"version": "v1.30.1"},
        "processes": [{"pid": 5, "comm": "kubelet", "exe": "/usr/bin/kubelet",
            "argv": ["kubelet", "--config=/in/a.conf"], "env": {},
            "cgroup": "/kubepods/burstable/pod0123456789abcdef0123456789abcdef/x",
            "mounts": [{"target": "/in", "source": "/etc/k"}]}],
        "entries": {
            "/etc": {"kind": "directory", "mode": "0755", "uid": 0, "gid": 0, "user": "root", "group": "root"},
            "/etc/k": {"kind": "directory", "mode": "0755", "uid": 0, "gid": 0, "user": "root", "group": "root"},
            "/etc/k/a.conf": file(json!({"content": "masked"})),
            "/etc/k/b.conf": file(json!({"content": "withheld"})),
            "/etc/k/c.conf": file(json!({"error": "not-permitted"})),
            "/etc/k/d.conf": {"error": "not-permitted"}
        },
        "scope": {"globs": ["/etc/**"], "processes": "partial"}
    });
    std::fs::write(dir.join("node.json"), record.to_string())?;
    let node = FakeNode::from_record(&dir)?;
    std::fs::remove_dir_all(&dir)?;

    let facts = node.facts(&standard(), ALL);
    let said = |e: Error| e.to_string();
    let a = facts.open("/etc/k/a.conf").map_err(said)?;
    assert_eq!(a.read_text().map_err(said)?, "a: masked");
    let stat = a.stat().map_err(said)?;
    assert_eq!((stat.owner, stat.group.as_deref()), (None, Some("root")));
    let read = |path: &str| facts.open(path).and_then(|e| e.read_text()).err();
    assert!(matches!(
        read("/etc/k/b.conf"),
        Some(Error {
            cause: Cause::Withheld,
            ..
        })
    ));
    assert!(matches!(
        read("/etc/k/c.conf"),
        Some(Error {
            cause: Cause::NotPermitted,
            ..
        })
    ));
    assert!(matches!(
        facts.open("/etc/k/d.conf"),
        Err(Error {
            cause: Cause::NotPermitted,
            ..
        })
    ));
    let found = facts.find("kubelet").map_err(said)?;
    assert!(!found.complete);
    assert_eq!(found.processes[0].info().place, Place::StaticPod);
    let opened = found.processes[0].open_named("--config", "/in/a.conf");
    assert_eq!(opened.map_err(said)?.path(), "/etc/k/a.conf");
    assert_eq!(facts.server_version().map_err(said)?.1, "v1.30.1");
    Ok(())
}
