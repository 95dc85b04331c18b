//! Profiles in an OCI registry: pushed and pulled as the layout that bundles
//! have. These are the only connections that cisb opens beside those to an API
//! server that was named. A registry is a stranger: what it sends is bounded,
//! and is what its digest says, or is not taken.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};
use serde::Deserialize;
use tokio::io::AsyncWrite;
use zeroize::Zeroizing;

use super::bundle::layout::{
    self, Bundle, Descriptor, ENVELOPE_TYPE, INDEX_TYPE, Index, MANIFEST_TYPE, PROFILE_TYPE,
    Packed, SBOM_TYPE,
};
use super::bundle::{BundleError, MAX_BLOB, MAX_BLOBS, MAX_JSON, MAX_TOTAL, Memory, write};
use crate::cli::registry::{AccessArgs, Address, Which};
use crate::trust::dsse::Envelope;
use crate::trust::file::{self, FileError, Secrecy};

/// How long a registry may take to answer.
const CONNECT: Duration = Duration::from_secs(20);
/// How long it may fall silent.
const READ: Duration = Duration::from_secs(60);

/// Characters of a registry's words that a message shows.
const MAX_WORDS: usize = 400;

/// Manifests that refer to one profile and are looked at.
const MAX_REFERRERS: usize = 64;

/// Why nothing was pushed or pulled.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Credentials are not to be had, or not to be trusted.
    #[error("the registry's credentials: {0}")]
    File(#[from] FileError),
    /// Not credentials.
    #[error("{path} holds no credentials for {host}: {why}")]
    Credentials {
        /// The file.
        path: PathBuf,
        /// For which registry.
        host: String,
        /// Why.
        why: &'static str,
    },
    /// They would be sent in the clear.
    #[error(
        "--plain-http would send the credentials for {0} in the clear: leave one of them out; only \
         a registry on this machine is asked so"
    )]
    InTheClear(String),
    /// A file without a certificate.
    #[error("--ca-file {0} holds no certificate in PEM form")]
    NoCertificate(PathBuf),
    /// No client.
    #[error("cannot prepare the connection: {0}")]
    Prepare(String),
    /// The registry says no, or something else.
    #[error("cannot {what} {address}: {why}")]
    Registry {
        /// What was tried.
        what: &'static str,
        /// Of what.
        address: String,
        /// What came back.
        why: String,
    },
    /// Something else than it was named by.
    #[error("{address} is not what it is named by: {is} was sent")]
    Digest {
        /// The address.
        address: String,
        /// What came.
        is: String,
    },
    /// Not ours.
    #[error("{address} is no profile of cisb and no index of them: it is `{is}`")]
    Foreign {
        /// The address.
        address: String,
        /// What it is.
        is: String,
    },
    /// Ours, and wrong.
    #[error("{address}: {source}")]
    Bundle {
        /// The address.
        address: String,
        /// What is wrong.
        source: BundleError,
    },
}

/// A connection to a registry.
pub struct Session {
    client: Client,
    auth: RegistryAuth,
    runtime: tokio::runtime::Runtime,
}

