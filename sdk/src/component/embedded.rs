//! Components that are parts of one process: K3s and MicroK8s run all of them
//! inside themselves. No process has a component's arguments, so they are put
//! together from what the whole was told, and from what it tells its parts.

use alloc::rc::Rc;

use super::{Component, Identity, Instance, Presence, Processes, Version, Words, k3s, microk8s};
use crate::args::Args;
use crate::config::Problem;
use crate::config::kubelet::Opened;
use crate::facts::{Cause, Entry, Error, Facts, Observation, Process, ProcessInfo};
use crate::prelude::*;
use crate::rule::Cx;
use crate::say;
use crate::strings;

/// The flags that name files of which the readers ask for.
const NAMED: &[&str] = &[
    "audit-policy-file",
    "authentication-config",
    "authentication-kubeconfig",
    "authorization-config",
    "authorization-kubeconfig",
    "client-ca-file",
    "cni-conf-dir",
    "config",
    "config-dir",
    "config-file",
    "data-dir",
    "encryption-provider-config",
    "kubeconfig",
    "pod-manifest-path",
    "trusted-ca-file",
];

/// Whether the code for MicroK8s is left out, and that for K3s.
const ONLY_K3S: bool = cfg!(all(target_arch = "wasm32", feature = "k3s"));
const ONLY_MICROK8S: bool = cfg!(all(target_arch = "wasm32", feature = "microk8s"));

/// Finds a component inside the process that is all of them: that of the
/// platform whose request the profile has.
pub fn find(cx: &Cx<'_>, component: Component) -> Option<Presence> {
    let is_denied =
        |found: &Result<Processes, Error>| found.as_ref().is_err_and(|e| e.cause == Cause::Denied);
    if !ONLY_MICROK8S {
        let found = super::own_processes(cx.facts, k3s::REQUEST);
        if ONLY_K3S || !is_denied(&found) {
            return Some(settled(k3s::find(cx, component, found)));
        }
    }
    let found = super::own_processes(cx.facts, microk8s::REQUEST);
    Some(settled(microk8s::find(cx, component, found)))
}

/// The same for a profile that may be about any platform: none where it has the
/// request of neither, and its components are looked for by themselves.
#[cfg(any(feature = "data", not(target_arch = "wasm32")))]
pub fn find_if_requested(cx: &Cx<'_>, component: Component) -> Option<Presence> {
    let is_asked = |request| {
        let found = super::own_processes(cx.facts, request);
        !found.is_err_and(|e| e.cause == Cause::Denied)
    };
    match is_asked(k3s::REQUEST) || is_asked(microk8s::REQUEST) {
        true => find(cx, component),
        false => None,
    }
}

/// What cannot be read leaves open whether the component is here.
fn settled(found: Result<Presence, Box<Problem>>) -> Presence {
    found.unwrap_or_else(|problem| {
        Presence::Unknown(Words {
            text: problem.text,
            observations: problem.observations,
        })
    })
}

/// The process that is everything, and what was read of it.
pub(super) struct Whole {
    pub(super) process: Rc<dyn Process>,
    pub(super) version: Version,
    pub(super) notes: Vec<String>,
    /// Receipts for the process and for all that says what it was told.
    pub(super) observations: Vec<Observation>,
}

impl Whole {
    pub(super) fn of(process: &Rc<dyn Process>) -> Self {
        let info = process.info();
        let mut notes = Vec::new();
        if info.identity == Identity::Weak {
            let comm = &info.comm;
            notes.push(say![
                "known only by its name `",
                comm,
                "`, its executable could not be read"
            ]);
        }
        Self {
            process: Rc::clone(process),
            version: Version::default(),
            notes,
            observations: vec![process.observation()],
        }
    }

    /// The part of it that a component is, with these arguments, of which some
    /// are not known.
    pub(super) fn part(
        &self,
        facts: &dyn Facts,
        component: Component,
        mut argv: Vec<String>,
        unsettled: Vec<(String, String)>,
    ) -> Presence {
        argv.insert(0, component.name().to_owned());
        let args = Args::parse(component.style(), &argv);
        let mut opened = Vec::new();
        for name in NAMED {
            if let Some(flag) = args.last(name)
                && !flag.value.is_empty()
            {
                opened.push((*name, facts.open(&flag.value)));
            }
        }
        let part = Rc::new(Part {
            whole: Rc::clone(&self.process),
            argv,
            opened,
        });
        self.instance(component, args, part, unsettled)
    }

