//! Words of GKE: node pools.

use super::{IDENTITY, ISOLATION, SHIELDED};
use crate::control::Words;

pub(in crate::platform::gke) const POOLS: &[Words] = &[
    Words {
        control: "gke-legacy-metadata-off",
        title: "Compute Engine's old metadata endpoints are off",
        rationale: "They answer without the header that keeps a forged request from fetching \
            the node's token.",
        procedure: "gke-node-pool",
        set: "New pools with --metadata disable-legacy-endpoints=true, as GKE sets it since 1.12; \
            better still the GKE metadata server",
        breaks: "Very old client libraries ask v0.1 or v1beta1.",
        references: &[],
    },
    Words {
        control: "gke-metadata-server",
        title: "GKE's metadata server stands before the nodes' own",
        rationale: "Without it any pod can ask for the node's token, and with that do what the \
            node's service account may.",
        procedure: "gke-node-pool",
        set: "--workload-metadata=GKE_METADATA for every pool, after --workload-pool on the \
            cluster; Autopilot has it always",
        breaks: "Pods that used the node's account need Workload Identity before.",
        references: &[IDENTITY],
    },
    Words {
        control: "gke-cos",
        title: "Nodes run Container-Optimized OS",
        rationale: "A locked-down image with little in it, a verified root file system and \
            Google's fast fixes leaves an intruder less.",
        procedure: "gke-node-pool",
        set: "gcloud container clusters upgrade CLUSTER --node-pool POOL --image-type \
            cos_containerd (before 1.19 also cos); Windows workloads stay a documented exception",
        breaks: "DaemonSets that install packages or write to / do not work there.",
        references: &[],
    },
    Words {
        control: "gke-cos-containerd",
        title: "Nodes run Container-Optimized OS with containerd",
        rationale: "A locked-down image with little in it and a verified root file system leaves \
            an intruder less to work with.",
        procedure: "gke-node-pool",
        set: "gcloud container clusters upgrade CLUSTER --node-pool POOL --image-type \
            cos_containerd; Windows workloads stay a documented exception",
        breaks: "DaemonSets that install packages, write to / or use Docker's socket do not work.",
        references: &["https://cloud.google.com/kubernetes-engine/docs/concepts/node-images"],
    },
    Words {
        control: "gke-auto-repair",
        title: "GKE repairs unhealthy nodes by itself",
        rationale: "A node that no longer reports is one whose state nobody knows, also not \
            whether it was broken into.",
        procedure: "gke-node-pool",
        set: "--enable-autorepair for every pool, and in the defaults of auto-provisioning",
        breaks: "A repaired node loses its local disks.",
        references: &[],
    },
    Words {
        control: "gke-auto-upgrade",
        title: "GKE upgrades nodes by itself",
        rationale: "Fixes for the kernel, runtime and kubelet reach a pool only when its nodes are \
            made anew.",
        procedure: "gke-node-pool",
        set: "--enable-autoupgrade for every pool, with maintenance windows and exclusions for \
            the times that matter",
        breaks: "Nodes are drained: workloads need replicas and disruption budgets that let them \
            go.",
        references: &["https://cloud.google.com/kubernetes-engine/docs/how-to/node-auto-upgrades"],
    },
    Words {
        control: "gke-shielded-nodes",
        title: "Nodes prove their identity to the cluster (Shielded GKE Nodes)",
        rationale: "Bootstrap credentials taken from a pod or VM otherwise let a stranger join as \
            a node and be given Secrets.",
        procedure: "gke-cluster",
        set: "--enable-shielded-nodes on the cluster; new clusters have it since 1.18",
        breaks: "All nodes are recreated once.",
        references: &[SHIELDED],
    },
    Words {
        control: "gke-integrity-monitoring",
        title: "Nodes are measured at boot (integrity monitoring)",
        rationale: "A boot chain that changed against its baseline is noticed, and can raise an \
            alert, before the node is trusted.",
        procedure: "gke-node-pool",
        set: "New pools with --shielded-integrity-monitoring, and an alert on failed \
            lateBootReportEvent and earlyBootReportEvent entries",
        breaks: "",
        references: &[SHIELDED],
    },
    Words {
        control: "gke-secure-boot",
        title: "Nodes start signed code only (Secure Boot)",
        rationale: "Firmware that checks signatures leaves a rootkit no place below the kernel.",
        procedure: "gke-node-pool",
        set: "New pools with --shielded-secure-boot",
        breaks: "Kernel modules without Google's signature, some GPU and storage drivers, do not \
            load.",
        references: &[SHIELDED],
    },
    Words {
        control: "gke-private-nodes",
        title: "Nodes have no address on the internet",
        rationale: "What cannot be reached from outside cannot be attacked from there, whatever a \
            host port or firewall rule lets slip.",
        procedure: "gke-node-pool",
        set: "gcloud container node-pools update POOL --enable-private-nodes (or the cluster's \
            default), with Cloud NAT and Private Google Access for the way out",
        breaks: "Without NAT images from outside Google are not pulled; NodePort by public address \
            ends.",
        references: &[ISOLATION],
    },
    Words {
        control: "gke-node-firewall",
        title: "Firewall rules let nodes be reached only as meant",
        rationale: "The rules that a VPC starts with allow SSH and RDP from anywhere to every \
            instance.",
        procedure: "gke-project",
        set: "Rules or firewall policies for the nodes' tags or service account: the load \
            balancers' ranges, the control plane, what you name; delete default-allow-ssh and the \
            like",
        breaks: "Webhooks and metrics need the control plane's way to their ports.",
        references: &["https://cloud.google.com/kubernetes-engine/docs/concepts/firewall-rules"],
    },
    Words {
        control: "gke-cmek-boot-disks",
        title: "Nodes' boot disks are encrypted with a key of yours",
        rationale: "Boot disks hold images, logs, emptyDir volumes and the kubelet's credentials; \
            with a key of yours you can close them.",
        procedure: "gke-node-pool",
        set: "New pools with --boot-disk-kms-key=KEY; let the Compute Engine service agent use it",
        breaks: "With the key disabled no node starts.",
        references: &["https://cloud.google.com/kubernetes-engine/docs/how-to/using-cmek"],
    },
    Words {
        control: "gke-sandbox",
        title: "Code that is not trusted runs in GKE Sandbox",
        rationale: "Containers share the node's kernel: one flaw in it and a tenant has the node; \
            gVisor puts a second kernel between.",
        procedure: "gke-node-pool",
        set: "A pool with --sandbox=type=gvisor, and runtimeClassName: gvisor for those pods; \
            Autopilot needs the latter only",
        breaks: "System calls cost more, some are missing; host mounts and privileged pods are \
            refused.",
        references: &["https://cloud.google.com/kubernetes-engine/docs/concepts/sandbox-pods"],
    },
];
