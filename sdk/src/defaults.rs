//! What a component does when nobody tells it: a table per setting and minor
//! version, each row with the place in the component's source that says so.

use crate::component::Component;
use crate::json::{self, Value};
use crate::prelude::*;
use crate::say;
use crate::strings;

/// The minor versions that the table covers.
pub const OLDEST: u32 = 15;
/// See [`OLDEST`].
pub const NEWEST: u32 = 36;

/// Which of a kubelet's two sets of defaults counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// A component's only set, and that of a kubelet with a `--config` file.
    Usual,
    /// A kubelet without a `--config` file keeps the defaults of its flags.
    Legacy,
}

struct Row {
    component: Component,
    setting: &'static str,
    set: Option<Set>,
    from: u8,
    to: u8,
    /// JSON.
    value: &'static str,
    source: &'static str,
}

/// A default and who says so.
#[derive(Debug, Clone, PartialEq)]
pub struct Default {
    /// The value.
    pub value: Value,
    /// Component, version and source.
    pub basis: String,
}

/// The default of a setting; none if it has none.
///
/// # Errors
/// If the table does not cover the version, or the version is not known and
/// the versions disagree.
pub fn of(
    component: Component,
    setting: &str,
    set: Set,
    minor: Option<u32>,
) -> Result<Option<Default>, String> {
    let name = component.name();
    // The table holds what every version of etcd does.
    let minor = minor.filter(|_| component != Component::Etcd);
    if let Some(minor) = minor {
        covers(minor, setting, name)?;
    }
    let mut found: Option<&Row> = None;
    let mut to = NEWEST as u8;
    for row in ROWS {
        let is_meant = row.component == component
            && row.setting == setting
            && row.set.is_none_or(|s| s == set)
            && minor.is_none_or(|m| (u32::from(row.from)..=u32::from(row.to)).contains(&m));
        if !is_meant {
            continue;
        }
        if found.is_some_and(|first| first.value != row.value) {
            return Err(say![
                "--",
                setting,
                " is not set, its default depends on the version, and the version of ",
                name,
                " is not known: set the parameter kubernetes-version"
            ]);
        }
        found = found.or(Some(row));
        to = row.to;
    }
    let Some(row) = found else { return Ok(None) };
    let value = json::parse(row.value)
        .map_err(|e| say!["the default of --", setting, " is broken: ", e])?;
    let of = match minor {
        Some(minor) => say![" 1.", minor],
        None if component == Component::Etcd => String::new(),
        None => say![
            " in every version from 1.",
            u32::from(row.from),
            " to 1.",
            u32::from(to),
            ", version not known"
        ],
    };
    let set = match row.set {
        Some(Set::Legacy) => ", without a --config file",
        Some(Set::Usual) | None => "",
    };
    Ok(Some(Default {
        value,
        basis: say!["default of ", name, of, set, " (", row.source, ")"],
    }))
}

/// The settings of a component whose defaults are known.
#[cfg(not(target_arch = "wasm32"))]
pub fn known(component: Component) -> impl Iterator<Item = &'static str> {
    let rows = ROWS.iter().filter(move |row| row.component == component);
    rows.map(|row| row.setting)
}

/// Whether the tables cover a version.
fn covers(minor: u32, setting: &str, name: &str) -> Result<(), String> {
    match (OLDEST..=NEWEST).contains(&minor) {
        true => Ok(()),
        false => Err(say![
            "the default of --",
            setting,
            " is not known for ",
            name,
            " 1.",
            minor,
            ": the table covers 1.",
            OLDEST,
            " to 1.",
            NEWEST
        ]),
    }
}

/// A flag, plugin (`admission:NAME`) or gate (`gate:NAME`) that disappeared.
#[derive(Debug, PartialEq, Eq)]
pub struct Removed {
    component: Component,
    setting: &'static str,
    /// The first minor version without it.
    pub at: u8,
    /// What replaced it.
    pub by: &'static str,
}

/// What disappeared of a component, if this version is without it.
pub fn removed(
    component: Component,
    setting: &str,
    minor: Option<u32>,
) -> Option<&'static Removed> {
    let minor = minor?;
    REMOVED.iter().find(|row| {
        row.component == component && row.setting == setting && minor >= u32::from(row.at)
    })
}

/// Admission plugins that a kube-apiserver runs unless told otherwise, of
/// those that were or became a default in some covered version only in part.
pub fn admission_plugins(minor: Option<u32>) -> Result<Vec<String>, String> {
    if let Some(minor) = minor {
        covers(minor, "enable-admission-plugins", "kube-apiserver")?;
    }
    let mut plugins = Vec::new();
    for (since, names) in PLUGINS {
        if minor.unwrap_or(OLDEST) >= *since {
            for name in strings::split(names, b' ') {
                plugins.push(name.to_owned());
            }
        }
    }
    Ok(plugins)
}

/// Where [`admission_plugins`] comes from.
pub const PLUGINS_SOURCE: &str = "pkg/kubeapiserver/options/plugins.go";

