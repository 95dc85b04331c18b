//! Reports for tests, built as a scan would: a small profile of ten checks over
//! four targets, on nodes in four conditions.

use cisb_contract::manifest::{Assessment, Group, Ownership, Section, Severity};

use super::{
    Coverage, Gap, Input, ProfileRun, Refusal, Report, SCHEMA_VERSION, ScannedCluster, ScannedNode,
    Signer, Summary, Timings, Tool,
};
use crate::finding::{Basis, Decision, Evidence, Finding, Subject, Verdict};

/// What a check declares: id, control, title, target, component, assessment,
/// scored, severity, remediation.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Assessment,
    bool,
    Severity,
    &'static str,
);

use Assessment::{Automated, Manual};
use Severity::{Critical, High, Low, Medium};

#[rustfmt::skip]
const CHECKS: [Row; 10] = [
    ("1.1.1", "kube-apiserver-manifest-mode", "API server manifest is writable by root alone", "master", "kube-apiserver", Automated, true, Medium,
     "Take the group's and everybody's rights away. On the node:\n    chmod 600 /etc/kubernetes/manifests/kube-apiserver.yaml\nThe kubelet does not restart anything for a change of mode."),
    ("1.1.12", "etcd-data-owner", "etcd data directory belongs to etcd", "master", "etcd", Automated, true, High,
     "Give the directory to the account that runs etcd. Where etcd runs as root in a static pod, accept root and say so in an exception."),
    ("1.1.20", "pki-certificates-mode", "Certificates are writable by root alone", "master", "pki", Manual, false, Medium,
     "Look at each file named above and take rights away that nothing needs."),
    ("1.2.5", "kube-apiserver-kubelet-ca", "API server verifies the kubelet's certificate", "master", "kube-apiserver", Automated, true, Critical,
     "Set --kubelet-certificate-authority to the CA that signs kubelet serving certificates. Turn on serverTLSBootstrap first, or logs and exec stop working."),
    ("1.2.20", "kube-apiserver-request-timeout", "Requests end after a sensible time", "master", "kube-apiserver", Manual, false, Low,
     "Leave --request-timeout at its default unless clients need more."),
    ("2.1", "etcd-tls", "etcd serves clients over TLS", "etcd", "etcd", Automated, true, Critical,
     "Give etcd a certificate and a key with --cert-file and --key-file."),
    ("4.1.1", "kubelet-service-mode", "kubelet unit is writable by root alone", "node", "kubelet", Automated, true, Medium,
     "Take the group's and everybody's write permission away from the unit and its drop-ins."),
    ("4.2.1", "kubelet-anonymous", "kubelet refuses anonymous requests", "node", "kubelet", Automated, true, Critical,
     "Set authentication.anonymous.enabled to false in the kubelet's configuration."),
    ("5.1.1", "cluster-admin-bindings", "cluster-admin is bound only where needed", "policies", "rbac", Automated, true, High,
     "Bind a smaller role to each subject named above, then remove the binding."),
    ("5.2.3", "privileged-containers", "No container shares the host's process table", "policies", "pods", Manual, false, High,
     "Enforce the restricted Pod Security Standard on each namespace with user workloads."),
];

/// A finding of [`CHECKS`] with nothing decided: not-applicable without evidence.
pub(crate) fn finding(id: &str) -> Finding {
    let (check, control, title, target, component, assessment, scored, severity, remediation) =
        *CHECKS
            .iter()
            .find(|row| row.0 == id)
            .expect("a check of the fixture");
    let section = match target {
        "etcd" => "2",
        _ => check.rsplit_once('.').map_or(check, |(group, _)| group),
    };
    Finding {
        profile: "mini-1.0".into(),
        check: check.into(),
        control: control.into(),
        title: title.into(),
        section: section.into(),
        target: target.into(),
        component: component.into(),
        level: 1,
        assessment,
        scored,
        severity,
        ownership: Ownership::Customer,
        judged: assessment == Automated,
        verdict: Verdict::NotApplicable,
        basis: Basis::Explicit,
        reason: String::new(),
        expected: String::new(),
        actual: String::new(),
        subjects: Vec::new(),
        evidence: Vec::new(),
        decision: Decision::Required,
        rationale: "Whoever can change it owns the cluster.".into(),
        remediation: remediation.into(),
        references: vec!["https://kubernetes.io/docs/".into()],
        skipped: false,
    }
}

