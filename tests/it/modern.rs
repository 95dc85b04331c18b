//! API servers and kubelets as people run them today, and the nodes on which
//! kube-bench is known to be wrong: each is a small record under `tests/nodes`.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;
use xtask::component;

use crate::harness::{Expected, cis, cisb, expect, findings, node, scan, workspace};

/// Verdicts on one of the project's records.
fn judged(record: &str, expected: &[Expected<'_>]) {
    let checks: Vec<&str> = expected.iter().map(|(check, ..)| *check).collect();
    let ran = scan(&cis(), &node(record), &["--check", &checks.join(",")]);
    let report = ran.report();
    assert_eq!(
        findings(&report).len(),
        checks.len(),
        "{record}: {}",
        ran.err
    );
    expect(record, &report, expected);
}

/// Scans a record once and looks at some of its checks.
#[track_caller]
#[test]
fn the_authorizers_come_from_the_file_of_authorization_config() {
    let file = "Node,RBAC,Webhook (authorizers of /etc/kubernetes/authorization.yaml)";
    judged(
        "authorization-config",
        &[
            ("1.2.6", "pass", file),
            ("1.2.7", "pass", file),
            ("1.2.8", "pass", file),
        ],
    );
}

#[test]
fn without_either_authorization_flag_everything_is_allowed() {
    let default = "not set (default AlwaysAllow)";
    judged(
        "no-authorization",
        &[
            ("1.2.6", "fail", default),
            ("1.2.7", "fail", default),
            ("1.2.8", "fail", default),
        ],
    );
}

#[test]
fn anonymous_requests_on_some_paths_are_for_a_person_to_judge() {
    judged(
        "authentication-config",
        &[(
            "1.2.1",
            "manual",
            "anonymous.enabled of /etc/kubernetes/authentication.yaml): \
             anonymous requests are accepted only on /livez, /readyz",
        )],
    );
}

#[test]
fn admission_is_the_default_and_the_enabled_without_the_disabled() {
    judged(
        "admission-plugins",
        &[
            ("1.2.3", "fail", "DenyServiceExternalIPs"),
            // Its limits are in the file of --admission-control-config-file.
            (
                "1.2.9",
                "pass",
                "configured by /etc/kubernetes/admission.yaml",
            ),
            ("1.2.11", "fail", "AlwaysPullImages"),
            ("1.2.12", "fail", "ServiceAccount"),
            ("1.2.13", "pass", "NamespaceLifecycle"),
            // Enabled by the first of two flags: lists add up.
            ("1.2.14", "pass", "NodeRestriction"),
        ],
    );
}

#[test]
fn the_first_provider_of_the_first_entry_encrypts() {
    judged(
        "encryption-identity-first",
        &[
            ("1.2.27", "pass", "/etc/kubernetes/encryption.yaml"),
            ("1.2.28", "fail", "identity comes first"),
        ],
    );
    judged(
        "encryption-of-everything",
        &[("1.2.28", "pass", "secretbox, identity")],
    );
    judged("encryption-kms-v2", &[("1.2.28", "pass", "kms v2")]);
    judged(
        "encryption-kms-v1",
        &[("1.2.28", "pass", "KMS v1 is deprecated since 1.28")],
    );
}

#[test]
fn audit_events_go_somewhere_or_nowhere() {
    judged(
        "audit-to-standard-output",
        &[
            ("1.2.16", "pass", "standard output"),
            ("1.2.17", "fail", "standard output is not rotated"),
            ("3.2.1", "pass", "/etc/kubernetes/audit.yaml"),
            ("3.2.2", "pass", "/etc/kubernetes/audit.yaml"),
        ],
    );
    judged(
        "audit-to-a-webhook",
        &[
            (
                "1.2.16",
                "fail",
                "the webhook of --audit-webhook-config-file only",
            ),
            ("1.2.18", "fail", "no file is written"),
            ("3.2.1", "pass", "/etc/kubernetes/audit.yaml"),
        ],
    );
    judged(
        "audit-without-policy",
        &[
            // What is demanded of the flag is met, and what it is worth is said.
            (
                "1.2.16",
                "pass",
                "without --audit-policy-file no event is logged",
            ),
            ("1.2.19", "pass", "100"),
            ("3.2.1", "fail", "without a policy no event is logged"),
            ("3.2.2", "fail", "without a policy no event is logged"),
        ],
    );
}

#[test]
fn tls_1_3_leaves_no_weak_suite_to_choose() {
    judged(
        "tls-1.3",
        &[
            ("1.2.29", "pass", "--tls-min-version is VersionTLS13"),
            (
                "4.2.12",
                "pass",
                "tlsMinVersion of /var/lib/kubelet/config.yaml",
            ),
        ],
    );
}

#[test]
fn a_kubelet_may_ask_the_cluster_for_its_serving_certificate() {
    judged(
        "server-tls-bootstrap",
        &[(
            "4.2.9",
            "pass",
            "serverTLSBootstrap of /var/lib/kubelet/config.yaml",
        )],
    );
}

#[test]
fn super_admin_conf_is_judged_beside_admin_conf() {
    judged(
        "super-admin",
        &[
            (
                "1.1.13",
                "fail",
                "/etc/kubernetes/super-admin.conf has mode 644",
            ),
            ("1.1.14", "pass", "all 2 files"),
        ],
    );
}

#[test]
fn an_external_etcd_is_not_applicable_and_its_servers_are_named() {
    let servers = "the API server uses https://db.example:2379";
    let checks = [
        "1.1.7", "1.1.11", "1.1.12", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7",
    ];
    judged(
        "external-etcd",
        &checks.map(|check| (check, "not-applicable", servers)),
    );
}

#[test]
fn a_hosted_control_plane_is_not_this_nodes() {
    let others = "all in pods of others: a hosted control plane's, not this node's";
    let mut expected: Vec<_> = [
        "1.1.1", "1.1.11", "1.1.19", "1.2.1", "1.2.15", "1.3.2", "1.4.1", "2.2", "3.2.1",
    ]
    .map(|check| (check, "not-applicable", others))
    .to_vec();
    expected.push(("4.2.1", "pass", "/var/lib/kubelet/config.yaml"));
    judged("hosted-control-plane", &expected);
}

#[test]
fn what_the_running_version_no_longer_has_is_not_applicable() {
    // No check of cis-1.10 demands such a thing of the versions that it is for,
    // so one is made to: a check is data.
    let (_folder, profile) = demanding("1.2.14", "NodeRestriction", "PodSecurityPolicy");
    let ran = scan(&profile, &node("admission-plugins"), &["--check", "1.2.14"]);
    let finding = findings(&ran.report())["1.2.14"].clone();
    assert_eq!(finding["verdict"], "not-applicable", "{finding:#}");
    let reason = finding["reason"].as_str().unwrap();
    assert!(
        reason.contains("removed in 1.25, replaced by the plugin PodSecurity"),
        "{reason}"
    );
    assert_ne!(finding["evidence"].as_array().unwrap().len(), 0);
}

#[test]
fn a_process_whose_arguments_mention_a_component_is_not_it() {
    judged(
        "mentions-of-components",
        &[
            ("1.1.1", "not-applicable", "no process is kube-apiserver"),
            ("1.2.15", "not-applicable", "no process is kube-apiserver"),
            ("2.2", "not-applicable", "no process is etcd"),
        ],
    );
}

#[test]
fn flags_are_read_as_their_components_read_them() {
    judged(
        "repeated-flags",
        &[
            ("1.2.1", "pass", "--anonymous-auth"),                     // F
            ("1.2.2", "pass", "set to nothing"),                       // --token-auth-file=
            ("1.2.6", "fail", "AlwaysAllow"),                          // a list adds up
            ("1.2.11", "pass", "AlwaysPullImages"),                    // the second of two lists
            ("1.2.14", "pass", "NodeRestriction"),                     // the first
            ("1.2.15", "pass", "--profiling"), // true, then 0: the last wins
            ("1.2.17", "pass", "--audit-log-maxage"), // --audit_log_maxage=10, then 30 as a word of its own
            ("1.3.2", "pass", "--profiling"),         // F
            ("1.3.3", "pass", "--use-service-account-credentials is"), // T, then bare
            ("1.3.7", "pass", "127.0.0.1"),           // after 0.0.0.0
            ("2.1", "pass", "/etc/etcd.crt"),         // -cert-file FILE
            ("2.2", "pass", "--client-cert-auth"),    // -client-cert-auth=T
            ("2.3", "pass", "--auto-tls"),            // f
            ("2.5", "pass", "--peer-client-cert-auth"), // bare
            ("2.6", "fail", "--peer-auto-tls"),       // 1
        ],
    );
}

#[test]
fn the_kubelets_own_file_decides_and_not_the_usual_one() {
    let file = "of /opt/other.yaml";
    judged(
        "kubelet-other-config",
        &[
            ("4.1.9", "pass", "/opt/other.yaml"),
            ("4.2.1", "fail", file),
            ("4.2.10", "fail", file),
        ],
    );
}

#[test]
fn drop_ins_are_merged_into_the_file() {
    judged(
        "kubelet-drop-ins",
        &[
            // The file and two drop-ins; what does not end in .conf is not one.
            ("4.1.9", "pass", "all 3 files"),
            ("4.2.1", "pass", "/etc/kubelet.d/10-first.conf"),
            ("4.2.5", "pass", "0s, which stands for the default"),
            // null takes back what the file sets.
            ("4.2.13", "fail", "not set (default -1)"),
        ],
    );
}

#[test]
fn with_drop_ins_alone_the_flags_defaults_stay() {
    judged(
        "kubelet-drop-ins-alone",
        &[
            ("4.2.1", "fail", "without a --config file"),
            ("4.2.2", "fail", "default AlwaysAllow"),
            ("4.2.4", "fail", "default 10255"),
            // The flag's 0 means none, unlike the file's 0s.
            ("4.2.5", "fail", "should be a duration other than 0"),
            ("4.2.10", "pass", "/etc/kubelet.d/10-first.conf"),
        ],
    );
}

#[test]
fn every_file_of_a_set_is_judged_and_owners_need_no_name() {
    judged(
        "modes-and-owners",
        &[
            (
                "1.1.20",
                "fail",
                "/etc/kubernetes/pki/front-proxy-ca.crt has mode 644",
            ),
            (
                "1.1.21",
                "fail",
                "/etc/kubernetes/pki/etcd/ca.key has mode 640",
            ),
            // Root without a name is root; a stranger without a name is none.
            (
                "1.1.14",
                "fail",
                "/etc/kubernetes/super-admin.conf has owner 1234:1234",
            ),
            ("4.1.6", "pass", "owner 0:0"),
            ("1.1.12", "manual", "no name for 998:998"),
        ],
    );
}

#[test]
fn without_an_api_no_check_of_it_passes() {
    let mut profiles = 0;
    for entry in cis().parent().unwrap().read_dir().unwrap() {
        let profile = entry.unwrap().path();
        let inspected = cisb([
            "profile".as_ref(),
            "inspect".as_ref(),
            profile.as_os_str(),
            "--format=json".as_ref(),
        ]);
        let manifest: Value = serde_json::from_str(&inspected.out).unwrap();
        let lists: Vec<&Value> = manifest["requests"]["kubernetes"]
            .as_array()
            .map(|requests| requests.iter().map(|request| &request["id"]).collect())
            .unwrap_or_default();
        let found = scan(&profile, &node("modes-and-owners"), &[]).report();
        let found = findings(&found);
        // Whatever code a profile was built with, it has what its rules name.
        for (check, finding) in &found {
            let reason = finding["reason"].as_str().unwrap();
            let profile = profile.display();
            assert!(
                !reason.contains("reports a fault of its own"),
                "{profile} {check}: {reason}"
            );
        }
        let mut asked = 0;
        for check in manifest["checks"].as_array().unwrap() {
            let uses = check["uses"].as_array().map_or(&[][..], Vec::as_slice);
            if uses.is_empty() || !uses.iter().all(|id| lists.contains(&id)) {
                continue;
            }
            asked += 1;
            let id = check["id"].as_str().unwrap();
            let finding = &found[id];
            // What only a person can tell shows what objects there are.
            let wanted: &[&str] = match check["judged"] == true {
                true => &["error"],
                false => &["error", "manual"],
            };
            let verdict = finding["verdict"].as_str().unwrap();
            assert!(
                wanted.contains(&verdict),
                "{} {id}: {finding:#}",
                profile.display()
            );
            if verdict == "error" {
                let reason = finding["reason"].as_str().unwrap();
                assert!(
                    reason.contains("the record holds no API objects"),
                    "{}: {reason}",
                    profile.display()
                );
            }
        }
        assert!(asked > 0, "{}", profile.display());
        profiles += 1;
    }
    assert_eq!(profiles, 47);
}

/// The profile with another demand in one of its checks.
fn demanding(check: &str, from: &str, to: &str) -> (TempDir, PathBuf) {
    let program = workspace()
        .target()
        .join("release/cisb-catalogue-manifests");
    let output = std::process::Command::new(&program)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}: cargo xtask profiles", program.display()));
    let mut manifests = output.stdout.split(|byte| *byte == b'\n');
    let mut manifest: Value = manifests
        .find_map(|line| {
            let manifest: Value = serde_json::from_slice(line).ok()?;
            (manifest["id"] == "cis-1.10").then_some(manifest)
        })
        .unwrap();
    let checks = manifest["checks"].as_array_mut().unwrap();
    let check = checks.iter_mut().find(|c| c["id"] == check).unwrap();
    let rule = check["with"].to_string();
    let changed = rule.replace(from, to);
    assert_ne!(rule, changed, "{from} is not in {rule}");
    check["with"] = serde_json::from_str(&changed).unwrap();

    let built = std::fs::read(cis()).unwrap();
    let bytes = component::add_manifest(without_manifest(&built), manifest.to_string().as_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.wasm");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// A component up to its last section, which is its manifest: a zero, the
/// section's length, and the length of its name stand before the name.
fn without_manifest(bytes: &[u8]) -> &[u8] {
    let name = b"cisb:manifest";
    let at = bytes.windows(name.len()).rposition(|w| w == name).unwrap();
    let mut rest = bytes.len() - (at - 1);
    let mut digits = 1;
    while rest >= 0x80 {
        rest >>= 7;
        digits += 1;
    }
    let start = at - 1 - digits - 1;
    assert_eq!(bytes[start], 0, "the manifest is not the last section");
    &bytes[..start]
}
