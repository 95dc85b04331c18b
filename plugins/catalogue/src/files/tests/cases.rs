//! Each control on a node that keeps it, breaks it, hides it, and has no need of
//! it; then what is easily got wrong.

use cisb_sdk::facts::{Origin, Place};
use cisb_sdk::fake::{Fact, FakeNode, FakeProcess, Loss};
use cisb_sdk::verdict::{Outcome, Verdict};

use super::{all_requests, evaluated};
use crate::files::{controls, readable};

const KUBELET_CONFIG: &str = "kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
staticPodPath: /etc/kubernetes/manifests
authentication: {x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}}
";

fn manifest(program: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {program}}}\nspec:\n  containers:\n  \
         - name: c\n    image: example/{program}:v1.31.0\n    command: [{program}]\n"
    )
}

/// A node on which every control passes.
pub(super) fn node() -> FakeNode {
    let mut node = FakeNode::new()
        .user(2, "etcd")
        .group(2, "etcd")
        .dir("/var/lib/etcd", 0o700, 2, 2)
        .dir("/etc/kubernetes/pki", 0o755, 0, 0)
        .file("/var/lib/kubelet/config.yaml", 0o600, 0, 0, KUBELET_CONFIG)
        .file(
            "/var/lib/kube-proxy/config.conf",
            0o600,
            0,
            0,
            "clientConnection: {kubeconfig: /var/lib/kube-proxy/kubeconfig.conf}",
        );
    for path in [
        "/etc/cni/net.d/10-net.conflist",
        "/etc/kubernetes/admin.conf",
        "/etc/kubernetes/super-admin.conf",
        "/etc/kubernetes/scheduler.conf",
        "/etc/kubernetes/controller-manager.conf",
        "/etc/kubernetes/kubelet.conf",
        "/etc/kubernetes/pki/ca.crt",
        "/etc/kubernetes/pki/ca.key",
        "/etc/kubernetes/pki/etcd/peer.crt",
        "/etc/kubernetes/pki/etcd/peer.key",
        "/usr/lib/systemd/system/kubelet.service",
        "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
        "/var/lib/kube-proxy/kubeconfig.conf",
    ] {
        node = node.file(path, 0o600, 0, 0, "");
    }
    for (program, args) in [
        (
            "kube-apiserver",
            &["--tls-cert-file=/etc/kubernetes/pki/apiserver.crt"][..],
        ),
        (
            "kube-controller-manager",
            &["--kubeconfig=/etc/kubernetes/controller-manager.conf"],
        ),
        (
            "kube-scheduler",
            &[
                "--authentication_kubeconfig",
                "/etc/kubernetes/scheduler.conf",
            ],
        ),
        ("etcd", &["-data-dir", "/var/lib/etcd"]),
    ] {
        let path = format!("/etc/kubernetes/manifests/{program}.yaml");
        node = node
            .file(&path, 0o600, 0, 0, &manifest(program))
            .process(FakeProcess::new(program, args).place(Place::StaticPod));
    }
    node.process(FakeProcess::new(
        "kubelet",
        &[
            "--config=/var/lib/kubelet/config.yaml",
            "--kubeconfig=/etc/kubernetes/kubelet.conf",
        ],
    ))
    .process(FakeProcess::new(
        "kube-proxy",
        &["--config=/var/lib/kube-proxy/config.conf"],
    ))
}

#[track_caller]
fn check(node: &FakeNode, name: &str) -> Outcome {
    let all = controls().into_iter().chain(readable::controls());
    let found = all.into_iter().find(|c| c.name == name);
    assert!(found.is_some(), "no control is called {name}");
    let control = found.into_iter().next();
    let outcome = control.map(|c| node.check(&all_requests(), c.uses, |cx| evaluated(&c, cx)));
    outcome.unwrap_or_else(|| unreachable!("asserted above"))
}

#[track_caller]
pub(super) fn assert_verdict(node: &FakeNode, name: &str, verdict: Verdict) -> Outcome {
    let outcome = check(node, name);
    assert_eq!(outcome.verdict, verdict, "{name}: {outcome:#?}");
    outcome
}

