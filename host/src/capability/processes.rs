//! `cisb:host/processes`: processes by executable, and the paths they were told.

use std::sync::Arc;

use cisb_contract::manifest::ProcessRequest;
use wasmtime::component::Resource;

use super::files::{Entry, Opening};
use super::{MAX_FILE_BYTES, Session, denied, refused};
use crate::engine::wit::processes::{Found, Host, HostProcess, Identity, Info, Place};
use crate::engine::wit::types::{Cause, Error as WitError};
use crate::evidence::Turnout;
use crate::mask;
use crate::node;

/// What the kernel keeps of a process's name.
const COMM_BYTES: usize = 15;

/// The first user id of a person's account on the systems that Kubernetes runs
/// on. Components run as root or as system accounts; whoever else starts
/// something under a component's name is not this node's.
const FIRST_PERSON_UID: u32 = 1000;

/// A process that a check holds.
pub struct Process {
    observation: u64,
    request: String,
    info: node::Process,
    args: Arc<[String]>,
    identity: Identity,
    place: node::Place,
}

/// How a process matches a request: by its executable, or by its name where the
/// executable cannot be read. Never by its arguments.
fn identify(request: &ProcessRequest, process: &node::Process) -> Option<Identity> {
    match &process.exe {
        Some(exe) => {
            let name = exe.rsplit('/').next().unwrap_or(exe);
            request
                .executables
                .iter()
                .any(|e| e == name)
                .then_some(Identity::Strong)
        }
        None => request
            .executables
            .iter()
            .any(|e| {
                e.as_bytes()
                    .iter()
                    .take(COMM_BYTES)
                    .eq(process.comm.as_bytes())
            })
            .then_some(Identity::Weak),
    }
}

/// Whose process it is, with what the process table alone does not tell: a
/// person's process on the node is not a component of it. In a container that
/// root started it is the container's user, whatever its number.
fn place(process: &node::Process) -> node::Place {
    match (process.place, process.uid) {
        (node::Place::Node | node::Place::Unknown, Some(uid)) if uid >= FIRST_PERSON_UID => {
            node::Place::Foreign
        }
        (place, _) => place,
    }
}

fn place_word(place: node::Place) -> &'static str {
    match place {
        node::Place::Node => "on the node",
        node::Place::StaticPod => "in a static pod",
        node::Place::Container => "in a container of the node",
        node::Place::HostNetworkPod => "in a host-network pod",
        node::Place::Foreign => "not this node's",
        node::Place::Unknown => "place unknown",
    }
}

/// An argument list as one line.
fn command_line(args: &[String]) -> String {
    const LONGEST: usize = 16 << 10;
    let mut text = args.join(" ");
    if text.len() > LONGEST {
        let end = text.floor_char_boundary(LONGEST);
        text.truncate(end);
        text.push('…');
    }
    text
}

impl Host for Session {
    fn find(&mut self, request: String) -> wasmtime::Result<Result<Found, WitError>> {
        self.enter()?;
        if let Err(full) = self.room() {
            return Ok(Err(full));
        }
        let granted = self.granted.clone();
        let Some((request, allowed)) = granted
            .processes
            .iter()
            .find(|(r, _)| r.id == request && self.uses(&r.id))
        else {
            return Ok(Err(denied(
                &format!("the processes request `{}`", request.escape_debug()),
                "the check does not declare it in `uses`",
            )));
        };
        self.asked.insert(request.id.clone());
        let subject = request.executables.join(", ");
        if !allowed {
            return Ok(Err(denied(
                &format!("looking for processes of {subject}"),
                &format!("{} does not allow it for this profile", granted.source),
            )));
        }
        let shared = self.shared.clone();
        let table = match shared.node.processes.table() {
            Ok(table) => table,
            Err(miss) => return Ok(Err(self.miss("process-search", &subject, &miss))),
        };
        let matching = || {
            table
                .processes
                .iter()
                .filter_map(|p| identify(request, p).map(|identity| (p, identity)))
        };
        // What could not be read whole is not judged: a process whose arguments
        // are gone must not look like one without flags.
        let unread = matching().find_map(|(p, _)| {
            let why = p.error.as_ref()?;
            // No number: a fact does not change because a process was restarted.
            Some(format!("a process {} was not read whole ({why})", p.comm))
        });
        let in_tree = shared.node.identity.origin == node::Origin::Tree;
        let hint = match unread {
            // In a tree only its unit can say how a program would run.
            Some(unread) if table.complete || in_tree => unread,
            _ if table.complete => String::new(),
            _ => table.hint.clone(),
        };
        let complete = table.complete && hint.is_empty();
        let turnout = if complete {
            Turnout::Served
        } else {
            Turnout::Partial(hint.clone())
        };
        let search = self.ledger.mint("process-search", subject, turnout);
        let mut processes = Vec::new();
        for (process, identity) in matching() {
            if process.error.is_some() {
                continue;
            }
            if let Err(full) = self.room() {
                return Ok(Err(full));
            }
            let args = shared.args(process);
            let place = place(process);
            let name = process.exe.as_deref().unwrap_or(&process.comm);
            let observation = self
                .ledger
                .mint("process", name.to_owned(), Turnout::Served);
            match &process.declared {
                Some(unit) => self
                    .ledger
                    .add(observation, format!("as {unit} declares it")),
                None => self.ledger.add(observation, place_word(place)),
            }
            if identity == Identity::Weak {
                self.ledger
                    .add(observation, "executable not readable, matched by name only");
            }
            self.ledger.add(observation, command_line(&args));
            let held = Process {
                observation,
                request: request.id.clone(),
                info: process.clone(),
                args,
                identity,
                place,
            };
            match self.table.push(held) {
                Ok(resource) => processes.push(resource),
                Err(_) => return Err(wasmtime::Error::new(super::Spent::Handles)),
            }
        }
        self.ledger
            .add(search, format!("{} found", processes.len()));
        Ok(Ok(Found {
            observation: search,
            processes,
            complete,
            hint,
        }))
    }
}

