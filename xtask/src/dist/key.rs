//! The key that signs a release: given, or one of this machine that is made
//! when it is first needed. Neither ever lies in the source or in the output.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use ed25519_dalek::{Signer as _, SigningKey};
use pkcs8::{EncryptedPrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

use super::Options;
use crate::sys::{self, Workspace};

/// A key by its files.
#[derive(Debug)]
pub struct Chosen {
    /// The private half.
    pub path: PathBuf,
    /// The public half, PEM.
    pub public: Vec<u8>,
    /// The digest of the public half.
    pub id: String,
    /// Whether it is only this machine's.
    pub development: bool,
    passphrase: Option<PathBuf>,
}

/// A key that signs.
pub(super) struct Opened(SigningKey);

impl Chosen {
    /// The key that the options name, or this machine's.
    pub(super) fn of(workspace: &Workspace, options: &Options, output: &Path) -> Result<Self> {
        let (path, development) = match &options.key {
            Some(path) => (path.clone(), false),
            None => (development(workspace)?, true),
        };
        let real = path
            .canonicalize()
            .with_context(|| format!("the key {} cannot be read", path.display()))?;
        for (what, folder) in [
            ("the source", workspace.root.as_path()),
            ("the output", output),
        ] {
            ensure!(
                !real.starts_with(folder),
                "the key {} lies in {what}: keep private keys elsewhere",
                path.display()
            );
        }
        let signing = read(&real, options.passphrase.as_deref())?;
        let der = spki(signing.verifying_key().as_bytes());
        Ok(Self {
            public: pem(&der).into_bytes(),
            id: format!("sha256:{}", sys::sha256(&der)),
            path: real,
            development,
            passphrase: options.passphrase.clone(),
        })
    }

    /// What the public half is called in a release.
    pub(super) fn public_name(&self) -> &'static str {
        match self.development {
            true => "development.pub",
            false => "release.pub",
        }
    }

    /// How `cisb` is told of it.
    pub(super) fn arguments<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.arg("--key").arg(&self.path);
        if let Some(passphrase) = &self.passphrase {
            command.arg("--passphrase-file").arg(passphrase);
        }
        command
    }

    /// Ready to sign.
    pub(super) fn open(&self, passphrase: Option<&Path>) -> Result<Opened> {
        read(&self.path, passphrase).map(Opened)
    }
}

impl Opened {
    /// A signature as `openssl pkeyutl -verify -rawin` checks it.
    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// This machine's key, made if there is none.
fn development(workspace: &Workspace) -> Result<PathBuf> {
    let data = std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".local/share")))
        .context("there is no --key, and no home directory to keep a development key in")?;
    let path = data.join("cisb/development.key");
    if path.symlink_metadata().is_err() {
        let folder = data.join("cisb");
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        sys::read(
            Command::new(workspace.cisb())
                .args(["key", "generate", "--output"])
                .arg(&path),
        )?;
        println!(
            "dist: there was no --key: made the development key {}",
            path.display()
        );
    }
    Ok(path)
}

/// The private half. `cisb profile sign` looks at who may read the file.
fn read(path: &Path, passphrase: Option<&Path>) -> Result<SigningKey> {
    let shown = path.display();
    let text = Zeroizing::new(
        std::fs::read_to_string(path).with_context(|| format!("the key {shown} cannot be read"))?,
    );
    let no_key = || format!("{shown} is no Ed25519 private key in PKCS#8 PEM form");
    if !text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        return SigningKey::from_pkcs8_pem(text.trim())
            .ok()
            .with_context(no_key);
    }
    let Some(passphrase) = passphrase else {
        bail!("{shown} is sealed with a passphrase: give --passphrase-file FILE");
    };
    let word = Zeroizing::new(
        std::fs::read_to_string(passphrase)
            .with_context(|| format!("{} cannot be read", passphrase.display()))?,
    );
    let word = word.lines().next().unwrap_or_default();
    let (_, sealed) = SecretDocument::from_pem(text.trim())
        .ok()
        .with_context(no_key)?;
    let opened = EncryptedPrivateKeyInfoRef::try_from(sealed.as_bytes())
        .ok()
        .with_context(no_key)?
        .decrypt(word.as_bytes())
        .ok()
        .with_context(|| format!("the passphrase does not open {shown}"))?;
    SigningKey::from_pkcs8_der(opened.as_bytes())
        .ok()
        .with_context(no_key)
}

