//! Controls over kube-apiserver.

use cisb_sdk::component::Component;
use cisb_sdk::contract::manifest::Severity::{self, Critical, High, Low, Medium};
use cisb_sdk::rule::audit_policy;
use cisb_sdk::rule::setting::{Demand, Expect};

use super::{effective, has, lacks, set, texts, written};
use crate::control::Control;
use crate::control::Decided::{self, ByFacts, ByPerson};

const USES: &[&str] = &[
    "kube-apiserver",
    "kubelet",
    "kubelet-config",
    "static-pods",
    "static-pod-flag",
    "static-pod-path",
];

const USES_FILES: &[&str] = &[
    "kube-apiserver",
    "apiserver-files",
    "kubelet",
    "kubelet-config",
    "static-pods",
    "static-pod-flag",
    "static-pod-path",
];

/// The suites that count as strong.
pub(super) const CIPHERS: &[&str] = &[
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

fn flags(
    name: &'static str,
    severity: Severity,
    decided: Decided,
    demands: Vec<Demand>,
) -> Control {
    super::control(
        name,
        Component::KubeApiserver,
        USES,
        (severity, decided),
        demands,
    )
}

fn files(
    name: &'static str,
    severity: Severity,
    decided: Decided,
    demands: Vec<Demand>,
) -> Control {
    let how = (severity, decided);
    super::control(name, Component::KubeApiserver, USES_FILES, how, demands)
}

pub(super) fn controls() -> Vec<Control> {
    let mut controls = authentication();
    controls.extend(authorization_and_admission());
    controls.extend(audit());
    controls.extend(transport());
    controls
}

fn authentication() -> Vec<Control> {
    vec![
        files(
            "kube-apiserver-anonymous-auth-off",
            High,
            ByFacts("--anonymous-auth, or anonymous in the file of --authentication-config"),
            vec![effective("anonymous-auth", Expect::Is(false.into()))],
        ),
        flags(
            "kube-apiserver-token-auth-file-unset",
            High,
            ByFacts("--token-auth-file"),
            vec![effective("token-auth-file", Expect::Unset)],
        ),
        flags(
            "kube-apiserver-service-account-lookup",
            Medium,
            ByFacts("--service-account-lookup and its default"),
            vec![effective("service-account-lookup", Expect::Is(true.into()))],
        ),
        flags(
            "kube-apiserver-service-account-key-file",
            Medium,
            ByFacts("--service-account-key-file"),
            vec![set("service-account-key-file")],
        ),
        flags(
            "kube-apiserver-token-expiration-not-extended",
            Low,
            ByFacts("--service-account-extend-token-expiration and its default"),
            vec![effective(
                "service-account-extend-token-expiration",
                Expect::Is(false.into()),
            )],
        ),
        flags(
            "kube-apiserver-client-ca-file",
            High,
            ByFacts("--client-ca-file"),
            vec![set("client-ca-file")],
        ),
    ]
}

fn authorization_and_admission() -> Vec<Control> {
    let plugin = "--enable-admission-plugins, --disable-admission-plugins and the version's own";
    let modes = "--authorization-mode, or the authorizers in the file of --authorization-config";
    vec![
        files(
            "kube-apiserver-authorization-not-always-allow",
            Critical,
            ByFacts(modes),
            vec![lacks("authorization-mode", "AlwaysAllow")],
        ),
        files(
            "kube-apiserver-authorization-node",
            High,
            ByFacts(modes),
            vec![has("authorization-mode", "Node")],
        ),
        files(
            "kube-apiserver-authorization-rbac",
            High,
            ByFacts(modes),
            vec![has("authorization-mode", "RBAC")],
        ),
        flags(
            "kube-apiserver-deny-service-external-ips",
            Medium,
            ByFacts(plugin),
            vec![has("enable-admission-plugins", "DenyServiceExternalIPs")],
        ),
        flags(
            "kube-apiserver-event-rate-limit",
            Low,
            ByFacts(plugin),
            vec![has("enable-admission-plugins", "EventRateLimit")],
        ),
        flags(
            "kube-apiserver-not-always-admit",
            High,
            ByFacts(plugin),
            vec![lacks("enable-admission-plugins", "AlwaysAdmit")],
        ),
        flags(
            "kube-apiserver-always-pull-images",
            Low,
            ByFacts(plugin),
            vec![has("enable-admission-plugins", "AlwaysPullImages")],
        ),
        flags(
            "kube-apiserver-service-account-admission",
            Medium,
            ByFacts(plugin),
            vec![has("disable-admission-plugins", "ServiceAccount")],
        ),
        flags(
            "kube-apiserver-namespace-lifecycle",
            Medium,
            ByFacts(plugin),
            vec![has("disable-admission-plugins", "NamespaceLifecycle")],
        ),
        flags(
            "kube-apiserver-node-restriction",
            High,
            ByFacts(plugin),
            vec![has("enable-admission-plugins", "NodeRestriction")],
        ),
    ]
}

fn audit() -> Vec<Control> {
    let least = |setting: &str, least| written(setting, Expect::AtLeast(least));
    let policy = |demand| effective("audit-policy-file", Expect::AuditPolicy(demand));
    vec![
        flags(
            "kube-apiserver-audit-log-path",
            Medium,
            ByFacts("--audit-log-path"),
            vec![set("audit-log-path")],
        ),
        flags(
            "kube-apiserver-audit-log-maxage",
            Low,
            ByFacts("--audit-log-maxage"),
            vec![least("audit-log-maxage", 30)],
        ),
        flags(
            "kube-apiserver-audit-log-maxbackup",
            Low,
            ByFacts("--audit-log-maxbackup"),
            vec![least("audit-log-maxbackup", 10)],
        ),
        flags(
            "kube-apiserver-audit-log-maxsize",
            Low,
            ByFacts("--audit-log-maxsize"),
            vec![least("audit-log-maxsize", 100)],
        ),
        files(
            "audit-policy-exists",
            Medium,
            ByFacts("--audit-policy-file and the rules of its file"),
            vec![policy(audit_policy::Demand::LogsSomething)],
        ),
        files(
            "audit-policy-covers-key-concerns",
            Low,
            ByFacts("the rules of the file of --audit-policy-file, in their order"),
            vec![policy(audit_policy::Demand::CoversKeyConcerns)],
        ),
    ]
}

fn transport() -> Vec<Control> {
    let providers = texts(&["aescbc", "kms", "secretbox"]);
    vec![
        flags(
            "kube-apiserver-kubelet-client-certificate",
            High,
            ByFacts("--kubelet-client-certificate and --kubelet-client-key"),
            vec![set("kubelet-client-certificate"), set("kubelet-client-key")],
        ),
        flags(
            "kube-apiserver-kubelet-certificate-authority",
            High,
            ByFacts("--kubelet-certificate-authority"),
            vec![set("kubelet-certificate-authority")],
        ),
        flags(
            "kube-apiserver-profiling-off",
            Low,
            ByFacts("--profiling"),
            vec![written("profiling", Expect::Is(false.into()))],
        ),
        flags(
            "kube-apiserver-request-timeout",
            Low,
            ByPerson("how long requests may take is a matter of the cluster's size and use"),
            vec![effective(
                "request-timeout",
                Expect::Person(
                    "say whether this bounds slow requests without cutting off those that this \
                     cluster needs"
                        .to_owned(),
                ),
            )],
        ),
        flags(
            "kube-apiserver-etcd-client-certificate",
            High,
            ByFacts("--etcd-certfile and --etcd-keyfile"),
            vec![set("etcd-certfile"), set("etcd-keyfile")],
        ),
        flags(
            "kube-apiserver-serving-certificate",
            High,
            ByFacts("--tls-cert-file and --tls-private-key-file"),
            vec![set("tls-cert-file"), set("tls-private-key-file")],
        ),
        flags(
            "kube-apiserver-etcd-cafile",
            High,
            ByFacts("--etcd-cafile"),
            vec![set("etcd-cafile")],
        ),
        flags(
            "kube-apiserver-encryption-provider-config",
            High,
            ByFacts("--encryption-provider-config"),
            vec![set("encryption-provider-config")],
        ),
        files(
            "kube-apiserver-encryption-providers",
            High,
            ByFacts("the first provider for secrets in the file of --encryption-provider-config"),
            vec![effective(
                "encryption-provider-config",
                Expect::EncryptsSecretsWith(providers),
            )],
        ),
        flags(
            "kube-apiserver-strong-ciphers",
            Medium,
            ByFacts("--tls-cipher-suites and --tls-min-version"),
            vec![effective(
                "tls-cipher-suites",
                Expect::Within(texts(CIPHERS)),
            )],
        ),
        flags(
            "kube-apiserver-strong-ciphers-aead",
            Medium,
            ByFacts("--tls-cipher-suites and --tls-min-version"),
            vec![effective(
                "tls-cipher-suites",
                Expect::Within(
                    texts(CIPHERS)
                        .into_iter()
                        .filter(|suite| !suite.contains("_CBC_"))
                        .collect(),
                ),
            )],
        ),
    ]
}
