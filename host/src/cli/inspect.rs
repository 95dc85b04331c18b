//! `cisb profile inspect`: what a vetter must see before a profile runs. It is
//! all in the manifest; nothing of the profile is run for it.

use std::collections::BTreeSet;
use std::io::{self, Write};

use cisb_contract::Manifest;
use cisb_contract::manifest::{Change, Check, Instead, Right, Verb};
use serde::Serialize;

use crate::report::escape::{SafeJson, line};
use crate::report::exit::severity_word;
use crate::report::text::wrap;
use crate::report::{Refusal, Signer};

/// A profile that was read and not run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Inspection {
    /// What it says of itself; its members stand beside ours.
    #[serde(flatten)]
    pub manifest: Manifest,
    /// `sha256:…` of the component.
    pub digest: String,
    /// `sha256:…` of the manifest.
    pub manifest_digest: String,
    /// `sha256:…` of what it asks for.
    pub capabilities: String,
    /// Bytes of the component.
    pub size: u64,
    /// Who signed it, or `unsigned`.
    pub signer: String,
    /// Keys whose signatures the trust policy believes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<Signer>,
    /// Whether trust policy and lock let it run; absent where there is neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admitted: Option<bool>,
    /// Why they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
    /// The interfaces that it imports: the most it could ever reach.
    pub imports: Vec<String>,
    /// All that it asks for, a line each; `capabilities` is their digest.
    pub asks: BTreeSet<String>,
}

/// Writes it as JSON.
pub fn write_json(inspection: &Inspection, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, SafeJson::pretty());
    inspection.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Writes it for people.
pub fn write_text(inspection: &Inspection, out: &mut dyn Write) -> io::Result<()> {
    let manifest = &inspection.manifest;
    let benchmark = &manifest.benchmark;
    let fields = [
        (
            "Profile",
            format!(
                "{} {} (epoch {})",
                manifest.id, manifest.version, manifest.epoch
            ),
        ),
        ("Title", manifest.title.clone()),
        (
            "Benchmark",
            format!("{} {}", benchmark.name, benchmark.version),
        ),
        ("Kubernetes", benchmark.kubernetes.clone()),
        (
            "World",
            format!("{}, cisb {} or newer", manifest.world, manifest.min_host),
        ),
        ("Digest", inspection.digest.clone()),
        ("Manifest", inspection.manifest_digest.clone()),
        ("Size", format!("{} bytes", inspection.size)),
        ("Asks", inspection.capabilities.clone()),
        ("Signer", inspection.signer.clone()),
        ("Imports", inspection.imports.join(", ")),
    ];
    let made_from = manifest.tailored.iter();
    let made_from = made_from.map(|of| {
        let text = format!("{} {}, {}", of.id, of.version, of.digest);
        ("Made from", text)
    });
    let fields = fields.into_iter().chain(made_from);
    for (name, text) in fields {
        paragraph(out, 11, &format!("{name:<10}"), &text)?;
    }
    for signer in &inspection.signers {
        let text = format!("{} {}", signer.name, signer.key);
        paragraph(out, 11, &format!("{:<10}", "Key"), &text)?;
    }
    let verdict = match (&inspection.refused, inspection.admitted) {
        (Some(refusal), _) => format!("refused: {} [{}]", refusal.reason, refusal.code),
        (None, Some(_)) => "it may run".to_owned(),
        (None, None) => "no trust policy, no lock: whatever is named runs".to_owned(),
    };
    paragraph(out, 11, &format!("{:<10}", "Policy"), &verdict)?;
    changes(manifest, out)?;
    requests(manifest, out)?;
    if !manifest.parameters.is_empty() {
        writeln!(out, "\nCan be set with --set:")?;
        for parameter in &manifest.parameters {
            let default = &parameter.default;
            let text = format!("{} (default {default})", parameter.description);
            paragraph(out, 4, &format!("  {}:", line(&parameter.name)), &text)?;
        }
    }
    let is_judged = |check: &&Check| check.judged && manifest.instead(&check.id).is_none();
    let judged = manifest.checks.iter().filter(is_judged).count();
    writeln!(
        out,
        "\nChecks: {}, of which facts judge {judged}",
        manifest.checks.len()
    )?;
    for section in &manifest.sections {
        let head = format!("{} ({})", section.title, section.target);
        paragraph(out, 2, &line(&section.id), &head)?;
        for group in &section.groups {
            for check in manifest
                .checks
                .iter()
                .filter(|check| check.group == group.id)
            {
                let how = match (manifest.instead(&check.id), check.judged) {
                    (Some(Instead::Skip(_)), _) => "left out",
                    (Some(Instead::Manual(_)), _) => "left to a person",
                    (None, true) => "judged",
                    (None, false) => "manual",
                };
                let text = format!("{} ({how})", check.title);
                paragraph(out, 4, &format!("  {}", line(&check.id)), &text)?;
            }
        }
    }
    Ok(())
}