impl Session {
    /// Prepares one. Nothing is sent.
    pub fn new(address: &Address, access: &AccessArgs) -> Result<Self, RegistryError> {
        let auth = credentials(address, access)?;
        if access.plain_http && auth != RegistryAuth::Anonymous && !address.is_local() {
            return Err(RegistryError::InTheClear(address.host.clone()));
        }
        // Which there is may have been settled before; it is this one anyway.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let certificates = match &access.ca_file {
            None => Vec::new(),
            Some(path) => {
                let data = file::read_bytes(path, None, Secrecy::Public)?;
                // None would mean the system's.
                let begin = b"-----BEGIN CERTIFICATE-----";
                if !data.windows(begin.len()).any(|it| it == begin) {
                    return Err(RegistryError::NoCertificate(path.clone()));
                }
                let encoding = CertificateEncoding::Pem;
                vec![Certificate { encoding, data }]
            }
        };
        let config = ClientConfig {
            protocol: match access.plain_http {
                true => ClientProtocol::Http,
                false => ClientProtocol::Https,
            },
            tls_certs_only: certificates,
            connect_timeout: Some(CONNECT),
            read_timeout: Some(READ),
            user_agent: concat!("cisb/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        let client = Client::try_from(config).map_err(|e| RegistryError::Prepare(why(&e)))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| RegistryError::Prepare(error.to_string()))?;
        Ok(Self {
            client,
            auth,
            runtime,
        })
    }

    /// Pushes a bundle: its index under the tag, or its one profile. Says what
    /// is there then.
    pub fn push(
        &self,
        address: &Address,
        bundle: &Bundle,
        blobs: &Memory,
        alone: bool,
    ) -> Result<Address, RegistryError> {
        self.runtime
            .block_on(self.push_all(address, bundle, blobs, alone))
    }

    /// Pulls what is at an address.
    pub fn pull(&self, address: &Address) -> Result<(Bundle, Memory), RegistryError> {
        self.runtime.block_on(self.pull_all(address))
    }

    async fn push_all(
        &self,
        address: &Address,
        bundle: &Bundle,
        blobs: &Memory,
        alone: bool,
    ) -> Result<Address, RegistryError> {
        let fail = |what, at: &Address| {
            let address = at.to_string();
            move |source| RegistryError::Registry {
                what,
                address,
                why: why(&source),
            }
        };
        let repository = reference(address);
        self.client
            .auth(&repository, &self.auth, RegistryOperation::Push)
            .await
            .map_err(fail("sign in to", address))?;
        let manifests: BTreeSet<&str> = bundle.manifests().map(Descriptor::hex).collect();
        for hex in bundle.digests() {
            let digest = format!("sha256:{hex}");
            let at = address.at(&digest);
            if manifests.contains(hex) {
                continue;
            }
            let there = self.client.blob_exists(&repository, &digest).await;
            if !there.map_err(fail("ask for", &at))? {
                let bytes = blobs.0.get(hex).cloned().unwrap_or_default();
                let pushed = self.client.push_blob(&repository, bytes, &digest).await;
                pushed.map_err(fail("push", &at))?;
            }
        }
        // What refers to a manifest comes after it, and an index after all.
        for manifest in bundle.manifests() {
            let at = address.at(&manifest.digest);
            let bytes = blobs.0.get(manifest.hex()).cloned().unwrap_or_default();
            self.put(&at, bytes, MANIFEST_TYPE).await?;
        }
        for packed in &bundle.profiles {
            self.refer(address, packed).await?;
        }
        let digest = match (alone, bundle.profiles.as_slice()) {
            (true, [packed]) => {
                let bytes = blobs.0.get(packed.manifest.hex());
                let bytes = bytes.cloned().unwrap_or_default();
                self.put(address, bytes, MANIFEST_TYPE).await?;
                packed.manifest.digest.clone()
            }
            _ => {
                let index = write::index(bundle);
                let digest = write::digest(&index);
                self.put(address, index, INDEX_TYPE).await?;
                digest
            }
        };
        Ok(address.at(&digest))
    }

    async fn put(
        &self,
        at: &Address,
        bytes: Vec<u8>,
        kind: &'static str,
    ) -> Result<(), RegistryError> {
        let (kind, there) = (HeaderValue::from_static(kind), reference(at));
        let pushed = self.client.push_manifest_raw(&there, bytes, kind);
        pushed.await.map_err(|source| RegistryError::Registry {
            what: "push",
            address: at.to_string(),
            why: why(&source),
        })?;
        Ok(())
    }

    /// Sees to it that what refers to a profile is found there. A registry that
    /// does not do that itself keeps a list of it under a tag.
    async fn refer(&self, address: &Address, packed: &Packed) -> Result<(), RegistryError> {
        let mut listed = self.referrers(address, packed).await?;
        let mut missing = false;
        for (attached, kind) in [(&packed.envelope, ENVELOPE_TYPE), (&packed.sbom, SBOM_TYPE)] {
            let Some(attached) = attached else { continue };
            let manifest = &attached.manifest;
            if listed.iter().all(|it| it.digest != manifest.digest) {
                missing = true;
                listed.push(Descriptor {
                    artifact_type: Some(kind.to_owned()),
                    ..manifest.clone()
                });
            }
        }
        if !missing {
            return Ok(());
        }
        let list = Address {
            which: Which::Tag(packed.manifest.digest.replace(':', "-")),
            ..address.clone()
        };
        self.put(&list, write::list(listed), INDEX_TYPE).await
    }

    async fn referrers(
        &self,
        address: &Address,
        packed: &Packed,
    ) -> Result<Vec<Descriptor>, RegistryError> {
        let at = address.at(&packed.manifest.digest);
        let fail = |source| RegistryError::Registry {
            what: "list what refers to",
            address: at.to_string(),
            why: why(&source),
        };
        let found = self.client.pull_referrers(&reference(&at), None).await;
        let found = found.map_err(fail)?.manifests.into_iter();
        let found = found.map(|entry| Descriptor {
            media_type: entry.media_type,
            digest: entry.digest,
            size: u64::try_from(entry.size).unwrap_or_default(),
            artifact_type: entry.artifact_type,
            annotations: entry.annotations.unwrap_or_default(),
        });
        Ok(found.take(MAX_REFERRERS).collect())
    }

    async fn pull_all(&self, address: &Address) -> Result<(Bundle, Memory), RegistryError> {
        let mut pulled = Pulled {
            session: self,
            address,
            blobs: Memory::default(),
            total: 0,
        };
        let (first, digest) = pulled.document(address).await?;
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Kind {
            media_type: Option<String>,
            artifact_type: Option<String>,
        }
        let foreign = |is: Option<String>| RegistryError::Foreign {
            address: address.to_string(),
            is: is.unwrap_or_else(|| "something without a type".to_owned()),
        };
        let kind: Kind = serde_json::from_slice(&first).map_err(|_| foreign(None))?;
        let index = match (kind.media_type.as_deref(), kind.artifact_type.as_deref()) {
            (Some(INDEX_TYPE), _) => first,
            (Some(MANIFEST_TYPE), Some(PROFILE_TYPE)) => {
                let size = first.len() as u64;
                pulled.keep(&digest, first);
                write::list(vec![Descriptor {
                    media_type: MANIFEST_TYPE.to_owned(),
                    digest,
                    size,
                    artifact_type: Some(PROFILE_TYPE.to_owned()),
                    annotations: Default::default(),
                }])
            }
            (Some(MANIFEST_TYPE), other) => return Err(foreign(other.map(str::to_owned))),
            (other, _) => return Err(foreign(other.map(str::to_owned))),
        };
        let bundle = pulled.index(&index).await?;
        let bundle = pulled.attachments(bundle).await?;
        Ok((bundle, pulled.blobs))
    }
}

/// What was pulled so far.
struct Pulled<'a> {
    session: &'a Session,
    address: &'a Address,
    blobs: Memory,
    total: u64,
}

