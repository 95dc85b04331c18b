//! `cisb profile test`, `check` and `bench`: reads profiles, cases and records,
//! prints what came of them.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use cisb::author::cases::read::{self as cases, Suite};
use cisb::author::mistake::Mistakes;
use cisb::author::{self, AuthorError, testing};
use cisb::cli::author::{Admission, AuthorPlan, TestFormat, TestPlan};
use cisb::cli::near;
use cisb::engine::Engine;
use cisb::profile::grants::Grants;
use cisb::profile::{Gate, Place, Unverified, source};
use cisb::report::{escape, exit};
use cisb::trial::Trial;

use super::{build, print, say};

/// What the name of a file of cases ends in.
const CASES: [&str; 2] = [".test.yaml", ".test.yml"];

/// The most files of cases that one run reads.
const MAX_FILES: usize = 1_000;

pub(super) fn run(plan: &AuthorPlan) -> anyhow::Result<u8> {
    match plan {
        AuthorPlan::Test(plan) => test(plan),
    }
}

fn test(plan: &TestPlan) -> anyhow::Result<u8> {
    let files = case_files(plan)?;
    let trial = match trial(&plan.profile, &plan.admission)? {
        Ok(trial) => trial,
        Err(code) => return Ok(code),
    };
    let manifest = trial.manifest();
    let ids = || manifest.checks.iter().map(|check| check.id.as_str());
    if let Some(unknown) = plan.checks.iter().find(|id| !ids().any(|it| it == *id)) {
        let hint = near::hint(&near::closest(unknown, ids()));
        bail!("{} has no check {unknown}{hint}", manifest.id);
    }
    let mut suites: Vec<Suite> = Vec::new();
    let mut wrong = 0;
    for path in files {
        let name = path.display().to_string();
        let text = build::read(&path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        match cases::read(&name, &text, folder, manifest) {
            Ok(suite) => suites.push(suite),
            Err(mistakes) => wrong += tell(&mistakes),
        }
    }
    if wrong > 0 {
        let many = if wrong == 1 { "" } else { "s" };
        say(&format!("{wrong} mistake{many}, nothing was run"));
        return Ok(exit::USAGE);
    }
    let tested = testing::run(&trial, &suites, &plan.checks);
    print(|out| match plan.format {
        TestFormat::Text => testing::text::write(&tested, out),
        TestFormat::Json => json(&tested, out),
        TestFormat::Junit => testing::junit::write(&tested, plan.require_coverage, out),
    })?;
    let gaps = plan.require_coverage && !tested.coverage.complete;
    if gaps {
        say("--require-coverage: some checks lack a case; the coverage above says which");
    }
    Ok(match tested.passed() && !gaps {
        true => exit::CLEAN,
        false => exit::FINDINGS,
    })
}

/// The files that hold cases.
fn case_files(plan: &TestPlan) -> anyhow::Result<Vec<PathBuf>> {
    if plan.cases.is_empty() {
        let beside = CASES.map(|end| plan.profile.with_extension(&end[1..]));
        if let Some(found) = beside.iter().find(|path| path.is_file()) {
            return Ok(vec![found.clone()]);
        }
        bail!(
            "there are no cases: write them into {}, or name them with --cases PATH",
            beside[0].display()
        );
    }
    let mut files = Vec::new();
    for path in &plan.cases {
        let cannot = || format!("cannot read {}", path.display());
        if !std::fs::metadata(path).with_context(cannot)?.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut found = Vec::new();
        for entry in path.read_dir().with_context(cannot)? {
            let entry = entry.with_context(cannot)?.path();
            let name = entry.file_name().and_then(|name| name.to_str());
            if name.is_some_and(|name| CASES.iter().any(|end| name.ends_with(end))) {
                found.push(entry);
            }
        }
        if found.is_empty() {
            bail!("{} holds no file that ends in {}", path.display(), CASES[0]);
        }
        found.sort();
        files.extend(found);
    }
    if files.len() > MAX_FILES {
        bail!("there are more than {MAX_FILES} files of cases");
    }
    Ok(files)
}

/// A profile that is ready to run, or the exit code that goes with why not.
fn trial(path: &Path, admission: &Admission) -> anyhow::Result<Result<Trial, u8>> {
    let gate = Gate::open(&admission.trust, None, admission.now)?;
    let grants = match &admission.grants {
        Some(path) => Grants::read(path, None)?,
        None => Grants::default(),
    };
    let component = match component(path)? {
        Ok(component) => component,
        Err(code) => return Ok(Err(code)),
    };
    let engine = Engine::new(1)?;
    Ok(match Trial::new(&engine, &gate, &grants, component) {
        Ok(trial) => Ok(trial),
        Err(refused) => {
            say(&format!("{} is refused: {refused}", path.display()));
            Err(exit::REFUSED)
        }
    })
}

/// The component in a file, or the one that its YAML becomes.
fn component(path: &Path) -> anyhow::Result<Result<Unverified, u8>> {
    let is_yaml = path
        .extension()
        .is_some_and(|end| end == "yaml" || end == "yml");
    if !is_yaml {
        return Ok(match source::read(&Place::file(path.to_owned())) {
            Ok(component) => Ok(component),
            Err(error) => {
                say(&error.to_string());
                Err(exit::REFUSED)
            }
        });
    }
    let text = build::read(path)?;
    match author::build(&path.display().to_string(), &text) {
        Ok(built) => {
            let name = path.with_extension("wasm");
            let name = name.file_name().unwrap_or(path.as_os_str());
            let name = name.to_string_lossy().into_owned();
            Ok(Ok(Unverified::from_bytes(name, built.component, None)))
        }
        Err(AuthorError::Mistakes(mistakes)) => {
            let count = tell(&mistakes);
            let many = if count == 1 { "" } else { "s" };
            say(&format!("{count} mistake{many}, nothing was run"));
            Ok(Err(exit::USAGE))
        }
        Err(error) => Err(error.into()),
    }
}

/// Tells mistakes as editors expect them, each beginning with its place, and
/// says how many there are.
fn tell(mistakes: &Mistakes) -> usize {
    let mut err = io::stderr().lock();
    for line in mistakes.to_string().lines() {
        let _ = writeln!(err, "{}", escape::line(line));
    }
    mistakes.all.len()
}

fn json(value: &impl serde::Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}
