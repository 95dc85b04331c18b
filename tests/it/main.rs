//! Tests through the door a person uses: they run the built `cisb` and look at
//! its exit code, its reports and its words. One binary, one module for each
//! kind of promise.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of this is test code, also what no #[test] stands over"
)]

mod checksums;
mod cli;
mod detection;
mod embedded;
mod goldens;
mod grants;
mod guests;
mod harness;
mod laws;
mod live;
mod machine;
mod modern;
mod parity;
mod records;
mod run;
mod secrets;
mod xml;
