//! Reads a rule from the JSON in which a manifest carries it. Writing is
//! derived; reading is by hand, because derived readers are a third of a
//! component's code. For the same reason a reader does not stop at what it
//! cannot read: it keeps the first complaint, goes on with nothing, and the
//! rule is thrown away in the end.

use super::files::{FilesRule, Set};
use super::setting::{Demand, Expect, SettingRule};
use super::{Rule, audit_policy};
use crate::component::Component;
use crate::files::{Mode, Owner};
use crate::json::Value;
use crate::prelude::*;
use crate::say;

impl Rule {
    /// Reads a rule. Members that a rule does not have are refused, so that a
    /// misspelt demand is not one that is met.
    pub fn read(json: &Value) -> Result<Self, String> {
        let mut reader = Reader::default();
        let rule = reader.rule(json);
        match reader.complaint {
            None => Ok(rule),
            Some(why) => Err(why),
        }
    }
}

#[derive(Default)]
pub(super) struct Reader {
    /// The first thing that could not be read.
    complaint: Option<String>,
}

impl Reader {
    pub(super) fn rule(&mut self, json: &Value) -> Rule {
        let (kind, body) = self.tagged(json);
        match kind {
            "setting" => {
                self.only(body, &["component", "demands"]);
                Rule::Setting(SettingRule {
                    component: self.component(&body["component"]),
                    demands: self.list(&body["demands"], Self::demand),
                })
            }
            "files" => {
                self.only(body, &["of", "mode", "owner"]);
                Rule::Files(FilesRule {
                    of: self.set(&body["of"]),
                    mode: self.optional(&body["mode"], Mode::try_from),
                    owner: self.optional(&body["owner"], Owner::try_from),
                })
            }
            "code" => {
                self.only(body, &["name", "with"]);
                Rule::Code {
                    name: self.text(&body["name"]),
                    with: body["with"],
                }
            }
            "all-of" => Rule::AllOf(self.list(body, Self::rule)),
            "any-of" => Rule::AnyOf(self.list(body, Self::rule)),
            _ => {
                #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
                if let Some(rule) = self.data(kind, body) {
                    return Rule::Data(rule);
                }
                self.unknown(kind);
                Rule::AllOf(Vec::new())
            }
        }
    }

    fn demand(&mut self, json: &Value) -> Demand {
        self.only(json, &["setting", "expect", "literal"]);
        Demand {
            setting: self.text(&json["setting"]),
            expect: self.expect(&json["expect"]),
            literal: match json.get("literal") {
                None => false,
                Some(literal) => self.some(literal.as_bool(), "a boolean"),
            },
        }
    }

    fn expect(&mut self, json: &Value) -> Expect {
        let (kind, body) = self.tagged(json);
        match kind {
            "set" => Expect::Set,
            "unset" => Expect::Unset,
            "not-zero" => Expect::NotZero,
            "loopback" => Expect::Loopback,
            "is" => Expect::Is(*body),
            "is-not" => Expect::IsNot(*body),
            "not-written" => Expect::NotWritten(*body),
            "has" => Expect::Has(self.text(body)),
            "lacks" => Expect::Lacks(self.text(body)),
            "within" => Expect::Within(self.list(body, Self::text)),
            "at-least" => Expect::AtLeast(self.some(body.as_i64(), "a whole number")),
            "encrypts-secrets-with" => Expect::EncryptsSecretsWith(self.list(body, Self::text)),
            "audit-policy" => Expect::AuditPolicy(match self.tagged(body).0 {
                "logs-something" => audit_policy::Demand::LogsSomething,
                "covers-key-concerns" => audit_policy::Demand::CoversKeyConcerns,
                other => {
                    self.unknown(other);
                    audit_policy::Demand::CoversKeyConcerns
                }
            }),
            "differs-from" => Expect::DiffersFrom {
                component: self.component(&body["component"]),
                setting: self.text(&body["setting"]),
            },
            "person" => Expect::Person(self.text(body)),
            #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
            "test" => Expect::Test(self.test(body)),
            _ => {
                self.unknown(kind);
                Expect::Set
            }
        }
    }

    pub(super) fn set(&mut self, json: &Value) -> Set {
        let (kind, body) = self.tagged(json);
        let members: &[&str] = match kind {
            "glob" => &["request", "absent"],
            "directory" => &["request", "path", "component"],
            "unit" => &["request", "name"],
            "cni" => &["request"],
            #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
            "field" => &["request", "pointer"],
            _ => &[],
        };
        let request = match members {
            [] => String::new(),
            members => {
                self.only(body, members);
                self.text(&body["request"])
            }
        };
        match kind {
            "glob" => Set::Glob {
                request,
                absent: self.text(&body["absent"]),
            },
            "directory" => Set::Directory {
                request,
                path: self.text(&body["path"]),
                component: self.component(&body["component"]),
            },
            "manifest" => Set::Manifest(self.component(body)),
            "kubeconfig" => Set::Kubeconfig(self.component(body)),
            "etcd-data-dir" => Set::EtcdDataDir,
            "kubelet-config" => Set::KubeletConfig,
            "kubelet-client-ca" => Set::KubeletClientCa,
            "unit" => Set::Unit {
                request,
                name: self.text(&body["name"]),
            },
            "cni" => Set::Cni { request },
            #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
            "field" => Set::Field {
                request,
                pointer: self.text(&body["pointer"]),
            },
            #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
            "setting" => {
                self.only(body, &["component", "name"]);
                Set::Setting {
                    component: self.component(&body["component"]),
                    name: self.text(&body["name"]),
                }
            }
            _ => {
                self.unknown(kind);
                Set::EtcdDataDir
            }
        }
    }

