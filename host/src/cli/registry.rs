//! `cisb profile push` and `cisb profile pull`: their flags, and what an address
//! of a registry is. Nothing here opens a connection.

use std::fmt;
use std::path::PathBuf;

use clap::Args;

use super::resolve::Wanted;
use super::trust::BeliefArgs;
use super::{InstalledArgs, UsageError};
use crate::config::Settings;
use crate::profile::bundle::layout::is_digest;
use crate::request::Trust;

/// `cisb profile push`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cisb profile push cis-1.12.wasm oci://registry.example/cisb/cis-1.12:0.1.0
  cisb profile push site.cisbb oci://registry.example/cisb/site --registry-config auth.json

A profile goes under the tag as what it is, a component that other tools can
run; a bundle as an index of its profiles. Signatures and SBOMs refer to the
profiles that they are of.")]
pub struct PushArgs {
    /// A component, the id of an installed one, or a bundle ending in .cisbb
    #[arg(value_name = "FILE|ID|BUNDLE")]
    pub profile: PathBuf,

    /// Where to
    #[arg(value_name = "oci://HOST/REPOSITORY[:TAG]", value_parser = Address::parse)]
    pub address: Address,

    /// Where profiles are installed.
    #[command(flatten)]
    pub installed: InstalledArgs,

    /// Who asks.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// `cisb profile pull`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cisb profile pull oci://registry.example/cisb/cis-1.12:0.1.0 -o cis-1.12.wasm
      the component, and its signatures beside it
  cisb profile pull oci://registry.example/cisb/site@sha256:… -o site.cisbb
      a bundle, for `cisb bundle import` on a machine without a network

What is pulled has the digests that it is named by. Whether it may run, the
trust policy says: here in words, and for good when it is imported or run.")]
pub struct PullArgs {
    /// Where from
    #[arg(value_name = "oci://HOST/REPOSITORY[:TAG|@DIGEST]", value_parser = Address::parse)]
    pub address: Address,

    /// Where it goes: a component ending in .wasm, or a bundle ending in .cisbb
    #[arg(short = 'o', long = "output", value_name = "FILE.wasm|FILE.cisbb")]
    pub output: PathBuf,

    /// Who asks.
    #[command(flatten)]
    pub access: AccessArgs,

    /// What it is held against.
    #[command(flatten)]
    pub trust: BeliefArgs,
}

/// Who asks a registry, and how. None of it comes from the environment.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "The registry")]
pub struct AccessArgs {
    /// Credentials in the form of docker's config.json, in a file that only its owner can read
    #[arg(long, value_name = "FILE", conflicts_with = "username")]
    pub registry_config: Option<PathBuf>,

    /// The account
    #[arg(long, value_name = "NAME", requires = "password_file")]
    pub username: Option<String>,

    /// Its password, in a file that only its owner can read
    #[arg(long, value_name = "FILE", requires = "username")]
    pub password_file: Option<PathBuf>,

    /// A certificate authority to believe instead of the system's, as PEM
    #[arg(long, value_name = "FILE", conflicts_with = "plain_http")]
    pub ca_file: Option<PathBuf>,

    /// Talk to the registry without TLS
    #[arg(long)]
    pub plain_http: bool,
}

/// What is to be done with a registry.
#[derive(Debug)]
pub enum RegistryPlan {
    /// Push.
    Push {
        /// A component, as it was named; a bundle is a file.
        wanted: Wanted,
        /// Where to.
        address: Address,
        /// Who asks.
        access: AccessArgs,
    },
    /// Pull.
    Pull {
        /// Where from.
        address: Address,
        /// Where it goes.
        output: PathBuf,
        /// Which of the two.
        form: Form,
        /// Who asks.
        access: AccessArgs,
        /// What it is held against.
        trust: Trust,
    },
}

/// What a pull writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A component, and its signatures beside it.
    Component,
    /// A bundle.
    Bundle,
}

pub(super) fn push(args: PushArgs, settings: &Settings) -> Result<RegistryPlan, UsageError> {
    if let Which::Digest(_) = args.address.which {
        return Err(UsageError::PushDigest(args.address.to_string()));
    }
    Ok(RegistryPlan::Push {
        wanted: Wanted::new(vec![args.profile], &args.installed, settings),
        address: args.address,
        access: args.access,
    })
}

pub(super) fn pull(args: PullArgs, settings: &Settings) -> Result<RegistryPlan, UsageError> {
    let form = match args.output.extension().and_then(|end| end.to_str()) {
        Some("wasm") => Form::Component,
        Some("cisbb") => Form::Bundle,
        _ => return Err(UsageError::PullForm(args.output)),
    };
    Ok(RegistryPlan::Pull {
        address: args.address,
        output: args.output,
        form,
        access: args.access,
        trust: args.trust.trust(settings),
    })
}

