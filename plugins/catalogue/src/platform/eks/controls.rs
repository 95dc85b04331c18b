//! The controls of Amazon EKS: what objects of the cluster tell, and what only
//! AWS' API does, which a person asks.

use cisb_sdk::contract::manifest::Severity::{Critical, High, Low, Medium};
use cisb_sdk::rule::Rule;
use serde_json::{Value, json};

use super::{kubelet, questions};
use crate::control::Control;
use crate::control::Decided::{ByFacts, ByPerson};
use crate::platform::put;

pub(super) fn controls(all: &mut Vec<Control>) {
    let own = questions::controls()
        .chain(judged())
        .chain(kubelet::controls())
        .chain(control_plane());
    own.for_each(|control| put(all, control));
    for control in all {
        if let Rule::Code { name, with } = &mut control.rule
            && ["policies-holders", "policies-wildcards"].contains(&&**name)
        {
            // AWS' own users, which nobody can take away:
            // https://docs.aws.amazon.com/eks/latest/userguide/default-roles-users.html
            *with = json!({"power": with["power"], "administrators": ["User:eks:*"]}).into();
        }
    }
}

pub(super) fn code(name: &str, with: Value) -> Rule {
    Rule::Code {
        name: name.to_owned(),
        with: with.into(),
    }
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
