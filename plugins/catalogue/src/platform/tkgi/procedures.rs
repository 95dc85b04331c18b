//! How settings are changed on TKGI so that they stay, in place of the common
//! procedures of the same names.

use crate::control::ProcedureWords;

pub(super) const PROCEDURES: &[ProcedureWords] = &[
    ProcedureWords {
        name: "kubeadm-apiserver-args",
        change: "Durable: a Kubernetes profile of TKGI: customizations, component kube-apiserver, \
            arguments (NAME: \"VALUE\") or file-arguments, for what the line above says of \
            apiServer.extraArgs. tkgi create-kubernetes-profile FILE, then tkgi \
            update-cluster NAME --kubernetes-profile PROFILE. BOSH renders bpm.yml anew, \
            edits on a VM are lost.",
        effect: "BOSH updates the control-plane VMs one after the other; with a single one the \
            API is away meanwhile. Pods keep running. TKGI refuses arguments that it does \
            not know.",
        rollback: "tkgi update-cluster with the profile before.",
        verify: "On the VM: pgrep -a kube-apiserver | tr ' ' '\\n' | grep NAME; monit summary.",
    },
    ProcedureWords {
        name: "kubeadm-controller-manager-args",
        change: "Durable: a Kubernetes profile of TKGI: customizations, component \
            kube-controller-manager, arguments (NAME: \"VALUE\"), for what the line above \
            says of controllerManager.extraArgs. tkgi create-kubernetes-profile FILE, then \
            tkgi update-cluster NAME --kubernetes-profile PROFILE. BOSH renders bpm.yml \
            anew, edits on a VM are lost.",
        effect: "BOSH updates the control-plane VMs one after the other; pods keep running.",
        rollback: "tkgi update-cluster with the profile before.",
        verify: "On the VM: pgrep -a kube-controller | tr ' ' '\\n' | grep NAME.",
    },
    ProcedureWords {
        name: "kubeadm-scheduler-args",
        change: "Durable: a Kubernetes profile of TKGI: customizations, component kube-scheduler, \
            arguments (NAME: \"VALUE\"), for what the line above says of \
            scheduler.extraArgs. tkgi create-kubernetes-profile FILE, then tkgi \
            update-cluster NAME --kubernetes-profile PROFILE. BOSH renders bpm.yml anew, \
            edits on a VM are lost.",
        effect: "BOSH updates the control-plane VMs one after the other; pending pods wait.",
        rollback: "tkgi update-cluster with the profile before.",
        verify: "On the VM: pgrep -a kube-scheduler | tr ' ' '\\n' | grep NAME.",
    },
    ProcedureWords {
        name: "kubeadm-etcd-args",
        change: "etcd has no settings for customers: the job of the release fixes them. What \
            differs was changed on the VM: bosh recreate restores it (its disk of data \
            stays), and who changed it is the question.",
        effect: "bosh recreate replaces the VM: one at a time, healthy in between, or quorum is \
            lost and the API with it. First a backup (bbr).",
        rollback: "bbr restore; a ticket with the vendor for a setting that the release lacks.",
        verify: "On the VM: pgrep -a etcd | tr ' ' '\\n' | grep NAME; monit summary.",
    },
    ProcedureWords {
        name: "kubelet-config",
        change: "Durable: a Kubernetes profile of TKGI: customizations, component kubelet, \
            arguments, where the release lets the setting be changed. tkgi \
            create-kubernetes-profile FILE, then tkgi update-cluster NAME \
            --kubernetes-profile PROFILE. BOSH renders kubelet/config/kubeletconfig.yml \
            anew, edits on a VM are lost.",
        effect: "BOSH drains and updates the worker VMs in turn: pods move. A bad value stops the \
            update at the first of them.",
        rollback: "tkgi update-cluster with the profile before.",
        verify: "kubectl get --raw /api/v1/nodes/NODE/proxy/configz shows what the kubelet really \
            uses; the node is Ready.",
    },
    ProcedureWords {
        name: "kube-proxy-config",
        change: "Durable: a Kubernetes profile of TKGI: customizations, component kube-proxy, \
            where the release lets the setting be changed. tkgi create-kubernetes-profile \
            FILE, then tkgi update-cluster NAME --kubernetes-profile PROFILE.",
        effect: "BOSH updates the worker VMs in turn.",
        rollback: "tkgi update-cluster with the profile before.",
        verify: "On a VM: ss -ltnp | grep kube-proxy.",
    },
    ProcedureWords {
        name: "manifest-file-mode",
        change: "On each control-plane VM, as root, by a BOSH add-on (os-conf pre-start-script) \
            in the runtime config: BOSH renders the files of a job anew, root:vcap, at every \
            update and recreate.",
        effect: "Nothing restarts. bpm reads the file as root.",
        rollback: "chmod and chown back to what stat showed before, and out of the add-on.",
        verify: "stat -L -c '%a %U:%G %n' /var/vcap/jobs/*/config/bpm.yml",
    },
    ProcedureWords {
        name: "file-mode",
        change: "On each VM, as root, by a BOSH add-on (os-conf pre-start-script) in the runtime \
            config: BOSH renders the files of a job anew, root:vcap, at every update and \
            recreate.",
        effect: "Nothing restarts; a component that runs as vcap fails at its next start if it \
            cannot read the file.",
        rollback: "chmod and chown back to what stat showed before, and out of the add-on.",
        verify: "stat -L -c '%a %U:%G %n' FILE",
    },
    ProcedureWords {
        name: "pki-mode",
        change: "On each control-plane VM, as root, by a BOSH add-on (os-conf pre-start-script) \
            in the runtime config: BOSH renders the files of a job anew, root:vcap, at every \
            update, recreate and rotation of certificates.",
        effect: "Nothing restarts; a component that runs as vcap fails at its next start if it \
            cannot read the file.",
        rollback: "chmod and chown back to what stat showed before, and out of the add-on.",
        verify: "find -L /var/vcap/jobs/*/config -type f -printf '%m %u:%g %p\\n'",
    },
];
