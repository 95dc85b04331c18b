//! Which component an id or a Kubernetes version names, where no file does: a
//! look at the store and at the folders that profiles are installed in.
//! Manifests are read, nothing runs. What several are left of, the node decides.

use std::io;
use std::path::{Path, PathBuf};

use cisb_contract::Manifest;
use semver::{Version, VersionReq};

use super::near;
use crate::config::{Settings, is_id};
use crate::profile::Place;
use crate::profile::store::{self, Store, StoreError};
use crate::trust::file;
use crate::{detect, scan};

/// Where profiles are installed beside the store; the first that has one of an
/// id wins, the store before all.
pub const INSTALLED: [&str; 2] = ["/usr/share/cisb/profiles", "/etc/cisb/profiles"];

/// No profile can be told from what was said; exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// A folder that was named cannot be listed.
    #[error("cannot list the profiles in {folder}: {source}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The store is not to be trusted, or not to be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A store that was named is not there.
    #[error("there is no store at {0}: `cisb bundle import` makes one")]
    NoStore(PathBuf),
    /// Nothing is there.
    #[error(
        "no profile is installed in {0}: name one with --profile FILE, or the folder that holds \
         them with --profiles DIR"
    )]
    NoneInstalled(String),
    /// No such id.
    #[error("no profile {id} is installed; there is {have}{}", near::hint(.near))]
    Unknown {
        /// What was asked for.
        id: String,
        /// Which ids there are.
        have: String,
        /// What is like it.
        near: Vec<String>,
    },
    /// Not a version.
    #[error(
        "--version {0} is not a version of Kubernetes such as 1.31: --benchmark names a profile \
         by its id"
    )]
    NotAVersion(String),
    /// A version that nothing is for.
    #[error("no profile is for Kubernetes {version}: {ranges}; --benchmark ID takes one anyway")]
    OutOfRange {
        /// The version.
        version: String,
        /// Each profile with its range.
        ranges: String,
    },
}

/// What was said comes to this.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// These run.
    Named(Vec<Place>),
    /// The one of these runs that fits the node.
    Among(Vec<Place>),
}

/// Where installed profiles are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shelf {
    /// A store. The usual one need not be there.
    Store {
        /// Where.
        path: PathBuf,
        /// Whether somebody named it.
        named: bool,
    },
    /// A folder.
    Folder(PathBuf),
}

impl Shelf {
    fn path(&self) -> &Path {
        match self {
            Self::Store { path, .. } | Self::Folder(path) => path,
        }
    }
}

/// The components that `--benchmark` or `--version` names among those that are
/// installed on these shelves, of which those that do not exist are empty.
/// `scanned` is the root of the scan.
pub fn resolve(
    benchmark: Option<&str>,
    version: Option<&str>,
    shelves: &[Shelf],
    scanned: Option<&Path>,
) -> Result<Found, ResolveError> {
    let installed = installed(shelves, scanned)?;
    if installed.is_empty() {
        let shown = shelves.iter().map(|s| s.path().display().to_string());
        let shown: Vec<_> = shown.collect();
        return Err(ResolveError::NoneInstalled(shown.join(" or ")));
    }
    match (benchmark, version) {
        (Some(id), _) => installed
            .iter()
            .find(|(name, _)| name == id)
            .map(|(_, place)| Found::Named(vec![place.clone()]))
            .ok_or_else(|| unknown(id, installed.iter().map(|(name, _)| name.as_str()))),
        (None, Some(version)) => {
            let version = parse(version)?;
            let places: Vec<Place> = installed.into_iter().map(|(_, place)| place).collect();
            let inspected = scan::inspect_all(&places);
            let readable = places
                .into_iter()
                .zip(inspected)
                .filter_map(|(place, inspected)| Some((place, inspected.ok()?.manifest)));
            let fitting = fitting(&version, readable.collect())?;
            let places: Vec<Place> = fitting.into_iter().map(|(place, _)| place).collect();
            Ok(match places.len() {
                1 => Found::Named(places),
                _ => Found::Among(places),
            })
        }
        (None, None) => {
            let places = installed.into_iter().map(|(_, place)| place);
            Ok(Found::Among(places.collect()))
        }
    }
}

/// Profiles as a person named them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Files, and ids of what is installed.
    pub names: Vec<PathBuf>,
    /// `--profiles`; none for the usual folders.
    pub folder: Option<PathBuf>,
    /// `--store`; none for the usual one.
    pub store: Option<PathBuf>,
    /// The root of the scan.
    pub scanned: Option<PathBuf>,
}

impl Wanted {
    /// These names; flags say where they are, and otherwise the settings.
    pub fn new(names: Vec<PathBuf>, at: &super::InstalledArgs, settings: &Settings) -> Self {
        // A flag for one alone means that one alone.
        let (folder, store) = match (&at.folder, &at.store) {
            (None, None) => (settings.profiles.clone(), settings.store.clone()),
            (folder, store) => (folder.clone(), store.clone()),
        };
        Self {
            names,
            folder,
            store,
            scanned: None,
        }
    }

