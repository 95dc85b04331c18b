//! Ed25519 keys as `openssl` reads and writes them: private ones as PKCS#8,
//! sealed with a passphrase or not, public ones as SubjectPublicKeyInfo.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::pkcs8::spki::{DecodePublicKey as _, EncodePublicKey as _};
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, KeypairBytes};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use pkcs8::der::pem::LineEnding;
use pkcs8::{EncodePrivateKey as _, EncryptedPrivateKeyInfoRef};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::file::{self, FileError, Secrecy};
use crate::evidence::hex;

/// A key's name that nobody can choose: `sha256:` and the digest of its
/// SubjectPublicKeyInfo, as `openssl pkey -pubin -outform DER | sha256sum`
/// prints it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Understands `sha256:` and 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("sha256:")?;
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (digits.len() == 64 && digits.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough of it to tell keys apart on a screen.
    pub fn short(&self) -> &str {
        self.0.get(..19).unwrap_or(&self.0)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Its file is not to be had, or not to be trusted.
    #[error(transparent)]
    File(#[from] FileError),
    /// Not a key that cisb knows.
    #[error("{what} is no Ed25519 public key: {why}")]
    NotPublic {
        /// What was read.
        what: String,
        /// Why.
        why: String,
    },
    /// Not a private key that cisb knows.
    #[error(
        "{path} is no Ed25519 private key in PKCS#8 PEM form: `cisb key generate` and `openssl \
         genpkey -algorithm ed25519` make one"
    )]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// A passphrase is needed, and there is none.
    #[error(
        "{path} is sealed with a passphrase: give --passphrase-file FILE, or run on a terminal, \
         where cisb asks for it"
    )]
    Sealed {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase is another.
    #[error("the passphrase does not open {path}")]
    Passphrase {
        /// The file.
        path: PathBuf,
    },
    /// No randomness, or a library that refuses.
    #[error("cannot make a key: {0}")]
    Make(String),
}

/// A key that verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: KeyId,
    key: VerifyingKey,
}

impl PublicKey {
    fn new(key: VerifyingKey) -> Result<Self, String> {
        // With such a key a signature of anything verifies.
        if key.is_weak() {
            return Err("it is of small order".to_owned());
        }
        let der = key.to_public_key_der().map_err(|e| e.to_string())?;
        let id = KeyId(format!("sha256:{}", hex(&Sha256::digest(der.as_bytes()))));
        Ok(Self { id, key })
    }

    /// Understands PEM, or the base64 that stands inside it.
    pub fn parse(text: &str, what: &str) -> Result<Self, KeyError> {
        let bad = |why: String| KeyError::NotPublic {
            what: what.to_owned(),
            why,
        };
        let text = text.trim();
        if text.contains("PRIVATE KEY") {
            return Err(bad(
                "it is a private key: name the .pub beside it".to_owned()
            ));
        }
        let key = match text.starts_with("-----") {
            true => VerifyingKey::from_public_key_pem(text).map_err(|e| bad(e.to_string()))?,
            false => {
                let der = BASE64_STANDARD
                    .decode(text)
                    .map_err(|e| bad(format!("it is not base64: {e}")))?;
                VerifyingKey::from_public_key_der(&der).map_err(|e| bad(e.to_string()))?
            }
        };
        Self::new(key).map_err(bad)
    }

    /// Reads a `.pub` file. Who holds it may have it from anywhere: what it is
    /// worth, a policy says.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let bytes = file::read_any(path)?;
        let text = String::from_utf8(bytes).map_err(|_| FileError::NotText(path.to_owned()))?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Its id.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// One line, for a policy.
    pub fn line(&self) -> String {
        // Such a key always has a form: `new` made it once.
        let der = self.key.to_public_key_der();
        der.map_or_else(|_| String::new(), |der| BASE64_STANDARD.encode(der))
    }

    /// PEM, for a file.
    pub fn pem(&self) -> String {
        self.key
            .to_public_key_pem(LineEnding::LF)
            .unwrap_or_default()
    }

    /// Whether a signature is this key's, by the strict rules: no signature has
    /// a second form, and no key fits many messages.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }
}

/// A key that signs. It is wiped from memory when it is dropped, and has no
/// form that could be printed.
pub struct PrivateKey {
    key: SigningKey,
    public: PublicKey,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public.id)
    }
}

impl PrivateKey {
    fn new(key: SigningKey) -> Result<Self, String> {
        let public = PublicKey::new(key.verifying_key())?;
        Ok(Self { key, public })
    }

