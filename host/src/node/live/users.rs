//! Names of users and groups, from the scanned root's own files and nothing else.
//!
//! The scanner's name service speaks of another machine: in a container it would
//! call the node's etcd user by whatever its image calls that number.

use std::collections::HashMap;

/// Larger password files are not read; their owners stay without a name.
pub(super) const LIMIT: u64 = 8 << 20;

/// Names by number.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// From `/etc/passwd`.
    pub(super) users: HashMap<u32, String>,
    /// From `/etc/group`.
    pub(super) groups: HashMap<u32, String>,
}

/// Reads `name:password:number:...` lines. The first of two names for one number
/// wins, as it does for `getpwuid`; what is not such a line is passed over.
pub(super) fn parse(text: &[u8]) -> HashMap<u32, String> {
    let mut names = HashMap::new();
    for line in text.split(|&byte| byte == b'\n') {
        let mut fields = line.split(|&byte| byte == b':');
        let (Some(name), Some(_), Some(number)) = (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let (Ok(name), Ok(number)) = (str::from_utf8(name), str::from_utf8(number)) else {
            continue;
        };
        // `+` and `-` ask a name service for more; `#` is a comment in some systems.
        if name.is_empty() || name.starts_with(['+', '-', '#']) {
            continue;
        }
        if let Ok(number) = number.parse() {
            names.entry(number).or_insert_with(|| name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_name_wins_and_noise_is_passed_over() {
        let names = parse(b"root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n+::::::\n# comment:x:7\n\nbad line\netcd:x:996:990::/:\nwrong:x:not-a-number:1\n\xff:x:9:9\nhuge:x:4294967296:1\n");
        assert_eq!(names.get(&0).map(String::as_str), Some("root"));
        assert_eq!(names.get(&996).map(String::as_str), Some("etcd"));
        assert_eq!(names.len(), 2);
    }
}
