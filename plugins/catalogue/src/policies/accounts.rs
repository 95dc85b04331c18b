//! Service accounts, their tokens, and how people authenticate.

use cisb_sdk::json::Value;
use cisb_sdk::kubernetes::rbac::Rbac;
use cisb_sdk::kubernetes::{array, key_of, name, namespace, pods, text};
use cisb_sdk::prelude::*;
use cisb_sdk::say;
use cisb_sdk::verdict::Verdict;

use super::access::rbac;
use super::sheet::{Lists, Policy, Sheet, add, few};

/// The requests of the checks of service accounts.
pub(super) const ACCOUNTS: &[&str] = &[
    "pods",
    "serviceaccounts",
    "clusterrolebindings",
    "rolebindings",
];

/// What binds an account: `bound by` some bindings. Empty if nothing does.
#[inline(never)]
fn bound(rbac: &Rbac<'_>, namespace: &str, name: &str) -> String {
    let mut bindings = Vec::new();
    for binding in rbac.bindings_to_account(namespace, name) {
        let (kind, role) = (binding.role_kind, binding.role);
        bindings.push(say![binding.key(), " to ", kind, " ", role]);
    }
    match bindings.is_empty() {
        true => String::new(),
        false => say!["bound by ", few(&bindings)],
    }
}

/// Default service accounts: bound, or their token given out.
pub(super) const DEFAULT_ACCOUNTS: Policy = Policy {
    requests: ACCOUNTS,
    expected: "automountServiceAccountToken: false, no binding",
    least: Verdict::Pass,
    words: "no default service account is used",
    judge: default_accounts,
};

fn default_accounts(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    let rbac = rbac(lists);
    for account in lists.of("serviceaccounts") {
        if name(account) != "default" {
            continue;
        }
        let ns = namespace(account);
        let set = account.pointer("/automountServiceAccountToken");
        let mut wrong = match set.and_then(Value::as_bool) {
            Some(false) => "",
            Some(true) => "automountServiceAccountToken: true",
            None => "automountServiceAccountToken not set, so true",
        }
        .to_owned();
        add(&mut wrong, "; ", &bound(&rbac, ns, "default"));
        let mut users = Vec::new();
        for pod in lists.pods_of(ns) {
            if pods::service_account(pod) == "default" && pods::mounts_token(pod, Some(account)) {
                users.push(pods::owner(pod));
            }
        }
        if !users.is_empty() {
            let mounted = say!["its token is mounted by ", few(&users)];
            add(&mut wrong, "; ", &mounted);
        }
        let (state, reason) = if wrong.is_empty() {
            wrong = "automountServiceAccountToken: false, no binding, no pod mounts its token"
                .to_owned();
            (Verdict::Pass, "")
        } else if lists.is_system(ns) {
            (
                Verdict::Manual,
                "in a system namespace: does a component use it?",
            )
        } else {
            (Verdict::Fail, "")
        };
        let subject = key_of("ServiceAccount", account);
        sheet.put(subject, state, wrong, reason, &[]);
    }
}

/// Pods that get a token nobody asked for.
pub(super) const TOKEN_MOUNTS: Policy = Policy {
    requests: ACCOUNTS,
    expected: "a token is mounted only where the pod uses the API",
    least: Verdict::Pass,
    words: "no pod mounts a service account's token",
    judge: token_mounts,
};

