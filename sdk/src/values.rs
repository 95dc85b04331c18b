//! Reads values as Go and Kubernetes' flag types do: booleans, numbers,
//! durations, lists, feature gates and addresses.

use crate::prelude::*;
use crate::strings;

/// A boolean as Go's `strconv.ParseBool` reads it.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A whole number as Go's `strconv.ParseInt` with base 0 reads it.
pub fn integer(text: &str) -> Option<i64> {
    let (is_negative, digits) = sign(text);
    let lower = digits.to_ascii_lowercase();
    let (digits, base) = match lower.get(..2) {
        Some("0x") => (lower.get(2..)?, 16),
        Some("0b") => (lower.get(2..)?, 2),
        Some("0o") => (lower.get(2..)?, 8),
        _ if lower.len() > 1 && lower.starts_with("0") => (lower.get(1..)?, 8),
        _ => (lower.as_str(), 10),
    };
    let number = i64::try_from(strings::number(digits, base)?).ok()?;
    Some(if is_negative { -number } else { number })
}

/// Whether a number is negative, and its text without the sign.
fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix("-") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix("+").unwrap_or(text)),
    }
}

/// A duration in nanoseconds as Go's `time.ParseDuration` reads it: `4h`,
/// `1m0s`, `1.5s`; a number without a unit only if it is zero.
pub fn duration(text: &str) -> Option<i64> {
    let (is_negative, mut rest) = sign(text);
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let (number, after) = strings::split_at(rest, b"0123456789.", false);
        let (unit, after) = strings::split_at(after, b"0123456789.", true);
        let unit: i64 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = strings::cut(number, b'.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole = match whole {
            "" => 0,
            whole => i64::try_from(strings::number(whole, 10)?).ok()?,
        };
        total = total.checked_add(whole.checked_mul(unit)?)?;
        let mut scale = unit;
        for digit in fraction.bytes() {
            scale /= 10;
            let part = i64::from(digit.checked_sub(b'0')?) * scale;
            total = total.checked_add(part)?;
        }
        rest = after;
    }
    Some(if is_negative { -total } else { total })
}

/// The elements of a comma-separated flag, quotes around an element removed.
pub fn list(text: &str) -> Vec<String> {
    let mut elements = Vec::new();
    for element in strings::split(text, b',') {
        let element = strings::trim_start(element.trim_ascii(), b'"');
        let element = strings::trim_end(element, b'"');
        if !element.is_empty() {
            elements.push(element.to_owned());
        }
    }
    elements
}

/// The elements of all of several flags.
pub fn lists(texts: &[String]) -> Vec<String> {
    let mut elements = Vec::new();
    for text in texts {
        elements.extend(list(text));
    }
    elements
}

/// What `--feature-gates` says of a gate. The gates of one component may be
/// prefixed with its name; a later element wins.
pub fn gate(values: &[String], name: &str) -> Option<String> {
    let mut found = None;
    for element in lists(values) {
        let Some((key, value)) = strings::cut(&element, b'=') else {
            continue;
        };
        let key = strings::after_last(key, b':').trim_ascii();
        if key == name {
            found = Some(value.trim_ascii().to_owned());
        }
    }
    found
}

/// Whether an address, with or without a port, is the node's own.
pub fn is_loopback(text: &str) -> Option<bool> {
    let host = match text.strip_prefix("[") {
        Some(rest) => strings::before(rest, b']'),
        None => match strings::cut_last(text, b':') {
            // One colon: host and port. More: a bare IPv6 address.
            Some((host, _)) if !strings::has(host, b':') => host,
            _ => text,
        },
    };
    if host == "localhost" {
        return Some(true);
    }
    let host = host.strip_prefix("::ffff:").unwrap_or(host);
    if strings::has(host, b':') {
        let is_address = host
            .bytes()
            .all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
        return is_address.then(|| strings::split_at(host, b"0:", false).1 == "1");
    }
    let is_part = |p: &str| matches!(p.len(), 1..=3) && p.bytes().all(|b| b.is_ascii_digit());
    let parts = strings::split(host, b'.');
    let is_address = parts.len() == 4 && parts.iter().all(|p| is_part(p));
    is_address.then(|| host.starts_with("127."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_go_s() {
        for text in ["1", "t", "T", "true", "TRUE", "True"] {
            assert_eq!(boolean(text), Some(true), "{text}");
        }
        for text in ["0", "f", "F", "false", "FALSE", "False"] {
            assert_eq!(boolean(text), Some(false), "{text}");
        }
        for text in ["yes", "no", "", "tRUE", " true"] {
            assert_eq!(boolean(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_and_durations_are_go_s() {
        assert_eq!(integer("-1"), Some(-1));
        assert_eq!(integer("0x10"), Some(16));
        assert_eq!(integer("010"), Some(8));
        assert_eq!(integer("ten"), None);
        assert_eq!(integer(""), None);
        assert_eq!(duration("0"), Some(0));
        assert_eq!(duration("0s"), Some(0));
        assert_eq!(duration("1h30m"), Some(5_400_000_000_000));
        assert_eq!(duration("1.5s"), Some(1_500_000_000));
        assert_eq!(duration("-5m"), Some(-300_000_000_000));
        for text in ["", "5", "h", "5 m", "5d", ".s"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn gates_merge_and_the_last_wins() {
        let values = ["A=true,B=false".to_owned(), "kube:A=false".to_owned()];
        assert_eq!(gate(&values, "A").as_deref(), Some("false"));
        assert_eq!(gate(&values, "B").as_deref(), Some("false"));
        assert_eq!(gate(&values, "C"), None);
    }

    #[test]
    fn loopback_is_judged_by_the_host_part() {
        for text in [
            "127.0.0.1",
            "127.0.0.1:10249",
            "::1",
            "[::1]:10249",
            "localhost:1",
            "0:0:0:0:0:0:0:1",
            "::ffff:127.0.0.1",
        ] {
            assert_eq!(is_loopback(text), Some(true), "{text}");
        }
        for text in ["0.0.0.0", "0.0.0.0:10249", "::", "[::]:1", "10.0.0.1:127"] {
            assert_eq!(is_loopback(text), Some(false), "{text}");
        }
        for text in ["node.example", "", "127.1", "127.0.0.x", "::g"] {
            assert_eq!(is_loopback(text), None, "{text}");
        }
    }
}
