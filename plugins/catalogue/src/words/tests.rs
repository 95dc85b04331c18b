//! Holds the words to their promises: complete, short, linked, within the size budget, and ours.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::PROCEDURES;
use crate::control::{ProcedureWords, Words};
use crate::platform;
use crate::table::{self, Row, Table};

/// What a profile's words may take for each check as compact JSON, and what all procedures may,
/// so that the component with its manifest stays below 200 KB.
const BUDGET: usize = 507;
/// See [`BUDGET`].
const PROCEDURES_BUDGET: usize = 9_140;

/// A run of this many words that stands in another's text is a quotation.
const QUOTATION: usize = 6;

#[test]
fn every_control_of_the_tables_has_words_and_no_others_do() {
    let tables = table::read_all(&table::folder()).unwrap();
    let named: BTreeSet<&str> = tables
        .iter()
        .flat_map(Table::rows)
        .map(|(_, Row(_, control, ..))| &**control)
        .collect();
    let worded: BTreeSet<&str> = all().map(|words| words.control).collect();
    let ruled: BTreeSet<&str> = platform::ALL
        .iter()
        .flat_map(|platform| platform.controls())
        .map(|it| it.name)
        .collect();

    assert_eq!(worded, named);
    assert_eq!(ruled, named);
    for list in lists() {
        let names: BTreeSet<&str> = list.iter().map(|words| words.control).collect();
        assert_eq!(list.len(), names.len(), "a control has words twice");
    }
    assert!(super::of("no-such-control").is_none());
}

#[test]
fn every_procedure_named_exists_and_every_procedure_is_used() {
    let named: BTreeSet<&str> = all()
        .map(|words| words.procedure)
        .filter(|name| !name.is_empty())
        .collect();
    let existing: BTreeSet<&str> = procedures().map(|procedure| procedure.name).collect();

    assert_eq!(named, existing);
    for list in procedure_lists() {
        let names: BTreeSet<&str> = list.iter().map(|procedure| procedure.name).collect();
        assert_eq!(list.len(), names.len(), "a procedure's name is taken twice");
    }
}

#[test]
fn titles_are_short_and_tell_controls_apart() {
    let mut seen = BTreeMap::new();
    for words in all() {
        let (name, title) = (words.control, words.title);
        assert!(
            !title.is_empty() && title.len() <= 75,
            "{name}: title has {} bytes",
            title.len()
        );
        assert!(!title.ends_with('.'), "{name}: a title is no sentence");
        assert!(
            !title.contains("(Automated)") && !title.contains("(Manual)"),
            "{name}: the report adds the assessment"
        );
        assert!(
            !title.starts_with("Ensure"),
            "{name}: say what is, not that it be ensured"
        );
        if let Some(other) = seen.insert(title, name) {
            assert_eq!(other, name, "two controls share a title");
        }
    }
}

#[test]
fn texts_keep_their_limits_and_are_plain() {
    for words in all() {
        let name = words.control;
        let limits = [
            ("rationale", words.rationale, 1, 170),
            ("set", words.set, 1, 200),
            ("breaks", words.breaks, 0, 185),
        ];
        for (what, text, least, most) in limits {
            check_text(&format!("{name}: {what}"), text, least, most);
        }
        assert!(
            words.rationale.ends_with('.'),
            "{name}: the rationale is a sentence"
        );
        assert!(words.references.len() <= 2, "{name}: too many references");
        for url in words.references {
            assert!(
                SITES.iter().any(|site| url.starts_with(site)),
                "{name}: {url}"
            );
        }
        assert!(
            !words.set.to_lowercase().contains("check manually"),
            "{name}: say at what"
        );
    }
    for procedure in procedures() {
        let parts = [
            procedure.change,
            procedure.effect,
            procedure.rollback,
            procedure.verify,
        ];
        for text in parts {
            check_text(procedure.name, text, 1, 350);
        }
    }
}

#[test]
fn the_words_of_every_profile_stay_within_the_budget() {
    let size = |words: Option<&Words>| {
        words.map_or(0, |words| {
            serde_json::json!({
                "title": words.title,
                "rationale": words.rationale,
                "remediation": {
                    "procedure": words.procedure,
                    "set": words.set,
                    "breaks": words.breaks,
                },
                "references": words.references,
            })
            .to_string()
            .len()
        })
    };
    let words = |procedure: &ProcedureWords| {
        serde_json::json!({
            procedure.name: {
                "change": procedure.change,
                "effect": procedure.effect,
                "rollback": procedure.rollback,
                "verify": procedure.verify,
            },
        })
        .to_string()
        .len()
    };

    for table in table::read_all(&table::folder()).unwrap() {
        let platform = table.platform().unwrap();
        let checks = table.rows().map(|(_, row)| size(platform.words(&row.1)));
        let checks: usize = checks.sum();
        assert!(
            checks <= BUDGET * table.rows().count(),
            "{}: checks {checks} bytes",
            table.id
        );
        let names: BTreeSet<&str> = table
            .rows()
            .filter_map(|(_, row)| Some(platform.words(&row.1)?.procedure))
            .collect();
        let procedures = names.iter().filter_map(|name| platform.procedure(name));
        let procedures: usize = procedures.map(words).sum();
        assert!(
            procedures <= PROCEDURES_BUDGET,
            "{}: procedures {procedures} bytes",
            table.id
        );
    }
}