    /// Makes one from the system's randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0_u8; 32]);
        getrandom::fill(seed.as_mut()).map_err(|e| KeyError::Make(e.to_string()))?;
        Self::new(SigningKey::from_bytes(&seed)).map_err(KeyError::Make)
    }

    /// From 32 bytes, for tests.
    #[cfg(test)]
    pub(crate) fn of(seed: u8) -> Self {
        Self::new(SigningKey::from_bytes(&[seed; 32])).unwrap()
    }

    /// Reads a private key's file; `ask` is called if it is sealed.
    pub fn read(
        path: &Path,
        ask: impl FnOnce() -> Option<Zeroizing<String>>,
    ) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(file::read_bytes(path, None, Secrecy::Private)?);
        let path = || path.to_owned();
        let text =
            std::str::from_utf8(&bytes).map_err(|_| KeyError::NotPrivate { path: path() })?;
        let text = text.trim();
        let key = if text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
            let (_, sealed) = pkcs8::SecretDocument::from_pem(text)
                .map_err(|_| KeyError::NotPrivate { path: path() })?;
            let sealed = EncryptedPrivateKeyInfoRef::try_from(sealed.as_bytes())
                .map_err(|_| KeyError::NotPrivate { path: path() })?;
            let passphrase = ask().ok_or_else(|| KeyError::Sealed { path: path() })?;
            let opened = sealed
                .decrypt(passphrase.as_bytes())
                .map_err(|_| KeyError::Passphrase { path: path() })?;
            SigningKey::from_pkcs8_der(opened.as_bytes())
        } else {
            SigningKey::from_pkcs8_pem(text)
        };
        let key = key.map_err(|_| KeyError::NotPrivate { path: path() })?;
        Self::new(key).map_err(|_| KeyError::NotPrivate { path: path() })
    }

    /// Its PEM form, sealed where there is a passphrase.
    pub fn pem(&self, passphrase: Option<&str>) -> Result<Zeroizing<String>, KeyError> {
        let make = |e: pkcs8::Error| KeyError::Make(e.to_string());
        // Without the public half, which older readers of PKCS#8 refuse.
        let bytes = KeypairBytes {
            secret_key: self.key.to_bytes(),
            public_key: None,
        };
        match passphrase {
            None => bytes.to_pkcs8_pem(LineEnding::LF).map_err(make),
            Some(passphrase) => bytes
                .to_pkcs8_encrypted_pem(passphrase, LineEnding::LF)
                .map_err(make),
        }
    }

    /// The half that anybody may have.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn kept(pem: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site.key");
        file::write_new(&path, pem.as_bytes(), 0o600).unwrap();
        (folder, path)
    }

    #[test]
    fn a_key_comes_back_from_its_file() {
        let key = PrivateKey::of(7);
        let (_folder, path) = kept(&key.pem(None).unwrap());
        let read = PrivateKey::read(&path, || panic!("it is not sealed")).unwrap();
        assert_eq!(read.public(), key.public());
        assert!(read.public().verifies(b"x", &key.sign(b"x")));
        assert!(!read.public().verifies(b"y", &key.sign(b"x")));
        let public = PublicKey::parse(&key.public().pem(), "it").unwrap();
        assert_eq!(&public, key.public());
        assert_eq!(
            PublicKey::parse(&key.public().line(), "it").unwrap(),
            public
        );
    }

    #[test]
    fn a_sealed_key_wants_its_passphrase() {
        let key = PrivateKey::of(7);
        let pem = key.pem(Some("correct horse")).unwrap();
        assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        let (_folder, path) = kept(&pem);
        let with = |word: Option<&str>| {
            PrivateKey::read(&path, || word.map(|word| Zeroizing::new(word.to_owned())))
        };
        assert_eq!(with(Some("correct horse")).unwrap().public(), key.public());
        assert!(matches!(with(Some("x")), Err(KeyError::Passphrase { .. })));
        assert!(matches!(with(None), Err(KeyError::Sealed { .. })));
    }

    #[test]
    fn a_key_that_others_can_read_is_no_secret() {
        let (_folder, path) = kept(&PrivateKey::of(7).pem(None).unwrap());
        for mode in [0o640, 0o604, 0o622] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let said = PrivateKey::read(&path, || None).unwrap_err().to_string();
            assert!(said.contains("is not trusted"), "{said}");
        }
    }

    #[test]
    fn what_is_no_key_is_named_as_what_it_is() {
        let key = PrivateKey::of(7);
        let said = PublicKey::parse(&key.pem(None).unwrap(), "site.key").unwrap_err();
        assert!(said.to_string().contains("it is a private key"), "{said}");
        assert!(PublicKey::parse("not a key", "x").is_err());
        let (_folder, path) = kept(&key.public().pem());
        assert!(matches!(
            PrivateKey::read(&path, || None),
            Err(KeyError::NotPrivate { .. })
        ));
    }

    #[test]
    fn a_weak_key_is_no_key() {
        // The neutral element: with it, one signature fits every message.
        let mut weak = [0_u8; 32];
        weak[0] = 1;
        let weak = VerifyingKey::from_bytes(&weak).unwrap();
        assert!(PublicKey::new(weak).is_err());
    }

    #[test]
    fn a_private_key_is_never_printed() {
        let key = PrivateKey::of(7);
        let shown = format!("{key:?}");
        assert_eq!(shown, format!("PrivateKey({})", key.public().id()));
    }

    #[test]
    fn an_id_is_the_digest_of_the_public_half() {
        let id = PrivateKey::of(7).public().id().clone();
        assert_eq!(KeyId::parse(id.as_str()), Some(id.clone()));
        assert!(id.as_str().starts_with(id.short()));
        assert_eq!(KeyId::parse("sha256:ABC"), None);
    }
}
