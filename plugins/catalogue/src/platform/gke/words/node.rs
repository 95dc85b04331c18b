//! Words of GKE: files of a node.

use crate::control::Words;

pub(in crate::platform::gke) const NODE: &[Words] = &[
    Words {
        control: "kubelet-config-mode",
        title: "kubelet configuration file has mode 600 or stricter",
        rationale: "Write access could open the kubelet to anonymous callers; read access shows \
            if somebody already has.",
        procedure: "file-mode",
        set: "chmod 600 /home/kubernetes/kubelet-config.yaml, or what --config names",
        breaks: "GKE's start script decides the mode on each new node.",
        references: &[],
    },
    Words {
        control: "kubelet-config-mode-644",
        title: "kubelet configuration file has mode 644 or stricter",
        rationale: "Who can write it can open the kubelet to anonymous callers at its next start.",
        procedure: "file-mode",
        set: "chmod 644 /home/kubernetes/kubelet-config.yaml, or what --config names",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-config-owner",
        title: "kubelet configuration file belongs to root:root",
        rationale: "Its owner may write it whatever the mode says, and the kubelet obeys as root.",
        procedure: "file-mode",
        set: "chown root:root /home/kubernetes/kubelet-config.yaml, or what --config names",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-kubeconfig-mode-644",
        title: "kubelet's kubeconfig: only its owner writes (mode 644 or stricter)",
        rationale: "A changed server address sends the kubelet, and what it is told to run, to \
            somebody else.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/kubelet/kubeconfig, or what --kubeconfig names; 600 where nothing \
            else reads it",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-kubeconfig-owner",
        title: "kubelet's kubeconfig belongs to root:root",
        rationale: "Its owner can point the kubelet at another server, and reads where its \
            credentials lie.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/kubelet/kubeconfig, or what --kubeconfig names",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-proxy-kubeconfig-mode-644",
        title: "kube-proxy's kubeconfig: only its owner writes (mode 644 or stricter)",
        rationale: "Whoever writes it decides which server tells the node where the traffic of \
            its Services goes.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/kube-proxy/kubeconfig; nodes with Dataplane V2 have no kube-proxy",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-proxy-kubeconfig-owner",
        title: "kube-proxy's kubeconfig belongs to root:root",
        rationale: "Its owner reads kube-proxy's credential and can point it at another server.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/kube-proxy/kubeconfig; nodes with Dataplane V2 have no \
            kube-proxy",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-unit-mode-644",
        title: "kubelet unit and its environment: only their owner writes (mode 644)",
        rationale: "systemd starts as root what the unit or a drop-in names, at the latest when \
            the node boots.",
        procedure: "file-mode",
        set: "chmod 644 /etc/systemd/system/kubelet.service and /etc/default/kubelet, which holds \
            its arguments",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-client-ca-mode-644",
        title: "kubelet's client CA file has mode 644 or stricter",
        rationale: "One certificate more in this file, and whoever holds its key may exec into \
            the pods of the node.",
        procedure: "file-mode",
        set: "chmod 644 the file of authentication.x509.clientCAFile, in GKE \
            /etc/srv/kubernetes/pki/ca-certificates.crt",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-read-only-port-off",
        title: "kubelet has no read-only port (--read-only-port=0)",
        rationale: "Port 10255 hands pod specs, environment included, and metrics to anyone who \
            connects, without TLS.",
        procedure: "kubelet-config",
        set: "System configuration of the pool: kubeletConfig: insecureKubeletReadonlyPortEnabled: \
            false, from GKE 1.26.4-gke.500; GKE opens 10255 unless told otherwise in older clusters",
        breaks: "Old monitoring agents read 10255; move them to 10250 with a token.",
        references: &[
            "https://cloud.google.com/kubernetes-engine/docs/how-to/disable-kubelet-readonly-port",
        ],
    },
];
