//! `cargo xtask book`: the book of operators, vetters and authors. Its pages lie
//! in `docs/src`; those that say what the source says better are made here, when
//! the book is built, so that nothing is written twice and nothing can be stale.

mod check;
mod commands;
mod contract;
pub mod markdown;
mod schema;
pub mod shell;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use cisb_contract::{MANIFEST_SCHEMA, Manifest, WORLD};
use serde_json::Value;

use crate::guests;
use crate::sys::{self, Workspace};

/// Where the written pages lie, and where links of other documents may lead.
pub const FOLDER: &str = "docs/src";

/// The list of chapters.
pub const SUMMARY: &str = "SUMMARY.md";

/// What renders it: a workspace of its own, for nobody who builds cisb waits for
/// mdBook.
pub const PRESS: &str = "docs/press/Cargo.toml";

/// The pages that are made from something else, sorted.
pub const GENERATED: &[&str] = &[
    "commands.md",
    "contract.md",
    "manifest.md",
    "profiles.md",
    "report-schema.md",
    "rules.md",
];

/// The texts of all pages by their names, the list of chapters included.
pub type Pages = BTreeMap<String, String>;

/// Whether a path of the source is that of a page that is made from something
/// else, and so lies there for readers of the book alone.
pub fn is_generated(path: &str) -> bool {
    let name = path
        .strip_prefix(FOLDER)
        .and_then(|name| name.strip_prefix('/'));
    name.is_some_and(|name| GENERATED.contains(&name))
}

/// Checks the book and renders it into `target/book`, with the host as it is built.
pub fn run(workspace: &Workspace) -> Result<()> {
    let pages = pages(workspace)?;
    let source = workspace.target().join("book-source");
    stage(workspace, &pages, &source)?;
    let complaints = check::complaints(&pages);
    for complaint in &complaints {
        println!("book: {complaint}");
    }
    ensure!(complaints.is_empty(), "{} complaints", complaints.len());
    let target = workspace.target().join("book");
    sys::run(
        workspace
            .cargo()
            .args(["run", "--quiet", "--locked", "--manifest-path"])
            .arg(workspace.path(PRESS))
            .arg("--target-dir")
            .arg(workspace.target().join("press"))
            .arg("--")
            .args([&source, &target]),
    )?;
    let lost = check::rendered(&target)?;
    ensure!(
        lost.is_empty(),
        "rendered links lead nowhere:\n{}",
        lost.join("\n")
    );
    println!("book: {} pages in {}", pages.len() - 1, target.display());
    Ok(())
}

/// Everything that is wrong with the book's chapters and links.
pub fn complaints(workspace: &Workspace) -> Result<Vec<String>> {
    Ok(check::complaints(&pages(workspace)?))
}

