//! Profiles through a registry and back: always through one that this test
//! serves itself, with the endpoints of the OCI distribution specification that
//! it takes, and through Debian's `docker-registry` where that is installed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::sys::sha256;

use crate::harness::{Ran, cis, cisb};

/// How the registry of a test behaves.
#[derive(Debug, Clone, Copy, Default)]
struct Manner {
    /// It lists by itself what refers to a manifest.
    referrers: bool,
    /// It wants the name `me` and the password `secret`.
    closed: bool,
    /// It changes a byte of each component that it sends.
    lies: bool,
    /// It sends more than a component has.
    pours: bool,
}

#[derive(Debug, Default)]
struct Held {
    /// By digest.
    blobs: BTreeMap<String, Vec<u8>>,
    /// By repository and digest, and by repository and tag: type and text.
    manifests: BTreeMap<String, (String, Vec<u8>)>,
    uploads: BTreeMap<String, Vec<u8>>,
    /// What was asked, a line each.
    asked: Vec<String>,
}

/// A registry on a port of this machine, for as long as the test runs.
struct Registry {
    host: String,
    held: Arc<Mutex<Held>>,
}

impl Registry {
    fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let held = Arc::new(Mutex::new(Held::default()));
        let kept = Arc::clone(&held);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || serve(stream.unwrap(), manner, &kept));
            }
        });
        Self { host, held }
    }

    fn asked(&self) -> Vec<String> {
        self.held.lock().unwrap().asked.clone()
    }
}

/// What is asked.
struct Asked {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

fn ask(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            None => break,
            Some((name, value)) => headers.insert(name.to_lowercase(), value.to_owned()),
        };
    }
    let mut body = Vec::new();
    if headers
        .get("transfer-encoding")
        .is_some_and(|it| it == "chunked")
    {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let size = usize::from_str_radix(line.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            body.extend(&chunk[..size]);
            if size == 0 {
                break;
            }
        }
    } else {
        let length = headers.get("content-length").map_or("0", String::as_str);
        body.resize(length.parse().ok()?, 0);
        reader.read_exact(&mut body).ok()?;
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (path, query) = (path.to_owned(), query.replace("%3A", ":"));
    Some(Asked {
        method,
        path,
        query,
        headers,
        body,
    })
}

type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

fn serve(stream: TcpStream, manner: Manner, held: &Mutex<Held>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(asked) = ask(&mut reader) {
        let (status, headers, body) = answer(&asked, manner, &mut held.lock().unwrap());
        let mut head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let body = if asked.method == "HEAD" {
            &[][..]
        } else {
            &body
        };
        if stream.write_all(format!("{head}\r\n").as_bytes()).is_err()
            || stream.write_all(body).is_err()
        {
            return;
        }
    }
}