/// The node without these processes and paths, and everybody can see that.
pub(super) fn gone(node: &FakeNode, names: &[&str]) -> FakeNode {
    names.iter().fold(node.clone(), |node, name| {
        let facts = node.known().into_iter();
        let of_name = |fact: &Fact| match fact {
            Fact::Path(path) => path == name,
            Fact::Process(_, comm) => name.chars().take(15).eq(comm.chars()),
            _ => false,
        };
        let lost: Vec<Fact> = facts.filter(of_name).collect();
        assert!(!lost.is_empty(), "{name} is not there");
        lost.iter()
            .fold(node, |node, fact| node.lose(fact, Loss::Gone))
    })
}

/// A subject of the controls `-mode` and `-owner` of a name, and what takes the
/// need for them away.
#[rustfmt::skip]
pub(super) const CASES: &[(&str, &str, &[&str])] = &[
    ("kube-apiserver-manifest", "/etc/kubernetes/manifests/kube-apiserver.yaml",
        &["/etc/kubernetes/manifests/kube-apiserver.yaml", "kube-apiserver"]),
    ("kube-controller-manager-manifest", "/etc/kubernetes/manifests/kube-controller-manager.yaml",
        &["/etc/kubernetes/manifests/kube-controller-manager.yaml", "kube-controller-manager"]),
    ("kube-scheduler-manifest", "/etc/kubernetes/manifests/kube-scheduler.yaml",
        &["/etc/kubernetes/manifests/kube-scheduler.yaml", "kube-scheduler"]),
    ("etcd-manifest", "/etc/kubernetes/manifests/etcd.yaml",
        &["/etc/kubernetes/manifests/etcd.yaml", "etcd"]),
    ("cni-files", "/etc/cni/net.d/10-net.conflist", &["kubelet"]),
    ("etcd-data-dir", "/var/lib/etcd",
        &["/etc/kubernetes/manifests/etcd.yaml", "etcd"]),
    ("admin-kubeconfig", "/etc/kubernetes/super-admin.conf",
        &["/etc/kubernetes/admin.conf", "/etc/kubernetes/super-admin.conf"]),
    ("kube-scheduler-kubeconfig", "/etc/kubernetes/scheduler.conf",
        &["/etc/kubernetes/manifests/kube-scheduler.yaml", "kube-scheduler"]),
    ("kube-controller-manager-kubeconfig", "/etc/kubernetes/controller-manager.conf",
        &["/etc/kubernetes/manifests/kube-controller-manager.yaml", "kube-controller-manager"]),
    ("kubelet-unit", "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
        &["/etc/systemd/system/kubelet.service.d", "/usr/lib/systemd/system/kubelet.service"]),
    ("kube-proxy-kubeconfig", "/var/lib/kube-proxy/kubeconfig.conf", &["kube-proxy"]),
    ("kubelet-kubeconfig", "/etc/kubernetes/kubelet.conf", &["kubelet"]),
    ("kubelet-client-ca", "/etc/kubernetes/pki/ca.crt", &["kubelet"]),
    ("kubelet-config", "/var/lib/kubelet/config.yaml", &["kubelet"]),
];

#[test]
fn every_control_passes_fails_errs_and_steps_aside() {
    for (name, path, needless) in CASES {
        for (suffix, mode, uid) in [("mode", 0o777, 0), ("owner", 0o600, 1000)] {
            let control = format!("{name}-{suffix}");
            assert_verdict(&node(), &control, Verdict::Pass);

            let wrong = respoil(&node(), path, mode, uid);
            let outcome = assert_verdict(&wrong, &control, Verdict::Fail);
            let worst = outcome.subjects.first().map(|s| s.key.as_str());
            assert_eq!(worst, Some(*path), "{control}");
            assert!(outcome.reason.contains(path), "{}", outcome.reason);

            let hidden = node().unreadable(path);
            assert_verdict(&hidden, &control, Verdict::Error);
            let unknown = node().lose(&Fact::Path((*path).to_owned()), Loss::Unknown);
            assert_verdict(&unknown, &control, Verdict::Error);

            let without = gone(&node(), needless);
            assert_verdict(&without, &control, Verdict::NotApplicable);
        }
    }
}

