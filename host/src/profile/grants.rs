//! What a profile may see: its requests, narrowed by the operator's `--grants`
//! file and, while a check runs, by what that check declares in `uses`.
//!
//! The denials of law 4 are not here: they hold for contents, whoever asks, and
//! live in `mask`.

use std::path::{Path, PathBuf};

use cisb_contract::manifest::{
    FieldRequest, FileRequest, KubernetesRequest, Manifest, NamedRequest, ProcessRequest, Right,
};
use globset::{Glob, GlobBuilder, GlobMatcher};
use serde::Deserialize;

/// Compiles a path glob with the contract's meaning: `*` stays within a path
/// component, `**` spans any number of them.
pub fn glob(pattern: &str) -> Result<Glob, String> {
    if pattern.len() > 1024 {
        return Err("a glob has more than 1024 bytes".to_owned());
    }
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map_err(|e| format!("the glob `{pattern}`: {}", e.kind()))
}

/// A grants file: what the operator allows, profile by profile.
///
/// ```toml
/// [[grant]]
/// profile = "cis-*"
/// files = [{ path = "/etc/kubernetes/**", rights = ["stat", "digest"] }]
/// named = ["stat", "read"]
/// processes = ["kubelet"]
/// kubernetes = ["pods", "clusterroles.rbac.authorization.k8s.io"]
/// ```
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantsFile {
    #[serde(default)]
    grant: Vec<Grant>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    profile: String,
    #[serde(default)]
    files: Vec<FileGrant>,
    #[serde(default)]
    named: Vec<Right>,
    #[serde(default)]
    processes: Vec<String>,
    #[serde(default)]
    kubernetes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileGrant {
    path: String,
    rights: Vec<Right>,
}

/// Why a grants file is refused.
#[derive(Debug, thiserror::Error)]
pub enum GrantsError {
    /// It cannot be read.
    #[error("cannot read the grants file {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It does not parse.
    #[error("the grants file {path} does not parse: {reason}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and what.
        reason: String,
    },
}

/// What the operator allows.
#[derive(Debug, Default)]
pub struct Grants {
    /// None: no grants file was given, so a profile gets what it requests.
    rules: Option<Vec<Rule>>,
    source: String,
}

#[derive(Debug)]
struct Rule {
    profile: GlobMatcher,
    files: Vec<(GlobMatcher, Vec<Right>)>,
    named: Vec<Right>,
    processes: Vec<String>,
    kubernetes: Vec<String>,
}

impl Grants {
    /// Reads a grants file.
    pub fn read(path: &Path) -> Result<Self, GrantsError> {
        let text = std::fs::read_to_string(path).map_err(|source| GrantsError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, GrantsError> {
        let bad = |reason: String| GrantsError::Parse {
            path: path.to_owned(),
            reason,
        };
        let file: GrantsFile = toml::from_str(text).map_err(|e| bad(e.to_string()))?;
        let mut rules = Vec::new();
        for grant in file.grant {
            let mut files = Vec::new();
            for file in grant.files {
                files.push((
                    glob(&file.path).map_err(bad)?.compile_matcher(),
                    file.rights,
                ));
            }
            rules.push(Rule {
                profile: glob(&grant.profile).map_err(bad)?.compile_matcher(),
                files,
                named: grant.named,
                processes: grant.processes,
                kubernetes: grant.kubernetes,
            });
        }
        Ok(Self {
            rules: Some(rules),
            source: path.display().to_string(),
        })
    }
}

/// A profile's requests with the operator's grants, ready to be asked.
#[derive(Debug)]
pub struct Granted {
    /// Path globs.
    pub files: Vec<GrantedFiles>,
    /// Executables.
    pub processes: Vec<(ProcessRequest, bool)>,
    /// Paths named by flags and environment variables.
    pub named: Vec<(NamedRequest, Vec<Right>)>,
    /// Paths named by document fields.
    pub fields: Vec<(FieldRequest, Vec<Right>)>,
    /// API resources.
    pub kubernetes: Vec<(KubernetesRequest, bool)>,
    /// Where a denial comes from: the grants file's name, empty without one.
    pub source: String,
}

/// A files request and what of it is granted.
#[derive(Debug)]
pub struct GrantedFiles {
    /// The request.
    pub request: FileRequest,
    matchers: Vec<GlobMatcher>,
    /// None: everything the request asks for.
    allowed: Option<Vec<(GlobMatcher, Vec<Right>)>>,
}

impl GrantedFiles {
    /// Whether the request covers this path at all.
    pub fn covers(&self, path: &str) -> bool {
        self.matchers.iter().any(|m| m.is_match(path))
    }

    /// Whether the grants leave a whole pattern (without braces) to the request.
    /// A pattern that is itself matched by a granted glob matches nothing else.
    pub fn leaves_whole(&self, pattern: &str) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| {
            allowed
                .iter()
                .any(|(matcher, granted)| !granted.is_empty() && matcher.is_match(pattern))
        })
    }

