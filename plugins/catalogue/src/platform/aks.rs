//! Azure Kubernetes Service: the control plane is Microsoft's, a node's kubelet
//! is set up by its node image, mostly by flags, and the rest is configured
//! through Azure's API.

use cisb_sdk::contract::manifest::Requests;
use cisb_sdk::contract::manifest::Severity::{Critical, High, Low, Medium};
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::files::Set;
use serde_json::json;

use super::rules::{
    asked, asked_of_nodes, code, file_pair, ingresses_use_tls, list, nodes_private, stat,
};
use super::{Code, Platform, Provider, put};
use crate::control::Control;
use crate::control::Decided::{ByFacts, ByPerson};

mod procedures;
#[cfg(test)]
mod tests;
mod words;

pub(super) const PLATFORM: Platform = Platform {
    name: "aks",
    code: Code::Cloud,
    globs: &[],
    requests,
    controls,
    words: &[words::NODE, words::AZURE],
    procedures: procedures::PROCEDURES,
    versions: &[],
    provider: Some(Provider {
        name: "Microsoft",
        evidence: "its audit reports are in the Service Trust Portal, \
                   https://servicetrust.microsoft.com",
    }),
};

/// What is kept where the kubelet's environment is.
const DEFAULTS: &str = "aks-kubelet-defaults";
/// The configuration of Azure's cloud provider.
const AZURE_JSON: &str = "aks-azure-json";

fn requests() -> Requests {
    Requests {
        files: vec![
            stat(
                DEFAULTS,
                &["/etc/default/kubelet"],
                "mode and owner of the file that holds the kubelet's flags",
            ),
            stat(
                AZURE_JSON,
                &["/etc/kubernetes/azure.json"],
                "mode and owner of the cloud provider's configuration; never its contents",
            ),
        ],
        kubernetes: [
            (
                "provider-nodes",
                "v1",
                "nodes",
                &[
                    "/spec/providerID",
                    "/status/addresses/*/type",
                    "/metadata/labels/kubernetes.azure.com~1node-image-version",
                ] as &[&str],
                "which machines there are, from which image, and whether they have public addresses",
            ),
            (
                "provider-daemonsets",
                "apps/v1",
                "daemonsets",
                &["/spec/template/spec/containers/*/image"],
                "which versions of network plugins run",
            ),
            (
                "provider-services",
                "v1",
                "services",
                &["/spec/type", "/spec/ports/*/port"],
                "which ports load balancers have",
            ),
            (
                "provider-ingresses",
                "networking.k8s.io/v1",
                "ingresses",
                &["/spec/tls/*/secretName"],
                "which hosts are served with a certificate; its Secret's name only",
            ),
            (
                "provider-pods",
                "v1",
                "pods",
                &["/spec/runtimeClassName"],
                "which pods run in a sandbox",
            ),
        ]
        .iter()
        .map(list)
        .collect(),
        ..Requests::default()
    }
}

fn controls(controls: &mut Vec<Control>) {
    for control in node() {
        put(controls, control);
    }
    for control in azure() {
        put(controls, control);
    }
    let of = |name: &str| controls.iter().find(|it| it.name == name).cloned();
    let accounts = of("default-service-account-unused");
    let plugin = of("cni-supports-network-policy");
    if let Some(accounts) = accounts {
        put(
            controls,
            Control {
                name: "aks-workloads-have-own-accounts",
                ..accounts
            },
        );
    }
    if let Some(plugin) = plugin {
        put(
            controls,
            Control {
                name: "aks-network-policy-engine",
                ..plugin
            },
        );
    }
}

/// Over files of the node.
fn node() -> Vec<Control> {
    let mut controls = Vec::new();
    controls.extend(file_pair(
        ["aks-kubelet-config-mode-644", "aks-kubelet-config-owner"],
        "kubelet",
        High,
        &["kubelet", "kubelet-config", DEFAULTS],
        "mode and owner of /etc/default/kubelet, of the file of --config and of drop-ins",
        &[
            Set::KubeletConfig,
            Set::Glob {
                request: DEFAULTS.to_owned(),
                absent: "there is no /etc/default/kubelet: the kubelet gets its flags elsewhere"
                    .to_owned(),
            },
        ],
    ));
    controls.extend(file_pair(
        ["aks-azure-json-mode-644", "aks-azure-json-owner"],
        "kubelet",
        Critical,
        &[AZURE_JSON],
        "mode and owner of /etc/kubernetes/azure.json",
        &[Set::Glob {
            request: AZURE_JSON.to_owned(),
            absent: "there is no /etc/kubernetes/azure.json on this node".to_owned(),
        }],
    ));
    controls
}

