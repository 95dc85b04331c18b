//! Alibaba Cloud's Container Service for Kubernetes. A managed cluster's
//! control plane is Alibaba Cloud's and nowhere to be seen; a dedicated one's
//! runs on the customer's machines as kubeadm lays it out, with etcd as a unit.

use cisb_sdk::contract::manifest::Requests;
use cisb_sdk::contract::manifest::Severity::{High, Low, Medium};
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::files::Set;
use serde_json::json;

use super::rules::{
    asked, asked_of_nodes, code, file_pair, ingresses_use_tls, list, nodes_private, stat,
};
use super::{Code, Platform, Provider, put};
use crate::control::Control;
use crate::control::Decided::{ByFacts, ByPerson};

mod asked;
mod procedures;
#[cfg(test)]
mod tests;
mod words;

pub(super) const PLATFORM: Platform = Platform {
    name: "ack",
    code: Code::Cloud,
    globs: &[],
    requests,
    controls,
    words: &[words::WORDS],
    procedures: procedures::PROCEDURES,
    versions: super::kubeadm::PLATFORM.versions,
    provider: Some(Provider {
        name: "Alibaba Cloud",
        evidence: "its certificates and reports are in the Trust Center, \
                   https://www.alibabacloud.com/trust-center",
    }),
};

/// The unit that starts etcd on a dedicated cluster's masters.
const ETCD_UNIT: &str = "ack-etcd-unit";

fn requests() -> Requests {
    Requests {
        files: vec![stat(
            ETCD_UNIT,
            &[
                "/{etc,run,usr/lib,usr/local/lib,lib}/systemd/system/etcd.service",
                "/{etc,run,usr/lib,usr/local/lib,lib}/systemd/system/etcd.service.d/*.conf",
            ],
            "mode and owner of what starts etcd",
        )],
        kubernetes: [
            (
                "provider-nodes",
                "v1",
                "nodes",
                &["/spec/providerID", "/status/addresses/*/type"] as &[&str],
                "which machines there are, and whether they have public addresses",
            ),
            (
                "provider-daemonsets",
                "apps/v1",
                "daemonsets",
                &[],
                "whether Terway is there; names only",
            ),
            (
                "provider-configmaps",
                "v1",
                "configmaps",
                &["/data/disable_network_policy"],
                "whether Terway enforces network policies; this key only",
            ),
            (
                "provider-services",
                "v1",
                "services",
                &[
                    "/spec/type",
                    "/metadata/annotations/service.beta.kubernetes.io~1alibaba-cloud-loadbalancer-protocol-port",
                ],
                "which load balancers end TLS",
            ),
            (
                "provider-ingresses",
                "networking.k8s.io/v1",
                "ingresses",
                &["/spec/tls/*/secretName"],
                "which hosts are served with a certificate; its Secret's name only",
            ),
            (
                "provider-storageclasses",
                "storage.k8s.io/v1",
                "storageclasses",
                &["/provisioner", "/parameters/encrypted"],
                "whether new disks are encrypted",
            ),
            (
                "provider-pods",
                "v1",
                "pods",
                &["/spec/runtimeClassName"],
                "which pods run in a sandbox",
            ),
            (
                "provider-serviceaccounts",
                "v1",
                "serviceaccounts",
                &["/secrets/*/name"],
                "which accounts have a stored token; its Secret's name only",
            ),
        ]
        .iter()
        .map(list)
        .collect(),
        ..Requests::default()
    }
}

fn controls(controls: &mut Vec<Control>) {
    let files = file_pair(
        ["ack-etcd-unit-mode-644", "ack-etcd-unit-owner"],
        "etcd",
        High,
        &[ETCD_UNIT],
        "mode and owner of etcd's unit and every live drop-in",
        &[Set::Unit {
            request: ETCD_UNIT.to_owned(),
            name: "etcd.service".to_owned(),
        }],
    );
    let own = files
        .into_iter()
        .chain(asked::registries())
        .chain(asked::cluster())
        .chain(network())
        .chain(hardening());
    for control in own {
        put(controls, control);
    }
}

