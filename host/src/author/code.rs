//! Code that somebody compiled, as the inside of a profile: a core module is
//! wrapped into a component, a component is taken as it is, and what would be
//! refused where it runs is refused here already, with what the toolchain is to
//! be told.

use cisb_contract::answers::{ANSWERS_SECTION, Answers};
use cisb_contract::{MANIFEST_SECTION, Manifest, asset};
use jiff::Timestamp;
use wasmparser::{CompositeInnerType, Encoding, Parser, Payload, SubType, TypeRef, ValType};

use crate::profile::grants::{MOST, USUAL};
use crate::profile::refusal::Refused;
use crate::profile::{Gate, Unverified};

mod trap;

/// Somebody's code.
#[derive(Debug)]
pub struct Code {
    /// What messages call it.
    pub name: String,
    /// Which checks it answers, where it says so.
    pub answers: Option<Answers>,
    bytes: Vec<u8>,
    /// None: it is a component.
    functions: Option<Vec<Function>>,
}

/// A function that a module imports.
#[derive(Debug)]
struct Function {
    interface: String,
    name: String,
    parameters: Vec<ValType>,
    results: Vec<ValType>,
}

/// Why code does not become a profile.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// Not WebAssembly at all.
    #[error("{0} is not WebAssembly: name the .wasm that the compiler wrote")]
    NotWasm(String),
    /// Cut off or damaged.
    #[error("{name} is damaged: {why}; compile it again")]
    Damaged {
        /// The file.
        name: String,
        /// What the parser says.
        why: String,
    },
    /// A profile.
    #[error(
        "{0} has a manifest, so it is a profile already: name the component that was compiled, or \
         sign and scan with this one"
    )]
    Profile(String),
    /// It imports WASI.
    #[error(
        "{name} imports `{import}`, and cisb offers no WASI. Tell the toolchain to leave it out: \
         cargo build --target wasm32-unknown-unknown; componentize-js with disableFeatures: \
         ['random', 'stdio', 'clocks', 'http', 'fetch-event']; componentize-py componentize \
         --stub-wasi"
    )]
    Wasi {
        /// The file.
        name: String,
        /// What it imports.
        import: String,
    },
    /// A module that imports something else.
    #[error(
        "{name} imports `{import}`, which is not of the contract: a module imports cisb:host \
         alone, without a library that wants a browser or an operating system"
    )]
    Stranger {
        /// The file.
        name: String,
        /// What it imports.
        import: String,
    },
    /// A module of no world.
    #[error(
        "{0} does not say which world it implements: in Rust `cisb_sdk::profile!` exports it, and \
         the crate is a cdylib; in other languages bindings made from the WIT do"
    )]
    NoWorld(String),
    /// A module of another world.
    #[error("{name} does not fit the world that it says it implements: {why}")]
    OtherWorld {
        /// The file.
        name: String,
        /// What differs.
        why: String,
    },
    /// What was made would be refused.
    #[error("a profile of {name} would be refused: {why}")]
    Refused {
        /// The file.
        name: String,
        /// Why.
        why: Refused,
    },
}

/// Sections that say what a profile's manifest says, and are written from that.
const REWRITTEN: [&[u8]; 3] = [b"component-name", b"description", b"version"];

/// Reads code; `name` is what messages call it.
pub fn read(name: &str, bytes: Vec<u8>) -> Result<Code, CodeError> {
    let name = name.to_owned();
    if !bytes.starts_with(b"\0asm") {
        return Err(CodeError::NotWasm(name));
    }
    let outside = outside(&bytes).map_err(|why| CodeError::Damaged {
        name: name.clone(),
        why,
    })?;
    if outside.has_manifest {
        return Err(CodeError::Profile(name));
    }
    let wasi = |import: &&String| import.starts_with("wasi:") || import.starts_with("wasi_");
    if let Some(import) = outside.imports.iter().find(wasi) {
        return Err(CodeError::Wasi {
            name,
            import: import.clone(),
        });
    }
    if outside.is_component {
        return Ok(Code {
            name,
            answers: outside.answers,
            bytes,
            functions: None,
        });
    }
    if !outside.has_world {
        return Err(CodeError::NoWorld(name));
    }
    let stranger = |import: &&String| !import.contains(':') && !import.starts_with('[');
    if let Some(import) = outside.imports.iter().find(stranger) {
        return Err(CodeError::Stranger {
            name,
            import: import.clone(),
        });
    }
    Ok(Code {
        name,
        answers: outside.answers,
        bytes,
        functions: Some(outside.functions),
    })
}

impl Code {
    /// The component that it is or becomes, without a manifest. A module is
    /// wrapped so that it imports what this manifest opens and no more.
    pub fn component(&self, manifest: &Manifest) -> Result<Vec<u8>, CodeError> {
        match &self.functions {
            None => Ok(plain(&self.bytes)),
            Some(functions) => match self.encode(functions, asset::variant(&manifest.requests)) {
                Ok(component) => Ok(plain(&component)),
                Err(why) => Err(CodeError::OtherWorld {
                    name: self.name.clone(),
                    why,
                }),
            },
        }
    }

    fn encode(&self, functions: &[Function], variant: usize) -> Result<Vec<u8>, String> {
        let said = |error| format!("{error:#}");
        let mut encoder = wit_component::ComponentEncoder::default();
        encoder.validate(true).module(&self.bytes).map_err(said)?;
        for (bit, name) in asset::OPTIONAL.iter().enumerate() {
            let start = format!("cisb:host/{name}@");
            let all = functions.iter().filter(|f| f.interface.starts_with(&start));
            let all: Vec<&Function> = all.collect();
            let Some(first) = all.first().filter(|_| variant & (1 << bit) == 0) else {
                continue;
            };
            encoder
                .adapter(&first.interface, &trap::module(&all))
                .map_err(said)?;
        }
        encoder.encode().map_err(said)
    }
}

