//! Code that is kept between scans: used where it can be trusted, compiled anew
//! where not, and never a difference in what is found.

use std::ffi::OsStr;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use xtask::sys::sha256;

use crate::harness::{NOW, Ran, Record, cis, cisb, guest, node, profile, profiles, run, workspace};

/// A folder for a cache, in one that only we can write.
struct Cache {
    above: TempDir,
}

impl Cache {
    fn new() -> Self {
        let above = tempfile::tempdir().unwrap();
        Self { above }
    }

    /// With the code of a profile.
    fn of(profile: &Path) -> Self {
        let cache = Self::new();
        let ran = cache.warm(&[profile]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        cache
    }

    fn path(&self) -> PathBuf {
        self.above.path().join("cache")
    }

    fn key(&self) -> PathBuf {
        self.path().join("key")
    }

    fn entry(&self, profile: &Path) -> PathBuf {
        let digest = sha256(&std::fs::read(profile).unwrap());
        self.path().join(format!("{digest}.code"))
    }

    fn warm(&self, profiles: &[&Path]) -> Ran {
        let path = self.path();
        let mut words: Vec<&OsStr> = ["cache", "warm", "--cache"].map(OsStr::new).to_vec();
        words.push(path.as_os_str());
        for profile in profiles {
            words.extend([OsStr::new("--profile"), profile.as_os_str()]);
        }
        cisb(words)
    }

    fn clear(&self) -> Ran {
        cisb(["cache", "clear", "--cache", self.path().to_str().unwrap()])
    }

    fn scan(&self, profile: &Path, node: &Path, more: &[&str]) -> Ran {
        let path = self.path();
        let with = ["--cache", path.to_str().unwrap()];
        crate::harness::scan(profile, node, &[&with, more].concat())
    }

    /// A scan of a small node that has to say something of the cache, and finds
    /// the same.
    #[track_caller]
    fn is_passed_over(&self, words: &[&str]) {
        let (profile, record) = (guest("honest"), Record::new());
        let record = record.file("/etc/kubernetes/manifests/etcd.yaml", "0600", "kind: Pod\n");
        let ran = self.scan(&profile, record.path(), &["--log", "debug"]);
        let plain = crate::harness::scan(&profile, record.path(), &[]);
        assert_eq!(ran.code, plain.code);
        assert_eq!(timeless(&ran), timeless(&plain));
        assert!(!ran.err.contains(USED), "{}", ran.err);
        let warned: Vec<&str> = ran.err.lines().filter(|l| l.contains("WARN")).collect();
        assert_eq!(warned.len(), 1, "{}", ran.err);
        for word in words {
            assert!(warned[0].contains(word), "{word}: {}", warned[0]);
        }
    }
}

const USED: &str = "its compiled code is";

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A report without what a clock measured.
fn timeless(ran: &Ran) -> Value {
    let mut report = ran.report();
    for profile in report["profiles"].as_array_mut().unwrap() {
        profile["timings"] = Value::Null;
    }
    report
}

/// How much each check computed, by the log.
fn fuel(ran: &Ran) -> Vec<&str> {
    let mut lines: Vec<&str> = ran
        .err
        .lines()
        .filter_map(|l| l.split_once(" fuel"))
        .map(|l| l.0)
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_scan_uses_what_is_kept_and_finds_the_same() {
    for (id, record) in [
        ("cis-1.10", "kubeadm-control-plane"),
        ("cis-1.10", "kubeadm-worker"),
    ] {
        let (profile, record) = (profile(id), node(record));
        let cache = Cache::of(&profile);
        let kept = cache.scan(&profile, &record, &["--log", "debug"]);
        let entry = cache.entry(&profile);
        let said = format!("{id}: {USED} {}", entry.display());
        assert!(kept.err.contains(&said), "{}", kept.err);
        let compiled = crate::harness::scan(&profile, &record, &["--log", "debug"]);
        assert!(!compiled.err.contains(USED), "{}", compiled.err);
        assert_eq!(kept.code, compiled.code);
        assert_eq!(timeless(&kept), timeless(&compiled));
        // Optimised code costs what other code costs, so limits mean the same.
        assert_eq!(fuel(&kept), fuel(&compiled));
        assert!(fuel(&kept).len() > 100);
        for format in ["text", "kube-bench", "junit"] {
            let kept = cache.scan(&profile, &record, &["--format", format]);
            let compiled = crate::harness::scan(&profile, &record, &["--format", format]);
            let cut = |ran: &Ran| {
                // Text ends in the command that goes on, with the cache in it.
                let flag = format!(" --cache {}", cache.path().display());
                ran.out.replace(&flag, "")
            };
            assert_eq!(cut(&kept), cut(&compiled), "{format}");
            assert_eq!(kept.err, compiled.err, "{format}");
        }
    }
}

#[test]
fn profiles_that_misbehave_are_stopped_alike() {
    let record = Record::new();
    for name in [
        "loop-in-check",
        "loop-in-start",
        "deep-recursion",
        "memory-bomb",
        "table-bomb",
        "trap-in-one-check",
        "answer-out-of-bounds",
    ] {
        let guest = guest(name);
        let cache = Cache::of(&guest);
        let kept = cache.scan(&guest, record.path(), &["--log", "debug"]);
        assert!(kept.err.contains(USED), "{name}: {}", kept.err);
        let compiled = crate::harness::scan(&guest, record.path(), &[]);
        assert_eq!(kept.code, compiled.code, "{name}");
        assert_eq!(timeless(&kept), timeless(&compiled), "{name}");
    }
}

#[test]
fn run_and_collect_use_it_too() {
    let (profile, record) = (cis(), node("kubeadm-worker"));
    let cache = Cache::of(&profile);
    let path = cache.path();
    let words = |more: &[&str]| {
        let mut words = vec![profile.to_str().unwrap().to_owned()];
        words.extend(more.iter().map(|&word| word.to_owned()));
        words
    };
    let with = ["--log", "debug", "--cache", path.to_str().unwrap()];
    let run = |more: &[&str]| {
        let node = ["run", "--now", NOW, "--node", record.to_str().unwrap()];
        let words = [&node[..], more, &["--profile"]].concat();
        let words = words.into_iter().map(str::to_owned);
        cisb(words.chain([profile.to_str().unwrap().to_owned()]))
    };
    let kept = run(&with);
    assert!(kept.err.contains(USED), "{}", kept.err);
    assert_eq!(kept.out, run(&[]).out);

    let tree = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(tree.path().join("etc/kubernetes/manifests")).unwrap();
    let output = tree.path().join("node.tar.zst");
    let mut collect = words(&with);
    collect.splice(
        0..0,
        ["collect", "--static", "--profile"].map(str::to_owned),
    );
    for (flag, path) in [("--root", tree.path()), ("-o", &output)] {
        collect.extend([flag.to_owned(), path.to_str().unwrap().to_owned()]);
    }
    let ran = cisb(collect);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains(USED), "{}", ran.err);
}

#[test]
fn a_scan_neither_makes_nor_fills_a_cache() {
    let cache = Cache::new();
    let (profile, record) = (guest("honest"), Record::new());
    cache.is_passed_over(&["there is no cache at", "cisb cache warm --cache"]);
    assert!(!cache.path().exists());
    std::fs::create_dir(cache.path()).unwrap();
    let ran = cache.scan(&profile, record.path(), &[]);
    assert_eq!(ran.err, "", "an empty folder is nothing to warn of");
    assert_eq!(cache.path().read_dir().unwrap().count(), 0);
    // Of a profile that is not kept a line tells who asks, and nobody else.
    let cache = Cache::of(&guest("trap-in-one-check"));
    assert_eq!(cache.scan(&profile, record.path(), &[]).err, "");
    let ran = cache.scan(&profile, record.path(), &["--log", "info"]);
    assert!(ran.err.contains("cisb cache warm --cache"), "{}", ran.err);
    assert!(!cache.entry(&profile).exists());
}

#[test]
fn an_entry_that_was_changed_is_passed_over_and_replaced() {
    let guest = guest("honest");
    let cache = Cache::of(&guest);
    let entry = cache.entry(&guest);
    let good = std::fs::read(&entry).unwrap();
    let flip = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let cases: [(Vec<u8>, &str); 11] = [
        (flip(0), "no compiled code of this version"),
        (flip(14), "no compiled code of this version"),
        (flip(16), "another component"),
        (flip(48), "another version of cisb, another processor"),
        (flip(80), "bytes of code and says"),
        (flip(88), "it was changed, or written with another key"),
        (flip(120), "it was changed"),
        (flip(good.len() - 1), "it was changed"),
        (good[..good.len() - 1].to_vec(), "bytes of code and says"),
        ([&good[..], b"x"].concat(), "bytes of code and says"),
        (Vec::new(), "no compiled code of this version"),
    ];
    for (bytes, words) in cases {
        std::fs::write(&entry, bytes).unwrap();
        let name = entry.to_str().unwrap();
        cache.is_passed_over(&[name, words, "`cisb cache warm --cache"]);
        let ran = cache.warm(&[&guest]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.out.contains("compiled anew"), "{}", ran.out);
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
        let again = cache.warm(&[&guest]);
        assert!(again.out.contains("was kept already"), "{}", again.out);
    }
    let ran = cache.scan(&guest, Record::new().path(), &["--log", "debug"]);
    assert!(ran.err.contains(USED), "{}", ran.err);
}

#[test]
fn code_under_another_name_or_key_is_passed_over() {
    let (honest, other) = (guest("honest"), guest("trap-in-one-check"));
    let cache = Cache::new();
    assert_eq!(cache.warm(&[&honest, &other]).code, 0);
    std::fs::copy(cache.entry(&other), cache.entry(&honest)).unwrap();
    cache.is_passed_over(&["another component"]);
    // A key that came from elsewhere, and an entry that did.
    let cache = Cache::of(&honest);
    std::fs::write(cache.key(), [7; 32]).unwrap();
    cache.is_passed_over(&["written with another key"]);
    let (cache, elsewhere) = (Cache::of(&honest), Cache::of(&honest));
    std::fs::copy(elsewhere.entry(&honest), cache.entry(&honest)).unwrap();
    cache.is_passed_over(&["written with another key"]);
}

#[test]
fn what_others_can_write_or_read_is_passed_over() {
    let guest = guest("honest");
    let cache = Cache::of(&guest);
    let (folder, entry, key) = (cache.path(), cache.entry(&guest), cache.key());
    for (path, bits, words) in [
        (&folder, 0o777, "lets others write it: chmod go-w"),
        (&folder, 0o770, "lets others write it"),
        (&folder, 0o720, "lets others write it"),
        (&folder, 0o1777, "lets others write it"),
        (&entry, 0o666, "lets others write it"),
        (&entry, 0o620, "lets others write it"),
        (&key, 0o644, "lets others read it"),
        (&key, 0o640, "lets others read it"),
        (&key, 0o602, "lets others write it"),
    ] {
        let before = std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        mode(path, bits);
        cache.is_passed_over(&[path.to_str().unwrap(), words]);
        // What is damaged is healed; a folder or a key never is behind our back.
        let ran = cache.warm(&[&guest]);
        match *path == entry {
            true => assert!(ran.out.contains("compiled anew"), "{ran:?}"),
            false => {
                assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
                assert!(ran.err.contains(words), "{words}: {}", ran.err);
                assert!(ran.err.contains("cisb cache clear"), "{}", ran.err);
                mode(path, before);
            }
        }
        let ran = cache.scan(&guest, Record::new().path(), &["--log", "debug"]);
        assert!(ran.err.contains(USED), "{}", ran.err);
    }
    // What others can only read is no danger.
    mode(&folder, 0o755);
    mode(&entry, 0o644);
    let ran = cache.scan(&guest, Record::new().path(), &["--log", "debug"]);
    assert!(ran.err.contains(USED), "{}", ran.err);
    // A folder above it that others can write is as good as the folder.
    mode(cache.above.path(), 0o777);
    let above = cache.above.path().to_str().unwrap();
    cache.is_passed_over(&[above, "exchange what is in it"]);
    assert_eq!(cache.warm(&[&guest]).code, 2);
}

#[test]
fn links_are_not_followed() {
    let guest = guest("honest");
    let cache = Cache::of(&guest);
    let (entry, aside) = (cache.entry(&guest), cache.above.path().join("aside"));
    std::fs::rename(&entry, &aside).unwrap();
    symlink(&aside, &entry).unwrap();
    cache.is_passed_over(&[entry.to_str().unwrap(), "a symbolic link"]);
    assert!(cache.warm(&[&guest]).out.contains("a symbolic link"));
    assert!(entry.symlink_metadata().unwrap().is_file());

    std::fs::rename(cache.key(), &aside).unwrap();
    symlink(&aside, cache.key()).unwrap();
    cache.is_passed_over(&[cache.key().to_str().unwrap(), "a symbolic link"]);
    assert_eq!(cache.warm(&[&guest]).code, 2);
    std::fs::rename(&aside, cache.key()).unwrap();

    std::fs::rename(cache.path(), &aside).unwrap();
    symlink(&aside, cache.path()).unwrap();
    cache.is_passed_over(&[cache.path().to_str().unwrap(), "a symbolic link"]);
    for ran in [cache.warm(&[&guest]), cache.clear()] {
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains("a symbolic link"), "{}", ran.err);
    }
    assert_eq!(aside.read_dir().unwrap().count(), 3);
}

