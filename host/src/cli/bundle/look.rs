//! What a bundle holds, as a vetter wants to see it before any of it is let in.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::inspect::{Inspection, paragraph, riskiest};
use crate::profile::bundle::layout::{Packed, Suggested};
use crate::profile::bundle::{Bundle, Memory};
use crate::profile::refusal::Refused;
use crate::profile::{Gate, Unverified, signature};
use crate::report::Refusal;
use crate::report::escape::{SafeJson, line};
use crate::scan;
use crate::trust::dsse::Envelope;
use crate::trust::{Policy, PublicKey};

/// Requests of a profile that are shown.
const SHOWN: usize = 6;

/// A bundle that was looked at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// Its profiles, by their ids.
    pub profiles: Vec<SeenProfile>,
    /// Keys that it suggests; none of them was taken.
    pub suggested_keys: Vec<SeenKey>,
}

/// A profile of a bundle.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenProfile {
    /// Its id, as it is labelled.
    pub id: String,
    /// Its version, as it is labelled.
    pub version: String,
    /// Its epoch, as it is labelled.
    pub epoch: u64,
    /// `sha256:…` of the component.
    pub digest: String,
    /// `sha256:…` of its SBOM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sbom: Option<String>,
    /// Signatures, and what they are worth.
    pub signatures: Vec<SeenSignature>,
    /// What the component says of itself; none if it is no profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<Inspection>,
    /// Why it may not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
}

/// A signature.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenSignature {
    /// The key, as far as anything says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What the policy calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the policy believes it for this profile.
    pub believed: bool,
    /// What there is to say of it.
    pub says: String,
}

/// A suggested key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenKey {
    /// What the bundle calls it.
    pub name: String,
    /// What for.
    pub role: &'static str,
    /// `sha256:…`, to be compared with what its owner says.
    pub id: String,
    /// What the policy says of it.
    pub says: String,
    /// What gets it out of the bundle, and what takes it.
    pub commands: Vec<String>,
}

/// Looks at a bundle. Nothing of it is believed for that.
pub fn look(
    file: &str,
    bundle: &Bundle,
    blobs: &Memory,
    gate: &Gate,
    now: Timestamp,
) -> Result<Seen, Refused> {
    let policy = gate.policy().map(|(_, policy)| policy);
    let mut keys = Vec::new();
    for suggested in &bundle.keys {
        let key = PublicKey::parse(
            &suggested.pem,
            &format!("the suggested key {}", suggested.name),
        );
        keys.push((suggested, key));
    }
    let known: Vec<(&str, &PublicKey)> = keys
        .iter()
        .filter_map(|(suggested, key)| Some((suggested.name.as_str(), key.as_ref().ok()?)))
        .collect();
    let profiles = bundle.profiles.iter();
    let profiles = profiles.map(|packed| profile(packed, blobs, gate, policy, &known, now));
    let suggested_keys = keys.iter().map(|(suggested, key)| match key {
        Ok(key) => seen_key(file, suggested, key, policy),
        Err(error) => SeenKey {
            name: suggested.name.clone(),
            role: suggested.role.word(),
            id: String::new(),
            says: error.to_string(),
            commands: Vec::new(),
        },
    });
    Ok(Seen {
        suggested_keys: suggested_keys.collect(),
        profiles: profiles.collect(),
    })
}

