//! What a trust policy refuses, each for its own reason, and who may say what
//! is trusted.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::{NOW, Record, cisb, workspace};
use crate::site::{Site, component, is_refused, runs};

const TWO: &str = r#"
[[key]]
name = "publisher"
public = "$publisher"
roles = ["publisher"]
profiles = ["*"]

[[key]]
name = "site"
public = "$site"
roles = ["site"]
profiles = ["*"]

[[rule]]
profiles = ["*"]
roles = ["publisher", "site"]
"#;

/// The usual policy with something more.
fn with(site: &Site, more: &str) -> std::path::PathBuf {
    let text = fs::read_to_string(site.usual()).unwrap();
    site.policy(&format!("{text}{more}"))
}

#[test]
fn what_the_policy_believes_runs_and_is_named() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    let report = runs(
        &site.scan_under(&site.usual(), &profile),
        "publisher (publisher)",
    );
    let signers = &report["profiles"][0]["signers"];
    assert_eq!(signers[0]["key"], json!(site.id("publisher")));
    assert_eq!(signers[0]["roles"], json!(["publisher"]));
}

#[test]
fn without_a_policy_whatever_is_named_runs_and_is_marked() {
    let site = Site::new();
    let profile = site.honest();
    runs(&site.scan(&profile, &[]), "unsigned");
    site.sign(&profile, "publisher");
    runs(&site.scan(&profile, &[]), "unchecked");
}

#[test]
fn unsigned_is_refused_unless_flag_and_policy_allow_it() {
    let site = Site::new();
    let profile = site.honest();
    let policy = site.usual();
    let allow = |policy: &Path| {
        let more = [
            "--trust".as_ref(),
            policy.as_os_str(),
            "--allow-unsigned".as_ref(),
        ];
        site.scan(&profile, &more)
    };
    is_refused(
        &site.scan_under(&policy, &profile),
        "signature",
        "unsigned",
        "it is not signed, and the trust policy wants signatures",
    );
    is_refused(
        &allow(&policy),
        "signature",
        "unsigned",
        "does not let --allow-unsigned",
    );
    let others = site.policy(&format!(
        "unsigned = [\"lab-*\"]\n{}",
        fs::read_to_string(&policy).unwrap()
    ));
    is_refused(
        &site.scan_under(&others, &profile),
        "signature",
        "unsigned",
        "or --allow-unsigned where it permits that",
    );
    is_refused(
        &allow(&others),
        "signature",
        "unsigned",
        "add a pattern for honest",
    );
    let text = fs::read_to_string(&others).unwrap();
    let policy = site.policy(&text.replace("lab-*", "hon*"));
    runs(&allow(&policy), "unsigned");
}

#[test]
fn a_key_that_nobody_named_is_worth_nothing() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "stranger");
    let words = format!("it says that {} did", site.id("stranger"));
    let ran = site.scan_under(&site.usual(), &profile);
    is_refused(&ran, "signature", "unknown-key", &words);
    // Nor does it help to say that another did.
    let publisher = site.id("publisher");
    Site::tamper(&profile, |envelope| {
        envelope["signatures"][0]["keyid"] = publisher.into();
    });
    let ran = site.scan_under(&site.usual(), &profile);
    is_refused(
        &ran,
        "signature",
        "bad-signature",
        "by the key publisher does not fit",
    );
}

#[test]
fn a_key_for_other_profiles_is_worth_nothing_here() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    let text = fs::read_to_string(site.usual()).unwrap();
    let policy = site.policy(&text.replacen("profiles = [\"*\"]", "profiles = [\"eks-*\"]", 1));
    let ran = site.scan_under(&policy, &profile);
    is_refused(
        &ran,
        "signature",
        "key-not-for-profile",
        "is for the profiles eks-* only, not for honest",
    );
}

