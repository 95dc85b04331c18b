//! Words for the flags of kube-apiserver.

use super::urls::{
    ADMISSION, APISERVER, AUDIT, AUTHN, AUTHZ, ENCRYPT, ETCD_OPS, NODE_AUTHZ, PKI, SA_ADMIN,
    TLS_BOOTSTRAP,
};
use crate::control::Words;

pub(super) const WORDS: &[Words] = &[
    Words {
        control: "kube-apiserver-anonymous-auth-off",
        title: "API server refuses anonymous requests (--anonymous-auth=false)",
        rationale: "One careless binding to system:unauthenticated turns anonymous requests into \
            access for everybody who reaches the port.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: anonymous-auth=false; or, from 1.32 and without that flag, \
            --authentication-config with anonymous.conditions for /livez, /readyz, /healthz only",
        breaks: "false fails kubeadm's probes on /livez and /readyz, so the kubelet restarts it \
            for ever; kubeadm join by token reads cluster-info anonymously (use \
            --discovery-file).",
        references: &[AUTHN],
    },
    Words {
        control: "kube-apiserver-token-auth-file-unset",
        title: "API server takes no static tokens (no --token-auth-file)",
        rationale: "The tokens lie in a file in clear text, never expire, and withdrawing one \
            takes an edit and a restart.",
        procedure: "kubeadm-apiserver-args",
        set: "Remove token-auth-file from apiServer.extraArgs, and shred the file; its users get \
            OIDC or service account tokens",
        breaks: "Whoever still uses a token of the file is locked out: look in the audit log for \
            its names first.",
        references: &[AUTHN],
    },
    Words {
        control: "kube-apiserver-deny-service-external-ips",
        title: "Admission plugin DenyServiceExternalIPs is on",
        rationale: "Who may create a Service with spec.externalIPs can draw traffic meant for \
            any address to their own pods (CVE-2020-8554).",
        procedure: "kubeadm-apiserver-args",
        set: "Add DenyServiceExternalIPs to apiServer.extraArgs enable-admission-plugins, beside \
            NodeRestriction and what else is there",
        breaks: "Services can get no new externalIPs, and those in use stay until removed; \
            NodePort and LoadBalancer are unaffected. A policy engine may do the same more \
            finely.",
        references: &[ADMISSION],
    },
    Words {
        control: "kube-apiserver-kubelet-client-certificate",
        title: "Kubelets know the API (--kubelet-client-certificate, --kubelet-client-key)",
        rationale: "Without a client certificate the API server is nobody to kubelets: logs and \
            exec fail, unless kubelets let in anyone.",
        procedure: "kubeadm-apiserver-args",
        set: "--kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt and \
            --kubelet-client-key with its .key (kubeadm sets both)",
        breaks: "",
        references: &[APISERVER],
    },
    Words {
        control: "kube-apiserver-kubelet-certificate-authority",
        title: "API server verifies kubelets (--kubelet-certificate-authority)",
        rationale: "Unverified, whoever sits between API server and node can pose as a kubelet \
            and read exec sessions and logs.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt, \
            after every kubelet has a serving certificate of that CA",
        breaks: "kubelets sign their own certificate by default: logs, exec and port-forward \
            then fail. First serverTLSBootstrap: true on all nodes and their CSRs approved.",
        references: &[TLS_BOOTSTRAP],
    },
    Words {
        control: "kube-apiserver-authorization-not-always-allow",
        title: "API server authorizes requests (--authorization-mode not AlwaysAllow)",
        rationale: "AlwaysAllow makes every authenticated client, down to the least pod, an \
            administrator.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: authorization-mode=Node,RBAC, or name these authorizers in \
            the file of --authorization-config",
        breaks: "Clients without RBAC rights start to get 403; bind roles first.",
        references: &[AUTHZ],
    },
    Words {
        control: "kube-apiserver-authorization-node",
        title: "Node authorizer is on (--authorization-mode includes Node)",
        rationale: "It limits a kubelet to objects of its own pods; without it, node rights come \
            from wide roles and one node reads all Secrets.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: authorization-mode=Node,RBAC",
        breaks: "kubelets must be system:node:NAME in group system:nodes, or they are refused.",
        references: &[NODE_AUTHZ],
    },
    Words {
        control: "kube-apiserver-authorization-rbac",
        title: "RBAC is on (--authorization-mode includes RBAC)",
        rationale: "Other authorizers cannot be narrowed with Roles in the cluster; least \
            privilege is not practical without RBAC.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: authorization-mode=Node,RBAC",
        breaks: "Rights that came from an ABAC file or webhook must exist as Roles before those \
            are removed.",
        references: &[],
    },
    Words {
        control: "kube-apiserver-event-rate-limit",
        title: "Admission plugin EventRateLimit is on",
        rationale: "A broken or hostile workload can flood the API server and etcd with Events \
            until both stall.",
        procedure: "kubeadm-apiserver-args",
        set: "Add EventRateLimit to apiServer.extraArgs enable-admission-plugins, beside the \
            others; admission-control-config-file=FILE with limits by Server, Namespace or User, \
            mounted (extraVolumes)",
        breaks: "Without limits configured the API server does not start; too tight, Events \
            needed for debugging are dropped. The plugin is alpha.",
        references: &[ADMISSION],
    },
    Words {
        control: "kube-apiserver-not-always-admit",
        title: "Admission plugin AlwaysAdmit is not used",
        rationale: "It checks nothing and is long deprecated; where it is listed, somebody meant \
            admission control to be off.",
        procedure: "kubeadm-apiserver-args",
        set: "Take AlwaysAdmit out of --enable-admission-plugins; keep the other names",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-apiserver-always-pull-images",
        title: "Admission plugin AlwaysPullImages is on",
        rationale: "On shared nodes a pod may otherwise start a private image that another \
            tenant's pull left in the cache.",
        procedure: "kubeadm-apiserver-args",
        set: "Add AlwaysPullImages to apiServer.extraArgs enable-admission-plugins, beside \
            NodeRestriction and what else is there",
        breaks: "Every container start asks the registry: an outage stops restarts, and \
            preloaded images need a mirror. From 1.35 the kubelet itself re-checks pull \
            credentials.",
        references: &[ADMISSION],
    },
    Words {
        control: "kube-apiserver-service-account-admission",
        title: "Admission plugin ServiceAccount is not disabled",
        rationale: "It gives pods their own short-lived identity; without it, workloads fall \
            back on shared or hand-carried credentials.",
        procedure: "kubeadm-apiserver-args",
        set: "Take ServiceAccount out of --disable-admission-plugins (it is on by default)",
        breaks: "Pods created meanwhile get a token only when recreated.",
        references: &[ADMISSION],
    },
    Words {
        control: "kube-apiserver-namespace-lifecycle",
        title: "Admission plugin NamespaceLifecycle is not disabled",
        rationale: "Objects could be created in namespaces that are missing or being deleted, \
            and outlive the clean-up.",
        procedure: "kubeadm-apiserver-args",
        set: "Take NamespaceLifecycle out of --disable-admission-plugins (it is on by default)",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-apiserver-node-restriction",
        title: "Admission plugin NodeRestriction is on",
        rationale: "Without it a stolen kubelet credential can relabel other nodes and pull \
            sensitive pods to itself.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: enable-admission-plugins=NodeRestriction (kubeadm's default; \
            your own value replaces it, so repeat it)",
        breaks: "kubelets may no longer set labels under node-restriction.kubernetes.io/ on \
            themselves.",
        references: &[NODE_AUTHZ],
    },
    Words {
        control: "kube-apiserver-profiling-off",
        title: "API server serves no profiles (--profiling=false)",
        rationale: "Who may reach /debug/pprof reads internals of the process and can load it \
            with long traces.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: profiling=false",
        breaks: "No pprof when debugging; turn it on for that time.",
        references: &[APISERVER],
    },
    Words {
        control: "kube-apiserver-audit-log-path",
        title: "API server writes an audit log (--audit-log-path)",
        rationale: "Without it nobody can tell afterwards who read a Secret or opened a shell in \
            a pod.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: audit-log-path=/var/log/kubernetes/audit/audit.log and \
            audit-policy-file; mount both (apiServer.extraVolumes; the log's writable)",
        breaks: "No policy file, no events. An unmounted path writes into the container and is \
            lost; without rotation flags the disk fills.",
        references: &[AUDIT],
    },
    Words {
        control: "kube-apiserver-audit-log-maxage",
        title: "Audit files are kept 30 days or more (--audit-log-maxage)",
        rationale: "Intrusions are often found weeks later; by then the trail must still exist.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: audit-log-maxage=30, or what your retention rules ask beyond \
            that",
        breaks: "Count and size limits may delete sooner: ship the log elsewhere for certainty.",
        references: &[AUDIT],
    },
    Words {
        control: "kube-apiserver-audit-log-maxbackup",
        title: "Ten or more rotated audit files are kept (--audit-log-maxbackup)",
        rationale: "With few files a burst of requests pushes its own beginning out of the log.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: audit-log-maxbackup=10",
        breaks: "Needs disk for (maxbackup + 1) x maxsize; a full disk hits etcd where they \
            share it.",
        references: &[],
    },
    Words {
        control: "kube-apiserver-audit-log-maxsize",
        title: "Audit files rotate at 100 MB or more (--audit-log-maxsize)",
        rationale: "Tiny files rotate so fast that the number kept covers only minutes of a busy \
            cluster.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: audit-log-maxsize=100 (MB)",
        breaks: "Needs disk for (maxbackup + 1) x maxsize.",
        references: &[],
    },
    Words {
        control: "kube-apiserver-request-timeout",
        title: "API requests end in reasonable time (--request-timeout)",
        rationale: "Too long, and slow requests pile up until the server is exhausted; too short \
            breaks honest clients on slow links.",
        procedure: "kubeadm-apiserver-args",
        set: "The default, 1m0s, fits most clusters: leave it unset. Look whether someone set \
            minutes or hours and why; up to 300s is defensible for slow links.",
        breaks: "Below the time of large LIST calls, controllers fail and retry, which adds load.",
        references: &[APISERVER],
    },
    Words {
        control: "kube-apiserver-service-account-lookup",
        title: "Tokens die with their service account (--service-account-lookup)",
        rationale: "Without the lookup a token stays valid after its service account or Secret \
            is deleted: nothing revokes it.",
        procedure: "kubeadm-apiserver-args",
        set: "Remove service-account-lookup from apiServer.extraArgs (default true) or set it to \
            true",
        breaks: "Clients that live on tokens of deleted accounts get 401.",
        references: &[SA_ADMIN],
    },
    Words {
        control: "kube-apiserver-service-account-key-file",
        title: "Service account tokens have a key pair (--service-account-key-file)",
        rationale: "Without it the TLS serving key also verifies tokens, so renewing one breaks \
            the other.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: service-account-key-file=/etc/kubernetes/pki/sa.pub (kubeadm \
            sets it)",
        breaks: "Tokens of a key that is no longer listed get 401; the flag may be repeated, so \
            keep old keys until their tokens expire.",
        references: &[SA_ADMIN],
    },
    Words {
        control: "kube-apiserver-token-expiration-not-extended",
        title: "Pod tokens live an hour (--service-account-extend-token-expiration=false)",
        rationale: "Extended, the token that every pod gets is good for a year: a stolen one \
            outlives the pod by months.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: service-account-extend-token-expiration=false, once \
            serviceaccount_stale_tokens_total of /metrics no longer grows",
        breaks: "Programs that read their token once and never again get 401 after an hour; the \
            audit annotation authentication.k8s.io/stale-token names them.",
        references: &[SA_ADMIN],
    },
    Words {
        control: "kube-apiserver-etcd-client-certificate",
        title: "API server shows etcd a certificate (--etcd-certfile, --etcd-keyfile)",
        rationale: "If etcd takes connections without one, whoever reaches port 2379 owns the \
            cluster's data.",
        procedure: "kubeadm-apiserver-args",
        set: "--etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt, --etcd-keyfile with \
            its .key; external etcd: etcd.external.certFile and keyFile",
        breaks: "A certificate etcd does not trust takes the API server down.",
        references: &[ETCD_OPS],
    },
    Words {
        control: "kube-apiserver-serving-certificate",
        title: "API server serves its certificate (--tls-cert-file, --tls-private-key-file)",
        rationale: "Without them the server makes a self-signed certificate that clients cannot \
            verify, so they learn to skip verification.",
        procedure: "kubeadm-apiserver-args",
        set: "--tls-cert-file=/etc/kubernetes/pki/apiserver.crt, \
            --tls-private-key-file=/etc/kubernetes/pki/apiserver.key; more names: \
            apiServer.certSANs",
        breaks: "A certificate that lacks a name or address in use cuts those clients off.",
        references: &[PKI],
    },
    Words {
        control: "kube-apiserver-client-ca-file",
        title: "API server verifies client certificates (--client-ca-file)",
        rationale: "Without a CA no certificate identifies a client, so nodes and components \
            need weaker credentials.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: client-ca-file=/etc/kubernetes/pki/ca.crt (kubeadm sets it)",
        breaks: "A different CA locks out every kubelet and component at once; a bundle of old \
            and new allows a change-over.",
        references: &[AUTHN],
    },
    Words {
        control: "kube-apiserver-etcd-cafile",
        title: "API server verifies etcd (--etcd-cafile)",
        rationale: "Without this CA a listener on etcd's address could receive all writes, \
            Secrets included.",
        procedure: "kubeadm-apiserver-args",
        set: "--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt; external etcd: etcd.external.caFile \
            in ClusterConfiguration",
        breaks: "The wrong CA takes the API server down.",
        references: &[ETCD_OPS],
    },
    Words {
        control: "kube-apiserver-encryption-provider-config",
        title: "Data at rest is encrypted (--encryption-provider-config)",
        rationale: "Otherwise Secrets lie readable in etcd's files, its snapshots and every \
            backup of them.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: encryption-provider-config=/etc/kubernetes/enc/enc.yaml, mode \
            600, same on all control-plane nodes; mount it (extraVolumes)",
        breaks: "Losing the key loses the data. Old objects stay in clear text until rewritten: \
            kubectl get secrets -A -o json | kubectl replace -f -",
        references: &[ENCRYPT],
    },
    Words {
        control: "kube-apiserver-encryption-providers",
        title: "The first encryption provider is kms, aescbc or secretbox",
        rationale: "Only the first provider writes: with identity first nothing is encrypted, \
            whatever stands below it.",
        procedure: "kubeadm-apiserver-args",
        set: "In the EncryptionConfiguration put kms (apiVersion: v2), secretbox or aescbc first \
            under each resources entry, at least for secrets; identity last until all is \
            rewritten",
        breaks: "kms needs its plugin on each node before the API server starts; dropping a \
            provider makes what it wrote unreadable.",
        references: &[ENCRYPT],
    },
    Words {
        control: "kube-apiserver-strong-ciphers",
        title: "API server offers strong ciphers only (--tls-cipher-suites)",
        rationale: "RSA key exchange lacks forward secrecy: a key stolen later opens recorded \
            traffic; 3DES and RC4 are broken.",
        procedure: "kubeadm-apiserver-args",
        set: "tls-cipher-suites: \
            TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256}, \
            or tls-min-version=VersionTLS13 (its suites are fixed)",
        breaks: "HTTP/2 needs one AES_128_GCM_SHA256 suite in a TLS 1.2 list, or the server \
            refuses to start; old clients drop off.",
        references: &[APISERVER],
    },
    Words {
        control: "kube-apiserver-strong-ciphers-aead",
        title: "API server offers authenticated ciphers only (--tls-cipher-suites)",
        rationale: "CBC suites check a record only after decrypting it, which has leaked plain \
            text time and again; GCM and ChaCha20 do not.",
        procedure: "kubeadm-apiserver-args",
        set: "tls-cipher-suites: \
            TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256}, \
            or tls-min-version=VersionTLS13 (its suites are fixed)",
        breaks: "HTTP/2 needs one AES_128_GCM_SHA256 suite in a TLS 1.2 list, or the server \
            refuses to start; clients with CBC alone drop off.",
        references: &[APISERVER],
    },
];