    fn component(&mut self, json: &Value) -> Component {
        let name = self.text(json);
        for component in Component::ALL {
            if component.name() == name {
                return component;
            }
        }
        self.unknown(&name);
        Component::Etcd
    }

    /// The one name of a choice and what it holds: `"name"` or `{"name": body}`.
    pub(super) fn tagged<'a>(&mut self, json: &'a Value) -> (&'a str, &'a Value) {
        match json {
            Value::String(name) => return (name, &Value::Null),
            Value::Object([(name, body)]) => return (name, body),
            _ => {}
        }
        self.wants("the name of a kind, or an object with that one member,");
        ("", &Value::Null)
    }

    /// Refuses what is no object, and members other than these.
    pub(super) fn only(&mut self, json: &Value, known: &[&str]) {
        let Some(members) = json.as_object() else {
            return self.wants("an object");
        };
        for (name, _) in members {
            if !known.contains(name) {
                self.unknown(name);
            }
        }
    }

    pub(super) fn text(&mut self, json: &Value) -> String {
        self.some(json.as_str(), "a text").to_owned()
    }

    /// A text that stands for something else, where there is one.
    fn optional<T>(&mut self, json: &Value, of: fn(String) -> Result<T, String>) -> Option<T> {
        if json.is_null() {
            return None;
        }
        match of(self.text(json)) {
            Ok(read) => Some(read),
            Err(why) => {
                self.complain(why);
                None
            }
        }
    }

    pub(super) fn list<T>(&mut self, json: &Value, read: fn(&mut Self, &Value) -> T) -> Vec<T> {
        let mut all = Vec::new();
        for item in self.some(json.as_array(), "a list") {
            all.push(read(self, item));
        }
        all
    }

    pub(super) fn some<T: Default>(&mut self, read: Option<T>, wanted: &str) -> T {
        if read.is_none() {
            self.wants(wanted);
        }
        read.unwrap_or_default()
    }

    fn wants(&mut self, wanted: &str) {
        self.complain(say![wanted, " was expected"]);
    }

    pub(super) fn unknown(&mut self, name: &str) {
        self.complain(say!["`", name, "` is not known here"]);
    }

    fn complain(&mut self, why: String) {
        if self.complaint.is_none() {
            self.complaint = Some(why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    #[test]
    fn what_a_rule_does_not_have_is_refused() {
        for (rule, why) in [
            (json!(null), "the name of a kind"),
            (json!({"setting": {}, "files": {}}), "the name of a kind"),
            (json!({"sets": {}}), "`sets`"),
            (
                json!({"setting": {"component": "etcd", "demands": [], "x": 1}}),
                "`x`",
            ),
            (json!({"setting": {"component": "etcd"}}), "a list"),
            (
                json!({"setting": {"component": "nobody", "demands": []}}),
                "`nobody`",
            ),
            (
                json!({"setting": {"component": "etcd", "demands": [{"setting": "a", "expect": "seet"}]}}),
                "`seet`",
            ),
            (
                json!({"setting": {"component": "etcd", "demands": [{"setting": "a", "expect": {"at-least": "1"}}]}}),
                "a whole number",
            ),
            (
                json!({"setting": {"component": "etcd", "demands": [{"expect": "set"}]}}),
                "a text",
            ),
            (
                json!({"setting": {"component": "etcd", "demands": [{"setting": "a", "expect": "set", "literal": 1}]}}),
                "a boolean",
            ),
            (json!({"files": {"of": "somewhere"}}), "`somewhere`"),
            (
                json!({"files": {"of": {"cni": {"request": "a", "path": "b"}}}}),
                "`path`",
            ),
            (
                json!({"files": {"of": "etcd-data-dir", "mode": "8"}}),
                "`8`",
            ),
            (
                json!({"files": {"of": "etcd-data-dir", "owner": "root"}}),
                "`root`",
            ),
            (json!({"code": {"name": 1}}), "a text"),
            (
                json!({"all-of": [{"code": {"name": "a"}}, {"any-of": 1}]}),
                "a list",
            ),
        ] {
            let read = Rule::read(&rule);
            assert!(
                read.as_ref().is_err_and(|e| e.contains(why)),
                "{rule}: {read:?}"
            );
        }
    }
}
