//! What a profile may see: its requests, narrowed by the operator's `--grants`
//! file and, while a check runs, by what that check declares in `uses`.
//!
//! The denials of law 4 are not here: they hold for contents, whoever asks, and
//! live in `mask`.

use std::path::{Path, PathBuf};

use cisb_contract::manifest::{
    FieldRequest, FileRequest, KubernetesRequest, Manifest, NamedRequest, ProcessRequest, Requests,
    Right,
};
use globset::{Glob, GlobBuilder, GlobMatcher};
use serde::Deserialize;

use super::Verified;
use super::manifest::MAX_FUNCTIONS;
use super::source::MAX_COMPONENT_BYTES;
use crate::report::Input;
use crate::trust::file::{self, FileError};

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
/// signer = "cisb-release"        # only where this key's signature counted
/// files = [{ path = "/etc/kubernetes/**", rights = ["stat", "digest"] }]
/// named = ["stat", "read"]
/// processes = ["kubelet"]
/// kubernetes = ["pods", "clusterroles.rbac.authorization.k8s.io"]
///
/// [[grant]]
/// profile = "in-python"
/// requests = "all"               # whatever it asks for
/// limits = { component-bytes = 20971520, functions = 60000 }
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
    signer: Option<String>,
    requests: Option<All>,
    #[serde(default)]
    files: Vec<FileGrant>,
    #[serde(default)]
    named: Vec<Right>,
    #[serde(default)]
    processes: Vec<String>,
    #[serde(default)]
    kubernetes: Vec<String>,
    #[serde(default)]
    limits: LimitsFile,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum All {
    All,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileGrant {
    path: String,
    rights: Vec<Right>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct LimitsFile {
    component_bytes: Option<u64>,
    functions: Option<u32>,
    memory_bytes: Option<usize>,
    fuel: Option<u64>,
    seconds: Option<u64>,
}

/// What a profile may take of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the component.
    pub component_bytes: u64,
    /// Functions that it defines: what compiling costs.
    pub functions: u32,
    /// Linear memory of one check, in bytes.
    pub memory_bytes: usize,
    /// Instructions of one check.
    pub fuel: u64,
    /// How long one check may take, questions to the host included.
    pub seconds: u64,
}

/// What a profile may take without a grant. Ours need a tenth of it.
pub const USUAL: Limits = Limits {
    component_bytes: 4 << 20,
    functions: 20_000,
    memory_bytes: 32 << 20,
    // A tenth of a second, and some seconds if each waits for memory.
    fuel: 500_000_000,
    seconds: 10,
};

/// What no grant goes beyond.
pub const MOST: Limits = Limits {
    component_bytes: MAX_COMPONENT_BYTES,
    functions: MAX_FUNCTIONS,
    memory_bytes: 256 << 20,
    fuel: 20_000_000_000,
    seconds: 120,
};

impl LimitsFile {
    /// That it stays within what any grant may say.
    fn check(&self) -> Result<(), String> {
        let pairs = [
            (
                "component-bytes",
                self.component_bytes,
                MOST.component_bytes,
            ),
            (
                "functions",
                self.functions.map(u64::from),
                u64::from(MOST.functions),
            ),
            (
                "memory-bytes",
                self.memory_bytes.map(|bytes| bytes as u64),
                MOST.memory_bytes as u64,
            ),
            ("fuel", self.fuel, MOST.fuel),
            ("seconds", self.seconds, MOST.seconds),
        ];
        let beyond = |(_, given, most): &&(_, Option<u64>, u64)| {
            given.is_some_and(|given| given > *most || given == 0)
        };
        match pairs.iter().find(beyond) {
            None => Ok(()),
            Some((name, _, most)) => Err(format!("the limit {name} must be from 1 to {most}")),
        }
    }

    /// What several grants come to: of each limit the most.
    fn most<'a>(all: impl IntoIterator<Item = &'a Self>) -> Limits {
        let sum = all.into_iter().fold(Self::default(), |sum, it| Self {
            component_bytes: sum.component_bytes.max(it.component_bytes),
            functions: sum.functions.max(it.functions),
            memory_bytes: sum.memory_bytes.max(it.memory_bytes),
            fuel: sum.fuel.max(it.fuel),
            seconds: sum.seconds.max(it.seconds),
        });
        Limits {
            component_bytes: sum.component_bytes.unwrap_or(USUAL.component_bytes),
            functions: sum.functions.unwrap_or(USUAL.functions),
            memory_bytes: sum.memory_bytes.unwrap_or(USUAL.memory_bytes),
            fuel: sum.fuel.unwrap_or(USUAL.fuel),
            seconds: sum.seconds.unwrap_or(USUAL.seconds),
        }
    }
}

