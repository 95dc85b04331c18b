//! Words of controls over nodes, also of common ones whose usual words speak of
//! files that only kubeadm writes, and over what AWS runs.

use crate::control::Words;
use crate::platform::eks::guide;

const LAUNCH_TEMPLATES: &str = guide!("launch-templates");
const SHARED: &str = guide!("security");

/// What is on the node.
pub(in crate::platform::eks) const NODE: &[Words] = &[
    Words {
        control: "kubelet-kubeconfig-mode-644",
        title: "kubelet's kubeconfig: only its owner writes (mode 644 or stricter)",
        rationale: "It names the API server that the kubelet obeys and the program it runs to log \
            in: a second writer runs that as root.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/kubelet/kubeconfig (Bottlerocket: \
            /etc/kubernetes/kubelet/kubeconfig), or what --kubeconfig names. nodeadm writes 644",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-kubeconfig-owner",
        title: "kubelet's kubeconfig belongs to root:root",
        rationale: "Its owner may send the kubelet to an API server that tells it what to run.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/kubelet/kubeconfig (Bottlerocket: \
            /etc/kubernetes/kubelet/kubeconfig), or what --kubeconfig names",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-config-mode-644",
        title: "kubelet configuration: only its owner writes (mode 644 or stricter)",
        rationale: "A line in this file turns authentication off, or has the kubelet run pods \
            from another directory.",
        procedure: "file-mode",
        set: "chmod 644 what --config names and the files of --config-dir: \
            /etc/kubernetes/kubelet/config.json, its .d, kubelet-config.json on AL2",
        breaks: "",
        references: &[LAUNCH_TEMPLATES],
    },
    Words {
        control: "kubelet-config-owner",
        title: "kubelet configuration file belongs to root:root",
        rationale: "Its owner decides who may call the kubelet, and which static pods it runs as \
            root.",
        procedure: "file-mode",
        set: "chown root:root what --config names and the files of --config-dir, below \
            /etc/kubernetes/kubelet",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-unit-mode-644",
        title: "kubelet unit and drop-ins: only their owner writes (mode 644 or stricter)",
        rationale: "systemd starts as root what the unit or a drop-in names, at the latest when \
            the node boots.",
        procedure: "file-mode",
        set: "chmod 644 on the files that systemctl cat kubelet lists",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-hostname-override-unset",
        title: "kubelet uses the node's own name (no --hostname-override)",
        rationale: "A node under another name muddles logs, certificates and rights, and could \
            take over the name of a different one.",
        procedure: "kubelet-config",
        set: "nodeadm sets it from EC2's private DNS name since 1.26, because IAM and the cloud \
            controller know the node by it: accept that as an exception, other values not",
        breaks: "Without it such a node does not join.",
        references: &[LAUNCH_TEMPLATES],
    },
    Words {
        control: "kubelet-rotate-certificates",
        title: "kubelet renews its client certificate (--rotate-certificates)",
        rationale: "Where a node logs in by certificate, it drops out on the day that expires.",
        procedure: "kubelet-config",
        set: "rotateCertificates not false. Nodes in a region log in by IAM and have no such \
            certificate; local clusters on Outposts do",
        breaks: "",
        references: &[LAUNCH_TEMPLATES],
    },
    Words {
        control: "eks-kubelet-alpha-off",
        title: "kubelet has no alpha features (AllAlpha not true)",
        rationale: "Alpha code changes, breaks and is not mended like the rest.",
        procedure: "kubelet-config",
        set: "featureGates without AllAlpha: true",
        breaks: "What needs an alpha feature; name that gate alone instead.",
        references: &[
            "https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/",
        ],
    },
    Words {
        control: "eks-kubelet-dynamic-auditing-off",
        title: "Gate DynamicAuditing is not on",
        rationale: "It let objects of the cluster say where audit events go; it was alpha and is \
            gone since 1.19.",
        procedure: "kubelet-config",
        set: "featureGates without DynamicAuditing: true",
        breaks: "",
        references: &[
            "https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates-removed/",
        ],
    },
    Words {
        control: "eks-kubelet-dynamic-config-off",
        title: "Gate DynamicKubeletConfig is not on",
        rationale: "It let whoever edits a Node object change the kubelet's settings, \
            authentication among them; it is gone since 1.24.",
        procedure: "kubelet-config",
        set: "featureGates without DynamicKubeletConfig: true",
        breaks: "",
        references: &[
            "https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates-removed/",
        ],
    },
    Words {
        control: "eks-kubelet-static-pods-off",
        title: "kubelet runs no static pods (no staticPodPath)",
        rationale: "Whoever can write one file there runs a pod that no admission sees.",
        procedure: "kubelet-config",
        set: "No staticPodPath, no --pod-manifest-path. Bottlerocket always sets \
            /etc/kubernetes/static-pods, which only its own API fills",
        breaks: "Agents that were installed as static pods.",
        references: &["https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/"],
    },
    Words {
        control: "eks-sshd-not-running",
        title: "No SSH server runs on the node",
        rationale: "A shell by SSH goes past RBAC and the cluster's audit log.",
        procedure: "eks-nodes",
        set: "systemctl disable --now sshd in the image or user data; for a shell AWS Systems \
            Manager Session Manager, which IAM guards and records",
        breaks: "Whoever works on nodes by SSH; open sessions stay until closed.",
        references: &[LAUNCH_TEMPLATES],
    },
    Words {
        control: "eks-sshd-not-enabled",
        title: "No SSH server starts with the node",
        rationale: "What is only stopped is back after a reboot or on the next node.",
        procedure: "eks-nodes",
        set: "systemctl disable sshd.service sshd.socket in the image or user data",
        breaks: "Whoever works on nodes by SSH.",
        references: &[LAUNCH_TEMPLATES],
    },
];