fn network() -> Vec<Control> {
    vec![
        nodes_private("ack-nodes-private", Medium),
        Control {
            name: "ack-network-policy-engine",
            component: "kubernetes",
            severity: High,
            uses: &["provider-daemonsets", "provider-configmaps"],
            decided: ByFacts("the DaemonSet of Terway and its ConfigMap eni-config"),
            rule: Rule::AllOf(vec![
                code(
                    "objects-configmaps",
                    json!({
                        "where": {"pointer": "/metadata/name", "is": ["eni-config"]},
                        "pointer": "/data/disable_network_policy",
                        "is": ["false"],
                        "absent": "manual",
                        "none": "manual",
                        "expected": "disable_network_policy: \"false\" in ConfigMap eni-config of \
                                     Terway; with Flannel network policies have no effect",
                        "words": "Terway's ConfigMap eni-config leaves network policies on",
                    }),
                ),
                code(
                    "objects-daemonsets",
                    json!({
                        "where": {"pointer": "/metadata/name", "is": ["terway*"]},
                        "pointer": "/metadata/namespace",
                        "is": ["kube-system"],
                        "otherwise": "manual",
                        "none": "manual",
                        "expected": "a DaemonSet of Terway in kube-system",
                        "words": "Terway is there",
                    }),
                ),
            ]),
        },
        Control {
            name: "ack-load-balancers-use-tls",
            component: "kubernetes",
            severity: Medium,
            uses: &["provider-ingresses", "provider-services"],
            decided: ByFacts("certificates of ingresses, and protocols of load balancers"),
            rule: Rule::AllOf(vec![
                ingresses_use_tls(
                    "spec.tls with a certificate, or one that the ALB ingress finds in \
                     Certificate Management Service",
                ),
                code(
                    "objects-services",
                    json!({
                        "where": {"pointer": "/spec/type", "is": ["LoadBalancer"]},
                        "pointer": "/metadata/annotations/service.beta.kubernetes.io~1alibaba-cloud-loadbalancer-protocol-port",
                        "is": ["https:443"],
                        "otherwise": "manual",
                        "none": "not-applicable",
                        "expected": "https:443, with a certificate in the annotation \
                                     alibaba-cloud-loadbalancer-cert-id; or TLS in the pods",
                        "words": "every load balancer ends TLS",
                    }),
                ),
            ]),
        },
    ]
}

/// Over disks, workloads and machines.
fn hardening() -> Vec<Control> {
    vec![
        Control {
            name: "ack-disks-encrypted",
            component: "kubernetes",
            severity: Medium,
            uses: &["provider-storageclasses"],
            decided: ByFacts("parameters of the StorageClasses that make disks"),
            rule: code(
                "objects-storageclasses",
                json!({
                    "where": {"pointer": "/provisioner", "is": ["diskplugin.csi.alibabacloud.com"]},
                    "pointer": "/parameters/encrypted",
                    "is": ["true"],
                    "otherwise": "manual",
                    "none": "not-applicable",
                    "expected": "encrypted: \"true\", and kmsKeyId where the key is yours; else \
                                 that no volume of the class holds data worth it",
                    "words": "every StorageClass of the disk driver encrypts",
                }),
            ),
        },
        asked_of_nodes(asked(
            "ack-security-center-enabled",
            "node",
            Medium,
            "whether machines are watched is known in Security Center only",
            (
                "look at aliyun sas DescribeCloudCenterInstances for the instances of the nodes",
                "ClientStatus online for each, and an edition of Security Center that watches \
                 containers",
            ),
        )),
        Control {
            name: "ack-untrusted-workloads-sandboxed",
            component: "kubernetes",
            severity: Medium,
            uses: &["provider-pods"],
            decided: ByPerson("which workloads are not trusted"),
            rule: code(
                "objects-pods",
                json!({
                    "where": {"pointer": "/spec/runtimeClassName", "is": ["runv*"]},
                    "pointer": "/spec/runtimeClassName",
                    "is": [],
                    "otherwise": "manual",
                    "expected": "workloads that nobody vouches for run sandboxed: \
                                 runtimeClassName runv",
                    "words": "none runs sandboxed; say which workloads are not trusted and what \
                              keeps them apart",
                }),
            ),
        },
        asked_of_nodes(asked(
            "ack-confidential-computing",
            "node",
            Low,
            "which data must be hidden from the provider too",
            (
                "look at tee_config.tee_enable in aliyun cs DescribeClusterNodePools --ClusterId \
                 CLUSTER, and say which workloads work on data that the machine must not see",
                "true for the node pool of such workloads; nothing to do where there are none",
            ),
        )),
        Control {
            name: "ack-tokens-projected",
            component: "kubernetes",
            severity: Medium,
            uses: &["provider-serviceaccounts"],
            decided: ByFacts("which accounts have a token stored in a Secret"),
            rule: code(
                "objects-serviceaccounts",
                json!({
                    "pointer": "/secrets/*/name",
                    "is": [],
                    "absent": "pass",
                    "otherwise": "manual",
                    "expected": "no Secret with a token: pods then get projected tokens, which expire",
                    "words": "no account has a stored token",
                }),
            ),
        },
    ]
}
