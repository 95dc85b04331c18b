//! `trust.toml`: which keys are believed, for which profiles, and how many of
//! them it takes. Pure: text in, a decision out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use globset::GlobMatcher;
use jiff::Timestamp;
use semver::Version;
use serde::Deserialize;

use super::dsse::Signed;
use super::key::{KeyId, PublicKey};
use crate::profile::grants::{self, Ceiling};

/// Where it is unless `--trust` says otherwise.
pub const PATH: &str = "/etc/cisb/trust.toml";

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Whoever releases a profile.
    Publisher,
    /// Whoever looked it through.
    Reviewer,
    /// The site that runs it.
    Site,
}

impl Role {
    /// Every role, by its word.
    pub const ALL: [Self; 3] = [Self::Publisher, Self::Reviewer, Self::Site];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Publisher => "publisher",
            Self::Reviewer => "reviewer",
            Self::Site => "site",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Wire {
    #[serde(default)]
    key: Vec<WireKey>,
    #[serde(default)]
    rule: Vec<WireRule>,
    #[serde(default)]
    revoked: WireRevoked,
    /// Profiles that `--allow-unsigned` may run.
    #[serde(default)]
    unsigned: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WireKey {
    name: String,
    public: String,
    roles: Vec<Role>,
    profiles: Vec<String>,
    not_before: Option<String>,
    not_after: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WireRule {
    profiles: Vec<String>,
    #[serde(default)]
    roles: Vec<Role>,
    threshold: Option<usize>,
    min_epoch: Option<u64>,
    min_version: Option<Version>,
    max_capabilities: Option<grants::CeilingFile>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct WireRevoked {
    keys: Vec<String>,
    digests: Vec<String>,
}

/// Why a policy is refused.
#[derive(Debug, thiserror::Error)]
#[error("the trust policy {path}{place}: {what}")]
pub struct PolicyError {
    path: PathBuf,
    place: String,
    what: String,
}

/// A policy.
#[derive(Debug)]
pub struct Policy {
    keys: Vec<Key>,
    rules: Vec<Rule>,
    unsigned: Vec<GlobMatcher>,
    revoked_keys: BTreeSet<KeyId>,
    revoked_digests: BTreeSet<String>,
}

/// A key that the policy names.
#[derive(Debug)]
pub struct Key {
    /// What the policy calls it.
    pub name: String,
    /// The key.
    pub public: PublicKey,
    /// What it is for.
    pub roles: BTreeSet<Role>,
    /// For which profiles, as it is written.
    pub profiles: Vec<String>,
    /// From when on.
    pub not_before: Option<Timestamp>,
    /// Until when.
    pub not_after: Option<Timestamp>,
    /// Whether the policy withdraws it.
    pub revoked: bool,
    matchers: Vec<GlobMatcher>,
}

/// What it takes to believe a profile.
#[derive(Debug)]
pub struct Rule {
    /// For which profiles, as it is written.
    pub profiles: Vec<String>,
    matchers: Vec<GlobMatcher>,
    roles: Vec<Role>,
    threshold: usize,
    min_epoch: u64,
    min_version: Option<Version>,
    ceiling: Option<Ceiling>,
}

/// What a signed profile says of itself, as far as a policy looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a> {
    /// Its id.
    pub profile: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Its epoch.
    pub epoch: u64,
}

/// A key that signed and is believed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signer {
    /// What the policy calls it.
    pub name: String,
    /// Its key.
    pub key: KeyId,
    /// What it is for.
    pub roles: BTreeSet<Role>,
}

/// Why a policy does not believe a profile.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it")]
pub enum Distrust {
    #[error("the policy revokes the digest sha256:{0}")]
    RevokedDigest(String),
    #[error(
        "none of the keys that the policy knows signed it: {hints}; `cisb key trust` adds a key \
         that you know to be right"
    )]
    UnknownKey { hints: String },
    #[error("its signature by the key {0} does not fit: it is over another text, or was damaged")]
    BadSignature(String),
    #[error("the key {0} signed it, and the policy revokes that key")]
    RevokedKey(String),
    #[error("the key {key} signed it, and is for the profiles {patterns} only, not for {profile}")]
    KeyNotForProfile {
        key: String,
        patterns: String,
        profile: String,
    },
    #[error("the key {key} signed it, and is valid {when} only; the scan's time is {now}")]
    KeyNotValid {
        key: String,
        when: String,
        now: Timestamp,
    },
    #[error("no rule of the policy is for {0}: a `[[rule]]` that names it says what it takes")]
    NoRule(String),
    #[error(
        "{have} of {want} signatures: {who}signed it twice, and a key counts once; another must \
         sign it, with `cisb profile sign`"
    )]
    KeyCountedOnce {
        have: usize,
        want: usize,
        who: String,
    },
    #[error(
        "{have} of {want} signatures that the rule for {patterns} wants; another key must sign \
         it, with `cisb profile sign`"
    )]
    TooFewSignatures {
        have: usize,
        want: usize,
        patterns: String,
    },
    #[error(
        "the rule for {patterns} wants the signature of a {role}, by a key that stands for no \
         other role there: such a key must sign it, with `cisb profile sign`"
    )]
    RoleMissing {
        role: &'static str,
        patterns: String,
    },
    #[error("its epoch is {epoch}, and the rule for {patterns} wants {least} or newer")]
    OlderEpoch {
        epoch: u64,
        least: u64,
        patterns: String,
    },
    #[error("its version is {version}, and the rule for {patterns} wants {least} or newer")]
    OlderVersion {
        version: String,
        least: Version,
        patterns: String,
    },
    #[error("{excess}, which is more than the rule for {patterns} lets any profile ask for")]
    TooWide { excess: String, patterns: String },
}

