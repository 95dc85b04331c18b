//! Writes what a recorder saw as a node record.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::format::{
    Fault, Kubernetes, Mount, NodeFile, Platform, ProcessEntry, Scope, place_word,
};
use super::{FORMAT, Flaw, RecordError, objects};
use crate::mask;
use crate::node::recording::{Memory, Recorder};
use crate::node::{Identity, Miss, Objects, Origin, Process, Resource};

/// How hard an archive is compressed.
const LEVEL: i32 = 6;

/// Writes a record, to a `.tar.zst` if `dest` is named so, else to a directory
/// that must not exist yet. `captured` (RFC 3339) is when the node was looked
/// at; a recorded node keeps its own. Files are 0600, and the record appears
/// whole or not at all. The same recording gives the same bytes.
pub fn write(recorder: &Recorder, captured: &str, dest: &Path) -> Result<(), RecordError> {
    let files = files(recorder, captured).map_err(|flaw| flaw.of(dest))?;
    let is_archive = dest
        .file_name()
        .is_some_and(|name| name.to_string_lossy().ends_with(".tar.zst"));
    let result = if is_archive {
        whole(dest, |path| archive(path, &files))
    } else {
        whole(dest, |path| directory(path, &files))
    };
    result.map_err(|flaw| flaw.of(dest))
}

/// Everything that goes into the record, by name; a name that ends in a slash
/// is a folder.
fn files(recorder: &Recorder, captured: &str) -> Result<BTreeMap<String, Vec<u8>>, Flaw> {
    let memory = recorder.memory();
    let mut files = BTreeMap::new();
    files.insert(
        "node.json".to_owned(),
        text(&node(recorder, &memory, captured))?,
    );
    for (path, bytes) in &memory.contents {
        files.insert(format!("root{path}"), bytes.clone());
    }
    if recorder.cluster.present() {
        files.insert("objects/".to_owned(), Vec::new());
        for (resource, result) in &memory.objects {
            let stem = objects::stem(resource);
            match result {
                Ok(objects) => files.insert(
                    format!("objects/{stem}.json"),
                    text(&list(resource, objects))?,
                ),
                Err(miss) => files.insert(
                    format!("objects/{stem}.error"),
                    Fault::of(miss).line().into_bytes(),
                ),
            };
        }
        match &memory.version {
            Some(Ok(version)) => {
                files.insert(
                    "objects/version.json".to_owned(),
                    text(&json!({ "gitVersion": version }))?,
                );
            }
            Some(Err(miss)) => {
                files.insert(
                    "objects/version.error".to_owned(),
                    Fault::of(miss).line().into_bytes(),
                );
            }
            None => {}
        }
    }
    Ok(files)
}

