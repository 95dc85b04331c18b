//! `cargo xtask WORD`: one match from a word to the function that does it.

#![expect(clippy::print_stderr, reason = "a command says why it failed")]

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::sys::Workspace;
use xtask::{profiles, setup};

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
    }
}
