//! Each control of Amazon EKS: what passes it, what fails it, what happens when
//! a fact is missing, and what where there is nothing to judge.

use std::collections::BTreeSet;

use cisb_sdk::contract::manifest::Ownership;
use cisb_sdk::fake::{FakeNode, FakeProcess};
use cisb_sdk::rule;
use cisb_sdk::verdict::{Outcome, Verdict};

use super::{PLATFORM, questions::QUESTIONS};
use crate::table::{self, Row};
use Verdict::{Error, Fail, Manual, NotApplicable, Pass};

mod cases;

use cases::{AGENT_ON, CONTROLLER_ON, EMPTY, JOINED, cases};

fn judge(node: &FakeNode, name: &str) -> Outcome {
    let controls = PLATFORM.controls();
    let control = controls.iter().find(|it| it.name == name).unwrap();
    node.check(&PLATFORM.requests(), control.uses, |cx| {
        rule::evaluate(&control.rule, cx, PLATFORM.code.profile().codes).unwrap()
    })
}

/// A resource and its objects as a JSON list.
type Objects = (&'static str, &'static str, &'static str);

const NETWORKING: &str = "networking.k8s.io/v1";

/// A cluster with these objects.
fn with(objects: &[Objects]) -> FakeNode {
    objects
        .iter()
        .fold(FakeNode::new(), |node, (resource, version, list)| {
            node.objects(resource, version, list)
        })
}

/// A kubelet with this file and these flags more.
fn kubelet(file: &str, flags: &[&str]) -> FakeNode {
    let path = "/etc/kubernetes/kubelet/config.json";
    let text = format!(
        r#"{{"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration"{file}}}"#
    );
    let mut args = vec!["--config=/etc/kubernetes/kubelet/config.json"];
    args.extend(flags);
    FakeNode::new()
        .file(path, 0o644, 0, 0, &text)
        .process(FakeProcess::new("kubelet", &args))
}

fn unreadable_kubelet() -> FakeNode {
    kubelet("", &[]).unreadable("/etc/kubernetes/kubelet/config.json")
}

#[test]
fn each_control_passes_fails_cannot_tell_and_does_not_apply() {
    for case in cases() {
        let name = case.control;
        let state = |node: &FakeNode| {
            let outcome = judge(node, name);
            let verdict = outcome.verdict;
            let cited = !outcome.observations.is_empty()
                || outcome.subjects.iter().any(|s| !s.observations.is_empty());
            assert!(
                cited || !matches!(verdict, Pass | Fail | NotApplicable),
                "{name}: {verdict:?} cites nothing"
            );
            verdict
        };
        let only_a_person = ["eks-service-account-roles", "eks-vpc-cni-current"];
        if !only_a_person.contains(&name) {
            assert_eq!(state(&case.good), Pass, "{name}");
        }
        assert_eq!(state(&case.bad.0), case.bad.1, "{name}");
        assert_eq!(state(&case.unknown), Error, "{name}");
        assert_eq!(state(&case.none.0), case.none.1, "{name}");
    }
}

#[test]
fn a_question_is_a_persons_and_says_where_the_answer_is() {
    let node = with(&[("nodes", "v1", JOINED)]);
    for (name, _, _, look, expected, nodes) in QUESTIONS {
        for (node, seen) in [
            (node.clone(), "aws:///eu-west-1a/i-1"),
            (FakeNode::new().forbidden("nodes", "v1"), "not known"),
            (FakeNode::new().without_api(), "not known"),
        ] {
            let outcome = judge(&node, name);
            assert_eq!(outcome.verdict, Manual, "{name}");
            assert_eq!(outcome.reason, *look, "{name}");
            assert_eq!(outcome.expected, *expected, "{name}");
            if *nodes {
                assert!(outcome.actual.contains(seen), "{name}: {}", outcome.actual);
            }
        }
        assert!(
            ["aws ", "kubectl "].iter().any(|tool| look.contains(tool)),
            "{name}: {look}"
        );
    }
}

/// Of another engine, and where a part of ours is missing.
#[test]
fn network_policy_needs_agent_and_controller_or_another_engine() {
    let of = |daemons: &str, maps: &str| {
        let node = FakeNode::new()
            .objects("daemonsets", "apps/v1", daemons)
            .objects("configmaps", "v1", maps);
        judge(&node, "eks-network-policy-enforced").verdict
    };
    let calico = r#"[{"metadata": {"name": "calico-node", "namespace": "calico-system"}}]"#;
    assert_eq!(of(calico, EMPTY), Pass);
    assert_eq!(of(AGENT_ON, EMPTY), Fail);
    assert_eq!(of(EMPTY, EMPTY), Fail);
    let off = CONTROLLER_ON.replace("\"true\"", "\"false\"");
    assert_eq!(of(AGENT_ON, &off), Fail);
}

/// An account with a role shows who calls AWS; that is all there is a person
/// has to say.
#[test]
fn roles_of_accounts_are_shown() {
    let list = r#"[{"metadata": {"name": "web", "namespace": "shop", "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/web"}}},
        {"metadata": {"name": "default", "namespace": "shop"}}]"#;
    let outcome = judge(
        &with(&[("serviceaccounts", "v1", list)]),
        "eks-service-account-roles",
    );
    assert_eq!(outcome.verdict, Manual);
    assert!(
        outcome.reason.contains("ServiceAccount/shop/web"),
        "{}",
        outcome.reason
    );
}

