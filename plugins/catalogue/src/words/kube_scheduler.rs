//! Words for the flags of kube-scheduler.

use super::urls::SCHEDULER;
use crate::control::Words;

pub(super) const WORDS: &[Words] = &[
    Words {
        control: "kube-scheduler-profiling-off",
        title: "Scheduler serves no profiles (--profiling=false)",
        rationale: "Profiles tell how the process works inside, and taking them slows scheduling \
            for everybody.",
        procedure: "kubeadm-scheduler-args",
        set: "scheduler.extraArgs: profiling=false; with --config, enableProfiling: false in \
            KubeSchedulerConfiguration",
        breaks: "",
        references: &[SCHEDULER],
    },
    Words {
        control: "kube-scheduler-bind-address",
        title: "Scheduler listens on loopback only (--bind-address=127.0.0.1)",
        rationale: "Unset, it listens on all addresses, and port 10259 is open to everyone in \
            the node's network.",
        procedure: "kubeadm-scheduler-args",
        set: "scheduler.extraArgs: bind-address=127.0.0.1 (kubeadm's default)",
        breaks: "Prometheus can no longer scrape it from outside the node.",
        references: &[SCHEDULER],
    },
];
