//! Compiled code that is kept between scans. `cisb cache warm` writes it; a scan
//! only reads, and compiles anew whatever it cannot trust.
//!
//! Code of this kind is executed as it is, outside every sandbox. So an entry is
//! used only if it lies in a folder that this user owns and nobody else can
//! write, and bears a MAC under a key that only this user can read. It is asked
//! for with a [`Verified`] component: what is refused before it is compiled is
//! never looked for here.

mod entry;
mod folder;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::hash::{Hash as _, Hasher};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use wasmtime::component::Component;
use wasmtime::{OptLevel, RegallocAlgorithm};
use zeroize::Zeroizing;

use self::entry::{Authentic, Identity, Key, Mismatch};
use self::folder::{FileError, Folder, FolderError};
use super::{CompileError, Compiled, Engine, EngineError, one_line};
use crate::profile::Verified;

/// Where it is unless `--cache` or `cisb.toml` says otherwise.
pub const FOLDER: &str = "/var/cache/cisb";

/// What is compiled to be kept, beside what the engine says of itself. Whoever
/// changes [`Keeper::compiler`] changes this.
const HOW: &[u8] = b"optimised for speed, backtracking registers";
/// The largest entry that is read.
const LARGEST: u64 = 64 << 20;
const KEY: &str = "key";
/// Tells programs that make backups to pass the folder over, and `clear` that
/// the key in it is ours.
const TAG: &str = "CACHEDIR.TAG";
const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
                        # Code that cisb compiled: `cisb cache clear` removes it.\n";

/// A cache that can be trusted.
pub struct Cache {
    folder: Folder,
    key: Key,
    place: Place,
}

/// Why there is no using a cache.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The folder cannot be trusted.
    #[error("the cache cannot be used: {0}")]
    Folder(#[from] FolderError),
    /// It holds what is not ours.
    #[error(
        "{folder} holds {name}, which is not of a cache of cisb: name a new or an empty folder \
         with --cache DIR"
    )]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// What is in it.
        name: String,
    },
    /// The key cannot be trusted.
    #[error("{path} is not used as a key: {why}; remove it all with {clear}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// The way out.
        clear: String,
    },
    /// It cannot be written.
    #[error("cannot write the cache in {folder}: {source}")]
    Write {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// No randomness.
    #[error("there is no randomness for a key: {0}")]
    Random(#[from] getrandom::Error),
    /// No engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Why an entry is not used.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The file cannot be trusted.
    #[error("{0}")]
    File(String),
    /// Its content is not what it should be.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The engine does not take it.
    #[error("the engine does not take it: {0}")]
    Engine(String),
}

impl From<FileError> for EntryError {
    fn from(error: FileError) -> Self {
        Self::File(error.to_string())
    }
}

/// The folder as it was named, for the command that mends it.
#[derive(Debug, Clone)]
struct Place(PathBuf);

impl Place {
    fn command<'a>(&'a self, word: &'a str) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| match self.0 == Path::new(FOLDER) {
            true => write!(f, "`cisb cache {word}`"),
            false => write!(f, "`cisb cache {word} --cache {}`", self.0.display()),
        })
    }
}

/// The cache that a scan may use. Whatever is wrong is logged, and there is none.
pub fn open(place: &Path) -> Option<Cache> {
    let folder = match Folder::open(place) {
        Ok(Some(folder)) => folder,
        Ok(None) => {
            let place = Place(place.to_owned());
            if place.0 == Path::new(FOLDER) {
                tracing::debug!("there is no cache at {FOLDER}");
            } else {
                let warm = place.command("warm");
                tracing::warn!(
                    "there is no cache at {}: {warm} makes it",
                    place.0.display()
                );
            }
            return None;
        }
        Err(error) => {
            let error = CacheError::Folder(error);
            match &error {
                CacheError::Folder(folder) if folder.foreign => tracing::info!("{error}"),
                _ => tracing::warn!("{error}"),
            }
            return None;
        }
    };
    match Cache::with(folder, place) {
        Ok(cache) => {
            if cache.is_none() {
                tracing::info!("the cache at {} holds nothing yet", place.display());
            }
            cache
        }
        Err(error) => {
            tracing::warn!("profiles are compiled anew: {error}");
            None
        }
    }
}

/// Takes the code of a component from the cache, or else compiles it.
pub fn compiled(
    cache: Option<&Cache>,
    engine: &Engine,
    verified: Verified,
) -> Result<Compiled, CompileError> {
    let Some(cache) = cache else {
        return engine.compile(verified);
    };
    let id = &verified.manifest().id;
    let path = cache.folder.path().join(name(&verified));
    match cache.take(engine, &verified) {
        Ok(Some(component)) => {
            tracing::debug!("{id}: its compiled code is {}", path.display());
            Ok(Compiled {
                verified,
                component,
            })
        }
        Ok(None) => {
            let warm = cache.place.command("warm");
            tracing::info!(
                "{id} is compiled anew: {warm} would keep {}",
                path.display()
            );
            engine.compile(verified)
        }
        Err(why) => {
            let warm = cache.place.command("warm");
            tracing::warn!(
                "{id} is compiled anew: {} is not used: {why}; {warm} replaces it",
                path.display()
            );
            engine.compile(verified)
        }
    }
}

