//! What a report says of the controls that are about MicroK8s' own files, and how
//! its settings are changed for good.

use crate::control::{ProcedureWords, Words};

const SERVICES: &str = "https://microk8s.io/docs/configuring-services";

pub(super) const WORDS: &[&[Words]] = &[&[
    Words {
        control: "kube-apiserver-manifest-mode",
        title: "File of the API server arguments has mode 600 or stricter",
        rationale: "Whoever writes this file decides how the API server runs after the next \
            restart.",
        procedure: "file-mode",
        set: "chmod 600 /var/snap/microk8s/current/args/kube-apiserver",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-apiserver-manifest-mode-644",
        title: "File of the API server arguments has mode 644 or stricter",
        rationale: "Whoever writes this file decides how the API server runs after the next \
            restart.",
        procedure: "file-mode",
        set: "chmod 644 /var/snap/microk8s/current/args/kube-apiserver",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-apiserver-manifest-owner",
        title: "File of the API server arguments belongs to root:root",
        rationale: "Whoever writes this file decides how the API server runs after the next \
            restart.",
        procedure: "file-mode",
        set: "chown root:root /var/snap/microk8s/current/args/kube-apiserver",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-controller-manager-manifest-mode",
        title: "File of the controller manager arguments has mode 600 or stricter",
        rationale: "Whoever writes this file decides how the controller manager runs after the \
            next restart.",
        procedure: "file-mode",
        set: "chmod 600 /var/snap/microk8s/current/args/kube-controller-manager",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-controller-manager-manifest-mode-644",
        title: "File of the controller manager arguments has mode 644 or stricter",
        rationale: "Whoever writes this file decides how the controller manager runs after the \
            next restart.",
        procedure: "file-mode",
        set: "chmod 644 /var/snap/microk8s/current/args/kube-controller-manager",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-controller-manager-manifest-owner",
        title: "File of the controller manager arguments belongs to root:root",
        rationale: "Whoever writes this file decides how the controller manager runs after the \
            next restart.",
        procedure: "file-mode",
        set: "chown root:root /var/snap/microk8s/current/args/kube-controller-manager",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-scheduler-manifest-mode",
        title: "File of the scheduler arguments has mode 600 or stricter",
        rationale: "Whoever writes this file decides how the scheduler runs after the next \
            restart.",
        procedure: "file-mode",
        set: "chmod 600 /var/snap/microk8s/current/args/kube-scheduler",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-scheduler-manifest-mode-644",
        title: "File of the scheduler arguments has mode 644 or stricter",
        rationale: "Whoever writes this file decides how the scheduler runs after the next \
            restart.",
        procedure: "file-mode",
        set: "chmod 644 /var/snap/microk8s/current/args/kube-scheduler",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-scheduler-manifest-owner",
        title: "File of the scheduler arguments belongs to root:root",
        rationale: "Whoever writes this file decides how the scheduler runs after the next \
            restart.",
        procedure: "file-mode",
        set: "chown root:root /var/snap/microk8s/current/args/kube-scheduler",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "etcd-manifest-mode",
        title: "File of the datastore arguments has mode 600 or stricter",
        rationale: "Whoever writes this file decides how the datastore runs after the next \
            restart.",
        procedure: "file-mode",
        set: "chmod 600 /var/snap/microk8s/current/args/k8s-dqlite \
            /var/snap/microk8s/current/args/etcd",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "etcd-manifest-mode-644",
        title: "File of the datastore arguments has mode 644 or stricter",
        rationale: "Whoever writes this file decides how the datastore runs after the next \
            restart.",
        procedure: "file-mode",
        set: "chmod 644 /var/snap/microk8s/current/args/k8s-dqlite \
            /var/snap/microk8s/current/args/etcd",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "etcd-manifest-owner",
        title: "File of the datastore arguments belongs to root:root",
        rationale: "Whoever writes this file decides how the datastore runs after the next \
            restart.",
        procedure: "file-mode",
        set: "chown root:root /var/snap/microk8s/current/args/k8s-dqlite \
            /var/snap/microk8s/current/args/etcd",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "cni-files-mode",
        title: "CNI configuration of MicroK8s has mode 600 or stricter",
        rationale: "These files say which plugin joins pods to the network.",
        procedure: "file-mode",
        set: "chmod 600 /var/snap/microk8s/current/args/cni-network/*",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "cni-files-mode-644",
        title: "CNI configuration of MicroK8s has mode 644 or stricter",
        rationale: "These files say which plugin joins pods to the network.",
        procedure: "file-mode",
        set: "chmod 644 /var/snap/microk8s/current/args/cni-network/*",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "cni-files-owner",
        title: "CNI configuration of MicroK8s belongs to root:root",
        rationale: "A foreign owner can choose the program that root runs for each new pod.",
        procedure: "file-mode",
        set: "chown root:root /var/snap/microk8s/current/args/cni-network/*",
        breaks: "",
        references: &[],
    },
    Words {
        control: "etcd-data-dir-mode",
        title: "Data directory of k8s-dqlite or etcd has mode 700 or stricter",
        rationale: "It holds every object of the cluster, Secrets among them, in the clear unless \
            they are encrypted.",
        procedure: "file-mode",
        set: "chmod 700 /var/snap/microk8s/current/var/kubernetes/backend",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "etcd-data-dir-owner-root",
        title: "Data directory of k8s-dqlite or etcd belongs to root:root",
        rationale: "The datastore runs as root: anyone else who owns its data can read and change \
            the whole cluster.",
        procedure: "file-mode",
        set: "chown -R root:root /var/snap/microk8s/current/var/kubernetes/backend",
        breaks: "",
        references: &[],
    },
    Words {
        control: "admin-kubeconfig-mode",
        title: "client.config of the administrator has mode 600 or stricter",
        rationale: "It logs in as the administrator of the cluster.",
        procedure: "file-mode",
        set: "chmod 600 /var/snap/microk8s/current/credentials/client.config",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "admin-kubeconfig-mode-644",
        title: "client.config of the administrator has mode 644 or stricter",
        rationale: "It logs in as the administrator of the cluster.",
        procedure: "file-mode",
        set: "chmod 644 /var/snap/microk8s/current/credentials/client.config",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "admin-kubeconfig-owner",
        title: "client.config of the administrator belongs to root:root",
        rationale: "Its owner can hand out the whole cluster.",
        procedure: "file-mode",
        set: "chown root:root /var/snap/microk8s/current/credentials/client.config",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-scheduler-kubeconfig-mode",
        title: "scheduler.config has mode 600 or stricter",
        rationale: "It logs in as the scheduler, which binds pods to nodes.",
        procedure: "file-mode",
        set: "chmod 600 /var/snap/microk8s/current/credentials/scheduler.config",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-scheduler-kubeconfig-mode-644",
        title: "scheduler.config has mode 644 or stricter",
        rationale: "It logs in as the scheduler, which binds pods to nodes.",
        procedure: "file-mode",
        set: "chmod 644 /var/snap/microk8s/current/credentials/scheduler.config",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-scheduler-kubeconfig-owner",
        title: "scheduler.config belongs to root:root",
        rationale: "Its owner can act as the scheduler.",
        procedure: "file-mode",
        set: "chown root:root /var/snap/microk8s/current/credentials/scheduler.config",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-controller-manager-kubeconfig-mode",
        title: "controller.config has mode 600 or stricter",
        rationale: "It logs in as the controller manager, which makes tokens for every service \
            account.",
        procedure: "file-mode",
        set: "chmod 600 /var/snap/microk8s/current/credentials/controller.config",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-controller-manager-kubeconfig-mode-644",
        title: "controller.config has mode 644 or stricter",
        rationale: "It logs in as the controller manager, which makes tokens for every service \
            account.",
        procedure: "file-mode",
        set: "chmod 644 /var/snap/microk8s/current/credentials/controller.config",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-controller-manager-kubeconfig-owner",
        title: "controller.config belongs to root:root",
        rationale: "Its owner can act as the controller manager.",
        procedure: "file-mode",
        set: "chown root:root /var/snap/microk8s/current/credentials/controller.config",
        breaks: "",
        references: &[],
    },
    Words {
        control: "pki-owner",
        title: "/var/snap/microk8s/current/certs and all below it belong to root:root",
        rationale: "Whoever owns a CA key can make any identity of the cluster.",
        procedure: "pki-mode",
        set: "chown -R root:root /var/snap/microk8s/current/certs",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "pki-certificates-mode",
        title: "Certificates of MicroK8s have mode 600 or stricter",
        rationale: "Certificates are public, but whoever may write one can put a foreign authority \
            in its place.",
        procedure: "pki-mode",
        set: "find /var/snap/microk8s/current/certs/ -name '*.crt' -exec chmod 600 {} +",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "pki-certificates-mode-644",
        title: "Certificates of MicroK8s have mode 644 or stricter",
        rationale: "Whoever may write a certificate can put a foreign authority in its place.",
        procedure: "pki-mode",
        set: "find /var/snap/microk8s/current/certs/ -name '*.crt' -exec chmod 644 {} +",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "pki-keys-mode",
        title: "Private keys of MicroK8s have mode 600 or stricter",
        rationale: "Each key is an identity; with a CA key anyone makes new ones.",
        procedure: "pki-mode",
        set: "find /var/snap/microk8s/current/certs/ -name '*.key' -exec chmod 600 {} +. If \
            others could read one, replace it: microk8s refresh-certs",
        breaks: "Members of the group microk8s can no longer read the keys.",
        references: &[SERVICES],
    },
    Words {
        control: "kubelet-unit-mode",
        title: "Unit of kubelite has mode 600 or stricter",
        rationale: "Whoever writes the unit decides what root runs at the next start of the node.",
        procedure: "file-mode",
        set: "chmod 600 /etc/systemd/system/snap.microk8s.daemon-kubelite.service",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kubelet-unit-mode-644",
        title: "Unit of kubelite has mode 644 or stricter",
        rationale: "Whoever writes the unit decides what root runs at the next start of the node.",
        procedure: "file-mode",
        set: "chmod 644 /etc/systemd/system/snap.microk8s.daemon-kubelite.service",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kubelet-unit-owner",
        title: "Unit of kubelite belongs to root:root",
        rationale: "A foreign owner can change what root runs.",
        procedure: "file-mode",
        set: "chown root:root /etc/systemd/system/snap.microk8s.daemon-kubelite.service",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-proxy-kubeconfig-mode",
        title: "proxy.config has mode 600 or stricter",
        rationale: "It logs in as kube-proxy, which sees all services and nodes.",
        procedure: "file-mode",
        set: "chmod 600 /var/snap/microk8s/current/credentials/proxy.config",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-proxy-kubeconfig-mode-644",
        title: "proxy.config has mode 644 or stricter",
        rationale: "It logs in as kube-proxy, which sees all services and nodes.",
        procedure: "file-mode",
        set: "chmod 644 /var/snap/microk8s/current/credentials/proxy.config",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kube-proxy-kubeconfig-owner",
        title: "proxy.config belongs to root:root",
        rationale: "Its owner can act as kube-proxy.",
        procedure: "file-mode",
        set: "chown root:root /var/snap/microk8s/current/credentials/proxy.config",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-kubeconfig-mode",
        title: "kubelet.config has mode 600 or stricter",
        rationale: "It logs in as this node, with the Secrets of its pods.",
        procedure: "file-mode",
        set: "chmod 600 /var/snap/microk8s/current/credentials/kubelet.config",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kubelet-kubeconfig-mode-644",
        title: "kubelet.config has mode 644 or stricter",
        rationale: "It logs in as this node, with the Secrets of its pods.",
        procedure: "file-mode",
        set: "chmod 644 /var/snap/microk8s/current/credentials/kubelet.config",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kubelet-kubeconfig-owner",
        title: "kubelet.config belongs to root:root",
        rationale: "Its owner can act as this node.",
        procedure: "file-mode",
        set: "chown root:root /var/snap/microk8s/current/credentials/kubelet.config",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-client-ca-mode",
        title: "ca.crt of the kubelet's clients has mode 600 or stricter",
        rationale: "The kubelet obeys clients whom this authority vouches for.",
        procedure: "file-mode",
        set: "chmod 600 /var/snap/microk8s/current/certs/ca.crt",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kubelet-client-ca-mode-644",
        title: "ca.crt of the kubelet's clients has mode 644 or stricter",
        rationale: "The kubelet obeys clients whom this authority vouches for.",
        procedure: "file-mode",
        set: "chmod 644 /var/snap/microk8s/current/certs/ca.crt",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kubelet-client-ca-owner",
        title: "ca.crt of the kubelet's clients belongs to root:root",
        rationale: "Its owner can choose whom the kubelet obeys.",
        procedure: "file-mode",
        set: "chown root:root /var/snap/microk8s/current/certs/ca.crt",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-config-mode",
        title: "File of the kubelet arguments has mode 600 or stricter",
        rationale: "The arguments decide who may reach the kubelet and run commands in its pods.",
        procedure: "file-mode",
        set: "chmod 600 /var/snap/microk8s/current/args/kubelet",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kubelet-config-mode-644",
        title: "File of the kubelet arguments has mode 644 or stricter",
        rationale: "The arguments decide who may reach the kubelet and run commands in its pods.",
        procedure: "file-mode",
        set: "chmod 644 /var/snap/microk8s/current/args/kubelet",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "kubelet-config-owner",
        title: "File of the kubelet arguments belongs to root:root",
        rationale: "A foreign owner can open the kubelet to everybody.",
        procedure: "file-mode",
        set: "chown root:root /var/snap/microk8s/current/args/kubelet",
        breaks: "",
        references: &[],
    },
    Words {
        control: "dqlite-peer-certificate",
        title: "k8s-dqlite has a certificate and key for its members",
        rationale: "Members of the cluster exchange every object: without TLS anyone on the way \
            reads and changes them.",
        procedure: "kubeadm-etcd-args",
        set: "Look for cluster.crt and cluster.key in \
            /var/snap/microk8s/current/var/kubernetes/backend; a node that joins writes \
            them",
        breaks: "",
        references: &[SERVICES],
    },
    Words {
        control: "dqlite-tls",
        title: "k8s-dqlite members talk to each other over TLS (--enable-tls not false)",
        rationale: "Members of the cluster exchange every object: without TLS anyone on the way \
            reads and changes them.",
        procedure: "kubeadm-etcd-args",
        set: "Remove --enable-tls=false from /var/snap/microk8s/current/args/k8s-dqlite",
        breaks: "Members with and without TLS do not understand each other: change all.",
        references: &[SERVICES],
    },
]];

