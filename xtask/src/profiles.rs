//! Builds the packages under `plugins/` into components: compiled for bare
//! WebAssembly, wrapped, described, and given their manifest. A package that
//! has several manifests becomes as many profiles: other tables on the same
//! code, or on that which a feature of the package builds. Profiles in YAML are
//! built beside them.
//! The same source gives the same bytes from every folder.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use cisb_contract::{MANIFEST_SCHEMA, Manifest};
use serde_json::Value;

use crate::component::{self, Metadata};
use crate::rules;
use crate::sdk;
use crate::setup::{self, Std, TARGET};
use crate::sys::{self, Workspace};
use crate::table::{self, Row};
use crate::written;

/// The largest profile that builds. A node reads and compiles all of it before
/// the first check.
pub const MAX_BYTES: usize = 200 * 1024;

/// How hard the manifest is compressed: it is built once and read often.
pub const PACKING: i32 = 19;

/// A profile that was built.
#[derive(Debug, Clone)]
pub struct Built {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Where it lies.
    pub path: PathBuf,
    /// What it is.
    pub bytes: Vec<u8>,
    /// How many of the bytes are the manifest.
    pub manifest: usize,
    /// What the READMEs say of it.
    pub row: Row,
}

/// A package that becomes a profile.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name.
    pub name: String,
    lib: String,
    license: String,
}

impl Package {
    /// A package that is no profile of ours, by its name and its library's.
    pub fn named(name: &str, lib: &str) -> Self {
        Self {
            name: name.to_owned(),
            lib: lib.to_owned(),
            license: String::new(),
        }
    }
}

/// Builds all profiles into `target/profiles` and says what they are.
pub fn run(workspace: &Workspace) -> Result<()> {
    sdk::hold(workspace)?;
    let library = setup::run()?;
    let built = build(workspace, workspace, library)?;
    for profile in &built {
        println!(
            "{}  {} bytes, {} of them manifest  sha256:{}  {}",
            profile.id,
            profile.bytes.len(),
            profile.manifest,
            sys::sha256(&profile.bytes),
            profile
                .path
                .strip_prefix(&workspace.root)
                .unwrap_or(&profile.path)
                .display(),
        );
    }
    for profile in &built {
        ensure!(
            profile.bytes.len() <= MAX_BYTES,
            "{} has {} bytes, {MAX_BYTES} are allowed",
            profile.id,
            profile.bytes.len()
        );
    }
    let rows: Vec<Row> = built.into_iter().map(|profile| profile.row).collect();
    table::hold(workspace, &rows)
}

/// Builds all profiles of a workspace into its `target/profiles`; those that are
/// written in YAML with the host of `builder`.
pub fn build(workspace: &Workspace, builder: &Workspace, library: Std) -> Result<Vec<Built>> {
    let packages = packages(workspace)?;
    ensure!(
        !packages.is_empty(),
        "no package under plugins/ has a cdylib: there is nothing to build"
    );
    let folder = workspace.target().join("profiles");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    let mut built = Vec::new();
    for package in &packages {
        if package.name == rules::PACKAGE {
            rules::hold(workspace, package, library)?;
            continue;
        }
        let mut components = BTreeMap::new();
        for Described { feature, manifest } in manifests(workspace, package)? {
            let component = match components.entry(feature) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let module = compile(workspace, package, new.key(), library)?;
                    new.insert(component::encode(&module)?)
                }
            };
            let (row, id, version, bytes, size) = assemble(component, &manifest, &package.license)
                .with_context(|| format!("{} does not become a profile", package.name))?;
            let path = folder.join(format!("{id}.wasm"));
            ensure!(
                !built.iter().any(|it: &Built| it.id == id),
                "two profiles have the id {id}"
            );
            std::fs::write(&path, &bytes)
                .with_context(|| format!("{} cannot be written", path.display()))?;
            built.push(Built {
                id,
                version,
                path,
                bytes,
                manifest: size,
                row,
            });
        }
    }
    for it in written::build(workspace, builder)? {
        let id = it.manifest.id.clone();
        let path = folder.join(format!("{id}.wasm"));
        ensure!(
            !built.iter().any(|it: &Built| it.id == id),
            "two profiles have the id {id}"
        );
        std::fs::write(&path, &it.component)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        built.push(Built {
            version: it.manifest.version.clone(),
            row: Row::of(&it.manifest),
            manifest: it.size,
            id,
            path,
            bytes: it.component,
        });
    }
    remove_others(&folder, &built)?;
    Ok(built)
}

