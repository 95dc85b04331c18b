//! The contract and its releases: a version that was released is frozen, and
//! what comes after it runs what was built against it, or is called otherwise.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use semver::Version;
use wit_parser::{Resolve, SourceMap, WorldId};

use crate::sys::Workspace;

/// Where the contracts of releases lie, each in a folder of its version.
const RELEASED: &str = "wit/released";

/// Where their components lie.
const COMPONENTS: &str = "tests/contract";

/// The packages of the contract, in the order of who needs whom.
const PACKAGES: [&str; 2] = ["host", "profile"];

/// What a released contract is called while it is compared: two packages of one
/// name and version cannot be told apart.
const FORMER: &str = "0.0.0-former";

/// A contract: files by `package/name.wit`.
type Contract = BTreeMap<String, String>;

/// What is wrong between the contract and its releases.
pub(super) fn broken(workspace: &Workspace) -> Result<Vec<String>> {
    let present = read(workspace, "wit")?;
    let mut found = Vec::new();
    let mut versions = Vec::new();
    for entry in workspace.path(RELEASED).read_dir().context(RELEASED)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        match Version::parse(&name) {
            Ok(version) => versions.push(version),
            Err(_) => found.push(format!("{RELEASED}/{name}: this is no version")),
        }
    }
    versions.sort();
    let Some(last) = versions.last() else {
        found.push(format!("{RELEASED}: no contract was released"));
        return Ok(found);
    };
    for version in &versions {
        let folder = workspace.path(COMPONENTS).join(version.to_string());
        let components = folder.read_dir().into_iter().flatten().flatten();
        let is_component = |path: &std::path::Path| path.extension().is_some_and(|e| e == "wasm");
        if !components
            .map(|entry| entry.path())
            .any(|p| is_component(&p))
        {
            found.push(format!(
                "{COMPONENTS}/{version}: no component shows that what was built against \
                 contract {version} still runs"
            ));
        }
    }
    let released = read(workspace, &format!("{RELEASED}/{last}"))?;
    found.extend(compare(&released, last, &present)?);
    Ok(found)
}

fn read(workspace: &Workspace, folder: &str) -> Result<Contract> {
    let mut files = Contract::new();
    for package in PACKAGES {
        let folder = workspace.path(folder).join(package);
        let cannot = || format!("{} cannot be read", folder.display());
        for entry in folder.read_dir().with_context(cannot)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let text = std::fs::read_to_string(&path).with_context(cannot)?;
            files.insert(format!("{package}/{name}"), text);
        }
    }
    Ok(files)
}

/// Holds the present contract to one that was released.
fn compare(released: &Contract, last: &Version, present: &Contract) -> Result<Vec<String>> {
    let (_, world) = resolve(&[present])?;
    let now = world.0.clone();
    if now < *last {
        return Ok(vec![format!(
            "wit: its version is {now}, and {last} was released"
        )]);
    }
    if now == *last {
        let names = released.keys().chain(present.keys());
        let mut differ: Vec<&String> = names
            .filter(|name| released.get(*name) != present.get(*name))
            .collect();
        differ.sort();
        differ.dedup();
        return Ok(differ
            .into_iter()
            .map(|name| {
                format!(
                    "wit/{name}: contract {last} was released and is frozen in {RELEASED}/{last}: \
                     give both packages a new version for what changes"
                )
            })
            .collect());
    }
    if now >= next(last) {
        return Ok(Vec::new());
    }
    Ok(match compatible(released, last, present) {
        Ok(()) => Vec::new(),
        Err(why) => vec![format!(
            "wit: {now} breaks components that were built against {last}: {why}; only {} may",
            next(last)
        )],
    })
}

/// The next version that may break.
fn next(last: &Version) -> Version {
    match last.major {
        0 => Version::new(0, last.minor + 1, 0),
        major => Version::new(major + 1, 0, 0),
    }
}

