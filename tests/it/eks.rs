//! Amazon EKS through the door: which profile its nodes get, what they are not
//! taken for, and what the first screen says.

use serde_json::{Value, json};

use crate::harness::{Expected, Record, chosen, detect, expect, findings, node, profile, scan};

/// What a profile says of one of the project's records.
fn judged(id: &str, record: &str, expected: &[Expected<'_>]) {
    expect(
        record,
        &scan(&profile(id), &node(record), &[]).report(),
        expected,
    );
}

#[track_caller]
#[test]
fn each_node_of_amazon_eks_gets_its_profile_without_an_api() {
    for (record, id, why) in [
        ("eks-al2", "eks-1.5.0", "/etc/eks is there"),
        ("eks-al2023-cluster", "eks-1.8.0", "/etc/eks is there"),
        ("eks-al2023-weak", "eks-1.7.0", "/etc/eks is there"),
        ("eks-al2023-unreadable", "eks-1.8.0", "/etc/eks is there"),
        (
            "eks-bottlerocket",
            "eks-1.7.0",
            "/etc/kubernetes/kubelet/config is there",
        ),
    ] {
        let (found, said) = chosen(&node(record));
        assert_eq!(found, id, "{record}: {said}");
        assert!(said.contains(why), "{record}: {said}");
    }
}

#[test]
fn every_version_of_amazon_eks_gets_one_profile() {
    for (version, id) in [
        ("v1.15.12-eks-31566f", "eks-1.0.1"),
        ("v1.19.16-eks-25803e", "eks-1.0.1"),
        ("v1.20.15-eks-fb459a0", "eks-1.5.0"),
        ("v1.28.15-eks-1552ad0", "eks-1.5.0"),
        ("v1.29.15-eks-b707fbb", "eks-1.7.0"),
        ("v1.31.9-eks-5d4a308", "eks-1.7.0"),
        ("v1.32.5-eks-5d4a308", "eks-1.8.0"),
        ("v1.34.1-eks-113cf36", "eks-1.8.0"),
        ("v1.35.0-eks-ac2d5a0", "eks-1.8.0"),
    ] {
        let mut record = Record::of("eks-al2");
        record.node()["kubernetes"] = json!({"version": version});
        let (found, why) = chosen(record.path());
        assert_eq!(found, id, "{version}: {why}");
        assert_eq!(
            why.contains("newer than"),
            version.starts_with("v1.35"),
            "{why}"
        );
    }
}

/// A kubeadm worker whose Node object has these labels and this instance.
fn worker(labels: &Value) -> Record {
    let mut record = Record::of("kubeadm-worker");
    record.node()["kubernetes"] = json!({"version": "v1.33.1-eks-1-33-4"});
    let name = record.node()["hostname"].clone();
    let nodes = json!({"kind": "NodeList", "apiVersion": "v1", "items": [{
        "metadata": {"name": name, "labels": labels},
        "spec": {"providerID": "aws:///eu-west-1a/i-0eeeeeeeeeeeeeee5"},
    }]});
    let objects = record.path().join("objects");
    std::fs::create_dir_all(&objects).unwrap();
    std::fs::write(objects.join("core_v1_nodes.json"), nodes.to_string()).unwrap();
    std::fs::write(
        objects.join("version.json"),
        json!({"gitVersion": "v1.33.1-eks-1-33-4"}).to_string(),
    )
    .unwrap();
    record
}

#[test]
fn kubeadm_on_instances_of_aws_is_not_amazon_eks() {
    // EKS Distro has such a version too, on whatever made the cluster.
    let record = worker(&json!({"kubernetes.io/os": "linux"}));
    let (found, why) = chosen(record.path());
    assert_eq!(found, "cis-1.12", "{why}");
    let record = worker(&json!({"eks.amazonaws.com/nodegroup": "workers"}));
    let (found, why) = chosen(record.path());
    assert_eq!(found, "eks-1.8.0", "{why}");
    assert!(
        why.contains("it has the label eks.amazonaws.com/nodegroup"),
        "{why}"
    );
}

#[test]
fn bottlerocket_that_kubeadm_made_a_node_is_not_amazon_eks() {
    let mut record = Record::of("eks-bottlerocket");
    let folder = record.node()["entries"]["/var/lib"].clone();
    record.node()["entries"]["/var/lib/kubeadm"] = folder;
    let (found, why) = chosen(record.path());
    assert_eq!(found, "cis-1.11", "{why}");
}

#[test]
fn a_node_that_nobody_can_log_in_to_is_known_by_its_object() {
    let mut record = worker(&json!({"eks.amazonaws.com/compute-type": "auto"}));
    record.node()["processes"] = json!([]);
    record.node()["entries"] = json!({});
    let (found, why) = chosen(record.path());
    assert_eq!(found, "eks-1.8.0", "{why}");
    assert!(why.contains("eks.amazonaws.com/compute-type"), "{why}");
}

#[test]
fn the_first_screen_says_what_was_scanned_and_why() {
    let ran = detect(&node("eks-al2023-weak"), &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let screen = ran.out.split("== Scan ==").nth(1).unwrap();
    for part in [
        "Profile    eks-1.7.0",
        "Chosen     kubelet runs, /etc/eks is there, Kubernetes 1.30.14 (record)",
        "Coverage   assessed",
        "3.2.1",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
}

#[test]
fn a_good_cluster_passes_what_facts_decide_and_asks_for_the_rest() {
    judged(
        "eks-1.8.0",
        "eks-al2023-cluster",
        &[
            (
                "2.1.1",
                "manual",
                "aws eks describe-cluster --name NAME --query cluster.logging",
            ),
            ("3.1.1", "pass", "/var/lib/kubelet/kubeconfig has mode 644"),
            ("3.2.1", "pass", "/etc/kubernetes/kubelet/config.json"),
            ("4.1.7", "pass", "there is no aws-auth"),
            ("4.3.1", "pass", ""),
            ("5.2.1", "manual", "ServiceAccount/shop/web"),
            ("5.3.1", "manual", "cluster.encryptionConfig"),
            ("5.4.3", "pass", "no node reports a public address"),
            ("5.4.4", "pass", ""),
            ("5.4.5", "pass", ""),
        ],
    );
}

#[test]
fn a_weak_cluster_fails_by_the_drop_in_of_nodeadm_and_by_its_objects() {
    let drop_in = "/etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf";
    judged(
        "eks-1.7.0",
        "eks-al2023-weak",
        &[
            ("3.1.3", "fail", drop_in),
            ("3.2.1", "fail", drop_in),
            ("3.2.3", "fail", "not set"),
            ("3.2.4", "fail", "10255"),
            ("4.1.7", "manual", "ConfigMap/kube-system/aws-auth"),
            ("5.2.1", "fail", "ServiceAccount/default/default"),
            ("5.4.3", "fail", "Node/ip-10-0-3-9"),
            ("5.4.4", "fail", "DaemonSet/kube-system/aws-node"),
            ("5.4.5", "manual", "Service/default/web"),
        ],
    );
    judged(
        "eks-stig-kubernetes-v1r6",
        "eks-al2023-weak",
        &[
            ("V-242400", "fail", "AllAlpha"),
            ("V-242397", "fail", "/etc/kubernetes/manifests"),
            ("V-242393", "fail", "found /usr/sbin/sshd"),
            ("V-242394", "fail", "multi-user.target.wants/sshd.service"),
            ("V-242395", "fail", "kubernetes-dashboard-0"),
            ("V-242414", "manual", "hostPort"),
        ],
    );
}

#[test]
fn what_cannot_be_read_is_an_error_and_says_why() {
    judged(
        "eks-1.8.0",
        "eks-al2023-unreadable",
        &[
            ("3.2.1", "error", "40-nodeadm.conf: not permitted"),
            ("4.1.1", "error", "clusterroles: not permitted"),
            ("4.1.7", "error", "configmaps"),
            ("5.4.3", "error", "nodes: not permitted"),
            ("5.4.4", "error", "daemonsets: not permitted"),
        ],
    );
    judged(
        "eks-stig-kubernetes-v1r6",
        "eks-al2023-unreadable",
        &[
            ("V-242393", "error", ""),
            ("V-242394", "error", "multi-user.target.wants"),
            ("V-242395", "error", "not permitted"),
        ],
    );
}

#[test]
fn what_aws_runs_is_its_own_in_the_report() {
    let ran = scan(
        &profile("eks-stig-kubernetes-v1r6"),
        &node("eks-bottlerocket"),
        &[],
    );
    let mut count = 0;
    for (check, finding) in findings(&ran.report()) {
        if finding["ownership"] == "provider" {
            assert_eq!(finding["verdict"], "manual", "{check}");
            assert_eq!(finding["decision"], "provider-owned", "{check}");
            let reason = finding["reason"].as_str().unwrap();
            assert!(
                reason.contains("https://aws.amazon.com/artifact/"),
                "{check}: {reason}"
            );
            count += 1;
        }
    }
    assert_eq!(count, 47);
}

#[test]
fn without_an_api_no_check_of_the_cluster_passes() {
    for id in [
        "eks-1.0.1",
        "eks-1.1.0",
        "eks-1.2.0",
        "eks-1.5.0",
        "eks-1.7.0",
        "eks-1.8.0",
        "eks-stig-kubernetes-v1r6",
    ] {
        let report = scan(&profile(id), &node("eks-al2"), &[]).report();
        for (check, finding) in findings(&report) {
            let target = finding["target"].as_str().unwrap();
            let component = finding["component"].as_str().unwrap();
            if matches!(target, "policies" | "managedservices") && component != "kubelet" {
                assert!(
                    matches!(finding["verdict"].as_str(), Some("manual" | "error"))
                        || finding["verdict"] == "not-applicable" && component == "kube-proxy",
                    "{id} {check}: {finding}"
                );
            }
        }
    }
}
