//! Controls over OpenShift's own objects: what constraints allow, where people
//! log in, what is encrypted, where images come from.

use super::settings::{effective, rule};
use super::*;

const RBAC: &[&str] = &[
    "sccs",
    "clusterroles",
    "roles",
    "clusterrolebindings",
    "rolebindings",
];

/// Control, severity, what it looks for.
const CONSTRAINTS: &[(&str, Severity, &str)] = &[
    ("pods-no-privileged", Critical, "privileged"),
    ("pods-no-host-pid", High, "host-pid"),
    ("pods-no-host-ipc", High, "host-ipc"),
    ("pods-no-host-network", High, "host-network"),
    ("pods-no-privilege-escalation", Medium, "escalation"),
    ("pods-no-root", Medium, "root"),
    ("pods-drop-net-raw", Medium, "net-raw"),
    ("pods-no-added-capabilities", Medium, "added-capabilities"),
    ("pods-drop-all-capabilities", Low, "kept-capabilities"),
    ("scc-privileged-minimal", Critical, "any"),
];

fn code(name: &str, with: serde_json::Value) -> Rule {
    Rule::Code {
        name: name.to_owned(),
        with: with.into(),
    }
}

fn objects(with: serde_json::Value) -> Rule {
    code("fields", with)
}

/// The controls over constraints.
pub(in crate::platform) fn constraints() -> Vec<Control> {
    let control = |(name, severity, look): &(&'static str, Severity, &str)| Control {
        name,
        component: "kubernetes",
        severity: *severity,
        uses: RBAC,
        decided: ByFacts("what each constraint allows, and who may use it"),
        rule: code("policies-scc", json!({"look": look})),
    };
    CONSTRAINTS.iter().map(control).collect()
}

#[rustfmt::skip]
pub(super) fn controls() -> Vec<Control> {
    let of = |name, severity, uses, decided, rule| Control {
        name,
        component: "kubernetes",
        severity,
        uses,
        decided,
        rule,
    };
    let mut all = constraints();
    let log = |request: &str, asks: bool| {
        let mut with = json!({"of": request, "kind": "ClusterLogForwarder", "at": "/spec/pipelines/*/inputRefs/*",
            "is": ["audit"], "expected": "a pipeline that forwards audit logs", "optional": true});
        if asks {
            with["else"] = json!("no log forwarder of OpenShift sends audit logs on: say what else takes /var/log/kube-apiserver off the cluster");
        }
        objects(with)
    };
    all.extend([
        of("anonymous-requests-authorized", High,
            &["clusterrolebindings", "rolebindings", "kube-apiserver", "openshift-config", "openshift-files", "apiserver-files",
                "kubelet", "kubelet-config", "static-pods", "static-pod-flag", "static-pod-path"],
            ByFacts("authorization-mode, and the bindings that name those who did not log in"),
            Rule::AllOf(vec![
                code("policies-anonymous", json!(null)),
                // Where the API server runs elsewhere, its bindings say it all.
                rule(Component::KubeApiserver, vec![effective("authorization-mode", Expect::Lacks("AlwaysAllow".to_owned()))]),
            ])),
        of("etcd-data-encrypted", High,
            &["apiservers", "openshiftapiservers", "kube-apiserver", "openshift-config",
                "kubelet", "kubelet-config", "static-pods", "static-pod-flag", "static-pod-path"],
            ByFacts("encryption-provider-config, the type of encryption, and whether it is complete"),
            Rule::AllOf(vec![
                rule(Component::KubeApiserver, vec![effective("encryption-provider-config", Expect::Set)]),
                objects(json!({"of": "apiservers", "kind": "APIServer", "name": "cluster", "at": "/spec/encryption/type",
                    "is": ["aescbc", "aesgcm", "KMS"], "expected": "spec.encryption.type aescbc, aesgcm or KMS"})),
                objects(json!({"of": "openshiftapiservers", "kind": "OpenShiftAPIServer", "name": "cluster", "at": "/status/conditions/*/reason",
                    "is": ["EncryptionCompleted"], "expected": "the condition Encrypted says EncryptionCompleted"})),
            ])),
        of("no-unsupported-overrides", High, &["kubeapiservers"], ByFacts("spec.unsupportedConfigOverrides of the operator"),
            objects(json!({"of": "kubeapiservers", "kind": "KubeAPIServer", "name": "cluster", "at": "/spec/unsupportedConfigOverrides",
                "unset": true, "expected": "spec.unsupportedConfigOverrides is not set"}))),
        of("audit-logs-forwarded", Medium, &["logforwarders", "logforwarders-before"],
            ByFacts("pipelines of ClusterLogForwarders; where there is none a person says what else does it"),
            Rule::AnyOf(vec![log("logforwarders", true), log("logforwarders-before", false)])),
        of("users-not-by-client-certificate", Medium, &["oauths", "authentications"],
            ByPerson("whether the installer's kubeadmin is gone"),
            Rule::AllOf(vec![
                Rule::AnyOf(vec![
                    objects(json!({"of": "oauths", "kind": "OAuth", "name": "cluster", "at": "/spec/identityProviders/*/name",
                        "expected": "an identity provider"})),
                    objects(json!({"of": "authentications", "kind": "Authentication", "name": "cluster", "at": "/spec/type",
                        "is": ["OIDC"], "expected": "spec.type OIDC"})),
                ]),
                code("asked", json!({
                    "look": "oc -n kube-system get secret kubeadmin: it should be gone, and nobody should use the kubeconfig of the installer",
                    "expected": "NotFound",
                })),
            ])),
        of("cni-supports-network-policy", High, &["operator-networks"], ByFacts("spec.defaultNetwork of the network operator"),
            Rule::AnyOf(vec![
                objects(json!({"of": "operator-networks", "kind": "Network", "name": "cluster", "at": "/spec/defaultNetwork/type",
                    "is": ["OVNKubernetes"], "expected": "OVNKubernetes, or OpenShiftSDN in the mode NetworkPolicy",
                    "else": "say whether this plugin enforces NetworkPolicy: its vendor's documentation says so"})),
                objects(json!({"of": "operator-networks", "kind": "Network", "name": "cluster", "at": "/spec/defaultNetwork/openshiftSDNConfig/mode",
                    "is": ["NetworkPolicy"], "expected": "OVNKubernetes, or OpenShiftSDN in the mode NetworkPolicy"})),
            ])),
        of("image-provenance", Medium, &["images"], ByFacts("which registries Image/cluster allows"),
            Rule::AllOf(vec![
                objects(json!({"of": "images", "kind": "Image", "name": "cluster", "at": "/spec/registrySources/allowedRegistries",
                    "expected": "spec.registrySources.allowedRegistries names registries"})),
                objects(json!({"of": "images", "kind": "Image", "name": "cluster", "at": "/spec/allowedRegistriesForImport/*/domainName",
                    "expected": "spec.allowedRegistriesForImport names registries"})),
                objects(json!({"of": "images", "kind": "Image", "name": "cluster", "at": "/spec/registrySources/insecureRegistries",
                    "unset": true, "expected": "no spec.registrySources.insecureRegistries"})),
            ])),
    ]);
    // The node says a part of these.
    for control in &mut all {
        if control.uses.contains(&"kube-apiserver") {
            control.component = "kube-apiserver";
        }
    }
    all
}
