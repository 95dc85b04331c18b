//! The language in which an author writes a profile, as types. The JSON Schema
//! that editors read is made of them, their comments are its descriptions, and
//! what is written is held to it before it becomes these types.

use std::collections::BTreeMap;

use cisb_contract::manifest::{
    Applies, Assessment, Benchmark, Ownership, ParameterType, Procedure, Requests, Severity,
    VersionAt,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A profile: what is checked, and what that looks at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "profile")]
pub struct Profile {
    /// The profile's id, by which operators call it: letters, digits, `.`, `-`
    /// and `_`.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$"))]
    pub id: String,
    /// Its version, such as `1.0.0`.
    #[serde(default = "first_version")]
    pub version: String,
    /// Counts up with every release; never goes back.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub epoch: u64,
    /// One line for people.
    pub title: String,
    /// Under which licence others may use it, as SPDX calls it: `Apache-2.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// The document that the checks come from; the profile itself if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benchmark: Option<Benchmark>,
    /// When it fits a node, for scans that name no profile: any one suffices.
    /// Without it the profile is used only where it is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applies: Vec<Applies>,
    /// The platform of its nodes, where that runs every component of Kubernetes
    /// in one process: settings are read where the platform is told them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Where the node's Kubernetes version may be read if nothing states it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<VersionAt>,
    /// The target of all checks, where no sections are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// Sections in their order; one that is called as the profile if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
    /// What an operator may set with `--set name=value`. A rule uses one by
    /// writing `${name}` for a value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Parameter>,
    /// Ways to change a setting that several checks share, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub procedures: BTreeMap<String, Procedure>,
    /// Requests that rules name. Most need none: what a rule looks at is
    /// requested for it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub requests: Requests,
    /// The checks in their order.
    #[schemars(length(min = 1))]
    pub checks: Vec<Check>,
}

/// A platform that runs every component of Kubernetes in one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// K3s.
    K3s,
    /// MicroK8s.
    Microk8s,
}

impl Platform {
    /// The word of the engine.
    pub fn word(self) -> &'static str {
        match self {
            Self::K3s => "k3s",
            Self::Microk8s => "microk8s",
        }
    }
}

/// What the checks of a section are about: the parts of a cluster that pipelines
/// tell apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The control plane's components.
    Master,
    /// What the control plane is set up for.
    Controlplane,
    /// etcd.
    Etcd,
    /// Every node.
    #[default]
    Node,
    /// Objects of the API.
    Policies,
    /// What a provider runs.
    Managedservices,
}

impl Target {
    /// The word of the manifest.
    pub fn word(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Controlplane => "controlplane",
            Self::Etcd => "etcd",
            Self::Node => "node",
            Self::Policies => "policies",
            Self::Managedservices => "managedservices",
        }
    }
}

/// A section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "section")]
pub struct Section {
    /// Its number, such as `"1"`: a text.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What its checks are about.
    #[serde(default)]
    pub target: Target,
    /// Its groups in their order.
    #[schemars(length(min = 1))]
    pub groups: Vec<Group>,
}

/// A group of checks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "group")]
pub struct Group {
    /// Its number, such as `"1.1"`: a text.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// Something an operator may set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "parameter")]
pub struct Parameter {
    /// The type of its value.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// Its value if nobody sets it.
    pub default: serde_json::Value,
    /// What it does.
    pub description: String,
}

/// A check: what it demands, in words, and as a rule or answered by code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "check", extend("oneOf" = one_of(&["rule", "uses"])))]
pub struct Check {
    /// Its id, such as `"1.1.1"`: a text, for 1.10 is not 1.1.
    #[schemars(regex(pattern = r"^[A-Za-z0-9._-]{1,64}$"))]
    pub id: String,
    /// What it demands.
    pub title: String,
    /// Its name across versions, in which ids may be renumbered; made of the
    /// profile's and the check's id if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// The id of its group, where sections are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The component it looks at; taken from the rule if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// 1, or 2 for what suits only some clusters.
    #[serde(default = "first_level", skip_serializing_if = "is_first_level")]
    #[schemars(range(min = 1, max = 2))]
    pub level: u8,
    /// Whether a tool or a person assesses it; a tool, unless the rule asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Assessment>,
    /// Whether it counts; what a tool assesses does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scored: Option<bool>,
    /// How much harm it may do if it fails.
    #[serde(default = "medium", skip_serializing_if = "is_medium")]
    pub severity: Severity,
    /// Who can change what it looks at.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ownership: Ownership,
    /// Why it matters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rationale: String,
    /// What to do if it fails.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remediation: String,
    /// What may break by that.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub breaks: String,
    /// The name of a procedure that says how to change it for good.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub procedure: String,
    /// Further reading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// Why it must see what it looks at, for the operator who allows that; the
    /// title if absent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// A rule that says where the check applies: where it fails, the check is
    /// not applicable, and what was seen is the witness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Rule>,
    /// What must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// For a check that a component's own code answers: the ids of the requests
    /// that it uses, written under `requests` or known to cisb.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<Vec<String>>,
    /// For a check that a component's own code answers: what it is handed, any
    /// value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<serde_json::Value>,
}

/// What must hold: one kind of rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "rule")]
pub enum Rule {
    /// Mode, owner or existence of files.
    Files(Box<Files>),
    /// What a component of Kubernetes effectively makes of a setting.
    Setting(Box<Setting>),
    /// Fields of YAML, JSON or TOML files.
    Document(Box<Document>),
    /// Fields of objects of the API.
    Objects(Box<Objects>),
    /// A process that runs or not, or one of its flags.
    Process(Box<Process>),
    /// Every rule must hold: the worst decides.
    All(Vec<Rule>),
    /// One rule must hold: the best decides.
    Any(Vec<Rule>),
    /// No rule may hold.
    None(Vec<Rule>),
    /// A person must look: says at what.
    Ask(String),
}

/// One of something, or a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(#[schemars(length(min = 1))] Vec<T>),
}

