//! libFuzzer's door to the targets: `CISB_FUZZ_TARGET` says which one it runs.
//! Only `cargo xtask fuzz` builds this.

#![no_main]

use std::sync::OnceLock;

use cisb_fuzz::Target;

static TARGET: OnceLock<Option<Target>> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let named = || std::env::var("CISB_FUZZ_TARGET").ok();
    let target = TARGET.get_or_init(|| Target::named(&named()?));
    match target {
        Some(target) => (target.body)(data),
        None => std::process::abort(),
    }
});
