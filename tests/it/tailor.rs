//! Tailoring: another profile made of an installed one, with a reason for each
//! change, and nothing of it hidden; and what is said to whoever mistakes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{
    NOW, Ran, Record, cisb, expect, findings, guest, node, profile, profiles, scan, workspace,
};
use crate::site::Site;

const MISTAKES: &str = "tests/cases/overlay-mistakes";

/// The page whose overlays build.
const PAGE: &str = "docs/src/tailoring.md";

fn build(source: &Path, more: &[&str]) -> Ran {
    let folder = profiles();
    let mut words = vec!["profile", "build"];
    words.push(source.to_str().unwrap());
    words.extend(["--profiles", folder.to_str().unwrap()]);
    words.extend(more);
    cisb(words)
}

/// Builds a text in a folder of its own; what was said, too.
fn made(text: &str) -> (TempDir, PathBuf, String) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("mine.yaml");
    fs::write(&source, text).unwrap();
    let ran = build(&source, &[]);
    assert_eq!(ran.code, 0, "{}\n{text}", ran.err);
    let component = folder.path().join("mine.wasm");
    (folder, component, ran.err)
}

fn inspected(component: &Path) -> Value {
    let words = ["profile", "inspect", "--format", "json"].map(Path::new);
    let ran = cisb(words.into_iter().chain([component]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

/// Everything that an overlay may do.
const WHOLE: &str = r#"
extends: cis-1.12
id: acme-1.12
title: CIS 1.12 as Acme runs it
version: 1.2.0
skip:
  - check: "1.1.9"
    reason: the network's operator reviews these files
manual:
  - check: "1.1.1"
    reason: our image bakes another mode
  - check: "5.1.1"
    reason: the bindings are reviewed by hand
change:
  - check: "1.2.1"
    severity: low
    level: 2
    reason: a gateway stands before it
parameters:
  system-namespaces:
    value: [kube-system, acme-system]
    reason: our agents run there
sections:
  - id: "9"
    title: Acme's own
    target: node
    groups:
      - {id: "9.1", title: Files}
add:
  - reason: our agent keeps its token there
    check:
      id: "9.1.1"
      title: The folder of Kubernetes is closed
      group: "9.1"
      rule:
        files: {paths: /etc/kubernetes, mode: 700, owner: "root:root"}
  - reason: the benchmark forgot it
    check:
      id: "9.1.2"
      title: The kubelet logs events
      group: "9.1"
      rule:
        any:
          - setting: {component: kubelet, name: event-qps, at-least: 1}
          - files: {kubeconfig: kubelet, mode: 600}
"#;

#[test]
fn an_overlay_changes_what_it_says_and_nothing_else() {
    let base = profile("cis-1.12");
    let (_folder, component, _) = made(WHOLE);
    let all = ["--fail-on", "never"];
    for name in ["kubeadm-control-plane", "kubeadm-weak", "kubeadm-worker"] {
        let set = ["--set", "system-namespaces=kube-system,acme-system"];
        let before = findings(&scan(&base, &node(name), &[all, set].concat()).report());
        let report = scan(&component, &node(name), &all).report();
        let mut after = findings(&report);
        assert_eq!(after.len(), before.len() + 2, "{name}");
        assert!(after.remove("9.1.1").is_some() && after.remove("9.1.2").is_some());
        let touched = ["1.1.9", "1.1.1", "5.1.1", "1.2.1"];
        for (id, finding) in &mut after {
            finding["profile"] = json!("cis-1.12");
            if !touched.contains(&id.as_str()) {
                assert_eq!(*finding, before[id], "{name} {id}");
            }
        }
        let left = &after["1.1.9"];
        assert_eq!(left["verdict"], "manual", "{name}");
        assert_eq!(left["skipped"], true, "{name}");
        assert_eq!(left["title"], before["1.1.9"]["title"]);
        let (mut was, mut is) = (before["1.2.1"].clone(), after["1.2.1"].clone());
        assert_eq!((&is["severity"], &is["level"]), (&json!("low"), &json!(2)));
        for finding in [&mut was, &mut is] {
            finding["severity"].take();
            finding["level"].take();
        }
        assert_eq!(was, is, "{name}");
    }
    let report = scan(&component, &node("kubeadm-weak"), &all).report();
    let why = "the network's operator reviews these files";
    expect(
        "weak",
        &report,
        &[
            ("1.1.9", "manual", why),
            (
                "1.1.1",
                "manual",
                "acme-1.12 leaves it to a person: our image bakes another mode; seen: \
                 /etc/kubernetes/manifests/kube-apiserver.yaml has mode 644",
            ),
            // What nobody can tell is a person's as well.
            ("5.1.1", "manual", "seen: not to be told: "),
            ("9.1.1", "fail", "mode 755"),
            ("9.1.2", "pass", ""),
        ],
    );
    let problems = report["problems"].to_string();
    assert!(!problems.contains("5.1.1"), "{problems}");
    let worker = scan(&component, &node("kubeadm-worker"), &all).report();
    expect("worker", &worker, &[("1.1.1", "not-applicable", "")]);
}

#[test]
fn what_is_left_out_stays_in_every_count() {
    let (_folder, component, _) = made(WHOLE);
    let coverage = |profile: &Path| {
        let ran = scan(profile, &node("kubeadm-control-plane"), &[]);
        ran.report()["coverage"].clone()
    };
    let (was, is) = (coverage(&profile("cis-1.12")), coverage(&component));
    let number = |of: &Value, member: &str| of[member].as_u64().unwrap();
    for member in ["declared", "selected"] {
        assert_eq!(number(&is, member), number(&was, member) + 2, "{member}");
    }
    // Two that were judged are not any more, and two are new; the third waits
    // for an API.
    assert_eq!(number(&is, "assessed"), number(&was, "assessed"));
    let text = scan(
        &component,
        &node("kubeadm-control-plane"),
        &["--format", "text"],
    );
    for words in [
        "[INFO] 1.1.9 ",
        "acme-1.12 leaves it out: the network's operator reviews these files",
        "Tailored   from cis-1.12 ",
        "1 left out, 2 left to a",
    ] {
        assert!(text.out.contains(words), "{words}: {}", text.out);
    }
    // A level is selected as it is now.
    let level = ["--level", "1", "--check", "1.2.1"];
    let report = scan(&component, &node("kubeadm-control-plane"), &level).report();
    assert_eq!(report["findings"], json!([]));
}

#[test]
fn a_manifest_says_what_it_was_made_from_and_a_vetter_reads_it() {
    let base = inspected(&profile("cis-1.12"));
    let (_folder, component, said) = made(WHOLE);
    let digest = base["digest"].as_str().unwrap();
    assert!(said.contains(&format!("`digest: {digest}`")), "{said}");
    let manifest = inspected(&component);
    let made_from = &manifest["tailored"][0];
    assert_eq!(made_from["id"], "cis-1.12");
    assert_eq!(made_from["digest"], digest);
    let changes = made_from["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 8, "{changes:?}");
    let parameter = json!({
        "name": "system-namespaces",
        "from": ["kube-system", "kube-public", "kube-node-lease"],
        "to": ["kube-system", "acme-system"],
        "reason": "our agents run there",
    });
    assert!(changes.iter().any(|c| c["parameter"] == parameter));
    assert_ne!(manifest["digest"], base["digest"]);
    assert_eq!(manifest["benchmark"], base["benchmark"]);
    assert_eq!(manifest["imports"], base["imports"]);
    // Nothing chooses it unless it says so itself.
    assert!(manifest["applies"].is_null());
    let words = ["profile", "inspect"].map(Path::new);
    let text = cisb(words.into_iter().chain([component.as_path()])).out;
    for words in [
        "Made from  cis-1.12 ",
        digest,
        "Changed in cis-1.12:",
        "left out: 1.1.9",
        "because the network's operator reviews these files",
        "left to a person: 1.1.1",
        "severity of 1.2.1: low instead of high",
        "level of 1.2.1: 2 instead of 1",
        "added: 9.1.1",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let report = scan(&component, &node("kubeadm-control-plane"), &[]).report();
    assert_eq!(report["profiles"][0]["tailored"][0], *made_from);
}

#[test]
fn the_same_overlay_of_the_same_profile_gives_the_same_bytes() {
    let (_one, first, _) = made(WHOLE);
    let (_two, second, _) = made(WHOLE);
    assert_eq!(fs::read(first).unwrap(), fs::read(second).unwrap());
}

#[test]
fn a_pinned_profile_is_that_one_or_none() {
    let digest = inspected(&profile("cis-1.12"))["digest"].clone();
    let pinned = |digest: &str| format!("digest: {digest}{WHOLE}");
    let (_folder, _, said) = made(&pinned(digest.as_str().unwrap()));
    assert!(!said.contains("to hold to it"), "{said}");
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("mine.yaml");
    fs::write(
        &source,
        pinned(&format!("sha256:{}", "0123456789abcdef".repeat(4))),
    )
    .unwrap();
    let ran = build(&source, &[]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    let words = format!("1:9: cis-1.12 0.1.0 is {}, not", digest.as_str().unwrap());
    assert!(ran.err.contains(&words), "{}", ran.err);
    assert!(!folder.path().join("mine.wasm").exists());
}

#[test]
fn a_file_is_extended_from_the_overlay_s_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::copy(profile("cis-1.12"), folder.path().join("base.wasm")).unwrap();
    let source = folder.path().join("sub/mine.yaml");
    fs::write(&source, WHOLE.replace("cis-1.12\nid", "../base.wasm\nid")).unwrap();
    let ran = build(&source, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (_folder, by_id, _) = made(WHOLE);
    let by_file = fs::read(folder.path().join("sub/mine.wasm")).unwrap();
    assert_eq!(by_file, fs::read(by_id).unwrap());
    // An id is never a file that happens to lie there.
    fs::write(&source, WHOLE.replace("extends: cis-1.12", "extends: base")).unwrap();
    let ran = build(&source, &[]);
    assert!(
        ran.err.contains("no profile base is installed"),
        "{}",
        ran.err
    );
    fs::write(
        &source,
        WHOLE.replace("cis-1.12\nid", "mine.yaml/x.wasm\nid"),
    )
    .unwrap();
    let ran = build(&source, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("cannot read"), "{}", ran.err);
    fs::write(folder.path().join("sub/no.wasm"), "id: x").unwrap();
    fs::write(&source, WHOLE.replace("cis-1.12\nid", "no.wasm\nid")).unwrap();
    let ran = build(&source, &[]);
    assert!(
        ran.err.contains("not a WebAssembly component"),
        "{}",
        ran.err
    );
}

/// A profile in YAML whose code is the engine itself, so that an overlay may add
/// whatever the language says, also where the first one looked at less.
const OWN: &str = r#"
id: own
title: Our own
parameters:
  least: {type: integer, default: 5, description: events}
checks:
  - {id: "1", title: One, rule: {files: {paths: /etc/kubernetes/admin.conf, mode: 600}}}
"#;

#[test]
fn a_profile_in_yaml_is_extended_by_anything_the_language_says() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    assert_eq!(build(&write("own.yaml", OWN), &[]).code, 0);
    let first = write(
        "first.yaml",
        r#"
extends: own.wasm
id: first
title: First
skip: [{check: "1", reason: later}]
add:
  - reason: no daemon
    check: {id: "2", title: Two, group: "1", rule: {process: {executable: in.telnetd, runs: false}}}
  - reason: events
    check:
      {id: "3", title: Three, group: "1", rule: {setting: {component: kubelet, name: event-qps, at-most: "${least}"}}}
  - reason: ours
    check: {id: "4", title: Four, group: "1", rule: {ask: Is it ours?}}
"#,
    );
    let ran = build(&first, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    // A change of a change: the last word counts, and all of them are told.
    let second = write(
        "second.yaml",
        r#"
extends: first.wasm
id: second
title: Second
manual: [{check: "1", reason: now}]
parameters: {least: {value: 50, reason: more}}
add:
  - reason: hosts
    check:
      id: "5"
      title: Five
      group: "1"
      rule: {objects: {resource: pods, api-version: v1, require: [{at: /spec/hostPID, is-not: true}]}}
"#,
    );
    let ran = build(&second, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let plane = node("kubeadm-control-plane");
    let report = scan(&folder.path().join("first.wasm"), &plane, &[]).report();
    expect(
        "first",
        &report,
        &[
            ("1", "manual", "first leaves it out: later"),
            ("2", "pass", "in.telnetd"),
            ("3", "fail", "5 or less"),
            ("4", "manual", "Is it ours?"),
        ],
    );
    let report = scan(&folder.path().join("second.wasm"), &plane, &[]).report();
    expect(
        "second",
        &report,
        &[
            ("1", "manual", "second leaves it to a person: now; seen: "),
            ("3", "pass", ""),
            ("5", "pass", "/spec/hostPID"),
        ],
    );
    let made_from = report["profiles"][0]["tailored"].as_array().unwrap();
    let ids: Vec<&str> = made_from.iter().filter_map(|t| t["id"].as_str()).collect();
    assert_eq!(ids, ["own", "first"]);
    let imports = inspected(&folder.path().join("second.wasm"))["imports"].to_string();
    assert!(imports.contains("cisb:host/kubernetes@"), "{imports}");
}

#[test]
fn code_that_says_nothing_of_rules_gets_no_checks_added() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(guest("honest"), folder.path().join("honest.wasm")).unwrap();
    let manifest = inspected(&guest("honest"));
    let check = &manifest["checks"][0];
    let (id, group) = (&check["id"], &check["group"]);
    let source = folder.path().join("mine.yaml");
    let text = format!(
        "extends: honest.wasm\nid: mine\ntitle: Mine\nskip: [{{check: {id}, reason: r}}]\n"
    );
    fs::write(&source, &text).unwrap();
    assert_eq!(build(&source, &[]).code, 0);
    let report = scan(&folder.path().join("mine.wasm"), Record::new().path(), &[]).report();
    assert_eq!(report["findings"][0]["skipped"], true);
    let more = format!(
        "add:\n  - reason: r\n    check: {{id: a, title: A, group: {group}, rule: {{files: {{paths: /etc/a, mode: 600}}}}}}\n"
    );
    fs::write(&source, text + &more).unwrap();
    let ran = build(&source, &[]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    let words = "the code of honest does not say that it evaluates rules";
    assert!(ran.err.contains(words), "{}", ran.err);
}

/// A tailored profile is signed, trusted and pinned as any other.
#[test]
fn what_is_made_is_signed_and_pinned_by_itself() {
    let site = Site::new();
    let (_folder, component, _) = made(WHOLE);
    let mine = site.path("acme-1.12.wasm");
    fs::copy(component, &mine).unwrap();
    let policy = site.usual();
    let refused = site.scan_under(&policy, &mine).report();
    assert_eq!(refused["profiles"][0]["refused"]["code"], "unsigned");
    site.sign(&mine, "publisher");
    let lock = site.path("cisb.lock");
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let words = [
        "lock",
        "--lock",
        &path(&lock),
        "--profile",
        &path(&mine),
        "--trust",
        &path(&policy),
    ];
    let ran = cisb(words);
    assert_eq!(ran.code, 0, "{ran:?}");
    let locked = |profile: &Path| {
        let at = node("kubeadm-control-plane");
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let words = [
            "scan",
            "--profile",
            &path(profile),
            "--node",
            &path(&at),
            "--now",
            NOW,
            "--trust",
            &path(&policy),
            "--lock",
            &path(&lock),
            "--locked",
            "--format",
            "json",
        ];
        cisb(words).report()["profiles"][0].clone()
    };
    let entry = locked(&mine);
    assert!(entry["refused"].is_null(), "{entry}");
    assert_eq!(entry["signer"], "publisher (publisher)");
    // What it was made from is another profile to the lock.
    let base = site.path("cis-1.12.wasm");
    fs::copy(profile("cis-1.12"), &base).unwrap();
    site.sign(&base, "publisher");
    assert_eq!(locked(&base)["refused"]["code"], "not-pinned");
}

#[test]
fn an_unknown_profile_is_told_at_its_place_with_what_is_like_it() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("mine.yaml");
    fs::write(&source, WHOLE.replace("cis-1.12\nid", "cis-1.21\nid")).unwrap();
    let ran = build(&source, &[]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    let first = ran.err.lines().next().unwrap();
    assert!(first.contains("mine.yaml:2:10: no profile cis-1.21 is installed"));
    assert!(first.contains("did you mean"), "{first}");
}

#[test]
fn a_mistake_in_an_overlay_is_told_with_its_place_its_cause_and_its_cure() {
    let folder = workspace().path(MISTAKES);
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("x.wasm");
    let mut all = BTreeMap::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "yaml") {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let source = Path::new(MISTAKES).join(&name);
        let ran = build(&source, &["-o", out.to_str().unwrap()]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.err);
        assert!(!out.exists(), "{name}");
        let place = format!("{}:", source.display());
        assert!(ran.err.starts_with(&place), "{name}: {}", ran.err);
        let golden = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some_and(|it| it == "1") {
            fs::write(&golden, &ran.err).unwrap();
        }
        let wanted = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(ran.err, wanted, "{name}: BLESS=1 writes what is said");
        all.insert(ran.err, name);
    }
    assert!(all.len() >= 25, "{}", all.len());
}

#[test]
fn the_schema_of_overlays_is_published_with_words_for_each_member() {
    let ran = cisb(["schema", "overlay"]);
    assert_eq!(ran.code, 0);
    let schema: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(schema["title"], "cisb overlay");
    for (member, part) in schema["properties"].as_object().unwrap() {
        assert!(part["description"].is_string(), "{member}");
    }
    for member in ["extends", "skip", "manual", "change", "parameters", "add"] {
        assert!(schema["properties"][member].is_object(), "{member}");
    }
}

/// Every whole overlay on the page builds.
#[test]
fn what_the_page_shows_builds() {
    let page = fs::read_to_string(workspace().path(PAGE)).unwrap();
    let mut count = 0;
    for block in page.split("```yaml\n").skip(1) {
        let (text, _) = block.split_once("```").unwrap();
        if text.starts_with("extends:") {
            drop(made(text));
            count += 1;
        }
    }
    assert!(count >= 2, "{count}");
}

/// An overlay is tested as it is written, with what it extends beside it.
#[test]
fn the_cases_of_an_overlay_run() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("ours.yaml");
    let overlay = "\
extends: cis-1.12
id: ours
title: Ours
sections:
  - {id: \"9\", title: Own, target: node, groups: [{id: \"9.1\", title: Files}]}
add:
  - reason: our agent keeps its token there
    check:
      id: \"9.1.1\"
      title: The agent's folder is closed
      group: \"9.1\"
      rule: {files: {paths: /etc/ours, mode: 700}}
";
    let cases = "\
cases:
  - name: closed
    node: {files: {/etc/ours: {kind: directory, mode: 700}}}
    expect: {\"9.1.1\": pass}
  - name: open
    node: {files: {/etc/ours: {kind: directory, mode: 755}}}
    expect: {\"9.1.1\": fail}
";
    fs::write(&source, overlay).unwrap();
    fs::write(folder.path().join("ours.test.yaml"), cases).unwrap();
    let profiles = profiles();
    let ran = cisb([
        "profile".as_ref(),
        "test".as_ref(),
        source.as_os_str(),
        "--check".as_ref(),
        "9.1.1".as_ref(),
        "--require-coverage".as_ref(),
        "--profiles".as_ref(),
        profiles.as_os_str(),
    ]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn what_is_extended_and_not_installed_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("ours.yaml");
    fs::write(&source, "extends: cis-1.12\nid: ours\ntitle: Ours\n").unwrap();
    let ran = cisb([
        "profile".as_ref(),
        "build".as_ref(),
        source.as_os_str(),
        "--profiles".as_ref(),
        folder.path().as_os_str(),
    ]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    for words in [
        "ours.yaml:1:10: no profile is installed in",
        "such as ./cis-1.12.wasm",
    ] {
        assert!(ran.err.contains(words), "{words}\n{}", ran.err);
    }
}
