//! `--checksums FILE`: the node's binaries beside a list of their digests, as
//! `sha256sum` writes it. The list is the operator's, so no profile is asked
//! and nothing has to be granted; what was found becomes findings like any
//! other, of a profile called `checksums`.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use cisb_contract::manifest::{Assessment, Group, Ownership, Section, Severity};
use sha2::{Digest as _, Sha256};

use crate::evidence::{Ledger, Turnout, hex, stat_fact};
use crate::finding::{Basis, Decision, Evidence, Finding, Subject, Verdict};
use crate::node::{Kind, Miss, Node, Place};
use crate::report::{ProfileRun, Timings};

/// The id under which the findings stand.
pub const PROFILE: &str = "checksums";

/// The group that all findings are in.
const GROUP: &str = "checksums";

/// The largest list, in bytes.
const LIST_LIMIT: u64 = 1 << 20;

/// The largest file that is digested, in bytes: Kubernetes' are below 150 MB.
const FILE_LIMIT: u64 = 1 << 30;

/// Where a name without a directory is looked for, besides where a process of
/// that name runs from.
const FOLDERS: [&str; 7] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
    "/opt/bin",
];

/// A list of digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksums {
    path: PathBuf,
    /// SHA-256 of the list itself.
    digest: String,
    lines: Vec<Line>,
}

/// One line: the digest that a file should have.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    /// Lower-case hex.
    sha256: String,
    name: String,
}

/// Why a list cannot be used; exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum ChecksumsError {
    /// It cannot be read.
    #[error("cannot read the checksums in {path}: {source}")]
    Read {
        /// The list.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not such a list.
    #[error("{path}: {what}")]
    Invalid {
        /// The list.
        path: PathBuf,
        /// What is wrong, with the line.
        what: String,
    },
}

