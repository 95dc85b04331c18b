//! Words for the flags of kube-controller-manager.

use super::urls::{CONTROLLER_MANAGER, RBAC, SA_ADMIN, TLS_BOOTSTRAP};
use crate::control::Words;

pub(super) const WORDS: &[Words] = &[
    Words {
        control: "kube-controller-manager-terminated-pod-gc-threshold",
        title: "Finished pods are collected in time (--terminated-pod-gc-threshold)",
        rationale: "Thousands of finished pods fill etcd and slow every list; too few kept \
            destroy traces that somebody may need.",
        procedure: "kubeadm-controller-manager-args",
        set: "The default is 12500: decide from how many finished pods you have (kubectl get \
            pods -A --field-selector status.phase=Succeeded) and set the flag explicitly",
        breaks: "A low value deletes logs of finished Jobs early.",
        references: &[CONTROLLER_MANAGER],
    },
    Words {
        control: "kube-controller-manager-profiling-off",
        title: "Controller manager serves no profiles (--profiling=false)",
        rationale: "Profiles show internals of the process that holds the cluster's signing \
            keys, and taking one costs it time.",
        procedure: "kubeadm-controller-manager-args",
        set: "controllerManager.extraArgs: profiling=false",
        breaks: "",
        references: &[CONTROLLER_MANAGER],
    },
    Words {
        control: "kube-controller-manager-service-account-credentials",
        title: "Each controller has its own identity (--use-service-account-credentials)",
        rationale: "With one shared identity every controller holds the rights of all, and the \
            audit log cannot say which one acted.",
        procedure: "kubeadm-controller-manager-args",
        set: "controllerManager.extraArgs: use-service-account-credentials=true (kubeadm sets it)",
        breaks: "Under an authorizer other than RBAC the controllers' roles must exist first.",
        references: &[RBAC],
    },
    Words {
        control: "kube-controller-manager-service-account-private-key-file",
        title: "Legacy tokens have a signing key (--service-account-private-key-file)",
        rationale: "A dedicated key can be rotated by itself; without one, token Secrets stay \
            empty or a key is shared.",
        procedure: "kubeadm-controller-manager-args",
        set: "controllerManager.extraArgs: \
            service-account-private-key-file=/etc/kubernetes/pki/sa.key (kubeadm sets it)",
        breaks: "It must match --service-account-key-file of the API server, or the tokens get \
            401.",
        references: &[SA_ADMIN],
    },
    Words {
        control: "kube-controller-manager-root-ca-file",
        title: "Pods receive the API server's CA (--root-ca-file)",
        rationale: "Pods verify the API server with the published kube-root-ca.crt; without it, \
            clients tend to skip verification.",
        procedure: "kubeadm-controller-manager-args",
        set: "controllerManager.extraArgs: root-ca-file=/etc/kubernetes/pki/ca.crt (kubeadm sets \
            it)",
        breaks: "The wrong file breaks TLS for every pod that talks to the API.",
        references: &[CONTROLLER_MANAGER],
    },
    Words {
        control: "kube-controller-manager-rotate-kubelet-server-certificate",
        title: "Gate RotateKubeletServerCertificate is not off (controller manager)",
        rationale: "The kubelet's own gate decides; off here, it shows that rotation was not \
            wanted, and serving certificates end up expired.",
        procedure: "kubeadm-controller-manager-args",
        set: "Remove RotateKubeletServerCertificate=false from --feature-gates (on by default)",
        breaks: "",
        references: &[TLS_BOOTSTRAP],
    },
    Words {
        control: "kube-controller-manager-bind-address",
        title: "Controller manager listens on loopback only (--bind-address=127.0.0.1)",
        rationale: "On 0.0.0.0, the binary's own default, anyone who reaches port 10257 may \
            probe it for health, metrics and flaws.",
        procedure: "kubeadm-controller-manager-args",
        set: "controllerManager.extraArgs: bind-address=127.0.0.1 (kubeadm's default)",
        breaks: "Prometheus can no longer scrape it from outside the node; use an agent or a \
            proxy with authentication there.",
        references: &[CONTROLLER_MANAGER],
    },
];
