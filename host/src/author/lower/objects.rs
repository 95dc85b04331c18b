//! Rules over objects of the API.

use cisb_contract::manifest::ParameterType;
use cisb_contract::rule::{ObjectsRule, Operand, Rule as Lowered};

use super::{At, Lower, Now};
use crate::author::language::{Condition, Objects};

/// What no profile is ever served: pointers to it would find nothing, and
/// nothing would pass for good.
const NEVER: [&str; 2] = [
    "/metadata/managedFields",
    "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
];

impl Lower<'_> {
    pub(super) fn objects(&mut self, rule: &Objects, at: &At, now: &mut Now<'_>) -> Lowered {
        self.names(rule, at);
        let each = self.each(rule.each.as_ref(), &at.to("each"));
        if rule.exist.is_some() && rule.each.is_some() {
            let text = "`each` judges what `require` demands, and with `exist` nothing is: leave \
                        one of them out";
            self.wrong(&at.to("each"), text);
        }
        if rule.exist.is_some() && rule.only.is_empty() {
            let text = "`exist` without `where` is about every object: write which ones count";
            self.wrong(&at.to("exist"), text);
        }
        let fields = self.fields(rule, &each, at);
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
            require: self.conditions(&rule.require, &at.to("require")),
            exist: rule.exist,
        })
    }

    fn names(&mut self, rule: &Objects, at: &At) {
        let resource = &rule.resource;
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
        let version = rule.api_version.rsplit('/').next().unwrap_or_default();
        let has_digit = version.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        if !version.starts_with('v') || !has_digit || rule.api_version.matches('/').count() > 1 {
            let text = format!(
                "`{}` is no API version such as `v1` or `networking.k8s.io/v1`",
                rule.api_version
            );
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
        let required = places(&rule.require, "require");
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
        for (pointer, at) in asked {
            let is_secret = rule.resource == "secrets"
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
