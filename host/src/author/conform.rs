//! What a good profile does beyond being let in: a suite of rules with ids that
//! stay, held to its outside, to its words, and to what its checks say of nodes.

mod outside;
mod runs;
pub mod text;
mod words;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::engine::Engine;
use crate::profile::grants::Grants;
use crate::profile::refusal::{Code, Refused};
use crate::profile::{Gate, Unverified};
use crate::trial::{Stage, Trial};

/// The `schemaVersion` of what is told as JSON.
const SCHEMA_VERSION: &str = "0.1";

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The profile does not conform.
    Error,
    /// It does, and could be better.
    Warning,
}

impl Severity {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

macro_rules! rules {
    ($($name:ident = $word:literal, $severity:ident, $demand:literal, $cure:literal;)*) => {
        /// What is demanded of a profile.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = $demand] $name,)*
        }

        impl Rule {
            /// All of them, in the order in which they are held.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its id, which stays.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// How bad it is to break it.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// What it demands.
            pub fn demand(self) -> &'static str {
                match self { $(Self::$name => $demand,)* }
            }

            /// What to do about it.
            pub fn cure(self) -> &'static str {
                match self { $(Self::$name => $cure,)* }
            }
        }
    };
}

rules! {
    Component = "component", Error,
        "it is a WebAssembly component that can be read",
        "wrap the module with wit-component, or build it with a toolchain that makes components";
    Manifest = "manifest", Error,
        "it has one manifest, outermost, of 1 MiB at most, which parses and does not contradict itself",
        "write one `cisb:manifest` section as wit/src/manifest.rs defines it";
    Size = "size", Error,
        "it needs no grant for its size: 4 MiB and 20000 functions at most",
        "build it for size and strip it, or tell operators which limits to grant";
    World = "world", Error,
        "it exports the checks of the contract's world, and its manifest names that world",
        "generate bindings from wit/profile and export its world";
    Imports = "imports", Error,
        "it imports the contract alone, in a version that is served, and nothing that no request opens",
        "leave the import out, or request what it is for";
    Compiles = "compiles", Error,
        "it compiles, and its imports and exports have the contract's types",
        "use no feature beyond WebAssembly 2.0, and bindings of the contract as it is";
    RequestImport = "request-import", Error,
        "what it requests it can ask: the interface is imported",
        "take the request out: an operator is asked for what is never used";
    RequestUse = "request-use", Warning,
        "a check uses each request",
        "name it in the `uses` of a check, or take it out";
    Parameter = "parameter", Error,
        "the default of a parameter is of its type",
        "write the default as the type says";
    Metadata = "metadata", Warning,
        "it carries its name, version, licence and description in the standard sections",
        "add them: in YAML with `license`, elsewhere as `wasm-tools metadata add` does";
    Version = "version", Error,
        "the version beside the manifest is the manifest's",
        "write the same version into both";
    MachinePath = "machine-path", Error,
        "no path of the machine that built it is in it",
        "strip it, and map paths away (for Rust: --remap-path-prefix)";
    Title = "title", Error,
        "a check's title says something, and not how it is assessed: reports add that",
        "write what is demanded, in a few words";
    Rationale = "rationale", Warning,
        "a check says why it matters",
        "write its `rationale`";
    Remediation = "remediation", Warning,
        "a check that facts decide says what to do",
        "write its `remediation`";
    Answer = "answer", Error,
        "each check that is declared answers, on every node, within its limits",
        "run `cisb scan --log debug` on that node";
    Guess = "guess", Error,
        "on a node of which nothing can be read, no check passes, fails or says that it does not apply",
        "answer `error` with the reason of what was not served";
    Evidence = "evidence", Error,
        "a verdict cites what the host served for it",
        "hand on the observation of whatever decided, also of what was not found";
    Reason = "reason", Error,
        "what is not a pass gives its reason",
        "write one sentence into `reason`";
    Same = "same", Error,
        "a check that runs twice says the same for the same fuel",
        "take out whatever is not a function of settings and observations";
    Fuel = "fuel", Warning,
        "a check takes at most half of the fuel that it has",
        "read less, or in one pass; `cisb profile bench` shows what it takes";
    Memory = "memory", Warning,
        "a check takes at most half of the memory that it has",
        "keep less; `cisb profile bench` shows what it takes";
    Log = "log", Warning,
        "a check logs less than is dropped",
        "log what a person who debugs it would read";
    RequestAsked = "request-asked", Warning,
        "on the records given, each request is asked by",
        "take it out, or give a record on which it is needed";
}

/// Something that is not as a rule demands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Complaint {
    #[serde(serialize_with = "as_id")]
    /// Which rule.
    pub rule: Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub words: String,
    /// With what: the ids of checks or requests; none for the whole profile.
    pub subjects: Vec<String>,
    /// On which nodes; none if that is no matter.
    pub nodes: Vec<String>,
    /// What to do.
    pub cure: &'static str,
}

