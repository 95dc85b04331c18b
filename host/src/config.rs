//! `cisb.toml`: what a site sets once. Flags and `CISB_*` variables go before
//! it. It may name grants and profiles, so it is never looked for in the current
//! directory or on a scanned root: it is /etc/cisb/cisb.toml, or what
//! `--config` names. Reading it is `main`'s; here it is understood.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cisb_contract::manifest::Severity;
use serde::{Deserialize, Deserializer};

use crate::cli::{Format, near};
use crate::request::FailOn;

/// Where it is unless `--config` says otherwise.
pub const PATH: &str = "/etc/cisb/cisb.toml";

/// What `cisb.toml` says; each key is the flag of the same name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Settings {
    /// `--profile`; files are relative to this one.
    pub profile: Vec<PathBuf>,
    /// `--profiles`; relative to the file.
    pub profiles: Option<PathBuf>,
    /// `--store`; relative to the file.
    pub store: Option<PathBuf>,
    /// `--root`.
    pub root: Option<PathBuf>,
    /// `--proc`.
    pub proc: Option<PathBuf>,
    /// `--kubeconfig`; relative to the file. Programs it names do not run.
    pub kubeconfig: Option<PathBuf>,
    /// `--in-cluster`.
    pub in_cluster: bool,
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `--node-name`.
    pub node_name: Option<String>,
    /// `--targets`, unless checks or groups are asked for by hand.
    pub targets: Vec<String>,
    /// `--skip`.
    pub skip: Vec<String>,
    /// `--level`.
    pub level: Option<u8>,
    /// `--set`, as a table.
    #[serde(deserialize_with = "texts")]
    pub set: BTreeMap<String, String>,
    /// `--trust`; relative to the file.
    pub trust: Option<PathBuf>,
    /// `--lock`; relative to the file.
    pub lock: Option<PathBuf>,
    /// `--locked`.
    pub locked: bool,
    /// `--grants`; relative to the file.
    pub grants: Option<PathBuf>,
    /// `--cache`; relative to the file.
    pub cache: Option<PathBuf>,
    /// `--jobs`.
    pub jobs: Option<usize>,
    /// `--format`.
    pub format: Option<Format>,
    /// `--fail-on`.
    pub fail_on: Option<FailOn>,
    /// `--fail-on-severity`.
    pub fail_on_severity: Option<Severity>,
    /// `--exit-code`.
    pub exit_code: Option<u8>,
}

/// A configuration that cannot be followed; exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not TOML, or not ours.
    #[error("{path}{place}: {what}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// `:3` for the third line, or nothing.
        place: String,
        /// What is wrong with it, the valid keys included.
        what: String,
    },
}

/// Understands a file's text. Relative paths start where the file is.
pub fn parse(path: &Path, text: &str) -> Result<Settings, ConfigError> {
    let invalid = |place, what: String| ConfigError::Invalid {
        path: path.to_owned(),
        place,
        what,
    };
    let mut settings: Settings = toml::from_str(text).map_err(|error| {
        let (place, what) = place(text, &error);
        invalid(place, what)
    })?;
    if settings
        .level
        .is_some_and(|level| !(1..=2).contains(&level))
    {
        return Err(invalid(String::new(), "level must be 1 or 2".to_owned()));
    }
    if settings.jobs.is_some_and(|jobs| !(1..=256).contains(&jobs)) {
        return Err(invalid(
            String::new(),
            "jobs must be a number from 1 to 256".to_owned(),
        ));
    }
    if settings.exit_code == Some(0) {
        let what =
            "exit-code must not be 0, which would hide an incomplete scan: set fail-on = \"never\"";
        return Err(invalid(String::new(), what.to_owned()));
    }
    if settings.in_cluster && settings.kubeconfig.is_some() {
        let what = "in-cluster and kubeconfig exclude each other: leave one of them out";
        return Err(invalid(String::new(), what.to_owned()));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    // An id is no path.
    let files = settings.profile.iter_mut().filter(|it| !is_id(it));
    for path in files
        .chain(&mut settings.profiles)
        .chain(&mut settings.store)
        .chain(&mut settings.kubeconfig)
        .chain(&mut settings.trust)
        .chain(&mut settings.lock)
        .chain(&mut settings.grants)
        .chain(&mut settings.cache)
    {
        *path = folder.join(&*path);
    }
    Ok(settings)
}

/// Where TOML is wrong, `:3` for the third line or nothing, and what is wrong.
pub(crate) fn place(text: &str, error: &toml::de::Error) -> (String, String) {
    let line = error.span().map(|span| {
        let before = text.get(..span.start).unwrap_or_default();
        format!(":{}", before.matches('\n').count() + 1)
    });
    let what = error.message().trim().replace('\n', " ");
    (line.unwrap_or_default(), what)
}

/// Whether a profile was named by its id: one word that is no `.wasm` file.
pub fn is_id(name: &Path) -> bool {
    name.components().count() == 1
        && !name.as_os_str().as_encoded_bytes().contains(&b'/')
        && name.extension().is_none_or(|end| end != "wasm")
}

/// A sentence for each `CISB_*` variable that means nothing. They are said and
/// not refused: Kubernetes sets some by itself for a service named `cisb`.
pub fn unknown_variables<'a>(
    set: impl IntoIterator<Item = &'a str>,
    known: &[String],
) -> Vec<String> {
    let service = |name: &str| name.starts_with("CISB_SERVICE_") || name.starts_with("CISB_PORT");
    set.into_iter()
        .filter(|name| name.starts_with("CISB_") && !service(name))
        .filter(|name| !known.iter().any(|known| known == name))
        .map(|name| {
            let near = near::closest(name, known.iter().map(String::as_str));
            format!("{name} is set and means nothing{}", near::hint(&near))
        })
        .collect()
}

