//! A process table made of files, and then the real one of this machine.

use std::fs;
use std::os::unix::fs::symlink;

use rustix::fd::AsRawFd;
use tempfile::TempDir;

use super::*;

const INITIAL: &str = "pid:[4026531836]";
const CONTAINER: &str = "/kubepods/burstable/pod0123456789abcdef0123456789abcdef/x";
const DOCKER: &str = "/docker/4f2a6f0cd2b5e7c81f0a9b3d5e7f1a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e1f";
const UUID_POD: &str = "/kubepods/besteffort/pod01234567-89ab-cdef-0123-456789abcdef/x";

/// A procfs made of files, and the node's tree beside it.
struct Fake(TempDir);

/// A process of the fake, with what most have.
struct Spec {
    pid: u32,
    comm: &'static str,
    flags: u64,
    cmdline: &'static [u8],
    cgroup: &'static str,
    pid_namespace: Option<&'static str>,
    network: Option<&'static str>,
    users: Option<&'static str>,
    mounts: Option<&'static str>,
}

const PLAIN: Spec = Spec {
    pid: 100,
    comm: "kubelet",
    flags: 0x40_0000,
    cmdline: b"kubelet\0--config=/c\0",
    cgroup: "/system.slice/kubelet.service",
    pid_namespace: Some(INITIAL),
    network: Some("net:[1]"),
    users: Some("user:[4026531837]"),
    mounts: Some("mnt:[1]"),
};

const NODE_MOUNTS: &str = "1 0 8:1 / / rw - ext4 d rw\n";

impl Fake {
    fn new() -> Self {
        let fake = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(fake.path("root/etc")).unwrap();
        fake.add(Spec {
            pid: 1,
            comm: "systemd",
            cmdline: b"/sbin/init\0",
            cgroup: "/init.scope",
            ..PLAIN
        });
        fake.add(Spec {
            pid: 2,
            comm: "kthreadd",
            flags: 0x20_8040,
            cmdline: b"",
            cgroup: "/",
            ..PLAIN
        });
        fs::write(fake.path("proc/1/mountinfo"), NODE_MOUNTS).unwrap();
        fake.add(Spec {
            pid: 7,
            comm: "cisb",
            ..PLAIN
        });
        symlink("7", fake.path("proc/self")).unwrap();
        fake
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn add(&self, spec: Spec) {
        let dir = self.path(&format!("proc/{}", spec.pid));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join("ns")).unwrap();
        let Spec {
            pid,
            comm,
            flags,
            cgroup,
            ..
        } = spec;
        let stat =
            format!("{pid} ({comm}) S 1 1 1 0 -1 {flags} 0 0 0 0 0 0 0 0 20 0 1 0 {pid}00 0 0\n");
        fs::write(dir.join("stat"), stat).unwrap();
        fs::write(
            dir.join("status"),
            "Uid:\t0\t0\t0\t0\nNSpid:\t5\nCapEff:\t000001ffffffffff\n",
        )
        .unwrap();
        fs::write(dir.join("cmdline"), spec.cmdline).unwrap();
        fs::write(dir.join("cgroup"), format!("0::{cgroup}\n")).unwrap();
        symlink("/", dir.join("root")).unwrap();
        symlink(format!("/usr/bin/{comm} (deleted)"), dir.join("exe")).unwrap();
        let links = [
            ("pid", spec.pid_namespace),
            ("net", spec.network),
            ("user", spec.users),
            ("mnt", spec.mounts),
        ];
        for (name, link) in links {
            if let Some(link) = link {
                symlink(link, dir.join("ns").join(name)).unwrap();
            }
        }
    }

    /// As if the kernel vouched for it, with a mount that hides nothing.
    fn open(&self) -> Procfs {
        let root = Root::open(&self.path("root")).unwrap();
        let mut procfs = Procfs::open(&self.path("proc"), root).unwrap();
        assert!(!procfs.genuine);
        procfs.genuine = true;
        self.mount_options(&procfs, "rw");
        procfs
    }

