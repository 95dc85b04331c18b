//! Which checks facts decide and which a person does, and by what: written down
//! in `judged.txt`, so that a change of it is seen. `BLESS=1` writes it anew.

use std::collections::BTreeMap;
use std::path::Path;

use crate::table::{Assessed, TABLE};
use cisb_catalogue::control::Decided;

/// The list: check, who decides, the benchmark's assessment if it differs, and
/// by what.
fn list() -> String {
    let decided: BTreeMap<&str, Decided> = cisb_catalogue::controls()
        .into_iter()
        .map(|control| (control.name, control.decided))
        .collect();
    let judged = TABLE
        .iter()
        .filter(|(_, control, ..)| matches!(decided[control], Decided::ByFacts(_)))
        .count();
    let mut text = format!(
        "judged {judged} of {}\n\n\
         # judged: facts decide it, and which. manual: a person does, and why.\n\
         # A star: the benchmark leaves it to a person, we do not.\n\n",
        TABLE.len()
    );
    for (id, control, _, assessed, _) in TABLE {
        let (who, what) = match decided[control] {
            Decided::ByFacts(what) => ("judged", what),
            Decided::ByPerson(what) => ("manual", what),
        };
        let star = match (who, assessed) {
            ("judged", Assessed::Manual) => '*',
            _ => ' ',
        };
        text.push_str(&format!("{id:<7}{who}{star} {control}: {what}\n"));
    }
    text
}

/// The count in a list's first line.
fn count(list: &str) -> usize {
    let first = list.lines().next().unwrap();
    first.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn the_list_of_judged_checks_is_as_written_down() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("judged.txt");
    let new = list();
    let old = std::fs::read_to_string(&path).unwrap();
    // Not even `BLESS=1` takes one away: whoever means to, edits the first line.
    assert!(
        count(&new) >= count(&old),
        "{} checks are judged, and {} were: more is better, less needs a reason",
        count(&new),
        count(&old)
    );
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &new).unwrap();
        return;
    }
    assert_eq!(
        old, new,
        "BLESS=1 cargo test -p cis-1-10 writes the list anew"
    );
}

#[test]
fn every_check_says_by_what() {
    let text = list();
    let rows: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    assert_eq!(rows.len(), 130);
    for row in rows {
        let (_, what) = row.split_once(": ").unwrap();
        assert!(what.len() > 5, "{row}");
    }
}
