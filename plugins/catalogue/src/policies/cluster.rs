//! Network policies, secret storage, image provenance, and how namespaces are
//! used.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::network::{self, Plugin};
use cisb_sdk::kubernetes::{admission, array, key, name, namespace, pods, text};
use cisb_sdk::list::ToList;
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::{Outcome, Verdict};

use super::server::{self, API_SERVER};
use super::sheet::{Optional, Sheet, few, lists, optional, system_namespaces};

/// The requests of the check of the network plugin.
pub(super) const PLUGIN: &[&str] = &["daemonsets"];
/// The requests of the check of boundaries.
pub(super) const BOUNDARIES: &[&str] = &["namespaces", "pods"];
/// The requests of the check of the default namespace.
pub(super) const DEFAULT: &[&str] = &[
    "pods",
    "services",
    "deployments",
    "daemonsets",
    "statefulsets",
    "jobs",
    "cronjobs",
];

/// Whether the network plugin enforces network policies.
pub(super) fn plugin(cx: &Cx<'_>, _: &Value) -> Outcome {
    let lists = match lists(cx, PLUGIN) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let expected = "the network plugin enforces NetworkPolicy";
    let mut sheet = Sheet::new(expected, lists.all_seen());
    let found = network::plugins(lists.of("daemonsets"));
    for (plugin, set) in &found {
        let Plugin { name: known, .. } = plugin;
        let subject = key("DaemonSet", namespace(set), name(set));
        let ready = set.pointer("/status/numberReady").and_then(Value::as_i64);
        let enforces = found.iter().any(|(p, _)| p.enforces);
        let (state, reason) = match (plugin.enforces, ready.unwrap_or(0)) {
            (true, 0) => (Verdict::Manual, "no pod of it is ready"),
            (true, _) => (Verdict::Pass, "known by its image to enforce them"),
            // Beside an enforcing one, as in Canal, it only routes.
            (false, _) if enforces => (Verdict::Pass, "leaves policies to the other plugin"),
            (false, _) => (Verdict::Fail, "known by its image not to enforce them"),
        };
        let actual = say!["runs ", known, ", ", ready.unwrap_or(0), " ready"];
        sheet.put(subject, state, actual, reason, lists.all_seen());
    }
    if found.is_empty() {
        let sets = lists.of("daemonsets").iter();
        let sets: Vec<_> = sets
            .map(|s| key("DaemonSet", namespace(s), name(s)))
            .to_list();
        let among = match sets.is_empty() {
            true => "there is no DaemonSet".to_owned(),
            false => say!["none is known among ", few(&sets)],
        };
        return sheet.finish_open(&say![
            among,
            ": find out which network plugin runs and whether it enforces NetworkPolicy"
        ]);
    }
    sheet.finish("a network plugin that enforces NetworkPolicy runs")
}

/// Policies of other kinds: the request, whether they hold for the whole
/// cluster, and the plugins that enforce them.
const OTHER_POLICIES: [(&str, bool, &str); 6] = [
    ("ciliumnetworkpolicies", false, "Cilium"),
    ("ciliumclusterwidenetworkpolicies", true, "Cilium"),
    ("calico-networkpolicies", false, "Calico"),
    ("calico-globalnetworkpolicies", true, "Calico"),
    ("adminnetworkpolicies", true, ""),
    ("baselineadminnetworkpolicies", true, ""),
];

