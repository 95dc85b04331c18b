//! The sandbox: wasmtime with everything off that a profile does not need, and
//! a limit on everything that is on.
//!
//! `Verified → Compiled → Linked → Outcome`. Nothing outside `engine` and
//! `capability` names wasmtime.

mod bindings;
pub mod cache;
pub mod link;
pub mod run;

pub(crate) use bindings::cisb::host as wit;

use wasmtime::component::Component;
use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
    RegallocAlgorithm, Strategy, WasmFeatures,
};

use crate::profile::Verified;

/// A wasmtime engine.
pub struct Engine {
    inner: wasmtime::Engine,
    config: Config,
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
    /// Sets up the engine for so many checks at a time.
    pub fn new(jobs: usize) -> Result<Self, EngineError> {
        let mut config = config();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(jobs)));
        let inner = wasmtime::Engine::new(&config).or_else(|_| {
            // Where address space is limited, no check reserves any: slower, and
            // the same findings.
            config
                .allocation_strategy(InstanceAllocationStrategy::OnDemand)
                .memory_reservation(0)
                .memory_reservation_for_growth(0)
                .memory_guard_size(0);
            wasmtime::Engine::new(&config)
        });
        let inner = inner.map_err(|e| {
            EngineError(format!(
                "{e:#}; where executable memory is forbidden (MemoryDenyWriteExecute), allow it \
                 for cisb"
            ))
        })?;
        Ok(Self { inner, config })
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

/// The most checks that run at a time.
pub const MAX_JOBS: usize = 64;

/// Room for the checks that run at a time, each at its limits, so that one
/// never waits for another's. A profile has a hundred checks and each a fresh
/// memory: reusing the mappings is a twentieth of a scan.
fn pool(jobs: usize) -> PoolingAllocationConfig {
    let jobs = u32::try_from(jobs.clamp(1, MAX_JOBS)).unwrap_or(1);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(jobs)
        .total_core_instances(jobs.saturating_mul(run::INSTANCES))
        .max_core_instances_per_component(run::INSTANCES)
        .total_memories(jobs.saturating_mul(run::MEMORIES))
        .max_memories_per_component(run::MEMORIES)
        .total_tables(jobs.saturating_mul(run::TABLES))
        .max_tables_per_component(run::TABLES)
        .table_elements(run::TABLE_ELEMENTS)
        // What a check may take of it, its own limits say.
        .max_memory_size(1 << 32)
        // What a check wrote is wiped in place, not handed back page by page.
        .linear_memory_keep_resident(1 << 20)
        .table_keep_resident(4 << 10)
        .pagemap_scan(Enabled::Auto);
    pool
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
