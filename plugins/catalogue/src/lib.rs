//! Controls that the profiles share: each demands one thing, under a stable
//! name, with its own words, its rule, and the requests that it uses. A profile
//! is a table on top, and all of them are the same code with another manifest.

#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(any(feature = "openshift", not(target_arch = "wasm32")))]
extern crate alloc;

#[cfg(not(target_arch = "wasm32"))]
use cisb_sdk::contract::manifest::Requests;
#[cfg(any(feature = "cloud", not(target_arch = "wasm32")))]
use cisb_sdk::rule::Code;
use cisb_sdk::rule::Profile;

#[cfg(not(target_arch = "wasm32"))]
pub mod assemble;
#[cfg(not(target_arch = "wasm32"))]
pub mod control;
#[cfg(any(not(target_arch = "wasm32"), feature = "k3s", feature = "microk8s"))]
mod embedded;
#[cfg(not(target_arch = "wasm32"))]
pub mod files;
#[cfg(any(feature = "openshift", not(target_arch = "wasm32")))]
pub mod openshift;
#[cfg(not(target_arch = "wasm32"))]
pub mod platform;
pub mod policies;
#[cfg(not(target_arch = "wasm32"))]
pub mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod table;
#[cfg(any(not(target_arch = "wasm32"), feature = "units"))]
pub mod units;
#[cfg(not(target_arch = "wasm32"))]
pub mod words;

/// What a component is made of whose platform runs Kubernetes' own processes.
pub const PLAIN: Profile = Profile {
    codes: policies::CODES,
    find: None,
};

/// The same for managed platforms, of which a part is seen through objects only.
#[cfg(any(feature = "cloud", not(target_arch = "wasm32")))]
pub const CLOUD: Profile = Profile {
    codes: &{
        const NONE: (&str, Code) = ("", policies::CODES[0].1);
        let mut all = [NONE; policies::CODES.len() + policies::CLOUD_CODES.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = match at < policies::CODES.len() {
                true => policies::CODES[at],
                false => policies::CLOUD_CODES[at - policies::CODES.len()],
            };
            at += 1;
        }
        all
    },
    find: None,
};

/// What a component is made of whose platform runs them in one process.
#[cfg(any(not(target_arch = "wasm32"), feature = "k3s", feature = "microk8s"))]
pub const EMBEDDED: Profile = Profile {
    codes: policies::CODES,
    find: Some(cisb_sdk::component::embedded::find),
};

/// What a component is made of whose platform is OpenShift 4.
#[cfg(any(feature = "openshift", not(target_arch = "wasm32")))]
pub const OPENSHIFT: Profile = Profile {
    codes: policies::OPENSHIFT_CODES,
    find: Some(openshift::find),
};

#[cfg(not(any(
    feature = "cloud",
    feature = "k3s",
    feature = "microk8s",
    feature = "openshift"
)))]
cisb_sdk::profile!(PLAIN);
#[cfg(feature = "cloud")]
cisb_sdk::profile!(CLOUD);
#[cfg(any(feature = "k3s", feature = "microk8s"))]
cisb_sdk::profile!(EMBEDDED);
#[cfg(feature = "openshift")]
cisb_sdk::profile!(OPENSHIFT);

#[cfg(not(target_arch = "wasm32"))]
/// Every control, by what it looks at.
pub fn controls() -> Vec<control::Control> {
    let mut controls = settings::controls();
    controls.extend(files::controls());
    controls.extend(files::readable::controls());
    controls.extend(policies::controls());
    controls.extend(units::controls());
    controls
}

#[cfg(not(target_arch = "wasm32"))]
/// Every request that a control may use.
pub fn requests() -> Requests {
    let mut all = Requests::default();
    for part in [
        settings::requests(),
        files::requests(),
        policies::requests(),
        units::requests(),
    ] {
        extend(&mut all, part);
    }
    all
}

#[cfg(not(target_arch = "wasm32"))]
fn extend(all: &mut Requests, part: Requests) {
    all.files.extend(part.files);
    all.processes.extend(part.processes);
    all.named.extend(part.named);
    all.fields.extend(part.fields);
    all.kubernetes.extend(part.kubernetes);
}
