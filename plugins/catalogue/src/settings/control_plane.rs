//! Controls over kube-controller-manager, kube-scheduler and etcd.

use cisb_sdk::component::Component;
use cisb_sdk::contract::manifest::Severity::{self, Critical, High, Low, Medium};
use cisb_sdk::rule::setting::{Demand, Expect};

use super::{effective, set, written};
use crate::control::Control;
use crate::control::Decided::{self, ByFacts};

const MANAGER: &[&str] = &[
    "kube-controller-manager",
    "kubelet",
    "kubelet-config",
    "static-pods",
    "static-pod-flag",
    "static-pod-path",
];

const SCHEDULER: &[&str] = &[
    "kube-scheduler",
    "scheduler-config",
    "kubelet",
    "kubelet-config",
    "static-pods",
    "static-pod-flag",
    "static-pod-path",
];

const ETCD: &[&str] = &[
    "etcd",
    "etcd-config",
    "kube-apiserver",
    "kubelet",
    "kubelet-config",
    "static-pods",
    "static-pod-flag",
    "static-pod-path",
];

const ETCD_CA: &[&str] = &[
    "etcd",
    "etcd-config",
    "etcd-ca",
    "etcd-ca-field",
    "kube-apiserver",
    "client-ca",
    "kubelet",
    "kubelet-config",
    "static-pods",
    "static-pod-flag",
    "static-pod-path",
];

pub(super) fn controls() -> Vec<Control> {
    let mut controls = manager_and_scheduler();
    controls.extend(etcd());
    controls
}

fn manager(name: &'static str, severity: Severity, decided: Decided, demand: Demand) -> Control {
    let how = (severity, decided);
    let component = Component::KubeControllerManager;
    super::control(name, component, MANAGER, how, vec![demand])
}

fn scheduler(name: &'static str, severity: Severity, decided: Decided, demand: Demand) -> Control {
    let how = (severity, decided);
    super::control(name, Component::KubeScheduler, SCHEDULER, how, vec![demand])
}

fn manager_and_scheduler() -> Vec<Control> {
    let bound = "--bind-address and its default, which is every address";
    vec![
        manager(
            "kube-controller-manager-terminated-pod-gc-threshold",
            Low,
            ByFacts("--terminated-pod-gc-threshold: set, and not off"),
            written("terminated-pod-gc-threshold", Expect::AtLeast(1)),
        ),
        manager(
            "kube-controller-manager-profiling-off",
            Low,
            ByFacts("--profiling"),
            written("profiling", Expect::Is(false.into())),
        ),
        manager(
            "kube-controller-manager-service-account-credentials",
            Medium,
            ByFacts("--use-service-account-credentials"),
            effective("use-service-account-credentials", Expect::Is(true.into())),
        ),
        manager(
            "kube-controller-manager-service-account-private-key-file",
            Medium,
            ByFacts("--service-account-private-key-file"),
            set("service-account-private-key-file"),
        ),
        manager(
            "kube-controller-manager-root-ca-file",
            Medium,
            ByFacts("--root-ca-file"),
            set("root-ca-file"),
        ),
        manager(
            "kube-controller-manager-rotate-kubelet-server-certificate",
            Medium,
            ByFacts("--feature-gates and the gate's default"),
            effective(
                "gate:RotateKubeletServerCertificate",
                Expect::Is(true.into()),
            ),
        ),
        manager(
            "kube-controller-manager-bind-address",
            Medium,
            ByFacts(bound),
            written("bind-address", Expect::Is("127.0.0.1".into())),
        ),
        scheduler(
            "kube-scheduler-profiling-off",
            Low,
            ByFacts("--profiling, or enableProfiling in the file of --config"),
            written("profiling", Expect::Is(false.into())),
        ),
        scheduler(
            "kube-scheduler-bind-address",
            Medium,
            ByFacts(bound),
            written("bind-address", Expect::Is("127.0.0.1".into())),
        ),
    ]
}

fn etcd() -> Vec<Control> {
    let of = |name, severity, facts, demands| {
        let how = (severity, ByFacts(facts));
        super::control(name, Component::Etcd, ETCD, how, demands)
    };
    let different = Expect::DiffersFrom {
        component: Component::KubeApiserver,
        setting: "client-ca-file".to_owned(),
    };
    vec![
        of(
            "etcd-serving-certificate",
            High,
            "--cert-file and --key-file, their variables, or the configuration file",
            vec![set("cert-file"), set("key-file")],
        ),
        of(
            "etcd-client-cert-auth",
            Critical,
            "--client-cert-auth, its variable, or the configuration file",
            vec![written("client-cert-auth", Expect::Is(true.into()))],
        ),
        of(
            "etcd-auto-tls-off",
            High,
            "--auto-tls, its variable, or the configuration file, and its default",
            vec![effective("auto-tls", Expect::Is(false.into()))],
        ),
        of(
            "etcd-peer-certificate",
            High,
            "--peer-cert-file and --peer-key-file, their variables, or the configuration file",
            vec![set("peer-cert-file"), set("peer-key-file")],
        ),
        of(
            "etcd-peer-client-cert-auth",
            High,
            "--peer-client-cert-auth, its variable, or the configuration file",
            vec![written("peer-client-cert-auth", Expect::Is(true.into()))],
        ),
        of(
            "etcd-peer-auto-tls-off",
            High,
            "--peer-auto-tls, its variable, or the configuration file, and its default",
            vec![effective("peer-auto-tls", Expect::Is(false.into()))],
        ),
        super::control(
            "etcd-unique-ca",
            Component::Etcd,
            ETCD_CA,
            (
                High,
                ByFacts("the digests of etcd's trusted CA and the API server's client CA"),
            ),
            vec![effective("trusted-ca-file", different)],
        ),
    ]
}
