//! `cisb key`: makes keys, and says in a trust policy which are believed.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

use super::InspectFormat;
use super::passphrase::{self, PassphraseArgs, PassphraseError};
use crate::config::Settings;
use crate::report::escape::{self, SafeJson};
use crate::trust::edit::{self, EditError, NewKey};
use crate::trust::file::{self, FileError};
use crate::trust::key::KeyError;
use crate::trust::policy::{self, PolicyError, Role};
use crate::trust::{Policy, PrivateKey, PublicKey};

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key pair: a private key for its owner alone, and a public one beside it
    #[command(after_help = "\
Both are in the form that openssl reads: PKCS#8 and SubjectPublicKeyInfo, Ed25519.
An existing file is never overwritten.")]
    Generate {
        /// Where the private key goes; the public one goes beside it, ending in .pub
        #[arg(short = 'o', long = "output", value_name = "FILE")]
        output: PathBuf,
        /// Whether it is sealed.
        #[command(flatten)]
        passphrase: PassphraseArgs,
        /// Ask for a passphrase to seal it with
        #[arg(long, conflicts_with = "passphrase_file")]
        passphrase_prompt: bool,
    },
    /// Let the trust policy believe a public key
    #[command(after_help = "\
Compare the key's id with its owner, on another way than the one the key came by.
Where there is no policy yet, one is written, with a rule that wants this key's
role for these profiles.")]
    Trust(TrustKeyArgs),
    /// List the keys that the trust policy knows
    List {
        /// The policy [default: /etc/cisb/trust.toml]
        #[arg(long, value_name = "FILE")]
        trust: Option<PathBuf>,
        /// How to print them
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: InspectFormat,
    },
    /// Stop believing a key; what it signed is refused from then on
    Revoke {
        /// Its name in the policy, or its id
        #[arg(value_name = "NAME|ID")]
        key: String,
        /// The policy [default: /etc/cisb/trust.toml]
        #[arg(long, value_name = "FILE")]
        trust: Option<PathBuf>,
    },
}

/// `cisb key trust`.
#[derive(Debug, Args)]
pub struct TrustKeyArgs {
    /// The public key's file
    #[arg(value_name = "FILE.pub")]
    pub key: PathBuf,

    /// What the policy, and reports, call it
    #[arg(long, value_name = "NAME")]
    pub name: String,

    /// What it is for; repeat for several
    #[arg(long = "role", value_name = "ROLE", required = true)]
    pub roles: Vec<Role>,

    /// For which profiles, a pattern such as cis-*; repeat for several [default: *]
    #[arg(long = "for", value_name = "PATTERN")]
    pub profiles: Vec<String>,

    /// Signatures count from this time on, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub not_before: Option<Timestamp>,

    /// Signatures count until this time, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub not_after: Option<Timestamp>,

    /// Let every rule that is there want a signature in this role too
    #[arg(long)]
    pub require: bool,

    /// The policy [default: /etc/cisb/trust.toml]
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
}

impl ValueEnum for Role {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        let help = match self {
            Self::Publisher => "whoever releases profiles",
            Self::Reviewer => "whoever looks them through",
            Self::Site => "the site that runs them",
        };
        Some(clap::builder::PossibleValue::new(self.word()).help(help))
    }
}

/// Why a command on keys was not done; exit code 2.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says what it is of")]
pub enum KeyCommandError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    #[error("{0} is there already, and a key is never overwritten: name another file")]
    Exists(PathBuf),
    #[error("{0} ends in .pub, as the public key beside it would: name another file")]
    PublicName(PathBuf),
    #[error("there is no trust policy at {0}: `cisb key trust` makes one, --trust FILE names one")]
    NoPolicy(PathBuf),
    #[error("`{0}` cannot be a name: use letters, digits, `.`, `-` and `_`")]
    Name(String),
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