/// Over what Azure's API configures.
fn azure() -> Vec<Control> {
    let mut controls = control_plane();
    controls.extend(identities());
    controls.extend(network());
    controls
}

fn control_plane() -> Vec<Control> {
    vec![
        asked(
            "aks-audit-logs-kept",
            "kube-apiserver",
            High,
            "which diagnostic settings the cluster has is in Azure's API only",
            (
                "look at az monitor diagnostic-settings list --resource CLUSTER_ID, where \
                 CLUSTER_ID is what az aks show -g GROUP -n NAME --query id says",
                "a setting whose logs have category kube-audit or kube-audit-admin, and guard, \
                 with enabled true, and a workspace, storage account or event hub to keep them",
            ),
        ),
        Control {
            name: "aks-cni-version-current",
            component: "kubernetes",
            severity: Low,
            uses: &["provider-nodes", "provider-daemonsets"],
            decided: ByPerson("which version is the latest for this cluster"),
            rule: Rule::AllOf(vec![
                code(
                    "objects-nodes",
                    json!({
                        "pointer": "/metadata/labels/kubernetes.azure.com~1node-image-version",
                        "is": [],
                        "otherwise": "manual",
                        "expected": "the image that az aks nodepool get-upgrades calls \
                                     latestNodeImageVersion: Azure's CNI comes with it",
                        "words": "which node images there are is not known",
                    }),
                ),
                code(
                    "objects-daemonsets",
                    json!({
                        "where": {
                            "pointer": "/metadata/name",
                            "is": ["azure-c*", "azure-npm*", "calico-node*", "cilium*"],
                        },
                        "pointer": "/spec/template/spec/containers/0/image",
                        "is": [],
                        "otherwise": "manual",
                        "none": "not-applicable",
                        "expected": "the newest version that AKS offers for this Kubernetes version",
                        "words": "no network plugin runs as a DaemonSet",
                    }),
                ),
            ]),
        },
        asked(
            "aks-images-scanned",
            "registry",
            High,
            "whether registries are scanned is known in Azure's API only",
            (
                "look at az security pricing show --name Containers --query \
                 '{tier:pricingTier,extensions:extensions}'",
                "tier Standard and ContainerRegistriesVulnerabilityAssessments with isEnabled \
                 True, or a scanner of another vendor for every registry that pods pull from",
            ),
        ),
        asked(
            "aks-secrets-encrypted",
            "kube-apiserver",
            High,
            "how etcd is encrypted is known in Azure's API only",
            (
                "look at az aks show -g GROUP -n NAME --query securityProfile.azureKeyVaultKms",
                "enabled true and the keyId of a key that you rotate; null means that Secrets are \
                 encrypted with a key of Microsoft's only",
            ),
        ),
    ]
}

