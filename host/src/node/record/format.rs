//! What `node.json` holds, as it is written. Fields beyond `nodes/README.md` are
//! optional: they keep what a replay needs to answer in the same words.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize};

use crate::node::{Miss, Place};

/// `node.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, DeriveDeserialize)]
pub struct NodeFile {
    /// [`super::FORMAT`].
    pub format: String,
    /// The node's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured: Option<String>,
    /// Operating system and architecture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The cluster's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<Kubernetes>,
    /// None: the process table was not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<Vec<ProcessEntry>>,
    /// Why the process table could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes_error: Option<Fault>,
    /// Why there are no objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects_error: Option<Fault>,
    /// By path.
    #[serde(default, deserialize_with = "unique")]
    pub entries: BTreeMap<String, Entry>,
    /// None: the whole node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
}

/// Operating system and architecture, as Go names them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, DeriveDeserialize)]
pub struct Platform {
    /// `linux`.
    #[serde(default)]
    pub os: String,
    /// `amd64`.
    #[serde(default)]
    pub arch: String,
}

/// The cluster's version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, DeriveDeserialize)]
pub struct Kubernetes {
    /// `v1.30.2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// What the record speaks of. Outside it, it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, DeriveDeserialize)]
pub struct Scope {
    /// Paths of which absence is known; none: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub globs: Option<Vec<String>>,
    /// `whole` or `partial`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<String>,
    /// Why the table is partial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Resources that were asked for, named as their files are; none: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<String>>,
}

/// A path. Without `kind`, `error` says why nothing is known of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, DeriveDeserialize)]
#[expect(missing_docs, reason = "the fields are documented in nodes/README.md")]
pub struct Entry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    #[serde(default)]
    pub user: Option<String>,
    #[serde(default)]
    pub group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// What the withheld contents are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Words that belong to the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What became of a file's contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, DeriveDeserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words are documented in nodes/README.md")]
pub enum Content {
    Kept,
    Masked,
    Withheld,
}

/// A process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, DeriveDeserialize)]
#[expect(missing_docs, reason = "the fields are documented in nodes/README.md")]
pub struct ProcessEntry {
    pub pid: u32,
    #[serde(default)]
    pub ppid: Option<u32>,
    #[serde(default)]
    pub uid: Option<u32>,
    #[serde(default)]
    pub comm: String,
    #[serde(default)]
    pub exe: Option<String>,
    /// None: not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argv: Option<Vec<String>>,
    /// None: not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<BTreeMap<String, String>>,
    /// The names that were looked for; none: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env_names: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env_error: Option<Fault>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pidns: Option<String>,
    /// Whose it is, as it was decided on the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mounts: Option<Vec<Mount>>,
    /// Whether only the paths that were asked for are in `mounts`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mounts_partial: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A path of a process's view, and the node's path for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, DeriveDeserialize)]
pub struct Mount {
    /// As the process sees it.
    pub target: String,
    /// As the node sees it; none if that could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Why not.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

/// Why a fact could not be had: a word and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, DeriveDeserialize)]
pub struct Fault {
    /// The kind of miss.
    pub error: String,
    /// Its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Fault {
    /// Writes a miss down.
    pub fn of(miss: &Miss) -> Self {
        let (error, detail) = match miss {
            Miss::NotFound => ("not-found", None),
            Miss::NotPermitted(text) => ("not-permitted", Some(text.clone())),
            Miss::NotRecorded(text) => ("not-recorded", Some(text.clone())),
            Miss::Withheld(text) => ("withheld", Some(text.clone())),
            Miss::TooLarge { size, limit } => ("too-large", Some(format!("{size} of {limit}"))),
            Miss::WrongType(text) => ("wrong-type", Some((*text).to_owned())),
            Miss::Raced => ("raced", None),
            Miss::BadPath(text) => ("bad-path", Some(text.clone())),
            Miss::Unreachable(text) => ("unreachable", Some(text.clone())),
            Miss::Other(text) => ("other", Some(text.clone())),
        };
        Self {
            error: error.to_owned(),
            detail,
        }
    }

