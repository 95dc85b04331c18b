//! Every policy control with a cluster that passes, one that fails, a list that
//! is refused and no API server; and the recorded clusters.

use cisb_sdk::contract::manifest::{ProcessRequest, Requests};
use cisb_sdk::fake::{Fact, FakeNode, FakeProcess, Loss, laws};
use cisb_sdk::rule;
use cisb_sdk::verdict::{Outcome, Verdict};
use serde_json::{Map, Value, json};

use super::*;
use crate::control::Control;

mod objects;
mod records;
use Verdict::{Error, Fail, Manual, Pass};

fn requests_for_tests() -> Requests {
    let mut requests = requests();
    requests.processes.push(ProcessRequest {
        id: "kube-apiserver".into(),
        executables: vec!["kube-apiserver".into()],
        environment: Vec::new(),
        why: "tests".into(),
    });
    requests
}

fn control(name: &str) -> Control {
    controls().into_iter().find(|c| c.name == name).unwrap()
}

/// Runs a control and insists on the laws.
fn run(node: &FakeNode, name: &str) -> Outcome {
    run_with(node, name, &Map::new())
}

fn run_with(node: &FakeNode, name: &str, parameters: &Map<String, Value>) -> Outcome {
    let control = control(name);
    let requests = requests_for_tests();
    let (facts, outcome) = node.run_with(parameters, &requests, control.uses, |cx| {
        rule::evaluate(&control.rule, cx, CODES).unwrap()
    });
    let broken = laws::broken(&facts, &outcome);
    assert!(broken.is_none(), "{name}: {broken:?} in {outcome:#?}");
    outcome
}

/// A cluster that serves every core resource and holds nothing, except what
/// is given: request id and objects.
fn cluster(objects: &[(&str, Value)]) -> FakeNode {
    let mut node = FakeNode::new();
    for request in requests().kubernetes {
        let given = objects.iter().find(|(id, _)| *id == request.id);
        let items = given.map_or(json!([]), |(_, items)| items.clone());
        node = node.objects(&request.resource, &request.api_version, &items.to_string());
    }
    node
}

fn meta(name: &str, namespace: &str) -> Value {
    if namespace.is_empty() {
        json!({"name": name})
    } else {
        json!({"name": name, "namespace": namespace})
    }
}

fn role(name: &str, namespace: &str, group: &str, resource: &str, verbs: &[&str]) -> Value {
    json!({"metadata": meta(name, namespace),
        "rules": [{"apiGroups": [group], "resources": [resource], "verbs": verbs}]})
}

fn bind(name: &str, namespace: &str, kind: &str, role: &str, subjects: Value) -> Value {
    json!({"metadata": meta(name, namespace), "roleRef": {"kind": kind, "name": role}, "subjects": subjects})
}

fn user(name: &str) -> Value {
    json!([{"kind": "User", "name": name}])
}

fn account(name: &str, namespace: &str) -> Value {
    json!([{"kind": "ServiceAccount", "name": name, "namespace": namespace}])
}

fn namespace_object(name: &str, enforce: Option<&str>) -> Value {
    match enforce {
        Some(level) => {
            json!({"metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": level}}})
        }
        None => json!({"metadata": {"name": name}}),
    }
}