impl Pulled<'_> {
    fn wrong(&self, source: BundleError) -> RegistryError {
        RegistryError::Bundle {
            address: self.address.to_string(),
            source,
        }
    }

    fn keep(&mut self, digest: &str, bytes: Vec<u8>) {
        let hex = digest.trim_start_matches("sha256:").to_owned();
        self.blobs.0.insert(hex, bytes);
    }

    /// That what was and will be pulled is no more than a bundle may hold.
    fn count(&mut self, more: u64) -> Result<(), RegistryError> {
        self.total = self.total.saturating_add(more);
        let (size, limit) = (self.total, MAX_TOTAL);
        if size > limit {
            let what = "what it holds".to_owned();
            return Err(self.wrong(BundleError::TooLarge { what, size, limit }));
        }
        match self.blobs.0.len() < MAX_BLOBS {
            true => Ok(()),
            false => {
                let (what, limit) = ("blobs", MAX_BLOBS);
                Err(self.wrong(BundleError::TooMany { what, limit }))
            }
        }
    }

    /// A manifest or an index, with its digest.
    async fn document(&self, at: &Address) -> Result<(Vec<u8>, String), RegistryError> {
        let accepted = [MANIFEST_TYPE, INDEX_TYPE];
        let (client, auth) = (&self.session.client, &self.session.auth);
        let there = reference(at);
        let pulled = client.pull_manifest_raw(&there, auth, &accepted);
        let (bytes, _) = pulled.await.map_err(|source| RegistryError::Registry {
            what: "pull",
            address: at.to_string(),
            why: why(&source),
        })?;
        let size = bytes.len() as u64;
        if size > MAX_JSON {
            let what = "its manifest".to_owned();
            let limit = MAX_JSON;
            return Err(self.wrong(BundleError::TooLarge { what, size, limit }));
        }
        let is = write::digest(&bytes);
        match &at.which {
            Which::Digest(named) if *named != is => Err(RegistryError::Digest {
                address: at.to_string(),
                is,
            }),
            _ => Ok((bytes.to_vec(), is)),
        }
    }

    /// A manifest that a descriptor names, and all that it is made of.
    async fn manifest(&mut self, entry: &Descriptor) -> Result<(), RegistryError> {
        if entry.hex().is_empty() {
            let (what, digest) = ("manifest", entry.digest.clone());
            return Err(self.wrong(BundleError::Missing { what, digest }));
        }
        if !self.blobs.0.contains_key(entry.hex()) {
            let at = self.address.at(&entry.digest);
            let (bytes, digest) = self.document(&at).await?;
            self.count(bytes.len() as u64)?;
            self.keep(&digest, bytes);
        }
        let found = layout::manifest(entry, &self.blobs);
        let (_, manifest) = found.map_err(|error| self.wrong(error))?;
        self.blob(&manifest.config).await?;
        for layer in &manifest.layers {
            self.blob(layer).await?;
        }
        Ok(())
    }

    async fn blob(&mut self, wanted: &Descriptor) -> Result<(), RegistryError> {
        let hex = wanted.hex().to_owned();
        if hex.is_empty() || self.blobs.0.contains_key(&hex) {
            return Ok(());
        }
        if wanted.size > MAX_BLOB {
            let (what, size) = ("one of its blobs".to_owned(), wanted.size);
            let limit = MAX_BLOB;
            return Err(self.wrong(BundleError::TooLarge { what, size, limit }));
        }
        self.count(wanted.size)?;
        let at = self.address.at(&wanted.digest);
        let mut bytes = Bounded {
            bytes: Vec::new(),
            left: wanted.size,
        };
        let client = &self.session.client;
        let repository = reference(self.address);
        let pulled = client.pull_blob(&repository, wanted.digest.as_str(), &mut bytes);
        pulled.await.map_err(|source| RegistryError::Registry {
            what: "pull",
            address: at.to_string(),
            why: why(&source),
        })?;
        let bytes = bytes.bytes;
        let is = write::digest(&bytes);
        if is != wanted.digest {
            let address = at.to_string();
            return Err(RegistryError::Digest { address, is });
        }
        self.blobs.0.insert(hex, bytes);
        Ok(())
    }

    /// All that an index names.
    async fn index(&mut self, index: &[u8]) -> Result<Bundle, RegistryError> {
        let not_understood = |error: serde_json::Error| BundleError::Layout {
            what: "index".to_owned(),
            why: error.to_string(),
        };
        let names: Index =
            serde_json::from_slice(index).map_err(|error| self.wrong(not_understood(error)))?;
        for entry in names.manifests.iter().take(MAX_BLOBS) {
            self.manifest(entry).await?;
        }
        Bundle::understand(index, &self.blobs).map_err(|error| self.wrong(error))
    }

    /// Adds what refers to the profiles in the registry: signatures may have
    /// come to one since its index was made.
    async fn attachments(&mut self, mut bundle: Bundle) -> Result<Bundle, RegistryError> {
        for at in 0..bundle.profiles.len() {
            let mut packed = bundle.profiles[at].clone();
            let mut referrers = self.session.referrers(self.address, &packed).await?;
            // In an order that is nobody's choice.
            referrers.sort_by(|a, b| a.digest.cmp(&b.digest));
            for entry in &referrers {
                let is = |kind: &str| entry.artifact_type.as_deref() == Some(kind);
                let wanted = match is(ENVELOPE_TYPE) {
                    true => true,
                    false => is(SBOM_TYPE) && packed.sbom.is_none(),
                };
                // What others attach is none of ours.
                if !wanted
                    || packed
                        .attached()
                        .any(|it| it.manifest.digest == entry.digest)
                {
                    continue;
                }
                self.manifest(entry).await?;
                self.attach(&mut packed, entry)?;
            }
            bundle.profiles[at] = packed;
        }
        let known = bundle.digests();
        self.blobs.0.retain(|hex, _| known.contains(hex.as_str()));
        Ok(bundle)
    }

    fn attach(&mut self, packed: &mut Packed, entry: &Descriptor) -> Result<(), RegistryError> {
        let alone = write::list(vec![
            Descriptor {
                artifact_type: Some(PROFILE_TYPE.to_owned()),
                ..packed.manifest.clone()
            },
            entry.clone(),
        ]);
        let read = Bundle::understand(&alone, &self.blobs).map_err(|error| self.wrong(error))?;
        let Some(other) = read.profiles.into_iter().next() else {
            return Ok(());
        };
        if packed.sbom.is_none() {
            packed.sbom = other.sbom;
        }
        let bytes = |packed: &Option<layout::Attached>| {
            let content = packed.as_ref().map(|it| it.content.hex());
            content.and_then(|hex| self.blobs.0.get(hex).cloned())
        };
        let (was, is) = (bytes(&packed.envelope), bytes(&other.envelope));
        match (was, is) {
            (_, None) => {}
            (None, Some(_)) => packed.envelope = other.envelope,
            (Some(was), Some(is)) => {
                let both = (Envelope::parse(&was), Envelope::parse(&is));
                // One that cannot be read, or is about another text, adds nothing.
                if let (Ok(was), Ok(is)) = both
                    && let Some(joined) = was.join(&is)
                    && joined.len() > was.len()
                {
                    packed.sign(&joined.to_json(), &mut self.blobs);
                }
            }
        }
        Ok(())
    }
}

