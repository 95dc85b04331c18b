//! `cargo xtask parity`: our verdicts beside those that kube-bench recorded of
//! the same nodes. Every difference must be explained in a reviewed file, and
//! every explanation must still explain one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::sys::{self, Workspace};

mod tables;

use tables::{Departure, Profile};

/// Why one control may differ from kube-bench.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Explanation {
    /// The control's name: ids are renumbered between profiles, controls are not.
    control: String,
    /// The profiles in which it differs. Each must show the difference.
    profiles: Vec<String>,
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
    /// Each of which kube-bench's verdicts are known must show the difference
    /// in each of the profiles.
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
    /// Where a profile's table departs from kube-bench's configuration.
    #[serde(default)]
    departure: Vec<Departure>,
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
    profile: String,
    record: String,
    check: String,
    control: String,
    ours: Said,
    theirs: String,
}

/// What is compared: a profile on a record.
type Seen = BTreeSet<(String, String)>;

/// Compares every record below a folder with every profile that was built, or
/// the one that is named, and fails unless the reviewed file explains exactly
/// what differs.
pub fn run(
    workspace: &Workspace,
    nodes: &Path,
    configuration: Option<&Path>,
    profile: Option<&str>,
) -> Result<()> {
    let reviewed = read_reviewed(&workspace.path("plugins/parity"))?;
    let mut complaints = check_reviewed(&reviewed, &test_names(workspace)?);
    let profiles: Vec<Profile> = profiles(workspace)?
        .into_iter()
        .filter(|it| profile.is_none_or(|only| it.id == only))
        .collect();
    ensure!(
        !profiles.is_empty(),
        "there is no such profile in {}: cargo xtask profiles builds them",
        workspace.target().join("profiles").display()
    );
    if let Some(configuration) = configuration {
        complaints.extend(tables::compare(
            configuration,
            &profiles,
            &reviewed.departure,
        )?);
    }

    let mut records = Vec::new();
    find_records(nodes, &mut records)?;
    let (mut compared, mut differences, mut seen) = (0, Vec::new(), Seen::new());
    for record in records {
        let name = record.strip_prefix(nodes)?.display().to_string();
        for profile in &profiles {
            let verdicts = record.join(format!("kube-bench/{}.json", profile.id));
            if !verdicts.is_file() {
                continue;
            }
            let theirs: BTreeMap<String, String> =
                serde_json::from_slice(&std::fs::read(&verdicts)?)
                    .with_context(|| format!("{} does not parse", verdicts.display()))?;
            let ours = scan(workspace, profile, &record)?;
            compared += theirs.len();
            differences.extend(compare(profile, &name, &ours, &theirs));
            seen.insert((profile.id.clone(), name.clone()));
        }
    }
    ensure!(
        compared > 0,
        "no record below {} has verdicts of kube-bench",
        nodes.display()
    );
    complaints.extend(judge(&reviewed, &differences, &seen, profile));
    println!(
        "parity: {compared} verdicts of {} profiles on {} records, {} differ",
        count(&seen, |(profile, _)| profile),
        count(&seen, |(_, record)| record),
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
        "{} complaints; explain a difference in plugins/parity",
        complaints.len()
    );
    Ok(())
}

fn count(seen: &Seen, of: fn(&(String, String)) -> &String) -> usize {
    seen.iter().map(of).collect::<BTreeSet<_>>().len()
}

/// The profiles that were built, by id: what their manifests say.
fn profiles(workspace: &Workspace) -> Result<Vec<Profile>> {
    let folder = workspace.target().join("profiles");
    let mut found = Vec::new();
    for entry in folder.read_dir().into_iter().flatten() {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "wasm") {
            continue;
        }
        let manifest = sys::read(
            Command::new(workspace.cisb())
                .args(["profile", "inspect", "--format", "json"])
                .arg(&path),
        )?;
        let profile: Profile = serde_json::from_slice(&manifest)
            .with_context(|| format!("the manifest of {} does not parse", path.display()))?;
        found.push(profile);
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

/// All files of the folder together; none if there is no folder.
fn read_reviewed(folder: &Path) -> Result<Reviewed> {
    let mut all = Reviewed::default();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(all),
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be read", folder.display()));
        }
    };
    let mut files = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        let one: Reviewed =
            toml::from_str(&text).with_context(|| format!("{} does not parse", file.display()))?;
        all.difference.extend(one.difference);
        all.departure.extend(one.departure);
    }
    Ok(all)
}