impl HostProcess for Session {
    fn observation(&mut self, process: Resource<Process>) -> wasmtime::Result<u64> {
        self.enter()?;
        Ok(self.table.get(&process)?.observation)
    }

    fn info(&mut self, process: Resource<Process>) -> wasmtime::Result<Info> {
        self.enter()?;
        let process = self.table.get(&process)?;
        Ok(Info {
            pid: process.info.pid,
            comm: process.info.comm.clone(),
            exe: process.info.exe.clone(),
            uid: process.info.uid,
            identity: process.identity,
            place: match process.place {
                node::Place::Node | node::Place::Container => Place::Node,
                node::Place::StaticPod => Place::StaticPod,
                node::Place::HostNetworkPod => Place::HostNetworkPod,
                node::Place::Foreign => Place::Foreign,
                node::Place::Unknown => Place::Unknown,
            },
            args: process.args.to_vec(),
        })
    }

    fn environment(
        &mut self,
        process: Resource<Process>,
        name: String,
    ) -> wasmtime::Result<Result<Option<String>, WitError>> {
        self.enter()?;
        let held = self.table.get(&process)?;
        let (pid, observation) = (held.info.pid, held.observation);
        let granted = self.granted.clone();
        let declared = granted
            .processes
            .iter()
            .any(|(r, _)| r.id == held.request && r.environment.contains(&name));
        if !declared {
            return Ok(Err(denied(
                &format!("the environment variable `{}`", name.escape_debug()),
                &format!("the request `{}` does not declare it", held.request),
            )));
        }
        // All declared names at once, so that a recording node remembers that
        // it looked for those that are not there.
        match self
            .shared
            .node
            .processes
            .environment(pid, std::slice::from_ref(&name))
        {
            Ok(mut values) => {
                let value = values.remove(&name).map(|v| mask::mask_env(&name, &v));
                let fact = match &value {
                    Some(value) => format!("{name}={value}"),
                    None => format!("{name} not set"),
                };
                self.ledger.add(observation, fact);
                Ok(Ok(value))
            }
            Err(miss) => Ok(Err(self.miss(
                "process",
                &format!("environment of {name}"),
                &miss,
            ))),
        }
    }

    fn open_named(
        &mut self,
        process: Resource<Process>,
        name: String,
        path: String,
    ) -> wasmtime::Result<Result<Resource<Entry>, WitError>> {
        self.enter()?;
        let held = self.table.get(&process)?;
        let granted = self.granted.clone();
        let flag = flag_name(&name);
        let Some((request, rights)) = granted.named.iter().find(|(r, _)| {
            self.uses(&r.id)
                && r.process == held.request
                && match &flag {
                    Some(flag) => r.flags.iter().any(|f| same_flag(f, flag)),
                    None => r.environment.contains(&name),
                }
        }) else {
            return Ok(Err(denied(
                &format!("what `{}` names", name.escape_debug()),
                "no named request of this check declares it",
            )));
        };
        if rights.is_empty() {
            return Ok(Err(denied(
                &format!("what `{name}` names"),
                &format!("{} does not allow it for this profile", granted.source),
            )));
        }
        let stranger = match held.place {
            node::Place::Foreign => Some("the process is not this node's"),
            node::Place::Unknown => Some("nothing shows that the process is this node's"),
            node::Place::Node
            | node::Place::StaticPod
            | node::Place::Container
            | node::Place::HostNetworkPod => None,
        };
        if let Some(why) = stranger {
            return Ok(Err(denied(
                &format!("what `{name}` of process {} names", held.info.pid),
                &format!("{why}, so what it names is not either"),
            )));
        }
        let (pid, request, rights) = (held.info.pid, request.clone(), rights.clone());
        self.asked.insert(request.id.clone());
        // Guest-controlled: the process itself must say the path.
        let says = match &flag {
            Some(flag) => says_flag(&held.info.argv, flag, &path),
            None => match self
                .shared
                .node
                .processes
                .environment(pid, std::slice::from_ref(&name))
            {
                Ok(values) => values.get(&name).is_some_and(|v| says_value(v, &path)),
                Err(miss) => {
                    return Ok(Err(self.miss(
                        "process",
                        &format!("environment of {name}"),
                        &miss,
                    )));
                }
            },
        };
        if !says {
            return Ok(Err(refused(
                Cause::Invalid,
                format!(
                    "`{name}` of process {pid} does not say `{}`",
                    path.escape_debug()
                ),
            )));
        }
        match self.shared.node.processes.translate(pid, &path) {
            Ok(node_path) => self.open_entry(Opening {
                path: node_path,
                seen_as: path,
                pid: Some(pid),
                rights,
                via: vec![request.id],
                depth: request.depth,
                limit: MAX_FILE_BYTES,
            }),
            Err(miss) => Ok(Err(self.miss("file", &path, &miss))),
        }
    }