/// The most that profiles may ask for, as a rule of a trust policy says it:
/// unlike a grant it narrows nothing, it refuses.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CeilingFile {
    files: Vec<FileGrant>,
    named: Vec<Right>,
    processes: Vec<String>,
    kubernetes: Vec<String>,
}

/// [`CeilingFile`], understood.
#[derive(Debug)]
pub struct Ceiling {
    files: Vec<(GlobMatcher, Vec<Right>)>,
    named: Vec<Right>,
    processes: Vec<String>,
    kubernetes: Vec<String>,
}

impl Ceiling {
    /// Understands one.
    pub fn new(file: CeilingFile) -> Result<Self, String> {
        Ok(Self {
            files: matchers(file.files)?,
            named: file.named,
            processes: file.processes,
            kubernetes: file.kubernetes,
        })
    }

    /// The first thing that is asked for beyond, in words.
    pub fn exceeded_by(&self, requests: &Requests) -> Option<String> {
        let missing = |wanted: &[Right], granted: &dyn Fn(Right) -> bool| {
            let wanted = with_stat(wanted.to_vec());
            // The most telling first.
            wanted.into_iter().rev().find(|right| !granted(*right))
        };
        for request in &requests.files {
            for path in &request.paths {
                // A pattern that a granted glob matches matches nothing else.
                let granted = |right: Right| {
                    self.files
                        .iter()
                        .any(|(matcher, rights)| matcher.is_match(path) && implies(rights, right))
                };
                if let Some(right) = missing(&request.rights, &granted) {
                    return Some(format!("it asks to {} {path}", right_word(right)));
                }
            }
        }
        let named = |right: Right| implies(&self.named, right);
        let named_requests = requests.named.iter().map(|r| (&r.id, &r.rights));
        let field_requests = requests.fields.iter().map(|r| (&r.id, &r.rights));
        for (id, rights) in named_requests.chain(field_requests) {
            if let Some(right) = missing(rights, &named) {
                return Some(format!(
                    "it asks to {} what a flag or a document names ({id})",
                    right_word(right)
                ));
            }
        }
        let executables = requests.processes.iter().flat_map(|r| &r.executables);
        if let Some(executable) = executables
            .into_iter()
            .find(|e| !self.processes.contains(e))
        {
            return Some(format!("it asks for the arguments of {executable}"));
        }
        let mut resources = requests
            .kubernetes
            .iter()
            .map(|r| resource_name(&r.api_version, &r.resource));
        let resource = resources.find(|name| !self.kubernetes.contains(name))?;
        Some(format!("it asks to list {resource}"))
    }
}

/// `stat` comes with every other right.
fn implies(granted: &[Right], right: Right) -> bool {
    granted.contains(&right) || (right == Right::Stat && !granted.is_empty())
}

fn matchers(files: Vec<FileGrant>) -> Result<Vec<(GlobMatcher, Vec<Right>)>, String> {
    let each = files
        .into_iter()
        .map(|file| Ok((glob(&file.path)?.compile_matcher(), file.rights)));
    each.collect()
}

/// Why a grants file is refused.
#[derive(Debug, thiserror::Error)]
pub enum GrantsError {
    /// It is not to be had, or not to be trusted.
    #[error("the grants file: {0}")]
    File(#[from] FileError),
    /// It does not parse.
    #[error("the grants file {path}{place}: {what}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// `:3` for the third line, or nothing.
        place: String,
        /// What is wrong.
        what: String,
    },
}

/// Why a profile does not fit what it was granted.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// A glob that is none.
    #[error("{0}")]
    Glob(String),
    /// Larger than it may be.
    #[error(
        "it has {is} {what}, and {limit} are granted: a grants file can say limits = {{ {name} = \
         {is} }}"
    )]
    Limit {
        /// Of what.
        what: &'static str,
        /// The limit's name.
        name: &'static str,
        /// How many there are.
        is: u64,
        /// How many there may be.
        limit: u64,
    },
}

/// What the operator allows.
#[derive(Debug, Default)]
pub struct Grants {
    /// None: no grants file was given, so a profile gets what it requests.
    rules: Option<Vec<Rule>>,
    source: String,
    input: Option<Input>,
}

#[derive(Debug)]
struct Rule {
    profile: GlobMatcher,
    signer: Option<String>,
    all: bool,
    files: Vec<(GlobMatcher, Vec<Right>)>,
    named: Vec<Right>,
    processes: Vec<String>,
    kubernetes: Vec<String>,
    limits: LimitsFile,
}

