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
    let Some(plain) = Plain::of(name) else {
        return false;
    };
    // A group's name may end as a secret's does: `…:default-node-token`.
    if SWITCHES.iter().any(|switch| plain.is(switch)) || name.contains("system:bootstrappers:") {
        return false;
    }
    WHOLE.iter().any(|whole| plain.is(whole))
        || ENDS.iter().any(|end| plain.ends_with(end))
        || WORDS
            .iter()
            .any(|word| plain.ends_with(word) && ends_with_word(name, word))
}

/// Ends of names whose values are secret where they are words of their own.
const WORDS: [&str; 4] = ["pass", "pwd", "jwt", "credentials"];

/// The end of a name without case and punctuation. Every key of every object is
/// judged, so nothing is allocated for it.
struct Plain {
    /// Filled from its end.
    tail: [u8; TAIL],
    length: usize,
}

/// No word above is longer.
const TAIL: usize = 32;

impl Plain {
    /// None for a name that no secret's can end like.
    fn of(name: &str) -> Option<Self> {
        let mut letters = name
            .bytes()
            .rev()
            .filter(u8::is_ascii_alphanumeric)
            .map(|byte| byte.to_ascii_lowercase());
        let last = letters.next().filter(|last| is_last(*last))?;
        let mut plain = Self {
            tail: [0; TAIL],
            length: 1,
        };
        plain.tail[TAIL - 1] = last;
        for letter in letters {
            plain.length += 1;
            if let Some(at) = TAIL.checked_sub(plain.length) {
                plain.tail[at] = letter;
            }
        }
        Some(plain)
    }

    fn ends_with(&self, end: &str) -> bool {
        self.length >= end.len() && self.tail.ends_with(end.as_bytes())
    }

    fn is(&self, whole: &str) -> bool {
        self.length == whole.len() && self.tail.ends_with(whole.as_bytes())
    }
}

/// Whether a secret's name can end with this letter.
fn is_last(letter: u8) -> bool {
    const LAST: [bool; 256] = {
        let mut last = [false; 256];
        let words: [&[&str]; 3] = [&ENDS, &WHOLE, &WORDS];
        let mut list = 0;
        while list < words.len() {
            let mut word = 0;
            while word < words[list].len() {
                let bytes = words[list][word].as_bytes();
                assert!(bytes.len() <= TAIL, "a word is longer than what is kept");
                last[bytes[bytes.len() - 1] as usize] = true;
                word += 1;
            }
            list += 1;
        }
        last
    };
    LAST[usize::from(letter)]
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
    fn punctuation_case_and_length_do_not_matter() {
        let long = "x".repeat(200);
        for (name, secret) in [
            (format!("{long}.Pass-Word"), true),
            (format!("{long}passwort"), false),
            (format!("{long}.auth"), false),
            ("p_a_s_s".to_owned(), true),
            ("é:tOkEn…".to_owned(), true),
            ("…".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_secret(&name), secret, "{name}");
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
