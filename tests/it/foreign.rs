//! One profile in four languages: what it finds on a record does not depend on
//! what it was written in. `cargo xtask foreign` compiles the code; a language
//! whose tools are not to be had is passed over with a word.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{NOW, Ran, Record, cisb, expect, node, workspace};

/// The records: a good node with objects, a weak one without, and one on which
/// the first check has nothing to look at.
const NODES: [&str; 3] = ["kubeadm-control-plane", "kubeadm-weak", "kubeadm-worker"];

/// How a grant of what a large profile needs begins.
const GRANTS: &str = "[[grant]]\nprofile = \"demo\"\nrequests = \"all\"\n";

struct Demo {
    folder: TempDir,
    cache: PathBuf,
    is_large: bool,
}

impl Demo {
    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Builds the profile around a language's code; none if there is no such code.
    #[expect(clippy::print_stderr, reason = "what is passed over is said")]
    fn of(language: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let source = workspace().path("tests/foreign");
        let code = xtask::foreign::folder(workspace()).join(format!("{language}.wasm"));
        let manifest = match language {
            "yaml" | "rust" => source.join(language).join("demo.yaml"),
            _ => source.join("demo.yaml"),
        };
        let out = folder.path().join("demo.wasm");
        let mut words = ["profile", "build", "-o"].map(Path::new).to_vec();
        words.extend([out.as_path(), &manifest]);
        if language != "yaml" {
            if !code.is_file() {
                assert_ne!(language, "rust", "build it: cargo xtask foreign");
                eprintln!(
                    "{language} is passed over: cargo xtask foreign says why it is not built"
                );
                return None;
            }
            words.extend([Path::new("--component"), &code]);
        }
        let ran = cisb(words);
        assert_eq!(ran.code, 0, "{language}: {}", ran.err);
        let limits = ran
            .err
            .split('`')
            .find(|part| part.starts_with("limits = "));
        let demo = Self {
            // Kept beside the code, since compiling it takes ten seconds.
            cache: code.with_extension("cache"),
            folder,
            is_large: limits.is_some(),
        };
        assert_eq!(demo.is_large, ["js", "python"].contains(&language));
        if let Some(limits) = limits {
            // Without a grant it does not run; with the one that the build named
            // it does.
            let refused = demo.scan(&node(NODES[0]), &[]);
            assert_eq!(refused.code, 3, "{refused:?}");
            assert!(refused.out.contains("component-bytes"), "{}", refused.out);
            fs::write(demo.at("grants.toml"), format!("{GRANTS}{limits}\n")).unwrap();
            let mut words = vec!["cache".into(), "warm".into(), "--profile".into()];
            words.push(demo.at("demo.wasm"));
            words.extend(["--cache".into(), demo.cache.clone()]);
            words.extend(["--grants".into(), demo.at("grants.toml")]);
            let ran = cisb(words);
            assert_eq!(ran.code, 0, "{ran:?}");
        }
        Some(demo)
    }

    fn scan(&self, node: &Path, more: &[&Path]) -> Ran {
        let words = "scan --format json --fail-on never --now";
        let words = words.split(' ').map(Path::new);
        let profile = self.at("demo.wasm");
        let rest = [
            Path::new(NOW),
            "--node".as_ref(),
            node,
            "--profile".as_ref(),
            &profile,
        ];
        cisb(words.chain(rest).chain(more.iter().copied()))
    }

    /// What it finds. What that costs is no part of it.
    fn finds(&self, node: &Path) -> Value {
        let (grants, cache) = (self.at("grants.toml"), &self.cache);
        let more = [
            "--grants".as_ref(),
            grants.as_path(),
            "--cache".as_ref(),
            cache,
        ];
        let ran = self.scan(node, if self.is_large { &more } else { &[] });
        ran.report()["findings"].clone()
    }
}

/// That a language finds what rules find.
fn finds_the_same(language: &str) {
    let rules = Demo::of("yaml").unwrap();
    let Some(code) = Demo::of(language) else {
        return;
    };
    for name in NODES {
        let node = node(name);
        assert_eq!(
            code.finds(&node),
            rules.finds(&node),
            "{language} on {name}"
        );
    }
    // A file that nobody may look at is an error in every language.
    let mut closed = Record::of("kubeadm-control-plane");
    closed.node()["entries"]["/etc/kubernetes"]["error"] = "EACCES".into();
    let path = closed.path();
    assert_eq!(code.finds(path), rules.finds(path), "{language}");
    // Nothing of it takes WASI.
    let words = ["profile", "inspect", "--format", "json"].map(Path::new);
    let shown = cisb(words.into_iter().chain([code.at("demo.wasm").as_path()])).out;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let imports = shown["imports"].as_array().unwrap();
    assert!(!imports.is_empty());
    for import in imports {
        assert!(
            import.as_str().unwrap().starts_with("cisb:host/"),
            "{import}"
        );
    }
}

#[test]
fn the_demonstration_has_every_verdict() {
    let rules = Demo::of("yaml").unwrap();
    let report = |name: &str| rules.scan(&node(name), &[]).report();
    expect(
        "good",
        &report(NODES[0]),
        &[
            ("1", "pass", ""),
            ("2", "pass", ""),
            ("3", "fail", "hostNetwork"),
            ("4", "pass", ""),
        ],
    );
    expect(
        "weak",
        &report(NODES[1]),
        &[
            ("1", "fail", ""),
            ("2", "fail", ""),
            ("3", "error", "no API objects"),
        ],
    );
    expect("worker", &report(NODES[2]), &[("1", "not-applicable", "")]);
}

#[test]
fn rust_finds_what_rules_find() {
    finds_the_same("rust");
}

#[test]
fn javascript_finds_what_rules_find() {
    finds_the_same("js");
}

#[test]
fn python_finds_what_rules_find() {
    finds_the_same("python");
}
