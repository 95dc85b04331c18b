//! Profiles in YAML: built, looked at and scanned as their author would; and
//! what an author is told who made a mistake.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Ran, Record, cisb, expect, findings, node, scan, workspace};

/// Where the example that uses every kind of rule lies.
const EXAMPLE: &str = "docs/examples/node-hygiene.yaml";

/// Where authors' mistakes lie, each with what is said of it.
const MISTAKES: &str = "tests/cases/yaml-mistakes";

/// A profile of about twenty lines.
const FIRST: &str = "\
id: my-nodes
title: What we demand of our nodes
checks:
  - id: \"1\"
    title: The administrators' kubeconfig is private
    rule:
      files:
        paths: /etc/kubernetes/admin.conf
        mode: 600
        owner: root:root
";

fn build(source: &Path, more: &[&str]) -> Ran {
    let mut words = vec!["profile".as_ref(), "build".as_ref(), source.as_os_str()];
    words.extend(more.iter().map(AsRef::<std::ffi::OsStr>::as_ref));
    cisb(words)
}

/// Builds a text in a folder of its own.
fn built(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("mine.yaml");
    fs::write(&source, text).unwrap();
    let ran = build(&source, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let component = folder.path().join("mine.wasm");
    (folder, component)
}

/// A profile with one check, whose rule is this.
fn one(rule: &str) -> (TempDir, PathBuf) {
    let rule = rule.replace('\n', "\n      ");
    built(&format!(
        "id: one\ntitle: One\nchecks:\n  - id: \"1\"\n    title: One\n    rule:\n      {rule}\n"
    ))
}

fn inspected(component: &Path) -> Value {
    let words = ["profile", "inspect", "--format", "json"].map(Path::new);
    let ran = cisb(words.into_iter().chain([component]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

fn example() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let component = folder.path().join("node-hygiene.wasm");
    let ran = build(
        &workspace().path(EXAMPLE),
        &["-o", component.to_str().unwrap()],
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("13 checks"), "{}", ran.err);
    (folder, component)
}

#[test]
fn a_first_profile_is_built_and_scans_without_more() {
    let (_folder, component) = built(FIRST);
    let good = scan(&component, &node("kubeadm-control-plane"), &[]).report();
    expect("good", &good, &[("1", "pass", "mode 600, owner root:root")]);
    let weak = scan(&component, &node("kubeadm-weak"), &[]).report();
    expect("weak", &weak, &[("1", "fail", "mode 644, owner cloudsdk")]);
    let worker = scan(&component, &node("kubeadm-worker"), &[]).report();
    let none = "/etc/kubernetes/admin.conf is not there";
    expect("worker", &worker, &[("1", "not-applicable", none)]);
    let finding = &findings(&weak)["1"];
    assert_eq!(finding["control"], "my-nodes-1");
    assert_eq!(finding["severity"], "medium");
    assert_eq!(finding["scored"], true);
    assert_eq!(weak["profiles"][0]["id"], "my-nodes");
}

#[test]
fn the_example_uses_every_kind_of_rule_and_judges_records() {
    let text = fs::read_to_string(workspace().path(EXAMPLE)).unwrap();
    for kind in [
        "files:",
        "setting:",
        "document:",
        "objects:",
        "process:",
        "all:",
        "any:",
        "none:",
        "ask:",
        "when:",
        "field:",
        "exist:",
        "each:",
        "exempt:",
        "where:",
        "${",
    ] {
        assert!(text.contains(kind), "{kind}");
    }
    let (_folder, component) = example();
    let good = scan(&component, &node("kubeadm-control-plane"), &[]).report();
    expect(
        "good",
        &good,
        &[
            ("1.1.1", "pass", "all 2 files have mode 600"),
            ("1.1.2", "pass", "conf.{bak,old,orig} is not there"),
            ("1.1.3", "pass", "/etc/kubernetes/pki/ca.crt"),
            ("1.2.1", "pass", "/cgroupDriver is systemd"),
            ("1.2.2", "pass", "/etc/kubernetes/pki/ca.crt"),
            ("2.1.1", "pass", "kubelet --anonymous-auth is false"),
            ("2.1.2", "pass", "kubelet"),
            ("2.2.1", "pass", "no process is in.telnetd"),
            ("2.2.2", "not-applicable", "no process is dockerd"),
            ("2.2.3", "pass", "packagekit"),
            ("3.1.1", "not-applicable", "are in exempt namespaces"),
            ("3.1.2", "pass", "Pod/kube-system/"),
            ("3.1.3", "manual", "Compare the node selectors"),
        ],
    );
    let weak = scan(&component, &node("kubeadm-weak"), &[]).report();
    expect(
        "weak",
        &weak,
        &[
            ("1.1.1", "fail", "mode 644"),
            ("1.1.3", "fail", "owner cloudsdk"),
            ("2.1.1", "fail", "kubelet --anonymous-auth is true"),
            ("3.1.1", "error", "pods"),
            ("3.1.2", "error", "pods"),
        ],
    );
}

#[test]
fn a_parameter_is_set_on_the_command_line() {
    let (_folder, component) = example();
    let plane = node("kubeadm-control-plane");
    let set = ["--set", "system-namespaces=none", "--check", "3.1.1"];
    let report = scan(&component, &plane, &set).report();
    expect(
        "set",
        &report,
        &[("3.1.1", "fail", "/spec/hostNetwork is true")],
    );
    let set = ["--set", "least-events=100000", "--check", "2.1.2"];
    let report = scan(&component, &plane, &set).report();
    expect("set", &report, &[("2.1.2", "fail", "100000 or more")]);
    let ran = scan(&component, &plane, &["--set", "least-events=many"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn what_was_not_served_is_an_error_and_never_a_pass() {
    let app = |text: &str| {
        let record = Record::new().file("/etc/app.yaml", "0600", text);
        record.path();
        record
    };
    let rule = "document:\n  paths: /etc/app.yaml\n  require:\n    - {at: /debug, is-not: true}";
    let (_folder, component) = one(rule);
    let verdict = |record: &Record, verdict: &str, words: &str| {
        let report = scan(&component, record.path(), &[]).report();
        expect(rule, &report, &[("1", verdict, words)]);
    };
    verdict(&app("debug: false"), "pass", "/debug is false");
    verdict(&app("debug: true"), "fail", "/debug is true");
    verdict(
        &Record::new(),
        "not-applicable",
        "/etc/app.yaml is not there",
    );
    verdict(&app("a: ["), "error", "/etc/app.yaml");
    verdict(&app("debug: \"no\""), "error", "not a boolean");
    let mut denied = app("debug: false");
    denied.node()["entries"]["/etc/app.yaml"] = serde_json::json!({"error": "not-permitted"});
    verdict(&denied, "error", "/etc/app.yaml");
    // A password that the host masks is not known to be another one.
    let (_folder, component) = one(
        "document:\n  paths: /etc/app.yaml\n  require:\n    - {at: /password, is-not: changeme}",
    );
    let report = scan(&component, app("password: changeme").path(), &[]).report();
    expect("masked", &report, &[("1", "error", "masks")]);
}

/// Runtimes are configured in TOML, whatever their files are called.
#[test]
fn toml_is_a_document_too() {
    let rule = |path: &str| {
        format!(
            "document:\n  paths: {path}\n  require:\n    - {{at: /plugins/io.containerd.cri.v1.runtime/enable_selinux, is: true}}\n    - {{at: /auth, set: false}}"
        )
    };
    let good = "version = 3\n[plugins.'io.containerd.cri.v1.runtime']\nenable_selinux = true\n";
    for path in ["/etc/containerd/config.toml", "/etc/runtime.conf"] {
        let (_folder, component) = one(&rule(path));
        for (text, verdict, words) in [
            (good.to_owned(), "pass", "enable_selinux is true"),
            (good.replace("true", "false"), "fail", "should be true"),
            (good.replace("true", "'yes'"), "error", "not a boolean"),
            (format!("{good}enable_selinux = false\n"), "error", "not "),
            (
                format!("auth = 'hunter2'\n{good}"),
                "fail",
                "/auth is masked",
            ),
        ] {
            let record = Record::new().file(path, "0600", &text);
            let report = scan(&component, record.path(), &[]);
            assert!(!report.out.contains("hunter2"), "{}", report.out);
            expect(&text, &report.report(), &[("1", verdict, words)]);
        }
    }
}

/// Rules over the control plane that keeps them and the one that does not.
#[test]
fn every_way_to_name_files_finds_them() {
    for (rule, good, weak) in [
        ("files: {manifest: etcd, mode: 600}", "pass", "fail"),
        (
            "files: {kubeconfig: kube-scheduler, mode: 600}",
            "pass",
            "fail",
        ),
        (
            "files: {unit: kubelet.service, owner: \"root:root\"}",
            "pass",
            "pass",
        ),
        ("files: {place: kubelet-config, mode: 644}", "pass", "fail"),
        ("files: {place: etcd-data-dir, mode: 700}", "pass", "fail"),
        (
            "files: {setting: {component: etcd, name: data-dir}, mode: 700}",
            "pass",
            "fail",
        ),
        (
            "files: {setting: {component: kubelet, name: tls-cert-file}, mode: 600}",
            "not-applicable",
            "not-applicable",
        ),
        (
            "document: {manifest: etcd, require: [{at: /spec/hostNetwork, is: true}]}",
            "pass",
            "pass",
        ),
        (
            "document:\n  setting: {component: kubelet, name: config}\n  require: [{at: /kind, is: Pod}]",
            "fail",
            "fail",
        ),
    ] {
        let (_folder, component) = one(rule);
        for (name, verdict) in [("kubeadm-control-plane", good), ("kubeadm-weak", weak)] {
            let report = scan(&component, &node(name), &[]).report();
            expect(&format!("{name} {rule}"), &report, &[("1", verdict, "")]);
        }
    }
}

#[test]
fn settings_are_compared_as_their_types_are() {
    let plane = node("kubeadm-control-plane");
    for (component, test, verdict) in [
        ("kubelet", "name: authorization-mode, is: Webhook", "pass"),
        (
            "kubelet",
            "name: authorization-mode, none-of: [Webhook]",
            "fail",
        ),
        ("kubelet", "name: cgroup-driver, one-of: [systemd]", "pass"),
        (
            "kubelet",
            "name: cgroup-driver, unlike: \"sys*\", written: true",
            "fail",
        ),
        ("kubelet", "name: event-qps, at-most: 100", "pass"),
        ("kubelet", "name: healthz-port, at-least: 20000", "fail"),
        ("kubelet", "name: cluster-dns, has: 10.96.0.10", "pass"),
        ("kubelet", "name: cluster-domain, at-most: 5", "error"),
        (
            "kubelet",
            "name: /memorySwap/swapBehavior, set: false",
            "pass",
        ),
        (
            "kube-apiserver",
            "name: authorization-mode, within: [Node, RBAC]",
            "pass",
        ),
        ("kube-apiserver", "name: no-such-flag, set: true", "fail"),
        (
            "kube-scheduler",
            "name: bind-address, loopback: true",
            "pass",
        ),
        (
            "etcd",
            "name: listen-metrics-urls, like: \"http://127.0.0.1:*\"",
            "pass",
        ),
        (
            "etcd",
            "name: data-dir, ask: Is it on a disk of its own?",
            "manual",
        ),
    ] {
        let rule = format!("setting: {{component: {component}, {test}}}");
        let (_folder, built) = one(&rule);
        let report = scan(&built, &plane, &[]).report();
        expect(&rule, &report, &[("1", verdict, "")]);
    }
    let (_folder, built) = one("setting: {component: etcd, name: data-dir, set: true}");
    let report = scan(&built, &node("kubeadm-worker"), &[]).report();
    expect(
        "worker",
        &report,
        &[("1", "not-applicable", "no process is etcd")],
    );
}

#[test]
fn processes_are_judged_with_what_is_known_of_them() {
    let with = |args: &[&str]| {
        Record::new().process(serde_json::json!({
            "pid": 7, "comm": "dockerd", "exe": "/usr/bin/dockerd", "argv": args, "uid": 0,
            "cgroup": "/system.slice/docker.service", "env": {},
        }))
    };
    let mut unseen = Record::new();
    unseen.node()["scope"] = serde_json::json!({"globs": ["/**"], "processes": "partial"});
    let runs = "process: {executable: dockerd, runs: true}";
    let none = "process: {executable: dockerd, runs: false}";
    let flag = "process: {executable: dockerd, flag: icc, is: false}";
    for (rule, record, verdict, words) in [
        (runs, &with(&["dockerd"]), "pass", "dockerd: runs"),
        (runs, &Record::new(), "fail", "no process is dockerd"),
        (runs, &unseen, "error", "dockerd was not found"),
        (none, &with(&["dockerd"]), "fail", "dockerd: runs"),
        (none, &Record::new(), "pass", "no process is dockerd"),
        (none, &unseen, "error", "dockerd was not found"),
        (
            flag,
            &with(&["dockerd", "--icc=false"]),
            "pass",
            "dockerd --icc: false",
        ),
        (
            flag,
            &with(&["dockerd", "--icc=true"]),
            "fail",
            "should be false",
        ),
        (flag, &with(&["dockerd"]), "fail", "is not set"),
        (
            flag,
            &with(&["dockerd", "--icc=maybe"]),
            "error",
            "not a boolean",
        ),
        (
            flag,
            &Record::new(),
            "not-applicable",
            "no process is dockerd",
        ),
        (flag, &unseen, "error", "dockerd was not found"),
    ] {
        let (_folder, component) = one(rule);
        let report = scan(&component, record.path(), &[]).report();
        expect(rule, &report, &[("1", verdict, words)]);
    }
}

#[test]
fn a_profile_imports_what_it_looks_at_and_nothing_else() {
    let imports = |rule: &str| -> Vec<String> {
        let (_folder, component) = one(rule);
        let all = inspected(&component)["imports"].clone();
        let all = all.as_array().unwrap().iter();
        let all = all.filter_map(|i| i.as_str()?.strip_prefix("cisb:host/")?.split('@').next());
        let known = |name: &&str| ["files", "processes", "kubernetes"].contains(name);
        all.filter(known).map(str::to_owned).collect()
    };
    let pods =
        "objects: {resource: pods, api-version: v1, require: [{at: /spec/hostPID, is-not: true}]}";
    assert_eq!(imports("ask: Is it right?"), Vec::<String>::new());
    assert_eq!(imports("files: {paths: /etc/a, mode: 600}"), ["files"]);
    assert_eq!(imports(pods), ["kubernetes"]);
    assert_eq!(
        imports("process: {executable: a, runs: false}"),
        ["files", "processes"]
    );
    let both = format!(
        "all:\n  - {pods}\n  - setting: {{component: kubelet, name: profiling, set: false}}"
    );
    let both = both.replace("profiling", "hostname-override");
    assert_eq!(imports(&both), ["files", "processes", "kubernetes"]);
}

#[test]
fn each_of_those_profiles_runs() {
    for (rule, verdict) in [
        ("ask: Is it right?", "manual"),
        ("files: {paths: /etc/a, mode: 600}", "not-applicable"),
        ("process: {executable: a, runs: false}", "pass"),
        (
            "objects: {resource: pods, api-version: v1, require: [{at: /spec/hostPID, is-not: true}]}",
            "error",
        ),
    ] {
        let (_folder, component) = one(rule);
        let report = scan(&component, Record::new().path(), &[]).report();
        expect(rule, &report, &[("1", verdict, "")]);
    }
}

#[test]
fn the_same_source_gives_the_same_bytes_wherever_it_lies() {
    let (_one, first) = built(FIRST);
    let (_two, second) = built(FIRST);
    assert_eq!(fs::read(first).unwrap(), fs::read(second).unwrap());
}

#[test]
fn an_earlier_build_is_replaced_and_nothing_else_is() {
    let (folder, component) = built(FIRST);
    let source = folder.path().join("mine.yaml");
    let before = fs::read(&component).unwrap();
    let changed = FIRST.replace("mode: 600", "mode: 640");
    fs::write(&source, &changed).unwrap();
    assert_eq!(build(&source, &[]).code, 0);
    assert_ne!(fs::read(&component).unwrap(), before);
    // Another profile, and a file that is none.
    fs::write(&source, FIRST.replace("my-nodes", "others")).unwrap();
    let refused = build(&source, &[]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains("is the profile my-nodes, not others")
            && refused.err.contains("--force"),
        "{}",
        refused.err
    );
    assert_eq!(build(&source, &["--force"]).code, 0);
    assert_eq!(inspected(&component)["id"], "others");
    let notes = folder.path().join("notes");
    fs::write(&notes, "mine").unwrap();
    let refused = build(&source, &["-o", notes.to_str().unwrap()]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("is no profile"), "{}", refused.err);
    assert_eq!(fs::read(&notes).unwrap(), b"mine");
    let refused = build(&source, &["-o", folder.path().to_str().unwrap()]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("is a directory"), "{}", refused.err);
    let refused = build(&source, &["-o", source.to_str().unwrap()]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("the source itself"), "{}", refused.err);
}

#[test]
fn what_is_no_source_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, bytes: &[u8], words: &str| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let ran = build(&path, &["-o", folder.path().join("x").to_str().unwrap()]);
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
        assert!(!folder.path().join("x").exists());
    };
    refused("a.wasm", b"\0asm\x0d\0\x01\0", "is a component already");
    refused("b.yaml", b"\xff\xfe", "is not UTF-8");
    refused(
        "c.yaml",
        "# ".repeat(1 << 20).as_bytes(),
        "are read at most",
    );
    let missing = build(&folder.path().join("none.yaml"), &[]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("cannot read"), "{}", missing.err);
    let directory = build(folder.path(), &["-o", "/nowhere"]);
    assert!(
        directory.err.contains("is a directory"),
        "{}",
        directory.err
    );
}

#[test]
fn an_author_s_mistake_is_told_with_its_place_its_cause_and_its_cure() {
    let folder = workspace().path(MISTAKES);
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("x.wasm");
    let mut count = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "yaml") {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        let source = Path::new(MISTAKES).join(name);
        let ran = build(&source, &["-o", out.to_str().unwrap()]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.err);
        assert!(!out.exists(), "{name}");
        let (first, _) = ran.err.split_once('\n').unwrap();
        let place = first.strip_prefix(&format!("{}:", source.display()));
        let mut parts = place
            .unwrap_or_else(|| panic!("{name}: {first}"))
            .splitn(3, ':');
        for _ in 0..2 {
            let number = parts.next().unwrap();
            assert!(
                number.parse::<u32>().is_ok_and(|n| n > 0),
                "{name}: {first}"
            );
        }
        let golden = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some_and(|it| it == "1") {
            fs::write(&golden, &ran.err).unwrap();
        }
        let wanted = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(ran.err, wanted, "{name}: BLESS=1 writes what is said");
        count += 1;
    }
    assert!(count >= 30, "{count}");
}

#[test]
fn all_mistakes_are_told_at_once_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("m.yaml");
    let text = FIRST
        .replace("/etc", "etc")
        .replace("600", "9")
        .replace("root:root", "root");
    fs::write(&source, text).unwrap();
    let ran = build(&source, &[]);
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.err);
    for (line, place) in lines.iter().zip(["8:16", "9:15", "10:16"]) {
        assert!(line.contains(&format!("m.yaml:{place}: ")), "{line}");
    }
    assert_eq!(lines[3], "cisb: 3 mistakes, nothing was built");
}

#[test]
fn the_schema_is_published_with_words_for_each_member() {
    let ran = cisb(["schema", "profile"]);
    assert_eq!(ran.code, 0);
    let schema: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, definition) in definitions.iter().chain([(&"profile".to_owned(), &schema)]) {
        let members = definition["properties"].as_object().into_iter().flatten();
        for (member, part) in members {
            assert!(part["description"].is_string(), "{name} {member}");
        }
        if definition["properties"].is_object() {
            assert_eq!(definition["additionalProperties"], false, "{name}");
        }
    }
    let text = ran.out;
    for rust in ["[`", "null", "uint", "Option"] {
        assert!(!text.contains(rust), "{rust}");
    }
    assert!(definitions["Parameter"]["properties"]["default"].is_object());
}

/// Every block of YAML on the author's page that is a whole profile, builds;
/// every other one is a rule, and builds in a check.
#[test]
fn what_the_author_s_page_shows_builds() {
    let page = fs::read_to_string(workspace().path("docs/src/yaml.md")).unwrap();
    let mut count = 0;
    for block in page.split("```yaml\n").skip(1) {
        let (text, _) = block.split_once("```").unwrap();
        match text.starts_with("id:") {
            true => drop(built(text)),
            false => drop(one(text.trim_end())),
        }
        count += 1;
    }
    assert!(count >= 12, "{count}");
}