/// A finding with a verdict on one subject: what was wanted, seen, and why.
pub(crate) fn judged(
    id: &str,
    verdict: Verdict,
    key: &str,
    expected: &str,
    actual: &str,
    reason: &str,
) -> Finding {
    let kind = if key.starts_with('/') {
        "file"
    } else {
        "process"
    };
    let evidence = evidence(kind, key, actual, None);
    let subject = Subject {
        key: key.into(),
        state: verdict,
        expected: expected.into(),
        actual: actual.into(),
        reason: String::new(),
        basis: Basis::Explicit,
        evidence: vec![evidence.id.clone()],
        decision: Decision::Required,
    };
    Finding {
        verdict,
        expected: expected.into(),
        actual: actual.into(),
        reason: reason.into(),
        subjects: vec![subject],
        evidence: vec![evidence],
        ..finding(id)
    }
}

/// A finding that rests on something that is missing.
pub(crate) fn missing(
    id: &str,
    verdict: Verdict,
    kind: &str,
    subject: &str,
    why: &str,
    reason: &str,
) -> Finding {
    Finding {
        verdict,
        reason: reason.into(),
        evidence: vec![evidence(kind, subject, why, Some(why))],
        ..finding(id)
    }
}

pub(crate) fn evidence(kind: &str, subject: &str, fact: &str, missing: Option<&str>) -> Evidence {
    Evidence {
        id: format!(
            "{:016x}",
            (kind.len() * 31 + subject.len()) * 31 + fact.len()
        ),
        kind: kind.into(),
        subject: subject.into(),
        fact: fact.into(),
        missing: missing.map(Into::into),
    }
}

pub(crate) fn profile() -> ProfileRun {
    let group = |id: &str, title: &str| Group {
        id: id.into(),
        title: title.into(),
    };
    let section = |id: &str, title: &str, target: &str, groups| Section {
        id: id.into(),
        title: title.into(),
        target: target.into(),
        groups,
    };
    ProfileRun {
        id: "mini-1.0".into(),
        version: "0.1.0".into(),
        epoch: 1,
        title: "A small profile".into(),
        benchmark: "Mini benchmark 1.0".into(),
        kubernetes: ">=1.28, <1.32".into(),
        digest: "sha256:0000".into(),
        manifest_digest: "sha256:1111".into(),
        signer: "unsigned".into(),
        signers: Vec::new(),
        capabilities: "sha256:2222".into(),
        chosen: "the only one given with --profile".into(),
        grants: vec!["manifests: read /etc/kubernetes/manifests/*".into()],
        tailored: Vec::new(),
        sections: vec![
            section(
                "1",
                "Control plane",
                "master",
                vec![
                    group("1.1", "Files of the control plane"),
                    group("1.2", "API server"),
                ],
            ),
            section("2", "etcd", "etcd", vec![group("2", "etcd")]),
            section(
                "4",
                "Worker node",
                "node",
                vec![
                    group("4.1", "Files of the worker node"),
                    group("4.2", "kubelet"),
                ],
            ),
            section(
                "5",
                "Policies",
                "policies",
                vec![group("5.1", "RBAC"), group("5.2", "Pods")],
            ),
        ],
        refused: None,
        timings: Timings::default(),
    }
}

pub(crate) fn report(node: ScannedNode, findings: Vec<Finding>, gaps: Vec<Gap>) -> Report {
    let summary = Summary::of(&findings);
    Report {
        schema_version: SCHEMA_VERSION.into(),
        tool: Tool {
            name: "cisb".into(),
            version: "0.1.0".into(),
        },
        started: "2026-11-21T12:00:00Z".into(),
        node,
        cluster: ScannedCluster {
            name: None,
            api: "none".into(),
            version: None,
        },
        inputs: Vec::new(),
        profiles: vec![profile()],
        coverage: Coverage {
            declared: CHECKS.len(),
            selected: findings.len(),
            assessed: findings
                .iter()
                .filter(|f| matches!(f.verdict, Verdict::Pass | Verdict::Fail) && !f.skipped)
                .count(),
            profile_range: "inside".into(),
            gaps,
        },
        findings,
        summary,
        problems: Vec::new(),
    }
}

pub(crate) fn node(name: &str, role: &str) -> ScannedNode {
    ScannedNode {
        name: name.into(),
        origin: "live".into(),
        source: "root /, proc /proc".into(),
        captured: None,
        platform: "linux/amd64".into(),
        kubernetes_version: Some("v1.31.4".into()),
        role: role.into(),
    }
}

fn gap(cause: &str, cure: &str, checks: &[&str]) -> Gap {
    Gap {
        cause: cause.into(),
        cure: cure.into(),
        checks: checks.iter().map(|id| (*id).into()).collect(),
    }
}

