//! The controls of AKS on nodes and clusters that pass, fail, hide what
//! decides, and have nothing to judge.

use Verdict::{Fail, Manual, NotApplicable, Pass};
use cisb_sdk::fake::{FakeNode, FakeProcess};
use cisb_sdk::verdict::Verdict;

use super::PLATFORM;
use crate::platform::rules::cases::{Case, hold, holding, run};

const AZURE_JSON: &str = "/etc/kubernetes/azure.json";
const DEFAULTS: &str = "/etc/default/kubelet";
const CONFIG: &str = "/etc/default/kubeletconfig.json";

fn file(path: &str, mode: u32, uid: u32) -> FakeNode {
    FakeNode::new().file(path, mode, uid, uid, "{}")
}

/// A kubelet with custom node configuration.
fn configured(mode: u32, uid: u32) -> FakeNode {
    file(DEFAULTS, 0o600, 0)
        .file(CONFIG, mode, uid, uid, "{}")
        .process(FakeProcess::new(
            "kubelet",
            &["--config", "/etc/default/kubeletconfig.json"],
        ))
}

/// A kubelet with flags only, whose flags are kept so.
fn flagged(mode: u32, uid: u32) -> FakeNode {
    file(DEFAULTS, mode, uid).process(FakeProcess::new("kubelet", &["--read-only-port=0"]))
}

fn nodes(addresses: &str) -> FakeNode {
    let label = "kubernetes.azure.com/node-image-version";
    let node = format!(
        r#"[{{"metadata": {{"name": "n", "labels": {{"{label}": "AKSUbuntu-2204-1"}}}},
             "status": {{"addresses": {addresses}}}}}]"#
    );
    holding(&[("nodes", "v1", &node), ("daemonsets", "apps/v1", "[]")])
}

const INSIDE: &str = r#"[{"type": "InternalIP"}, {"type": "Hostname"}]"#;
const OUTSIDE: &str = r#"[{"type": "InternalIP"}, {"type": "ExternalIP"}]"#;

fn web(ingress: &str, service: &str) -> FakeNode {
    let ingresses = format!(r#"[{{"metadata": {{"name": "i", "namespace": "a"}}, {ingress}}}]"#);
    let services = format!(
        r#"[{{"metadata": {{"name": "s", "namespace": "a"}},
             "spec": {{"type": "{service}", "ports": [{{"port": 443}}]}}}}]"#
    );
    holding(&[
        ("ingresses", "networking.k8s.io/v1", &ingresses),
        ("services", "v1", &services),
    ])
}

fn pods(class: &str) -> FakeNode {
    let pod = format!(
        r#"[{{"metadata": {{"name": "p", "namespace": "a"}}, "spec": {{"runtimeClassName": "{class}"}}}}]"#
    );
    holding(&[("pods", "v1", &pod)])
}

/// Who uses the account default of the namespace `a`.
fn accounts(name: &str, mounts: &str) -> FakeNode {
    let accounts = format!(
        r#"[{{"metadata": {{"name": "default", "namespace": "a"}}, "automountServiceAccountToken": {mounts}}}]"#
    );
    let pods = format!(
        r#"[{{"metadata": {{"name": "p", "namespace": "a"}},
             "spec": {{"serviceAccountName": "{name}", "containers": []}}}}]"#
    );
    let rbac = "rbac.authorization.k8s.io/v1";
    holding(&[
        ("serviceaccounts", "v1", &accounts),
        ("pods", "v1", &pods),
        ("clusterroles", rbac, "[]"),
        ("roles", rbac, "[]"),
        ("clusterrolebindings", rbac, "[]"),
        ("rolebindings", rbac, "[]"),
    ])
}

fn engine(image: &str) -> FakeNode {
    let set = format!(
        r#"[{{"metadata": {{"name": "d", "namespace": "kube-system"}}, "status": {{"numberReady": 1}},
             "spec": {{"template": {{"spec": {{"containers": [{{"image": "{image}"}}]}}}}}}}}]"#
    );
    holding(&[("daemonsets", "apps/v1", &set)])
}

