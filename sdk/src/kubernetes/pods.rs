//! Pods as the kubelet would run them: all their containers, with the defaults
//! that Kubernetes applies to what a pod does not say.

use super::{array, is_true, label, name, namespace, text, texts};
use crate::json::Value;
use crate::prelude::*;
use crate::say;
use crate::strings;

/// The lists of a pod that hold containers.
const LISTS: [&str; 3] = [
    "/spec/initContainers",
    "/spec/containers",
    "/spec/ephemeralContainers",
];

/// A container with its pod.
#[derive(Debug, Clone, Copy)]
pub struct Container<'a> {
    /// The pod.
    pub pod: &'a Value,
    /// The container.
    pub container: &'a Value,
}

/// All containers of a pod: init, ordinary and ephemeral ones.
pub fn containers(pod: &Value) -> Vec<Container<'_>> {
    let mut all = Vec::new();
    for list in LISTS {
        for container in array(pod, list) {
            all.push(Container { pod, container });
        }
    }
    all
}

impl<'a> Container<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        text(self.container, "/name")
    }

    /// A field of the security context: the container's own, or the pod's.
    pub fn effective(&self, field: &str) -> Option<&'a Value> {
        let own = self.container.pointer("/securityContext");
        let pods = self.pod.pointer("/spec/securityContext");
        for context in [own, pods].into_iter().flatten() {
            match context.pointer(field) {
                Some(value) if !value.is_null() => return Some(value),
                _ => {}
            }
        }
        None
    }

    /// The same of a field that is true or false.
    fn says(&self, field: &str) -> Option<bool> {
        self.effective(field)?.as_bool()
    }

    /// The same of a field that is a whole number.
    fn user(&self) -> Option<i64> {
        self.effective("/runAsUser")?.as_i64()
    }

    /// The same of a profile, and whether it is one that restricts.
    fn profile(&self, field: &str) -> Option<(&'a str, bool)> {
        let profile = self.effective(field)?.as_str()?;
        Some((profile, matches!(profile, "RuntimeDefault" | "Localhost")))
    }

    /// Whether it runs with all rights of the node's root.
    pub fn is_privileged(&self) -> bool {
        is_true(self.container, "/securityContext/privileged")
    }

    /// Capabilities it adds, without the `CAP_` prefix some write.
    pub fn added(&self) -> Vec<&'a str> {
        self.capabilities("/securityContext/capabilities/add")
    }

    /// Whether it drops a capability, alone or with all others.
    pub fn drops(&self, capability: &str) -> bool {
        is_among(
            capability,
            &self.capabilities("/securityContext/capabilities/drop"),
        )
    }

    fn capabilities(&self, pointer: &str) -> Vec<&'a str> {
        let mut names = texts(self.container, pointer);
        for name in &mut names {
            *name = name.strip_prefix("CAP_").unwrap_or(name);
        }
        names
    }
}

/// Whether these capabilities hold one, by its name or as `ALL`.
fn is_among(capability: &str, list: &[&str]) -> bool {
    list.iter()
        .any(|c| c.eq_ignore_ascii_case(capability) || c.eq_ignore_ascii_case("ALL"))
}

/// Whether the pod runs on Windows, where the fields of Linux security do not
/// exist.
pub fn is_windows(pod: &Value) -> bool {
    match text(pod, "/spec/os/name") {
        "" => text(pod, "/spec/nodeSelector/kubernetes.io~1os") == "windows",
        os => os == "windows",
    }
}

/// Something a pod does that a policy speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The container; empty if it is the pod itself.
    pub container: String,
    /// What was seen.
    pub actual: String,
    /// Whether it is so because nothing is said, and Kubernetes or the runtime
    /// then decides.
    pub by_default: bool,
}

/// A way to look at a pod.
pub type Looks = fn(&Value) -> Vec<Sighting>;

/// What was seen, and whether it is so by default.
type Seen = Option<(String, bool)>;

fn said(actual: &str) -> Seen {
    Some((actual.to_owned(), false))
}

fn unsaid(actual: &str) -> Seen {
    Some((actual.to_owned(), true))
}

