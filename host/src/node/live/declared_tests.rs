//! What units in a tree would start, and what nobody can tell of them.

use std::fs;
use std::path::Path;

use super::super::files::{Root, Tree};
use super::*;

const UNIT: &str = "etc/systemd/system/kubelet.service";

/// A tree with these files.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn read(root: &Path) -> Declared {
    Declared::read(&Tree(Root::open(root).unwrap()), "nothing runs")
}

fn kubelet(files: &[(&str, &str)]) -> Process {
    let folder = tree(files);
    let mut declared = read(folder.path());
    assert_eq!(declared.table.processes.len(), 1, "{:?}", declared.table);
    declared.table.processes.remove(0)
}

fn argv(files: &[(&str, &str)]) -> Vec<String> {
    let process = kubelet(files);
    assert_eq!(process.error, None);
    process.argv
}

#[test]
fn a_unit_as_kubeadms_packages_put_it() {
    let process = kubelet(&[
        (
            "usr/lib/systemd/system/kubelet.service",
            "[Unit]\nDescription=k\n[Service]\nExecStart=/usr/bin/kubelet\nRestart=always\n",
        ),
        (
            "usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
            "# set by packages\n[Service]\n\
             Environment=\"KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/b --kubeconfig=/k\"\n\
             Environment=\"KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml\"\n\
             EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\n\
             EnvironmentFile=-/etc/default/kubelet\n\
             ExecStart=\n\
             ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS \\\n  \
             $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS\n",
        ),
        (
            "var/lib/kubelet/kubeadm-flags.env",
            "KUBELET_KUBEADM_ARGS=\"--node-ip=10.0.0.5 --pod-infra-container-image=p\"\n",
        ),
    ]);
    assert_eq!(
        process.argv,
        [
            "/usr/bin/kubelet",
            "--bootstrap-kubeconfig=/b",
            "--kubeconfig=/k",
            "--config=/var/lib/kubelet/config.yaml",
            "--node-ip=10.0.0.5",
            "--pod-infra-container-image=p",
        ]
    );
    assert_eq!(process.exe.as_deref(), Some("/usr/bin/kubelet"));
    assert_eq!((&*process.comm, process.error), ("kubelet", None));
    assert_eq!(
        process.declared.as_deref(),
        Some("/usr/lib/systemd/system/kubelet.service")
    );
}

#[test]
fn words_and_variables_are_read_as_systemd_reads_them() {
    let service =
        |command: &str| format!("[Service]\nEnvironment=A=1 'B=2 3' C=\nExecStart={command}\n");
    for (command, wanted) in [
        ("/k --a=${A} --b=${B} $B $C ${C}", "/k|--a=1|--b=2 3|2|3|"),
        ("/k 'a b' \"c\\\"d\" e\\ f", "/k|a b|c\"d|e f"),
        ("-/k $$A 100%%", "/k|$A|100%"),
        ("@/k zero --a", "zero|--a"),
        (":/k $A", "/k|$A"),
        ("/k $NONE ${NONE}x", "/k|x"),
    ] {
        let unit = service(command);
        assert_eq!(argv(&[(UNIT, &unit)]).join("|"), wanted, "{command}");
    }
}

#[test]
fn what_only_systemd_knows_is_not_known() {
    for (unit, why) in [
        ("[Service]\nExecStart=/k --name=%H\n", "only systemd knows"),
        ("[Service]\nExecStart=/k 'a\n", "never closed"),
        (
            "[Service]\nEnvironmentFile=/etc/needed\nExecStart=/k\n",
            "/etc/needed: not found",
        ),
    ] {
        let process = kubelet(&[(UNIT, unit)]);
        assert!(process.argv.is_empty(), "{process:?}");
        assert!(process.error.as_ref().unwrap().contains(why), "{process:?}");
    }
}

#[test]
fn the_first_directory_wins_and_a_masked_unit_starts_nothing() {
    let two = [
        (
            "lib/systemd/system/kubelet.service",
            "[Service]\nExecStart=/b\n",
        ),
        (UNIT, "[Service]\nExecStart=/a\n"),
    ];
    assert_eq!(argv(&two), ["/a"]);
    let folder = tree(&two[..1]);
    fs::create_dir_all(folder.path().join("etc/systemd/system")).unwrap();
    std::os::unix::fs::symlink("/dev/null", folder.path().join(UNIT)).unwrap();
    assert!(read(folder.path()).table.processes.is_empty());
}

#[test]
fn a_unit_that_cannot_be_read_is_known_by_its_name_only() {
    let folder = tree(&[]);
    let path = folder.path().join(UNIT);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, b"[Service]\nExecStart=/\xff\n").unwrap();
    let declared = read(folder.path());
    let process = &declared.table.processes[0];
    assert_eq!((&*process.comm, &process.exe), ("kubelet", &None));
    assert!(process.error.as_ref().unwrap().contains("UTF-8"));
    assert!(!declared.table.complete);
}

#[test]
fn variables_are_handed_out_by_name() {
    let folder = tree(&[(
        "usr/lib/systemd/system/etcd.service",
        "[Service]\nEnvironment=ETCD_NAME=a ETCD_DATA_DIR=/d\nExecStart=etcd\n",
    )]);
    fs::create_dir_all(folder.path().join("usr/bin")).unwrap();
    fs::write(folder.path().join("usr/bin/etcd"), "").unwrap();
    let declared = read(folder.path());
    let process = &declared.table.processes[0];
    assert_eq!(process.exe.as_deref(), Some("/usr/bin/etcd"));
    let some = declared.environment(process.pid, &["ETCD_DATA_DIR".to_owned()]);
    assert_eq!(
        some.unwrap(),
        BTreeMap::from([("ETCD_DATA_DIR".to_owned(), "/d".to_owned())])
    );
    assert_eq!(declared.translate(process.pid, "/d").unwrap(), "/d");
    assert!(declared.translate(99, "/d").is_err());
}
