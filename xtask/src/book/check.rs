//! What must hold of the book: every page is a chapter, every chapter a page, and
//! every link leads to a place that is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};

use super::markdown::{self, Page};
use super::{GENERATED, Pages, SUMMARY};

/// Everything that is wrong.
pub(super) fn complaints(pages: &Pages) -> Vec<String> {
    let read: BTreeMap<&str, Page> = pages
        .iter()
        .map(|(name, text)| (name.as_str(), markdown::read(text)))
        .collect();
    let mut found = chapters(&read);
    for (name, page) in &read {
        for (line, to) in &page.links {
            if let Some(why) = lost(&read, name, to) {
                found.push(format!("{}:{line}: the link to {to} {why}", place(name)));
            }
        }
    }
    found
}

fn place(name: &str) -> String {
    match GENERATED.contains(&name) {
        true => format!("{name} (generated)"),
        false => format!("{}/{name}", super::FOLDER),
    }
}

/// Pages and chapters that do not fit each other.
fn chapters(pages: &BTreeMap<&str, Page>) -> Vec<String> {
    let Some(summary) = pages.get(SUMMARY) else {
        return vec![format!("{} is missing", place(SUMMARY))];
    };
    let mut found = Vec::new();
    let mut listed = BTreeSet::new();
    for (line, to) in &summary.links {
        if !listed.insert(to.as_str()) {
            found.push(format!(
                "{}:{line}: {to} is a chapter twice",
                place(SUMMARY)
            ));
        }
    }
    found.extend(
        pages
            .keys()
            .filter(|name| **name != SUMMARY && !listed.contains(*name))
            .map(|name| format!("{name} is no chapter: add it to {}", place(SUMMARY))),
    );
    found
}

/// Why a link leads nowhere.
fn lost(pages: &BTreeMap<&str, Page>, from: &str, to: &str) -> Option<&'static str> {
    if to.starts_with("https://") {
        return None;
    }
    let (name, anchor) = match to.split_once('#') {
        Some((name, anchor)) => (name, Some(anchor)),
        None => (to, None),
    };
    let name = if name.is_empty() { from } else { name };
    let Some(page) = pages.get(name) else {
        return Some("leads to no page of the book");
    };
    let there = anchor.is_none_or(|anchor| page.anchors.iter().any(|it| it == anchor));
    (!there).then_some("names a heading that is not there")
}

/// Links of the rendered book that lead nowhere: what mdBook made of anchors is
/// its own, and must be what pages rely on.
pub(super) fn rendered(folder: &Path) -> Result<Vec<String>> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let entries = folder
        .read_dir()
        .with_context(|| format!("{} cannot be listed", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".html") {
            let text = std::fs::read_to_string(entry.path())
                .with_context(|| format!("{name} cannot be read"))?;
            files.insert(name, text);
        }
    }
    let mut found = Vec::new();
    for (from, text) in &files {
        for to in attributes(text, "href").chain(attributes(text, "src")) {
            let (name, anchor) = to.split_once('#').unwrap_or((to, ""));
            if name.contains(':') {
                continue;
            }
            let name = if name.is_empty() { from } else { name };
            let there = match (files.get(name), anchor) {
                (None, _) => folder.join(name).exists(),
                (Some(_), "") => true,
                (Some(text), anchor) => attributes(text, "id").any(|id| id == anchor),
            };
            if !there {
                found.push(format!("{from}: {to}"));
            }
        }
    }
    Ok(found)
}

/// The values of an attribute.
fn attributes<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    text.split(&format!(" {name}=\""))
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .map(|(value, _)| value)
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(pages: &[(&str, &str)]) -> Vec<String> {
        let pages = pages.iter();
        complaints(
            &pages
                .map(|(name, text)| ((*name).into(), (*text).into()))
                .collect(),
        )
    }

    #[test]
    fn pages_and_chapters_are_the_same() {
        let good = [
            (SUMMARY, "- [A](a.md)\n- [B](b.md)\n"),
            ("a.md", ""),
            ("b.md", ""),
        ];
        assert_eq!(wrong(&good), [""; 0]);
        assert!(wrong(&good[..2])[0].contains("b.md leads to no page"));
        assert!(
            wrong(&[good[0], good[1], good[2], ("c.md", "")])[0].contains("c.md is no chapter")
        );
        let twice = (SUMMARY, "- [A](a.md)\n- [B](a.md)\n");
        assert!(wrong(&[twice, good[1]])[0].contains("a chapter twice"));
        assert!(wrong(&[good[1]])[0].contains("is missing"));
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let with = |text| wrong(&[(SUMMARY, "- [A](a.md)\n"), ("a.md", text)]);
        for text in [
            "# X y\n[a](#x-y)\n",
            "# X\n[a](a.md#x) [b](https://example.org)\n",
            "`[a](nowhere.md)`\n",
        ] {
            assert!(with(text).is_empty(), "{text}: {:?}", with(text));
        }
        for text in [
            "[a](b.md)\n",
            "[a](#x)\n",
            "# X\n[a](a.md#y)\n",
            "[a](../a.md)\n",
        ] {
            assert_eq!(with(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_rendered_link_that_leads_nowhere_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let text = "<h1 id=\"x\"><a href=\"#x\"></a><a href=\"https://example.org\">\
                    <img src=\"there.svg\"><a href=\"a.html#x\"><a href=\"a.html#y\">\
                    <a href=\"b.html\"><img src=\"gone.svg\">";
        std::fs::write(folder.path().join("a.html"), text).unwrap();
        std::fs::write(folder.path().join("there.svg"), "").unwrap();
        assert_eq!(
            rendered(folder.path()).unwrap(),
            ["a.html: a.html#y", "a.html: b.html", "a.html: gone.svg"]
        );
    }
}
