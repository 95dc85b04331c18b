//! Controls over what OpenShift's components are told that others are not.

use super::*;

pub(super) fn effective(setting: &str, expect: Expect) -> Demand {
    Demand {
        setting: setting.to_owned(),
        expect,
        literal: false,
    }
}

fn written(setting: &str, expect: Expect) -> Demand {
    Demand {
        literal: true,
        ..effective(setting, expect)
    }
}

pub(super) fn rule(component: Component, demands: Vec<Demand>) -> Rule {
    Rule::Setting(SettingRule { component, demands })
}

const SCC: &str = "security.openshift.io/SecurityContextConstraint";

#[rustfmt::skip]
pub(super) fn controls() -> Vec<Control> {
    use Component::{KubeApiserver, KubeControllerManager, KubeScheduler, Kubelet};
    let plugins = "enable-admission-plugins";
    let lacks = |setting: &str, element: &str| effective(setting, Expect::Lacks(element.to_owned()));
    let has = |setting: &str, element: &str| effective(setting, Expect::Has(element.to_owned()));
    let set = |setting: &str| effective(setting, Expect::Set);
    let not = |setting: &str, value: cisb_sdk::json::Value| effective(setting, Expect::NotWritten(value));
    let of = |name, component: Component, severity: Severity, uses, by, rule| Control {
        name,
        component: component.name(),
        severity,
        uses,
        decided: ByFacts(by),
        rule,
    };
    // What others than the kubelet's probes ask for is authorized by the API server.
    let delegated = |component, more: Vec<Demand>| {
        let mut demands = vec![set("authentication-kubeconfig"), set("authorization-kubeconfig")];
        demands.extend(more);
        let paths = "authorization-always-allow-paths";
        let probes = ["/healthz", "/livez", "/readyz"].map(str::to_owned).to_vec();
        Rule::AllOf(vec![
            rule(component, demands),
            Rule::AnyOf(vec![
                rule(component, vec![effective(paths, Expect::Unset)]),
                rule(component, vec![effective(paths, Expect::Within(probes))]),
            ]),
        ])
    };
    let fairness = "its feature gate and --enable-priority-and-fairness";
    let switched_on = || vec![
        not("gate:APIPriorityAndFairness", false.into()),
        not("enable-priority-and-fairness", false.into()),
    ];
    let asked = "--authentication-kubeconfig, --authorization-kubeconfig and --authorization-always-allow-paths";
    vec![
        of("kube-apiserver-kubelet-tls", KubeApiserver, High, APISERVER,
            "kubelet-client-certificate, kubelet-client-key and kubelet-https",
            rule(KubeApiserver, vec![set("kubelet-client-certificate"), set("kubelet-client-key"), not("kubelet-https", false.into())])),
        of("kube-apiserver-priority-and-fairness", KubeApiserver, Medium, APISERVER, fairness,
            rule(KubeApiserver, switched_on())),
        of("kube-apiserver-priority-and-fairness-alone", KubeApiserver, Medium, APISERVER,
            "its feature gate, --enable-priority-and-fairness and the admission plugins",
            rule(KubeApiserver, [switched_on(), vec![lacks(plugins, "EventRateLimit")]].concat())),
        of("kube-apiserver-priority-and-fairness-written", KubeApiserver, Medium, APISERVER,
            "its feature gate, which 4.1 to 4.10 need in writing, and the admission plugins",
            rule(KubeApiserver, vec![written("gate:APIPriorityAndFairness", Expect::Is(true.into())), lacks(plugins, "EventRateLimit")])),
        of("kube-apiserver-always-pull-images-off", KubeApiserver, Low, APISERVER, "enable-admission-plugins",
            rule(KubeApiserver, vec![lacks(plugins, "AlwaysPullImages")])),
        of("kube-apiserver-scc-admission", KubeApiserver, Critical, APISERVER,
            "enable-admission-plugins, disable-admission-plugins and what OpenShift runs by default",
            rule(KubeApiserver, vec![has(plugins, SCC)])),
        of("kube-apiserver-scc-without-deny", KubeApiserver, High, APISERVER,
            "enable-admission-plugins, disable-admission-plugins and what OpenShift runs by default",
            rule(KubeApiserver, vec![has(plugins, SCC), lacks(plugins, "SecurityContextDeny")])),
        of("kube-apiserver-endpoints-authorized", KubeApiserver, High, APISERVER_FILES,
            "authorization-mode: RBAC decides who reads health and profiles",
            rule(KubeApiserver, vec![has("authorization-mode", "RBAC"), lacks("authorization-mode", "AlwaysAllow")])),
        of("kube-apiserver-min-request-timeout", KubeApiserver, Low, APISERVER, "min-request-timeout",
            rule(KubeApiserver, vec![written("min-request-timeout", Expect::Is(3600.into()))])),
        of("kube-controller-manager-endpoints-authorized", KubeControllerManager, Medium, MANAGER, asked,
            delegated(KubeControllerManager, vec![])),
        of("kube-controller-manager-secure-port", KubeControllerManager, Medium, MANAGER,
            "secure-port and who authorizes requests to it",
            delegated(KubeControllerManager, vec![not("secure-port", 0.into())])),
        of("kube-controller-manager-secure-port-only", KubeControllerManager, Medium, MANAGER,
            "port, secure-port and who authorizes requests to it",
            delegated(KubeControllerManager, vec![not("secure-port", 0.into()), written("port", Expect::Is(0.into()))])),
        of("kube-scheduler-endpoints-authorized", KubeScheduler, Medium, SCHEDULER, asked,
            delegated(KubeScheduler, vec![])),
        of("kube-scheduler-secure-port", KubeScheduler, Medium, SCHEDULER,
            "--secure-port and who authorizes requests to it",
            delegated(KubeScheduler, vec![not("secure-port", 0.into())])),
        // The machine config operator leaves out what is the default of a file.
        of("kubelet-authorization-not-always-allow", Kubelet, Critical, KUBELET, "authorization.mode as the kubelet has it",
            rule(Kubelet, vec![lacks("authorization-mode", "AlwaysAllow")])),
        of("kubelet-garbage-collection", Kubelet, Low, KUBELET,
            "eviction thresholds and imageGCHighThresholdPercent: none switched off",
            rule(Kubelet, [
                "memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available",
            ].iter().map(|signal| not(&format!("/evictionHard/{signal}"), "0%".into()))
                .chain([not("/imageGCHighThresholdPercent", 100.into())]).collect())),
        of("kubelet-protect-kernel-defaults-unset", Kubelet, Low, KUBELET, "protectKernelDefaults as the kubelet has it",
            rule(Kubelet, vec![not("protect-kernel-defaults", true.into())])),
    ]
}