impl<T> OneOrMany<T> {
    /// All of them.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// A boolean, a whole number or a text, or `${name}` for the value of a
/// parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A text, or a parameter's name in `${}`.
    Text(String),
}

/// A list of values, or `${name}` for a parameter that is a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Texts {
    /// A parameter's name in `${}`.
    Parameter(#[schemars(regex(pattern = r"^\$\{.*\}$"))] String),
    /// The values.
    List(#[schemars(length(min = 1))] Vec<Scalar>),
}

/// A whole number, a duration such as `30m`, or `${name}` for a parameter that
/// is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Limit {
    /// A whole number.
    Integer(i64),
    /// A duration, or a parameter's name in `${}`.
    Text(#[schemars(regex(pattern = r"^(\$\{.*\}|([0-9.]+(ns|us|µs|ms|s|m|h))+)$"))] String),
}

/// A number of days, or `${name}` for a parameter that is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Days {
    /// How many.
    Integer(i64),
    /// A parameter's name in `${}`.
    Parameter(#[schemars(regex(pattern = r"^\$\{.*\}$"))] String),
}

/// Permission bits in octal, such as `600`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Mode {
    /// As a number whose digits are octal.
    Digits(#[schemars(range(min = 0, max = 7777))] u32),
    /// The same in quotes.
    Text(#[schemars(regex(pattern = r"^(0o?)?[0-7]{1,4}$"))] String),
}

/// Which files, and what is demanded of each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[schemars(
    title = "files rule",
    extend("oneOf" = one_of(&["paths", "setting", "field", "manifest", "kubeconfig", "unit", "place", "request"])),
    extend("anyOf" = one_of(&["mode", "owner", "exist"])),
)]
pub struct Files {
    /// Absolute paths or globs: `*` and `?` stay within a name, `**` stands for
    /// any number of folders, `[...]` and `{a,b}` work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paths: Option<OneOrMany<String>>,
    /// The file that a setting of a component names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<SettingName>,
    /// The files that a field of a document names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldName>,
    /// The static pod manifests that declare this component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// The kubeconfigs that this component is told to use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<String>,
    /// The live files of this systemd unit, such as `kubelet.service`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Files that cisb knows how to find.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The files of a request that the profile writes itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The permission bits that each may have at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Whom each must belong to, as `user:group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[^:\s]+:[^:\s]+$"))]
    pub owner: Option<String>,
    /// Whether there must be such a file, or must not. Without it the rule is
    /// not applicable where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exist: Option<bool>,
}

/// Files that cisb knows how to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The configuration and state of the container network.
    Cni,
    /// The directory in which etcd keeps its data.
    EtcdDataDir,
    /// The certificate authorities that the kubelet trusts its clients by.
    KubeletClientCa,
    /// The kubelet's configuration file and drop-ins.
    KubeletConfig,
}

/// A setting of a component of Kubernetes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "setting's name")]
pub struct SettingName {
    /// Such as `kube-apiserver`.
    pub component: String,
    /// The flag's name without dashes.
    pub name: String,
}

/// A field of documents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "field's name")]
pub struct FieldName {
    /// The documents: absolute paths or globs.
    pub document: OneOrMany<String>,
    /// A JSON pointer such as `/tls/key-file`; `*` stands for every element.
    #[schemars(regex(pattern = r"^(/.*)?$"))]
    pub at: String,
}