/// The node with one path's mode and owner changed.
pub(super) fn respoil(node: &FakeNode, path: &str, mode: u32, uid: u32) -> FakeNode {
    match path {
        "/var/lib/etcd" => {
            let named = node.clone().user(1000, "bin").group(1000, "bin");
            named.dir(path, mode, uid, uid)
        }
        "/var/lib/kubelet/config.yaml" => node.clone().file(path, mode, uid, 0, KUBELET_CONFIG),
        _ => {
            let program = path.strip_prefix("/etc/kubernetes/manifests/");
            let text = program.map(|p| manifest(p.trim_end_matches(".yaml")));
            node.clone()
                .file(path, mode, uid, 0, &text.unwrap_or_default())
        }
    }
}

#[test]
fn every_file_of_the_pki_is_judged() {
    for name in ["pki-owner", "pki-certificates-mode", "pki-keys-mode"] {
        assert_verdict(&node(), name, Verdict::Pass);
        assert_verdict(
            &node().unreadable("/etc/kubernetes/pki"),
            name,
            Verdict::Error,
        );
        assert_verdict(
            &node().unreadable("/etc/kubernetes/pki/etcd"),
            name,
            Verdict::Error,
        );
        let worker = [
            "/etc/kubernetes/manifests/kube-apiserver.yaml",
            "kube-apiserver",
        ];
        assert_verdict(&gone(&node(), &worker), name, Verdict::NotApplicable);
        // The API server names a certificate there, so its absence is no excuse.
        let empty = gone(&node(), &["/etc/kubernetes/pki"]);
        assert_verdict(&empty, name, Verdict::Error);
    }
    let deep = node().file("/etc/kubernetes/pki/etcd/peer.key", 0o640, 7, 0, "");
    assert_verdict(&deep, "pki-keys-mode", Verdict::Fail);
    assert_verdict(&deep, "pki-owner", Verdict::Fail);
    assert_verdict(&deep, "pki-certificates-mode", Verdict::Pass);
    let directory = node().dir("/etc/kubernetes/pki/etcd", 0o755, 7, 0);
    assert_verdict(&directory, "pki-owner", Verdict::Fail);
}

#[test]
fn certificates_kept_elsewhere_are_for_a_person_to_find() {
    let elsewhere = ["/etc/kubernetes/pki", "kube-apiserver"];
    let node = gone(&node(), &elsewhere).process(FakeProcess::new(
        "kube-apiserver",
        &["--tls-cert-file=/srv/tls/a.crt"],
    ));
    let outcome = assert_verdict(&node, "pki-keys-mode", Verdict::Manual);
    assert!(
        outcome.reason.contains("/srv/tls/a.crt"),
        "{}",
        outcome.reason
    );
}

#[test]
fn a_name_that_an_id_lacks_is_never_a_fail() {
    let nameless = node().without_names();
    assert_verdict(&nameless, "admin-kubeconfig-owner", Verdict::Pass);
    let outcome = assert_verdict(&nameless, "etcd-data-dir-owner", Verdict::Manual);
    assert!(outcome.reason.contains("2:2"), "{}", outcome.reason);
    let root = node().dir("/var/lib/etcd", 0o700, 0, 0);
    assert_verdict(&root, "etcd-data-dir-owner", Verdict::Fail);
}

#[test]
fn a_kubelet_is_believed_and_not_the_usual_path() {
    let node = gone(&node(), &["kubelet"])
        .file(
            "/opt/k/config.yaml",
            0o644,
            0,
            0,
            "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n",
        )
        .file("/opt/k/d/10.conf", 0o600, 0, 0, "")
        .file("/opt/k/d/sub/20.conf", 0o666, 0, 0, "")
        .file("/opt/k/d/README", 0o666, 0, 0, "")
        .process(FakeProcess::new(
            "kubelet",
            &["--config=/opt/k/config.yaml", "--config-dir", "/opt/k/d"],
        ));
    let outcome = assert_verdict(&node, "kubelet-config-mode", Verdict::Fail);
    let keys: Vec<&str> = outcome.subjects.iter().map(|s| s.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "/opt/k/config.yaml",
            "/opt/k/d/sub/20.conf",
            "/opt/k/d/10.conf"
        ]
    );
    let flags_alone = gone(&node, &["kubelet"]).process(FakeProcess::new("kubelet", &["--v=2"]));
    assert_verdict(&flags_alone, "kubelet-config-mode", Verdict::NotApplicable);
    assert_verdict(
        &flags_alone,
        "kubelet-kubeconfig-mode",
        Verdict::NotApplicable,
    );
}

