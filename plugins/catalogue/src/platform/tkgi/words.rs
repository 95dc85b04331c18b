//! Words for TKGI: which job has what, and that BOSH renders every file.

use crate::control::Words;
use crate::words::{like, set};

pub(super) const WORDS: &[Words] = &[
    Words {
        title: "API server's bpm.yml: only its owner writes (mode 644 or stricter)",
        set: "chmod 644 (or stricter) /var/vcap/jobs/kube-apiserver/config/bpm.yml",
        rationale: "bpm starts what the file says, with the mounts and the user that it names: a \
            second writer decides what runs in the control plane.",
        ..like("kube-apiserver-manifest-mode-644")
    },
    Words {
        title: "API server's bpm.yml belongs to root:root",
        set: "chown root:root /var/vcap/jobs/kube-apiserver/config/bpm.yml; BOSH renders it \
            root:vcap",
        rationale: "Its owner can restore any mode, and then choose the program, mounts and user of \
            a control-plane process at its next start.",
        ..like("kube-apiserver-manifest-owner")
    },
    Words {
        title: "Controller manager's bpm.yml: only its owner writes (mode 644 or stricter)",
        set: "chmod 644 (or stricter) /var/vcap/jobs/kube-controller-manager/config/bpm.yml",
        rationale: "bpm starts what the file says, with the mounts and the user that it names: a \
            second writer decides what runs in the control plane.",
        ..like("kube-controller-manager-manifest-mode-644")
    },
    Words {
        title: "Controller manager's bpm.yml belongs to root:root",
        set: "chown root:root /var/vcap/jobs/kube-controller-manager/config/bpm.yml; BOSH \
            renders it root:vcap",
        rationale: "Its owner can restore any mode, and then choose the program, mounts and user of \
            a control-plane process at its next start.",
        ..like("kube-controller-manager-manifest-owner")
    },
    Words {
        title: "Scheduler's bpm.yml: only its owner writes (mode 644 or stricter)",
        set: "chmod 644 (or stricter) /var/vcap/jobs/kube-scheduler/config/bpm.yml",
        rationale: "bpm starts what the file says, with the mounts and the user that it names: a \
            second writer decides what runs in the control plane.",
        ..like("kube-scheduler-manifest-mode-644")
    },
    Words {
        title: "Scheduler's bpm.yml belongs to root:root",
        set: "chown root:root /var/vcap/jobs/kube-scheduler/config/bpm.yml; BOSH renders it \
            root:vcap",
        rationale: "Its owner can restore any mode, and then choose the program, mounts and user of \
            a control-plane process at its next start.",
        ..like("kube-scheduler-manifest-owner")
    },
    Words {
        title: "etcd's bpm.yml: only its owner writes (mode 644 or stricter)",
        set: "chmod 644 (or stricter) /var/vcap/jobs/etcd/config/bpm.yml",
        rationale: "bpm starts what the file says, with the mounts and the user that it names: a \
            second writer decides what runs in the control plane.",
        ..like("etcd-manifest-mode-644")
    },
    Words {
        title: "etcd's bpm.yml belongs to root:root",
        set: "chown root:root /var/vcap/jobs/etcd/config/bpm.yml; BOSH renders it root:vcap",
        rationale: "Its owner can restore any mode, and then choose the program, mounts and user of \
            a control-plane process at its next start.",
        ..like("etcd-manifest-owner")
    },
    set(
        "etcd-data-dir-mode",
        "chmod 700 /var/vcap/store/etcd, on every control-plane VM",
    ),
    Words {
        set: "bpm runs etcd as vcap, so the directory is vcap's: look that nothing else on the \
            VM runs as vcap and reads it, and accept that owner",
        breaks: "With another owner etcd cannot open its data, and the API is down.",
        ..like("etcd-data-dir-owner")
    },
    Words {
        title: "admin.conf, where it is, can be changed by its owner only (mode 644)",
        set: "Nothing on the VMs: tkgi get-credentials writes the kubeconfig where it is \
            called; keep it at 600 there",
        breaks: "",
        ..like("admin-kubeconfig-mode-644")
    },
    Words {
        title: "admin.conf, where it is, belongs to root:root",
        set: "Nothing on the VMs: tkgi get-credentials writes the kubeconfig for the person \
            who calls it",
        breaks: "",
        ..like("admin-kubeconfig-owner")
    },
    Words {
        title: "Scheduler's kubeconfig: only its owner writes (mode 644 or stricter)",
        set: "chmod 644 (better 640) /var/vcap/jobs/kube-scheduler/config/kubeconfig",
        ..like("kube-scheduler-kubeconfig-mode-644")
    },
    Words {
        title: "Scheduler's kubeconfig belongs to root:root",
        set: "/var/vcap/jobs/kube-scheduler/config/kubeconfig: BOSH renders it root:vcap, and \
            the scheduler, which runs as vcap, reads it through the group; accept that, or \
            chown root:root where it runs as root",
        breaks: "As root:root with mode 640 a scheduler that runs as vcap cannot read it.",
        ..like("kube-scheduler-kubeconfig-owner")
    },
    Words {
        title: "Controller manager's kubeconfig: only its owner writes (mode 644)",
        set: "chmod 644 (better 640) /var/vcap/jobs/kube-controller-manager/config/kubeconfig",
        ..like("kube-controller-manager-kubeconfig-mode-644")
    },
    Words {
        title: "Controller manager's kubeconfig belongs to root:root",
        set: "/var/vcap/jobs/kube-controller-manager/config/kubeconfig: BOSH renders it \
            root:vcap, and the process, which runs as vcap, reads it through the group; \
            accept that, or chown root:root",
        breaks: "As root:root with mode 640 a process that runs as vcap cannot read it.",
        ..like("kube-controller-manager-kubeconfig-owner")
    },
    Words {
        title: "The configuration of control-plane jobs belongs to root:root",
        set: "Look at /var/vcap/jobs/*/config: BOSH renders root:vcap, so that components \
            which run as vcap can read. Accept that where only root can write; chown \
            root:root what no component of vcap reads",
        breaks: "Components that run as vcap fail at their next start if they cannot read their \
            files.",
        ..like("pki-owner")
    },
    Words {
        title: "Certificates of the API server's job have mode 644 or stricter",
        set: "find /var/vcap/jobs/kube-apiserver/config/ -name '*.crt' -exec chmod 644 {} +, \
            and likewise '*.pem'; 640 is what BOSH renders",
        ..like("pki-certificates-mode-644")
    },
    Words {
        title: "Private keys of the API server's job have mode 600 or stricter",
        set: "/var/vcap/jobs/kube-apiserver/config/*.key and *-key.pem: BOSH renders 640, \
            root:vcap. chmod 600 only where the API server runs as root; else accept 640 \
            with vcap alone in the group",
        breaks: "With 600 and owner root an API server that runs as vcap cannot read its keys.",
        ..like("pki-keys-mode")
    },
    Words {
        control: "kube-apiserver-security-context-deny-set",
        title: "Admission plugin SecurityContextDeny itself is on",
        set: "Add SecurityContextDeny to enable-admission-plugins only if no pod sets a \
            security context; better: PodSecurity admission. 1.30 has no such plugin any \
            more",
        breaks: "Nearly every chart sets a securityContext, the CNI's and metrics server's \
            included: those pods are refused.",
        references: &[
            "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/",
        ],
        rationale: "It refuses pods that choose users, SELinux options or file groups of their own, \
            wherever no finer policy judges them.",
        procedure: "kubeadm-apiserver-args",
    },
    set(
        "etcd-serving-certificate",
        "Nothing to set: the job gives cert-file etcd.crt and key-file etcd.key of \
        /var/vcap/jobs/etcd/config; if they are missing, bosh recreate the VM",
    ),
    set(
        "etcd-peer-certificate",
        "Nothing to set: the job gives peer-cert-file peer.crt and peer-key-file peer.key of \
        /var/vcap/jobs/etcd/config; if they are missing, bosh recreate the VM",
    ),
    set(
        "etcd-client-cert-auth",
        "Nothing to set: the job passes --client-cert-auth; if it is missing, bosh recreate \
        the VM",
    ),
    set(
        "etcd-auto-tls-off",
        "Nothing to set: false is the default, and the job does not pass it",
    ),
    set(
        "etcd-peer-client-cert-auth",
        "Nothing to set: the job passes --peer-client-cert-auth; if it is missing, bosh \
        recreate the VM",
    ),
    set(
        "etcd-peer-auto-tls-off",
        "Nothing to set: false is the default, and the job does not pass it",
    ),
    set(
        "kube-apiserver-kubelet-client-certificate",
        "Nothing to set: the job gives kubelet-client-cert.pem and kubelet-client-key.pem of \
        /var/vcap/jobs/kube-apiserver/config",
    ),
    set(
        "kube-apiserver-kubelet-certificate-authority",
        "kubelet-certificate-authority is not among what a profile of TKGI may set in every \
        release: ask support, or accept with the network between control plane and workers \
        closed",
    ),
    set(
        "kube-apiserver-node-restriction",
        "NodeRestriction in the plan of the tile, or enable-admission-plugins of the \
        Kubernetes profile; together with Node in authorization-mode",
    ),
    set(
        "kube-apiserver-service-account-key-file",
        "Nothing to set: the job gives service-account-public-key.pem",
    ),
    set(
        "kube-apiserver-etcd-client-certificate",
        "Nothing to set: the job gives etcd-client.crt and etcd-client.key",
    ),
    set(
        "kube-apiserver-serving-certificate",
        "Nothing to set: the job gives kubernetes.pem and kubernetes-key.pem",
    ),
    set(
        "kube-apiserver-client-ca-file",
        "Nothing to set: the job gives kubernetes-ca.pem",
    ),
    set(
        "kube-apiserver-etcd-cafile",
        "Nothing to set: the job gives etcd-ca.crt",
    ),
    set(
        "kube-apiserver-encryption-provider-config",
        "encryption-provider-config as a file-argument of kube-apiserver in a Kubernetes \
        profile, then tkgi update-cluster",
    ),
    set(
        "kube-controller-manager-service-account-credentials",
        "Nothing to set: the job passes --use-service-account-credentials=true",
    ),
    set(
        "kube-controller-manager-service-account-private-key-file",
        "Nothing to set: the job gives service-account-private-key.pem",
    ),
    set(
        "kube-controller-manager-root-ca-file",
        "Nothing to set: the job gives ca.pem",
    ),
    set(
        "kube-controller-manager-bind-address",
        "bind-address: 127.0.0.1 for kube-controller-manager in a Kubernetes profile, where \
        the release lets it be set",
    ),
    set(
        "kube-scheduler-bind-address",
        "bind-address: 127.0.0.1 for kube-scheduler in a Kubernetes profile, where the \
        release lets it be set",
    ),
    set(
        "kubelet-client-ca-file",
        "Nothing to set: /var/vcap/jobs/kubelet/config/kubeletconfig.yml names \
        kubelet-client-ca.pem beside it",
    ),
    set(
        "kubelet-hostname-override-unset",
        "The job passes it on most infrastructures, so that the Node has the name the cloud \
        gives the VM. Look that name and certificate agree: then accept it",
    ),
    Words {
        set: "Nothing to set: kubeletconfig.yml names kubelet.pem and kubelet-key.pem of the job",
        breaks: "",
        ..like("kubelet-serving-certificate")
    },
    Words {
        set: "Look that no profile sets it to false. BOSH, not the kubelet, renews \
            certificates here: tkgi rotate-certificates",
        breaks: "",
        ..like("kubelet-rotate-certificates")
    },
    Words {
        title: "kubelet's monit file can be changed by its owner only (mode 644)",
        set: "chmod 644 (or stricter) /var/vcap/jobs/kubelet/monit",
        references: &[],
        rationale: "monit runs as root what this file names, whenever the kubelet is down.",
        ..like("kubelet-unit-mode-644")
    },
    Words {
        title: "kubelet's monit file belongs to root:root",
        set: "chown root:root /var/vcap/jobs/kubelet/monit",
        rationale: "A foreign owner can change the program that monit starts as root.",
        ..like("kubelet-unit-owner")
    },
    set(
        "kube-proxy-kubeconfig-mode-644",
        "chmod 644 (better 640) /var/vcap/jobs/kube-proxy/config/kubeconfig",
    ),
    set(
        "kube-proxy-kubeconfig-owner",
        "chown root:root /var/vcap/jobs/kube-proxy/config/kubeconfig; kube-proxy runs as root",
    ),
    Words {
        title: "kubelet's kubeconfig: only its owner writes (mode 644 or stricter)",
        set: "chmod 644 (better 640) /var/vcap/jobs/kubelet/config/kubeconfig",
        ..like("kubelet-kubeconfig-mode-644")
    },
    Words {
        title: "kubelet's kubeconfig belongs to root:root",
        set: "chown root:root /var/vcap/jobs/kubelet/config/kubeconfig; the kubelet runs as root",
        ..like("kubelet-kubeconfig-owner")
    },
    set(
        "kubelet-client-ca-mode-644",
        "chmod 644 (or stricter) /var/vcap/jobs/kubelet/config/kubelet-client-ca.pem",
    ),
    set(
        "kubelet-client-ca-owner",
        "chown root:root /var/vcap/jobs/kubelet/config/kubelet-client-ca.pem",
    ),
    set(
        "kubelet-config-mode-644",
        "chmod 644 (or stricter) /var/vcap/jobs/kubelet/config/kubeletconfig.yml",
    ),
    set(
        "kubelet-config-owner",
        "chown root:root /var/vcap/jobs/kubelet/config/kubeletconfig.yml",
    ),
    set(
        "rbac-system-masters-unused",
        "openssl x509 -noout -subject on each certificate handed out, and subjects of \
        bindings: decide who moves to a named group; certificates with O=system:masters must \
        expire",
    ),
    set(
        "audit-policy-exists",
        "Nothing to set: the job passes \
        /var/vcap/jobs/kube-apiserver/config/audit_policy.yml; a policy of your own is a \
        file-argument of a Kubernetes profile",
    ),
    set(
        "kube-apiserver-insecure-port-off",
        "insecure-port: 0 is what the job passes to releases that have the flag; from 1.20 it \
        does nothing, and 1.24 does not start with it",
    ),
];
