//! Controls of GKE: over labels and images of nodes, agents in the cluster, load
//! balancers and bindings, all judged from the API; and over settings that only
//! Google Cloud's API has, which are asked for.

use cisb_sdk::contract::manifest::Severity::{self, Critical, High, Low, Medium};
use cisb_sdk::rule::Rule;
use serde_json::{Value, json};

use crate::control::Control;
use crate::control::Decided::{self, ByFacts, ByPerson};
use crate::platform::put;

/// A number above zero, as JSON writes it.
const SOME: [&str; 9] = ["1*", "2*", "3*", "4*", "5*", "6*", "7*", "8*", "9*"];

pub(super) fn change(controls: &mut Vec<Control>) {
    for (name, severity, look, expected) in ASKED {
        let rule = asked(look, expected, false);
        let left = ByPerson("what Google Cloud's API says");
        put(controls, control(name, *severity, &[], left, rule));
    }
    for control in nodes().into_iter().chain(cluster()) {
        put(controls, control);
    }
}

fn control(
    name: &'static str,
    severity: Severity,
    uses: &'static [&'static str],
    decided: Decided,
    rule: Rule,
) -> Control {
    Control {
        name,
        component: "gke",
        severity,
        uses,
        decided,
        rule,
    }
}

fn code(name: &str, with: Value) -> Rule {
    Rule::Code {
        name: name.to_owned(),
        with: with.into(),
    }
}

fn asked(look: &str, expected: &str, nodes: bool) -> Rule {
    let mut with = json!({"look": look, "expected": expected});
    if nodes {
        with["nodes"] = true.into();
    }
    code("asked", with)
}

fn image(runtime: bool) -> Rule {
    let os = code(
        "objects-nodes",
        json!({
            "pointer": "/status/nodeInfo/osImage",
            "is": ["Container-Optimized OS*"],
            "absent": "manual",
            "expected": "every node runs Container-Optimized OS",
            "words": "every node runs Container-Optimized OS",
        }),
    );
    if !runtime {
        return os;
    }
    let containerd = code(
        "objects-nodes",
        json!({
            "pointer": "/status/nodeInfo/containerRuntimeVersion",
            "is": ["containerd://*"],
            "absent": "manual",
            "expected": "every node runs Container-Optimized OS with containerd",
            "words": "every node runs containerd",
        }),
    );
    Rule::AllOf(vec![os, containerd])
}

fn metadata_server() -> Rule {
    code(
        "objects-nodes",
        json!({
            "pointer": "/metadata/labels/iam.gke.io~1gke-metadata-server-enabled",
            "is": ["true"],
            "expected": "label iam.gke.io/gke-metadata-server-enabled=true on every node",
            "words": "every node has GKE's metadata server before Compute Engine's",
        }),
    )
}

const NODES: &[&str] = &["provider-nodes"];

