//! Controls over what the control plane, etcd, the kubelet and kube-proxy are
//! told: flags, configuration files, feature gates.

use cisb_sdk::component::Component;
use cisb_sdk::contract::manifest::{Requests, Severity};
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::setting::{Demand, Expect, SettingRule};

use crate::control::{Control, Decided};

mod apiserver;
mod control_plane;
mod node;
mod older;
mod requests;

#[cfg(test)]
mod parity;
#[cfg(test)]
mod tests;

/// Every control over settings.
pub fn controls() -> Vec<Control> {
    let mut controls = apiserver::controls();
    controls.extend(control_plane::controls());
    controls.extend(node::controls());
    controls.extend(older::controls());
    controls
}

/// What these controls ask to see.
pub fn requests() -> Requests {
    requests::requests()
}

/// How a control decides, in short.
type How = (Severity, Decided);

/// A control over one component's settings.
fn control(
    name: &'static str,
    component: Component,
    uses: &'static [&'static str],
    (severity, decided): How,
    demands: Vec<Demand>,
) -> Control {
    Control {
        name,
        component: component.name(),
        severity,
        uses,
        decided,
        rule: Rule::Setting(SettingRule { component, demands }),
    }
}

/// What a setting should effectively be, by a default as well.
fn effective(setting: &str, expect: Expect) -> Demand {
    Demand {
        setting: setting.to_owned(),
        expect,
        literal: false,
    }
}

/// What a setting should be, in writing.
fn written(setting: &str, expect: Expect) -> Demand {
    Demand {
        literal: true,
        ..effective(setting, expect)
    }
}

fn set(setting: &str) -> Demand {
    effective(setting, Expect::Set)
}

fn has(setting: &str, element: &str) -> Demand {
    effective(setting, Expect::Has(element.to_owned()))
}

fn lacks(setting: &str, element: &str) -> Demand {
    effective(setting, Expect::Lacks(element.to_owned()))
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|t| (*t).to_owned()).collect()
}
