//! What a profile asks to see: what its rules look at, what the engine needs
//! for that, and what the author asks for besides.

use cisb_contract::engine::Engine;
use cisb_contract::manifest::{
    FieldRequest, FileRequest, KubernetesRequest, NamedRequest, ProcessRequest, Requests, Right,
    Verb,
};

use super::{At, Lower, Now};
use crate::profile::grants::glob;

/// The requests so far.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The author's own, and those that rules made.
    all: Requests,
    /// Ids of the engine's.
    engine: Vec<String>,
    /// Ids that a profile has to which checks are added.
    taken: Vec<String>,
}

impl Wanted {
    pub(super) fn new(own: &Requests) -> Self {
        Self {
            all: own.clone(),
            engine: Vec::new(),
            taken: Vec::new(),
        }
    }

    /// Requests beside those of another profile.
    pub(super) fn beside(own: &Requests, base: &Requests) -> Self {
        Self {
            taken: base.ids().map(|(id, _)| id.to_owned()).collect(),
            ..Self::new(own)
        }
    }

    /// Those of another profile and these. What both have is the other one's,
    /// which knows where its platform keeps things, and asks by more names.
    pub(super) fn joined(&self, engine: &Engine, base: &Requests) -> Requests {
        let Requests {
            files,
            processes,
            named,
            fields,
            kubernetes,
        } = self.requests(engine);
        let mut all = base.clone();
        add(&mut all.files, files, |r| &r.id, |_, _| ());
        add(&mut all.kubernetes, kubernetes, |r| &r.id, |_, _| ());
        add(
            &mut all.processes,
            processes,
            |r| &r.id,
            |old, new| {
                extend(&mut old.environment, new.environment);
            },
        );
        add(
            &mut all.named,
            named,
            |r| &r.id,
            |old, new| {
                extend(&mut old.flags, new.flags);
                extend(&mut old.environment, new.environment);
            },
        );
        add(
            &mut all.fields,
            fields,
            |r| &r.id,
            |old, new| {
                extend(&mut old.pointers, new.pointers);
            },
        );
        all
    }

    /// Whether an id is taken by the author or a rule.
    pub(super) fn has(&self, id: &str) -> bool {
        self.taken.iter().any(|known| known == id) || self.all.ids().any(|(known, _)| known == id)
    }

    /// All of them: the engine's after the others.
    pub(super) fn requests(&self, engine: &Engine) -> Requests {
        let mut all = self.all.clone();
        let wanted = |id: &String| self.engine.contains(id);
        let own = engine.requests.clone();
        all.files
            .extend(own.files.into_iter().filter(|r| wanted(&r.id)));
        all.processes
            .extend(own.processes.into_iter().filter(|r| wanted(&r.id)));
        all.named
            .extend(own.named.into_iter().filter(|r| wanted(&r.id)));
        all.fields
            .extend(own.fields.into_iter().filter(|r| wanted(&r.id)));
        all.kubernetes
            .extend(own.kubernetes.into_iter().filter(|r| wanted(&r.id)));
        all
    }

    /// An id that is not taken, made of a check's.
    fn fresh(&self, engine: &Engine, base: &str) -> String {
        let mut base: String = base.chars().take(56).collect();
        base.retain(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
        let taken = |id: &str| self.has(id) || engine.requests.ids().any(|(known, _)| known == id);
        if !taken(&base) {
            return base;
        }
        let numbers = 2_u32..;
        numbers
            .map(|n| format!("{base}-{n}"))
            .find(|id| !taken(id))
            .unwrap_or(base)
    }
}

/// Adds a reason to those that a request has.
fn also(why: &mut String, more: &str) {
    if !why.split("; ").any(|known| known == more) {
        why.push_str("; ");
        why.push_str(more);
    }
}

impl Now<'_> {
    pub(super) fn uses(&mut self, id: &str) {
        if !self.uses.iter().any(|known| known == id) {
            self.uses.push(id.to_owned());
        }
    }
}