/// Since which version which ones are. None ceased to be one.
const PLUGINS: &[(u32, &str)] = &[
    (
        OLDEST,
        "DefaultStorageClass DefaultTolerationSeconds LimitRanger MutatingAdmissionWebhook \
         NamespaceLifecycle PersistentVolumeClaimResize Priority ResourceQuota ServiceAccount \
         StorageObjectInUseProtection TaintNodesByCondition ValidatingAdmissionWebhook",
    ),
    (16, "RuntimeClass"),
    (
        18,
        "CertificateApproval CertificateSigning CertificateSubjectRestriction DefaultIngressClass",
    ),
    (23, "PodSecurity"),
    (26, "ValidatingAdmissionPolicy"),
    (27, "ClusterTrustBundleAttest"),
];

const fn gone(component: Component, setting: &'static str, at: u8, by: &'static str) -> Removed {
    Removed {
        component,
        setting,
        at,
        by,
    }
}

const CNI: &str = "the container runtime's CNI configuration";

#[rustfmt::skip]
static REMOVED: &[Removed] = &[
    gone(Component::KubeApiserver, "basic-auth-file", 19, "OIDC or client certificates"),
    gone(Component::KubeApiserver, "kubelet-https", 22, "HTTPS without a choice"),
    gone(Component::KubeApiserver, "admission:PodSecurityPolicy", 25, "the plugin PodSecurity"),
    gone(Component::KubeApiserver, "admission:SecurityContextDeny", 30, "the plugin PodSecurity"),
    gone(Component::KubeApiserver, "insecure-port", 24, "--secure-port"),
    gone(Component::KubeApiserver, "insecure-bind-address", 24, "--bind-address"),
    gone(Component::KubeApiserver, "port", 24, "--secure-port"),
    gone(Component::KubeApiserver, "address", 24, "--bind-address"),
    gone(Component::KubeControllerManager, "port", 24, "--secure-port"),
    gone(Component::KubeControllerManager, "address", 24, "--bind-address"),
    gone(Component::KubeScheduler, "port", 24, "--secure-port"),
    gone(Component::KubeScheduler, "address", 24, "--bind-address"),
    gone(Component::Kubelet, "network-plugin", 24, CNI),
    gone(Component::Kubelet, "cni-conf-dir", 24, CNI),
    gone(Component::Kubelet, "dynamic-config-dir", 24, "--config-dir"),
];

const fn row(
    component: Component,
    setting: &'static str,
    value: &'static str,
    source: &'static str,
) -> Row {
    Row {
        component,
        setting,
        set: None,
        from: OLDEST as u8,
        to: NEWEST as u8,
        value,
        source,
    }
}

const fn kubelet(setting: &'static str, value: &'static str) -> Row {
    let source = "pkg/kubelet/apis/config/v1beta1/defaults.go";
    row(Component::Kubelet, setting, value, source)
}

const fn kubelet_with_file(setting: &'static str, value: &'static str) -> Row {
    Row {
        set: Some(Set::Usual),
        ..kubelet(setting, value)
    }
}

const fn kubelet_legacy(setting: &'static str, value: &'static str) -> Row {
    Row {
        set: Some(Set::Legacy),
        source: "cmd/kubelet/app/options/options.go",
        ..kubelet(setting, value)
    }
}

const fn apiserver(setting: &'static str, value: &'static str, source: &'static str) -> Row {
    row(Component::KubeApiserver, setting, value, source)
}