fn token_mounts(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    let rbac = rbac(lists);
    // With namespace and name, read once.
    let mut accounts = Vec::new();
    for account in lists.of("serviceaccounts") {
        accounts.push((namespace(account), name(account), account));
    }
    for pod in lists.of("pods") {
        let (ns, user) = (namespace(pod), pods::service_account(pod));
        let account = accounts.iter().find(|a| a.1 == user && a.0 == ns);
        if !pods::mounts_token(pod, account.map(|a| a.2)) {
            continue;
        }
        let bound = bound(&rbac, ns, user);
        let (state, reason) = if lists.is_system(ns) {
            (
                Verdict::Manual,
                "in a system namespace: does it use the API?",
            )
        } else if user == "default" {
            (
                Verdict::Fail,
                "a default account's token is nobody's choice",
            )
        } else if bound.is_empty() {
            (
                Verdict::Fail,
                "a token without rights of its own is not needed",
            )
        } else {
            (
                Verdict::Manual,
                "its account was made for it and holds rights: does it use the API?",
            )
        };
        let holds = match bound.is_empty() {
            true => "to which no binding gives anything",
            false => &bound,
        };
        let actual = say![
            "mounts the token of ServiceAccount ",
            ns,
            "/",
            user,
            ", ",
            holds
        ];
        sheet.put(pods::owner(pod), state, actual, reason, &[]);
    }
}

/// People who seem to authenticate by client certificate.
pub(super) const CLIENT_CERTIFICATES: Policy = Policy {
    requests: &["csrs", "clusterrolebindings", "rolebindings"],
    expected: "people authenticate by an identity provider, not by client certificate",
    least: Verdict::Manual,
    words: "certificates are issued outside of the API too: find out how people authenticate, \
            and whether anybody uses a copy of admin.conf",
    judge: client_certificates,
};

fn client_certificates(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    for request in lists.of("csrs") {
        if text(request, "/spec/signerName") != "kubernetes.io/kube-apiserver-client" {
            continue;
        }
        let mut conditions = String::new();
        for condition in array(request, "/status/conditions") {
            add(&mut conditions, ", ", text(condition, "/type"));
        }
        if conditions.is_empty() {
            add(&mut conditions, "", "Pending");
        }
        let user = text(request, "/spec/username");
        sheet.put(
            key_of("CertificateSigningRequest", request),
            Verdict::Manual,
            say![
                "a client certificate was asked for by ",
                user,
                ": ",
                conditions
            ],
            "is this certificate a person's?",
            &["csrs"],
        );
    }
    for binding in &rbac(lists).bindings {
        for subject in &binding.subjects {
            let own = subject.name.starts_with("system:")
                || subject.name == "kube-apiserver-kubelet-client";
            if subject.kind == "User" && !own {
                sheet.put(
                    say!["User/", subject.name],
                    Verdict::Manual,
                    say![binding.key(), " gives ", binding.role],
                    "how does this user authenticate?",
                    &[],
                );
            }
        }
    }
}

/// Service accounts that somebody outside of the cluster seems to use.
pub(super) const ACCOUNT_TOKENS: Policy = Policy {
    requests: ACCOUNTS,
    expected: "service accounts are used by workloads, not by people",
    least: Verdict::Manual,
    words: "whether a person holds a token is not to be seen in the API: \
            look at what kubeconfigs of people contain",
    judge: account_tokens,
};

fn account_tokens(lists: &Lists<'_>, sheet: &mut Sheet, _: &Value) {
    let rbac = rbac(lists);
    for account in lists.of("serviceaccounts") {
        let (ns, user) = (namespace(account), name(account));
        let subject = key_of("ServiceAccount", account);
        let mut stored = Vec::new();
        for secret in array(account, "/secrets") {
            stored.push(text(secret, "/name").to_owned());
        }
        if !stored.is_empty() {
            sheet.put(
                subject.clone(),
                Verdict::Manual,
                say!["tokens that do not expire may be in Secret ", few(&stored)],
                "who has a copy?",
                &["serviceaccounts"],
            );
        }
        let bound = bound(&rbac, ns, user);
        let mut outside = !bound.is_empty() && !lists.is_system(ns);
        for pod in lists.pods_of(ns) {
            outside &= pods::service_account(pod) != user;
        }
        if outside {
            sheet.put(
                subject,
                Verdict::Manual,
                say!["no pod runs as it, yet it is ", bound],
                "who uses it from outside?",
                &[],
            );
        }
    }
}
