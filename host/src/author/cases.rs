//! The language of cases, as types: what an author expects a profile to say of
//! a node. The JSON Schema that editors read is made of them.

pub mod node;
pub mod read;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::language::{Mode, OneOrMany, Scalar};
use crate::finding::Verdict;

/// Cases: what a profile should say of which nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "file of cases")]
pub struct Cases {
    /// The cases in their order.
    #[schemars(length(min = 1))]
    pub cases: Vec<Case>,
}

/// A node, and what is expected of checks there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "case")]
pub struct Case {
    /// What it shows, in a few words; no other case of the file has the same.
    pub name: String,
    /// A node record, a folder or a .tar.zst, as this file sees it. `node`
    /// changes it, and stands alone without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The node: nothing is there but what is written here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Node>,
    /// The profile's parameters, where they are not as it has them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Parameter>,
    /// The time of the scan, such as `2026-01-31T12:00:00Z`; the record's, or
    /// the first day of 2026, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// What each check says, by its id: a verdict, or more. Others do not run.
    pub expect: BTreeMap<String, Expect>,
}

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Parameter {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
    /// A list of texts.
    List(Vec<Scalar>),
}

/// A node, or what changes of a recorded one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[schemars(title = "node")]
pub struct Node {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version of Kubernetes on it, such as `v1.31.0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its files, by absolute path. Folders above them are there too.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, File>,
    /// Its processes; `unreadable` if the scanner may not see them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<Processes>,
    /// The objects of its cluster; `unreadable` if the scanner may list none.
    /// Without it there is no API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<Kubernetes>,
    /// Nothing of the node can be read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unreadable: bool,
}

/// What lies at a path: its contents, or more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum File {
    /// The contents of a file of root's with mode 644.
    Content(String),
    /// What lies there.
    Members(Box<FileMembers>),
}

/// What lies at a path.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[schemars(title = "file")]
pub struct FileMembers {
    /// What is in it. Without it that is not known, and who reads it is told so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Its permission bits in octal; 644 if absent, 755 for a directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// User and group, as `root:root`, which it is if absent. A number is one
    /// that has no name there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What it is: a file if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Where it leads, for a symbolic link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Nothing is there: for what a record has.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub absent: bool,
    /// The scanner may not look at it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unreadable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words are those of a node record")]
pub enum Kind {
    File,
    Directory,
    Symlink,
    Fifo,
    Socket,
    CharDevice,
    BlockDevice,
}

/// Processes, or that they cannot be seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Processes {
    /// They cannot be seen.
    Word(Unreadable),
    /// Those that run.
    List(Vec<Process>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "it is one word")]
pub enum Unreadable {
    Unreadable,
}

/// A process: its command line, or more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Process {
    /// Its command line: the program and its arguments, divided by blanks.
    Line(String),
    /// The process.
    Members(Box<ProcessMembers>),
}

/// A process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "process")]
pub struct ProcessMembers {
    /// The program and its arguments: a list, or a text divided by blanks.
    pub args: OneOrMany<String>,
    /// The file that runs; the first argument, in /usr/bin, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executable: Option<String>,
    /// The number of its user; root's 0 if absent.
    #[serde(default)]
    pub uid: u32,
    /// Its environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Whose it is: the node's own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The scanner sees that it runs, and not how.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unreadable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words are those of the contract")]
pub enum Place {
    Node,
    StaticPod,
    HostNetworkPod,
    Foreign,
    Unknown,
}

/// Objects of the API, or that they cannot be listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Kubernetes {
    /// They cannot be listed.
    Word(Unreadable),
    /// All that there are, as `kubectl` writes them: with `apiVersion` and `kind`.
    List(Vec<Value>),
}

/// What a check should say: its verdict, or more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Expect {
    /// Its verdict.
    Verdict(Word),
    /// What it says.
    Members(Box<ExpectMembers>),
}

/// What a check should say. What is left out may be anything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "expectation")]
pub struct ExpectMembers {
    /// Its verdict.
    pub verdict: Word,
    /// A part of its reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A part of what it says was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// Things that it judges, by their names as a report has them: a path,
    /// `component --flag`, `Kind/namespace/name`. It may judge others too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subjects: BTreeMap<String, Word>,
}

impl ExpectMembers {
    /// A verdict, for whatever reason.
    pub fn of(verdict: Word) -> Self {
        Self {
            verdict,
            reason: None,
            actual: None,
            subjects: BTreeMap::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words are those of a report")]
pub enum Word {
    Pass,
    Fail,
    Manual,
    NotApplicable,
    Error,
}

impl From<Word> for Verdict {
    fn from(word: Word) -> Self {
        match word {
            Word::Pass => Self::Pass,
            Word::Fail => Self::Fail,
            Word::Manual => Self::Manual,
            Word::NotApplicable => Self::NotApplicable,
            Word::Error => Self::Error,
        }
    }
}
