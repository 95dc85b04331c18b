//! Rules as a manifest carries them to the engine: the `with` of a check whose
//! profile is nothing but a manifest. The engine in the SDK reads the same JSON
//! by hand, for the sake of its size; a test there holds the two together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a check demands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Settings of a component.
    Setting(SettingRule),
    /// Kind, mode and owner of files.
    Files(FilesRule),
    /// Every rule must hold.
    AllOf(Vec<Rule>),
    /// One rule must hold.
    AnyOf(Vec<Rule>),
    /// No rule may hold.
    NoneOf(Vec<Rule>),
    /// A rule that counts where another one holds.
    When {
        /// What must hold for it to count.
        holds: Box<Rule>,
        /// The rule.
        rule: Box<Rule>,
    },
    /// A person must look: says at what.
    Ask(String),
    /// Whether there are files of a set.
    Exist {
        /// Which files.
        of: Set,
        /// Whether there must be one, or must not.
        is: bool,
    },
    /// Fields of documents.
    Document(DocumentRule),
    /// Fields of objects.
    Objects(ObjectsRule),
    /// Processes.
    Process(ProcessRule),
}

/// The kinds of rule, and what engines may lack of them: `setting/test` is a
/// setting compared as documents are, `files/field` and `files/setting` are files
/// that a document or a setting names, `parameter` is a value that an operator
/// sets.
pub const KINDS: [&str; 15] = [
    "setting",
    "setting/test",
    "files",
    "files/field",
    "files/setting",
    "all-of",
    "any-of",
    "none-of",
    "when",
    "ask",
    "exist",
    "document",
    "objects",
    "process",
    "parameter",
];

impl Rule {
    /// What an engine must know to evaluate it: words of [`KINDS`].
    pub fn needs(&self) -> BTreeSet<&'static str> {
        let mut needs = BTreeSet::new();
        self.gather(&mut needs);
        let json = serde_json::to_value(self).unwrap_or_default();
        if has_parameter(&json) {
            needs.insert("parameter");
        }
        needs
    }

    fn gather(&self, needs: &mut BTreeSet<&'static str>) {
        let (kind, of, rules): (_, _, &[Rule]) = match self {
            Self::Setting(rule) => {
                let tests = |d: &Demand| matches!(d.expect, Expect::Test(_));
                if rule.demands.iter().any(tests) {
                    needs.insert("setting/test");
                }
                ("setting", None, &[])
            }
            Self::Files(rule) => ("files", Some(&rule.of), &[]),
            Self::AllOf(rules) => ("all-of", None, rules),
            Self::AnyOf(rules) => ("any-of", None, rules),
            Self::NoneOf(rules) => ("none-of", None, rules),
            Self::When { holds, rule } => {
                holds.gather(needs);
                rule.gather(needs);
                ("when", None, &[])
            }
            Self::Ask(_) => ("ask", None, &[]),
            Self::Exist { of, .. } => ("exist", Some(of), &[]),
            Self::Document(rule) => ("document", Some(&rule.of), &[]),
            Self::Objects(_) => ("objects", None, &[]),
            Self::Process(_) => ("process", None, &[]),
        };
        needs.insert(kind);
        match of {
            Some(Set::Field { .. }) => _ = needs.insert("files/field"),
            Some(Set::Setting { .. }) => _ = needs.insert("files/setting"),
            _ => {}
        }
        for rule in rules {
            rule.gather(needs);
        }
    }
}

/// Whether a parameter stands in the place of a value.
fn has_parameter(json: &Value) -> bool {
    match json {
        Value::Object(members) => {
            let is = members.len() == 1 && members.get("parameter").is_some_and(Value::is_string);
            is || members.values().any(has_parameter)
        }
        Value::Array(items) => items.iter().any(has_parameter),
        _ => false,
    }
}

/// A value, or the parameter that has it when the check runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Operand<T> {
    /// The parameter's name.
    Parameter {
        /// Its name.
        parameter: String,
    },
    /// The value.
    Value(T),
}

/// What is demanded of a component's settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SettingRule {
    /// Whose settings.
    pub component: String,
    /// What is demanded, all of it.
    pub demands: Vec<Demand>,
}

