//! A node for each thing that can happen to each control that facts decide.

use super::*;

/// A control that facts decide, and a node for each case: good, bad, not known,
/// and nothing to judge; the second and last with their verdict.
pub(super) struct Case {
    pub(super) control: &'static str,
    pub(super) good: FakeNode,
    pub(super) bad: (FakeNode, Verdict),
    pub(super) unknown: FakeNode,
    pub(super) none: (FakeNode, Verdict),
}

pub(super) fn cases() -> Vec<Case> {
    let mut all = objects();
    all.extend(nodes());
    all
}

/// One whose lists are those of `none`, and are refused for the unknown case.
fn listed(
    control: &'static str,
    good: &[Objects],
    bad: (&[Objects], Verdict),
    none: (&[Objects], Verdict),
) -> Case {
    let refused =
        |node: FakeNode, (resource, version, _): &Objects| node.forbidden(resource, version);
    Case {
        control,
        good: with(good),
        bad: (with(bad.0), bad.1),
        unknown: none.0.iter().fold(FakeNode::new(), refused),
        none: (with(none.0), none.1),
    }
}

pub(super) const EMPTY: &str = "[]";
pub(super) const JOINED: &str =
    r#"[{"metadata": {"name": "i-1"}, "spec": {"providerID": "aws:///eu-west-1a/i-1"}}]"#;

fn objects() -> Vec<Case> {
    let services = |list| ("services", "v1", list);
    let ingresses = |list| ("ingresses", NETWORKING, list);
    let daemons = |list| ("daemonsets", "apps/v1", list);
    let maps = |list| ("configmaps", "v1", list);
    let machines = |list| ("nodes", "v1", list);
    let accounts = |list| ("serviceaccounts", "v1", list);
    let pods = |list| ("pods", "v1", list);
    vec![
        listed(
            "eks-access-entries",
            &[
                maps(r#"[{"metadata": {"name": "coredns", "namespace": "kube-system"}}]"#),
                machines(JOINED),
            ],
            (
                &[
                    maps(r#"[{"metadata": {"name": "aws-auth", "namespace": "kube-system"}}]"#),
                    machines(JOINED),
                ],
                Manual,
            ),
            // Without a node of EC2 nobody knows that nodes can join.
            (
                &[maps(EMPTY), machines(r#"[{"metadata": {"name": "a"}}]"#)],
                Manual,
            ),
        ),
        listed(
            "eks-service-account-roles",
            // Which workloads call AWS a person says.
            &[],
            (
                &[accounts(
                    r#"[{"metadata": {"name": "default", "namespace": "a", "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/r"}}}]"#,
                )],
                Fail,
            ),
            (
                &[accounts(
                    r#"[{"metadata": {"name": "default", "namespace": "a"}}]"#,
                )],
                Manual,
            ),
        ),
        listed(
            "eks-nodes-private",
            &[machines(
                r#"[{"metadata": {"name": "a"}, "status": {"addresses": [{"type": "InternalIP"}, {"type": "Hostname"}, {"type": "InternalDNS"}]}}]"#,
            )],
            (
                &[machines(
                    r#"[{"metadata": {"name": "a"}, "status": {"addresses": [{"type": "InternalIP"}, {"type": "ExternalIP"}, {"type": "Hostname"}]}}]"#,
                )],
                Fail,
            ),
            (&[machines(EMPTY)], Manual),
        ),
        listed(
            "eks-nodes-bottlerocket",
            &[machines(
                r#"[{"metadata": {"name": "i-1"}, "status": {"nodeInfo": {"osImage": "Bottlerocket OS 1.40.0 (aws-k8s-1.33)"}}},
                {"metadata": {"name": "fargate-ip-10-0-0-1"}, "status": {"nodeInfo": {"osImage": "Amazon Linux 2"}}}]"#,
            )],
            (
                &[machines(
                    r#"[{"metadata": {"name": "ip-10-0-0-2"}, "status": {"nodeInfo": {"osImage": "Amazon Linux 2023"}}}]"#,
                )],
                Fail,
            ),
            (
                &[machines(
                    r#"[{"metadata": {"name": "fargate-ip-10-0-0-1"}}]"#,
                )],
                Manual,
            ),
        ),
        listed(
            "eks-network-policy-enforced",
            &[daemons(AGENT_ON), maps(CONTROLLER_ON)],
            (&[daemons(AGENT_OFF), maps(CONTROLLER_ON)], Fail),
            // EKS Auto Mode with the controller on: its NodeClass is a person's to look at.
            (&[daemons(EMPTY), maps(CONTROLLER_ON)], Manual),
        ),
        listed(
            "eks-vpc-cni-current",
            // Which version is the newest a person asks.
            &[],
            (
                &[daemons(
                    r#"[{"metadata": {"name": "aws-node", "namespace": "kube-system"}, "spec": {"template": {"spec": {"containers": [{"image": "amazon-k8s-cni:v1.7.5"}]}}}}]"#,
                )],
                Manual,
            ),
            (&[daemons(EMPTY)], Manual),
        ),
        listed(
            "eks-load-balancers-tls",
            &[
                services(
                    r#"[{"metadata": {"name": "a", "namespace": "b", "annotations": {"service.beta.kubernetes.io/aws-load-balancer-ssl-cert": "arn:aws:acm:x"}}, "spec": {"type": "LoadBalancer"}}]"#,
                ),
                ingresses(
                    r#"[{"metadata": {"name": "a", "namespace": "b", "annotations": {"alb.ingress.kubernetes.io/certificate-arn": "arn:aws:acm:x"}}, "spec": {"ingressClassName": "alb"}}]"#,
                ),
            ],
            (
                &[
                    services(EMPTY),
                    ingresses(
                        r#"[{"metadata": {"name": "a", "namespace": "b", "annotations": {"kubernetes.io/ingress.class": "alb"}}}]"#,
                    ),
                ],
                Manual,
            ),
            (
                &[
                    services(
                        r#"[{"metadata": {"name": "a", "namespace": "b"}, "spec": {"type": "ClusterIP"}}]"#,
                    ),
                    ingresses(EMPTY),
                ],
                NotApplicable,
            ),
        ),
        listed(
            "eks-dashboard-absent",
            &[pods(
                r#"[{"metadata": {"name": "a", "namespace": "b", "labels": {"k8s-app": "kube-dns"}}}]"#,
            )],
            (
                &[pods(
                    r#"[{"metadata": {"name": "a", "namespace": "b", "labels": {"app.kubernetes.io/name": "kubernetes-dashboard-web"}}}]"#,
                )],
                Fail,
            ),
            (&[pods(EMPTY)], Pass),
        ),
        listed(
            "eks-host-ports-unprivileged",
            &[pods(EMPTY), ("namespaces", "v1", EMPTY)],
            (
                &[
                    pods(
                        r#"[{"metadata": {"name": "a", "namespace": "b"}, "spec": {"containers": [{"name": "c", "ports": [{"hostPort": 80}]}]}}]"#,
                    ),
                    ("namespaces", "v1", r#"[{"metadata": {"name": "b"}}]"#),
                ],
                Manual,
            ),
            (&[pods(EMPTY), ("namespaces", "v1", EMPTY)], Pass),
        ),
    ]
}

pub(super) const AGENT_ON: &str = r#"[{"metadata": {"name": "aws-node", "namespace": "kube-system"}, "spec": {"template": {"spec": {"containers": [
    {"name": "aws-node"}, {"name": "aws-eks-nodeagent", "args": ["--enable-ipv6=false", "--enable-network-policy=true", "--metrics-bind-addr=:8162"]}]}}}}]"#;
