//! Words for the flags of etcd.

use super::urls::ETCD_TLS;
use crate::control::Words;

pub(super) const WORDS: &[Words] = &[
    Words {
        control: "etcd-serving-certificate",
        title: "etcd serves clients over TLS (--cert-file and --key-file)",
        rationale: "In clear text every Secret that the API server reads or writes can be taken \
            from the wire.",
        procedure: "kubeadm-etcd-args",
        set: "--cert-file=/etc/kubernetes/pki/etcd/server.crt, \
            --key-file=/etc/kubernetes/pki/etcd/server.key (kubeadm sets both); https in \
            --listen-client-urls",
        breaks: "Clients that still use http lose access: change API server, backup and \
            monitoring together.",
        references: &[ETCD_TLS],
    },
    Words {
        control: "etcd-client-cert-auth",
        title: "etcd demands client certificates (--client-cert-auth=true)",
        rationale: "Otherwise everybody who reaches port 2379 reads and writes the whole cluster \
            state, without RBAC or audit.",
        procedure: "kubeadm-etcd-args",
        set: "etcd.local.extraArgs: client-cert-auth=true, with \
            --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt",
        breaks: "Backup jobs and exporters without a certificate fail; --listen-metrics-urls \
            keeps metrics apart.",
        references: &[ETCD_TLS],
    },
    Words {
        control: "etcd-auto-tls-off",
        title: "etcd makes no certificates of its own for clients (--auto-tls not true)",
        rationale: "Self-made certificates prove nothing: a client cannot tell the real member \
            from an impostor.",
        procedure: "kubeadm-etcd-args",
        set: "Remove auto-tls from etcd.local.extraArgs (default false) and give --cert-file and \
            --key-file",
        breaks: "",
        references: &[ETCD_TLS],
    },
    Words {
        control: "etcd-peer-certificate",
        title: "etcd members use TLS (--peer-cert-file and --peer-key-file)",
        rationale: "Replication carries all data: in clear text, one listener between two \
            members sees every Secret.",
        procedure: "kubeadm-etcd-args",
        set: "--peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt, \
            --peer-key-file=/etc/kubernetes/pki/etcd/peer.key (kubeadm sets both)",
        breaks: "From http to https peer URLs must change too (etcdctl member update), one \
            member at a time.",
        references: &[ETCD_TLS],
    },
    Words {
        control: "etcd-peer-client-cert-auth",
        title: "etcd members verify one another (--peer-client-cert-auth=true)",
        rationale: "Otherwise a stranger who reaches port 2380 can speak the members' protocol \
            and tamper with the data.",
        procedure: "kubeadm-etcd-args",
        set: "etcd.local.extraArgs: peer-client-cert-auth=true, with \
            --peer-trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt",
        breaks: "Every member needs its peer certificate first, or quorum is lost.",
        references: &[ETCD_TLS],
    },
    Words {
        control: "etcd-peer-auto-tls-off",
        title: "etcd makes no peer certificates of its own (--peer-auto-tls not true)",
        rationale: "Peers that accept self-made certificates encrypt, yet never know with whom \
            they share the data.",
        procedure: "kubeadm-etcd-args",
        set: "Remove peer-auto-tls from etcd.local.extraArgs (default false) and give the \
            --peer-cert-file pair",
        breaks: "",
        references: &[ETCD_TLS],
    },
    Words {
        control: "etcd-unique-ca",
        title: "etcd trusts a CA of its own (--trusted-ca-file)",
        rationale: "If etcd trusts the cluster's general CA, every kubelet's or user's \
            certificate opens the database directly.",
        procedure: "kubeadm-etcd-args",
        set: "Compare the certificate in etcd's --trusted-ca-file with that in the API server's \
            --client-ca-file: they must differ, and etcd's CA must sign nothing else",
        breaks: "A change of CA means new certificates for members and clients; run with a \
            bundle of both meanwhile.",
        references: &[ETCD_TLS],
    },
];
