//! Writes bundles: the same bytes for the same profiles, whoever does it and
//! whenever.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::json;

use super::layout::{
    Attached, Bundle, Descriptor, EMPTY, EMPTY_TYPE, ENVELOPE_TYPE, INDEX_TYPE, Index, KEY_NAME,
    KEY_ROLE, KEY_TYPE, KEYS_TYPE, LAYOUT, Labels, MANIFEST_TYPE, Manifest, PROFILE_TYPE, Packed,
    REF_NAME, SBOM_TYPE, Suggested, TITLE, WASM_CONFIG_TYPE, WASM_TYPE,
};
use super::{BundleError, MAX_BLOB, MAX_PROFILES, Memory};
use crate::profile::Verified;
use crate::profile::verify::CHECKS;

/// No time is said, and tools want one.
const NO_TIME: &str = "1970-01-01T00:00:00Z";

/// A profile that is to be packed.
#[derive(Debug)]
pub struct Item {
    /// The component.
    pub verified: Verified,
    /// Its signatures.
    pub envelope: Option<Vec<u8>>,
    /// What it was made of.
    pub sbom: Option<Vec<u8>>,
}

/// Packs profiles. Their blobs are added to `blobs`.
pub fn pack(items: &[Item], keys: &[Suggested], blobs: &mut Memory) -> Result<Bundle, BundleError> {
    if items.len() > MAX_PROFILES {
        return Err(BundleError::TooMany {
            what: "profiles",
            limit: MAX_PROFILES,
        });
    }
    let mut bundle = Bundle::default();
    for item in items {
        bundle.profiles.push(profile(item, blobs)?);
    }
    bundle
        .profiles
        .sort_by(|a, b| a.labels.id.cmp(&b.labels.id));
    if let Some(twice) = bundle
        .profiles
        .windows(2)
        .find(|pair| pair[0].labels.id == pair[1].labels.id)
    {
        return Err(BundleError::Twice(twice[0].labels.id.clone()));
    }
    if !keys.is_empty() {
        bundle.keys = keys.to_vec();
        bundle.keys.sort_by(|a, b| a.name.cmp(&b.name));
        bundle.keyring = Some(keyring(&bundle.keys, blobs));
    }
    Ok(bundle)
}

fn profile(item: &Item, blobs: &mut Memory) -> Result<Packed, BundleError> {
    let verified = &item.verified;
    let labels = Labels::of(verified);
    let mut component = keep(WASM_TYPE, verified.bytes(), blobs);
    let file = format!("{}.wasm", labels.id);
    component.annotations.insert(TITLE.to_owned(), file);
    let imports: Vec<&String> = verified.imports().iter().collect();
    // As the CNCF's layout of components has it; of the two systems that it
    // knows, this is the one for components.
    let config = json!({
        "created": NO_TIME,
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [component.digest],
        "component": {"exports": [CHECKS], "imports": imports, "target": verified.manifest().world},
    });
    let config = keep(WASM_CONFIG_TYPE, &bytes(&config), blobs);
    let annotations = labels.annotations();
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(MANIFEST_TYPE.to_owned()),
        artifact_type: Some(PROFILE_TYPE.to_owned()),
        config: config.clone(),
        layers: vec![component.clone()],
        subject: None,
        annotations,
    };
    let manifest = keep_manifest(&manifest, blobs);
    let attached = |kind: &str, end: &str, content: &[u8], blobs: &mut Memory| {
        if content.len() as u64 > MAX_BLOB {
            return Err(BundleError::TooLarge {
                what: format!("{}{end}", labels.id),
                size: content.len() as u64,
                limit: MAX_BLOB,
            });
        }
        let title = format!("{}{end}", labels.id);
        Ok(attach(&manifest, kind, &title, content, blobs))
    };
    let envelope = item.envelope.as_deref();
    let sbom = item.sbom.as_deref();
    Ok(Packed {
        envelope: envelope
            .map(|it| attached(ENVELOPE_TYPE, ".wasm.dsse.json", it, blobs))
            .transpose()?,
        sbom: sbom
            .map(|it| attached(SBOM_TYPE, ".cdx.json", it, blobs))
            .transpose()?,
        labels,
        manifest,
        config,
        component,
    })
}

impl Packed {
    /// Gives it these signatures instead of those that it has.
    pub fn sign(&mut self, envelope: &[u8], blobs: &mut Memory) {
        let title = format!("{}.wasm.dsse.json", self.labels.id);
        let attached = attach(&self.manifest, ENVELOPE_TYPE, &title, envelope, blobs);
        self.envelope = Some(attached);
    }

    /// Gives it this SBOM.
    pub fn describe(&mut self, sbom: &[u8], blobs: &mut Memory) {
        let title = format!("{}.cdx.json", self.labels.id);
        self.sbom = Some(attach(&self.manifest, SBOM_TYPE, &title, sbom, blobs));
    }
}

/// Attaches something to a manifest.
fn attach(
    subject: &Descriptor,
    kind: &str,
    title: &str,
    content: &[u8],
    blobs: &mut Memory,
) -> Attached {
    let mut content = keep(kind, content, blobs);
    content
        .annotations
        .insert(TITLE.to_owned(), title.to_owned());
    let config = keep(EMPTY_TYPE, EMPTY, blobs);
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(MANIFEST_TYPE.to_owned()),
        artifact_type: Some(kind.to_owned()),
        config: config.clone(),
        layers: vec![content.clone()],
        subject: Some(bare(subject)),
        annotations: BTreeMap::new(),
    };
    Attached {
        manifest: keep_manifest(&manifest, blobs),
        config,
        content,
    }
}

