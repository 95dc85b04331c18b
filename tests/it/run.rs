//! `cisb run` in the place of kube-bench: a pipeline that called the one calls
//! the other, and still passes, fails and parses.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::{NOW, Ran, Record, cis, cisb, guest, node, run, scan, workspace};
use crate::xml::Element;

/// `cisb run` of a profile on a record.
fn run_of(profile: &Path, node: &Path, more: &[&str]) -> Ran {
    let mut args: Vec<&OsStr> = vec!["run".as_ref(), "--profile".as_ref(), profile.as_ref()];
    args.extend([OsStr::new("--node"), node.as_ref()]);
    args.extend(["--now", NOW].map(OsStr::new));
    args.extend(more.iter().map(OsStr::new));
    cisb(args)
}

/// On a control plane.
fn on_control_plane(more: &[&str]) -> Ran {
    run_of(&cis(), &node("kubeadm-control-plane"), more)
}

/// With variables in the environment.
fn with_variables(variables: &[&str], args: &[&str]) -> Ran {
    let program = workspace().cisb();
    let mut words = vec!["/usr/bin/env"];
    words.extend(variables);
    words.push(program.to_str().unwrap());
    words.extend(args);
    run(&words)
}

#[track_caller]
fn is_usage(ran: &Ran, needles: &[&str]) {
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.is_empty(), "{ran:?}");
    for needle in needles {
        assert!(ran.err.contains(needle), "{needle}: {}", ran.err);
    }
}

/// Id and state of each check of a text.
fn states(text: &str) -> Vec<(String, String)> {
    let mut states = Vec::new();
    for line in text.lines() {
        let Some((state, rest)) = line.strip_prefix('[').and_then(|l| l.split_once("] ")) else {
            continue;
        };
        if rest.ends_with(" (Automated)") || rest.ends_with(" (Manual)") {
            let id = rest.split(' ').next().unwrap();
            states.push((id.to_owned(), state.to_owned()));
        }
    }
    states
}

/// The checks of a JSON output.
fn results(output: &Value) -> Vec<&Value> {
    let controls = output.get("Controls").unwrap_or(output);
    controls
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|controls| controls["tests"].as_array().into_iter().flatten())
        .flat_map(|group| group["results"].as_array().unwrap())
        .collect()
}

fn ids(ran: &Ran) -> Vec<String> {
    let output = ran.report();
    results(&output)
        .iter()
        .map(|check| check["test_number"].as_str().unwrap().to_owned())
        .collect()
}

/// Every kind of object in a JSON text: its keys in the order in which they stand.
fn shapes(text: &str) -> Vec<Vec<String>> {
    let (mut shapes, mut open): (Vec<Vec<String>>, Vec<Vec<String>>) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}', '"']) {
        let c = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        match c {
            b'{' => open.push(Vec::new()),
            b'}' => shapes.push(open.pop().unwrap()),
            _ => {
                let mut end = 0;
                while rest.as_bytes()[end] != b'"' {
                    end += if rest.as_bytes()[end] == b'\\' { 2 } else { 1 };
                }
                if rest[end + 1..].starts_with(':') {
                    open.last_mut().unwrap().push(rest[..end].to_owned());
                }
                rest = &rest[end + 1..];
            }
        }
    }
    shapes.sort();
    shapes.dedup();
    shapes
}

const TOTALS: &[&str] = &["total_pass", "total_fail", "total_warn", "total_info"];
const GROUP: &[&str] = &[
    "section", "type", "pass", "fail", "warn", "info", "desc", "results",
];
const CONTROLS: &[&str] = &[
    "id",
    "version",
    "detected_version",
    "text",
    "node_type",
    "tests",
    "total_pass",
    "total_fail",
    "total_warn",
    "total_info",
];
const CHECK: &[&str] = &[
    "test_number",
    "test_desc",
    "audit",
    "AuditEnv",
    "AuditConfig",
    "type",
    "remediation",
    "test_info",
    "status",
    "actual_value",
    "scored",
    "IsMultiple",
    "expected_result",
];

fn expected_shapes(top: bool) -> Vec<Vec<String>> {
    let owned = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    let mut with_reason = owned(CHECK);
    with_reason.push("reason".to_owned());
    let mut shapes = vec![owned(CONTROLS), owned(GROUP), owned(CHECK), with_reason];
    if top {
        shapes.extend([owned(&["Controls", "Totals"]), owned(TOTALS)]);
    }
    shapes.sort();
    shapes
}

