//! Reads a component's outside without running or compiling it: its one
//! manifest section, its imports and exports, and whether it is small enough
//! to be compiled at all.

use std::borrow::Cow;
use std::collections::BTreeSet;

use cisb_contract::{MANIFEST_MAX_BYTES, MANIFEST_SCHEMA, MANIFEST_SECTION, Manifest, ZSTD_MAGIC};
use sha2::{Digest as _, Sha256};
use wasmparser::{Encoding, Parser, Payload};
use zstd::bulk::Decompressor;
use zstd::zstd_safe;

use super::Unverified;
use super::grants::glob;
use crate::evidence::hex;

/// How many functions a component may define at all. What a profile may have
/// without a grant that says so is less: see `grants`.
pub const MAX_FUNCTIONS: u32 = 100_000;

/// How deep components and modules may nest.
const MAX_DEPTH: usize = 8;

/// What a component shows before anything runs.
#[derive(Debug)]
pub struct Outside {
    /// Its manifest.
    pub manifest: Manifest,
    /// SHA-256 of the manifest's JSON text, lower-case hex: the same however it
    /// is packed.
    pub manifest_digest: String,
    /// Names of the interfaces it imports.
    pub imports: Vec<String>,
    /// Names of what it exports.
    pub exports: Vec<String>,
    /// How many functions it defines.
    pub functions: u32,
}

/// Why a component's outside is refused.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not WebAssembly, cut off, or damaged.
    #[error("it is not a WebAssembly component: {0}")]
    NotWasm(String),
    /// A core module.
    #[error(
        "it is a core WebAssembly module, not a component: build it with `cargo xtask profiles` \
         or wrap it with wit-component"
    )]
    CoreModule,
    /// No manifest.
    #[error("it has no `{MANIFEST_SECTION}` section, so it says nothing of what it asks for")]
    Missing,
    /// A manifest inside a nested module.
    #[error(
        "its `{MANIFEST_SECTION}` section lies inside a nested module; there must be exactly one, \
         at the top"
    )]
    Nested,
    /// More than one manifest.
    #[error("it has {0} `{MANIFEST_SECTION}` sections; there must be exactly one, at the top")]
    NotOne(usize),
    /// Too large.
    #[error("its manifest has {0} bytes; at most {MANIFEST_MAX_BYTES} are read")]
    TooLarge(usize),
    /// Compressed, and damaged.
    #[error("its manifest does not decompress: {0}")]
    Unpack(String),
    /// Not the JSON it should be.
    #[error("its manifest does not parse: {0}")]
    Parse(serde_json::Error),
    /// A schema of another time.
    #[error("its manifest has the schema `{0}`; this cisb reads `{MANIFEST_SCHEMA}`")]
    Schema(String),
    /// Parses but contradicts itself.
    #[error("its manifest is not valid: {0}")]
    Invalid(String),
    /// Too much to compile, or nested too deep.
    #[error("{0}")]
    TooMuch(String),
}

