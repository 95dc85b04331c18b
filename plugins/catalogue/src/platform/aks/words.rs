//! Words for the controls of AKS, and for common ones that lie elsewhere there.

use crate::control::Words;

const AUTHORIZED_RANGES: &str =
    "https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges";
const AZURE_RBAC: &str = "https://learn.microsoft.com/azure/aks/manage-azure-rbac";
const CUSTOM_NODES: &str = "https://learn.microsoft.com/azure/aks/custom-node-configuration";
const ENTRA: &str =
    "https://learn.microsoft.com/azure/aks/enable-authentication-microsoft-entra-id";
const IDENTITY: &str = "https://learn.microsoft.com/azure/aks/workload-identity-overview";
const ISOLATION: &str = "https://learn.microsoft.com/azure/aks/concepts-security";
const KMS: &str = "https://learn.microsoft.com/azure/aks/use-kms-etcd-encryption";
const MONITOR: &str = "https://learn.microsoft.com/azure/aks/monitor-aks";
const NETWORK_POLICIES: &str = "https://learn.microsoft.com/azure/aks/use-network-policies";
const NODE_IMAGES: &str = "https://learn.microsoft.com/azure/aks/node-image-upgrade";
const POLICY: &str = "https://learn.microsoft.com/azure/aks/use-azure-policy";
const PRIVATE: &str = "https://learn.microsoft.com/azure/aks/private-clusters";
const PUBLIC_IPS: &str = "https://learn.microsoft.com/azure/aks/use-node-public-ips";
const REGISTRY_ROLES: &str =
    "https://learn.microsoft.com/azure/container-registry/container-registry-roles";
const SANDBOX: &str = "https://learn.microsoft.com/azure/aks/use-pod-sandboxing";
const SCANNING: &str =
    "https://learn.microsoft.com/azure/defender-for-cloud/defender-for-containers-introduction";
const TLS_BOOTSTRAP: &str = "https://learn.microsoft.com/azure/aks/certificate-rotation";
const TLS_INGRESS: &str = "https://learn.microsoft.com/azure/aks/ingress-basic";

/// Files of the node, and settings of its kubelet.
pub(super) const NODE: &[Words] = &[
    Words {
        control: "kubelet-kubeconfig-mode-644",
        title: "kubelet's kubeconfig can be changed by its owner only (mode 644)",
        rationale: "It says which API server the kubelet obeys, and where the node's credential \
            is.",
        procedure: "file-mode",
        set: "chmod 644 (better 600) /var/lib/kubelet/kubeconfig (or what --kubeconfig names)",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-kubeconfig-owner",
        title: "kubelet's kubeconfig belongs to root:root",
        rationale: "Its owner may act as the node, or send the kubelet to an API server that \
            tells it what to run.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/kubelet/kubeconfig (or what --kubeconfig names)",
        breaks: "",
        references: &[],
    },
    Words {
        control: "aks-kubelet-config-mode-644",
        title: "kubelet's flags and file can be changed by root only (mode 644)",
        rationale: "/etc/default/kubelet holds nearly all settings of an AKS kubelet: who writes \
            it opens the node to everybody.",
        procedure: "file-mode",
        set: "chmod 644 (better 600) /etc/default/kubelet and the file of --config, \
            /etc/default/kubeletconfig.json where custom node configuration is used",
        breaks: "",
        references: &[CUSTOM_NODES],
    },
    Words {
        control: "aks-kubelet-config-owner",
        title: "kubelet's flags and file belong to root:root",
        rationale: "Another owner could take away the kubelet's authentication at its next \
            start.",
        procedure: "file-mode",
        set: "chown root:root /etc/default/kubelet and the file of --config",
        breaks: "",
        references: &[],
    },
    Words {
        control: "aks-azure-json-mode-644",
        title: "azure.json can be changed by its owner only (mode 644 or stricter)",
        rationale: "It names the identity that changes load balancers and disks, and on clusters \
            with a service principal holds its secret.",
        procedure: "file-mode",
        set: "chmod 600 /etc/kubernetes/azure.json, as AKS creates it: 644 satisfies the check \
            but lets every user of the node read a service principal's secret",
        breaks: "Pods of other users that mount the file lose it: give them a workload identity.",
        references: &[],
    },
    Words {
        control: "aks-azure-json-owner",
        title: "azure.json belongs to root:root",
        rationale: "Its owner may replace the identity or the subscription that the cloud \
            provider works with.",
        procedure: "file-mode",
        set: "chown root:root /etc/kubernetes/azure.json",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-client-ca-file",
        title: "kubelet verifies client certificates (--client-ca-file)",
        rationale: "Without a CA the kubelet cannot recognise the API server, so access to it \
            ends up open or broken.",
        procedure: "kubelet-config",
        set: "AKS sets --client-ca-file=/etc/kubernetes/certs/ca.crt: if it is missing, the node \
            is not as AKS made it; replace the node",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-rotate-server-certificate",
        title: "kubelet renews its serving certificate (RotateKubeletServerCertificate)",
        rationale: "Otherwise serving certificates expire unnoticed and clients learn to skip \
            verification.",
        procedure: "kubelet-config",
        set: "The gate is on unless set to false. A pool updated to a node image with serving \
            certificate rotation has label kubernetes.azure.com/kubelet-serving-ca=cluster",
        breaks: "",
        references: &[TLS_BOOTSTRAP],
    },
    Words {
        control: "kubelet-event-qps-unlimited",
        title: "kubelet drops no Events (--event-qps=0), or its rate was chosen",
        rationale: "Above its rate the kubelet discards Events, and what happened on the node \
            then leaves no trace in the cluster.",
        procedure: "kubelet-config",
        set: "AKS sets --event-qps=0, and custom node configuration cannot change it: another \
            value was put there by hand; replace the node",
        breaks: "",
        references: &[],
    },
];

