//! Each control passes, fails, and says when it cannot tell; and the cases in
//! which reading a node as its components do decides a verdict.

use std::collections::BTreeMap;

use cisb_sdk::facts::{Origin, Place};
use cisb_sdk::fake::laws;
use cisb_sdk::fake::{FakeFacts, FakeNode, FakeProcess};
use cisb_sdk::rule;
use cisb_sdk::verdict::{Basis, Outcome, Verdict};

use super::{controls, older, requests};
use crate::control::{Control, Decided};
use Verdict::{Error, Fail, Manual, NotApplicable, Pass};

const POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: Metadata
";

const ENCRYPTION: &str = "apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - secretbox: {keys: [{name: a, secret: masked}]}
  - identity: {}
";

const KUBELET: &str = "apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous: {enabled: false}
  x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}
authorization: {mode: Webhook}
rotateCertificates: true
serverTLSBootstrap: true
podPidsLimit: 4096
seccompDefault: true
protectKernelDefaults: true
tlsCipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
staticPodPath: /etc/kubernetes/manifests
streamingConnectionIdleTimeout: 0s
";

const PROXY: &str = "apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
metricsBindAddress: \"\"
";

const PROGRAMS: &[(&str, &[&str])] = &[
    (
        "kube-apiserver",
        &[
            "--anonymous-auth=false",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction,EventRateLimit,AlwaysPullImages,DenyServiceExternalIPs,PodSecurityPolicy",
            "--insecure-port=0",
            "--audit-log-path=/var/log/audit.log",
            "--audit-log-maxage=30",
            "--audit-log-maxbackup=10",
            "--audit-log-maxsize=100",
            "--audit-policy-file=/etc/kubernetes/audit.yaml",
            "--client-ca-file=/etc/kubernetes/pki/ca.crt",
            "--encryption-provider-config=/etc/kubernetes/encryption.yaml",
            "--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt",
            "--etcd-certfile=/etc/kubernetes/pki/etcd.crt",
            "--etcd-keyfile=/etc/kubernetes/pki/etcd.key",
            "--etcd-servers=https://127.0.0.1:2379",
            "--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt",
            "--kubelet-client-certificate=/etc/kubernetes/pki/kubelet.crt",
            "--kubelet-client-key=/etc/kubernetes/pki/kubelet.key",
            "--profiling=false",
            "--service-account-extend-token-expiration=false",
            "--service-account-key-file=/etc/kubernetes/pki/sa.pub",
            "--tls-cert-file=/etc/kubernetes/pki/apiserver.crt",
            "--tls-cipher-suites=TLS_AES_128_GCM_SHA256",
            "--tls-private-key-file=/etc/kubernetes/pki/apiserver.key",
        ],
    ),
    (
        "kube-controller-manager",
        &[
            "--bind-address=127.0.0.1",
            "--profiling=false",
            "--root-ca-file=/etc/kubernetes/pki/ca.crt",
            "--service-account-private-key-file=/etc/kubernetes/pki/sa.key",
            "--terminated-pod-gc-threshold=100",
            "--use-service-account-credentials",
        ],
    ),
    (
        "kube-scheduler",
        &["--bind-address=127.0.0.1", "--profiling=F"],
    ),
    (
        "etcd",
        &[
            "--cert-file=/etc/kubernetes/pki/etcd/server.crt",
            "--client-cert-auth",
            "--key-file=/etc/kubernetes/pki/etcd/server.key",
            "--peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt",
            "--peer-client-cert-auth=T",
            "--peer-key-file=/etc/kubernetes/pki/etcd/peer.key",
            "--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt",
        ],
    ),
    ("kubelet", &["--config=/var/lib/kubelet/config.yaml"]),
    ("kube-proxy", &["--config=/var/lib/kube-proxy/config.conf"]),
];

mod old;

/// A node to be changed before it is built.
#[derive(Clone)]
struct Node {
    args: BTreeMap<&'static str, Vec<String>>,
    files: BTreeMap<String, String>,
}

fn good() -> Node {
    let files = [
        ("/etc/kubernetes/audit.yaml", POLICY),
        ("/etc/kubernetes/encryption.yaml", ENCRYPTION),
        ("/etc/kubernetes/pki/ca.crt", "cluster"),
        ("/etc/kubernetes/pki/etcd/ca.crt", "etcd"),
        ("/var/lib/kubelet/config.yaml", KUBELET),
        ("/var/lib/kube-proxy/config.conf", PROXY),
    ];
    Node {
        args: PROGRAMS
            .iter()
            .map(|(name, args)| (*name, args.iter().map(|a| (*a).to_owned()).collect()))
            .collect(),
        files: files
            .iter()
            .map(|(p, t)| ((*p).to_owned(), (*t).to_owned()))
            .collect(),
    }
}

impl Node {
    /// `+--flag=value` adds to the end, `---flag` removes, each for one program.
    fn change(mut self, program: &str, changes: &str) -> Self {
        let args = self.args.get_mut(program).unwrap();
        for change in changes.split(' ').filter(|c| !c.is_empty()) {
            match (change.strip_prefix('+'), change.strip_prefix('-')) {
                (Some(added), _) => args.push(added.to_owned()),
                (None, Some(gone)) => {
                    let before = args.len();
                    args.retain(|a| a.split('=').next() != Some(gone));
                    assert!(args.len() < before, "{gone} was not there");
                }
                (None, None) => unreachable!("{change}"),
            }
        }
        self
    }

    fn without(mut self, program: &str) -> Self {
        self.args.remove(program).unwrap();
        self
    }

    fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }

    fn replace(self, path: &str, from: &str, to: &str) -> Self {
        let text = self.files[path].replace(from, to);
        assert_ne!(text, self.files[path], "{from} is not in {path}");
        self.file(path, &text)
    }

    fn gone(mut self, path: &str) -> Self {
        self.files.remove(path).unwrap();
        self
    }

    fn build(&self) -> FakeNode {
        let mut node = FakeNode::new().dir("/etc/kubernetes/manifests", 0o755, 0, 0);
        for (path, text) in &self.files {
            node = node.file(path, 0o600, 0, 0, text);
        }
        for (program, args) in &self.args {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            node = node.process(FakeProcess::new(program, &args));
        }
        node
    }

    /// In a version that has what the control looks at.
    fn judge(&self, name: &str) -> Outcome {
        match older::removed().iter().any(|c| c.name == name) {
            true => judge(&self.build().version("v1.18.20"), name),
            false => judge(&self.build(), name),
        }
    }
}

fn named(name: &str) -> Control {
    let found = controls().into_iter().find(|c| c.name == name);
    found.unwrap_or_else(|| panic!("no control {name}"))
}

fn judge(node: &FakeNode, name: &str) -> Outcome {
    let control = named(name);
    node.check(&requests(), control.uses, |cx| {
        rule::evaluate(&control.rule, cx, &[]).unwrap()
    })
}

#[track_caller]
fn is(outcome: &Outcome, verdict: Verdict, words: &str) {
    assert_eq!(outcome.verdict, verdict, "{outcome:#?}");
    let all = format!("{outcome:?}");
    assert!(all.contains(words), "no `{words}` in {outcome:#?}");
}

