//! `cisb`: words in, an exit code out. What is done stands in the library;
//! here are the process's own doors: arguments, environment, clock, standard
//! streams, the configuration file and the files that reports go to.

#[path = "main/build.rs"]
mod build;
#[path = "main/import.rs"]
mod import;
#[path = "main/run.rs"]
mod run;

use std::io::{self, IsTerminal as _, Read as _, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::panic::{self, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, bail};
use cisb::cli::{
    self, Ambient, Cli, Command, Format, InspectFormat, LogLevel, Plan, ScanPlan, resolve,
};
use cisb::config::{self, Settings};
use cisb::report::exit;
use cisb::report::text::TextOptions;
use cisb::report::{Report, asff, escape, json, junit, kube_bench, text};
use cisb::request::{self, Scan};
use cisb::scan;
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
            let folders = resolve::folders(plan.folder.as_deref());
            let Scan {
                profiles,
                installed,
                ..
            } = &mut plan.scan;
            settle(profiles, installed, &folders)?;
            run_scan(&plan)
        }
        Plan::Run(plan) => run::run(*plan),
        Plan::Collect {
            mut request,
            folder,
        } => {
            let folders = resolve::folders(folder.as_deref());
            settle(&mut request.profiles, &mut request.installed, &folders)?;
            run_collect(&request)
        }
        Plan::List { folder, format } => {
            let installed = resolve::all(&resolve::folders(folder.as_deref()))?;
            let listed = cli::list::read(&installed);
            for (path, error) in &listed.refused {
                say(&format!("{} is no profile: {error}", path.display()));
            }
            print(|out| match format {
                InspectFormat::Text => cli::list::write_text(&listed, out),
                InspectFormat::Json => cli::list::write_json(&listed, out),
            })?;
            Ok(exit::CLEAN)
        }
        Plan::Inspect {
            profile,
            folder,
            format,
        } => {
            let folders = resolve::folders(folder.as_deref());
            let profile = resolve::named(&[profile], &folders)?.remove(0);
            let inspection = match scan::inspect(&profile) {
                Ok(inspection) => inspection,
                Err(error) => {
                    say(&format!("{}: {error}", profile.display()));
                    return Ok(exit::REFUSED);
                }
            };
            print(|out| match format {
                InspectFormat::Text => cli::inspect::write_text(&inspection, out),
                InspectFormat::Json => cli::inspect::write_json(&inspection, out),
            })?;
            Ok(exit::CLEAN)
        }
        Plan::Build {
            source,
            output,
            force,
        } => build::run(&source, &output, force),
        Plan::Import(args) => import::run(&args),
        Plan::Print(bytes) => {
            print(|out| out.write_all(&bytes))?;
            Ok(exit::CLEAN)
        }
    }
}

/// Turns the names of profiles into files, or else lists what is installed.
fn settle(
    profiles: &mut Vec<PathBuf>,
    installed: &mut Vec<PathBuf>,
    folders: &[PathBuf],
) -> anyhow::Result<()> {
    match profiles.is_empty() {
        true => *installed = resolve::all(folders)?,
        false => *profiles = resolve::named(profiles, folders)?,
    }
    Ok(())
}

fn run_scan(plan: &ScanPlan) -> anyhow::Result<u8> {
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

fn run_collect(request: &request::Collect) -> anyhow::Result<u8> {
    let report = with_progress(|progress| scan::collect(request, progress))?;
    let mut code = exit::CLEAN;
    for profile in &report.profiles {
        if let Some(refusal) = &profile.refused {
            say(&format!(
                "profile {} was refused ({}), so what it requests is not recorded: {}",
                profile.id, refusal.stage, refusal.reason
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
    let (path, must_exist) = match &cli.config {
        Some(path) => (path.clone(), true),
        None => (PathBuf::from(config::PATH), false),
    };
    let file = match std::fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => {
            return Ok(Settings::default());
        }
        Err(error) => return Err(error).context(format!("cannot open {}", path.display())),
    };
    // Of the file that is open, so that nobody exchanges it in between.
    let stat = file
        .metadata()
        .with_context(|| format!("cannot look at {}", path.display()))?;
    if !stat.is_file() {
        bail!("{} is not a file", path.display());
    }
    config::trusted(
        &path,
        stat.uid(),
        stat.mode(),
        rustix::process::geteuid().as_raw(),
    )?;
    let mut text = String::new();
    file.take(config::MAX_BYTES + 1)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read {}", path.display()))?;
    if text.len() as u64 > config::MAX_BYTES {
        bail!(
            "{} is larger than {} bytes",
            path.display(),
            config::MAX_BYTES
        );
    }
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
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    let mut fresh = std::ffi::OsString::from(".");
    fresh.push(name);
    fresh.push(format!(".{}.new", std::process::id()));
    let fresh = path.with_file_name(fresh);
    // `create_new` follows no link that somebody laid there.
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&fresh, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&fresh);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

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
        assert!(with_config(&path).unwrap_err().starts_with("cannot read "));
        write_private(&path, "#".repeat((1 << 20) + 1).as_bytes()).unwrap();
        assert!(with_config(&path).unwrap_err().contains("larger than"));
        assert!(
            with_config(folder.path())
                .unwrap_err()
                .contains("is not a file")
        );
    }
}
