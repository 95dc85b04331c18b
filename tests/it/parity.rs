//! Where our verdict differs from kube-bench's: a small node for each reading
//! that `plugins/parity` defends, and the comparison itself.

use serde_json::{Value, json};

use crate::harness::{Record, cis, findings, node, scan, workspace};

const KUBELET: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\n\
     kind: KubeletConfiguration\n\
     staticPodPath: /etc/kubernetes/manifests\n";

/// Check, verdict, and words of the reason.
type Expected<'a> = (&'a str, &'a str, &'a str);

/// Scans a record once and looks at some of its checks.
#[track_caller]
fn judged(record: &Record, expected: &[Expected<'_>]) {
    let checks: Vec<&str> = expected.iter().map(|(check, ..)| *check).collect();
    let ran = scan(&cis(), record.path(), &["--check", &checks.join(",")]);
    let found = findings(&ran.report());
    for (check, verdict, words) in expected {
        let finding = &found[*check];
        let reason = finding["reason"].as_str().unwrap();
        assert_eq!(finding["verdict"], *verdict, "{check}: {reason}");
        assert!(reason.contains(words), "{check}: {words}: {reason}");
        let cited = finding["evidence"].as_array().unwrap().len();
        assert!(
            cited > 0 || matches!(*verdict, "manual" | "error"),
            "{check} cites nothing"
        );
    }
}

/// A process of root's, in its place.
fn process(pid: u32, args: &[&str]) -> Value {
    let name = args[0].rsplit('/').next().unwrap_or(args[0]);
    json!({
        "pid": pid, "ppid": 1, "uid": 0,
        "comm": name.chars().take(15).collect::<String>(),
        "exe": format!("/usr/bin/{name}"), "argv": args, "env": {},
    })
}

/// A file of root's, and the directories above it: without them the record would
/// say of a directory that it was not looked at.
fn with(mut record: Record, path: &str, mode: &str, text: &str) -> Record {
    let folder = record.node()["entries"]["/etc"].clone();
    for (end, _) in path.match_indices('/').filter(|(end, _)| *end > 0) {
        record.node()["entries"][&path[..end]] = folder.clone();
    }
    record.file(path, mode, text)
}

/// A node whose kubelet has a file with these lines more, and these flags more.
fn kubelet(lines: &str, flags: &[&str]) -> Record {
    let mut args = vec!["kubelet", "--config=/var/lib/kubelet/config.yaml"];
    args.extend(flags);
    Record::new()
        .file(
            "/var/lib/kubelet/config.yaml",
            "0600",
            &format!("{KUBELET}{lines}"),
        )
        .process(process(10, &args))
}

/// Adds an item to a list of the API's.
fn add(record: &Record, list: &str, item: &Value) {
    let path = record.path().join("objects").join(list);
    let mut objects: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    objects["items"].as_array_mut().unwrap().push(item.clone());
    std::fs::write(path, objects.to_string()).unwrap();
}

#[test]
fn roles_and_bindings_that_kubernetes_ships_pass() {
    let shipped = "only what Kubernetes and kubeadm ship";
    let record = Record::of("kubeadm-control-plane");
    let mut expected: Vec<Expected<'_>> = [
        "5.1.1", "5.1.8", "5.1.9", "5.1.10", "5.1.11", "5.1.12", "5.1.13",
    ]
    .map(|check| (check, "pass", shipped))
    .to_vec();
    expected.push(("3.1.3", "pass", "nothing but what a joining node needs"));
    expected.push(("5.1.3", "pass", "only roles that Kubernetes ships"));
    judged(&record, &expected);

    // One binding more, and each of them sees it.
    add(
        &record,
        "rbac.authorization.k8s.io_v1_clusterrolebindings.json",
        &json!({
            "metadata": {"name": "more"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [
                {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice"},
                {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:bootstrappers"},
            ],
        }),
    );
    for (check, _, words) in &mut expected {
        *words = match *check {
            "5.1.3" => continue,
            _ => "ClusterRoleBinding/more",
        };
    }
    expected.retain(|(check, ..)| *check != "5.1.3");
    for expected in &mut expected {
        expected.1 = "fail";
    }
    judged(&record, &expected);
}

#[test]
fn a_binding_that_reads_secrets_or_creates_pods_is_found() {
    let record = Record::of("kubeadm-control-plane");
    judged(
        &record,
        &[
            ("5.1.2", "pass", "only what"),
            ("5.1.4", "pass", "only what"),
        ],
    );
    let rules = json!([
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]},
    ]);
    let role = json!({"metadata": {"name": "both", "namespace": "default"}, "rules": rules});
    add(&record, "rbac.authorization.k8s.io_v1_roles.json", &role);
    add(
        &record,
        "rbac.authorization.k8s.io_v1_rolebindings.json",
        &json!({
            "metadata": {"name": "everyone", "namespace": "default"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "both"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:authenticated"}],
        }),
    );
    let name = "RoleBinding/default/everyone";
    judged(&record, &[("5.1.2", "fail", name), ("5.1.4", "fail", name)]);
}

#[test]
fn pods_that_are_listed_decide() {
    let record = Record::of("kubeadm-control-plane");
    judged(
        &record,
        &[
            // allowPrivilegeEscalation is set nowhere, so it is true everywhere.
            ("5.2.6", "manual", "Pod/kube-system/etcd-cp-1/etcd"),
            ("5.2.11", "not-applicable", "no node runs Windows"),
            ("5.4.1", "pass", "7 pods listed"),
            ("5.7.4", "pass", "nothing but the API server's own Service"),
        ],
    );
    let env = json!([{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]);
    add(
        &record,
        "core_v1_pods.json",
        &json!({
            "metadata": {"name": "bad", "namespace": "default"},
            "spec": {"containers": [{"name": "c", "image": "i", "env": env}]},
        }),
    );
    judged(
        &record,
        &[
            ("5.2.6", "fail", "Pod/default/bad/c"),
            ("5.4.1", "fail", "Pod/default/bad"),
            ("5.7.4", "fail", "Pod/default/bad"),
        ],
    );
}

#[test]
fn a_kube_proxy_file_that_is_not_there_is_no_pass() {
    let proxy = |args: &[&str]| Record::new().process(process(10, args));
    let config = "/var/lib/kube-proxy/config.conf";
    judged(
        &proxy(&["kube-proxy", "--config=/var/lib/kube-proxy/config.conf"]),
        &[("4.3.1", "error", config)],
    );
    judged(
        &proxy(&["kube-proxy"]),
        &[("4.3.1", "pass", "default 127.0.0.1:10249")],
    );
}

#[test]
fn the_container_networks_own_directory_is_judged() {
    let config = "/etc/cni/net.d/10-bridge.conf";
    let with = |mode: &str| with(kubelet("", &[]), config, mode, "{}");
    judged(
        &with("0600"),
        &[
            ("1.1.9", "pass", "/etc/cni/net.d/10-bridge.conf"),
            ("1.1.10", "pass", "root:root"),
        ],
    );
    judged(
        &with("0644"),
        &[("1.1.9", "fail", "10-bridge.conf has mode 644")],
    );
    judged(&kubelet("", &[]), &[("1.1.9", "manual", "are empty")]);
}

#[test]
fn values_that_turn_a_limit_off_do_not_pass() {
    for (threshold, verdict) in [("0", "fail"), ("-1", "fail"), ("100", "pass")] {
        let flag = format!("--terminated-pod-gc-threshold={threshold}");
        let record = kubelet("", &[]).process(process(11, &["kube-controller-manager", &flag]));
        judged(&record, &[("1.3.1", verdict, threshold)]);
    }
    for (limit, verdict) in [("-1", "fail"), ("4096", "pass")] {
        let record = kubelet(&format!("podPidsLimit: {limit}\n"), &[]);
        judged(&record, &[("4.2.13", verdict, limit)]);
    }
}

#[test]
fn an_address_that_is_not_set_is_every_address() {
    let record = kubelet("", &[])
        .process(process(11, &["kube-controller-manager"]))
        .process(process(12, &["kube-scheduler"]));
    let default = "not set (default 0.0.0.0)";
    judged(
        &record,
        &[("1.3.7", "fail", default), ("1.4.2", "fail", default)],
    );
}

#[test]
fn an_authority_is_unique_only_if_its_contents_differ() {
    let with = |cluster: &str, flag: &str| {
        kubelet("", &[])
            .file("/etc/kubernetes/pki/ca.crt", "0600", cluster)
            .file("/etc/etcd/ca.crt", "0600", "etcd's")
            .process(process(11, &["etcd", "--trusted-ca-file=/etc/etcd/ca.crt"]))
            .process(process(12, &["kube-apiserver", flag]))
    };
    let flag = "--client-ca-file=/etc/kubernetes/pki/ca.crt";
    judged(
        &with("cluster's", flag),
        &[("2.7", "pass", "has other contents")],
    );
    judged(
        &with("etcd's", flag),
        &[("2.7", "fail", "has the same contents")],
    );
    judged(
        &with("", "--profiling=false"),
        &[("2.7", "manual", "nothing to compare with")],
    );
}

#[test]
fn a_policy_file_that_is_not_there_is_no_pass() {
    let server = [
        "kube-apiserver",
        "--audit-policy-file=/etc/kubernetes/audit.yaml",
    ];
    let record = kubelet("", &[]).process(process(11, &server));
    let missing = "/etc/kubernetes/audit.yaml: not found";
    judged(
        &record,
        &[("3.2.1", "error", missing), ("3.2.2", "error", missing)],
    );
    let policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n";
    let record = record.file("/etc/kubernetes/audit.yaml", "0600", policy);
    judged(&record, &[("3.2.1", "fail", "level None")]);
}

#[test]
fn the_unit_and_its_drop_ins_are_all_judged() {
    let text = "[Service]\nExecStart=/usr/bin/kubelet\n";
    let unit = "/usr/lib/systemd/system/kubelet.service";
    let drop_in = "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf";
    let with = |unit_mode: &str, drop_in_mode: &str| {
        let record = with(kubelet("", &[]), unit, unit_mode, text);
        with(record, drop_in, drop_in_mode, text)
    };
    judged(&with("0600", "0600"), &[("4.1.1", "pass", "all 2 files")]);
    judged(
        &with("0644", "0600"),
        &[(
            "4.1.1",
            "fail",
            "/usr/lib/systemd/system/kubelet.service has mode 644",
        )],
    );
    judged(
        &with("0600", "0644"),
        &[("4.1.1", "fail", "10-kubeadm.conf has mode 644")],
    );
}

#[test]
fn a_component_that_is_started_in_another_way_is_not_applicable() {
    let servers = "--client-ca-file=/opt/ca.crt";
    let record = Record::new()
        .process(process(10, &["kubelet"]))
        .process(process(11, &["kube-apiserver", servers]))
        .process(process(12, &["kube-controller-manager"]))
        .process(process(13, &["kube-scheduler"]))
        .process(process(14, &["etcd"]));
    let gone = "not-applicable";
    let mut expected: Vec<Expected<'_>> = ["1", "2", "3", "4", "5", "6", "7", "8"]
        .map(|row| match row {
            "1" => (
                "1.1.1",
                gone,
                "kube-apiserver runs, but no static pod manifest",
            ),
            "2" => (
                "1.1.2",
                gone,
                "kube-apiserver runs, but no static pod manifest",
            ),
            "3" => ("1.1.3", gone, "kube-controller-manager runs, but no"),
            "4" => ("1.1.4", gone, "kube-controller-manager runs, but no"),
            "5" => (
                "1.1.5",
                gone,
                "kube-scheduler runs, but no static pod manifest",
            ),
            "6" => (
                "1.1.6",
                gone,
                "kube-scheduler runs, but no static pod manifest",
            ),
            "7" => ("1.1.7", gone, "etcd runs, but no static pod manifest"),
            _ => ("1.1.8", gone, "etcd runs, but no static pod manifest"),
        })
        .to_vec();
    expected.extend([
        ("1.1.13", gone, "neither admin.conf nor super-admin.conf"),
        ("1.1.14", gone, "neither admin.conf nor super-admin.conf"),
        ("1.1.19", "manual", "--client-ca-file=/opt/ca.crt"),
        ("4.1.1", gone, "no directory of units has kubelet.service"),
        ("4.1.2", gone, "no directory of units has kubelet.service"),
    ]);
    judged(&record, &expected);
}

#[test]
fn a_kubelet_without_client_authorities_has_no_file_of_them() {
    // The usual file is there, wide open, and nobody reads it.
    let ca = "/etc/kubernetes/pki/ca.crt";
    let told_none = "told no client certificate authorities";
    judged(
        &kubelet("", &[]).file(ca, "0666", "x"),
        &[
            ("4.1.7", "not-applicable", told_none),
            ("4.1.8", "not-applicable", told_none),
        ],
    );
    judged(
        &kubelet("", &["--client-ca-file=/etc/kubernetes/pki/ca.crt"]).file(ca, "0666", "x"),
        &[
            ("4.1.7", "fail", "has mode 666"),
            ("4.1.8", "pass", "root:root"),
        ],
    );
}

#[test]
fn a_serving_certificate_may_come_from_the_cluster() {
    judged(
        &kubelet("serverTLSBootstrap: true\n", &[]),
        &[(
            "4.2.9",
            "pass",
            "serverTLSBootstrap of /var/lib/kubelet/config.yaml",
        )],
    );
    judged(
        &kubelet("", &[]),
        &[("4.2.9", "fail", "--rotate-server-certificates is not set")],
    );
}

#[test]
fn a_kubelet_with_config_dir_alone_is_read() {
    let drop_in = "apiVersion: kubelet.config.k8s.io/v1beta1\n\
         kind: KubeletConfiguration\n\
         authentication: {anonymous: {enabled: false}, x509: {clientCAFile: /opt/ca.crt}}\n\
         authorization: {mode: Webhook}\n\
         streamingConnectionIdleTimeout: 5m0s\n\
         makeIPTablesUtilChains: true\n\
         tlsCertFile: /opt/k.crt\n\
         tlsPrivateKeyFile: /opt/k.key\n";
    let file = "/opt/kubelet.d/00-own.conf";
    let record = with(Record::new(), file, "0600", drop_in).process(process(
        10,
        &[
            "kubelet",
            "--config-dir=/opt/kubelet.d",
            "--read-only-port=0",
        ],
    ));
    judged(
        &record,
        &[
            ("4.1.9", "pass", file),
            ("4.2.1", "pass", file),
            ("4.2.2", "pass", file),
            ("4.2.3", "pass", file),
            ("4.2.4", "pass", "--read-only-port is 0"),
            ("4.2.5", "pass", file),
            ("4.2.6", "pass", file),
            ("4.2.8", "pass", "not set (default 50)"),
            ("4.2.9", "pass", file),
            ("4.2.10", "pass", "not set (default false)"),
            ("4.2.11", "pass", "not set (default true)"),
        ],
    );
}

#[test]
fn the_first_provider_decides_in_json_too() {
    let text = r#"{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": [
            {"aescbc": {"keys": [{"name": "a", "secret": "masked"}]}}, {"identity": {}}]}]}"#;
    let server = [
        "kube-apiserver",
        "--encryption-provider-config=/opt/enc.json",
    ];
    let record = kubelet("", &[])
        .file("/opt/enc.json", "0600", text)
        .process(process(11, &server));
    judged(&record, &[("1.2.28", "pass", "aescbc, identity")]);
}

