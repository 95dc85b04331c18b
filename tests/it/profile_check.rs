//! `cisb profile check`: every rule fires on a component that breaks it, and on
//! none of ours.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use cisb::author::conform::Rule;
use serde_json::{Value, json};
use xtask::component::add_manifest;
use xtask::guests::Guest;

use crate::harness::{Ran, cisb, guest, node, profile, profiles, workspace};

/// A check that leaves everything to a person, and so breaks no rule.
const ASKS: &str = r#"
(data (i32.const 256) "look")
(func (export "cisb:profile/checks@0.1.0#run") (param i32 i32 i32 i32) (result i32)
  (call $answer (i32.const 2) (i32.const 256) (i32.const 4) (i32.const 0)))
"#;

/// A component of a guest's text.
fn built(text: &str) -> Vec<u8> {
    let guest = Guest {
        name: "tried".to_owned(),
        text: format!(";; Tried.\n{text}"),
    };
    xtask::guests::build(workspace(), &guest).unwrap()
}

/// The same with a manifest that is changed.
fn said(change: &Value) -> Vec<u8> {
    built(&format!(";;! {change}\n{ASKS}"))
}

/// A custom section.
fn section(name: &str, data: &[u8]) -> Vec<u8> {
    let leb = |mut value: usize| {
        let mut bytes = Vec::new();
        while value > 127 {
            bytes.push(u8::try_from(value & 127).unwrap() | 128);
            value >>= 7;
        }
        bytes.push(u8::try_from(value).unwrap());
        bytes
    };
    let inside = [&*leb(name.len()), name.as_bytes(), data].concat();
    [&[0], &*leb(inside.len()), &inside].concat()
}

fn check(path: &Path, more: &[&str]) -> Ran {
    let words = ["profile".as_ref(), "check".as_ref(), path.as_os_str()];
    cisb(words.into_iter().chain(more.iter().map(OsStr::new)))
}

fn conformance(path: &Path, more: &[&str]) -> Value {
    let more = [more, &["--format", "json"]].concat();
    let ran = check(path, &more);
    let value: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    assert_eq!(ran.code, i32::from(value["errors"] != 0), "{value:#}");
    value
}

/// That of these rules, and no other beside metadata, something is wrong.
fn fires(bytes: &[u8], rules: &[&str], words: &str, more: &[&str]) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tried.wasm");
    fs::write(&path, bytes).unwrap();
    let found = conformance(&path, more);
    let complaints = found["complaints"].as_array().unwrap();
    let ids = complaints.iter().map(|c| c["rule"].as_str().unwrap());
    let ids: BTreeSet<String> = ids
        .filter(|id| *id != "metadata")
        .map(str::to_owned)
        .collect();
    let wanted: BTreeSet<String> = rules.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!(ids, wanted, "{found:#}");
    let told = complaints
        .iter()
        .any(|c| c["words"].as_str().unwrap().contains(words));
    assert!(told, "{words}: {found:#}");
    ids
}

