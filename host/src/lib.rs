//! cisb: audits Kubernetes nodes and clusters with sandboxed profiles.
//!
//! ```text
//! source ─▶ manifest ─▶ verify ─▶ compile ─▶ link ─▶ run each check ─▶ report
//! bytes     Unverified  Verified   Compiled   Linked  Outcome           every format
//!                                               ▲
//!                       grants ∩ request ───────┘      node: live or record
//! ```
//!
//! `scan` tells the story in order. The host knows no benchmark: what is
//! checked, and which files, processes and objects that takes, stands in a
//! profile's manifest.

pub mod author;
pub mod capability;
pub mod checksums;
pub mod cli;
pub mod config;
pub mod detect;
pub mod document;
pub mod engine;
pub mod evidence;
pub mod finding;
pub mod mask;
pub mod node;
pub mod profile;
pub mod report;
pub mod request;
pub mod scan;
pub mod trial;
pub mod trust;
pub mod warm;
