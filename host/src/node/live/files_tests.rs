//! What a hostile or busy file tree gets. Every lookup is asked of both resolvers.

use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{FileType as Type, mknodat};
use tempfile::TempDir;

use super::*;

/// A tree inside a directory, with a secret beside the tree.
struct Case {
    outer: TempDir,
    root: std::path::PathBuf,
}

fn case() -> Case {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("root");
    fs::create_dir_all(root.join("etc/dir")).unwrap();
    fs::write(outer.path().join("secret"), "outside").unwrap();
    fs::write(root.join("etc/config"), "inside").unwrap();
    Case { outer, root }
}

impl Case {
    fn both(&self) -> [Arc<Root>; 2] {
        let kernel = Root::open(&self.root).unwrap();
        assert_eq!(kernel.resolver, Resolver::Kernel, "this kernel has openat2");
        [kernel, Root::walking(&self.root)]
    }

    fn link(&self, target: &str, at: &str) {
        symlink(target, self.root.join(at)).unwrap();
    }
}

fn read(root: &Arc<Root>, path: &str) -> Result<(String, String), Miss> {
    let found = root.find(path)?;
    let contents = found.read(1 << 20)?;
    Ok((
        found.stat().resolved.clone(),
        String::from_utf8(contents.bytes).unwrap(),
    ))
}

fn bad_path(answer: Result<Found, Miss>) -> bool {
    matches!(answer, Err(Miss::BadPath(_)))
}

#[test]
fn links_stay_inside_the_root() {
    let case = case();
    let outside = case.outer.path().join("secret");
    case.link("/etc/config", "absolute");
    case.link("../../../../../etc/config", "etc/up");
    case.link("up", "etc/twice");
    case.link("/etc", "directory");
    case.link(outside.to_str().unwrap(), "escape");
    case.link("../../secret", "etc/escape");
    case.link("..", "etc/parent");
    for root in case.both() {
        for path in [
            "/etc/config",
            "/absolute",
            "/etc/up",
            "/etc/twice",
            "/directory/config",
            "//etc/./dir/../config",
            "/../../etc/config",
            "/etc/parent/etc/config",
        ] {
            let expected = ("/etc/config".to_owned(), "inside".to_owned());
            assert_eq!(
                read(&root, path),
                Ok(expected),
                "{path} by {:?}",
                root.resolver
            );
        }
        assert_eq!(root.find("/").unwrap().stat().resolved, "/");
        assert_eq!(root.find("/..").unwrap().stat().resolved, "/");
        assert_eq!(root.find("/etc/dir/").unwrap().stat().resolved, "/etc/dir");
        for path in ["/escape", "/etc/escape", "/../secret", "/etc/../../secret"] {
            assert_eq!(
                root.find(path).err(),
                Some(Miss::NotFound),
                "{path} by {:?}",
                root.resolver
            );
        }
    }
}

#[test]
fn what_is_not_there_or_no_path() {
    let case = case();
    case.link("loop-b", "loop-a");
    case.link("loop-a", "loop-b");
    case.link("nowhere", "dangling");
    for step in 0..41 {
        case.link(&format!("chain-{}", step + 1), &format!("chain-{step}"));
    }
    fs::write(case.root.join("chain-41"), "end").unwrap();
    symlink(
        std::ffi::OsStr::from_bytes(b"bytes-\xff"),
        case.root.join("to-bytes"),
    )
    .unwrap();
    fs::write(
        case.root.join(std::ffi::OsStr::from_bytes(b"bytes-\xff")),
        "x",
    )
    .unwrap();
    for root in case.both() {
        for path in [
            "/none",
            "/etc/none/x",
            "/etc/config/x",
            "/etc/config/",
            "/etc/config/..",
            "/dangling",
        ] {
            assert_eq!(
                root.find(path).err(),
                Some(Miss::NotFound),
                "{path} by {:?}",
                root.resolver
            );
        }
        assert!(
            root.find("/chain-1").is_ok(),
            "40 links are followed by {:?}",
            root.resolver
        );
        let long = format!("/{}", "n".repeat(256));
        let longer = "/n".repeat(3000);
        for path in [
            "",
            "etc/config",
            "/loop-a",
            "/chain-0",
            "/a\0b",
            "/to-bytes",
            &long,
            &longer,
        ] {
            assert!(bad_path(root.find(path)), "{path} by {:?}", root.resolver);
        }
    }
}

