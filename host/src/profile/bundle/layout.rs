//! An OCI image layout of profiles, as cisb writes it and nothing wider: which
//! manifests there are, what each is about, and that every blob is accounted
//! for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{BundleError, MAX_BLOB, MAX_JSON, MAX_PROFILES};
use crate::evidence::hex;
use crate::profile::Verified;
use crate::trust::dsse;
use crate::trust::policy::Role;

/// The layout's own file: which version of the layout it is.
pub const LAYOUT: &str = "{\"imageLayoutVersion\":\"1.0.0\"}";

/// An index of manifests.
pub const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
/// A manifest.
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// A configuration that says nothing.
pub const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";
/// What that is.
pub const EMPTY: &[u8] = b"{}";
/// The manifest of a profile.
pub const PROFILE_TYPE: &str = "application/vnd.cisb.profile.v1";
/// The configuration of a component.
pub const WASM_CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
/// A component.
pub const WASM_TYPE: &str = "application/wasm";
/// Signatures: both the manifest that says of which profile, and the envelope.
pub const ENVELOPE_TYPE: &str = "application/vnd.dsse.envelope.v1+json";
/// What a profile was made of: the same twice.
pub const SBOM_TYPE: &str = "application/vnd.cyclonedx+json";
/// The manifest of keys that a bundle suggests.
pub const KEYS_TYPE: &str = "application/vnd.cisb.keys.v1";
/// A public key.
pub const KEY_TYPE: &str = "application/x-pem-file";

/// What a registry's tools call a manifest.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// What a registry's tools call a file.
pub const TITLE: &str = "org.opencontainers.image.title";
const ID: &str = "dev.cisb.profile.id";
const VERSION: &str = "dev.cisb.profile.version";
const EPOCH: &str = "dev.cisb.profile.epoch";
const MANIFEST: &str = "dev.cisb.profile.manifest";
const CAPABILITIES: &str = "dev.cisb.profile.capabilities";
/// The names and roles of a key.
pub(super) const KEY_NAME: &str = "dev.cisb.key.name";
pub(super) const KEY_ROLE: &str = "dev.cisb.key.role";

/// Keys that one bundle suggests at most.
const MAX_KEYS: usize = 64;

/// Where blobs are kept while a bundle is read, and found again.
pub trait Blobs {
    /// Keeps a blob. It is the one that it is called if this returns.
    fn put(&mut self, digest: &str, content: &mut dyn Read) -> io::Result<()>;

    /// A blob that was kept.
    fn get(&self, digest: &str) -> io::Result<Option<Vec<u8>>>;

    /// How large it is.
    fn size(&self, digest: &str) -> io::Result<Option<u64>>;
}

/// What names a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// `sha256:…`.
    pub digest: String,
    /// How many bytes.
    pub size: u64,
    /// What the manifest is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// Of these bytes.
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: format!("sha256:{}", hex(&Sha256::digest(bytes))),
            size: bytes.len() as u64,
            artifact_type: None,
            annotations: BTreeMap::new(),
        }
    }

    /// The digest, as blobs are called: empty where it is none.
    pub fn hex(&self) -> &str {
        self.digest
            .strip_prefix("sha256:")
            .filter(|digits| is_digest(digits))
            .unwrap_or_default()
    }
}

/// Whether a text is 64 lower-case hexadecimal digits.
pub fn is_digest(digits: &str) -> bool {
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    digits.len() == 64 && digits.bytes().all(is_digit)
}

/// An index: a layout's `index.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    pub(super) schema_version: u32,
    pub(super) media_type: Option<String>,
    /// Every manifest.
    pub manifests: Vec<Descriptor>,
}

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub(super) schema_version: u32,
    pub(super) media_type: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// A configuration.
    pub config: Descriptor,
    /// What it holds.
    pub layers: Vec<Descriptor>,
    /// What it is about: another manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What a layout holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bundle {
    /// Profiles, in the order of their ids.
    pub profiles: Vec<Packed>,
    /// Keys that whoever made it suggests.
    pub keys: Vec<Suggested>,
    /// The manifest of those keys, if there are any.
    pub(super) keyring: Option<(Descriptor, Vec<Descriptor>)>,
}

