//! What a check can ask, as one trait: the WIT imports answer it inside a
//! component, and [`crate::fake::FakeNode`] answers it in native tests.
//!
//! Types mirror `wit/host`; see there for what each one promises.

use alloc::rc::Rc;

use crate::prelude::*;
use crate::strings::Piece;

/// The host's receipt for one fact.
pub type Observation = u64;

/// Makes an enum whose cases are those of the contract, in its order.
macro_rules! cases {
    ($(#[$about:meta])* $name:ident { $($case:ident),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($case),+
        }

        impl $name {
            /// All, each at its number in the contract.
            pub const CASES: &[Self] = &[$(Self::$case),+];

            /// The case with a number: what the generated bindings call. The
            /// host's runtime refuses numbers that the contract does not have.
            #[cfg(target_arch = "wasm32")]
            pub(crate) fn _lift(number: u8) -> Self {
                let last = Self::CASES.len() - 1;
                Self::CASES[usize::from(number).min(last)]
            }
        }
    };
}

cases! {
    /// Why a question has no answer. Only `NotFound` says that something is not
    /// there.
    #[expect(missing_docs, reason = "each case is documented in wit/host/types.wit")]
    Cause {
        Denied,
        NotFound,
        NotPermitted,
        NotRecorded,
        Withheld,
        TooLarge,
        WrongType,
        Raced,
        BadPath,
        Unparsable,
        Unreachable,
        Invalid,
        Quota,
        Other,
    }
}

/// A fact that could not be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Why.
    pub cause: Cause,
    /// The receipt for having looked, where the host did.
    pub observation: Option<Observation>,
    /// What was asked and what happened, for a person.
    pub detail: String,
}

impl Error {
    /// A question that was not looked into.
    pub fn refused(cause: Cause, detail: String) -> Self {
        Self {
            cause,
            observation: None,
            detail,
        }
    }

    /// The receipt, where there is one.
    pub fn observation(&self) -> Option<Observation> {
        self.observation
    }

    /// The same as a list.
    pub fn observations(&self) -> Vec<Observation> {
        match self.observation {
            Some(observation) => vec![observation],
            None => Vec::new(),
        }
    }

    /// Whether the fact was looked for completely and is not there.
    pub fn is_not_found(&self) -> bool {
        self.cause == Cause::NotFound
    }

    /// The host's words.
    pub fn text(&self) -> &str {
        &self.detail
    }
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.text())
    }
}

impl Piece for Error {
    fn text(&self) -> &str {
        &self.detail
    }
}

cases! {
    /// What a path stands for.
    #[expect(missing_docs, reason = "each case is documented in wit/host/types.wit")]
    FileKind {
        Regular,
        Directory,
        Symlink,
        Fifo,
        Socket,
        CharDevice,
        BlockDevice,
        Unknown,
    }
}

/// What `stat` tells of a file or directory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each field is documented in wit/host/files.wit"
)]
pub struct Stat {
    pub kind: FileKind,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub owner: Option<String>,
    pub group: Option<String>,
    pub size: u64,
    pub resolved_path: String,
}

/// The outcome of a search for paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matches {
    /// The receipt for the search, also when it found nothing.
    pub observation: Observation,
    /// Absolute paths, or names for a directory's children, sorted bytewise.
    pub paths: Vec<String>,
    /// Whether everything was searched.
    pub complete: bool,
    /// Why the search is not complete and what cures it.
    pub hint: String,
}

cases! {
    /// Where the facts come from.
    #[expect(
        missing_docs,
        reason = "each case is documented in wit/host/context.wit"
    )]
    Origin {
        Live,
        Recorded,
        Tree,
    }
}

/// The node that is being scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each field is documented in wit/host/context.wit"
)]
pub struct NodeInfo {
    pub observation: Observation,
    pub name: String,
    pub origin: Origin,
    pub kubernetes_version: Option<String>,
    pub has_api: bool,
}

cases! {
    /// How sure the host is of a process's executable.
    #[expect(
        missing_docs,
        reason = "each case is documented in wit/host/processes.wit"
    )]
    Identity {
        Strong,
        Weak,
    }
}

cases! {
    /// Whose process it is.
    #[expect(
        missing_docs,
        reason = "each case is documented in wit/host/processes.wit"
    )]
    Place {
        Node,
        StaticPod,
        HostNetworkPod,
        Foreign,
        Unknown,
    }
}

/// What is known of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each field is documented in wit/host/processes.wit"
)]
pub struct ProcessInfo {
    pub pid: u32,
    pub comm: String,
    pub exe: Option<String>,
    pub uid: Option<u32>,
    pub identity: Identity,
    pub place: Place,
    pub args: Vec<String>,
}

