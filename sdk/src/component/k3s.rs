//! K3s: one process is every component. It wipes its own argument list, so what
//! it was told is read where it was told: its unit, the files of variables that
//! the unit names, and its configuration files. Where the API is granted, the
//! node's annotation says what the running process was started with.

use self::told::{Told, all, is_on, last, told};
use super::embedded::{Whole, only};
use super::{Component, Presence, Processes};
use crate::config::Problem;
use crate::facts::{Error, ProcessInfo};
use crate::prelude::*;
use crate::rule::Cx;
use crate::say;
use crate::strings;

mod built_in;
mod told;

/// The processes request.
pub(super) const REQUEST: &str = "k3s";
/// The files request for what its datastore keeps on the node.
const DATASTORE: &str = "k3s-datastore";
/// The files request for the kubelet's drop-ins.
const DROP_INS: &str = "k3s-kubelet-drop-ins";
const DATA: &str = "/var/lib/rancher/k3s";

pub(super) fn find(
    cx: &Cx<'_>,
    component: Component,
    found: Result<Processes, Error>,
) -> Result<Presence, Box<Problem>> {
    let process = match only("k3s server or k3s agent", found, |info| {
        role(info).is_some()
    })? {
        Ok(process) => process,
        Err(presence) => return Ok(presence),
    };
    let mut whole = Whole::of(&process);
    whole.version = super::version(cx, component, None);
    if let Some(minor) = whole.version.minor
        && !built_in::covers(minor)
    {
        return Err(whole.problem(built_in::outside(minor)));
    }
    let is_server = role(&process.info()) == Some("server");
    let told = told(cx, &mut whole, is_server)?;
    let node = Node { is_server, told };
    if let Some(why) = node.left_out(component) {
        return Ok(whole.without(why));
    }
    if component == Component::Etcd {
        return node.etcd(cx, whole);
    }
    node.part(cx, component, whole)
}

/// Whether a process is `k3s server` or `k3s agent`, which other commands of
/// the same executable are not. It shows the command and the sub-command in one
/// argument, and as its name.
fn role(info: &ProcessInfo) -> Option<&'static str> {
    let shown = strings::join(&info.args, " ");
    let command = strings::split(shown.trim_ascii(), b' ');
    for role in ["server", "agent"] {
        let named = say!["k3s-", role];
        if command.get(1) == Some(&role)
            || strings::after_last(command.first().unwrap_or(&""), b'/') == named
            || info.comm == named
        {
            return Some(role);
        }
    }
    None
}

/// A node of K3s.
struct Node {
    is_server: bool,
    told: Told,
}

impl Node {
    /// The last value of a flag.
    fn last(&self, name: &str) -> Option<&str> {
        last(&self.told, name)
    }

    fn is_on(&self, name: &str) -> bool {
        is_on(&self.told, name)
    }

    /// Why a component does not run inside this K3s, if a flag says so.
    fn left_out(&self, component: Component) -> Option<String> {
        let switch = match component {
            Component::KubeApiserver => "disable-apiserver",
            Component::KubeControllerManager => "disable-controller-manager",
            Component::KubeScheduler => "disable-scheduler",
            Component::Etcd => "disable-etcd",
            Component::Kubelet => "disable-agent",
            Component::KubeProxy => "disable-kube-proxy",
        };
        let is_agent = matches!(component, Component::Kubelet | Component::KubeProxy);
        let name = component.name();
        if !self.is_server && !is_agent {
            return Some(say!["this is a K3s agent: ", name, " runs on servers only"]);
        }
        let switch = match self.is_server && is_agent && self.is_on("disable-agent") {
            true => "disable-agent",
            false => switch,
        };
        (self.is_server && self.is_on(switch))
            .then(|| say!["K3s runs without ", name, ": --", switch, " is set"])
    }

    fn data(&self) -> &str {
        match self.last("data-dir") {
            Some(dir) if !dir.is_empty() => strings::trim_end(dir, b'/'),
            _ => DATA,
        }
    }

