//! `cargo xtask parity`: our verdicts beside those that kube-bench recorded of
//! the same nodes. Every difference must be explained in a reviewed file, and
//! every explanation must still explain one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::sys::Workspace;

/// Why one check may differ from kube-bench.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Explanation {
    /// The check's id.
    check: String,
    /// When it differs. Every part that is given must hold.
    condition: Condition,
    /// What we say, in kube-bench's four words.
    ours: String,
    /// What kube-bench says.
    theirs: String,
    /// Why ours is right.
    reason: String,
    /// Where Kubernetes or the component says so: a source file or a page of
    /// its documentation.
    source: String,
    /// The name of the test function that shows it.
    test: String,
}

/// A condition that this program can check.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Condition {
    /// The records it holds for, by their path below the folder of records.
    /// Each must show the difference.
    records: Vec<String>,
    /// A text that our reason for the verdict contains, word for word.
    our_reason: Option<String>,
}

/// The reviewed file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reviewed {
    #[serde(default)]
    difference: Vec<Explanation>,
}

/// A verdict in kube-bench's four words, and what is said about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Said {
    status: String,
    reason: String,
}

/// A check on which we and kube-bench differ.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Difference {
    record: String,
    check: String,
    ours: Said,
    theirs: String,
}

/// Compares every record below a folder, and fails unless the reviewed file
/// explains exactly what differs.
pub fn run(workspace: &Workspace, nodes: &Path, profile: &str) -> Result<()> {
    let file = workspace.path(format!("plugins/{profile}/parity.toml"));
    let reviewed = read_reviewed(&file)?;
    let mut complaints = check_reviewed(&reviewed, &test_names(workspace)?);

    let mut records = Vec::new();
    find_records(nodes, &mut records)?;
    let (mut compared, mut differences, mut seen) = (0, Vec::new(), BTreeSet::new());
    for record in records {
        let verdicts = record.join(format!("kube-bench/{profile}.json"));
        if !verdicts.is_file() {
            continue;
        }
        let name = record.strip_prefix(nodes)?.display().to_string();
        let theirs: BTreeMap<String, String> =
            serde_json::from_slice(&std::fs::read(&verdicts)?)
                .with_context(|| format!("{} does not parse", verdicts.display()))?;
        let ours = scan(workspace, profile, &record)?;
        compared += theirs.len();
        differences.extend(compare(&name, &ours, &theirs));
        seen.insert(name);
    }
    ensure!(
        compared > 0,
        "no record below {} has kube-bench/{profile}.json",
        nodes.display()
    );
    complaints.extend(judge(&reviewed, &differences, &seen));
    println!(
        "parity: {compared} verdicts on {} records, {} differ",
        seen.len(),
        differences.len()
    );
    for complaint in &complaints {
        println!("parity: {complaint}");
    }
    let unexplained = differences
        .iter()
        .filter(|difference| !reviewed.difference.iter().any(|e| explains(e, difference)))
        .count();
    match unexplained {
        0 => println!("unexplained: none"),
        some => println!("unexplained: {some}"),
    }
    ensure!(
        complaints.is_empty(),
        "{} complaints; explain a difference in {}",
        complaints.len(),
        file.display()
    );
    Ok(())
}