#[test]
fn procfs_is_not_walked() {
    // Our own mount of procfs, seen through a root of `/`.
    for root in [
        Root::open(Path::new("/")).unwrap(),
        Root::walking(Path::new("/")),
    ] {
        for path in [
            "/proc",
            "/proc/self/root/etc",
            "/proc/thread-self/root/etc/passwd",
            "/proc/self/fd/0",
            "/proc/self/exe",
            "/proc/self/environ",
            "/proc/self/cwd",
            "/proc/sys/kernel/hostname",
        ] {
            assert!(bad_path(root.find(path)), "{path} by {:?}", root.resolver);
        }
    }
}

#[test]
fn only_files_and_directories_are_opened() {
    let case = case();
    let _socket = UnixListener::bind(case.root.join("socket")).unwrap();
    let root_fd = fs::File::open(&case.root).unwrap();
    mknodat(&root_fd, "fifo", Type::Fifo, Mode::from_raw_mode(0o640), 0).unwrap();
    // Only the superuser makes devices.
    let zero = rustix::fs::makedev(1, 5);
    let device = mknodat(
        &root_fd,
        "zero",
        Type::CharacterDevice,
        Mode::from_raw_mode(0o666),
        zero,
    );
    case.link("fifo", "to-fifo");
    for root in case.both() {
        let mut kinds = vec![
            ("/fifo", Kind::Fifo),
            ("/to-fifo", Kind::Fifo),
            ("/socket", Kind::Socket),
        ];
        if device.is_ok() {
            kinds.push(("/zero", Kind::CharDevice));
        }
        for (path, kind) in kinds {
            // A FIFO without a writer would block whoever opens it.
            let found = root.find(path).unwrap();
            assert_eq!(found.stat().kind, kind, "{path}");
            let wrong = Miss::WrongType(kind.word());
            assert_eq!(found.read(10).unwrap_err(), wrong);
            assert_eq!(found.digest(10).unwrap_err(), wrong);
            assert_eq!(found.list(10).unwrap_err(), wrong);
        }
        assert_eq!(
            root.find("/etc").unwrap().read(10).unwrap_err(),
            Miss::WrongType("directory")
        );
        assert_eq!(
            root.find("/etc/config").unwrap().list(10).unwrap_err(),
            Miss::WrongType("file")
        );
    }
}

#[test]
fn reads_what_fits_and_digests_it() {
    let case = case();
    let file = fs::File::create(case.root.join("sparse")).unwrap();
    file.set_len(1 << 42).unwrap();
    fs::set_permissions(
        case.root.join("etc/config"),
        fs::Permissions::from_mode(0o4640),
    )
    .unwrap();
    for root in case.both() {
        let found = root.find("/etc/config").unwrap();
        // `printf inside | sha256sum`
        let sum = "106b086224a4d945eae25f7be3805a931a873270326dd868b0e41f71ee9fff72";
        let contents = found.read(6).unwrap();
        assert_eq!(contents.bytes, b"inside");
        assert_eq!(contents.sha256, sum);
        assert_eq!(found.digest(6).unwrap(), sum);
        assert_eq!(
            found.read(5).unwrap_err(),
            Miss::TooLarge { size: 6, limit: 5 }
        );
        assert_eq!(
            found.digest(5).unwrap_err(),
            Miss::TooLarge { size: 6, limit: 5 }
        );
        let meta = fs::metadata(case.root.join("etc/config")).unwrap();
        let stat = found.stat();
        assert_eq!(
            (stat.mode, stat.uid, stat.gid),
            (0o4640, meta.uid(), meta.gid())
        );
        assert_eq!((stat.size, stat.kind), (6, Kind::Regular));

        let sparse = root.find("/sparse").unwrap();
        assert_eq!(sparse.stat().size, 1 << 42);
        let too_large = Miss::TooLarge {
            size: 1 << 42,
            limit: 1 << 20,
        };
        assert_eq!(sparse.read(1 << 20).unwrap_err(), too_large);
        assert_eq!(sparse.digest(1 << 20).unwrap_err(), too_large);
    }
}

