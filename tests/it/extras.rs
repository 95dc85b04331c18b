//! `hardening-extras`, the profile of ours that is written in YAML: for each of
//! its checks a node or cluster that passes, one that fails, and a fact that
//! cannot be had.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{Record, findings, node, profile, scan, workspace};

fn extras() -> PathBuf {
    profile("hardening-extras")
}

/// What a check comes to, with words of its reason.
type Wanted = (&'static str, &'static str, &'static str);

/// What the cases of this module showed.
#[derive(Default)]
struct Shown {
    /// The verdicts, by check.
    verdicts: BTreeMap<String, BTreeSet<String>>,
    /// What was not as it should be: all of it is told at once.
    wrong: Vec<String>,
}

fn hold(what: &str, record: &Path, more: &[&str], wanted: &[Wanted], shown: &mut Shown) {
    let ran = scan(&extras(), record, more);
    let found = findings(&ran.report());
    for (check, verdict, words) in wanted {
        let finding = &found[*check];
        let reason = finding["reason"].as_str().unwrap();
        if finding["verdict"] != *verdict || !reason.contains(words) {
            let is = &finding["verdict"];
            shown
                .wrong
                .push(format!("{what} {check}: {verdict} {words}: {is}: {reason}"));
        }
        let seen = shown.verdicts.entry((*check).to_owned()).or_default();
        seen.insert((*verdict).to_owned());
    }
}

/// Writes the objects of a resource into a record.
fn objects(record: &Record, stem: &str, items: Value) {
    let folder = record.path().join("objects");
    fs::create_dir_all(&folder).unwrap();
    let version = json!({"gitVersion": "v1.34.0", "major": "1", "minor": "34"});
    fs::write(folder.join("version.json"), version.to_string()).unwrap();
    let list = json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items});
    fs::write(folder.join(format!("{stem}.json")), list.to_string()).unwrap();
}

/// Adds folders that were seen whole.
fn with_folders(mut record: Record, folders: &[&str]) -> Record {
    for folder in folders {
        record.node()["entries"][*folder] = json!({
            "kind": "directory", "mode": "0755",
            "uid": 0, "gid": 0, "user": "root", "group": "root",
        });
    }
    record
}

fn named(namespace: &str, name: &str, more: &Value) -> Value {
    let mut object = more.clone();
    object["metadata"]["name"] = name.into();
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = namespace.into();
    }
    object
}

