//! Words for OpenShift: of its own controls, and of common ones whose settings
//! live elsewhere here.

use crate::control::Words;

mod own;
mod procedures;

pub(super) use own::OWN;
pub(super) use procedures::PROCEDURES;

pub(super) const AUDIT: &str =
    "https://docs.openshift.com/container-platform/latest/security/audit-log-policy-config.html";
pub(super) const CERTIFICATES: &str = "https://docs.openshift.com/container-platform/latest/security/certificate_types_descriptions/control-plane-certificates.html";
pub(super) const ENCRYPTION: &str =
    "https://docs.openshift.com/container-platform/latest/security/encrypting-etcd.html";
pub(super) const GARBAGE: &str = "https://docs.openshift.com/container-platform/latest/nodes/nodes/nodes-nodes-garbage-collection.html";
pub(super) const IDENTITY: &str = "https://docs.openshift.com/container-platform/latest/authentication/understanding-identity-provider.html";
pub(super) const IMAGES: &str = "https://docs.openshift.com/container-platform/latest/openshift_images/image-configuration.html";
pub(super) const MACHINES: &str = "https://docs.openshift.com/container-platform/latest/post_installation_configuration/machine-configuration-tasks.html";
pub(super) const RBAC: &str =
    "https://docs.openshift.com/container-platform/latest/authentication/using-rbac.html";
pub(super) const SCC: &str = "https://docs.openshift.com/container-platform/latest/authentication/managing-security-context-constraints.html";
pub(super) const TLS: &str =
    "https://docs.openshift.com/container-platform/latest/security/tls-security-profiles.html";

/// One row.
pub(in crate::platform) const fn w(
    control: &'static str,
    title: &'static str,
    rationale: &'static str,
    procedure: &'static str,
    set: &'static str,
    breaks: &'static str,
    references: &'static [&'static str],
) -> Words {
    Words {
        control,
        title,
        rationale,
        procedure,
        set,
        breaks,
        references,
    }
}

const APISERVER: &str = "kubeadm-apiserver-args";
const MANAGER: &str = "kubeadm-controller-manager-args";
const ETCD: &str = "kubeadm-etcd-args";
const MANIFEST: &str = "manifest-file-mode";
const FILE: &str = "file-mode";
const PKI: &str = "pki-mode";
const KUBELET: &str = "kubelet-config";

