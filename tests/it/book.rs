//! The book tells the truth: its pages hang together, its commands parse, its
//! lists are those of the code, and the tests that it names are there.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, lchown};

use cisb::cli::{self, Ambient};
use cisb::config::{self, Settings};
use cisb::profile::grants::Grants;
use cisb::report::exit;
use cisb::trust::Policy;
use xtask::book::{self, markdown, shell};

use crate::harness::{Ran, cisb, findings, node, profile, run, workspace};
use crate::machine::{Machine, Quiet, as_root, skipped};

/// Every document of the project, and the pages of the book that are made.
fn documents() -> Vec<(String, String)> {
    let generated = book::pages(workspace()).unwrap();
    let generated = generated
        .into_iter()
        .filter(|(name, _)| book::GENERATED.contains(&name.as_str()));
    let files = workspace().files().unwrap();
    let written = files.into_iter().filter(|path| {
        let foreign = ["tests/nodes", "tests/cases"];
        path.extension().is_some_and(|end| end == "md")
            && !foreign.iter().any(|folder| path.starts_with(folder))
    });
    let written = written.map(|path| {
        let text = fs::read_to_string(workspace().path(&path)).unwrap();
        (path.display().to_string(), text)
    });
    generated.chain(written).collect()
}

fn page(name: &str) -> String {
    fs::read_to_string(workspace().path(book::FOLDER).join(name)).unwrap()
}

/// The cells of a table's rows.
fn rows(text: &str) -> Vec<Vec<String>> {
    let is_row = |line: &&str| line.starts_with('|') && !line.starts_with("|---");
    let lines = text.lines().filter(is_row);
    let cells = |line: &str| {
        let cells = line.trim_matches('|').split(" |");
        cells.map(|cell| cell.trim().to_owned()).collect()
    };
    lines.map(cells).collect()
}

