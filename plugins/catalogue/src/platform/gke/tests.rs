//! GKE's own controls: each passes, fails, says when it cannot tell, and what it
//! says where there is nothing to judge; what is Google's never passes.

use std::collections::BTreeSet;

use cisb_sdk::fake::FakeNode;
use cisb_sdk::rule;
use cisb_sdk::verdict::{Outcome, Verdict};

use super::PLATFORM;
use crate::control::{Control, Decided};

mod nodes;
mod tables;

fn control(name: &str) -> Control {
    let controls = PLATFORM.controls();
    controls.into_iter().find(|it| it.name == name).unwrap()
}

fn judged(name: &str, node: &FakeNode) -> Outcome {
    let control = control(name);
    node.check(&PLATFORM.requests(), control.uses, |cx| {
        rule::evaluate(&control.rule, cx, PLATFORM.code.profile().codes).unwrap()
    })
}

/// A cluster without anything in it.
fn cluster() -> FakeNode {
    LISTS
        .iter()
        .fold(FakeNode::new(), |node, (resource, version)| {
            node.objects(resource, version, "[]")
        })
}

const RBAC: &str = "rbac.authorization.k8s.io/v1";
const LISTS: &[(&str, &str)] = &[
    ("nodes", "v1"),
    ("services", "v1"),
    ("pods", "v1"),
    ("ingresses", "networking.k8s.io/v1"),
    ("managedcertificates", "networking.gke.io/v1"),
    ("daemonsets", "apps/v1"),
    ("clusterroles", RBAC),
    ("roles", RBAC),
    ("clusterrolebindings", RBAC),
    ("rolebindings", RBAC),
];

/// A control; the list that decides it; objects with which it passes, and with
/// which it fails; and the verdict where there are none.
type Case = (
    &'static str,
    (&'static str, &'static str),
    &'static str,
    &'static str,
    Verdict,
);

const NODES: (&str, &str) = ("nodes", "v1");
const SETS: (&str, &str) = ("daemonsets", "apps/v1");
const BINDINGS: (&str, &str) = ("clusterrolebindings", RBAC);

