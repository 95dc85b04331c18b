//! The arrows between the rooms: which of our packages may name which.

use toml::{Table, Value};

/// Our packages by folder, and what each may depend on of ours. Whatever lies
/// under `plugins/` is one room.
const ARROWS: &[(&str, &[&str])] = &[
    ("wit/", &[]),
    ("sdk/macros/", &[]),
    ("sdk/", &["cisb-contract", "cisb-sdk-macros"]),
    ("plugins/", &["cisb-contract", "cisb-sdk", "cisb-catalogue"]),
    // What begins a profile elsewhere: text to the host.
    ("host/assets/new/", &["cisb-sdk"]),
    ("host/", &["cisb-contract"]),
    ("xtask/", &["cisb", "cisb-contract"]),
    ("fuzz/", &["cisb", "cisb-contract"]),
    ("tests/foreign/", &["cisb-sdk"]),
    ("tests/", &["cisb", "cisb-contract", "xtask"]),
];

/// What only the host may be built with: a profile has no engine, no network
/// and no system.
const HOST_ONLY: &[&str] = &["wasmtime", "kube", "rustix", "tokio"];

/// Dependencies that point the wrong way.
pub(super) fn forbidden(name: &str, text: &str) -> Vec<String> {
    let Some((room, allowed)) = ARROWS.iter().find(|(room, _)| name.starts_with(room)) else {
        return Vec::new();
    };
    let manifest: Table = match toml::from_str(text) {
        Ok(manifest) => manifest,
        Err(error) => return vec![format!("{name}: {error}")],
    };
    let mut found = Vec::new();
    for (dependency, local) in dependencies(&manifest) {
        let ours = local
            || dependency.starts_with("cisb")
            || dependency.starts_with("cis-")
            || dependency == "xtask";
        if ours && !allowed.contains(&dependency.as_str()) {
            found.push(format!("{name}: {room} must not depend on {dependency}"));
        }
        let guest = matches!(*room, "wit/" | "sdk/" | "plugins/");
        if guest && HOST_ONLY.contains(&dependency.as_str()) {
            found.push(format!("{name}: {dependency} belongs to the host alone"));
        }
    }
    found
}

/// The packages a manifest names, under whatever key, and whether by path.
fn dependencies(manifest: &Table) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for (key, value) in manifest {
        let Value::Table(table) = value else { continue };
        if matches!(
            key.as_str(),
            "dependencies" | "dev-dependencies" | "build-dependencies"
        ) {
            for (name, dependency) in table {
                let package = dependency.get("package").and_then(Value::as_str);
                found.push((
                    package.unwrap_or(name).to_owned(),
                    dependency.get("path").is_some(),
                ));
            }
        } else if key == "target" {
            for platform in table.values().filter_map(Value::as_table) {
                found.extend(dependencies(platform));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_names_the_sdk_or_a_profile_is_found() {
        for dependency in ["cisb-sdk", "cisb-catalogue", "cis-1-10", "xtask"] {
            let text = format!("[dependencies]\n{dependency} = {{ workspace = true }}\n");
            assert_eq!(forbidden("host/Cargo.toml", &text).len(), 1, "{dependency}");
        }
        let text = "[dependencies]\ncisb-contract = { workspace = true }\n";
        assert!(forbidden("host/Cargo.toml", text).is_empty());
    }

    #[test]
    fn an_sdk_that_names_the_host_is_found_under_every_key() {
        for key in [
            "dependencies",
            "dev-dependencies",
            "build-dependencies",
            "target.'cfg(unix)'.dependencies",
        ] {
            let text = format!("[{key}]\ncisb = {{ workspace = true }}\n");
            assert_eq!(forbidden("sdk/Cargo.toml", &text).len(), 1, "{key}");
        }
    }

    #[test]
    fn another_name_does_not_hide_a_package() {
        let text = "[dependencies]\ninnocent = { package = \"cisb\", path = \"../host\" }\n";
        assert_eq!(forbidden("plugins/p/Cargo.toml", text).len(), 1);
    }

    #[test]
    fn a_profile_with_an_engine_is_found() {
        let text = "[dependencies]\nwasmtime = \"1\"\n";
        assert_eq!(forbidden("plugins/p/Cargo.toml", text).len(), 1);
        assert!(forbidden("host/Cargo.toml", text).is_empty());
    }
}
