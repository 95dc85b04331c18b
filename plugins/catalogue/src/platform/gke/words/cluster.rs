//! Words of GKE: settings of the cluster, and its objects.

use super::{BINAUTHZ, HARDENING, ISOLATION, RBAC_PRACTICE};
use crate::control::Words;

pub(in crate::platform::gke) const CLUSTER: &[Words] = &[
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
        breaks: "A new certificate takes up to an hour and needs DNS to point at the address. An \
            internal Ingress cannot have one: except it, with who renews its own.",
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
