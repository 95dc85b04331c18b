//! What the API server says of itself: its version, and of admission what its
//! own arguments say, where its process is seen.

use cisb_sdk::args::{Args, Style};
use cisb_sdk::component::{self, Component, Presence};
use cisb_sdk::facts::{Observation, Place};
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::values;

/// The processes request of the API server.
pub(super) const API_SERVER: &str = "kube-apiserver";

/// The API servers of this node.
#[derive(Default)]
pub(super) struct Servers {
    /// The receipt for having looked.
    pub(super) seen: Option<Observation>,
    /// Whether the whole process table was seen.
    pub(super) complete: bool,
    /// Each of them.
    pub(super) each: Vec<Server>,
}

/// An API server.
pub(super) struct Server {
    /// The receipt for its arguments.
    pub(super) seen: Observation,
    /// Its arguments.
    pub(super) args: Args,
}

impl Servers {
    /// Finds them. What keeps them from being seen only leaves them unknown.
    pub(super) fn of(cx: &Cx<'_>) -> Self {
        let mut servers = Self::default();
        if let Some(find) = cx.find {
            return Self::inside(find(cx, Component::KubeApiserver));
        }
        if component::ONLY_EMBEDDED {
            return servers;
        }
        let Ok(found) = cx.facts.find(API_SERVER) else {
            return servers;
        };
        servers.seen = Some(found.observation);
        servers.complete = found.complete;
        for process in &found.processes {
            let info = process.info();
            // Arguments that could not be read are an empty list.
            if matches!(info.place, Place::Node | Place::StaticPod) && !info.args.is_empty() {
                servers.each.push(Server {
                    seen: process.observation(),
                    args: Args::parse(Style::Pflag, &info.args),
                });
            }
        }
        servers
    }

    /// Those that a platform hides inside its own process. What it cannot tell
    /// leaves them unknown.
    fn inside(presence: Option<Presence>) -> Self {
        let mut servers = Self::default();
        match presence {
            Some(Presence::Here(instances)) => {
                servers.complete = true;
                for instance in instances {
                    // The process comes first.
                    let Some(&seen) = instance.observations.first() else {
                        continue;
                    };
                    servers.seen = Some(seen);
                    servers.each.push(Server {
                        seen,
                        args: instance.args,
                    });
                }
            }
            Some(Presence::NotHere(words)) => {
                servers.seen = words.observations.first().copied();
                servers.complete = true;
            }
            Some(Presence::Unknown(_)) | None => {}
        }
        servers
    }
}

/// The version of the API server.
pub(super) struct Served {
    /// The minor version; none if nobody says it.
    pub(super) minor: Option<u32>,
    /// Who says it.
    pub(super) source: String,
    /// The receipt, where the server itself does.
    pub(super) seen: Option<Observation>,
}

/// The version that the API server says it has, or else the one that the node
/// record or the operator states.
pub(super) fn version(cx: &Cx<'_>) -> Served {
    if let Ok((seen, version)) = cx.facts.server_version()
        && let minor @ Some(_) = component::minor(&version)
    {
        return Served {
            minor,
            source: say!["the API server says ", version],
            seen: Some(seen),
        };
    }
    let stated = component::version(cx, Component::KubeApiserver, None);
    Served {
        minor: stated.minor,
        source: stated.source,
        seen: None,
    }
}

impl Server {
    /// Whether a feature gate is on, if the arguments set it.
    pub(super) fn gate(&self, gate: &str) -> Option<bool> {
        let sets: Vec<String> = self.args.values("feature-gates");
        values::boolean(&values::gate(&sets, gate)?)
    }

    /// Whether a flag that holds a list has this member.
    #[inline(never)]
    pub(super) fn has(&self, flag: &str, member: &str) -> bool {
        for flag in self.args.all(flag) {
            for value in strings::split(&flag.value, b',') {
                if value.trim_ascii() == member {
                    return true;
                }
            }
        }
        false
    }
}