/// Namespaces without network policies.
pub(super) fn network_policies(cx: &Cx<'_>, _: &Value) -> Outcome {
    let lists = match lists(cx, &["namespaces", "pods", "networkpolicies"]) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let system = system_namespaces(cx);
    let expected = "a network policy that picks every pod of the namespace";
    let mut sheet = Sheet::new(expected, lists.all_seen());
    let others = OTHER_POLICIES.map(|(request, _, _)| optional(cx, request));
    for other in &others {
        sheet.cite(&other.seen);
    }
    let unknown = unknown_policies(cx, &others, &mut sheet);
    for ns in lists.of("namespaces") {
        let of_system = system.iter().any(|s| s == name(ns));
        let mut policies = Vec::new();
        let mut picks_all = false;
        let mut add = |kind: &str, policy: &Value, all: bool| {
            policies.push(key(kind, namespace(policy), name(policy)));
            picks_all |= all;
        };
        for policy in lists.of("networkpolicies") {
            if namespace(policy) == name(ns) {
                add("NetworkPolicy", policy, network::picks_all(policy));
            }
        }
        for ((request, wide, _), other) in OTHER_POLICIES.iter().zip(&others) {
            for policy in &other.items {
                if *wide {
                    if let Some(all) = network::reach(policy, ns) {
                        add(request, policy, all);
                    }
                } else if namespace(policy) == name(ns) {
                    add(request, policy, network::picks_all(policy));
                }
            }
        }
        let here = lists.of("pods").iter().filter(|p| namespace(p) == name(ns));
        let count = here.count();
        let subject = key("Namespace", "", name(ns));
        let mut seen = lists.all_seen();
        seen.extend(others.iter().flat_map(|o| &o.seen));
        let (state, actual, reason) = if picks_all {
            (Verdict::Pass, few(&policies), "")
        } else if !policies.is_empty() {
            let actual = say![few(&policies), ", of which none is seen to pick every pod"];
            let reason = "pods that no policy picks accept everything: is that meant?";
            (Verdict::Manual, actual, reason)
        } else if let Some(unknown) = &unknown {
            let actual = say!["no NetworkPolicy, ", count, " pods"];
            (Verdict::Error, actual, unknown.as_str())
        } else if of_system {
            let actual = say!["no network policy, ", count, " pods"];
            (
                Verdict::Manual,
                actual,
                "a system namespace: do its pods need one?",
            )
        } else if count == 0 {
            let actual = "no network policy, no pod".to_owned();
            (
                Verdict::Manual,
                actual,
                "nothing to protect yet: will there be?",
            )
        } else {
            let actual = say!["no network policy, ", count, " pods"];
            (
                Verdict::Fail,
                actual,
                "its pods accept everything from everywhere",
            )
        };
        sheet.put(subject, state, actual, reason, seen);
    }
    sheet.finish("every namespace has a network policy that picks all of its pods")
}

/// Why policies of other kinds are not known where there may be any. A record
/// from before they were asked for says nothing of them, but its DaemonSets
/// tell whether anything would enforce them.
fn unknown_policies(cx: &Cx<'_>, others: &[Optional; 6], sheet: &mut Sheet) -> Option<String> {
    if others.iter().all(|o| o.unknown.is_none()) {
        return None;
    }
    let sets = optional(cx, "daemonsets");
    sheet.cite(&sets.seen);
    let running = network::plugins(&sets.items);
    let mut unknown = Vec::new();
    for ((_, _, engine), other) in OTHER_POLICIES.iter().zip(others) {
        let Some(why) = &other.unknown else { continue };
        let enforced = match *engine {
            "" => running.iter().any(|(p, _)| p.enforces),
            engine => running.iter().any(|(p, _)| p.name == engine),
        };
        if !other.unrecorded || sets.unknown.is_some() || enforced {
            unknown.push(why.as_str());
        }
    }
    (!unknown.is_empty()).then(|| strings::join(&unknown, "; "))
}

/// Where secrets are kept outside of the cluster.
pub(super) fn secret_storage(cx: &Cx<'_>, _: &Value) -> Outcome {
    let lists = match lists(cx, &["pods"]) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let mut sheet = Sheet::new("secrets are kept in an external store", lists.all_seen());
    for pod in lists.of("pods") {
        let volumes = array(pod, "/spec/volumes").iter();
        let mut drivers = volumes.map(|v| text(v, "/csi/driver"));
        if drivers.any(|d| d == "secrets-store.csi.k8s.io") {
            let actual = "mounts secrets by the driver secrets-store.csi.k8s.io";
            sheet.put(
                pods::owner(pod),
                Verdict::Pass,
                actual.into(),
                "",
                lists.seen("pods"),
            );
        }
    }
    for (request, kind) in [
        ("secretproviderclasses", "SecretProviderClass"),
        ("externalsecrets", "ExternalSecret"),
    ] {
        let other = optional(cx, request);
        sheet.cite(&other.seen);
        match &other.unknown {
            Some(unknown) => sheet.notes.push(say!["not known: ", unknown]),
            None if other.items.is_empty() => sheet.notes.push(say!["no ", kind]),
            None => {}
        }
        for object in &other.items {
            let subject = key(kind, namespace(object), name(object));
            let actual = "fetches secrets from an external store".to_owned();
            sheet.put(subject, Verdict::Pass, actual, "", other.seen.clone());
        }
    }
    sheet.finish_open(
        "decide which secrets belong in an external store, and whether those are there",
    )
}

