//! Rules over what a component makes of a setting.

use cisb_contract::rule::{
    self, AuditPolicy as Audit, Demand, Expect, Operand, Rule as Lowered, SettingRule,
};

use super::{At, Lower, Now};
use crate::author::language::{AuditPolicy, Limit, Setting};
use crate::author::schema::hint;
use crate::cli::near;

impl Lower<'_> {
    pub(super) fn setting(&mut self, rule: &Setting, at: &At, now: &mut Now<'_>) -> Lowered {
        let Setting {
            component, name, ..
        } = rule;
        if let Some(of) = self.component(component, &at.to("component")) {
            self.setting_name(component, name, &at.to("name"));
            if let Some(whole) = of.takes_from.get(name) {
                self.turned(rule, whole, at);
            }
            self.engine_uses(&of.uses, now);
            if let Some(more) = of.settings.get(name) {
                self.engine_uses(more, now);
            }
        }
        now.component.get_or_insert_with(|| component.clone());
        let expect = self.expect(rule, at, now);
        self.unwritten(rule, &expect, at);
        Lowered::Setting(SettingRule {
            component: component.clone(),
            demands: vec![Demand {
                setting: name.clone(),
                expect,
                literal: rule.written,
            }],
        })
    }

    /// A demand on what is taken from another setting, which is judged whole: by
    /// what is taken, what is there by default and what is added.
    fn turned(&mut self, rule: &Setting, whole: &str, at: &At) {
        let name = &rule.name;
        let cure = match (&rule.test.lacks, &rule.test.has) {
            (Some(element), _) => format!("`{whole}` with `has: {element}`"),
            (_, Some(element)) => format!("`{whole}` with `lacks: {element}`"),
            _ => format!(
                "`{whole}`, with `has` for what must not be switched off, and `lacks` for what \
                 must be"
            ),
        };
        let text = format!(
            "`{name}` takes from `{whole}`, and what counts is what is left: name the setting \
             {cure}"
        );
        self.wrong(&at.to("name"), text);
    }

    /// A setting that the engine can read for certain.
    pub(super) fn setting_name(&mut self, component: &str, name: &str, at: &At) {
        let Some(of) = self.engine.components.get(component) else {
            return;
        };
        if name.starts_with('-') {
            let bare = name.trim_start_matches('-');
            let text = format!("a flag is written without its dashes: `{bare}`");
            return self.wrong(at, text);
        }
        if name.is_empty() || name.contains(['=', ' ']) {
            let text = format!("`{name}` is no setting: name a flag, `gate:NAME` or a `/pointer`");
            return self.wrong(at, text);
        }
        if name.starts_with('/') {
            self.pointer(name, at);
            if let Some(flag) = of.flag(name) {
                let text = format!(
                    "this field has a flag, which overrides it: name the setting `{flag}`, and \
                     both are read"
                );
                self.wrong(at, text);
            } else if !of.reads_fields {
                let text =
                    format!("fields of {component}'s configuration are named by their flags here");
                self.wrong(at, text);
            }
        } else if !name.starts_with("gate:") && !of.knows(name) {
            let known = of.names();
            let near = hint(&near::closest(name, known.iter().copied()));
            let end = match near.is_empty() {
                true => ", so where else it may be written is not known: for a field of the \
                         configuration file write its /pointer"
                    .to_owned(),
                false => near,
            };
            self.wrong(
                at,
                format!("{component} has no flag `{name}` that cisb knows{end}"),
            );
        }
    }

    /// What is not written down is the default, and where that is not known
    /// nothing that a default might break is taken to hold.
    fn unwritten(&mut self, rule: &Setting, expect: &Expect, at: &At) {
        let Some(of) = self.engine.components.get(&rule.component) else {
            return;
        };
        if rule.written || of.defaults.contains(&rule.name) {
            return;
        }
        let (member, cure) = match expect {
            Expect::IsNot(_) => ("is-not", "`not-written`, or `written: true` with it"),
            Expect::Lacks(_) => ("lacks", "`written: true` with it"),
            Expect::NotZero => ("not-zero", "`written: true` with it"),
            Expect::Test(rule::Test::NoneOf(_)) => ("none-of", "`written: true` with it"),
            Expect::Test(rule::Test::Unlike(_)) => ("unlike", "`written: true` with it"),
            Expect::Test(rule::Test::Within(_)) => ("within", "`written: true` with it"),
            _ => return,
        };
        let text = format!(
            "what {} makes of `{}` where nobody sets it is not known to cisb, so `{member}` could \
             hold by mistake: write {cure}",
            rule.component, rule.name
        );
        self.wrong(&at.to(member), text);
    }

    fn expect(&mut self, rule: &Setting, at: &At, now: &mut Now<'_>) -> Expect {
        if let Some(value) = &rule.not_written {
            return Expect::NotWritten(self.scalar(value, &at.to("not-written")));
        }
        if rule.not_zero.is_some() {
            return Expect::NotZero;
        }
        if rule.loopback.is_some() {
            return Expect::Loopback;
        }
        if let Some(providers) = &rule.encrypts_secrets_with {
            let at = at.to("encrypts-secrets-with");
            return Expect::EncryptsSecretsWith(self.texts(providers, &at));
        }
        if let Some(policy) = rule.audit_policy {
            return Expect::AuditPolicy(match policy {
                AuditPolicy::LogsSomething => Audit::LogsSomething,
                AuditPolicy::CoversKeyConcerns => Audit::CoversKeyConcerns,
            });
        }
        if let Some(other) = &rule.differs_from {
            let at = at.to("differs-from");
            if let Some(of) = self.component(&other.component, &at.to("component")) {
                self.setting_name(&other.component, &other.name, &at.to("name"));
                self.engine_uses(&of.uses, now);
                if let Some(more) = of.settings.get(&other.name) {
                    self.engine_uses(more, now);
                }
            }
            return Expect::DiffersFrom {
                component: other.component.clone(),
                setting: other.name.clone(),
            };
        }
        if let Some(question) = &rule.ask {
            now.asks = true;
            return Expect::Person(question.clone());
        }
        let test = &rule.test;
        // Where the engine has words of its own for a setting they are used.
        match (&test.is, &test.is_not, &test.has, &test.lacks, test.set) {
            (Some(value), ..) => Expect::Is(self.scalar(value, &at.to("is"))),
            (_, Some(value), ..) => Expect::IsNot(self.scalar(value, &at.to("is-not"))),
            (_, _, Some(element), ..) => Expect::Has(self.text(element, &at.to("has"))),
            (_, _, _, Some(element), _) => Expect::Lacks(self.text(element, &at.to("lacks"))),
            (.., Some(true)) => Expect::Set,
            (.., Some(false)) => Expect::Unset,
            _ => {
                if let Some(Limit::Integer(number)) = test.at_least {
                    return Expect::AtLeast(Operand::Value(number));
                }
                if let Some(values) = &test.within {
                    return Expect::Within(self.texts(values, &at.to("within")));
                }
                match self.test(test, at) {
                    Some(test) => Expect::Test(test),
                    None => Expect::Set,
                }
            }
        }
    }
}
