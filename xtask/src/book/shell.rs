//! Commands of `cisb` that a page shows, as words: what a shell would make of
//! them, without one.

use super::markdown::{Block, Page};

/// A command that a page shows.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its line in the page.
    pub line: usize,
    /// Its words, `cisb` first.
    pub words: Vec<String>,
    /// Whether it is only named in a sentence, so that what it needs may be
    /// missing.
    pub named: bool,
}

/// Blocks in these languages are files or what a program printed.
const NO_SHELL: &[&str] = &["toml", "json", "rust", "wit"];

/// All commands of a page.
pub fn commands(page: &Page) -> Vec<Shown> {
    let mut found = Vec::new();
    for block in &page.blocks {
        if NO_SHELL.contains(&block.language.as_str()) {
            continue;
        }
        if block.language == "yaml" {
            found.extend(arguments(block));
            continue;
        }
        let mut lines = block.text.lines().zip(block.line..);
        while let Some((first, line)) = lines.next() {
            let mut text = first.trim().to_owned();
            while let Some(begun) = text.strip_suffix('\\') {
                let rest = lines.next().map_or("", |(rest, _)| rest.trim());
                text = format!("{} {rest}", begun.trim_end());
            }
            // What else stands in such a block was printed.
            let text = match (block.language.as_str(), text.strip_prefix("$ ")) {
                (_, Some(text)) => text,
                ("console", None) => continue,
                (_, None) => &text,
            };
            found.extend(command(text).map(|words| Shown {
                line,
                words,
                named: false,
            }));
        }
    }
    for (line, text) in &page.quoted {
        found.extend(command(text).map(|words| Shown {
            line: *line,
            words,
            named: true,
        }));
    }
    found
}

/// Arguments of containers, where they stand in one line, and lines of scripts.
fn arguments(block: &Block) -> impl Iterator<Item = Shown> + '_ {
    let lines = block.text.lines().map(str::trim).zip(block.line..);
    lines.filter_map(|(text, line)| {
        let list = text.trim_start_matches("- ").strip_prefix("args: [");
        let words = match list.and_then(|list| list.strip_suffix(']')) {
            Some(list) => {
                let words = list.split(',').map(|word| word.trim().trim_matches('"'));
                let words = std::iter::once("cisb").chain(words);
                words.map(str::to_owned).collect()
            }
            None => command(text)?,
        };
        Some(Shown {
            line,
            words,
            named: false,
        })
    })
}

/// The words of a command, if it is one of ours.
fn command(text: &str) -> Option<Vec<String>> {
    let (program, _) = text.split_once(' ')?;
    if program != "cisb" && !program.ends_with("/cisb") {
        return None;
    }
    let mut words = split(text);
    words[0] = "cisb".to_owned();
    Some(words)
}

/// Words up to the end of the command: a remark, a pipe, another command, or two
/// blanks, behind which pages say what a line is for.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut last = ' ';
    for c in text.chars() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            // Commands that stand below each other are aligned behind the program.
            (None, ' ') if last == ' ' && words.len() == 1 => {}
            (None, ' ') if last == ' ' => break,
            (None, ' ') => words.extend(word.take()),
            (None, '#') if word.is_none() => break,
            (None, '>') => {
                // A number before it names a stream.
                word = word.filter(|word| word.parse::<u8>().is_err());
                break;
            }
            (None, '|' | ';' | '&') => break,
            (None, c) => word.get_or_insert_default().push(c),
        }
        last = c;
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::super::markdown;
    use super::*;

    fn words(page: &str) -> Vec<String> {
        let shown = commands(&markdown::read(page));
        shown.iter().map(|shown| shown.words.join("|")).collect()
    }

    #[test]
    fn commands_are_found_where_they_stand() {
        for (page, wanted) in [
            ("```\ncisb scan --root /x\n```", "cisb|scan|--root|/x"),
            ("```\ncisb lock      pins all\n```", "cisb|lock"),
            ("```\ncisb scan --level 1\n```", "cisb|scan|--level|1"),
            ("```\ncisb lock # pins all\n```", "cisb|lock"),
            ("```\nbin/cisb lock\n```", "cisb|lock"),
            ("```\ncisb       lock\n```", "cisb|lock"),
            ("```\ncisb scan \\\n    --locked\n```", "cisb|scan|--locked"),
            (
                "```console\n$ cisb lock --for 'a b'\n```",
                "cisb|lock|--for|a b",
            ),
            (
                "```\ncisb schema report > x.json\n```",
                "cisb|schema|report",
            ),
            (
                "```\ncisb schema report 2> x.json\n```",
                "cisb|schema|report",
            ),
            (
                "```yaml\n  args: [scan, --root, \"/h\"]\n```",
                "cisb|scan|--root|/h",
            ),
            ("```yaml\n  cisb lock\n```", "cisb|lock"),
            ("so does `cisb cache warm`", "cisb|cache|warm"),
        ] {
            assert_eq!(words(page), [wanted], "{page}");
        }
        for page in [
            "```console\ncisb scan was printed\n```",
            "```toml\ncisb scan\n```",
            "`cisb` and `cisb:host`",
            "```\ncisb: a sentence\n```",
        ] {
            assert!(words(page).is_empty(), "{page}");
        }
    }
}
