//! Where a process's paths lie on the node, worked out from the two mount tables.
//!
//! A path is never followed through `/proc/PID/root`: that would open whatever
//! the process has put there. Instead the mount that covers the path names a
//! file system and a place in it, and the node's own table says where the node
//! has mounted that same place.

/// One line of `/proc/PID/mountinfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    id: u32,
    parent: u32,
    /// `major:minor` of the file system.
    device: Vec<u8>,
    /// The place in the file system that is mounted.
    root: Vec<u8>,
    /// Where it is mounted, as the process sees it.
    point: Vec<u8>,
    /// The type of file system.
    kind: Vec<u8>,
    /// The file system's own options.
    pub(super) options: Vec<u8>,
}

/// A mount namespace as one process sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mounts(Vec<Mount>);

/// Why a path has no place on the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoPlace {
    #[error("no mount of the process covers it")]
    Uncovered,
    #[error("it lies inside the container's image, which is not a part of the node's file tree")]
    Image,
    #[error("the node has not mounted the file system it lies on, or hides it under another")]
    Unmounted,
    #[error("its place on the node has a name that is not UTF-8")]
    NotUtf8,
}

/// Reads a mount table. A line that cannot be understood spoils all of it: what
/// it mounts could cover any path.
pub(super) fn parse(text: &[u8]) -> Option<Mounts> {
    let lines = text
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty());
    lines.map(parse_line).collect::<Option<_>>().map(Mounts)
}

fn parse_line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&byte| byte == b' ');
    let mut number = || str::from_utf8(fields.next()?).ok()?.parse().ok();
    let (id, parent) = (number()?, number()?);
    let device = fields.next()?.to_vec();
    let root = unescape(fields.next()?);
    let point = unescape(fields.next()?);
    let mut rest = fields.skip_while(|field| *field != b"-").skip(1);
    let kind = rest.next()?.to_vec();
    let options = rest.nth(1).unwrap_or_default().to_vec();
    (point.starts_with(b"/")).then_some(Mount {
        id,
        parent,
        device,
        root,
        point,
        kind,
        options,
    })
}

/// Undoes `\040` and its like: the kernel writes blanks and backslashes in octal.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, tail)) = rest.split_first() {
        let octal = |digit: &u8| (b'0'..=b'7').contains(digit);
        if byte == b'\\' && tail.len() >= 3 && tail[0] <= b'3' && tail[..3].iter().all(octal) {
            plain.push((tail[0] - b'0') << 6 | (tail[1] - b'0') << 3 | (tail[2] - b'0'));
            rest = &tail[3..];
        } else {
            plain.push(byte);
            rest = tail;
        }
    }
    plain
}

impl Mounts {
    /// The mount with this id.
    pub(super) fn by_id(&self, id: u32) -> Option<&Mount> {
        self.0.iter().find(|mount| mount.id == id)
    }

    /// The mount a path without links ends in, found as the kernel finds it: from
    /// the root down, and onto whatever was mounted over each point. The longest
    /// prefix would not do: a later mount may hide it.
    fn covering(&self, path: &[u8]) -> Option<&Mount> {
        let root = |mount: &&Mount| mount.point == b"/" && !self.has_parent_at_root(mount);
        let mut here = self.0.iter().find(root)?;
        // Each step goes to a child, so no mount is met twice in a sane table.
        for _ in 0..self.0.len() {
            let next = self
                .0
                .iter()
                .filter(|mount| mount.parent == here.id && mount.id != here.id)
                .filter(|mount| mount.point.len() >= here.point.len())
                .filter(|mount| below(path, &mount.point).is_some())
                .min_by_key(|mount| mount.point.len());
            match next {
                Some(mount) => here = mount,
                None => return Some(here),
            }
        }
        None
    }

    fn has_parent_at_root(&self, mount: &Mount) -> bool {
        mount.parent != mount.id && self.by_id(mount.parent).is_some_and(|up| up.point == b"/")
    }
}

