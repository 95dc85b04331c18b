//! The controls over policies, and what they ask to see: tables for the
//! manifest, no part of the component.

use cisb_sdk::contract::manifest::{
    KubernetesRequest, Parameter, ParameterType, Requests, Severity, Verb,
};
use cisb_sdk::json::Value;
use cisb_sdk::rule::Rule;
use serde_json::json;

use super::server::API_SERVER;
use super::{access, accounts, cluster, engines, scc, sheet};
use crate::control::{Control, Decided};
use crate::platform::Code;
use Decided::{ByFacts, ByPerson};
use Severity::{Critical, High, Low, Medium};

/// The requests of the check of network policies.
const NETWORK: &[&str] = &[
    "namespaces",
    "pods",
    "networkpolicies",
    "daemonsets",
    "ciliumnetworkpolicies",
    "ciliumclusterwidenetworkpolicies",
    "calico-networkpolicies",
    "calico-globalnetworkpolicies",
    "adminnetworkpolicies",
    "baselineadminnetworkpolicies",
];

/// The requests of the check of external secret storage.
const STORAGE: &[&str] = &["pods", "secretproviderclasses", "externalsecrets"];

/// The requests of the check of image provenance.
const PROVENANCE: &[&str] = &[
    "validatingwebhooks",
    "mutatingwebhooks",
    "validatingadmissionpolicies",
    API_SERVER,
];

/// The requests of the checks that judge running pods only.
const PODS: &[&str] = &["pods"];

/// The requests of the checks that also ask what would be admitted, and more.
macro_rules! admission {
    ($($more:expr),*) => {
        &[
            "pods",
            "namespaces",
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "validatingwebhooks",
            API_SERVER,
            "kyverno-clusterpolicies",
            "kyverno-policies",
            $($more),*
        ]
    };
}

/// Those of the check of what decides what pods may do.
const MECHANISM: &[&str] = admission![
    engines::ALL[0],
    engines::ALL[1],
    engines::ALL[2],
    engines::ALL[3],
    engines::ALL[4],
    engines::ALL[5],
    engines::ALL[6],
    engines::ALL[7]
];
const PRIVILEGED: &[&str] = admission![engines::PRIVILEGED[0]];
const HOST: &[&str] = admission![engines::HOST[0]];
const HOST_NETWORK: &[&str] = admission![engines::NETWORK[0]];
const ESCALATION: &[&str] = admission![engines::ESCALATION[0]];
const USERS: &[&str] = admission![engines::USERS[0]];
const CAPABILITIES: &[&str] = admission![engines::CAPABILITIES[0]];
const FILES: &[&str] = admission![engines::FILES[0]];
/// Those of the check of Windows' HostProcess containers.
const WINDOWS: &[&str] = admission!["nodes"];

type Row = (
    &'static str,
    Severity,
    &'static [&'static str],
    Decided,
    &'static str,
    &'static str,
);

const ROLES: &str = "roles and bindings, less what ships";
const RUNS: &str = "running pods; admission is shown";
const ADMITS: &str = "running pods and what namespaces admit";

