//! What K3s tells its components by itself, by version, and how it joins that
//! with what it is told to tell them.
//!
//! Sources: k3s-io/k3s `pkg/daemons/control/server.go`,
//! `pkg/daemons/agent/agent.go`, `pkg/daemons/agent/agent_linux.go`,
//! `pkg/cli/server/server.go`, `pkg/util/args.go`.

use crate::component::{Component, minor};
use crate::prelude::*;
use crate::say;
use crate::strings;

/// The first minor version that the table covers.
const OLDEST: u32 = 21;
/// The last.
const NEWEST: u32 = 36;
/// Since this minor version the kubelet is told by files.
pub(super) const FILES: u32 = 32;
/// In that version, since this patch the port for reading is told by a flag
/// (<https://github.com/k3s-io/k3s/issues/12164>): the file cannot say zero.
const READ_ONLY_PORT: u32 = 4;

pub(super) fn covers(minor: u32) -> bool {
    (OLDEST..=NEWEST).contains(&minor)
}

pub(super) fn outside(minor: u32) -> String {
    say![
        "what K3s 1.",
        minor,
        " tells its components by itself is not known: the table covers 1.",
        OLDEST,
        " to 1.",
        NEWEST
    ]
}

/// An argument that K3s gives a component; `@` in it is the data directory.
struct Row {
    component: Component,
    flag: &'static str,
    value: &'static str,
    /// The first minor version that has it.
    from: u32,
    /// The last.
    to: u32,
}

const fn row(component: Component, flag: &'static str, value: &'static str) -> Row {
    Row {
        component,
        flag,
        value,
        from: OLDEST,
        to: NEWEST,
    }
}

const API: Component = Component::KubeApiserver;
const MANAGER: Component = Component::KubeControllerManager;
const SCHEDULER: Component = Component::KubeScheduler;
const KUBELET: Component = Component::Kubelet;
const KEY: &str = "service-account-private-key-file";
/// The suites, where nobody names others.
const SUITES: &str = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,\
    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,\
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,\
    TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305";

/// Those that some check looks at. `--hostname-override` is left out: K3s sets
/// it to the name under which it registers the node, and its operator cannot
/// leave it away.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row(API, "anonymous-auth", "false"),
    row(API, "authorization-mode", "Node,RBAC"),
    row(API, "bind-address", "127.0.0.1"),
    row(API, "client-ca-file", "@/server/tls/client-ca.crt"),
    row(API, "enable-admission-plugins", "NodeRestriction"),
    Row { to: 23, ..row(API, "insecure-port", "0") },
    row(API, "kubelet-certificate-authority", "@/server/tls/server-ca.crt"),
    row(API, "kubelet-client-certificate", "@/server/tls/client-kube-apiserver.crt"),
    row(API, "kubelet-client-key", "@/server/tls/client-kube-apiserver.key"),
    row(API, "profiling", "false"),
    row(API, "secure-port", "6444"),
    row(API, "service-account-key-file", "@/server/tls/service.key"),
    row(API, "tls-cert-file", "@/server/tls/serving-kube-apiserver.crt"),
    row(API, "tls-cipher-suites", SUITES),
    row(API, "tls-private-key-file", "@/server/tls/serving-kube-apiserver.key"),
    row(MANAGER, "bind-address", "127.0.0.1"),
    row(MANAGER, "kubeconfig", "@/server/cred/controller.kubeconfig"),
    row(MANAGER, "profiling", "false"),
    row(MANAGER, "root-ca-file", "@/server/tls/server-ca.crt"),
    Row { to: 23, ..row(MANAGER, KEY, "@/server/tls/service.key") },
    Row { from: 24, ..row(MANAGER, KEY, "@/server/tls/service.current.key") },
    row(MANAGER, "use-service-account-credentials", "true"),
    row(SCHEDULER, "bind-address", "127.0.0.1"),
    row(SCHEDULER, "kubeconfig", "@/server/cred/scheduler.kubeconfig"),
    row(SCHEDULER, "profiling", "false"),
    row(Component::KubeProxy, "kubeconfig", "@/agent/kubeproxy.kubeconfig"),
    row(KUBELET, "anonymous-auth", "false"),
    row(KUBELET, "authentication-token-webhook", "true"),
    row(KUBELET, "authorization-mode", "Webhook"),
    row(KUBELET, "client-ca-file", "@/agent/client-ca.crt"),
    row(KUBELET, "kubeconfig", "@/agent/kubelet.kubeconfig"),
    row(KUBELET, "pod-manifest-path", "@/agent/pod-manifests"),
    row(KUBELET, "read-only-port", "0"),
    row(KUBELET, "tls-cert-file", "@/agent/serving-kubelet.crt"),
    row(KUBELET, "tls-private-key-file", "@/agent/serving-kubelet.key"),
];

/// The arguments that K3s gives by itself, as far as they are known.
pub(super) struct Known<'a> {
    /// Its minor version; none if nobody says it.
    pub(super) minor: Option<u32>,
    /// Its data directory.
    pub(super) data: &'a str,
    /// Names and values.
    pub(super) args: Vec<(String, String)>,
    /// Names of those that are not known, and why.
    pub(super) unsettled: Vec<(String, String)>,
}