/// The node's path for a path of the process. `path` is absolute and has neither
/// links nor `.` or `..` up to the mount that covers it.
pub(super) fn to_node(process: &Mounts, node: &Mounts, path: &str) -> Result<String, NoPlace> {
    let path = path.as_bytes();
    let mount = process.covering(path).ok_or(NoPlace::Uncovered)?;
    let inside = join(
        &mount.root,
        below(path, &mount.point).ok_or(NoPlace::Uncovered)?,
    );
    let mut places: Vec<(&Mount, Vec<u8>)> = node
        .0
        .iter()
        .filter(|candidate| candidate.device == mount.device)
        .filter_map(|candidate| {
            let place = join(&candidate.point, below(&inside, &candidate.root)?);
            // Something else may be mounted over it.
            (node.covering(&place)?.id == candidate.id).then_some((candidate, place))
        })
        .collect();
    // All of them are one file. The same path is the plainest answer, then the shortest.
    places.sort_by(|(_, one), (_, two)| {
        (one != path, one.len(), one).cmp(&(two != path, two.len(), two))
    });
    let container = mount.point == b"/" && mount.kind == b"overlay";
    match places.into_iter().next() {
        Some((candidate, _)) if container && candidate.point != b"/" => Err(NoPlace::Image),
        None if mount.point == b"/" && !node.0.iter().any(|other| other.device == mount.device) => {
            Err(NoPlace::Image)
        }
        None => Err(NoPlace::Unmounted),
        Some((_, place)) => String::from_utf8(place).map_err(|_| NoPlace::NotUtf8),
    }
}

/// The length of the mount point that covers a path: up to there it has no links.
pub(super) fn covered(process: &Mounts, path: &str) -> Option<usize> {
    process
        .covering(path.as_bytes())
        .map(|mount| mount.point.len())
}

/// What is left of `path` under `base`, without a leading slash; none if it is elsewhere.
fn below<'a>(path: &'a [u8], base: &[u8]) -> Option<&'a [u8]> {
    let rest = path.strip_prefix(base.strip_suffix(b"/").unwrap_or(base))?;
    match rest {
        [] => Some(rest),
        [b'/', rest @ ..] => Some(rest),
        _ => None,
    }
}

