//! Puts a manifest into the component for rules that lies in the host.

use std::io::Read as _;
use std::sync::LazyLock;

use cisb_contract::asset::{self, Index};
use cisb_contract::engine::Engine;
use cisb_contract::section::{append, leb128};
use cisb_contract::{MANIFEST_MAX_BYTES, MANIFEST_SECTION, Manifest};

/// The engine's description and its component, built by `cargo xtask rules`.
const ASSET: &[u8] = include_bytes!("../../assets/rules.zst");

/// How hard a manifest is compressed: it is built once and read often.
const PACKING: i32 = 19;

/// The most that the asset unpacks to.
const MAX_UNPACKED: u64 = 16 << 20;

/// Why a manifest does not become a component.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A fault of the build.
    #[error("the engine that this cisb carries is damaged: {0}")]
    Asset(String),
    /// Too much of it.
    #[error(
        "the manifest has {0} bytes, and at most {MANIFEST_MAX_BYTES} are read: make several \
         profiles of it"
    )]
    TooLarge(usize),
}

/// The engine in the host.
#[derive(Debug)]
pub struct Ready {
    /// What it needs.
    pub engine: Engine,
    /// Its component in each variant.
    pub(super) components: Vec<Vec<u8>>,
}

impl Ready {
    /// Which variant this is the code of, if it is the engine's.
    pub(super) fn variant(&self, code: &[u8]) -> Option<usize> {
        self.components.iter().position(|known| known == code)
    }
}

/// The engine, unpacked once.
pub fn ready() -> Result<&'static Ready, PackError> {
    static READY: LazyLock<Result<Ready, String>> = LazyLock::new(unpack);
    READY.as_ref().map_err(|e| PackError::Asset(e.clone()))
}

fn unpack() -> Result<Ready, String> {
    let decoder = zstd::Decoder::new(ASSET).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    decoder
        .take(MAX_UNPACKED)
        .read_to_end(&mut bytes)
        .map_err(|e| e.to_string())?;
    let end = bytes.iter().position(|b| *b == b'\n').ok_or("no index")?;
    let (index, rest) = bytes.split_at(end);
    let index: Index = serde_json::from_slice(index).map_err(|e| e.to_string())?;
    let mut rest = rest.get(1..).unwrap_or_default();
    let mut components = Vec::new();
    for size in index.sizes {
        let (component, after) = rest.split_at_checked(size).ok_or("a part is missing")?;
        components.push(component.to_vec());
        rest = after;
    }
    Ok(Ready {
        engine: index.engine,
        components,
    })
}

/// The component that a manifest makes of the engine. It imports what the
/// manifest requests, and the same manifest gives the same bytes. `license` is
/// what others may use it under, where its author says so.
pub fn pack(manifest: &Manifest, license: Option<&str>) -> Result<Vec<u8>, PackError> {
    let component = ready()?
        .components
        .get(asset::variant(&manifest.requests))
        .ok_or_else(|| PackError::Asset("a variant is missing".to_owned()))?;
    describe(component.clone(), manifest, license)
}

/// A component without a manifest, with this one.
pub(super) fn describe(
    mut bytes: Vec<u8>,
    manifest: &Manifest,
    license: Option<&str>,
) -> Result<Vec<u8>, PackError> {
    let broken = |e: String| PackError::Asset(e);
    let text = serde_json::to_vec(manifest).map_err(|e| broken(e.to_string()))?;
    if text.len() > MANIFEST_MAX_BYTES {
        return Err(PackError::TooLarge(text.len()));
    }
    append(&mut bytes, "component-name", &name(&manifest.id));
    append(&mut bytes, "description", manifest.title.as_bytes());
    if let Some(license) = license {
        append(&mut bytes, "licenses", license.as_bytes());
    }
    append(&mut bytes, "version", manifest.version.as_bytes());
    let packed = zstd::bulk::compress(&text, PACKING).map_err(|e| broken(e.to_string()))?;
    append(&mut bytes, MANIFEST_SECTION, &packed);
    Ok(bytes)
}

/// A component's own name, as the section of names has it.
fn name(id: &str) -> Vec<u8> {
    let mut text = Vec::new();
    leb128(&mut text, id.len());
    text.extend_from_slice(id.as_bytes());
    let mut section = vec![0];
    leb128(&mut section, text.len());
    section.extend(text);
    section
}