/// What verifies where images come from.
pub(super) fn provenance(cx: &Cx<'_>, _: &Value) -> Outcome {
    let required = [
        "validatingwebhooks",
        "mutatingwebhooks",
        "validatingadmissionpolicies",
    ];
    let lists = match lists(cx, &required) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let mut sheet = Sheet::new("images are verified before they run", lists.all_seen());
    for (request, kind) in [
        ("validatingwebhooks", "ValidatingWebhookConfiguration"),
        ("mutatingwebhooks", "MutatingWebhookConfiguration"),
    ] {
        for object in lists.of(request) {
            for hook in array(object, "/webhooks") {
                if array(hook, "/rules").iter().any(admission::sees_pods) {
                    sheet.put(
                        key(kind, "", name(object)),
                        Verdict::Manual,
                        say!["webhook ", text(hook, "/name"), " sees pods"],
                        "does it verify images, and refuse those it cannot?",
                        lists.seen(request),
                    );
                }
            }
        }
    }
    for policy in lists.of("validatingadmissionpolicies") {
        let rules = array(policy, "/spec/matchConstraints/resourceRules");
        if rules.iter().any(admission::sees_pods) {
            sheet.put(
                key("ValidatingAdmissionPolicy", "", name(policy)),
                Verdict::Manual,
                "sees pods".to_owned(),
                "does it restrict where images come from?",
                lists.seen("validatingadmissionpolicies"),
            );
        }
    }
    let mut others = sheet.has(Verdict::Manual);
    let servers = server::servers(cx);
    sheet.cite(&servers.seen);
    others |= !servers.complete;
    if servers.each.is_empty() {
        sheet.notes.push(UNSEEN.to_owned());
    }
    for (seen, args) in &servers.each {
        let (state, actual, reason) =
            if server::lists(args, "enable-admission-plugins", "ImagePolicyWebhook") {
                (Verdict::Pass, "ImagePolicyWebhook is enabled", "")
            } else if others {
                let reason = "does something else verify images?";
                (Verdict::Manual, "ImagePolicyWebhook is not enabled", reason)
            } else {
                (
                    Verdict::Fail,
                    "ImagePolicyWebhook is not enabled, and no webhook and no policy sees pods",
                    "nothing at admission can verify an image",
                )
            };
        let subject = say![API_SERVER, " --enable-admission-plugins"];
        sheet.put(subject, state, actual.to_owned(), reason, vec![*seen]);
    }
    if sheet.has(Verdict::Pass) || sheet.has(Verdict::Fail) {
        return sheet.finish("the API server asks an image policy webhook");
    }
    sheet.finish_open("find out what verifies the origin of images before they run")
}

const UNSEEN: &str =
    "no kube-apiserver process is seen from here, so its admission plugins are not known";

/// Which namespaces there are, and what is in them.
pub(super) fn boundaries(cx: &Cx<'_>, _: &Value) -> Outcome {
    let lists = match lists(cx, BOUNDARIES) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let system = system_namespaces(cx);
    let expected =
        "what is run by different people, or for different purposes, is in namespaces of its own";
    let mut sheet = Sheet::new(expected, lists.all_seen());
    for ns in lists.of("namespaces") {
        if system.iter().any(|s| s == name(ns)) {
            continue;
        }
        let here = lists.of("pods").iter().filter(|p| namespace(p) == name(ns));
        let mut owners = Vec::new();
        for pod in here {
            let owner = pods::owner(pod);
            if !owners.contains(&owner) {
                owners.push(owner);
            }
        }
        let actual = match owners.is_empty() {
            true => "no pod".to_owned(),
            false => few(&owners),
        };
        let subject = key("Namespace", "", name(ns));
        sheet.put(subject, Verdict::Manual, actual, "", lists.all_seen());
    }
    sheet.finish_open("compare the namespaces and what runs in them with who is responsible for it")
}

/// What is in the namespace `default`.
pub(super) fn default_namespace(cx: &Cx<'_>, _: &Value) -> Outcome {
    let lists = match lists(cx, DEFAULT) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let expected = "nothing but the Service kubernetes is in the namespace default";
    let mut sheet = Sheet::new(expected, lists.all_seen());
    for (request, kind) in [
        ("services", "Service"),
        ("deployments", "Deployment"),
        ("daemonsets", "DaemonSet"),
        ("statefulsets", "StatefulSet"),
        ("jobs", "Job"),
        ("cronjobs", "CronJob"),
        ("pods", "Pod"),
    ] {
        for object in lists.of(request) {
            if namespace(object) != "default" {
                continue;
            }
            let own = kind == "Service" && name(object) == "kubernetes";
            let subject = match kind {
                "Pod" => pods::owner(object),
                kind => key(kind, "default", name(object)),
            };
            let (state, actual) = match own {
                true => (Verdict::Pass, "the API server's own"),
                false => (Verdict::Fail, "in the namespace default"),
            };
            sheet.put(subject, state, actual.to_owned(), "", lists.seen(request));
        }
    }
    sheet.finish("nothing but the API server's own Service is in the namespace default")
}
