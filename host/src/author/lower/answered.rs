//! Checks that code answers instead of the engine: what they may use, and that
//! the code and the file speak of the same checks.

use serde_json::Value;

use super::super::language::Check;
use super::super::schema::hint;
use super::{At, Lower, Now};
use crate::cli::near;

impl Lower<'_> {
    /// A check without a rule: hands over what the author wrote.
    pub(super) fn answered(&mut self, check: &Check, at: &At, now: &mut Now<'_>) -> Value {
        if check.when.is_some() {
            let text = "`when` belongs to a rule: here it is the code that says where the check \
                        is not applicable";
            self.wrong(&at.to("when"), text);
        }
        match self.code {
            None => {
                let text = "a check with `uses` is answered by code: name that with --component, \
                            or write a `rule` instead";
                self.wrong(&at.to("uses"), text);
            }
            Some(code) => {
                let answers = code.answers.as_ref();
                if answers.is_some_and(|a| !a.checks.contains(&check.id)) {
                    let text = format!(
                        "{} has no function for the check `{}`: write one, or compile it again",
                        code.name, check.id
                    );
                    self.wrong(&at.to("id"), text);
                }
            }
        }
        for (i, id) in check.uses.iter().flatten().enumerate() {
            self.may_use(id, &at.to("uses").to(i), now);
        }
        check.with.clone().unwrap_or_default()
    }

    /// A request that code may use: the author's, or one that cisb has ready.
    fn may_use(&mut self, id: &str, at: &At, now: &mut Now<'_>) {
        if self.wanted.has(id) {
            return now.uses(id);
        }
        let ready = self.engine.requests.ids();
        if ready.into_iter().any(|(known, _)| known == id) {
            return self.engine_uses([&id.to_owned()], now);
        }
        let own = self.profile.requests.ids();
        let known = own.chain(self.engine.requests.ids()).map(|(id, _)| id);
        let near = hint(&near::closest(id, known));
        let end = match near.is_empty() {
            true => ": write it under `requests`".to_owned(),
            false => near,
        };
        self.wrong(at, format!("there is no request `{id}`{end}"));
    }

    /// A check with a rule, which something must evaluate.
    pub(super) fn held_to_code(&mut self, check: &Check, at: &At) {
        if check.with.is_some() {
            let text = "`with` is for checks that code answers: a rule says all that it needs";
            self.wrong(&at.to("with"), text);
        }
        let Some(code) = self.code else { return };
        let answers = code.answers.as_ref();
        if !answers.is_some_and(|a| a.rules) {
            let text = format!(
                "{} evaluates no rules, its code answers every check: write `uses` instead, or \
                 put the checks with rules into a profile of their own",
                code.name
            );
            self.wrong(&at.to("rule"), text);
        } else if answers.is_some_and(|a| a.checks.contains(&check.id)) {
            let text = format!(
                "{} has a function for the check `{}`, which has a rule: leave out one of them",
                code.name, check.id
            );
            self.wrong(&at.to("rule"), text);
        }
    }

    /// Functions of the code that no check calls.
    pub(super) fn functions(&mut self) {
        let Some(code) = self.code else { return };
        let ids = || self.profile.checks.iter().map(|c| c.id.as_str());
        let functions = code.answers.iter().flat_map(|a| &a.checks);
        let stray: Vec<String> = functions
            .filter(|id| !ids().any(|known| known == *id))
            .map(|id| {
                let near = hint(&near::closest(id, ids()));
                let end = match near.is_empty() {
                    true => ": write it, or leave the function out",
                    false => &near,
                };
                format!(
                    "{} has a function for `{id}`, and no check has this id{end}",
                    code.name
                )
            })
            .collect();
        for text in stray {
            self.wrong(&At::default().to("checks"), text);
        }
    }
}
