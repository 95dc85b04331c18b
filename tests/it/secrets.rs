//! Secrets do not enter the guest, and leave the host in no output: canaries
//! are planted wherever a node keeps one.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Ran, Record, cis, findings, guest, node, scan};
use crate::machine::{Machine, Quiet, as_root};

/// What every planted secret begins with; each ends in the name of its place.
const CANARY: &str = "s3kr1tCANARY";

fn canary(place: &str) -> String {
    format!("{CANARY}{place}")
}

/// A control plane whose every file, argument and object holds a secret.
fn planted() -> Record {
    let mut record = Record::of("kubeadm-control-plane");
    for process in record.node()["processes"].as_array_mut().unwrap() {
        let is_server = process["comm"] == "kube-apiserver";
        let argv = process["argv"].as_array_mut().unwrap();
        argv.push(json!(format!("--token={}", canary("FlagWithValue"))));
        argv.push(json!("--password"));
        argv.push(json!(canary("FlagBeforeValue")));
        argv.push(json!(format!(
            "--datastore-endpoint=postgres://u:{}@db/k",
            canary("Endpoint")
        )));
        if is_server {
            argv.push(json!(
                "--encryption-provider-config=/etc/kubernetes/encryption.yaml"
            ));
        }
        process["env"] = json!({
            "ETCD_INITIAL_CLUSTER_TOKEN": canary("EtcdToken"),
            "ETCD_CERT_FILE": format!("https://u:{}@h/cert", canary("DeclaredVariable")),
            "AWS_SECRET_ACCESS_KEY": canary("CloudVariable"),
            "DATASTORE_ENDPOINT": format!("mysql://u:{}@tcp(db)/k", canary("EndpointVariable")),
        });
    }
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers:\n- name: u\n  user:\n    \
         token: {}\n    password: {}\n    client-key-data: {}\n",
        canary("Token"),
        canary("Password"),
        canary("KeyData")
    );
    let encryption = format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- \
         resources: [secrets]\n  providers:\n  - aescbc:\n      keys:\n      - name: k\n        \
         secret: {}\n  - secretbox: {{keys: [{{name: k, secret: {}}}]}}\n  - identity: {{}}\n",
        canary("Aescbc"),
        canary("Secretbox")
    );
    let key = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        canary("Key")
    );
    let pod = format!(
        "# password: {}\napiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: kube-system}}\n\
         spec:\n  containers:\n  - name: c\n    command: [c, --token={}]\n    env:\n    - name: \
         DB_PASSWORD\n      value: {}\n",
        canary("Comment"),
        canary("PodFlag"),
        canary("PodVariable")
    );
    // A parser that shows what it cannot parse would tell.
    let broken = format!("token: {}\n  kind: [Pod\n", canary("Broken"));
    let config = node("kubeadm-control-plane").join("root/var/lib/kubelet/config.yaml");
    let kubelet = format!(
        "{}staticPodURLHeader:\n  Authorization: [\"Bearer {}\"]\n",
        std::fs::read_to_string(config).unwrap(),
        canary("Header")
    );
    record
        .file("/etc/kubernetes/admin.conf", "0600", &kubeconfig)
        .file("/etc/kubernetes/kubelet.conf", "0600", &kubeconfig)
        .file("/etc/kubernetes/scheduler.conf", "0600", &kubeconfig)
        .file("/etc/kubernetes/encryption.yaml", "0600", &encryption)
        .file("/etc/kubernetes/manifests/planted.yaml", "0600", &pod)
        .file("/etc/kubernetes/manifests/broken.yaml", "0600", &broken)
        .file("/var/lib/kubelet/config.yaml", "0600", &kubelet)
        .file("/etc/kubernetes/pki/ca.key", "0600", &key)
        .file("/etc/kubernetes/pki/apiserver.key", "0600", &key)
        // A key under the name of a certificate.
        .file("/etc/kubernetes/pki/ca.crt", "0600", &key)
        .file(
            "/etc/kubernetes/cloud.conf",
            "0600",
            &format!("[Global]\npassword={}\n", canary("Cloud")),
        )
        .file(
            "/etc/shadow",
            "0640",
            &format!("root:{}:1::::::\n", canary("Shadow")),
        )
        .file(
            "/root/.docker/config.json",
            "0600",
            &json!({"auths": {"r": {"auth": canary("Registry")}}}).to_string(),
        )
        .file(
            "/etc/rancher/k3s/config.yaml",
            "0600",
            &format!(
                "token: {}\ndatastore-endpoint: \"postgres://u:{}@db/k\"\n",
                canary("K3s"),
                canary("K3sEndpoint")
            ),
        )
}

