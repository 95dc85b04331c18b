//! What the controls of OpenShift ask to see besides: the operators' files and
//! objects. What lies in a `secrets` folder is looked at by `stat` alone.

use cisb_sdk::contract::manifest::{
    FieldRequest, FileRequest, KubernetesRequest, NamedRequest, Requests, Right, Verb,
};

/// The requests.
pub(in crate::platform) fn requests() -> Requests {
    Requests {
        files: FILES.iter().map(file).collect(),
        named: CONFIGS
            .iter()
            .map(|(id, process)| NamedRequest {
                id: (*id).to_owned(),
                process: (*process).to_owned(),
                flags: texts(&["openshift-config"]),
                environment: Vec::new(),
                rights: vec![Right::Stat, Right::Read],
                depth: 0,
                why: "most of its arguments are in this file of its operator".to_owned(),
            })
            .collect(),
        fields: vec![
            FieldRequest {
                id: "openshift-files".to_owned(),
                documents: texts(&["openshift-config"]),
                pointers: texts(&[
                    "/apiServerArguments/audit-policy-file/0",
                    "/apiServerArguments/authentication-config/0",
                    "/apiServerArguments/authorization-config/0",
                    "/auditConfig/policyFile",
                ]),
                rights: vec![Right::Stat, Right::Read],
                depth: 0,
                why: "these files decide who is let in and what is logged".to_owned(),
            },
            FieldRequest {
                id: "openshift-client-ca".to_owned(),
                documents: texts(&["openshift-config"]),
                pointers: texts(&[
                    "/apiServerArguments/client-ca-file/0",
                    "/servingInfo/clientCA",
                ]),
                rights: vec![Right::Stat, Right::Digest],
                depth: 0,
                why: "the API server's client certificate authority is compared with etcd's"
                    .to_owned(),
            },
        ],
        kubernetes: OBJECTS.iter().map(objects).collect(),
        ..Requests::default()
    }
}

/// Request, and the process whose file it is.
const CONFIGS: &[(&str, &str)] = &[
    ("openshift-config", "kube-apiserver"),
    ("openshift-manager-config", "kube-controller-manager"),
];

/// Request, globs, why.
type Files = (&'static str, &'static [&'static str], &'static str);

const FILES: &[Files] = &[
    (
        "apiserver-pods",
        &[
            "/etc/kubernetes/manifests/kube-apiserver-pod.yaml",
            "/etc/kubernetes/static-pod-resources/kube-apiserver-pod-*/kube-apiserver-pod.yaml",
        ],
        "mode and owner of the API server's manifest",
    ),
    (
        "controller-manager-pods",
        &[
            "/etc/kubernetes/manifests/kube-controller-manager-pod.yaml",
            "/etc/kubernetes/static-pod-resources/kube-controller-manager-pod-*/\
             kube-controller-manager-pod.yaml",
        ],
        "mode and owner of the controller manager's manifest",
    ),
    (
        "scheduler-pods",
        &[
            "/etc/kubernetes/manifests/kube-scheduler-pod.yaml",
            "/etc/kubernetes/manifests/openshift-kube-scheduler-pod.yaml",
            "/etc/kubernetes/static-pod-resources/kube-scheduler-pod-*/kube-scheduler-pod.yaml",
        ],
        "mode and owner of the scheduler's manifest",
    ),
    (
        "etcd-pods",
        &[
            "/etc/kubernetes/manifests/etcd-pod.yaml",
            "/etc/kubernetes/manifests/etcd-member.yaml",
            "/etc/kubernetes/static-pod-resources/etcd-pod-*/etcd-pod.yaml",
        ],
        "mode and owner of etcd's manifest",
    ),
    (
        "etcd-member",
        &["/var/lib/etcd/member"],
        "mode and owner of etcd's data",
    ),
    (
        "kubelet-pull-secret",
        &[
            "/var/lib/kubelet/config.json",
            "/var/data/kubelet/config.json",
        ],
        "mode and owner of the kubelet's credentials for registries",
    ),
    (
        "proxy-config-volumes",
        &["/var/lib/kubelet/pods/*/volumes/kubernetes.io~configmap/*/kube-proxy-config.yaml"],
        "mode and owner of the proxy's configuration as its pods see it",
    ),
];

fn file((id, paths, why): &Files) -> FileRequest {
    FileRequest {
        id: (*id).to_owned(),
        paths: texts(paths),
        rights: vec![Right::Stat],
        max_bytes: None,
        depth: 0,
        why: (*why).to_owned(),
    }
}

/// Request id, API version, resource, fields, why.
type Asked = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
);

const CONFIG: &str = "config.openshift.io/v1";
const OPERATOR: &str = "operator.openshift.io/v1";

#[rustfmt::skip]
const OBJECTS: &[Asked] = &[
    ("sccs", "security.openshift.io/v1", "securitycontextconstraints", SCC, "what pods may do, and who may let them"),
    ("apiservers", CONFIG, "apiservers", &["/spec/encryption/type"], "whether data at rest is encrypted"),
    ("authentications", CONFIG, "authentications", &["/spec/type"], "where people log in"),
    ("oauths", CONFIG, "oauths", &["/spec/identityProviders/*/name"], "where people log in; names of identity providers only"),
    ("images", CONFIG, "images", &["/spec/allowedRegistriesForImport/*/domainName", "/spec/registrySources/allowedRegistries", "/spec/registrySources/insecureRegistries"], "which registries images may come from"),
    ("openshiftapiservers", OPERATOR, "openshiftapiservers", &["/status/conditions/*/type", "/status/conditions/*/reason"], "whether all data was encrypted"),
    ("kubeapiservers", OPERATOR, "kubeapiservers", &["/spec/unsupportedConfigOverrides"], "whether somebody overrides what the operator sets"),
    ("operator-networks", OPERATOR, "networks", &["/spec/defaultNetwork/type", "/spec/defaultNetwork/openshiftSDNConfig/mode"], "which network plugin runs"),
    ("logforwarders", "observability.openshift.io/v1", "clusterlogforwarders", LOGS, "whether audit logs leave the cluster"),
    ("logforwarders-before", "logging.openshift.io/v1", "clusterlogforwarders", LOGS, "whether audit logs leave the cluster, before logging 6"),
];

const SCC: &[&str] = &[
    "/allowHostIPC",
    "/allowHostNetwork",
    "/allowHostPID",
    "/allowPrivilegeEscalation",
    "/allowPrivilegedContainer",
    "/allowedCapabilities",
    "/defaultAddCapabilities",
    "/groups",
    "/requiredDropCapabilities",
    "/runAsUser",
    "/users",
];
const LOGS: &[&str] = &["/spec/pipelines/*/inputRefs"];

fn objects((id, api_version, resource, fields, why): &Asked) -> KubernetesRequest {
    KubernetesRequest {
        id: (*id).to_owned(),
        api_version: (*api_version).to_owned(),
        resource: (*resource).to_owned(),
        verbs: vec![Verb::List],
        fields: texts(fields),
        why: (*why).to_owned(),
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|t| (*t).to_owned()).collect()
}
