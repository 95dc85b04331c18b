//! The controls of OpenShift 3: what its two configuration files say, who may
//! read and write what it keeps below `/etc/origin`, and what a person must look at.

use cisb_sdk::contract::manifest::Severity::{self, Critical, High, Low, Medium};
use cisb_sdk::contract::manifest::{FileRequest, Requests, Right};
use cisb_sdk::files::{Mode, Owner};
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::files::{FilesRule, Set as Files};
use serde_json::{Value, json};

use super::super::openshift;
use crate::control::{Control, Decided};
use crate::platform::put;
use Decided::{ByFacts, ByPerson};
use How::{All, Any};
use Test::{Is, Least, Not, Set, Unset};

/// A configuration file: its request, and what it means that it is not there.
type Config = (&'static [&'static str], &'static str, &'static str);

const MASTER: Config = (
    &["origin-master-config"],
    "/etc/origin/master/master-config.yaml",
    "no /etc/origin/master/master-config.yaml: this node is no master",
);
const NODE: Config = (
    &["origin-node-config"],
    "/etc/origin/node/node-config.yaml",
    "no /etc/origin/node/node-config.yaml: this is no node of OpenShift 3",
);

/// Whether all tests must be met, or one.
#[derive(Clone, Copy)]
enum How {
    All,
    Any,
}