impl Policy {
    /// Understands a policy's text.
    pub fn parse(path: &Path, text: &str) -> Result<Self, PolicyError> {
        let bad = |place: String, what: String| PolicyError {
            path: path.to_owned(),
            place,
            what,
        };
        let plain = |what: String| bad(String::new(), what);
        let wire: Wire = toml::from_str(text).map_err(|error| {
            let (place, what) = crate::config::place(text, &error);
            bad(place, what)
        })?;
        let revoked_keys = wire
            .revoked
            .keys
            .iter()
            .map(|id| {
                KeyId::parse(id).ok_or_else(|| {
                    plain(format!("`{id}` is no key id: `cisb key list` shows them"))
                })
            })
            .collect::<Result<BTreeSet<_>, _>>()?;
        let revoked_digests = wire
            .revoked
            .digests
            .iter()
            .map(|digest| match KeyId::parse(digest) {
                Some(_) => Ok(digest.clone()),
                None => Err(plain(format!(
                    "`{digest}` is no digest: it must be sha256: and 64 lower-case hexadecimal digits"
                ))),
            })
            .collect::<Result<_, _>>()?;
        let mut keys: Vec<Key> = Vec::new();
        for key in wire.key {
            let what = format!("the key {}", key.name);
            let public = PublicKey::parse(&key.public, &what).map_err(|e| plain(e.to_string()))?;
            if let Some(other) = keys
                .iter()
                .find(|k| k.public == public || k.name == key.name)
            {
                // Under two names one key could stand for two people.
                return Err(plain(format!(
                    "{what} and the key {} are the same or have the same name: each key stands once, with all its roles",
                    other.name
                )));
            }
            if key.roles.is_empty() {
                return Err(plain(format!(
                    "{what} has no role: publisher, reviewer or site"
                )));
            }
            let time = |text: &Option<String>| match text {
                None => Ok(None),
                Some(text) => text.parse::<Timestamp>().map(Some).map_err(|_| {
                    plain(format!(
                        "{what}: `{text}` is no time such as 2026-11-21T00:00:00Z"
                    ))
                }),
            };
            keys.push(Key {
                not_before: time(&key.not_before)?,
                not_after: time(&key.not_after)?,
                revoked: revoked_keys.contains(public.id()),
                matchers: matchers(&key.profiles, &what).map_err(plain)?,
                name: key.name,
                public,
                roles: key.roles.into_iter().collect(),
                profiles: key.profiles,
            });
        }
        let mut rules = Vec::new();
        for rule in wire.rule {
            let what = format!("the rule for {}", rule.profiles.join(", "));
            let threshold = rule.threshold.unwrap_or(rule.roles.len().max(1));
            if threshold == 0 {
                return Err(plain(format!("{what}: a threshold of 0 believes anybody")));
            }
            let ceiling = rule.max_capabilities.map(Ceiling::new).transpose();
            rules.push(Rule {
                matchers: matchers(&rule.profiles, &what).map_err(plain)?,
                profiles: rule.profiles,
                threshold: threshold.max(rule.roles.len()),
                roles: rule.roles,
                min_epoch: rule.min_epoch.unwrap_or(0),
                min_version: rule.min_version,
                ceiling: ceiling.map_err(|e| plain(format!("{what}: {e}")))?,
            });
        }
        Ok(Self {
            keys,
            rules,
            unsigned: matchers(&wire.unsigned, "unsigned").map_err(plain)?,
            revoked_keys,
            revoked_digests,
        })
    }

