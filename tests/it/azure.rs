//! Nodes of Azure Kubernetes Service and of Alibaba Cloud's ACK: which profile
//! is taken for them and for what only looks like them, and what it says.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Expected, Record, chosen, detect, expect, node};

/// What the chosen profile says of one of the project's records.
fn judged(record: &str, profile: &str, expected: &[Expected<'_>]) {
    let report = report(&node(record));
    assert_eq!(report["profiles"][0]["id"], profile, "{record}");
    expect(record, &report, expected);
}

fn report(record: &Path) -> Value {
    detect(record, &["--format", "json"]).report()
}

/// Scans a record with the profile that is found for it.
#[track_caller]
fn forget(record: &mut Record, paths: &[&str]) {
    let entries = record.node()["entries"].as_object_mut().unwrap();
    entries.retain(|path, _| !paths.iter().any(|gone| path.starts_with(gone)));
}

#[test]
fn a_node_of_aks_with_flags_only_is_found_and_judged() {
    judged(
        "aks-ubuntu-flags",
        "aks-1.8",
        &[
            ("2.1.1", "manual", "az monitor diagnostic-settings list"),
            ("3.1.1", "pass", "/var/lib/kubelet/kubeconfig has mode 600"),
            ("3.1.3", "pass", "/etc/kubernetes/azure.json has mode 600"),
            ("3.1.4", "pass", "root:root"),
            ("3.2.1", "pass", "--anonymous-auth"),
            ("3.2.7", "pass", "--event-qps"),
            ("4.1.1", "pass", ""),
            ("4.2.1", "pass", ""),
            ("4.4.1", "manual", "Node/aks-ubuntu-flags"),
            ("5.2.1", "pass", ""),
            ("5.3.1", "manual", "securityProfile.azureKeyVaultKms"),
            ("5.4.3", "pass", "no node has an ExternalIP"),
            ("5.4.4", "pass", "enforces NetworkPolicy"),
            ("5.4.5", "pass", "every Ingress names a certificate"),
        ],
    );
}

#[test]
fn a_node_of_aks_with_a_configuration_file_is_read_from_it() {
    let file = "of /etc/default/kubeletconfig.json";
    judged(
        "aks-azure-linux",
        "aks-1.7",
        &[
            ("3.2.1", "pass", file),
            ("3.2.3", "pass", file),
            ("3.2.4", "pass", file),
            ("3.2.9", "pass", ""),
            ("4.1.1", "error", "no API objects"),
            ("5.4.3", "error", "no API objects"),
            ("5.5.1", "manual", "disableLocalAccounts"),
        ],
    );
}

#[test]
fn a_weak_node_of_aks_fails() {
    judged(
        "aks-ubuntu-weak",
        "aks-1.0",
        &[
            ("3.1.1", "fail", "mode 666"),
            ("3.1.2", "fail", "azureuser:azureuser"),
            ("3.1.3", "fail", "/etc/default/kubelet has mode 666"),
            ("3.1.4", "fail", "azureuser:azureuser"),
            ("3.2.1", "fail", "is true"),
            ("3.2.2", "fail", "AlwaysAllow"),
            ("3.2.4", "fail", "10255"),
            ("3.2.8", "fail", "node-a"),
            ("4.1.1", "fail", "ClusterRoleBinding/everyone"),
            ("4.2.1", "fail", "Pod/default/web"),
            ("5.2.1", "fail", "ServiceAccount/default/default"),
            ("5.4.3", "fail", "Node/aks-ubuntu-weak"),
            ("5.4.4", "fail", "DaemonSet/kube-flannel/kube-flannel-ds"),
            ("5.4.5", "manual", "Ingress/default/web"),
        ],
    );
    let screen = detect(&node("aks-ubuntu-weak"), &[]).out;
    let screen = screen.split("== Scan ==").nth(1).unwrap();
    for part in [
        "Profile    aks-1.0",
        "of 54 checks",
        "Failed checks, the worst first",
        "3.2.1 critical",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
}

#[test]
fn what_an_aks_node_hides_is_no_pass() {
    let hidden = "/etc/default/kubeletconfig.json: not permitted";
    judged(
        "aks-ubuntu-unreadable",
        "aks-1.8",
        &[
            ("3.2.1", "error", hidden),
            ("3.2.6", "error", hidden),
            ("4.1.5", "error", "not listed"),
            ("5.4.3", "error", "could not be read"),
            ("5.4.5", "error", "could not be read"),
        ],
    );
}

#[test]
fn each_version_of_aks_gets_one_profile() {
    for (version, id) in [
        ("v1.19.11", "aks-1.0"),
        ("v1.24.17", "aks-1.0"),
        ("v1.25.16", "aks-1.8"),
        ("v1.28.15", "aks-1.8"),
        ("v1.29.15", "aks-1.7"),
        ("v1.31.13", "aks-1.7"),
        ("v1.32.9", "aks-1.8"),
        ("v1.37.0", "aks-1.8"),
    ] {
        let mut record = Record::of("aks-azure-linux");
        record.node()["kubernetes"] = json!({"version": version});
        let (found, why) = chosen(record.path());
        assert_eq!(found, id, "{version}: {why}");
    }
    // Found, but nothing states the version: a question, no guess.
    let mut record = Record::of("aks-azure-linux");
    record.node()["kubernetes"] = json!({"version": ""});
    let ran = detect(record.path(), &[]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    for part in ["which profile?", "aks-1.0", "aks-1.7", "aks-1.8"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert!(!ran.err.contains("cis-1."), "{}", ran.err);
}

#[test]
fn aks_is_found_by_its_label_its_image_or_its_layout() {
    let mut label = Record::of("aks-ubuntu-flags");
    forget(&mut label, &["/etc/kubernetes/azure.json", "/opt/azure"]);
    let (id, why) = chosen(label.path());
    assert_eq!(id, "aks-1.8");
    assert!(why.contains("label kubernetes.azure.com/cluster"), "{why}");

    let mut image = Record::of("aks-azure-linux");
    forget(&mut image, &["/etc/kubernetes/azure.json"]);
    let (id, why) = chosen(image.path());
    assert_eq!(id, "aks-1.7");
    assert!(why.contains("/opt/azure/containers/"), "{why}");

    let mut layout = Record::of("aks-azure-linux");
    forget(&mut layout, &["/opt/azure"]);
    let (id, why) = chosen(layout.path());
    assert_eq!(id, "aks-1.7");
    assert!(why.contains("/etc/kubernetes/azure.json is there"), "{why}");
}

/// The Node object of a machine of Azure that is in no cluster of AKS.
fn on_azure(record: &Record, version: &str) {
    let node = json!({"items": [{
        "metadata": {"name": "small", "labels": {"kubernetes.io/os": "linux"}},
        "spec": {"providerID": "azure:///subscriptions/0/resourceGroups/a/virtualMachines/small"},
        "status": {"nodeInfo": {"kubeletVersion": version}},
    }]});
    let folder = record.path().join("objects");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("core_v1_nodes.json"), node.to_string()).unwrap();
    let server = json!({"gitVersion": version}).to_string();
    std::fs::write(folder.join("version.json"), server).unwrap();
}

#[test]
fn a_cluster_of_ones_own_on_azure_is_no_aks() {
    // As Cluster API makes them: kubeadm's files, and azure.json.
    let mut capz = Record::of("kubeadm-worker").file("/etc/kubernetes/azure.json", "0600", "{}");
    capz.node()["kubernetes"] = json!({"version": "v1.31.4"});
    capz.node()["hostname"] = "small".into();
    on_azure(&capz, "v1.31.4");
    let (id, why) = chosen(capz.path());
    assert_eq!(id, "cis-1.11", "{why}");

    let kubelet = json!({
        "pid": 7, "ppid": 1, "uid": 0, "comm": "kubelet", "env": {},
        "exe": "/var/lib/rancher/rke2/bin/kubelet",
        "argv": ["kubelet", "--kubeconfig=/var/lib/rancher/rke2/agent/kubelet.kubeconfig"],
    });
    let mut rke2 = Record::new()
        .file("/etc/kubernetes/azure.json", "0600", "{}")
        .file("/etc/rancher/rke2/config.yaml", "0600", "")
        .process(kubelet);
    for folder in ["/etc/rancher", "/etc/rancher/rke2"] {
        rke2.node()["entries"][folder] = rke2.node()["entries"]["/etc"].clone();
    }
    rke2.node()["kubernetes"] = json!({"version": "v1.31.4+rke2r1"});
    on_azure(&rke2, "v1.31.4+rke2r1");
    let (id, why) = chosen(rke2.path());
    assert!(
        !id.starts_with("aks") && !id.starts_with("ack"),
        "{id}: {why}"
    );
}

#[test]
fn a_managed_control_plane_of_ack_is_not_applicable_and_the_rest_is_judged() {
    let elsewhere = "no process is kube-apiserver";
    judged(
        "ack-managed-worker",
        "ack-1.0",
        &[
            ("1.1.1", "not-applicable", elsewhere),
            (
                "1.1.7",
                "not-applicable",
                "no directory of units has etcd.service",
            ),
            ("1.2.5", "not-applicable", elsewhere),
            (
                "1.3.2",
                "not-applicable",
                "no process is kube-controller-manager",
            ),
            ("2.1", "not-applicable", ""),
            ("3.2.1", "not-applicable", elsewhere),
            ("4.1.9", "pass", "/var/lib/kubelet/config.yaml"),
            ("4.2.1", "pass", "of /var/lib/kubelet/config.yaml"),
            ("5.3.1", "pass", "eni-config leaves network policies on"),
            ("6.3.2", "manual", "master_url"),
            ("6.3.3", "pass", "no node has an ExternalIP"),
            ("6.3.4", "pass", "eni-config leaves network policies on"),
            ("6.3.5", "pass", ""),
            (
                "6.4.1",
                "pass",
                "every StorageClass of the disk driver encrypts",
            ),
            ("6.6.5", "pass", "no account has a stored token"),
        ],
    );
}

#[test]
fn a_dedicated_control_plane_of_ack_is_judged_where_it_runs() {
    judged(
        "ack-dedicated-weak",
        "ack-1.0",
        &[
            ("1.1.1", "fail", "mode 666"),
            ("1.1.7", "fail", "etcd.service has mode 666"),
            ("1.1.11", "fail", "/var/lib/etcd/data.etcd has mode 755"),
            ("1.1.12", "fail", "root:root"),
            ("1.2.2", "fail", "--token-auth-file"),
            ("1.2.5", "fail", "AlwaysAllow"),
            ("1.2.17", "fail", "8080"),
            ("1.3.7", "fail", "0.0.0.0"),
            ("2.2", "fail", "--client-cert-auth"),
            ("2.3", "fail", "--auto-tls"),
        ],
    );
    judged(
        "ack-dedicated-unreadable",
        "ack-1.0",
        &[
            (
                "1.1.1",
                "error",
                "/etc/kubernetes/manifests could not be searched",
            ),
            ("1.1.11", "error", "/var/lib/etcd/data.etcd: not permitted"),
            ("1.2.5", "pass", "--authorization-mode"),
            ("4.1.9", "error", "/var/lib/kubelet/config.yaml"),
            ("4.2.1", "error", "/var/lib/kubelet/config.yaml"),
        ],
    );
    judged(
        "ack-dedicated",
        "ack-1.0",
        &[
            (
                "1.1.1",
                "pass",
                "/etc/kubernetes/manifests/kube-apiserver.yaml",
            ),
            (
                "1.1.7",
                "pass",
                "/usr/lib/systemd/system/etcd.service has mode 644",
            ),
            ("1.1.8", "pass", "root:root"),
            ("1.1.11", "pass", "/var/lib/etcd/data.etcd has mode 700"),
            ("1.1.12", "pass", "etcd:etcd"),
            ("1.2.5", "pass", "--authorization-mode"),
            ("1.2.14", "pass", "PodSecurityPolicy"),
            ("1.2.17", "pass", "--insecure-port"),
            ("1.2.31", "fail", "--encryption-provider-config is not set"),
            ("2.1", "pass", "--cert-file"),
            ("2.2", "pass", "--client-cert-auth"),
            ("2.7", "pass", ""),
            ("3.2.1", "pass", "/etc/kubernetes/audit-policy.yml"),
        ],
    );
}

#[test]
fn ack_is_found_by_its_version_its_label_or_its_file() {
    let (id, why) = chosen(&node("ack-dedicated"));
    assert_eq!(id, "ack-1.0");
    assert!(why.contains("its version is v1.22.15-aliyun.1"), "{why}");

    let version = "v1.31.1";
    let mut file = Record::of("ack-managed-worker");
    std::fs::remove_dir_all(file.path().join("objects")).unwrap();
    file.node()["kubernetes"] = json!({"version": version});
    let (id, why) = chosen(file.path());
    assert_eq!(id, "ack-1.0");
    assert!(
        why.contains("kubelet-customized-args.conf is there"),
        "{why}"
    );

    let mut label = Record::of("ack-managed-worker");
    forget(
        &mut label,
        &["/etc/kubernetes/kubelet-customized-args.conf"],
    );
    label.node()["kubernetes"] = json!({"version": version});
    let server = label.path().join("objects/version.json");
    std::fs::write(server, json!({"gitVersion": version}).to_string()).unwrap();
    let (id, why) = chosen(label.path());
    assert_eq!(id, "ack-1.0");
    assert!(why.contains("label ack.aliyun.com"), "{why}");

    let mut neither = Record::of("ack-managed-worker");
    std::fs::remove_dir_all(neither.path().join("objects")).unwrap();
    forget(
        &mut neither,
        &["/etc/kubernetes/kubelet-customized-args.conf"],
    );
    neither.node()["kubernetes"] = json!({"version": version});
    let (id, why) = chosen(neither.path());
    assert_eq!(id, "cis-1.11", "{why}");
}
