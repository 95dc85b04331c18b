//! The words of GKE's controls, and of common ones whose files and remedies are
//! others there.

use crate::control::Words;

const HARDENING: &str =
    "https://cloud.google.com/kubernetes-engine/docs/how-to/hardening-your-cluster";
const IDENTITY: &str = "https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity";
const SHIELDED: &str = "https://cloud.google.com/kubernetes-engine/docs/how-to/shielded-gke-nodes";
const ISOLATION: &str = "https://cloud.google.com/kubernetes-engine/docs/how-to/private-clusters";
const RBAC_PRACTICE: &str = "https://cloud.google.com/kubernetes-engine/docs/best-practices/rbac";
const BINAUTHZ: &str = "https://cloud.google.com/binary-authorization/docs/overview";
const REGISTRY_ACCESS: &str = "https://cloud.google.com/artifact-registry/docs/access-control";

/// What the project and its registries allow, and keys.
pub(super) const CLOUD: &[Words] = &[
    Words {
        control: "gke-image-scanning",
        title: "Images in the registry are scanned for known vulnerabilities",
        rationale: "An image that was clean when it was built is not so for long, and nobody \
            rebuilds what nobody knows to be bad.",
        procedure: "gke-project",
        set: "gcloud services enable containerscanning.googleapis.com, or have another scanner \
            cover every repository; decide who acts on what it finds, and by when",
        breaks: "Each pushed image is billed once.",
        references: &["https://cloud.google.com/artifact-analysis/docs/os-overview"],
    },
    Words {
        control: "gke-registry-user-access",
        title: "Few people may write to the image registry",
        rationale: "Whoever may push a tag that the cluster pulls decides what code runs in it.",
        procedure: "gke-project",
        set: "Grant roles/artifactregistry.writer on single repositories, to builders; take \
            storage.admin, editor and owner from people in the registry's project",
        breaks: "Pushes by hand stop: move them into the build.",
        references: &[REGISTRY_ACCESS],
    },
    Words {
        control: "gke-registry-read-only",
        title: "Nodes can only read from the image registry",
        rationale: "A pod that reaches its node's token could otherwise replace images that \
            other nodes and clusters pull.",
        procedure: "gke-project",
        set: "Give the nodes' service account roles/artifactregistry.reader on the repositories \
            they pull from, and take its other roles on registries",
        breaks: "Nodes that pull from a repository without the role show ImagePullBackOff.",
        references: &[REGISTRY_ACCESS],
    },
    Words {
        control: "gke-registries-approved",
        title: "Images come from approved registries only",
        rationale: "Any registry in the world is allowed unless something refuses it at \
            admission.",
        procedure: "gke-cluster",
        set: "--binauthz-evaluation-mode=PROJECT_SINGLETON_POLICY_ENFORCE, and a policy whose \
            admissionWhitelistPatterns name your registries; rehearse in dry run",
        breaks: "Pods with images from elsewhere are refused: dry run and audit logs name them.",
        references: &[],
    },
    Words {
        control: "gke-trusted-images",
        title: "A Binary Authorization policy decides which images are trusted",
        rationale: "The switch alone does nothing: the policy that a project starts with lets \
            every image in.",
        procedure: "gke-cluster",
        set: "gcloud container binauthz policy import FILE with REQUIRE_ATTESTATION or ALWAYS_DENY \
            and exemptions by name; first enforcementMode DRYRUN_AUDIT_LOG_ONLY",
        breaks: "Unattested images do not start; keep the break-glass annotation under alert.",
        references: &[BINAUTHZ],
    },
    Words {
        control: "gke-node-service-account",
        title: "Nodes do not run as Compute Engine's default service account",
        rationale: "In many projects that account is editor of everything; a pod that reaches \
            its token is too.",
        procedure: "gke-node-pool",
        set: "New pools with --service-account=ACCOUNT that has \
            roles/container.defaultNodeServiceAccount and may read your registries",
        breaks: "Workloads that silently used the node's rights get 403: give them Workload \
            Identity first.",
        references: &[HARDENING],
    },
    Words {
        control: "gke-workload-identity",
        title: "Each workload has an identity of its own in Google Cloud",
        rationale: "Exported keys leak and never expire; the node's identity is shared by all \
            pods on it.",
        procedure: "gke-cluster",
        set: "--workload-pool=PROJECT.svc.id.goog, pools with --workload-metadata=GKE_METADATA; \
            bind one service account of Kubernetes to one narrow set of roles for each workload",
        breaks: "Pods lose the node's credentials at once when a pool changes: bind first.",
        references: &[IDENTITY],
    },
    Words {
        control: "gke-secrets-kms",
        title: "Secrets are encrypted with a key of yours in Cloud KMS",
        rationale: "Google encrypts its disks; a key of yours also closes what is read from etcd \
            itself, and you can withdraw it.",
        procedure: "gke-cluster",
        set: "--database-encryption-key=projects/P/locations/L/keyRings/R/cryptoKeys/K in the \
            cluster's location; let GKE's service agent use it; then rewrite all Secrets once",
        breaks: "Without the key the API server cannot read Secrets: protect it from deletion.",
        references: &["https://cloud.google.com/kubernetes-engine/docs/how-to/encrypting-secrets"],
    },
    Words {
        control: "gke-cmek-disks",
        title: "Persistent disks are encrypted with a key of yours",
        rationale: "With a key of your own, access to the data ends when you say, and its use \
            stands in your audit log.",
        procedure: "gke-project",
        set: "StorageClass of pd.csi.storage.gke.io with parameter disk-encryption-kms-key; old \
            disks move by snapshot, or by copying into new claims",
        breaks: "A disabled key leaves pods without their volumes.",
        references: &["https://cloud.google.com/kubernetes-engine/docs/how-to/using-cmek"],
    },
    Words {
        control: "gke-security-command-center",
        title: "Security Command Center watches the organization",
        rationale: "Misconfigurations and attacks are seen early only where something looks and \
            somebody reads it.",
        procedure: "gke-project",
        set: "Activate Security Command Center for the organization and route its findings to \
            those who answer for the clusters",
        breaks: "Higher tiers are billed.",
        references: &[],
    },
];

