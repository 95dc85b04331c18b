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
    pub(super) seen: Vec<Observation>,
    /// Whether the whole process table was seen.
    pub(super) complete: bool,
    /// Each with its receipt.
    pub(super) each: Vec<(Observation, Args)>,
}

/// Finds them. What keeps them from being seen only leaves them unknown.
pub(super) fn servers(cx: &Cx<'_>) -> Servers {
    let Ok(found) = cx.facts.find(API_SERVER) else {
        return Servers::default();
    };
    let mut servers = Servers {
        seen: vec![found.observation],
        complete: found.complete,
        each: Vec::new(),
    };
    for process in &found.processes {
        let info = process.info();
        // Arguments that could not be read are an empty list.
        if matches!(info.place, Place::Node | Place::StaticPod) && !info.args.is_empty() {
            let args = Args::parse(Style::Pflag, &info.args);
            servers.each.push((process.observation(), args));
        }
    }
    servers
}

/// Whether a flag that holds a list has this member.
pub(super) fn lists(args: &Args, flag: &str, member: &str) -> bool {
    for flag in args.all(flag) {
        for value in strings::split(&flag.value, b',') {
            if value.trim_ascii() == member {
                return true;
            }
        }
    }
    false
}
