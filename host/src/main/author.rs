//! `cisb profile test`, `check` and `bench`: reads profiles, cases and records,
//! prints what came of them.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use cisb::author::cases::read::{self as cases, Suite};
use cisb::author::{bench as measured, conform, testing, tree};
use cisb::cli::InspectFormat;
use cisb::cli::author::{Admission, AuthorPlan, BenchArgs, CheckArgs, TestFormat, TestPlan};
use cisb::cli::near;
use cisb::engine::Engine;
use cisb::node::record::draft::Draft;
use cisb::profile::grants::Grants;
use cisb::profile::{Gate, Place, Unverified, source};
use cisb::report::{escape, exit};
use cisb::trial::{Stage, Trial};

use super::{build, print, say};

/// What the name of a file of cases ends in.
const CASES: [&str; 2] = [".test.yaml", ".test.yml"];

/// What does not happen where something is written wrong.
const NOT_RUN: &str = "nothing was run";

/// The most files of cases that one run reads.
const MAX_FILES: usize = 1_000;

pub(super) fn run(plan: &AuthorPlan) -> anyhow::Result<u8> {
    match plan {
        AuthorPlan::Test(plan) => test(plan),
        AuthorPlan::Check(args, admission) => check(args, admission),
        AuthorPlan::Bench(args, admission) => bench(args, admission),
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
            Err(mistakes) => {
                build::tell(&mistakes);
                wrong += mistakes.all.len();
            }
        }
    }
    if wrong > 0 {
        build::count(wrong, NOT_RUN);
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

fn check(args: &CheckArgs, admission: &Admission) -> anyhow::Result<u8> {
    let nodes = args.nodes.iter().map(|path| {
        let name = path.display().to_string();
        Ok(conform::Named {
            stage: stage(path)?,
            name,
        })
    });
    let nodes: anyhow::Result<Vec<_>> = nodes.collect();
    let nodes = nodes?;
    let (gate, grants) = admitted(admission)?;
    let component = match component(&args.profile, admission)? {
        Ok(component) => component,
        Err(code) => return Ok(code),
    };
    let engine = Engine::new(1)?;
    let conformance = match conform::check(&engine, &gate, &grants, component, nodes) {
        Ok(conformance) => conformance,
        Err(refused) => {
            say(&format!("{} is refused: {refused}", args.profile.display()));
            return Ok(exit::REFUSED);
        }
    };
    print(|out| match args.format {
        InspectFormat::Text => conform::text::write(&conformance, out),
        InspectFormat::Json => json(&conformance, out),
    })?;
    let failed = conformance.errors > 0 || (args.strict && conformance.warnings > 0);
    Ok(if failed { exit::FINDINGS } else { exit::CLEAN })
}

/// The node of a record, at the time when it was captured.
fn stage(record: &Path) -> anyhow::Result<Stage> {
    const NOW: &str = "2026-01-01T00:00:00Z";
    let draft = Draft::of(record)?;
    let now = draft.captured().unwrap_or(NOW).to_owned();
    Ok(Stage::new(draft.open()?, now))
}

fn admitted(admission: &Admission) -> anyhow::Result<(Gate, Grants)> {
    let gate = Gate::open(&admission.trust, None, admission.now)?;
    let grants = match &admission.grants {
        Some(path) => Grants::read(path, None)?,
        None => Grants::default(),
    };
    Ok((gate, grants))
}

/// The files that hold cases.
fn case_files(plan: &TestPlan) -> anyhow::Result<Vec<PathBuf>> {
    if plan.cases.is_empty() {
        let beside = CASES.map(|end| plan.profile.with_extension(&end[1..]));
        if let Some(found) = beside.iter().find(|path| path.is_file()) {
            return Ok(vec![found.clone()]);
        }
        let cannot = || format!("cannot read {}", plan.profile.display());
        std::fs::metadata(&plan.profile).with_context(cannot)?;
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
    let (gate, grants) = admitted(admission)?;
    let component = match component(path, admission)? {
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
fn component(path: &Path, admission: &Admission) -> anyhow::Result<Result<Unverified, u8>> {
    let is_yaml = |end: &std::ffi::OsStr| end == "yaml" || end == "yml";
    if !path.extension().is_some_and(is_yaml) {
        return Ok(match source::read(&Place::file(path.to_owned())) {
            Ok(component) => Ok(component),
            Err(error) => {
                say(&error.to_string());
                Err(exit::REFUSED)
            }
        });
    }
    let Some(built) = build::made(path, None, &admission.installed, NOT_RUN)? else {
        return Ok(Err(exit::USAGE));
    };
    let name = path.with_extension("wasm");
    let name = name.file_name().unwrap_or(path.as_os_str());
    let name = name.to_string_lossy().into_owned();
    Ok(Ok(Unverified::from_bytes(name, built.component, None)))
}

fn json(value: &impl serde::Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let safe = escape::SafeJson::pretty();
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, safe);
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

fn bench(args: &BenchArgs, admission: &Admission) -> anyhow::Result<u8> {
    let stage = stage(&args.node)?;
    let baseline = match &args.baseline {
        None => None,
        Some(path) => {
            let cannot = || format!("cannot read {}", path.display());
            let file = std::fs::File::open(path).with_context(cannot)?;
            let mut text = String::new();
            file.take(tree::MAX_BYTES as u64 * 16)
                .read_to_string(&mut text)
                .with_context(cannot)?;
            let read = measured::Measured::read(&text);
            Some(read.with_context(|| {
                format!("{} is not what `cisb profile bench` prints", path.display())
            })?)
        }
    };
    let trial = match trial(&args.profile, admission)? {
        Ok(trial) => trial,
        Err(code) => return Ok(code),
    };
    let record = args.node.display().to_string();
    let mut measured = measured::run(&trial, &stage, record);
    if let Some(baseline) = &baseline {
        measured.compare(baseline)?;
    }
    print(|out| match args.format {
        InspectFormat::Text => measured.write(out),
        InspectFormat::Json => json(&measured, out),
    })?;
    let over = measured.over(args.fail_over.unwrap_or(u32::MAX));
    for check in &over {
        say(&format!("{check}, and --fail-over says less"));
    }
    Ok(match over.is_empty() {
        true => exit::CLEAN,
        false => exit::FINDINGS,
    })
}