fn text(value: &impl serde::Serialize) -> Result<Vec<u8>, Flaw> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| Flaw::invalid("node.json", error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn list(resource: &Resource, objects: &Objects) -> Value {
    let version = match resource.group.as_str() {
        "" => resource.version.clone(),
        group => format!("{group}/{}", resource.version),
    };
    json!({
        "apiVersion": version,
        "kind": "List",
        "metadata": { "resourceVersion": objects.resource_version },
        "items": objects.items,
    })
}

fn node(recorder: &Recorder, memory: &Memory, captured: &str) -> NodeFile {
    let Identity {
        name,
        origin,
        captured: earlier,
        kubernetes_version,
        platform,
        ..
    } = &recorder.identity;
    // What a tree's units declare is in their files: a record of it has no
    // processes either.
    let table = (memory.table_read && *origin != Origin::Tree).then(|| recorder.processes.table());
    let (os, arch) = platform.split_once('/').unwrap_or((platform, ""));
    let unreachable = (!recorder.cluster.present())
        .then(|| {
            memory
                .objects
                .values()
                .find_map(|result| result.as_ref().err())
                .or_else(|| memory.version.as_ref()?.as_ref().err())
        })
        .flatten();
    let mut scope = Scope {
        globs: Some(memory.globs.iter().cloned().collect()),
        kinds: Some(memory.objects.keys().map(objects::stem).collect()),
        ..Scope::default()
    };
    if let Some(Ok(table)) = &table {
        scope.processes = Some(if table.complete { "whole" } else { "partial" }.to_owned());
        scope.hint = Some(table.hint.clone()).filter(|hint| !hint.is_empty());
    }
    NodeFile {
        format: FORMAT.to_owned(),
        hostname: Some(name.clone()),
        captured: Some(match earlier {
            Some(earlier) if *origin == Origin::Recorded => earlier.clone(),
            _ => captured.to_owned(),
        }),
        platform: Some(Platform {
            os: os.to_owned(),
            arch: arch.to_owned(),
        }),
        kubernetes: kubernetes_version.clone().map(|version| Kubernetes {
            version: Some(version),
        }),
        processes: match &table {
            Some(Ok(table)) => Some(
                table
                    .processes
                    .iter()
                    .map(|process| entry(memory, process))
                    .collect(),
            ),
            _ => None,
        },
        processes_error: table.and_then(Result::err).map(|miss| Fault::of(&miss)),
        objects_error: unreachable.map(Fault::of),
        entries: memory.entries.clone(),
        scope: Some(scope),
    }
}

fn entry(memory: &Memory, process: &Process) -> ProcessEntry {
    let looked_at = memory.executables.as_ref().is_none_or(|names| {
        let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let exe = process.exe.as_deref().map(base);
        let first = process.argv.first().map(|arg| base(arg));
        names.iter().any(|name| {
            let comm: String = name.chars().take(15).collect();
            exe.as_ref() == Some(name) || first.as_ref() == Some(name) || process.comm == comm
        })
    }) || memory.environments.contains_key(&process.pid)
        || memory.translations.contains_key(&process.pid);
    let mut argv = process.argv.clone();
    mask::mask_args(&mut argv);
    let environment = memory.environments.get(&process.pid);
    let mount = |(target, result): (&String, &Result<String, Miss>)| Mount {
        target: target.clone(),
        source: result.as_ref().ok().cloned(),
        fault: result.as_ref().err().map(Fault::of),
    };
    let translations = memory.translations.get(&process.pid);
    ProcessEntry {
        pid: process.pid,
        ppid: process.ppid,
        uid: process.uid,
        comm: process.comm.clone(),
        exe: process.exe.clone(),
        argv: looked_at.then_some(argv),
        env: environment.map(|environment| environment.values.clone()),
        env_names: environment.map(|environment| environment.names.iter().cloned().collect()),
        env_error: environment
            .and_then(|environment| environment.miss.as_ref())
            .map(Fault::of),
        start: process.start,
        cgroup: process.cgroup.clone(),
        pidns: process.pidns.clone(),
        place: Some(place_word(process.place).to_owned()),
        mounts: Some(translations.into_iter().flatten().map(mount).collect()),
        mounts_partial: true,
        error: process.error.clone(),
    }
}

/// Lets `fill` make something beside `dest`, and moves it there when it is whole.
fn whole(dest: &Path, fill: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), Flaw> {
    let name = dest
        .file_name()
        .ok_or_else(|| Flaw::invalid("node.json", "the destination has no name"))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.partial", std::process::id()));
    let beside = dest.with_file_name(hidden);
    let result = fill(&beside).and_then(|()| fs::rename(&beside, dest));
    result.map_err(|error| {
        // Best effort: the error that matters is the first one.
        let _ = if beside.is_dir() {
            fs::remove_dir_all(&beside)
        } else {
            fs::remove_file(&beside)
        };
        Flaw::io(&name.to_string_lossy(), error)
    })
}

fn directory(path: &Path, files: &BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder.create(path)?;
    builder.recursive(true);
    for (name, bytes) in files {
        let file: PathBuf = path.join(name);
        if name.ends_with('/') {
            builder.create(&file)?;
            continue;
        }
        if let Some(parent) = file.parent() {
            builder.create(parent)?;
        }
        create(&file)?.write_all(bytes)?;
    }
    Ok(())
}

fn archive(path: &Path, files: &BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    let mut encoder = zstd::Encoder::new(create(path)?, LEVEL)?;
    encoder.include_checksum(true)?;
    let mut tar = tar::Builder::new(encoder);
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        let is_folder = name.ends_with('/');
        header.set_entry_type(if is_folder {
            tar::EntryType::Directory
        } else {
            tar::EntryType::Regular
        });
        header.set_mode(if is_folder { 0o700 } else { 0o600 });
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        tar.append_data(&mut header, name, bytes.as_slice())?;
    }
    let file = tar.into_inner()?.finish()?;
    file.sync_all()
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}
