//! `cisb profile list`: what is installed, by what the manifests say.

use std::io::{self, Write};

use serde::Serialize;

use crate::profile::Place;
use crate::profile::refusal::Refused;
use crate::report::escape;
use crate::scan;

/// What is installed.
#[derive(Debug)]
pub struct Listed {
    /// Profiles, in the order of their files' names.
    pub profiles: Vec<Entry>,
    /// Files that are none, and why.
    pub refused: Vec<(Place, Refused)>,
}

/// An installed profile.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The benchmark's name and version.
    pub benchmark: String,
    /// The semver range of Kubernetes versions.
    pub kubernetes: String,
    /// How many checks it has.
    pub checks: usize,
    /// How many of them facts decide.
    pub judged: usize,
    /// Who signed it.
    pub signer: String,
    /// `sha256:…` of the component.
    pub digest: String,
    /// Where it is.
    pub path: String,
    /// The store or the folder that it comes from.
    pub from: String,
}

/// Reads what these files say of themselves.
pub fn read(places: &[Place]) -> Listed {
    let mut listed = Listed {
        profiles: Vec::new(),
        refused: Vec::new(),
    };
    for (place, inspected) in places.iter().zip(scan::inspect_all(places)) {
        match inspected {
            Ok(inspection) => listed.profiles.push(entry(place, inspection)),
            Err(error) => listed.refused.push((place.clone(), error)),
        }
    }
    listed
}

fn entry(place: &Place, inspection: super::inspect::Inspection) -> Entry {
    let manifest = inspection.manifest;
    Entry {
        benchmark: format!("{} {}", manifest.benchmark.name, manifest.benchmark.version),
        kubernetes: manifest.benchmark.kubernetes,
        checks: manifest.checks.len(),
        judged: manifest.checks.iter().filter(|check| check.judged).count(),
        id: manifest.id,
        version: manifest.version,
        signer: inspection.signer,
        digest: inspection.digest,
        path: place.path.display().to_string(),
        from: place.shelf().display().to_string(),
    }
}

/// Writes a line for each, in columns.
pub fn write_text(listed: &Listed, out: &mut dyn Write) -> io::Result<()> {
    if listed.profiles.is_empty() {
        return writeln!(
            out,
            "no profile is installed: cisb scan --profile FILE runs one from anywhere, --profiles \
             DIR names a folder of them, cisb bundle import takes them into the store"
        );
    }
    let width = listed
        .profiles
        .iter()
        .map(|it| it.from.chars().count())
        .max();
    let width = width.unwrap_or_default().max("FROM".len());
    let line = |out: &mut dyn Write, columns: [&str; 7]| {
        let [id, version, kubernetes, checks, signer, from, benchmark] = columns.map(escape::line);
        let text = format!(
            "{id:<20} {version:<8} {kubernetes:<16} {checks:>12}  {signer:<10} {from:<width$} {benchmark}"
        );
        writeln!(out, "{}", text.trim_end())
    };
    line(
        out,
        [
            "ID",
            "VERSION",
            "KUBERNETES",
            "CHECKS",
            "SIGNER",
            "FROM",
            "BENCHMARK",
        ],
    )?;
    for it in &listed.profiles {
        let checks = format!("{} ({})", it.checks, it.judged);
        line(
            out,
            [
                &it.id,
                &it.version,
                &it.kubernetes,
                &checks,
                &it.signer,
                &it.from,
                &it.benchmark,
            ],
        )?;
    }
    writeln!(out, "In brackets: how many checks facts decide.")
}

/// Writes them as JSON.
pub fn write_json(listed: &Listed, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut *out, escape::SafeJson::pretty());
    listed.profiles.serialize(&mut serializer)?;
    writeln!(out)
}