    /// The rights that request and grants agree on for this path. `stat` comes
    /// with every other right.
    pub fn rights(&self, path: &str) -> Vec<Right> {
        let mut rights = self.request.rights.clone();
        rights.push(Right::Stat);
        if let Some(allowed) = &self.allowed {
            rights.retain(|right| {
                allowed.iter().any(|(matcher, granted)| {
                    matcher.is_match(path)
                        && (granted.contains(right)
                            || (*right == Right::Stat && !granted.is_empty()))
                })
            });
        }
        rights.sort_unstable();
        rights.dedup();
        rights
    }
}

/// Meets a manifest's requests with the operator's grants.
pub fn meet(manifest: &Manifest, grants: &Grants) -> Result<Granted, String> {
    let rules: Option<Vec<&Rule>> = grants.rules.as_ref().map(|rules| {
        rules
            .iter()
            .filter(|r| r.profile.is_match(&manifest.id))
            .collect()
    });
    let named_rights = |wanted: &[Right]| match &rules {
        None => with_stat(wanted.to_vec()),
        Some(rules) => {
            let mut rights = with_stat(wanted.to_vec());
            rights.retain(|right| {
                rules.iter().any(|r| {
                    r.named.contains(right) || (*right == Right::Stat && !r.named.is_empty())
                })
            });
            rights
        }
    };
    let mut files = Vec::new();
    for request in &manifest.requests.files {
        let mut matchers = Vec::new();
        for path in &request.paths {
            matchers.push(glob(path)?.compile_matcher());
        }
        files.push(GrantedFiles {
            request: request.clone(),
            matchers,
            allowed: rules
                .as_ref()
                .map(|rules| rules.iter().flat_map(|r| r.files.iter().cloned()).collect()),
        });
    }
    let requests = &manifest.requests;
    Ok(Granted {
        files,
        processes: requests
            .processes
            .iter()
            .map(|request| {
                let granted = rules.as_ref().is_none_or(|rules| {
                    request
                        .executables
                        .iter()
                        .all(|e| rules.iter().any(|r| r.processes.contains(e)))
                });
                (request.clone(), granted)
            })
            .collect(),
        named: requests
            .named
            .iter()
            .map(|request| (request.clone(), named_rights(&request.rights)))
            .collect(),
        fields: requests
            .fields
            .iter()
            .map(|request| (request.clone(), named_rights(&request.rights)))
            .collect(),
        kubernetes: requests
            .kubernetes
            .iter()
            .map(|request| {
                let name = resource_name(&request.api_version, &request.resource);
                let granted = rules
                    .as_ref()
                    .is_none_or(|rules| rules.iter().any(|r| r.kubernetes.contains(&name)));
                (request.clone(), granted)
            })
            .collect(),
        source: grants.source.clone(),
    })
}

fn with_stat(mut rights: Vec<Right>) -> Vec<Right> {
    rights.push(Right::Stat);
    rights.sort_unstable();
    rights.dedup();
    rights
}

/// `pods` for the core group, else `clusterroles.rbac.authorization.k8s.io`.
pub fn resource_name(api_version: &str, resource: &str) -> String {
    match api_version.split_once('/') {
        Some((group, _)) => format!("{resource}.{group}"),
        None => resource.to_owned(),
    }
}

impl Granted {
    /// What was granted, one line for each request, for the report.
    pub fn lines(&self) -> Vec<String> {
        let words = |rights: &[Right]| {
            if rights.is_empty() {
                return "nothing".to_owned();
            }
            rights
                .iter()
                .map(|r| right_word(*r))
                .collect::<Vec<_>>()
                .join("+")
        };
        let yes = |granted: bool| if granted { "" } else { " (not granted)" };
        let mut lines = Vec::new();
        for files in &self.files {
            let rights = with_stat(files.request.rights.clone());
            let limited = if files.allowed.is_some() {
                " (as the grants file allows)"
            } else {
                ""
            };
            lines.push(format!(
                "{}: {} {}{limited}",
                files.request.id,
                words(&rights),
                files.request.paths.join(" ")
            ));
        }
        for (request, granted) in &self.processes {
            let env = if request.environment.is_empty() {
                String::new()
            } else {
                format!(" with environment {}", request.environment.join(" "))
            };
            lines.push(format!(
                "{}: processes {}{env}{}",
                request.id,
                request.executables.join(" "),
                yes(*granted)
            ));
        }
        for (request, rights) in &self.named {
            let names: Vec<String> = request
                .flags
                .iter()
                .map(|f| format!("--{f}"))
                .chain(request.environment.iter().cloned())
                .collect();
            lines.push(format!(
                "{}: {} what {} of {} names",
                request.id,
                words(rights),
                names.join(" "),
                request.process
            ));
        }
        for (request, rights) in &self.fields {
            lines.push(format!(
                "{}: {} what {} in {} names",
                request.id,
                words(rights),
                request.pointers.join(" "),
                request.documents.join(" ")
            ));
        }
        for (request, granted) in &self.kubernetes {
            lines.push(format!(
                "{}: list {} ({} fields){}",
                request.id,
                resource_name(&request.api_version, &request.resource),
                request.fields.len(),
                yes(*granted)
            ));
        }
        lines
    }
}

