//! Prints the profile's manifest: what xtask appends to the component.
fn main() {}
