//! From a core module to a profile: the component around it, standard
//! metadata, and the manifest in its one custom section. Bytes in, bytes out.

use anyhow::{Context, Result, bail, ensure};
use cisb_contract::section::{append, leb128};
use cisb_contract::{MANIFEST_MAX_BYTES, MANIFEST_SECTION};
use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};

/// What the standard metadata sections say.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// The profile's id.
    pub name: String,
    /// Its version.
    pub version: String,
    /// An SPDX expression.
    pub licenses: String,
    /// One line for people.
    pub description: String,
}

/// Who makes the profiles of this repository.
const AUTHORS: &str = "The cisb authors";

/// Wraps a core module that carries its world in `component-type` sections.
pub fn encode(module: &[u8]) -> Result<Vec<u8>> {
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(module)
        .context("the module does not say which world it implements")?
        .encode()
        .context("the module does not fit the world that it says it implements")
}

/// Adds a name, and the sections that registries and scanners read. No
/// revision and no time: the same source must give the same bytes wherever it
/// lies.
pub fn describe(component: &[u8], metadata: &Metadata) -> Result<Vec<u8>> {
    let mut add = wasm_metadata::AddMetadata::default();
    add.name = wasm_metadata::AddMetadataField::Set(metadata.name.clone());
    let mut bytes = add
        .to_wasm(&without_names(component)?)
        .context("metadata cannot be added to the component")?;
    for (name, text) in [
        ("authors", AUTHORS),
        ("description", &metadata.description),
        ("licenses", &metadata.licenses),
        ("version", &metadata.version),
    ] {
        append(&mut bytes, name, text.as_bytes());
    }
    Ok(bytes)
}

/// Takes out the names that the encoder gives to the parts of the wrapping:
/// three thousand bytes of no use to anybody.
pub fn without_names(component: &[u8]) -> Result<Vec<u8>> {
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::CustomSection(section) if depth == 1 && section.name() == "component-name" => {
                let range = section.range();
                let (start, end) = (range.start, range.end);
                // Before its contents stand the section's kind and its length.
                let mut header = vec![0];
                leb128(&mut header, end - start);
                let before = component
                    .get(..start)
                    .and_then(|b| b.strip_suffix(&header[..]));
                let before = before.context("the encoder wrote a length in an unusual way")?;
                let after = component.get(end..).unwrap_or_default();
                return Ok([before, after].concat());
            }
            _ => {}
        }
    }
    Ok(component.to_owned())
}

/// Appends the manifest, outermost.
pub fn add_manifest(component: &[u8], manifest: &[u8]) -> Vec<u8> {
    let mut bytes = component.to_owned();
    append(&mut bytes, MANIFEST_SECTION, manifest);
    bytes
}

/// What every profile that we build must be: a valid component with exactly one
/// manifest in its outermost layer, importing nothing but `cisb:host`. Returns
/// the manifest's section.
pub fn check(bytes: &[u8]) -> Result<&[u8]> {
    Validator::new_with_features(WasmFeatures::default() | WasmFeatures::COMPONENT_MODEL)
        .validate_all(bytes)
        .context("the component is not valid")?;
    let mut depth = 0_u32;
    let mut manifests = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::Version { encoding, .. } => {
                ensure!(
                    depth > 0 || encoding == Encoding::Component,
                    "this is a core module, not a component"
                );
                depth += 1;
            }
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    let name = import?.name.name;
                    ensure!(
                        name.starts_with("cisb:host/"),
                        "the component imports `{name}`: a profile imports only cisb:host"
                    );
                }
            }
            Payload::CustomSection(section) if section.name() == MANIFEST_SECTION => {
                ensure!(depth == 1, "a manifest lies inside a nested module");
                ensure!(
                    section.data().len() <= MANIFEST_MAX_BYTES,
                    "the manifest has {} bytes, {MANIFEST_MAX_BYTES} are allowed",
                    section.data().len()
                );
                manifests.push(section.data());
            }
            _ => {}
        }
    }
    match manifests.as_slice() {
        [one] => Ok(one),
        all => bail!(
            "the component has {} manifests, it needs exactly one",
            all.len()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Vec<u8> {
        wat::parse_str("(component (core module))").unwrap()
    }

    #[test]
    fn one_manifest_is_accepted_and_found_again() {
        let bytes = add_manifest(&empty(), br#"{"a":1}"#);
        check(&bytes).unwrap();
        let found: Vec<_> = Parser::new(0)
            .parse_all(&bytes)
            .filter_map(|payload| match payload.unwrap() {
                Payload::CustomSection(s) if s.name() == MANIFEST_SECTION => {
                    Some(s.data().to_vec())
                }
                _ => None,
            })
            .collect();
        assert_eq!(found, [br#"{"a":1}"#.to_vec()]);
    }

    #[test]
    fn none_two_and_a_nested_one_are_refused() {
        let one = add_manifest(&empty(), b"{}");
        let nested =
            wat::parse_str(r#"(component (core module (@custom "cisb:manifest" "{}")))"#).unwrap();
        for (bytes, needle) in [
            (empty(), "0 manifests"),
            (add_manifest(&one, b"{}"), "2 manifests"),
            (nested, "nested"),
            (wat::parse_str("(module)").unwrap(), "core module"),
        ] {
            let error = format!("{:#}", check(&bytes).unwrap_err());
            assert!(error.contains(needle), "{error}");
        }
    }

    #[test]
    fn an_import_from_elsewhere_is_refused_by_name() {
        let bytes =
            wat::parse_str(r#"(component (import "wasi:cli/environment@0.2.0" (instance)))"#)
                .unwrap();
        let error = format!("{:#}", check(&add_manifest(&bytes, b"{}")).unwrap_err());
        assert!(error.contains("wasi:cli/environment@0.2.0"), "{error}");
    }

    #[test]
    fn metadata_is_the_same_each_time_and_names_the_profile() {
        let metadata = Metadata {
            name: "cis-9.9".to_owned(),
            version: "1.2.3".to_owned(),
            licenses: "Apache-2.0".to_owned(),
            description: "a profile".to_owned(),
        };
        let bytes = describe(&empty(), &metadata).unwrap();
        assert_eq!(bytes, describe(&empty(), &metadata).unwrap());
        let text = String::from_utf8_lossy(&bytes);
        for needle in ["cis-9.9", "1.2.3", "Apache-2.0", "a profile"] {
            assert!(text.contains(needle), "{needle}");
        }
        check(&add_manifest(&bytes, b"{}")).unwrap();
    }

    #[test]
    fn names_of_parts_are_taken_out_and_nothing_else() {
        let named = wat::parse_str(
            r#"(component $c (core module $part) (core module (@custom "component-name" "x")))"#,
        )
        .unwrap();
        let plain = without_names(&named).unwrap();
        Validator::new_with_features(WasmFeatures::default() | WasmFeatures::COMPONENT_MODEL)
            .validate_all(&plain)
            .unwrap();
        let sections = |bytes| {
            String::from_utf8_lossy(bytes)
                .matches("component-name")
                .count()
        };
        // The one inside a module is that module's own.
        assert_eq!((sections(&named), sections(&plain)), (2, 1));
        assert_eq!(without_names(&plain).unwrap(), plain);
        assert_eq!(without_names(&empty()).unwrap(), empty());
    }
}