/// Reads what a component shows.
pub fn read(unverified: &Unverified) -> Result<Outside, ManifestError> {
    let bytes = &unverified.bytes;
    let not_wasm =
        |e: wasmparser::BinaryReaderError| ManifestError::NotWasm(first_words(e.message()));
    if bytes.is_empty() {
        return Err(ManifestError::NotWasm("the file is empty".to_owned()));
    }
    let mut manifests: Vec<(usize, &[u8])> = Vec::new();
    let mut imports = Vec::new();
    let mut exports = Vec::new();
    let mut functions = 0_u32;
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(not_wasm)? {
            Payload::Version { encoding, .. } if depth == 0 && encoding == Encoding::Module => {
                return Err(ManifestError::CoreModule);
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(ManifestError::TooMuch(format!(
                        "its modules nest more than {MAX_DEPTH} deep"
                    )));
                }
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if section.name() == MANIFEST_SECTION => {
                manifests.push((depth, section.data()));
            }
            Payload::FunctionSection(section) => {
                functions = functions.saturating_add(section.count())
            }
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    imports.push(import.map_err(not_wasm)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    exports.push(export.map_err(not_wasm)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    if functions > MAX_FUNCTIONS {
        return Err(ManifestError::TooMuch(format!(
            "it defines {functions} functions; at most {MAX_FUNCTIONS} are compiled"
        )));
    }
    let data = match manifests.as_slice() {
        [] => return Err(ManifestError::Missing),
        [(0, data)] => *data,
        [_] => return Err(ManifestError::Nested),
        more => return Err(ManifestError::NotOne(more.len())),
    };
    let data = unpack(data)?;
    Ok(Outside {
        manifest: parse(&data)?,
        manifest_digest: hex(&Sha256::digest(&data)),
        imports,
        exports,
        functions,
    })
}

/// The parser shows the bytes that it did not like; an operator knows the file.
fn first_words(message: &str) -> String {
    let end = message.find(['\n', '[']).unwrap_or(message.len());
    let text = message[..end].split(" - ").next().unwrap_or_default();
    text.trim_end_matches([' ', ':', '=']).to_owned()
}

/// The JSON text of a manifest section: as it stands, or decompressed.
fn unpack(data: &[u8]) -> Result<Cow<'_, [u8]>, ManifestError> {
    if data.len() > MANIFEST_MAX_BYTES {
        return Err(ManifestError::TooLarge(data.len()));
    }
    if !data.starts_with(&ZSTD_MAGIC) {
        return Ok(Cow::Borrowed(data));
    }
    // One frame in one step, into a buffer of the size that it says: a window
    // and a growing buffer would cost more than the decompression.
    let words = |code| ManifestError::Unpack(zstd_safe::get_error_name(code).to_owned());
    let frame = zstd_safe::find_frame_compressed_size(data).map_err(words)?;
    if frame != data.len() {
        return Err(ManifestError::Unpack(
            "something follows its frame".to_owned(),
        ));
    }
    if let Some(size) = Decompressor::upper_bound(data).filter(|size| *size > MANIFEST_MAX_BYTES) {
        return Err(ManifestError::TooLarge(size));
    }
    Decompressor::new()
        .and_then(|mut decoder| decoder.decompress(data, MANIFEST_MAX_BYTES))
        .map(Cow::Owned)
        .map_err(|e| ManifestError::Unpack(e.to_string()))
}

/// Reads the JSON text of a manifest and checks what types cannot say.
pub fn parse(data: &[u8]) -> Result<Manifest, ManifestError> {
    // A manifest of another time fails for that reason, not for the first member
    // it happens to have.
    #[derive(serde::Deserialize)]
    struct Schema {
        schema: String,
    }
    let manifest = match serde_json::from_slice::<Manifest>(data) {
        Ok(manifest) if manifest.schema == MANIFEST_SCHEMA => manifest,
        Ok(manifest) => return Err(ManifestError::Schema(manifest.schema)),
        Err(error) => {
            return Err(match serde_json::from_slice::<Schema>(data) {
                Ok(Schema { schema }) if schema != MANIFEST_SCHEMA => ManifestError::Schema(schema),
                _ => ManifestError::Parse(error),
            });
        }
    };
    validate(&manifest).map_err(ManifestError::Invalid)?;
    Ok(manifest)
}

/// The targets that a section may have: kube-bench's words, which pipelines know.
pub const TARGETS: [&str; 6] = [
    "master",
    "controlplane",
    "etcd",
    "node",
    "policies",
    "managedservices",
];

/// Checks what types cannot say. Everything here is guest-controlled.
fn validate(manifest: &Manifest) -> Result<(), String> {
    let name_ok = |id: &str| {
        !id.is_empty()
            && id.len() <= 64
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    if !name_ok(&manifest.id) {
        return Err(format!("`{}` is not an id", manifest.id.escape_debug()));
    }
    semver::Version::parse(&manifest.version)
        .map_err(|e| format!("the version `{}`: {e}", manifest.version))?;
    let least = semver::Version::parse(&manifest.min_host)
        .map_err(|e| format!("min-host `{}`: {e}", manifest.min_host))?;
    let ours = semver::Version::parse(env!("CARGO_PKG_VERSION")).map_err(|e| e.to_string())?;
    if least > ours {
        return Err(format!(
            "it needs cisb {least} or newer; this is cisb {ours}"
        ));
    }
    semver::VersionReq::parse(&manifest.benchmark.kubernetes)
        .map_err(|e| format!("the range `{}`: {e}", manifest.benchmark.kubernetes))?;

    tailored(manifest)?;
    let mut ids = BTreeSet::new();
    for (id, why) in manifest.requests.ids() {
        if !name_ok(id) || !ids.insert(id) {
            return Err(format!(
                "the request id `{}` is bad or used twice",
                id.escape_debug()
            ));
        }
        if why.trim().is_empty() {
            return Err(format!("the request `{id}` does not say why"));
        }
    }
    for request in &manifest.requests.files {
        for path in &request.paths {
            if !path.starts_with('/') {
                return Err(format!(
                    "the request `{}`: `{path}` is not absolute",
                    request.id
                ));
            }
            glob(path).map_err(|e| format!("the request `{}`: {e}", request.id))?;
        }
    }
    for request in &manifest.requests.named {
        if !manifest
            .requests
            .processes
            .iter()
            .any(|p| p.id == request.process)
        {
            return Err(format!(
                "the request `{}` names the processes request `{}`, which is not there",
                request.id, request.process
            ));
        }
    }
    for request in &manifest.requests.fields {
        if let Some(missing) = request.documents.iter().find(|d| !ids.contains(d.as_str())) {
            return Err(format!(
                "the request `{}` names the request `{missing}`, which is not there",
                request.id
            ));
        }
    }

    let mut groups = BTreeSet::new();
    for section in &manifest.sections {
        if !TARGETS.contains(&section.target.as_str()) {
            return Err(format!(
                "the section {} has the target `{}`; it can be one of {}",
                section.id,
                section.target.escape_debug(),
                TARGETS.join(", ")
            ));
        }
        for group in &section.groups {
            if !groups.insert(group.id.as_str()) {
                return Err(format!(
                    "the group {} stands twice",
                    group.id.escape_debug()
                ));
            }
        }
    }
    let mut checks = BTreeSet::new();
    for check in &manifest.checks {
        if !name_ok(&check.id) || !checks.insert(check.id.as_str()) {
            return Err(format!(
                "the check id `{}` is bad or used twice",
                check.id.escape_debug()
            ));
        }
        if !groups.contains(check.group.as_str()) {
            return Err(format!(
                "the check {} is in no group of any section",
                check.id
            ));
        }
        if !(1..=2).contains(&check.level) {
            return Err(format!(
                "the check {} has the level {}",
                check.id, check.level
            ));
        }
        if let Some(missing) = check.uses.iter().find(|u| !ids.contains(u.as_str())) {
            return Err(format!(
                "the check {} uses `{missing}`, which is no request",
                check.id
            ));
        }
        let procedure = &check.remediation.procedure;
        if !procedure.is_empty() && !manifest.procedures.contains_key(procedure) {
            return Err(format!(
                "the check {} names no procedure `{procedure}`",
                check.id
            ));
        }
    }
    if manifest.checks.is_empty() {
        return Err("it declares no check".to_owned());
    }
    Ok(())
}

/// What was changed is said of something that is there, with a reason.
fn tailored(manifest: &Manifest) -> Result<(), String> {
    for of in &manifest.tailored {
        for change in &of.changes {
            if change.reason().trim().is_empty() {
                return Err(format!("a change of {} gives no reason", of.id));
            }
            if let Some(check) = change.check()
                && !manifest.checks.iter().any(|c| c.id == check)
            {
                return Err(format!(
                    "a change of {} is about the check `{}`, which is not there",
                    of.id,
                    check.escape_debug()
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_manifest_is_text_or_one_frame_of_it() {
        let text = br#"{"schema":"x"}"#;
        let packed = zstd::bulk::compress(text, 19).unwrap();
        assert_eq!(&*unpack(text).unwrap(), text);
        assert_eq!(&*unpack(&packed).unwrap(), text);
        let mut two = packed.clone();
        two.extend(&packed);
        assert!(matches!(unpack(&two), Err(ManifestError::Unpack(_))));
        assert!(matches!(
            unpack(&packed[..packed.len() - 3]),
            Err(ManifestError::Unpack(_))
        ));
    }

    #[test]
    fn a_change_is_about_something_and_gives_its_reason() {
        let made = |change: serde_json::Value| {
            let manifest = serde_json::json!({
                "schema": MANIFEST_SCHEMA, "id": "p", "version": "1.0.0", "epoch": 1, "title": "t",
                "benchmark": {"name": "b", "version": "1", "kubernetes": "*"},
                "world": cisb_contract::WORLD, "min-host": "0.1.0", "requests": {},
                "sections": [{"id": "1", "title": "t", "target": "node",
                              "groups": [{"id": "1", "title": "t"}]}],
                "checks": [{
                    "id": "1", "control": "c", "title": "t", "group": "1", "component": "node",
                    "level": 1, "assessment": "automated", "severity": "low", "rationale": "",
                    "remediation": {"set": ""}, "uses": [],
                }],
                "tailored": [{"id": "of", "version": "1.0.0", "digest": "d", "changes": [change]}],
            });
            parse(manifest.to_string().as_bytes()).map_err(|e| e.to_string())
        };
        let skip = |check: &str, reason: &str| {
            made(serde_json::json!({"skip": {"check": check, "reason": reason}}))
        };
        skip("1", "ours").unwrap();
        assert!(skip("2", "ours").unwrap_err().contains("the check `2`"));
        assert!(skip("1", " ").unwrap_err().contains("no reason"));
        made(serde_json::json!({"hide": {"check": "1", "reason": "ours"}})).unwrap_err();
    }

    #[test]
    fn a_bomb_is_cut_at_the_limit() {
        let bomb = zstd::encode_all(std::io::repeat(b' ').take(64 << 20), 19).unwrap();
        assert!(bomb.len() < MANIFEST_MAX_BYTES);
        assert!(matches!(unpack(&bomb), Err(ManifestError::Unpack(_))));
        let honest = zstd::bulk::compress(&vec![b' '; MANIFEST_MAX_BYTES + 1], 19).unwrap();
        assert!(matches!(unpack(&honest), Err(ManifestError::TooLarge(_))));
    }
}
