//! What pods are allowed to do: what runs now, and what would be admitted.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::admission::{self, Level};
use cisb_sdk::kubernetes::pods::{self, Looks};
use cisb_sdk::kubernetes::{key, label, name, namespace, text};
use cisb_sdk::list::ToList;
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::{Basis, Outcome, Verdict};

use super::server;
use super::sheet::{Optional, Sheet, few, lists, misnamed, optional, system_namespaces};

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
    /// Whether running pods alone decide. Where not, a namespace that would
    /// admit an offender is a person's to judge.
    by_pods: bool,
}

const fn look(
    name: &'static str,
    looks: Looks,
    expected: &'static str,
    level: Option<Level>,
    by_pods: bool,
) -> Look {
    Look {
        name,
        looks,
        expected,
        level,
        by_pods,
    }
}

const BASELINE: Option<Level> = Some(Level::Baseline);
const RESTRICTED: Option<Level> = Some(Level::Restricted);

#[rustfmt::skip]
const LOOKS: &[Look] = &[
    look("privileged", pods::privileged, "no privileged container", BASELINE, true),
    look("host-pid", pods::host_pid, "no pod with hostPID", BASELINE, true),
    look("host-ipc", pods::host_ipc, "no pod with hostIPC", BASELINE, true),
    look("host-network", pods::host_network, "no pod with hostNetwork", BASELINE, true),
    look("escalation", pods::escalation, "allowPrivilegeEscalation: false on every container", RESTRICTED, true),
    look("root", pods::root, "runAsNonRoot: true or a runAsUser other than 0 for every container", RESTRICTED, false),
    look("net-raw", pods::net_raw, "every container drops NET_RAW or ALL", RESTRICTED, false),
    look("added-capabilities", pods::added_capabilities, "no container adds capabilities", RESTRICTED, true),
    look("kept-capabilities", pods::kept_capabilities, "every container drops ALL capabilities", RESTRICTED, false),
    look("windows-host-process", pods::windows_host_process, "no HostProcess container", BASELINE, false),
    look("host-path", pods::host_path, "no pod with a hostPath volume", BASELINE, false),
    look("host-ports", pods::host_ports, "no container with a hostPort", BASELINE, false),
    look("secret-environment", pods::secret_environment, "Secrets are mounted as files", None, true),
    look("seccomp", pods::seccomp, "seccompProfile RuntimeDefault or Localhost for every container", None, true),
    look("security-context", pods::no_security_context, "a securityContext that restricts every container", None, true),
];

/// Pods that do what `with.look` names, and namespaces that would admit them.
pub(super) fn running(cx: &Cx<'_>, with: &Value) -> Outcome {
    let wanted = with.get("look").and_then(Value::as_str).unwrap_or("");
    let Some(look) = LOOKS.iter().find(|l| l.name == wanted) else {
        return misnamed("look", wanted);
    };
    let required: &[&str] = match look.level {
        Some(_) => &["pods", "namespaces"],
        None => &["pods"],
    };
    let lists = match lists(cx, required) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let system = system_namespaces(cx);
    let mut sheet = Sheet::new(look.expected, lists.all_seen());
    for pod in lists.of("pods") {
        let of_system = system.iter().any(|s| s == namespace(pod));
        for sighting in (look.looks)(pod) {
            let mut subject = pods::owner(pod);
            if !sighting.container.is_empty() {
                subject.push('/');
                subject.push_str(&sighting.container);
            }
            let (state, reason) = if of_system {
                let reason = "in a system namespace: does this component need it?";
                (Verdict::Manual, reason)
            } else {
                (Verdict::Fail, "")
            };
            let seen = lists.seen("pods");
            let written = sheet.put(subject, state, sighting.actual, reason, seen);
            if let Some(subject) = written.filter(|_| sighting.by_default) {
                subject.basis = Basis::Default(DEFAULTS.to_owned());
            }
        }
    }
    let Some(level) = look.level else {
        return sheet.finish(&say![
            lists.of("pods").len(),
            " pods listed: ",
            look.expected
        ]);
    };
    if look.name == "windows-host-process" && sheet.is_empty() && is_all_linux(cx, &mut sheet) {
        return sheet.finish_absent("no node runs Windows, so no HostProcess container can");
    }
    let guards = Guards::ask(cx, &mut sheet);
    let mut open = Vec::new();
    for ns in lists.of("namespaces") {
        if system.iter().any(|s| s == name(ns)) {
            continue;
        }
        let subject = key("Namespace", "", name(ns));
        let mut seen = lists.seen("namespaces");
        if guards.enforces(ns, level) {
            let reason = "Pod Security admission keeps such pods out";
            sheet.put(
                subject,
                Verdict::Pass,
                admission::describe(ns),
                reason,
                seen,
            );
            continue;
        }
        open.push(subject.clone());
        let mut actual = admission::describe(ns);
        if let Some(others) = guards.describe(ns) {
            actual.push_str(&say!["; pods are also seen by ", others]);
            seen.extend(&guards.seen);
        }
        let (state, reason) = if look.by_pods {
            (
                Verdict::Pass,
                "running pods decide; nothing known keeps such a pod out",
            )
        } else {
            (
                Verdict::Manual,
                "nothing known keeps such a pod out: does something else?",
            )
        };
        sheet.put(subject, state, actual, reason, seen);
    }
    if !open.is_empty() {
        sheet.notes.push(say![
            "admission gap: Pod Security would admit such pods to ",
            few(&open)
        ]);
    }
    sheet.finish(&say![
        lists.of("pods").len(),
        " pods listed: ",
        look.expected
    ])
}

