//! The words of GKE's controls, and of common ones whose files and remedies are
//! others there.

mod cloud;
mod cluster;
mod node;
mod pools;

pub(super) use cloud::CLOUD;
pub(super) use cluster::CLUSTER;
pub(super) use node::NODE;
pub(super) use pools::POOLS;

const HARDENING: &str =
    "https://cloud.google.com/kubernetes-engine/docs/how-to/hardening-your-cluster";
const IDENTITY: &str = "https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity";
const SHIELDED: &str = "https://cloud.google.com/kubernetes-engine/docs/how-to/shielded-gke-nodes";
const ISOLATION: &str = "https://cloud.google.com/kubernetes-engine/docs/how-to/private-clusters";
const RBAC_PRACTICE: &str = "https://cloud.google.com/kubernetes-engine/docs/best-practices/rbac";
const BINAUTHZ: &str = "https://cloud.google.com/binary-authorization/docs/overview";
const REGISTRY_ACCESS: &str = "https://cloud.google.com/artifact-registry/docs/access-control";
