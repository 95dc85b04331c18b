//! Words for the files of a control-plane node: manifests, kubeconfigs, PKI, data directory.

use super::urls::{CNI, ETCD_OPS, KUBEADM_CERTS, PKI};
use crate::control::Words;

pub(super) const WORDS: &[Words] = &[
    Words {
        control: "kube-apiserver-manifest-mode",
        title: "API server manifest is readable by root only (mode 600 or stricter)",
        rationale: "Whoever reads kube-apiserver.yaml learns key paths, flags and the weak spots \
            among them; whoever writes it runs code as root on the node.",
        procedure: "manifest-file-mode",
        set: "chmod 600 /etc/kubernetes/manifests/kube-apiserver.yaml",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-apiserver-manifest-owner",
        title: "API server manifest belongs to root:root",
        rationale: "An owner other than root can restore any mode, then start a root container \
            through the kubelet, past API, RBAC and audit.",
        procedure: "manifest-file-mode",
        set: "chown root:root /etc/kubernetes/manifests/kube-apiserver.yaml",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-controller-manager-manifest-mode",
        title: "Controller manager manifest is for root only (mode 600 or stricter)",
        rationale: "The manifest shows where the CA key and the token signing key lie; write \
            access to it is root on the node.",
        procedure: "manifest-file-mode",
        set: "chmod 600 /etc/kubernetes/manifests/kube-controller-manager.yaml",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-controller-manager-manifest-owner",
        title: "Controller manager manifest belongs to root:root",
        rationale: "Its owner decides what the kubelet starts with the cluster's signing keys \
            mounted.",
        procedure: "manifest-file-mode",
        set: "chown root:root /etc/kubernetes/manifests/kube-controller-manager.yaml",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-scheduler-manifest-mode",
        title: "Scheduler manifest is readable by root only (mode 600 or stricter)",
        rationale: "Write access starts any container as root on a control-plane node; read \
            access maps how it is set up.",
        procedure: "manifest-file-mode",
        set: "chmod 600 /etc/kubernetes/manifests/kube-scheduler.yaml",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-scheduler-manifest-owner",
        title: "Scheduler manifest belongs to root:root",
        rationale: "A foreign owner can swap the image or mounts, and the kubelet runs the \
            result without asking the API server.",
        procedure: "manifest-file-mode",
        set: "chown root:root /etc/kubernetes/manifests/kube-scheduler.yaml",
        breaks: "",
        references: &[],
    },
    Words {
        control: "etcd-manifest-mode",
        title: "etcd manifest is readable by root only (mode 600 or stricter)",
        rationale: "The manifest leads to the data directory and the peer keys; altered, it \
            opens all cluster state to anyone.",
        procedure: "manifest-file-mode",
        set: "chmod 600 /etc/kubernetes/manifests/etcd.yaml",
        breaks: "",
        references: &[],
    },
    Words {
        control: "etcd-manifest-owner",
        title: "etcd manifest belongs to root:root",
        rationale: "Its owner could drop --client-cert-auth and read or rewrite every Secret \
            without credentials.",
        procedure: "manifest-file-mode",
        set: "chown root:root /etc/kubernetes/manifests/etcd.yaml",
        breaks: "",
        references: &[],
    },
    Words {
        control: "cni-files-mode",
        title: "CNI configuration and state files are for root only (mode 600 or stricter)",
        rationale: "The runtime executes the plugins a CNI file names, as root; some of these \
            files also embed a kubeconfig token.",
        procedure: "file-mode",
        set: "Look at /etc/cni/net.d (or the runtime's conf_dir) and /var/lib/cni/networks; \
            chmod 600 each file unless the plugin's vendor documents a non-root reader.",
        breaks: "The plugin's DaemonSet rewrites its files when it restarts; set the mode in its \
            values where it has one.",
        references: &[CNI],
    },
    Words {
        control: "cni-files-owner",
        title: "CNI configuration and state files belong to root:root",
        rationale: "Another owner can make the container runtime execute a plugin of their \
            choice as root, or redirect pod traffic.",
        procedure: "file-mode",
        set: "Look at the owners in /etc/cni/net.d and /var/lib/cni/networks; chown root:root \
            each, unless the plugin is documented to run as that user.",
        breaks: "",
        references: &[],
    },
    Words {
        control: "etcd-data-dir-mode",
        title: "etcd data directory is closed to all but its owner (mode 700 or stricter)",
        rationale: "The database files hold every object, Secrets included; who copies them \
            needs no credentials of the cluster.",
        procedure: "file-mode",
        set: "chmod 700 /var/lib/etcd (or what --data-dir names), on every member",
        breaks: "Backup jobs that copy files as another user stop; etcdctl snapshot save is the \
            right way anyway.",
        references: &[ETCD_OPS],
    },
    Words {
        control: "etcd-data-dir-owner",
        title: "etcd data directory belongs to etcd:etcd",
        rationale: "A service account of its own keeps other daemons out of the database, and \
            etcd out of their files.",
        procedure: "file-mode",
        set: "useradd --system --user-group --shell /usr/sbin/nologin etcd; chown -R etcd:etcd \
            /var/lib/etcd",
        breaks: "kubeadm runs etcd as root (unless feature gate RootlessControlPlane): new files \
            stay root's, and dropping CAP_DAC_OVERRIDE later locks etcd out. Accepting root:root \
            is common.",
        references: &[],
    },
    Words {
        control: "admin-kubeconfig-mode",
        title: "admin.conf and super-admin.conf are for root only (mode 600)",
        rationale: "Either file is a ready-made administrator login; super-admin.conf (from \
            1.29) even stands above RBAC, in system:masters.",
        procedure: "file-mode",
        set: "chmod 600 /etc/kubernetes/admin.conf /etc/kubernetes/super-admin.conf; better: \
            move super-admin.conf off the node",
        breaks: "Scripts of other users that point KUBECONFIG at admin.conf fail; give them \
            their own identity.",
        references: &[KUBEADM_CERTS],
    },
    Words {
        control: "admin-kubeconfig-owner",
        title: "admin.conf and super-admin.conf belong to root:root",
        rationale: "The owner of an administrator's kubeconfig is an administrator, and nothing \
            in the audit log tells them apart.",
        procedure: "file-mode",
        set: "chown root:root /etc/kubernetes/admin.conf /etc/kubernetes/super-admin.conf",
        breaks: "A user the file was handed to loses access: issue a personal kubeconfig first.",
        references: &[],
    },
    Words {
        control: "kube-scheduler-kubeconfig-mode",
        title: "scheduler.conf is readable by root only (mode 600 or stricter)",
        rationale: "With the scheduler's credential an intruder binds pods to any node they \
            please.",
        procedure: "file-mode",
        set: "chmod 600 /etc/kubernetes/scheduler.conf",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-scheduler-kubeconfig-owner",
        title: "scheduler.conf belongs to root:root",
        rationale: "A foreign owner can read the scheduler's key or point the scheduler at \
            another API server.",
        procedure: "file-mode",
        set: "chown root:root /etc/kubernetes/scheduler.conf",
        breaks: "With RootlessControlPlane the scheduler runs as its own user and must own the \
            file: accept that instead.",
        references: &[],
    },
    Words {
        control: "kube-controller-manager-kubeconfig-mode",
        title: "controller-manager.conf is for root only (mode 600 or stricter)",
        rationale: "The controller manager may mint tokens of nearly any service account: its \
            credential is close to cluster-admin.",
        procedure: "file-mode",
        set: "chmod 600 /etc/kubernetes/controller-manager.conf",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-controller-manager-kubeconfig-owner",
        title: "controller-manager.conf belongs to root:root",
        rationale: "Who owns the file owns the credential of the controllers, and with it most \
            of the cluster.",
        procedure: "file-mode",
        set: "chown root:root /etc/kubernetes/controller-manager.conf",
        breaks: "With RootlessControlPlane the controller manager must own the file: accept that \
            instead.",
        references: &[],
    },
    Words {
        control: "pki-owner",
        title: "/etc/kubernetes/pki and all below it belong to root:root",
        rationale: "A foreign owner can read the CA key, or plant a CA certificate that the API \
            server then trusts.",
        procedure: "pki-mode",
        set: "chown -R root:root /etc/kubernetes/pki",
        breaks: "With RootlessControlPlane kubeadm gives some keys to the components' own users.",
        references: &[PKI],
    },
    Words {
        control: "pki-certificates-mode",
        title: "Certificates in /etc/kubernetes/pki have mode 600 or stricter",
        rationale: "Certificates are public by nature, yet they list names, addresses and \
            groups; write access swaps a trust anchor.",
        procedure: "pki-mode",
        set: "find /etc/kubernetes/pki -name '*.crt' -exec chmod 600 {} +. kubeadm writes 644; \
            to accept 644 is defensible if only root can write.",
        breaks: "Expiry exporters and scripts that read ca.crt as another user stop working.",
        references: &[PKI],
    },
    Words {
        control: "pki-keys-mode",
        title: "Private keys in /etc/kubernetes/pki have mode 600 or stricter",
        rationale: "ca.key signs any identity, sa.key any service account token: a reader \
            becomes cluster administrator, unseen.",
        procedure: "pki-mode",
        set: "find /etc/kubernetes/pki -name '*.key' -exec chmod 600 {} +. If others could read \
            them, treat the keys as leaked and rotate.",
        breaks: "",
        references: &[PKI],
    },
];
