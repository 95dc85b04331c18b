//! The lock: what is pinned runs, what is not does not, and an update shows
//! what it changes before it is accepted.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Ran, cisb};
use crate::site::{Site, component, is_refused, runs};

/// Runs `cisb lock` with the site's policy.
fn lock(site: &Site, more: &[&OsStr]) -> Ran {
    let (lock, policy) = (site.path("cisb.lock"), site.usual());
    let words = ["lock".as_ref(), "--lock".as_ref(), lock.as_os_str()];
    let trust = ["--trust".as_ref(), policy.as_os_str()];
    cisb(words.iter().chain(&trust).chain(more))
}

fn lock_one(site: &Site, profile: &Path, more: &[&str]) -> Ran {
    let mut args: Vec<&OsStr> = vec!["--profile".as_ref(), profile.as_os_str()];
    args.extend(more.iter().map(OsStr::new));
    lock(site, &args)
}

fn scan_locked(site: &Site, profile: &Path) -> Ran {
    let (lock, policy) = (site.path("cisb.lock"), site.usual());
    site.scan(
        profile,
        &[
            "--trust".as_ref(),
            policy.as_os_str(),
            "--lock".as_ref(),
            lock.as_os_str(),
            "--locked".as_ref(),
        ],
    )
}

/// Puts another release in the place of a profile, signed.
fn replace(site: &Site, profile: &Path, change: &Value) {
    let _ = fs::remove_file(Site::envelope(profile));
    fs::write(profile, component(change)).unwrap();
    site.sign(profile, "publisher");
}

fn asking(paths: &[&str], epoch: u64) -> Value {
    json!({
        "version": format!("0.{epoch}.0"), "epoch": epoch,
        "requests": {"files": [{"id": "f", "paths": paths, "rights": ["stat"], "why": "w"}]},
    })
}

#[test]
fn what_is_pinned_runs_and_nothing_else() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    let ran = lock_one(&site, &profile, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("+ honest 0.1.0: 1 checks"), "{}", ran.out);
    runs(&scan_locked(&site, &profile), "publisher (publisher)");
    // Written again, it is the same.
    let text = fs::read_to_string(site.path("cisb.lock")).unwrap();
    assert_eq!(lock_one(&site, &profile, &[]).code, 0);
    assert_eq!(fs::read_to_string(site.path("cisb.lock")).unwrap(), text);

    replace(&site, &profile, &json!({"title": "Another"}));
    is_refused(
        &scan_locked(&site, &profile),
        "lock",
        "lock-mismatch",
        "pins another honest",
    );
    let other = site.profile("other.wasm", &json!({"id": "other"}));
    site.sign(&other, "publisher");
    is_refused(
        &scan_locked(&site, &other),
        "lock",
        "not-pinned",
        "does not pin other",
    );
}

#[test]
fn a_lock_that_is_there_holds_without_being_asked() {
    let site = Site::new();
    let profile = site.honest();
    let pinned = site.profile("pinned.wasm", &json!({"id": "pinned"}));
    site.sign(&pinned, "publisher");
    assert_eq!(lock_one(&site, &pinned, &[]).code, 0);
    let lock = site.path("cisb.lock");
    let ran = site.scan(&profile, &["--lock".as_ref(), lock.as_os_str()]);
    is_refused(&ran, "lock", "not-pinned", "does not pin honest");
}

#[test]
fn locked_without_a_lock_is_a_mistake() {
    let site = Site::new();
    let ran = scan_locked(&site, &site.honest());
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("there is no lock at"), "{ran:?}");
    assert!(ran.err.contains("`cisb lock` writes one"), "{ran:?}");
}

#[test]
fn a_signature_that_was_pinned_must_be_there() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    assert_eq!(lock_one(&site, &profile, &[]).code, 0);
    // Another policy, that lets it run without.
    let policy = site.policy("unsigned = [\"*\"]\n");
    fs::remove_file(Site::envelope(&profile)).unwrap();
    let lock = site.path("cisb.lock");
    let ran = site.scan(
        &profile,
        &[
            "--trust".as_ref(),
            policy.as_os_str(),
            "--lock".as_ref(),
            lock.as_os_str(),
            "--allow-unsigned".as_ref(),
        ],
    );
    is_refused(&ran, "lock", "signer-missing", &site.id("publisher"));
}