/// The word for a right in messages and grants files.
pub fn right_word(right: Right) -> &'static str {
    match right {
        Right::Stat => "stat",
        Right::Digest => "digest",
        Right::Read => "read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(paths: &[&str], rights: &[Right]) -> Manifest {
        let manifest = serde_json::json!({
            "schema": cisb_contract::MANIFEST_SCHEMA, "id": "p", "version": "1.0.0", "epoch": 1,
            "title": "t", "benchmark": {"name": "b", "version": "1", "kubernetes": ">=1.28"},
            "world": cisb_contract::WORLD, "min-host": "0.1.0", "sections": [], "checks": [],
            "requests": {"files": [{"id": "f", "paths": paths, "rights": rights, "why": "test"}],
                         "processes": [{"id": "kubelet", "executables": ["kubelet"], "why": "test"}]},
        });
        serde_json::from_value(manifest).expect("a manifest")
    }

    #[test]
    fn without_a_grants_file_a_profile_gets_what_it_requests_and_no_more() {
        let manifest = request(&["/etc/kubernetes/*.conf"], &[Right::Stat]);
        let granted = meet(&manifest, &Grants::default()).expect("meets");
        assert!(granted.files[0].covers("/etc/kubernetes/a.conf"));
        assert!(!granted.files[0].covers("/etc/kubernetes/pki/a.conf"));
        assert!(!granted.files[0].covers("/etc/shadow"));
        assert_eq!(
            granted.files[0].rights("/etc/kubernetes/a.conf"),
            [Right::Stat]
        );
        assert!(granted.processes[0].1);
    }

    #[test]
    fn a_grants_file_only_narrows() {
        let manifest = request(&["/etc/**"], &[Right::Read]);
        let text = r#"
            [[grant]]
            profile = "p"
            files = [{ path = "/etc/kubernetes/**", rights = ["stat", "read", "digest"] }]
        "#;
        let grants = Grants::parse(text, Path::new("g.toml")).expect("parses");
        let granted = meet(&manifest, &grants).expect("meets");
        assert_eq!(
            granted.files[0].rights("/etc/kubernetes/x"),
            [Right::Stat, Right::Read]
        );
        assert!(granted.files[0].rights("/etc/shadow").is_empty());
        assert!(!granted.processes[0].1);
    }

    #[test]
    fn a_pattern_that_grants_narrow_is_not_whole() {
        let manifest = request(&["/etc/**"], &[Right::Stat]);
        let text = r#"
            [[grant]]
            profile = "p"
            files = [{ path = "/etc/kubernetes/**", rights = ["stat"] }]
        "#;
        let grants = Grants::parse(text, Path::new("g.toml")).expect("parses");
        let files = &meet(&manifest, &grants).expect("meets").files[0];
        assert!(files.leaves_whole("/etc/kubernetes/pki/*.key"));
        assert!(!files.leaves_whole("/etc/**"));
        let files = &meet(&manifest, &Grants::default()).expect("meets").files[0];
        assert!(files.leaves_whole("/etc/**"));
    }

    #[test]
    fn a_grants_file_for_another_profile_grants_nothing() {
        let manifest = request(&["/etc/**"], &[Right::Read]);
        let text = "[[grant]]\nprofile = 'q'\nprocesses = ['kubelet']\n";
        let grants = Grants::parse(text, Path::new("g.toml")).expect("parses");
        let granted = meet(&manifest, &grants).expect("meets");
        assert!(granted.files[0].rights("/etc/kubernetes/x").is_empty());
        assert!(!granted.processes[0].1);
    }

    #[test]
    fn an_unknown_key_is_refused_and_named() {
        let error = Grants::parse("[[grant]]\nprofile='p'\nfile=[]\n", Path::new("g.toml"))
            .expect_err("refused")
            .to_string();
        assert!(
            error.contains("`file`") && error.contains("`files`"),
            "{error}"
        );
    }
}
