//! What an operator does not grant: it is never looked at, and what rests on it
//! is never a pass and never an absence.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::harness::{Ran, cis, findings, guest, node, scan};
use crate::site::{Site, is_refused, runs};

/// Scans the control plane with these grants.
fn granted(text: &str, more: &[&str]) -> std::collections::BTreeMap<String, serde_json::Value> {
    let folder = tempfile::tempdir().unwrap();
    let grants = folder.path().join("grants.toml");
    fs::write(&grants, text).unwrap();
    let mut args = vec!["--format", "json", "--grants", grants.to_str().unwrap()];
    args.extend(more);
    let ran = scan(&cis(), &node("kubeadm-control-plane"), &args);
    findings(&ran.report())
}

#[test]
fn without_a_grant_nothing_passes_and_nothing_is_absent() {
    let found = granted(
        "[[grant]]\nprofile = \"another\"\nprocesses = [\"kubelet\"]\n",
        &[],
    );
    assert_eq!(found.len(), 130);
    for (check, finding) in found {
        let verdict = finding["verdict"].as_str().unwrap();
        assert!(
            !matches!(verdict, "pass" | "fail" | "not-applicable"),
            "{check}: {finding}"
        );
    }
}

#[test]
fn a_folder_that_is_granted_in_part_is_not_called_clean() {
    let text = r#"
        [[grant]]
        profile = "cis-1.10"
        processes = ["kubelet", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kube-proxy"]
        named = ["stat", "read"]
        files = [
            { path = "/etc/kubernetes/manifests/*", rights = ["stat", "read"] },
            { path = "/etc/kubernetes/pki/etcd/*", rights = ["stat"] },
        ]
    "#;
    let found = granted(text, &["--check", "1.1.1,1.1.19"]);
    assert_eq!(found["1.1.1"]["verdict"], "pass", "{}", found["1.1.1"]);
    assert_eq!(found["1.1.19"]["verdict"], "error", "{}", found["1.1.19"]);
}

/// Scans the site's profile with these grants.
fn with_grants(site: &Site, profile: &Path, text: &str, more: &[&OsStr]) -> Ran {
    let grants = site.path("grants.toml");
    fs::write(&grants, text).unwrap();
    let mut args = vec!["--grants".as_ref(), grants.as_os_str()];
    args.extend(more);
    site.scan(profile, &args)
}

#[test]
fn a_grant_may_be_for_what_a_key_signed() {
    let site = Site::new();
    let asks = json!({"requests": {"files": [
        {"id": "f", "paths": ["/etc/kubernetes/*"], "rights": ["read"], "why": "w"},
    ]}});
    let profile = site.profile("asking.wasm", &asks);
    let policy = site.usual();
    let text = "[[grant]]\nprofile = \"*\"\nsigner = \"publisher\"\nrequests = \"all\"\n";
    let granted = |more: &[&OsStr]| {
        let report = with_grants(&site, &profile, text, more).report();
        report["profiles"][0]["grants"][0]
            .as_str()
            .unwrap()
            .to_owned()
    };
    // Nobody signed it, or nobody says whose signature counts: nothing of it is granted.
    assert!(granted(&[]).contains("(as the grants file allows)"));
    site.sign(&profile, "publisher");
    assert!(granted(&[]).contains("(as the grants file allows)"));
    let whole = granted(&["--trust".as_ref(), policy.as_os_str()]);
    assert_eq!(whole, "f: stat+read /etc/kubernetes/*");
}

#[test]
fn a_grant_says_how_large_a_profile_may_be() {
    let site = Site::new();
    let profile = site.honest();
    let size = fs::metadata(&profile).unwrap().len();
    let grant = |limits: &str| {
        format!("[[grant]]\nprofile = \"*\"\nrequests = \"all\"\nlimits = {{ {limits} }}\n")
    };
    let small = grant(&format!("component-bytes = {}", size - 1));
    let ran = with_grants(&site, &profile, &small, &[]);
    is_refused(&ran, "grant", "too-large", &format!("it has {size} bytes"));
    let ran = with_grants(&site, &profile, &grant("functions = 1"), &[]);
    is_refused(&ran, "grant", "too-large", "limits = { functions =");
    let fits = grant(&format!("component-bytes = {size}"));
    runs(&with_grants(&site, &profile, &fits, &[]), "unsigned");
    // Without a grant there is a limit as well, and a grant raises it.
    let mut bytes = fs::read(&profile).unwrap();
    let padding = 4 << 20;
    // A custom section of so many bytes, its size as LEB128.
    bytes.push(0);
    bytes.extend([0x86, 0x80, 0x80, 0x02]);
    bytes.extend(b"\x05empty");
    bytes.resize(bytes.len() + padding, 0);
    let large = site.path("large.wasm");
    fs::write(&large, bytes).unwrap();
    let ran = site.scan(&large, &[]);
    is_refused(&ran, "grant", "too-large", "and 4194304 are granted");
    let text = grant("component-bytes = 8388608");
    runs(&with_grants(&site, &large, &text, &[]), "unsigned");
}

#[test]
fn a_grant_says_how_much_a_check_may_compute() {
    let site = Site::new();
    let text = |limits: &str| {
        format!("[[grant]]\nprofile = \"*\"\nrequests = \"all\"\nlimits = {{ {limits} }}\n")
    };
    let looping = guest("loop-in-check");
    let ran = with_grants(&site, &looping, &text("fuel = 1000"), &[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let bomb = guest("memory-bomb");
    let ran = with_grants(&site, &bomb, &text("memory-bytes = 1048576"), &[]);
    assert!(
        ran.out.contains("more than 1048576 bytes of memory"),
        "{ran:?}"
    );
    for (limits, words) in [
        ("fuel = 0", "the limit fuel must be from 1 to 20000000000"),
        (
            "memory-bytes = 1073741824",
            "the limit memory-bytes must be from 1 to 268435456",
        ),
        ("time = 3", "unknown field `time`"),
    ] {
        let ran = with_grants(&site, &site.honest(), &text(limits), &[]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(words), "{words}: {ran:?}");
        assert!(ran.err.contains("grants.toml"), "{ran:?}");
    }
}

#[test]
fn grants_that_anybody_could_have_written_are_none() {
    let site = Site::new();
    let grants = site.path("grants.toml");
    fs::write(&grants, "").unwrap();
    fs::set_permissions(&grants, fs::Permissions::from_mode(0o666)).unwrap();
    let ran = site.scan(&site.honest(), &["--grants".as_ref(), grants.as_os_str()]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("lets others write it"), "{ran:?}");
}