    /// A policy that wants a signature by each of these keys, for any profile.
    pub fn wanting(keys: Vec<(String, PublicKey)>) -> Self {
        let any = || matchers(&["*".to_owned()], "").unwrap_or_default();
        let patterns = || vec!["*".to_owned()];
        let rule = Rule {
            profiles: patterns(),
            matchers: any(),
            roles: Vec::new(),
            threshold: keys.len().max(1),
            min_epoch: 0,
            min_version: None,
            ceiling: None,
        };
        let keys = keys.into_iter().map(|(name, public)| Key {
            name,
            public,
            roles: BTreeSet::new(),
            profiles: patterns(),
            not_before: None,
            not_after: None,
            revoked: false,
            matchers: any(),
        });
        Self {
            keys: keys.collect(),
            rules: vec![rule],
            unsigned: Vec::new(),
            revoked_keys: BTreeSet::new(),
            revoked_digests: BTreeSet::new(),
        }
    }

    /// Its keys.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Ids that it withdraws, also of keys that it does not know.
    pub fn revoked(&self) -> &BTreeSet<KeyId> {
        &self.revoked_keys
    }

    /// Whether `--allow-unsigned` may run any profile.
    pub fn permits_unsigned(&self) -> bool {
        !self.unsigned.is_empty()
    }

    /// Whether `--allow-unsigned` may run this one.
    pub fn permits_unsigned_profile(&self, profile: &str) -> bool {
        self.unsigned
            .iter()
            .any(|pattern| pattern.is_match(profile))
    }

    /// Whether a component is withdrawn, whoever signed it.
    pub fn revokes(&self, digest: &str) -> Result<(), Distrust> {
        match self.revoked_digests.contains(&format!("sha256:{digest}")) {
            true => Err(Distrust::RevokedDigest(digest.to_owned())),
            false => Ok(()),
        }
    }

    /// That at least one known key signed, so that what was signed is worth
    /// reading; `hints` are the key ids that the envelope names.
    pub fn knows(&self, signed: &Signed, hints: &[&str]) -> Result<(), Distrust> {
        if !signed.keys.is_empty() {
            return Ok(());
        }
        match self
            .keys
            .iter()
            .find(|key| hints.contains(&key.public.id().as_str()))
        {
            Some(key) => Err(Distrust::BadSignature(key.name.clone())),
            None => Err(Distrust::UnknownKey {
                hints: match hints {
                    [] => "it does not say whose signature it has".to_owned(),
                    hints => format!("it says that {} did", hints.join(", ")),
                },
            }),
        }
    }

    /// The keys that signed and count for this profile at this time, if they
    /// are enough.
    pub fn admits(
        &self,
        claims: &Claims<'_>,
        signed: &Signed,
        now: Timestamp,
    ) -> Result<Vec<Signer>, Distrust> {
        let mut counted = Vec::new();
        let mut out: Option<Distrust> = None;
        for key in self
            .keys
            .iter()
            .filter(|k| signed.keys.contains(k.public.id()))
        {
            match key.counts(claims.profile, now) {
                Ok(()) => counted.push(key),
                Err(why) => out = out.or(Some(why)),
            }
        }
        let matching: Vec<&Rule> = self
            .rules
            .iter()
            .filter(|rule| rule.matchers.iter().any(|m| m.is_match(claims.profile)))
            .collect();
        // A key that does not count explains best what is missing.
        if counted.is_empty()
            && let Some(why) = out
        {
            return Err(why);
        }
        if matching.is_empty() {
            return Err(Distrust::NoRule(claims.profile.to_owned()));
        }
        for rule in matching {
            rule.holds(claims, &counted, signed)
                .map_err(|missing| match missing {
                    Distrust::TooFewSignatures { .. } | Distrust::RoleMissing { .. } => {
                        out.take().unwrap_or(missing)
                    }
                    other => other,
                })?;
        }
        let signers = counted.into_iter().map(|key| Signer {
            name: key.name.clone(),
            key: key.public.id().clone(),
            roles: key.roles.clone(),
        });
        Ok(signers.collect())
    }

    /// That a profile asks for no more than any rule for it allows.
    pub fn bounds(&self, manifest: &cisb_contract::Manifest) -> Result<(), Distrust> {
        let rules = self.rules.iter();
        for rule in rules.filter(|r| r.matchers.iter().any(|m| m.is_match(&manifest.id))) {
            if let Some(ceiling) = &rule.ceiling
                && let Some(excess) = ceiling.exceeded_by(&manifest.requests)
            {
                return Err(Distrust::TooWide {
                    excess,
                    patterns: rule.profiles.join(", "),
                });
            }
        }
        Ok(())
    }
}