/// What Azure's API configures.
pub(super) const AZURE: &[Words] = &[
    Words {
        control: "aks-audit-logs-kept",
        title: "AKS sends the API server's audit log somewhere to keep",
        rationale: "Without a diagnostic setting nobody can say afterwards who read a Secret or \
            opened a shell in a pod.",
        procedure: "azure-resource",
        set: "az monitor diagnostic-settings create --resource CLUSTER_ID with categories \
            kube-audit-admin (or kube-audit) and guard, to a Log Analytics workspace",
        breaks: "kube-audit of a busy cluster costs much: kube-audit-admin leaves out get and \
            list.",
        references: &[MONITOR],
    },
    Words {
        control: "aks-cni-version-current",
        title: "Node images and network plugins on AKS are current",
        rationale: "Azure's CNI comes with the node image; an old image keeps flaws of its CNI \
            that are long mended.",
        procedure: "azure-resource",
        set: "Compare with az aks nodepool get-upgrades; az aks update --node-os-upgrade-channel \
            NodeImage keeps pools current, in the hours of a maintenance window",
        breaks: "Nodes are drained and reimaged one after the other.",
        references: &[NODE_IMAGES],
    },
    Words {
        control: "aks-images-scanned",
        title: "Images in Azure's registries are scanned for known flaws",
        rationale: "What nobody scans is found first by somebody else, in a pod that answers to \
            the internet.",
        procedure: "azure-resource",
        set: "az security pricing create --name Containers --tier Standard --extensions \
            name=ContainerRegistriesVulnerabilityAssessments isEnabled=True, or another scanner",
        breaks: "The plan is charged per core of the nodes.",
        references: &[SCANNING],
    },
    Words {
        control: "aks-registry-users-minimal",
        title: "Few may push to Azure's container registry",
        rationale: "Whoever pushes an image runs code in every cluster that pulls it.",
        procedure: "azure-resource",
        set: "Delete assignments of Owner, Contributor and AcrPush that nobody needs; az acr \
            update -n REGISTRY --admin-enabled false",
        breaks: "Pipelines that log in as the registry's admin user stop: give them an identity.",
        references: &[REGISTRY_ROLES],
    },
    Words {
        control: "aks-registry-pull-only",
        title: "AKS may only pull from Azure's container registry",
        rationale: "A node that may push lets one broken container replace the images of all \
            others.",
        procedure: "azure-resource",
        set: "az aks update -g GROUP -n NAME --attach-acr REGISTRY assigns AcrPull; delete other \
            assignments of the kubelet's identity on registries",
        breaks: "",
        references: &[REGISTRY_ROLES],
    },
    Words {
        control: "aks-registries-approved",
        title: "AKS runs images from approved registries only",
        rationale: "Images from anywhere bring code that nobody looked at, or that changed since \
            somebody did.",
        procedure: "azure-resource",
        set: "az aks enable-addons --addons azure-policy; assign the built-in policy on allowed \
            images with your registries, first with effect audit, then deny",
        breaks: "With deny, pods from other registries are refused at their next start: system \
            namespaces belong in the exclusions.",
        references: &[POLICY],
    },
    Words {
        control: "aks-workloads-have-own-accounts",
        title: "Workloads on AKS have service accounts of their own, not default",
        rationale: "Pods that share the account default share its rights, and a workload \
            identity federated with it would be everybody's.",
        procedure: "pod-spec",
        set: "One ServiceAccount for each workload, with azure.workload.identity/client-id where \
            it calls Azure; automountServiceAccountToken: false on the account default",
        breaks: "Pods that use the API through the account default get 403.",
        references: &[IDENTITY],
    },
    Words {
        control: "aks-secrets-encrypted",
        title: "AKS encrypts Secrets with a key of yours (KMS)",
        rationale: "Microsoft encrypts the disks of etcd; only a key of your own can be taken \
            away from whoever gets a copy.",
        procedure: "azure-resource",
        set: "az aks update -g GROUP -n NAME --enable-azure-keyvault-kms --azure-keyvault-kms-key-id \
            KEY_ID; then write every Secret once more",
        breaks: "If key or vault is gone, so are the Secrets: purge protection on.",
        references: &[KMS],
    },
    Words {
        control: "aks-endpoint-restricted",
        title: "AKS' API server answers chosen networks only",
        rationale: "An endpoint open to the internet is tried with every leaked kubeconfig and \
            every flaw of the API server.",
        procedure: "azure-resource",
        set: "az aks update -g GROUP -n NAME --api-server-authorized-ip-ranges RANGES, the \
            cluster's outbound addresses among them",
        breaks: "kubectl and pipelines from other networks time out.",
        references: &[AUTHORIZED_RANGES],
    },
    Words {
        control: "aks-endpoint-private",
        title: "AKS' API server has a private address only",
        rationale: "What has no public address can be attacked only by who is in the network \
            already.",
        procedure: "azure-resource",
        set: "az aks create --enable-private-cluster --disable-public-fqdn for a new cluster, or \
            API server VNet integration, which can be switched later",
        breaks: "Administrators and pipelines need a way into the network; az aks command invoke \
            helps meanwhile.",
        references: &[PRIVATE],
    },
    Words {
        control: "aks-nodes-private",
        title: "AKS' nodes have no public addresses",
        rationale: "A node in the internet shows its kubelet and every hostPort to whoever scans \
            for them.",
        procedure: "azure-resource",
        set: "az aks nodepool add without --enable-node-public-ip, and drain the pool that has \
            it; people reach nodes through Bastion or kubectl debug",
        breaks: "Pods that are reached at their node's public address no longer are.",
        references: &[PUBLIC_IPS],
    },
    Words {
        control: "aks-network-policy-engine",
        title: "AKS has an engine that enforces network policies",
        rationale: "Without one every NetworkPolicy is accepted, stored, and without effect.",
        procedure: "azure-resource",
        set: "az aks update -g GROUP -n NAME --network-policy cilium|azure|calico (what fits the \
            network plugin: az aks show --query networkProfile)",
        breaks: "Policies that had no effect begin to have one; nodes are reimaged.",
        references: &[NETWORK_POLICIES],
    },
    Words {
        control: "aks-load-balancers-use-tls",
        title: "Traffic to load balancers on AKS is encrypted with TLS",
        rationale: "In clear text, cookies and passwords can be read by every network on the \
            way.",
        procedure: "pod-spec",
        set: "spec.tls in every Ingress, a redirect from port 80; behind a Service of type \
            LoadBalancer TLS in the pods: Azure's load balancer does not end it",
        breaks: "Clients that speak HTTP only.",
        references: &[TLS_INGRESS],
    },
    Words {
        control: "aks-users-from-entra-id",
        title: "People log in to AKS through Microsoft Entra ID",
        rationale: "A local admin kubeconfig is valid for years, has no second factor, and names \
            nobody in the audit log.",
        procedure: "azure-resource",
        set: "az aks update -g GROUP -n NAME --enable-aad --aad-admin-group-object-ids ID \
            --disable-local-accounts",
        breaks: "Kubeconfigs from before stop working; pipelines need kubelogin.",
        references: &[ENTRA],
    },
    Words {
        control: "aks-azure-rbac-used",
        title: "Azure's role assignments decide who may do what on AKS",
        rationale: "One place to grant, review and withdraw rights, for people who come and go.",
        procedure: "azure-resource",
        set: "az aks update -g GROUP -n NAME --enable-azure-rbac, after assigning Azure \
            Kubernetes Service RBAC roles to the groups that work with it",
        breaks: "Role bindings stay in force beside it: delete those of people.",
        references: &[AZURE_RBAC],
    },
    Words {
        control: "aks-untrusted-workloads-isolated",
        title: "Untrusted workloads on AKS have a kernel of their own",
        rationale: "One flaw in the kernel that containers share gives all of the node to the \
            code that nobody vouches for.",
        procedure: "pod-spec",
        set: "az aks nodepool add --workload-runtime KataVmIsolation; runtimeClassName: \
            kata-vm-isolation in the pods",
        breaks: "Host namespaces and some volumes do not work in a sandbox.",
        references: &[SANDBOX],
    },
    Words {
        control: "aks-hostile-tenants-apart",
        title: "Hostile tenants do not share an AKS cluster",
        rationale: "Tenants of one cluster share its API server, its DNS and its kernels.",
        procedure: "azure-resource",
        set: "A cluster of its own, in a subscription of its own, for each tenant that others \
            must be safe from",
        breaks: "",
        references: &[ISOLATION],
    },
];
