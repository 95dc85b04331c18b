//! Compares the controls over settings with what kube-bench says of the node
//! records beside the project. Every difference that stays is listed with its
//! reason; records that are not there are skipped, in so many words.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cisb_sdk::fake::FakeNode;
use cisb_sdk::rule::{self, Cx};
use cisb_sdk::verdict::{Outcome, Verdict};

use super::{controls, requests};

/// Id in cis-1.10, control, and whether it is scored.
#[rustfmt::skip]
const CHECKS: &[(&str, &str, bool)] = &[
    ("1.2.1", "kube-apiserver-anonymous-auth-off", false),
    ("1.2.2", "kube-apiserver-token-auth-file-unset", true),
    ("1.2.3", "kube-apiserver-deny-service-external-ips", false),
    ("1.2.4", "kube-apiserver-kubelet-client-certificate", true),
    ("1.2.5", "kube-apiserver-kubelet-certificate-authority", true),
    ("1.2.6", "kube-apiserver-authorization-not-always-allow", true),
    ("1.2.7", "kube-apiserver-authorization-node", true),
    ("1.2.8", "kube-apiserver-authorization-rbac", true),
    ("1.2.9", "kube-apiserver-event-rate-limit", false),
    ("1.2.10", "kube-apiserver-not-always-admit", true),
    ("1.2.11", "kube-apiserver-always-pull-images", false),
    ("1.2.12", "kube-apiserver-service-account-admission", true),
    ("1.2.13", "kube-apiserver-namespace-lifecycle", true),
    ("1.2.14", "kube-apiserver-node-restriction", true),
    ("1.2.15", "kube-apiserver-profiling-off", true),
    ("1.2.16", "kube-apiserver-audit-log-path", true),
    ("1.2.17", "kube-apiserver-audit-log-maxage", true),
    ("1.2.18", "kube-apiserver-audit-log-maxbackup", true),
    ("1.2.19", "kube-apiserver-audit-log-maxsize", true),
    ("1.2.20", "kube-apiserver-request-timeout", false),
    ("1.2.21", "kube-apiserver-service-account-lookup", true),
    ("1.2.22", "kube-apiserver-service-account-key-file", true),
    ("1.2.23", "kube-apiserver-etcd-client-certificate", true),
    ("1.2.24", "kube-apiserver-serving-certificate", true),
    ("1.2.25", "kube-apiserver-client-ca-file", true),
    ("1.2.26", "kube-apiserver-etcd-cafile", true),
    ("1.2.27", "kube-apiserver-encryption-provider-config", false),
    ("1.2.28", "kube-apiserver-encryption-providers", false),
    ("1.2.29", "kube-apiserver-strong-ciphers", false),
    ("1.3.1", "kube-controller-manager-terminated-pod-gc-threshold", false),
    ("1.3.2", "kube-controller-manager-profiling-off", true),
    ("1.3.3", "kube-controller-manager-service-account-credentials", true),
    ("1.3.4", "kube-controller-manager-service-account-private-key-file", true),
    ("1.3.5", "kube-controller-manager-root-ca-file", true),
    ("1.3.6", "kube-controller-manager-rotate-kubelet-server-certificate", true),
    ("1.3.7", "kube-controller-manager-bind-address", true),
    ("1.4.1", "kube-scheduler-profiling-off", true),
    ("1.4.2", "kube-scheduler-bind-address", true),
    ("2.1", "etcd-serving-certificate", true),
    ("2.2", "etcd-client-cert-auth", true),
    ("2.3", "etcd-auto-tls-off", true),
    ("2.4", "etcd-peer-certificate", true),
    ("2.5", "etcd-peer-client-cert-auth", true),
    ("2.6", "etcd-peer-auto-tls-off", true),
    ("2.7", "etcd-unique-ca", false),
    ("3.2.1", "audit-policy-exists", false),
    ("3.2.2", "audit-policy-covers-key-concerns", false),
    ("4.2.1", "kubelet-anonymous-auth-off", true),
    ("4.2.2", "kubelet-authorization-not-always-allow", true),
    ("4.2.3", "kubelet-client-ca-file", true),
    ("4.2.4", "kubelet-read-only-port-off", false),
    ("4.2.5", "kubelet-streaming-idle-timeout", false),
    ("4.2.6", "kubelet-iptables-util-chains", true),
    ("4.2.7", "kubelet-hostname-override-unset", false),
    ("4.2.8", "kubelet-event-qps", false),
    ("4.2.9", "kubelet-serving-certificate", false),
    ("4.2.10", "kubelet-rotate-certificates", true),
    ("4.2.11", "kubelet-rotate-server-certificate", false),
    ("4.2.12", "kubelet-strong-ciphers", false),
    ("4.2.13", "kubelet-pod-pids-limit", false),
    ("4.3.1", "kube-proxy-metrics-local", true),
];