fn answer(asked: &Asked, manner: Manner, held: &mut Held) -> Answer {
    held.asked.push(format!("{} {}", asked.method, asked.path));
    let nothing = |status| (status, Vec::new(), Vec::new());
    // me:secret
    let allowed = asked
        .headers
        .get("authorization")
        .is_some_and(|it| it == "Basic bWU6c2VjcmV0");
    if manner.closed && !allowed {
        let challenge = "Basic realm=\"test\"".to_owned();
        return (401, vec![("WWW-Authenticate", challenge)], Vec::new());
    }
    let parts: Vec<&str> = asked.path.trim_start_matches("/v2/").split('/').collect();
    let Some(kind) = parts
        .iter()
        .position(|it| matches!(*it, "blobs" | "manifests" | "referrers"))
    else {
        return nothing(200);
    };
    let name = parts[..kind].join("/");
    match (asked.method.as_str(), parts[kind], &parts[kind + 1..]) {
        ("GET" | "HEAD", "blobs", [digest]) => match held.blobs.get(*digest) {
            None => nothing(404),
            Some(bytes) => {
                let mut bytes = bytes.clone();
                if bytes.starts_with(b"\0asm") {
                    if manner.lies {
                        bytes[20] ^= 1;
                    }
                    if manner.pours {
                        bytes.resize(bytes.len() + (1 << 20), 0);
                    }
                }
                (200, Vec::new(), bytes)
            }
        },
        ("POST", "blobs", ["uploads", ..]) => {
            let id = held.uploads.len().to_string();
            held.uploads.insert(id.clone(), Vec::new());
            (
                202,
                vec![("Location", format!("/v2/{name}/blobs/uploads/{id}"))],
                Vec::new(),
            )
        }
        (method @ ("PATCH" | "PUT"), "blobs", ["uploads", id]) => {
            let upload = held.uploads.get_mut(*id).unwrap();
            upload.extend(&asked.body);
            let end = upload.len().saturating_sub(1);
            if method == "PATCH" {
                let location = format!("/v2/{name}/blobs/uploads/{id}");
                return (
                    202,
                    vec![("Location", location), ("Range", format!("0-{end}"))],
                    Vec::new(),
                );
            }
            let bytes = held.uploads.remove(*id).unwrap();
            let digest = format!("sha256:{}", sha256(&bytes));
            if !asked.query.contains(&digest) {
                return nothing(400);
            }
            held.blobs.insert(digest.clone(), bytes);
            (
                201,
                vec![("Location", format!("/v2/{name}/blobs/{digest}"))],
                Vec::new(),
            )
        }
        ("PUT", "manifests", [which]) => {
            let digest = format!("sha256:{}", sha256(&asked.body));
            if which.starts_with("sha256:") && **which != digest {
                return nothing(400);
            }
            let value: Value = serde_json::from_slice(&asked.body).unwrap();
            // What a manifest is made of comes before it.
            let of = value["layers"]
                .as_array()
                .into_iter()
                .flatten()
                .chain([&value["config"]]);
            for part in of.filter_map(|it| it["digest"].as_str()) {
                if !held.blobs.contains_key(part) {
                    return nothing(404);
                }
            }
            let kept = (asked.headers["content-type"].clone(), asked.body.clone());
            held.manifests
                .insert(format!("{name} {which}"), kept.clone());
            held.manifests.insert(format!("{name} {digest}"), kept);
            (
                201,
                vec![("Location", format!("/v2/{name}/manifests/{digest}"))],
                Vec::new(),
            )
        }
        ("GET" | "HEAD", "manifests", [which]) => {
            match held.manifests.get(&format!("{name} {which}")) {
                None => nothing(404),
                Some((kind, bytes)) => {
                    let digest = format!("sha256:{}", sha256(bytes));
                    let headers = vec![
                        ("Content-Type", kind.clone()),
                        ("Docker-Content-Digest", digest),
                    ];
                    (200, headers, bytes.clone())
                }
            }
        }
        ("GET", "referrers", [subject]) if manner.referrers => {
            let here = format!("{name} sha256:");
            let all = held.manifests.iter();
            let all = all.filter(|(key, _)| key.starts_with(&here));
            let found = all.filter_map(|(_, (kind, bytes))| {
                let value: Value = serde_json::from_slice(bytes).unwrap();
                let is = value["subject"]["digest"].as_str() == Some(*subject);
                let digest = format!("sha256:{}", sha256(bytes));
                is.then(|| {
                    json!({"mediaType": kind, "digest": digest, "size": bytes.len(),
                        "artifactType": value["artifactType"]})
                })
            });
            let manifests: Vec<Value> = found.collect();
            let kind = "application/vnd.oci.image.index.v1+json";
            let index = json!({"schemaVersion": 2, "mediaType": kind, "manifests": manifests});
            (
                200,
                vec![("Content-Type", kind.to_owned())],
                index.to_string().into_bytes(),
            )
        }
        _ => nothing(404),
    }
}