fn read_reviewed(file: &Path) -> Result<Reviewed> {
    match std::fs::read_to_string(file) {
        Ok(text) => {
            toml::from_str(&text).with_context(|| format!("{} does not parse", file.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Reviewed::default()),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", file.display())),
    }
}

/// What is wrong with the explanations themselves.
fn check_reviewed(reviewed: &Reviewed, tests: &BTreeSet<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for explanation in &reviewed.difference {
        let mut complain = |text: String| {
            complaints.push(format!("the explanation of {}: {text}", explanation.check));
        };
        let Condition {
            records,
            our_reason,
        } = &explanation.condition;
        if records.is_empty() && our_reason.is_none() {
            complain("its condition is empty, so it would explain anything".to_owned());
        }
        if std::iter::once(&explanation.check)
            .chain(records)
            .any(|text| text.contains(['*', '?', '[']))
        {
            complain("wildcards explain more than was reviewed".to_owned());
        }
        if our_reason.as_ref().is_some_and(|text| text.len() < 12) {
            complain("our-reason is too short to mean one thing".to_owned());
        }
        for (name, text) in [
            ("reason", &explanation.reason),
            ("source", &explanation.source),
        ] {
            if text.trim().is_empty() {
                complain(format!("`{name}` is empty"));
            }
        }
        if explanation.ours == explanation.theirs {
            complain("ours and theirs are the same".to_owned());
        }
        if !tests.contains(&explanation.test) {
            complain(format!("there is no test `{}`", explanation.test));
        }
    }
    complaints
}

/// Differences without an explanation, and explanations without a difference.
fn judge(reviewed: &Reviewed, differences: &[Difference], seen: &BTreeSet<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for difference in differences {
        if !reviewed.difference.iter().any(|e| explains(e, difference)) {
            complaints.push(format!(
                "{} on {}: ours {}, theirs {}: {}",
                difference.check,
                difference.record,
                difference.ours.status,
                difference.theirs,
                difference.ours.reason
            ));
        }
    }
    for explanation in &reviewed.difference {
        let shown: BTreeSet<_> = differences
            .iter()
            .filter(|difference| explains(explanation, difference))
            .map(|difference| difference.record.as_str())
            .collect();
        if shown.is_empty() && explanation.condition.records.is_empty() {
            complaints.push(format!(
                "the explanation of {} ({} for {}) explains nothing",
                explanation.check, explanation.ours, explanation.theirs
            ));
        }
        for record in &explanation.condition.records {
            if !seen.contains(record) {
                complaints.push(format!(
                    "the explanation of {} names the record `{record}`, which is not here",
                    explanation.check
                ));
            } else if !shown.contains(record.as_str()) {
                complaints.push(format!(
                    "the explanation of {} names the record `{record}`, where nothing differs so",
                    explanation.check
                ));
            }
        }
    }
    complaints
}

fn explains(explanation: &Explanation, difference: &Difference) -> bool {
    let Condition {
        records,
        our_reason,
    } = &explanation.condition;
    explanation.check == difference.check
        && explanation.ours == difference.ours.status
        && explanation.theirs == difference.theirs
        && (records.is_empty() || records.contains(&difference.record))
        && our_reason
            .as_ref()
            .is_none_or(|text| difference.ours.reason.contains(text))
}

fn compare(
    record: &str,
    ours: &BTreeMap<String, Said>,
    theirs: &BTreeMap<String, String>,
) -> Vec<Difference> {
    theirs
        .iter()
        .filter_map(|(check, theirs)| {
            let ours = ours.get(check).cloned().unwrap_or_else(|| Said {
                status: "ABSENT".to_owned(),
                reason: "our report has no such check".to_owned(),
            });
            (ours.status != *theirs).then(|| Difference {
                record: record.to_owned(),
                check: check.clone(),
                ours,
                theirs: theirs.clone(),
            })
        })
        .collect()
}

fn scan(workspace: &Workspace, profile: &str, record: &Path) -> Result<BTreeMap<String, Said>> {
    let component = workspace.target().join(format!("profiles/{profile}.wasm"));
    ensure!(
        component.is_file(),
        "there is no {}: cargo xtask profiles builds it",
        component.display()
    );
    let output = Command::new(workspace.cisb())
        .arg("scan")
        .arg("--profile")
        .arg(&component)
        .arg("--node")
        .arg(record)
        .args(["--format", "kube-bench"])
        .stdin(Stdio::null())
        .output()
        .context("the host cannot be started: cargo build --release -p cisb builds it")?;
    if !matches!(output.status.code(), Some(0 | 1 | 4)) {
        bail!(
            "the scan of {} does not work: {}: {}",
            record.display(),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let report: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("the report on {} is not JSON", record.display()))?;
    let mut said = BTreeMap::new();
    collect(&report, &mut said);
    Ok(said)
}

/// Takes every result out of a report in kube-bench's format, wherever it lies.
fn collect(value: &Value, said: &mut BTreeMap<String, Said>) {
    if let (Some(check), Some(status)) = (value["test_number"].as_str(), value["status"].as_str()) {
        let text = |member: &str| value[member].as_str().unwrap_or_default();
        said.insert(
            check.to_owned(),
            Said {
                status: status.to_owned(),
                reason: [text("reason"), text("actual_value")]
                    .join(" ")
                    .trim()
                    .to_owned(),
            },
        );
        return;
    }
    match value {
        Value::Object(members) => members.values().for_each(|member| collect(member, said)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, said)),
        _ => {}
    }
}

fn find_records(folder: &Path, records: &mut Vec<PathBuf>) -> Result<()> {
    if folder.join("node.json").is_file() {
        records.push(folder.to_owned());
        return Ok(());
    }
    let mut entries: Vec<_> = folder
        .read_dir()
        .with_context(|| format!("{} cannot be listed", folder.display()))?
        .collect::<std::io::Result<_>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_type()?.is_dir() {
            find_records(&entry.path(), records)?;
        }
    }
    Ok(())
}

/// The names of all test functions in the workspace.
fn test_names(workspace: &Workspace) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for file in workspace.files()? {
        if file.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(workspace.path(&file))?;
            names.extend(tests_in(&text).map(str::to_owned));
        }
    }
    Ok(names)
}

