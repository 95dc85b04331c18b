//! What the catalogue knows of a control.

use cisb_sdk::contract::manifest::Severity;
use cisb_sdk::rule::Rule;

/// A control without its words: what it looks at and how it decides.
#[derive(Debug, Clone)]
pub struct Control {
    /// Its stable name; says what it demands.
    pub name: &'static str,
    /// The component it looks at, such as `kube-apiserver`.
    pub component: &'static str,
    /// How much harm a failed check may do.
    pub severity: Severity,
    /// The ids of the requests that it uses.
    pub uses: &'static [&'static str],
    /// How it decides.
    pub decided: Decided,
    /// The rule.
    pub rule: Rule,
}

/// Whether facts decide a control, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// Facts do; names them.
    ByFacts(&'static str),
    /// A person does; says what the facts shown leave open.
    ByPerson(&'static str),
}

/// A control's words, all our own.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// The control's name.
    pub control: &'static str,
    /// What it demands.
    pub title: &'static str,
    /// Why it matters.
    pub rationale: &'static str,
    /// The name of a procedure in [`crate::words::PROCEDURES`]; empty if none fits.
    pub procedure: &'static str,
    /// What to set, remove or look at.
    pub set: &'static str,
    /// What may break; empty if nothing is known to.
    pub breaks: &'static str,
    /// Documentation of Kubernetes or its components.
    pub references: &'static [&'static str],
}

/// A way to change a setting that several controls share.
#[derive(Debug, Clone, Copy)]
pub struct ProcedureWords {
    /// Its name.
    pub name: &'static str,
    /// Where the setting lives durably, and where it is rendered.
    pub change: &'static str,
    /// What takes effect when, and what restarts.
    pub effect: &'static str,
    /// How to go back.
    pub rollback: &'static str,
    /// How to see that it worked.
    pub verify: &'static str,
}
