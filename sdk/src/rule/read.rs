//! Reads a rule from the JSON in which a manifest carries it. Writing is
//! derived; reading is by hand, because derived readers are a third of a
//! component's code.

use super::files::{FilesRule, Set};
use super::setting::{Demand, Expect, SettingRule};
use super::{Rule, audit_policy};
use crate::component::Component;
use crate::files::{Mode, Owner};
use crate::json::Value;
use crate::prelude::*;
use crate::say;

/// What was read, or where and why not.
type Read<T> = Result<T, String>;

impl Rule {
    /// Reads a rule. Members that a rule does not have are refused, so that a
    /// misspelt demand is not one that is met.
    pub fn read(json: &Value) -> Read<Self> {
        let (kind, body) = tagged(json)?;
        Ok(match kind {
            "setting" => {
                only(body, &["component", "demands"])?;
                Self::Setting(SettingRule {
                    component: component(&body["component"])?,
                    demands: list(&body["demands"], demand)?,
                })
            }
            "files" => {
                only(body, &["of", "mode", "owner"])?;
                Self::Files(FilesRule {
                    of: set(&body["of"])?,
                    mode: optional(body, "mode")?.map(Mode::try_from).transpose()?,
                    owner: optional(body, "owner")?.map(Owner::try_from).transpose()?,
                })
            }
            "code" => {
                only(body, &["name", "with"])?;
                Self::Code {
                    name: string(&body["name"])?,
                    with: body["with"].clone(),
                }
            }
            "all-of" => Self::AllOf(list(body, Self::read)?),
            "any-of" => Self::AnyOf(list(body, Self::read)?),
            _ => return unknown(kind),
        })
    }
}

fn demand(json: &Value) -> Read<Demand> {
    only(json, &["setting", "expect", "literal"])?;
    Ok(Demand {
        setting: string(&json["setting"])?,
        expect: expect(&json["expect"])?,
        literal: match json.get("literal") {
            None => false,
            Some(literal) => literal.as_bool().ok_or("literal: not a boolean")?,
        },
    })
}

fn expect(json: &Value) -> Read<Expect> {
    let (kind, body) = tagged(json)?;
    Ok(match kind {
        "set" => Expect::Set,
        "unset" => Expect::Unset,
        "not-zero" => Expect::NotZero,
        "loopback" => Expect::Loopback,
        "is" => Expect::Is(body.clone()),
        "is-not" => Expect::IsNot(body.clone()),
        "not-written" => Expect::NotWritten(body.clone()),
        "has" => Expect::Has(string(body)?),
        "lacks" => Expect::Lacks(string(body)?),
        "within" => Expect::Within(list(body, string)?),
        "at-least" => Expect::AtLeast(body.as_i64().ok_or("at-least: not a whole number")?),
        "encrypts-secrets-with" => Expect::EncryptsSecretsWith(list(body, string)?),
        "audit-policy" => Expect::AuditPolicy(match tagged(body)?.0 {
            "logs-something" => audit_policy::Demand::LogsSomething,
            "covers-key-concerns" => audit_policy::Demand::CoversKeyConcerns,
            other => return unknown(other),
        }),
        "differs-from" => Expect::DiffersFrom {
            component: component(&body["component"])?,
            setting: string(&body["setting"])?,
        },
        "person" => Expect::Person(string(body)?),
        _ => return unknown(kind),
    })
}

fn set(json: &Value) -> Read<Set> {
    let (kind, body) = tagged(json)?;
    let text = |name: &str| string(&body[name]);
    let members: &[&str] = match kind {
        "glob" => &["request", "absent"],
        "directory" => &["request", "path", "component"],
        "unit" => &["request", "name"],
        "cni" => &["request"],
        _ => &[],
    };
    if !members.is_empty() {
        only(body, members)?;
    }
    Ok(match kind {
        "glob" => Set::Glob {
            request: text("request")?,
            absent: text("absent")?,
        },
        "directory" => Set::Directory {
            request: text("request")?,
            path: text("path")?,
            component: component(&body["component"])?,
        },
        "manifest" => Set::Manifest(component(body)?),
        "kubeconfig" => Set::Kubeconfig(component(body)?),
        "etcd-data-dir" => Set::EtcdDataDir,
        "kubelet-config" => Set::KubeletConfig,
        "kubelet-client-ca" => Set::KubeletClientCa,
        "unit" => Set::Unit {
            request: text("request")?,
            name: text("name")?,
        },
        "cni" => Set::Cni {
            request: text("request")?,
        },
        _ => return unknown(kind),
    })
}

fn component(json: &Value) -> Read<Component> {
    let name = string(json)?;
    for component in Component::ALL {
        if component.name() == name {
            return Ok(component);
        }
    }
    unknown(&name)
}

/// The one name of a choice and what it holds: `"name"` or `{"name": body}`.
fn tagged(json: &Value) -> Read<(&str, &Value)> {
    match json {
        Value::String(name) => Ok((name, &Value::Null)),
        Value::Object(members) => match members.as_slice() {
            [(name, body)] => Ok((name, body)),
            _ => Err("one member was expected, which names the kind".to_owned()),
        },
        _ => Err("the name of a kind, or an object with that one member, was expected".to_owned()),
    }
}

/// Refuses what is no object, and members other than these.
fn only(json: &Value, known: &[&str]) -> Read<()> {
    let members = json.as_object().ok_or("an object was expected")?;
    for (name, _) in members {
        if !known.contains(&name.as_str()) {
            return unknown(name);
        }
    }
    Ok(())
}

fn unknown<T>(name: &str) -> Read<T> {
    Err(say!["`", name, "` is not known here"])
}

fn string(json: &Value) -> Read<String> {
    let text = json.as_str().ok_or("a text was expected")?;
    Ok(text.to_owned())
}

fn optional(object: &Value, name: &str) -> Read<Option<String>> {
    match &object[name] {
        Value::Null => Ok(None),
        text => string(text).map(Some),
    }
}

fn list<T>(json: &Value, read: fn(&Value) -> Read<T>) -> Read<Vec<T>> {
    let mut all = Vec::new();
    for item in json.as_array().ok_or("a list was expected")? {
        all.push(read(item)?);
    }
    Ok(all)
}
