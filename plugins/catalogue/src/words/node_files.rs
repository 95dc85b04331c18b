//! Words for the files of a node: the kubelet's unit, kubeconfigs, client CA and configuration.

use super::urls::{KUBEADM_KUBELET, KUBELET_AUTH, KUBELET_FILE};
use crate::control::Words;

pub(super) const WORDS: &[Words] = &[
    Words {
        control: "kubelet-unit-mode",
        title: "kubelet unit and drop-ins are for root only (mode 600 or stricter)",
        rationale: "Who may write the unit decides what runs as root at the next start of the \
            node.",
        procedure: "file-mode",
        set: "chmod 600 on the files that systemctl cat kubelet lists, such as \
            /usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
        breaks: "systemd logs that the file is world-inaccessible, which is harmless; package \
            upgrades put 644 back, so repeat it in configuration management.",
        references: &[KUBEADM_KUBELET],
    },
    Words {
        control: "kubelet-unit-owner",
        title: "kubelet unit and drop-ins belong to root:root",
        rationale: "A foreign owner can change the kubelet's command line, and with it what root \
            executes.",
        procedure: "file-mode",
        set: "chown root:root on the files that systemctl cat kubelet lists",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-proxy-kubeconfig-mode",
        title: "kube-proxy kubeconfig, where it is a file, has mode 600 or stricter",
        rationale: "It holds kube-proxy's login: with that, Services, endpoints and nodes of the \
            whole cluster can be read.",
        procedure: "file-mode",
        set: "Look at the path after --kubeconfig or clientConnection.kubeconfig; chmod 600 it \
            on the node. In a kubeadm pod it comes from ConfigMap kube-proxy and holds no \
            secret: not applicable",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-proxy-kubeconfig-owner",
        title: "kube-proxy kubeconfig, where it is a file, belongs to root:root",
        rationale: "Another owner can point kube-proxy at a false API server and so rewrite the \
            node's Service routing.",
        procedure: "file-mode",
        set: "Look at the path after --kubeconfig or clientConnection.kubeconfig; chown \
            root:root it on the node. In a kubeadm pod it is a ConfigMap: not applicable",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-kubeconfig-mode",
        title: "kubelet.conf is readable by root only (mode 600 or stricter)",
        rationale: "It holds or names the node's credential, which reads every Secret mounted on \
            that node.",
        procedure: "file-mode",
        set: "chmod 600 /etc/kubernetes/kubelet.conf (or what --kubeconfig names)",
        breaks: "Agents that borrow the kubelet's credential as another user fail; give them a \
            service account.",
        references: &[],
    },
    Words {
        control: "kubelet-kubeconfig-owner",
        title: "kubelet.conf belongs to root:root",
        rationale: "Its owner may act as the node, or send the kubelet to an API server that \
            tells it what to run.",
        procedure: "file-mode",
        set: "chown root:root /etc/kubernetes/kubelet.conf (or what --kubeconfig names)",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-client-ca-mode",
        title: "kubelet's client CA file has mode 600 or stricter",
        rationale: "Who can write this file chooses whose certificates the kubelet believes, and \
            so who may exec into pods.",
        procedure: "file-mode",
        set: "chmod 600 the file of authentication.x509.clientCAFile, usually \
            /etc/kubernetes/pki/ca.crt. kubeadm writes 644; a CA is public, so 644 with root as \
            only writer is defensible",
        breaks: "Agents that read ca.crt as another user stop working.",
        references: &[KUBELET_AUTH],
    },
    Words {
        control: "kubelet-client-ca-owner",
        title: "kubelet's client CA file belongs to root:root",
        rationale: "A foreign owner can add a CA of their own and then command the kubelet with \
            certificates it signs.",
        procedure: "file-mode",
        set: "chown root:root the file of authentication.x509.clientCAFile, usually \
            /etc/kubernetes/pki/ca.crt",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-config-mode",
        title: "kubelet configuration file has mode 600 or stricter",
        rationale: "Write access could open the kubelet to anonymous callers; read access shows \
            if somebody already has.",
        procedure: "file-mode",
        set: "chmod 600 /var/lib/kubelet/config.yaml (or what --config names) and the files of \
            --config-dir",
        breaks: "kubeadm creates the file with mode 644 on each new node: set it in the node \
            image as well.",
        references: &[KUBELET_FILE],
    },
    Words {
        control: "kubelet-config-owner",
        title: "kubelet configuration file belongs to root:root",
        rationale: "Its owner decides who may call the kubelet, and which static pods it runs as \
            root.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/kubelet/config.yaml (or what --config names) and the \
            files of --config-dir",
        breaks: "",
        references: &[],
    },
];
