//! What `cisb bundle` and `cisb profile remove` do: open the files that were
//! named, and say what came of it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use cisb::cli::InspectFormat;
use cisb::cli::bundle::{self, BundlePlan, Sbom, SignArgs, Suggestion};
use cisb::cli::resolve::Wanted;
use cisb::profile::bundle::layout::Suggested;
use cisb::profile::bundle::{self as format, Bundle, MAX_BLOB, Memory, write};
use cisb::profile::refusal::Refused;
use cisb::profile::signature;
use cisb::profile::store::{self, ImportError, Store};
use cisb::profile::{Gate, Place, Unverified, source};
use cisb::report::exit;
use cisb::trust::PublicKey;
use cisb::trust::file;
use jiff::Timestamp;

use super::{print, say};

pub(super) fn run(plan: BundlePlan, now: Timestamp) -> anyhow::Result<u8> {
    match plan {
        BundlePlan::Create {
            wanted,
            sboms,
            suggestions,
            output,
        } => create(&wanted, &sboms, &suggestions, &output),
        BundlePlan::Inspect {
            bundle,
            format,
            trust,
        } => {
            let gate = Gate::open(&trust, None, now)?;
            let Some((read, blobs)) = read(&bundle)? else {
                return Ok(exit::REFUSED);
            };
            let file = bundle.display().to_string();
            match bundle::look(&file, &read, &blobs, &gate, now) {
                Ok(seen) => {
                    print(|out| match format {
                        InspectFormat::Text => bundle::write_text(&seen, out),
                        InspectFormat::Json => bundle::write_json(&seen, out),
                    })?;
                    Ok(exit::CLEAN)
                }
                Err(error) => {
                    refused(&bundle, None, &error);
                    Ok(exit::REFUSED)
                }
            }
        }
        BundlePlan::Verify { bundle, trust } => {
            let gate = Gate::open(&trust, None, now)?;
            verify(&bundle, &gate)
        }
        BundlePlan::Sign(args) => sign(&args),
        BundlePlan::Import {
            bundle,
            store,
            trust,
            locked,
            allow_older,
        } => {
            let gate = match locked {
                true => Gate::open(&trust, None, now)?,
                false => Gate::open_unlocked(&trust, now)?,
            };
            import(&bundle, &store, &gate, allow_older)
        }
    }
}

/// Packs profiles.
fn create(
    wanted: &Wanted,
    sboms: &[Sbom],
    suggestions: &[Suggestion],
    output: &Path,
) -> anyhow::Result<u8> {
    let mut items = Vec::new();
    for place in wanted.places()? {
        match item(&place) {
            Ok(item) => items.push(item),
            Err(error) => {
                say(&format!("{} is refused: {error}", place.shown()));
                return Ok(exit::REFUSED);
            }
        }
    }
    for sbom in sboms {
        let bytes = cyclonedx(&sbom.path)?;
        let mut known = false;
        for item in &mut items {
            if sbom
                .id
                .as_ref()
                .is_none_or(|id| *id == item.verified.manifest().id)
            {
                known = true;
                item.sbom = Some(bytes.clone());
            }
        }
        if let (false, Some(id)) = (known, &sbom.id) {
            bail!("--sbom is for {id}, which is not among the profiles to pack");
        }
    }
    let mut keys: Vec<Suggested> = Vec::new();
    for it in suggestions {
        if keys.iter().any(|key| key.name == it.name) {
            bail!("--suggest names {} twice: give it once", it.name);
        }
        keys.push(Suggested {
            name: it.name.clone(),
            role: it.role,
            // In one form, however the file has it.
            pem: PublicKey::read(&it.path)?.pem(),
        });
    }
    let (packed, bytes) = write_out(&items, &keys, output)?;
    print(|out| {
        for packed in &packed.profiles {
            let name = bundle::named(&packed.labels);
            let signed = if packed.envelope.is_some() {
                "signed"
            } else {
                "unsigned"
            };
            let sbom = if packed.sbom.is_some() {
                ", with an SBOM"
            } else {
                ""
            };
            writeln!(out, "{name}: {signed}{sbom}")?;
        }
        written(output, &bytes, out)
    })?;
    Ok(exit::CLEAN)
}