#[test]
fn a_key_counts_at_its_time_only() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    let text = fs::read_to_string(site.usual()).unwrap();
    for (line, words) in [
        (
            "not-after = \"2026-11-20T00:00:00Z\"",
            "valid until 2026-11-20T00:00:00Z only",
        ),
        (
            "not-before = \"2026-11-22T00:00:00Z\"",
            "valid from 2026-11-22T00:00:00Z on only",
        ),
    ] {
        let policy = site.policy(&text.replacen("roles =", &format!("{line}\nroles ="), 1));
        let ran = site.scan_under(&policy, &profile);
        is_refused(&ran, "signature", "key-not-valid", words);
    }
    let line = "not-before = \"2026-01-01T00:00:00Z\"\nnot-after = \"2027-01-01T00:00:00Z\"";
    let policy = site.policy(&text.replacen("roles =", &format!("{line}\nroles ="), 1));
    runs(&site.scan_under(&policy, &profile), "publisher (publisher)");
}

#[test]
fn two_roles_are_two_keys() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    let policy = site.policy(TWO);
    let ran = site.scan_under(&policy, &profile);
    is_refused(
        &ran,
        "signature",
        "role-missing",
        "wants the signature of a site",
    );
    site.sign(&profile, "site");
    let ran = site.scan_under(&policy, &profile);
    runs(&ran, "publisher (publisher), site (site)");
    // One key with both roles stands for one of them.
    let both = TWO.replacen(
        "roles = [\"publisher\"]",
        "roles = [\"publisher\", \"site\"]",
        1,
    );
    let alone = site.profile("alone.wasm", &json!({}));
    site.sign(&alone, "publisher");
    let ran = site.scan_under(&site.policy(&both), &alone);
    is_refused(
        &ran,
        "signature",
        "role-missing",
        "stands for no other role",
    );
}

#[test]
fn a_key_that_signed_twice_counts_once() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    Site::tamper(&profile, |envelope| {
        let again = envelope["signatures"][0].clone();
        envelope["signatures"].as_array_mut().unwrap().push(again);
    });
    let text = fs::read_to_string(site.usual()).unwrap();
    let policy = site.policy(&format!("{text}threshold = 2\n"));
    let ran = site.scan_under(&policy, &profile);
    is_refused(
        &ran,
        "signature",
        "key-counted-once",
        "publisher signed it twice",
    );
    Site::tamper(&profile, |envelope| {
        envelope["signatures"].as_array_mut().unwrap().truncate(1);
    });
    let ran = site.scan_under(&policy, &profile);
    is_refused(&ran, "signature", "too-few-signatures", "1 of 2 signatures");
}

#[test]
fn what_is_revoked_does_not_run() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    let policy = site.usual();
    let args = ["key", "revoke", "publisher", "--trust"];
    let ran = cisb(args.iter().map(Path::new).chain([policy.as_path()]));
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = site.scan_under(&policy, &profile);
    is_refused(
        &ran,
        "signature",
        "revoked-key",
        "the policy revokes that key",
    );

    let digest = xtask::sys::sha256(&fs::read(&profile).unwrap());
    let policy = with(
        &site,
        &format!("[revoked]\ndigests = [\"sha256:{digest}\"]\n"),
    );
    let ran = site.scan_under(&policy, &profile);
    is_refused(&ran, "signature", "revoked-digest", &digest);
}

#[test]
fn a_signature_of_another_kind_of_text_is_none() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    Site::tamper(&profile, |envelope| {
        envelope["payloadType"] = "application/json".into();
    });
    let ran = site.scan_under(&site.usual(), &profile);
    is_refused(
        &ran,
        "signature",
        "wrong-payload-type",
        "`application/json`",
    );
    fs::write(Site::envelope(&profile), "{}").unwrap();
    let ran = site.scan_under(&site.usual(), &profile);
    is_refused(&ran, "signature", "bad-envelope", "no DSSE envelope");
}

#[test]
fn a_statement_about_something_else_is_none() {
    let site = Site::new();
    let forged = |change: &dyn Fn(&mut Value)| {
        let profile = site.honest();
        let _ = fs::remove_file(Site::envelope(&profile));
        site.sign(&profile, "publisher");
        site.forge(&profile, "publisher", change);
        site.scan_under(&site.usual(), &profile)
    };
    let ran = forged(&|s| s["predicateType"] = "https://slsa.dev/provenance/v1".into());
    is_refused(&ran, "signature", "bad-statement", "slsa.dev/provenance");
    let ran = forged(&|s| s["_type"] = "x".into());
    is_refused(&ran, "signature", "bad-statement", "its type is `x`");
    let ran = forged(&|s| s["subject"] = json!([]));
    is_refused(&ran, "signature", "bad-statement", "exactly one component");
    let ran = forged(&|s| s["predicate"]["notAfter"] = "2020-01-01".into());
    is_refused(&ran, "signature", "bad-statement", "notAfter");
}

