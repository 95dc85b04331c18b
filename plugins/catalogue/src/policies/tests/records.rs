//! The recorded clusters: every planted defect is found, nothing that ships is
//! called a failure, and each difference from kube-bench is known and has a
//! reason.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use Verdict::NotApplicable;

const DEFAULT: &str = "kubeadm-control-plane";
const BUSY: &str = "kubeadm-busy-cluster";

/// Groups of the benchmark in the order of the controls, with their sizes.
const GROUPS: [(&str, u32); 7] = [
    ("3.1", 3),
    ("5.1", 13),
    ("5.2", 13),
    ("5.3", 2),
    ("5.4", 2),
    ("5.5", 1),
    ("5.7", 4),
];

fn ids() -> impl Iterator<Item = String> {
    let group =
        |(group, size): (&'static str, u32)| (1..=size).map(move |i| format!("{group}.{i}"));
    GROUPS.into_iter().flat_map(group)
}

/// The record and kube-bench's verdicts on it; none where the shared records
/// are not there.
fn record(name: &str) -> Option<(FakeNode, BTreeMap<String, String>)> {
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found = above.find_map(|dir| {
        let dir = dir.join("shared/nodes").join(name);
        dir.join("node.json").is_file().then_some(dir)
    });
    let Some(dir) = found else {
        eprintln!("skipped: no record {name} beside the project");
        return None;
    };
    let verdicts = std::fs::read_to_string(dir.join("kube-bench/cis-1.10.json")).unwrap();
    let node = FakeNode::from_record(&dir).unwrap();
    Some((node, serde_json::from_str(&verdicts).unwrap()))
}

/// Record, ids, our verdict, kube-bench's, and why ours is right.
type Difference = (
    &'static str,
    &'static [&'static str],
    Verdict,
    &'static str,
    &'static str,
);

#[rustfmt::skip]
const DIFFERENCES: &[Difference] = &[
    (DEFAULT, &["3.1.3"], Pass, "WARN", "not looked at there; bindings show what bootstrap tokens reach"),
    (DEFAULT, &["5.1.1"], Pass, "WARN", "kubeadm:cluster-admins is what kubeadm ships since 1.29 in place of system:masters"),
    (DEFAULT, &["5.1.3"], Pass, "WARN", "the only wildcards are in roles that the API server itself restores"),
    (DEFAULT, &["5.1.8", "5.1.9", "5.1.10", "5.1.11", "5.1.12", "5.1.13"], Pass, "WARN", "not looked at there; roles and bindings show who holds the right"),
    (DEFAULT, &["5.2.6"], Manual, "PASS", "an unset allowPrivilegeEscalation is true, not compliant"),
    (DEFAULT, &["5.2.11"], NotApplicable, "WARN", "not looked at there; HostProcess needs a Windows node"),
    (DEFAULT, &["5.4.1", "5.7.4"], Pass, "WARN", "not looked at there; pods and objects show it"),
    (BUSY, &["3.1.3"], Pass, "WARN", "as on the default cluster"),
    (BUSY, &["5.1.2"], Fail, "PASS", "there one literal verb `get,list,watch` is asked for, of a user named like the group; everyone-reads-secrets gives the group the right in a namespace"),
    (BUSY, &["5.1.4"], Fail, "PASS", "there only a user named like the group is asked about; default-sa-bound gives a service account the right"),
    (BUSY, &["5.2.11"], NotApplicable, "WARN", "as on the default cluster"),
];

#[test]
fn each_difference_from_kube_bench_has_a_reason() {
    for name in [DEFAULT, BUSY] {
        let Some((node, theirs)) = record(name) else {
            return;
        };
        for (control, id) in controls().iter().zip(ids()) {
            let ours = run(&node, control.name);
            // None of these checks is scored.
            let projected = match ours.verdict {
                Pass => "PASS",
                NotApplicable => "INFO",
                Fail | Manual | Error => "WARN",
            };
            let known = DIFFERENCES
                .iter()
                .find(|(on, ids, ..)| *on == name && ids.contains(&id.as_str()));
            match known {
                Some((_, _, verdict, said, _)) => {
                    assert_eq!(
                        (ours.verdict, theirs[&id].as_str()),
                        (*verdict, *said),
                        "{name} {id}"
                    );
                }
                None => assert_eq!(projected, theirs[&id], "{name} {id}: {ours:#?}"),
            }
        }
    }
}