#[test]
fn no_text_quotes_the_reference() {
    let Some(folder) = reference() else {
        // Past the capture of the test harness: a skip that nobody sees is no skip.
        let note = "skipped no_text_quotes_the_reference: no shared/reference above this crate";
        writeln!(io::stderr(), "{note}").ok();
        return;
    };
    let mut theirs = Vec::new();
    for table in table::read_all(&table::folder()).unwrap() {
        let folder = folder.join(&table.id);
        let texts = texts_of(&folder);
        assert!(
            texts.len() > 200 || !folder.is_dir(),
            "found only {} texts in {}",
            texts.len(),
            folder.display()
        );
        theirs.extend(texts);
    }
    assert!(theirs.len() > 200, "a blind test");
    let runs: BTreeSet<String> = theirs.iter().flat_map(|text| runs(text)).collect();
    for text in theirs
        .iter()
        .filter(|text| plain_words(text).len() >= QUOTATION)
    {
        assert!(
            runs.contains(&plain_words(text)[..QUOTATION].join(" ")),
            "a blind test"
        );
    }

    let mut quoted = Vec::new();
    for (name, text) in ours() {
        for run in self::runs(text) {
            if runs.contains(&run) {
                quoted.push(format!("{name}: {run}"));
            }
        }
    }
    assert!(quoted.is_empty(), "{quoted:#?}");
}

/// Where documentation is linked: Kubernetes' own, and the platforms'.
const SITES: &[&str] = &[
    "https://kubernetes.io/docs/",
    "https://etcd.io/docs/",
    "https://docs.k3s.io/",
    "https://microk8s.io/docs/",
];

/// The common words and each platform's.
fn lists() -> impl Iterator<Item = Vec<&'static Words>> {
    let common = super::all().collect();
    let own = platform::ALL
        .iter()
        .map(|platform| platform.words.iter().flat_map(|list| list.iter()).collect());
    std::iter::once(common).chain(own)
}

fn all() -> impl Iterator<Item = &'static Words> {
    lists().flatten()
}

/// The common procedures and each platform's.
fn procedure_lists() -> impl Iterator<Item = &'static [ProcedureWords]> {
    let own = platform::ALL.iter().map(|platform| platform.procedures);
    std::iter::once(PROCEDURES).chain(own)
}

fn procedures() -> impl Iterator<Item = &'static ProcedureWords> {
    procedure_lists().flatten()
}

/// Every text of ours, with the name it goes by.
fn ours() -> impl Iterator<Item = (&'static str, &'static str)> {
    let words = all().flat_map(|words| {
        [words.title, words.rationale, words.set, words.breaks].map(|text| (words.control, text))
    });
    let procedures = procedures().flat_map(|procedure| {
        [
            procedure.change,
            procedure.effect,
            procedure.rollback,
            procedure.verify,
        ]
        .map(|text| (procedure.name, text))
    });
    words.chain(procedures)
}

/// The second string of each row of a table.
fn check_text(name: &str, text: &str, least: usize, most: usize) {
    assert!(
        (least..=most).contains(&text.len()),
        "{name} has {} bytes: {text}",
        text.len()
    );
    assert!(
        text.is_ascii() && !text.contains("  ") && text == text.trim(),
        "{name}: {text}"
    );
}

/// The folder of the reference, if one of the folders above holds it.
fn reference() -> Option<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/reference/kube-bench-cfg"))
        .find(|folder| folder.is_dir())
}

/// The titles and remediations of the folder's files, read as lines: the layout is regular, and a
/// YAML reader would be one more dependency.
fn texts_of(folder: &Path) -> Vec<String> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let mut texts = Vec::new();
    for content in files
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
    {
        let mut lines = content.lines().peekable();
        while let Some(line) = lines.next() {
            let key = line.trim_start();
            let indent = line.len() - key.len();
            let Some(start) = key
                .strip_prefix("text:")
                .or_else(|| key.strip_prefix("remediation:"))
            else {
                continue;
            };
            let mut text = start.to_owned();
            // A block is indented deeper; a quoted string may go on at the same depth.
            let open = |text: &str| text.matches('"').count() % 2 == 1;
            let quoted = start.trim_start().starts_with('"');
            while let Some(next) = lines.next_if(|next| {
                let deeper = next.len() - next.trim_start().len() > indent;
                if quoted {
                    open(&text)
                } else {
                    deeper || next.trim().is_empty()
                }
            }) {
                text.push(' ');
                text.push_str(next.trim());
            }
            texts.push(text);
        }
    }
    texts
}

/// Every run of [`QUOTATION`] words in a text.
fn runs(text: &str) -> Vec<String> {
    plain_words(text)
        .windows(QUOTATION)
        .map(|run| run.join(" "))
        .collect()
}

/// A text's words in lower case, without flags, paths, assignments and variables: those are facts.
fn plain_words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .filter(|word| {
            let core = word.trim_matches(|c: char| ".,;:!?()[]'\"`".contains(c));
            !core.starts_with('-') && !core.contains(['/', '=', '$', '<', '.', '_', ':'])
        })
        .map(|word| {
            word.chars()
                .filter(char::is_ascii_alphanumeric)
                .collect::<String>()
        })
        .map(|word| word.to_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}