/// A test of a field, by its pointer.
enum Test {
    Set(&'static str),
    Unset(&'static str),
    /// One of these.
    Is(&'static str, &'static [&'static str]),
    /// None of these, or nothing.
    Not(&'static str, &'static [&'static str]),
    Least(&'static str, i64),
}

/// Control, component, severity, file, how many of the tests, tests.
type Setting = (
    &'static str,
    &'static str,
    Severity,
    Config,
    How,
    &'static [Test],
);

#[rustfmt::skip]
const SETTINGS: &[Setting] = &[
    ("origin-basic-auth-file-unset", "kube-apiserver", High, MASTER, All, &[Unset("/kubernetesMasterConfig/apiServerArguments/basic-auth-file")]),
    ("origin-no-token-file", "kube-apiserver", High, MASTER, All, &[Unset("/kubernetesMasterConfig/apiServerArguments/token-auth-file")]),
    ("origin-kubelet-tls", "kube-apiserver", High, MASTER, All, &[Set("/kubeletClientInfo/ca"), Set("/kubeletClientInfo/certFile"), Set("/kubeletClientInfo/keyFile"), Is("/kubeletClientInfo/port", &["10250"])]),
    ("origin-insecure-bind-address-unset", "kube-apiserver", Critical, MASTER, All, &[Unset("/kubernetesMasterConfig/apiServerArguments/insecure-bind-address"), Unset("/kubernetesMasterConfig/insecure-bind-address")]),
    ("origin-insecure-port-unset", "kube-apiserver", Critical, MASTER, Any, &[Unset("/kubernetesMasterConfig/apiServerArguments/insecure-port"), Is("/kubernetesMasterConfig/apiServerArguments/insecure-port", &["0"])]),
    ("origin-secure-port-on", "kube-apiserver", High, MASTER, All, &[Not("/kubernetesMasterConfig/apiServerArguments/secure-port", &["0"])]),
    ("origin-repair-malformed-updates", "kube-apiserver", Low, MASTER, All, &[Not("/kubernetesMasterConfig/apiServerArguments/repair-malformed-updates", &["false"])]),
    ("origin-not-always-admit", "kube-apiserver", High, MASTER, All, &[Not("/admissionConfig/pluginConfig/AlwaysAdmit/configuration/disable", &["false"])]),
    ("origin-always-pull-images", "kube-apiserver", Low, MASTER, All, &[Is("/admissionConfig/pluginConfig/AlwaysPullImages/configuration/disable", &["false"])]),
    ("origin-no-deny-escalating-exec", "kube-apiserver", Low, MASTER, All, &[Not("/admissionConfig/pluginConfig/DenyEscalatingExec/configuration/disable", &["false"])]),
    ("origin-no-security-context-deny", "kube-apiserver", Low, MASTER, All, &[Not("/admissionConfig/pluginConfig/SecurityContextDeny/configuration/disable", &["false"])]),
    ("origin-namespace-lifecycle", "kube-apiserver", Medium, MASTER, All, &[Not("/admissionConfig/pluginConfig/NamespaceLifecycle/configuration/disable", &["true"])]),
    ("origin-audit-on", "kube-apiserver", Medium, MASTER, All, &[Is("/auditConfig/enabled", &["true"])]),
    ("origin-audit-maxage", "kube-apiserver", Low, MASTER, All, &[Least("/auditConfig/maximumFileRetentionDays", 30)]),
    ("origin-audit-maxbackup", "kube-apiserver", Low, MASTER, All, &[Least("/auditConfig/maximumRetainedFiles", 10)]),
    ("origin-audit-maxsize", "kube-apiserver", Low, MASTER, All, &[Least("/auditConfig/maximumFileSizeMegabytes", 30)]),
    ("origin-authorization-mode-unset", "kube-apiserver", Critical, MASTER, All, &[Unset("/kubernetesMasterConfig/apiServerArguments/authorization-mode")]),
    ("origin-token-auth-file-unset", "kube-apiserver", High, MASTER, All, &[Unset("/kubernetesMasterConfig/apiServerArguments/token-auth-file")]),
    ("origin-kubelet-ca", "kube-apiserver", High, MASTER, All, &[Unset("/kubernetesMasterConfig/apiServerArguments/kubelet-certificate-authority"), Set("/kubeletClientInfo/ca")]),
    ("origin-kubelet-client-certificate", "kube-apiserver", High, MASTER, All, &[Set("/kubeletClientInfo/certFile"), Set("/kubeletClientInfo/keyFile")]),
    ("origin-service-account-lookup", "kube-apiserver", Medium, MASTER, All, &[Not("/kubernetesMasterConfig/apiServerArguments/service-account-lookup", &["false"])]),
    ("origin-no-pod-security-policy", "kube-apiserver", Medium, MASTER, All, &[Not("/admissionConfig/pluginConfig/PodSecurityPolicy/configuration/disable", &["false"])]),
    ("origin-service-account-keys", "kube-apiserver", Medium, MASTER, All, &[Set("/serviceAccountConfig/privateKeyFile"), Set("/serviceAccountConfig/publicKeyFiles")]),
    ("origin-etcd-client-certificate", "kube-apiserver", High, MASTER, All, &[Set("/etcdClientInfo/certFile"), Set("/etcdClientInfo/keyFile")]),
    ("origin-service-account-admission", "kube-apiserver", Medium, MASTER, All, &[Not("/admissionConfig/pluginConfig/ServiceAccount/configuration/disable", &["true"])]),
    ("origin-serving-certificate", "kube-apiserver", High, MASTER, All, &[Set("/servingInfo/certFile"), Set("/servingInfo/keyFile")]),
    ("origin-client-ca", "kube-apiserver", High, MASTER, All, &[Unset("/kubernetesMasterConfig/apiServerArguments/client-ca-file"), Set("/servingInfo/clientCA")]),
    ("origin-etcd-ca", "kube-apiserver", High, MASTER, All, &[Set("/etcdClientInfo/ca")]),
    ("origin-authorization-of-openshift", "kube-apiserver", High, MASTER, All, &[Not("/kubernetesMasterConfig/apiServerArguments/authorization-mode", &["AlwaysAllow", "AlwaysDeny", "ABAC"])]),
    ("origin-node-restriction", "kube-apiserver", High, MASTER, All, &[Not("/admissionConfig/pluginConfig/NodeRestriction/configuration/disable", &["true"])]),
    ("origin-encryption-config", "kube-apiserver", High, MASTER, Any, &[Set("/kubernetesMasterConfig/apiServerArguments/experimental-encryption-provider-config"), Set("/kubernetesMasterConfig/apiServerArguments/encryption-provider-config")]),
    ("origin-event-rate-limit", "kube-apiserver", Low, MASTER, All, &[Set("/admissionConfig/pluginConfig/EventRateLimit/configuration")]),
    ("origin-advanced-auditing", "kube-apiserver", Low, MASTER, All, &[Not("/kubernetesMasterConfig/apiServerArguments/feature-gates", &["AdvancedAuditing=false"])]),
    ("origin-terminated-pod-gc-threshold", "kube-controller-manager", Low, MASTER, All, &[Least("/kubernetesMasterConfig/controllerArguments/terminated-pod-gc-threshold", 1)]),
    ("origin-service-account-credentials", "kube-controller-manager", Medium, MASTER, All, &[Not("/kubernetesMasterConfig/controllerArguments/use-service-account-credentials", &["false"])]),
    ("origin-service-account-private-key", "kube-controller-manager", Medium, MASTER, All, &[Set("/serviceAccountConfig/privateKeyFile"), Unset("/kubernetesMasterConfig/controllerArguments/service-account-private-key-file")]),
    ("origin-root-ca", "kube-controller-manager", Medium, MASTER, All, &[Set("/serviceAccountConfig/masterCA"), Unset("/kubernetesMasterConfig/controllerArguments/root-ca-file")]),
    ("origin-certificate-rotation", "kubelet", Medium, NODE, All, &[Is("/kubeletArguments/feature-gates", &["RotateKubeletServerCertificate=true"])]),
    ("origin-kubelet-authorization", "kubelet", Critical, NODE, Any, &[Unset("/kubeletArguments/authorization-mode"), Is("/kubeletArguments/authorization-mode", &["Webhook"])]),
    ("origin-kubelet-client-ca", "kubelet", High, NODE, Any, &[Unset("/kubeletArguments/client-ca-file"), Is("/kubeletArguments/client-ca-file", &["/etc/origin/node/client-ca.crt"])]),
    ("origin-kubelet-read-only-port", "kubelet", High, NODE, Any, &[Unset("/kubeletArguments/read-only-port"), Is("/kubeletArguments/read-only-port", &["0"])]),
    ("origin-kubelet-streaming-timeout", "kubelet", Low, NODE, All, &[Not("/kubeletArguments/streaming-connection-idle-timeout", &["0", "0s", "0m", "0h"])]),
    ("origin-kubelet-iptables", "kubelet", Low, NODE, All, &[Not("/kubeletArguments/make-iptables-util-chains", &["false"])]),
    ("origin-kubelet-terminated-volumes", "kubelet", Low, NODE, All, &[Not("/kubeletArguments/keep-terminated-pod-volumes", &["true"])]),
    ("origin-kubelet-event-qps", "kubelet", Low, NODE, Any, &[Unset("/kubeletArguments/event-qps"), Is("/kubeletArguments/event-qps", &["0"])]),
    ("origin-kubelet-cert-dir", "kubelet", Medium, NODE, All, &[Is("/kubeletArguments/cert-dir", &["/etc/origin/node/certificates"])]),
    ("origin-kubelet-cadvisor-port", "kubelet", Medium, NODE, Any, &[Unset("/kubeletArguments/cadvisor-port"), Is("/kubeletArguments/cadvisor-port", &["0"])]),
    ("origin-kubelet-rotate-client", "kubelet", Medium, NODE, All, &[Is("/kubeletArguments/feature-gates", &["RotateKubeletClientCertificate=true"])]),
    ("origin-kubelet-rotate-server", "kubelet", Medium, NODE, All, &[Is("/kubeletArguments/feature-gates", &["RotateKubeletServerCertificate=true"])]),
];

/// Controls of mode and owner, component, severity, request, paths, mode, owner.
type Kept = (
    &'static str,
    &'static str,
    &'static str,
    Severity,
    &'static [&'static str],
    &'static [&'static str],
    u32,
    &'static str,
);

#[rustfmt::skip]
const KEPT: &[Kept] = &[
    ("origin-apiserver-pod-mode", "origin-apiserver-pod-owner", "kube-apiserver", High, &["origin-apiserver-pod-files"], &["/etc/origin/node/pods/apiserver.yaml"], 0o600, "root"),
    ("origin-controllers-pod-mode", "origin-controllers-pod-owner", "kube-controller-manager", High, &["origin-controllers-pod-files"], &["/etc/origin/node/pods/controller.yaml"], 0o600, "root"),
    ("origin-scheduler-pod-mode", "origin-scheduler-pod-owner", "kube-scheduler", High, &["origin-scheduler-pod-files"], &["/etc/origin/node/pods/controller.yaml"], 0o600, "root"),
    ("origin-etcd-pod-mode", "origin-etcd-pod-owner", "etcd", High, &["origin-etcd-pod-files"], &["/etc/origin/node/pods/etcd.yaml"], 0o600, "root"),
    ("origin-network-files-mode", "origin-network-files-owner", "kubelet", Medium, &["origin-network-files-files"], &["/etc/cni/net.d/*", "/etc/origin/openvswitch/*"], 0o644, "root"),
    ("origin-etcd-data-mode", "origin-etcd-data-owner", "etcd", Critical, &["origin-etcd-data-files"], &["/var/lib/etcd"], 0o700, "etcd"),
    ("origin-admin-kubeconfig-mode", "origin-admin-kubeconfig-owner", "kube-apiserver", Critical, &["origin-admin-kubeconfig-files"], &["/etc/origin/master/admin.kubeconfig"], 0o644, "root"),
    ("origin-scheduler-kubeconfig-mode", "origin-scheduler-kubeconfig-owner", "kube-scheduler", High, &["origin-scheduler-kubeconfig-files"], &["/etc/origin/master/openshift-master.kubeconfig"], 0o644, "root"),
    ("origin-controllers-kubeconfig-mode", "origin-controllers-kubeconfig-owner", "kube-controller-manager", High, &["origin-controllers-kubeconfig-files"], &["/etc/origin/master/openshift-master.kubeconfig"], 0o644, "root"),
    ("origin-node-kubeconfig-mode", "origin-node-kubeconfig-owner", "kubelet", High, &["origin-node-kubeconfig-files"], &["/etc/origin/node/node.kubeconfig"], 0o644, "root"),
    ("origin-node-unit-mode", "origin-node-unit-owner", "kubelet", High, &["origin-node-unit-files"], &["/etc/systemd/system/atomic-openshift-node.service", "/usr/lib/systemd/system/atomic-openshift-node.service", "/etc/systemd/system/origin-node.service", "/usr/lib/systemd/system/origin-node.service"], 0o644, "root"),
    ("origin-proxy-kubeconfig-mode", "origin-proxy-kubeconfig-owner", "kube-proxy", High, &["origin-proxy-kubeconfig-files"], &["/etc/origin/node/node.kubeconfig"], 0o644, "root"),
    ("origin-node-client-ca-mode", "origin-node-client-ca-owner", "kubelet", Medium, &["origin-node-client-ca-files"], &["/etc/origin/node/client-ca.crt"], 0o644, "root"),
];

/// Control, component, what a person looks at.
#[rustfmt::skip]
const ASKED: &[(&str, &str, &str)] = &[
    ("origin-profiling", "kube-apiserver", "oc adm policy who-can get --all-namespaces /debug/pprof and who holds the role cluster-debugger: administrators only"),
    ("origin-encryption-aescbc", "kube-apiserver", "the file that apiServerArguments.experimental-encryption-provider-config names: the first provider for secrets should be aescbc with a key"),
    ("origin-request-timeout", "kube-apiserver", "grep request-timeout /etc/origin/master/master-config.yaml: unset (60 seconds), or bounded and wanted"),
    ("origin-scheduler-profiling", "kube-scheduler", "curl -k https://localhost:8444/debug/pprof on a master without a login: it should answer 403 Forbidden"),
    ("origin-controllers-profiling", "kube-controller-manager", "curl -k https://localhost:8444/metrics on a master without a login: it should answer 403 Forbidden"),
    ("origin-etcd-wal-dir", "etcd", "grep ETCD_WAL_DIR /etc/etcd/etcd.conf: unset, or a disk of its own with mode 700 and owner etcd:etcd"),
    ("origin-etcd-max-wals", "etcd", "grep ETCD_MAX_WALS /etc/etcd/etcd.conf: unset (5), or another number that was chosen"),
    ("origin-etcd-ca-of-its-own", "etcd", "openssl x509 -noout -issuer -in /etc/origin/master/master.etcd-ca.crt: CN=etcd-signer and not the CA of the master"),
    ("origin-image-policy", "kubernetes", "admissionConfig.pluginConfig in master-config.yaml: openshift.io/ImagePolicy or ImagePolicyWebhook with rules for the registries you trust"),
    ("origin-privileged-by-constraints", "kubernetes", "oc describe scc privileged: users and groups are the cluster's own; nothing else limits privileged containers"),
    ("origin-kubelet-anonymous", "kubelet", "grep -A1 anonymous-auth /etc/origin/node/node-config.yaml: unset; then the node authorizes those without a login as system:anonymous"),
    ("origin-kubelet-kernel-defaults", "kubelet", "grep -A1 protect-kernel-defaults /etc/origin/node/node-config.yaml: unset; OpenShift sets the kernel values by tuned"),
    ("origin-kubelet-hostname", "kubelet", "grep -A1 hostname-override /etc/origin/node/node-config.yaml: unset, or the name in the certificate of the node"),
];

/// The requests.
pub(super) fn requests() -> Requests {
    let mut files = Vec::new();
    for (ids, path, _) in [MASTER, NODE] {
        let rights = &[Right::Stat, Right::Read];
        files.push(file(
            ids,
            &[path],
            rights,
            "what it is told stands in it; secrets in it are masked",
        ));
    }
    for (_, _, _, _, ids, paths, _, _) in KEPT {
        files.push(file(
            ids,
            paths,
            &[Right::Stat],
            "mode and owner of what OpenShift 3 keeps",
        ));
    }
    let mut requests = openshift::requests();
    requests.kubernetes.retain(|it| it.id == "sccs");
    Requests {
        files,
        kubernetes: requests.kubernetes,
        ..Requests::default()
    }
}

fn file(ids: &[&str], paths: &[&str], rights: &[Right], why: &str) -> FileRequest {
    FileRequest {
        id: ids.concat(),
        paths: paths.iter().map(|&path| path.to_owned()).collect(),
        rights: rights.to_vec(),
        max_bytes: None,
        depth: 0,
        why: why.to_owned(),
    }
}

/// Changes the common controls and adds those of OpenShift 3.
pub(super) fn change(controls: &mut Vec<Control>) {
    openshift::of_policies(controls);
    for control in openshift::constraints() {
        put(controls, control);
    }
    if let Some(network) = controls
        .iter()
        .find(|it| it.name == "namespaces-have-network-policy")
    {
        let network = Control {
            name: "origin-network-policies",
            ..network.clone()
        };
        put(controls, network);
    }
    put(
        controls,
        Control {
            name: "anonymous-requests-authorized",
            component: "kubernetes",
            severity: High,
            uses: &["clusterrolebindings", "rolebindings"],
            decided: ByFacts("the bindings that name those who did not log in"),
            rule: Rule::Code {
                name: "policies-anonymous".to_owned(),
                with: Value::Null.into(),
            },
        },
    );
    for (name, component, severity, config, how, tests) in SETTINGS {
        let rules: Vec<Rule> = tests.iter().map(|it| rule(*config, it)).collect();
        put(
            controls,
            Control {
                name,
                component,
                severity: *severity,
                uses: config.0,
                decided: ByFacts(config.1),
                rule: match how {
                    All => Rule::AllOf(rules),
                    Any => Rule::AnyOf(rules),
                },
            },
        );
    }
    for (mode, owner, component, severity, ids, paths, bits, user) in KEPT {
        for name in [mode, owner] {
            let is_owner = name == owner;
            put(
                controls,
                Control {
                    name,
                    component,
                    severity: *severity,
                    uses: ids,
                    decided: ByFacts(paths[0]),
                    rule: Rule::Files(FilesRule {
                        of: Files::Glob {
                            request: ids.concat(),
                            absent: format!("none of {} is there", paths.join(", ")),
                        },
                        mode: (!is_owner).then_some(Mode(*bits)),
                        owner: is_owner.then(|| Owner {
                            user: (*user).to_owned(),
                            group: (*user).to_owned(),
                        }),
                    }),
                },
            );
        }
    }
    for (name, component, look) in ASKED {
        put(
            controls,
            Control {
                name,
                component,
                severity: Low,
                uses: &[],
                decided: ByPerson("no file or object says it in full"),
                rule: Rule::Code {
                    name: "asked".to_owned(),
                    with: json!({"look": look}).into(),
                },
            },
        );
    }
}

/// The rule that a test comes to.
fn rule((ids, _, absent): Config, test: &Test) -> Rule {
    let field = |at: &str| at.trim_start_matches('/').replace('/', ".");
    let mut with = match test {
        Set(at) => json!({"at": at, "expected": format!("{} is set", field(at))}),
        Unset(at) => {
            json!({"at": at, "unset": true, "expected": format!("{} is not set", field(at))})
        }
        Is(at, values) => {
            let expected = format!("{} is {}", field(at), values.join(" or "));
            json!({"at": at, "is": values, "expected": expected})
        }
        Not(at, values) => {
            let expected = format!("{} is not {}", field(at), values.join(" or "));
            json!({"at": at, "is": values, "unset": true, "expected": expected})
        }
        Least(at, least) => {
            let expected = format!("{} is {least} or more", field(at));
            json!({"at": at, "least": least, "expected": expected})
        }
    };
    with["file"] = json!(ids.concat());
    with["absent"] = json!(absent);
    Rule::Code {
        name: "fields".to_owned(),
        with: with.into(),
    }
}
