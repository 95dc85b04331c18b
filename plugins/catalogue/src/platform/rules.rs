//! What the controls of managed platforms are made of: questions to a person
//! about the provider's API, and looks at objects of Kubernetes' own.

use cisb_sdk::contract::manifest::{FileRequest, KubernetesRequest, Right, Severity, Verb};
use cisb_sdk::files::{Mode, Owner};
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::files::{FilesRule, Set};
use serde_json::{Value, json};

use crate::control::{Control, Decided};

#[cfg(test)]
pub(super) mod cases;

/// A control that only the provider's API can decide: where to look, and what
/// should be there.
pub(super) fn asked(
    name: &'static str,
    component: &'static str,
    severity: Severity,
    open: &'static str,
    (look, expected): (&str, &str),
) -> Control {
    Control {
        name,
        component,
        severity,
        uses: &[],
        decided: Decided::ByPerson(open),
        rule: code("asked", json!({"look": look, "expected": expected})),
    }
}

/// The same about machines: names those that the API server knows.
pub(super) fn asked_of_nodes(control: Control) -> Control {
    let mut control = control;
    if let Rule::Code { name, with } = &control.rule {
        let mut with = serde_json::to_value(with).unwrap_or_default();
        with["nodes"] = true.into();
        control.rule = code(name, with);
    }
    control.uses = &["provider-nodes"];
    control
}

/// A function of the profile, and what it is called with.
pub(super) fn code(name: &str, with: Value) -> Rule {
    Rule::Code {
        name: name.to_owned(),
        with: with.into(),
    }
}

/// No node has an address in the internet. Where no address is stated at all,
/// nobody knows.
pub(super) fn nodes_private(name: &'static str, severity: Severity) -> Control {
    Control {
        name,
        component: "kubernetes",
        severity,
        uses: &["provider-nodes"],
        decided: Decided::ByFacts("the addresses that the provider reports of each node"),
        rule: code(
            "objects-nodes",
            json!({
                "pointer": "/status/addresses/*/type",
                "is": ["InternalIP", "InternalDNS", "Hostname"],
                "absent": "manual",
                "otherwise": "fail",
                "expected": "addresses of the kinds InternalIP, InternalDNS and Hostname only",
                "words": "no node has an ExternalIP",
            }),
        ),
    }
}

/// Every ingress names a certificate.
pub(super) fn ingresses_use_tls(look: &str) -> Rule {
    code(
        "objects-ingresses",
        json!({
            "pointer": "/spec/tls/0/secretName",
            "is": ["*"],
            "otherwise": "manual",
            "none": "not-applicable",
            "expected": look,
            "words": "every Ingress names a certificate in spec.tls",
        }),
    )
}

/// Two controls over the same sets of files: nobody but their owner may change
/// them, and that is root.
pub(super) fn file_pair(
    [mode, owner]: [&'static str; 2],
    component: &'static str,
    severity: Severity,
    uses: &'static [&'static str],
    by: &'static str,
    sets: &[Set],
) -> [Control; 2] {
    let rule = |mode: Option<Mode>, owner: Option<Owner>| {
        let mut rules: Vec<Rule> = sets
            .iter()
            .map(|set| {
                Rule::Files(FilesRule {
                    of: set.clone(),
                    mode,
                    owner: owner.clone(),
                })
            })
            .collect();
        match rules.len() {
            1 => rules.remove(0),
            _ => Rule::AllOf(rules),
        }
    };
    let control = |name, rule| Control {
        name,
        component,
        severity,
        uses,
        decided: Decided::ByFacts(by),
        rule,
    };
    let root = Owner {
        user: "root".to_owned(),
        group: "root".to_owned(),
    };
    [
        control(mode, rule(Some(Mode(0o644)), None)),
        control(owner, rule(None, Some(root))),
    ]
}

/// A request for mode and owner of files.
pub(super) fn stat(id: &str, paths: &[&str], why: &str) -> FileRequest {
    FileRequest {
        id: id.to_owned(),
        paths: paths.iter().map(|&path| path.to_owned()).collect(),
        rights: vec![Right::Stat],
        max_bytes: None,
        depth: 0,
        why: why.to_owned(),
    }
}

/// A request for objects: id, API version, resource, fields, why.
pub(super) fn list(
    (id, api_version, resource, fields, why): &(&str, &str, &str, &[&str], &str),
) -> KubernetesRequest {
    KubernetesRequest {
        id: (*id).to_owned(),
        api_version: (*api_version).to_owned(),
        resource: (*resource).to_owned(),
        verbs: vec![Verb::List],
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
        why: (*why).to_owned(),
    }
}
