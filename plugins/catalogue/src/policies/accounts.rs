//! Service accounts, their tokens, and how people authenticate.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::rbac::Rbac;
use cisb_sdk::kubernetes::{array, key, name, namespace, pods, text};
use cisb_sdk::list::ToList;
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::say;
use cisb_sdk::strings;
use cisb_sdk::verdict::{Outcome, Verdict};

use super::access::rbac;
use super::sheet::{Lists, Sheet, few, lists, system_namespaces};

/// The requests of the checks of service accounts.
pub(super) const ACCOUNTS: &[&str] = &[
    "pods",
    "serviceaccounts",
    "clusterrolebindings",
    "rolebindings",
];

/// The service accounts with namespace and name, read once.
fn by_name(lists: &Lists) -> Vec<(&str, &str, &Value)> {
    let accounts = lists.of("serviceaccounts").iter();
    accounts.map(|a| (namespace(a), name(a), a)).to_list()
}

fn bound(rbac: &Rbac, namespace: &str, name: &str) -> Vec<String> {
    rbac.bindings_to_account(namespace, name)
        .map(|b| say![b.key(), " to ", b.role_kind, " ", b.role])
        .to_list()
}

/// Default service accounts: bound, or their token given out.
pub(super) fn default_accounts(cx: &Cx<'_>, _: &Value) -> Outcome {
    let lists = match lists(cx, ACCOUNTS) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let rbac = rbac(&lists);
    let system = system_namespaces(cx);
    let expected = "automountServiceAccountToken: false, no binding";
    let mut sheet = Sheet::new(expected, lists.all_seen());
    let defaults = lists.of("serviceaccounts").iter();
    for account in defaults.filter(|a| name(a) == "default") {
        let ns = namespace(account);
        let mut wrong = Vec::new();
        match account.pointer("/automountServiceAccountToken") {
            Some(Value::Bool(false)) => {}
            Some(Value::Bool(true)) => wrong.push("automountServiceAccountToken: true".to_owned()),
            _ => wrong.push("automountServiceAccountToken not set, so true".to_owned()),
        }
        let bindings = bound(&rbac, ns, "default");
        if !bindings.is_empty() {
            wrong.push(say!["bound by ", few(&bindings)]);
        }
        let users: Vec<_> = lists
            .of("pods")
            .iter()
            .filter(|p| namespace(p) == ns && pods::service_account(p) == "default")
            .filter(|p| pods::mounts_token(p, Some(account)))
            .map(pods::owner)
            .to_list();
        if !users.is_empty() {
            wrong.push(say!["its token is mounted by ", few(&users)]);
        }
        let subject = key("ServiceAccount", ns, "default");
        let seen = lists.all_seen();
        if wrong.is_empty() {
            let actual = "automountServiceAccountToken: false, no binding, no pod mounts its token";
            sheet.put(subject, Verdict::Pass, actual.to_owned(), "", seen);
        } else {
            let (state, reason) = if system.iter().any(|s| s == ns) {
                (
                    Verdict::Manual,
                    "in a system namespace: does a component use it?",
                )
            } else {
                (Verdict::Fail, "")
            };
            sheet.put(subject, state, strings::join(&wrong, "; "), reason, seen);
        }
    }
    sheet.finish("no default service account is used")
}

/// Pods that get a token nobody asked for.
pub(super) fn token_mounts(cx: &Cx<'_>, _: &Value) -> Outcome {
    let lists = match lists(cx, ACCOUNTS) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let rbac = rbac(&lists);
    let system = system_namespaces(cx);
    let expected = "a token is mounted only where the pod uses the API";
    let mut sheet = Sheet::new(expected, lists.all_seen());
    let accounts = by_name(&lists);
    for pod in lists.of("pods") {
        let (ns, user) = (namespace(pod), pods::service_account(pod));
        let account = accounts.iter().find(|a| a.1 == user && a.0 == ns);
        if !pods::mounts_token(pod, account.map(|a| a.2)) {
            continue;
        }
        let bindings = bound(&rbac, ns, user);
        let holds = match bindings.is_empty() {
            true => "to which no binding gives anything".to_owned(),
            false => say!["bound by ", few(&bindings)],
        };
        let actual = say![
            "mounts the token of ServiceAccount ",
            ns,
            "/",
            user,
            ", ",
            holds
        ];
        let (state, reason) = if system.iter().any(|s| s == ns) {
            (
                Verdict::Manual,
                "in a system namespace: does it use the API?",
            )
        } else if user != "default" && !bindings.is_empty() {
            (
                Verdict::Manual,
                "its account was made for it and holds rights: does it use the API?",
            )
        } else if user == "default" {
            (
                Verdict::Fail,
                "a default account's token is nobody's choice",
            )
        } else {
            (
                Verdict::Fail,
                "a token without rights of its own is not needed",
            )
        };
        sheet.put(pods::owner(pod), state, actual, reason, lists.all_seen());
    }
    sheet.finish("no pod mounts a service account's token")
}

