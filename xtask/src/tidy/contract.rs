//! The contract explains itself: every item of the WIT says what it is, and
//! since which version it is there.

use anyhow::Result;
use wit_parser::{Docs, Function, Resolve, Stability, TypeDef, TypeDefKind};

use crate::guests;
use crate::sys::Workspace;

/// Items of our packages without words or without a version.
pub(super) fn undocumented(workspace: &Workspace) -> Result<Vec<String>> {
    Ok(items(&guests::contract(workspace)?.0))
}

fn items(resolve: &Resolve) -> Vec<String> {
    let mut found = Vec::new();
    for (_, package) in &resolve.packages {
        words(&mut found, package.name.to_string(), &package.docs);
    }
    for (_, world) in &resolve.worlds {
        item(
            &mut found,
            format!("world {}", world.name),
            &world.docs,
            &world.stability,
        );
    }
    for (_, interface) in &resolve.interfaces {
        let name = interface.name.clone().unwrap_or_default();
        item(
            &mut found,
            format!("interface {name}"),
            &interface.docs,
            &interface.stability,
        );
        for function in interface.functions.values() {
            call(&mut found, &name, function);
        }
        for id in interface.types.values() {
            kind(&mut found, &name, &resolve.types[*id]);
        }
    }
    found
}

fn call(found: &mut Vec<String>, interface: &str, function: &Function) {
    item(
        found,
        format!("{interface}.{}", function.name),
        &function.docs,
        &function.stability,
    );
}

fn kind(found: &mut Vec<String>, interface: &str, kind: &TypeDef) {
    let name = format!("{interface}.{}", kind.name.as_deref().unwrap_or_default());
    let mut parts: Vec<(&str, &Docs)> = Vec::new();
    match &kind.kind {
        // A name taken over with `use` is explained where it comes from.
        TypeDefKind::Type(wit_parser::Type::Id(_)) => return,
        TypeDefKind::Record(record) => {
            parts.extend(record.fields.iter().map(|f| (f.name.as_str(), &f.docs)));
        }
        TypeDefKind::Enum(cases) => {
            parts.extend(cases.cases.iter().map(|c| (c.name.as_str(), &c.docs)));
        }
        TypeDefKind::Variant(cases) => {
            parts.extend(cases.cases.iter().map(|c| (c.name.as_str(), &c.docs)));
        }
        TypeDefKind::Flags(flags) => {
            parts.extend(flags.flags.iter().map(|f| (f.name.as_str(), &f.docs)));
        }
        _ => {}
    }
    item(found, name.clone(), &kind.docs, &kind.stability);
    for (part, docs) in parts {
        words(found, format!("{name}.{part}"), docs);
    }
}

fn item(found: &mut Vec<String>, name: String, docs: &Docs, stability: &Stability) {
    if !matches!(stability, Stability::Stable { .. }) {
        found.push(format!("wit: {name} does not say @since"));
    }
    words(found, name, docs);
}

fn words(found: &mut Vec<String>, name: String, docs: &Docs) {
    if docs
        .contents
        .as_ref()
        .is_none_or(|text| text.trim().is_empty())
    {
        found.push(format!("wit: {name} has no words"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_without_words_or_version_is_found() {
        let mut resolve = Resolve::default();
        resolve
            .push_str(
                "t.wit",
                "/// P.\npackage t:t@0.1.0;\n\
                 /// I.\n@since(version = 0.1.0)\ninterface i {\n\
                 /// R.\n@since(version = 0.1.0)\nrecord r { bare: u8 }\n\
                 /// E.\nenum e { /// C.\n c }\n\
                 @since(version = 0.1.0)\nf: func();\n}\n",
            )
            .unwrap();
        assert_eq!(
            items(&resolve),
            [
                "wit: i.f has no words",
                "wit: i.r.bare has no words",
                "wit: i.e does not say @since",
            ]
        );
    }
}
