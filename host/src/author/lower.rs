//! From the language to the manifest: what is written becomes rules for the
//! engine, and what the rules look at becomes requests. What types cannot say is
//! checked here, each mistake at its place.

use std::collections::BTreeMap;

use cisb_contract::engine::Engine;
use cisb_contract::manifest::{
    self, Assessment, Benchmark, Manifest, Ownership, ParameterType, Remediation, Requests,
};
use cisb_contract::rule::{KINDS, Operand, Rule as Lowered};
use cisb_contract::{MANIFEST_SCHEMA, WORLD};

use super::code::Code;
use super::language::{Check, Profile, Rule};
use super::mistake::{Mistake, Spot};
use super::schema::{among, hint};
use super::tree::Node;
use crate::cli::near;

mod answered;
mod compare;
mod files;
mod objects;
mod process;
mod requests;
mod setting;

use requests::Wanted;

/// The least host whose engine evaluates these rules.
const MIN_HOST: &str = "0.1.0";

/// The manifest of a profile, or everything that is wrong with it. Without code
/// the engine evaluates every check.
pub(super) fn manifest(
    profile: &Profile,
    file: &Node,
    engine: &Engine,
    code: Option<&Code>,
) -> Result<Manifest, Vec<Mistake>> {
    let platform = profile
        .platform
        .and_then(|p| engine.platforms.get(p.word()));
    let engine = platform.unwrap_or(engine);
    let mut lower = Lower {
        file,
        engine,
        profile,
        code,
        wanted: Wanted::new(&profile.requests),
        base: None,
        mistakes: Vec::new(),
    };
    let manifest = lower.manifest();
    match lower.mistakes.is_empty() {
        true => Ok(manifest),
        false => Err(lower.mistakes),
    }
}

/// The checks of a profile that are added to another one, and its requests with
/// what they need; `places` say where each check stands in the file.
pub(super) fn added(
    profile: &Profile,
    places: &[At],
    file: &Node,
    engine: &Engine,
    base: &Base<'_>,
) -> Result<(Vec<manifest::Check>, Requests), Vec<Mistake>> {
    let platform = profile
        .platform
        .and_then(|p| engine.platforms.get(p.word()));
    let mut lower = Lower {
        file,
        engine: platform.unwrap_or(engine),
        profile,
        wanted: Wanted::beside(&profile.requests, base.requests),
        code: None,
        base: Some(base),
        mistakes: Vec::new(),
    };
    lower.own_requests();
    let checks = profile.checks.iter().zip(places);
    let checks = checks.map(|(check, at)| lower.check(check, at)).collect();
    let requests = lower.wanted.joined(lower.engine, base.requests);
    match lower.mistakes.is_empty() {
        true => Ok((checks, requests)),
        false => Err(lower.mistakes),
    }
}

/// The profile that checks are added to.
#[derive(Debug)]
pub(super) struct Base<'a> {
    /// Its id.
    pub(super) id: &'a str,
    /// What it asks to see.
    pub(super) requests: &'a Requests,
    /// What its code evaluates.
    pub(super) rules: &'a [String],
    /// Whether its code is the engine whose needs are known here.
    pub(super) is_engine: bool,
}

/// A place in the file: names and numbers from its top.
#[derive(Debug, Clone, Default)]
pub(super) struct At(pub(super) Vec<String>);

impl At {
    pub(super) fn to(&self, step: impl ToString) -> Self {
        let mut steps = self.0.clone();
        steps.push(step.to_string());
        Self(steps)
    }
}

/// What the check that is being lowered is, for what it requests.
struct Now<'a> {
    id: &'a str,
    why: &'a str,
    /// The ids of the requests that it uses, in their order.
    uses: Vec<String>,
    /// What it looks at, as the first of its rules says.
    component: Option<String>,
    /// Whether a rule asks a person.
    asks: bool,
}

struct Lower<'a> {
    file: &'a Node,
    engine: &'a Engine,
    profile: &'a Profile,
    code: Option<&'a Code>,
    wanted: Wanted,
    /// The profile that the checks are added to, if they are.
    base: Option<&'a Base<'a>>,
    mistakes: Vec<Mistake>,
}

impl<'a> Lower<'a> {
    fn spot(&self, at: &At) -> Spot {
        self.file.nearest(&at.0).spot
    }

    fn wrong(&mut self, at: &At, text: impl Into<String>) {
        let spot = self.spot(at);
        self.mistakes.push(Mistake::at(spot, text));
    }