fn runtimes(shown: &mut Shown) {
    let good = "\
version = 3
imports = ['/etc/containerd/conf.d/*.toml']
[plugins.'io.containerd.cri.v1.runtime']
disable_apparmor = false
[plugins.'io.containerd.grpc.v1.cri']
stream_server_address = '127.0.0.1'
[plugins.'io.containerd.grpc.v1.cri'.registry.configs.'r.example'.tls]
ca_file = '/etc/ca.crt'
";
    let config = "/etc/containerd/config.toml";
    let file = |text: &str, mode: &str| Record::new().file(config, mode, text);
    hold(
        "good",
        file(good, "0644").path(),
        &[],
        &[
            ("R.1.1", "pass", "mode 644"),
            ("R.1.2", "not-applicable", "is not there"),
            ("R.1.3", "pass", "conf.d"),
            ("R.2.1", "pass", ""),
            ("R.2.2", "pass", ""),
            ("R.2.3", "pass", ""),
            ("R.2.4", "not-applicable", "is there"),
        ],
        shown,
    );
    let weak = "\
imports = ['/srv/me/more.toml']
[grpc]
tcp_address = '0.0.0.0:1234'
[plugins.'io.containerd.grpc.v1.cri']
disable_apparmor = true
[plugins.'io.containerd.grpc.v1.cri'.registry.configs.'r.example'.tls]
insecure_skip_verify = true
";
    hold(
        "weak",
        file(weak, "0666").path(),
        &[],
        &[
            ("R.1.1", "fail", "mode 666"),
            ("R.1.3", "fail", "/srv/me/more.toml"),
            ("R.2.1", "fail", "insecure_skip_verify is true"),
            ("R.2.2", "fail", "disable_apparmor is true"),
            ("R.2.3", "fail", "tcp_address is 0.0.0.0:1234"),
        ],
        shown,
    );
    let mut denied = file("a = [", "0644");
    denied.node()["entries"]["/run/crio/crio.sock"] = json!({"error": "not-permitted"});
    for folder in ["/run", "/run/crio"] {
        denied.node()["entries"][folder] = json!({"error": "not-permitted"});
    }
    let damaged = [
        ("R.1.2", "error", "/run"),
        ("R.1.3", "error", "not TOML"),
        ("R.2.1", "error", "not TOML"),
        ("R.2.2", "error", "not TOML"),
        ("R.2.3", "error", "not TOML"),
    ];
    hold("damaged", denied.path(), &[], &damaged, shown);
    denied.node()["entries"][config] = json!({"error": "not-permitted"});
    let words = [("R.1.1", "error", config)];
    hold("denied", denied.path(), &[], &words, shown);

    let running = |flags: &[&str]| {
        let mut argv = vec!["containerd"];
        argv.extend(flags);
        Record::new().process(json!({
            "pid": 7, "comm": "containerd", "exe": "/usr/bin/containerd", "argv": argv, "uid": 0,
            "cgroup": "/system.slice/containerd.service", "env": {},
        }))
    };
    for (record, verdict, words) in [
        (running(&[]), "manual", "started with -c"),
        (
            running(&["--config", "/etc/containerd/config.toml"]),
            "manual",
            "started with -c",
        ),
        (running(&["--config=/srv/c.toml"]), "fail", "/srv/c.toml"),
        (Record::new(), "not-applicable", "no process is containerd"),
    ] {
        let wanted = [("R.1.4", verdict, words)];
        hold("containerd", record.path(), &[], &wanted, shown);
    }
    let mut unseen = Record::new();
    unseen.node()["scope"] = json!({"globs": ["/**"], "processes": "partial"});
    let wanted = [("R.1.4", "error", "containerd was not found")];
    hold("unseen", unseen.path(), &[], &wanted, shown);

    let crio = |capability: &str| {
        let text = format!(
            "[crio.runtime]\ndefault_capabilities = ['CHOWN', '{capability}']\napparmor_profile = 'crio-default'\n[crio.api]\nstream_address = '127.0.0.1'\n"
        );
        Record::new().file("/etc/crio/crio.conf", "0644", &text)
    };
    let wanted = [
        ("R.2.4", "pass", "[CHOWN, KILL]"),
        ("R.2.2", "pass", ""),
        ("R.2.3", "pass", ""),
    ];
    hold("crio", crio("KILL").path(), &[], &wanted, shown);
    let wanted = [("R.2.4", "fail", "SYS_ADMIN")];
    hold("crio", crio("SYS_ADMIN").path(), &[], &wanted, shown);
    let wanted = [("R.2.4", "error", "/etc/crio/crio.conf")];
    let broken = crio("KILL").file("/etc/crio/crio.conf", "0644", "[crio\n");
    hold("crio", broken.path(), &[], &wanted, shown);

    let hosts = |skip: bool| {
        let text = format!(
            "server = 'https://r.example'\n[host.'https://m.example']\nskip_verify = {skip}\n"
        );
        let path = "/etc/containerd/certs.d/r.example/hosts.toml";
        let record = Record::new().file(path, "0644", &text);
        with_folders(
            record,
            &[
                "/etc/containerd",
                "/etc/containerd/certs.d",
                "/etc/containerd/certs.d/r.example",
            ],
        )
    };
    hold(
        "hosts",
        hosts(false).path(),
        &[],
        &[("R.2.1", "pass", "")],
        shown,
    );
    let wanted = [("R.2.1", "fail", "skip_verify is true")];
    hold("hosts", hosts(true).path(), &[], &wanted, shown);

    let socket = |mode: &str| {
        let mut record = Record::new();
        for (path, kind, mode) in [
            ("/run", "directory", "0755"),
            ("/run/containerd", "directory", "0711"),
            ("/run/containerd/containerd.sock", "socket", mode),
        ] {
            record.node()["entries"][path] = json!({
                "kind": kind, "mode": mode, "uid": 0, "gid": 0, "user": "root", "group": "root",
            });
        }
        record
    };
    hold(
        "socket",
        socket("0660").path(),
        &[],
        &[("R.1.2", "pass", "mode 660")],
        shown,
    );
    hold(
        "socket",
        socket("0666").path(),
        &[],
        &[("R.1.2", "fail", "mode 666")],
        shown,
    );
}