/// What is demanded of one setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Demand {
    /// The flag's name without dashes, `gate:NAME`, or `/pointer`.
    pub setting: String,
    /// What its value should be.
    pub expect: Expect,
    /// Whether it must be written down.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub literal: bool,
}

/// What the value of a setting should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// Anything but nothing.
    Set,
    /// Nothing.
    Unset,
    /// This boolean, number or text.
    Is(Operand<Value>),
    /// Not this boolean, number or text.
    IsNot(Operand<Value>),
    /// Anything but this, or nothing, whatever the default is.
    NotWritten(Operand<Value>),
    /// A list with this element.
    Has(Operand<String>),
    /// A list without this element.
    Lacks(Operand<String>),
    /// A list of nothing but these elements, and at least one.
    Within(Operand<Vec<Operand<String>>>),
    /// This number or more.
    AtLeast(Operand<i64>),
    /// A duration that is not zero.
    NotZero,
    /// An address that only the node itself reaches.
    Loopback,
    /// Names an encryption configuration in which the first provider for
    /// secrets is one of these.
    EncryptsSecretsWith(Operand<Vec<Operand<String>>>),
    /// Names an audit policy that does this.
    AuditPolicy(AuditPolicy),
    /// Names a file whose contents are not those of another setting's file.
    DiffersFrom {
        /// Whose setting.
        component: String,
        /// The flag.
        setting: String,
    },
    /// Whatever a person finds right: says what to ask.
    Person(String),
    /// A comparison of the kinds that documents have too.
    Test(Test),
}

/// What an audit policy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditPolicy {
    /// Logs something.
    LogsSomething,
    /// Logs what matters most.
    CoversKeyConcerns,
}

/// What is demanded of a set of files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FilesRule {
    /// Which files.
    pub of: Set,
    /// The permission bits that each may have at most, in octal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Whom each must belong to, as `user:group`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// A set of files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Set {
    /// What a files request matches, wherever it is.
    Glob {
        /// The files request.
        request: String,
        /// What its absence says.
        absent: String,
    },
    /// What a files request matches below a directory of a component that runs.
    Directory {
        /// The files request.
        request: String,
        /// The directory that it covers.
        path: String,
        /// Whose directory it is.
        component: String,
    },
    /// The static pod manifests that declare a component.
    Manifest(String),
    /// The kubeconfigs that a component is told to use.
    Kubeconfig(String),
    /// The directory in which etcd keeps its data.
    EtcdDataDir,
    /// The kubelet's own configuration files.
    KubeletConfig,
    /// The certificate authorities that the kubelet trusts its clients by.
    KubeletClientCa,
    /// The live files of a systemd unit.
    Unit {
        /// The files request that covers them.
        request: String,
        /// The unit's name.
        name: String,
    },
    /// The configuration and state of the node's container network.
    Cni {
        /// The files request that covers the usual places.
        request: String,
    },
    /// The file that a setting names.
    Setting {
        /// Whose setting.
        component: String,
        /// The flag.
        name: String,
    },
    /// The files that a field of documents names.
    Field {
        /// The files request for the documents.
        request: String,
        /// The field; `*` stands for every element.
        pointer: String,
    },
}

/// What is demanded of documents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DocumentRule {
    /// Which files.
    pub of: Set,
    /// Which documents count.
    pub only: Vec<Condition>,
    /// Pointers to elements that are judged each by itself.
    pub each: Vec<String>,
    /// Which of those elements count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub which: Vec<Condition>,
    /// What must hold of each, all of it.
    pub require: Vec<Condition>,
}

/// What is demanded of objects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ObjectsRule {
    /// The kubernetes request that lists them.
    pub request: String,
    /// What one is called in a subject's key.
    pub kind: String,
    /// Namespaces whose objects do not count.
    pub exempt: Operand<Vec<Operand<Value>>>,
    /// Which objects count.
    pub only: Vec<Condition>,
    /// Pointers to elements that are judged each by itself.
    pub each: Vec<String>,
    /// Which of those elements count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub which: Vec<Condition>,
    /// What must hold of each, all of it.
    pub require: Vec<Condition>,
    /// Objects of another resource that must be there for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Beside>,
    /// In place of `require`: whether there must be one that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exist: Option<bool>,
}