    fn mount_options(&self, procfs: &Procfs, options: &str) {
        let own = self.path("proc/7");
        fs::create_dir_all(own.join("fdinfo")).unwrap();
        let fd = procfs.fd.as_raw_fd().to_string();
        fs::write(own.join("fdinfo").join(fd), "pos:\t0\nmnt_id:\t23\n").unwrap();
        let line = format!("23 1 0:21 / /proc rw - proc proc {options}\n");
        fs::write(own.join("mountinfo"), format!("{NODE_MOUNTS}{line}")).unwrap();
    }
}

fn find(procfs: &Procfs, pid: u32) -> Process {
    let table = procfs.table().unwrap();
    table
        .processes
        .iter()
        .find(|process| process.pid == pid)
        .unwrap()
        .clone()
}

#[test]
fn reads_a_whole_table() {
    let fake = Fake::new();
    fake.add(Spec {
        cmdline: b"/usr/bin/kubelet\0\0--x\0",
        ..PLAIN
    });
    fs::create_dir(fake.path("proc/sys")).unwrap();
    fs::create_dir(fake.path("proc/300")).unwrap();
    let procfs = fake.open();
    let table = procfs.table().unwrap();
    assert_eq!((table.complete, table.hint.as_str()), (true, ""));
    // Not the kernel's thread, and not what went away while it was listed.
    let pids: Vec<u32> = table.processes.iter().map(|process| process.pid).collect();
    assert_eq!(pids, [1, 7, 100]);
    let kubelet = Process {
        pid: 100,
        ppid: Some(1),
        uid: Some(0),
        comm: "kubelet".into(),
        exe: Some("/usr/bin/kubelet".into()),
        argv: ["/usr/bin/kubelet", "", "--x"].map(str::to_owned).to_vec(),
        start: Some(10000),
        cgroup: Some("/system.slice/kubelet.service".into()),
        pidns: Some(INITIAL.into()),
        place: Place::Node,
        declared: None,
        error: None,
    };
    assert_eq!(find(&procfs, 100), kubelet);
}

#[test]
fn tells_whose_a_process_is() {
    let fake = Fake::new();
    let other = Some("pid:[9]");
    fake.add(Spec {
        pid: 10,
        cgroup: CONTAINER,
        pid_namespace: other,
        ..PLAIN
    });
    fake.add(Spec {
        pid: 11,
        cgroup: UUID_POD,
        pid_namespace: other,
        network: Some("net:[1]"),
        ..PLAIN
    });
    fake.add(Spec {
        pid: 12,
        cgroup: UUID_POD,
        pid_namespace: other,
        network: Some("net:[2]"),
        ..PLAIN
    });
    fake.add(Spec {
        pid: 13,
        pid_namespace: other,
        network: Some("net:[2]"),
        ..PLAIN
    });
    fake.add(Spec {
        pid: 18,
        cgroup: DOCKER,
        pid_namespace: other,
        ..PLAIN
    });
    fake.add(Spec {
        pid: 19,
        cgroup: DOCKER,
        pid_namespace: other,
        users: Some("user:[9]"),
        ..PLAIN
    });
    // Without rights over a process its namespaces are closed; its status is not.
    fake.add(Spec {
        pid: 14,
        pid_namespace: None,
        network: None,
        mounts: None,
        ..PLAIN
    });
    fake.add(Spec {
        pid: 15,
        cgroup: UUID_POD,
        pid_namespace: None,
        network: None,
        ..PLAIN
    });
    fake.add(Spec {
        pid: 16,
        pid_namespace: None,
        users: Some("user:[9]"),
        ..PLAIN
    });
    fs::write(
        fake.path("proc/16/status"),
        "Uid:\t0\t0\t0\t0\nNSpid:\t16\t1\n",
    )
    .unwrap();
    fake.add(Spec { pid: 17, ..PLAIN });
    fs::remove_file(fake.path("proc/17/cgroup")).unwrap();
    let procfs = fake.open();
    let places = [
        (1, Place::Node),
        (10, Place::StaticPod),
        (11, Place::HostNetworkPod),
        (12, Place::Foreign),
        (13, Place::Foreign),
        (14, Place::Node),
        (15, Place::Unknown),
        (16, Place::Foreign),
        (17, Place::Unknown),
        (18, Place::Container),
        (19, Place::Foreign),
    ];
    for (pid, place) in places {
        assert_eq!(find(&procfs, pid).place, place, "{pid}");
    }
}

