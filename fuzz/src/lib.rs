//! What must hold of everything that strangers hand to cisb, as functions from
//! bytes: a fuzzer calls them with what it thinks of, the tests with the seeds
//! that are kept. A property that does not hold is a panic.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a panic is how a fuzzer is told that a property does not hold"
)]

mod keys;
#[cfg(test)]
mod mutated;
mod profile;
#[cfg(test)]
mod seeds;
mod shell;
mod trust;

use std::path::Path;

/// Bytes of an input at most: what is larger is refused before it is read, and
/// a fuzzer that makes large inputs makes few.
pub const MAX_BYTES: usize = 64 << 10;

/// Something that is fuzzed.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it is called, and its folder of seeds.
    pub name: &'static str,
    /// What it holds.
    pub about: &'static str,
    /// Panics if that does not hold of the input.
    pub body: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target {
        name: "component",
        about: "a component's bytes: what is let through can be pinned, and signed as what it is",
        body: profile::component,
    },
    Target {
        name: "manifest",
        about: "a manifest's JSON in a component: what is let through reads the same again",
        body: profile::manifest,
    },
    Target {
        name: "packed",
        about: "a manifest's section as it lies in a component, compressed: nothing unpacks without bound",
        body: profile::packed,
    },
    Target {
        name: "bundle",
        about: "a bundle: every blob is what it is called, and belongs to a profile in it",
        body: profile::bundle,
    },
    Target {
        name: "envelope",
        about: "DSSE: prints and parses again, and no key signed that did not",
        body: trust::envelope,
    },
    Target {
        name: "signature",
        about: "an envelope beside a profile: none is believed without a signature over these bytes",
        body: profile::signature,
    },
    Target {
        name: "statement",
        about: "a signed statement's text: none is taken that is about other bytes",
        body: profile::statement,
    },
    Target {
        name: "policy",
        about: "trust.toml: commands change it to what they say, and keep the rest",
        body: trust::policy,
    },
    Target {
        name: "lock",
        about: "cisb.lock: prints and parses again equal",
        body: trust::lock,
    },
    Target {
        name: "grants",
        about: "grants.toml: nobody is granted more than was requested",
        body: trust::grants,
    },
    Target {
        name: "key",
        about: "a public key: prints and parses again equal, in both forms",
        body: trust::key,
    },
];

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<Self> {
        TARGETS.iter().find(|it| it.name == name).copied()
    }
}

/// What stands for a file in messages.
fn nowhere() -> &'static Path {
    Path::new("input")
}