/// Adds a signature to every profile of a bundle.
fn sign(args: &SignArgs) -> anyhow::Result<u8> {
    let Some((read, blobs)) = read(&args.bundle)? else {
        return Ok(exit::REFUSED);
    };
    let blob = |digest: &str| blobs.0.get(digest).cloned();
    let mut opened = Vec::new();
    for packed in &read.profiles {
        let id = &packed.labels.id;
        let component = blob(packed.component.hex()).unwrap_or_default();
        let before = packed
            .envelope
            .as_ref()
            .and_then(|it| blob(it.content.hex()));
        let unverified = Unverified::from_bytes(id.clone(), component, None);
        // Only what is a profile, and the one that it is called, is signed.
        let judged = Gate::ajar(Timestamp::UNIX_EPOCH)
            .judge(unverified)
            .and_then(|verified| {
                packed.labels.agree(&verified)?;
                Ok(verified)
            });
        let verified = match judged {
            Ok(verified) => verified,
            Err(error) => {
                refused(&args.bundle, Some(id), &error);
                return Ok(exit::REFUSED);
            }
        };
        let name = format!("the envelope of {id} in {}", args.bundle.display());
        let envelope = cisb::cli::sign::open(&verified, before.as_deref(), Path::new(&name))?;
        let sbom = packed.sbom.as_ref().and_then(|it| blob(it.content.hex()));
        opened.push((verified, envelope, sbom));
    }
    // Only now: a passphrase is not asked for in vain.
    let key = args.passphrase.open(&args.key)?;
    let mut items = Vec::new();
    for (verified, envelope, sbom) in opened {
        let id = verified.manifest().id.clone();
        let envelope = cisb::cli::sign::add(envelope, &key).with_context(|| id)?;
        items.push(write::Item {
            verified,
            envelope: Some(envelope.to_json()),
            sbom,
        });
    }
    let (packed, bytes) = write_out(&items, &read.keys, &args.output)?;
    print(|out| {
        for packed in &packed.profiles {
            writeln!(out, "signed  {}", bundle::named(&packed.labels))?;
        }
        writeln!(out, "by      {}", key.public().id())?;
        written(&args.output, &bytes, out)
    })?;
    Ok(exit::CLEAN)
}

/// Writes a bundle that can be read again.
fn write_out(
    items: &[write::Item],
    keys: &[Suggested],
    output: &Path,
) -> anyhow::Result<(Bundle, Vec<u8>)> {
    let mut blobs = Memory::default();
    let packed = write::pack(items, keys, &mut blobs)
        .with_context(|| format!("cannot pack {}", output.display()))?;
    let mut bytes = Vec::new();
    write::tar(&packed, &blobs, &mut bytes).context("cannot pack")?;
    // What cannot be read back is of no use to anybody.
    format::read(bytes.as_slice(), &mut Memory::default())
        .with_context(|| format!("{} would not be read again", output.display()))?;
    file::write(output, &bytes, 0o644)?;
    Ok((packed, bytes))
}

fn written(output: &Path, bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let digest = write::digest(bytes);
    let size = bytes.len();
    writeln!(out, "{} has {size} bytes, {digest}", output.display())
}

/// A profile that is to be packed: a profile for sure, and signed, if it is, for
/// these very bytes.
pub(super) fn item(place: &Place) -> Result<write::Item, Refused> {
    let unverified = source::read(place)?;
    let envelope = unverified.envelope().map(<[u8]>::to_vec);
    let verified = Gate::ajar(Timestamp::UNIX_EPOCH).judge(unverified)?;
    if let Some(envelope) = &envelope {
        signature::fits(envelope, &verified)?;
    }
    Ok(write::Item {
        verified,
        envelope,
        sbom: store::sbom(place),
    })
}

