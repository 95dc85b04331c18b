//! Certificates of load balancers that Google issues and renews: what is open
//! to the world and has another one, or none.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::{key_of, name, namespace, text};
use cisb_sdk::prelude::*;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::Verdict;

use super::sheet::{Lists, Optional, Policy, Sheet, optional};

const SERVICES: &str = "provider-services";
const INGRESSES: &str = "provider-ingresses";
/// The resource of the certificates; a cluster may not serve it.
const CERTIFICATES: &str = "gke-managedcertificates";

/// Ingresses and load balancers, and the certificates that they name.
pub(super) const MANAGED: Policy = Policy {
    requests: &[SERVICES, INGRESSES],
    expected: "every Ingress names a ManagedCertificate, and no Service is a public load balancer",
    least: Verdict::Pass,
    words: "no Ingress is without a managed certificate, and no Service is a public load balancer; \
            Gateways are not looked at",
    judge: managed,
};

fn managed(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    let certificates = optional(lists.cx, CERTIFICATES);
    sheet.cite(certificates.seen);
    for service in lists.of(SERVICES) {
        if text(service, "/spec/type") != "LoadBalancer" {
            continue;
        }
        let internal = INTERNAL.iter().any(|at| text(service, at) == "Internal");
        let (state, actual) = match internal {
            true => (Verdict::Pass, "a load balancer inside of the network"),
            false => (Verdict::Fail, "a public load balancer"),
        };
        let key = key_of("Service", service);
        sheet.put(key, state, actual.to_owned(), "", &[SERVICES]);
    }
    for ingress in lists.of(INGRESSES) {
        let (state, actual) = of_ingress(ingress, &certificates);
        let subject = sheet.put(key_of("Ingress", ingress), state, actual, "", &[INGRESSES]);
        if let Some(subject) = subject {
            subject.observations.extend(certificates.seen);
        }
    }
}

/// Where a Service says that its load balancer is not public.
const INTERNAL: [&str; 2] = [
    "/metadata/annotations/networking.gke.io~1load-balancer-type",
    "/metadata/annotations/cloud.google.com~1load-balancer-type",
];

/// An Ingress must name certificates, and all of them must exist.
fn of_ingress(ingress: &Value, certificates: &Optional) -> (Verdict, String) {
    let annotation = "/metadata/annotations/networking.gke.io~1managed-certificates";
    let mut any = false;
    let mut missing = Vec::new();
    for wanted in strings::split(text(ingress, annotation), b',') {
        let wanted = wanted.trim_ascii();
        if wanted.is_empty() {
            continue;
        }
        any = true;
        let is = |it: &Value| name(it) == wanted && namespace(it) == namespace(ingress);
        if !certificates.items.iter().any(is) {
            missing.push(wanted);
        }
    }
    match (any, missing.is_empty(), &certificates.unknown) {
        (false, ..) => (Verdict::Fail, "names no managed certificate".to_owned()),
        (_, _, Some(unknown)) => (Verdict::Error, unknown.clone()),
        (_, true, None) => (Verdict::Pass, "names certificates that exist".to_owned()),
        (_, false, None) => (
            Verdict::Fail,
            say![
                "names ",
                strings::join(&missing, ", "),
                ", which does not exist"
            ],
        ),
    }
}
