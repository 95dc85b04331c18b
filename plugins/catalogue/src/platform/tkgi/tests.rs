//! What holds of TKGI's own controls.

use cisb_sdk::fake::FakeNode;
use cisb_sdk::verdict::Verdict;

use super::PLATFORM;
use crate::platform::cases::{Case, OPS, hold, judge, node};

const MASTER: &str = "tkgi-master";
const WORKER: &str = "tkgi-worker";
const ADMIN: &str = "/etc/kubernetes/admin.conf";
const NO_ADMIN: (&str, &str) = (MASTER, "tkgi get-credentials");
const NO_API_SERVER: (&str, &str) = (WORKER, "no process is kube-apiserver");

const API: &str = "/var/vcap/data/jobs/kube-apiserver/94346828d10045a6604b4b8b1ed4c8e0fd9ef8ebe0583c4872532e287d9dc62e/config/bpm.yml";
const MANAGER: &str = "/var/vcap/data/jobs/kube-controller-manager/6671665db630eb8529f6333b08f4388ae7e8ac5870b75df67a50a9ea24cef9a4/config/bpm.yml";
const SCHEDULER: &str = "/var/vcap/data/jobs/kube-scheduler/3da8c161f86b95a3486c03d27a757f34c395d22fc03170416b85643234c75cb5/config/bpm.yml";
const ETCD: &str = "/var/vcap/data/jobs/etcd/8305de528ed16213e8d08f25c9286a815cee849aeadefcb96377a47e8e3b61c9/config/bpm.yml";
const CONFIG: &str = "/var/vcap/data/jobs/kube-apiserver/94346828d10045a6604b4b8b1ed4c8e0fd9ef8ebe0583c4872532e287d9dc62e/config";
const CERTIFICATE: &str = "/var/vcap/data/jobs/kube-apiserver/94346828d10045a6604b4b8b1ed4c8e0fd9ef8ebe0583c4872532e287d9dc62e/config/etcd-client.crt";
const KEY: &str = "/var/vcap/data/jobs/kube-apiserver/94346828d10045a6604b4b8b1ed4c8e0fd9ef8ebe0583c4872532e287d9dc62e/config/kubernetes-key.pem";
const MONIT: &str = "/var/vcap/data/jobs/kubelet/f2441d734b65bc82e147debda7dd54085778b6156b90c42042f7dc9b4092f7e1/monit";

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { control: "kube-apiserver-manifest-mode-644", record: MASTER, file: (API, 0o644), broken: (0o664, 0), hidden: API, absent: NO_API_SERVER },
    Case { control: "kube-apiserver-manifest-owner", record: MASTER, file: (API, 0o640), broken: (0o640, OPS), hidden: API, absent: NO_API_SERVER },
    Case { control: "kube-controller-manager-manifest-mode-644", record: MASTER, file: (MANAGER, 0o644), broken: (0o664, 0), hidden: MANAGER, absent: (WORKER, "no process is kube-controller-manager") },
    Case { control: "kube-controller-manager-manifest-owner", record: MASTER, file: (MANAGER, 0o640), broken: (0o640, OPS), hidden: MANAGER, absent: (WORKER, "no process is kube-controller-manager") },
    Case { control: "kube-scheduler-manifest-mode-644", record: MASTER, file: (SCHEDULER, 0o644), broken: (0o664, 0), hidden: SCHEDULER, absent: (WORKER, "no process is kube-scheduler") },
    Case { control: "kube-scheduler-manifest-owner", record: MASTER, file: (SCHEDULER, 0o640), broken: (0o640, OPS), hidden: SCHEDULER, absent: (WORKER, "no process is kube-scheduler") },
    Case { control: "etcd-manifest-mode-644", record: MASTER, file: (ETCD, 0o644), broken: (0o664, 0), hidden: ETCD, absent: (WORKER, "no process is etcd") },
    Case { control: "etcd-manifest-owner", record: MASTER, file: (ETCD, 0o640), broken: (0o640, OPS), hidden: ETCD, absent: (WORKER, "no process is etcd") },
    Case { control: "kubelet-unit-mode-644", record: WORKER, file: (MONIT, 0o644), broken: (0o664, 0), hidden: MONIT, absent: (MASTER, "no process is kubelet") },
    Case { control: "kubelet-unit-owner", record: WORKER, file: (MONIT, 0o640), broken: (0o640, OPS), hidden: MONIT, absent: (MASTER, "no process is kubelet") },
    Case { control: "admin-kubeconfig-mode-644", record: MASTER, file: (ADMIN, 0o644), broken: (0o664, 0), hidden: ADMIN, absent: NO_ADMIN },
    Case { control: "admin-kubeconfig-owner", record: MASTER, file: (ADMIN, 0o600), broken: (0o600, OPS), hidden: ADMIN, absent: NO_ADMIN },
    Case { control: "pki-owner", record: MASTER, file: (KEY, 0o600), broken: (0o600, OPS), hidden: CONFIG, absent: NO_API_SERVER },
    Case { control: "pki-certificates-mode-644", record: MASTER, file: (CERTIFICATE, 0o644), broken: (0o664, 0), hidden: CONFIG, absent: NO_API_SERVER },
    Case { control: "pki-keys-mode", record: MASTER, file: (KEY, 0o600), broken: (0o640, 0), hidden: CONFIG, absent: NO_API_SERVER },
];