#[test]
fn gates_and_static_pods_are_found_in_flags_too() {
    for (name, flag) in [
        ("eks-kubelet-alpha-off", "--feature-gates=AllAlpha=true"),
        (
            "eks-kubelet-dynamic-auditing-off",
            "--feature-gates=DynamicAuditing=true",
        ),
        (
            "eks-kubelet-dynamic-config-off",
            "--feature-gates=A=false,DynamicKubeletConfig=true",
        ),
        ("eks-kubelet-static-pods-off", "--pod-manifest-path=/etc/x"),
    ] {
        assert_eq!(judge(&kubelet("", &[flag]), name).verdict, Fail, "{name}");
        assert_eq!(judge(&kubelet("", &[]), name).verdict, Pass, "{name}");
    }
}

#[test]
fn an_sshd_of_a_pod_is_not_the_nodes() {
    let foreign = FakeProcess::new("sshd", &[]).place(cisb_sdk::facts::Place::Foreign);
    let outcome = judge(&FakeNode::new().process(foreign), "eks-sshd-not-running");
    assert_eq!(outcome.verdict, Pass);
}

#[test]
fn no_control_of_amazon_eks_is_without_its_tests() {
    let common: BTreeSet<&str> = crate::controls().iter().map(|it| it.name).collect();
    let controls = PLATFORM.controls();
    let own: BTreeSet<&str> = controls
        .iter()
        .map(|it| it.name)
        .filter(|name| !common.contains(name))
        .collect();
    let provider: BTreeSet<String> = table::read_all(&table::folder())
        .unwrap()
        .iter()
        .filter(|table| table.platform == "eks")
        .flat_map(|table| table.rows())
        .filter(|(_, Row(.., ownership))| *ownership == Ownership::Provider)
        .map(|(_, Row(_, control, ..))| control.clone())
        .collect();
    let mut tested: BTreeSet<&str> = cases().iter().map(|case| case.control).collect();
    tested.extend(QUESTIONS.iter().map(|question| question.0));
    tested.extend(
        provider
            .iter()
            .map(String::as_str)
            .filter(|name| own.contains(name)),
    );
    assert_eq!(tested, own);
}

/// What is AWS' is never assessed, whatever the node holds.
#[test]
fn the_control_plane_is_the_providers() {
    let tables = table::read_all(&table::folder()).unwrap();
    let stig = tables
        .iter()
        .find(|it| it.id == "eks-stig-kubernetes-v1r6")
        .unwrap();
    let controls = PLATFORM.controls();
    let node = FakeNode::new().process(FakeProcess::new("kube-apiserver", &["--insecure-port=0"]));
    let mut count = 0;
    for (_, row) in stig.rows() {
        if row.5 == Ownership::Provider {
            let control = crate::assemble::control(&PLATFORM, &controls, row).unwrap();
            let outcome = node.check(&PLATFORM.requests(), control.uses, |cx| {
                rule::evaluate(&control.rule, cx, PLATFORM.code.profile().codes).unwrap()
            });
            assert_eq!(outcome.verdict, Manual, "{}", row.0);
            assert!(outcome.reason.contains("AWS Artifact"), "{}", row.0);
            count += 1;
        }
    }
    assert_eq!(count, 47);
}

#[test]
fn users_of_aws_are_no_finding_and_others_are() {
    let roles = r#"[{"metadata": {"name": "all"},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}]"#;
    for (user, holders, wildcards) in [
        ("eks:addon-manager", Pass, Manual),
        ("eve", Fail, Fail),
        ("not-eks:addon-manager", Fail, Fail),
    ] {
        let bound = format!(
            r#"[{{"metadata": {{"name": "b"}}, "roleRef": {{"kind": "ClusterRole", "name": "all"}},
                "subjects": [{{"kind": "User", "name": "{user}"}}]}}]"#
        );
        let rbac = "rbac.authorization.k8s.io/v1";
        let node = FakeNode::new()
            .objects("clusterroles", rbac, roles)
            .objects("clusterrolebindings", rbac, &bound)
            .objects("roles", rbac, "[]")
            .objects("rolebindings", rbac, "[]");
        for (control, wanted) in [
            ("rbac-secrets-access-minimal", holders),
            ("rbac-no-wildcards", wildcards),
        ] {
            let outcome = judge(&node, control);
            assert_eq!(outcome.verdict, wanted, "{user} {control}: {outcome:#?}");
        }
    }
}
