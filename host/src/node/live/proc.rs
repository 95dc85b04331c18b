//! Readers for the files of `/proc/PID`: text in, facts out.

/// A process that is a thread of the kernel. Such threads live in the initial
/// PID namespace only, and no program can set this flag on itself.
const PF_KTHREAD: u64 = 0x0020_0000;

/// What `/proc/PID/stat` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) comm: String,
    pub(super) state: u8,
    pub(super) ppid: u32,
    pub(super) kernel_thread: bool,
    pub(super) threads: u64,
    pub(super) start: u64,
}

impl Stat {
    /// It has ended, and no thread of it runs on; only its parent has not looked yet.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, b'Z' | b'X') && self.threads <= 1
    }
}

/// Reads `pid (comm) state ppid ...`. The name may hold blanks and parentheses,
/// so it ends at the last one.
pub(super) fn stat(text: &[u8]) -> Option<Stat> {
    let open = text.iter().position(|&byte| byte == b'(')?;
    let close = text.iter().rposition(|&byte| byte == b')')?;
    let comm = String::from_utf8_lossy(text.get(open + 1..close)?).into_owned();
    let rest = str::from_utf8(text.get(close + 1..)?).ok()?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // proc(5) counts from 1 and the state is its third field.
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Stat {
        comm,
        state: *fields.first()?.as_bytes().first()?,
        ppid: u32::try_from(number(4)?).ok()?,
        kernel_thread: number(9)? & PF_KTHREAD != 0,
        threads: number(20)?,
        start: number(22)?,
    })
}

/// What `/proc/PID/status` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// The effective user.
    pub(super) uid: Option<u32>,
    /// How many PID namespaces the process has a number in, counted from the
    /// procfs that is read.
    pub(super) namespaces: Option<usize>,
    /// Its effective capabilities.
    pub(super) capabilities: Option<u64>,
}

pub(super) fn status(text: &[u8]) -> Status {
    let text = String::from_utf8_lossy(text);
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(str::trim)
    };
    Status {
        uid: field("Uid").and_then(|ids| ids.split_whitespace().nth(1)?.parse().ok()),
        namespaces: field("NSpid").map(|pids| pids.split_whitespace().count()),
        capabilities: field("CapEff").and_then(|bits| u64::from_str_radix(bits, 16).ok()),
    }
}

/// Splits what NULs end. An empty argument is an argument; only the last NUL ends
/// the list instead of separating.
pub(super) fn arguments(bytes: &[u8]) -> Vec<&[u8]> {
    if bytes.is_empty() {
        return Vec::new();
    }
    bytes
        .strip_suffix(b"\0")
        .unwrap_or(bytes)
        .split(|&byte| byte == 0)
        .collect()
}

/// The value of a variable in `/proc/PID/environ`. The first one counts, as for `getenv`.
pub(super) fn variable<'a>(environ: &'a [u8], name: &str) -> Option<&'a [u8]> {
    environ
        .split(|&byte| byte == 0)
        .find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

/// The executable a link names, also when its file has been replaced.
pub(super) fn executable(link: &[u8]) -> Option<String> {
    let path = link.strip_suffix(b" (deleted)").unwrap_or(link);
    String::from_utf8(path.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let line = b"42 (a) R (b c) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 1234 0 0";
        let stat = stat(line).unwrap();
        assert_eq!(
            stat,
            Stat {
                comm: "a) R (b c".into(),
                state: b'S',
                ppid: 7,
                kernel_thread: false,
                threads: 9,
                start: 1234
            }
        );
        assert!(!stat.is_over());
    }

    #[test]
    fn kernel_threads_and_the_dead_are_told() {
        let kthreadd =
            stat(b"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 5 0").unwrap();
        assert!(kthreadd.kernel_thread);
        let zombie = stat(b"9 (sh) Z 1 9 9 0 -1 4227084 0 0 0 0 0 0 0 0 20 0 1 0 77 0").unwrap();
        assert!(zombie.is_over());
        let leader = Stat {
            threads: 3,
            ..zombie
        };
        assert!(!leader.is_over());
        for torn in [&b""[..], b"1 (x", b"1 (x) S", b"1 (x) S 0 1 1 0 -1", b") ("] {
            assert_eq!(stat(torn), None);
        }
    }

    #[test]
    fn status_tells_the_effective_user_and_the_namespaces() {
        let text = b"Name:\tx\nUid:\t1000\t996\t0\t0\nNSpid:\t4711\t1\nCapEff:\t000001ffffffffff\n";
        assert_eq!(
            status(text),
            Status {
                uid: Some(996),
                namespaces: Some(2),
                capabilities: Some(0x1ff_ffff_ffff)
            }
        );
        assert_eq!(status(b"Name:\tUid:\n"), Status::default());
    }

    #[test]
    fn empty_arguments_stay() {
        let split = |bytes: &'static [u8]| arguments(bytes);
        assert_eq!(split(b"a\0\0b\0"), [&b"a"[..], b"", b"b"]);
        assert_eq!(split(b"a\0\0"), [&b"a"[..], b""]);
        assert_eq!(split(b"\0"), [&b""[..]]);
        assert_eq!(split(b"title without end"), [&b"title without end"[..]]);
        assert!(split(b"").is_empty());
    }

    #[test]
    fn variables_and_executables() {
        let environ = b"A=1\0AB=2\0A=3\0EMPTY=\0NOVALUE\0";
        assert_eq!(variable(environ, "A"), Some(&b"1"[..]));
        assert_eq!(variable(environ, "EMPTY"), Some(&b""[..]));
        assert_eq!(variable(environ, "NOVALUE"), None);
        assert_eq!(variable(environ, "B"), None);
        assert_eq!(
            executable(b"/usr/bin/kubelet (deleted)").unwrap(),
            "/usr/bin/kubelet"
        );
        assert_eq!(executable(b"/usr/bin/\xff"), None);
    }
}
