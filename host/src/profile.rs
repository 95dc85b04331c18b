//! From the bytes of a component to a profile that may run: one type for each
//! stage, each made only by the stage before it.

pub mod grants;
pub mod manifest;
pub mod source;
pub mod verify;

pub use source::Unverified;
pub use verify::Verified;