/// How a value is compared: exactly one member.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub struct Test {
    /// It is this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<Scalar>,
    /// It is not this, or not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_not: Option<Scalar>,
    /// It is one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Texts>,
    /// It is none of these, or not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub none_of: Option<Texts>,
    /// It is a list with this element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has: Option<String>,
    /// It is a list without this element, or not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lacks: Option<String>,
    /// It is a list with one of these elements, or more of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_one_of: Option<Texts>,
    /// It is a list without any of these elements, or not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_none_of: Option<Texts>,
    /// It is a list of nothing but these elements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Texts>,
    /// It is this number or duration, or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Limit>,
    /// It is this number or duration, or less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Limit>,
    /// It is a time so many days after the scan, or later; or `${name}` for a
    /// parameter that is a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<Days>,
    /// It is written down and not empty; with `false`, it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<bool>,
    /// It is a text like this, in which `*` stands for anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<Patterns>,
    /// It is no text like this, or not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlike: Option<Patterns>,
}

/// A text, or several of which one suffices, in which `*` stands for anything;
/// or `${name}` for a parameter that is a text or a list of them.
pub type Patterns = OneOrMany<String>;

/// What a component makes of a setting: of its flags, its configuration files
/// and its defaults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(
    title = "setting rule",
    extend("oneOf" = one_of(&SETTING_TESTS)),
)]
pub struct Setting {
    /// Such as `kube-apiserver`.
    #[schemars(required)]
    pub component: String,
    /// The flag's name without dashes, `gate:NAME` for a feature gate, or a JSON
    /// pointer such as `/authentication/anonymous/enabled` for a field of the
    /// configuration file that has no flag.
    #[schemars(required)]
    pub name: String,
    /// How it is compared.
    #[serde(flatten)]
    pub test: Test,
    /// It is written down as anything but this, or not written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_written: Option<Scalar>,
    /// It is a duration other than zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("const" = true))]
    pub not_zero: Option<bool>,
    /// It is an address that only the node itself reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("const" = true))]
    pub loopback: Option<bool>,
    /// It names an encryption configuration in which the first provider for
    /// secrets is one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypts_secrets_with: Option<Texts>,
    /// It names an audit policy that does this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_policy: Option<AuditPolicy>,
    /// It names a file with other contents than this setting's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differs_from: Option<SettingName>,
    /// A person must say whether the value is right: what to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<String>,
    /// Whether it must be written down: a default that is as good does not
    /// count.
    #[serde(skip_serializing_if = "is_default")]
    pub written: bool,
}

/// What an audit policy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuditPolicy {
    /// Logs something.
    LogsSomething,
    /// Logs access to secrets, changes of pods, and execution in them.
    CoversKeyConcerns,
}

/// Fields of YAML, JSON or TOML files. Each file is judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[schemars(
    title = "document rule",
    extend("oneOf" = one_of(&["paths", "setting", "manifest", "request"])),
)]
pub struct Document {
    /// Absolute paths or globs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paths: Option<OneOrMany<String>>,
    /// The file that a setting of a component names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<SettingName>,
    /// The static pod manifests that declare this component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// The files of a request that the profile writes itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Which documents count: those in which all of this holds.
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Condition>,
    /// Pointers to elements, each of which is judged by itself; pointers of
    /// `require` start there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<OneOrMany<String>>,
    /// Which of those elements count: those in which all of this holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub which: Vec<Condition>,
    /// What must hold, all of it.
    #[schemars(required, length(min = 1))]
    pub require: Vec<Condition>,
}

/// Objects of one resource of the API. Each object is judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[schemars(
    title = "objects rule",
    extend("anyOf" = one_of(&["require", "beside", "exist"])),
)]
pub struct Objects {
    /// The resource's plural name, such as `pods`.
    #[schemars(required)]
    pub resource: String,
    /// Group and version, such as `v1` or `networking.k8s.io/v1`.
    #[schemars(required)]
    pub api_version: String,
    /// What an object is called in findings, such as `Pod`; the resource if
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Namespaces whose objects do not count, or `${name}` for a parameter that
    /// lists them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exempt: Option<Texts>,
    /// Which objects count: those in which all of this holds.
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Condition>,
    /// Pointers to elements such as `/spec/containers/*`, each of which is
    /// judged by itself; pointers of `require` start there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<OneOrMany<String>>,
    /// Which of those elements count: those in which all of this holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub which: Vec<Condition>,
    /// What must hold, all of it. Not applicable where nothing counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub require: Vec<Condition>,
    /// An object of another resource that must be there for each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<Beside>,
    /// Whether there must be an object that counts, or with `each` an element, or
    /// must not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exist: Option<bool>,
}

