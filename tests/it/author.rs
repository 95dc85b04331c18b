//! Authors of profiles: what they begin with, code of their own around which a
//! profile is built, and what they are told that does not fit.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Ran, Record, cisb, expect, scan, workspace};

fn begin(name: &str, lang: &str, folder: &Path) -> Ran {
    let words = ["profile", "new", name, "--lang", lang, "--output"].map(OsStr::new);
    cisb(words.into_iter().chain([folder.as_os_str()]))
}

/// A profile that was begun in a folder of its own.
fn begun(name: &str, lang: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let ran = begin(name, lang, folder.path());
    assert_eq!(ran.code, 0, "{ran:?}");
    folder
}

/// Builds a profile, around this code if there is any.
fn build(source: &Path, code: Option<&Path>, output: &Path) -> Ran {
    let mut words = vec![
        "profile".as_ref(),
        "build".as_ref(),
        source.as_os_str(),
        "-o".as_ref(),
        output.as_os_str(),
    ];
    if let Some(code) = code {
        words.extend([OsStr::new("--component"), code.as_os_str()]);
    }
    cisb(words)
}

/// Runs the cases beside a profile, which leave nothing untried.
fn tried(profile: &Path) {
    let words = ["profile", "test", "--require-coverage"].map(Path::new);
    let ran = cisb(words.into_iter().chain([profile]));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

/// All files below a folder, by their paths in it.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in at.read_dir().unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let path = path.strip_prefix(folder).unwrap();
                    found.push(path.to_str().unwrap().to_owned());
                }
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_profile_in_yaml_begins_with_all_that_its_readme_names() {
    let folder = begun("our-nodes", "yaml");
    let at = |name: &str| folder.path().join(name);
    assert_eq!(
        files(folder.path()),
        [
            ".gitignore",
            "README.md",
            "node/node.json",
            "node/root/etc/kubernetes/manifests/mirror.yaml",
            "node/root/etc/kubernetes/manifests/mirror.yaml.bak",
            "node/root/var/lib/kubelet/config.yaml",
            "our-nodes.test.yaml",
            "our-nodes.yaml",
        ]
    );
    tried(&at("our-nodes.yaml"));
    let readme = fs::read_to_string(at("README.md")).unwrap();
    assert!(readme.starts_with("# our-nodes\n"), "{readme}");
    assert!(!readme.contains("my-nodes"), "{readme}");
    let component = at("our-nodes.wasm");
    let ran = build(&at("our-nodes.yaml"), None, &component);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report = scan(&component, &at("node"), &[]).report();
    assert_eq!(report["profiles"][0]["id"], "our-nodes");
    expect(
        "new",
        &report,
        &[("1", "fail", "mode 644"), ("2", "pass", "")],
    );
}

/// Their toolchains are tried where they are at hand, by the tests of foreign
/// languages; here, that what they need is there and agrees with itself.
#[test]
fn a_profile_in_another_language_begins_with_the_contract_and_pinned_tools() {
    for (lang, app, pin) in [
        (
            "js",
            "app.js",
            (
                "package.json",
                "\"@bytecodealliance/componentize-js\": \"0.23.0\"",
            ),
        ),
        (
            "python",
            "app.py",
            (
                "requirements.txt",
                "componentize-py==0.25.1 \\\n    --hash=sha256:",
            ),
        ),
    ] {
        let folder = begun("our-nodes", lang);
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(read(pin.0).contains(pin.1), "{lang}");
        for (ours, theirs) in [
            ("wit/host/files.wit", "wit/deps/cisb-host/files.wit"),
            (
                "wit/profile/profile.wit",
                "wit/deps/cisb-profile/profile.wit",
            ),
        ] {
            let ours = fs::read_to_string(workspace().path(ours)).unwrap();
            assert_eq!(read(theirs), ours, "{lang} {theirs}");
        }
        let readme = read("README.md");
        for words in ["experimental", "grants.toml", "cisb cache warm"] {
            assert!(readme.contains(words), "{lang}: {words}");
        }
        assert!(
            !files(folder.path())
                .iter()
                .any(|it| read(it).contains("my-nodes"))
        );
        // Every check that the manifest has is one that the code answers.
        let code = read(app);
        for check in read("our-nodes.yaml")
            .lines()
            .filter_map(|l| l.strip_prefix("  - id: "))
        {
            let id = check.trim_matches('"');
            let known = code.contains(&format!("\"{id}\":")) || code.contains(&format!("  {id}: "));
            assert!(known, "{lang} {id}");
        }
        // With the grant that lies there, a component of such a size may run.
        assert!(
            read("grants.toml").contains("component-bytes = 20971520"),
            "{lang}"
        );
    }
}

