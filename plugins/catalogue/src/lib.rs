//! Controls that the profiles share: each demands one thing, under a stable
//! name, with its own words, its rule, and the requests that it uses. A profile
//! is a table on top.

use cisb_sdk::contract::manifest::Requests;
use cisb_sdk::rule::Profile;

#[cfg(not(target_arch = "wasm32"))]
pub mod assemble;
pub mod control;
pub mod files;
pub mod policies;
pub mod words;

/// What every profile's component is made of.
pub const PROFILE: Profile = Profile {
    codes: policies::CODES,
};

/// Every control, by what it looks at.
pub fn controls() -> Vec<control::Control> {
    let mut controls = files::controls();
    controls.extend(policies::controls());
    controls
}

/// Every request that a control may use.
pub fn requests() -> Requests {
    let mut all = Requests::default();
    for part in [files::requests(), policies::requests()] {
        all.files.extend(part.files);
        all.processes.extend(part.processes);
        all.named.extend(part.named);
        all.fields.extend(part.fields);
        all.kubernetes.extend(part.kubernetes);
    }
    all
}
