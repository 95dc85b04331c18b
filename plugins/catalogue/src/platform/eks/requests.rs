//! What the controls of Amazon EKS ask to see besides.

use cisb_sdk::contract::manifest::{
    FileRequest, KubernetesRequest, ProcessRequest, Requests, Right, Verb,
};

/// Request id, API version, resource, fields, why.
type Asked = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
);

#[rustfmt::skip]
const OBJECTS: &[Asked] = &[
    ("provider-nodes", "v1", "nodes", &["/spec/providerID", "/status/addresses/*/type", "/status/nodeInfo/osImage"], "which instances the nodes are, what they run, and whether they have public addresses; not the addresses"),
    ("provider-services", "v1", "services", &["/spec/type", "/metadata/annotations/service.beta.kubernetes.io~1aws-load-balancer-ssl-cert"], "which load balancers AWS makes for Services, and whether they have a certificate"),
    ("provider-ingresses", "networking.k8s.io/v1", "ingresses", &["/spec/ingressClassName", "/metadata/annotations/kubernetes.io~1ingress.class", "/metadata/annotations/alb.ingress.kubernetes.io~1certificate-arn"], "which load balancers AWS makes for Ingresses, and whether they have a certificate"),
    ("provider-serviceaccounts", "v1", "serviceaccounts", &["/metadata/annotations/eks.amazonaws.com~1role-arn"], "which service accounts have an IAM role"),
    ("provider-configmaps", "v1", "configmaps", &["/data/enable-network-policy-controller"], "whether there is a ConfigMap aws-auth, and whether amazon-vpc-cni turns network policies on; no other contents"),
    ("provider-daemonsets", "apps/v1", "daemonsets", &["/spec/template/spec/containers/*/args", "/spec/template/spec/containers/*/image"], "which version of the VPC CNI runs, and whether its agent is told to enforce network policies"),
    ("provider-pods", "v1", "pods", &["/metadata/labels/k8s-app", "/metadata/labels/app.kubernetes.io~1name"], "whether the Kubernetes Dashboard runs"),
];

/// What starts the server of SSH when the node does. The question marks have the
/// directories listed: one that cannot be is then unknown, not empty.
const SSHD_ENABLED: &str =
    "/{etc,usr/lib,usr/local/lib}/systemd/system/*.{wants,requires}/{ssh,sshd}.{servic?,socke?}";

pub(super) fn requests() -> Requests {
    let object = |(id, api_version, resource, fields, why): &Asked| KubernetesRequest {
        id: (*id).to_owned(),
        api_version: (*api_version).to_owned(),
        resource: (*resource).to_owned(),
        verbs: vec![Verb::List],
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        why: (*why).to_owned(),
    };
    Requests {
        files: vec![FileRequest {
            id: "sshd-enabled".to_owned(),
            paths: vec![SSHD_ENABLED.to_owned()],
            rights: vec![Right::Stat],
            max_bytes: None,
            depth: 0,
            why: "whether systemd starts the SSH server with the node".to_owned(),
        }],
        processes: vec![ProcessRequest {
            id: "sshd".to_owned(),
            executables: vec!["sshd".to_owned()],
            environment: Vec::new(),
            why: "whether an SSH server runs on the node".to_owned(),
        }],
        kubernetes: OBJECTS.iter().map(object).collect(),
        ..Requests::default()
    }
}