/// Written and generated pages. Needs the built host.
pub fn pages(workspace: &Workspace) -> Result<Pages> {
    let mut pages = generated(workspace)?;
    let folder = workspace.path(FOLDER);
    let entries = folder
        .read_dir()
        .with_context(|| format!("{} cannot be listed", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        ensure!(
            name.ends_with(".md") && entry.file_type()?.is_file(),
            "{FOLDER}/{name} is no page: pages lie in one folder and end in .md"
        );
        ensure!(
            !GENERATED.contains(&name.as_str()),
            "{FOLDER}/{name} is made when the book is built: take the file away"
        );
        let text = std::fs::read_to_string(entry.path())
            .with_context(|| format!("{FOLDER}/{name} cannot be read"))?;
        pages.insert(name, text);
    }
    Ok(pages)
}

fn generated(workspace: &Workspace) -> Result<Pages> {
    let (resolve, _) = guests::contract(workspace)?;
    let report = schema::page(
        "# The JSON report\n\n\
         What `cisb scan --format json` prints, made of the schema that `cisb schema report` prints.\n\
         What verdicts mean, and how to read them, is in [Reading a report](report.md).\n",
        "The report",
        &published(workspace, "report")?,
    )?;
    let rules = schema::page(
        "# Rules and other members of YAML profiles\n\n\
         Every member of a profile in YAML, made of the schema that `cisb schema profile` prints.\n\
         [Profiles in YAML](yaml.md) explains them with examples.\n",
        "The file",
        &published(workspace, "profile")?,
    )?;
    let pages = Pages::from([
        (
            "commands.md".to_owned(),
            commands::page(|words| cisb(workspace, words))?,
        ),
        ("contract.md".to_owned(), contract::page(&resolve)?),
        ("manifest.md".to_owned(), manifest()?),
        (
            "profiles.md".to_owned(),
            profiles(&workspace.path("plugins/README.md"))?,
        ),
        ("report-schema.md".to_owned(), report),
        ("rules.md".to_owned(), rules),
    ]);
    ensure!(
        pages.keys().eq(GENERATED),
        "the list of generated pages is not that of those that are made"
    );
    Ok(pages)
}

/// The manifest's types as a page.
fn manifest() -> Result<String> {
    let schema = serde_json::to_value(schemars::schema_for!(Manifest))?;
    let page = schema::page(
        "# The manifest\n\n\
         What a profile says of itself, as JSON in the component's custom section `cisb:manifest`.\n\
         The host reads it before it compiles anything, and never by running code; it refuses members that it does not know.\n\
         `cisb profile inspect FILE --format json` prints a profile's own.\n\
         This page is made of the types in `wit/src/manifest.rs`.\n",
        "Manifest",
        &schema,
    )?;
    Ok(page
        .replace(
            "[`crate::MANIFEST_SCHEMA`]",
            &format!("`{MANIFEST_SCHEMA}`"),
        )
        .replace("[`crate::WORLD`]", &format!("`{WORLD}`")))
}

/// The table of profiles, without its links into the source.
fn profiles(readme: &Path) -> Result<String> {
    let text = std::fs::read_to_string(readme)
        .with_context(|| format!("{} cannot be read", readme.display()))?;
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let mut page = "\
# The profiles

A *check judged from facts* is decided by a node's files and processes or by objects of the API; the others are shown to a person with what was seen.
Ids, targets and counting are those of kube-bench's profile of the same name.

"
    .to_owned();
    for row in rows {
        let row = match row.strip_prefix("| [").and_then(|row| row.split_once(']')) {
            Some((id, rest)) => match rest.split_once(')') {
                Some((_, rest)) => format!("| `{id}`{rest}"),
                None => row.to_owned(),
            },
            None => row.to_owned(),
        };
        page += &row;
        page.push('\n');
    }
    Ok(page)
}

fn published(workspace: &Workspace, name: &str) -> Result<Value> {
    let text = cisb(workspace, &["schema", name])?;
    serde_json::from_str(&text).with_context(|| format!("cisb schema {name} is not JSON"))
}

/// What the built host prints, with nothing in its environment.
fn cisb(workspace: &Workspace, words: &[&str]) -> Result<String> {
    let program = workspace.cisb();
    ensure!(
        program.is_file(),
        "there is no {}: cargo build --release -p cisb",
        program.display()
    );
    let output = Command::new(&program)
        .args(words)
        .env_clear()
        .env("COLUMNS", "100")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "cisb {} failed: {said}",
        words.join(" ")
    );
    String::from_utf8(output.stdout).context("cisb did not write UTF-8")
}

/// Puts all of it where mdBook reads it.
fn stage(workspace: &Workspace, pages: &Pages, folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("{} cannot be replaced", folder.display()))?;
    }
    let src = folder.join("src");
    std::fs::create_dir_all(&src).with_context(|| format!("{} cannot be made", src.display()))?;
    std::fs::copy(workspace.path("docs/book.toml"), folder.join("book.toml"))
        .context("docs/book.toml cannot be copied")?;
    for (name, text) in pages {
        std::fs::write(src.join(name), text)
            .with_context(|| format!("{name} cannot be written"))?;
    }
    Ok(())
}