/// People who seem to authenticate by client certificate.
pub(super) fn client_certificates(cx: &Cx<'_>, _: &Value) -> Outcome {
    let lists = match lists(cx, &["csrs", "clusterrolebindings", "rolebindings"]) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let expected = "people authenticate by an identity provider, not by client certificate";
    let mut sheet = Sheet::new(expected, lists.all_seen());
    for request in lists.of("csrs") {
        if text(request, "/spec/signerName") != "kubernetes.io/kube-apiserver-client" {
            continue;
        }
        let conditions = array(request, "/status/conditions").iter();
        let conditions: Vec<_> = conditions.map(|c| text(c, "/type")).to_list();
        let actual = say![
            "a client certificate was asked for by ",
            text(request, "/spec/username"),
            ": ",
            match conditions.is_empty() {
                true => "Pending".to_owned(),
                false => strings::join(&conditions, ", "),
            }
        ];
        sheet.put(
            key("CertificateSigningRequest", "", name(request)),
            Verdict::Manual,
            actual,
            "is this certificate a person's?",
            lists.seen("csrs"),
        );
    }
    for binding in &rbac(&lists).bindings {
        for subject in &binding.subjects {
            let own = subject.name.starts_with("system:")
                || subject.name == "kube-apiserver-kubelet-client";
            if subject.kind == "User" && !own {
                let actual = say![binding.key(), " gives ", binding.role];
                sheet.put(
                    say!["User/", subject.name],
                    Verdict::Manual,
                    actual,
                    "how does this user authenticate?",
                    lists.all_seen(),
                );
            }
        }
    }
    sheet.finish_open(
        "certificates are issued outside of the API too: find out how people authenticate, \
         and whether anybody uses a copy of admin.conf",
    )
}

/// Service accounts that somebody outside of the cluster seems to use.
pub(super) fn account_tokens(cx: &Cx<'_>, _: &Value) -> Outcome {
    let lists = match lists(cx, ACCOUNTS) {
        Ok(lists) => lists,
        Err(unknown) => return *unknown,
    };
    let rbac = rbac(&lists);
    let system = system_namespaces(cx);
    let expected = "service accounts are used by workloads, not by people";
    let mut sheet = Sheet::new(expected, lists.all_seen());
    for account in lists.of("serviceaccounts") {
        let (ns, user) = (namespace(account), name(account));
        let subject = || key("ServiceAccount", ns, user);
        let stored: Vec<_> = array(account, "/secrets")
            .iter()
            .map(|s| text(s, "/name"))
            .to_list();
        if !stored.is_empty() {
            sheet.put(
                subject(),
                Verdict::Manual,
                say!["tokens that do not expire may be in Secret ", few(&stored)],
                "who has a copy?",
                lists.seen("serviceaccounts"),
            );
        }
        let mut pods = lists.of("pods").iter();
        let used = pods.any(|p| namespace(p) == ns && pods::service_account(p) == user);
        let bindings = bound(&rbac, ns, user);
        if !used && !bindings.is_empty() && !system.iter().any(|s| s == ns) {
            sheet.put(
                subject(),
                Verdict::Manual,
                say!["no pod runs as it, yet it is bound by ", few(&bindings)],
                "who uses it from outside?",
                lists.all_seen(),
            );
        }
    }
    sheet.finish_open(
        "whether a person holds a token is not to be seen in the API: \
         look at what kubeconfigs of people contain",
    )
}
