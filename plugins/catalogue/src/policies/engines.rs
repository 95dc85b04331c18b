//! Kyverno and Gatekeeper: which of their objects are set to refuse pods, where
//! one of their webhooks is there to ask them.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::{engines, key_of, name};
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::say;
use cisb_sdk::strings;

use super::sheet::{Optional, few, optional};

/// The constraints of Gatekeeper's library that look at what a check does, by
/// their resources.
pub(super) const PRIVILEGED: &[&str] = &["k8spspprivilegedcontainer"];
pub(super) const HOST: &[&str] = &["k8spsphostnamespace"];
pub(super) const NETWORK: &[&str] = &["k8spsphostnetworkingports"];
pub(super) const ESCALATION: &[&str] = &["k8spspallowprivilegeescalationcontainer"];
pub(super) const USERS: &[&str] = &["k8spspallowedusers"];
pub(super) const CAPABILITIES: &[&str] = &["k8spspcapabilities"];
pub(super) const FILES: &[&str] = &["k8spsphostfilesystem"];
/// All of them: a mechanism is one whatever it looks at.
pub(super) const ALL: &[&str] = &[
    "k8spspprivilegedcontainer",
    "k8spsphostnamespace",
    "k8spsphostnetworkingports",
    "k8spspallowprivilegeescalationcontainer",
    "k8spspcapabilities",
    "k8spspallowedusers",
    "k8spsphostfilesystem",
    "k8spspseccomp",
];

/// A policy engine whose webhook is there.
pub(super) struct Engine {
    name: &'static str,
    /// What names of its webhooks hold.
    pub(super) mark: &'static str,
    /// Kinds, each with its objects as far as they could be listed.
    pub(super) lists: Vec<(&'static str, Optional)>,
    refuses: fn(&Value, &Value) -> bool,
}

/// The engines that have a webhook: without one they see no pod, and their
/// objects say nothing.
pub(super) fn ask(cx: &Cx<'_>, webhooks: &[Value], constraints: &[&'static str]) -> Vec<Engine> {
    let mut kyverno = Engine {
        name: "Kyverno",
        mark: "kyverno",
        lists: Vec::new(),
        refuses: engines::kyverno,
    };
    let mut gatekeeper = Engine {
        name: "Gatekeeper",
        mark: "gatekeeper",
        lists: Vec::new(),
        refuses: engines::gatekeeper,
    };
    let is_there = |engine: &Engine| {
        webhooks
            .iter()
            .any(|webhook| strings::contains(name(webhook), engine.mark))
    };
    let mut found = Vec::new();
    if is_there(&kyverno) {
        for (request, kind) in [
            ("kyverno-clusterpolicies", "ClusterPolicy"),
            ("kyverno-policies", "Policy"),
        ] {
            kyverno.lists.push((kind, optional(cx, request)));
        }
        found.push(kyverno);
    }
    if is_there(&gatekeeper) {
        for constraint in constraints {
            gatekeeper
                .lists
                .push((constraint, optional(cx, constraint)));
        }
        found.push(gatekeeper);
    }
    found
}

impl Engine {
    /// Which of its objects are set to refuse pods of a namespace, for a
    /// person. What they ask of a pod is not evaluated.
    pub(super) fn describe(&self, namespace: &Value) -> String {
        let mut set = Vec::new();
        let mut known = true;
        for (kind, list) in &self.lists {
            known &= list.unknown.is_none();
            for object in &list.items {
                if (self.refuses)(object, namespace) {
                    set.push(key_of(kind, object));
                }
            }
        }
        match (set.is_empty(), known) {
            (false, _) => say![self.name, " is set to refuse by ", few(&set)],
            (true, true) => say!["nothing of ", self.name, " that is read is set to refuse"],
            (true, false) => say!["what ", self.name, " is set to refuse is not known"],
        }
    }
}