/// A profile in a layout, not yet looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// What its labels say.
    pub labels: Labels,
    /// The manifest that holds it together.
    pub manifest: Descriptor,
    /// The component's configuration.
    pub config: Descriptor,
    /// The component.
    pub component: Descriptor,
    /// Its signatures.
    pub envelope: Option<Attached>,
    /// What it was made of.
    pub sbom: Option<Attached>,
}

/// What was attached to a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The manifest that says to which.
    pub manifest: Descriptor,
    /// Its configuration, which says nothing.
    pub config: Descriptor,
    /// What it is.
    pub content: Descriptor,
}

/// What the labels of a profile say. They are for people and tools that do not
/// read components; who reads the component holds them against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its epoch.
    pub epoch: u64,
    /// `sha256:…` of its manifest's text.
    pub manifest: String,
    /// `sha256:…` of what it asks for.
    pub capabilities: String,
}

/// A key that a bundle suggests. Nobody takes it but a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggested {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// PEM, as it was written.
    pub pem: String,
}

impl Labels {
    /// The labels of a profile that was verified.
    pub fn of(verified: &Verified) -> Self {
        let manifest = verified.manifest();
        Self {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            epoch: manifest.epoch,
            manifest: format!("sha256:{}", verified.manifest_digest()),
            capabilities: verified.capabilities().to_owned(),
        }
    }

    /// That a component says the same of itself.
    pub fn agree(&self, verified: &Verified) -> Result<(), BundleError> {
        let is = Self::of(verified);
        let (epoch, says_epoch) = (is.epoch.to_string(), self.epoch.to_string());
        let pairs = [
            ("the id", &is.id, &self.id),
            ("the version", &is.version, &self.version),
            ("the epoch", &epoch, &says_epoch),
            ("the digest of the manifest", &is.manifest, &self.manifest),
            (
                "the digest of what it asks for",
                &is.capabilities,
                &self.capabilities,
            ),
        ];
        match pairs.into_iter().find(|(_, is, says)| is != says) {
            None => Ok(()),
            Some((what, is_, says)) => Err(BundleError::Labels {
                id: is.id.clone(),
                what,
                is: is_.clone(),
                says: super::shown(says.as_bytes()),
            }),
        }
    }

    /// As annotations.
    pub fn annotations(&self) -> BTreeMap<String, String> {
        let pairs = [
            (ID, self.id.clone()),
            (VERSION, self.version.clone()),
            (EPOCH, self.epoch.to_string()),
            (MANIFEST, self.manifest.clone()),
            (CAPABILITIES, self.capabilities.clone()),
        ];
        pairs.map(|(key, value)| (key.to_owned(), value)).into()
    }

    /// From annotations.
    pub fn parse(annotations: &BTreeMap<String, String>) -> Result<Self, String> {
        let text = |key: &str| {
            let value = annotations.get(key);
            value
                .cloned()
                .ok_or_else(|| format!("it has no label {key}"))
        };
        let epoch = text(EPOCH)?;
        Ok(Self {
            id: text(ID)?,
            version: text(VERSION)?,
            epoch: epoch
                .parse()
                .map_err(|_| format!("the label {EPOCH} is no number"))?,
            manifest: text(MANIFEST)?,
            capabilities: text(CAPABILITIES)?,
        })
    }
}

impl Packed {
    /// Everything of it, each with its manifest before it.
    pub fn blobs(&self) -> Vec<&Descriptor> {
        let mut all = vec![&self.manifest, &self.config, &self.component];
        for attached in self.attached() {
            all.extend([&attached.manifest, &attached.config, &attached.content]);
        }
        all
    }

    /// What was attached to it.
    pub fn attached(&self) -> impl Iterator<Item = &Attached> {
        self.envelope.iter().chain(&self.sbom)
    }
}

