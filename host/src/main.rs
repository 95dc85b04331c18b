//! `cisb`: words in, an exit code out. What is done stands in the library;
//! here are the process's own doors: arguments, environment, clock, standard
//! streams, the configuration file and the files that reports go to.

#[path = "main/author.rs"]
mod author;
#[path = "main/build.rs"]
mod build;
#[path = "main/bundle.rs"]
mod bundle;
#[path = "main/cache.rs"]
mod cache;
#[path = "main/import.rs"]
mod import;
#[path = "main/new.rs"]
mod new;
#[cfg(feature = "registry")]
#[path = "main/registry.rs"]
mod registry;
#[path = "main/run.rs"]
mod run;

use std::io::{self, IsTerminal as _, Write};
use std::panic::{self, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use cisb::cli::attest::{self, Signing};
use cisb::cli::key;
use cisb::cli::lock::{self, Locked};
use cisb::cli::resolve::Wanted;
use cisb::cli::sign::{self, SignError};
use cisb::cli::{self, Ambient, Cli, Command, Format, InspectFormat, LogLevel, Plan, ScanPlan};
use cisb::config::{self, Settings};
use cisb::node::record;
use cisb::profile::{Gate, Place};
use cisb::report::exit;
use cisb::report::text::TextOptions;
use cisb::report::{Report, asff, attestation, escape, json, junit, kube_bench, text};
use cisb::request::{self, NodeSource, Scan};
use cisb::scan;
use cisb::trust::dsse::Envelope;
use cisb::trust::{PrivateKey, file};
use tracing_subscriber::fmt::writer::MakeWriterExt as _;

fn main() -> ExitCode {
    panic::set_hook(Box::new(|info| say(&broken(info))));
    let code = match panic::catch_unwind(run) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            say(&sentence(&error));
            exit::USAGE
        }
        // Whatever was under way was not finished.
        Err(_) => exit::INCOMPLETE,
    };
    ExitCode::from(code)
}

