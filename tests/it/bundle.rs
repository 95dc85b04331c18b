//! Bundles and the store: what is packed comes out the same, what is imported
//! is scanned, and whatever is wrong with a bundle leaves the store as it was.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::guests::{self, Guest};
use xtask::sys::sha256;

use crate::harness::{NOW, Ran, Record, cis, cisb, node, run, workspace};

/// A folder with a store to be, and whatever a test puts beside it.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.at(name).to_str().unwrap().to_owned()
    }

    /// Runs `cisb`; what begins with `@` is a file of this folder.
    fn cisb(&self, words: &[&str]) -> Ran {
        let words = words.iter().map(|word| match word.strip_prefix('@') {
            Some(name) => self.text(name),
            None => (*word).to_owned(),
        });
        cisb(words)
    }

    fn done(&self, words: &[&str]) -> Ran {
        let ran = self.cisb(words);
        assert_eq!(ran.code, 0, "{words:?}: {ran:?}");
        ran
    }

    /// A small profile with this id and epoch.
    fn profile(&self, id: &str, epoch: u64) -> PathBuf {
        let honest = guests::list(workspace()).unwrap();
        let honest = honest.iter().find(|guest| guest.name == "honest").unwrap();
        let version = format!("{epoch}.0.0");
        let manifest = json!({"id": id, "epoch": epoch, "version": version});
        let guest = Guest {
            name: id.to_owned(),
            text: format!("{}\n;;! {manifest}\n", honest.text),
        };
        guests::write(workspace(), self.folder.path(), &guest).unwrap()
    }

    fn key(&self, name: &str) {
        self.done(&["key", "generate", "-o", &format!("@{name}.key")]);
    }

    fn sign(&self, profile: &str, key: &str) {
        let (profile, key) = (format!("@{profile}.wasm"), format!("@{key}.key"));
        self.done(&["profile", "sign", &profile, "--key", &key]);
    }

    /// A policy that believes a key.
    fn trust(&self, key: &str, role: &str) {
        let file = format!("@{key}.pub");
        let words = ["key", "trust", &file, "--name", key, "--role", role];
        self.done(&[&words[..], &["--trust", "@trust.toml"]].concat());
    }

    fn pack(&self, bundle: &str, profiles: &[&str]) -> Vec<Entry> {
        let profiles = profiles.iter().map(|id| format!("@{id}.wasm"));
        let profiles: Vec<String> = profiles.collect();
        let bundle_at = format!("@{bundle}");
        let mut words = vec!["bundle", "create", "-o", &bundle_at];
        words.extend(profiles.iter().map(String::as_str));
        self.done(&words);
        entries(&fs::read(self.at(bundle)).unwrap())
    }

    fn import(&self, bundle: &str, more: &[&str]) -> Ran {
        let bundle = format!("@{bundle}");
        let words = ["bundle", "import", &bundle, "--store", "@store"];
        self.cisb(&[&words[..], more].concat())
    }

    /// Everything that is there: names, and of files what is in them.
    fn all(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        fn of(folder: &Path, all: &mut BTreeMap<PathBuf, Option<Vec<u8>>>) {
            for entry in folder.read_dir().unwrap() {
                let path = entry.unwrap().path();
                let kind = path.symlink_metadata().unwrap().file_type();
                if kind.is_dir() {
                    of(&path, all);
                    all.insert(path, None);
                } else {
                    let is = if kind.is_file() {
                        fs::read(&path).unwrap()
                    } else {
                        Vec::new()
                    };
                    all.insert(path, Some(is));
                }
            }
        }
        let mut all = BTreeMap::new();
        of(self.folder.path(), &mut all);
        all
    }

    /// That a bundle is refused for this, by `verify` and by `import`, and that
    /// nothing comes of it.
    #[track_caller]
    fn refused(&self, bytes: &[u8], code: &str, words: &str) {
        fs::write(self.at("bad.cisbb"), bytes).unwrap();
        let before = self.all();
        for ran in [
            self.cisb(&["bundle", "verify", "@bad.cisbb"]),
            self.cisb(&["bundle", "inspect", "@bad.cisbb"]),
            self.import("bad.cisbb", &[]),
        ] {
            assert_eq!(ran.code, 3, "{code}: {ran:?}");
            assert!(
                ran.err.contains(&format!("[{code}]")),
                "{code}: {}",
                ran.err
            );
            assert!(ran.err.contains(words), "{words}: {}", ran.err);
            assert!(ran.err.contains("bad.cisbb is refused"), "{}", ran.err);
        }
        assert_eq!(before, self.all(), "{code}: something was written");
    }
}

/// An entry of a tar.
#[derive(Clone)]
struct Entry {
    name: String,
    kind: u8,
    link: String,
    bytes: Vec<u8>,
}

impl Entry {
    fn file(name: &str, bytes: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            kind: b'0',
            link: String::new(),
            bytes: bytes.to_vec(),
        }
    }

    fn odd(name: &str, kind: u8, link: &str) -> Self {
        let link = link.to_owned();
        Self {
            kind,
            link,
            ..Self::file(name, b"")
        }
    }

    fn blob(bytes: &[u8]) -> Self {
        Self::file(&format!("blobs/sha256/{}", sha256(bytes)), bytes)
    }

    /// Header and content, whatever nonsense they are.
    fn tar(&self, size: u64) -> Vec<u8> {
        let mut block = [0_u8; 512];
        let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
        put(0, self.name.as_bytes());
        put(100, b"0000644\0");
        put(108, b"0000000\0");
        put(116, b"0000000\0");
        put(124, format!("{size:011o}\0").as_bytes());
        put(136, b"00000000000\0");
        put(148, b"        ");
        put(156, &[self.kind]);
        put(157, self.link.as_bytes());
        put(257, b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let mut all = block.to_vec();
        all.extend(&self.bytes);
        all.resize(all.len().next_multiple_of(512), 0);
        all
    }
}