impl Bundle {
    /// Understands a layout whose blobs are there.
    pub fn understand(index: &[u8], blobs: &dyn Blobs) -> Result<Self, BundleError> {
        let bundle = Self::gather(index, blobs, &mut Err)?;
        match bundle.profiles.is_empty() {
            true => Err(layout("index.json", "it names no profile")),
            false => Ok(bundle),
        }
    }

    /// Understands as much of a layout as is whole, and says what is not. There
    /// may be nothing in it.
    pub fn salvage(
        index: &[u8],
        blobs: &dyn Blobs,
    ) -> Result<(Self, Vec<BundleError>), BundleError> {
        let mut wrong = Vec::new();
        let mut pass_over = |error| {
            wrong.push(error);
            Ok(())
        };
        let bundle = Self::gather(index, blobs, &mut pass_over)?;
        Ok((bundle, wrong))
    }

    /// Gathers what an index names. `on` decides on each thing that is wrong.
    fn gather(
        index: &[u8],
        blobs: &dyn Blobs,
        on: &mut dyn FnMut(BundleError) -> Result<(), BundleError>,
    ) -> Result<Self, BundleError> {
        let index: Index = json("index.json", index)?;
        typed("index.json", index.media_type.as_deref(), INDEX_TYPE)?;
        versioned("index.json", index.schema_version)?;
        let mut profiles: BTreeMap<String, Packed> = BTreeMap::new();
        let mut about = Vec::new();
        let mut bundle = Self::default();
        let mut seen = BTreeSet::new();
        for entry in index.manifests {
            if !seen.insert(entry.digest.clone()) {
                on(layout("index.json", "it names a manifest twice"))?;
                continue;
            }
            let (name, manifest) = match manifest(&entry, blobs) {
                Ok(found) => found,
                Err(error) => {
                    on(error)?;
                    continue;
                }
            };
            let added = match manifest.artifact_type.as_deref() {
                Some(PROFILE_TYPE) => packed(&name, entry, manifest, blobs)
                    .and_then(|packed| add(packed, &mut profiles)),
                Some(ENVELOPE_TYPE | SBOM_TYPE) => {
                    about.push((name, entry, manifest));
                    Ok(())
                }
                Some(KEYS_TYPE) if bundle.keyring.is_none() => {
                    bundle.suggest(&name, entry, manifest, blobs)
                }
                other => {
                    let what = super::shown(other.unwrap_or("nothing").as_bytes());
                    Err(layout(&name, &format!("it is about `{what}`")))
                }
            };
            if let Err(error) = added {
                on(error)?;
            }
        }
        for (name, entry, manifest) in about {
            if let Err(error) = attach(&name, entry, manifest, &mut profiles, blobs) {
                on(error)?;
            }
        }
        bundle.profiles = profiles.into_values().collect();
        Ok(bundle)
    }

    fn suggest(
        &mut self,
        name: &str,
        entry: Descriptor,
        manifest: Manifest,
        blobs: &dyn Blobs,
    ) -> Result<(), BundleError> {
        self.keys = keys(name, &manifest, blobs)?;
        let mut of = vec![manifest.config];
        of.extend(manifest.layers);
        self.keyring = Some((entry, of));
        Ok(())
    }

    /// Every blob that it is made of.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        let keyring = self.keyring.iter().flat_map(|(manifest, of)| {
            let manifest = std::iter::once(manifest);
            manifest.chain(of)
        });
        self.profiles.iter().flat_map(Packed::blobs).chain(keyring)
    }

    /// Every manifest, each after the one that it is about.
    pub fn manifests(&self) -> impl Iterator<Item = &Descriptor> {
        let profiles = self.profiles.iter().flat_map(|packed| {
            let attached = packed.attached().map(|it| &it.manifest);
            std::iter::once(&packed.manifest).chain(attached)
        });
        let keyring = self.keyring.iter().map(|(manifest, _)| manifest);
        profiles.chain(keyring)
    }

    /// The digests of all blobs, as they are called.
    pub fn digests(&self) -> BTreeSet<&str> {
        self.blobs().map(Descriptor::hex).collect()
    }
}

