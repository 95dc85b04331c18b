//! Words for files that everybody may read and only their owner may write (mode 644).

use super::urls::{CNI, KUBEADM_CERTS, KUBEADM_KUBELET, KUBELET_AUTH, KUBELET_FILE, PKI};
use crate::control::Words;

/// The words of a static pod's manifest: what differs is whose it is.
const fn manifest(control: &'static str, title: &'static str, set: &'static str) -> Words {
    Words {
        control,
        title,
        rationale: "The kubelet runs whatever a manifest says, as root if it says so, and asks \
            nobody: a second writer is a second administrator.",
        procedure: "manifest-file-mode",
        set,
        breaks: "",
        references: &[],
    }
}

/// The words of a component's login: what differs is whose it is.
const fn kubeconfig(control: &'static str, title: &'static str, set: &'static str) -> Words {
    Words {
        control,
        title,
        rationale: "Who may write a kubeconfig chooses the API server that its component obeys. \
            It mostly holds a key too, so 600 is the better mode.",
        procedure: "file-mode",
        set,
        breaks: "",
        references: &[],
    }
}

pub(super) const WORDS: &[Words] = &[
    manifest(
        "kube-apiserver-manifest-mode-644",
        "API server manifest can be changed by its owner only (mode 644 or stricter)",
        "chmod 644 (or 600) /etc/kubernetes/manifests/kube-apiserver.yaml",
    ),
    manifest(
        "kube-controller-manager-manifest-mode-644",
        "Controller manager manifest: only its owner writes (mode 644 or stricter)",
        "chmod 644 (or 600) /etc/kubernetes/manifests/kube-controller-manager.yaml",
    ),
    manifest(
        "kube-scheduler-manifest-mode-644",
        "Scheduler manifest can be changed by its owner only (mode 644 or stricter)",
        "chmod 644 (or 600) /etc/kubernetes/manifests/kube-scheduler.yaml",
    ),
    manifest(
        "etcd-manifest-mode-644",
        "etcd manifest can be changed by its owner only (mode 644 or stricter)",
        "chmod 644 (or 600) /etc/kubernetes/manifests/etcd.yaml",
    ),
    Words {
        control: "cni-files-mode-644",
        title: "CNI files can be changed by their owner only (mode 644 or stricter)",
        rationale: "A CNI file names programs that the container runtime executes as root for \
            every pod that starts.",
        procedure: "file-mode",
        set: "Look at /etc/cni/net.d (or the runtime's conf_dir) and /var/lib/cni/networks; \
            chmod go-w each file, and 600 where one embeds a token.",
        breaks: "The plugin's DaemonSet rewrites its files when it restarts; set the mode in its \
            values where it has one.",
        references: &[CNI],
    },
    Words {
        control: "admin-kubeconfig-mode-644",
        title: "admin.conf can be changed by its owner only (mode 644 or stricter)",
        rationale: "The file is an administrator's login. This mode only stops others from \
            altering it: at 644 they still log in with it, so use 600.",
        procedure: "file-mode",
        set: "chmod 600 /etc/kubernetes/admin.conf, and super-admin.conf where it is",
        breaks: "Scripts of other users that point KUBECONFIG at admin.conf fail; give them \
            their own identity.",
        references: &[KUBEADM_CERTS],
    },
    kubeconfig(
        "kube-scheduler-kubeconfig-mode-644",
        "scheduler.conf can be changed by its owner only (mode 644 or stricter)",
        "chmod 644 (better 600) /etc/kubernetes/scheduler.conf",
    ),
    kubeconfig(
        "kube-controller-manager-kubeconfig-mode-644",
        "controller-manager.conf: only its owner writes (mode 644 or stricter)",
        "chmod 644 (better 600) /etc/kubernetes/controller-manager.conf",
    ),
    Words {
        control: "pki-certificates-mode-644",
        title: "Certificates in /etc/kubernetes/pki have mode 644 or stricter",
        rationale: "A certificate may be read, that is its purpose; who may replace one decides \
            whom the control plane trusts.",
        procedure: "pki-mode",
        set: "find /etc/kubernetes/pki -name '*.crt' -exec chmod 644 {} +, as kubeadm itself \
            writes them",
        breaks: "",
        references: &[PKI],
    },
    Words {
        control: "kubelet-unit-mode-644",
        title: "kubelet unit and drop-ins: only their owner writes (mode 644 or stricter)",
        rationale: "systemd starts as root what the unit or a drop-in names, at the latest when \
            the node boots.",
        procedure: "file-mode",
        set: "chmod 644 on the files that systemctl cat kubelet lists, such as \
            /usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
        breaks: "",
        references: &[KUBEADM_KUBELET],
    },
    Words {
        set: "Look at the path after --kubeconfig or clientConnection.kubeconfig; chmod go-w it \
            on the node. In a kubeadm pod it comes from ConfigMap kube-proxy: not applicable",
        ..kubeconfig(
            "kube-proxy-kubeconfig-mode-644",
            "kube-proxy kubeconfig, where it is a file, has mode 644 or stricter",
            "",
        )
    },
    kubeconfig(
        "kubelet-kubeconfig-mode-644",
        "kubelet.conf can be changed by its owner only (mode 644 or stricter)",
        "chmod 644 (better 600) /etc/kubernetes/kubelet.conf (or what --kubeconfig names)",
    ),
    Words {
        control: "kubelet-client-ca-mode-644",
        title: "kubelet's client CA file has mode 644 or stricter",
        rationale: "One certificate more in this file, and whoever holds its key may exec into \
            the pods of the node.",
        procedure: "file-mode",
        set: "chmod 644 the file of authentication.x509.clientCAFile, usually \
            /etc/kubernetes/pki/ca.crt: kubeadm writes it so",
        breaks: "",
        references: &[KUBELET_AUTH],
    },
    Words {
        control: "kubelet-config-mode-644",
        title: "kubelet configuration: only its owner writes (mode 644 or stricter)",
        rationale: "A line in this file turns authentication off, or has the kubelet run pods \
            from another directory.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/kubelet/config.yaml (or what --config names) and the files of \
            --config-dir",
        breaks: "",
        references: &[KUBELET_FILE],
    },
];
