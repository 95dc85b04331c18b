//! What the book's checks need to know of a page: its headings, links, blocks of
//! code and quoted words. Pages are plain enough for a reader of lines.

use std::collections::BTreeSet;

/// A page, taken apart.
#[derive(Debug, Default)]
pub struct Page {
    /// What a link can lead to within the page: one name for each heading.
    pub anchors: Vec<String>,
    /// Where links lead, with their lines.
    pub links: Vec<(usize, String)>,
    /// Fenced blocks of code.
    pub blocks: Vec<Block>,
    /// Words quoted as code in a line, with it.
    pub quoted: Vec<(usize, String)>,
}

/// A fenced block of code.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// The line of its first line of text.
    pub line: usize,
    /// What stands behind the fence, such as `yaml`.
    pub language: String,
    /// The text.
    pub text: String,
}

/// Takes a page apart.
pub fn read(text: &str) -> Page {
    let mut page = Page::default();
    let mut used = BTreeSet::new();
    // The open block, with the indentation of its fence.
    let mut open: Option<(usize, Block)> = None;
    for (line, number) in text.lines().zip(1..) {
        let bare = line.trim_start();
        let indent = line.len() - bare.len();
        if let Some(language) = bare.strip_prefix("```") {
            match open.take() {
                Some((_, block)) => page.blocks.push(block),
                None => {
                    let block = Block {
                        line: number + 1,
                        language: language.trim().to_owned(),
                        text: String::new(),
                    };
                    open = Some((indent, block));
                }
            }
            continue;
        }
        if let Some((fence, block)) = &mut open {
            block.text += line.get((*fence).min(indent)..).unwrap_or_default();
            block.text.push('\n');
            continue;
        }
        if let Some(heading) = heading(line) {
            page.anchors.push(unique(anchor(heading), &mut used));
        }
        let parts: Vec<&str> = line.split('`').collect();
        let quoted = parts.iter().skip(1).step_by(2);
        page.quoted
            .extend(quoted.map(|words| (number, (*words).to_owned())));
        // What is quoted as code is no link.
        let plain: Vec<&str> = parts.iter().step_by(2).copied().collect();
        let plain = plain.join("`");
        let links = plain.split("](").skip(1);
        page.links.extend(
            links
                .filter_map(|rest| rest.split_once(')'))
                .map(|(to, _)| (number, to.to_owned())),
        );
    }
    page
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let depth = line.len() - text.len();
    (1..=6)
        .contains(&depth)
        .then(|| text.strip_prefix(' '))
        .flatten()
}

/// The name that a heading gets, as mdBook and the forges make it.
pub fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|c| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}

fn unique(name: String, used: &mut BTreeSet<String>) -> String {
    if used.insert(name.clone()) {
        return name;
    }
    let mut number = 1;
    loop {
        let next = format!("{name}-{number}");
        if used.insert(next.clone()) {
            return next;
        }
        number += 1;
    }
}

/// A text that stands in a cell of a table.
pub fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_apart() {
        let page = read(
            "# A `b` c\n\n## Same\n## Same\nsee [x](y.md#z) and `[no](link)` and `cisb scan`\n\
             ```yaml\n# not a heading\na: [b](c)\n```\n   ```\n   indented\n   ```\n",
        );
        assert_eq!(page.anchors, ["a-b-c", "same", "same-1"]);
        assert_eq!(page.links, [(5, "y.md#z".to_owned())]);
        let quoted: Vec<&str> = page.quoted.iter().map(|(_, words)| &**words).collect();
        assert_eq!(quoted, ["b", "[no](link)", "cisb scan"]);
        assert_eq!(page.blocks.len(), 2);
        assert_eq!(page.blocks[0].language, "yaml");
        assert_eq!(page.blocks[0].line, 7);
        assert_eq!(page.blocks[1].text, "indented\n");
    }
}
