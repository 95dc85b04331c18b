//! What only Alibaba Cloud's own API tells: of its registry, and of the API
//! server that a managed cluster hides.

use cisb_sdk::contract::manifest::Severity::{High, Medium};

use crate::control::Control;
use crate::platform::rules::asked;

/// Over the registry, ACR.
pub(super) fn registries() -> Vec<Control> {
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
pub(super) fn cluster() -> Vec<Control> {
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