fn nodes() -> Vec<Control> {
    let instances = ByPerson("what Google Cloud's API says of the nodes shown");
    vec![
        control(
            "gke-cos",
            Medium,
            NODES,
            ByFacts("the system image of every node"),
            image(false),
        ),
        control(
            "gke-cos-containerd",
            Medium,
            NODES,
            ByFacts("the system image and the runtime of every node"),
            image(true),
        ),
        control(
            "gke-metadata-server",
            High,
            NODES,
            ByFacts("the label that GKE gives a node with its metadata server"),
            metadata_server(),
        ),
        control(
            "gke-workload-identity",
            High,
            NODES,
            ByPerson(
                "which workloads have an identity of their own; a node without the metadata server fails",
            ),
            Rule::AllOf(vec![
                metadata_server(),
                asked(
                    "which identity each workload that calls Google APIs has: kubectl get \
                     serviceaccounts -A -o custom-columns=NS:.metadata.namespace,\
                     NAME:.metadata.name,\
                     GSA:.metadata.annotations.iam\\.gke\\.io/gcp-service-account, beside IAM's \
                     bindings to principals of PROJECT.svc.id.goog",
                    "one narrow identity for each workload, none shared with the nodes",
                    false,
                ),
            ]),
        ),
        control(
            "gke-private-nodes",
            High,
            NODES,
            ByFacts("the label that says whether a node is private"),
            code(
                "objects-nodes",
                json!({
                    "pointer": "/metadata/labels/cloud.google.com~1private-node",
                    "is": ["true"],
                    "absent": "manual",
                    "expected": "label cloud.google.com/private-node=true; where GKE gives none: \
                                 gcloud container clusters describe CLUSTER --location LOCATION \
                                 --format='value(privateClusterConfig.enablePrivateNodes)' shows \
                                 True",
                    "words": "every node is private, by its label",
                }),
            ),
        ),
        control(
            "gke-sandbox",
            Medium,
            NODES,
            ByPerson("which workloads are not trusted; nodes of GKE Sandbox are shown"),
            Rule::AllOf(vec![
                code(
                    "objects-nodes",
                    json!({
                        "pointer": "/metadata/labels/sandbox.gke.io~1runtime",
                        "is": ["gvisor"],
                        "any": true,
                        "otherwise": "manual",
                        "expected": "nodes labelled sandbox.gke.io/runtime=gvisor for what is not \
                                     trusted",
                        "words": "there are nodes of GKE Sandbox",
                    }),
                ),
                asked(
                    "which pods run code that is not trusted, and whether each names runtimeClassName: \
                     gvisor: kubectl get pods -A -o custom-columns=NS:.metadata.namespace,\
                     NAME:.metadata.name,CLASS:.spec.runtimeClassName",
                    "gvisor for each of them",
                    false,
                ),
            ]),
        ),
        control(
            "gke-node-service-account",
            High,
            NODES,
            instances,
            asked(
                "gcloud container node-pools list --cluster CLUSTER --location LOCATION \
                 --format='table(name,config.serviceAccount)'; what its account may do: gcloud \
                 projects get-iam-policy PROJECT --flatten='bindings[].members' \
                 --filter='bindings.members:ACCOUNT' --format='value(bindings.role)'",
                "for no pool `default` or NUMBER-compute@developer.gserviceaccount.com; \
                 roles/container.defaultNodeServiceAccount or as narrow",
                true,
            ),
        ),
        control(
            "gke-node-firewall",
            Medium,
            NODES,
            instances,
            asked(
                "gcloud compute firewall-rules list --filter='network:NETWORK' \
                 --format='table(name,direction,sourceRanges.list(),allowed[].map().firewall_rule().list(),\
                 targetTags.list())' for the tags and network of the nodes (gcloud compute instances \
                 describe)",
                "nothing from 0.0.0.0/0 to the nodes but what is meant to be public",
                true,
            ),
        ),
        control(
            "gke-cmek-boot-disks",
            Low,
            NODES,
            instances,
            asked(
                "gcloud container node-pools list --cluster CLUSTER --location LOCATION \
                 --format='table(name,config.diskType,config.bootDiskKmsKey)'",
                "a key of yours for every pool",
                true,
            ),
        ),
    ]
}

fn cluster() -> Vec<Control> {
    let bindings = |name: &'static str, severity, whom: &str| {
        control(
            name,
            severity,
            &[
                "clusterroles",
                "roles",
                "clusterrolebindings",
                "rolebindings",
            ],
            ByFacts("bindings, less what ships"),
            code("policies-everybody", json!({"name": whom})),
        )
    };
    vec![
        bindings("gke-bindings-anonymous", Critical, "system:anonymous"),
        bindings(
            "gke-bindings-unauthenticated",
            Critical,
            "system:unauthenticated",
        ),
        bindings(
            "gke-bindings-authenticated",
            Critical,
            "system:authenticated",
        ),
        control(
            "gke-network-policy-enabled",
            High,
            &["provider-daemonsets"],
            ByFacts("whether GKE's own enforcer of network policies runs"),
            code(
                "objects-daemonsets",
                json!({
                    "where": {"pointer": "/metadata/name", "is": ["anetd*", "calico-node*"]},
                    "pointer": "/status/numberReady",
                    "is": SOME,
                    "otherwise": "manual",
                    "none": "fail",
                    "expected": "DaemonSet anetd (Dataplane V2) or calico-node (network policy \
                                 add-on) with ready pods",
                    "words": "GKE's DaemonSet anetd or calico-node",
                }),
            ),
        ),
        control(
            "gke-managed-certificates",
            Medium,
            &[
                "provider-services",
                "provider-ingresses",
                "gke-managedcertificates",
            ],
            ByFacts("Ingresses, their certificates, and Services that are load balancers"),
            code("objects-certificates", Value::Null),
        ),
        control(
            "gke-auditd-logging",
            Low,
            &["provider-daemonsets"],
            ByFacts(
                "whether the DaemonSet of Google's example runs; another collector is a person's to find",
            ),
            code(
                "objects-daemonsets",
                json!({
                    "where": {"pointer": "/metadata/name", "is": ["cos-auditd-logging*"]},
                    "pointer": "/status/numberReady",
                    "is": SOME,
                    "otherwise": "fail",
                    "none": "manual",
                    "expected": "DaemonSet cos-auditd-logging with ready pods, or another agent \
                                 that turns on auditd and ships its log",
                    "words": "DaemonSet cos-auditd-logging; does another agent turn on auditd?",
                }),
            ),
        ),
        control(
            "gke-dashboard-off",
            Medium,
            &["provider-pods"],
            ByFacts("whether a pod of the dashboard is there"),
            code(
                "objects-pods",
                json!({
                    "where": {"pointer": "/metadata/name", "is": ["kubernetes-dashboard*"]},
                    "pointer": "/metadata/name",
                    "is": [],
                    "none": "pass",
                    "expected": "no pod named kubernetes-dashboard",
                    "words": "the dashboard does not run",
                }),
            ),
        ),
    ]
}

