//! Our tables beside kube-bench's configuration: the same ids in the same
//! targets, counted and assessed alike, or a departure that was reviewed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

/// What a built profile's manifest says, as far as it is compared.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Profile {
    pub id: String,
    pub sections: Vec<Section>,
    pub checks: Vec<Check>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Section {
    pub target: String,
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Group {
    pub id: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Check {
    pub id: String,
    pub control: String,
    pub group: String,
    pub assessment: String,
    #[serde(default)]
    pub scored: bool,
}

impl Profile {
    /// The control of a check, or nothing of one that is not here.
    pub(super) fn control(&self, check: &str) -> &str {
        self.checks
            .iter()
            .find(|it| it.id == check)
            .map_or("", |it| &it.control)
    }

    fn rows(&self) -> BTreeMap<String, Row> {
        let target = |group: &str| {
            self.sections
                .iter()
                .find(|section| section.groups.iter().any(|it| it.id == group))
                .map_or("", |section| &section.target)
        };
        self.checks
            .iter()
            .map(|check| {
                let row = Row {
                    target: target(&check.group).to_owned(),
                    assessment: Some(check.assessment.clone()),
                    scored: check.scored,
                };
                (check.id.clone(), row)
            })
            .collect()
    }
}

/// A reviewed departure of a table from kube-bench's configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Departure {
    /// The profile.
    pub profile: String,
    /// The check's id.
    pub check: String,
    /// What differs, as the comparison prints it.
    pub what: String,
    /// Why ours is right.
    pub reason: String,
}

/// What is compared of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    target: String,
    /// Not every benchmark says it.
    assessment: Option<String>,
    scored: bool,
}

/// What differs between the tables and a configuration, beyond what was
/// reviewed.
pub(super) fn compare(
    configuration: &Path,
    profiles: &[Profile],
    reviewed: &[Departure],
) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    let mut compared = 0;
    for profile in profiles {
        let folder = configuration.join(&profile.id);
        if !folder.is_dir() {
            println!("parity: kube-bench has no {}", profile.id);
            continue;
        }
        let (theirs, again) = read(&folder)?;
        compared += theirs.len() + again.len();
        let mut found = differences(&profile.rows(), &theirs);
        // With us an id stands once.
        for (id, target) in again {
            found.push((id, format!("stands again in target {target}")));
        }
        let reviewed: Vec<&Departure> = reviewed
            .iter()
            .filter(|it| it.profile == profile.id)
            .collect();
        for (check, what) in &found {
            if !reviewed
                .iter()
                .any(|it| it.check == *check && it.what == *what)
            {
                complaints.push(format!("{} {check}: {what}", profile.id));
            }
        }
        for it in reviewed {
            if it.reason.trim().is_empty() || !found.contains(&(it.check.clone(), it.what.clone()))
            {
                complaints.push(format!(
                    "the departure of {} {} ({}) is none, or has no reason",
                    it.profile, it.check, it.what
                ));
            }
        }
    }
    println!("parity: {compared} checks of the tables compared");
    Ok(complaints)
}

fn differences(
    ours: &BTreeMap<String, Row>,
    theirs: &BTreeMap<String, Row>,
) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (id, their) in theirs {
        let Some(our) = ours.get(id) else {
            found.push((id.clone(), "missing".to_owned()));
            continue;
        };
        if our.target != their.target {
            let what = format!("target {}, theirs {}", our.target, their.target);
            found.push((id.clone(), what));
        }
        if our.scored != their.scored {
            let what = format!("scored {}, theirs {}", our.scored, their.scored);
            found.push((id.clone(), what));
        }
        if let (Some(our), Some(their)) = (&our.assessment, &their.assessment)
            && our != their
        {
            found.push((id.clone(), format!("{our}, theirs {their}")));
        }
    }
    for id in ours.keys().filter(|id| !theirs.contains_key(*id)) {
        found.push((id.clone(), "not in theirs".to_owned()));
    }
    found
}

/// The rows of a configuration by id, and what stands again: id and target.
type Rows = (BTreeMap<String, Row>, Vec<(String, String)>);

