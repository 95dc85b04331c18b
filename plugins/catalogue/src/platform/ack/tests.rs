//! The controls of ACK on nodes and clusters that pass, fail, hide what
//! decides, and have nothing to judge.

use Verdict::{Fail, Manual, NotApplicable, Pass};
use cisb_sdk::fake::FakeNode;
use cisb_sdk::verdict::Verdict;

use super::PLATFORM;
use crate::platform::rules::cases::{Case, hold, holding, run};

const UNIT: &str = "/usr/lib/systemd/system/etcd.service";

fn unit(mode: u32, uid: u32) -> FakeNode {
    FakeNode::new().file(UNIT, mode, uid, uid, "[Service]\nExecStart=/usr/bin/etcd\n")
}

fn nodes(addresses: &str) -> FakeNode {
    let node =
        format!(r#"[{{"metadata": {{"name": "n"}}, "status": {{"addresses": {addresses}}}}}]"#);
    holding(&[("nodes", "v1", &node)])
}

const INSIDE: &str = r#"[{"type": "InternalIP"}, {"type": "Hostname"}]"#;
const OUTSIDE: &str = r#"[{"type": "InternalIP"}, {"type": "ExternalIP"}]"#;

fn terway(set: &str, data: &str) -> FakeNode {
    let sets = format!(r#"[{{"metadata": {{"name": "{set}", "namespace": "kube-system"}}}}]"#);
    let maps = format!(
        r#"[{{"metadata": {{"name": "eni-config", "namespace": "kube-system"}}, "data": {{{data}}}}}]"#
    );
    holding(&[
        ("daemonsets", "apps/v1", &sets),
        ("configmaps", "v1", &maps),
    ])
}

const ON: &str = r#""disable_network_policy": "false""#;
const OFF: &str = r#""disable_network_policy": "true""#;

fn web(ingress: &str, protocols: &str) -> FakeNode {
    let ingresses = format!(r#"[{{"metadata": {{"name": "i", "namespace": "a"}}, {ingress}}}]"#);
    let annotation = "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-protocol-port";
    let services = format!(
        r#"[{{"metadata": {{"name": "s", "namespace": "a", "annotations": {{"{annotation}": "{protocols}"}}}},
             "spec": {{"type": "LoadBalancer"}}}}]"#
    );
    holding(&[
        ("ingresses", "networking.k8s.io/v1", &ingresses),
        ("services", "v1", &services),
    ])
}

const TLS: &str = r#""spec": {"tls": [{"secretName": "t"}]}"#;

fn classes(provisioner: &str, parameters: &str) -> FakeNode {
    let class = format!(
        r#"[{{"metadata": {{"name": "c"}}, "provisioner": "{provisioner}", "parameters": {{{parameters}}}}}]"#
    );
    holding(&[("storageclasses", "storage.k8s.io/v1", &class)])
}

const DISKS: &str = "diskplugin.csi.alibabacloud.com";

fn pods(class: &str) -> FakeNode {
    let pod = format!(
        r#"[{{"metadata": {{"name": "p", "namespace": "a"}}, "spec": {{"runtimeClassName": "{class}"}}}}]"#
    );
    holding(&[("pods", "v1", &pod)])
}

