//! How the operators' files become arguments.

use cisb_sdk::facts::Place;
use cisb_sdk::fake::FakeProcess;

use serde_json::json;

use super::*;

const CONFIG: &str = "/etc/kubernetes/static-pod-resources/configmaps/config/config.yaml";
const ON_NODE: &str =
    "/etc/kubernetes/static-pod-resources/kube-apiserver-pod-3/configmaps/config/config.yaml";

/// A control plane whose API server is told by this file.
fn told(config: &Value) -> FakeNode {
    let flag = format!("--openshift-config={CONFIG}");
    FakeNode::new()
        .version("v1.27.8+4fab27b")
        .file(ON_NODE, 0o600, 0, 0, &config.to_string())
        .process(
            FakeProcess::new("kube-apiserver", &[&flag, "-v=2"])
                .place(Place::StaticPod)
                .mount(
                    "/etc/kubernetes/static-pod-resources",
                    "/etc/kubernetes/static-pod-resources/kube-apiserver-pod-3",
                ),
        )
}

#[test]
fn arguments_of_the_file_are_those_of_the_component() {
    let node = told(&json!({"apiServerArguments": {"audit-log-maxsize": ["200"]}}));
    let outcome = openshift(&node, "kube-apiserver-audit-log-maxsize");
    assert_eq!((outcome.verdict, &*outcome.actual), (Pass, "200"));
    // The process and the file.
    assert_eq!(outcome.subjects[0].observations.len(), 2);
    let node = told(&json!({"apiServerArguments": {"audit-log-maxsize": ["20"]}}));
    assert_eq!(
        openshift(&node, "kube-apiserver-audit-log-maxsize").verdict,
        Fail
    );
    let node = told(&json!({}));
    assert_eq!(
        openshift(&node, "kube-apiserver-audit-log-maxsize").verdict,
        Fail
    );
}

