//! Makes sure that Rust can build for WebAssembly: with the standard library
//! that Rust distributes for it, or, where that cannot be had, with one that is
//! built from source.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::sys;

/// The target that profiles are built for: WebAssembly with no system at all.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Where the standard library for [`TARGET`] comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Std {
    /// It is installed beside the compiler.
    Installed,
    /// It is built with each profile, from the component `rust-src`.
    FromSource,
}

/// Finds the standard library, adding the target if that is all it takes.
pub fn run() -> Result<Std> {
    if installed()? {
        println!("setup: {TARGET} is installed");
        return Ok(Std::Installed);
    }
    println!("setup: adding {TARGET} to this toolchain");
    match add_target() {
        Ok(()) if installed()? => return Ok(Std::Installed),
        Ok(()) => eprintln!(
            "setup: rustup added {TARGET}, but to another toolchain than the one in use: {}",
            sysroot()?.display()
        ),
        Err(error) => eprintln!("setup: {error:#}"),
    }
    if source()?.is_dir() {
        eprintln!(
            "setup: building the standard library from rust-src instead. Profiles work the same, \
             but their bytes differ from those built with the distributed library"
        );
        return Ok(Std::FromSource);
    }
    bail!("{}", ways_out(&sysroot()?.display().to_string()))
}

fn installed() -> Result<bool> {
    let folder = sys::read_line(
        Command::new(rustc())
            .args(["--print", "target-libdir", "--target", TARGET])
            .stdin(Stdio::null()),
    )
    .context("is Rust installed?")?;
    let Ok(entries) = PathBuf::from(folder).read_dir() else {
        return Ok(false);
    };
    Ok(entries
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-")))
}

fn add_target() -> Result<()> {
    sys::run(
        Command::new("rustup")
            .args(["target", "add", TARGET])
            .stdin(Stdio::null()),
    )
}

fn sysroot() -> Result<PathBuf> {
    sys::read_line(
        Command::new(rustc())
            .args(["--print", "sysroot"])
            .stdin(Stdio::null()),
    )
    .map(PathBuf::from)
}

fn source() -> Result<PathBuf> {
    Ok(sysroot()?.join("lib/rustlib/src/rust/library/std"))
}

fn rustc() -> std::ffi::OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

fn ways_out(sysroot: &str) -> String {
    format!(
        "profiles cannot be built: the Rust toolchain in {sysroot} has no standard library for \
         {TARGET}. Any one of these cures it:\n\
         \x20 - with rustup and a network: rustup target add {TARGET}\n\
         \x20 - with rustup and no network: copy the folder lib/rustlib/{TARGET} from a toolchain \
         of the same version into {sysroot}/lib/rustlib/\n\
         \x20 - with a distribution's Rust: install its package for this target, often named \
         libstd-rust-dev-wasm32 or rust-std-static-{TARGET}\n\
         \x20 - with the component rust-src (rustup component add rust-src): run this again; the \
         standard library is then built from source with RUSTC_BOOTSTRAP=1 and \
         -Zbuild-std=std,panic_abort"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_out_name_every_command_a_person_would_type() {
        let text = ways_out("/toolchain");
        for needle in [
            "rustup target add wasm32-unknown-unknown",
            "rustup component add rust-src",
            "RUSTC_BOOTSTRAP=1",
            "-Zbuild-std=std,panic_abort",
            "/toolchain/lib/rustlib/",
        ] {
            assert!(text.contains(needle), "{needle} is missing from:\n{text}");
        }
    }
}
