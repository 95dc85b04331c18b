//! Words for the controls of ACK.

use crate::control::Words;

const ACL: &str = "https://www.alibabacloud.com/help/en/ack/cluster-access-control";
const AUDIT: &str = "https://www.alibabacloud.com/help/en/ack/ack-managed-and-ack-dedicated/developer-reference/api-cs-2015-12-15-getclusterauditproject";
const DISKS: &str = "https://www.alibabacloud.com/help/en/ack/ack-managed-and-ack-dedicated/user-guide/encrypt-cloud-disk-storage-volumes";
const KMS: &str = "https://www.alibabacloud.com/help/en/kms/key-management-service/use-cases/use-one-click-kms-to-encrypt-kubernetes-cluster-secret";
const NETWORK_POLICIES: &str = "https://www.alibabacloud.com/help/en/ack/ack-managed-and-ack-dedicated/user-guide/use-network-policies";
const POLICIES: &str = "https://www.alibabacloud.com/help/doc-detail/359819.html";
const REGISTRY: &str = "https://www.alibabacloud.com/help/en/acr/";
const TERWAY: &str = "https://www.alibabacloud.com/help/en/ack/ack-managed-and-ack-dedicated/user-guide/terway-configuration-parameters";

pub(super) const WORDS: &[Words] = &[
    Words {
        control: "ack-etcd-unit-mode-644",
        title: "etcd's unit can be changed by root only (mode 644 or stricter)",
        rationale: "Who may write the unit decides what the machine with all of the cluster's \
            data runs next.",
        procedure: "file-mode",
        set: "chmod 644 on the files that systemctl cat etcd lists, such as \
            /usr/lib/systemd/system/etcd.service",
        breaks: "",
        references: &[],
    },
    Words {
        control: "ack-etcd-unit-owner",
        title: "etcd's unit belongs to root:root",
        rationale: "A foreign owner can take TLS out of etcd's command line and read every \
            Secret.",
        procedure: "file-mode",
        set: "chown root:root on the files that systemctl cat etcd lists",
        breaks: "",
        references: &[],
    },
    Words {
        control: "ack-kubeconfigs-revocable",
        title: "Kubeconfigs of ACK that may have leaked are revoked",
        rationale: "Kubernetes does not look at revocation lists: what ACK issued works until it \
            expires or ACK withdraws it.",
        procedure: "alibaba-cloud-resource",
        set: "aliyun cs RevokeK8sClusterKubeConfig as the user; of users who are gone, KubeConfig \
            Management under Authorizations; issue kubeconfigs that expire soon",
        breaks: "Whatever uses the kubeconfig gets 401.",
        references: &[],
    },
    Words {
        control: "ack-images-scanned",
        title: "Images in Alibaba Cloud's registry are scanned for known flaws",
        rationale: "Flaws of an image become known after it was built: only repeated scans find \
            them.",
        procedure: "alibaba-cloud-resource",
        set: "Switch scans at push on for each namespace of the registry's instance, and refuse \
            images with severe findings in the delivery chain",
        breaks: "A delivery chain that refuses stops releases: begin with warnings.",
        references: &[REGISTRY],
    },
    Words {
        control: "ack-registry-users-minimal",
        title: "Few may use Alibaba Cloud's registry, from few networks",
        rationale: "Whoever can push an image runs code wherever it is pulled.",
        procedure: "alibaba-cloud-resource",
        set: "Own RAM policies by repository in place of AliyunContainerRegistryFullAccess; \
            access control of the internet endpoint, or none",
        breaks: "Pipelines outside the listed networks can no longer push.",
        references: &[REGISTRY],
    },
    Words {
        control: "ack-registry-pull-only",
        title: "ACK may only pull from Alibaba Cloud's registry",
        rationale: "With push rights on a node, one broken container can replace the images of \
            all others.",
        procedure: "alibaba-cloud-resource",
        set: "The component aliyun-acr-credential-helper with a RAM role that may pull; no \
            registry rights for the role of the workers",
        breaks: "Jobs that push with the node's role need an own one (RRSA).",
        references: &[REGISTRY],
    },
    Words {
        control: "ack-registries-approved",
        title: "ACK runs images from approved registries only",
        rationale: "An image from elsewhere is code that nobody here has looked at.",
        procedure: "alibaba-cloud-resource",
        set: "Security > Policy Governance: ACKAllowedRepos with your registries, first as \
            warning, then with enforcement deny",
        breaks: "Pods from other registries are refused at their next start.",
        references: &[POLICIES],
    },
    Words {
        control: "ack-secrets-encrypted",
        title: "ACK encrypts Secrets with a key of KMS",
        rationale: "A copy of etcd or of its disk then tells nothing without the key, and the \
            key's uses are logged.",
        procedure: "alibaba-cloud-resource",
        set: "Secret Encryption with a key of KMS in the same region (managed Pro clusters); on \
            dedicated ones --encryption-provider-config with ACK's KMS plugin",
        breaks: "Without the key no Secret can be read: never schedule its deletion.",
        references: &[KMS],
    },
    Words {
        control: "ack-endpoint-restricted",
        title: "ACK's API server answers chosen networks only",
        rationale: "An address open to the internet is where leaked kubeconfigs and fresh flaws \
            are tried.",
        procedure: "alibaba-cloud-resource",
        set: "Access control list on listener 6443 of the API server's load balancer: your \
            networks, the VPC and 100.104.0.0/16, from which ACK manages the cluster",
        breaks: "Without ACK's own network in the list the console no longer reaches the \
            cluster.",
        references: &[ACL],
    },
    Words {
        control: "ack-endpoint-private",
        title: "ACK's API server has no public address",
        rationale: "What only the VPC can reach is out of reach for everybody else.",
        procedure: "alibaba-cloud-resource",
        set: "Unbind the EIP of the API server (Cluster Information > Basic Information)",
        breaks: "Administrators and pipelines need VPN, Express Connect or a machine in the VPC.",
        references: &[ACL],
    },
    Words {
        control: "ack-nodes-private",
        title: "ACK's nodes have no public addresses",
        rationale: "A machine with a public address shows kubelet, SSH and hostPorts to every \
            scanner.",
        procedure: "alibaba-cloud-resource",
        set: "Public IP off in the node pool, outbound traffic through a NAT gateway; release \
            the EIPs of existing nodes",
        breaks: "Pods that are reached at their node's public address no longer are.",
        references: &[],
    },
    Words {
        control: "ack-network-policy-engine",
        title: "ACK enforces network policies (Terway)",
        rationale: "Flannel, and Terway with the switch off, accept every NetworkPolicy and heed \
            none.",
        procedure: "alibaba-cloud-resource",
        set: "disable_network_policy: \"false\" in ConfigMap kube-system/eni-config, then restart \
            Terway's pods; a cluster with Flannel has to be made anew",
        breaks: "Policies that had no effect begin to have one.",
        references: &[NETWORK_POLICIES, TERWAY],
    },
    Words {
        control: "ack-load-balancers-use-tls",
        title: "Traffic to load balancers on ACK is encrypted with TLS",
        rationale: "What passes networks in clear text can be read and changed on the way.",
        procedure: "pod-spec",
        set: "spec.tls in every Ingress; on Services annotations \
            alibaba-cloud-loadbalancer-protocol-port: https:443 and -cert-id, or TLS in the pods",
        breaks: "Clients that speak HTTP only.",
        references: &[],
    },
    Words {
        control: "ack-disks-encrypted",
        title: "ACK's StorageClasses make encrypted disks",
        rationale: "Disks, snapshots and what is left of them are then worthless without the \
            key.",
        procedure: "alibaba-cloud-resource",
        set: "A StorageClass with parameters encrypted: \"true\" (and kmsKeyId) as default; move \
            data of older volumes by snapshot or copy",
        breaks: "An existing disk stays as it is.",
        references: &[DISKS],
    },
    Words {
        control: "ack-audit-enabled",
        title: "ACK keeps the API server's audit log",
        rationale: "Without it nobody can say afterwards who did what in the cluster.",
        procedure: "alibaba-cloud-resource",
        set: "Enable cluster auditing (Security > Cluster Auditing), with a Logstore that keeps \
            events for as long as your rules ask",
        breaks: "Log Service charges for what is stored.",
        references: &[AUDIT],
    },
    Words {
        control: "ack-security-center-enabled",
        title: "Security Center watches ACK's nodes",
        rationale: "Its agent sees intrusions in containers and on machines that Kubernetes \
            itself does not record.",
        procedure: "alibaba-cloud-resource",
        set: "Security hardening of the node pool installs the agent; bind nodes to an edition \
            with container protection",
        breaks: "The agent needs some processor time and memory on each node.",
        references: &[],
    },
    Words {
        control: "ack-untrusted-workloads-sandboxed",
        title: "Untrusted workloads on ACK run in sandboxed containers",
        rationale: "A container shares its node's kernel; a flaw there is one for all of them.",
        procedure: "pod-spec",
        set: "A node pool with the runtime Sandboxed-Container; runtimeClassName: runv in the \
            pods that nobody vouches for",
        breaks: "Needs bare-metal instances; host namespaces do not work.",
        references: &[],
    },
    Words {
        control: "ack-confidential-computing",
        title: "Data that machines must not see is processed in a TEE on ACK",
        rationale: "Encrypted memory keeps data even from who controls the machine.",
        procedure: "alibaba-cloud-resource",
        set: "A node pool with confidential computing, for the workloads that need it; write \
            down which do",
        breaks: "Programs have to be built for the enclave, and memory is small.",
        references: &[],
    },
    Words {
        control: "ack-tokens-projected",
        title: "Pods on ACK get projected tokens, none is stored in a Secret",
        rationale: "A stored token never expires and works from anywhere; a projected one is \
            bound to its pod.",
        procedure: "pod-spec",
        set: "Delete unused Secrets of type kubernetes.io/service-account-token; before 1.21 \
            mount a projected volume with serviceAccountToken",
        breaks: "Programs outside the cluster that use such a token stop working.",
        references: &[],
    },
];
