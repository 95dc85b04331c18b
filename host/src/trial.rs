//! A profile on a node, without a report: what an author's commands run. The
//! stages, their order and their limits are those of a scan.

use std::collections::BTreeSet;
use std::sync::Arc;

use cisb_contract::Manifest;
use cisb_contract::manifest::Check;
use serde_json::{Map, Value};

use crate::capability::Shared;
use crate::engine::run::Outcome;
use crate::engine::{Engine, link};
use crate::finding::Finding;
use crate::node::Node;
use crate::profile::grants::{self, Grants, Limits};
use crate::profile::refusal::Refused;
use crate::profile::{Gate, Unverified, Verified};
use crate::scan;

/// A profile that is ready to run.
pub struct Trial {
    linked: link::Linked,
}

/// A check that ran.
#[derive(Debug)]
pub struct Ran {
    /// What a report would say.
    pub finding: Finding,
    /// What it took.
    pub cost: Cost,
    /// Whether the profile misbehaved: trapped, flooded, or made something up.
    pub fault: bool,
}

/// What a check took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cost {
    /// Instructions, as the sandbox counts them: the same on every machine.
    pub fuel: u64,
    /// Bytes of memory at the most.
    pub memory: usize,
    /// Ids of the requests by which it asked.
    pub requests: BTreeSet<String>,
    /// Whether it logged more than is kept.
    pub flooded: bool,
}

/// A node that several checks look at, as in one scan.
pub struct Stage(Arc<Shared>);

impl Stage {
    /// A node at a time, RFC 3339.
    pub fn new(node: Node, now: String) -> Self {
        Self(Arc::new(Shared::new(node, now)))
    }

    /// A node of which nothing can be read.
    pub fn dark(now: String) -> Self {
        Self::new(crate::node::dark::node(), now)
    }
}

impl Trial {
    /// Takes a component through every stage that comes before a check runs.
    pub fn new(
        engine: &Engine,
        gate: &Gate,
        grants: &Grants,
        component: Unverified,
    ) -> Result<Self, Refused> {
        Self::of(engine, grants, gate.judge(component)?)
    }

    /// The same of a component that was let through.
    pub fn of(engine: &Engine, grants: &Grants, verified: Verified) -> Result<Self, Refused> {
        let granted = grants::meet(&verified, grants)?;
        let compiled = engine.compile(verified)?;
        let linked = link::link(engine, compiled, granted)?;
        Ok(Self { linked })
    }

    /// What was verified.
    pub fn verified(&self) -> &Verified {
        self.linked.verified()
    }

    /// What the profile says of itself.
    pub fn manifest(&self) -> &Manifest {
        self.linked.verified().manifest()
    }

    /// What each check may take.
    pub fn limits(&self) -> Limits {
        self.linked.granted().limits
    }

    /// The profile's parameters where nobody sets them.
    pub fn defaults(&self) -> Map<String, Value> {
        let all = self.manifest().parameters.iter();
        all.map(|p| (p.name.clone(), p.default.clone())).collect()
    }

    /// Runs one check: in a new sandbox, as a scan does.
    pub fn run(&self, stage: &Stage, check: &Check, parameters: &Map<String, Value>) -> Ran {
        let checks = &self.manifest().checks;
        let index = checks.iter().position(|other| other.id == check.id);
        let index = index.unwrap_or(checks.len());
        let mut outcome = scan::outcome(&self.linked, &stage.0, check, index, parameters);
        Ran {
            cost: outcome.as_mut().map(cost).unwrap_or_default(),
            fault: outcome.as_ref().is_some_and(|outcome| outcome.fault),
            finding: scan::finding(self.manifest(), check, outcome),
        }
    }
}

fn cost(outcome: &mut Outcome) -> Cost {
    let usage = std::mem::take(&mut outcome.usage);
    Cost {
        fuel: outcome.fuel,
        memory: usage.memory,
        requests: usage.requests,
        flooded: usage.flooded,
    }
}
