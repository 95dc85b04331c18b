//! From the node that an author writes down to one that checks can look at: a
//! node record in memory, so that what judges it is what judges any record.

mod objects;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cisb_contract::Manifest;

use super::{Case, File, FileMembers, Kind, Node, Place, Process, Processes};
use crate::author::language::{Mode, OneOrMany};
use crate::author::mistake::Mistake;
use crate::author::tree;
use crate::node;
use crate::node::record::draft::{Draft, Owned};
use crate::trial::Stage;

/// The time of a case that says none and has no record that does.
const NOW: &str = "2026-01-01T00:00:00Z";

/// The first number of users and groups that are only named.
const FIRST_NAMED: u32 = 101;

/// Opens the node of a case. `at` is where the case is written, `folder` where
/// its file lies.
pub(super) fn open(
    case: &Case,
    at: &tree::Node,
    manifest: &Manifest,
    folder: &Path,
) -> Result<Stage, Vec<Mistake>> {
    let mut maker = Maker {
        at,
        manifest,
        ids: ids(case),
        mistakes: Vec::new(),
    };
    let mut draft = maker.start(case, folder);
    let recorded = case.record.as_ref().and(draft.captured());
    let now = case.now.as_deref().or(recorded).unwrap_or(NOW).to_owned();
    if now.parse::<jiff::Timestamp>().is_err() {
        maker.wrong(
            &["now"],
            format!("`{now}` is no time: write one such as {NOW}"),
        );
    }
    if let Some(node) = &case.node {
        maker.node(node, &mut draft, case.record.is_some());
    }
    if !maker.mistakes.is_empty() {
        return Err(maker.mistakes);
    }
    if case.node.as_ref().is_some_and(|node| node.unreadable) {
        return Ok(Stage::dark(now));
    }
    match draft.open() {
        Ok(node) => Ok(Stage::new(node, now)),
        Err(error) => {
            maker.wrong(&["record"], error.to_string());
            Err(maker.mistakes)
        }
    }
}

struct Maker<'a> {
    at: &'a tree::Node,
    manifest: &'a Manifest,
    ids: BTreeMap<String, u32>,
    mistakes: Vec<Mistake>,
}

