//! Controls of older benchmarks: over flags and plugins that Kubernetes has
//! lost since, and with demands that newer benchmarks make no more.

use cisb_sdk::component::Component;
use cisb_sdk::contract::manifest::Severity::{self, Critical, High, Low, Medium};
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::setting::{Demand, Expect, SettingRule};

use super::{effective, has, lacks, texts, written};
use crate::control::Control;
use crate::control::Decided::{self, ByFacts};

const APISERVER: &[&str] = &[
    "kube-apiserver",
    "kubelet",
    "kubelet-config",
    "static-pods",
    "static-pod-flag",
    "static-pod-path",
];

const KUBELET: &[&str] = &["kubelet", "kubelet-config"];

/// The suites that count as strong until 1.20: AEAD only.
const AEAD: &[&str] = &[
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

/// The suites that some benchmarks count as strong besides those of today.
const LEGACY: &[&str] = &[
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
];

pub(super) fn controls() -> Vec<Control> {
    let mut controls = removed();
    controls.extend(changed());
    controls
}

fn flag(name: &'static str, severity: Severity, decided: Decided, demand: Demand) -> Control {
    let how = (severity, decided);
    super::control(name, Component::KubeApiserver, APISERVER, how, vec![demand])
}

/// Over what a version after the benchmark's lost: not applicable there.
pub(super) fn removed() -> Vec<Control> {
    let plugin = "--enable-admission-plugins, --disable-admission-plugins and the version's own";
    let rule = |demand| {
        Rule::Setting(SettingRule {
            component: Component::KubeApiserver,
            demands: vec![demand],
        })
    };
    let on = |plugin: &str| rule(has("enable-admission-plugins", plugin));
    vec![
        flag(
            "kube-apiserver-basic-auth-file-unset",
            High,
            ByFacts("--basic-auth-file; removed in 1.19"),
            effective("basic-auth-file", Expect::Unset),
        ),
        flag(
            "kube-apiserver-kubelet-https",
            High,
            ByFacts("--kubelet-https; removed in 1.22"),
            effective("kubelet-https", Expect::IsNot(false.into())),
        ),
        Control {
            rule: Rule::AllOf(vec![
                rule(effective("insecure-bind-address", Expect::Unset)),
                rule(effective("address", Expect::Unset)),
            ]),
            ..flag(
                "kube-apiserver-insecure-bind-address-unset",
                Critical,
                ByFacts("--insecure-bind-address and its other name, --address; removed in 1.24"),
                effective("insecure-bind-address", Expect::Unset),
            )
        },
        Control {
            // Both flags set the same port, and the later one wins.
            rule: Rule::AllOf(vec![
                rule(written("insecure-port", Expect::Is(0.into()))),
                Rule::AnyOf(vec![
                    rule(effective("port", Expect::Unset)),
                    rule(effective("port", Expect::Is(0.into()))),
                ]),
            ]),
            ..flag(
                "kube-apiserver-insecure-port-off",
                Critical,
                ByFacts("--insecure-port and its other name, --port; removed in 1.24"),
                written("insecure-port", Expect::Is(0.into())),
            )
        },
        flag(
            "kube-apiserver-pod-security-policy",
            High,
            ByFacts("--enable-admission-plugins and the version's own; removed in 1.25"),
            has("enable-admission-plugins", "PodSecurityPolicy"),
        ),
        Control {
            rule: Rule::AnyOf(vec![on("SecurityContextDeny"), on("PodSecurityPolicy")]),
            ..flag(
                "kube-apiserver-security-context-deny",
                Medium,
                ByFacts(plugin),
                has("enable-admission-plugins", "SecurityContextDeny"),
            )
        },
    ]
}

/// Over what is still there, with another demand than today's or none.
fn changed() -> Vec<Control> {
    let plugin = "--enable-admission-plugins, --disable-admission-plugins and the version's own";
    let suites = "--tls-cipher-suites and --tls-min-version";
    let within = |suites: &[&str]| effective("tls-cipher-suites", Expect::Within(texts(suites)));
    let legacy = [super::apiserver::CIPHERS, LEGACY].concat();
    let kubelet = |name, how, demand: Demand| {
        super::control(name, Component::Kubelet, KUBELET, how, vec![demand])
    };
    let rate = |expect| {
        Rule::Setting(SettingRule {
            component: Component::Kubelet,
            demands: vec![effective("event-qps", expect)],
        })
    };
    let person = "say whether the kubelet loses no event that matters at this rate";
    vec![
        flag(
            "kube-apiserver-secure-port-on",
            High,
            ByFacts("--secure-port and its default"),
            effective("secure-port", Expect::AtLeast(1)),
        ),
        flag(
            "kube-apiserver-deny-service-external-ips-off",
            Low,
            ByFacts(plugin),
            lacks("enable-admission-plugins", "DenyServiceExternalIPs"),
        ),
        flag(
            "kube-apiserver-strong-ciphers-with-rsa-gcm",
            Medium,
            ByFacts(suites),
            within(AEAD),
        ),
        flag(
            "kube-apiserver-strong-ciphers-legacy",
            Medium,
            ByFacts(suites),
            within(&legacy),
        ),
        kubelet(
            "kubelet-protect-kernel-defaults",
            (
                Medium,
                ByFacts("protectKernelDefaults as the kubelet has it"),
            ),
            effective("protect-kernel-defaults", Expect::Is(true.into())),
        ),
        Control {
            rule: Rule::AnyOf(vec![
                rate(Expect::Is(0.into())),
                rate(Expect::Person(person.to_owned())),
            ]),
            ..kubelet(
                "kubelet-event-qps-unlimited",
                (
                    Low,
                    ByFacts("eventRecordQPS: 0 is no limit, another rate is a person's to judge"),
                ),
                effective("event-qps", Expect::Is(0.into())),
            )
        },
    ]
}
