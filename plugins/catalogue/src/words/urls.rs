//! Documentation that the words point to: only pages that have kept their address for years.

pub(super) const ADMISSION: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/";
pub(super) const APISERVER: &str =
    "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/";
pub(super) const AUDIT: &str = "https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/";
pub(super) const AUTHN: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/authentication/";
pub(super) const AUTHN_HARDENING: &str =
    "https://kubernetes.io/docs/concepts/security/hardening-guide/authentication-mechanisms/";
pub(super) const AUTHZ: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/authorization/";
pub(super) const BOOTSTRAP_TOKENS: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/";
pub(super) const CERT_ROTATION: &str = "https://kubernetes.io/docs/tasks/tls/certificate-rotation/";
pub(super) const CNI: &str =
    "https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/";
pub(super) const CONTROLLER_MANAGER: &str =
    "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/";
pub(super) const CONTROLLING_ACCESS: &str =
    "https://kubernetes.io/docs/concepts/security/controlling-access/";
pub(super) const CSR: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/";
pub(super) const ENCRYPT: &str =
    "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/";
pub(super) const ETCD_OPS: &str =
    "https://kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd/";
pub(super) const ETCD_TLS: &str = "https://etcd.io/docs/v3.6/op-guide/security/";
pub(super) const KUBEADM_CERTS: &str =
    "https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-certs/";
pub(super) const KUBEADM_KUBELET: &str =
    "https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/kubelet-integration/";
pub(super) const KUBELET: &str =
    "https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/";
pub(super) const KUBELET_AUTH: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/";
pub(super) const KUBELET_CONFIG: &str =
    "https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/";
pub(super) const KUBELET_FILE: &str =
    "https://kubernetes.io/docs/tasks/administer-cluster/kubelet-config-file/";
pub(super) const KUBE_PROXY_CONFIG: &str =
    "https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/";
pub(super) const NAMESPACES: &str =
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/";
pub(super) const NETPOL: &str =
    "https://kubernetes.io/docs/concepts/services-networking/network-policies/";
pub(super) const NODE_AUTHZ: &str = "https://kubernetes.io/docs/reference/access-authn-authz/node/";
pub(super) const PID_LIMITS: &str = "https://kubernetes.io/docs/concepts/policy/pid-limiting/";
pub(super) const PKI: &str = "https://kubernetes.io/docs/setup/best-practices/certificates/";
pub(super) const POD_SECURITY_POLICY: &str =
    "https://kubernetes.io/docs/concepts/security/pod-security-policy/";
pub(super) const PSA: &str = "https://kubernetes.io/docs/concepts/security/pod-security-admission/";
pub(super) const PSS: &str = "https://kubernetes.io/docs/concepts/security/pod-security-standards/";
pub(super) const RBAC: &str = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/";
pub(super) const RBAC_GOOD: &str =
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/";
pub(super) const SA: &str =
    "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/";
pub(super) const SA_ADMIN: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/";
pub(super) const SCHEDULER: &str =
    "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-scheduler/";
pub(super) const SECCOMP: &str = "https://kubernetes.io/docs/tutorials/security/seccomp/";
pub(super) const SECRETS_GOOD: &str =
    "https://kubernetes.io/docs/concepts/security/secrets-good-practices/";
pub(super) const SECURITY_CONTEXT: &str =
    "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/";
pub(super) const TLS_BOOTSTRAP: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/";