fn cyclonedx(path: &Path) -> anyhow::Result<Vec<u8>> {
    let open = || format!("cannot read the SBOM {}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(open)?;
    file.take(MAX_BLOB + 1)
        .read_to_end(&mut bytes)
        .with_context(open)?;
    let json: serde_json::Value = serde_json::from_slice(&bytes)
        .with_context(|| format!("the SBOM {} is no JSON", path.display()))?;
    match json["bomFormat"] == "CycloneDX" {
        true => Ok(bytes),
        false => bail!("the SBOM {} is no CycloneDX JSON", path.display()),
    }
}

/// Reads a bundle into memory; none if it is refused, which was said then.
pub(super) fn read(path: &Path) -> anyhow::Result<Option<(Bundle, Memory)>> {
    let file = open(path)?;
    let mut blobs = Memory::default();
    match format::read(io::BufReader::new(file), &mut blobs) {
        Ok(bundle) => Ok(Some((bundle, blobs))),
        Err(error) => {
            refused(path, None, &error.into());
            Ok(None)
        }
    }
}

fn open(path: &Path) -> anyhow::Result<File> {
    let open = || format!("cannot open the bundle {}", path.display());
    let file = File::open(path).with_context(open)?;
    match file.metadata().with_context(open)?.is_dir() {
        true => bail!("{} is a directory, and a bundle is a file", path.display()),
        false => Ok(file),
    }
}

fn verify(path: &Path, gate: &Gate) -> anyhow::Result<u8> {
    let Some((bundle, blobs)) = read(path)? else {
        return Ok(exit::REFUSED);
    };
    let mut code = exit::CLEAN;
    let mut lines = Vec::new();
    for packed in &bundle.profiles {
        let blob = |digest: &str| blobs.0.get(digest).cloned();
        let component = blob(packed.component.hex()).unwrap_or_default();
        let envelope = packed.envelope.as_ref();
        let envelope = envelope.and_then(|it| blob(it.content.hex()));
        let id = packed.labels.id.clone();
        let judged = gate
            .judge(Unverified::from_bytes(
                id.clone(),
                component,
                envelope.clone(),
            ))
            .and_then(|verified| {
                packed.labels.agree(&verified)?;
                if let Some(envelope) = &envelope {
                    signature::fits(envelope, &verified)?;
                }
                Ok(verified)
            });
        match judged {
            Ok(verified) => lines.push(format!(
                "{} may run: {}",
                bundle::named(&packed.labels),
                verified.standing().words()
            )),
            Err(error) => {
                refused(path, Some(&id), &error);
                code = exit::REFUSED;
            }
        }
    }
    let against = match (gate.policy(), gate.lock()) {
        (None, None) => "There is no trust policy and no lock to hold it against.".to_owned(),
        (policy, lock) => {
            let named = [policy.map(|(path, _)| path), lock.map(|(path, _)| path)];
            let named = named.into_iter().flatten();
            let named: Vec<String> = named.map(|path| path.display().to_string()).collect();
            format!("Held against {}.", named.join(" and "))
        }
    };
    print(|out| {
        for line in &lines {
            writeln!(out, "{}", cisb::report::escape::line(line))?;
        }
        writeln!(out, "{against}")
    })?;
    Ok(code)
}

fn import(path: &Path, into: &Path, gate: &Gate, allow_older: bool) -> anyhow::Result<u8> {
    let file = io::BufReader::new(open(path)?);
    match Store::import(into, file, gate, allow_older) {
        Ok(imported) => {
            for lost in &imported.lost {
                say(&format!("the store {}: {lost}", into.display()));
            }
            print(|out| bundle::write_imported(&imported, out))?;
            Ok(exit::CLEAN)
        }
        Err(ImportError::Refused(all)) => {
            for (id, error) in &all {
                refused(path, id.as_deref(), error);
            }
            say(&format!(
                "nothing was imported: the store {} is as it was",
                into.display()
            ));
            Ok(exit::REFUSED)
        }
        Err(ImportError::Store(error)) => Err(error.into()),
    }
}

/// Takes a profile out of a store.
pub(super) fn remove(id: &str, path: &Path) -> anyhow::Result<u8> {
    let Some(store) = Store::open(path, None)? else {
        bail!("there is no store at {}", path.display());
    };
    let labels = store.remove(id)?;
    print(|out| writeln!(out, "removed  {}", bundle::named(&labels)))?;
    Ok(exit::CLEAN)
}

/// Says why a bundle, or a profile in it, is refused.
pub(super) fn refused(path: &Path, id: Option<&str>, error: &Refused) {
    let what = match id {
        Some(id) => format!("{id} in {}", path.display()),
        None => path.display().to_string(),
    };
    say(&format!("{what} is refused ({}): {error}", error.stage));
}
