//! What pods are allowed to do: what runs now, and what would be admitted.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::admission::{self, Level};
use cisb_sdk::kubernetes::pods::{self, Looks};
use cisb_sdk::kubernetes::{key_of, label, name, namespace, text};
use cisb_sdk::prelude::*;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::{Basis, Verdict};

use super::engines::{self, Engine};
use super::server::{self, Served, Server, Servers};
use super::sheet::{Lists, Optional, Policy, Sheet, add, few, optional};

/// Whose defaults hold where a pod says nothing.
const DEFAULTS: &str =
    "Kubernetes Pod API v1, PodSpec and SecurityContext, every version since 1.22";

/// A way to look at pods.
struct Look {
    name: &'static str,
    looks: Looks,
    expected: &'static str,
    /// The least Pod Security level that forbids it, if the check is about
    /// admission.
    level: Option<Level>,
    /// The constraints of Gatekeeper's library that forbid it.
    constraints: &'static [&'static str],
    /// Whether running pods alone decide. Where not, a namespace that would
    /// admit an offender is a person's to judge.
    by_pods: bool,
}

const fn look(
    name: &'static str,
    looks: Looks,
    expected: &'static str,
    level: Option<Level>,
    constraints: &'static [&'static str],
    by_pods: bool,
) -> Look {
    Look {
        name,
        looks,
        expected,
        level,
        constraints,
        by_pods,
    }
}

const BASELINE: Option<Level> = Some(Level::Baseline);
const RESTRICTED: Option<Level> = Some(Level::Restricted);

#[rustfmt::skip]
const LOOKS: &[Look] = &[
    look("privileged", pods::privileged, "no privileged container", BASELINE, engines::PRIVILEGED, true),
    look("host-pid", pods::host_pid, "no pod with hostPID", BASELINE, engines::HOST, true),
    look("host-ipc", pods::host_ipc, "no pod with hostIPC", BASELINE, engines::HOST, true),
    look("host-network", pods::host_network, "no pod with hostNetwork", BASELINE, engines::NETWORK, true),
    look("escalation", pods::escalation, "allowPrivilegeEscalation: false on every container", RESTRICTED, engines::ESCALATION, true),
    look("root", pods::root, "runAsNonRoot: true or a runAsUser other than 0 for every container", RESTRICTED, engines::USERS, false),
    look("net-raw", pods::net_raw, "every container drops NET_RAW or ALL", RESTRICTED, engines::CAPABILITIES, false),
    look("added-capabilities", pods::added_capabilities, "no container adds capabilities", RESTRICTED, engines::CAPABILITIES, true),
    look("kept-capabilities", pods::kept_capabilities, "every container drops ALL capabilities", RESTRICTED, engines::CAPABILITIES, false),
    look("windows-host-process", pods::windows_host_process, "no HostProcess container", BASELINE, &[], false),
    look("host-path", pods::host_path, "no pod with a hostPath volume", BASELINE, engines::FILES, false),
    look("host-ports", pods::host_ports, "no container with a hostPort", BASELINE, engines::NETWORK, false),
    look("secret-environment", pods::secret_environment, "no Secret in a container's environment", None, &[], true),
    look("seccomp", pods::seccomp, "seccompProfile RuntimeDefault or Localhost for every container", None, &[], true),
    look("security-context", pods::no_security_context, "a securityContext that restricts every container", None, &[], true),
];

/// Pods that do what `with.look` names.
pub(super) const RUNNING: Policy = Policy {
    requests: &["pods"],
    expected: "",
    least: Verdict::Pass,
    words: "",
    judge: running,
};

/// The same, and namespaces that would admit them.
pub(super) const ADMITTED: Policy = Policy {
    requests: &["pods", "namespaces"],
    ..RUNNING
};

