//! Finds the instances of a component on the node: its processes, and the
//! static pod manifests that declare it. Says with a witness when there are
//! none, and why when it cannot tell.

use alloc::rc::Rc;

use crate::args::{Args, Style};
use crate::config::{Problem, about};
use crate::facts::{Cause, Entry, Error, Facts, Identity, Observation, Origin, Place, Process};
use crate::order;
use crate::prelude::*;
use crate::rule::Cx;
use crate::say;
use crate::static_pod::{self, Container, StaticPods};
use crate::strings;

pub mod embedded;
mod k3s;
mod microk8s;

/// The components whose settings are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Component {
    KubeApiserver,
    KubeControllerManager,
    KubeScheduler,
    Etcd,
    Kubelet,
    KubeProxy,
}

impl Component {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::KubeApiserver,
        Self::KubeControllerManager,
        Self::KubeScheduler,
        Self::Etcd,
        Self::Kubelet,
        Self::KubeProxy,
    ];

    /// The name of its executable, and of the processes request for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::KubeApiserver => "kube-apiserver",
            Self::KubeControllerManager => "kube-controller-manager",
            Self::KubeScheduler => "kube-scheduler",
            Self::Etcd => "etcd",
            Self::Kubelet => "kubelet",
            Self::KubeProxy => "kube-proxy",
        }
    }

    /// How it reads its arguments.
    pub fn style(self) -> Style {
        match self {
            Self::Etcd => Style::Go,
            _ => Style::Pflag,
        }
    }
}

/// One running or declared instance.
#[derive(Clone)]
pub struct Instance {
    /// What it is.
    pub component: Component,
    /// `kube-apiserver`, or `kube-apiserver#2` where there are several.
    pub label: String,
    /// Its argument list.
    pub argv: Vec<String>,
    /// The same, parsed.
    pub args: Args,
    /// The process; none where only a manifest was looked at.
    pub process: Option<Rc<dyn Process>>,
    /// The manifest that declares it.
    pub manifest: Option<Rc<Container>>,
    /// Its version.
    pub version: Version,
    /// What a reader of any verdict on it should know.
    pub notes: Vec<String>,
    /// Receipts for the process and its manifest.
    pub observations: Vec<Observation>,
    /// Names of flags that may be set, and why that is not known.
    pub unsettled: Vec<(String, String)>,
}

/// A version of Kubernetes, and who says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Version {
    /// The minor version: 30 for 1.30. None if nobody says it.
    pub minor: Option<u32>,
    /// Who says it.
    pub source: String,
}

/// Whether a component is here.
#[derive(Clone)]
pub enum Presence {
    /// It is: these instances count.
    Here(Vec<Instance>),
    /// It is not, and the receipts show it.
    NotHere(Words),
    /// That cannot be told.
    Unknown(Words),
}

/// A sentence and the receipts behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The sentence.
    pub text: String,
    /// What it rests on.
    pub observations: Vec<Observation>,
}

/// Processes of an executable, divided by whose they are.
pub struct Processes {
    /// The receipt for the search.
    pub observation: Observation,
    /// This node's.
    pub own: Vec<Rc<dyn Process>>,
    /// Somebody else's: listed, never judged.
    pub foreign: Vec<Rc<dyn Process>>,
    /// Whether the whole process table was seen.
    pub complete: bool,
    /// What cures it if not.
    pub hint: String,
}

/// Finds the processes of the request with the executable's name.
pub fn own_processes(facts: &dyn Facts, executable: &str) -> Result<Processes, Error> {
    let found = facts.find(executable)?;
    let (mut own, mut foreign) = (Vec::new(), Vec::new());
    for process in found.processes {
        let is_own = match process.info().place {
            Place::Node | Place::StaticPod | Place::Unknown => true,
            // The only component that ordinarily runs from a DaemonSet.
            Place::HostNetworkPod => executable == "kube-proxy",
            Place::Foreign => false,
        };
        match is_own {
            true => own.push(process),
            false => foreign.push(process),
        }
    }
    Ok(Processes {
        observation: found.observation,
        own,
        foreign,
        complete: found.complete,
        hint: found.hint,
    })
}