const DENY: &str = "kube-apiserver-security-context-deny-set";

#[test]
fn each_control_over_files_of_tkgi_has_its_four_cases() {
    hold(&PLATFORM, CASES, &[DENY]);
}

/// The API server of a record with other plugins, and of another version.
fn with_plugins(plugins: &str, version: &str) -> FakeNode {
    let args = ["kube-apiserver", plugins];
    FakeNode::new()
        .process(cisb_sdk::fake::FakeProcess::new("kube-apiserver", &args))
        .version(version)
}

#[test]
fn the_plugin_itself_is_demanded_whatever_does_its_work() {
    let says = |node: &FakeNode| judge(&PLATFORM, DENY, node);
    let on = "--enable-admission-plugins=SecurityContextDeny";
    assert_eq!(says(&with_plugins(on, "v1.26.5")).verdict, Verdict::Pass);
    let other = with_plugins("--enable-admission-plugins=PodSecurityPolicy", "v1.24.9");
    assert_eq!(says(&other).verdict, Verdict::Fail);
    assert_eq!(says(&node(MASTER)).verdict, Verdict::Fail);
    // A server whose arguments nobody saw may have it on.
    let hidden = cisb_sdk::fake::FakeProcess::new("kube-apiserver", &[]).unreadable("hidepid");
    let hidden = FakeNode::new().process(hidden).version("v1.26.5");
    assert_eq!(says(&hidden).verdict, Verdict::Error);
    for (node, words) in [
        (node(WORKER), "no process is kube-apiserver"),
        (
            with_plugins("--profiling=false", "v1.31.2"),
            "removed in 1.30",
        ),
    ] {
        let outcome = says(&node);
        assert_eq!(outcome.verdict, Verdict::NotApplicable, "{outcome:#?}");
        assert!(outcome.reason.contains(words), "{}", outcome.reason);
    }
}

#[test]
fn etcds_data_and_the_kubelets_files_are_found_through_links_and_mounts() {
    for (control, record, place) in [
        ("etcd-data-dir-mode", MASTER, "/var/vcap/store/etcd"),
        ("kubelet-config-mode-644", WORKER, "kubeletconfig.yml"),
        ("kubelet-kubeconfig-mode-644", WORKER, "config/kubeconfig"),
    ] {
        let outcome = judge(&PLATFORM, control, &node(record));
        assert_eq!(outcome.verdict, Verdict::Pass, "{control}: {outcome:#?}");
        let key = &outcome.subjects[0].key;
        assert!(key.contains(place), "{control}: {key}");
    }
}