/// What tailoring changed, and why.
fn changes(manifest: &Manifest, out: &mut dyn Write) -> io::Result<()> {
    for of in &manifest.tailored {
        writeln!(out, "\nChanged in {}:", line(&of.id))?;
        for change in &of.changes {
            let what = match change {
                Change::Skip { check, .. } => format!("left out: {check}"),
                Change::Manual { check, .. } => format!("left to a person: {check}"),
                Change::Severity {
                    check, from, to, ..
                } => format!(
                    "severity of {check}: {} instead of {}",
                    severity_word(*to),
                    severity_word(*from)
                ),
                Change::Level {
                    check, from, to, ..
                } => format!("level of {check}: {to} instead of {from}"),
                Change::Parameter { name, from, to, .. } => {
                    format!("parameter {name}: {to} instead of {from}")
                }
                Change::Add { check, .. } => format!("added: {check}"),
            };
            paragraph(out, 4, " ", &what)?;
            paragraph(out, 6, "     ", &format!("because {}", change.reason()))?;
        }
    }
    Ok(())
}

/// What it asks to see, the riskiest first, each with what it is for and the
/// checks that have it while they run.
fn requests(manifest: &Manifest, out: &mut dyn Write) -> io::Result<()> {
    let mut asks = sentences(manifest);
    asks.sort_by_key(|ask| ask.risk);
    writeln!(out, "\nAsks for, the riskiest first:")?;
    for ask in &asks {
        paragraph(out, 4, &format!("  {}:", line(ask.id)), &ask.what)?;
        paragraph(out, 6, "     ", &format!("because {}", ask.why))?;
        let users = manifest
            .checks
            .iter()
            .filter(|check| check.uses.iter().any(|u| u == ask.id));
        let users: Vec<&str> = users.map(|check| check.id.as_str()).collect();
        let text = format!("for {}", used_by(&users, manifest.checks.len()));
        paragraph(out, 6, "     ", &text)?;
    }
    if asks.is_empty() {
        writeln!(out, "  nothing")?;
    }
    Ok(())
}

/// What it asks to see in short, the riskiest first: so many requests, and how
/// many there are besides.
pub(super) fn riskiest(manifest: &Manifest, most: usize) -> (Vec<String>, usize) {
    let mut asks = sentences(manifest);
    asks.sort_by_key(|ask| ask.risk);
    let rest = asks.len().saturating_sub(most);
    let first = asks.into_iter().take(most);
    (first.map(|ask| ask.what).collect(), rest)
}

/// How much could be learnt if a profile were not what it says, most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Risk {
    /// Contents of files that nobody can list before.
    ReadAnywhere,
    /// Contents of a tree of files.
    ReadTree,
    /// Contents of files.
    Read,
    /// Variables of processes.
    Environment,
    /// Objects that say who may do what, or that workloads are made of.
    Objects,
    /// Arguments of processes.
    Arguments,
    /// Whether contents are as somebody knows them.
    Digest,
    /// Kind, mode and owner.
    Stat,
}

/// A request in words.
struct Ask<'a> {
    risk: Risk,
    id: &'a str,
    what: String,
    why: &'a str,
}