#[rustfmt::skip]
const CASES: &[Case] = &[
    (
        "gke-cos", NODES,
        r#"{"metadata": {"name": "a"}, "status": {"nodeInfo": {"osImage": "Container-Optimized OS from Google"}}}"#,
        r#"{"metadata": {"name": "b"}, "status": {"nodeInfo": {"osImage": "Ubuntu 22.04.4 LTS"}}}"#,
        Verdict::Manual,
    ),
    (
        "gke-cos-containerd", NODES,
        r#"{"metadata": {"name": "a"}, "status": {"nodeInfo": {"osImage": "Container-Optimized OS from Google", "containerRuntimeVersion": "containerd://2.0.6"}}}"#,
        r#"{"metadata": {"name": "b"}, "status": {"nodeInfo": {"osImage": "Container-Optimized OS from Google", "containerRuntimeVersion": "docker://20.10.7"}}}"#,
        Verdict::Manual,
    ),
    (
        "gke-metadata-server", NODES,
        r#"{"metadata": {"name": "a", "labels": {"iam.gke.io/gke-metadata-server-enabled": "true"}}}"#,
        r#"{"metadata": {"name": "b", "labels": {"kubernetes.io/os": "linux"}}}"#,
        Verdict::Manual,
    ),
    (
        "gke-private-nodes", NODES,
        r#"{"metadata": {"name": "a", "labels": {"cloud.google.com/private-node": "true"}}}"#,
        r#"{"metadata": {"name": "b", "labels": {"cloud.google.com/private-node": "false"}}}"#,
        Verdict::Manual,
    ),
    (
        "gke-network-policy-enabled", SETS,
        r#"{"metadata": {"name": "anetd", "namespace": "kube-system"}, "status": {"numberReady": 12}}"#,
        r#"{"metadata": {"name": "netd", "namespace": "kube-system"}, "status": {"numberReady": 3}}"#,
        Verdict::Fail,
    ),
    (
        "gke-auditd-logging", SETS,
        r#"{"metadata": {"name": "cos-auditd-logging", "namespace": "cos-auditd"}, "status": {"numberReady": 2}}"#,
        r#"{"metadata": {"name": "cos-auditd-logging", "namespace": "cos-auditd"}, "status": {"numberReady": 0}}"#,
        Verdict::Manual,
    ),
    (
        "gke-dashboard-off", ("pods", "v1"),
        r#"{"metadata": {"name": "web", "namespace": "shop"}}"#,
        r#"{"metadata": {"name": "kubernetes-dashboard-7b544877d5-p6g8k", "namespace": "kube-system"}}"#,
        Verdict::Pass,
    ),
    (
        "gke-managed-certificates", ("ingresses", "networking.k8s.io/v1"),
        // That it passes stands in `certificates_are_those_that_exist`.
        r#"{"metadata": {"name": "none", "annotations": {"networking.gke.io/managed-certificates": " , "}}}"#,
        r#"{"metadata": {"name": "plain", "namespace": "shop"}}"#,
        Verdict::Pass,
    ),
    (
        "gke-bindings-anonymous", BINDINGS,
        r#"{"metadata": {"name": "a"}, "roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": [{"kind": "Group", "name": "ops"}]}"#,
        r#"{"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": [{"kind": "User", "name": "system:anonymous"}]}"#,
        Verdict::Pass,
    ),
    (
        "gke-bindings-unauthenticated", BINDINGS,
        r#"{"metadata": {"name": "system:public-info-viewer"}, "roleRef": {"kind": "ClusterRole", "name": "system:public-info-viewer"}, "subjects": [{"kind": "Group", "name": "system:unauthenticated"}]}"#,
        r#"{"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": [{"kind": "Group", "name": "system:unauthenticated"}]}"#,
        Verdict::Pass,
    ),
    (
        "gke-bindings-authenticated", BINDINGS,
        r#"{"metadata": {"name": "system:basic-user"}, "roleRef": {"kind": "ClusterRole", "name": "system:basic-user"}, "subjects": [{"kind": "Group", "name": "system:authenticated"}]}"#,
        r#"{"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": [{"kind": "Group", "name": "system:authenticated"}]}"#,
        Verdict::Pass,
    ),
];

/// Controls of which facts can only say that they fail: a person passes them.
const HALF: &[&str] = &["gke-workload-identity", "gke-sandbox"];

/// The same, which show the instances that a person is asked about.
const SHOWN: &[&str] = &[
    "gke-node-service-account",
    "gke-node-firewall",
    "gke-cmek-boot-disks",
];

fn with(case: &Case, objects: &str) -> FakeNode {
    let (_, (resource, version), ..) = case;
    cluster().objects(resource, version, &format!("[{objects}]"))
}

#[test]
fn every_control_of_its_own_has_its_case() {
    let common: BTreeSet<&str> = crate::controls().iter().map(|it| it.name).collect();
    let asked = super::controls::ASKED.iter().map(|row| row.0);
    let cased: BTreeSet<&str> = CASES
        .iter()
        .map(|case| case.0)
        .chain(HALF.iter().copied())
        .chain(SHOWN.iter().copied())
        .chain(asked)
        .collect();
    for control in PLATFORM.controls() {
        assert_ne!(
            common.contains(control.name),
            cased.contains(control.name),
            "{}",
            control.name
        );
    }
}

#[test]
fn a_good_cluster_passes_and_a_bad_one_fails() {
    for case in CASES {
        let (name, _, good, bad, _) = case;
        if *name != "gke-managed-certificates" {
            let outcome = judged(name, &with(case, good));
            assert_eq!(outcome.verdict, Verdict::Pass, "{name}: {}", outcome.reason);
            assert!(!outcome.observations.is_empty(), "{name}");
        }
        let both = format!("{good}, {bad}");
        for objects in [*bad, &both] {
            if *name == "gke-network-policy-enabled" && objects != *bad {
                continue;
            }
            let outcome = judged(name, &with(case, objects));
            assert_eq!(outcome.verdict, Verdict::Fail, "{name}: {}", outcome.reason);
        }
    }
}