/// A SubjectPublicKeyInfo, which for Ed25519 always begins alike.
fn spki(key: &[u8; 32]) -> Vec<u8> {
    let mut der = vec![
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ];
    der.extend(key);
    der
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::prelude::BASE64_STANDARD.encode(der);
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The private half of a key that is one byte, written 32 times.
    fn private(byte: u8) -> String {
        use base64::Engine as _;
        let mut der = vec![
            0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
        ];
        der.extend([byte; 32]);
        let text = base64::prelude::BASE64_STANDARD.encode(der);
        format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
    }

    fn options(key: &Path) -> Options {
        Options {
            key: Some(key.to_owned()),
            passphrase: None,
            output: "dist".into(),
        }
    }

    #[test]
    fn a_key_that_was_given_makes_a_release() {
        let workspace = Workspace::find().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("release.key");
        std::fs::write(&path, private(7)).unwrap();
        let key = Chosen::of(&workspace, &options(&path), Path::new("/nowhere")).unwrap();
        assert_eq!(key.public_name(), "release.pub");
        let public = SigningKey::from_bytes(&[7; 32]).verifying_key();
        let signature = key.open(None).unwrap().sign(b"sums");
        public.verify_strict(b"sums", &signature.into()).unwrap();
        let public = String::from_utf8(key.public).unwrap();
        assert!(public.starts_with("-----BEGIN PUBLIC KEY-----"), "{public}");
        assert!(!public.contains(private(7).lines().nth(1).unwrap()));
    }

    #[test]
    fn a_key_in_the_output_or_the_source_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let path = root.join("release.key");
        std::fs::write(&path, private(7)).unwrap();
        let workspace = Workspace::find().unwrap();
        let said = Chosen::of(&workspace, &options(&path), &root)
            .unwrap_err()
            .to_string();
        assert!(said.contains("lies in the output"), "{said}");
        let here = Workspace { root };
        let said = Chosen::of(&here, &options(&path), Path::new("/nowhere")).unwrap_err();
        assert!(said.to_string().contains("lies in the source"), "{said}");
    }

    #[test]
    fn a_sealed_key_signs_with_its_passphrase_only() {
        use ed25519_dalek::pkcs8::{EncodePrivateKey as _, KeypairBytes};
        let pair = KeypairBytes {
            secret_key: [7; 32],
            public_key: None,
        };
        let sealed = pair
            .to_pkcs8_encrypted_pem("correct horse", pkcs8::LineEnding::LF)
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (path, word) = (folder.path().join("key"), folder.path().join("word"));
        std::fs::write(&path, sealed.as_bytes()).unwrap();
        std::fs::write(&word, "correct horse\n").unwrap();
        let key = read(&path, Some(&word)).unwrap();
        assert_eq!(key.to_bytes(), [7; 32]);
        std::fs::write(&word, "wrong\n").unwrap();
        let said = read(&path, Some(&word)).unwrap_err().to_string();
        assert!(said.contains("does not open"), "{said}");
    }

    #[test]
    fn what_is_no_key_is_said_to_be_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "hello").unwrap();
        let said = read(&path, None).unwrap_err().to_string();
        assert!(said.contains("is no Ed25519 private key"), "{said}");
        std::fs::write(&path, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n").unwrap();
        let said = read(&path, None).unwrap_err().to_string();
        assert!(said.contains("--passphrase-file"), "{said}");
    }
}
