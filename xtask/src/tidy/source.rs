//! Rules for single files: what they open with, and which doors they may use.

use std::collections::BTreeSet;

/// Where wasmtime may be named: everything else speaks our own words.
const ENGINE: &[&str] = &[
    "host/src/engine.rs",
    "host/src/engine/",
    "host/src/capability.rs",
    "host/src/capability/",
];

/// Where the host touches files, the network and the clock. A profile's facts
/// come through `node` and `capability`; the others read what a person names
/// on the command line and write what they asked for. `engine/cache` keeps
/// compiled code.
const DOORS: &[&str] = &[
    "host/src/main.rs",
    "host/src/main/",
    "host/src/cli.rs",
    "host/src/cli/",
    "host/src/checksums.rs",
    "host/src/capability.rs",
    "host/src/capability/",
    "host/src/engine/cache.rs",
    "host/src/engine/cache/",
    "host/src/node.rs",
    "host/src/node/",
    "host/src/profile/source.rs",
    "host/src/profile/registry.rs",
    "host/src/profile/store.rs",
    "host/src/profile/store/",
    "host/src/trust/file.rs",
    "sdk/src/fake.rs",
    "sdk/src/fake/",
    // Runs when profiles are built, never inside one.
    "plugins/catalogue/src/table.rs",
    "tests/",
    "xtask/",
];

/// What opens a door. An address is only a value: `std::net` has those too.
const OPENERS: &[&str] = &[
    "std::fs",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "ToSocketAddrs",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
];

/// Folders of the machines this project is written on. In two parts, so that
/// this list passes its own rule.
const MACHINES: &[(&str, &str)] = &[("/wo", "rk/"), ("/ho", "me/"), ("/Use", "rs/")];

/// Registries of packages and images: nothing here is fetched from one. A test
/// may need the name of an image.
const REGISTRIES: &[(&str, &str)] = &[
    ("ghcr", ".io"),
    ("docker", ".io"),
    ("quay", ".io"),
    ("gcr", ".io"),
    ("registry.k8s", ".io"),
    ("crates", ".io"),
    ("pypi", ".org"),
    ("npmjs", ".org"),
];

/// A file says what it is for before anything else.
pub(super) fn purpose(name: &str, text: &str) -> Vec<String> {
    if text.starts_with("//! ") {
        return Vec::new();
    }
    vec![format!(
        "{name}: open with a `//!` sentence that says what the file is for"
    )]
}

/// wasmtime stays in its rooms.
pub(super) fn engine(name: &str, text: &str) -> Vec<String> {
    if !name.starts_with("host/src/") || within(name, ENGINE) {
        return Vec::new();
    }
    code(text)
        .filter(|(_, line)| line.contains("wasmtime::"))
        .map(|(number, _)| {
            format!("{name}:{number}: wasmtime is named only under engine/ and capability/")
        })
        .collect()
}

/// Files, network and clock are touched only at known doors.
pub(super) fn doors(name: &str, text: &str, test: bool) -> Vec<String> {
    let production = ["host/src/", "sdk/src/", "wit/src/", "plugins/"]
        .iter()
        .any(|folder| name.starts_with(folder));
    if !production || test || within(name, DOORS) {
        return Vec::new();
    }
    code(text)
        .filter_map(|(number, line)| {
            let opener = OPENERS.iter().find(|opener| line.contains(**opener))?;
            Some(format!(
                "{name}:{number}: `{opener}` is used only at the doors that xtask's tidy lists"
            ))
        })
        .collect()
}

/// Folders of a platform's nodes that look like somebody's own.
const ON_NODES: &[&str] = &["/home/kubernetes"];

/// Nothing here knows the machine it was written on, or where packages come from.
pub(super) fn foreign_places(name: &str, text: &str, test: bool) -> Vec<String> {
    // Cargo writes the one, cargo-deny cannot do without in the other.
    if matches!(name.rsplit('/').next(), Some("Cargo.lock" | "deny.toml")) {
        return Vec::new();
    }
    let test = test || name.starts_with("tests/");
    let tests_from = match text.lines().position(|line| line.trim() == "#[cfg(test)]") {
        _ if test => 0,
        Some(line) => line,
        None => usize::MAX,
    };
    text.lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let line = ON_NODES
                .iter()
                .fold(line.to_owned(), |line, folder| line.replace(folder, ""));
            let registries = if index < tests_from { REGISTRIES } else { &[] };
            let place = MACHINES
                .iter()
                .chain(registries)
                .map(|(front, back)| format!("{front}{back}"))
                .find(|place| line.contains(place))?;
            let number = index + 1;
            Some(format!(
                "{name}:{number}: `{place}` is a place outside this project"
            ))
        })
        .collect()
}