fn reference(address: &Address) -> Reference {
    let (host, repository) = (address.host.clone(), address.repository.clone());
    match &address.which {
        Which::Tag(tag) => Reference::with_tag(host, repository, tag.clone()),
        Which::Digest(digest) => Reference::with_digest(host, repository, digest.clone()),
    }
}

/// What went wrong, each cause once, and no more of a stranger's words than fit
/// a message.
fn why(error: &OciDistributionError) -> String {
    if let OciDistributionError::UnauthorizedError { .. } = error {
        return "it wants credentials, or others: --registry-config FILE, or --username with \
                --password-file"
            .to_owned();
    }
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        let said = error.to_string();
        if text.is_empty() {
            text = said;
        } else if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    match text.char_indices().nth(MAX_WORDS) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Bytes up to a number of them.
struct Bounded {
    bytes: Vec<u8>,
    left: u64,
}

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        more: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let Some(left) = self.left.checked_sub(more.len() as u64) else {
            let why = "it is larger than its manifest says";
            return Poll::Ready(Err(std::io::Error::other(why)));
        };
        self.left = left;
        self.bytes.extend_from_slice(more);
        Poll::Ready(Ok(more.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Who asks. Programs that a configuration names are not run.
fn credentials(address: &Address, access: &AccessArgs) -> Result<RegistryAuth, RegistryError> {
    if let (Some(name), Some(path)) = (&access.username, &access.password_file) {
        let bytes = Zeroizing::new(file::read_bytes(path, None, Secrecy::Private)?);
        let text = std::str::from_utf8(&bytes).map_err(|_| FileError::NotText(path.clone()))?;
        let password = text.trim_end_matches(['\r', '\n']).to_owned();
        return Ok(RegistryAuth::Basic(name.clone(), password));
    }
    let Some(path) = &access.registry_config else {
        return Ok(RegistryAuth::Anonymous);
    };
    let bytes = Zeroizing::new(file::read_bytes(path, None, Secrecy::Private)?);
    let bad = |why| RegistryError::Credentials {
        path: path.clone(),
        host: address.host.clone(),
        why,
    };
    let config: Config = serde_json::from_slice(&bytes).map_err(|_| {
        // What was read is not shown.
        bad("it is not in the form of docker's config.json")
    })?;
    let Some(auth) = config.auths.get(&address.host) else {
        return Err(match config.creds_store.is_some() {
            true => bad("it names a program that keeps them, and cisb runs none"),
            false => bad("it does not name that registry"),
        });
    };
    if let Some(token) = auth.registrytoken.as_deref().filter(|it| !it.is_empty()) {
        return Ok(RegistryAuth::Bearer(token.to_owned()));
    }
    if let (Some(name), Some(password)) = (&auth.username, &auth.password) {
        return Ok(RegistryAuth::Basic(name.clone(), password.clone()));
    }
    let pair = auth.auth.as_deref().ok_or(bad("it has no `auth` for it"))?;
    let pair = BASE64_STANDARD.decode(pair).ok();
    let pair = pair.and_then(|pair| String::from_utf8(pair).ok());
    let pair = pair.ok_or(bad("its `auth` is not base64 of a name and a password"))?;
    match pair.split_once(':') {
        Some((name, password)) => Ok(RegistryAuth::Basic(name.to_owned(), password.to_owned())),
        None => Err(bad("its `auth` is not base64 of a name and a password")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(default)]
    auths: std::collections::BTreeMap<String, Auth>,
    creds_store: Option<String>,
}

#[derive(Deserialize)]
struct Auth {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    registrytoken: Option<String>,
}
