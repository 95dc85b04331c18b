//! What a cache takes, refuses, heals and removes. What a person sees of it is
//! in `tests/it/cache.rs`.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::TempDir;

use super::super::MAX_JOBS;
use super::*;

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn mode_of(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// A folder that holds a key and a tag.
fn made() -> (TempDir, PathBuf) {
    let above = tempfile::tempdir().unwrap();
    let place = above.path().join("cache");
    let engine = Engine::new(1).unwrap();
    drop(Keeper::open(&engine, &place).unwrap());
    (above, place)
}

fn refused(place: &Path) -> String {
    Folder::open(place).err().unwrap().to_string()
}

#[test]
fn what_is_made_is_private() {
    let (_above, place) = made();
    assert_eq!(mode_of(&place), 0o700);
    assert_eq!(mode_of(&place.join(KEY)), 0o600);
    assert_eq!(std::fs::read(place.join(KEY)).unwrap().len(), Key::BYTES);
    assert!(open(&place).is_some());
    // Folders that are missing above it are made too, and a second time nothing.
    let deep = place.join("a/b");
    let engine = Engine::new(1).unwrap();
    drop(Keeper::open(&engine, &deep).unwrap());
    let key = std::fs::read(deep.join(KEY)).unwrap();
    drop(Keeper::open(&engine, &deep).unwrap());
    assert_eq!(std::fs::read(deep.join(KEY)).unwrap(), key);
}

#[test]
fn a_folder_that_others_can_write_is_refused() {
    let (_above, place) = made();
    for bits in [0o770, 0o720, 0o702, 0o777, 0o1777] {
        mode(&place, bits);
        let why = refused(&place);
        assert!(why.contains("chmod go-w"), "{bits:o}: {why}");
        assert!(open(&place).is_none());
    }
    mode(&place, 0o755);
    assert!(open(&place).is_some());
}

#[test]
fn a_folder_that_others_can_exchange_is_refused() {
    let (above, place) = made();
    for bits in [0o777, 0o770, 0o702] {
        mode(above.path(), bits);
        let why = refused(&place);
        assert!(why.contains("exchange what is in it"), "{bits:o}: {why}");
        assert!(
            why.starts_with(&above.path().display().to_string()),
            "{why}"
        );
        // Nothing is made there either.
        let engine = Engine::new(1).unwrap();
        assert!(Keeper::open(&engine, &above.path().join("new")).is_err());
        assert!(!above.path().join("new").exists());
        // Where there is no cache, that is no news.
        assert!(Folder::open(&above.path().join("none")).unwrap().is_none());
    }
    // As /tmp is: what is in it belongs to who put it there.
    mode(above.path(), 0o1777);
    assert!(Folder::open(&place).unwrap().is_some());
}

#[test]
fn a_link_or_a_file_is_no_folder() {
    let (above, place) = made();
    let link = above.path().join("link");
    symlink(&place, &link).unwrap();
    assert!(refused(&link).contains("a symbolic link"));
    let slash = PathBuf::from(format!("{}/", link.display()));
    assert!(refused(&slash).contains("a symbolic link"));
    // A link above it only leads there.
    assert!(Folder::open(&link.join("deep")).unwrap().is_none());
    assert!(refused(&place.join(KEY)).contains("a file, not a folder"));
    for nowhere in ["/", "..", "/no/such/../folder"] {
        assert!(Folder::open(Path::new(nowhere)).is_err(), "{nowhere}");
    }
}

#[test]
fn a_key_that_others_can_read_or_that_is_none_is_refused() {
    let (above, place) = made();
    let key = place.join(KEY);
    let why = |place: &Path| {
        let folder = Folder::open(place).unwrap().unwrap();
        Cache::with(folder, place).err().unwrap().to_string()
    };
    for (bits, words) in [
        (0o640, "read it"),
        (0o604, "read it"),
        (0o660, "write it"),
        (0o602, "write it"),
        (0o610, "read it"),
    ] {
        mode(&key, bits);
        let why = why(&place);
        assert!(why.contains(words) && why.contains("cache clear"), "{why}");
        assert!(open(&place).is_none());
    }
    mode(&key, 0o400);
    assert!(open(&place).is_some());
    mode(&key, 0o600);
    std::fs::write(&key, [1; 31]).unwrap();
    assert!(why(&place).contains("31 bytes"));
    std::fs::write(&key, [1; 33]).unwrap();
    assert!(why(&place).contains("33 bytes"));
    std::fs::remove_file(&key).unwrap();
    assert!(open(&place).is_none());
    symlink(above.path().join("elsewhere"), &key).unwrap();
    assert!(why(&place).contains("a symbolic link"));
    std::fs::remove_file(&key).unwrap();
    std::fs::create_dir(&key).unwrap();
    assert!(why(&place).contains("a folder"));
    std::fs::remove_dir(&key).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &key,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    assert!(why(&place).contains("a FIFO"));
}

#[test]
fn what_belongs_to_somebody_else_is_refused() {
    // Only root can make something another user's.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let other = |path: &Path, user| std::os::unix::fs::chown(path, Some(user), None).unwrap();
    let (above, place) = made();
    other(&place.join(KEY), 12345);
    let folder = Folder::open(&place).unwrap().unwrap();
    let why = Cache::with(folder, &place).err().unwrap().to_string();
    assert!(why.contains("belongs to uid 12345"), "{why}");
    other(&place.join(KEY), 0);
    other(&place, 12345);
    assert!(refused(&place).contains("belongs to uid 12345, not to you"));
    other(&place, 0);
    other(above.path(), 12345);
    assert!(refused(&place).contains("could be exchanged"));
    other(above.path(), 0);
    assert!(open(&place).is_some());
}

#[test]
fn a_folder_of_something_else_is_not_made_a_cache() {
    let above = tempfile::tempdir().unwrap();
    let engine = Engine::new(1).unwrap();
    std::fs::write(above.path().join(KEY), [7; Key::BYTES]).unwrap();
    let why = Keeper::open(&engine, above.path()).err().unwrap();
    assert!(matches!(why, CacheError::Foreign { .. }), "{why}");
    assert_eq!(std::fs::read_dir(above.path()).unwrap().count(), 1);
    // Nor is its file of that name removed.
    let cleared = clear(above.path()).unwrap();
    assert_eq!((cleared.key, cleared.left), (false, vec![KEY.to_owned()]));
    assert!(above.path().join(KEY).exists());
}

#[test]
fn clear_removes_what_is_ours_and_follows_nothing() {
    let (above, place) = made();
    let victim = above.path().join("victim");
    std::fs::write(&victim, "keep").unwrap();
    let entry = |digit: &str| place.join(format!("{}.code", digit.repeat(64)));
    std::fs::write(entry("a"), "code").unwrap();
    symlink(&victim, entry("b")).unwrap();
    std::fs::write(place.join(folder::FRESH), "half").unwrap();
    let upper = format!("{}.code", "A".repeat(64));
    for stranger in ["notes.txt", &upper, "a.code", ".hidden"] {
        std::fs::write(place.join(stranger), "keep").unwrap();
    }
    let cleared = clear(&place).unwrap();
    assert_eq!((cleared.entries, cleared.key), (2, true));
    assert_eq!(cleared.left, [".hidden", &upper, "a.code", "notes.txt"]);
    assert_eq!(std::fs::read(&victim).unwrap(), b"keep");
    let names = Folder::open(&place).unwrap().unwrap().names().unwrap();
    assert_eq!(names, [".hidden", &upper, "a.code", "notes.txt"]);
    assert!(clear(&above.path().join("none")).unwrap().folder.is_none());
}

#[test]
fn a_file_is_replaced_whole_and_what_was_left_half_is_overwritten() {
    let (above, place) = made();
    let folder = Folder::open(&place).unwrap().unwrap();
    let victim = above.path().join("victim");
    std::fs::write(&victim, "keep").unwrap();
    symlink(&victim, place.join(folder::FRESH)).unwrap();
    symlink(&victim, place.join("entry")).unwrap();
    folder.write("entry", b"new").unwrap();
    assert_eq!(std::fs::read(&victim).unwrap(), b"keep");
    assert_eq!(folder.read("entry", 3, true).unwrap().unwrap(), b"new");
    assert!(!place.join(folder::FRESH).exists());
    assert!(matches!(
        folder.read("entry", 2, false),
        Err(FileError::TooLarge(3, 2))
    ));
    assert!(folder.read("none", 9, false).unwrap().is_none());
}

#[test]
fn an_engine_is_the_same_for_any_number_of_jobs() {
    let (one, many) = (Engine::new(1).unwrap(), Engine::new(MAX_JOBS).unwrap());
    assert_eq!(engine_digest(&one), engine_digest(&many));
    let mut other = one.config.clone();
    other.consume_fuel(false);
    let other = Engine {
        inner: wasmtime::Engine::new(&other).unwrap(),
        config: other,
    };
    assert_ne!(engine_digest(&one), engine_digest(&other));
}
