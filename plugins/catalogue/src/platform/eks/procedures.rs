//! How settings are changed on Amazon EKS so that they stay.

use crate::control::ProcedureWords;

/// The control plane's settings are AWS'.
const fn provider(name: &'static str) -> ProcedureWords {
    ProcedureWords {
        name,
        change: "AWS runs and sets this; there is nothing to change.",
        effect: "None.",
        rollback: "None.",
        verify: "AWS' reports in AWS Artifact.",
    }
}

pub(super) const PROCEDURES: &[ProcedureWords] = &[
    ProcedureWords {
        name: "kubelet-config",
        change: "Durable, in user data of the launch template: AL2023 spec.kubelet.config or \
            spec.kubelet.flags of nodeadm's NodeConfig; Bottlerocket settings.kubernetes.*; AL2 \
            --kubelet-extra-args of /etc/eks/bootstrap.sh. Files on a node are written anew. \
            Auto Mode, Fargate: AWS' nodes, nothing to set.",
        effect: "On new nodes: a new launch template version, then aws eks \
            update-nodegroup-version (Karpenter: drift). Nodes are drained one by one; \
            PodDisruptionBudgets hold. On Bottlerocket apiclient set restarts the kubelet at once.",
        rollback: "The launch template's version before, and update again. Begin with a node \
            group of one node.",
        verify: "kubectl get --raw /api/v1/nodes/NODE/proxy/configz on a new node; journalctl -u \
            kubelet if it does not join.",
    },
    ProcedureWords {
        name: "file-mode",
        change: "nodeadm, bootstrap.sh or Bottlerocket write the file when a node starts, with \
            root as owner: something changed it since. Mend that where it is kept: user data of \
            the launch template, custom AMI, agent; then replace the node, or chmod and chown on \
            it. Auto Mode and Fargate: AWS' nodes.",
        effect: "Nothing restarts. Programs of other users lose access.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "stat -c '%a %U:%G %n' FILE, on a new node too",
    },
    ProcedureWords {
        name: "user-credentials",
        change: "Where access is declared (Terraform, eksctl, CloudFormation): aws eks \
            create-access-entry for an IAM role, associate-access-policy or a Kubernetes group \
            bound by RBAC; or an OIDC provider (associate-identity-provider-config). Then take \
            the old way in away.",
        effect: "Within a minute; open sessions go on until their token ends.",
        rollback: "aws eks create-access-entry again. Keep one role of administrators that only \
            an emergency opens.",
        verify: "kubectl auth whoami as the person; audit log in CloudWatch.",
    },
    ProcedureWords {
        name: "eks-cluster-config",
        change: "Durable where the cluster is declared (Terraform, CloudFormation, eksctl); by \
            hand aws eks update-cluster-config --name NAME with what stands here, unless that is \
            a command itself.",
        effect: "The cluster is UPDATING for minutes and serves on; one update at a time.",
        rollback: "The same command with the old value, as describe-cluster showed it before.",
        verify: "aws eks describe-update --name NAME --update-id ID says Successful; then the \
            command of the check again.",
    },
    ProcedureWords {
        name: "eks-addon",
        change: "Durable where add-ons are declared. An add-on of EKS: aws eks update-addon; \
            installed by Helm or manifest: its values. kubectl edit is undone by the add-on.",
        effect: "The DaemonSet rolls node by node; running pods keep their network.",
        rollback: "aws eks update-addon with the version and values that describe-addon showed.",
        verify: "aws eks describe-addon says ACTIVE; kubectl -n kube-system rollout status \
            daemonset/aws-node",
    },
    ProcedureWords {
        name: "eks-nodes",
        change: "Durable in node group, launch template, EC2NodeClass of Karpenter or NodeClass \
            of Auto Mode; a node is replaced, not mended.",
        effect: "New nodes join, old ones are drained; PodDisruptionBudgets hold.",
        rollback: "The version of the launch template before, and update the node group again.",
        verify: "kubectl get nodes -o wide",
    },
    ProcedureWords {
        name: "eks-iam",
        change: "Where IAM and ECR are declared (Terraform, CloudFormation); first see what is \
            used: CloudTrail, or aws iam get-service-last-accessed-details.",
        effect: "At the next call of AWS' API; what is missing shows as AccessDenied.",
        rollback: "Attach the policy again, or the version of it before.",
        verify: "aws iam simulate-principal-policy --policy-source-arn ARN --action-names ACTION",
    },
    provider("kubeadm-apiserver-args"),
    provider("kubeadm-controller-manager-args"),
    provider("kubeadm-scheduler-args"),
    provider("kubeadm-etcd-args"),
    provider("manifest-file-mode"),
    provider("pki-mode"),
];