/// Removes what an earlier build left that is no profile any more.
fn remove_others(folder: &Path, built: &[Built]) -> Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let old = path.extension().is_some_and(|it| it == "wasm")
            && !built.iter().any(|it| it.path == path);
        if old {
            std::fs::remove_file(&path)
                .with_context(|| format!("{} cannot be removed", path.display()))?;
        }
    }
    Ok(())
}

/// Builds all profiles again in a copy of the source that lies elsewhere, and
/// compares the bytes.
pub fn reproduce(workspace: &Workspace) -> Result<()> {
    let library = setup::run()?;
    let first = build(workspace, workspace, library)?;
    let elsewhere = workspace.target().join("reproduce/in another folder");
    copy_source(workspace, &elsewhere)?;
    let copy = Workspace {
        root: elsewhere.canonicalize()?,
    };
    let second = build(&copy, workspace, library)?;
    for (here, there) in first.iter().zip(&second) {
        ensure!(
            here.bytes == there.bytes,
            "{} is not reproducible: sha256:{} here, sha256:{} from {}",
            here.id,
            sys::sha256(&here.bytes),
            sys::sha256(&there.bytes),
            copy.root.display()
        );
        println!("{}: the same bytes from two folders", here.id);
    }
    ensure!(
        first.len() == second.len(),
        "the copy builds another number of profiles"
    );
    Ok(())
}

/// Describes a component and adds the manifest. Returns what the READMEs say of
/// the profile, its id and version, the whole, and the size of the manifest.
fn assemble(
    component: &[u8],
    manifest: &[u8],
    license: &str,
) -> Result<(Row, String, String, Vec<u8>, usize)> {
    let manifest: Manifest =
        serde_json::from_slice(manifest).context("the manifest does not parse")?;
    ensure!(
        manifest.schema == MANIFEST_SCHEMA,
        "the manifest says schema `{}`, this builds `{MANIFEST_SCHEMA}`",
        manifest.schema
    );
    ensure!(
        !manifest.id.is_empty()
            && !manifest.id.starts_with('.')
            && manifest
                .id
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c)),
        "the id `{}` may only have letters, digits, `.`, `-` and `_`",
        manifest.id
    );
    let compact = serde_json::to_vec(&manifest)?;
    let described = component::describe(
        component,
        &Metadata {
            name: manifest.id.clone(),
            version: manifest.version.clone(),
            licenses: license.to_owned(),
            description: manifest.title.clone(),
        },
    )?;
    let packed =
        zstd::bulk::compress(&compact, PACKING).context("the manifest cannot be compressed")?;
    let bytes = component::add_manifest(&described, &packed);
    component::check(&bytes)?;
    let size = packed.len();
    Ok((
        Row::of(&manifest),
        manifest.id,
        manifest.version,
        bytes,
        size,
    ))
}

/// The packages under plugins/ that become components.
pub fn packages(workspace: &Workspace) -> Result<Vec<Package>> {
    let metadata: Value = serde_json::from_slice(&sys::read(workspace.cargo().args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--quiet",
    ]))?)?;
    let plugins = workspace.path("plugins");
    let mut packages: Vec<Package> = metadata["packages"]
        .as_array()
        .context("cargo metadata lists no packages")?
        .iter()
        .filter(|package| {
            package["manifest_path"]
                .as_str()
                .is_some_and(|path| Path::new(path).starts_with(&plugins))
        })
        .filter_map(|package| {
            let lib = package["targets"].as_array()?.iter().find(|target| {
                target["crate_types"]
                    .as_array()
                    .is_some_and(|types| types.iter().any(|kind| kind == "cdylib"))
            })?;
            Some(Package {
                name: package["name"].as_str()?.to_owned(),
                lib: lib["name"].as_str()?.replace('-', "_"),
                license: package["license"].as_str().unwrap_or_default().to_owned(),
            })
        })
        .collect();
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(packages)
}