/// Texts, numbers, booleans and lists of them, as `--set` would have them.
fn texts<'de, D: Deserializer<'de>>(input: D) -> Result<BTreeMap<String, String>, D::Error> {
    fn text(value: &toml::Value) -> Option<String> {
        match value {
            toml::Value::String(text) => Some(text.clone()),
            toml::Value::Integer(number) => Some(number.to_string()),
            toml::Value::Boolean(truth) => Some(truth.to_string()),
            toml::Value::Array(items) => {
                let items: Option<Vec<String>> = items.iter().map(text).collect();
                items.map(|items| items.join(","))
            }
            _ => None,
        }
    }
    BTreeMap::<String, toml::Value>::deserialize(input)?
        .into_iter()
        .map(|(name, value)| match text(&value) {
            Some(value) => Ok((name, value)),
            None => Err(serde::de::Error::custom(format!(
                "set.{name} must be a text, a whole number, a boolean or a list of them"
            ))),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Result<Settings, String> {
        parse(Path::new("/etc/cisb/cisb.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn keys_are_the_flags() {
        let settings = at(r#"
            profile = ["cis-1.10.wasm", "/opt/other.wasm"]
            grants = "grants.toml"
            targets = ["node"]
            level = 1
            fail-on = "judged"
            fail-on-severity = "high"
            exit-code = 7
            format = "kube-bench"
            [set]
            system-namespaces = ["kube-system", "kube-public"]
            strict = true
            limit = 3
        "#)
        .unwrap();
        assert_eq!(settings.profile[0], Path::new("/etc/cisb/cis-1.10.wasm"));
        assert_eq!(settings.profile[1], Path::new("/opt/other.wasm"));
        assert_eq!(
            settings.grants.as_deref(),
            Some(Path::new("/etc/cisb/grants.toml"))
        );
        assert_eq!(settings.fail_on, Some(FailOn::Judged));
        assert_eq!(settings.fail_on_severity, Some(Severity::High));
        assert_eq!(settings.format, Some(Format::KubeBench));
        assert_eq!(settings.set["system-namespaces"], "kube-system,kube-public");
        assert_eq!(
            (&*settings.set["strict"], &*settings.set["limit"]),
            ("true", "3")
        );
        assert_eq!(at("").unwrap(), Settings::default());
    }

    #[test]
    fn unknown_keys_are_refused_with_the_valid_ones() {
        let error = at("level = 1\nfail_on = \"never\"\n").unwrap_err();
        assert!(
            error.starts_with("/etc/cisb/cisb.toml:2: unknown field `fail_on`"),
            "{error}"
        );
        for key in ["`fail-on`", "`profile`", "`exit-code`", "`set`"] {
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn wrong_values_are_one_sentence() {
        for (text, words) in [
            ("level = 3", "level must be 1 or 2"),
            ("jobs = 0", "from 1 to 256"),
            ("exit-code = 0", "fail-on = \"never\""),
            (
                "in-cluster = true\nkubeconfig = \"x\"",
                "exclude each other",
            ),
            ("fail-on = \"always\"", "unknown variant `always`"),
            ("[set]\na = 1.5", "set.a must be"),
            ("level = ", ""),
            ("profile = \"one\"", "invalid type"),
        ] {
            let error = at(text).unwrap_err();
            assert!(error.starts_with("/etc/cisb/cisb.toml"), "{error}");
            assert!(error.contains(words), "{text}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_variable_that_means_nothing_is_said() {
        let known = ["CISB_FAIL_ON".to_owned(), "CISB_ROOT".to_owned()];
        let set = [
            "CISB_FAILON",
            "CISB_ROOT",
            "CISB_SERVICE_HOST",
            "CISB_PORT_80_TCP",
            "HOME",
        ];
        let said = unknown_variables(set, &known);
        assert_eq!(
            said,
            ["CISB_FAILON is set and means nothing: did you mean CISB_FAIL_ON?"]
        );
    }
}
