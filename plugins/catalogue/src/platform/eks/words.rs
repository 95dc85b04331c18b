//! Words of the controls of Amazon EKS over what AWS' API and the cluster's objects tell.

use super::guide;
use crate::control::Words;

mod node;

pub(super) use node::{CONTROL_PLANE, NODE};

const LOGS: &str = guide!("control-plane-logs");
const ENDPOINT: &str = guide!("cluster-endpoint");
const ACCESS: &str = guide!("grant-k8s-access");
const IRSA: &str = guide!("iam-roles-for-service-accounts");
const POD_IDENTITY: &str = guide!("pod-identities");
const NETWORK_POLICY: &str = guide!("cni-network-policy");
const VERSIONS: &str = guide!("kubernetes-versions");
const NODE_ROLE: &str = guide!("create-node-role");

/// What AWS' API lets the customer set.
pub(super) const AWS: &[Words] = &[
    Words {
        control: "eks-control-plane-logging",
        title: "Logs of the control plane go to CloudWatch (audit and four others)",
        rationale: "AWS keeps no audit log for you unless asked: without it nobody can tell later \
            who read a Secret or opened a shell.",
        procedure: "eks-cluster-config",
        set: "--logging '{\"clusterLogging\":[{\"enabled\":true,\"types\":[\"api\",\"audit\",\
            \"authenticator\",\"controllerManager\",\"scheduler\"]}]}'",
        breaks: "CloudWatch charges by the gigabyte; audit of a busy cluster is the largest part.",
        references: &[LOGS],
    },
    Words {
        control: "eks-audit-logs-kept",
        title: "Audit logs in CloudWatch are kept long enough and looked at",
        rationale: "A log that expires before a break-in is noticed, or that nobody reads, is no \
            trace.",
        procedure: "eks-cluster-config",
        set: "aws logs put-retention-policy --log-group-name /aws/eks/NAME/cluster \
            --retention-in-days DAYS, and a subscription or alarm on it. AWS sets the audit policy",
        breaks: "",
        references: &[LOGS],
    },
    Words {
        control: "eks-vpc-cni-current",
        title: "Amazon VPC CNI is of the newest version",
        rationale: "The plugin runs as root on every node and wires every pod: its old faults are \
            the whole cluster's.",
        procedure: "eks-addon",
        set: "aws eks update-addon --cluster-name NAME --addon-name vpc-cni --addon-version VERSION",
        breaks: "One minor version at a time; new pods wait for an address while the DaemonSet \
            rolls.",
        references: &[guide!("managing-vpc-cni")],
    },
    Words {
        control: "eks-ecr-scanning",
        title: "Images are scanned for known vulnerabilities (Amazon ECR or another)",
        rationale: "An image carries its libraries' known holes into every pod until somebody \
            looks.",
        procedure: "eks-iam",
        set: "aws ecr put-registry-scanning-configuration with scanType ENHANCED, or BASIC with \
            rules of SCAN_ON_PUSH, in each region that holds images",
        breaks: "",
        references: &["https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html"],
    },
    Words {
        control: "eks-ecr-user-access",
        title: "Few people and programs may change images in Amazon ECR",
        rationale: "Who may overwrite a tag runs code in every cluster that pulls it next.",
        procedure: "eks-iam",
        set: "Policies that name repositories and actions instead of ecr:*; push for build roles \
            only; imageTagMutability IMMUTABLE where tags should not move",
        breaks: "Pipelines that push with a person's rights fail.",
        references: &["https://docs.aws.amazon.com/AmazonECR/latest/userguide/security-iam.html"],
    },
    Words {
        control: "eks-ecr-pull-only",
        title: "Nodes may pull from Amazon ECR, not push",
        rationale: "Every pod that reaches the instance's metadata may borrow the node's role, \
            and with push rights replace images.",
        procedure: "eks-iam",
        set: "AmazonEC2ContainerRegistryPullOnly (or ReadOnly) on the role of the nodes, and no \
            other policy with write actions of ecr",
        breaks: "Builds on nodes that push with the node's role need a role of their own.",
        references: &[NODE_ROLE],
    },
    Words {
        control: "eks-registries-approved",
        title: "Images come from approved registries only",
        rationale: "An image from anywhere is a program of anybody's, with whatever rights the \
            pod has.",
        procedure: "pod-spec",
        set: "A list of registries, held by an admission policy (ValidatingAdmissionPolicy, \
            Kyverno, Gatekeeper); mirror what is needed with an ECR pull through cache",
        breaks: "Pods with other images are refused when they are created anew.",
        references: &[
            "https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html",
        ],
    },
    Words {
        control: "eks-secrets-kms-key",
        title: "Secrets are encrypted with a KMS key of the customer's",
        rationale: "With a key of yours you decide who may decrypt, see each use in CloudTrail, \
            and can take the key away.",
        procedure: "eks-cluster-config",
        set: "aws eks associate-encryption-config --cluster-name NAME --encryption-config \
            '[{\"resources\":[\"secrets\"],\"provider\":{\"keyArn\":\"ARN\"}}]'",
        breaks: "It cannot be undone, and without the key the cluster cannot be recovered.",
        references: &[guide!("enable-kms")],
    },
    Words {
        control: "eks-endpoint-restricted",
        title: "The API server's endpoint is reached from known addresses only",
        rationale: "An open endpoint invites guessed credentials and the next fault of \
            authentication from everywhere.",
        procedure: "eks-cluster-config",
        set: "--resources-vpc-config endpointPrivateAccess=true,publicAccessCidrs=CIDR,... \
            or endpointPublicAccess=false",
        breaks: "Pipelines and desks outside the list lose kubectl; nodes need private access or \
            their NAT's address in it.",
        references: &[ENDPOINT],
    },
    Words {
        control: "eks-endpoint-private",
        title: "The API server has a private endpoint and no public one",
        rationale: "What has no address on the internet cannot be tried from there at all.",
        procedure: "eks-cluster-config",
        set: "--resources-vpc-config endpointPrivateAccess=true,endpointPublicAccess=false",
        breaks: "kubectl works only from the VPC and networks that reach it (VPN, Direct Connect, \
            a bastion).",
        references: &[ENDPOINT],
    },
    Words {
        control: "eks-users-by-iam",
        title: "People log in by IAM or an identity provider, with short-lived tokens",
        rationale: "Tokens of IAM live for minutes and end with the person's role; a copied \
            kubeconfig with a token does not.",
        procedure: "user-credentials",
        set: "An access entry for each role of people; aws eks update-kubeconfig writes exec aws \
            eks get-token; take old tokens and users out",
        breaks: "",
        references: &[ACCESS],
    },
    Words {
        control: "eks-untrusted-on-fargate",
        title: "Code that is not trusted runs on Fargate or on nodes of its own",
        rationale: "On Fargate each pod has a virtual machine to itself, so who breaks out finds \
            no neighbour.",
        procedure: "eks-cluster-config",
        set: "aws eks create-fargate-profile for the namespaces of such workloads, or a node \
            group with a taint that only they tolerate",
        breaks: "Fargate has no DaemonSets, no privileged pods, no host network and no EBS.",
        references: &[guide!("fargate")],
    },
    Words {
        control: "eks-version-current",
        title: "Kubernetes and the nodes' images get the current patches",
        rationale: "Known holes of old versions are the first that are tried; out of support \
            nobody mends them.",
        procedure: "eks-cluster-config",
        set: "aws eks update-cluster-version, one minor at a time, then update-nodegroup-version \
            and the add-ons; AWS patches the control plane within a minor version",
        breaks: "Removed APIs: aws eks list-insights --cluster-name NAME shows who still calls them.",
        references: &[VERSIONS],
    },
    Words {
        control: "eks-old-components-removed",
        title: "Nothing of an older version is left after an upgrade",
        rationale: "A node or add-on that was forgotten keeps its old holes, and nobody watches it.",
        procedure: "",
        set: "Replace nodes of the old version; update or delete add-ons and DaemonSets that \
            were made for it",
        breaks: "",
        references: &[VERSIONS],
    },
    Words {
        control: "eks-kubectl-current",
        title: "kubectl is 1.12.9 or newer wherever it is used",
        rationale: "kubectl cp of older versions lets a container write files on the desk of who \
            copies (CVE-2019-11246).",
        procedure: "",
        set: "Install the kubectl of the cluster's version; look at desks, bastions, images of \
            pipelines",
        breaks: "",
        references: &[guide!("install-kubectl")],
    },
];

