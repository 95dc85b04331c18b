//! Words for the settings of the kubelet.

use super::urls::{
    CERT_ROTATION, KUBELET, KUBELET_AUTH, KUBELET_CONFIG, PID_LIMITS, SECCOMP, TLS_BOOTSTRAP,
};
use crate::control::Words;

pub(super) const WORDS: &[Words] = &[
    Words {
        control: "kubelet-anonymous-auth-off",
        title: "kubelet refuses anonymous requests (--anonymous-auth=false)",
        rationale: "Port 10250 runs commands in containers; a caller without a name must not get \
            as far as authorization.",
        procedure: "kubelet-config",
        set: "authentication.anonymous.enabled: false",
        breaks: "Scrapers and probes of port 10250 without credentials get 401; give them a \
            token (authentication.webhook.enabled: true).",
        references: &[KUBELET_AUTH],
    },
    Words {
        control: "kubelet-authorization-not-always-allow",
        title: "kubelet authorizes requests (--authorization-mode=Webhook)",
        rationale: "Under AlwaysAllow any certificate or token of the cluster may exec into \
            every pod of the node.",
        procedure: "kubelet-config",
        set: "authorization.mode: Webhook, with authentication.webhook.enabled: true",
        breaks: "Metrics scrapers need RBAC on nodes/metrics or nodes/proxy; the API server \
            needs rights such as system:kubelet-api-admin.",
        references: &[KUBELET_AUTH],
    },
    Words {
        control: "kubelet-client-ca-file",
        title: "kubelet verifies client certificates (--client-ca-file)",
        rationale: "Without a CA the kubelet cannot recognise the API server, so access to it \
            ends up open or broken.",
        procedure: "kubelet-config",
        set: "authentication.x509.clientCAFile: /etc/kubernetes/pki/ca.crt",
        breaks: "With the wrong CA kubectl logs, exec and port-forward fail on the node.",
        references: &[KUBELET_AUTH],
    },
    Words {
        control: "kubelet-read-only-port-off",
        title: "kubelet has no read-only port (--read-only-port=0)",
        rationale: "Port 10255 hands pod specs, environment included, and metrics to anyone who \
            connects, without TLS.",
        procedure: "kubelet-config",
        set: "readOnlyPort: 0 (the file's default; a kubelet started without --config opens 10255)",
        breaks: "Old monitoring agents read 10255; move them to 10250 with a token.",
        references: &[KUBELET_CONFIG],
    },
    Words {
        control: "kubelet-streaming-idle-timeout",
        title: "Idle exec sessions end (--streaming-connection-idle-timeout not 0)",
        rationale: "Forgotten exec, attach and port-forward streams hold connections and stay \
            open doors on an unattended desk.",
        procedure: "kubelet-config",
        set: "streamingConnectionIdleTimeout: 5m. In the file 0s means the default, 4h; the \
            flag's 0 means never: look where it is set and decide how long an idle shell may \
            live",
        breaks: "Quiet kubectl exec and port-forward sessions are cut after that time.",
        references: &[KUBELET_CONFIG],
    },
    Words {
        control: "kubelet-iptables-util-chains",
        title: "kubelet keeps its iptables chains (--make-iptables-util-chains=true)",
        rationale: "The kubelet's chains drop packets from outside to 127.0.0.1 (CVE-2020-8558) \
            and tell others which iptables mode is in use.",
        procedure: "kubelet-config",
        set: "makeIPTablesUtilChains: true, or leave it out (default true)",
        breaks: "",
        references: &[KUBELET_CONFIG],
    },
    Words {
        control: "kubelet-hostname-override-unset",
        title: "kubelet uses the node's own name (no --hostname-override)",
        rationale: "A node under another name muddles logs, certificates and rights, and could \
            take over the name of a different one.",
        procedure: "kubelet-config",
        set: "Look whether cloud or kubeadm (nodeRegistration.name) set it in kubeadm-flags.env \
            or the unit and whether name, certificate CN and Node agree; else drain, kubeadm \
            reset, rejoin without it",
        breaks: "A new name is a new Node: its labels, taints and local volumes stay behind; \
            some clouds need the flag.",
        references: &[KUBELET],
    },
    Words {
        control: "kubelet-event-qps",
        title: "kubelet records enough Events (--event-qps, eventRecordQPS)",
        rationale: "Too low a rate loses traces of what happened on a node; without a limit one \
            crash loop can flood the API server.",
        procedure: "kubelet-config",
        set: "eventRecordQPS: 50 is the default since 1.27 (5 before); 0 takes the limit away. \
            Decide by node size and whether Events were dropped",
        breaks: "With 0 combine EventRateLimit on the API server.",
        references: &[KUBELET_CONFIG],
    },
    Words {
        control: "kubelet-serving-certificate",
        title: "kubelet has a proper certificate (--tls-cert-file, --tls-private-key-file)",
        rationale: "A self-signed serving certificate lets an impostor answer for the node and \
            listen in on exec.",
        procedure: "kubelet-config",
        set: "tlsCertFile and tlsPrivateKeyFile, or serverTLSBootstrap: true and approve the \
            CSRs: look which applies, and whether the cluster CA signed what port 10250 shows",
        breaks: "With serverTLSBootstrap logs and exec fail until the CSR (signer \
            kubernetes.io/kubelet-serving) is approved; nothing built in approves it.",
        references: &[TLS_BOOTSTRAP],
    },
    Words {
        control: "kubelet-rotate-certificates",
        title: "kubelet renews its client certificate (--rotate-certificates)",
        rationale: "Without rotation the node drops out of the cluster on the day its \
            certificate expires.",
        procedure: "kubelet-config",
        set: "rotateCertificates: true (kubeadm's default; the kubelet's own is false)",
        breaks: "kubelet.conf must name /var/lib/kubelet/pki/kubelet-client-current.pem, not \
            embed the certificate.",
        references: &[CERT_ROTATION],
    },
    Words {
        control: "kubelet-rotate-server-certificate",
        title: "kubelet renews its serving certificate (RotateKubeletServerCertificate)",
        rationale: "Otherwise serving certificates expire unnoticed and clients learn to skip \
            verification.",
        procedure: "kubelet-config",
        set: "Look for featureGates.RotateKubeletServerCertificate: false and remove it (default \
            true); rotation starts with serverTLSBootstrap: true, and someone must approve the \
            CSRs: decide who",
        breaks: "Unapproved CSRs pile up, and logs and exec fail on those nodes.",
        references: &[TLS_BOOTSTRAP],
    },
    Words {
        control: "kubelet-strong-ciphers",
        title: "kubelet offers strong ciphers only (--tls-cipher-suites)",
        rationale: "A weak suite lets a recorded exec session or log stream be opened later.",
        procedure: "kubelet-config",
        set: "tlsCipherSuites: \
            TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256}, \
            one a line; or tlsMinVersion: VersionTLS13 (its suites are fixed)",
        breaks: "A TLS 1.2 list needs an AES_128_GCM_SHA256 suite for HTTP/2; old scrapers drop \
            off.",
        references: &[KUBELET_CONFIG],
    },
    Words {
        control: "kubelet-strong-ciphers-ecdhe",
        title: "kubelet offers forward-secret ciphers only (--tls-cipher-suites)",
        rationale: "Without an ephemeral key exchange, whoever gets the node's key later can read \
            every recorded exec session.",
        procedure: "kubelet-config",
        set: "tlsCipherSuites: \
            TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256}, \
            one a line; or tlsMinVersion: VersionTLS13 (its suites are fixed)",
        breaks: "A TLS 1.2 list needs an AES_128_GCM_SHA256 suite for HTTP/2; scrapers with RSA \
            key exchange alone drop off.",
        references: &[KUBELET_CONFIG],
    },
    Words {
        control: "kubelet-pod-pids-limit",
        title: "A pod's processes are limited (--pod-max-pids, podPidsLimit)",
        rationale: "One fork bomb takes every process id of the node, and neighbours and the \
            kubelet can start nothing.",
        procedure: "kubelet-config",
        set: "podPidsLimit: 4096, say; -1 (the default) is no limit. Decide from the largest pid \
            count your pods reach (cgroup pids.current or pids.peak)",
        breaks: "Programs with many threads (JVM, databases) fail with 'resource temporarily \
            unavailable' if it is low.",
        references: &[PID_LIMITS],
    },
    Words {
        control: "kubelet-seccomp-default",
        title: "Pods get the runtime's seccomp profile by default (--seccomp-default)",
        rationale: "Otherwise a pod that says nothing of seccomp may use every system call of \
            the kernel, the exploitable ones too.",
        procedure: "kubelet-config",
        set: "seccompDefault: true, first on a few nodes; the runtime must have a default \
            profile (containerd and CRI-O have)",
        breaks: "Programs that need an unusual call fail with EPERM: give those pods \
            seccompProfile Localhost or, knowingly, Unconfined.",
        references: &[SECCOMP],
    },
    Words {
        control: "kubelet-unit-ip-address-deny",
        title: "kubelet's unit talks to listed addresses only (IPAddressDeny=any)",
        rationale: "A packet filter on the unit keeps strangers from port 10250 even when the \
            node's own firewall has a gap.",
        procedure: "",
        set: "systemctl edit kubelet: in [Service] IPAddressDeny=any and IPAddressAllow= with \
            localhost, link-local, the networks of nodes and pods, and the API server's; then \
            restart kubelet",
        breaks: "A network that is left out loses probes, logs and exec or the API: try one \
            drained node. Needs cgroup v2 or systemd's BPF support.",
        references: &[],
    },
];