    /// Where to look: what was named; else the store and the usual folders.
    pub fn shelves(&self) -> Vec<Shelf> {
        let store = match (&self.store, &self.folder) {
            (Some(path), _) => Some((path.clone(), true)),
            (None, None) => Some((store::PATH.into(), false)),
            (None, Some(_)) => None,
        };
        let store = store.map(|(path, named)| Shelf::Store { path, named });
        let folders = match &self.folder {
            Some(folder) => vec![folder.clone()],
            None => INSTALLED.map(PathBuf::from).to_vec(),
        };
        let folders = folders.into_iter().map(Shelf::Folder);
        store.into_iter().chain(folders).collect()
    }

    /// The installed profiles of these ids; a name is never a file.
    pub fn ids(&self) -> Result<Vec<Place>, ResolveError> {
        let mut found = Vec::new();
        for id in &self.names {
            let id = id.to_string_lossy();
            let scanned = self.scanned.as_deref();
            match resolve(Some(&id), None, &self.shelves(), scanned)? {
                Found::Named(places) | Found::Among(places) => found.extend(places),
            }
        }
        Ok(found)
    }

    /// What was named; else everything that is installed.
    pub fn places(&self) -> Result<Vec<Place>, ResolveError> {
        let scanned = self.scanned.as_deref();
        match self.names.is_empty() {
            true => all(&self.shelves(), scanned),
            false => named(&self.names, &self.shelves(), scanned),
        }
    }
}

/// The components that these names stand for: files, and ids of what is
/// installed. A name that is a file here is that file.
fn named(
    names: &[PathBuf],
    shelves: &[Shelf],
    scanned: Option<&Path>,
) -> Result<Vec<Place>, ResolveError> {
    let mut found = Vec::new();
    for name in names {
        match name.to_str().filter(|_| is_id(name) && !name.exists()) {
            None => found.push(Place::file(name.clone())),
            Some(id) => match resolve(Some(id), None, shelves, scanned)? {
                Found::Named(paths) | Found::Among(paths) => found.extend(paths),
            },
        }
    }
    Ok(found)
}

/// Everything that is installed, by its name.
fn all(shelves: &[Shelf], scanned: Option<&Path>) -> Result<Vec<Place>, ResolveError> {
    let found = installed(shelves, scanned)?;
    Ok(found.into_iter().map(|(_, place)| place).collect())
}

/// What `--benchmark` or `--version` leaves of components that were named as
/// files. One that cannot be read stays: its refusal belongs in the report.
pub fn narrow(
    given: Vec<Place>,
    benchmark: Option<&str>,
    version: Option<&str>,
) -> Result<Vec<Place>, ResolveError> {
    if benchmark.is_none() && version.is_none() {
        return Ok(given);
    }
    let (mut readable, mut refused) = (Vec::new(), Vec::new());
    for place in given {
        match scan::inspect(&place) {
            Ok(inspection) => readable.push((place, inspection.manifest)),
            Err(_) => refused.push(place),
        }
    }
    let chosen = match (benchmark, version) {
        _ if readable.is_empty() => Vec::new(),
        (Some(id), _) => {
            let have: Vec<String> = readable.iter().map(|(_, m)| m.id.clone()).collect();
            readable.retain(|(_, manifest)| manifest.id == id);
            if readable.is_empty() && refused.is_empty() {
                return Err(unknown(id, have.iter().map(String::as_str)));
            }
            readable
        }
        (None, Some(version)) => fitting(&parse(version)?, readable)?,
        (None, None) => readable,
    };
    refused.extend(chosen.into_iter().map(|(place, _)| place));
    Ok(refused)
}

