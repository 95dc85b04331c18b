//! How settings are changed on RKE1 so that they stay, in place of the common
//! procedures of the same names.

use crate::control::ProcedureWords;

pub(super) const PROCEDURES: &[ProcedureWords] = &[
    ProcedureWords {
        name: "kubeadm-apiserver-args",
        change: "Durable: services.kube-api.extra_args (NAME: \"VALUE\") in cluster.yml; for what \
            the line above says of apiServer.extraArgs. Then rke up; in Rancher: cluster, \
            Edit as YAML, below rancher_kubernetes_engine_config. Files that a flag names \
            lie below /etc/kubernetes, or need extra_binds.",
        effect: "rke replaces the container kube-apiserver on one controlplane host after the \
            other. With a single one the API is away for a minute; pods keep running.",
        rollback: "Put the old value back and rke up again. If it does not come up: docker logs \
            kube-apiserver on the host.",
        verify: "docker inspect kube-apiserver --format '{{join .Args \"\\n\"}}' | grep NAME on \
            every controlplane host; kubectl get --raw '/readyz?verbose'.",
    },
    ProcedureWords {
        name: "kubeadm-controller-manager-args",
        change: "Durable: services.kube-controller.extra_args (NAME: \"VALUE\") in cluster.yml, \
            for what the line above says of controllerManager.extraArgs. Then rke up; in \
            Rancher: cluster, Edit as YAML, below rancher_kubernetes_engine_config.",
        effect: "rke replaces the container kube-controller-manager host by host. Another takes \
            over the lease; pods keep running.",
        rollback: "Put the old value back and rke up again.",
        verify: "docker inspect kube-controller-manager --format '{{join .Args \"\\n\"}}' | grep \
            NAME.",
    },
    ProcedureWords {
        name: "kubeadm-scheduler-args",
        change: "Durable: services.scheduler.extra_args (NAME: \"VALUE\") in cluster.yml, for \
            what the line above says of scheduler.extraArgs. Then rke up; in Rancher: \
            cluster, Edit as YAML, below rancher_kubernetes_engine_config.",
        effect: "rke replaces the container kube-scheduler host by host; pending pods wait for \
            seconds.",
        rollback: "Put the old value back and rke up again.",
        verify: "docker inspect kube-scheduler --format '{{join .Args \"\\n\"}}' | grep NAME; a \
            new test pod gets a node.",
    },
    ProcedureWords {
        name: "kubeadm-etcd-args",
        change: "Durable: services.etcd.extra_args (NAME: \"VALUE\") in cluster.yml. Then rke up; \
            in Rancher: cluster, Edit as YAML, below rancher_kubernetes_engine_config. Flags \
            win over ETCD_* of extra_env.",
        effect: "rke replaces the container etcd host by host; with two of three away quorum is \
            lost, and the API with it. First: rke etcd snapshot-save.",
        rollback: "Put the old value back and rke up again; data: rke etcd snapshot-restore.",
        verify: "docker exec etcd etcdctl endpoint health --cluster succeeds; without a \
            certificate, from outside the container, it must fail.",
    },
    ProcedureWords {
        name: "kubelet-config",
        change: "Durable: services.kubelet.extra_args (NAME: \"VALUE\"; the flag of the field \
            above) in cluster.yml. Then rke up; in Rancher: cluster, Edit as YAML, below \
            rancher_kubernetes_engine_config. Flags are all that rke gives its kubelet.",
        effect: "rke replaces the container kubelet host by host. Pods keep running. A bad value \
            keeps it down and the node turns NotReady: \
            upgrade_strategy.max_unavailable_worker: 1.",
        rollback: "Put the old value back and rke up again; docker logs kubelet says why it does \
            not start.",
        verify: "kubectl get --raw /api/v1/nodes/NODE/proxy/configz shows what the kubelet really \
            uses; the node is Ready.",
    },
    ProcedureWords {
        name: "kube-proxy-config",
        change: "Durable: services.kubeproxy.extra_args (metrics-bind-address: \
            \"127.0.0.1:10249\") in cluster.yml, then rke up; in Rancher: cluster, Edit as \
            YAML.",
        effect: "rke replaces the container kube-proxy host by host. Rules and connections stay; \
            Service changes wait for seconds.",
        rollback: "Put the old value back and rke up again.",
        verify: "On a node: ss -ltnp | grep kube-proxy; curl -s 127.0.0.1:10249/configz shows \
            what is in use.",
    },
    ProcedureWords {
        name: "manifest-file-mode",
        change: "rke makes no static pods: the containers are listed by docker ps on each host, \
            their settings stand in cluster.yml. A manifest in a directory that \
            services.kubelet.extra_args names (pod-manifest-path) is somebody else's: find \
            out whose.",
        effect: "Nothing restarts.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "docker inspect kubelet --format '{{join .Args \"\\n\"}}' | grep manifest; stat \
            -c '%a %U:%G %n' DIRECTORY/*",
    },
    ProcedureWords {
        name: "file-mode",
        change: "On each host, as root. rke up and rke cert rotate write certificates and \
            kubeconfigs anew: look again afterwards, and keep mode and owner in \
            configuration management.",
        effect: "Nothing restarts: the containers read the file as root. Programs of other users \
            lose access.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "stat -c '%a %U:%G %n' FILE",
    },
    ProcedureWords {
        name: "pki-mode",
        change: "On each host, as root; also in configuration management. rke up and rke cert \
            rotate deploy the files anew: look again afterwards.",
        effect: "Nothing restarts: the containers run as root, but etcd where services.etcd.uid \
            is set, which must be able to read its pair.",
        rollback: "chmod and chown back to what stat showed before.",
        verify: "find /etc/kubernetes/ssl -printf '%m %u:%g %p\\n'",
    },
];