/// Control, severity, requests, how it is decided, function, and what it is
/// called with: a power or a look.
#[rustfmt::skip]
const CONTROLS: &[Row] = &[
    ("users-not-by-client-certificate", Medium, &["csrs", "clusterrolebindings", "rolebindings"], ByPerson("which certificates people hold"), "client-certificates", ""),
    ("users-not-by-service-account-token", Medium, accounts::ACCOUNTS, ByPerson("who holds the tokens"), "account-tokens", ""),
    ("users-not-by-bootstrap-token", Medium, access::RBAC, ByFacts("what is bound to bootstrap tokens"), "bootstrap-tokens", ""),
    ("rbac-cluster-admin-minimal", Critical, access::RBAC, ByFacts(ROLES), "holders", "everything"),
    ("rbac-secrets-access-minimal", High, access::RBAC, ByFacts(ROLES), "holders", "secrets"),
    ("rbac-no-wildcards", High, access::RBAC, ByFacts(ROLES), "wildcards", ""),
    ("rbac-create-pods-minimal", High, access::RBAC, ByFacts(ROLES), "holders", "create-pods"),
    ("default-service-account-unused", Medium, accounts::ACCOUNTS, ByFacts("default accounts, their bindings and the pods that use them"), "default-accounts", ""),
    ("service-account-token-mounts-minimal", Medium, accounts::ACCOUNTS, ByFacts("which pods mount a token, and what it may do"), "token-mounts", ""),
    ("rbac-system-masters-unused", Critical, &["clusterrolebindings", "rolebindings", "csrs"], ByPerson("who holds a certificate of the group"), "masters", ""),
    ("rbac-bind-impersonate-escalate-minimal", Critical, access::RBAC, ByFacts(ROLES), "holders", "escalation"),
    ("rbac-create-persistent-volumes-minimal", High, access::RBAC, ByFacts(ROLES), "holders", "persistent-volumes"),
    ("rbac-nodes-proxy-minimal", Critical, access::RBAC, ByFacts(ROLES), "holders", "node-proxy"),
    ("rbac-csr-approval-minimal", Critical, access::RBAC, ByFacts(ROLES), "holders", "approval"),
    ("rbac-webhook-configuration-minimal", Critical, access::RBAC, ByFacts(ROLES), "holders", "webhooks"),
    ("rbac-token-creation-minimal", Critical, access::RBAC, ByFacts(ROLES), "holders", "tokens"),
    ("pod-policy-mechanism-active", High, MECHANISM, ByFacts("what namespaces with pods enforce"), "mechanism", ""),
    ("pods-no-privileged", Critical, PRIVILEGED, ByFacts(RUNS), "admitted", "privileged"),
    ("pods-no-host-pid", High, HOST, ByFacts(RUNS), "admitted", "host-pid"),
    ("pods-no-host-ipc", High, HOST, ByFacts(RUNS), "admitted", "host-ipc"),
    ("pods-no-host-network", High, HOST_NETWORK, ByFacts(RUNS), "admitted", "host-network"),
    ("pods-no-privilege-escalation", Medium, ESCALATION, ByFacts(RUNS), "admitted", "escalation"),
    ("pods-no-root", Medium, USERS, ByFacts(ADMITS), "admitted", "root"),
    ("pods-drop-net-raw", Medium, CAPABILITIES, ByFacts(ADMITS), "admitted", "net-raw"),
    ("pods-no-added-capabilities", Medium, CAPABILITIES, ByFacts(RUNS), "admitted", "added-capabilities"),
    ("pods-drop-all-capabilities", Low, CAPABILITIES, ByFacts(ADMITS), "admitted", "kept-capabilities"),
    ("pods-no-windows-host-process", Critical, WINDOWS, ByFacts(ADMITS), "admitted", "windows-host-process"),
    ("pods-no-host-path", High, FILES, ByFacts(ADMITS), "admitted", "host-path"),
    ("pods-no-host-ports", Medium, HOST_NETWORK, ByFacts(ADMITS), "admitted", "host-ports"),
    ("cni-supports-network-policy", High, cluster::PLUGIN, ByFacts("which known network plugin runs"), "plugin", ""),
    ("namespaces-have-network-policy", Medium, NETWORK, ByFacts("network policies and the pods they pick"), "network", ""),
    ("secrets-not-in-environment", Low, PODS, ByFacts("environment of running pods"), "running", "secret-environment"),
    ("external-secret-storage", Low, STORAGE, ByPerson("which secrets belong elsewhere"), "secret-storage", ""),
    ("image-provenance", Medium, PROVENANCE, ByFacts("the API server's admission plugins, webhooks and policies"), "provenance", ""),
    ("namespaces-as-boundaries", Low, cluster::BOUNDARIES, ByPerson("who is responsible for what"), "boundaries", ""),
    ("pods-seccomp-profile", Medium, PODS, ByFacts("running pods"), "running", "seccomp"),
    ("pods-security-context", Medium, PODS, ByFacts("running pods"), "running", "security-context"),
    ("default-namespace-unused", Low, cluster::DEFAULT, ByFacts("objects in the namespace default"), "default-namespace", ""),
];

/// The controls.
pub fn controls() -> Vec<Control> {
    let control = |row: &Row| {
        let (name, severity, uses, decided, function, argument) = *row;
        let with = match function {
            "holders" => json!({"power": argument}).into(),
            "running" | "admitted" => json!({"look": argument}).into(),
            _ => Value::Null,
        };
        Control {
            name,
            component: "kubernetes",
            severity,
            uses,
            decided,
            rule: Rule::Code {
                name: format!("policies-{function}"),
                with,
            },
        }
    };
    CONTROLS.iter().map(control).collect()
}

/// What an operator may set.
pub fn parameters(code: Code) -> Vec<Parameter> {
    let system = match code {
        Code::Openshift => json!(scc::SYSTEM),
        // Google's own, where it installs add-ons.
        Code::Gke => json!([sheet::SYSTEM.as_slice(), &["gke-managed-*", "gmp-*"]].concat()),
        _ => json!(sheet::SYSTEM),
    };
    vec![
        Parameter {
            name: sheet::SYSTEM_NAMESPACES.to_owned(),
            kind: ParameterType::List,
            default: system,
            description: "namespaces of the cluster's own components, `NAME*` for all that begin \
                          so: what offends there is a person's to judge, not a failure"
                .to_owned(),
        },
        Parameter {
            name: sheet::SHIPPED_DEFAULTS.to_owned(),
            kind: ParameterType::Boolean,
            default: json!(true),
            description: "whether roles and bindings that are as Kubernetes and kubeadm ship \
                          them are exempt"
                .to_owned(),
        },
    ]
}

