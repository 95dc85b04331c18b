//! How settings are changed on ACK: by hand on the masters of a dedicated
//! cluster, through node pools on nodes, through the API for the rest.

use crate::control::ProcedureWords;

pub(super) const PROCEDURES: &[ProcedureWords] = &[
    ProcedureWords {
        name: "kubeadm-apiserver-args",
        change: "Dedicated clusters: edit /etc/kubernetes/manifests/kube-apiserver.yaml on each \
            master and keep the change in configuration management: an upgrade by ACK writes the \
            file anew. Managed Pro clusters offer some arguments under Add-ons > Core \
            Components.",
        effect: "The kubelet recreates the API server of that master, away for up to a minute: \
            one master at a time, waiting for /readyz.",
        rollback: "Put the copy of the manifest back that was made outside \
            /etc/kubernetes/manifests before. crictl ps -a and crictl logs ID say why it does \
            not come up.",
        verify: "On every master: pgrep -a kube-apiserver | tr ' ' '\\n' | grep NAME; kubectl get \
            --raw '/readyz?verbose'.",
    },
    ProcedureWords {
        name: "kubeadm-controller-manager-args",
        change: "Dedicated clusters: edit \
            /etc/kubernetes/manifests/kube-controller-manager.yaml on each master, and repeat it \
            after an upgrade by ACK. Managed Pro clusters offer some arguments under Add-ons > \
            Core Components.",
        effect: "The pod is recreated; another master takes over the lease within seconds.",
        rollback: "Put the copy of the manifest back that was made outside \
            /etc/kubernetes/manifests before.",
        verify: "pgrep -a kube-controller | tr ' ' '\\n' | grep NAME",
    },
    ProcedureWords {
        name: "kubeadm-scheduler-args",
        change: "Dedicated clusters: edit /etc/kubernetes/manifests/kube-scheduler.yaml on each \
            master, and repeat it after an upgrade by ACK. Managed Pro clusters offer some \
            arguments under Add-ons > Core Components.",
        effect: "The pod is recreated; another master takes over the lease within seconds.",
        rollback: "Put the copy of the manifest back that was made outside \
            /etc/kubernetes/manifests before.",
        verify: "pgrep -a kube-scheduler | tr ' ' '\\n' | grep NAME; a new test pod gets a node.",
    },
    ProcedureWords {
        name: "kubeadm-etcd-args",
        change: "Dedicated clusters: etcd is a unit of systemd. Put the whole ExecStart into a \
            drop-in (systemctl edit etcd), after an empty ExecStart= line, on each master; an \
            upgrade by ACK may replace the unit, the drop-in stays: compare both then.",
        effect: "systemctl restart etcd, one member at a time, healthy in between: two of three \
            away lose quorum and the API with it. First: etcdctl snapshot save FILE.",
        rollback: "systemctl revert etcd removes the drop-in; restart.",
        verify: "etcdctl endpoint health --cluster with --cacert, --cert, --key (below \
            /var/lib/etcd/cert) succeeds; without --cert and --key it must fail.",
    },
    ProcedureWords {
        name: "kubelet-config",
        change: "Durable: Node Pools > Kubelet Configuration of the pool (aliyun cs \
            ModifyNodePoolNodeConfig), which reaches existing and new nodes. What it does not \
            offer: KUBELET_CUSTOMIZED_ARGS in /etc/kubernetes/kubelet-customized-args.conf, \
            written by the pool's User Data for new nodes and by hand on old ones.",
        effect: "ACK restarts the kubelets in batches. Containers keep running; a bad value \
            turns a node NotReady: begin with one node and pause.",
        rollback: "Submit the former value; on a node restore the file and restart the kubelet.",
        verify: "kubectl get --raw /api/v1/nodes/NODE/proxy/configz shows what the kubelet \
            really uses; the node is Ready.",
    },
    ProcedureWords {
        name: "file-mode",
        change: "On each node, as root. Find out who writes the file (ACK's bootstrap, an add-on's \
            DaemonSet, configuration management) and set mode and owner in the node pool's User \
            Data as well, or the next node comes without it.",
        effect: "Nothing restarts: kubelet and control plane read the file as root. Programs of \
            other users lose access.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "stat -c '%a %U:%G %n' FILE",
    },
    ProcedureWords {
        name: "alibaba-cloud-resource",
        change: "Change it where the resource is kept (Terraform, ROS) or in the console, with a \
            RAM user who may do only that; ActionTrail keeps who changed what.",
        effect: "Within minutes; some changes of a cluster restart its API server: read the \
            operation's reference first.",
        rollback: "Set the former value again.",
        verify: "Run the command that the finding names again, as a RAM user who only reads.",
    },
];
