//! GKE's tables: what is Google's in them, and what a customer is told to do.

use cisb_sdk::contract::manifest::Ownership;
use cisb_sdk::fake::FakeNode;
use cisb_sdk::rule;
use cisb_sdk::verdict::Verdict;

use super::super::PLATFORM;
use crate::assemble;
use crate::table::{self, Table};

fn tables() -> Vec<Table> {
    let mut tables = table::read_all(&table::folder()).unwrap();
    tables.retain(|table| table.platform == PLATFORM.name);
    assert_eq!(tables.len(), 5);
    tables
}

#[test]
fn what_google_runs_is_for_its_evidence_and_never_passes() {
    let controls = PLATFORM.controls();
    let mut provided = 0;
    for table in tables() {
        let manifest = assemble::manifest(&table).unwrap();
        for ((_, row), check) in table.rows().zip(&manifest.checks) {
            if row.5 != Ownership::Provider {
                continue;
            }
            provided += 1;
            let control = assemble::control(&PLATFORM, &controls, row).unwrap();
            assert!(control.uses.is_empty(), "{}", row.0);
            let outcome = FakeNode::new().check(&PLATFORM.requests(), &[], |cx| {
                rule::evaluate(&control.rule, cx, PLATFORM.code.profile().codes).unwrap()
            });
            assert_eq!(outcome.verdict, Verdict::Manual);
            assert!(
                outcome
                    .reason
                    .starts_with("Google runs this part of the cluster")
            );
            assert!(outcome.reason.contains("compliance-reports-manager"));
            // Nothing tells a customer to edit manifests that are not there.
            assert!(check.remediation.procedure.is_empty(), "{}", row.0);
            assert!(check.remediation.set.contains("dated evidence from Google"));
        }
    }
    assert_eq!(provided, 72 + 2 + 2);
}

#[test]
fn no_remedy_speaks_of_what_kubeadm_does() {
    for table in tables() {
        for (_, row) in table.rows().filter(|(_, row)| row.5 != Ownership::Provider) {
            let words = PLATFORM.words(&row.1).unwrap();
            let procedure = PLATFORM.procedure(words.procedure);
            let change = procedure.map_or("", |it| it.change);
            for text in [words.procedure, change] {
                assert!(!text.contains("kubeadm"), "{} {}: {text}", table.id, row.1);
            }
        }
    }
}