/// Node pools.
pub(super) const POOLS: &[Words] = &[
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

/// Settings of the cluster, and its objects.
pub(super) const CLUSTER: &[Words] = &[
    Words {
        control: "gke-bindings-anonymous",
        title: "No binding names system:anonymous",
        rationale: "GKE lets anonymous requests reach authorization: what this user may, the \
            whole internet may that finds the endpoint.",
        procedure: "rbac-change",
        set: "Delete the binding, or bind a group of yours to a narrow role instead; the audit log \
            shows whether system:anonymous uses it",
        breaks: "Unauthenticated probes of other paths than health and version get 403.",
        references: &[RBAC_PRACTICE],
    },
    Words {
        control: "gke-bindings-unauthenticated",
        title: "system:unauthenticated has nothing but its default binding",
        rationale: "This group holds every request without a credential: what it may, anybody \
            may who reaches the endpoint.",
        procedure: "rbac-change",
        set: "Delete bindings of the group other than system:public-info-viewer; bind a group of \
            yours instead where something needs it",
        breaks: "Unauthenticated clients get 403.",
        references: &[RBAC_PRACTICE],
    },
    Words {
        control: "gke-bindings-authenticated",
        title: "system:authenticated has nothing but its default bindings",
        rationale: "In GKE everybody with a Google account is in this group, a private Gmail \
            address included.",
        procedure: "rbac-change",
        set: "Delete bindings of the group other than system:basic-user, system:discovery and \
            system:public-info-viewer; bind groups of your organization instead",
        breaks: "Users and service accounts that lived on it get 403: the audit log names them.",
        references: &[RBAC_PRACTICE],
    },
    Words {
        control: "gke-release-channel",
        title: "The cluster follows a release channel",
        rationale: "Channels bring versions that Google tested together, before the old ones lose \
            their fixes.",
        procedure: "gke-cluster",
        set: "--release-channel=regular or stable, with maintenance windows",
        breaks: "Upgrades come by themselves: deprecated APIs must be gone before.",
        references: &["https://cloud.google.com/kubernetes-engine/docs/concepts/release-channels"],
    },
    Words {
        control: "gke-flow-logs",
        title: "Traffic of pods is logged, also within a node",
        rationale: "After a break-in these logs say who talked to whom; within one node they are \
            blind unless told otherwise.",
        procedure: "gke-cluster",
        set: "--enable-intra-node-visibility, and gcloud compute networks subnets update SUBNET \
            --enable-flow-logs with a sampling you can pay for",
        breaks: "Traffic within a node takes a longer way; logs are billed.",
        references: &[
            "https://cloud.google.com/kubernetes-engine/docs/how-to/intranode-visibility",
        ],
    },
    Words {
        control: "gke-vpc-native",
        title: "Pods have addresses of the VPC (VPC-native cluster)",
        rationale: "Alias ranges are known to the network: it checks them against spoofing, and \
            firewalls and routes can name pods.",
        procedure: "gke-cluster",
        set: "Only at creation: a new cluster with --enable-ip-alias, as all are now, and the \
            workloads moved there",
        breaks: "Secondary ranges must be planned: they bound nodes and pods.",
        references: &[],
    },
    Words {
        control: "gke-authorized-networks",
        title: "Only named networks reach the API server",
        rationale: "A stolen token, or a flaw in the API server, is of no use from where no \
            connection is answered.",
        procedure: "gke-cluster",
        set: "--enable-master-authorized-networks --master-authorized-networks=CIDR,..., or only \
            the DNS-based endpoint with IAM and VPC Service Controls",
        breaks: "Pipelines and people elsewhere are locked out: add their ranges first.",
        references: &["https://cloud.google.com/kubernetes-engine/docs/how-to/authorized-networks"],
    },
    Words {
        control: "gke-private-endpoint",
        title: "The API server has no public address",
        rationale: "An endpoint inside of the VPC is out of the reach of everyone who only holds \
            a leaked credential.",
        procedure: "gke-cluster",
        set: "--enable-private-endpoint, with a way in: VPN, Interconnect, a bastion by IAP, or \
            the DNS-based endpoint",
        breaks: "Whoever came over the internet is cut off.",
        references: &[ISOLATION],
    },
    Words {
        control: "gke-network-policy-enabled",
        title: "GKE enforces network policies",
        rationale: "Without Dataplane V2 or the add-on the API accepts policies, and nothing \
            filters.",
        procedure: "gke-cluster",
        set: "New clusters with --enable-dataplane-v2; in old ones --update-addons=NetworkPolicy=\
            ENABLED, then --enable-network-policy; Autopilot has Dataplane V2",
        breaks: "The add-on recreates nodes, and policies that were idle begin to filter.",
        references: &["https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy"],
    },
    Words {
        control: "gke-managed-certificates",
        title: "Public load balancers use certificates that Google renews",
        rationale: "Keys that people copy around leak, and certificates that people renew expire \
            on a Sunday.",
        procedure: "pod-spec",
        set: "ManagedCertificate and annotation networking.gke.io/managed-certificates on each \
            public Ingress (or a Gateway with Certificate Manager); no Service of type \
            LoadBalancer for HTTP",
        breaks: "A new certificate takes up to an hour and needs DNS to point at the address.",
        references: &["https://cloud.google.com/kubernetes-engine/docs/how-to/managed-certs"],
    },
    Words {
        control: "gke-logging-monitoring",
        title: "Cloud Logging and Cloud Monitoring receive the cluster's data",
        rationale: "What stays on a node is gone with it, and nobody is woken by a log that \
            nobody collects.",
        procedure: "gke-cluster",
        set: "--logging=SYSTEM,WORKLOAD --monitoring=SYSTEM at least",
        breaks: "Ingestion is billed: exclusion filters for what is noise.",
        references: &[
            "https://cloud.google.com/kubernetes-engine/docs/how-to/config-logging-monitoring",
        ],
    },
    Words {
        control: "gke-auditd-logging",
        title: "Nodes' auditd logs are collected",
        rationale: "Logins, processes and changed files on a node stand in auditd's log only, \
            which Container-Optimized OS leaves off.",
        procedure: "pod-spec",
        set: "Deploy cos-auditd-logging of GoogleCloudPlatform/k8s-node-tools, or your agent, to \
            every pool",
        breaks: "Busy nodes log much: mind the CPU and the bill.",
        references: &[
            "https://cloud.google.com/kubernetes-engine/docs/how-to/linux-auditd-logging",
        ],
    },
    Words {
        control: "gke-basic-auth-off",
        title: "The cluster takes no passwords",
        rationale: "A password of the cluster belongs to nobody, is sent with every request and \
            grants everything.",
        procedure: "gke-cluster",
        set: "Before 1.19: --no-enable-basic-auth; later versions have none",
        breaks: "Who logs in with it is locked out.",
        references: &[],
    },
    Words {
        control: "gke-client-certificate-off",
        title: "The cluster issued no client certificate at creation",
        rationale: "It cannot be revoked, names nobody and works until the cluster's credentials \
            are rotated.",
        procedure: "gke-cluster",
        set: "gcloud container clusters update --start-credential-rotation, later \
            --complete-credential-rotation; new clusters without --issue-client-certificate",
        breaks: "Kubeconfigs that carry the certificate or the old CA stop.",
        references: &[HARDENING],
    },
    Words {
        control: "gke-google-groups",
        title: "RBAC names Google Groups instead of people",
        rationale: "Who leaves a team loses its rights with the group, in every cluster, on the \
            same day.",
        procedure: "gke-cluster",
        set: "--security-group=gke-security-groups@DOMAIN, nest your groups in it, bind those; \
            then delete bindings of single people",
        breaks: "",
        references: &["https://cloud.google.com/kubernetes-engine/docs/how-to/google-groups-rbac"],
    },
    Words {
        control: "gke-legacy-abac-off",
        title: "Legacy authorization (ABAC) is off",
        rationale: "With it every identity that the cluster knows may do nearly everything, \
            whatever RBAC says.",
        procedure: "gke-cluster",
        set: "--no-enable-legacy-authorization, after giving workloads the roles they need",
        breaks: "Pods that lived on it get 403: the audit log names them before.",
        references: &[HARDENING],
    },
    Words {
        control: "gke-dashboard-off",
        title: "The Kubernetes dashboard does not run",
        rationale: "It acts for whoever reaches it, often with far more rights; Google Cloud's \
            console shows the same under IAM.",
        procedure: "gke-cluster",
        set: "--update-addons=KubernetesDashboard=DISABLED; one of your own: kubectl -n \
            kubernetes-dashboard delete deployment kubernetes-dashboard, at its source",
        breaks: "",
        references: &[HARDENING],
    },
    Words {
        control: "gke-alpha-unused",
        title: "No workload that matters runs in an alpha cluster",
        rationale: "Alpha clusters are neither upgraded nor covered, run untested code and are \
            deleted after 30 days.",
        procedure: "gke-cluster",
        set: "Cannot be switched off: move the workloads to a cluster without \
            --enable-kubernetes-alpha",
        breaks: "Objects of alpha APIs do not exist elsewhere.",
        references: &[],
    },
    Words {
        control: "gke-pod-security-policy",
        title: "Pod Security Policy is enabled, with policies to match",
        rationale: "Unless admission holds pods back, whoever creates one can take its node.",
        procedure: "gke-cluster",
        set: "Before 1.25: bind policies, then gcloud beta container clusters update \
            --enable-pod-security-policy; from 1.25 label namespaces for Pod Security Admission",
        breaks: "Pods that no bound policy fits are refused.",
        references: &[],
    },
    Words {
        control: "gke-binary-authorization",
        title: "Binary Authorization judges images when pods are created",
        rationale: "It is the last place where an image that nobody built or scanned can still be \
            turned away.",
        procedure: "gke-cluster",
        set: "--binauthz-evaluation-mode=PROJECT_SINGLETON_POLICY_ENFORCE (before 1.22: \
            --enable-binauthz), with a policy that denies",
        breaks: "What the policy does not allow does not start: dry run first.",
        references: &[BINAUTHZ],
    },
    Words {
        control: "gke-security-posture",
        title: "The security posture dashboard watches the cluster",
        rationale: "It looks at running workloads for known mistakes without an agent, and shows \
            what drifted since the last audit.",
        procedure: "gke-cluster",
        set: "--security-posture=standard, and somebody who reads its findings",
        breaks: "",
        references: &[
            "https://cloud.google.com/kubernetes-engine/docs/concepts/about-security-posture-dashboard",
        ],
    },
    Words {
        control: "image-provenance",
        title: "Only images of known origin are admitted",
        rationale: "Whoever can slip an image into a registry or a pod spec otherwise runs code \
            in the cluster.",
        procedure: "gke-cluster",
        set: "Binary Authorization: Google runs the API server, so its ImagePolicyWebhook is not \
            yours to set; or a policy engine that verifies signatures",
        breaks: "Unknown images are refused: dry run first, exempt system namespaces.",
        references: &[BINAUTHZ],
    },
];

/// Files of a node.
pub(super) const NODE: &[Words] = &[
    Words {
        control: "kubelet-config-mode",
        title: "kubelet configuration file has mode 600 or stricter",
        rationale: "Write access could open the kubelet to anonymous callers; read access shows \
            if somebody already has.",
        procedure: "file-mode",
        set: "chmod 600 /home/kubernetes/kubelet-config.yaml, or what --config names",
        breaks: "GKE's start script decides the mode on each new node.",
        references: &[],
    },
    Words {
        control: "kubelet-config-mode-644",
        title: "kubelet configuration file has mode 644 or stricter",
        rationale: "Who can write it can open the kubelet to anonymous callers at its next start.",
        procedure: "file-mode",
        set: "chmod 644 /home/kubernetes/kubelet-config.yaml, or what --config names",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-config-owner",
        title: "kubelet configuration file belongs to root:root",
        rationale: "Its owner may write it whatever the mode says, and the kubelet obeys as root.",
        procedure: "file-mode",
        set: "chown root:root /home/kubernetes/kubelet-config.yaml, or what --config names",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-kubeconfig-mode-644",
        title: "kubelet's kubeconfig: only its owner writes (mode 644 or stricter)",
        rationale: "A changed server address sends the kubelet, and what it is told to run, to \
            somebody else.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/kubelet/kubeconfig, or what --kubeconfig names; 600 where nothing \
            else reads it",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-kubeconfig-owner",
        title: "kubelet's kubeconfig belongs to root:root",
        rationale: "Its owner can point the kubelet at another server, and reads where its \
            credentials lie.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/kubelet/kubeconfig, or what --kubeconfig names",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-proxy-kubeconfig-mode-644",
        title: "kube-proxy's kubeconfig: only its owner writes (mode 644 or stricter)",
        rationale: "Whoever writes it decides which server tells the node where the traffic of \
            its Services goes.",
        procedure: "file-mode",
        set: "chmod 644 /var/lib/kube-proxy/kubeconfig; nodes with Dataplane V2 have no kube-proxy",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kube-proxy-kubeconfig-owner",
        title: "kube-proxy's kubeconfig belongs to root:root",
        rationale: "Its owner reads kube-proxy's credential and can point it at another server.",
        procedure: "file-mode",
        set: "chown root:root /var/lib/kube-proxy/kubeconfig; nodes with Dataplane V2 have no \
            kube-proxy",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-unit-mode-644",
        title: "kubelet unit and its environment: only their owner writes (mode 644)",
        rationale: "systemd starts as root what the unit or a drop-in names, at the latest when \
            the node boots.",
        procedure: "file-mode",
        set: "chmod 644 /etc/systemd/system/kubelet.service and /etc/default/kubelet, which holds \
            its arguments",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-client-ca-mode-644",
        title: "kubelet's client CA file has mode 644 or stricter",
        rationale: "One certificate more in this file, and whoever holds its key may exec into \
            the pods of the node.",
        procedure: "file-mode",
        set: "chmod 644 the file of authentication.x509.clientCAFile, in GKE \
            /etc/srv/kubernetes/pki/ca-certificates.crt",
        breaks: "",
        references: &[],
    },
    Words {
        control: "kubelet-read-only-port-off",
        title: "kubelet has no read-only port (--read-only-port=0)",
        rationale: "Port 10255 hands pod specs, environment included, and metrics to anyone who \
            connects, without TLS.",
        procedure: "kubelet-config",
        set: "System configuration of the pool: kubeletConfig: insecureKubeletReadonlyPortEnabled: \
            false, from GKE 1.26.4-gke.500; GKE opens 10255 unless told otherwise in older clusters",
        breaks: "Old monitoring agents read 10255; move them to 10250 with a token.",
        references: &[
            "https://cloud.google.com/kubernetes-engine/docs/how-to/disable-kubelet-readonly-port",
        ],
    },
];