/// Control, severity, at what to look, and what it should show. Of these
/// nothing is seen on a node or in Kubernetes' API.
pub(super) type Asked = (&'static str, Severity, &'static str, &'static str);

#[rustfmt::skip]
pub(super) const ASKED: &[Asked] = &[
    ("gke-image-scanning", Medium, "gcloud services list --enabled --filter='config.name:containerscanning.googleapis.com' --format='value(config.name)' in the registry's project; for another scanner, its report on the images that run", "containerscanning.googleapis.com, or a scanner that covers every image in use"),
    ("gke-registry-user-access", Medium, "gcloud artifacts repositories get-iam-policy REPOSITORY --location LOCATION, gcloud storage buckets get-iam-policy gs://artifacts.PROJECT.appspot.com where Container Registry is left, and gcloud projects get-iam-policy PROJECT for roles/artifactregistry.* and roles/storage.*", "only builders and release engineers may write"),
    ("gke-registry-read-only", Medium, "gcloud artifacts repositories get-iam-policy REPOSITORY --location LOCATION and gcloud projects get-iam-policy PROJECT, for the nodes' service account (gcloud container node-pools list --cluster CLUSTER --location LOCATION --format='value(config.serviceAccount)')", "roles/artifactregistry.reader (roles/storage.objectViewer for Container Registry), nothing that writes"),
    ("gke-registries-approved", Medium, "gcloud container binauthz policy export, and gcloud container clusters describe CLUSTER --location LOCATION --format='value(binaryAuthorization.evaluationMode,binaryAuthorization.enabled)'", "admissionWhitelistPatterns names approved registries only, and defaultAdmissionRule denies the rest"),
    ("gke-trusted-images", High, "gcloud container binauthz policy export for the project, or gcloud container binauthz policies list --platform=gke where a cluster has its own; gcloud container clusters describe CLUSTER --location LOCATION --format='value(binaryAuthorization)'", "defaultAdmissionRule is not ALWAYS_ALLOW, enforcementMode is ENFORCED_BLOCK_AND_AUDIT_LOG, and the cluster evaluates it"),
    ("gke-binary-authorization", Medium, "gcloud container clusters describe CLUSTER --location LOCATION --format='value(binaryAuthorization.evaluationMode,binaryAuthorization.enabled)'", "PROJECT_SINGLETON_POLICY_ENFORCE or a mode with POLICY_BINDINGS; on old clusters True"),
    ("gke-secrets-kms", High, "gcloud container clusters describe CLUSTER --location LOCATION --format='value(databaseEncryption.state,databaseEncryption.keyName)'", "ENCRYPTED (or ALL_OBJECTS_ENCRYPTION_ENABLED) and a key of yours"),
    ("gke-legacy-metadata-off", High, "gcloud container node-pools list --cluster CLUSTER --location LOCATION --format='table(name,config.metadata.disable-legacy-endpoints)'", "true for every pool; GKE sets it since 1.12"),
    ("gke-auto-repair", Medium, "gcloud container node-pools list --cluster CLUSTER --location LOCATION --format='table(name,management.autoRepair)'; Autopilot has it always", "True for every pool"),
    ("gke-auto-upgrade", Medium, "gcloud container node-pools list --cluster CLUSTER --location LOCATION --format='table(name,management.autoUpgrade)'; Autopilot has it always", "True for every pool"),
    ("gke-release-channel", Low, "gcloud container clusters describe CLUSTER --location LOCATION --format='value(releaseChannel.channel)'", "REGULAR or STABLE (RAPID or EXTENDED if meant), not empty or UNSPECIFIED"),
    ("gke-shielded-nodes", Medium, "gcloud container clusters describe CLUSTER --location LOCATION --format='value(shieldedNodes.enabled)'; Autopilot has them always", "True"),
    ("gke-integrity-monitoring", Medium, "gcloud container node-pools list --cluster CLUSTER --location LOCATION --format='table(name,config.shieldedInstanceConfig.enableIntegrityMonitoring)'", "True for every pool"),
    ("gke-secure-boot", Medium, "gcloud container node-pools list --cluster CLUSTER --location LOCATION --format='table(name,config.shieldedInstanceConfig.enableSecureBoot)'", "True for every pool"),
    ("gke-flow-logs", Low, "gcloud container clusters describe CLUSTER --location LOCATION --format='value(networkConfig.enableIntraNodeVisibility,networkConfig.subnetwork)', then gcloud compute networks subnets describe SUBNET --region REGION --format='value(enableFlowLogs)'", "True and True"),
    ("gke-vpc-native", Medium, "gcloud container clusters describe CLUSTER --location LOCATION --format='value(ipAllocationPolicy.useIpAliases)'", "True"),
    ("gke-authorized-networks", High, "gcloud container clusters describe CLUSTER --location LOCATION --format='yaml(masterAuthorizedNetworksConfig,controlPlaneEndpointsConfig)'", "enabled: true, cidrBlocks as narrow as those who need them; or no IP endpoint at all"),
    ("gke-private-endpoint", High, "gcloud container clusters describe CLUSTER --location LOCATION --format='yaml(privateClusterConfig.enablePrivateEndpoint,controlPlaneEndpointsConfig)'", "enablePrivateEndpoint: true (newer: ipEndpointsConfig.enablePublicEndpoint: false)"),
    ("gke-logging-monitoring", Medium, "gcloud container clusters describe CLUSTER --location LOCATION --format='value(loggingService,monitoringService,loggingConfig.componentConfig.enableComponents)'", "logging.googleapis.com/kubernetes and monitoring.googleapis.com/kubernetes, with SYSTEM_COMPONENTS at least"),
    ("gke-basic-auth-off", High, "gcloud container clusters describe CLUSTER --location LOCATION --format='value(masterAuth.username)'; GKE 1.19 and later have no passwords", "nothing"),
    ("gke-client-certificate-off", High, "gcloud container clusters describe CLUSTER --location LOCATION --format='value(masterAuth.clientCertificate)'", "nothing: no certificate was issued at creation"),
    ("gke-google-groups", Low, "gcloud container clusters describe CLUSTER --location LOCATION --format='value(authenticatorGroupsConfig.enabled,authenticatorGroupsConfig.securityGroup)', and which bindings name people instead of groups: kubectl get clusterrolebindings,rolebindings -A -o wide", "True and gke-security-groups@DOMAIN; bindings name groups"),
    ("gke-legacy-abac-off", Critical, "gcloud container clusters describe CLUSTER --location LOCATION --format='value(legacyAbac.enabled)'", "nothing or False"),
    ("gke-cmek-disks", Low, "for each disk behind a PersistentVolume (kubectl get pv -o custom-columns=NAME:.metadata.name,DISK:.spec.csi.volumeHandle): gcloud compute disks describe DISK --zone ZONE --format='value(diskEncryptionKey.kmsKeyName)'; for new ones parameter disk-encryption-kms-key of the StorageClass", "a key of yours for every disk"),
    ("gke-alpha-unused", High, "gcloud container clusters describe CLUSTER --location LOCATION --format='value(enableKubernetesAlpha)'", "nothing or False"),
    ("gke-pod-security-policy", High, "gcloud beta container clusters describe CLUSTER --location LOCATION --format='value(podSecurityPolicyConfig.enabled)'; GKE 1.25 and later have Pod Security Admission in its place", "True, with policies that system pods pass; from 1.25 namespaces that enforce a level"),
    ("gke-security-command-center", Low, "gcloud scc settings services describe --service=SECURITY_HEALTH_ANALYTICS --organization=ORGANIZATION, or Security Command Center in the console", "serviceEnablementState: ENABLED, and somebody who reads the findings"),
    ("gke-security-posture", Low, "gcloud container clusters describe CLUSTER --location LOCATION --format='value(securityPostureConfig.mode,securityPostureConfig.vulnerabilityMode)'", "BASIC or ENTERPRISE"),
];