fn profile(
    packed: &Packed,
    blobs: &Memory,
    gate: &Gate,
    policy: Option<&Policy>,
    suggested: &[(&str, &PublicKey)],
    now: Timestamp,
) -> SeenProfile {
    let blob = |digest: &str| blobs.0.get(digest).cloned().unwrap_or_default();
    let envelope = packed.envelope.as_ref().map(|it| blob(it.content.hex()));
    let id = &packed.labels.id;
    let unverified = || {
        let component = blob(packed.component.hex());
        Unverified::from_bytes(id.clone(), component, envelope.clone())
    };
    let component = scan::inspect_bytes(unverified(), gate);
    let labels = agree(packed, unverified());
    let refusal = |refused: &Refused| Refusal {
        stage: refused.stage.to_owned(),
        code: refused.code.as_str().to_owned(),
        reason: refused.reason.clone(),
    };
    let refused = match (&component, &labels) {
        (Err(refused), _) | (_, Err(refused)) => Some(refusal(refused)),
        (Ok(inspection), _) => inspection.refused.clone(),
    };
    SeenProfile {
        id: id.clone(),
        version: packed.labels.version.clone(),
        epoch: packed.labels.epoch,
        digest: packed.component.digest.clone(),
        sbom: packed.sbom.as_ref().map(|it| it.content.digest.clone()),
        signatures: match &envelope {
            None => Vec::new(),
            Some(envelope) => signatures(id, envelope, policy, suggested, now),
        },
        component: component.ok(),
        refused,
    }
}

/// That labels and signatures are the component's.
fn agree(packed: &Packed, unverified: Unverified) -> Result<(), Refused> {
    let envelope = unverified.envelope().map(<[u8]>::to_vec);
    let verified = Gate::ajar(Timestamp::UNIX_EPOCH).judge(unverified)?;
    packed.labels.agree(&verified)?;
    match &envelope {
        Some(envelope) => Ok(signature::fits(envelope, &verified)?),
        None => Ok(()),
    }
}

fn signatures(
    id: &str,
    envelope: &[u8],
    policy: Option<&Policy>,
    suggested: &[(&str, &PublicKey)],
    now: Timestamp,
) -> Vec<SeenSignature> {
    let says = |key: Option<&str>, says: String| SeenSignature {
        key: key.map(str::to_owned),
        name: None,
        believed: false,
        says,
    };
    let envelope = match Envelope::parse(envelope) {
        Ok(envelope) => envelope,
        Err(error) => return vec![says(None, format!("they cannot be read: {error}"))],
    };
    let keys = policy.map_or(&[][..], Policy::keys);
    let signed = envelope.signed_by(keys.iter().map(|key| &key.public)).keys;
    let offered = envelope
        .signed_by(suggested.iter().map(|(_, key)| *key))
        .keys;
    let mut all: Vec<SeenSignature> = keys
        .iter()
        .filter(|key| signed.contains(key.public.id()))
        .map(|key| {
            let roles: Vec<&str> = key.roles.iter().map(|role| role.word()).collect();
            let counts = key.counts(id, now);
            SeenSignature {
                key: Some(key.public.id().to_string()),
                name: Some(key.name.clone()),
                believed: counts.is_ok(),
                says: match counts {
                    Ok(()) => format!("{} ({})", key.name, roles.join(", ")),
                    Err(distrust) => distrust.to_string(),
                },
            }
        })
        .collect();
    let unknown = match policy {
        Some(_) => "which the trust policy does not know",
        None => "and there is no trust policy to hold it against",
    };
    for (name, key) in suggested {
        if offered.contains(key.id()) && !signed.contains(key.id()) {
            let text = format!("the suggested key {name}, {unknown}");
            all.push(says(Some(key.id().as_str()), text));
        }
    }
    for hint in envelope.hints() {
        let seen = |key: &SeenSignature| key.key.as_deref() == hint && hint.is_some();
        let text = match hint {
            Some(hint) if keys.iter().any(|key| key.public.id().as_str() == hint) => {
                "it does not fit: it is over another text, or was damaged".to_owned()
            }
            _ => format!("a key {unknown}"),
        };
        if !all.iter().any(seen) && all.len() < envelope.len() {
            all.push(says(hint, text));
        }
    }
    all
}

