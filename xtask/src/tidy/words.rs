//! Own words: no run of words of a published benchmark or of another tool's
//! files stands in ours. Ids, flags, paths and values are facts and stay free.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, Result};

use crate::sys::Workspace;

/// How many words in a row make a sentence somebody else's.
const RUN: usize = 8;

/// Where the published titles lie, for those who have them: beside this
/// repository, never in it.
const PUBLISHED: &str = "../shared/reference/kube-bench-cfg";

/// Every run of published words, if they are there.
pub(super) fn published(workspace: &Workspace) -> Result<Option<HashSet<String>>> {
    let folder = workspace.path(PUBLISHED);
    if !folder.is_dir() {
        return Ok(None);
    }
    let mut runs = HashSet::new();
    read(&folder, &mut runs)?;
    Ok(Some(runs))
}

fn read(folder: &Path, runs: &mut HashSet<String>) -> Result<()> {
    for entry in folder
        .read_dir()
        .with_context(|| format!("{} cannot be listed", folder.display()))?
    {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            read(&path, runs)?;
        } else if path.extension().is_some_and(|e| e == "yaml") {
            let text = std::fs::read_to_string(&path)?;
            for title in titles(&text) {
                runs.extend(word_runs(&title).into_iter().map(|(_, run)| run));
            }
        }
    }
    Ok(())
}

/// The texts of `text:` and `remediation:` members, which may go on over
/// deeper lines.
fn titles(yaml: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut depth = None;
    for line in yaml.lines() {
        let indent = line.len() - line.trim_start().len();
        let member = line.trim_start().trim_start_matches("- ");
        let start = ["text:", "remediation:"]
            .iter()
            .find_map(|name| member.strip_prefix(name));
        if let Some(text) = start {
            found.push(text.to_owned());
            depth = Some(indent);
        } else if depth.is_some_and(|depth| indent > depth || line.trim().is_empty()) {
            if let Some(last) = found.last_mut() {
                last.push(' ');
                last.push_str(line);
            }
        } else {
            depth = None;
        }
    }
    found
}

/// Lines of ours that hold a published run.
pub(super) fn borrowed(workspace: &Workspace, published: &HashSet<String>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for path in workspace.files()? {
        let name = path.to_string_lossy();
        let ours = name.starts_with("plugins/")
            || (name.starts_with("sdk/src/") && name.ends_with(".rs"))
            || (!name.contains('/') && name.ends_with(".md"));
        if !ours {
            continue;
        }
        if let Ok(text) = std::fs::read_to_string(workspace.path(&path)) {
            found.extend(shared(&name, &text, published));
        }
    }
    Ok(found)
}

fn shared(name: &str, text: &str, published: &HashSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut last = 0;
    for (line, run) in word_runs(text) {
        // One complaint for each place, not for each shift of the same run.
        if published.contains(&run) && line != last {
            found.push(format!("{name}:{line}: `{run}` are somebody else's words"));
            last = line;
        }
    }
    found
}

/// Every [`RUN`] words in a row, in lower case and without punctuation, with
/// the line that the run ends on. Paths and flags count as no words at all.
fn word_runs(text: &str) -> Vec<(usize, String)> {
    let words: Vec<(usize, String)> = text
        .lines()
        .zip(1..)
        .flat_map(|(line, number)| line.split_whitespace().map(move |word| (number, word)))
        .filter(|(_, word)| !word.contains('/') && !word.contains("--") && !word.contains('='))
        .map(|(number, word)| {
            let word: String = word
                .chars()
                .filter(|c| c.is_alphanumeric() || *c == '-')
                .collect();
            (number, word.to_lowercase())
        })
        .filter(|(_, word)| word.chars().any(char::is_alphabetic))
        .collect();
    words
        .windows(RUN)
        .map(|window| {
            let run: Vec<&str> = window.iter().map(|(_, word)| word.as_str()).collect();
            let line = window.last().map_or(0, |(line, _)| *line);
            (line, run.join(" "))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "groups:\n  - id: 1.1\n    checks:\n      - id: 1.1.1\n        \
        text: \"Make certain the big door is always shut at night (Automated)\"\n        \
        remediation: |\n          Walk over to the big door at night and then shut it.\n        \
        scored: true\n";

    fn runs() -> HashSet<String> {
        titles(YAML)
            .iter()
            .flat_map(|title| word_runs(title))
            .map(|(_, run)| run)
            .collect()
    }

    #[test]
    fn a_borrowed_sentence_is_found_once_and_by_line() {
        let ours = "//! x\nlet t = \"Check: MAKE certain the big\n door is always, shut.\";\n";
        let found = shared("plugins/p.rs", ours, &runs());
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("p.rs:3"), "{found:?}");
        let ours = "walk over to the big door at night and then shut it";
        assert_eq!(shared("p.rs", ours, &runs()).len(), 1);
    }

    #[test]
    fn own_words_about_the_same_thing_pass() {
        let ours = "The big door is shut at night. Walk to the big door at night.";
        assert!(shared("p.rs", ours, &runs()).is_empty());
    }

    #[test]
    fn paths_and_flags_are_facts() {
        let words = word_runs("set /a/b --x=y and a=b to one two three four five six");
        assert_eq!(words.len(), 2);
    }
}