fn cases() -> Vec<Case> {
    let azure_json = |control, bad| Case {
        control,
        good: (file(AZURE_JSON, 0o600, 0), Pass),
        bad: (bad, Fail),
        hidden: file(AZURE_JSON, 0o600, 0).unreadable(AZURE_JSON),
        nothing: (FakeNode::new(), NotApplicable),
    };
    let config = |control, bad, good| Case {
        control,
        good: (good, Pass),
        bad: (bad, Fail),
        hidden: configured(0o600, 0).unreadable(CONFIG),
        nothing: (FakeNode::new(), NotApplicable),
    };
    vec![
        azure_json("aks-azure-json-mode-644", file(AZURE_JSON, 0o666, 0)),
        azure_json("aks-azure-json-owner", file(AZURE_JSON, 0o600, 1000)),
        config(
            "aks-kubelet-config-mode-644",
            configured(0o664, 0),
            flagged(0o644, 0),
        ),
        config(
            "aks-kubelet-config-owner",
            flagged(0o600, 1000),
            configured(0o600, 0),
        ),
        Case {
            control: "aks-cni-version-current",
            good: (nodes(INSIDE), Manual),
            bad: (
                engine("mcr.microsoft.com/oss/calico/node:v3").objects("nodes", "v1", "[]"),
                Manual,
            ),
            hidden: nodes(INSIDE).forbidden("nodes", "v1"),
            nothing: (
                holding(&[("nodes", "v1", "[]"), ("daemonsets", "apps/v1", "[]")]),
                Manual,
            ),
        },
        Case {
            control: "aks-nodes-private",
            good: (nodes(INSIDE), Pass),
            bad: (nodes(OUTSIDE), Fail),
            hidden: nodes(INSIDE).forbidden("nodes", "v1"),
            // A cluster without machines, or one that says nothing of them.
            nothing: (nodes("[]"), Manual),
        },
        Case {
            control: "aks-load-balancers-use-tls",
            good: (
                web(r#""spec": {"tls": [{"secretName": "t"}]}"#, "ClusterIP"),
                Pass,
            ),
            bad: (web(r#""spec": {}"#, "ClusterIP"), Manual),
            hidden: web(r#""spec": {}"#, "ClusterIP")
                .forbidden("ingresses", "networking.k8s.io/v1"),
            nothing: (
                holding(&[
                    ("ingresses", "networking.k8s.io/v1", "[]"),
                    ("services", "v1", "[]"),
                ]),
                NotApplicable,
            ),
        },
        Case {
            control: "aks-untrusted-workloads-isolated",
            good: (pods("kata-vm-isolation"), Manual),
            bad: (pods("runc"), Manual),
            hidden: pods("runc").forbidden("pods", "v1"),
            nothing: (holding(&[("pods", "v1", "[]")]), Manual),
        },
        Case {
            control: "aks-workloads-have-own-accounts",
            good: (accounts("own", "false"), Pass),
            bad: (accounts("default", "true"), Fail),
            hidden: accounts("own", "false").forbidden("pods", "v1"),
            nothing: (accounts("own", "true"), Fail),
        },
        Case {
            control: "aks-network-policy-engine",
            good: (
                engine("mcr.microsoft.com/containernetworking/azure-npm:v1"),
                Pass,
            ),
            bad: (engine("docker.io/flannel/flannel:v0"), Fail),
            hidden: engine("x").forbidden("daemonsets", "apps/v1"),
            nothing: (holding(&[("daemonsets", "apps/v1", "[]")]), Manual),
        },
    ]
}

/// What only Azure's API tells, and the command that asks it.
const ASKED: &[(&str, &str)] = &[
    ("aks-audit-logs-kept", "az monitor diagnostic-settings list"),
    ("aks-azure-rbac-used", "--query aadProfile"),
    ("aks-endpoint-private", "enablePrivateCluster and"),
    ("aks-endpoint-restricted", "--query apiServerAccessProfile"),
    ("aks-hostile-tenants-apart", "which tenants"),
    ("aks-images-scanned", "az security pricing show"),
    (
        "aks-registries-approved",
        "kubectl get k8sazurev2containerallowedimages",
    ),
    ("aks-registry-pull-only", "identityProfile.kubeletidentity"),
    ("aks-registry-users-minimal", "az role assignment list"),
    (
        "aks-secrets-encrypted",
        "--query securityProfile.azureKeyVaultKms",
    ),
    ("aks-users-from-entra-id", "disableLocalAccounts"),
];

#[test]
fn each_control_of_aks_passes_fails_and_says_when_it_cannot_tell() {
    hold(&PLATFORM, &cases(), ASKED);
}

#[test]
fn aks_files_that_are_not_there_are_not_judged() {
    for name in ["aks-azure-json-mode-644", "aks-azure-json-owner"] {
        let outcome = run(&PLATFORM, &FakeNode::new(), name);
        assert_eq!(outcome.verdict, NotApplicable);
        assert!(
            outcome.reason.contains("no /etc/kubernetes/azure.json"),
            "{}",
            outcome.reason
        );
    }
    // A directory that hides it is no witness.
    let hidden = file(AZURE_JSON, 0o600, 0).unreadable("/etc/kubernetes");
    let outcome = run(&PLATFORM, &hidden, "aks-azure-json-owner");
    assert_eq!(outcome.verdict, Verdict::Error, "{outcome:#?}");
}

#[test]
fn a_load_balancer_of_azure_is_a_persons_to_judge() {
    let node = web(r#""spec": {"tls": [{"secretName": "t"}]}"#, "LoadBalancer");
    let outcome = run(&PLATFORM, &node, "aks-load-balancers-use-tls");
    assert_eq!(outcome.verdict, Manual, "{outcome:#?}");
    assert!(
        outcome.subjects.iter().any(|it| it.key == "Service/a/s"),
        "{outcome:#?}"
    );
}

#[test]
fn one_address_in_the_internet_among_many_is_found() {
    let outcome = run(&PLATFORM, &nodes(OUTSIDE), "aks-nodes-private");
    assert_eq!(outcome.subjects[0].actual, "ExternalIP");
}