#[test]
fn what_cannot_be_read_whole_says_so() {
    let fake = Fake::new();
    fake.add(Spec {
        pid: 10,
        cmdline: b"kubelet\0--x=\xff\0",
        ..PLAIN
    });
    fake.add(Spec { pid: 11, ..PLAIN });
    fs::write(fake.path("proc/11/cmdline"), vec![b'a'; ARGUMENTS + 9]).unwrap();
    fake.add(Spec { pid: 12, ..PLAIN });
    fs::write(fake.path("proc/12/stat"), "12 (kubelet").unwrap();
    fake.add(Spec { pid: 13, ..PLAIN });
    fs::remove_file(fake.path("proc/13/exe")).unwrap();
    fake.add(Spec {
        pid: 14,
        cmdline: b"",
        ..PLAIN
    });
    let procfs = fake.open();
    assert!(find(&procfs, 14).error.unwrap().contains("gone"));
    assert!(find(&procfs, 10).error.unwrap().contains("UTF-8"));
    let long = find(&procfs, 11);
    assert_eq!(long.argv[0].len(), ARGUMENTS);
    assert!(long.error.unwrap().contains("longer"));
    let torn = find(&procfs, 12);
    assert_eq!(
        (torn.place, torn.start, torn.error.is_some()),
        (Place::Unknown, None, true)
    );
    assert_eq!(
        (find(&procfs, 13).exe, find(&procfs, 13).error),
        (None, None)
    );
    // A process of which nothing is known could be any.
    let table = procfs.table().unwrap();
    assert!(
        !table.complete && table.hint.contains("root"),
        "{}",
        table.hint
    );
}

#[test]
fn a_table_without_evidence_is_not_whole() {
    let hint = |prepare: fn(&Fake), options: &str| {
        let fake = Fake::new();
        prepare(&fake);
        let procfs = fake.open();
        fake.mount_options(&procfs, options);
        let table = procfs.table().unwrap();
        assert_eq!(table.complete, table.hint.is_empty());
        table.hint.clone()
    };
    fn drop_file(fake: &Fake, name: &str) {
        fs::remove_file(fake.path(name)).unwrap();
    }
    assert_eq!(hint(|_| {}, "rw"), "");
    assert_eq!(hint(|_| {}, "rw,hidepid=2"), "", "root sees through it");
    // The first process is closed to us: a thread of the kernel is proof enough.
    assert_eq!(
        hint(|fake| drop_file(fake, "proc/1/ns/pid"), "rw,hidepid=off"),
        ""
    );
    // So is being in the initial namespace ourselves.
    let own = |fake: &Fake| {
        drop_file(fake, "proc/1/ns/pid");
        fs::remove_dir_all(fake.path("proc/2")).unwrap();
    };
    assert_eq!(hint(own, "rw"), "");
    let private = |fake: &Fake| {
        drop_file(fake, "proc/1/ns/pid");
        symlink("pid:[4026532999]", fake.path("proc/1/ns/pid")).unwrap();
    };
    assert!(hint(private, "rw").contains("hostPID: true"));
    let nothing = |fake: &Fake| {
        for pid in ["1", "2", "7"] {
            fs::remove_dir_all(fake.path("proc").join(pid)).unwrap();
        }
    };
    let hinted = hint(nothing, "rw");
    assert!(hinted.contains("hostPID: true"), "{hinted}");
    let weak =
        |fake: &Fake| fs::write(fake.path("proc/7/status"), "CapEff:\t0000000000000000\n").unwrap();
    for value in ["1", "2", "invisible", "ptraceable", "noaccess", "4"] {
        let hint = hint(weak, &format!("rw,hidepid={value}"));
        assert!(
            hint.contains("hidepid") && hint.contains("CAP_SYS_PTRACE"),
            "{hint}"
        );
    }
    let in_user_namespace = |fake: &Fake| drop_file(fake, "proc/1/ns/pid");
    assert!(hint(in_user_namespace, "rw,hidepid=2").contains("hidepid"));
}