#[test]
fn what_belongs_to_somebody_else_is_passed_over() {
    // Only root can make something another user's.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let guest = guest("honest");
    let cache = Cache::of(&guest);
    for path in [cache.path(), cache.entry(&guest), cache.key()] {
        chown(&path, Some(12345), None).unwrap();
        cache.is_passed_over(&[path.to_str().unwrap(), "belongs to uid 12345, not to you"]);
        chown(&path, Some(0), None).unwrap();
    }
    chown(cache.above.path(), Some(12345), None).unwrap();
    cache.is_passed_over(&["belongs to uid 12345 and could be exchanged"]);
    assert_eq!(cache.warm(&[&guest]).code, 2);
}

#[test]
fn a_refused_profile_does_not_keep_the_others_from_it() {
    let cache = Cache::new();
    let (good, bad) = (guest("honest"), guest("imports-wasi"));
    let missing = cache.above.path().join("missing.wasm");
    let ran = cache.warm(&[&bad, &missing, &good]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("imports-wasi.wasm is refused"), "{ran:?}");
    assert!(ran.err.contains("missing.wasm is refused"), "{ran:?}");
    assert_eq!(ran.out.lines().count(), 1, "{ran:?}");
    assert!(cache.entry(&good).is_file() && !cache.entry(&bad).exists());
}

