//! Words for networks, namespaces, secret stores and image admission.

use super::urls::{ADMISSION, NAMESPACES, NETPOL, SECRETS_GOOD};
use crate::control::Words;

pub(super) const WORDS: &[Words] = &[
    Words {
        control: "cni-supports-network-policy",
        title: "The network plugin enforces NetworkPolicy",
        rationale: "Where the plugin ignores them the API accepts policies all the same, and \
            nothing is filtered.",
        procedure: "",
        set: "Look at the CNI's DaemonSet: flannel alone does not enforce, Calico, Cilium, \
            Antrea, kube-router do. Test: default-deny in a scratch namespace, then a connection \
            must time out",
        breaks: "Changing the CNI interrupts pod networking: plan it node by node or in a new \
            cluster.",
        references: &[NETPOL],
    },
    Words {
        control: "namespaces-have-network-policy",
        title: "Every namespace with workloads has a NetworkPolicy",
        rationale: "Pods that no policy selects talk to all others: one intruder reaches every \
            database in the cluster.",
        procedure: "network-policy",
        set: "For each namespace shown: a policy with podSelector: {} and policyTypes [Ingress, \
            Egress], then rules for what must talk; or state which other layer filters it",
        breaks: "DNS (port 53, UDP and TCP) needs an egress rule; probes come from the node and \
            are usually let through.",
        references: &[NETPOL],
    },
    Words {
        control: "external-secret-storage",
        title: "Secrets with high stakes live in an external store",
        rationale: "A store outside the cluster brings rotation, narrow access and its own audit \
            trail, also if etcd leaks.",
        procedure: "",
        set: "Look which Secrets hold long-lived keys of other systems; decide for them: Secrets \
            Store CSI driver, an external-secrets operator, or a Vault client in the pod; or \
            note why etcd encryption is enough",
        breaks: "If the store is down pods may not start; operators that sync still leave a copy \
            in etcd.",
        references: &[SECRETS_GOOD],
    },
    Words {
        control: "image-provenance",
        title: "Only images of known origin are admitted",
        rationale: "Whoever can slip an image into a registry or a pod spec otherwise runs code \
            in the cluster.",
        procedure: "kubeadm-apiserver-args",
        set: "Look for ImagePolicyWebhook in --enable-admission-plugins, or a policy engine that \
            verifies signatures or allows registries; decide which images count as known and \
            enforce that",
        breaks: "With defaultAllow: false or failurePolicy: Fail no pod starts while the webhook \
            is down: exempt kube-system.",
        references: &[ADMISSION],
    },
    Words {
        control: "namespaces-as-boundaries",
        title: "Teams and applications are kept apart by namespaces",
        rationale: "Roles, quotas, policies and Secrets are bounded by namespace: in a shared \
            one everybody can reach everything.",
        procedure: "pod-spec",
        set: "Look at the namespaces shown, their workloads and who is bound in them; decide one \
            per team or application and stage, with its own roles, quota and policies",
        breaks: "Moving is deploying anew: DNS names, Secrets and PVCs do not follow.",
        references: &[NAMESPACES],
    },
    Words {
        control: "default-namespace-unused",
        title: "Nothing runs in namespace default",
        rationale: "It is where things land by mistake, and few think of roles, quotas or \
            policies for it.",
        procedure: "pod-spec",
        set: "kubectl get all,cm,secret,pvc,ing -n default: only Service kubernetes and \
            ConfigMap kube-root-ca.crt belong there; deploy the rest to a namespace of its own",
        breaks: "DNS names change with the namespace; PVCs do not follow.",
        references: &[NAMESPACES],
    },
];