    /// etcd, if it is the datastore: it has left its configuration.
    fn etcd(&self, cx: &Cx<'_>, mut whole: Whole) -> Result<Presence, Box<Problem>> {
        let argv = |data: &str| vec![say!["--config-file=", data, "/server/db/etcd/config"]];
        match self.datastore(cx, &mut whole)? {
            Datastore::Etcd => {
                Ok(whole.part(cx.facts, Component::Etcd, argv(self.data()), Vec::new()))
            }
            Datastore::Other => Ok(whole.without(
                "K3s keeps its data in another datastore, which --datastore-endpoint names: it \
                 runs no etcd"
                    .to_owned(),
            )),
            Datastore::Sqlite => Ok(whole.without(say![
                "K3s keeps its data in SQLite: no etcd is in ",
                self.data(),
                "/server/db, and nothing tells it to run one"
            ])),
        }
    }

    /// Where the API server keeps its data.
    fn datastore(&self, cx: &Cx<'_>, whole: &mut Whole) -> Result<Datastore, Box<Problem>> {
        if self
            .last("datastore-endpoint")
            .is_some_and(|v| !v.is_empty())
        {
            return Ok(Datastore::Other);
        }
        if self.data() != DATA {
            let text = say!["K3s keeps its data in ", self.data(), ", not in ", DATA];
            return Err(whole.problem(say![text, ", where it may be looked at"]));
        }
        let matches = cx.facts.glob(DATASTORE);
        let matches = matches.map_err(|e| whole.unread("K3s' datastore", &e))?;
        whole.observations.push(matches.observation);
        if !matches.complete {
            return Err(whole.problem(say!["K3s' datastore was not seen whole: ", matches.hint]));
        }
        if matches.paths.iter().any(|p| p.ends_with("/etcd/config")) {
            return Ok(Datastore::Etcd);
        }
        let joins = self.last("server").is_some_and(|v| !v.is_empty());
        if joins || self.is_on("cluster-init") {
            let text = "K3s is told to be a member of an etcd cluster, but etcd's configuration \
                        is not in its data directory";
            return Err(whole.problem(text.to_owned()));
        }
        Ok(Datastore::Sqlite)
    }

    /// A component with the arguments that K3s gives it.
    fn part(
        &self,
        cx: &Cx<'_>,
        component: Component,
        mut whole: Whole,
    ) -> Result<Presence, Box<Problem>> {
        let flag = match component {
            Component::KubeApiserver => "kube-apiserver-arg",
            Component::KubeControllerManager => "kube-controller-manager-arg",
            Component::KubeScheduler => "kube-scheduler-arg",
            Component::KubeProxy => "kube-proxy-arg",
            Component::Kubelet | Component::Etcd => "kubelet-arg",
        };
        let mut given = all(&self.told, flag);
        let mut known = built_in::Known {
            minor: whole.version.minor,
            data: self.data(),
            args: Vec::new(),
            unsettled: Vec::new(),
        };
        match component {
            Component::KubeApiserver => {
                known.add(component);
                self.apiserver(cx, &mut whole, &mut known, &given);
            }
            Component::Kubelet => {
                if self.drop_ins(cx, &mut whole)? {
                    // It copies what these name into its own directory.
                    given.retain(|g| {
                        let name = strings::before(strings::trim_start(g, b'-'), b'=');
                        name != "config" && name != "config-dir"
                    });
                    known.drop_ins(cx.facts.node().kubernetes_version.as_deref());
                } else {
                    known.add(component);
                }
                if self.is_on("protect-kernel-defaults") {
                    known.set("protect-kernel-defaults", "true");
                }
            }
            _ => known.add(component),
        }
        let argv = built_in::merged(known.args, &given);
        known.unsettled.retain(|(name, _)| {
            let given = say!["--", name, "="];
            !argv.iter().any(|arg| arg.starts_with(given.as_str()))
        });
        Ok(whole.part(cx.facts, component, argv, known.unsettled))
    }

