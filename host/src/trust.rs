//! Whom a profile, a lock or a report is believed: keys, signed envelopes, the
//! policy that says what a signature is worth, and files that only their owner
//! can change.

pub mod dsse;
pub mod edit;
pub mod file;
pub mod key;
pub mod policy;
pub mod statement;

pub use key::{KeyId, PrivateKey, PublicKey};
pub use policy::Policy;