/// Control, program, and a change that makes it fail.
const FAILS: &[(&str, &str, &str)] = &[
    (
        "kube-apiserver-anonymous-auth-off",
        "kube-apiserver",
        "+--anonymous-auth=T",
    ),
    (
        "kube-apiserver-token-auth-file-unset",
        "kube-apiserver",
        "+--token-auth-file=/t.csv",
    ),
    (
        "kube-apiserver-service-account-lookup",
        "kube-apiserver",
        "+--service_account_lookup=0",
    ),
    (
        "kube-apiserver-service-account-key-file",
        "kube-apiserver",
        "---service-account-key-file",
    ),
    (
        "kube-apiserver-client-ca-file",
        "kube-apiserver",
        "---client-ca-file",
    ),
    (
        "kube-apiserver-authorization-not-always-allow",
        "kube-apiserver",
        "+--authorization-mode=AlwaysAllow",
    ),
    (
        "kube-apiserver-authorization-node",
        "kube-apiserver",
        "---authorization-mode +--authorization-mode=RBAC",
    ),
    (
        "kube-apiserver-authorization-rbac",
        "kube-apiserver",
        "---authorization-mode +--authorization-mode=Node",
    ),
    (
        "kube-apiserver-deny-service-external-ips",
        "kube-apiserver",
        "---enable-admission-plugins",
    ),
    (
        "kube-apiserver-event-rate-limit",
        "kube-apiserver",
        "---enable-admission-plugins",
    ),
    (
        "kube-apiserver-not-always-admit",
        "kube-apiserver",
        "+--enable-admission-plugins=AlwaysAdmit",
    ),
    (
        "kube-apiserver-always-pull-images",
        "kube-apiserver",
        "---enable-admission-plugins",
    ),
    (
        "kube-apiserver-service-account-admission",
        "kube-apiserver",
        "+--disable-admission-plugins=ServiceAccount",
    ),
    (
        "kube-apiserver-namespace-lifecycle",
        "kube-apiserver",
        "+--disable-admission-plugins=NamespaceLifecycle",
    ),
    (
        "kube-apiserver-node-restriction",
        "kube-apiserver",
        "---enable-admission-plugins",
    ),
    (
        "kube-apiserver-audit-log-path",
        "kube-apiserver",
        "---audit-log-path",
    ),
    (
        "kube-apiserver-audit-log-maxage",
        "kube-apiserver",
        "+--audit-log-maxage=29",
    ),
    (
        "kube-apiserver-audit-log-maxbackup",
        "kube-apiserver",
        "---audit-log-maxbackup",
    ),
    (
        "kube-apiserver-audit-log-maxsize",
        "kube-apiserver",
        "+--audit-log-maxsize=99",
    ),
    (
        "audit-policy-exists",
        "kube-apiserver",
        "---audit-policy-file",
    ),
    (
        "audit-policy-covers-key-concerns",
        "kube-apiserver",
        "---audit-policy-file",
    ),
    (
        "kube-apiserver-kubelet-client-certificate",
        "kube-apiserver",
        "---kubelet-client-key",
    ),
    (
        "kube-apiserver-kubelet-certificate-authority",
        "kube-apiserver",
        "---kubelet-certificate-authority",
    ),
    (
        "kube-apiserver-profiling-off",
        "kube-apiserver",
        "---profiling",
    ),
    (
        "kube-apiserver-etcd-client-certificate",
        "kube-apiserver",
        "---etcd-certfile",
    ),
    (
        "kube-apiserver-serving-certificate",
        "kube-apiserver",
        "---tls-private-key-file",
    ),
    (
        "kube-apiserver-etcd-cafile",
        "kube-apiserver",
        "---etcd-cafile",
    ),
    (
        "kube-apiserver-encryption-provider-config",
        "kube-apiserver",
        "---encryption-provider-config",
    ),
    (
        "kube-apiserver-encryption-providers",
        "kube-apiserver",
        "---encryption-provider-config",
    ),
    (
        "kube-apiserver-strong-ciphers",
        "kube-apiserver",
        "+--tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA",
    ),
    (
        "kube-apiserver-strong-ciphers-aead",
        "kube-apiserver",
        "+--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    ),
    (
        "kube-apiserver-token-expiration-not-extended",
        "kube-apiserver",
        "---service-account-extend-token-expiration",
    ),
    (
        "kube-controller-manager-terminated-pod-gc-threshold",
        "kube-controller-manager",
        "+--terminated-pod-gc-threshold=0",
    ),
    (
        "kube-controller-manager-profiling-off",
        "kube-controller-manager",
        "---profiling",
    ),
    (
        "kube-controller-manager-service-account-credentials",
        "kube-controller-manager",
        "---use-service-account-credentials",
    ),
    (
        "kube-controller-manager-service-account-private-key-file",
        "kube-controller-manager",
        "---service-account-private-key-file",
    ),
    (
        "kube-controller-manager-root-ca-file",
        "kube-controller-manager",
        "---root-ca-file",
    ),
    (
        "kube-controller-manager-rotate-kubelet-server-certificate",
        "kube-controller-manager",
        "+--feature-gates=A=true,RotateKubeletServerCertificate=false",
    ),
    (
        "kube-controller-manager-bind-address",
        "kube-controller-manager",
        "---bind-address",
    ),
    (
        "kube-scheduler-profiling-off",
        "kube-scheduler",
        "---profiling",
    ),
    (
        "kube-scheduler-bind-address",
        "kube-scheduler",
        "+--bind-address=0.0.0.0",
    ),
    ("etcd-serving-certificate", "etcd", "---cert-file"),
    ("etcd-client-cert-auth", "etcd", "---client-cert-auth"),
    ("etcd-auto-tls-off", "etcd", "+--auto-tls"),
    ("etcd-peer-certificate", "etcd", "---peer-key-file"),
    (
        "etcd-peer-client-cert-auth",
        "etcd",
        "+-peer-client-cert-auth=false",
    ),
    ("etcd-peer-auto-tls-off", "etcd", "+--peer-auto-tls=1"),
    (
        "etcd-unique-ca",
        "etcd",
        "+--trusted-ca-file=/etc/kubernetes/pki/ca.crt",
    ),
    ("kubelet-anonymous-auth-off", "kubelet", "+--anonymous-auth"),
    (
        "kubelet-authorization-not-always-allow",
        "kubelet",
        "+--authorization-mode=AlwaysAllow",
    ),
    ("kubelet-client-ca-file", "kubelet", "+--client-ca-file="),
    (
        "kubelet-read-only-port-off",
        "kubelet",
        "+--read-only-port=10255",
    ),
    (
        "kubelet-rotate-certificates",
        "kubelet",
        "+--rotate-certificates=false",
    ),
    (
        "kubelet-rotate-server-certificate",
        "kubelet",
        "+--feature-gates=RotateKubeletServerCertificate=f",
    ),
    (
        "kubelet-strong-ciphers",
        "kubelet",
        "+--tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA",
    ),
    (
        "kubelet-streaming-idle-timeout",
        "kubelet",
        "+--streaming-connection-idle-timeout=0",
    ),
    (
        "kubelet-iptables-util-chains",
        "kubelet",
        "+--make-iptables-util-chains=false",
    ),
    (
        "kubelet-hostname-override-unset",
        "kubelet",
        "+--hostname-override=n",
    ),
    ("kubelet-event-qps", "kubelet", "+--event-qps=-1"),
    ("kubelet-pod-pids-limit", "kubelet", "+--pod-max-pids=-1"),
    (
        "kubelet-seccomp-default",
        "kubelet",
        "+--seccomp-default=false",
    ),
    (
        "kubelet-strong-ciphers-ecdhe",
        "kubelet",
        "+--tls-cipher-suites=TLS_RSA_WITH_AES_128_GCM_SHA256",
    ),
    (
        "kubelet-serving-certificate",
        "kubelet",
        "+--rotate-server-certificates=false",
    ),
    (
        "kube-proxy-metrics-local",
        "kube-proxy",
        "---config +--metrics-bind-address=0.0.0.0:10249",
    ),
    (
        "kube-apiserver-basic-auth-file-unset",
        "kube-apiserver",
        "+--basic-auth-file=/users.csv",
    ),
    (
        "kube-apiserver-kubelet-https",
        "kube-apiserver",
        "+--kubelet-https=false",
    ),
    (
        "kube-apiserver-insecure-bind-address-unset",
        "kube-apiserver",
        "+--insecure-bind-address=0.0.0.0",
    ),
    (
        "kube-apiserver-insecure-port-off",
        "kube-apiserver",
        "---insecure-port",
    ),
    (
        "kube-apiserver-pod-security-policy",
        "kube-apiserver",
        "---enable-admission-plugins",
    ),
    (
        "kube-apiserver-security-context-deny",
        "kube-apiserver",
        "---enable-admission-plugins",
    ),
    (
        "kube-apiserver-secure-port-on",
        "kube-apiserver",
        "+--secure-port=0",
    ),
    (
        "kube-apiserver-deny-service-external-ips-off",
        "kube-apiserver",
        "",
    ),
    (
        "kube-apiserver-strong-ciphers-with-rsa-gcm",
        "kube-apiserver",
        "+--tls-cipher-suites=TLS_RSA_WITH_AES_128_CBC_SHA",
    ),
    (
        "kube-apiserver-strong-ciphers-legacy",
        "kube-apiserver",
        "+--tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA",
    ),
    (
        "kubelet-protect-kernel-defaults",
        "kubelet",
        "+--protect-kernel-defaults=false",
    ),
];

/// What a good node is without, where two controls demand opposites.
const PASSES: &[(&str, &str, &str)] = &[
    (
        "kube-apiserver-deny-service-external-ips-off",
        "kube-apiserver",
        "---enable-admission-plugins",
    ),
    ("kubelet-event-qps-unlimited", "kubelet", "+--event-qps=0"),
];

#[test]
fn each_control_passes_a_good_node_and_fails_a_bad_one() {
    let good = good();
    for control in controls() {
        let own = PASSES.iter().find(|(name, ..)| *name == control.name);
        let (_, program, change) = own.unwrap_or(&("", "kube-apiserver", ""));
        let outcome = good.clone().change(program, change).judge(control.name);
        if let Decided::ByPerson(_) = control.decided {
            is(&outcome, Manual, "1m0s");
            continue;
        }
        assert_eq!(outcome.verdict, Pass, "{}: {outcome:#?}", control.name);
        if control.name == "kubelet-event-qps-unlimited" {
            // What is not without a limit is a person's, never a failure.
            let outcome = good.clone().change("kubelet", "+--event-qps=5");
            is(&outcome.judge(control.name), Manual, "--event-qps is 5");
            continue;
        }
        let bad = FAILS.iter().find(|(name, ..)| *name == control.name);
        let (_, program, change) = bad.unwrap_or_else(|| panic!("no bad {}", control.name));
        let outcome = good.clone().change(program, change).judge(control.name);
        assert_eq!(outcome.verdict, Fail, "{}: {outcome:#?}", control.name);
    }
}

#[test]
fn each_control_says_when_it_cannot_tell() {
    let blind = FakeNode::new().incomplete_processes("mount the host's /proc");
    for control in controls() {
        is(
            &judge(&blind, control.name),
            Error,
            "mount the host's /proc",
        );
        let mut mute = FakeNode::new();
        for (program, _) in PROGRAMS {
            mute = mute.process(FakeProcess::new(program, &[]).unreadable("permission denied"));
        }
        is(&judge(&mute, control.name), Error, "could not be read");
    }
}

#[test]
fn an_empty_node_has_a_witness_for_each_component() {
    for control in controls() {
        let outcome = judge(&FakeNode::new(), control.name);
        is(&outcome, NotApplicable, "no process is");
    }
}

#[test]
fn no_lost_fact_turns_a_verdict_into_a_pass() {
    let bad = FAILS.iter().fold(good(), |node, (_, program, change)| {
        // One change of each program at a time does for the walk.
        match change.starts_with('+') {
            true => node.change(program, change),
            false => node,
        }
    });
    for node in [good().build(), bad.build()] {
        for control in controls() {
            let found = laws::violations(&node, |node: &FakeNode| -> (FakeFacts, Outcome) {
                node.run(&requests(), control.uses, |cx| {
                    rule::evaluate(&control.rule, cx, &[]).unwrap()
                })
            });
            assert!(found.is_empty(), "{}: {found:#?}", control.name);
        }
    }
}

#[test]
fn a_value_that_its_component_could_not_read_is_an_error() {
    for (name, program, change) in [
        (
            "kube-apiserver-profiling-off",
            "kube-apiserver",
            "+--profiling=no",
        ),
        (
            "kube-apiserver-audit-log-maxage",
            "kube-apiserver",
            "+--audit-log-maxage=lots",
        ),
        (
            "kubelet-streaming-idle-timeout",
            "kubelet",
            "+--streaming-connection-idle-timeout=5",
        ),
        ("etcd-client-cert-auth", "etcd", "+--client-cert-auth=on"),
        // An earlier value counts for this, though the last one wins.
        (
            "kube-scheduler-profiling-off",
            "kube-scheduler",
            "+--profiling=off +--profiling=false",
        ),
    ] {
        is(
            &good().change(program, change).judge(name),
            Error,
            "the value is not",
        );
    }
}

#[test]
fn the_last_of_repeated_flags_wins_and_lists_add_up() {
    let node = good().change("kube-apiserver", "+--profiling=true +--profiling=0");
    is(&node.judge("kube-apiserver-profiling-off"), Pass, "0");
    let node = good().change("kube-apiserver", "+--authorization-mode=Webhook");
    is(
        &node.judge("kube-apiserver-authorization-rbac"),
        Pass,
        "Node,RBAC,Webhook",
    );
}

#[test]
fn a_process_that_only_mentions_a_component_is_not_it() {
    let node =
        FakeNode::new().process(FakeProcess::new("vi", &["kube-apiserver --profiling=true"]));
    is(
        &judge(&node, "kube-apiserver-profiling-off"),
        NotApplicable,
        "no process",
    );
}

#[test]
fn anonymous_requests_by_configuration_file() {
    let with = |text: &str| {
        let text = format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n{text}"
        );
        good()
            .change(
                "kube-apiserver",
                "---anonymous-auth +--authentication-config=/etc/a.yaml",
            )
            .file("/etc/a.yaml", &text)
    };
    let name = "kube-apiserver-anonymous-auth-off";
    is(
        &with("anonymous: {enabled: false}\n").judge(name),
        Pass,
        "/etc/a.yaml",
    );
    is(
        &with("anonymous: {enabled: true}\n").judge(name),
        Fail,
        "/etc/a.yaml",
    );
    let some = "anonymous: {enabled: true, conditions: [{path: /livez}, {path: /readyz}]}\n";
    is(&with(some).judge(name), Manual, "only on /livez, /readyz");
    is(&with("jwt: []\n").judge(name), Fail, "default true");
    is(
        &with("").gone("/etc/a.yaml").judge(name),
        Error,
        "not found",
    );
    let both =
        with("anonymous: {enabled: false}\n").change("kube-apiserver", "+--anonymous-auth=false");
    is(&both.judge(name), Error, "exclude each other");
}