fn join(base: &[u8], rest: &[u8]) -> Vec<u8> {
    let mut path = base.strip_suffix(b"/").unwrap_or(base).to_vec();
    if !rest.is_empty() || path.is_empty() {
        path.push(b'/');
        path.extend_from_slice(rest);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: &[u8] = b"\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw - proc proc rw,hidepid=2
24 22 0:25 / /run rw shared:5 - tmpfs tmpfs rw
25 22 8:17 / /var/lib/etcd rw - ext4 /dev/sdb1 rw
26 22 8:33 /volumes/a /srv/data\\040dir rw - xfs /dev/sdc1 rw
27 24 0:50 / /run/containerd/io.containerd.runtime.v2.task/k8s.io/c1/rootfs rw - overlay overlay rw
28 22 0:60 / /var/lib/kubelet/pods/u1/volumes/kubernetes.io~projected/kube-api-access rw - tmpfs tmpfs rw
";
    const CONTAINER: &[u8] = b"\
100 50 0:50 / / rw - overlay overlay rw
101 100 0:70 / /proc rw - proc proc rw
102 100 8:1 /etc/kubernetes/pki /etc/kubernetes/pki ro master:1 - ext4 /dev/sda1 rw
103 100 8:17 /member /data rw - ext4 /dev/sdb1 rw
104 100 8:33 /volumes/a/b /srv rw - xfs /dev/sdc1 rw
105 100 8:33 /volumes/other /other rw - xfs /dev/sdc1 rw
106 100 0:60 / /var/run/secrets/kubernetes.io/serviceaccount ro - tmpfs tmpfs rw
107 102 0:99 / /etc/kubernetes/pki/hidden rw - tmpfs tmpfs rw
";

    fn place(path: &str) -> Result<String, NoPlace> {
        to_node(&parse(CONTAINER).unwrap(), &parse(NODE).unwrap(), path)
    }

    #[test]
    fn finds_the_same_file_on_the_node() {
        assert_eq!(
            place("/etc/kubernetes/pki/ca.crt").unwrap(),
            "/etc/kubernetes/pki/ca.crt"
        );
        assert_eq!(place("/etc/kubernetes/pki").unwrap(), "/etc/kubernetes/pki");
        assert_eq!(
            place("/data/snap/db").unwrap(),
            "/var/lib/etcd/member/snap/db"
        );
        assert_eq!(place("/srv/x").unwrap(), "/srv/data dir/b/x");
        assert_eq!(
            place("/var/run/secrets/kubernetes.io/serviceaccount/token").unwrap(),
            "/var/lib/kubelet/pods/u1/volumes/kubernetes.io~projected/kube-api-access/token"
        );
    }

    #[test]
    fn says_what_has_no_place() {
        assert_eq!(place("/etc/passwd"), Err(NoPlace::Image));
        assert_eq!(place("/etc/kubernetes/pkix/ca.crt"), Err(NoPlace::Image));
        assert_eq!(place("/other/x"), Err(NoPlace::Unmounted));
        assert_eq!(
            place("/etc/kubernetes/pki/hidden/x"),
            Err(NoPlace::Unmounted)
        );
        let none = to_node(&Mounts::default(), &parse(NODE).unwrap(), "/x");
        assert_eq!(none, Err(NoPlace::Uncovered));
    }

    #[test]
    fn a_mount_over_another_hides_it() {
        // The second line is mounted on /a/b, then the third over /a.
        let node = parse(b"1 0 8:1 / / rw - ext4 d rw\n2 1 8:2 / /a/b rw - ext4 d rw\n3 1 8:3 / /a rw - ext4 d rw\n").unwrap();
        let process =
            parse(b"9 0 8:2 / / rw - ext4 d rw\n10 9 8:1 /a /x rw - ext4 d rw\n").unwrap();
        assert_eq!(to_node(&process, &node, "/file"), Err(NoPlace::Unmounted));
        assert_eq!(to_node(&process, &node, "/x/file"), Err(NoPlace::Unmounted));
        // Two mounts on one point: the upper one counts.
        let stacked = parse(b"1 0 8:1 / / rw - ext4 d rw\n2 1 8:2 / /a rw - ext4 d rw\n3 2 8:3 / /a rw - ext4 d rw\n").unwrap();
        assert_eq!(stacked.covering(b"/a/x").unwrap().id, 3);
    }

    #[test]
    fn a_private_mount_namespace_of_the_same_root_translates() {
        // What systemd's PrivateTmp gives: the node's root, with another /tmp.
        let process =
            parse(b"60 59 8:1 / / rw - ext4 d rw\n61 60 8:1 /tmp/private-1 /tmp rw - ext4 d rw\n")
                .unwrap();
        let node = parse(NODE).unwrap();
        assert_eq!(to_node(&process, &node, "/etc/x").unwrap(), "/etc/x");
        assert_eq!(
            to_node(&process, &node, "/tmp/x").unwrap(),
            "/tmp/private-1/x"
        );
        // The node sees /run, but the process has the directory below it.
        assert_eq!(to_node(&process, &node, "/run/x"), Err(NoPlace::Unmounted));
    }

    #[test]
    fn a_broken_line_spoils_the_table() {
        assert_eq!(parse(b"1 0 8:1 / / rw - ext4 d rw\nwhat is this\n"), None);
        assert_eq!(unescape(br"a\040b\134c\0"), br"a b\c\0");
        assert_eq!(
            parse(NODE).unwrap().by_id(23).unwrap().options,
            b"rw,hidepid=2"
        );
        // Tables that point in circles end.
        let circle = parse(b"1 2 8:1 / / rw - ext4 d rw\n2 1 8:2 / / rw - ext4 d rw\n").unwrap();
        assert!(circle.covering(b"/x").is_none());
    }
}