const AGENT_OFF: &str = r#"[{"metadata": {"name": "aws-node", "namespace": "kube-system"}, "spec": {"template": {"spec": {"containers": [
    {"name": "aws-node"}, {"name": "aws-eks-nodeagent", "args": ["--enable-ipv6=false", "--enable-network-policy=false"]}]}}}}]"#;
pub(super) const CONTROLLER_ON: &str = r#"[{"metadata": {"name": "amazon-vpc-cni", "namespace": "kube-system"}, "data": {"enable-network-policy-controller": "true"}}]"#;

fn nodes() -> Vec<Case> {
    let gate = |control, name: &str| Case {
        control,
        good: kubelet(&format!(r#", "featureGates": {{"{name}": false}}"#), &[]),
        bad: (
            kubelet(&format!(r#", "featureGates": {{"{name}": true}}"#), &[]),
            Fail,
        ),
        unknown: unreadable_kubelet(),
        none: (FakeNode::new(), NotApplicable),
    };
    let enabled = "/etc/systemd/system/multi-user.target.wants/sshd.service";
    vec![
        gate("eks-kubelet-alpha-off", "AllAlpha"),
        gate("eks-kubelet-dynamic-auditing-off", "DynamicAuditing"),
        gate("eks-kubelet-dynamic-config-off", "DynamicKubeletConfig"),
        Case {
            control: "eks-kubelet-static-pods-off",
            good: kubelet("", &[]),
            bad: (
                kubelet(r#", "staticPodPath": "/etc/kubernetes/static-pods""#, &[]),
                Fail,
            ),
            unknown: unreadable_kubelet(),
            none: (FakeNode::new(), NotApplicable),
        },
        Case {
            control: "eks-sshd-not-running",
            good: kubelet("", &[]),
            bad: (
                FakeNode::new().process(FakeProcess::new("sshd", &["-D"])),
                Fail,
            ),
            unknown: FakeNode::new().incomplete_processes("only some processes are seen"),
            none: (FakeNode::new(), Pass),
        },
        Case {
            control: "eks-sshd-not-enabled",
            good: FakeNode::new().dir("/etc/systemd/system", 0o755, 0, 0),
            bad: (FakeNode::new().file(enabled, 0o644, 0, 0, ""), Fail),
            unknown: FakeNode::new().scope(&["/var/**"]),
            none: (FakeNode::new(), Pass),
        },
    ]
}