const AUDIT: &str = "staging/src/k8s.io/apiserver/pkg/server/options/audit.go";
const SERVING: &str = "staging/src/k8s.io/apiserver/pkg/server/options/serving.go";
const DEBUGGING: &str = "staging/src/k8s.io/component-base/config/v1alpha1/defaults.go";
const MANAGER: Component = Component::KubeControllerManager;
const ETCD: &str = "server/embed/config.go";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    apiserver("anonymous-auth", "true", "pkg/kubeapiserver/options/authentication.go"),
    apiserver("authorization-mode", "[\"AlwaysAllow\"]", "pkg/kubeapiserver/options/authorization.go"),
    apiserver("service-account-lookup", "true", "pkg/kubeapiserver/options/authentication.go"),
    apiserver("service-account-extend-token-expiration", "true", "pkg/kubeapiserver/options/authentication.go"),
    apiserver("profiling", "true", "staging/src/k8s.io/apiserver/pkg/server/options/feature.go"),
    apiserver("request-timeout", "\"1m0s\"", "staging/src/k8s.io/apiserver/pkg/server/config.go"),
    apiserver("audit-log-maxage", "0", AUDIT),
    apiserver("audit-log-maxbackup", "0", AUDIT),
    apiserver("audit-log-maxsize", "0", AUDIT),
    apiserver("secure-port", "6443", "pkg/kubeapiserver/options/serving.go"),
    Row { to: 19, ..apiserver("insecure-port", "8080", "pkg/kubeapiserver/options/serving.go") },
    Row { from: 20, to: 23, ..apiserver("insecure-port", "0", "cmd/kube-apiserver/app/options/options.go") },
    Row { to: 21, ..apiserver("kubelet-https", "true", "cmd/kube-apiserver/app/options/options.go") },
    apiserver("tls-min-version", "\"VersionTLS12\"", SERVING),
    apiserver("bind-address", "\"0.0.0.0\"", SERVING),
    Row { from: 18, ..row(MANAGER, "profiling", "true", DEBUGGING) },
    row(MANAGER, "use-service-account-credentials", "false", "pkg/controller/apis/config/v1alpha1/defaults.go"),
    row(MANAGER, "terminated-pod-gc-threshold", "12500", "pkg/controller/podgc/config/v1alpha1/defaults.go"),
    row(MANAGER, "bind-address", "\"0.0.0.0\"", SERVING),
    row(MANAGER, "tls-min-version", "\"VersionTLS12\"", SERVING),
    row(MANAGER, "gate:RotateKubeletServerCertificate", "true", "pkg/features/kube_features.go"),
    Row { from: 17, to: 17, ..row(Component::KubeScheduler, "profiling", "true", "pkg/scheduler/apis/config/v1alpha1/defaults.go") },
    Row { from: 18, ..row(Component::KubeScheduler, "profiling", "true", DEBUGGING) },
    row(Component::KubeScheduler, "bind-address", "\"0.0.0.0\"", SERVING),
    row(Component::KubeScheduler, "tls-min-version", "\"VersionTLS12\"", SERVING),
    row(Component::KubeProxy, "metrics-bind-address", "\"127.0.0.1:10249\"", "pkg/proxy/apis/config/v1alpha1/defaults.go"),
    row(Component::Etcd, "client-cert-auth", "false", ETCD),
    row(Component::Etcd, "auto-tls", "false", ETCD),
    row(Component::Etcd, "peer-client-cert-auth", "false", ETCD),
    row(Component::Etcd, "peer-auto-tls", "false", ETCD),
    kubelet_with_file("anonymous-auth", "false"),
    kubelet_legacy("anonymous-auth", "true"),
    kubelet_with_file("authentication-token-webhook", "true"),
    kubelet_legacy("authentication-token-webhook", "false"),
    kubelet_with_file("authorization-mode", "\"Webhook\""),
    kubelet_legacy("authorization-mode", "\"AlwaysAllow\""),
    kubelet_with_file("read-only-port", "0"),
    kubelet_legacy("read-only-port", "10255"),
    kubelet("streaming-connection-idle-timeout", "\"4h0m0s\""),
    kubelet("make-iptables-util-chains", "true"),
    kubelet("rotate-certificates", "false"),
    kubelet("rotate-server-certificates", "false"),
    kubelet("pod-max-pids", "-1"),
    Row { from: 22, ..kubelet("seccomp-default", "false") },
    kubelet("protect-kernel-defaults", "false"),
    kubelet("tls-min-version", "\"VersionTLS12\""),
    kubelet("gate:RotateKubeletServerCertificate", "true"),
    Row { to: 26, ..kubelet("event-qps", "5") },
    Row { from: 27, ..kubelet("event-qps", "50") },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_json_and_rows_do_not_overlap() {
        for (i, a) in ROWS.iter().enumerate() {
            assert!(json::parse(a.value).is_ok(), "{}", a.setting);
            assert!(!a.source.is_empty() && a.from <= a.to, "{}", a.setting);
            for b in &ROWS[i + 1..] {
                let same = a.component == b.component && a.setting == b.setting;
                let sets = a.set.is_none() || b.set.is_none() || a.set == b.set;
                let versions = a.from <= b.to && b.from <= a.to;
                assert!(!(same && sets && versions), "{}", a.setting);
            }
        }
    }

    fn value(setting: &str, set: Set, minor: Option<u32>) -> Option<Value> {
        let found = of(Component::Kubelet, setting, set, minor);
        found.ok().flatten().map(|d| d.value)
    }

    #[test]
    fn an_unknown_version_takes_only_what_all_versions_agree_on() {
        let found = of(Component::Kubelet, "rotate-certificates", Set::Usual, None);
        assert!(matches!(found, Ok(Some(d)) if d.basis.contains("version not known")));
        assert_eq!(value("event-qps", Set::Usual, None), None);
        assert_eq!(value("event-qps", Set::Usual, Some(26)), Some(5.into()));
        assert_eq!(value("event-qps", Set::Usual, Some(27)), Some(50.into()));
    }

    #[test]
    fn a_kubelet_without_a_file_keeps_the_legacy_defaults() {
        let both = |setting| [Set::Usual, Set::Legacy].map(|set| value(setting, set, Some(30)));
        assert_eq!(
            both("anonymous-auth"),
            [Some(false.into()), Some(true.into())]
        );
        assert_eq!(both("read-only-port"), [Some(0.into()), Some(10255.into())]);
    }

    #[test]
    fn a_version_outside_the_table_is_an_error() {
        for minor in [OLDEST - 1, NEWEST + 1] {
            let error = of(Component::Kubelet, "pod-max-pids", Set::Usual, Some(minor));
            assert!(matches!(error, Err(text) if text.contains("the table covers")));
            assert!(admission_plugins(Some(minor)).is_err());
        }
    }
}
