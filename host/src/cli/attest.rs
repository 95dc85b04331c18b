//! Signed results: `scan --sign KEY`, and `cisb verify-report`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::passphrase::{OpenError, PassphraseArgs};
use super::sign;
use crate::profile::source::ENVELOPE_SUFFIX;
use crate::report::attestation::{self, AttestationError};
use crate::report::escape;
use crate::request::Trust;
use crate::trust::dsse::Envelope;
use crate::trust::file::{self, FileError};
use crate::trust::key::KeyError;
use crate::trust::policy::{Key, PolicyError};
use crate::trust::{Policy, PrivateKey, policy};

/// `cisb verify-report`.
#[derive(Debug, Args)]
#[command(after_help = "\
Shows what the signature binds: the node or record, root and process table, the
profiles with their digests, grants, parameters, coverage, and whether a person
set the time. A signature proves that the key's holder vouched for the report;
it does not prove that the node was as the report says.

Exit codes: 0 the report is what a believed key signed, 2 usage or
configuration, 3 it is not.")]
pub struct VerifyReportArgs {
    /// The report, as `--output json=FILE` wrote it
    #[arg(value_name = "REPORT")]
    pub report: PathBuf,

    /// The signature, if it is not beside the report as REPORT.dsse.json
    #[arg(long, value_name = "FILE")]
    pub envelope: Option<PathBuf>,

    /// Want this public key's signature instead of one that a policy believes; repeat for several
    #[arg(long = "key", value_name = "FILE.pub", conflicts_with = "trust")]
    pub keys: Vec<PathBuf>,

    /// The policy whose keys are believed [default: /etc/cisb/trust.toml]
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
}

/// How a scan's report is signed.
#[derive(Debug, Clone)]
pub struct Signing {
    /// The private key.
    pub key: PathBuf,
    /// What opens it.
    pub passphrase: Option<PathBuf>,
}

impl Signing {
    /// The key. Asked for before a scan: a wrong passphrase is not worth one.
    pub fn open(&self) -> Result<PrivateKey, OpenError> {
        let passphrase = PassphraseArgs {
            passphrase_file: self.passphrase.clone(),
        };
        passphrase.open(&self.key)
    }
}

/// Where a report's signature goes.
pub fn beside(report: &Path) -> PathBuf {
    let mut name = report.as_os_str().to_owned();
    name.push(ENVELOPE_SUFFIX);
    name.into()
}

/// Why a report cannot be verified at all; exit code 2.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says what it is of")]
pub enum VerifyReportError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(
        "no key is named and there is no trust policy at {0}: --key FILE.pub names a key, --trust \
         FILE a policy"
    )]
    NoPolicy(PathBuf),
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

/// Why a report is not believed; exit code 3.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it")]
pub enum Disbelief {
    #[error(transparent)]
    Attestation(#[from] AttestationError),
    #[error("none of the keys that are believed signed it")]
    UnknownKey,
    #[error("the key {0} did not sign it, and was named")]
    Missing(String),
    #[error("the key {0} signed it, and the policy revokes that key")]
    Revoked(String),
    #[error("the key {key} signed it, and is valid {when} only")]
    NotValid { key: String, when: String },
}

impl Disbelief {
    /// Which of the reasons.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Attestation(error) => error.code(),
            Self::UnknownKey => "unknown-key",
            Self::Missing(_) => "too-few-signatures",
            Self::Revoked(_) => "revoked-key",
            Self::NotValid { .. } => "key-not-valid",
        }
    }
}

/// Verifies a report and prints what its signature binds.
pub fn verify(
    args: &VerifyReportArgs,
    trust: &Trust,
    now: Timestamp,
    out: &mut dyn Write,
) -> Result<Result<(), Disbelief>, VerifyReportError> {
    let policy = match args.keys.as_slice() {
        [] => {
            let path = trust.policy.clone().unwrap_or_else(|| policy::PATH.into());
            if !file::exists(&path) {
                return Err(VerifyReportError::NoPolicy(path));
            }
            Policy::parse(&path, &file::read(&path, None)?)?
        }
        keys => sign::policy_of(keys)?,
    };
    let every = !args.keys.is_empty();
    let envelope = args
        .envelope
        .clone()
        .unwrap_or_else(|| beside(&args.report));
    // Of any size: it is only hashed and parsed, and came from a file.
    let report = file::read_large(&args.report)?;
    let envelope = file::read_any(&envelope)?;
    let judged = judge(&envelope, &report, &policy, every, now);
    let (signers, attested) = match judged {
        Ok(judged) => judged,
        Err(why) => return Ok(Err(why)),
    };
    for key in signers {
        let text = format!("{} {}", key.name, key.public.id());
        writeln!(out, "{:<10} {}", "signed by", escape::line(&text))?;
    }
    for (name, text) in attested.fields {
        writeln!(out, "{name:<10} {}", escape::line(&text))?;
    }
    Ok(Ok(()))
}

fn judge<'a>(
    envelope: &[u8],
    report: &[u8],
    policy: &'a Policy,
    every: bool,
    now: Timestamp,
) -> Result<(Vec<&'a Key>, attestation::Attested), Disbelief> {
    let envelope = Envelope::parse(envelope).map_err(AttestationError::from)?;
    let signed = envelope.signed_by(policy.keys().iter().map(|key| &key.public));
    let (theirs, others): (Vec<&Key>, Vec<&Key>) = policy
        .keys()
        .iter()
        .partition(|key| signed.keys.contains(key.public.id()));
    if theirs.is_empty() {
        return Err(Disbelief::UnknownKey);
    }
    if every && let Some(missing) = others.first() {
        return Err(Disbelief::Missing(missing.name.clone()));
    }
    let attested = attestation::check(&envelope, report)?;
    let mut out = None;
    let mut believed = Vec::new();
    for key in theirs {
        if key.revoked {
            out = out.or(Some(Disbelief::Revoked(key.name.clone())));
        } else if !key.is_valid(now) {
            out = out.or(Some(Disbelief::NotValid {
                key: key.name.clone(),
                when: key.validity(),
            }));
        } else {
            believed.push(key);
        }
    }
    match (believed.is_empty(), out) {
        (true, Some(why)) => Err(why),
        _ => Ok((believed, attested)),
    }
}