#[test]
fn nothing_of_anybody_s_is_written_over() {
    let folder = begun("a", "yaml");
    let ran = begin("a", "yaml", folder.path());
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("not empty: choose another"), "{}", ran.err);
    let file = folder.path().join("README.md");
    let ran = begin("a", "yaml", &file);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("cannot look into"), "{}", ran.err);
}

#[test]
fn a_name_that_cannot_be_one_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("x");
    for (name, lang, words) in [
        ("a b", "yaml", "is no id of a profile"),
        ("../up", "yaml", "is no id of a profile"),
        (".hidden", "yaml", "is no id of a profile"),
        ("", "yaml", "is no id of a profile"),
        ("1st", "rust", "it begins with a letter"),
        ("cis-1.2", "rust", "it has no dot"),
        ("core", "rust", "another crate has this name"),
        ("cisb-sdk", "rust", "another crate has this name"),
        ("a", "go", "invalid value 'go'"),
    ] {
        let ran = begin(name, lang, &at);
        assert_eq!(ran.code, 2, "{name}: {}", ran.err);
        assert!(ran.err.contains(words), "{name}: {}", ran.err);
        assert!(!at.exists(), "{name}");
    }
}

/// The one folder in which a profile in Rust is built, so that what it builds on
/// is built once; one test at a time.
struct Project {
    folder: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Project {
    fn begun() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = workspace().target().join("author/our-nodes");
        let fresh = begun("our-nodes", "rust");
        // What did not change keeps its time, and is not compiled again.
        for path in files(fresh.path()) {
            let text = fs::read(fresh.path().join(&path)).unwrap();
            let to = folder.join(&path);
            if fs::read(&to).is_ok_and(|old| old == text) {
                continue;
            }
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, text).unwrap();
        }
        Self {
            folder,
            _turn: turn,
        }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file anew with one text in place of another.
    fn change(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.at(name)).unwrap();
        assert!(text.contains(from), "{name}: {from}");
        fs::write(self.at(name), text.replace(from, to)).unwrap();
    }

    fn cargo(&self, words: &[&str]) -> Output {
        let mut cargo = workspace().cargo();
        cargo
            .args(words)
            .current_dir(&self.folder)
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap()
    }

    /// The README's command; what the compiler says.
    fn compile(&self) -> (bool, String) {
        let words = "build --release --target wasm32-unknown-unknown --offline --locked";
        let words: Vec<&str> = words.split(' ').collect();
        let output = self.cargo(&words);
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.success(), said)
    }

    fn code(&self) -> PathBuf {
        self.at("target/wasm32-unknown-unknown/release/our_nodes.wasm")
    }
}