    /// What K3s tells the API server where that depends on its own settings.
    fn apiserver(
        &self,
        cx: &Cx<'_>,
        whole: &mut Whole,
        known: &mut built_in::Known<'_>,
        given: &[String],
    ) {
        // It leaves to a file what the file says.
        for (file, flag) in [
            ("authorization-config=", "authorization-mode"),
            ("authentication-config=", "anonymous-auth"),
        ] {
            if given
                .iter()
                .any(|g| strings::trim_start(g, b'-').starts_with(file))
            {
                built_in::remove(&mut known.args, flag);
            }
        }
        if self.last("https-listen-port").is_some() {
            known.unset("secure-port", "it follows from --https-listen-port");
        }
        if self.is_on("secrets-encryption") {
            known.set(
                "encryption-provider-config",
                "@/server/cred/encryption-config.json",
            );
        }
        match self.datastore(cx, whole) {
            Ok(Datastore::Etcd) => {
                known.set("etcd-servers", "https://127.0.0.1:2379");
                known.set("etcd-cafile", "@/server/tls/etcd/server-ca.crt");
                known.set("etcd-certfile", "@/server/tls/etcd/client.crt");
                known.set("etcd-keyfile", "@/server/tls/etcd/client.key");
            }
            Ok(Datastore::Sqlite) => {
                known.set("etcd-servers", "unix://kine.sock");
            }
            Ok(Datastore::Other) => {
                let why = "what --datastore-endpoint names decides it, and that is a secret";
                for flag in ["servers", "cafile", "certfile", "keyfile"] {
                    known.unset(&say!["etcd-", flag], why);
                }
            }
            Err(problem) => {
                for flag in ["servers", "cafile", "certfile", "keyfile"] {
                    known.unset(&say!["etcd-", flag], &problem.text);
                }
            }
        }
    }

    /// Whether this K3s tells the kubelet by files, as it does since 1.32.
    fn drop_ins(&self, cx: &Cx<'_>, whole: &mut Whole) -> Result<bool, Box<Problem>> {
        if self.data() != DATA {
            let text = say![
                "K3s keeps the kubelet's files in ",
                self.data(),
                ", not in ",
                DATA
            ];
            return Err(whole.problem(say![text, ", where they may be read"]));
        }
        let is_there = !whole.search(cx.facts, DROP_INS)?.is_empty();
        if !is_there && whole.version.minor.is_some_and(|m| m >= built_in::FILES) {
            let text = say![
                DATA,
                "/agent/etc/kubelet.conf.d/00-k3s-defaults.conf is not there, which K3s 1.",
                built_in::FILES,
                " and later write for the kubelet"
            ];
            return Err(whole.problem(text));
        }
        Ok(is_there)
    }
}

/// Where a server keeps its data.
enum Datastore {
    Etcd,
    Sqlite,
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Identity, Place};

    fn of(comm: &str, args: &[&str]) -> Option<&'static str> {
        role(&ProcessInfo {
            pid: 1,
            comm: comm.to_owned(),
            exe: None,
            uid: Some(0),
            identity: Identity::Strong,
            place: Place::Node,
            args: args.iter().map(|a| (*a).to_owned()).collect(),
        })
    }

    #[test]
    fn a_server_and_an_agent_are_told_from_other_commands() {
        assert_eq!(of("k3s", &["/usr/local/bin/k3s server"]), Some("server"));
        assert_eq!(
            of("k3s", &["/usr/local/bin/k3s", "agent", ""]),
            Some("agent")
        );
        assert_eq!(of("k3s-server", &[]), Some("server"));
        assert_eq!(
            of("k3s", &["/var/lib/rancher/k3s/bin/k3s-agent"]),
            Some("agent")
        );
        for other in ["kubectl get server", "crictl ps", "etcd-snapshot save", ""] {
            let line = format!("k3s {other}");
            assert_eq!(of("k3s", &[&line]), None, "{line}");
        }
    }
}
