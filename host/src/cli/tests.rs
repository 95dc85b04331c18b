//! Command lines and what they come to.

use std::path::Path;

use clap::error::ErrorKind;

use super::*;
use crate::report::exit::Policy;
use crate::request::{ClusterSource, FailOn, NodeSource, Selection};

fn ambient() -> Ambient {
    Ambient {
        now: "2026-11-21T12:00:00Z".parse().unwrap(),
        jobs: 2,
    }
}

fn parsed(words: &str) -> Result<Cli, clap::Error> {
    parse(words.split_whitespace().map(OsString::from))
}

fn planned_with(words: &str, settings: &Settings) -> Result<Plan, String> {
    let cli = parsed(words).unwrap_or_else(|error| panic!("{words}: {error}"));
    plan(cli, settings, ambient()).map_err(|error| error.to_string())
}

fn planned(words: &str) -> Result<Plan, String> {
    planned_with(words, &Settings::default())
}

fn scan_with(words: &str, settings: &Settings) -> ScanPlan {
    match planned_with(words, settings) {
        Ok(Plan::Scan(plan)) => *plan,
        other => panic!("{words}: {other:?}"),
    }
}

fn scan(words: &str) -> ScanPlan {
    scan_with(words, &Settings::default())
}

fn printed(words: &str) -> String {
    match planned(words) {
        Ok(Plan::Print(bytes)) => String::from_utf8(bytes).unwrap(),
        other => panic!("{words}: {other:?}"),
    }
}

#[test]
fn the_definition_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn a_plain_scan_is_this_machine() {
    let plan = scan("cisb scan --profile a.wasm --profile b.wasm");
    assert_eq!(
        plan.wanted.names,
        [Path::new("a.wasm"), Path::new("b.wasm")]
    );
    let live = NodeSource::Live {
        root: "/".into(),
        proc: Some("/proc".into()),
    };
    assert_eq!(plan.scan.node, live);
    assert_eq!(plan.scan.cluster, ClusterSource::None);
    assert_eq!(plan.scan.selection, Selection::default());
    assert_eq!(plan.policy, Policy::default());
    assert_eq!(plan.format, Format::Text);
    assert_eq!((plan.scan.now, plan.scan.jobs), (ambient().now, 2));
    assert_eq!(
        scan("cisb scan --profile a.wasm --node live").scan.node,
        live
    );
}

