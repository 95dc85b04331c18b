//! What constraints, bindings and the operators' objects come to.

use serde_json::json;

use super::*;

const SCC: &str = "security.openshift.io/v1";
const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// A cluster with these constraints, roles, and bindings of both kinds.
fn cluster(sccs: Value, roles: Value, wide: Value, narrow: Value) -> FakeNode {
    FakeNode::new()
        .objects("securitycontextconstraints", SCC, &sccs.to_string())
        .objects("clusterroles", RBAC, &roles.to_string())
        .objects("roles", RBAC, "[]")
        .objects("clusterrolebindings", RBAC, &wide.to_string())
        .objects("rolebindings", RBAC, &narrow.to_string())
}

fn privileged(users: Value, groups: Value) -> Value {
    json!([{"metadata": {"name": "privileged"}, "allowPrivilegedContainer": true,
        "allowHostPID": true, "users": users, "groups": groups}])
}

fn by(users: Value, groups: Value) -> Outcome {
    let node = cluster(privileged(users, groups), json!([]), json!([]), json!([]));
    openshift(&node, "pods-no-privileged")
}

#[test]
fn whoever_may_use_a_constraint_decides_and_not_that_it_is_there() {
    let shipped = by(
        json!([
            "system:admin",
            "system:serviceaccount:openshift-infra:build-controller"
        ]),
        json!(["system:cluster-admins", "system:nodes", "system:masters"]),
    );
    assert_eq!(shipped.verdict, Pass, "{shipped:#?}");
    // kube-bench passes because such a constraint is there, or because another is.
    let all = by(json!([]), json!(["system:authenticated"]));
    assert_eq!(all.verdict, Fail, "{all:#?}");
    assert_eq!(
        by(json!([]), json!(["system:serviceaccounts"])).verdict,
        Fail
    );
    let some = by(json!(["system:serviceaccount:shop:web"]), json!([]));
    assert_eq!(some.verdict, Manual, "{some:#?}");
    let own = by(
        json!([]),
        json!(["system:serviceaccounts:openshift-monitoring"]),
    );
    assert_eq!(own.verdict, Pass, "{own:#?}");
}

#[test]
fn a_role_with_the_verb_use_lets_its_holders_use_a_constraint() {
    let rule = |group: &str, resource: &str, names: Value| {
        json!([{"metadata": {"name": "r"}, "rules": [{"apiGroups": [group],
            "resources": [resource], "verbs": ["use"], "resourceNames": names}]}])
    };
    let bound = |to: Value| {
        json!([{"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "r"},
            "subjects": [to]}])
    };
    let run = |roles: Value, wide: Value| {
        let node = cluster(privileged(json!([]), json!([])), roles, wide, json!([]));
        openshift(&node, "pods-no-privileged").verdict
    };
    let eve = || bound(json!({"kind": "User", "name": "eve"}));
    let all = || bound(json!({"kind": "Group", "name": "system:authenticated"}));
    let scc = "securitycontextconstraints";
    let group = "security.openshift.io";
    assert_eq!(run(rule(group, scc, json!(["privileged"])), eve()), Manual);
    assert_eq!(run(rule(group, scc, json!([])), all()), Fail);
    assert_eq!(run(rule(group, "*", json!([])), all()), Fail);
    assert_eq!(run(rule(group, scc, json!(["restricted"])), all()), Pass);
    assert_eq!(run(rule("apps", scc, json!([])), all()), Pass);
    let own = bound(json!({"kind": "ServiceAccount", "name": "a", "namespace": "openshift-dns"}));
    assert_eq!(run(rule(group, scc, json!([])), own), Pass);
}