fn run() -> anyhow::Result<u8> {
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return Ok(not_parsed(&error)),
    };
    start_log(cli.log);
    let settings = settings(&cli)?;
    let set: Vec<String> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .collect();
    let set = set.iter().map(String::as_str);
    for word in config::unknown_variables(set.clone(), &cli::variables()) {
        say(&word);
    }
    if matches!(cli.command, Command::Run(_)) {
        for word in cli::run::foreign_variables(set) {
            say(&word);
        }
    }
    let ambient = Ambient {
        now: jiff::Timestamp::now(),
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
    };
    match cli::plan(cli, &settings, ambient)? {
        Plan::Scan(mut plan) => {
            let Scan {
                profiles,
                installed,
                ..
            } = &mut plan.scan;
            settle(profiles, installed, &plan.wanted)?;
            run_scan(&plan)
        }
        Plan::Run(plan) => run::run(*plan),
        Plan::Collect {
            mut request,
            wanted,
        } => {
            settle(&mut request.profiles, &mut request.installed, &wanted)?;
            run_collect(&request)
        }
        Plan::List { wanted, format } => {
            let listed = cli::list::read(&wanted.places()?);
            for (place, error) in &listed.refused {
                say(&format!("{} is no profile: {error}", place.shown()));
            }
            print(|out| match format {
                InspectFormat::Text => cli::list::write_text(&listed, out),
                InspectFormat::Json => cli::list::write_json(&listed, out),
            })?;
            Ok(exit::CLEAN)
        }
        Plan::Inspect {
            wanted,
            format,
            trust,
        } => {
            let profile = wanted.places()?.remove(0);
            let gate = Gate::open(&trust, None, ambient.now)?;
            let inspection = match scan::inspect_at(&profile, &gate) {
                Ok(inspection) => inspection,
                Err(error) => {
                    say(&format!("{} is refused: {error}", profile.shown()));
                    return Ok(exit::REFUSED);
                }
            };
            print(|out| match format {
                InspectFormat::Text => cli::inspect::write_text(&inspection, out),
                InspectFormat::Json => cli::inspect::write_json(&inspection, out),
            })?;
            Ok(exit::CLEAN)
        }
        Plan::Sign { wanted, args } => {
            let place = wanted.places()?.remove(0);
            let mut said = Vec::new();
            match sign::sign(&place, &args, &mut said) {
                Ok(()) => print(|out| out.write_all(&said)).map(|()| exit::CLEAN),
                Err(SignError::Refused(error)) => {
                    say(&format!("{} is refused: {error}", place.shown()));
                    Ok(exit::REFUSED)
                }
                Err(error) => Err(error.into()),
            }
        }
        Plan::Verify {
            wanted,
            keys,
            trust,
            now,
        } => {
            let place = wanted.places()?.remove(0);
            let gate = match keys.as_slice() {
                [] => Gate::open(&trust, None, now)?,
                keys => Gate::of(sign::policy_of(keys)?, now),
            };
            let mut said = Vec::new();
            let admitted = sign::write_verdict(&gate, &place, &mut said)?;
            print(|out| out.write_all(&said))?;
            Ok(match admitted {
                Ok(()) => exit::CLEAN,
                Err(_) => exit::REFUSED,
            })
        }
        Plan::Remove { id, store } => bundle::remove(&id, &store),
        #[cfg(feature = "registry")]
        Plan::Registry(plan) => registry::run(*plan, ambient.now),
        #[cfg(not(feature = "registry"))]
        Plan::Registry(_) => anyhow::bail!(
            "this build of cisb has no access to registries: `cisb bundle` carries profiles as \
             files, and any tool for OCI layouts pushes and pulls those"
        ),
        Plan::Bundle(plan) => bundle::run(plan, ambient.now),
        Plan::Lock { plan, now } => {
            let gate = Gate::open_unlocked(&plan.trust, now)?;
            let places = plan.wanted.places()?;
            let mut said = Vec::new();
            let mut refused = |place: &Place, error| {
                say(&format!("{} is refused: {error}", place.shown()));
            };
            let locked = lock::run(&plan, &gate, &places, &mut refused, &mut said)?;
            print(|out| out.write_all(&said))?;
            Ok(match locked {
                Locked::Done => exit::CLEAN,
                Locked::Refused => exit::REFUSED,
            })
        }
        Plan::VerifyReport { args, trust, now } => {
            let mut said = Vec::new();
            match attest::verify(&args, &trust, now, &mut said)? {
                Ok(()) => {
                    print(|out| out.write_all(&said))?;
                    Ok(exit::CLEAN)
                }
                Err(why) => {
                    let path = args.report.display();
                    say(&format!("{path} is not believed: {why} [{}]", why.code()));
                    Ok(exit::REFUSED)
                }
            }
        }
        Plan::Key(command) => {
            let mut said = Vec::new();
            key::run(command, &settings, &mut said)?;
            print(|out| out.write_all(&said))?;
            Ok(exit::CLEAN)
        }
        Plan::Warm {
            mut request,
            wanted,
        } => {
            settle(&mut request.profiles, &mut request.installed, &wanted)?;
            cache::warm(&request)
        }
        Plan::Clear { cache } => cache::clear(&cache),
        Plan::Build {
            source,
            output,
            component,
            force,
            installed,
        } => build::run(&source, component.as_deref(), &output, force, &installed),
        Plan::New(args) => new::run(&args),
        Plan::Import(args) => import::run(&args),
        Plan::Author(plan) => author::run(&plan),
        Plan::Print(bytes) => {
            print(|out| out.write_all(&bytes))?;
            Ok(exit::CLEAN)
        }
    }
}

/// Finds the profiles that were named, or else lists what is installed.
fn settle(
    profiles: &mut Vec<Place>,
    installed: &mut Vec<Place>,
    wanted: &Wanted,
) -> anyhow::Result<()> {
    match wanted.names.is_empty() {
        true => *installed = wanted.places()?,
        false => *profiles = wanted.places()?,
    }
    Ok(())
}

fn run_scan(plan: &ScanPlan) -> anyhow::Result<u8> {
    // Before the scan, which a wrong passphrase is not worth.
    let key = plan.signing.as_ref().map(Signing::open).transpose()?;
    let started = Instant::now();
    let mut report = with_progress(|progress| scan::run(&plan.scan, progress))?;
    exit::judge(&mut report, &plan.scan.selection, &plan.policy);
    let scanned = started.elapsed();
    let exit_code = exit::exit_code(&report, &plan.policy);
    let options = TextOptions {
        command: plan.command.clone(),
        exit_code,
        ..TextOptions::default()
    };
    for output in &plan.outputs {
        let mut bytes = Vec::new();
        write_report(&report, plan, output.format, &options, &mut bytes)?;
        write_private(&output.path, &bytes)
            .with_context(|| format!("cannot write the report to {}", output.path.display()))?;
        if let Some(key) = key.as_ref().filter(|_| output.format == Format::Json) {
            sign_report(&report, &bytes, plan, &output.path, exit_code, key)?;
        }
    }
    let choice = anstream::AutoStream::choice(&io::stdout());
    let on_screen = TextOptions {
        color: choice != anstream::ColorChoice::Never,
        ..options
    };
    print(|out| write_report(&report, plan, plan.format, &on_screen, out))?;
    let report_took = started.elapsed().saturating_sub(scanned);
    tracing::debug!(
        "spent: whole scan {} µs, report {} µs",
        scanned.as_micros(),
        report_took.as_micros()
    );
    if plan.format != Format::Text {
        // Text says them itself.
        for problem in &report.problems {
            say(&problem.text);
        }
    }
    Ok(exit_code)
}