/// The outcome of a search for processes.
#[derive(Clone)]
pub struct Found {
    /// The receipt for the search, also when it found nothing.
    pub observation: Observation,
    /// The processes, by pid.
    pub processes: Vec<Rc<dyn Process>>,
    /// Whether the whole process table was seen.
    pub complete: bool,
    /// Why the search is not complete and what cures it.
    pub hint: String,
}

/// A part of a list of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The receipt for the whole list.
    pub observation: Observation,
    /// Objects as JSON text.
    pub items: Vec<String>,
    /// Where the next page starts.
    pub next: Option<u32>,
}

/// One file or directory. See `resource entry` in `wit/host/files.wit`.
#[expect(
    missing_docs,
    reason = "each method is documented in wit/host/files.wit"
)]
pub trait Entry {
    fn observation(&self) -> Observation;
    fn path(&self) -> String;
    fn stat(&self) -> Result<Stat, Error>;
    fn digest(&self) -> Result<String, Error>;
    fn read_text(&self) -> Result<String, Error>;
    fn read_document(&self) -> Result<Vec<String>, Error>;
    fn children(&self) -> Result<Matches, Error>;
    fn open_child(&self, name: &str) -> Result<Rc<dyn Entry>, Error>;
    fn open_field(&self, pointer: &str, path: &str) -> Result<Rc<dyn Entry>, Error>;
}

/// One process. See `resource process` in `wit/host/processes.wit`.
#[expect(
    missing_docs,
    reason = "each method is documented in wit/host/processes.wit"
)]
pub trait Process {
    fn observation(&self) -> Observation;
    fn info(&self) -> ProcessInfo;
    fn environment(&self, name: &str) -> Result<Option<String>, Error>;
    fn open_named(&self, name: &str, path: &str) -> Result<Rc<dyn Entry>, Error>;
}

/// Everything a check can ask.
#[expect(missing_docs, reason = "each method is documented in wit/host")]
pub trait Facts {
    fn scan_time(&self) -> String;
    fn node(&self) -> NodeInfo;
    fn open(&self, path: &str) -> Result<Rc<dyn Entry>, Error>;
    fn glob(&self, request: &str) -> Result<Matches, Error>;
    fn find(&self, request: &str) -> Result<Found, Error>;
    fn list_objects(&self, request: &str, start: Option<u32>) -> Result<Page, Error>;
    /// The receipt and the `gitVersion`.
    fn server_version(&self) -> Result<(Observation, String), Error>;
    fn log(&self, message: &str);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of an enum's cases in WIT, in order.
    fn cases<'a>(wit: &'a str, name: &str) -> Vec<&'a str> {
        let (_, rest) = wit.split_once(&format!("enum {name} {{")).unwrap();
        let (body, _) = rest.split_once('}').unwrap();
        body.lines()
            .map(str::trim)
            .filter(|l| !l.is_empty() && !l.starts_with("//"))
            .map(|l| l.trim_end_matches(','))
            .collect()
    }

    /// `NotFound` as `not-found`.
    fn kebab(case: impl core::fmt::Debug) -> String {
        let mut text = String::new();
        for c in format!("{case:?}").chars() {
            if c.is_uppercase() && !text.is_empty() {
                text.push('-');
            }
            text.extend(c.to_lowercase());
        }
        text
    }

    #[test]
    fn enums_have_the_cases_of_the_contract_in_its_order() {
        fn same<T: Copy + core::fmt::Debug>(ours: &[T], wit: &str, name: &str) {
            let ours: Vec<_> = ours.iter().map(|c| kebab(*c)).collect();
            assert_eq!(ours, cases(wit, name), "{name}");
        }
        let types = include_str!("../../wit/host/types.wit");
        let processes = include_str!("../../wit/host/processes.wit");
        same(Cause::CASES, types, "cause");
        same(FileKind::CASES, types, "file-kind");
        same(
            Origin::CASES,
            include_str!("../../wit/host/context.wit"),
            "origin",
        );
        same(Identity::CASES, processes, "identity");
        same(Place::CASES, processes, "place");
        use crate::verdict::Verdict;
        let verdicts = [
            Verdict::NotApplicable,
            Verdict::Pass,
            Verdict::Manual,
            Verdict::Error,
            Verdict::Fail,
        ];
        let profile = include_str!("../../wit/profile/profile.wit");
        same(&verdicts, profile, "verdict");
        assert!(verdicts.is_sorted());
    }
}