fn identities() -> Vec<Control> {
    vec![
        asked(
            "aks-registry-users-minimal",
            "registry",
            Medium,
            "who may use a registry is known in Azure's API only",
            (
                "look at az role assignment list --scope REGISTRY_ID --include-inherited \
                 --output table, where REGISTRY_ID is what az acr show -n REGISTRY --query id says",
                "AcrPush, Contributor and Owner for pipelines and few people; \
                 az acr show -n REGISTRY --query adminUserEnabled says false",
            ),
        ),
        asked(
            "aks-registry-pull-only",
            "registry",
            Medium,
            "what the cluster may do to a registry is known in Azure's API only",
            (
                "look at az role assignment list --all --assignee ID, where ID is what az aks \
                 show -g GROUP -n NAME --query identityProfile.kubeletidentity.objectId says",
                "AcrPull, or Container Registry Repository Reader, and nothing else on registries",
            ),
        ),
        asked(
            "aks-registries-approved",
            "registry",
            Medium,
            "which registries are approved, and whether a policy denies the others",
            (
                "look at kubectl get k8sazurev2containerallowedimages -o yaml and at az policy \
                 assignment list --query \"[].{name:displayName,parameters:parameters}\"",
                "an assignment with effect deny whose allowed images name your registries only, \
                 or an egress firewall that lets nodes reach no other registry",
            ),
        ),
        asked(
            "aks-users-from-entra-id",
            "kube-apiserver",
            High,
            "how people log in is known in Azure's API only",
            (
                "look at az aks show -g GROUP -n NAME --query \
                 '{aad:aadProfile,localOff:disableLocalAccounts}'",
                "aad.managed true, adminGroupObjectIDs with groups of yours, and localOff true",
            ),
        ),
        asked(
            "aks-azure-rbac-used",
            "kube-apiserver",
            Medium,
            "who authorizes requests is known in Azure's API only",
            (
                "look at enableAzureRbac in az aks show -g GROUP -n NAME --query aadProfile",
                "true; then az role assignment list --scope CLUSTER_ID says who may do what",
            ),
        ),
        Control {
            name: "aks-untrusted-workloads-isolated",
            component: "kubernetes",
            severity: Medium,
            uses: &["provider-pods"],
            decided: ByPerson("which workloads are not trusted"),
            rule: code(
                "objects-pods",
                json!({
                    "where": {"pointer": "/spec/runtimeClassName", "is": ["kata*"]},
                    "pointer": "/spec/runtimeClassName",
                    "is": [],
                    "otherwise": "manual",
                    "expected": "workloads that nobody vouches for have a kernel of their own: \
                                 runtimeClassName kata-vm-isolation on a pool with \
                                 workloadRuntime KataVmIsolation",
                    "words": "none runs under a Kata runtime class; say which workloads are not \
                              trusted and what keeps them apart",
                }),
            ),
        },
        asked_of_nodes(asked(
            "aks-hostile-tenants-apart",
            "kubernetes",
            Medium,
            "which tenants would attack each other",
            (
                "say which tenants use this cluster, and whether one of them would attack another",
                "hostile tenants have clusters of their own: namespaces and node pools are no \
                 boundary between them",
            ),
        )),
    ]
}

fn network() -> Vec<Control> {
    vec![
        asked(
            "aks-endpoint-restricted",
            "kube-apiserver",
            High,
            "who can reach the API server is known in Azure's API only",
            (
                "look at az aks show -g GROUP -n NAME --query apiServerAccessProfile",
                "authorizedIpRanges with your networks only, or enablePrivateCluster true",
            ),
        ),
        asked(
            "aks-endpoint-private",
            "kube-apiserver",
            High,
            "whether the API server has a public name is known in Azure's API only",
            (
                "look at enablePrivateCluster and enablePrivateClusterPublicFqdn in az aks show -g \
                 GROUP -n NAME --query apiServerAccessProfile",
                "enablePrivateCluster true and enablePrivateClusterPublicFqdn false",
            ),
        ),
        nodes_private("aks-nodes-private", Medium),
        Control {
            name: "aks-load-balancers-use-tls",
            component: "kubernetes",
            severity: Medium,
            uses: &["provider-ingresses", "provider-services"],
            decided: ByFacts("certificates of ingresses, and ports of load balancers"),
            rule: Rule::AllOf(vec![
                ingresses_use_tls(
                    "spec.tls with a certificate, or one that the ingress controller has from \
                     elsewhere, such as Application Gateway from Key Vault",
                ),
                code(
                    "objects-services",
                    json!({
                        "where": {"pointer": "/spec/type", "is": ["LoadBalancer"]},
                        "pointer": "/spec/ports/*/port",
                        "is": [],
                        "otherwise": "manual",
                        "none": "not-applicable",
                        "expected": "TLS in the pods behind it: Azure's load balancer passes it on",
                        "words": "no Service has a load balancer",
                    }),
                ),
            ]),
        },
    ]
}