/// A difference that stays: where, what each says, and why ours is right.
struct Known {
    id: &'static str,
    ours: &'static str,
    theirs: &'static str,
    why: &'static str,
    records: &'static [&'static str],
}

#[rustfmt::skip]
const KNOWN: &[Known] = &[
    Known {
        id: "1.2.28", ours: "PASS", theirs: "WARN",
        why: "the first provider writes; identity after it only reads what was stored before \
              (k8s.io/apiserver/pkg/apis/apiserver/v1/types_encryption.go)",
        records: &["rke2-server"],
    },
    Known {
        id: "1.3.1", ours: "WARN", theirs: "PASS",
        why: "a threshold of 0 turns the collection off (pkg/controller/podgc/gc_controller.go)",
        records: &[
            "kubeadm-variants/11-04", "kubeadm-variants/11-06", "kubeadm-variants/11-07",
            "kubeadm-variants/11-10", "kubeadm-variants/11-11", "kubeadm-variants/11-14",
        ],
    },
    Known {
        id: "1.3.7", ours: "FAIL", theirs: "PASS",
        why: "not set means 0.0.0.0 (k8s.io/apiserver/pkg/server/options/serving.go), and the \
              benchmark wants 127.0.0.1 set",
        records: &[
            "kubeadm-variants/11-05", "kubeadm-variants/11-10", "kubeadm-variants/11-14",
            "kubeadm-variants/11-15",
        ],
    },
    Known {
        id: "1.4.2", ours: "FAIL", theirs: "PASS",
        why: "not set means 0.0.0.0 (k8s.io/apiserver/pkg/server/options/serving.go), and the \
              benchmark wants 127.0.0.1 set",
        records: &[
            "kubeadm-variants/11-00", "kubeadm-variants/11-05", "kubeadm-variants/11-06",
            "kubeadm-variants/11-10", "kubeadm-variants/11-13", "kubeadm-variants/11-14",
            "kubeadm-variants/11-15",
        ],
    },
    Known {
        id: "2.1", ours: "PASS", theirs: "FAIL", why: ETCD_FILE, records: &["rke2-server"],
    },
    Known {
        id: "2.2", ours: "PASS", theirs: "FAIL", why: ETCD_FILE, records: &["rke2-server"],
    },
    Known {
        id: "2.4", ours: "PASS", theirs: "FAIL", why: ETCD_FILE, records: &["rke2-server"],
    },
    Known {
        id: "2.5", ours: "PASS", theirs: "FAIL", why: ETCD_FILE, records: &["rke2-server"],
    },
    Known {
        id: "2.7", ours: "WARN", theirs: "PASS",
        why: "the authority is the API server's client CA by its digest, or the API server has \
              none to compare with: that it is set does not make it unique",
        records: &[
            "kubeadm-variants/11-00", "kubeadm-variants/11-02", "kubeadm-variants/11-03",
            "kubeadm-variants/11-05", "kubeadm-variants/11-06", "kubeadm-variants/11-07",
            "kubeadm-variants/11-08", "kubeadm-variants/11-09", "kubeadm-variants/11-14",
            "kubeadm-variants/11-15",
        ],
    },
    Known {
        id: "3.2.1", ours: "WARN", theirs: "PASS",
        why: "the file that --audit-policy-file names is not there, so nobody knows its rules",
        records: &[
            "kubeadm-variants/11-01", "kubeadm-variants/11-02", "kubeadm-variants/11-03",
            "kubeadm-variants/11-04", "kubeadm-variants/11-08", "kubeadm-variants/11-09",
            "kubeadm-variants/11-11", "kubeadm-variants/11-12", "kubeadm-variants/11-13",
            "kubeadm-variants/11-15", "rke2-server",
        ],
    },
    Known {
        id: "4.2.1", ours: "PASS", theirs: "FAIL", why: DROP_INS, records: &["rke2-server"],
    },
    Known {
        id: "4.2.2", ours: "PASS", theirs: "FAIL", why: DROP_INS, records: &["rke2-server"],
    },
    Known {
        id: "4.2.3", ours: "PASS", theirs: "FAIL", why: DROP_INS, records: &["rke2-server"],
    },
    Known {
        id: "4.2.4", ours: "PASS", theirs: "WARN", why: DROP_INS, records: &["rke2-server"],
    },
    Known {
        id: "4.2.5", ours: "PASS", theirs: "WARN", why: DROP_INS, records: &["rke2-server"],
    },
    Known {
        id: "4.2.6", ours: "PASS", theirs: "FAIL", why: DROP_INS, records: &["rke2-server"],
    },
    Known {
        id: "4.2.8", ours: "PASS", theirs: "WARN", why: DROP_INS, records: &["rke2-server"],
    },
    Known {
        id: "4.2.9", ours: "PASS", theirs: "WARN",
        why: "with serverTLSBootstrap the kubelet asks the cluster for its serving certificate \
              (pkg/kubelet/certificate/kubelet.go), so files need not name one",
        records: &[
            "kubeadm-variants/11-00", "kubeadm-variants/11-01", "kubeadm-variants/11-03",
            "kubeadm-variants/11-08", "kubeadm-variants/11-09", "kubeadm-variants/11-12",
        ],
    },
    Known {
        id: "4.2.9", ours: "PASS", theirs: "WARN", why: DROP_INS, records: &["rke2-server"],
    },
    Known {
        id: "4.2.10", ours: "PASS", theirs: "FAIL", why: DROP_INS, records: &["rke2-server"],
    },
    Known {
        id: "4.2.11", ours: "PASS", theirs: "WARN", why: DROP_INS, records: &["rke2-server"],
    },
    Known {
        id: "4.2.13", ours: "WARN", theirs: "PASS",
        why: "a limit below 1 is no limit (pkg/kubelet/apis/config/v1beta1/defaults.go)",
        records: &[
            "kubeadm-variants/11-00", "kubeadm-variants/11-01", "kubeadm-variants/11-03",
            "kubeadm-variants/11-05", "kubeadm-variants/11-06", "kubeadm-variants/11-07",
            "kubeadm-variants/11-09",
        ],
    },
    Known {
        id: "4.3.1", ours: "WARN", theirs: "PASS",
        why: "the address comes from the file of --config (cmd/kube-proxy/app/options.go), which \
              these records do not hold",
        records: &[
            "kubeadm-busy-cluster", "kubeadm-control-plane", "kubeadm-variants/11-00",
            "kubeadm-variants/11-01", "kubeadm-variants/11-02", "kubeadm-variants/11-03",
            "kubeadm-variants/11-04", "kubeadm-variants/11-05", "kubeadm-variants/11-06",
            "kubeadm-variants/11-07", "kubeadm-variants/11-08", "kubeadm-variants/11-09",
            "kubeadm-variants/11-10", "kubeadm-variants/11-11", "kubeadm-variants/11-12",
            "kubeadm-variants/11-13", "kubeadm-variants/11-14", "kubeadm-variants/11-15",
            "kubeadm-weak", "kubeadm-worker",
        ],
    },
];

