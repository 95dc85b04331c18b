//! The files that a new profile begins with, in each language: complete, so that
//! its README's commands work in it as it is. Values out; nothing is written
//! here.

use std::collections::BTreeMap;
use std::io::Read as _;

/// What the checks of a profile are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rules alone.
    Yaml,
    /// Rules and Rust functions.
    Rust,
    /// JavaScript functions.
    Js,
    /// Python functions.
    Python,
}

impl Language {
    /// Its word on a command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Rust => "rust",
            Self::Js => "js",
            Self::Python => "python",
        }
    }

    fn templates(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Yaml => YAML,
            Self::Rust => RUST,
            Self::Js => JS,
            Self::Python => PYTHON,
        }
    }
}

/// Why a profile cannot begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NewError {
    /// Not a name.
    #[error(
        "`{0}` is no id of a profile: use letters, digits, `.`, `-` and `_`, 64 at most, and no `.` first"
    )]
    NotAName(String),
    /// Not the name of a Rust crate.
    #[error("`{name}` cannot be the name of a Rust crate: {why}")]
    NotACrate {
        /// The name.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// A fault of the build.
    #[error("the SDK that this cisb carries is damaged: {0}")]
    Asset(String),
}

/// A file by its path in the new folder, with what is in it.
pub type Files = BTreeMap<String, String>;

/// What the templates call the profile.
const NAME: &str = "my-nodes";
/// And its crate.
const CRATE: &str = "my_nodes";

/// The SDK and the contract with all that building on them takes, made by
/// `cargo xtask sdk`: one Zstandard frame around paths and their texts, as JSON.
const SDK: &[u8] = include_bytes!("../../assets/sdk.zst");

/// The most that it unpacks to.
const MAX_UNPACKED: u64 = 16 << 20;

macro_rules! templates {
    ($language:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../assets/new/", $language, "/", $path)))),+]
    };
}

const YAML: &[(&str, &str)] = templates!("yaml":
    "README.md",
    "gitignore",
    "my-nodes.test.yaml",
    "my-nodes.yaml",
);

const RUST: &[(&str, &str)] = templates!("rust":
    "Cargo.toml",
    "README.md",
    "cargo/config.toml",
    "gitignore",
    "my-nodes.test.yaml",
    "my-nodes.yaml",
    "src/lib.rs",
);

const JS: &[(&str, &str)] = templates!("js":
    "README.md",
    "app.js",
    "build.mjs",
    "gitignore",
    "grants.toml",
    "my-nodes.yaml",
    "package-lock.json",
    "package.json",
    "world.wit",
);

const PYTHON: &[(&str, &str)] = templates!("python":
    "README.md",
    "app.py",
    "gitignore",
    "grants.toml",
    "my-nodes.yaml",
    "requirements.txt",
    "world.wit",
);

/// A record to try a profile on, the same for all.
const NODE: &[(&str, &str)] = templates!("node":
    "node.json",
    "root/etc/kubernetes/manifests/mirror.yaml",
    "root/etc/kubernetes/manifests/mirror.yaml.bak",
    "root/var/lib/kubelet/config.yaml",
);

/// The files of a new profile.
pub fn files(name: &str, language: Language) -> Result<Files, NewError> {
    if !is_id(name) {
        return Err(NewError::NotAName(name.to_owned()));
    }
    let crate_name = name.replace('-', "_");
    let filled = |text: &str| text.replace(NAME, name).replace(CRATE, &crate_name);
    let mut files = Files::new();
    for (path, text) in language.templates() {
        // Names that begin with a dot would mean something where they lie here.
        let path = match path.split_once('/') {
            Some(("cargo", rest)) => format!(".cargo/{rest}"),
            _ if *path == "gitignore" => ".gitignore".to_owned(),
            _ if *path == "world.wit" => "wit/world.wit".to_owned(),
            _ => filled(path),
        };
        files.insert(path, filled(text));
    }
    for (path, text) in NODE {
        files.insert(format!("node/{path}"), (*text).to_owned());
    }
    match language {
        Language::Yaml => {}
        Language::Rust => {
            crate_may_be_called(name)?;
            files.extend(unpack()?);
            if let Some(lock) = files.get_mut("Cargo.lock") {
                *lock = renamed(lock, name);
            }
        }
        // The contract, where tools for WIT look for other packages.
        Language::Js | Language::Python => {
            for (path, text) in unpack()? {
                if let Some(path) = path.strip_prefix(WIT).filter(|it| it.ends_with(".wit")) {
                    files.insert(format!("wit/deps/cisb-{path}"), text);
                }
            }
        }
    }
    Ok(files)
}

/// Where the contract lies among the SDK's files.
const WIT: &str = "cisb/wit/";

/// The SDK's files.
fn unpack() -> Result<Files, NewError> {
    let damaged = |why: &dyn std::fmt::Display| NewError::Asset(why.to_string());
    let decoder = zstd::Decoder::new(SDK).map_err(|e| damaged(&e))?;
    let mut text = Vec::new();
    decoder
        .take(MAX_UNPACKED)
        .read_to_end(&mut text)
        .map_err(|e| damaged(&e))?;
    serde_json::from_slice(&text).map_err(|e| damaged(&e))
}

/// A lock file with the profile called by its own name, where Cargo would have
/// it: packages are sorted.
fn renamed(lock: &str, name: &str) -> String {
    const HEAD: &str = "[[package]]\n";
    let mut parts = lock.split(HEAD).map(|part| part.trim_end().to_owned());
    let head = parts.next().unwrap_or_default();
    let mut packages: Vec<String> = parts
        .map(|part| {
            part.replace(
                &format!("name = \"{NAME}\"\n"),
                &format!("name = \"{name}\"\n"),
            )
        })
        .collect();
    let name_of = |part: &String| {
        let line = part.lines().next().unwrap_or_default();
        line.trim_start_matches("name = ").replace('"', "")
    };
    packages.sort_by_key(name_of);
    let mut text = head;
    for package in packages {
        text.push_str("\n\n");
        text.push_str(HEAD);
        text.push_str(&package);
    }
    text.push('\n');
    text
}

/// That Cargo and rustc take a name for a crate that depends on the SDK.
fn crate_may_be_called(name: &str) -> Result<(), NewError> {
    let why = if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        "it begins with a letter"
    } else if name.contains('.') {
        "it has no dot"
    } else if TAKEN.contains(&name) || name.starts_with("cisb-") || name.starts_with("cisb_") {
        "another crate has this name"
    } else {
        return Ok(());
    };
    Err(NewError::NotACrate {
        name: name.to_owned(),
        why,
    })
}

/// Names of crates that are always there, or that Cargo refuses.
const TAKEN: [&str; 8] = [
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "proc_macro",
    "std",
    "test",
];

/// Whether a profile may be called this.
fn is_id(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}
