//! The words of `cisb profile new`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::author::new::Language;

/// `cisb profile new`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cisb profile new my-nodes                     # in YAML: no compiler, nothing to install
  cisb profile new my-nodes --lang rust         # checks as Rust functions beside rules
The README.md in the folder says what to do next.")]
pub struct NewArgs {
    /// The profile's id: letters, digits, `.`, `-` and `_`
    #[arg(value_name = "NAME")]
    pub name: String,

    /// What the checks are written in
    #[arg(long, value_name = "LANGUAGE", default_value = "yaml")]
    pub lang: Language,

    /// The folder to make, which must be empty if it is there [default: NAME]
    #[arg(short = 'o', long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

impl ValueEnum for Language {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Yaml, Self::Rust, Self::Js, Self::Python]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        let help = match self {
            Self::Yaml => "Rules alone, for the engine that cisb carries",
            Self::Rust => "Rules and Rust functions, with the SDK",
            Self::Js => "JavaScript functions, with componentize-js (experimental)",
            Self::Python => "Python functions, with componentize-py (experimental)",
        };
        Some(clap::builder::PossibleValue::new(self.word()).help(help))
    }
}
