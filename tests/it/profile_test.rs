//! `cisb profile test`: cases run against a profile as a scan would run it, and
//! what their author is told.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Ran, cisb, guest, node, profile, workspace};
use crate::xml::Element;

/// Where authors' mistakes lie, each with what is said of it.
const MISTAKES: &str = "tests/cases/case-mistakes";

const PROFILE: &str = "\
id: my-nodes
title: What we demand of our nodes
parameters:
  namespaces: {type: list, default: [kube-system], description: exempt}
checks:
  - id: \"1\"
    title: The administrators' kubeconfig is private
    rule:
      files:
        paths: /etc/kubernetes/admin.conf
        mode: 600
        owner: root:root
  - id: \"2\"
    title: Pods keep away from the node's processes
    rule:
      objects:
        resource: pods
        api-version: v1
        kind: Pod
        exempt: ${namespaces}
        require: [{at: /spec/hostPID, is-not: true}]
  - id: \"3\"
    title: The kubelet refuses anonymous requests
    rule:
      setting: {component: kubelet, name: anonymous-auth, is: false}
  - id: \"4\"
    title: Somebody thought about it
    rule:
      ask: Who is it?
";

/// A folder with the profile and these cases beside it.
fn folder(cases: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("mine.yaml");
    fs::write(&source, PROFILE).unwrap();
    fs::write(folder.path().join("mine.test.yaml"), cases).unwrap();
    (folder, source)
}