#[test]
fn all_that_is_installed_is_compiled_where_none_is_named() {
    let (cache, installed) = (Cache::new(), tempfile::tempdir().unwrap());
    let path = cache.path();
    let warm = || {
        let words = ["cache", "warm", "--profiles"].map(Path::new);
        cisb(
            words
                .into_iter()
                .chain([installed.path(), Path::new("--cache"), &path]),
        )
    };
    let ran = warm();
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("none is installed"), "{}", ran.err);
    assert!(!path.exists());
    for id in ["cis-1.10", "cis-1.8"] {
        std::fs::copy(profile(id), installed.path().join(format!("{id}.wasm"))).unwrap();
    }
    let ran = warm();
    assert_eq!(ran.code, 0, "{ran:?}");
    let ids: Vec<&str> = ran
        .out
        .lines()
        .filter_map(|l| l.split(' ').next())
        .collect();
    assert_eq!(ids, ["cis-1.10", "cis-1.8"]);
    // By its id, and again only what changed.
    let words = ["cache", "warm", "--profile", "cis-1.8", "--profiles"].map(Path::new);
    let folder = profiles();
    let ran = cisb(
        words
            .into_iter()
            .chain([folder.as_path(), Path::new("--cache"), &path]),
    );
    assert!(ran.out.contains("was kept already"), "{ran:?}");
}