const RULES: &[&str] = &[
    "/metadata/labels",
    "/rules",
    "/aggregationRule/clusterRoleSelectors",
];
const BOUND: &[&str] = &["/metadata/labels", "/roleRef", "/subjects"];
const POD: &[&str] = &[
    "/metadata/labels",
    "/metadata/annotations/kubernetes.io~1config.mirror",
    "/metadata/ownerReferences",
    "/spec/os/name",
    "/spec/nodeSelector/kubernetes.io~1os",
    "/spec/hostPID",
    "/spec/hostIPC",
    "/spec/hostNetwork",
    "/spec/serviceAccountName",
    "/spec/automountServiceAccountToken",
    "/spec/securityContext",
    "/spec/volumes/*/name",
    "/spec/volumes/*/hostPath/path",
    "/spec/volumes/*/csi/driver",
    "/spec/containers/*/name",
    "/spec/containers/*/securityContext",
    "/spec/containers/*/ports/*/hostPort",
    "/spec/containers/*/env/*/name",
    "/spec/containers/*/env/*/valueFrom/secretKeyRef/name",
    "/spec/containers/*/envFrom/*/secretRef/name",
    "/spec/initContainers/*/name",
    "/spec/initContainers/*/securityContext",
    "/spec/initContainers/*/ports/*/hostPort",
    "/spec/initContainers/*/env/*/name",
    "/spec/initContainers/*/env/*/valueFrom/secretKeyRef/name",
    "/spec/initContainers/*/envFrom/*/secretRef/name",
    "/spec/ephemeralContainers/*/name",
    "/spec/ephemeralContainers/*/securityContext",
    "/spec/ephemeralContainers/*/ports/*/hostPort",
    "/spec/ephemeralContainers/*/env/*/name",
    "/spec/ephemeralContainers/*/env/*/valueFrom/secretKeyRef/name",
    "/spec/ephemeralContainers/*/envFrom/*/secretRef/name",
];
const HOOKS: &[&str] = &[
    "/webhooks/*/name",
    "/webhooks/*/rules",
    "/webhooks/*/namespaceSelector",
];
const RBAC_API: &str = "rbac.authorization.k8s.io/v1";
const ADMISSION_API: &str = "admissionregistration.k8s.io/v1";
const GATEKEEPER_API: &str = "constraints.gatekeeper.sh/v1beta1";
const KYVERNO: &[&str] = &[
    "/spec/validationFailureAction",
    "/spec/rules/*/validate/failureAction",
    "/spec/rules/*/match",
];
const GATEKEEPER: &[&str] = &["/spec/enforcementAction", "/spec/match"];

/// Request id, API version, resource, fields, why.
type Asked = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
);

