//! A machine to scan live: the tree of a node record under a folder, and
//! processes of this machine that stand in for its components.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::harness::{Ran, cis, cisb, workspace};

/// The components that stand-ins are named after.
const COMPONENTS: [&str; 6] = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "kubelet",
    "etcd",
];

/// The process table as this test's own: nobody else starts a stand-in while it
/// is held, in this run of the tests or in another on the same machine.
pub(crate) struct Quiet {
    _lock: File,
}

impl Quiet {
    /// Waits for the others. None, with a word, where components of a real
    /// Kubernetes run: what a scan finds then is not the test's.
    pub(crate) fn wait() -> Option<Self> {
        let path = std::env::temp_dir().join("cisb-tests-processes.lock");
        let lock = File::options()
            .append(true)
            .create(true)
            .open(path)
            .unwrap();
        lock.lock().unwrap();
        match running() {
            None => Some(Self { _lock: lock }),
            Some(name) => skipped(&format!("a process {name} runs on this machine")),
        }
    }
}

/// Says on standard error that a test did not do its work here, and why.
#[expect(
    clippy::print_stderr,
    reason = "a test that was skipped must not look like one that ran"
)]
pub(crate) fn skipped<T>(why: &str) -> Option<T> {
    eprintln!("skipped: {why}");
    None
}

/// Whether the tests run as root, with a word if not.
pub(crate) fn as_root() -> Option<()> {
    match rustix::process::geteuid().is_root() {
        true => Some(()),
        false => skipped("only root can give files to other owners and look at all processes"),
    }
}

/// The name of a component that runs here.
fn running() -> Option<String> {
    let table = Path::new("/proc").read_dir().unwrap();
    let links = table.filter_map(|entry| std::fs::read_link(entry.ok()?.path().join("exe")).ok());
    let mut names = links.filter_map(|exe| Some(exe.file_name()?.to_string_lossy().into_owned()));
    names.find(|name| COMPONENTS.contains(&name.trim_end_matches(" (deleted)")))
}

/// The tree and the processes; both are gone when it is dropped.
pub(crate) struct Machine {
    root: TempDir,
    processes: Vec<Child>,
}

impl Drop for Machine {
    fn drop(&mut self) {
        for process in &mut self.processes {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Machine {
    /// Lays out a record's tree with its modes and owners. Needs root.
    pub(crate) fn tree(record: &Path) -> Self {
        let machine = Self {
            root: tempfile::tempdir().unwrap(),
            processes: Vec::new(),
        };
        let node = node(record);
        // In the order of their names, a folder comes before what is in it.
        let entries = node["entries"].as_object().unwrap();
        for (path, entry) in entries {
            machine.lay(path, entry, &record.join("root").join(&path[1..]));
        }
        machine.name(entries);
        // A folder's mode last: it may forbid to put something in.
        for (path, entry) in entries.iter().rev() {
            machine.own(path, entry);
        }
        machine
    }

    /// The same with its processes. Needs root, and the table to itself.
    pub(crate) fn of(_: &Quiet, record: &Path) -> Self {
        let mut machine = Self::tree(record);
        for process in node(record)["processes"].as_array().unwrap() {
            machine.start(process);
        }
        machine
    }

    /// Where its tree is.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root().join(&path[1..])
    }

    fn lay(&self, path: &str, entry: &Value, kept: &Path) {
        let place = self.at(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        match entry["kind"].as_str().unwrap() {
            "directory" => std::fs::create_dir_all(&place).unwrap(),
            "symlink" => symlink(entry["target"].as_str().unwrap(), &place).unwrap(),
            "file" if kept.is_file() => {
                std::fs::copy(kept, &place).unwrap();
            }
            "file" => std::fs::write(&place, "withheld\n").unwrap(),
            other => panic!("{path} is a {other}"),
        }
    }

    /// Gives the owners their names, which are looked up in the tree.
    fn name(&self, entries: &Map<String, Value>) {
        let names = |id: &str, name: &str| -> BTreeMap<u64, String> {
            let named = entries
                .values()
                .filter_map(|entry| Some((entry[id].as_u64()?, entry[name].as_str()?.to_owned())));
            named.collect()
        };
        let etc = self.at("/etc");
        std::fs::create_dir_all(&etc).unwrap();
        for (file, names, rest) in [
            ("passwd", names("uid", "user"), ":0::/:/bin/false"),
            ("group", names("gid", "group"), ":"),
        ] {
            let lines = names
                .iter()
                .map(|(id, name)| format!("{name}:x:{id}{rest}\n"));
            std::fs::write(etc.join(file), lines.collect::<String>()).unwrap();
        }
    }

    fn own(&self, path: &str, entry: &Value) {
        let id = |name: &str| u32::try_from(entry[name].as_u64().unwrap()).unwrap();
        lchown(self.at(path), Some(id("uid")), Some(id("gid"))).unwrap();
        if entry["kind"] != "symlink" {
            let mode = u32::from_str_radix(entry["mode"].as_str().unwrap(), 8).unwrap();
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(self.at(path), mode).unwrap();
        }
    }

    /// Starts a process of a record: its name, arguments and environment.
    fn start(&mut self, process: &Value) {
        let exe = self.at(process["exe"].as_str().unwrap());
        std::fs::create_dir_all(exe.parent().unwrap()).unwrap();
        std::fs::copy(env!("CARGO_BIN_EXE_stand-in"), &exe).unwrap();
        let argv: Vec<&str> = process["argv"]
            .as_array()
            .unwrap()
            .iter()
            .map(|arg| arg.as_str().unwrap())
            .collect();
        let mut command = Command::new(&exe);
        command
            .arg0(argv[0])
            .args(&argv[1..])
            .env_clear()
            // It ends when this end of the pipe is gone, however that happens.
            .stdin(Stdio::piped());
        for (name, value) in process["env"].as_object().into_iter().flatten() {
            command.env(name, value.as_str().unwrap());
        }
        let child = command.spawn().unwrap();
        let link = format!("/proc/{}/exe", child.id());
        self.processes.push(child);
        let start = Instant::now();
        // Between fork and exec it is a copy of the tests.
        while std::fs::read_link(&link).ok().as_deref() != Some(&exe) {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "{}",
                exe.display()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Scans it, as JSON unless `more` says otherwise.
    pub(crate) fn scan(&self, more: &[&str]) -> Ran {
        self.scan_inside(&[], more)
    }

    /// Records it to a folder.
    pub(crate) fn collect(&self, to: &Path) -> Ran {
        let profile = cis();
        let from = [self.root(), Path::new("--proc"), Path::new("/proc")];
        let words = ["collect", "--profile"].map(Path::new).into_iter();
        let words = words.chain([profile.as_path(), Path::new("--root")]);
        cisb(words.chain(from).chain([Path::new("-o"), to]))
    }

    /// [`Machine::scan`], run by another program such as `unshare`.
    pub(crate) fn scan_inside(&self, program: &[&str], more: &[&str]) -> Ran {
        let (cisb, cis) = (workspace().cisb(), cis());
        let (root, now) = (self.root().to_str().unwrap(), crate::harness::NOW);
        let mut words = program.to_vec();
        words.extend([cisb.to_str().unwrap(), "scan"]);
        words.extend(["--profile", cis.to_str().unwrap()]);
        words.extend(["--root", root, "--now", now]);
        if !more.contains(&"--static") {
            words.extend(["--proc", "/proc"]);
        }
        if !more.contains(&"--format") {
            words.extend(["--format", "json"]);
        }
        words.extend(more);
        crate::harness::run(&words)
    }
}

fn node(record: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(record.join("node.json")).unwrap()).unwrap()
}
