//! The manifest: what a profile is, what it asks to see, and what it checks.
//!
//! It is JSON, plain or as one Zstandard frame, read before anything is
//! compiled and never by running code.
//! Unknown members are refused, so that a host never overlooks a request it
//! does not understand.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A whole manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// [`crate::MANIFEST_SCHEMA`].
    pub schema: String,
    /// The profile's id, such as `cis-1.10`: letters, digits, `.`, `-` and `_`.
    pub id: String,
    /// The profile's own version, semver.
    pub version: String,
    /// Counts up with every release; never goes back. Guards against downgrade.
    pub epoch: u64,
    /// One line for people.
    pub title: String,
    /// The document that the checks come from.
    pub benchmark: Benchmark,
    /// [`crate::WORLD`].
    pub world: String,
    /// The least version of the host, semver.
    pub min_host: String,
    /// When this profile fits a node: any one of these suffices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applies: Vec<Applies>,
    /// What it was made from by tailoring, and what that changed; the first is
    /// what the others were made of. Empty for a profile of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tailored: Vec<Tailoring>,
    /// The kinds of rule that its code evaluates where they stand in a check's
    /// `with`, so that checks may be added without building it again: words of
    /// [`crate::rule::KINDS`]. Empty where `with` is its own affair.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Where the node's Kubernetes version may be read if nothing states it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<VersionAt>,
    /// What the profile asks to see.
    pub requests: Requests,
    /// What an operator may set with `--set name=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// Ways to change a setting that several checks share, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub procedures: BTreeMap<String, Procedure>,
    /// Sections in the benchmark's order. A section has one target.
    pub sections: Vec<Section>,
    /// The checks, in the benchmark's order.
    pub checks: Vec<Check>,
}

impl Manifest {
    /// What tailoring put in the place of a check's verdict: the last word counts.
    pub fn instead(&self, check: &str) -> Option<Instead<'_>> {
        let changes = self.tailored.iter().flat_map(|layer| &layer.changes);
        changes.rev().find_map(|change| match change {
            Change::Skip { check: id, reason } if id == check => Some(Instead::Skip(reason)),
            Change::Manual { check: id, reason } if id == check => Some(Instead::Manual(reason)),
            _ => None,
        })
    }
}

/// What tailoring puts in the place of a check's verdict, with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instead<'a> {
    /// It does not run.
    Skip(&'a str),
    /// It runs, and a person decides.
    Manual(&'a str),
}

/// A profile that another one was made from, and what was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tailoring {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// `sha256:…` of its component.
    pub digest: String,
    /// What was changed.
    pub changes: Vec<Change>,
}

/// Something that was changed, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Change {
    /// A check does not run any more. It stays in reports, as not assessed.
    Skip {
        /// Its id.
        check: String,
        /// Why.
        reason: String,
    },
    /// A check runs, and what it finds is for a person to judge.
    Manual {
        /// Its id.
        check: String,
        /// Why.
        reason: String,
    },
    /// A check's severity is another.
    Severity {
        /// Its id.
        check: String,
        /// What it was.
        from: Severity,
        /// What it is.
        to: Severity,
        /// Why.
        reason: String,
    },
    /// A check's level is another.
    Level {
        /// Its id.
        check: String,
        /// What it was.
        from: u8,
        /// What it is.
        to: u8,
        /// Why.
        reason: String,
    },
    /// A parameter has another default.
    Parameter {
        /// Its name.
        name: String,
        /// What it was.
        from: serde_json::Value,
        /// What it is.
        to: serde_json::Value,
        /// Why.
        reason: String,
    },
    /// A check was added.
    Add {
        /// Its id.
        check: String,
        /// Why.
        reason: String,
    },
}

impl Change {
    /// Why it was made.
    pub fn reason(&self) -> &str {
        match self {
            Self::Skip { reason, .. }
            | Self::Manual { reason, .. }
            | Self::Severity { reason, .. }
            | Self::Level { reason, .. }
            | Self::Parameter { reason, .. }
            | Self::Add { reason, .. } => reason,
        }
    }

    /// The check that it is about; none where it is about a parameter.
    pub fn check(&self) -> Option<&str> {
        match self {
            Self::Skip { check, .. }
            | Self::Manual { check, .. }
            | Self::Severity { check, .. }
            | Self::Level { check, .. }
            | Self::Add { check, .. } => Some(check),
            Self::Parameter { .. } => None,
        }
    }
}