#[test]
fn a_private_table_belongs_only_to_the_root_it_shows() {
    let place = |scanned_root: &str| {
        let fake = Fake::new();
        for pid in [1, 7, 100] {
            fake.add(Spec { pid, ..PLAIN });
            fs::remove_file(fake.path(&format!("proc/{pid}/ns/pid"))).unwrap();
            symlink("pid:[4026532999]", fake.path(&format!("proc/{pid}/ns/pid"))).unwrap();
        }
        fs::write(
            fake.path("proc/1/mountinfo"),
            "1 0 0:50 / / rw - overlay overlay rw\n",
        )
        .unwrap();
        let procfs = fake.open();
        // Our own descriptor of the root, as our own procfs would show it.
        let fd = procfs.root.descriptor().as_raw_fd().to_string();
        fs::create_dir_all(fake.path("proc/7/fd")).unwrap();
        symlink("/host", fake.path("proc/7/fd").join(&fd)).unwrap();
        fs::write(fake.path("proc/7/fdinfo").join(&fd), "mnt_id:\t24\n").unwrap();
        let lines = format!(
            "1 0 0:9 / / rw - overlay o rw\n23 1 0:21 / /proc rw - proc proc rw\n{scanned_root}"
        );
        fs::write(fake.path("proc/7/mountinfo"), lines).unwrap();
        assert!(procfs.table().unwrap().hint.contains("hostPID"));
        find(&procfs, 100).place
    };
    // The node is a container itself, and its root is what is scanned.
    assert_eq!(
        place("24 1 0:50 / /host rw - overlay overlay rw\n"),
        Place::Node
    );
    // The node's files beside the processes of the scanner's own container.
    assert_eq!(place("24 1 8:1 / /host rw - ext4 d rw\n"), Place::Unknown);
    assert_eq!(
        place("24 1 0:50 / / rw - overlay overlay rw\n"),
        Place::Unknown
    );
    assert_eq!(place(""), Place::Unknown);
}

#[test]
fn a_directory_that_is_no_procfs_says_how_to_mount_one() {
    let fake = Fake::new();
    let procfs = Procfs::open(&fake.path("proc"), Root::open(&fake.path("root")).unwrap()).unwrap();
    let table = procfs.table().unwrap();
    assert!(
        !table.complete && table.hint.contains("--proc"),
        "{}",
        table.hint
    );
    let empty = tempfile::tempdir().unwrap();
    let procfs = Procfs::open(empty.path(), Root::open(empty.path()).unwrap()).unwrap();
    let table = procfs.table().unwrap();
    assert!(table.processes.is_empty() && !table.complete);
}