/// A manifest that an index or a tag names, with its name for messages.
pub fn manifest(entry: &Descriptor, blobs: &dyn Blobs) -> Result<(String, Manifest), BundleError> {
    let name = format!("manifest {}", super::shown(entry.digest.as_bytes()));
    typed(&name, Some(&entry.media_type), MANIFEST_TYPE)?;
    let bytes = fetch("manifest", entry, MAX_JSON, blobs)?;
    let manifest: Manifest = json(&name, &bytes)?;
    typed(&name, manifest.media_type.as_deref(), MANIFEST_TYPE)?;
    versioned(&name, manifest.schema_version)?;
    Ok((name, manifest))
}

/// A profile of its manifest.
fn packed(
    name: &str,
    entry: Descriptor,
    manifest: Manifest,
    blobs: &dyn Blobs,
) -> Result<Packed, BundleError> {
    let labels = Labels::parse(&manifest.annotations).map_err(|why| layout(name, &why))?;
    if manifest.subject.is_some() {
        return Err(layout(name, "a profile is not about another manifest"));
    }
    typed(name, Some(&manifest.config.media_type), WASM_CONFIG_TYPE)?;
    exists("configuration", &manifest.config, MAX_JSON, blobs)?;
    let component = single(name, manifest.layers, WASM_TYPE)?;
    exists("component", &component, MAX_BLOB, blobs)?;
    Ok(Packed {
        labels,
        manifest: entry,
        config: manifest.config,
        component,
        envelope: None,
        sbom: None,
    })
}

fn add(packed: Packed, profiles: &mut BTreeMap<String, Packed>) -> Result<(), BundleError> {
    if profiles.len() == MAX_PROFILES {
        return Err(BundleError::TooMany {
            what: "profiles",
            limit: MAX_PROFILES,
        });
    }
    let id = packed.labels.id.clone();
    match profiles.contains_key(&id) {
        true => {
            let id = super::shown(id.as_bytes());
            Err(layout("index.json", &format!("it names {id} twice")))
        }
        false => {
            profiles.insert(id, packed);
            Ok(())
        }
    }
}

/// Finds the profile that signatures or an SBOM are about.
fn attach(
    name: &str,
    entry: Descriptor,
    manifest: Manifest,
    profiles: &mut BTreeMap<String, Packed>,
    blobs: &dyn Blobs,
) -> Result<(), BundleError> {
    let subject = manifest.subject.as_ref();
    let profile = profiles
        .values_mut()
        .find(|packed| subject.is_some_and(|s| s.digest == packed.manifest.digest))
        .ok_or_else(|| layout(name, "it is about no profile in the bundle"))?;
    let envelope = manifest.artifact_type.as_deref() == Some(ENVELOPE_TYPE);
    let (kind, limit, slot) = match envelope {
        true => (ENVELOPE_TYPE, dsse::MAX_BYTES as u64, &mut profile.envelope),
        false => (SBOM_TYPE, MAX_BLOB, &mut profile.sbom),
    };
    let content = single(name, manifest.layers, kind)?;
    exists("attachment", &content, limit, blobs)?;
    empty(name, &manifest.config, blobs)?;
    let attached = Attached {
        manifest: entry,
        config: manifest.config,
        content,
    };
    match slot {
        Some(_) => Err(layout(name, "its profile has another of its kind")),
        None => {
            *slot = Some(attached);
            Ok(())
        }
    }
}