#[test]
fn json_has_every_check_of_the_profile_in_the_shape_of_kube_bench() {
    let ran = on_control_plane(&["--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out.lines().count(), 1);
    assert!(ran.out.ends_with("}\n") && !ran.out.contains(['<', '>', '&']));
    assert_eq!(shapes(&ran.out), expected_shapes(true));
    let profile = cisb([
        "profile".as_ref(),
        "inspect".as_ref(),
        cis().as_os_str(),
        "--format".as_ref(),
        "json".as_ref(),
    ]);
    let manifest = profile.report();
    let declared: Vec<String> = manifest["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["id"].as_str().unwrap().to_owned())
        .collect();
    let mut found = ids(&ran);
    assert_eq!(found.len(), 130);
    assert_eq!(found, declared, "in the benchmark's order");
    found.dedup();
    assert_eq!(found.len(), 130);

    let output = ran.report();
    let targets: Vec<_> = output["Controls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| {
            assert_eq!(c["version"], "cis-1.10");
            (c["id"].as_str().unwrap(), c["node_type"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        targets,
        [
            ("1", "master"),
            ("2", "etcd"),
            ("3", "controlplane"),
            ("4", "node"),
            ("5", "policies")
        ]
    );
    // Counts are those of what is counted, at every level.
    let count = |checks: &[&Value], state: &str| {
        checks
            .iter()
            .filter(|check| check["status"] == state)
            .count() as u64
    };
    let all = results(&output);
    for state in ["PASS", "FAIL", "WARN", "INFO"] {
        let key = format!("total_{}", state.to_lowercase());
        assert_eq!(output["Totals"][&key], count(&all, state), "{state}");
        for controls in output["Controls"].as_array().unwrap() {
            let one = Value::from(vec![controls.clone()]);
            assert_eq!(controls[&key], count(&results(&one), state));
            for group in controls["tests"].as_array().unwrap() {
                let checks: Vec<&Value> = group["results"].as_array().unwrap().iter().collect();
                assert_eq!(group[state.to_lowercase()], count(&checks, state));
            }
        }
    }
    for check in all {
        assert_eq!(check["test_info"][0], check["remediation"]);
        assert_eq!(
            check.get("reason").is_some(),
            check["status"] != "PASS",
            "{check}"
        );
    }
}

#[test]
fn without_totals_json_is_the_list() {
    let whole = on_control_plane(&["--json"]).report();
    let ran = on_control_plane(&["--json", "--nototals", "--noresults"]);
    assert_eq!(ran.report(), whole["Controls"]);
    assert_eq!(shapes(&ran.out), expected_shapes(false));
}

#[test]
fn a_target_without_a_selected_check_is_there_and_null() {
    let ran = on_control_plane(&["--json", "-s", "etcd,node", "-c", "4.2.1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let output = ran.report();
    assert_eq!(output["Controls"][0]["node_type"], "etcd");
    assert!(output["Controls"][0]["tests"].is_null());
    assert_eq!(ids(&ran), ["4.2.1"]);
}

#[test]
fn states_are_the_same_in_every_output() {
    let text = on_control_plane(&[]);
    let expected = states(&text.out);
    assert_eq!(expected.len(), 130);
    let json = on_control_plane(&["--json"]).report();
    let of_json: Vec<(String, String)> = results(&json)
        .iter()
        .map(|check| {
            let word = |key: &str| check[key].as_str().unwrap().to_owned();
            (word("test_number"), word("status"))
        })
        .collect();
    assert_eq!(of_json, expected);
    let junit = Element::read(&on_control_plane(&["--junit"]).out);
    let mut of_junit = Vec::new();
    for suite in junit.all("testsuite") {
        for case in suite.all("testcase") {
            let check: Value =
                serde_json::from_str(&case.all("system-out").next().unwrap().text).unwrap();
            let id = case.attribute("name").split(' ').next().unwrap();
            assert_eq!(check["test_number"], id);
            of_junit.push((id.to_owned(), check["status"].as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(of_junit, expected);
    // Counts at the end of the text are those of its lines.
    for state in ["PASS", "FAIL", "WARN", "INFO"] {
        let counted = expected.iter().filter(|(_, s)| s == state).count();
        let total = text.out.split("== Summary total ==\n").nth(1).unwrap();
        assert!(total.contains(&format!("{counted} checks {state}\n")));
    }
}

#[test]
fn junit_is_kube_bench_s() {
    let ran = on_control_plane(&["--junit", "--json", "--targets", "node"]);
    assert_eq!(ran.code, 0);
    let root = Element::read(&ran.out);
    assert_eq!((root.name.as_str(), root.names().len()), ("testsuites", 0));
    assert_eq!(root.children.len(), 1);
    let suite = &root.children[0];
    assert_eq!(
        suite.names(),
        ["name", "tests", "failures", "errors", "time"]
    );
    let cases: Vec<_> = suite.all("testcase").collect();
    assert_eq!(suite.attribute("tests"), cases.len().to_string());
    let failed = cases.iter().filter(|case| case.all("failure").count() == 1);
    assert_eq!(suite.attribute("failures"), failed.count().to_string());
    assert_eq!(suite.attribute("errors"), "0");
    for case in cases {
        assert_eq!(case.names(), ["name", "classname", "time"]);
        let check: Value =
            serde_json::from_str(&case.all("system-out").next().unwrap().text).unwrap();
        let children: Vec<_> = case.children.iter().map(|c| c.name.as_str()).collect();
        match check["status"].as_str().unwrap() {
            "PASS" => assert_eq!(children, ["system-out"]),
            "FAIL" => {
                assert_eq!(children, ["failure", "system-out"]);
                assert_eq!(case.children[0].names(), ["type"]);
                assert_eq!(check["remediation"], *case.children[0].text);
            }
            _ => {
                assert_eq!(children, ["skipped", "system-out"]);
                assert!(case.children[0].attributes.is_empty());
            }
        }
    }
}

const ARN: &str = "arn:aws:eks:eu-central-1:123456789012:cluster/prod";

#[test]
fn asff_is_a_list_of_findings_and_nothing_is_sent() {
    let profile = cis();
    let node = node("kubeadm-control-plane");
    let args = [
        "run",
        "--asff",
        "--profile",
        profile.to_str().unwrap(),
        "--node",
        node.to_str().unwrap(),
        "--now",
        NOW,
        "--skip",
        "2",
    ];
    let arn = format!("KUBE_BENCH_CLUSTER_ARN={ARN}");
    let variables = [
        arn.as_str(),
        "KUBE_BENCH_AWS_ACCOUNT=000000000001",
        "KUBE_BENCH_AWS_REGION=eu-west-1",
        "KUBE_BENCH_NODE_NAME=n1",
    ];
    let ran = with_variables(&variables, &args);
    assert_eq!(ran.code, 0, "{ran:?}");
    let list = ran.report();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 123, "seven are skipped");
    for finding in list {
        let keys: Vec<&String> = finding.as_object().unwrap().keys().collect();
        assert_eq!(keys.len(), 17, "{keys:?}");
        assert_eq!(finding["SchemaVersion"], "2018-10-08");
        assert_eq!(finding["AwsAccountId"], "000000000001");
        assert_eq!(finding["ProductFields"]["Node"], "n1");
        assert_eq!(finding["Resources"][0]["Id"], ARN);
        let length = |pointer: &str, most: usize| {
            let text = finding.pointer(pointer).unwrap().as_str().unwrap();
            assert!((1..=most).contains(&text.chars().count()), "{pointer}");
        };
        length("/Id", 512);
        length("/GeneratorId", 512);
        length("/Title", 256);
        length("/Description", 1024);
        length("/Remediation/Recommendation/Text", 512);
        let passed = finding["Compliance"]["Status"] == "PASSED";
        assert_eq!(passed, finding["ProductFields"]["Verdict"] == "pass");
    }
    let failed = list
        .iter()
        .filter(|f| f["Compliance"]["Status"] == "FAILED");
    assert!(failed.count() >= 9);
    is_usage(&with_variables(&[], &args), &["KUBE_BENCH_CLUSTER_ARN"]);
    let wrong = with_variables(&["KUBE_BENCH_CLUSTER_ARN=prod"], &args);
    is_usage(&wrong, &["`prod` is not the ARN"]);
}

#[test]
fn text_is_made_of_parts() {
    let parts = |more: &[&str]| {
        let more = [&["-s", "master,etcd"], more].concat();
        let ran = on_control_plane(&more);
        assert_eq!(ran.code, 0, "{ran:?}");
        [
            "[INFO] 1 ",
            "== Remediations master ==",
            "== Summary master ==",
            "== Summary total ==",
        ]
        .map(|line| ran.out.lines().any(|l| l.starts_with(line)))
    };
    assert_eq!(parts(&[]), [true; 4]);
    assert_eq!(parts(&["--noresults"]), [false, true, true, true]);
    assert_eq!(parts(&["--noremediations"]), [true, false, true, true]);
    assert_eq!(parts(&["--nosummary"]), [true, true, false, true]);
    assert_eq!(parts(&["--nototals"]), [true, true, true, false]);
    assert_eq!(parts(&["--nototals=false"]), [true; 4]);
    // What was seen, beneath what failed and nothing else.
    let ran = on_control_plane(&["--include-test-output"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    let mut seen = 0;
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with("\t ") {
            seen += 1;
            assert!(lines[at - 1].starts_with("[FAIL] "), "{}", lines[at - 1]);
        }
    }
    assert!(seen > 0);
    assert!(!on_control_plane(&[]).out.contains("\n\t"));
}

#[test]
fn what_is_not_a_pass_says_why() {
    let ran = on_control_plane(&[]);
    let lines: Vec<&str> = ran.out.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let is_check = line.ends_with(" (Automated)") || line.ends_with(" (Manual)");
        if is_check && !line.starts_with("[PASS]") {
            assert!(lines[at + 1].starts_with("       "), "{line}");
        }
    }
}

#[test]
fn failures_count_only_where_a_code_is_given() {
    for (more, code) in [
        (&["--exit-code", "42"][..], 42),
        (&["--exit-code=1"], 1),
        (&["--exit-code", "0"], 0),
        (&[], 0),
        (&["--exit-code", "42", "-c", "1.1.1"], 0),
        (&["--exit-code", "42", "-c", "1.1.12", "--json"], 42),
        (&["--exit-code", "42", "-c", "1.1.12", "--junit"], 42),
        (
            &[
                "--exit-code",
                "42",
                "-c",
                "1.1.12,1.1.1",
                "--skip",
                "1.1.12",
            ],
            0,
        ),
        // What is not scored is WARN.
        (&["--exit-code", "42", "-c", "1.1.20"], 0),
    ] {
        let ran = on_control_plane(more);
        assert_eq!(ran.code, code, "{more:?}: {}", ran.err);
    }
}

#[test]
fn what_nobody_could_see_is_no_success() {
    // A worker has no control plane: unasked that is INFO, asked for it is not done.
    let worker = |more: &[&str]| run_of(&cis(), &node("kubeadm-worker"), more);
    let ran = worker(&[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = worker(&["--targets", "master,node"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(
        ran.err.contains("target master was asked for"),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("== Summary node =="));
    // A file that nobody could read is WARN, and keeps a gate shut.
    let mut record = Record::of("kubeadm-worker");
    for entry in record.node()["entries"]
        .as_object_mut()
        .unwrap()
        .values_mut()
    {
        if entry["kind"] == "file" {
            entry["error"] = "not-permitted".into();
        }
    }
    let blind = |more: &[&str]| run_of(&cis(), record.path(), more);
    let chosen = ["-c", "4.1.5,4.2.1", "--exit-code"];
    let ran = blind(&[&chosen[..], &["0"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<&str> = ran.out.lines().collect();
    let at = lines.iter().position(|l| l.starts_with("[WARN] 4.2.1 "));
    assert!(
        lines[at.unwrap() + 1].contains("not assessed: "),
        "{}",
        ran.out
    );
    let ran = blind(&[&chosen[..], &["1"]].concat());
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(
        ran.err.contains("1 check could not be assessed: 4.2.1"),
        "{}",
        ran.err
    );
    // What is not scored would not have closed it either.
    let ran = blind(&["-c", "4.1.5,4.1.7", "--exit-code", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("1 check was not assessed"), "{}", ran.err);
    // Nothing at all.
    let empty = run_of(&cis(), Record::new().path(), &["--json"]);
    assert_eq!(empty.code, 4, "{}", empty.err);
    assert!(empty.err.contains("nothing was assessed"), "{}", empty.err);
    // Policies by name and no API.
    let ran = worker(&["-s", "policies"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
}

#[test]
fn a_refused_profile_prints_nothing_that_looks_clean() {
    for (name, words) in [("imports-wasi", "WASI"), ("core", "core.wasm")] {
        let folder = tempfile::tempdir().unwrap();
        let profile = match name {
            "core" => folder.path().join("core.wasm"),
            name => guest(name),
        };
        if name == "core" {
            std::fs::write(&profile, "not a component").unwrap();
        }
        for format in ["--json", "--junit", "--nototals"] {
            let ran = run_of(&profile, Record::new().path(), &[format]);
            assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{ran:?}");
            assert!(ran.err.contains(words), "{}", ran.err);
        }
    }
    // What another profile found is printed, and the code is the same.
    let refused = guest("imports-wasi");
    let ran = on_control_plane(&["--profile", refused.to_str().unwrap(), "--json"]);
    assert_eq!(ran.code, 3);
    assert_eq!(ids(&ran).len(), 130);
}

#[test]
fn checks_are_chosen_as_with_kube_bench() {
    let chosen = |more: &[&str]| {
        let ran = on_control_plane(&[&["--json"], more].concat());
        assert!(ran.code == 0, "{more:?}: {ran:?}");
        ids(&ran)
    };
    assert_eq!(chosen(&["-c", "4.2.1, 1.1.1"]), ["1.1.1", "4.2.1"]);
    assert_eq!(chosen(&["--check", ""]).len(), 130);
    assert_eq!(chosen(&["--group=1.4"]), ["1.4.1", "1.4.2"]);
    assert_eq!(chosen(&["-g", "2"]).len(), 7);
    assert_eq!(chosen(&["-g", "1"]).len(), 59);
    assert_eq!(chosen(&["-s", "etcd"]).len(), 7);
    assert_eq!(chosen(&["-s", "etcd", "-s", "node"]).len(), 31);
    let (scored, unscored) = (chosen(&["--unscored=false"]), chosen(&["--scored=false"]));
    // What the benchmark's own files say.
    assert_eq!((scored.len(), unscored.len()), (64, 66));
    assert!(!scored.iter().any(|id| unscored.contains(id)));
    assert_eq!(chosen(&["--scored", "--unscored"]).len(), 130);
    is_usage(
        &on_control_plane(&["--scored=false", "--unscored=0"]),
        &["leave no check"],
    );
}

#[test]
fn what_is_skipped_stays_as_info() {
    let ran = on_control_plane(&["--json", "--skip", "1.1.1, 1.4,2"]);
    assert_eq!(ran.code, 0);
    let output = ran.report();
    let all = results(&output);
    assert_eq!(all.len(), 130);
    let skipped: Vec<_> = all
        .iter()
        .filter(|check| check["type"] == "skip")
        .map(|check| {
            assert_eq!(check["status"], "INFO");
            check["test_number"].as_str().unwrap()
        })
        .collect();
    assert_eq!(
        skipped,
        [
            "1.1.1", "1.4.1", "1.4.2", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7"
        ]
    );
    // Lists are shared among benchmarks: a name that this one lacks is said.
    let ran = on_control_plane(&["--json", "--skip", "1.1.1,1.1.99"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.err
            .contains("--skip names 1.1.99, which no profile has"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("did you mean 1.1."), "{}", ran.err);
}

#[test]
fn unknown_names_are_errors() {
    is_usage(
        &on_control_plane(&["-c", "1.2.66"]),
        &["no check `1.2.66`", "1.2.6,"],
    );
    is_usage(&on_control_plane(&["-g", "1.9"]), &["no group `1.9`"]);
    is_usage(
        &on_control_plane(&["-s", "worker"]),
        &["no target `worker`"],
    );
    is_usage(
        &on_control_plane(&["-s", "Master"]),
        &["did you mean master"],
    );
    is_usage(
        &on_control_plane(&["-c", "1.1.1", "-g", "1.1"]),
        &["--group", "cannot be used with"],
    );
    is_usage(&on_control_plane(&["--pgsql"]), &["--outputfile FILE"]);
    is_usage(&on_control_plane(&["-v", "3"]), &["--log debug"]);
    is_usage(&on_control_plane(&["master"]), &["--targets master"]);
    is_usage(&on_control_plane(&["--jsno"]), &["--json"]);
    is_usage(&on_control_plane(&["--exit-code", "-1"]), &["-1"]);
}

#[test]
fn profiles_are_found_by_id_and_by_version() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    symlink(cis(), folder.path().join("cis-1.10.wasm")).unwrap();
    std::fs::write(folder.path().join("broken-1.0.wasm"), "no component").unwrap();
    let node = node("kubeadm-control-plane");
    let of = |variables: &[&str], more: &[&str]| {
        let args = [
            "run",
            "--json",
            "-s",
            "etcd",
            "--node",
            node.to_str().unwrap(),
        ];
        with_variables(variables, &[&args[..], more].concat())
    };
    for more in [
        &["--benchmark", "cis-1.10"][..],
        &["--version", "1.30"],
        &["--version", "v1.28.3"],
    ] {
        let ran = of(&[], &[&["--profiles", place], more].concat());
        assert_eq!(ran.code, 0, "{more:?}: {ran:?}");
        assert_eq!(ran.report()["Controls"][0]["version"], "cis-1.10");
    }
    let variable = format!("CISB_PROFILES={place}");
    let ran = of(&[&variable, "KUBE_BENCH_VERSION=1.31"], &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    is_usage(
        &of(&[&variable], &["--benchmark", "cis-1.9"]),
        &[
            "no profile cis-1.9",
            "broken-1.0, cis-1.10",
            "did you mean cis-1.10?",
        ],
    );
    is_usage(
        &of(&[&variable], &["--benchmark", "broken"]),
        &["broken-1.0"],
    );
    // Where nothing says which, the node decides, and the newest is taken.
    let ran = of(&[&variable], &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.report()["Controls"][0]["version"], "cis-1.10");
    let chosen = "cisb: profile cis-1.10, detected: ";
    assert!(ran.err.contains(chosen), "{}", ran.err);
    assert!(
        ran.err.contains("was not written for this version"),
        "{}",
        ran.err
    );
    is_usage(
        &of(&[&variable], &["--version", "1.20"]),
        &["Kubernetes 1.20", "cis-1.10 is for >=1.28"],
    );
    // What is newer than every range gets the newest, and is told.
    let ran = of(&[&variable], &["--version", "1.99"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.report()["Controls"][0]["version"], "cis-1.10");
    is_usage(
        &of(&[&variable], &["--version", "ocp-4.11"]),
        &["ocp-4.11", "--benchmark"],
    );
    is_usage(
        &of(&[&variable], &["--benchmark", "a", "--version", "1.30"]),
        &["cannot be used with"],
    );
    is_usage(&of(&[], &["--profiles", "/no-such"]), &["/no-such"]);
    // What is installed and refused is refused.
    let ran = of(&[&variable], &["--benchmark", "broken-1.0"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{ran:?}");
    // Of files, too.
    let profile = cis();
    let profile = profile.to_str().unwrap();
    let ran = of(&[], &["--profile", profile, "--benchmark", "cis-1.10"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    is_usage(
        &of(&[], &["--profile", profile, "--benchmark", "cis-1.11"]),
        &["there is cis-1.10"],
    );
    is_usage(
        &of(&[], &["--profile", profile, "--version", "1.20"]),
        &["cis-1.10 is for"],
    );
}

#[test]
fn kube_bench_s_configuration_and_variables_are_noted() {
    let ran = on_control_plane(&[
        "-c",
        "1.1.1",
        "-D",
        "/opt/kube-bench/cfg",
        "--config",
        "/opt/kube-bench/cfg/config.yaml",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.err
            .contains("--config-dir /opt/kube-bench/cfg is not read")
    );
    assert!(
        ran.err
            .contains("--config /opt/kube-bench/cfg/config.yaml is not read")
    );
    // Settings of ours are read, and refused when they are wrong.
    let ran = on_control_plane(&["--config", "/no-such.toml"]);
    is_usage(&ran, &["/no-such.toml"]);
    let profile = guest("honest");
    let record = Record::new();
    let args = ["run", "--profile", profile.to_str().unwrap(), "--node"];
    let ran = with_variables(
        &["KUBE_BENCH_PGSQL_HOST=db", "KUBE_BENCH_K8S_ENV=1"],
        &[&args[..], &[record.path().to_str().unwrap()]].concat(),
    );
    assert!(
        ran.err.contains("KUBE_BENCH_PGSQL_HOST is set"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("--in-cluster"), "{}", ran.err);
}

#[test]
fn a_file_gets_the_data_and_its_owner_alone_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let at = path.to_str().unwrap();
    for format in ["--json", "--junit"] {
        let plain = on_control_plane(&[format]);
        std::fs::write(&path, "what was there before").unwrap();
        let ran = on_control_plane(&[format, "--outputfile", at]);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), plain.out);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // Text is printed, too.
    let ran = on_control_plane(&["-c", "1.1.1", "--outputfile", at]);
    assert!(ran.out.contains("[PASS] 1.1.1 "));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), ran.out);
    // The gate is the same.
    let ran = on_control_plane(&["--json", "--outputfile", at, "--exit-code", "9"]);
    assert_eq!(ran.code, 9);
    let missing = folder.path().join("missing/out.json");
    is_usage(
        &on_control_plane(&["--json", "--outputfile", missing.to_str().unwrap()]),
        &["cannot write the output to", "missing/out.json"],
    );
}

#[test]
fn who_reads_one_line_gets_one_and_no_word() {
    for format in ["--json", "--junit", "--nototals"] {
        let mut child = Command::new(workspace().cisb())
            .args(["run", format, "-s", "master", "--profile"])
            .arg(cis())
            .arg("--node")
            .arg(node("kubeadm-control-plane"))
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // As `head -0`: closed before anything is written.
        let mut out = BufReader::new(child.stdout.take().unwrap());
        if format == "--nototals" {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            assert!(line.starts_with("[INFO] 1 "), "{line}");
        }
        drop(out);
        let done = child.wait_with_output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{format}");
        let err = String::from_utf8(done.stderr).unwrap();
        assert!(!err.contains("ipe"), "{err}");
    }
}

#[test]
fn nothing_but_text_comes_where_no_terminal_is() {
    for format in ["--json", "--junit", "--nototals"] {
        let ran = on_control_plane(&[format]);
        assert!(!ran.out.contains('\x1b') && !ran.err.contains(['\x1b', '\r']));
    }
    let colored = with_variables(
        &["CLICOLOR_FORCE=1"],
        &[
            "run",
            "--profile",
            cis().to_str().unwrap(),
            "--node",
            node("kubeadm-control-plane").to_str().unwrap(),
            "-c",
            "1.1.12",
        ],
    );
    assert!(colored.out.contains("\x1b[31m[FAIL]"), "{}", colored.out);
}

#[test]
fn a_profile_s_words_stay_words() {
    let profile = guest("terminal-escapes");
    let record = Record::new();
    for format in ["--noremediations", "--json", "--include-test-output"] {
        let ran = run_of(&profile, record.path(), &[format]);
        let acts = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!ran.out.contains(acts), "{format}: {:?}", ran.out);
        assert!(!ran.err.contains(acts), "{format}: {:?}", ran.err);
    }
    let ran = run_of(&profile, record.path(), &["--junit"]);
    Element::read(&ran.out);
    let ran = scan(&profile, record.path(), &["--format", "junit"]);
    Element::read(&ran.out);
}

#[test]
fn a_scan_writes_junit_that_both_schemas_take() {
    let ran = scan(
        &cis(),
        &node("kubeadm-control-plane"),
        &["--format", "junit", "--skip", "1.1.1"],
    );
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out
            .starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    );
    let root = Element::read(&ran.out);
    assert!(root.name == "testsuites" && root.attributes.is_empty());
    let mut tests = 0;
    for (at, suite) in root.children.iter().enumerate() {
        assert_eq!(
            suite.names(),
            [
                "package",
                "id",
                "name",
                "timestamp",
                "hostname",
                "tests",
                "failures",
                "errors",
                "skipped",
                "time"
            ]
        );
        assert_eq!(suite.attribute("id"), at.to_string());
        assert_eq!(suite.attribute("timestamp"), "2026-11-21T12:00:00");
        let mut order: Vec<_> = suite.children.iter().map(|c| c.name.as_str()).collect();
        order.dedup();
        assert_eq!(
            order,
            ["properties", "testcase", "system-out", "system-err"]
        );
        let cases: Vec<_> = suite.all("testcase").collect();
        let with = |name: &str| {
            cases
                .iter()
                .filter(|case| case.all(name).count() == 1)
                .count()
        };
        for (attribute, count) in [
            ("tests", cases.len()),
            ("failures", with("failure")),
            ("errors", with("error")),
            ("skipped", with("skipped")),
        ] {
            assert_eq!(suite.attribute(attribute), count.to_string(), "{attribute}");
        }
        for case in &cases {
            assert!(case.children.len() <= 1);
            for child in &case.children {
                assert!(!child.attribute("message").is_empty());
                let typed = child.names().contains(&"type");
                assert_eq!(typed, child.name != "skipped");
            }
        }
        tests += cases.len();
    }
    assert_eq!(tests, 130);
    // What nobody could assess is an error, and a refused profile is one, too.
    let ran = scan(
        &guest("imports-wasi"),
        Record::new().path(),
        &["--format", "junit"],
    );
    assert_eq!(ran.code, 3);
    let root = Element::read(&ran.out);
    let case = root.children[0].all("testcase").next().unwrap();
    assert!(case.children[0].attribute("message").contains("WASI"));
}

#[test]
fn a_scan_writes_asff_where_the_cluster_is_named() {
    let record = node("kubeadm-control-plane");
    let more = ["--format", "asff", "--cluster-arn", ARN];
    let ran = scan(&cis(), &record, &more);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.report().as_array().unwrap().len(), 130);
    is_usage(
        &scan(&cis(), &record, &["--format", "asff"]),
        &["--cluster-arn", "CISB_CLUSTER_ARN"],
    );
    is_usage(
        &scan(&cis(), &record, &["--output", "asff=x.json"]),
        &["--cluster-arn"],
    );
}

#[test]
fn help_completions_and_the_manual_know_it() {
    let help = cisb(["run", "--help"]);
    assert_eq!(help.code, 0);
    for words in [
        "--include-test-output",
        "--outputfile",
        "-D, --config-dir",
        "KUBE_BENCH_VERSION",
        "Where it differs from kube-bench:",
        "Exit codes:",
    ] {
        assert!(help.out.contains(words), "{words}: {}", help.out);
    }
    for words in ["--pgsql", "--log_dir", "kube-bench-node-name"] {
        assert!(!help.out.contains(words), "{words}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(cisb(["completions", shell]).out.contains("noremediations"));
    }
    let page = cisb(["man", "run"]).out;
    assert!(
        page.contains("noremediations") && page.contains("kube\\-bench"),
        "{page}"
    );
}

#[test]
fn a_whole_text() {
    golden("run-control-plane", "kubeadm-control-plane", 0);
}

#[test]
fn a_text_of_two_checks() {
    golden("run-check", "kubeadm-control-plane", 0);
}

#[test]
fn a_text_without_summaries() {
    golden("run-notes", "kubeadm-weak", 0);
}

#[test]
fn a_text_of_a_worker() {
    golden("run-worker", "kubeadm-worker", 4);
}

/// The case's command where record and profile lie beside it, so that no path
/// of this machine is in the text.
fn golden(name: &str, record: &str, code: i32) {
    let case = workspace().path("tests/cases").join(name);
    let command = std::fs::read_to_string(case.join("cmd")).unwrap();
    let here = tempfile::tempdir().unwrap();
    symlink(node(record), here.path().join("node")).unwrap();
    symlink(cis(), here.path().join("cis-1.10.wasm")).unwrap();
    let output = Command::new(workspace().cisb())
        .args(command.split_whitespace().skip(1))
        .current_dir(here.path())
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(code), "{name}");
    for (file, bytes) in [("stdout", output.stdout), ("stderr", output.stderr)] {
        let (path, text) = (case.join(file), String::from_utf8(bytes).unwrap());
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        let differs = kept.lines().zip(text.lines()).find(|(a, b)| a != b);
        assert!(
            kept == text,
            "{} differs; BLESS=1 rewrites it: {differs:?}",
            path.display()
        );
    }
}
