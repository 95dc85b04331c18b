//! Words for what only older benchmarks demand, much of it of flags that Kubernetes has lost.

use super::urls::{
    ADMISSION, APISERVER, AUTHN, CONTROLLING_ACCESS, KUBELET, KUBELET_CONFIG, POD_SECURITY_POLICY,
    PSA,
};
use crate::control::Words;

pub(super) const WORDS: &[Words] = &[
    Words {
        control: "kube-apiserver-basic-auth-file-unset",
        title: "API server takes no passwords (no --basic-auth-file)",
        rationale: "The file keeps passwords as they are typed, they never expire, and every \
            request sends one along.",
        procedure: "kubeadm-apiserver-args",
        set: "Remove basic-auth-file from apiServer.extraArgs and shred the file; its users get \
            OIDC or short-lived certificates. 1.19 no longer has the flag",
        breaks: "Who still logs in with a password is locked out: the audit log names them.",
        references: &[AUTHN],
    },
    Words {
        control: "kube-apiserver-kubelet-https",
        title: "API server speaks HTTPS to kubelets (--kubelet-https not false)",
        rationale: "In plain HTTP, exec sessions, logs and the API server's own credential cross \
            the network for all to read.",
        procedure: "kubeadm-apiserver-args",
        set: "Remove kubelet-https from apiServer.extraArgs: true is the default, from 1.19 the \
            flag does nothing, and 1.22 does not start with it",
        breaks: "",
        references: &[APISERVER],
    },
    Words {
        control: "kube-apiserver-insecure-bind-address-unset",
        title: "API server's plain port is bound nowhere (no --insecure-bind-address)",
        rationale: "Behind the insecure port there is neither login nor authorization: who \
            reaches the address is administrator.",
        procedure: "kubeadm-apiserver-args",
        set: "Remove insecure-bind-address (or address) from apiServer.extraArgs; from 1.20 it \
            does nothing, 1.24 does not start with it",
        breaks: "Health checks and scripts that use port 8080 fail: move them to 6443.",
        references: &[CONTROLLING_ACCESS],
    },
    Words {
        control: "kube-apiserver-insecure-port-off",
        title: "API server has no plain-text port (--insecure-port=0)",
        rationale: "Any process or user of the node, pods on its network included, rules the \
            cluster through port 8080 without a credential.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: insecure-port=0, as kubeadm writes it before 1.20. Before an \
            upgrade to 1.24 remove it: the flag is gone there",
        breaks: "Health checks and scripts that use port 8080 fail: move them to 6443.",
        references: &[CONTROLLING_ACCESS],
    },
    Words {
        control: "kube-apiserver-pod-security-policy",
        title: "Admission plugin PodSecurityPolicy is on",
        rationale: "Unless admission holds pods back, whoever creates one can mount the node's \
            disk or run privileged, and so take the node.",
        procedure: "kubeadm-apiserver-args",
        set: "First bind policies that system pods pass, then add PodSecurityPolicy to \
            enable-admission-plugins. From 1.23 label namespaces for Pod Security instead: 1.25 \
            has no such plugin",
        breaks: "With the plugin on, a pod that no policy allows is refused, the control plane's \
            mirror pods included.",
        references: &[POD_SECURITY_POLICY, PSA],
    },
    Words {
        control: "kube-apiserver-security-context-deny",
        title: "SecurityContextDeny or PodSecurityPolicy restricts pods",
        rationale: "With neither plugin a pod chooses its own user, SELinux label and groups, \
            root's among them.",
        procedure: "kubeadm-apiserver-args",
        set: "Look whether Pod Security labels or a policy engine do it; else add one of the two \
            to enable-admission-plugins. Gone in 1.30 and 1.25",
        breaks: "SecurityContextDeny refuses good pods too if they set runAsUser or fsGroup.",
        references: &[ADMISSION],
    },
    Words {
        control: "kube-apiserver-secure-port-on",
        title: "API server serves with TLS (--secure-port not 0)",
        rationale: "Without its TLS port nothing but the plain one is left, where nobody is \
            authenticated.",
        procedure: "kubeadm-apiserver-args",
        set: "Remove secure-port=0 from apiServer.extraArgs; kubeadm takes the port from \
            localAPIEndpoint.bindPort (6443)",
        breaks: "",
        references: &[APISERVER],
    },
    Words {
        control: "kube-apiserver-deny-service-external-ips-off",
        title: "Admission plugin DenyServiceExternalIPs is not used",
        rationale: "This benchmark wants it off; those that follow want it on, for what it stops: \
            traffic drawn to a foreign pod (CVE-2020-8554).",
        procedure: "kubeadm-apiserver-args",
        set: "To meet it, take DenyServiceExternalIPs out of enable-admission-plugins. To keep \
            the plugin and accept this finding is the safer choice",
        breaks: "Without the plugin, who may write Services can claim any address.",
        references: &[ADMISSION],
    },
    Words {
        control: "kube-apiserver-strong-ciphers-with-rsa-gcm",
        title: "API server offers AEAD suites only (--tls-cipher-suites)",
        rationale: "Suites in CBC mode have been broken more than once by what padding and \
            timing give away.",
        procedure: "kubeadm-apiserver-args",
        set: "tls-cipher-suites: \
            TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,CHACHA20_POLY1305}, \
            under the names that this version knows",
        breaks: "HTTP/2 needs one AES_128_GCM_SHA256 suite in the list, or the server refuses to \
            start; old clients drop off.",
        references: &[APISERVER],
    },
    Words {
        control: "kube-apiserver-strong-ciphers-legacy",
        title: "API server chooses its ciphers, without RC4 (--tls-cipher-suites)",
        rationale: "Without a list Go chooses. This benchmark's still has 3DES and RSA key \
            exchange: leave those out all the same.",
        procedure: "kubeadm-apiserver-args",
        set: "tls-cipher-suites: \
            TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256}, \
            or tls-min-version=VersionTLS13 where the version has it",
        breaks: "HTTP/2 needs one AES_128_GCM_SHA256 suite in a TLS 1.2 list, or the server \
            refuses to start; old clients drop off.",
        references: &[APISERVER],
    },
    Words {
        control: "kubelet-protect-kernel-defaults",
        title: "kubelet never changes kernel settings (--protect-kernel-defaults=true)",
        rationale: "Left to itself the kubelet overwrites the node's sysctls on memory and \
            panics at start, over what the administrator chose.",
        procedure: "kubelet-config",
        set: "protectKernelDefaults: true, after sysctl.d has vm.overcommit_memory=1, \
            vm.panic_on_oom=0, kernel.panic=10, kernel.panic_on_oops=1, \
            kernel.keys.root_maxkeys=1000000, root_maxbytes=25000000",
        breaks: "The kubelet refuses to start on a node where one of these differs.",
        references: &[KUBELET],
    },
    Words {
        control: "kubelet-event-qps-unlimited",
        title: "kubelet drops no Events (--event-qps=0), or its rate was chosen",
        rationale: "Above its rate the kubelet discards Events, and what happened on the node \
            then leaves no trace in the cluster.",
        procedure: "kubelet-config",
        set: "eventRecordQPS: 0 takes the limit away (default 5, from 1.27 50). Else decide by \
            node size and whether Events were dropped",
        breaks: "Without a limit one crash loop can flood the API server: combine with \
            EventRateLimit there.",
        references: &[KUBELET_CONFIG],
    },
];