/// What was seen, after what it is, if anything was.
fn list(what: &str, seen: &[impl AsRef<str>]) -> Seen {
    match seen.is_empty() {
        true => None,
        false => Some((say![what, strings::join(seen, ", ")], false)),
    }
}

fn each(pod: &Value, seen: fn(Container<'_>) -> Seen) -> Vec<Sighting> {
    let mut sightings = Vec::new();
    for container in containers(pod) {
        if let Some((actual, by_default)) = seen(container) {
            sightings.push(Sighting {
                container: container.name().to_owned(),
                actual,
                by_default,
            });
        }
    }
    sightings
}

/// As [`each`], on Linux only.
fn each_linux(pod: &Value, seen: fn(Container<'_>) -> Seen) -> Vec<Sighting> {
    if is_windows(pod) {
        Vec::new()
    } else {
        each(pod, seen)
    }
}

fn of_pod(seen: Seen) -> Vec<Sighting> {
    let mut sightings = Vec::new();
    if let Some((actual, by_default)) = seen {
        sightings.push(Sighting {
            container: String::new(),
            actual,
            by_default,
        });
    }
    sightings
}

fn pod_field(pod: &Value, field: &str, on_windows: bool) -> Vec<Sighting> {
    let set = is_true(pod, &say!["/spec/", field]) && (on_windows || !is_windows(pod));
    of_pod(match set {
        true => Some((say![field, ": true"], false)),
        false => None,
    })
}

/// Privileged containers.
pub fn privileged(pod: &Value) -> Vec<Sighting> {
    each_linux(pod, |c| match c.is_privileged() {
        true => said("privileged: true"),
        false => None,
    })
}

/// Pods in the node's PID namespace.
pub fn host_pid(pod: &Value) -> Vec<Sighting> {
    pod_field(pod, "hostPID", false)
}

/// Pods in the node's IPC namespace.
pub fn host_ipc(pod: &Value) -> Vec<Sighting> {
    pod_field(pod, "hostIPC", false)
}

/// Pods in the node's network namespace.
pub fn host_network(pod: &Value) -> Vec<Sighting> {
    // HostProcess pods of Windows share it too.
    pod_field(pod, "hostNetwork", true)
}

/// Containers whose processes may gain more rights than their parent. That is
/// so unless it is forbidden.
pub fn escalation(pod: &Value) -> Vec<Sighting> {
    each_linux(pod, |c| {
        let word = c
            .container
            .pointer("/securityContext/allowPrivilegeEscalation");
        match word.and_then(Value::as_bool) {
            Some(false) => None,
            Some(true) => said("allowPrivilegeEscalation: true"),
            None => unsaid("allowPrivilegeEscalation not set, so true"),
        }
    })
}

/// Containers that nothing keeps from running as root.
pub fn root(pod: &Value) -> Vec<Sighting> {
    each_linux(pod, |c| match c.user() {
        Some(0) => said("runAsUser: 0"),
        Some(_) => None,
        None if c.says("/runAsNonRoot") == Some(true) => None,
        None => unsaid("neither runAsNonRoot nor runAsUser is set: the image's user decides"),
    })
}

/// Containers with the capability NET_RAW, which runtimes give unless it is
/// dropped.
pub fn net_raw(pod: &Value) -> Vec<Sighting> {
    each_linux(pod, |c| {
        if c.is_privileged() {
            return said("privileged: true gives every capability");
        }
        let added = c.added();
        if is_among("NET_RAW", &added) {
            list("capabilities.add: ", &added)
        } else if c.drops("NET_RAW") {
            None
        } else {
            unsaid("capabilities.drop has neither NET_RAW nor ALL")
        }
    })
}

/// Containers with more capabilities than the runtime gives.
pub fn added_capabilities(pod: &Value) -> Vec<Sighting> {
    each_linux(pod, |c| list("capabilities.add: ", &c.added()))
}

/// Containers that keep capabilities.
pub fn kept_capabilities(pod: &Value) -> Vec<Sighting> {
    each_linux(pod, |c| {
        if c.is_privileged() {
            said("privileged: true gives every capability")
        } else if c.drops("ALL") {
            None
        } else {
            unsaid("capabilities.drop has no ALL")
        }
    })
}

/// Containers with all rights on a Windows node.
pub fn windows_host_process(pod: &Value) -> Vec<Sighting> {
    each(pod, |c| match c.says("/windowsOptions/hostProcess") {
        Some(true) => said("windowsOptions.hostProcess: true"),
        _ => None,
    })
}

/// Pods that mount directories of the node.
pub fn host_path(pod: &Value) -> Vec<Sighting> {
    let mut paths = Vec::new();
    for volume in array(pod, "/spec/volumes") {
        if let Some(Value::Object(_)) = volume.pointer("/hostPath") {
            let path = text(volume, "/hostPath/path");
            paths.push(say![text(volume, "/name"), " = ", path]);
        }
    }
    of_pod(list("hostPath ", &paths))
}

/// Containers that take ports of the node.
pub fn host_ports(pod: &Value) -> Vec<Sighting> {
    each(pod, |c| {
        let mut taken = Vec::new();
        for port in array(c.container, "/ports") {
            match port.pointer("/hostPort").and_then(Value::as_i64) {
                None | Some(0) => {}
                Some(port) => taken.push(say![port]),
            }
        }
        list("hostPort ", &taken)
    })
}

/// Containers whose environment holds Secrets.
pub fn secret_environment(pod: &Value) -> Vec<Sighting> {
    each(pod, |c| {
        let mut seen = Vec::new();
        for variable in array(c.container, "/env") {
            if let Some(source @ Value::Object(_)) = variable.pointer("/valueFrom/secretKeyRef") {
                let secret = text(source, "/name");
                seen.push(say![text(variable, "/name"), " from Secret ", secret]);
            }
        }
        for source in array(c.container, "/envFrom") {
            if let Some(source @ Value::Object(_)) = source.pointer("/secretRef") {
                seen.push(say!["all of Secret ", text(source, "/name")]);
            }
        }
        list("env: ", &seen)
    })
}

/// Containers without a seccomp profile of the runtime or of their own.
pub fn seccomp(pod: &Value) -> Vec<Sighting> {
    each_linux(pod, |c| {
        if c.is_privileged() {
            return said("privileged: true switches seccomp off");
        }
        match c.profile("/seccompProfile/type") {
            Some((_, true)) => None,
            Some((other, false)) => said(&say!["seccompProfile.type: ", other]),
            None => unsaid("seccompProfile is set neither on the container nor on the pod"),
        }
    })
}

/// Containers to which no security context that restricts them applies.
pub fn no_security_context(pod: &Value) -> Vec<Sighting> {
    each(pod, |c| {
        let mut restricted = c.user().is_some_and(|u| u != 0);
        for (field, wanted) in [
            ("/runAsNonRoot", true),
            ("/readOnlyRootFilesystem", true),
            ("/allowPrivilegeEscalation", false),
        ] {
            restricted |= c.says(field) == Some(wanted);
        }
        for field in [
            "/windowsOptions/runAsUserName",
            "/seLinuxOptions",
            "/capabilities/drop",
        ] {
            restricted |= c.effective(field).is_some();
        }
        for field in ["/seccompProfile/type", "/appArmorProfile/type"] {
            restricted |= c.profile(field).is_some_and(|(_, restricts)| restricts);
        }
        if restricted {
            None
        } else if c.container.pointer("/securityContext").is_some() {
            said("its securityContext restricts nothing")
        } else {
            unsaid("no securityContext that restricts anything on container or pod")
        }
    })
}

/// Whether the kubelet made this API object of a static pod's file. Nothing
/// mounts a token into such a pod.
pub fn is_mirror(pod: &Value) -> bool {
    let mut mirror = pod
        .pointer("/metadata/annotations/kubernetes.io~1config.mirror")
        .is_some();
    for owner in array(pod, "/metadata/ownerReferences") {
        mirror |= text(owner, "/kind") == "Node";
    }
    mirror
}

/// The name of the service account that a pod runs as.
pub fn service_account(pod: &Value) -> &str {
    match text(pod, "/spec/serviceAccountName") {
        "" => "default",
        name => name,
    }
}

/// Whether a pod gets its service account's token without asking: the pod's
/// own word counts, then the account's, then yes.
pub fn mounts_token(pod: &Value, account: Option<&Value>) -> bool {
    if is_mirror(pod) {
        return false;
    }
    let says = |object: &Value, pointer: &str| object.pointer(pointer).and_then(Value::as_bool);
    says(pod, "/spec/automountServiceAccountToken")
        .or_else(|| says(account?, "/automountServiceAccountToken"))
        .unwrap_or(true)
}

/// What a pod belongs to, so that its findings keep their key when it is
/// replaced: its Deployment, DaemonSet, StatefulSet, Job, or the pod itself.
pub fn owner(pod: &Value) -> String {
    let (mut kind, mut owner) = ("Pod", name(pod));
    for reference in array(pod, "/metadata/ownerReferences") {
        if is_true(reference, "/controller") && text(reference, "/kind") != "Node" {
            kind = text(reference, "/kind");
            owner = text(reference, "/name");
            break;
        }
    }
    // A Deployment names its ReplicaSets after itself and the hash that their
    // pods carry.
    if kind == "ReplicaSet"
        && let Some(hash) = label(pod, "pod-template-hash")
        && let Some(named) = owner.strip_suffix(hash)
        && let Some(named) = named.strip_suffix("-")
    {
        kind = "Deployment";
        owner = named;
    }
    super::key(kind, namespace(pod), owner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::json;

    /// A pod with one container `c`, of the given pod spec and container.
    fn pod(spec: Value, container: Value) -> Value {
        let container = container.with("name", json!("c"));
        let spec = spec.with("containers", json!([container]));
        json!({"metadata": {"name": "p", "namespace": "n"}, "spec": spec})
    }

    #[test]
    fn what_a_pod_does_not_say_is_what_kubernetes_makes_of_it() {
        let context = |c: Value| json!({"securityContext": c});
        let none = || json!({});
        for (looks, spec, container, offends) in [
            (privileged as Looks, none(), none(), false),
            (
                privileged,
                none(),
                context(json!({"privileged": true})),
                true,
            ),
            (
                privileged,
                none(),
                context(json!({"privileged": false})),
                false,
            ),
            (escalation, none(), none(), true),
            (
                escalation,
                none(),
                context(json!({"allowPrivilegeEscalation": null})),
                true,
            ),
            (
                escalation,
                none(),
                context(json!({"allowPrivilegeEscalation": false})),
                false,
            ),
            (root, none(), none(), true),
            (root, context(json!({"runAsNonRoot": true})), none(), false),
            (
                root,
                context(json!({"runAsNonRoot": true})),
                context(json!({"runAsNonRoot": false})),
                true,
            ),
            (
                root,
                context(json!({"runAsUser": 5})),
                context(json!({"runAsUser": 0})),
                true,
            ),
            (
                root,
                context(json!({"runAsUser": 0})),
                context(json!({"runAsUser": 5})),
                false,
            ),
            (net_raw, none(), none(), true),
            (
                net_raw,
                none(),
                context(json!({"capabilities": {"drop": ["NET_RAW"]}})),
                false,
            ),
            (
                net_raw,
                none(),
                context(json!({"capabilities": {"drop": ["CAP_NET_RAW"]}})),
                false,
            ),
            (
                net_raw,
                none(),
                context(json!({"capabilities": {"drop": ["all"]}})),
                false,
            ),
            (
                net_raw,
                none(),
                context(json!({"capabilities": {"drop": ["ALL"], "add": ["NET_RAW"]}})),
                true,
            ),
            (
                kept_capabilities,
                none(),
                context(json!({"capabilities": {"drop": ["NET_RAW"]}})),
                true,
            ),
            (
                added_capabilities,
                none(),
                context(json!({"capabilities": {"add": []}})),
                false,
            ),
            (
                added_capabilities,
                none(),
                context(json!({"capabilities": {"add": ["NET_BIND_SERVICE"]}})),
                true,
            ),
            (seccomp, none(), none(), true),
            (
                seccomp,
                context(json!({"seccompProfile": {"type": "RuntimeDefault"}})),
                none(),
                false,
            ),
            (
                seccomp,
                context(json!({"seccompProfile": {"type": "RuntimeDefault"}})),
                context(json!({"seccompProfile": {"type": "Unconfined"}})),
                true,
            ),
            (
                seccomp,
                none(),
                context(json!({"privileged": true, "seccompProfile": {"type": "RuntimeDefault"}})),
                true,
            ),
            (host_pid, json!({"hostPID": true}), none(), true),
            (host_pid, json!({"hostPID": false}), none(), false),
            (
                host_path,
                json!({"volumes": [{"name": "v", "emptyDir": {}}]}),
                none(),
                false,
            ),
            (
                host_path,
                json!({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}),
                none(),
                true,
            ),
            (
                host_ports,
                none(),
                json!({"ports": [{"containerPort": 80}]}),
                false,
            ),
            (
                host_ports,
                none(),
                json!({"ports": [{"hostPort": 80}]}),
                true,
            ),
            (
                secret_environment,
                none(),
                json!({"env": [{"name": "A"}]}),
                false,
            ),
            (
                secret_environment,
                none(),
                json!({"envFrom": [{"secretRef": {"name": "s"}}]}),
                true,
            ),
            (
                no_security_context,
                none(),
                context(json!({"privileged": true})),
                true,
            ),
            (
                no_security_context,
                context(json!({"runAsUser": 7})),
                none(),
                false,
            ),
            (
                windows_host_process,
                context(json!({"windowsOptions": {"hostProcess": true}})),
                none(),
                true,
            ),
            (
                windows_host_process,
                context(json!({"windowsOptions": {"hostProcess": true}})),
                context(json!({"windowsOptions": {"hostProcess": false}})),
                false,
            ),
        ] {
            let pod = pod(spec, container);
            assert_eq!(!looks(&pod).is_empty(), offends, "{pod}");
        }
    }

    #[test]
    fn windows_has_no_linux_security() {
        for spec in [
            json!({"os": {"name": "windows"}}),
            json!({"nodeSelector": {"kubernetes.io/os": "windows"}}),
        ] {
            let pod = pod(spec, json!({}));
            for looks in [escalation, root, net_raw, kept_capabilities, seccomp] {
                assert!(looks(&pod).is_empty(), "{pod}");
            }
        }
    }

    #[test]
    fn init_and_ephemeral_containers_count() {
        let bad = json!({"name": "x", "securityContext": {"privileged": true}});
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            let pod = json!({"spec": {list: [bad]}});
            assert_eq!(privileged(&pod).len(), 1, "{list}");
        }
    }

    #[test]
    fn the_pods_word_on_its_token_outweighs_the_accounts() {
        let says = |word: Value| json!({"spec": {"automountServiceAccountToken": word}});
        let account = |word: Value| json!({"automountServiceAccountToken": word});
        for (pod, account, mounted) in [
            (json!(null), json!(null), true),
            (json!(null), json!(false), false),
            (json!(true), json!(false), true),
            (json!(false), json!(true), false),
        ]
        .map(|(p, a, m)| (says(p), account(a), m))
        {
            assert_eq!(mounts_token(&pod, Some(&account)), mounted);
        }
        let mirror = json!({"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}});
        assert!(!mounts_token(&mirror, None));
    }

    #[test]
    fn a_replaced_pod_keeps_its_key() {
        let owned = |kind: &str, name: &str, hash: &str| {
            json!({"metadata": {"name": "p", "namespace": "n", "labels": {"pod-template-hash": hash},
                "ownerReferences": [{"kind": kind, "name": name, "controller": true}]}})
        };
        assert_eq!(
            owner(&owned("ReplicaSet", "web-abc", "abc")),
            "Deployment/n/web"
        );
        assert_eq!(
            owner(&owned("ReplicaSet", "web", "abc")),
            "ReplicaSet/n/web"
        );
        assert_eq!(owner(&owned("DaemonSet", "ds", "")), "DaemonSet/n/ds");
        assert_eq!(owner(&owned("Node", "cp-1", "")), "Pod/n/p");
    }
}
