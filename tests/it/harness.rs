//! Runs `cisb` as a person would, builds guests, and makes small node records.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::sys::{Workspace, sha256};

/// The time of every scan here.
pub(crate) const NOW: &str = "2026-11-21T12:00:00Z";

/// What a run of `cisb` left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Ran {
    /// The JSON report on standard output.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("not a JSON report: {error}\n{self:?}"))
    }

    /// Asserts what every run owes a person, whatever went wrong.
    fn decent(self) -> Self {
        for forbidden in ["panicked at", "RUST_BACKTRACE", "stack backtrace"] {
            assert!(!self.err.contains(forbidden), "{forbidden}: {self:?}");
        }
        self
    }
}

/// The folder that everything was built in.
pub(crate) fn workspace() -> &'static Workspace {
    static WORKSPACE: OnceLock<Workspace> = OnceLock::new();
    WORKSPACE.get_or_init(|| Workspace::find().unwrap())
}

/// Runs `cisb` with nothing in its environment.
pub(crate) fn cisb<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    let program = workspace().cisb();
    assert!(
        program.is_file(),
        "there is no {}: cargo build --release -p cisb",
        program.display()
    );
    let args: Vec<_> = args
        .into_iter()
        .map(|arg| arg.as_ref().to_owned())
        .collect();
    let mut words = vec![program.into_os_string()];
    words.extend(args);
    run(&words)
}

/// Runs a program with nothing in its environment but where programs are.
pub(crate) fn run<S: AsRef<OsStr>>(words: &[S]) -> Ran {
    let output = Command::new(&words[0])
        .args(&words[1..])
        .current_dir(&workspace().root)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
    .decent()
}

/// A scan of a record with a profile, as JSON.
pub(crate) fn scan(profile: &Path, node: &Path, more: &[&str]) -> Ran {
    let mut args: Vec<&OsStr> = vec![
        "scan".as_ref(),
        "--profile".as_ref(),
        profile.as_os_str(),
        "--node".as_ref(),
        node.as_os_str(),
        "--now".as_ref(),
        NOW.as_ref(),
    ];
    if !more.contains(&"--format") {
        args.extend(["--format", "json"].map(OsStr::new));
    }
    args.extend(more.iter().map(OsStr::new));
    cisb(args)
}

/// The folder of all built profiles.
pub(crate) fn profiles() -> PathBuf {
    workspace().target().join("profiles")
}

/// A built profile.
pub(crate) fn profile(id: &str) -> PathBuf {
    let path = profiles().join(format!("{id}.wasm"));
    assert!(
        path.is_file(),
        "there is no {}: cargo xtask profiles",
        path.display()
    );
    path
}

/// The built profile that most tests use.
pub(crate) fn cis() -> PathBuf {
    profile("cis-1.10")
}

/// A scan of a record for which the host chooses among all built profiles.
pub(crate) fn detect(node: &Path, more: &[&str]) -> Ran {
    let folder = profiles();
    let words = ["scan", "--now", NOW, "--profiles"].map(Path::new);
    let words = words
        .into_iter()
        .chain([folder.as_path(), Path::new("--node"), node]);
    cisb(words.chain(more.iter().map(Path::new)))
}

/// Which profile the host chooses for a record, and why.
pub(crate) fn chosen(node: &Path) -> (String, String) {
    let report = detect(node, &["--format", "json"]).report();
    let entry = &report["profiles"][0];
    let text = |member: &str| entry[member].as_str().unwrap().to_owned();
    (text("id"), text("chosen"))
}

/// Check, verdict, and words of the reason.
pub(crate) type Expected<'a> = (&'a str, &'a str, &'a str);

/// Holds findings of a report to what is expected. `what` names the case.
pub(crate) fn expect(what: &str, report: &Value, expected: &[Expected<'_>]) {
    let found = findings(report);
    for (check, verdict, words) in expected {
        let finding = &found[*check];
        let reason = finding["reason"].as_str().unwrap();
        assert_eq!(finding["verdict"], *verdict, "{what} {check}: {reason}");
        assert!(reason.contains(words), "{what} {check}: {words}: {reason}");
        let cited = finding["evidence"].as_array().unwrap().len();
        assert!(
            cited > 0 || matches!(*verdict, "manual" | "error"),
            "{what} {check} cites nothing"
        );
    }
}

/// A record that the project carries.
pub(crate) fn node(name: &str) -> PathBuf {
    workspace().path("tests/nodes").join(name)
}

/// A guest by its file's name, built.
pub(crate) fn guest(name: &str) -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        for guest in xtask::guests::list(workspace()).unwrap() {
            xtask::guests::write(workspace(), folder.path(), &guest).unwrap();
        }
        folder
    });
    let path = folder.path().join(format!("{name}.wasm"));
    assert!(path.is_file(), "there is no tests/guests/{name}.wat");
    path
}

/// The findings of a report by check.
pub(crate) fn findings(report: &Value) -> BTreeMap<String, Value> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            (
                finding["check"].as_str().unwrap().to_owned(),
                finding.clone(),
            )
        })
        .collect()
}

/// A small node record in a folder of its own.
pub(crate) struct Record {
    folder: TempDir,
    node: Value,
}

impl Record {
    /// A node with an empty `/etc/kubernetes/manifests` and no process.
    pub(crate) fn new() -> Self {
        let mut record = Self {
            folder: tempfile::tempdir().unwrap(),
            node: json!({
                "format": "cisb-node/1",
                "hostname": "small",
                "captured": "2026-11-21T10:00:00Z",
                "platform": {"os": "linux", "arch": "amd64"},
                "kubernetes": {"version": "v1.30.2"},
                "processes": [],
                "entries": {},
            }),
        };
        for folder in ["/", "/etc", "/etc/kubernetes", "/etc/kubernetes/manifests"] {
            record.node["entries"][folder] = json!({
                "kind": "directory", "mode": "0755",
                "uid": 0, "gid": 0, "user": "root", "group": "root",
            });
        }
        record
    }

    /// A copy of one that the project carries.
    pub(crate) fn of(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&node(name), folder.path());
        let text = std::fs::read(folder.path().join("node.json")).unwrap();
        Self {
            folder,
            node: serde_json::from_slice(&text).unwrap(),
        }
    }

    /// What `node.json` says, to be changed.
    pub(crate) fn node(&mut self) -> &mut Value {
        &mut self.node
    }

    /// Adds a file that root owns.
    pub(crate) fn file(mut self, path: &str, mode: &str, text: &str) -> Self {
        self.node["entries"][path] = json!({
            "kind": "file", "mode": mode,
            "uid": 0, "gid": 0, "user": "root", "group": "root",
            "size": text.len(), "sha256": sha256(text.as_bytes()), "content": "kept",
        });
        let kept = self.folder.path().join(format!("root{path}"));
        std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
        std::fs::write(kept, text).unwrap();
        self
    }

    /// Adds a process.
    pub(crate) fn process(mut self, process: Value) -> Self {
        self.node["processes"].as_array_mut().unwrap().push(process);
        self
    }

    /// Writes it down and says where.
    pub(crate) fn path(&self) -> &Path {
        let text = serde_json::to_vec_pretty(&self.node).unwrap();
        std::fs::write(self.folder.path().join("node.json"), text).unwrap();
        self.folder.path()
    }
}

/// Copies a tree.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}
