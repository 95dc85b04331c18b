//! Words of GKE: what the project and its registries allow, and keys.

use super::{BINAUTHZ, HARDENING, IDENTITY, REGISTRY_ACCESS};
use crate::control::Words;

pub(in crate::platform::gke) const CLOUD: &[Words] = &[
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