/// Holds a profile that was made of code to what every host asks of one. Says
/// which limits it needs a grant for; none if it needs none.
pub fn hold(name: &str, component: &[u8]) -> Result<Option<String>, CodeError> {
    let unverified = Unverified::from_bytes(name.to_owned(), component.to_owned(), None);
    match Gate::ajar(Timestamp::UNIX_EPOCH).judge(unverified) {
        Ok(verified) => Ok(limits(component.len() as u64, verified.functions())),
        Err(why) => Err(CodeError::Refused {
            name: name.to_owned(),
            why,
        }),
    }
}

/// The limits without which a component of this size does not run.
fn limits(bytes: u64, functions: u32) -> Option<String> {
    if bytes <= USUAL.component_bytes && functions <= USUAL.functions {
        return None;
    }
    // Round, so that the next build fits as well.
    let mebibytes = bytes.div_ceil(1 << 20) + 1;
    let bytes = (mebibytes << 20).clamp(USUAL.component_bytes, MOST.component_bytes);
    let functions = functions
        .next_multiple_of(10_000)
        .clamp(USUAL.functions, MOST.functions);
    Some(format!(
        "limits = {{ component-bytes = {bytes}, functions = {functions} }}"
    ))
}

/// What code shows.
#[derive(Default)]
struct Outside {
    is_component: bool,
    has_manifest: bool,
    has_world: bool,
    /// Names of modules or interfaces that it imports.
    imports: Vec<String>,
    /// The functions among them, of a module.
    functions: Vec<Function>,
    answers: Option<Answers>,
}

fn outside(bytes: &[u8]) -> Result<Outside, String> {
    let mut outside = Outside::default();
    let mut depth = 0_u32;
    let mut types: Vec<SubType> = Vec::new();
    let said = |error: wasmparser::BinaryReaderError| {
        let message = error.message();
        message.lines().next().unwrap_or_default().to_owned()
    };
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(said)? {
            Payload::Version { encoding, .. } if depth == 0 => {
                outside.is_component = encoding == Encoding::Component;
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::TypeSection(section) if depth == 0 => {
                for group in section {
                    types.extend(group.map_err(said)?.into_types());
                }
            }
            Payload::ImportSection(section) if depth == 0 => {
                for import in section.into_imports() {
                    let import = import.map_err(said)?;
                    outside.imports.push(import.module.to_owned());
                    let TypeRef::Func(index) = import.ty else {
                        continue;
                    };
                    let kind = types.get(index as usize).map(|it| &it.composite_type.inner);
                    let Some(CompositeInnerType::Func(kind)) = kind else {
                        return Err("an import has no type".to_owned());
                    };
                    outside.functions.push(Function {
                        interface: import.module.to_owned(),
                        name: import.name.to_owned(),
                        parameters: kind.params().to_owned(),
                        results: kind.results().to_owned(),
                    });
                }
            }
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let name = import.map_err(said)?.name.name;
                    outside.imports.push(name.to_owned());
                }
            }
            Payload::CustomSection(section) => match section.name() {
                MANIFEST_SECTION => outside.has_manifest = true,
                // Of a component's modules it is the first that was compiled.
                ANSWERS_SECTION if outside.answers.is_none() => {
                    let answers = serde_json::from_slice(section.data());
                    outside.answers = Some(answers.map_err(|e| e.to_string())?);
                }
                name if depth == 0 && name.starts_with("component-type") => {
                    outside.has_world = true;
                }
                _ => {}
            },
            _ => {}
        }
    }
    Ok(outside)
}

/// A component without the sections that say what its manifest will say. What
/// does not read as sections is left as it is.
fn plain(component: &[u8]) -> Vec<u8> {
    sections(component).unwrap_or_else(|| component.to_owned())
}

fn sections(component: &[u8]) -> Option<Vec<u8>> {
    let (preamble, mut rest) = component.split_at_checked(8)?;
    let mut kept = preamble.to_owned();
    while let Some((kind, after)) = rest.split_first() {
        let (size, after) = number(after)?;
        let (data, after) = after.split_at_checked(size)?;
        let section = rest.get(..rest.len() - after.len())?;
        let is_rewritten = *kind == 0
            && number(data)
                .and_then(|(length, data)| data.get(..length))
                .is_some_and(|name| REWRITTEN.contains(&name));
        if !is_rewritten {
            kept.extend_from_slice(section);
        }
        rest = after;
    }
    Some(kept)
}

/// A number in LEB128, and what follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use cisb_contract::section::append;

    use super::*;

    /// A component of one section of each kind.
    fn component(names: &[&str]) -> Vec<u8> {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        for name in names {
            append(&mut bytes, name, b"data");
        }
        bytes
    }

    #[test]
    fn what_the_manifest_says_is_taken_out_and_nothing_else() {
        let bytes = component(&["component-name", "producers", "version", "authors"]);
        assert_eq!(plain(&bytes), component(&["producers", "authors"]));
        let cut = &bytes[..bytes.len() - 1];
        assert_eq!(plain(cut), cut);
    }

    #[test]
    fn a_large_component_is_told_the_grant_that_it_needs() {
        assert_eq!(limits(4 << 20, 20_000), None);
        let text = limits(12_300_000, 34_567).unwrap();
        assert!(text.contains("component-bytes = 13631488"), "{text}");
        assert!(text.contains("functions = 40000"), "{text}");
    }
}