#[test]
fn authorization_by_configuration_file_or_by_nothing() {
    let with = |types: &str| {
        let text = format!(
            "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthorizationConfiguration\nauthorizers: [{types}]\n"
        );
        good()
            .change(
                "kube-apiserver",
                "---authorization-mode +--authorization-config=/etc/z.yaml",
            )
            .file("/etc/z.yaml", &text)
    };
    let node = with("{type: Node, name: n}, {type: RBAC, name: r}");
    for name in ["not-always-allow", "node", "rbac"] {
        let name = format!("kube-apiserver-authorization-{name}");
        is(&node.judge(&name), Pass, "authorizers of /etc/z.yaml");
    }
    is(
        &with("{type: RBAC}").judge("kube-apiserver-authorization-node"),
        Fail,
        "RBAC",
    );
    is(
        &with("").judge("kube-apiserver-authorization-node"),
        Error,
        "lists no authorizers",
    );
    let neither = good().change("kube-apiserver", "---authorization-mode");
    let outcome = neither.judge("kube-apiserver-authorization-not-always-allow");
    is(&outcome, Fail, "AlwaysAllow");
    assert!(matches!(outcome.basis, Basis::Default(_)), "{outcome:#?}");
}

#[test]
fn admission_is_the_defaults_and_what_is_enabled_without_what_is_disabled() {
    let bare = good().change("kube-apiserver", "---enable-admission-plugins");
    is(
        &bare.judge("kube-apiserver-service-account-admission"),
        Pass,
        "default plugins of 1.31",
    );
    let name = "kube-apiserver-node-restriction";
    let off = good().change(
        "kube-apiserver",
        "+--disable-admission-plugins=NodeRestriction",
    );
    is(&off.judge(name), Error, "both enabled and disabled");
    let config = good().change(
        "kube-apiserver",
        "+--admission-control-config-file=/etc/adm.yaml",
    );
    is(
        &config.judge("kube-apiserver-event-rate-limit"),
        Pass,
        "configured by /etc/adm.yaml",
    );
    // What a version outside the table does by default is not known, what is enabled is.
    let new = good().build().version("v1.99.0");
    is(&judge(&new, name), Pass, "NodeRestriction on");
    is(
        &judge(&new, "kube-apiserver-service-account-admission"),
        Error,
        "the table covers",
    );
}