fn read(folder: &Path) -> Result<Rows> {
    let mut rows = BTreeMap::new();
    let mut again = Vec::new();
    let mut paths = folder
        .read_dir()?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        for (id, row) in parse(&text) {
            match rows.entry(id) {
                Entry::Vacant(new) => {
                    new.insert(row);
                }
                Entry::Occupied(known) => again.push((known.key().clone(), row.target)),
            }
        }
    }
    Ok((rows, again))
}

/// Takes the checks out of a file, line by line: some of these files are no
/// valid YAML, though lenient readers take them.
fn parse(text: &str) -> Vec<(String, Row)> {
    let top = |line: &str| line.strip_prefix("type:").map(|it| unquoted(it).to_owned());
    let Some(target) = text.lines().find_map(top) else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    for item in text.split("- id:").skip(1) {
        let (id, rest) = item.split_once('\n').unwrap_or((item, ""));
        let keys: Vec<&str> = rest.lines().map(str::trim).collect();
        // A group, not a check.
        if keys.iter().any(|key| key.starts_with("checks:")) {
            continue;
        }
        let id = id.split(" #").next().unwrap_or(id);
        // A title may go on for lines; the next key ends it.
        let title: String = keys
            .iter()
            .skip_while(|line| !line.starts_with("text:"))
            .take_while(|line| {
                !["audit", "type", "tests", "remediation"].iter().any(|key| {
                    line.strip_prefix(key)
                        .is_some_and(|rest| rest.starts_with([':', '_']))
                })
            })
            .copied()
            .collect();
        let row = Row {
            target: target.clone(),
            assessment: ["Automated", "Manual"]
                .into_iter()
                .find(|word| title.contains(&format!("({word})")))
                .map(str::to_lowercase),
            scored: keys.contains(&"scored: true"),
        };
        rows.push((unquoted(id).to_owned(), row));
    }
    rows
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEIRS: &str = "type: etcd\ngroups:\n- id: 3\n  checks: []\n- id: 2\n  checks:\n\
        \x20 - id: 2.10  # a note\n    text: \"one\n      (Manual)\"\n    scored: true\n\
        \x20 - id: 2.2\n    text: two\n";

    fn profile(checks: &str) -> Profile {
        serde_json::from_str(&format!(
            r#"{{"id": "p", "checks": {checks},
                "sections": [{{"target": "etcd", "groups": [{{"id": "2"}}]}}]}}"#
        ))
        .unwrap()
    }

    #[test]
    fn an_id_is_text_and_never_a_number() {
        let rows = parse(THEIRS);
        assert_eq!(rows[0].0, "2.10");
        assert_eq!(rows[0].1.assessment.as_deref(), Some("manual"));
        assert!(rows[0].1.scored);
        assert_eq!(rows[1].1.assessment, None);
        assert!(!rows[1].1.scored);
    }

    #[test]
    fn what_differs_is_named_and_what_was_reviewed_is_quiet() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("p")).unwrap();
        std::fs::write(folder.path().join("p/etcd.yaml"), THEIRS).unwrap();
        let profile = profile(
            r#"[{"id": "2.10", "control": "c", "group": "2", "assessment": "automated", "scored": false},
                {"id": "2.3", "control": "c", "group": "2", "assessment": "manual", "scored": false}]"#,
        );
        let complaints = |reviewed: &[Departure]| {
            compare(folder.path(), std::slice::from_ref(&profile), reviewed).unwrap()
        };
        assert_eq!(
            complaints(&[]),
            [
                "p 2.10: scored false, theirs true",
                "p 2.10: automated, theirs manual",
                "p 2.2: missing",
                "p 2.3: not in theirs"
            ]
        );
        let departure = |what: &str| Departure {
            profile: "p".to_owned(),
            check: "2.2".to_owned(),
            what: what.to_owned(),
            reason: "it is gone".to_owned(),
        };
        assert_eq!(complaints(&[departure("missing")]).len(), 3);
        let node = "type: node\ngroups:\n- id: 3\n  checks:\n  - id: 2.10\n    text: again\n";
        std::fs::write(folder.path().join("p/node.yaml"), node).unwrap();
        assert!(complaints(&[]).contains(&"p 2.10: stands again in target node".to_owned()));
        std::fs::remove_file(folder.path().join("p/node.yaml")).unwrap();
        assert_eq!(complaints(&[departure("target")]).len(), 5);
    }
}
