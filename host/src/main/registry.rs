//! What `cisb profile push` and `cisb profile pull` do, in a build that can.

use std::path::Path;

use anyhow::bail;
use cisb::cli::bundle as words;
use cisb::cli::registry::{Address, Form, RegistryPlan};
use cisb::cli::resolve::Wanted;
use cisb::profile::bundle::layout::Packed;
use cisb::profile::bundle::{Bundle, Memory, write};
use cisb::profile::registry::{RegistryError, Session};
use cisb::profile::source::ENVELOPE_SUFFIX;
use cisb::profile::{Gate, Unverified, signature};
use cisb::report::{escape, exit};
use cisb::trust::file;
use jiff::Timestamp;

use super::bundle::{self, refused};
use super::{print, say};

pub(super) fn run(plan: RegistryPlan, now: Timestamp) -> anyhow::Result<u8> {
    match plan {
        RegistryPlan::Push {
            wanted,
            address,
            access,
        } => {
            let Some((bundle, blobs, alone)) = packed(&wanted)? else {
                return Ok(exit::REFUSED);
            };
            let session = Session::new(&address, &access)?;
            let at = session.push(&address, &bundle, &blobs, alone)?;
            print(|out| {
                for packed in &bundle.profiles {
                    let signed = match packed.envelope {
                        Some(_) => "with its signatures",
                        None => "unsigned",
                    };
                    writeln!(out, "{}, {signed}", words::named(&packed.labels))?;
                }
                writeln!(out, "pushed to {address}")?;
                writeln!(out, "which is  {at}")
            })?;
            Ok(exit::CLEAN)
        }
        RegistryPlan::Pull {
            address,
            output,
            form,
            access,
            trust,
        } => {
            let gate = Gate::open(&trust, None, now)?;
            let session = Session::new(&address, &access)?;
            let (bundle, blobs) = match session.pull(&address) {
                Ok(pulled) => pulled,
                // What was sent is wrong, not how it was asked for.
                Err(
                    error @ (RegistryError::Bundle { .. }
                    | RegistryError::Digest { .. }
                    | RegistryError::Foreign { .. }),
                ) => {
                    say(&error.to_string());
                    return Ok(exit::REFUSED);
                }
                Err(error) => return Err(error.into()),
            };
            pulled(&address, &output, form, &gate, &bundle, &blobs)
        }
    }
}

/// What is to be pushed, and whether it is one profile by itself; none if it is
/// refused, which was said then.
fn packed(wanted: &Wanted) -> anyhow::Result<Option<(Bundle, Memory, bool)>> {
    if let [name] = wanted.names.as_slice()
        && name.extension().is_some_and(|end| end == "cisbb")
    {
        return Ok(bundle::read(name)?.map(|(bundle, blobs)| (bundle, blobs, false)));
    }
    let place = wanted.places()?.remove(0);
    match bundle::item(&place) {
        Ok(item) => {
            let mut blobs = Memory::default();
            let bundle = write::pack(&[item], &[], &mut blobs)?;
            Ok(Some((bundle, blobs, true)))
        }
        Err(error) => {
            say(&format!("{} is refused: {error}", place.shown()));
            Ok(None)
        }
    }
}

fn pulled(
    address: &Address,
    output: &Path,
    form: Form,
    gate: &Gate,
    bundle: &Bundle,
    blobs: &Memory,
) -> anyhow::Result<u8> {
    let blob = |hex: &str| blobs.0.get(hex).cloned().unwrap_or_default();
    let unverified = |packed: &Packed| {
        let envelope = packed.envelope.as_ref().map(|it| blob(it.content.hex()));
        let component = blob(packed.component.hex());
        Unverified::from_bytes(packed.labels.id.clone(), component, envelope)
    };
    // That these are profiles at all, and those that they are labelled as.
    for packed in &bundle.profiles {
        let envelope = packed.envelope.as_ref().map(|it| blob(it.content.hex()));
        let judged = Gate::ajar(Timestamp::UNIX_EPOCH).judge(unverified(packed));
        let judged = judged.and_then(|it| {
            packed.labels.agree(&it)?;
            Ok(envelope.map_or(Ok(()), |envelope| signature::fits(&envelope, &it))?)
        });
        if let Err(error) = judged {
            refused(
                Path::new(&address.to_string()),
                Some(&packed.labels.id),
                &error,
            );
            return Ok(exit::REFUSED);
        }
    }
    match (form, bundle.profiles.as_slice()) {
        (Form::Bundle, _) => {
            let mut bytes = Vec::new();
            write::tar(bundle, blobs, &mut bytes)?;
            file::write(output, &bytes, 0o644)?;
        }
        (Form::Component, [packed]) => {
            let mut beside = output.as_os_str().to_owned();
            beside.push(ENVELOPE_SUFFIX);
            let beside = Path::new(&beside);
            // Signatures first: without them a policy refuses it, with those of
            // another as well.
            match &packed.envelope {
                Some(envelope) => file::write(beside, &blob(envelope.content.hex()), 0o644)?,
                None if file::exists(beside) => bail!(
                    "{} is there, and {address} has no signatures: move it away",
                    beside.display()
                ),
                None => {}
            }
            file::write(output, &blob(packed.component.hex()), 0o644)?;
        }
        (Form::Component, several) => {
            let ids: Vec<&str> = several.iter().map(|it| it.labels.id.as_str()).collect();
            bail!(
                "{address} holds {}: pull them as a bundle, -o FILE.cisbb",
                ids.join(", ")
            );
        }
    }
    let mut lines = Vec::new();
    for packed in &bundle.profiles {
        let name = words::named(&packed.labels);
        lines.push(match gate.judge(unverified(packed)) {
            Ok(_) if gate.policy().is_none() && gate.lock().is_none() => {
                format!("{name}: no trust policy, no lock: whatever is named runs")
            }
            Ok(verified) => format!("{name} may run: {}", verified.standing().words()),
            Err(error) => format!("{name} may not run here ({}): {error}", error.stage),
        });
    }
    print(|out| {
        for line in &lines {
            writeln!(out, "{}", escape::line(line))?;
        }
        writeln!(out, "pulled to {}", output.display())
    })?;
    Ok(exit::CLEAN)
}
