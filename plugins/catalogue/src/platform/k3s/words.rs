//! What a report says of the controls that are about K3s' own files, and how its
//! settings are changed for good.

use crate::control::{ProcedureWords, Words};

const AGENT: &str = "https://docs.k3s.io/cli/agent";
const CERTS: &str = "https://docs.k3s.io/cli/certificate";
const SERVER: &str = "https://docs.k3s.io/cli/server";

pub(super) const WORDS: &[&[Words]] = &[&[
    Words {
        control: "kube-apiserver-manifest-mode",
        title: "API server: a pod manifest, if any, has mode 600 or stricter",
        rationale: "Where a file declares the API server as a pod, whoever writes it decides what \
            runs as root.",
        procedure: "",
        set: "Nothing to set: K3s runs it in its own process, and its arguments come from \
            K3s' configuration",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "kube-apiserver-manifest-mode-644",
        title: "API server: a pod manifest, if any, has mode 644 or stricter",
        rationale: "Where a file declares the API server as a pod, whoever writes it decides what \
            runs as root.",
        procedure: "",
        set: "Nothing to set: K3s runs it in its own process, and its arguments come from \
            K3s' configuration",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "kube-apiserver-manifest-owner",
        title: "API server: a pod manifest, if any, belongs to root:root",
        rationale: "Where a file declares the API server as a pod, whoever writes it decides what \
            runs as root.",
        procedure: "",
        set: "Nothing to set: K3s runs it in its own process, and its arguments come from \
            K3s' configuration",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "kube-controller-manager-manifest-mode",
        title: "Controller manager: a pod manifest, if any, has mode 600 or stricter",
        rationale: "Where a file declares the controller manager as a pod, whoever writes it \
            decides what runs as root.",
        procedure: "",
        set: "Nothing to set: K3s runs it in its own process, and its arguments come from \
            K3s' configuration",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "kube-controller-manager-manifest-mode-644",
        title: "Controller manager: a pod manifest, if any, has mode 644 or stricter",
        rationale: "Where a file declares the controller manager as a pod, whoever writes it \
            decides what runs as root.",
        procedure: "",
        set: "Nothing to set: K3s runs it in its own process, and its arguments come from \
            K3s' configuration",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "kube-controller-manager-manifest-owner",
        title: "Controller manager: a pod manifest, if any, belongs to root:root",
        rationale: "Where a file declares the controller manager as a pod, whoever writes it \
            decides what runs as root.",
        procedure: "",
        set: "Nothing to set: K3s runs it in its own process, and its arguments come from \
            K3s' configuration",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "kube-scheduler-manifest-mode",
        title: "Scheduler: a pod manifest, if any, has mode 600 or stricter",
        rationale: "Where a file declares the scheduler as a pod, whoever writes it decides what \
            runs as root.",
        procedure: "",
        set: "Nothing to set: K3s runs it in its own process, and its arguments come from \
            K3s' configuration",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "kube-scheduler-manifest-mode-644",
        title: "Scheduler: a pod manifest, if any, has mode 644 or stricter",
        rationale: "Where a file declares the scheduler as a pod, whoever writes it decides what \
            runs as root.",
        procedure: "",
        set: "Nothing to set: K3s runs it in its own process, and its arguments come from \
            K3s' configuration",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "kube-scheduler-manifest-owner",
        title: "Scheduler: a pod manifest, if any, belongs to root:root",
        rationale: "Where a file declares the scheduler as a pod, whoever writes it decides what \
            runs as root.",
        procedure: "",
        set: "Nothing to set: K3s runs it in its own process, and its arguments come from \
            K3s' configuration",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "etcd-manifest-mode",
        title: "etcd: a pod manifest, if any, has mode 600 or stricter",
        rationale: "Where a file declares etcd as a pod, whoever writes it decides what runs as \
            root.",
        procedure: "",
        set: "Nothing to set: K3s runs it in its own process, and its arguments come from \
            K3s' configuration",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "etcd-manifest-mode-644",
        title: "etcd: a pod manifest, if any, has mode 644 or stricter",
        rationale: "Where a file declares etcd as a pod, whoever writes it decides what runs as \
            root.",
        procedure: "",
        set: "Nothing to set: K3s runs it in its own process, and its arguments come from \
            K3s' configuration",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "etcd-manifest-owner",
        title: "etcd: a pod manifest, if any, belongs to root:root",
        rationale: "Where a file declares etcd as a pod, whoever writes it decides what runs as \
            root.",
        procedure: "",
        set: "Nothing to set: K3s runs it in its own process, and its arguments come from \
            K3s' configuration",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "kubelet-unit-mode",
        title: "A unit of the kubelet alone, if any, has mode 600 or stricter",
        rationale: "Whoever writes the unit of a program that root runs decides what root runs.",
        procedure: "",
        set: "Nothing to set: the unit of K3s starts the kubelet together with everything \
            else",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "kubelet-unit-mode-644",
        title: "A unit of the kubelet alone, if any, has mode 644 or stricter",
        rationale: "Whoever writes the unit of a program that root runs decides what root runs.",
        procedure: "",
        set: "Nothing to set: the unit of K3s starts the kubelet together with everything \
            else",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "kubelet-unit-owner",
        title: "A unit of the kubelet alone, if any, belongs to root:root",
        rationale: "Whoever writes the unit of a program that root runs decides what root runs.",
        procedure: "",
        set: "Nothing to set: the unit of K3s starts the kubelet together with everything \
            else",
        breaks: "",
        references: &[SERVER],
    },
    Words {
        control: "cni-files-mode",
        title: "CNI configuration and state of K3s have mode 600 or stricter",
        rationale: "These files say which plugin joins pods to the network, and which address is \
            whose.",
        procedure: "file-mode",
        set: "chmod 600 /var/lib/rancher/k3s/agent/etc/cni/net.d/* and \
            /var/lib/cni/networks/*/*",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "cni-files-mode-644",
        title: "CNI configuration and state of K3s have mode 644 or stricter",
        rationale: "These files say which plugin joins pods to the network, and which address is \
            whose.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/rancher/k3s/agent/etc/cni/net.d/* and \
            /var/lib/cni/networks/*/*",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "cni-files-owner",
        title: "CNI configuration and state of K3s belong to root:root",
        rationale: "A foreign owner can choose the program that root runs for each new pod.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/rancher/k3s/agent/etc/cni/net.d/* and \
            /var/lib/cni/networks/*/*",
        breaks: "",
        references: &[],
    },
    Words {
        control: "etcd-data-dir-mode",
        title: "Data directory of the embedded etcd has mode 700 or stricter",
        rationale: "It holds every object of the cluster, Secrets among them, in the clear unless \
            they are encrypted.",
        procedure: "file-mode",
        set: "chmod 700 /var/lib/rancher/k3s/server/db/etcd",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "etcd-data-dir-owner-root",
        title: "Data directory of the embedded etcd belongs to root:root",
        rationale: "The embedded etcd runs as root: anyone else who owns its data can read and \
            change the whole cluster.",
        procedure: "file-mode",
        set: "chown -R root:root /var/lib/rancher/k3s/server/db/etcd",
        breaks: "",
        references: &[],
    },
    Words {
        control: "admin-kubeconfig-mode",
        title: "Administrator kubeconfigs of K3s have mode 600 or stricter",
        rationale: "Both files log in as a member of system:masters, whom no RBAC rule can limit.",
        procedure: "file-mode",
        set: "chmod 600 /var/lib/rancher/k3s/server/cred/admin.kubeconfig \
            /etc/rancher/k3s/k3s.yaml; set write-kubeconfig-mode: 600 in config.yaml, or \
            the next start undoes it",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "admin-kubeconfig-mode-644",
        title: "Administrator kubeconfigs of K3s have mode 644 or stricter",
        rationale: "Both files log in as a member of system:masters, whom no RBAC rule can limit.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/rancher/k3s/server/cred/admin.kubeconfig \
            /etc/rancher/k3s/k3s.yaml",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "admin-kubeconfig-owner",
        title: "Administrator kubeconfigs of K3s belong to root:root",
        rationale: "Whoever owns these files can hand out the whole cluster.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/rancher/k3s/server/cred/admin.kubeconfig \
            /etc/rancher/k3s/k3s.yaml",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-scheduler-kubeconfig-mode",
        title: "scheduler.kubeconfig has mode 600 or stricter",
        rationale: "It logs in as the scheduler, which binds pods to nodes.",
        procedure: "file-mode",
        set: "chmod 600 /var/lib/rancher/k3s/server/cred/scheduler.kubeconfig",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "kube-scheduler-kubeconfig-mode-644",
        title: "scheduler.kubeconfig has mode 644 or stricter",
        rationale: "It logs in as the scheduler, which binds pods to nodes.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/rancher/k3s/server/cred/scheduler.kubeconfig",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "kube-scheduler-kubeconfig-owner",
        title: "scheduler.kubeconfig belongs to root:root",
        rationale: "Its owner can act as the scheduler.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/rancher/k3s/server/cred/scheduler.kubeconfig",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-controller-manager-kubeconfig-mode",
        title: "controller.kubeconfig has mode 600 or stricter",
        rationale: "It logs in as the controller manager, which makes tokens for every service \
            account.",
        procedure: "file-mode",
        set: "chmod 600 /var/lib/rancher/k3s/server/cred/controller.kubeconfig",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "kube-controller-manager-kubeconfig-mode-644",
        title: "controller.kubeconfig has mode 644 or stricter",
        rationale: "It logs in as the controller manager, which makes tokens for every service \
            account.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/rancher/k3s/server/cred/controller.kubeconfig",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "kube-controller-manager-kubeconfig-owner",
        title: "controller.kubeconfig belongs to root:root",
        rationale: "Its owner can act as the controller manager.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/rancher/k3s/server/cred/controller.kubeconfig",
        breaks: "",
        references: &[],
    },
    Words {
        control: "k3s-cloud-controller-kubeconfig-mode-644",
        title: "cloud-controller.kubeconfig has mode 644 or stricter",
        rationale: "It logs in as the cloud controller, which may change nodes and services.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/rancher/k3s/server/cred/cloud-controller.kubeconfig",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "k3s-cloud-controller-kubeconfig-owner",
        title: "cloud-controller.kubeconfig belongs to root:root",
        rationale: "Its owner can act as the cloud controller.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/rancher/k3s/server/cred/cloud-controller.kubeconfig",
        breaks: "",
        references: &[],
    },
    Words {
        control: "pki-owner",
        title: "/var/lib/rancher/k3s/server/tls and all below it belong to root:root",
        rationale: "Whoever owns a CA key can make any identity of the cluster.",
        procedure: "pki-mode",
        set: "chown -R root:root /var/lib/rancher/k3s/server/tls",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "pki-certificates-mode",
        title: "Certificates of K3s servers have mode 600 or stricter",
        rationale: "Certificates are public, but whoever may write one can put a foreign authority \
            in its place.",
        procedure: "pki-mode",
        set: "find /var/lib/rancher/k3s/server/tls -name '*.crt' -exec chmod 600 {} +",
        breaks: "Programs of other users that check against server-ca.crt need another copy.",
        references: &[CERTS],
    },
    Words {
        control: "pki-certificates-mode-644",
        title: "Certificates of K3s servers have mode 644 or stricter",
        rationale: "Whoever may write a certificate can put a foreign authority in its place.",
        procedure: "pki-mode",
        set: "find /var/lib/rancher/k3s/server/tls -name '*.crt' -exec chmod 644 {} +",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "pki-keys-mode",
        title: "Private keys of K3s servers have mode 600 or stricter",
        rationale: "Each key is an identity; with a CA key anyone makes new ones.",
        procedure: "pki-mode",
        set: "find /var/lib/rancher/k3s/server/tls -name '*.key' -exec chmod 600 {} +. If \
            others could read one, replace it: k3s certificate rotate, rotate-ca for a CA",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "kube-proxy-kubeconfig-mode",
        title: "kubeproxy.kubeconfig has mode 600 or stricter",
        rationale: "It logs in as kube-proxy, which sees all services and nodes.",
        procedure: "file-mode",
        set: "chmod 600 /var/lib/rancher/k3s/agent/kubeproxy.kubeconfig",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "kube-proxy-kubeconfig-mode-644",
        title: "kubeproxy.kubeconfig has mode 644 or stricter",
        rationale: "It logs in as kube-proxy, which sees all services and nodes.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/rancher/k3s/agent/kubeproxy.kubeconfig",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "kube-proxy-kubeconfig-owner",
        title: "kubeproxy.kubeconfig belongs to root:root",
        rationale: "Its owner can act as kube-proxy.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/rancher/k3s/agent/kubeproxy.kubeconfig",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-kubeconfig-mode",
        title: "kubelet.kubeconfig has mode 600 or stricter",
        rationale: "It logs in as this node, with the Secrets of its pods.",
        procedure: "file-mode",
        set: "chmod 600 /var/lib/rancher/k3s/agent/kubelet.kubeconfig",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "kubelet-kubeconfig-mode-644",
        title: "kubelet.kubeconfig has mode 644 or stricter",
        rationale: "It logs in as this node, with the Secrets of its pods.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/rancher/k3s/agent/kubelet.kubeconfig",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "kubelet-kubeconfig-owner",
        title: "kubelet.kubeconfig belongs to root:root",
        rationale: "Its owner can act as this node.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/rancher/k3s/agent/kubelet.kubeconfig",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-client-ca-mode",
        title: "client-ca.crt of the kubelet has mode 600 or stricter",
        rationale: "The kubelet obeys clients whom this authority vouches for.",
        procedure: "file-mode",
        set: "chmod 600 /var/lib/rancher/k3s/agent/client-ca.crt",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "kubelet-client-ca-mode-644",
        title: "client-ca.crt of the kubelet has mode 644 or stricter",
        rationale: "The kubelet obeys clients whom this authority vouches for.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/rancher/k3s/agent/client-ca.crt",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "kubelet-client-ca-owner",
        title: "client-ca.crt of the kubelet belongs to root:root",
        rationale: "Its owner can choose whom the kubelet obeys.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/rancher/k3s/agent/client-ca.crt",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-config-mode",
        title: "Each drop-in of the kubelet has mode 600 or stricter",
        rationale: "Drop-ins decide who may reach the kubelet and run commands in its pods.",
        procedure: "file-mode",
        set: "chmod 600 /var/lib/rancher/k3s/agent/etc/kubelet.conf.d/*.conf",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "kubelet-config-mode-644",
        title: "Each drop-in of the kubelet has mode 644 or stricter",
        rationale: "Drop-ins decide who may reach the kubelet and run commands in its pods.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/rancher/k3s/agent/etc/kubelet.conf.d/*.conf",
        breaks: "",
        references: &[CERTS],
    },
    Words {
        control: "kubelet-config-owner",
        title: "Each drop-in of the kubelet belongs to root:root",
        rationale: "A foreign owner can open the kubelet to everybody.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/rancher/k3s/agent/etc/kubelet.conf.d/*.conf",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-hostname-override-unset",
        title: "kubelet-arg sets no hostname-override; K3s names the node itself",
        rationale: "Certificates and authorization are for the name under which K3s registers the \
            node.",
        procedure: "kubelet-config",
        set: "Remove hostname-override from kubelet-arg; to choose a name, use node-name \
            before the node joins",
        breaks: "A node that changes its name joins as a new one.",
        references: &[AGENT],
    },
]];

