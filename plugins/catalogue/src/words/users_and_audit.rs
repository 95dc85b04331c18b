//! Words for how people log in and what the audit log must hold.

use super::urls::{AUDIT, AUTHN_HARDENING, BOOTSTRAP_TOKENS};
use crate::control::Words;

pub(super) const WORDS: &[Words] = &[
    Words {
        control: "users-not-by-client-certificate",
        title: "People do not log in with client certificates",
        rationale: "The API server checks no revocation list: a leaked or leaver's certificate \
            works until it expires.",
        procedure: "user-credentials",
        set: "Look for personal names among CSRs of signer kubernetes.io/kube-apiserver-client, \
            subjects of bindings and audit users; decide who moves to OIDC and by when",
        breaks: "Keep one break-glass certificate, locked away.",
        references: &[AUTHN_HARDENING],
    },
    Words {
        control: "users-not-by-service-account-token",
        title: "People do not log in with service account tokens",
        rationale: "Such a token names a workload, not a person, is easily passed on, and as a \
            Secret never expires.",
        procedure: "user-credentials",
        set: "Look for Secrets of type kubernetes.io/service-account-token and audit entries of \
            system:serviceaccount:* with a kubectl user agent; decide whose they are",
        breaks: "Deleting a token Secret stops scripts and CI that use it.",
        references: &[AUTHN_HARDENING],
    },
    Words {
        control: "users-not-by-bootstrap-token",
        title: "People do not log in with bootstrap tokens",
        rationale: "Bootstrap tokens exist to join nodes: whoever holds one can enrol a machine \
            and wait for Secrets to land on it.",
        procedure: "user-credentials",
        set: "kubeadm token list: delete what has no expiry or no pending join; look that no \
            binding beyond kubeadm's names system:bootstrappers groups",
        breaks: "Nodes that are about to join need a fresh token (kubeadm token create).",
        references: &[BOOTSTRAP_TOKENS],
    },
    Words {
        control: "audit-policy-exists",
        title: "API server has an audit policy (--audit-policy-file)",
        rationale: "Without a policy the log backend records nothing, even where a log path is \
            set.",
        procedure: "kubeadm-apiserver-args",
        set: "apiServer.extraArgs: audit-policy-file=/etc/kubernetes/audit-policy.yaml, mounted \
            by apiServer.extraVolumes; to begin: one rule, level: Metadata",
        breaks: "A file that does not parse keeps the API server from starting.",
        references: &[AUDIT],
    },
    Words {
        control: "audit-policy-covers-key-concerns",
        title: "Audit policy covers Secrets, workload changes, exec and proxy",
        rationale: "A policy that drops these leaves out what intruders do first: read Secrets, \
            alter pods, open shells, tunnel.",
        procedure: "kubeadm-apiserver-args",
        set: "Read the rules in order, first match wins: Secrets, ConfigMaps, TokenReviews at \
            Metadata (never bodies); writes to pods and workloads; pods/exec, attach, \
            portforward, */proxy",
        breaks: "RequestResponse on Secrets copies them into the log; wide rules multiply its \
            size.",
        references: &[AUDIT],
    },
];