/// Components that are wrong, the rules that they break, and words of it.
fn wrong() -> Vec<(Vec<u8>, Vec<&'static str>, &'static str)> {
    let file = |name: &str| fs::read(guest(name)).unwrap();
    let honest = || built(ASKS);
    let request = json!([{"id": "r", "paths": ["/etc/x"], "rights": ["stat"], "why": "w"}]);
    let check = |change: Value| {
        let mut whole = json!({"id": "1.1.1"});
        whole
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        said(&json!({"checks": [whole]}))
    };
    let manifest = json!({
        "schema": "cisb.manifest/0.1", "id": "small", "version": "1.0.0", "epoch": 1,
        "title": "t", "benchmark": {"name": "b", "version": "1", "kubernetes": ">=1.28"},
        "world": "cisb:profile/profile@0.1.0", "min-host": "0.1.0", "requests": {},
        "sections": [{"id": "1", "title": "s", "target": "node", "groups": [{"id": "1.1", "title": "g"}]}],
        "checks": [{"id": "1", "control": "c", "title": "t", "group": "1.1", "component": "k",
            "level": 1, "assessment": "automated", "severity": "low", "rationale": "r",
            "remediation": {"set": "s"}, "uses": []}],
    });
    let manifest = manifest.to_string();
    let hollow = r#"(component (instance $i) (export "cisb:profile/checks@0.1.0" (instance $i)))"#;
    let hollow = add_manifest(&wat::parse_str(hollow).unwrap(), manifest.as_bytes());
    let nothing = add_manifest(&wat::parse_str("(component)").unwrap(), manifest.as_bytes());
    let busy = ASKS.replace(
        "(result i32)\n",
        "(result i32)\n (local $left i32) (local.set $left (i32.const 80000000))\n (loop $more \
         (local.set $left (i32.sub (local.get $left) (i32.const 1))) (br_if $more (local.get $left)))\n",
    );
    let greedy = ASKS.replace(
        "(result i32)\n",
        "(result i32)\n (drop (memory.grow (i32.const 300)))\n",
    );
    let silent = ASKS.replace("(i32.const 4) (i32.const 0)", "(i32.const 0) (i32.const 0)");
    let home = concat!("/ho", "me/me/profile/src/lib.rs");
    let traced = ASKS.replace("\"look\"", &format!("\"look\\00 {home}\""));
    let loud = fs::read_to_string(workspace().path("tests/guests/log-flood.wat")).unwrap();
    let loud = loud.replace(
        "(call $pass)",
        "(call $answer (i32.const 2) (i32.const 256) (i32.const 8) (i32.const 0))",
    );
    vec![
        (
            b"\0asm\x01\0\0\0".to_vec(),
            vec!["component"],
            "a core WebAssembly module",
        ),
        (
            b"nothing".to_vec(),
            vec!["component"],
            "is not a WebAssembly component",
        ),
        (
            wat::parse_str("(component)").unwrap(),
            vec!["manifest"],
            "no `cisb:manifest` section",
        ),
        (
            add_manifest(&honest(), b"{}"),
            vec!["manifest"],
            "2 `cisb:manifest` sections",
        ),
        (check(json!({"level": 3})), vec!["manifest"], "the level 3"),
        (
            [honest(), section("fill", &vec![0; 5 << 20])].concat(),
            vec!["size"],
            "component-bytes",
        ),
        (nothing, vec!["world"], "it answers for no check"),
        (
            said(&json!({"world": "cisb:profile/profile@0.9.0"})),
            vec!["world"],
            "targets the world",
        ),
        (file("imports-wasi"), vec!["imports"], "no WASI"),
        (
            file("unknown-import"),
            vec!["imports"],
            "which cisb does not offer",
        ),
        (
            file("ungranted-import"),
            vec!["imports"],
            "requests nothing that opens it",
        ),
        (
            hollow,
            vec!["compiles"],
            "does not fit this host's contract",
        ),
        (
            said(&json!({"requests": {"files": request}})),
            vec!["request-import"],
            "does not import `cisb:host/files`",
        ),
        (
            said(&json!({"requests": {"files": request}, "checks": [{"id": "1.1.1", "uses": []}]})),
            vec!["request-import", "request-use"],
            "no check uses it",
        ),
        (
            said(
                &json!({"parameters": [{"name": "p", "type": "list", "default": "a", "description": "d"}]}),
            ),
            vec!["parameter"],
            "its default \"a\" is not a list of texts",
        ),
        (
            [honest(), section("version", b"7.0.0")].concat(),
            vec!["version"],
            "the section says 7.0.0",
        ),
        (built(&traced), vec!["machine-path"], "profile/src/lib.rs"),
        (
            check(json!({"title": " "})),
            vec!["title"],
            "it has no title",
        ),
        (
            check(json!({"title": "It is (Automated)"})),
            vec!["title"],
            "ends in (Automated)",
        ),
        (
            check(json!({"rationale": ""})),
            vec!["rationale"],
            "why it matters",
        ),
        (
            check(json!({"remediation": {"set": ""}})),
            vec!["remediation"],
            "what to do",
        ),
        (file("loop-in-check"), vec!["answer"], "used up its budget"),
        (
            file("unknown-check"),
            vec!["answer"],
            "does not know this check",
        ),
        (
            file("trap-in-one-check"),
            vec!["answer", "guess"],
            "it stopped itself",
        ),
        (
            file("honest"),
            vec!["guess"],
            "it answers pass where nothing can be read",
        ),
        (
            file("invented-observation"),
            vec!["evidence"],
            "makes things up",
        ),
        (
            file("pass-without-evidence"),
            vec!["evidence"],
            "cites no observation",
        ),
        (
            built(&silent),
            vec!["reason"],
            "it answers manual without a reason",
        ),
        (
            built(&busy),
            vec!["fuel"],
            "more than half of 500000000 fuel",
        ),
        (
            built(&greedy),
            vec!["memory"],
            "more than half of 33554432 bytes",
        ),
        (built(&loud), vec!["log"], "logs more than is kept"),
    ]
}