#[test]
fn a_plugin_that_the_version_lost_is_not_applicable() {
    let name = "kube-apiserver-security-context-deny";
    let at = |version: &str, plugin: &str| {
        let bare = good().change("kube-apiserver", "---enable-admission-plugins");
        let node = bare.change("kube-apiserver", plugin);
        judge(&node.build().version(version), name)
    };
    is(&at("v1.30.1", ""), NotApplicable, "removed in 1.30");
    is(&at("v1.29.9", ""), Fail, "SecurityContextDeny off");
    let policy = "+--enable-admission-plugins=PodSecurityPolicy";
    is(&at("v1.24.17", policy), Pass, "PodSecurityPolicy on");
    is(&at("v1.24.17", ""), Fail, "PodSecurityPolicy off");
}

#[test]
fn encryption_is_configured_under_either_of_its_registered_names_only() {
    let with = |head: &str| {
        let entry = "resources:\n- {resources: [secrets], providers: [{secretbox: {}}]}\n";
        let text = format!("{head}{entry}");
        let node = good().file("/etc/kubernetes/encryption.yaml", &text);
        node.judge("kube-apiserver-encryption-providers")
    };
    is(
        &with("apiVersion: v1\nkind: EncryptionConfig\n"),
        Pass,
        "secretbox",
    );
    for head in [
        "",
        "apiVersion: v1\nkind: EncryptionConfiguration\n",
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfig\n",
        "apiVersion: v1\nkind: ConfigMap\n",
    ] {
        is(&with(head), Error, "is not a EncryptionConfiguration");
    }
}

#[test]
fn encryption_takes_the_first_entry_and_in_it_the_first_provider() {
    let with = |resources: &str| {
        let text = format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n{resources}"
        );
        let node = good().file("/etc/kubernetes/encryption.yaml", &text);
        node.judge("kube-apiserver-encryption-providers")
    };
    is(
        &with("- {resources: [secrets], providers: [{identity: {}}, {aescbc: {}}]}"),
        Fail,
        "identity comes first",
    );
    is(
        &with("- {resources: ['*.*'], providers: [{aescbc: {}}]}"),
        Pass,
        "aescbc",
    );
    is(
        &with(
            "- {resources: ['*.'], providers: [{identity: {}}]}\n- {resources: [secrets], providers: [{aescbc: {}}]}",
        ),
        Fail,
        "identity",
    );
    is(
        &with("- {resources: ['*.apps', configmaps], providers: [{aescbc: {}}]}"),
        Fail,
        "no entry covers secrets",
    );
    is(
        &with("- {resources: [secrets], providers: [{kms: {name: k}}]}"),
        Pass,
        "KMS v1 is deprecated",
    );
    is(
        &with("- {resources: [secrets], providers: [{kms: {apiVersion: v2}}]}"),
        Pass,
        "kms v2",
    );
    is(
        &with("- {resources: [secrets], providers: [{aesgcm: {}}]}"),
        Fail,
        "aesgcm writes secrets",
    );
    is(
        &with("- {resources: [secrets], providers: [{aescbc: {}, kms: {}}]}"),
        Error,
        "known form",
    );
    is(&with("- [secrets]"), Fail, "no entry covers secrets");
    is(&with("  what: ever"), Error, "no list of resources");
}

#[test]
fn audit_goes_somewhere_or_nowhere() {
    let name = "kube-apiserver-audit-log-path";
    let to = |changes: &str| good().change("kube-apiserver", changes).judge(name);
    is(&to("+--audit-log-path=-"), Pass, "standard output");
    is(
        &to("---audit-log-path +--audit-webhook-config-file=/w"),
        Fail,
        "webhook",
    );
    is(&to("---audit-policy-file"), Pass, "no event is logged");
}