    fn manifest(&mut self) -> Manifest {
        let profile = self.profile;
        self.about();
        self.parameters();
        self.own_requests();
        let sections = self.sections();
        let mut checks = Vec::new();
        let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
        for (i, check) in profile.checks.iter().enumerate() {
            let at = At::default().to("checks").to(i);
            if let Some(first) = ids.insert(&check.id, i) {
                let line = self.spot(&At::default().to("checks").to(first)).line;
                let text = format!(
                    "the id `{}` is taken by the check in line {line}: choose another",
                    check.id
                );
                self.wrong(&at.to("id"), text);
            }
            checks.push(self.check(check, &at));
        }
        self.functions();
        Manifest {
            schema: MANIFEST_SCHEMA.to_owned(),
            id: profile.id.clone(),
            version: profile.version.clone(),
            epoch: profile.epoch,
            title: profile.title.clone(),
            benchmark: profile.benchmark.clone().unwrap_or_else(|| Benchmark {
                name: profile.title.clone(),
                version: profile.version.clone(),
                kubernetes: "*".to_owned(),
            }),
            world: WORLD.to_owned(),
            min_host: MIN_HOST.to_owned(),
            applies: profile.applies.clone(),
            tailored: Vec::new(),
            rules: KINDS.map(str::to_owned).to_vec(),
            versions: profile.versions.clone(),
            requests: self.wanted.requests(self.engine),
            parameters: self.all_parameters(),
            procedures: profile.procedures.clone(),
            sections,
            checks,
        }
    }

    /// The profile's own members.
    fn about(&mut self) {
        let profile = self.profile;
        let top = At::default();
        if !is_name(&profile.id) {
            let text = format!(
                "`{}` is no id: use letters, digits, `.`, `-` and `_`, 64 at most",
                profile.id
            );
            self.wrong(&top.to("id"), text);
        }
        if profile.title.trim().is_empty() {
            self.wrong(&top.to("title"), "the title is empty: say what it checks");
        }
        if semver::Version::parse(&profile.version).is_err() {
            let text = format!(
                "`{}` is no version: write three numbers, such as 1.0.0",
                profile.version
            );
            self.wrong(&top.to("version"), text);
        }
        let ranges = profile.benchmark.iter().map(|b| {
            let at = top.to("benchmark").to("kubernetes");
            (at, Some(b.kubernetes.as_str()))
        });
        let applies = profile.applies.iter().enumerate().map(|(i, applies)| {
            let at = top.to("applies").to(i).to("kubernetes");
            (at, applies.kubernetes.as_deref())
        });
        for (at, range) in ranges.chain(applies).collect::<Vec<_>>() {
            if let Some(range) = range
                && let Err(error) = semver::VersionReq::parse(range)
            {
                let text =
                    format!("`{range}` is no range of versions such as `>=1.28, <1.32`: {error}");
                self.wrong(&at, text);
            }
        }
    }

    fn parameters(&mut self) {
        for (name, parameter) in &self.profile.parameters {
            let at = At::default().to("parameters").to(name);
            if !is_name(name) {
                let text = format!("`{name}` is no name: use letters, digits, `-` and `_`");
                self.wrong(&at, text);
            }
            let (is, wanted) = match parameter.kind {
                ParameterType::String => (parameter.default.is_string(), "a text"),
                ParameterType::Boolean => (parameter.default.is_boolean(), "true or false"),
                ParameterType::Integer => (parameter.default.is_i64(), "a whole number"),
                ParameterType::List => (
                    parameter
                        .default
                        .as_array()
                        .is_some_and(|all| all.iter().all(serde_json::Value::is_string)),
                    "a list of texts",
                ),
            };
            if !is {
                let found = self.file.nearest(&at.to("default").0).kind();
                let text = format!(
                    "the default of `{name}` must be {wanted}, as its type says, and this is \
                     {found}"
                );
                self.wrong(&at.to("default"), text);
            }
        }
    }

    /// The profile's parameters and those of the engine that it does not have.
    fn all_parameters(&self) -> Vec<manifest::Parameter> {
        let own = self.profile.parameters.iter();
        let own = own.map(|(name, parameter)| manifest::Parameter {
            name: name.clone(),
            kind: parameter.kind,
            default: parameter.default.clone(),
            description: parameter.description.clone(),
        });
        let engine = self.engine.parameters.iter();
        let engine = engine.filter(|p| !self.profile.parameters.contains_key(&p.name));
        own.chain(engine.cloned()).collect()
    }