fn networks(shown: &mut Shown) {
    let policy = |types: &[&str], more: Value| {
        let mut spec = json!({"podSelector": {}, "policyTypes": types});
        for (name, value) in more.as_object().unwrap() {
            spec[name] = value.clone();
        }
        named("shop", "deny", &json!({"spec": spec}))
    };
    let cluster = |policies: Value| {
        let record = Record::new();
        let names = ["kube-system", "shop"].map(|n| named("", n, &json!({})));
        objects(&record, "core_v1_namespaces", json!(names));
        objects(&record, "networking.k8s.io_v1_networkpolicies", policies);
        record
    };
    let both = cluster(json!([policy(&["Ingress", "Egress"], json!({}))]));
    let wanted = [
        ("N.1.1", "pass", "NetworkPolicy/shop/deny is there"),
        ("N.1.2", "pass", "NetworkPolicy/shop/deny is there"),
    ];
    hold("both", both.path(), &[], &wanted, shown);
    for (policies, ingress, egress) in [
        (json!([]), "no NetworkPolicy", "no NetworkPolicy"),
        (
            json!([policy(
                &["Ingress", "Egress"],
                json!({"ingress": [{}], "egress": [{}]})
            )]),
            "/spec/ingress",
            "/spec/egress",
        ),
        (
            json!([policy(
                &["Ingress", "Egress"],
                json!({"podSelector": {"matchLabels": {"a": "b"}}})
            )]),
            "matchLabels",
            "matchLabels",
        ),
    ] {
        let what = policies.to_string();
        let found = findings(&scan(&extras(), cluster(policies).path(), &[]).report());
        for (check, words) in [("N.1.1", ingress), ("N.1.2", egress)] {
            let finding = &found[check];
            assert_eq!(finding["verdict"], "fail", "{what}");
            assert!(finding.to_string().contains(words), "{words}: {finding}");
            assert_eq!(finding["subjects"][0]["key"], "Namespace/shop");
            shown
                .verdicts
                .entry(check.to_owned())
                .or_default()
                .insert("fail".to_owned());
        }
    }
    // A namespace of which nobody lists the policies is not one without.
    let record = Record::new();
    objects(
        &record,
        "core_v1_namespaces",
        json!([named("", "shop", &json!({}))]),
    );
    let wanted = [
        ("N.1.1", "error", "networkpolicies"),
        ("N.1.2", "error", "networkpolicies"),
    ];
    hold("unlisted", record.path(), &[], &wanted, shown);
}