#[test]
fn an_audit_policy_is_walked_rule_by_rule() {
    let with = |rules: &str| {
        let text = format!("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n{rules}");
        let node = good().file("/etc/kubernetes/audit.yaml", &text);
        ["audit-policy-exists", "audit-policy-covers-key-concerns"].map(|name| node.judge(name))
    };
    let secrets = "- {level: Metadata, resources: [{group: '', resources: [secrets, configmaps]}, {group: authentication.k8s.io, resources: [tokenreviews]}]}\n";
    let [exists, covers] = with(&format!("{secrets}- level: RequestResponse\n"));
    is(&exists, Pass, "2 rules");
    is(&covers, Pass, "2 rules");
    let [exists, covers] = with("- level: RequestResponse\n");
    is(&exists, Pass, "1 rules");
    is(&covers, Fail, "secrets is logged with its contents");
    let [exists, covers] = with("- level: None\n");
    is(&exists, Fail, "level None");
    is(&covers, Fail, "pods/exec is not logged");
    let [_, covers] = with(
        "- {level: None, resources: [{group: '', resources: ['pods/*']}]}\n- level: Metadata\n",
    );
    is(&covers, Fail, "pods/portforward is not logged");
    let [_, covers] = with("- {level: None, users: [robot]}\n- level: Metadata\n");
    is(&covers, Manual, "exempt");
    let [_, covers] = with("- {level: None, nonResourceURLs: ['/healthz*']}\n- level: Metadata\n");
    is(&covers, Pass, "2 rules");
    let [exists, covers] = with("- level: Loud\n");
    is(&exists, Error, "unknown level");
    is(&covers, Error, "unknown level");
    let [exists, _] = with("  []\n");
    is(&exists, Error, "no rules");
}

#[test]
fn least_version_tls_1_3_makes_suites_irrelevant() {
    let node = good().change(
        "kube-apiserver",
        "---tls-cipher-suites +--tls-min-version=VersionTLS13",
    );
    let outcome = node.judge("kube-apiserver-strong-ciphers");
    is(&outcome, Pass, "TLS 1.3");
    assert!(matches!(outcome.basis, Basis::Derived(_)), "{outcome:#?}");
    let node = good().change("kube-apiserver", "---tls-cipher-suites");
    is(
        &node.judge("kube-apiserver-strong-ciphers"),
        Fail,
        "Go version",
    );
    let config = "/var/lib/kubelet/config.yaml";
    let node = good().replace(
        config,
        "tlsCipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]",
        "tlsMinVersion: VersionTLS13",
    );
    is(&node.judge("kubelet-strong-ciphers"), Pass, "TLS 1.3");
}

#[test]
fn the_kubelet_is_read_from_the_file_that_it_was_given() {
    let other = KUBELET.replace("enabled: false", "enabled: true");
    let node = good()
        .change("kubelet", "+--config=/opt/other.yaml")
        .file("/opt/other.yaml", &other);
    is(
        &node.judge("kubelet-anonymous-auth-off"),
        Fail,
        "/opt/other.yaml",
    );
    let node = good().change("kubelet", "+--config=/opt/missing.yaml");
    is(
        &node.judge("kubelet-anonymous-auth-off"),
        Error,
        "/opt/missing.yaml",
    );
    let node = good().file(
        "/var/lib/kubelet/config.yaml",
        "kind: Pod\napiVersion: v1\n",
    );
    is(
        &node.judge("kubelet-anonymous-auth-off"),
        Error,
        "is not a KubeletConfiguration",
    );
}

#[test]
fn drop_ins_override_in_lexical_order_and_null_unsets() {
    let head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
    let node = good()
        .change("kubelet", "+--config-dir=/etc/kubelet.d")
        .file("/etc/kubelet.d/10-a.conf", &format!("{head}authentication: {{anonymous: {{enabled: true}}}}\npodPidsLimit: 10\n"))
        .file("/etc/kubelet.d/20-sub/b.conf", &format!("{head}authentication: {{anonymous: {{enabled: false}}}}\nfeatureGates: {{Other: true}}\n"))
        .file("/etc/kubelet.d/30-c.conf", &format!("{head}podPidsLimit: null\ntlsCipherSuites: [TLS_RSA_WITH_RC4_128_SHA]\n"))
        .file("/etc/kubelet.d/40-d.yaml", "not read: [");
    is(
        &node.judge("kubelet-anonymous-auth-off"),
        Pass,
        "20-sub/b.conf",
    );
    is(&node.judge("kubelet-pod-pids-limit"), Fail, "default -1");
    is(&node.judge("kubelet-strong-ciphers"), Fail, "30-c.conf");
    is(&node.judge("kubelet-client-ca-file"), Pass, "config.yaml");
    let broken = node.file("/etc/kubelet.d/50-e.conf", "x: [");
    is(
        &broken.judge("kubelet-anonymous-auth-off"),
        Error,
        "50-e.conf",
    );
}

#[test]
fn with_drop_ins_alone_or_no_file_the_legacy_defaults_stay() {
    let head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
    let alone = good()
        .change("kubelet", "---config +--config-dir=/etc/kubelet.d")
        .file(
            "/etc/kubelet.d/a.conf",
            &format!("{head}rotateCertificates: true\n"),
        );
    let neither = good().change("kubelet", "---config");
    for node in [alone, neither] {
        is(
            &node.judge("kubelet-anonymous-auth-off"),
            Fail,
            "default true",
        );
        is(
            &node.judge("kubelet-authorization-not-always-allow"),
            Fail,
            "AlwaysAllow",
        );
        is(&node.judge("kubelet-read-only-port-off"), Fail, "10255");
    }
}