    fn sections(&mut self) -> Vec<manifest::Section> {
        let profile = self.profile;
        let at = At::default().to("sections");
        if profile.sections.is_empty() {
            return vec![manifest::Section {
                id: "1".to_owned(),
                title: profile.title.clone(),
                target: profile.target.unwrap_or_default().word().to_owned(),
                groups: vec![manifest::Group {
                    id: "1".to_owned(),
                    title: profile.title.clone(),
                }],
            }];
        }
        if profile.target.is_some() {
            let text = "sections have a target each: write it there instead";
            self.wrong(&At::default().to("target"), text);
        }
        let mut ids = Vec::new();
        for (i, section) in profile.sections.iter().enumerate() {
            for (g, group) in section.groups.iter().enumerate() {
                if ids.contains(&group.id.as_str()) {
                    let at = at.to(i).to("groups").to(g).to("id");
                    let text = format!(
                        "the group `{}` stands twice: leave one of them out",
                        group.id
                    );
                    self.wrong(&at, text);
                }
                ids.push(&group.id);
            }
        }
        let group = |group: &super::language::Group| manifest::Group {
            id: group.id.clone(),
            title: group.title.clone(),
        };
        profile
            .sections
            .iter()
            .map(|section| manifest::Section {
                id: section.id.clone(),
                title: section.title.clone(),
                target: section.target.word().to_owned(),
                groups: section.groups.iter().map(group).collect(),
            })
            .collect()
    }

    fn group(&mut self, check: &Check, at: &At) -> String {
        let groups = self.profile.sections.iter().flat_map(|s| &s.groups);
        let known: Vec<&str> = groups.map(|g| g.id.as_str()).collect();
        match (&check.group, known.is_empty()) {
            (None, true) => "1".to_owned(),
            (None, false) => {
                let text = format!("a check needs `group`, one of {}", among(&known));
                self.wrong(at, text);
                String::new()
            }
            (Some(group), true) => {
                let text = format!(
                    "there is no group `{group}`, as no `sections` are written: write them, or \
                     leave `group` out"
                );
                self.wrong(&at.to("group"), text);
                String::new()
            }
            (Some(group), false) => {
                if !known.contains(&group.as_str()) {
                    let near = near::closest(group, known.iter().copied());
                    let end = match near.is_empty() {
                        true => format!(": there are {}", among(&known)),
                        false => hint(&near),
                    };
                    self.wrong(&at.to("group"), format!("there is no group `{group}`{end}"));
                }
                group.clone()
            }
        }
    }

    fn check(&mut self, check: &'a Check, at: &At) -> manifest::Check {
        if !is_name(&check.id) {
            let text = format!(
                "`{}` is no id of a check: use letters, digits, `.`, `-` and `_`, 64 at most",
                check.id
            );
            self.wrong(&at.to("id"), text);
        }
        for (name, text) in [("title", &check.title)] {
            if text.trim().is_empty() {
                self.wrong(&at.to(name), format!("the {name} is empty"));
            }
        }
        let procedure = &check.procedure;
        if !procedure.is_empty() && !self.profile.procedures.contains_key(procedure) {
            let known = self.profile.procedures.keys().map(String::as_str);
            let near = hint(&near::closest(procedure, known));
            let end = match near.is_empty() {
                true => ": write it under `procedures`".to_owned(),
                false => near,
            };
            let text = format!("there is no procedure `{procedure}`{end}");
            self.wrong(&at.to("procedure"), text);
        }
        let group = self.group(check, at);
        let why = match check.why.trim() {
            "" => check.title.trim(),
            why => why,
        };
        let mut now = Now {
            id: &check.id,
            why,
            uses: Vec::new(),
            component: None,
            asks: false,
        };
        let with = match &check.rule {
            Some(rule) => self.judged_by(check, rule, at, &mut now),
            None => self.answered(check, at, &mut now),
        };
        let assessment = check.assessment.unwrap_or(match now.asks {
            true => Assessment::Manual,
            false => Assessment::Automated,
        });
        manifest::Check {
            id: check.id.clone(),
            control: match &check.control {
                Some(control) => control.clone(),
                None => format!("{}-{}", self.profile.id, check.id),
            },
            title: check.title.trim().to_owned(),
            group,
            component: match (check.component.clone(), now.component) {
                (Some(component), _) | (None, Some(component)) => component,
                (None, None) => "node".to_owned(),
            },
            level: check.level,
            assessment,
            scored: check.scored.unwrap_or(assessment == Assessment::Automated),
            severity: check.severity,
            ownership: check.ownership,
            judged: !now.asks && check.ownership != Ownership::Provider,
            rationale: check.rationale.trim().to_owned(),
            remediation: Remediation {
                procedure: check.procedure.clone(),
                set: check.remediation.trim().to_owned(),
                breaks: check.breaks.trim().to_owned(),
            },
            references: check.references.clone(),
            uses: now.uses,
            with,
        }
    }

