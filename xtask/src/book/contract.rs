//! The contract as a page of the book: every interface, function and type of the
//! WIT packages with its words.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use wit_parser::{
    Docs, Function, FunctionKind, Handle, InterfaceId, Resolve, Stability, Type, TypeDef,
    TypeDefKind, TypeId, World, WorldItem,
};

use super::markdown::cell;

const HEAD: &str = "\
# The contract

What passes between `cisb` and a profile, in any language.
A profile is a component of the world `cisb:profile/profile`; what it imports of `cisb:host` is an upper bound of what it can learn.
This page is made of the WIT packages in `wit/`, which say the same.
How a check goes, and what else a profile is made of, is in the [author's guide](authors.md); its description of itself is the [manifest](manifest.md).
";

/// The page.
pub(super) fn page(resolve: &Resolve) -> Result<String> {
    let mut out = HEAD.to_owned();
    for (id, package) in &resolve.packages {
        write!(out, "\n## {}\n\n{}", package.name, words(&package.docs))?;
        for world in package.worlds.values() {
            world_of(&mut out, resolve, &resolve.worlds[*world])?;
        }
        let mut interfaces: Vec<_> = package.interfaces.iter().collect();
        interfaces.sort();
        for (_, interface) in interfaces {
            interface_of(&mut out, resolve, *interface)
                .with_context(|| resolve.packages[id].name.to_string())?;
        }
    }
    Ok(out)
}

fn world_of(out: &mut String, resolve: &Resolve, world: &World) -> Result<()> {
    write!(
        out,
        "\n### World `{}`\n\n{}\n",
        world.name,
        words(&world.docs)
    )?;
    writeln!(out, "```wit\nworld {} {{", world.name)?;
    for (verb, items) in [("import", &world.imports), ("export", &world.exports)] {
        for (key, item) in items {
            let WorldItem::Interface { .. } = item else {
                bail!("a world with an item that is no interface");
            };
            writeln!(out, "  {verb} {};", resolve.name_world_key(key))?;
        }
    }
    out.push_str("}\n```\n");
    Ok(())
}

fn interface_of(out: &mut String, resolve: &Resolve, id: InterfaceId) -> Result<()> {
    let interface = &resolve.interfaces[id];
    let name = interface
        .name
        .as_deref()
        .context("an interface without a name")?;
    write!(
        out,
        "\n### Interface `{name}`\n\n{}{}",
        words(&interface.docs),
        since(&interface.stability)
    )?;
    for function in interface.functions.values() {
        if matches!(function.kind, FunctionKind::Freestanding) {
            call(out, resolve, function, &function.name)?;
        }
    }
    for id in interface.types.values() {
        let functions = interface.functions.values();
        kind(out, resolve, *id, functions)?;
    }
    Ok(())
}

fn call(out: &mut String, resolve: &Resolve, function: &Function, name: &str) -> Result<()> {
    let own = matches!(function.kind, FunctionKind::Method(_));
    let params = function.params.iter().skip(usize::from(own));
    let params = params
        .map(|param| Ok(format!("{}: {}", param.name, shown(resolve, &param.ty)?)))
        .collect::<Result<Vec<_>>>()?;
    let result = match &function.result {
        Some(ty) => format!(" -> {}", shown(resolve, ty)?),
        None => String::new(),
    };
    write!(
        out,
        "\n#### `{name}`\n\n```wit\n{}: func({}){result}\n```\n\n{}{}",
        function.item_name(),
        params.join(", "),
        words(&function.docs),
        since(&function.stability)
    )?;
    Ok(())
}

fn kind<'a>(
    out: &mut String,
    resolve: &Resolve,
    id: TypeId,
    functions: impl Iterator<Item = &'a Function>,
) -> Result<()> {
    let kind = &resolve.types[id];
    let name = kind.name.as_deref().context("a type without a name")?;
    if let TypeDefKind::Type(Type::Id(_)) = kind.kind {
        // Explained where it comes from.
        return Ok(());
    }
    write!(
        out,
        "\n#### {} `{name}`\n\n{}{}",
        kind.kind.as_str(),
        words(&kind.docs),
        since(&kind.stability)
    )?;
    members(out, resolve, kind)?;
    for function in functions {
        match function.kind {
            FunctionKind::Method(of) if of == id => {
                let title = format!("{name}.{}", function.item_name());
                call(out, resolve, function, &title)?;
            }
            FunctionKind::Method(_) | FunctionKind::Freestanding => {}
            _ => bail!(
                "{} is of a kind that this page does not know",
                function.name
            ),
        }
    }
    Ok(())
}

