//! What the controls over settings ask to see.

use cisb_sdk::contract::manifest::{
    FieldRequest, FileRequest, NamedRequest, ProcessRequest, Requests, Right,
};

pub(super) fn requests() -> Requests {
    Requests {
        files: vec![FileRequest {
            id: "static-pods".to_owned(),
            paths: texts(&["/etc/kubernetes/manifests/*"]),
            rights: vec![Right::Stat, Right::Read],
            max_bytes: None,
            depth: 0,
            why: "static pod manifests say which control plane components belong to this node, \
                  in which version and with which mounts"
                .to_owned(),
        }],
        processes: processes(),
        named: named(),
        fields: vec![
            FieldRequest {
                id: "static-pod-path".to_owned(),
                documents: texts(&["kubelet-config"]),
                pointers: texts(&["/staticPodPath"]),
                rights: vec![Right::Stat, Right::Read],
                depth: 1,
                why: "the kubelet may watch another directory for static pods".to_owned(),
            },
            FieldRequest {
                id: "etcd-ca-field".to_owned(),
                documents: texts(&["etcd-config"]),
                pointers: texts(&["/client-transport-security/trusted-ca-file"]),
                rights: vec![Right::Stat, Right::Digest],
                depth: 0,
                why: "etcd's certificate authority is compared with the API server's".to_owned(),
            },
        ],
        kubernetes: Vec::new(),
    }
}

fn processes() -> Vec<ProcessRequest> {
    let of = |name: &str, environment: &[&str], why: &str| ProcessRequest {
        id: name.to_owned(),
        executables: texts(&[name]),
        environment: texts(environment),
        why: why.to_owned(),
    };
    let arguments = "its arguments decide how it authenticates, authorizes, logs and encrypts";
    vec![
        of("kube-apiserver", &[], arguments),
        of("kube-controller-manager", &[], arguments),
        of("kube-scheduler", &[], arguments),
        of("kubelet", &[], arguments),
        of("kube-proxy", &[], arguments),
        of(
            "etcd",
            ETCD_VARIABLES,
            "its arguments and variables decide who may read the data",
        ),
    ]
}

/// Variables that stand in for etcd's flags.
const ETCD_VARIABLES: &[&str] = &[
    "ETCD_AUTO_TLS",
    "ETCD_CERT_FILE",
    "ETCD_CLIENT_CERT_AUTH",
    "ETCD_CONFIG_FILE",
    "ETCD_DATA_DIR",
    "ETCD_KEY_FILE",
    "ETCD_PEER_AUTO_TLS",
    "ETCD_PEER_CERT_FILE",
    "ETCD_PEER_CLIENT_CERT_AUTH",
    "ETCD_PEER_KEY_FILE",
    "ETCD_PEER_TRUSTED_CA_FILE",
    "ETCD_TRUSTED_CA_FILE",
];

fn named() -> Vec<NamedRequest> {
    let of = |id: &str, process: &str, flags: &[&str], rights: &[Right], why: &str| NamedRequest {
        id: id.to_owned(),
        process: process.to_owned(),
        flags: texts(flags),
        environment: Vec::new(),
        rights: rights.to_vec(),
        depth: 0,
        why: why.to_owned(),
    };
    let read = &[Right::Stat, Right::Read];
    let digest = &[Right::Stat, Right::Digest];
    let file = "its configuration file overrides what its flags say";
    vec![
        NamedRequest {
            depth: 3,
            ..of(
                "kubelet-config",
                "kubelet",
                &["config", "config-dir"],
                read,
                "the kubelet's configuration file and drop-ins decide who may reach it",
            )
        },
        NamedRequest {
            depth: 1,
            ..of(
                "static-pod-flag",
                "kubelet",
                &["pod-manifest-path"],
                read,
                "a flag may name another directory for static pods",
            )
        },
        of("kube-proxy-config", "kube-proxy", &["config"], read, file),
        of(
            "scheduler-config",
            "kube-scheduler",
            &["config"],
            read,
            file,
        ),
        NamedRequest {
            environment: texts(&["ETCD_CONFIG_FILE"]),
            ..of("etcd-config", "etcd", &["config-file"], read, file)
        },
        NamedRequest {
            environment: texts(&["ETCD_TRUSTED_CA_FILE"]),
            ..of(
                "etcd-ca",
                "etcd",
                &["trusted-ca-file"],
                digest,
                "etcd's certificate authority is compared with the API server's",
            )
        },
        of(
            "client-ca",
            "kube-apiserver",
            &["client-ca-file"],
            digest,
            "the API server's client certificate authority is compared with etcd's",
        ),
        of(
            "apiserver-files",
            "kube-apiserver",
            &[
                "audit-policy-file",
                "authentication-config",
                "authorization-config",
                "encryption-provider-config",
            ],
            read,
            "these files decide who is let in, what is logged and how secrets are stored; keys \
             in them are masked",
        ),
    ]
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|t| (*t).to_owned()).collect()
}