fn accounts(secrets: &str) -> FakeNode {
    let account =
        format!(r#"[{{"metadata": {{"name": "x", "namespace": "a"}}, "secrets": {secrets}}}]"#);
    holding(&[("serviceaccounts", "v1", &account)])
}

fn cases() -> Vec<Case> {
    let unit_case = |control, bad| Case {
        control,
        good: (unit(0o644, 0), Pass),
        bad: (bad, Fail),
        hidden: unit(0o644, 0).unreadable(UNIT),
        nothing: (FakeNode::new(), NotApplicable),
    };
    vec![
        unit_case("ack-etcd-unit-mode-644", unit(0o664, 0)),
        unit_case("ack-etcd-unit-owner", unit(0o644, 1000)),
        Case {
            control: "ack-nodes-private",
            good: (nodes(INSIDE), Pass),
            bad: (nodes(OUTSIDE), Fail),
            hidden: nodes(INSIDE).forbidden("nodes", "v1"),
            nothing: (nodes("[]"), Manual),
        },
        Case {
            control: "ack-network-policy-engine",
            good: (terway("terway-eniip", ON), Pass),
            bad: (terway("terway-eniip", OFF), Fail),
            hidden: terway("terway-eniip", ON).forbidden("configmaps", "v1"),
            nothing: (terway("kube-flannel-ds", ON), Manual),
        },
        Case {
            control: "ack-load-balancers-use-tls",
            good: (web(TLS, "https:443"), Pass),
            bad: (web(TLS, "https:443,http:80"), Manual),
            hidden: web(TLS, "https:443").forbidden("services", "v1"),
            nothing: (
                holding(&[
                    ("ingresses", "networking.k8s.io/v1", "[]"),
                    ("services", "v1", "[]"),
                ]),
                NotApplicable,
            ),
        },
        Case {
            control: "ack-disks-encrypted",
            good: (classes(DISKS, r#""encrypted": "true""#), Pass),
            bad: (classes(DISKS, r#""type": "cloud_essd""#), Manual),
            hidden: classes(DISKS, "").forbidden("storageclasses", "storage.k8s.io/v1"),
            nothing: (classes("nasplugin.csi.alibabacloud.com", ""), NotApplicable),
        },
        Case {
            control: "ack-untrusted-workloads-sandboxed",
            good: (pods("runv"), Manual),
            bad: (pods("runc"), Manual),
            hidden: pods("runc").forbidden("pods", "v1"),
            nothing: (holding(&[("pods", "v1", "[]")]), Manual),
        },
        Case {
            control: "ack-tokens-projected",
            good: (accounts("[]"), Pass),
            bad: (accounts(r#"[{"name": "x-token-abcde"}]"#), Manual),
            hidden: accounts("[]").forbidden("serviceaccounts", "v1"),
            nothing: (holding(&[("serviceaccounts", "v1", "[]")]), Manual),
        },
    ]
}

/// What only Alibaba Cloud's API tells, and the command that asks it.
const ASKED: &[(&str, &str)] = &[
    ("ack-audit-enabled", "aliyun cs GetClusterAuditProject"),
    ("ack-confidential-computing", "tee_config.tee_enable"),
    ("ack-endpoint-private", "aliyun cs DescribeClusterDetail"),
    (
        "ack-endpoint-restricted",
        "aliyun slb DescribeAccessControlListAttribute",
    ),
    ("ack-images-scanned", "aliyun cr ListRepoTagScanResult"),
    (
        "ack-kubeconfigs-revocable",
        "aliyun cs ListClusterKubeconfigStates",
    ),
    ("ack-registries-approved", "kubectl get ackallowedrepos"),
    ("ack-registry-pull-only", "aliyun ram ListPoliciesForRole"),
    (
        "ack-registry-users-minimal",
        "aliyun cr GetInstanceEndpoint",
    ),
    ("ack-secrets-encrypted", "encryption_provider_key"),
    (
        "ack-security-center-enabled",
        "aliyun sas DescribeCloudCenterInstances",
    ),
];

#[test]
fn each_control_of_ack_passes_fails_and_says_when_it_cannot_tell() {
    hold(&PLATFORM, &cases(), ASKED);
}

#[test]
fn ack_units_that_are_not_there_are_not_judged() {
    for name in ["ack-etcd-unit-mode-644", "ack-etcd-unit-owner"] {
        let outcome = run(&PLATFORM, &FakeNode::new(), name);
        assert_eq!(outcome.verdict, NotApplicable);
        assert!(
            outcome
                .reason
                .contains("no directory of units has etcd.service"),
            "{}",
            outcome.reason
        );
    }
    let drop_in = "/etc/systemd/system/etcd.service.d/10-args.conf";
    let node = unit(0o644, 0).file(drop_in, 0o666, 0, 0, "[Service]\n");
    let outcome = run(&PLATFORM, &node, "ack-etcd-unit-mode-644");
    assert_eq!(outcome.verdict, Fail, "{outcome:#?}");
}

#[test]
fn a_switch_of_terway_that_is_not_set_is_a_persons_to_find() {
    let outcome = run(
        &PLATFORM,
        &terway("terway-eniip", ""),
        "ack-network-policy-engine",
    );
    assert_eq!(outcome.verdict, Manual, "{outcome:#?}");
}

#[test]
fn machines_are_named_where_the_api_server_knows_them() {
    let node = r#"[{"metadata": {"name": "n"}, "spec": {"providerID": "cn-hangzhou.i-1"}}]"#;
    let outcome = run(
        &PLATFORM,
        &holding(&[("nodes", "v1", node)]),
        "ack-security-center-enabled",
    );
    assert_eq!(outcome.actual, "1 nodes, the first cn-hangzhou.i-1");
}