fn entries(tar: &[u8]) -> Vec<Entry> {
    let mut archive = tar::Archive::new(tar);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        Entry::file(&name, &bytes)
    });
    entries.collect()
}

fn body(entries: &[Entry]) -> Vec<u8> {
    let all = entries.iter().flat_map(|it| it.tar(it.bytes.len() as u64));
    all.collect()
}

fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut all = body(entries);
    all.resize(all.len() + 1024, 0);
    all
}

fn with(entries: &[Entry], more: Entry) -> Vec<u8> {
    tar(&[entries, &[more]].concat())
}

/// The bundle with another index.
fn indexed(entries: &[Entry], change: impl Fn(&mut Value)) -> Vec<u8> {
    let mut entries = entries.to_vec();
    let index = entries
        .iter_mut()
        .find(|it| it.name == "index.json")
        .unwrap();
    let mut json: Value = serde_json::from_slice(&index.bytes).unwrap();
    change(&mut json);
    index.bytes = json.to_string().into_bytes();
    tar(&entries)
}

/// The bundle with another manifest of its first profile, by its right digest.
fn labelled(entries: &[Entry], change: impl Fn(&mut Value)) -> Vec<u8> {
    let mut entries = entries.to_vec();
    let index = entries
        .iter()
        .position(|it| it.name == "index.json")
        .unwrap();
    let mut json: Value = serde_json::from_slice(&entries[index].bytes).unwrap();
    let digest = json["manifests"][0]["digest"].as_str().unwrap();
    let name = digest.replace("sha256:", "blobs/sha256/");
    let manifest = entries.iter_mut().find(|it| it.name == name).unwrap();
    let mut inner: Value = serde_json::from_slice(&manifest.bytes).unwrap();
    change(&mut inner);
    *manifest = Entry::blob(inner.to_string().as_bytes());
    json["manifests"][0]["digest"] = format!("sha256:{}", sha256(&manifest.bytes)).into();
    json["manifests"][0]["size"] = manifest.bytes.len().into();
    entries[index].bytes = json.to_string().into_bytes();
    tar(&entries)
}

fn component(entries: &[Entry]) -> usize {
    let is = |it: &Entry| it.bytes.starts_with(b"\0asm");
    entries.iter().position(is).unwrap()
}

