//! What the standard library's prelude holds of `alloc`. In a component these
//! crates do without `std`, whose panic machinery formats messages.

pub use alloc::borrow::ToOwned;
pub use alloc::boxed::Box;
pub use alloc::string::String;
pub use alloc::vec;
pub use alloc::vec::Vec;
