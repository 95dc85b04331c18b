//! What a check may ask, one module for each import of the contract, each
//! answering within the grants and writing into the check's ledger.

pub mod context;
pub mod files;
pub mod kubernetes;
pub mod log;
pub mod processes;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use wasmtime::component::ResourceTable;

use crate::engine::wit::types::{Cause, Error as WitError};
use crate::evidence::Ledger;
use crate::mask;
use crate::node::{File, Miss, Node, Process};
use crate::profile::grants::Granted;

/// How many observations one check may make. The PKI folder of a large control
/// plane takes a few hundred.
pub const MAX_OBSERVATIONS: usize = 4_000;

/// How many questions one check may ask: bounds a loop that calls the host.
const MAX_CALLS: u32 = 200_000;

/// How many bytes of files one check may be served.
const MAX_BYTES: u64 = 16 << 20;

/// The longest file that is read or digested where a request does not say less.
pub const MAX_FILE_BYTES: u64 = 4 << 20;

/// How many found files are kept open between checks. Each holds a descriptor.
const MAX_KEPT_FILES: usize = 256;

/// A file that was looked for.
type Sought = Result<Arc<dyn File>, Miss>;

/// What all checks of a run share: the node, and what was costly to derive.
pub struct Shared {
    /// The node.
    pub node: Node,
    /// RFC 3339.
    pub now: String,
    files: Mutex<HashMap<String, Sought>>,
    contents: Mutex<HashMap<String, Arc<files::Kept>>>,
    objects: Mutex<HashMap<String, Arc<OnceLock<Arc<kubernetes::Pruned>>>>>,
    /// Masked argument lists, by pid.
    args: Mutex<HashMap<u32, Arc<[String]>>>,
}

impl Shared {
    /// Nothing is looked at yet.
    pub fn new(node: Node, now: String) -> Self {
        Self {
            node,
            now,
            files: Mutex::default(),
            contents: Mutex::default(),
            objects: Mutex::default(),
            args: Mutex::default(),
        }
    }

    /// A process's arguments without their secrets, masked once for a run.
    fn args(&self, process: &Process) -> Arc<[String]> {
        let mut kept = self.args.lock().unwrap_or_else(PoisonError::into_inner);
        let masked = kept.entry(process.pid).or_insert_with(|| {
            let mut args = process.argv.clone();
            mask::mask_args(&mut args);
            args.into()
        });
        Arc::clone(masked)
    }

    /// Finds a path, once for a run.
    fn find(&self, path: &str) -> Result<Arc<dyn File>, Miss> {
        let mut kept = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.get(path) {
            return found.clone();
        }
        let found: Sought = self.node.files.find(path).map(Arc::from);
        if kept.len() < MAX_KEPT_FILES {
            kept.insert(path.to_owned(), found.clone());
        }
        found
    }
}

/// Everything one check works with. It is the store's data: made fresh for
/// each check and dropped after it.
pub struct Session {
    shared: Arc<Shared>,
    granted: Arc<Granted>,
    uses: BTreeSet<String>,
    /// Ids of the requests by which it asked.
    pub asked: BTreeSet<String>,
    /// What was served.
    pub ledger: Ledger,
    table: ResourceTable,
    calls: u32,
    bytes: u64,
    deadline: Instant,
    lists: BTreeMap<String, u64>,
    log: log::Budget,
    /// `profile check`, for log lines.
    pub name: String,
    /// Memory and tables.
    pub limits: crate::engine::run::Limits,
}

/// What ends a check from inside a host function: it asked too much.
#[derive(Debug, thiserror::Error)]
pub enum Spent {
    /// Too many questions.
    #[error("it asked the host more than {MAX_CALLS} questions")]
    Calls,
    /// Too slow.
    #[error("it took longer than its deadline")]
    Deadline,
    /// Too many open handles.
    #[error("it holds more open entries and processes than a check may")]
    Handles,
}

impl Session {
    /// A session for one check.
    pub fn new(
        shared: Arc<Shared>,
        granted: Arc<Granted>,
        uses: impl IntoIterator<Item = String>,
        ledger: Ledger,
        name: String,
        deadline: Instant,
        limits: crate::engine::run::Limits,
    ) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(1024);
        Self {
            shared,
            granted,
            uses: uses.into_iter().collect(),
            asked: BTreeSet::new(),
            ledger,
            table,
            calls: 0,
            bytes: 0,
            deadline,
            lists: BTreeMap::new(),
            log: log::Budget::default(),
            name,
            limits,
        }
    }

    /// Every host function starts here. An error ends the check.
    fn enter(&mut self) -> wasmtime::Result<()> {
        self.calls += 1;
        if self.calls > MAX_CALLS {
            return Err(wasmtime::Error::new(Spent::Calls));
        }
        if Instant::now() > self.deadline {
            return Err(wasmtime::Error::new(Spent::Deadline));
        }
        Ok(())
    }

    /// Whether it logged more than is kept.
    pub fn flooded(&self) -> bool {
        self.log.is_full()
    }

    /// Whether the running check declares the request.
    fn uses(&self, request: &str) -> bool {
        self.uses.contains(request)
    }

    /// Counts bytes that are served.
    fn spend(&mut self, bytes: usize) -> Result<(), WitError> {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.bytes > MAX_BYTES {
            return Err(refused(
                Cause::Quota,
                format!("the check was served more than {MAX_BYTES} bytes of files"),
            ));
        }
        Ok(())
    }

    fn room(&self) -> Result<(), WitError> {
        if self.ledger.len() >= MAX_OBSERVATIONS {
            return Err(refused(
                Cause::Quota,
                format!("the check made more than {MAX_OBSERVATIONS} observations"),
            ));
        }
        Ok(())
    }

    /// Writes a miss into the ledger and says it in the contract's words.
    fn miss(&mut self, kind: &'static str, subject: &str, miss: &Miss) -> WitError {
        if let Err(full) = self.room() {
            return full;
        }
        let observation = self.ledger.mint_miss(kind, subject.to_owned(), miss);
        wit_miss(observation, subject, miss)
    }
}

fn wit_miss(observation: u64, subject: &str, miss: &Miss) -> WitError {
    let cause = match miss {
        Miss::NotFound => Cause::NotFound,
        Miss::NotPermitted(_) => Cause::NotPermitted,
        Miss::NotRecorded(_) => Cause::NotRecorded,
        Miss::Withheld(_) => Cause::Withheld,
        Miss::TooLarge { .. } => Cause::TooLarge,
        Miss::WrongType(_) => Cause::WrongType,
        Miss::Raced => Cause::Raced,
        Miss::BadPath(_) => Cause::BadPath,
        Miss::Unreachable(_) => Cause::Unreachable,
        Miss::Other(_) => Cause::Other,
    };
    WitError {
        cause,
        observation: Some(observation),
        detail: format!("{subject}: {miss}"),
    }
}

/// A question that was not looked into.
fn refused(cause: Cause, detail: String) -> WitError {
    WitError {
        cause,
        observation: None,
        detail,
    }
}

/// A denial: what was asked, and what would allow it.
fn denied(what: &str, remedy: &str) -> WitError {
    refused(Cause::Denied, format!("{what} is not granted: {remedy}"))
}

impl crate::engine::wit::types::Host for Session {}
