//! Tests through the door a person uses: they run the built `cisb` and look at
//! its exit code, its reports and its words. One binary, one module for each
//! kind of promise.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of this is test code, also what no #[test] stands over"
)]

mod attest;
mod author;
mod azure;
mod book;
mod bundle;
mod cache;
mod checksums;
mod cli;
mod contract;
mod detection;
mod eks;
mod embedded;
mod extras;
mod foreign;
mod gke;
mod goldens;
mod grants;
mod guests;
mod harness;
mod import;
mod laws;
mod live;
mod lock;
mod machine;
mod modern;
mod openshift;
mod parity;
mod profile_check;
mod profile_test;
mod rancher;
mod records;
mod registry;
mod run;
mod secrets;
mod selfmade;
mod site;
mod tailor;
mod tkgi;
mod trust;
mod walkthrough;
mod xml;
mod yaml;
