//! Whose a process is: the node's own, a static pod's, or somebody else's.
//!
//! A name proves nothing, anyone may call a process kubelet. What a container
//! cannot choose is the control group its kubelet or engine put it into, and the
//! namespaces it was started in.

use crate::node::Place;

/// Where a control group path belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// To no pod and no container.
    Plain,
    /// To a pod from a file on this node: its id is the hash of that file.
    StaticPod,
    /// To a pod from the API server, which gives out UUIDs.
    Pod,
    /// To a container of another engine.
    Container,
    /// It cannot be told.
    Unclear,
}

/// What is known of a process when its place is decided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signs {
    /// None if its control group could not be read.
    pub(super) group: Option<Group>,
    /// Whether it is in the node's PID namespace.
    pub(super) pid_namespace: Option<bool>,
    /// Whether it is in the node's network namespace.
    pub(super) network: Option<bool>,
    /// Whether it is in the node's user namespace.
    pub(super) users: Option<bool>,
}

/// Decides. Where a sign is missing that would change the answer, it is unknown.
pub(super) fn place(signs: Signs) -> Place {
    match (signs.group, signs.pid_namespace) {
        (None | Some(Group::Unclear), _) => Place::Unknown,
        (Some(Group::StaticPod), _) => Place::StaticPod,
        (Some(Group::Container), _) | (Some(Group::Plain), Some(false)) => container(signs),
        (Some(Group::Pod), _) => match signs.network {
            Some(true) => Place::HostNetworkPod,
            Some(false) => Place::Foreign,
            None => Place::Unknown,
        },
        (Some(Group::Plain), Some(true)) => Place::Node,
        (Some(Group::Plain), None) => Place::Unknown,
    }
}

/// Whose container it is, outside pods. Distributions run components in
/// containers of Docker, containerd or runc that have the node's network. Without
/// a user namespace of its own only root makes one, so nobody else can pass for
/// such a component. A nested cluster's has a network of its own.
fn container(signs: Signs) -> Place {
    match (signs.network, signs.users) {
        (Some(false), _) | (_, Some(false)) => Place::Foreign,
        (Some(true), Some(true)) => Place::Container,
        _ => Place::Unknown,
    }
}

/// What the lines of `/proc/PID/cgroup` say together. `depth` is how far below
/// the root of the hierarchy the reader's own view starts (see [`depth`]).
pub(super) fn group(lines: &str, depth: usize) -> Group {
    let mut sum = Group::Plain;
    for path in paths(lines) {
        match (sum, classify(path, depth)) {
            (_, Group::Plain) => {}
            (Group::Plain, found) => sum = found,
            (found, other) if found == other => {}
            _ => return Group::Unclear,
        }
    }
    sum
}

/// The path that stands for the process: the v2 hierarchy's, or the first of v1
/// that is not the root.
pub(super) fn main_path(lines: &str) -> Option<&str> {
    let v2 = lines.lines().find_map(|line| line.strip_prefix("0::"));
    v2.filter(|path| *path != "/")
        .or_else(|| paths(lines).find(|path| *path != "/"))
        .or(v2)
}

/// How many levels below the root the reader's control group namespace starts:
/// the node's first process lies outside, so its path climbs that often.
pub(super) fn depth(lines_of_init: &str) -> usize {
    paths(lines_of_init)
        .map(|path| climb(path).0)
        .max()
        .unwrap_or(0)
}

fn paths(lines: &str) -> impl Iterator<Item = &str> {
    lines.lines().filter_map(|line| line.splitn(3, ':').nth(2))
}

/// Splits `/../../a/b` into 2 and `a/b`.
fn climb(path: &str) -> (usize, &str) {
    let mut rest = path.trim_start_matches('/');
    let mut up = 0;
    while let Some(tail) = rest.strip_prefix("..") {
        if !(tail.is_empty() || tail.starts_with('/')) {
            break;
        }
        rest = tail.trim_start_matches('/');
        up += 1;
    }
    (up, rest)
}