    /// A component that is a process.
    pub(super) fn instance(
        &self,
        component: Component,
        args: Args,
        process: Rc<dyn Process>,
        unsettled: Vec<(String, String)>,
    ) -> Presence {
        Presence::Here(vec![Instance {
            component,
            label: component.name().to_owned(),
            args,
            argv: process.info().args,
            process: Some(process),
            manifest: None,
            version: self.version.clone(),
            notes: self.notes.clone(),
            observations: self.observations.clone(),
            unsettled,
        }])
    }

    /// That the component is no part of it, and why.
    #[inline(never)]
    pub(super) fn without(&self, text: String) -> Presence {
        Presence::NotHere(Words {
            text,
            observations: self.observations.clone(),
        })
    }

    #[inline(never)]
    pub(super) fn problem(&self, text: String) -> Box<Problem> {
        Box::new(Problem {
            text,
            observations: self.observations.clone(),
        })
    }

    /// Reads a file that says what it was told.
    #[inline(never)]
    pub(super) fn text(&mut self, path: &str, opened: Opened) -> Result<String, Box<Problem>> {
        let read = opened.and_then(|entry| {
            self.observations.push(entry.observation());
            entry.read_text()
        });
        read.map_err(|e| self.unread(path, &e))
    }

    /// Searches for files, all of them.
    #[inline(never)]
    pub(super) fn search(
        &mut self,
        facts: &dyn Facts,
        request: &str,
    ) -> Result<Vec<String>, Box<Problem>> {
        let matches = facts.glob(request).map_err(|e| self.unread(request, &e))?;
        self.observations.push(matches.observation);
        match matches.complete {
            true => Ok(matches.paths),
            false => Err(self.problem(say![request, " was not seen whole: ", matches.hint])),
        }
    }

    /// A file that says what it was told could not be read.
    #[inline(never)]
    pub(super) fn unread(&self, what: &str, error: &Error) -> Box<Problem> {
        let mut problem = Problem::of(what, error);
        problem.observations.extend(&self.observations);
        problem
    }
}

/// The only process of a program that is everything. `is_it` tells it from
/// others with the same executable.
pub(super) fn only(
    name: &str,
    found: Result<Processes, Error>,
    is_it: fn(&ProcessInfo) -> bool,
) -> Result<Result<Rc<dyn Process>, Presence>, Box<Problem>> {
    let found = found.map_err(|e| Problem::of(name, &e))?;
    let mut all = Vec::new();
    for process in found.own {
        if is_it(&process.info()) {
            all.push(process);
        }
    }
    let observations = vec![found.observation];
    if let [process] = all.as_slice() {
        return Ok(Ok(Rc::clone(process)));
    }
    let text = match (all.is_empty(), found.complete) {
        (false, _) => say![
            all.len(),
            " processes are ",
            name,
            ", and which is this node's is not known"
        ],
        (true, false) => say![name, " was not found: ", found.hint],
        (true, true) => {
            let text = say!["no process is ", name];
            return Ok(Err(Presence::NotHere(Words { text, observations })));
        }
    };
    Err(Box::new(Problem { text, observations }))
}

/// A part as a process of its own: the arguments are the part's.
struct Part {
    whole: Rc<dyn Process>,
    argv: Vec<String>,
    /// What its flags name, opened.
    opened: Vec<(&'static str, Opened)>,
}

impl Process for Part {
    fn observation(&self) -> Observation {
        self.whole.observation()
    }

    fn info(&self) -> ProcessInfo {
        ProcessInfo {
            args: self.argv.clone(),
            ..self.whole.info()
        }
    }

    fn environment(&self, _: &str) -> Result<Option<String>, Error> {
        Ok(None)
    }

    fn open_named(&self, name: &str, path: &str) -> Result<Rc<dyn Entry>, Error> {
        let name = strings::trim_start(name, b'-');
        match self.opened.iter().find(|(flag, _)| *flag == name) {
            Some((_, opened)) => opened.clone(),
            None => Err(Error::refused(
                Cause::Other,
                say![path, ": files that --", name, " names are not opened"],
            )),
        }
    }
}