#[test]
fn a_named_file_that_is_not_there_is_an_error() {
    let node = gone(&node(), &["/etc/kubernetes/kubelet.conf", "/var/lib/etcd"]);
    assert_verdict(&node, "kubelet-kubeconfig-mode", Verdict::Error);
    assert_verdict(&node, "etcd-data-dir-mode", Verdict::Error);
}

#[test]
fn etcd_is_asked_where_its_data_is() {
    let with = |process: FakeProcess| {
        gone(&node(), &["etcd"])
            .dir("/data/e", 0o750, 2, 2)
            .file("/etc/etcd.yaml", 0o600, 0, 0, "data-dir: /data/e")
            .process(process.place(Place::StaticPod))
    };
    for (process, verdict) in [
        (
            FakeProcess::new("etcd", &["--data-dir=/data/e"]),
            Verdict::Fail,
        ),
        (
            FakeProcess::new("etcd", &[]).env("ETCD_DATA_DIR", "/data/e"),
            Verdict::Fail,
        ),
        // The file alone decides.
        (
            FakeProcess::new(
                "etcd",
                &["--config-file=/etc/etcd.yaml", "--data-dir=/var/lib/etcd"],
            )
            .env("ETCD_DATA_DIR", "/var/lib/etcd"),
            Verdict::Fail,
        ),
        // A path in a container is not the node's.
        (
            FakeProcess::new("etcd", &["--data-dir=/in"]).mount("/in", "/data/e"),
            Verdict::Fail,
        ),
        (
            FakeProcess::new("etcd", &["--data-dir=/var/lib/etcd"]).mount("/in", "/data/e"),
            Verdict::Error,
        ),
        // etcd's own default depends on its working directory.
        (FakeProcess::new("etcd", &[]), Verdict::Error),
    ] {
        assert_verdict(&with(process), "etcd-data-dir-mode", verdict);
    }
}

#[test]
fn a_shadowed_or_linked_unit_counts_once_and_a_live_one_always() {
    let linked = node().symlink("/lib", "usr/lib");
    let outcome = assert_verdict(&linked, "kubelet-unit-mode", Verdict::Pass);
    assert_eq!(outcome.subjects.len(), 2);
    let shadowed = node()
        .file(
            "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
            0o644,
            0,
            0,
            "",
        )
        .file("/usr/lib/systemd/system/kubelet.service", 0o644, 0, 0, "")
        .file("/etc/systemd/system/kubelet.service", 0o600, 0, 0, "");
    assert_verdict(&shadowed, "kubelet-unit-mode", Verdict::Pass);
    let live = node().file(
        "/run/systemd/system/kubelet.service.d/99-x.conf",
        0o644,
        0,
        0,
        "",
    );
    assert_verdict(&live, "kubelet-unit-mode", Verdict::Fail);
}

#[test]
fn every_manifest_that_declares_a_component_counts() {
    let second = node().file(
        "/etc/kubernetes/manifests/x.yaml",
        0o644,
        0,
        0,
        &manifest("kube-apiserver"),
    );
    let outcome = assert_verdict(&second, "kube-apiserver-manifest-mode", Verdict::Fail);
    assert_eq!(outcome.subjects.len(), 2);
    // What cannot be read may declare it too.
    let broken = node().file("/etc/kubernetes/manifests/x.yaml", 0o600, 0, 0, "{");
    assert_verdict(&broken, "kube-apiserver-manifest-mode", Verdict::Error);
}

#[test]
fn a_static_pod_whose_manifest_is_not_found_is_an_error() {
    let node = gone(&node(), &["/etc/kubernetes/manifests/etcd.yaml"]);
    assert_verdict(&node, "etcd-manifest-mode", Verdict::Error);
    let service = gone(&node, &["etcd"]).process(FakeProcess::new("etcd", &[]));
    assert_verdict(&service, "etcd-manifest-mode", Verdict::NotApplicable);
}