fn seen_key(
    file: &str,
    suggested: &Suggested,
    key: &PublicKey,
    policy: Option<&Policy>,
) -> SeenKey {
    let id = key.id();
    let known = policy.and_then(|policy| policy.keys().iter().find(|it| it.public.id() == id));
    let digest = crate::profile::bundle::layout::Descriptor::of("", suggested.pem.as_bytes());
    let says = match known {
        Some(known) if known.revoked => format!("the trust policy revokes it as {}", known.name),
        Some(known) => format!("the trust policy believes it already, as {}", known.name),
        None if policy.is_some_and(|policy| policy.revoked().contains(id)) => {
            "the trust policy revokes it".to_owned()
        }
        None => "the trust policy does not know it".to_owned(),
    };
    SeenKey {
        name: suggested.name.clone(),
        role: suggested.role.word(),
        id: id.to_string(),
        says,
        commands: match known {
            Some(_) => Vec::new(),
            None => vec![
                format!(
                    "tar -xOf {} blobs/sha256/{} > {}.pub",
                    quoted(file),
                    digest.hex(),
                    suggested.name
                ),
                super::take(suggested),
            ],
        },
    }
}

/// A file's name as a shell takes it.
fn quoted(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-+,@%".contains(&b);
    match !text.is_empty() && text.bytes().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// Writes it as JSON.
pub fn write_json(seen: &Seen, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, SafeJson::pretty());
    seen.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Writes it for people.
pub fn write_text(seen: &Seen, out: &mut dyn Write) -> io::Result<()> {
    for profile in &seen.profiles {
        write_profile(profile, out)?;
        writeln!(out)?;
    }
    if seen.suggested_keys.is_empty() {
        return writeln!(out, "It suggests no keys.");
    }
    let head = "It suggests keys. None was taken: compare each id with what its owner says.";
    writeln!(out, "{head}")?;
    for key in &seen.suggested_keys {
        writeln!(out, "  {} ({}) {}", line(&key.name), key.role, key.id)?;
        paragraph(out, 4, "   ", &key.says)?;
        for command in &key.commands {
            writeln!(out, "    {}", line(command))?;
        }
    }
    Ok(())
}

fn write_profile(profile: &SeenProfile, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{} {} (epoch {})",
        line(&profile.id),
        line(&profile.version),
        profile.epoch
    )?;
    let mut field = |name: &str, text: &str| paragraph(out, 14, &format!("  {name:<11}"), text);
    if let Some(component) = &profile.component {
        let manifest = &component.manifest;
        let benchmark = &manifest.benchmark;
        field("Title", &manifest.title)?;
        let text = format!(
            "{} {}, for Kubernetes {}",
            benchmark.name, benchmark.version, benchmark.kubernetes
        );
        field("Benchmark", &text)?;
        let judged = manifest.checks.iter().filter(|check| check.judged).count();
        let text = format!("{}, of which facts judge {judged}", manifest.checks.len());
        field("Checks", &text)?;
    }
    field("Component", &profile.digest)?;
    if let Some(component) = &profile.component {
        field("Manifest", &component.manifest_digest)?;
        field("Asks", &component.capabilities)?;
    }
    field("SBOM", profile.sbom.as_deref().unwrap_or("none"))?;
    for signature in &profile.signatures {
        let key = signature.key.as_deref().unwrap_or("no key named");
        field("Signature", &format!("{key}: {}", signature.says))?;
    }
    if profile.signatures.is_empty() {
        field("Signature", "none: nobody signed it")?;
    }
    let admitted = profile.component.as_ref().and_then(|it| it.admitted);
    let verdict = match (&profile.refused, admitted) {
        (Some(refusal), _) => format!("refused: {} [{}]", refusal.reason, refusal.code),
        (None, Some(_)) => "it may run".to_owned(),
        (None, None) => "no trust policy, no lock: whatever is imported runs".to_owned(),
    };
    field("Policy", &verdict)?;
    if let Some(component) = &profile.component {
        let (asks, rest) = riskiest(&component.manifest, SHOWN);
        writeln!(out, "  Asks for, the riskiest first:")?;
        for ask in &asks {
            paragraph(out, 6, "    -", ask)?;
        }
        if rest > 0 {
            writeln!(out, "    and {rest} requests more; --format json has all")?;
        }
    }
    Ok(())
}