fn tests_in(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[test]").skip(1).filter_map(|after| {
        let (_, after) = after.split_once("fn ")?;
        after.split(['(', '<']).next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPLANATION: &str = r#"
        [[difference]]
        check = "1.2.6"
        condition = { records = ["weak"], our-reason = "AlwaysAllow is not a mode" }
        ours = "PASS"
        theirs = "FAIL"
        reason = "the last value wins"
        source = "k8s.io/component-base/cli/flag"
        test = "the_last_value_wins"
    "#;

    fn reviewed() -> Reviewed {
        toml::from_str(EXPLANATION).unwrap()
    }

    fn difference(record: &str, reason: &str) -> Difference {
        Difference {
            record: record.to_owned(),
            check: "1.2.6".to_owned(),
            ours: Said {
                status: "PASS".to_owned(),
                reason: reason.to_owned(),
            },
            theirs: "FAIL".to_owned(),
        }
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_explained_difference_is_quiet() {
        let found = [difference("weak", "here AlwaysAllow is not a mode.")];
        assert!(judge(&reviewed(), &found, &names(&["weak"])).is_empty());
        assert!(check_reviewed(&reviewed(), &names(&["the_last_value_wins"])).is_empty());
    }

    #[test]
    fn another_record_or_another_reason_is_not_explained() {
        let seen = names(&["weak", "strong"]);
        for other in [
            difference("strong", "AlwaysAllow is not a mode"),
            difference("weak", "something else"),
        ] {
            let complaints = judge(&reviewed(), &[other], &seen);
            assert_eq!(complaints.len(), 2, "{complaints:?}");
            assert!(complaints[0].contains("ours PASS, theirs FAIL"));
            assert!(complaints[1].contains("nothing differs so"));
        }
    }

    #[test]
    fn a_record_that_is_not_here_is_said() {
        let complaints = judge(&reviewed(), &[], &names(&["strong"]));
        assert!(
            complaints[0].contains("which is not here"),
            "{complaints:?}"
        );
    }

    #[test]
    fn an_explanation_must_be_whole_narrow_and_tested() {
        let mut loose = reviewed();
        loose.difference[0].condition = Condition::default();
        loose.difference[0].check = "1.2.*".to_owned();
        loose.difference[0].source.clear();
        let complaints = check_reviewed(&loose, &BTreeSet::new()).join("\n");
        for needle in [
            "condition is empty",
            "wildcards",
            "`source` is empty",
            "no test",
        ] {
            assert!(complaints.contains(needle), "{needle} in {complaints}");
        }
    }

    #[test]
    fn a_check_that_we_do_not_report_differs() {
        let theirs = BTreeMap::from([("9.9".to_owned(), "PASS".to_owned())]);
        let found = compare("weak", &BTreeMap::new(), &theirs);
        assert_eq!(found[0].ours.status, "ABSENT");
    }

    #[test]
    fn results_are_found_wherever_they_lie() {
        let report = serde_json::json!({"Controls": [{"tests": [{"results": [
            {"test_number": "1.1.1", "status": "WARN", "reason": "who knows", "actual_value": "x"},
        ]}]}]});
        let mut said = BTreeMap::new();
        collect(&report, &mut said);
        assert_eq!(said["1.1.1"].status, "WARN");
        assert_eq!(said["1.1.1"].reason, "who knows x");
    }

    #[test]
    fn test_functions_are_found_by_name() {
        let text = "#[test]\nfn one() {}\nfn helper() {}\n#[test]\n#[ignore]\nfn two() {}\n";
        assert_eq!(tests_in(text).collect::<Vec<_>>(), ["one", "two"]);
    }
}
