//! How settings are changed on RKE2 so that they stay, in place of the common
//! procedures of the same names.

use crate::control::ProcedureWords;

pub(super) const PROCEDURES: &[ProcedureWords] = &[
    ProcedureWords {
        name: "kubeadm-apiserver-args",
        change: "Durable: kube-apiserver-arg, a list of NAME=VALUE, in \
            /etc/rancher/rke2/config.yaml or config.yaml.d/*.yaml on every server; for what \
            the line above says of apiServer.extraArgs. A later file replaces a list unless \
            its key ends in +. rke2 renders agent/pod-manifests from it; edits there are \
            lost.",
        effect: "systemctl restart rke2-server, one server at a time, each Ready before the next: \
            the kubelet recreates the API server. Pods keep running; with one server the API \
            is away for a minute.",
        rollback: "Put the old list back and restart rke2-server. If it does not come up: \
            journalctl -u rke2-server, and crictl logs (/var/lib/rancher/rke2/bin, \
            CRI_CONFIG_FILE=/var/lib/rancher/rke2/agent/etc/crictl.yaml).",
        verify: "On every server: pgrep -a kube-apiserver | tr ' ' '\\n' | grep NAME; kubectl get \
            --raw '/readyz?verbose'.",
    },
    ProcedureWords {
        name: "kubeadm-controller-manager-args",
        change: "Durable: kube-controller-manager-arg, a list of NAME=VALUE, in \
            /etc/rancher/rke2/config.yaml or config.yaml.d/*.yaml on every server, for what \
            the line above says of controllerManager.extraArgs. A later file replaces a list \
            unless its key ends in +. agent/pod-manifests is rendered from it.",
        effect: "systemctl restart rke2-server, one server at a time. Another takes over the \
            lease; pods keep running.",
        rollback: "Put the old list back and restart rke2-server.",
        verify: "pgrep -a kube-controller | tr ' ' '\\n' | grep NAME; kubectl -n kube-system get \
            lease kube-controller-manager -o yaml shows a fresh renewTime.",
    },
    ProcedureWords {
        name: "kubeadm-scheduler-args",
        change: "Durable: kube-scheduler-arg, a list of NAME=VALUE, in \
            /etc/rancher/rke2/config.yaml or config.yaml.d/*.yaml on every server, for what \
            the line above says of scheduler.extraArgs. A later file replaces a list unless \
            its key ends in +. agent/pod-manifests is rendered from it.",
        effect: "systemctl restart rke2-server, one server at a time. Pending pods wait for \
            seconds.",
        rollback: "Put the old list back and restart rke2-server.",
        verify: "pgrep -a kube-scheduler | tr ' ' '\\n' | grep NAME; a new test pod gets a node.",
    },
    ProcedureWords {
        name: "kubeadm-etcd-args",
        change: "Durable: etcd-arg, a list of NAME=VALUE, in /etc/rancher/rke2/config.yaml or \
            config.yaml.d/*.yaml on every server with etcd. rke2 merges it into \
            /var/lib/rancher/rke2/server/db/etcd/config, which etcd alone reads \
            (--config-file) and which is written anew at each start.",
        effect: "systemctl restart rke2-server restarts the member: one at a time, healthy in \
            between, or quorum is lost and the API with it. First: rke2 etcd-snapshot save.",
        rollback: "Put the old list back and restart rke2-server.",
        verify: "Read server/db/etcd/config; etcdctl endpoint health --cluster with --cacert, \
            --cert and --key of server/tls/etcd succeeds, and without --cert must fail.",
    },
    ProcedureWords {
        name: "kubelet-config",
        change: "Durable: kubelet-arg, a list of NAME=VALUE, in /etc/rancher/rke2/config.yaml or \
            config.yaml.d/*.yaml of each server and agent. Where the kubelet has \
            --config-dir (1.32 and newer) also a file of yours in agent/etc/kubelet.conf.d, \
            sorted after 00-rke2-defaults.conf; flags win over it.",
        effect: "systemctl restart rke2-server or rke2-agent. Containers keep running. A bad \
            value keeps the kubelet down and the node turns NotReady: begin with one node.",
        rollback: "Put the old list or file back and restart; \
            /var/lib/rancher/rke2/agent/logs/kubelet.log says why the kubelet does not \
            start.",
        verify: "kubectl get --raw /api/v1/nodes/NODE/proxy/configz shows what the kubelet really \
            uses; the node is Ready.",
    },
    ProcedureWords {
        name: "kube-proxy-config",
        change: "Durable: kube-proxy-arg, a list of NAME=VALUE, in /etc/rancher/rke2/config.yaml \
            or config.yaml.d/*.yaml of each server and agent: \
            metrics-bind-address=127.0.0.1:10249.",
        effect: "systemctl restart rke2-server or rke2-agent: the static pod of kube-proxy is \
            recreated. Rules and connections stay; Service changes wait for seconds.",
        rollback: "Put the old list back and restart.",
        verify: "On a node: ss -ltnp | grep kube-proxy; curl -s 127.0.0.1:10249/configz shows \
            what is in use.",
    },
    ProcedureWords {
        name: "manifest-file-mode",
        change: "Durable: profile: cis (cis-1.23 or cis-1.6 in older releases) in \
            /etc/rancher/rke2/config.yaml on every server: only then rke2 writes its \
            manifests with 600, else with 644. A mode set by hand lasts until rke2 next \
            changes the file. See what else the profile demands before.",
        effect: "By hand nothing restarts. The profile takes effect at systemctl restart \
            rke2-server, which then refuses to start where its demands on the host are not \
            met.",
        rollback: "Remove profile and restart; chmod and chown back to what stat showed before.",
        verify: "stat -c '%a %U:%G %n' /var/lib/rancher/rke2/agent/pod-manifests/*",
    },
    ProcedureWords {
        name: "file-mode",
        change: "On each node, as root. Find out who writes the file (rke2 at its start, a \
            package, configuration management) and set mode and owner there and in node \
            images, or the next run undoes it; look again after a restart of rke2.",
        effect: "Nothing restarts: rke2 and its components read the file as root. Programs of \
            other users lose access.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "stat -c '%a %U:%G %n' FILE",
    },
    ProcedureWords {
        name: "pki-mode",
        change: "On each server, as root; also in node images or configuration management. rke2 \
            writes missing and renewed certificates at its start: look again after rke2 \
            certificate rotate.",
        effect: "Nothing restarts: rke2 and the static pods run as root, but etcd under a CIS \
            profile, which must be able to read its own files.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "find /var/lib/rancher/rke2/server/tls -printf '%m %u:%g %p\\n'",
    },
];