impl Cache {
    /// With the key of the folder; none if it has none.
    fn with(folder: Folder, place: &Path) -> Result<Option<Self>, CacheError> {
        let place = Place(place.to_owned());
        let fail = |why: String| CacheError::Key {
            path: folder.path().join(KEY),
            why,
            clear: place.command("clear").to_string(),
        };
        let kept = match folder.read(KEY, Key::BYTES as u64, true) {
            Ok(Some(kept)) => Zeroizing::new(kept),
            Ok(None) => return Ok(None),
            Err(error) => return Err(fail(error.to_string())),
        };
        let Some(key) = Key::of(&kept) else {
            return Err(fail(format!(
                "it has {} bytes, not {}",
                kept.len(),
                Key::BYTES
            )));
        };
        Ok(Some(Self { folder, key, place }))
    }

    /// The component of an entry, ready to be linked; none if there is none.
    fn take(&self, engine: &Engine, verified: &Verified) -> Result<Option<Component>, EntryError> {
        let Some(bytes) = self.folder.read(&name(verified), LARGEST, false)? else {
            return Ok(None);
        };
        let code = entry::open(&self.key, &identity(engine, verified), &bytes)?;
        load(engine, &code).map(Some)
    }
}

/// Makes a component of code that was kept.
fn load(engine: &Engine, code: &Authentic<'_>) -> Result<Component, EntryError> {
    #[expect(unsafe_code, reason = "wasmtime cannot check that code is its own")]
    // SAFETY: `deserialize` wants what `precompile_component` of this wasmtime
    // made, unchanged. Only `Keeper::keep` seals an entry, and it seals nothing
    // but that. `Authentic` says that these very bytes, in memory that is ours
    // alone and not a mapping of the file, bear the MAC of a key that no other
    // user can read, over the digest of the component and over what the engine
    // says of its version, target and settings; those were compared with this
    // engine's. What is not part of a comparison of wasmtime's, how far code is
    // optimised, does not change what code may do.
    let component = unsafe { Component::deserialize(&engine.inner, code.code()) };
    component.map_err(|error| EntryError::Engine(one_line(&format!("{error:#}"))))
}

/// The one who fills a cache. There is one at a time.
pub struct Keeper {
    cache: Cache,
    compiler: wasmtime::Engine,
    _lock: OwnedFd,
}

/// What has become of a profile's entry.
#[derive(Debug)]
pub struct Kept {
    /// Why it was compiled; none if its entry was good.
    pub compiled: Option<Cause>,
    /// Bytes of the entry.
    pub size: u64,
}

/// Why a profile was compiled.
#[derive(Debug)]
pub enum Cause {
    /// There was no entry.
    New,
    /// There was one that cannot be used.
    Damaged(EntryError),
}

