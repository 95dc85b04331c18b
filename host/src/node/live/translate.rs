//! Follows a path as a process in another mount namespace would, with the node's
//! files for eyes.
//!
//! Translating the text would not do: a link means one file to the process and
//! another to the node if its target is absolute. So each component below a
//! mount point is looked at on the node, and a link is followed in the process's
//! view.

use super::mounts::{Mounts, covered, to_node};
use crate::node::Miss;

/// As many links as the kernel follows.
const LINKS: usize = 40;

/// What a lookup of one name says: the target if it is a link.
pub(super) type Link = Result<Option<String>, Miss>;

/// The node's path of what `path` is to the process, all links followed.
pub(super) fn follow(
    process: &Mounts,
    node: &Mounts,
    path: &str,
    link_at: impl Fn(&str) -> Link,
) -> Result<String, Miss> {
    let place = |at: &str| {
        to_node(process, node, at)
            .map_err(|why| Miss::BadPath(format!("{path:?} has no path on the node: {why}")))
    };
    let too_far = || Miss::BadPath(format!("{path:?} leads through too many links"));
    let mut wanted = path.to_owned();
    for _ in 0..=LINKS {
        match step(process, &wanted, &place, &link_at)? {
            Step::Arrived(at) => return place(&at),
            Step::Link(next) if next.len() < 1 << 16 => wanted = next,
            Step::Link(_) => break,
        }
    }
    Err(too_far())
}

enum Step {
    Arrived(String),
    /// A link was met: go on with this path.
    Link(String),
}

fn step(
    process: &Mounts,
    wanted: &str,
    place: &impl Fn(&str) -> Result<String, Miss>,
    link_at: &impl Fn(&str) -> Link,
) -> Result<Step, Miss> {
    let mut at = String::new();
    let mut rest = wanted.trim_start_matches('/');
    while !rest.is_empty() {
        let (name, tail) = rest.split_once('/').unwrap_or((rest, ""));
        rest = tail.trim_start_matches('/');
        match name {
            "." => continue,
            // `at` has no links in it, so its parent is the one the text names.
            ".." => {
                at.truncate(at.rfind('/').unwrap_or(0));
                continue;
            }
            _ => {}
        }
        let parent = at.len();
        at.push('/');
        at.push_str(name);
        if leads_to_mount(process, &at, rest) {
            continue;
        }
        match link_at(&place(&at)?) {
            Ok(Some(target)) => {
                at.truncate(parent);
                let base = if target.starts_with('/') {
                    ""
                } else {
                    at.as_str()
                };
                return Ok(Step::Link(format!("{base}/{target}/{rest}")));
            }
            Ok(None) => {}
            // Nothing there: whoever opens the path will say so.
            Err(Miss::NotFound) if !rest.split('/').any(|name| name == "..") => {
                let end = rest.trim_end_matches('/');
                let slash = if end.is_empty() { "" } else { "/" };
                return Ok(Step::Arrived(format!("{at}{slash}{end}")));
            }
            Err(miss) => return Err(miss),
        }
    }
    Ok(Step::Arrived(if at.is_empty() {
        "/".to_owned()
    } else {
        at
    }))
}

/// Whether `at` lies on the way to a mount point that covers the rest of the
/// path: the kernel names mount points without links, so there is none up to it.
fn leads_to_mount(process: &Mounts, at: &str, rest: &str) -> bool {
    let whole = format!("{at}/{rest}");
    let plain = whole
        .split('/')
        .take_while(|name| *name != ".." && *name != ".");
    let plain = plain.collect::<Vec<_>>().join("/");
    let plain = if plain.ends_with('/') {
        plain.trim_end_matches('/')
    } else {
        &plain
    };
    covered(process, plain).is_some_and(|length| length >= at.len() && at.len() > 1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::mounts::parse;
    use super::*;

    const NODE: &[u8] = b"\
1 0 8:1 / / rw - ext4 d rw
2 1 8:2 / /var/lib/etcd rw - ext4 d rw
";
    const CONTAINER: &[u8] = b"\
10 9 0:50 / / rw - overlay overlay rw
11 10 8:1 /srv/pki /etc/pki ro - ext4 d rw
12 10 8:2 / /data rw - ext4 d rw
";

    fn follow_with(links: &[(&str, &str)], path: &str) -> Result<String, Miss> {
        let links: HashMap<&str, &str> = links.iter().copied().collect();
        let (process, node) = (parse(CONTAINER).unwrap(), parse(NODE).unwrap());
        follow(&process, &node, path, |at| match links.get(at) {
            Some(target) => Ok(Some((*target).to_owned())),
            None if at.contains("missing") => Err(Miss::NotFound),
            None if at.contains("secret") => Err(Miss::NotPermitted("no".into())),
            None => Ok(None),
        })
    }

    #[test]
    fn links_mean_what_they_mean_to_the_process() {
        let links = [
            ("/srv/pki/current", "v1"),
            ("/srv/pki/absolute", "/data/ca.crt"),
            ("/srv/pki/image", "/usr/share/ca.crt"),
            ("/srv/pki/up", "../../data/x"),
            ("/srv/pki/loop", "loop"),
        ];
        let follow = |path| follow_with(&links, path);
        assert_eq!(follow("/etc/pki/ca.crt").unwrap(), "/srv/pki/ca.crt");
        assert_eq!(
            follow("/etc/pki/current/ca.crt").unwrap(),
            "/srv/pki/v1/ca.crt"
        );
        assert_eq!(follow("/etc/pki/absolute").unwrap(), "/var/lib/etcd/ca.crt");
        assert_eq!(follow("/etc/pki/up").unwrap(), "/var/lib/etcd/x");
        assert_eq!(follow("//etc//pki/./a/../b/").unwrap(), "/srv/pki/b");
        assert_eq!(follow("/etc/pki").unwrap(), "/srv/pki");
        assert_eq!(follow("/etc/pki/missing/a").unwrap(), "/srv/pki/missing/a");
        assert!(
            matches!(follow("/etc/pki/loop"), Err(Miss::BadPath(why)) if why.contains("links"))
        );
        for image in [
            "/etc/pki/image",
            "/etc/passwd",
            "/etc/pki/../passwd",
            "/",
            "/etc/pkix",
        ] {
            assert!(
                matches!(follow(image), Err(Miss::BadPath(why)) if why.contains("image")),
                "{image}"
            );
        }
        assert!(matches!(
            follow("/etc/pki/secret/a"),
            Err(Miss::NotPermitted(_))
        ));
        // What `..` after a missing name means cannot be told.
        assert_eq!(follow("/etc/pki/missing/../a"), Err(Miss::NotFound));
    }
}
