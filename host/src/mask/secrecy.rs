//! Recognises files whose contents never leave the host, by where they are and
//! by what is in them.

use super::{Secrecy, tokens};

const KEY: &str = "it holds a private key";
const STORE: &str = "it is a key store";
const PASSWORDS: &str = "it is a password database";
const TOKEN: &str = "it is a credential";
const DATABASE: &str = "it is a cluster's database";
const ENVIRONMENT: &str = "it is a process's memory or environment";

/// Judges a file by its path after links were followed and by what is in it.
pub(super) fn secrecy(path: &str, bytes: &[u8]) -> Secrecy {
    match by_path(path).or_else(|| by_contents(bytes)) {
        Some(why) => Secrecy::Withheld(why),
        None => Secrecy::Open,
    }
}

fn by_path(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let within = |folder: &str| path.contains(folder);
    let shadow = ["shadow", "shadow-", "gshadow", "gshadow-", "opasswd"].contains(&name);
    if shadow && within("/etc/")
        || [".htpasswd", ".pgpass", ".netrc", "basic_auth.csv"].contains(&name)
    {
        return Some(PASSWORDS);
    }
    if within("/.ssh/") && name.starts_with("id_") && !name.ends_with(".pub")
        || name.starts_with("ssh_host_") && name.ends_with("_key")
    {
        return Some(KEY);
    }
    if path.starts_with("/var/lib/etcd/") && name != "config"
        || within("/member/wal/")
        || within("/member/snap/")
    {
        return Some(DATABASE);
    }
    let service_account = within("/serviceaccount/")
        || within("/kubernetes.io~")
        || within("/secrets/kubernetes.io/");
    if service_account && name.contains("token")
        || within("/kubernetes.io~secret/")
        || [
            "known_tokens.csv",
            "tokens.csv",
            ".git-credentials",
            "node-password.k3s",
            "krb5.keytab",
        ]
        .contains(&name)
    {
        return Some(TOKEN);
    }
    let rancher = within("/rancher/") || within("/k3s/") || within("/rke2/");
    if rancher
        && (name == "token" || name.ends_with("-token") || name == "passwd" || name == "password")
    {
        return Some(TOKEN);
    }
    let process = path.strip_prefix("/proc/").is_some_and(|rest| {
        matches!(
            rest.rsplit('/').next(),
            Some("environ" | "mem" | "maps" | "auxv" | "cmdline")
        )
    });
    (process || path == "/dev/mem" || path == "/proc/kcore").then_some(ENVIRONMENT)
}

fn by_contents(bytes: &[u8]) -> Option<&'static str> {
    if tokens::has_private_key(bytes) || is_der_key(bytes) {
        return Some(KEY);
    }
    const STORES: [&[u8]; 4] = [
        b"\xfe\xed\xfe\xed",
        b"\xce\xce\xce\xce",
        b"\x03\xd9\xa2\x9a",
        b"\x05\x02\x00\x00",
    ];
    if STORES.iter().any(|magic| bytes.starts_with(magic)) {
        return Some(STORE);
    }
    let bolt = bytes.get(16..20) == Some(b"\xed\xda\x0c\xed")
        || bytes.get(16..20) == Some(b"\xed\x0c\xda\xed");
    if bolt || bytes.starts_with(b"SQLite format 3\0") {
        return Some(DATABASE);
    }
    let text = std::str::from_utf8(bytes).ok()?;
    if tokens::is_token(text) || is_token_list(text) {
        return Some(TOKEN);
    }
    is_password_file(text).then_some(PASSWORDS)
}

/// A private key in binary form (PKCS#1, SEC1 or PKCS#8) or a PKCS#12 store: a
/// sequence that starts with a small version number. A certificate's does not.
fn is_der_key(bytes: &[u8]) -> bool {
    let Some((0x30, rest)) = bytes.split_first().map(|(tag, rest)| (*tag, rest)) else {
        return false;
    };
    let Some(&length) = rest.first() else {
        return false;
    };
    let skip = if length & 0x80 == 0 {
        1
    } else {
        1 + usize::from(length & 0x7f)
    };
    // An encrypted PKCS#8 key starts with the identifier of a password scheme.
    let encrypted: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05";
    let body = rest.get(skip..).unwrap_or_default();
    let is_version =
        body.starts_with(b"\x02\x01") && body.get(2).is_some_and(|version| *version <= 3);
    let is_encrypted =
        body.first() == Some(&0x30) && body.get(2..2 + encrypted.len()) == Some(encrypted);
    is_version || is_encrypted
}

