//! Commands of the documentation, run as they stand there, and what they print
//! held against what it says they print.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use cisb::profile::refusal::Code;

use crate::harness::{cisb, copy, node, profile, workspace};

/// A command of a page, with what it should end with and print.
struct Step {
    line: usize,
    command: String,
    code: i32,
    expected: Vec<String>,
}

/// The commands of all `console` blocks, in order.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    let mut open: Option<String> = None;
    for (at, text) in page.lines().enumerate() {
        match text {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            text if open.is_some() => {
                let step = steps.last_mut().unwrap();
                step.command.push('\n');
                step.command.push_str(text);
                if open.as_deref() == Some(text) {
                    open = None;
                }
            }
            text => match text.strip_prefix("$ ") {
                Some(command) => {
                    // What follows belongs to a command that opens a here-document.
                    let end = command
                        .split_once("<<'")
                        .and_then(|(_, rest)| rest.split_once('\''));
                    open = end.map(|(end, _)| end.to_owned());
                    let (command, code) = match command.split_once("  # exit code ") {
                        Some((command, code)) => (command, code.parse().unwrap()),
                        None => (command, 0),
                    };
                    steps.push(Step {
                        line: at + 1,
                        command: command.to_owned(),
                        code,
                        expected: Vec::new(),
                    });
                }
                None => steps.last_mut().unwrap().expected.push(text.to_owned()),
            },
        }
    }
    steps
}

/// Whether a line is what a page shows; `…` stands for anything.
fn fits(shown: &str, line: &str) -> bool {
    let mut rest = line.trim_end();
    let mut parts: Vec<&str> = shown.split('…').map(str::trim).collect();
    // How far a line is indented is shown.
    parts[0] = shown.split('…').next().unwrap_or_default().trim_end();
    for (at, part) in parts.iter().enumerate() {
        match (at, rest.find(part)) {
            (0, Some(0)) => rest = &rest[part.len()..],
            (0, _) => return false,
            (_, Some(found)) => rest = &rest[found + part.len()..],
            (_, None) => return false,
        }
    }
    parts.last().is_some_and(|last| last.is_empty()) || rest.is_empty()
}

/// That lines follow each other as shown; a line `…` skips any number of them.
fn check(step: &Step, printed: &str) {
    let mut lines = printed.lines().peekable();
    let mut skip = false;
    for shown in &step.expected {
        if shown == "…" {
            skip = true;
            continue;
        }
        let found = match skip {
            true => lines.any(|line| fits(shown, line)),
            false => lines.next().is_some_and(|line| fits(shown, line)),
        };
        assert!(
            found,
            "line {}: {}\n{shown}\nis not in\n{printed}",
            step.line, step.command
        );
        skip = false;
    }
    assert!(
        skip || lines.next().is_none(),
        "line {}: {} prints more\n{printed}",
        step.line,
        step.command
    );
}

/// What puts a command into a network namespace of its own, with nothing in it;
/// none where that is not allowed.
fn without_network() -> Option<Vec<&'static str>> {
    [vec!["unshare", "-n"], vec!["unshare", "-r", "-n"]]
        .into_iter()
        .find(|words| {
            let ran = Command::new(words[0])
                .args(&words[1..])
                .arg("true")
                .output();
            ran.is_ok_and(|output| output.status.success())
        })
}

/// Runs a page's commands in a folder.
fn walk(page: &str, folder: &Path, confine: &[&str]) {
    let programs = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(workspace().cisb(), programs.path().join("cisb")).unwrap();
    let path = format!(
        "{}:/usr/sbin:/usr/bin:/sbin:/bin",
        programs.path().display()
    );
    let text = fs::read_to_string(workspace().path(page)).unwrap();
    let steps = steps(&text);
    assert!(!steps.is_empty(), "{page} has no command");
    for step in steps {
        let mut words = confine.to_vec();
        words.extend(["sh", "-c"]);
        let output = Command::new(words[0])
            .args(&words[1..])
            .arg(format!("{{ {}\n}} 2>&1", step.command))
            .current_dir(folder)
            .env_clear()
            .env("PATH", &path)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            output.status.code(),
            Some(step.code),
            "{page}:{}: {}\n{printed}",
            step.line,
            step.command
        );
        check(&step, &printed);
    }
}

#[test]
fn the_vetter_s_day_goes_as_it_is_written() {
    // The publisher's side: not on the page, and not in its folder.
    let publisher = tempfile::tempdir().unwrap();
    let at = |name: &str| publisher.path().join(name);
    let done = |args: &[&Path]| {
        let ran = cisb(args);
        assert_eq!(ran.code, 0, "{ran:?}");
    };
    fs::copy(profile("cis-1.12"), at("cis-1.12.wasm")).unwrap();
    done(
        &["key", "generate", "-o"]
            .map(Path::new)
            .iter()
            .copied()
            .chain([&*at("release.key")])
            .collect::<Vec<_>>(),
    );
    let (component, key) = (at("cis-1.12.wasm"), at("release.key"));
    done(&[
        "profile".as_ref(),
        "sign".as_ref(),
        &component,
        "--key".as_ref(),
        &key,
    ]);

    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("cisb-profiles.cisbb");
    done(&[
        "bundle".as_ref(),
        "create".as_ref(),
        "-o".as_ref(),
        &bundle,
        &component,
    ]);
    fs::copy(at("release.pub"), folder.path().join("release.pub")).unwrap();
    copy(&node("kubeadm-control-plane"), &folder.path().join("node"));
    let confine = without_network();
    if confine.is_none() {
        eprintln!(
            "no network namespace can be made here: the page is run with the network that there is"
        );
    }
    let plain = vec!["env"];
    walk(
        "docs/src/vetting.md",
        folder.path(),
        &confine.unwrap_or(plain),
    );
}

#[test]
fn the_tutorial_goes_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let confine = without_network().unwrap_or_else(|| vec!["env"]);
    walk("docs/src/tutorial.md", folder.path(), &confine);
    // What it leads to is a signed profile, and nothing outside this folder.
    let signature = folder.path().join("my-nodes/my-nodes.wasm.dsse.json");
    assert!(signature.is_file());
}

#[test]
fn every_code_of_a_refusal_is_documented() {
    let path = workspace().path("docs/src/refusals.md");
    let (begin, end) = ("<!-- codes -->\n", "<!-- end of codes -->");
    let text = fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once(begin).unwrap();
    let (_, tail) = rest.split_once(end).unwrap();
    let mut table = "\n| code | it means |\n|---|---|\n".to_owned();
    for code in Code::ALL {
        table += &format!("| `{}` | {} |\n", code.as_str(), code.meaning());
    }
    let wanted = format!("{head}{begin}{table}\n{end}{tail}");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        wanted,
        "BLESS=1 writes the table of {}",
        path.display()
    );
}

#[test]
fn a_line_of_a_page_fits_with_gaps() {
    assert!(fits("id  sha256:…", "id  sha256:00ff"));
    assert!(fits("a … b", "a x y b"));
    assert!(!fits("a … b", "a x y b c"));
    assert!(fits("a … b …", "a x y b c"));
    assert!(!fits("a", "b a"));
    assert!(fits("  a …", "  a b"));
    assert!(!fits("  a", "a"));
}
