//! Modes and owners of files, as demands and as sentences.

use crate::facts::Stat;
use crate::prelude::*;
use crate::say;
use crate::strings::{self, Octal, Piece};
use crate::verdict::Verdict;

/// The permission bits that a file may have at most, written in octal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(into = "String")
)]
pub struct Mode(pub u32);

impl Mode {
    /// Whether no bit is set beyond the allowed ones; setuid, setgid and sticky
    /// count.
    pub fn allows(self, mode: u32) -> bool {
        mode & 0o7777 & !self.0 == 0
    }
}

impl Piece for Mode {
    fn text(&self) -> &str {
        say![Octal(self.0)].leak()
    }
}

impl From<Mode> for String {
    fn from(mode: Mode) -> Self {
        say![mode]
    }
}

impl TryFrom<String> for Mode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match strings::number(&text, 8) {
            Some(bits @ 0..=0o7777) => Ok(Self(bits as u32)),
            _ => Err(say!["`", text, "` is not a mode such as 600"]),
        }
    }
}

/// A user and a group by name, written `user:group`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(serde::Serialize),
    serde(into = "String")
)]
pub struct Owner {
    /// The user.
    pub user: String,
    /// The group.
    pub group: String,
}

impl Owner {
    /// Whether a file is theirs, and why that cannot be told.
    ///
    /// `root` is the id 0, whatever it is called. Any other name must be the
    /// node's own for the id; an id without a name may or may not be meant.
    pub fn owns(&self, stat: &Stat) -> (Verdict, String) {
        let user = matches(&self.user, stat.uid, stat.owner.as_deref());
        let group = matches(&self.group, stat.gid, stat.group.as_deref());
        let verdict = user.max(group);
        let reason = match verdict {
            Verdict::Manual => say![
                "the node has no name for ",
                id_pair(stat),
                ": compare it with the ids of ",
                self
            ],
            _ => String::new(),
        };
        (verdict, reason)
    }
}

fn matches(wanted: &str, id: u32, name: Option<&str>) -> Verdict {
    match name {
        _ if wanted == "root" && id == 0 => Verdict::Pass,
        // Only 0 is root: a name changes nothing.
        _ if wanted == "root" || id == 0 => Verdict::Fail,
        Some(name) if name == wanted => Verdict::Pass,
        Some(_) => Verdict::Fail,
        None => Verdict::Manual,
    }
}

/// Who owns a file: names where the node has them, ids always where it lacks one.
pub fn owner(stat: &Stat) -> String {
    match (&stat.owner, &stat.group) {
        (Some(user), Some(group)) => say![user, ":", group],
        _ => id_pair(stat),
    }
}

fn id_pair(stat: &Stat) -> String {
    let one = |name: &Option<String>, id: u32| name.clone().unwrap_or_else(|| say![id]);
    say![one(&stat.owner, stat.uid), ":", one(&stat.group, stat.gid)]
}

impl Piece for Owner {
    fn text(&self) -> &str {
        say![self.user, ":", self.group].leak()
    }
}

impl From<Owner> for String {
    fn from(owner: Owner) -> Self {
        say![owner]
    }
}

impl TryFrom<String> for Owner {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match strings::cut(&text, b':') {
            Some((user, group)) if !user.is_empty() && !group.is_empty() => Ok(Self {
                user: user.to_owned(),
                group: group.to_owned(),
            }),
            _ => Err(say!["`", text, "` is not an owner such as root:root"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::FileKind;

    fn stat(uid: u32, gid: u32, owner: Option<&str>, group: Option<&str>) -> Stat {
        Stat {
            kind: FileKind::Regular,
            mode: 0o600,
            uid,
            gid,
            owner: owner.map(str::to_owned),
            group: group.map(str::to_owned),
            size: 0,
            resolved_path: "/a".to_owned(),
        }
    }

    #[test]
    fn a_mode_is_a_mask_and_not_a_number() {
        for (at_most, mode, allowed) in [
            (0o600, 0o600, true),
            (0o600, 0o400, true),
            (0o600, 0, true),
            (0o600, 0o500, false),
            (0o644, 0o4600, false),
            (0o700, 0o1700, false),
            (0o600, 0o100_600, true),
        ] {
            assert_eq!(Mode(at_most).allows(mode), allowed, "{mode:o}");
        }
    }

    #[test]
    fn root_is_an_id_and_others_are_names() {
        let owner = |text: &str| Owner::try_from(text.to_owned());
        let verdict = |wanted: &str, stat: &Stat| owner(wanted).map(|o| o.owns(stat).0);
        for (wanted, found, expected) in [
            ("root:root", stat(0, 0, None, None), Verdict::Pass),
            (
                "root:root",
                stat(0, 0, Some("toor"), Some("wheel")),
                Verdict::Pass,
            ),
            ("root:root", stat(7, 0, Some("root"), None), Verdict::Fail),
            ("root:root", stat(0, 7, None, None), Verdict::Fail),
            (
                "etcd:etcd",
                stat(9, 9, Some("etcd"), Some("etcd")),
                Verdict::Pass,
            ),
            (
                "etcd:etcd",
                stat(9, 9, Some("etcd"), Some("users")),
                Verdict::Fail,
            ),
            ("etcd:etcd", stat(9, 9, None, None), Verdict::Manual),
            ("etcd:etcd", stat(9, 0, Some("etcd"), None), Verdict::Fail),
            ("etcd:etcd", stat(9, 9, Some("bin"), None), Verdict::Fail),
        ] {
            assert_eq!(verdict(wanted, &found), Ok(expected), "{wanted} {found:?}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in ["8", "17777", "rw", ""] {
            assert!(Mode::try_from(text.to_owned()).is_err(), "{text}");
        }
        for text in ["root", ":root", "root:"] {
            assert!(Owner::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
