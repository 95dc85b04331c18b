//! The process table of a record.

use std::collections::BTreeMap;

use super::format::{Fault, Mount, ProcessEntry, Scope, place};
use super::{ENTRY_LIMIT, Flaw};
use crate::node::{Miss, Place, Process, Processes, Table};

/// A record's process table.
struct Recorded {
    table: Result<Table, Miss>,
    details: BTreeMap<u32, Details>,
}

/// What is asked of one process after it was found.
struct Details {
    env: Option<BTreeMap<String, String>>,
    env_names: Option<Vec<String>>,
    env_error: Option<Fault>,
    mounts: Option<Vec<Mount>>,
    mounts_partial: bool,
}

/// Reads a record's processes.
pub(super) fn processes(
    entries: Option<Vec<ProcessEntry>>,
    fault: Option<Fault>,
    scope: Option<&Scope>,
) -> Result<impl Processes + use<>, Flaw> {
    let Some(entries) = entries else {
        let miss = fault.map(|fault| fault.miss());
        let miss = miss
            .unwrap_or_else(|| Miss::NotRecorded("the record holds no process table".to_owned()));
        return Ok(Recorded {
            table: Err(miss),
            details: BTreeMap::new(),
        });
    };
    if entries.len() > ENTRY_LIMIT {
        return Err(Flaw::invalid(
            "node.json",
            format!("more than {ENTRY_LIMIT} processes"),
        ));
    }
    let first_pidns = entries
        .iter()
        .find(|process| process.pid == 1)
        .and_then(|process| process.pidns.clone());
    let mut details = BTreeMap::new();
    let mut processes = Vec::with_capacity(entries.len());
    for entry in entries {
        let flaw =
            |reason: &str| Flaw::invalid("node.json", format!("process {}: {reason}", entry.pid));
        let place = match entry.place.as_deref() {
            Some(word) => place(word).ok_or_else(|| flaw(&format!("{word:?} is not a place")))?,
            None => decide(&entry, first_pidns.as_deref()),
        };
        let absolute = |mount: &Mount| {
            mount.target.starts_with('/')
                && mount
                    .source
                    .as_ref()
                    .is_none_or(|source| source.starts_with('/'))
        };
        if !entry.mounts.iter().flatten().all(absolute) {
            return Err(flaw("a mount's target or source is not an absolute path"));
        }
        let own = Details {
            env: entry.env,
            env_names: entry.env_names,
            env_error: entry.env_error,
            mounts: entry.mounts,
            mounts_partial: entry.mounts_partial,
        };
        if details.insert(entry.pid, own).is_some() {
            return Err(Flaw::invalid(
                "node.json",
                format!("process {} stands there twice", entry.pid),
            ));
        }
        let missing = entry
            .argv
            .is_none()
            .then(|| "its arguments are not in the record".to_owned());
        processes.push(Process {
            pid: entry.pid,
            ppid: entry.ppid,
            uid: entry.uid,
            comm: entry.comm,
            exe: entry.exe,
            argv: entry.argv.unwrap_or_default(),
            start: entry.start,
            cgroup: entry.cgroup,
            pidns: entry.pidns,
            place,
            declared: None,
            error: entry.error.or(missing),
        });
    }
    processes.sort_by_key(|process| process.pid);
    let (complete, hint) = match scope.and_then(|scope| scope.processes.as_deref()) {
        None | Some("whole") => (true, String::new()),
        Some("partial") => (
            false,
            "the record holds only a part of the process table".to_owned(),
        ),
        Some(word) => {
            return Err(Flaw::invalid(
                "node.json",
                format!("scope: processes: {word:?} is neither whole nor partial"),
            ));
        }
    };
    let hint = scope
        .and_then(|scope| scope.hint.clone())
        .filter(|_| !complete)
        .unwrap_or(hint);
    Ok(Recorded {
        table: Ok(Table {
            processes,
            complete,
            hint,
        }),
        details,
    })
}

impl Processes for Recorded {
    fn table(&self) -> Result<&Table, Miss> {
        self.table.as_ref().map_err(Miss::clone)
    }

    fn environment(&self, pid: u32, names: &[String]) -> Result<BTreeMap<String, String>, Miss> {
        let details = self.details(pid)?;
        if let Some(fault) = &details.env_error {
            return Err(fault.miss());
        }
        let unknown = |name: &&String| {
            details
                .env_names
                .as_ref()
                .is_some_and(|kept| !kept.contains(name))
        };
        let Some(env) = &details.env else {
            return Err(Miss::NotRecorded(
                "its environment is not in the record".to_owned(),
            ));
        };
        if let Some(name) = names.iter().find(unknown) {
            return Err(Miss::NotRecorded(format!(
                "the variable {name} was not looked at"
            )));
        }
        Ok(names
            .iter()
            .filter_map(|name| Some((name.clone(), env.get(name)?.clone())))
            .collect())
    }