#[test]
fn every_page_is_a_chapter_and_every_link_leads_somewhere() {
    let found = book::complaints(workspace()).unwrap();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_command_that_a_document_shows_is_one() {
    let ambient = Ambient {
        now: "2026-11-21T12:00:00Z".parse().unwrap(),
        jobs: 1,
    };
    let mut count = 0;
    let mut wrong = Vec::new();
    for (name, text) in documents() {
        for shown in shell::commands(&markdown::read(&text), "cisb") {
            count += 1;
            // Pages cut digests off.
            let digest = format!("sha256:{}", "0".repeat(64));
            let words = shown.words.iter();
            let words = words.map(|word| word.replace("sha256:…", &digest).into());
            let said = match cli::parse(words) {
                // What is only named may lack what it goes with.
                Ok(_) if shown.named => continue,
                Ok(parsed) => match cli::plan(parsed, &Settings::default(), ambient) {
                    Ok(_) => continue,
                    Err(error) => error.to_string(),
                },
                Err(error) if fine(&error, &shown) => continue,
                Err(error) => error.to_string(),
            };
            let line = shown.line;
            wrong.push(format!("{name}:{line}: {}\n{said}", shown.words.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    // So that a reader of blocks that finds nothing is noticed.
    assert!(count > 250, "{count}");
}

/// Help is no mistake, and a command that a sentence names may lack what it needs.
fn fine(error: &clap::Error, shown: &shell::Shown) -> bool {
    use clap::error::ErrorKind::{
        DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion,
        MissingRequiredArgument,
    };
    match error.kind() {
        DisplayHelp | DisplayVersion => true,
        MissingRequiredArgument | DisplayHelpOnMissingArgumentOrSubcommand => shown.named,
        _ => false,
    }
}

#[test]
fn the_first_scan_prints_what_the_page_shows() {
    let ran = cisb([
        "scan".as_ref(),
        "--profile".as_ref(),
        profile("cis-1.12").as_os_str(),
        "--node".as_ref(),
        "tests/nodes/kubeadm-control-plane".as_ref(),
    ]);
    let shown = markdown::read(&page("first-scan.md"));
    let mut count = 0;
    for block in shown.blocks.iter().filter(|it| it.language == "text") {
        for (line, at) in block.text.lines().zip(block.line..) {
            count += 1;
            let there = ran.out.lines().any(|printed| printed.trim_end() == line);
            assert!(there, "line {at}: {line}\n{}", ran.out);
        }
    }
    assert!(count > 10, "{count}");
}

#[test]
fn the_exit_codes_are_one_list() {
    let text = page("exit-codes.md");
    let (_, rest) = text.split_once("<!-- codes -->").unwrap();
    let (list, rest) = rest.split_once("<!-- end of codes -->").unwrap();
    let listed: Vec<u8> = rows(list)
        .iter()
        .filter_map(|row| row[0].parse().ok())
        .collect();
    let codes = [
        exit::CLEAN,
        exit::FINDINGS,
        exit::USAGE,
        exit::REFUSED,
        exit::INCOMPLETE,
    ];
    assert_eq!(listed, codes);
    // The help of the program and the README have the same list.
    let help = cisb(["--help"]).out;
    let (_, help) = help.split_once("Exit codes:\n").unwrap();
    let helped: Vec<u8> = help
        .lines()
        .map_while(|line| line.trim().split_once(' ')?.0.parse().ok())
        .collect();
    assert_eq!(helped, codes);
    let readme = fs::read_to_string(workspace().path("README.md")).unwrap();
    let (_, readme) = readme.split_once("| exit code |").unwrap();
    let (readme, _) = readme.split_once("\n\n").unwrap();
    let told: Vec<u8> = rows(readme)
        .iter()
        .filter_map(|row| row[0].parse().ok())
        .collect();
    assert_eq!(told, codes);
    // Each command whose help has codes of its own is told of.
    let commands = &book::pages(workspace()).unwrap()["commands.md"];
    for command in commands.split("\n## `").skip(1) {
        let (name, help) = command.split_once('`').unwrap();
        assert!(
            name == "cisb" || !help.contains("Exit codes:") || rest.contains(&format!("`{name}`")),
            "{name} has exit codes and is not on the page"
        );
    }
}

#[test]
fn the_example_of_the_configuration_has_every_key() {
    let page = markdown::read(&page("configure.md"));
    let example = page.blocks.iter().find(|it| it.text.contains("fail-on"));
    let text = &example.unwrap().text;
    let settings = config::parse("/etc/cisb/cisb.toml".as_ref(), text).unwrap();
    assert_eq!(settings.exit_code, Some(42));
    // What decides what may run is not taken from the environment.
    for name in ["TRUST", "LOCK", "LOCKED", "GRANTS", "STORE", "CACHE"] {
        let variable = format!("CISB_{name}");
        assert!(!cli::variables().contains(&variable), "{variable}");
    }
    // A key that there is not is answered with all that there are.
    let error = config::parse("x".as_ref(), "nonsense = 1").unwrap_err();
    let error = error.to_string();
    let keys: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
    assert!(keys.len() > 15, "{error}");
    for key in keys {
        assert!(
            text.contains(&format!("{key} = ")),
            "{key} is not on the page"
        );
    }
}

#[test]
fn every_file_of_toml_that_the_book_shows_is_read() {
    // Pages cut keys and digests off.
    let folder = tempfile::tempdir().unwrap();
    let mut keys = (0..).map(|at| {
        let path = folder.path().join(format!("{at}.key"));
        let ran = cisb([
            "key".as_ref(),
            "generate".as_ref(),
            "-o".as_ref(),
            path.as_os_str(),
        ]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let public = fs::read_to_string(path.with_extension("pub")).unwrap();
        public.lines().nth(1).unwrap().to_owned()
    });
    let digest = format!("sha256:{}", "0".repeat(64));
    let mut kinds = BTreeMap::new();
    for (name, text) in documents() {
        let blocks = markdown::read(&text).blocks;
        for block in blocks.into_iter().filter(|it| it.language == "toml") {
            let mut text = block.text;
            while text.contains("MCowBQYDK2VwAyEA…") {
                text = text.replacen("MCowBQYDK2VwAyEA…", &keys.next().unwrap(), 1);
            }
            let text = text.replace("sha256:…", &digest);
            let path = "/etc/cisb/x.toml".as_ref();
            let (kind, read) = if text.contains("[[grant]]") {
                (
                    "grants",
                    Grants::parse(&text, path)
                        .map(drop)
                        .map_err(|it| it.to_string()),
                )
            } else if text.contains("[[key]]") {
                (
                    "policy",
                    Policy::parse(path, &text)
                        .map(drop)
                        .map_err(|it| it.to_string()),
                )
            } else {
                (
                    "cisb.toml",
                    config::parse(path, &text)
                        .map(drop)
                        .map_err(|it| it.to_string()),
                )
            };
            if let Err(error) = read {
                panic!("{name}:{}: {kind}: {error}", block.line);
            }
            *kinds.entry(kind).or_insert(0) += 1;
        }
    }
    let kinds: Vec<&str> = kinds.into_keys().collect();
    assert_eq!(kinds, ["cisb.toml", "grants", "policy"]);
}

#[test]
fn the_role_on_the_page_is_what_the_profile_lists() {
    let page = markdown::read(&page("pods.md"));
    let role = page
        .blocks
        .iter()
        .find(|it| it.text.contains("ClusterRole"));
    let role = cisb::document::parse(role.unwrap().text.as_bytes()).unwrap();
    let mut granted = Vec::new();
    for rule in role[0]["rules"].as_array().unwrap() {
        assert_eq!(rule["verbs"], serde_json::json!(["list"]));
        for resource in rule["resources"].as_array().unwrap() {
            granted.push(format!(
                "{}/{}",
                text(&rule["apiGroups"][0]),
                text(resource)
            ));
        }
    }
    let inspected = cisb([
        "profile".as_ref(),
        "inspect".as_ref(),
        profile("cis-1.12").as_os_str(),
        "--format".as_ref(),
        "json".as_ref(),
    ]);
    let manifest = inspected.report();
    let requests = manifest["requests"]["kubernetes"].as_array().unwrap();
    let asked = requests.iter().map(|request| {
        let version = text(&request["api-version"]);
        let group = version.split_once('/').map_or("", |(group, _)| group);
        format!("{group}/{}", text(&request["resource"]))
    });
    let mut asked: Vec<String> = asked.collect();
    asked.sort();
    asked.dedup();
    granted.sort();
    assert_eq!(granted, asked);
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn the_capabilities_of_the_pods_are_enough_and_each_is_needed() {
    let (Some(()), Some(quiet)) = (as_root(), Quiet::wait()) else {
        return;
    };
    if run(&["setpriv", "--bounding-set=-all", "true"]).code != 0 {
        skipped::<()>("capabilities cannot be taken away here");
        return;
    }
    let page = page("pods.md");
    let lists = page.split("add: [").skip(1);
    let lists: Vec<&str> = lists.map(|rest| rest.split_once(']').unwrap().0).collect();
    assert!(lists.len() == 2 && lists[0] == lists[1], "{lists:?}");
    let names: Vec<String> = lists[0].split(", ").map(str::to_lowercase).collect();

    let machine = Machine::of(&quiet, &node("kubeadm-control-plane"));
    // As a folder of etcd's is: its owner's alone.
    let folder = machine.root().join("etc/kubernetes/manifests");
    lchown(&folder, Some(1000), Some(1000)).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let with = |names: &[&String]| {
        let names: String = names.iter().map(|name| format!(",+{name}")).collect();
        let set = format!("--bounding-set=-all{names}");
        machine.scan_inside(&["setpriv", &set], &[])
    };
    let judged = |ran: &Ran| {
        let report = ran.report();
        let found = findings(&report).into_iter();
        let pairs = found.map(|(check, it)| (check, (it["verdict"].clone(), it["reason"].clone())));
        pairs.collect::<BTreeMap<_, _>>()
    };
    let whole = judged(&machine.scan(&[]));
    assert_eq!(judged(&with(&names.iter().collect::<Vec<_>>())), whole);
    for without in &names {
        let others: Vec<&String> = names.iter().filter(|name| *name != without).collect();
        let less = judged(&with(&others));
        let lost = less.iter().find(|(check, (verdict, reason))| {
            let named = text(reason).contains("as root");
            *verdict == "error" && whole[*check].0 != "error" && named
        });
        assert!(lost.is_some(), "nothing needs {without}");
    }
}

#[test]
fn every_flag_of_kube_bench_is_taken_or_refused_as_the_page_says() {
    let text = page("migrate.md");
    let (_, rest) = text.split_once("<!-- flags").unwrap();
    let (table, _) = rest.split_once("### Variables").unwrap();
    let mut flags = 0;
    for row in rows(table) {
        let (names, what) = (&row[0], &row[1]);
        let names: Vec<&str> = names.split('`').skip(1).step_by(2).collect();
        for name in names {
            flags += 1;
            let value = match name.split_once(' ') {
                Some((_, "DIR" | "FILE")) => Some("/tmp/x"),
                Some((_, "N")) => Some("3"),
                Some((_, "X.Y")) => Some("1.31"),
                Some((_, "ID" | "IDS")) => Some("1.1.1"),
                Some((_, "A,B")) => Some("master"),
                Some((_, other)) => panic!("{other}"),
                None => None,
            };
            let flag = name.split(' ').next().unwrap();
            let mut words: Vec<&str> = vec!["cisb", "run", flag];
            words.extend(value);
            // What a short form stands for has the value.
            let takes = ["-s", "-c", "-g", "-D"].contains(&flag);
            words.extend(takes.then_some("1.1.1"));
            if flag == "--asff" {
                words.extend([
                    "--cluster-arn",
                    "arn:aws:eks:eu-west-1:123456789012:cluster/x",
                ]);
            }
            if [
                "--vmodule",
                "--log_dir",
                "--log_backtrace_at",
                "--stderrthreshold",
            ]
            .contains(&flag)
            {
                words.push("x");
            }
            let ambient = Ambient {
                now: "2026-11-21T12:00:00Z".parse().unwrap(),
                jobs: 1,
            };
            let parsed = cli::parse(words.iter().map(OsString::from)).unwrap();
            let planned = cli::plan(parsed, &Settings::default(), ambient);
            match (what.starts_with("refused"), planned) {
                (true, Err(error)) => {
                    let error = error.to_string();
                    assert!(error.contains("kube-bench's own"), "{words:?}: {error}");
                }
                (false, Ok(_)) => {}
                (refused, planned) => panic!("{words:?}: {refused} {planned:?}"),
            }
        }
    }
    assert!(flags > 25, "{flags}");
    let (_, rest) = text.split_once("### Variables").unwrap();
    let (table, _) = rest.split_once("### Output").unwrap();
    for row in rows(table) {
        for name in row[0].split('`').skip(1).step_by(2) {
            let is_read = cli::variables().iter().any(|it| it == name);
            assert_eq!(is_read, !row[1].contains("not read"), "{name}");
        }
    }
}

#[test]
fn every_test_that_the_threats_name_is_there() {
    let text = page("threats.md");
    let (_, rest) = text.split_once("<!-- tests -->").unwrap();
    let (tables, _) = rest.split_once("<!-- end of tests -->").unwrap();
    let files = workspace().files().unwrap();
    let mut count = 0;
    for row in rows(tables) {
        let [threat, _, tests] = row.as_slice() else {
            panic!("{row:?}")
        };
        if tests == "shown by" {
            continue;
        }
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test shows: {threat}");
        for name in names {
            count += 1;
            let (module, name) = name.split_once("::").unwrap();
            let place = match module {
                "host" | "fuzz" => format!("{module}/src/"),
                module => format!("tests/it/{module}.rs"),
            };
            let declared = format!("#[test]\nfn {name}(");
            let mut texts = files
                .iter()
                .filter(|path| path.to_string_lossy().starts_with(&place))
                .filter_map(|path| fs::read_to_string(workspace().path(path)).ok());
            let there = texts.any(|text| unindented(&text).contains(&declared));
            assert!(there, "{threat}: there is no test {name} in {place}");
        }
    }
    assert!(count > 60, "{count}");
}

/// A text without the indentation of its lines.
fn unindented(text: &str) -> String {
    let lines = text.lines().map(|line| format!("{}\n", line.trim_start()));
    lines.collect()
}
