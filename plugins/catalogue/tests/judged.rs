//! Which checks of each profile facts decide and which a person does, and by
//! what: written down in its `judged.txt`, so that a change of it is seen.
//! `BLESS=1` writes it anew.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code, also what no #[test] stands over"
)]

use cisb_catalogue::assemble;
use cisb_catalogue::control::Decided;
use cisb_catalogue::table::{self, Row, Table};
use cisb_sdk::contract::manifest::Assessment;

/// The list: check, who decides, the benchmark's assessment if it differs, and
/// by what.
fn list(table: &Table) -> String {
    let platform = assemble::platform(table).unwrap();
    let controls = platform.controls();
    let decided: Vec<(&Row, Decided)> = table
        .rows()
        .map(|(_, row)| {
            let control = assemble::control(platform, &controls, row).unwrap();
            (row, control.decided)
        })
        .collect();
    let judged = decided
        .iter()
        .filter(|(_, decided)| matches!(decided, Decided::ByFacts(_)))
        .count();
    let mut text = format!(
        "judged {judged} of {}\n\n\
         # judged: facts decide it, and which. manual: a person does, and why.\n\
         # A star: the benchmark leaves it to a person, we do not.\n\n",
        decided.len()
    );
    for (Row(id, control, _, assessed, ..), decided) in decided {
        let (who, what) = match decided {
            Decided::ByFacts(what) => ("judged", what),
            Decided::ByPerson(what) => ("manual", what),
        };
        let star = match (who, assessed) {
            ("judged", Assessment::Manual) => '*',
            _ => ' ',
        };
        let id = format!("{id} ");
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
fn the_lists_of_judged_checks_are_as_written_down() {
    for table in table::read_all(&table::folder()).unwrap() {
        let path = table::folder().join(&table.id).join("judged.txt");
        let new = list(&table);
        let bless = std::env::var_os("BLESS").is_some();
        let old = match std::fs::read_to_string(&path) {
            Err(_) if bless => new.clone(),
            old => old.unwrap(),
        };
        // Not even `BLESS=1` takes one away: whoever means to, edits the first line.
        assert!(
            count(&new) >= count(&old),
            "{}: {} checks are judged, and {} were: more is better, less needs a reason",
            table.id,
            count(&new),
            count(&old)
        );
        if bless {
            std::fs::write(&path, &new).unwrap();
            continue;
        }
        assert_eq!(
            old, new,
            "{}: BLESS=1 cargo test -p cisb-catalogue --test judged writes the list anew",
            table.id
        );
    }
}

#[test]
fn every_check_says_by_what() {
    for table in table::read_all(&table::folder()).unwrap() {
        let text = list(&table);
        let rows: Vec<&str> = text
            .lines()
            .skip_while(|line| !line.is_empty())
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        assert_eq!(rows.len(), table.rows().count());
        for row in rows {
            let (_, what) = row.split_once(": ").unwrap();
            assert!(what.len() > 5, "{}: {row}", table.id);
        }
    }
}