/// The same with secrets in the API's objects.
fn with_objects() -> Record {
    let record = planted();
    let objects = record.path().join("objects");
    for entry in objects.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let mut list: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for object in list["items"].as_array_mut().into_iter().flatten() {
            let applied = "kubectl.kubernetes.io/last-applied-configuration";
            object["metadata"]["annotations"][applied] = json!(format!(
                "{{\"data\":{{\"x\":\"{}\"}}}}",
                canary("LastApplied")
            ));
            for container in object["spec"]["containers"]
                .as_array_mut()
                .into_iter()
                .flatten()
            {
                container["env"] = json!([
                    {"name": "DB_PASSWORD", "value": canary("ContainerVariable")},
                    {"name": "URL", "value": format!("amqp://u:{}@q/", canary("ContainerUrl"))},
                ]);
            }
        }
        std::fs::write(&path, list.to_string()).unwrap();
    }
    let secrets = json!({"apiVersion": "v1", "kind": "SecretList", "metadata": {}, "items": [{
        "metadata": {"name": "s", "namespace": "default"},
        "type": "Opaque",
        "data": {"x": canary("SecretData")},
        "stringData": {"y": canary("SecretString")},
    }]});
    std::fs::write(objects.join("core_v1_secrets.json"), secrets.to_string()).unwrap();
    record
}

const FORMATS: [&str; 3] = ["text", "json", "kube-bench"];

#[test]
fn a_planted_secret_leaves_in_no_report_no_log_and_no_pack() {
    let record = with_objects();
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let pack = folder.path().join(format);
        let pack = pack.to_str().unwrap();
        let more = ["--format", format, "--evidence", pack, "--log", "trace"];
        let ran = scan(&cis(), record.path(), &more);
        tells_nothing(format, &ran);
        absent_below(Path::new(pack));
        // Nor does a scan of what was kept, nor what that keeps.
        let again = format!("{pack}-again");
        let more = ["--format", format, "--evidence", &again];
        tells_nothing(format, &scan(&cis(), Path::new(pack), &more));
        absent_below(Path::new(&again));
    }
}

#[test]
fn a_planted_secret_leaves_in_nothing_that_is_told_of_a_live_machine() {
    let (Some(()), Some(quiet)) = (as_root(), Quiet::wait()) else {
        return;
    };
    let record = planted();
    let machine = Machine::of(&quiet, record.path());
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let pack = folder.path().join(format);
        let pack = pack.to_str().unwrap();
        let ran = machine.scan(&["--format", format, "--evidence", pack, "--log", "trace"]);
        tells_nothing(format, &ran);
        absent_below(Path::new(pack));
    }
    let taken = folder.path().join("taken");
    let ran = machine.collect(&taken);
    assert_eq!(ran.code, 0, "{ran:?}");
    absent_below(&taken);
}

#[test]
fn a_guest_that_asks_for_everything_of_a_key_gets_stat_and_digest() {
    let ran = scan(&guest("reads-keys"), planted().path(), &[]);
    let finding = findings(&ran.report())["1.1.1"].clone();
    // It fails where a canary came into its memory, whatever it says of it.
    assert_eq!(finding["verdict"], "pass", "{finding:#}");
    assert_eq!(finding["reason"], "no secret came in");
    let evidence = &finding["evidence"][0];
    assert_eq!(evidence["subject"], "/etc/kubernetes/pki/ca.key");
    let fact = evidence["fact"].as_str().unwrap();
    assert!(fact.contains("mode 0600, owner root:root"), "{fact}");
    assert!(fact.contains("sha256 "), "{fact}");
    tells_nothing("json", &ran);
}

#[test]
fn a_guest_that_looks_for_canaries_finds_one_that_is_no_secret() {
    // The test above is worth something only if its guest would see one.
    let text = "apiVersion: v1\nkind: Config\npreferences: {colour: CANARY}\n";
    let record = Record::of("kubeadm-control-plane");
    let record = record.file("/etc/kubernetes/admin.conf", "0600", text);
    let ran = scan(&guest("reads-keys"), record.path(), &[]);
    let finding = findings(&ran.report())["1.1.1"].clone();
    assert_eq!(finding["verdict"], "fail", "{finding:#}");
}

/// The scan was made, and neither output holds a secret.
fn tells_nothing(format: &str, ran: &Ran) {
    assert!(matches!(ran.code, 0 | 1 | 4), "{format}: {}", ran.err);
    for output in [&ran.out, &ran.err] {
        assert!(!output.contains(CANARY), "{format}: {}", around(output));
    }
}

fn absent_below(path: &Path) {
    if path.is_dir() {
        for entry in path.read_dir().unwrap() {
            absent_below(&entry.unwrap().path());
        }
        return;
    }
    let bytes = std::fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(
        !text.contains(CANARY),
        "{}: {}",
        path.display(),
        around(&text)
    );
}

fn around(text: &str) -> &str {
    text.lines()
        .find(|line| line.contains(CANARY))
        .unwrap_or_default()
}