#[test]
fn a_list_that_does_not_come_is_unknown() {
    for (name, (resource, version), ..) in CASES {
        let refused = judged(name, &cluster().forbidden(resource, version));
        assert_eq!(refused.verdict, Verdict::Error, "{name}");
        assert!(refused.reason.contains("not listed"), "{name}");
        let none = judged(name, &cluster().without_api());
        assert_eq!(none.verdict, Verdict::Error, "{name}");
    }
    for name in HALF {
        let refused = judged(name, &cluster().forbidden("nodes", "v1"));
        assert_eq!(refused.verdict, Verdict::Error, "{name}");
    }
}

#[test]
fn where_there_is_nothing_the_lists_are_the_witness() {
    for (name, _, _, _, empty) in CASES {
        let outcome = judged(name, &cluster());
        assert_eq!(outcome.verdict, *empty, "{name}: {}", outcome.reason);
        assert!(!outcome.observations.is_empty(), "{name}");
    }
}

#[test]
fn what_only_google_s_api_says_is_asked_for_with_command_and_field() {
    for (name, _, look, expected) in super::controls::ASKED {
        let outcome = judged(name, &FakeNode::new().without_api());
        assert_eq!(outcome.verdict, Verdict::Manual, "{name}");
        assert_eq!(
            (&*outcome.reason, &*outcome.expected),
            (*look, *expected),
            "{name}"
        );
        assert!(
            look.contains("gcloud ") && look.contains("--") && !expected.is_empty(),
            "{name}: {look}"
        );
        assert!(matches!(control(name).decided, Decided::ByPerson(_)));
    }
    for name in SHOWN {
        let node = r#"[{"metadata": {"name": "a"}, "spec": {"providerID": "gce://p/z/gke-a"}}]"#;
        let outcome = judged(name, &cluster().objects("nodes", "v1", node));
        assert_eq!(outcome.verdict, Verdict::Manual, "{name}");
        assert!(outcome.actual.contains("gce://p/z/gke-a"), "{name}");
        let unknown = judged(name, &cluster().forbidden("nodes", "v1"));
        assert_eq!(unknown.verdict, Verdict::Manual, "{name}");
        assert!(unknown.actual.contains("not known"), "{name}");
    }
}

#[test]
fn without_the_metadata_server_no_workload_has_an_identity_of_its_own() {
    let nodes = |labels: &str| {
        let list = format!(r#"[{{"metadata": {{"name": "a", "labels": {labels}}}}}]"#);
        cluster().objects("nodes", "v1", &list)
    };
    let without = judged("gke-workload-identity", &nodes("{}"));
    assert_eq!(without.verdict, Verdict::Fail);
    let server = nodes(r#"{"iam.gke.io/gke-metadata-server-enabled": "true"}"#);
    let with = judged("gke-workload-identity", &server);
    assert_eq!(with.verdict, Verdict::Manual);
    assert!(
        with.reason.contains("PROJECT.svc.id.goog"),
        "{}",
        with.reason
    );
    // Whether anything needs the sandbox is for a person, with and without one.
    for labels in ["{}", r#"{"sandbox.gke.io/runtime": "gvisor"}"#] {
        let outcome = judged("gke-sandbox", &nodes(labels));
        assert_eq!(outcome.verdict, Verdict::Manual, "{labels}");
    }
}

#[test]
fn a_label_that_gke_does_not_give_is_asked_for() {
    let node = r#"[{"metadata": {"name": "a", "labels": {"kubernetes.io/os": "linux"}}}]"#;
    let outcome = judged("gke-private-nodes", &cluster().objects("nodes", "v1", node));
    assert_eq!(outcome.verdict, Verdict::Manual);
    assert!(
        outcome
            .expected
            .contains("privateClusterConfig.enablePrivateNodes")
    );
}

const INGRESS: &str = r#"[{"metadata": {"name": "web", "namespace": "shop", "annotations":
    {"networking.gke.io/managed-certificates": "web, www"}}}]"#;