/// The document that a profile's checks come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Benchmark {
    /// The document's name.
    pub name: String,
    /// The document's version.
    pub version: String,
    /// The Kubernetes versions it was written for, as a semver range such as
    /// `>=1.28, <1.32`. Pre-release and build parts of a node's version are
    /// ignored when it is compared.
    pub kubernetes: String,
}

/// A set of conditions under which a profile fits a node. All that are given
/// must hold; an empty set fits nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Applies {
    /// One of these executables runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub executables: Vec<String>,
    /// One of these paths exists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// None of these paths exists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absent_paths: Vec<String>,
    /// The node object's `spec.providerID` starts with this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_id_prefix: Option<String>,
    /// The node object carries this label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_label: Option<String>,
    /// The server's `gitVersion` contains this text, such as `+k3s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_contains: Option<String>,
    /// The Kubernetes version lies in this semver range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<String>,
}

/// A place that states a version: the field of a document, such as the image of
/// a static pod. The host reads it to choose between profiles, and tells none
/// of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VersionAt {
    /// The document.
    pub path: String,
    /// A JSON pointer, in which `*` stands for any one token, to the name of an
    /// image: the version is its tag.
    pub field: String,
}

/// Everything a profile asks to see. Each request has an id of its own, unique
/// in the manifest, and says why it is needed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Requests {
    /// Paths by glob.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileRequest>,
    /// Executables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<ProcessRequest>,
    /// Paths that a flag or an environment variable of a process names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<NamedRequest>,
    /// Paths that a field of a document names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldRequest>,
    /// API resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kubernetes: Vec<KubernetesRequest>,
}

impl Requests {
    /// Every request's id and its reason, in the order they are written.
    pub fn ids(&self) -> impl Iterator<Item = (&str, &str)> {
        let files = self.files.iter().map(|r| (r.id.as_str(), r.why.as_str()));
        let processes = self
            .processes
            .iter()
            .map(|r| (r.id.as_str(), r.why.as_str()));
        let named = self.named.iter().map(|r| (r.id.as_str(), r.why.as_str()));
        let fields = self.fields.iter().map(|r| (r.id.as_str(), r.why.as_str()));
        let kubernetes = self
            .kubernetes
            .iter()
            .map(|r| (r.id.as_str(), r.why.as_str()));
        files
            .chain(processes)
            .chain(named)
            .chain(fields)
            .chain(kubernetes)
    }
}

/// What may be done with a file.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// See kind, mode, owner, group and size.
    Stat,
    /// See the SHA-256 of the contents.
    Digest,
    /// See the contents, secrets masked.
    Read,
}

/// Paths by glob, relative to the scanned root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileRequest {
    /// Unique in the manifest.
    pub id: String,
    /// Absolute globs. `*` and `?` stay within a path component, `**` as a
    /// whole component spans any number of them, `[...]` and `{a,b}` work.
    pub paths: Vec<String>,
    /// `stat` is implied by the others.
    pub rights: Vec<Right>,
    /// The longest file that is read or digested, in bytes; the host's limit
    /// if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// How many levels below a matched directory its children may be opened.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth: u32,
    /// Why, for the operator who grants it.
    pub why: String,
}

/// Processes by executable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProcessRequest {
    /// Unique in the manifest.
    pub id: String,
    /// File names of executables, such as `kubelet`.
    pub executables: Vec<String>,
    /// Environment variables whose values are needed. Others stay in the host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
    /// Why, for the operator who grants it.
    pub why: String,
}

/// Paths that a process is told by a flag or by its environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NamedRequest {
    /// Unique in the manifest.
    pub id: String,
    /// The id of a processes request.
    pub process: String,
    /// Names of flags without dashes, such as `client-ca-file`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// Names of environment variables, such as `ETCD_DATA_DIR`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
    /// What may be done with the file, and with the children of a directory.
    pub rights: Vec<Right>,
    /// See [`FileRequest::depth`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth: u32,
    /// Why, for the operator who grants it.
    pub why: String,
}

