//! kube-bench's flags whose shape is Go's: switches that also take
//! `=true` and `=false`, and flags that have no counterpart here and are
//! answered with what to use instead.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

/// Name, value if absent, what it does.
type Row = (&'static str, bool, &'static str);

const WHAT: &str = "What comes out";
const WHICH: &str = "Which checks";

const OUTPUT: [Row; 8] = [
    ("json", false, "Print JSON, on one line"),
    ("junit", false, "Print JUnit; goes before --json"),
    (
        "asff",
        false,
        "Print findings for AWS Security Hub as a JSON list; nothing is sent",
    ),
    ("noresults", false, "Text without the checks"),
    ("noremediations", false, "Text without what to do"),
    (
        "nosummary",
        false,
        "Text without the counts of each section",
    ),
    (
        "nototals",
        false,
        "Text without the counts of all; JSON as the list of sections alone",
    ),
    (
        "include-test-output",
        false,
        "Text with what was seen, beneath each check that failed",
    ),
];

const SELECTION: [Row; 2] = [
    (
        "scored",
        true,
        "Checks that the benchmark scores; --scored=false leaves them out",
    ),
    (
        "unscored",
        true,
        "Checks that it does not score; --unscored=false leaves them out",
    ),
];

/// Name, letter, whether a word may follow, what to use instead.
type Foreign = (&'static str, Option<char>, bool, &'static str);

const LOGGING: &str = "cisb logs to standard error: --log debug says more";
const DATABASE: &str =
    "cisb writes to no database: load what --json --outputfile FILE writes into yours";

const FOREIGN: [Foreign; 8] = [
    ("pgsql", None, false, DATABASE),
    ("v", Some('v'), true, LOGGING),
    ("vmodule", None, true, LOGGING),
    ("log_dir", None, true, LOGGING),
    ("log_backtrace_at", None, true, LOGGING),
    ("stderrthreshold", None, true, LOGGING),
    ("logtostderr", None, false, LOGGING),
    ("alsologtostderr", None, false, LOGGING),
];

/// kube-bench's switches, each under its own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    pub json: bool,
    pub junit: bool,
    pub asff: bool,
    pub noresults: bool,
    pub noremediations: bool,
    pub nosummary: bool,
    pub nototals: bool,
    pub include_test_output: bool,
    pub scored: bool,
    pub unscored: bool,
    /// A flag that has no counterpart here, and what to use instead.
    pub foreign: Option<(&'static str, &'static str)>,
}

impl Args for Switches {
    fn augment_args(command: Command) -> Command {
        let switch = |heading: &'static str| {
            move |(name, default, help): Row| {
                Arg::new(name)
                    .long(name)
                    .help(help)
                    .help_heading(heading)
                    .action(ArgAction::Set)
                    .num_args(0..=1)
                    .require_equals(true)
                    .value_name("BOOL")
                    .default_value(if default { "true" } else { "false" })
                    .hide_default_value(true)
                    .default_missing_value("true")
                    .value_parser(truth)
            }
        };
        let foreign = FOREIGN.map(|(name, letter, takes, _)| {
            let arg = Arg::new(name)
                .long(name)
                .hide(true)
                .action(ArgAction::Set)
                .num_args(0..=1)
                .require_equals(!takes)
                .default_missing_value("");
            match letter {
                Some(letter) => arg.short(letter),
                None => arg,
            }
        });
        command
            .args(SELECTION.map(switch(WHICH)))
            .args(OUTPUT.map(switch(WHAT)))
            .args(foreign)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Switches {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let is = |name: &str| matches.get_one::<bool>(name).copied().unwrap_or_default();
        Ok(Self {
            json: is("json"),
            junit: is("junit"),
            asff: is("asff"),
            noresults: is("noresults"),
            noremediations: is("noremediations"),
            nosummary: is("nosummary"),
            nototals: is("nototals"),
            include_test_output: is("include-test-output"),
            scored: is("scored"),
            unscored: is("unscored"),
            foreign: FOREIGN
                .iter()
                .find(|(name, ..)| matches.contains_id(name))
                .map(|(name, _, _, instead)| (*name, *instead)),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// A boolean as Go's flags take it.
fn truth(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("it must be true or false".to_owned()),
    }
}
