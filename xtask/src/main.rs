//! `cargo xtask WORD`: one match from a word to the function that does it.

#![expect(clippy::print_stderr, reason = "a command says why it failed")]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::sys::Workspace;
use xtask::{
    bench, book, demo, dist, foreign, fuzz, gate, guests, parity, profiles, rules, sdk, setup, tidy,
};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes sure that Rust can build for WebAssembly, or says what to do.
    Setup,
    /// Builds every profile under plugins/ into target/profiles/ID.wasm.
    Profiles {
        /// Builds them once more from another folder and compares the bytes.
        #[arg(long)]
        reproduce: bool,
    },
    /// Builds the component of YAML profiles and compares it with the host's file;
    /// BLESS=1 writes that.
    Rules,
    /// Packs the SDK for those who begin a profile in Rust, and compares it with
    /// the host's file; BLESS=1 writes that.
    Sdk,
    /// Builds the demonstration profile in every language whose tools are here.
    Foreign,
    /// Builds the guests under tests/guests into target/guests.
    Guests,
    /// Builds everything and scans a node record that the project carries.
    Demo,
    /// Everything that must hold before a change goes in. CI runs this.
    #[command(alias = "ci")]
    Test,
    /// Holds the project's own rules to its source.
    Tidy,
    /// Compares verdicts with those kube-bench recorded of the same nodes.
    Parity {
        /// A folder with node records, at any depth.
        #[arg(long)]
        nodes: PathBuf,
        /// A folder with kube-bench's configuration: ids, targets, assessment
        /// and scoring of every profile are compared with it.
        #[arg(long)]
        kube_bench_cfg: Option<PathBuf>,
        /// Only this profile. [default: all that were built]
        #[arg(long)]
        profile: Option<String>,
    },
    /// Checks the links of the book in docs/ and renders it into target/book, with
    /// the references that the built cisb prints.
    Book,
    /// Measures a whole scan: time, memory, size.
    Bench {
        /// How many scans are timed.
        #[arg(long, default_value_t = 20)]
        runs: usize,
    },
    /// Builds a release: the program, signed profiles, what is in them, sums.
    Dist {
        /// The release's private key. [default: a key of this machine, which
        /// makes a development build]
        #[arg(long)]
        key: Option<PathBuf>,
        /// The passphrase of the key is the first line of this file.
        #[arg(long)]
        passphrase_file: Option<PathBuf>,
        /// Where it goes. [default: target/dist]
        #[arg(long)]
        output: Option<PathBuf>,
    },
    /// Looks for inputs that break what must hold of them.
    Fuzz {
        /// Only this target. [default: all, one after the other]
        target: Option<String>,
        /// How long each target runs.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Only says which targets there are.
        #[arg(long)]
        list: bool,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let workspace = Workspace::find()?;
    match command {
        Command::Setup => setup::run().map(|_| ()),
        Command::Profiles { reproduce: false } => profiles::run(&workspace),
        Command::Profiles { reproduce: true } => profiles::reproduce(&workspace),
        Command::Rules => rules::run(&workspace),
        Command::Sdk => sdk::run(&workspace),
        Command::Foreign => foreign::run(&workspace),
        Command::Guests => guests::run(&workspace),
        Command::Demo => demo::run(&workspace),
        Command::Test => gate::run(&workspace),
        Command::Tidy => tidy::run(&workspace),
        Command::Parity {
            nodes,
            kube_bench_cfg,
            profile,
        } => parity::run(
            &workspace,
            &nodes,
            kube_bench_cfg.as_deref(),
            profile.as_deref(),
        ),
        Command::Book => book::run(&workspace),
        Command::Bench { runs } => bench::run(&workspace, runs),
        Command::Dist {
            key,
            passphrase_file,
            output,
        } => dist::run(
            &workspace,
            &dist::Options {
                key,
                passphrase: passphrase_file,
                output: output.unwrap_or_else(|| workspace.target().join("dist")),
            },
        ),
        Command::Fuzz { list: true, .. } => fuzz::list(&workspace),
        Command::Fuzz {
            target, seconds, ..
        } => fuzz::run(&workspace, target.as_deref(), seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xtask::book::{markdown, shell};

    #[test]
    fn every_command_that_a_document_shows_is_one() {
        let workspace = Workspace::find().unwrap();
        let mut count = 0;
        for path in workspace.files().unwrap() {
            if path.extension().is_none_or(|end| end != "md") {
                continue;
            }
            let text = std::fs::read_to_string(workspace.path(&path)).unwrap();
            for shown in shell::commands(&markdown::read(&text), "cargo xtask") {
                count += 1;
                let parsed = Cli::try_parse_from(&shown.words);
                let (path, line) = (path.display(), shown.line);
                if let Err(error) = parsed
                    && error.kind() != clap::error::ErrorKind::DisplayHelp
                {
                    panic!("{path}:{line}: {error}");
                }
            }
        }
        assert!(count > 15, "{count}");
    }
}
