//! The tables of profiles in the READMEs, made of the manifests that were
//! built: a number in them that no profile has does not stay.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use cisb_contract::Manifest;
use cisb_contract::manifest::Assessment;

use crate::sys::Workspace;

/// How many checks kube-bench decides, by profile.
const THEIRS: &str = "plugins/kube-bench.toml";
/// What stands before a table, and after it.
const MARKS: [&str; 2] = [
    "<!-- profiles: BLESS=1 cargo xtask profiles writes this table -->\n",
    "<!-- end of profiles -->",
];

/// What the tables say of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    id: String,
    benchmark: String,
    kubernetes: String,
    checks: usize,
    /// Those that facts decide.
    judged: usize,
    /// Those of them that the benchmark leaves to a person.
    judged_manual: usize,
    /// Requests for files, processes and API objects.
    requests: [usize; 3],
}

impl Row {
    /// What a manifest says.
    pub fn of(manifest: &Manifest) -> Self {
        let judged = || manifest.checks.iter().filter(|check| check.judged);
        let requests = &manifest.requests;
        Self {
            id: manifest.id.clone(),
            benchmark: format!(
                "{} v{}",
                manifest.benchmark.name, manifest.benchmark.version
            ),
            kubernetes: manifest.benchmark.kubernetes.clone(),
            checks: manifest.checks.len(),
            judged: judged().count(),
            judged_manual: judged()
                .filter(|check| check.assessment == Assessment::Manual)
                .count(),
            requests: [
                requests.files.len() + requests.named.len() + requests.fields.len(),
                requests.processes.len(),
                requests.kubernetes.len(),
            ],
        }
    }

    /// The id without its versions, self-managed clusters first.
    fn family(&self) -> (bool, Vec<&str>) {
        let parts = self.id.split('-');
        let name: Vec<&str> = parts
            .filter(|part| part.starts_with(|c: char| c.is_ascii_alphabetic()))
            .collect();
        (name != ["cis"], name)
    }

    /// The numbers in the range, so that the newest versions come first.
    fn age(&self) -> Vec<u64> {
        self.kubernetes
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect()
    }

    fn capabilities(&self) -> String {
        let words = ["files", "processes", "kubernetes"];
        let asked = words
            .iter()
            .zip(self.requests)
            .filter(|(_, many)| *many > 0);
        let asked: Vec<String> = asked
            .map(|(word, many)| format!("{word} ({many})"))
            .collect();
        asked.join(", ")
    }
}

/// Compares the tables with the profiles; with `BLESS=1`, writes them.
pub fn hold(workspace: &Workspace, rows: &[Row]) -> Result<()> {
    let path = workspace.path(THEIRS);
    let theirs = std::fs::read_to_string(&path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let theirs: BTreeMap<String, usize> =
        toml::from_str(&theirs).with_context(|| format!("{THEIRS} does not parse"))?;
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| {
        let family = a.family().cmp(&b.family());
        family
            .then_with(|| b.age().cmp(&a.age()))
            .then_with(|| a.id.cmp(&b.id))
    });
    let bless = std::env::var_os("BLESS").is_some();
    write_or_compare(
        &workspace.path("README.md"),
        &summary(&rows, &theirs),
        bless,
    )?;
    write_or_compare(&workspace.path("plugins/README.md"), &list(&rows), bless)
}

/// For a reader of the project: what we judge, and what kube-bench does.
fn summary(rows: &[Row], theirs: &BTreeMap<String, usize>) -> String {
    let mut text = "| profile | benchmark | checks | judged from facts | by kube-bench | \
                    capabilities asked (requests) |\n|---|---|---:|---:|---:|---|\n"
        .to_owned();
    for row in rows {
        let Row {
            id,
            benchmark,
            checks,
            judged,
            ..
        } = row;
        let theirs = theirs.get(id).map_or("-".to_owned(), usize::to_string);
        let asked = row.capabilities();
        text.push_str(&format!(
            "| [{id}](plugins/{id}) | {benchmark} | {checks} | {judged} | {theirs} | {asked} |\n"
        ));
    }
    text
}

