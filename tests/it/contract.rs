//! Components that were built against earlier versions of the contract: they
//! load, run, and find what they found then.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use xtask::sys::sha256;

use crate::harness::{cisb, findings, node, scan, workspace};

/// The folders of all versions.
fn versions() -> Vec<PathBuf> {
    let entries = workspace().path("tests/contract").read_dir().unwrap();
    let folders: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    assert!(!folders.is_empty());
    folders
}

#[test]
fn an_old_component_finds_what_it_found() {
    for folder in versions() {
        let version = folder.file_name().unwrap().to_str().unwrap();
        let expected = fs::read_to_string(folder.join("expected.txt")).unwrap();
        let rows: Vec<Vec<&str>> = expected
            .lines()
            .map(|line| line.split(' ').collect())
            .collect();
        let scans: BTreeSet<(&str, &str)> = rows.iter().map(|row| (row[0], row[1])).collect();
        let mut components = BTreeSet::new();
        for (component, record) in scans {
            components.insert(component);
            let path = folder.join(format!("{component}.wasm"));
            let report = scan(&path, &node(record), &[]).report();
            let refused = &report["profiles"][0]["refused"];
            assert!(refused.is_null(), "{version} {component}: {refused}");
            let found = findings(&report);
            let wanted: Vec<_> = rows
                .iter()
                .filter(|row| row[..2] == [component, record])
                .collect();
            assert_eq!(found.len(), wanted.len(), "{version} {component} {record}");
            for row in wanted {
                let finding = &found[row[2]];
                assert_eq!(
                    finding["verdict"], row[3],
                    "{version} {component} {record} {}: {finding:#}",
                    row[2]
                );
            }
        }
        // Something passes, fails and is an error of each, so that it shows something.
        for component in components {
            for verdict in ["pass", "fail", "error"] {
                let has = |row: &&Vec<&str>| row[0] == component && row[3] == verdict;
                assert!(rows.iter().any(|row| has(&row)), "{component} {verdict}");
            }
        }
    }
}

#[test]
fn an_old_component_is_the_one_that_was_built_then() {
    for folder in versions() {
        let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
        let mut listed = BTreeSet::new();
        for line in sums.lines() {
            let (digest, name) = line.split_once("  ").unwrap();
            let bytes = fs::read(folder.join(name)).unwrap();
            assert_eq!(sha256(&bytes), digest, "{name} is never rebuilt");
            assert!(bytes.len() < 200_000, "{name} is not small");
            listed.insert(name.to_owned());
        }
        let there = folder.read_dir().unwrap().map(|entry| entry.unwrap());
        let names = there.map(|entry| entry.file_name().into_string().unwrap());
        let there: BTreeSet<String> = names.filter(|name| name.ends_with(".wasm")).collect();
        assert_eq!(there, listed);
    }
}

#[test]
fn the_contract_that_is_served_has_a_release() {
    let told = cisb(["version"]).out;
    let contract = told.lines().find(|line| line.starts_with("contract "));
    let (_, version) = contract.unwrap().split_once('@').unwrap();
    let number =
        |text: &str| -> Vec<u64> { text.split('.').map(|part| part.parse().unwrap()).collect() };
    let versions = versions();
    let names = versions
        .iter()
        .map(|it| it.file_name().unwrap().to_str().unwrap());
    // Between releases, it may be newer than all of them.
    let newest = names.map(number).max().unwrap();
    assert!(number(version) >= newest, "{version}");
}