#[test]
fn every_rule_fires_on_what_breaks_it_and_on_nothing_else() {
    // No guest says who made it.
    let found = conformance(&guest("honest"), &[]);
    let metadata = found["complaints"].as_array().unwrap().iter();
    let metadata: Vec<&Value> = metadata.filter(|c| c["rule"] == "metadata").collect();
    assert!(
        metadata
            .iter()
            .any(|c| c["words"] == "no section `licenses` says its licence")
    );
    let mut fired = BTreeSet::from(["metadata".to_owned()]);
    for (bytes, rules, words) in wrong() {
        fired.extend(fires(&bytes, &rules, words, &[]));
    }
    // What a component asks for and does not use is told where a record is given.
    let asks = json!({"requests": {"processes": [{"id": "p", "executables": ["x"], "why": "w"}]}});
    let import = "(import \"cisb:host/processes@0.1.0\" \"find\" (func $find (param i32 i32 i32)))";
    let idle = built(&format!(";;! {asks}\n{import}\n{ASKS}"));
    assert!(fires(&idle, &[], "", &[]).is_empty());
    let record = node("kubeadm-worker");
    let more = ["--node", record.to_str().unwrap()];
    fired.extend(fires(
        &idle,
        &["request-asked"],
        "no check asked by it",
        &more,
    ));
    // A sandbox gives a guest nothing to differ by; a test beside the rule does.
    fired.insert("same".to_owned());
    let all: BTreeSet<String> = Rule::ALL.iter().map(|rule| rule.id().to_owned()).collect();
    assert_eq!(fired, all);
}

#[test]
fn none_of_our_profiles_breaks_a_rule() {
    let mut count = 0;
    for entry in profiles().read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "wasm") {
            continue;
        }
        let found = conformance(&path, &[]);
        assert_eq!(found["errors"], 0, "{found:#}");
        let complaints = found["complaints"].as_array().unwrap();
        assert!(complaints.is_empty(), "{}: {found:#}", path.display());
        assert_eq!(found["nodes"].as_array().unwrap().len(), 2);
        count += 1;
    }
    assert!(count >= 46, "{count}");
}

#[test]
fn our_profiles_answer_on_recorded_nodes_too() {
    let nodes = ["kubeadm-control-plane", "kubeadm-weak"].map(node);
    let nodes = nodes
        .iter()
        .flat_map(|path| ["--node", path.to_str().unwrap()]);
    let found = conformance(&profile("cis-1.12"), &nodes.collect::<Vec<_>>());
    assert_eq!(found["errors"], 0, "{found:#}");
    assert_eq!(found["nodes"].as_array().unwrap().len(), 4);
    let rules = found["complaints"].as_array().unwrap().iter();
    let rules: Vec<&str> = rules.map(|c| c["rule"].as_str().unwrap()).collect();
    assert!(
        rules.iter().all(|rule| *rule == "request-asked"),
        "{found:#}"
    );
}

