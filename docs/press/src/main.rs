//! Renders the book that lies in a folder: `press SOURCE TARGET`. What goes into
//! the book, and whether its links lead somewhere, is decided by `cargo xtask book`.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use mdbook_driver::MDBook;

fn main() -> ExitCode {
    let mut folders = env::args_os().skip(1).map(PathBuf::from);
    let (Some(source), Some(target)) = (folders.next(), folders.next()) else {
        eprintln!("usage: press SOURCE TARGET");
        return ExitCode::FAILURE;
    };
    let rendered = MDBook::load(source).and_then(|mut book| {
        book.config.build.build_dir = target;
        book.build()
    });
    match rendered {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("press: {error:#}");
            ExitCode::FAILURE
        }
    }
}
