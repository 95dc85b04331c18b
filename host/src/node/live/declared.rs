//! What the services of systemd in a tree would run: in a tree nothing runs,
//! but its units say with which arguments a kubelet would.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Files, Kind, Miss, Place, Process, Processes, Table};

/// Where units live, the directory that wins first.
const DIRECTORIES: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
/// Where a program is looked for that a unit names without its directory.
const PROGRAMS: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];
/// The longest unit or file of variables.
const MAX_BYTES: u64 = 1 << 20;
/// Names in a directory of units at most.
const MAX_NAMES: usize = 20_000;
/// Services at most: an image has some two hundred.
const MAX_SERVICES: usize = 4_000;

/// The processes that a tree's services declare. The table is never complete:
/// what no unit says may run all the same.
pub(super) struct Declared {
    table: Table,
    environments: BTreeMap<u32, BTreeMap<String, String>>,
    why: &'static str,
}

impl Declared {
    /// Reads the units. `why` says that there are no processes, and what cures it.
    pub(super) fn read(files: &dyn Files, why: &'static str) -> Self {
        let mut declared = Self {
            table: Table {
                processes: Vec::new(),
                complete: false,
                hint: why.to_owned(),
            },
            environments: BTreeMap::new(),
            why,
        };
        let mut units = BTreeSet::new();
        for (name, path) in services(files) {
            let Ok(file) = files.find(&path) else {
                continue;
            };
            // A second name of a unit is no second service.
            if file.stat().kind == Kind::Regular && units.insert(file.stat().resolved.clone()) {
                declared.add(files, &name, &path);
            }
        }
        declared
    }

    /// Adds what one service starts.
    fn add(&mut self, files: &dyn Files, name: &str, path: &str) {
        let service = match Service::read(files, name, path) {
            Ok(service) => service,
            Err(why) => {
                // What it starts is not known; most are named after it.
                let stem = name.strip_suffix(".service").unwrap_or(name);
                return self.push(path, stem, Err(why), &BTreeMap::new());
            }
        };
        let variables = service.variables(files);
        for command in &service.commands {
            let known = variables.as_ref().map_err(Clone::clone);
            let started = known.and_then(|variables| expand(command, variables));
            let program = program(files, command);
            let none = BTreeMap::new();
            self.push(path, &program, started, variables.as_ref().unwrap_or(&none));
        }
    }

    fn push(
        &mut self,
        unit: &str,
        program: &str,
        argv: Result<Vec<String>, String>,
        variables: &BTreeMap<String, String>,
    ) {
        let Ok(pid) = u32::try_from(self.table.processes.len() + 1) else {
            return;
        };
        let base = program.rsplit('/').next().unwrap_or(program);
        let (argv, error) = match argv {
            Ok(argv) => (argv, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        self.environments.insert(pid, variables.clone());
        self.table.processes.push(Process {
            pid,
            ppid: None,
            uid: None,
            comm: base.chars().take(15).collect(),
            exe: program.starts_with('/').then(|| program.to_owned()),
            argv,
            start: None,
            cgroup: None,
            pidns: None,
            place: Place::Node,
            declared: Some(unit.to_owned()),
            error,
        });
    }
}

impl Processes for Declared {
    fn table(&self) -> Result<&Table, Miss> {
        Ok(&self.table)
    }

    fn environment(&self, pid: u32, names: &[String]) -> Result<BTreeMap<String, String>, Miss> {
        let Some(variables) = self.environments.get(&pid) else {
            return Err(Miss::NotRecorded(self.why.to_owned()));
        };
        let wanted = |(name, _): &(&String, &String)| names.contains(name);
        let some = variables.iter().filter(wanted);
        Ok(some.map(|(n, v)| (n.clone(), v.clone())).collect())
    }

    fn translate(&self, pid: u32, path: &str) -> Result<String, Miss> {
        match self.environments.contains_key(&pid) {
            true => Ok(path.to_owned()),
            false => Err(Miss::NotRecorded(self.why.to_owned())),
        }
    }
}

/// Every service by its name, with the path that counts: of files with the same
/// name the one in the first directory.
fn services(files: &dyn Files) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for directory in DIRECTORIES {
        for name in names(files, directory) {
            // A template starts nothing by itself.
            if name.ends_with(".service") && !name.ends_with("@.service") {
                let path = format!("{directory}/{name}");
                found.entry(name).or_insert(path);
            }
        }
    }
    found.into_iter().take(MAX_SERVICES).collect()
}

fn names(files: &dyn Files, directory: &str) -> Vec<String> {
    let listed = files.find(directory).and_then(|it| it.list(MAX_NAMES));
    listed.map(|it| it.names).unwrap_or_default()
}

/// What a unit and its drop-ins say of a service.
#[derive(Default)]
struct Service {
    /// Command lines, as they are written.
    commands: Vec<String>,
    /// `Environment`, as it is written.
    environment: Vec<String>,
    /// `EnvironmentFile`.
    files: Vec<String>,
}

impl Service {
    fn read(files: &dyn Files, name: &str, path: &str) -> Result<Self, String> {
        let mut drop_ins = BTreeMap::new();
        for directory in DIRECTORIES {
            let directory = format!("{directory}/{name}.d");
            for file in names(files, &directory) {
                if file.ends_with(".conf") {
                    let path = format!("{directory}/{file}");
                    drop_ins.entry(file).or_insert(path);
                }
            }
        }
        let mut service = Self::default();
        for path in std::iter::once(path).chain(drop_ins.values().map(String::as_str)) {
            service.take(&text(files, path)?);
        }
        Ok(service)
    }

