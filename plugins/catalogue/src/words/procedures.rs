//! Ways to change a setting, each shared by several controls: the durable source first, then
//! what restarts, the way back, and how to see that it worked.

use crate::control::ProcedureWords;

/// The procedures that [`Words::procedure`](crate::control::Words::procedure) names.
pub const PROCEDURES: &[ProcedureWords] = &[
    ProcedureWords {
        name: "kubeadm-apiserver-args",
        change: "Durable: apiServer.extraArgs (name=value; v1beta4 has a list, older a map) in \
            ClusterConfiguration, ConfigMap kube-system/kubeadm-config. Same text in FILE; on \
            each control-plane node: kubeadm init phase control-plane apiserver --config FILE \
            (--patches DIR if used). Edits of manifests/kube-apiserver.yaml alone are lost at \
            kubeadm upgrade.",
        effect: "The kubelet recreates the API server of that node, away for up to a minute: one \
            node at a time, waiting for /readyz. With a single control-plane node the API is \
            down meanwhile; pods keep running.",
        rollback: "Put the old value back in ConfigMap and FILE, render again. Copies of the \
            manifest belong outside /etc/kubernetes/manifests: the kubelet runs every file there \
            but dotfiles. If it does not come up: crictl ps -a, crictl logs ID.",
        verify: "On every node: pgrep -a kube-apiserver | tr ' ' '\\n' | grep NAME; kubectl get \
            --raw '/readyz?verbose'. Compare the manifest with the copy: nothing else may differ \
            (--advertise-address is detected anew).",
    },
    ProcedureWords {
        name: "kubeadm-controller-manager-args",
        change: "Durable: controllerManager.extraArgs (name=value; v1beta4 has a list, older a \
            map) in ClusterConfiguration, ConfigMap kube-system/kubeadm-config. Same text in \
            FILE; on each control-plane node: kubeadm init phase control-plane \
            controller-manager --config FILE (--patches DIR if used). Edits of the manifest \
            alone are lost at kubeadm upgrade.",
        effect: "The pod is recreated on that node; another takes over the lease within seconds. \
            Pods keep running; new ones and clean-up wait.",
        rollback: "Put the old value back in ConfigMap and FILE, render again; keep copies of \
            the manifest outside /etc/kubernetes/manifests.",
        verify: "pgrep -a kube-controller | tr ' ' '\\n' | grep NAME; kubectl -n kube-system get \
            lease kube-controller-manager -o yaml shows a fresh renewTime.",
    },
    ProcedureWords {
        name: "kubeadm-scheduler-args",
        change: "Durable: scheduler.extraArgs (name=value; v1beta4 has a list, older a map) in \
            ClusterConfiguration, ConfigMap kube-system/kubeadm-config. Same text in FILE; on \
            each control-plane node: kubeadm init phase control-plane scheduler --config FILE \
            (--patches DIR if used). Edits of the manifest alone are lost at kubeadm upgrade.",
        effect: "The pod is recreated on that node; another takes over the lease within seconds, \
            and pending pods wait so long.",
        rollback: "Put the old value back in ConfigMap and FILE, render again; keep copies of \
            the manifest outside /etc/kubernetes/manifests.",
        verify: "pgrep -a kube-scheduler | tr ' ' '\\n' | grep NAME; a new test pod gets a node.",
    },
    ProcedureWords {
        name: "kubeadm-etcd-args",
        change: "Durable: etcd.local.extraArgs in ClusterConfiguration, ConfigMap \
            kube-system/kubeadm-config; then on each member kubeadm init phase etcd local \
            --config FILE (--patches DIR if used); compare the manifest before and after. \
            External etcd: its unit. Flags win over ETCD_* variables; with --config-file etcd \
            ignores both.",
        effect: "The member restarts. One at a time, healthy in between: two of three away lose \
            quorum and the API with it. First: etcdctl snapshot save FILE.",
        rollback: "Put the old manifest back from a copy kept outside /etc/kubernetes/manifests, \
            and the old value into the ConfigMap. With TLS, give all sides certificates before \
            any side demands them.",
        verify: "etcdctl endpoint health --cluster with --cacert, --cert, --key succeeds; \
            without --cert and --key it must fail.",
    },
    ProcedureWords {
        name: "kubelet-config",
        change: "Durable: ConfigMap kube-system/kubelet-config, then on each node kubeadm \
            upgrade node phase kubelet-config, which writes /var/lib/kubelet/config.yaml; for \
            one node a kubeletconfiguration patch (--patches DIR). Files in --config-dir win \
            over it, flags in kubeadm-flags.env or the unit over both: remove them there.",
        effect: "systemctl daemon-reload && systemctl restart kubelet. Containers keep running; \
            logs and exec pause. A bad value keeps the kubelet down and the node turns NotReady: \
            begin with one node.",
        rollback: "Restore ConfigMap and config.yaml from copies made before, restart the \
            kubelet; journalctl -u kubelet -b says why it does not start.",
        verify: "kubectl get --raw /api/v1/nodes/NODE/proxy/configz shows what the kubelet \
            really uses; the node is Ready.",
    },
    ProcedureWords {
        name: "kube-proxy-config",
        change: "Durable: key config.conf of ConfigMap kube-system/kube-proxy, which kubeadm \
            upgrade keeps; elsewhere the file after --config. With --config kube-proxy ignores \
            most flags; without it, change the flag in DaemonSet or unit.",
        effect: "kubectl -n kube-system rollout restart daemonset/kube-proxy. Rules and \
            connections stay; Service changes wait for seconds.",
        rollback: "Restore the ConfigMap from a copy and restart the rollout.",
        verify: "On a node: ss -ltnp | grep kube-proxy; curl -s 127.0.0.1:10249/configz shows \
            what is in use.",
    },
    ProcedureWords {
        name: "manifest-file-mode",
        change: "On each control-plane node, as root. kubeadm writes manifests as root with mode \
            600, so something changed it later: mend that (image, backup or configuration \
            management), then the file. Look for stray copies in /etc/kubernetes/manifests: the \
            kubelet runs those too.",
        effect: "Nothing restarts. kubeadm upgrade writes the file anew, root:root 600.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "stat -c '%a %U:%G %n' /etc/kubernetes/manifests/*",
    },
    ProcedureWords {
        name: "file-mode",
        change: "On each node, as root. Find out who writes the file (kubeadm, a package, an \
            installer DaemonSet, configuration management) and set mode and owner there and in \
            node images, or the next run undoes it.",
        effect: "Nothing restarts: kubelet and control plane read the file as root. Programs of \
            other users lose access.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "stat -c '%a %U:%G %n' FILE",
    },
    ProcedureWords {
        name: "pki-mode",
        change: "On each control-plane node, as root; also in node images or configuration \
            management. kubeadm creates keys with 600 and certificates with 644; kubeadm certs \
            renew keeps the mode of files that exist.",
        effect: "Nothing restarts: the static pods run as root. Programs of other users lose \
            access.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "find /etc/kubernetes/pki -printf '%m %u:%g %p\\n'; kubeadm certs \
            check-expiration still works.",
    },
    ProcedureWords {
        name: "rbac-change",
        change: "Change the object where it is kept (chart, manifest, Git), not only in the \
            cluster: grant the narrower right first, then take the wide one. Built-in roles and \
            bindings (label kubernetes.io/bootstrapping) are repaired at API server start unless \
            annotated rbac.authorization.kubernetes.io/autoupdate: \"false\".",
        effect: "The next request, within seconds, in running pods too; nothing restarts. What \
            is missing shows as 403.",
        rollback: "Apply the copy saved before (kubectl get -o yaml). A binding's roleRef cannot \
            change: delete and create it.",
        verify: "kubectl auth can-i --list --as=USER --as-group=GROUP, or \
            --as=system:serviceaccount:NS:NAME; 403 in the audit log.",
    },
    ProcedureWords {
        name: "pod-spec",
        change: "Change the source of the workload or object (chart values, kustomization, Git), \
            not the pod: its owner would restore it, and most fields of a pod are fixed.",
        effect: "The owner rolls its pods. What needed the old setting fails at start or in use: \
            try it in a test namespace.",
        rollback: "kubectl rollout undo KIND/NAME, and revert the source.",
        verify: "kubectl rollout status KIND/NAME; the pods are Ready and show the new field in \
            kubectl get pod -o yaml.",
    },
    ProcedureWords {
        name: "namespace-policy",
        change: "Fix the pod templates, then label the namespace at its source: \
            pod-security.kubernetes.io/enforce=LEVEL, warn and audit one level up. First kubectl \
            label --dry-run=server --overwrite ns NS pod-security.kubernetes.io/enforce=LEVEL: \
            it lists pods that break it. Or a rule of your policy engine.",
        effect: "Only new pods are judged; running ones stay until recreated, perhaps at a node \
            drain months later: then the ReplicaSet shows FailedCreate.",
        rollback: "kubectl label ns NS pod-security.kubernetes.io/enforce- (or the level before).",
        verify: "kubectl get ns -L pod-security.kubernetes.io/enforce; a bad pod with kubectl \
            apply --dry-run=server must be refused.",
    },
    ProcedureWords {
        name: "network-policy",
        change: "Keep policies beside the workloads they protect: first allow rules for known \
            traffic (flow logs of the CNI help), then the default-deny, namespace by namespace.",
        effect: "At once for new connections; open ones depend on the CNI.",
        rollback: "kubectl -n NS delete networkpolicy NAME.",
        verify: "kubectl get networkpolicy -A; a pod of another namespace must time out, the \
            application's own calls must work.",
    },
    ProcedureWords {
        name: "user-credentials",
        change: "Give people short-lived identities from an OIDC issuer (--authentication-config \
            or --oidc-*) or an authenticating proxy, bind their groups by RBAC, hand out \
            kubeconfigs with an exec plugin; then withdraw the old credential.",
        effect: "API servers restart once for the issuer (not for edits of the \
            --authentication-config file). Certificates work until they expire; tokens end when \
            deleted.",
        rollback: "Bind the old name again. Keep a break-glass credential offline for the day \
            the issuer is down.",
        verify: "kubectl auth whoami shows the issuer's name and groups; the audit log names \
            people.",
    },
];