impl Grants {
    /// Reads a grants file; `scanned` is the root of the scan.
    pub fn read(path: &Path, scanned: Option<&Path>) -> Result<Self, GrantsError> {
        Self::parse(&file::read(path, scanned)?, path)
    }

    /// The file that it comes from, for the report.
    pub fn input(&self) -> Option<&Input> {
        self.input.as_ref()
    }

    /// Understands a grants file's text.
    pub fn parse(text: &str, path: &Path) -> Result<Self, GrantsError> {
        let bad = |place: String, what: String| GrantsError::Parse {
            path: path.to_owned(),
            place,
            what,
        };
        let plain = |what: String| bad(String::new(), what);
        let file: GrantsFile = toml::from_str(text).map_err(|error| {
            let (place, what) = crate::config::place(text, &error);
            bad(place, what)
        })?;
        let mut rules = Vec::new();
        for grant in file.grant {
            grant.limits.check().map_err(plain)?;
            rules.push(Rule {
                profile: glob(&grant.profile).map_err(plain)?.compile_matcher(),
                signer: grant.signer,
                all: grant.requests.is_some(),
                files: matchers(grant.files).map_err(plain)?,
                named: grant.named,
                processes: grant.processes,
                kubernetes: grant.kubernetes,
                limits: grant.limits,
            });
        }
        Ok(Self {
            rules: Some(rules),
            source: path.display().to_string(),
            input: Some(Input::of("grants", path, text)),
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
    /// What it may take of the machine.
    pub limits: Limits,
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
                allowed
                    .iter()
                    .any(|(matcher, granted)| matcher.is_match(path) && implies(granted, *right))
            });
        }
        rights.sort_unstable();
        rights.dedup();
        rights
    }
}

/// Meets a profile's requests with the operator's grants.
pub fn meet(verified: &Verified, grants: &Grants) -> Result<Granted, GrantError> {
    let signers = verified.standing().signers().iter();
    let names: Vec<&str> = signers.map(|s| s.name.as_str()).collect();
    let granted = grant(verified.manifest(), &names, grants)?;
    let limits = &granted.limits;
    let sizes = [
        (
            "bytes",
            "component-bytes",
            verified.bytes().len() as u64,
            limits.component_bytes,
        ),
        (
            "functions",
            "functions",
            u64::from(verified.functions()),
            u64::from(limits.functions),
        ),
    ];
    match sizes.into_iter().find(|(.., is, limit)| is > limit) {
        None => Ok(granted),
        Some((what, name, is, limit)) => Err(GrantError::Limit {
            what,
            name,
            is,
            limit,
        }),
    }
}

/// What grants leave of a manifest's requests, where these keys signed it.
pub fn grant(
    manifest: &Manifest,
    signers: &[&str],
    grants: &Grants,
) -> Result<Granted, GrantError> {
    let matching: Option<Vec<&Rule>> = grants.rules.as_ref().map(|rules| {
        let fits = |rule: &&Rule| {
            let signer = rule.signer.as_deref();
            rule.profile.is_match(&manifest.id) && signer.is_none_or(|s| signers.contains(&s))
        };
        rules.iter().filter(fits).collect()
    });
    let limits = LimitsFile::most(matching.iter().flatten().map(|rule| &rule.limits));
    let rules = matching.filter(|rules| !rules.iter().any(|rule| rule.all));
    let named_rights = |wanted: &[Right]| {
        let mut rights = with_stat(wanted.to_vec());
        if let Some(rules) = &rules {
            rights.retain(|right| rules.iter().any(|r| implies(&r.named, *right)));
        }
        rights
    };
    let mut files = Vec::new();
    for request in &manifest.requests.files {
        let mut matchers = Vec::new();
        for path in &request.paths {
            matchers.push(glob(path).map_err(GrantError::Glob)?.compile_matcher());
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
        limits,
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
        let granted = grant(&manifest, &[], &Grants::default()).expect("meets");
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
        let granted = grant(&manifest, &[], &grants).expect("meets");
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
        let files = &grant(&manifest, &[], &grants).expect("meets").files[0];
        assert!(files.leaves_whole("/etc/kubernetes/pki/*.key"));
        assert!(!files.leaves_whole("/etc/**"));
        let files = &grant(&manifest, &[], &Grants::default())
            .expect("meets")
            .files[0];
        assert!(files.leaves_whole("/etc/**"));
    }

    #[test]
    fn a_grants_file_for_another_profile_grants_nothing() {
        let manifest = request(&["/etc/**"], &[Right::Read]);
        let text = "[[grant]]\nprofile = 'q'\nprocesses = ['kubelet']\n";
        let grants = Grants::parse(text, Path::new("g.toml")).expect("parses");
        let granted = grant(&manifest, &[], &grants).expect("meets");
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