/// What is AWS' and no common control looks at.
pub(in crate::platform::eks) const CONTROL_PLANE: &[Words] = &[
    Words {
        control: "eks-api-server-tls-1.2",
        title: "API server speaks TLS 1.2 or newer (--tls-min-version)",
        rationale: "Older versions of the protocol can be broken by who listens in.",
        procedure: "",
        set: "Nothing: AWS sets it. Look with openssl s_client -tls1_1 -connect ENDPOINT:443, \
            which must fail",
        breaks: "",
        references: &[SHARED],
    },
    Words {
        control: "eks-controller-manager-tls-1.2",
        title: "Controller manager speaks TLS 1.2 or newer (--tls-min-version)",
        rationale: "Older versions of the protocol can be broken by who listens in.",
        procedure: "",
        set: "Nothing: AWS sets it, and the port is in AWS' network",
        breaks: "",
        references: &[SHARED],
    },
    Words {
        control: "eks-scheduler-tls-1.2",
        title: "Scheduler speaks TLS 1.2 or newer (--tls-min-version)",
        rationale: "Older versions of the protocol can be broken by who listens in.",
        procedure: "",
        set: "Nothing: AWS sets it, and the port is in AWS' network",
        breaks: "",
        references: &[SHARED],
    },
    Words {
        control: "eks-admission-webhooks-on",
        title: "API server asks validating webhooks (ValidatingAdmissionWebhook)",
        rationale: "Without the plugin policy engines that come as webhooks are never asked.",
        procedure: "",
        set: "Nothing: AWS names the plugins of each platform version in its guide",
        breaks: "",
        references: &[guide!("platform-versions")],
    },
    Words {
        control: "eks-control-plane-ports",
        title: "Control plane and etcd use registered ports and protocols only",
        rationale: "A port that nobody registered is one that nobody watches.",
        procedure: "",
        set: "Register what you see: 443 to the endpoint, 10250 from it to nodes, and the ports of \
            webhooks; the rest is in AWS' network",
        breaks: "",
        references: &[guide!("sec-group-reqs")],
    },
];