/// Whether this is the code of a profile whose platform hides its components in
/// one process: it needs nothing that looks for them elsewhere.
pub const ONLY_EMBEDDED: bool = cfg!(all(
    target_arch = "wasm32",
    any(feature = "k3s", feature = "microk8s")
));

/// Finds a component's instances.
pub fn find(cx: &Cx<'_>, component: Component) -> Presence {
    if let Some(presence) = cx.find.and_then(|find| find(cx, component)) {
        return presence;
    }
    if ONLY_EMBEDDED {
        return Presence::Unknown(Words::default());
    }
    let name = component.name();
    let found = match own_processes(cx.facts, name) {
        Ok(found) => found,
        Err(error) => return unknown(about(name, error.text()), error.observations()),
    };
    // A kubelet is never a static pod, and kube-proxy's own are not control plane.
    let pods = match component {
        Component::Kubelet => StaticPods::default(),
        _ => static_pod::read(cx.facts, name),
    };
    let mut seen = vec![found.observation];
    seen.extend(&pods.observations);
    if !found.own.is_empty() {
        let mut instances = Vec::new();
        for process in &found.own {
            instances.push(running(cx, component, process, &pods.containers));
        }
        return Presence::Here(numbered(instances));
    }
    if cx.facts.node().origin == Origin::Tree {
        return in_tree(cx, component, &pods, seen);
    }
    let text = if let Some(manifest) = pods.containers.first() {
        match found.complete {
            true => say![manifest.file, " declares ", name, ", but it does not run"],
            false => say![manifest.file, " declares ", name, "; ", found.hint],
        }
    } else if !found.complete {
        say![name, " was not found: ", found.hint]
    } else if let Some(problem) = pods.problems.first() {
        say![
            name,
            " does not run, but a manifest may declare it: ",
            problem
        ]
    } else {
        return absent(cx, component, &found, &pods, seen);
    };
    unknown(text, seen)
}

fn unknown(text: String, observations: Vec<Observation>) -> Presence {
    Presence::Unknown(Words { text, observations })
}

fn absent(
    cx: &Cx<'_>,
    component: Component,
    found: &Processes,
    pods: &StaticPods,
    mut observations: Vec<Observation>,
) -> Presence {
    let name = component.name();
    let etcd = match component {
        Component::Etcd => match etcd_servers(cx.facts) {
            Ok(etcd) => etcd,
            Err((text, receipts)) => {
                observations.extend(receipts);
                return unknown(text, observations);
            }
        },
        _ => None,
    };
    if let Some(etcd) = &etcd
        && let Some(server) = etcd.servers.iter().find(|s| is_here(s, &etcd.address))
    {
        observations.push(etcd.observation);
        let text = say![
            "the API server uses etcd on this node, at ",
            server,
            ", but no process of this node is etcd"
        ];
        return unknown(text, observations);
    }
    if !found.foreign.is_empty() {
        for process in &found.foreign {
            observations.push(process.observation());
        }
        let text = say![
            count(found.foreign.len(), "process", "processes"),
            " ",
            name,
            " here, all in pods of others: a hosted control plane's, not this node's"
        ];
        return Presence::NotHere(Words { text, observations });
    }
    let mut text = say!["no process is ", name];
    if !pods.directories.is_empty() {
        let directories = strings::join(&pods.directories, ", ");
        text = say![text, ", no manifest in ", directories, " declares it"];
    }
    if let Some(etcd) = etcd {
        text = say![
            text,
            "; the API server uses ",
            strings::join(&etcd.servers, ",")
        ];
        observations.push(etcd.observation);
    }
    Presence::NotHere(Words { text, observations })
}

/// Where the API server here looks for etcd.
struct EtcdServers {
    servers: Vec<String>,
    /// The address that the API server says it has itself; empty if none.
    address: String,
    observation: Observation,
}