#[test]
fn bytes_that_were_not_signed_do_not_run() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    fs::write(&profile, component(&json!({"title": "Another"}))).unwrap();
    let ran = site.scan_under(&site.usual(), &profile);
    is_refused(
        &ran,
        "signature",
        "other-bytes",
        "its signatures are for other bytes",
    );
    // A signature that was damaged fits nothing.
    let profile = site.profile("two.wasm", &json!({}));
    site.sign(&profile, "publisher");
    Site::tamper(&profile, |envelope| {
        let text = envelope["payload"].as_str().unwrap().to_owned();
        envelope["payload"] = text.replacen("ey", "eY", 1).into();
    });
    let ran = site.scan_under(&site.usual(), &profile);
    is_refused(&ran, "signature", "bad-signature", "over another text");
}

#[test]
fn another_manifest_than_the_signed_one_does_not_run() {
    let site = Site::new();
    for (change, words) in [
        (
            json!({"predicate": {"epoch": 9}}),
            "the epoch is 1, and 9 was signed",
        ),
        (
            json!({"predicate": {"version": "9.0.0"}}),
            "the version is 0.1.0",
        ),
        (
            json!({"predicate": {"manifest": {"sha256": "00"}}}),
            "the digest is sha256:",
        ),
        (
            json!({"predicate": {"capabilities": {}}}),
            "and nothing was signed",
        ),
        (json!({"predicate": {"world": "x"}}), "the world is"),
        (
            json!({"predicate": {"profile": "other"}}),
            "the id is honest, and other was signed",
        ),
    ] {
        let profile = site.honest();
        let _ = fs::remove_file(Site::envelope(&profile));
        site.sign(&profile, "publisher");
        site.forge(&profile, "publisher", |statement| {
            for (name, value) in change["predicate"].as_object().unwrap() {
                statement["predicate"][name] = value.clone();
            }
        });
        let ran = site.scan_under(&site.usual(), &profile);
        is_refused(&ran, "signature", "other-manifest", words);
    }
}

/// A module with nothing but a manifest section, as a section of a component.
fn nested_manifest() -> Vec<u8> {
    let name = b"cisb:manifest";
    let mut section = vec![u8::try_from(name.len()).unwrap()];
    section.extend(name);
    section.extend(b"{}");
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    module.push(0);
    module.push(u8::try_from(section.len()).unwrap());
    module.extend(section);
    let mut nested = vec![1, u8::try_from(module.len()).unwrap()];
    nested.extend(module);
    nested
}

#[test]
fn a_second_manifest_is_refused_wherever_it_hides() {
    let site = Site::new();
    let mut bytes = component(&json!({}));
    bytes.extend(nested_manifest());
    let profile = site.path("two.wasm");
    fs::write(&profile, bytes).unwrap();
    let ran = site.scan(&profile, &[]);
    is_refused(
        &ran,
        "manifest",
        "many-manifests",
        "it has 2 `cisb:manifest` sections",
    );
    // Nobody signs it either.
    let key = site.key("publisher");
    let words = ["profile", "sign", "--key"].map(Path::new);
    let ran = cisb(words.iter().chain(&[key.as_path(), profile.as_path()]));
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("[many-manifests]"), "{ran:?}");
}

#[test]
fn an_older_release_does_not_come_back() {
    let site = Site::new();
    let profile = site.profile("old.wasm", &json!({"epoch": 6, "version": "1.10.0"}));
    site.sign(&profile, "publisher");
    let policy = with(&site, "min-epoch = 7\n");
    let ran = site.scan_under(&policy, &profile);
    is_refused(
        &ran,
        "signature",
        "older-epoch",
        "its epoch is 6, and the rule for * wants 7",
    );
    let policy = with(&site, "min-version = \"1.10.1\"\n");
    let ran = site.scan_under(&policy, &profile);
    is_refused(&ran, "signature", "older-version", "its version is 1.10.0");
    let policy = with(&site, "min-epoch = 6\nmin-version = \"1.10.0\"\n");
    runs(&site.scan_under(&policy, &profile), "publisher (publisher)");
}

