//! `cisb profile sign` and `cisb profile verify`: a profile's signatures, made
//! and looked at. Nothing of a profile is compiled or run for either.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::InstalledArgs;
use super::passphrase::{OpenError, PassphraseArgs};
use crate::profile::refusal::Refused;
use crate::profile::signature::{self, SignatureError};
use crate::profile::store::{self, StoreError};
use crate::profile::{Gate, Place, Verified, source};
use crate::report::escape;
use crate::trust::dsse::{Envelope, EnvelopeError};
use crate::trust::file::{self, FileError};
use crate::trust::key::KeyError;
use crate::trust::{Policy, PrivateKey, PublicKey};

/// `cisb profile sign`.
#[derive(Debug, Args)]
#[command(after_help = "\
The signature goes beside the component, into FILE.wasm.dsse.json. Where others
signed before, it is added to theirs: that is how a site countersigns what it
has looked through.")]
pub struct SignArgs {
    /// The component, or the id of an installed one
    #[arg(value_name = "FILE|ID")]
    pub profile: PathBuf,

    /// Where profiles are installed.
    #[command(flatten)]
    pub installed: InstalledArgs,

    /// The private key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,

    /// What opens it.
    #[command(flatten)]
    pub passphrase: PassphraseArgs,

    /// Where the signatures are, and go, instead of beside the component
    #[arg(long, value_name = "FILE")]
    pub envelope: Option<PathBuf>,
}

/// Why a profile was not signed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says what it is of")]
pub enum SignError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{path} cannot be added to: {why}; move it away to begin anew")]
    Envelope { path: PathBuf, why: EnvelopeError },
    #[error(
        "{path} cannot be added to: {why}; it belongs to another component, and is moved away to \
         begin anew"
    )]
    Other { path: PathBuf, why: SignatureError },
    #[error(
        "{0} says something else of this component than its manifest does, so it is not added to"
    )]
    Statement(PathBuf),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the key {0} signed it before")]
    Before(String),
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

/// Signs a profile.
pub fn sign(place: &Place, args: &SignArgs, out: &mut dyn Write) -> Result<(), SignError> {
    let path = args.envelope.as_ref().unwrap_or(&place.envelope);
    let place = Place {
        envelope: path.clone(),
        ..place.clone()
    };
    let unverified = source::read(&place).map_err(Refused::from)?;
    let before = unverified.envelope().map(<[u8]>::to_vec);
    // Only what is a profile is signed.
    let verified = Gate::ajar(Timestamp::UNIX_EPOCH).judge(unverified)?;
    // Before a passphrase is asked for.
    let envelope = open(&verified, before.as_deref(), path)?;
    let key = args.passphrase.open(&args.key)?;
    let envelope = add(envelope, &key)?;
    let id = key.public().id();
    match (&args.envelope, &place.digest) {
        // A store's blobs are called what they are, so it gets another.
        (None, Some(_)) => store::countersign(&place, &envelope.to_json())?,
        _ => file::write(path, &envelope.to_json(), 0o644)?,
    }
    let manifest = verified.manifest();
    writeln!(
        out,
        "{} {} (epoch {})",
        manifest.id, manifest.version, manifest.epoch
    )?;
    writeln!(out, "component     sha256:{}", verified.digest())?;
    writeln!(out, "manifest      sha256:{}", verified.manifest_digest())?;
    writeln!(out, "capabilities  {}", verified.capabilities())?;
    writeln!(out, "signed by     {id}")?;
    let at = match (&args.envelope, &place.digest) {
        (None, Some(_)) => "the store".to_owned(),
        _ => path.display().to_string(),
    };
    writeln!(out, "signatures    {} in {at}", envelope.len())?;
    Ok(())
}

/// The envelope that a signature of this profile goes into: the one that was
/// there, if it says of the profile what its manifest says. `path` is what
/// messages call it.
pub fn open(
    verified: &Verified,
    before: Option<&[u8]>,
    path: &Path,
) -> Result<Envelope, SignError> {
    let ours = Envelope::around(&signature::statement(verified));
    let Some(before) = before else {
        return Ok(ours);
    };
    let envelope = Envelope::parse(before).map_err(|why| SignError::Envelope {
        path: path.to_owned(),
        why,
    })?;
    let other = |why| SignError::Other {
        path: path.to_owned(),
        why,
    };
    let said = signature::release(&envelope, verified.digest()).map_err(other)?;
    let right = signature::release(&ours, verified.digest()).map_err(other)?;
    match said == right {
        true => Ok(envelope),
        false => Err(SignError::Statement(path.to_owned())),
    }
}

/// The envelope with one more signature.
pub fn add(mut envelope: Envelope, key: &PrivateKey) -> Result<Envelope, SignError> {
    match envelope.sign(key) {
        true => Ok(envelope),
        false => Err(SignError::Before(key.public().id().to_string())),
    }
}

/// A policy that wants these keys, each of them, and nothing else.
pub fn policy_of(keys: &[PathBuf]) -> Result<Policy, KeyError> {
    let keys = keys.iter().map(|path| {
        let name = path.file_stem().map_or_else(
            || path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        );
        Ok((name, PublicKey::read(path)?))
    });
    Ok(Policy::wanting(keys.collect::<Result<_, KeyError>>()?))
}

/// What a policy and a lock say of a profile, for people.
pub fn write_verdict(
    gate: &Gate,
    place: &Place,
    out: &mut dyn Write,
) -> io::Result<Result<(), Refused>> {
    let admitted = gate.admit(place);
    let field = |out: &mut dyn Write, name: &str, text: &str| {
        writeln!(out, "{name:<13} {}", escape::line(text))
    };
    match &admitted {
        Ok(verified) => {
            let manifest = verified.manifest();
            let name = format!(
                "{} {} (epoch {})",
                manifest.id, manifest.version, manifest.epoch
            );
            field(out, "profile", &name)?;
            field(out, "component", &format!("sha256:{}", verified.digest()))?;
            field(
                out,
                "manifest",
                &format!("sha256:{}", verified.manifest_digest()),
            )?;
            field(out, "capabilities", verified.capabilities())?;
            for signer in verified.standing().signers() {
                let roles: Vec<&str> = signer.roles.iter().map(|role| role.word()).collect();
                let text = match roles.is_empty() {
                    true => format!("{} {}", signer.name, signer.key),
                    false => format!("{} ({}) {}", signer.name, roles.join(", "), signer.key),
                };
                field(out, "signed by", &text)?;
            }
            if verified.standing().signers().is_empty() {
                field(out, "signed by", &verified.standing().words())?;
            }
            match gate.policy() {
                Some((path, _)) if path.as_os_str().is_empty() => {
                    field(out, "policy", "every key that was named signed it")?
                }
                Some((path, _)) => field(out, "policy", &format!("{} admits it", path.display()))?,
                None => field(
                    out,
                    "policy",
                    "none, so no signature was held against anything",
                )?,
            }
            match gate.lock() {
                Some((path, _)) => field(out, "lock", &format!("{} pins it", path.display()))?,
                None => field(out, "lock", "none")?,
            }
        }
        Err(refused) => {
            field(out, "profile", &place.shown())?;
            field(out, "refused", &refused.to_string())?;
        }
    }
    Ok(admitted.map(|_| ()))
}