    fn drop(&mut self, process: Resource<Process>) -> wasmtime::Result<()> {
        self.table.delete(process)?;
        Ok(())
    }
}

/// The name of a flag without its dashes; none for an environment variable.
fn flag_name(name: &str) -> Option<String> {
    let bare = name.strip_prefix("--").or_else(|| name.strip_prefix('-'))?;
    Some(bare.to_owned())
}

/// Kubernetes' flags treat `_` as `-`.
fn same_flag(a: &str, b: &str) -> bool {
    a.len() == b.len()
        && a.bytes()
            .zip(b.bytes())
            .all(|(x, y)| x == y || matches!((x, y), (b'-', b'_') | (b'_', b'-')))
}

/// Whether an argument list gives a flag this value. Not a flag parser: which
/// of several values holds is the profile's business, and all of them were
/// written by whoever started the process.
fn says_flag(argv: &[String], flag: &str, path: &str) -> bool {
    argv.iter().enumerate().any(|(i, arg)| {
        let Some(bare) = flag_name(arg) else {
            return false;
        };
        match bare.split_once('=') {
            Some((name, value)) => same_flag(name, flag) && says_value(value, path),
            None => {
                same_flag(&bare, flag) && argv.get(i + 1).is_some_and(|next| says_value(next, path))
            }
        }
    })
}

fn says_value(value: &str, path: &str) -> bool {
    value == path || value.split(',').any(|element| element.trim() == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(args: &[&str]) -> Vec<String> {
        args.iter().map(|a| (*a).to_owned()).collect()
    }

    #[test]
    fn a_path_is_named_only_by_the_flag_itself() {
        let args = argv(&[
            "kubelet",
            "--config=/a",
            "--client_ca_file",
            "/b",
            "-x=/c,/d",
        ]);
        assert!(says_flag(&args, "config", "/a"));
        assert!(says_flag(&args, "client-ca-file", "/b"));
        assert!(says_flag(&args, "x", "/d"));
        assert!(!says_flag(&args, "config", "/b"));
        assert!(!says_flag(&args, "config-dir", "/a"));
        assert!(!says_flag(&args, "config", "/etc/shadow"));
    }

    #[test]
    fn a_process_is_matched_by_executable_then_by_name_never_by_arguments() {
        let request = ProcessRequest {
            id: "x".into(),
            executables: vec!["kube-controller-manager".into()],
            environment: vec![],
            why: "test".into(),
        };
        let mut process = node::Process {
            pid: 1,
            ppid: None,
            uid: Some(0),
            comm: "kube-controller".into(),
            exe: Some("/usr/local/bin/kube-controller-manager".into()),
            argv: argv(&["x"]),
            start: None,
            cgroup: None,
            pidns: None,
            place: node::Place::Node,
            declared: None,
            error: None,
        };
        assert_eq!(identify(&request, &process), Some(Identity::Strong));
        process.exe = None;
        assert_eq!(identify(&request, &process), Some(Identity::Weak));
        process.exe = Some("/usr/bin/python3".into());
        process.argv = argv(&["python3", "kube-controller-manager"]);
        assert_eq!(identify(&request, &process), None);
    }

    #[test]
    fn a_persons_process_is_foreign_but_not_a_containers_user() {
        let process = |place, uid| node::Process {
            pid: 1,
            ppid: None,
            uid: Some(uid),
            comm: "kube-apiserver".into(),
            exe: None,
            argv: Vec::new(),
            start: None,
            cgroup: None,
            pidns: None,
            place,
            declared: None,
            error: None,
        };
        for (at, uid, expected) in [
            (node::Place::Node, 0, node::Place::Node),
            (node::Place::Node, 1000, node::Place::Foreign),
            (node::Place::Unknown, 1000, node::Place::Foreign),
            (node::Place::Container, 1000, node::Place::Container),
            (node::Place::StaticPod, 1000, node::Place::StaticPod),
        ] {
            assert_eq!(place(&process(at, uid)), expected, "{at:?} {uid}");
        }
    }
}