/// For somebody among the profiles.
fn list(rows: &[Row]) -> String {
    let mut text = "| profile | benchmark | Kubernetes | checks | judged from facts | \
                    of these manual in the benchmark |\n|---|---|---|---:|---:|---:|\n"
        .to_owned();
    for row in rows {
        let Row {
            id,
            benchmark,
            kubernetes,
            checks,
            judged,
            judged_manual,
            ..
        } = row;
        text.push_str(&format!(
            "| [{id}]({id}) | {benchmark} | `{kubernetes}` | {checks} | {judged} | \
             {judged_manual} |\n"
        ));
    }
    text
}

fn write_or_compare(path: &Path, table: &str, bless: bool) -> Result<()> {
    let old = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let new = with_table(&old, table)
        .with_context(|| format!("{} has no place for the table of profiles", path.display()))?;
    if new == old {
        return Ok(());
    }
    if !bless {
        bail!(
            "the table in {} is not that of the profiles: BLESS=1 cargo xtask profiles writes it",
            path.display()
        );
    }
    std::fs::write(path, new).with_context(|| format!("{} cannot be written", path.display()))
}

/// A document with this table between its marks; none if it has no marks.
fn with_table(document: &str, table: &str) -> Option<String> {
    let [begin, end] = MARKS;
    let (before, rest) = document.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}\n{table}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, kubernetes: &str) -> Row {
        Row {
            id: id.to_owned(),
            benchmark: "B v1".to_owned(),
            kubernetes: kubernetes.to_owned(),
            checks: 3,
            judged: 2,
            judged_manual: 1,
            requests: [4, 0, 1],
        }
    }

    fn workspace(table: &str) -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        std::fs::create_dir(root.join("plugins")).unwrap();
        std::fs::write(root.join(THEIRS), "\"p\" = 1\n").unwrap();
        let [begin, end] = MARKS;
        for file in ["README.md", "plugins/README.md"] {
            std::fs::write(root.join(file), format!("# a\n{begin}{table}{end}\nb\n")).unwrap();
        }
        (folder, Workspace { root })
    }

    #[test]
    fn a_table_that_says_something_else_is_refused() {
        let (_folder, workspace) = workspace("| p | 130 |\n");
        let error = hold(&workspace, &[row("p", ">=1.30")]).unwrap_err();
        assert!(error.to_string().contains("BLESS=1"), "{error}");
    }

    #[test]
    fn a_document_without_a_place_for_the_table_is_refused() {
        assert_eq!(with_table("# a\n", "| t |\n"), None);
        let [begin, end] = MARKS;
        let document = format!("a\n{begin}old{end}\nb\n");
        let new = with_table(&document, "| t |\n").unwrap();
        assert_eq!(new, format!("a\n{begin}\n| t |\n\n{end}\nb\n"));
        assert_eq!(with_table(&new, "| t |\n").as_ref(), Some(&new));
    }

    #[test]
    fn what_is_written_is_what_the_profiles_say() {
        let (_folder, workspace) = workspace("");
        let rows = [row("q", ">=1.9, <1.10"), row("p", ">=1.30")];
        let theirs = BTreeMap::from([("p".to_owned(), 1)]);
        let mut sorted = rows.to_vec();
        sorted.reverse();
        for (file, table) in [
            ("README.md", summary(&sorted, &theirs)),
            ("plugins/README.md", list(&sorted)),
        ] {
            write_or_compare(&workspace.path(file), &table, true).unwrap();
        }
        hold(&workspace, &rows).unwrap();
        let text = std::fs::read_to_string(workspace.path("README.md")).unwrap();
        let first = "| [p](plugins/p) | B v1 | 3 | 2 | 1 | files (4), kubernetes (1) |\n\
                     | [q](plugins/q) | B v1 | 3 | 2 | - | files (4), kubernetes (1) |\n";
        assert!(text.contains(first), "{text}");
        let text = std::fs::read_to_string(workspace.path("plugins/README.md")).unwrap();
        assert!(
            text.contains("| [q](q) | B v1 | `>=1.9, <1.10` | 3 | 2 | 1 |\n"),
            "{text}"
        );
    }
}
