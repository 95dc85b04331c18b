//! Rules over objects of the API.

use cisb_contract::manifest::ParameterType;
use cisb_contract::rule::{self, ObjectsRule, Operand, Rule as Lowered};

use super::{At, Lower, Now};
use crate::author::language::{Beside, Condition, Objects};

/// What no profile is ever served: pointers to it would find nothing, and
/// nothing would pass for good.
const NEVER: [&str; 2] = [
    "/metadata/managedFields",
    "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
];

impl Lower<'_> {
    pub(super) fn objects(&mut self, rule: &Objects, at: &At, now: &mut Now<'_>) -> Lowered {
        self.names(&rule.resource, &rule.api_version, at);
        self.which(&rule.which, rule.each.is_some(), at);
        let each = self.each(rule.each.as_ref(), &at.to("each"));
        if rule.exist.is_some() && rule.each.is_some() && rule.which.is_empty() {
            let text = "`exist` without `which` is about every element: write which ones count";
            self.wrong(&at.to("exist"), text);
        }
        if rule.exist.is_some() && rule.each.is_none() && rule.only.is_empty() {
            let text = "`exist` without `where` is about every object: write which ones count";
            self.wrong(&at.to("exist"), text);
        }
        if rule.exist.is_some() && (!rule.require.is_empty() || rule.beside.is_some()) {
            let text =
                "`exist` stands in the place of `require` and `beside`: leave it or them out";
            self.wrong(&at.to("exist"), text);
        }
        let mut fields = self.fields(rule, &each, at);
        let beside = rule
            .beside
            .as_ref()
            .map(|beside| self.beside(beside, &each, &mut fields, &at.to("beside"), now));
        let request = self.resource(&rule.api_version, &rule.resource, fields, now);
        now.component.get_or_insert_with(|| rule.resource.clone());
        Lowered::Objects(ObjectsRule {
            request,
            kind: match &rule.kind {
                Some(kind) => kind.clone(),
                None => rule.resource.clone(),
            },
            exempt: match &rule.exempt {
                Some(exempt) => self.values(exempt, &[ParameterType::String], &at.to("exempt")),
                None => Operand::Value(Vec::new()),
            },
            only: self.conditions(&rule.only, &at.to("where")),
            each,
            which: self.conditions(&rule.which, &at.to("which")),
            require: self.conditions(&rule.require, &at.to("require")),
            beside,
            exist: rule.exist,
        })
    }

    /// What must be there beside each object or element.
    fn beside(
        &mut self,
        beside: &Beside,
        each: &[String],
        own: &mut Vec<String>,
        at: &At,
        now: &mut Now<'_>,
    ) -> rule::Beside {
        let Beside {
            resource,
            api_version,
            ..
        } = beside;
        self.names(resource, api_version, at);
        let mut theirs = Vec::new();
        let mut on = Vec::new();
        for (i, pair) in beside.on.iter().enumerate() {
            let at = at.to("on").to(i);
            for (name, pointer) in [("at", &pair.at), ("equals", &pair.equals)] {
                self.pointer(pointer, &at.to(name));
                if pointer.split('/').any(|token| token == "*") {
                    let text = format!("`{pointer}` leads to several values: one equals one here");
                    self.wrong(&at.to(name), text);
                }
            }
            theirs.push((pair.at.clone(), at.to("at")));
            match each {
                [] => own.push(pair.equals.clone()),
                each => own.extend(each.iter().map(|e| format!("{e}{}", pair.equals))),
            }
            on.push(rule::Pair {
                at: pair.at.clone(),
                equals: pair.equals.clone(),
            });
        }
        let only = beside.only.iter().enumerate();
        theirs.extend(only.map(|(i, c)| (c.at.clone(), at.to("where").to(i).to("at"))));
        let fields = self.served(resource, theirs);
        rule::Beside {
            request: self.resource(api_version, resource, fields, now),
            kind: match &beside.kind {
                Some(kind) => kind.clone(),
                None => resource.clone(),
            },
            same_namespace: beside.same_namespace,
            on,
            only: self.conditions(&beside.only, &at.to("where")),
        }
    }

    fn names(&mut self, resource: &str, api_version: &str, at: &At) {
        let is_plural = resource
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !is_plural || resource.is_empty() {
            let text = format!(
                "`{resource}` is no resource: write its plural name in small letters, such as \
                 `networkpolicies`"
            );
            self.wrong(&at.to("resource"), text);
        }
        let version = api_version.rsplit('/').next().unwrap_or_default();
        let has_digit = version.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        if !version.starts_with('v') || !has_digit || api_version.matches('/').count() > 1 {
            let text =
                format!("`{api_version}` is no API version such as `v1` or `networking.k8s.io/v1`");
            self.wrong(&at.to("api-version"), text);
        }
    }

    /// The fields that are asked for: those that conditions look at.
    fn fields(&mut self, rule: &Objects, each: &[String], at: &At) -> Vec<String> {
        let mut fields = Vec::new();
        let places = |conditions: &[Condition], name: &str| -> Vec<(String, At)> {
            let all = conditions.iter().enumerate();
            all.map(|(i, c)| (c.at.clone(), at.to(name).to(i).to("at")))
                .collect()
        };
        let mut asked = places(&rule.only, "where");
        let mut required = places(&rule.require, "require");
        required.extend(places(&rule.which, "which"));
        match each {
            [] => asked.extend(required),
            each => {
                for element in each {
                    asked.push((element.clone(), at.to("each")));
                    fields.push(format!("{element}/name"));
                    let below = required.iter();
                    asked.extend(below.map(|(p, at)| (format!("{element}{p}"), at.clone())));
                }
            }
        }
        fields.extend(self.served(&rule.resource, asked));
        fields
    }

    /// Those of these fields that are served, of which the others are mistakes.
    fn served(&mut self, resource: &str, asked: Vec<(String, At)>) -> Vec<String> {
        let mut fields = Vec::new();
        for (pointer, at) in asked {
            let is_secret = resource == "secrets"
                && (pointer.is_empty()
                    || ["/data", "/stringData", "/*"]
                        .iter()
                        .any(|s| covers(s, &pointer)));
            if is_secret {
                let text = format!(
                    "`{pointer}` is a Secret's payload, which no profile is served: look at its \
                     `/metadata` or `/type`"
                );
                self.wrong(&at, text);
            } else if NEVER.iter().any(|n| covers(n, &pointer)) {
                let text = format!("`{pointer}` is never served: look at the fields themselves");
                self.wrong(&at, text);
            }
            fields.push(pointer);
        }
        fields
    }
}

/// Whether a pointer leads to something or below it.
fn covers(whole: &str, pointer: &str) -> bool {
    let rest = pointer.strip_prefix(whole);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