/// The etcd servers that the API server here names; none if there is no API
/// server, or if the check may not ask for it. An API server that cannot be
/// seen may well name this node.
fn etcd_servers(facts: &dyn Facts) -> Result<Option<EtcdServers>, (String, Vec<Observation>)> {
    let unseen = "no process is etcd, and whether the API server expects one here is not known: ";
    let found = match own_processes(facts, "kube-apiserver") {
        Ok(found) => found,
        Err(error) if error.cause == Cause::Denied => return Ok(None),
        Err(error) => return Err((say![unseen, error], error.observations())),
    };
    let Some(process) = found.own.first() else {
        if found.complete {
            return Ok(None);
        }
        return Err((say![unseen, found.hint], vec![found.observation]));
    };
    let args = Args::parse(Style::Pflag, &process.info().args);
    let mut servers = Vec::new();
    for value in args.values("etcd-servers") {
        servers.extend(strings::owned(&strings::split(&value, b',')));
    }
    if servers.is_empty() {
        if found.complete {
            return Ok(None);
        }
        // Its arguments could not be read.
        return Err((say![unseen, found.hint], vec![process.observation()]));
    }
    Ok(Some(EtcdServers {
        servers,
        address: args.values("advertise-address").pop().unwrap_or_default(),
        observation: process.observation(),
    }))
}

/// Whether the URL of a server names this node: a loopback address, a socket,
/// or the API server's own address.
fn is_here(server: &str, address: &str) -> bool {
    let at = strings::find(server, "://");
    let scheme = at.and_then(|at| server.get(..at)).unwrap_or_default();
    let rest = at.and_then(|at| server.get(at + 3..)).unwrap_or(server);
    let host = match rest.strip_prefix('[') {
        Some(rest) => strings::split_at(rest, b"]", true).0,
        None => strings::split_at(rest, b":/", true).0,
    };
    scheme.starts_with("unix")
        || host == "localhost"
        || host == "::1"
        || host.starts_with("127.")
        || (!host.is_empty() && host == address)
}

/// The instance that a process is.
fn running(
    cx: &Cx<'_>,
    component: Component,
    process: &Rc<dyn Process>,
    declared: &[Rc<Container>],
) -> Instance {
    let info = process.info();
    let mut manifest = None;
    let mut differ = Vec::new();
    // Of several manifests the one with the same arguments, else the first.
    for container in declared {
        let differences = differences(&container.argv, &info.args);
        let same = differences.is_empty();
        if same || manifest.is_none() {
            manifest = Some(container);
            differ = differences;
        }
        if same {
            break;
        }
    }
    let mut instance = instance(cx, component, info.args, manifest);
    if info.identity == Identity::Weak {
        instance.notes.push(say![
            "known only by its name `",
            info.comm,
            "`, its executable could not be read"
        ]);
    }
    if let Some(manifest) = manifest
        && !differ.is_empty()
    {
        instance.notes.push(say![
            manifest.file,
            " differs from the running process in ",
            strings::join(&differ, ", ")
        ]);
    }
    instance.observations.insert(0, process.observation());
    instance.process = Some(Rc::clone(process));
    instance
}

/// An instance of which no process is known.
fn instance(
    cx: &Cx<'_>,
    component: Component,
    argv: Vec<String>,
    manifest: Option<&Rc<Container>>,
) -> Instance {
    let mut observations = Vec::new();
    if let Some(manifest) = manifest {
        observations.push(manifest.observation);
    }
    Instance {
        component,
        label: component.name().to_owned(),
        args: Args::parse(component.style(), &argv),
        argv,
        process: None,
        version: version(cx, component, manifest),
        manifest: manifest.cloned(),
        notes: Vec::new(),
        observations,
        unsettled: Vec::new(),
    }
}

/// The instances that a tree without processes declares.
fn in_tree(
    cx: &Cx<'_>,
    component: Component,
    pods: &StaticPods,
    seen: Vec<Observation>,
) -> Presence {
    if pods.containers.is_empty() {
        let mut text = say![
            "a file tree has no processes, and no static pod manifest in it declares ",
            component.name()
        ];
        if let Some(problem) = pods.problems.first() {
            text = say![text, ": ", problem];
        }
        return unknown(text, seen);
    }
    let mut instances = Vec::new();
    for manifest in &pods.containers {
        let mut instance = instance(cx, component, manifest.argv.clone(), Some(manifest));
        instance
            .notes
            .push(say!["as ", manifest.file, " declares it"]);
        instances.push(instance);
    }
    Presence::Here(numbered(instances))
}

