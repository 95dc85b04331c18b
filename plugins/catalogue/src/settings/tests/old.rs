//! What only older benchmarks demand, in the versions that had it, and in those
//! that lost it.

use cisb_sdk::verdict::Basis;

use super::super::older;
use super::{Error, Fail, Manual, NotApplicable, Pass, good, is, judge};

#[test]
fn a_flag_that_the_running_version_lost_is_not_applicable() {
    let bare = good()
        .change(
            "kube-apiserver",
            "---insecure-port ---enable-admission-plugins",
        )
        .build();
    for (name, last, gone, by) in [
        (
            "kube-apiserver-basic-auth-file-unset",
            "v1.18.20",
            "v1.19.0",
            "OIDC",
        ),
        (
            "kube-apiserver-kubelet-https",
            "v1.21.14",
            "v1.22.0",
            "HTTPS",
        ),
        (
            "kube-apiserver-insecure-bind-address-unset",
            "v1.23.17",
            "v1.24.0",
            "--bind-address",
        ),
        (
            "kube-apiserver-insecure-port-off",
            "v1.23.17",
            "v1.24.0",
            "--secure-port",
        ),
        (
            "kube-apiserver-pod-security-policy",
            "v1.24.17",
            "v1.25.0",
            "PodSecurity",
        ),
        (
            "kube-apiserver-security-context-deny",
            "v1.29.9",
            "v1.30.0",
            "PodSecurity",
        ),
    ] {
        let minor = gone.split('.').nth(1).unwrap();
        let before = judge(&bare.clone().version(last), name);
        assert!(matches!(before.verdict, Pass | Fail), "{name}: {before:#?}");
        let after = judge(&bare.clone().version(gone), name);
        is(&after, NotApplicable, &format!("removed in 1.{minor}"));
        is(&after, NotApplicable, by);
        assert!(
            after.subjects.iter().all(|s| !s.observations.is_empty()),
            "no witness: {after:#?}"
        );
    }
    assert_eq!(older::removed().len(), 6);
}

#[test]
fn an_old_api_server_without_a_word_serves_in_plain_text() {
    let name = "kube-apiserver-insecure-port-off";
    let bare = good().change("kube-apiserver", "---insecure-port").build();
    is(
        &judge(&bare.clone().version("v1.15.12"), name),
        Fail,
        "default 8080",
    );
    // The other names of the flags set the same port and address.
    let old = |change: &str| good().change("kube-apiserver", change).judge(name);
    is(&old("+--port=8080"), Fail, "--port is 8080");
    is(&old("+--port=0"), Pass, "--insecure-port is 0");
    let address = good().change("kube-apiserver", "+--address=0.0.0.0");
    is(
        &address.judge("kube-apiserver-insecure-bind-address-unset"),
        Fail,
        "--address is 0.0.0.0",
    );
    // From 1.20 nothing else than 0 is possible; the benchmark wants it written.
    is(
        &judge(&bare.clone().version("v1.20.15"), name),
        Fail,
        "would do, but it is demanded in writing",
    );
    is(
        &judge(&bare.without_version(), name),
        Error,
        "kubernetes-version",
    );
}

#[test]
fn either_plugin_that_restricts_pods_will_do() {
    let name = "kube-apiserver-security-context-deny";
    let with = |plugin: &str, version: &str| {
        let node = good().change(
            "kube-apiserver",
            &format!("---enable-admission-plugins +--enable-admission-plugins={plugin}"),
        );
        judge(&node.build().version(version), name)
    };
    is(&with("SecurityContextDeny", "v1.20.1"), Pass, "on");
    is(&with("PodSecurityPolicy", "v1.20.1"), Pass, "on");
    is(
        &with("NodeRestriction", "v1.20.1"),
        Fail,
        "SecurityContextDeny off",
    );
    // One of them is gone there, the other might still be on.
    is(
        &with("NodeRestriction", "v1.26.1"),
        Fail,
        "SecurityContextDeny off",
    );
}

#[test]
fn what_an_old_version_does_by_default_is_known() {
    let node = |version: &str| {
        good()
            .change("kube-apiserver", "---enable-admission-plugins")
            .change("kube-scheduler", "---profiling")
            .build()
            .version(version)
    };
    let old = node("v1.15.12");
    let outcome = judge(&old, "kube-apiserver-secure-port-on");
    is(&outcome, Pass, "6443");
    assert!(matches!(outcome.basis, Basis::Default(_)), "{outcome:#?}");
    is(
        &judge(&old, "kube-apiserver-service-account-admission"),
        Pass,
        "default plugins of 1.15",
    );
    // Off by default until 1.17, and the benchmark wants it written all the same.
    let name = "kube-scheduler-profiling-off";
    is(&judge(&old, name), Fail, "not set");
    is(&judge(&node("v1.17.17"), name), Fail, "default true");
    is(
        &judge(&node("v1.14.9"), "kube-apiserver-secure-port-on"),
        Error,
        "the table covers 1.15",
    );
}

#[test]
fn a_rate_of_events_that_somebody_chose_is_for_a_person() {
    let name = "kubelet-event-qps-unlimited";
    is(&good().judge(name), Manual, "not set (default 50)");
    is(
        &judge(&good().build().version("v1.23.1"), name),
        Manual,
        "not set (default 5)",
    );
    let config = "/var/lib/kubelet/config.yaml";
    let node = good().replace(config, "podPidsLimit", "eventRecordQPS: 0\npodPidsLimit");
    is(&node.judge(name), Pass, "eventRecordQPS of");
}

#[test]
fn lists_of_strong_suites_differ_between_benchmarks() {
    let with = |suite: &str| {
        let flag = format!("---tls-cipher-suites +--tls-cipher-suites={suite}");
        let node = good().change("kube-apiserver", &flag);
        [
            "kube-apiserver-strong-ciphers",
            "kube-apiserver-strong-ciphers-with-rsa-gcm",
            "kube-apiserver-strong-ciphers-legacy",
        ]
        .map(|name| node.judge(name).verdict)
    };
    assert_eq!(
        with("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        [Pass, Pass, Pass]
    );
    assert_eq!(
        with("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
        [Pass, Fail, Pass]
    );
    assert_eq!(with("TLS_RSA_WITH_AES_128_GCM_SHA256"), [Fail, Pass, Pass]);
    assert_eq!(with("TLS_RSA_WITH_3DES_EDE_CBC_SHA"), [Fail, Fail, Pass]);
    assert_eq!(with("TLS_RSA_WITH_RC4_128_SHA"), [Fail, Fail, Fail]);
}