/// Names and places, in the order of names: ids in a store, in a folder what
/// stands before `.wasm`.
fn installed(
    shelves: &[Shelf],
    scanned: Option<&Path>,
) -> Result<Vec<(String, Place)>, ResolveError> {
    let mut found: Vec<(String, Place)> = Vec::new();
    let mut add = |name: &str, place: Place| {
        if !found.iter().any(|(other, _)| other == name) {
            found.push((name.to_owned(), place));
        }
    };
    for shelf in shelves {
        match shelf {
            Shelf::Store { path, named } => match Store::open(path, scanned)? {
                None if *named => return Err(ResolveError::NoStore(path.clone())),
                None => {}
                Some(store) => {
                    for stored in store.profiles()? {
                        add(&stored.labels.id, stored.place);
                    }
                }
            },
            Shelf::Folder(folder) => {
                for path in listed(folder, scanned)? {
                    let is_component = path.extension().is_some_and(|end| end == "wasm");
                    let name = path.file_stem().and_then(|name| name.to_str());
                    if let (true, Some(name)) = (is_component, name) {
                        add(name, Place::file(path.clone()));
                    }
                }
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

fn listed(folder: &Path, scanned: Option<&Path>) -> Result<Vec<PathBuf>, ResolveError> {
    let failed = |source| ResolveError::Folder {
        folder: folder.to_owned(),
        source,
    };
    let usual = INSTALLED.iter().any(|usual| Path::new(usual) == folder);
    // Nobody named it, so nobody vouches for it.
    if usual
        && file::exists(folder)
        && let Err(error) = file::folder(folder, scanned)
    {
        tracing::warn!(
            "the profiles in {} are passed over: {error}",
            folder.display()
        );
        return Ok(Vec::new());
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound && usual => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}

/// Those whose range holds the version; never none.
fn fitting(
    version: &Version,
    mut profiles: Vec<(Place, Manifest)>,
) -> Result<Vec<(Place, Manifest)>, ResolveError> {
    let range = |m: &Manifest| format!("{} is for {}", m.id, m.benchmark.kubernetes);
    let ranges: Vec<String> = profiles.iter().map(|(_, m)| range(m)).collect();
    // What is newer than every range is for the newest, and the report says so.
    let newest = profiles
        .iter()
        .filter_map(|(_, m)| detect::end(&m.benchmark.kubernetes))
        .max()
        .filter(|end| version >= end);
    profiles.retain(|(_, manifest)| {
        let range = &manifest.benchmark.kubernetes;
        match &newest {
            Some(newest) => detect::end(range).as_ref() == Some(newest),
            None => VersionReq::parse(range).is_ok_and(|range| range.matches(version)),
        }
    });
    match profiles.is_empty() {
        true => Err(ResolveError::OutOfRange {
            version: minor(version),
            ranges: ranges.join(", "),
        }),
        false => Ok(profiles),
    }
}

fn unknown<'a>(id: &str, have: impl Iterator<Item = &'a str>) -> ResolveError {
    let have: Vec<&str> = have.collect();
    ResolveError::Unknown {
        id: id.to_owned(),
        near: near::closest(id, have.iter().copied()),
        have: have.join(", "),
    }
}

/// `1.31`, `v1.31`, `1.31.4`, `1.31+`.
fn parse(text: &str) -> Result<Version, ResolveError> {
    let number = |part: &str| part.parse::<u64>().ok();
    let bare = text.trim_start_matches('v').trim_end_matches('+');
    let parts: Option<Vec<u64>> = bare.split('.').map(number).collect();
    match parts.as_deref() {
        Some([major, minor]) => Ok(Version::new(*major, *minor, 0)),
        Some([major, minor, patch]) => Ok(Version::new(*major, *minor, *patch)),
        _ => Err(ResolveError::NotAVersion(text.to_owned())),
    }
}

fn minor(version: &Version) -> String {
    format!("{}.{}", version.major, version.minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        folder
    }

    fn said(result: Result<Found, ResolveError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn an_id_is_a_file_s_name_and_the_first_folder_wins() {
        let (one, two) = (
            folder(&["a-1.0.wasm", "notes.txt"]),
            folder(&["a-1.0.wasm", "b.wasm"]),
        );
        let folders = [one.path(), two.path()].map(|it| Shelf::Folder(it.to_owned()));
        let found = |id| resolve(Some(id), None, &folders, None);
        let named = |path: PathBuf| Found::Named(vec![path.into()]);
        let first = one.path().join("a-1.0.wasm");
        assert_eq!(found("a-1.0").unwrap(), named(first.clone()));
        let second = two.path().join("b.wasm");
        assert_eq!(found("b").unwrap(), named(second.clone()));
        // Where nothing is said, the node decides.
        let all = resolve(None, None, &folders, None).unwrap();
        assert_eq!(all, Found::Among(vec![first.into(), second.into()]));
        let error = said(found("a-1.1"));
        assert!(error.contains("there is a-1.0, b"), "{error}");
        assert!(error.contains("did you mean a-1.0?"), "{error}");
        // An id is never a path.
        assert!(said(found("../a-1.0")).contains("is installed; there is"));
        assert!(said(found("notes")).contains("is installed; there is"));
    }

    #[test]
    fn where_nothing_is_installed_that_is_said() {
        let empty = folder(&[]);
        let at = |path: &Path| [Shelf::Folder(path.to_owned())];
        let error = said(resolve(Some("a"), None, &at(empty.path()), None));
        assert!(error.contains("--profile FILE"), "{error}");
        let missing = empty.path().join("missing");
        assert!(said(resolve(Some("a"), None, &at(&missing), None)).contains("cannot list"));
    }

    #[test]
    fn a_version_is_read_as_people_write_it() {
        for (text, expected) in [
            ("1.31", (1, 31, 0)),
            ("v1.31.4", (1, 31, 4)),
            ("1.27+", (1, 27, 0)),
        ] {
            let version = parse(text).unwrap();
            assert_eq!((version.major, version.minor, version.patch), expected);
        }
        for text in ["", "ocp-4.11", "1", "1.x", "1.2.3.4"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains("--benchmark"), "{error}");
        }
    }
}