const NO_API: &str = "no API server was asked for: give --kubeconfig FILE or --in-cluster";

fn without_api(id: &str) -> Finding {
    missing(
        id,
        Verdict::Error,
        "objects",
        "pods/v1",
        "unreachable: no API server was asked for",
        NO_API,
    )
}

fn no_api() -> Gap {
    gap(
        "no API server was asked for",
        "--kubeconfig FILE or --in-cluster",
        &["5.1.1", "5.2.3"],
    )
}

/// A control-plane node with a few things wrong.
pub(crate) fn control_plane() -> Report {
    let manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml";
    let mut pki = judged(
        "1.1.20",
        Verdict::Fail,
        "/etc/kubernetes/pki/ca.crt",
        "0600 or less",
        "0644",
        "2 of 3 certificates have more rights than 0600",
    );
    let mut second = pki.subjects[0].clone();
    second.key = "/etc/kubernetes/pki/etcd/ca.crt".into();
    pki.subjects.push(second);
    let findings = vec![
        judged(
            "1.1.1",
            Verdict::Pass,
            manifest,
            "0600 or less",
            "0600",
            "the manifest's mode is 0600",
        ),
        judged(
            "1.1.12",
            Verdict::Fail,
            "/var/lib/etcd",
            "etcd:etcd",
            "root:root (0:0)",
            "/var/lib/etcd belongs to root:root, not to etcd:etcd",
        ),
        pki,
        judged(
            "1.2.5",
            Verdict::Fail,
            "kube-apiserver --kubelet-certificate-authority",
            "a CA file",
            "not set",
            "kube-apiserver has no --kubelet-certificate-authority, so it accepts any kubelet's certificate",
        ),
        judged(
            "1.2.20",
            Verdict::Manual,
            "kube-apiserver --request-timeout",
            "a value that fits the cluster",
            "not set (default 1m0s)",
            "a person must say whether one minute fits this cluster's clients",
        ),
        judged(
            "2.1",
            Verdict::Pass,
            "etcd --cert-file",
            "set",
            "/etc/kubernetes/pki/etcd/server.crt",
            "etcd has a certificate and a key",
        ),
        judged(
            "4.1.1",
            Verdict::Pass,
            "/usr/lib/systemd/system/kubelet.service",
            "0600 or less",
            "0600",
            "the unit's mode is 0600",
        ),
        judged(
            "4.2.1",
            Verdict::Pass,
            "kubelet authentication.anonymous.enabled",
            "false",
            "false",
            "anonymous requests are refused",
        ),
        without_api("5.1.1"),
        without_api("5.2.3"),
    ];
    report(node("cp-1", "control-plane"), findings, vec![no_api()])
}

/// A worker: nothing of a control plane, and a witness for it.
pub(crate) fn worker() -> Report {
    let absent = |id: &str, what: &str| {
        missing(
            id,
            Verdict::NotApplicable,
            "process-search",
            what,
            "not-found",
            &format!("no process {what} runs here, and the whole process table was seen"),
        )
    };
    let findings = vec![
        absent("1.1.1", "kube-apiserver"),
        absent("1.1.12", "etcd"),
        absent("1.1.20", "kube-apiserver"),
        absent("1.2.5", "kube-apiserver"),
        absent("1.2.20", "kube-apiserver"),
        absent("2.1", "etcd"),
        judged(
            "4.1.1",
            Verdict::Fail,
            "/usr/lib/systemd/system/kubelet.service",
            "0600 or less",
            "0644",
            "the unit's mode is 0644, which is more than 0600",
        ),
        judged(
            "4.2.1",
            Verdict::Pass,
            "kubelet authentication.anonymous.enabled",
            "false",
            "false",
            "anonymous requests are refused",
        ),
        without_api("5.1.1"),
        without_api("5.2.3"),
    ];
    let mut report = report(node("worker-1", "worker"), findings, vec![no_api()]);
    report.node.kubernetes_version = Some("v1.36.2".into());
    report.coverage.profile_range = "outside: v1.36.2 is not in >=1.28, <1.32".into();
    report
}