fn classify(path: &str, depth: usize) -> Group {
    let (up, path) = climb(path);
    // Its beginning is hidden by the reader's own control group namespace.
    let cut = up < depth;
    let mut in_pods = cut;
    let users = path.starts_with("user.slice");
    // The outermost sign decides: what runs inside a container may name the
    // groups below its own as it likes.
    for segment in path.split('/') {
        in_pods |= segment.contains("kubepods");
        let found = match pod_id(segment) {
            // A logged-in user may create groups too.
            Some(_) if users => Some(Group::Container),
            Some(id) if in_pods && is_hash(id) => Some(Group::StaticPod),
            Some(id) if in_pods && is_uuid(id) => Some(Group::Pod),
            Some(_) if in_pods => Some(Group::Unclear),
            _ if is_container(segment) => Some(Group::Container),
            _ => None,
        };
        if let Some(group) = found {
            return group;
        }
    }
    if in_pods {
        Group::Unclear
    } else {
        Group::Plain
    }
}

/// The id in `pod<id>` or `kubepods-burstable-pod<id>.slice`.
fn pod_id(segment: &str) -> Option<&str> {
    let name = segment
        .split_once(".slice")
        .map_or(segment, |(name, _)| name);
    match name.strip_prefix("pod") {
        Some(id) => Some(id),
        None if name.contains("kubepods") => name.split_once("-pod").map(|(_, id)| id),
        None => None,
    }
}