fn sentences(manifest: &Manifest) -> Vec<Ask<'_>> {
    let requests = &manifest.requests;
    let mut asks = Vec::new();
    for r in &requests.files {
        let tree = r.depth > 0 || r.paths.iter().any(|path| path.contains("**"));
        let risk = match (rights(&r.rights), tree) {
            ("read", true) => Risk::ReadTree,
            ("read", false) => Risk::Read,
            ("digest", _) => Risk::Digest,
            _ => Risk::Stat,
        };
        let what = format!(
            "{} {}{}",
            rights(&r.rights),
            r.paths.join(", "),
            below(r.depth)
        );
        asks.push(Ask {
            risk,
            id: &r.id,
            what,
            why: &r.why,
        });
    }
    for r in &requests.processes {
        let mut what = format!("arguments of {}", r.executables.join(", "));
        let mut risk = Risk::Arguments;
        if !r.environment.is_empty() {
            what += &format!(", and of their environment {}", r.environment.join(", "));
            risk = Risk::Environment;
        }
        asks.push(Ask {
            risk,
            id: &r.id,
            what,
            why: &r.why,
        });
    }
    let named = |wanted: &[Right]| match rights(wanted) {
        "read" => Risk::ReadAnywhere,
        "digest" => Risk::Digest,
        _ => Risk::Stat,
    };
    for r in &requests.named {
        let flags = r.flags.iter().map(|flag| format!("--{flag}"));
        let names: Vec<String> = flags.chain(r.environment.iter().cloned()).collect();
        let what = format!(
            "{} what {} of {} names{}",
            rights(&r.rights),
            names.join(", "),
            r.process,
            below(r.depth)
        );
        asks.push(Ask {
            risk: named(&r.rights),
            id: &r.id,
            what,
            why: &r.why,
        });
    }
    for r in &requests.fields {
        let what = format!(
            "{} what {} of {} names{}",
            rights(&r.rights),
            r.pointers.join(", "),
            r.documents.join(", "),
            below(r.depth)
        );
        asks.push(Ask {
            risk: named(&r.rights),
            id: &r.id,
            what,
            why: &r.why,
        });
    }
    for r in &requests.kubernetes {
        let verbs = r.verbs.iter().map(|verb| match verb {
            Verb::List => "list",
        });
        let what = format!(
            "{} {} of {}, only {}",
            verbs.collect::<Vec<_>>().join(", "),
            r.resource,
            r.api_version,
            r.fields.join(", ")
        );
        asks.push(Ask {
            risk: Risk::Objects,
            id: &r.id,
            what,
            why: &r.why,
        });
    }
    asks
}

/// The checks that have a request, as far as they fit on a line.
fn used_by(checks: &[&str], all: usize) -> String {
    const SHOWN: usize = 8;
    match checks.len() {
        0 => "no check: it is never granted".to_owned(),
        n if n == all => "every check".to_owned(),
        n if n > SHOWN => format!(
            "{} and {} more of its checks",
            checks
                .iter()
                .take(SHOWN)
                .copied()
                .collect::<Vec<_>>()
                .join(", "),
            n - SHOWN
        ),
        _ => checks.join(", "),
    }
}

fn rights(rights: &[Right]) -> &'static str {
    if rights.contains(&Right::Read) {
        "read"
    } else if rights.contains(&Right::Digest) {
        "digest"
    } else {
        "stat"
    }
}

fn below(depth: u32) -> String {
    match depth {
        0 => String::new(),
        1 => ", and its children".to_owned(),
        levels => format!(", and {levels} levels of children"),
    }
}

