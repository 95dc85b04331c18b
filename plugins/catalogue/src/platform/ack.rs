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
                &["/status/numberReady"],
                "whether Terway runs",
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
        .chain(registries())
        .chain(cluster())
        .chain(network())
        .chain(hardening());
    for control in own {
        put(controls, control);
    }
}

/// Over the registry, ACR.
fn registries() -> Vec<Control> {
    vec![
        asked(
            "ack-images-scanned",
            "registry",
            High,
            "whether images are scanned is known in the registry's API only",
            (
                "look at aliyun cr ListRepoTagScanResult --InstanceId ID --RepoId REPO --Tag TAG \
                 for images that run here, and at Security > Image Scan of the instance",
                "scans at every push, of every repository that pods pull from, and nobody \
                 deploys what they find; or a scanner of another vendor",
            ),
        ),
        asked(
            "ack-registry-users-minimal",
            "registry",
            Medium,
            "who may use the registry is known in Alibaba Cloud's API only",
            (
                "look at aliyun ram ListEntitiesForPolicy --PolicyType System --PolicyName \
                 AliyunContainerRegistryFullAccess and at aliyun cr GetInstanceEndpoint \
                 --InstanceId ID --EndpointType internet",
                "few users with full access, pipelines with rights on their repositories only; \
                 AclEnable true with your networks in AclEntries, or Enable false",
            ),
        ),
        asked(
            "ack-registry-pull-only",
            "registry",
            Medium,
            "what the cluster may do to the registry is known in Alibaba Cloud's API only",
            (
                "look at aliyun ram ListPoliciesForRole --RoleName KubernetesWorkerRole-CLUSTER \
                 and at the account in kube-system/acr-configuration",
                "of the registry cr:GetAuthorizationToken and cr:PullRepository only",
            ),
        ),
        asked(
            "ack-registries-approved",
            "registry",
            Medium,
            "which registries are approved, and whether a policy denies the others",
            (
                "look at kubectl get ackallowedrepos -o yaml: the constraints of ACK's policy \
                 governance",
                "enforcementAction deny, the namespaces of workloads in match, and your \
                 registries only in parameters.repos",
            ),
        ),
    ]
}

/// Over the API server that a managed cluster hides.
fn cluster() -> Vec<Control> {
    vec![
        asked(
            "ack-kubeconfigs-revocable",
            "kube-apiserver",
            High,
            "who holds which kubeconfig is known in Alibaba Cloud's API only",
            (
                "look at aliyun cs ListClusterKubeconfigStates --ClusterId CLUSTER",
                "no state of a user who has left or lost a kubeconfig; who does so knows aliyun \
                 cs RevokeK8sClusterKubeConfig --ClusterId CLUSTER, which withdraws the caller's",
            ),
        ),
        asked(
            "ack-secrets-encrypted",
            "kube-apiserver",
            High,
            "how a managed etcd is encrypted is known in Alibaba Cloud's API only",
            (
                "look at Secret Encryption under Cluster Information > Basic Information, or at \
                 encryption_provider_key where Terraform keeps the cluster",
                "enabled with a key of KMS that you rotate (aliyun cs UpdateKMSEncryption with \
                 disable_encryption false and kms_key_id; managed Pro clusters only)",
            ),
        ),
        asked(
            "ack-endpoint-restricted",
            "kube-apiserver",
            High,
            "who can reach the API server is known in Alibaba Cloud's API only",
            (
                "look at aliyun slb DescribeAccessControlListAttribute of the list of the load \
                 balancer that has the address in master_url of aliyun cs DescribeClusterDetail \
                 --ClusterId CLUSTER",
                "access control on its port 6443 that allows your networks only",
            ),
        ),
        asked(
            "ack-endpoint-private",
            "kube-apiserver",
            High,
            "whether the API server has a public address is known in Alibaba Cloud's API only",
            (
                "look at master_url of aliyun cs DescribeClusterDetail --ClusterId CLUSTER",
                "an empty api_server_endpoint: only intranet_api_server_endpoint has an address",
            ),
        ),
        asked(
            "ack-audit-enabled",
            "kube-apiserver",
            High,
            "whether the cluster's audit log is kept is known in Alibaba Cloud's API only",
            (
                "look at aliyun cs GetClusterAuditProject --clusterid CLUSTER",
                "audit_enabled true, and in sls_project_name a project that keeps events long \
                 enough",
            ),
        ),
    ]
}

fn network() -> Vec<Control> {
    vec![
        nodes_private("ack-nodes-private", Medium),
        Control {
            name: "ack-network-policy-engine",
            component: "kubernetes",
            severity: High,
            uses: &["provider-daemonsets", "provider-configmaps"],
            decided: ByFacts("whether Terway runs, and its ConfigMap eni-config"),
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
                        "words": "Terway runs",
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
