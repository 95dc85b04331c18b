//! The controls over nodes that a STIG asks for and no common control does.

use cisb_sdk::component::Component;
use cisb_sdk::contract::manifest::Severity::{self, High, Medium};
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::setting::{Demand, Expect, SettingRule};
use serde_json::json;

use crate::control::{Control, Decided};

const KUBELET: &[&str] = &["kubelet", "kubelet-config"];

pub(super) fn controls() -> Vec<Control> {
    vec![
        gate("eks-kubelet-alpha-off", High, "AllAlpha"),
        gate(
            "eks-kubelet-dynamic-auditing-off",
            Medium,
            "DynamicAuditing",
        ),
        gate(
            "eks-kubelet-dynamic-config-off",
            Medium,
            "DynamicKubeletConfig",
        ),
        Control {
            name: "eks-kubelet-static-pods-off",
            component: "kubelet",
            severity: High,
            uses: KUBELET,
            decided: Decided::ByFacts("staticPodPath and --pod-manifest-path"),
            rule: setting("pod-manifest-path", Expect::Unset),
        },
        Control {
            name: "eks-sshd-not-running",
            component: "node",
            severity: Medium,
            uses: &["sshd"],
            decided: Decided::ByFacts("whether an sshd runs outside of pods"),
            rule: absent(json!({"process": "sshd", "expected": "no sshd runs on the node"})),
        },
        Control {
            name: "eks-sshd-not-enabled",
            component: "node",
            severity: Medium,
            uses: &["sshd-enabled"],
            decided: Decided::ByFacts("links of systemd that start it with the node"),
            rule: absent(
                json!({"files": "sshd-enabled", "expected": "nothing starts sshd with the node"}),
            ),
        },
    ]
}

/// A feature gate that neither the files nor the flag turn on. It is looked for
/// under its own name: none of these follows the gate for all of a stage.
fn gate(name: &'static str, severity: Severity, gate: &str) -> Control {
    Control {
        name,
        component: "kubelet",
        severity,
        uses: KUBELET,
        decided: Decided::ByFacts("featureGates and --feature-gates"),
        rule: Rule::AllOf(vec![
            setting(&format!("/featureGates/{gate}"), Expect::IsNot(true.into())),
            setting("feature-gates", Expect::Lacks(format!("{gate}=true"))),
        ]),
    }
}

fn setting(setting: &str, expect: Expect) -> Rule {
    Rule::Setting(SettingRule {
        component: Component::Kubelet,
        demands: vec![Demand {
            setting: setting.to_owned(),
            expect,
            literal: false,
        }],
    })
}

fn absent(with: serde_json::Value) -> Rule {
    Rule::Code {
        name: "absent".to_owned(),
        with: with.into(),
    }
}