#[test]
fn etcds_configuration_file_decides() {
    let config = "client-transport-security: {cert-file: /c, key-file: /k, client-cert-auth: true}\n\
         peer-transport-security: {cert-file: /c, key-file: /k, client-cert-auth: true}\n\
         data-dir: /opt/etcd\n";
    let mut record = kubelet("", &[])
        .file("/opt/etcd.conf", "0600", config)
        // What stands beside the file is not read.
        .process(process(
            11,
            &["etcd", "--config-file=/opt/etcd.conf", "--data-dir=/srv"],
        ));
    let mut folder = record.node()["entries"]["/etc"].clone();
    folder["mode"] = json!("0700");
    record.node()["entries"]["/opt/etcd"] = folder;
    let file = "of /opt/etcd.conf";
    judged(
        &record,
        &[
            ("1.1.11", "pass", "/opt/etcd has mode 700"),
            ("2.1", "pass", file),
            ("2.2", "pass", file),
            ("2.4", "pass", file),
            ("2.5", "pass", file),
        ],
    );
}

#[test]
fn no_difference_from_kube_bench_is_unexplained() {
    let nodes = workspace().root.join("../shared/nodes");
    if !nodes.is_dir() {
        println!("skipped: there are no records beside the project");
        return;
    }
    let output = std::process::Command::new(workspace().target().join("release/xtask"))
        .args(["parity", "--nodes"])
        .arg(&nodes)
        .current_dir(&workspace().root)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("unexplained: none"), "{text}");
    // The demonstration record is one of those that were compared.
    assert!(node("kubeadm-control-plane").is_dir());
}
