//! Prints the profile's manifest: what xtask puts into the component.

use std::io::Write as _;

use cis_1_10::table::{Assessed, Counted, TABLE};
use cisb_catalogue::assemble::{Identity, Row, SectionRow, manifest};
use cisb_sdk::contract::manifest::{Applies, Assessment};

const SECTIONS: &[SectionRow] = &[
    (
        "1",
        "Control plane components",
        "master",
        &[
            ("1.1", "Files of the control plane"),
            ("1.2", "API server"),
            ("1.3", "Controller manager"),
            ("1.4", "Scheduler"),
        ],
    ),
    ("2", "etcd", "etcd", &[("2", "etcd members")]),
    (
        "3",
        "Control plane configuration",
        "controlplane",
        &[("3.1", "How users authenticate"), ("3.2", "Audit log")],
    ),
    (
        "4",
        "Worker nodes",
        "node",
        &[
            ("4.1", "Files of the node"),
            ("4.2", "kubelet"),
            ("4.3", "kube-proxy"),
        ],
    ),
    (
        "5",
        "Policies of the cluster",
        "policies",
        &[
            ("5.1", "RBAC and service accounts"),
            ("5.2", "Pod security"),
            ("5.3", "Network policy"),
            ("5.4", "Secrets"),
            ("5.5", "Image admission"),
            ("5.7", "Namespaces and security contexts"),
        ],
    ),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let identity = Identity {
        id: "cis-1.10",
        version: env!("CARGO_PKG_VERSION"),
        epoch: 1,
        title: "CIS Kubernetes Benchmark v1.10 for self-managed clusters",
        benchmark: ("CIS Kubernetes Benchmark", "1.10.0"),
        kubernetes: ">=1.28, <1.32",
        applies: vec![Applies {
            executables: vec!["kubelet".to_owned(), "kube-apiserver".to_owned()],
            kubernetes: Some(">=1.28, <1.32".to_owned()),
            ..Applies::default()
        }],
        sections: SECTIONS,
    };
    let rows: Vec<Row> = TABLE
        .iter()
        .map(|(id, control, level, assessed, counted)| Row {
            id,
            control,
            level: *level,
            assessment: match assessed {
                Assessed::Automated => Assessment::Automated,
                Assessed::Manual => Assessment::Manual,
            },
            scored: *counted == Counted::Scored,
        })
        .collect();
    let json = serde_json::to_string(&manifest(&identity, &rows)?)?;
    std::io::stdout().lock().write_all(json.as_bytes())?;
    Ok(())
}
