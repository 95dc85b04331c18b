//! Platforms as data: where a platform keeps what a control looks at, how a
//! setting is changed there for good, what is the provider's, and which code a
//! profile for it is made of.

use std::collections::BTreeSet;

use cisb_sdk::contract::manifest::Requests;
use cisb_sdk::rule::Profile;

use crate::control::{Control, ProcedureWords, Words};
use crate::words;

mod embedded;
mod k3s;
mod kubeadm;
mod microk8s;

/// Every platform that a profile is for.
pub const ALL: &[&Platform] = &[&kubeadm::PLATFORM, &k3s::PLATFORM, &microk8s::PLATFORM];

/// Where a platform differs from a cluster that kubeadm made.
#[derive(Clone, Copy)]
pub struct Platform {
    /// What a profile's table calls it.
    pub name: &'static str,
    /// The code of its profiles' components.
    pub code: Code,
    /// Which globs a files request has instead, by the request's id.
    pub globs: &'static [(&'static str, &'static [&'static str])],
    /// What its controls ask to see besides. A request with the id of a common
    /// one stands in its place.
    pub requests: fn() -> Requests,
    /// Changes common controls and adds its own.
    pub controls: fn(&mut Vec<Control>),
    /// Words of its own controls, and for common ones that need others here.
    pub words: &'static [&'static [Words]],
    /// How settings are changed here, in place of the common procedure of the
    /// same name.
    pub procedures: &'static [ProcedureWords],
    /// Where its documents state the version of Kubernetes: path, and field
    /// with an image.
    pub versions: &'static [(&'static str, &'static str)],
    /// Where its provider publishes evidence for what is the provider's.
    pub provider: Option<Provider>,
}

/// Who runs a part of the cluster.
#[derive(Debug, Clone, Copy)]
pub struct Provider {
    /// Its name.
    pub name: &'static str,
    /// Where its attestations are found, as a sentence that a report can end with.
    pub evidence: &'static str,
}

/// The code of a component: no profile carries what its platform never needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// Components are processes and static pods.
    Plain,
    /// K3s is all of them.
    K3s,
    /// MicroK8s is all of them.
    Microk8s,
}

impl Code {
    /// The feature of this package that builds it; none for the plain one.
    pub fn feature(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::K3s => Some("k3s"),
            Self::Microk8s => Some("microk8s"),
        }
    }

    /// The same, to be run natively.
    pub fn profile(self) -> Profile {
        match self {
            Self::Plain => crate::PLAIN,
            Self::K3s | Self::Microk8s => crate::EMBEDDED,
        }
    }
}

/// The platform of this name.
pub fn named(name: &str) -> Option<&'static Platform> {
    ALL.iter().copied().find(|platform| platform.name == name)
}

impl Platform {
    /// Its controls.
    pub fn controls(&self) -> Vec<Control> {
        let mut controls = crate::controls();
        (self.controls)(&mut controls);
        controls
    }

    /// Every request that one of its controls may use.
    pub fn requests(&self) -> Requests {
        let own = (self.requests)();
        let mut all = crate::requests();
        let named: BTreeSet<String> = own.ids().map(|(id, _)| id.to_owned()).collect();
        all.files.retain(|r| !named.contains(&r.id));
        all.processes.retain(|r| !named.contains(&r.id));
        all.named.retain(|r| !named.contains(&r.id));
        all.fields.retain(|r| !named.contains(&r.id));
        all.kubernetes.retain(|r| !named.contains(&r.id));
        for request in &mut all.files {
            if let Some((_, globs)) = self.globs.iter().find(|(id, _)| *id == request.id) {
                request.paths = globs.iter().map(|&glob| glob.to_owned()).collect();
            }
        }
        crate::extend(&mut all, own);
        all
    }

    /// The words of a control.
    pub fn words(&self, control: &str) -> Option<&'static Words> {
        let mut own = self.words.iter().flat_map(|list| list.iter());
        own.find(|words| words.control == control)
            .or_else(|| words::of(control))
    }

    /// The words of a procedure.
    pub fn procedure(&self, name: &str) -> Option<&'static ProcedureWords> {
        let mut all = self.procedures.iter().chain(words::PROCEDURES);
        all.find(|procedure| procedure.name == name)
    }
}

/// Replaces a control of the same name, or adds one.
pub fn put(controls: &mut Vec<Control>, control: Control) {
    match controls.iter_mut().find(|it| it.name == control.name) {
        Some(old) => *old = control,
        None => controls.push(control),
    }
}

/// Changes nothing.
pub(crate) fn as_they_are(_: &mut Vec<Control>) {}

#[cfg(test)]
mod tests;