const ETCD_FILE: &str = "with --config-file etcd reads nothing else (server/etcdmain/config.go)";
const DROP_INS: &str = "the kubelet reads the drop-ins of --config-dir, with or without --config \
                        (cmd/kubelet/app/server.go)";

fn records() -> Option<PathBuf> {
    let mut at = Path::new(env!("CARGO_MANIFEST_DIR"));
    loop {
        let nodes = at.join("../shared/nodes");
        if nodes.is_dir() {
            return Some(nodes);
        }
        at = at.parent()?;
    }
}

fn shown(outcome: &Outcome, scored: bool) -> &'static str {
    match outcome.verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail if scored => "FAIL",
        Verdict::Fail | Verdict::Manual | Verdict::Error => "WARN",
        Verdict::NotApplicable => "INFO",
    }
}

#[test]
fn every_difference_from_kube_bench_is_known() {
    let Some(nodes) = records() else {
        println!("skipped: no node records beside the project");
        return;
    };
    let controls: BTreeMap<&str, _> = controls().into_iter().map(|c| (c.name, c)).collect();
    let requests = requests();
    let mut differences = Vec::new();
    let mut seen = Vec::new();
    for path in with_verdicts(&nodes) {
        let record = path.strip_prefix(&nodes).unwrap().display().to_string();
        let node = FakeNode::from_record(&path).unwrap();
        let text = std::fs::read_to_string(path.join(VERDICTS)).unwrap();
        let theirs: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
        for (id, control, scored) in CHECKS {
            let control = &controls[control];
            let outcome = node.check(&requests, control.uses, |cx: &Cx<'_>| {
                rule::evaluate(&control.rule, cx, &[]).unwrap()
            });
            // A target that kube-bench was not asked about has no verdicts.
            let Some(theirs) = theirs.get(*id) else {
                continue;
            };
            let ours = shown(&outcome, *scored);
            if ours == theirs {
                continue;
            }
            let known = KNOWN.iter().find(|k| {
                k.id == *id
                    && k.ours == ours
                    && k.theirs == theirs
                    && k.records.contains(&record.as_str())
            });
            match known {
                Some(known) => {
                    assert!(!known.why.is_empty());
                    seen.push((record.clone(), *id));
                }
                None => differences.push(format!(
                    "{record} {id}: ours {ours}, theirs {theirs}: {}",
                    outcome.reason
                )),
            }
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
    for known in KNOWN {
        for record in known.records {
            let is_seen = seen.iter().any(|(r, id)| r == record && *id == known.id);
            assert!(
                is_seen,
                "no such difference any more: {record} {}",
                known.id
            );
        }
    }
}

const VERDICTS: &str = "kube-bench/cis-1.10.json";

/// The records of which kube-bench's verdicts are known.
fn with_verdicts(nodes: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for dir in [nodes.to_owned(), nodes.join("kubeadm-variants")] {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.join(VERDICTS).is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
