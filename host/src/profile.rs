//! From the bytes of a component to a profile that may run: one type for each
//! stage, each made only by the stage before it.

pub mod bundle;
pub mod capabilities;
pub mod gate;
pub mod grants;
pub mod lock;
pub mod manifest;
pub mod refusal;
#[cfg(feature = "registry")]
pub mod registry;
pub mod signature;
pub mod source;
pub mod store;
pub mod verify;

pub use gate::Gate;
pub use signature::Authenticated;
pub use source::{Place, Unverified};
pub use verify::Verified;