#[test]
fn certificates_are_those_that_exist() {
    let ingress = cluster().objects("ingresses", "networking.k8s.io/v1", INGRESS);
    let of = |list: &str| {
        let node = ingress.clone();
        let node = node.objects("managedcertificates", "networking.gke.io/v1", list);
        judged("gke-managed-certificates", &node)
    };
    let both = r#"[{"metadata": {"name": "web", "namespace": "shop"}}, {"metadata": {"name": "www", "namespace": "shop"}}]"#;
    assert_eq!(of(both).verdict, Verdict::Pass);
    let elsewhere = of(&both.replace(
        "\"www\", \"namespace\": \"shop\"",
        "\"www\", \"namespace\": \"x\"",
    ));
    assert_eq!(elsewhere.verdict, Verdict::Fail);
    assert!(
        elsewhere.actual.contains("www, which does not exist"),
        "{}",
        elsewhere.actual
    );
    // Nobody saw whether they exist.
    let refused = ingress
        .clone()
        .forbidden("managedcertificates", "networking.gke.io/v1");
    let refused = judged("gke-managed-certificates", &refused);
    assert_eq!(refused.verdict, Verdict::Error);
}

#[test]
fn load_balancers_that_are_not_public_need_no_public_certificate() {
    let of = |resource: &str, version: &str, list: &str| {
        judged(
            "gke-managed-certificates",
            &cluster().objects(resource, version, list),
        )
    };
    let service = |annotations: &str| {
        let list = format!(
            r#"[{{"metadata": {{"name": "s", "namespace": "shop", "annotations": {annotations}}},
                "spec": {{"type": "LoadBalancer"}}}}]"#
        );
        of("services", "v1", &list).verdict
    };
    assert_eq!(service("{}"), Verdict::Fail);
    for key in ["networking.gke.io", "cloud.google.com"] {
        let inside = format!(r#"{{"{key}/load-balancer-type": "Internal"}}"#);
        assert_eq!(service(&inside), Verdict::Pass, "{key}");
    }
    let ingress = |annotations: &str| {
        let list = format!(
            r#"[{{"metadata": {{"name": "i", "namespace": "shop", "annotations": {annotations}}}}}]"#
        );
        of("ingresses", "networking.k8s.io/v1", &list).verdict
    };
    assert_eq!(ingress("{}"), Verdict::Fail);
    let nothing = r#"{"networking.gke.io/managed-certificates": " , "}"#;
    assert_eq!(ingress(nothing), Verdict::Fail);
}

#[test]
fn what_everybody_may_by_default_passes_and_no_more_than_that() {
    let binding = r#"[{"metadata": {"name": "system:discovery"}, "roleRef": {"kind": "ClusterRole",
        "name": "system:discovery"}, "subjects": [{"kind": "Group", "name": "system:authenticated"}]}]"#;
    let of = |rules: &str| {
        let role = format!(r#"[{{"metadata": {{"name": "system:discovery"}}, "rules": {rules}}}]"#);
        let node = cluster().objects("clusterroles", RBAC, &role).objects(
            "clusterrolebindings",
            RBAC,
            binding,
        );
        judged("gke-bindings-authenticated", &node)
    };
    let urls = r#"[{"nonResourceURLs": ["/version"], "verbs": ["get"]}]"#;
    assert_eq!(of(urls).verdict, Verdict::Pass);
    for more in [
        r#"[{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]"#,
        r#"[{"nonResourceURLs": ["*"], "verbs": ["get"]}]"#,
        r#"[{"nonResourceURLs": ["/version"], "verbs": ["*"]}]"#,
        r#"[{"apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "*"], "verbs": ["create"]}]"#,
    ] {
        let outcome = of(more);
        assert_eq!(outcome.verdict, Verdict::Fail, "{more}");
    }
    // A name alone does not make it the shipped one: it gives another role.
    let other = binding.replace(
        r#""name": "system:discovery"}, "subj"#,
        r#""name": "admin"}, "subj"#,
    );
    assert_ne!(other, binding);
    let node = cluster().objects("clusterrolebindings", RBAC, &other);
    assert_eq!(
        judged("gke-bindings-authenticated", &node).verdict,
        Verdict::Fail
    );
}