pub(super) const PROCEDURES: &[ProcedureWords] = &[
    ProcedureWords {
        name: "kubeadm-apiserver-args",
        change: "In /etc/rancher/k3s/config.yaml of each server, or a file in config.yaml.d: a \
            line NAME=VALUE below kube-apiserver-arg; a later file replaces the list \
            unless the key ends in +. It replaces K3s' own value; NAME+=VALUE adds. Flags \
            in ExecStart of k3s.service win.",
        effect: "systemctl restart k3s, one server at a time. The API of that server is away \
            for a minute; pods keep running.",
        rollback: "Take the line out again and restart; journalctl -u k3s says why it does not \
            start.",
        verify: "journalctl -u k3s | grep 'Running kube-apiserver' | tail -n1; k3s kubectl get \
            --raw '/readyz?verbose'.",
    },
    ProcedureWords {
        name: "kubeadm-controller-manager-args",
        change: "In /etc/rancher/k3s/config.yaml of each server: a line NAME=VALUE below \
            kube-controller-manager-arg. Flags in ExecStart of k3s.service win.",
        effect: "systemctl restart k3s, one server at a time; another takes over the lease. \
            Pods keep running.",
        rollback: "Take the line out again and restart.",
        verify: "journalctl -u k3s | grep 'Running kube-controller-manager' | tail -n1.",
    },
    ProcedureWords {
        name: "kubeadm-scheduler-args",
        change: "In /etc/rancher/k3s/config.yaml of each server: a line NAME=VALUE below \
            kube-scheduler-arg. Flags in ExecStart of k3s.service win.",
        effect: "systemctl restart k3s, one server at a time; pending pods wait so long.",
        rollback: "Take the line out again and restart.",
        verify: "journalctl -u k3s | grep 'Running kube-scheduler' | tail -n1.",
    },
    ProcedureWords {
        name: "kubeadm-etcd-args",
        change: "K3s writes /var/lib/rancher/k3s/server/db/etcd/config at each start: edits \
            there are lost. A line NAME=VALUE below etcd-arg in \
            /etc/rancher/k3s/config.yaml of each server changes it.",
        effect: "systemctl restart k3s, one member at a time, healthy in between. First: k3s \
            etcd-snapshot save.",
        rollback: "Take the line out again and restart.",
        verify: "cat /var/lib/rancher/k3s/server/db/etcd/config; k3s kubectl get nodes shows \
            every server Ready.",
    },
    ProcedureWords {
        name: "kubelet-config",
        change: "Since 1.32: a file such as 50-site.conf in \
            /var/lib/rancher/k3s/agent/etc/kubelet.conf.d (not 00-k3s-defaults.conf, which \
            K3s writes anew). Before, or to win over files: NAME=VALUE below kubelet-arg \
            in /etc/rancher/k3s/config.yaml of each node.",
        effect: "systemctl restart k3s, on agents k3s-agent. Containers keep running; a bad \
            value keeps the node down: begin with one.",
        rollback: "Take it out again and restart; journalctl -u k3s-agent says why it does not \
            start.",
        verify: "k3s kubectl get --raw /api/v1/nodes/NODE/proxy/configz; the node is Ready.",
    },
    ProcedureWords {
        name: "kube-proxy-config",
        change: "NAME=VALUE below kube-proxy-arg in /etc/rancher/k3s/config.yaml of each node.",
        effect: "systemctl restart k3s, on agents k3s-agent. Connections stay.",
        rollback: "Take the line out again and restart.",
        verify: "ss -ltnp | grep 10249.",
    },
    ProcedureWords {
        name: "file-mode",
        change: "On the node, as root. K3s writes most of these files itself: find out what \
            changed them (image, backup, configuration management) and mend that too.",
        effect: "Nothing restarts: K3s reads them as root.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "stat -c '%a %U:%G %n' FILE, also after the next restart of K3s.",
    },
    ProcedureWords {
        name: "pki-mode",
        change: "On each server, as root; also in images and configuration management. K3s \
            creates keys with 600 and certificates with 644, and keeps the modes of files \
            that exist.",
        effect: "Nothing restarts: K3s reads them as root.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "find /var/lib/rancher/k3s/server/tls -printf '%m %u:%g %p\\n'.",
    },
];
