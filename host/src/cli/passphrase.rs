//! The passphrase that seals a private key: from a file, or from a person. It
//! never stands on the command line, where every process can read it, nor in
//! the environment.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use crate::trust::PrivateKey;
use crate::trust::file::{self, FileError, Secrecy};
use crate::trust::key::KeyError;

/// Where a passphrase comes from.
#[derive(Debug, Default, Args)]
pub struct PassphraseArgs {
    /// The passphrase is the first line of this file, which only its owner may read
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// Its file is not to be had, or not to be trusted.
    #[error(transparent)]
    File(#[from] FileError),
    /// An empty line.
    #[error("the passphrase is empty: a key without one needs none")]
    Empty,
    /// Nobody is there to be asked.
    #[error("there is no terminal to ask for a passphrase on: give --passphrase-file FILE")]
    NoTerminal,
    /// Somebody mistyped.
    #[error("the passphrases differ")]
    Differ,
    /// The terminal does not work.
    #[error("cannot ask for the passphrase: {0}")]
    Ask(io::Error),
}

impl PassphraseArgs {
    /// The passphrase of the file, if one is named.
    pub fn read(&self) -> Result<Option<Zeroizing<String>>, PassphraseError> {
        let Some(path) = &self.passphrase_file else {
            return Ok(None);
        };
        let bytes = Zeroizing::new(file::read_bytes(path, None, Secrecy::Private)?);
        let text = std::str::from_utf8(&bytes).map_err(|_| FileError::NotText(path.clone()))?;
        match text.lines().next() {
            None | Some("") => Err(PassphraseError::Empty),
            Some(line) => Ok(Some(Zeroizing::new(line.to_owned()))),
        }
    }

    /// Reads a private key with it; on a terminal, asks where it is needed.
    pub fn open(&self, key: &Path) -> Result<PrivateKey, OpenError> {
        let passphrase = self.read()?;
        Ok(PrivateKey::read(key, || {
            passphrase.or_else(|| ask(&format!("passphrase of {}: ", key.display())).ok())
        })?)
    }
}

/// Why a private key cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says what it is of")]
pub enum OpenError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
}

/// Asks on the terminal, and shows nothing of the answer.
fn ask(words: &str) -> Result<Zeroizing<String>, PassphraseError> {
    if !io::stdin().is_terminal() {
        return Err(PassphraseError::NoTerminal);
    }
    let answer = rpassword::prompt_password(words).map_err(PassphraseError::Ask)?;
    Ok(Zeroizing::new(answer))
}

/// Asks for a new one.
pub fn ask_twice() -> Result<Zeroizing<String>, PassphraseError> {
    let once = ask("passphrase: ")?;
    if once.is_empty() {
        return Err(PassphraseError::Empty);
    }
    match once == ask("the same again: ")? {
        true => Ok(once),
        false => Err(PassphraseError::Differ),
    }
}
