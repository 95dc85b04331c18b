//! The controls of Amazon EKS: what objects of the cluster tell, and what only
//! AWS' API does, which a person asks.

use cisb_sdk::contract::manifest::Severity::{self, Critical, High, Low, Medium};
use cisb_sdk::rule::Rule;
use serde_json::{Value, json};

use super::kubelet;
use crate::control::Control;
use crate::control::Decided::{ByFacts, ByPerson};
use crate::platform::put;

pub(super) fn controls(all: &mut Vec<Control>) {
    let own = asked()
        .chain(judged())
        .chain(kubelet::controls())
        .chain(control_plane());
    own.for_each(|control| put(all, control));
}

fn code(name: &str, with: Value) -> Rule {
    Rule::Code {
        name: name.to_owned(),
        with: with.into(),
    }
}

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

fn asked() -> impl Iterator<Item = Control> {
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

fn judged() -> Vec<Control> {
    vec![
        access_entries(),
        service_account_roles(),
        Control {
            name: "eks-nodes-private",
            component: "eks",
            severity: High,
            uses: &["provider-nodes"],
            decided: ByFacts("the kinds of addresses that nodes report"),
            rule: code(
                "objects-nodes",
                json!({
                    "pointer": "/status/addresses/*/type",
                    "is": ["InternalIP", "InternalDNS", "Hostname"],
                    "absent": "manual",
                    "expected": "addresses inside the VPC only",
                    "words": "no node reports a public address",
                }),
            ),
        },
        Control {
            name: "eks-nodes-bottlerocket",
            component: "eks",
            severity: Low,
            uses: &["provider-nodes"],
            decided: ByFacts("what instances report as their system"),
            rule: code(
                "objects-nodes",
                // Fargate's nodes are called fargate-ip-…, and their system is AWS'.
                json!({
                    "where": {"pointer": "/metadata/name", "is": ["ip-*", "i-*"]},
                    "pointer": "/status/nodeInfo/osImage",
                    "is": ["Bottlerocket*"],
                    "absent": "manual",
                    "expected": "a system made for containers: Bottlerocket",
                    "words": "every instance runs Bottlerocket",
                }),
            ),
        },
        network_policy(),
        Control {
            name: "eks-vpc-cni-current",
            component: "eks",
            severity: Medium,
            uses: &["provider-daemonsets"],
            decided: ByPerson("AWS' API says which version is the newest"),
            rule: code(
                "objects-daemonsets",
                json!({
                    "where": {"pointer": "/metadata/name", "is": ["aws-node"]},
                    "pointer": "/spec/template/spec/containers/*/image",
                    "is": [],
                    "otherwise": "manual",
                    "expected": "the newest or default version that aws eks describe-addon-versions --addon-name vpc-cni --kubernetes-version VERSION lists",
                    "words": "aws-node is the VPC CNI; in EKS Auto Mode it is part of the system, which AWS updates",
                }),
            ),
        },
        load_balancers(),
        Control {
            name: "eks-dashboard-absent",
            component: "kubernetes",
            severity: High,
            uses: &["provider-pods"],
            decided: ByFacts("labels of the pods that the Dashboard's manifests and chart make"),
            rule: Rule::AllOf(vec![
                dashboard("/metadata/labels/k8s-app", &["kubernetes-dashboard"]),
                dashboard(
                    "/metadata/labels/app.kubernetes.io~1name",
                    &["kubernetes-dashboard*"],
                ),
            ]),
        },
        Control {
            name: "eks-host-ports-unprivileged",
            component: "kubernetes",
            severity: Medium,
            uses: HOST_PORTS,
            decided: ByFacts("host ports of running pods: none at all, or a person looks"),
            rule: Rule::AnyOf(vec![
                code("policies-admitted", json!({"look": "host-ports"})),
                code(
                    "asked",
                    json!({
                        "look": "of the pods named here, whether a hostPort is below 1024 outside kube-system",
                        "expected": "host ports of 1024 and above",
                    }),
                ),
            ]),
        },
    ]
}

/// What the common control over host ports uses.
const HOST_PORTS: &[&str] = &[
    "pods",
    "namespaces",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "validatingwebhooks",
    "kube-apiserver",
    "kyverno-clusterpolicies",
    "kyverno-policies",
    "k8spsphostnetworkingports",
];

/// Pods with one of these labels should not be.
fn dashboard(pointer: &str, is: &[&str]) -> Rule {
    code(
        "objects-pods",
        json!({
            "where": {"pointer": pointer, "is": is},
            "pointer": pointer,
            "is": [],
            "none": "pass",
            "expected": "no Kubernetes Dashboard",
            "words": "the Dashboard does not run",
        }),
    )
}

/// Where nodes of EC2 joined without the ConfigMap, they came in by access
/// entries. Where it is there, a person asks AWS whether it still counts.
fn access_entries() -> Control {
    Control {
        name: "eks-access-entries",
        component: "eks",
        severity: Medium,
        uses: &["provider-configmaps", "provider-nodes"],
        decided: ByFacts(
            "whether nodes joined without a ConfigMap aws-auth; if not, a person asks",
        ),
        rule: Rule::AllOf(vec![
            code(
                "objects-configmaps",
                json!({
                    "where": {"pointer": "/metadata/name", "is": ["aws-auth"]},
                    "pointer": "/metadata/name",
                    "is": [],
                    "otherwise": "manual",
                    "none": "pass",
                    "expected": "aws eks describe-cluster --name NAME --query cluster.accessConfig.authenticationMode says API, and aws-auth is gone",
                    "words": "there is no aws-auth, so nodes and people come in by access entries",
                }),
            ),
            code(
                "objects-nodes",
                json!({
                    "pointer": "/spec/providerID",
                    "is": ["aws:///*"],
                    "any": true,
                    "otherwise": "manual",
                    "expected": "a node of EC2 that joined without aws-auth",
                    "words": "nodes of EC2 joined",
                }),
            ),
        ]),
    }
}

/// A role of a default account is everybody's; of the others a person says
/// whether they are all that call AWS.
fn service_account_roles() -> Control {
    const ROLE: &str = "/metadata/annotations/eks.amazonaws.com~1role-arn";
    Control {
        name: "eks-service-account-roles",
        component: "eks",
        severity: Medium,
        uses: &["provider-serviceaccounts"],
        decided: ByFacts(
            "IAM roles of default service accounts; which workloads call AWS a person says",
        ),
        rule: Rule::AllOf(vec![
            code(
                "objects-serviceaccounts",
                json!({
                    "where": {"pointer": "/metadata/name", "is": ["default"]},
                    "pointer": ROLE,
                    "is": [],
                    "absent": "pass",
                    "expected": "no IAM role for a default service account",
                    "words": "no default service account has an IAM role",
                }),
            ),
            code(
                "objects-serviceaccounts",
                json!({
                    "where": {"pointer": ROLE, "is": ["arn:*"]},
                    "pointer": ROLE,
                    "is": [],
                    "otherwise": "manual",
                    "expected": "every workload that calls AWS has an account here or in aws eks list-pod-identity-associations --cluster-name NAME",
                    "words": "no service account is annotated with an IAM role; see aws eks list-pod-identity-associations --cluster-name NAME for others, and which workloads use the node's role",
                }),
            ),
        ]),
    }
}

/// The agent of the VPC CNI is told to, and the controller is on; or another
/// engine is there. In EKS Auto Mode there is no aws-node.
fn network_policy() -> Control {
    let named = |names: &[&str]| json!({"pointer": "/metadata/name", "is": names});
    Control {
        name: "eks-network-policy-enforced",
        component: "eks",
        severity: High,
        uses: &["provider-daemonsets", "provider-configmaps"],
        decided: ByFacts(
            "arguments of aws-node's agent and ConfigMap amazon-vpc-cni, or Calico or Cilium",
        ),
        rule: Rule::AnyOf(vec![
            Rule::AllOf(vec![
                code(
                    "objects-daemonsets",
                    json!({
                        "where": named(&["aws-node"]),
                        "pointer": "/spec/template/spec/containers/*/args/*",
                        "is": ["--enable-network-policy=true"],
                        "some": true,
                        "expected": "--enable-network-policy=true",
                        "words": "NetworkPolicy is enforced where aws-node's agent is told to; in EKS Auto Mode its ConfigMap and NodeClass decide",
                    }),
                ),
                code(
                    "objects-configmaps",
                    json!({
                        "where": named(&["amazon-vpc-cni"]),
                        "pointer": "/data/enable-network-policy-controller",
                        "is": ["true"],
                        "none": "fail",
                        "expected": "enable-network-policy-controller: \"true\"",
                        "words": "ConfigMap amazon-vpc-cni has to turn the controller of network policies on",
                    }),
                ),
            ]),
            code(
                "objects-daemonsets",
                json!({
                    "where": named(&["calico-node", "cilium"]),
                    "pointer": "/metadata/name",
                    "is": ["calico-node", "cilium"],
                    "none": "not-applicable",
                    "expected": "an engine that enforces NetworkPolicy",
                    "words": "Calico and Cilium enforce NetworkPolicy",
                }),
            ),
        ]),
    }
}

fn load_balancers() -> Control {
    let ingress = |class: &str| {
        code(
            "objects-ingresses",
            json!({
                "where": {"pointer": class, "is": ["alb"]},
                "pointer": "/metadata/annotations/alb.ingress.kubernetes.io~1certificate-arn",
                "is": ["arn:*"],
                "absent": "manual",
                "none": "not-applicable",
                "expected": "a certificate here, or one that AWS finds by the host names of spec.tls",
                "words": "load balancers of Ingresses have certificates",
            }),
        )
    };
    Control {
        name: "eks-load-balancers-tls",
        component: "eks",
        severity: Medium,
        uses: &["provider-services", "provider-ingresses"],
        decided: ByFacts(
            "certificates of load balancers; without one a person says where TLS ends",
        ),
        rule: Rule::AllOf(vec![
            code(
                "objects-services",
                json!({
                    "where": {"pointer": "/spec/type", "is": ["LoadBalancer"]},
                    "pointer": "/metadata/annotations/service.beta.kubernetes.io~1aws-load-balancer-ssl-cert",
                    "is": ["arn:*"],
                    "absent": "manual",
                    "none": "not-applicable",
                    "expected": "a certificate here, or TLS that ends in the pods behind it",
                    "words": "load balancers of Services have certificates",
                }),
            ),
            ingress("/spec/ingressClassName"),
            ingress("/metadata/annotations/kubernetes.io~1ingress.class"),
        ]),
    }
}

/// What a STIG asks of the control plane and no common control does. All of it
/// is AWS': tables name AWS as the owner.
fn control_plane() -> impl Iterator<Item = Control> {
    [
        ("eks-api-server-tls-1.2", "kube-apiserver", Medium),
        (
            "eks-controller-manager-tls-1.2",
            "kube-controller-manager",
            Medium,
        ),
        ("eks-scheduler-tls-1.2", "kube-scheduler", Medium),
        ("eks-admission-webhooks-on", "kube-apiserver", Critical),
        ("eks-control-plane-ports", "kube-apiserver", Low),
    ]
    .into_iter()
    .map(|(name, component, severity)| Control {
        name,
        component,
        severity,
        uses: &[],
        decided: ByPerson("AWS runs the control plane"),
        rule: code(
            "asked",
            json!({"look": "the control plane's own arguments, which only AWS sees"}),
        ),
    })
}