/// Words of common controls, with the place of their settings here.
#[rustfmt::skip]
pub(super) const WORDS: &[Words] = &[
    w("kube-apiserver-manifest-mode", "API server manifest is readable by root only (mode 600 or stricter)", "The manifest says how the API server is run; a hint at every file it trusts.", MANIFEST, "The operator writes the manifest 0600: find out who changed it, then chmod 600 the file", "", &[MACHINES]),
    w("kube-apiserver-manifest-mode-644", "API server manifest: only its owner writes (mode 644 or stricter)", "Who writes the manifest runs a privileged pod on the node.", MANIFEST, "Find out who changed the mode, then chmod go-w the file", "", &[MACHINES]),
    w("kube-apiserver-manifest-owner", "API server manifest belongs to root:root", "Its owner can have the kubelet run anything as root.", MANIFEST, "Find out who changed the owner, then chown root:root the file", "", &[MACHINES]),
    w("kube-controller-manager-manifest-mode", "Controller manager manifest is for root only (mode 600 or stricter)", "The manifest names the files that the controller manager signs with.", MANIFEST, "The operator writes it 0600: find out who changed it, then chmod 600 the file", "", &[MACHINES]),
    w("kube-controller-manager-manifest-mode-644", "Controller manager manifest: only its owner writes (mode 644)", "Who writes the manifest runs a privileged pod on the node.", MANIFEST, "Find out who changed the mode, then chmod go-w the file", "", &[MACHINES]),
    w("kube-controller-manager-manifest-owner", "Controller manager manifest belongs to root:root", "Its owner can have the kubelet run anything as root.", MANIFEST, "Find out who changed the owner, then chown root:root the file", "", &[MACHINES]),
    w("kube-scheduler-manifest-mode", "Scheduler manifest is readable by root only (mode 600 or stricter)", "The manifest shows with which credentials pods are placed.", MANIFEST, "The operator writes it 0600: find out who changed it, then chmod 600 the file", "", &[MACHINES]),
    w("kube-scheduler-manifest-mode-644", "Scheduler manifest: only its owner writes (mode 644 or stricter)", "Who writes the manifest runs a privileged pod on the node.", MANIFEST, "Find out who changed the mode, then chmod go-w the file", "", &[MACHINES]),
    w("kube-scheduler-manifest-owner", "Scheduler manifest belongs to root:root", "Its owner can have the kubelet run anything as root.", MANIFEST, "Find out who changed the owner, then chown root:root the file", "", &[MACHINES]),
    w("etcd-manifest-mode", "etcd manifest is readable by root only (mode 600 or stricter)", "The manifest shows where all data of the cluster and the keys to it lie.", MANIFEST, "The operator writes it 0600: find out who changed it, then chmod 600 the file", "", &[MACHINES]),
    w("etcd-manifest-mode-644", "etcd manifest: only its owner writes (mode 644 or stricter)", "Who writes the manifest reaches all data of the cluster.", MANIFEST, "Find out who changed the mode, then chmod go-w the file", "", &[MACHINES]),
    w("etcd-manifest-owner", "etcd manifest belongs to root:root", "Its owner can have the kubelet run anything as root.", MANIFEST, "Find out who changed the owner, then chown root:root the file", "", &[MACHINES]),
    w("cni-files-mode", "CNI configuration and state files are for root only (mode 600 or stricter)", "Who writes them decides which program the runtime starts as root for every pod; some hold a token.", FILE, "Multus and the plugin's DaemonSet write /etc/cni/net.d and /run/multus/cni/net.d: see which file is open, then chmod 600 it", "", &[MACHINES]),
    w("cni-files-mode-644", "CNI files can be changed by their owner only (mode 644 or stricter)", "Who writes them decides which program the runtime starts as root for every pod.", FILE, "See which file in /etc/cni/net.d or /run/multus/cni/net.d is open, then chmod go-w it", "", &[MACHINES]),
    w("cni-files-owner", "CNI configuration and state files belong to root:root", "Another owner decides which program the runtime starts as root for every pod.", FILE, "See which file in /etc/cni/net.d or /run/multus/cni/net.d has another owner, then chown root:root it", "", &[MACHINES]),
    w("etcd-data-dir-mode", "etcd data directory is closed to all but its owner (mode 700 or stricter)", "Whoever reads the files has every Secret, and needs no login for it.", FILE, "chmod 700 /var/lib/etcd/member on each control plane node", "", &[ENCRYPTION]),
    w("etcd-data-dir-owner", "etcd data directory belongs to the user that etcd runs as, root:root", "Its owner can read and replace all data of the cluster.", FILE, "chown root:root /var/lib/etcd/member: the pod runs as root, there is no user etcd here", "", &[ENCRYPTION]),
    w("admin-kubeconfig-mode", "Bootstrap kubeconfig of the node is for root only (mode 600 or stricter)", "With its token anybody can ask for a node's certificate.", FILE, "chmod 600 /etc/kubernetes/kubeconfig", "", &[MACHINES]),
    w("admin-kubeconfig-mode-644", "Bootstrap kubeconfig of the node: only its owner writes (mode 644)", "Who changes it sends joining nodes to another API server.", FILE, "chmod 600 /etc/kubernetes/kubeconfig", "", &[MACHINES]),
    w("admin-kubeconfig-owner", "Bootstrap kubeconfig of the node belongs to root:root", "Its owner holds a token that joins nodes.", FILE, "chown root:root /etc/kubernetes/kubeconfig", "", &[MACHINES]),
    w("kube-scheduler-kubeconfig-mode", "scheduler.conf is readable by root only (mode 600 or stricter)", "The kubeconfig points at the credentials that place pods.", FILE, "chmod 600 the kubeconfig below static-pod-resources/kube-scheduler-pod-N/configmaps/scheduler-kubeconfig", "", &[CERTIFICATES]),
    w("kube-scheduler-kubeconfig-mode-644", "scheduler.conf: only its owner writes (mode 644 or stricter)", "Who changes it sends the scheduler to another API server.", FILE, "chmod go-w the kubeconfig below static-pod-resources/kube-scheduler-pod-N/configmaps/scheduler-kubeconfig", "", &[CERTIFICATES]),
    w("kube-scheduler-kubeconfig-owner", "scheduler.conf belongs to root:root", "Its owner can send the scheduler to another API server.", FILE, "chown root:root the kubeconfig below static-pod-resources/kube-scheduler-pod-N/configmaps/scheduler-kubeconfig", "", &[CERTIFICATES]),
    w("kube-controller-manager-kubeconfig-mode", "controller-manager.conf is for root only (mode 600 or stricter)", "The kubeconfig points at credentials that reach every Secret.", FILE, "chmod 600 the kubeconfig below static-pod-resources/kube-controller-manager-pod-N/configmaps/controller-manager-kubeconfig", "", &[CERTIFICATES]),
    w("kube-controller-manager-kubeconfig-mode-644", "controller-manager.conf: only its owner writes (mode 644)", "Who changes it sends the controllers to another API server.", FILE, "chmod go-w the kubeconfig below static-pod-resources/kube-controller-manager-pod-N/configmaps/controller-manager-kubeconfig", "", &[CERTIFICATES]),
    w("kube-controller-manager-kubeconfig-owner", "controller-manager.conf belongs to root:root", "Its owner can send the controllers to another API server.", FILE, "chown root:root the kubeconfig below static-pod-resources/kube-controller-manager-pod-N/configmaps/controller-manager-kubeconfig", "", &[CERTIFICATES]),
    w("pki-owner", "Secrets below static-pod-resources belong to root:root", "Another owner can replace keys that the control plane is known by.", PKI, "chown -R root:root the secrets folders below /etc/kubernetes/static-pod-resources", "", &[CERTIFICATES]),
    w("pki-certificates-mode", "Certificates below static-pod-resources have mode 600 or stricter", "Who writes a certificate decides whom the control plane takes for whom.", PKI, "chmod 600 the .crt files in the secrets folders below /etc/kubernetes/static-pod-resources", "", &[CERTIFICATES]),
    w("pki-certificates-mode-644", "Certificates below static-pod-resources have mode 644 or stricter", "Who writes a certificate decides whom the control plane takes for whom.", PKI, "chmod 600 the .crt files in the secrets folders below /etc/kubernetes/static-pod-resources", "", &[CERTIFICATES]),
    w("pki-keys-mode", "Private keys below static-pod-resources have mode 600 or stricter", "A key that is read is a key that is stolen: its holder is the control plane.", PKI, "chmod 600 the .key files in the secrets folders. If others could read them, have the operator rotate: delete the secret it came from", "", &[CERTIFICATES]),
    w("kube-apiserver-token-auth-file-unset", "API server takes no static tokens (no --token-auth-file)", "Such tokens stand in a file and never expire.", APISERVER, "Take token-auth-file out of spec.unsupportedConfigOverrides: the operator sets none; people log in by the OAuth server", "", &[IDENTITY]),
    w("kube-apiserver-basic-auth-file-unset", "API server takes no passwords (no --basic-auth-file)", "Such passwords stand in a file as they are typed and never expire.", APISERVER, "Take basic-auth-file out of spec.unsupportedConfigOverrides: people log in by the OAuth server", "", &[IDENTITY]),
    w("kube-apiserver-kubelet-client-certificate", "Kubelets know the API (--kubelet-client-certificate, --kubelet-client-key)", "Without it kubelets cannot tell the API server from anybody else.", APISERVER, "The operator sets both to files below static-pod-certs/secrets/kubelet-client: take them out of the overrides", "", &[CERTIFICATES]),
    w("kube-apiserver-kubelet-certificate-authority", "API server verifies kubelets (--kubelet-certificate-authority)", "Unverified, whoever is between can read logs and exec sessions.", APISERVER, "The operator sets it to configmaps/kubelet-serving-ca/ca-bundle.crt: take it out of the overrides", "", &[CERTIFICATES]),
    w("kube-apiserver-authorization-not-always-allow", "API server authorizes requests (--authorization-mode not AlwaysAllow)", "AlwaysAllow makes every user an administrator.", APISERVER, "The operator sets Scope, SystemMasters, RBAC, Node: take authorization-mode out of the overrides", "", &[RBAC]),
    w("kube-apiserver-authorization-node", "Node authorizer is on (--authorization-mode includes Node)", "Without it kubelets need wider rights than their own pods' objects.", APISERVER, "The operator sets Scope, SystemMasters, RBAC, Node: take authorization-mode out of the overrides", "", &[RBAC]),
    w("kube-apiserver-authorization-rbac", "RBAC is on (--authorization-mode includes RBAC)", "Without RBAC no role or binding restricts anybody.", APISERVER, "The operator sets Scope, SystemMasters, RBAC, Node: take authorization-mode out of the overrides", "", &[RBAC]),
    w("kube-apiserver-not-always-admit", "Admission plugin AlwaysAdmit is not used", "It admits what other plugins would have refused.", APISERVER, "Take AlwaysAdmit out of enable-admission-plugins in the overrides", "", &[MACHINES]),
    w("kube-apiserver-service-account-admission", "Admission plugin ServiceAccount is not disabled", "Without it pods run without the identity and the limits that their account has.", APISERVER, "Take ServiceAccount out of disable-admission-plugins in the overrides", "", &[RBAC]),
    w("kube-apiserver-namespace-lifecycle", "Admission plugin NamespaceLifecycle is not disabled", "Without it objects appear in namespaces that are gone or going.", APISERVER, "Take NamespaceLifecycle out of disable-admission-plugins in the overrides", "", &[MACHINES]),
    w("kube-apiserver-node-restriction", "Admission plugin NodeRestriction is on", "Without it one broken node can relabel others and draw their pods.", APISERVER, "The operator enables it: take the plugin lists out of the overrides", "", &[MACHINES]),
    w("kube-apiserver-insecure-bind-address-unset", "API server's plain port is bound nowhere (no --insecure-bind-address)", "Behind the insecure port there is neither login nor authorization.", APISERVER, "Take insecure-bind-address out of the overrides", "", &[MACHINES]),
    w("kube-apiserver-insecure-port-off", "API server has no plain-text port (--insecure-port=0)", "Any process of the node rules the cluster through such a port.", APISERVER, "The operator sets 0 before 4.11, and from 4.11 there is no such port: take insecure-port out of the overrides", "", &[MACHINES]),
    w("kube-apiserver-secure-port-on", "API server serves with TLS (--secure-port not 0)", "Without its TLS port nothing but the plain one is left.", APISERVER, "servingInfo.bindAddress is 0.0.0.0:6443 as the operator sets it: take it out of the overrides", "", &[MACHINES]),
    w("kube-apiserver-audit-log-path", "API server writes an audit log (--audit-log-path)", "Without a log nobody can say later who did what.", APISERVER, "The operator sets /var/log/kube-apiserver/audit.log: take audit-log-path out of the overrides", "", &[AUDIT]),
    w("kube-apiserver-audit-log-maxbackup", "Ten or more rotated audit files are kept (--audit-log-maxbackup)", "Fewer files are soon overwritten by whoever makes many requests.", APISERVER, "The operator sets 10: take audit-log-maxbackup out of the overrides, and forward the logs", "", &[AUDIT]),
    w("kube-apiserver-audit-log-maxsize", "Audit files rotate at 100 MB or more (--audit-log-maxsize)", "Small files are soon overwritten by whoever makes many requests.", APISERVER, "The operator sets 100: take audit-log-maxsize out of the overrides", "", &[AUDIT]),
    w("kube-apiserver-service-account-lookup", "Tokens die with their service account (--service-account-lookup)", "Else a token that was stolen works after its account was deleted.", APISERVER, "The operator sets true: take service-account-lookup out of the overrides", "", &[RBAC]),
    w("kube-apiserver-service-account-key-file", "Service account tokens have a key pair (--service-account-key-file)", "With keys of their own, tokens can be renewed apart from TLS.", APISERVER, "The operator fills serviceAccountPublicKeyFiles: take it out of the overrides", "", &[CERTIFICATES]),
    w("kube-apiserver-etcd-client-certificate", "API server shows etcd a certificate (--etcd-certfile, --etcd-keyfile)", "etcd can only be closed to others if the API server shows who it is.", APISERVER, "The operator sets both to files below secrets/etcd-client: take them out of the overrides", "", &[CERTIFICATES]),
    w("kube-apiserver-serving-certificate", "API server serves its certificate (--tls-cert-file, --tls-private-key-file)", "Without one it makes its own, which no client can verify.", APISERVER, "The operator sets both; names of your own go to spec.servingCerts.namedCertificates of APIServer/cluster", "", &[CERTIFICATES]),
    w("kube-apiserver-client-ca-file", "API server verifies client certificates (--client-ca-file)", "Without it no certificate of a component proves anything.", APISERVER, "The operator sets it; a CA of your own goes to spec.clientCA of APIServer/cluster", "", &[CERTIFICATES]),
    w("kube-apiserver-etcd-cafile", "API server verifies etcd (--etcd-cafile)", "Unverified, whoever is between can read and change every object.", APISERVER, "The operator sets configmaps/etcd-serving-ca/ca-bundle.crt: take etcd-cafile out of the overrides", "", &[CERTIFICATES]),
    w("kube-apiserver-encryption-provider-config", "Data at rest is encrypted (--encryption-provider-config)", "Else a copy of etcd's disk or of a backup holds every Secret in clear.", "openshift-api-server", "spec.encryption.type: aesgcm or aescbc; the operators write the configuration and rotate keys", "", &[ENCRYPTION]),
    w("kube-apiserver-strong-ciphers-aead", "API server offers authenticated ciphers only (--tls-cipher-suites)", "Older suites fall to what padding and timing give away.", "openshift-api-server", "spec.tlsSecurityProfile.type: Intermediate (the default) or Modern; no Old, and no CBC suites in Custom", "Clients without TLS 1.2 drop off.", &[TLS]),
    w("audit-policy-exists", "Some API requests are logged (--audit-policy-file)", "Without a policy that logs something, nobody can say later who did what.", "openshift-api-server", "spec.audit.profile: Default, WriteRequestBodies or AllRequestBodies; not None", "", &[AUDIT]),
    w("audit-policy-covers-key-concerns", "The audit policy logs what matters, and no contents of Secrets", "A log that leaves out who changed rights or ran commands helps nobody.", "openshift-api-server", "spec.audit.profile: Default logs metadata of all; WriteRequestBodies adds bodies of changes. customRules can exempt groups: look at them", "Bodies cost disk and time.", &[AUDIT]),
    w("kube-controller-manager-service-account-credentials", "Each controller has its own identity (--use-service-account-credentials)", "With one identity for all, each controller may do what any of them may.", MANAGER, "The operator sets true: take use-service-account-credentials out of the overrides", "", &[RBAC]),
    w("kube-controller-manager-service-account-private-key-file", "Legacy tokens have a signing key (--service-account-private-key-file)", "With a key of their own, tokens can be renewed apart from TLS.", MANAGER, "The operator sets it: take service-account-private-key-file out of the overrides", "", &[CERTIFICATES]),
    w("kube-controller-manager-root-ca-file", "Pods receive the API server's CA (--root-ca-file)", "Without it pods cannot tell the API server from anybody else.", MANAGER, "The operator sets it: take root-ca-file out of the overrides", "", &[CERTIFICATES]),
    w("kube-controller-manager-rotate-kubelet-server-certificate", "Gate RotateKubeletServerCertificate is not off (controller manager)", "Kubelets would keep serving certificates that expire.", MANAGER, "Take RotateKubeletServerCertificate=false out of FeatureGate/cluster (spec.customNoUpgrade.disabled)", "", &[CERTIFICATES]),
    w("etcd-serving-certificate", "etcd serves clients over TLS (--cert-file and --key-file)", "In plain text every object crosses the network for all to read.", ETCD, "The operator sets both: see why its manifest is not as rendered (oc get clusteroperator etcd)", "", &[CERTIFICATES]),
    w("etcd-client-cert-auth", "etcd demands client certificates (--client-cert-auth=true)", "Else whoever reaches port 2379 reads and writes every object.", ETCD, "The operator sets true: see why its manifest is not as rendered", "", &[CERTIFICATES]),
    w("etcd-auto-tls-off", "etcd makes no certificates of its own for clients (--auto-tls not true)", "A certificate that nobody signed proves nothing.", ETCD, "The operator does not set it: see who added auto-tls to the manifest", "", &[CERTIFICATES]),
    w("etcd-peer-certificate", "etcd members use TLS (--peer-cert-file and --peer-key-file)", "Members exchange all data, in plain text without these.", ETCD, "The operator sets both: see why its manifest is not as rendered", "", &[CERTIFICATES]),
    w("etcd-peer-client-cert-auth", "etcd members verify one another (--peer-client-cert-auth=true)", "Else whoever reaches port 2380 can join as a member and have all data.", ETCD, "The operator sets true: see why its manifest is not as rendered", "", &[CERTIFICATES]),
    w("etcd-peer-auto-tls-off", "etcd makes no peer certificates of its own (--peer-auto-tls not true)", "A certificate that nobody signed proves nothing.", ETCD, "The operator does not set it: see who added peer-auto-tls to the manifest", "", &[CERTIFICATES]),
    w("etcd-unique-ca", "etcd trusts a CA of its own (--trusted-ca-file)", "With one CA for all, whoever has any client certificate is let into etcd.", ETCD, "etcd-signer signs for etcd alone: compare etcd's --trusted-ca-file with the API server's client-ca-file; they must differ", "", &[CERTIFICATES]),
    w("kubelet-unit-mode-644", "kubelet unit and drop-ins: only their owner writes (mode 644 or stricter)", "Who writes them starts programs as root.", FILE, "The machine config operator writes them 0644: mend the MachineConfig that changed it; oc describe node says whether it is degraded", "", &[MACHINES]),
    w("kubelet-unit-owner", "kubelet unit and drop-ins belong to root:root", "Another owner starts programs as root.", FILE, "The machine config operator writes them as root: see who changed the owner, then chown root:root", "", &[MACHINES]),
    w("kubelet-kubeconfig-mode-644", "kubelet's kubeconfig: only its owner writes (mode 644 or stricter)", "Who changes it sends the kubelet to another API server.", FILE, "chmod 600 /var/lib/kubelet/kubeconfig", "", &[MACHINES]),
    w("kubelet-kubeconfig-owner", "kubelet.conf belongs to root:root", "Its owner can send the kubelet to another API server.", FILE, "chown root:root /var/lib/kubelet/kubeconfig", "", &[MACHINES]),
    w("kubelet-client-ca-mode-644", "kubelet's client CA file has mode 644 or stricter", "Who writes it decides whom the kubelet obeys.", FILE, "chmod 644 /etc/kubernetes/kubelet-ca.crt: the machine config operator writes it so", "", &[MACHINES]),
    w("kubelet-client-ca-owner", "kubelet's client CA file belongs to root:root", "Its owner decides whom the kubelet obeys.", FILE, "chown root:root /etc/kubernetes/kubelet-ca.crt", "", &[MACHINES]),
    w("kubelet-config-mode-644", "kubelet configuration: only its owner writes (mode 644 or stricter)", "Who writes it can open the kubelet to everybody.", FILE, "chmod 644 /etc/kubernetes/kubelet.conf: the machine config operator writes it so", "", &[MACHINES]),
    w("kubelet-config-owner", "kubelet configuration file belongs to root:root", "Its owner can open the kubelet to everybody.", FILE, "chown root:root /etc/kubernetes/kubelet.conf", "", &[MACHINES]),
    w("kubelet-client-ca-file", "kubelet verifies client certificates (--client-ca-file)", "Without it the API server cannot prove itself to the kubelet.", KUBELET, "authentication.x509.clientCAFile: /etc/kubernetes/kubelet-ca.crt, as the machine config operator sets it", "", &[MACHINES]),
    w("kubelet-iptables-util-chains", "kubelet keeps its iptables chains (--make-iptables-util-chains=true)", "Without its chains some traffic of Services is not marked or masked.", KUBELET, "makeIPTablesUtilChains: true, or leave it out (default true)", "", &[MACHINES]),
    w("kubelet-hostname-override-unset", "kubelet uses the node's own name (no --hostname-override)", "A name that differs from the certificate's confuses who a node is.", FILE, "OpenShift sets it from KUBELET_NODE_NAME on some clouds: look whether node, certificate and name agree, and accept it there", "", &[MACHINES]),
    w("kubelet-rotate-certificates", "kubelet renews its client certificate (--rotate-certificates)", "A certificate that is not renewed expires, and the node with it.", KUBELET, "rotateCertificates: true, as the machine config operator sets it", "", &[CERTIFICATES]),
    w("kubelet-strong-ciphers", "kubelet offers strong ciphers only (--tls-cipher-suites)", "Weak suites let a listener read logs and exec sessions.", KUBELET, "spec.tlsSecurityProfile.type: Intermediate in a KubeletConfig, or the profile of APIServer/cluster", "", &[TLS]),
    w("cni-supports-network-policy", "The network plugin enforces NetworkPolicy", "Without support for it, policies are accepted and do nothing.", "", "OVNKubernetes does, and OpenShiftSDN in the mode NetworkPolicy (not Multitenant or Subnet); see spec.defaultNetwork of Network/cluster (operator.openshift.io)", "Changing the plugin interrupts the network.", &[MACHINES]),
    w("image-provenance", "Images come from registries that were chosen", "Who may run an image from anywhere runs anybody's code.", "", "oc edit image.config.openshift.io cluster: spec.registrySources.allowedRegistries and allowedRegistriesForImport; no insecureRegistries", "Nodes restart their runtime; images from elsewhere no longer come, the payload's own registries must be listed.", &[IMAGES]),
    w("users-not-by-client-certificate", "People log in by an identity provider, not by certificate", "A certificate cannot be withdrawn, and the installer's kubeadmin is nobody in particular.", "user-credentials", "spec.identityProviders of OAuth/cluster; bind cluster-admin to a person or group; then delete the secret kubeadmin", "Without another administrator the deletion of kubeadmin locks you out.", &[IDENTITY]),
    w("pods-no-privileged", "No pod is privileged", "A privileged container has the node, and with it all pods there.", "openshift-scc", "Take users, groups and roles that need it no more from constraints with allowPrivilegedContainer", "", &[SCC]),
    w("pods-no-host-pid", "No pod sees the node's processes (hostPID)", "Seen processes can be traced, and their environment read.", "openshift-scc", "Take those who need it no more from constraints with allowHostPID", "", &[SCC]),
    w("pods-no-host-ipc", "No pod shares the node's IPC (hostIPC)", "Shared memory of the node's programs can be read and changed.", "openshift-scc", "Take those who need it no more from constraints with allowHostIPC", "", &[SCC]),
    w("pods-no-host-network", "No pod uses the node's network (hostNetwork)", "There a pod passes by network policies and hears the node's traffic.", "openshift-scc", "Take those who need it no more from constraints with allowHostNetwork", "", &[SCC]),
    w("pods-no-privilege-escalation", "No container may gain privileges (allowPrivilegeEscalation: false)", "A setuid program in the image makes a user root.", "openshift-scc", "allowPrivilegeEscalation: false in constraints of your own; on clusters upgraded from 4.10 take system:authenticated from restricted", "Workloads that escalate are refused: restricted-v2 must do.", &[SCC]),
    w("pods-no-root", "No container runs as root", "Who breaks out as root has the node.", "openshift-scc", "runAsUser.type: MustRunAsRange or MustRunAsNonRoot; take those who need it no more from anyuid and privileged", "Images that need root are refused.", &[SCC]),
    w("pods-drop-net-raw", "Containers drop NET_RAW", "With raw sockets a pod can forge packets of others.", "openshift-scc", "requiredDropCapabilities: [ALL] in constraints of your own; prefer the -v2 constraints", "ping without a sysctl stops.", &[SCC]),
    w("pods-no-added-capabilities", "Containers add no capabilities", "Each capability is a part of root.", "openshift-scc", "Empty allowedCapabilities and defaultAddCapabilities, or NET_BIND_SERVICE alone", "", &[SCC]),
    w("pods-drop-all-capabilities", "Containers drop all capabilities", "What a program does not have, whoever breaks it has not either.", "openshift-scc", "requiredDropCapabilities: [ALL] in constraints of your own; prefer the -v2 constraints", "Programs that need one must name it.", &[SCC]),
];