/// Writes the signature of a report beside it.
fn sign_report(
    report: &Report,
    bytes: &[u8],
    plan: &ScanPlan,
    path: &Path,
    exit_code: u8,
    key: &PrivateKey,
) -> anyhow::Result<()> {
    let shown = |path: &Path| path.display().to_string();
    let (root, proc, record) = match &plan.scan.node {
        NodeSource::Live { root, proc } => (Some(shown(root)), proc.as_deref().map(shown), None),
        NodeSource::Record(path) => {
            let digest = record::digest(path)
                .with_context(|| format!("cannot read the record {} again", path.display()))?;
            (None, None, Some(digest))
        }
    };
    let selection = &plan.scan.selection;
    let context = attestation::Context {
        root,
        proc,
        record,
        parameters: plan.scan.parameters.iter().cloned().collect(),
        selection: serde_json::json!({
            "targets": selection.targets, "checks": selection.checks,
            "groups": selection.groups, "skip": selection.skip, "level": selection.level,
        }),
        time_was_set: plan.time_was_set,
        exit_code,
    };
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    let mut envelope = Envelope::around(&attestation::statement(report, bytes, &name, &context));
    envelope.sign(key);
    let beside = attest::beside(path);
    write_private(&beside, &envelope.to_json())
        .with_context(|| format!("cannot write the signature to {}", beside.display()))
}

fn run_collect(request: &request::Collect) -> anyhow::Result<u8> {
    let report = with_progress(|progress| scan::collect(request, progress))?;
    let mut code = exit::CLEAN;
    for profile in &report.profiles {
        if let Some(refusal) = &profile.refused {
            say(&format!(
                "profile {} was refused ({}), so what it requests is not recorded: {}",
                profile.id,
                refusal.place(),
                refusal.reason
            ));
            code = exit::REFUSED;
        }
    }
    for gap in &report.coverage.gaps {
        say(&format!(
            "not recorded: {} ({} checks)",
            gap.cause,
            gap.checks.len()
        ));
    }
    say(&format!("recorded to {}", request.output.display()));
    Ok(code)
}

fn write_report(
    report: &Report,
    plan: &ScanPlan,
    format: Format,
    options: &TextOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Text => text::write(report, options, out),
        Format::Json => json::write(report, out),
        Format::KubeBench => kube_bench::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Asff => match &plan.account {
            Some(account) => asff::write(report, account, out),
            // The plan has one wherever a format asks for it.
            None => Err(io::ErrorKind::InvalidInput.into()),
        },
    }
}

/// Runs something that tells how far it is, and shows that on a terminal.
fn with_progress<T>(work: impl FnOnce(&mut scan::Listener<'_>) -> T) -> T {
    let shown = io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(|t| t != "dumb");
    let mut drawn = false;
    let result = work(&mut |progress: scan::Progress| {
        if shown {
            drawn = true;
            let what: String = escape::line(&progress.what).chars().take(50).collect();
            let (done, total) = (progress.done, progress.total);
            // A terminal that is gone does not stop a scan.
            let _ = write!(io::stderr(), "\r\x1b[K{done}/{total} {what}");
        }
    });
    if drawn {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
    result
}

/// Writes to standard output. Who closed it early wants no more, and no word.
fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is left in the buffer has nobody to go to.
            let _ = out.into_parts();
            Ok(())
        }
        other => other.context("cannot write to standard output"),
    }
}

/// An error and its causes, each said once: some name their cause themselves.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// One sentence on standard error, in which nothing acts on the terminal.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "cisb: {}", escape::line(text));
}