#[test]
fn what_changes_after_it_was_found_is_raced() {
    let case = case();
    for root in case.both() {
        let path = case.root.join("log");
        fs::write(&path, "one\n").unwrap();
        let found = root.find("/log").unwrap();
        fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"two\n")
            .unwrap();
        assert_eq!(found.read(100).unwrap_err(), Miss::Raced);
        assert_eq!(found.digest(100).unwrap_err(), Miss::Raced);
        assert_eq!(
            found.read(7).unwrap_err(),
            Miss::TooLarge { size: 8, limit: 7 }
        );
        fs::File::create(&path).unwrap();
        assert_eq!(found.read(100).unwrap_err(), Miss::Raced);
        // Replaced, not changed: what was found is still what is read.
        let found = root.find("/etc/config").unwrap();
        fs::rename(&path, case.root.join("etc/config")).unwrap();
        assert_eq!(found.read(100).unwrap().bytes, b"inside");
        fs::write(case.root.join("etc/config"), "inside").unwrap();
    }
}

#[test]
fn a_file_that_grows_without_end_is_bounded() {
    let case = case();
    let path = case.root.join("growing");
    fs::write(&path, "x").unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
            for _ in 0..50_000 {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                file.write_all(&[b'x'; 64]).unwrap();
            }
        });
        let root = Root::open(&case.root).unwrap();
        for _ in 0..200 {
            let found = root.find("/growing").unwrap();
            match found.read(4 << 20) {
                Ok(contents) => assert_eq!(contents.bytes.len() as u64, found.stat().size),
                Err(miss) => assert!(matches!(miss, Miss::Raced), "{miss}"),
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn no_swap_leads_out_of_the_root() {
    let case = case();
    fs::create_dir(case.root.join("a")).unwrap();
    fs::write(case.root.join("a/secret"), "inside").unwrap();
    // The way in turns into a link to the outside, and back.
    let outside = case.outer.path().to_str().unwrap().to_owned();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (way, spare) = (case.root.join("way"), case.root.join("spare"));
            for turn in 0..20_000 {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let target = if turn % 2 == 0 {
                    outside.as_str()
                } else {
                    "/a"
                };
                let _ = fs::remove_file(&spare);
                symlink(target, &spare).unwrap();
                fs::rename(&spare, &way).unwrap();
                // And a directory on the way out is moved about.
                let _ = fs::rename(case.root.join("etc/dir"), case.outer.path().join("moved"));
                let _ = fs::rename(case.outer.path().join("moved"), case.root.join("etc/dir"));
            }
            stop.store(true, Ordering::Relaxed);
        });
        let roots = case.both();
        let mut inside = 0;
        while !stop.load(Ordering::Relaxed) {
            for root in &roots {
                for path in [
                    "/way/secret",
                    "/etc/dir/../../secret",
                    "/etc/dir/../../../secret",
                ] {
                    match read(root, path) {
                        Ok((_, text)) => {
                            assert_eq!(text, "inside", "{path} by {:?}", root.resolver);
                            inside += 1;
                        }
                        Err(Miss::NotFound | Miss::Raced) => {}
                        Err(miss) => panic!("{path} by {:?}: {miss}", root.resolver),
                    }
                }
            }
        }
        assert!(inside > 0, "the link led inside now and then");
    });
}