/// Control, subject, state, and a part of what must be said of it.
#[rustfmt::skip]
const PLANTED: &[(&str, &str, Verdict, &str)] = &[
    ("users-not-by-client-certificate", "User/alice", Manual, "ClusterRoleBinding/ci-admin"),
    ("users-not-by-service-account-token", "ServiceAccount/legacy/deployer", Manual, "ci-admin"),
    ("rbac-cluster-admin-minimal", "ClusterRoleBinding/ci-admin", Fail, "ServiceAccount legacy/deployer, User alice"),
    ("rbac-cluster-admin-minimal", "ClusterRole/ops-everything", Manual, "bound to nobody"),
    ("rbac-secrets-access-minimal", "RoleBinding/legacy/everyone-reads-secrets", Fail, "Group system:authenticated: get,list,watch on secrets"),
    ("rbac-no-wildcards", "ClusterRole/ops-everything", Fail, "* on * (*)"),
    ("rbac-create-pods-minimal", "ClusterRoleBinding/default-sa-bound", Fail, "ServiceAccount legacy/default: create,get on pods"),
    ("default-service-account-unused", "ServiceAccount/legacy/default", Fail, "default-sa-bound"),
    ("default-service-account-unused", "ServiceAccount/platform/default", Fail, "not set"),
    ("default-service-account-unused", "ServiceAccount/shop/default", Pass, "false"),
    ("service-account-token-mounts-minimal", "Pod/legacy/priv", Fail, "legacy/default"),
    ("service-account-token-mounts-minimal", "Pod/legacy/caps", Fail, "legacy/default"),
    ("service-account-token-mounts-minimal", "Pod/default/in-default", Fail, "default/default"),
    ("rbac-system-masters-unused", "ClusterRoleBinding/masters-extra", Fail, "Group system:unauthenticated"),
    ("rbac-bind-impersonate-escalate-minimal", "ClusterRole/token-and-proxy", Manual, "bind,escalate,impersonate on clusterroles"),
    ("rbac-create-persistent-volumes-minimal", "ClusterRole/token-and-proxy", Manual, "create on persistentvolumes"),
    ("rbac-nodes-proxy-minimal", "ClusterRole/token-and-proxy", Manual, "get on nodes/proxy"),
    ("rbac-csr-approval-minimal", "ClusterRole/token-and-proxy", Manual, "certificatesigningrequests/approval"),
    ("rbac-token-creation-minimal", "ClusterRole/token-and-proxy", Manual, "create on serviceaccounts/token"),
    ("rbac-webhook-configuration-minimal", "ClusterRoleBinding/ci-admin", Fail, "User alice"),
    ("pod-policy-mechanism-active", "Namespace/legacy", Fail, "no Pod Security level"),
    ("pod-policy-mechanism-active", "Namespace/platform", Manual, "privileged"),
    ("pod-policy-mechanism-active", "Namespace/shop", Pass, "restricted"),
    ("pods-no-privileged", "Pod/legacy/priv/a", Fail, "privileged: true"),
    ("pods-no-privileged", "Pod/legacy/caps/i", Fail, "privileged: true"),
    ("pods-no-host-pid", "Pod/legacy/priv", Fail, "hostPID: true"),
    ("pods-no-host-ipc", "Pod/legacy/priv", Fail, "hostIPC: true"),
    ("pods-no-host-network", "Pod/legacy/priv", Fail, "hostNetwork: true"),
    ("pods-no-privilege-escalation", "Pod/legacy/caps/a", Fail, "allowPrivilegeEscalation: true"),
    ("pods-no-root", "Pod/legacy/priv/a", Fail, "runAsUser: 0"),
    ("pods-drop-net-raw", "Pod/legacy/caps/a", Fail, "NET_RAW"),
    ("pods-no-added-capabilities", "Pod/legacy/caps/a", Fail, "NET_RAW, SYS_ADMIN"),
    ("pods-drop-all-capabilities", "Pod/default/in-default/a", Fail, "ALL"),
    ("pods-no-host-path", "Pod/legacy/priv", Fail, "h = /"),
    ("pods-no-host-ports", "Pod/legacy/priv/a", Fail, "80"),
    ("namespaces-have-network-policy", "Namespace/legacy", Fail, "no network policy"),
    ("namespaces-have-network-policy", "Namespace/platform", Manual, "only-web"),
    ("namespaces-have-network-policy", "Namespace/shop", Pass, "default-deny"),
    ("secrets-not-in-environment", "Pod/legacy/priv/a", Fail, "PW from Secret db"),
    ("pods-seccomp-profile", "Pod/legacy/caps/a", Fail, "seccompProfile"),
    ("pods-security-context", "Pod/legacy/caps/i", Fail, "restricts nothing"),
    ("default-namespace-unused", "Pod/default/in-default", Fail, "default"),
];