/// Lines of `user:hash…` with a hash as crypt or htpasswd write it.
fn is_password_file(text: &str) -> bool {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.any(|line| {
        let Some((user, rest)) = line.split_once(':') else {
            return false;
        };
        let hash = rest.split(':').next().unwrap_or_default();
        let crypt = hash
            .trim_start_matches('!')
            .strip_prefix('$')
            .and_then(|rest| rest.split_once('$'));
        let crypt = crypt.is_some_and(|(scheme, salted)| {
            (1..=6).contains(&scheme.len())
                && scheme
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && salted.len() >= 8
                && !salted.contains(char::is_whitespace)
        });
        let named = !user.is_empty() && !user.contains(char::is_whitespace);
        named && (crypt || hash.starts_with("{SHA}") || hash.starts_with("{SSHA}"))
    })
}

/// A static token file: every line is `token,user,uid` and perhaps groups.
fn is_token_list(text: &str) -> bool {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .peekable();
    lines.peek().is_some()
        && lines.all(|line| {
            let fields: Vec<&str> = line.splitn(4, ',').collect();
            let [token, user, uid, ..] = fields.as_slice() else {
                return false;
            };
            token.len() >= 8
                && !token.contains(|c: char| c.is_whitespace() || "=:/{}[]\"".contains(c))
                && [user, uid]
                    .iter()
                    .all(|field| !field.trim().is_empty() && !field.contains(['=', '{', '[', '/']))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn withheld(path: &str, bytes: &[u8]) -> bool {
        secrecy(path, bytes) != Secrecy::Open
    }

    #[test]
    fn withholds_keys_wherever_they_stand() {
        for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "DSA "] {
            let pem = format!(
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN {kind}PRIVATE KEY-----\nCANARY\n"
            );
            assert!(withheld("/etc/ssl/harmless.crt", pem.as_bytes()), "{kind}");
        }
        assert!(withheld("/a", b"\x30\x82\x04\xa4\x02\x01\x00\x02\x82\x01"));
        assert!(withheld("/a", b"\x30\x77\x02\x01\x01\x04\x20"));
        assert!(withheld("/a", b"\x30\x82\x0a\x00\x02\x01\x03\x30"));
        assert!(withheld("/a", b"\xfe\xed\xfe\xed\0\0\0\x02"));
        assert!(
            !withheld(
                "/a",
                b"\x30\x82\x03\x00\x30\x82\x02\x00\xa0\x03\x02\x01\x02"
            ),
            "a certificate"
        );
        assert!(!withheld(
            "/a.crt",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        ));
        assert!(!withheld(
            "/sa.pub",
            b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"
        ));
    }

    #[test]
    fn withholds_password_databases() {
        assert!(withheld("/etc/shadow", b"root:*:1:0:99999:7:::\n"));
        assert!(withheld(
            "/run/copy",
            b"daemon:*:1:0:99999:7:::\nroot:$6$salt$0123456789abcdef:1:0:99999:7:::\n"
        ));
        assert!(withheld("/srv/users", b"admin:$apr1$abcdefgh$0123456789\n"));
        assert!(!withheld(
            "/etc/passwd",
            b"root:x:0:0:root:/root:/bin/bash\n"
        ));
    }

    #[test]
    fn withholds_files_that_are_a_token() {
        assert!(withheld(
            "/x",
            b"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl\n"
        ));
        assert!(withheld("/var/lib/rancher/k3s/server/token", b"plain"));
        assert!(withheld("/x", b"abcdef.0123456789abcdef"));
        assert!(withheld(
            "/x",
            b"31ada4fd-adec-460c-809a-9e56ceb75269,admin,1,\"system:masters\"\n"
        ));
        assert!(withheld("/var/lib/etcd/member/snap/db", b""));
        assert!(!withheld(
            "/var/lib/rancher/rke2/server/db/etcd/config",
            b"name: a\n"
        ));
        assert!(!withheld("/etc/kubernetes/admin.conf", b"kind: Config\n"));
    }
}
