//! From what an author writes to a profile: YAML in, a component out. No
//! toolchain and no network: the engine for rules lies in the host ready built,
//! and what is written becomes its manifest. Code that somebody compiled takes
//! the engine's place where it is named.

pub mod bench;
pub mod cases;
pub mod code;
pub mod conform;
pub mod import;
pub mod language;
mod lower;
pub mod mistake;
pub mod new;
pub mod pack;
pub mod schema;
pub mod tailor;
pub mod testing;
pub mod tree;

use cisb_contract::Manifest;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::code::{Code, CodeError};
use self::language::Profile;
use self::mistake::{Mistake, Mistakes, Spot};
use self::pack::PackError;
use self::schema::Kind;
use crate::profile::manifest;

/// A profile that was built.
#[derive(Debug)]
pub struct Built {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The component.
    pub component: Vec<u8>,
    /// The limits of a grant that it needs to run; none if it needs none.
    pub limits: Option<String>,
}

/// Why a file does not become a profile.
#[derive(Debug, thiserror::Error)]
pub enum AuthorError {
    /// What is written there is wrong.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
    /// What is written cannot be put into a component.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The code is nothing that a profile can be made of.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// A fault of ours: what was made would be refused.
    #[error("the manifest made of {file} would be refused: {why}; please report it")]
    Refused {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
}

/// Builds the profile that a text describes; `file` is what messages call it.
pub fn build(file: &str, text: &str) -> Result<Built, AuthorError> {
    let (manifest, license) = describe(file, text, None)?;
    Ok(Built {
        component: pack::pack(&manifest, license.as_deref())?,
        manifest,
        limits: None,
    })
}

/// Builds the profile that a text describes around somebody's code.
pub fn build_around(file: &str, text: &str, code: &Code) -> Result<Built, AuthorError> {
    let (manifest, license) = describe(file, text, Some(code))?;
    let component = code.component(&manifest)?;
    let component = pack::describe(component, &manifest, license.as_deref())?;
    let limits = code::hold(&code.name, &component)?;
    Ok(Built {
        component,
        manifest,
        limits,
    })
}

/// The manifest that a text is, and the licence that it names.
fn describe(
    file: &str,
    text: &str,
    code: Option<&Code>,
) -> Result<(Manifest, Option<String>), AuthorError> {
    let (profile, tree) = read(file, text)?;
    let engine = &pack::ready()?.engine;
    let manifest = lower::manifest(&profile, &tree, engine, code).map_err(|all| said(file, all))?;
    acceptable(file, &manifest)?;
    Ok((manifest, profile.license))
}

/// Holds what was made to what a scan would hold it to.
fn acceptable(file: &str, manifest: &Manifest) -> Result<(), AuthorError> {
    let refused = |why: String| AuthorError::Refused {
        file: file.to_owned(),
        why,
    };
    let json = serde_json::to_vec(manifest).map_err(|e| refused(e.to_string()))?;
    manifest::parse(&json).map_err(|e| refused(e.to_string()))?;
    Ok(())
}

/// Reads the profile that a text describes, with its places.
pub fn read(file: &str, text: &str) -> Result<(Profile, tree::Node), Mistakes> {
    typed(file, text, Kind::Profile)
}

/// Reads what a text describes, held to its schema first.
fn typed<T: DeserializeOwned>(
    file: &str,
    text: &str,
    kind: Kind,
) -> Result<(T, tree::Node), Mistakes> {
    let tree = tree::read(text).map_err(|one| said(file, vec![one]))?;
    let wrong = schema::hold(&tree, kind);
    if !wrong.is_empty() {
        return Err(said(file, wrong));
    }
    let json: Value = tree.to_json();
    let start = Spot { line: 1, column: 1 };
    match serde_json::from_value(json) {
        Ok(typed) => Ok((typed, tree)),
        // The schema is made of the types; what passes it is one of them.
        Err(error) => Err(said(file, vec![Mistake::at(start, error.to_string())])),
    }
}

/// Mistakes in the order in which a reader meets them.
fn said(file: &str, mut all: Vec<Mistake>) -> Mistakes {
    all.sort();
    all.dedup();
    Mistakes {
        file: file.to_owned(),
        all,
    }
}
