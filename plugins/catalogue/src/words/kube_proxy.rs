//! Words for the settings of kube-proxy.

use super::urls::KUBE_PROXY_CONFIG;
use crate::control::Words;

pub(super) const WORDS: &[Words] = &[Words {
    control: "kube-proxy-metrics-local",
    title: "kube-proxy metrics listen on loopback (--metrics-bind-address)",
    rationale: "The endpoint asks for no credentials and shows configuration and Service \
            data to the whole network.",
    procedure: "kube-proxy-config",
    set: "metricsBindAddress: 127.0.0.1:10249, or leave it out",
    breaks: "Prometheus can no longer scrape it from outside the node.",
    references: &[KUBE_PROXY_CONFIG],
}];