fn as_id<S: serde::Serializer>(rule: &Rule, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(rule.id())
}

/// What came of all rules.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Conformance {
    schema_version: &'static str,
    /// The profile's id, or the file's name if it has none.
    pub id: String,
    /// Its version, empty if it has none.
    pub version: String,
    /// The component's digest.
    pub digest: String,
    /// The rules that were held to it.
    pub rules: Vec<&'static str>,
    /// The nodes on which its checks ran.
    pub nodes: Vec<String>,
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// What is wrong, rule by rule.
    pub complaints: Vec<Complaint>,
}

/// A node, and what it is called.
pub struct Named {
    /// Its record.
    pub name: String,
    /// The node.
    pub stage: Stage,
}

/// Complaints as they are found.
#[derive(Default)]
struct Book(Vec<Complaint>);

impl Book {
    /// Complaints in the same words are one.
    fn add(&mut self, rule: Rule, words: impl Into<String>, subject: &str, node: &str) {
        let words = words.into();
        let at = self
            .0
            .iter()
            .position(|c| c.rule == rule && c.words == words);
        let complaint = match at.and_then(|at| self.0.get_mut(at)) {
            Some(complaint) => complaint,
            None => {
                self.0.push(Complaint {
                    rule,
                    severity: rule.severity(),
                    words,
                    subjects: Vec::new(),
                    nodes: Vec::new(),
                    cure: rule.cure(),
                });
                let last = self.0.len() - 1;
                &mut self.0[last]
            }
        };
        for (list, name) in [
            (&mut complaint.subjects, subject),
            (&mut complaint.nodes, node),
        ] {
            if !name.is_empty() && !list.iter().any(|it| it == name) {
                list.push(name.to_owned());
            }
        }
    }
}

/// The rule that a refusal breaks; none if it is the site that refuses.
fn rule_of(code: Code) -> Option<Rule> {
    Some(match code {
        Code::NotAComponent => Rule::Component,
        Code::NoManifest | Code::ManyManifests | Code::BadManifest => Rule::Manifest,
        Code::TooMuch | Code::TooLarge => Rule::Size,
        Code::ImportsWasi | Code::UnknownImport | Code::ImportVersion | Code::UngrantedImport => {
            Rule::Imports
        }
        Code::NoChecks | Code::OtherWorld => Rule::World,
        Code::Compile | Code::Link => Rule::Compiles,
        _ => return None,
    })
}

/// Holds every rule to a profile. A refusal is the site's: of its trust policy,
/// its lock or its grants.
pub fn check(
    engine: &Engine,
    gate: &Gate,
    grants: &Grants,
    component: Unverified,
    records: Vec<Named>,
) -> Result<Conformance, Refused> {
    let name = component.name().to_owned();
    let digest = format!("sha256:{}", component.digest());
    let mut book = Book::default();
    let mut held: BTreeSet<Rule> = Rule::ALL
        .iter()
        .copied()
        .filter(|rule| *rule <= Rule::Compiles)
        .collect();
    let (mut id, mut version, mut nodes) = (name, String::new(), Vec::new());
    match Trial::new(engine, gate, grants, component) {
        Err(refused) => match rule_of(refused.code) {
            None => return Err(refused),
            Some(rule) => book.add(rule, refused.reason, "", ""),
        },
        Ok(trial) => {
            held.extend(Rule::ALL);
            if records.is_empty() {
                held.remove(&Rule::RequestAsked);
            }
            outside::hold(trial.verified(), &mut book);
            words::hold(trial.manifest(), &mut book);
            nodes = runs::hold(&trial, records, &mut book);
            id.clone_from(&trial.manifest().id);
            version.clone_from(&trial.manifest().version);
        }
    }
    let mut complaints = book.0;
    complaints.sort();
    let count = |severity| complaints.iter().filter(|c| c.severity == severity).count();
    Ok(Conformance {
        schema_version: SCHEMA_VERSION,
        id,
        version,
        digest,
        rules: held.into_iter().map(Rule::id).collect(),
        nodes,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        complaints,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_rules_have_the_same_id() {
        let ids: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        assert_eq!(ids.len(), Rule::ALL.len());
        let plain = |id: &&str| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(ids.iter().all(plain));
    }

    #[test]
    fn what_is_said_twice_is_one_complaint() {
        let mut book = Book::default();
        book.add(Rule::Title, "it is empty", "1", "");
        book.add(Rule::Title, "it is empty", "2", "");
        book.add(Rule::Title, "it is empty", "2", "");
        book.add(Rule::Reason, "it is empty", "2", "n");
        assert_eq!(book.0.len(), 2);
        assert_eq!(book.0[0].subjects, ["1", "2"]);
        assert_eq!(book.0[1].nodes, ["n"]);
    }
}
