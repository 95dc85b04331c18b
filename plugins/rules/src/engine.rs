//! Prints what whoever writes a manifest for the component must know of its
//! engine, as JSON: which requests each kind of rule needs. The catalogue's own
//! controls are where that is held to the code, so it is taken from them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use cisb_catalogue::control::Control;
use cisb_catalogue::platform;
use cisb_sdk::component::Component;
use cisb_sdk::config;
use cisb_sdk::contract::engine::{Engine, Of};
use cisb_sdk::contract::manifest::Requests;
use cisb_sdk::defaults;
use cisb_sdk::rule::Rule;
use cisb_sdk::rule::files::{FilesRule, Set};
use cisb_sdk::rule::setting::SettingRule;

/// What etcd's variables start with.
const ETCD: &str = "ETCD_";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &engine())?;
    out.write_all(b"\n")?;
    Ok(())
}

/// Platforms that run every component in one process, whose settings are read
/// where they are told.
const EMBEDDED: [&str; 2] = ["k3s", "microk8s"];

fn engine() -> Engine {
    let plain = described(&cisb_catalogue::controls(), cisb_catalogue::requests());
    let platforms = EMBEDDED.into_iter().filter_map(|name| {
        let platform = platform::named(name)?;
        let engine = described(&platform.controls(), platform.requests());
        Some((name.to_owned(), engine))
    });
    Engine {
        platforms: platforms.collect(),
        ..plain
    }
}

/// What rules need, as controls show it.
fn described(controls: &[Control], requests: Requests) -> Engine {
    let components = Component::ALL.map(|it| (it.name().to_owned(), of(it, controls)));
    let sets = |wanted: &Set| uses(controls.iter().filter(|c| set(c) == Some(wanted)));
    let cni = Set::Cni {
        request: "cni-files".to_owned(),
    };
    Engine {
        components: components.into(),
        places: BTreeMap::from([
            ("cni".to_owned(), sets(&cni)),
            ("etcd-data-dir".to_owned(), sets(&Set::EtcdDataDir)),
            ("kubelet-config".to_owned(), sets(&Set::KubeletConfig)),
            ("kubelet-client-ca".to_owned(), sets(&Set::KubeletClientCa)),
        ]),
        parameters: cisb_catalogue::assemble::parameters_of_all(),
        requests: with_variables(requests),
        platforms: BTreeMap::new(),
    }
}

/// The requests, and every variable of etcd that may be read.
fn with_variables(mut requests: Requests) -> Requests {
    let etcd = Component::Etcd.name();
    for request in requests.processes.iter_mut().filter(|r| r.id == etcd) {
        let flags = config::known(Component::Etcd).fields.into_iter();
        let variables = flags.map(|(flag, _)| variable(flag));
        request.environment.extend(variables);
        request.environment.sort();
        request.environment.dedup();
    }
    requests
}

/// The variable that stands in for a flag of etcd.
fn variable(flag: &str) -> String {
    format!("{ETCD}{}", flag.replace('-', "_").to_ascii_uppercase())
}

/// What rules about a component need.
fn of(component: Component, controls: &[Control]) -> Of {
    let settings = || {
        controls.iter().filter_map(|control| match &control.rule {
            Rule::Setting(rule) if rule.component == component => Some((control, rule)),
            _ => None,
        })
    };
    let mut by_setting: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (control, SettingRule { demands, .. }) in settings() {
        for demand in demands {
            let uses = control.uses.iter().map(|u| (*u).to_owned());
            by_setting
                .entry(demand.setting.clone())
                .or_default()
                .extend(uses);
        }
    }
    // What all of them need is what reading any other setting needs.
    let mut common: Option<BTreeSet<String>> = None;
    for uses in by_setting.values() {
        common = Some(match common {
            None => uses.clone(),
            Some(common) => common.intersection(uses).cloned().collect(),
        });
    }
    let known = config::known(component);
    let mut defaults: BTreeSet<String> = defaults::known(component).map(str::to_owned).collect();
    if component == Component::KubeApiserver {
        // Derived from the plugins that the version has on by default.
        for name in ["enable-admission-plugins", "disable-admission-plugins"] {
            defaults.insert(name.to_owned());
        }
    }
    let takes_from = match component {
        Component::KubeApiserver => BTreeMap::from([(
            "disable-admission-plugins".to_owned(),
            "enable-admission-plugins".to_owned(),
        )]),
        _ => BTreeMap::new(),
    };
    let at = |wanted: Set| uses(controls.iter().filter(|c| set(c) == Some(&wanted)));
    Of {
        uses: common.unwrap_or_default(),
        settings: by_setting,
        manifest: at(Set::Manifest(component)),
        kubeconfig: at(Set::Kubeconfig(component)),
        fields: known
            .fields
            .into_iter()
            .map(|(flag, field)| (flag.to_owned(), field))
            .collect(),
        document: match component {
            Component::Kubelet => "kubelet-config",
            Component::KubeProxy => "kube-proxy-config",
            Component::KubeScheduler => "scheduler-config",
            Component::Etcd => "etcd-config",
            Component::KubeApiserver | Component::KubeControllerManager => "",
        }
        .to_owned(),
        alone: known.alone.into_iter().map(str::to_owned).collect(),
        any_flag: known.any,
        reads_fields: component == Component::Kubelet,
        takes_from,
        defaults,
        variables: match component {
            Component::Etcd => ETCD.to_owned(),
            _ => String::new(),
        },
    }
}

fn set(control: &Control) -> Option<&Set> {
    match &control.rule {
        Rule::Files(FilesRule { of, .. }) => Some(of),
        _ => None,
    }
}

fn uses<'a>(controls: impl Iterator<Item = &'a Control>) -> BTreeSet<String> {
    controls
        .flat_map(|c| c.uses.iter().map(|u| (*u).to_owned()))
        .collect()
}
