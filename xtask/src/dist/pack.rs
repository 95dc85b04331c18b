//! Sums and archive of a folder: sorted, and without anything of the machine
//! that packs them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::sys;

/// How hard the archive is compressed: packed once, carried often.
const LEVEL: i32 = 12;

/// The digests of all files, as `sha256sum -c` reads them.
pub(super) fn sums(folder: &Path) -> Result<String> {
    let mut text = String::new();
    for file in files(folder)? {
        let bytes = read(&folder.join(&file))?;
        text.push_str(&format!("{}  {}\n", sys::sha256(&bytes), file.display()));
    }
    Ok(text)
}

/// All files in a tar, below a folder of this name, compressed.
pub(super) fn archive(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for file in files(folder)? {
        let bytes = read(&folder.join(&file))?;
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(if file.starts_with("bin") {
            0o755
        } else {
            0o644
        });
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        tar.append_data(&mut header, Path::new(name).join(&file), bytes.as_slice())
            .with_context(|| format!("{} cannot be packed", file.display()))?;
    }
    let tar = tar.into_inner().context("the archive cannot be closed")?;
    zstd::bulk::compress(&tar, LEVEL).context("the archive cannot be compressed")
}

/// The names of all files below a folder, sorted by their bytes.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    walk(folder, Path::new(""), &mut found)?;
    found.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    Ok(found)
}

fn walk(root: &Path, below: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let folder = root.join(below);
    let entries = folder
        .read_dir()
        .with_context(|| format!("{} cannot be listed", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = below.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(root, &name, found)?;
        } else {
            ensure!(kind.is_file(), "{} is no file", entry.path().display());
            // Such a name would have to be escaped, in one way by each reader.
            let text = name.to_str().context("a name is not UTF-8")?;
            ensure!(
                !text.contains(['\n', '\r', '\\']),
                "the name {text:?} cannot stand in a list of sums"
            );
            found.push(name);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// The same files, written in this order and with this mode.
    fn folder(order: &[&str], mode: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in order {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, name).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        }
        folder
    }

    #[test]
    fn an_archive_knows_nothing_of_the_machine() {
        let one = folder(&["bin/cisb", "b", "a/x"], 0o700);
        let other = folder(&["a/x", "b", "bin/cisb"], 0o644);
        let packed = archive(one.path(), "cisb-1").unwrap();
        assert_eq!(packed, archive(other.path(), "cisb-1").unwrap());
        let tar = zstd::stream::decode_all(packed.as_slice()).unwrap();
        let mut read = tar::Archive::new(tar.as_slice());
        let entries: Vec<(String, u32)> = read
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let header = entry.header();
                assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
                assert_eq!(header.mtime().unwrap(), 0);
                assert_eq!(header.username().unwrap(), Some(""));
                let path = entry.path().unwrap().display().to_string();
                (path, header.mode().unwrap())
            })
            .collect();
        let want = [
            ("cisb-1/a/x", 0o644),
            ("cisb-1/b", 0o644),
            ("cisb-1/bin/cisb", 0o755),
        ];
        assert_eq!(entries, want.map(|(path, mode)| (path.to_owned(), mode)));
    }

    #[test]
    fn sums_are_sorted_and_sha256sum_reads_them() {
        let folder = folder(&["b", "a/x", "a.txt"], 0o644);
        let sums = sums(folder.path()).unwrap();
        let names: Vec<&str> = sums.lines().map(|line| &line[66..]).collect();
        assert_eq!(names, ["a.txt", "a/x", "b"]);
        assert!(sums.starts_with(&sys::sha256(b"a.txt")), "{sums}");
        assert!(sums.lines().all(|line| &line[64..66] == "  "), "{sums}");
    }

    #[test]
    fn what_is_no_file_is_not_packed() {
        let folder = folder(&["a"], 0o644);
        std::os::unix::fs::symlink("a", folder.path().join("link")).unwrap();
        let said = archive(folder.path(), "x").unwrap_err().to_string();
        assert!(said.contains("link is no file"), "{said}");
        let folder = self::folder(&["a\nb"], 0o644);
        let said = sums(folder.path()).unwrap_err().to_string();
        assert!(said.contains("cannot stand in a list"), "{said}");
    }
}