fn running(lists: &Lists<'_>, sheet: &mut Sheet, with: &Value) {
    let wanted = text(with, "/look");
    let Some(look) = LOOKS.iter().find(|l| l.name == wanted) else {
        return sheet.misnamed("look", wanted);
    };
    let pods = lists.of("pods");
    sheet.expected = look.expected.to_owned();
    sheet.words = say![pods.len(), " pods listed: ", look.expected];
    for pod in pods {
        for sighting in (look.looks)(pod) {
            let mut subject = pods::owner(pod);
            if !sighting.container.is_empty() {
                add(&mut subject, "/", &sighting.container);
            }
            let (state, reason) = match lists.is_system(namespace(pod)) {
                true => (
                    Verdict::Manual,
                    "in a system namespace: does this component need it?",
                ),
                false => (Verdict::Fail, ""),
            };
            let written = sheet.put(subject, state, sighting.actual, reason, &["pods"]);
            if let Some(subject) = written.filter(|_| sighting.by_default) {
                subject.basis = Basis::Default(DEFAULTS.to_owned());
            }
        }
    }
    let Some(level) = look.level else {
        return;
    };
    let guards = Guards::ask(lists, sheet, look.constraints);
    // Where every namespace keeps such pods out, nodes make no difference.
    let is_open = |ns: &&Value| !lists.is_system(name(ns)) && !guards.enforces(ns, level);
    if look.name == "windows-host-process"
        && sheet.is_empty()
        && lists.of("namespaces").iter().any(|ns| is_open(&ns))
        && is_all_linux(lists, sheet)
    {
        sheet.least = Verdict::NotApplicable;
        sheet.words = "no node runs Windows, so no HostProcess container can".to_owned();
        return;
    }
    let mut open = Vec::new();
    for ns in lists.of("namespaces") {
        if lists.is_system(name(ns)) {
            continue;
        }
        let subject = key_of("Namespace", ns);
        let mut actual = guards.level(ns);
        let mut seen: &[u64] = &[];
        let (state, reason) = if guards.enforces(ns, level) {
            (Verdict::Pass, "Pod Security admission keeps such pods out")
        } else {
            open.push(subject.clone());
            let others = guards.describe(ns);
            if !others.is_empty() {
                add(&mut actual, "; pods are also seen by ", &others);
                seen = &guards.seen;
            }
            match look.by_pods {
                true => (Verdict::Pass, "running pods decide, and are listed"),
                false => (
                    Verdict::Manual,
                    "nothing known keeps such a pod out: does something else?",
                ),
            }
        };
        if let Some(subject) = sheet.put(subject, state, actual, reason, &["namespaces"]) {
            subject.observations.extend(seen);
        }
    }
    if !open.is_empty() {
        sheet.note(&say![
            "admission gap: Pod Security would admit such pods to ",
            few(&open)
        ]);
    }
}

/// Policies and webhooks, as far as they could be listed.
struct Guards {
    policies: Optional,
    bindings: Optional,
    webhooks: Optional,
    engines: Vec<Engine>,
    seen: Vec<u64>,
    /// Why some are not known; empty if all are.
    unknown: String,
    /// Whether the API server is known to enforce what labels of Pod Security
    /// say.
    by_labels: bool,
}

impl Guards {
    fn ask(lists: &Lists<'_>, sheet: &mut Sheet, constraints: &[&'static str]) -> Self {
        let policies = optional(lists.cx, "validatingadmissionpolicies");
        // Without a policy there is nothing to bind.
        let bindings = match policies.items.is_empty() {
            true => Optional::default(),
            false => optional(lists.cx, "validatingadmissionpolicybindings"),
        };
        let webhooks = optional(lists.cx, "validatingwebhooks");
        let engines = engines::ask(lists.cx, &webhooks.items, constraints);
        let mut seen = Vec::new();
        let mut unknown = String::new();
        for list in [&policies, &bindings, &webhooks] {
            seen.extend(list.seen);
            add(&mut unknown, "; ", list.unknown.as_deref().unwrap_or(""));
        }
        for engine in &engines {
            for (_, list) in &engine.lists {
                seen.extend(list.seen);
                // Its webhook is known, and where that sees no pod this says
                // nothing.
                if let Some(unknown) = &list.unknown {
                    sheet.note(&say!["not known: ", unknown]);
                }
            }
        }
        let servers = Servers::of(lists.cx).each;
        let version = server::version(lists.cx);
        seen.extend(version.seen);
        // Old servers may enforce what is not read here, if its plugin is on.
        let mut older = servers.is_empty();
        for server in &servers {
            seen.push(server.seen);
            older |= server.has("enable-admission-plugins", "PodSecurityPolicy");
        }
        let by_labels = by_labels(&servers, &version, sheet);
        if by_labels.is_none() {
            add(&mut unknown, "; ", UNVERSIONED);
        }
        if older && version.minor.is_none_or(|minor| minor < 25) {
            add(&mut unknown, "; ", UNREAD);
        }
        for observation in &seen {
            sheet.cite(Some(*observation));
        }
        if !unknown.is_empty() {
            sheet.note(&say!["admission control is not known in full: ", unknown]);
        }
        Self {
            policies,
            bindings,
            webhooks,
            engines,
            seen,
            unknown,
            by_labels: by_labels == Some(true),
        }
    }

    /// Whether Pod Security keeps out what this level forbids.
    fn enforces(&self, namespace: &Value, level: Level) -> bool {
        self.by_labels && admission::enforced(namespace).is_some_and(|(at, _)| at >= level)
    }

    /// What its labels say, for a person.
    fn level(&self, namespace: &Value) -> String {
        let mut level = admission::describe(namespace);
        if !self.by_labels && admission::enforced(namespace).is_some() {
            add(&mut level, " ", "by its label alone");
        }
        level
    }

    /// What else sees pods; empty if nothing does.
    #[inline(never)]
    fn describe(&self, namespace: &Value) -> String {
        let found = admission::guards(
            namespace,
            &self.policies.items,
            &self.bindings.items,
            &self.webhooks.items,
        );
        let mut others = few(&found);
        for engine in &self.engines {
            if found
                .iter()
                .any(|hook| strings::contains(hook, engine.mark))
            {
                add(&mut others, "; ", &engine.describe(namespace));
            }
        }
        others
    }
}

