//! Rules over files and over documents.

use cisb_contract::rule::{DocumentRule, FilesRule, Rule as Lowered, Set};

use super::{At, Lower, Now};
use crate::author::language::{
    Condition, Document, FieldName, Files, Mode, OneOrMany, Place, SettingName,
};
use crate::author::schema::{among, hint};
use crate::cli::near;

impl Lower<'_> {
    pub(super) fn files(&mut self, rule: &Files, at: &At, now: &mut Now<'_>) -> Lowered {
        let set = self.set(rule, at, now);
        let mode = rule
            .mode
            .as_ref()
            .map(|mode| self.mode(mode, &at.to("mode")));
        if let Some(owner) = &rule.owner {
            let parts: Vec<&str> = owner.split(':').collect();
            if parts.len() != 2 || parts.iter().any(|p| p.is_empty() || p.contains(' ')) {
                let text = format!("`{owner}` is no owner: write user and group, as `root:root`");
                self.wrong(&at.to("owner"), text);
            }
        }
        let judged = (mode.is_some() || rule.owner.is_some()).then(|| {
            Lowered::Files(FilesRule {
                of: set.clone(),
                mode,
                owner: rule.owner.clone(),
            })
        });
        let exist = rule.exist.map(|is| Lowered::Exist { of: set, is });
        match (exist, judged) {
            (Some(exist), None) => exist,
            (None, Some(judged)) => judged,
            (exist, judged) => {
                if rule.exist == Some(false) {
                    let text = "a file that must not exist has no mode and no owner: leave them \
                                out, or `exist`";
                    self.wrong(&at.to("exist"), text);
                }
                Lowered::AllOf(exist.into_iter().chain(judged).collect())
            }
        }
    }

    /// A mode as octal digits.
    fn mode(&mut self, mode: &Mode, at: &At) -> String {
        let written = match mode {
            Mode::Digits(digits) => digits.to_string(),
            Mode::Text(text) => text.clone(),
        };
        let digits = written.strip_prefix("0o").unwrap_or(&written);
        let is = (1..=5).contains(&digits.len())
            && digits.bytes().all(|b| (b'0'..=b'7').contains(&b))
            && u32::from_str_radix(digits, 8).is_ok_and(|bits| bits <= 0o7777);
        if !is {
            let text = format!(
                "`{written}` is no mode: write the permission bits in octal, such as 600 or 1777"
            );
            self.wrong(at, text);
        }
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() { "0" } else { digits }.to_owned()
    }

    fn set(&mut self, rule: &Files, at: &At, now: &mut Now<'_>) -> Set {
        if let Some(paths) = &rule.paths {
            return self.glob(paths, false, &at.to("paths"), now);
        }
        if let Some(name) = &rule.setting {
            return self.named(name, false, &at.to("setting"), now);
        }
        if let Some(field) = &rule.field {
            return self.field(field, &at.to("field"), now);
        }
        if let Some(component) = &rule.manifest {
            return self.manifest_of(component, &at.to("manifest"), now);
        }
        if let Some(component) = &rule.kubeconfig {
            let at = at.to("kubeconfig");
            if let Some(of) = self.component(component, &at) {
                if of.kubeconfig.is_empty() {
                    self.none_such(component, "is told no kubeconfig", &at, |of| {
                        !of.kubeconfig.is_empty()
                    });
                }
                self.engine_uses(&of.kubeconfig, now);
            }
            now.component.get_or_insert_with(|| component.clone());
            return Set::Kubeconfig(component.clone());
        }
        if let Some(unit) = &rule.unit {
            return self.unit(unit, &at.to("unit"), now);
        }
        if let Some(place) = rule.place {
            return self.place(place, now);
        }
        let request = rule.request.clone().unwrap_or_default();
        self.own(&request, &at.to("request"), now)
    }

    /// What a glob matches.
    fn glob(&mut self, paths: &OneOrMany<String>, read: bool, at: &At, now: &mut Now<'_>) -> Set {
        let paths = paths.as_slice();
        let request = self.paths(paths, read, at, now);
        Set::Glob {
            request,
            absent: match paths {
                [one] => format!("{one} is not there"),
                several => format!("none of {} is there", several.join(", ")),
            },
        }
    }

    /// The files of a request of the author's own.
    fn own(&mut self, request: &str, at: &At, now: &mut Now<'_>) -> Set {
        let own = &self.profile.requests;
        let known = own.files.iter().map(|r| r.id.as_str());
        let known: Vec<&str> = known.collect();
        if known.contains(&request) {
            now.uses(request);
        } else {
            let near = near::closest(request, known.iter().copied());
            let end = match (near.is_empty(), known.is_empty()) {
                (false, _) => hint(&near),
                (true, false) => format!(": there are {}", among(&known)),
                (true, true) => ": write it under `requests`, `files`".to_owned(),
            };
            self.wrong(at, format!("there is no files request `{request}`{end}"));
        }
        Set::Glob {
            request: request.to_owned(),
            absent: format!("nothing that the request {request} covers is there"),
        }
    }

    fn manifest_of(&mut self, component: &str, at: &At, now: &mut Now<'_>) -> Set {
        if let Some(of) = self.component(component, at) {
            if of.manifest.is_empty() {
                self.none_such(component, "is no static pod", at, |of| {
                    !of.manifest.is_empty()
                });
            }
            self.engine_uses(&of.manifest, now);
        }
        now.component.get_or_insert_with(|| component.to_owned());
        Set::Manifest(component.to_owned())
    }

    /// Says that a component has no such files, and which have.
    fn none_such(
        &mut self,
        component: &str,
        why: &str,
        at: &At,
        has: fn(&cisb_contract::engine::Of) -> bool,
    ) {
        let all = self.engine.components.iter();
        let others: Vec<&str> = all
            .filter(|(_, of)| has(of))
            .map(|(name, _)| name.as_str())
            .collect();
        let end = match (others.is_empty(), self.profile.platform) {
            (false, _) => format!(": it can be {}", among(&others)),
            (true, Some(platform)) => format!(
                ", and on {} no component has such files, as one process is all of them: name the \
                 files with `paths`",
                platform.word()
            ),
            (true, None) => ": name the files with `paths`".to_owned(),
        };
        self.wrong(at, format!("{component} {why}{end}"));
    }

    /// The file that a setting names.
    fn named(&mut self, name: &SettingName, read: bool, at: &At, now: &mut Now<'_>) -> Set {
        let SettingName { component, name } = name;
        if let Some(of) = self.component(component, &at.to("component")) {
            self.engine_uses(&of.uses, now);
            self.setting_name(component, name, &at.to("name"));
            if name.contains([':', '/']) {
                let text = format!("`{name}` is no flag: only a flag names a file here");
                self.wrong(&at.to("name"), text);
            }
            let variables: Vec<String> = of.variable(name).into_iter().collect();
            self.named_by(component, name, &variables, read, now);
            if let Some((document, pointer)) = of.field(name) {
                self.field_of(document, pointer, read, now);
            }
        }
        now.component.get_or_insert_with(|| component.clone());
        Set::Setting {
            component: component.clone(),
            name: name.clone(),
        }
    }

    /// The files that a field of documents names.
    fn field(&mut self, field: &FieldName, at: &At, now: &mut Now<'_>) -> Set {
        self.pointer(&field.at, &at.to("at"));
        let documents = field.document.as_slice();
        let request = self.paths(documents, true, &at.to("document"), now);
        self.field_of(&request, &field.at, false, now);
        Set::Field {
            request,
            pointer: field.at.clone(),
        }
    }

    /// The live files of a unit, wherever systemd looks for units.
    fn unit(&mut self, unit: &str, at: &At, now: &mut Now<'_>) -> Set {
        if !unit.contains('.') || unit.contains('/') {
            let text = format!("`{unit}` is no unit's name, such as `kubelet.service`");
            self.wrong(at, text);
        }
        let folders = "/{etc,run,usr/lib,usr/local/lib,lib}/systemd/system";
        let paths = [
            format!("{folders}/{unit}"),
            format!("{folders}/{unit}.d/*.conf"),
        ];
        Set::Unit {
            request: self.paths(&paths, false, at, now),
            name: unit.to_owned(),
        }
    }

    fn place(&mut self, place: Place, now: &mut Now<'_>) -> Set {
        let (name, component) = match place {
            Place::Cni => ("cni", "kubelet"),
            Place::EtcdDataDir => ("etcd-data-dir", "etcd"),
            Place::KubeletClientCa => ("kubelet-client-ca", "kubelet"),
            Place::KubeletConfig => ("kubelet-config", "kubelet"),
        };
        if let Some(uses) = self.engine.places.get(name) {
            self.engine_uses(uses, now);
        }
        now.component.get_or_insert_with(|| component.to_owned());
        match place {
            Place::Cni => Set::Cni {
                request: "cni-files".to_owned(),
            },
            Place::EtcdDataDir => Set::EtcdDataDir,
            Place::KubeletClientCa => Set::KubeletClientCa,
            Place::KubeletConfig => Set::KubeletConfig,
        }
    }

    pub(super) fn document(&mut self, rule: &Document, at: &At, now: &mut Now<'_>) -> Lowered {
        let of = if let Some(paths) = &rule.paths {
            self.glob(paths, true, &at.to("paths"), now)
        } else if let Some(name) = &rule.setting {
            self.named(name, true, &at.to("setting"), now)
        } else if let Some(component) = &rule.manifest {
            self.manifest_of(component, &at.to("manifest"), now)
        } else {
            let request = rule.request.clone().unwrap_or_default();
            let at = at.to("request");
            let own = &self.profile.requests.files;
            let unread = own.iter().any(|r| {
                r.id == request && !r.rights.contains(&cisb_contract::manifest::Right::Read)
            });
            if unread {
                let text = format!(
                    "the request `{request}` has no right to read: add `read` to its `rights`"
                );
                self.wrong(&at, text);
            }
            self.own(&request, &at, now)
        };
        self.which(&rule.which, rule.each.is_some(), at);
        Lowered::Document(DocumentRule {
            of,
            only: self.conditions(&rule.only, &at.to("where")),
            each: self.each(rule.each.as_ref(), &at.to("each")),
            which: self.conditions(&rule.which, &at.to("which")),
            require: self.conditions(&rule.require, &at.to("require")),
        })
    }

    /// Elements are chosen where there are some.
    pub(super) fn which(&mut self, which: &[Condition], has_each: bool, at: &At) {
        if !which.is_empty() && !has_each {
            let text = "`which` says which elements of `each` count, and there is no `each`: for \
                        whole ones write `where`";
            self.wrong(&at.to("which"), text);
        }
    }

    /// Pointers to elements.
    pub(super) fn each(&mut self, each: Option<&OneOrMany<String>>, at: &At) -> Vec<String> {
        let Some(each) = each else {
            return Vec::new();
        };
        for (i, pointer) in each.as_slice().iter().enumerate() {
            let at = match each {
                OneOrMany::One(_) => at.clone(),
                OneOrMany::Many(_) => at.to(i),
            };
            self.pointer(pointer, &at);
            if !pointer.split('/').any(|token| token == "*") {
                let text = format!(
                    "`{pointer}` leads to one value: with `*` as a part it leads to each element, \
                     as `{}/*`",
                    pointer.trim_end_matches('/')
                );
                self.wrong(&at, text);
            }
        }
        each.as_slice().to_vec()
    }
}
