//! Words for roles, bindings and service accounts.

use super::urls::{CSR, KUBELET_AUTH, RBAC_GOOD, SA};
use crate::control::Words;

pub(super) const WORDS: &[Words] = &[
    Words {
        control: "rbac-cluster-admin-minimal",
        title: "ClusterRole cluster-admin is bound only where nothing less will do",
        rationale: "Each holder can read all Secrets, change every object and erase traces; one \
            leaked token is the whole cluster.",
        procedure: "rbac-change",
        set: "kubectl get clusterrolebindings,rolebindings -A -o wide | grep cluster-admin: for \
            every subject beyond system:masters and kubeadm:cluster-admins bind a narrower role, \
            then delete theirs",
        breaks: "Installers and operators often assume cluster-admin: try their documented role \
            first.",
        references: &[RBAC_GOOD],
    },
    Words {
        control: "rbac-secrets-access-minimal",
        title: "Few may get, list or watch secrets",
        rationale: "list and watch return contents, not only names; a Secret with a token or \
            kubeconfig leads to further rights.",
        procedure: "rbac-change",
        set: "For each subject shown drop get, list, watch on secrets, or narrow it to \
            resourceNames in one namespace; list and watch only for controllers that need it",
        breaks: "Ingress and certificate controllers, Helm (its releases are Secrets) need \
            access in their namespaces.",
        references: &[RBAC_GOOD],
    },
    Words {
        control: "rbac-no-wildcards",
        title: "Roles and ClusterRoles name verbs and resources, not *",
        rationale: "A star also grants what is added later: new subresources, CRDs, and verbs \
            such as escalate or impersonate.",
        procedure: "rbac-change",
        set: "Write out apiGroups, resources and verbs; the audit log shows which ones the \
            subject really uses",
        breaks: "Something rarely used is missed at first: watch the audit log for 403.",
        references: &[RBAC_GOOD],
    },
    Words {
        control: "rbac-create-pods-minimal",
        title: "Few may create pods",
        rationale: "Who creates a pod may mount any Secret and use any service account of that \
            namespace, and without pod policy the node.",
        procedure: "rbac-change",
        set: "Remove create on pods (and on deployments, jobs and the like, which make pods) \
            from subjects that only read or deploy through CI; bind the rest per namespace",
        breaks: "kubectl run and debug fail for them; CI needs its own service account.",
        references: &[RBAC_GOOD],
    },
    Words {
        control: "default-service-account-unused",
        title: "Service account default holds no rights and mounts no token",
        rationale: "Every pod that names no account runs as default, so rights given to it reach \
            all of them.",
        procedure: "rbac-change",
        set: "automountServiceAccountToken: false on ServiceAccount default in each namespace; \
            move its bindings to accounts of one workload each",
        breaks: "Pods that call the API as default stop until they name an account of their own.",
        references: &[SA],
    },
    Words {
        control: "service-account-token-mounts-minimal",
        title: "Only pods that call the API mount a service account token",
        rationale: "A token in a pod that never needs it is a gift to whoever breaks into that \
            pod.",
        procedure: "pod-spec",
        set: "automountServiceAccountToken: false in the pod template, or on the ServiceAccount \
            (the pod's value wins)",
        breaks: "Clients in the pod that read /var/run/secrets/kubernetes.io/serviceaccount fail.",
        references: &[SA],
    },
    Words {
        control: "rbac-system-masters-unused",
        title: "No user or credential is in group system:masters",
        rationale: "The group passes every authorizer unasked: no Role narrows it and no deleted \
            binding revokes it.",
        procedure: "user-credentials",
        set: "openssl x509 -noout -subject on each certificate handed out, super-admin.conf \
            included, and subjects of bindings: decide who moves to a named group; certificates \
            with O=system:masters must expire",
        breaks: "Keep one break-glass credential, locked away.",
        references: &[RBAC_GOOD],
    },
    Words {
        control: "rbac-bind-impersonate-escalate-minimal",
        title: "Few may bind, escalate or impersonate",
        rationale: "With these verbs a subject gives itself rights it lacks, or acts under \
            another's name.",
        procedure: "rbac-change",
        set: "Look at each rule shown with bind or escalate on roles and clusterroles, or \
            impersonate on users, groups, serviceaccounts: remove it, or list exact \
            resourceNames",
        breaks: "Operators that install RBAC need bind or escalate on the roles they create; \
            kubectl --as needs impersonate.",
        references: &[RBAC_GOOD],
    },
    Words {
        control: "rbac-create-persistent-volumes-minimal",
        title: "Few may create persistentvolumes",
        rationale: "A PersistentVolume of type hostPath or local opens the node's disk to a pod, \
            past policies that look at pods only.",
        procedure: "rbac-change",
        set: "Look who may create persistentvolumes beyond system: controllers and CSI \
            provisioners: remove it; users need only persistentvolumeclaims and a StorageClass",
        breaks: "Hand-made static volumes then need an administrator.",
        references: &[RBAC_GOOD],
    },
    Words {
        control: "rbac-nodes-proxy-minimal",
        title: "Few have access to nodes/proxy",
        rationale: "nodes/proxy reaches the kubelet's API, exec in every pod included; straight \
            to port 10250 it leaves no audit, and get is enough.",
        procedure: "rbac-change",
        set: "Look at each subject shown: for metrics grant nodes/metrics and nodes/stats \
            instead; from 1.33 see KubeletFineGrainedAuthz (nodes/healthz, nodes/pods)",
        breaks: "Monitoring charts often ask for it: test their scrape after the change.",
        references: &[KUBELET_AUTH],
    },
    Words {
        control: "rbac-csr-approval-minimal",
        title: "Few may approve certificatesigningrequests",
        rationale: "Who may update certificatesigningrequests/approval and approve for a signer \
            can certify an identity of their choice.",
        procedure: "rbac-change",
        set: "Look who holds update on certificatesigningrequests/approval together with approve \
            on signers: leave the controllers and the CA team, with resourceNames for single \
            signers",
        breaks: "Automatic approvers of kubelet-serving CSRs need it for that signer.",
        references: &[CSR],
    },
    Words {
        control: "rbac-webhook-configuration-minimal",
        title: "Few may change admission webhook configurations",
        rationale: "A mutating webhook sees and rewrites every object it matches, Secrets too; \
            deleting a validating one lifts policy.",
        procedure: "rbac-change",
        set: "Look who may create, update, patch or delete mutating- and \
            validatingwebhookconfigurations: leave policy engines and cert injectors, limited by \
            resourceNames",
        breaks: "cert-manager and operators that write caBundle need update or patch.",
        references: &[RBAC_GOOD],
    },
    Words {
        control: "rbac-token-creation-minimal",
        title: "Few may create tokens of service accounts (serviceaccounts/token)",
        rationale: "create on serviceaccounts/token makes a login for any account in reach, with \
            all its rights.",
        procedure: "rbac-change",
        set: "Look who may create serviceaccounts/token beyond kubelets and the controller \
            manager: remove it or name the accounts in resourceNames",
        breaks: "kubectl create token, Vault and some CI systems use it.",
        references: &[RBAC_GOOD],
    },
];