impl Maker<'_> {
    fn wrong(&mut self, path: &[&str], text: impl Into<String>) {
        let spot = tree::spot_at(self.at, path);
        self.mistakes.push(Mistake::at(spot, text));
    }

    fn start(&mut self, case: &Case, folder: &Path) -> Draft {
        let empty = || Draft::new("a node that a case describes");
        let Some(path) = &case.record else {
            if case.node.is_none() {
                let text = "a case looks at a node: write `record: PATH` for a record, or \
                            `node: {}` for an empty one";
                self.wrong(&[], text);
            }
            return empty();
        };
        Draft::of(&folder.join(path)).unwrap_or_else(|error| {
            self.wrong(&["record"], error.to_string());
            empty()
        })
    }

    fn node(&mut self, node: &Node, draft: &mut Draft, is_change: bool) {
        let dark = Node {
            unreadable: true,
            ..Node::default()
        };
        if node.unreadable && (is_change || *node != dark) {
            let text = "nothing of this node can be read, so nothing else is said of it: leave \
                        the rest out";
            self.wrong(&["node", "unreadable"], text);
        }
        if let Some(name) = &node.name {
            draft.name(name);
        }
        for (path, file) in &node.files {
            self.file(path, file, draft);
        }
        if let Some(processes) = &node.processes {
            self.processes(processes, draft);
        }
        if let Some(objects) = &node.kubernetes {
            self.kubernetes(objects, draft);
        }
        if let Some(version) = &node.version {
            let bare = version.strip_prefix('v').unwrap_or(version);
            if semver::Version::parse(bare).is_err() {
                let text = format!("`{version}` is no version of Kubernetes such as v1.31.0");
                self.wrong(&["node", "version"], text);
            }
            draft.version(&format!("v{bare}"));
        }
    }

    fn file(&mut self, path: &str, file: &File, draft: &mut Draft) {
        let clean = path.strip_prefix('/').is_some_and(|rest| {
            let mut parts = rest.split('/');
            parts.all(|part| !matches!(part, "" | "." | "..") && !part.contains('\0'))
        });
        if !clean {
            let path_shown = path.escape_debug();
            let text = format!("`{path_shown}` is no absolute path without `.` and `..`");
            let spot = tree::name_spot_at(self.at, &["node", "files"], path);
            return self.mistakes.push(Mistake::at(spot, text));
        }
        match file {
            File::Content(text) => draft.file(path, Owned::by_root(0o644), Some(text)),
            File::Members(file) => self.members(path, file, draft),
        }
    }

    fn members(&mut self, path: &str, file: &FileMembers, draft: &mut Draft) {
        let at = |member| ["node", "files", path, member];
        let alone = FileMembers {
            absent: file.absent,
            unreadable: file.unreadable,
            ..FileMembers::default()
        };
        if file.absent || file.unreadable {
            if *file != alone || (file.absent && file.unreadable) {
                let text = "what is absent or unreadable has no other member: leave the rest out";
                self.wrong(&["node", "files", path], text);
            }
            return match file.absent {
                true => draft.absent(path),
                false => draft.unreadable(path),
            };
        }
        let kind = match (file.kind, &file.target) {
            (None, Some(_)) => Kind::Symlink,
            (kind, _) => kind.unwrap_or(Kind::File),
        };
        if file.content.is_some() && kind != Kind::File {
            self.wrong(&at("content"), "only a file has `content`");
        }
        if file.target.is_some() && kind != Kind::Symlink {
            self.wrong(&at("target"), "only a symlink has a `target`");
        }
        let usual = if kind == Kind::Directory {
            0o755
        } else {
            0o644
        };
        let mode = match &file.mode {
            None => usual,
            Some(mode) => self.mode(path, mode).unwrap_or(usual),
        };
        let owner = file.owner.as_deref().unwrap_or("root:root");
        let Some((user, group)) = owner.split_once(':') else {
            let text = format!("`{owner}` is no owner: write user and group, as `root:root`");
            return self.wrong(&at("owner"), text);
        };
        let owned = Owned {
            mode,
            user: self.id(user),
            group: self.id(group),
        };
        match kind {
            Kind::File => draft.file(path, owned, file.content.as_deref()),
            Kind::Directory => draft.thing(path, "directory", owned),
            Kind::Fifo => draft.thing(path, "fifo", owned),
            Kind::Socket => draft.thing(path, "socket", owned),
            Kind::CharDevice => draft.thing(path, "char-device", owned),
            Kind::BlockDevice => draft.thing(path, "block-device", owned),
            Kind::Symlink => match &file.target {
                Some(target) if !target.is_empty() => draft.link(path, target),
                _ => self.wrong(&["node", "files", path], "a symlink needs its `target`"),
            },
        }
    }

    fn mode(&mut self, path: &str, mode: &Mode) -> Option<u32> {
        let written = match mode {
            Mode::Digits(digits) => digits.to_string(),
            Mode::Text(text) => text.trim_start_matches("0o").to_owned(),
        };
        let bits = u32::from_str_radix(&written, 8).ok();
        let bits = bits.filter(|bits| *bits <= 0o7777);
        if bits.is_none() {
            let text = format!(
                "`{written}` is no mode: write the permission bits in octal, such as 600 or 1777"
            );
            self.wrong(&["node", "files", path, "mode"], text);
        }
        bits
    }

    /// A user's or a group's number, and the name if it has one.
    fn id(&self, name: &str) -> (u32, Option<String>) {
        match name.parse() {
            Ok(0) => (0, Some("root".to_owned())),
            Ok(number) => (number, None),
            Err(_) => {
                let number = self.ids.get(name).copied().unwrap_or(0);
                (number, Some(name.to_owned()))
            }
        }
    }

    fn processes(&mut self, processes: &Processes, draft: &mut Draft) {
        let all = match processes {
            Processes::Word(_) => return draft.no_process_table(),
            Processes::List(all) => all,
        };
        let words =
            |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let mut made = Vec::new();
        for (at, process) in all.iter().enumerate() {
            let args = match process {
                Process::Line(line) => words(line),
                Process::Members(members) => match &members.args {
                    OneOrMany::One(line) => words(line),
                    OneOrMany::Many(all) => all.clone(),
                },
            };
            let Some(first) = args.first() else {
                let text = "a process has a program: write its command line";
                self.wrong(&["node", "processes", &at.to_string()], text);
                continue;
            };
            let said = match process {
                Process::Members(members) => members.executable.clone(),
                Process::Line(_) => None,
            };
            let executable = said.unwrap_or_else(|| match first.starts_with('/') {
                true => first.clone(),
                false => format!("/usr/bin/{first}"),
            });
            made.push((process, executable, args));
        }
        // Of a record, those of the same programs are meant.
        let names = made.iter().filter_map(|(_, exe, _)| exe.rsplit('/').next());
        draft.no_processes(&names.map(str::to_owned).collect());
        for (process, executable, args) in made {
            let (uid, environment, place, unreadable) = match process {
                Process::Line(_) => (0, BTreeMap::new(), None, false),
                Process::Members(m) => (m.uid, m.environment.clone(), m.place, m.unreadable),
            };
            let place = place.map_or(node::Place::Node, Into::into);
            draft.process(&executable, args, uid, environment, place, unreadable);
        }
    }
}

impl From<Place> for node::Place {
    fn from(place: Place) -> Self {
        match place {
            Place::Node => Self::Node,
            Place::StaticPod => Self::StaticPod,
            Place::HostNetworkPod => Self::HostNetworkPod,
            Place::Foreign => Self::Foreign,
            Place::Unknown => Self::Unknown,
        }
    }
}

/// Numbers for the users and groups that a case names.
fn ids(case: &Case) -> BTreeMap<String, u32> {
    let files = case.node.iter().flat_map(|node| node.files.values());
    let owners = files.filter_map(|file| match file {
        File::Members(members) => members.owner.as_deref(),
        File::Content(_) => None,
    });
    let names = owners.flat_map(|owner| owner.split(':'));
    let named = |name: &&str| *name != "root" && name.parse::<u32>().is_err();
    let names: BTreeSet<&str> = names.filter(named).collect();
    let numbered = (FIRST_NAMED..).zip(names);
    let numbered = numbered.map(|(number, name)| (name.to_owned(), number));
    [("root".to_owned(), 0)]
        .into_iter()
        .chain(numbered)
        .collect()
}