/// A control-plane node, scanned without root.
pub(crate) fn no_root() -> Report {
    let denied = |id: &str, path: &str| {
        missing(
            id,
            Verdict::Error,
            "file",
            path,
            "not-permitted",
            &format!("{path} cannot be looked at: permission denied; run as root"),
        )
    };
    let findings = vec![
        denied("1.1.1", "/etc/kubernetes/manifests/kube-apiserver.yaml"),
        denied("1.1.12", "/var/lib/etcd"),
        denied("1.1.20", "/etc/kubernetes/pki"),
        judged(
            "1.2.5",
            Verdict::Fail,
            "kube-apiserver --kubelet-certificate-authority",
            "a CA file",
            "not set",
            "kube-apiserver has no --kubelet-certificate-authority, so it accepts any kubelet's certificate",
        ),
        judged(
            "1.2.20",
            Verdict::Manual,
            "kube-apiserver --request-timeout",
            "a value that fits the cluster",
            "not set (default 1m0s)",
            "a person must say whether one minute fits this cluster's clients",
        ),
        judged(
            "2.1",
            Verdict::Pass,
            "etcd --cert-file",
            "set",
            "/etc/kubernetes/pki/etcd/server.crt",
            "etcd has a certificate and a key",
        ),
        judged(
            "4.1.1",
            Verdict::Pass,
            "/usr/lib/systemd/system/kubelet.service",
            "0600 or less",
            "0600",
            "the unit's mode is 0600",
        ),
        denied("4.2.1", "/var/lib/kubelet/config.yaml"),
        without_api("5.1.1"),
        without_api("5.2.3"),
    ];
    let gaps = vec![
        gap(
            "permission denied",
            "run as root",
            &["1.1.1", "1.1.12", "1.1.20", "4.2.1"],
        ),
        no_api(),
    ];
    report(node("cp-1", "control-plane"), findings, gaps)
}

/// A pod without hostPID on a control-plane node.
pub(crate) fn no_host_pid() -> Report {
    let hidden = |id: &str, what: &str| {
        missing(
            id,
            Verdict::Error,
            "process-search",
            what,
            "not-permitted: a private PID namespace",
            &format!(
                "whether {what} runs cannot be known from a private PID namespace: set hostPID: true"
            ),
        )
    };
    let findings = vec![
        judged(
            "1.1.1",
            Verdict::Pass,
            "/etc/kubernetes/manifests/kube-apiserver.yaml",
            "0600 or less",
            "0600",
            "the manifest's mode is 0600",
        ),
        hidden("1.1.12", "etcd"),
        judged(
            "1.1.20",
            Verdict::Pass,
            "/etc/kubernetes/pki/ca.crt",
            "0600 or less",
            "0600",
            "all certificates are 0600",
        ),
        hidden("1.2.5", "kube-apiserver"),
        hidden("1.2.20", "kube-apiserver"),
        hidden("2.1", "etcd"),
        judged(
            "4.1.1",
            Verdict::Pass,
            "/usr/lib/systemd/system/kubelet.service",
            "0600 or less",
            "0600",
            "the unit's mode is 0600",
        ),
        hidden("4.2.1", "kubelet"),
        without_api("5.1.1"),
        Finding {
            skipped: true,
            reason: "skipped by --skip 5.2".into(),
            ..finding("5.2.3")
        },
    ];
    let gaps = vec![
        gap(
            "the process table is that of a private PID namespace, so nobody knows what runs on the node",
            "hostPID: true in the pod's spec",
            &["1.1.12", "1.2.5", "1.2.20", "2.1", "4.2.1"],
        ),
        gap(
            "no API server was asked for",
            "--kubeconfig FILE or --in-cluster",
            &["5.1.1"],
        ),
    ];
    let mut report = report(node("cp-1", "unknown"), findings, gaps);
    report.node.source = "root /host, proc /proc".into();
    report.node.kubernetes_version = None;
    report.coverage.profile_range = "unknown".into();
    report
}

/// A control-plane node with a second profile that was refused.
pub(crate) fn refused() -> Report {
    let mut report = control_plane();
    report.inputs.push(Input {
        kind: "trust-policy".into(),
        path: "/etc/cisb/trust.toml".into(),
        digest: "sha256:4444".into(),
    });
    report.profiles.push(ProfileRun {
        id: "evil.wasm".into(),
        refused: Some(Refusal {
            stage: "verify".into(),
            code: "imports-wasi".into(),
            reason: "it imports wasi:filesystem/types, and no profile gets WASI: build it without"
                .into(),
        }),
        tailored: Vec::new(),
        sections: Vec::new(),
        grants: Vec::new(),
        signer: "cisb-release (publisher)".into(),
        signers: vec![Signer {
            name: "cisb-release".into(),
            key: format!("sha256:{}", "3".repeat(64)),
            roles: vec!["publisher".into()],
        }],
        ..profile()
    });
    report
}
