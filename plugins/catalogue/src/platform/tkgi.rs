//! TKGI: every component is a BOSH job, below /var/vcap/jobs, that monit starts:
//! the control plane and etcd in bpm's containers, the kubelet without one.

use cisb_sdk::component::Component;
use cisb_sdk::contract::manifest::{Requests, Severity};
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::files::Set;
use cisb_sdk::rule::setting::{Demand, Expect, SettingRule};

use super::{Code, Platform, directory, glob};
use crate::control::{Control, Decided};

mod procedures;
mod words;

/// What tells whether a component of the control plane is here, and what is
/// judged of it.
macro_rules! uses {
    ($($id:literal),+) => {
        &[
            $($id,)+
            "kubelet",
            "kubelet-config",
            "static-pods",
            "static-pod-path",
            "static-pod-flag",
        ]
    };
}

pub(super) const PLATFORM: Platform = Platform {
    name: "tkgi",
    code: Code::Plain,
    globs: &[
        ("etcd-usual-data-dir", &["/var/vcap/store/etcd"]),
        (
            "component-kubeconfigs",
            &[
                "/var/vcap/jobs/{kube-scheduler,kube-controller-manager,kubelet,kube-proxy}/config/kubeconfig",
            ],
        ),
        (
            "pki",
            &[
                "/var/vcap/jobs/{kube-apiserver,kube-controller-manager,kube-scheduler,etcd}/config/**",
            ],
        ),
        (
            "pki-certificates",
            &["/var/vcap/jobs/kube-apiserver/config/**/*.{crt,pem}"],
        ),
        (
            "pki-keys",
            &[
                "/var/vcap/jobs/kube-apiserver/config/**/*.key",
                "/var/vcap/jobs/kube-apiserver/config/**/*-key.pem",
            ],
        ),
    ],
    requests,
    controls,
    words: &[words::WORDS],
    procedures: procedures::PROCEDURES,
    versions: &[],
    provider: None,
};

fn requests() -> Requests {
    Requests {
        files: vec![
            glob(
                "bpm-kube-apiserver",
                &["/var/vcap/jobs/kube-apiserver/config/bpm.yml"],
                "mode and owner of what starts the API server",
            ),
            glob(
                "bpm-kube-controller-manager",
                &["/var/vcap/jobs/kube-controller-manager/config/bpm.yml"],
                "mode and owner of what starts the controller manager",
            ),
            glob(
                "bpm-kube-scheduler",
                &["/var/vcap/jobs/kube-scheduler/config/bpm.yml"],
                "mode and owner of what starts the scheduler",
            ),
            glob(
                "bpm-etcd",
                &["/var/vcap/jobs/etcd/config/bpm.yml"],
                "mode and owner of what starts etcd",
            ),
            glob(
                "kubelet-monit",
                &["/var/vcap/jobs/kubelet/monit"],
                "mode and owner of what starts the kubelet",
            ),
        ],
        ..Requests::default()
    }
}

fn controls(controls: &mut Vec<Control>) {
    for (names, request, job, component, uses) in STARTED {
        for name in *names {
            let path = format!("/var/vcap/jobs/{job}");
            super::files_of(
                controls,
                name,
                directory(request, &path, *component),
                Some(uses),
            );
        }
    }
    for name in ["admin-kubeconfig-mode-644", "admin-kubeconfig-owner"] {
        let of = Set::Glob {
            request: "admin-kubeconfigs".to_owned(),
            absent: "no administrator's kubeconfig is in /etc/kubernetes: TKGI hands them out \
                     with tkgi get-credentials"
                .to_owned(),
        };
        super::files_of(controls, name, of, None);
    }
    for (name, request) in [
        ("pki-owner", "pki"),
        ("pki-certificates-mode-644", "pki-certificates"),
        ("pki-keys-mode", "pki-keys"),
    ] {
        let jobs = "/var/vcap/jobs";
        super::files_of(
            controls,
            name,
            directory(request, jobs, Component::KubeApiserver),
            None,
        );
    }
    controls.push(security_context_deny());
}

type Started = (
    &'static [&'static str],
    &'static str,
    &'static str,
    Component,
    &'static [&'static str],
);

/// Which file starts which component: controls, request, job, component, and
/// what is asked to know whether it is here.
const STARTED: &[Started] = &[
    (
        &[
            "kube-apiserver-manifest-mode-644",
            "kube-apiserver-manifest-owner",
        ],
        "bpm-kube-apiserver",
        "kube-apiserver",
        Component::KubeApiserver,
        uses!["kube-apiserver", "bpm-kube-apiserver"],
    ),
    (
        &[
            "kube-controller-manager-manifest-mode-644",
            "kube-controller-manager-manifest-owner",
        ],
        "bpm-kube-controller-manager",
        "kube-controller-manager",
        Component::KubeControllerManager,
        uses!["kube-controller-manager", "bpm-kube-controller-manager"],
    ),
    (
        &[
            "kube-scheduler-manifest-mode-644",
            "kube-scheduler-manifest-owner",
        ],
        "bpm-kube-scheduler",
        "kube-scheduler",
        Component::KubeScheduler,
        uses!["kube-scheduler", "bpm-kube-scheduler"],
    ),
    (
        &["etcd-manifest-mode-644", "etcd-manifest-owner"],
        "bpm-etcd",
        "etcd",
        Component::Etcd,
        uses!["etcd", "kube-apiserver", "bpm-etcd"],
    ),
    (
        &["kubelet-unit-mode-644", "kubelet-unit-owner"],
        "kubelet-monit",
        "kubelet",
        Component::Kubelet,
        &["kubelet", "kubelet-monit"],
    ),
];

/// The plugin itself, whether or not another does its work.
fn security_context_deny() -> Control {
    Control {
        name: "kube-apiserver-security-context-deny-set",
        component: "kube-apiserver",
        severity: Severity::Medium,
        uses: uses!["kube-apiserver"],
        decided: Decided::ByFacts(
            "--enable-admission-plugins, --disable-admission-plugins and the version's own",
        ),
        rule: Rule::Setting(SettingRule {
            component: Component::KubeApiserver,
            demands: vec![Demand {
                setting: "enable-admission-plugins".to_owned(),
                expect: Expect::Has("SecurityContextDeny".to_owned()),
                literal: false,
            }],
        }),
    }
}

#[cfg(test)]
mod tests;
