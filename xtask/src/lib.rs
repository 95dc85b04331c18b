//! The project's own commands, as functions: what `cargo xtask` runs, and what
//! the tests use to build guests. What a user runs lives in `host`, not here.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what these commands print is their product"
)]

pub mod bench;
pub mod book;
pub mod component;
pub mod demo;
pub mod dist;
pub mod foreign;
pub mod fuzz;
pub mod gate;
pub mod guests;
pub mod parity;
pub mod profiles;
pub mod rules;
pub mod sdk;
pub mod setup;
pub mod sys;
pub mod table;
pub mod tidy;
pub mod written;