    fn translate(&self, pid: u32, path: &str) -> Result<String, Miss> {
        let details = self.details(pid)?;
        let Some(mounts) = &details.mounts else {
            return Ok(path.to_owned());
        };
        let covering = mounts
            .iter()
            .filter_map(|mount| Some((mount, below(&mount.target, path)?)));
        // The last of equals: it was mounted over the others.
        match covering.max_by_key(|(mount, _)| mount.target.trim_end_matches('/').len()) {
            // Of a single path that was looked at, nothing below it is known.
            Some((_, rest)) if details.mounts_partial && !rest.is_empty() => {
                Err(not_translated(path))
            }
            Some((
                Mount {
                    source: Some(source),
                    ..
                },
                rest,
            )) => {
                let whole = format!("{}{rest}", source.trim_end_matches('/'));
                Ok(if whole.is_empty() {
                    "/".to_owned()
                } else {
                    whole
                })
            }
            Some((
                Mount {
                    fault: Some(fault), ..
                },
                _,
            )) => Err(fault.miss()),
            None if details.mounts_partial => Err(not_translated(path)),
            _ => Err(Miss::BadPath(format!(
                "{path} lies in the process's own file system, which the node does not have"
            ))),
        }
    }
}

impl Recorded {
    fn details(&self, pid: u32) -> Result<&Details, Miss> {
        self.details.get(&pid).ok_or(Miss::NotFound)
    }
}

fn not_translated(path: &str) -> Miss {
    Miss::NotRecorded(format!(
        "what {path} is for this process is not in the record"
    ))
}

/// The part of a path below a mount, with its slash; none if it is not below.
fn below<'a>(target: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(target.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then_some(if rest == "/" { "" } else { rest })
}

/// Whose a process is, where the record does not say. A record that tells of
/// neither control groups nor namespaces nor mounts is of the node's own.
fn decide(entry: &ProcessEntry, first_pidns: Option<&str>) -> Place {
    let own_pidns = entry
        .pidns
        .as_deref()
        .zip(first_pidns)
        .map(|(own, first)| own == first);
    match (entry.cgroup.as_deref().map(pod), own_pidns) {
        (None, _) if entry.pidns.is_none() && entry.mounts.is_none() => Place::Node,
        (None, Some(false)) => Place::Foreign,
        (None, _) => Place::Unknown,
        (Some(Pod::Static), _) => Place::StaticPod,
        (Some(Pod::Other), _) => Place::Foreign,
        (Some(Pod::Unclear), _) => Place::Unknown,
        (Some(Pod::None), Some(false)) => Place::Foreign,
        (Some(Pod::None), Some(true)) => Place::Node,
        (Some(Pod::None), None) if entry.pidns.is_none() => Place::Node,
        (Some(Pod::None), None) => Place::Unknown,
    }
}

enum Pod {
    None,
    Static,
    Other,
    Unclear,
}

/// What a control group path says: a static pod's id is a hash, an ordinary
/// pod's a UUID. The outermost part decides; a container may name those below.
fn pod(cgroup: &str) -> Pod {
    let mut pods = false;
    for part in cgroup.split('/') {
        pods |= part.contains("kubepods");
        let name = part.split_once(".slice").map_or(part, |(name, _)| name);
        let id = name
            .strip_prefix("pod")
            .or_else(|| name.rsplit_once("-pod").map(|(_, id)| id));
        let hex = |id: &str| id.bytes().all(|digit| digit.is_ascii_hexdigit());
        match id {
            Some(id) if pods && id.len() == 32 && hex(id) => return Pod::Static,
            Some(id) if pods && id.len() == 36 && hex(&id.replace(['-', '_'], "")) => {
                return Pod::Other;
            }
            Some(_) if pods => return Pod::Unclear,
            _ => {}
        }
        let container = |run: &str| run.len() == 64 && hex(run);
        if part
            .split(|digit: char| !digit.is_ascii_hexdigit())
            .any(container)
        {
            return if pods { Pod::Unclear } else { Pod::Other };
        }
    }
    if pods { Pod::Unclear } else { Pod::None }
}
