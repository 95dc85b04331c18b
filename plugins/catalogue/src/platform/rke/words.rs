//! Words for RKE1: where its files lie, and that settings live in cluster.yml.

use crate::control::Words;
use crate::words::{like, set};

pub(super) const WORDS: &[Words] = &[
    set(
        "kube-apiserver-manifest-mode",
        "Nothing to set: rke runs container kube-apiserver in Docker, without a manifest. One \
        that the kubelet is given all the same: chmod 600",
    ),
    set(
        "kube-apiserver-manifest-mode-644",
        "Nothing to set: rke runs container kube-apiserver in Docker, without a manifest. One \
        that the kubelet is given all the same: chmod 644",
    ),
    set(
        "kube-apiserver-manifest-owner",
        "Nothing to set: rke runs container kube-apiserver in Docker, without a manifest. One \
        that the kubelet is given all the same: chown root:root",
    ),
    set(
        "kube-controller-manager-manifest-mode",
        "Nothing to set: rke runs container kube-controller-manager in Docker, without a \
        manifest. One that the kubelet is given all the same: chmod 600",
    ),
    set(
        "kube-controller-manager-manifest-mode-644",
        "Nothing to set: rke runs container kube-controller-manager in Docker, without a \
        manifest. One that the kubelet is given all the same: chmod 644",
    ),
    set(
        "kube-controller-manager-manifest-owner",
        "Nothing to set: rke runs container kube-controller-manager in Docker, without a \
        manifest. One that the kubelet is given all the same: chown root:root",
    ),
    set(
        "kube-scheduler-manifest-mode",
        "Nothing to set: rke runs container kube-scheduler in Docker, without a manifest. One \
        that the kubelet is given all the same: chmod 600",
    ),
    set(
        "kube-scheduler-manifest-mode-644",
        "Nothing to set: rke runs container kube-scheduler in Docker, without a manifest. One \
        that the kubelet is given all the same: chmod 644",
    ),
    set(
        "kube-scheduler-manifest-owner",
        "Nothing to set: rke runs container kube-scheduler in Docker, without a manifest. One \
        that the kubelet is given all the same: chown root:root",
    ),
    set(
        "etcd-manifest-mode",
        "Nothing to set: rke runs container etcd in Docker, without a manifest. One that the \
        kubelet is given all the same: chmod 600",
    ),
    set(
        "etcd-manifest-mode-644",
        "Nothing to set: rke runs container etcd in Docker, without a manifest. One that the \
        kubelet is given all the same: chmod 644",
    ),
    set(
        "etcd-manifest-owner",
        "Nothing to set: rke runs container etcd in Docker, without a manifest. One that the \
        kubelet is given all the same: chown root:root",
    ),
    set(
        "etcd-data-dir-mode",
        "chmod 700 /var/lib/etcd (below /opt/rke on systems with a read-only root), on every \
        host with the role etcd",
    ),
    Words {
        set: "User etcd on every host with the role; services.etcd.uid and gid with its ids in \
            cluster.yml, rke up; then chown -R etcd:etcd /var/lib/etcd",
        breaks: "With wrong ids etcd cannot read its data: one host at a time, after rke etcd \
            snapshot-save.",
        references: &["https://rke.docs.rancher.com/config-options/services"],
        ..like("etcd-data-dir-owner")
    },
    Words {
        title: "An administrator's kubeconfig on the node is for root only (mode 600)",
        set: "Nothing on the nodes: keep kube_config_cluster.yml and cluster.rkestate beside \
            cluster.yml at 600, and off shared hosts",
        breaks: "",
        ..like("admin-kubeconfig-mode")
    },
    Words {
        title: "An administrator's kubeconfig on the node: only its owner writes (mode 644)",
        set: "Nothing on the nodes: keep kube_config_cluster.yml and cluster.rkestate beside \
            cluster.yml at 600, and off shared hosts",
        breaks: "",
        ..like("admin-kubeconfig-mode-644")
    },
    Words {
        title: "An administrator's kubeconfig on the node belongs to root:root",
        set: "Nothing on the nodes: keep kube_config_cluster.yml and cluster.rkestate with the \
            person who runs rke",
        breaks: "",
        ..like("admin-kubeconfig-owner")
    },
    Words {
        title: "kubecfg-kube-scheduler.yaml is for root only (mode 600)",
        set: "chmod 600 /etc/kubernetes/ssl/kubecfg-kube-scheduler.yaml",
        ..like("kube-scheduler-kubeconfig-mode")
    },
    Words {
        title: "kubecfg-kube-scheduler.yaml: only its owner writes (mode 644)",
        set: "chmod 644 (better 600) /etc/kubernetes/ssl/kubecfg-kube-scheduler.yaml",
        ..like("kube-scheduler-kubeconfig-mode-644")
    },
    Words {
        title: "kubecfg-kube-scheduler.yaml belongs to root:root",
        set: "chown root:root /etc/kubernetes/ssl/kubecfg-kube-scheduler.yaml",
        breaks: "",
        ..like("kube-scheduler-kubeconfig-owner")
    },
    Words {
        title: "kubecfg-kube-controller-manager.yaml is for root only (mode 600)",
        set: "chmod 600 /etc/kubernetes/ssl/kubecfg-kube-controller-manager.yaml",
        ..like("kube-controller-manager-kubeconfig-mode")
    },
    Words {
        title: "kubecfg-kube-controller-manager.yaml: only its owner writes (mode 644)",
        set: "chmod 644 (better 600) /etc/kubernetes/ssl/kubecfg-kube-controller-manager.yaml",
        ..like("kube-controller-manager-kubeconfig-mode-644")
    },
    Words {
        title: "kubecfg-kube-controller-manager.yaml belongs to root:root",
        set: "chown root:root /etc/kubernetes/ssl/kubecfg-kube-controller-manager.yaml",
        breaks: "",
        ..like("kube-controller-manager-kubeconfig-owner")
    },
    Words {
        title: "/etc/kubernetes/ssl and all below it belong to root:root",
        set: "chown -R root:root /etc/kubernetes/ssl; with services.etcd.uid, rke gives etcd \
            its own pair: accept that",
        breaks: "",
        ..like("pki-owner")
    },
    Words {
        title: "Certificates in /etc/kubernetes/ssl have mode 600 or stricter",
        set: "find /etc/kubernetes/ssl -name '*.pem' ! -name '*key.pem' -exec chmod 600 {} +; \
            to accept 644 is defensible if only root can write",
        ..like("pki-certificates-mode")
    },
    Words {
        title: "Certificates in /etc/kubernetes/ssl have mode 644 or stricter",
        set: "find /etc/kubernetes/ssl -name '*.pem' ! -name '*key.pem' -exec chmod 644 {} +",
        ..like("pki-certificates-mode-644")
    },
    Words {
        title: "Private keys in /etc/kubernetes/ssl have mode 600 or stricter",
        set: "find /etc/kubernetes/ssl -name '*key.pem' -exec chmod 600 {} +. Keys that others \
            could read count as leaked: rke cert rotate, with --rotate-ca for the CA's",
        ..like("pki-keys-mode")
    },
    set(
        "etcd-serving-certificate",
        "Nothing to set: rke gives kube-etcd-ADDRESS.pem and its key. Remove cert-file and \
        key-file from services.etcd.extra_args",
    ),
    set(
        "etcd-client-cert-auth",
        "Remove client-cert-auth from services.etcd.extra_args: rke passes --client-cert-auth \
        by itself",
    ),
    set(
        "etcd-auto-tls-off",
        "Remove auto-tls from services.etcd.extra_args: false is the default",
    ),
    set(
        "etcd-peer-certificate",
        "Nothing to set: rke gives kube-etcd-ADDRESS.pem and its key. Remove peer-cert-file \
        and peer-key-file from services.etcd.extra_args",
    ),
    set(
        "etcd-peer-client-cert-auth",
        "Remove peer-client-cert-auth from services.etcd.extra_args: rke passes \
        --peer-client-cert-auth by itself",
    ),
    set(
        "etcd-peer-auto-tls-off",
        "Remove peer-auto-tls from services.etcd.extra_args: false is the default",
    ),
    set(
        "etcd-unique-ca",
        "rke signs all with kube-ca.pem, etcd included. A CA apart needs certificates of your \
        own: rke up --custom-certs, or etcd outside the cluster \
        (services.etcd.external_urls) that trusts another CA",
    ),
    Words {
        set: "services.kube-api.extra_args: anonymous-auth: \"false\" (the default of rke)",
        breaks: "Load balancers that probe /healthz without a credential get 401.",
        ..like("kube-apiserver-anonymous-auth-off")
    },
    set(
        "kube-apiserver-kubelet-client-certificate",
        "Nothing to set: rke gives kube-apiserver.pem and its key. Remove both flags from \
        services.kube-api.extra_args",
    ),
    Words {
        set: "services.kubelet.generate_serving_certificate: true, rke up; then \
            services.kube-api.extra_args: kubelet-certificate-authority: \
            /etc/kubernetes/ssl/kube-ca.pem",
        breaks: "Before every kubelet has its certificate from rke, logs, exec and port-forward \
            fail.",
        ..like("kube-apiserver-kubelet-certificate-authority")
    },
    set(
        "kube-apiserver-node-restriction",
        "services.kube-api.extra_args: enable-admission-plugins with NodeRestriction in it \
        (rke sets it; a value of your own replaces all of them, so repeat them)",
    ),
    set(
        "kube-apiserver-service-account-key-file",
        "Nothing to set: rke gives kube-service-account-token-key.pem. Remove \
        service-account-key-file from services.kube-api.extra_args",
    ),
    set(
        "kube-apiserver-etcd-client-certificate",
        "Nothing to set: rke gives kube-node.pem and its key; for etcd outside the cluster \
        services.etcd.cert and key",
    ),
    set(
        "kube-apiserver-serving-certificate",
        "Nothing to set: rke gives kube-apiserver.pem and its key; further names: \
        authentication.sans in cluster.yml",
    ),
    set(
        "kube-apiserver-client-ca-file",
        "Nothing to set: rke gives kube-ca.pem. Remove client-ca-file from \
        services.kube-api.extra_args",
    ),
    set(
        "kube-apiserver-etcd-cafile",
        "Nothing to set: rke gives kube-ca.pem; for etcd outside the cluster \
        services.etcd.ca_cert",
    ),
    Words {
        set: "services.kube-api.secrets_encryption_config.enabled: true; rke makes the key and \
            rewrites all Secrets",
        breaks: "Losing cluster.rkestate and /etc/kubernetes/ssl/encryption.yaml loses the data.",
        ..like("kube-apiserver-encryption-provider-config")
    },
    set(
        "kube-controller-manager-service-account-credentials",
        "authorization.mode: rbac in cluster.yml (the default), with which rke sets it",
    ),
    set(
        "kube-controller-manager-service-account-private-key-file",
        "Nothing to set: rke gives kube-service-account-token-key.pem. Remove the flag from \
        services.kube-controller.extra_args",
    ),
    set(
        "kube-controller-manager-root-ca-file",
        "Nothing to set: rke gives kube-ca.pem. Remove root-ca-file from \
        services.kube-controller.extra_args",
    ),
    set(
        "kube-controller-manager-bind-address",
        "services.kube-controller.extra_args: bind-address: 127.0.0.1, and address: 127.0.0.1 \
        before 1.22",
    ),
    set(
        "kube-scheduler-bind-address",
        "services.scheduler.extra_args: bind-address: 127.0.0.1, and address: 127.0.0.1 \
        before 1.23",
    ),
    set(
        "kubelet-client-ca-file",
        "Nothing to set: rke gives kube-ca.pem. Remove client-ca-file from \
        services.kubelet.extra_args",
    ),
    set(
        "kubelet-hostname-override-unset",
        "rke always passes hostname_override, or the address, of the host in cluster.yml. \
        Look that it is the one meant and that certificate and Node carry it: then accept it",
    ),
    Words {
        set: "services.kubelet.generate_serving_certificate: true in cluster.yml, then rke up",
        breaks: "",
        ..like("kubelet-serving-certificate")
    },
    Words {
        set: "Remove rotate-certificates: \"false\" from services.kubelet.extra_args. The \
            certificates of rke end after years: rke cert rotate",
        breaks: "",
        ..like("kubelet-rotate-certificates")
    },
    Words {
        set: "Nothing to set: Docker restarts the container kubelet, no unit does. A \
            kubelet.service that is there all the same: chmod 600, or better remove it",
        breaks: "",
        references: &[],
        ..like("kubelet-unit-mode")
    },
    Words {
        set: "Nothing to set: Docker restarts the container kubelet, no unit does. A \
            kubelet.service that is there all the same: chmod 644, or better remove it",
        references: &[],
        ..like("kubelet-unit-mode-644")
    },
    set(
        "kubelet-unit-owner",
        "Nothing to set: Docker restarts the container kubelet, no unit does. A \
        kubelet.service that is there all the same: chown root:root, or better remove it",
    ),
    set(
        "kube-proxy-kubeconfig-mode",
        "chmod 600 /etc/kubernetes/ssl/kubecfg-kube-proxy.yaml",
    ),
    set(
        "kube-proxy-kubeconfig-mode-644",
        "chmod 644 (better 600) /etc/kubernetes/ssl/kubecfg-kube-proxy.yaml",
    ),
    set(
        "kube-proxy-kubeconfig-owner",
        "chown root:root /etc/kubernetes/ssl/kubecfg-kube-proxy.yaml",
    ),
    Words {
        title: "kubecfg-kube-node.yaml is for root only (mode 600 or stricter)",
        set: "chmod 600 /etc/kubernetes/ssl/kubecfg-kube-node.yaml",
        ..like("kubelet-kubeconfig-mode")
    },
    Words {
        title: "kubecfg-kube-node.yaml: only its owner writes (mode 644)",
        set: "chmod 644 (better 600) /etc/kubernetes/ssl/kubecfg-kube-node.yaml",
        ..like("kubelet-kubeconfig-mode-644")
    },
    Words {
        title: "kubecfg-kube-node.yaml belongs to root:root",
        set: "chown root:root /etc/kubernetes/ssl/kubecfg-kube-node.yaml",
        ..like("kubelet-kubeconfig-owner")
    },
    set(
        "kubelet-client-ca-mode",
        "chmod 600 /etc/kubernetes/ssl/kube-ca.pem; a CA is public, so 644 with root as only \
        writer is defensible",
    ),
    set(
        "kubelet-client-ca-mode-644",
        "chmod 644 /etc/kubernetes/ssl/kube-ca.pem",
    ),
    set(
        "kubelet-client-ca-owner",
        "chown root:root /etc/kubernetes/ssl/kube-ca.pem",
    ),
    Words {
        set: "Nothing to set: rke passes flags alone. A file that extra_args name with config: \
            chmod 600 on every host",
        breaks: "",
        ..like("kubelet-config-mode")
    },
    set(
        "kubelet-config-mode-644",
        "Nothing to set: rke passes flags alone. A file that extra_args name with config: \
        chmod 644 on every host",
    ),
    set(
        "kubelet-config-owner",
        "Nothing to set: rke passes flags alone. A file that extra_args name with config: \
        chown root:root on every host",
    ),
    Words {
        set: "kubectl -n kube-system get secrets --field-selector \
            type=bootstrap.kubernetes.io/token: rke needs none, delete what is there; look \
            that no binding names groups of system:bootstrappers",
        breaks: "Nodes that something other than rke joins by such a token cannot join.",
        ..like("users-not-by-bootstrap-token")
    },
    set(
        "rbac-system-masters-unused",
        "openssl x509 -noout -subject on each certificate handed out, those in \
        kube_config_cluster.yml included, and subjects of bindings: decide who moves to a \
        named group; O=system:masters must expire",
    ),
    set(
        "audit-policy-exists",
        "services.kube-api.audit_log.enabled: true, with configuration.policy in cluster.yml; \
        to begin: one rule, level: Metadata",
    ),
];
