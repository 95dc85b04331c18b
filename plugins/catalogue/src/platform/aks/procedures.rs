//! How settings are changed on AKS so that an upgrade, a reimage or the
//! autoscaler does not undo it.

use crate::control::ProcedureWords;

pub(super) const PROCEDURES: &[ProcedureWords] = &[
    ProcedureWords {
        name: "kubelet-config",
        change: "AKS writes /etc/default/kubelet and kubeletconfig.json at every boot of a new \
            image: edits there are lost. Durable: az aks nodepool add --kubelet-config FILE for a \
            new pool, in which what AKS lets you set has its own names; then cordon and drain \
            the old pool. For the rest ask Azure support.",
        effect: "Pods move to the new pool as the old one is drained; PodDisruptionBudgets and \
            local volumes slow that down. Existing pools do not take another --kubelet-config.",
        rollback: "Uncordon the old pool and keep it until the new one has proven itself; then \
            az aks nodepool delete.",
        verify: "kubectl get --raw /api/v1/nodes/NODE/proxy/configz shows what the kubelet uses; \
            az aks nodepool show --query kubeletConfig what was asked for.",
    },
    ProcedureWords {
        name: "file-mode",
        change: "AKS' bootstrap writes the file as root, most with mode 600: find what changed \
            it, such as a privileged DaemonSet or an extension, and mend that. az aks nodepool \
            upgrade --node-image-only replaces the node. By hand it lasts until then.",
        effect: "Nothing restarts: the kubelet reads the file as root. Agents of other users \
            lose access.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "kubectl debug node/NODE -it --image=IMAGE --profile=sysadmin, then chroot /host \
            stat -c '%a %U:%G %n' FILE",
    },
    ProcedureWords {
        name: "azure-resource",
        change: "Change it where the resource is kept (Bicep, Terraform, pipeline), or the next \
            deployment takes it back; az aks update or az role assignment alone suffice where \
            nothing else manages it. A policy assignment keeps it so for new clusters.",
        effect: "Azure applies it within minutes; some updates of a cluster restart its API \
            server or reimage nodes: read the reference of the option first.",
        rollback: "Deploy the former value; az monitor activity-log list shows who changed what.",
        verify: "Run the query that the finding names again, from an account that only reads.",
    },
];