/// The module of a package, built with one of its features, or with none.
pub fn compile(
    workspace: &Workspace,
    package: &Package,
    feature: &str,
    library: Std,
) -> Result<Vec<u8>> {
    // A folder of its own: other flags in the shared one would throw away
    // what the host's build keeps there.
    let target = workspace.target().join("wasm");
    let mut cargo = workspace.cargo();
    cargo
        // Cargo optimizes across crates only where a library is nothing but a
        // module; the packages are Rust libraries too, for their tests.
        .args(["rustc", "--quiet", "--locked", "--lib"])
        .args(["--crate-type", "cdylib"])
        .args(["--profile", "profile", "--target", TARGET])
        .args(["--package", &package.name, "--features", feature])
        .arg("--target-dir")
        .arg(&target)
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(workspace)?)
        .env_remove("RUSTFLAGS");
    if library == Std::FromSource {
        cargo
            .arg("-Zbuild-std=std,panic_abort")
            .env("RUSTC_BOOTSTRAP", "1");
    }
    sys::run(&mut cargo)?;
    let path = target
        .join(TARGET)
        .join("profile")
        .join(format!("{}.wasm", package.lib));
    let module =
        std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    for (what, path) in folders(workspace)? {
        let needle = path.to_string_lossy().into_owned().into_bytes();
        if module.windows(needle.len()).any(|window| window == needle) {
            bail!("{}: the path of {what} is in the module", package.name);
        }
    }
    Ok(module)
}

/// Flags that take this machine's folders out of the module.
fn rust_flags(workspace: &Workspace) -> Result<OsString> {
    // Without it the linker pads every address to five bytes: a tenth of the code.
    let mut flags = OsString::from("-Clink-arg=--compress-relocations");
    // What a check touches lies close together, for the host to wipe, and seldom
    // has to grow. A stack that does not suffice is a trap, and so an error.
    for size in ["-zstack-size=262144", "--initial-memory=1048576"] {
        flags.push("\u{1f}-Clink-arg=");
        flags.push(size);
    }
    // Both trade code for speed, which only loops that run long would notice.
    for pass in ["-disable-lsr", "-enable-pre=false"] {
        flags.push("\u{1f}-Cllvm-args=");
        flags.push(pass);
    }
    for (what, path) in folders(workspace)? {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(&path);
        flags.push(format!("=/{}", what.replace(' ', "-")));
    }
    Ok(flags)
}

fn folders(workspace: &Workspace) -> Result<[(&'static str, PathBuf); 3]> {
    let sysroot = sys::read_line(
        std::process::Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
            .args(["--print", "sysroot"]),
    )?;
    let cargo = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        .context("neither CARGO_HOME nor a home directory is known")?;
    Ok([
        ("cargo home", cargo),
        ("the compiler", PathBuf::from(sysroot)),
        ("the workspace", workspace.root.clone()),
    ])
}

/// A line that a package's own program prints.
struct Described {
    /// The feature that builds the code; empty for none.
    feature: String,
    manifest: Vec<u8>,
}

/// What the package's own program prints, a feature and a manifest on each
/// line: run natively, before anything of the profiles runs anywhere else.
fn manifests(workspace: &Workspace, package: &Package) -> Result<Vec<Described>> {
    let printed = sys::read(
        workspace
            .cargo()
            .args(["run", "--quiet", "--locked", "--release"])
            .args(["--package", &package.name])
            .args(["--bin", &format!("{}-manifests", package.name)]),
    )?;
    let lines = String::from_utf8(printed)?
        .lines()
        .map(|line| {
            let (feature, manifest) = line
                .split_once('\t')
                .with_context(|| format!("{} prints no feature: {line}", package.name))?;
            Ok(Described {
                feature: feature.to_owned(),
                manifest: manifest.as_bytes().to_vec(),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    ensure!(!lines.is_empty(), "{} prints no manifest", package.name);
    Ok(lines)
}

/// Brings a copy of the source up to date, touching only what differs so that
/// what was built there stays good.
fn copy_source(workspace: &Workspace, to: &Path) -> Result<()> {
    for file in workspace.files()? {
        let source = workspace.path(&file);
        if !source.is_file() {
            continue;
        }
        let bytes =
            std::fs::read(&source).with_context(|| format!("{} cannot be read", file.display()))?;
        let copy = to.join(&file);
        if std::fs::read(&copy).is_ok_and(|old| old == bytes) {
            continue;
        }
        if let Some(folder) = copy.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&copy, bytes)
            .with_context(|| format!("{} cannot be written", copy.display()))?;
    }
    Ok(())
}
