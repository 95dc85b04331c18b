//! Google Kubernetes Engine. The control plane and etcd are Google's and not to
//! be seen; a node is built from Google's image and set for its pool; what
//! stands in Google Cloud's API only is asked for, with command and field.
//!
//! Where a node keeps what: `cluster/gce/gci/configure-helper.sh` of Kubernetes,
//! from which GKE's start scripts come.

use cisb_sdk::contract::manifest::{KubernetesRequest, Requests, Verb};

use super::{Code, Platform, Provider};
use crate::control::ProcedureWords;

mod controls;
#[cfg(test)]
mod tests;
mod words;

pub(super) const PLATFORM: Platform = Platform {
    name: "gke",
    code: Code::Gke,
    globs: &[(
        "kubelet-unit",
        &[
            "/etc/systemd/system/kubelet.service",
            "/etc/systemd/system/kubelet.service.d/*",
            "/usr/lib/systemd/system/kubelet.service",
            "/usr/lib/systemd/system/kubelet.service.d/*",
            "/etc/default/kubelet",
        ],
    )],
    requests,
    controls: controls::change,
    words: &[words::CLOUD, words::POOLS, words::CLUSTER, words::NODE],
    procedures: PROCEDURES,
    // The image of kube-proxy is tagged with the node's version.
    versions: &[(
        "/etc/kubernetes/manifests/kube-proxy.manifest",
        "/spec/containers/*/image",
    )],
    provider: Some(Provider {
        name: "Google",
        evidence: "how it is set up stands at \
                   https://cloud.google.com/kubernetes-engine/docs/concepts/cis-benchmarks, audit \
                   reports are in the Compliance Reports Manager, \
                   https://cloud.google.com/security/compliance/compliance-reports-manager",
    }),
};

/// Request id, API version, resource, fields, why.
type Asked = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
);

const REQUESTS: &[Asked] = &[
    (
        "provider-nodes",
        "v1",
        "nodes",
        &[
            "/metadata/labels",
            "/spec/providerID",
            "/status/nodeInfo/osImage",
            "/status/nodeInfo/containerRuntimeVersion",
        ],
        "what image and runtime nodes have, and what labels GKE gives them",
    ),
    (
        "provider-services",
        "v1",
        "services",
        &[
            "/spec/type",
            "/metadata/annotations/networking.gke.io~1load-balancer-type",
            "/metadata/annotations/cloud.google.com~1load-balancer-type",
        ],
        "which Services are load balancers, and whether public ones",
    ),
    (
        "provider-ingresses",
        "networking.k8s.io/v1",
        "ingresses",
        &["/metadata/annotations/networking.gke.io~1managed-certificates"],
        "which certificates Ingresses name",
    ),
    (
        "gke-managedcertificates",
        "networking.gke.io/v1",
        "managedcertificates",
        &[],
        "which certificates Google manages for this cluster",
    ),
    (
        "provider-daemonsets",
        "apps/v1",
        "daemonsets",
        &["/status/numberReady"],
        "which of GKE's agents run on the nodes",
    ),
    (
        "provider-pods",
        "v1",
        "pods",
        &[],
        "whether a pod of the dashboard is there",
    ),
];

fn requests() -> Requests {
    let request = |(id, api_version, resource, fields, why): &Asked| KubernetesRequest {
        id: (*id).to_owned(),
        api_version: (*api_version).to_owned(),
        resource: (*resource).to_owned(),
        verbs: vec![Verb::List],
        fields: fields.iter().map(|it| (*it).to_owned()).collect(),
        why: (*why).to_owned(),
    };
    Requests {
        kubernetes: REQUESTS.iter().map(request).collect(),
        ..Requests::default()
    }
}

const PROCEDURES: &[ProcedureWords] = &[
    ProcedureWords {
        name: "kubelet-config",
        change: "Durable: system configuration of the pool: gcloud container node-pools update POOL \
            --cluster CLUSTER --location LOCATION --system-config-from-file=FILE takes some keys of \
            kubeletConfig (podPidsLimit, insecureKubeletReadonlyPortEnabled, ...); the rest comes with \
            GKE's version. Autopilot: Google's. A file edited by hand goes with its node.",
        effect: "GKE recreates the pool's nodes as its upgrade strategy says; pods move. Try it on \
            a pool of one node.",
        rollback: "Update the pool with the file from before; keep it in version control.",
        verify: "kubectl get --raw /api/v1/nodes/NODE/proxy/configz shows what the kubelet really \
            uses; gcloud container node-pools describe shows config.kubeletConfig.",
    },
    ProcedureWords {
        name: "file-mode",
        change: "GKE's image and start scripts write these files anew when a node is made; on \
            Container-Optimized OS /etc is built at each boot. Upgrade the pool; if a DaemonSet or \
            a start script of yours changed the mode, mend that. Only a DaemonSet that sets it \
            again on each node holds. Autopilot: Google's.",
        effect: "Nothing restarts: the kubelet and kube-proxy read as root. Agents of other users \
            lose access.",
        rollback: "Withdraw the DaemonSet; a recreated node has GKE's modes.",
        verify: "On a node: stat -c '%a %U:%G %n' FILE; again after the node was recreated.",
    },
    ProcedureWords {
        name: "user-credentials",
        change: "People come with their Google identity: give IAM roles and bind Google Groups \
            (Google Groups for RBAC) or federated identities, let kubeconfigs use \
            gke-gcloud-auth-plugin, then withdraw the old credential: certificates by rotating the \
            cluster's credentials, tokens by deleting them.",
        effect: "Bindings count within seconds. Rotating credentials restarts the control plane and \
            recreates nodes: plan a maintenance window.",
        rollback: "Bind the old name again. Keep a break-glass identity in IAM, watched by an alert.",
        verify: "kubectl auth whoami shows the Google identity; Cloud Audit Logs name people.",
    },
    ProcedureWords {
        name: "gke-cluster",
        change: "Durable: the cluster's own setting, where it is kept (Terraform \
            google_container_cluster, Config Connector), else gcloud container clusters update \
            CLUSTER --location LOCATION. What is drifted by hand comes back with the next apply.",
        effect: "Control plane settings are rolled out at once; some recreate nodes. Only one \
            operation runs at a time: gcloud container operations list.",
        rollback: "Apply the old value; what can only be chosen at creation needs another cluster.",
        verify: "The command that the check names shows the new value.",
    },
    ProcedureWords {
        name: "gke-node-pool",
        change: "Durable: the node pool, where it is kept (Terraform google_container_node_pool), \
            else gcloud container node-pools update POOL --cluster CLUSTER --location LOCATION; what \
            cannot change takes a new pool: create, cordon and drain the old, delete it. \
            Auto-provisioned pools follow autoscaling.autoprovisioningNodePoolDefaults.",
        effect: "Nodes are recreated as the upgrade strategy says, pods move; mind \
            PodDisruptionBudgets and quota.",
        rollback: "Keep the old pool cordoned until the new one has carried the load.",
        verify: "gcloud container node-pools list --cluster CLUSTER --location LOCATION; kubectl get \
            nodes -L cloud.google.com/gke-nodepool.",
    },
    ProcedureWords {
        name: "gke-project",
        change: "Durable: the project's or registry's policy, where it is kept (Terraform \
            google_project_iam_member and relatives), else gcloud; prefer a grant on the repository \
            to one on the project, and look at folder and organisation: grants are inherited.",
        effect: "IAM counts within minutes; APIs at once.",
        rollback: "gcloud projects get-iam-policy PROJECT, saved before, put back.",
        verify: "gcloud asset search-all-iam-policies, or Policy Analyzer: who has the permission \
            still.",
    },
];