/// Does what was asked for, and prints what came of it.
pub fn run(
    command: KeyCommand,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<(), KeyCommandError> {
    let policy = |given: Option<PathBuf>| {
        given
            .or_else(|| settings.trust.clone())
            .unwrap_or_else(|| policy::PATH.into())
    };
    match command {
        KeyCommand::Generate {
            output,
            passphrase,
            passphrase_prompt,
        } => generate(&output, &passphrase, passphrase_prompt, out),
        KeyCommand::Trust(args) => trust(&policy(args.trust.clone()), args, out),
        KeyCommand::List { trust, format } => list(&policy(trust), format, out),
        KeyCommand::Revoke { key, trust } => {
            let path = policy(trust);
            let text = existing(&path)?;
            let (text, id) = edit::revoke(&path, &text, &key)?;
            file::write(&path, text.as_bytes(), 0o644)?;
            writeln!(out, "{} revokes {id}", path.display())?;
            Ok(())
        }
    }
}

fn generate(
    output: &Path,
    passphrase: &PassphraseArgs,
    prompt: bool,
    out: &mut dyn Write,
) -> Result<(), KeyCommandError> {
    if output.extension().is_some_and(|end| end == "pub") {
        return Err(KeyCommandError::PublicName(output.to_owned()));
    }
    let public = beside(output);
    for path in [output, &public] {
        if file::exists(path) {
            return Err(KeyCommandError::Exists(path.to_owned()));
        }
    }
    let passphrase = match prompt {
        true => Some(passphrase::ask_twice()?),
        false => passphrase.read()?,
    };
    let key = PrivateKey::generate()?;
    let pem = key.pem(passphrase.as_ref().map(|word| word.as_str()))?;
    file::write_new(output, pem.as_bytes(), 0o600)?;
    file::write_new(&public, key.public().pem().as_bytes(), 0o644)?;
    writeln!(out, "private key  {}", output.display())?;
    writeln!(out, "public key   {}", public.display())?;
    writeln!(out, "id           {}", key.public().id())?;
    Ok(())
}

/// `site.key` has `site.pub`, `site` has `site.pub`.
fn beside(private: &Path) -> PathBuf {
    match private.extension() {
        Some(end) if end == "key" || end == "pem" => private.with_extension("pub"),
        _ => {
            let mut name: OsString = private.as_os_str().to_owned();
            name.push(".pub");
            name.into()
        }
    }
}

fn trust(path: &Path, args: TrustKeyArgs, out: &mut dyn Write) -> Result<(), KeyCommandError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if args.name.is_empty() || args.name.len() > 64 || !args.name.chars().all(plain) {
        return Err(KeyCommandError::Name(args.name));
    }
    let text = match file::exists(path) {
        true => file::read(path, None)?,
        false => String::new(),
    };
    let key = NewKey {
        name: args.name,
        public: PublicKey::read(&args.key)?,
        roles: args.roles,
        profiles: match args.profiles.is_empty() {
            true => vec!["*".to_owned()],
            false => args.profiles,
        },
        not_before: args.not_before.map(|time| time.to_string()),
        not_after: args.not_after.map(|time| time.to_string()),
        require: args.require,
    };
    let first = text.trim().is_empty();
    let text = edit::add(path, &text, &key)?;
    file::write(path, text.as_bytes(), 0o644)?;
    let roles: Vec<&str> = key.roles.iter().map(|role| role.word()).collect();
    writeln!(
        out,
        "{} believes {} as {} for {}",
        path.display(),
        key.name,
        roles.join(", "),
        escape::line(&key.profiles.join(", "))
    )?;
    writeln!(out, "id  {}", key.public.id())?;
    match (first, key.require) {
        (true, _) => writeln!(
            out,
            "It is a new policy: what no key of it signed is refused from now on."
        )?,
        (false, false) => writeln!(
            out,
            "The rules are as they were: --require, or a look into the file, changes them."
        )?,
        (false, true) => writeln!(
            out,
            "Every rule wants a signature as {} now.",
            roles.join(", ")
        )?,
    }
    Ok(())
}

/// A key of a policy, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    name: &'a str,
    id: &'a str,
    public: String,
    roles: Vec<&'static str>,
    profiles: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<String>,
    revoked: bool,
}

fn list(path: &Path, format: InspectFormat, out: &mut dyn Write) -> Result<(), KeyCommandError> {
    let policy = Policy::parse(path, &existing(path)?)?;
    let keys: Vec<Listed<'_>> = policy
        .keys()
        .iter()
        .map(|key| Listed {
            name: &key.name,
            id: key.public.id().as_str(),
            public: key.public.line(),
            roles: key.roles.iter().map(|role| role.word()).collect(),
            profiles: &key.profiles,
            not_before: key.not_before.map(|time| time.to_string()),
            not_after: key.not_after.map(|time| time.to_string()),
            revoked: key.revoked,
        })
        .collect();
    if format == InspectFormat::Json {
        let mut serializer = serde_json::Serializer::with_formatter(&mut *out, SafeJson::pretty());
        keys.serialize(&mut serializer).map_err(io::Error::from)?;
        writeln!(out)?;
        return Ok(());
    }
    if keys.is_empty() {
        writeln!(out, "{} knows no key", path.display())?;
        return Ok(());
    }
    for (key, policy_key) in keys.iter().zip(policy.keys()) {
        let mut words = vec![format!(
            "{} for {}",
            key.roles.join(", "),
            key.profiles.join(", ")
        )];
        let validity = policy_key.validity();
        if !validity.is_empty() {
            words.push(validity);
        }
        if key.revoked {
            words.push("REVOKED".to_owned());
        }
        writeln!(
            out,
            "{:<20} {}\n{:<20} {}",
            escape::line(key.name),
            escape::line(&words.join("; ")),
            "",
            key.id
        )?;
    }
    let strangers = policy
        .revoked()
        .iter()
        .filter(|id| !policy.keys().iter().any(|key| key.public.id() == *id));
    for id in strangers {
        writeln!(out, "{:<20} REVOKED\n{:<20} {id}", "not in the policy", "")?;
    }
    Ok(())
}

fn existing(path: &Path) -> Result<String, KeyCommandError> {
    match file::exists(path) {
        true => Ok(file::read(path, None)?),
        false => Err(KeyCommandError::NoPolicy(path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_key_lies_beside_its_private_one() {
        assert_eq!(beside(Path::new("a/site.key")), Path::new("a/site.pub"));
        assert_eq!(beside(Path::new("a/site.pem")), Path::new("a/site.pub"));
        assert_eq!(beside(Path::new("site")), Path::new("site.pub"));
        assert_eq!(beside(Path::new("site.v2")), Path::new("site.v2.pub"));
    }
}
