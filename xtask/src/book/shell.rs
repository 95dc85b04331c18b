//! Commands that a page shows, as words: what a shell would make of them, without
//! one.

use super::markdown::{Block, Page};

/// A command that a page shows.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its line in the page.
    pub line: usize,
    /// Its words, the program first.
    pub words: Vec<String>,
    /// Whether it is only named in a sentence, so that what it needs may be
    /// missing.
    pub named: bool,
}

/// Blocks in these languages are files or what a program printed.
const NO_SHELL: &[&str] = &["toml", "json", "rust", "wit"];

/// All of a page's commands of a program, such as `cisb` or `cargo xtask`.
pub fn commands(page: &Page, program: &str) -> Vec<Shown> {
    let mut found = Vec::new();
    for block in &page.blocks {
        if NO_SHELL.contains(&block.language.as_str()) {
            continue;
        }
        if block.language == "yaml" {
            found.extend(scripts(block, program));
            found.extend(arguments(block, program));
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
            found.extend(command(text, program).map(|words| Shown {
                line,
                words,
                named: false,
            }));
        }
    }
    for (line, text) in &page.quoted {
        found.extend(command(text, program).map(|words| Shown {
            line: *line,
            words,
            named: true,
        }));
    }
    found
}

/// Lines of scripts that a manifest of Kubernetes carries.
fn scripts(block: &Block, program: &str) -> Vec<Shown> {
    let lines = block.text.lines().zip(block.line..);
    let shown = lines.filter_map(|(text, line)| {
        Some(Shown {
            line,
            words: command(text.trim(), program)?,
            named: false,
        })
    });
    shown.collect()
}

/// Arguments of containers, where they stand in one line: the image is ours.
fn arguments(block: &Block, program: &str) -> Vec<Shown> {
    let lines = block.text.lines().map(str::trim).zip(block.line..);
    let lists = lines.filter_map(|(text, line)| {
        let list = text.trim_start_matches("- ").strip_prefix("args: [")?;
        // A list that begins with a path has its program in it.
        let list = list.strip_suffix(']').filter(|it| !it.starts_with('/'))?;
        Some((list, line))
    });
    let shown = lists.map(|(list, line)| {
        let words = list.split(',').map(|word| word.trim().trim_matches('"'));
        let words = std::iter::once("cisb").chain(words);
        Shown {
            line,
            words: words.map(str::to_owned).collect(),
            named: false,
        }
    });
    shown.filter(|_| program == "cisb").collect()
}

/// The words of a command, if it is one of this program.
fn command(text: &str, program: &str) -> Option<Vec<String>> {
    // Variables that are set for it.
    let mut text = text;
    while let Some((word, rest)) = text.split_once(' ')
        && word.contains('=')
        && word.starts_with(|c: char| c.is_ascii_uppercase())
    {
        text = rest;
    }
    let at = text.find(program)?;
    let before = &text[..at];
    let is_path = before.is_empty() || before.ends_with('/') && !before.contains(' ');
    let rest = &text[at + program.len()..];
    if !is_path || !rest.starts_with(' ') {
        return None;
    }
    let mut words = vec![program.to_owned()];
    words.extend(split(rest.trim_start()));
    Some(words)
}

/// Words up to the end of the command: a remark, a pipe, another command, or two
/// blanks, behind which pages say what a line is for.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut last = '\0';
    for c in text.chars() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
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
    // What may be left out.
    let bare = |word: String| {
        word.trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned()
    };
    words.into_iter().map(bare).collect()
}

#[cfg(test)]
mod tests {
    use super::super::markdown;
    use super::*;

    fn words(page: &str) -> Vec<String> {
        let shown = commands(&markdown::read(page), "cisb");
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
        let page = markdown::read("```\nBLESS=1 cargo xtask dist [--key FILE]  writes\n```");
        let shown = commands(&page, "cargo xtask");
        assert_eq!(shown[0].words, ["cargo xtask", "dist", "--key", "FILE"]);
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