#[test]
fn each_way_past_a_constraint_is_looked_for() {
    let everybody = |more: Value| {
        let mut scc = json!({"metadata": {"name": "s"}, "groups": ["system:authenticated"],
            "allowPrivilegeEscalation": false, "requiredDropCapabilities": ["ALL"],
            "runAsUser": {"type": "MustRunAsRange"}, "allowedCapabilities": ["NET_BIND_SERVICE"]});
        for (name, value) in more.as_object().unwrap() {
            scc[name] = value.clone();
        }
        cluster(json!([scc]), json!([]), json!([]), json!([]))
    };
    for (name, field, bad) in [
        (
            "pods-no-privileged",
            "allowPrivilegedContainer",
            json!(true),
        ),
        ("pods-no-host-pid", "allowHostPID", json!(true)),
        ("pods-no-host-ipc", "allowHostIPC", json!(true)),
        ("pods-no-host-network", "allowHostNetwork", json!(true)),
        (
            "pods-no-privilege-escalation",
            "allowPrivilegeEscalation",
            json!(null),
        ),
        ("pods-no-root", "runAsUser", json!({"type": "RunAsAny"})),
        (
            "pods-no-root",
            "runAsUser",
            json!({"type": "MustRunAs", "uid": 0}),
        ),
        (
            "pods-drop-net-raw",
            "requiredDropCapabilities",
            json!(["MKNOD"]),
        ),
        (
            "pods-no-added-capabilities",
            "allowedCapabilities",
            json!(["SYS_ADMIN"]),
        ),
        (
            "pods-drop-all-capabilities",
            "requiredDropCapabilities",
            json!(["NET_RAW"]),
        ),
        ("scc-privileged-minimal", "allowHostPID", json!(true)),
    ] {
        assert_eq!(
            openshift(&everybody(json!({})), name).verdict,
            Pass,
            "{name}"
        );
        let node = everybody(json!({field: bad}));
        assert_eq!(openshift(&node, name).verdict, Fail, "{name} {field}");
    }
    // A cluster without any constraint is none.
    let none = cluster(json!([]), json!([]), json!([]), json!([]));
    assert_eq!(openshift(&none, "pods-no-privileged").verdict, Error);
}

#[test]
fn what_is_not_listed_is_an_error_and_never_a_pass() {
    let node = FakeNode::new()
        .forbidden("securitycontextconstraints", SCC)
        .forbidden("kubeapiservers", "operator.openshift.io/v1")
        .forbidden("apiservers", "config.openshift.io/v1");
    for name in [
        "pods-no-privileged",
        "no-unsupported-overrides",
        "etcd-data-encrypted",
    ] {
        let outcome = openshift(&node, name);
        assert_eq!(outcome.verdict, Error, "{name}: {outcome:#?}");
        assert!(
            outcome.reason.starts_with("not listed"),
            "{}",
            outcome.reason
        );
    }
    // The object itself is missing.
    let node = FakeNode::new().objects("kubeapiservers", "operator.openshift.io/v1", "[]");
    let outcome = openshift(&node, "no-unsupported-overrides");
    assert_eq!(outcome.verdict, Error);
    assert_eq!(outcome.reason, "there is no KubeAPIServer/cluster");
}

#[test]
fn rights_without_a_login_are_those_that_ship() {
    let bound = |name: &str, role: &str| {
        json!([{"metadata": {"name": name}, "roleRef": {"kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "Group", "name": "system:unauthenticated"}]}])
    };
    let run = |wide: Value| {
        let node = cluster(json!([]), json!([]), wide, json!([]));
        openshift(&node, "anonymous-requests-authorized").verdict
    };
    // kube-bench passes as soon as one binding is there, whichever it is.
    assert_eq!(run(bound("system:webhooks", "system:webhook")), Pass);
    assert_eq!(run(bound("system:webhooks", "cluster-admin")), Fail);
    assert_eq!(run(bound("open", "view")), Fail);
    // From 4.16 on none has to be there.
    assert_eq!(run(json!([])), Pass);
}

#[test]
fn logs_leave_the_cluster_by_either_version_of_the_forwarder() {
    let new = "observability.openshift.io/v1";
    let old = "logging.openshift.io/v1";
    let forwarder = |input: &str| {
        json!([{"metadata": {"name": "f", "namespace": "openshift-logging"},
            "spec": {"pipelines": [{"inputRefs": [input]}]}}])
        .to_string()
    };
    let run = |first: &str, second: &str| {
        let node = FakeNode::new()
            .objects("clusterlogforwarders", new, first)
            .objects("clusterlogforwarders", old, second);
        openshift(&node, "audit-logs-forwarded").verdict
    };
    assert_eq!(run("[]", &forwarder("audit")), Pass);
    assert_eq!(run(&forwarder("audit"), "[]"), Pass);
    assert_eq!(run(&forwarder("application"), "[]"), Manual);
    let node = FakeNode::new().forbidden("clusterlogforwarders", new);
    assert_eq!(openshift(&node, "audit-logs-forwarded").verdict, Error);
}

#[test]
fn administrators_of_the_platform_are_no_finding_and_others_are() {
    let bound = |kind: &str, who: &str| {
        json!([{"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": kind, "name": who}]}])
    };
    let roles = json!([{"metadata": {"name": "cluster-admin"},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}]);
    for (kind, who, wanted) in [
        ("Group", "system:cluster-admins", Pass),
        ("User", "system:admin", Pass),
        ("User", "eve", Fail),
    ] {
        let node = cluster(json!([]), roles.clone(), bound(kind, who), json!([]));
        let outcome = openshift(&node, "rbac-cluster-admin-minimal");
        assert_eq!(outcome.verdict, wanted, "{who}: {outcome:#?}");
    }
}