#[test]
fn a_profile_that_no_rule_names_does_not_run() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    let text = fs::read_to_string(site.usual()).unwrap();
    let (keys, _) = text.split_once("[[rule]]").unwrap();
    let ran = site.scan_under(&site.policy(keys), &profile);
    is_refused(
        &ran,
        "signature",
        "no-rule",
        "no rule of the policy is for honest",
    );
}

#[test]
fn a_policy_bounds_what_any_profile_may_ask_for() {
    let site = Site::new();
    let asks = json!({"requests": {
        "files": [{"id": "f", "paths": ["/etc/kubernetes/*.conf", "/root/*"], "rights": ["read"], "why": "w"}],
        "processes": [{"id": "p", "executables": ["kubelet"], "why": "w"}],
    }});
    let profile = site.profile("curious.wasm", &asks);
    site.sign(&profile, "publisher");
    let bound = |files: &str| {
        let policy = with(
            &site,
            &format!("max-capabilities = {{ files = [{files}], processes = [\"kubelet\"] }}\n"),
        );
        site.scan_under(&policy, &profile)
    };
    let conf = "{ path = \"/etc/**\", rights = [\"read\"] }";
    is_refused(
        &bound(conf),
        "signature",
        "too-wide",
        "it asks to read /root/*",
    );
    let stat = "{ path = \"/root/*\", rights = [\"stat\"] }";
    is_refused(
        &bound(&format!("{conf}, {stat}")),
        "signature",
        "too-wide",
        "read /root/*",
    );
    let read = "{ path = \"/root/*\", rights = [\"read\"] }";
    runs(&bound(&format!("{conf}, {read}")), "publisher (publisher)");
}

#[test]
fn whoever_can_write_a_policy_or_key_is_not_anybody() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "publisher");
    let policy = site.usual();
    fs::set_permissions(&policy, fs::Permissions::from_mode(0o666)).unwrap();
    let ran = site.scan_under(&policy, &profile);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.contains("lets others write it: chmod go-w"),
        "{ran:?}"
    );
    let key = site.key("publisher");
    for mode in [0o666, 0o644, 0o640] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let words = ["profile", "sign", "--key"].map(Path::new);
        let ran = cisb(words.iter().chain(&[key.as_path(), profile.as_path()]));
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("is not trusted"), "{ran:?}");
    }
}

#[test]
fn nothing_is_trusted_that_was_laid_in_the_way() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "stranger");
    let policy = site.usual();
    let believing = fs::read_to_string(&policy).unwrap();
    let stranger = site.private("stranger").public().line();
    let planted = believing.replace(&site.private("publisher").public().line(), &stranger);
    let lock = site.path("cisb.lock");
    fs::write(&lock, "version = 1\n").unwrap();

    // In the current directory, and in variables: neither is looked at.
    let folder = tempfile::tempdir().unwrap();
    for name in ["trust.toml", "cisb.toml", "grants.toml"] {
        fs::write(folder.path().join(name), &planted).unwrap();
    }
    fs::write(folder.path().join("cisb.lock"), "version = 1\n").unwrap();
    let record = Record::new();
    let run = |policy: Option<&Path>| {
        let mut command = Command::new(workspace().cisb());
        command
            .args(["scan", "--format", "json", "--now", NOW, "--profile"])
            .arg(&profile)
            .arg("--node")
            .arg(record.path())
            .current_dir(folder.path())
            .env_clear()
            .env("CISB_TRUST", folder.path().join("trust.toml"))
            .env("CISB_LOCK", folder.path().join("cisb.lock"))
            .env("CISB_GRANTS", folder.path().join("grants.toml"))
            .env("CISB_CONFIG", folder.path().join("cisb.toml"))
            .env("CISB_ALLOW_UNSIGNED", "true")
            .stdin(Stdio::null());
        if let Some(policy) = policy {
            command.arg("--trust").arg(policy);
        }
        command.output().unwrap()
    };
    let output = run(None);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["profiles"][0]["signer"], "unchecked");
    let said = String::from_utf8(output.stderr).unwrap();
    for name in [
        "CISB_TRUST",
        "CISB_LOCK",
        "CISB_GRANTS",
        "CISB_CONFIG",
        "CISB_ALLOW_UNSIGNED",
    ] {
        assert!(
            said.contains(&format!("{name} is set and means nothing")),
            "{said}"
        );
    }
    let output = run(Some(&policy));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["profiles"][0]["refused"]["code"], "unknown-key");

    // In the root that is scanned, by whatever name it is reached.
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("etc/cisb")).unwrap();
    let link = site.path("link.toml");
    for (flag, name, text) in [
        ("--trust", "trust.toml", planted.as_str()),
        ("--lock", "cisb.lock", "version = 1\n"),
        ("--grants", "grants.toml", ""),
    ] {
        let inside = root.path().join("etc/cisb").join(name);
        fs::write(&inside, text).unwrap();
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(&inside, &link).unwrap();
        for path in [&inside, &link] {
            let words = ["scan", "--static", "--profile"].map(Path::new);
            let rest = [profile.as_path(), "--root".as_ref(), root.path()];
            let ran = cisb(
                words
                    .iter()
                    .chain(&rest)
                    .chain(&[flag.as_ref(), path.as_path()]),
            );
            assert_eq!(ran.code, 2, "{ran:?}");
            assert!(
                ran.err.contains("lies in the scanned root"),
                "{flag}: {ran:?}"
            );
        }
    }
}