#[test]
fn clear_removes_what_is_ours() {
    let guest = guest("honest");
    let cache = Cache::of(&guest);
    std::fs::write(cache.path().join("notes.txt"), "mine").unwrap();
    let ran = cache.clear();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("1 profile and the key"), "{}", ran.out);
    assert!(ran.err.contains("notes.txt is left"), "{}", ran.err);
    let left: Vec<_> = cache
        .path()
        .read_dir()
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left, ["notes.txt"]);
    // It is not made a cache again before somebody looked.
    let ran = cache.warm(&[&guest]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("holds notes.txt"), "{}", ran.err);
    std::fs::remove_file(cache.path().join("notes.txt")).unwrap();
    assert_eq!(cache.warm(&[&guest]).code, 0);
    std::fs::remove_dir_all(cache.path()).unwrap();
    let ran = cache.clear();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("there is no cache at"), "{}", ran.err);
}

#[test]
fn the_folder_comes_from_the_configuration_and_never_from_the_environment() {
    let guest = guest("honest");
    let cache = Cache::of(&guest);
    let record = Record::new();
    let config = cache.above.path().join("cisb.toml");
    std::fs::write(&config, "cache = \"cache\"\n").unwrap();
    let config = ["--config", config.to_str().unwrap(), "--log", "debug"];
    let ran = crate::harness::scan(&guest, record.path(), &config);
    assert!(ran.err.contains(USED), "{}", ran.err);
    let program = workspace().cisb();
    let variable = format!("CISB_CACHE={}", cache.path().display());
    let words = [
        "/usr/bin/env",
        &variable,
        program.to_str().unwrap(),
        "--log",
        "debug",
        "scan",
    ];
    let (guest, record) = (guest.to_str().unwrap(), record.path().to_str().unwrap());
    let ran = run(&[&words[..], &["--profile", guest, "--node", record]].concat());
    assert!(!ran.err.contains(USED), "{}", ran.err);
    assert!(
        ran.err.contains("CISB_CACHE is set and means nothing"),
        "{}",
        ran.err
    );
}