#[test]
fn listings_are_sorted_bounded_and_honest() {
    let case = case();
    for name in ["b", "a", "é", ".hidden"] {
        fs::write(case.root.join("etc/dir").join(name), "").unwrap();
    }
    for root in case.both() {
        let list = |limit| root.find("/etc/dir").unwrap().list(limit).unwrap();
        let names = [".hidden", "a", "b", "é"].map(str::to_owned).to_vec();
        assert_eq!(
            list(4),
            Listing {
                names,
                complete: true
            }
        );
        let cut = list(3);
        assert_eq!((cut.names.len(), cut.complete), (3, false));
        assert_eq!(
            list(0),
            Listing {
                names: vec![],
                complete: false
            }
        );
    }
    fs::write(
        case.root
            .join("etc/dir")
            .join(std::ffi::OsStr::from_bytes(b"\xff")),
        "",
    )
    .unwrap();
    for root in case.both() {
        let listing = root.find("/etc/dir").unwrap().list(100).unwrap();
        assert_eq!((listing.names.len(), listing.complete), (4, false));
    }
    fs::remove_dir_all(case.root.join("etc/dir")).unwrap();
    fs::create_dir(case.root.join("etc/dir")).unwrap();
    let found = Root::open(&case.root).unwrap().find("/etc/dir").unwrap();
    assert_eq!(
        found.list(9).unwrap(),
        Listing {
            names: vec![],
            complete: true
        }
    );
    fs::remove_dir(case.root.join("etc/dir")).unwrap();
    assert_ne!(found.list(9).err(), Some(Miss::NotFound), "it was found");
}

#[test]
fn names_come_from_the_scanned_root() {
    let case = case();
    let meta = fs::metadata(case.root.join("etc/config")).unwrap();
    let unnamed = Root::open(&case.root).unwrap().find("/etc/config").unwrap();
    assert_eq!(
        (&unnamed.stat().owner, &unnamed.stat().group),
        (&None, &None)
    );
    fs::write(
        case.root.join("etc/passwd"),
        format!("keeper:x:{}:0::/:\n", meta.uid()),
    )
    .unwrap();
    fs::write(
        case.root.join("etc/real-group"),
        format!("crew:x:{}:\n", meta.gid()),
    )
    .unwrap();
    case.link("/etc/real-group", "etc/group");
    for root in case.both() {
        let found = root.find("/etc/config").unwrap();
        assert_eq!(found.stat().owner.as_deref(), Some("keeper"));
        assert_eq!(found.stat().group.as_deref(), Some("crew"));
    }
    // A FIFO in their place is not opened either.
    fs::remove_file(case.root.join("etc/passwd")).unwrap();
    let etc = fs::File::open(case.root.join("etc")).unwrap();
    mknodat(&etc, "passwd", Type::Fifo, Mode::from_raw_mode(0o644), 0).unwrap();
    for root in case.both() {
        assert_eq!(root.find("/etc/config").unwrap().stat().owner, None);
    }
}

#[test]
fn errors_tell_absent_from_forbidden() {
    assert_eq!(miss(Errno::NOENT, "/x"), Miss::NotFound);
    assert_eq!(miss(Errno::NOTDIR, "/x"), Miss::NotFound);
    assert!(matches!(miss(Errno::ACCESS, "/x"), Miss::NotPermitted(why) if why.contains("root")));
    assert!(matches!(miss(Errno::PERM, "/x"), Miss::NotPermitted(_)));
    assert!(matches!(miss(Errno::LOOP, "/x"), Miss::BadPath(_)));
    assert!(matches!(miss(Errno::XDEV, "/x"), Miss::BadPath(_)));
    assert!(matches!(miss(Errno::MFILE, "/x"), Miss::Other(why) if why.contains("ulimit")));
    assert!(matches!(miss(Errno::IO, "/x"), Miss::Other(_)));
}

#[test]
fn links_can_be_read_without_following_them() {
    let case = case();
    case.link("/etc/config", "absolute");
    case.link("etc", "way");
    case.link("config", "etc/link");
    for root in case.both() {
        assert_eq!(
            root.link_at("/absolute").unwrap().as_deref(),
            Some("/etc/config")
        );
        assert_eq!(
            root.link_at("/way/link").unwrap().as_deref(),
            Some("config")
        );
        assert_eq!(root.link_at("/etc/config").unwrap(), None);
        assert_eq!(root.link_at("/etc").unwrap(), None);
        assert_eq!(root.link_at("/").unwrap(), None);
        assert_eq!(root.link_at("/none"), Err(Miss::NotFound));
    }
}