#[rustfmt::skip]
const REQUESTS: &[Asked] = &[
    ("clusterroles", RBAC_API, "clusterroles", RULES, "who may do what: rules of cluster roles"),
    ("roles", RBAC_API, "roles", RULES, "who may do what: rules of roles"),
    ("clusterrolebindings", RBAC_API, "clusterrolebindings", BOUND, "who may do what: whom cluster roles are bound to"),
    ("rolebindings", RBAC_API, "rolebindings", BOUND, "who may do what: whom roles are bound to"),
    ("serviceaccounts", "v1", "serviceaccounts", &["/automountServiceAccountToken", "/secrets/*/name"], "whether tokens are given to pods by default; names of stored tokens"),
    ("csrs", "certificates.k8s.io/v1", "certificatesigningrequests", &["/spec/signerName", "/spec/username", "/spec/groups", "/status/conditions/*/type"], "who asks for client certificates; not the requests themselves"),
    ("pods", "v1", "pods", POD, "what pods may do: security settings, volumes of the node, ports, which Secrets they name; no values"),
    ("namespaces", "v1", "namespaces", &["/metadata/labels"], "what each namespace admits"),
    ("nodes", "v1", "nodes", &["/status/nodeInfo/operatingSystem", "/metadata/labels/kubernetes.io~1os"], "whether a node runs Windows"),
    ("validatingadmissionpolicies", ADMISSION_API, "validatingadmissionpolicies", &["/spec/matchConstraints"], "which policies see pods"),
    ("validatingadmissionpolicybindings", ADMISSION_API, "validatingadmissionpolicybindings", &["/spec/policyName", "/spec/validationActions", "/spec/matchResources"], "where those policies are enforced"),
    ("validatingwebhooks", ADMISSION_API, "validatingwebhookconfigurations", HOOKS, "which policy engines see pods"),
    ("mutatingwebhooks", ADMISSION_API, "mutatingwebhookconfigurations", HOOKS, "which image verifiers see pods"),
    ("kyverno-clusterpolicies", "kyverno.io/v1", "clusterpolicies", KYVERNO, "which of Kyverno's policies refuse pods"),
    ("kyverno-policies", "kyverno.io/v1", "policies", KYVERNO, "which of Kyverno's policies refuse pods"),
    ("k8spspprivilegedcontainer", GATEKEEPER_API, "k8spspprivilegedcontainer", GATEKEEPER, "which of Gatekeeper's constraints refuse pods"),
    ("k8spsphostnamespace", GATEKEEPER_API, "k8spsphostnamespace", GATEKEEPER, "which of Gatekeeper's constraints refuse pods"),
    ("k8spsphostnetworkingports", GATEKEEPER_API, "k8spsphostnetworkingports", GATEKEEPER, "which of Gatekeeper's constraints refuse pods"),
    ("k8spspallowprivilegeescalationcontainer", GATEKEEPER_API, "k8spspallowprivilegeescalationcontainer", GATEKEEPER, "which of Gatekeeper's constraints refuse pods"),
    ("k8spspcapabilities", GATEKEEPER_API, "k8spspcapabilities", GATEKEEPER, "which of Gatekeeper's constraints refuse pods"),
    ("k8spspallowedusers", GATEKEEPER_API, "k8spspallowedusers", GATEKEEPER, "which of Gatekeeper's constraints refuse pods"),
    ("k8spsphostfilesystem", GATEKEEPER_API, "k8spsphostfilesystem", GATEKEEPER, "which of Gatekeeper's constraints refuse pods"),
    ("k8spspseccomp", GATEKEEPER_API, "k8spspseccomp", GATEKEEPER, "which of Gatekeeper's constraints refuse pods"),
    ("networkpolicies", "networking.k8s.io/v1", "networkpolicies", &["/spec/podSelector"], "which pods network policies pick"),
    ("ciliumnetworkpolicies", "cilium.io/v2", "ciliumnetworkpolicies", &["/spec/endpointSelector"], "which pods Cilium's policies pick"),
    ("ciliumclusterwidenetworkpolicies", "cilium.io/v2", "ciliumclusterwidenetworkpolicies", &["/spec/endpointSelector"], "which pods Cilium's cluster-wide policies pick"),
    ("calico-networkpolicies", "crd.projectcalico.org/v1", "networkpolicies", &["/spec/selector"], "which pods Calico's policies pick"),
    ("calico-globalnetworkpolicies", "crd.projectcalico.org/v1", "globalnetworkpolicies", &["/spec/selector", "/spec/namespaceSelector"], "which pods Calico's global policies pick"),
    ("adminnetworkpolicies", "policy.networking.k8s.io/v1alpha1", "adminnetworkpolicies", &["/spec/subject"], "which namespaces cluster-wide network policies apply to"),
    ("baselineadminnetworkpolicies", "policy.networking.k8s.io/v1alpha1", "baselineadminnetworkpolicies", &["/spec/subject"], "which namespaces the baseline network policy applies to"),
    ("daemonsets", "apps/v1", "daemonsets", &["/spec/template/spec/containers/*/image", "/status/numberReady"], "which network plugin runs; what is in the namespace default"),
    ("services", "v1", "services", &[], "what is in the namespace default"),
    ("deployments", "apps/v1", "deployments", &[], "what is in the namespace default"),
    ("statefulsets", "apps/v1", "statefulsets", &[], "what is in the namespace default"),
    ("jobs", "batch/v1", "jobs", &[], "what is in the namespace default"),
    ("cronjobs", "batch/v1", "cronjobs", &[], "what is in the namespace default"),
    ("secretproviderclasses", "secrets-store.csi.x-k8s.io/v1", "secretproviderclasses", &[], "whether secrets are kept in an external store; names only"),
    ("externalsecrets", "external-secrets.io/v1", "externalsecrets", &[], "whether secrets are kept in an external store; names only"),
];

/// What the controls ask to see. They also use the processes request
/// `kube-apiserver`, which the controls of that component bring along.
pub fn requests() -> Requests {
    let own = |fields: &[&str]| fields.iter().map(|f| (*f).to_owned()).collect();
    let request = |(id, api_version, resource, fields, why): &Asked| KubernetesRequest {
        id: (*id).to_owned(),
        api_version: (*api_version).to_owned(),
        resource: (*resource).to_owned(),
        verbs: vec![Verb::List],
        fields: own(fields),
        why: (*why).to_owned(),
    };
    Requests {
        kubernetes: REQUESTS.iter().map(request).collect(),
        ..Requests::default()
    }
}
