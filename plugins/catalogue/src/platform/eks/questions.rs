//! What only AWS' API, IAM or a person's desk tells: the exact place to look,
//! and what it should show.

use cisb_sdk::contract::manifest::Severity::{self, High, Low, Medium};
use serde_json::json;

use super::controls::code;
use crate::control::Control;
use crate::control::Decided::ByPerson;

/// Control, severity, what a person decides, at what to look, what it should
/// show, and whether the instances are shown.
pub(super) type Question = (
    &'static str,
    Severity,
    &'static str,
    &'static str,
    &'static str,
    bool,
);

#[rustfmt::skip]
pub(super) const QUESTIONS: &[Question] = &[
    ("eks-control-plane-logging", High, "AWS' API says which logs are on",
     "run aws eks describe-cluster --name NAME --query cluster.logging.clusterLogging",
     "enabled true for api, audit, authenticator, controllerManager and scheduler", false),
    ("eks-audit-logs-kept", Medium, "CloudWatch says how long logs are kept, and who reads them",
     "run aws logs describe-log-groups --log-group-name-prefix /aws/eks/NAME/cluster --query 'logGroups[].[logGroupName,retentionInDays,kmsKeyId]', and who is alerted by them",
     "a log group, kept as long as your rules ask (no retentionInDays: for ever), and somebody who reads it", false),
    ("eks-ecr-scanning", High, "the registry says what it scans",
     "run aws ecr get-registry-scanning-configuration, and for registries elsewhere their own scanner",
     "ENHANCED, or rules with SCAN_ON_PUSH or CONTINUOUS_SCAN that match every repository", false),
    ("eks-ecr-user-access", Medium, "IAM says who may change images",
     "run aws ecr get-repository-policy --repository-name REPOSITORY for each, and in IAM the policies with ecr:PutImage, ecr:BatchDeleteImage or ecr:*",
     "only the pipelines that build an image may push it, and nobody deletes by a wildcard", false),
    ("eks-ecr-pull-only", High, "IAM says what the role of the nodes may do",
     "look at the role of each node group (aws eks describe-nodegroup --cluster-name NAME --nodegroup-name GROUP --query nodegroup.nodeRole): aws iam list-attached-role-policies and list-role-policies --role-name ROLE",
     "AmazonEC2ContainerRegistryPullOnly or AmazonEC2ContainerRegistryReadOnly, and nothing with ecr:PutImage, ecr:* or ecr:Delete*", true),
    ("eks-registries-approved", Medium, "which registries are approved is yours to say",
     "run kubectl get pods -A -o jsonpath='{..image}' | tr ' ' '\\n' | sort -u, and the admission policy that holds images to a list",
     "registries of your list only, and a policy that refuses others", false),
    ("eks-secrets-kms-key", High, "AWS' API says whose key encrypts Secrets",
     "run aws eks describe-cluster --name NAME --query cluster.encryptionConfig",
     "resources with secrets, and the keyArn of a KMS key of yours", false),
    ("eks-endpoint-restricted", High, "AWS' API says who reaches the API server",
     "run aws eks describe-cluster --name NAME --query 'cluster.resourcesVpcConfig.[endpointPrivateAccess,endpointPublicAccess,publicAccessCidrs]'",
     "private true; public false, or publicAccessCidrs without 0.0.0.0/0", false),
    ("eks-endpoint-private", Medium, "AWS' API says who reaches the API server",
     "run aws eks describe-cluster --name NAME --query 'cluster.resourcesVpcConfig.[endpointPrivateAccess,endpointPublicAccess]'",
     "[true, false]", false),
    ("eks-users-by-iam", Medium, "kubeconfigs are on the desks of people",
     "run aws eks list-access-entries --cluster-name NAME, aws eks list-identity-provider-configs --cluster-name NAME, and the users of the kubeconfigs that people have",
     "people come by an IAM role or an identity provider, with exec aws eks get-token or aws-iam-authenticator, and no long-lived token or certificate", false),
    ("eks-untrusted-on-fargate", Low, "which workloads you trust is yours to say",
     "run aws eks list-fargate-profiles --cluster-name NAME, and whether code that you do not trust runs in a namespace of one of them",
     "untrusted code in a namespace of a Fargate profile, or on nodes of its own", true),
    ("eks-version-current", High, "AWS' API says what is supported, and since when",
     "run aws eks describe-cluster --name NAME --query 'cluster.[version,platformVersion,upgradePolicy]' beside aws eks describe-cluster-versions, and aws eks describe-nodegroup --query nodegroup.releaseVersion of each node group",
     "a version in standard support, and the newest release of the nodes' image", true),
    ("eks-old-components-removed", Low, "which versions are old is seen over time",
     "run kubectl get nodes -o wide and kubectl -n kube-system get daemonsets,deployments -o jsonpath='{..image}'",
     "one kubelet version, or two during an upgrade, and add-ons of versions that fit it", true),
    ("eks-kubectl-current", Medium, "kubectl is on the desks of people",
     "run kubectl version --client on every machine that administers the cluster",
     "1.12.9 or newer, and within one minor version of the cluster", false),
];

pub(super) fn controls() -> impl Iterator<Item = Control> {
    QUESTIONS
        .iter()
        .map(|&(name, severity, person, look, expected, nodes)| {
            let mut with = json!({"look": look, "expected": expected});
            if nodes {
                with["nodes"] = true.into();
            }
            Control {
                name,
                component: "eks",
                severity,
                uses: if nodes { &["provider-nodes"] } else { &[] },
                decided: ByPerson(person),
                rule: code("asked", with),
            }
        })
}