pub(super) const PROCEDURES: &[ProcedureWords] = &[
    ProcedureWords {
        name: "kubeadm-apiserver-args",
        change: "A line of its own in /var/snap/microk8s/current/args/kube-apiserver on each \
            node; the file outlives refreshes of the snap. A cluster of several nodes has \
            one on each.",
        effect: "snap restart microk8s.daemon-kubelite, one node at a time. Pods keep running; \
            the API of that node is away for a minute.",
        rollback: "Put the old line back and restart; journalctl -u snap.microk8s.daemon-kubelite \
            says why it does not start.",
        verify: "microk8s kubectl get --raw '/readyz?verbose'; the line is in the file.",
    },
    ProcedureWords {
        name: "kubeadm-controller-manager-args",
        change: "A line of its own in /var/snap/microk8s/current/args/kube-controller-manager \
            on each node; the file outlives refreshes of the snap. A cluster of several \
            nodes has one on each.",
        effect: "snap restart microk8s.daemon-kubelite, one node at a time. Pods keep running; \
            the API of that node is away for a minute.",
        rollback: "Put the old line back and restart; journalctl -u snap.microk8s.daemon-kubelite \
            says why it does not start.",
        verify: "microk8s kubectl -n kube-system get lease kube-controller-manager -o yaml \
            shows a fresh renewTime.",
    },
    ProcedureWords {
        name: "kubeadm-scheduler-args",
        change: "A line of its own in /var/snap/microk8s/current/args/kube-scheduler on each \
            node; the file outlives refreshes of the snap. A cluster of several nodes has \
            one on each.",
        effect: "snap restart microk8s.daemon-kubelite, one node at a time. Pods keep running; \
            the API of that node is away for a minute.",
        rollback: "Put the old line back and restart; journalctl -u snap.microk8s.daemon-kubelite \
            says why it does not start.",
        verify: "A new test pod gets a node.",
    },
    ProcedureWords {
        name: "kubeadm-etcd-args",
        change: "A line of its own in /var/snap/microk8s/current/args/k8s-dqlite on each node; \
            the file outlives refreshes of the snap. A cluster of several nodes has one on \
            each.",
        effect: "snap restart microk8s.daemon-k8s-dqlite, one node at a time. Pods keep \
            running; the API of that node is away for a minute.",
        rollback: "Put the old line back and restart; journalctl -u \
            snap.microk8s.daemon-k8s-dqlite says why it does not start.",
        verify: "microk8s status shows high-availability and the members of the datastore.",
    },
    ProcedureWords {
        name: "kubelet-config",
        change: "A line of its own in /var/snap/microk8s/current/args/kubelet on each node; the \
            file outlives refreshes of the snap. A cluster of several nodes has one on \
            each.",
        effect: "snap restart microk8s.daemon-kubelite, one node at a time. Pods keep running; \
            the API of that node is away for a minute.",
        rollback: "Put the old line back and restart; journalctl -u snap.microk8s.daemon-kubelite \
            says why it does not start.",
        verify: "microk8s kubectl get --raw /api/v1/nodes/NODE/proxy/configz; the node is \
            Ready.",
    },
    ProcedureWords {
        name: "kube-proxy-config",
        change: "A line of its own in /var/snap/microk8s/current/args/kube-proxy on each node; \
            the file outlives refreshes of the snap. A cluster of several nodes has one on \
            each.",
        effect: "snap restart microk8s.daemon-kubelite, one node at a time. Pods keep running; \
            the API of that node is away for a minute.",
        rollback: "Put the old line back and restart; journalctl -u snap.microk8s.daemon-kubelite \
            says why it does not start.",
        verify: "ss -ltnp | grep 10249.",
    },
    ProcedureWords {
        name: "file-mode",
        change: "On the node, as root. The snap writes these files, some again at each refresh: \
            repeat it in configuration management.",
        effect: "Nothing restarts: kubelite reads them as root. Members of the group microk8s \
            may lose access.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "stat -c '%a %U:%G %n' FILE, also after the next refresh.",
    },
    ProcedureWords {
        name: "pki-mode",
        change: "On each node, as root: the files below /var/snap/microk8s/current/certs; also \
            in configuration management.",
        effect: "Nothing restarts: kubelite reads them as root. Members of the group microk8s \
            may lose access.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "find /var/snap/microk8s/current/certs/ -printf '%m %u:%g %p\\n'.",
    },
];