fn audit(shown: &mut Shown) {
    let policy = "/etc/kubernetes/audit-policy.yaml";
    let plane = |rules: &str, flags: &[&str]| {
        let mut argv = vec![
            "kube-apiserver",
            "--audit-policy-file=/etc/kubernetes/audit-policy.yaml",
        ];
        argv.extend(["--audit-log-path=/var/log/audit.log"]);
        argv.extend(flags);
        let text = format!("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n{rules}");
        Record::new().file(policy, "0600", &text).process(json!({
            "pid": 9, "comm": "kube-apiserver", "exe": "/usr/bin/kube-apiserver", "argv": argv,
            "uid": 0, "cgroup": "/system.slice/kube-apiserver.service", "env": {},
        }))
    };
    let good = "\
- {level: Metadata, resources: [{group: '', resources: [secrets, configmaps, serviceaccounts/token]}]}
- {level: Request, verbs: [create, update, patch, delete], resources: [{group: '', resources: [pods]}]}
- {level: Metadata, resources: [{group: '', resources: [pods/exec, pods/attach, pods/portforward, pods/proxy, services/proxy]}]}
- {level: Metadata}
";
    let webhook = ["--audit-webhook-config-file=/etc/kubernetes/hook.yaml"];
    let wanted = [
        ("A.1.1", "pass", ""),
        ("A.1.2", "pass", ""),
        ("A.2.1", "pass", "/etc/kubernetes/hook.yaml"),
    ];
    hold("good", plane(good, &webhook).path(), &[], &wanted, shown);
    let wanted = [
        ("A.1.1", "fail", ""),
        ("A.1.2", "fail", "/level is RequestResponse"),
        ("A.2.1", "manual", "Attest which agent"),
    ];
    let leaks = "- {level: RequestResponse, resources: [{group: '', resources: [secrets]}]}\n";
    hold("leaks", plane(leaks, &[]).path(), &[], &wanted, shown);
    // Where nothing is logged, no secret is.
    let plane_without = Record::of("kubeadm-control-plane");
    let wanted = [("A.1.2", "not-applicable", "")];
    hold("none", plane_without.path(), &[], &wanted, shown);
    // Which rule counts is for whoever reads it from its beginning.
    let order = format!("{good}- {{level: RequestResponse}}\n");
    let wanted = [(
        "A.1.2",
        "manual",
        "Read the audit policy from its beginning",
    )];
    hold("order", plane(&order, &[]).path(), &[], &wanted, shown);
    let wanted = [("A.1.1", "error", policy), ("A.1.2", "error", policy)];
    hold("broken", plane("- {", &[]).path(), &[], &wanted, shown);
    let mut unseen = Record::new();
    unseen.node()["scope"] = json!({"globs": ["/**"], "processes": "partial"});
    let wanted = [("A.2.1", "error", "")];
    hold("unseen", unseen.path(), &[], &wanted, shown);
}

