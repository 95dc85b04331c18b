//! Opening a node: what it is called, and what is refused.

use std::fs;

use super::*;
use crate::node::NoCluster;

#[test]
fn the_name_is_given_or_the_trees_own() {
    let tree = tempfile::tempdir().unwrap();
    let open_as = |name| {
        open(tree.path(), None, name, Box::new(NoCluster))
            .unwrap()
            .identity
    };
    assert_eq!(open_as(None).name, "");
    fs::create_dir(tree.path().join("etc")).unwrap();
    fs::write(tree.path().join("etc/hostname"), "# static\n\n worker-1 \n").unwrap();
    let identity = open_as(None);
    assert_eq!(
        (identity.name.as_str(), identity.origin),
        ("worker-1", Origin::Tree)
    );
    assert_eq!(identity.platform, "");
    assert!(identity.source.contains(tree.path().to_str().unwrap()));
    assert_eq!(open_as(Some("other")).name, "other");
    fs::write(tree.path().join("etc/hostname"), "bad\x1b[31m\n").unwrap();
    assert_eq!(open_as(None).name, "");
}

#[test]
fn this_machine_opens() {
    let root = Path::new("/");
    let node = open(root, Some(Path::new("/proc")), None, Box::new(NoCluster)).unwrap();
    assert_eq!(node.identity.origin, Origin::Live);
    assert_eq!(node.identity.source, "live: root /, processes /proc");
    assert!(node.identity.platform.starts_with("linux/"));
    assert!(!node.identity.name.is_empty());
    assert!(node.files.find("/etc/passwd").is_ok());
    assert!(!node.processes.table().unwrap().processes.is_empty());
    assert!(!node.cluster.present());
}

#[test]
fn a_tree_has_no_processes_to_speak_of() {
    let tree = tempfile::tempdir().unwrap();
    let node = open(tree.path(), None, None, Box::new(NoCluster)).unwrap();
    let table = node.processes.table().unwrap();
    assert!(table.processes.is_empty() && !table.complete);
    assert!(table.hint.contains("--proc"), "{}", table.hint);
    assert!(node.processes.environment(1, &[]).is_err());
    assert!(node.processes.translate(1, "/x").is_err());
}

#[test]
fn what_cannot_be_opened_is_named() {
    let tree = tempfile::tempdir().unwrap();
    let file = tree.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.as_path(), Path::new("/no/such/place")] {
        let error = open(path, None, None, Box::new(NoCluster))
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains(path.to_str().unwrap()) && error.contains("--root"),
            "{error}"
        );
        let error = open(tree.path(), Some(path), None, Box::new(NoCluster));
        let error = error.err().unwrap().to_string();
        assert!(
            error.contains(path.to_str().unwrap()) && error.contains("--proc"),
            "{error}"
        );
    }
}