/// Why a profile's code was not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// It does not compile.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// What was compiled is of no use.
    #[error("its code cannot be kept: {0}")]
    Entry(#[from] EntryError),
    /// It cannot be written.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

impl Keeper {
    /// Opens a cache to fill it, and makes what is missing of it.
    pub fn open(engine: &Engine, place: &Path) -> Result<Self, CacheError> {
        let folder = Folder::make(place)?;
        let path = folder.path().to_owned();
        let write = |source| CacheError::Write {
            folder: path.clone(),
            source,
        };
        let lock = folder.lock().map_err(write)?;
        if !is_tagged(&folder) {
            let names = folder.names().map_err(write)?;
            // A volume's own folder is nobody's.
            let stranger = |name: &&OsString| *name != "lost+found" && *name != folder::FRESH;
            if let Some(name) = names.iter().find(stranger) {
                return Err(CacheError::Foreign {
                    folder: path,
                    name: name.to_string_lossy().into_owned(),
                });
            }
            folder.write(TAG, TAG_TEXT.as_bytes()).map_err(write)?;
        }
        if !folder
            .names()
            .map_err(write)?
            .iter()
            .any(|name| name == KEY)
        {
            folder.write(KEY, Key::random()?.bytes()).map_err(write)?;
        }
        let cache = Cache::with(folder, place)?.ok_or_else(|| CacheError::Write {
            folder: path.clone(),
            source: std::io::ErrorKind::NotFound.into(),
        })?;
        Ok(Self {
            cache,
            compiler: Self::compiler(engine)?,
            _lock: lock,
        })
    }

    /// An engine for the same code that takes its time to compile: nobody waits
    /// for it, and every check of every scan has the use of it. Measured: see
    /// ARCHITECTURE.md.
    fn compiler(engine: &Engine) -> Result<wasmtime::Engine, EngineError> {
        let mut config = engine.config.clone();
        config
            .cranelift_opt_level(OptLevel::Speed)
            .cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking);
        wasmtime::Engine::new(&config).map_err(|error| EngineError(format!("{error:#}")))
    }

    /// Compiles a profile, unless its entry is good, and keeps what comes of it.
    pub fn keep(&self, engine: &Engine, verified: &Verified) -> Result<Kept, KeepError> {
        let folder = &self.cache.folder;
        let (name, identity) = (name(verified), identity(engine, verified));
        let found = folder.read(&name, LARGEST, false).map_err(EntryError::from);
        let found = found.and_then(|bytes| match bytes {
            Some(bytes) => {
                entry::open(&self.cache.key, &identity, &bytes)?;
                Ok(Some(bytes.len() as u64))
            }
            None => Ok(None),
        });
        let cause = match found {
            Ok(Some(size)) => {
                return Ok(Kept {
                    compiled: None,
                    size,
                });
            }
            Ok(None) => Cause::New,
            Err(why) => Cause::Damaged(why),
        };
        let code = self
            .compiler
            .precompile_component(verified.bytes())
            .map_err(|error| CompileError(one_line(&format!("{error:#}"))))?;
        let bytes = entry::seal(&self.cache.key, &identity, &code);
        // What is kept is what a scan takes: no scan finds out first.
        if bytes.len() as u64 > LARGEST {
            return Err(EntryError::from(FileError::TooLarge(bytes.len() as u64, LARGEST)).into());
        }
        let authentic =
            entry::open(&self.cache.key, &identity, &bytes).map_err(EntryError::from)?;
        load(engine, &authentic)?;
        folder
            .write(&name, &bytes)
            .map_err(|source| CacheError::Write {
                folder: folder.path().to_owned(),
                source,
            })?;
        Ok(Kept {
            compiled: Some(cause),
            size: bytes.len() as u64,
        })
    }
}

/// What `clear` did.
#[derive(Debug, Default)]
pub struct Cleared {
    /// The folder; none if there is none.
    pub folder: Option<PathBuf>,
    /// How many entries were removed.
    pub entries: usize,
    /// Whether the key was.
    pub key: bool,
    /// What was left, because it is not ours.
    pub left: Vec<String>,
}

/// Removes every entry and the key, and nothing else.
pub fn clear(place: &Path) -> Result<Cleared, CacheError> {
    let Some(folder) = Folder::open(place)? else {
        return Ok(Cleared::default());
    };
    let fail = |source| CacheError::Write {
        folder: folder.path().to_owned(),
        source,
    };
    let _lock = folder.lock().map_err(fail)?;
    let mut cleared = Cleared {
        folder: Some(folder.path().to_owned()),
        ..Cleared::default()
    };
    // A file that happens to have the name of the key is somebody's.
    let ours = is_tagged(&folder);
    for name in folder.names().map_err(fail)? {
        let is_key = ours && name == KEY;
        let is_entry = is_entry(&name);
        if is_key || is_entry || (ours && name == folder::FRESH) {
            folder.remove(&name).map_err(fail)?;
            cleared.key |= is_key;
            cleared.entries += usize::from(is_entry);
        } else if !ours || name != TAG {
            cleared.left.push(name.to_string_lossy().into_owned());
        }
    }
    // Last, so that who is interrupted can begin again.
    if ours {
        folder.remove(OsStr::new(TAG)).map_err(fail)?;
    }
    Ok(cleared)
}

/// Whether `warm` made this folder a cache.
fn is_tagged(folder: &Folder) -> bool {
    folder
        .read(TAG, TAG_TEXT.len() as u64, false)
        .is_ok_and(|text| text.is_some_and(|text| text == TAG_TEXT.as_bytes()))
}

/// The name of a component's entry.
fn name(verified: &Verified) -> String {
    format!("{}.code", verified.digest())
}

fn is_entry(name: &OsStr) -> bool {
    let digest = name.to_str().and_then(|name| name.strip_suffix(".code"));
    digest.is_some_and(|digest| {
        digest.len() == 64
            && digest
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

fn identity(engine: &Engine, verified: &Verified) -> Identity {
    Identity {
        // Of these very bytes: nobody has to say which.
        component: Sha256::digest(verified.bytes()).into(),
        engine: engine_digest(engine),
    }
}

/// What the engine says of its version, target and settings, and how we compile.
fn engine_digest(engine: &Engine) -> [u8; 32] {
    /// Feeds what is hashed to a digest that is the same in every process.
    struct Feed(Sha256);
    impl Hasher for Feed {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut feed = Feed(Sha256::new_with_prefix(HOW));
    engine.inner.precompile_compatibility_hash().hash(&mut feed);
    feed.0.finalize().into()
}