fn is_hash(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_uuid(id: &str) -> bool {
    let mut parts = id.split(['-', '_']);
    let lengths = [8, 4, 4, 4, 12];
    lengths.iter().all(|&length| {
        parts.next().is_some_and(|part| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    }) && parts.next().is_none()
}

fn is_container(segment: &str) -> bool {
    const ENGINES: [&str; 8] = [
        "docker-",
        "libpod-",
        "crio-",
        "cri-containerd-",
        "nerdctl-",
        "lxc.payload",
        "machine-",
        "lxc.monitor",
    ];
    ENGINES.iter().any(|engine| segment.starts_with(engine)) || has_container_id(segment)
}

/// Engines name a container by 64 hexadecimal digits.
fn has_container_id(segment: &str) -> bool {
    segment
        .split(|digit: char| !digit.is_ascii_hexdigit())
        .any(|run| run.len() == 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4f2a6f0cd2b5e7c81f0a9b3d5e7f1a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e1f";
    const HASH: &str = "0123456789abcdef0123456789abcdef";
    const UUID: &str = "01234567-89ab-cdef-0123-456789abcdef";

    #[test]
    fn the_outermost_sign_decides() {
        let under = UUID.replace('-', "_");
        let cases = [
            ("/".to_owned(), Group::Plain),
            ("/init.scope".into(), Group::Plain),
            ("/system.slice/kubelet.service".into(), Group::Plain),
            ("/podruntime/kubelet".into(), Group::Plain),
            (
                "/user.slice/user-0.slice/session-1.scope".into(),
                Group::Plain,
            ),
            (
                format!(
                    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{HASH}.slice/cri-containerd-{ID}.scope"
                ),
                Group::StaticPod,
            ),
            (
                format!("/kubepods.slice/kubepods-pod{HASH}.slice/crio-{ID}.scope"),
                Group::StaticPod,
            ),
            (
                format!("/kubepods/burstable/pod{HASH}/{ID}"),
                Group::StaticPod,
            ),
            (format!("/kubepods/besteffort/pod{UUID}/{ID}"), Group::Pod),
            (
                format!(
                    "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{under}.slice/cri-containerd-{ID}.scope"
                ),
                Group::Pod,
            ),
            (
                format!(
                    "/system.slice/containerd.service/kubepods-burstable-pod{under}.slice:cri-containerd:{ID}"
                ),
                Group::Pod,
            ),
            (
                format!(
                    "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{HASH}.slice/cri-containerd-{ID}.scope"
                ),
                Group::StaticPod,
            ),
            // kind on a laptop, kind in a pod, a pod that plays a static pod.
            (
                format!(
                    "/system.slice/docker-{ID}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{HASH}.slice/x"
                ),
                Group::Container,
            ),
            (
                format!("/kubepods/burstable/pod{UUID}/{ID}/kubelet/kubepods/pod{HASH}/{ID}"),
                Group::Pod,
            ),
            (format!("/docker/{ID}"), Group::Container),
            (
                format!("/machine.slice/libpod-{ID}.scope/container"),
                Group::Container,
            ),
            (
                "/lxc.payload.web/system.slice/x.service".into(),
                Group::Container,
            ),
            // Somebody without rights over the system borrowed the words.
            (
                format!("/user.slice/user-1000.slice/user@1000.service/kubepods-pod{HASH}.slice/x"),
                Group::Container,
            ),
            (format!("/foo/pod{HASH}/x"), Group::Plain),
            ("/kubepods.slice".into(), Group::Unclear),
            ("/kubepods/podmy-own-id/x".into(), Group::Unclear),
        ];
        for (path, expected) in cases {
            assert_eq!(group(&format!("0::{path}\n"), 0), expected, "{path}");
        }
    }

    #[test]
    fn v1_lines_are_read_together() {
        let lines = format!(
            "9:name=systemd:/kubepods/pod{UUID}/{ID}\n4:memory:/kubepods/pod{UUID}/{ID}\n0::/\n"
        );
        assert_eq!(group(&lines, 0), Group::Pod);
        assert_eq!(
            main_path(&lines),
            Some(format!("/kubepods/pod{UUID}/{ID}").as_str())
        );
        let torn = format!("4:memory:/kubepods/pod{UUID}/x\n3:cpu:/kubepods/pod{HASH}/x\n");
        assert_eq!(group(&torn, 0), Group::Unclear);
        assert_eq!(group("", 0), Group::Plain);
        assert_eq!(main_path("3:cpu:/\n0::/\n"), Some("/"));
        assert_eq!(
            main_path("0::/system.slice/a:b.service\n"),
            Some("/system.slice/a:b.service")
        );
        assert_eq!(main_path(""), None);
    }

    #[test]
    fn a_view_from_inside_a_pod_is_not_mistaken_for_the_whole() {
        // The scanner's own namespace starts four levels down.
        let init = "0::/../../../../init.scope\n";
        assert_eq!(depth(init), 4);
        let kubelet = "0::/../../../../system.slice/kubelet.service\n";
        assert_eq!(group(kubelet, 4), Group::Plain);
        // Itself, and a container beside it.
        assert_eq!(group("0::/\n", 4), Group::Unclear);
        assert_eq!(
            group(&format!("0::/../cri-containerd-{ID}.scope\n"), 4),
            Group::Container
        );
        let neighbour =
            format!("0::/../../kubepods-burstable-pod{HASH}.slice/cri-containerd-{ID}.scope\n");
        assert_eq!(group(&neighbour, 4), Group::StaticPod);
        assert_eq!(group(&format!("0::/../../pod{UUID}/{ID}\n"), 4), Group::Pod);
        assert_eq!(depth("0::/init.scope\n"), 0);
    }

    #[test]
    fn a_missing_sign_is_unknown() {
        let place = |group, pid_namespace, network| {
            place(Signs {
                group,
                pid_namespace,
                network,
                users: Some(true),
            })
        };
        assert_eq!(place(Some(Group::Plain), Some(true), None), Place::Node);
        assert_eq!(
            place(Some(Group::Plain), Some(false), Some(false)),
            Place::Foreign
        );
        assert_eq!(place(Some(Group::Plain), Some(false), None), Place::Unknown);
        assert_eq!(place(Some(Group::Plain), None, Some(true)), Place::Unknown);
        assert_eq!(place(None, Some(true), Some(true)), Place::Unknown);
        assert_eq!(
            place(Some(Group::StaticPod), Some(false), None),
            Place::StaticPod
        );
        assert_eq!(
            place(Some(Group::Pod), Some(false), Some(true)),
            Place::HostNetworkPod
        );
        assert_eq!(place(Some(Group::Pod), Some(false), None), Place::Unknown);
    }

    #[test]
    fn a_container_is_the_nodes_with_its_network_and_its_users_only() {
        for (pid_namespace, network, users, expected) in [
            (Some(true), Some(true), Some(true), Place::Container),
            (Some(false), Some(true), Some(true), Place::Container),
            // kind's and k3d's nodes have a network of their own.
            (Some(false), Some(false), Some(true), Place::Foreign),
            // A person's podman, with --network=host.
            (Some(false), Some(true), Some(false), Place::Foreign),
            (Some(false), None, Some(false), Place::Foreign),
            (Some(false), None, Some(true), Place::Unknown),
            (Some(false), Some(true), None, Place::Unknown),
            (Some(false), None, None, Place::Unknown),
        ] {
            for group in [Group::Container, Group::Plain] {
                let found = place(Signs {
                    group: Some(group),
                    pid_namespace,
                    network,
                    users,
                });
                // In the node's own PID namespace and no group of a container.
                let expected = match (group, pid_namespace) {
                    (Group::Plain, Some(true)) => Place::Node,
                    _ => expected,
                };
                assert_eq!(found, expected, "{group:?} {network:?} {users:?}");
            }
        }
    }
}
