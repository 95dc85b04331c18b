//! Network policies, secret storage, image provenance, and how namespaces are
//! used.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::{admission, array, key_of, name, namespace, network, pods, text};
use cisb_sdk::prelude::*;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::Verdict;

use super::server::{API_SERVER, Servers};
use super::sheet::{Lists, Optional, Policy, Sheet, add, few, optional};

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
pub(super) const NETWORK_PLUGIN: Policy = Policy {
    requests: PLUGIN,
    expected: "the network plugin enforces NetworkPolicy",
    least: Verdict::Pass,
    words: "a network plugin that enforces NetworkPolicy runs",
    judge: plugin,
};

fn plugin(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    let sets = lists.of("daemonsets");
    let found = network::plugins(sets);
    let enforces = found.iter().any(|(p, _)| p.enforces);
    for (plugin, set) in &found {
        let ready = set.pointer("/status/numberReady").and_then(Value::as_i64);
        let ready = ready.unwrap_or(0);
        let (state, reason) = match (plugin.enforces, ready) {
            (true, 0) => (Verdict::Manual, "no pod of it is ready"),
            (true, _) => (Verdict::Pass, "known by its image to enforce them"),
            // Beside an enforcing one, as in Canal, it only routes.
            (false, _) if enforces => (Verdict::Pass, "leaves policies to the other plugin"),
            (false, _) => (Verdict::Fail, "known by its image not to enforce them"),
        };
        let actual = say!["runs ", plugin.name, ", ", ready, " ready"];
        sheet.put(key_of("DaemonSet", set), state, actual, reason, &[]);
    }
    if found.is_empty() {
        let mut names = Vec::new();
        for set in sets {
            names.push(key_of("DaemonSet", set));
        }
        let among = match names.is_empty() {
            true => "there is no DaemonSet".to_owned(),
            false => say!["none is known among ", few(&names)],
        };
        sheet.least = Verdict::Manual;
        sheet.words = say![
            among,
            ": find out which network plugin runs and whether it enforces NetworkPolicy"
        ];
    }
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
pub(super) const NETWORK_POLICIES: Policy = Policy {
    requests: &["namespaces", "pods", "networkpolicies"],
    expected: "a network policy that picks every pod of the namespace",
    least: Verdict::Pass,
    words: "every namespace has a network policy that picks all of its pods",
    judge: network_policies,
};

/// What picks pods of a namespace.
#[derive(Default)]
struct Picking {
    policies: Vec<String>,
    all: bool,
}

impl Picking {
    fn add(&mut self, kind: &str, policy: &Value, all: bool) {
        self.policies.push(key_of(kind, policy));
        self.all |= all;
    }
}

fn network_policies(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    let mut others = Vec::new();
    for (request, _, _) in OTHER_POLICIES {
        let other = optional(lists.cx, request);
        sheet.cite(other.seen);
        others.push(other);
    }
    let unknown = unknown_policies(lists, &others, sheet);
    for object in lists.of("namespaces") {
        let ns = name(object);
        let mut picking = Picking::default();
        for policy in lists.of("networkpolicies") {
            if namespace(policy) == ns {
                picking.add("NetworkPolicy", policy, network::picks_all(policy));
            }
        }
        for ((request, wide, _), other) in OTHER_POLICIES.iter().zip(&others) {
            for policy in &other.items {
                let reach = match wide {
                    true => network::reach(policy, object),
                    false if namespace(policy) == ns => Some(network::picks_all(policy)),
                    false => None,
                };
                if let Some(all) = reach {
                    picking.add(request, policy, all);
                }
            }
        }
        let count = lists.pods_of(ns).len();
        let mut actual = match picking.policies.is_empty() {
            true => say!["no network policy is seen, pods: ", count],
            false => few(&picking.policies),
        };
        let (state, reason) = if picking.all {
            (Verdict::Pass, "")
        } else if !picking.policies.is_empty() {
            add(&mut actual, ", ", "of which none is seen to pick every pod");
            (
                Verdict::Manual,
                "pods that no policy picks accept everything: is that meant?",
            )
        } else if !unknown.is_empty() {
            (Verdict::Error, unknown.as_str())
        } else if lists.is_system(ns) {
            (Verdict::Manual, "a system namespace: do its pods need one?")
        } else if count == 0 {
            (Verdict::Manual, "nothing to protect yet: will there be?")
        } else {
            (Verdict::Fail, "its pods accept everything from everywhere")
        };
        let subject = sheet.put(key_of("Namespace", object), state, actual, reason, &[]);
        if let Some(subject) = subject {
            for other in &others {
                subject.observations.extend(other.seen);
            }
        }
    }
}

/// Why policies of other kinds are not known where there may be any. A record
/// from before they were asked for says nothing of them, but its DaemonSets
/// tell whether anything would enforce them.
fn unknown_policies(lists: &Lists<'_>, others: &[Optional], sheet: &mut Sheet) -> String {
    let mut unknown = String::new();
    if others.iter().all(|o| o.unknown.is_none()) {
        return unknown;
    }
    let sets = optional(lists.cx, "daemonsets");
    sheet.cite(sets.seen);
    let running = network::plugins(&sets.items);
    for ((_, _, engine), other) in OTHER_POLICIES.iter().zip(others) {
        let Some(why) = &other.unknown else { continue };
        let mut may_be = !other.unrecorded || sets.unknown.is_some();
        for (plugin, _) in &running {
            may_be |= plugin.name == *engine || (engine.is_empty() && plugin.enforces);
        }
        if may_be {
            add(&mut unknown, "; ", why);
        }
    }
    unknown
}

/// Where secrets are kept outside of the cluster.
pub(super) const SECRET_STORAGE: Policy = Policy {
    requests: &["pods"],
    expected: "secrets are kept in an external store",
    least: Verdict::Manual,
    words: "decide which secrets belong in an external store, and whether those are there",
    judge: secret_storage,
};

fn secret_storage(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    for pod in lists.of("pods") {
        for volume in array(pod, "/spec/volumes") {
            if text(volume, "/csi/driver") == "secrets-store.csi.k8s.io" {
                let actual = "mounts secrets by the driver secrets-store.csi.k8s.io".to_owned();
                sheet.put(pods::owner(pod), Verdict::Pass, actual, "", &[]);
            }
        }
    }
    for (request, kind) in [
        ("secretproviderclasses", "SecretProviderClass"),
        ("externalsecrets", "ExternalSecret"),
    ] {
        let other = optional(lists.cx, request);
        sheet.cite(other.seen);
        match &other.unknown {
            Some(unknown) => sheet.note(&say!["not known: ", unknown]),
            None if other.items.is_empty() => sheet.note(&say!["no ", kind]),
            None => {}
        }
        for object in &other.items {
            let actual = "fetches secrets from an external store".to_owned();
            let subject = sheet.put(key_of(kind, object), Verdict::Pass, actual, "", &[request]);
            if let Some(subject) = subject {
                subject.observations.extend(other.seen);
            }
        }
    }
}

/// What verifies where images come from.
pub(super) const PROVENANCE: Policy = Policy {
    requests: &[
        "validatingwebhooks",
        "mutatingwebhooks",
        "validatingadmissionpolicies",
    ],
    expected: "images are verified before they run",
    least: Verdict::Manual,
    words: "find out what verifies the origin of images before they run",
    judge: provenance,
};

fn provenance(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    for (request, kind) in [
        ("validatingwebhooks", "ValidatingWebhookConfiguration"),
        ("mutatingwebhooks", "MutatingWebhookConfiguration"),
    ] {
        for object in lists.of(request) {
            for hook in array(object, "/webhooks") {
                if admission::any_sees_pods(hook, "/rules") {
                    sheet.put(
                        key_of(kind, object),
                        Verdict::Manual,
                        say!["webhook ", text(hook, "/name"), " sees pods"],
                        "does it verify images, and refuse those it cannot?",
                        &[request],
                    );
                }
            }
        }
    }
    for policy in lists.of("validatingadmissionpolicies") {
        if admission::any_sees_pods(policy, "/spec/matchConstraints/resourceRules") {
            sheet.put(
                key_of("ValidatingAdmissionPolicy", policy),
                Verdict::Manual,
                "sees pods".to_owned(),
                "does it restrict where images come from?",
                &["validatingadmissionpolicies"],
            );
        }
    }
    let servers = Servers::of(lists.cx);
    sheet.cite(servers.seen);
    let others = sheet.has(Verdict::Manual) || !servers.complete;
    if servers.each.is_empty() {
        sheet.note(UNSEEN);
    }
    for server in &servers.each {
        let (state, actual, reason) =
            if server.has("enable-admission-plugins", "ImagePolicyWebhook") {
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
        if let Some(subject) = sheet.put(subject, state, actual.to_owned(), reason, &[API_SERVER]) {
            subject.observations.push(server.seen);
        }
        if state != Verdict::Manual {
            sheet.least = Verdict::Pass;
            sheet.words = "the API server asks an image policy webhook".to_owned();
        }
    }
}

const UNSEEN: &str =
    "no kube-apiserver process is seen from here, so its admission plugins are not known";

/// Which namespaces there are, and what is in them.
pub(super) const NAMESPACES: Policy = Policy {
    requests: BOUNDARIES,
    expected: "what is run by different people, or for different purposes, is in namespaces of its own",
    least: Verdict::Manual,
    words: "compare the namespaces and what runs in them with who is responsible for it",
    judge: boundaries,
};

fn boundaries(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    for object in lists.of("namespaces") {
        if lists.is_system(name(object)) {
            continue;
        }
        let mut owners = Vec::new();
        for pod in lists.pods_of(name(object)) {
            let owner = pods::owner(pod);
            if !strings::among(&owner, &owners) {
                owners.push(owner);
            }
        }
        let mut actual = few(&owners);
        if owners.is_empty() {
            add(&mut actual, "", "no pod");
        }
        sheet.put(
            key_of("Namespace", object),
            Verdict::Manual,
            actual,
            "",
            &[],
        );
    }
}

/// What is in the namespace `default`.
pub(super) const DEFAULT_NAMESPACE: Policy = Policy {
    requests: DEFAULT,
    expected: "nothing but the Service kubernetes is in the namespace default",
    least: Verdict::Pass,
    words: "nothing but the API server's own Service is in the namespace default",
    judge: default_namespace,
};

/// `with.own` is the name of a Service that the platform itself has there
/// beside Kubernetes'.
fn default_namespace(lists: &Lists<'_>, sheet: &mut Sheet, with: &Value) {
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
            let own = ["kubernetes", text(with, "/own")];
            let (state, actual) = if kind == "Service" && strings::among(name(object), &own) {
                (Verdict::Pass, "the cluster's own")
            } else {
                (Verdict::Fail, "in the namespace default")
            };
            let subject = match kind {
                "Pod" => pods::owner(object),
                kind => key_of(kind, object),
            };
            sheet.put(subject, state, actual.to_owned(), "", &[request]);
        }
    }
}
