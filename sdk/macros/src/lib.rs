//! The half of `cisb_sdk::profile!` that reads the manifest: a check that has
//! neither rule nor function does not compile, nor does a function of no check.

mod sheet;

use std::path::PathBuf;

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use sheet::{Complaint, Sheet};

/// `hold! { "my-nodes.yaml", "1", "2" }`: holds the ids of the checks that have
/// a function to the manifest, which lies in the folder of Cargo.toml. Leaves
/// behind, in a component, which checks its code answers.
#[proc_macro]
pub fn hold(input: TokenStream) -> TokenStream {
    let mut texts = Vec::new();
    for token in input {
        match token {
            TokenTree::Punct(_) => {}
            token => texts.push(bare(token)),
        }
    }
    let Some((manifest, ids)) = texts.split_first() else {
        return error(
            "name the manifest, such as manifest: \"my-nodes.yaml\"",
            Span::call_site(),
        );
    };
    let (Some(name), Some(names)) = (text(manifest), ids.iter().map(text).collect()) else {
        let words = "the manifest and the ids of checks are plain texts in quotes";
        return error(words, manifest.span());
    };
    let names: Vec<String> = names;
    let path = folder().join(&name);
    let read = std::fs::read_to_string(&path);
    let sheet = match read
        .map_err(|e| e.to_string())
        .and_then(|t| Sheet::read(&t))
    {
        Ok(sheet) => sheet,
        Err(why) => {
            let words = format!("{} cannot be read: {why}", path.display());
            return error(&words, manifest.span());
        }
    };
    let complaints = sheet.complaints(&name, &names);
    if complaints.is_empty() {
        return answers(&path.to_string_lossy(), &names);
    }
    let mut errors = watched(&path.to_string_lossy());
    for Complaint { text, function } in complaints {
        let span = function.and_then(|at| ids.get(at)).unwrap_or(manifest);
        errors.extend(error(&text, span.span()));
    }
    errors
}

/// The folder of the crate that is compiled.
fn folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from)
}

/// What came through another macro is in a group of its own: what is in it, with
/// its place in the author's file.
fn bare(token: TokenTree) -> TokenTree {
    match &token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            group.stream().into_iter().next().map_or(token, bare)
        }
        _ => token,
    }
}

/// What a plain literal between quotes says.
fn text(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else {
        return None;
    };
    let written = literal.to_string();
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('\\')).then(|| inner.to_owned())
}

/// An error at a place.
fn error(words: &str, span: Span) -> TokenStream {
    let at = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    let mut words = TokenTree::from(Literal::string(words));
    words.set_span(span);
    let punct = |c, spacing| at(Punct::new(c, spacing).into());
    let words = Group::new(Delimiter::Brace, words.into());
    [
        punct(':', Spacing::Joint),
        punct(':', Spacing::Alone),
        at(Ident::new("core", span).into()),
        punct(':', Spacing::Joint),
        punct(':', Spacing::Alone),
        at(Ident::new("compile_error", span).into()),
        punct('!', Spacing::Alone),
        at(words.into()),
    ]
    .into_iter()
    .collect()
}

/// What has the crate compiled again when the manifest changes.
fn watched(path: &str) -> TokenStream {
    let source = format!("const _: &str = ::core::include_str!({path:?});");
    source.parse().unwrap_or_default()
}

/// The section of a component that says which checks its code answers, and that
/// it evaluates rules for the others. Ids have no character that JSON escapes.
fn answers(path: &str, names: &[String]) -> TokenStream {
    let ids: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    let text = format!("{{\"checks\":[{}],\"rules\":true}}", ids.join(","));
    let source = format!(
        "#[cfg(target_arch = \"wasm32\")]
         const _: () = {{
             #[used]
             #[unsafe(link_section = \"cisb:answers\")]
             static ANSWERS: [u8; {}] = *b{text:?};
         }};",
        text.len()
    );
    let mut tokens = watched(path);
    tokens.extend(source.parse::<TokenStream>().unwrap_or_default());
    tokens
}
