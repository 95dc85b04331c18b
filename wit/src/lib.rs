//! The contract between the cisb host and a profile: the WIT packages beside
//! this crate, and the manifest that a profile carries in one custom section.
//!
//! Both sides use these types, so a manifest means the same to whoever writes
//! it and to whoever grants it. Nothing here evaluates anything.

pub mod answers;
pub mod asset;
pub mod engine;
pub mod manifest;
pub mod rule;
pub mod section;

pub use manifest::Manifest;

/// The custom section that carries the manifest: exactly one, outermost.
pub const MANIFEST_SECTION: &str = "cisb:manifest";

/// How a compressed manifest starts: Zstandard's magic number. A manifest is
/// JSON text, or one Zstandard frame of it: its prose shrinks to a fifth, and
/// the size of a component is what an operator carries and a host reads.
pub const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The largest manifest that a host reads, in bytes, before and after it is
/// decompressed.
pub const MANIFEST_MAX_BYTES: usize = 1 << 20;

/// The `schema` member of a manifest that this crate understands.
pub const MANIFEST_SCHEMA: &str = "cisb.manifest/0.1";

/// The world that a profile of this contract targets.
pub const WORLD: &str = "cisb:profile/profile@0.1.0";
