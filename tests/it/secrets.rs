//! Secrets do not enter the guest, and leave the host in no output: canaries
//! are planted wherever a node keeps one.

use serde_json::json;

use crate::harness::{Record, cis, scan};

const CANARY: &str = "CANARY0secret0CANARY";

fn node() -> Record {
    let mut record = Record::of("kubeadm-control-plane");
    for process in record.node()["processes"].as_array_mut().unwrap() {
        let argv = process["argv"].as_array_mut().unwrap();
        argv.push(json!(format!("--token={CANARY}")));
        argv.push(json!("--password"));
        argv.push(json!(CANARY));
        argv.push(json!(format!(
            "--datastore-endpoint=postgres://u:{CANARY}@db/k"
        )));
        process["env"] = json!({
            "ETCD_INITIAL_CLUSTER_TOKEN": CANARY,
            "AWS_SECRET_ACCESS_KEY": CANARY,
            "DATASTORE_ENDPOINT": format!("mysql://u:{CANARY}@tcp(db)/k"),
        });
    }
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers:\n- name: u\n  user:\n    \
         token: {CANARY}\n    password: {CANARY}\n    client-key-data: {CANARY}\n"
    );
    let encryption = format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- \
         resources: [secrets]\n  providers:\n  - aescbc:\n      keys:\n      - name: k\n        \
         secret: {CANARY}\n  - identity: {{}}\n"
    );
    let key = format!("-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n");
    record
        .file("/etc/kubernetes/admin.conf", "0600", &kubeconfig)
        .file("/etc/kubernetes/kubelet.conf", "0600", &kubeconfig)
        .file("/etc/kubernetes/scheduler.conf", "0600", &kubeconfig)
        .file("/etc/kubernetes/encryption.yaml", "0600", &encryption)
        .file("/etc/kubernetes/pki/ca.key", "0600", &key)
        .file("/etc/kubernetes/pki/apiserver.key", "0600", &key)
        .file(
            "/etc/kubernetes/cloud.conf",
            "0600",
            &format!("[Global]\npassword={CANARY}\n"),
        )
        .file("/etc/shadow", "0640", &format!("root:{CANARY}:1::::::\n"))
        .file(
            "/root/.docker/config.json",
            "0600",
            &format!(r#"{{"auths": {{"r": {{"auth": "{CANARY}"}}}}}}"#),
        )
        .file(
            "/etc/rancher/k3s/config.yaml",
            "0600",
            &format!("token: {CANARY}\ndatastore-endpoint: \"postgres://u:{CANARY}@db/k\"\n"),
        )
}

#[test]
fn a_planted_secret_leaves_in_no_report_no_log_and_no_pack() {
    let record = node();
    let folder = tempfile::tempdir().unwrap();
    for format in ["text", "json", "kube-bench"] {
        let pack = folder.path().join(format);
        let ran = scan(
            &cis(),
            record.path(),
            &["--format", format, "--evidence", pack.to_str().unwrap()],
        );
        assert!(matches!(ran.code, 0 | 1 | 4), "{format}: {}", ran.err);
        for output in [&ran.out, &ran.err] {
            assert!(!output.contains(CANARY), "{format}: {}", around(output));
        }
        assert!(pack.exists(), "{format}: no evidence was kept");
        absent_below(&pack);
    }
}

fn absent_below(path: &std::path::Path) {
    if path.is_dir() {
        for entry in path.read_dir().unwrap() {
            absent_below(&entry.unwrap().path());
        }
        return;
    }
    let bytes = std::fs::read(path).unwrap();
    assert!(
        !bytes
            .windows(CANARY.len())
            .any(|window| window == CANARY.as_bytes()),
        "{}",
        path.display()
    );
}

fn around(text: &str) -> &str {
    text.lines()
        .find(|line| line.contains(CANARY))
        .unwrap_or_default()
}