#[test]
fn what_a_kubelet_file_leaves_out_has_the_file_s_default() {
    let config = "/var/lib/kubelet/config.yaml";
    let node = good().replace(config, "anonymous: {enabled: false}", "anonymous: {}");
    let outcome = node.judge("kubelet-anonymous-auth-off");
    is(&outcome, Fail, "would do, but it is demanded in writing");
    is(
        &good().judge("kubelet-read-only-port-off"),
        Pass,
        "default 0",
    );
    let node = good().replace(config, "rotateCertificates: true\n", "");
    is(
        &node.judge("kubelet-rotate-certificates"),
        Pass,
        "default false",
    );
    let no_version = good().build().without_version();
    is(
        &judge(&no_version, "kubelet-event-qps"),
        Error,
        "kubernetes-version",
    );
    is(
        &judge(&no_version, "kubelet-read-only-port-off"),
        Pass,
        "version not known",
    );
    let new = good().build().version("v1.99.0");
    is(
        &judge(&new, "kubelet-read-only-port-off"),
        Error,
        "the table covers",
    );
}

#[test]
fn zero_seconds_in_a_file_stand_for_four_hours() {
    let name = "kubelet-streaming-idle-timeout";
    is(&good().judge(name), Pass, "stands for the default");
    let node = good().change("kubelet", "+--streaming-connection-idle-timeout=0s");
    is(&node.judge(name), Fail, "0s");
}

#[test]
fn seccomp_by_default_is_switched_on_and_not_only_written() {
    let config = "/var/lib/kubelet/config.yaml";
    let name = "kubelet-seccomp-default";
    let off = good().replace(config, "seccompDefault: true", "seccompDefault: false");
    is(&off.judge(name), Fail, "false (seccompDefault of");
    let silent = good().replace(config, "seccompDefault: true\n", "");
    is(&silent.judge(name), Fail, "default false");
    let flag = off.change("kubelet", "+--seccomp-default");
    is(&flag.judge(name), Pass, "true");
}

#[test]
fn serving_certificates_are_named_or_asked_of_the_cluster() {
    let config = "/var/lib/kubelet/config.yaml";
    let name = "kubelet-serving-certificate";
    is(&good().judge(name), Pass, "serverTLSBootstrap");
    let own = good().replace(
        config,
        "serverTLSBootstrap: true",
        "tlsCertFile: /c\ntlsPrivateKeyFile: /k",
    );
    is(&own.judge(name), Pass, "tlsCertFile");
    let half = good().replace(config, "serverTLSBootstrap: true", "tlsCertFile: /c");
    is(&half.judge(name), Fail, "--tls-private-key-file is not set");
}

#[test]
fn files_override_flags_where_the_component_says_so() {
    let scheduler = |text: &str| {
        let text = format!(
            "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n{text}"
        );
        good()
            .change("kube-scheduler", "+--config=/etc/s.yaml")
            .file("/etc/s.yaml", &text)
            .judge("kube-scheduler-profiling-off")
    };
    is(&scheduler(""), Fail, "--profiling is given too and ignored");
    is(
        &scheduler("enableProfiling: false\n"),
        Pass,
        "enableProfiling of /etc/s.yaml",
    );
    let proxy = good().change("kube-proxy", "+--metrics-bind-address=0.0.0.0:10249");
    is(&proxy.judge("kube-proxy-metrics-local"), Pass, "ignored");
    let config = "/var/lib/kube-proxy/config.conf";
    let proxy = good().replace(config, "\"\"", "'[::]:10249'");
    is(&proxy.judge("kube-proxy-metrics-local"), Fail, "[::]:10249");
    is(
        &good().gone(config).judge("kube-proxy-metrics-local"),
        Error,
        config,
    );
}

#[test]
fn etcd_takes_its_file_or_its_flags_over_its_variables() {
    let file = "client-transport-security:\n  client-cert-auth: true\n  trusted-ca-file: /etc/kubernetes/pki/ca.crt\n";
    let node = good()
        .change("etcd", "---client-cert-auth +--config-file=/etc/etcd.yaml")
        .file("/etc/etcd.yaml", file);
    is(&node.judge("etcd-client-cert-auth"), Pass, "/etc/etcd.yaml");
    is(&node.judge("etcd-unique-ca"), Fail, "same contents");
    is(
        &node.judge("etcd-serving-certificate"),
        Fail,
        "ignored: --config-file decides",
    );
    let by_variable = |value: &str, args: &[&str]| {
        let process = FakeProcess::new("etcd", args).env("ETCD_CLIENT_CERT_AUTH", value);
        judge(&FakeNode::new().process(process), "etcd-client-cert-auth")
    };
    is(
        &by_variable("true", &[]),
        Pass,
        "variable ETCD_CLIENT_CERT_AUTH",
    );
    is(
        &by_variable("true", &["--client-cert-auth=false"]),
        Fail,
        "false",
    );
    let ca_only = good().change("etcd", "---client-cert-auth");
    is(
        &ca_only.judge("etcd-client-cert-auth"),
        Fail,
        "already makes etcd ask",
    );
}

#[test]
fn external_etcd_is_not_applicable_with_the_servers_as_witness() {
    let node = good()
        .change("kube-apiserver", "---etcd-servers")
        .change("kube-apiserver", "+--etcd-servers=https://db.example:2379")
        .without("etcd");
    is(
        &node.judge("etcd-client-cert-auth"),
        NotApplicable,
        "https://db.example:2379",
    );
}

#[test]
fn an_etcd_that_should_be_here_and_is_not_is_no_witness() {
    let local = good().without("etcd");
    is(
        &local.judge("etcd-client-cert-auth"),
        Error,
        "https://127.0.0.1:2379",
    );
}