/// Policies and webhooks, as far as they could be listed.
struct Guards {
    policies: Optional,
    bindings: Optional,
    webhooks: Optional,
    seen: Vec<u64>,
    unknown: Option<String>,
    /// Whether the API server has Pod Security switched off.
    off: bool,
}

impl Guards {
    fn ask(cx: &Cx<'_>, sheet: &mut Sheet) -> Self {
        let policies = optional(cx, "validatingadmissionpolicies");
        // Without a policy there is nothing to bind.
        let bindings = match policies.items.is_empty() {
            true => Optional::default(),
            false => optional(cx, "validatingadmissionpolicybindings"),
        };
        let webhooks = optional(cx, "validatingwebhooks");
        let all = [&policies, &bindings, &webhooks];
        let mut seen: Vec<_> = all.iter().flat_map(|o| o.seen.iter().copied()).to_list();
        let servers = server::servers(cx);
        let mut off = false;
        for (observation, args) in &servers.each {
            seen.push(*observation);
            if server::lists(args, "disable-admission-plugins", "PodSecurity") {
                off = true;
                let note = "kube-apiserver runs with PodSecurity in --disable-admission-plugins: levels are not enforced";
                sheet.notes.push(note.to_owned());
            } else if args.last("admission-control-config-file").is_some() {
                let note = "kube-apiserver has an admission configuration, whose Pod Security defaults and exemptions are not considered here";
                sheet.notes.push(note.to_owned());
            }
        }
        let unknown: Vec<_> = all.iter().filter_map(|o| o.unknown.as_deref()).to_list();
        let unknown = (!unknown.is_empty()).then(|| strings::join(&unknown, "; "));
        sheet.cite(&seen);
        if let Some(unknown) = &unknown {
            sheet
                .notes
                .push(say!["other admission control is not known: ", unknown]);
        }
        Self {
            policies,
            bindings,
            webhooks,
            seen,
            unknown,
            off,
        }
    }

    /// Whether Pod Security keeps out what this level forbids.
    fn enforces(&self, namespace: &Value, level: Level) -> bool {
        !self.off && admission::enforced(namespace).is_some_and(|(at, _)| at >= level)
    }

    fn describe(&self, namespace: &Value) -> Option<String> {
        let found = admission::guards(
            namespace,
            &self.policies.items,
            &self.bindings.items,
            &self.webhooks.items,
        );
        (!found.is_empty()).then(|| few(&found))
    }
}

/// Whether something decides which pods a namespace admits.
pub(super) fn mechanism(cx: &Cx<'_>, _: &Value) -> Outcome {
    let lists = match lists(cx, &["pods", "namespaces"]) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let system = system_namespaces(cx);
    let expected =
        "every namespace with workloads enforces baseline, restricted or a policy engine's rules";
    let mut sheet = Sheet::new(expected, lists.all_seen());
    let guards = Guards::ask(cx, &mut sheet);
    for ns in lists.of("namespaces") {
        if system.iter().any(|s| s == name(ns)) {
            continue;
        }
        let subject = key("Namespace", "", name(ns));
        let count = lists
            .of("pods")
            .iter()
            .filter(|p| namespace(p) == name(ns))
            .count();
        let described = admission::describe(ns);
        let mut seen = lists.all_seen();
        if guards.enforces(ns, Level::Baseline) {
            sheet.put(subject, Verdict::Pass, described, "", seen);
            continue;
        }
        seen.extend(&guards.seen);
        if let Some(others) = guards.describe(ns) {
            sheet.put(
                subject,
                Verdict::Manual,
                say![described, "; pods are seen by ", others],
                "what do its rules refuse?",
                seen,
            );
            continue;
        }
        let actual = say![described, ", holds ", count, " pods"];
        let (state, reason) = match (count, &guards.unknown) {
            (0, _) => (Verdict::Manual, "holds no workload yet: will it?"),
            (_, Some(unknown)) => (Verdict::Error, unknown.as_str()),
            (_, None) => (Verdict::Fail, "nothing decides what its pods may do"),
        };
        sheet.put(subject, state, actual, reason, seen);
    }
    sheet.finish("every namespace outside of the system enforces a Pod Security level")
}

/// Whether every node is known to run Linux.
fn is_all_linux(cx: &Cx<'_>, sheet: &mut Sheet) -> bool {
    let nodes = optional(cx, "nodes");
    sheet.cite(&nodes.seen);
    if let Some(unknown) = nodes.unknown {
        sheet
            .notes
            .push(say!["whether a node runs Windows is not known: ", unknown]);
        return false;
    }
    // A kubelet says it in both places; a Node made by hand may lack one.
    let says = |node: &Value| match text(node, "/status/nodeInfo/operatingSystem") {
        "" => label(node, "kubernetes.io/os") == Some("linux"),
        system => system == "linux",
    };
    !nodes.items.is_empty() && nodes.items.iter().all(says)
}
