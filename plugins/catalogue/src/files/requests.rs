//! What the controls over files ask to see: `stat` of each file, never contents.

use cisb_sdk::contract::manifest::{FieldRequest, FileRequest, NamedRequest, Requests, Right};

/// The requests of these controls. Processes, `kubelet-config`, `static-pods`
/// and `static-pod-path` are those of the controls over settings.
pub fn requests() -> Requests {
    Requests {
        files: vec![
            glob(
                "admin-kubeconfigs",
                &["/etc/kubernetes/{admin,super-admin}.conf"],
                "mode and owner of the administrators' credentials",
            ),
            glob(
                "component-kubeconfigs",
                &["/etc/kubernetes/{scheduler,controller-manager,kubelet}.conf"],
                "mode and owner of components' credentials in a tree without processes",
            ),
            glob(
                "etcd-usual-data-dir",
                &["/var/lib/etcd"],
                "mode and owner of etcd's data in a tree without processes",
            ),
            glob(
                "pki",
                &["/etc/kubernetes/pki", "/etc/kubernetes/pki/**"],
                "owners of the cluster's certificates and keys",
            ),
            glob(
                "pki-certificates",
                &["/etc/kubernetes/pki/**/*.crt"],
                "modes of the cluster's certificates",
            ),
            glob(
                "pki-keys",
                &["/etc/kubernetes/pki/**/*.key"],
                "modes of the cluster's private keys",
            ),
            glob(
                "kubelet-unit",
                UNIT_GLOBS,
                "mode and owner of what starts the kubelet",
            ),
            glob(
                "cni-files",
                &["/etc/cni/net.d/**", "/var/lib/cni/networks/**"],
                "mode and owner of the container network's configuration and state",
            ),
        ],
        named: vec![
            named(
                "kube-scheduler-kubeconfig",
                "kube-scheduler",
                &[
                    "kubeconfig",
                    "authentication-kubeconfig",
                    "authorization-kubeconfig",
                ],
                "mode and owner of the scheduler's credentials",
            ),
            named(
                "kube-controller-manager-kubeconfig",
                "kube-controller-manager",
                &[
                    "kubeconfig",
                    "authentication-kubeconfig",
                    "authorization-kubeconfig",
                ],
                "mode and owner of the controller manager's credentials",
            ),
            named(
                "kube-proxy-kubeconfig",
                "kube-proxy",
                &["kubeconfig"],
                "mode and owner of kube-proxy's credentials",
            ),
            named(
                "kubelet-kubeconfig",
                "kubelet",
                &["kubeconfig"],
                "mode and owner of the kubelet's credentials",
            ),
            named(
                "kubelet-client-ca",
                "kubelet",
                &["client-ca-file"],
                "mode and owner of the authorities that the kubelet trusts",
            ),
            NamedRequest {
                depth: DEPTH,
                ..named(
                    "kubelet-cni-conf-dir",
                    "kubelet",
                    &["cni-conf-dir"],
                    "mode and owner of the container network's configuration",
                )
            },
            NamedRequest {
                environment: vec!["ETCD_DATA_DIR".to_owned()],
                ..named(
                    "etcd-data-dir",
                    "etcd",
                    &["data-dir"],
                    "mode and owner of etcd's data",
                )
            },
        ],
        fields: vec![
            field(
                "kube-scheduler-config-kubeconfig",
                "scheduler-config",
                "/clientConnection/kubeconfig",
                "mode and owner of the scheduler's credentials",
            ),
            field(
                "kube-proxy-config-kubeconfig",
                "kube-proxy-config",
                "/clientConnection/kubeconfig",
                "mode and owner of kube-proxy's credentials",
            ),
            field(
                "kubelet-config-client-ca",
                "kubelet-config",
                "/authentication/x509/clientCAFile",
                "mode and owner of the authorities that the kubelet trusts",
            ),
            field(
                "etcd-config-data-dir",
                "etcd-config",
                "/data-dir",
                "mode and owner of etcd's data",
            ),
        ],
        ..Requests::default()
    }
}

/// Where the kubelet's unit and its drop-ins may be.
const UNIT_GLOBS: &[&str] = &[
    "/{etc,run,usr/lib,usr/local/lib,lib}/systemd/system/kubelet.service",
    "/{etc,run,usr/lib,usr/local/lib,lib}/systemd/system/kubelet.service.d/*.conf",
];

/// Below the kubelet's configuration or state, deeper than anyone nests.
const DEPTH: u32 = 8;

fn glob(id: &str, paths: &[&str], why: &str) -> FileRequest {
    FileRequest {
        id: id.to_owned(),
        paths: owned(paths),
        rights: vec![Right::Stat],
        max_bytes: None,
        depth: 0,
        why: why.to_owned(),
    }
}

fn named(id: &str, process: &str, flags: &[&str], why: &str) -> NamedRequest {
    NamedRequest {
        id: id.to_owned(),
        process: process.to_owned(),
        flags: owned(flags),
        environment: Vec::new(),
        rights: vec![Right::Stat],
        depth: 0,
        why: why.to_owned(),
    }
}

fn field(id: &str, document: &str, pointer: &str, why: &str) -> FieldRequest {
    FieldRequest {
        id: id.to_owned(),
        documents: vec![document.to_owned()],
        pointers: vec![pointer.to_owned()],
        rights: vec![Right::Stat],
        depth: 0,
        why: why.to_owned(),
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&t| t.to_owned()).collect()
}