/// Tells instances apart by what they are told to do, which outlives a restart.
fn numbered(mut instances: Vec<Instance>) -> Vec<Instance> {
    if instances.len() > 1 {
        order::sort(&mut instances, |a, b| a.argv < b.argv);
        for (i, instance) in instances.iter_mut().enumerate() {
            instance.label = say![instance.component.name(), "#", i + 1];
        }
    }
    instances
}

/// The flags in which two argument lists differ.
fn differences(declared: &[String], running: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    // What `$(VAR)` stands for is not known, and it may stand for anything that
    // only the running process has.
    let mut has_open = false;
    for arg in declared.iter().skip(1) {
        if strings::contains(arg, "$(") {
            has_open = true;
        } else if !running.contains(arg) {
            differs(arg, &mut names);
        }
    }
    for arg in running.iter().skip(1) {
        if !has_open && !declared.contains(arg) {
            differs(arg, &mut names);
        }
    }
    names
}

fn differs(arg: &str, names: &mut Vec<String>) {
    let name = strings::before(arg, b'=');
    if !strings::among(name, names) {
        names.push(name.to_owned());
    }
}

/// The version of a component: its image's, or what the node record or the
/// operator states.
#[inline(never)]
pub fn version(cx: &Cx<'_>, component: Component, manifest: Option<&Rc<Container>>) -> Version {
    let image = manifest.filter(|_| component != Component::Etcd);
    if let Some(manifest) = image
        && let Some(minor) = manifest.tag().and_then(minor)
    {
        return Version {
            minor: Some(minor),
            source: say!["its image ", manifest.image],
        };
    }
    if let Some(version) = cx.facts.node().kubernetes_version
        && let Some(minor) = minor(&version)
    {
        return Version {
            minor: Some(minor),
            source: say!["the node says ", version],
        };
    }
    let parameter = cx.parameters["kubernetes-version"].as_str();
    match parameter.and_then(minor) {
        Some(minor) => Version {
            minor: Some(minor),
            source: "the parameter kubernetes-version".to_owned(),
        },
        None => Version::default(),
    }
}

/// The minor version in `v1.30.2-eks-1`.
pub fn minor(version: &str) -> Option<u32> {
    let rest = strings::trim_start(version, b'v').strip_prefix("1.")?;
    let (digits, _) = strings::split_at(rest, strings::DIGITS, false);
    u32::try_from(strings::number(digits, 10)?).ok()
}

impl Instance {
    /// What cannot be read of this instance.
    pub fn problem(&self, text: String) -> Box<Problem> {
        Box::new(Problem {
            text,
            observations: self.observations.clone(),
        })
    }

    /// Opens the file that a flag names, as this instance sees it.
    pub fn open_named(
        &self,
        facts: &dyn Facts,
        name: &str,
        path: &str,
    ) -> Result<Rc<dyn Entry>, Error> {
        if let Some(process) = &self.process {
            return process.open_named(name, path);
        }
        let node_path = self.manifest.as_ref().and_then(|m| m.node_path(path));
        match node_path {
            Some(path) => facts.open(&path),
            None => Err(Error::refused(
                Cause::Other,
                say![
                    path,
                    ": the container's manifest mounts nothing of the node there"
                ],
            )),
        }
    }
}

fn count(n: usize, one: &str, many: &str) -> String {
    match n {
        1 => say!["1 ", one],
        n => say![n, " ", many],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_here_by_loopback_socket_or_own_address() {
        for here in [
            "https://127.0.0.1:2379",
            "http://localhost:4001",
            "https://[::1]:2379",
            "unix:///run/etcd.sock",
            "https://192.168.56.10:2379",
            "127.0.0.1:2379",
        ] {
            assert!(is_here(here, "192.168.56.10"), "{here}");
        }
        for elsewhere in [
            "https://10.0.0.5:2379",
            "https://etcd.example:2379",
            "https://[fd00::1]:2379",
        ] {
            assert!(!is_here(elsewhere, "192.168.56.10"), "{elsewhere}");
            assert!(!is_here(elsewhere, ""), "{elsewhere}");
        }
    }
}