#[test]
fn a_profile_in_yaml_is_checked_as_it_is_built() {
    let source = workspace().path("docs/examples/node-hygiene.yaml");
    let ran = check(&source, &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    for line in [
        "warning [remediation] it does not say what to do",
        "  of 1.1.2, 1.1.3,",
        "node-hygiene 1.0.0: 23 rules, 2 nodes, 0 errors, 2 warnings",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
    let strict = check(&source, &["--strict"]);
    assert_eq!((strict.code, &strict.out), (1, &ran.out));
}

#[test]
fn what_a_site_refuses_is_not_judged() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join("cisb.lock");
    let other = profile("cis-1.10");
    let words = ["lock", "--profile"].map(OsStr::new);
    let words = words
        .into_iter()
        .chain([other.as_os_str(), "--lock".as_ref(), lock.as_os_str()]);
    let ran = cisb(words);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = check(&profile("cis-1.12"), &["--lock", lock.to_str().unwrap()]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{}", ran.err);
    assert!(ran.err.contains("[not-pinned]"), "{}", ran.err);
    let ran = check(&other, &["--node", "nowhere"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("nowhere"), "{}", ran.err);
}

#[test]
fn every_rule_is_documented() {
    let path = workspace().path("docs/src/testing.md");
    let (begin, end) = ("<!-- rules -->\n", "<!-- end of rules -->");
    let text = fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once(begin).unwrap();
    let (_, tail) = rest.split_once(end).unwrap();
    let mut table = "\n| rule | | it demands that | to mend it |\n|---|---|---|---|\n".to_owned();
    for rule in Rule::ALL {
        table += &format!(
            "| `{}` | {} | {} | {} |\n",
            rule.id(),
            rule.severity().word(),
            rule.demand(),
            rule.cure()
        );
    }
    let wanted = format!("{head}{begin}{table}\n{end}{tail}");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap();
    assert_eq!(
        found,
        wanted,
        "BLESS=1 writes the table of {}",
        path.display()
    );
}

/// What `cisb profile bench` says of the example on a record.
fn bench(profile: &Path, more: &[&str]) -> Ran {
    let record = node("kubeadm-control-plane");
    let words = ["profile".as_ref(), "bench".as_ref(), profile.as_os_str()];
    let words = words
        .into_iter()
        .chain(["--node".as_ref(), record.as_os_str()]);
    cisb(words.chain(more.iter().map(OsStr::new)))
}

#[test]
fn fuel_is_told_check_by_check_and_is_the_same_each_time() {
    let source = workspace().path("docs/examples/node-hygiene.yaml");
    let measure = || -> Value {
        let ran = bench(&source, &["--format", "json"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        serde_json::from_str(&ran.out).unwrap()
    };
    let (first, second) = (measure(), measure());
    let fuel = |of: &Value| -> Vec<(String, u64)> {
        let checks = of["checks"].as_array().unwrap().iter();
        let one = |c: &Value| {
            (
                c["check"].as_str().unwrap().to_owned(),
                c["fuel"].as_u64().unwrap(),
            )
        };
        checks.map(one).collect()
    };
    assert_eq!(fuel(&first), fuel(&second));
    assert_eq!(fuel(&first).len(), 13);
    assert!(fuel(&first).is_sorted_by_key(|(_, fuel)| std::cmp::Reverse(*fuel)));
    let sum: u64 = fuel(&first).iter().map(|(_, fuel)| fuel).sum();
    assert_eq!(first["totalFuel"], sum);
    assert!(first["memoryPeak"].as_u64().unwrap() >= 1 << 20);
    let text = bench(&source, &[]).out;
    let (dearest, costs) = &fuel(&first)[0];
    let line = text.lines().nth(1).unwrap();
    assert!(
        line.starts_with(dearest) && line.contains(&costs.to_string()),
        "{text}"
    );
    assert!(
        text.contains(&format!("{sum} fuel for 13 checks")),
        "{text}"
    );
}

#[test]
fn growth_over_a_baseline_fails() {
    let source = workspace().path("docs/examples/node-hygiene.yaml");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("before.json");
    let told = bench(&source, &["--format", "json"]).out;
    fs::write(&path, &told).unwrap();
    let baseline = path.to_str().unwrap();
    let same = bench(&source, &["--baseline", baseline, "--fail-over", "0"]);
    assert_eq!(same.code, 0, "{}", same.err);
    assert!(same.out.contains("+0.0%"), "{}", same.out);
    // A check that took a tenth less before, and one that was not there.
    let mut before: Value = serde_json::from_str(&told).unwrap();
    let fuel = before["checks"][0]["fuel"].as_u64().unwrap();
    before["checks"][0]["fuel"] = (fuel * 10 / 11).into();
    before["checks"].as_array_mut().unwrap().pop();
    fs::write(&path, before.to_string()).unwrap();
    let grown = bench(&source, &["--baseline", baseline, "--fail-over", "5"]);
    assert_eq!(grown.code, 1, "{}", grown.err);
    let told = format!("takes {fuel} fuel instead of {}", fuel * 10 / 11);
    assert!(
        grown.err.contains(&told) && grown.err.contains("+10.0%"),
        "{}",
        grown.err
    );
    assert!(grown.out.contains("new"), "{}", grown.out);
    assert_eq!(
        bench(&source, &["--baseline", baseline, "--fail-over", "11"]).code,
        0
    );
    // Without a limit, growth is told and fails nothing.
    assert_eq!(bench(&source, &["--baseline", baseline]).code, 0);
    before["profile"] = "other".into();
    fs::write(&path, before.to_string()).unwrap();
    let other = bench(&source, &["--baseline", baseline]);
    assert_eq!(other.code, 2);
    assert!(
        other.err.contains("the baseline is of the profile other"),
        "{}",
        other.err
    );
    fs::write(&path, "{}").unwrap();
    let other = bench(&source, &["--baseline", baseline]);
    assert_eq!(other.code, 2);
    assert!(
        other
            .err
            .contains("is not what `cisb profile bench` prints"),
        "{}",
        other.err
    );
    let refused = bench(&guest("imports-wasi"), &[]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    let usage = bench(&source, &["--fail-over", "5"]);
    assert_eq!(usage.code, 2, "{}", usage.err);
}
