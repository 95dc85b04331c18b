//! Rules over processes.

use cisb_contract::rule::{ProcessDemand, ProcessRule, Rule as Lowered};

use super::{At, Lower, Now};
use crate::author::language::Process;

impl Lower<'_> {
    pub(super) fn process(&mut self, rule: &Process, at: &At, now: &mut Now<'_>) -> Lowered {
        let name = &rule.executable;
        if name.contains('/') {
            let file = name.rsplit('/').next().unwrap_or_default();
            let text = format!("an executable is known by its file name: write `{file}`");
            self.wrong(&at.to("executable"), text);
        } else if !super::is_name(name) {
            let text = format!("`{name}` is no file name of an executable");
            self.wrong(&at.to("executable"), text);
        }
        self.executable(name, now);
        now.component.get_or_insert_with(|| name.clone());
        let test = self.test(&rule.test, at);
        let demand = match (&rule.flag, rule.runs) {
            (Some(flag), _) => {
                if flag.starts_with('-') {
                    let bare = flag.trim_start_matches('-');
                    let text = format!("a flag is written without its dashes: `{bare}`");
                    self.wrong(&at.to("flag"), text);
                }
                if self.engine.components.contains_key(name) {
                    let text = format!(
                        "{name} has configuration files and defaults besides its flags: use a \
                         setting rule, which knows them"
                    );
                    self.wrong(&at.to("flag"), text);
                }
                match test {
                    Some(test) => ProcessDemand::Flag {
                        name: flag.clone(),
                        test,
                    },
                    None => {
                        let text = format!(
                            "nothing is said of the flag `{flag}`: {}",
                            super::compare::ONE
                        );
                        self.wrong(&at.to("flag"), text);
                        ProcessDemand::Runs(true)
                    }
                }
            }
            (None, runs) => {
                if test.is_some() {
                    let text = "a comparison is of a flag: name it with `flag`";
                    self.wrong(at, text);
                }
                ProcessDemand::Runs(runs.unwrap_or(true))
            }
        };
        Lowered::Process(ProcessRule {
            request: name.clone(),
            demand,
        })
    }
}
