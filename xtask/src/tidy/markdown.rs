//! Documents name rooms and files; a name that leads nowhere misleads.

/// What a path in a document may start with to be one of ours.
const ROOTS: &[&str] = &[
    ".cargo", ".ci", "docs", "host", "plugins", "sdk", "tests", "wit", "xtask",
];

/// Paths that a document names and that are not there.
pub(super) fn lost_paths(name: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    let mut fenced = false;
    for (line, number) in text.lines().zip(1..) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let quoted = line.split('`').skip(1).step_by(2).filter(|path| ours(path));
        for path in quoted {
            if !exists(path.trim_end_matches('/')) {
                found.push(format!("{name}:{number}: `{path}` does not exist"));
            }
        }
        for link in line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let path = link.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            let path = if folder.is_empty() {
                path.to_owned()
            } else {
                format!("{folder}/{path}")
            };
            if !exists(&path) {
                found.push(format!("{name}:{number}: the link to {link} leads nowhere"));
            }
        }
    }
    found
}

/// Whether a quoted text is a path in this repository: no blanks, no
/// placeholders, and it starts in one of our rooms or is a document beside them.
fn ours(text: &str) -> bool {
    if text.contains([' ', '*', '<', '{', '…', ':', '=']) {
        return false;
    }
    let document = !text.contains('/') && text.ends_with(".md");
    let room = text
        .split_once('/')
        .is_some_and(|(first, _)| ROOTS.contains(&first));
    document || room
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(text: &str) -> Vec<String> {
        lost_paths("wit/README.md", text, |path| {
            matches!(path, "host/src" | "wit/host" | "README.md")
        })
    }

    #[test]
    fn a_path_that_leads_nowhere_is_found() {
        assert_eq!(lost("see `host/src/gone.rs`\n").len(), 1);
        assert_eq!(lost("see [it](gone.md)\n").len(), 1);
        assert_eq!(lost("see `LOST.md`\n").len(), 1);
    }

    #[test]
    fn paths_that_are_there_and_words_that_are_none_pass() {
        for text in [
            "see `host/src/` and `README.md`",
            "see [the host](host#part) and [abroad](https://example.org/x)",
            "run `cisb scan --node tests/gone`, name `plugins/<profile>`",
            "```\nhost/gone.rs `host/gone.rs`\n```",
        ] {
            assert!(lost(text).is_empty(), "{:?}", lost(text));
        }
    }
}