/// What clap has to say instead of a command line: help and version, or what
/// is wrong with it.
fn not_parsed(error: &clap::Error) -> u8 {
    if error.use_stderr() {
        let text = error.render().to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let ours = error.kind() != clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
        let _ = match ours {
            true => write!(io::stderr(), "cisb: {text}"),
            false => write!(io::stderr(), "{text}"),
        };
        exit::USAGE
    } else {
        let _ = error.print();
        exit::CLEAN
    }
}

/// The sentence for a panic: a fault of ours, and never a backtrace.
fn broken(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let place = info.location().map_or_else(String::new, |place| {
        format!(" at {}:{}", place.file(), place.line())
    });
    format!("a fault of cisb itself{place}: {message}; please report it")
}

fn start_log(level: LogLevel) {
    use tracing::level_filters::LevelFilter;
    let level = match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // Only what cisb itself says: libraries log addresses and headers, and know
    // nothing of what must be masked.
    let ours = |of: &tracing::Metadata<'_>| of.target().starts_with("cisb");
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr.with_filter(ours))
        .with_ansi(false)
        .without_time()
        .init();
}

/// `cisb.toml`: the one that `--config` names, else the system's if there is one.
fn settings(cli: &Cli) -> anyhow::Result<Settings> {
    let path = match &cli.config {
        Some(path) => path.clone(),
        None if !file::exists(Path::new(config::PATH)) => return Ok(Settings::default()),
        None => PathBuf::from(config::PATH),
    };
    let text = file::read(&path, None)?;
    Ok(config::parse(&path, &text)?)
}

/// Writes a file whole or not at all, readable by its owner only. Pipes and
/// devices, such as /dev/stderr, cannot be replaced and are written to.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|stat| !stat.is_file()) {
        return std::fs::OpenOptions::new()
            .write(true)
            .open(path)?
            .write_all(bytes);
    }
    file::replace(path, bytes, 0o600)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn a_report_file_is_private_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        write_private(&path, b"one").unwrap();
        assert_eq!(
            (std::fs::read(&path).unwrap(), mode(&path)),
            (b"one".to_vec(), 0o600)
        );
        // An older, wider file is replaced, and so is a link, not what it leads to.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(
            (std::fs::read(&path).unwrap(), mode(&path)),
            (b"two".to_vec(), 0o600)
        );
        let (victim, link) = (folder.path().join("victim"), folder.path().join("link"));
        std::fs::write(&victim, "keep").unwrap();
        symlink(&victim, &link).unwrap();
        write_private(&link, b"three").unwrap();
        assert_eq!(std::fs::read(&victim).unwrap(), b"keep");
        assert_eq!(std::fs::read(&link).unwrap(), b"three");
        // Nothing is left of a try that failed, and a device stays one.
        std::fs::create_dir(folder.path().join("full")).unwrap();
        assert!(write_private(&folder.path().join("full"), b"x").is_err());
        assert!(write_private(&folder.path().join("no/such"), b"x").is_err());
        write_private(Path::new("/dev/null"), b"x").unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
        let names = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 4);
    }

    #[test]
    fn a_cause_is_said_once() {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let twice = anyhow::Error::new(missing()).context("x: entity not found");
        assert_eq!(sentence(&twice), "x: entity not found");
        let once = anyhow::Error::new(missing()).context("cannot open x");
        assert_eq!(sentence(&once), "cannot open x: entity not found");
    }

    fn with_config(path: &Path) -> Result<Settings, String> {
        let words = ["cisb", "--config", path.to_str().unwrap(), "version"];
        let cli = cli::parse(words.map(Into::into)).unwrap();
        settings(&cli).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_configuration_is_read_or_refused_in_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cisb.toml");
        assert!(with_config(&path).unwrap_err().starts_with("cannot open "));
        write_private(&path, b"level = 1").unwrap();
        assert_eq!(with_config(&path).unwrap().level, Some(1));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(with_config(&path).unwrap_err().contains("chmod go-w"));
        write_private(&path, b"colour = true").unwrap();
        let error = with_config(&path).unwrap_err();
        assert!(
            error.contains("unknown field `colour`") && !error.contains('\n'),
            "{error}"
        );
        write_private(&path, b"\xff").unwrap();
        assert!(
            with_config(&path)
                .unwrap_err()
                .contains("is not UTF-8 text")
        );
        write_private(&path, "#".repeat((4 << 20) + 1).as_bytes()).unwrap();
        assert!(with_config(&path).unwrap_err().contains("larger than"));
        assert!(
            with_config(folder.path())
                .unwrap_err()
                .contains("is not a file")
        );
    }
}