/// A folder with a signed profile.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::copy(cis(), desk.at("cis-1.10.wasm")).unwrap();
        desk.sign("vendor");
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `cisb`; what begins with `@` is a file of this folder.
    fn cisb(&self, words: &[&str]) -> Ran {
        let words = words.iter().map(|word| match word.strip_prefix('@') {
            Some(name) => self.at(name).to_str().unwrap().to_owned(),
            None => (*word).to_owned(),
        });
        cisb(words)
    }

    fn done(&self, words: &[&str]) -> Ran {
        let ran = self.cisb(words);
        assert_eq!(ran.code, 0, "{words:?}: {ran:?}");
        ran
    }

    /// Signs the profile with a key of its own, which the policy believes.
    fn sign(&self, name: &str) {
        let (key, public) = (format!("@{name}.key"), format!("@{name}.pub"));
        self.done(&["key", "generate", "-o", &key]);
        self.done(&["profile", "sign", "@cis-1.10.wasm", "--key", &key]);
        let words = [
            "key",
            "trust",
            &public,
            "--name",
            name,
            "--role",
            "publisher",
        ];
        self.done(&[&words[..], &["--trust", "@trust.toml"]].concat());
    }

    fn same(&self, one: &str, two: &str) {
        let read = |name: &str| fs::read(self.at(name)).unwrap();
        assert!(read(one) == read(two), "{one} and {two} differ");
    }
}