impl Known<'_> {
    /// Adds those of the table.
    pub(super) fn add(&mut self, component: Component) {
        for row in ROWS {
            if row.component != component {
                continue;
            }
            match self.minor {
                // What only older versions have may or may not be there; of two
                // values the newer is as good as the other.
                None if row.to < NEWEST => {
                    if !ROWS.iter().any(|r| r.flag == row.flag && r.to == NEWEST) {
                        self.unset(row.flag, "it depends on K3s' version, which is not known");
                    }
                }
                Some(minor) if minor < row.from || minor > row.to => {}
                _ => self.set(row.flag, row.value),
            }
        }
    }

    /// Adds one.
    #[inline(never)]
    pub(super) fn set(&mut self, flag: &str, value: &str) {
        let value = match value.strip_prefix('@') {
            Some(rest) => say![self.data, rest],
            None => value.to_owned(),
        };
        self.args.push((flag.to_owned(), value));
    }

    /// Takes one back, as it is not known.
    #[inline(never)]
    pub(super) fn unset(&mut self, flag: &str, why: &str) {
        remove(&mut self.args, flag);
        self.unsettled.push((flag.to_owned(), why.to_owned()));
    }

    /// Those of a kubelet that is told the rest by files.
    pub(super) fn drop_ins(&mut self, version: Option<&str>) {
        self.set("config-dir", "@/agent/etc/kubelet.conf.d");
        self.set("kubeconfig", "@/agent/kubelet.kubeconfig");
        let port = "read-only-port";
        match (self.minor, version.and_then(patch)) {
            (Some(minor), _) if minor > FILES => self.set(port, "0"),
            (Some(_), Some(patch)) if patch >= READ_ONLY_PORT => self.set(port, "0"),
            (Some(_), Some(_)) => {}
            _ => self.unset(
                port,
                "K3s 1.32 closes it only since patch 4, and the patch is not known",
            ),
        }
    }
}

/// The patch in `v1.32.4+k3s1`.
fn patch(version: &str) -> Option<u32> {
    minor(version)?;
    let patch = strings::split(version, b'.').get(2).copied()?;
    let (digits, _) = strings::split_at(patch, strings::DIGITS, false);
    u32::try_from(strings::number(digits, 10)?).ok()
}

/// The arguments of a component: those that K3s is told replace its own, or
/// add to them after a name that ends in `+` or before them after `-`.
pub(super) fn merged(mut own: Vec<(String, String)>, given: &[String]) -> Vec<String> {
    let (mut before, mut after, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    for text in given {
        let body = strings::trim_start(text, b'-');
        let (raw, value) = strings::cut(body, b'=').unwrap_or((body, "true"));
        let name = strings::trim_end(strings::trim_end(raw, b'+'), b'-');
        if raw == name && !strings::among(name, &seen) {
            remove(&mut own, name);
        }
        seen.push(name);
        let arg = say!["--", name, "=", value];
        match raw.ends_with("-") {
            true => before.insert(0, arg),
            false => after.push(arg),
        }
    }
    for (name, value) in own {
        before.push(say!["--", name, "=", value]);
    }
    before.extend(after);
    before
}

/// Takes out what has a name.
pub(super) fn remove(list: &mut Vec<(String, String)>, name: &str) {
    while let Some(at) = list.iter().position(|(n, _)| n == name) {
        list.remove(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(given: &[&str]) -> Vec<String> {
        let own = vec![
            (
                "enable-admission-plugins".to_owned(),
                "NodeRestriction".to_owned(),
            ),
            ("profiling".to_owned(), "false".to_owned()),
        ];
        let given: Vec<String> = given.iter().map(|g| (*g).to_owned()).collect();
        merged(own, &given)
    }

    #[test]
    fn what_is_given_replaces_or_adds_to_what_is_built_in() {
        let plugins = "--enable-admission-plugins=NodeRestriction";
        let profiling = "--profiling=false";
        assert_eq!(argv(&[]), [plugins, profiling]);
        assert_eq!(
            argv(&["profiling=true", "--v=2", "bare"]),
            [plugins, "--profiling=true", "--v=2", "--bare=true"]
        );
        assert_eq!(
            argv(&["enable-admission-plugins+=A", "enable-admission-plugins=B"]),
            [
                plugins,
                profiling,
                "--enable-admission-plugins=A",
                "--enable-admission-plugins=B"
            ]
        );
        assert_eq!(
            argv(&["enable-admission-plugins-=A"]),
            ["--enable-admission-plugins=A", plugins, profiling]
        );
        assert_eq!(
            argv(&["profiling=a", "profiling=b"]),
            [plugins, "--profiling=a", "--profiling=b"]
        );
    }

    #[test]
    fn no_version_has_a_flag_twice() {
        for (i, a) in ROWS.iter().enumerate() {
            for b in &ROWS[i + 1..] {
                let apart = a.to < b.from || b.to < a.from;
                assert!(
                    a.component != b.component || a.flag != b.flag || apart,
                    "{}",
                    a.flag
                );
            }
            assert!(covers(a.from) && covers(a.to) && a.from <= a.to);
        }
    }

    #[test]
    fn what_depends_on_the_version_is_open_without_it() {
        let open = |minor, version| {
            let mut known = Known {
                minor,
                data: "/d",
                args: Vec::new(),
                unsettled: Vec::new(),
            };
            known.add(API);
            known.drop_ins(version);
            let port = known.args.iter().any(|(name, _)| name == "read-only-port");
            let names: Vec<String> = known.unsettled.into_iter().map(|(n, _)| n).collect();
            (port, names)
        };
        assert_eq!(
            open(None, None),
            (
                false,
                vec!["insecure-port".to_owned(), "read-only-port".to_owned()]
            )
        );
        assert_eq!(open(Some(32), Some("v1.32.3+k3s1")), (false, Vec::new()));
        assert_eq!(open(Some(32), Some("v1.32.4+k3s1")), (true, Vec::new()));
        assert_eq!(open(Some(33), None), (true, Vec::new()));
    }
}
