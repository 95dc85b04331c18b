//! Reads values as Go and Kubernetes' flag types do: booleans, numbers,
//! durations, lists, feature gates and addresses.

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
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (digits, radix) = match lower.get(..2) {
        Some("0x") => (lower.get(2..)?, 16),
        Some("0b") => (lower.get(2..)?, 2),
        Some("0o") => (lower.get(2..)?, 8),
        _ if lower.len() > 1 && lower.starts_with('0') => (lower.get(1..)?, 8),
        _ => (lower.as_str(), 10),
    };
    if !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    i64::from_str_radix(digits, radix).ok().map(|n| n * sign)
}

/// A duration in nanoseconds as Go's `time.ParseDuration` reads it: `4h`,
/// `1m0s`, `1.5s`; a number without a unit only if it is zero.
pub fn duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        let unit: i64 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole: i64 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
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
    Some(total * sign)
}

/// The elements of a comma-separated flag, quotes around an element removed.
pub fn list(text: &str) -> impl Iterator<Item = String> {
    text.split(',')
        .map(|e| e.trim().trim_matches('"').to_owned())
        .filter(|e| !e.is_empty())
}

/// What `--feature-gates` says of a gate. The gates of one component may be
/// prefixed with its name; a later element wins.
pub fn gate(values: &[String], name: &str) -> Option<String> {
    let mut found = None;
    for element in values.iter().flat_map(|v| list(v)) {
        let Some((key, value)) = element.split_once('=') else {
            continue;
        };
        let key = key.rsplit(':').next().unwrap_or(key).trim();
        if key == name {
            found = Some(value.trim().to_owned());
        }
    }
    found
}

/// Whether an address, with or without a port, is the node's own.
pub fn is_loopback(text: &str) -> Option<bool> {
    let host = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => match text.rsplit_once(':') {
            // One colon: host and port. More: a bare IPv6 address.
            Some((host, _)) if !host.contains(':') => host,
            _ => text,
        },
    };
    if host == "localhost" {
        return Some(true);
    }
    let host = host.strip_prefix("::ffff:").unwrap_or(host);
    if host.contains(':') {
        let is_address = host
            .bytes()
            .all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
        return is_address.then(|| host.trim_start_matches(['0', ':']) == "1");
    }
    let is_part = |p: &str| matches!(p.len(), 1..=3) && p.bytes().all(|b| b.is_ascii_digit());
    let is_address = host.split('.').count() == 4 && host.split('.').all(is_part);
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
