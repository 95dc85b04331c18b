//! The ledger of one check: every fact the host served it, under ids that only
//! this check can cite.
//!
//! A report keeps what was cited, as a line for people and a digest for
//! machines. What changes from run to run without the node changing (pids,
//! start times, resource versions) never enters either.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::finding::Evidence;
use crate::node::{Miss, Stat};

/// How a fact turned out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turnout {
    /// It was served.
    Served,
    /// It was looked for completely and is not there.
    Absent,
    /// A search that did not see everything; says why.
    Partial(String),
    /// It could not be served; which case of the contract's error, and why.
    Refused(&'static str, String),
}

/// One observation.
#[derive(Debug, Clone)]
struct Entry {
    kind: &'static str,
    subject: String,
    facts: Vec<String>,
    turnout: Turnout,
}

/// What was looked at and what came of it, for one check.
#[derive(Debug)]
pub struct Ledger {
    base: u64,
    entries: Vec<Entry>,
}

/// Why something the guest cited is not a receipt of this check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it cites observation {0}, which the host did not make for this check")]
pub struct Invented(pub u64);

impl Ledger {
    /// A ledger for the check at this place in the manifest. Ids of different
    /// checks never meet, so that one cannot cite another's.
    pub fn new(check_index: usize) -> Self {
        Self {
            base: (u64::try_from(check_index).unwrap_or(u64::MAX >> 33) + 1) << 32,
            entries: Vec::new(),
        }
    }

    /// How many observations were made.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none was made.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Mints an id for a fact.
    pub fn mint(&mut self, kind: &'static str, subject: String, turnout: Turnout) -> u64 {
        self.entries.push(Entry {
            kind,
            subject,
            facts: Vec::new(),
            turnout,
        });
        self.base + self.entries.len() as u64 - 1
    }

    /// Mints an id for a fact that could not be served.
    pub fn mint_miss(&mut self, kind: &'static str, subject: String, miss: &Miss) -> u64 {
        let turnout = match miss {
            Miss::NotFound => Turnout::Absent,
            other => Turnout::Refused(miss_case(other), other.to_string()),
        };
        self.mint(kind, subject, turnout)
    }

    /// Adds what was served under an id: a second method of the same entry.
    pub fn add(&mut self, id: u64, fact: impl Into<String>) {
        if let Some(entry) = self.index(id).and_then(|i| self.entries.get_mut(i)) {
            let fact = fact.into();
            if !entry.facts.contains(&fact) {
                entry.facts.push(fact);
            }
        }
    }

    /// How the observation with this id turned out.
    pub fn turnout(&self, id: u64) -> Result<&Turnout, Invented> {
        self.index(id)
            .and_then(|i| self.entries.get(i))
            .map(|e| &e.turnout)
            .ok_or(Invented(id))
    }

    /// The evidence with this id.
    pub fn evidence(&self, id: u64) -> Result<Evidence, Invented> {
        let entry = self
            .index(id)
            .and_then(|i| self.entries.get(i))
            .ok_or(Invented(id))?;
        let (fact, missing) = match &entry.turnout {
            Turnout::Served => (entry.facts.join(", "), None),
            Turnout::Absent => ("not found".to_owned(), Some("not-found".to_owned())),
            Turnout::Partial(why) => {
                let mut fact = entry.facts.join(", ");
                let _ = write!(fact, " (incomplete: {why})");
                (fact, Some("incomplete".to_owned()))
            }
            Turnout::Refused(case, why) => (why.clone(), Some((*case).to_owned())),
        };
        let digest = Sha256::digest(
            format!("{}\0{}\0{}\0{:?}", entry.kind, entry.subject, fact, missing).as_bytes(),
        );
        Ok(Evidence {
            id: hex(&digest[..8]),
            kind: entry.kind.to_owned(),
            subject: entry.subject.clone(),
            fact,
            missing,
        })
    }

    /// The refusals and partial searches among everything that was looked at,
    /// cited or not: what a gap in coverage is explained by.
    pub fn obstacles(&self) -> impl Iterator<Item = (&str, &Turnout)> {
        self.entries
            .iter()
            .filter(|e| matches!(e.turnout, Turnout::Partial(_) | Turnout::Refused(..)))
            .map(|e| (e.kind, &e.turnout))
    }

    /// Evidence for each of these ids, each once, in the order of first citation.
    pub fn evidence_of(
        &self,
        ids: impl IntoIterator<Item = u64>,
    ) -> Result<Vec<Evidence>, Invented> {
        let mut seen = BTreeSet::new();
        let mut evidence = Vec::new();
        for id in ids {
            let item = self.evidence(id)?;
            if seen.insert(item.id.clone()) {
                evidence.push(item);
            }
        }
        Ok(evidence)
    }

    fn index(&self, id: u64) -> Option<usize> {
        usize::try_from(id.checked_sub(self.base)?).ok()
    }
}

/// The contract's word for a miss.
pub fn miss_case(miss: &Miss) -> &'static str {
    match miss {
        Miss::NotFound => "not-found",
        Miss::NotPermitted(_) => "not-permitted",
        Miss::NotRecorded(_) => "not-recorded",
        Miss::Withheld(_) => "withheld",
        Miss::TooLarge { .. } => "too-large",
        Miss::WrongType(_) => "wrong-type",
        Miss::Raced => "raced",
        Miss::BadPath(_) => "bad-path",
        Miss::Unreachable(_) => "unreachable",
        Miss::Other(_) => "other",
    }
}

/// A stat as one line: what it says and nothing that changes by itself.
pub fn stat_fact(stat: &Stat) -> String {
    let owner = stat.owner.as_deref().unwrap_or("-");
    let group = stat.group.as_deref().unwrap_or("-");
    format!(
        "{} mode {:04o}, owner {owner}:{group} ({}:{})",
        stat.kind.word(),
        stat.mode,
        stat.uid,
        stat.gid
    )
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_check_mean_nothing_in_another() {
        let mut first = Ledger::new(0);
        let second = Ledger::new(1);
        let id = first.mint("file", "/a".into(), Turnout::Served);
        assert!(first.evidence(id).is_ok());
        assert_eq!(second.evidence(id), Err(Invented(id)));
        assert_eq!(first.evidence(7), Err(Invented(7)));
    }

    #[test]
    fn the_same_fact_has_the_same_digest_in_every_check() {
        let digest = |index| {
            let mut ledger = Ledger::new(index);
            let id = ledger.mint("file", "/a".into(), Turnout::Served);
            ledger.add(id, "mode 0600");
            ledger.add(id, "mode 0600");
            ledger.evidence(id).map(|e| (e.id, e.fact))
        };
        assert_eq!(digest(0), digest(9));
        assert_eq!(digest(0).map(|(_, fact)| fact), Ok("mode 0600".to_owned()));
    }
}