#[test]
fn what_asks_for_more_is_accepted_by_name_only() {
    let site = Site::new();
    let profile = site.profile("honest.wasm", &asking(&["/etc/kubernetes/admin.conf"], 1));
    site.sign(&profile, "publisher");
    assert_eq!(lock_one(&site, &profile, &[]).code, 0);
    let before = fs::read_to_string(site.path("cisb.lock")).unwrap();

    let mut wider = asking(&["/etc/kubernetes/admin.conf", "/etc/shadow"], 2);
    wider["checks"] = json!([{"id": "1.1.1", "title": "Another title"}, {"id": "1.1.2"}]);
    replace(&site, &profile, &wider);
    let ran = scan_locked(&site, &profile);
    is_refused(
        &ran,
        "lock",
        "capabilities-widened",
        "files: stat /etc/shadow",
    );

    let ran = lock_one(&site, &profile, &[]);
    assert_eq!(ran.code, 3, "{ran:?}");
    for words in [
        "~ honest 0.1.0 (epoch 1) -> 0.2.0 (epoch 2)",
        "asks for, and did not:\n    files: stat /etc/shadow\n",
        "checks added:   1.1.2",
        "checks changed: 1.1.1",
        "was not changed",
    ] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    assert_eq!(fs::read_to_string(site.path("cisb.lock")).unwrap(), before);
    let (_, digest) = ran.out.split_once("--accept-capabilities ").unwrap();
    let digest = digest.lines().next().unwrap();
    // Only this one.
    let wrong = format!("sha256:{}", "0".repeat(64));
    assert_eq!(
        lock_one(&site, &profile, &["--accept-capabilities", &wrong]).code,
        3
    );
    let ran = lock_one(&site, &profile, &["--accept-capabilities", digest]);
    assert_eq!(ran.code, 0, "{ran:?}");
    runs(&scan_locked(&site, &profile), "publisher (publisher)");

    // Less is no more: nothing to accept. That it is older is said.
    replace(&site, &profile, &asking(&["/etc/shadow"], 1));
    let ran = lock_one(&site, &profile, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for words in [
        "it is older than what was pinned",
        "asked for, and does no more:\n    files: stat /etc/kubernetes/admin.conf\n",
        "checks removed: 1.1.2",
    ] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
}

#[test]
fn check_writes_nothing() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    let ran = lock_one(&site, &profile, &["--check"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(!site.path("cisb.lock").exists());
    assert_eq!(lock_one(&site, &profile, &[]).code, 0);
    let ran = lock_one(&site, &profile, &["--check"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("is as the profiles are"), "{}", ran.out);
    replace(&site, &profile, &json!({"title": "Another"}));
    let ran = lock_one(&site, &profile, &["--check"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.out.contains("~ honest"), "{}", ran.out);
}

#[test]
fn a_folder_is_pinned_whole_and_what_is_gone_goes() {
    let site = Site::new();
    let folder = site.path("profiles");
    fs::create_dir(&folder).unwrap();
    for id in ["one", "two"] {
        let path = folder.join(format!("{id}.wasm"));
        fs::write(&path, component(&json!({"id": id}))).unwrap();
        site.sign(&path, "publisher");
    }
    let all = |more: &[&str]| {
        let mut args: Vec<&OsStr> = vec!["--profiles".as_ref(), folder.as_os_str()];
        args.extend(more.iter().map(OsStr::new));
        lock(&site, &args)
    };
    let ran = all(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("pins 2 profiles"), "{}", ran.out);
    // One that is refused keeps its pin, and the exit code says so.
    fs::remove_file(folder.join("two.wasm.dsse.json")).unwrap();
    let ran = all(&[]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("[unsigned]"), "{ran:?}");
    assert!(ran.out.contains("pins 2 profiles"), "{}", ran.out);
    fs::remove_file(folder.join("two.wasm")).unwrap();
    let ran = all(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("- two 0.1.0"), "{}", ran.out);
    assert!(ran.out.contains("pins 1 profile\n"), "{}", ran.out);
}

#[test]
fn a_lock_that_anybody_could_have_written_is_none() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    assert_eq!(lock_one(&site, &profile, &[]).code, 0);
    let path = site.path("cisb.lock");
    let text = fs::read_to_string(&path).unwrap();
    for (wrong, words) in [
        (
            text.replace("version = 1\n", "version = 2\n"),
            "it has the format 2",
        ),
        (
            text.replace("[profile", "[profiles"),
            "unknown field `profiles`",
        ),
        (
            text.replacen("\"import: ", "\"import: x", 1),
            "somebody changed the file by hand",
        ),
        (
            format!(
                "{text}\n{}",
                text.split_once("[[profile]]")
                    .unwrap()
                    .1
                    .replacen('\n', "[[profile]]\n", 1)
            ),
            "pinned twice",
        ),
    ] {
        fs::write(&path, &wrong).unwrap();
        let ran = scan_locked(&site, &profile);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
    fs::write(&path, &text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o622)).unwrap();
    let ran = scan_locked(&site, &profile);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("lets others write it"), "{ran:?}");
}
