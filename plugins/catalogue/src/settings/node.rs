//! Controls over the kubelet and kube-proxy.

use cisb_sdk::component::Component;
use cisb_sdk::contract::manifest::Severity::{self, Critical, High, Low, Medium};
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::setting::{Demand, Expect, SettingRule};

use super::{effective, set, texts, written};
use crate::control::Control;
use crate::control::Decided::{self, ByFacts};

const KUBELET: &[&str] = &["kubelet", "kubelet-config"];

const PROXY: &[&str] = &[
    "kube-proxy",
    "kube-proxy-config",
    "kubelet",
    "kubelet-config",
    "static-pods",
    "static-pod-flag",
    "static-pod-path",
];

/// The suites that count as strong.
const CIPHERS: &[&str] = &[
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    // The full names of two of the above, and what TLS 1.3 has.
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
];

fn kubelet(
    name: &'static str,
    severity: Severity,
    decided: Decided,
    demands: Vec<Demand>,
) -> Control {
    super::control(
        name,
        Component::Kubelet,
        KUBELET,
        (severity, decided),
        demands,
    )
}

pub(super) fn controls() -> Vec<Control> {
    let mut controls = access();
    controls.extend(behaviour());
    controls.push(serving_certificate());
    controls.push(super::control(
        "kube-proxy-metrics-local",
        Component::KubeProxy,
        PROXY,
        (
            Medium,
            ByFacts("--metrics-bind-address, or metricsBindAddress in the file of --config"),
        ),
        vec![effective("metrics-bind-address", Expect::Loopback)],
    ));
    controls
}

fn access() -> Vec<Control> {
    vec![
        kubelet(
            "kubelet-anonymous-auth-off",
            Critical,
            ByFacts("authentication.anonymous.enabled as the kubelet has it"),
            vec![written("anonymous-auth", Expect::Is(false.into()))],
        ),
        kubelet(
            "kubelet-authorization-not-always-allow",
            Critical,
            ByFacts("authorization.mode as the kubelet has it"),
            vec![written(
                "authorization-mode",
                Expect::Lacks("AlwaysAllow".to_owned()),
            )],
        ),
        kubelet(
            "kubelet-client-ca-file",
            High,
            ByFacts("authentication.x509.clientCAFile as the kubelet has it"),
            vec![set("client-ca-file")],
        ),
        kubelet(
            "kubelet-read-only-port-off",
            High,
            ByFacts("readOnlyPort as the kubelet has it"),
            vec![effective("read-only-port", Expect::Is(0.into()))],
        ),
        kubelet(
            "kubelet-rotate-certificates",
            Medium,
            ByFacts("rotateCertificates: not written down as false"),
            vec![effective(
                "rotate-certificates",
                Expect::NotWritten(false.into()),
            )],
        ),
        kubelet(
            "kubelet-rotate-server-certificate",
            Medium,
            ByFacts("the feature gate RotateKubeletServerCertificate as the kubelet has it"),
            vec![effective(
                "gate:RotateKubeletServerCertificate",
                Expect::Is(true.into()),
            )],
        ),
        kubelet(
            "kubelet-strong-ciphers",
            Medium,
            ByFacts("tlsCipherSuites and tlsMinVersion as the kubelet has them"),
            vec![effective(
                "tls-cipher-suites",
                Expect::Within(texts(CIPHERS)),
            )],
        ),
        kubelet(
            "kubelet-strong-ciphers-ecdhe",
            Medium,
            ByFacts("tlsCipherSuites and tlsMinVersion as the kubelet has them"),
            vec![effective(
                "tls-cipher-suites",
                Expect::Within(
                    texts(CIPHERS)
                        .into_iter()
                        .filter(|suite| !suite.starts_with("TLS_RSA_"))
                        .collect(),
                ),
            )],
        ),
    ]
}

fn behaviour() -> Vec<Control> {
    vec![
        kubelet(
            "kubelet-streaming-idle-timeout",
            Low,
            ByFacts("streamingConnectionIdleTimeout as the kubelet has it"),
            vec![effective(
                "streaming-connection-idle-timeout",
                Expect::NotZero,
            )],
        ),
        kubelet(
            "kubelet-iptables-util-chains",
            Low,
            ByFacts("makeIPTablesUtilChains as the kubelet has it"),
            vec![effective(
                "make-iptables-util-chains",
                Expect::Is(true.into()),
            )],
        ),
        kubelet(
            "kubelet-hostname-override-unset",
            Low,
            ByFacts("--hostname-override"),
            vec![effective("hostname-override", Expect::Unset)],
        ),
        kubelet(
            "kubelet-event-qps",
            Low,
            ByFacts("eventRecordQPS as the kubelet has it"),
            vec![effective("event-qps", Expect::AtLeast(0))],
        ),
        kubelet(
            "kubelet-pod-pids-limit",
            Medium,
            ByFacts("podPidsLimit as the kubelet has it"),
            vec![written("pod-max-pids", Expect::AtLeast(1))],
        ),
        kubelet(
            "kubelet-seccomp-default",
            Medium,
            ByFacts("seccompDefault as the kubelet has it"),
            vec![effective("seccomp-default", Expect::Is(true.into()))],
        ),
    ]
}

/// A certificate and key that somebody issued: named by files, or asked of the
/// cluster.
fn serving_certificate() -> Control {
    let rule = |demands| {
        Rule::Setting(SettingRule {
            component: Component::Kubelet,
            demands,
        })
    };
    Control {
        rule: Rule::AnyOf(vec![
            rule(vec![set("tls-cert-file"), set("tls-private-key-file")]),
            rule(vec![effective(
                "rotate-server-certificates",
                Expect::Is(true.into()),
            )]),
        ]),
        ..kubelet(
            "kubelet-serving-certificate",
            Medium,
            ByFacts("tlsCertFile and tlsPrivateKeyFile, or serverTLSBootstrap"),
            Vec::new(),
        )
    }
}