#[test]
fn environment_gives_only_what_is_asked_for() {
    let fake = Fake::new();
    fake.add(PLAIN);
    fs::write(
        fake.path("proc/100/environ"),
        b"ETCD_X=1\0SECRET=s\0ETCD_Y=\0BAD=\xff\0",
    )
    .unwrap();
    fake.add(Spec { pid: 101, ..PLAIN });
    let procfs = fake.open();
    let ask = |pid, names: &[&str]| {
        procfs.environment(
            pid,
            &names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>(),
        )
    };
    let values = ask(100, &["ETCD_X", "ETCD_Y", "ETCD_Z"]).unwrap();
    assert_eq!(
        values,
        BTreeMap::from([
            ("ETCD_X".into(), "1".into()),
            ("ETCD_Y".into(), String::new())
        ])
    );
    assert!(ask(100, &["BAD"]).is_err());
    assert_eq!(ask(999, &["A"]), Err(Miss::NotFound));
    assert!(matches!(ask(101, &["A"]), Err(Miss::Other(why)) if why.contains("ended")));
    // Its number now belongs to another process.
    let stat = fs::read_to_string(fake.path("proc/100/stat"))
        .unwrap()
        .replace(" 10000 ", " 20000 ");
    fs::write(fake.path("proc/100/stat"), stat).unwrap();
    assert!(matches!(ask(100, &["ETCD_X"]), Err(Miss::Other(why)) if why.contains("ended")));
    assert!(procfs.translate(100, "/etc/x").is_err());
}

#[test]
fn paths_are_translated_by_mounts() {
    let fake = Fake::new();
    fake.add(PLAIN);
    fake.add(Spec {
        pid: 10,
        mounts: Some("mnt:[2]"),
        ..PLAIN
    });
    let mounts = "10 9 0:50 / / rw - overlay overlay rw\n11 10 8:1 /etc /host-etc ro - ext4 d rw\n";
    fs::write(fake.path("proc/10/mountinfo"), mounts).unwrap();
    fake.add(Spec {
        pid: 11,
        mounts: None,
        ..PLAIN
    });
    fake.add(Spec { pid: 12, ..PLAIN });
    fs::remove_file(fake.path("proc/12/root")).unwrap();
    symlink("/jail", fake.path("proc/12/root")).unwrap();
    fake.add(Spec {
        pid: 13,
        mounts: Some("mnt:[2]"),
        ..PLAIN
    });
    fs::write(fake.path("proc/13/mountinfo"), "torn\n").unwrap();
    fs::write(fake.path("root/etc/file"), "").unwrap();
    symlink("/host-etc/file", fake.path("root/etc/link")).unwrap();
    let procfs = fake.open();
    assert_eq!(procfs.translate(100, "/any/path").unwrap(), "/any/path");
    assert_eq!(procfs.translate(10, "/host-etc/file").unwrap(), "/etc/file");
    assert_eq!(procfs.translate(10, "/host-etc/link").unwrap(), "/etc/file");
    let bad = |pid, path: &str| match procfs.translate(pid, path) {
        Err(Miss::BadPath(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(bad(10, "/etc/file").contains("image"));
    assert!(bad(100, "pki/ca.crt").contains("working directory"));
    assert!(bad(12, "/etc/x").contains("root directory"));
    assert!(matches!(
        procfs.translate(11, "/etc/x"),
        Err(Miss::Other(_) | Miss::NotPermitted(_))
    ));
    assert!(matches!(
        procfs.translate(13, "/etc/x"),
        Err(Miss::Other(_))
    ));
}

#[test]
fn the_real_table_shows_this_test() {
    let root = Root::open(Path::new("/")).unwrap();
    let procfs = Procfs::open(Path::new("/proc"), root).unwrap();
    let own = find(&procfs, std::process::id());
    assert_eq!(own.argv, std::env::args().collect::<Vec<_>>());
    assert_eq!(
        own.exe.unwrap(),
        std::env::current_exe().unwrap().to_str().unwrap()
    );
    assert_eq!(own.error, None);
    let table = procfs.table().unwrap();
    assert_eq!(table.complete, table.hint.is_empty());
    assert!(
        table
            .processes
            .iter()
            .all(|process| process.comm != "kthreadd")
    );
    // Where this machine lets us see its first namespaces, our paths are the node's.
    if let Ok(path) = procfs.translate(own.pid, "/etc/hostname") {
        assert_eq!(path, "/etc/hostname");
    }
}