impl Checksums {
    /// Reads a list.
    pub fn read(path: &Path) -> Result<Self, ChecksumsError> {
        let fail = |source| ChecksumsError::Read {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .map_err(fail)?
            .take(LIST_LIMIT + 1)
            .read_to_end(&mut bytes)
            .map_err(fail)?;
        let invalid = |what| ChecksumsError::Invalid {
            path: path.to_owned(),
            what,
        };
        if bytes.len() as u64 > LIST_LIMIT {
            return Err(invalid(format!("a list has {LIST_LIMIT} bytes at most")));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| invalid("it is not text".to_owned()))?;
        Ok(Self {
            path: path.to_owned(),
            digest: format!("sha256:{}", hex(&Sha256::digest(&bytes))),
            lines: parse(text).map_err(invalid)?,
        })
    }

    /// The list's entry among the profiles of a report.
    pub fn entry(&self) -> ProfileRun {
        ProfileRun {
            id: PROFILE.to_owned(),
            version: String::new(),
            epoch: 0,
            title: "Digests of the files that the operator lists".to_owned(),
            benchmark: String::new(),
            kubernetes: String::new(),
            digest: self.digest.clone(),
            manifest_digest: String::new(),
            signers: Vec::new(),
            capabilities: String::new(),
            signer: "the operator's own list".to_owned(),
            chosen: format!("given with --checksums {}", self.path.display()),
            grants: Vec::new(),
            tailored: Vec::new(),
            sections: vec![Section {
                id: GROUP.to_owned(),
                title: "Files and their digests".to_owned(),
                target: "node".to_owned(),
                groups: vec![Group {
                    id: GROUP.to_owned(),
                    title: "Digests".to_owned(),
                }],
            }],
            refused: None,
            timings: Timings::default(),
        }
    }

    /// A finding for each name of the list.
    pub fn judge(&self, node: &Node) -> Vec<Finding> {
        self.lines
            .iter()
            .enumerate()
            .map(|(index, line)| judge(node, line, index))
            .collect()
    }
}

/// The lines of a list: `DIGEST  NAME`, `DIGEST *NAME`, or `SHA256 (NAME) =
/// DIGEST`. A name that stands twice has to have one digest.
fn parse(text: &str) -> Result<Vec<Line>, String> {
    let mut lines: Vec<Line> = Vec::new();
    for (at, text) in text.lines().enumerate() {
        let text = text.trim_end();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let at = at + 1;
        let line = line(text).ok_or_else(|| {
            format!("line {at} is not a SHA-256 digest and a file, as sha256sum writes them")
        })?;
        match lines.iter().find(|other| other.name == line.name) {
            None => lines.push(line),
            Some(other) if other.sha256 == line.sha256 => {}
            Some(_) => return Err(format!("line {at} has another digest for {}", line.name)),
        }
    }
    match lines.is_empty() {
        true => Err("it lists no file".to_owned()),
        false => Ok(lines),
    }
}

fn line(text: &str) -> Option<Line> {
    let (sha256, name) = match text.strip_prefix("SHA256 (") {
        Some(rest) => {
            let (name, sha256) = rest.rsplit_once(") = ")?;
            (sha256, name)
        }
        None => {
            let (sha256, rest) = text.split_once(' ')?;
            (sha256, rest.strip_prefix([' ', '*']).unwrap_or(rest))
        }
    };
    let is_digest = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
    let is_name = !name.trim().is_empty() && !name.ends_with('/');
    (is_digest && is_name).then(|| Line {
        sha256: sha256.to_ascii_lowercase(),
        name: name.trim().to_owned(),
    })
}

/// What one file, or one place where it might be, comes to.
struct Seen {
    subject: Subject,
    evidence: Option<Evidence>,
}

fn judge(node: &Node, line: &Line, index: usize) -> Finding {
    let mut ledger = Ledger::new(index);
    let name = line.name.rsplit('/').next().unwrap_or(&line.name);
    let absolute = line.name.starts_with('/');
    let mut hidden = None;
    let mut running = BTreeSet::new();
    let mut paths = BTreeSet::from([line.name.clone()]);
    if !absolute {
        paths = FOLDERS.iter().map(|it| format!("{it}/{name}")).collect();
        for place in executables(node, name) {
            match place {
                Ok(path) => {
                    running.insert(path);
                }
                Err(miss) => hidden = Some(format!("what runs as {name} is not seen: {miss}")),
            }
        }
        paths.extend(running.iter().cloned());
    }
    let mut found = Vec::new();
    let mut absent = Vec::new();
    for path in paths {
        match look(node, &mut ledger, &path, &line.sha256) {
            Look::Found(seen) => found.push(seen),
            Look::Absent(seen) => {
                if running.contains(&path) {
                    hidden = Some(format!("{name} runs from {path}, which is not there"));
                }
                absent.push(seen);
            }
        }
    }
    // The same file under two names is one.
    let mut resolved = BTreeSet::new();
    found.retain(|seen| resolved.insert(seen.subject.key.clone()));

    let worst = |state| found.iter().any(|seen| seen.subject.state == state);
    let (verdict, reason) = if worst(Verdict::Fail) {
        let other = found.iter().filter(|s| s.subject.state == Verdict::Fail);
        let paths: Vec<&str> = other.map(|s| s.subject.key.as_str()).collect();
        let text = format!("{} is not what the list says", paths.join(", "));
        (Verdict::Fail, text)
    } else if let Some(seen) = found.iter().find(|s| s.subject.state == Verdict::Error) {
        let text = format!("{}: {}", seen.subject.key, seen.subject.reason);
        (Verdict::Error, text)
    } else if let Some(hidden) = hidden {
        (Verdict::Error, hidden)
    } else if !found.is_empty() {
        let paths: Vec<&str> = found.iter().map(|s| s.subject.key.as_str()).collect();
        let text = format!("{} is what the list says", paths.join(", "));
        (Verdict::Pass, text)
    } else if absolute {
        let text = format!("{} is not there, and the list says that it is", line.name);
        (Verdict::Fail, text)
    } else {
        let text = format!("no {name} here: not in {}", FOLDERS.join(", "));
        (Verdict::NotApplicable, text)
    };
    let decisive = match found.is_empty() {
        true => absent,
        false => found,
    };
    let (subjects, evidence): (Vec<_>, Vec<_>) = decisive
        .into_iter()
        .map(|seen| (seen.subject, seen.evidence))
        .unzip();
    let evidence = evidence.into_iter().flatten().collect();
    let actual: Vec<&str> = subjects.iter().map(|s| s.actual.as_str()).collect();
    Finding {
        profile: PROFILE.to_owned(),
        check: line.name.clone(),
        control: "file-checksum".to_owned(),
        title: "digest is the one that the list gives".to_owned(),
        section: GROUP.to_owned(),
        target: "node".to_owned(),
        component: name.to_owned(),
        level: 1,
        assessment: Assessment::Automated,
        scored: true,
        severity: Severity::High,
        ownership: Ownership::Customer,
        judged: true,
        verdict,
        basis: Basis::Explicit,
        reason,
        expected: format!("sha256:{}", line.sha256),
        actual: actual.join(", "),
        subjects: match verdict {
            Verdict::NotApplicable => Vec::new(),
            _ => subjects,
        },
        evidence,
        decision: Decision::Required,
        rationale: "A binary that is not the released one runs with the rights of the component \
                    whose name it has."
            .to_owned(),
        remediation: format!(
            "Find out how {name} came to be another file before you replace it: a package of the \
             distribution has digests of its own, a list is of one version and platform. Then \
             install it again from a source that you verify, and restart what runs it."
        ),
        references: vec!["https://kubernetes.io/releases/download/".to_owned()],
        skipped: false,
    }
}

/// Where processes of a name run from, outside pods: a container has files of
/// its own.
fn executables(node: &Node, name: &str) -> Vec<Result<String, Miss>> {
    let Ok(table) = node.processes.table() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for process in &table.processes {
        let Some(exe) = &process.exe else { continue };
        let is_here = matches!(process.place, Place::Node | Place::Unknown);
        if is_here && exe.rsplit('/').next() == Some(name) {
            found.push(node.processes.translate(process.pid, exe));
        }
    }
    found
}

/// Whether something is at a path.
enum Look {
    Found(Seen),
    Absent(Seen),
}

fn look(node: &Node, ledger: &mut Ledger, path: &str, wanted: &str) -> Look {
    let read = node.files.find(path).and_then(|file| {
        let stat = file.stat().clone();
        match stat.kind {
            Kind::Regular => Ok((stat, file.digest(FILE_LIMIT)?)),
            other => Err(Miss::WrongType(other.word())),
        }
    });
    match read {
        Ok((stat, sha256)) => {
            let id = ledger.mint("file", stat.resolved.clone(), Turnout::Served);
            ledger.add(id, stat_fact(&stat));
            ledger.add(id, format!("sha256 {sha256}"));
            let state = match sha256 == wanted {
                true => Verdict::Pass,
                false => Verdict::Fail,
            };
            let actual = format!("sha256:{sha256}");
            Look::Found(seen(
                ledger,
                id,
                stat.resolved,
                state,
                actual,
                String::new(),
            ))
        }
        Err(miss) => {
            let id = ledger.mint_miss("file", path.to_owned(), &miss);
            let actual = "not known".to_owned();
            let seen = seen(
                ledger,
                id,
                path.to_owned(),
                Verdict::Error,
                actual,
                miss.to_string(),
            );
            match miss {
                Miss::NotFound => Look::Absent(seen),
                _ => Look::Found(seen),
            }
        }
    }
}

fn seen(
    ledger: &Ledger,
    id: u64,
    key: String,
    state: Verdict,
    actual: String,
    reason: String,
) -> Seen {
    // This very ledger minted the id.
    let evidence = ledger.evidence(id).ok();
    Seen {
        subject: Subject {
            key,
            state,
            expected: String::new(),
            actual,
            reason,
            basis: Basis::Explicit,
            evidence: evidence.iter().map(|e| e.id.clone()).collect(),
            decision: Decision::Required,
        },
        evidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const TWO: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    fn names(text: &str) -> Vec<String> {
        let lines = parse(text).unwrap();
        lines.into_iter().map(|line| line.name).collect()
    }

    #[test]
    fn a_list_is_read_as_sha256sum_and_others_write_it() {
        let text = format!(
            "# v1.36\n{ONE}  kubelet\n\n{} *bin/kubectl\nSHA256 (/opt/x (1)) = {TWO}\n{ONE}  kubelet\n",
            ONE.to_uppercase()
        );
        assert_eq!(names(&text), ["kubelet", "bin/kubectl", "/opt/x (1)"]);
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_line() {
        for (text, what) in [
            ("", "lists no file"),
            ("# nothing\n", "lists no file"),
            (ONE, "line 1 is not"),
            ("kubelet", "line 1 is not"),
            (&format!("{ONE}  a\n{ONE}"), "line 2 is not"),
            (&format!("{ONE}  /usr/bin/"), "line 1 is not"),
            (&format!("{}  a", &ONE[1..]), "line 1 is not"),
            (
                &format!("{ONE}  a\n{TWO}  a"),
                "line 2 has another digest for a",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(what), "{text}: {error}");
        }
    }
}