#[test]
fn other_fields_count_where_no_argument_says_the_same() {
    let serving = json!({"clientCA": "/ca.crt", "bindAddress": "0.0.0.0:6443",
        "cipherSuites": ["TLS_RSA_WITH_AES_128_CBC_SHA"], "minTLSVersion": "VersionTLS12"});
    let node = told(&json!({"servingInfo": serving}));
    for name in [
        "kube-apiserver-client-ca-file",
        "kube-apiserver-secure-port-on",
    ] {
        assert_eq!(openshift(&node, name).verdict, Pass, "{name}");
    }
    assert_eq!(
        openshift(&node, "kube-apiserver-strong-ciphers-aead").verdict,
        Fail
    );
    let strong = json!(["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]);
    let node = told(&json!({"servingInfo": serving,
        "apiServerArguments": {"tls-cipher-suites": strong}}));
    assert_eq!(
        openshift(&node, "kube-apiserver-strong-ciphers-aead").verdict,
        Pass
    );
    // As 4.1 to 4.5 have it.
    let node = told(
        &json!({"auditConfig": {"enabled": true, "maximumRetainedFiles": 10,
        "auditFilePath": "/var/log/kube-apiserver/audit.log"}}),
    );
    for name in [
        "kube-apiserver-audit-log-path",
        "kube-apiserver-audit-log-maxbackup",
    ] {
        assert_eq!(openshift(&node, name).verdict, Pass, "{name}");
    }
}

#[test]
fn constraints_are_enforced_unless_their_plugin_is_disabled() {
    let scc = "security.openshift.io/SecurityContextConstraint";
    assert_eq!(
        openshift(&told(&json!({})), "kube-apiserver-scc-admission").verdict,
        Pass
    );
    let node = told(&json!({"apiServerArguments": {"disable-admission-plugins": ["X", scc]}}));
    assert_eq!(
        openshift(&node, "kube-apiserver-scc-admission").verdict,
        Fail
    );
    let list = format!("X,{scc}");
    let node = told(&json!({"apiServerArguments": {"disable-admission-plugins": [list]}}));
    assert_eq!(
        openshift(&node, "kube-apiserver-scc-admission").verdict,
        Fail
    );
}

#[test]
fn a_file_that_says_no_texts_is_an_error_that_names_it() {
    let node = told(&json!({"apiServerArguments": {"audit-log-path": [{"a": 1}]}}));
    let outcome = openshift(&node, "kube-apiserver-audit-log-path");
    assert_eq!(outcome.verdict, Error);
    assert!(
        outcome.reason.contains("audit-log-path/0"),
        "{}",
        outcome.reason
    );
    let node = told(&json!({})).unreadable(ON_NODE);
    let outcome = openshift(&node, "kube-apiserver-audit-log-path");
    assert_eq!(outcome.verdict, Error);
    assert!(
        outcome
            .reason
            .starts_with("kube-apiserver runs, but what it is told is not known"),
        "{}",
        outcome.reason
    );
}

#[test]
fn components_are_asked_on_the_node_without_any_call_of_oc() {
    // What runs without such a file is told by its own flags.
    let flags = [
        "--audit-log-maxsize=100",
        "--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt",
    ];
    let node = FakeNode::new()
        .version("v1.36.2")
        .process(FakeProcess::new("kube-apiserver", &flags));
    for name in [
        "kube-apiserver-audit-log-maxsize",
        "kube-apiserver-etcd-cafile",
    ] {
        assert_eq!(openshift(&node, name).verdict, Pass, "{name}");
    }
}

#[test]
fn what_is_kept_elsewhere_is_shown_to_a_person() {
    let flags = ["--client-ca-file=/etc/kubernetes/pki/ca.crt"];
    let node = FakeNode::new().process(FakeProcess::new("kube-apiserver", &flags));
    for name in ["kube-apiserver-manifest-mode", "pki-keys-mode"] {
        let outcome = openshift(&node, name);
        assert_eq!(outcome.verdict, Manual, "{name}: {outcome:#?}");
        assert!(
            outcome.reason.contains("nothing was found in"),
            "{}",
            outcome.reason
        );
    }
}

#[test]
fn a_file_of_openshift_that_is_not_there_has_the_search_as_witness() {
    for name in [
        "admin-kubeconfig-mode",
        "kubelet-pull-secret-owner",
        "kube-proxy-config-volume-mode-644",
    ] {
        let outcome = openshift(&FakeNode::new(), name);
        assert_eq!(outcome.verdict, NotApplicable, "{name}");
        assert!(!outcome.observations.is_empty(), "{name}");
    }
}

#[test]
fn the_proxy_before_the_metrics_of_etcd_is_no_member() {
    let proxy = FakeProcess::new("etcd", &["grpc-proxy", "start"]).place(Place::StaticPod);
    let member = FakeProcess::new("etcd", &["--client-cert-auth=true"]).place(Place::StaticPod);
    let node = FakeNode::new().process(member).process(proxy.clone());
    let outcome = openshift(&node, "etcd-client-cert-auth");
    assert_eq!(outcome.verdict, Pass, "{outcome:#?}");
    assert_eq!(outcome.subjects[0].key, "etcd --client-cert-auth");
    let outcome = openshift(&FakeNode::new().process(proxy), "etcd-client-cert-auth");
    assert_eq!(outcome.verdict, Error, "{outcome:#?}");
}

#[test]
fn what_the_records_do_not_show() {
    let old = |arguments: Value| {
        told(&json!({"apiServerArguments": arguments})).version("v1.18.3+b74c5ed")
    };
    let gate = old(json!({"feature-gates": ["APIPriorityAndFairness=true"]}));
    let name = "kube-apiserver-priority-and-fairness-written";
    assert_eq!(openshift(&gate, name).verdict, Pass);
    for (name, argument, value) in [
        (
            "kube-apiserver-basic-auth-file-unset",
            "basic-auth-file",
            "/users.csv",
        ),
        (
            "kube-apiserver-insecure-bind-address-unset",
            "insecure-bind-address",
            "0.0.0.0",
        ),
    ] {
        assert_eq!(openshift(&old(json!({})), name).verdict, Pass, "{name}");
        let node = old(json!({argument: [value]}));
        assert_eq!(openshift(&node, name).verdict, Fail, "{name}");
    }
    let off = old(json!({"insecure-port": ["0"]}));
    assert_eq!(
        openshift(&off, "kube-apiserver-insecure-port-off").verdict,
        Pass
    );
    let volume =
        "/var/lib/kubelet/pods/6f1c/volumes/kubernetes.io~configmap/config/kube-proxy-config.yaml";
    let node = FakeNode::new().file(volume, 0o644, 0, 0, "");
    for name in [
        "kube-proxy-config-volume-mode-644",
        "kube-proxy-config-volume-owner",
    ] {
        assert_eq!(openshift(&node, name).verdict, Pass, "{name}");
    }
    let config = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n\
                  authentication: {x509: {clientCAFile: /etc/kubernetes/kubelet-ca.crt}}\n";
    let node = FakeNode::new()
        .file("/etc/kubernetes/kubelet.conf", 0o644, 0, 0, config)
        .file("/etc/kubernetes/kubelet-ca.crt", 0o666, 7, 7, "")
        .process(FakeProcess::new(
            "kubelet",
            &["--config=/etc/kubernetes/kubelet.conf"],
        ));
    assert_eq!(openshift(&node, "kubelet-client-ca-mode-644").verdict, Fail);
    let bundle = "/etc/kubernetes/static-pod-resources/kube-apiserver-pod-3/ca.crt";
    let shared = "/etc/kubernetes/static-pod-resources/ca.crt";
    let node = told(&json!({"servingInfo": {"clientCA": shared}}))
        .file(bundle, 0o644, 0, 0, "one authority for all")
        .process(FakeProcess::new("etcd", &["--trusted-ca-file", bundle]));
    assert_eq!(openshift(&node, "etcd-unique-ca").verdict, Fail);
}