/// What objects of the cluster tell.
pub(super) const CLUSTER: &[Words] = &[
    Words {
        control: "eks-access-entries",
        title: "Access is granted by access entries, not by ConfigMap aws-auth",
        rationale: "Who may edit one ConfigMap makes himself an administrator, and AWS records \
            nothing of it; an entry is IAM's to guard.",
        procedure: "eks-cluster-config",
        set: "--access-config authenticationMode=API_AND_CONFIG_MAP; an access entry for each \
            role in aws-auth; then authenticationMode=API, and delete aws-auth",
        breaks: "There is no way back from API; nodes whose role has no entry drop out.",
        references: &[guide!("access-entries")],
    },
    Words {
        control: "eks-service-account-roles",
        title: "Workloads that call AWS have a service account with a role of its own",
        rationale: "On the node's role every pod of the node may do what any of them needs.",
        procedure: "pod-spec",
        set: "EKS Pod Identity (aws eks create-pod-identity-association) or annotation \
            eks.amazonaws.com/role-arn on an account of its own; IMDSv2 with hop limit 1",
        breaks: "Pods that still use the node's role lose AWS with the hop limit.",
        references: &[POD_IDENTITY, IRSA],
    },
    Words {
        control: "eks-nodes-private",
        title: "Nodes have no public address",
        rationale: "A node with one is scanned within minutes, and a security group is all that \
            stands before its kubelet.",
        procedure: "eks-nodes",
        set: "Subnets without MapPublicIpOnLaunch and with a NAT or VPC endpoints; \
            AssociatePublicIpAddress false in the launch template",
        breaks: "Nodes need NAT or endpoints for ECR, S3, STS and EC2 to start.",
        references: &[guide!("network-reqs")],
    },
    Words {
        control: "eks-nodes-bottlerocket",
        title: "Nodes run a system made for containers (Bottlerocket)",
        rationale: "Without shell, package manager and writable root there is little to break \
            into and nothing to stay in.",
        procedure: "eks-nodes",
        set: "--ami-type BOTTLEROCKET_x86_64 (or ARM_64) for new node groups; EKS Auto Mode runs \
            it by itself",
        breaks: "Agents that install packages or write to the host must become DaemonSets.",
        references: &[guide!("eks-optimized-ami-bottlerocket")],
    },
    Words {
        control: "eks-network-policy-enforced",
        title: "NetworkPolicy is enforced: by the VPC CNI's agent, Calico or Cilium",
        rationale: "The agent runs on every node but does nothing until it is told to: policies \
            then stand there and hold nobody.",
        procedure: "eks-addon",
        set: "aws eks update-addon --cluster-name NAME --addon-name vpc-cni \
            --configuration-values '{\"enableNetworkPolicy\":\"true\"}'",
        breaks: "Policies that slept begin to hold: look at them first.",
        references: &[NETWORK_POLICY],
    },
    Words {
        control: "eks-load-balancers-tls",
        title: "Load balancers speak TLS with a certificate",
        rationale: "What goes through a plain listener is read and changed by everybody on its \
            way.",
        procedure: "pod-spec",
        set: "Service: service.beta.kubernetes.io/aws-load-balancer-ssl-cert: ARN; Ingress: \
            alb.ingress.kubernetes.io/certificate-arn: ARN, listen-ports with HTTPS, ssl-redirect",
        breaks: "Clients of the plain port are redirected or refused.",
        references: &[guide!("alb-ingress")],
    },
    Words {
        control: "eks-dashboard-absent",
        title: "Kubernetes Dashboard does not run",
        rationale: "It acts with its account's rights for whoever reaches it, and has been the \
            way into whole clusters.",
        procedure: "pod-spec",
        set: "helm uninstall it, or delete its Deployment, Service, ServiceAccount and bindings",
        breaks: "",
        references: &[
            "https://kubernetes.io/docs/tasks/access-application-cluster/web-ui-dashboard/",
        ],
    },
    Words {
        control: "eks-host-ports-unprivileged",
        title: "Pods take no privileged port of the node (hostPort below 1024)",
        rationale: "A low port of the node belongs to its services: a pod in their place answers \
            for them.",
        procedure: "pod-spec",
        set: "No hostPort (a Service instead), or one of 1024 and above",
        breaks: "",
        references: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    },
    Words {
        control: "rbac-system-masters-unused",
        title: "No user or credential is in group system:masters",
        rationale: "RBAC is not asked about its members, so their power cannot be taken by \
            changing a binding.",
        procedure: "user-credentials",
        set: "kubectl -n kube-system get configmap aws-auth -o yaml: no system:masters; an access \
            entry with AmazonEKSClusterAdminPolicy for the few instead",
        breaks: "The creator of the cluster had it hidden before access entries: keep one way in.",
        references: &[ACCESS],
    },
];
