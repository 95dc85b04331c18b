//! The sandbox: wasmtime with everything off that a profile does not need, and
//! a limit on everything that is on.
//!
//! `Verified → Compiled → Linked → Outcome`. Nothing outside `engine` and
//! `capability` names wasmtime.

mod bindings;
pub mod link;
pub mod run;

pub(crate) use bindings::cisb::host as wit;

use wasmtime::component::Component;
use wasmtime::{Config, OptLevel, RegallocAlgorithm, Strategy, WasmFeatures};

use crate::profile::Verified;

/// A wasmtime engine.
pub struct Engine {
    inner: wasmtime::Engine,
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the WebAssembly engine: {0}")]
pub struct EngineError(String);

/// Why a component was not compiled.
#[derive(Debug, thiserror::Error)]
#[error("it does not compile: {0}")]
pub struct CompileError(String);

/// A component that was compiled from verified bytes.
pub struct Compiled {
    verified: Verified,
    component: Component,
}

impl Compiled {
    /// What was verified before.
    pub fn verified(&self) -> &Verified {
        &self.verified
    }
}

impl Engine {
    /// Sets up the engine.
    pub fn new() -> Result<Self, EngineError> {
        let inner = wasmtime::Engine::new(&config()).map_err(|e| {
            EngineError(format!(
                "{e:#}; where executable memory is forbidden (MemoryDenyWriteExecute), allow it \
                 for cisb"
            ))
        })?;
        Ok(Self { inner })
    }

    /// Compiles what was verified.
    pub fn compile(&self, verified: Verified) -> Result<Compiled, CompileError> {
        let component = Component::from_binary(&self.inner, verified.bytes())
            .map_err(|e| CompileError(one_line(&format!("{e:#}"))))?;
        Ok(Compiled {
            verified,
            component,
        })
    }
}

fn config() -> Config {
    use WasmFeatures as F;
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        // A profile is compiled for every scan and its checks run for
        // milliseconds, so the time to compile is what counts: together these
        // two halve it. Measured: see ARCHITECTURE.md.
        .cranelift_opt_level(OptLevel::None)
        .cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass)
        .cranelift_nan_canonicalization(true)
        // Each instruction costs, and each byte that one copies or fills: this
        // bounds all computing, alike on every machine. A clock that stops a
        // guest would make findings depend on how busy the node is.
        .consume_fuel(true)
        .max_wasm_stack(512 << 10)
        .wasm_component_model(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_features(
            F::THREADS
                | F::SHARED_EVERYTHING_THREADS
                | F::EXCEPTIONS
                | F::LEGACY_EXCEPTIONS
                | F::FUNCTION_REFERENCES
                | F::GC
                | F::STACK_SWITCHING
                | F::CM_ASYNC
                | F::CM_ERROR_CONTEXT
                | F::CM_GC,
            false,
        )
        // An operator is told what a trap was, not where in the guest: no
        // frames, and no tables for them.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false)
        .guard_before_linear_memory(true);
    config
}

/// The first line of a message: chains of causes stay on it.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