#[test]
fn a_profile_in_rust_builds_as_it_begins_without_a_network() {
    let project = Project::begun();
    let (built, said) = project.compile();
    assert!(built, "{said}");
    assert!(!said.contains("warning"), "{said}");
    let component = project.at("our-nodes.wasm");
    let ran = build(
        &project.at("our-nodes.yaml"),
        Some(&project.code()),
        &component,
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    tried(&component);
    let size = fs::metadata(&component).unwrap().len();
    assert!(size < 200 * 1024, "{size}");
    let report = scan(&component, &project.at("node"), &[]).report();
    expect(
        "new",
        &report,
        &[
            ("1", "fail", "mode 644"),
            ("2", "pass", ""),
            ("3", "fail", "mirror.yaml.bak: its name ends in .bak"),
        ],
    );
    let none = scan(&component, Record::new().path(), &[]).report();
    expect("none", &none, &[("3", "not-applicable", "no static pod")]);
    // The SDK could ask for objects; this profile does not, and imports no such
    // thing.
    let words = ["profile", "inspect", "--format", "json"].map(Path::new);
    let shown = cisb(words.into_iter().chain([component.as_path()]));
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    let imports = shown["imports"].to_string();
    assert!(imports.contains("cisb:host/files"), "{imports}");
    assert!(!imports.contains("kubernetes"), "{imports}");
}

#[test]
fn a_check_without_an_answer_does_not_compile_nor_an_answer_without_a_check() {
    for (file, from, to, words, place) in [
        (
            "our-nodes.yaml",
            "  - id: \"3\"",
            "  - id: \"4\"",
            "the check `4` of our-nodes.yaml has neither a rule nor a function: add `\"4\" => \
             function`, or give it a `rule`",
            "manifest: \"our-nodes.yaml\"",
        ),
        (
            "src/lib.rs",
            "\"3\" => no_copies,",
            "\"3\" => no_copies, \"3.1\" => no_copies,",
            "our-nodes.yaml has no check `3.1`: write it there, or leave its function out",
            "\"3.1\" => no_copies",
        ),
        (
            "src/lib.rs",
            "\"3\" => no_copies,",
            "\"3\" => no_copies, \"1\" => no_copies,",
            "the check `1` of our-nodes.yaml has a rule, which answers it",
            "\"1\" => no_copies",
        ),
        (
            "src/lib.rs",
            "\"3\" => no_copies,",
            "\"3\" => no_copies, \"3\" => no_copies,",
            "the check `3` has two functions: leave one of them out",
            "\"3\" => no_copies, \"3\"",
        ),
        (
            "src/lib.rs",
            "\"our-nodes.yaml\"",
            "\"their-nodes.yaml\"",
            "their-nodes.yaml cannot be read",
            "\"their-nodes.yaml\"",
        ),
        (
            "our-nodes.yaml",
            "checks:",
            "chekcs:",
            "our-nodes.yaml cannot be read: ",
            "manifest: \"our-nodes.yaml\"",
        ),
    ] {
        let project = Project::begun();
        project.change(file, from, to);
        let (built, said) = project.compile();
        assert!(!built, "{words}");
        assert!(said.contains(words), "{words}:\n{said}");
        assert!(said.contains(place), "{place}:\n{said}");
    }
    // And is whole again: whatever was changed is seen.
    let (built, said) = Project::begun().compile();
    assert!(built, "{said}");
}

/// What the page shows is a manifest that lacks nothing but its code.
#[test]
fn the_manifest_on_the_page_of_languages_is_one() {
    let page = fs::read_to_string(workspace().path("docs/src/languages.md")).unwrap();
    let block = page.split("```yaml\n").nth(1).unwrap();
    let (manifest, _) = block.split_once("```").unwrap();
    let ran = around(manifest, &wat::parse_str("(component)").unwrap());
    let words = "would be refused: it does not export `cisb:profile/checks@0.1.0`";
    assert!(ran.err.contains(words), "{}", ran.err);
}

/// Code that was compiled before the manifest changed is told apart by the
/// checks that it answers.
#[test]
fn code_and_manifest_that_speak_of_different_checks_are_not_put_together() {
    let project = Project::begun();
    let (built, said) = project.compile();
    assert!(built, "{said}");
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("other.yaml");
    let text = fs::read_to_string(project.at("our-nodes.yaml")).unwrap();
    for (from, to, words) in [
        (
            "- id: \"3\"",
            "- id: \"4\"",
            "has no function for the check `4`: write one, or compile it again",
        ),
        (
            "- id: \"3\"",
            "- id: \"4\"",
            "has a function for `3`, and no check has this id",
        ),
        (
            "uses: [manifests]",
            "rule: {ask: x}",
            "has a function for the check `3`, which has a rule",
        ),
    ] {
        fs::write(&source, text.replace(from, to)).unwrap();
        let output = folder.path().join("x.wasm");
        let ran = build(&source, Some(&project.code()), &output);
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
        assert!(!output.exists());
    }
}

/// A manifest for code, with one check.
const ANSWERED: &str = "\
id: answered
title: Answered
requests:
  files:
    - {id: conf, paths: [/etc/x], rights: [stat], why: y}
checks:
  - id: \"1\"
    title: A
    uses: [conf]
";

/// Builds a manifest around code, and says what came of it.
fn around(manifest: &str, code: &[u8]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let (source, wasm) = (
        folder.path().join("m.yaml"),
        folder.path().join("code.wasm"),
    );
    fs::write(&source, manifest).unwrap();
    fs::write(&wasm, code).unwrap();
    build(&source, Some(&wasm), &folder.path().join("out.wasm"))
}

#[test]
fn code_that_no_host_would_run_is_refused_with_what_cures_it() {
    let wat = |text: &str| wat::parse_str(text).unwrap();
    let wasi = "imports `wasi:cli/environment@0.2.0`, and cisb offers no WASI";
    let component = wat(r#"(component (import "wasi:cli/environment@0.2.0" (instance)))"#);
    for cure in [
        wasi,
        "--target wasm32-unknown-unknown",
        "disableFeatures: ['random', 'stdio', 'clocks', 'http', 'fetch-event']",
        "--stub-wasi",
    ] {
        let ran = around(ANSWERED, &component);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(cure), "{cure}: {}", ran.err);
    }
    let world = r#"(@custom "component-type:x" "")"#;
    for (code, words) in [
        (b"no code".to_vec(), "is not WebAssembly: name the .wasm"),
        (b"\0asm\x01\0\0\0\x01\xff".to_vec(), "is damaged"),
        (
            wat(r#"(module (import "wasi_snapshot_preview1" "fd_write" (func)))"#),
            "imports `wasi_snapshot_preview1`, and cisb offers no WASI",
        ),
        (wat("(module)"), "does not say which world it implements"),
        (
            wat(&format!(
                r#"(module (import "__wbindgen_placeholder__" "f" (func)) {world})"#
            )),
            "imports `__wbindgen_placeholder__`, which is not of the contract",
        ),
        (
            wat(&format!("(module {world})")),
            "does not fit the world that it says it implements",
        ),
        (
            wat(r#"(component (@custom "cisb:manifest" "{}"))"#),
            "has a manifest, so it is a profile already",
        ),
        (
            wat("(component)"),
            "would be refused: it does not export `cisb:profile/checks@0.1.0`",
        ),
        (
            wat(r#"(component (import "cisb:host/kubernetes@0.1.0" (instance)))"#),
            "requests nothing that opens it: add a `kubernetes` request",
        ),
    ] {
        let ran = around(ANSWERED, &code);
        assert_eq!(ran.code, 2, "{words}");
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
}

#[test]
fn a_manifest_that_does_not_fit_code_is_told_at_its_place() {
    let component = wat::parse_str("(component)").unwrap();
    for (from, to, words) in [
        (
            "uses: [conf]",
            "uses: [cofn]",
            "m.yaml:9:12: there is no request `cofn`: did you mean `conf`?",
        ),
        (
            "uses: [conf]",
            "uses: [other]",
            "there is no request `other`: write it under `requests`",
        ),
        (
            "uses: [conf]",
            "rule: {ask: x}",
            "evaluates no rules, its code answers every check",
        ),
        (
            "uses: [conf]",
            "title2: x",
            "a check needs one of `rule` or `uses`",
        ),
        (
            "uses: [conf]",
            "uses: [conf]\n    when: {ask: x}",
            "`when` belongs to a rule",
        ),
        (
            "uses: [conf]",
            "uses: [conf]\n    rule: {ask: x}",
            "`uses` and `rule` exclude each other in a check",
        ),
        (
            "uses: [conf]",
            "rule: {ask: x}\n    with: 1",
            "`with` is for checks that code answers",
        ),
    ] {
        let ran = around(&ANSWERED.replace(from, to), &component);
        assert_eq!(ran.code, 2, "{words}");
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("m.yaml");
    fs::write(&source, ANSWERED).unwrap();
    let ran = build(&source, None, &folder.path().join("out.wasm"));
    assert_eq!(ran.code, 2);
    let words = "a check with `uses` is answered by code: name that with --component";
    assert!(ran.err.contains(words), "{}", ran.err);
}

/// A module is wrapped, and imports what its manifest opens; a component is taken
/// as it is, and may import no more than that.
#[test]
fn a_module_becomes_a_component_and_a_component_stays_one() {
    let guests = xtask::guests::list(workspace()).unwrap();
    // Its own manifest is the crime; with one that requests objects it is honest.
    let guest = guests.iter().find(|it| it.name == "ungranted-import");
    let module = xtask::guests::module(workspace(), guest.unwrap()).unwrap();
    let component = xtask::component::encode(&module).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let all = ANSWERED.replace(
        "checks:",
        "  processes:\n    - {id: k, executables: [kubelet], why: y}\n  kubernetes:\n    - {id: p, \
         api-version: v1, resource: pods, verbs: [list], fields: [/kind], why: y}\nchecks:",
    );
    for (what, manifest, code, is_taken) in [
        ("module", ANSWERED, &module, true),
        ("all", &all, &module, true),
        ("component", &all, &component, true),
        ("beyond", ANSWERED, &component, false),
    ] {
        fs::write(at("m.yaml"), manifest).unwrap();
        fs::write(at("code.wasm"), code).unwrap();
        let output = at(&format!("{what}.wasm"));
        let ran = build(&at("m.yaml"), Some(&at("code.wasm")), &output);
        assert_eq!(ran.code == 0, is_taken, "{what}: {}", ran.err);
        if !is_taken {
            assert!(
                ran.err.contains("requests nothing that opens it"),
                "{}",
                ran.err
            );
            continue;
        }
        let report = scan(&output, Record::new().path(), &[]).report();
        assert_eq!(report["profiles"][0]["id"], "answered", "{what}");
        assert!(report["profiles"][0]["refused"].is_null(), "{report}");
    }
    let shown = |name: &str| {
        let words = ["profile", "inspect"].map(Path::new);
        cisb(words.into_iter().chain([at(name).as_path()])).out
    };
    assert!(shown("all.wasm").contains("cisb:host/kubernetes"));
    assert!(!shown("module.wasm").contains("cisb:host/kubernetes"));
    // The same manifest and code give the same bytes.
    let bytes = fs::read(at("all.wasm")).unwrap();
    fs::write(at("code.wasm"), &module).unwrap();
    fs::write(at("m.yaml"), &all).unwrap();
    build(&at("m.yaml"), Some(&at("code.wasm")), &at("again.wasm"));
    assert_eq!(fs::read(at("again.wasm")).unwrap(), bytes);
}
