//! Unknown is never pass: all controls on all recorded nodes, once
//! whole and once for every file, process and kind of object that a node can
//! lose, in every way to lose it. No verdict gets better for it, none becomes
//! not-applicable without a witness, and each cites what it saw.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of this is test code, also what no #[test] stands over"
)]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use cisb_catalogue::control::Control;
use cisb_catalogue::platform::{self, Platform};
use cisb_sdk::contract::manifest::Requests;
use cisb_sdk::fake::{FakeFacts, FakeNode, laws};
use cisb_sdk::rule::{self, Cx};
use cisb_sdk::verdict::Outcome;

/// Losses that make another node rather than an unknown one: the directory of
/// drop-ins is still seen whole, and without the file that removes the limit
/// the kubelet has one.
const OTHER_NODES: [&str; 2] = [
    "kubelet-drop-ins kubelet-pod-pids-limit: /etc/kubelet.d/20-more Gone: Fail became Pass",
    "kubelet-drop-ins kubelet-pod-pids-limit: /etc/kubelet.d/20-more/one.conf Gone: Fail became Pass",
];

/// The same, of any record: a drop-in in such a directory, and what should not be
/// there in the first place. Control and loss, each as a part of the law's words.
const OTHER_EVERYWHERE: [(&str, &str); 3] = [
    (
        "",
        "/etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf Gone: ",
    ),
    ("eks-sshd-not-enabled: /etc", " Gone: "),
    ("eks-sshd-not-running: ", " Gone: Fail became Pass"),
];

/// Whether a loss makes another node.
fn is_another_node(law: &str) -> bool {
    OTHER_NODES.contains(&law)
        || OTHER_EVERYWHERE
            .iter()
            .any(|(control, loss)| law.contains(control) && law.contains(loss))
}

#[test]
fn no_fact_that_goes_missing_makes_a_verdict_better() {
    let records = records();
    let left = Mutex::new(records.iter().enumerate());
    let next = || left.lock().ok().and_then(|mut left| left.next());
    let broken = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((index, record)) = next() {
                    let found = violations(index, record);
                    broken.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mut broken = broken.into_inner().unwrap();
    broken.sort();
    assert!(
        broken.is_empty(),
        "{} laws broken:\n{}",
        broken.len(),
        broken.join("\n")
    );
}

/// Every law that a check breaks on a record, and what brings it about.
fn violations(index: usize, record: &Path) -> Vec<String> {
    let node = FakeNode::from_record(record)
        .unwrap_or_else(|error| panic!("{}: {error:?}", record.display()));
    let mut losses = laws::losses(&node);
    assert!(losses.len() > 20, "{}", record.display());
    if record
        .parent()
        .is_some_and(|it| it.ends_with("kubeadm-variants"))
    {
        // These differ in their settings and hold the same facts: each loses
        // every fourth, so that together they lose each four times.
        losses = losses.into_iter().skip(index % 4).step_by(4).collect();
    }
    let platform = platform_of(record);
    let requests = platform.requests();
    let mut broken = Vec::new();
    for control in &platform.controls() {
        let run = |node: &FakeNode| run(platform, &requests, control, node);
        let found = laws::violations_among(&node, &losses, run);
        let name = record.file_name().unwrap().to_string_lossy();
        broken.extend(
            found
                .iter()
                .map(|law| format!("{name} {}: {law}", control.name))
                .filter(|law| !is_another_node(law)),
        );
    }
    broken
}

fn run(
    platform: &Platform,
    requests: &Requests,
    control: &Control,
    node: &FakeNode,
) -> (FakeFacts, Outcome) {
    let profile = platform.code.profile();
    node.run(requests, control.uses, |cx| {
        let cx = Cx {
            find: profile.find,
            ..*cx
        };
        rule::evaluate(&control.rule, &cx, profile.codes)
            .unwrap_or_else(|failure| panic!("{}: {failure:?}", control.name))
    })
}

/// The platform that a record's name begins with; kubeadm if none.
fn platform_of(record: &Path) -> &'static Platform {
    let name = record.file_name().unwrap().to_string_lossy();
    let begins = |platform: &&&Platform| {
        name.strip_prefix(platform.name)
            .is_some_and(|rest| rest.starts_with('-'))
    };
    platform::ALL
        .iter()
        .find(begins)
        .or(platform::ALL.first())
        .unwrap()
}

/// The records that the project carries, and those beside it where they are.
fn records() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = root.join("../shared/nodes");
    let mut found = Vec::new();
    for folder in [
        root.join("tests/nodes"),
        shared.join("kubeadm-variants"),
        shared.clone(),
    ] {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut records: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.join("node.json").is_file())
            .collect();
        records.sort();
        found.extend(records);
    }
    // The project's own are copies of some beside it.
    let mut seen = BTreeSet::new();
    found.retain(|path| seen.insert(std::fs::read(path.join("node.json")).unwrap()));
    assert!(found.len() >= 3, "{found:?}");
    if !shared.is_dir() {
        // What was not tested is said.
        let _ = writeln!(
            std::io::stderr(),
            "only the project's own records: no others are beside it"
        );
    }
    found
}