fn privileges(shown: &mut Shown) {
    let role = |name: &str, groups: &[&str], resources: &[&str], verbs: &[&str], labels: Value| {
        let rules = json!([{"apiGroups": groups, "resources": resources, "verbs": verbs}]);
        named(
            "",
            name,
            &json!({"rules": rules, "metadata": {"labels": labels}}),
        )
    };
    let cluster = |roles: Value| {
        let record = Record::new();
        objects(&record, "rbac.authorization.k8s.io_v1_clusterroles", roles);
        let role = named(
            "shop",
            "reader",
            &json!({"rules": [
                {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
                {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["get"]},
                {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["get"]},
            ]}),
        );
        objects(&record, "rbac.authorization.k8s.io_v1_roles", json!([role]));
        record
    };
    let shipped = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
    let (rbac, core) = ("rbac.authorization.k8s.io", "");
    let viewer = json!({"rbac.authorization.k8s.io/aggregate-to-view": "true"});
    let good = json!([
        role("cluster-admin", &["*"], &["*"], &["*"], shipped.clone()),
        role("roles", &[rbac], &["roles"], &["get"], json!({})),
        role("users", &[core], &["users"], &["get"], json!({})),
        role(
            "tokens",
            &[core],
            &["serviceaccounts/token"],
            &["get"],
            json!({})
        ),
        role("secrets", &[core], &["secrets"], &["get"], json!({})),
        role(
            "more-view",
            &["example.com"],
            &["things"],
            &["get", "list"],
            viewer.clone()
        ),
    ]);
    let all = [
        "P.1.1", "P.1.2", "P.1.3", "P.1.4", "P.1.5", "P.1.6", "P.1.7", "P.2.1",
    ];
    let wanted = all.map(|check| (check, "pass", ""));
    hold("good", cluster(good).path(), &[], &wanted, shown);
    let bad = json!([
        role("binder", &[rbac], &["clusterroles"], &["bind"], json!({})),
        role("actor", &[core], &["users"], &["impersonate"], json!({})),
        role("kubelets", &[core], &["nodes/proxy"], &["get"], json!({})),
        role(
            "minter",
            &[core],
            &["serviceaccounts/token"],
            &["create"],
            json!({})
        ),
        role("star", &["example.com"], &["*"], &["get"], json!({})),
        role("more-view", &[core], &["secrets"], &["get"], viewer),
        role("hidden", &["*"], &["*"], &["*"], shipped),
        role("lister", &[core], &["secrets"], &["list"], json!({})),
    ]);
    let wanted = [
        ("P.1.1", "fail", "ClusterRole/binder"),
        ("P.1.2", "fail", "ClusterRole/actor"),
        ("P.1.3", "fail", "ClusterRole/kubelets"),
        ("P.1.4", "fail", "ClusterRole/minter"),
        ("P.1.5", "fail", "ClusterRole/star"),
        ("P.1.6", "fail", "ClusterRole/more-view"),
        ("P.1.7", "fail", "ClusterRole/hidden"),
        ("P.2.1", "fail", "ClusterRole/lister"),
    ];
    hold("bad", cluster(bad).path(), &[], &wanted, shown);
    let wanted = all.map(|check| (check, "error", "clusterroles"));
    hold("no API", Record::new().path(), &[], &wanted, shown);
}

fn images(shown: &mut Shown) {
    let cluster = |image: &str| {
        let record = Record::new();
        let pod = |namespace: &str, image: &str| {
            let spec = json!({"containers": [{"name": "c", "image": image}]});
            named(namespace, "p", &json!({"spec": spec}))
        };
        let pods = json!([pod("shop", image), pod("kube-system", "evil:latest")]);
        objects(&record, "core_v1_pods", pods);
        record
    };
    let all = ["I.1.1", "I.1.2"];
    let digest = format!("registry.k8s.io/a:1@sha256:{}", "0".repeat(64));
    hold(
        "pinned",
        cluster(&digest).path(),
        &[],
        &all.map(|c| (c, "pass", "Pod/shop/p/c")),
        shown,
    );
    let wanted = all.map(|c| (c, "fail", "/image is a.example/b:latest"));
    hold(
        "latest",
        cluster("a.example/b:latest").path(),
        &[],
        &wanted,
        shown,
    );
    let ours = ["--set", "trusted-registries=a.example/*,b.example/*"];
    let wanted = [("I.1.3", "pass", ""), ("I.1.4", "pass", "")];
    hold(
        "ours",
        cluster("a.example/b:1").path(),
        &ours,
        &wanted,
        shown,
    );
    hold(
        "bare",
        cluster("nginx").path(),
        &[],
        &[
            ("I.1.2", "fail", "nginx"),
            ("I.1.3", "fail", "nginx"),
            ("I.1.4", "manual", "Look where these images come from"),
        ],
        shown,
    );
    hold(
        "no API",
        Record::new().path(),
        &[],
        &["I.1.1", "I.1.2", "I.1.3", "I.1.4"].map(|c| (c, "error", "pods")),
        shown,
    );
}

fn nobody_s_images(shown: &mut Shown) {
    let plane = node("kubeadm-control-plane");
    let wanted = [("I.1.4", "not-applicable", "")];
    hold("own pods alone", &plane, &[], &wanted, shown);
}

fn certificates(shown: &mut Shown) {
    let plane = node("kubeadm-control-plane");
    let pass = [("T.1.1", "pass", "certificates"), ("T.1.2", "pass", "")];
    hold("fresh", &plane, &[], &pass, shown);
    let long = ["--set", "certificate-days=400"];
    let fail = [("T.1.1", "fail", "400 days after the scan or later")];
    hold("soon", &plane, &long, &fail, shown);
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let record = Record::new().file("/etc/kubernetes/pki/ca.crt", "0644", broken);
    let record = with_folders(record, &["/etc/kubernetes/pki"]);
    let error = [("T.1.1", "error", "of its certificates number 1 is damaged")];
    hold("broken", record.path(), &[], &error, shown);
    let kubelet = |config: &str| {
        Record::new()
            .file("/etc/kubelet.yaml", "0600", config)
            .process(json!({
                "pid": 9, "comm": "kubelet", "exe": "/usr/bin/kubelet", "uid": 0, "env": {},
                "argv": ["kubelet", "--config=/etc/kubelet.yaml"],
                "cgroup": "/system.slice/kubelet.service",
            }))
    };
    let head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
    let record = kubelet(&format!(
        "{head}rotateCertificates: false\nfeatureGates: {{AllAlpha: true, RotateKubeletServerCertificate: false}}\n"
    ));
    let wanted = [
        ("T.1.2", "fail", "false"),
        ("G.2.1", "fail", ""),
        ("G.2.2", "fail", ""),
    ];
    hold("no rotation", record.path(), &[], &wanted, shown);
    let wanted = ["T.1.2", "G.2.1", "G.2.2"].map(|c| (c, "error", "/etc/kubelet.yaml"));
    hold("broken", kubelet("a: [").path(), &[], &wanted, shown);
}

fn edge(shown: &mut Shown) {
    let cluster = |ingress: Value, kind: &str| {
        let record = Record::new();
        let ingress = named("shop", "web", &json!({"spec": ingress}));
        objects(&record, "networking.k8s.io_v1_ingresses", json!([ingress]));
        let secret = |namespace: &str| named(namespace, "tls", &json!({"type": kind}));
        let secrets = match kind {
            "" => json!([]),
            _ => json!([secret("shop")]),
        };
        objects(&record, "core_v1_secrets.metadata", secrets);
        record
    };
    let tls = || json!({"tls": [{"hosts": ["a.example"], "secretName": "tls"}]});
    let good = [
        ("E.1.1", "pass", ""),
        ("E.1.2", "pass", "Secret/shop/tls is there"),
    ];
    hold(
        "tls",
        cluster(tls(), "kubernetes.io/tls").path(),
        &[],
        &good,
        shown,
    );
    let wanted = [("E.1.2", "fail", "/type is Opaque")];
    hold("type", cluster(tls(), "Opaque").path(), &[], &wanted, shown);
    let wanted = [("E.1.2", "fail", "there is not a Secret")];
    hold("gone", cluster(tls(), "").path(), &[], &wanted, shown);
    // One of another namespace is none.
    let record = cluster(tls(), "");
    let other = named("other", "tls", &json!({"type": "kubernetes.io/tls"}));
    objects(&record, "core_v1_secrets.metadata", json!([other]));
    hold("elsewhere", record.path(), &[], &wanted, shown);
    let plain = cluster(json!({"rules": []}), "");
    let wanted = [
        ("E.1.1", "fail", "/spec/tls"),
        ("E.1.2", "not-applicable", ""),
    ];
    hold("plain", plain.path(), &[], &wanted, shown);
    let wanted = ["E.1.1", "E.1.2"].map(|c| (c, "error", "ingresses"));
    hold("no API", Record::new().path(), &[], &wanted, shown);
}

fn secrets(shown: &mut Shown) {
    let record = Record::new();
    let driver = named("", "secrets-store.csi.k8s.io", &json!({}));
    objects(&record, "storage.k8s.io_v1_csidrivers", json!([driver]));
    objects(
        &record,
        "apiextensions.k8s.io_v1_customresourcedefinitions",
        json!([]),
    );
    hold(
        "driver",
        record.path(),
        &[],
        &[("S.1.1", "pass", "secrets-store")],
        shown,
    );
    objects(&record, "storage.k8s.io_v1_csidrivers", json!([]));
    let wanted = [(
        "S.1.1",
        "manual",
        "attest where workloads' secrets come from",
    )];
    hold("none", record.path(), &[], &wanted, shown);
    // Whether there is one was not to be seen.
    let wanted = [
        ("S.1.1", "error", ""),
        (
            "S.2.1",
            "manual",
            "when the last snapshot of etcd was taken",
        ),
    ];
    hold("no API", Record::new().path(), &[], &wanted, shown);
    hold(
        "kms",
        &node("encryption-kms-v2"),
        &[],
        &[("S.1.2", "pass", "kms")],
        shown,
    );
    let wanted = [("S.1.2", "fail", "")];
    hold(
        "identity",
        &node("encryption-identity-first"),
        &[],
        &wanted,
        shown,
    );
}

fn gates(shown: &mut Shown) {
    let api = ["G.1.1", "G.1.2", "G.1.3", "G.1.4"];
    let plane = node("kubeadm-control-plane");
    hold("good", &plane, &[], &api.map(|c| (c, "pass", "")), shown);
    hold(
        "good",
        &plane,
        &[],
        &["G.2.1", "G.2.2"].map(|c| (c, "pass", "")),
        shown,
    );
    let mut record = Record::of("kubeadm-control-plane");
    let gates = "--feature-gates=AllAlpha=true,AllowInsecureKubeletCertificateSigningRequests=true,\
                 UnauthenticatedHTTP2DOSMitigation=false,AuthorizeWithSelectors=false";
    for process in record.node()["processes"].as_array_mut().unwrap() {
        if process["comm"] == "kube-apiserver" {
            process["argv"].as_array_mut().unwrap().push(gates.into());
        }
    }
    hold(
        "open",
        record.path(),
        &[],
        &api.map(|c| (c, "fail", "")),
        shown,
    );
    let mut unseen = Record::new();
    unseen.node()["scope"] = json!({"globs": ["/**"], "processes": "partial"});
    hold(
        "unseen",
        unseen.path(),
        &[],
        &api.map(|c| (c, "error", "")),
        shown,
    );
    hold(
        "unseen",
        unseen.path(),
        &[],
        &[("S.1.2", "error", "")],
        shown,
    );
}

/// Checks whose answer is a person's where they do not pass, and why.
const ASKED: [(&str, &str); 5] = [
    ("R.1.4", "a flag of one letter is not read"),
    ("I.1.4", "whom a site trusts it alone knows"),
    ("A.2.1", "an agent leaves no trace that says what it ships"),
    (
        "S.1.1",
        "a store may be used without anything in the cluster",
    ),
    ("S.2.1", "no cluster shows its backups"),
];

#[test]
fn every_check_has_a_pass_a_fail_and_a_fact_that_cannot_be_had() {
    let mut shown = Shown::default();
    for cases in [
        runtimes,
        networks,
        audit,
        privileges,
        images,
        nobody_s_images,
        certificates,
        edge,
        secrets,
        gates,
    ] {
        cases(&mut shown);
    }
    assert!(shown.wrong.is_empty(), "{}", shown.wrong.join("\n"));
    let report = scan(&extras(), Record::new().path(), &[]).report();
    for check in findings(&report).keys() {
        let seen = shown.verdicts.get(check).cloned().unwrap_or_default();
        let asked = ASKED.iter().any(|(id, _)| id == check);
        let wanted: &[&str] = match (check.as_str(), asked) {
            ("S.2.1", _) => &["manual"],
            ("R.1.4", _) => &["manual", "fail", "error"],
            (_, true) => &["pass", "manual", "error"],
            (_, false) => &["pass", "fail", "error"],
        };
        for verdict in wanted {
            assert!(seen.contains(*verdict), "{check} has no case of {verdict}");
        }
    }
}

/// What it says is for people: every check tells why and what to do.
#[test]
fn every_check_says_why_it_matters_and_what_to_do() {
    let report = scan(&extras(), Record::new().path(), &[]).report();
    for (id, finding) in findings(&report) {
        for member in ["title", "rationale", "remediation"] {
            let text = finding[member].as_str().unwrap();
            assert!(text.len() > 20, "{id} {member}: {text}");
        }
    }
}

/// The file builds by the command that anybody has, into the same bytes.
#[test]
fn it_is_built_by_the_door_that_every_author_has() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("x.wasm");
    let source = workspace().path("plugins/hardening-extras/profile.yaml");
    let words = [
        "profile".as_ref(),
        "build".as_ref(),
        source.as_os_str(),
        "-o".as_ref(),
    ];
    let ran = crate::harness::cisb(words.into_iter().chain([out.as_os_str()]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(fs::read(out).unwrap(), fs::read(extras()).unwrap());
}