/// Whether a component of the released contract runs where the present one is
/// served.
fn compatible(released: &Contract, last: &Version, present: &Contract) -> Result<(), String> {
    let former: Contract = released
        .iter()
        .map(|(name, text)| (name.clone(), text.replace(&last.to_string(), FORMER)))
        .collect();
    let told = |error: anyhow::Error| {
        // The last cause says what differs, and then where in bytes of no use.
        let text = error.root_cause().to_string();
        text.split(" (at offset")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let (resolve, _) = resolve(&[&former, present]).map_err(told)?;
    let world = |is_former: bool| -> Option<WorldId> {
        let all = resolve.worlds.iter();
        let mut of = all.filter(|(_, world)| {
            let package = world.package.map(|id| &resolve.packages[id].name);
            let version = package.and_then(|name| name.version.as_ref());
            version.is_some_and(|version| (version.to_string() == FORMER) == is_former)
        });
        of.next().map(|(id, _)| id)
    };
    let (Some(former), Some(present)) = (world(true), world(false)) else {
        return Err("one of them has no world".to_owned());
    };
    wit_component::semver_check(resolve.clone(), former, present).map_err(told)
}

/// The packages of these contracts together, and the last one's version and
/// world.
fn resolve(contracts: &[&Contract]) -> Result<(Resolve, (Version, WorldId))> {
    let mut resolve = Resolve::default();
    let mut last = None;
    for contract in contracts {
        for package in PACKAGES {
            let mut map = SourceMap::default();
            let inside = format!("{package}/");
            for (name, text) in contract
                .iter()
                .filter(|(name, _)| name.starts_with(&inside))
            {
                map.push_str(name, text.as_str());
            }
            let group = map.parse().map_err(|(_, error)| error)?;
            last = Some(resolve.push_group(group)?);
        }
    }
    let package = last.context("there is no package")?;
    let world = resolve.select_world(&[package], None)?;
    let version = resolve.packages[package].name.version.clone();
    let version = version.context("the contract has no version")?;
    Ok((resolve, (version, world)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn present() -> (Contract, Version) {
        let contract = read(&Workspace::find().unwrap(), "wit").unwrap();
        let version = resolve(&[&contract]).unwrap().1.0;
        (contract, version)
    }

    /// The present contract under another version, with a text replaced.
    fn changed(file: &str, from: &str, to: &str, version: &str) -> Vec<String> {
        let (before, last) = present();
        let mut after = before.clone();
        let text = after.get_mut(file).unwrap();
        assert!(text.contains(from), "{file}: {from}");
        *text = text.replace(from, to);
        for text in after.values_mut() {
            *text = text.replace(&last.to_string(), version);
        }
        compare(&before, &last, &after).unwrap()
    }

    fn patch() -> String {
        let (_, mut version) = present();
        version.patch += 1;
        version.to_string()
    }

    #[test]
    fn what_was_released_is_not_changed_under_its_version() {
        let (_, last) = present();
        let found = changed(
            "host/log.wit",
            "message: string",
            "text: string",
            &last.to_string(),
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("wit/host/log.wit: contract 0.1.0 was released"));
        let (mut more, last) = present();
        let before = more.clone();
        more.insert("host/more.wit".to_owned(), String::new());
        let error = compare(&before, &last, &more).unwrap();
        assert!(error[0].contains("host/more.wit"), "{error:?}");
    }

    #[test]
    fn what_is_added_breaks_nothing() {
        let (file, from) = ("host/context.wit", "scan-time: func() -> string;");
        let more = format!(
            "{from}\n  /// M.\n  @since(version = {})\n  more: func() -> u32;",
            patch()
        );
        assert_eq!(changed(file, from, &more, &patch()), Vec::<String>::new());
        let same = changed(file, from, from, &patch());
        assert_eq!(
            same,
            Vec::<String>::new(),
            "words and versions are no matter"
        );
    }

    #[test]
    fn what_breaks_old_components_is_found() {
        for (file, from, to) in [
            // One more field, one less, another type.
            (
                "host/types.wit",
                "detail: string,",
                "detail: string,\n    more: u32,",
            ),
            ("host/files.wit", "    size: u64,\n", ""),
            ("host/files.wit", "size: u64", "size: u32"),
            // One more case.
            (
                "host/types.wit",
                "    quota,\n",
                "    quota,\n    patience,\n",
            ),
            (
                "profile/profile.wit",
                "    fail,\n",
                "    fail,\n    maybe,\n",
            ),
            // A function that is gone, or wants something else.
            (
                "host/context.wit",
                "scan-time: func() -> string;",
                "time: func() -> string;",
            ),
            ("host/log.wit", "message: string", "message: list<string>"),
            (
                "profile/profile.wit",
                "settings: string)",
                "settings: string, more: string)",
            ),
            // An interface that is no longer offered.
            (
                "profile/profile.wit",
                "  import cisb:host/log@0.1.0;\n",
                "  import cisb:host/types@0.1.0;\n",
            ),
        ] {
            let found = changed(file, from, to, &patch());
            assert_eq!(found.len(), 1, "{from} → {to}");
            assert!(
                found[0].contains("breaks components that were built against 0.1.0"),
                "{found:?}"
            );
            assert!(found[0].contains("only 0.2.0 may"), "{found:?}");
            assert_eq!(changed(file, from, to, "0.2.0"), Vec::<String>::new());
        }
    }

    #[test]
    fn a_version_does_not_go_back() {
        let found = changed("host/log.wit", "Writes", "Writes", "0.0.9");
        assert!(found[0].contains("its version is 0.0.9"), "{found:?}");
    }

    #[test]
    fn after_the_freeze_only_a_major_version_breaks() {
        let next = |version: &str| next(&Version::parse(version).unwrap()).to_string();
        assert_eq!(next("0.1.4"), "0.2.0");
        assert_eq!(next("1.2.3"), "2.0.0");
    }
}