/// Paths that a document names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FieldRequest {
    /// Unique in the manifest.
    pub id: String,
    /// Ids of the files, named or fields requests that the document was opened by.
    pub documents: Vec<String>,
    /// JSON pointers; `*` as a whole token stands for any key or index.
    pub pointers: Vec<String>,
    /// What may be done with the file, and with the children of a directory.
    pub rights: Vec<Right>,
    /// See [`FileRequest::depth`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth: u32,
    /// Why, for the operator who grants it.
    pub why: String,
}

/// What may be asked of the API server.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// All objects, page by page.
    List,
}

/// Objects of one API resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KubernetesRequest {
    /// Unique in the manifest.
    pub id: String,
    /// Group and version, such as `v1` or `rbac.authorization.k8s.io/v1`.
    pub api_version: String,
    /// The resource's plural name, such as `clusterroles`.
    pub resource: String,
    /// What is done with it.
    pub verbs: Vec<Verb>,
    /// JSON pointers of what is kept of each object; `*` as a whole token
    /// stands for any key or index. `/metadata/name` and
    /// `/metadata/namespace` are always kept.
    pub fields: Vec<String>,
    /// Why, for the operator who grants it.
    pub why: String,
}

/// The type of a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterType {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// Texts, separated by commas on the command line.
    List,
}

/// Something an operator may set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// Its value if nobody sets it.
    pub default: serde_json::Value,
    /// What it does.
    pub description: String,
}

/// A way to change a setting, shared by several checks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Procedure {
    /// Where the setting lives durably, and then where it is rendered.
    pub change: String,
    /// What takes effect when, and what restarts.
    pub effect: String,
    /// How to go back.
    pub rollback: String,
    /// How to see that it worked.
    pub verify: String,
}

/// A section of the benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Section {
    /// Its number in the benchmark, such as `1`.
    pub id: String,
    /// Its title, in our words.
    pub title: String,
    /// The target its checks belong to: `master`, `etcd`, `controlplane`,
    /// `node`, `policies` or `managedservices`.
    pub target: String,
    /// Its groups, in order.
    pub groups: Vec<Group>,
}

/// A group of checks in a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Group {
    /// Its number in the benchmark, such as `1.2`.
    pub id: String,
    /// Its title, in our words.
    pub title: String,
}

/// How the benchmark assesses a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Assessment {
    /// By a tool.
    Automated,
    /// By a person.
    Manual,
}

/// How much harm a failed check may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Hygiene.
    Low,
    /// Helps an attacker who is already inside.
    Medium,
    /// Opens a way to other workloads or to credentials.
    High,
    /// Opens the cluster.
    Critical,
}

/// Who can change what a check looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ownership {
    /// Whoever runs the cluster.
    #[default]
    Customer,
    /// The provider of a managed service.
    Provider,
    /// Both.
    Shared,
}

impl Ownership {
    fn is_customer(&self) -> bool {
        matches!(self, Self::Customer)
    }
}

/// One recommendation of the benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Check {
    /// Its id in the benchmark: text, never a number.
    pub id: String,
    /// The control's stable name: ids are renumbered between benchmark
    /// versions, controls are not.
    pub control: String,
    /// What it demands, in our words, without `(Automated)` or `(Manual)`.
    pub title: String,
    /// The id of its [`Group`].
    pub group: String,
    /// The component it looks at, such as `kube-apiserver`.
    pub component: String,
    /// 1 or 2.
    pub level: u8,
    /// As the benchmark says.
    pub assessment: Assessment,
    /// Whether the benchmark counts it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub scored: bool,
    /// Ours.
    pub severity: Severity,
    /// Who can change it.
    #[serde(default, skip_serializing_if = "Ownership::is_customer")]
    pub ownership: Ownership,
    /// Whether facts decide it, or a person must.
    #[serde(default, skip_serializing_if = "is_false")]
    pub judged: bool,
    /// Why it matters, in our words.
    pub rationale: String,
    /// What to do about it.
    pub remediation: Remediation,
    /// Further reading: documentation of Kubernetes or its components.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// Ids of the requests that this check needs. While it runs it has no others.
    pub uses: Vec<String>,
    /// Opaque to the host, handed to the check when it runs.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub with: serde_json::Value,
}

/// What to do about a failed check.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Remediation {
    /// The name of a [`Procedure`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub procedure: String,
    /// What to set, remove or look at.
    pub set: String,
    /// What may break, if anything is known to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub breaks: String,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if hands out a reference"
)]
fn is_false(b: &bool) -> bool {
    !*b
}