impl Key {
    /// That it counts for a profile at a time.
    pub fn counts(&self, profile: &str, now: Timestamp) -> Result<(), Distrust> {
        if self.revoked {
            return Err(Distrust::RevokedKey(self.name.clone()));
        }
        if !self.matchers.iter().any(|m| m.is_match(profile)) {
            return Err(Distrust::KeyNotForProfile {
                key: self.name.clone(),
                patterns: self.profiles.join(", "),
                profile: profile.to_owned(),
            });
        }
        if !self.is_valid(now) {
            return Err(Distrust::KeyNotValid {
                key: self.name.clone(),
                when: self.validity(),
                now,
            });
        }
        Ok(())
    }

    /// Whether it counts at a time.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        let early = self.not_before.is_some_and(|from| now < from);
        let late = self.not_after.is_some_and(|until| now > until);
        !early && !late
    }

    /// From when until when, in words; empty for always.
    pub fn validity(&self) -> String {
        match (self.not_before, self.not_after) {
            (None, None) => String::new(),
            (Some(from), None) => format!("from {from} on"),
            (None, Some(until)) => format!("until {until}"),
            (Some(from), Some(until)) => format!("from {from} until {until}"),
        }
    }
}

impl Rule {
    fn holds(&self, claims: &Claims<'_>, keys: &[&Key], signed: &Signed) -> Result<(), Distrust> {
        let patterns = || self.profiles.join(", ");
        let missing = unfilled(&self.roles, keys);
        let repeated = keys.iter().any(|k| signed.repeated.contains(k.public.id()));
        if let (Some(role), false) = (missing, repeated) {
            return Err(Distrust::RoleMissing {
                role: role.word(),
                patterns: patterns(),
            });
        }
        if keys.len() < self.threshold {
            let twice: Vec<&str> = keys
                .iter()
                .filter(|key| signed.repeated.contains(key.public.id()))
                .map(|key| key.name.as_str())
                .collect();
            let (have, want) = (keys.len(), self.threshold);
            return Err(match twice.is_empty() {
                true => Distrust::TooFewSignatures {
                    have,
                    want,
                    patterns: patterns(),
                },
                false => Distrust::KeyCountedOnce {
                    have,
                    want,
                    who: format!("{} ", twice.join(", ")),
                },
            });
        }
        if let Some(role) = missing {
            return Err(Distrust::RoleMissing {
                role: role.word(),
                patterns: patterns(),
            });
        }
        if claims.epoch < self.min_epoch {
            return Err(Distrust::OlderEpoch {
                epoch: claims.epoch,
                least: self.min_epoch,
                patterns: patterns(),
            });
        }
        if let Some(least) = &self.min_version {
            // A version that is none is older than any.
            let version = Version::parse(claims.version).ok();
            if version.is_none_or(|version| version < *least) {
                return Err(Distrust::OlderVersion {
                    version: claims.version.to_owned(),
                    least: least.clone(),
                    patterns: patterns(),
                });
            }
        }
        Ok(())
    }
}

/// A role that no key is left for once each of the others has a key of its own.
fn unfilled(roles: &[Role], keys: &[&Key]) -> Option<Role> {
    // Which role each key has taken; a key gives its role away if another key
    // can take that.
    let mut taken: Vec<Option<usize>> = vec![None; keys.len()];
    fn place(
        role: usize,
        roles: &[Role],
        keys: &[&Key],
        taken: &mut [Option<usize>],
        tried: &mut [bool],
    ) -> bool {
        for at in 0..keys.len() {
            if tried[at] || !keys[at].roles.contains(&roles[role]) {
                continue;
            }
            tried[at] = true;
            let free = match taken[at] {
                None => true,
                Some(other) => place(other, roles, keys, taken, tried),
            };
            if free {
                taken[at] = Some(role);
                return true;
            }
        }
        false
    }
    (0..roles.len())
        .find(|role| {
            let mut tried = vec![false; keys.len()];
            !place(*role, roles, keys, &mut taken, &mut tried)
        })
        .map(|role| roles[role])
}

fn matchers(patterns: &[String], what: &str) -> Result<Vec<GlobMatcher>, String> {
    let all = patterns.iter().map(|pattern| {
        let glob = grants::glob(pattern).map_err(|e| format!("{what}: {e}"))?;
        Ok(glob.compile_matcher())
    });
    all.collect()
}
