//! What the API server's own arguments say of admission, where its process is
//! seen.

use cisb_sdk::args::{Args, Style};
use cisb_sdk::facts::{Observation, Place};
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::strings;

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
}

impl Server {
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
