//! What platforms have in common that run every component in one process.

use cisb_sdk::contract::manifest::{FileRequest, Right};
use cisb_sdk::files::Owner;
use cisb_sdk::rule::Rule;

use crate::control::Control;

/// Has a control over how the API server reaches etcd only count where it does.
pub(super) fn behind_etcd(all: &mut [Control], name: &str) {
    let Some(control) = all.iter_mut().find(|it| it.name == name) else {
        return;
    };
    if let Ok(rule) = serde_json::to_value(&control.rule) {
        control.rule = Rule::Code {
            name: "embedded-etcd-client".to_owned(),
            with: rule.into(),
        };
    }
}

pub(super) fn root() -> Owner {
    Owner {
        user: "root".to_owned(),
        group: "root".to_owned(),
    }
}

pub(super) fn file(id: &str, paths: &[&str], rights: &[Right], why: &str) -> FileRequest {
    FileRequest {
        id: id.to_owned(),
        paths: texts(paths),
        rights: rights.to_vec(),
        max_bytes: None,
        depth: 0,
        why: why.to_owned(),
    }
}

pub(super) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|t| (*t).to_owned()).collect()
}

#[cfg(test)]
pub(super) mod tests;
