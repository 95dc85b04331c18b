//! What a report says of each control, in our own words: what it demands, what goes wrong
//! otherwise, and how to change it for good.
//!
//! The words know nothing of rules or profiles: a profile joins them to its checks by the
//! control's name. Limits on their length keep the component small; the tests hold them.

mod cluster;
mod control_plane_files;
mod etcd;
mod kube_apiserver;
mod kube_controller_manager;
mod kube_proxy;
mod kube_scheduler;
mod kubelet;
mod node_files;
mod older;
mod pods;
mod procedures;
mod rbac;
mod readable;
#[cfg(test)]
mod tests;
mod urls;
mod users_and_audit;

pub use procedures::PROCEDURES;

use crate::control::Words;

/// One list for each component or subject.
const LISTS: &[&[Words]] = &[
    control_plane_files::WORDS,
    kube_apiserver::WORDS,
    kube_controller_manager::WORDS,
    kube_scheduler::WORDS,
    etcd::WORDS,
    users_and_audit::WORDS,
    node_files::WORDS,
    kubelet::WORDS,
    kube_proxy::WORDS,
    rbac::WORDS,
    pods::WORDS,
    cluster::WORDS,
    readable::WORDS,
    older::WORDS,
];

/// The words of all controls.
pub fn all() -> impl Iterator<Item = &'static Words> {
    LISTS.iter().flat_map(|list| list.iter())
}

/// The words of the control of this name.
pub fn of(control: &str) -> Option<&'static Words> {
    all().find(|words| words.control == control)
}