#[test]
fn the_same_profiles_make_the_same_bytes() {
    let desk = Desk::new();
    desk.profile("a", 1);
    desk.profile("b", 1);
    desk.key("vendor");
    desk.sign("a", "vendor");
    fs::write(desk.at("sbom.json"), r#"{"bomFormat":"CycloneDX"}"#).unwrap();
    let make = |name: &str, profiles: [&str; 2]| {
        let output = format!("@{name}");
        let words = ["bundle", "create", "-o", &output, profiles[0], profiles[1]];
        let more = ["--sbom", "@sbom.json", "--suggest", "vendor=@vendor.pub"];
        let more =
            more.map(|word| word.replace("=@", &format!("={}/", desk.folder.path().display())));
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        desk.done(&[&words[..], &more].concat());
        fs::read(desk.at(name)).unwrap()
    };
    let one = make("one.cisbb", ["@a.wasm", "@b.wasm"]);
    fs::create_dir(desk.at("elsewhere")).unwrap();
    for file in ["a.wasm", "a.wasm.dsse.json", "b.wasm"] {
        fs::copy(desk.at(file), desk.at("elsewhere").join(file)).unwrap();
    }
    let two = make("two.cisbb", ["@elsewhere/b.wasm", "@elsewhere/a.wasm"]);
    assert_eq!(one, two);
    let names: Vec<String> = entries(&one).into_iter().map(|it| it.name).collect();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(names, sorted);
    // A tar that every tool lists, without a name of whoever made it.
    let listed = run(&["tar".into(), "tvf".into(), desk.text("one.cisbb")]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    for line in listed.out.lines() {
        assert!(line.starts_with("-rw-r--r-- 0/0 "), "{line}");
        assert!(line.contains(" 1970-01-01 "), "{line}");
    }
}

#[test]
fn every_blob_is_what_its_layout_says() {
    let desk = Desk::new();
    desk.profile("a", 3);
    desk.key("vendor");
    desk.sign("a", "vendor");
    let all = desk.pack("a.cisbb", &["a"]);
    let blob = |of: &Value| -> Vec<u8> {
        let name = of["digest"]
            .as_str()
            .unwrap()
            .replace("sha256:", "blobs/sha256/");
        let entry = all.iter().find(|it| it.name == name).unwrap();
        assert_eq!(of["size"], entry.bytes.len());
        entry.bytes.clone()
    };
    let json = |of: &Value| -> Value { serde_json::from_slice(&blob(of)).unwrap() };
    let find = |name: &str| &all.iter().find(|it| it.name == name).unwrap().bytes;
    let layout: Value = serde_json::from_slice(find("oci-layout")).unwrap();
    assert_eq!(layout, json!({"imageLayoutVersion": "1.0.0"}));
    let index: Value = serde_json::from_slice(find("index.json")).unwrap();
    assert_eq!(
        index["mediaType"],
        "application/vnd.oci.image.index.v1+json"
    );
    let entry = &index["manifests"][0];
    assert_eq!(
        entry["annotations"]["org.opencontainers.image.ref.name"],
        "a"
    );
    let manifest = json(entry);
    assert_eq!(manifest["artifactType"], "application/vnd.cisb.profile.v1");
    assert_eq!(
        manifest["config"]["mediaType"],
        "application/vnd.wasm.config.v0+json"
    );
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    assert_eq!(manifest["annotations"]["dev.cisb.profile.epoch"], "3");
    assert_eq!(
        blob(&manifest["layers"][0]),
        fs::read(desk.at("a.wasm")).unwrap()
    );
    let config = json(&manifest["config"]);
    assert_eq!(
        config["layerDigests"],
        json!([manifest["layers"][0]["digest"]])
    );
    let signed = json(&index["manifests"][1]);
    assert_eq!(signed["subject"]["digest"], entry["digest"]);
    assert_eq!(
        signed["artifactType"],
        "application/vnd.dsse.envelope.v1+json"
    );
    let envelope = fs::read(desk.at("a.wasm.dsse.json")).unwrap();
    assert_eq!(blob(&signed["layers"][0]), envelope);
    assert_eq!(blob(&signed["config"]), b"{}");
}

#[test]
fn what_is_imported_is_found_by_its_id() {
    let desk = Desk::new();
    let words = [
        "bundle",
        "create",
        "-o",
        "@cis.cisbb",
        cis().to_str().unwrap(),
    ]
    .map(str::to_owned);
    desk.done(&words.each_ref().map(String::as_str));
    let ran = desk.import("cis.cisbb", &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.starts_with("new            cis-1.10 "),
        "{}",
        ran.out
    );
    let record = node("kubeadm-control-plane");
    let record = record.to_str().unwrap();
    let scan = [
        "scan", "--node", record, "--now", NOW, "--format", "json", "--store", "@store",
    ];
    let named = desk.cisb(&[&scan[..], &["--profile", "cis-1.10"]].concat());
    assert_eq!(named.code, 1, "{}", named.err);
    let report = named.report();
    assert_eq!(report["profiles"][0]["id"], "cis-1.10");
    // The same findings as from the file.
    let file = crate::harness::scan(&cis(), Path::new(record), &[]).report();
    assert_eq!(report["findings"], file["findings"]);
    // Without a name, what fits the node is found there.
    let found = desk.cisb(&scan).report();
    assert_eq!(found["profiles"][0]["id"], "cis-1.10");
    let listed = desk.done(&["profile", "list", "--store", "@store", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(
        listed[0]["from"].as_str().unwrap(),
        desk.at("store").canonicalize().unwrap().to_str().unwrap()
    );
    desk.done(&["profile", "inspect", "cis-1.10", "--store", "@store"]);
    // A folder that is named alone is looked at alone.
    fs::create_dir(desk.at("folder")).unwrap();
    let ran = desk.cisb(&["profile", "inspect", "cis-1.10", "--profiles", "@folder"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    // The lock pins what is in the store.
    desk.done(&["lock", "--store", "@store", "--lock", "@cisb.lock"]);
    let locked = ["--profile", "cis-1.10", "--locked", "--lock", "@cisb.lock"];
    let locked = desk.cisb(&[&scan[..], &locked].concat());
    assert_eq!(locked.code, 1, "{}", locked.err);
    // The settings name a store, too.
    fs::write(desk.at("cisb.toml"), "store = \"store\"\n").unwrap();
    let ran = desk.done(&["profile", "list", "--config", "@cisb.toml"]);
    assert!(ran.out.contains("cis-1.10 "), "{}", ran.out);

    let ran = desk.done(&["profile", "remove", "cis-1.10", "--store", "@store"]);
    assert!(ran.out.contains("removed  cis-1.10 "), "{}", ran.out);
    assert_eq!(
        fs::read_dir(desk.at("store/blobs/sha256")).unwrap().count(),
        0
    );
    let ran = desk.cisb(&["profile", "remove", "cis-1.10", "--store", "@store"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("has no profile cis-1.10; there is none"),
        "{}",
        ran.err
    );
    let ran = desk.cisb(&["profile", "inspect", "cis-1.10", "--store", "@missing"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("there is no store at"), "{}", ran.err);
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    let desk = Desk::new();
    desk.profile("a", 1);
    let good = desk.pack("a.cisbb", &["a"]);
    let digest = sha256(b"x");
    for name in [
        "../escaped".to_owned(),
        "/tmp/escaped".to_owned(),
        "blobs/sha256/../../escaped".to_owned(),
        format!("./blobs/sha256/{digest}"),
        format!("blobs/sha256/{}", digest.to_uppercase()),
        format!("blobs/sha512/{digest}"),
        format!("blobs/sha256/{digest}/"),
        "index.json ".to_owned(),
        "manifest.json".to_owned(),
        String::new(),
    ] {
        let bad = with(&good, Entry::file(&name, b"x"));
        desk.refused(&bad, "bundle-name", "it holds an entry `");
    }
}

#[test]
fn what_is_no_plain_file_is_refused() {
    let desk = Desk::new();
    desk.profile("a", 1);
    let good = desk.pack("a.cisbb", &["a"]);
    let name = format!("blobs/sha256/{}", sha256(b"x"));
    for (kind, link, words) in [
        (b'1', "/etc/passwd", "a hard link"),
        (b'2', "/etc/passwd", "a link"),
        (b'3', "", "a device"),
        (b'4', "", "a device"),
        (b'5', "", "a directory"),
        (b'6', "", "a pipe"),
        (b'7', "", "no plain file"),
        (b'L', "", "a long name"),
        (b'K', "", "a long name"),
        (b'S', "", "a file with holes"),
        (b'x', "", "an extended header"),
        (b'g', "", "an extended header"),
        (b'0', "/etc/passwd", "a file that names another"),
    ] {
        // First and last: nothing that came before it stays.
        let odd = Entry::odd(&name, kind, link);
        desk.refused(&with(&good, odd.clone()), "bundle-entry", words);
        let first = [&[odd], &good[..]].concat();
        desk.refused(&tar(&first), "bundle-entry", words);
    }
}

#[test]
fn a_name_twice_is_refused() {
    let desk = Desk::new();
    desk.profile("a", 1);
    let good = desk.pack("a.cisbb", &["a"]);
    for name in ["index.json", "oci-layout", &good[0].name] {
        let again = good.iter().find(|it| it.name == *name).unwrap().clone();
        desk.refused(&with(&good, again), "bundle-twice", "twice");
    }
}

#[test]
fn more_than_is_read_is_refused() {
    let desk = Desk::new();
    desk.profile("a", 1);
    let good = desk.pack("a.cisbb", &["a"]);
    // One that says it is large, with nothing behind it.
    let large = Entry::file(&format!("blobs/sha256/{}", sha256(b"x")), b"");
    let bad = [body(&good), large.tar((32 << 20) + 1)].concat();
    desk.refused(&bad, "bundle-too-large", "at most 33554432 are read");
    let huge = Entry::file("index.json", b"");
    desk.refused(
        &huge.tar((1 << 20) + 1),
        "bundle-too-large",
        "at most 1048576 are read",
    );
    // Very many small ones.
    let many: Vec<Entry> = (0..2049_u32)
        .map(|it| Entry::blob(&it.to_be_bytes()))
        .collect();
    desk.refused(&tar(&many), "bundle-too-large", "more than 2048 blobs");
    // Deep JSON does not end in a deep stack.
    let mut deep = good.clone();
    let index = deep.iter_mut().find(|it| it.name == "index.json").unwrap();
    index.bytes = "[".repeat(500_000).into_bytes();
    desk.refused(&tar(&deep), "not-a-bundle", "index.json is not understood");
}

#[test]
fn a_bomb_of_full_blobs_is_refused() {
    let desk = Desk::new();
    let full = 32 << 20;
    let mut bytes = Vec::new();
    let mut content = vec![0_u8; full];
    for at in 0..9_u8 {
        content[0] = at;
        bytes.extend(Entry::blob(&content).tar(full as u64));
    }
    desk.refused(&bytes, "bundle-too-large", "at most 268435456 are read");
}

#[test]
fn what_was_changed_on_its_way_is_refused() {
    let desk = Desk::new();
    desk.profile("a", 1);
    let good = desk.pack("a.cisbb", &["a"]);
    let whole = tar(&good);
    let mut bad = good.clone();
    let at = component(&bad);
    bad[at].bytes[100] ^= 1;
    desk.refused(&tar(&bad), "bundle-digest", "it was changed on its way");
    // Cut off: between entries, inside one, in its header, before the end.
    let first = good[0].tar(good[0].bytes.len() as u64).len();
    for end in [
        0,
        100,
        first,
        first + 100,
        first + 600,
        whole.len() - 1024,
        whole.len() - 512,
    ] {
        desk.refused(&whole[..end], "bundle-cut", "it ends in the middle of");
    }
    for more in [&b"x"[..], &[1; 512], &vec![0; (1 << 20) + 1]] {
        let long = [&whole[..], more].concat();
        desk.refused(&long, "bundle-trailing", "something follows its end");
    }
    // Something hides in what fills the last block of an entry.
    let mut hidden = whole.clone();
    let used = 512 + good[0].bytes.len();
    hidden[used] = 1;
    desk.refused(&hidden, "bundle-trailing", "something follows its end");
    let mut header = whole;
    header[0] ^= 1;
    desk.refused(&header, "not-a-bundle", "it is no tar, or was damaged");
    desk.refused(
        &[b'x'; 2048],
        "not-a-bundle",
        "it is no tar, or was damaged",
    );
}

#[test]
fn a_blob_that_nothing_names_or_that_is_missing_is_refused() {
    let desk = Desk::new();
    desk.profile("a", 1);
    desk.profile("b", 1);
    let good = desk.pack("a.cisbb", &["a", "b"]);
    let extra = with(&good, Entry::blob(b"a stowaway"));
    desk.refused(&extra, "bundle-extra", "belongs to no profile");
    for (at, entry) in good.iter().enumerate() {
        let mut less = good.clone();
        less.remove(at);
        let code = match entry.name.starts_with("blobs/") {
            true => "bundle-missing",
            false => "not-a-bundle",
        };
        desk.refused(&tar(&less), code, "");
    }
}

/// A code, words, and what is changed.
type Case = (&'static str, &'static str, fn(&mut Value));

#[test]
fn an_index_that_says_something_else_is_refused() {
    let desk = Desk::new();
    desk.profile("a", 1);
    let good = desk.pack("a.cisbb", &["a"]);
    let cases: [Case; 9] = [
        ("not-a-bundle", "it names a manifest twice", |index| {
            let again = index["manifests"][0].clone();
            index["manifests"].as_array_mut().unwrap().push(again);
        }),
        ("not-a-bundle", "it names no profile", |index| {
            index["manifests"] = json!([])
        }),
        ("not-a-bundle", "schema version 1", |index| {
            index["schemaVersion"] = 1.into()
        }),
        ("not-a-bundle", "is expected", |index| {
            index["mediaType"] = "text/plain".into()
        }),
        ("not-a-bundle", "is expected", |index| {
            index["manifests"][0]["mediaType"] = "application/vnd.oci.image.index.v1+json".into();
        }),
        ("bundle-digest", "bytes, and 1 are named", |index| {
            index["manifests"][0]["size"] = 1.into()
        }),
        ("bundle-missing", "is named and not there", |index| {
            index["manifests"][0]["digest"] = "sha256:../../../etc/passwd".into();
        }),
        ("bundle-missing", "is named and not there", |index| {
            index["manifests"][0]["digest"] = format!("sha512:{}", sha256(b"x")).into();
        }),
        ("bundle-too-large", "at most", |index| {
            index["manifests"][0]["size"] = u64::MAX.into()
        }),
    ];
    for (code, words, change) in cases {
        desk.refused(&indexed(&good, change), code, words);
    }
    let cases: [Case; 5] = [
        ("not-a-bundle", "it is about `something`", |m| {
            m["artifactType"] = "something".into()
        }),
        ("not-a-bundle", "it holds 0 files", |m| {
            m["layers"] = json!([])
        }),
        ("not-a-bundle", "it has no label", |m| {
            m["annotations"] = json!({})
        }),
        ("not-a-bundle", "is expected", |m| {
            m["layers"][0]["mediaType"] = "text/plain".into()
        }),
        ("not-a-bundle", "not about another", |m| {
            m["subject"] = m["config"].clone()
        }),
    ];
    for (code, words, change) in cases {
        desk.refused(&labelled(&good, change), code, words);
    }
    let mut other = good.clone();
    let layout = other.iter_mut().find(|it| it.name == "oci-layout").unwrap();
    layout.bytes = br#"{"imageLayoutVersion":"2.0.0"}"#.to_vec();
    desk.refused(&tar(&other), "not-a-bundle", "of another version");
}

#[test]
fn labels_that_are_not_the_component_s_are_refused() {
    let desk = Desk::new();
    desk.profile("a", 1);
    let good = desk.pack("a.cisbb", &["a"]);
    for (label, value) in [
        ("id", "b"),
        ("version", "9.9.9"),
        ("epoch", "9"),
        ("manifest", "x"),
        ("capabilities", "x"),
    ] {
        let key = format!("dev.cisb.profile.{label}");
        let bad = labelled(&good, |manifest| {
            manifest["annotations"][&key] = value.into()
        });
        fs::write(desk.at("bad.cisbb"), bad).unwrap();
        let before = desk.all();
        for ran in [
            desk.import("bad.cisbb", &[]),
            desk.cisb(&["bundle", "verify", "@bad.cisbb"]),
        ] {
            assert_eq!(ran.code, 3, "{label}: {ran:?}");
            assert!(ran.err.contains("[bundle-labels]"), "{}", ran.err);
        }
        assert_eq!(before, desk.all());
        let seen = desk.done(&["bundle", "inspect", "@bad.cisbb"]);
        assert!(seen.out.contains("[bundle-labels]"), "{}", seen.out);
    }
}

#[test]
fn one_bad_profile_keeps_all_out() {
    let desk = Desk::new();
    desk.key("vendor");
    desk.key("stranger");
    desk.trust("vendor", "publisher");
    desk.profile("good", 1);
    desk.sign("good", "vendor");
    desk.pack("good.cisbb", &["good"]);
    let trust = ["--trust", "@trust.toml"];
    for (id, key, code) in [
        ("unsigned", "", "unsigned"),
        ("strange", "stranger", "unknown-key"),
    ] {
        desk.profile(id, 1);
        if !key.is_empty() {
            desk.sign(id, key);
        }
        desk.pack("two.cisbb", &["good", id]);
        let before = desk.all();
        let ran = desk.import("two.cisbb", &trust);
        assert_eq!(ran.code, 3, "{}", ran.err);
        assert!(ran.err.contains(&format!("{id} in ")), "{}", ran.err);
        assert!(ran.err.contains(&format!("[{code}]")), "{}", ran.err);
        assert!(ran.err.contains("nothing was imported"), "{}", ran.err);
        assert!(ran.out.is_empty(), "{}", ran.out);
        assert_eq!(before, desk.all());
        let words = ["bundle", "verify", "@two.cisbb"];
        let ran = desk.cisb(&[&words[..], &trust].concat());
        assert_eq!(ran.code, 3);
        assert!(ran.err.contains(&format!("[{code}]")), "{}", ran.err);
        assert!(
            ran.out
                .contains("good 1.0.0 (epoch 1) may run: vendor (publisher)"),
            "{}",
            ran.out
        );
    }
    assert_eq!(desk.import("good.cisbb", &trust).code, 0);
    // A store that is there stays as it is.
    let before = desk.all();
    assert_eq!(desk.import("two.cisbb", &trust).code, 3);
    assert_eq!(before, desk.all());
    // A component that is none is refused without any policy.
    fs::write(desk.at("junk.wasm"), "junk").unwrap();
    let ran = desk.cisb(&["bundle", "create", "-o", "@junk.cisbb", "@junk.wasm"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(!desk.at("junk.cisbb").exists());
}

#[test]
fn an_older_epoch_is_refused_until_it_is_asked_for() {
    let desk = Desk::new();
    for (epoch, bundle) in [(2, "two.cisbb"), (1, "one.cisbb")] {
        desk.profile("p", epoch);
        desk.pack(bundle, &["p"]);
    }
    assert_eq!(desk.import("two.cisbb", &[]).code, 0);
    let before = desk.all();
    let ran = desk.import("one.cisbb", &[]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("[older-than-stored]"), "{}", ran.err);
    assert!(ran.err.contains("--allow-older goes back"), "{}", ran.err);
    assert_eq!(before, desk.all());
    let ran = desk.import("one.cisbb", &["--allow-older"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.contains("replaced       p 1.0.0 (epoch 1)"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("instead of   p 2.0.0 (epoch 2)"),
        "{}",
        ran.out
    );
    // Nothing of what was replaced stays.
    let blobs = fs::read_dir(desk.at("store/blobs/sha256")).unwrap().count();
    assert_eq!(blobs, 3);
    assert_eq!(desk.import("two.cisbb", &[]).code, 0);
}

#[test]
fn a_countersignature_is_added_and_never_lost() {
    let desk = Desk::new();
    for key in ["vendor", "site"] {
        desk.key(key);
        desk.trust(key, "publisher");
    }
    desk.profile("p", 1);
    desk.sign("p", "vendor");
    desk.pack("vendor.cisbb", &["p"]);
    fs::remove_file(desk.at("p.wasm.dsse.json")).unwrap();
    desk.sign("p", "site");
    desk.pack("site.cisbb", &["p"]);
    let trust = ["--trust", "@trust.toml"];
    let signers = || {
        let words = ["profile", "verify", "p", "--store", "@store"];
        desk.done(&[&words[..], &trust].concat()).out
    };
    assert!(desk.import("vendor.cisbb", &trust).out.starts_with("new "));
    assert!(!signers().contains("site (publisher)"));
    let ran = desk.import("site.cisbb", &trust);
    assert!(ran.out.starts_with("countersigned  p 1.0.0"), "{ran:?}");
    for bundle in ["vendor.cisbb", "site.cisbb"] {
        let both = signers();
        assert!(
            both.contains("vendor (publisher)") && both.contains("site (publisher)"),
            "{both}"
        );
        let ran = desk.import(bundle, &trust);
        assert!(ran.out.starts_with("there already  p 1.0.0"), "{ran:?}");
    }
    // The same in the store, without a bundle.
    desk.key("reviewer");
    desk.trust("reviewer", "publisher");
    let words = [
        "profile",
        "sign",
        "p",
        "--store",
        "@store",
        "--key",
        "@reviewer.key",
    ];
    let ran = desk.done(&words);
    assert!(
        ran.out.contains("signatures    3 in the store"),
        "{}",
        ran.out
    );
    assert!(signers().contains("reviewer (publisher)"));
    // And from there into a bundle again.
    desk.done(&[
        "bundle",
        "create",
        "-o",
        "@all.cisbb",
        "p",
        "--store",
        "@store",
    ]);
    let ran = desk.done(&["bundle", "verify", "@all.cisbb", "--trust", "@trust.toml"]);
    for name in [
        "vendor (publisher)",
        "site (publisher)",
        "reviewer (publisher)",
    ] {
        assert!(ran.out.contains(name), "{}", ran.out);
    }
}

#[test]
fn a_bundle_says_what_it_holds_and_what_that_is_worth() {
    let desk = Desk::new();
    desk.key("vendor");
    desk.key("site");
    desk.trust("site", "reviewer");
    desk.profile("p", 1);
    desk.sign("p", "vendor");
    fs::write(desk.at("sbom.json"), r#"{"bomFormat":"CycloneDX"}"#).unwrap();
    let suggest = format!("vendor:reviewer={}", desk.text("vendor.pub"));
    let sbom = format!("p={}", desk.text("sbom.json"));
    let words = ["bundle", "create", "-o", "@it.cisbb", "@p.wasm"];
    desk.done(&[&words[..], &["--suggest", &suggest, "--sbom", &sbom]].concat());
    let look = |more: &[&str]| {
        let words = ["bundle", "inspect", "@it.cisbb", "--trust", "@trust.toml"];
        desk.done(&[&words[..], more].concat()).out
    };
    let text = look(&[]);
    for part in [
        "p 1.0.0 (epoch 1)",
        "the suggested key vendor, which the trust policy does",
        "[unknown-key]",
        "vendor (reviewer) sha256:",
        "cisb key trust vendor.pub --name vendor --role reviewer",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json: Value = serde_json::from_str(&look(&["--format", "json"])).unwrap();
    let profile = &json["profiles"][0];
    assert_eq!(profile["signatures"][0]["believed"], false);
    assert_eq!(profile["refused"]["code"], "unknown-key");
    assert_eq!(profile["component"]["id"], "p");
    let sbom = sha256(&fs::read(desk.at("sbom.json")).unwrap());
    assert_eq!(profile["sbom"], format!("sha256:{sbom}"));
    // The commands do what they say, and nothing did it before.
    let key = &json["suggestedKeys"][0];
    let commands: Vec<&str> = key["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    let program = workspace().cisb();
    let script = format!(
        "cd {} && {} && {} --trust trust.toml",
        desk.folder.path().display(),
        commands[0].replace("vendor.pub", "taken.pub"),
        commands[1].replace("vendor.pub", "taken.pub").replacen(
            "cisb",
            program.to_str().unwrap(),
            1
        ),
    );
    let ran = run(&["sh".to_owned(), "-c".to_owned(), script]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains(key["id"].as_str().unwrap()), "{}", ran.out);
    let json: Value = serde_json::from_str(&look(&["--format", "json"])).unwrap();
    assert_eq!(json["profiles"][0]["signatures"][0]["believed"], true);
    assert_eq!(json["suggestedKeys"][0]["commands"], json!([]));
    assert!(look(&[]).contains("it may run"));
    // What is wrong with the flags is said.
    for (more, words) in [
        (["--suggest", "vendor=@missing.pub"], "cannot open"),
        (["--suggest", "a b=x"], "its name is letters"),
        (
            ["--suggest", "a:king=x"],
            "its role is one of publisher, reviewer, site",
        ),
        (["--sbom", "q=@sbom.json"], "--sbom is for q"),
        (["--sbom", "@p.wasm"], "is no JSON"),
    ] {
        let place = format!("{}/", desk.folder.path().display());
        let more = more.map(|word| word.replace('@', &place));
        let words_of = [
            "bundle",
            "create",
            "-o",
            "@no.cisbb",
            "@p.wasm",
            &more[0],
            &more[1],
        ];
        let ran = desk.cisb(&words_of);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
        assert!(!desk.at("no.cisbb").exists());
    }
}

#[test]
fn a_signature_for_other_bytes_is_not_packed() {
    let desk = Desk::new();
    desk.key("vendor");
    desk.profile("p", 1);
    desk.sign("p", "vendor");
    desk.profile("p", 2);
    let ran = desk.cisb(&["bundle", "create", "-o", "@p.cisbb", "@p.wasm"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("[other-bytes]"), "{}", ran.err);
    assert!(!desk.at("p.cisbb").exists());
}

#[test]
fn a_signature_for_other_bytes_is_refused_without_any_policy() {
    let desk = Desk::new();
    desk.key("vendor");
    desk.profile("p", 1);
    desk.sign("p", "vendor");
    let one = fs::read(desk.at("p.wasm.dsse.json")).unwrap();
    fs::remove_file(desk.at("p.wasm.dsse.json")).unwrap();
    desk.profile("p", 2);
    desk.sign("p", "vendor");
    let good = desk.pack("p.cisbb", &["p"]);
    let two = fs::read(desk.at("p.wasm.dsse.json")).unwrap();
    for (other, code) in [(&one[..], "other-bytes"), (b"{ }", "bad-envelope")] {
        // Every digest on the way is right; only the signature is for another.
        let mut entries = good.clone();
        let at = entries.iter().position(|it| it.bytes == two).unwrap();
        let was = sha256(&two);
        entries[at] = Entry::blob(other);
        let is = sha256(other);
        let refers = entries
            .iter()
            .position(|it| {
                it.bytes.starts_with(b"{") && String::from_utf8_lossy(&it.bytes).contains(&was)
            })
            .unwrap();
        let old = sha256(&entries[refers].bytes);
        let old_size = entries[refers].bytes.len();
        let mut text: Value = serde_json::from_slice(&entries[refers].bytes).unwrap();
        text["layers"][0]["digest"] = format!("sha256:{is}").into();
        text["layers"][0]["size"] = other.len().into();
        entries[refers] = Entry::blob(text.to_string().as_bytes());
        let (new, size) = (sha256(&entries[refers].bytes), entries[refers].bytes.len());
        let bad = indexed(&entries, |index| {
            for entry in index["manifests"].as_array_mut().unwrap() {
                if entry["digest"] == format!("sha256:{old}") {
                    assert_eq!(entry["size"], old_size);
                    entry["digest"] = format!("sha256:{new}").into();
                    entry["size"] = size.into();
                }
            }
        });
        fs::write(desk.at("bad.cisbb"), bad).unwrap();
        let before = desk.all();
        for ran in [
            desk.import("bad.cisbb", &[]),
            desk.cisb(&["bundle", "verify", "@bad.cisbb"]),
        ] {
            assert_eq!(ran.code, 3, "{ran:?}");
            assert!(
                ran.err.contains(&format!("[{code}]")),
                "{code}: {}",
                ran.err
            );
        }
        assert_eq!(before, desk.all());
    }
}

#[test]
fn what_a_profile_was_made_of_stays_with_it() {
    let desk = Desk::new();
    desk.profile("p", 1);
    desk.pack("bare.cisbb", &["p"]);
    fs::write(desk.at("sbom.json"), r#"{"bomFormat":"CycloneDX"}"#).unwrap();
    let words = ["bundle", "create", "-o", "@full.cisbb", "@p.wasm"];
    desk.done(&[&words[..], &["--sbom", desk.text("sbom.json").as_str()]].concat());
    for (bundle, words) in [
        ("bare.cisbb", "new            p "),
        ("full.cisbb", "described      p "),
        ("bare.cisbb", "there already  p "),
    ] {
        let ran = desk.import(bundle, &[]);
        assert!(ran.out.starts_with(words), "{bundle}: {ran:?}");
    }
    desk.done(&[
        "bundle",
        "create",
        "-o",
        "@again.cisbb",
        "p",
        "--store",
        "@store",
    ]);
    let read = |name: &str| fs::read(desk.at(name)).unwrap();
    assert_eq!(read("again.cisbb"), read("full.cisbb"));
}

#[test]
fn a_lock_that_was_named_holds_for_an_import() {
    let desk = Desk::new();
    desk.profile("p", 1);
    desk.done(&["lock", "--profile", "@p.wasm", "--lock", "@cisb.lock"]);
    desk.pack("one.cisbb", &["p"]);
    desk.profile("p", 2);
    desk.pack("two.cisbb", &["p"]);
    let lock = ["--lock", "@cisb.lock"];
    assert_eq!(desk.import("one.cisbb", &lock).code, 0);
    let ran = desk.import("two.cisbb", &lock);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.err.contains("[lock-mismatch]"), "{}", ran.err);
    let ran = desk.cisb(&["bundle", "verify", "@two.cisbb", "--lock", "@cisb.lock"]);
    assert!(ran.err.contains("[lock-mismatch]"), "{}", ran.err);
    let ran = desk.import("one.cisbb", &["--lock", "@missing.lock", "--locked"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert_eq!(desk.import("two.cisbb", &[]).code, 0);
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_store_that_others_can_change_is_not_used() {
    let desk = Desk::new();
    desk.profile("p", 1);
    desk.pack("p.cisbb", &["p"]);
    assert_eq!(desk.import("p.cisbb", &[]).code, 0);
    let record = Record::new();
    let record = record.path().to_str().unwrap();
    let scan = [
        "scan",
        "--profile",
        "p",
        "--store",
        "@store",
        "--node",
        record,
    ];
    assert_eq!(desk.cisb(&scan).code, 0);
    for part in [
        "store",
        "store/blobs",
        "store/blobs/sha256",
        "store/index.json",
    ] {
        let path = desk.at(part);
        let mode = path.metadata().unwrap().permissions().mode();
        for wide in [0o020, 0o002] {
            chmod(&path, mode | wide);
            for ran in [desk.cisb(&scan), desk.import("p.cisbb", &[])] {
                assert_eq!(ran.code, 2, "{part}: {ran:?}");
                assert!(ran.err.contains("lets others"), "{part}: {}", ran.err);
                assert!(ran.out.is_empty());
            }
            chmod(&path, mode);
        }
    }
    // Nor one that the scanned machine brings.
    let here = desk.folder.path().to_str().unwrap();
    let ran = desk.cisb(&[
        "scan",
        "--profile",
        "p",
        "--store",
        "@store",
        "--root",
        here,
        "--static",
    ]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("lies in the scanned root"), "{}", ran.err);
}

/// In namespaces where the system's own folders are empty and this test's.
#[test]
fn the_usual_places_are_used_only_if_they_are_safe() {
    let unshare = ["unshare", "--mount", "--map-root-user"];
    let inside = "mount -t tmpfs none /usr/share && mount -t tmpfs none /var/lib";
    let may = [&unshare[..], &["sh", "-c", inside]].concat();
    if run(&may).code != 0 {
        println!("skipped: mounting is not permitted here");
        return;
    }
    let desk = Desk::new();
    desk.profile("p", 1);
    desk.profile("q", 1);
    desk.pack("p.cisbb", &["p"]);
    let (here, cisb) = (desk.folder.path().display(), workspace().cisb());
    let cisb = cisb.display();
    let script = format!(
        "set -e; umask 022; {inside}; chmod 755 /usr/share /var/lib; cd {here}
         mkdir -p /usr/share/cisb/profiles; cp q.wasm /usr/share/cisb/profiles
         {cisb} bundle import p.cisbb
         echo both; {cisb} profile list
         chmod 777 /usr/share/cisb/profiles
         echo one; {cisb} profile list
         chmod 777 /var/lib/cisb/store
         echo none; {cisb} profile list"
    );
    let ran = run(&[&unshare[..], &["sh", "-c", &script]].concat());
    assert_eq!(ran.code, 2, "{ran:?}");
    let (both, rest) = ran.out.split_once("one\n").unwrap();
    let (one, none) = rest.split_once("none\n").unwrap();
    assert!(both.contains("\np "), "{ran:?}");
    assert!(
        both.contains("\nq ") && both.contains("/var/lib/cisb/store"),
        "{ran:?}"
    );
    assert!(one.contains("\np ") && !one.contains("\nq "), "{ran:?}");
    assert!(
        ran.err
            .contains("the profiles in /usr/share/cisb/profiles are passed over"),
        "{ran:?}"
    );
    assert!(
        ran.err.contains("/var/lib/cisb/store is not trusted"),
        "{ran:?}"
    );
    assert_eq!(none, "");
}

#[test]
fn a_store_that_was_changed_is_seen_and_mended() {
    let desk = Desk::new();
    desk.profile("p", 1);
    desk.profile("q", 1);
    desk.pack("p.cisbb", &["p"]);
    desk.pack("q.cisbb", &["q"]);
    assert_eq!(desk.import("p.cisbb", &[]).code, 0);
    assert_eq!(desk.import("q.cisbb", &[]).code, 0);
    let digest = sha256(&fs::read(desk.at("p.wasm")).unwrap());
    let blob = desk.at("store/blobs/sha256").join(digest);
    let record = Record::new();
    let record = record.path().to_str().unwrap();
    let scan = [
        "scan",
        "--profile",
        "p",
        "--store",
        "@store",
        "--node",
        record,
        "--format",
        "json",
    ];
    for changed in ["swapped", ""] {
        let mut bytes = fs::read(&blob).unwrap();
        match changed {
            "" => bytes.truncate(10),
            _ => *bytes.last_mut().unwrap() ^= 1,
        }
        fs::write(&blob, bytes).unwrap();
        let ran = desk.cisb(&scan);
        assert_eq!(ran.code, 3, "{ran:?}");
        assert_eq!(ran.report()["profiles"][0]["refused"]["code"], "damaged");
        assert_eq!(desk.import("p.cisbb", &[]).code, 0);
        assert_eq!(desk.cisb(&scan).code, 0);
    }
    fs::remove_file(&blob).unwrap();
    let ran = desk.import("q.cisbb", &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("p was damaged and is gone"), "{}", ran.err);
    fs::write(desk.at("store/index.json"), "{").unwrap();
    let ran = desk.cisb(&scan);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("is damaged"), "{}", ran.err);
}

#[test]
fn what_a_killed_import_left_is_cleared() {
    let desk = Desk::new();
    desk.profile("p", 1);
    desk.pack("p.cisbb", &["p"]);
    assert_eq!(desk.import("p.cisbb", &[]).code, 0);
    let staging = desk.at("store/.staging");
    fs::create_dir(&staging).unwrap();
    fs::write(staging.join("half"), "x").unwrap();
    fs::write(
        desk.at("store/blobs/sha256").join(sha256(b"orphan")),
        "orphan",
    )
    .unwrap();
    let record = Record::new();
    let record = record.path().to_str().unwrap();
    let scan = [
        "scan",
        "--profile",
        "p",
        "--store",
        "@store",
        "--node",
        record,
    ];
    assert_eq!(desk.cisb(&scan).code, 0);
    assert_eq!(desk.import("p.cisbb", &[]).code, 0);
    assert!(!staging.exists());
    assert_eq!(
        fs::read_dir(desk.at("store/blobs/sha256")).unwrap().count(),
        3
    );
}
