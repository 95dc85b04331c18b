//! A site of its own for a test: keys, a trust policy, a lock, and profiles in
//! several versions, all in one folder.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use cisb::trust::PrivateKey;
use cisb::trust::dsse::Envelope;
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::guests::{self, Guest};

use crate::harness::{NOW, Ran, Record, cisb, workspace};

/// The folder.
pub(crate) struct Site {
    folder: TempDir,
    record: Record,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            record: Record::new().file("/etc/kubernetes/admin.conf", "0600", "kind: Config\n"),
        }
    }

    /// A place in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `cisb`, which must do what it is told.
    #[track_caller]
    pub(crate) fn done<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        let ran = cisb(args);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran
    }

    /// Makes a key pair.
    pub(crate) fn key(&self, name: &str) -> PathBuf {
        let path = self.path(&format!("{name}.key"));
        if !path.exists() {
            self.done([
                "key".as_ref(),
                "generate".as_ref(),
                "-o".as_ref(),
                path.as_os_str(),
            ]);
        }
        path
    }

    /// The public half.
    pub(crate) fn public(&self, name: &str) -> PathBuf {
        self.key(name).with_extension("pub")
    }

    /// A key's id.
    pub(crate) fn id(&self, name: &str) -> String {
        self.private(name).public().id().to_string()
    }

    /// The private half, read by the library.
    pub(crate) fn private(&self, name: &str) -> PrivateKey {
        PrivateKey::read(&self.key(name), || None).unwrap()
    }

    /// Writes a trust policy in which `$NAME` stands for the key of that name.
    pub(crate) fn policy(&self, text: &str) -> PathBuf {
        let mut text = text.to_owned();
        for name in ["publisher", "site", "stranger", "reviewer"] {
            let mark = format!("${name}");
            if text.contains(&mark) {
                text = text.replace(&mark, &self.private(name).public().line());
            }
        }
        let path = self.path("trust.toml");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        path
    }

    /// A policy that believes the publisher for every profile.
    pub(crate) fn usual(&self) -> PathBuf {
        self.policy(
            "[[key]]\nname = \"publisher\"\npublic = \"$publisher\"\nroles = [\"publisher\"]\n\
             profiles = [\"*\"]\n[[rule]]\nprofiles = [\"*\"]\nroles = [\"publisher\"]\n",
        )
    }

    /// A harmless profile whose manifest is changed so.
    pub(crate) fn profile(&self, name: &str, change: &Value) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, component(change)).unwrap();
        path
    }

    /// A harmless profile.
    pub(crate) fn honest(&self) -> PathBuf {
        self.profile("honest.wasm", &json!({}))
    }

    /// Signs with a key.
    pub(crate) fn sign(&self, profile: &Path, key: &str) {
        let key = self.key(key);
        self.done([
            "profile".as_ref(),
            "sign".as_ref(),
            profile.as_os_str(),
            "--key".as_ref(),
            key.as_os_str(),
        ]);
    }

    /// The envelope beside a profile.
    pub(crate) fn envelope(profile: &Path) -> PathBuf {
        let mut name = profile.as_os_str().to_owned();
        name.push(".dsse.json");
        name.into()
    }

    /// Changes the envelope's JSON.
    pub(crate) fn tamper(profile: &Path, change: impl FnOnce(&mut Value)) {
        let path = Self::envelope(profile);
        let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut value);
        fs::write(path, value.to_string()).unwrap();
    }

    /// Signs another statement than the right one, with a key that is believed.
    pub(crate) fn forge(&self, profile: &Path, key: &str, change: impl FnOnce(&mut Value)) {
        let path = Self::envelope(profile);
        let envelope = Envelope::parse(&fs::read(&path).unwrap()).unwrap();
        let mut statement: Value = serde_json::from_slice(envelope.payload()).unwrap();
        change(&mut statement);
        let mut forged = Envelope::around(statement.to_string().as_bytes());
        assert!(forged.sign(&self.private(key)));
        fs::write(path, forged.to_json()).unwrap();
    }

    /// Scans the site's node with a profile.
    pub(crate) fn scan(&self, profile: &Path, more: &[&OsStr]) -> Ran {
        let words = ["scan", "--format", "json", "--now", NOW, "--profile"].map(OsStr::new);
        let rest = [profile.as_os_str(), "--node".as_ref()];
        let node = [self.record.path().as_os_str()];
        cisb(words.iter().chain(&rest).chain(&node).chain(more))
    }

    /// Scans under a policy.
    pub(crate) fn scan_under(&self, policy: &Path, profile: &Path) -> Ran {
        self.scan(profile, &["--trust".as_ref(), policy.as_os_str()])
    }
}

/// The component of a harmless profile whose manifest is changed so.
pub(crate) fn component(change: &Value) -> Vec<u8> {
    let workspace = workspace();
    let honest = guests::list(workspace)
        .unwrap()
        .into_iter()
        .find(|guest| guest.name == "honest")
        .unwrap();
    let guest = Guest {
        text: format!("{}\n;;! {change}\n", honest.text),
        ..honest
    };
    guests::build(workspace, &guest).unwrap()
}

/// That a report's only profile was refused for one reason, with exit code 3,
/// and that nothing of it ran.
#[track_caller]
pub(crate) fn is_refused(ran: &Ran, stage: &str, code: &str, words: &str) {
    assert_eq!(ran.code, 3, "{ran:?}");
    let report = ran.report();
    let refused = &report["profiles"][0]["refused"];
    assert_eq!(refused["code"], code, "{refused:#}");
    assert_eq!(refused["stage"], stage, "{refused:#}");
    let reason = refused["reason"].as_str().unwrap();
    assert!(reason.contains(words), "{words}: {reason}");
    assert_eq!(report["findings"], json!([]), "{report:#}");
    let said = ran.err.lines().next().unwrap();
    // Of two words that are the same, one is said.
    let at = if stage == code { stage } else { code };
    assert!(said.contains(at) && said.contains(words), "{said}");
}

/// That a profile ran, and who signed it.
#[track_caller]
pub(crate) fn runs(ran: &Ran, signer: &str) -> Value {
    let report = ran.report();
    assert_eq!(report["profiles"][0]["refused"], Value::Null, "{report:#}");
    assert_eq!(report["profiles"][0]["signer"], signer, "{report:#}");
    assert!(!report["findings"].as_array().unwrap().is_empty());
    report
}