/// A head of ours and a stranger's text, what does not fit indented.
pub(super) fn paragraph(
    out: &mut dyn Write,
    indent: usize,
    head: &str,
    text: &str,
) -> io::Result<()> {
    // The head is broken with the text: a long one must not push it off the line.
    let lead = head.chars().take_while(|c| *c == ' ').count();
    let padding = match head.trim().is_empty() {
        true => 0,
        false => head.len() - head.trim_end().len(),
    };
    let rows = wrap(text, 80 - indent.max(head.len() + 1));
    for (at, row) in rows.iter().enumerate() {
        if at == 0 {
            writeln!(out, "{:lead$}{}{:padding$} {row}", "", head.trim(), "")?;
        } else {
            writeln!(out, "{:indent$}{row}", "")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspection(title: &str) -> Inspection {
        let title = serde_json::Value::from(title);
        let manifest = serde_json::json!({
            "schema": "cisb.manifest/0.1", "id": "mini-1.0", "version": "0.1.0", "epoch": 3,
            "title": title,
            "benchmark": {"name": "Mini", "version": "1.0", "kubernetes": ">=1.28"},
            "world": "cisb:profile/profile@0.1.0", "min-host": "0.1.0",
            "requests": {
                "files": [{"id": "pki", "paths": ["/etc/kubernetes/pki/**"], "rights": ["stat", "digest"], "depth": 2, "why": title}],
                "processes": [{"id": "etcd", "executables": ["etcd"], "environment": ["ETCD_DATA_DIR"], "why": "its flags decide"}],
                "named": [{"id": "ca", "process": "etcd", "flags": ["trusted-ca-file"], "rights": ["read"], "why": "it is judged"}],
                "fields": [{"id": "x", "documents": ["pki"], "pointers": ["/a/*"], "rights": ["stat"], "why": "it is named there"}],
                "kubernetes": [{"id": "roles", "api-version": "rbac.authorization.k8s.io/v1", "resource": "clusterroles", "verbs": ["list"], "fields": ["/rules"], "why": "they grant"}]
            },
            "parameters": [{"name": "namespaces", "type": "list", "default": ["kube-system"], "description": "which are the system's"}],
            "sections": [{"id": "2", "title": "etcd", "target": "etcd", "groups": [{"id": "2", "title": "etcd"}]}],
            "checks": [{
                "id": "2.1", "control": "etcd-tls", "title": title, "group": "2",
                "component": "etcd", "level": 1, "assessment": "automated", "scored": true,
                "severity": "critical", "judged": true, "rationale": "r",
                "remediation": {"set": "s"}, "uses": ["etcd"]
            }]
        });
        Inspection {
            manifest: serde_json::from_value(manifest).unwrap(),
            digest: "sha256:abc".into(),
            manifest_digest: "sha256:def".into(),
            capabilities: "sha256:fed".into(),
            size: 4711,
            signer: "unsigned".into(),
            signers: Vec::new(),
            admitted: None,
            refused: None,
            imports: vec!["cisb:host/files@0.1.0".into()],
            asks: BTreeSet::new(),
        }
    }

    fn text(inspection: &Inspection) -> String {
        let mut out = Vec::new();
        write_text(inspection, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn everything_that_is_asked_for_is_shown() {
        let text = text(&inspection("A small profile"));
        for words in [
            "mini-1.0 0.1.0 (epoch 3)",
            "sha256:abc",
            "sha256:def",
            "4711 bytes",
            "unsigned",
            "cisb:host/files@0.1.0",
            "pki: digest /etc/kubernetes/pki/**, and 2 levels of children",
            "arguments of etcd, and of their environment ETCD_DATA_DIR",
            "ca: read what --trusted-ca-file of etcd names",
            "x: stat what /a/* of pki names",
            "roles: list clusterroles of rbac.authorization.k8s.io/v1, only /rules",
            "because they grant",
            "for every check",
            "for no check: it is never granted",
            "namespaces: which are the system's (default [\"kube-system\"])",
            "Checks: 1, of which facts judge 1",
            "2.1 A small profile (judged)",
        ] {
            assert!(text.contains(words), "{words}:\n{text}");
        }
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    }

    #[test]
    fn a_profile_s_words_stay_on_their_line() {
        let text = text(&inspection(
            "x\x1b[2K\rSigner     somebody\nSigner     somebody\u{202e}",
        ));
        assert_eq!(
            text.lines()
                .filter(|line| line.starts_with("Signer"))
                .count(),
            1
        );
        assert!(!text.contains(|c| c != '\n' && crate::report::escape::is_hostile(c)));
    }

    #[test]
    fn json_is_the_manifest_and_what_we_know_of_it() {
        let inspection = inspection("A small profile");
        let mut out = Vec::new();
        write_json(&inspection, &mut out).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["id"], "mini-1.0");
        assert_eq!(value["digest"], "sha256:abc");
        assert_eq!(value["checks"][0]["id"], "2.1");
        assert_eq!(value["requests"]["files"][0]["id"], "pki");
    }
}