/// An object of another resource that belongs to what is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Beside {
    /// The kubernetes request that lists them.
    pub request: String,
    /// What one is called.
    pub kind: String,
    /// Whether it lies in the namespace of the object that is judged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub same_namespace: bool,
    /// Its fields, and the fields of what is judged that they equal.
    pub on: Vec<Pair>,
    /// What else must hold of it.
    pub only: Vec<Condition>,
}

/// Two fields that are equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pair {
    /// A JSON pointer into the other object.
    pub at: String,
    /// A JSON pointer into what is judged.
    pub equals: String,
}

/// What is demanded of processes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProcessRule {
    /// The processes request.
    pub request: String,
    /// What is demanded of each.
    pub demand: ProcessDemand,
}

/// What is demanded of a process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessDemand {
    /// That one runs, or that none does.
    Runs(bool),
    /// What one of its flags says.
    Flag {
        /// The flag's name without dashes.
        name: String,
        /// How it is compared.
        test: Test,
    },
}

/// What the values at a pointer must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Condition {
    /// A JSON pointer; `*` as a whole token stands for every element.
    pub at: String,
    /// How they are compared.
    pub test: Test,
}

/// A comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// It is this.
    Is(Operand<Value>),
    /// It is not this, or not there.
    IsNot(Operand<Value>),
    /// It is one of these.
    OneOf(Operand<Vec<Operand<Value>>>),
    /// It is none of these, or not there.
    NoneOf(Operand<Vec<Operand<Value>>>),
    /// It is a list with this element.
    Has(Operand<String>),
    /// It is a list without this element, or not there.
    Lacks(Operand<String>),
    /// It is a list with one of these elements, or more of them.
    HasOneOf(Operand<Vec<Operand<Value>>>),
    /// It is a list without any of these elements, or not there.
    HasNoneOf(Operand<Vec<Operand<Value>>>),
    /// It is a list of nothing but these elements.
    Within(Operand<Vec<Operand<Value>>>),
    /// It is this whole number or duration, or more.
    AtLeast(Operand<Value>),
    /// It is this whole number or duration, or less.
    AtMost(Operand<Value>),
    /// It is a time so many days after the scan, or later.
    DaysLeft(Operand<i64>),
    /// It is there and not empty, or is not.
    Set(bool),
    /// It is a text like one of these, in which `*` stands for anything.
    Like(Operand<Vec<Operand<String>>>),
    /// It is no text like these, or not there.
    Unlike(Operand<Vec<Operand<String>>>),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn needs(rule: Value) -> Vec<&'static str> {
        let rule: Rule = serde_json::from_value(rule).unwrap();
        let needs = rule.needs();
        for kind in &needs {
            assert!(KINDS.contains(kind), "{kind}");
        }
        needs.into_iter().collect()
    }

    fn setting(expect: Value) -> Value {
        let demand = json!({"setting": "a", "expect": expect});
        json!({"setting": {"component": "kubelet", "demands": [demand]}})
    }

    #[test]
    fn a_rule_says_what_an_engine_must_know() {
        assert_eq!(needs(setting(json!({"is": true}))), ["setting"]);
        assert_eq!(
            needs(setting(json!({"test": {"at-most": 1}}))),
            ["setting", "setting/test"]
        );
        assert_eq!(
            needs(setting(json!({"is": {"parameter": "p"}}))),
            ["parameter", "setting"]
        );
        let of = json!({"field": {"request": "r", "pointer": "/a"}});
        assert_eq!(
            needs(json!({"files": {"of": of, "mode": "600"}})),
            ["files", "files/field"]
        );
        let of = json!({"setting": {"component": "etcd", "name": "data-dir"}});
        assert_eq!(
            needs(json!({"exist": {"of": of, "is": true}})),
            ["exist", "files/setting"]
        );
        let asked = json!({"when": {"holds": {"ask": "a"}, "rule": {"none-of": [{"ask": "b"}]}}});
        assert_eq!(
            needs(json!({"all-of": [{"any-of": [asked]}]})),
            ["all-of", "any-of", "ask", "none-of", "when"]
        );
    }
}