/// An object of another resource that belongs to what is judged, such as the
/// Secret that an Ingress names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[schemars(title = "object beside")]
pub struct Beside {
    /// The resource's plural name, such as `secrets`.
    #[schemars(required)]
    pub resource: String,
    /// Group and version, such as `v1`.
    #[schemars(required)]
    pub api_version: String,
    /// What one is called in findings, such as `Secret`; the resource if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether it lies in the namespace of the object that is judged.
    #[serde(skip_serializing_if = "is_default")]
    pub same_namespace: bool,
    /// Its fields, and the fields of what is judged that they equal.
    #[schemars(required, length(min = 1))]
    pub on: Vec<Pair>,
    /// What else must hold of it.
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Condition>,
}

/// Two fields that are equal, and both there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "pair of fields")]
pub struct Pair {
    /// A JSON pointer into the other object, such as `/metadata/name`.
    #[schemars(regex(pattern = r"^(/.*)?$"))]
    pub at: String,
    /// A JSON pointer into what is judged: the object, or an element of `each`.
    #[schemars(regex(pattern = r"^(/.*)?$"))]
    pub equals: String,
}

/// What a field must be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(title = "condition", extend("oneOf" = one_of(&TESTS)))]
pub struct Condition {
    /// A JSON pointer such as `/spec/hostNetwork`; `*` as a part stands for
    /// every element, each of which must do (in `where`, one is enough).
    #[schemars(required, regex(pattern = r"^(/.*)?$"))]
    pub at: String,
    /// How it is compared.
    #[serde(flatten)]
    pub test: Test,
}

/// Processes of one executable. Each is judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(title = "process rule", extend("oneOf" = one_of(&["runs", "flag"])))]
pub struct Process {
    /// The file name of its executable, such as `containerd`.
    #[schemars(required)]
    pub executable: String,
    /// Whether it must run, or must not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<bool>,
    /// The name of one of its flags without dashes, which is compared. Not
    /// applicable where it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
    /// How the flag is compared.
    #[serde(flatten)]
    pub test: Test,
}

/// The members of [`Test`].
pub const TESTS: [&str; 15] = [
    "is",
    "is-not",
    "one-of",
    "none-of",
    "has",
    "lacks",
    "has-one-of",
    "has-none-of",
    "within",
    "at-least",
    "at-most",
    "days-left",
    "set",
    "like",
    "unlike",
];

/// The members of [`Setting`] that compare.
pub const SETTING_TESTS: [&str; 22] = [
    "is",
    "is-not",
    "one-of",
    "none-of",
    "has",
    "lacks",
    "has-one-of",
    "has-none-of",
    "within",
    "at-least",
    "at-most",
    "days-left",
    "set",
    "like",
    "unlike",
    "not-written",
    "not-zero",
    "loopback",
    "encrypts-secrets-with",
    "audit-policy",
    "differs-from",
    "ask",
];

/// A choice of members, as a schema says it.
fn one_of(names: &[&str]) -> serde_json::Value {
    let required = names.iter().map(|n| serde_json::json!({ "required": [n] }));
    required.collect()
}

fn first_version() -> String {
    "0.1.0".to_owned()
}

fn one() -> u64 {
    1
}

fn is_one(n: &u64) -> bool {
    *n == 1
}

fn first_level() -> u8 {
    1
}

fn is_first_level(n: &u8) -> bool {
    *n == 1
}

fn medium() -> Severity {
    Severity::Medium
}

fn is_medium(severity: &Severity) -> bool {
    *severity == Severity::Medium
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members<T: JsonSchema>() -> Vec<String> {
        let schema = schemars::schema_for!(T).to_value();
        let members = schema["properties"].as_object().unwrap();
        members.keys().cloned().collect()
    }

    #[test]
    fn the_lists_of_comparisons_name_every_one() {
        let mut tests = TESTS;
        tests.sort_unstable();
        assert_eq!(members::<Test>(), tests);
        let mut of_settings = members::<Setting>();
        of_settings.retain(|m| !["component", "name", "written"].contains(&m.as_str()));
        let mut listed = SETTING_TESTS;
        listed.sort_unstable();
        assert_eq!(of_settings, listed);
    }

    #[test]
    fn what_is_left_out_is_not_written() {
        let text = r#"{"id": "a", "title": "A", "version": "0.1.0",
            "checks": [{"id": "1", "title": "B", "rule": {"ask": "c"}}]}"#;
        let profile: Profile = serde_json::from_str(text).unwrap();
        let written = serde_json::to_value(&profile).unwrap();
        assert_eq!(
            written,
            serde_json::from_str::<serde_json::Value>(text).unwrap()
        );
    }
}
