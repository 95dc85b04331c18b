//! Which keys, flags and variables carry secrets, judged by their names.

/// Ends of names whose values are secret, without case and punctuation.
const ENDS: [&str; 17] = [
    "password",
    "passwd",
    "passphrase",
    "token",
    "secret",
    "secretkey",
    "accesskey",
    "privatekey",
    "apikey",
    "keydata",
    "sharedkey",
    "accountkey",
    "certificatekey",
    "encryptionkey",
    "joinkey",
    "accesskeyid",
    "datastoreendpoint",
];

/// Whole names whose values are secret, without case and punctuation.
const WHOLE: [&str; 19] = [
    "auth",
    "authkey",
    "authorization",
    "connectionstring",
    "cookie",
    "credential",
    "credentials",
    "dbpass",
    "dockercfg",
    "dockerconfigjson",
    "hmac",
    "jwt",
    "pass",
    "proxyauthorization",
    "pwd",
    "secretaccess",
    "vpnauth",
    "xauthtoken",
    "xregistryauth",
];

/// Names that end as a secret's does and switch something on or off: a sentence
/// about one is no secret either.
const SWITCHES: [&str; 2] = [
    "automountserviceaccounttoken",
    "useserviceaccountcredentials",
];

/// Whether the value of this key, flag or variable is secret. A path, a size or
/// a switch that belongs to a secret is not: `token-auth-file` and
/// `automountServiceAccountToken: false` are facts that checks need, so callers
/// keep booleans.
pub(super) fn is_secret(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    // A group's name may end as a secret's does: `…:default-node-token`.
    if SWITCHES.contains(&plain.as_str()) || name.contains("system:bootstrappers:") {
        return false;
    }
    WHOLE.contains(&plain.as_str())
        || ENDS.iter().any(|end| plain.ends_with(end))
        || ["pass", "pwd", "jwt", "credentials"]
            .iter()
            .any(|word| plain.ends_with(word) && ends_with_word(name, word))
}

/// Whether a name ends with a word of its own: `DB_PASS` and `dbPass`, not `compass`.
fn ends_with_word(name: &str, word: &str) -> bool {
    let name: String = name.chars().filter(|c| c.is_ascii()).collect();
    let Some(start) = name.len().checked_sub(word.len()) else {
        return false;
    };
    let (before, last) = name.split_at(start);
    if !last.eq_ignore_ascii_case(word) {
        return false;
    }
    match before.chars().next_back() {
        None => true,
        Some(c) if !c.is_ascii_alphanumeric() => true,
        Some(c) => c.is_ascii_lowercase() && last.starts_with(|c: char| c.is_ascii_uppercase()),
    }
}

/// Whether a value under a secret name is none itself: empty, masked already, a
/// switch, a reference to a variable, or the kind of token that etcd hands out.
pub(super) fn is_plain(name: &str, value: &str) -> bool {
    let value = value.trim();
    let etcd_auth = name
        .trim_start_matches('-')
        .eq_ignore_ascii_case("auth-token")
        || name.eq_ignore_ascii_case("etcd_auth_token");
    matches!(
        value,
        "" | super::MASKED | "true" | "false" | "True" | "False" | "null" | "~"
    ) || (value.starts_with("$(")
        && value.ends_with(')')
        && is_variable(&value[2..value.len() - 1]))
        || (value.starts_with("${")
            && value.ends_with('}')
            && is_variable(&value[2..value.len() - 1]))
        || (etcd_auth && (value == "simple" || value.starts_with("jwt,")))
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "token",
            "--token",
            "agent-token",
            "K3S_TOKEN",
            "client-key-data",
            "aadClientSecret",
            "secret_access_key",
            "AWS_SECRET_ACCESS_KEY",
            "DB_PASS",
            "dbPass",
            "password",
            "storage-driver-password",
            "datastore-endpoint",
            "K3S_DATASTORE_ENDPOINT",
            "auth",
            "identitytoken",
            "access-key",
            "MYSQL_PWD",
            "tls.bootstrapToken",
            "id-token",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "token-auth-file",
            "client-key",
            "tls-private-key-file",
            "secretName",
            "tokenTTL",
            "service-account-key-file",
            "authorization-mode",
            "auth-provider",
            "compass",
            "basic-auth-file",
            "name",
            "key",
            "keyName",
            "token-ttl",
            "secrets",
            "passwordFile",
            "enable-bootstrap-token-auth",
            "authentication-token-webhook",
            "cloud-config",
            "use-service-account-credential-file",
            "etcd-keyfile",
            "--use-service-account-credentials",
            "automountServiceAccountToken",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn values_that_are_no_secrets() {
        for value in ["", "masked", "false", "$(TOKEN)", "${TOKEN}"] {
            assert!(is_plain("token", value), "{value}");
        }
        assert!(is_plain("--auth-token", "jwt,pub-key=/a,priv-key=/b"));
        assert!(!is_plain("--token", "simple"));
        assert!(!is_plain("password", "$ecret"));
    }
}