/// The files that this one declares as modules for tests alone.
pub(super) fn test_modules(name: &str, text: &str) -> Vec<String> {
    let folder = match name.rsplit_once('/') {
        Some((folder, "lib.rs" | "main.rs")) => folder,
        _ => name.trim_end_matches(".rs"),
    };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines
        .iter()
        .enumerate()
        .filter(|(_, line)| **line == "#[cfg(test)]")
        .filter_map(|(at, _)| {
            // Another attribute, such as a path, may stand between.
            let module = lines[at + 1..]
                .iter()
                .find(|line| !line.starts_with("#["))?;
            module.strip_prefix("mod ")?.strip_suffix(';')
        })
        .map(|module| format!("{folder}/{module}.rs"))
        .collect()
}

/// Whether a file is one of these test modules, or lies below one.
pub(super) fn is_for_tests(name: &str, modules: &BTreeSet<String>) -> bool {
    // Cargo builds what lies in a package's `tests/` for tests alone.
    let of_package = name.starts_with("plugins/") && name.split('/').nth(2) == Some("tests");
    of_package
        || modules.iter().any(|module| {
            let folder = module.trim_end_matches(".rs");
            name.strip_prefix(folder)
                .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        })
}

/// The lines that are neither comments nor below the file's tests, with their
/// numbers.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn within(name: &str, rooms: &[&str]) -> bool {
    rooms
        .iter()
        .any(|room| name == *room || (room.ends_with('/') && name.starts_with(room)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_purpose_is_found() {
        assert_eq!(purpose("a.rs", "use x;\n//! late\n").len(), 1);
        assert!(purpose("a.rs", "//! A room.\n").is_empty());
    }

    #[test]
    fn wasmtime_outside_its_rooms_is_found() {
        let text = "//! x\n// wasmtime::Comment\nuse wasmtime::Engine;\n";
        assert_eq!(engine("host/src/scan.rs", text).len(), 1);
        assert!(engine("host/src/scan.rs", text)[0].contains(":3:"));
        assert!(engine("host/src/engine/run.rs", text).is_empty());
        assert!(engine("host/src/capability.rs", text).is_empty());
        // A name that only begins like a room is none.
        assert_eq!(engine("host/src/engineering.rs", text).len(), 1);
    }

    #[test]
    fn an_unlisted_door_is_found() {
        for line in OPENERS {
            let text = format!("//! x\nfn f() {{ {line} }}\n");
            assert_eq!(doors("host/src/scan.rs", &text, false).len(), 1, "{line}");
            assert_eq!(
                doors("plugins/p/src/lib.rs", &text, false).len(),
                1,
                "{line}"
            );
            assert!(doors("host/src/node/live.rs", &text, false).is_empty());
        }
    }

    #[test]
    fn a_test_may_use_every_door() {
        let text = "//! x\n#[cfg(test)]\nmod tests { use std::fs; }\n";
        assert!(doors("host/src/scan.rs", text, false).is_empty());
        assert!(doors("host/src/report/tests.rs", "use std::fs;", true).is_empty());
    }

    #[test]
    fn a_place_outside_the_project_is_found() {
        for (front, back) in MACHINES.iter().chain(REGISTRIES) {
            let text = format!("x\nsee {front}{back} there\n");
            assert_eq!(foreign_places("README.md", &text, false).len(), 1, "{text}");
            for name in ["Cargo.lock", "docs/press/Cargo.lock", "deny.toml"] {
                assert!(foreign_places(name, &text, false).is_empty());
            }
        }
    }

    #[test]
    fn a_module_for_tests_alone_is_known() {
        let text = "#[cfg(test)]\nmod parity;\nmod real;\n";
        assert_eq!(test_modules("p/src/a.rs", text), ["p/src/a/parity.rs"]);
        assert_eq!(test_modules("p/src/lib.rs", text), ["p/src/parity.rs"]);
        let none = BTreeSet::new();
        assert!(is_for_tests("plugins/p/tests/laws.rs", &none));
        assert!(!is_for_tests("plugins/p/src/tests/laws.rs", &none));
    }

    #[test]
    fn a_test_may_name_an_image_but_no_machine() {
        let (front, back) = REGISTRIES[0];
        let image = format!("//! x\n#[cfg(test)]\n\"{front}{back}/pause\"\n");
        assert!(foreign_places("host/src/a.rs", &image, false).is_empty());
        assert!(foreign_places("host/src/a/tests.rs", &image, true).is_empty());
        let (front, back) = MACHINES[0];
        let folder = format!("\"{front}{back}\"\n");
        assert_eq!(
            foreign_places("host/src/a/tests.rs", &folder, true).len(),
            1
        );
        // GKE's nodes keep their files in a folder below it.
        let file = format!("\"{}/kubelet-config.yaml\"\n", ON_NODES[0]);
        assert!(foreign_places("host/src/a.rs", &file, false).is_empty());
        let both = format!("{} {folder}", ON_NODES[0]);
        assert_eq!(foreign_places("host/src/a.rs", &both, false).len(), 1);
    }
}