#[test]
fn a_static_pod_that_the_kubelet_fetches_has_no_manifest_file() {
    let manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml";
    let url = KUBELET_CONFIG.replace(
        "staticPodPath: /etc/kubernetes/manifests",
        "staticPodURL: http://127.0.0.1:39887",
    );
    let told = |node: &FakeNode, text: &str| {
        let path = "/var/lib/kubelet/config.yaml";
        node.clone().file(path, 0o600, 0, 0, text)
    };
    for name in [
        "kube-apiserver-manifest-mode",
        "kube-apiserver-manifest-owner",
    ] {
        let fetched = told(&gone(&node(), &[manifest]), &url);
        let outcome = assert_verdict(&fetched, name, Verdict::NotApplicable);
        assert!(
            outcome.reason.contains("from a URL that the kubelet"),
            "{}",
            outcome.reason
        );
        // With a directory besides, what lies there counts.
        let both = KUBELET_CONFIG.to_owned() + "staticPodURL: http://127.0.0.1:39887\n";
        assert_verdict(&told(&node(), &both), name, Verdict::Pass);
        let open = told(&node(), &both).unreadable(manifest);
        assert_verdict(&open, name, Verdict::Error);
        // An empty URL is none, and what cannot be read may be one.
        let empty = KUBELET_CONFIG.to_owned() + "staticPodURL: \"\"\n";
        let unexplained = told(&gone(&node(), &[manifest]), &empty);
        assert_verdict(&unexplained, name, Verdict::Error);
        let hidden = fetched.unreadable("/var/lib/kubelet/config.yaml");
        assert_verdict(&hidden, name, Verdict::Error);
    }
}

#[test]
fn a_process_table_that_is_not_whole_is_never_a_witness() {
    let all: Vec<String> = [
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "etcd",
        "kubelet",
        "kube-proxy",
    ]
    .map(str::to_owned)
    .to_vec();
    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    let node = gone(&node(), &names).incomplete_processes("run with hostPID: true");
    for control in controls() {
        let outcome = check(&node, control.name);
        let needs_no_process = ["admin-kubeconfig", "kubelet-unit"];
        if needs_no_process.iter().any(|n| control.name.starts_with(n)) {
            assert_eq!(outcome.verdict, Verdict::Pass, "{}", control.name);
        } else {
            assert_eq!(
                outcome.verdict,
                Verdict::Error,
                "{}: {outcome:#?}",
                control.name
            );
            assert!(
                outcome.reason.contains("hostPID"),
                "{}: {}",
                control.name,
                outcome.reason
            );
        }
    }
}

#[test]
fn an_empty_network_configuration_is_for_a_person_to_find() {
    let node = gone(&node(), &["/etc/cni/net.d/10-net.conflist"]);
    assert_verdict(&node, "cni-files-mode", Verdict::Manual);
    let state = node
        .clone()
        .file("/var/lib/cni/networks/a/10.0.0.2", 0o644, 0, 0, "");
    assert_verdict(&state, "cni-files-mode", Verdict::Fail);
    let named = gone(&node, &["kubelet"])
        .file("/opt/cni/x.conf", 0o644, 0, 0, "")
        .process(FakeProcess::new("kubelet", &["--cni-conf-dir=/opt/cni"]));
    assert_verdict(&named, "cni-files-mode", Verdict::Fail);
}

#[test]
fn somebody_elses_processes_turn_no_verdict() {
    let impostor = FakeProcess::new("kubelet", &["--kubeconfig=/etc/shadow"]).place(Place::Foreign);
    let node = node()
        .file("/etc/shadow", 0o644, 0, 0, "")
        .process(impostor);
    assert_verdict(&node, "kubelet-kubeconfig-mode", Verdict::Pass);
}

#[test]
fn a_tree_without_processes_is_judged_by_its_manifests() {
    let processes = [
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "etcd",
        "kubelet",
        "kube-proxy",
    ];
    let tree = gone(&node(), &processes)
        .incomplete_processes("a tree has no processes")
        .origin(Origin::Tree);
    assert_verdict(&tree, "kube-apiserver-manifest-mode", Verdict::Pass);
    assert_verdict(&tree, "pki-keys-mode", Verdict::Pass);
    assert_verdict(&tree, "kubelet-config-mode", Verdict::Error);
}