/// There and back, in every form.
fn there_and_back(host: &str) {
    let desk = Desk::new();
    let plain = "--plain-http";
    let one = format!("oci://{host}/cisb/cis-1.10:0.1.0");
    let ran = desk.done(&["profile", "push", "@cis-1.10.wasm", &one, plain]);
    assert!(
        ran.out
            .contains("cis-1.10 0.1.0 (epoch 1), with its signatures"),
        "{}",
        ran.out
    );
    let exact = ran.out.lines().last().unwrap();
    let exact = exact.strip_prefix("which is  ").unwrap().to_owned();
    assert!(exact.contains("/cis-1.10@sha256:"), "{exact}");
    for from in [&one, &exact] {
        let words = [
            "profile",
            "pull",
            from,
            "-o",
            "@back.wasm",
            plain,
            "--trust",
            "@trust.toml",
        ];
        let ran = desk.done(&words);
        assert!(
            ran.out.contains("may run: vendor (publisher)"),
            "{}",
            ran.out
        );
        desk.same("cis-1.10.wasm", "back.wasm");
        desk.same("cis-1.10.wasm.dsse.json", "back.wasm.dsse.json");
    }
    // Another signature for the same component comes to the first.
    fs::copy(desk.at("cis-1.10.wasm.dsse.json"), desk.at("first.json")).unwrap();
    fs::remove_file(desk.at("cis-1.10.wasm.dsse.json")).unwrap();
    desk.sign("site");
    desk.done(&["profile", "push", "@cis-1.10.wasm", &one, plain]);
    let words = [
        "profile",
        "pull",
        &one,
        "-o",
        "@both.cisbb",
        plain,
        "--trust",
        "@trust.toml",
    ];
    let ran = desk.done(&words);
    for name in ["vendor (publisher)", "site (publisher)"] {
        assert!(ran.out.contains(name), "{}", ran.out);
    }
    let store = ["--store", "@store", "--trust", "@trust.toml"];
    desk.done(&[&["bundle", "import", "@both.cisbb"][..], &store].concat());
    // What was pushed before still comes as it was asked for.
    desk.done(&[
        "profile", "push", "cis-1.10", &one, plain, "--store", "@store",
    ]);

    // A bundle comes back as the same bytes.
    let all = format!("oci://{host}/cisb/all");
    let suggest = format!("vendor={}", desk.at("vendor.pub").display());
    fs::write(desk.at("sbom.json"), r#"{"bomFormat":"CycloneDX"}"#).unwrap();
    let sbom = desk.at("sbom.json");
    let words = [
        "bundle",
        "create",
        "-o",
        "@all.cisbb",
        "@cis-1.10.wasm",
        "--suggest",
        &suggest,
    ];
    desk.done(&[&words[..], &["--sbom", sbom.to_str().unwrap()]].concat());
    desk.done(&["profile", "push", "@all.cisbb", &all, plain]);
    desk.done(&["profile", "pull", &all, "-o", "@all-back.cisbb", plain]);
    desk.same("all.cisbb", "all-back.cisbb");
    let ran = desk.cisb(&[
        "profile",
        "pull",
        &format!("{all}:no"),
        "-o",
        "@no.wasm",
        plain,
    ]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("cannot pull oci://"), "{}", ran.err);
    assert!(!desk.at("no.wasm").exists());
}

#[test]
fn a_registry_that_lists_what_refers_to_a_profile() {
    let manner = Manner {
        referrers: true,
        ..Manner::default()
    };
    let registry = Registry::start(manner);
    there_and_back(&registry.host);
    let tags = registry
        .asked()
        .into_iter()
        .filter(|it| it.contains("PUT") && it.contains("manifests/sha256-"));
    assert_eq!(tags.count(), 0, "a list was kept beside its own");
}

#[test]
fn a_registry_that_does_not_gets_a_list_under_a_tag() {
    let registry = Registry::start(Manner::default());
    there_and_back(&registry.host);
    let mut tags = registry.asked().into_iter();
    assert!(tags.any(|it| it.contains("PUT") && it.contains("manifests/sha256-")));
}

#[test]
fn a_registry_that_others_made() {
    let program = Path::new("/usr/bin/docker-registry");
    if !program.is_file() {
        println!("skipped: there is no {}", program.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // Somebody may take the port between these two; then another is tried.
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let host = format!("127.0.0.1:{port}");
        let config = folder.path().join("config.yml");
        let root = folder.path().join("root");
        let text = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\n\
             http: {{addr: '{host}'}}\n",
            root.display()
        );
        fs::write(&config, text).unwrap();
        let started = Command::new(program)
            .arg("serve")
            .arg(&config)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut started = Ended(started);
        for _ in 0..200 {
            if TcpStream::connect(&host).is_ok() && started.0.try_wait().unwrap().is_none() {
                return there_and_back(&host);
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
    panic!("{} does not start", program.display());
}

/// A process that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_is_not_what_it_is_named_by_is_not_taken() {
    let desk = Desk::new();
    for manner in [
        Manner {
            lies: true,
            ..Manner::default()
        },
        Manner {
            pours: true,
            ..Manner::default()
        },
    ] {
        let registry = Registry::start(manner);
        let at = format!("oci://{}/a:b", registry.host);
        desk.done(&["profile", "push", "@cis-1.10.wasm", &at, "--plain-http"]);
        for output in ["@taken.wasm", "@taken.cisbb"] {
            let ran = desk.cisb(&["profile", "pull", &at, "-o", output, "--plain-http"]);
            assert!(matches!(ran.code, 2 | 3), "{ran:?}");
            assert!(ran.err.contains("oci://"), "{}", ran.err);
            assert!(!desk.at(&output[1..]).exists());
        }
    }
    // A manifest that was exchanged under its digest.
    let registry = Registry::start(Manner::default());
    let at = format!("oci://{}/a:b", registry.host);
    let pushed = desk.done(&["profile", "push", "@cis-1.10.wasm", &at, "--plain-http"]);
    let exact = pushed.out.lines().last().unwrap().replace("which is  ", "");
    let digest = exact.split_once('@').unwrap().1.to_owned();
    let swap = |change: &dyn Fn(&mut Value)| {
        let mut held = registry.held.lock().unwrap();
        let (_, bytes) = held.manifests.get_mut(&format!("a {digest}")).unwrap();
        let mut value: Value = serde_json::from_slice(bytes).unwrap();
        change(&mut value);
        *bytes = value.to_string().into_bytes();
        let bytes = bytes.clone();
        held.manifests.get_mut("a b").unwrap().1 = bytes;
    };
    swap(&|value| value["annotations"]["dev.cisb.profile.epoch"] = "9".into());
    let pull = |from: &str| {
        desk.cisb(&[
            "profile",
            "pull",
            from,
            "-o",
            "@taken.cisbb",
            "--plain-http",
        ])
    };
    let ran = pull(&exact);
    assert!(matches!(ran.code, 2 | 3), "{ran:?}");
    // Under its tag nobody can know, but its labels are not the component's.
    let ran = pull(&at);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("[bundle-labels]"), "{}", ran.err);
    swap(&|value| value["artifactType"] = "application/x".into());
    let ran = pull(&at);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("is no profile of cisb"), "{}", ran.err);
    assert!(!desk.at("taken.cisbb").exists());
}

#[test]
fn what_the_policy_does_not_believe_is_said() {
    let desk = Desk::new();
    let registry = Registry::start(Manner::default());
    let at = format!("oci://{}/a:b", registry.host);
    desk.done(&["profile", "push", "@cis-1.10.wasm", &at, "--plain-http"]);
    fs::remove_file(desk.at("trust.toml")).unwrap();
    desk.done(&["key", "generate", "-o", "@other.key"]);
    let words = [
        "key",
        "trust",
        "@other.pub",
        "--name",
        "other",
        "--role",
        "site",
    ];
    desk.done(&[&words[..], &["--trust", "@trust.toml"]].concat());
    let words = ["profile", "pull", &at, "-o", "@back.wasm", "--plain-http"];
    let ran = desk.done(&[&words[..], &["--trust", "@trust.toml"]].concat());
    assert!(
        ran.out.contains("may not run here (signature)"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("[unknown-key]"), "{}", ran.out);
}

#[test]
fn credentials_come_from_private_files_alone() {
    let desk = Desk::new();
    let registry = Registry::start(Manner {
        closed: true,
        ..Manner::default()
    });
    let at = format!("oci://{}/a:b", registry.host);
    let push = |more: &[&str]| {
        let words = ["profile", "push", "@cis-1.10.wasm", &at, "--plain-http"];
        desk.cisb(&[&words[..], more].concat())
    };
    let private = |name: &str, text: &str| {
        fs::write(desk.at(name), text).unwrap();
        fs::set_permissions(desk.at(name), fs::Permissions::from_mode(0o600)).unwrap();
    };
    let ran = push(&[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    private("password", "secret\n");
    let named = ["--username", "me", "--password-file", "@password"];
    let ran = push(&named);
    assert_eq!(ran.code, 0, "{ran:?}");
    let auths = json!({"auths": {registry.host.clone(): {"auth": "bWU6c2VjcmV0"}}});
    private("auth.json", &auths.to_string());
    let ran = push(&["--registry-config", "@auth.json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    private("wrong", "guess");
    let ran = push(&["--username", "me", "--password-file", "@wrong"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(!ran.err.contains("guess"), "{}", ran.err);
    for (file, text, words) in [
        (
            "auth.json",
            "{\"auths\":{}}",
            "it does not name that registry",
        ),
        (
            "auth.json",
            "{\"credsStore\":\"desktop\"}",
            "cisb runs none",
        ),
        ("auth.json", "secret", "it is not in the form of"),
    ] {
        private(file, text);
        let ran = push(&["--registry-config", "@auth.json"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
        assert!(!ran.err.contains("secret"), "{}", ran.err);
    }
    for file in ["password", "auth.json"] {
        fs::set_permissions(desk.at(file), fs::Permissions::from_mode(0o640)).unwrap();
    }
    for more in [&named[..], &["--registry-config", "@auth.json"]] {
        let ran = push(more);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("lets others read it"), "{}", ran.err);
    }
    // Not over a network in the clear.
    private("password", "secret");
    let words = [
        "profile",
        "push",
        "@cis-1.10.wasm",
        "oci://registry.invalid/a:b",
        "--plain-http",
    ];
    let ran = desk.cisb(&[&words[..], &named].concat());
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("in the clear"), "{}", ran.err);
}

#[test]
fn without_being_asked_nothing_is_sent_in_the_clear() {
    let desk = Desk::new();
    let registry = Registry::start(Manner::default());
    let at = format!("oci://{}/a:b", registry.host);
    let ran = desk.cisb(&["profile", "push", "@cis-1.10.wasm", &at]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(registry.asked().is_empty(), "{:?}", registry.asked());
}

#[test]
fn an_address_that_is_none_is_refused_before_anything_is_read() {
    for (words, said) in [
        (["push", "missing.wasm", "registry/a"], "begins with oci://"),
        (
            ["push", "missing.wasm", "oci://r.invalid/A"],
            "is no repository",
        ),
        (["pull", "oci://r.invalid/a:b", "-o=x.zip"], ".cisbb"),
    ] {
        let ran = cisb([&["profile"][..], &words].concat());
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(said), "{said}: {}", ran.err);
    }
}
