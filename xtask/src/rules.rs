//! Builds the component that a profile in YAML becomes, in every variant, and
//! holds the file of it in the host to the source: the host is built without a
//! toolchain for WebAssembly, so it carries the result.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail, ensure};
use cisb_contract::asset::{Index, OPTIONAL};
use cisb_contract::engine::Engine;
use wasmparser::{Imports, Parser, Payload, TypeRef, ValType};

use crate::component;
use crate::profiles::{self, MAX_BYTES, PACKING, Package};
use crate::setup::{self, Std};
use crate::sys::{self, Workspace};

/// The package that the component is built from.
pub const PACKAGE: &str = "cisb-rules";

/// Where the host has it.
pub const ASSET: &str = "host/assets/rules.zst";

/// Builds the component alone.
pub fn run(workspace: &Workspace) -> Result<()> {
    let library = setup::run()?;
    let packages = profiles::packages(workspace)?;
    let package = packages.iter().find(|it| it.name == PACKAGE);
    hold(
        workspace,
        package.context("there is no such package")?,
        library,
    )
}

/// Builds the component and compares it with the host's file; with `BLESS=1`
/// writes that.
pub fn hold(workspace: &Workspace, package: &Package, library: Std) -> Result<()> {
    let asset = build(workspace, package, library)?;
    let path = workspace.path(ASSET);
    if std::fs::read(&path).is_ok_and(|old| old == asset) {
        return Ok(());
    }
    ensure!(
        std::env::var_os("BLESS").is_some_and(|it| it == "1"),
        "{ASSET} is not what {PACKAGE} builds: write it with BLESS=1 cargo xtask profiles"
    );
    std::fs::write(&path, asset).with_context(|| format!("{ASSET} cannot be written"))
}

/// The host's file.
fn build(workspace: &Workspace, package: &Package, library: Std) -> Result<Vec<u8>> {
    let module = profiles::compile(workspace, package, "", library)?;
    let engine = sys::read(
        workspace
            .cargo()
            .args(["run", "--quiet", "--locked", "--release"])
            .args(["--package", PACKAGE, "--bin", "cisb-rules-engine"]),
    )?;
    let engine: Engine =
        serde_json::from_slice(&engine).context("the engine's description does not parse")?;
    let mut sizes = Vec::new();
    let mut components = Vec::new();
    for variant in 0..1 << OPTIONAL.len() {
        let component = component::without_names(&encode(&module, variant)?)?;
        ensure!(
            component.len() <= MAX_BYTES,
            "{PACKAGE} has {} bytes, {MAX_BYTES} are allowed",
            component.len()
        );
        sizes.push(component.len());
        components.extend(component);
    }
    println!(
        "{PACKAGE}  {} bytes with all its imports",
        sizes.last().copied().unwrap_or_default()
    );
    let mut text = serde_json::to_vec(&Index { engine, sizes })?;
    text.push(b'\n');
    text.extend(components);
    zstd::bulk::compress(&text, PACKING).context("the component cannot be compressed")
}

/// Wraps the module so that the component imports this variant's interfaces.
/// The functions of the others are answered by a module that traps: a check that
/// asks them uses a request that its manifest does not have, which the engine
/// never gets to.
fn encode(module: &[u8], variant: usize) -> Result<Vec<u8>> {
    let mut encoder = wit_component::ComponentEncoder::default();
    encoder
        .validate(true)
        .module(module)
        .context("the module does not say which world it implements")?;
    for (bit, name) in OPTIONAL.iter().enumerate() {
        if variant & (1 << bit) != 0 {
            continue;
        }
        let start = format!("cisb:host/{name}@");
        let Some((interface, trap)) = stand_in(module, &start)? else {
            continue;
        };
        encoder
            .adapter(&interface, &trap)
            .with_context(|| format!("{interface} cannot be left out"))?;
    }
    encoder
        .encode()
        .context("the module does not fit the world that it says it implements")
}

/// The interface whose name starts so, and a module with its functions, as the
/// main module imports them, that trap.
fn stand_in(module: &[u8], start: &str) -> Result<Option<(String, Vec<u8>)>> {
    let mut types = Vec::new();
    let mut interface = None;
    let mut text = "(module".to_owned();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(section) => {
                for group in section {
                    types.extend(group?.into_types());
                }
            }
            Payload::ImportSection(section) => {
                for group in section {
                    let Imports::Single(_, import) = group? else {
                        bail!("the linker wrote imports in groups");
                    };
                    let TypeRef::Func(index) = import.ty else {
                        bail!("{} imports what is no function", import.module);
                    };
                    if !import.module.starts_with(start) {
                        continue;
                    }
                    interface = Some(import.module.to_owned());
                    let ty = types.get(index as usize).context("a type is missing")?;
                    let ty = ty.unwrap_func();
                    write!(
                        text,
                        " (func (export {:?}) (param{}) (result{}) unreachable)",
                        import.name,
                        words(ty.params()),
                        words(ty.results())
                    )?;
                }
            }
            _ => {}
        }
    }
    text.push(')');
    match interface {
        Some(interface) => Ok(Some((interface, wat::parse_str(&text)?))),
        None => Ok(None),
    }
}

fn words(types: &[ValType]) -> String {
    types.iter().map(|ty| format!(" {ty}")).collect()
}
