//! Reads a profile's table, `plugins/ID/profile.toml`: what the profile is, its
//! sections in the benchmark's order, and for every check which control it is.

use std::path::{Path, PathBuf};

use cisb_sdk::contract::manifest::{Applies, Assessment, Benchmark, Ownership};
use serde::Deserialize;

use crate::platform::{self, Platform};

/// A profile as data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Such as `cis-1.10`: the name of the table's folder.
    pub id: String,
    /// Counts up with every release.
    pub epoch: u64,
    /// One line for people.
    pub title: String,
    /// The platform it is for, by its name in [`crate::platform::ALL`].
    #[serde(default = "kubeadm")]
    pub platform: String,
    /// The Kubernetes versions it was written for, as a semver range.
    pub kubernetes: String,
    /// The document.
    pub benchmark: Document,
    /// When it fits a node.
    #[serde(default)]
    pub applies: Vec<Applies>,
    /// Its sections.
    #[serde(rename = "section")]
    pub sections: Vec<Section>,
}

fn kubeadm() -> String {
    "kubeadm".to_owned()
}

/// The document that a table follows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A section: it has one target.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its number.
    pub id: String,
    /// Its title, in our words.
    pub title: String,
    /// Such as `master`.
    pub target: String,
    /// Its groups.
    #[serde(rename = "group")]
    pub groups: Vec<Group>,
}

/// A group of checks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its number.
    pub id: String,
    /// Its title, in our words.
    pub title: String,
    /// Its checks.
    pub checks: Vec<Row>,
}

/// A check: the benchmark's id, the catalogue's control, the level, how the
/// benchmark assesses it, whether it counts it, and who can change what it looks
/// at, where that is not the customer.
#[derive(Debug, Clone, Deserialize)]
pub struct Row(
    pub String,
    pub String,
    pub u8,
    pub Assessment,
    pub Counted,
    #[serde(default)] pub Ownership,
);

/// Whether a benchmark counts a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    /// It does.
    Scored,
    /// It does not.
    Unscored,
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// It does not say what a table says.
    #[error("{0} is no table: {1}")]
    Unparsable(PathBuf, toml::de::Error),
    /// It says something else than its place.
    #[error("{0}: {1}")]
    Wrong(PathBuf, String),
}

impl Table {
    /// The checks in the benchmark's order, each with its group.
    pub fn rows(&self) -> impl Iterator<Item = (&Group, &Row)> {
        self.sections
            .iter()
            .flat_map(|section| &section.groups)
            .flat_map(|group| group.checks.iter().map(move |row| (group, row)))
    }

    /// The platform it is for.
    pub fn platform(&self) -> Option<&'static Platform> {
        platform::named(&self.platform)
    }

    /// The document, as a manifest has it.
    pub fn document(&self) -> Benchmark {
        Benchmark {
            name: self.benchmark.name.clone(),
            version: self.benchmark.version.clone(),
            kubernetes: self.kubernetes.clone(),
        }
    }
}

/// The folder that holds a folder for each profile.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every table below a folder, by its id.
pub fn read_all(folder: &Path) -> Result<Vec<Table>, TableError> {
    let unreadable = |error| TableError::Unreadable(folder.to_owned(), error);
    let mut tables = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let file = path.join("profile.toml");
        if file.is_file() {
            let table = read(&file)?;
            if path.file_name().is_none_or(|name| *name != *table.id) {
                let id = table.id;
                return Err(TableError::Wrong(
                    file,
                    format!("its id is `{id}`, its folder is not"),
                ));
            }
            tables.push(table);
        }
    }
    tables.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(tables)
}

/// A table. An id that stands twice, or outside its group, is refused.
fn read(file: &Path) -> Result<Table, TableError> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| TableError::Unreadable(file.to_owned(), error))?;
    let table: Table =
        toml::from_str(&text).map_err(|error| TableError::Unparsable(file.to_owned(), error))?;
    let mut seen = std::collections::BTreeSet::new();
    for (group, Row(id, ..)) in table.rows() {
        // An id that is no number, as a STIG has it, says nothing of its group.
        let numbered = id.starts_with(|c: char| c.is_ascii_digit());
        let inside = id
            .strip_prefix(&*group.id)
            .is_some_and(|rest| rest.starts_with('.'));
        if numbered && !inside {
            let problem = format!("`{id}` is no check of group {}", group.id);
            return Err(TableError::Wrong(file.to_owned(), problem));
        }
        if !seen.insert(id) {
            let problem = format!("`{id}` stands twice");
            return Err(TableError::Wrong(file.to_owned(), problem));
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("p");
        std::fs::create_dir(&place).unwrap();
        std::fs::write(place.join("profile.toml"), text).unwrap();
        let error = read_all(folder.path()).unwrap_err().to_string();
        error.replace(&*folder.path().to_string_lossy(), "")
    }

    const HEAD: &str = "id = 'p'\nepoch = 1\ntitle = 't'\nkubernetes = '>=1.28'\n\
                        [benchmark]\nname = 'b'\nversion = '1'\n\
                        [[section]]\nid = '1'\ntitle = 's'\ntarget = 'master'\n\
                        [[section.group]]\nid = '1.1'\ntitle = 'g'\n";

    #[test]
    fn a_table_that_contradicts_itself_is_refused() {
        let row = "['1.1.1', 'c', 1, 'manual', 'scored']";
        assert_eq!(
            refused(&format!("{HEAD}checks = [{row}, {row}]")),
            "/p/profile.toml: `1.1.1` stands twice"
        );
        assert_eq!(
            refused(&format!(
                "{HEAD}checks = [{}]",
                row.replace("1.1.1", "1.10.1")
            )),
            "/p/profile.toml: `1.10.1` is no check of group 1.1"
        );
        assert_eq!(
            refused(&format!("{HEAD}checks = [{row}]").replace("id = 'p'", "id = 'q'")),
            "/p/profile.toml: its id is `q`, its folder is not"
        );
        let odd = refused(&format!(
            "{HEAD}checks = [{}]",
            row.replace("manual", "perhaps")
        ));
        assert!(
            odd.contains("perhaps") && odd.contains("automated"),
            "{odd}"
        );
    }

    #[test]
    fn an_id_without_a_number_belongs_to_the_group_it_stands_in() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("p");
        std::fs::create_dir(&place).unwrap();
        let text = format!("{HEAD}checks = [['V-242390', 'c', 1, 'manual', 'scored']]");
        std::fs::write(place.join("profile.toml"), text).unwrap();
        let tables = read_all(folder.path()).unwrap();
        let (group, Row(id, ..)) = tables[0].rows().next().unwrap();
        assert_eq!((&*group.id, &**id), ("1.1", "V-242390"));
    }

    #[test]
    fn our_own_are_read() {
        let tables = read_all(&folder()).unwrap();
        assert!(
            tables
                .iter()
                .any(|t| t.id == "cis-1.10" && t.rows().count() == 130)
        );
    }
}