fn members(out: &mut String, resolve: &Resolve, kind: &TypeDef) -> Result<()> {
    match &kind.kind {
        TypeDefKind::Resource => {}
        TypeDefKind::Type(ty) => write!(out, "\nA `{}`.\n", shown(resolve, ty)?)?,
        TypeDefKind::Record(record) => {
            out.push_str("\n| field | type | |\n|---|---|---|\n");
            for field in &record.fields {
                let ty = shown(resolve, &field.ty)?;
                let words = cell(&words(&field.docs));
                writeln!(out, "| `{}` | `{ty}` | {words} |", field.name)?;
            }
        }
        TypeDefKind::Enum(cases) => {
            out.push_str("\n| case | |\n|---|---|\n");
            for case in &cases.cases {
                writeln!(out, "| `{}` | {} |", case.name, cell(&words(&case.docs)))?;
            }
        }
        TypeDefKind::Variant(cases) => {
            out.push_str("\n| case | of | |\n|---|---|---|\n");
            for case in &cases.cases {
                let of = match &case.ty {
                    Some(ty) => format!("`{}`", shown(resolve, ty)?),
                    None => String::new(),
                };
                let words = cell(&words(&case.docs));
                writeln!(out, "| `{}` | {of} | {words} |", case.name)?;
            }
        }
        other => bail!("the page does not know how to show a {}", other.as_str()),
    }
    Ok(())
}

/// A type as WIT writes it.
fn shown(resolve: &Resolve, ty: &Type) -> Result<String> {
    Ok(match ty {
        Type::Bool => "bool".to_owned(),
        Type::U8 => "u8".to_owned(),
        Type::U16 => "u16".to_owned(),
        Type::U32 => "u32".to_owned(),
        Type::U64 => "u64".to_owned(),
        Type::String => "string".to_owned(),
        Type::Id(id) => {
            let kind = &resolve.types[*id];
            match (&kind.name, &kind.kind) {
                (Some(name), _) => name.clone(),
                (None, TypeDefKind::Option(of)) => format!("option<{}>", shown(resolve, of)?),
                (None, TypeDefKind::List(of)) => format!("list<{}>", shown(resolve, of)?),
                (None, TypeDefKind::Handle(Handle::Own(of))) => shown(resolve, &Type::Id(*of))?,
                (None, TypeDefKind::Result(result)) => {
                    let part = |ty: &Option<Type>| match ty {
                        Some(ty) => shown(resolve, ty),
                        None => Ok("_".to_owned()),
                    };
                    format!("result<{}, {}>", part(&result.ok)?, part(&result.err)?)
                }
                (None, other) => bail!("the page does not know how to write a {}", other.as_str()),
            }
        }
        other => bail!("the page does not know how to write {other:?}"),
    })
}

/// Words as a paragraph, or nothing.
fn words(docs: &Docs) -> String {
    match &docs.contents {
        Some(text) => format!("{}\n", text.trim()),
        None => String::new(),
    }
}

/// Since when it is there, where it came later than the first version.
fn since(stability: &Stability) -> String {
    match stability {
        Stability::Stable { since, .. } if since.to_string() != "0.1.0" => {
            format!("\nSince {since}.\n")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guests;
    use crate::sys::Workspace;

    #[test]
    fn every_item_is_on_the_page_with_its_words() {
        let (resolve, _) = guests::contract(&Workspace::find().unwrap()).unwrap();
        let page = page(&resolve).unwrap();
        let lines = |docs: &Docs| -> Vec<String> {
            let text = docs.contents.clone().unwrap_or_default();
            text.lines().map(|line| cell(line.trim())).collect()
        };
        let mut shown = 0;
        let flat = cell(&page);
        for (_, interface) in &resolve.interfaces {
            let name = interface.name.as_deref().unwrap();
            assert!(page.contains(&format!("### Interface `{name}`")), "{name}");
            for function in interface.functions.values() {
                let name = function.item_name();
                assert!(page.contains(&format!("\n{name}: func(")), "{name}");
                assert!(flat.contains(&lines(&function.docs)[0]), "{name}");
                shown += 1;
            }
            for id in interface.types.values() {
                let TypeDefKind::Record(record) = &resolve.types[*id].kind else {
                    continue;
                };
                for field in &record.fields {
                    assert!(page.contains(&format!("| `{}` |", field.name)));
                    assert!(
                        page.contains(&lines(&field.docs).join(" ")),
                        "{}",
                        field.name
                    );
                }
            }
        }
        assert!(shown > 15, "{shown}");
    }

    #[test]
    fn what_the_page_cannot_show_is_said() {
        let mut resolve = Resolve::default();
        let text = "package t:t@0.1.0; interface i { f: func() -> tuple<u8, u8>; }";
        resolve.push_str("t.wit", text).unwrap();
        assert!(
            page(&resolve)
                .unwrap_err()
                .root_cause()
                .to_string()
                .contains("tuple")
        );
    }
}