#[test]
fn every_planted_defect_is_found_and_named() {
    let Some((node, _)) = record(BUSY) else {
        return;
    };
    for (name, key, state, part) in PLANTED {
        let outcome = run(&node, name);
        let subject = outcome.subjects.iter().find(|s| s.key == *key);
        let subject = subject.unwrap_or_else(|| panic!("{name}: no {key} in {outcome:#?}"));
        assert_eq!(subject.state, *state, "{name} {key}");
        assert!(
            subject.actual.contains(part),
            "{name} {key}: {}",
            subject.actual
        );
        assert!(!subject.observations.is_empty(), "{name} {key}");
    }
}

#[test]
fn nothing_in_the_good_namespace_offends_and_nothing_that_ships_fails() {
    let (Some((node, _)), Some((default, _))) = (record(BUSY), record(DEFAULT)) else {
        return;
    };
    for control in controls() {
        for subject in run(&node, control.name).subjects {
            let good = subject.key.contains("/shop");
            assert!(
                !good || subject.state != Fail,
                "{}: {subject:?}",
                control.name
            );
        }
        for subject in run(&default, control.name).subjects {
            // Whoever made the cluster has to set these two.
            let settings = [
                "ServiceAccount/default/default",
                "kube-apiserver --enable-admission-plugins",
            ];
            let allowed = subject.state != Fail || settings.contains(&subject.key.as_str());
            assert!(allowed, "{}: {subject:?}", control.name);
        }
    }
}

#[test]
fn what_ships_is_listed_as_a_pass() {
    let Some((node, _)) = record(DEFAULT) else {
        return;
    };
    for (name, key) in [
        (
            "rbac-cluster-admin-minimal",
            "ClusterRoleBinding/kubeadm:cluster-admins",
        ),
        (
            "rbac-secrets-access-minimal",
            "RoleBinding/kube-system/system:controller:token-cleaner",
        ),
        (
            "rbac-nodes-proxy-minimal",
            "ClusterRoleBinding/kubeadm:apiserver-kubelet-client",
        ),
        (
            "rbac-no-wildcards",
            "ClusterRole/system:controller:horizontal-pod-autoscaler",
        ),
        (
            "users-not-by-bootstrap-token",
            "ClusterRoleBinding/kubeadm:get-nodes",
        ),
    ] {
        let outcome = run(&node, name);
        let subject = outcome.subjects.iter().find(|s| s.key == key);
        assert_eq!(subject.map(|s| s.state), Some(Pass), "{name} {key}");
    }
}

#[test]
fn no_recorded_fact_that_goes_missing_makes_a_pass() {
    let requests = requests_for_tests();
    let Some((node, _)) = record(BUSY) else {
        return;
    };
    let controls = controls();
    let before: Vec<_> = controls
        .iter()
        .map(|c| run(&node, c.name).verdict)
        .collect();
    // Files play no part here.
    let facts = node
        .known()
        .into_iter()
        .filter(|f| !matches!(f, Fact::Path(_)));
    for fact in facts {
        for loss in [Loss::Unknown, Loss::Unreadable] {
            let less = node.lose(&fact, loss);
            for (control, before) in controls.iter().zip(&before) {
                let (_, outcome) = less.run(&requests, control.uses, |cx| {
                    rule::evaluate(&control.rule, cx, CODES).unwrap()
                });
                let worse = outcome.verdict >= *before || *before == Fail && outcome.verdict > Pass;
                assert!(worse, "{} without {fact}: {outcome:#?}", control.name);
            }
        }
    }
}