    fn take(&mut self, text: &str) {
        let mut here = false;
        for line in logical_lines(text) {
            if line.starts_with('[') {
                here = line == "[Service]";
                continue;
            }
            let Some((key, value)) = line.split_once('=').filter(|_| here) else {
                continue;
            };
            let list = match key.trim_end() {
                "ExecStart" => &mut self.commands,
                "Environment" => &mut self.environment,
                "EnvironmentFile" => &mut self.files,
                _ => continue,
            };
            match value.trim() {
                // Takes back what was said before.
                "" => list.clear(),
                value => list.push(value.to_owned()),
            }
        }
    }

    /// The variables that it sets: files win over `Environment`, later ones
    /// over earlier ones.
    fn variables(&self, files: &dyn Files) -> Result<BTreeMap<String, String>, String> {
        let mut variables = BTreeMap::new();
        for assignments in &self.environment {
            for word in words(assignments)? {
                if let Some((name, value)) = word.split_once('=') {
                    variables.insert(name.to_owned(), value.to_owned());
                }
            }
        }
        for path in &self.files {
            let (optional, path) = match path.strip_prefix('-') {
                Some(path) => (true, path),
                None => (false, path.as_str()),
            };
            match text(files, path) {
                Ok(text) => {
                    for line in logical_lines(&text) {
                        if let Some((name, value)) = line.split_once('=') {
                            let value = unquoted(value.trim()).to_owned();
                            variables.insert(name.trim_end().to_owned(), value);
                        }
                    }
                }
                Err(_) if optional && matches!(files.find(path), Err(Miss::NotFound)) => {}
                Err(why) => return Err(why),
            }
        }
        Ok(variables)
    }
}

fn text(files: &dyn Files, path: &str) -> Result<String, String> {
    let read = || -> Result<String, Miss> {
        let contents = files.find(path)?.read(MAX_BYTES)?;
        String::from_utf8(contents.bytes).map_err(|_| Miss::Other("it is not UTF-8".to_owned()))
    };
    read().map_err(|miss| format!("{path}: {miss}"))
}

/// Lines without comments, a `\` at a line's end read as a space.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut pending = String::new();
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with('#') || line.starts_with(';') {
            continue;
        }
        if let Some(part) = line.strip_suffix('\\') {
            pending.push_str(part);
            pending.push(' ');
            continue;
        }
        pending.push_str(line);
        let whole = std::mem::take(&mut pending);
        if !whole.is_empty() {
            lines.push(whole);
        }
    }
    if !pending.trim().is_empty() {
        lines.push(pending.trim().to_owned());
    }
    lines
}

/// A value of a file of variables without the quotes around it.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = value
            .strip_prefix(quote)
            .and_then(|v| v.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner;
        }
    }
    value
}

/// The words of a line, quotes taken off. A backslash makes the next byte plain.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', _) => {
                let next = chars.next().ok_or("a line ends in a backslash")?;
                word.get_or_insert_default().push(next);
            }
            (c, Some(open)) if c == open => quote = None,
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(format!("a quotation is never closed: {line}"));
    }
    words.extend(word);
    Ok(words)
}

/// What stands before a command's program says how it is started.
const PREFIXES: &[char] = &['@', '-', ':', '+', '!', '|'];

/// The program of a command line.
fn program(files: &dyn Files, command: &str) -> String {
    let first = words(command)
        .ok()
        .and_then(|words| words.into_iter().next());
    let first = first.unwrap_or_default();
    let program = first.trim_start_matches(PREFIXES);
    if program.starts_with('/') {
        return program.to_owned();
    }
    let mut places = PROGRAMS.iter().map(|folder| format!("{folder}/{program}"));
    let found = places.find(|path| files.find(path).is_ok());
    found.unwrap_or_else(|| program.to_owned())
}

/// The argument list of a command line: `${NAME}` within a word is replaced, a
/// word `$NAME` becomes as many words as its value has.
fn expand(command: &str, variables: &BTreeMap<String, String>) -> Result<Vec<String>, String> {
    let mut words = words(command)?.into_iter();
    let first = words.next().unwrap_or_default();
    let program = first.trim_start_matches(PREFIXES);
    let how = first.strip_suffix(program).unwrap_or_default();
    let mut argv = vec![program.to_owned()];
    if how.contains('@') {
        argv.extend(words.next());
        argv.remove(0);
    }
    for word in words {
        if how.contains(':') {
            argv.push(word);
            continue;
        }
        match word.strip_prefix('$').filter(|name| is_name(name)) {
            Some(name) => {
                let value = variables.get(name).map_or("", String::as_str);
                argv.extend(self::words(value)?);
            }
            None => argv.push(substituted(&word, variables)?),
        }
    }
    Ok(argv)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A word with its `${NAME}`, `$$` and `%%` replaced.
fn substituted(word: &str, variables: &BTreeMap<String, String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = word;
    while let Some(at) = rest.find(['$', '%']) {
        let (before, here) = rest.split_at(at);
        out.push_str(before);
        if let Some(more) = here.strip_prefix("$$").or_else(|| here.strip_prefix("%%")) {
            out.push_str(&here[..1]);
            rest = more;
        } else if let Some((name, more)) = here
            .strip_prefix("${")
            .and_then(|inner| inner.split_once('}'))
        {
            out.push_str(variables.get(name).map_or("", String::as_str));
            rest = more;
        } else if here.starts_with('%') {
            return Err(format!("only systemd knows what it puts into {word}"));
        } else {
            out.push('$');
            rest = &here[1..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
#[path = "declared_tests.rs"]
mod tests;
