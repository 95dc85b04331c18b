//! Reads an argument list as the flag library of its component does.
//!
//! Kubernetes uses pflag: `--a=b`, `--a b`, bare booleans, `_` for `-` in names,
//! the last value of a scalar wins, lists add up. etcd uses Go's `flag`: one
//! dash or two, a boolean takes a value only after `=`, the first word that is
//! no flag ends them.

use crate::prelude::*;
use crate::say;
use crate::strings;

/// Which library reads the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// github.com/spf13/pflag with Kubernetes' name normalisation.
    Pflag,
    /// Go's standard `flag`.
    Go,
}

/// One flag as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// Its name without dashes, normalised.
    pub name: String,
    /// As it was spelled, with its dashes, without its value.
    pub spelled: String,
    /// Its value; `true` for a bare boolean.
    pub value: String,
}

/// A parsed argument list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Args {
    /// Every flag, in order.
    pub flags: Vec<Flag>,
    /// Names of flags whose reading depends on the type of an unknown flag
    /// before them, and that flag.
    uncertain: Vec<(String, String)>,
}

impl Args {
    /// Reads `args`, the program's name first.
    pub fn parse(style: Style, args: &[String]) -> Self {
        let mut parsed = Self::default();
        let mut at = 1;
        while let Some(arg) = args.get(at) {
            at += 1;
            if arg == "--" {
                break;
            }
            let (dashes, body) = match (arg.strip_prefix("--"), arg.strip_prefix("-")) {
                (Some(body), _) => ("--", body),
                (None, Some(body)) if !body.is_empty() => ("-", body),
                _ if style == Style::Go => break,
                _ => continue,
            };
            if dashes == "-" && style == Style::Pflag {
                // Kubernetes' only shorthands are -v and -h; -v's value may be its own word.
                at += usize::from(body == "v");
                continue;
            }
            let (raw, given) = match strings::cut(body, b'=') {
                Some((raw, value)) => (raw, Some(value)),
                None => (body, None),
            };
            let name = normalise(style, raw);
            let value = match (given, args.get(at)) {
                (Some(value), _) => value,
                (None, _) if is_boolean(&name) => "true",
                (None, None) => "",
                (None, Some(next)) if next.starts_with("--") && !is_valued(&name) => {
                    let swallowed = strings::before(strings::trim_start(next, b'-'), b'=');
                    let swallowed = normalise(style, swallowed);
                    parsed.uncertain.push((swallowed, name.clone()));
                    ""
                }
                (None, Some(next)) => {
                    at += 1;
                    next
                }
            };
            parsed.flags.push(Flag {
                name,
                spelled: say![dashes, raw],
                value: value.to_owned(),
            });
        }
        parsed
    }

    /// Every value of a flag, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a Flag> {
        self.flags.iter().filter(move |f| f.name == name)
    }

    /// The same as texts of their own.
    pub fn values(&self, name: &str) -> Vec<String> {
        let mut values = Vec::new();
        for flag in &self.flags {
            if flag.name == name {
                values.push(flag.value.clone());
            }
        }
        values
    }

    /// The flag as it counts for a scalar: the last.
    pub fn last(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().rfind(|f| f.name == name)
    }

    /// The flag that may have swallowed this one, if its type is not known.
    pub fn swallowed_by(&self, name: &str) -> Option<&str> {
        let found = self.uncertain.iter().find(|(n, _)| n == name);
        found.map(|(_, by)| by.as_str())
    }
}

fn normalise(style: Style, name: &str) -> String {
    match style {
        Style::Pflag => strings::replace(name, b'_', '-'),
        Style::Go => name.to_owned(),
    }
}

fn is_boolean(name: &str) -> bool {
    !strings::has(name, b' ') && strings::contains(BOOLEANS, &say![" ", name, " "])
}

/// Flags that surely take a value, so that the word after them is theirs even
/// if it looks like a flag.
fn is_valued(name: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "-file",
        "-dir",
        "-path",
        "-config",
        "-address",
        "-port",
        "-mode",
        "-plugins",
        "-suites",
        "-timeout",
        "-cafile",
        "-certfile",
        "-keyfile",
        "-servers",
        "-gates",
        "-cidr",
        "-range",
        "kubeconfig",
        "-version",
        "-certificate",
        "-key",
        "-maxage",
        "-maxsize",
        "-maxbackup",
        "-urls",
        "-threshold",
        "-override",
        "-qps",
        "-pids",
    ];
    name == "config" || name == "name" || ENDINGS.iter().any(|end| name.ends_with(end))
}