impl Lower<'_> {
    /// The author's own requests, whose ids must not be the engine's: those mean
    /// something to it.
    pub(super) fn own_requests(&mut self) {
        let own = &self.profile.requests;
        let lists: [(&str, Vec<&str>); 5] = [
            ("files", own.files.iter().map(|r| r.id.as_str()).collect()),
            (
                "processes",
                own.processes.iter().map(|r| r.id.as_str()).collect(),
            ),
            ("named", own.named.iter().map(|r| r.id.as_str()).collect()),
            ("fields", own.fields.iter().map(|r| r.id.as_str()).collect()),
            (
                "kubernetes",
                own.kubernetes.iter().map(|r| r.id.as_str()).collect(),
            ),
        ];
        let mut seen: Vec<&str> = Vec::new();
        for (list, ids) in lists {
            for (i, id) in ids.into_iter().enumerate() {
                let at = At::default().to("requests").to(list).to(i).to("id");
                if self.engine.requests.ids().any(|(known, _)| known == id) {
                    let text = format!(
                        "the request id `{id}` has a meaning to the engine: choose another"
                    );
                    self.wrong(&at, text);
                }
                if self.wanted.taken.iter().any(|known| known == id) {
                    let text = format!(
                        "the request id `{id}` is taken by the profile that this extends: choose \
                         another"
                    );
                    self.wrong(&at, text);
                }
                if seen.contains(&id) {
                    self.wrong(
                        &at,
                        format!("the request `{id}` stands twice: choose another id"),
                    );
                }
                seen.push(id);
            }
        }
        for (i, request) in own.files.iter().enumerate() {
            let at = At::default().to("requests").to("files").to(i).to("paths");
            for (p, path) in request.paths.iter().enumerate() {
                self.path(path, &at.to(p));
            }
        }
    }

    /// A path or glob on the node.
    pub(super) fn path(&mut self, path: &str, at: &At) {
        self.fixed(path, at);
        if path.contains("${") {
            return;
        }
        if path.starts_with('~') {
            let text = format!("`{path}` names a home, and there is none here: write it out");
            self.wrong(at, text);
        } else if !path.starts_with('/') {
            let text = format!("`{path}` is not absolute: it starts with a slash");
            self.wrong(at, text);
        } else if let Err(error) = glob(path) {
            let why = error.rsplit("`: ").next().unwrap_or(&error);
            let text = format!("`{path}` is no glob: {why}");
            self.wrong(at, text);
        }
    }

    /// The request for paths, with a right beyond `stat` if need be.
    pub(super) fn paths(
        &mut self,
        paths: &[String],
        read: bool,
        at: &At,
        now: &mut Now<'_>,
    ) -> String {
        for (i, path) in paths.iter().enumerate() {
            let at = match self.file.nearest(&at.0).data {
                super::super::tree::Data::List(_) => at.to(i),
                _ => at.clone(),
            };
            self.path(path, &at);
        }
        let mut rights = vec![Right::Stat];
        rights.extend(read.then_some(Right::Read));
        let same = |r: &&mut FileRequest| {
            r.paths == paths && r.rights == rights && r.depth == 0 && r.max_bytes.is_none()
        };
        let id = match self.wanted.all.files.iter_mut().find(same) {
            Some(known) => {
                also(&mut known.why, now.why);
                known.id.clone()
            }
            None => {
                let id = self.wanted.fresh(self.engine, &format!("{}-files", now.id));
                self.wanted.all.files.push(FileRequest {
                    id: id.clone(),
                    paths: paths.to_vec(),
                    rights,
                    max_bytes: None,
                    depth: 0,
                    why: now.why.to_owned(),
                });
                id
            }
        };
        now.uses(&id);
        id
    }

    /// The request for what a field of documents names.
    pub(super) fn field_of(
        &mut self,
        documents: &str,
        pointer: &str,
        read: bool,
        now: &mut Now<'_>,
    ) {
        let id = self.wanted.fresh(self.engine, &format!("{}-field", now.id));
        let mut rights = vec![Right::Stat];
        rights.extend(read.then_some(Right::Read));
        self.wanted.all.fields.push(FieldRequest {
            id: id.clone(),
            documents: vec![documents.to_owned()],
            pointers: vec![pointer.to_owned()],
            rights,
            depth: 0,
            why: now.why.to_owned(),
        });
        now.uses(&id);
    }

    /// The request for what a flag names.
    pub(super) fn named_by(
        &mut self,
        process: &str,
        flag: &str,
        environment: &[String],
        read: bool,
        now: &mut Now<'_>,
    ) {
        let id = self.wanted.fresh(self.engine, &format!("{}-named", now.id));
        let mut rights = vec![Right::Stat];
        rights.extend(read.then_some(Right::Read));
        self.wanted.all.named.push(NamedRequest {
            id: id.clone(),
            process: process.to_owned(),
            flags: vec![flag.to_owned()],
            environment: environment.to_vec(),
            rights,
            depth: 0,
            why: now.why.to_owned(),
        });
        now.uses(&id);
    }

    /// Requests of the engine's.
    pub(super) fn engine_uses<'i>(
        &mut self,
        ids: impl IntoIterator<Item = &'i String>,
        now: &mut Now<'_>,
    ) {
        for id in ids {
            if !self.wanted.engine.contains(id) {
                self.wanted.engine.push(id.clone());
            }
            now.uses(id);
        }
    }

    /// The request for an executable, which has its name.
    pub(super) fn executable(&mut self, name: &str, now: &mut Now<'_>) {
        let base = self.base.map_or(&[][..], |base| &base.requests.processes);
        let engine = &self.engine.requests.processes;
        if engine.iter().chain(base).any(|r| r.id == name) {
            return self.engine_uses([&name.to_owned()], now);
        }
        let known = self.wanted.all.processes.iter_mut().find(|r| r.id == name);
        match known {
            Some(known) => also(&mut known.why, now.why),
            None => self.wanted.all.processes.push(ProcessRequest {
                id: name.to_owned(),
                executables: vec![name.to_owned()],
                environment: Vec::new(),
                why: now.why.to_owned(),
            }),
        }
        now.uses(name);
    }

    /// The request for the objects of a resource: one for all checks, so that
    /// they are listed once.
    pub(super) fn resource(
        &mut self,
        api_version: &str,
        resource: &str,
        fields: Vec<String>,
        now: &mut Now<'_>,
    ) -> String {
        let same = |r: &&mut KubernetesRequest| {
            r.api_version == api_version
                && r.resource == resource
                && !self
                    .profile
                    .requests
                    .kubernetes
                    .iter()
                    .any(|o| o.id == r.id)
        };
        let id = match self.wanted.all.kubernetes.iter_mut().find(same) {
            Some(known) => {
                also(&mut known.why, now.why);
                known.fields.extend(fields);
                known.fields.sort();
                known.fields.dedup();
                known.id.clone()
            }
            None => {
                let id = self.wanted.fresh(self.engine, resource);
                let mut fields = fields;
                fields.sort();
                fields.dedup();
                self.wanted.all.kubernetes.push(KubernetesRequest {
                    id: id.clone(),
                    api_version: api_version.to_owned(),
                    resource: resource.to_owned(),
                    verbs: vec![Verb::List],
                    fields,
                    why: now.why.to_owned(),
                });
                id
            }
        };
        now.uses(&id);
        id
    }
}

/// Adds requests to others, and what those ask for to the ones of the same id.
fn add<T>(all: &mut Vec<T>, new: Vec<T>, id: fn(&T) -> &String, join: fn(&mut T, T)) {
    for new in new {
        match all.iter_mut().find(|old| id(old) == id(&new)) {
            Some(old) => join(old, new),
            None => all.push(new),
        }
    }
}

fn extend(all: &mut Vec<String>, new: Vec<String>) {
    let fresh: Vec<String> = new.into_iter().filter(|n| !all.contains(n)).collect();
    all.extend(fresh);
}