    /// Reads a miss back; a word that is not known stays a reason.
    pub fn miss(&self) -> Miss {
        let text = |default: &str| self.detail.clone().unwrap_or_else(|| default.to_owned());
        match self.error.as_str() {
            "not-found" => Miss::NotFound,
            "not-permitted" | "forbidden" => {
                Miss::NotPermitted(text("it could not be read when the record was made"))
            }
            "not-recorded" => Miss::NotRecorded(text("the record does not say")),
            "withheld" => Miss::Withheld(text("its contents were not kept")),
            "too-large" => match self.detail.as_deref().and_then(sizes) {
                Some((size, limit)) => Miss::TooLarge { size, limit },
                None => Miss::NotRecorded(text("it was too large for the record")),
            },
            "wrong-type" => Miss::WrongType(kind_word(self.detail.as_deref().unwrap_or_default())),
            "raced" => Miss::Raced,
            "bad-path" => Miss::BadPath(text("the path cannot be followed")),
            "unreachable" => Miss::Unreachable(text("it did not answer when the record was made")),
            "partial" => Miss::NotRecorded(text("the record holds only a part of it")),
            "other" => Miss::Other(text("it failed when the record was made")),
            word => Miss::Other(match &self.detail {
                Some(detail) => format!("{word}: {detail}"),
                None => word.to_owned(),
            }),
        }
    }

    /// As the text of an `.error` file.
    pub fn line(&self) -> String {
        match &self.detail {
            Some(detail) => format!("{}: {detail}\n", self.error),
            None => format!("{}\n", self.error),
        }
    }

    /// Reads the text of an `.error` file.
    pub fn from_line(text: &str) -> Self {
        let text = text.trim();
        let (error, detail) = match text.split_once(':') {
            Some((error, detail)) => (error.trim(), Some(detail.trim().to_owned())),
            None => (text, None),
        };
        Self {
            error: error.to_owned(),
            detail,
        }
    }
}

fn sizes(detail: &str) -> Option<(u64, u64)> {
    let (size, limit) = detail.split_once(" of ")?;
    Some((size.parse().ok()?, limit.parse().ok()?))
}

fn kind_word(word: &str) -> &'static str {
    super::kind(word).map_or("another type", crate::node::Kind::word)
}

/// The word for a place.
pub fn place_word(place: Place) -> &'static str {
    match place {
        Place::Node => "node",
        Place::StaticPod => "static-pod",
        Place::Container => "container",
        Place::HostNetworkPod => "host-network-pod",
        Place::Foreign => "foreign",
        Place::Unknown => "unknown",
    }
}

/// The place of a word.
pub fn place(word: &str) -> Option<Place> {
    let all = [
        Place::Node,
        Place::StaticPod,
        Place::Container,
        Place::HostNetworkPod,
        Place::Foreign,
        Place::Unknown,
    ];
    all.into_iter().find(|place| place_word(*place) == word)
}

/// A map that names no key twice: of two entries for a path, which one is true?
fn unique<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, V>, D::Error> {
    struct Unique<V>(PhantomData<V>);
    impl<'de, V: Deserialize<'de>> Visitor<'de> for Unique<V> {
        type Value = BTreeMap<String, V>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut all = BTreeMap::new();
            while let Some((name, value)) = map.next_entry::<String, V>()? {
                if all.len() >= super::ENTRY_LIMIT {
                    return Err(A::Error::custom(format!(
                        "more than {} entries",
                        super::ENTRY_LIMIT
                    )));
                }
                if all.contains_key(&name) {
                    return Err(A::Error::custom(format!("{name:?} stands there twice")));
                }
                all.insert(name, value);
            }
            Ok(all)
        }
    }
    deserializer.deserialize_map(Unique(PhantomData))
}