/// The boolean flags of kube-apiserver, kube-controller-manager,
/// kube-scheduler, kubelet, kube-proxy and etcd: they never take the next word.
/// One text, for a list would point to each.
const BOOLEANS: &str = " \
    add-dir-header allocate-node-cidrs allow-privileged allow-untagged-cloud \
    alsologtostderr anonymous-auth audit-log-batch-throttle-enable audit-log-compress \
    audit-log-truncate-enabled audit-webhook-batch-throttle-enable \
    audit-webhook-truncate-enabled authentication-skip-lookup \
    authentication-token-webhook authentication-tolerate-lookup-failure auto-tls \
    bind-address-hard-fail cgroups-per-qos cleanup cleanup-ipvs client-cert-auth \
    configure-cbr0 configure-cloud-routes containerized contention-profiling \
    cpu-cfs-quota debug disable-attach-detach-reconcile-sync \
    disable-force-detach-on-timeout disable-http2-serving docker-only \
    emulation-forward-compatible enable-aggregator-routing enable-bootstrap-token-auth \
    enable-cadvisor-json-endpoints enable-controller-attach-detach \
    enable-debugging-handlers enable-dynamic-provisioning enable-garbage-collector \
    enable-grpc-gateway enable-hostpath-provisioner enable-leader-migration \
    enable-load-reader enable-log-rotation enable-logs-handler enable-pprof \
    enable-priority-and-fairness enable-server enable-swagger-ui enable-taint-manager \
    enable-v2 encryption-provider-config-automatic-reload exit-on-lock-contention \
    experimental-allocatable-ignore-eviction \
    experimental-check-node-capabilities-before-mount \
    experimental-compact-hash-check-enabled experimental-enable-distributed-tracing \
    experimental-enable-lease-checkpoint experimental-enable-lease-checkpoint-persist \
    experimental-initial-corrupt-check experimental-kernel-memcg-notification \
    experimental-memory-mlock experimental-peer-skip-client-san-verification \
    experimental-stop-grpc-service-on-defrag \
    experimental-txn-mode-write-with-shared-buffer fail-swap-on force-new-cluster help \
    horizontal-pod-autoscaler-use-rest-clients init-only iptables-localhost-nodeports \
    ipvs-strict-arp keep-terminated-pod-volumes kernel-memcg-notification kubelet-https \
    leader-elect local-storage-capacity-isolation log-cadvisor-usage \
    log-json-split-stream log-text-split-stream logtostderr make-iptables-util-chains \
    masquerade-all memory-mlock one-output peer-auto-tls peer-client-cert-auth \
    permit-address-sharing permit-port-sharing pre-vote profiling \
    protect-kernel-defaults really-crash-for-testing redirect-container-streaming \
    register-node register-schedulable repair-malformed-updates rotate-certificates \
    rotate-server-certificates runonce runtime-config-emulation-forward-compatible \
    seccomp-default serialize-image-pulls service-account-extend-token-expiration \
    service-account-lookup shutdown-send-retry-after skip-headers skip-log-headers \
    socket-reuse-address socket-reuse-port storage-driver-secure strict-reconfig-check \
    unsafe-no-fsync use-legacy-policy-config use-service-account-credentials version \
    volume-host-allow-local-loopback watch-cache windows-service \
";

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn values(style: Style, text: &str, name: &str) -> Vec<String> {
        let args = Args::parse(style, &words(text));
        args.all(name).map(|f| f.value.clone()).collect()
    }

    #[test]
    fn only_the_names_of_the_table_are_booleans() {
        let names: Vec<&str> = BOOLEANS.split_ascii_whitespace().collect();
        assert!(names.is_sorted());
        assert!(names.iter().all(|n| is_boolean(n)));
        assert_eq!(format!(" {} ", names.join(" ")), BOOLEANS);
        for other in ["", " ", "leader", "elect", "debug docker-only", "config"] {
            assert!(!is_boolean(other), "{other}");
        }
    }

    #[test]
    fn pflag_reads_both_forms_and_bare_booleans() {
        let line = "kubelet --a=1 --a 2 --profiling --a_b=c -v 5 --a 3 -- --a=4";
        assert_eq!(values(Style::Pflag, line, "a"), ["1", "2", "3"]);
        assert_eq!(values(Style::Pflag, line, "profiling"), ["true"]);
        assert_eq!(values(Style::Pflag, line, "a-b"), ["c"]);
    }

    #[test]
    fn a_boolean_does_not_take_the_next_word() {
        let line = "kube-apiserver --profiling false --anonymous-auth=F";
        assert_eq!(values(Style::Pflag, line, "profiling"), ["true"]);
        assert_eq!(values(Style::Pflag, line, "anonymous-auth"), ["F"]);
    }

    #[test]
    fn a_flag_that_takes_a_value_takes_one_that_looks_like_a_flag() {
        let line = "kubelet --kubeconfig --anonymous-auth=false";
        assert!(values(Style::Pflag, line, "anonymous-auth").is_empty());
    }

    #[test]
    fn behind_a_flag_of_unknown_type_nothing_is_certain() {
        let args = Args::parse(
            Style::Pflag,
            &words("kubelet --novel --anonymous-auth=false"),
        );
        assert_eq!(args.swallowed_by("anonymous-auth"), Some("novel"));
        assert_eq!(args.swallowed_by("novel"), None);
    }

    #[test]
    fn etcd_takes_one_dash_and_stops_at_the_first_word() {
        let line = "etcd -cert-file=a --key-file b -client-cert-auth stop -auto-tls";
        assert_eq!(values(Style::Go, line, "cert-file"), ["a"]);
        assert_eq!(values(Style::Go, line, "key-file"), ["b"]);
        assert_eq!(values(Style::Go, line, "client-cert-auth"), ["true"]);
        assert!(values(Style::Go, line, "auto-tls").is_empty());
        assert!(values(Style::Go, "etcd --cert_file=a", "cert-file").is_empty());
    }
}