/// Something in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The registry, with its port.
    pub host: String,
    /// The repository.
    pub repository: String,
    /// Which of its manifests.
    pub which: Which,
}

/// One of a repository's manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// By a name that can move.
    Tag(String),
    /// By what it is: `sha256:…`.
    Digest(String),
}

impl Address {
    /// Understands `oci://HOST/REPOSITORY`, `:TAG` or `@DIGEST`. The host is
    /// never guessed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = text
            .strip_prefix("oci://")
            .ok_or("an address begins with oci://")?;
        let (host, path) = rest
            .split_once('/')
            .ok_or("an address is oci://HOST/REPOSITORY")?;
        let (repository, which) = if let Some((repository, digest)) = path.split_once('@') {
            let hex = digest.strip_prefix("sha256:").filter(|hex| is_digest(hex));
            hex.ok_or("a digest is sha256: and 64 lower-case hexadecimal digits")?;
            (repository, Which::Digest(digest.to_owned()))
        } else if let Some((repository, tag)) = path.rsplit_once(':') {
            (repository, Which::Tag(tag.to_owned()))
        } else {
            (path, Which::Tag("latest".to_owned()))
        };
        let in_host = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
        if host.is_empty() || !host.bytes().all(in_host) {
            return Err(format!("`{host}` is no host"));
        }
        let in_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
        let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
        let is_part = |part: &str| {
            let bytes = part.as_bytes();
            edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(|b| in_part(*b))
        };
        if repository.len() > 255 || !repository.split('/').all(is_part) {
            return Err(format!(
                "`{repository}` is no repository: those are lower-case letters, digits, `.`, `_`, \
                 `-` and `/`"
            ));
        }
        if let Which::Tag(tag) = &which {
            let in_tag = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
            let first = tag.bytes().next().is_some_and(|b| !b".-".contains(&b));
            if !first || tag.len() > 128 || !tag.bytes().all(in_tag) {
                return Err(format!("`{tag}` is no tag"));
            }
        }
        Ok(Self {
            host: host.to_owned(),
            repository: repository.to_owned(),
            which,
        })
    }

    /// The same repository, and in it what has this digest.
    #[must_use]
    pub fn at(&self, digest: &str) -> Self {
        Self {
            which: Which::Digest(digest.to_owned()),
            ..self.clone()
        }
    }

    /// Whether it is this machine, which needs no TLS to be asked in private.
    pub fn is_local(&self) -> bool {
        let name = match self.host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => &self.host,
        };
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let address: Option<std::net::IpAddr> = name.parse().ok();
        name == "localhost" || address.is_some_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, repository) = (&self.host, &self.repository);
        match &self.which {
            Which::Tag(tag) => write!(f, "oci://{host}/{repository}:{tag}"),
            Which::Digest(digest) => write!(f, "oci://{host}/{repository}@{digest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_whole_or_refused() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (text, back) in [
            (
                "oci://r.example/a/b:1.0",
                "oci://r.example/a/b:1.0".to_owned(),
            ),
            (
                "oci://r.example:5000/a",
                "oci://r.example:5000/a:latest".to_owned(),
            ),
            ("oci://[::1]:5000/a:x", "oci://[::1]:5000/a:x".to_owned()),
            (
                &format!("oci://r/a@{digest}"),
                format!("oci://r/a@{digest}"),
            ),
        ] {
            assert_eq!(Address::parse(text).unwrap().to_string(), back);
        }
        for text in [
            "r.example/a",
            "https://r.example/a",
            "oci://r.example",
            "oci:///a",
            "oci://r.example/",
            "oci://r.example/A",
            "oci://r.example/a/../b",
            "oci://r.example/a//b",
            "oci://u:p@r.example/a",
            "oci://r.example/a:",
            "oci://r.example/a:.x",
            "oci://r.example/a:x/y",
            "oci://r.example/a@sha256:abc",
            "oci://r.example/a?b",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn this_machine_is_known() {
        let local = |host: &str| {
            Address::parse(&format!("oci://{host}/a"))
                .unwrap()
                .is_local()
        };
        assert!(local("localhost") && local("localhost:5000") && local("127.0.0.1:80"));
        assert!(local("[::1]:80"));
        assert!(!local("r.example:80") && !local("127.example") && !local("10.0.0.1:80"));
    }
}