    /// The rule of a check, as the engine reads it.
    fn judged_by(
        &mut self,
        check: &'a Check,
        rule: &'a Rule,
        at: &At,
        now: &mut Now<'_>,
    ) -> serde_json::Value {
        self.held_to_code(check, at);
        let mut rule = self.rule(rule, &at.to("rule"), now);
        if let Some(when) = &check.when {
            let component = now.component.take();
            let asks = now.asks;
            let holds = self.rule(when, &at.to("when"), now);
            now.component = component.or(now.component.take());
            now.asks = asks;
            rule = Lowered::When {
                holds: Box::new(holds),
                rule: Box::new(rule),
            };
        }
        if let Some(base) = self.base {
            self.evaluated(base, &rule, &now.uses, &at.to("rule"));
        }
        serde_json::to_value(&rule).unwrap_or_default()
    }

    fn rule(&mut self, rule: &Rule, at: &At, now: &mut Now<'_>) -> Lowered {
        match rule {
            Rule::Files(files) => self.files(files, &at.to("files"), now),
            Rule::Setting(setting) => self.setting(setting, &at.to("setting"), now),
            Rule::Document(document) => self.document(document, &at.to("document"), now),
            Rule::Objects(objects) => self.objects(objects, &at.to("objects"), now),
            Rule::Process(process) => self.process(process, &at.to("process"), now),
            Rule::All(rules) => Lowered::AllOf(self.rules(rules, &at.to("all"), now)),
            Rule::Any(rules) => Lowered::AnyOf(self.rules(rules, &at.to("any"), now)),
            Rule::None(rules) => Lowered::NoneOf(self.rules(rules, &at.to("none"), now)),
            Rule::Ask(look) => {
                now.asks = true;
                if look.trim().is_empty() {
                    let text = "`ask` is empty: say at what a person must look";
                    self.wrong(&at.to("ask"), text);
                }
                Lowered::Ask(look.trim().to_owned())
            }
        }
    }

    /// Whether the code that a check is added to evaluates its rule, and sees
    /// what that looks at where it looks for it.
    fn evaluated(&mut self, base: &Base<'_>, rule: &Lowered, uses: &[String], at: &At) {
        let Base { id, rules, .. } = base;
        let lacks = rule.needs().into_iter();
        let lacks: Vec<&str> = lacks.filter(|k| !rules.iter().any(|r| r == k)).collect();
        const CURE: &str = "put this check into a profile of its own, and scan with both, \
                            --profile after --profile";
        if !lacks.is_empty() {
            let words: Vec<&str> = lacks.iter().map(|kind| kind_words(kind)).collect();
            let what = match rules.is_empty() {
                true => "does not say that it evaluates rules".to_owned(),
                false => format!("does not evaluate {}", words.join(", nor ")),
            };
            return self.wrong(at, format!("the code of {id} {what}: {CURE}"));
        }
        let mut missing = uses.iter().filter(|used| {
            self.engine.requests.ids().any(|(known, _)| known == *used)
                && !base.requests.ids().any(|(known, _)| known == *used)
        });
        if let Some(first) = missing.next()
            && !base.is_engine
        {
            let text = format!(
                "this is read by the request `{first}`, and {id} looks for no such thing: {CURE}"
            );
            self.wrong(at, text);
        }
    }

    fn rules(&mut self, rules: &[Rule], at: &At, now: &mut Now<'_>) -> Vec<Lowered> {
        if rules.is_empty() {
            self.wrong(at, "no rules are combined here: write at least one");
        }
        let rules = rules.iter().enumerate();
        rules
            .map(|(i, rule)| self.rule(rule, &at.to(i), now))
            .collect()
    }