fn keys(name: &str, manifest: &Manifest, blobs: &dyn Blobs) -> Result<Vec<Suggested>, BundleError> {
    if manifest.layers.len() > MAX_KEYS {
        return Err(BundleError::TooMany {
            what: "suggested keys",
            limit: MAX_KEYS,
        });
    }
    empty(name, &manifest.config, blobs)?;
    let keys = manifest.layers.iter().map(|layer| {
        typed(name, Some(&layer.media_type), KEY_TYPE)?;
        let bytes = fetch("key", layer, MAX_JSON, blobs)?;
        let label = |key: &str| layer.annotations.get(key).map(String::as_str);
        let role = label(KEY_ROLE)
            .and_then(|word| Role::ALL.into_iter().find(|role| role.word() == word))
            .ok_or_else(|| layout(name, "a key has no role that cisb knows"))?;
        let key = label(KEY_NAME).filter(|name| is_key_name(name));
        Ok(Suggested {
            name: key
                .ok_or_else(|| layout(name, "a key has no name of letters, digits, `.`, `-`, `_`"))?
                .to_owned(),
            role,
            pem: String::from_utf8(bytes).map_err(|_| layout(name, "a key is no text"))?,
        })
    });
    keys.collect()
}

/// Whether a key may be called that: what a shell takes as one word.
pub fn is_key_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    !name.is_empty() && name.len() <= 64 && !name.starts_with('-') && name.bytes().all(fits)
}

fn single(name: &str, layers: Vec<Descriptor>, kind: &str) -> Result<Descriptor, BundleError> {
    match <[Descriptor; 1]>::try_from(layers) {
        Ok([layer]) => {
            typed(name, Some(&layer.media_type), kind)?;
            Ok(layer)
        }
        Err(layers) => {
            let why = format!("it holds {} files, and one is expected", layers.len());
            Err(layout(name, &why))
        }
    }
}

fn empty(name: &str, config: &Descriptor, blobs: &dyn Blobs) -> Result<(), BundleError> {
    typed(name, Some(&config.media_type), EMPTY_TYPE)?;
    match fetch("configuration", config, MAX_JSON, blobs)? == EMPTY {
        true => Ok(()),
        false => Err(layout(name, "its configuration is not empty")),
    }
}

/// That a blob is there, as large as it is said to be.
fn exists(
    what: &'static str,
    wanted: &Descriptor,
    limit: u64,
    blobs: &dyn Blobs,
) -> Result<(), BundleError> {
    let digest = || super::shown(wanted.digest.trim_start_matches("sha256:").as_bytes());
    if wanted.size > limit {
        return Err(BundleError::TooLarge {
            what: format!("its {what}"),
            size: wanted.size,
            limit,
        });
    }
    let found = match wanted.hex() {
        "" => None,
        hex => blobs.size(hex).map_err(BundleError::Keep)?,
    };
    match found {
        Some(is) if is == wanted.size => Ok(()),
        Some(is) => Err(BundleError::Size {
            what,
            digest: digest(),
            said: wanted.size,
            is,
        }),
        None => Err(BundleError::Missing {
            what,
            digest: digest(),
        }),
    }
}

/// A blob that is as large as it is said to be.
pub fn fetch(
    what: &'static str,
    wanted: &Descriptor,
    limit: u64,
    blobs: &dyn Blobs,
) -> Result<Vec<u8>, BundleError> {
    exists(what, wanted, limit, blobs)?;
    let bytes = blobs.get(wanted.hex()).map_err(BundleError::Keep)?;
    bytes.ok_or_else(|| BundleError::Missing {
        what,
        digest: wanted.hex().to_owned(),
    })
}

fn json<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, BundleError> {
    serde_json::from_slice(bytes).map_err(|error| layout(what, &error.to_string()))
}

fn typed(what: &str, is: Option<&str>, wanted: &str) -> Result<(), BundleError> {
    match is == Some(wanted) {
        true => Ok(()),
        false => {
            let is = super::shown(is.unwrap_or("nothing").as_bytes());
            Err(layout(
                what,
                &format!("`{is}` stands where `{wanted}` is expected"),
            ))
        }
    }
}

fn versioned(what: &str, version: u32) -> Result<(), BundleError> {
    match version {
        2 => Ok(()),
        other => Err(layout(what, &format!("it has the schema version {other}"))),
    }
}

fn layout(what: &str, why: &str) -> BundleError {
    BundleError::Layout {
        what: what.to_owned(),
        why: why.to_owned(),
    }
}