#[test]
fn every_flag_reaches_the_request() {
    let plan = scan(
        "cisb scan --profile p.wasm --root /host --proc /proc --kubeconfig k --kubeconfig-exec \
         --evidence e.tar.zst --now 2026-01-02T03:04:05Z --cluster prod --node-name n1 \
         --targets master,node --targets etcd --check 1.2.5,1.1.1 --group 4.2 --skip 1.1,5.1.1 \
         --level 1 --set a=b=c --set d= --fail-on judged --fail-on-severity high --exit-code 9 \
         --format kube-bench --output json=r.json --output text=r.txt --grants g.toml --jobs 3 \
         --allow-unsigned --trust t.toml --lock l --locked",
    );
    let trust = request::Trust {
        policy: Some("t.toml".into()),
        lock: Some("l".into()),
        locked: true,
        allow_unsigned: true,
    };
    assert_eq!(plan.scan.trust, trust);
    let node = NodeSource::Live {
        root: "/host".into(),
        proc: Some("/proc".into()),
    };
    assert_eq!(plan.scan.node, node);
    let cluster = ClusterSource::Kubeconfig {
        path: "k".into(),
        exec: true,
    };
    assert_eq!(plan.scan.cluster, cluster);
    assert_eq!(plan.scan.evidence.as_deref(), Some(Path::new("e.tar.zst")));
    assert_eq!(plan.scan.now.to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(plan.scan.cluster_name.as_deref(), Some("prod"));
    assert_eq!(plan.scan.node_name.as_deref(), Some("n1"));
    assert_eq!(plan.scan.grants.as_deref(), Some(Path::new("g.toml")));
    assert_eq!(plan.scan.jobs, 3);
    let selection = &plan.scan.selection;
    assert_eq!(selection.targets, ["master", "node", "etcd"]);
    assert_eq!(selection.checks, ["1.2.5", "1.1.1"]);
    assert_eq!(selection.groups, ["4.2"]);
    assert_eq!(selection.skip, ["1.1", "5.1.1"]);
    assert_eq!(selection.level, Some(1));
    let set = [
        ("a".to_owned(), "b=c".to_owned()),
        ("d".to_owned(), String::new()),
    ];
    assert_eq!(plan.scan.parameters, set);
    let policy = Policy {
        fail_on: FailOn::Judged,
        fail_on_severity: Some(cisb_contract::manifest::Severity::High),
        exit_code: Some(9),
    };
    assert_eq!(plan.policy, policy);
    assert_eq!(plan.format, Format::KubeBench);
    let formats: Vec<_> = plan
        .outputs
        .iter()
        .map(|o| (o.format, o.path.as_path()))
        .collect();
    let expected = [
        (Format::Json, Path::new("r.json")),
        (Format::Text, Path::new("r.txt")),
    ];
    assert_eq!(formats, expected);
    assert_eq!(
        plan.command,
        "cisb scan --profile p.wasm --root /host --proc /proc --kubeconfig k --trust t.toml \
         --lock l --grants g.toml --locked --allow-unsigned --kubeconfig-exec --set a=b=c --set d="
    );
}

#[test]
fn a_record_stands_alone() {
    let plan = scan("cisb scan --profile p.wasm --node ./n.tar.zst");
    assert_eq!(plan.scan.node, NodeSource::Record("./n.tar.zst".into()));
    assert_eq!(plan.scan.cluster, ClusterSource::None);
    for flag in [
        "--root /x --proc /y",
        "--proc /y",
        "--static",
        "--kubeconfig k",
        "--in-cluster",
    ] {
        let error = planned(&format!("cisb scan --profile p.wasm --node n {flag}")).unwrap_err();
        let name = flag.split(' ').next().unwrap();
        assert!(
            error.contains("n is a record") && error.contains(name),
            "{error}"
        );
    }
}

#[test]
fn two_machines_are_never_mixed() {
    for root in ["/host", "host", "/host/..", "."] {
        let error = planned(&format!("cisb scan --profile p.wasm --root {root}")).unwrap_err();
        for words in ["--root", root, "--proc DIR", "--static"] {
            assert!(error.contains(words), "{error}");
        }
    }
    for root in ["/", "//", "/./"] {
        let plan = scan(&format!("cisb scan --profile p.wasm --root {root}"));
        let NodeSource::Live { proc, .. } = plan.scan.node else {
            panic!("{root}")
        };
        assert_eq!(proc.as_deref(), Some(Path::new("/proc")));
    }
    let plan = scan("cisb scan --profile p.wasm --root /tree --static");
    let tree = NodeSource::Live {
        root: "/tree".into(),
        proc: None,
    };
    assert_eq!(plan.scan.node, tree);
    // A /proc of the settings belongs to the settings' root, not to another.
    let settings = Settings {
        root: Some("/host".into()),
        proc: Some("/host-proc".into()),
        ..Settings::default()
    };
    assert!(planned_with("cisb scan --profile p.wasm --root /other", &settings).is_err());
    let plan = scan_with("cisb scan --profile p.wasm", &settings);
    let host = NodeSource::Live {
        root: "/host".into(),
        proc: Some("/host-proc".into()),
    };
    assert_eq!(plan.scan.node, host);
}

#[test]
fn what_cannot_be_parsed_is_refused() {
    for (words, kind, said) in [
        (
            "cisb scan --formta json",
            ErrorKind::UnknownArgument,
            "--format",
        ),
        ("cisb scna", ErrorKind::InvalidSubcommand, "scan"),
        (
            "cisb scan --format xml",
            ErrorKind::InvalidValue,
            "kube-bench",
        ),
        ("cisb scan --format jsno", ErrorKind::InvalidValue, "json"),
        ("cisb scan --level 3", ErrorKind::ValueValidation, "1..=2"),
        ("cisb scan --jobs 0", ErrorKind::ValueValidation, "1 to 256"),
        (
            "cisb scan --exit-code 0",
            ErrorKind::ValueValidation,
            "1..=255",
        ),
        (
            "cisb scan --exit-code 256",
            ErrorKind::ValueValidation,
            "1..=255",
        ),
        (
            "cisb scan --fail-on always",
            ErrorKind::InvalidValue,
            "judged",
        ),
        (
            "cisb scan --fail-on-severity bad",
            ErrorKind::InvalidValue,
            "critical",
        ),
        (
            "cisb scan --check 1.1.1,,1.1.2",
            ErrorKind::ValueValidation,
            "single commas",
        ),
        (
            "cisb scan --set novalue",
            ErrorKind::ValueValidation,
            "NAME=VALUE",
        ),
        (
            "cisb scan --now yesterday",
            ErrorKind::ValueValidation,
            "--now",
        ),
        (
            "cisb scan --output report.json",
            ErrorKind::ValueValidation,
            "FORMAT=PATH",
        ),
        (
            "cisb scan --output html=x",
            ErrorKind::ValueValidation,
            "text, json, kube-bench, junit, asff",
        ),
        (
            "cisb scan --output json=-",
            ErrorKind::ValueValidation,
            "--format",
        ),
        (
            "cisb scan --output json=",
            ErrorKind::ValueValidation,
            "missing",
        ),
        (
            "cisb scan --kubeconfig-exec",
            ErrorKind::MissingRequiredArgument,
            "--kubeconfig",
        ),
        (
            "cisb scan --kubeconfig k --in-cluster",
            ErrorKind::ArgumentConflict,
            "--in-cluster",
        ),
        (
            "cisb scan --proc /p --static",
            ErrorKind::ArgumentConflict,
            "--static",
        ),
        (
            "cisb scan --static --proc /p --root /r",
            ErrorKind::ArgumentConflict,
            "--static",
        ),
        (
            "cisb collect --profile p",
            ErrorKind::MissingRequiredArgument,
            "--output",
        ),
        ("cisb schema nothing", ErrorKind::InvalidValue, "report"),
        ("cisb profile lsit", ErrorKind::InvalidSubcommand, "list"),
        ("cisb diff a b", ErrorKind::InvalidSubcommand, "diff"),
    ] {
        let error = parsed(words).unwrap_err();
        assert_eq!(error.kind(), kind, "{words}: {error}");
        assert_eq!(error.exit_code(), 2, "{words}");
        assert!(error.to_string().contains(said), "{words}: {error}");
    }
}

#[test]
fn what_cannot_be_followed_is_one_sentence() {
    for (words, said) in [
        (
            "cisb scan --profile p --output json=x --output text=x",
            "x twice",
        ),
        ("cisb scan --profile p --set a=1 --set a=2", "a twice"),
        ("cisb man scna", "did you mean scan?"),
        ("cisb man profile tset", "did you mean profile test"),
    ] {
        let error = planned(words).unwrap_err();
        assert!(error.contains(said), "{words}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn flags_go_before_settings() {
    let settings = Settings {
        profile: vec!["/etc/cisb/p.wasm".into()],
        in_cluster: true,
        targets: vec!["node".into()],
        skip: vec!["1.1".into()],
        set: [
            ("a".to_owned(), "file".to_owned()),
            ("b".to_owned(), "file".to_owned()),
        ]
        .into(),
        fail_on: Some(FailOn::Warn),
        exit_code: Some(7),
        format: Some(Format::Json),
        jobs: Some(1),
        ..Settings::default()
    };
    let plan = scan_with("cisb scan", &settings);
    assert_eq!(plan.wanted.names, [Path::new("/etc/cisb/p.wasm")]);
    assert_eq!(plan.scan.cluster, ClusterSource::InCluster);
    assert_eq!(plan.scan.selection.targets, ["node"]);
    assert_eq!(plan.policy.fail_on, FailOn::Warn);
    assert_eq!((plan.format, plan.scan.jobs), (Format::Json, 1));
    let plan = scan_with(
        "cisb scan --profile q --targets etcd --skip 2 --set a=flag --fail-on never \
         --exit-code 3 --format text --jobs 4 --kubeconfig k",
        &settings,
    );
    assert_eq!(plan.wanted.names, [Path::new("q")]);
    assert!(matches!(
        plan.scan.cluster,
        ClusterSource::Kubeconfig { exec: false, .. }
    ));
    assert_eq!(plan.scan.selection.targets, ["etcd"]);
    assert_eq!(plan.scan.selection.skip, ["2"]);
    let set: Vec<_> = plan
        .scan
        .parameters
        .iter()
        .map(|(n, v)| (&**n, &**v))
        .collect();
    assert_eq!(set, [("b", "file"), ("a", "flag")]);
    assert_eq!(
        (plan.policy.fail_on, plan.policy.exit_code),
        (FailOn::Never, Some(3))
    );
    assert_eq!((plan.format, plan.scan.jobs), (Format::Text, 4));
    // A check asked for by hand is not lost to the file's targets, nor is a
    // record mixed with the file's API server.
    let plan = scan_with("cisb scan --check 1.1.1 --node record", &settings);
    assert!(plan.scan.selection.targets.is_empty());
    assert_eq!(plan.scan.cluster, ClusterSource::None);
}

#[test]
fn a_recording_is_of_a_live_node() {
    let Ok(Plan::Collect { request, .. }) =
        planned("cisb collect --profile p --root /host --proc /proc -o n.tar.zst --in-cluster")
    else {
        panic!()
    };
    assert_eq!(request.output, Path::new("n.tar.zst"));
    assert_eq!(request.cluster, ClusterSource::InCluster);
    assert!(planned("cisb collect --profile p --root /host -o n").is_err());
}

#[test]
fn what_prints_prints() {
    assert_eq!(printed("cisb schema report"), json::SCHEMA);
    assert!(printed("cisb version").starts_with(&format!("cisb {}\n", env!("CARGO_PKG_VERSION"))));
    for shell in ["bash", "zsh", "fish"] {
        assert!(printed(&format!("cisb completions {shell}")).contains("kubeconfig-exec"));
    }
    assert!(printed("cisb man").contains(".TH cisb"));
    let page = printed("cisb man scan");
    assert!(
        page.contains(".TH cisb\\-scan") || page.contains(".TH cisb-scan"),
        "{page}"
    );
    assert!(page.contains("kubeconfig"));
    // Every page that a page refers to is there, by words and by its name.
    fn referred(page: &str) -> Vec<String> {
        let names = page.lines().filter_map(|line| line.strip_suffix("(1)"));
        let names = names.filter_map(|name| name.strip_prefix("cisb\\-"));
        let names = names.map(|name| name.replace("\\-", "-"));
        names.filter(|name| !name.ends_with("help")).collect()
    }
    let mut names = referred(&printed("cisb man"));
    let mut count = 0;
    while let Some(name) = names.pop() {
        let page = printed(&format!("cisb man {name}"));
        assert!(
            page.contains(&format!(".TH cisb-{name} 1")),
            "{name}: {page}"
        );
        names.extend(referred(&page));
        count += 1;
    }
    assert!(count > 25, "{count}");
    let words = printed("cisb man profile import kube-bench");
    assert_eq!(words, printed("cisb man profile-import-kube-bench"));
}

#[test]
fn help_names_what_works_and_nothing_else() {
    let help = parsed("cisb scan --help").unwrap_err().to_string();
    for words in [
        "--static",
        "Examples:",
        "Exit codes:",
        "CISB_FAIL_ON",
        "kube-bench",
        "--trust",
        "--locked",
        "--allow-unsigned",
    ] {
        assert!(help.contains(words), "{words}");
    }
    for words in ["sarif", "--exceptions", "--baseline", "--instance"] {
        assert!(!help.contains(words), "{words}");
    }
    // What grants or lets programs run never comes from the environment.
    let variables = variables();
    for name in [
        "CISB_GRANTS",
        "CISB_CONFIG",
        "CISB_KUBECONFIG_EXEC",
        "CISB_ALLOW_UNSIGNED",
        "CISB_TRUST",
        "CISB_LOCK",
        "CISB_LOCKED",
    ] {
        assert!(!variables.iter().any(|variable| variable == name), "{name}");
    }
    assert!(variables.iter().any(|variable| variable == "CISB_PROFILE"));
}

#[test]
fn the_next_command_can_be_pasted() {
    let words = [
        "cisb",
        "scan",
        "--profile",
        "my profile's.wasm",
        "--node",
        "a;b",
    ];
    let cli = parse(words.map(OsString::from)).unwrap();
    let Ok(Plan::Scan(plan)) = plan(cli, &Settings::default(), ambient()) else {
        panic!()
    };
    let expected = r"cisb scan --profile 'my profile'\''s.wasm' --node 'a;b'";
    assert_eq!(plan.command, expected);
}

#[test]
fn no_flag_takes_the_place_of_another() {
    // Two fields of one name in structures that are put together would be one
    // flag for clap, and only a debug build would say so.
    fn look(command: &clap::Command) {
        let mut ids: Vec<_> = command.get_arguments().map(clap::Arg::get_id).collect();
        ids.sort();
        for pair in ids.windows(2) {
            assert_ne!(pair[0], pair[1], "{}", command.get_name());
        }
        command.get_subcommands().for_each(look);
    }
    look(&Cli::command());
}

#[test]
fn the_cache_is_named_by_flag_then_by_settings_then_by_default() {
    let settings = Settings {
        cache: Some("/site".into()),
        ..Settings::default()
    };
    for (flag, settings, expected) in [
        ("--cache /flag", &settings, "/flag"),
        ("", &settings, "/site"),
        ("", &Settings::default(), "/var/cache/cisb"),
    ] {
        for command in ["scan", "run", "collect -o x", "cache warm", "cache clear"] {
            let named = match planned_with(&format!("cisb {command} {flag}"), settings).unwrap() {
                Plan::Scan(plan) => plan.scan.cache,
                Plan::Run(plan) => plan.scan.cache,
                Plan::Collect { request, .. } => request.cache,
                Plan::Warm { request, .. } => request.cache,
                Plan::Clear { cache } => cache,
                other => panic!("{other:?}"),
            };
            assert_eq!(named, Path::new(expected), "{command}");
        }
    }
    assert!(!variables().iter().any(|name| name.contains("CACHE")));
}