fn test(profile: &Path, more: &[&str]) -> Ran {
    let words = ["profile".as_ref(), "test".as_ref(), profile.as_os_str()];
    cisb(words.into_iter().chain(more.iter().map(OsStr::new)))
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// That all of these cases are as expected.
#[track_caller]
fn holds(cases: &str) {
    let (_folder, source) = folder(cases);
    let ran = test(&source, &[]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.err, ran.out);
    assert!(ran.out.contains(", all met"), "{}", ran.out);
}

/// The smallest case: a name, a node, a verdict.
const FIRST: &str = "\
cases:
  - name: private
    node: {files: {/etc/kubernetes/admin.conf: {mode: 600}}}
    expect: {\"1\": pass}
";

#[test]
fn a_case_has_three_lines() {
    holds(FIRST);
}

#[test]
fn a_component_is_tested_as_its_source_is() {
    let (folder, source) = folder(FIRST);
    let component = folder.path().join("mine.wasm");
    let build = ["profile".as_ref(), "build".as_ref(), source.as_os_str()];
    assert_eq!(cisb(build).code, 0);
    let (of_source, of_component) = (test(&source, &[]), test(&component, &[]));
    assert_eq!(of_component.code, 0, "{}", of_component.err);
    assert_eq!(of_source.out, of_component.out);
    let same = |path: &Path| json(&test(path, &["--format", "json"]));
    assert_eq!(same(&source), same(&component));
}

#[test]
fn a_failing_case_tells_what_was_expected_seen_and_served() {
    let (_folder, source) = folder(&FIRST.replace("mode: 600", "mode: 644, owner: \"op:1234\""));
    let ran = test(&source, &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    for line in [
        "mine.test.yaml:2: private",
        "1 The administrators' kubeconfig is private",
        "expected pass, seen fail",
        "mode 644, owner op:1234",
        "file /etc/kubernetes/admin.conf: exists, file mode 0644, owner op:- (101:1234)",
        "1 not met",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
}

#[test]
fn more_than_the_verdict_can_be_expected() {
    let case = |expected: &str| {
        let cases = FIRST.replace("600}", "644}").replace("pass", expected);
        let (_folder, source) = folder(&cases);
        test(&source, &[])
    };
    let good = "{verdict: fail, reason: has mode 644, actual: mode 644, subjects: {/etc/kubernetes/admin.conf: fail}}";
    let ran = case(good);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    for (wrong, told) in [
        (
            "{verdict: fail, reason: is gone}",
            "reason    expected a text with `is gone`, seen /etc/kubernetes/admin.conf has mode 644",
        ),
        (
            "{verdict: fail, actual: mode 777}",
            "actual    expected a text with `mode 777`",
        ),
        (
            "{verdict: fail, subjects: {/etc/kubernetes/admin.conf: pass}}",
            "/etc/kubernetes/admin.conf expected pass, seen fail",
        ),
        (
            "{verdict: fail, subjects: {/etc/other: fail}}",
            "seen it is not judged; these are: /etc/kubernetes/admin.conf",
        ),
    ] {
        let ran = case(wrong);
        assert_eq!(ran.code, 1, "{wrong}: {}", ran.err);
        assert!(ran.out.contains(told), "{told}\n{}", ran.out);
    }
}

#[test]
fn a_small_node_is_what_a_scan_would_see() {
    holds(
        "\
cases:
  - name: an empty node has no kubeconfig and no API
    node: {}
    expect: {\"1\": not-applicable, \"2\": error, \"3\": not-applicable, \"4\": manual}
  - name: a file that cannot be read
    node: {files: {/etc/kubernetes/admin.conf: {unreadable: true}}}
    expect: {\"1\": {verdict: error, reason: admin.conf}}
  - name: a link leads to the file that is judged
    node:
      files:
        /etc/kubernetes/admin.conf: {target: /srv/admin.conf}
        /srv/admin.conf: {mode: \"0600\"}
    expect: {\"1\": pass}
  - name: an owner without a name
    node: {files: {/etc/kubernetes/admin.conf: {mode: 600, owner: \"0:77\"}}}
    expect: {\"1\": fail}
  - name: processes as they were started
    node:
      version: v1.31.0
      processes: [kubelet --anonymous-auth=false]
    expect: {\"3\": pass}
  - name: processes with more to say
    node:
      version: 1.31.0
      files:
        /var/lib/kubelet/config.yaml: |
          apiVersion: kubelet.config.k8s.io/v1beta1
          kind: KubeletConfiguration
          authentication: {anonymous: {enabled: true}}
      processes:
        - args: [/opt/bin/kubelet, --config, /var/lib/kubelet/config.yaml]
          uid: 0
    expect: {\"3\": {verdict: fail, subjects: {kubelet --anonymous-auth: fail}}}
  - name: somebody else's process decides nothing
    node:
      version: v1.31.0
      processes:
        - {args: kubelet --anonymous-auth=true, place: foreign}
    expect: {\"3\": not-applicable}
  - name: a process that cannot be read
    node:
      version: v1.31.0
      processes: [{args: kubelet, unreadable: true}]
    expect: {\"3\": error}
  - name: contents that the case does not tell
    node:
      version: v1.31.0
      files: {/var/lib/kubelet/config.yaml: {mode: 600}}
      processes: [kubelet --config /var/lib/kubelet/config.yaml]
    expect: {\"3\": error}
  - name: processes that cannot be seen
    node: {processes: unreadable}
    expect: {\"3\": error}
  - name: an API with nothing in it
    node: {kubernetes: []}
    expect: {\"2\": not-applicable}
  - name: an API that refuses
    node: {kubernetes: unreadable}
    expect: {\"2\": error}
  - name: objects, also in a list
    node:
      kubernetes:
        - {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: kube-system}, spec: {hostPID: true}}
        - apiVersion: v1
          kind: List
          items:
            - {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: shop}, spec: {}}
    expect: {\"2\": {verdict: pass, subjects: {Pod/shop/b: pass}}}
  - name: parameters
    parameters: {namespaces: [none]}
    node:
      kubernetes:
        - {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: kube-system}, spec: {hostPID: true}}
    expect: {\"2\": fail}
  - name: nothing can be read at all
    node: {unreadable: true}
    expect: {\"1\": error, \"2\": error, \"3\": error, \"4\": manual}
",
    );
}

#[test]
fn a_record_is_a_node_and_can_be_changed() {
    let record = node("kubeadm-control-plane");
    let record = record.to_str().unwrap();
    let cases = format!(
        "\
cases:
  - name: as it was recorded
    record: {record}
    expect: {{\"1\": pass, \"2\": not-applicable, \"3\": pass}}
  - name: with wider permissions
    record: {record}
    node: {{files: {{/etc/kubernetes/admin.conf: {{mode: 644}}}}}}
    expect: {{\"1\": {{verdict: fail, reason: mode 644}}, \"3\": pass}}
  - name: without the file
    record: {record}
    node: {{files: {{/etc/kubernetes/admin.conf: {{absent: true}}}}}}
    expect: {{\"1\": not-applicable}}
  - name: with another kubelet
    record: {record}
    node: {{processes: [kubelet --anonymous-auth=true]}}
    expect: {{\"1\": pass, \"3\": fail}}
  - name: with one pod more than none
    record: {record}
    node:
      kubernetes:
        - {{apiVersion: v1, kind: Pod, metadata: {{name: a, namespace: b}}, spec: {{hostPID: true}}}}
    expect: {{\"1\": pass, \"2\": {{verdict: fail, subjects: {{Pod/b/a: fail}}}}}}
"
    );
    holds(&cases);
    // A record beside the cases is found from there.
    let (folder, source) = folder("");
    crate::harness::copy(Path::new(record), &folder.path().join("nodes/plane"));
    let beside = "cases:\n  - name: beside\n    record: nodes/plane\n    expect: {\"1\": pass}\n";
    fs::write(folder.path().join("mine.test.yaml"), beside).unwrap();
    let ran = test(&source, &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn our_own_profiles_can_be_tested_too() {
    let record = node("kubeadm-control-plane");
    let cases = format!(
        "cases:\n  - name: ours\n    record: {}\n    expect: {{1.1.1: pass, 1.2.1: pass}}\n",
        record.display()
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ours.test.yaml");
    fs::write(&path, cases).unwrap();
    let more = ["--cases", path.to_str().unwrap(), "--check", "1.1.1"];
    let ran = test(&profile("cis-1.10"), &more);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    // The case, and the one in which nothing can be read.
    assert!(
        ran.out.contains("2 cases, 2 expectations, all met"),
        "{}",
        ran.out
    );
}

#[test]
fn coverage_names_what_no_case_shows() {
    let (_folder, source) = folder(FIRST);
    let ran = test(&source, &[]);
    for line in [
        "coverage: 1 of 4 checks with cases",
        "1        no case fails it: The administrators' kubeconfig",
        "2        no case passes it, none fails it: Pods",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
    let wanted = test(&source, &["--require-coverage"]);
    assert_eq!(wanted.code, 1);
    assert!(wanted.err.contains("--require-coverage"), "{}", wanted.err);
    let coverage = &json(&test(&source, &["--format", "json"]))["coverage"];
    assert_eq!(coverage["complete"], false);
    let first = &coverage["checks"][0];
    assert_eq!(
        (&first["pass"], &first["fail"], &first["unreadable"]),
        (&true.into(), &false.into(), &true.into()),
        "{coverage:#}"
    );
    assert_eq!(first["lacks"], serde_json::json!(["fail"]));
    // A case that does not come out as expected shows nothing.
    let fails = FIRST.replace("mode: 600", "mode: 640");
    let (_folder, source) = folder_of(&fails);
    let coverage = &json(&test(&source, &["--format", "json"]))["coverage"];
    assert_eq!(coverage["checks"][0]["pass"], false);
    // One check alone, with all that it needs.
    let both = format!(
        "{FIRST}{}",
        FIRST
            .replace("cases:\n", "")
            .replace("private", "open")
            .replace("600", "644")
            .replace("pass", "fail")
    );
    let (_folder, source) = folder_of(&both);
    let ran = test(&source, &["--require-coverage", "--check", "1"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

fn folder_of(cases: &str) -> (TempDir, PathBuf) {
    folder(cases)
}

#[test]
fn a_check_that_sees_nothing_and_is_content_fails() {
    // It passes and cites the node, which is all that it ever looks at.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("guest.test.yaml");
    fs::write(
        &path,
        "cases:\n  - name: a\n    node: {}\n    expect: {1.1.1: pass}\n",
    )
    .unwrap();
    let cases = ["--cases", path.to_str().unwrap()];
    let ran = test(&guest("honest"), &cases);
    assert_eq!(ran.code, 1, "{}", ran.err);
    for line in [
        "FAILED on a node where nothing can be read",
        "expected error or manual, seen pass",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
    // An author who has thought of it is believed.
    let thought = "  - name: dark\n    node: {unreadable: true}\n    expect: {1.1.1: pass}\n";
    let first = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{first}{thought}")).unwrap();
    assert_eq!(test(&guest("honest"), &cases).code, 0);
}

#[test]
fn a_profile_that_is_stopped_meets_no_expectation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("guest.test.yaml");
    fs::write(
        &path,
        "cases:\n  - name: a\n    node: {}\n    expect: {1.1.1: error}\n",
    )
    .unwrap();
    let ran = test(
        &guest("loop-in-check"),
        &["--cases", path.to_str().unwrap()],
    );
    assert_eq!(ran.code, 1, "{}", ran.err);
    let told = "behaviour expected an answer, seen the profile was stopped";
    assert!(ran.out.contains(told), "{}", ran.out);
}

#[test]
fn junit_and_json_hold_every_expectation() {
    let (_folder, source) = folder(&FIRST.replace("pass", "fail"));
    let ran = test(&source, &["--format", "junit", "--require-coverage"]);
    assert_eq!(ran.code, 1);
    let root = Element::read(&ran.out);
    assert_eq!(root.name, "testsuites");
    let sums = |name: &str| -> usize {
        let of = |suite: &Element| {
            let found = suite.attributes.iter().find(|(key, _)| key == name);
            found.unwrap().1.parse::<usize>().unwrap()
        };
        root.children.iter().map(of).sum()
    };
    // One case, three checks in the dark, and four to be covered.
    assert_eq!((sums("tests"), sums("failures")), (9, 4), "{}", ran.out);
    let json = json(&test(&source, &["--format", "json"]));
    assert_eq!(json["schemaVersion"], "0.1");
    assert_eq!(json["profile"]["id"], "my-nodes");
    let case = &json["cases"][0];
    assert_eq!(
        (&case["name"], &case["passed"], &case["line"]),
        (&"private".into(), &false.into(), &2.into())
    );
    let check = &case["checks"][0];
    assert_eq!(check["expected"]["verdict"], "fail");
    assert_eq!(check["seen"]["verdict"], "pass");
    assert_eq!(check["differences"][0]["what"], "verdict");
    assert!(check["seen"]["evidence"][0]["fact"].is_string());
}

#[test]
fn cases_are_found_beside_the_profile_or_where_they_are_named() {
    let (folder, source) = folder(FIRST);
    let cases = folder.path().join("cases");
    fs::create_dir(&cases).unwrap();
    let path = cases.to_str().unwrap();
    let none = test(&source, &["--cases", path]);
    assert_eq!(none.code, 2);
    assert!(
        none.err.contains("holds no file that ends in .test.yaml"),
        "{}",
        none.err
    );
    fs::write(cases.join("a.test.yaml"), FIRST).unwrap();
    fs::write(cases.join("b.test.yml"), FIRST).unwrap();
    fs::write(cases.join("notes.yaml"), "no case").unwrap();
    let ran = test(&source, &["--cases", path]);
    assert!(ran.out.contains("3 cases"), "{}{}", ran.out, ran.err);
    fs::remove_file(folder.path().join("mine.test.yaml")).unwrap();
    let none = test(&source, &[]);
    assert_eq!(none.code, 2);
    assert!(
        none.err.contains("there are no cases: write them into")
            && none.err.contains("mine.test.yaml"),
        "{}",
        none.err
    );
    let none = test(&source, &["--cases", "nowhere.yaml"]);
    assert_eq!(none.code, 2);
    assert!(
        none.err.contains("cannot read nowhere.yaml"),
        "{}",
        none.err
    );
}

#[test]
fn what_cannot_run_is_refused_in_a_sentence() {
    let (folder, source) = folder(FIRST);
    let ran = test(&source, &["--check", "14"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("my-nodes has no check 14"), "{}", ran.err);
    // A mistake in the profile is the profile's.
    fs::write(&source, PROFILE.replace("mode: 600", "mode: 9")).unwrap();
    let ran = test(&source, &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("mine.yaml:11:15: `9` is no mode"),
        "{}",
        ran.err
    );
    let cases = folder.path().join("mine.test.yaml");
    let cases = ["--cases", cases.to_str().unwrap()];
    for (component, code) in [
        ("imports-wasi", "imports-wasi"),
        ("ungranted-import", "ungranted-import"),
    ] {
        let ran = test(&guest(component), &cases);
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(ran.err.contains(&format!("[{code}]")), "{}", ran.err);
    }
    let nothing = folder.path().join("nothing.wasm");
    let ran = test(&nothing, &cases);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("cannot read"), "{}", ran.err);
}

#[test]
fn what_may_run_in_a_scan_may_run_here() {
    let (folder, source) = folder(FIRST);
    let policy = folder.path().join("trust.toml");
    let key = folder.path().join("author.key");
    let words = ["key", "generate", "-o"].map(OsStr::new);
    let ran = cisb(words.into_iter().chain([key.as_os_str()]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let public = folder.path().join("author.pub");
    let words = ["key", "trust", "--trust"].map(OsStr::new);
    let words = words
        .into_iter()
        .chain([policy.as_os_str(), public.as_os_str()]);
    let ran = cisb(words.chain(["--name", "author", "--role", "publisher"].map(OsStr::new)));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = test(&source, &["--trust", policy.to_str().unwrap()]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("[unsigned]"), "{}", ran.err);
    // And sees what it may see in a scan.
    let grants = folder.path().join("grants.toml");
    fs::write(&grants, "[[grant]]\nprofile = \"my-*\"\n").unwrap();
    let ran = test(&source, &["--grants", grants.to_str().unwrap()]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("is not granted"), "{}", ran.out);
}

#[test]
fn an_author_s_mistake_is_told_with_its_place_its_cause_and_its_cure() {
    let (_folder, profile) = folder("");
    let mut count = 0;
    for entry in workspace().path(MISTAKES).read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "yaml") {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        let source = format!("{MISTAKES}/{name}");
        let ran = test(&profile, &["--cases", &source]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.err);
        assert_eq!(ran.out, "", "{name}");
        let place = ran.err.strip_prefix(&format!("{source}:"));
        assert!(place.is_some(), "{name}: {}", ran.err);
        let golden = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some_and(|it| it == "1") {
            fs::write(&golden, &ran.err).unwrap();
        }
        let wanted = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(ran.err, wanted, "{name}: BLESS=1 writes what is said");
        count += 1;
    }
    assert!(count >= 25, "{count}");
}

#[test]
fn the_schema_of_cases_is_published_with_words_for_each_member() {
    let ran = cisb(["schema", "cases"]);
    assert_eq!(ran.code, 0);
    let schema: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(schema["title"], "cisb cases");
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, definition) in definitions.iter().chain([(&"cases".to_owned(), &schema)]) {
        let members = definition["properties"].as_object().into_iter().flatten();
        for (member, part) in members {
            assert!(part["description"].is_string(), "{name} {member}");
        }
        if definition["properties"].is_object() {
            assert_eq!(definition["additionalProperties"], false, "{name}");
        }
    }
    for rust in ["[`", "null", "uint", "Option"] {
        assert!(!ran.out.contains(rust), "{rust}");
    }
}

/// The cases of the page run against its profile.
#[test]
fn what_the_page_shows_holds() {
    let page = fs::read_to_string(workspace().path("docs/src/testing.md")).unwrap();
    let blocks = page.split("```yaml\n").skip(1);
    let blocks: Vec<&str> = blocks
        .map(|block| block.split_once("```").unwrap().0)
        .collect();
    let (cases, profiles): (Vec<&str>, Vec<&str>) = blocks
        .into_iter()
        .partition(|block| block.starts_with("cases:"));
    assert_eq!((cases.len(), profiles.len()), (3, 1));
    let (folder, source) = folder("");
    fs::write(&source, profiles[0]).unwrap();
    for case in cases {
        fs::write(folder.path().join("mine.test.yaml"), case).unwrap();
        let ran = test(&source, &[]);
        assert_eq!(ran.code, 0, "{case}\n{}{}", ran.out, ran.err);
    }
}

#[test]
fn a_tailored_profile_is_tested_as_it_was_tailored() {
    let (folder, source) = folder("");
    let component = folder.path().join("mine.wasm");
    let build = ["profile".as_ref(), "build".as_ref(), source.as_os_str()];
    assert_eq!(cisb(build).code, 0);
    let overlay = folder.path().join("site.yaml");
    let text = "\
extends: ./mine.wasm
id: site
title: What this site demands
version: 1.0.0
skip: [{check: \"2\", reason: nobody lists pods here}]
manual: [{check: \"1\", reason: our image differs}]
";
    fs::write(&overlay, text).unwrap();
    let cases = "\
cases:
  - name: open to others, which a person judges
    node: {files: {/etc/kubernetes/admin.conf: {mode: 644}}}
    expect:
      \"1\": {verdict: manual, reason: our image differs}
      \"2\": {verdict: manual, reason: nobody lists pods here}
";
    fs::write(folder.path().join("site.test.yaml"), cases).unwrap();
    let ran = test(&overlay, &["--check", "1,2", "--require-coverage"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(component.is_file());
    let check = ["profile".as_ref(), "check".as_ref(), overlay.as_os_str()];
    let ran = cisb(check);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}
