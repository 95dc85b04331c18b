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

/// The common words of a control, for a platform that changes some of them.
///
/// # Panics
///
/// While the crate is built, if no list has the control.
#[expect(clippy::panic, reason = "only ever while constants are evaluated")]
pub(crate) const fn like(control: &str) -> Words {
    let mut list = 0;
    while list < LISTS.len() {
        let mut at = 0;
        while at < LISTS[list].len() {
            if same(LISTS[list][at].control.as_bytes(), control.as_bytes()) {
                return LISTS[list][at];
            }
            at += 1;
        }
        list += 1;
    }
    panic!("no common words for the control")
}

/// The common words of a control, with another way to set it right.
pub(crate) const fn set(control: &str, set: &'static str) -> Words {
    Words {
        set,
        ..like(control)
    }
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// The words of the control of this name.
pub fn of(control: &str) -> Option<&'static Words> {
    all().find(|words| words.control == control)
}