#[test]
fn a_certificate_authority_without_an_api_server_is_shown_to_a_person() {
    let node = good().without("kube-apiserver");
    is(&node.judge("etcd-unique-ca"), Manual, "SHA-256");
    let hidden = good().build().unreadable("/etc/kubernetes/pki/etcd/ca.crt");
    is(&judge(&hidden, "etcd-unique-ca"), Error, "ca.crt");
}

const MANIFEST: &str = "apiVersion: v1
kind: Pod
spec:
  containers:
  - name: sidecar
    command: [sleep]
  - name: whatever
    image: registry.example:5000/kube-apiserver:v1.29.3
    env: [{name: MODE, value: RBAC}]
    command: [/bin/sh, -c, 'exec /usr/local/bin/kube-apiserver --profiling=false \"--authorization-mode=Node,$(MODE)\" >>/var/log/a 2>&1']
    volumeMounts: [{name: k, mountPath: /etc/k}]
  volumes: [{name: k, hostPath: {path: /srv/k}}]
";

#[test]
fn a_manifest_that_does_not_run_is_an_error_and_one_that_differs_is_reported() {
    let file = "/etc/kubernetes/manifests/api.yaml";
    let manifest = FakeNode::new().file(file, 0o600, 0, 0, MANIFEST);
    let name = "kube-apiserver-profiling-off";
    is(&judge(&manifest, name), Error, "does not run");
    let running = |args: &[&str]| {
        let process = FakeProcess::new("kube-apiserver", args).place(Place::StaticPod);
        let node = FakeNode::new().file(file, 0o600, 0, 0, MANIFEST);
        judge(&node.process(process), name)
    };
    let same = running(&["--profiling=false", "--authorization-mode=Node,RBAC"]);
    is(&same, Pass, "kube-apiserver --profiling");
    assert!(!format!("{same:?}").contains("differs"), "{same:#?}");
    is(
        &running(&["--profiling=true", "--authorization-mode=Node,RBAC"]),
        Fail,
        "differs from the running process in --profiling",
    );
    // The image says the version.
    let old = running(&["--authorization-mode=Node,RBAC"]);
    is(&old, Fail, "kube-apiserver 1.29");
}

#[test]
fn a_manifest_that_cannot_be_read_keeps_absence_from_being_shown() {
    let file = "/etc/kubernetes/manifests/x.yaml";
    let node = FakeNode::new().file(file, 0o600, 0, 0, "x: [");
    is(&judge(&node, "etcd-auto-tls-off"), Error, file);
    let hidden = FakeNode::new().file("/etc/kubernetes/manifests/.x.yaml", 0o600, 0, 0, "x: [");
    is(
        &judge(&hidden, "etcd-auto-tls-off"),
        NotApplicable,
        "no process",
    );
}

#[test]
fn the_directory_of_static_pods_is_the_kubelet_s_own() {
    let config = "/var/lib/kubelet/config.yaml";
    let node = good()
        .without("kube-apiserver")
        .replace(config, "/etc/kubernetes/manifests", "/srv/pods")
        .file("/srv/pods/api.yaml", MANIFEST);
    is(
        &node.judge("kube-apiserver-profiling-off"),
        Error,
        "/srv/pods/api.yaml",
    );
    let flag = good()
        .without("kube-apiserver")
        .change("kubelet", "+--pod-manifest-path=/opt/pods")
        .file("/opt/pods/api.yaml", MANIFEST);
    is(
        &flag.judge("kube-apiserver-profiling-off"),
        Error,
        "/opt/pods/api.yaml",
    );
}

#[test]
fn a_tree_is_judged_by_its_manifests_and_says_so() {
    let file = "/etc/kubernetes/manifests/api.yaml";
    let tree = FakeNode::new()
        .file(file, 0o600, 0, 0, MANIFEST)
        .origin(Origin::Tree);
    let outcome = judge(&tree, "kube-apiserver-profiling-off");
    is(&outcome, Pass, "no process was looked at");
    assert!(matches!(outcome.basis, Basis::Derived(_)), "{outcome:#?}");
    is(
        &judge(&tree, "kube-apiserver-authorization-rbac"),
        Pass,
        "Node,RBAC",
    );
    is(&judge(&tree, "etcd-auto-tls-off"), Error, "no processes");
    is(
        &judge(&tree, "kubelet-anonymous-auth-off"),
        Error,
        "no processes",
    );
}

#[test]
fn hosted_control_planes_turn_no_verdict() {
    let foreign = FakeProcess::new("kube-apiserver", &["--profiling=true"]).place(Place::Foreign);
    let node = FakeNode::new().process(foreign);
    is(
        &judge(&node, "kube-apiserver-profiling-off"),
        NotApplicable,
        "hosted control plane",
    );
    let both = good()
        .build()
        .process(FakeProcess::new("kube-apiserver", &["--profiling=true"]).place(Place::Foreign));
    is(
        &judge(&both, "kube-apiserver-profiling-off"),
        Pass,
        "--profiling",
    );
}

#[test]
fn of_two_instances_the_worst_decides_and_each_is_a_subject() {
    let node = good()
        .build()
        .process(FakeProcess::new("kube-apiserver", &["--profiling=true"]).without_exe());
    let outcome = judge(&node, "kube-apiserver-profiling-off");
    is(&outcome, Fail, "known only by its name");
    let keys: Vec<&str> = outcome.subjects.iter().map(|s| s.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "kube-apiserver#2 --profiling",
            "kube-apiserver#1 --profiling"
        ]
    );
}

#[test]
fn every_control_uses_only_requests_that_exist() {
    let requests = requests();
    for control in controls() {
        for id in control.uses {
            assert!(
                requests.ids().any(|(i, _)| i == *id),
                "{}: {id}",
                control.name
            );
        }
    }
}