/// A pod in `app` that does all it should, with these changes.
fn pod(namespace: &str, spec: Value, container: Value) -> Value {
    let mut all = json!({"name": "c", "securityContext": {
        "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}});
    merge(&mut all, container);
    let mut whole = json!({"containers": [all], "serviceAccountName": "own",
        "automountServiceAccountToken": false,
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}}});
    merge(&mut whole, spec);
    json!({"metadata": {"name": "p", "namespace": namespace}, "spec": whole})
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// A cluster in which one user may do something cluster-wide.
fn granting(group: &str, resource: &str, verb: &str) -> FakeNode {
    cluster(&[
        (
            "clusterroles",
            json!([role("r", "", group, resource, &[verb])]),
        ),
        (
            "clusterrolebindings",
            json!([bind("b", "", "ClusterRole", "r", user("eve"))]),
        ),
    ])
}

/// A restricted namespace `app` with this pod.
fn with_pod(pod: Value) -> FakeNode {
    cluster(&[
        (
            "namespaces",
            json!([namespace_object("app", Some("restricted"))]),
        ),
        ("pods", json!([pod])),
    ])
}

fn contexts(context: Value) -> FakeNode {
    with_pod(pod("app", json!({}), json!({"securityContext": context})))
}

fn pods_spec(spec: Value) -> FakeNode {
    with_pod(pod("app", spec, json!({})))
}

fn containers(container: Value) -> FakeNode {
    with_pod(pod("app", json!({}), container))
}

fn server(args: &[&str]) -> FakeNode {
    cluster(&[]).process(FakeProcess::new("kube-apiserver", args))
}

/// Each control with a good cluster and its verdict, and a bad one with its.
#[rustfmt::skip]
fn cases() -> Vec<(&'static str, FakeNode, Verdict, FakeNode, Verdict)> {
    let none = || cluster(&[]);
    let good = || pods_spec(json!({}));
    vec![
        ("users-not-by-client-certificate", none(), Manual,
            cluster(&[("csrs", json!([{"metadata": {"name": "c"}, "spec": {"signerName": "kubernetes.io/kube-apiserver-client", "username": "eve"}}]))]), Manual),
        ("users-not-by-service-account-token", none(), Manual,
            cluster(&[("serviceaccounts", json!([{"metadata": meta("ci", "app"), "secrets": [{"name": "ci-token"}]}]))]), Manual),
        ("users-not-by-bootstrap-token", none(), Pass,
            cluster(&[("clusterroles", json!([role("r", "", "", "secrets", &["get"])])),
                ("clusterrolebindings", json!([bind("b", "", "ClusterRole", "r", json!([{"kind": "Group", "name": "system:bootstrappers:ops"}]))]))]), Fail),
        ("rbac-cluster-admin-minimal", none(), Pass, granting("*", "*", "*"), Fail),
        ("rbac-secrets-access-minimal", none(), Pass, granting("", "secrets", "list"), Fail),
        ("rbac-no-wildcards", none(), Pass, granting("apps", "*", "get"), Fail),
        ("rbac-create-pods-minimal", none(), Pass, granting("", "pods", "create"), Fail),
        ("default-service-account-unused",
            cluster(&[("serviceaccounts", json!([{"metadata": meta("default", "app"), "automountServiceAccountToken": false}]))]), Pass,
            cluster(&[("serviceaccounts", json!([{"metadata": meta("default", "app")}]))]), Fail),
        ("service-account-token-mounts-minimal", good(), Pass, pods_spec(json!({"automountServiceAccountToken": null})), Fail),
        ("rbac-system-masters-unused", none(), Manual,
            cluster(&[("clusterrolebindings", json!([bind("b", "", "ClusterRole", "view", json!([{"kind": "Group", "name": "system:masters"}]))]))]), Fail),
        ("rbac-bind-impersonate-escalate-minimal", none(), Pass, granting("", "users", "impersonate"), Fail),
        ("rbac-create-persistent-volumes-minimal", none(), Pass, granting("", "persistentvolumes", "create"), Fail),
        ("rbac-nodes-proxy-minimal", none(), Pass, granting("", "*/proxy", "get"), Fail),
        ("rbac-csr-approval-minimal", none(), Pass, granting("certificates.k8s.io", "certificatesigningrequests/approval", "patch"), Fail),
        ("rbac-webhook-configuration-minimal", none(), Pass, granting("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "update"), Fail),
        ("rbac-token-creation-minimal", none(), Pass, granting("", "serviceaccounts/token", "create"), Fail),
        ("pod-policy-mechanism-active", good(), Pass,
            cluster(&[("namespaces", json!([namespace_object("app", None)])), ("pods", json!([pod("app", json!({}), json!({}))]))]), Fail),
        ("pods-no-privileged", good(), Pass, contexts(json!({"privileged": true})), Fail),
        ("pods-no-host-pid", good(), Pass, pods_spec(json!({"hostPID": true})), Fail),
        ("pods-no-host-ipc", good(), Pass, pods_spec(json!({"hostIPC": true})), Fail),
        ("pods-no-host-network", good(), Pass, pods_spec(json!({"hostNetwork": true})), Fail),
        ("pods-no-privilege-escalation", good(), Pass, contexts(json!({"allowPrivilegeEscalation": null})), Fail),
        ("pods-no-root", good(), Pass, pods_spec(json!({"securityContext": {"runAsNonRoot": null}})), Fail),
        ("pods-drop-net-raw", good(), Pass, contexts(json!({"capabilities": {"drop": ["CHOWN"]}})), Fail),
        ("pods-no-added-capabilities", good(), Pass, contexts(json!({"capabilities": {"add": ["SYS_ADMIN"]}})), Fail),
        ("pods-drop-all-capabilities", good(), Pass, contexts(json!({"capabilities": null})), Fail),
        ("pods-no-windows-host-process", good(), Pass, pods_spec(json!({"os": {"name": "windows"}, "securityContext": {"windowsOptions": {"hostProcess": true}}})), Fail),
        ("pods-no-host-path", good(), Pass, pods_spec(json!({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]})), Fail),
        ("pods-no-host-ports", good(), Pass, containers(json!({"ports": [{"hostPort": 80}]})), Fail),
        ("cni-supports-network-policy",
            cluster(&[("daemonsets", json!([daemon_set("calico-node", "quay.example/calico/node:v3", 1)]))]), Pass,
            cluster(&[("daemonsets", json!([daemon_set("kube-flannel", "ghcr.example/flannel-io/flannel:v0", 1)]))]), Fail),
        ("namespaces-have-network-policy",
            cluster(&[("namespaces", json!([namespace_object("app", None)])),
                ("networkpolicies", json!([{"metadata": meta("deny", "app"), "spec": {"podSelector": {}}}]))]), Pass,
            good(), Fail),
        ("secrets-not-in-environment", good(), Pass, containers(json!({"env": [{"name": "PW", "valueFrom": {"secretKeyRef": {"name": "db", "key": "pw"}}}]})), Fail),
        ("external-secret-storage", none(), Manual,
            cluster(&[("externalsecrets", json!([{"metadata": meta("db", "app")}]))]), Manual),
        ("image-provenance", server(&["--enable-admission-plugins=NodeRestriction,ImagePolicyWebhook"]), Pass, server(&[]), Fail),
        ("namespaces-as-boundaries", none(), Manual, good(), Manual),
        ("pods-seccomp-profile", good(), Pass, pods_spec(json!({"securityContext": {"seccompProfile": null}})), Fail),
        ("pods-security-context", good(), Pass,
            with_pod(json!({"metadata": meta("p", "app"), "spec": {"containers": [{"name": "c"}]}})), Fail),
        ("default-namespace-unused",
            cluster(&[("services", json!([{"metadata": meta("kubernetes", "default")}]))]), Pass,
            cluster(&[("deployments", json!([{"metadata": meta("web", "default")}]))]), Fail),
    ]
}

fn daemon_set(name: &str, image: &str, ready: u64) -> Value {
    json!({"metadata": meta(name, "kube-system"), "status": {"numberReady": ready},
        "spec": {"template": {"spec": {"containers": [{"image": image}]}}}})
}

#[test]
fn every_control_passes_and_fails_where_it_should() {
    let cases = cases();
    for (name, good, good_verdict, bad, bad_verdict) in &cases {
        let outcome = run(good, name);
        assert_eq!(outcome.verdict, *good_verdict, "{name}: {outcome:#?}");
        let outcome = run(bad, name);
        assert_eq!(outcome.verdict, *bad_verdict, "{name}: {outcome:#?}");
        assert!(
            !outcome.subjects.is_empty() || *bad_verdict == Manual,
            "{name}"
        );
    }
    let covered: Vec<_> = cases.iter().map(|c| c.0).collect();
    let all: Vec<_> = controls().iter().map(|c| c.name).collect();
    assert_eq!(covered, all);
}

#[test]
fn without_an_api_server_every_control_is_an_error() {
    let node = server(&[]).without_api();
    for control in controls() {
        let outcome = run(&node, control.name);
        assert_eq!(outcome.verdict, Error, "{}: {outcome:#?}", control.name);
        assert!(
            outcome.reason.contains("no API server was asked for"),
            "{}",
            outcome.reason
        );
    }
}

#[test]
fn what_is_refused_is_never_a_pass_and_is_named() {
    /// Refusing these only leaves open what they would add.
    const ADDS: [&str; 23] = [
        "nodes",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "validatingwebhooks",
        "daemonsets",
        "secretproviderclasses",
        "externalsecrets",
        "ciliumnetworkpolicies",
        "ciliumclusterwidenetworkpolicies",
        "calico-networkpolicies",
        "calico-globalnetworkpolicies",
        "adminnetworkpolicies",
        "baselineadminnetworkpolicies",
        "kyverno-clusterpolicies",
        "kyverno-policies",
        "k8spspprivilegedcontainer",
        "k8spsphostnamespace",
        "k8spsphostnetworkingports",
        "k8spspallowprivilegeescalationcontainer",
        "k8spspcapabilities",
        "k8spspallowedusers",
        "k8spsphostfilesystem",
        "k8spspseccomp",
    ];
    let requests = requests();
    for (name, good, verdict, bad, _) in cases() {
        for request in control(name).uses {
            let Some(r) = requests.kubernetes.iter().find(|r| r.id == *request) else {
                continue;
            };
            for node in [&good, &bad] {
                let outcome = run(&node.clone().forbidden(&r.resource, &r.api_version), name);
                let adds = ADDS.contains(request)
                    && !matches!(
                        (name, *request),
                        (
                            "cni-supports-network-policy" | "default-namespace-unused",
                            "daemonsets"
                        ) | ("image-provenance", _)
                    );
                if adds {
                    assert!(
                        outcome.verdict >= verdict,
                        "{name} without {request}: {outcome:#?}"
                    );
                } else {
                    assert_eq!(
                        outcome.verdict, Error,
                        "{name} without {request}: {outcome:#?}"
                    );
                    assert!(outcome.reason.contains(request), "{}", outcome.reason);
                }
            }
        }
    }
}

#[test]
fn no_fact_that_goes_missing_makes_a_pass() {
    let requests = requests_for_tests();
    for (name, good, _, bad, _) in cases() {
        let control = control(name);
        for node in [good, bad] {
            let found = laws::violations(&node, |node| {
                node.run(&requests, control.uses, |cx| {
                    rule::evaluate(&control.rule, cx, CODES).unwrap()
                })
            });
            assert!(found.is_empty(), "{name}: {found:?}");
        }
    }
}

#[test]
fn a_grant_is_judged_by_whom_it_reaches() {
    let secrets = |ns| role("r", ns, "", "secrets", &["get"]);
    let wide = |subjects| {
        cluster(&[
            ("clusterroles", json!([secrets("")])),
            (
                "clusterrolebindings",
                json!([bind("b", "", "ClusterRole", "r", subjects)]),
            ),
        ])
    };
    let narrow = |ns: &str, subjects| {
        cluster(&[
            ("clusterroles", json!([secrets("")])),
            (
                "rolebindings",
                json!([bind("b", ns, "ClusterRole", "r", subjects)]),
            ),
        ])
    };
    let group = |name: &str| json!([{"kind": "Group", "name": name}]);
    for (node, expected) in [
        (wide(user("eve")), Fail),
        (wide(account("agent", "app")), Fail),
        (wide(account("agent", "kube-system")), Manual),
        (
            wide(user("system:serviceaccount:kube-system:agent")),
            Manual,
        ),
        (wide(group("system:masters")), Pass),
        (wide(json!([])), Manual),
        (wide(json!(null)), Manual),
        (narrow("app", user("eve")), Manual),
        (narrow("app", group("system:authenticated")), Fail),
        (narrow("app", group("system:serviceaccounts:app")), Fail),
        // The binding's role does not exist in its namespace.
        (
            cluster(&[
                ("roles", json!([secrets("one")])),
                (
                    "rolebindings",
                    json!([bind("b", "two", "Role", "r", user("eve"))]),
                ),
            ]),
            Manual,
        ),
    ] {
        let outcome = run(&node, "rbac-secrets-access-minimal");
        assert_eq!(outcome.verdict, expected, "{outcome:#?}");
    }
    // A RoleBinding gives nothing on what is in no namespace.
    let node = cluster(&[
        (
            "clusterroles",
            json!([role("r", "", "", "nodes/proxy", &["get"])]),
        ),
        (
            "rolebindings",
            json!([bind("b", "app", "ClusterRole", "r", user("eve"))]),
        ),
    ]);
    assert_eq!(run(&node, "rbac-nodes-proxy-minimal").verdict, Pass);
}

#[test]
fn a_label_alone_does_not_make_a_shipped_default() {
    let label = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
    let labelled = |mut object: Value| {
        object["metadata"]["labels"] = label.clone();
        object
    };
    let name = "system:controller:job-controller";
    let own = || {
        bind(
            name,
            "",
            "ClusterRole",
            name,
            account("job-controller", "kube-system"),
        )
    };
    let grown = role(name, "", "", "secrets", &["get"]);
    for (what, role, binding, expected) in [
        (
            "forged name",
            labelled(role("mine", "", "", "secrets", &["get"])),
            labelled(bind("mine", "", "ClusterRole", "mine", user("eve"))),
            Fail,
        ),
        ("grown role", labelled(grown.clone()), labelled(own()), Fail),
        (
            "other subject",
            labelled(role(name, "", "", "pods", &["create"])),
            labelled(bind(name, "", "ClusterRole", name, user("eve"))),
            Pass,
        ),
    ] {
        let node = cluster(&[
            ("clusterroles", json!([role])),
            ("clusterrolebindings", json!([binding])),
        ]);
        assert_eq!(
            run(&node, "rbac-secrets-access-minimal").verdict,
            expected,
            "{what}"
        );
    }
    let ships = labelled(role(name, "", "", "pods", &["create"]));
    for (binding, expected) in [
        (labelled(own()), Pass),
        (own(), Manual),
        (
            labelled(bind(name, "", "ClusterRole", name, user("eve"))),
            Fail,
        ),
    ] {
        let node = cluster(&[
            ("clusterroles", json!([ships])),
            ("clusterrolebindings", json!([binding])),
        ]);
        assert_eq!(run(&node, "rbac-create-pods-minimal").verdict, expected);
        let off = json!({"shipped-defaults": false});
        let outcome = run_with(&node, "rbac-create-pods-minimal", off.as_object().unwrap());
        assert_eq!(outcome.verdict, expected.max(Manual));
    }
}

#[test]
fn offenders_of_system_namespaces_are_a_persons_and_the_list_is_a_parameter() {
    let node = cluster(&[(
        "pods",
        json!([pod("ops", json!({"hostPID": true}), json!({}))]),
    )]);
    let name = "pods-no-host-pid";
    assert_eq!(run(&node, name).verdict, Fail);
    let system = json!({"system-namespaces": ["ops"]});
    let outcome = run_with(&node, name, system.as_object().unwrap());
    assert_eq!(outcome.verdict, Manual);
    assert!(outcome.reason.contains("Pod/ops/p"), "{}", outcome.reason);
}

#[test]
fn admission_is_said_beside_what_runs() {
    let node = |enforce| cluster(&[("namespaces", json!([namespace_object("app", enforce)]))]);
    for (name, enforce, expected) in [
        ("pods-no-host-pid", None, Pass),
        ("pods-no-host-pid", Some("baseline"), Pass),
        ("pods-no-host-path", None, Manual),
        ("pods-no-host-path", Some("baseline"), Pass),
        ("pods-no-root", Some("baseline"), Manual),
        ("pods-no-root", Some("restricted"), Pass),
        ("pods-no-root", Some("privileged"), Manual),
    ] {
        let outcome = run(&node(enforce), name);
        assert_eq!(outcome.verdict, expected, "{name} {enforce:?}");
        let gap = outcome.reason.contains("admission gap");
        let closed = matches!(enforce, Some("restricted"))
            || (enforce == Some("baseline") && name != "pods-no-root");
        assert_eq!(gap, !closed, "{name} {enforce:?}: {}", outcome.reason);
    }
}

#[test]
fn policies_of_other_kinds_count_where_they_are_known() {
    let namespaces = ("namespaces", json!([namespace_object("app", None)]));
    let pods = ("pods", json!([pod("app", json!({}), json!({}))]));
    let name = "namespaces-have-network-policy";
    let with = |id: &'static str, object: Value| {
        run(
            &cluster(&[namespaces.clone(), pods.clone(), (id, json!([object]))]),
            name,
        )
        .verdict
    };
    let of = |spec: Value| json!({"metadata": meta("x", "app"), "spec": spec});
    let wide = |spec: Value| json!({"metadata": meta("x", ""), "spec": spec});
    assert_eq!(
        with(
            "networkpolicies",
            of(json!({"podSelector": {"matchLabels": {"a": "b"}}}))
        ),
        Manual
    );
    assert_eq!(
        with("ciliumnetworkpolicies", of(json!({"endpointSelector": {}}))),
        Pass
    );
    assert_eq!(
        with(
            "ciliumclusterwidenetworkpolicies",
            wide(json!({"endpointSelector": {}}))
        ),
        Pass
    );
    assert_eq!(
        with("calico-networkpolicies", of(json!({"selector": "all()"}))),
        Pass
    );
    assert_eq!(
        with(
            "baselineadminnetworkpolicies",
            wide(json!({"subject": {"namespaces": {}}}))
        ),
        Pass
    );
    let bare = cluster(&[namespaces.clone(), pods.clone()]);
    let refused = bare.forbidden("ciliumnetworkpolicies", "cilium.io/v2");
    let outcome = run(&refused, name);
    assert_eq!(outcome.verdict, Error);
    assert!(outcome.reason.contains("app"), "{}", outcome.reason);
}

#[test]
fn a_role_bound_only_to_system_accounts_may_be_a_persons_to_judge() {
    let node = |subjects| {
        cluster(&[
            (
                "clusterroles",
                json!([role("r", "", "apps", "*", &["get"])]),
            ),
            (
                "clusterrolebindings",
                json!([bind("b", "", "ClusterRole", "r", subjects)]),
            ),
        ])
    };
    let name = "rbac-no-wildcards";
    assert_eq!(
        run(&node(account("cni", "kube-system")), name).verdict,
        Manual
    );
    assert_eq!(run(&node(account("cni", "app")), name).verdict, Fail);
    let role = json!([role("r", "app", "", "pods/*", &["get"])]);
    assert_eq!(run(&cluster(&[("roles", role)]), name).verdict, Fail);
}

#[test]
fn a_token_is_needed_by_an_account_of_its_own_with_rights() {
    let spec = |account: &str, word: Value| json!({"serviceAccountName": account, "automountServiceAccountToken": word});
    let node = |spec: Value, bound: bool| {
        cluster(&[
            ("pods", json!([pod("app", spec, json!({}))])),
            (
                "serviceaccounts",
                json!([{"metadata": meta("own", "app")}, {"metadata": meta("default", "app")}]),
            ),
            (
                "rolebindings",
                if bound {
                    json!([bind("b", "app", "Role", "r", account("own", "app"))])
                } else {
                    json!([])
                },
            ),
        ])
    };
    let name = "service-account-token-mounts-minimal";
    for (spec, bound, expected) in [
        (spec("own", json!(null)), true, Manual),
        (spec("own", json!(true)), false, Fail),
        (spec("default", json!(null)), true, Fail),
        (spec("own", json!(false)), true, Pass),
    ] {
        assert_eq!(
            run(&node(spec.clone(), bound), name).verdict,
            expected,
            "{spec} {bound}"
        );
    }
}

#[test]
fn levels_count_only_where_pod_security_runs() {
    let node = |args: &[&str]| {
        with_pod(pod("app", json!({}), json!({}))).process(FakeProcess::new("kube-apiserver", args))
    };
    let name = "pod-policy-mechanism-active";
    assert_eq!(run(&node(&[]), name).verdict, Pass);
    let off = node(&["--disable-admission-plugins=DefaultIngressClass,PodSecurity"]);
    assert_eq!(run(&off, name).verdict, Fail);
    let file = node(&["--admission-control-config-file=/etc/kubernetes/admission.yaml"]);
    assert!(run(&file, name).reason.contains("admission configuration"));
}

/// Each version with what a server of it, seen with these arguments or not
/// seen, makes of a namespace that only carries a label.
#[test]
fn labels_count_only_where_the_version_enforces_them() {
    const OLD: &str = "labels of Pod Security are enforced since 1.23";
    const UNKNOWN: &str = "the API server's version, and labels";
    const UNREAD: &str = "a PodSecurityPolicy may restrict pods";
    const SWITCHED: &str = "switched off";
    let psp = "--enable-admission-plugins=NodeRestriction,PodSecurityPolicy";
    type Case<'a> = (Option<&'a str>, Option<&'a str>, Verdict, &'a [&'a str]);
    #[rustfmt::skip]
    let cases: &[Case<'_>] = &[
        (Some("v1.21.14"), Some(""), Fail, &["the API server says v1.21.14", OLD]),
        (Some("v1.22.17"), Some(""), Fail, &["the API server says v1.22.17", OLD]),
        (Some("v1.22.17"), None, Error, &[OLD, UNREAD]),
        (Some("v1.22.17"), Some(psp), Error, &[OLD, UNREAD]),
        (Some("v1.22.17"), Some("--feature-gates=PodSecurity=true"), Pass, &[]),
        (Some("v1.22.17"), Some("--feature-gates=AllAlpha=true"), Pass, &[]),
        (Some("v1.23.0"), Some(""), Pass, &[]),
        (Some("v1.23.0"), None, Pass, &[UNREAD]),
        (Some("v1.23.0"), Some("--feature-gates=X=true,PodSecurity=0"), Fail, &[SWITCHED]),
        (Some("v1.24.0"), Some("--feature-gates=AllBeta=false"), Fail, &[SWITCHED]),
        (Some("v1.25.0"), Some("--feature-gates=AllBeta=false"), Pass, &[]),
        (Some("v1.25.0"), None, Pass, &[]),
        (None, None, Error, &[UNKNOWN, UNREAD]),
        (None, Some(""), Error, &[UNKNOWN]),
        (None, Some("--feature-gates=PodSecurity=true"), Pass, &[]),
        (Some("nonsense"), Some(""), Error, &[UNKNOWN]),
    ];
    for (version, args, verdict, said) in cases {
        let mut node = with_pod(pod("app", json!({}), json!({})));
        node = match version {
            Some(version) => node.version(version),
            None => node.without_version(),
        };
        if let Some(args) = args {
            let args: Vec<_> = args.split_whitespace().collect();
            node = node.process(FakeProcess::new("kube-apiserver", &args));
        }
        let case = format!("{version:?} {args:?}");
        let outcome = run(&node, "pod-policy-mechanism-active");
        assert_eq!(outcome.verdict, *verdict, "{case}: {outcome:#?}");
        // Nothing runs that should not: what is admitted is a person's.
        let admitted = run(&node, "pods-no-root");
        let expected = if *verdict == Pass { Pass } else { Manual };
        assert_eq!(admitted.verdict, expected, "{case}: {admitted:#?}");
        assert_eq!(run(&node, "pods-no-host-pid").verdict, Pass, "{case}");
        for outcome in [&outcome, &admitted] {
            for part in [OLD, UNKNOWN, UNREAD, SWITCHED] {
                let is_said = outcome.reason.contains(part);
                assert_eq!(is_said, said.contains(&part), "{case}: {}", outcome.reason);
            }
            for part in *said {
                assert!(outcome.reason.contains(part), "{case}: {}", outcome.reason);
            }
            let alone = outcome
                .subjects
                .iter()
                .any(|s| s.actual.contains("label alone"));
            assert_eq!(alone, *verdict != Pass, "{case}: {outcome:#?}");
        }
    }
}

#[test]
fn the_operator_may_state_the_version() {
    let node = with_pod(pod("app", json!({}), json!({}))).without_version();
    for (version, verdict) in [("1.22", Error), ("1.30", Pass)] {
        let stated = json!({"kubernetes-version": version});
        let stated = stated.as_object().unwrap();
        let outcome = run_with(&node, "pod-policy-mechanism-active", stated);
        assert_eq!(outcome.verdict, verdict, "{version}: {outcome:#?}");
    }
}

/// A webhook configuration that sees pods where this selector picks.
fn webhook(configuration: &str, hook: &str, selector: Value) -> Value {
    json!({"metadata": {"name": configuration}, "webhooks": [{"name": hook, "namespaceSelector": selector,
        "rules": [{"operations": ["CREATE"], "apiGroups": [""], "resources": ["pods"]}]}]})
}

#[test]
fn engines_are_named_where_they_are_set_to_refuse_and_pass_nothing() {
    let kyverno = || {
        webhook(
            "kyverno-resource-validating-webhook-cfg",
            "validate.kyverno.svc-fail",
            json!({}),
        )
    };
    let gatekeeper = || {
        webhook(
            "gatekeeper-validating-webhook-configuration",
            "validation.gatekeeper.sh",
            json!({}),
        )
    };
    let policy = |action: &str| {
        let rule = json!({"match": {"any": [{"resources": {"kinds": ["Pod"]}}]}});
        json!([{"metadata": {"name": "strict"}, "spec": {"validationFailureAction": action, "rules": [rule]}}])
    };
    let own = |action: &str| {
        let mut own = policy(action);
        own[0]["metadata"]["namespace"] = json!("app");
        own
    };
    let constraint = |action: &str| json!([{"metadata": {"name": "strict"}, "spec": {"enforcementAction": action}}]);
    let app = || {
        vec![
            ("namespaces", json!([namespace_object("app", None)])),
            ("pods", json!([pod("app", json!({}), json!({}))])),
        ]
    };
    let (none, clusterwide) = (json!([]), "ClusterPolicy/strict");
    let constrained = "k8spspallowedusers/strict";
    for (hooks, id, objects, said) in [
        (
            json!([kyverno()]),
            "kyverno-clusterpolicies",
            policy("Enforce"),
            clusterwide,
        ),
        (
            json!([kyverno()]),
            "kyverno-clusterpolicies",
            policy("Audit"),
            "nothing of Kyverno",
        ),
        (
            json!([kyverno()]),
            "kyverno-policies",
            own("Enforce"),
            "Policy/app/strict",
        ),
        (
            json!([gatekeeper()]),
            "k8spspallowedusers",
            constraint("deny"),
            constrained,
        ),
        (
            json!([gatekeeper()]),
            "k8spspallowedusers",
            constraint("dryrun"),
            "nothing of Gatekeeper",
        ),
        // Without a webhook nobody asks what the policy says.
        (
            none.clone(),
            "kyverno-clusterpolicies",
            policy("Enforce"),
            "",
        ),
        (none, "k8spspallowedusers", constraint("deny"), ""),
    ] {
        let mut given = app();
        given.extend([("validatingwebhooks", hooks), (id, objects)]);
        let node = cluster(&given);
        let verdict = if said.is_empty() { Fail } else { Manual };
        for (name, verdict) in [
            ("pod-policy-mechanism-active", verdict),
            ("pods-no-root", Manual),
            ("pods-no-privilege-escalation", Pass),
        ] {
            let outcome = run(&node, name);
            assert_eq!(outcome.verdict, verdict, "{name} {said}: {outcome:#?}");
            let app = outcome.subjects.iter().find(|s| s.key == "Namespace/app");
            let actual = &app.unwrap().actual;
            // Each check asks for the constraints that look at what it does.
            if said.starts_with("k8s") && name == "pods-no-privilege-escalation" {
                assert!(actual.contains("nothing of Gatekeeper"), "{actual}");
            } else if said.is_empty() {
                assert!(!actual.contains("set to refuse"), "{actual}");
            } else {
                assert!(actual.contains(said), "{name}: {actual}");
            }
        }
    }
}

#[test]
fn an_engine_counts_only_where_its_webhook_sees_pods_and_what_is_refused_is_said() {
    let elsewhere = json!({"matchLabels": {"team": "other"}});
    let hooks = |selector| {
        json!([webhook(
            "kyverno-resource-validating-webhook-cfg",
            "validate.kyverno.svc-fail",
            selector
        )])
    };
    let node = |selector| {
        cluster(&[
            ("namespaces", json!([namespace_object("app", None)])),
            ("pods", json!([pod("app", json!({}), json!({}))])),
            ("validatingwebhooks", hooks(selector)),
        ])
        .forbidden("clusterpolicies", "kyverno.io/v1")
    };
    let name = "pod-policy-mechanism-active";
    let outcome = run(&node(json!({})), name);
    assert_eq!(outcome.verdict, Manual, "{outcome:#?}");
    for part in ["what Kyverno is set to refuse is not known", "403"] {
        let said = format!("{} {}", outcome.reason, outcome.actual);
        assert!(said.contains(part), "{said}");
    }
    let outcome = run(&node(elsewhere), name);
    assert_eq!(outcome.verdict, Fail, "{outcome:#?}");
}

#[test]
fn windows_is_absent_only_where_every_node_says_linux() {
    let node = |systems: &[&str]| {
        let nodes: Vec<_> = systems
            .iter()
            .map(|s| json!({"metadata": {"name": "n"}, "status": {"nodeInfo": {"operatingSystem": s}}}))
            .collect();
        cluster(&[
            ("nodes", json!(nodes)),
            ("namespaces", json!([namespace_object("app", None)])),
        ])
    };
    let name = "pods-no-windows-host-process";
    assert_eq!(run(&node(&["linux"]), name).verdict, Verdict::NotApplicable);
    assert_eq!(run(&node(&["linux", "windows"]), name).verdict, Manual);
    assert_eq!(run(&node(&["linux", ""]), name).verdict, Manual);
    assert_eq!(run(&node(&[]), name).verdict, Manual);
    assert_eq!(
        run(&node(&["linux"]).forbidden("nodes", "v1"), name).verdict,
        Manual
    );
}

#[test]
fn what_a_pod_leaves_unsaid_is_marked_as_a_default() {
    use cisb_sdk::verdict::Basis;
    let basis = |context: Value| {
        run(&contexts(context), "pods-no-privilege-escalation").subjects[0]
            .basis
            .clone()
    };
    assert!(matches!(
        basis(json!({"allowPrivilegeEscalation": null})),
        Basis::Default(_)
    ));
    assert_eq!(
        basis(json!({"allowPrivilegeEscalation": true})),
        Basis::Explicit
    );
}

#[test]
fn a_table_that_names_what_there_is_not_gets_an_error() {
    let wrong = json!({"power": "fly", "look": "away"});
    for (policy, uses) in [
        (&access::HOLDERS, access::RBAC),
        (&workloads::RUNNING, &["pods"]),
    ] {
        let (_, outcome) = cluster(&[]).run(&requests_for_tests(), uses, |cx| {
            sheet::run(cx, &wrong.clone().into(), policy)
        });
        assert_eq!(outcome.verdict, Error);
    }
}