/// What is wrong with the explanations themselves.
fn check_reviewed(reviewed: &Reviewed, tests: &BTreeSet<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for explanation in &reviewed.difference {
        let mut complain = |text: String| {
            complaints.push(format!(
                "the explanation of {}: {text}",
                explanation.control
            ));
        };
        let Condition {
            records,
            our_reason,
        } = &explanation.condition;
        if records.is_empty() && our_reason.is_none() {
            complain("its condition is empty, so it would explain anything".to_owned());
        }
        if explanation.profiles.is_empty() {
            complain("it names no profile".to_owned());
        }
        if std::iter::once(&explanation.control)
            .chain(&explanation.profiles)
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
/// Where only one profile was compared, what is said of others is left alone.
fn judge(
    reviewed: &Reviewed,
    differences: &[Difference],
    seen: &Seen,
    only: Option<&str>,
) -> Vec<String> {
    let mut complaints = Vec::new();
    for difference in differences {
        if !reviewed.difference.iter().any(|e| explains(e, difference)) {
            complaints.push(format!(
                "{} {} ({}) on {}: ours {}, theirs {}: {}",
                difference.profile,
                difference.check,
                difference.control,
                difference.record,
                difference.ours.status,
                difference.theirs,
                difference.ours.reason
            ));
        }
    }
    for explanation in &reviewed.difference {
        let shown: Seen = differences
            .iter()
            .filter(|difference| explains(explanation, difference))
            .map(|difference| (difference.profile.clone(), difference.record.clone()))
            .collect();
        let mut complain = |text: String| {
            complaints.push(format!(
                "the explanation of {} ({} for {}) {text}",
                explanation.control, explanation.ours, explanation.theirs
            ));
        };
        let records = &explanation.condition.records;
        // With one profile only its own records are looked at.
        let compared = |it: &String| only.is_none_or(|only| only == it);
        let all = explanation.profiles.iter().all(compared);
        for record in records {
            if all && !seen.iter().any(|(_, it)| it == record) {
                complain(format!("names the record `{record}`, which is not here"));
            }
        }
        for profile in &explanation.profiles {
            if only.is_some_and(|only| only != profile) {
                continue;
            }
            if !seen.iter().any(|(it, _)| it == profile) {
                complain(format!("names the profile `{profile}`, which is not here"));
            } else if !shown.iter().any(|(it, _)| it == profile) {
                complain(format!("explains nothing in {profile}"));
            }
            for record in records {
                let pair = (profile.clone(), record.clone());
                if seen.contains(&pair) && !shown.contains(&pair) {
                    complain(format!(
                        "names the record `{record}`, where nothing differs so in {profile}"
                    ));
                }
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
    explanation.control == difference.control
        && explanation.profiles.contains(&difference.profile)
        && explanation.ours == difference.ours.status
        && explanation.theirs == difference.theirs
        && (records.is_empty() || records.contains(&difference.record))
        && our_reason
            .as_ref()
            .is_none_or(|text| difference.ours.reason.contains(text))
}

fn compare(
    profile: &Profile,
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
                profile: profile.id.clone(),
                record: record.to_owned(),
                check: check.clone(),
                control: profile.control(check).to_owned(),
                ours,
                theirs: theirs.clone(),
            })
        })
        .collect()
}

fn scan(workspace: &Workspace, profile: &Profile, record: &Path) -> Result<BTreeMap<String, Said>> {
    let component = workspace
        .target()
        .join(format!("profiles/{}.wasm", profile.id));
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
        control = "kube-apiserver-authorization-not-always-allow"
        profiles = ["cis-1.10"]
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
            profile: "cis-1.10".to_owned(),
            record: record.to_owned(),
            check: "1.2.6".to_owned(),
            control: "kube-apiserver-authorization-not-always-allow".to_owned(),
            ours: Said {
                status: "PASS".to_owned(),
                reason: reason.to_owned(),
            },
            theirs: "FAIL".to_owned(),
        }
    }

    fn seen(records: &[&str]) -> Seen {
        records
            .iter()
            .map(|record| ("cis-1.10".to_owned(), (*record).to_owned()))
            .collect()
    }

    #[test]
    fn what_is_said_of_a_profile_that_was_not_compared_is_left_alone() {
        let weak = seen(&["weak"]);
        let complaints = judge(&reviewed(), &[], &weak, Some("cis-1.12"));
        assert!(complaints.is_empty(), "{complaints:?}");
        let mut other = reviewed();
        other.difference[0].profiles = vec!["cis-1.12".to_owned()];
        let complaints = judge(&other, &[], &weak, None).join(" ");
        assert!(
            complaints.contains("`cis-1.12`, which is not here"),
            "{complaints}"
        );
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_explained_difference_is_quiet() {
        let found = [difference("weak", "here AlwaysAllow is not a mode.")];
        assert!(judge(&reviewed(), &found, &seen(&["weak"]), None).is_empty());
        assert!(check_reviewed(&reviewed(), &names(&["the_last_value_wins"])).is_empty());
    }

    #[test]
    fn another_record_or_another_reason_is_not_explained() {
        let seen = seen(&["weak", "strong"]);
        for other in [
            difference("strong", "AlwaysAllow is not a mode"),
            difference("weak", "something else"),
        ] {
            let complaints = judge(&reviewed(), &[other], &seen, None);
            assert_eq!(complaints.len(), 3, "{complaints:?}");
            assert!(complaints[0].contains("ours PASS, theirs FAIL"));
            assert!(complaints[1].contains("explains nothing in cis-1.10"));
            assert!(complaints[2].contains("nothing differs so in cis-1.10"));
        }
    }

    #[test]
    fn a_record_that_is_not_here_is_said() {
        let complaints = judge(&reviewed(), &[], &seen(&["strong"]), None);
        assert!(
            complaints[0].contains("which is not here"),
            "{complaints:?}"
        );
    }

    #[test]
    fn an_explanation_must_be_whole_narrow_and_tested() {
        let mut loose = reviewed();
        loose.difference[0].condition = Condition::default();
        loose.difference[0].control = "kube-apiserver-*".to_owned();
        loose.difference[0].profiles.clear();
        loose.difference[0].source.clear();
        let complaints = check_reviewed(&loose, &BTreeSet::new()).join("\n");
        for needle in [
            "condition is empty",
            "names no profile",
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
        let profile: Profile =
            serde_json::from_str(r#"{"id": "p", "sections": [], "checks": []}"#).unwrap();
        let found = compare(&profile, "weak", &BTreeMap::new(), &theirs);
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