/// Whether the API server enforces what labels of Pod Security say. Its
/// arguments outweigh its version; none of both may be known.
fn by_labels(servers: &[Server], version: &Served, sheet: &mut Sheet) -> Option<bool> {
    let (mut on, mut off) = (false, false);
    for server in servers {
        // The gate is there since 1.22, where it is off.
        let all = match version.minor {
            Some(22) => server.gate("AllAlpha"),
            Some(23 | 24) => server.gate("AllBeta"),
            _ => None,
        };
        if let Some(is_on) = server.gate("PodSecurity").or(all) {
            (on, off) = (on | is_on, off | !is_on);
        }
        off |= server.has("disable-admission-plugins", "PodSecurity");
        if server.args.last("admission-control-config-file").is_some() {
            sheet.note(CONFIGURED);
        }
    }
    if off {
        sheet.note(DISABLED);
        return Some(false);
    }
    let enforces = on || version.minor? >= 23;
    if !enforces {
        sheet.note(&say![version.source, ": ", OLD]);
    }
    Some(enforces)
}

const DISABLED: &str = "kube-apiserver runs with PodSecurity switched off, by --disable-admission-plugins or --feature-gates: levels are not enforced";
const OLD: &str = "labels of Pod Security are enforced since 1.23, so none counts here";
const UNVERSIONED: &str =
    "the API server's version, and labels of Pod Security are enforced only since 1.23";
const UNREAD: &str = "a PodSecurityPolicy may restrict pods until 1.24, and is not read";
const CONFIGURED: &str = "kube-apiserver has an admission configuration, whose Pod Security defaults and exemptions are not considered here";

/// Whether something decides which pods a namespace admits.
pub(super) const MECHANISM: Policy = Policy {
    requests: &["pods", "namespaces"],
    expected: "every namespace with workloads enforces baseline, restricted or a policy engine's rules",
    least: Verdict::Pass,
    words: "every namespace outside of the system enforces a Pod Security level",
    judge: mechanism,
};

fn mechanism(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    let guards = Guards::ask(lists, sheet, engines::ALL);
    for ns in lists.of("namespaces") {
        if lists.is_system(name(ns)) {
            continue;
        }
        let mut actual = guards.level(ns);
        let mut seen: &[u64] = &guards.seen;
        let others = guards.describe(ns);
        let (state, reason) = if guards.enforces(ns, Level::Baseline) {
            seen = &[];
            (Verdict::Pass, "")
        } else if !others.is_empty() {
            add(&mut actual, "; pods are seen by ", &others);
            (Verdict::Manual, "what do its rules refuse?")
        } else {
            let count = lists.pods_of(name(ns)).len();
            add(&mut actual, ", pods: ", &say![count]);
            match (count, guards.unknown.as_str()) {
                (0, _) => (Verdict::Manual, "holds no workload yet: will it?"),
                (_, "") => (Verdict::Fail, "nothing decides what its pods may do"),
                (_, unknown) => (Verdict::Error, unknown),
            }
        };
        let subject = sheet.put(key_of("Namespace", ns), state, actual, reason, &[]);
        if let Some(subject) = subject {
            subject.observations.extend(seen);
        }
    }
}

/// Whether every node is known to run Linux.
fn is_all_linux(lists: &Lists<'_>, sheet: &mut Sheet) -> bool {
    let nodes = optional(lists.cx, "nodes");
    sheet.cite(nodes.seen);
    if let Some(unknown) = nodes.unknown {
        sheet.note(&say!["whether a node runs Windows is not known: ", unknown]);
        return false;
    }
    let mut all = !nodes.items.is_empty();
    for node in &nodes.items {
        // A kubelet says it in both places; a Node made by hand may lack one.
        all &= match text(node, "/status/nodeInfo/operatingSystem") {
            "" => label(node, "kubernetes.io/os") == Some("linux"),
            system => system == "linux",
        };
    }
    all
}
