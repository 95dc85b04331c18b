//! Ways to change a setting on OpenShift: the object that an operator renders
//! from, never the file that it writes.

use crate::control::ProcedureWords;

pub(in crate::platform::openshift) const PROCEDURES: &[ProcedureWords] = &[
    ProcedureWords {
        name: "kubeadm-apiserver-args",
        change: "Durable: the kube-apiserver operator renders the arguments from \
            config.openshift.io objects; what differs stands in spec.unsupportedConfigOverrides \
            of kubeapiserver/cluster (operator.openshift.io). Change it there: edits of \
            /etc/kubernetes/static-pod-resources or of the ConfigMap config are overwritten.",
        effect: "A new revision rolls out one control plane node after the other, some minutes \
            each; the API stays up where there are three.",
        rollback: "oc edit kubeapiserver cluster back to the saved copy: the operator renders \
            the next revision.",
        verify: "oc get clusteroperator kube-apiserver no longer says Progressing; oc -n \
            openshift-kube-apiserver get cm config -o yaml shows the arguments.",
    },
    ProcedureWords {
        name: "openshift-api-server",
        change: "Durable: APIServer/cluster (config.openshift.io). oc get apiserver cluster -o \
            yaml > copy.yaml, then oc edit apiserver cluster.",
        effect: "The operators of kube-apiserver, openshift-apiserver and authentication roll \
            out new revisions, node after node; encryption rewrites all objects, which takes \
            twenty minutes and more.",
        rollback: "oc apply the saved spec; spec.encryption.type: identity decrypts again.",
        verify: "oc get clusteroperators kube-apiserver openshift-apiserver authentication: \
            available, not progressing.",
    },
    ProcedureWords {
        name: "kubeadm-controller-manager-args",
        change: "Durable: the operator renders extendedArguments; what differs stands in \
            spec.unsupportedConfigOverrides of kubecontrollermanager/cluster \
            (operator.openshift.io), or in FeatureGate/cluster.",
        effect: "A new revision rolls out node after node; another instance takes over the lease.",
        rollback: "oc edit kubecontrollermanager cluster back to the saved copy.",
        verify: "oc -n openshift-kube-controller-manager get cm config -o yaml; oc get \
            clusteroperator kube-controller-manager.",
    },
    ProcedureWords {
        name: "kubeadm-scheduler-args",
        change: "Durable: Scheduler/cluster (config.openshift.io) for its profile; what differs \
            besides stands in spec.unsupportedConfigOverrides of kubescheduler/cluster \
            (operator.openshift.io).",
        effect: "A new revision rolls out node after node; another instance takes over the lease.",
        rollback: "oc edit kubescheduler cluster back to the saved copy.",
        verify: "oc get clusteroperator kube-scheduler; a new test pod gets a node.",
    },
    ProcedureWords {
        name: "kubeadm-etcd-args",
        change: "The etcd operator renders the pod and signs the certificates: there is no \
            setting to change. Find out who edited /etc/kubernetes/manifests/etcd-pod.yaml, and \
            have it rendered anew: oc patch etcd cluster --type merge -p \
            '{\"spec\":{\"forceRedeploymentReason\":\"REASON\"}}'.",
        effect: "Members restart one after the other. Take a backup first: cluster-backup.sh.",
        rollback: "Restore the backup by the documented procedure; there is no way back of a \
            rendered revision.",
        verify: "oc get etcd cluster -o yaml: all nodes at the new revision; oc get \
            clusteroperator etcd.",
    },
    ProcedureWords {
        name: "kubelet-config",
        change: "Durable: a KubeletConfig (machineconfiguration.openshift.io) that selects the \
            pool by its label; its spec.kubeletConfig is merged into /etc/kubernetes/kubelet.conf. \
            The file itself is the machine config operator's: an edit makes the node degraded.",
        effect: "The nodes of the pool are drained and rebooted one after the other: try it \
            with a small pool first.",
        rollback: "Delete the KubeletConfig: the pool rolls back, with another reboot.",
        verify: "oc get mcp: UPDATED is True; oc get --raw /api/v1/nodes/NODE/proxy/configz.",
    },
    ProcedureWords {
        name: "manifest-file-mode",
        change: "On each control plane node, by oc debug node/NODE or ssh as root. The operator's \
            installer pod writes manifests for root alone, so something changed it later: mend \
            that first.",
        effect: "Nothing restarts. The next revision writes the file anew.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "stat -c '%a %U:%G %n' /etc/kubernetes/manifests/*",
    },
    ProcedureWords {
        name: "file-mode",
        change: "On each node as root. Files that the machine config operator writes get mode \
            and owner from a MachineConfig (storage.files[].mode): mend that; others from the \
            operator or DaemonSet that writes them, or the next run undoes it.",
        effect: "Nothing restarts by chmod. A changed MachineConfig drains and reboots the pool.",
        rollback: "chmod and chown back to what stat showed before, or delete the MachineConfig.",
        verify: "stat -c '%a %U:%G %n' FILE; oc get mcp: DEGRADED is False.",
    },
    ProcedureWords {
        name: "pki-mode",
        change: "On each control plane node as root. Installer pods and cert-syncers write these \
            files for root alone: find out what changed them (backup, agent), mend that, then \
            the files.",
        effect: "Nothing restarts: the static pods run as root.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "find /etc/kubernetes/static-pod-resources -path '*/secrets/*' -printf '%m %u:%g \
            %p\\n'",
    },
    ProcedureWords {
        name: "user-credentials",
        change: "Durable: OAuth/cluster (config.openshift.io), with an identity provider of your \
            organisation; bind cluster-admin to a group of it, log in so, and only then oc -n \
            kube-system delete secret kubeadmin.",
        effect: "The authentication operator rolls out the OAuth server; who is logged in stays so.",
        rollback: "The secret cannot be restored: keep the installer's kubeconfig offline for \
            the day the provider is down.",
        verify: "oc whoami after a login by the provider; oc get identity.",
    },
    ProcedureWords {
        name: "openshift-scc",
        change: "Never edit the constraints that ship: upgrades reset or refuse that. oc adm \
            policy who-can use scc NAME shows holders; oc adm policy remove-scc-from-user or \
            -group takes what was added, roles with the verb use likewise at their source. Give \
            workloads a constraint of their own instead.",
        effect: "Only new pods are judged: running ones stay until they are recreated.",
        rollback: "oc adm policy add-scc-to-user NAME -z ACCOUNT -n NS.",
        verify: "oc adm policy who-can use scc NAME; the annotation openshift.io/scc of new pods.",
    },
];
