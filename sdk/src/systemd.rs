//! Reads units of systemd: which of the files with a unit's name are live, and
//! what they say.

use alloc::rc::Rc;

use crate::config::kubelet::Opened;
use crate::facts::{Entry, Error, Facts, FileKind, Observation};
use crate::order;
use crate::prelude::*;
use crate::say;
use crate::strings;

/// Where units live, the directory that wins first.
pub const DIRECTORIES: &[&str] = &[
    "/etc/systemd/system/",
    "/run/systemd/system/",
    "/usr/local/lib/systemd/system/",
    "/usr/lib/systemd/system/",
    "/lib/systemd/system/",
];

/// The live files of one unit.
#[derive(Clone, Default)]
pub struct Unit {
    /// The unit itself, then its drop-ins in the order in which they apply. A
    /// file that cannot be opened is live too: it shadows as its name says.
    pub files: Vec<(String, Opened)>,
    /// The receipt for the search.
    pub observation: Observation,
    /// Whether every directory was searched.
    pub complete: bool,
}

/// Finds a unit's live files among those that a files request matches: of
/// files with the same name the one in the first directory counts, and a link
/// to `/dev/null` masks all of them.
pub fn unit(facts: &dyn Facts, request: &str, name: &str) -> Result<Unit, Error> {
    let matches = facts.glob(request)?;
    let drop_ins = say![name, ".d/"];
    let mut ranked: Vec<(&str, usize, &String)> = Vec::new();
    for path in &matches.paths {
        for (rank, directory) in DIRECTORIES.iter().enumerate() {
            let Some(rest) = path.strip_prefix(directory) else {
                continue;
            };
            match rest.strip_prefix(&drop_ins) {
                Some(file) if file.ends_with(".conf") && !strings::has(file, b'/') => {
                    ranked.push((file, rank, path));
                }
                // Sorts before every drop-in.
                _ if rest == name => ranked.push(("", rank, path)),
                _ => {}
            }
        }
    }
    order::sort(&mut ranked, |a, b| (a.0, a.1) < (b.0, b.1));
    let mut files = Vec::new();
    let mut last = None;
    for (key, _, path) in ranked {
        if last == Some(key) {
            continue;
        }
        last = Some(key);
        let opened = facts.open(path);
        if !opened.as_ref().is_ok_and(is_mask) {
            files.push((path.clone(), opened));
        }
    }
    Ok(Unit {
        files,
        observation: matches.observation,
        complete: matches.complete,
    })
}

fn is_mask(entry: &Rc<dyn Entry>) -> bool {
    entry
        .stat()
        .is_ok_and(|s| s.kind == FileKind::CharDevice || s.resolved_path == "/dev/null")
}

/// Every value of a setting in a section, in order; an empty assignment takes
/// back those before it, as systemd does for lists such as `ExecStart`.
///
/// `texts` are a unit's files in the order in which they apply.
pub fn values(texts: &[String], section: &str, name: &str) -> Vec<String> {
    let mut values = Vec::new();
    for text in texts {
        let mut here = String::new();
        for line in logical_lines(text) {
            if let Some(title) = line.strip_prefix("[").and_then(|l| l.strip_suffix("]")) {
                title.clone_into(&mut here);
            } else if let Some((key, value)) = strings::cut(&line, b'=')
                && here == section
                && key.trim_ascii_end() == name
            {
                match value.trim_ascii() {
                    "" => values.clear(),
                    value => values.push(value.to_owned()),
                }
            }
        }
    }
    values
}

/// Lines without comments, a `\` at a line's end read as a space.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut pending = String::new();
    for line in strings::split(text, b'\n') {
        let trimmed = line.trim_ascii();
        // A comment inside a continued line does not end it.
        if trimmed.starts_with("#") || trimmed.starts_with(";") {
            continue;
        }
        if let Some(part) = trimmed.strip_suffix('\\') {
            pending.push_str(part);
            pending.push(' ');
            continue;
        }
        pending.push_str(trimmed);
        let whole = core::mem::take(&mut pending);
        if !whole.is_empty() {
            lines.push(whole);
        }
    }
    if !pending.trim_ascii().is_empty() {
        lines.push(pending);
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::manifest::Requests;
    use crate::fake::FakeNode;

    fn live(node: FakeNode) -> Vec<String> {
        let globs = DIRECTORIES
            .iter()
            .flat_map(|d| [format!("{d}k.service"), format!("{d}k.service.d/*.conf")]);
        let request = json!({"files": [{"id": "unit", "paths": globs.collect::<Vec<_>>(),
            "rights": ["read"], "why": "test"}]});
        let requests: Requests = serde_json::from_value(request).unwrap_or_default();
        let unit = unit(&node.facts(&requests, &["unit"]), "unit", "k.service");
        let files = unit.map(|u| u.files).unwrap_or_default();
        files.into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn the_first_directory_shadows_and_null_masks() {
        let node = FakeNode::new()
            .file("/usr/lib/systemd/system/k.service", 0o644, 0, 0, "")
            .file("/etc/systemd/system/k.service", 0o644, 0, 0, "")
            .file(
                "/usr/lib/systemd/system/k.service.d/10-a.conf",
                0o644,
                0,
                0,
                "",
            )
            .file("/run/systemd/system/k.service.d/20-b.conf", 0o644, 0, 0, "")
            .file("/etc/systemd/system/k.service.d/10-a.conf", 0o644, 0, 0, "")
            .file(
                "/usr/lib/systemd/system/k.service.d/05-c.conf",
                0o644,
                0,
                0,
                "",
            )
            .file(
                "/usr/lib/systemd/system/k.service.d/README",
                0o644,
                0,
                0,
                "",
            )
            .file(
                "/usr/lib/systemd/system/k.service.d/30-d.conf",
                0o644,
                0,
                0,
                "",
            )
            .file("/dev/null", 0o666, 0, 0, "")
            .symlink("/etc/systemd/system/k.service.d/30-d.conf", "/dev/null")
            .symlink("/lib", "usr/lib");
        assert_eq!(
            live(node),
            [
                "/etc/systemd/system/k.service",
                "/usr/lib/systemd/system/k.service.d/05-c.conf",
                "/etc/systemd/system/k.service.d/10-a.conf",
                "/run/systemd/system/k.service.d/20-b.conf",
            ]
        );
    }

    #[test]
    fn an_empty_assignment_starts_over() {
        let texts = [
            "[Service]\nExecStart=/usr/bin/k\nEnvironmentFile=-/etc/default/k\n",
            "# why\n[Service]\nExecStart=\nExecStart = /usr/bin/k \\\n  ; note\n  --a $B\n[Unit]\nExecStart=x\n",
        ]
        .map(str::to_owned);
        assert_eq!(
            values(&texts, "Service", "ExecStart"),
            ["/usr/bin/k  --a $B"]
        );
        assert_eq!(
            values(&texts, "Service", "EnvironmentFile"),
            ["-/etc/default/k"]
        );
    }
}
