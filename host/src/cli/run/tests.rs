//! kube-bench's command lines and what they come to.

use std::ffi::OsString;

use clap::error::ErrorKind;

use super::*;
use crate::cli::{Plan, parse};

fn ambient() -> Ambient {
    Ambient {
        now: "2026-11-21T12:00:00Z".parse().unwrap(),
        jobs: 2,
    }
}

fn planned_with(words: &str, settings: &Settings) -> Result<RunPlan, String> {
    let cli = parse(words.split_whitespace().map(OsString::from))
        .unwrap_or_else(|error| panic!("{words}: {error}"));
    match crate::cli::plan(cli, settings, ambient()) {
        Ok(Plan::Run(plan)) => Ok(*plan),
        Ok(other) => panic!("{words}: {other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

fn planned(words: &str) -> RunPlan {
    planned_with(words, &Settings::default()).unwrap()
}

const ALL: Parts = Parts {
    results: true,
    remediations: true,
    summary: true,
    totals: true,
    test_output: false,
};

#[test]
fn nothing_said_is_everything_as_text() {
    let plan = planned("cisb run");
    assert_eq!(plan.output, Output::Text(ALL));
    let all = Selection {
        skip_strangers: true,
        ..Selection::default()
    };
    assert_eq!(plan.scan.selection, all);
    assert_eq!((plan.exit_code, plan.notes.len()), (0, 0));
    assert!(plan.wanted.names.is_empty());
}

#[test]
fn every_flag_of_kube_bench_reaches_the_plan() {
    let plan = planned(
        "cisb run --targets master,etcd -s node --benchmark cis-1.10 -c 1.1.1,1.2.5 \
         --skip 1.1.2,5 --outputfile out.txt --noremediations --nosummary --nototals --noresults \
         --include-test-output --exit-code 42 --unscored=false --root /host --proc /proc \
         --kubeconfig k --profiles d --grants g --now 2026-01-02T03:04:05Z --node-name n",
    );
    let selection = &plan.scan.selection;
    assert_eq!(selection.targets, ["master", "etcd", "node"]);
    assert_eq!(selection.checks, ["1.1.1", "1.2.5"]);
    assert_eq!(selection.skip, ["1.1.2", "5"]);
    assert_eq!(selection.scored, Some(true));
    assert_eq!(plan.benchmark.as_deref(), Some("cis-1.10"));
    assert_eq!(plan.file.as_deref(), Some(Path::new("out.txt")));
    assert_eq!(plan.wanted.folder.as_deref(), Some(Path::new("d")));
    assert_eq!(plan.scan.grants.as_deref(), Some(Path::new("g")));
    assert_eq!(plan.scan.node_name.as_deref(), Some("n"));
    assert_eq!(plan.exit_code, 42);
    let none = Parts {
        results: false,
        remediations: false,
        summary: false,
        totals: false,
        test_output: true,
    };
    assert_eq!(plan.output, Output::Text(none));
    let plan = planned("cisb run --version 1.31 -g 1.2,4 --scored=false");
    assert_eq!(plan.version.as_deref(), Some("1.31"));
    assert_eq!(plan.scan.selection.groups, ["1.2", "4"]);
    assert_eq!(plan.scan.selection.scored, Some(false));
}

#[test]
fn switches_are_go_s() {
    let output = |words: &str| planned(&format!("cisb run {words}")).output;
    for word in [
        "--json",
        "--json=true",
        "--json=1",
        "--json=T",
        "--json --json",
    ] {
        assert_eq!(output(word), Output::Json(true), "{word}");
    }
    for word in [
        "--json=false",
        "--json=0",
        "--json --json=F",
        "--json=FALSE",
    ] {
        assert_eq!(output(word), Output::Text(ALL), "{word}");
    }
    assert_eq!(output("--json --nototals"), Output::Json(false));
    // As kube-bench decides among several.
    assert_eq!(output("--json --junit"), Output::Junit);
    let arn = "--cluster-arn arn:aws:eks:r:123456789012:cluster/c";
    assert!(matches!(output(&format!("--asff {arn}")), Output::Asff(_)));
    assert_eq!(output(&format!("--asff --json {arn}")), Output::Json(true));
}

#[test]
fn lists_are_kube_bench_s() {
    let words = |list: &str| ["cisb", "run", "--check", list].map(OsString::from);
    for (list, expected) in [
        ("", vec![]),
        (" 1.1.1 , 1.1.2,", vec!["1.1.1", "1.1.2"]),
        (",", vec![]),
    ] {
        let cli = parse(words(list)).unwrap();
        let Ok(Plan::Run(plan)) = crate::cli::plan(cli, &Settings::default(), ambient()) else {
            panic!("{list}")
        };
        assert_eq!(plan.scan.selection.checks, expected, "{list:?}");
    }
    // The last one holds.
    let plan = planned("cisb run --check 1.1.1 --check 1.1.2");
    assert_eq!(plan.scan.selection.checks, ["1.1.2"]);
}

#[test]
fn what_cannot_be_parsed_is_refused() {
    for (words, kind, said) in [
        ("-c 1 -g 2", ErrorKind::ArgumentConflict, "--group"),
        (
            "--benchmark a --version 1.2",
            ErrorKind::ArgumentConflict,
            "--version",
        ),
        ("--jsn", ErrorKind::UnknownArgument, "--json"),
        ("--json=maybe", ErrorKind::ValueValidation, "true or false"),
        ("--exit-code 256", ErrorKind::ValueValidation, "255"),
        (
            "--targets a,,b",
            ErrorKind::ValueValidation,
            "single commas",
        ),
    ] {
        let words = format!("cisb run {words}");
        let error = parse(words.split_whitespace().map(OsString::from)).unwrap_err();
        assert_eq!(error.kind(), kind, "{words}: {error}");
        assert!(error.to_string().contains(said), "{words}: {error}");
    }
}

#[test]
fn what_has_no_counterpart_says_what_to_use() {
    for (words, said) in [
        ("--pgsql", "--json --outputfile FILE"),
        ("--pgsql --json", "--json --outputfile FILE"),
        ("-v 3", "--log debug"),
        ("-v3", "--log debug"),
        ("--v=3", "--log debug"),
        ("--logtostderr=false", "--log debug"),
        ("--log_dir /tmp", "--log debug"),
        ("master", "--targets master"),
        ("--scored=false --unscored=false", "leave no check"),
        ("--asff", "--cluster-arn ARN or set KUBE_BENCH_CLUSTER_ARN"),
        ("--asff --cluster-arn c", "not the ARN of a cluster"),
        ("--node n --in-cluster", "n is a record"),
        ("--root /host", "--proc DIR"),
    ] {
        let error = planned_with(&format!("cisb run {words}"), &Settings::default()).unwrap_err();
        assert!(error.contains(said), "{words}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn kube_bench_s_configuration_is_noted_and_ours_is_read() {
    let plan = planned("cisb run -D /opt/cfg --config /opt/cfg/config.yaml");
    assert_eq!(plan.notes.len(), 2, "{:?}", plan.notes);
    assert!(plan.notes[0].contains("--config-dir /opt/cfg is not read"));
    assert!(plan.notes[1].contains("--config /opt/cfg/config.yaml is not read"));
    let words = ["cisb", "run", "--config", "x.toml"].map(OsString::from);
    assert_eq!(
        parse(words).unwrap().config.as_deref(),
        Some(Path::new("x.toml"))
    );
    let words = ["cisb", "run", "--config", "x.yaml"].map(OsString::from);
    assert_eq!(parse(words).unwrap().config, None);
    // Elsewhere it is what it says.
    let words = ["cisb", "--config", "x.yaml", "version"].map(OsString::from);
    assert!(parse(words).unwrap().config.is_some());
}

#[test]
fn settings_stand_behind_flags() {
    let settings = Settings {
        profile: vec!["/p.wasm".into()],
        targets: vec!["node".into()],
        skip: vec!["1.1".into()],
        level: Some(1),
        exit_code: Some(7),
        ..Settings::default()
    };
    let plan = planned_with("cisb run", &settings).unwrap();
    assert_eq!(plan.wanted.names, [Path::new("/p.wasm")]);
    assert_eq!(plan.scan.selection.targets, ["node"]);
    assert_eq!(plan.scan.selection.skip, ["1.1"]);
    assert_eq!(plan.scan.selection.level, Some(1));
    // The exit code is kube-bench's flag alone.
    assert_eq!(plan.exit_code, 0);
    let plan = planned_with("cisb run -c 1.1.1 --skip= --profile q", &settings).unwrap();
    assert_eq!(plan.wanted.names, [Path::new("q")]);
    assert!(plan.scan.selection.targets.is_empty() && plan.scan.selection.skip.is_empty());
}

#[test]
fn variables_without_meaning_are_said() {
    let set = [
        "KUBE_BENCH_K8S_ENV",
        "KUBE_BENCH_PGSQL_HOST",
        "KUBE_BENCH_VERSION",
        "KUBE_BENCH_SERVICE_HOST",
        "HOME",
    ];
    let said = foreign_variables(set);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("--in-cluster") && said[1].contains("no database"));
}
