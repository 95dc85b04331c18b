//! Words for RKE2: where its files lie, and that settings live in the
//! configuration of rke2, which writes everything else.

use crate::control::Words;
use crate::words::{like, set};

pub(super) const WORDS: &[Words] = &[
    set(
        "kube-apiserver-manifest-mode",
        "chmod 600 /var/lib/rancher/rke2/agent/pod-manifests/kube-apiserver.yaml; rke2 itself \
        writes 600 only with a CIS profile",
    ),
    set(
        "kube-apiserver-manifest-mode-644",
        "chmod 644 (or 600) /var/lib/rancher/rke2/agent/pod-manifests/kube-apiserver.yaml",
    ),
    set(
        "kube-apiserver-manifest-owner",
        "chown root:root /var/lib/rancher/rke2/agent/pod-manifests/kube-apiserver.yaml",
    ),
    set(
        "kube-controller-manager-manifest-mode",
        "chmod 600 /var/lib/rancher/rke2/agent/pod-manifests/kube-controller-manager.yaml; \
        rke2 itself writes 600 only with a CIS profile",
    ),
    set(
        "kube-controller-manager-manifest-mode-644",
        "chmod 644 (or 600) \
        /var/lib/rancher/rke2/agent/pod-manifests/kube-controller-manager.yaml",
    ),
    set(
        "kube-controller-manager-manifest-owner",
        "chown root:root /var/lib/rancher/rke2/agent/pod-manifests/kube-controller-manager.yaml",
    ),
    set(
        "kube-scheduler-manifest-mode",
        "chmod 600 /var/lib/rancher/rke2/agent/pod-manifests/kube-scheduler.yaml; rke2 itself \
        writes 600 only with a CIS profile",
    ),
    set(
        "kube-scheduler-manifest-mode-644",
        "chmod 644 (or 600) /var/lib/rancher/rke2/agent/pod-manifests/kube-scheduler.yaml",
    ),
    set(
        "kube-scheduler-manifest-owner",
        "chown root:root /var/lib/rancher/rke2/agent/pod-manifests/kube-scheduler.yaml",
    ),
    set(
        "etcd-manifest-mode",
        "chmod 600 /var/lib/rancher/rke2/agent/pod-manifests/etcd.yaml; rke2 itself writes \
        600 only with a CIS profile",
    ),
    set(
        "etcd-manifest-mode-644",
        "chmod 644 (or 600) /var/lib/rancher/rke2/agent/pod-manifests/etcd.yaml",
    ),
    set(
        "etcd-manifest-owner",
        "chown root:root /var/lib/rancher/rke2/agent/pod-manifests/etcd.yaml",
    ),
    set(
        "etcd-data-dir-mode",
        "chmod 700 /var/lib/rancher/rke2/server/db/etcd, on every server that has etcd",
    ),
    Words {
        set: "useradd -r -c etcd -s /sbin/nologin -M etcd -U, then profile: cis in \
            /etc/rancher/rke2/config.yaml and restart rke2-server: rke2 hands the directory \
            over and runs etcd as that user",
        breaks: "With a CIS profile rke2 does not start where the user etcd or the kernel \
            parameters of its guide are missing, and pods must meet Pod Security restricted.",
        references: &["https://docs.rke2.io/security/hardening_guide"],
        ..like("etcd-data-dir-owner")
    },
    Words {
        title: "admin.kubeconfig and rke2.yaml are for root only (mode 600)",
        set: "chmod 600 /var/lib/rancher/rke2/server/cred/admin.kubeconfig; \
            write-kubeconfig-mode: \"0600\" in config.yaml for rke2.yaml",
        breaks: "Users whose KUBECONFIG names /etc/rancher/rke2/rke2.yaml fail; give them an \
            identity of their own.",
        ..like("admin-kubeconfig-mode")
    },
    Words {
        title: "admin.kubeconfig and rke2.yaml: only their owner writes (mode 644)",
        set: "chmod 600 /var/lib/rancher/rke2/server/cred/admin.kubeconfig; \
            write-kubeconfig-mode: \"0600\" in config.yaml for rke2.yaml",
        breaks: "Users whose KUBECONFIG names /etc/rancher/rke2/rke2.yaml fail; give them an \
            identity of their own.",
        ..like("admin-kubeconfig-mode-644")
    },
    Words {
        title: "admin.kubeconfig and rke2.yaml belong to root:root",
        set: "chown root:root /var/lib/rancher/rke2/server/cred/admin.kubeconfig \
            /etc/rancher/rke2/rke2.yaml",
        ..like("admin-kubeconfig-owner")
    },
    Words {
        title: "scheduler.kubeconfig is readable by root only (mode 600 or stricter)",
        set: "chmod 600 /var/lib/rancher/rke2/server/cred/scheduler.kubeconfig",
        ..like("kube-scheduler-kubeconfig-mode")
    },
    Words {
        title: "scheduler.kubeconfig: only its owner writes (mode 644 or stricter)",
        set: "chmod 644 (better 600) /var/lib/rancher/rke2/server/cred/scheduler.kubeconfig",
        ..like("kube-scheduler-kubeconfig-mode-644")
    },
    Words {
        title: "scheduler.kubeconfig belongs to root:root",
        set: "chown root:root /var/lib/rancher/rke2/server/cred/scheduler.kubeconfig",
        breaks: "",
        ..like("kube-scheduler-kubeconfig-owner")
    },
    Words {
        title: "controller.kubeconfig is for root only (mode 600 or stricter)",
        set: "chmod 600 /var/lib/rancher/rke2/server/cred/controller.kubeconfig",
        ..like("kube-controller-manager-kubeconfig-mode")
    },
    Words {
        title: "controller.kubeconfig: only its owner writes (mode 644 or stricter)",
        set: "chmod 644 (better 600) /var/lib/rancher/rke2/server/cred/controller.kubeconfig",
        ..like("kube-controller-manager-kubeconfig-mode-644")
    },
    Words {
        title: "controller.kubeconfig belongs to root:root",
        set: "chown root:root /var/lib/rancher/rke2/server/cred/controller.kubeconfig",
        breaks: "",
        ..like("kube-controller-manager-kubeconfig-owner")
    },
    Words {
        title: "server/tls belongs to root:root, what etcd reads there to root or etcd",
        set: "chown -R root:root /var/lib/rancher/rke2/server/tls; under a CIS profile \
            etcd:etcd for what etcd reads in tls/etcd: its serving and peer pairs and both \
            CA certificates",
        breaks: "",
        ..like("pki-owner")
    },
    Words {
        title: "Certificates in server/tls have mode 600 or stricter",
        set: "find /var/lib/rancher/rke2/server/tls -name '*.crt' -exec chmod 600 {} +; to \
            accept 644 is defensible if only root can write",
        breaks: "Exporters of expiry dates that read them as another user stop working.",
        ..like("pki-certificates-mode")
    },
    Words {
        title: "Certificates in server/tls have mode 644 or stricter",
        set: "find /var/lib/rancher/rke2/server/tls -name '*.crt' -exec chmod 644 {} +",
        ..like("pki-certificates-mode-644")
    },
    Words {
        title: "Private keys in server/tls have mode 600 or stricter",
        set: "find /var/lib/rancher/rke2/server/tls -name '*.key' -exec chmod 600 {} +. Keys \
            that others could read count as leaked: rke2 certificate rotate, and rotate-ca \
            for those of a CA",
        ..like("pki-keys-mode")
    },
    set(
        "etcd-serving-certificate",
        "Nothing by hand: rke2 writes client-transport-security with server-client.crt and \
        its key into server/db/etcd/config at each start; remove cert-file and key-file from \
        etcd-arg",
    ),
    set(
        "etcd-client-cert-auth",
        "Remove client-cert-auth from etcd-arg: rke2 writes client-cert-auth: true into \
        server/db/etcd/config by itself",
    ),
    set(
        "etcd-auto-tls-off",
        "Remove auto-tls from etcd-arg: false is the default",
    ),
    set(
        "etcd-peer-certificate",
        "Nothing by hand: rke2 writes peer-transport-security with peer-server-client.crt and \
        its key into server/db/etcd/config at each start; remove peer-cert-file and \
        peer-key-file from etcd-arg",
    ),
    set(
        "etcd-peer-client-cert-auth",
        "Remove peer-client-cert-auth from etcd-arg: rke2 writes client-cert-auth: true for \
        peers into server/db/etcd/config by itself",
    ),
    set(
        "etcd-peer-auto-tls-off",
        "Remove peer-auto-tls from etcd-arg: false is the default",
    ),
    Words {
        set: "Remove anonymous-auth=true from kube-apiserver-arg: rke2 sets \
            --anonymous-auth=false by itself",
        breaks: "Probes and scripts that read /healthz without a credential get 401.",
        ..like("kube-apiserver-anonymous-auth-off")
    },
    set(
        "kube-apiserver-kubelet-client-certificate",
        "Nothing to set: rke2 gives both (server/tls/client-kube-apiserver.crt and its .key). \
        Remove kubelet-client-certificate and kubelet-client-key from kube-apiserver-arg",
    ),
    Words {
        set: "Nothing to set: rke2 gives server/tls/server-ca.crt, which signs the \
            certificates of its kubelets. Remove kubelet-certificate-authority from \
            kube-apiserver-arg",
        breaks: "",
        ..like("kube-apiserver-kubelet-certificate-authority")
    },
    set(
        "kube-apiserver-node-restriction",
        "kube-apiserver-arg: enable-admission-plugins=NodeRestriction (rke2 sets it; a value \
        of your own replaces it, so repeat it there)",
    ),
    set(
        "kube-apiserver-service-account-key-file",
        "Nothing to set: rke2 gives server/tls/service.key. Remove service-account-key-file \
        from kube-apiserver-arg",
    ),
    set(
        "kube-apiserver-etcd-client-certificate",
        "Nothing to set: rke2 gives server/tls/etcd/client.crt and its key. Remove \
        etcd-certfile and etcd-keyfile from kube-apiserver-arg; with datastore-endpoint: \
        datastore-certfile, datastore-keyfile",
    ),
    set(
        "kube-apiserver-serving-certificate",
        "Nothing to set: rke2 gives server/tls/serving-kube-apiserver.crt and its key; \
        further names: tls-san in config.yaml",
    ),
    set(
        "kube-apiserver-client-ca-file",
        "Nothing to set: rke2 gives server/tls/client-ca.crt. Remove client-ca-file from \
        kube-apiserver-arg",
    ),
    set(
        "kube-apiserver-etcd-cafile",
        "Nothing to set: rke2 gives server/tls/etcd/server-ca.crt. Remove etcd-cafile from \
        kube-apiserver-arg; with datastore-endpoint: datastore-cafile",
    ),
    set(
        "kube-apiserver-encryption-provider-config",
        "Nothing to set: rke2 makes server/cred/encryption-config.json itself (rke2 \
        secrets-encrypt status). Remove encryption-provider-config from kube-apiserver-arg",
    ),
    set(
        "kube-controller-manager-service-account-credentials",
        "Remove use-service-account-credentials=false from kube-controller-manager-arg: rke2 \
        sets true",
    ),
    set(
        "kube-controller-manager-service-account-private-key-file",
        "Nothing to set: rke2 gives server/tls/service.current.key. Remove \
        service-account-private-key-file from kube-controller-manager-arg",
    ),
    set(
        "kube-controller-manager-root-ca-file",
        "Nothing to set: rke2 gives server/tls/server-ca.crt. Remove root-ca-file from \
        kube-controller-manager-arg",
    ),
    set(
        "kube-controller-manager-bind-address",
        "kube-controller-manager-arg: bind-address=127.0.0.1 (rke2 sets it unless told \
        otherwise)",
    ),
    set(
        "kube-scheduler-bind-address",
        "kube-scheduler-arg: bind-address=127.0.0.1 (rke2 sets it unless told otherwise)",
    ),
    set(
        "kubelet-client-ca-file",
        "Nothing to set: rke2 gives agent/client-ca.crt. Remove client-ca-file from \
        kubelet-arg, and clientCAFile from drop-ins of your own",
    ),
    set(
        "kubelet-hostname-override-unset",
        "rke2 always passes the name of the Node here. Look that it is the one meant \
        (node-name in config.yaml) and that the certificate in agent/serving-kubelet.crt \
        carries it: then accept it",
    ),
    Words {
        set: "Nothing to set: rke2 has the server sign agent/serving-kubelet.crt. Remove \
            tls-cert-file and tls-private-key-file from kubelet-arg",
        breaks: "",
        ..like("kubelet-serving-certificate")
    },
    Words {
        set: "Remove rotate-certificates=false from kubelet-arg. rke2 itself renews the \
            certificates of a node when it starts in the last months of their term",
        breaks: "",
        ..like("kubelet-rotate-certificates")
    },
    Words {
        set: "chmod 600 on a kubelet.service of your own; rke2 has none: rke2-server.service \
            or rke2-agent.service starts it",
        references: &[],
        ..like("kubelet-unit-mode")
    },
    Words {
        set: "chmod 644 on a kubelet.service of your own; rke2 has none: rke2-server.service \
            or rke2-agent.service starts it",
        references: &[],
        ..like("kubelet-unit-mode-644")
    },
    set(
        "kubelet-unit-owner",
        "chown root:root on a kubelet.service of your own; rke2 has none: rke2-server.service \
        or rke2-agent.service starts it",
    ),
    set(
        "kube-proxy-kubeconfig-mode",
        "chmod 600 /var/lib/rancher/rke2/agent/kubeproxy.kubeconfig",
    ),
    set(
        "kube-proxy-kubeconfig-mode-644",
        "chmod 644 (better 600) /var/lib/rancher/rke2/agent/kubeproxy.kubeconfig",
    ),
    set(
        "kube-proxy-kubeconfig-owner",
        "chown root:root /var/lib/rancher/rke2/agent/kubeproxy.kubeconfig",
    ),
    Words {
        title: "kubelet.kubeconfig is readable by root only (mode 600 or stricter)",
        set: "chmod 600 /var/lib/rancher/rke2/agent/kubelet.kubeconfig",
        ..like("kubelet-kubeconfig-mode")
    },
    Words {
        title: "kubelet.kubeconfig: only its owner writes (mode 644 or stricter)",
        set: "chmod 644 (better 600) /var/lib/rancher/rke2/agent/kubelet.kubeconfig",
        ..like("kubelet-kubeconfig-mode-644")
    },
    Words {
        title: "kubelet.kubeconfig belongs to root:root",
        set: "chown root:root /var/lib/rancher/rke2/agent/kubelet.kubeconfig",
        ..like("kubelet-kubeconfig-owner")
    },
    set(
        "kubelet-client-ca-mode",
        "chmod 600 /var/lib/rancher/rke2/agent/client-ca.crt; a CA is public, so 644 with \
        root as only writer is defensible",
    ),
    set(
        "kubelet-client-ca-mode-644",
        "chmod 644 /var/lib/rancher/rke2/agent/client-ca.crt",
    ),
    set(
        "kubelet-client-ca-owner",
        "chown root:root /var/lib/rancher/rke2/agent/client-ca.crt",
    ),
    Words {
        set: "chmod 600 /var/lib/rancher/rke2/agent/etc/kubelet.conf.d/*.conf",
        breaks: "rke2 writes 00-rke2-defaults.conf anew at each start: look at its mode again \
            after a restart.",
        ..like("kubelet-config-mode")
    },
    set(
        "kubelet-config-mode-644",
        "chmod 644 (better 600) /var/lib/rancher/rke2/agent/etc/kubelet.conf.d/*.conf",
    ),
    set(
        "kubelet-config-owner",
        "chown root:root /var/lib/rancher/rke2/agent/etc/kubelet.conf.d/*.conf",
    ),
    Words {
        set: "rke2 token list: delete what has no expiry or no pending join; look that nothing \
            but rke2's own bindings names groups of system:bootstrappers",
        breaks: "Nodes that are about to join need a fresh token (rke2 token create).",
        ..like("users-not-by-bootstrap-token")
    },
    set(
        "rbac-system-masters-unused",
        "openssl x509 -noout -subject on each certificate handed out, those in rke2.yaml \
        included, and subjects of bindings: decide who moves to a named group; certificates \
        with O=system:masters must expire",
    ),
    set(
        "audit-policy-exists",
        "profile: cis in config.yaml, which writes an audit policy; or audit-policy-file: \
        with the path of a policy of yours, to begin with one rule, level: Metadata",
    ),
];
