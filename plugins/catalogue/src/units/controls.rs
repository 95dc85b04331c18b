//! The controls over units as data, and what they ask to see.

use cisb_sdk::contract::manifest::{FileRequest, Requests, Right, Severity};
use cisb_sdk::rule::Rule;

use super::REQUEST;
use crate::control::{Control, Decided};

/// The controls.
pub fn controls() -> Vec<Control> {
    vec![Control {
        name: "kubelet-unit-ip-address-deny",
        component: "kubelet",
        severity: Severity::Low,
        uses: &[REQUEST],
        decided: Decided::ByFacts("IPAddressDeny and IPAddressAllow of the unit and its drop-ins"),
        rule: Rule::Code {
            name: "units-address-filter".to_owned(),
            with: cisb_sdk::json::Value::Null,
        },
    }]
}

/// What these controls ask to see.
pub fn requests() -> Requests {
    let paths = [
        "/{etc,run,usr/lib,usr/local/lib,lib}/systemd/system/kubelet.service",
        "/{etc,run,usr/lib,usr/local/lib,lib}/systemd/system/{kubelet.service,service}.d/*.conf",
        "/{etc,run}/systemd/system.control/{kubelet.service,service}.d/*.conf",
    ];
    Requests {
        files: vec![FileRequest {
            id: REQUEST.to_owned(),
            paths: paths.map(str::to_owned).to_vec(),
            rights: vec![Right::Stat, Right::Read],
            max_bytes: None,
            depth: 0,
            why: "which addresses the kubelet's unit lets it talk to".to_owned(),
        }],
        ..Requests::default()
    }
}