#[test]
fn verify_says_what_a_scan_would() {
    let site = Site::new();
    let profile = site.honest();
    let verify = |more: &[&Path]| {
        let words = ["profile", "verify"].map(Path::new);
        cisb(words.iter().chain(&[profile.as_path()]).chain(more))
    };
    let policy = site.usual();
    let ran = verify(&["--trust".as_ref(), &policy]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.out.contains("[unsigned]"), "{ran:?}");
    site.sign(&profile, "publisher");
    let ran = verify(&["--trust".as_ref(), &policy]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("publisher (publisher) sha256:"), "{ran:?}");
    let key = site.public("publisher");
    assert_eq!(verify(&["--key".as_ref(), &key]).code, 0);
    let other = site.public("stranger");
    let ran = verify(&["--key".as_ref(), &key, "--key".as_ref(), &other]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.out.contains("[too-few-signatures]"), "{ran:?}");
}

#[test]
fn inspect_says_what_the_policy_would_and_runs_nothing() {
    let site = Site::new();
    let profile = site.honest();
    site.sign(&profile, "stranger");
    let policy = site.usual();
    let inspect = |more: &[&str]| {
        let words = ["profile", "inspect", "--trust"].map(Path::new);
        let rest = [policy.as_path(), profile.as_path()];
        cisb(
            words
                .iter()
                .chain(&rest)
                .copied()
                .chain(more.iter().map(Path::new)),
        )
    };
    let ran = inspect(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("refused: none of the keys"), "{}", ran.out);
    let json: Value = serde_json::from_str(&inspect(&["--format", "json"]).out).unwrap();
    assert_eq!(json["refused"]["code"], "unknown-key");
    assert_eq!(json["admitted"], false);
    let lines: Vec<&str> = json["asks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l.as_str().unwrap())
        .collect();
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("import: cisb:host/")),
        "{lines:?}"
    );
}

#[test]
fn openssl_and_cisb_read_each_other_s_keys() {
    let openssl = |args: &[&str]| {
        Command::new("openssl")
            .args(args)
            .output()
            .ok()
            .filter(|o| o.status.success())
    };
    if openssl(&["version"]).is_none() {
        eprintln!("skipped: there is no openssl here");
        return;
    }
    let site = Site::new();
    let theirs = site.path("theirs.key");
    let path = theirs.to_str().unwrap();
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", path]).unwrap();
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o600)).unwrap();
    let profile = site.honest();
    site.sign(&profile, "theirs");
    let key = site.key("publisher");
    let out = openssl(&[
        "pkey",
        "-in",
        key.to_str().unwrap(),
        "-pubout",
        "-outform",
        "DER",
    ])
    .unwrap();
    assert_eq!(
        format!("sha256:{}", xtask::sys::sha256(&out.stdout)),
        site.id("publisher")
    );
}