fn keyring(keys: &[Suggested], blobs: &mut Memory) -> (Descriptor, Vec<Descriptor>) {
    let config = keep(EMPTY_TYPE, EMPTY, blobs);
    let layers: Vec<Descriptor> = keys
        .iter()
        .map(|key| {
            let mut layer = keep(KEY_TYPE, key.pem.as_bytes(), blobs);
            let labels = [
                (TITLE, format!("{}.pub", key.name)),
                (KEY_NAME, key.name.clone()),
                (KEY_ROLE, key.role.word().to_owned()),
            ];
            let labels = labels.map(|(key, value)| (key.to_owned(), value));
            layer.annotations.extend(labels);
            layer
        })
        .collect();
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(MANIFEST_TYPE.to_owned()),
        artifact_type: Some(KEYS_TYPE.to_owned()),
        config: config.clone(),
        layers: layers.clone(),
        subject: None,
        annotations: BTreeMap::new(),
    };
    let manifest = keep_manifest(&manifest, blobs);
    let mut of = vec![config];
    of.extend(layers);
    (manifest, of)
}

/// Where a store's index says that a profile's component is.
pub const COMPONENT: &str = "dev.cisb.store.component";
/// Where a store's index says that its signatures are.
pub const ENVELOPE: &str = "dev.cisb.store.envelope";

/// The `index.json` of these profiles: the same for the same ones.
pub fn index(bundle: &Bundle) -> Vec<u8> {
    bytes(&listed(bundle))
}

/// The same for a store, which finds a profile without looking further.
pub fn stored_index(bundle: &Bundle) -> Vec<u8> {
    let mut index = listed(bundle);
    for packed in &bundle.profiles {
        let of = |entry: &&mut Descriptor| entry.digest == packed.manifest.digest;
        if let Some(entry) = index.manifests.iter_mut().find(of) {
            let mut label = |key: &str, of: &Descriptor| {
                let value = of.hex().to_owned();
                entry.annotations.insert(key.to_owned(), value);
            };
            label(COMPONENT, &packed.component);
            if let Some(envelope) = &packed.envelope {
                label(ENVELOPE, &envelope.content);
            }
        }
    }
    bytes(&index)
}

fn listed(bundle: &Bundle) -> Index {
    let mut manifests = Vec::new();
    for packed in &bundle.profiles {
        let mut entry = bare(&packed.manifest);
        entry.artifact_type = Some(PROFILE_TYPE.to_owned());
        entry.annotations = packed.labels.annotations();
        let name = (REF_NAME.to_owned(), packed.labels.id.clone());
        entry.annotations.extend([name]);
        manifests.push(entry);
        for (attached, kind) in [(&packed.envelope, ENVELOPE_TYPE), (&packed.sbom, SBOM_TYPE)] {
            if let Some(attached) = attached {
                let mut entry = bare(&attached.manifest);
                entry.artifact_type = Some(kind.to_owned());
                manifests.push(entry);
            }
        }
    }
    if let Some((manifest, _)) = &bundle.keyring {
        let mut entry = bare(manifest);
        entry.artifact_type = Some(KEYS_TYPE.to_owned());
        manifests.push(entry);
    }
    of(manifests)
}

/// An index of these manifests.
pub fn list(manifests: Vec<Descriptor>) -> Vec<u8> {
    bytes(&of(manifests))
}

fn of(manifests: Vec<Descriptor>) -> Index {
    Index {
        schema_version: 2,
        media_type: Some(INDEX_TYPE.to_owned()),
        manifests,
    }
}

/// Writes a bundle, sorted by names.
pub fn tar(bundle: &Bundle, blobs: &Memory, out: &mut dyn Write) -> io::Result<()> {
    let mut tar = tar::Builder::new(out);
    for digest in bundle.digests() {
        let bytes = blobs.0.get(digest).ok_or(io::ErrorKind::NotFound)?;
        entry(&mut tar, &format!("blobs/sha256/{digest}"), bytes)?;
    }
    entry(&mut tar, "index.json", &index(bundle))?;
    entry(&mut tar, "oci-layout", LAYOUT.as_bytes())?;
    tar.finish()
}

/// `sha256:…` of a bundle.
pub fn digest(bytes: &[u8]) -> String {
    Descriptor::of("", bytes).digest
}

fn entry(tar: &mut tar::Builder<&mut dyn Write>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name)?;
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    tar.append(&header, bytes)
}

fn keep(media_type: &str, bytes: &[u8], blobs: &mut Memory) -> Descriptor {
    let descriptor = Descriptor::of(media_type, bytes);
    blobs.0.insert(descriptor.hex().to_owned(), bytes.to_vec());
    descriptor
}

fn keep_manifest(manifest: &Manifest, blobs: &mut Memory) -> Descriptor {
    keep(MANIFEST_TYPE, &bytes(manifest), blobs)
}

/// Without what an index says of it.
fn bare(descriptor: &Descriptor) -> Descriptor {
    Descriptor {
        artifact_type: None,
        annotations: BTreeMap::new(),
        ..descriptor.clone()
    }
}

fn bytes(value: &impl Serialize) -> Vec<u8> {
    // Texts and numbers in structs always have a JSON form.
    serde_json::to_vec(value).unwrap_or_default()
}