    /// A component whose settings the engine reads.
    fn component(&mut self, name: &str, at: &At) -> Option<&'a cisb_contract::engine::Of> {
        let engine = self.engine;
        let known = engine.components.get(name);
        if known.is_none() {
            let names: Vec<&str> = engine.components.keys().map(String::as_str).collect();
            let near = near::closest(name, names.iter().copied());
            let end = match near.is_empty() {
                true => format!(": it can be {}", among(&names)),
                false => hint(&near),
            };
            self.wrong(at, format!("there is no component `{name}`{end}"));
        }
        known
    }

    /// The name of a parameter, if a text is a reference to one.
    fn reference(&mut self, text: &str, types: &[ParameterType], at: &At) -> Option<String> {
        let inner = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'));
        let Some(name) = inner.filter(|n| !n.contains("${")) else {
            if text.contains("${") {
                let text = format!(
                    "`{text}` mixes a parameter with other text: a value is `${{name}}` alone, or \
                     has no `${{`"
                );
                self.wrong(at, text);
            }
            return None;
        };
        let Some(parameter) = self.profile.parameters.get(name) else {
            let known = self.profile.parameters.keys().map(String::as_str);
            let near = hint(&near::closest(name, known));
            let end = match near.is_empty() {
                true => ": write it under `parameters`".to_owned(),
                false => near,
            };
            self.wrong(at, format!("there is no parameter `{name}`{end}"));
            return Some(name.to_owned());
        };
        if !types.contains(&parameter.kind) {
            let wanted: Vec<&str> = types.iter().map(|t| type_name(*t)).collect();
            let text = format!(
                "the parameter `{name}` is of the type {}, and here it must be {}",
                type_name(parameter.kind),
                wanted.join(" or ")
            );
            self.wrong(at, text);
        }
        Some(name.to_owned())
    }

    /// A text, or the parameter that has it.
    fn text(&mut self, text: &str, at: &At) -> Operand<String> {
        match self.reference(text, &[ParameterType::String], at) {
            Some(parameter) => Operand::Parameter { parameter },
            None => Operand::Value(text.to_owned()),
        }
    }

    /// A text in which no parameter may stand, for what is requested is fixed
    /// when the profile is built.
    fn fixed(&mut self, text: &str, at: &At) {
        if text.contains("${") {
            let text = format!(
                "`{text}` names a parameter, and what a profile looks at is fixed when it is \
                 built: write it out"
            );
            self.wrong(at, text);
        }
    }

    /// A JSON pointer.
    fn pointer(&mut self, pointer: &str, at: &At) {
        self.fixed(pointer, at);
        let cure = || {
            let path = pointer.trim_start_matches(['$', '.']);
            let path = path.replace("[*]", "/*").replace(['.', '['], "/");
            let path = path.replace([']', '\'', '"'], "");
            format!("/{}", path.trim_start_matches('/'))
        };
        if !pointer.is_empty() && !pointer.starts_with('/') {
            let text = format!(
                "`{pointer}` is no pointer: write `{}`, each part after a slash",
                cure()
            );
            self.wrong(at, text);
        } else if pointer.contains("[") {
            let text = format!(
                "`{pointer}` is no pointer: elements of a list are parts too, write `{}`",
                cure()
            );
            self.wrong(at, text);
        } else if let Some(end) = pointer
            .split('~')
            .skip(1)
            .find(|p| !p.starts_with(['0', '1']))
        {
            let text = format!(
                "`{pointer}` is no pointer: `~{end}` means nothing, a tilde is written `~0` and a \
                 slash in a name `~1`"
            );
            self.wrong(at, text);
        }
    }
}

/// A word of [`KINDS`] as authors know it.
fn kind_words(kind: &str) -> &str {
    match kind {
        "setting" => "`setting` rules",
        "setting/test" => {
            "settings compared by other than `is`, `is-not`, `has`, `lacks`, `within`, `set` and \
             `at-least` with a number"
        }
        "files" => "`files` rules",
        "files/field" => "files that a `field` names",
        "files/setting" => "files that a `setting` names",
        "all-of" => "`all`",
        "any-of" => "`any`",
        "none-of" => "`none`",
        "when" => "`when`",
        "ask" => "`ask`",
        "exist" => "`exist`",
        "document" => "`document` rules",
        "objects" => "`objects` rules",
        "process" => "`process` rules",
        "parameter" => "parameters in rules",
        other => other,
    }
}

/// The word of a type.
fn type_name(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::String => "string",
        ParameterType::Boolean => "boolean",
        ParameterType::Integer => "integer",
        ParameterType::List => "list",
    }
}

/// Whether something may be an id or a name in a manifest.
pub(super) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}
